#include "primitives/text_objects.h"

#include "vm/base/utf8.h"

bool text_of(oop object, struct text *text)
{
    if (!oop_is_object(object))
        return false;
    unsigned format = object_format(object);
    *text = (struct text){NULL, NULL, object_byte_count(object)};
    if (format_is_bytes(format)) {
        text->bytes = object_bytes(object);
        return true;
    }
    if (!format_is_words32(format))
        return false;
    text->words = (const uint32_t *)(const void *)object_bytes(object);
    text->count = format_element_count(format, object_slot_count(object));
    return true;
}

bool text_is_string(const struct heap *heap, oop object)
{
    if (!oop_is_object(object))
        return false;
    if (object_class_index(object) == CLASS_BYTE_STRING)
        return true;
    return oop_same(heap_class_of(heap, object),
                    heap_special_or_nil(heap, SPECIAL_CLASS_WIDE_STRING));
}

/* An uninitialised wide string. */
static oop new_wide(struct heap *heap, size_t count)
{
    oop class = heap_special_or_nil(heap, SPECIAL_CLASS_WIDE_STRING);
    bool valid = false;
    if (oop_same(class, heap->nil))
        return NO_OOP;
    oop string = heap_instantiate(heap, class, count, &valid);
    if (!valid || oop_is_none(string) || !format_is_words32(object_format(string)))
        return NO_OOP;
    return string;
}

oop text_new_string(struct heap *heap, const uint32_t *code_points, size_t count)
{
    uint32_t all = 0;
    for (size_t i = 0; i < count; i++)
        all |= code_points[i];
    if (all < 256) {
        oop bytes = heap_allocate_bytes(heap, CLASS_BYTE_STRING, count);
        for (size_t i = 0; !oop_is_none(bytes) && i < count; i++)
            object_bytes(bytes)[i] = (uint8_t)code_points[i];
        return bytes;
    }
    oop wide = new_wide(heap, count);
    if (!oop_is_none(wide) && count > 0)
        memcpy(object_bytes(wide), code_points, count * sizeof *code_points);
    return wide;
}

/* Takes one code point, or one byte where there is no well-formed one. */
static uint32_t take_code_point(const char **bytes, size_t *left)
{
    uint32_t code_point;
    size_t size = utf8_decode(*bytes, *left, &code_point);
    if (size == 0) {
        code_point = (uint8_t) * *bytes;
        size = 1;
    }
    *bytes += size;
    *left -= size;
    return code_point;
}

oop text_new_string_from_utf8(struct heap *heap, const char *bytes, size_t size)
{
    size_t count = 0;
    uint32_t all = 0;
    const char *from = bytes;
    for (size_t left = size; left > 0; count++)
        all |= take_code_point(&from, &left);
    oop string =
        all < 256 ? heap_allocate_bytes(heap, CLASS_BYTE_STRING, count) : new_wide(heap, count);
    if (oop_is_none(string))
        return NO_OOP;
    uint8_t *narrow = object_bytes(string);
    uint32_t *wide = (uint32_t *)(void *)narrow;
    from = bytes;
    for (size_t i = 0; i < count; i++) {
        uint32_t code_point = take_code_point(&from, &size);
        if (all < 256)
            narrow[i] = (uint8_t)code_point;
        else
            wide[i] = code_point;
    }
    return string;
}
