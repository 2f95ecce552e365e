/*
 * JPEG by libjpeg-turbo, from bytes to rows of samples and back. A picture that is cut short is read with grey where there is nothing;
 * one that cannot be read is refused. Nothing here knows objects.
 */
#ifndef VIV_PRIMITIVES_JPEG_H
#define VIV_PRIMITIVES_JPEG_H

#include "vm/base/assert.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jpeg_size {
    uint32_t width;
    uint32_t height;
    uint32_t components; /* 1: shades of grey */
};

enum { JPEG_GREY_SAMPLES = 1, JPEG_COLOR_SAMPLES = 3 };

/* False when the bytes do not begin a JPEG. */
bool jpeg_read_size(const uint8_t *bytes, size_t size, struct jpeg_size *result) VIV_MUST_USE;

/* The samples of all pixels, 1 or 3 each, red first, row by row without gaps, on the C heap: free them. NULL when there is no memory or
 * the picture cannot be read; *result is its size. One larger than `most` is refused. */
uint8_t *jpeg_read(const uint8_t *bytes, size_t size, const struct jpeg_size *most,
                   unsigned samples, struct jpeg_size *result) VIV_MUST_USE;

/* Writes such samples. quality 1 to 100. *written is how many bytes it takes: 0 when those are more than room. False without
 * memory. */
bool jpeg_write(const uint8_t *pixels, const struct jpeg_size *size, unsigned samples, int quality,
                bool progressive, uint8_t *bytes, size_t room, size_t *written) VIV_MUST_USE;

#endif
