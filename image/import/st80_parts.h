/* What the two files of the reader of Smalltalk-80 images share: the object table, read and checked. */
#ifndef VIV_IMAGE_IMPORT_ST80_PARTS_H
#define VIV_IMAGE_IMPORT_ST80_PARTS_H

#include "image/import/st80.h"
#include "vm/object/known.h"

/* An entry of the object table. */
struct st80_object {
    uint64_t offset; /* of the object in the file */
    uint32_t class_oop;
    uint32_t body_size;   /* bytes, an odd count where it says so */
    uint32_t class_index; /* of a class: where it is in the class table */
    bool exists;
    bool has_pointers;
};

struct st80_reading {
    struct foreign_image *image;
    struct st80_object *table; /* by oop / 2 */
    uint32_t table_count;
    uint32_t specials[SPECIAL_OBJECT_COUNT]; /* oops; 0: nil */
};

static inline uint32_t st80_word_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

/* A word of an object's body as it stands there. */
static inline uint32_t st80_body_word(const struct st80_reading *reading,
                                      const struct st80_object *object, uint32_t index)
{
    return st80_word_at(reading->image->bytes + object->offset + 4 + 2 * (uint64_t)index);
}

/* The object whose oop a word is; NULL for a SmallInteger and for what does not exist. */
static inline struct st80_object *st80_find(const struct st80_reading *reading, uint32_t word)
{
    if ((word & 1) != 0 || word / 2 >= reading->table_count || !reading->table[word / 2].exists)
        return NULL;
    return &reading->table[word / 2];
}

/* The oop in a slot of an object of pointers; 0 where there is no such slot. */
uint32_t st80_slot(const struct st80_reading *reading, const struct st80_object *object,
                   uint32_t index);

/* Gives every class its index; makes the class table, whose entries are oops / 2 as yet. */
bool st80_enter_classes(struct st80_reading *reading) VIV_MUST_USE;

/* Fills reading->specials. */
void st80_find_specials(struct st80_reading *reading);

#endif
