/*
 * BitBlt and WarpBlt against slow references, on random forms of all depths, rules, maps, clips and overlaps, with coordinates
 * near the ends of what fits. $BLITS says how many (20,000), $SEED where the random sequence starts; it is printed. Forms are
 * allocated to the word, so that a sanitizer sees what leaves them.
 */
#include "primitives/bitblt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 32, TABLE_MAX = 32768, HALFTONE_MAX = 7, TRIES = 20000, WARPS_EACH = 8 };

/* --- the reference: rules ------------------------------------------------------------------------------------------------ */

static uint32_t ones(unsigned bits)
{
    return bits >= WORD ? UINT32_MAX : (1u << bits) - 1;
}

static uint32_t min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* One component of so many bits, or one pixel, for the rules that know no more. */
static uint32_t slow_part(unsigned rule, uint32_t s, uint32_t d, unsigned bits)
{
    uint32_t limit = ones(bits);
    switch (rule) {
    case 20:
        return min(s + d, limit);
    case 21:
        return (uint32_t)labs((long)s - (long)d);
    case 27:
        return s + d - min(s, d);
    case 28:
        return min(s, d);
    case 29:
        return min(limit - s, d);
    default:
        return ((s + 1) * (d + 1) - 1) >> bits;
    }
}

static uint32_t slow_component_alpha(const struct blit_component *c, uint32_t s, uint32_t d)
{
    uint32_t result = 0;
    for (unsigned i = 0; i < 4 && s != 0; i++) {
        uint32_t a = s >> 8 * i & 255, ink = c->color >> 8 * i & 255, old = d >> 8 * i & 255;
        a = c->alpha == 255 ? a : a * c->alpha / 256;
        if (i < 3 && c->ungamma != NULL)
            ink = c->ungamma[ink], old = c->ungamma[old];
        uint32_t new = min(old * (255 - a) / 256 + (i == 3 ? a : ink * a / 256), 255);
        result |= (uint32_t)(i < 3 && c->gamma != NULL ? c->gamma[new] : new) << 8 * i;
    }
    return s == 0 ? d : result;
}

/* Rules 24 and 34 on a word of four bytes, whatever its pixels are. */
static uint32_t slow_blend(unsigned rule, uint32_t s, uint32_t d)
{
    uint32_t result = 0, a = s >> 24;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t from = rule == 24 && i == 3 ? 255 : s >> 8 * i & 255, to = d >> 8 * i & 255;
        uint32_t mixed = rule == 24 ? (from * a + to * (255 - a) + 254) / 255
                                    : min(from + (2 * to * (255 - a) + 255) / 510, 255);
        result |= mixed << 8 * i;
    }
    return result;
}

static uint32_t slow_narrow(uint32_t color)
{
    return (color >> 9 & 0x7C00) | (color >> 6 & 0x3E0) | (color >> 3 & 0x1F);
}

static uint32_t slow_widen(uint32_t color)
{
    return (color >> 10 & 31) << 19 | (color >> 5 & 31) << 11 | (color & 31) << 3;
}

static uint32_t slow_pixel(struct blit *b, uint32_t s, uint32_t d)
{
    unsigned depth = b->dest.depth, bits = depth < 16 ? depth : depth == 16 ? 5 : 8;
    unsigned parts = depth < 16 ? 1 : depth == 16 ? 3 : 4;
    uint32_t result = 0;
    switch (b->rule) {
    case 25:
        return s == 0 ? d : s;
    case 26:
        return s == 0 ? d : 0;
    case 30:
    case 31:
        if (depth < 16 || (b->rule == 31 && s == 0))
            return d;
        for (unsigned i = 0; i < parts; i++)
            result |= ((s >> i * bits & ones(bits)) * b->alpha +
                       (d >> i * bits & ones(bits)) * (255u - b->alpha) + 254) /
                          255
                      << i * bits;
        return result;
    case 39:
        return s == d ? 0 : d;
    case 40:
        return depth == 32 && d != 0 && d >> 24 == 0 ? d | (s & 0xFF000000) : d;
    case 41:
        if (depth != 16)
            return slow_component_alpha(&b->component, s, d) & ones(depth);
        if (s == 0)
            return d;
        result = slow_component_alpha(&b->component, slow_widen(s), slow_widen(d) | 0xFF000000);
        return slow_narrow(result) == 0 ? 1 : slow_narrow(result);
    default:
        for (unsigned i = 0; i < parts; i++)
            result |=
                slow_part(b->rule, s >> i * bits & ones(bits), d >> i * bits & ones(bits), bits)
                << i * bits;
        return result;
    }
}

static void slow_count(struct blit *b, uint32_t s, uint32_t d, bool inside)
{
    unsigned depth = b->dest.depth, bits = depth == 16 ? 5 : 8, to = b->map.bits_per_color;
    if ((b->rule == 22 || b->rule == 32) && inside && depth < 16)
        b->bit_count += s != d;
    for (unsigned i = 0; i < 3 && (b->rule == 22 || b->rule == 32) && inside && depth >= 16; i++)
        b->bit_count += slow_part(21, s >> i * bits & ones(bits), d >> i * bits & ones(bits), bits);
    if ((b->rule == 23 || (b->rule == 33 && inside)) && b->map.table != NULL) {
        uint32_t index = depth < 16 ? d : 0;
        for (unsigned i = 0; i < 3 && depth >= 16; i++)
            index |= (uint32_t)((d >> i * bits & ones(bits)) * (1ull << to) >> bits) << i * to;
        if (depth >= 16 && index == 0 && d != 0 && to < bits)
            index = 1;
        b->map.table[index & b->map.table_mask]++;
    }
}

/* Pixels of 32 bits from another form, blended: neither halftone nor map counts, but a map into 8 bits. */
static bool is_direct(const struct blit *b)
{
    return b->has_source && (b->rule == 34 || b->rule == 41) && b->source.depth == 32 &&
           b->source.words != b->dest.words &&
           (b->dest.depth >= 16 || (b->dest.depth == 8 && b->map.present));
}

/* A whole word; mask has the pixels inside. Outside there are zeros, or what is there where nothing is mapped. */
static uint32_t slow_word(struct blit *b, uint32_t s, uint32_t d, uint32_t mask, bool warps)
{
    unsigned depth = b->dest.depth;
    uint32_t result = 0, pixels = ones(depth);
    if (b->rule == 15)
        return d;
    for (unsigned i = 0; i < WORD && b->rule < 16; i++)
        result |= (b->rule >> (3 - (2 * (s >> i & 1) + (d >> i & 1))) & 1u) << i;
    if (b->rule < 16)
        return result;
    if (b->rule == 18 || b->rule == 19)
        return b->rule == 18 ? s + d : s - d;
    if (b->rule == 34 && !warps && is_direct(b) && s >> 24 == 0)
        return d;
    if (b->rule == 24 || (b->rule >= 34 && b->rule <= 36))
        return slow_blend(b->rule, s, d);
    for (unsigned shift = 0; shift < WORD; shift += depth) {
        uint32_t from = s >> shift & pixels, to = d >> shift & pixels;
        bool counts = b->rule == 22 || b->rule == 23 || b->rule == 32 || b->rule == 33;
        if (counts)
            slow_count(b, from, to, b->rule == 22 || (mask >> shift & 1) != 0);
        if (b->rule == 37 && depth < 8 && shift >= 4 * depth)
            continue;
        if (b->rule == 38)
            result |= to << (WORD - depth - shift);
        else
            result |= (counts ? to : slow_pixel(b, from, to)) << shift;
    }
    return result;
}

/* --- the reference: copying ---------------------------------------------------------------------------------------------- */

static unsigned shift_of(const struct blit_form *f, int64_t x)
{
    unsigned place = (unsigned)(x * f->depth % WORD);
    return f->big_endian ? WORD - f->depth - place : place;
}

static uint32_t *word_of(const struct blit_form *f, int64_t x, int64_t y)
{
    return &f->words[y * (int64_t)f->words_per_row + x * f->depth / WORD];
}

static uint32_t get(const struct blit_form *f, int64_t x, int64_t y)
{
    return *word_of(f, x, y) >> shift_of(f, x) & ones(f->depth);
}

/* A source pixel as one of the destination; from_depth is its own, or 32 after smoothing. */
static uint32_t slow_map(const struct blit *b, uint32_t pixel, unsigned from_depth, bool smooth)
{
    const struct blit_map *m = &b->map;
    unsigned from = from_depth == 16 ? 5 : 8, to = m->bits_per_color;
    uint32_t result = 0;
    if (smooth && m->table == NULL && b->dest.depth == 32)
        from = b->source.depth == 16 ? 5 : 8;
    bool converts = !m->qualified && from_depth > 8 && (m->table != NULL || b->dest.depth > 8);
    if (!smooth && b->dest.depth <= 8 && to == 0)
        converts = false;
    if (to == 0 && !(smooth && m->table != NULL))
        to = b->dest.depth == 16 ? 5 : 8;
    for (unsigned i = 0; i < 3 && converts; i++)
        result |= (uint32_t)((pixel >> i * from & ones(from)) * (1ull << to) >> from) << i * to;
    for (unsigned i = 0; i < 4 && m->qualified && m->has_shifts; i++) {
        uint64_t part = pixel & m->masks[i];
        result |= (uint32_t)(m->shifts[i] < 0 ? part >> -m->shifts[i] : part << m->shifts[i]);
    }
    if ((!converts || from == to) && !(m->qualified && m->has_shifts))
        result = pixel;
    else if (result == 0 && pixel != 0)
        result = 1;
    return (m->table != NULL ? m->table[result & m->table_mask] : result) & ones(b->dest.depth);
}

static bool within(int64_t value, int64_t start, int64_t length)
{
    return value >= start && value - start < length;
}

static bool pick_warp(const struct blit *b, const void *context, int64_t x, int64_t y,
                      uint32_t *pixel);

/* Each word of the destination: `pick` says what the source has for a place, in the destination's pixels; false: outside. */
typedef bool picker(const struct blit *b, const void *context, int64_t x, int64_t y,
                    uint32_t *pixel);

static bool is_inside(const struct blit *b, int64_t x, int64_t y)
{
    return within(x, b->dest_x, b->width) && within(y, b->dest_y, b->height) &&
           within(x, b->clip_x, b->clip_width) && within(y, b->clip_y, b->clip_height) &&
           x < b->dest.width;
}

static bool is_plain(const struct blit *b)
{
    return b->source.depth == b->dest.depth && b->source.big_endian == b->dest.big_endian &&
           !b->map.has_shifts && b->map.table == NULL;
}

/* What lies outside, in a row of the source whose first word of interest is that of the pixel first_x. */
static uint32_t outside(const struct blit_form *f, int64_t x, int64_t y, int64_t first_x)
{
    int64_t per_word = WORD / f->depth;
    bool is_there = x >= first_x / per_word * per_word && x < (int64_t)f->words_per_row * per_word;
    return is_there ? get(f, x, y) : 0;
}

static void slow_transfer(struct blit *b, picker *pick, const void *context)
{
    int64_t per_word = WORD / b->dest.depth;
    bool warps = pick == pick_warp;
    bool whole = !warps && (!b->has_source || is_plain(b) || is_direct(b));
    for (int64_t y = 0; y < b->dest.height; y++) {
        int64_t first_x = -1;
        for (int64_t start = 0; start < b->dest.width; start += per_word) {
            uint32_t source = 0, mask = 0, halftone = UINT32_MAX, pixel;
            for (int64_t x = start; x < start + per_word; x++) {
                int64_t from_x = b->source_x + (x - b->dest_x);
                if (is_inside(b, x, y) && (!b->has_source || pick(b, context, x, y, &pixel))) {
                    first_x = first_x < 0 ? from_x : first_x;
                    mask |= ones(b->dest.depth) << shift_of(&b->dest, x);
                    source |= b->has_source ? pixel << shift_of(&b->dest, x) : 0;
                }
            }
            for (int64_t x = start; x < start + per_word && mask != 0 && whole && b->has_source;
                 x++) {
                int64_t from_x = b->source_x + (x - b->dest_x),
                        from_y = b->source_y + (y - b->dest_y);
                if ((mask >> shift_of(&b->dest, x) & 1) == 0)
                    source |= outside(context, from_x, from_y, first_x) << shift_of(&b->dest, x);
            }
            if (b->halftone != NULL && (warps || !is_direct(b)))
                halftone = b->halftone[y % (int64_t)b->halftone_count];
            source = b->has_source ? source & halftone : halftone;
            uint32_t *word = word_of(&b->dest, start, y);
            if (mask != 0)
                *word = (slow_word(b, source, whole ? *word : *word & mask, mask, warps) & mask) |
                        (*word & ~mask);
        }
    }
}

static uint32_t slow_dither(uint32_t color, int64_t x, int64_t y)
{
    unsigned a = (unsigned)(x ^ y), b = (unsigned)y, result = 0;
    unsigned threshold = (a & 1) << 3 | (b & 1) << 2 | (a & 2) | (b >> 1 & 1);
    for (unsigned i = 0; i < 3; i++) {
        unsigned value = color >> 8 * i & 255, low = value % 8;
        unsigned level = value / 8 - (value >= 8) + (threshold < 2 * low + (low > 4 ? 2 : 0));
        result |= level << 5 * i;
    }
    return result == 0 ? 1 : result;
}

/* Rules 34 and 41 from 32 bits into 16 or 8. */
static uint32_t slow_shallow(const struct blit *b, uint32_t s, uint32_t d, bool dithers,
                             int64_t source_x, int64_t y)
{
    bool deep = b->dest.depth == 16, scaled = b->rule == 34;
    if (!deep && scaled && dithers)
        s |= 0x1F1F1F1F;
    uint32_t ink = scaled ? s >> 24 : s & 0xFFFFFF;
    uint32_t old = deep ? slow_widen(d) | 0xFF000000 : blit_palette_color(d);
    if (ink == 0 || (!deep && scaled && ink < 32))
        return d;
    if (!scaled || ink < (deep ? 255 : 224))
        s = scaled ? slow_blend(34, s, old) : slow_component_alpha(&b->component, s, old);
    return deep ? slow_dither(s, source_x, y) : slow_map(b, s, 32, false);
}

/* Where a pixel comes from; context is the source as it was before. Shallow blends are done at once: nothing is left. */
static bool pick_copy(const struct blit *b, const void *context, int64_t x, int64_t y,
                      uint32_t *pixel)
{
    const struct blit_form *source = context;
    int64_t from_x = b->source_x + (x - b->dest_x), from_y = b->source_y + (y - b->dest_y);
    if (from_x < 0 || from_y < 0 || from_x >= source->width || from_y >= source->height)
        return false;
    uint32_t from = get(source, from_x, from_y);
    *pixel = is_direct(b) ? from : slow_map(b, from, source->depth, false);
    if (!is_direct(b) || b->dest.depth == 32)
        return true;
    struct blit_area area;
    assert_true(blit_clip(b, true, &area));
    int64_t steps = (y - area.dest_y) * (area.width + 1) + x - area.dest_x;
    bool dithers = (steps + area.dest_x + area.dest_y) % 2 != 0;
    uint32_t new = slow_shallow(b, from, get(&b->dest, x, y), dithers, from_x, y);
    uint32_t *word = word_of(&b->dest, x, y);
    unsigned shift = shift_of(&b->dest, x);
    *word = (*word & ~(ones(b->dest.depth) << shift)) | new << shift;
    return false;
}

/* --- the reference: warping ---------------------------------------------------------------------------------------------- */

static int64_t slow_step(int64_t from, int64_t to, int64_t count)
{
    int64_t step = (labs(to - from) + 16384) / (count + 1) + 1;
    return to > from ? step : to < from ? -step : 0;
}

/* A place at a step of the way; ways down are laid from their end. */
static int64_t slow_place(int64_t from, int64_t to, int64_t count, int64_t index)
{
    int64_t step = slow_step(from, to, count);
    return (step < 0 ? to - count * step : from) + index * step;
}

static uint32_t slow_pick(const struct blit_form *f, int64_t x, int64_t y)
{
    return x < 0 || y < 0 || x / 16384 >= f->width || y / 16384 >= f->height
               ? 0
               : get(f, x / 16384, y / 16384);
}

static int64_t slow_part_of(int64_t step, int64_t n)
{
    return n == 2 ? (step - (step & 1)) / 2 : step / n;
}

static bool pick_warp(const struct blit *b, const void *context, int64_t x, int64_t y,
                      uint32_t *pixel)
{
    const struct blit_warp *w = context;
    int64_t rows = b->height > 2 ? b->height - 1 : 1, columns = b->width > 2 ? b->width - 1 : 1,
            n = w->smoothing;
    int64_t left[2], right[2], at[2], across[2], down[2], taken = 0;
    for (unsigned i = 0; i < 2; i++) {
        const int64_t *corner = i == 0 ? w->corner_x : w->corner_y;
        left[i] = slow_place(corner[0], corner[1], rows, y - b->dest_y);
        right[i] = slow_place(corner[3], corner[2], rows, y - b->dest_y);
        at[i] = slow_place(left[i], right[i], columns, x - b->dest_x);
        across[i] = slow_part_of(slow_step(left[i], right[i], columns), n);
        down[i] = slow_part_of(slow_step(corner[0], corner[1], rows), n);
    }
    if (n == 1) {
        *pixel = slow_map(b, slow_pick(&b->source, at[0], at[1]), b->source.depth, false);
        return true;
    }
    uint64_t sums[4] = {0};
    for (int64_t k = 0; k < n * n; k++) {
        uint32_t p = slow_pick(&b->source, at[0] + k % n * across[0] + k / n * down[0],
                               at[1] + k % n * across[1] + k / n * down[1]);
        if (b->rule == 25 && p == 0)
            continue;
        p = b->source.depth < 16 ? w->colors[p] : b->source.depth == 16 ? slow_widen(p) : p;
        taken++;
        for (unsigned i = 0; i < 4; i++)
            sums[i] += p >> 8 * i & 255;
    }
    *pixel = 0;
    if (taken == 0 || (b->rule == 25 && taken < n * n / 2))
        return true;
    for (unsigned i = 0; i < 4; i++)
        *pixel |= (uint32_t)(sums[i] / (uint64_t)taken) << 8 * i;
    *pixel = slow_map(b, *pixel, 32, true);
    return true;
}

/* --- random blits --------------------------------------------------------------------------------------------------------- */

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state >> 11;
}

static uint64_t below(uint64_t *state, uint64_t limit)
{
    return next(state) % limit;
}

/* Words with many zeros, ones and equal neighbours. */
static void fill(uint64_t *state, uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t kind = below(state, 8);
        words[i] = kind == 0 ? 0 : kind == 1 && i > 0 ? words[i - 1] : (uint32_t)next(state);
        if (kind == 2)
            words[i] |= 0xFF000000;
        if (kind == 3)
            words[i] &= 0x00FFFFFF;
    }
}

static size_t words_in(const struct blit_form *f)
{
    return f->words_per_row * (size_t)f->height;
}

static void random_form(uint64_t *state, struct blit_form *f)
{
    f->depth = 1u << below(state, 6);
    f->big_endian = below(state, 4) != 0;
    f->width = (int64_t)below(state, below(state, 40) == 0 ? 40000 / f->depth : 70);
    f->height = (int64_t)below(state, 20);
    f->words_per_row = blit_words_per_row(f->width, f->depth);
    f->words = malloc(words_in(f) * sizeof *f->words);
    fill(state, f->words, words_in(f));
}

/* From a little below zero to a little past what is usual; now and then beside the ends of what fits. */
static int64_t random_number(uint64_t *state, int64_t usual)
{
    static const int64_t far[] = {0, INT32_MAX, INT32_MIN, (int64_t)1 << 60, -((int64_t)1 << 60)};
    int64_t near = (int64_t)below(state, (uint64_t)usual + 6) - 3;
    return below(state, 60) == 0 ? far[below(state, 5)] + near : near;
}

/* Seldom less than nothing. */
static int64_t random_length(uint64_t *state, int64_t usual)
{
    int64_t length = random_number(state, usual);
    return length <= 0 && below(state, 4) != 0 ? usual - length : length;
}

static void random_map(uint64_t *state, struct blit *b, uint32_t *table)
{
    static const int64_t counts[] = {1, 2, 16, 256, 512, 4096, 32768};
    struct blit_map *m = &b->map;
    uint64_t kind = below(state, 4);
    memset(m, 0, sizeof *m);
    m->present = kind > 1;
    m->qualified = kind == 2;
    if (kind == 3 || (kind == 2 && below(state, 2) == 0))
        assert_true(blit_map_set_table(m, table, (uint64_t)counts[below(state, 7)]));
    m->has_shifts = kind == 2 && below(state, 2) == 0;
    for (unsigned i = 0; i < 4 && m->has_shifts; i++) {
        m->masks[i] = (uint32_t)next(state);
        m->shifts[i] = (int32_t)below(state, 63) - 31;
    }
    blit_map_complete(m, b->source.depth, b->dest.depth);
}

struct scene {
    struct blit blit;
    uint32_t *table; /* TABLE_MAX words */
    uint32_t halftone[HALFTONE_MAX];
    uint8_t gamma[256];
};

static void random_scene(uint64_t *state, struct scene *scene)
{
    struct blit *b = &scene->blit;
    memset(b, 0, sizeof *b);
    random_form(state, &b->dest);
    b->source = b->dest;
    if (below(state, 4) != 0)
        random_form(state, &b->source);
    if (b->source.words != b->dest.words && below(state, 3) == 0)
        b->rule = BLIT_ALPHA_SCALED;
    else
        do
            b->rule = (unsigned)below(state, BLIT_RULES);
        while (!blit_rule_is_known(b->rule));
    b->has_source = below(state, 6) != 0;
    b->dest_x = random_number(state, b->dest.width / 3);
    b->dest_y = random_number(state, b->dest.height / 3);
    b->width = random_length(state, b->dest.width);
    b->height = random_length(state, b->dest.height);
    b->source_x = random_number(state, b->source.width / 3);
    b->source_y = random_number(state, b->source.height / 3);
    b->clip_width = b->dest.width;
    b->clip_height = b->dest.height;
    if (below(state, 3) == 0) {
        b->clip_x = random_number(state, b->dest.width / 3);
        b->clip_y = random_number(state, b->dest.height / 3);
        b->clip_width = random_length(state, b->dest.width);
        b->clip_height = random_length(state, b->dest.height);
    }
    b->alpha = (uint8_t)next(state);
    b->component.color = (uint32_t)next(state);
    b->component.alpha = below(state, 3) == 0 ? 255 : (uint8_t)next(state);
    b->component.gamma = b->component.ungamma = below(state, 3) == 0 ? scene->gamma : NULL;
    fill(state, scene->halftone, HALFTONE_MAX);
    if (below(state, 4) == 0) {
        b->halftone = scene->halftone;
        b->halftone_count = 1 + below(state, HALFTONE_MAX);
    }
    if (b->has_source)
        random_map(state, b, scene->table);
}

static uint32_t *copy_of(const uint32_t *words, size_t count)
{
    uint32_t *copy = malloc(count * sizeof *words);
    memcpy(copy, words, count * sizeof *words);
    return copy;
}

/* Runs the reference on copies, then ours, and compares; a warp where there is one. */
static bool agrees(struct scene *scene, const struct blit_warp *warp)
{
    struct blit *b = &scene->blit;
    struct blit slow = *b;
    struct blit_form before = b->source;
    size_t count = words_in(&b->dest);
    size_t table_count = b->map.table != NULL ? b->map.table_mask + (size_t)1 : 0;
    before.words = copy_of(b->source.words, words_in(&b->source));
    slow.dest.words = copy_of(b->dest.words, count);
    slow.source.words = b->source.words == b->dest.words ? slow.dest.words : b->source.words;
    slow.map.table = table_count > 0 ? copy_of(b->map.table, table_count) : NULL;
    if (warp != NULL) {
        slow_transfer(&slow, pick_warp, warp);
        blit_warp(b, warp);
    } else {
        slow_transfer(&slow, pick_copy, &before);
        blit_copy(b, &(struct blit_area){0});
    }
    bool same = memcmp(slow.dest.words, b->dest.words, count * sizeof(uint32_t)) == 0 &&
                slow.bit_count == b->bit_count &&
                (table_count == 0 ||
                 memcmp(slow.map.table, b->map.table, table_count * sizeof(uint32_t)) == 0);
    free(slow.map.table);
    free(slow.dest.words);
    free(before.words);
    return same;
}

static void describe(const struct blit *b, uint64_t number)
{
    print_error(
        "blit %llu: rule %u (%s), %s%u to %s%u, %s, %lld@%lld size %lld@%lld from %lld@%lld, clip %lld@%lld size "
        "%lld@%lld, forms %lld@%lld and %lld@%lld, map %d %d %d table %u%s\n",
        (unsigned long long)number, b->rule, blit_rule_at(b->rule)->name,
        b->source.big_endian ? "" : "-", b->source.depth, b->dest.big_endian ? "" : "-",
        b->dest.depth,
        !b->has_source                     ? "no source"
        : b->source.words == b->dest.words ? "same bits"
                                           : "two forms",
        (long long)b->dest_x, (long long)b->dest_y, (long long)b->width, (long long)b->height,
        (long long)b->source_x, (long long)b->source_y, (long long)b->clip_x, (long long)b->clip_y,
        (long long)b->clip_width, (long long)b->clip_height, (long long)b->dest.width,
        (long long)b->dest.height, (long long)b->source.width, (long long)b->source.height,
        b->map.present, b->map.qualified, b->map.has_shifts,
        b->map.table != NULL ? b->map.table_mask + 1 : 0, b->halftone != NULL ? ", halftone" : "");
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static void scene_open(uint64_t *state, struct scene *scene)
{
    *state = number_from("SEED", 20250301);
    print_message("seed %llu\n", (unsigned long long)*state);
    scene->table = malloc(TABLE_MAX * sizeof *scene->table);
    fill(state, scene->table, TABLE_MAX);
    for (unsigned i = 0; i < 256; i++)
        scene->gamma[i] = (uint8_t)next(state);
}

static void scene_clear(struct scene *scene)
{
    if (scene->blit.source.words != scene->blit.dest.words)
        free(scene->blit.source.words);
    free(scene->blit.dest.words);
}

static void random_copies_equal_the_slow_reference(void **unused)
{
    (void)unused;
    uint64_t state, tries = number_from("BLITS", TRIES), drawn = 0;
    struct scene scene;
    scene_open(&state, &scene);

    for (uint64_t i = 0; i < tries; i++) {
        struct blit_area area;
        random_scene(&state, &scene);
        drawn += blit_clip(&scene.blit, scene.blit.has_source, &area);
        if (!agrees(&scene, NULL)) {
            describe(&scene.blit, i);
            fail();
        }
        scene_clear(&scene);
    }

    print_message("%llu of %llu drew\n", (unsigned long long)drawn, (unsigned long long)tries);
    assert_true(drawn > tries / 3);
    free(scene.table);
}

static int64_t random_corner(uint64_t *state, int64_t extent)
{
    if (below(state, 20) == 0)
        return (int64_t)below(state, (uint64_t)1 << 32) + INT32_MIN;
    return (int64_t)below(state, (uint64_t)(extent + 10) << 14) - ((int64_t)5 << 14);
}

static void random_warps_equal_the_slow_reference(void **unused)
{
    (void)unused;
    uint64_t state, tries = number_from("BLITS", TRIES) / WARPS_EACH;
    struct scene scene;
    scene_open(&state, &scene);

    for (uint64_t i = 0; i < tries; i++) {
        struct blit_warp warp = {.smoothing = 1 + (int64_t)below(&state, 4), .colors = scene.table};
        random_scene(&state, &scene);
        struct blit *b = &scene.blit;
        /* The reference reads a form that is warped into itself as we do, while it is drawn on. */
        for (unsigned k = 0; k < 4; k++) {
            warp.corner_x[k] = random_corner(&state, b->source.width);
            warp.corner_y[k] = random_corner(&state, b->source.height);
        }
        /* Tallying writes into the map's table, in which the colours stand too. */
        bool tallies = b->rule == 23 || b->rule == 33;
        if (b->has_source && !tallies && !agrees(&scene, &warp)) {
            describe(b, i);
            print_error("smoothing %lld\n", (long long)warp.smoothing);
            fail();
        }
        scene_clear(&scene);
    }

    free(scene.table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_copies_equal_the_slow_reference),
        cmocka_unit_test(random_warps_equal_the_slow_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
