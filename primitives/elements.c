#include "primitives/elements.h"

bool elements_of(struct vm *vm, oop object, struct elements *elements)
{
    if (!oop_is_object(object) || object_is_context(object))
        return false;
    unsigned format = object_format(object);
    *elements = (struct elements){object, format, 0, 0, 0};
    if (format_is_pointers(format)) {
        if (format < FORMAT_INDEXABLE || format == FORMAT_EPHEMERON)
            return false;
        elements->fixed =
            format == FORMAT_INDEXABLE ? 0 : heap_fixed_slot_count(vm_heap(vm), object);
        elements->count = object_slot_count(object) - elements->fixed;
        return true;
    }
    if (format < FORMAT_WORDS64)
        return false;
    if (format_is_code(format))
        elements->skipped =
            (8 - dialect_literal_size(vm_heap(vm)->dialect)) * (1 + code_literal_count(object));
    elements->count = object_byte_count(object) - elements->skipped;
    return true;
}

oop element_get(struct vm *vm, const struct elements *elements, size_t index)
{
    const uint8_t *bytes = object_bytes(elements->object) + elements->skipped;
    if (format_is_pointers(elements->format))
        return object_slot(elements->object, elements->fixed + index);
    if (elements->format >= FORMAT_BYTES)
        return oop_from_integer(bytes[index]);
    if (elements->format >= FORMAT_WORDS16) {
        uint16_t value;
        memcpy(&value, bytes + 2 * index, sizeof value);
        return oop_from_integer(value);
    }
    if (elements->format >= FORMAT_WORDS32) {
        uint32_t value;
        memcpy(&value, bytes + 4 * index, sizeof value);
        return oop_from_integer(value);
    }
    uint64_t value;
    memcpy(&value, bytes + 8 * index, sizeof value);
    return heap_unsigned(vm_heap(vm), value);
}

bool element_is_writable(const struct elements *elements, size_t index)
{
    return !format_is_code(elements->format) ||
           index + elements->skipped >= 8 * (1 + code_literal_count(elements->object));
}

prim_result element_put(struct vm *vm, const struct elements *elements, size_t index, oop value)
{
    uint8_t *bytes = object_bytes(elements->object) + elements->skipped;
    uint64_t number;
    if (format_is_pointers(elements->format)) {
        heap_store(vm_heap(vm), elements->object, elements->fixed + index, value);
        return PRIM_OK;
    }
    if (!oop_as_uint64(vm, value, &number))
        return PRIM_BAD_ARGUMENT;
    if (elements->format >= FORMAT_BYTES) {
        if (number > UINT8_MAX)
            return PRIM_BAD_ARGUMENT;
        if (!element_is_writable(elements, index))
            return PRIM_BAD_INDEX;
        bytes[index] = (uint8_t)number;
    } else if (elements->format >= FORMAT_WORDS16) {
        if (number > UINT16_MAX)
            return PRIM_BAD_ARGUMENT;
        uint16_t half = (uint16_t)number;
        memcpy(bytes + 2 * index, &half, sizeof half);
    } else if (elements->format >= FORMAT_WORDS32) {
        if (number > UINT32_MAX)
            return PRIM_BAD_ARGUMENT;
        uint32_t word = (uint32_t)number;
        memcpy(bytes + 4 * index, &word, sizeof word);
    } else {
        memcpy(bytes + 8 * index, &number, sizeof number);
    }
    return PRIM_OK;
}
