#include "primitives/jpeg.h"

#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

static int format_of(unsigned samples)
{
    return samples == JPEG_GREY_SAMPLES ? TJPF_GRAY : TJPF_RGB;
}

static bool read_size(tjhandle handle, const uint8_t *bytes, size_t size, struct jpeg_size *result)
{
    int width = 0, height = 0, sampling = 0, space = 0;
    if (size == 0 ||
        tjDecompressHeader3(handle, bytes, size, &width, &height, &sampling, &space) != 0 ||
        width < 1 || height < 1)
        return false;
    *result = (struct jpeg_size){(uint32_t)width, (uint32_t)height,
                                 space == TJCS_GRAY ? JPEG_GREY_SAMPLES : JPEG_COLOR_SAMPLES};
    return true;
}

bool jpeg_read_size(const uint8_t *bytes, size_t size, struct jpeg_size *result)
{
    tjhandle handle = tjInitDecompress();
    bool valid = handle != NULL && read_size(handle, bytes, size, result);
    if (handle != NULL)
        tjDestroy(handle);
    return valid;
}

static uint8_t *read_pixels(tjhandle handle, const uint8_t *bytes, size_t size,
                            const struct jpeg_size *is, unsigned samples)
{
    uint8_t *pixels = malloc((size_t)is->width * is->height * samples);
    if (pixels == NULL)
        return NULL;
    if (tjDecompress2(handle, bytes, size, pixels, (int)is->width, 0, (int)is->height,
                      format_of(samples), 0) == 0 ||
        tjGetErrorCode(handle) == TJERR_WARNING)
        return pixels;
    free(pixels);
    return NULL;
}

uint8_t *jpeg_read(const uint8_t *bytes, size_t size, const struct jpeg_size *most,
                   unsigned samples, struct jpeg_size *result)
{
    tjhandle handle = tjInitDecompress();
    uint8_t *pixels = NULL;
    if (handle == NULL)
        return NULL;
    if (read_size(handle, bytes, size, result) && result->width <= most->width &&
        result->height <= most->height)
        pixels = read_pixels(handle, bytes, size, result, samples);
    tjDestroy(handle);
    return pixels;
}

bool jpeg_write(const uint8_t *pixels, const struct jpeg_size *size, unsigned samples, int quality,
                bool progressive, uint8_t *bytes, size_t room, size_t *written)
{
    tjhandle handle = tjInitCompress();
    unsigned char *made = NULL;
    unsigned long made_size = 0;
    if (handle == NULL)
        return false;
    int sampling = samples == JPEG_GREY_SAMPLES ? TJSAMP_GRAY : TJSAMP_420;
    bool done = tjCompress2(handle, pixels, (int)size->width, 0, (int)size->height,
                            format_of(samples), &made, &made_size, sampling, quality,
                            progressive ? TJFLAG_PROGRESSIVE : 0) == 0;
    *written = done && made_size <= room ? made_size : 0;
    if (*written > 0)
        memcpy(bytes, made, *written);
    tjFree(made);
    tjDestroy(handle);
    return done;
}
