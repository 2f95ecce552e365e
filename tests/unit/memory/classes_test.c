/* The class table and identity hashes. */
#include "tests/unit/memory/heap_fixture.h"

static uint32_t index_for(struct test_heap *test, oop class)
{
    uint32_t class_index = heap_class_index_for(&test->heap, class);
    assert_int_not_equal(class_index, 0);
    return class_index;
}

static void every_oop_has_a_class(void **state)
{
    struct test_heap *test = *state;
    struct heap *heap = &test->heap;

    assert_same(heap_class_of(heap, oop_from_integer(3)), heap_class_at(heap, CLASS_SMALL_INTEGER));
    assert_same(heap_class_of(heap, oop_from_character(3)), heap_class_at(heap, CLASS_CHARACTER));
    assert_same(heap_class_of(heap, oop_from_float(3)), heap_class_at(heap, CLASS_SMALL_FLOAT));
    assert_same(heap_class_of(heap, heap->nil), heap_class_at(heap, T_UNDEFINED));
    assert_same(heap_class_of(heap, heap_class_at(heap, T_META)), heap_class_at(heap, T_METACLASS));
}

static void an_index_without_a_class_answers_nil(void **state)
{
    struct test_heap *test = *state;

    assert_same(heap_class_at(&test->heap, 59), test->heap.nil);
    assert_same(heap_class_at(&test->heap, CLASS_PAGE_SLOTS), test->heap.nil);
    assert_same(heap_class_at(&test->heap, CLASS_INDEX_LIMIT - 1), test->heap.nil);
}

static void a_new_class_enters_above_the_first_page_and_stays(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_new_class(test, FORMAT_FIXED, 2);

    uint32_t class_index = index_for(test, test->roots[0]);

    assert_true(class_index >= CLASS_PAGE_SLOTS);
    assert_int_equal(index_for(test, test->roots[0]), class_index);
    assert_int_equal(object_hash_bits(test->roots[0]), class_index);
    for (size_t i = 0; i < 4; i++) {
        heap_scavenge(&test->heap);
        assert_same(heap_class_at(&test->heap, class_index), test->roots[0]);
    }
    assert_verified(test);
}

static void a_young_class_in_the_table_is_found_by_its_instances(void **state)
{
    struct test_heap *test = *state;
    bool valid;
    oop class = test_new_class(test, FORMAT_FIXED, 2);
    test->roots[0] = heap_instantiate(&test->heap, class, 0, &valid);

    heap_scavenge(&test->heap);

    class = heap_class_of(&test->heap, test->roots[0]);
    assert_int_equal(object_slot_count(class), CLASS_SLOTS);
    assert_int_equal(heap_fixed_slot_count(&test->heap, test->roots[0]), 2);
    assert_verified(test);
}

static void a_class_answers_its_index_as_its_hash(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_new_class(test, FORMAT_FIXED, 2);

    uint32_t hash = heap_identity_hash(&test->heap, test->roots[0]);

    assert_same(heap_class_at(&test->heap, hash), test->roots[0]);
    assert_int_equal(heap_identity_hash(&test->heap, heap_class_at(&test->heap, T_WEAK)), T_WEAK);
    assert_int_equal(heap_identity_hash(&test->heap, heap_class_at(&test->heap, T_META)), T_META);
}

static void an_instance_keeps_its_class(void **state)
{
    struct test_heap *test = *state;
    bool valid;
    test->roots[0] =
        heap_instantiate(&test->heap, test_new_class(test, FORMAT_FIXED, 3), 0, &valid);
    uint32_t class_index = object_class_index(test->roots[0]);

    heap_collect_full(&test->heap, true);

    assert_int_equal(object_class_index(test->roots[0]), class_index);
    assert_int_equal(heap_fixed_slot_count(&test->heap, test->roots[0]), 3);
    assert_verified(test);
}

static void the_entry_of_a_dead_class_is_emptied_and_used_again(void **state)
{
    struct test_heap *test = *state;
    uint32_t class_index = index_for(test, test_new_class(test, FORMAT_FIXED, 2));
    test->roots[0] = test_new_class(test, FORMAT_FIXED, 2);
    uint32_t other_index = index_for(test, test->roots[0]);
    heap_scavenge(&test->heap);
    assert_false(oop_same(heap_class_at(&test->heap, class_index), test->heap.nil));

    heap_collect_full(&test->heap, true);

    assert_same(heap_class_at(&test->heap, class_index), test->heap.nil);
    assert_same(heap_class_at(&test->heap, other_index), test->roots[0]);
    assert_int_equal(index_for(test, test_new_class(test, FORMAT_FIXED, 1)), class_index);
    assert_verified(test);
}

static void classes_of_the_first_page_never_die(void **state)
{
    struct test_heap *test = *state;

    heap_collect_full(&test->heap, true);

    for (uint32_t i = FIRST_CLASS; i <= LAST_CLASS; i++)
        assert_int_equal(object_hash_bits(heap_class_at(&test->heap, i)), i);
    assert_verified(test);
}

static void the_table_grows_by_pages(void **state)
{
    struct test_heap *test = *state;
    enum { CLASSES = 2500 };
    test->roots[0] = test_array(test, CLASSES);

    for (size_t i = 0; i < CLASSES; i++) {
        oop class = test_new_class(test, FORMAT_FIXED, i);
        heap_store(&test->heap, test->roots[0], i, class);
        assert_int_equal(index_for(test, class), CLASS_PAGE_SLOTS + i);
    }
    heap_collect_full(&test->heap, true);

    for (size_t i = 0; i < CLASSES; i++)
        assert_same(heap_class_at(&test->heap, (uint32_t)(CLASS_PAGE_SLOTS + i)),
                    object_slot(test->roots[0], i));
    assert_verified(test);
}

static void identity_hashes_are_never_zero_and_stay(void **state)
{
    struct test_heap *test = *state;

    for (size_t i = 0; i < 20000; i++) {
        oop array = test_array(test, 1);

        uint32_t hash = heap_identity_hash(&test->heap, array);

        assert_in_range(hash, 1, IDENTITY_HASH_MAX);
        assert_int_equal(heap_identity_hash(&test->heap, array), hash);
        if (test->heap.wants_scavenge)
            heap_scavenge(&test->heap);
    }
}

static void identity_hashes_seldom_coincide(void **state)
{
    struct test_heap *test = *state;
    enum { HASHES = 20000 };
    uint8_t *seen = calloc(IDENTITY_HASH_MAX + 1, 1);
    assert_non_null(seen);
    oop array = test_array(test, 1);
    size_t coincided = 0;

    for (size_t i = 0; i < HASHES; i++) {
        object_set_header(array, object_header(array) & ~HEADER_HASH_MASK);
        uint32_t hash = heap_identity_hash(&test->heap, array);
        coincided += seen[hash];
        seen[hash] = 1;
    }

    free(seen);
    assert_true(coincided < 200); /* by chance 48 of 20,000 among four million */
}

static void two_heaps_give_the_same_hashes_in_the_same_order(void **state)
{
    struct test_heap *test = *state;
    struct test_heap *other = calloc(1, sizeof *other);
    struct heap_options options = {0, (size_t)64 << 20, EDEN_SIZE, NULL};
    assert_non_null(other);
    test_heap_open(other, &options);

    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(heap_identity_hash(&test->heap, test_array(test, 1)),
                         heap_identity_hash(&other->heap, test_array(other, 1)));

    heap_close(&other->heap);
    free(other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, test_end)
    const struct CMUnitTest tests[] = {
        TEST(every_oop_has_a_class),
        TEST(an_index_without_a_class_answers_nil),
        TEST(a_new_class_enters_above_the_first_page_and_stays),
        TEST(a_young_class_in_the_table_is_found_by_its_instances),
        TEST(a_class_answers_its_index_as_its_hash),
        TEST(an_instance_keeps_its_class),
        TEST(the_entry_of_a_dead_class_is_emptied_and_used_again),
        TEST(classes_of_the_first_page_never_die),
        TEST(the_table_grows_by_pages),
        TEST(identity_hashes_are_never_zero_and_stay),
        TEST(identity_hashes_seldom_coincide),
        TEST(two_heaps_give_the_same_hashes_in_the_same_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
