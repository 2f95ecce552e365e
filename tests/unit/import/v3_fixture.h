/* An image from before Spur that a test fills and converts, of either order of bytes. */
#ifndef VIV_TESTS_UNIT_IMPORT_V3_FIXTURE_H
#define VIV_TESTS_UNIT_IMPORT_V3_FIXTURE_H

#include "image/import/import.h"
#include "tests/unit/import/assert_object.h"
#include "tests/unit/import/tiny_v3.h"

#include <stdlib.h>

struct fixture {
    struct tiny_v3 image;
    struct import *import;
    uint64_t *data; /* converted, where its references say it is */
    oop specials;
    uint32_t things;
    struct status status;
};

static inline int begin_in_order(void **state, bool is_big_endian)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (fixture == NULL)
        return -1;
    tiny_v3_begin(&fixture->image, is_big_endian);
    *state = fixture;
    return 0;
}

static inline int begin_little(void **state)
{
    return begin_in_order(state, false);
}

static inline int begin_big(void **state)
{
    return begin_in_order(state, true);
}

static inline int end(void **state)
{
    struct fixture *fixture = *state;
    import_close(fixture->import);
    free(fixture->data);
    free(fixture);
    return 0;
}

/* Makes a word a thing of the image; answers its number. */
static inline size_t keep(struct fixture *fixture, uint32_t word)
{
    uint32_t number = fixture->things++;
    assert_true(number < TINY_V3_THINGS);
    tiny_v3_set(&fixture->image, fixture->image.things, number, word);
    return number;
}

static inline size_t keep_object(struct fixture *fixture, uint32_t offset)
{
    return keep(fixture, tiny_v3_oop(offset));
}

static inline void convert(struct fixture *fixture, const uint8_t *bytes, size_t size)
{
    fixture->import = import_open("v3.image", bytes, size, &fixture->status);
    if (fixture->import == NULL)
        fail_msg("%s", fixture->status.sentence);
    assert_int_equal(import_dialect(fixture->import), DIALECT_V3);
    fixture->data = malloc((size_t)import_size(fixture->import));
    assert_non_null(fixture->data);
    uint64_t base = (uint64_t)(uintptr_t)fixture->data;
    if (!import_write(fixture->import, fixture->data, base))
        fail_msg("%s", fixture->status.sentence);
    fixture->specials = oop_from_bits(import_special_objects(fixture->import, base));
}

static inline void widen(struct fixture *fixture)
{
    tiny_v3_finish(&fixture->image);
    convert(fixture, fixture->image.file, tiny_v3_file_size(&fixture->image));
}

static inline oop thing(const struct fixture *fixture, size_t number)
{
    return object_slot(object_slot(fixture->specials, TINY_V3_THINGS_SPECIAL), number);
}

static inline oop nil_of(const struct fixture *fixture)
{
    return object_at_address(fixture->data);
}

static inline oop class_in_table(const struct fixture *fixture, uint32_t index)
{
    oop true_object = object_slot(fixture->specials, SPECIAL_TRUE);
    oop lists = object_starting_at(object_limit(true_object));
    oop roots = object_starting_at(object_limit(lists));
    oop page = object_slot(roots, index / CLASS_PAGE_SLOTS);
    return page.bits == nil_of(fixture).bits ? page : object_slot(page, index % CLASS_PAGE_SLOTS);
}

/* The identity hash that the file has for an object. */
static inline uint32_t hash_in_file(const struct fixture *fixture, uint32_t offset)
{
    return tiny_v3_get(&fixture->image, V3_HEADER_SIZE + offset) >> 17 & 0xFFF;
}

/* Each test runs twice, once in each order. */
#define TEST_OF_BOTH_ORDERS(name)                                                                  \
    cmocka_unit_test_setup_teardown(name, begin_little, end),                                      \
        cmocka_unit_test_setup_teardown(name, begin_big, end)

#endif
