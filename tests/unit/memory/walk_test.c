/* The walk over all objects, the verifier with planted faults, two heaps at once, other base addresses. */
#include "tests/unit/memory/heap_fixture.h"

static size_t count_objects(struct heap *heap, uint32_t class_index)
{
    size_t count = 0;
    for (oop at = heap_first_object(heap); !oop_is_none(at); at = heap_next_object(heap, at))
        count += object_class_index(at) == class_index;
    return count;
}

static void a_walk_begins_at_nil_and_passes_over_hidden_objects(void **state)
{
    struct test_heap *test = *state;
    struct heap *heap = &test->heap;
    size_t count = 0;

    assert_same(heap_first_object(heap), heap->nil);
    for (oop at = heap_first_object(heap); !oop_is_none(at); at = heap_next_object(heap, at)) {
        assert_true(object_class_index(at) >= CLASS_HIDDEN_LIMIT);
        count++;
    }

    assert_int_equal(count, 3 + 25 + 1); /* the three, the classes, the special objects */
}

static void a_walk_sees_every_object_once_in_every_space(void **state)
{
    struct test_heap *test = *state;
    struct heap *heap = &test->heap;
    enum { EACH = 50 };
    test->roots[0] = test_array(test, 3 * EACH);
    for (size_t i = 0; i < EACH; i++)
        heap_store(heap, test->roots[0], i, test_new(test, T_FIXED, 0));
    heap_tenure_all(heap);
    for (size_t i = EACH; i < 2 * EACH; i++)
        heap_store(heap, test->roots[0], i, test_new(test, T_FIXED, 0));
    heap_scavenge(heap);
    for (size_t i = 2 * EACH; i < 3 * EACH; i++)
        heap_store(heap, test->roots[0], i, test_new(test, T_FIXED, 0));

    for (oop at = heap_first_object(heap); !oop_is_none(at); at = heap_next_object(heap, at))
        if (object_class_index(at) == T_FIXED) {
            assert_same(object_slot(at, 0), heap->nil);
            object_slot_init(at, 0, heap->true_object);
        }

    for (size_t i = 0; i < 3 * EACH; i++)
        assert_same(object_slot(object_slot(test->roots[0], i), 0), heap->true_object);
    assert_int_equal(count_objects(heap, T_FIXED), 3 * EACH);
}

static void a_walk_passes_over_free_chunks_and_forwarders(void **state)
{
    struct test_heap *test = *state;
    struct heap *heap = &test->heap;
    test->roots[0] = test_pair(test, test_new(test, T_FIXED, 0), test_new(test, T_WEAK, 9));
    for (size_t i = 0; i < 20; i++)
        heap_allocate_old(heap, T_FIXED, FORMAT_EMPTY, 0);
    test->roots[3] = heap_allocate_old(heap, T_EMPTY, FORMAT_EMPTY, 0);
    heap_collect_full(heap, false);
    oop left = test_array(test, 1);
    oop right = test_array(test, 1);
    object_slot_init(left, 0, object_slot(test->roots[0], 0));
    object_slot_init(right, 0, object_slot(test->roots[0], 1));

    assert_int_equal(count_objects(heap, T_FIXED), 1);
    assert_int_equal(heap_become(heap, left, right, false, false), 0);

    assert_int_equal(count_objects(heap, T_FIXED), 0);
    assert_int_equal(count_objects(heap, T_WEAK), 1);
}

/* Uses up eden with its slack to the last word. */
static void fill_eden(struct test_heap *test)
{
    struct heap *heap = &test->heap;
    while ((size_t)(heap->eden.limit - heap->eden_free) > 100)
        heap_allocate_array(heap, 20);
    size_t words = (size_t)(heap->eden.limit - heap->eden_free);
    oop last = heap_allocate_array(heap, words - 1);
    assert_true(is_young(test, last));
    assert_ptr_equal(heap->eden_free, heap->eden.limit);
}

static void a_walk_ends_when_eden_is_full_to_the_last_word(void **state)
{
    struct test_heap *test = *state;
    struct heap *heap = &test->heap;

    for (size_t round = 0; round < 3; round++) {
        test->roots[0] = test_new(test, T_FIXED, 0);
        fill_eden(test);
        size_t steps = 0;
        size_t found = 0;

        for (oop at = heap_first_object(heap); !oop_is_none(at) && steps < 1000000;
             at = heap_next_object(heap, at), steps++)
            found += object_class_index(at) == T_FIXED;

        assert_true(steps < 1000000);
        assert_int_equal(found, round == 0 ? 1 : 2);
        test->roots[1] = test->roots[0];
        heap_scavenge(heap);
    }
}

static void assert_refused(struct test_heap *test, const char *wanted)
{
    test->status = (struct status){STATUS_OK, ""};
    assert_false(heap_verify(&test->heap, &test->status));
    if (strstr(test->status.sentence, wanted) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", test->status.sentence, wanted);
}

static void a_sound_heap_verifies(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_pair(test, test_new(test, T_WEAK, 5), oop_from_float(1.0));

    for (size_t i = 0; i < 4; i++) {
        assert_verified(test);
        heap_scavenge(&test->heap);
    }
}

static void a_dangling_slot_is_found(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_pair(test, test->heap.nil, test->heap.nil);
    uint64_t eden_end = (uint64_t)(uintptr_t)test->heap.eden_free;
    oop specials = test->heap.special_objects;
    oop wrong[] = {NO_OOP,
                   oop_from_bits(8),
                   oop_from_bits(eden_end),
                   oop_from_bits(test->roots[0].bits + 8),
                   oop_from_bits(specials.bits + 16),
                   oop_from_bits((uint64_t)(uintptr_t)test->heap.old.limit),
                   oop_from_bits(3),
                   oop_from_bits(UINT64_MAX)};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        object_slot_init(test->roots[0], 1, wrong[i]);
        assert_refused(test, "which is no object");
        assert_refused(test, "slot 1");
    }
    object_slot_init(test->roots[0], 1, test->heap.nil);
    assert_verified(test);
}

static void a_reference_to_a_free_chunk_is_found(void **state)
{
    struct test_heap *test = *state;
    oop dead = heap_allocate_old(&test->heap, T_EMPTY, FORMAT_EMPTY, 0);
    test->roots[0] = heap_allocate_old(&test->heap, T_FIXED, FORMAT_FIXED, 4);
    for (size_t i = 0; i < 4; i++)
        object_slot_init(test->roots[0], i, test->heap.nil);
    heap_collect_full(&test->heap, false);

    object_slot_init(test->roots[0], 2, dead);

    assert_refused(test, "which is no object");
}

static void an_old_object_that_is_not_remembered_is_found(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_pair(test, test->heap.nil, test->heap.nil);
    heap_tenure_all(&test->heap);

    object_slot_init(test->roots[0], 0, test_array(test, 1));

    assert_refused(test, "is not remembered");
    heap_remember(&test->heap, test->roots[0]);
    assert_verified(test);
}

static void a_remembered_bit_without_its_entry_is_found(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_pair(test, test->heap.nil, test->heap.nil);
    heap_tenure_all(&test->heap);

    object_set_header(test->roots[0], object_header(test->roots[0]) | HEADER_REMEMBERED);

    assert_refused(test, "remembered");
}

static void an_entry_without_its_remembered_bit_is_found(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_pair(test, test->heap.nil, test->heap.nil);
    heap_tenure_all(&test->heap);
    heap_remember(&test->heap, test->roots[0]);

    object_set_header(test->roots[0], object_header(test->roots[0]) & ~HEADER_REMEMBERED);

    assert_refused(test, "remembered set");
}

static void an_entry_that_stands_twice_in_the_remembered_set_is_found(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_pair(test, test->heap.nil, test->heap.nil);
    heap_tenure_all(&test->heap);
    heap_remember(&test->heap, test->roots[0]);
    heap_remember(&test->heap, test->roots[0]);

    assert_refused(test, "remembered set");
}

static void an_empty_class_index_is_found(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_array(test, 1);
    object_set_header(test->roots[0], header_make(59, FORMAT_INDEXABLE, 1));

    assert_refused(test, "class index 59, which is empty");
    object_set_header(test->roots[0], header_make(CLASS_PAGE_SLOTS * 7, FORMAT_INDEXABLE, 1));
    assert_refused(test, "which is empty");
}

static void a_format_that_no_object_has_is_found(void **state)
{
    struct test_heap *test = *state;
    unsigned wrong[] = {6, 7, 8};
    test->roots[0] = test_array(test, 1);

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        object_set_header(test->roots[0], header_make(CLASS_ARRAY, wrong[i], 1));
        assert_refused(test, "format");
    }
}

static void code_with_more_literals_than_slots_is_found(void **state)
{
    struct test_heap *test = *state;
    oop code = heap_allocate(&test->heap, T_CODE, FORMAT_CODE, 2);
    object_slot_init(code, 0, oop_from_integer(1));
    object_slot_init(code, 1, test->heap.nil);
    assert_verified(test);

    object_slot_init(code, 0, oop_from_integer(2));
    assert_refused(test, "literals");
    object_slot_init(code, 0, test->heap.nil);
    assert_refused(test, "literals");
}

static void an_object_longer_than_its_space_is_found(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test_array(test, 1);

    object_set_header(test->roots[0], header_make(CLASS_ARRAY, FORMAT_INDEXABLE, 200));

    assert_refused(test, "goes past the end");
}

static void two_heaps_in_one_process_do_not_meet(void **state)
{
    struct test_heap *test = *state;
    struct test_heap *other = calloc(1, sizeof *other);
    struct heap_options options = {0, (size_t)64 << 20, 2 * EDEN_SIZE, NULL};
    assert_non_null(other);
    test_heap_open(other, &options);
    test->roots[0] = test->heap.nil;
    other->roots[0] = other->heap.nil;

    for (size_t i = 0; i < 2000; i++) {
        test->roots[0] = test_pair(test, test->roots[0], oop_from_integer((int64_t)i));
        other->roots[0] = test_pair(other, other->roots[0], oop_from_integer((int64_t)i + 1));
        if (test->heap.wants_scavenge)
            heap_scavenge(&test->heap);
    }
    heap_collect_full(&other->heap, true);

    assert_same(object_slot(test->roots[0], 1), oop_from_integer(1999));
    assert_same(object_slot(other->roots[0], 1), oop_from_integer(2000));
    assert_int_not_equal(test->heap.nil.bits, other->heap.nil.bits);
    assert_false(heap_is_young(&test->heap, test_array(other, 1)));
    assert_verified(test);
    assert_verified(other);
    heap_close(&other->heap);
    free(other);
}

static void the_first_heap_gets_the_preferred_address(void **state)
{
    struct test_heap *test = *state;

    assert_int_equal(test->heap.nil.bits, heap_preferred_base());
    assert_int_equal(heap_preferred_base() % ((uint64_t)2 << 20), 4096);
}

static void a_base_that_is_taken_is_replaced_at_the_same_offset(void **state)
{
    struct test_heap *test = *state;
    struct test_heap *other = calloc(1, sizeof *other);
    struct heap_options options = {test->heap.nil.bits, 0, EDEN_SIZE, NULL};
    assert_non_null(other);

    test_heap_open(other, &options);

    assert_int_not_equal(other->heap.nil.bits, test->heap.nil.bits);
    assert_int_equal(other->heap.nil.bits % ((uint64_t)2 << 20), 4096);
    assert_verified(other);
    heap_close(&other->heap);
    free(other);
}

static void a_heap_works_at_any_base_address(void **state)
{
    uint64_t bases[] = {0x300000001000, 0x300000000000, 0x310000123450, 0x3200001FFFF8};
    (void)state;

    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        struct test_heap *test = calloc(1, sizeof *test);
        struct heap_options options = {bases[i], (size_t)64 << 20, EDEN_SIZE, NULL};
        assert_non_null(test);
        test_heap_open(test, &options);

        assert_int_equal(test->heap.nil.bits, bases[i]);
        test->roots[0] = test->heap.nil;
        for (size_t j = 0; j < 1000; j++)
            test->roots[0] = test_pair(test, test->roots[0], test_array(test, j % 300));
        heap_collect_full(&test->heap, true);
        test->roots[0] = object_slot(test->roots[0], 0);
        heap_collect_full(&test->heap, true);

        assert_verified(test);
        assert_int_equal(count_objects(&test->heap, CLASS_ARRAY), 2 * 999 + 1);
        heap_close(&test->heap);
        free(test);
    }
}

static void a_closed_heap_may_be_closed_again(void **state)
{
    struct heap heap;
    struct heap_options options = {0, 0, 0, NULL};
    struct status status = {STATUS_OK, ""};
    (void)state;
    assert_true(heap_open(&heap, &options, &status));

    heap_close(&heap);
    heap_close(&heap);

    assert_null(heap.old.reserve_start);
    assert_true(status_ok(&status));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, test_end)
    const struct CMUnitTest tests[] = {
        TEST(a_walk_begins_at_nil_and_passes_over_hidden_objects),
        TEST(a_walk_sees_every_object_once_in_every_space),
        TEST(a_walk_passes_over_free_chunks_and_forwarders),
        TEST(a_walk_ends_when_eden_is_full_to_the_last_word),
        TEST(a_sound_heap_verifies),
        TEST(a_dangling_slot_is_found),
        TEST(a_reference_to_a_free_chunk_is_found),
        TEST(an_old_object_that_is_not_remembered_is_found),
        TEST(a_remembered_bit_without_its_entry_is_found),
        TEST(an_entry_without_its_remembered_bit_is_found),
        TEST(an_entry_that_stands_twice_in_the_remembered_set_is_found),
        TEST(an_empty_class_index_is_found),
        TEST(a_format_that_no_object_has_is_found),
        TEST(code_with_more_literals_than_slots_is_found),
        TEST(an_object_longer_than_its_space_is_found),
        TEST(two_heaps_in_one_process_do_not_meet),
        TEST(the_first_heap_gets_the_preferred_address),
        TEST(a_base_that_is_taken_is_replaced_at_the_same_offset),
        cmocka_unit_test(a_heap_works_at_any_base_address),
        cmocka_unit_test(a_closed_heap_may_be_closed_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
