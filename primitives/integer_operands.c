#include "primitives/integer_operands.h"

#include <stdlib.h>

static bool is_large(oop value)
{
    if (!oop_is_object(value) || !format_is_bytes(object_format(value)))
        return false;
    uint32_t index = object_class_index(value);
    return index == CLASS_LARGE_POSITIVE_INTEGER || index == CLASS_LARGE_NEGATIVE_INTEGER;
}

bool integer_operand(oop value, struct integer_operand *operand)
{
    if (oop_is_integer(value)) {
        operand->value = big_from_int64(oop_to_integer(value), &operand->limb);
        return true;
    }
    if (!is_large(value))
        return false;
    size_t count = object_slot_count(value);
    const mp_limb_t *limbs = (const mp_limb_t *)(const void *)object_bytes(value);
    unsigned unused_bits = (object_format(value) & 7) * 8;
    if (unused_bits > 0 && count > 0 && limbs[count - 1] >> (64 - unused_bits) != 0)
        return false;
    while (count > 0 && limbs[count - 1] == 0)
        count--;
    bool negative = object_class_index(value) == CLASS_LARGE_NEGATIVE_INTEGER;
    operand->value = (struct big){limbs, (mp_size_t)count, negative && count > 0};
    return true;
}

prim_result limb_room_open(struct heap *heap, struct limb_room *room, size_t count)
{
    room->limbs = room->fixed;
    if (count <= LIMB_ROOM_FIXED)
        return PRIM_OK;
    room->limbs = NULL;
    if (count > heap->size_limit / sizeof(mp_limb_t))
        return PRIM_NO_MEMORY;
    room->limbs = malloc(count * sizeof(mp_limb_t));
    return room->limbs == NULL ? PRIM_NO_C_MEMORY : PRIM_OK;
}

void limb_room_close(struct limb_room *room)
{
    if (room->limbs != room->fixed)
        free(room->limbs);
}

oop integer_from_big(struct heap *heap, struct big value)
{
    if (value.count <= 1) {
        uint64_t magnitude = value.count == 0 ? 0 : value.limbs[0];
        uint64_t limit = (uint64_t)SMALL_INTEGER_MAX + (value.negative ? 1 : 0);
        if (magnitude <= limit)
            return oop_from_integer(value.negative ? -(int64_t)magnitude : (int64_t)magnitude);
    }
    size_t size = (size_t)((big_bit_length(value) + 7) / 8);
    return heap_integer_from_magnitude(heap, value.negative, (const uint8_t *)value.limbs, size);
}

prim_result answer_big(struct vm *vm, const prim_call *call, struct big value)
{
    return answer_new(vm, call, integer_from_big(vm_heap(vm), value));
}

prim_result two_integer_operands(const prim_call *call, struct integer_operand *receiver,
                                 struct integer_operand *argument)
{
    if (!integer_operand(call->receiver, receiver))
        return PRIM_BAD_RECEIVER;
    return integer_operand(prim_argument(call, 0), argument) ? PRIM_OK : PRIM_BAD_ARGUMENT;
}
