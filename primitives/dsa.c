/*
 * DSAPrims: what digital signatures of other images need done fast. Large positive integers are taken as they lie, zeros in front
 * included, and results are written into integers that the image has made, which must have room for them.
 */
#include "primitives/functions.h"
#include "primitives/integer_operands.h"

enum { BLOCK_BYTES = 64, BLOCK_WORDS = 16, EXPANDED_WORDS = 80, STATE_WORDS = 5, ROUND_STEPS = 20 };

static bool positive_operand(oop value, struct integer_operand *operand)
{
    return oop_is_object(value) && object_class_index(value) == CLASS_LARGE_POSITIVE_INTEGER &&
           integer_operand(value, operand);
}

static bool has_room(oop object, const struct big_result *value)
{
    return (big_bit_length(big_of(value)) + 7) / 8 <= object_byte_count(object);
}

/* The value becomes all of the object's bytes. */
static void store_digits(oop object, const struct big_result *value)
{
    size_t size = object_byte_count(object);
    size_t digits = (size_t)value->count * sizeof(mp_limb_t);
    memset(object_bytes(object), 0, size);
    memcpy(object_bytes(object), value->limbs, digits < size ? digits : size);
}

/* Divides the first argument by the second: the third becomes the quotient, the first the rest. */
prim_result prim_dsa_divide(struct vm *vm, const prim_call *call)
{
    struct integer_operand a, b, c;
    oop rest = prim_argument(call, 0);
    oop target = prim_argument(call, 2);
    if (!positive_operand(rest, &a) || !positive_operand(prim_argument(call, 1), &b) ||
        !positive_operand(target, &c) || b.value.count == 0 || oop_same(rest, target))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(rest) || object_is_immutable(target))
        return PRIM_NO_MODIFICATION;
    struct limb_room room;
    size_t first = big_quotient_room(a.value, b.value);
    prim_result result =
        limb_room_open(vm_heap(vm), &room, first + big_remainder_room(a.value, b.value));
    if (result == PRIM_OK) {
        struct big_result quotient = {room.limbs, 0, false};
        struct big_result remainder = {room.limbs + first, 0, false};
        big_divide_truncated(&quotient, &remainder, a.value, b.value);
        result = has_room(target, &quotient) ? answer_self(vm, call) : PRIM_BAD_ARGUMENT;
        if (result == PRIM_OK) {
            store_digits(target, &quotient);
            store_digits(rest, &remainder);
        }
    }
    limb_room_close(&room);
    return result;
}

/* The third argument, as large as both together, becomes the product of the first two. */
prim_result prim_dsa_multiply(struct vm *vm, const prim_call *call)
{
    struct integer_operand a, b, c;
    oop target = prim_argument(call, 2);
    if (!positive_operand(prim_argument(call, 0), &a) ||
        !positive_operand(prim_argument(call, 1), &b) || !positive_operand(target, &c) ||
        object_byte_count(target) !=
            object_byte_count(prim_argument(call, 0)) + object_byte_count(prim_argument(call, 1)))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(target))
        return PRIM_NO_MODIFICATION;
    struct limb_room room;
    prim_result result =
        limb_room_open(vm_heap(vm), &room, (size_t)(a.value.count + b.value.count) + 1);
    if (result == PRIM_OK) {
        struct big_result product = {room.limbs, 0, false};
        big_multiply(&product, a.value, b.value);
        store_digits(target, &product);
        result = answer_self(vm, call);
    }
    limb_room_close(&room);
    return result;
}

/* The one-based index of the highest byte that is not zero; 1 where all are, 0 where there is none. */
prim_result prim_dsa_highest_digit(struct vm *vm, const prim_call *call)
{
    struct integer_operand a;
    oop value = prim_argument(call, 0);
    if (!positive_operand(value, &a))
        return PRIM_BAD_ARGUMENT;
    size_t index = object_byte_count(value);
    while (index > 1 && object_bytes(value)[index - 1] == 0)
        index--;
    return answer_integer(vm, call, (int64_t)index);
}

/* --- SHA-1 (FIPS 180-4, 6.1) ------------------------------------------------------------------------------------------------- */

static uint32_t rotated(uint32_t word, unsigned count)
{
    return word << count | word >> (32 - count);
}

static bool words_of(oop object, size_t wanted, uint32_t **words)
{
    size_t count;
    return oop_as_words(object, words, &count) && count == wanted;
}

/* 64 bytes, the first highest, and the 80 words that they become. */
prim_result prim_dsa_expand_block(struct vm *vm, const prim_call *call)
{
    uint8_t *bytes;
    uint32_t *words;
    size_t size;
    prim_result result = arg_bytes(call, 0, &bytes, &size);
    if (result != PRIM_OK)
        return result;
    if (size != BLOCK_BYTES || !words_of(prim_argument(call, 1), EXPANDED_WORDS, &words))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(prim_argument(call, 1)))
        return PRIM_NO_MODIFICATION;
    for (size_t i = 0; i < EXPANDED_WORDS; i++) {
        uint32_t word;
        memcpy(&word, bytes + 4 * (i % BLOCK_WORDS), sizeof word);
        words[i] = i < BLOCK_WORDS
                       ? __builtin_bswap32(word)
                       : rotated(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    }
    return answer_self(vm, call);
}

/* What a step mixes in of the second to fourth word, and the constant of its round. */
static uint32_t mixed(size_t step, const uint32_t *h)
{
    switch (step / ROUND_STEPS) {
    case 0:
        return ((h[1] & h[2]) | (~h[1] & h[3])) + 0x5A827999;
    case 1:
        return (h[1] ^ h[2] ^ h[3]) + 0x6ED9EBA1;
    case 2:
        return ((h[1] & h[2]) | (h[1] & h[3]) | (h[2] & h[3])) + 0x8F1BBCDC;
    default:
        return (h[1] ^ h[2] ^ h[3]) + 0xCA62C1D6;
    }
}

/* 80 words, and the state of five that they are hashed into. */
prim_result prim_dsa_hash_block(struct vm *vm, const prim_call *call)
{
    uint32_t *words;
    uint32_t *state;
    uint32_t h[STATE_WORDS];
    if (!words_of(prim_argument(call, 0), EXPANDED_WORDS, &words) ||
        !words_of(prim_argument(call, 1), STATE_WORDS, &state))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(prim_argument(call, 1)))
        return PRIM_NO_MODIFICATION;
    memcpy(h, state, sizeof h);
    for (size_t i = 0; i < EXPANDED_WORDS; i++) {
        uint32_t next = rotated(h[0], 5) + mixed(i, h) + h[4] + words[i];
        memmove(h + 1, h, (STATE_WORDS - 1) * sizeof *h);
        h[2] = rotated(h[2], 30);
        h[0] = next;
    }
    for (size_t i = 0; i < STATE_WORDS; i++)
        state[i] += h[i];
    return answer_self(vm, call);
}

prim_result prim_dsa_has_hash(struct vm *vm, const prim_call *call)
{
    return answer_boolean(vm, call, true);
}
