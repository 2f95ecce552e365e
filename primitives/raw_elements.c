/*
 * Signed numbers of 16 and 32 bits inside byte and word objects, whatever their own elements are: one-based indices count in
 * units of the number, in the byte order of the machine.
 */
#include "primitives/functions.h"

/* The place of an element; the receiver must hold bits. */
static prim_result element_place(const prim_call *call, size_t element_size, uint8_t **place)
{
    size_t index;
    if (!oop_is_object(call->receiver) || !format_is_bits(object_format(call->receiver)))
        return PRIM_BAD_RECEIVER;
    prim_result result =
        arg_index(call, 0, object_bits_size(call->receiver) / element_size, &index);
    if (result == PRIM_OK)
        *place = object_bytes(call->receiver) + index * element_size;
    return result;
}

/* The value to store, between limits. */
static prim_result element_value(const prim_call *call, int64_t least, int64_t most, int64_t *value)
{
    if (object_is_immutable(call->receiver))
        return PRIM_NO_MODIFICATION;
    prim_result result = arg_integer(call, 1, value);
    return result == PRIM_OK && (*value < least || *value > most) ? PRIM_BAD_ARGUMENT : result;
}

prim_result prim_short_at(struct vm *vm, const prim_call *call)
{
    uint8_t *place;
    int16_t value;
    prim_result result = element_place(call, sizeof value, &place);
    if (result != PRIM_OK)
        return result;
    memcpy(&value, place, sizeof value);
    return answer_integer(vm, call, value);
}

prim_result prim_short_at_put(struct vm *vm, const prim_call *call)
{
    uint8_t *place;
    int64_t value;
    prim_result result = element_place(call, sizeof(int16_t), &place);
    if (result == PRIM_OK)
        result = element_value(call, INT16_MIN, INT16_MAX, &value);
    if (result != PRIM_OK)
        return result;
    memcpy(place, &(int16_t){(int16_t)value}, sizeof(int16_t));
    return answer_integer(vm, call, value);
}

prim_result prim_integer_at(struct vm *vm, const prim_call *call)
{
    uint8_t *place;
    int32_t value;
    prim_result result = element_place(call, sizeof value, &place);
    if (result != PRIM_OK)
        return result;
    memcpy(&value, place, sizeof value);
    return answer_integer(vm, call, value);
}

prim_result prim_integer_at_put(struct vm *vm, const prim_call *call)
{
    uint8_t *place;
    int64_t value;
    prim_result result = element_place(call, sizeof(int32_t), &place);
    if (result == PRIM_OK)
        result = element_value(call, INT32_MIN, INT32_MAX, &value);
    if (result != PRIM_OK)
        return result;
    memcpy(place, &(int32_t){(int32_t)value}, sizeof(int32_t));
    return answer_integer(vm, call, value);
}
