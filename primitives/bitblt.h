/*
 * BitBlt: rectangles of pixels from one form into another, under a combination rule, a halftone and a colour map, as images of
 * others expect it. Knows no objects: bitblt_module.c makes these structs of them and answers for their sizes.
 *
 * A form is an array of words of 32 bits, whole words a row. Pixels of 1, 2, 4, 8, 16 or 32 bits lie in a word from the high
 * end, or from the low end in a form that is not big_endian. A pixel of 16 bits is 0RRRRRGGGGGBBBBB, one of 32 AARRGGBB.
 *
 * The rectangle is clipped by the clip rectangle, the destination and the source; coordinates may be any of 61 bits. Every
 * source pixel is mapped (bitblt_color.h), all of a destination word's together are and-ed with the halftone's word for that row
 * and merged by the rule (bitblt_rules.h); pixels outside the rectangle stay as they are. Where source and destination are the
 * same bits, all happens as if the source had been read first.
 *
 * What the ecosystem's machine does is kept where images can see it: rules 34 and 41 take pixels of 32 bits from another form
 * without halftone, and without map but into 8 bits; into 16 and 8 they dither. Rules that mix the pixels of a word see those
 * outside the rectangle where nothing is mapped, and zeros there otherwise.
 */
#ifndef VIV_PRIMITIVES_BITBLT_H
#define VIV_PRIMITIVES_BITBLT_H

#include "primitives/bitblt_color.h"
#include "primitives/bitblt_rules.h"

#include <stddef.h>

struct blit_form {
    uint32_t *words;
    size_t words_per_row; /* blit_words_per_row */
    int64_t width;        /* pixels; both are below 2^31 and not negative */
    int64_t height;
    unsigned depth; /* bits a pixel */
    bool big_endian;
};

struct blit {
    struct blit_form dest;
    struct blit_form source; /* only where has_source */
    bool has_source;
    const uint32_t *halftone; /* NULL: none, all bits are ones */
    size_t halftone_count;    /* words, at least one; row y takes the word at y modulo this */
    unsigned rule;            /* blit_rule_is_known */
    int64_t dest_x, dest_y, width, height;
    int64_t source_x, source_y;
    int64_t clip_x, clip_y, clip_width, clip_height;
    struct blit_map map;
    uint8_t alpha;                   /* of rules 30 and 31 */
    struct blit_component component; /* of rule 41 */
    uint32_t bit_count;              /* rules 22 and 32 add to it */
};

/* What is left of a rectangle after clipping: counts are above zero. */
struct blit_area {
    int64_t dest_x, dest_y, source_x, source_y, width, height;
};

bool blit_depth_is_known(unsigned depth);

/* Whole words that a row of so many pixels takes. */
size_t blit_words_per_row(int64_t width, unsigned depth);

/* False when nothing is left. Where by_source is false the source does not clip. */
bool blit_clip(const struct blit *blit, bool by_source, struct blit_area *area) VIV_MUST_USE;

/* Copies, and says where: *area is the clipped rectangle. False, and nothing done, when that is empty. */
bool blit_copy(struct blit *blit, struct blit_area *area);

/* Of the way that a line goes in one direction. */
static inline int64_t blit_magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

static inline int64_t blit_sign(int64_t value)
{
    return (value > 0) - (value < 0);
}

/* Moves by (delta_x, delta_y) in single steps along the longer way, copying after each but the last, which moves only. dest_x
 * and dest_y are where it ends. Steps that cannot touch the clip rectangle cost nothing. */
void blit_draw_loop(struct blit *blit, int64_t delta_x, int64_t delta_y);

/* How the pixels of source and destination in the clipped rectangle are compared with two colours. */
enum blit_comparison { BLIT_A_AND_B, BLIT_NOT_A_NOT_B, BLIT_NOT_A_BUT_B };

/* Pixels of which the comparison holds; at most one where `any` is enough. Colours are compared without alpha. */
uint64_t blit_compare(const struct blit *blit, enum blit_comparison comparison,
                      uint32_t source_color, uint32_t dest_color, bool any);

uint32_t blit_pixel(const struct blit_form *form, int64_t x, int64_t y);
void blit_set_pixel(const struct blit_form *form, int64_t x, int64_t y, uint32_t pixel);

/*
 * WarpBlt: each destination pixel is taken from a place in a quadrangle of the source. Corners are in units of 1/16384 pixel;
 * the destination's rectangle runs from the first corner down to the second, and along the top from the first to the fourth.
 * With a smoothing of n, n * n places are averaged as colours of 32 bits, through colors where the source is indexed.
 */
struct blit_warp {
    int64_t corner_x[4], corner_y[4]; /* magnitudes below 2^31 */
    int64_t smoothing;                /* 1: none */
    const uint32_t *colors; /* 2^depth of them for a source below 16 bits with smoothing */
};

/* False, and nothing done, when the clipped rectangle is empty or there is no source. */
bool blit_warp(struct blit *blit, const struct blit_warp *warp);

#endif
