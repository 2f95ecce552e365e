/*
 * Integers of any size: primitives 20 to 37 (and 14 to 17, which accept more than SmallIntegers), and module
 * VivariumIntegers. Operands may be small or large; results are normalised.
 */
#include "primitives/functions.h"
#include "primitives/integer_operands.h"
#include "primitives/text_objects.h"

#include <string.h>

enum divide_part {
    TRUNCATED_QUOTIENT,
    TRUNCATED_REMAINDER,
    FLOORED_QUOTIENT,
    FLOORED_REMAINDER,
    EXACT_QUOTIENT
};

/* A power of half a gigabyte takes seconds, in which nothing else runs. */
enum { POWER_LIMBS_MAX = 1 << 26 };

typedef void two_operand_function(struct big_result *result, struct big a, struct big b);

static prim_result with_sum_room(struct vm *vm, const prim_call *call,
                                 two_operand_function *function)
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

prim_result prim_large_add(struct vm *vm, const prim_call *call)
{
    return with_sum_room(vm, call, big_add);
}

prim_result prim_large_subtract(struct vm *vm, const prim_call *call)
{
    return with_sum_room(vm, call, big_subtract);
}

static void bit_and(struct big_result *result, struct big a, struct big b)
{
    big_bitwise(result, BIG_AND, a, b);
}

static void bit_or(struct big_result *result, struct big a, struct big b)
{
    big_bitwise(result, BIG_OR, a, b);
}

static void bit_xor(struct big_result *result, struct big a, struct big b)
{
    big_bitwise(result, BIG_XOR, a, b);
}

prim_result prim_integer_bit_and(struct vm *vm, const prim_call *call)
{
    if (oop_are_integers(call->receiver, prim_argument(call, 0)))
        return answer(vm, call, oop_from_bits(call->receiver.bits & prim_argument(call, 0).bits));
    return with_sum_room(vm, call, bit_and);
}

prim_result prim_integer_bit_or(struct vm *vm, const prim_call *call)
{
    if (oop_are_integers(call->receiver, prim_argument(call, 0)))
        return answer(vm, call, oop_from_bits(call->receiver.bits | prim_argument(call, 0).bits));
    return with_sum_room(vm, call, bit_or);
}

/* The only one of the three that is a real send: hash functions live on it. */
prim_result prim_integer_bit_xor(struct vm *vm, const prim_call *call)
{
    oop right = prim_argument(call, 0);
    if (oop_are_integers(call->receiver, right))
        return answer(vm, call, (oop){(call->receiver.bits ^ right.bits) | TAG_INTEGER});
    return with_sum_room(vm, call, bit_xor);
}

prim_result prim_integer_bit_shift(struct vm *vm, const prim_call *call)
{
    struct integer_operand a;
    if (!integer_operand(call->receiver, &a))
        return PRIM_BAD_RECEIVER;
    if (!oop_is_integer(prim_argument(call, 0)))
        return PRIM_BAD_ARGUMENT;
    int64_t distance = oop_to_integer(prim_argument(call, 0));
    if (a.value.count == 0)
        return answer_integer(vm, call, 0);
    if (distance > BIG_SHIFT_LIMIT)
        return PRIM_NO_MEMORY;
    struct limb_room room;
    prim_result result = limb_room_open(vm_heap(vm), &room, big_shift_room(a.value, distance));
    if (result == PRIM_OK) {
        struct big_result value = {room.limbs, 0, false};
        big_shift(&value, a.value, distance);
        result = answer_big(vm, call, big_of(&value));
    }
    limb_room_close(&room);
    return result;
}

prim_result prim_large_multiply(struct vm *vm, const prim_call *call)
{
    struct integer_operand a, b;
    prim_result result = two_integer_operands(call, &a, &b);
    if (result != PRIM_OK)
        return result;
    struct limb_room room;
    result = limb_room_open(vm_heap(vm), &room, (size_t)(a.value.count + b.value.count) + 1);
    if (result == PRIM_OK) {
        struct big_result value = {room.limbs, 0, false};
        big_multiply(&value, a.value, b.value);
        result = answer_big(vm, call, big_of(&value));
    }
    limb_room_close(&room);
    return result;
}

static prim_result divide(struct vm *vm, const prim_call *call, enum divide_part part)
{
    struct integer_operand a, b;
    prim_result result = two_integer_operands(call, &a, &b);
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
        if (part == FLOORED_QUOTIENT || part == FLOORED_REMAINDER)
            big_divide_floored(&quotient, &remainder, a.value, b.value);
        else
            big_divide_truncated(&quotient, &remainder, a.value, b.value);
        bool wants_rest = part == TRUNCATED_REMAINDER || part == FLOORED_REMAINDER;
        if (part == EXACT_QUOTIENT && remainder.count > 0)
            result = PRIM_FAILED;
        else
            result = answer_big(vm, call, big_of(wants_rest ? &remainder : &quotient));
    }
    limb_room_close(&room);
    return result;
}

prim_result prim_large_divide(struct vm *vm, const prim_call *call)
{
    return divide(vm, call, EXACT_QUOTIENT);
}

prim_result prim_large_modulo(struct vm *vm, const prim_call *call)
{
    return divide(vm, call, FLOORED_REMAINDER);
}

prim_result prim_large_floor_divide(struct vm *vm, const prim_call *call)
{
    return divide(vm, call, FLOORED_QUOTIENT);
}

prim_result prim_large_quotient(struct vm *vm, const prim_call *call)
{
    return divide(vm, call, TRUNCATED_QUOTIENT);
}

prim_result prim_large_remainder(struct vm *vm, const prim_call *call)
{
    return divide(vm, call, TRUNCATED_REMAINDER);
}

static prim_result compare(const prim_call *call, int *order)
{
    struct integer_operand a, b;
    prim_result result = two_integer_operands(call, &a, &b);
    if (result == PRIM_OK)
        *order = big_compare(a.value, b.value);
    return result;
}

prim_result prim_large_less(struct vm *vm, const prim_call *call)
{
    int order = 0;
    prim_result result = compare(call, &order);
    return result == PRIM_OK ? answer_boolean(vm, call, order < 0) : result;
}

prim_result prim_large_greater(struct vm *vm, const prim_call *call)
{
    int order = 0;
    prim_result result = compare(call, &order);
    return result == PRIM_OK ? answer_boolean(vm, call, order > 0) : result;
}

prim_result prim_large_less_or_equal(struct vm *vm, const prim_call *call)
{
    int order = 0;
    prim_result result = compare(call, &order);
    return result == PRIM_OK ? answer_boolean(vm, call, order <= 0) : result;
}

prim_result prim_large_greater_or_equal(struct vm *vm, const prim_call *call)
{
    int order = 0;
    prim_result result = compare(call, &order);
    return result == PRIM_OK ? answer_boolean(vm, call, order >= 0) : result;
}

prim_result prim_large_equal(struct vm *vm, const prim_call *call)
{
    int order = 0;
    prim_result result = compare(call, &order);
    return result == PRIM_OK ? answer_boolean(vm, call, order == 0) : result;
}

prim_result prim_large_not_equal(struct vm *vm, const prim_call *call)
{
    int order = 0;
    prim_result result = compare(call, &order);
    return result == PRIM_OK ? answer_boolean(vm, call, order != 0) : result;
}

/* --- module VivariumIntegers --------------------------------------------------------------------------------------------- */

prim_result prim_integer_gcd(struct vm *vm, const prim_call *call)
{
    struct integer_operand a, b;
    prim_result result = two_integer_operands(call, &a, &b);
    if (result != PRIM_OK)
        return result;
    size_t longer = big_sum_room(a.value, b.value);
    struct limb_room room;
    result = limb_room_open(vm_heap(vm), &room, 3 * longer);
    if (result == PRIM_OK) {
        struct big_result value = {room.limbs, 0, false};
        big_gcd(&value, a.value, b.value, room.limbs + longer, room.limbs + 2 * longer);
        result = answer_big(vm, call, big_of(&value));
    }
    limb_room_close(&room);
    return result;
}

prim_result prim_integer_sqrt_floor(struct vm *vm, const prim_call *call)
{
    struct integer_operand a;
    if (!integer_operand(call->receiver, &a) || a.value.negative)
        return PRIM_BAD_RECEIVER;
    struct limb_room room;
    prim_result result = limb_room_open(vm_heap(vm), &room, (size_t)a.value.count / 2 + 1);
    if (result == PRIM_OK) {
        struct big_result value = {room.limbs, 0, false};
        big_sqrt_floor(&value, a.value);
        result = answer_big(vm, call, big_of(&value));
    }
    limb_room_close(&room);
    return result;
}

prim_result prim_integer_raised_to(struct vm *vm, const prim_call *call)
{
    struct integer_operand a;
    if (!integer_operand(call->receiver, &a))
        return PRIM_BAD_RECEIVER;
    int64_t exponent;
    prim_result result = arg_integer(call, 0, &exponent);
    if (result != PRIM_OK)
        return result;
    if (exponent < 0)
        return PRIM_BAD_ARGUMENT;
    if (big_bit_length(a.value) <= 1) {
        bool minus = a.value.negative && (exponent & 1) != 0;
        return answer_integer(vm, call, a.value.count == 0 ? exponent == 0 : minus ? -1 : 1);
    }
    uint64_t bits;
    if (__builtin_mul_overflow(big_bit_length(a.value), (uint64_t)exponent, &bits))
        return PRIM_NO_MEMORY;
    size_t count = big_power_room(a.value, (uint64_t)exponent);
    if (count > POWER_LIMBS_MAX)
        return PRIM_LIMIT_EXCEEDED;
    struct limb_room room;
    result = limb_room_open(vm_heap(vm), &room, 2 * count);
    if (result == PRIM_OK) {
        struct big_result value = {room.limbs, 0, false};
        big_power(&value, a.value, (uint64_t)exponent, room.limbs + count);
        result = answer_big(vm, call, big_of(&value));
    }
    limb_room_close(&room);
    return result;
}

static prim_result arg_base(const prim_call *call, size_t argument, int *base)
{
    int64_t value;
    prim_result result = arg_integer(call, argument, &value);
    if (result == PRIM_OK && (value < 2 || value > 36))
        result = PRIM_BAD_ARGUMENT;
    *base = result == PRIM_OK ? (int)value : 10;
    return result;
}

/*
 * The eight digits of a number below 100000000, the first in the low byte: two numbers below 10000 become four below 100 and those
 * eight below 10, all of one size at once. A division is a multiplication whose product stays within its part, and is exact there.
 */
static uint64_t eight_digits(uint32_t number)
{
    uint64_t fours = number / 10000 | (uint64_t)(number % 10000) << 32;
    uint64_t hundreds = fours * 5243 >> 19 & UINT64_C(0x0000007F0000007F);
    uint64_t pairs = hundreds | (fours - hundreds * 100) << 16;
    uint64_t tens = pairs * 103 >> 10 & UINT64_C(0x000F000F000F000F);
    return tens | (pairs - tens * 10) << 8;
}

/* What programs print most has so few digits that its text is one slot. */
static inline prim_result print_short(struct vm *vm, const prim_call *call, uint32_t magnitude,
                                      bool negative)
{
    uint64_t digits = eight_digits(magnitude);
    /* Zeros before the first digit are left out, but for the last one. */
    unsigned zeros = (unsigned)__builtin_ctzll(digits | (uint64_t)1 << 56) / 8;
    uint64_t text = (digits | UINT64_C(0x3030303030303030)) >> zeros * 8;
    size_t size = 8 - zeros;
    if (negative) {
        text = text << 8 | '-';
        size++;
    }
    oop string = text_new_unfilled(vm_heap(vm), size);
    if (oop_is_none(string))
        return PRIM_NO_MEMORY;
    object_slot_init(string, 0, (oop){text});
    return answer(vm, call, string);
}

/* No SmallInteger needs limbs. */
static prim_result print_small(struct vm *vm, const prim_call *call, int64_t value)
{
    char text[24];
    char *at = text + sizeof text;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0)
        *--at = '-';
    return answer_string(vm, call, at, (size_t)(text + sizeof text - at));
}

static prim_result print_any(struct vm *vm, const prim_call *call, int base)
{
    struct integer_operand a;
    if (!integer_operand(call->receiver, &a))
        return PRIM_BAD_RECEIVER;
    struct limb_room room;
    size_t text_limbs = (big_text_room(a.value, base) + 1) / sizeof(mp_limb_t) + 1;
    prim_result result = limb_room_open(vm_heap(vm), &room, (size_t)a.value.count + 1 + text_limbs);
    if (result == PRIM_OK) {
        char *text = (char *)(room.limbs + a.value.count + 1);
        text[0] = '-';
        size_t size = big_print(a.value, base, room.limbs, text + 1);
        result = a.value.negative ? answer_string(vm, call, text, size + 1)
                                  : answer_string(vm, call, text + 1, size);
    }
    limb_room_close(&room);
    return result;
}

/* The argument is the base; without one it is 10. */
prim_result prim_integer_print_string(struct vm *vm, const prim_call *call)
{
    int base = 10;
    prim_result result = call->argument_count == 0 ? PRIM_OK : arg_base(call, 0, &base);
    if (result != PRIM_OK)
        return result;
    if (!oop_is_integer(call->receiver) || base != 10)
        return print_any(vm, call, base);
    int64_t value = oop_to_integer(call->receiver);
    if (value <= 99999999 && value >= -9999999)
        return print_short(vm, call, (uint32_t)(value < 0 ? -value : value), value < 0);
    return print_small(vm, call, value);
}

prim_result prim_integer_read_from(struct vm *vm, const prim_call *call)
{
    uint8_t *bytes;
    size_t size;
    int base;
    prim_result result = arg_bytes(call, 0, &bytes, &size);
    if (result == PRIM_OK)
        result = arg_base(call, 1, &base);
    if (result != PRIM_OK)
        return result;
    bool negative = size > 0 && bytes[0] == '-';
    if (negative) {
        bytes++;
        size--;
    }
    size_t number_room = big_read_room(size, base);
    struct limb_room room;
    result = limb_room_open(vm_heap(vm), &room, number_room + size / sizeof(mp_limb_t) + 1);
    if (result == PRIM_OK) {
        struct big_result value = {room.limbs, 0, false};
        uint8_t *digits = (uint8_t *)(room.limbs + number_room);
        memcpy(digits, bytes, size);
        if (!big_read(&value, digits, size, base))
            result = PRIM_BAD_ARGUMENT;
        else
            result = answer_big(
                vm, call, (struct big){value.limbs, value.count, negative && value.count > 0});
    }
    limb_room_close(&room);
    return result;
}
