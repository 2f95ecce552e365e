#include "primitives/jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

/* Where the library goes when it cannot go on: its way of failing ends the process otherwise. */
struct trouble {
    struct jpeg_error_mgr manager;
    jmp_buf back;
};

static void give_up(j_common_ptr info)
{
    struct trouble *trouble = (struct trouble *)(void *)info->err;
    longjmp(trouble->back, 1);
}

static void say_nothing(j_common_ptr info)
{
    (void)info;
}

static void open_trouble(struct trouble *trouble)
{
    jpeg_std_error(&trouble->manager);
    trouble->manager.error_exit = give_up;
    trouble->manager.output_message = say_nothing;
}

/* --- reading ----------------------------------------------------------------------------------------------------------------- */

struct reading {
    struct jpeg_decompress_struct info;
    struct trouble trouble;
    uint8_t *row;
    struct jpeg_size size;
};

/* The header; the library jumps out of here when there is none. */
static void read_header(struct reading *reading, const uint8_t *bytes, size_t size)
{
    jpeg_create_decompress(&reading->info);
    jpeg_mem_src(&reading->info, bytes, size);
    jpeg_read_header(&reading->info, TRUE);
    reading->size.width = reading->info.image_width;
    reading->size.height = reading->info.image_height;
    reading->size.components = (uint32_t)reading->info.num_components;
}

static void close_reading(struct reading *reading)
{
    jpeg_destroy_decompress(&reading->info);
    free(reading->row);
}

bool jpeg_read_size(const uint8_t *bytes, size_t size, struct jpeg_size *result)
{
    struct reading reading;
    memset(&reading, 0, sizeof reading);
    open_trouble(&reading.trouble);
    reading.info.err = &reading.trouble.manager;
    if (size == 0 || setjmp(reading.trouble.back) != 0) {
        close_reading(&reading);
        return false;
    }
    read_header(&reading, bytes, size);
    *result = reading.size;
    close_reading(&reading);
    return true;
}

static void read_rows(struct reading *reading, unsigned samples, jpeg_row *take, void *context)
{
    struct jpeg_decompress_struct *info = &reading->info;
    info->out_color_space = samples == JPEG_GREY_SAMPLES ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(info);
    reading->row = malloc((size_t)info->output_width * samples);
    while (reading->row != NULL && info->output_scanline < info->output_height) {
        uint32_t y = info->output_scanline;
        jpeg_read_scanlines(info, &reading->row, 1);
        take(context, y, reading->row);
    }
    jpeg_finish_decompress(info);
}

bool jpeg_read(const uint8_t *bytes, size_t size, const struct jpeg_size *most, unsigned samples,
               jpeg_row *take, void *context)
{
    struct reading reading;
    memset(&reading, 0, sizeof reading);
    open_trouble(&reading.trouble);
    reading.info.err = &reading.trouble.manager;
    if (size == 0 || setjmp(reading.trouble.back) != 0) {
        /* What was taken before stays taken. */
        bool some = reading.info.output_scanline > 0;
        close_reading(&reading);
        return some;
    }
    read_header(&reading, bytes, size);
    bool fits = reading.size.width <= most->width && reading.size.height <= most->height;
    if (fits)
        read_rows(&reading, samples, take, context);
    fits = fits && reading.row != NULL;
    close_reading(&reading);
    return fits;
}

/* --- writing ----------------------------------------------------------------------------------------------------------------- */

struct writing {
    struct jpeg_compress_struct info;
    struct trouble trouble;
    uint8_t *row;
    unsigned char *bytes; /* those given, or larger ones of the library */
    unsigned long size;
};

static void begin_writing(struct writing *writing, const struct jpeg_size *size, unsigned samples,
                          int quality, bool progressive)
{
    struct jpeg_compress_struct *info = &writing->info;
    info->image_width = size->width;
    info->image_height = size->height;
    info->input_components = (int)samples;
    info->in_color_space = samples == JPEG_GREY_SAMPLES ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(info);
    jpeg_set_quality(info, quality, TRUE);
    if (progressive)
        jpeg_simple_progression(info);
    jpeg_start_compress(info, TRUE);
}

static void close_writing(struct writing *writing, const uint8_t *given)
{
    jpeg_destroy_compress(&writing->info);
    free(writing->row);
    if (writing->bytes != given)
        free(writing->bytes);
}

bool jpeg_write(const struct jpeg_size *size, unsigned samples, int quality, bool progressive,
                jpeg_row *give, void *context, uint8_t *bytes, size_t room, size_t *written)
{
    struct writing writing;
    memset(&writing, 0, sizeof writing);
    open_trouble(&writing.trouble);
    writing.info.err = &writing.trouble.manager;
    writing.bytes = bytes;
    writing.size = room;
    writing.row = malloc((size_t)size->width * samples + 1);
    if (writing.row == NULL || setjmp(writing.trouble.back) != 0) {
        close_writing(&writing, bytes);
        return false;
    }
    jpeg_create_compress(&writing.info);
    jpeg_mem_dest(&writing.info, &writing.bytes, &writing.size);
    begin_writing(&writing, size, samples, quality, progressive);
    while (writing.info.next_scanline < writing.info.image_height) {
        give(context, writing.info.next_scanline, writing.row);
        jpeg_write_scanlines(&writing.info, &writing.row, 1);
    }
    jpeg_finish_compress(&writing.info);
    *written = writing.bytes == bytes ? writing.size : 0;
    close_writing(&writing, bytes);
    return true;
}
