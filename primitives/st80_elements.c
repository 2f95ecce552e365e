/*
 * Elements as Smalltalk-80 sees them: bytes and words of 16 bits as integers, pointers behind the fixed slots. The bytes of a
 * method are counted with its header and literals, of two bytes each, which cannot be read this way. Streams on Arrays and
 * Strings.
 */
#include "primitives/st80.h"

struct range {
    oop object;
    unsigned format; /* nothing in its low bits */
    size_t first;    /* slot or byte of the first element; below it, elements that cannot be read */
    size_t hidden;   /* elements that are counted, and cannot be read */
    size_t count;
};

enum { STREAM_COLLECTION, STREAM_POSITION, STREAM_READ_LIMIT, STREAM_WRITE_LIMIT };

/* False for immediates, and for contexts, whose slots may be in a frame. */
static bool range_of(struct vm *vm, oop object, struct range *range)
{
    if (!oop_is_object(object) || object_is_context(object))
        return false;
    unsigned format = object_format(object);
    *range = (struct range){object, format, 0, 0, 0};
    if (format_is_pointers(format)) {
        struct heap *heap = vm_heap(vm);
        size_t slots = object_slot_count(object);
        if (!st80_is_class(heap_class_of(heap, object)))
            return false;
        size_t fixed = heap_fixed_slot_count(heap, object);
        if (fixed > slots)
            return false;
        range->format = FORMAT_INDEXABLE;
        range->first = fixed;
        range->count = slots - fixed;
    } else if (format_is_code(format)) {
        size_t pointers = 1 + code_literal_count(object);
        range->format = FORMAT_BYTES;
        range->hidden = pointers * dialect_literal_size(DIALECT_ST80);
        range->first = pointers * sizeof(uint64_t);
        range->count = range->hidden + object_byte_count(object) - range->first;
    } else if (format_is_bytes(format)) {
        range->format = FORMAT_BYTES;
        range->count = object_byte_count(object);
    } else if (format >= FORMAT_WORDS16) {
        range->format = FORMAT_WORDS16;
        range->count = object_byte_count(object);
    } else {
        return false;
    }
    return true;
}

/* The zero-based index of an element that can be read. */
static prim_result range_index(const struct range *range, oop one_based, size_t *index)
{
    int64_t number;
    if (!st80_as_word(one_based, &number))
        return PRIM_BAD_INDEX;
    if (number < 1 || (size_t)number > range->count || (size_t)number <= range->hidden)
        return PRIM_BAD_INDEX;
    *index = (size_t)number - 1 - range->hidden;
    return PRIM_OK;
}

/* --- contexts --------------------------------------------------------------------------------------------------------------- */

/* Slots of the frame as the image has asked for them; Spur's has more. */
static size_t frame_size(oop context)
{
    return object_slot_count(context) <= SLOT_CONTEXT_FRAME + CONTEXT_SMALL_FRAME
               ? ST80_SMALL_FRAME
               : ST80_LARGE_FRAME;
}

/* The zero-based index of a slot of a context's frame. */
static bool context_index(const prim_call *call, size_t *index)
{
    int64_t number;
    if (!st80_as_word(prim_argument(call, 0), &number) || number < 1 ||
        (size_t)number > object_slot_count(call->receiver) - SLOT_CONTEXT_FRAME)
        return false;
    *index = (size_t)number - 1;
    return true;
}

/* Whether a frame runs a context: then it has nothing above its stack, and nothing may be put there. */
static bool is_running(oop context)
{
    return oop_is_integer(object_slot(context, SLOT_CONTEXT_SENDER));
}

static prim_result context_at(struct vm *vm, const prim_call *call)
{
    size_t index;
    oop context = call->receiver;
    if (!context_index(call, &index))
        return PRIM_BAD_INDEX;
    if (index < vm_context_count(vm, context))
        return answer(vm, call, heap_follow(vm_context_at(vm, context, index)));
    if (is_running(context))
        return answer_nil(vm, call);
    return answer(vm, call, heap_follow(object_slot(context, SLOT_CONTEXT_FRAME + index)));
}

static prim_result context_at_put(struct vm *vm, const prim_call *call)
{
    size_t index;
    oop context = call->receiver;
    oop value = prim_argument(call, 1);
    if (!context_index(call, &index))
        return PRIM_BAD_INDEX;
    if (index < vm_context_count(vm, context))
        vm_context_put(vm, context, index, value);
    else if (is_running(context))
        return PRIM_BAD_INDEX;
    else
        heap_store(vm_heap(vm), context, SLOT_CONTEXT_FRAME + index, value);
    return answer(vm, call, value);
}

/* --- elements --------------------------------------------------------------------------------------------------------------- */

static uint8_t *byte_of(const struct range *range, size_t index)
{
    return object_bytes(range->object) + range->first + index;
}

static prim_result answer_element(struct vm *vm, const prim_call *call, const struct range *range,
                                  size_t index)
{
    if (range->format == FORMAT_INDEXABLE)
        return answer(vm, call, heap_follow(object_slot(range->object, range->first + index)));
    if (range->format == FORMAT_BYTES)
        return answer(vm, call, oop_from_integer(*byte_of(range, index)));
    uint16_t word;
    memcpy(&word, object_bytes(range->object) + index * sizeof word, sizeof word);
    return answer_integer(vm, call, word);
}

static prim_result put_element(struct vm *vm, const struct range *range, size_t index, oop value)
{
    int64_t number;
    if (object_is_immutable(range->object))
        return PRIM_NO_MODIFICATION;
    if (range->format == FORMAT_INDEXABLE) {
        heap_store(vm_heap(vm), range->object, range->first + index, value);
        return PRIM_OK;
    }
    if (!st80_as_word(value, &number) || (range->format == FORMAT_BYTES && number > UINT8_MAX))
        return PRIM_BAD_ARGUMENT;
    if (range->format == FORMAT_BYTES) {
        *byte_of(range, index) = (uint8_t)number;
    } else {
        uint16_t word = (uint16_t)number;
        memcpy(object_bytes(range->object) + index * sizeof word, &word, sizeof word);
    }
    return PRIM_OK;
}

prim_result prim_st80_at(struct vm *vm, const prim_call *call)
{
    struct range range;
    size_t index;
    if (oop_is_context(call->receiver))
        return context_at(vm, call);
    if (!range_of(vm, call->receiver, &range))
        return PRIM_BAD_RECEIVER;
    prim_result result = range_index(&range, prim_argument(call, 0), &index);
    return result == PRIM_OK ? answer_element(vm, call, &range, index) : result;
}

prim_result prim_st80_at_put(struct vm *vm, const prim_call *call)
{
    struct range range;
    size_t index;
    if (oop_is_context(call->receiver))
        return context_at_put(vm, call);
    if (!range_of(vm, call->receiver, &range))
        return PRIM_BAD_RECEIVER;
    prim_result result = range_index(&range, prim_argument(call, 0), &index);
    if (result == PRIM_OK)
        result = put_element(vm, &range, index, prim_argument(call, 1));
    return result == PRIM_OK ? answer(vm, call, prim_argument(call, 1)) : result;
}

/* 0 for an object without elements. */
prim_result prim_st80_size(struct vm *vm, const prim_call *call)
{
    struct range range;
    if (oop_is_context(call->receiver))
        return answer_integer(vm, call, (int64_t)frame_size(call->receiver));
    if (!range_of(vm, call->receiver, &range))
        return PRIM_BAD_RECEIVER;
    return answer_integer(vm, call, (int64_t)range.count);
}

/* --- characters ------------------------------------------------------------------------------------------------------------- */

static prim_result answer_character(struct vm *vm, const prim_call *call, unsigned byte)
{
    oop character = heap_character(vm_heap(vm), byte);
    return oop_is_none(character) ? PRIM_FAILED : answer(vm, call, character);
}

static bool string_range(struct vm *vm, oop object, struct range *range)
{
    return range_of(vm, object, range) && range->format == FORMAT_BYTES;
}

prim_result prim_st80_string_at(struct vm *vm, const prim_call *call)
{
    struct range range;
    size_t index;
    if (!string_range(vm, call->receiver, &range))
        return PRIM_BAD_RECEIVER;
    prim_result result = range_index(&range, prim_argument(call, 0), &index);
    return result == PRIM_OK ? answer_character(vm, call, *byte_of(&range, index)) : result;
}

prim_result prim_st80_string_at_put(struct vm *vm, const prim_call *call)
{
    struct range range;
    size_t index;
    uint8_t byte;
    if (!string_range(vm, call->receiver, &range))
        return PRIM_BAD_RECEIVER;
    prim_result result = range_index(&range, prim_argument(call, 0), &index);
    if (result != PRIM_OK)
        return result;
    if (!st80_character_value(vm, prim_argument(call, 1), &byte))
        return PRIM_BAD_ARGUMENT;
    result = put_element(vm, &range, index, oop_from_integer(byte));
    return result == PRIM_OK ? answer(vm, call, prim_argument(call, 1)) : result;
}

/* --- streams ---------------------------------------------------------------------------------------------------------------- */

/* What a stream is at: its collection, an Array or a String, and how many elements are before the next. */
struct place {
    struct range range;
    int64_t position;
    int64_t limit;
    bool is_string;
};

static bool read_place(struct vm *vm, oop stream, size_t limit_slot, struct place *place)
{
    if (!oop_has_slots(stream, limit_slot + 1))
        return false;
    oop collection = heap_follow(object_slot(stream, STREAM_COLLECTION));
    if (!range_of(vm, collection, &place->range))
        return false;
    uint32_t class_index = object_class_index(collection);
    place->is_string = class_index == CLASS_BYTE_STRING;
    return (place->is_string || class_index == CLASS_ARRAY) &&
           st80_as_word(object_slot(stream, STREAM_POSITION), &place->position) &&
           st80_as_word(object_slot(stream, limit_slot), &place->limit);
}

/* Whether there is an element, or room for one, behind the place; the position must stay a SmallInteger. */
static bool has_next(const struct place *place)
{
    return place->position < place->limit && (size_t)place->position < place->range.count &&
           st80_integer_fits(place->position + 1);
}

static void advance(oop stream, const struct place *place)
{
    object_slot_init(stream, STREAM_POSITION, oop_from_integer(place->position + 1));
}

prim_result prim_st80_next(struct vm *vm, const prim_call *call)
{
    struct place place;
    if (!read_place(vm, call->receiver, STREAM_READ_LIMIT, &place))
        return PRIM_BAD_RECEIVER;
    if (!has_next(&place))
        return PRIM_FAILED;
    size_t index = (size_t)place.position;
    prim_result result = place.is_string ? answer_character(vm, call, *byte_of(&place.range, index))
                                         : answer_element(vm, call, &place.range, index);
    if (result == PRIM_OK)
        advance(call->receiver, &place);
    return result;
}

prim_result prim_st80_next_put(struct vm *vm, const prim_call *call)
{
    struct place place;
    uint8_t byte = 0;
    oop value = prim_argument(call, 0);
    if (!read_place(vm, call->receiver, STREAM_WRITE_LIMIT, &place))
        return PRIM_BAD_RECEIVER;
    if (!has_next(&place))
        return PRIM_FAILED;
    if (place.is_string && !st80_character_value(vm, value, &byte))
        return PRIM_BAD_ARGUMENT;
    prim_result result = put_element(vm, &place.range, (size_t)place.position,
                                     place.is_string ? oop_from_integer(byte) : value);
    if (result != PRIM_OK)
        return result;
    advance(call->receiver, &place);
    return answer(vm, call, value);
}

prim_result prim_st80_at_end(struct vm *vm, const prim_call *call)
{
    struct place place;
    if (!read_place(vm, call->receiver, STREAM_READ_LIMIT, &place))
        return PRIM_BAD_RECEIVER;
    return answer_boolean(
        vm, call, place.position >= place.limit || (size_t)place.position >= place.range.count);
}

/* --- copying ---------------------------------------------------------------------------------------------------------------- */

static void copy_pointers(struct vm *vm, const struct range *to, size_t to_index,
                          const struct range *from, size_t from_index, size_t count)
{
    bool backwards = oop_same(to->object, from->object) && to_index > from_index;
    for (size_t i = 0; i < count; i++) {
        size_t at = backwards ? count - 1 - i : i;
        heap_store(vm_heap(vm), to->object, to->first + to_index + at,
                   object_slot(from->object, from->first + from_index + at));
    }
}

/* replaceFrom: start to: stop with: replacement startingAt: first */
prim_result prim_st80_replace(struct vm *vm, const prim_call *call)
{
    struct range to, from;
    int64_t start, stop, first;
    if (!st80_as_word(prim_argument(call, 0), &start) ||
        !st80_as_word(prim_argument(call, 1), &stop) ||
        !st80_as_word(prim_argument(call, 3), &first))
        return PRIM_BAD_ARGUMENT;
    if (!range_of(vm, call->receiver, &to) || to.hidden != 0)
        return PRIM_BAD_RECEIVER;
    if (!range_of(vm, heap_follow(prim_argument(call, 2)), &from) || from.format != to.format ||
        from.hidden != 0)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(to.object))
        return PRIM_NO_MODIFICATION;
    int64_t count = stop - start + 1;
    if (start < 1 || first < 1 || count < 0 || (size_t)stop > to.count ||
        (size_t)(first + count - 1) > from.count)
        return PRIM_BAD_INDEX;
    size_t size = to.format == FORMAT_BYTES ? 1 : sizeof(uint16_t);
    if (to.format == FORMAT_INDEXABLE)
        copy_pointers(vm, &to, (size_t)start - 1, &from, (size_t)first - 1, (size_t)count);
    else
        memmove(object_bytes(to.object) + ((size_t)start - 1) * size,
                object_bytes(from.object) + ((size_t)first - 1) * size, (size_t)count * size);
    return answer_self(vm, call);
}
