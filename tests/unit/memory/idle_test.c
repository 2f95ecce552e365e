/* What the collector does while the world waits. Nothing here waits: due times are compared, not reached. */
#include "tests/unit/memory/heap_fixture.h"

#include "vm/base/os.h"
#include "vm/memory/idle.h"

#include <sys/mman.h>

#define SECOND UINT64_C(1000000000)

static void allocate_garbage(struct test_heap *test, size_t size)
{
    for (size_t made = 0; made < size; made += object_size_for_slots(1000)) {
        test_array(test, 1000);
        if (test->heap.wants_scavenge)
            heap_scavenge(&test->heap);
    }
}

static void step_until_nothing_is_due(struct test_heap *test)
{
    heap_idle_step(&test->heap);
    while (heap_idle_due_ns(&test->heap) == 0)
        heap_idle_step(&test->heap);
}

static void a_world_that_has_made_nothing_waits_without_a_due_time(void **state)
{
    struct test_heap *test = *state;
    heap_collect_full(&test->heap, false);

    assert_int_equal(heap_idle_due_ns(&test->heap), UINT64_MAX);
}

static void a_world_that_has_made_something_is_due_some_time_later(void **state)
{
    struct test_heap *test = *state;
    allocate_garbage(test, 1 << 20);

    uint64_t due = heap_idle_due_ns(&test->heap);

    assert_true(due > os_monotonic_ns());
    assert_true(due < UINT64_MAX);
}

static void a_cycle_that_has_begun_is_due_now(void **state)
{
    struct test_heap *test = *state;
    assert_false(heap_collect_some(&test->heap, (struct budget){UINT64_MAX, 2}));

    assert_int_equal(heap_idle_due_ns(&test->heap), 0);
}

static void a_cycle_that_took_long_does_not_put_off_the_next_for_a_minute(void **state)
{
    struct test_heap *test = *state;
    allocate_garbage(test, 1 << 20);

    idle_note_end(&test->heap, SECOND, SECOND / 2);
    uint64_t after_a_short_one = test->heap.idle.due_ns;
    idle_note_end(&test->heap, SECOND, SECOND);
    uint64_t after_a_longer_one = test->heap.idle.due_ns;
    idle_note_end(&test->heap, SECOND, 100 * SECOND);

    assert_true(after_a_short_one < after_a_longer_one);
    assert_true(test->heap.idle.due_ns < 40 * SECOND);
}

static void after_an_idle_cycle_nothing_is_due(void **state)
{
    struct test_heap *test = *state;
    allocate_garbage(test, 1 << 20);

    step_until_nothing_is_due(test);

    assert_int_equal(test->heap.statistics.cycles, 1);
    assert_int_equal(heap_idle_due_ns(&test->heap), UINT64_MAX);
    assert_verified(test);
}

/* Many short objects, of which every tenth lives. */
static void make_holes(struct test_heap *test)
{
    enum { COUNT = 60000 };
    test->roots[0] = test_array(test, COUNT);
    heap_tenure_all(&test->heap);
    for (size_t i = 0; i < COUNT; i++) {
        oop object = heap_allocate_old(&test->heap, CLASS_BYTE_ARRAY, FORMAT_BYTES, 90);
        assert_false(oop_is_none(object));
        memset(object_bytes(object), (int)(i & 0xFF), 720);
        if (i % 10 == 0)
            heap_store(&test->heap, test->roots[0], i, object);
    }
}

static void old_space_that_is_mostly_holes_becomes_dense_in_steps(void **state)
{
    struct test_heap *test = *state;
    make_holes(test);
    size_t before = (size_t)(test->heap.old.limit - test->heap.old.base);

    step_until_nothing_is_due(test);

    assert_true(test->heap.statistics.cycles > 1);
    assert_int_equal(test->heap.statistics.full.count, 0);
    assert_true(test->heap.statistics.evacuated_size > 0);
    assert_true((size_t)(test->heap.old.limit - test->heap.old.base) < before / 4);
    assert_int_equal(heap_idle_due_ns(&test->heap), UINT64_MAX);
    assert_false(test->heap.forwarders_exist);
    for (size_t i = 0; i < object_slot_count(test->roots[0]); i += 10)
        assert_int_equal(object_bytes(object_slot(test->roots[0], i))[719], i & 0xFF);
    assert_verified(test);
}

static void roots_name_what_was_moved_at_the_end_of_each_step(void **state)
{
    struct test_heap *test = *state;
    make_holes(test);
    test->roots[1] = heap_allocate_old(&test->heap, CLASS_BYTE_ARRAY, FORMAT_BYTES, 90);
    oop before = test->roots[1];

    do {
        heap_idle_step(&test->heap);
        assert_false(oop_is_forwarder(test->roots[1]));
    } while (heap_idle_due_ns(&test->heap) == 0);

    assert_false(oop_same(test->roots[1], before));
}

/* It has cards, and one of them is noted; without that it would move into the gap that is left for it. */
static void a_long_object_with_something_young_stays(void **state)
{
    enum { LONG = 600, GAP = 600000 };
    for (size_t has_young = 0; has_young < 2; has_young++) {
        struct test_heap *test = *state;
        /* A gap that reaches over the boundary, and behind it the first that is to move. */
        heap_allocate_old(&test->heap, CLASS_BYTE_ARRAY, FORMAT_WORDS64, GAP);
        oop object = heap_allocate_old(&test->heap, CLASS_ARRAY, FORMAT_INDEXABLE, LONG);
        for (size_t i = 0; i < LONG; i++)
            object_slot_init(object, i, oop_from_integer(0));
        test->roots[1] = object;
        make_holes(test);
        heap_scavenge(&test->heap);
        if (has_young != 0)
            heap_store(&test->heap, object, LONG - 1, test_array(test, 3));

        do
            heap_idle_step(&test->heap);
        while (test->heap.cycle.phase != CYCLE_NONE);

        assert_true(test->heap.statistics.evacuated_size > 0);
        assert_int_equal(oop_same(test->roots[1], object), has_young != 0);
        assert_verified(test);
        test_end(state);
        test_begin(state);
    }
}

/* Rows of 8 KB, for which there is no room between the short objects that they hold before those have moved. */
static void long_objects_move_into_the_gaps_that_short_ones_have_left(void **state)
{
    enum { ROWS = 740, SHORT = 100 };
    struct test_heap *test = *state;
    test->roots[0] = test_array(test, ROWS);
    heap_tenure_all(&test->heap);
    for (size_t i = 0; i < ROWS; i++) {
        oop row = heap_allocate_old(&test->heap, CLASS_ARRAY, FORMAT_INDEXABLE, 1000);
        assert_false(oop_is_none(row));
        for (size_t j = 0; j < 1000; j++)
            object_slot_init(row, j, oop_from_integer((int64_t)i));
        heap_store(&test->heap, test->roots[0], i, row);
        for (size_t j = 0; j < SHORT; j++) {
            oop object = heap_allocate_old(&test->heap, CLASS_BYTE_ARRAY, FORMAT_BYTES, 90);
            assert_false(oop_is_none(object));
            if (j % 10 == 0)
                heap_store(&test->heap, row, j, object);
        }
    }
    heap_scavenge(&test->heap); /* rows are remembered until then */
    size_t before = (size_t)(test->heap.old.limit - test->heap.old.base);

    step_until_nothing_is_due(test);

    assert_true(test->heap.statistics.cycles > 2);
    assert_true((size_t)(test->heap.old.limit - test->heap.old.base) < before / 3);
    for (size_t i = 0; i < ROWS; i++)
        assert_int_equal(object_slot(object_slot(test->roots[0], i), 999).bits,
                         oop_from_integer((int64_t)i).bits);
    assert_verified(test);
}

/* How many pages of a part of old space are in memory. */
static size_t resident_pages(uint64_t *start, uint64_t *limit)
{
    static unsigned char pages[1 << 14];
    uintptr_t page = ((uintptr_t)start + OS_PAGE_SIZE - 1) & ~(uintptr_t)(OS_PAGE_SIZE - 1);
    size_t size = ((uintptr_t)limit - page) & ~(size_t)(OS_PAGE_SIZE - 1);
    size_t count = 0;
    assert_true(size / OS_PAGE_SIZE <= sizeof pages);
    assert_int_equal(mincore((void *)page, size, pages), 0);
    for (size_t i = 0; i < size / OS_PAGE_SIZE; i++)
        count += pages[i] & 1;
    return count;
}

/* A dead array of 16 MB, behind which something lives: the words that it had. */
static uint64_t *make_long_gap(struct test_heap *test, uint64_t **limit)
{
    enum { LONG = 2 << 20 };
    test->roots[1] = test_array(test, LONG);
    test->roots[2] = test_array(test, LONG / 8);
    heap_tenure_all(&test->heap);
    uint64_t *start = object_words(test->roots[1]);
    *limit = start + LONG;
    assert_true(object_words(test->roots[2]) >= *limit);
    assert_true(resident_pages(start, *limit) > 4000);
    test->roots[1] = test->heap.nil;
    return start;
}

static void an_idle_cycle_gives_the_memory_of_long_gaps_back(void **state)
{
    struct test_heap *test = *state;
    uint64_t *limit;
    uint64_t *start = make_long_gap(test, &limit);

    step_until_nothing_is_due(test);

    assert_true(resident_pages(start, limit) < 4);
    assert_verified(test);
}

static void the_cycle_of_a_busy_program_keeps_it(void **state)
{
    struct test_heap *test = *state;
    uint64_t *limit;
    uint64_t *start = make_long_gap(test, &limit);

    while (!heap_collect_some(&test->heap, (struct budget){UINT64_MAX, SIZE_MAX}))
        continue;

    assert_true(resident_pages(start, limit) > 4000);
    assert_true(test->heap.old.free_size > (size_t)16 << 20);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, test_end)
    const struct CMUnitTest tests[] = {
        TEST(a_world_that_has_made_nothing_waits_without_a_due_time),
        TEST(a_world_that_has_made_something_is_due_some_time_later),
        TEST(a_cycle_that_has_begun_is_due_now),
        TEST(a_cycle_that_took_long_does_not_put_off_the_next_for_a_minute),
        TEST(after_an_idle_cycle_nothing_is_due),
        TEST(old_space_that_is_mostly_holes_becomes_dense_in_steps),
        TEST(roots_name_what_was_moved_at_the_end_of_each_step),
        TEST(a_long_object_with_something_young_stays),
        TEST(long_objects_move_into_the_gaps_that_short_ones_have_left),
        TEST(an_idle_cycle_gives_the_memory_of_long_gaps_back),
        TEST(the_cycle_of_a_busy_program_keeps_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
