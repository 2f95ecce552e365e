/*
 * JPEGReadWriter2Plugin: JPEGs to and from Forms of 8 (shades of grey), 16 and 32 bits. The image keeps what it takes for the structs of
 * libjpeg in ByteArrays of sizes that it asks for; ours hold the size of the picture.
 */
#include "primitives/bitblt_objects.h"
#include "primitives/functions.h"
#include "primitives/jpeg.h"

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

struct target {
    struct canvas canvas;
    uint32_t width;
};

static void put_row(void *context, uint32_t y, uint8_t *samples)
{
    const struct target *target = context;
    for (uint32_t x = 0; x < target->width; x++)
        blit_set_pixel(
            &target->canvas.form, x, y,
            pixel_of(&target->canvas, samples + (size_t)x * target->canvas.samples, x, y));
}

static void get_row(void *context, uint32_t y, uint8_t *samples)
{
    const struct target *target = context;
    unsigned depth = target->canvas.form.depth;
    for (uint32_t x = 0; x < target->width; x++) {
        uint8_t *s = samples + (size_t)x * target->canvas.samples;
        uint32_t pixel = blit_pixel(&target->canvas.form, x, y);
        for (unsigned i = 0; i < target->canvas.samples; i++) {
            unsigned left = target->canvas.samples - 1 - i;
            uint32_t five = pixel >> (5 * left) & 31;
            s[i] = (uint8_t)(depth == 16 ? five << 3 | five >> 2 : pixel >> (8 * left));
        }
    }
}

/* --- pictures ---------------------------------------------------------------------------------------------------------------- */

static bool arg_flag(struct vm *vm, const prim_call *call, size_t argument, bool *flag)
{
    oop value = prim_argument(call, argument);
    *flag = oop_same(value, vm_heap(vm)->true_object);
    return *flag || oop_same(value, vm_heap(vm)->false_object);
}

/* readImage: struct fromByteArray: bytes onForm: form doDithering: flag errorMgr: struct. */
prim_result prim_jpeg_read_image(struct vm *vm, const prim_call *call)
{
    struct target target;
    struct jpeg_size size, most;
    uint8_t *bytes;
    size_t count;
    prim_result result = arg_bytes(call, 1, &bytes, &count);
    if (result != PRIM_OK)
        return result;
    if (!oop_is_bytes(prim_argument(call, 0)) || !oop_is_bytes(prim_argument(call, 4)) ||
        !read_canvas(prim_argument(call, 2), &target.canvas) ||
        !arg_flag(vm, call, 3, &target.canvas.dithers) || !jpeg_read_size(bytes, count, &size))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(blit_slot(prim_argument(call, 2), 0)))
        return PRIM_NO_MODIFICATION;
    most = (struct jpeg_size){(uint32_t)target.canvas.form.width,
                              (uint32_t)target.canvas.form.height, 0};
    target.width = size.width;
    if (!jpeg_read(bytes, count, &most, target.canvas.samples, put_row, &target))
        return PRIM_BAD_ARGUMENT;
    vm_form_changed(vm, prim_argument(call, 2),
                    (int32_t[]){0, (int32_t)size.width, 0, (int32_t)size.height});
    return answer_self(vm, call);
}

/* writeImage: struct onByteArray: bytes form: form quality: percent progressiveJPEG: flag errorMgr: struct: how many bytes were written, 0
 * where there is no room. A quality below zero is the usual one. */
prim_result prim_jpeg_write_image(struct vm *vm, const prim_call *call)
{
    struct target target;
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
        !read_canvas(prim_argument(call, 2), &target.canvas) ||
        !arg_flag(vm, call, 4, &progressive))
        return PRIM_BAD_ARGUMENT;
    const struct blit_form *form = &target.canvas.form;
    if (form->width < 1 || form->height < 1 || form->width > SIDE_MAX || form->height > SIDE_MAX)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(prim_argument(call, 1)))
        return PRIM_NO_MODIFICATION;
    struct jpeg_size size = {(uint32_t)form->width, (uint32_t)form->height, target.canvas.samples};
    target.width = size.width;
    int percent = quality < 0 ? USUAL_QUALITY : quality > QUALITY_MAX ? QUALITY_MAX : (int)quality;
    if (room == 0)
        return answer_integer(vm, call, 0);
    if (!jpeg_write(&size, target.canvas.samples, percent, progressive, get_row, &target, bytes,
                    room, &written))
        return PRIM_NO_C_MEMORY;
    return answer_integer(vm, call, (int64_t)written);
}
