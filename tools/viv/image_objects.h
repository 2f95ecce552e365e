/*
 * An image read without running it, and what its objects are called: for commands that look into images, whoever wrote them.
 */
#ifndef VIV_TOOLS_VIV_IMAGE_OBJECTS_H
#define VIV_TOOLS_VIV_IMAGE_OBJECTS_H

#include "vm/base/status.h"
#include "vm/memory/heap.h"

enum { CLASS_NAME_SIZE = 128 };

/* Reads an image, every object of which is checked; free it with image_objects_close. NULL with a status when it cannot be. */
struct heap *image_objects_open(const char *path, struct status *status);
void image_objects_close(struct heap *heap);

/* Writes the name of a class or trait, or of a metaclass with " class" behind it; false for what has no name. */
bool class_name(struct heap *heap, oop class, char name[CLASS_NAME_SIZE]);

/* The same for an index of the class table, which need not have a class of that sort: "class N" then. */
void class_name_at(struct heap *heap, uint32_t class_index, char name[CLASS_NAME_SIZE]);

/* Writes what tells an object from others of its class, if it is short: the name of a class, the text of a string or symbol, the
 * key of a binding. Empty for everything else. */
void object_label(struct heap *heap, oop object, char label[CLASS_NAME_SIZE]);

/* What is known of a method: its selector, a symbol, and its code. */
struct image_method {
    oop selector;
    oop code;
};

/* Whether an object is a class or a trait, or a metaclass: what has a name, a format and a dictionary of methods. */
bool is_class(struct heap *heap, oop object, char name[CLASS_NAME_SIZE]);

/* Whether it has the integer that says what instances are like, where classes have it. */
bool has_class_format(oop object);

/* Goes through the methods of a class, *position counting from 0; false after the last. */
bool class_next_method(oop class, size_t *position, struct image_method *method);

/* The text of a string of bytes or words in UTF-8, on the C heap (free it); NULL for what is no string or without memory. */
char *string_text(oop string, size_t *size);

/* The source that a method carries with it, a string; NO_OOP when its text is elsewhere (.sources, .changes). */
oop method_source(struct heap *heap, oop method);

#endif
