/*
 * Pixels of the ecosystem's Forms turned into those of windows: 1, 2, 4, 8, 16 or 32 bits each, in rows of whole 32-bit words, the
 * leftmost pixel in the highest bits, or, with a negative depth, in the lowest. Or of one bit each in rows of whole words of 16. Knows neither objects nor windows.
 */
#ifndef VIV_GUI_SCREEN_PIXELS_H
#define VIV_GUI_SCREEN_PIXELS_H

#include "gui/host.h"

struct form_pixels {
    const uint32_t *words;
    const uint16_t *halves; /* or NULL: in place of words, with a depth of 1 */
    size_t word_count;      /* of those */
    int32_t width, height, depth;
};

/* Whether the depth is one of those, and there are words for all pixels. */
bool form_pixels_fit(const struct form_pixels *form);

/* Converts the part of the form in the rectangle, which lies inside it, to opaque words of 0xAARRGGBB, in rows of `width`. */
void form_pixels_convert(const struct form_pixels *form, const struct host_rectangle *part,
                         uint32_t *words, int32_t width);

/* The value of a pixel inside the form. */
uint32_t form_pixel(const struct form_pixels *form, int32_t x, int32_t y);

/* Pixels without gaps, 0xAARRGGBB. */
struct scaled_pixels {
    const uint32_t *from;
    int32_t width, height; /* of what is scaled */
    double scale;          /* 0.25 to 8 */
    uint32_t *to;          /* pixels_scaled(width, scale) by pixels_scaled(height, scale) */
};

/* How many pixels so many become; at least one. */
int32_t pixels_scaled(int32_t count, double scale);

/* Scales what depends on the part, which lies inside, and answers where that is: by whole numbers each pixel becomes a square, by
 * others their colours flow into each other. */
struct host_rectangle pixels_scale(const struct scaled_pixels *pixels,
                                   const struct host_rectangle *part);

/* What a pixel of up to 8 bits looks like: 0xAARRGGBB. */
uint32_t form_indexed_color(int32_t depth, uint32_t pixel);

#endif
