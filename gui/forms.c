/*
 * Forms and PNG. The pixels of a form of depth 32 are the words of a Bitmap in object memory, row after row, straight alpha
 * highest; they are copied into a surface of cairo's, which wants them premultiplied.
 */
#include "gui/state.h"

#include <cairo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PNG_HEADER_SIZE = 24 };

struct form {
    uint8_t *words; /* in object memory */
    int width;
    int height;
};

/* Arguments `bits, width, height` from number `argument` on. */
static prim_result arg_form(const prim_call *call, size_t argument, struct form *form)
{
    oop bits = prim_argument(call, argument);
    int64_t width;
    int64_t height;
    if (!oop_is_object(bits) || !format_is_words32(object_format(bits)) ||
        arg_integer(call, argument + 1, &width) != PRIM_OK ||
        arg_integer(call, argument + 2, &height) != PRIM_OK || width < 1 || height < 1)
        return PRIM_BAD_ARGUMENT;
    if (width > SURFACE_EXTENT_MAX || height > SURFACE_EXTENT_MAX)
        return PRIM_LIMIT_EXCEEDED;
    size_t count = format_element_count(object_format(bits), object_slot_count(bits));
    if ((uint64_t)width * (uint64_t)height > count)
        return PRIM_BAD_INDEX;
    *form = (struct form){object_bytes(bits), (int)width, (int)height};
    return PRIM_OK;
}

/* A surface of the same pixels; NULL when there is no memory. */
static cairo_surface_t *surface_of_form(const struct form *form)
{
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_ARGB32, form->width, form->height);
    uint8_t *bytes = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    if (bytes == NULL) {
        cairo_surface_destroy(surface);
        return NULL;
    }
    size_t width = (size_t)form->width;
    for (size_t y = 0; y < (size_t)form->height; y++)
        for (size_t x = 0; x < width; x++) {
            uint32_t pixel;
            memcpy(&pixel, form->words + 4 * (y * width + x), sizeof pixel);
            pixel = color_premultiplied(pixel);
            memcpy(bytes + y * stride + 4 * x, &pixel, sizeof pixel);
        }
    cairo_surface_mark_dirty(surface);
    return surface;
}

/* Canvas>>primForm: handle bits: bits width: width height: height left: top: right: bottom: - drawn into a rectangle, the
 * pixels as they are where their number fits. */
prim_result prim_draw_form(struct vm *vm, const prim_call *call)
{
    struct surface *surface;
    struct form form;
    double edges[4];
    if (arg_surface(vm, call, 0, &surface) != PRIM_OK ||
        arg_numbers(vm, call, 4, 4, edges) != PRIM_OK)
        return PRIM_BAD_ARGUMENT;
    prim_result result = arg_form(call, 1, &form);
    double width = edges[2] - edges[0];
    double height = edges[3] - edges[1];
    if (result != PRIM_OK || width <= 0 || height <= 0)
        return result == PRIM_OK ? answer_self(vm, call) : result;
    cairo_surface_t *source = surface_of_form(&form);
    if (source == NULL)
        return PRIM_NO_C_MEMORY;
    cairo_t *context = surface->context;
    cairo_save(context);
    cairo_rectangle(context, edges[0], edges[1], width, height);
    cairo_clip(context);
    cairo_translate(context, edges[0], edges[1]);
    cairo_scale(context, width / form.width, height / form.height);
    cairo_set_source_surface(context, source, 0, 0);
    cairo_pattern_set_extend(cairo_get_source(context), CAIRO_EXTEND_PAD);
    cairo_matrix_t matrix;
    cairo_get_matrix(context, &matrix);
    bool plain = matrix.xx == 1 && matrix.yy == 1 && matrix.xy == 0 && matrix.yx == 0;
    cairo_pattern_set_filter(cairo_get_source(context),
                             plain ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_GOOD);
    cairo_paint(context);
    cairo_restore(context);
    cairo_surface_destroy(source);
    return answer_self(vm, call);
}

/* Canvas>>primSurface: handle source: handle left: top: right: bottom: - another surface drawn into a rectangle. */
prim_result prim_draw_surface(struct vm *vm, const prim_call *call)
{
    struct surface *surface;
    struct surface *source;
    double edges[4];
    if (arg_surface(vm, call, 0, &surface) != PRIM_OK ||
        arg_surface(vm, call, 1, &source) != PRIM_OK ||
        arg_numbers(vm, call, 2, 4, edges) != PRIM_OK || source == surface)
        return PRIM_BAD_ARGUMENT;
    double width = edges[2] - edges[0];
    double height = edges[3] - edges[1];
    cairo_t *context = surface->context;
    if (width <= 0 || height <= 0)
        return answer_self(vm, call);
    cairo_save(context);
    cairo_rectangle(context, edges[0], edges[1], width, height);
    cairo_clip(context);
    cairo_translate(context, edges[0], edges[1]);
    cairo_scale(context, width / source->width, height / source->height);
    cairo_set_source_surface(context, source->image, 0, 0);
    cairo_paint(context);
    cairo_restore(context);
    return answer_self(vm, call);
}

/* Surface>>primBits: handle into: bits - copies the pixels, not premultiplied, into a Bitmap that is long enough. */
prim_result prim_surface_bits(struct vm *vm, const prim_call *call)
{
    struct gui_pixels pixels;
    oop bits = prim_argument(call, 1);
    if (!gui_surface_pixels(vm, prim_argument(call, 0), &pixels) || !oop_is_object(bits) ||
        !format_is_words32(object_format(bits)))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(bits))
        return PRIM_NO_MODIFICATION;
    size_t width = (size_t)pixels.width;
    size_t height = (size_t)pixels.height;
    if (format_element_count(object_format(bits), object_slot_count(bits)) < width * height)
        return PRIM_BAD_INDEX;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) {
            uint32_t pixel;
            memcpy(&pixel, pixels.bytes + y * pixels.stride + 4 * x, sizeof pixel);
            pixel = color_straight(pixel);
            memcpy(object_bytes(bits) + 4 * (y * width + x), &pixel, sizeof pixel);
        }
    return answer(vm, call, bits);
}

/* --- PNG -------------------------------------------------------------------------------------------------------------------- */

struct bytes {
    uint8_t *items;
    size_t count;
    size_t capacity;
};

static cairo_status_t add_bytes(void *closure, const unsigned char *data, unsigned length)
{
    struct bytes *bytes = closure;
    if (bytes->capacity - bytes->count < length) {
        size_t capacity = bytes->capacity * 2 + length + 4096;
        uint8_t *items = realloc(bytes->items, capacity);
        if (items == NULL)
            return CAIRO_STATUS_NO_MEMORY;
        bytes->items = items;
        bytes->capacity = capacity;
    }
    memcpy(bytes->items + bytes->count, data, length);
    bytes->count += length;
    return CAIRO_STATUS_SUCCESS;
}

/* A ByteArray of the surface's pixels as PNG. */
static prim_result answer_png(struct vm *vm, const prim_call *call, cairo_surface_t *surface)
{
    struct bytes bytes = {0};
    cairo_status_t status = cairo_surface_write_to_png_stream(surface, add_bytes, &bytes);
    prim_result result = PRIM_NO_C_MEMORY;
    if (status == CAIRO_STATUS_SUCCESS) {
        oop array = heap_allocate_bytes(vm_heap(vm), CLASS_BYTE_ARRAY, bytes.count);
        if (!oop_is_none(array))
            memcpy(object_bytes(array), bytes.items, bytes.count);
        result = answer_new(vm, call, array);
    }
    free(bytes.items);
    return result;
}

/* Surface>>primPNG: handle. */
prim_result prim_surface_png(struct vm *vm, const prim_call *call)
{
    struct surface *surface;
    prim_result result = arg_surface(vm, call, 0, &surface);
    return result == PRIM_OK ? answer_png(vm, call, surface->image) : result;
}

/* Form class>>primPNGOf: bits width: width height: height. */
prim_result prim_form_png(struct vm *vm, const prim_call *call)
{
    struct form form;
    prim_result result = arg_form(call, 0, &form);
    if (result != PRIM_OK)
        return result;
    cairo_surface_t *surface = surface_of_form(&form);
    if (surface == NULL)
        return PRIM_NO_C_MEMORY;
    result = answer_png(vm, call, surface);
    cairo_surface_destroy(surface);
    return result;
}

struct reading {
    const uint8_t *bytes; /* in object memory, which stands still */
    size_t left;
};

static cairo_status_t read_bytes(void *closure, unsigned char *data, unsigned length)
{
    struct reading *reading = closure;
    if (length > reading->left)
        return CAIRO_STATUS_READ_ERROR;
    memcpy(data, reading->bytes, length);
    reading->bytes += length;
    reading->left -= length;
    return CAIRO_STATUS_SUCCESS;
}

static uint64_t big_endian(const uint8_t *bytes)
{
    return (uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 | (uint64_t)bytes[2] << 8 | bytes[3];
}

/* What a file says of its extent is looked at before anyone makes room for it. */
static prim_result check_png(const uint8_t *bytes, size_t size)
{
    static const uint8_t signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    if (size < PNG_HEADER_SIZE || memcmp(bytes, signature, sizeof signature) != 0)
        return PRIM_BAD_ARGUMENT;
    uint64_t width = big_endian(bytes + 16);
    uint64_t height = big_endian(bytes + 20);
    if (width > SURFACE_EXTENT_MAX || height > SURFACE_EXTENT_MAX ||
        width * height * 4 > SURFACE_BYTES_MAX)
        return PRIM_LIMIT_EXCEEDED;
    return PRIM_OK;
}

/* The same picture with alpha, whatever its format; NULL when there is no memory. */
static cairo_surface_t *with_alpha(cairo_surface_t *read)
{
    if (cairo_image_surface_get_format(read) == CAIRO_FORMAT_ARGB32)
        return cairo_surface_reference(read);
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_ARGB32, cairo_image_surface_get_width(read),
                                   cairo_image_surface_get_height(read));
    cairo_t *context = cairo_create(surface);
    cairo_set_source_surface(context, read, 0, 0);
    cairo_paint(context);
    cairo_destroy(context);
    cairo_surface_flush(surface);
    return surface;
}

/* Puts width, height and a Bitmap of the pixels into an Array and answers it. */
static prim_result answer_pixels(struct vm *vm, const prim_call *call, cairo_surface_t *surface)
{
    struct heap *heap = vm_heap(vm);
    size_t width = (size_t)cairo_image_surface_get_width(surface);
    size_t height = (size_t)cairo_image_surface_get_height(surface);
    const uint8_t *bytes = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    bool valid = true;
    if (bytes == NULL)
        return PRIM_NO_C_MEMORY;
    oop array = heap_allocate_array(heap, 3);
    oop bits = heap_instantiate(heap, heap_special_or_nil(heap, SPECIAL_CLASS_BITMAP),
                                width * height, &valid);
    if (oop_is_none(array) || oop_is_none(bits))
        return valid ? PRIM_NO_MEMORY : PRIM_UNSUPPORTED;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) {
            uint32_t pixel;
            memcpy(&pixel, bytes + y * stride + 4 * x, sizeof pixel);
            pixel = color_straight(pixel);
            memcpy(object_bytes(bits) + 4 * (y * width + x), &pixel, sizeof pixel);
        }
    heap_store(heap, array, 0, oop_from_integer((int64_t)width));
    heap_store(heap, array, 1, oop_from_integer((int64_t)height));
    heap_store(heap, array, 2, bits);
    return answer(vm, call, array);
}

/* Form class>>primReadPNG: aByteArray - an Array of width, height and Bitmap. BAD_ARGUMENT for what is no PNG or broken. */
prim_result prim_form_read_png(struct vm *vm, const prim_call *call)
{
    uint8_t *bytes;
    size_t size;
    prim_result result = arg_bytes(call, 0, &bytes, &size);
    if (result == PRIM_OK)
        result = check_png(bytes, size);
    if (result != PRIM_OK)
        return result;
    struct reading reading = {bytes, size};
    cairo_surface_t *read = cairo_image_surface_create_from_png_stream(read_bytes, &reading);
    cairo_status_t status = cairo_surface_status(read);
    if (status == CAIRO_STATUS_SUCCESS) {
        cairo_surface_t *surface = with_alpha(read);
        result = answer_pixels(vm, call, surface);
        cairo_surface_destroy(surface);
    } else {
        result = status == CAIRO_STATUS_NO_MEMORY ? PRIM_NO_C_MEMORY : PRIM_BAD_ARGUMENT;
    }
    cairo_surface_destroy(read);
    return result;
}
