#include "primitives/bitblt_transfer.h"

#include <string.h>

enum { CHUNK_WORDS = 512, ALPHA_OPAQUE = 255 };

bool blit_depth_is_known(unsigned depth)
{
    return depth >= 1 && depth <= BLIT_WORD_BITS && (depth & (depth - 1)) == 0;
}

size_t blit_words_per_row(int64_t width, unsigned depth)
{
    int64_t per_word = BLIT_WORD_BITS / (int64_t)depth;
    return (size_t)((width + per_word - 1) / per_word);
}

uint32_t blit_pixel(const struct blit_form *form, int64_t x, int64_t y)
{
    return blit_row_pixel(form, blit_form_row(form, y), x);
}

void blit_set_pixel(const struct blit_form *form, int64_t x, int64_t y, uint32_t pixel)
{
    unsigned shift = blit_pixel_shift(form, x);
    uint32_t mask = blit_pixel_mask(form->depth);
    uint32_t *word = blit_form_row(form, y) + (x >> (5 - blit_depth_bits(form->depth)));
    *word = (*word & ~(mask << shift)) | (pixel & mask) << shift;
}

/* --- clipping ----------------------------------------------------------------------------------------------------------- */

/* One axis: a stretch of `length` from *to is cut to what lies within start and limit; *from moves along. */
static void cut(int64_t *to, int64_t *from, int64_t *length, int64_t start, int64_t limit)
{
    if (*to < start) {
        int64_t lost = start - *to;
        *from += lost;
        *length -= lost;
        *to = start;
    }
    if (*length > limit - *to)
        *length = limit - *to;
}

/* The clip rectangle's part on one axis of the destination. */
static void clip_bounds(int64_t clip, int64_t clip_length, int64_t extent, int64_t *start,
                        int64_t *limit)
{
    *start = clip < 0 ? 0 : clip;
    *limit = clip + clip_length > extent ? extent : clip + clip_length;
}

bool blit_clip(const struct blit *blit, bool by_source, struct blit_area *area)
{
    int64_t left, top, right, bottom;
    *area = (struct blit_area){blit->dest_x,   blit->dest_y, blit->source_x,
                               blit->source_y, blit->width,  blit->height};
    clip_bounds(blit->clip_x, blit->clip_width, blit->dest.width, &left, &right);
    clip_bounds(blit->clip_y, blit->clip_height, blit->dest.height, &top, &bottom);
    cut(&area->dest_x, &area->source_x, &area->width, left, right);
    cut(&area->dest_y, &area->source_y, &area->height, top, bottom);
    if (area->width <= 0 || area->height <= 0)
        return false;
    if (by_source) {
        cut(&area->source_x, &area->dest_x, &area->width, 0, blit->source.width);
        cut(&area->source_y, &area->dest_y, &area->height, 0, blit->source.height);
    }
    return area->width > 0 && area->height > 0;
}

/* --- merging words ------------------------------------------------------------------------------------------------------ */

static bool same_bits(const struct blit *blit)
{
    return blit->has_source && blit->source.words == blit->dest.words;
}

static bool is_same_layout(const struct blit *blit)
{
    return blit->source.depth == blit->dest.depth &&
           blit->source.big_endian == blit->dest.big_endian && !blit->map.has_shifts &&
           blit->map.table == NULL;
}

static uint32_t mask_from(const struct blit_form *form, int64_t pixel)
{
    unsigned place = (unsigned)pixel * form->depth;
    return form->big_endian ? UINT32_MAX >> place : UINT32_MAX << place;
}

static uint32_t mask_to(const struct blit_form *form, int64_t last_pixel)
{
    unsigned rest = BLIT_WORD_BITS - ((unsigned)last_pixel + 1) * form->depth;
    return form->big_endian ? UINT32_MAX << rest : UINT32_MAX >> rest;
}

void blit_transfer_open(struct blit_transfer *transfer, struct blit *blit,
                        const struct blit_area *area)
{
    const struct blit_form *dest = &blit->dest;
    int64_t per_word = BLIT_WORD_BITS / (int64_t)dest->depth;
    int64_t last = area->dest_x + area->width - 1;
    viv_assert(area->dest_x >= 0 && last < dest->width, "a clipped rectangle lies within its form");
    viv_assert(area->dest_y >= 0 && area->dest_y + area->height <= dest->height,
               "a clipped rectangle lies within its form");
    transfer->blit = blit;
    transfer->area = *area;
    transfer->rule = blit_rule_at(blit->rule);
    transfer->offset = area->dest_x % per_word;
    transfer->first_word = area->dest_x / per_word;
    transfer->word_count = (size_t)(last / per_word - transfer->first_word + 1);
    transfer->first_mask = mask_from(dest, transfer->offset);
    transfer->last_mask = mask_to(dest, last % per_word);
    if (transfer->word_count == 1)
        transfer->first_mask = transfer->last_mask = transfer->first_mask & transfer->last_mask;
    transfer->whole_words = !blit->has_source || is_same_layout(blit);
    blit_merge_open(&transfer->merge, blit->rule, dest->depth);
    transfer->merge.alpha = blit->alpha;
    transfer->merge.component = &blit->component;
    transfer->merge.map = &blit->map;
}

uint32_t *blit_transfer_row(const struct blit_transfer *transfer, int64_t row)
{
    return blit_form_row(&transfer->blit->dest, transfer->area.dest_y + row) + transfer->first_word;
}

uint32_t blit_transfer_halftone(const struct blit_transfer *transfer, int64_t row)
{
    const struct blit *blit = transfer->blit;
    if (blit->halftone == NULL)
        return UINT32_MAX;
    return blit->halftone[(uint64_t)(transfer->area.dest_y + row) % blit->halftone_count];
}

static uint32_t mask_of(const struct blit_transfer *transfer, size_t index)
{
    if (index == 0)
        return transfer->first_mask;
    return index + 1 == transfer->word_count ? transfer->last_mask : UINT32_MAX;
}

static void merge_word(struct blit_transfer *transfer, uint32_t *word, uint32_t source,
                       uint32_t mask)
{
    transfer->merge.mask = mask;
    uint32_t seen = transfer->whole_words ? *word : *word & mask;
    uint32_t merged = transfer->rule->word(&transfer->merge, source, seen);
    *word = (merged & mask) | (*word & ~mask);
    transfer->merge.mask = UINT32_MAX;
}

void blit_transfer_merge(struct blit_transfer *transfer, uint32_t *row, const uint32_t *source,
                         size_t first, size_t count)
{
    size_t start = 0;
    size_t limit = count;
    uint32_t first_mask = mask_of(transfer, first);
    uint32_t last_mask = mask_of(transfer, first + count - 1);
    uint32_t *dest = row + first;
    /* A source that overlaps lies behind the destination here: the last word is read before it may be written. */
    uint32_t last_source = source[count - 1];
    if (first_mask != UINT32_MAX)
        merge_word(transfer, &dest[start++], source[0], first_mask);
    if (last_mask != UINT32_MAX && limit > start)
        limit--;
    if (transfer->rule->row != NULL && limit > start)
        transfer->rule->row(&transfer->merge, dest + start, source + start, limit - start);
    else
        for (size_t i = start; i < limit; i++)
            dest[i] = transfer->rule->word(&transfer->merge, source[i], dest[i]);
    if (limit < count && (count > 1 || start == 0))
        merge_word(transfer, &dest[count - 1], last_source, last_mask);
}

/* --- gathering the source's words, as they lie in the destination's ------------------------------------------------------- */

static uint32_t joined(const struct blit_form *form, uint32_t left, uint32_t right, unsigned shift)
{
    return form->big_endian ? left << shift | right >> (BLIT_WORD_BITS - shift)
                            : left >> shift | right << (BLIT_WORD_BITS - shift);
}

/* Pixels as they are: two neighbours make a word. Before the word of the first pixel, and after the row, there are zeros. */
static void gather_words(const struct blit_transfer *transfer, const uint32_t *row, size_t first,
                         size_t count, uint32_t *words)
{
    const struct blit_form *form = &transfer->blit->source;
    int64_t place = (transfer->area.source_x - transfer->offset) * (int64_t)form->depth +
                    (int64_t)first * BLIT_WORD_BITS;
    int64_t index = place >> 5;
    unsigned shift = (unsigned)(place & (BLIT_WORD_BITS - 1));
    int64_t row_words = (int64_t)form->words_per_row;
    if (shift == 0) {
        memcpy(words, row + index, count * sizeof *words);
        return;
    }
    int64_t first_index = transfer->area.source_x * (int64_t)form->depth >> 5;
    uint32_t left = index >= first_index ? row[index] : 0;
    for (size_t i = 0; i < count; i++) {
        int64_t next = index + (int64_t)i + 1;
        uint32_t right = next < row_words ? row[next] : 0;
        words[i] = joined(form, left, right, shift);
        left = right;
    }
}

/* Pixel by pixel, through the map. What does not change is kept out of the loop: text and pictures of few colours come so. */
static void gather_pixels(const struct blit_transfer *transfer, const uint32_t *row, size_t first,
                          size_t count, uint32_t *words)
{
    const struct blit_form source = transfer->blit->source;
    const struct blit_form dest = transfer->blit->dest;
    const struct blit_map map = transfer->blit->map;
    const uint32_t mask = blit_pixel_mask(dest.depth);
    int64_t per_word = BLIT_WORD_BITS / (int64_t)dest.depth;
    int64_t start = (int64_t)first * per_word - transfer->offset;
    for (size_t i = 0; i < count; i++, start += per_word) {
        int64_t x = start < 0 ? 0 : start;
        int64_t limit = start + per_word;
        uint32_t word = 0;
        if (limit > transfer->area.width)
            limit = transfer->area.width;
        for (; x < limit; x++) {
            uint32_t pixel = blit_row_pixel(&source, row, transfer->area.source_x + x);
            word |= (blit_map_pixel(&map, pixel) & mask) << blit_pixel_shift(&dest, x - start);
        }
        words[i] = word;
    }
}

/* --- copying ------------------------------------------------------------------------------------------------------------ */

/* Nothing but the halftone: its word, or ones. */
static void fill_row(struct blit_transfer *transfer, int64_t row)
{
    uint32_t words[CHUNK_WORDS];
    uint32_t halftone = blit_transfer_halftone(transfer, row);
    size_t count = transfer->word_count;
    for (size_t i = 0; i < CHUNK_WORDS && i < count; i++)
        words[i] = halftone;
    for (size_t first = 0; first < count; first += CHUNK_WORDS) {
        size_t size = count - first < CHUNK_WORDS ? count - first : CHUNK_WORDS;
        blit_transfer_merge(transfer, blit_transfer_row(transfer, row), words, first, size);
    }
}

static void copy_chunk(struct blit_transfer *transfer, int64_t row, size_t first, size_t count)
{
    uint32_t words[CHUNK_WORDS];
    const struct blit *blit = transfer->blit;
    const uint32_t *source = blit_form_row(&blit->source, transfer->area.source_y + row);
    uint32_t halftone = blit_transfer_halftone(transfer, row);
    if (is_same_layout(blit))
        gather_words(transfer, source, first, count, words);
    else
        gather_pixels(transfer, source, first, count, words);
    if (halftone != UINT32_MAX)
        for (size_t i = 0; i < count; i++)
            words[i] &= halftone;
    blit_transfer_merge(transfer, blit_transfer_row(transfer, row), words, first, count);
}

/* A row in pieces, the last one first where the source is overwritten from its end. */
static void copy_row(struct blit_transfer *transfer, int64_t row, bool backward)
{
    size_t count = transfer->word_count;
    size_t chunks = (count + CHUNK_WORDS - 1) / CHUNK_WORDS;
    for (size_t i = 0; i < chunks; i++) {
        size_t first = (backward ? chunks - 1 - i : i) * CHUNK_WORDS;
        copy_chunk(transfer, row, first, count - first < CHUNK_WORDS ? count - first : CHUNK_WORDS);
    }
}

/* Whole words from where they lie, pixels of 32 bits: no word has pixels outside. */
static void copy_row_in_place(struct blit_transfer *transfer, int64_t row)
{
    const struct blit_area *area = &transfer->area;
    const uint32_t *source =
        blit_form_row(&transfer->blit->source, area->source_y + row) + area->source_x;
    blit_transfer_merge(transfer, blit_transfer_row(transfer, row), source, 0,
                        transfer->word_count);
}

/* --- blending pixels of 32 bits ------------------------------------------------------------------------------------------ */

/* Rules 34 and 41 take pixels of 32 bits from another form as they are: without halftone, without map but into 8 bits. */
static bool blends_directly(const struct blit *blit)
{
    bool blends = blit->rule == BLIT_ALPHA_SCALED || blit->rule == BLIT_COMPONENT_ALPHA;
    if (!blends || !blit->has_source || blit->source.depth != 32 || same_bits(blit))
        return false;
    return blit->dest.depth >= 16 || (blit->dest.depth == 8 && blit->map.present);
}

/* Into 32 bits, pixels without alpha are skipped, whatever their colour. */
static void blend_into_deep(const struct blit *blit, const struct blit_area *area)
{
    struct blit plain = *blit;
    struct blit_transfer transfer;
    plain.halftone = NULL;
    plain.map = (struct blit_map){.present = false};
    blit_transfer_open(&transfer, &plain, area);
    transfer.merge.skips_clear = blit->rule == BLIT_ALPHA_SCALED;
    for (int64_t row = 0; row < area->height; row++)
        copy_row_in_place(&transfer, row);
}

static uint32_t blended(const struct blit *blit, uint32_t source, uint32_t dest)
{
    return blit->rule == BLIT_ALPHA_SCALED ? blit_blend_scaled(source, dest)
                                           : blit_blend_components(&blit->component, source, dest);
}

static uint32_t blended_16(const struct blit *blit, uint32_t source, uint32_t dest, int64_t x,
                           int64_t y)
{
    bool scaled = blit->rule == BLIT_ALPHA_SCALED;
    uint32_t ink = scaled ? source >> 24 : source & 0xFFFFFF;
    if (ink == 0)
        return dest;
    if (!scaled || ink != ALPHA_OPAQUE)
        source = blended(blit, source, blit_color_16_to_32(dest) | 0xFF000000);
    uint32_t result = blit_dither_16(source, (uint64_t)x, (uint64_t)y);
    return result == 0 ? 1 : result;
}

/* Alphas near the ends count as none and all; low bits are set in some pixels, which dithers. */
static uint32_t blended_8(const struct blit *blit, uint32_t source, uint32_t dest, bool dithers)
{
    enum { NONE = 31, ALL = 224 };
    bool scaled = blit->rule == BLIT_ALPHA_SCALED;
    if (dithers && scaled)
        source |= 0x1F1F1F1F;
    if (scaled ? source >> 24 <= NONE : (source & 0xFFFFFF) == 0)
        return dest;
    if (!scaled || source >> 24 < ALL)
        source = blended(blit, source, blit_palette_color(dest));
    return blit_map_pixel(&blit->map, source);
}

/* Into 16 bits, dithered, and into 8, by the palette and the map. What sets low bits there changes with each pixel and with each
 * row, from where it stood at the end of the row before. */
static void blend_into_shallow(const struct blit *blit, const struct blit_area *area)
{
    for (int64_t y = 0; y < area->height; y++) {
        for (int64_t x = 0; x < area->width; x++) {
            int64_t dest_x = area->dest_x + x;
            int64_t dest_y = area->dest_y + y;
            int64_t source_x = area->source_x + x;
            bool dithers = ((area->dest_x + area->dest_y + y * (area->width + 1) + x) & 1) != 0;
            uint32_t source = blit_pixel(&blit->source, source_x, area->source_y + y);
            uint32_t dest = blit_pixel(&blit->dest, dest_x, dest_y);
            dest = blit->dest.depth == 16 ? blended_16(blit, source, dest, source_x, dest_y)
                                          : blended_8(blit, source, dest, dithers);
            blit_set_pixel(&blit->dest, dest_x, dest_y, dest);
        }
    }
}

bool blit_copy(struct blit *blit, struct blit_area *area)
{
    struct blit_transfer transfer;
    if (!blit_clip(blit, blit->has_source, area))
        return false;
    if (blends_directly(blit)) {
        if (blit->dest.depth == 32)
            blend_into_deep(blit, area);
        else
            blend_into_shallow(blit, area);
        return true;
    }
    blit_transfer_open(&transfer, blit, area);
    bool overlaps = same_bits(blit);
    bool upward = overlaps && area->dest_y > area->source_y;
    bool backward = overlaps && area->dest_y == area->source_y && area->dest_x > area->source_x;
    bool in_place = blit->has_source && blit->dest.depth == 32 && is_same_layout(blit) &&
                    blit->halftone == NULL && !backward;
    for (int64_t i = 0; i < area->height; i++) {
        int64_t row = upward ? area->height - 1 - i : i;
        if (!blit->has_source)
            fill_row(&transfer, row);
        else if (in_place)
            copy_row_in_place(&transfer, row);
        else
            copy_row(&transfer, row, backward);
    }
    blit->bit_count += transfer.merge.bit_count;
    return true;
}

/* --- lines -------------------------------------------------------------------------------------------------------------- */

/* The first and last step, counted from one, after which a stretch of `length` that began at `start` touches the clip. */
static void steps_inside(int64_t start, int64_t length, int64_t step, int64_t clip_start,
                         int64_t clip_limit, int64_t *first, int64_t *last)
{
    int64_t to_enter = step > 0 ? clip_start - length - start + 1 : start - clip_limit + 1;
    int64_t to_leave = step > 0 ? clip_limit - 1 - start : start + length - 1 - clip_start;
    if (to_enter > *first)
        *first = to_enter;
    if (to_leave < *last)
        *last = to_leave;
}

void blit_draw_loop(struct blit *blit, int64_t delta_x, int64_t delta_y)
{
    bool is_flat = blit_magnitude(delta_x) > blit_magnitude(delta_y);
    int64_t major = blit_magnitude(is_flat ? delta_x : delta_y);
    int64_t minor = blit_magnitude(is_flat ? delta_y : delta_x);
    int64_t start_x = blit->dest_x;
    int64_t start_y = blit->dest_y;
    int64_t first = 1;
    int64_t last = major - 1;
    int64_t clip_start, clip_limit;
    struct blit_area area;
    if (is_flat)
        clip_bounds(blit->clip_x, blit->clip_width, blit->dest.width, &clip_start, &clip_limit);
    else
        clip_bounds(blit->clip_y, blit->clip_height, blit->dest.height, &clip_start, &clip_limit);
    steps_inside(is_flat ? start_x : start_y, is_flat ? blit->width : blit->height,
                 blit_sign(is_flat ? delta_x : delta_y), clip_start, clip_limit, &first, &last);
    for (int64_t i = first; i <= last; i++) {
        /* A step aside is made each time that the sum of the short way passes half, then one and a half, of the long way. */
        int64_t passed = i * minor - major / 2;
        int64_t aside = passed <= 0 ? 0 : (passed + major - 1) / major;
        blit->dest_x = start_x + blit_sign(delta_x) * (is_flat ? i : aside);
        blit->dest_y = start_y + blit_sign(delta_y) * (is_flat ? aside : i);
        blit_copy(blit, &area);
    }
    blit->dest_x = start_x + delta_x;
    blit->dest_y = start_y + delta_y;
}

/* --- comparing ---------------------------------------------------------------------------------------------------------- */

static uint32_t color_mask(unsigned depth)
{
    return depth == 32 ? 0xFFFFFF : depth == 16 ? 0x7FFF : blit_pixel_mask(depth);
}

uint64_t blit_compare(const struct blit *blit, enum blit_comparison comparison,
                      uint32_t source_color, uint32_t dest_color, bool any)
{
    struct blit_area area;
    uint32_t source_mask = color_mask(blit->source.depth);
    uint32_t dest_mask = color_mask(blit->dest.depth);
    uint64_t count = 0;
    if (!blit->has_source || !blit_clip(blit, true, &area))
        return 0;
    for (int64_t y = 0; y < area.height; y++) {
        for (int64_t x = 0; x < area.width; x++) {
            uint32_t source = blit_pixel(&blit->source, area.source_x + x, area.source_y + y);
            uint32_t dest = blit_pixel(&blit->dest, area.dest_x + x, area.dest_y + y);
            bool is_a = ((source ^ source_color) & source_mask) == 0;
            bool is_b = ((dest ^ dest_color) & dest_mask) == 0;
            count += comparison == BLIT_A_AND_B       ? is_a && is_b
                     : comparison == BLIT_NOT_A_NOT_B ? !is_a && !is_b
                                                      : !is_a && is_b;
            if (any && count > 0)
                return count;
        }
    }
    return count;
}
