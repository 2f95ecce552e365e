/* Weak arrays and ephemerons, young and old, in scavenges and full collections. */
#include "tests/unit/memory/heap_fixture.h"

typedef void collect_fn(struct heap *heap);

static void collect_full(struct heap *heap)
{
    heap_collect_full(heap, false);
}

static void collect_and_compact(struct heap *heap)
{
    heap_collect_full(heap, true);
}

/* Each kind of collection has to treat what is young the same way. */
static collect_fn *const collectors[] = {heap_scavenge, heap_tenure_all, collect_full,
                                         collect_and_compact};
enum { COLLECTOR_COUNT = 4 };

static void take_mourners(struct test_heap *test)
{
    test->heap.mourners_taken = test->heap.mourners.count;
    test->heap.mourners_arrived = false;
}

/* A weak array: its strong fixed slot, then three weak ones, the middle one of something that nothing else holds. */
static oop weak_with_elements(struct test_heap *test)
{
    oop weak = test_new(test, T_WEAK, 3);
    heap_store(&test->heap, weak, 0, heap_allocate_string(&test->heap, "strong", 6));
    heap_store(&test->heap, weak, 1, test->roots[1]);
    heap_store(&test->heap, weak, 2, test_array(test, 5));
    heap_store(&test->heap, weak, 3, oop_from_integer(3));
    return weak;
}

static void assert_elements_are_right(struct test_heap *test)
{
    oop weak = test->roots[0];
    assert_memory_equal(object_bytes(object_slot(weak, 0)), "strong", 6);
    assert_same(object_slot(weak, 1), test->roots[1]);
    assert_same(object_slot(weak, 2), test->heap.nil);
    assert_same(object_slot(weak, 3), oop_from_integer(3));
    assert_true(test->heap.mourners_arrived);
    assert_verified(test);
}

static void a_young_weak_array_loses_what_is_dead_and_keeps_the_rest(void **state)
{
    struct test_heap *test = *state;

    for (size_t i = 0; i < COLLECTOR_COUNT; i++) {
        test->roots[1] = test_array(test, 1);
        test->roots[0] = weak_with_elements(test);
        test->heap.mourners_arrived = false;

        collectors[i](&test->heap);

        assert_elements_are_right(test);
    }
}

static void an_old_weak_array_loses_its_young_dead_elements(void **state)
{
    struct test_heap *test = *state;

    for (size_t i = 0; i < COLLECTOR_COUNT; i++) {
        test->roots[1] = test->heap.nil;
        test->roots[0] = test_new(test, T_WEAK, 3);
        heap_tenure_all(&test->heap);
        test->roots[1] = test_array(test, 1);
        oop weak = weak_with_elements(test);
        for (size_t j = 0; j < 4; j++)
            heap_store(&test->heap, test->roots[0], j, object_slot(weak, j));
        test->heap.mourners_arrived = false;

        collectors[i](&test->heap);

        assert_elements_are_right(test);
    }
}

static void an_old_weak_array_loses_old_elements_in_a_full_collection_only(void **state)
{
    struct test_heap *test = *state;
    test->roots[1] = test_array(test, 1);
    test->roots[0] = weak_with_elements(test);
    test->roots[2] = object_slot(test->roots[0], 2);
    heap_tenure_all(&test->heap);
    test->roots[2] = test->heap.nil;
    heap_scavenge(&test->heap);
    assert_int_equal(object_slot_count(object_slot(test->roots[0], 2)), 5);

    heap_collect_full(&test->heap, false);

    assert_elements_are_right(test);
}

static void a_weak_array_that_is_tenured_is_remembered_for_its_young_elements(void **state)
{
    struct test_heap *test = *state;
    test->roots[1] = test->heap.nil;
    test->roots[0] = test_new(test, T_WEAK, 3);
    heap_scavenge(&test->heap);
    heap_scavenge(&test->heap);
    test->roots[1] = test_array(test, 1);
    heap_store(&test->heap, test->roots[0], 1, test->roots[1]);

    heap_scavenge(&test->heap);
    assert_false(is_young(test, test->roots[0]));
    assert_true(is_remembered(test, test->roots[0]));
    test->roots[1] = test->heap.nil;
    heap_scavenge(&test->heap);

    assert_same(object_slot(test->roots[0], 1), test->heap.nil);
    assert_false(is_remembered(test, test->roots[0]));
    assert_verified(test);
}

static void what_only_weak_arrays_hold_in_a_circle_dies(void **state)
{
    struct test_heap *test = *state;
    oop first = test_new(test, T_WEAK, 1);
    oop second = test_new(test, T_WEAK, 1);
    heap_store(&test->heap, first, 1, second);
    heap_store(&test->heap, second, 1, first);
    test->roots[0] = first;

    heap_scavenge(&test->heap);

    assert_same(object_slot(test->roots[0], 1), test->heap.nil);
}

static void a_weak_slot_follows_what_became_something_else(void **state)
{
    struct test_heap *test = *state;
    oop left = test_array(test, 1);
    oop right = test_array(test, 1);
    oop from = test_array(test, 2);
    test->roots[1] = test_array(test, 3);
    test->roots[0] = test_new(test, T_WEAK, 1);
    heap_store(&test->heap, test->roots[0], 1, from);
    object_slot_init(left, 0, from);
    object_slot_init(right, 0, test->roots[1]);
    assert_int_equal(heap_become(&test->heap, left, right, false, false), 0);

    heap_collect_full(&test->heap, true);

    assert_same(object_slot(test->roots[0], 1), test->roots[1]);
    assert_verified(test);
}

static void an_ephemeron_with_a_live_key_keeps_its_value(void **state)
{
    struct test_heap *test = *state;

    for (size_t i = 0; i < COLLECTOR_COUNT; i++) {
        test->roots[1] = test_array(test, 1);
        test->roots[0] =
            test_ephemeron(test, test->roots[1], heap_allocate_string(&test->heap, "value", 5));

        collectors[i](&test->heap);

        assert_same(object_slot(test->roots[0], 0), test->roots[1]);
        assert_memory_equal(object_bytes(object_slot(test->roots[0], 1)), "value", 5);
        assert_int_equal(object_format(test->roots[0]), FORMAT_EPHEMERON);
        assert_int_equal(mourner_count(test), 0);
        assert_verified(test);
    }
}

static void an_ephemeron_whose_key_died_fires_once_and_keeps_both(void **state)
{
    struct test_heap *test = *state;

    for (size_t i = 0; i < COLLECTOR_COUNT; i++) {
        take_mourners(test);
        test->roots[0] = test_ephemeron(test, heap_allocate_string(&test->heap, "key", 3),
                                        heap_allocate_string(&test->heap, "value", 5));

        collectors[i](&test->heap);

        assert_int_equal(mourner_count(test), 1);
        assert_true(test->heap.mourners_arrived);
        oop mourner = test->heap.mourners.items[test->heap.mourners_taken];
        assert_same(mourner, test->roots[0]);
        assert_memory_equal(object_bytes(object_slot(mourner, 0)), "key", 3);
        assert_memory_equal(object_bytes(object_slot(mourner, 1)), "value", 5);
        assert_int_equal(object_format(mourner), FORMAT_FIXED);
        for (size_t j = 0; j < COLLECTOR_COUNT; j++)
            collectors[j](&test->heap);
        assert_int_equal(mourner_count(test), 1);
        assert_verified(test);
    }
}

static void a_key_reachable_only_through_its_own_value_is_dead(void **state)
{
    struct test_heap *test = *state;

    for (size_t i = 0; i < COLLECTOR_COUNT; i++) {
        take_mourners(test);
        oop key = test_array(test, 1);
        test->roots[0] = test_ephemeron(test, key, test_pair(test, key, test->heap.nil));
        heap_store(&test->heap, test->roots[0], 2, key);

        collectors[i](&test->heap);

        assert_int_equal(mourner_count(test), 1);
        oop mourner = test->roots[0];
        assert_same(object_slot(object_slot(mourner, 1), 0), object_slot(mourner, 0));
        assert_same(object_slot(mourner, 2), object_slot(mourner, 0));
        assert_verified(test);
    }
}

static void a_chain_of_ephemerons_lives_while_its_first_key_does(void **state)
{
    struct test_heap *test = *state;
    enum { LENGTH = 300 };
    /* Each value is the key of the next; the ephemerons stand in the array in the order that is worst for one pass. */
    oop array = test_array(test, LENGTH);
    oop key = test->roots[1] = test_array(test, 1);
    for (size_t i = 0; i < LENGTH; i++) {
        oop value = test_array(test, 1);
        heap_store(&test->heap, array, LENGTH - 1 - i, test_ephemeron(test, key, value));
        key = value;
    }
    test->roots[0] = array;

    for (size_t i = 0; i < COLLECTOR_COUNT; i++)
        collectors[i](&test->heap);

    assert_int_equal(mourner_count(test), 0);
    for (size_t i = 0; i + 1 < LENGTH; i++)
        assert_same(object_slot(object_slot(test->roots[0], i), 0),
                    object_slot(object_slot(test->roots[0], i + 1), 1));
    test->roots[1] = test->heap.nil;
    heap_collect_full(&test->heap, true);
    assert_int_equal(mourner_count(test), LENGTH);
    heap_collect_full(&test->heap, true);
    assert_int_equal(mourner_count(test), LENGTH);
    assert_verified(test);
}

/* Looking at all that wait for each link of the chain would take five thousand million looks. */
static void a_chain_of_a_hundred_thousand_ephemerons_is_followed(void **state)
{
    struct test_heap *test = *state;
    struct heap *heap = &test->heap;
    enum { LENGTH = 100000 };
    test->roots[0] = test_array(test, LENGTH);
    test->roots[1] = test->roots[2] = test_array(test, 1);
    for (size_t i = 0; i < LENGTH; i++) {
        oop value = test_array(test, 1);
        heap_store(heap, test->roots[0], i, test_ephemeron(test, test->roots[2], value));
        test->roots[2] = value;
        if (heap->wants_scavenge)
            heap_scavenge(heap);
    }
    test->roots[2] = heap->nil;

    heap_collect_full(heap, true);

    assert_int_equal(mourner_count(test), 0);
    for (size_t i = 0; i + 1 < LENGTH; i++)
        assert_same(object_slot(object_slot(test->roots[0], i), 1),
                    object_slot(object_slot(test->roots[0], i + 1), 0));
    assert_verified(test);
}

static void an_ephemeron_found_by_a_firing_one_fires_too(void **state)
{
    struct test_heap *test = *state;
    oop inner = test_ephemeron(test, test_array(test, 1), test->heap.nil);
    test->roots[0] = test_ephemeron(test, test_array(test, 1), inner);

    heap_scavenge(&test->heap);

    assert_int_equal(mourner_count(test), 2);
    assert_same(test->heap.mourners.items[0], test->roots[0]);
    assert_same(test->heap.mourners.items[1], object_slot(test->roots[0], 1));
    assert_verified(test);
}

static void a_dead_ephemeron_does_not_fire(void **state)
{
    struct test_heap *test = *state;

    for (size_t i = 0; i < COLLECTOR_COUNT; i++) {
        test_ephemeron(test, test_array(test, 1), test_array(test, 1));

        collectors[i](&test->heap);

        assert_int_equal(mourner_count(test), 0);
    }
}

static void immediates_and_nil_are_keys_that_never_die(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_ephemeron(test, oop_from_integer(1), test_array(test, 1));
    test->roots[1] = test_ephemeron(test, test->heap.nil, test_array(test, 1));

    for (size_t i = 0; i < COLLECTOR_COUNT; i++)
        collectors[i](&test->heap);

    assert_int_equal(mourner_count(test), 0);
    assert_int_equal(object_slot_count(object_slot(test->roots[0], 1)), 1);
    assert_verified(test);
}

static void an_old_ephemeron_fires_for_a_young_key_in_a_scavenge(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_ephemeron(test, test->heap.nil, test->heap.nil);
    heap_tenure_all(&test->heap);
    heap_store(&test->heap, test->roots[0], 0, heap_allocate_string(&test->heap, "key", 3));
    heap_store(&test->heap, test->roots[0], 1, test_array(test, 2));

    heap_scavenge(&test->heap);

    assert_int_equal(mourner_count(test), 1);
    assert_same(test->heap.mourners.items[0], test->roots[0]);
    assert_memory_equal(object_bytes(object_slot(test->roots[0], 0)), "key", 3);
    assert_true(is_remembered(test, test->roots[0]));
    assert_verified(test);
}

static void mourners_live_until_they_are_taken(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] =
        test_ephemeron(test, test_array(test, 1), heap_allocate_string(&test->heap, "value", 5));
    heap_scavenge(&test->heap);
    test->roots[0] = test->heap.nil;

    for (size_t i = 0; i < COLLECTOR_COUNT; i++) {
        collectors[i](&test->heap);

        oop mourner = test->heap.mourners.items[test->heap.mourners_taken];
        test->weak_roots[0] = mourner;
        assert_memory_equal(object_bytes(object_slot(mourner, 1)), "value", 5);
    }
    take_mourners(test);
    heap_collect_full(&test->heap, true);
    assert_true(oop_is_none(test->weak_roots[0]));
    assert_int_equal(test->heap.mourners.count, 0);
}

static void weak_slots_keep_what_a_fired_ephemeron_holds(void **state)
{
    struct test_heap *test = *state;

    for (size_t i = 0; i < COLLECTOR_COUNT; i++) {
        take_mourners(test);
        oop key = test_array(test, 1);
        test->roots[0] = test_ephemeron(test, key, test->heap.nil);
        test->roots[1] = test_new(test, T_WEAK, 1);
        heap_store(&test->heap, test->roots[1], 1, key);

        collectors[i](&test->heap);

        assert_same(object_slot(test->roots[1], 1), object_slot(test->roots[0], 0));
        assert_verified(test);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, test_end)
    const struct CMUnitTest tests[] = {
        TEST(a_young_weak_array_loses_what_is_dead_and_keeps_the_rest),
        TEST(an_old_weak_array_loses_its_young_dead_elements),
        TEST(an_old_weak_array_loses_old_elements_in_a_full_collection_only),
        TEST(a_weak_array_that_is_tenured_is_remembered_for_its_young_elements),
        TEST(what_only_weak_arrays_hold_in_a_circle_dies),
        TEST(a_weak_slot_follows_what_became_something_else),
        TEST(an_ephemeron_with_a_live_key_keeps_its_value),
        TEST(an_ephemeron_whose_key_died_fires_once_and_keeps_both),
        TEST(a_key_reachable_only_through_its_own_value_is_dead),
        TEST(a_chain_of_ephemerons_lives_while_its_first_key_does),
        TEST(a_chain_of_a_hundred_thousand_ephemerons_is_followed),
        TEST(an_ephemeron_found_by_a_firing_one_fires_too),
        TEST(a_dead_ephemeron_does_not_fire),
        TEST(immediates_and_nil_are_keys_that_never_die),
        TEST(an_old_ephemeron_fires_for_a_young_key_in_a_scavenge),
        TEST(mourners_live_until_they_are_taken),
        TEST(weak_slots_keep_what_a_fired_ephemeron_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
