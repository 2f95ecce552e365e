/* Allocation by format and by size, and what happens when eden or the heap is used up. */
#include "tests/unit/memory/heap_fixture.h"

#define LIMIT_SIZE ((size_t)2 << 20)

static int begin_with_little_memory(void **state)
{
    struct test_heap *test = calloc(1, sizeof *test);
    struct heap_options options = {0, LIMIT_SIZE, EDEN_SIZE, NULL};
    if (test == NULL)
        return -1;
    test_heap_open(test, &options);
    *state = test;
    return 0;
}

static void assert_filled(oop object, oop filler)
{
    for (size_t i = 0; i < object_slot_count(object); i++)
        assert_same(object_slot(object, i), filler);
}

static void pointer_formats_are_filled_with_nil(void **state)
{
    struct test_heap *test = *state;
    struct {
        uint32_t class_index;
        size_t indexable;
        unsigned format;
        size_t slots;
    } rows[] = {{T_EMPTY, 0, FORMAT_EMPTY, 0},
                {T_FIXED, 0, FORMAT_FIXED, 4},
                {CLASS_ARRAY, 7, FORMAT_INDEXABLE, 7},
                {CLASS_ARRAY, 0, FORMAT_INDEXABLE, 0},
                {T_FIXED_INDEXABLE, 3, FORMAT_FIXED_INDEXABLE, 5},
                {T_WEAK, 4, FORMAT_WEAK, 5},
                {T_EPHEMERON, 0, FORMAT_EPHEMERON, 3}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        oop object = test_new(test, rows[i].class_index, rows[i].indexable);

        assert_int_equal(object_class_index(object), rows[i].class_index);
        assert_int_equal(object_format(object), rows[i].format);
        assert_int_equal(object_slot_count(object), rows[i].slots);
        assert_filled(object, test->heap.nil);
    }
    assert_verified(test);
}

static void bits_formats_are_zeroed_and_count_their_elements(void **state)
{
    struct test_heap *test = *state;
    struct {
        uint32_t class_index;
        unsigned base;
        unsigned element_size;
    } rows[] = {{T_WORDS64, FORMAT_WORDS64, 8},
                {CLASS_BITMAP, FORMAT_WORDS32, 4},
                {T_WORDS16, FORMAT_WORDS16, 2},
                {CLASS_BYTE_ARRAY, FORMAT_BYTES, 1}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t count = 0; count < 40; count++) {
            oop object = test_new(test, rows[i].class_index, count);

            size_t slots = (count * rows[i].element_size + 7) / 8;
            unsigned unused = (unsigned)(slots * 8 / rows[i].element_size - count);
            assert_int_equal(object_slot_count(object), slots);
            assert_int_equal(object_format(object), rows[i].base + unused);
            assert_int_equal(object_byte_count(object), count);
            assert_filled(object, NO_OOP);
        }
    assert_verified(test);
}

static void classes_refuse_instances_that_their_format_forbids(void **state)
{
    struct test_heap *test = *state;
    struct {
        uint32_t class_index;
        size_t indexable;
    } rows[] = {{T_EMPTY, 1},     {T_FIXED, 1}, {T_EPHEMERON, 1},
                {T_IMMEDIATE, 0}, {T_CODE, 0},  {T_CODE, 3}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool valid = true;
        oop class = heap_class_at(&test->heap, rows[i].class_index);

        oop object = heap_instantiate(&test->heap, class, rows[i].indexable, &valid);

        assert_true(oop_is_none(object));
        assert_false(valid);
    }
}

static void sizes_beyond_the_address_space_are_refused(void **state)
{
    struct test_heap *test = *state;
    size_t sizes[] = {(size_t)1 << 40, (size_t)1 << 52, (size_t)1 << 60, SIZE_MAX / 8, SIZE_MAX};
    bool valid;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        oop array_class = heap_class_at(&test->heap, CLASS_ARRAY);

        assert_true(oop_is_none(heap_allocate_array(&test->heap, sizes[i])));
        assert_true(oop_is_none(heap_instantiate(&test->heap, array_class, sizes[i], &valid)));
        assert_true(oop_is_none(heap_allocate_bytes(&test->heap, CLASS_BYTE_ARRAY, sizes[i])));
        assert_true(oop_is_none(heap_allocate_words32(&test->heap, CLASS_BITMAP, sizes[i])));
    }
    assert_verified(test);
}

static void slot_counts_around_the_overflow_word_are_kept(void **state)
{
    struct test_heap *test = *state;
    size_t counts[] = {253, 254, 255, 256, 257, 8191, 8192, 8193};

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        oop array = test_array(test, counts[i]);

        assert_int_equal(object_slot_count(array), counts[i]);
        assert_int_equal(object_has_overflow(array), counts[i] >= 255);
        assert_filled(array, test->heap.nil);
    }
    assert_verified(test);
}

static void small_objects_are_young_and_large_ones_old(void **state)
{
    struct test_heap *test = *state;

    assert_true(is_young(test, test_array(test, 8191)));
    oop large = test_array(test, 8192);

    assert_false(is_young(test, large));
    assert_true(is_remembered(test, large));
    assert_false(is_remembered(test, heap_allocate_bytes(&test->heap, CLASS_BYTE_ARRAY, 100000)));
    assert_verified(test);
}

static void a_large_object_may_be_filled_with_young_ones_without_the_barrier(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_array(test, 9000);

    for (size_t i = 0; i < 100; i++)
        object_slot_init(test->roots[0], i * 90, test_array(test, 3));
    heap_scavenge(&test->heap);

    for (size_t i = 0; i < 100; i++)
        assert_int_equal(object_slot_count(object_slot(test->roots[0], i * 90)), 3);
    assert_verified(test);
}

static void a_full_eden_asks_for_a_poll_and_goes_on(void **state)
{
    struct test_heap *test = *state;
    oop first = test_array(test, 10);
    object_slot_init(first, 0, oop_from_integer(77));
    assert_false(test->heap.wants_scavenge);
    assert_int_equal(test->poll_word, 0);

    for (size_t size = 0; size <= EDEN_SIZE; size += 88)
        test_array(test, 10);

    assert_true(test->heap.wants_scavenge);
    assert_int_equal(test->poll_word, UINTPTR_MAX);
    assert_int_equal(test->heap.statistics.scavenges.count, 0);
    assert_same(object_slot(first, 0), oop_from_integer(77));
    assert_verified(test);
}

static void eden_and_its_slack_used_up_allocation_goes_on_in_old_space(void **state)
{
    struct test_heap *test = *state;
    struct heap *heap = &test->heap;
    oop first = test_array(test, 10);
    oop last = first;

    while (is_young(test, last)) {
        last = test_array(test, 10);
        object_slot_init(last, 0, first);
    }

    assert_true(is_remembered(test, last));
    assert_int_equal(heap->statistics.scavenges.count, 0);
    assert_same(object_slot(last, 0), first);
    assert_verified(test);
}

static void after_a_scavenge_eden_serves_again_up_to_its_soft_limit(void **state)
{
    struct test_heap *test = *state;
    while (!test->heap.wants_scavenge)
        test_array(test, 10);

    heap_scavenge(&test->heap);

    assert_false(test->heap.wants_scavenge);
    assert_ptr_equal(test->heap.eden_free, test->heap.eden.start);
    assert_ptr_equal(test->heap.eden_limit, test->heap.eden_soft_limit);
    assert_true(is_young(test, test_array(test, 10)));
}

/* Fills old space with arrays chained from root 0 until one is refused. */
static size_t fill_old_space(struct test_heap *test, size_t slot_count)
{
    size_t count = 0;
    for (;;) {
        oop array = heap_allocate_array(&test->heap, slot_count);
        if (oop_is_none(array))
            return count;
        heap_store(&test->heap, array, 0, test->roots[0]);
        test->roots[0] = array;
        count++;
    }
}

static void the_limit_refuses_and_asks_for_a_full_collection(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test->heap.nil;
    test->poll_word = 0;

    size_t count = fill_old_space(test, 9000);

    assert_true(count > 10);
    assert_true(test->heap.wants_full);
    assert_int_equal(test->poll_word, UINTPTR_MAX);
    assert_true(heap_old_used_size(&test->heap) <= LIMIT_SIZE);
    assert_verified(test);
}

static void collection_makes_room_below_the_limit_again(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test->heap.nil;
    size_t count = fill_old_space(test, 9000);
    test->roots[0] = test->heap.nil;

    heap_collect_full(&test->heap, false);

    assert_false(test->heap.wants_full);
    assert_int_equal(fill_old_space(test, 9000), count);
    assert_verified(test);
}

static void a_raised_limit_gives_room(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test->heap.nil;
    size_t count = fill_old_space(test, 9000);

    test->heap.size_limit *= 2;

    assert_true(fill_old_space(test, 9000) >= count);
    assert_verified(test);
}

static void the_reserve_is_not_for_allocation_even_when_it_has_free_chunks(void **state)
{
    struct test_heap *test = *state;
    struct heap *heap = &test->heap;
    test->roots[0] = heap->nil;
    fill_old_space(test, 9000);
    heap->size_limit *= 4;
    oop keep = test->roots[1] = test_pair(test, heap->nil, heap->nil);
    fill_old_space(test, 9000);
    test->roots[2] = heap_allocate_old(heap, CLASS_ARRAY, FORMAT_INDEXABLE, 1);
    object_slot_init(test->roots[2], 0, keep);
    test->roots[0] = heap->nil;
    heap->size_limit /= 4;
    heap_collect_full(heap, false);

    fill_old_space(test, 9000);

    assert_true(heap_old_used_size(heap) <= heap->size_limit);
    assert_verified(test);
}

static void a_full_heap_still_scavenges_into_its_reserve(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test->heap.nil;
    fill_old_space(test, 9000);
    for (size_t i = 1; i < 20; i++)
        test->roots[i] = test_array(test, 1000);

    assert_true(heap_can_scavenge(&test->heap));
    heap_tenure_all(&test->heap);

    assert_true(heap_old_used_size(&test->heap) > LIMIT_SIZE - 9000 * 8);
    for (size_t i = 1; i < 20; i++)
        assert_int_equal(object_slot_count(test->roots[i]), 1000);
    assert_verified(test);
}

static void what_is_alive_is_tenured_even_beyond_the_reserve(void **state)
{
    struct test_heap *test = *state;
    struct heap *heap = &test->heap;
    heap->reserve_size = 0;
    heap->size_limit = heap_old_used_size(heap);
    for (size_t i = 0; i < 40; i++)
        test->roots[i] = test_array(test, 1000);
    assert_false(heap_can_scavenge(heap));

    heap_collect_full(heap, true);

    assert_true(heap_old_used_size(heap) > heap->size_limit);
    assert_true(oop_is_none(heap_allocate_array(heap, 9000)));
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(object_slot_count(test->roots[i]), 1000);
    assert_verified(test);
}

static void exhaustion_never_aborts(void **state)
{
    struct test_heap *test = *state;
    struct heap *heap = &test->heap;
    heap->reserve_size = (size_t)4 << 20;
    uint64_t seed = 7;
    test->roots[0] = heap->nil;
    bool refused = false;
    size_t gave_up = 0;

    for (size_t i = 0; i < 30000; i++) {
        oop array = heap_allocate_array(heap, test_random_below(&seed, i % 100 == 0 ? 20000 : 200));
        refused |= oop_is_none(array);
        if (!oop_is_none(array) && object_slot_count(array) > 0) {
            heap_store(heap, array, 0, test->roots[0]);
            test->roots[0] = array;
        }
        if (!heap->wants_scavenge && !heap->wants_full)
            continue;
        if (!heap_can_scavenge(heap)) {
            test->roots[0] = heap->nil;
            gave_up++;
            break;
        }
        if (heap->wants_full)
            heap_collect_full(heap, i % 2 == 0);
        else
            heap_scavenge(heap);
    }

    assert_true(refused);
    assert_true(gave_up > 0);
    assert_verified(test);
}

static void an_empty_limit_refuses_large_objects_only(void **state)
{
    struct test_heap *test = *state;
    test->heap.size_limit = 0;

    assert_true(oop_is_none(heap_allocate_array(&test->heap, 10000)));

    assert_true(is_young(test, test_array(test, 100)));
    heap_scavenge(&test->heap);
    assert_verified(test);
}

static void a_copy_has_class_and_slots_but_no_hash_and_no_flags(void **state)
{
    struct test_heap *test = *state;
    oop original = test_pair(test, oop_from_integer(1), test_array(test, 2));
    heap_identity_hash(&test->heap, original);
    object_set_header(original, object_header(original) | HEADER_IMMUTABLE | HEADER_PINNED);

    oop copy = heap_shallow_copy(&test->heap, original);

    assert_int_equal(object_class_index(copy), CLASS_ARRAY);
    assert_int_equal(object_hash_bits(copy), 0);
    assert_false(object_is_immutable(copy) || object_is_pinned(copy));
    assert_same(object_slot(copy, 0), object_slot(original, 0));
    assert_same(object_slot(copy, 1), object_slot(original, 1));
}

static void copies_of_large_and_of_code_objects_are_remembered(void **state)
{
    struct test_heap *test = *state;
    oop large = test_array(test, 9000);
    object_slot_init(large, 8999, test_array(test, 1));
    oop code = heap_allocate_old(&test->heap, T_CODE, FORMAT_CODE, 9000);
    object_slot_init(code, 0, oop_from_integer(1));
    object_slot_init(code, 1, test_array(test, 1));

    oop copies[] = {heap_shallow_copy(&test->heap, large), heap_shallow_copy(&test->heap, code)};

    assert_true(is_remembered(test, copies[0]));
    assert_true(is_remembered(test, copies[1]));
    assert_same(object_slot(copies[1], 1), object_slot(code, 1));
    assert_verified(test);
}

static void integers_are_small_where_they_fit(void **state)
{
    struct test_heap *test = *state;
    struct heap *heap = &test->heap;

    assert_same(heap_integer(heap, SMALL_INTEGER_MAX), oop_from_integer(SMALL_INTEGER_MAX));
    assert_same(heap_integer(heap, SMALL_INTEGER_MIN), oop_from_integer(SMALL_INTEGER_MIN));
    assert_same(heap_unsigned(heap, (uint64_t)SMALL_INTEGER_MAX),
                oop_from_integer(SMALL_INTEGER_MAX));
    assert_same(heap_integer_from_magnitude(heap, true, (const uint8_t *)"\0\0\0\0\0\0\0\x10\0", 9),
                oop_from_integer(SMALL_INTEGER_MIN));
    assert_same(heap_integer_from_magnitude(heap, false, (const uint8_t *)"\0\0\0", 3),
                oop_from_integer(0));
}

static void assert_large(oop integer, uint32_t class_index, uint64_t magnitude)
{
    assert_true(oop_is_object(integer));
    assert_int_equal(object_class_index(integer), class_index);
    assert_int_equal(object_byte_count(integer), 8);
    assert_int_equal(object_slot(integer, 0).bits, magnitude);
}

static void integers_beyond_the_limits_are_large(void **state)
{
    struct heap *heap = &((struct test_heap *)*state)->heap;
    uint64_t limit = (uint64_t)1 << 60;

    assert_large(heap_integer(heap, SMALL_INTEGER_MAX + 1), CLASS_LARGE_POSITIVE_INTEGER, limit);
    assert_large(heap_integer(heap, SMALL_INTEGER_MIN - 1), CLASS_LARGE_NEGATIVE_INTEGER,
                 limit + 1);
    assert_large(heap_integer(heap, INT64_MIN), CLASS_LARGE_NEGATIVE_INTEGER, (uint64_t)1 << 63);
    assert_large(heap_unsigned(heap, UINT64_MAX), CLASS_LARGE_POSITIVE_INTEGER, UINT64_MAX);
}

static void floats_that_do_not_fit_are_boxed(void **state)
{
    struct test_heap *test = *state;
    double values[] = {1e300, -1e300, 1e-300, 5e-324};

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        oop boxed = heap_float(&test->heap, values[i]);

        double value;
        memcpy(&value, object_bytes(boxed), sizeof value);
        assert_int_equal(object_class_index(boxed), CLASS_BOXED_FLOAT);
        assert_int_equal(object_format(boxed), FORMAT_WORDS32);
        assert_true(value == values[i]);
    }
    assert_true(oop_is_float(heap_float(&test->heap, 1.5)));
}

/* arm64 makes the first, x86-64 the second; the third has been given bits of its own. */
static void every_nan_is_the_same(void **state)
{
    struct test_heap *test = *state;
    static const uint64_t nans[] = {UINT64_C(0x7FF8000000000000), UINT64_C(0xFFF8000000000000),
                                    UINT64_C(0x7FF8000000000123)};

    for (size_t i = 0; i < sizeof nans / sizeof nans[0]; i++) {
        double value;
        memcpy(&value, &nans[i], sizeof value);
        oop boxed = heap_float(&test->heap, value);

        uint64_t bits;
        memcpy(&bits, object_bytes(boxed), sizeof bits);
        assert_int_equal(object_class_index(boxed), CLASS_BOXED_FLOAT);
        assert_true(bits == UINT64_C(0xFFF8000000000000));
    }
}

static void strings_hold_their_bytes(void **state)
{
    struct test_heap *test = *state;

    oop string = heap_allocate_string(&test->heap, "nine long", 9);

    assert_int_equal(object_class_index(string), CLASS_BYTE_STRING);
    assert_int_equal(object_byte_count(string), 9);
    assert_memory_equal(object_bytes(string), "nine long", 9);
    assert_int_equal(object_byte_count(heap_allocate_string(&test->heap, "", 0)), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, test_end)
#define TEST_OF_LIMIT(name)                                                                        \
    cmocka_unit_test_setup_teardown(name, begin_with_little_memory, test_end)
    const struct CMUnitTest tests[] = {
        TEST(pointer_formats_are_filled_with_nil),
        TEST(bits_formats_are_zeroed_and_count_their_elements),
        TEST(classes_refuse_instances_that_their_format_forbids),
        TEST(sizes_beyond_the_address_space_are_refused),
        TEST(slot_counts_around_the_overflow_word_are_kept),
        TEST(small_objects_are_young_and_large_ones_old),
        TEST(a_large_object_may_be_filled_with_young_ones_without_the_barrier),
        TEST(a_full_eden_asks_for_a_poll_and_goes_on),
        TEST(eden_and_its_slack_used_up_allocation_goes_on_in_old_space),
        TEST(after_a_scavenge_eden_serves_again_up_to_its_soft_limit),
        TEST_OF_LIMIT(the_limit_refuses_and_asks_for_a_full_collection),
        TEST_OF_LIMIT(collection_makes_room_below_the_limit_again),
        TEST_OF_LIMIT(a_raised_limit_gives_room),
        TEST_OF_LIMIT(the_reserve_is_not_for_allocation_even_when_it_has_free_chunks),
        TEST_OF_LIMIT(a_full_heap_still_scavenges_into_its_reserve),
        TEST_OF_LIMIT(what_is_alive_is_tenured_even_beyond_the_reserve),
        TEST_OF_LIMIT(exhaustion_never_aborts),
        TEST_OF_LIMIT(an_empty_limit_refuses_large_objects_only),
        TEST(a_copy_has_class_and_slots_but_no_hash_and_no_flags),
        TEST(copies_of_large_and_of_code_objects_are_remembered),
        TEST(integers_are_small_where_they_fit),
        TEST(integers_beyond_the_limits_are_large),
        TEST(floats_that_do_not_fit_are_boxed),
        TEST(every_nan_is_the_same),
        TEST(strings_hold_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
