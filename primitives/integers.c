/* SmallInteger arithmetic: primitives 1 to 13, 18, 40, 159, 170, 171, 575. Overflow fails; the image goes on with large integers. */
#include "primitives/functions.h"
#include "primitives/integer_operands.h"

enum { HASH_MULTIPLIER = 1664525, HASH_MASK = 0xFFFFFFF };

static prim_result small_operands(const prim_call *call, int64_t *receiver, int64_t *argument)
{
    if (!oop_is_integer(call->receiver))
        return PRIM_BAD_RECEIVER;
    if (!oop_is_integer(prim_argument(call, 0)))
        return PRIM_BAD_ARGUMENT;
    *receiver = oop_to_integer(call->receiver);
    *argument = oop_to_integer(prim_argument(call, 0));
    return PRIM_OK;
}

static prim_result answer_small(struct vm *vm, const prim_call *call, int64_t value)
{
    return dialect_integer_fits(vm_heap(vm)->dialect, value)
               ? answer(vm, call, oop_from_integer(value))
               : PRIM_FAILED;
}

prim_result prim_integer_add(struct vm *vm, const prim_call *call)
{
    int64_t a, b;
    prim_result result = small_operands(call, &a, &b);
    return result == PRIM_OK ? answer_small(vm, call, a + b) : result;
}

prim_result prim_integer_subtract(struct vm *vm, const prim_call *call)
{
    int64_t a, b;
    prim_result result = small_operands(call, &a, &b);
    return result == PRIM_OK ? answer_small(vm, call, a - b) : result;
}

prim_result prim_integer_multiply(struct vm *vm, const prim_call *call)
{
    int64_t a, b, product;
    prim_result result = small_operands(call, &a, &b);
    if (result != PRIM_OK)
        return result;
    return __builtin_mul_overflow(a, b, &product) ? PRIM_FAILED : answer_small(vm, call, product);
}

prim_result prim_integer_less(struct vm *vm, const prim_call *call)
{
    int64_t a, b;
    prim_result result = small_operands(call, &a, &b);
    return result == PRIM_OK ? answer_boolean(vm, call, a < b) : result;
}

prim_result prim_integer_greater(struct vm *vm, const prim_call *call)
{
    int64_t a, b;
    prim_result result = small_operands(call, &a, &b);
    return result == PRIM_OK ? answer_boolean(vm, call, a > b) : result;
}

prim_result prim_integer_less_or_equal(struct vm *vm, const prim_call *call)
{
    int64_t a, b;
    prim_result result = small_operands(call, &a, &b);
    return result == PRIM_OK ? answer_boolean(vm, call, a <= b) : result;
}

prim_result prim_integer_greater_or_equal(struct vm *vm, const prim_call *call)
{
    int64_t a, b;
    prim_result result = small_operands(call, &a, &b);
    return result == PRIM_OK ? answer_boolean(vm, call, a >= b) : result;
}

prim_result prim_integer_equal(struct vm *vm, const prim_call *call)
{
    int64_t a, b;
    prim_result result = small_operands(call, &a, &b);
    return result == PRIM_OK ? answer_boolean(vm, call, a == b) : result;
}

prim_result prim_integer_not_equal(struct vm *vm, const prim_call *call)
{
    int64_t a, b;
    prim_result result = small_operands(call, &a, &b);
    return result == PRIM_OK ? answer_boolean(vm, call, a != b) : result;
}

static prim_result dividing_operands(const prim_call *call, int64_t *receiver, int64_t *argument)
{
    prim_result result = small_operands(call, receiver, argument);
    return result == PRIM_OK && *argument == 0 ? PRIM_BAD_ARGUMENT : result;
}

prim_result prim_integer_divide(struct vm *vm, const prim_call *call)
{
    int64_t a, b;
    prim_result result = dividing_operands(call, &a, &b);
    if (result != PRIM_OK)
        return result;
    return a % b == 0 ? answer_small(vm, call, a / b) : PRIM_FAILED;
}

prim_result prim_integer_modulo(struct vm *vm, const prim_call *call)
{
    int64_t a, b;
    prim_result result = dividing_operands(call, &a, &b);
    if (result != PRIM_OK)
        return result;
    int64_t rest = a % b;
    return answer_small(vm, call, rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
}

prim_result prim_integer_floor_divide(struct vm *vm, const prim_call *call)
{
    int64_t a, b;
    prim_result result = dividing_operands(call, &a, &b);
    if (result != PRIM_OK)
        return result;
    int64_t rest = a % b;
    return answer_small(vm, call, a / b - (rest != 0 && (rest < 0) != (b < 0) ? 1 : 0));
}

prim_result prim_integer_quotient(struct vm *vm, const prim_call *call)
{
    int64_t a, b;
    prim_result result = dividing_operands(call, &a, &b);
    return result == PRIM_OK ? answer_small(vm, call, a / b) : result;
}

prim_result prim_make_point(struct vm *vm, const prim_call *call)
{
    return answer_point(vm, call, call->receiver, prim_argument(call, 0));
}

prim_result prim_integer_as_float(struct vm *vm, const prim_call *call)
{
    if (!oop_is_integer(call->receiver))
        return PRIM_BAD_RECEIVER;
    return answer_float(vm, call, (double)oop_to_integer(call->receiver));
}

prim_result prim_hash_multiply(struct vm *vm, const prim_call *call)
{
    struct integer_operand receiver;
    if (!integer_operand(call->receiver, &receiver))
        return PRIM_BAD_RECEIVER;
    uint64_t bits = receiver.value.count == 0 ? 0 : receiver.value.limbs[0];
    if (receiver.value.negative)
        bits = 0 - bits;
    uint64_t product = (bits & HASH_MASK) * HASH_MULTIPLIER;
    return answer_integer(vm, call, (int64_t)(product & HASH_MASK));
}

prim_result prim_as_character(struct vm *vm, const prim_call *call)
{
    oop code = call->argument_count > 0 ? prim_argument(call, 0) : call->receiver;
    if (!oop_is_integer(code))
        return PRIM_BAD_RECEIVER;
    int64_t value = oop_to_integer(code);
    if (value < 0 || value > 0x3FFFFFFF)
        return PRIM_BAD_RECEIVER;
    oop character = heap_character(vm_heap(vm), (uint32_t)value);
    return oop_is_none(character) ? PRIM_BAD_RECEIVER : answer(vm, call, character);
}

prim_result prim_immediate_as_integer(struct vm *vm, const prim_call *call)
{
    oop value = call->argument_count > 0 ? prim_argument(call, 0) : call->receiver;
    /* A code point is a SmallInteger in every dialect. */
    if (VIV_LIKELY(oop_is_character(value)))
        return answer(vm, call, oop_from_integer(oop_to_character(value)));
    if (oop_is_integer(value))
        return answer(vm, call, value);
    if (!oop_is_float(value))
        return PRIM_BAD_RECEIVER;
    return answer_integer(vm, call, (int64_t)(value.bits >> 3));
}

prim_result prim_high_bit(struct vm *vm, const prim_call *call)
{
    struct integer_operand receiver;
    if (!integer_operand(call->receiver, &receiver) || receiver.value.negative)
        return PRIM_BAD_RECEIVER;
    return answer_integer(vm, call, (int64_t)big_bit_length(receiver.value));
}
