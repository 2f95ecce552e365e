/*
 * Floats of Smalltalk-80: IEEE numbers of 32 bits in two words of 16, the one with sign and exponent first. Both operands must be
 * Floats; what is no finite number fails.
 */
#include "primitives/st80.h"

#include <math.h>

enum { FLOAT_WORDS = 2, EXPONENT_LIMIT = 300 };

static bool as_float(oop value, float *result)
{
    uint16_t words[FLOAT_WORDS];
    if (!oop_is_object(value) || object_class_index(value) != CLASS_BOXED_FLOAT ||
        !format_is_words16(object_format(value)) || object_byte_count(value) != FLOAT_WORDS)
        return false;
    memcpy(words, object_bytes(value), sizeof words);
    uint32_t bits = (uint32_t)words[0] << 16 | words[1];
    memcpy(result, &bits, sizeof bits);
    return true;
}

static prim_result answer_number(struct vm *vm, const prim_call *call, float value)
{
    uint32_t bits;
    if (!isfinite(value))
        return PRIM_FAILED;
    oop number = heap_allocate(vm_heap(vm), CLASS_BOXED_FLOAT, FORMAT_WORDS16 + 2, 1);
    if (oop_is_none(number))
        return PRIM_NO_MEMORY;
    memcpy(&bits, &value, sizeof bits);
    const uint16_t words[4] = {(uint16_t)(bits >> 16), (uint16_t)bits, 0, 0};
    memcpy(object_bytes(number), words, sizeof words);
    return answer(vm, call, number);
}

static bool operands(const prim_call *call, float *left, float *right)
{
    return as_float(call->receiver, left) && as_float(prim_argument(call, 0), right);
}

prim_result prim_st80_as_float(struct vm *vm, const prim_call *call)
{
    if (!oop_is_integer(call->receiver))
        return PRIM_BAD_RECEIVER;
    return answer_number(vm, call, (float)oop_to_integer(call->receiver));
}

#define COMPUTE(function, operator)                                                                \
    prim_result function(struct vm *vm, const prim_call *call)                                     \
    {                                                                                              \
        float left, right;                                                                         \
        return operands(call, &left, &right) ? answer_number(vm, call, left operator right)        \
                                             : PRIM_BAD_ARGUMENT;                                  \
    }
COMPUTE(prim_st80_float_add, +)
COMPUTE(prim_st80_float_subtract, -)
COMPUTE(prim_st80_float_multiply, *)
#undef COMPUTE

prim_result prim_st80_float_divide(struct vm *vm, const prim_call *call)
{
    float left, right;
    if (!operands(call, &left, &right) || right == 0)
        return PRIM_BAD_ARGUMENT;
    return answer_number(vm, call, left / right);
}

#define COMPARE(function, operator)                                                                \
    prim_result function(struct vm *vm, const prim_call *call)                                     \
    {                                                                                              \
        float left, right;                                                                         \
        return operands(call, &left, &right) ? answer_boolean(vm, call, left operator right)       \
                                             : PRIM_BAD_ARGUMENT;                                  \
    }
COMPARE(prim_st80_float_less, <)
COMPARE(prim_st80_float_greater, >)
COMPARE(prim_st80_float_less_or_equal, <=)
COMPARE(prim_st80_float_greater_or_equal, >=)
COMPARE(prim_st80_float_equal, ==)
COMPARE(prim_st80_float_not_equal, !=)
#undef COMPARE

prim_result prim_st80_float_truncated(struct vm *vm, const prim_call *call)
{
    float value;
    if (!as_float(call->receiver, &value))
        return PRIM_BAD_RECEIVER;
    value = truncf(value);
    if (!(fabsf(value) <= ST80_WORD_MAX))
        return PRIM_FAILED;
    return st80_answer_small(vm, call, (int64_t)value);
}

prim_result prim_st80_float_fraction_part(struct vm *vm, const prim_call *call)
{
    float value;
    if (!as_float(call->receiver, &value))
        return PRIM_BAD_RECEIVER;
    return answer_number(vm, call, value - truncf(value));
}

/* Zero has no exponent. */
prim_result prim_st80_float_exponent(struct vm *vm, const prim_call *call)
{
    float value;
    if (!as_float(call->receiver, &value) || value == 0 || !isfinite(value))
        return PRIM_BAD_RECEIVER;
    return st80_answer_small(vm, call, ilogbf(value));
}

prim_result prim_st80_float_times_two_power(struct vm *vm, const prim_call *call)
{
    float value;
    int64_t exponent;
    if (!as_float(call->receiver, &value))
        return PRIM_BAD_RECEIVER;
    if (arg_integer(call, 0, &exponent) != PRIM_OK)
        return PRIM_BAD_ARGUMENT;
    if (exponent > EXPONENT_LIMIT)
        exponent = EXPONENT_LIMIT;
    if (exponent < -EXPONENT_LIMIT)
        exponent = -EXPONENT_LIMIT;
    return answer_number(vm, call, ldexpf(value, (int)exponent));
}
