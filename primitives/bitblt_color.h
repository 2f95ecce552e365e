/*
 * How BitBlt turns a pixel of the source into one of the destination (bitblt.h): components moved by masks and shifts, then
 * an index into a table; either may be absent.
 */
#ifndef VIV_PRIMITIVES_BITBLT_COLOR_H
#define VIV_PRIMITIVES_BITBLT_COLOR_H

#include <stdbool.h>
#include <stdint.h>

enum { BLIT_COMPONENTS = 4 };

struct blit_map {
    bool present;    /* there is a map of the caller's, or masks and shifts */
    bool qualified;  /* the caller's map says all: no masks are made for it */
    bool has_shifts; /* masks and shifts are used */
    /* Left, or right where negative, by at most 31: red, green, blue, alpha. */
    int32_t shifts[BLIT_COMPONENTS];
    uint32_t masks[BLIT_COMPONENTS];
    uint32_t *table;         /* NULL: none. Tallying writes into it. */
    uint32_t table_mask;     /* its count, a power of two, less one */
    unsigned bits_per_color; /* of a table indexed by colours: 3, 4 or 5; else 0 */
};

/* Sets table, its mask and bits; false where the count is no power of two. A count of 0 is a map without a table. */
bool blit_map_set_table(struct blit_map *map, uint32_t *table, uint64_t count);

/* Makes masks and shifts for colours of so many bits a component, unless both are the same. */
void blit_map_convert(struct blit_map *map, unsigned from_bits, unsigned to_bits);

/* The conversion that two depths ask for, where the caller's map is not qualified. */
void blit_map_complete(struct blit_map *map, unsigned source_depth, unsigned dest_depth);

/* A colour with so many bits a component as one with others; no colour but 0 becomes 0 by losing bits. */
uint32_t blit_convert_color(uint32_t color, unsigned from_bits, unsigned to_bits);

/* A colour of 16 bits as one of 32, without alpha. */
uint32_t blit_color_16_to_32(uint32_t color);

/* The colour of 32 bits that the usual palette has for a pixel of 8. */
uint32_t blit_palette_color(uint32_t index);

/* A colour of 32 bits, ordered-dithered to 16, for the pixel at x and y. */
uint32_t blit_dither_16(uint32_t color, uint64_t x, uint64_t y);

static inline uint32_t blit_map_component(const struct blit_map *map, uint32_t pixel,
                                          unsigned index)
{
    return (uint32_t)((uint64_t)(pixel & map->masks[index]) << 32 >> (32 - map->shifts[index]));
}

static inline uint32_t blit_map_shifted(const struct blit_map *map, uint32_t pixel)
{
    return blit_map_component(map, pixel, 0) | blit_map_component(map, pixel, 1) |
           blit_map_component(map, pixel, 2) | blit_map_component(map, pixel, 3);
}

static inline uint32_t blit_map_pixel(const struct blit_map *map, uint32_t pixel)
{
    uint32_t result = pixel;
    if (map->has_shifts) {
        result = blit_map_shifted(map, pixel);
        if (result == 0 && pixel != 0)
            result = 1; /* losing bits makes nothing transparent */
    }
    return map->table != 0 ? map->table[result & map->table_mask] : result;
}

#endif
