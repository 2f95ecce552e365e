#include "tools/viv/image_classes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where every Spur system has the names of a class's own instance variables: the first slot behind what the VM reads. */
enum { VARIABLE_NAMES_SLOT = 3 };

/* Deeper hierarchies and classes of more variables do not exist; images of strangers may pretend. */
enum { CLASS_DEPTH_MAX = 1000, CLASS_VARIABLES_MAX = 64 };

/* --- all classes ------------------------------------------------------------------------------------------------------------ */

static int by_name(const void *one, const void *other)
{
    const struct class_entry *a = one;
    const struct class_entry *b = other;
    int order = strcmp(a->name, b->name);
    if (order != 0)
        return order;
    return a->class.bits < b->class.bits ? -1 : a->class.bits > b->class.bits;
}

static bool add_class(struct class_list *list, size_t *capacity, oop class, const char *name)
{
    if (list->count == *capacity) {
        size_t grown = *capacity == 0 ? 1024 : *capacity * 2;
        struct class_entry *items = realloc(list->items, grown * sizeof *items);
        if (items == NULL)
            return false;
        list->items = items;
        *capacity = grown;
    }
    char *copy = strdup(name);
    if (copy == NULL)
        return false;
    list->items[list->count++] = (struct class_entry){class, copy};
    return true;
}

bool class_list_find(struct class_list *list, struct heap *heap)
{
    char name[CLASS_NAME_SIZE];
    size_t capacity = 0;
    *list = (struct class_list){NULL, 0};
    for (oop object = heap_first_object(heap); !oop_is_none(object);
         object = heap_next_object(heap, object))
        if (is_class(heap, object, name) && !add_class(list, &capacity, object, name))
            return false;
    if (list->count > 0)
        qsort(list->items, list->count, sizeof *list->items, by_name);
    return true;
}

void class_list_free(struct class_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].name);
    free(list->items);
    *list = (struct class_list){NULL, 0};
}

/* --- names of slots --------------------------------------------------------------------------------------------------------- */

static size_t fixed_count(const struct heap *heap, oop class)
{
    return has_class_format(class) ? heap_class_fixed_count(heap, class) : 0;
}

/* The Array of the names of a class's own variables; NO_OOP when there is none in the place where it should be. */
static oop own_variable_names(oop class)
{
    if (!has_class_format(class) || object_slot_count(class) <= VARIABLE_NAMES_SLOT)
        return NO_OOP;
    oop names = object_slot(class, VARIABLE_NAMES_SLOT);
    return oop_is_object(names) && object_format(names) == FORMAT_INDEXABLE ? names : NO_OOP;
}

bool class_slot_name(const struct heap *heap, oop class, size_t index, char name[CLASS_NAME_SIZE])
{
    size_t size;
    /* Each class names the slots behind those of its superclass. */
    for (int depth = 0; depth < CLASS_DEPTH_MAX && index < fixed_count(heap, class); depth++) {
        oop superclass = object_slot(class, SLOT_BEHAVIOR_SUPERCLASS);
        size_t inherited = fixed_count(heap, superclass);
        if (index < inherited) {
            class = superclass;
            continue;
        }
        oop names = own_variable_names(class);
        if (oop_is_none(names) || index - inherited >= object_slot_count(names))
            return false;
        char *text = string_text(object_slot(names, index - inherited), &size);
        if (text == NULL)
            return false;
        snprintf(name, CLASS_NAME_SIZE, "%s", text);
        free(text);
        return size > 0;
    }
    return false;
}

/* What a class has in the variable of that name; nil when classes of this image have none. */
static oop class_variable_value(struct heap *heap, oop class, const char *variable)
{
    char name[CLASS_NAME_SIZE];
    oop kind = heap_class_of(heap, class);
    size_t limit = object_slot_count(class);
    for (size_t i = VARIABLE_NAMES_SLOT; i < limit && i < CLASS_VARIABLES_MAX; i++)
        if (class_slot_name(heap, kind, i, name) && strcmp(name, variable) == 0)
            return object_slot(class, i);
    return heap->nil;
}

/* --- facts ------------------------------------------------------------------------------------------------------------------ */

static int by_text(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/* The texts of the elements of an array that are strings, or, of associations, the texts of their keys: sorted where a hash
 * decides their order. */
static char *joined_texts(oop array, bool sorted)
{
    size_t size;
    size_t count = 0;
    size_t limit = object_slot_count(array);
    char *joined = NULL;
    char **texts = calloc(limit + 1, sizeof *texts);
    FILE *stream = texts == NULL ? NULL : open_memstream(&joined, &size);
    for (size_t i = 0; stream != NULL && i < limit; i++) {
        size_t ignored;
        oop element = object_slot(array, i);
        if (oop_is_object(element) && format_is_pointers(object_format(element)) &&
            object_slot_count(element) > 0)
            element = object_slot(element, SLOT_ASSOCIATION_KEY);
        texts[count] = string_text(element, &ignored);
        count += texts[count] != NULL;
    }
    if (sorted && count > 1)
        qsort(texts, count, sizeof *texts, by_text);
    for (size_t i = 0; i < count; i++) {
        fprintf(stream, "%s%s", i == 0 ? "" : " ", texts[i]);
        free(texts[i]);
    }
    free(texts);
    return stream != NULL && fclose(stream) == 0 ? joined : NULL;
}

/* Names when they are known, otherwise how many there are. */
static char *instance_variables_text(const struct heap *heap, oop class)
{
    char *text = NULL;
    oop names = own_variable_names(class);
    size_t inherited = fixed_count(heap, object_slot(class, SLOT_BEHAVIOR_SUPERCLASS));
    size_t count = fixed_count(heap, class);
    if (!oop_is_none(names))
        return joined_texts(names, false);
    if (count <= inherited)
        return strdup("");
    return asprintf(&text, "%zu without names", count - inherited) < 0 ? NULL : text;
}

/* The keys of a dictionary: its associations, or its keys, are in the first of its slots that is an array. */
static char *keys_text(oop dictionary)
{
    if (oop_is_object(dictionary) && format_is_pointers(object_format(dictionary)))
        for (size_t i = 0; i < object_slot_count(dictionary); i++) {
            oop array = object_slot(dictionary, i);
            if (oop_is_object(array) && object_format(array) == FORMAT_INDEXABLE)
                return joined_texts(array, true);
        }
    return strdup("");
}

static const char *kind_of_instances(const struct heap *heap, oop class)
{
    switch (heap_class_spec(heap, class)) {
    case FORMAT_EMPTY:
    case FORMAT_FIXED:
        return "normal";
    case FORMAT_INDEXABLE:
    case FORMAT_FIXED_INDEXABLE:
        return "variable";
    case FORMAT_WEAK:
        return "weak";
    case FORMAT_EPHEMERON:
        return "ephemeron";
    case FORMAT_FORWARDED:
        return "immediate";
    case FORMAT_WORDS64:
        return "64-bit words";
    case FORMAT_WORDS32:
        return "words";
    case FORMAT_WORDS16:
        return "16-bit words";
    case FORMAT_BYTES:
        return "bytes";
    case FORMAT_CODE:
        return "compiled method";
    default:
        return "unknown";
    }
}

static char *superclass_text(struct heap *heap, oop class)
{
    char name[CLASS_NAME_SIZE];
    oop superclass = object_slot(class, SLOT_BEHAVIOR_SUPERCLASS);
    return strdup(class_name(heap, superclass, name) ? name : "nil");
}

const char *class_fact_name(enum class_fact fact)
{
    static const char *const names[FACT_COUNT] = {
        [FACT_SUPERCLASS] = "superclass",
        [FACT_KIND] = "kind",
        [FACT_INSTANCE_VARIABLES] = "instance variables",
        [FACT_CLASS_VARIABLES] = "class variables",
        [FACT_CATEGORY] = "category",
        [FACT_PACKAGE] = "package",
        [FACT_COMMENT] = "comment",
    };
    return names[fact];
}

char *class_fact_text(struct heap *heap, oop class, enum class_fact fact)
{
    size_t size;
    const char *variable = NULL;
    if (fact == FACT_SUPERCLASS)
        return superclass_text(heap, class);
    if (fact == FACT_KIND)
        return strdup(kind_of_instances(heap, class));
    if (fact == FACT_INSTANCE_VARIABLES)
        return instance_variables_text(heap, class);
    if (fact == FACT_CLASS_VARIABLES)
        return keys_text(class_variable_value(heap, class, "classPool"));
    if (fact == FACT_CATEGORY)
        variable = "category";
    else if (fact == FACT_PACKAGE)
        variable = "package";
    else
        variable = "comment";
    char *text = string_text(class_variable_value(heap, class, variable), &size);
    return text != NULL ? text : strdup("");
}
