/* Cycles: full collections in steps, and what the program may do between them. The model of torture_test.c does the same at random. */
#include "tests/unit/memory/heap_fixture.h"

#include "vm/memory/cycle.h"
#include "vm/memory/old_space.h"

static const struct budget unlimited = {UINT64_MAX, SIZE_MAX};
static const struct budget one_object = {UINT64_MAX, 2};

/* An old list of so many pairs, the first in roots[0]; its last holds a string. */
static void make_list(struct test_heap *test, size_t count)
{
    test->roots[0] = heap_allocate_string(&test->heap, "last", 4);
    for (size_t i = 0; i < count; i++)
        test->roots[0] = test_pair(test, test->roots[0], test->heap.nil);
    heap_tenure_all(&test->heap);
}

static oop nth(const struct test_heap *test, size_t index)
{
    oop pair = test->roots[0];
    for (size_t i = 0; i < index; i++)
        pair = object_slot(pair, 0);
    return pair;
}

static void end_cycle(struct test_heap *test)
{
    while (!heap_collect_some(&test->heap, unlimited))
        continue;
    assert_verified(test);
}

static void begin_cycle(struct test_heap *test)
{
    assert_false(heap_collect_some(&test->heap, one_object));
    assert_int_equal(test->heap.cycle.phase, CYCLE_MARKING);
}

static void a_cycle_frees_what_is_dead_and_keeps_the_rest(void **state)
{
    struct test_heap *test = *state;
    make_list(test, 100);
    heap_store(&test->heap, nth(test, 49), 0, test->heap.nil);
    size_t used = heap_old_used_size(&test->heap);

    size_t steps = 1;
    while (!heap_collect_some(&test->heap, one_object)) {
        steps++;
        assert_verified(test);
    }

    assert_true(steps > 50);
    assert_true(heap_old_used_size(&test->heap) <= used - 50 * object_size_for_slots(2));
    assert_same(nth(test, 50), test->heap.nil);
}

static void what_is_moved_behind_the_marker_lives(void **state)
{
    struct test_heap *test = *state;
    make_list(test, 100);
    begin_cycle(test);

    heap_store(&test->heap, test->roots[0], 1, nth(test, 90));
    heap_store(&test->heap, nth(test, 10), 0, test->heap.nil);
    end_cycle(test);

    oop at = object_slot(test->roots[0], 1);
    for (size_t i = 0; i < 10; i++)
        at = object_slot(at, 0);
    assert_memory_equal(object_bytes(at), "last", 4);
}

static void what_only_a_root_or_a_young_object_has_taken_lives(void **state)
{
    struct test_heap *test = *state;
    make_list(test, 100);
    begin_cycle(test);

    test->roots[1] = nth(test, 80);
    test->roots[2] = test_pair(test, test->heap.nil, nth(test, 60));
    heap_store(&test->heap, nth(test, 10), 0, test->heap.nil);
    end_cycle(test);

    oop by_root = test->roots[1];
    oop by_young = object_slot(test->roots[2], 1);
    for (size_t i = 0; i < 20; i++)
        by_root = object_slot(by_root, 0);
    for (size_t i = 0; i < 40; i++)
        by_young = object_slot(by_young, 0);
    assert_memory_equal(object_bytes(by_root), "last", 4);
    assert_same(by_young, by_root);
}

static void what_is_tenured_meanwhile_lives_with_all_it_holds(void **state)
{
    struct test_heap *test = *state;
    make_list(test, 100);
    begin_cycle(test);

    test->roots[1] = test_pair(test, nth(test, 99), test->heap.nil);
    heap_store(&test->heap, nth(test, 10), 0, test->heap.nil);
    heap_tenure_all(&test->heap);
    end_cycle(test);

    assert_memory_equal(object_bytes(object_slot(object_slot(test->roots[1], 0), 0)), "last", 4);
}

/* The scavenger puts what a young forwarder leads to into an object that has been scanned. */
static void what_a_young_forwarder_leads_to_lives(void **state)
{
    struct test_heap *test = *state;
    make_list(test, 100);
    oop target = nth(test, 99);
    oop young = test_array(test, 1);
    heap_store(&test->heap, test->roots[0], 1, young);
    assert_int_equal(test_become(test, young, target, false, false), 0);
    heap_store(&test->heap, nth(test, 10), 0, test->heap.nil);

    begin_cycle(test);
    heap_scavenge(&test->heap);
    end_cycle(test);

    assert_memory_equal(object_bytes(object_slot(object_slot(test->roots[0], 1), 0)), "last", 4);
}

/* The old object that became a young one is still named when marking ends. */
static void a_forwarder_that_stays_is_known_to_exist(void **state)
{
    struct test_heap *test = *state;
    make_list(test, 2);
    oop young = test_pair(test, test->heap.nil, test->heap.nil);
    assert_int_equal(test_become(test, nth(test, 1), young, false, false), 0);

    end_cycle(test);
    assert_true(oop_is_forwarder(object_slot(test->roots[0], 0)));
    assert_true(test->heap.forwarders_exist);
    heap_tenure_all(&test->heap);
    end_cycle(test);

    assert_false(oop_is_forwarder(object_slot(test->roots[0], 0)));
    assert_false(test->heap.forwarders_exist);
}

static void an_object_of_another_class_keeps_that_class(void **state)
{
    struct test_heap *test = *state;
    make_list(test, 100);
    oop class = test_new_class(test, FORMAT_FIXED, 2);
    uint32_t class_index = heap_class_index_for(&test->heap, class);
    test->roots[1] = class;
    heap_tenure_all(&test->heap);
    begin_cycle(test);

    oop changed = test->roots[0];
    uint64_t header = object_header(changed) & ~(HEADER_CLASS_MASK | HEADER_FORMAT_MASK);
    object_set_header(changed,
                      header | class_index | (uint64_t)FORMAT_FIXED << HEADER_FORMAT_SHIFT);
    heap_note_change(&test->heap, changed);
    test->roots[1] = test->heap.nil;
    end_cycle(test);

    assert_false(oop_same(heap_class_of(&test->heap, changed), test->heap.nil));
}

static void weak_references_to_the_dead_are_cleared(void **state)
{
    struct test_heap *test = *state;
    make_list(test, 100);
    test->roots[1] = test_new(test, T_WEAK, 2);
    heap_store(&test->heap, test->roots[1], 1, nth(test, 50));
    heap_store(&test->heap, test->roots[1], 2, nth(test, 5));
    heap_tenure_all(&test->heap);
    heap_store(&test->heap, nth(test, 10), 0, test->heap.nil);

    end_cycle(test);

    assert_same(object_slot(test->roots[1], 1), test->heap.nil);
    assert_same(object_slot(test->roots[1], 2), nth(test, 5));
}

static void an_ephemeron_fires_once_when_its_key_dies(void **state)
{
    struct test_heap *test = *state;
    make_list(test, 100);
    test->roots[1] = test_ephemeron(test, nth(test, 50), nth(test, 50));
    test->roots[2] = test_ephemeron(test, nth(test, 5), nth(test, 5));
    heap_tenure_all(&test->heap);
    begin_cycle(test);

    heap_store(&test->heap, nth(test, 10), 0, test->heap.nil);
    heap_note_change(&test->heap, test->roots[1]);
    end_cycle(test);

    assert_int_equal(mourner_count(test), 1);
    assert_int_equal(object_format(test->roots[1]), FORMAT_FIXED);
    assert_int_equal(object_format(test->roots[2]), FORMAT_EPHEMERON);
}

static void a_walk_passes_over_what_is_dead_and_not_swept(void **state)
{
    struct test_heap *test = *state;
    make_list(test, 1000);
    size_t count = heap_object_count(&test->heap);
    heap_store(&test->heap, nth(test, 99), 0, test->heap.nil);

    while (test->heap.cycle.phase != CYCLE_SWEEPING)
        heap_collect_some(&test->heap, (struct budget){UINT64_MAX, 50});

    assert_int_equal(heap_object_count(&test->heap), count - 901);
    end_cycle(test);
    assert_int_equal(heap_object_count(&test->heap), count - 901);
}

static void new_objects_of_old_space_are_not_swept_away(void **state)
{
    struct test_heap *test = *state;
    make_list(test, 1000);
    heap_store(&test->heap, nth(test, 499), 0, test->heap.nil);

    for (size_t i = 1; i < ROOT_COUNT; i++) {
        heap_collect_some(&test->heap, (struct budget){UINT64_MAX, 40});
        test->roots[i] = heap_allocate_old(&test->heap, CLASS_ARRAY, FORMAT_INDEXABLE, 1);
        object_slot_init(test->roots[i], 0, oop_from_integer((int64_t)i));
        assert_verified(test);
    }
    end_cycle(test);

    for (size_t i = 1; i < ROOT_COUNT; i++)
        assert_int_equal(oop_to_integer(object_slot(test->roots[i], 0)), i);
}

static void a_program_that_only_stores_is_asked_for_steps(void **state)
{
    struct test_heap *test = *state;
    make_list(test, 100);
    begin_cycle(test);
    assert_false(test->heap.wants_step);

    for (size_t i = 0; !test->heap.wants_step; i++) {
        assert_true(i < 1000000);
        heap_store(&test->heap, test->roots[0], 1, test->roots[0]);
    }

    end_cycle(test);
    test->heap.wants_step = false;
    for (size_t i = 0; i < 1000000; i++)
        heap_store(&test->heap, test->roots[0], 1, test->roots[0]);
    assert_false(test->heap.wants_step);
}

static void a_collection_in_one_go_ends_a_cycle(void **state)
{
    struct test_heap *test = *state;
    make_list(test, 100);
    begin_cycle(test);
    heap_store(&test->heap, nth(test, 49), 0, test->heap.nil);

    heap_collect_full(&test->heap, true);

    assert_int_equal(test->heap.cycle.phase, CYCLE_NONE);
    assert_verified(test);
    assert_same(nth(test, 50), test->heap.nil);
    end_cycle(test);
}

/* A long object is marked in parts, and the memory of a long gap goes back in pieces. */
static void long_objects_and_long_gaps_take_several_steps(void **state)
{
    struct test_heap *test = *state;
    enum { LONG = 1 << 20 };
    test->roots[0] = test_array(test, LONG);
    test->roots[1] = test_array(test, 3 * LONG);
    test->roots[2] = test_array(test, 10);
    heap_tenure_all(&test->heap);
    heap_store(&test->heap, test->roots[0], LONG - 1, test_array(test, 3));
    test->roots[1] = test->heap.nil;
    size_t used = heap_old_used_size(&test->heap);

    size_t steps = 0;
    do
        steps++;
    while (!heap_collect_some(&test->heap, (struct budget){UINT64_MAX, 400}));

    assert_true(steps > 100);
    assert_true(heap_old_used_size(&test->heap) + 3 * (LONG - 1) * 8 <= used);
    assert_int_equal(object_slot_count(object_slot(test->roots[0], LONG - 1)), 3);
    assert_verified(test);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, test_end)
    const struct CMUnitTest tests[] = {
        TEST(a_cycle_frees_what_is_dead_and_keeps_the_rest),
        TEST(what_is_moved_behind_the_marker_lives),
        TEST(what_only_a_root_or_a_young_object_has_taken_lives),
        TEST(what_is_tenured_meanwhile_lives_with_all_it_holds),
        TEST(what_a_young_forwarder_leads_to_lives),
        TEST(a_forwarder_that_stays_is_known_to_exist),
        TEST(an_object_of_another_class_keeps_that_class),
        TEST(weak_references_to_the_dead_are_cleared),
        TEST(an_ephemeron_fires_once_when_its_key_dies),
        TEST(a_walk_passes_over_what_is_dead_and_not_swept),
        TEST(new_objects_of_old_space_are_not_swept_away),
        TEST(a_program_that_only_stores_is_asked_for_steps),
        TEST(a_collection_in_one_go_ends_a_cycle),
        TEST(long_objects_and_long_gaps_take_several_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
