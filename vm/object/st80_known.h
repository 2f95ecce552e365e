/*
 * The objects of Smalltalk-80 that its machine knows, by the oops that the Blue Book gives (page 576). A class's hash is half of
 * its oop there; some of these classes are at fixed places of Spur's class table here, which are their hashes in this machine.
 */
#ifndef VIV_OBJECT_ST80_KNOWN_H
#define VIV_OBJECT_ST80_KNOWN_H

#include "vm/object/known.h"

enum st80_oop {
    ST80_NIL = 2,
    ST80_FALSE = 4,
    ST80_TRUE = 6,
    ST80_SCHEDULER_ASSOCIATION = 8,
    ST80_CLASS_SMALL_INTEGER = 12,
    ST80_CLASS_STRING = 14,
    ST80_CLASS_ARRAY = 16,
    ST80_SMALLTALK_ASSOCIATION = 18,
    ST80_CLASS_FLOAT = 20,
    ST80_CLASS_METHOD_CONTEXT = 22,
    ST80_CLASS_BLOCK_CONTEXT = 24,
    ST80_CLASS_POINT = 26,
    ST80_CLASS_LARGE_POSITIVE_INTEGER = 28,
    ST80_CLASS_DISPLAY_BITMAP = 30,
    ST80_CLASS_MESSAGE = 32,
    ST80_CLASS_COMPILED_METHOD = 34,
    ST80_CLASS_SEMAPHORE = 38,
    ST80_CLASS_CHARACTER = 40,
    ST80_DOES_NOT_UNDERSTAND = 42,
    ST80_CANNOT_RETURN = 44,
    ST80_SPECIAL_SELECTORS = 48,
    ST80_CHARACTER_TABLE = 50,
    ST80_MUST_BE_BOOLEAN = 52,
    ST80_LAST_KNOWN = ST80_MUST_BE_BOOLEAN
};

/* Classes at fixed places of the class table. */
static const struct {
    uint16_t oop, index;
} st80_known_classes[] = {
    {ST80_CLASS_SMALL_INTEGER, CLASS_SMALL_INTEGER},
    {ST80_CLASS_LARGE_POSITIVE_INTEGER, CLASS_LARGE_POSITIVE_INTEGER},
    {ST80_CLASS_FLOAT, CLASS_BOXED_FLOAT},
    {ST80_CLASS_MESSAGE, CLASS_MESSAGE},
    {ST80_CLASS_METHOD_CONTEXT, CLASS_CONTEXT},
    {ST80_CLASS_BLOCK_CONTEXT, CLASS_BLOCK_CONTEXT},
    {ST80_CLASS_ARRAY, CLASS_ARRAY},
    {ST80_CLASS_STRING, CLASS_BYTE_STRING},
};

enum { ST80_KNOWN_CLASSES = sizeof st80_known_classes / sizeof st80_known_classes[0] };

#endif
