/*
 * The smallest 32-bit Spur image that converts to one which the checker accepts, made word by word in memory: the known
 * classes, one method, one process suspended in one context, and an Array of things for tests to fill.
 */
#ifndef VIV_TESTS_UNIT_IMPORT_TINY32_H
#define VIV_TESTS_UNIT_IMPORT_TINY32_H

#include "image/import/spur32.h"
#include "vm/object/known.h"
#include "vm/object/object.h"

#include <stdio.h>

enum {
    TINY32_WORDS = 1 << 16,
    TINY32_HEADER_WORDS = SPUR32_HEADER_SIZE / 4,
    TINY32_BASE = 0x2000000,
    TINY32_THINGS = 32,
    TINY32_THINGS_SPECIAL = SPECIAL_SMALLTALK,
    /* Class indices of its own: of classes, of the first three objects, and of formats. */
    TINY32_CLASS = 40,
    TINY32_UNDEFINED,
    TINY32_FALSE,
    TINY32_TRUE,
    TINY32_FIXED2,
    TINY32_FIXED4,
    TINY32_CODE,
    TINY32_DICTIONARY,
    TINY32_EPHEMERON,
    TINY32_WORDS16,
    TINY32_WORDS64 = 60,
    TINY32_CLASS_LIMIT
};

struct tiny32 {
    uint32_t file[TINY32_WORDS]; /* header and data as they would be in the file */
    uint32_t used;               /* bytes of data */
    uint32_t address;            /* of the byte that comes next */
    uint32_t segment;            /* where the last segment begins in the data */
    uint32_t nil, roots, page, specials, things, method, selector, context, process;
    uint32_t classes[TINY32_CLASS_LIMIT];
};

static inline uint32_t tiny32_integer(int32_t value)
{
    return (uint32_t)value << 1 | 1;
}

static inline uint32_t tiny32_character(uint32_t code_point)
{
    return code_point << 2 | 2;
}

/* The word at an offset in the data. */
static inline uint32_t *tiny32_word(struct tiny32 *image, uint32_t offset)
{
    return &image->file[TINY32_HEADER_WORDS + offset / 4];
}

static inline uint32_t *tiny32_slot(struct tiny32 *image, uint32_t object, uint32_t index)
{
    return tiny32_word(image, object + 8 + index * 4);
}

/* Offset in the file of an object's slot. */
static inline uint32_t tiny32_place(uint32_t object, uint32_t index)
{
    return SPUR32_HEADER_SIZE + object + 8 + index * 4;
}

/* The address of an object that was added since the last segment began. */
static inline uint32_t tiny32_oop(const struct tiny32 *image, uint32_t offset)
{
    return image->address - image->used + offset;
}

static inline void tiny32_put_double(struct tiny32 *image, uint32_t offset, uint64_t value)
{
    memcpy(tiny32_word(image, offset), &value, sizeof value);
}

static inline void tiny32_grow(struct tiny32 *image, uint32_t size)
{
    image->used += size;
    image->address += size;
}

/* A new object; pointer slots nil, others zero. Answers its offset. */
static inline uint32_t tiny32_add(struct tiny32 *image, uint32_t class_index, unsigned format,
                                  uint32_t slots)
{
    if (slots >= OVERFLOW_SLOTS) {
        tiny32_put_double(image, image->used,
                          (uint64_t)OVERFLOW_SLOTS << HEADER_SLOTS_SHIFT | slots);
        tiny32_grow(image, 8);
    }
    uint32_t offset = image->used;
    uint32_t body = slots == 0 ? 2 : slots + slots % 2;
    tiny32_put_double(image, offset, header_make(class_index, format, slots));
    for (uint32_t i = 0; i < body; i++)
        *tiny32_slot(image, offset, i) = format_is_pointers(format) && i < slots ? TINY32_BASE : 0;
    tiny32_grow(image, 8 + body * 4);
    return offset;
}

/* An object of so many bytes. */
static inline uint32_t tiny32_add_bytes(struct tiny32 *image, uint32_t class_index,
                                        const void *bytes, uint32_t size)
{
    uint32_t slots = (size + 3) / 4;
    uint32_t object = tiny32_add(image, class_index, FORMAT_BYTES + (slots * 4 - size), slots);
    memcpy(tiny32_slot(image, object, 0), bytes, size);
    return object;
}

static inline void tiny32_set_hash(struct tiny32 *image, uint32_t object, uint32_t hash)
{
    *tiny32_word(image, object + 4) |= hash;
}

static inline void tiny32_add_class(struct tiny32 *image, uint32_t index, unsigned spec,
                                    unsigned fixed)
{
    uint32_t class = tiny32_add(image, TINY32_CLASS, FORMAT_FIXED, 3);
    tiny32_set_hash(image, class, index);
    *tiny32_slot(image, class, SLOT_BEHAVIOR_FORMAT) =
        tiny32_integer((int32_t)(spec << 16 | fixed));
    *tiny32_slot(image, image->page, index) = tiny32_oop(image, class);
    image->classes[index] = class;
}

static inline void tiny32_add_classes(struct tiny32 *image)
{
    static const struct {
        uint32_t index;
        unsigned spec, fixed;
    } classes[] = {
        {CLASS_SMALL_INTEGER, 7, 0},
        {CLASS_CHARACTER, 7, 0},
        {CLASS_LARGE_NEGATIVE_INTEGER, FORMAT_BYTES, 0},
        {CLASS_LARGE_POSITIVE_INTEGER, FORMAT_BYTES, 0},
        {CLASS_BOXED_FLOAT, FORMAT_WORDS32, 0},
        {CLASS_MESSAGE, FORMAT_FIXED, 3},
        {CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE, 6},
        {CLASS_BLOCK_CLOSURE, FORMAT_FIXED_INDEXABLE, 3},
        {CLASS_FULL_BLOCK_CLOSURE, FORMAT_FIXED_INDEXABLE, 4},
        {CLASS_BYTE_ARRAY, FORMAT_BYTES, 0},
        {CLASS_ARRAY, FORMAT_INDEXABLE, 0},
        {CLASS_BYTE_STRING, FORMAT_BYTES, 0},
        {CLASS_BITMAP, FORMAT_WORDS32, 0},
        {TINY32_CLASS, FORMAT_FIXED, 3},
        {TINY32_UNDEFINED, FORMAT_EMPTY, 0},
        {TINY32_FALSE, FORMAT_EMPTY, 0},
        {TINY32_TRUE, FORMAT_EMPTY, 0},
        {TINY32_FIXED2, FORMAT_FIXED, 2},
        {TINY32_FIXED4, FORMAT_FIXED, 4},
        {TINY32_CODE, FORMAT_CODE, 0},
        {TINY32_DICTIONARY, FORMAT_FIXED_INDEXABLE, 2},
        {TINY32_EPHEMERON, FORMAT_EPHEMERON, 1},
        {TINY32_WORDS16, FORMAT_WORDS16, 0},
        {TINY32_WORDS64, FORMAT_WORDS64, 0},
    };
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        tiny32_add_class(image, classes[i].index, classes[i].spec, classes[i].fixed);
}

/* A method with nil literals; header: its flags and counts but for the literals, the sign for Sista. */
static inline uint32_t tiny32_add_method(struct tiny32 *image, int32_t header, uint32_t literals,
                                         const uint8_t *code, uint32_t size)
{
    uint32_t slots = 1 + literals + (size + 3) / 4;
    uint32_t method = tiny32_add(image, TINY32_CODE, FORMAT_CODE + (4 - size % 4) % 4, slots);
    *tiny32_slot(image, method, 0) = tiny32_integer(header + (int32_t)literals);
    for (uint32_t i = 0; i < literals; i++)
        *tiny32_slot(image, method, 1 + i) = TINY32_BASE;
    memcpy(tiny32_slot(image, method, 1 + literals), code, size);
    return method;
}

#define TINY32_SISTA (-(int32_t)(1 << 29) * 2)

/* A context of a method, at a pc counted as in 32-bit images, with so many values on its stack. */
static inline uint32_t tiny32_add_context(struct tiny32 *image, uint32_t method, int32_t pc,
                                          int32_t stackp)
{
    uint32_t context =
        tiny32_add(image, CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE, SLOT_CONTEXT_FRAME + 16);
    *tiny32_slot(image, context, SLOT_CONTEXT_PC) = tiny32_integer(pc);
    *tiny32_slot(image, context, SLOT_CONTEXT_STACKP) = tiny32_integer(stackp);
    *tiny32_slot(image, context, SLOT_CONTEXT_METHOD) = tiny32_oop(image, method);
    return context;
}

static inline void tiny32_add_world(struct tiny32 *image)
{
    static const uint8_t answer_temp[] = {95, 64, 92}; /* nop; push temporary 0; return top */
    image->selector = tiny32_add_bytes(image, CLASS_BYTE_STRING, "foo", 3);
    image->method = tiny32_add_method(image, TINY32_SISTA + (1 << CODE_HEADER_TEMP_SHIFT), 1,
                                      answer_temp, sizeof answer_temp);
    image->context = tiny32_add_context(image, image->method, 9, 1);
    image->process = tiny32_add(image, TINY32_FIXED4, FORMAT_FIXED, 4);
    *tiny32_slot(image, image->process, SLOT_PROCESS_SUSPENDED_CONTEXT) =
        tiny32_oop(image, image->context);
    *tiny32_slot(image, image->process, SLOT_PROCESS_PRIORITY) = tiny32_integer(40);
    image->things = tiny32_add(image, CLASS_ARRAY, FORMAT_INDEXABLE, TINY32_THINGS);
}

static inline void tiny32_add_specials(struct tiny32 *image)
{
    uint32_t list = tiny32_add(image, TINY32_FIXED4, FORMAT_FIXED, 4);
    uint32_t lists = tiny32_add(image, CLASS_ARRAY, FORMAT_INDEXABLE, 1);
    uint32_t scheduler = tiny32_add(image, TINY32_FIXED4, FORMAT_FIXED, 4);
    uint32_t association = tiny32_add(image, TINY32_FIXED4, FORMAT_FIXED, 4);
    uint32_t selectors = tiny32_add(image, CLASS_ARRAY, FORMAT_INDEXABLE, 64);
    *tiny32_slot(image, lists, 0) = tiny32_oop(image, list);
    *tiny32_slot(image, scheduler, SLOT_SCHEDULER_LISTS) = tiny32_oop(image, lists);
    *tiny32_slot(image, scheduler, SLOT_SCHEDULER_ACTIVE_PROCESS) =
        tiny32_oop(image, image->process);
    *tiny32_slot(image, association, SLOT_ASSOCIATION_VALUE) = tiny32_oop(image, scheduler);
    for (uint32_t i = 0; i < 32; i++) {
        *tiny32_slot(image, selectors, i * 2) = tiny32_oop(image, image->selector);
        *tiny32_slot(image, selectors, i * 2 + 1) = tiny32_integer(1);
    }
    image->specials = tiny32_add(image, CLASS_ARRAY, FORMAT_INDEXABLE, 60);
    const struct {
        uint32_t index, offset;
    } specials[] = {
        {SPECIAL_FALSE, 16},
        {SPECIAL_TRUE, 32},
        {SPECIAL_SCHEDULER_ASSOCIATION, association},
        {SPECIAL_CLASS_ARRAY, image->classes[CLASS_ARRAY]},
        {SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND, image->selector},
        {SPECIAL_SPECIAL_SELECTORS, selectors},
        {TINY32_THINGS_SPECIAL, image->things},
    };
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
        *tiny32_slot(image, image->specials, specials[i].index) =
            tiny32_oop(image, specials[i].offset);
}

/* Builds all but the bridge: a test may add objects before tiny32_finish. */
static inline void tiny32_begin(struct tiny32 *image)
{
    memset(image, 0, sizeof *image);
    image->address = TINY32_BASE;
    image->nil = tiny32_add(image, TINY32_UNDEFINED, FORMAT_EMPTY, 0);
    tiny32_add(image, TINY32_FALSE, FORMAT_EMPTY, 0);
    tiny32_add(image, TINY32_TRUE, FORMAT_EMPTY, 0);
    tiny32_add(image, 18, FORMAT_WORDS32, 32);
    image->roots = tiny32_add(image, CLASS_HIDDEN_ARRAY, FORMAT_INDEXABLE, HIDDEN_ROOTS_COUNT);
    image->page = tiny32_add(image, CLASS_HIDDEN_ARRAY, FORMAT_INDEXABLE, CLASS_PAGE_SLOTS);
    *tiny32_slot(image, image->roots, 0) = tiny32_oop(image, image->page);
    tiny32_add_classes(image);
    tiny32_add_world(image);
    tiny32_add_specials(image);
}

/* Writes a bridge: gap in bytes to the next segment, whose size is set when the next bridge is written. */
static inline void tiny32_add_bridge(struct tiny32 *image, uint32_t gap)
{
    uint64_t word = gap == 0 ? UINT64_C(0x008000004A000003)
                             : (uint64_t)OVERFLOW_SLOTS << HEADER_SLOTS_SHIFT | gap / 4;
    tiny32_put_double(image, image->used, word);
    tiny32_put_double(image, image->used + 8, 0);
    tiny32_grow(image, 16);
    uint32_t size = image->used - image->segment;
    if (image->segment == 0)
        image->file[12] = size;
    else
        *tiny32_word(image, image->segment - 8) = size;
    image->segment = image->used;
    image->address += gap;
}

static inline void tiny32_finish(struct tiny32 *image)
{
    uint32_t specials = TINY32_BASE + image->specials;
    tiny32_add_bridge(image, 0);
    const uint32_t fields[] = {SPUR32_MAGIC,     SPUR32_HEADER_SIZE,
                               image->used,      TINY32_BASE,
                               specials,         1,
                               1024 << 16 | 768, 2};
    memcpy(image->file, fields, sizeof fields);
}

static inline size_t tiny32_file_size(const struct tiny32 *image)
{
    return SPUR32_HEADER_SIZE + image->used;
}

/* Writes a finished image to a file. */
static inline bool tiny32_write(const struct tiny32 *image, const char *path)
{
    FILE *file = fopen(path, "wb");
    size_t size = tiny32_file_size(image);
    bool good = file != NULL && fwrite(image->file, 1, size, file) == size;
    return file != NULL && fclose(file) == 0 && good;
}

#endif
