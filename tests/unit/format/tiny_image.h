/*
 * The smallest image that the checker accepts, made word by word in memory, for tests to damage: fourteen known classes, one
 * method, one process suspended in one context. Everything a test may want to reach has its offset kept.
 */
#ifndef VIV_TESTS_UNIT_FORMAT_TINY_IMAGE_H
#define VIV_TESTS_UNIT_FORMAT_TINY_IMAGE_H

#include "image/format/header.h"
#include "vm/object/known.h"
#include "vm/object/object.h"

#include <string.h>

enum {
    TINY_WORDS = 1 << 14,
    TINY_HEADER_WORDS = IMAGE_COMMON_HEADER_SIZE / 8,
    /* Class indices of its own: of classes, of the first three objects, and of each format. */
    TINY_CLASS = 40,
    TINY_UNDEFINED,
    TINY_FALSE,
    TINY_TRUE,
    TINY_FIXED4,
    TINY_CODE,
    TINY_DICTIONARY,
    TINY_EPHEMERON,
    TINY_WEAK,
    TINY_WORDS64,
    TINY_SEMAPHORE = 60, /* not in the smallest image: tests may add these two */
    TINY_PROCESS,
    TINY_CLASS_LIMIT,
    TINY_BASE = 0x100000
};

struct tiny_image {
    uint64_t file[TINY_WORDS]; /* header and data as they would be in the file */
    size_t used;               /* words of data */
    struct image_header header;
    uint64_t nil, roots, page, specials, method, dictionary, values, context, process, scheduler,
        lists, list, selector;
    uint64_t classes[TINY_CLASS_LIMIT];
};

static inline uint64_t tiny_oop(uint64_t offset)
{
    return TINY_BASE + offset;
}

static inline uint64_t tiny_integer(int64_t value)
{
    return (uint64_t)value << 3 | TAG_INTEGER;
}

static inline uint64_t *tiny_word(struct tiny_image *image, uint64_t offset)
{
    return &image->file[TINY_HEADER_WORDS + offset / 8];
}

static inline uint64_t *tiny_slot(struct tiny_image *image, uint64_t object, size_t index)
{
    return tiny_word(image, object + 8 + index * 8);
}

/* A new object; pointer slots nil, others zero. Answers its offset. */
static inline uint64_t tiny_add(struct tiny_image *image, uint32_t class_index, unsigned format,
                                size_t slots)
{
    uint64_t *at = tiny_word(image, image->used * 8);
    if (slots >= OVERFLOW_SLOTS) {
        *at++ = (uint64_t)OVERFLOW_SLOTS << HEADER_SLOTS_SHIFT | slots;
        image->used++;
    }
    uint64_t offset = image->used * 8;
    size_t body = slots == 0 ? 1 : slots;
    *at = header_make(class_index, format, slots);
    for (size_t i = 0; i < body; i++)
        at[1 + i] = format_is_pointers(format) && slots > 0 ? tiny_oop(image->nil) : 0;
    image->used += 1 + body;
    return offset;
}

static inline void tiny_add_class(struct tiny_image *image, uint32_t index, unsigned spec,
                                  size_t fixed)
{
    uint64_t class = tiny_add(image, TINY_CLASS, FORMAT_FIXED, 3);
    *tiny_word(image, class) |= (uint64_t)index << HEADER_HASH_SHIFT;
    *tiny_slot(image, class, SLOT_BEHAVIOR_FORMAT) = tiny_integer((int64_t)(spec << 16 | fixed));
    *tiny_slot(image, image->page, index) = tiny_oop(class);
    image->classes[index] = class;
}

static inline void tiny_add_classes(struct tiny_image *image)
{
    tiny_add_class(image, CLASS_SMALL_INTEGER, 7, 0);
    tiny_add_class(image, CLASS_CHARACTER, 7, 0);
    tiny_add_class(image, CLASS_SMALL_FLOAT, 7, 0);
    tiny_add_class(image, CLASS_LARGE_NEGATIVE_INTEGER, FORMAT_BYTES, 0);
    tiny_add_class(image, CLASS_LARGE_POSITIVE_INTEGER, FORMAT_BYTES, 0);
    tiny_add_class(image, CLASS_BOXED_FLOAT, FORMAT_WORDS32, 0);
    tiny_add_class(image, CLASS_MESSAGE, FORMAT_FIXED, 3);
    tiny_add_class(image, CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE, 6);
    tiny_add_class(image, CLASS_BLOCK_CLOSURE, FORMAT_FIXED_INDEXABLE, 3);
    tiny_add_class(image, CLASS_FULL_BLOCK_CLOSURE, FORMAT_FIXED_INDEXABLE, 4);
    tiny_add_class(image, CLASS_BYTE_ARRAY, FORMAT_BYTES, 0);
    tiny_add_class(image, CLASS_ARRAY, FORMAT_INDEXABLE, 0);
    tiny_add_class(image, CLASS_BYTE_STRING, FORMAT_BYTES, 0);
    tiny_add_class(image, CLASS_BITMAP, FORMAT_WORDS32, 0);
    tiny_add_class(image, TINY_CLASS, FORMAT_FIXED, 3);
    tiny_add_class(image, TINY_UNDEFINED, FORMAT_EMPTY, 0);
    tiny_add_class(image, TINY_FALSE, FORMAT_EMPTY, 0);
    tiny_add_class(image, TINY_TRUE, FORMAT_EMPTY, 0);
    tiny_add_class(image, TINY_FIXED4, FORMAT_FIXED, 4);
    tiny_add_class(image, TINY_CODE, FORMAT_CODE, 0);
    tiny_add_class(image, TINY_DICTIONARY, FORMAT_FIXED_INDEXABLE, 2);
    tiny_add_class(image, TINY_EPHEMERON, FORMAT_EPHEMERON, 1);
    tiny_add_class(image, TINY_WEAK, FORMAT_WEAK, 1);
    tiny_add_class(image, TINY_WORDS64, FORMAT_WORDS64, 0);
}

/* A Sista method: literals nil, `size` bytecodes. */
static inline uint64_t tiny_add_method(struct tiny_image *image, size_t literals, unsigned temps,
                                       const uint8_t *code, size_t size)
{
    size_t slots = 1 + literals + (size + 7) / 8;
    uint64_t method =
        tiny_add(image, TINY_CODE, FORMAT_CODE + (unsigned)((8 - size % 8) % 8), slots);
    int64_t header =
        INT64_MIN / 8 + (int64_t)literals + (int64_t)((uint64_t)temps << CODE_HEADER_TEMP_SHIFT);
    *tiny_slot(image, method, 0) = tiny_integer(header);
    for (size_t i = 0; i < literals; i++)
        *tiny_slot(image, method, 1 + i) = tiny_oop(image->nil);
    memcpy(tiny_slot(image, method, 1 + literals), code, size);
    return method;
}

static inline void tiny_add_world(struct tiny_image *image)
{
    static const uint8_t answer_temp[] = {95, 64, 92}; /* nop; push temporary 0; return top */
    image->selector = tiny_add(image, CLASS_BYTE_STRING, FORMAT_BYTES + 5, 1);
    image->method = tiny_add_method(image, 1, 1, answer_temp, sizeof answer_temp);
    image->values = tiny_add(image, CLASS_ARRAY, FORMAT_INDEXABLE, 2);
    image->dictionary = tiny_add(image, TINY_DICTIONARY, FORMAT_FIXED_INDEXABLE, 4);
    *tiny_slot(image, image->dictionary, SLOT_METHOD_DICTIONARY_TALLY) = tiny_integer(1);
    *tiny_slot(image, image->dictionary, SLOT_METHOD_DICTIONARY_VALUES) = tiny_oop(image->values);
    *tiny_slot(image, image->dictionary, SLOT_METHOD_DICTIONARY_KEYS) = tiny_oop(image->selector);
    *tiny_slot(image, image->values, 0) = tiny_oop(image->method);
    *tiny_slot(image, image->classes[TINY_FIXED4], SLOT_BEHAVIOR_METHOD_DICTIONARY) =
        tiny_oop(image->dictionary);
    image->context = tiny_add(image, CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE, 22);
    *tiny_slot(image, image->context, SLOT_CONTEXT_PC) = tiny_integer(17);
    *tiny_slot(image, image->context, SLOT_CONTEXT_STACKP) = tiny_integer(1);
    *tiny_slot(image, image->context, SLOT_CONTEXT_METHOD) = tiny_oop(image->method);
    image->process = tiny_add(image, TINY_FIXED4, FORMAT_FIXED, 4);
    *tiny_slot(image, image->process, SLOT_PROCESS_SUSPENDED_CONTEXT) = tiny_oop(image->context);
    *tiny_slot(image, image->process, SLOT_PROCESS_PRIORITY) = tiny_integer(40);
    image->list = tiny_add(image, TINY_FIXED4, FORMAT_FIXED, 4);
    image->lists = tiny_add(image, CLASS_ARRAY, FORMAT_INDEXABLE, 1);
    *tiny_slot(image, image->lists, 0) = tiny_oop(image->list);
    image->scheduler = tiny_add(image, TINY_FIXED4, FORMAT_FIXED, 4);
    *tiny_slot(image, image->scheduler, SLOT_SCHEDULER_LISTS) = tiny_oop(image->lists);
    *tiny_slot(image, image->scheduler, SLOT_SCHEDULER_ACTIVE_PROCESS) = tiny_oop(image->process);
}

static inline void tiny_add_specials(struct tiny_image *image)
{
    uint64_t association = tiny_add(image, TINY_FIXED4, FORMAT_FIXED, 4);
    uint64_t selectors = tiny_add(image, CLASS_ARRAY, FORMAT_INDEXABLE, 64);
    *tiny_slot(image, association, SLOT_ASSOCIATION_VALUE) = tiny_oop(image->scheduler);
    for (size_t i = 0; i < 32; i++) {
        *tiny_slot(image, selectors, i * 2) = tiny_oop(image->selector);
        *tiny_slot(image, selectors, i * 2 + 1) = tiny_integer(1);
    }
    image->specials = tiny_add(image, CLASS_ARRAY, FORMAT_INDEXABLE, SPECIAL_OBJECT_COUNT);
    *tiny_slot(image, image->specials, SPECIAL_FALSE) = tiny_oop(16);
    *tiny_slot(image, image->specials, SPECIAL_TRUE) = tiny_oop(32);
    *tiny_slot(image, image->specials, SPECIAL_SCHEDULER_ASSOCIATION) = tiny_oop(association);
    *tiny_slot(image, image->specials, SPECIAL_CLASS_ARRAY) = tiny_oop(image->classes[CLASS_ARRAY]);
    *tiny_slot(image, image->specials, SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND) =
        tiny_oop(image->selector);
    *tiny_slot(image, image->specials, SPECIAL_SPECIAL_SELECTORS) = tiny_oop(selectors);
}

/* Builds all but the bridge: a test may add objects before tiny_finish. */
static inline void tiny_begin(struct tiny_image *image)
{
    memset(image, 0, sizeof *image);
    image->nil = tiny_add(image, TINY_UNDEFINED, FORMAT_EMPTY, 0);
    tiny_add(image, TINY_FALSE, FORMAT_EMPTY, 0);
    tiny_add(image, TINY_TRUE, FORMAT_EMPTY, 0);
    tiny_add(image, CLASS_HIDDEN_WORDS64, FORMAT_WORDS64, FREE_LISTS_COUNT);
    image->roots = tiny_add(image, CLASS_HIDDEN_ARRAY, FORMAT_INDEXABLE, HIDDEN_ROOTS_COUNT);
    image->page = tiny_add(image, CLASS_HIDDEN_ARRAY, FORMAT_INDEXABLE, CLASS_PAGE_SLOTS);
    *tiny_slot(image, image->roots, 0) = tiny_oop(image->page);
    tiny_add_classes(image);
    tiny_add_world(image);
    tiny_add_specials(image);
}

/* Writes the header as it stands in image->header, without changing any of it. */
static inline void tiny_write_header(struct tiny_image *image)
{
    uint8_t page[IMAGE_HEADER_PAGE_SIZE];
    image_header_write(&image->header, page);
    memcpy(image->file, page, IMAGE_COMMON_HEADER_SIZE);
}

/* Puts a bridge behind the objects; next_size 0 ends the image. */
static inline void tiny_add_bridge(struct tiny_image *image, uint64_t word, uint64_t next_size)
{
    uint64_t *at = tiny_word(image, image->used * 8);
    at[0] = word;
    at[1] = next_size;
    image->used += 2;
}

static inline void tiny_finish(struct tiny_image *image)
{
    tiny_add_bridge(image, IMAGE_BRIDGE, 0);
    image->header = image_header_default();
    image->header.header_size = IMAGE_COMMON_HEADER_SIZE;
    image->header.base = TINY_BASE;
    image->header.data_size = image->used * 8;
    image->header.first_segment_size = image->used * 8;
    image->header.special_objects = tiny_oop(image->specials);
    image->header.last_hash = 1;
    tiny_write_header(image);
}

static inline size_t tiny_file_size(const struct tiny_image *image)
{
    return IMAGE_COMMON_HEADER_SIZE + image->used * 8;
}

#endif
