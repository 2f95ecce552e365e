/*
 * VivariumStrings: a byte string cut into pieces, and byte strings put together with another between them.
 */
#include "primitives/functions.h"

enum { MAP_SIZE = 256 };

/* Where the next piece begins and ends, from start on; false when there is none. */
static bool next_piece(const uint8_t *bytes, size_t size, const uint8_t *separators, size_t *start,
                       size_t *limit)
{
    while (*start < size && separators[bytes[*start]] != 0)
        ++*start;
    *limit = *start;
    while (*limit < size && separators[bytes[*limit]] == 0)
        ++*limit;
    return *limit > *start;
}

/* Byte string, map of 256 bytes: an Array of the pieces between bytes for which the map is not zero; none is empty. */
prim_result prim_substrings(struct vm *vm, const prim_call *call)
{
    struct heap *heap = vm_heap(vm);
    uint8_t *map;
    size_t map_size;
    if (!oop_is_bytes(call->receiver))
        return PRIM_BAD_RECEIVER;
    prim_result result = arg_bytes(call, 0, &map, &map_size);
    if (result != PRIM_OK)
        return result;
    if (map_size != MAP_SIZE)
        return PRIM_BAD_ARGUMENT;
    const uint8_t *bytes = object_bytes(call->receiver);
    size_t size = object_byte_count(call->receiver);
    size_t count = 0;
    size_t limit = 0;
    for (size_t start = 0; next_piece(bytes, size, map, &start, &limit); start = limit)
        count++;
    oop array = heap_allocate_array(heap, count);
    if (oop_is_none(array))
        return PRIM_NO_MEMORY;
    size_t index = 0;
    for (size_t start = 0; next_piece(bytes, size, map, &start, &limit); start = limit) {
        oop piece = heap_allocate_string(heap, (const char *)bytes + start, limit - start);
        if (oop_is_none(piece))
            return PRIM_NO_MEMORY;
        heap_store(heap, array, index++, piece);
    }
    return answer(vm, call, array);
}

/* The size of the whole; false when an element is no ByteString. */
static bool joined_size(oop array, size_t between_size, size_t *size)
{
    size_t count = object_slot_count(array);
    *size = count > 1 ? (count - 1) * between_size : 0;
    for (size_t i = 0; i < count; i++) {
        oop element = heap_follow(object_slot(array, i));
        if (oop_class_index(element) != CLASS_BYTE_STRING)
            return false;
        *size += object_byte_count(element);
    }
    return true;
}

/* ByteString, Array of ByteStrings: one ByteString of them all, with the receiver between. */
prim_result prim_join_strings(struct vm *vm, const prim_call *call)
{
    oop between = call->receiver;
    oop array = heap_follow(prim_argument(call, 0));
    size_t size;
    if (oop_class_index(between) != CLASS_BYTE_STRING)
        return PRIM_BAD_RECEIVER;
    if (oop_class_index(array) != CLASS_ARRAY ||
        !joined_size(array, object_byte_count(between), &size))
        return PRIM_BAD_ARGUMENT;
    oop string = heap_allocate_bytes(vm_heap(vm), CLASS_BYTE_STRING, size);
    if (oop_is_none(string))
        return PRIM_NO_MEMORY;
    uint8_t *at = object_bytes(string);
    for (size_t i = 0; i < object_slot_count(array); i++) {
        if (i > 0) {
            memcpy(at, object_bytes(between), object_byte_count(between));
            at += object_byte_count(between);
        }
        oop element = heap_follow(object_slot(array, i));
        memcpy(at, object_bytes(element), object_byte_count(element));
        at += object_byte_count(element);
    }
    return answer(vm, call, string);
}
