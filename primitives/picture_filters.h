/*
 * The graphic effects of Scratch, on pictures of 32-bit pixels: 0 is transparent, the high byte is not looked at. Integers are computed as
 * Scratch's projects expect, rounding included. Nothing here knows objects; every place is within the picture.
 */
#ifndef VIV_PRIMITIVES_PICTURE_FILTERS_H
#define VIV_PRIMITIVES_PICTURE_FILTERS_H

#include "vm/base/assert.h"

#include <stddef.h>
#include <stdint.h>

/* What goes in and what comes out, of one size; width * height may be below count: the rest is left alone. */
struct picture {
    const uint32_t *in;
    uint32_t *out;
    size_t count;
    int64_t width; /* at least 1 */
    int64_t height;
};

/* Effects on each pixel by itself; shift is in degrees, or in percent. Pixels that are left alone are not written. */
void picture_hue(const struct picture *picture, int64_t shift);
void picture_saturation(const struct picture *picture, int64_t shift);
void picture_brightness(const struct picture *picture, int64_t shift);

/* Each pixel the mean of those around it; the edge is left alone. */
void picture_blur(const struct picture *picture);
/* The middle larger, or smaller: power in percent, 100 changes nothing. */
void picture_fisheye(const struct picture *picture, int64_t power);
/* Turned about the middle, the most there. */
void picture_whirl(const struct picture *picture, int64_t degrees);
/* One step of waves, whose heights lie in two arrays of doubles, a place for each pixel; drops fall by chance, up to half of `drops`. */
void picture_ripples(const struct picture *picture, int64_t drops, uint64_t random, uint8_t *now,
                     uint8_t *before);

/* The pixel at a place in units of 1/1024 pixel, between its four neighbours; transparent ones do not count. 0 outside. */
uint32_t picture_at(const struct picture *picture, int64_t x, int64_t y);

/* Of another size, by interpolation between neighbours. */
void picture_scale(const struct picture *picture, uint32_t *out, int64_t width, int64_t height);

#endif
