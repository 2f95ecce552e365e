/*
 * JPEG by libjpeg, from bytes to rows of samples and back. A picture that is damaged beyond its header is read as far as it goes; one
 * that cannot be read at all is refused. Nothing here knows objects.
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

/* One row of samples, 1 or 3 for each pixel, red first. */
typedef void jpeg_row(void *context, uint32_t y, uint8_t *samples);

/* Gives every row to take, top first; one that is larger than most is refused. */
bool jpeg_read(const uint8_t *bytes, size_t size, const struct jpeg_size *most, unsigned samples,
               jpeg_row *take, void *context) VIV_MUST_USE;

/* Asks give for every row. quality 0 to 100. *written is how many bytes it takes: 0 when those are more than room. */
bool jpeg_write(const struct jpeg_size *size, unsigned samples, int quality, bool progressive,
                jpeg_row *give, void *context, uint8_t *bytes, size_t room,
                size_t *written) VIV_MUST_USE;

#endif
