/* The numbers of older dialects over the standard table, and the stream primitives that only those have. */
#include "primitives/elements.h"
#include "primitives/functions.h"
#include "primitives/st80.h"
#include "primitives/table.h"

prim_function prim_stream_next, prim_stream_next_put, prim_stream_at_end;

#define ROW(number, function, argument_count, usage, sentence)                                     \
    {(number), NULL, #function, (argument_count), function, NULL, (usage), (sentence)},
#define NO_ROW(number, function, argument_count, usage, sentence)

static const struct primitive rows_of_any[] = {
#define ANY ROW
#define BLOCKS NO_ROW
#include "primitives/older.def"
#undef ANY
#undef BLOCKS
};

static const struct primitive rows_with_blocks[] = {
#define ANY NO_ROW
#define BLOCKS ROW
#include "primitives/older.def"
#undef ANY
#undef BLOCKS
};

#define TABLE_OF(rows)                                                                             \
    {                                                                                              \
        (rows), sizeof(rows) / sizeof(rows)[0]                                                     \
    }

static const struct primitive_table of_any = TABLE_OF(rows_of_any);
static const struct primitive_table with_blocks = TABLE_OF(rows_with_blocks);

void viv_adapt_primitives(struct vm *vm)
{
    const struct heap *heap = vm_heap(vm);
    if (heap->dialect == DIALECT_ST80)
        vm_use_numbered(vm, st80_primitive_table());
    if (heap->dialect != DIALECT_V3)
        return;
    vm_use_numbered(vm, &of_any);
    if (oop_same(heap_class_at(heap, CLASS_BLOCK_CLOSURE), heap->nil))
        vm_use_numbered(vm, &with_blocks);
}

/* --- streams: collection, position, limit for reading, limit for writing ------------------------------------------------ */

enum { STREAM_COLLECTION, STREAM_POSITION, STREAM_READ_LIMIT, STREAM_WRITE_LIMIT };

/* A collection whose at: is that of its class: one below String or Array may have its own. */
static bool is_plain(const struct elements *elements)
{
    uint32_t class_index = object_class_index(elements->object);
    return class_index == CLASS_ARRAY || class_index == CLASS_BYTE_STRING ||
           class_index == CLASS_BYTE_ARRAY;
}

/* The place behind the position, below a limit and inside the collection. */
static prim_result next_place(struct vm *vm, const prim_call *call, size_t limit_slot,
                              struct elements *elements, size_t *index)
{
    if (!oop_has_slots(call->receiver, limit_slot + 1))
        return PRIM_BAD_RECEIVER;
    oop position = object_slot(call->receiver, STREAM_POSITION);
    oop limit = object_slot(call->receiver, limit_slot);
    if (!oop_is_integer(position) || !oop_is_integer(limit) || oop_to_integer(position) < 0 ||
        oop_to_integer(position) >= oop_to_integer(limit) ||
        !elements_of(vm, heap_follow(object_slot(call->receiver, STREAM_COLLECTION)), elements) ||
        !is_plain(elements))
        return PRIM_BAD_RECEIVER;
    *index = (size_t)oop_to_integer(position);
    return *index < elements->count ? PRIM_OK : PRIM_BAD_INDEX;
}

static bool holds_characters(const struct elements *elements)
{
    return object_class_index(elements->object) == CLASS_BYTE_STRING;
}

static void advance(const prim_call *call, size_t index)
{
    object_slot_init(call->receiver, STREAM_POSITION, oop_from_integer((int64_t)index + 1));
}

prim_result prim_stream_next(struct vm *vm, const prim_call *call)
{
    struct elements elements;
    size_t index;
    prim_result result = next_place(vm, call, STREAM_READ_LIMIT, &elements, &index);
    if (result != PRIM_OK)
        return result;
    oop element = element_get(vm, &elements, index);
    if (!oop_is_none(element) && holds_characters(&elements))
        element = heap_character(vm_heap(vm), (uint32_t)oop_to_integer(element));
    if (oop_is_none(element))
        return PRIM_NO_MEMORY;
    advance(call, index);
    return answer(vm, call, element);
}

prim_result prim_stream_next_put(struct vm *vm, const prim_call *call)
{
    struct elements elements;
    size_t index;
    oop value = prim_argument(call, 0);
    oop stored = value;
    prim_result result = next_place(vm, call, STREAM_WRITE_LIMIT, &elements, &index);
    if (result != PRIM_OK)
        return result;
    if (object_is_immutable(elements.object))
        return PRIM_NO_MODIFICATION;
    if (holds_characters(&elements)) {
        int64_t code = heap_character_code(vm_heap(vm), value);
        if (code < 0)
            return PRIM_BAD_ARGUMENT;
        stored = oop_from_integer(code);
    }
    result = element_put(vm, &elements, index, stored);
    if (result != PRIM_OK)
        return result;
    advance(call, index);
    return answer(vm, call, value);
}

prim_result prim_stream_at_end(struct vm *vm, const prim_call *call)
{
    if (!oop_has_slots(call->receiver, STREAM_READ_LIMIT + 1))
        return PRIM_BAD_RECEIVER;
    oop position = object_slot(call->receiver, STREAM_POSITION);
    oop limit = object_slot(call->receiver, STREAM_READ_LIMIT);
    if (!oop_is_integer(position) || !oop_is_integer(limit))
        return PRIM_BAD_RECEIVER;
    return answer_boolean(vm, call, oop_to_integer(position) >= oop_to_integer(limit));
}
