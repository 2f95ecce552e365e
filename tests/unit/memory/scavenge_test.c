/* Scavenging: copying, ageing, tenuring, the remembered set, forwarders that become: left. */
#include "tests/unit/memory/heap_fixture.h"

static void what_a_root_holds_is_copied_whole(void **state)
{
    struct test_heap *test = *state;
    oop bytes = heap_allocate_string(&test->heap, "survivor", 8);
    test->roots[0] = test_pair(test, bytes, oop_from_float(2.5));
    oop before = test->roots[0];

    heap_scavenge(&test->heap);

    assert_false(oop_same(test->roots[0], before));
    assert_true(is_young(test, test->roots[0]));
    assert_memory_equal(object_bytes(object_slot(test->roots[0], 0)), "survivor", 8);
    assert_same(object_slot(test->roots[0], 1), oop_from_float(2.5));
    assert_verified(test);
}

static void what_nothing_holds_is_gone(void **state)
{
    struct test_heap *test = *state;
    for (size_t i = 0; i < 100; i++)
        test_array(test, 20);

    heap_scavenge(&test->heap);

    assert_ptr_equal(test->heap.survivors.free, test->heap.survivors.start);
    assert_ptr_equal(test->heap.eden_free, test->heap.eden.start);
}

static void an_object_reached_twice_is_copied_once(void **state)
{
    struct test_heap *test = *state;
    oop shared = test_array(test, 1);
    test->roots[0] = test_pair(test, shared, shared);
    test->roots[1] = shared;

    heap_scavenge(&test->heap);

    assert_same(object_slot(test->roots[0], 0), test->roots[1]);
    assert_same(object_slot(test->roots[0], 1), test->roots[1]);
}

static void a_cycle_is_copied_once(void **state)
{
    struct test_heap *test = *state;
    oop first = test_pair(test, test->heap.nil, test->heap.nil);
    oop second = test_pair(test, first, test->heap.nil);
    object_slot_init(first, 0, second);
    test->roots[0] = first;

    heap_scavenge(&test->heap);

    first = test->roots[0];
    assert_same(object_slot(object_slot(first, 0), 0), first);
    assert_verified(test);
}

static void an_object_is_tenured_by_its_third_scavenge(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_array(test, 3);

    heap_scavenge(&test->heap);
    assert_true(is_young(test, test->roots[0]));
    heap_scavenge(&test->heap);
    assert_true(is_young(test, test->roots[0]));
    heap_scavenge(&test->heap);

    assert_false(is_young(test, test->roots[0]));
    assert_int_equal(object_header(test->roots[0]) & HEADER_AGE_MASK, 0);
    assert_verified(test);
}

static void a_tenured_object_is_remembered_as_long_as_it_refers_to_young_ones(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_pair(test, test->heap.nil, test->heap.nil);
    heap_scavenge(&test->heap);
    heap_scavenge(&test->heap);
    heap_store(&test->heap, test->roots[0], 0, test_array(test, 1));

    heap_scavenge(&test->heap);

    assert_false(is_young(test, test->roots[0]));
    assert_true(is_young(test, object_slot(test->roots[0], 0)));
    assert_true(is_remembered(test, test->roots[0]));
    heap_scavenge(&test->heap);
    heap_scavenge(&test->heap);
    assert_false(is_young(test, object_slot(test->roots[0], 0)));
    assert_false(is_remembered(test, test->roots[0]));
    assert_int_equal(test->heap.remembered.count, 0);
    assert_verified(test);
}

static void a_store_of_a_young_object_into_an_old_one_remembers_it_once(void **state)
{
    struct test_heap *test = *state;
    oop old = test->roots[0] = test_pair(test, test->heap.nil, test->heap.nil);
    heap_tenure_all(&test->heap);
    old = test->roots[0];

    heap_store(&test->heap, old, 0, test_array(test, 1));
    heap_store(&test->heap, old, 1, test_array(test, 1));

    assert_true(is_remembered(test, old));
    assert_int_equal(test->heap.remembered.count, 1);
}

static void stores_that_need_no_remembering_leave_the_set_alone(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_pair(test, test->heap.nil, test->heap.nil);
    heap_tenure_all(&test->heap);
    oop old = test->roots[0];
    oop young = test_array(test, 1);

    heap_store(&test->heap, old, 0, oop_from_integer(-1));
    heap_store(&test->heap, old, 0, oop_from_character('c'));
    heap_store(&test->heap, old, 0, test->heap.nil);
    heap_store(&test->heap, young, 0, old);
    heap_store(&test->heap, young, 0, young);

    assert_int_equal(test->heap.remembered.count, 0);
}

static void an_old_object_whose_young_reference_was_cut_is_forgotten(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_pair(test, test->heap.nil, test->heap.nil);
    heap_tenure_all(&test->heap);
    heap_store(&test->heap, test->roots[0], 0, test_array(test, 1));
    heap_store(&test->heap, test->roots[0], 0, test->heap.nil);

    heap_scavenge(&test->heap);

    assert_int_equal(test->heap.remembered.count, 0);
    assert_int_equal(object_header(test->roots[0]) & HEADER_REMEMBERED, 0);
    assert_ptr_equal(test->heap.survivors.free, test->heap.survivors.start);
}

static void a_young_object_lives_by_a_remembered_one_alone(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_pair(test, test->heap.nil, test->heap.nil);
    heap_tenure_all(&test->heap);
    heap_store(&test->heap, test->roots[0], 1, heap_allocate_string(&test->heap, "kept", 4));

    heap_scavenge(&test->heap);

    assert_memory_equal(object_bytes(object_slot(test->roots[0], 1)), "kept", 4);
    assert_verified(test);
}

static void identity_hashes_and_flags_move_along(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_array(test, 1);
    uint32_t hash = heap_identity_hash(&test->heap, test->roots[0]);
    object_set_header(test->roots[0], object_header(test->roots[0]) | HEADER_IMMUTABLE);

    for (size_t i = 0; i < 4; i++) {
        heap_scavenge(&test->heap);

        assert_int_equal(heap_identity_hash(&test->heap, test->roots[0]), hash);
        assert_true(object_is_immutable(test->roots[0]));
    }
}

static void objects_with_an_overflow_word_move_with_it(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_array(test, 254);
    test->roots[1] = test_array(test, 255);
    test->roots[2] = test_array(test, 256);

    for (size_t round = 0; round < 4; round++) {
        heap_scavenge(&test->heap);

        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(object_slot_count(test->roots[i]), 254 + i);
            assert_same(object_slot(test->roots[i], 253 + i), test->heap.nil);
        }
        assert_verified(test);
    }
}

static void an_empty_object_survives(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_new(test, T_EMPTY, 0);
    test->roots[1] = test_array(test, 0);

    for (size_t i = 0; i < 4; i++)
        heap_scavenge(&test->heap);

    assert_int_equal(object_class_index(test->roots[0]), T_EMPTY);
    assert_int_equal(object_slot_count(test->roots[1]), 0);
    assert_verified(test);
}

static void literals_of_code_are_visited_and_its_bytes_are_not(void **state)
{
    struct test_heap *test = *state;
    oop code = heap_allocate(&test->heap, T_CODE, FORMAT_CODE, 4);
    object_slot_init(code, 0, oop_from_integer(2));
    object_slot_init(code, 1, test_array(test, 1));
    object_slot_init(code, 2, test_array(test, 2));
    uint64_t bytes = test_array(test, 3).bits; /* bytecodes that look like an oop */
    object_slot_init(code, 3, oop_from_bits(bytes));
    test->roots[0] = code;

    heap_scavenge(&test->heap);

    code = test->roots[0];
    assert_int_equal(object_slot_count(object_slot(code, 1)), 1);
    assert_int_equal(object_slot_count(object_slot(code, 2)), 2);
    assert_int_equal(object_slot(code, 3).bits, bytes);
    assert_verified(test);
}

static void what_finds_no_room_among_the_survivors_is_tenured(void **state)
{
    struct test_heap *test = *state;
    struct heap *heap = &test->heap;
    size_t room = (size_t)(heap->survivors.limit - heap->survivors.start) * 8;
    test->roots[0] = heap->nil;
    size_t count = 0;
    for (size_t round = 0; round < 2; round++) {
        for (size_t size = 0; size < room * 2 / 3; size += 803 * 8, count++)
            test->roots[0] = test_pair(test, test->roots[0], test_array(test, 800));
        heap_scavenge(heap);
    }

    size_t young = 0;
    size_t old = 0;
    for (oop at = test->roots[0]; !oop_same(at, heap->nil); at = object_slot(at, 0)) {
        assert_int_equal(object_slot_count(object_slot(at, 1)), 800);
        *(is_young(test, object_slot(at, 1)) ? &young : &old) += 1;
    }

    assert_int_equal(young + old, count);
    assert_true(young > 0 && old > 0);
    assert_verified(test);
}

static void a_forwarder_on_the_way_is_passed(void **state)
{
    struct test_heap *test = *state;
    oop target = test_array(test, 1);
    oop from = test_array(test, 2);
    test->roots[0] = test_pair(test, from, target);
    oop left = test_array(test, 1);
    oop right = test_array(test, 1);
    object_slot_init(left, 0, from);
    object_slot_init(right, 0, target);
    assert_int_equal(heap_become(&test->heap, left, right, false, false), 0);

    heap_scavenge(&test->heap);

    oop pair = test->roots[0];
    assert_int_equal(object_slot_count(object_slot(pair, 0)), 1);
    assert_same(object_slot(pair, 0), object_slot(pair, 1));
    assert_verified(test);
}

static void an_old_forwarder_keeps_its_young_target(void **state)
{
    struct test_heap *test = *state;
    oop from = test->roots[1] = test_array(test, 2);
    test->roots[0] = test_pair(test, from, test->heap.nil);
    heap_tenure_all(&test->heap);
    oop left = test_array(test, 1);
    oop right = test_array(test, 1);
    object_slot_init(left, 0, test->roots[1]);
    object_slot_init(right, 0, heap_allocate_string(&test->heap, "new", 3));
    assert_int_equal(heap_become(&test->heap, left, right, false, false), 0);
    test->roots[1] = test->heap.nil;

    for (size_t i = 0; i < 5; i++) {
        heap_scavenge(&test->heap);

        oop now = heap_follow(object_slot(test->roots[0], 0));
        assert_memory_equal(object_bytes(now), "new", 3);
        assert_verified(test);
    }
}

static void after_hooks_learn_who_lives(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test->weak_roots[0] = test_array(test, 1);
    test->weak_roots[1] = test_array(test, 1);
    test->weak_roots[2] = test->heap.nil;
    test->weak_roots[3] = oop_from_integer(5);

    heap_scavenge(&test->heap);

    assert_same(test->weak_roots[0], test->roots[0]);
    assert_true(oop_is_none(test->weak_roots[1]));
    assert_same(test->weak_roots[2], test->heap.nil);
    assert_same(test->weak_roots[3], oop_from_integer(5));
    assert_same(heap_survivor(&test->heap, test->roots[0]), test->roots[0]);
}

static void tenuring_all_leaves_nothing_young(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test->heap.nil;
    for (size_t i = 0; i < 500; i++)
        test->roots[0] = test_pair(test, test->roots[0], test_new(test, T_WEAK, 2));

    heap_tenure_all(&test->heap);

    assert_int_equal(test->heap.remembered.count, 0);
    for (oop at = test->roots[0]; !oop_same(at, test->heap.nil); at = object_slot(at, 0))
        assert_false(is_young(test, at) || is_young(test, object_slot(at, 1)));
    assert_verified(test);
}

static void a_long_list_needs_no_c_stack(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test->heap.nil;
    for (size_t i = 0; i < 200000; i++) {
        test->roots[0] = test_pair(test, test->roots[0], test->heap.nil);
        if (test->heap.wants_scavenge)
            heap_scavenge(&test->heap);
    }

    size_t length = 0;
    for (oop at = test->roots[0]; !oop_same(at, test->heap.nil); at = object_slot(at, 0))
        length++;

    assert_int_equal(length, 200000);
    assert_verified(test);
}

static void each_scavenge_is_counted(void **state)
{
    struct test_heap *test = *state;
    uint64_t counted = 0;

    for (size_t i = 0; i < 7; i++)
        heap_scavenge(&test->heap);

    for (size_t i = 0; i < HEAP_PAUSE_BUCKETS; i++)
        counted += test->heap.statistics.scavenges.buckets[i];
    assert_int_equal(test->heap.statistics.scavenges.count, 7);
    assert_int_equal(counted, 7);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, test_end)
    const struct CMUnitTest tests[] = {
        TEST(what_a_root_holds_is_copied_whole),
        TEST(what_nothing_holds_is_gone),
        TEST(an_object_reached_twice_is_copied_once),
        TEST(a_cycle_is_copied_once),
        TEST(an_object_is_tenured_by_its_third_scavenge),
        TEST(a_tenured_object_is_remembered_as_long_as_it_refers_to_young_ones),
        TEST(a_store_of_a_young_object_into_an_old_one_remembers_it_once),
        TEST(stores_that_need_no_remembering_leave_the_set_alone),
        TEST(an_old_object_whose_young_reference_was_cut_is_forgotten),
        TEST(a_young_object_lives_by_a_remembered_one_alone),
        TEST(identity_hashes_and_flags_move_along),
        TEST(objects_with_an_overflow_word_move_with_it),
        TEST(an_empty_object_survives),
        TEST(literals_of_code_are_visited_and_its_bytes_are_not),
        TEST(what_finds_no_room_among_the_survivors_is_tenured),
        TEST(a_forwarder_on_the_way_is_passed),
        TEST(an_old_forwarder_keeps_its_young_target),
        TEST(after_hooks_learn_who_lives),
        TEST(tenuring_all_leaves_nothing_young),
        TEST(a_long_list_needs_no_c_stack),
        TEST(each_scavenge_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
