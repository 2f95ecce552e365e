/*
 * A clipped BitBlt at work (bitblt.h), for bitblt.c and bitblt_warp.c alone: which words of each row of the destination it
 * touches, which pixels of the first and last of them, and how they are merged.
 */
#ifndef VIV_PRIMITIVES_BITBLT_TRANSFER_H
#define VIV_PRIMITIVES_BITBLT_TRANSFER_H

#include "primitives/bitblt.h"

struct blit_transfer {
    struct blit *blit;
    struct blit_area area;
    const struct blit_rule *rule;
    struct blit_merge merge;
    int64_t offset;     /* pixels of the first word that lie before the rectangle */
    int64_t first_word; /* its index in a row of the destination */
    size_t word_count;  /* at least one */
    /* Rules see the pixels outside, too, where nothing is mapped: some mix neighbours. */
    bool whole_words;
    uint32_t first_mask; /* pixels inside; of a single word both masks are the same */
    uint32_t last_mask;
};

enum { BLIT_WORD_BITS = 32 };

void blit_transfer_open(struct blit_transfer *transfer, struct blit *blit,
                        const struct blit_area *area);

/* Where the words of a row begin; rows count from the top of the rectangle. */
uint32_t *blit_transfer_row(const struct blit_transfer *transfer, int64_t row);
uint32_t blit_transfer_halftone(const struct blit_transfer *transfer, int64_t row);

/* Merges count words, from the one at index first of the row's words, with the source's. */
void blit_transfer_merge(struct blit_transfer *transfer, uint32_t *row, const uint32_t *source,
                         size_t first, size_t count);

static inline unsigned blit_depth_bits(unsigned depth)
{
    return (unsigned)__builtin_ctz(depth);
}

/* How far up in its word a pixel lies. */
static inline unsigned blit_pixel_shift(const struct blit_form *form, int64_t x)
{
    unsigned bits = blit_depth_bits(form->depth);
    unsigned place = ((unsigned)x << bits) & (BLIT_WORD_BITS - 1);
    return form->big_endian ? place ^ (BLIT_WORD_BITS - form->depth) : place;
}

static inline uint32_t blit_pixel_mask(unsigned depth)
{
    return UINT32_MAX >> (BLIT_WORD_BITS - depth);
}

static inline uint32_t blit_row_pixel(const struct blit_form *form, const uint32_t *row, int64_t x)
{
    uint32_t word = row[x >> (5 - blit_depth_bits(form->depth))];
    return word >> blit_pixel_shift(form, x) & blit_pixel_mask(form->depth);
}

static inline uint32_t *blit_form_row(const struct blit_form *form, int64_t y)
{
    return form->words + (size_t)y * form->words_per_row;
}

#endif
