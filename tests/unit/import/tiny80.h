/*
 * The smallest image of Smalltalk-80 Version 2 that can be read, made word by word in memory: the objects that the machine
 * knows, their classes with metaclasses, a few more classes, and an Array of things for tests to fill.
 */
#ifndef VIV_TESTS_UNIT_IMPORT_TINY80_H
#define VIV_TESTS_UNIT_IMPORT_TINY80_H

#include "image/import/st80.h"
#include "vm/object/known.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

enum {
    TINY80_SPACE = 1 << 16, /* bytes, at most */
    TINY80_ENTRIES = 1 << 10,
    TINY80_FILE = ST80_HEADER_SIZE + TINY80_SPACE + TINY80_ENTRIES * 4,
    TINY80_THINGS = 32,
    TINY80_NIL = ST80_NIL,
    TINY80_ODD = 1 << 7,
    TINY80_POINTERS = 1 << 6,
    TINY80_FREE = 1 << 5,
    /* Formats of classes. */
    TINY80_FIXED = 0x6000,
    TINY80_INDEXABLE = 0x7000,
    TINY80_WORDS = 0x3000,
    TINY80_BYTES = 0x1000,
    /* Oops of its own. */
    TINY80_CLASS_SYMBOL = 56,
    TINY80_METACLASS = 58,
    TINY80_CLASS_CLASS = 60,
    TINY80_CLASS_UNDEFINED = 62,
    TINY80_CLASS_FALSE = 64,
    TINY80_CLASS_TRUE = 66,
    TINY80_CLASS_LARGE_NEGATIVE = 68,
    TINY80_CLASS_BYTE_ARRAY = 70,
    TINY80_CLASS_PROCESS = 72,
    TINY80_CLASS_PAIR = 74, /* two slots: associations, schedulers */
    TINY80_CLASS_FORM = 76, /* six slots: Forms, streams */
    TINY80_CLASS_BLIT = 78, /* sixteen slots */
    TINY80_CLASS_WORDS = 80,
    TINY80_THINGS_OOP = 82,
    TINY80_PROCESS = 84,
    TINY80_CLASS_POINTERS = 86, /* two slots and elements */
    TINY80_FIRST_FREE = 96
};

struct tiny80 {
    uint8_t space[TINY80_SPACE];
    uint32_t used;
    uint16_t table[TINY80_ENTRIES][2];
    uint32_t entries;
    uint8_t file[TINY80_FILE];
    size_t file_size;
};

static inline void tiny80_put(uint8_t *at, uint32_t word)
{
    at[0] = (uint8_t)(word >> 8);
    at[1] = (uint8_t)word;
}

static inline uint32_t tiny80_get(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static inline uint32_t tiny80_integer(int32_t value)
{
    return ((uint32_t)value << 1 | 1) & 0xFFFF;
}

/* Where the object of an oop is in the object space. */
static inline uint8_t *tiny80_object(struct tiny80 *image, uint32_t at)
{
    return image->space + image->table[at / 2][1] * 2;
}

static inline void tiny80_set(struct tiny80 *image, uint32_t object, uint32_t slot, uint32_t word)
{
    tiny80_put(tiny80_object(image, object) + 4 + slot * 2, word);
}

/* An object of a given oop: pointers are nil, bytes and words zero. */
static inline void tiny80_add_at(struct tiny80 *image, uint32_t at, uint32_t class, bool pointers,
                                 uint32_t bytes)
{
    uint32_t words = 2 + (bytes + 1) / 2;
    image->table[at / 2][0] =
        (uint16_t)(1 << 8 | (pointers ? TINY80_POINTERS : 0) | (bytes % 2 != 0 ? TINY80_ODD : 0));
    image->table[at / 2][1] = (uint16_t)(image->used / 2);
    tiny80_put(image->space + image->used, words);
    tiny80_put(image->space + image->used + 2, class);
    for (uint32_t i = 2; i < words; i++)
        tiny80_put(image->space + image->used + i * 2, pointers ? TINY80_NIL : 0);
    image->used += words * 2;
}

/* An object of the next free oop, which is answered. */
static inline uint32_t tiny80_add(struct tiny80 *image, uint32_t class, bool pointers,
                                  uint32_t bytes)
{
    uint32_t at = image->entries++ * 2;
    tiny80_add_at(image, at, class, pointers, bytes);
    return at;
}

static inline uint32_t tiny80_add_bytes(struct tiny80 *image, uint32_t class, const void *bytes,
                                        uint32_t size)
{
    uint32_t object = tiny80_add(image, class, false, size);
    memcpy(tiny80_object(image, object) + 4, bytes, size);
    return object;
}

/* A class of a given oop, with its metaclass and name. */
static inline void tiny80_add_class(struct tiny80 *image, uint32_t at, const char *name,
                                    uint32_t format)
{
    uint32_t metaclass = tiny80_add(image, TINY80_METACLASS, true, 14);
    uint32_t symbol = tiny80_add_bytes(image, TINY80_CLASS_SYMBOL, name, (uint32_t)strlen(name));
    tiny80_add_at(image, at, metaclass, true, 18);
    tiny80_set(image, at, SLOT_BEHAVIOR_FORMAT, tiny80_integer((int32_t)format));
    tiny80_set(image, at, SLOT_CLASS_NAME, symbol);
    tiny80_set(image, metaclass, SLOT_BEHAVIOR_FORMAT, tiny80_integer(TINY80_FIXED + 9));
    tiny80_set(image, metaclass, SLOT_CLASS_NAME, at);
}

static inline void tiny80_add_classes(struct tiny80 *image)
{
    static const struct {
        uint32_t at;
        const char *name;
        uint32_t format;
    } classes[] = {
        {ST80_CLASS_SMALL_INTEGER, "SmallInteger", 0x2000},
        {ST80_CLASS_STRING, "String", TINY80_BYTES},
        {ST80_CLASS_ARRAY, "Array", TINY80_INDEXABLE},
        {ST80_CLASS_FLOAT, "Float", TINY80_WORDS},
        {ST80_CLASS_METHOD_CONTEXT, "MethodContext", TINY80_INDEXABLE + 6},
        {ST80_CLASS_BLOCK_CONTEXT, "BlockContext", TINY80_INDEXABLE + 6},
        {ST80_CLASS_POINT, "Point", TINY80_FIXED + 2},
        {ST80_CLASS_LARGE_POSITIVE_INTEGER, "LargePositiveInteger", TINY80_BYTES},
        {ST80_CLASS_DISPLAY_BITMAP, "DisplayBitmap", TINY80_WORDS},
        {ST80_CLASS_MESSAGE, "Message", TINY80_FIXED + 2},
        {ST80_CLASS_COMPILED_METHOD, "CompiledMethod", TINY80_BYTES},
        {ST80_CLASS_SEMAPHORE, "Semaphore", TINY80_FIXED + 3},
        {ST80_CLASS_CHARACTER, "Character", TINY80_FIXED + 1},
        {TINY80_CLASS_SYMBOL, "Symbol", TINY80_BYTES},
        {TINY80_METACLASS, "Metaclass", TINY80_FIXED + 7},
        {TINY80_CLASS_CLASS, "Class", TINY80_FIXED + 9},
        {TINY80_CLASS_UNDEFINED, "UndefinedObject", TINY80_FIXED},
        {TINY80_CLASS_FALSE, "False", TINY80_FIXED},
        {TINY80_CLASS_TRUE, "True", TINY80_FIXED},
        {TINY80_CLASS_LARGE_NEGATIVE, "LargeNegativeInteger", TINY80_BYTES},
        {TINY80_CLASS_BYTE_ARRAY, "ByteArray", TINY80_BYTES},
        {TINY80_CLASS_PROCESS, "Process", TINY80_FIXED + 4},
        {TINY80_CLASS_PAIR, "Pair", TINY80_FIXED + 2},
        {TINY80_CLASS_FORM, "Form", TINY80_FIXED + 6},
        {TINY80_CLASS_BLIT, "BitBlt", TINY80_FIXED + 16},
        {TINY80_CLASS_WORDS, "WordArray", TINY80_WORDS},
        {TINY80_CLASS_POINTERS, "Pointers", TINY80_INDEXABLE + 2},
    };
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        tiny80_add_class(image, classes[i].at, classes[i].name, classes[i].format);
}

static inline void tiny80_add_known(struct tiny80 *image)
{
    tiny80_add_at(image, ST80_NIL, TINY80_CLASS_UNDEFINED, true, 0);
    tiny80_add_at(image, ST80_FALSE, TINY80_CLASS_FALSE, true, 0);
    tiny80_add_at(image, ST80_TRUE, TINY80_CLASS_TRUE, true, 0);
    tiny80_add_at(image, ST80_SCHEDULER_ASSOCIATION, TINY80_CLASS_PAIR, true, 4);
    tiny80_add_at(image, 10, ST80_CLASS_ARRAY, true, 0);
    tiny80_add_at(image, ST80_SMALLTALK_ASSOCIATION, TINY80_CLASS_PAIR, true, 4);
    tiny80_add_at(image, 36, TINY80_CLASS_SYMBOL, false, 3);
    for (uint32_t i = ST80_DOES_NOT_UNDERSTAND; i <= ST80_MUST_BE_BOOLEAN; i += 2)
        if (i != ST80_SPECIAL_SELECTORS && i != ST80_CHARACTER_TABLE)
            tiny80_add_at(image, i, TINY80_CLASS_SYMBOL, false, 7);
    tiny80_add_at(image, ST80_SPECIAL_SELECTORS, ST80_CLASS_ARRAY, true, 128);
    for (uint32_t i = 0; i < 32; i++) {
        tiny80_set(image, ST80_SPECIAL_SELECTORS, i * 2, ST80_CANNOT_RETURN);
        tiny80_set(image, ST80_SPECIAL_SELECTORS, i * 2 + 1, tiny80_integer(1));
    }
    tiny80_add_at(image, ST80_CHARACTER_TABLE, ST80_CLASS_ARRAY, true, 512);
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t character = tiny80_add(image, ST80_CLASS_CHARACTER, true, 2);
        tiny80_set(image, character, 0, tiny80_integer((int32_t)i));
        tiny80_set(image, ST80_CHARACTER_TABLE, i, character);
    }
}

static inline void tiny80_begin(struct tiny80 *image)
{
    memset(image, 0, sizeof *image);
    image->entries = TINY80_FIRST_FREE / 2;
    for (uint32_t i = 0; i < TINY80_ENTRIES; i++)
        image->table[i][0] = TINY80_FREE;
    tiny80_add_classes(image);
    tiny80_add_known(image);
    tiny80_add_at(image, TINY80_THINGS_OOP, ST80_CLASS_ARRAY, true, TINY80_THINGS * 2);
    tiny80_add_at(image, TINY80_PROCESS, TINY80_CLASS_PROCESS, true, 8);
    uint32_t scheduler = tiny80_add(image, TINY80_CLASS_PAIR, true, 4);
    uint32_t lists = tiny80_add(image, ST80_CLASS_ARRAY, true, 16);
    tiny80_set(image, scheduler, SLOT_SCHEDULER_LISTS, lists);
    tiny80_set(image, scheduler, SLOT_SCHEDULER_ACTIVE_PROCESS, TINY80_PROCESS);
    tiny80_set(image, ST80_SCHEDULER_ASSOCIATION, SLOT_ASSOCIATION_VALUE, scheduler);
    tiny80_set(image, ST80_SMALLTALK_ASSOCIATION, SLOT_ASSOCIATION_VALUE, TINY80_THINGS_OOP);
}

/* Makes the file of what was added. */
static inline void tiny80_finish(struct tiny80 *image)
{
    uint32_t space = (image->used + 511) / 512 * 512;
    memset(image->file, 0, sizeof image->file);
    tiny80_put(image->file, (image->used / 2) >> 16);
    tiny80_put(image->file + 2, image->used / 2);
    tiny80_put(image->file + 6, image->entries * 2);
    memcpy(image->file + ST80_HEADER_SIZE, image->space, image->used);
    uint8_t *table = image->file + ST80_HEADER_SIZE + space;
    for (uint32_t i = 0; i < image->entries; i++) {
        tiny80_put(table + i * 4, image->table[i][0]);
        tiny80_put(table + i * 4 + 2, image->table[i][1]);
    }
    image->file_size = (size_t)ST80_HEADER_SIZE + space + (size_t)image->entries * 4;
}

#endif
