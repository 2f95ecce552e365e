/*
 * The smallest image from before Spur, made word by word in memory in either order of bytes: the known classes, compact ones among
 * them, a method, a process suspended in a context, a block context of it, and an Array of things for tests to fill.
 */
#ifndef VIV_TESTS_UNIT_IMPORT_TINY_V3_H
#define VIV_TESTS_UNIT_IMPORT_TINY_V3_H

#include "image/import/v3.h"
#include "vm/object/known.h"
#include "vm/object/object.h"

#include <stdio.h>

enum {
    TINY_V3_ROOM = 1 << 15,
    TINY_V3_BASE = 0x20000,
    TINY_V3_THINGS = 32,
    TINY_V3_SPECIALS = 50,
    TINY_V3_THINGS_SPECIAL = SPECIAL_SMALLTALK,
    /* Formats of objects, and of the instances of classes. */
    TINY_V3_FIXED = 1,
    TINY_V3_ARRAY = 2,
    TINY_V3_VARIABLE = 3,
    TINY_V3_WEAK = 4,
    TINY_V3_WORDS = 6,
    TINY_V3_BYTES = 8,
    TINY_V3_CODE = 12,
    TINY_V3_SMALL_FRAME = 12 /* slots; any number will do */
};

/* Classes, each by its own name here; the compact ones come first, by their numbers. */
enum tiny_v3_class {
    V3_CLASS_METHOD = 1,
    V3_CLASS_ARRAY,
    V3_CLASS_LARGE_POSITIVE,
    V3_CLASS_FLOAT,
    V3_CLASS_STRING,
    V3_CLASS_CONTEXT,
    V3_CLASS_BLOCK_CONTEXT,
    V3_COMPACT_LIMIT,
    V3_CLASS_CLASS = V3_COMPACT_LIMIT,
    V3_CLASS_UNDEFINED,
    V3_CLASS_FALSE,
    V3_CLASS_TRUE,
    V3_CLASS_SMALL_INTEGER,
    V3_CLASS_LARGE_NEGATIVE,
    V3_CLASS_MESSAGE,
    V3_CLASS_BYTES,
    V3_CLASS_WORDS,
    V3_CLASS_DICTIONARY,
    V3_CLASS_CHARACTER,
    V3_CLASS_FIXED2,
    V3_CLASS_FIXED4,
    V3_CLASS_WEAK,
    V3_CLASS_UNUSED, /* has no instance */
    V3_CLASS_LIMIT
};

/* Offsets are of headers in the data, but for those of tiny_v3_get and tiny_v3_put, which are in the file. */
struct tiny_v3 {
    uint8_t file[TINY_V3_ROOM];
    uint32_t used; /* bytes of data */
    bool is_big_endian;
    uint32_t magic;
    uint32_t nil, specials, things, method, context, block, process, list, compact, dictionary;
    uint32_t classes[V3_CLASS_LIMIT];
};

static inline uint32_t tiny_v3_integer(int32_t value)
{
    return (uint32_t)value << 1 | 1;
}

static inline uint32_t tiny_v3_get(const struct tiny_v3 *image, uint32_t offset)
{
    uint32_t word = foreign_word(image->file + offset);
    return image->is_big_endian ? __builtin_bswap32(word) : word;
}

static inline void tiny_v3_put(struct tiny_v3 *image, uint32_t offset, uint32_t word)
{
    uint32_t stored = image->is_big_endian ? __builtin_bswap32(word) : word;
    memcpy(image->file + offset, &stored, sizeof stored);
}

static inline uint32_t tiny_v3_oop(uint32_t offset)
{
    return TINY_V3_BASE + offset;
}

/* Offset in the file of an object's slot. */
static inline uint32_t tiny_v3_place(uint32_t object, uint32_t index)
{
    return V3_HEADER_SIZE + object + 4 + index * 4;
}

static inline void tiny_v3_set(struct tiny_v3 *image, uint32_t object, uint32_t index,
                               uint32_t word)
{
    tiny_v3_put(image, tiny_v3_place(object, index), word);
}

static inline void tiny_v3_add_word(struct tiny_v3 *image, uint32_t word)
{
    viv_assert(image->used + 4 <= TINY_V3_ROOM - V3_HEADER_SIZE, "the tiny image is full");
    tiny_v3_put(image, V3_HEADER_SIZE + image->used, word);
    image->used += 4;
}

/* A new object with so many words of header; pointers are nil, all else zero. Answers its offset. */
static inline uint32_t tiny_v3_add_with(struct tiny_v3 *image, unsigned header_words,
                                        enum tiny_v3_class class, unsigned format, uint32_t hash,
                                        uint32_t words)
{
    uint32_t type = header_words == 1 ? 3 : header_words == 2 ? 1 : 0;
    uint32_t size = (words + 1) * 4;
    uint32_t compact = class < V3_COMPACT_LIMIT ? class : 0;
    bool is_pointers = format <= TINY_V3_WEAK;
    if (header_words == 3)
        tiny_v3_add_word(image, size | type);
    if (header_words >= 2)
        tiny_v3_add_word(image, tiny_v3_oop(image->classes[class]) | type);
    uint32_t offset = image->used;
    tiny_v3_add_word(image, hash << 17 | compact << 12 | format << 8 | (size & 0xFC) | type);
    for (uint32_t i = 0; i < words; i++)
        tiny_v3_add_word(image, is_pointers ? tiny_v3_oop(image->nil) : 0);
    return offset;
}

/* The same with the shortest header that will do; the hash is made from the place. */
static inline uint32_t tiny_v3_add(struct tiny_v3 *image, enum tiny_v3_class class, unsigned format,
                                   uint32_t words)
{
    unsigned header_words = words >= 63 ? 3 : class < V3_COMPACT_LIMIT ? 1 : 2;
    return tiny_v3_add_with(image, header_words, class, format, image->used / 4 * 7 % 4095 + 1,
                            words);
}

/* An object of so many bytes. */
static inline uint32_t tiny_v3_add_bytes(struct tiny_v3 *image, enum tiny_v3_class class,
                                         const void *bytes, uint32_t size)
{
    uint32_t words = (size + 3) / 4;
    uint32_t object = tiny_v3_add(image, class, TINY_V3_BYTES + (words * 4 - size), words);
    memcpy(image->file + tiny_v3_place(object, 0), bytes, size);
    return object;
}

/* A class of instances with a format and so many fixed fields. */
static inline void tiny_v3_add_class(struct tiny_v3 *image, enum tiny_v3_class class, unsigned spec,
                                     unsigned fixed)
{
    uint32_t compact = class < V3_COMPACT_LIMIT ? class : 0;
    uint32_t object = tiny_v3_add(image, V3_CLASS_CLASS, TINY_V3_FIXED, 3);
    tiny_v3_set(image, object, SLOT_BEHAVIOR_FORMAT,
                tiny_v3_integer((int32_t)(compact << 11 | spec << 7 | (fixed + 1) << 1)));
    image->classes[class] = object;
}

/* A method with nil literals; header: all but the count of literals. */
static inline uint32_t tiny_v3_add_method(struct tiny_v3 *image, int32_t header, uint32_t literals,
                                          const uint8_t *code, uint32_t size)
{
    uint32_t words = 1 + literals + (size + 3) / 4;
    uint32_t method = tiny_v3_add(image, V3_CLASS_METHOD, TINY_V3_CODE + (4 - size % 4) % 4, words);
    tiny_v3_set(image, method, 0, tiny_v3_integer(header + (int32_t)(literals << 9)));
    for (uint32_t i = 0; i < literals; i++)
        tiny_v3_set(image, method, 1 + i, tiny_v3_oop(image->nil));
    memcpy(image->file + tiny_v3_place(method, 1 + literals), code, size);
    return method;
}

static inline void tiny_v3_add_classes(struct tiny_v3 *image)
{
    static const struct {
        uint8_t class, spec, fixed;
    } classes[] = {
        {V3_CLASS_CLASS, TINY_V3_FIXED, 3},
        {V3_CLASS_METHOD, TINY_V3_CODE, 0},
        {V3_CLASS_ARRAY, TINY_V3_ARRAY, 0},
        {V3_CLASS_LARGE_POSITIVE, TINY_V3_BYTES, 0},
        {V3_CLASS_FLOAT, TINY_V3_WORDS, 0},
        {V3_CLASS_STRING, TINY_V3_BYTES, 0},
        {V3_CLASS_CONTEXT, TINY_V3_VARIABLE, 6},
        {V3_CLASS_BLOCK_CONTEXT, TINY_V3_VARIABLE, 6},
        {V3_CLASS_UNDEFINED, 0, 0},
        {V3_CLASS_FALSE, 0, 0},
        {V3_CLASS_TRUE, 0, 0},
        {V3_CLASS_SMALL_INTEGER, 0, 0},
        {V3_CLASS_MESSAGE, TINY_V3_FIXED, 2},
        {V3_CLASS_LARGE_NEGATIVE, TINY_V3_BYTES, 0},
        {V3_CLASS_BYTES, TINY_V3_BYTES, 0},
        {V3_CLASS_WORDS, TINY_V3_WORDS, 0},
        {V3_CLASS_CHARACTER, TINY_V3_FIXED, 1},
        {V3_CLASS_DICTIONARY, TINY_V3_VARIABLE, 2},
        {V3_CLASS_FIXED2, TINY_V3_FIXED, 2},
        {V3_CLASS_FIXED4, TINY_V3_FIXED, 4},
        {V3_CLASS_WEAK, TINY_V3_WEAK, 0},
        {V3_CLASS_UNUSED, TINY_V3_FIXED, 0},
    };
    size_t count = sizeof classes / sizeof classes[0];
    for (size_t i = 0; i < count; i++)
        tiny_v3_add_class(image, classes[i].class, classes[i].spec, classes[i].fixed);
    image->dictionary = tiny_v3_add(image, V3_CLASS_DICTIONARY, TINY_V3_VARIABLE, 2);
    tiny_v3_set(image, image->dictionary, 0, tiny_v3_integer(0));
    for (size_t i = 0; i < count; i++) {
        uint32_t class = image->classes[classes[i].class];
        tiny_v3_put(image, V3_HEADER_SIZE + class - 4,
                    tiny_v3_oop(image->classes[V3_CLASS_CLASS]) | 1);
        tiny_v3_set(image, class, SLOT_BEHAVIOR_METHOD_DICTIONARY, tiny_v3_oop(image->dictionary));
    }
}

/* nil, false and true, whose classes are set later. */
static inline void tiny_v3_add_first(struct tiny_v3 *image)
{
    image->nil = 4;
    for (uint32_t i = 0; i < 3; i++)
        tiny_v3_add_with(image, 2, V3_CLASS_UNDEFINED, 0, 100 + i, 0);
}

static inline void tiny_v3_add_world(struct tiny_v3 *image)
{
    static const uint8_t answer_temp[] = {16, 124}; /* push temporary 0; return top */
    image->method = tiny_v3_add_method(image, 1 << 18, 1, answer_temp, sizeof answer_temp);
    image->context = tiny_v3_add(image, V3_CLASS_CONTEXT, TINY_V3_VARIABLE,
                                 SLOT_CONTEXT_FRAME + TINY_V3_SMALL_FRAME);
    tiny_v3_set(image, image->context, SLOT_CONTEXT_PC, tiny_v3_integer(9));
    tiny_v3_set(image, image->context, SLOT_CONTEXT_STACKP, tiny_v3_integer(1));
    tiny_v3_set(image, image->context, SLOT_CONTEXT_METHOD, tiny_v3_oop(image->method));
    image->block = tiny_v3_add(image, V3_CLASS_BLOCK_CONTEXT, TINY_V3_VARIABLE,
                               SLOT_CONTEXT_FRAME + TINY_V3_SMALL_FRAME);
    for (uint32_t i = 1; i <= 4; i++)
        tiny_v3_set(image, image->block, i, tiny_v3_integer(i == 2 ? 0 : i == 3 ? 0 : 9));
    tiny_v3_set(image, image->block, 5, tiny_v3_oop(image->context));
    image->process = tiny_v3_add(image, V3_CLASS_FIXED4, TINY_V3_FIXED, 4);
    tiny_v3_set(image, image->process, SLOT_PROCESS_SUSPENDED_CONTEXT, tiny_v3_oop(image->context));
    tiny_v3_set(image, image->process, SLOT_PROCESS_PRIORITY, tiny_v3_integer(1));
    image->things = tiny_v3_add(image, V3_CLASS_ARRAY, TINY_V3_ARRAY, TINY_V3_THINGS);
}

static inline void tiny_v3_set_special_classes(struct tiny_v3 *image)
{
    static const struct {
        uint8_t special, class;
    } known[] = {
        {SPECIAL_CLASS_SMALL_INTEGER, V3_CLASS_SMALL_INTEGER},
        {SPECIAL_CLASS_BITMAP, V3_CLASS_WORDS},
        {SPECIAL_CLASS_BYTE_STRING, V3_CLASS_STRING},
        {SPECIAL_CLASS_ARRAY, V3_CLASS_ARRAY},
        {SPECIAL_CLASS_FLOAT, V3_CLASS_FLOAT},
        {SPECIAL_CLASS_CONTEXT, V3_CLASS_CONTEXT},
        {SPECIAL_CLASS_WIDE_STRING, V3_CLASS_BLOCK_CONTEXT},
        {SPECIAL_CLASS_LARGE_POSITIVE_INTEGER, V3_CLASS_LARGE_POSITIVE},
        {SPECIAL_CLASS_LARGE_NEGATIVE_INTEGER, V3_CLASS_LARGE_NEGATIVE},
        {SPECIAL_CLASS_MESSAGE, V3_CLASS_MESSAGE},
        {SPECIAL_CLASS_COMPILED_METHOD, V3_CLASS_METHOD},
        {SPECIAL_CLASS_CHARACTER, V3_CLASS_CHARACTER},
        {SPECIAL_CLASS_BYTE_ARRAY, V3_CLASS_BYTES},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        tiny_v3_set(image, image->specials, known[i].special,
                    tiny_v3_oop(image->classes[known[i].class]));
}

static inline void tiny_v3_add_specials(struct tiny_v3 *image)
{
    image->list = tiny_v3_add(image, V3_CLASS_FIXED2, TINY_V3_FIXED, 2);
    uint32_t lists = tiny_v3_add(image, V3_CLASS_ARRAY, TINY_V3_ARRAY, 1);
    uint32_t scheduler = tiny_v3_add(image, V3_CLASS_FIXED2, TINY_V3_FIXED, 2);
    uint32_t association = tiny_v3_add(image, V3_CLASS_FIXED2, TINY_V3_FIXED, 2);
    uint32_t selector = tiny_v3_add_bytes(image, V3_CLASS_STRING, "foo", 3);
    uint32_t selectors = tiny_v3_add(image, V3_CLASS_ARRAY, TINY_V3_ARRAY, 64);
    tiny_v3_set(image, lists, 0, tiny_v3_oop(image->list));
    tiny_v3_set(image, scheduler, SLOT_SCHEDULER_LISTS, tiny_v3_oop(lists));
    tiny_v3_set(image, scheduler, SLOT_SCHEDULER_ACTIVE_PROCESS, tiny_v3_oop(image->process));
    tiny_v3_set(image, association, SLOT_ASSOCIATION_VALUE, tiny_v3_oop(scheduler));
    for (uint32_t i = 0; i < 64; i++)
        tiny_v3_set(image, selectors, i, i % 2 == 0 ? tiny_v3_oop(selector) : tiny_v3_integer(1));
    image->compact = tiny_v3_add(image, V3_CLASS_ARRAY, TINY_V3_ARRAY, 31);
    for (uint32_t i = 1; i < V3_COMPACT_LIMIT; i++)
        tiny_v3_set(image, image->compact, i - 1, tiny_v3_oop(image->classes[i]));
    image->specials = tiny_v3_add(image, V3_CLASS_ARRAY, TINY_V3_ARRAY, TINY_V3_SPECIALS);
    tiny_v3_set_special_classes(image);
    tiny_v3_set(image, image->specials, SPECIAL_FALSE, tiny_v3_oop(image->nil + 8));
    tiny_v3_set(image, image->specials, SPECIAL_TRUE, tiny_v3_oop(image->nil + 16));
    tiny_v3_set(image, image->specials, SPECIAL_SCHEDULER_ASSOCIATION, tiny_v3_oop(association));
    tiny_v3_set(image, image->specials, SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND,
                tiny_v3_oop(selector));
    tiny_v3_set(image, image->specials, SPECIAL_SPECIAL_SELECTORS, tiny_v3_oop(selectors));
    tiny_v3_set(image, image->specials, SPECIAL_COMPACT_CLASSES, tiny_v3_oop(image->compact));
    tiny_v3_set(image, image->specials, TINY_V3_THINGS_SPECIAL, tiny_v3_oop(image->things));
}

/* Builds all but the header: a test may add objects before tiny_v3_finish. */
static inline void tiny_v3_begin(struct tiny_v3 *image, bool is_big_endian)
{
    *image = (struct tiny_v3){.is_big_endian = is_big_endian, .magic = V3_MAGIC};
    tiny_v3_add_first(image);
    tiny_v3_add_classes(image);
    for (uint32_t i = 0; i < 3; i++)
        tiny_v3_put(image, V3_HEADER_SIZE + image->nil + i * 8 - 4,
                    tiny_v3_oop(image->classes[V3_CLASS_UNDEFINED + i]) | 1);
    tiny_v3_add_world(image);
    tiny_v3_add_specials(image);
}

static inline void tiny_v3_finish(struct tiny_v3 *image)
{
    const uint32_t fields[] = {image->magic,
                               V3_HEADER_SIZE,
                               image->used,
                               TINY_V3_BASE,
                               tiny_v3_oop(image->specials),
                               1,
                               640 << 16 | 480,
                               0};
    for (uint32_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        tiny_v3_put(image, i * 4, fields[i]);
}

static inline size_t tiny_v3_file_size(const struct tiny_v3 *image)
{
    return V3_HEADER_SIZE + image->used;
}

#endif
