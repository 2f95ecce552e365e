#include "primitives/bitblt_rules.h"

#include <string.h>

enum { WORD_BITS = 32, BYTE_MAX = 255 };

static const uint32_t ALL_ONES = UINT32_MAX;

/* One component, or one pixel, of source and destination; both are at most `limit`, which is all ones. */
typedef uint32_t part_function(uint32_t source, uint32_t dest, uint32_t limit);

static inline uint32_t by_parts(uint32_t source, uint32_t dest, unsigned bits, unsigned parts,
                                part_function *function)
{
    uint32_t limit = bits < WORD_BITS ? ((uint32_t)1 << bits) - 1 : ALL_ONES;
    uint32_t result = 0;
    for (unsigned shift = 0; shift < bits * parts; shift += bits)
        result |= function(source >> shift & limit, dest >> shift & limit, limit) << shift;
    return result;
}

static inline uint32_t by_pixels(const struct blit_merge *merge, uint32_t source, uint32_t dest,
                                 part_function *function)
{
    return by_parts(source, dest, merge->depth, WORD_BITS / merge->depth, function);
}

/* Components of colours: five bits in pixels of 16, eight in those of 32; shallower pixels are one component each. The high
 * bit of a pixel of 16 becomes zero. */
static inline uint32_t by_components(const struct blit_merge *merge, uint32_t source, uint32_t dest,
                                     part_function *function)
{
    if (merge->depth < 16)
        return by_pixels(merge, source, dest, function);
    if (merge->depth == 32)
        return by_parts(source, dest, 8, 4, function);
    return by_parts(source, dest, 5, 3, function) |
           by_parts(source >> 16, dest >> 16, 5, 3, function) << 16;
}

/* --- boolean rules --------------------------------------------------------------------------------------------------- */

static inline uint32_t boolean_of(const struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    return merge->always ^ (merge->by_source & source) ^ (merge->by_dest & dest) ^
           (merge->by_both & source & dest);
}

static uint32_t boolean(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    return boolean_of(merge, source, dest);
}

static void boolean_row(struct blit_merge *merge, uint32_t *dest, const uint32_t *source,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        dest[i] = boolean_of(merge, source[i], dest[i]);
}

static void copy_row(struct blit_merge *merge, uint32_t *dest, const uint32_t *source, size_t count)
{
    (void)merge;
    memmove(dest, source, count * sizeof *dest);
}

/* The bits of the rule's number say what becomes of a source and a destination bit: 8 of 0 and 0, 4 of 0 and 1, 2 of 1 and 0,
 * 1 of 1 and 1. But 15 leaves the destination as it is. */
static void boolean_open(struct blit_merge *merge, unsigned rule)
{
    rule = rule == 15 ? 5 : rule;
    unsigned none = rule >> 3 & 1;
    unsigned dest_only = rule >> 2 & 1;
    unsigned source_only = rule >> 1 & 1;
    unsigned both = rule & 1;
    merge->always = 0u - none;
    merge->by_dest = 0u - (none ^ dest_only);
    merge->by_source = 0u - (none ^ source_only);
    merge->by_both = 0u - (none ^ dest_only ^ source_only ^ both);
}

/* --- sums, extremes, products ---------------------------------------------------------------------------------------- */

static uint32_t add_words(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    (void)merge;
    return source + dest;
}

static uint32_t subtract_words(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    (void)merge;
    return source - dest;
}

static inline uint32_t part_sum(uint32_t source, uint32_t dest, uint32_t limit)
{
    return source > limit - dest ? limit : source + dest;
}

static inline uint32_t part_difference(uint32_t source, uint32_t dest, uint32_t limit)
{
    (void)limit;
    return source > dest ? source - dest : dest - source;
}

static inline uint32_t part_greater(uint32_t source, uint32_t dest, uint32_t limit)
{
    (void)limit;
    return source > dest ? source : dest;
}

static inline uint32_t part_less(uint32_t source, uint32_t dest, uint32_t limit)
{
    (void)limit;
    return source < dest ? source : dest;
}

static inline uint32_t part_inverse_less(uint32_t source, uint32_t dest, uint32_t limit)
{
    return part_less(limit - source, dest, limit);
}

/* As of fractions in which `limit` is one. */
static inline uint32_t part_product(uint32_t source, uint32_t dest, uint32_t limit)
{
    return ((source + 1) * (dest + 1) - 1) / (limit + 1);
}

static uint32_t rgb_add(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    return by_components(merge, source, dest, part_sum);
}

static uint32_t rgb_subtract(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    return by_components(merge, source, dest, part_difference);
}

static uint32_t rgb_max(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    return by_components(merge, source, dest, part_greater);
}

static uint32_t rgb_min(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    return by_components(merge, source, dest, part_less);
}

static uint32_t rgb_min_invert(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    return by_components(merge, source, dest, part_inverse_less);
}

/* Of shallow pixels the lowest four of a word alone are multiplied; the others become zero. */
static uint32_t rgb_multiply(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    if (merge->depth < 16)
        return by_parts(source, dest, merge->depth, 4, part_product);
    return by_components(merge, source, dest, part_product);
}

/* --- counting: the destination stays ---------------------------------------------------------------------------------- */

/* Different pixels of a shallow form; the sum of the differences of red, green and blue in a deep one. */
static uint32_t difference_of_words(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    uint32_t parts = by_components(merge, source, dest, part_difference);
    if (merge->depth < 16) {
        for (; parts != 0; parts >>= merge->depth)
            merge->bit_count += (parts & merge->pixel_mask) != 0;
        return dest;
    }
    unsigned bits = merge->depth == 16 ? 5 : 8;
    for (unsigned pixel = 0; pixel < WORD_BITS; pixel += merge->depth)
        for (unsigned i = 0; i < 3; i++)
            merge->bit_count += parts >> (pixel + i * bits) & (((uint32_t)1 << bits) - 1);
    return dest;
}

static uint32_t difference(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    difference_of_words(merge, source & merge->mask, dest & merge->mask);
    return dest;
}

/* Adds one to the table's entry of each pixel of the destination that `mask` lets through. */
static void tally_pixels(struct blit_merge *merge, uint32_t dest, uint32_t mask)
{
    const struct blit_map *map = merge->map;
    if (map->table == NULL)
        return;
    for (unsigned shift = 0; shift < WORD_BITS; shift += merge->depth) {
        uint32_t pixel = dest >> shift & merge->pixel_mask;
        if ((mask >> shift & merge->pixel_mask) == 0)
            continue;
        if (merge->depth >= 16)
            pixel = blit_convert_color(pixel, merge->depth == 16 ? 5 : 8, map->bits_per_color);
        map->table[pixel & map->table_mask]++;
    }
}

/* The old rules count whole words, with what they see outside. */
static uint32_t tally_words(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    (void)source;
    tally_pixels(merge, dest, ALL_ONES);
    return dest;
}

static uint32_t tally(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    (void)source;
    tally_pixels(merge, dest, merge->mask);
    return dest;
}

/* --- whole pixels ----------------------------------------------------------------------------------------------------- */

static inline uint32_t part_paint(uint32_t source, uint32_t dest, uint32_t limit)
{
    (void)limit;
    return source == 0 ? dest : source;
}

static inline uint32_t part_erase(uint32_t source, uint32_t dest, uint32_t limit)
{
    (void)limit;
    return source == 0 ? dest : 0;
}

static inline uint32_t part_clear(uint32_t source, uint32_t dest, uint32_t limit)
{
    (void)limit;
    return source == dest ? 0 : dest;
}

static uint32_t paint(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    return source == 0 ? dest : by_pixels(merge, source, dest, part_paint);
}

static void paint_row(struct blit_merge *merge, uint32_t *dest, const uint32_t *source,
                      size_t count)
{
    if (merge->depth == WORD_BITS)
        for (size_t i = 0; i < count; i++)
            dest[i] = source[i] == 0 ? dest[i] : source[i];
    else
        for (size_t i = 0; i < count; i++)
            dest[i] = paint(merge, source[i], dest[i]);
}

static uint32_t erase(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    return source == 0 ? dest : by_pixels(merge, source, dest, part_erase);
}

static uint32_t clear_same(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    return by_pixels(merge, source, dest, part_clear);
}

/* The pixels of the destination's word in reverse. */
static uint32_t swap_pixels(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    (void)source;
    uint32_t result = 0;
    for (unsigned shift = 0; shift < WORD_BITS; shift += merge->depth)
        result |= (dest >> shift & merge->pixel_mask) << (WORD_BITS - merge->depth - shift);
    return result;
}

/* Gives colours without alpha that of the source. */
static uint32_t fix_alpha(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    bool lacks_alpha = merge->depth == WORD_BITS && dest != 0 && dest >> 24 == 0;
    return lacks_alpha ? dest | (source & 0xFF000000) : dest;
}

/* --- blending --------------------------------------------------------------------------------------------------------- */

static uint32_t alpha_blend(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    (void)merge;
    return blit_blend(source, dest);
}

static uint32_t alpha_scaled(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    return merge->skips_clear && source >> 24 == 0 ? dest : blit_blend_scaled(source, dest);
}

/* One pixel of 16 bits, mixed by the constant alpha, rounded up. */
static uint32_t mix_16(uint32_t source, uint32_t dest, uint32_t alpha)
{
    enum { PART = 5, PART_MAX = 31 };
    uint32_t result = 0;
    for (unsigned shift = 0; shift < 3 * PART; shift += PART) {
        uint32_t mixed =
            (source >> shift & PART_MAX) * alpha + (dest >> shift & PART_MAX) * (BYTE_MAX - alpha);
        result |= (mixed + BYTE_MAX - 1) / BYTE_MAX << shift;
    }
    return result;
}

static uint32_t mix_words(struct blit_merge *merge, uint32_t source, uint32_t dest, bool paints)
{
    if (merge->depth < 16 || (paints && source == 0))
        return dest;
    if (merge->depth == WORD_BITS)
        return blit_mix(source, dest, merge->alpha);
    uint32_t result = 0;
    for (unsigned shift = 0; shift < WORD_BITS; shift += merge->depth) {
        uint32_t from = source >> shift & merge->pixel_mask;
        uint32_t to = dest >> shift & merge->pixel_mask;
        bool stays = (merge->mask >> shift & merge->pixel_mask) == 0 || (paints && from == 0);
        result |= (stays ? to : mix_16(from, to, merge->alpha)) << shift;
    }
    return result;
}

static uint32_t alpha_const(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    return mix_words(merge, source, dest, false);
}

static uint32_t paint_const(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    return mix_words(merge, source, dest, true);
}

static uint8_t through(const uint8_t *table, uint32_t value)
{
    return table != NULL ? table[value & BYTE_MAX] : (uint8_t)value;
}

uint32_t blit_blend_components(const struct blit_component *component, uint32_t source,
                               uint32_t dest)
{
    if (source == 0)
        return dest;
    uint32_t result = 0;
    for (unsigned shift = 0; shift < WORD_BITS; shift += 8) {
        bool is_alpha = shift == 24;
        uint32_t opacity = source >> shift & BYTE_MAX;
        if (component->alpha != BYTE_MAX)
            opacity = opacity * component->alpha >> 8;
        uint32_t old = dest >> shift & BYTE_MAX;
        uint32_t ink = component->color >> shift & BYTE_MAX;
        if (!is_alpha) {
            old = through(component->ungamma, old);
            ink = through(component->ungamma, ink);
        }
        uint32_t sum =
            (old * (BYTE_MAX - opacity) >> 8) + (is_alpha ? opacity : ink * opacity >> 8);
        sum = sum > BYTE_MAX ? BYTE_MAX : sum;
        result |= (uint32_t)(is_alpha ? sum : through(component->gamma, sum)) << shift;
    }
    return result;
}

static uint32_t component_alpha(struct blit_merge *merge, uint32_t source, uint32_t dest)
{
    uint32_t result = 0;
    if (source == 0)
        return dest;
    for (unsigned shift = 0; shift < WORD_BITS; shift += merge->depth) {
        uint32_t from = source >> shift & merge->pixel_mask;
        uint32_t to = dest >> shift & merge->pixel_mask;
        uint32_t mixed = to;
        if (merge->depth == 16 && from != 0)
            mixed = blit_convert_color(blit_blend_components(merge->component,
                                                             blit_color_16_to_32(from),
                                                             blit_color_16_to_32(to) | 0xFF000000),
                                       8, 5);
        else if (from != 0)
            mixed = blit_blend_components(merge->component, from, to);
        result |= (mixed & merge->pixel_mask) << shift;
    }
    return result;
}

/* --- the table --------------------------------------------------------------------------------------------------------- */

static const struct blit_rule rules[BLIT_RULES] = {
    {"clear", boolean, boolean_row},
    {"and", boolean, boolean_row},
    {"and not destination", boolean, boolean_row},
    {"source", boolean, copy_row},
    {"erase", boolean, boolean_row},
    {"destination", boolean, boolean_row},
    {"exclusive or", boolean, boolean_row},
    {"or", boolean, boolean_row},
    {"neither", boolean, boolean_row},
    {"same", boolean, boolean_row},
    {"not destination", boolean, boolean_row},
    {"or not destination", boolean, boolean_row},
    {"not source", boolean, boolean_row},
    {"or not source", boolean, boolean_row},
    {"not both", boolean, boolean_row},
    {"destination again", boolean, boolean_row},
    {"old paint", NULL, NULL},
    {"old mask", NULL, NULL},
    {"add words", add_words, NULL},
    {"subtract words", subtract_words, NULL},
    {"rgb add", rgb_add, NULL},
    {"rgb subtract", rgb_subtract, NULL},
    {"old rgb difference", difference_of_words, NULL},
    {"old tally", tally_words, NULL},
    {"alpha blend", alpha_blend, blit_blend_row},
    {"paint", paint, paint_row},
    {"erase pixels", erase, NULL},
    {"rgb maximum", rgb_max, NULL},
    {"rgb minimum", rgb_min, NULL},
    {"rgb minimum of the inverse", rgb_min_invert, NULL},
    {"blend by a constant", alpha_const, NULL},
    {"paint by a constant", paint_const, NULL},
    {"rgb difference", difference, NULL},
    {"tally", tally, NULL},
    {"alpha blend, scaled", alpha_scaled, blit_blend_scaled_row},
    {"alpha blend, scaled", alpha_scaled, blit_blend_scaled_row},
    {"alpha blend, scaled", alpha_scaled, blit_blend_scaled_row},
    {"rgb multiply", rgb_multiply, NULL},
    {"swap pixels", swap_pixels, NULL},
    {"clear the same", clear_same, NULL},
    {"fix alpha", fix_alpha, NULL},
    {"component alpha", component_alpha, NULL},
};

const struct blit_rule *blit_rule_at(unsigned rule)
{
    viv_assert(rule < BLIT_RULES, "a combination rule is one of the table");
    return &rules[rule];
}

bool blit_rule_is_known(unsigned rule)
{
    return rule < BLIT_RULES && rules[rule].word != NULL;
}

bool blit_rule_ignores_source(unsigned rule)
{
    return rule < 16 && (rule >> 2 & 3) == (rule & 3);
}

bool blit_rule_counts(unsigned rule)
{
    return rule == BLIT_OLD_DIFFERENCE || rule == BLIT_DIFFERENCE;
}

bool blit_rule_tallies(unsigned rule)
{
    return rule == BLIT_OLD_TALLY || rule == BLIT_TALLY;
}

void blit_merge_open(struct blit_merge *merge, unsigned rule, unsigned depth)
{
    memset(merge, 0, sizeof *merge);
    merge->depth = depth;
    merge->pixel_mask = depth < WORD_BITS ? ((uint32_t)1 << depth) - 1 : ALL_ONES;
    merge->mask = ALL_ONES;
    if (rule < 16)
        boolean_open(merge, rule);
}
