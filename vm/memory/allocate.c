/* Allocation by format. Nothing here moves an object. */
#include "vm/memory/cycle.h"
#include "vm/memory/old_space.h"
#include "vm/memory/populate.h"

/* Objects above this go to old space at once: copying them would cost more than it saves. */
#define LARGE_OBJECT_SLOTS ((size_t)8192)

oop heap_allocate_old(struct heap *heap, uint32_t class_index, unsigned format, size_t slot_count)
{
    if (slot_count >= (size_t)1 << 52)
        return NO_OOP;
    size_t word_count = object_size_for_slots(slot_count) / 8;
    uint64_t *start = old_allocate_words(heap, word_count, false);
    if (start == NULL)
        return NO_OOP;
    heap->statistics.allocated_size += word_count * 8;
    if (slot_count >= OVERFLOW_SLOTS)
        *start++ = (uint64_t)OVERFLOW_SLOTS << HEADER_SLOTS_SHIFT | slot_count;
    *start = header_make(class_index, format, slot_count);
    oop object = object_at_address(start);
    if (format_is_pointers(format) || format_is_code(format)) {
        /* "young is remembered": its fields will be filled without the barrier. The scavenger forgets it if need be. */
        memset(start + 1, 0, (slot_count == 0 ? 1 : slot_count) * 8);
        heap_remember(heap, object);
    }
    cycle_note_new(heap, object);
    return object;
}

oop heap_allocate_slow(struct heap *heap, uint32_t class_index, unsigned format, size_t slot_count)
{
    if (slot_count >= LARGE_OBJECT_SLOTS)
        return heap_allocate_old(heap, class_index, format, slot_count);
    size_t word_count = object_size_for_slots(slot_count) / 8;
    if (!heap->populator_tried && heap->eden_free + word_count > heap->eden_limit) {
        heap->populator_tried = true;
        heap->populator = populator_start(heap);
        heap->eden_limit = heap->eden_soft_limit;
    }
    if (heap->eden_free + word_count > heap->eden_limit) {
        heap->eden_limit = heap->eden.limit;
        heap->wants_scavenge = true;
        heap_request_poll(heap);
        if (heap->eden_free + word_count > heap->eden_limit)
            return heap_allocate_old(heap, class_index, format, slot_count);
    }
    uint64_t *start = heap->eden_free;
    heap->eden_free += word_count;
    viv_unpoison(start, word_count * 8);
    if (slot_count >= OVERFLOW_SLOTS)
        *start++ = (uint64_t)OVERFLOW_SLOTS << HEADER_SLOTS_SHIFT | slot_count;
    *start = header_make(class_index, format, slot_count);
    return object_at_address(start);
}

static void fill(oop object, oop value, size_t count)
{
    oop *slots = object_slots(object);
    for (size_t i = 0; i < count; i++)
        slots[i] = value;
}

oop heap_allocate_pointers(struct heap *heap, uint32_t class_index, unsigned format,
                           size_t slot_count)
{
    oop object = heap_allocate(heap, class_index, format, slot_count);
    if (!oop_is_none(object))
        fill(object, heap->nil, slot_count == 0 ? 1 : slot_count);
    return object;
}

/* A zeroed object of a bits format with elements of 1 << shift bytes. */
static oop allocate_bits(struct heap *heap, uint32_t class_index, unsigned format, size_t count,
                         unsigned shift)
{
    size_t per_slot = (size_t)8 >> shift;
    if (count > ((size_t)1 << 52))
        return NO_OOP;
    size_t slot_count = (count + per_slot - 1) / per_slot;
    unsigned unused = (unsigned)(slot_count * per_slot - count);
    oop object = heap_allocate(heap, class_index, format + unused, slot_count);
    if (!oop_is_none(object))
        memset(object_bytes(object), 0, (slot_count == 0 ? 1 : slot_count) * 8);
    return object;
}

oop heap_allocate_bytes(struct heap *heap, uint32_t class_index, size_t byte_count)
{
    return allocate_bits(heap, class_index, FORMAT_BYTES, byte_count, 0);
}

oop heap_allocate_words32(struct heap *heap, uint32_t class_index, size_t element_count)
{
    return allocate_bits(heap, class_index, FORMAT_WORDS32, element_count, 2);
}

oop heap_allocate_array(struct heap *heap, size_t element_count)
{
    return heap_allocate_pointers(heap, CLASS_ARRAY, FORMAT_INDEXABLE, element_count);
}

oop heap_allocate_string(struct heap *heap, const char *bytes, size_t byte_count)
{
    oop string = heap_allocate_bytes(heap, CLASS_BYTE_STRING, byte_count);
    if (!oop_is_none(string) && byte_count > 0)
        memcpy(object_bytes(string), bytes, byte_count);
    return string;
}

oop heap_instantiate(struct heap *heap, oop class, size_t indexable_count, bool *valid)
{
    *valid = true;
    uint32_t class_index = heap_class_index_for(heap, class);
    if (class_index == 0)
        return NO_OOP;
    unsigned spec = heap_class_spec(heap, class);
    size_t fixed = heap_class_fixed_count(heap, class);
    if (indexable_count >= (size_t)1 << 52)
        return NO_OOP;
    switch (spec) {
    case FORMAT_EMPTY:
    case FORMAT_FIXED:
    case FORMAT_EPHEMERON:
        if (indexable_count != 0)
            break;
        return heap_allocate_pointers(heap, class_index, spec, fixed);
    case FORMAT_INDEXABLE:
    case FORMAT_FIXED_INDEXABLE:
    case FORMAT_WEAK:
        return heap_allocate_pointers(heap, class_index, spec, fixed + indexable_count);
    case FORMAT_WORDS64:
        return allocate_bits(heap, class_index, FORMAT_WORDS64, indexable_count, 3);
    case FORMAT_WORDS32:
    case FORMAT_WORDS32 + 1:
        return allocate_bits(heap, class_index, FORMAT_WORDS32, indexable_count, 2);
    case FORMAT_WORDS16:
    case FORMAT_WORDS16 + 1:
    case FORMAT_WORDS16 + 2:
    case FORMAT_WORDS16 + 3:
        return allocate_bits(heap, class_index, FORMAT_WORDS16, indexable_count, 1);
    default:
        if (spec >= FORMAT_BYTES && spec < FORMAT_CODE)
            return allocate_bits(heap, class_index, FORMAT_BYTES, indexable_count, 0);
        break;
    }
    *valid = false;
    return NO_OOP;
}

oop heap_shallow_copy(struct heap *heap, oop object)
{
    size_t slot_count = object_slot_count(object);
    unsigned format = object_format(object);
    oop copy = heap_allocate(heap, object_class_index(object), format, slot_count);
    if (oop_is_none(copy))
        return NO_OOP;
    memcpy(object_bytes(copy), object_bytes(object), (slot_count == 0 ? 1 : slot_count) * 8);
    if (!heap_is_young(heap, copy) && (object_header(copy) & HEADER_REMEMBERED) == 0 &&
        object_pointer_count(copy) > 0)
        heap_remember(heap, copy);
    return copy;
}

/* --- numbers ---------------------------------------------------------------------------------------------------------- */

oop heap_integer_from_magnitude(struct heap *heap, bool negative, const uint8_t *bytes,
                                size_t byte_count)
{
    while (byte_count > 0 && bytes[byte_count - 1] == 0)
        byte_count--;
    if (byte_count <= 8) {
        uint64_t magnitude = 0;
        for (size_t i = byte_count; i > 0; i--)
            magnitude = magnitude << 8 | bytes[i - 1];
        uint64_t most = (uint64_t)dialect_integer_max(heap->dialect);
        if (!negative && magnitude <= most)
            return oop_from_integer((int64_t)magnitude);
        if (negative && magnitude <= most + 1)
            return oop_from_integer(-(int64_t)magnitude);
    }
    uint32_t class_index = negative ? CLASS_LARGE_NEGATIVE_INTEGER : CLASS_LARGE_POSITIVE_INTEGER;
    oop integer = heap_allocate_bytes(heap, class_index, byte_count);
    if (!oop_is_none(integer))
        memcpy(object_bytes(integer), bytes, byte_count);
    return integer;
}

oop heap_unsigned(struct heap *heap, uint64_t value)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    return heap_integer_from_magnitude(heap, false, bytes, sizeof bytes);
}

oop heap_integer(struct heap *heap, int64_t value)
{
    if (dialect_integer_fits(heap->dialect, value))
        return oop_from_integer(value);
    uint64_t magnitude = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(magnitude >> (8 * i));
    return heap_integer_from_magnitude(heap, value < 0, bytes, sizeof bytes);
}

oop heap_float(struct heap *heap, double value)
{
    if (dialect_is_spur(heap->dialect) && float_fits_oop(value))
        return oop_from_float(value);
    oop boxed = heap_allocate(heap, CLASS_BOXED_FLOAT, FORMAT_WORDS32, 1);
    if (oop_is_none(boxed))
        return boxed;
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = value != value ? FLOAT_ONLY_NAN : bits;
    memcpy(object_bytes(boxed), &bits, sizeof bits);
    return boxed;
}

oop heap_character(const struct heap *heap, uint32_t code_point)
{
    if (dialect_is_spur(heap->dialect))
        return oop_from_character(code_point);
    oop table = heap_special_or_nil(heap, SPECIAL_CHARACTER_TABLE);
    if (!oop_has_slots(table, (size_t)code_point + 1))
        return NO_OOP;
    return heap_follow(object_slot(table, code_point));
}

int64_t heap_character_code(const struct heap *heap, oop character)
{
    if (dialect_is_spur(heap->dialect))
        return oop_is_character(character) ? (int64_t)oop_to_character(character) : -1;
    oop class = heap_special_or_nil(heap, SPECIAL_CLASS_CHARACTER);
    if (!oop_has_slots(character, 1) || !oop_same(heap_class_of(heap, character), class))
        return -1;
    oop code = object_slot(character, 0);
    bool good =
        oop_is_integer(code) && oop_to_integer(code) >= 0 && oop_to_integer(code) <= 0x3FFFFFFF;
    return good ? oop_to_integer(code) : -1;
}
