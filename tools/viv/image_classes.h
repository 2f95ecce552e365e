/*
 * The classes of an image that was read without running it, and what each says of itself.
 *
 * Where a class keeps something is asked of the class of classes, which names its own variables; only the place of those names
 * is known, and every Spur system has it in the same slot. What an image lacks is left out.
 */
#ifndef VIV_TOOLS_VIV_IMAGE_CLASSES_H
#define VIV_TOOLS_VIV_IMAGE_CLASSES_H

#include "tools/viv/image_objects.h"

struct class_entry {
    oop class;
    char *name;
};

struct class_list {
    struct class_entry *items;
    size_t count;
};

/* All classes, traits and metaclasses by name, those of the same name as they lie in the image. False without memory. Free it
 * with class_list_free, then too. */
bool class_list_find(struct class_list *list, struct heap *heap) VIV_MUST_USE;
void class_list_free(struct class_list *list);

/* Facts that make the shape and the place of a class, in the order in which they are told. */
enum class_fact {
    FACT_SUPERCLASS,
    FACT_KIND,
    FACT_INSTANCE_VARIABLES,
    FACT_CLASS_VARIABLES,
    FACT_CATEGORY,
    FACT_PACKAGE,
    FACT_COMMENT,
    FACT_COUNT
};

/* What people call it. */
const char *class_fact_name(enum class_fact fact);

/* The text of a fact on the C heap (free it), empty where the class or the whole image has none; NULL without memory. */
char *class_fact_text(struct heap *heap, oop class, enum class_fact fact);

/* Writes the name of an instance variable of the instances of a class, by its index; false when nothing names it. */
bool class_slot_name(const struct heap *heap, oop class, size_t index, char name[CLASS_NAME_SIZE]);

#endif
