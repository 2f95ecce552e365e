/*
 * Matrix2x3Plugin: affine transformations of points and rectangles. A matrix is an object of six IEEE singles in two rows
 * a11 a12 a13, a21 a22 a23; the point x@y goes to (a11 x + a12 y + a13) @ (a21 x + a22 y + a23), computed in doubles. Points that
 * are answered are integers: 0.5 is added and the fraction cut off, towards zero.
 */
#include "primitives/functions.h"
#include "primitives/real_array.h"

enum { CELLS = 6, POINT_SLOTS = 2, RECTANGLE_SLOTS = 2, CORNERS = 4 };
enum { A11, A12, A13, A21, A22, A23 };

struct matrix {
    double cells[CELLS];
};

struct place {
    double x;
    double y;
};

/* How one place becomes another; false where there is no such. */
typedef bool transformation(const struct matrix *matrix, struct place from, struct place *to);

static bool cells_of(oop object, struct real_array *array)
{
    return real_array_of(object, array) && !array->is_double && array->count == CELLS;
}

static bool read_matrix(oop object, struct matrix *matrix)
{
    struct real_array array;
    if (!cells_of(object, &array))
        return false;
    for (size_t i = 0; i < CELLS; i++)
        matrix->cells[i] = real_array_at(&array, i);
    return true;
}

static bool read_point(struct vm *vm, oop object, struct place *place)
{
    oop class = heap_special_or_nil(vm_heap(vm), SPECIAL_CLASS_POINT);
    if (!oop_has_slots(object, POINT_SLOTS) || !oop_same(heap_class_of(vm_heap(vm), object), class))
        return false;
    return oop_as_float(vm, heap_follow(object_slot(object, SLOT_POINT_X)), &place->x) &&
           oop_as_float(vm, heap_follow(object_slot(object, SLOT_POINT_Y)), &place->y);
}

static bool transform(const struct matrix *matrix, struct place from, struct place *to)
{
    const double *a = matrix->cells;
    to->x = from.x * a[A11] + from.y * a[A12] + a[A13];
    to->y = from.x * a[A21] + from.y * a[A22] + a[A23];
    return true;
}

/* Cramer's rule; false for a matrix that no inverse has. */
static bool invert(const struct matrix *matrix, struct place from, struct place *to)
{
    const double *a = matrix->cells;
    double determinant = a[A11] * a[A22] - a[A12] * a[A21];
    double x = from.x - a[A13];
    double y = from.y - a[A23];
    if (determinant == 0.0)
        return false;
    double scale = 1.0 / determinant;
    to->x = (x * a[A22] - y * a[A12]) * scale;
    to->y = (y * a[A11] - x * a[A21]) * scale;
    return true;
}

/* False for what no SmallInteger can be, NaN among it. */
static bool rounded(double value, oop *result)
{
    value += 0.5;
    if (!(value > (double)SMALL_INTEGER_MIN && value < (double)SMALL_INTEGER_MAX))
        return false;
    *result = oop_from_integer((int64_t)value);
    return true;
}

/* --- points and rectangles -------------------------------------------------------------------------------------------------- */

static prim_result with_point(struct vm *vm, const prim_call *call, transformation *function)
{
    struct matrix matrix;
    struct place from, to;
    oop x, y;
    if (!read_matrix(call->receiver, &matrix))
        return PRIM_BAD_RECEIVER;
    if (!read_point(vm, prim_argument(call, 0), &from))
        return PRIM_BAD_ARGUMENT;
    if (!function(&matrix, from, &to) || !rounded(to.x, &x) || !rounded(to.y, &y))
        return PRIM_INAPPROPRIATE;
    return answer_point(vm, call, x, y);
}

prim_result prim_matrix_transform_point(struct vm *vm, const prim_call *call)
{
    return with_point(vm, call, transform);
}

prim_result prim_matrix_invert_point(struct vm *vm, const prim_call *call)
{
    return with_point(vm, call, invert);
}

/* The least rectangle around where the four corners go; false where one goes nowhere. */
static bool bounds_of(const struct matrix *matrix, const struct place edges[2],
                      transformation *function, struct place bounds[2])
{
    for (size_t i = 0; i < CORNERS; i++) {
        struct place corner = {edges[i & 1].x, edges[i >> 1].y};
        struct place to;
        if (!function(matrix, corner, &to))
            return false;
        bounds[0].x = i == 0 || to.x < bounds[0].x ? to.x : bounds[0].x;
        bounds[0].y = i == 0 || to.y < bounds[0].y ? to.y : bounds[0].y;
        bounds[1].x = i == 0 || to.x > bounds[1].x ? to.x : bounds[1].x;
        bounds[1].y = i == 0 || to.y > bounds[1].y ? to.y : bounds[1].y;
    }
    return true;
}

static oop new_point(struct vm *vm, uint32_t class_index, const oop numbers[2])
{
    oop point = heap_allocate_pointers(vm_heap(vm), class_index, FORMAT_FIXED, POINT_SLOTS);
    for (size_t i = 0; !oop_is_none(point) && i < POINT_SLOTS; i++)
        object_slot_init(point, i, numbers[i]);
    return point;
}

/* Two new points become origin and corner of a rectangle, which is answered. */
static prim_result store_bounds(struct vm *vm, const prim_call *call, oop rectangle,
                                const struct place bounds[2])
{
    oop numbers[4];
    struct heap *heap = vm_heap(vm);
    if (!rounded(bounds[0].x, &numbers[0]) || !rounded(bounds[0].y, &numbers[1]) ||
        !rounded(bounds[1].x, &numbers[2]) || !rounded(bounds[1].y, &numbers[3]))
        return PRIM_INAPPROPRIATE;
    uint32_t index = heap_class_index_for(heap, heap_special_or_nil(heap, SPECIAL_CLASS_POINT));
    oop origin = index == 0 ? NO_OOP : new_point(vm, index, numbers);
    oop corner = oop_is_none(origin) ? NO_OOP : new_point(vm, index, numbers + 2);
    if (oop_is_none(corner))
        return PRIM_NO_MEMORY;
    heap_store(heap, rectangle, 0, origin);
    heap_store(heap, rectangle, 1, corner);
    return answer(vm, call, rectangle);
}

/* Receiver a matrix, arguments a rectangle and another of its class, which takes the result. */
static prim_result with_rectangle(struct vm *vm, const prim_call *call, transformation *function)
{
    struct matrix matrix;
    struct place edges[2];
    struct place bounds[2] = {{0, 0}, {0, 0}};
    oop from = prim_argument(call, 0);
    oop to = prim_argument(call, 1);
    if (!read_matrix(call->receiver, &matrix))
        return PRIM_BAD_RECEIVER;
    if (!oop_has_slots(from, RECTANGLE_SLOTS) || object_slot_count(from) != RECTANGLE_SLOTS ||
        !oop_is_object(to) || object_class_index(to) != object_class_index(from) ||
        object_slot_count(to) != RECTANGLE_SLOTS ||
        !read_point(vm, heap_follow(object_slot(from, 0)), &edges[0]) ||
        !read_point(vm, heap_follow(object_slot(from, 1)), &edges[1]))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(to))
        return PRIM_NO_MODIFICATION;
    if (!bounds_of(&matrix, edges, function, bounds))
        return PRIM_INAPPROPRIATE;
    return store_bounds(vm, call, to, bounds);
}

prim_result prim_matrix_transform_rectangle(struct vm *vm, const prim_call *call)
{
    return with_rectangle(vm, call, transform);
}

prim_result prim_matrix_invert_rectangle(struct vm *vm, const prim_call *call)
{
    return with_rectangle(vm, call, invert);
}

/* --- matrices ---------------------------------------------------------------------------------------------------------------- */

/* Whether the part that turns and scales changes nothing. */
static bool only_moves(const struct matrix *matrix)
{
    const double *a = matrix->cells;
    return a[A11] == 1.0 && a[A12] == 0.0 && a[A21] == 0.0 && a[A22] == 1.0;
}

prim_result prim_matrix_is_identity(struct vm *vm, const prim_call *call)
{
    struct matrix matrix;
    if (!read_matrix(call->receiver, &matrix))
        return PRIM_BAD_RECEIVER;
    return answer_boolean(
        vm, call, only_moves(&matrix) && matrix.cells[A13] == 0.0 && matrix.cells[A23] == 0.0);
}

prim_result prim_matrix_is_translation(struct vm *vm, const prim_call *call)
{
    struct matrix matrix;
    return read_matrix(call->receiver, &matrix) ? answer_boolean(vm, call, only_moves(&matrix))
                                                : PRIM_BAD_RECEIVER;
}

/* The second argument becomes what first the first argument and then the receiver do; it may be one of them. */
prim_result prim_matrix_compose(struct vm *vm, const prim_call *call)
{
    struct matrix outer, inner;
    struct real_array to;
    if (!read_matrix(call->receiver, &outer))
        return PRIM_BAD_RECEIVER;
    if (!read_matrix(prim_argument(call, 0), &inner) || !cells_of(prim_argument(call, 1), &to))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(prim_argument(call, 1)))
        return PRIM_NO_MODIFICATION;
    for (size_t row = 0; row < 2; row++)
        for (size_t column = 0; column < 3; column++) {
            const double *left = outer.cells + 3 * row;
            double moved = column == 2 ? left[2] : 0.0;
            real_array_put(&to, 3 * row + column,
                           left[0] * inner.cells[column] + left[1] * inner.cells[3 + column] +
                               moved);
        }
    return answer(vm, call, prim_argument(call, 1));
}
