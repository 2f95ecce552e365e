/*
 * Integers of Smalltalk-80: SmallIntegers of 15 bits, and words of 16 bits whose larger half are LargePositiveIntegers. Everything
 * is computed in 64 bits; what does not fit in the kind that the primitive answers fails.
 */
#include "primitives/st80.h"

typedef bool operation(int64_t left, int64_t right, int64_t *result);

enum { LARGEST_SHIFT = 32 };

static bool add(int64_t left, int64_t right, int64_t *result)
{
    *result = left + right;
    return true;
}

static bool subtract(int64_t left, int64_t right, int64_t *result)
{
    *result = left - right;
    return true;
}

static bool multiply(int64_t left, int64_t right, int64_t *result)
{
    *result = left * right;
    return true;
}

static bool divide(int64_t left, int64_t right, int64_t *result)
{
    if (right == 0 || left % right != 0)
        return false;
    *result = left / right;
    return true;
}

static bool floor_divide(int64_t left, int64_t right, int64_t *result)
{
    if (right == 0)
        return false;
    *result = left / right - (left % right != 0 && (left < 0) != (right < 0) ? 1 : 0);
    return true;
}

static bool modulo(int64_t left, int64_t right, int64_t *result)
{
    int64_t quotient;
    if (!floor_divide(left, right, &quotient))
        return false;
    *result = left - quotient * right;
    return true;
}

static bool quotient(int64_t left, int64_t right, int64_t *result)
{
    if (right == 0)
        return false;
    *result = left / right;
    return true;
}

static bool bit_and(int64_t left, int64_t right, int64_t *result)
{
    *result = left & right;
    return true;
}

static bool bit_or(int64_t left, int64_t right, int64_t *result)
{
    *result = left | right;
    return true;
}

static bool bit_xor(int64_t left, int64_t right, int64_t *result)
{
    *result = left ^ right;
    return true;
}

/* Left by up to 32 bits, which is too far for any number but zero; right by any count. */
static bool bit_shift(int64_t left, int64_t right, int64_t *result)
{
    if (right > LARGEST_SHIFT)
        right = LARGEST_SHIFT;
    *result = right >= 0 ? left * ((int64_t)1 << right) : left >> (right < -63 ? 63 : -right);
    return true;
}

static bool small_operands(const prim_call *call, int64_t *left, int64_t *right)
{
    oop argument = prim_argument(call, 0);
    if (!oop_are_integers(call->receiver, argument))
        return false;
    *left = oop_to_integer(call->receiver);
    *right = oop_to_integer(argument);
    return true;
}

static bool word_operands(const prim_call *call, int64_t *left, int64_t *right)
{
    return st80_as_word(call->receiver, left) && st80_as_word(prim_argument(call, 0), right);
}

static prim_result compute_small(struct vm *vm, const prim_call *call, operation *operate)
{
    int64_t left, right, result;
    if (!small_operands(call, &left, &right))
        return PRIM_BAD_ARGUMENT;
    return operate(left, right, &result) ? st80_answer_small(vm, call, result) : PRIM_FAILED;
}

static prim_result answer_word(struct vm *vm, const prim_call *call, int64_t word)
{
    return word >= 0 && word <= ST80_WORD_MAX ? answer_integer(vm, call, word) : PRIM_FAILED;
}

static prim_result compute_word(struct vm *vm, const prim_call *call, operation *operate)
{
    int64_t left, right, result;
    if (!word_operands(call, &left, &right))
        return PRIM_BAD_ARGUMENT;
    return operate(left, right, &result) ? answer_word(vm, call, result) : PRIM_FAILED;
}

#define BOTH(small, large, operate)                                                                \
    prim_result small(struct vm *vm, const prim_call *call)                                        \
    {                                                                                              \
        return compute_small(vm, call, operate);                                                   \
    }                                                                                              \
    prim_result large(struct vm *vm, const prim_call *call)                                        \
    {                                                                                              \
        return compute_word(vm, call, operate);                                                    \
    }
BOTH(prim_st80_add, prim_st80_large_add, add)
BOTH(prim_st80_subtract, prim_st80_large_subtract, subtract)
BOTH(prim_st80_multiply, prim_st80_large_multiply, multiply)
BOTH(prim_st80_divide, prim_st80_large_divide, divide)
BOTH(prim_st80_modulo, prim_st80_large_modulo, modulo)
BOTH(prim_st80_floor_divide, prim_st80_large_floor_divide, floor_divide)
BOTH(prim_st80_quotient, prim_st80_large_quotient, quotient)
BOTH(prim_st80_bit_and, prim_st80_large_bit_and, bit_and)
BOTH(prim_st80_bit_or, prim_st80_large_bit_or, bit_or)
BOTH(prim_st80_bit_xor, prim_st80_large_bit_xor, bit_xor)
#undef BOTH

prim_result prim_st80_bit_shift(struct vm *vm, const prim_call *call)
{
    return compute_small(vm, call, bit_shift);
}

/* By a SmallInteger of either sign. */
prim_result prim_st80_large_bit_shift(struct vm *vm, const prim_call *call)
{
    int64_t word, count, result;
    if (!st80_as_word(call->receiver, &word) || arg_integer(call, 0, &count) != PRIM_OK)
        return PRIM_BAD_ARGUMENT;
    return bit_shift(word, count, &result) ? answer_word(vm, call, result) : PRIM_FAILED;
}

#define COMPARE(small, large, operator)                                                            \
    prim_result small(struct vm *vm, const prim_call *call)                                        \
    {                                                                                              \
        int64_t left, right;                                                                       \
        return small_operands(call, &left, &right) ? answer_boolean(vm, call, left operator right) \
                                                   : PRIM_BAD_ARGUMENT;                            \
    }                                                                                              \
    prim_result large(struct vm *vm, const prim_call *call)                                        \
    {                                                                                              \
        int64_t left, right;                                                                       \
        return word_operands(call, &left, &right) ? answer_boolean(vm, call, left operator right)  \
                                                  : PRIM_BAD_ARGUMENT;                             \
    }
COMPARE(prim_st80_less, prim_st80_large_less, <)
COMPARE(prim_st80_greater, prim_st80_large_greater, >)
COMPARE(prim_st80_less_or_equal, prim_st80_large_less_or_equal, <=)
COMPARE(prim_st80_greater_or_equal, prim_st80_large_greater_or_equal, >=)
COMPARE(prim_st80_equal, prim_st80_large_equal, ==)
COMPARE(prim_st80_not_equal, prim_st80_large_not_equal, !=)
#undef COMPARE

prim_result prim_st80_make_point(struct vm *vm, const prim_call *call)
{
    oop argument = prim_argument(call, 0);
    if (!oop_are_integers(call->receiver, argument))
        return PRIM_BAD_ARGUMENT;
    return answer_point(vm, call, call->receiver, argument);
}
