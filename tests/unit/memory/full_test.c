/* Full collection: what is marked, what is swept, which free chunks it leaves; sliding compaction among pinned objects. */
#include "tests/unit/memory/heap_fixture.h"

#include "vm/memory/old_space.h"

/* An Array of so many words in all, in old space. Pointer objects in old space start remembered, bits do not. */
static oop old_bytes(struct test_heap *test, size_t word_count)
{
    size_t slots = word_count - 1;
    if (slots >= OVERFLOW_SLOTS)
        slots--;
    oop object = heap_allocate_old(&test->heap, CLASS_BYTE_ARRAY, FORMAT_BYTES, slots);
    assert_false(oop_is_none(object));
    memset(object_bytes(object), 0, slots * 8);
    assert_int_equal(object_size(object), word_count * 8);
    return object;
}

static void pin(oop object)
{
    object_set_header(object, object_header(object) | HEADER_PINNED);
}

/* Walks old space from end to end: every chunk has at least two words, and the free lists hold just what is free. */
static void assert_chunks_are_sound(struct test_heap *test)
{
    struct old_space *old = &test->heap.old;
    heap_seal(&test->heap);
    size_t free_size = 0;
    uint64_t *at = old->base;
    while (at < old->limit) {
        oop object = object_starting_at(at);
        uint64_t *next = object_limit(object);
        assert_true(next - at >= 2);
        if (object_class_index(object) == CLASS_INDEX_FREE)
            free_size += (size_t)(next - at) * 8;
        at = next;
    }
    assert_ptr_equal(at, old->limit);
    assert_int_equal(free_size, old->free_size);
    size_t listed = 0;
    for (size_t bin = 0; bin < FREE_LIST_COUNT; bin++)
        for (uint64_t *chunk = old->free_chunks[bin]; chunk != NULL;) {
            oop object = object_starting_at(chunk);
            size_t size = object_size(object);
            assert_int_equal(object_class_index(object), CLASS_INDEX_FREE);
            assert_int_equal(old_list_of(size / 8), bin);
            listed += size;
            chunk = (uint64_t *)(uintptr_t)object_slot(object, 0).bits;
        }
    assert_int_equal(listed, free_size);
}

/* The first chunk that fits lies behind very many of its list that do not: old space grows instead, unless it cannot. */
static void no_allocation_looks_at_very_many_chunks(void **state)
{
    enum { CHUNKS = 2000, TOO_SHORT = 900, LONG_ENOUGH = 950, WANTED = 940 };
    struct test_heap *test = *state;
    struct heap *heap = &test->heap;
    heap_seal(heap);
    old_forget_chunks(heap);
    uint64_t *start = heap_extend_old(heap, (LONG_ENOUGH + CHUNKS * TOO_SHORT) * 8);
    uint64_t *limit = heap->old.limit;
    assert_non_null(start);
    old_make_chunk(heap, start, LONG_ENOUGH, CHUNK_LISTED);
    for (size_t i = 0; i < CHUNKS; i++)
        old_make_chunk(heap, start + LONG_ENOUGH + i * TOO_SHORT, TOO_SHORT, CHUNK_LISTED);

    assert_true(old_allocate_words(heap, WANTED, false) >= limit);

    heap->old.reserve_limit = heap->old.limit;
    heap_seal(heap);
    while (old_allocate_words(heap, TOO_SHORT + 60, false) != NULL)
        continue; /* what the growth has left */
    assert_ptr_equal(old_allocate_words(heap, WANTED, false), start);
}

static void what_is_reachable_stays_and_the_rest_goes(void **state)
{
    struct test_heap *test = *state;
    heap_collect_full(&test->heap, false);
    size_t empty = heap_old_used_size(&test->heap);
    test->roots[0] = test_pair(test, heap_allocate_string(&test->heap, "here", 4), test->heap.nil);
    for (size_t i = 0; i < 1000; i++)
        test_array(test, i % 50);

    heap_collect_full(&test->heap, false);

    assert_memory_equal(object_bytes(object_slot(test->roots[0], 0)), "here", 4);
    assert_int_equal(heap_old_used_size(&test->heap), empty + 24 + 16);
    assert_verified(test);
    assert_chunks_are_sound(test);
}

static void old_cycles_are_collected(void **state)
{
    struct test_heap *test = *state;
    heap_collect_full(&test->heap, true);
    size_t empty = heap_old_used_size(&test->heap);
    oop first = test_pair(test, test->heap.nil, test->heap.nil);
    object_slot_init(first, 0, test_pair(test, first, first));
    test->roots[0] = first;
    heap_tenure_all(&test->heap);
    assert_true(heap_old_used_size(&test->heap) > empty);
    test->roots[0] = test->heap.nil;

    heap_collect_full(&test->heap, true);

    assert_int_equal(heap_old_used_size(&test->heap), empty);
}

static void deep_lists_are_marked_without_recursion(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = test->heap.nil;
    for (size_t i = 0; i < 100000; i++) {
        test->roots[0] = test_pair(test, test->roots[0], test->roots[0]);
        if (test->heap.wants_scavenge)
            heap_scavenge(&test->heap);
    }

    heap_collect_full(&test->heap, true);

    size_t length = 0;
    for (oop at = test->roots[0]; !oop_same(at, test->heap.nil); at = object_slot(at, 1))
        length++;
    assert_int_equal(length, 100000);
    assert_verified(test);
}

static void forwarders_are_gone_after_a_full_collection(void **state)
{
    struct test_heap *test = *state;
    oop from = test_array(test, 3);
    test->roots[0] = test_pair(test, from, test->heap.nil);
    test->roots[2] = test_array(test, 1);
    test->roots[3] = test_array(test, 1);
    object_slot_init(test->roots[2], 0, from);
    object_slot_init(test->roots[3], 0, heap_allocate_string(&test->heap, "to", 2));
    heap_tenure_all(&test->heap);
    assert_int_equal(heap_become(&test->heap, test->roots[2], test->roots[3], false, false), 0);
    assert_true(test->heap.forwarders_exist);

    heap_collect_full(&test->heap, false);

    oop now = object_slot(test->roots[0], 0);
    assert_false(object_is_forwarder(now));
    assert_memory_equal(object_bytes(now), "to", 2);
    assert_same(object_slot(test->roots[2], 0), now);
    assert_false(test->heap.forwarders_exist);
    assert_verified(test);
}

/* A married context has a SmallInteger for a sender; what its frame holds is the provider's to say. */
static void visit_married(void *context, struct heap *heap, oop object, heap_visit_fn *visitor)
{
    struct test_heap *test = context;
    assert_int_equal(object_class_index(object), CLASS_CONTEXT);
    visitor(heap, &test->weak_roots[1]);
}

static void a_married_context_keeps_what_its_frame_holds(void **state)
{
    struct test_heap *test = *state;
    test->heap.roots[0].married = visit_married;
    test->roots[0] = test_new(test, CLASS_CONTEXT, 16);
    heap_store(&test->heap, test->roots[0], SLOT_CONTEXT_SENDER, oop_from_integer(1));
    test->roots[1] = heap_allocate_string(&test->heap, "held", 4);
    heap_tenure_all(&test->heap);
    test->weak_roots[1] = test->roots[1];
    test->roots[1] = test->heap.nil;

    heap_collect_full(&test->heap, true);

    assert_memory_equal(object_bytes(test->weak_roots[1]), "held", 4);
    test->roots[0] = test->heap.nil;
    heap_collect_full(&test->heap, true);
    assert_true(oop_is_none(test->weak_roots[1]));
}

static void the_next_full_collection_is_due_when_old_space_has_grown(void **state)
{
    struct test_heap *test = *state;
    heap_collect_full(&test->heap, false);
    size_t due = test->heap.collect_at_size;
    test->roots[0] = test->heap.nil;

    while (!test->heap.wants_full) {
        oop array = test_array(test, 10000);
        object_slot_init(array, 0, test->roots[0]);
        test->roots[0] = array;
    }

    assert_true(heap_old_used_size(&test->heap) > due);
    assert_true(due <= test->heap.size_limit);
    assert_int_equal(test->poll_word, UINTPTR_MAX);
}

static void a_free_chunk_of_any_size_is_used_again(void **state)
{
    struct test_heap *test = *state;

    for (size_t size = 2; size < 700; size++) {
        if (size == 256)
            continue; /* no object has 256 words */
        heap_collect_full(&test->heap, true);
        test->roots[0] = old_bytes(test, 40);
        test->roots[1] = old_bytes(test, size);
        test->roots[2] = old_bytes(test, 40);
        test->roots[1] = test->heap.nil;
        heap_collect_full(&test->heap, false);
        assert_chunks_are_sound(test);
        uint64_t *limit = test->heap.old.limit;

        old_bytes(test, size);

        assert_ptr_equal(test->heap.old.limit, limit);
        assert_verified(test);
        assert_chunks_are_sound(test);
    }
}

static void a_gap_of_256_words_becomes_two_chunks(void **state)
{
    struct test_heap *test = *state;
    heap_collect_full(&test->heap, true);
    test->roots[0] = old_bytes(test, 40);
    old_bytes(test, 200);
    old_bytes(test, 56);
    test->roots[1] = old_bytes(test, 40);

    heap_collect_full(&test->heap, false);

    uint64_t *gap = object_limit(test->roots[0]);
    assert_int_equal(object_start(test->roots[1]) - gap, 256);
    assert_int_equal(object_limit(object_starting_at(gap)) - gap, 2);
    assert_chunks_are_sound(test);
    assert_verified(test);
}

static void carving_never_leaves_a_single_word(void **state)
{
    struct test_heap *test = *state;
    uint64_t seed = test_seed();

    for (size_t round = 0; round < 60; round++) {
        for (size_t i = 0; i < 300; i++) {
            size_t size = 2 + test_random_below(&seed, round % 3 == 0 ? 600 : 20);
            oop object = old_bytes(test, size == 256 ? 257 : size);
            if (test_random_below(&seed, 3) == 0)
                test->roots[test_random_below(&seed, ROOT_COUNT)] = object;
        }
        assert_chunks_are_sound(test);
        heap_collect_full(&test->heap, round % 4 == 3);
        assert_chunks_are_sound(test);
        assert_verified(test);
    }
}

static void a_dead_end_is_given_back(void **state)
{
    struct test_heap *test = *state;
    heap_collect_full(&test->heap, true);
    uint64_t *limit = test->heap.old.limit;
    for (size_t i = 0; i < 50; i++)
        old_bytes(test, 10000);
    assert_true(test->heap.old.limit > limit);

    heap_collect_full(&test->heap, false);

    assert_ptr_equal(test->heap.old.limit, limit);
    assert_int_equal(test->heap.old.free_size, 0);
}

static void memory_given_back_comes_again_for_new_objects(void **state)
{
    struct test_heap *test = *state;
    memset(object_bytes(old_bytes(test, 100000)), 0xAA, 90000 * 8);
    heap_collect_full(&test->heap, true);

    oop array = test_array(test, 90000);

    for (size_t i = 0; i < 90000; i++)
        assert_same(object_slot(array, i), test->heap.nil);
    assert_verified(test);
}

static void compaction_closes_all_gaps_and_keeps_the_order(void **state)
{
    struct test_heap *test = *state;
    uint64_t seed = test_seed();
    heap_collect_full(&test->heap, true);
    for (size_t i = 0; i < ROOT_COUNT; i++) {
        size_t size = 2 + test_random_below(&seed, 300);
        test->roots[i] = old_bytes(test, size == 256 ? 255 : size);
        memcpy(object_bytes(test->roots[i]), &i, sizeof i);
        old_bytes(test, 2 + test_random_below(&seed, 200));
    }

    heap_collect_full(&test->heap, true);

    for (size_t i = 0; i < ROOT_COUNT; i++) {
        assert_int_equal(object_slot(test->roots[i], 0).bits, i);
        if (i > 0)
            assert_ptr_equal(object_start(test->roots[i]), object_limit(test->roots[i - 1]));
    }
    assert_ptr_equal(object_limit(test->roots[ROOT_COUNT - 1]), test->heap.old.limit);
    assert_int_equal(test->heap.old.free_size, 0);
    assert_verified(test);
}

static void a_pinned_object_stays_and_others_slide_up_to_it(void **state)
{
    struct test_heap *test = *state;
    heap_collect_full(&test->heap, true);
    uint64_t *start = test->heap.old.limit;
    old_bytes(test, 500);
    test->roots[0] = old_bytes(test, 10);
    old_bytes(test, 500);
    oop pinned = test->roots[1] = old_bytes(test, 10);
    pin(pinned);
    test->roots[2] = old_bytes(test, 100);
    old_bytes(test, 500);
    test->roots[3] = old_bytes(test, 10);

    heap_collect_full(&test->heap, true);

    assert_same(test->roots[1], pinned);
    assert_ptr_equal(object_start(test->roots[0]), start);
    assert_ptr_equal(object_start(test->roots[2]), object_limit(pinned));
    assert_ptr_equal(object_start(test->roots[3]), object_limit(test->roots[2]));
    assert_ptr_equal(object_limit(test->roots[3]), test->heap.old.limit);
    assert_chunks_are_sound(test);
    assert_verified(test);
}

static void a_gap_beside_a_pinned_object_is_closed(void **state)
{
    struct test_heap *test = *state;
    heap_collect_full(&test->heap, true);
    test->roots[0] = old_bytes(test, 10);
    old_bytes(test, 20000);
    test->roots[1] = old_bytes(test, 10);
    oop pinned = test->roots[2] = old_bytes(test, 10);
    pin(pinned);
    test->roots[3] = old_bytes(test, 10);
    old_bytes(test, 20000);
    test->roots[4] = old_bytes(test, 10);

    heap_collect_full(&test->heap, true);

    assert_same(test->roots[2], pinned);
    assert_ptr_equal(object_start(test->roots[4]), object_limit(test->roots[3]));
    assert_ptr_equal(object_limit(test->roots[4]), test->heap.old.limit);
    assert_int_equal(test->heap.old.free_size,
                     (uint64_t)(object_start(test->roots[1]) - object_limit(test->roots[0])) * 8);
    assert_chunks_are_sound(test);
    assert_verified(test);
}

static void roots_and_hooks_learn_the_new_places(void **state)
{
    struct test_heap *test = *state;
    old_bytes(test, 3000);
    oop before = test->roots[0] = test->weak_roots[0] = old_bytes(test, 10);
    test->weak_roots[1] = old_bytes(test, 10);

    heap_collect_full(&test->heap, true);

    assert_true(test->roots[0].bits < before.bits);
    assert_same(test->weak_roots[0], test->roots[0]);
    assert_true(oop_is_none(test->weak_roots[1]));
}

enum { NODES = 400, EDGES = 6 };

/* A random graph in old space, each node an Array: its number, where its edges lead (numbers), then the edges. */
struct graph {
    size_t edges[NODES][EDGES];
    uint64_t pinned_at[NODES]; /* 0: not pinned */
};

static void make_graph(struct test_heap *test, struct graph *graph, uint64_t *seed)
{
    memset(graph, 0, sizeof *graph);
    oop all = heap_allocate_old(&test->heap, CLASS_ARRAY, FORMAT_INDEXABLE, NODES);
    for (size_t i = 0; i < NODES; i++)
        object_slot_init(all, i, test->heap.nil);
    test->roots[0] = all;
    for (size_t i = 0; i < NODES; i++) {
        size_t extra = test_random_below(seed, i % 20 == 0 ? 400 : 12);
        oop node = heap_allocate_old(&test->heap, CLASS_ARRAY, FORMAT_INDEXABLE, 1 + EDGES + extra);
        for (size_t j = 0; j < 1 + EDGES + extra; j++)
            object_slot_init(node, j, oop_from_integer((int64_t)i));
        object_slot_init(all, i, node);
        size_t gap = test_random_below(seed, 60);
        if (gap >= 2)
            old_bytes(test, gap);
        if (test_random_below(seed, 12) == 0) {
            pin(node);
            graph->pinned_at[i] = node.bits;
        }
    }
    for (size_t i = 0; i < NODES; i++)
        for (size_t j = 0; j < EDGES; j++) {
            graph->edges[i][j] = test_random_below(seed, NODES);
            object_slot_init(object_slot(all, i), 1 + j, object_slot(all, graph->edges[i][j]));
        }
}

static void assert_graph(struct test_heap *test, const struct graph *graph)
{
    oop all = test->roots[0];
    for (size_t i = 0; i < NODES; i++) {
        oop node = object_slot(all, i);
        if (oop_same(node, test->heap.nil))
            continue;
        assert_same(object_slot(node, 0), oop_from_integer((int64_t)i));
        for (size_t j = 0; j < EDGES; j++)
            assert_same(object_slot(object_slot(node, 1 + j), 0),
                        oop_from_integer((int64_t)graph->edges[i][j]));
        for (size_t j = 1 + EDGES; j < object_slot_count(node); j++)
            assert_same(object_slot(node, j), oop_from_integer((int64_t)i));
        if (graph->pinned_at[i] != 0)
            assert_int_equal(node.bits, graph->pinned_at[i]);
    }
}

static void random_graphs_with_pinned_objects_keep_their_shape(void **state)
{
    struct test_heap *test = *state;
    uint64_t seed = test_seed();
    struct graph *graph = malloc(sizeof *graph);
    assert_non_null(graph);

    for (size_t round = 0; round < 60; round++) {
        make_graph(test, graph, &seed);
        for (size_t i = 0; i < 4; i++) {
            heap_collect_full(&test->heap, true);
            assert_graph(test, graph);
            assert_chunks_are_sound(test);
            assert_verified(test);
            for (size_t j = 0; j < NODES / 4; j++)
                object_slot_init(test->roots[0], test_random_below(&seed, NODES), test->heap.nil);
        }
    }
    free(graph);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, test_end)
    const struct CMUnitTest tests[] = {
        TEST(no_allocation_looks_at_very_many_chunks),
        TEST(what_is_reachable_stays_and_the_rest_goes),
        TEST(old_cycles_are_collected),
        TEST(deep_lists_are_marked_without_recursion),
        TEST(forwarders_are_gone_after_a_full_collection),
        TEST(a_married_context_keeps_what_its_frame_holds),
        TEST(the_next_full_collection_is_due_when_old_space_has_grown),
        TEST(a_free_chunk_of_any_size_is_used_again),
        TEST(a_gap_of_256_words_becomes_two_chunks),
        TEST(carving_never_leaves_a_single_word),
        TEST(a_dead_end_is_given_back),
        TEST(memory_given_back_comes_again_for_new_objects),
        TEST(compaction_closes_all_gaps_and_keeps_the_order),
        TEST(a_pinned_object_stays_and_others_slide_up_to_it),
        TEST(a_gap_beside_a_pinned_object_is_closed),
        TEST(roots_and_hooks_learn_the_new_places),
        TEST(random_graphs_with_pinned_objects_keep_their_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
