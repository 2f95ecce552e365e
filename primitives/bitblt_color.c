#include "primitives/bitblt_color.h"

enum { RED, GREEN, BLUE, ALPHA };

bool blit_map_set_table(struct blit_map *map, uint32_t *table, uint64_t count)
{
    if ((count & (count - 1)) != 0 || count > (uint64_t)1 << 32)
        return false;
    map->table = count == 0 ? 0 : table;
    map->table_mask = count == 0 ? 0 : (uint32_t)(count - 1);
    map->bits_per_color = count == 512 ? 3 : count == 4096 ? 4 : count == 32768 ? 5 : 0;
    return true;
}

void blit_map_convert(struct blit_map *map, unsigned from_bits, unsigned to_bits)
{
    if (from_bits == to_bits)
        return;
    /* The high bits of each component, where it stands in the source; what is missing below them is zero. */
    unsigned kept = to_bits < from_bits ? to_bits : from_bits;
    uint32_t mask = (((uint32_t)1 << kept) - 1) << (from_bits - kept);
    int32_t step = (int32_t)to_bits - (int32_t)from_bits;
    map->masks[RED] = mask << (2 * from_bits);
    map->masks[GREEN] = mask << from_bits;
    map->masks[BLUE] = mask;
    map->masks[ALPHA] = 0;
    map->shifts[RED] = 3 * step;
    map->shifts[GREEN] = 2 * step;
    map->shifts[BLUE] = step;
    map->shifts[ALPHA] = 0;
    map->has_shifts = map->present = true;
}

void blit_map_complete(struct blit_map *map, unsigned source_depth, unsigned dest_depth)
{
    unsigned to_bits = map->bits_per_color;
    if (map->qualified || source_depth <= 8)
        return;
    if (to_bits == 0 && dest_depth <= 8)
        return;
    if (to_bits == 0)
        to_bits = dest_depth == 16 ? 5 : 8;
    blit_map_convert(map, source_depth == 16 ? 5 : 8, to_bits);
}

uint32_t blit_convert_color(uint32_t color, unsigned from_bits, unsigned to_bits)
{
    uint32_t from_mask = ((uint32_t)1 << from_bits) - 1;
    uint32_t result = 0;
    for (unsigned i = 0; i < 3; i++) {
        uint32_t part = color >> (i * from_bits) & from_mask;
        part = to_bits > from_bits ? part << (to_bits - from_bits) : part >> (from_bits - to_bits);
        result |= part << (i * to_bits);
    }
    return result == 0 && color != 0 && to_bits < from_bits ? 1 : result;
}

uint32_t blit_color_16_to_32(uint32_t color)
{
    return (color & 0x7C00) << 9 | (color & 0x3E0) << 6 | (color & 0x1F) << 3;
}

static uint32_t gray(uint32_t level)
{
    return 0xFF000000 | level << 16 | level << 8 | level;
}

/* Fixed colours first, then greys in steps of 1/32 but those of 1/8, then a cube of six steps for each component. */
uint32_t blit_palette_color(uint32_t index)
{
    static const uint32_t first[] = {0,          0xFF000001, 0xFFFFFFFF, 0xFF808080,
                                     0xFFFF0000, 0xFF00FF00, 0xFF0000FF, 0xFF00FFFF,
                                     0xFFFFFF00, 0xFFFF00FF, 0xFF202020, 0xFF404040,
                                     0xFF606060, 0xFF9F9F9F, 0xFFBFBFBF, 0xFFDFDFDF};
    enum { GRAYS = 16, CUBE = 40, STEP = 51 };
    index &= 0xFF;
    if (index < GRAYS)
        return first[index];
    if (index < CUBE) {
        uint32_t step = index - GRAYS;
        uint32_t shade = step / 3 * 4 + step % 3 + 1;
        return gray(((shade * 1023 + 16) / 32) >> 2);
    }
    index -= CUBE;
    return 0xFF000000 | (index / 36 * STEP) << 16 | (index % 6 * STEP) << 8 | index / 6 % 6 * STEP;
}

/* Five bits of a component of eight: one less than its high ones, but not below zero, and one more where the low ones pass the
 * threshold, from 0 to 15. */
static uint32_t dither_component(uint32_t value, unsigned threshold)
{
    static const unsigned limits[8] = {0, 2, 4, 6, 8, 12, 14, 16};
    uint32_t level = value < 8 ? 0 : (value >> 3) - 1;
    return threshold < limits[value & 7] ? level + 1 : level;
}

uint32_t blit_dither_16(uint32_t color, uint64_t x, uint64_t y)
{
    static const unsigned thresholds[4][4] = {
        {0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};
    unsigned threshold = thresholds[y & 3][x & 3];
    return dither_component(color >> 16 & 0xFF, threshold) << 10 |
           dither_component(color >> 8 & 0xFF, threshold) << 5 |
           dither_component(color & 0xFF, threshold);
}
