/* The class table of an image from before Spur, where objects refer to their classes. */
#include "image/import/v3.h"
#include "vm/object/known.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    HASHES = 4096, /* identity hashes of 12 bits */
    NO_HASH = HASHES,
    INDEX_LIMIT = 1 << 22,
    SMALLEST_CLASS = SLOT_BEHAVIOR_FORMAT + 1
};

struct making {
    struct foreign_image *image;
    const struct v3_class *said; /* of each object */
    uint32_t *class_of;          /* of each object: the number of its class */
    uint32_t *index_of;         /* of each object: its index as a class; 0: none yet, or no class */
    uint16_t used[HASHES];      /* indices from 4096 up that end with a hash */
    uint32_t method_dictionary; /* the class of classes' dictionaries */
    uint32_t limit;             /* of indices in use */
};

/* Classes that Spur has at fixed indices, by their place among the special objects. */
static const struct {
    uint8_t special, index;
} fixed[] = {
    {SPECIAL_CLASS_SMALL_INTEGER, CLASS_SMALL_INTEGER},
    {SPECIAL_CLASS_LARGE_NEGATIVE_INTEGER, CLASS_LARGE_NEGATIVE_INTEGER},
    {SPECIAL_CLASS_LARGE_POSITIVE_INTEGER, CLASS_LARGE_POSITIVE_INTEGER},
    {SPECIAL_CLASS_FLOAT, CLASS_BOXED_FLOAT},
    {SPECIAL_CLASS_MESSAGE, CLASS_MESSAGE},
    {SPECIAL_CLASS_CONTEXT, CLASS_CONTEXT},
    {SPECIAL_CLASS_BLOCK_CLOSURE, CLASS_BLOCK_CLOSURE},
    {SPECIAL_CLASS_WIDE_STRING, CLASS_BLOCK_CONTEXT}, /* which the older images have there */
    {SPECIAL_CLASS_BYTE_ARRAY, CLASS_BYTE_ARRAY},
    {SPECIAL_CLASS_ARRAY, CLASS_ARRAY},
    {SPECIAL_CLASS_BYTE_STRING, CLASS_BYTE_STRING},
    {SPECIAL_CLASS_BITMAP, CLASS_BITMAP},
};

/* --- which objects are classes ---------------------------------------------------------------------------------------- */

/* What every class has: a superclass, a method dictionary and a format, a SmallInteger. */
static bool has_shape_of_class(const struct foreign_image *image, uint32_t number)
{
    const struct foreign_object *object = &image->objects[number];
    return object->format == FORMAT_FIXED && object->count >= SMALLEST_CLASS &&
           (foreign_slot(object, SLOT_BEHAVIOR_FORMAT) & 1) != 0;
}

/* The object in a slot, or FOREIGN_NONE. */
static uint32_t object_in(const struct foreign_image *image, uint32_t number, uint32_t slot)
{
    const struct foreign_object *object = &image->objects[number];
    if (object->format > FORMAT_EPHEMERON || slot >= object->count)
        return FOREIGN_NONE;
    return foreign_object_of(image, foreign_slot(object, slot));
}

/* Whether an object that is no object's class may become one: its dictionary is of the class that those of classes have, and its
 * superclass is nil or has the shape, too. */
static bool is_class_without_instances(const struct making *making, uint32_t number)
{
    const struct foreign_image *image = making->image;
    if (!has_shape_of_class(image, number))
        return false;
    uint32_t superclass = object_in(image, number, SLOT_BEHAVIOR_SUPERCLASS);
    uint32_t dictionary = object_in(image, number, SLOT_BEHAVIOR_METHOD_DICTIONARY);
    return superclass != FOREIGN_NONE && dictionary != FOREIGN_NONE &&
           making->class_of[dictionary] == making->method_dictionary &&
           (superclass == 0 || has_shape_of_class(image, superclass));
}

/* --- classes of objects ----------------------------------------------------------------------------------------------- */

/* Rule: an object's class is a compact one, or the object that its header refers to; and it has the shape of a class. */
static bool find_class(struct making *making, uint32_t number)
{
    struct foreign_image *image = making->image;
    const struct v3_class *said = &making->said[number];
    uint32_t found;
    uint64_t where = image->objects[number].offset;
    if (said->compact != 0) {
        uint32_t table = object_in(image, image->special_objects, SPECIAL_COMPACT_CLASSES);
        found = table == FOREIGN_NONE ? FOREIGN_NONE
                                      : object_in(image, table, (uint32_t)said->compact - 1);
        if (found == FOREIGN_NONE || !has_shape_of_class(image, found))
            return foreign_refuse(image, where, "the number of a compact class", "%d",
                                  said->compact);
    } else {
        found = foreign_find(image, said->word);
        if (found == FOREIGN_NONE || !has_shape_of_class(image, found))
            return foreign_refuse(image, where, "the address of a class before the object's header",
                                  "%08" PRIx32, said->word);
    }
    making->class_of[number] = found;
    return true;
}

/* --- indices ---------------------------------------------------------------------------------------------------------- */

static void give_index(struct making *making, uint32_t number, uint32_t index)
{
    making->index_of[number] = index;
    if (index >= making->limit)
        making->limit = index + 1;
}

/* Whether an object is fit for a fixed index: newer images have another class in the place of BlockContext. */
static bool is_fit(const struct foreign_image *image, uint32_t number, uint8_t index)
{
    if (!has_shape_of_class(image, number))
        return false;
    uint32_t format = foreign_slot(&image->objects[number], SLOT_BEHAVIOR_FORMAT) >> 1;
    return index != CLASS_BLOCK_CONTEXT ||
           dialect_class_spec(DIALECT_V3, format) == FORMAT_FIXED_INDEXABLE;
}

/* The oldest images have no LargeNegativeInteger among their special objects; it is found by its name. */
static void find_large_negative_integer(struct making *making)
{
    const struct foreign_image *image = making->image;
    for (uint32_t i = 0; i < image->object_count; i++) {
        const struct foreign_object *object = &image->objects[i];
        if (making->index_of[i] != 0 || !has_shape_of_class(image, i) ||
            object->count <= SLOT_CLASS_NAME)
            continue;
        uint32_t format = foreign_slot(object, SLOT_BEHAVIOR_FORMAT) >> 1;
        if (dialect_class_spec(DIALECT_V3, format) == FORMAT_BYTES &&
            foreign_is_named(image, foreign_slot(object, SLOT_CLASS_NAME),
                             "LargeNegativeInteger")) {
            give_index(making, i, CLASS_LARGE_NEGATIVE_INTEGER);
            return;
        }
    }
}

static void give_fixed_indices(struct making *making)
{
    const struct foreign_image *image = making->image;
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        uint32_t number = object_in(image, image->special_objects, fixed[i].special);
        if (number != FOREIGN_NONE && making->index_of[number] == 0 &&
            is_fit(image, number, fixed[i].index))
            give_index(making, number, fixed[i].index);
    }
    const struct foreign_object *specials = &image->objects[image->special_objects];
    if (specials->count <= SPECIAL_CLASS_LARGE_NEGATIVE_INTEGER)
        find_large_negative_integer(making);
}

/* Rule: the indices of classes whose hashes are the same end somewhere. */
static bool give_hashed_index(struct making *making, uint32_t number)
{
    struct foreign_object *class = &making->image->objects[number];
    if (making->index_of[number] != 0)
        return true;
    uint32_t index = (making->used[class->hash] + 1u) * HASHES + class->hash;
    if (index >= INDEX_LIMIT)
        return foreign_refuse(making->image, class->offset,
                              "fewer than 1024 classes with one identity hash", "hash %" PRIu32,
                              class->hash);
    making->used[class->hash]++;
    give_index(making, number, index);
    return true;
}

static bool give_hashed_indices(struct making *making)
{
    const struct foreign_image *image = making->image;
    uint32_t small_integer = object_in(image, image->special_objects, SPECIAL_CLASS_SMALL_INTEGER);
    uint32_t dictionary = small_integer == FOREIGN_NONE
                              ? FOREIGN_NONE
                              : object_in(image, small_integer, SLOT_BEHAVIOR_METHOD_DICTIONARY);
    making->method_dictionary =
        dictionary == FOREIGN_NONE ? FOREIGN_NONE : making->class_of[dictionary];
    for (uint32_t i = 0; i < image->object_count; i++)
        if (!give_hashed_index(making, making->class_of[i]) ||
            (is_class_without_instances(making, i) && !give_hashed_index(making, i)))
            return false;
    return true;
}

/* --- all together ----------------------------------------------------------------------------------------------------- */

static bool make_table(struct making *making)
{
    struct foreign_image *image = making->image;
    uint32_t pages = (making->limit + CLASS_PAGE_SLOTS - 1) / CLASS_PAGE_SLOTS;
    image->class_count = pages * CLASS_PAGE_SLOTS;
    image->classes = malloc((size_t)image->class_count * sizeof *image->classes);
    if (image->classes == NULL)
        return foreign_refuse_memory(image);
    memset(image->classes, 0xFF, (size_t)image->class_count * sizeof *image->classes);
    for (uint32_t i = 0; i < image->object_count; i++) {
        struct foreign_object *object = &image->objects[i];
        uint32_t index = making->index_of[i];
        object->class_index = making->index_of[making->class_of[i]];
        if (index != 0) {
            image->classes[index] = i;
            object->hash = index;
        } else if (object->hash == 0) {
            object->hash = NO_HASH;
        }
    }
    return true;
}

bool v3_make_classes(struct foreign_image *image, const struct v3_class *classes)
{
    struct making *making = calloc(1, sizeof *making);
    if (making == NULL)
        return foreign_refuse_memory(image);
    making->image = image;
    making->said = classes;
    making->class_of = calloc(image->object_count, sizeof *making->class_of);
    making->index_of = calloc(image->object_count, sizeof *making->index_of);
    bool good = making->class_of != NULL && making->index_of != NULL;
    if (!good)
        foreign_refuse_memory(image);
    for (uint32_t i = 0; good && i < image->object_count; i++)
        good = find_class(making, i);
    if (good) {
        give_fixed_indices(making);
        good = give_hashed_indices(making) && make_table(making);
    }
    free(making->class_of);
    free(making->index_of);
    free(making);
    return good;
}
