/*
 * VivariumStreams: what is written on streams. The receiver has the slots of WriteStream (image/packages): collection, position,
 * readLimit and writeLimit. Only what cannot mean anything else is done here: where strings, arrays or byte arrays are written on
 * their like, and there is room. For everything else the image has code.
 */
#include "primitives/functions.h"

#include <string.h>

enum { STREAM_COLLECTION, STREAM_POSITION, STREAM_READ_LIMIT, STREAM_WRITE_LIMIT };

/* Whether part is a ByteString, an Array or a ByteArray like the collection; a symbol has characters as a ByteString does. */
static bool is_alike(const struct heap *heap, oop collection, oop part)
{
    if (!oop_is_object(collection) || !oop_is_object(part))
        return false;
    uint32_t class = object_class_index(collection);
    if (class == object_class_index(part))
        return class == CLASS_BYTE_STRING || class == CLASS_ARRAY || class == CLASS_BYTE_ARRAY;
    oop symbol = heap_special(heap, SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND);
    return class == CLASS_BYTE_STRING && object_class_index(part) == oop_class_index(symbol);
}

static void put_elements(struct heap *heap, oop to, size_t position, oop from, size_t size)
{
    if (object_class_index(to) != CLASS_ARRAY) {
        memmove(object_bytes(to) + position, object_bytes(from), size);
        return;
    }
    for (size_t i = 0; i < size; i++)
        heap_store(heap, to, position + i, object_slot(from, i));
}

/* The part to write. Fails with a limit exceeded where the collection must grow. */
prim_result prim_stream_next_put_all(struct vm *vm, const prim_call *call)
{
    struct heap *heap = vm_heap(vm);
    oop stream = call->receiver;
    oop part = prim_argument(call, 0);
    if (!oop_has_slots(stream, STREAM_WRITE_LIMIT + 1))
        return PRIM_BAD_RECEIVER;
    oop collection = object_slot(stream, STREAM_COLLECTION);
    oop position = object_slot(stream, STREAM_POSITION);
    oop limit = object_slot(stream, STREAM_WRITE_LIMIT);
    if (!is_alike(heap, collection, part))
        return PRIM_BAD_ARGUMENT;
    if (!oop_is_integer(position) || !oop_is_integer(limit) || oop_to_integer(position) < 0)
        return PRIM_BAD_RECEIVER;
    size_t size = object_byte_count(part); /* of an Array its slots */
    size_t start = (size_t)oop_to_integer(position);
    if ((int64_t)(start + size) > oop_to_integer(limit) ||
        start + size > object_byte_count(collection))
        return PRIM_LIMIT_EXCEEDED;
    if (object_is_immutable(stream) || object_is_immutable(collection))
        return PRIM_NO_MODIFICATION;
    put_elements(heap, collection, start, part, size);
    object_slot_init(stream, STREAM_POSITION, oop_from_integer((int64_t)(start + size)));
    return answer(vm, call, part);
}
