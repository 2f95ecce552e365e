#include "tools/viv/image_objects.h"

#include "image/format/reader.h"
#include "vm/base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where classes keep their names: systems agree on the place up to a few slots. */
enum { NAME_SLOT_FIRST = 3, NAME_SLOT_LIMIT = 12, STATE_SOURCE = 2 };

/* What has two variables may be a binding, whose key is a text; longer texts do not tell one object from another. */
enum { LABELLED_SLOT_COUNT = 2, LABEL_SIZE_MAX = 64 };

struct heap *image_objects_open(const char *path, struct status *status)
{
    struct heap *heap = malloc(sizeof *heap);
    struct heap_options options = {.base_address = 0};
    struct image_header header;
    if (heap == NULL) {
        status_fail(status, STATUS_MEMORY, "%s: no memory to read it", path);
        return NULL;
    }
    if (image_read(heap, &options, path, IMAGE_TRUST_NOTHING, &header, status))
        return heap;
    free(heap);
    return NULL;
}

void image_objects_close(struct heap *heap)
{
    heap_close(heap);
    free(heap);
}

static bool is_class_name(oop value)
{
    if (!oop_is_object(value) || !format_is_bytes(object_format(value)))
        return false;
    size_t size = object_byte_count(value);
    return size > 0 && size < CLASS_NAME_SIZE - sizeof " class" && object_bytes(value)[0] >= 'A' &&
           object_bytes(value)[0] <= 'Z';
}

static bool own_name(oop class, char name[CLASS_NAME_SIZE])
{
    if (!oop_has_slots(class, 0))
        return false;
    size_t limit = object_slot_count(class);
    for (size_t i = NAME_SLOT_FIRST; i < limit && i < NAME_SLOT_LIMIT; i++) {
        oop value = object_slot(class, i);
        if (!is_class_name(value))
            continue;
        snprintf(name, CLASS_NAME_SIZE, "%.*s", (int)object_byte_count(value),
                 (const char *)object_bytes(value));
        return true;
    }
    return false;
}

bool class_name(struct heap *heap, oop class, char name[CLASS_NAME_SIZE])
{
    if (own_name(class, name))
        return true;
    if (!oop_is_object(class) || !format_is_pointers(object_format(class)))
        return false;
    /* A metaclass refers to its only instance. */
    size_t limit = object_slot_count(class);
    for (size_t i = NAME_SLOT_FIRST; i < limit && i < NAME_SLOT_LIMIT; i++) {
        oop value = object_slot(class, i);
        if (!oop_is_object(value) || !oop_same(heap_class_of(heap, value), class) ||
            !own_name(value, name))
            continue;
        size_t size = strlen(name);
        snprintf(name + size, CLASS_NAME_SIZE - size, " class");
        return true;
    }
    return false;
}

void class_name_at(struct heap *heap, uint32_t class_index, char name[CLASS_NAME_SIZE])
{
    if (!class_name(heap, heap_class_at(heap, class_index), name))
        snprintf(name, CLASS_NAME_SIZE, "class %" PRIu32, class_index);
}

void object_label(struct heap *heap, oop object, char label[CLASS_NAME_SIZE])
{
    size_t size;
    label[0] = 0;
    unsigned format = object_format(object);
    if (format == FORMAT_FIXED && object_slot_count(object) == LABELLED_SLOT_COUNT)
        object = object_slot(object, SLOT_ASSOCIATION_KEY);
    else if (is_class(heap, object, label))
        return;
    if (!oop_is_object(object) || object_slot_count(object) * sizeof(uint64_t) > LABEL_SIZE_MAX)
        return;
    char *text = string_text(object, &size);
    for (size_t i = 0; text != NULL && i < size; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
            size = 0;
    if (text != NULL && size > 0 && size < CLASS_NAME_SIZE)
        snprintf(label, CLASS_NAME_SIZE, "%s", text);
    free(text);
}

bool has_class_format(oop object)
{
    return oop_has_slots(object, SLOT_BEHAVIOR_FORMAT + 1) &&
           oop_is_integer(object_slot(object, SLOT_BEHAVIOR_FORMAT));
}

bool is_class(struct heap *heap, oop object, char name[CLASS_NAME_SIZE])
{
    if (!has_class_format(object))
        return false;
    oop methods = object_slot(object, SLOT_BEHAVIOR_METHOD_DICTIONARY);
    return oop_has_slots(methods, SLOT_METHOD_DICTIONARY_KEYS) &&
           oop_has_slots(object_slot(methods, SLOT_METHOD_DICTIONARY_VALUES), 0) &&
           class_name(heap, object, name);
}

bool class_next_method(oop class, size_t *position, struct image_method *method)
{
    oop methods = object_slot(class, SLOT_BEHAVIOR_METHOD_DICTIONARY);
    oop values = object_slot(methods, SLOT_METHOD_DICTIONARY_VALUES);
    size_t limit = object_slot_count(methods) - SLOT_METHOD_DICTIONARY_KEYS;
    if (limit > object_slot_count(values))
        limit = object_slot_count(values);
    while (*position < limit) {
        size_t i = (*position)++;
        oop code = object_slot(values, i);
        if (!oop_is_object(code) || !format_is_code(object_format(code)))
            continue;
        *method = (struct image_method){
            .selector = object_slot(methods, SLOT_METHOD_DICTIONARY_KEYS + i),
            .code = code,
        };
        return true;
    }
    return false;
}

char *string_text(oop string, size_t *size)
{
    *size = 0;
    if (!oop_is_object(string))
        return NULL;
    unsigned format = object_format(string);
    bool wide = format_is_words32(format);
    if (!wide && !format_is_bytes(format))
        return NULL;
    size_t count =
        wide ? format_element_count(format, object_slot_count(string)) : object_byte_count(string);
    char *text = malloc(count * UTF8_MAX_SIZE + 1);
    if (text == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        uint32_t code_point = object_bytes(string)[wide ? 4 * i : i];
        if (wide)
            memcpy(&code_point, object_bytes(string) + 4 * i, sizeof code_point);
        size_t written = utf8_encode(code_point == '\r' ? '\n' : code_point, text + *size);
        *size += written > 0 ? written : utf8_encode('?', text + *size);
    }
    text[*size] = 0;
    return text;
}

oop method_source(struct heap *heap, oop method)
{
    char name[CLASS_NAME_SIZE];
    size_t count = code_literal_count(method);
    oop state = count < 2 ? NO_OOP : object_slot(method, count - 1);
    if (!oop_is_object(state) || !format_is_pointers(object_format(state)) ||
        object_slot_count(state) <= STATE_SOURCE ||
        !class_name(heap, heap_class_of(heap, state), name) ||
        strcmp(name, "AdditionalMethodState") != 0)
        return NO_OOP;
    oop source = object_slot(state, STATE_SOURCE);
    return oop_is_object(source) && (format_is_bytes(object_format(source)) ||
                                     format_is_words32(object_format(source)))
               ? source
               : NO_OOP;
}
