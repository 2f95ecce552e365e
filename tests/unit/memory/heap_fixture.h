/*
 * A heap without an image, made by hand: nil, false, true, free lists, hidden roots, a page of classes with one class for each
 * format, and the special objects. A test holds oops across collections in `roots`, weakly in `weak_roots`; both are given to
 * the heap as a provider of roots. Nothing else outside the heap is updated when objects move.
 */
#ifndef VIV_TESTS_UNIT_MEMORY_HEAP_FIXTURE_H
#define VIV_TESTS_UNIT_MEMORY_HEAP_FIXTURE_H

#include "vm/memory/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    FIRST_CLASS = 60,
    T_META = FIRST_CLASS, /* the class of all classes of the fixture */
    T_METACLASS,          /* the class of T_META */
    T_UNDEFINED,
    T_FALSE,
    T_TRUE,
    T_EMPTY,
    T_FIXED, /* four slots */
    T_FIXED_INDEXABLE,
    T_WEAK,      /* one fixed slot, which is strong */
    T_EPHEMERON, /* key, value, and one more */
    T_WORDS64,
    T_WORDS16,
    T_CODE,
    T_IMMEDIATE,
    LAST_CLASS = T_IMMEDIATE,
    CLASS_SLOTS = 7,
    ROOT_COUNT = 64,
    EDEN_SIZE = 1 << 16
};

struct test_heap {
    struct heap heap;
    struct status status;
    _Atomic uintptr_t poll_word;
    oop roots[ROOT_COUNT];
    oop weak_roots[ROOT_COUNT];
};

static inline void test_visit_roots(void *context, struct heap *heap, heap_visit_fn *visitor)
{
    struct test_heap *test = context;
    for (size_t i = 0; i < ROOT_COUNT; i++)
        if (!oop_is_none(test->roots[i]))
            visitor(heap, &test->roots[i]);
}

static inline void test_after(void *context, struct heap *heap)
{
    struct test_heap *test = context;
    for (size_t i = 0; i < ROOT_COUNT; i++)
        if (!oop_is_none(test->weak_roots[i]))
            test->weak_roots[i] = heap_survivor(heap, test->weak_roots[i]);
}

/* Puts an object at the end of old space, slots filled with `filler`. */
static inline oop test_lay_down(struct heap *heap, uint32_t class_index, unsigned format,
                                size_t slot_count, oop filler)
{
    uint64_t *start = heap_extend_old(heap, object_size_for_slots(slot_count));
    assert_non_null(start);
    if (slot_count >= OVERFLOW_SLOTS)
        *start++ = (uint64_t)OVERFLOW_SLOTS << HEADER_SLOTS_SHIFT | slot_count;
    *start = header_make(class_index, format, slot_count);
    oop object = object_at_address(start);
    for (size_t i = 0; i < (slot_count == 0 ? 1 : slot_count); i++)
        object_slot_init(object, i, filler);
    return object;
}

static inline void test_lay_down_class(struct heap *heap, uint32_t class_index, unsigned spec,
                                       size_t fixed)
{
    oop nil = object_starting_at(heap->old.base);
    uint32_t its_class = class_index == T_META ? T_METACLASS : T_META;
    oop class = test_lay_down(heap, its_class, FORMAT_FIXED, CLASS_SLOTS, nil);
    object_slot_init(class, SLOT_BEHAVIOR_FORMAT, oop_from_integer((int64_t)(spec << 16 | fixed)));
    object_set_header(class, object_header(class) | (uint64_t)class_index << HEADER_HASH_SHIFT);
    oop page = object_slot(heap->hidden_roots, 0);
    object_slot_init(page, class_index, class);
}

static inline void test_lay_down_classes(struct heap *heap)
{
    static const struct {
        uint32_t class_index;
        unsigned spec;
        size_t fixed;
    } rows[] = {
        {CLASS_SMALL_INTEGER, 7, 0},
        {CLASS_CHARACTER, 7, 0},
        {CLASS_SMALL_FLOAT, 7, 0},
        {CLASS_LARGE_NEGATIVE_INTEGER, FORMAT_BYTES, 0},
        {CLASS_LARGE_POSITIVE_INTEGER, FORMAT_BYTES, 0},
        {CLASS_BOXED_FLOAT, FORMAT_WORDS32, 0},
        {CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE, 6},
        {CLASS_BYTE_ARRAY, FORMAT_BYTES, 0},
        {CLASS_ARRAY, FORMAT_INDEXABLE, 0},
        {CLASS_BYTE_STRING, FORMAT_BYTES, 0},
        {CLASS_BITMAP, FORMAT_WORDS32, 0},
        {T_META, FORMAT_FIXED, CLASS_SLOTS},
        {T_METACLASS, FORMAT_FIXED, CLASS_SLOTS},
        {T_UNDEFINED, FORMAT_EMPTY, 0},
        {T_FALSE, FORMAT_EMPTY, 0},
        {T_TRUE, FORMAT_EMPTY, 0},
        {T_EMPTY, FORMAT_EMPTY, 0},
        {T_FIXED, FORMAT_FIXED, 4},
        {T_FIXED_INDEXABLE, FORMAT_FIXED_INDEXABLE, 2},
        {T_WEAK, FORMAT_WEAK, 1},
        {T_EPHEMERON, FORMAT_EPHEMERON, 3},
        {T_WORDS64, FORMAT_WORDS64, 0},
        {T_WORDS16, FORMAT_WORDS16, 0},
        {T_CODE, FORMAT_CODE, 0},
        {T_IMMEDIATE, 7, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        test_lay_down_class(heap, rows[i].class_index, rows[i].spec, rows[i].fixed);
}

/* Opens a heap and fills it with what every heap has. */
static inline void test_heap_open(struct test_heap *test, const struct heap_options *options)
{
    struct heap *heap = &test->heap;
    memset(test, 0, sizeof *test);
    if (!heap_open(heap, options, &test->status))
        fail_msg("%s", test->status.sentence);
    oop nil = test_lay_down(heap, T_UNDEFINED, FORMAT_EMPTY, 0, NO_OOP);
    test_lay_down(heap, T_FALSE, FORMAT_EMPTY, 0, NO_OOP);
    test_lay_down(heap, T_TRUE, FORMAT_EMPTY, 0, NO_OOP);
    test_lay_down(heap, CLASS_HIDDEN_WORDS64, FORMAT_WORDS64, FREE_LISTS_COUNT, NO_OOP);
    heap->hidden_roots =
        test_lay_down(heap, CLASS_HIDDEN_ARRAY, FORMAT_INDEXABLE, HIDDEN_ROOTS_COUNT, nil);
    oop page = test_lay_down(heap, CLASS_HIDDEN_ARRAY, FORMAT_INDEXABLE, CLASS_PAGE_SLOTS, nil);
    object_slot_init(heap->hidden_roots, 0, page);
    test_lay_down_classes(heap);
    oop specials = test_lay_down(heap, CLASS_ARRAY, FORMAT_INDEXABLE, SPECIAL_OBJECT_COUNT, nil);
    heap_adopt_image(heap, specials);
    object_slot_init(specials, SPECIAL_FALSE, heap->false_object);
    object_slot_init(specials, SPECIAL_TRUE, heap->true_object);
    heap->poll_word = &test->poll_word;
    struct heap_roots provider = {test, test_visit_roots, test_after, NULL};
    heap_add_roots(heap, &provider);
}

static inline int test_begin(void **state)
{
    struct test_heap *test = calloc(1, sizeof *test);
    struct heap_options options = {0, (size_t)64 << 20, EDEN_SIZE, NULL};
    if (test == NULL)
        return -1;
    test_heap_open(test, &options);
    *state = test;
    return 0;
}

static inline int test_end(void **state)
{
    struct test_heap *test = *state;
    heap_close(&test->heap);
    free(test);
    return 0;
}

static inline void assert_verified(struct test_heap *test)
{
    test->status = (struct status){STATUS_OK, ""};
    if (!heap_verify(&test->heap, &test->status))
        fail_msg("%s", test->status.sentence);
}

static inline void assert_same(oop a, oop b)
{
    assert_int_equal(a.bits, b.bits);
}

static inline oop test_array(struct test_heap *test, size_t count)
{
    oop array = heap_allocate_array(&test->heap, count);
    assert_false(oop_is_none(array));
    return array;
}

/* An instance of one of the fixture's classes. */
static inline oop test_new(struct test_heap *test, uint32_t class_index, size_t indexable)
{
    bool valid = false;
    oop object =
        heap_instantiate(&test->heap, heap_class_at(&test->heap, class_index), indexable, &valid);
    assert_true(valid);
    assert_false(oop_is_none(object));
    return object;
}

/* A new class that is not in the class table yet. */
static inline oop test_new_class(struct test_heap *test, unsigned spec, size_t fixed)
{
    oop class = test_new(test, T_META, 0);
    object_slot_init(class, SLOT_BEHAVIOR_FORMAT, oop_from_integer((int64_t)(spec << 16 | fixed)));
    return class;
}

/* An Array of two elements. */
static inline oop test_pair(struct test_heap *test, oop first, oop second)
{
    oop pair = test_array(test, 2);
    heap_store(&test->heap, pair, 0, first);
    heap_store(&test->heap, pair, 1, second);
    return pair;
}

static inline int test_become(struct test_heap *test, oop a, oop b, bool two_way, bool copy_hash)
{
    oop left = test_array(test, 1);
    oop right = test_array(test, 1);
    heap_store(&test->heap, left, 0, a);
    heap_store(&test->heap, right, 0, b);
    return heap_become(&test->heap, left, right, two_way, copy_hash);
}

static inline oop test_ephemeron(struct test_heap *test, oop key, oop value)
{
    oop ephemeron = test_new(test, T_EPHEMERON, 0);
    heap_store(&test->heap, ephemeron, 0, key);
    heap_store(&test->heap, ephemeron, 1, value);
    return ephemeron;
}

static inline size_t mourner_count(const struct test_heap *test)
{
    return test->heap.mourners.count - test->heap.mourners_taken;
}

static inline bool is_young(const struct test_heap *test, oop value)
{
    return heap_is_young(&test->heap, value);
}

static inline bool is_remembered(const struct test_heap *test, oop object)
{
    for (size_t i = 0; i < test->heap.remembered.count; i++)
        if (oop_same(test->heap.remembered.items[i], object))
            return (object_header(object) & HEADER_REMEMBERED) != 0;
    return false;
}

/* Numbers from a seed: the same ones on every machine. */
static inline uint64_t test_random(uint64_t *state)
{
    *state += 0x9E3779B97F4A7C15;
    uint64_t mixed = (*state ^ (*state >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return mixed ^ (mixed >> 31);
}

static inline size_t test_random_below(uint64_t *state, size_t limit)
{
    return (size_t)(test_random(state) % limit);
}

/* The seed of a run: $VIV_TEST_SEED, or always the same. It is printed, so that a failure can be run again. */
static inline uint64_t test_seed(void)
{
    const char *given = getenv("VIV_TEST_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20261122;
    print_message("seed %llu\n", (unsigned long long)seed);
    return seed;
}

#endif
