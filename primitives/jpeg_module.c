/*
 * JPEGReadWriter2Plugin: JPEGs to and from Forms of 8 (shades of grey), 16 and 32 bits. The image keeps what it takes for the structs of
 * libjpeg in ByteArrays of sizes that it asks for; ours hold the size of the picture.
 */
#include "primitives/bitblt_objects.h"
#include "primitives/functions.h"
#include "primitives/jpeg.h"

#include <stdlib.h>

enum {
    HEADER_MAGIC = 0x4A504547,
    ERROR_STRUCT_SIZE = 8,
    USUAL_QUALITY = 75,
    QUALITY_MAX = 100,
    SIDE_MAX = 65500
};

struct header {
    uint32_t magic;
    struct jpeg_size size;
};

prim_result prim_jpeg_is_present(struct vm *vm, const prim_call *call)
{
    return answer_boolean(vm, call, true);
}

prim_result prim_jpeg_struct_size(struct vm *vm, const prim_call *call)
{
    return answer_integer(vm, call, sizeof(struct header));
}

prim_result prim_jpeg_error_struct_size(struct vm *vm, const prim_call *call)
{
    return answer_integer(vm, call, ERROR_STRUCT_SIZE);
}

/* The header in the bytes of an argument; false for one that no JPEG was read into. */
static bool arg_header(const prim_call *call, size_t argument, struct header *header)
{
    uint8_t *bytes;
    size_t size;
    if (arg_bytes(call, argument, &bytes, &size) != PRIM_OK || size < sizeof *header)
        return false;
    memcpy(header, bytes, sizeof *header);
    return header->magic == HEADER_MAGIC;
}

prim_result prim_jpeg_width(struct vm *vm, const prim_call *call)
{
    struct header header;
    return arg_header(call, 0, &header) ? answer_integer(vm, call, header.size.width)
                                        : PRIM_BAD_ARGUMENT;
}

prim_result prim_jpeg_height(struct vm *vm, const prim_call *call)
{
    struct header header;
    return arg_header(call, 0, &header) ? answer_integer(vm, call, header.size.height)
                                        : PRIM_BAD_ARGUMENT;
}

prim_result prim_jpeg_components(struct vm *vm, const prim_call *call)
{
    struct header header;
    return arg_header(call, 0, &header) ? answer_integer(vm, call, header.size.components)
                                        : PRIM_BAD_ARGUMENT;
}

/* readHeader: struct fromByteArray: bytes errorMgr: struct. */
prim_result prim_jpeg_read_header(struct vm *vm, const prim_call *call)
{
    struct header header = {.magic = HEADER_MAGIC};
    uint8_t *target, *bytes;
    size_t room, size;
    prim_result result = arg_bytes(call, 0, &target, &room);
    if (result == PRIM_OK)
        result = arg_bytes(call, 1, &bytes, &size);
    if (result != PRIM_OK)
        return result;
    if (room < sizeof header || !oop_is_bytes(prim_argument(call, 2)))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(prim_argument(call, 0)))
        return PRIM_NO_MODIFICATION;
    if (!jpeg_read_size(bytes, size, &header.size))
        return PRIM_BAD_ARGUMENT;
    memcpy(target, &header, sizeof header);
    return answer_self(vm, call);
}

/* --- pixels ------------------------------------------------------------------------------------------------------------------ */

struct canvas {
    struct blit_form form;
    bool dithers;
    unsigned samples;
};

/* A Form of a depth that has pixels of its own for JPEGs. */
static bool read_canvas(oop object, struct canvas *canvas)
{
    if (!blit_read_form(object, &canvas->form) ||
        (canvas->form.depth != 8 && canvas->form.depth != 16 && canvas->form.depth != 32))
        return false;
    canvas->samples = canvas->form.depth == 8 ? JPEG_GREY_SAMPLES : JPEG_COLOR_SAMPLES;
    return true;
}

/* Five bits of a sample; the place decides where those between two steps go. */
static uint32_t five_bits(uint8_t sample, uint32_t x, uint32_t y, bool dithers)
{
    static const uint8_t thresholds[4] = {0, 4, 6, 2};
    uint32_t value = sample + (dithers ? thresholds[(y & 1) * 2 + (x & 1)] : 0u);
    return (value > UINT8_MAX ? UINT8_MAX : value) >> 3;
}

/* Black is 1 where 0 would be transparent. */
static uint32_t pixel_of(const struct canvas *canvas, const uint8_t *s, uint32_t x, uint32_t y)
{
    if (canvas->form.depth == 8)
        return s[0];
    if (canvas->form.depth == 32)
        return 0xFF000000 | (uint32_t)s[0] << 16 | (uint32_t)s[1] << 8 | s[2];
    uint32_t pixel = five_bits(s[0], x, y, canvas->dithers) << 10 |
                     five_bits(s[1], x, y, canvas->dithers) << 5 |
                     five_bits(s[2], x, y, canvas->dithers);
    return pixel == 0 ? 1 : pixel;
}

static void put_pixels(const struct canvas *canvas, const struct jpeg_size *size,
                       const uint8_t *samples)
{
    for (uint32_t y = 0; y < size->height; y++)
        for (uint32_t x = 0; x < size->width; x++, samples += canvas->samples)
            blit_set_pixel(&canvas->form, x, y, pixel_of(canvas, samples, x, y));
}

static void get_pixels(const struct canvas *canvas, const struct jpeg_size *size, uint8_t *samples)
{
    for (uint32_t y = 0; y < size->height; y++)
        for (uint32_t x = 0; x < size->width; x++) {
            uint32_t pixel = blit_pixel(&canvas->form, x, y);
            for (unsigned left = canvas->samples; left-- > 0;) {
                uint32_t five = pixel >> (5 * left) & 31;
                *samples++ = (uint8_t)(canvas->form.depth == 16 ? five << 3 | five >> 2
                                                                : pixel >> (8 * left));
            }
        }
}

/* --- pictures ---------------------------------------------------------------------------------------------------------------- */

/* readImage: struct fromByteArray: bytes onForm: form doDithering: flag errorMgr: struct. */
prim_result prim_jpeg_read_image(struct vm *vm, const prim_call *call)
{
    struct canvas canvas;
    struct jpeg_size size;
    uint8_t *bytes;
    size_t count;
    oop form = prim_argument(call, 2);
    prim_result result = arg_bytes(call, 1, &bytes, &count);
    if (result != PRIM_OK)
        return result;
    if (!oop_is_bytes(prim_argument(call, 0)) || !oop_is_bytes(prim_argument(call, 4)) ||
        !read_canvas(form, &canvas) || arg_boolean(vm, call, 3, &canvas.dithers) != PRIM_OK)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(blit_slot(form, 0)))
        return PRIM_NO_MODIFICATION;
    struct jpeg_size most = {(uint32_t)canvas.form.width, (uint32_t)canvas.form.height, 0};
    uint8_t *samples = jpeg_read(bytes, count, &most, canvas.samples, &size);
    if (samples == NULL)
        return PRIM_BAD_ARGUMENT;
    put_pixels(&canvas, &size, samples);
    free(samples);
    vm_form_changed(vm, form, (int32_t[]){0, (int32_t)size.width, 0, (int32_t)size.height});
    return answer_self(vm, call);
}

/* The pixels of a Form as a JPEG in bytes; *written 0 where there is no room. */
static prim_result write_form(const struct canvas *canvas, int quality, bool progressive,
                              uint8_t *bytes, size_t room, size_t *written)
{
    struct jpeg_size size = {(uint32_t)canvas->form.width, (uint32_t)canvas->form.height, 0};
    uint8_t *samples = malloc((size_t)size.width * size.height * canvas->samples);
    if (samples == NULL)
        return PRIM_NO_C_MEMORY;
    get_pixels(canvas, &size, samples);
    bool done =
        jpeg_write(samples, &size, canvas->samples, quality, progressive, bytes, room, written);
    free(samples);
    return done ? PRIM_OK : PRIM_NO_C_MEMORY;
}

/* writeImage: struct onByteArray: bytes form: form quality: percent progressiveJPEG: flag errorMgr: struct: how many bytes were written, 0
 * where there is no room. A quality below zero is the usual one. */
prim_result prim_jpeg_write_image(struct vm *vm, const prim_call *call)
{
    struct canvas canvas;
    uint8_t *bytes;
    size_t room, written;
    int64_t quality;
    bool progressive;
    prim_result result = arg_bytes(call, 1, &bytes, &room);
    if (result == PRIM_OK)
        result = arg_integer(call, 3, &quality);
    if (result != PRIM_OK)
        return result;
    if (!oop_is_bytes(prim_argument(call, 0)) || !oop_is_bytes(prim_argument(call, 5)) ||
        !read_canvas(prim_argument(call, 2), &canvas) ||
        arg_boolean(vm, call, 4, &progressive) != PRIM_OK || canvas.form.width < 1 ||
        canvas.form.height < 1 || canvas.form.width > SIDE_MAX || canvas.form.height > SIDE_MAX)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(prim_argument(call, 1)))
        return PRIM_NO_MODIFICATION;
    int percent = quality < 0 ? USUAL_QUALITY : quality > QUALITY_MAX ? QUALITY_MAX : (int)quality;
    result = write_form(&canvas, percent < 1 ? 1 : percent, progressive, bytes, room, &written);
    return result == PRIM_OK ? answer_integer(vm, call, (int64_t)written) : result;
}
