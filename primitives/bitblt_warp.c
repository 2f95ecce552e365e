/*
 * WarpBlt (bitblt.h): the destination is walked row by row while two points slide down the left and right edges of the source's
 * quadrangle; the pixels of a row lie in even steps between them. Places are fixed-point numbers, 14 bits below the point.
 */
#include "primitives/bitblt_transfer.h"

enum { POINT_BITS = 14, POINT_ONE = 1 << POINT_BITS, CHUNK_WORDS = 128, PAIR = 2 };

struct place {
    int64_t x, y;
};

struct walk {
    struct blit_transfer transfer;
    const struct blit_warp *warp;
    struct blit_map map;      /* of the picked pixels, which smoothing makes colours of 32 bits */
    struct place left, right; /* ends of the row */
    struct place left_step, right_step; /* from row to row */
    struct place at, step;              /* in the row */
};

/* Steps that lead from one number to another in `count` of them and never past its pixel's end. */
static int64_t step_between(int64_t from, int64_t to, int64_t count)
{
    if (from == to)
        return 0;
    int64_t way = from < to ? to - from : from - to;
    int64_t step = (way + POINT_ONE) / (count + 1) + 1;
    return from < to ? step : -step;
}

/* A way down is walked so that it ends where it should: from its end back. */
static int64_t start_of(int64_t from, int64_t to, int64_t step, int64_t count)
{
    return step < 0 ? to - count * step : from;
}

static void edge_open(const struct blit_warp *warp, unsigned from, unsigned to, int64_t count,
                      struct place *start, struct place *step)
{
    step->x = step_between(warp->corner_x[from], warp->corner_x[to], count);
    step->y = step_between(warp->corner_y[from], warp->corner_y[to], count);
    start->x = start_of(warp->corner_x[from], warp->corner_x[to], step->x, count);
    start->y = start_of(warp->corner_y[from], warp->corner_y[to], step->y, count);
}

static void move(struct place *place, const struct place *step, int64_t times)
{
    place->x += step->x * times;
    place->y += step->y * times;
}

/* The source's pixel at a place; 0 outside. */
static uint32_t pick(const struct blit_form *source, int64_t x, int64_t y)
{
    if (x < 0 || y < 0 || x >> POINT_BITS >= source->width || y >> POINT_BITS >= source->height)
        return 0;
    return blit_pixel(source, x >> POINT_BITS, y >> POINT_BITS);
}

static uint32_t color_of(const struct walk *walk, uint32_t pixel)
{
    unsigned depth = walk->transfer.blit->source.depth;
    if (depth < 16)
        return walk->warp->colors[pixel];
    return depth == 16 ? blit_color_16_to_32(pixel) : pixel;
}

/* Parts of a step between the places of one pixel: halves are rounded down, others towards zero. */
static int64_t part_of(int64_t step, int64_t count)
{
    return count == PAIR ? step >> 1 : step / count;
}

/* The mean colour of n * n places. Painting leaves transparent ones out, and a pixel that is mostly transparent is so. */
static uint32_t pick_smooth(const struct walk *walk)
{
    const struct blit *blit = walk->transfer.blit;
    int64_t n = walk->warp->smoothing;
    bool paints = blit->rule == BLIT_PAINT;
    struct place across = {part_of(walk->step.x, n), part_of(walk->step.y, n)};
    struct place down = {part_of(walk->left_step.x, n), part_of(walk->left_step.y, n)};
    uint64_t sums[BLIT_COMPONENTS] = {0};
    int64_t taken = 0;
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = 0; i < n; i++) {
            uint32_t pixel = pick(&blit->source, walk->at.x + i * across.x + j * down.x,
                                  walk->at.y + i * across.y + j * down.y);
            if (paints && pixel == 0)
                continue;
            uint32_t color = color_of(walk, pixel);
            taken++;
            for (unsigned k = 0; k < BLIT_COMPONENTS; k++)
                sums[k] += color >> (8 * k) & 0xFF;
        }
    }
    if (taken == 0 || (paints && taken < n * n / 2))
        return 0;
    uint32_t mean = 0;
    for (unsigned k = 0; k < BLIT_COMPONENTS; k++)
        mean |= (uint32_t)(sums[k] / (uint64_t)taken) << (8 * k);
    return blit_map_pixel(&walk->map, mean);
}

/* The words of a row from index `first`; the walk goes on behind them. */
static void pick_words(struct walk *walk, size_t first, size_t count, uint32_t *words)
{
    const struct blit_transfer *transfer = &walk->transfer;
    const struct blit_form *dest = &transfer->blit->dest;
    int64_t per_word = BLIT_WORD_BITS / (int64_t)dest->depth;
    uint32_t mask = blit_pixel_mask(dest->depth);
    for (size_t i = 0; i < count; i++) {
        int64_t start = (int64_t)(first + i) * per_word - transfer->offset;
        int64_t limit = start + per_word;
        uint32_t word = 0;
        if (limit > transfer->area.width)
            limit = transfer->area.width;
        for (int64_t x = start < 0 ? 0 : start; x < limit; x++) {
            uint32_t pixel = walk->warp->smoothing > 1
                                 ? pick_smooth(walk)
                                 : blit_map_pixel(&walk->map, pick(&transfer->blit->source,
                                                                   walk->at.x, walk->at.y));
            word |= (pixel & mask) << blit_pixel_shift(dest, x - start);
            move(&walk->at, &walk->step, 1);
        }
        words[i] = word;
    }
}

static void warp_row(struct walk *walk, int64_t row)
{
    struct blit_transfer *transfer = &walk->transfer;
    const struct blit *blit = transfer->blit;
    uint32_t words[CHUNK_WORDS];
    uint32_t halftone = blit_transfer_halftone(transfer, row);
    /* A form warped into itself sees what was drawn before, word by word. */
    size_t chunk = blit->source.words == blit->dest.words ? 1 : CHUNK_WORDS;
    for (size_t first = 0; first < transfer->word_count; first += chunk) {
        size_t count = transfer->word_count - first;
        count = count < chunk ? count : chunk;
        pick_words(walk, first, count, words);
        for (size_t i = 0; i < count; i++)
            words[i] &= halftone;
        blit_transfer_merge(transfer, blit_transfer_row(transfer, row), words, first, count);
    }
}

/* Smoothing makes colours of 32 bits, whatever the source is: a map that is not qualified takes them so. But into 32 bits
 * without a table the source's own conversion stays, even that of 16 bits. */
static void map_open(struct walk *walk, const struct blit *blit)
{
    walk->map = blit->map;
    if (walk->warp->smoothing <= 1 || blit->map.qualified)
        return;
    if (walk->map.table != NULL)
        blit_map_convert(&walk->map, 8, walk->map.bits_per_color);
    else if (blit->dest.depth == 16)
        blit_map_convert(&walk->map, 8, 5);
}

bool blit_warp(struct blit *blit, const struct blit_warp *warp)
{
    struct blit_area area;
    struct walk walk = {.warp = warp};
    viv_assert(warp->smoothing >= 1, "smoothing takes at least one place for a pixel");
    if (!blit->has_source || !blit_clip(blit, false, &area))
        return false;
    blit_transfer_open(&walk.transfer, blit, &area);
    walk.transfer.whole_words = false;
    map_open(&walk, blit);
    int64_t rows = blit->height > 2 ? blit->height - 1 : 1;
    int64_t columns = blit->width > 2 ? blit->width - 1 : 1;
    edge_open(warp, 0, 1, rows, &walk.left, &walk.left_step);
    edge_open(warp, 3, 2, rows, &walk.right, &walk.right_step);
    move(&walk.left, &walk.left_step, area.dest_y - blit->dest_y);
    move(&walk.right, &walk.right_step, area.dest_y - blit->dest_y);
    for (int64_t row = 0; row < area.height; row++) {
        walk.step.x = step_between(walk.left.x, walk.right.x, columns);
        walk.step.y = step_between(walk.left.y, walk.right.y, columns);
        walk.at.x = start_of(walk.left.x, walk.right.x, walk.step.x, columns);
        walk.at.y = start_of(walk.left.y, walk.right.y, walk.step.y, columns);
        move(&walk.at, &walk.step, area.dest_x - blit->dest_x);
        warp_row(&walk, row);
        move(&walk.left, &walk.left_step, 1);
        move(&walk.right, &walk.right_step, 1);
    }
    blit->bit_count += walk.transfer.merge.bit_count;
    return true;
}
