/*
 * Module LargeIntegers: the digit operations that images of other systems call by these names. They work on magnitudes;
 * the sign of the result follows from the receiver or is an argument. Results are normalised, which their callers allow.
 */
#include "primitives/functions.h"
#include "primitives/integer_operands.h"

typedef void digit_function(struct big_result *result, struct big a, struct big b);

static prim_result with_digits(struct vm *vm, const prim_call *call, digit_function *function)
{
    struct integer_operand a, b;
    prim_result result = two_integer_operands(call, &a, &b);
    if (result != PRIM_OK)
        return result;
    struct limb_room room;
    result = limb_room_open(vm_heap(vm), &room, big_sum_room(a.value, b.value));
    if (result == PRIM_OK) {
        struct big_result value = {room.limbs, 0, false};
        function(&value, a.value, b.value);
        result = answer_big(vm, call, big_of(&value));
    }
    limb_room_close(&room);
    return result;
}

static void add_digits(struct big_result *result, struct big a, struct big b)
{
    b.negative = a.negative;
    big_add(result, a, b);
}

static void subtract_digits(struct big_result *result, struct big a, struct big b)
{
    b.negative = a.negative;
    big_subtract(result, a, b);
}

prim_result prim_digit_add(struct vm *vm, const prim_call *call)
{
    return with_digits(vm, call, add_digits);
}

prim_result prim_digit_subtract(struct vm *vm, const prim_call *call)
{
    return with_digits(vm, call, subtract_digits);
}

static struct big signed_big(const struct big_result *result, bool negative)
{
    return (struct big){result->limbs, result->count, negative && result->count > 0};
}

prim_result prim_digit_multiply(struct vm *vm, const prim_call *call)
{
    struct integer_operand a, b;
    bool negative;
    prim_result result = two_integer_operands(call, &a, &b);
    if (result == PRIM_OK)
        result = arg_boolean(vm, call, 1, &negative);
    if (result != PRIM_OK)
        return result;
    struct limb_room room;
    result = limb_room_open(vm_heap(vm), &room, (size_t)(a.value.count + b.value.count) + 1);
    if (result == PRIM_OK) {
        struct big_result value = {room.limbs, 0, false};
        big_multiply(&value, a.value, b.value);
        result = answer_big(vm, call, signed_big(&value, negative));
    }
    limb_room_close(&room);
    return result;
}

/* An Array: the quotient of the magnitudes with the sign asked for, the rest with the receiver's. */
prim_result prim_digit_divide(struct vm *vm, const prim_call *call)
{
    struct integer_operand a, b;
    bool negative;
    prim_result result = two_integer_operands(call, &a, &b);
    if (result == PRIM_OK)
        result = arg_boolean(vm, call, 1, &negative);
    if (result != PRIM_OK)
        return result;
    if (b.value.count == 0)
        return PRIM_BAD_ARGUMENT;
    struct limb_room room;
    size_t quotient_room = big_quotient_room(a.value, b.value);
    result =
        limb_room_open(vm_heap(vm), &room, quotient_room + big_remainder_room(a.value, b.value));
    if (result == PRIM_OK) {
        struct big_result quotient = {room.limbs, 0, false};
        struct big_result remainder = {room.limbs + quotient_room, 0, false};
        big_divide_truncated(&quotient, &remainder, a.value, b.value);
        oop whole = integer_from_big(vm_heap(vm), signed_big(&quotient, negative));
        result = answer_pair(vm, call, whole, integer_from_big(vm_heap(vm), big_of(&remainder)));
    }
    limb_room_close(&room);
    return result;
}

/* The magnitude shifted, towards zero, with the receiver's sign. */
prim_result prim_digit_shift(struct vm *vm, const prim_call *call)
{
    struct integer_operand a;
    int64_t distance;
    if (!integer_operand(call->receiver, &a))
        return PRIM_BAD_RECEIVER;
    prim_result result = arg_integer(call, 0, &distance);
    if (result != PRIM_OK)
        return result;
    if (a.value.count == 0)
        return answer_integer(vm, call, 0);
    if (distance > BIG_SHIFT_LIMIT)
        return PRIM_NO_MEMORY;
    bool negative = a.value.negative;
    a.value.negative = false;
    struct limb_room room;
    result = limb_room_open(vm_heap(vm), &room, big_shift_room(a.value, distance));
    if (result == PRIM_OK) {
        struct big_result value = {room.limbs, 0, false};
        big_shift(&value, a.value, distance);
        result = answer_big(vm, call, signed_big(&value, negative));
    }
    limb_room_close(&room);
    return result;
}

/* Whether a bit of the magnitude is set from one index to another, both one-based; those above the highest are not. */
prim_result prim_any_bit(struct vm *vm, const prim_call *call)
{
    struct integer_operand a;
    int64_t from, to;
    if (!integer_operand(call->receiver, &a))
        return PRIM_BAD_RECEIVER;
    prim_result result = arg_integer(call, 0, &from);
    if (result == PRIM_OK)
        result = arg_integer(call, 1, &to);
    if (result != PRIM_OK)
        return result;
    if (from < 1 || to < 1)
        return PRIM_BAD_INDEX;
    uint64_t limit = big_bit_length(a.value);
    uint64_t last = (uint64_t)to < limit ? (uint64_t)to : limit;
    for (uint64_t bit = (uint64_t)from - 1; bit < last; bit = (bit | 63) + 1) {
        uint64_t left = last - bit;
        mp_limb_t limb = a.value.limbs[bit / 64] >> (bit % 64);
        if ((left < 64 ? limb & (((mp_limb_t)1 << left) - 1) : limb) != 0)
            return answer_boolean(vm, call, true);
    }
    return answer_boolean(vm, call, false);
}

/* SmallIntegers by value, others by magnitude. */
prim_result prim_digit_compare(struct vm *vm, const prim_call *call)
{
    struct integer_operand a, b;
    prim_result result = two_integer_operands(call, &a, &b);
    if (result != PRIM_OK)
        return result;
    if (!oop_are_integers(call->receiver, prim_argument(call, 0)))
        a.value.negative = b.value.negative = false;
    int order = big_compare(a.value, b.value);
    return answer_integer(vm, call, (order > 0) - (order < 0));
}

prim_result prim_digit_normalize(struct vm *vm, const prim_call *call)
{
    struct integer_operand a;
    if (!integer_operand(call->receiver, &a))
        return PRIM_BAD_RECEIVER;
    return answer_big(vm, call, a.value);
}

prim_result prim_digit_module_exists(struct vm *vm, const prim_call *call)
{
    return answer_boolean(vm, call, true);
}
