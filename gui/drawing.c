/*
 * Shapes on a surface: one primitive an operation. Arguments are the handle, numbers in logical pixels, and last a colour.
 */
#include "gui/places.h"
#include "gui/shadows.h"
#include "gui/state.h"

#include <cairo.h>
#include <math.h>
#include <stdlib.h>

enum { POINTS_MAX = 100000, DOTS_MAX = 1000000, NUMBERS_MAX = 8 };

/* What most operations are given. */
struct shape {
    struct surface *surface;
    cairo_t *context;
    double numbers[NUMBERS_MAX];
    uint32_t color;
};

/* Arguments `handle, numbers..., colour`; the colour is the source then. */
static prim_result arg_shape(struct vm *vm, const prim_call *call, size_t number_count,
                             struct shape *shape)
{
    prim_result result = arg_surface(vm, call, 0, &shape->surface);
    if (result == PRIM_OK)
        result = arg_numbers(vm, call, 1, number_count, shape->numbers);
    if (result == PRIM_OK)
        result = arg_color(call, 1 + number_count, &shape->color);
    if (result != PRIM_OK)
        return result;
    shape->context = shape->surface->context;
    set_source_color(shape->context, shape->color);
    return PRIM_OK;
}

static bool is_invisible(const struct shape *shape)
{
    return shape->color >> 24 == 0;
}

static void add_box(cairo_t *context, const struct box *box)
{
    cairo_rectangle(context, box->left, box->top, box->right - box->left, box->bottom - box->top);
}

static void add_rounded_box(cairo_t *context, const struct box *box, double radius)
{
    radius = fmin(radius, fmin(box->right - box->left, box->bottom - box->top) / 2);
    if (radius <= 0) {
        add_box(context, box);
        return;
    }
    cairo_new_sub_path(context);
    cairo_arc(context, box->right - radius, box->top + radius, radius, -M_PI / 2, 0);
    cairo_arc(context, box->right - radius, box->bottom - radius, radius, 0, M_PI / 2);
    cairo_arc(context, box->left + radius, box->bottom - radius, radius, M_PI / 2, M_PI);
    cairo_arc(context, box->left + radius, box->top + radius, radius, M_PI, M_PI * 3 / 2);
    cairo_close_path(context);
}

/* The box without its border; false when there is nothing left. */
static bool inset(const struct box *box, double width, struct box *inner)
{
    *inner =
        (struct box){box->left + width, box->top + width, box->right - width, box->bottom - width};
    return inner->right > inner->left && inner->bottom > inner->top;
}

/* --- rectangles ------------------------------------------------------------------------------------------------------------- */

static prim_result fill_rounded(struct vm *vm, const prim_call *call, const struct shape *shape,
                                double radius)
{
    struct placed placed;
    place_begin(shape->context, shape->numbers, &placed);
    cairo_new_path(shape->context);
    add_rounded_box(shape->context, &placed.box, radius * placed.scale);
    cairo_fill(shape->context);
    place_end(shape->context, &placed);
    return answer_self(vm, call);
}

/* A border lies within its rectangle: what is left between two outlines. */
static prim_result stroke_rounded(struct vm *vm, const prim_call *call, const struct shape *shape,
                                  double radius, double width)
{
    struct placed placed;
    struct box inner;
    if (width <= 0)
        return answer_self(vm, call);
    place_begin(shape->context, shape->numbers, &placed);
    width = placed.in_pixels ? line_width(width, placed.scale) : width;
    radius *= placed.scale;
    add_rounded_box(shape->context, &placed.box, radius);
    if (inset(&placed.box, width, &inner))
        add_rounded_box(shape->context, &inner, fmax(0, radius - width));
    cairo_set_fill_rule(shape->context, CAIRO_FILL_RULE_EVEN_ODD);
    cairo_fill(shape->context);
    cairo_set_fill_rule(shape->context, CAIRO_FILL_RULE_WINDING);
    place_end(shape->context, &placed);
    return answer_self(vm, call);
}

prim_result prim_fill_rectangle(struct vm *vm, const prim_call *call)
{
    struct shape shape;
    prim_result result = arg_shape(vm, call, 4, &shape);
    return result == PRIM_OK ? fill_rounded(vm, call, &shape, 0) : result;
}

prim_result prim_fill_rounded_rectangle(struct vm *vm, const prim_call *call)
{
    struct shape shape;
    prim_result result = arg_shape(vm, call, 5, &shape);
    return result == PRIM_OK ? fill_rounded(vm, call, &shape, shape.numbers[4]) : result;
}

prim_result prim_stroke_rectangle(struct vm *vm, const prim_call *call)
{
    struct shape shape;
    prim_result result = arg_shape(vm, call, 5, &shape);
    return result == PRIM_OK ? stroke_rounded(vm, call, &shape, 0, shape.numbers[4]) : result;
}

prim_result prim_stroke_rounded_rectangle(struct vm *vm, const prim_call *call)
{
    struct shape shape;
    prim_result result = arg_shape(vm, call, 6, &shape);
    return result == PRIM_OK ? stroke_rounded(vm, call, &shape, shape.numbers[4], shape.numbers[5])
                             : result;
}

prim_result prim_shadow_rectangle(struct vm *vm, const prim_call *call)
{
    struct shape shape;
    struct placed placed;
    prim_result result = arg_shape(vm, call, 6, &shape);
    if (result != PRIM_OK || is_invisible(&shape))
        return result == PRIM_OK ? answer_self(vm, call) : result;
    place_begin(shape.context, shape.numbers, &placed);
    result = shadow_draw(&drawing_of(vm)->shadows, shape.context, &placed.box,
                         shape.numbers[4] * placed.scale, shape.numbers[5] * placed.scale,
                         placed.pixel, shape.color);
    place_end(shape.context, &placed);
    return result == PRIM_OK ? answer_self(vm, call) : result;
}

/* --- ovals ------------------------------------------------------------------------------------------------------------------ */

/* An oval in a rectangle that is smaller by `inset_width` on all sides; its path is in the units of the context. */
static bool add_oval(cairo_t *context, const double *numbers, double inset_width)
{
    double radius_x = (numbers[2] - numbers[0]) / 2 - inset_width;
    double radius_y = (numbers[3] - numbers[1]) / 2 - inset_width;
    cairo_matrix_t matrix;
    if (radius_x <= 0 || radius_y <= 0)
        return false;
    cairo_get_matrix(context, &matrix);
    cairo_translate(context, (numbers[0] + numbers[2]) / 2, (numbers[1] + numbers[3]) / 2);
    cairo_scale(context, radius_x, radius_y);
    cairo_new_sub_path(context);
    cairo_arc(context, 0, 0, 1, 0, 2 * M_PI);
    cairo_close_path(context);
    cairo_set_matrix(context, &matrix);
    return true;
}

prim_result prim_fill_oval(struct vm *vm, const prim_call *call)
{
    struct shape shape;
    prim_result result = arg_shape(vm, call, 4, &shape);
    if (result != PRIM_OK)
        return result;
    if (!is_near(shape.context, shape.numbers, 2))
        return PRIM_LIMIT_EXCEEDED;
    if (add_oval(shape.context, shape.numbers, 0))
        cairo_fill(shape.context);
    return answer_self(vm, call);
}

prim_result prim_stroke_oval(struct vm *vm, const prim_call *call)
{
    struct shape shape;
    prim_result result = arg_shape(vm, call, 5, &shape);
    double width = result == PRIM_OK ? shape.numbers[4] : 0;
    if (result != PRIM_OK)
        return result;
    if (!is_near(shape.context, shape.numbers, 2))
        return PRIM_LIMIT_EXCEEDED;
    if (width > 0 && add_oval(shape.context, shape.numbers, 0)) {
        add_oval(shape.context, shape.numbers, width);
        cairo_set_fill_rule(shape.context, CAIRO_FILL_RULE_EVEN_ODD);
        cairo_fill(shape.context);
        cairo_set_fill_rule(shape.context, CAIRO_FILL_RULE_WINDING);
    }
    return answer_self(vm, call);
}

/* --- lines ------------------------------------------------------------------------------------------------------------------ */

/* A line along an axis is a narrow rectangle on whole pixels, around its middle. */
static bool draw_straight(cairo_t *context, const double *ends, double width)
{
    cairo_matrix_t matrix;
    cairo_get_matrix(context, &matrix);
    bool upright = ends[0] == ends[2];
    if (!matrix_is_plain(&matrix) || (!upright && ends[1] != ends[3]))
        return false;
    double scale = matrix.xx;
    double thick = line_width(width, scale);
    double middle = upright ? ends[0] * scale + matrix.x0 : ends[1] * scale + matrix.y0;
    double side = to_pixel(middle - thick / 2);
    double offset = upright ? matrix.y0 : matrix.x0;
    double first = upright ? ends[1] : ends[0];
    double last = upright ? ends[3] : ends[2];
    double start = to_pixel(fmin(first, last) * scale + offset);
    double length = to_pixel(fmax(first, last) * scale + offset) - start;
    cairo_identity_matrix(context);
    if (upright)
        cairo_rectangle(context, side, start, thick, length);
    else
        cairo_rectangle(context, start, side, length, thick);
    cairo_fill(context);
    cairo_set_matrix(context, &matrix);
    return true;
}

static void stroke_path(cairo_t *context, double width)
{
    cairo_set_line_width(context, width);
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND);
    cairo_stroke(context);
}

prim_result prim_line(struct vm *vm, const prim_call *call)
{
    struct shape shape;
    prim_result result = arg_shape(vm, call, 5, &shape);
    const double *ends = shape.numbers;
    if (result != PRIM_OK)
        return result;
    double width = ends[4];
    if (!is_near(shape.context, ends, 2))
        return PRIM_LIMIT_EXCEEDED;
    if (width > 0 && !draw_straight(shape.context, ends, width)) {
        cairo_move_to(shape.context, ends[0], ends[1]);
        cairo_line_to(shape.context, ends[2], ends[3]);
        stroke_path(shape.context, width);
    }
    return answer_self(vm, call);
}

/* Makes a path of an Array of Points. */
static prim_result add_points(struct vm *vm, cairo_t *context, oop points)
{
    cairo_new_path(context);
    if (!oop_is_object(points) || object_class_index(points) != CLASS_ARRAY)
        return PRIM_BAD_ARGUMENT;
    size_t count = object_slot_count(points);
    if (count > POINTS_MAX)
        return PRIM_LIMIT_EXCEEDED;
    for (size_t i = 0; i < count; i++) {
        double point[2];
        if (!oop_as_point(vm, object_slot(points, i), &point[0], &point[1]))
            return PRIM_BAD_ARGUMENT;
        if (!is_near(context, point, 1))
            return PRIM_LIMIT_EXCEEDED;
        cairo_line_to(context, point[0], point[1]);
    }
    return PRIM_OK;
}

/* Canvas>>primPolyline: handle points: points width: width color: color. */
prim_result prim_polyline(struct vm *vm, const prim_call *call)
{
    struct surface *surface;
    double width;
    uint32_t color;
    if (arg_surface(vm, call, 0, &surface) != PRIM_OK ||
        arg_number(vm, call, 2, &width) != PRIM_OK || arg_color(call, 3, &color) != PRIM_OK)
        return PRIM_BAD_ARGUMENT;
    prim_result result = add_points(vm, surface->context, prim_argument(call, 1));
    if (result != PRIM_OK)
        return result;
    set_source_color(surface->context, color);
    if (width > 0)
        stroke_path(surface->context, width);
    cairo_new_path(surface->context);
    return answer_self(vm, call);
}

/* Canvas>>primFillPolygon: handle points: points color: color. */
prim_result prim_fill_polygon(struct vm *vm, const prim_call *call)
{
    struct surface *surface;
    uint32_t color;
    if (arg_surface(vm, call, 0, &surface) != PRIM_OK || arg_color(call, 2, &color) != PRIM_OK)
        return PRIM_BAD_ARGUMENT;
    prim_result result = add_points(vm, surface->context, prim_argument(call, 1));
    if (result != PRIM_OK)
        return result;
    set_source_color(surface->context, color);
    cairo_fill(surface->context);
    return answer_self(vm, call);
}

/* --- dots ------------------------------------------------------------------------------------------------------------------- */

/* The first of the numbers start + i * step that is not below limit. */
static double first_from(double start, double step, double limit)
{
    return limit <= start ? start : start + ceil((limit - start) / step) * step;
}

static void add_dots(cairo_t *context, const struct box *area, const struct box *clip, double step)
{
    cairo_matrix_t matrix;
    cairo_get_matrix(context, &matrix);
    double size = line_width(1.5, matrix.xx);
    double x_first = first_from(area->left + step / 2, step, clip->left - step);
    double y_first = first_from(area->top + step / 2, step, clip->top - step);
    double x_limit = fmin(area->right, clip->right + step);
    double y_limit = fmin(area->bottom, clip->bottom + step);
    cairo_identity_matrix(context);
    for (double y = y_first; y < y_limit; y += step)
        for (double x = x_first; x < x_limit; x += step) {
            double device_x = x;
            double device_y = y;
            cairo_matrix_transform_point(&matrix, &device_x, &device_y);
            cairo_rectangle(context, to_pixel(device_x - size / 2), to_pixel(device_y - size / 2),
                            size, size);
        }
    cairo_fill(context);
    cairo_set_matrix(context, &matrix);
}

/* Dots stand in the middles of squares that begin at the area's corner, so that a part drawn anew fits the rest. */
prim_result prim_dots(struct vm *vm, const prim_call *call)
{
    struct shape shape;
    struct box clip;
    prim_result result = arg_shape(vm, call, 5, &shape);
    if (result != PRIM_OK)
        return result;
    double step = shape.numbers[4];
    struct box area = {shape.numbers[0], shape.numbers[1], shape.numbers[2], shape.numbers[3]};
    if (step <= 0)
        return PRIM_BAD_ARGUMENT;
    cairo_clip_extents(shape.context, &clip.left, &clip.top, &clip.right, &clip.bottom);
    double columns = (fmin(area.right, clip.right) - fmax(area.left, clip.left)) / step;
    double rows = (fmin(area.bottom, clip.bottom) - fmax(area.top, clip.top)) / step;
    if (columns > 0 && rows > 0 && (columns + 2) * (rows + 2) > DOTS_MAX)
        return PRIM_LIMIT_EXCEEDED;
    if (columns > 0 && rows > 0)
        add_dots(shape.context, &area, &clip, step);
    return answer_self(vm, call);
}

/* --- states ----------------------------------------------------------------------------------------------------------------- */

/* What changes the way a surface is drawn on: the surface of argument 0, the depth to come back to, the numbers after it. */
struct change {
    struct surface *surface;
    cairo_t *context;
    size_t depth;
    double numbers[4];
};

/* Saves the state of the surface of argument 0. */
static prim_result save_state(struct vm *vm, const prim_call *call, double opacity,
                              struct change *change)
{
    prim_result result = arg_surface(vm, call, 0, &change->surface);
    if (result != PRIM_OK)
        return result;
    change->context = change->surface->context;
    change->depth = change->surface->depth;
    return surface_save(change->surface, opacity);
}

/* Reads so many numbers and saves the state. */
static prim_result begin_change(struct vm *vm, const prim_call *call, size_t count,
                                struct change *change)
{
    prim_result result = arg_numbers(vm, call, 1, count, change->numbers);
    return result == PRIM_OK ? save_state(vm, call, -1, change) : result;
}

static prim_result answer_depth(struct vm *vm, const prim_call *call, const struct change *change)
{
    return answer_integer(vm, call, (int64_t)change->depth);
}

/* Answers the depth. A matrix that has become useless, or would be for whoever draws next, is not entered. */
static prim_result end_matrix(struct vm *vm, const prim_call *call, const struct change *change)
{
    cairo_matrix_t matrix;
    cairo_get_matrix(change->context, &matrix);
    double size = fabs(matrix.xx * matrix.yy - matrix.xy * matrix.yx);
    if (size >= 1e-8 && size <= 1e8 && fabs(matrix.x0) <= 1e9 && fabs(matrix.y0) <= 1e9)
        return answer_depth(vm, call, change);
    surface_restore(change->surface, change->depth);
    return PRIM_LIMIT_EXCEEDED;
}

/* Canvas>>primClip: handle left: top: right: bottom: - the depth before. */
prim_result prim_clip(struct vm *vm, const prim_call *call)
{
    struct change change;
    struct placed placed;
    prim_result result = begin_change(vm, call, 4, &change);
    if (result != PRIM_OK)
        return result;
    place_begin(change.context, change.numbers, &placed);
    add_box(change.context, &placed.box);
    cairo_clip(change.context);
    place_end(change.context, &placed);
    return answer_depth(vm, call, &change);
}

/* Canvas>>primTranslate: handle x: y: - the depth before. */
prim_result prim_translate(struct vm *vm, const prim_call *call)
{
    struct change change;
    prim_result result = begin_change(vm, call, 2, &change);
    if (result != PRIM_OK)
        return result;
    cairo_translate(change.context, change.numbers[0], change.numbers[1]);
    return end_matrix(vm, call, &change);
}

/* Canvas>>primRotate: handle x: y: radians: - the depth before. */
prim_result prim_rotate(struct vm *vm, const prim_call *call)
{
    struct change change;
    prim_result result = begin_change(vm, call, 3, &change);
    if (result != PRIM_OK)
        return result;
    cairo_translate(change.context, change.numbers[0], change.numbers[1]);
    cairo_rotate(change.context, change.numbers[2]);
    cairo_translate(change.context, -change.numbers[0], -change.numbers[1]);
    return end_matrix(vm, call, &change);
}

/* Canvas>>primScale: handle by: - the depth before. */
prim_result prim_scale(struct vm *vm, const prim_call *call)
{
    double factor;
    struct change change;
    prim_result result = arg_number(vm, call, 1, &factor);
    if (result == PRIM_OK && (factor < 1e-4 || factor > 1e4))
        result = PRIM_BAD_ARGUMENT;
    if (result == PRIM_OK)
        result = save_state(vm, call, -1, &change);
    if (result != PRIM_OK)
        return result;
    cairo_scale(change.context, factor, factor);
    return end_matrix(vm, call, &change);
}

/* Canvas>>primOpacity: handle alpha: - the depth before. */
prim_result prim_opacity(struct vm *vm, const prim_call *call)
{
    double opacity;
    struct change change;
    prim_result result = arg_number(vm, call, 1, &opacity);
    if (result == PRIM_OK)
        result = save_state(vm, call, fmin(fmax(opacity, 0), 1), &change);
    return result == PRIM_OK ? answer_depth(vm, call, &change) : result;
}

/* Canvas>>primRestore: handle depth: depth. A depth that is not reached any more leaves all as it is. */
prim_result prim_restore(struct vm *vm, const prim_call *call)
{
    struct surface *surface;
    int64_t depth;
    if (arg_surface(vm, call, 0, &surface) != PRIM_OK || arg_integer(call, 1, &depth) != PRIM_OK ||
        depth < 0)
        return PRIM_BAD_ARGUMENT;
    surface_restore(surface, (size_t)depth);
    return answer_self(vm, call);
}

/* Canvas>>primClipBounds: handle into: anArray - puts left, top, right, bottom into it. */
prim_result prim_clip_bounds(struct vm *vm, const prim_call *call)
{
    struct surface *surface;
    double edges[4];
    oop array = prim_argument(call, 1);
    if (arg_surface(vm, call, 0, &surface) != PRIM_OK || !oop_is_object(array) ||
        object_class_index(array) != CLASS_ARRAY || object_slot_count(array) < 4)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(array))
        return PRIM_NO_MODIFICATION;
    cairo_clip_extents(surface->context, &edges[0], &edges[1], &edges[2], &edges[3]);
    for (size_t i = 0; i < 4; i++) {
        bool whole = edges[i] == floor(edges[i]) && fabs(edges[i]) < 1e9;
        oop number = whole ? heap_integer(vm_heap(vm), (int64_t)edges[i])
                           : heap_float(vm_heap(vm), edges[i]);
        if (oop_is_none(number))
            return PRIM_NO_MEMORY;
        heap_store(vm_heap(vm), array, i, number);
    }
    return answer(vm, call, array);
}

/* Canvas>>primClear: handle color: - all of the clip becomes the colour, whatever was there. */
prim_result prim_clear(struct vm *vm, const prim_call *call)
{
    struct shape shape;
    prim_result result = arg_shape(vm, call, 0, &shape);
    if (result != PRIM_OK)
        return result;
    cairo_set_operator(shape.context, CAIRO_OPERATOR_SOURCE);
    cairo_paint(shape.context);
    cairo_set_operator(shape.context, CAIRO_OPERATOR_OVER);
    return answer_self(vm, call);
}
