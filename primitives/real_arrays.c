/*
 * FloatArrayPlugin and Float64ArrayPlugin: arithmetic on arrays of floats. The width of the elements follows from the receiver,
 * so that one function serves both modules. Every result is what the same expression on the elements, one after the other from
 * the first, would answer: sums are doubles.
 */
#include "primitives/functions.h"
#include "primitives/real_array.h"

#include <math.h>

enum { HASH_MASK = 0x1FFFFFFF };

static prim_result receiver_array(const prim_call *call, struct real_array *array)
{
    return real_array_of(call->receiver, array) ? PRIM_OK : PRIM_BAD_RECEIVER;
}

/* Receiver and argument, of one width. */
static prim_result two_arrays(const prim_call *call, struct real_array *left,
                              struct real_array *right)
{
    prim_result result = receiver_array(call, left);
    if (result != PRIM_OK)
        return result;
    return real_array_of(prim_argument(call, 0), right) && left->is_double == right->is_double
               ? PRIM_OK
               : PRIM_BAD_ARGUMENT;
}

/* The same, of one size too. */
static prim_result two_equal_arrays(const prim_call *call, struct real_array *left,
                                    struct real_array *right)
{
    prim_result result = two_arrays(call, left, right);
    return result == PRIM_OK && left->count != right->count ? PRIM_BAD_ARGUMENT : result;
}

prim_result prim_real_at(struct vm *vm, const prim_call *call)
{
    struct real_array array;
    size_t index;
    prim_result result = receiver_array(call, &array);
    if (result == PRIM_OK)
        result = arg_index(call, 0, array.count, &index);
    return result == PRIM_OK ? answer_float(vm, call, real_array_at(&array, index)) : result;
}

/* Answers the value as it was given, not as it was rounded. */
prim_result prim_real_at_put(struct vm *vm, const prim_call *call)
{
    struct real_array array;
    size_t index;
    double value;
    prim_result result = receiver_array(call, &array);
    if (result == PRIM_OK)
        result = arg_index(call, 0, array.count, &index);
    if (result != PRIM_OK)
        return result;
    if (!oop_as_float(vm, prim_argument(call, 1), &value))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(call->receiver))
        return PRIM_NO_MODIFICATION;
    real_array_put(&array, index, value);
    return answer(vm, call, prim_argument(call, 1));
}

/* Whether both have the same numbers: a NaN is not the same as itself. */
prim_result prim_real_equal(struct vm *vm, const prim_call *call)
{
    struct real_array left, right;
    prim_result result = two_arrays(call, &left, &right);
    if (result != PRIM_OK)
        return result;
    bool same = left.count == right.count;
    for (size_t i = 0; same && i < left.count; i++)
        same = real_array_at(&left, i) == real_array_at(&right, i);
    return answer_boolean(vm, call, same);
}

/* The sum of all 32-bit halves and words as integers, in 29 bits. */
prim_result prim_real_hash(struct vm *vm, const prim_call *call)
{
    struct real_array array;
    uint32_t sum = 0;
    prim_result result = receiver_array(call, &array);
    if (result != PRIM_OK)
        return result;
    size_t words = array.count * (array.is_double ? 2 : 1);
    for (size_t i = 0; i < words; i++) {
        uint32_t word;
        memcpy(&word, array.bytes + i * sizeof word, sizeof word);
        sum += word;
    }
    return answer_integer(vm, call, sum & HASH_MASK);
}

/* --- arithmetic in place --------------------------------------------------------------------------------------------------- */

enum operation { ADD, SUBTRACT, MULTIPLY, DIVIDE };

static double combine(enum operation operation, double left, double right)
{
    switch (operation) {
    case ADD:
        return left + right;
    case SUBTRACT:
        return left - right;
    case MULTIPLY:
        return left * right;
    default:
        return left / right;
    }
}

/* The receiver's elements become those of the result. A division by zero is the Smalltalk code's to refuse. */
static prim_result with_array(struct vm *vm, const prim_call *call, enum operation operation)
{
    struct real_array left, right;
    prim_result result = two_equal_arrays(call, &left, &right);
    if (result != PRIM_OK)
        return result;
    if (object_is_immutable(call->receiver))
        return PRIM_NO_MODIFICATION;
    for (size_t i = 0; operation == DIVIDE && i < right.count; i++)
        if (real_array_at(&right, i) == 0.0)
            return PRIM_BAD_ARGUMENT;
    for (size_t i = 0; i < left.count; i++)
        real_array_put(&left, i,
                       combine(operation, real_array_at(&left, i), real_array_at(&right, i)));
    return answer_self(vm, call);
}

static prim_result with_scalar(struct vm *vm, const prim_call *call, enum operation operation)
{
    struct real_array array;
    double scalar;
    prim_result result = receiver_array(call, &array);
    if (result != PRIM_OK)
        return result;
    if (!oop_as_float(vm, prim_argument(call, 0), &scalar) ||
        (operation == DIVIDE && scalar == 0.0))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(call->receiver))
        return PRIM_NO_MODIFICATION;
    for (size_t i = 0; i < array.count; i++)
        real_array_put(&array, i, combine(operation, real_array_at(&array, i), scalar));
    return answer_self(vm, call);
}

prim_result prim_real_add_array(struct vm *vm, const prim_call *call)
{
    return with_array(vm, call, ADD);
}

prim_result prim_real_subtract_array(struct vm *vm, const prim_call *call)
{
    return with_array(vm, call, SUBTRACT);
}

prim_result prim_real_multiply_array(struct vm *vm, const prim_call *call)
{
    return with_array(vm, call, MULTIPLY);
}

prim_result prim_real_divide_array(struct vm *vm, const prim_call *call)
{
    return with_array(vm, call, DIVIDE);
}

prim_result prim_real_add_scalar(struct vm *vm, const prim_call *call)
{
    return with_scalar(vm, call, ADD);
}

prim_result prim_real_subtract_scalar(struct vm *vm, const prim_call *call)
{
    return with_scalar(vm, call, SUBTRACT);
}

prim_result prim_real_multiply_scalar(struct vm *vm, const prim_call *call)
{
    return with_scalar(vm, call, MULTIPLY);
}

prim_result prim_real_divide_scalar(struct vm *vm, const prim_call *call)
{
    return with_scalar(vm, call, DIVIDE);
}

/* Copies the elements of an array of the other width, of the same size: fromFloatArray: and fromFloat64Array:. */
prim_result prim_real_from_other(struct vm *vm, const prim_call *call)
{
    struct real_array left, right;
    prim_result result = receiver_array(call, &left);
    if (result != PRIM_OK)
        return result;
    if (!real_array_of(prim_argument(call, 0), &right) || left.count != right.count)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(call->receiver))
        return PRIM_NO_MODIFICATION;
    for (size_t i = 0; i < left.count; i++)
        real_array_put(&left, i, real_array_at(&right, i));
    return answer_self(vm, call);
}

/* --- sums ------------------------------------------------------------------------------------------------------------------ */

static double dot_product(const struct real_array *left, const struct real_array *right)
{
    double sum = 0.0;
    for (size_t i = 0; i < left->count; i++)
        sum += real_array_at(left, i) * real_array_at(right, i);
    return sum;
}

prim_result prim_real_dot_product(struct vm *vm, const prim_call *call)
{
    struct real_array left, right;
    prim_result result = two_equal_arrays(call, &left, &right);
    return result == PRIM_OK ? answer_float(vm, call, dot_product(&left, &right)) : result;
}

prim_result prim_real_sum(struct vm *vm, const prim_call *call)
{
    struct real_array array;
    double sum = 0.0;
    prim_result result = receiver_array(call, &array);
    if (result != PRIM_OK)
        return result;
    for (size_t i = 0; i < array.count; i++)
        sum += real_array_at(&array, i);
    return answer_float(vm, call, sum);
}

/* The Euclidean length. */
prim_result prim_real_length(struct vm *vm, const prim_call *call)
{
    struct real_array array;
    prim_result result = receiver_array(call, &array);
    return result == PRIM_OK ? answer_float(vm, call, sqrt(dot_product(&array, &array))) : result;
}

/* Makes the length 1; fails for one of length 0. */
prim_result prim_real_normalize(struct vm *vm, const prim_call *call)
{
    struct real_array array;
    prim_result result = receiver_array(call, &array);
    if (result != PRIM_OK)
        return result;
    double length = sqrt(dot_product(&array, &array));
    if (!(length > 0.0))
        return PRIM_BAD_RECEIVER;
    if (object_is_immutable(call->receiver))
        return PRIM_NO_MODIFICATION;
    for (size_t i = 0; i < array.count; i++)
        real_array_put(&array, i, real_array_at(&array, i) / length);
    return answer_self(vm, call);
}
