#include "gui/state.h"

#include "gui/lines.h"
#include "gui/shadows.h"

#include <cairo.h>
#include <math.h>
#include <stdlib.h>

static const double number_most = 1e6;

static void release_drawing(void *state)
{
    struct drawing *drawing = state;
    shadow_table_free(drawing->shadows);
    line_table_free(drawing->lines);
    surface_table_close(&drawing->surfaces);
    free(drawing);
}

static bool open_drawing(void *state)
{
    struct drawing *drawing = state;
    return surface_table_open(&drawing->surfaces);
}

struct drawing *drawing_of(struct vm *vm)
{
    return vm_ensure_module_state(vm, "VivariumDrawing", sizeof(struct drawing), open_drawing,
                                  release_drawing);
}

/* --- arguments -------------------------------------------------------------------------------------------------------------- */

static struct surface *find_surface(struct vm *vm, oop handle)
{
    struct drawing *drawing = drawing_of(vm);
    if (drawing == NULL || !oop_is_bytes(handle))
        return NULL;
    return surface_find(&drawing->surfaces, object_bytes(handle), object_byte_count(handle));
}

prim_result arg_surface(struct vm *vm, const prim_call *call, size_t argument,
                        struct surface **surface)
{
    *surface = find_surface(vm, prim_argument(call, argument));
    return *surface == NULL ? PRIM_BAD_ARGUMENT : PRIM_OK;
}

static bool oop_as_number(struct vm *vm, oop value, double *number)
{
    if (!oop_as_float(vm, value, number) || !isfinite(*number))
        return false;
    *number = fmin(fmax(*number, -number_most), number_most);
    return true;
}

prim_result arg_number(struct vm *vm, const prim_call *call, size_t argument, double *number)
{
    return oop_as_number(vm, prim_argument(call, argument), number) ? PRIM_OK : PRIM_BAD_ARGUMENT;
}

prim_result arg_numbers(struct vm *vm, const prim_call *call, size_t argument, size_t count,
                        double *numbers)
{
    for (size_t i = 0; i < count; i++)
        if (!oop_as_number(vm, prim_argument(call, argument + i), &numbers[i]))
            return PRIM_BAD_ARGUMENT;
    return PRIM_OK;
}

prim_result arg_color(const prim_call *call, size_t argument, uint32_t *color)
{
    int64_t value;
    if (arg_integer(call, argument, &value) != PRIM_OK || value < 0 || value > UINT32_MAX)
        return PRIM_BAD_ARGUMENT;
    *color = (uint32_t)value;
    return PRIM_OK;
}

bool oop_as_point(struct vm *vm, oop value, double *x, double *y)
{
    value = heap_follow(value);
    oop point = heap_special_or_nil(vm_heap(vm), SPECIAL_CLASS_POINT);
    return oop_is_object(value) && oop_same(heap_class_of(vm_heap(vm), value), point) &&
           object_slot_count(value) >= 2 &&
           oop_as_number(vm, heap_follow(object_slot(value, 0)), x) &&
           oop_as_number(vm, heap_follow(object_slot(value, 1)), y);
}

/* --- colours ---------------------------------------------------------------------------------------------------------------- */

double color_part(uint32_t color, unsigned shift)
{
    return (color >> shift & 255) / 255.0;
}

void set_source_color(cairo_t *context, uint32_t color)
{
    cairo_set_source_rgba(context, color_part(color, 16), color_part(color, 8),
                          color_part(color, 0), color_part(color, 24));
}

uint32_t color_premultiplied(uint32_t color)
{
    uint32_t alpha = color >> 24;
    uint32_t result = alpha;
    if (alpha == 255)
        return color;
    for (int shift = 16; shift >= 0; shift -= 8)
        result = result << 8 | ((color >> shift & 255) * alpha + 127) / 255;
    return result;
}

uint32_t color_straight(uint32_t pixel)
{
    uint32_t alpha = pixel >> 24;
    uint32_t result = alpha;
    if (alpha == 255 || alpha == 0)
        return alpha == 0 ? 0 : pixel;
    for (int shift = 16; shift >= 0; shift -= 8) {
        uint32_t part = ((pixel >> shift & 255) * 255 + alpha / 2) / alpha;
        result = result << 8 | (part > 255 ? 255 : part);
    }
    return result;
}

/* --- surfaces --------------------------------------------------------------------------------------------------------------- */

bool gui_surface_pixels(struct vm *vm, oop handle, struct gui_pixels *pixels)
{
    struct surface *surface = find_surface(vm, handle);
    if (surface == NULL)
        return false;
    cairo_surface_flush(surface->image);
    *pixels = (struct gui_pixels){cairo_image_surface_get_data(surface->image),
                                  (size_t)cairo_image_surface_get_stride(surface->image),
                                  surface->width, surface->height, surface->scale};
    return pixels->bytes != NULL;
}

/* Surface class>>primCreate: width by: height scale: scale, extents in pixels. BAD_ARGUMENT, LIMIT_EXCEEDED, no memory. */
prim_result prim_surface_create(struct vm *vm, const prim_call *call)
{
    struct drawing *drawing = drawing_of(vm);
    int64_t width;
    int64_t height;
    double scale;
    if (drawing == NULL)
        return PRIM_NO_C_MEMORY;
    if (arg_integer(call, 0, &width) != PRIM_OK || arg_integer(call, 1, &height) != PRIM_OK ||
        arg_number(vm, call, 2, &scale) != PRIM_OK)
        return PRIM_BAD_ARGUMENT;
    oop handle = heap_allocate_bytes(vm_heap(vm), CLASS_BYTE_ARRAY, HANDLE_SIZE);
    if (oop_is_none(handle))
        return PRIM_NO_MEMORY;
    prim_result result =
        surface_create(&drawing->surfaces, width, height, scale, object_bytes(handle));
    return result == PRIM_OK ? answer(vm, call, handle) : result;
}

/* Surface class>>primRelease: handle. BAD_ARGUMENT when it names nothing. */
prim_result prim_surface_release(struct vm *vm, const prim_call *call)
{
    struct surface *surface;
    prim_result result = arg_surface(vm, call, 0, &surface);
    if (result != PRIM_OK)
        return result;
    surface_release(&drawing_of(vm)->surfaces, surface);
    return answer_self(vm, call);
}

/* Surface>>primPixel: handle x: column y: row, in pixels from zero: a colour, not premultiplied. BAD_INDEX outside. */
prim_result prim_surface_pixel(struct vm *vm, const prim_call *call)
{
    struct gui_pixels pixels;
    int64_t x;
    int64_t y;
    if (arg_integer(call, 1, &x) != PRIM_OK || arg_integer(call, 2, &y) != PRIM_OK ||
        !gui_surface_pixels(vm, prim_argument(call, 0), &pixels))
        return PRIM_BAD_ARGUMENT;
    if (x < 0 || y < 0 || x >= pixels.width || y >= pixels.height)
        return PRIM_BAD_INDEX;
    uint32_t pixel;
    memcpy(&pixel, pixels.bytes + (size_t)y * pixels.stride + (size_t)x * 4, sizeof pixel);
    return answer_integer(vm, call, color_straight(pixel));
}
