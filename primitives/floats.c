/*
 * Floats, boxed and immediate alike: primitives 38 to 59 and 541 to 559, and module VivariumFloats. Both families accept
 * either kind of float and SmallIntegers; comparisons with integers are exact. A division by zero, the root of a
 * negative number and the logarithm of none above zero fail, everything else answers what IEEE 754 says.
 */
#include "primitives/float_text.h"
#include "primitives/functions.h"
#include "primitives/integer_operands.h"

#include <math.h>

static bool float_value(oop value, double *result)
{
    if (oop_is_float(value)) {
        *result = oop_to_float(value);
        return true;
    }
    if (!oop_is_object(value) || object_class_index(value) != CLASS_BOXED_FLOAT)
        return false;
    memcpy(result, object_bytes(value), sizeof *result);
    return true;
}

static bool float_or_integer_value(oop value, double *result)
{
    if (!oop_is_integer(value))
        return float_value(value, result);
    *result = (double)oop_to_integer(value);
    return true;
}

static prim_result two_floats(const prim_call *call, double *a, double *b)
{
    if (!float_or_integer_value(call->receiver, a))
        return PRIM_BAD_RECEIVER;
    return float_or_integer_value(prim_argument(call, 0), b) ? PRIM_OK : PRIM_BAD_ARGUMENT;
}

prim_result prim_float_add(struct vm *vm, const prim_call *call)
{
    double a, b;
    prim_result result = two_floats(call, &a, &b);
    return result == PRIM_OK ? answer_float(vm, call, a + b) : result;
}

prim_result prim_float_subtract(struct vm *vm, const prim_call *call)
{
    double a, b;
    prim_result result = two_floats(call, &a, &b);
    return result == PRIM_OK ? answer_float(vm, call, a - b) : result;
}

prim_result prim_float_multiply(struct vm *vm, const prim_call *call)
{
    double a, b;
    prim_result result = two_floats(call, &a, &b);
    return result == PRIM_OK ? answer_float(vm, call, a * b) : result;
}

prim_result prim_float_divide(struct vm *vm, const prim_call *call)
{
    double a, b;
    prim_result result = two_floats(call, &a, &b);
    if (result != PRIM_OK)
        return result;
    return b == 0 ? PRIM_BAD_ARGUMENT : answer_float(vm, call, a / b);
}

/* --- comparison --------------------------------------------------------------------------------------------------------- */

enum order { LESS = -1, SAME = 0, GREATER = 1, UNORDERED = 2 };

static enum order order_of(int sign)
{
    return sign < 0 ? LESS : sign > 0 ? GREATER : SAME;
}

static enum order compare_floats(double a, double b)
{
    if (isnan(a) || isnan(b))
        return UNORDERED;
    return a < b ? LESS : a > b ? GREATER : SAME;
}

static enum order compare_with_integer(double value, oop integer)
{
    if (isnan(value))
        return UNORDERED;
    if (isinf(value))
        return value < 0 ? LESS : GREATER;
    mp_limb_t limb;
    return order_of(float_compare_big(value, big_from_int64(oop_to_integer(integer), &limb)));
}

static prim_result compare(const prim_call *call, enum order *order)
{
    oop receiver = call->receiver, argument = prim_argument(call, 0);
    double a, b;
    prim_result result = two_floats(call, &a, &b);
    if (result != PRIM_OK)
        return result;
    if (oop_are_integers(receiver, argument)) {
        *order = order_of((oop_to_integer(receiver) > oop_to_integer(argument)) -
                          (oop_to_integer(receiver) < oop_to_integer(argument)));
    } else if (oop_is_integer(argument)) {
        *order = compare_with_integer(a, argument);
    } else if (oop_is_integer(receiver)) {
        enum order reversed = compare_with_integer(b, receiver);
        *order = reversed == UNORDERED ? UNORDERED : order_of(-(int)reversed);
    } else {
        *order = compare_floats(a, b);
    }
    return PRIM_OK;
}

prim_result prim_float_less(struct vm *vm, const prim_call *call)
{
    enum order order;
    prim_result result = compare(call, &order);
    return result == PRIM_OK ? answer_boolean(vm, call, order == LESS) : result;
}

prim_result prim_float_greater(struct vm *vm, const prim_call *call)
{
    enum order order;
    prim_result result = compare(call, &order);
    return result == PRIM_OK ? answer_boolean(vm, call, order == GREATER) : result;
}

prim_result prim_float_less_or_equal(struct vm *vm, const prim_call *call)
{
    enum order order;
    prim_result result = compare(call, &order);
    return result == PRIM_OK ? answer_boolean(vm, call, order == LESS || order == SAME) : result;
}

prim_result prim_float_greater_or_equal(struct vm *vm, const prim_call *call)
{
    enum order order;
    prim_result result = compare(call, &order);
    return result == PRIM_OK ? answer_boolean(vm, call, order == GREATER || order == SAME) : result;
}

prim_result prim_float_equal(struct vm *vm, const prim_call *call)
{
    enum order order;
    prim_result result = compare(call, &order);
    return result == PRIM_OK ? answer_boolean(vm, call, order == SAME) : result;
}

prim_result prim_float_not_equal(struct vm *vm, const prim_call *call)
{
    enum order order;
    prim_result result = compare(call, &order);
    return result == PRIM_OK ? answer_boolean(vm, call, order != SAME) : result;
}

/* --- parts -------------------------------------------------------------------------------------------------------------- */

prim_result prim_float_truncated(struct vm *vm, const prim_call *call)
{
    double value;
    if (!float_or_integer_value(call->receiver, &value) || !isfinite(value))
        return PRIM_BAD_RECEIVER;
    mp_limb_t room[FLOAT_INTEGER_ROOM];
    struct big_result whole = {room, 0, false};
    float_to_big(value, &whole);
    return answer_big(vm, call, big_of(&whole));
}

prim_result prim_float_fraction_part(struct vm *vm, const prim_call *call)
{
    double value;
    if (!float_or_integer_value(call->receiver, &value) || !isfinite(value))
        return PRIM_BAD_RECEIVER;
    return answer_float(vm, call, value - trunc(value));
}

prim_result prim_float_exponent(struct vm *vm, const prim_call *call)
{
    double value;
    if (!float_or_integer_value(call->receiver, &value) || !isfinite(value))
        return PRIM_BAD_RECEIVER;
    return answer_integer(vm, call, value == 0 ? -1 : ilogb(value));
}

prim_result prim_float_times_two_power(struct vm *vm, const prim_call *call)
{
    double value;
    int64_t exponent;
    if (!float_or_integer_value(call->receiver, &value))
        return PRIM_BAD_RECEIVER;
    prim_result result = arg_integer(call, 0, &exponent);
    if (result != PRIM_OK)
        return result;
    int clamped = exponent > 4400 ? 4400 : exponent < -4400 ? -4400 : (int)exponent;
    return answer_float(vm, call, ldexp(value, clamped));
}

/* Zero-based 32-bit half of the IEEE bits for the image's index: 1 is the high half. */
static prim_result arg_half(const prim_call *call, unsigned *shift)
{
    size_t index;
    prim_result result = arg_index(call, 0, 2, &index);
    *shift = result == PRIM_OK && index == 0 ? 32 : 0;
    return result;
}

prim_result prim_float_at(struct vm *vm, const prim_call *call)
{
    double value;
    unsigned shift;
    if (!float_value(call->receiver, &value))
        return PRIM_BAD_RECEIVER;
    prim_result result = arg_half(call, &shift);
    if (result != PRIM_OK)
        return result;
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return answer_integer(vm, call, (int64_t)(bits >> shift & UINT32_MAX));
}

prim_result prim_float_at_put(struct vm *vm, const prim_call *call)
{
    double value;
    unsigned shift;
    int64_t half;
    if (oop_is_immediate(call->receiver) || !float_value(call->receiver, &value))
        return PRIM_BAD_RECEIVER;
    if (object_is_immutable(call->receiver))
        return PRIM_NO_MODIFICATION;
    prim_result result = arg_half(call, &shift);
    if (result == PRIM_OK)
        result = arg_integer(call, 1, &half);
    if (result != PRIM_OK)
        return result;
    if (half < 0 || half > UINT32_MAX)
        return PRIM_BAD_ARGUMENT;
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = (bits & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)half << shift;
    memcpy(object_bytes(call->receiver), &bits, sizeof bits);
    return answer(vm, call, prim_argument(call, 1));
}

/* --- functions ---------------------------------------------------------------------------------------------------------- */

typedef double function_of_one(double);

static prim_result apply(struct vm *vm, const prim_call *call, function_of_one *function)
{
    double value;
    if (!float_or_integer_value(call->receiver, &value))
        return PRIM_BAD_RECEIVER;
    return answer_float(vm, call, function(value));
}

prim_result prim_float_sqrt(struct vm *vm, const prim_call *call)
{
    double value;
    if (!float_or_integer_value(call->receiver, &value) || value < 0)
        return PRIM_BAD_RECEIVER;
    return answer_float(vm, call, sqrt(value));
}

prim_result prim_float_sin(struct vm *vm, const prim_call *call)
{
    return apply(vm, call, sin);
}

prim_result prim_float_arc_tan(struct vm *vm, const prim_call *call)
{
    return apply(vm, call, atan);
}

prim_result prim_float_ln(struct vm *vm, const prim_call *call)
{
    double value;
    if (!float_or_integer_value(call->receiver, &value) || value <= 0)
        return PRIM_BAD_RECEIVER;
    return answer_float(vm, call, log(value));
}

prim_result prim_float_exp(struct vm *vm, const prim_call *call)
{
    return apply(vm, call, exp);
}

/* --- module VivariumFloats ------------------------------------------------------------------------------------------------ */

prim_result prim_float_cos(struct vm *vm, const prim_call *call)
{
    return apply(vm, call, cos);
}

prim_result prim_float_tan(struct vm *vm, const prim_call *call)
{
    return apply(vm, call, tan);
}

prim_result prim_float_arc_sin(struct vm *vm, const prim_call *call)
{
    return apply(vm, call, asin);
}

prim_result prim_float_arc_cos(struct vm *vm, const prim_call *call)
{
    return apply(vm, call, acos);
}

prim_result prim_float_sinh(struct vm *vm, const prim_call *call)
{
    return apply(vm, call, sinh);
}

prim_result prim_float_cosh(struct vm *vm, const prim_call *call)
{
    return apply(vm, call, cosh);
}

prim_result prim_float_tanh(struct vm *vm, const prim_call *call)
{
    return apply(vm, call, tanh);
}

prim_result prim_float_log10(struct vm *vm, const prim_call *call)
{
    return apply(vm, call, log10);
}

prim_result prim_float_log2(struct vm *vm, const prim_call *call)
{
    return apply(vm, call, log2);
}

prim_result prim_float_arc_tan2(struct vm *vm, const prim_call *call)
{
    double y, x;
    prim_result result = two_floats(call, &y, &x);
    return result == PRIM_OK ? answer_float(vm, call, atan2(y, x)) : result;
}

prim_result prim_float_raised_to(struct vm *vm, const prim_call *call)
{
    double base, exponent;
    prim_result result = two_floats(call, &base, &exponent);
    return result == PRIM_OK ? answer_float(vm, call, pow(base, exponent)) : result;
}

prim_result prim_float_print_string(struct vm *vm, const prim_call *call)
{
    double value;
    if (!float_value(call->receiver, &value))
        return PRIM_BAD_RECEIVER;
    char text[FLOAT_TEXT_ROOM];
    size_t size = float_print(value, text);
    return answer_string(vm, call, text, size);
}

prim_result prim_float_read_from(struct vm *vm, const prim_call *call)
{
    uint8_t *bytes;
    size_t size;
    prim_result result = arg_bytes(call, 0, &bytes, &size);
    if (result != PRIM_OK)
        return result;
    double value = 0;
    switch (float_read((const char *)bytes, size, &value)) {
    case FLOAT_READ_OK:
        return answer_float(vm, call, value);
    case FLOAT_READ_SYNTAX:
        return PRIM_BAD_ARGUMENT;
    case FLOAT_READ_NO_MEMORY:
        break;
    }
    return PRIM_NO_C_MEMORY;
}

/* numerator asFloatDividedBy: denominator: both integers of any size. */
prim_result prim_float_from_fraction(struct vm *vm, const prim_call *call)
{
    struct integer_operand numerator, denominator;
    prim_result result = two_integer_operands(call, &numerator, &denominator);
    if (result != PRIM_OK)
        return result;
    if (denominator.value.count == 0)
        return PRIM_BAD_ARGUMENT;
    double value;
    if (!float_from_fraction(numerator.value, denominator.value, &value))
        return PRIM_NO_C_MEMORY;
    return answer_float(vm, call, value);
}

prim_result prim_float_from_integer(struct vm *vm, const prim_call *call)
{
    struct integer_operand integer;
    if (!integer_operand(call->receiver, &integer))
        return PRIM_BAD_RECEIVER;
    return answer_float(vm, call, float_from_big(integer.value));
}
