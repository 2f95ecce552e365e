/* Classes and special objects of a Smalltalk-80 image. */
#include "image/import/st80_parts.h"

#include <inttypes.h>
#include <stdlib.h>

/* Classes but those that the machine knows are behind this index, at half their oops, so that the low bits of their hashes are
 * what the image saw (vm/object/dialect.h). */
#define FIRST_CLASS_INDEX ((uint32_t)1 << 15)

static const struct {
    const char *name;
    uint32_t index;
} named_classes[] = {
    {"LargeNegativeInteger", CLASS_LARGE_NEGATIVE_INTEGER},
    {"ByteArray", CLASS_BYTE_ARRAY},
};

static const struct {
    uint32_t index, oop;
} known_specials[] = {
    {SPECIAL_FALSE, ST80_FALSE},
    {SPECIAL_TRUE, ST80_TRUE},
    {SPECIAL_SCHEDULER_ASSOCIATION, ST80_SCHEDULER_ASSOCIATION},
    {SPECIAL_CLASS_BITMAP, ST80_CLASS_DISPLAY_BITMAP},
    {SPECIAL_CLASS_SMALL_INTEGER, ST80_CLASS_SMALL_INTEGER},
    {SPECIAL_CLASS_BYTE_STRING, ST80_CLASS_STRING},
    {SPECIAL_CLASS_ARRAY, ST80_CLASS_ARRAY},
    {SPECIAL_CLASS_FLOAT, ST80_CLASS_FLOAT},
    {SPECIAL_CLASS_CONTEXT, ST80_CLASS_METHOD_CONTEXT},
    {SPECIAL_CLASS_WIDE_STRING,
     ST80_CLASS_BLOCK_CONTEXT}, /* its place in images without closures */
    {SPECIAL_CLASS_POINT, ST80_CLASS_POINT},
    {SPECIAL_CLASS_LARGE_POSITIVE_INTEGER, ST80_CLASS_LARGE_POSITIVE_INTEGER},
    {SPECIAL_CLASS_MESSAGE, ST80_CLASS_MESSAGE},
    {SPECIAL_CLASS_COMPILED_METHOD, ST80_CLASS_COMPILED_METHOD},
    {SPECIAL_CLASS_SEMAPHORE, ST80_CLASS_SEMAPHORE},
    {SPECIAL_CLASS_CHARACTER, ST80_CLASS_CHARACTER},
    {SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND, ST80_DOES_NOT_UNDERSTAND},
    {SPECIAL_SELECTOR_CANNOT_RETURN, ST80_CANNOT_RETURN},
    {SPECIAL_SPECIAL_SELECTORS, ST80_SPECIAL_SELECTORS},
    {SPECIAL_CHARACTER_TABLE, ST80_CHARACTER_TABLE},
    {SPECIAL_SELECTOR_MUST_BE_BOOLEAN, ST80_MUST_BE_BOOLEAN},
};

uint32_t st80_slot(const struct st80_reading *reading, const struct st80_object *object,
                   uint32_t index)
{
    if (object == NULL || !object->has_pointers || object->body_size / 2 <= index)
        return 0;
    return st80_body_word(reading, object, index);
}

static bool is_named(const struct st80_reading *reading, const struct st80_object *class,
                     const char *name)
{
    const struct st80_object *text = st80_find(reading, st80_slot(reading, class, SLOT_CLASS_NAME));
    return text != NULL && !text->has_pointers && text->body_size == strlen(name) &&
           memcmp(reading->image->bytes + text->offset + 4, name, strlen(name)) == 0;
}

/* Metaclasses are instances of one class, classes of theirs; and whatever has instances is a class. */
static void find_classes(struct st80_reading *reading)
{
    const struct st80_object *integers = st80_find(reading, ST80_CLASS_SMALL_INTEGER);
    uint32_t metaclass = st80_find(reading, integers->class_oop)->class_oop;
    for (uint32_t i = 0; i < reading->table_count; i++) {
        struct st80_object *object = &reading->table[i];
        if (!object->exists)
            continue;
        struct st80_object *class = st80_find(reading, object->class_oop);
        class->class_index = FIRST_CLASS_INDEX | object->class_oop / 2;
        if (object->class_oop == metaclass || class->class_oop == metaclass)
            object->class_index = FIRST_CLASS_INDEX | i;
    }
}

/* The index in the object table of the class of a name; 0 when there is none. */
static uint32_t find_named(const struct st80_reading *reading, const char *name)
{
    for (uint32_t i = 1; i < reading->table_count; i++)
        if (reading->table[i].class_index >= FIRST_CLASS_INDEX &&
            is_named(reading, &reading->table[i], name))
            return i;
    return 0;
}

bool st80_enter_classes(struct st80_reading *reading)
{
    struct foreign_image *image = reading->image;
    uint32_t limit = FIRST_CLASS_INDEX + reading->table_count;
    image->class_count = (limit + CLASS_PAGE_SLOTS - 1) / CLASS_PAGE_SLOTS * CLASS_PAGE_SLOTS;
    image->classes = malloc((size_t)image->class_count * sizeof *image->classes);
    if (image->classes == NULL)
        return foreign_refuse_memory(image);
    for (uint32_t i = 0; i < image->class_count; i++)
        image->classes[i] = FOREIGN_NONE;
    find_classes(reading);
    for (size_t i = 0; i < sizeof named_classes / sizeof named_classes[0]; i++) {
        uint32_t found = find_named(reading, named_classes[i].name);
        if (found != 0)
            reading->table[found].class_index = named_classes[i].index;
    }
    for (size_t i = 0; i < ST80_KNOWN_CLASSES; i++)
        reading->table[st80_known_classes[i].oop / 2].class_index = st80_known_classes[i].index;
    for (uint32_t i = 0; i < reading->table_count; i++)
        if (reading->table[i].class_index != 0)
            image->classes[reading->table[i].class_index] = i;
    return true;
}

void st80_find_specials(struct st80_reading *reading)
{
    uint32_t *specials = reading->specials;
    for (size_t i = 0; i < sizeof known_specials / sizeof known_specials[0]; i++)
        specials[known_specials[i].index] = known_specials[i].oop;
    const struct st80_object *smalltalk = st80_find(reading, ST80_SMALLTALK_ASSOCIATION);
    const struct st80_object *association = st80_find(reading, ST80_SCHEDULER_ASSOCIATION);
    const struct st80_object *scheduler =
        st80_find(reading, st80_slot(reading, association, SLOT_ASSOCIATION_VALUE));
    const struct st80_object *process =
        st80_find(reading, st80_slot(reading, scheduler, SLOT_SCHEDULER_ACTIVE_PROCESS));
    specials[SPECIAL_SMALLTALK] = st80_slot(reading, smalltalk, SLOT_ASSOCIATION_VALUE);
    specials[SPECIAL_CLASS_PROCESS] = process == NULL ? 0 : process->class_oop;
    for (size_t i = 0; i < sizeof named_classes / sizeof named_classes[0]; i++) {
        uint32_t found = reading->image->classes[named_classes[i].index];
        uint32_t special = named_classes[i].index == CLASS_BYTE_ARRAY
                               ? SPECIAL_CLASS_BYTE_ARRAY
                               : SPECIAL_CLASS_LARGE_NEGATIVE_INTEGER;
        specials[special] = found == FOREIGN_NONE ? 0 : found * 2;
    }
}
