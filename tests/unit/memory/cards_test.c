/* Cards: of long old objects the scavenger looks at the groups of slots into which something young was stored. */
#include "tests/unit/memory/heap_fixture.h"

#include "vm/memory/cards.h"

enum { LONG = CARD_LEAST_SLOTS + 200 };

/* Two old arrays beside each other, both with cards. */
static void make_neighbours(struct test_heap *test)
{
    test->roots[0] = test_array(test, LONG);
    test->roots[1] = test_array(test, LONG);
    heap_tenure_all(&test->heap);
}

static void store_string(struct test_heap *test, oop array, size_t slot)
{
    heap_store(&test->heap, array, slot, heap_allocate_string(&test->heap, "young", 5));
}

static void assert_string(oop array, size_t slot)
{
    assert_memory_equal(object_bytes(object_slot(array, slot)), "young", 5);
}

static void each_card_is_noted_once(void **state)
{
    struct test_heap *test = *state;
    make_neighbours(test);

    for (size_t slot = CARD_SLOTS - 3; slot < CARD_SLOTS + 3; slot++)
        store_string(test, test->roots[0], slot);

    assert_int_equal(cards_count(&test->heap), 2);
    assert_true(cards_is_noted(&test->heap, test->roots[0], 0));
    assert_true(cards_is_noted(&test->heap, test->roots[0], 2 * CARD_SLOTS - 1));
    assert_false(cards_is_noted(&test->heap, test->roots[0], 2 * CARD_SLOTS));
    assert_false(is_remembered(test, test->roots[0]));
    assert_verified(test);
}

static void what_is_young_lives_by_its_card_alone(void **state)
{
    struct test_heap *test = *state;
    const size_t slots[] = {0, CARD_SLOTS - 1, CARD_SLOTS, 300, LONG - 1};
    make_neighbours(test);
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        store_string(test, test->roots[i % 2], slots[i]);

    for (size_t scavenges = 0; scavenges < 3; scavenges++) {
        heap_scavenge(&test->heap);
        assert_verified(test);
    }

    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        assert_string(test->roots[i % 2], slots[i]);
    assert_int_equal(cards_count(&test->heap), 0);
}

/* The last card of one and the first of the next may share a byte of the table. */
static void the_cards_of_neighbours_are_told_apart(void **state)
{
    struct test_heap *test = *state;
    for (size_t length = LONG; length < LONG + CARD_SLOTS; length++) {
        test->roots[0] = test_array(test, length);
        test->roots[1] = test_array(test, LONG);
        heap_tenure_all(&test->heap);

        store_string(test, test->roots[0], length - 1);
        assert_false(cards_is_noted(&test->heap, test->roots[1], 0));
        store_string(test, test->roots[1], 0);
        heap_scavenge(&test->heap);

        assert_string(test->roots[0], length - 1);
        assert_string(test->roots[1], 0);
        assert_verified(test);
    }
}

static void a_card_whose_young_reference_was_cut_is_forgotten(void **state)
{
    struct test_heap *test = *state;
    make_neighbours(test);
    store_string(test, test->roots[0], 100);
    heap_store(&test->heap, test->roots[0], 100, test->heap.nil);

    heap_scavenge(&test->heap);

    assert_int_equal(cards_count(&test->heap), 0);
    assert_false(cards_is_noted(&test->heap, test->roots[0], 100));
    assert_ptr_equal(test->heap.survivors.free, test->heap.survivors.start);
}

/* Born in old space it is remembered as a whole, since it is filled without the barrier. */
static void a_long_object_born_old_has_cards_from_its_first_scavenge_on(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = heap_allocate_old(&test->heap, CLASS_ARRAY, FORMAT_INDEXABLE, LONG);
    for (size_t i = 0; i < LONG; i++)
        object_slot_init(test->roots[0], i, test->heap.nil);
    object_slot_init(test->roots[0], 200, heap_allocate_string(&test->heap, "young", 5));
    assert_true(is_remembered(test, test->roots[0]));

    heap_scavenge(&test->heap);

    assert_false(is_remembered(test, test->roots[0]));
    assert_int_equal(cards_count(&test->heap), 1);
    assert_string(test->roots[0], 200);
    assert_verified(test);
}

static void a_long_weak_object_is_remembered_as_a_whole(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_new(test, T_WEAK, LONG);
    heap_tenure_all(&test->heap);

    store_string(test, test->roots[0], 100);
    heap_scavenge(&test->heap);

    assert_int_equal(cards_count(&test->heap), 0);
    assert_same(object_slot(test->roots[0], 100), test->heap.nil);
}

static void what_has_become_something_else_has_no_cards(void **state)
{
    struct test_heap *test = *state;
    make_neighbours(test);
    store_string(test, test->roots[0], 100);
    assert_int_equal(test_become(test, test->roots[0], test_array(test, 1), false, false), 0);

    heap_scavenge(&test->heap);

    assert_int_equal(cards_count(&test->heap), 0);
    assert_verified(test);
}

static void cards_of_the_dead_are_forgotten(void **state)
{
    struct test_heap *test = *state;
    make_neighbours(test);
    store_string(test, test->roots[0], 100);
    heap_scavenge(&test->heap);
    test->roots[0] = test->heap.nil;

    while (!heap_collect_some(&test->heap, (struct budget){UINT64_MAX, 1000}))
        continue;

    assert_int_equal(cards_count(&test->heap), 0);
    assert_verified(test);
}

static int begin_with_a_wide_eden(void **state)
{
    struct test_heap *test = calloc(1, sizeof *test);
    struct heap_options options = {0, (size_t)64 << 20, (size_t)1 << 20, NULL};
    if (test == NULL)
        return -1;
    test_heap_open(test, &options);
    *state = test;
    return 0;
}

/* Pauses are as long as the places that a scavenge looks at, however little it copies. */
static void eden_is_smaller_while_many_cards_are_noted(void **state)
{
    enum { CARDS = 2500 };
    struct test_heap *test = *state;
    struct heap *heap = &test->heap;
    uint64_t *widest = heap->eden_soft_limit;
    test->roots[0] = test_array(test, (size_t)CARDS * CARD_SLOTS);
    heap_tenure_all(heap);
    for (size_t card = 0; card < CARDS; card++)
        store_string(test, test->roots[0], card * CARD_SLOTS);

    heap_scavenge(heap);
    assert_true(heap->eden_soft_limit < widest);

    for (int i = 0; i < 4; i++)
        heap_scavenge(heap);
    assert_ptr_equal(heap->eden_soft_limit, widest);
    assert_verified(test);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, test_end)
    const struct CMUnitTest tests[] = {
        TEST(each_card_is_noted_once),
        TEST(what_is_young_lives_by_its_card_alone),
        TEST(the_cards_of_neighbours_are_told_apart),
        TEST(a_card_whose_young_reference_was_cut_is_forgotten),
        TEST(a_long_object_born_old_has_cards_from_its_first_scavenge_on),
        TEST(a_long_weak_object_is_remembered_as_a_whole),
        TEST(what_has_become_something_else_has_no_cards),
        TEST(cards_of_the_dead_are_forgotten),
        cmocka_unit_test_setup_teardown(eden_is_smaller_while_many_cards_are_noted,
                                        begin_with_a_wide_eden, test_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
