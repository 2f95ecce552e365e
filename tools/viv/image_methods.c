#include "tools/viv/image_methods.h"

#include <stdlib.h>
#include <string.h>

/* Literals inside literals are compared so deep; what lies deeper counts as the same when its class is. */
enum { LITERAL_DEPTH = 4 };

/* So many values of the literals of one method are compared: arrays inside arrays can be more than any time allows. */
#define LITERAL_VALUES_MAX ((size_t)1 << 20)

/* The literals of a method of which each image has its own: the class it is in, and its selector or what else is known of it. */
enum { OWN_LITERALS = 2 };

static int by_selector(const void *one, const void *other)
{
    const struct named_method *a = one;
    const struct named_method *b = other;
    return strcmp(a->selector, b->selector);
}

bool method_list_find(struct method_list *list, oop class)
{
    struct image_method method;
    size_t position = 0;
    size_t count = 0;
    size_t size;
    *list = (struct method_list){NULL, 0};
    while (class_next_method(class, &position, &method))
        count++;
    list->items = calloc(count + 1, sizeof *list->items);
    position = 0;
    while (list->items != NULL && class_next_method(class, &position, &method)) {
        char *selector = string_text(method.selector, &size);
        if (selector != NULL)
            list->items[list->count++] = (struct named_method){selector, method};
    }
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, by_selector);
    return list->items != NULL;
}

void method_list_free(struct method_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].selector);
    free(list->items);
    *list = (struct method_list){NULL, 0};
}

/* --- comparing -------------------------------------------------------------------------------------------------------------- */

struct comparison {
    struct heap *heap;
    struct heap *other_heap;
    size_t values_left;
};

static bool same_bytes(oop one, oop other)
{
    size_t size = object_byte_count(one);
    return object_format(one) == object_format(other) && size == object_byte_count(other) &&
           memcmp(object_bytes(one), object_bytes(other), size) == 0;
}

/* Where bytecodes end. What says where the text is, is not part of what the code does. */
static size_t bytecodes_end(oop code)
{
    size_t first = object_pointer_count(code) * 8;
    size_t end = object_byte_count(code);
    uint64_t pointer;
    if (end <= first)
        return first;
    size_t trailer = source_pointer(code, &pointer);
    return end - first > trailer ? end - trailer : first;
}

static bool same_classes(struct comparison *comparison, oop one, oop other)
{
    char name[CLASS_NAME_SIZE];
    char other_name[CLASS_NAME_SIZE];
    bool named = class_name(comparison->heap, one, name);
    return named == class_name(comparison->other_heap, other, other_name) &&
           (!named || strcmp(name, other_name) == 0);
}

/* Bindings of variables are the same when their names are: their values come and go. */
static bool is_binding(oop object)
{
    return object_format(object) == FORMAT_FIXED && object_slot_count(object) >= 2 &&
           oop_is_object(object_slot(object, SLOT_ASSOCIATION_KEY)) &&
           format_is_bytes(object_format(object_slot(object, SLOT_ASSOCIATION_KEY)));
}

static bool same_value(struct comparison *comparison, oop one, oop other, int depth);

/* Code inside code refers to what it is in by its last literal. */
static bool same_code(struct comparison *comparison, oop one, oop other, size_t own_literals,
                      int depth)
{
    size_t count = code_literal_count(one);
    size_t first = (count + 1) * 8;
    size_t size = bytecodes_end(one) - first;
    if (code_header(one) != code_header(other) || bytecodes_end(other) - first != size ||
        memcmp(object_bytes(one) + first, object_bytes(other) + first, size) != 0)
        return false;
    for (size_t i = 1; i + own_literals <= count; i++)
        if (!same_value(comparison, object_slot(one, i), object_slot(other, i), depth))
            return false;
    return true;
}

static bool same_slots(struct comparison *comparison, oop one, oop other, int depth)
{
    size_t count = object_slot_count(one);
    char name[CLASS_NAME_SIZE];
    if (class_name(comparison->heap, one, name))
        return same_classes(comparison, one, other);
    if (is_binding(one) && is_binding(other))
        count = 1;
    else if (count != object_slot_count(other))
        return false;
    for (size_t i = 0; i < count && comparison->values_left > 0; i++)
        if (!same_value(comparison, object_slot(one, i), object_slot(other, i), depth - 1))
            return false;
    return true;
}

static bool same_value(struct comparison *comparison, oop one, oop other, int depth)
{
    if (!oop_is_object(one) || !oop_is_object(other))
        return oop_same(one, other);
    if (object_format(one) != object_format(other) ||
        !same_classes(comparison, heap_class_of(comparison->heap, one),
                      heap_class_of(comparison->other_heap, other)))
        return false;
    if (depth == 0 || comparison->values_left == 0)
        return true;
    comparison->values_left--;
    if (format_is_code(object_format(one)))
        return same_code(comparison, one, other, 1, depth - 1);
    if (format_is_pointers(object_format(one)))
        return same_slots(comparison, one, other, depth);
    return same_bytes(one, other);
}

/* Whether the texts of both methods were found; *same says then whether they are the same. */
static bool compare_texts(struct method_side *side, const struct image_method *method,
                          struct method_side *other_side, const struct image_method *other,
                          bool *same)
{
    size_t size;
    size_t other_size;
    oop source = method_source(side->heap, method->code);
    oop other_source = method_source(other_side->heap, other->code);
    if (!oop_is_none(source) && !oop_is_none(other_source) &&
        format_is_bytes(object_format(source)) && format_is_bytes(object_format(other_source))) {
        *same = same_bytes(source, other_source);
        return true;
    }
    char *text = method_text(&side->sources, side->heap, method, &size);
    char *other_text =
        text == NULL ? NULL
                     : method_text(&other_side->sources, other_side->heap, other, &other_size);
    bool found = other_text != NULL;
    *same = found && size == other_size && memcmp(text, other_text, size) == 0;
    free(text);
    free(other_text);
    return found;
}

bool same_method(struct method_side *side, const struct image_method *method,
                 struct method_side *other_side, const struct image_method *other)
{
    bool same;
    struct comparison comparison = {side->heap, other_side->heap, LITERAL_VALUES_MAX};
    return compare_texts(side, method, other_side, other, &same)
               ? same
               : same_code(&comparison, method->code, other->code, OWN_LITERALS, LITERAL_DEPTH);
}
