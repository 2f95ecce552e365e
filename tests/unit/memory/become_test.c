/* become: in all its forms: in place, through forwarders, one way, with several pairs, refused. */
#include "tests/unit/memory/heap_fixture.h"

enum { TWO_WAY = 1, ONE_WAY = 0, COPY_HASH = 1, KEEP_HASH = 0 };
enum { INAPPROPRIATE = 6, NO_MODIFICATION = 8, NO_MEMORY = 9, PINNED = 16, BAD_ARGUMENT = 3 };

static oop named(struct test_heap *test, const char *name)
{
    return heap_allocate_string(&test->heap, name, strlen(name));
}

static void assert_named(oop string, const char *name)
{
    string = heap_follow(string);
    assert_int_equal(object_byte_count(string), strlen(name));
    assert_memory_equal(object_bytes(string), name, strlen(name));
}

/* Roots 0 and 1 hold pairs that refer to the two in question. */
static void hold(struct test_heap *test, oop a, oop b)
{
    test->roots[0] = test_pair(test, a, oop_from_integer(1));
    test->roots[1] = test_pair(test, b, oop_from_integer(2));
}

static oop held(const struct test_heap *test, size_t root)
{
    return heap_follow(object_slot(test->roots[root], 0));
}

static void collect_in_every_way(struct test_heap *test)
{
    assert_verified(test);
    heap_scavenge(&test->heap);
    assert_verified(test);
    heap_collect_full(&test->heap, true);
    assert_verified(test);
}

static void objects_of_one_size_exchange_their_bodies(void **state)
{
    struct test_heap *test = *state;
    hold(test, named(test, "one"), named(test, "other"));

    assert_int_equal(test_become(test, held(test, 0), held(test, 1), TWO_WAY, KEEP_HASH), 0);

    assert_named(held(test, 0), "other");
    assert_named(held(test, 1), "one");
    assert_false(test->heap.forwarders_exist);
    collect_in_every_way(test);
    assert_named(held(test, 0), "other");
    assert_named(held(test, 1), "one");
}

static void objects_of_different_sizes_exchange_through_forwarders(void **state)
{
    struct test_heap *test = *state;
    hold(test, named(test, "one"), named(test, "a much longer one"));

    assert_int_equal(test_become(test, held(test, 0), held(test, 1), TWO_WAY, KEEP_HASH), 0);

    assert_named(held(test, 0), "a much longer one");
    assert_named(held(test, 1), "one");
    assert_true(test->heap.forwarders_exist);
    collect_in_every_way(test);
    assert_named(held(test, 0), "a much longer one");
    assert_named(held(test, 1), "one");
}

static void an_exchange_remembers_the_old_one_that_got_young_references(void **state)
{
    struct test_heap *test = *state;
    hold(test, test_pair(test, test->heap.nil, test->heap.nil), test->heap.nil);
    heap_tenure_all(&test->heap);
    heap_store(&test->heap, test->roots[1], 0,
               test_pair(test, named(test, "young"), test->heap.nil));

    assert_int_equal(test_become(test, held(test, 0), held(test, 1), TWO_WAY, KEEP_HASH), 0);

    assert_true(is_remembered(test, held(test, 0)));
    assert_false(object_header(held(test, 1)) & HEADER_REMEMBERED);
    collect_in_every_way(test);
    assert_named(object_slot(held(test, 0), 0), "young");
}

static void hashes_go_with_the_bodies_of_an_exchange(void **state)
{
    struct test_heap *test = *state;
    const char *others[] = {"two", "much longer than that"};

    for (size_t i = 0; i < 2; i++) {
        hold(test, named(test, "one"), named(test, others[i]));
        uint32_t first = heap_identity_hash(&test->heap, held(test, 0));
        uint32_t second = heap_identity_hash(&test->heap, held(test, 1));

        assert_int_equal(test_become(test, held(test, 0), held(test, 1), TWO_WAY, KEEP_HASH), 0);

        assert_int_equal(heap_identity_hash(&test->heap, held(test, 0)), second);
        assert_int_equal(heap_identity_hash(&test->heap, held(test, 1)), first);
    }
}

static void one_way_all_references_lead_to_the_other(void **state)
{
    struct test_heap *test = *state;
    hold(test, named(test, "old one"), named(test, "new"));
    uint32_t hash = heap_identity_hash(&test->heap, held(test, 1));
    heap_identity_hash(&test->heap, held(test, 0));

    assert_int_equal(test_become(test, held(test, 0), held(test, 1), ONE_WAY, KEEP_HASH), 0);

    assert_same(held(test, 0), held(test, 1));
    assert_named(held(test, 0), "new");
    assert_int_equal(heap_identity_hash(&test->heap, held(test, 0)), hash);
    collect_in_every_way(test);
    assert_same(object_slot(test->roots[0], 0), object_slot(test->roots[1], 0));
}

static void one_way_the_hash_may_be_taken_along(void **state)
{
    struct test_heap *test = *state;
    hold(test, named(test, "old one"), named(test, "new"));
    uint32_t hash = heap_identity_hash(&test->heap, held(test, 0));

    assert_int_equal(test_become(test, held(test, 0), held(test, 1), ONE_WAY, COPY_HASH), 0);

    assert_int_equal(heap_identity_hash(&test->heap, held(test, 1)), hash);
}

static void one_way_an_object_may_become_an_immediate_or_nil(void **state)
{
    struct test_heap *test = *state;
    oop targets[] = {oop_from_integer(-3), oop_from_character('x'), oop_from_float(2.5),
                     test->heap.nil};

    for (size_t i = 0; i < 4; i++) {
        hold(test, test_array(test, 3), test->heap.nil);
        if (i % 2 == 1)
            heap_tenure_all(&test->heap);

        assert_int_equal(test_become(test, held(test, 0), targets[i], ONE_WAY, COPY_HASH), 0);

        assert_same(held(test, 0), targets[i]);
        collect_in_every_way(test);
        assert_same(object_slot(test->roots[0], 0), targets[i]);
    }
}

static void forwarders_are_followed_to_their_end(void **state)
{
    struct test_heap *test = *state;
    hold(test, named(test, "first"), named(test, "last"));
    test->roots[2] = test_pair(test, named(test, "middle"), test->heap.nil);
    oop middle = object_slot(test->roots[2], 0);
    assert_int_equal(test_become(test, held(test, 0), middle, ONE_WAY, KEEP_HASH), 0);

    assert_int_equal(test_become(test, held(test, 0), held(test, 1), ONE_WAY, KEEP_HASH), 0);

    assert_named(held(test, 0), "last");
    assert_named(held(test, 2), "last");
    collect_in_every_way(test);
    assert_same(held(test, 0), held(test, 2));
}

static void an_object_may_become_itself(void **state)
{
    struct test_heap *test = *state;
    hold(test, named(test, "same"), test->heap.nil);

    assert_int_equal(test_become(test, held(test, 0), held(test, 0), TWO_WAY, KEEP_HASH), 0);
    assert_int_equal(test_become(test, held(test, 0), held(test, 0), ONE_WAY, COPY_HASH), 0);

    collect_in_every_way(test);
    assert_named(held(test, 0), "same");
}

static void roots_never_hold_forwarders_afterwards(void **state)
{
    struct test_heap *test = *state;
    test->roots[0] = named(test, "short");
    test->roots[1] = named(test, "much longer than short");

    assert_int_equal(test_become(test, test->roots[0], test->roots[1], TWO_WAY, KEEP_HASH), 0);

    assert_false(object_is_forwarder(test->roots[0]) || object_is_forwarder(test->roots[1]));
    assert_named(test->roots[0], "much longer than short");
}

static void special_objects_and_mourners_never_are_forwarders_afterwards(void **state)
{
    struct test_heap *test = *state;
    struct heap *heap = &test->heap;
    heap_store(heap, heap->special_objects, SPECIAL_SMALLTALK, named(test, "before"));
    test->roots[0] = test_ephemeron(test, test_array(test, 1), heap->nil);
    heap_scavenge(heap);
    assert_int_equal(mourner_count(test), 1);

    assert_int_equal(
        test_become(test, heap_special(heap, SPECIAL_SMALLTALK), named(test, "after"), ONE_WAY, 0),
        0);
    assert_int_equal(test_become(test, test->roots[0], named(test, "mourner"), ONE_WAY, 0), 0);

    assert_false(object_is_forwarder(heap_special(heap, SPECIAL_SMALLTALK)));
    assert_named(heap_special(heap, SPECIAL_SMALLTALK), "after");
    assert_false(object_is_forwarder(heap->mourners.items[heap->mourners_taken]));
    collect_in_every_way(test);
}

static void the_special_objects_themselves_may_be_replaced(void **state)
{
    struct test_heap *test = *state;
    oop bigger = test_array(test, SPECIAL_OBJECT_COUNT + 10);
    for (size_t i = 0; i < SPECIAL_OBJECT_COUNT; i++)
        object_slot_init(bigger, i, object_slot(test->heap.special_objects, i));

    assert_int_equal(test_become(test, test->heap.special_objects, bigger, ONE_WAY, KEEP_HASH), 0);

    assert_same(test->heap.special_objects, bigger);
    collect_in_every_way(test);
    assert_int_equal(object_slot_count(test->heap.special_objects), SPECIAL_OBJECT_COUNT + 10);
}

static void assert_refused(struct test_heap *test, oop a, oop b, int one_way, int two_way)
{
    assert_int_equal(test_become(test, a, b, ONE_WAY, KEEP_HASH), one_way);
    assert_int_equal(test_become(test, a, b, TWO_WAY, KEEP_HASH), two_way);
    assert_false(oop_is_forwarder(a) || oop_is_forwarder(b));
    assert_verified(test);
}

static void what_must_not_change_is_refused_with_its_code(void **state)
{
    struct test_heap *test = *state;
    struct heap *heap = &test->heap;
    oop plain = test_array(test, 2);
    oop pinned = test_array(test, 3);
    oop immutable = test_array(test, 4);
    object_set_header(pinned, object_header(pinned) | HEADER_PINNED);
    object_set_header(immutable, object_header(immutable) | HEADER_IMMUTABLE);

    assert_refused(test, pinned, plain, PINNED, PINNED);
    assert_refused(test, immutable, plain, NO_MODIFICATION, NO_MODIFICATION);
    assert_refused(test, oop_from_integer(1), plain, INAPPROPRIATE, INAPPROPRIATE);
    assert_refused(test, heap->nil, plain, INAPPROPRIATE, INAPPROPRIATE);
    assert_refused(test, heap->true_object, plain, INAPPROPRIATE, INAPPROPRIATE);
    assert_refused(test, heap->false_object, plain, INAPPROPRIATE, INAPPROPRIATE);
    assert_int_equal(test_become(test, plain, pinned, TWO_WAY, KEEP_HASH), PINNED);
    assert_int_equal(test_become(test, plain, immutable, TWO_WAY, KEEP_HASH), NO_MODIFICATION);
    assert_int_equal(test_become(test, plain, heap->nil, TWO_WAY, KEEP_HASH), INAPPROPRIATE);
    assert_int_equal(test_become(test, plain, oop_from_integer(1), TWO_WAY, KEEP_HASH),
                     INAPPROPRIATE);
    assert_int_equal(object_slot_count(plain), 2);
}

static void arrays_of_different_sizes_are_refused(void **state)
{
    struct test_heap *test = *state;

    int code = heap_become(&test->heap, test_array(test, 1), test_array(test, 2), TWO_WAY, 0);

    assert_int_equal(code, BAD_ARGUMENT);
}

static void one_refused_pair_refuses_all(void **state)
{
    struct test_heap *test = *state;
    oop left = test_pair(test, named(test, "a"), test->heap.nil);
    oop right = test_pair(test, named(test, "b"), named(test, "c"));

    assert_int_equal(heap_become(&test->heap, left, right, TWO_WAY, KEEP_HASH), INAPPROPRIATE);

    assert_named(object_slot(left, 0), "a");
    assert_named(object_slot(right, 0), "b");
}

static void without_memory_nothing_changes(void **state)
{
    struct test_heap *test = *state;
    struct heap *heap = &test->heap;
    test->roots[0] = test_array(test, 10000);
    test->roots[1] = test_array(test, 20000);
    oop left = test_pair(test, named(test, "a"), test->roots[0]);
    oop right = test_pair(test, named(test, "much longer than a"), test->roots[1]);
    heap->size_limit = heap_old_used_size(heap) + 15000 * 8;

    assert_int_equal(heap_become(heap, left, right, TWO_WAY, KEEP_HASH), NO_MEMORY);

    assert_named(object_slot(left, 0), "a");
    assert_int_equal(object_slot_count(test->roots[0]), 10000);
    assert_false(heap->forwarders_exist);
    assert_verified(test);
}

/* Arrays of pairs are exchanged one after the other, as if each pair were sent alone. */
static void assert_sequence(struct test_heap *test, const char *const names[3],
                            const size_t pairs[][2], size_t pair_count, bool two_way)
{
    size_t now[3] = {0, 1, 2};
    oop left = test_array(test, pair_count);
    oop right = test_array(test, pair_count);
    for (size_t i = 0; i < 3; i++)
        test->roots[i] = test_pair(test, named(test, names[i]), test->heap.nil);
    for (size_t i = 0; i < pair_count; i++) {
        heap_store(&test->heap, left, i, object_slot(test->roots[pairs[i][0]], 0));
        heap_store(&test->heap, right, i, object_slot(test->roots[pairs[i][1]], 0));
        size_t a = now[pairs[i][0]];
        size_t b = now[pairs[i][1]];
        for (size_t j = 0; j < 3; j++)
            now[j] = now[j] == a ? b : two_way && now[j] == b ? a : now[j];
    }

    assert_int_equal(heap_become(&test->heap, left, right, two_way, KEEP_HASH), 0);

    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < 3; i++)
            assert_named(held(test, i), names[now[i]]);
        collect_in_every_way(test);
    }
}

static void pairs_with_duplicates_are_taken_one_after_the_other(void **state)
{
    struct test_heap *test = *state;
    static const char *const names[][3] = {
        {"one", "two", "three"},
        {"one", "two two two", "three three three three"},
        {"one one one one", "two", "six six six six"},
        {"two two two two two", "one one one one", "x"},
    };
    static const size_t pairs[][3][2] = {
        {{0, 1}, {0, 2}, {1, 2}}, {{0, 1}, {1, 2}, {2, 0}}, {{0, 1}, {0, 1}, {0, 1}},
        {{0, 1}, {1, 0}, {2, 1}}, {{2, 2}, {2, 1}, {1, 0}}, {{0, 2}, {1, 2}, {2, 0}},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (size_t j = 0; j < sizeof pairs / sizeof pairs[0]; j++)
            for (size_t count = 1; count <= 3; count++) {
                assert_sequence(test, names[i], pairs[j], count, TWO_WAY);
                assert_sequence(test, names[i], pairs[j], count, ONE_WAY);
            }
}

static void what_something_became_is_not_changed_against_the_rules(void **state)
{
    struct test_heap *test = *state;
    oop object = test_array(test, 3);
    oop left = test_pair(test, object, object);
    oop right = test_pair(test, test->heap.nil, named(test, "next"));
    hold(test, object, test->heap.nil);

    assert_int_equal(heap_become(&test->heap, left, right, ONE_WAY, KEEP_HASH), 0);

    assert_same(test->heap.nil, object_starting_at(test->heap.old.base));
    assert_false(object_is_forwarder(test->heap.nil));
    assert_same(held(test, 0), test->heap.nil);
    collect_in_every_way(test);
}

static void the_arrays_themselves_may_take_part(void **state)
{
    struct test_heap *test = *state;
    oop other = test_array(test, 2);
    oop left = test_array(test, 2);
    oop right = test_array(test, 2);
    heap_store(&test->heap, left, 0, left);
    heap_store(&test->heap, left, 1, named(test, "one"));
    heap_store(&test->heap, right, 0, other);
    heap_store(&test->heap, right, 1, named(test, "much longer than one"));
    test->roots[0] = left;
    test->roots[1] = other;
    test->roots[2] = test_pair(test, object_slot(left, 1), object_slot(right, 1));

    assert_int_equal(heap_become(&test->heap, left, right, TWO_WAY, KEEP_HASH), 0);

    assert_same(object_slot(test->roots[0], 0), test->heap.nil);
    assert_named(object_slot(test->roots[2], 0), "much longer than one");
    assert_named(object_slot(test->roots[2], 1), "one");
    collect_in_every_way(test);
}

static void many_pairs_at_once(void **state)
{
    struct test_heap *test = *state;
    enum { PAIRS = 2000 };
    uint64_t seed = test_seed();
    test->roots[0] = test_array(test, PAIRS);
    test->roots[1] = test_array(test, PAIRS);
    for (size_t i = 0; i < PAIRS; i++)
        for (size_t side = 0; side < 2; side++) {
            oop array = test_array(test, 1 + test_random_below(&seed, 4));
            object_slot_init(array, 0, oop_from_integer((int64_t)(2 * i + side)));
            heap_store(&test->heap, test->roots[side], i, array);
        }

    assert_int_equal(heap_become(&test->heap, test->roots[0], test->roots[1], TWO_WAY, 0), 0);
    heap_collect_full(&test->heap, true);

    for (size_t i = 0; i < PAIRS; i++)
        for (size_t side = 0; side < 2; side++)
            assert_same(object_slot(object_slot(test->roots[side], i), 0),
                        oop_from_integer((int64_t)(2 * i + 1 - side)));
    assert_verified(test);
}

/* A class with one instance; both are held by the roots from `root` on. */
static void make_class(struct test_heap *test, size_t root, size_t fixed, size_t slots)
{
    bool valid;
    oop class = heap_allocate_pointers(&test->heap, T_META, FORMAT_FIXED, slots);
    object_slot_init(class, SLOT_BEHAVIOR_FORMAT,
                     oop_from_integer((int64_t)((size_t)FORMAT_FIXED << 16 | fixed)));
    test->roots[root] = class;
    test->roots[root + 1] = heap_instantiate(&test->heap, class, 0, &valid);
    assert_true(valid);
}

static void assert_class_is_known(struct test_heap *test, oop class)
{
    bool valid;
    uint32_t hash = heap_identity_hash(&test->heap, class);
    assert_same(heap_class_at(&test->heap, hash), class);
    assert_same(heap_class_of(&test->heap, heap_instantiate(&test->heap, class, 0, &valid)), class);
    assert_int_equal(heap_identity_hash(&test->heap, class), hash);
}

static void classes_that_become_each_other_exchange_their_instances(void **state)
{
    struct test_heap *test = *state;

    for (size_t more = 0; more < 2; more++) {
        make_class(test, 0, 2, CLASS_SLOTS);
        make_class(test, 2, 3, CLASS_SLOTS + more);

        assert_int_equal(test_become(test, test->roots[0], test->roots[2], TWO_WAY, KEEP_HASH), 0);

        for (size_t round = 0; round < 2; round++) {
            assert_same(heap_class_of(&test->heap, test->roots[1]), test->roots[0]);
            assert_same(heap_class_of(&test->heap, test->roots[3]), test->roots[2]);
            assert_int_equal(heap_fixed_slot_count(&test->heap, test->roots[1]), 3);
            assert_class_is_known(test, test->roots[0]);
            assert_class_is_known(test, test->roots[2]);
            collect_in_every_way(test);
        }
    }
}

static void a_class_that_becomes_another_one_way_gives_it_its_instances(void **state)
{
    struct test_heap *test = *state;
    make_class(test, 0, 2, CLASS_SLOTS);
    make_class(test, 2, 2, CLASS_SLOTS);

    assert_int_equal(test_become(test, test->roots[0], test->roots[2], ONE_WAY, COPY_HASH), 0);

    assert_same(test->roots[0], test->roots[2]);
    for (size_t round = 0; round < 2; round++) {
        assert_same(heap_class_of(&test->heap, test->roots[1]), test->roots[2]);
        assert_same(heap_class_of(&test->heap, test->roots[3]), test->roots[2]);
        assert_class_is_known(test, test->roots[2]);
        collect_in_every_way(test);
    }
}

static void a_class_may_become_one_that_has_no_index_yet(void **state)
{
    struct test_heap *test = *state;

    for (size_t two_way = 0; two_way < 2; two_way++) {
        make_class(test, 0, 2, CLASS_SLOTS);
        test->roots[2] = test_new_class(test, FORMAT_FIXED, 5);

        assert_int_equal(test_become(test, test->roots[0], test->roots[2], two_way, COPY_HASH), 0);

        assert_same(heap_class_of(&test->heap, test->roots[1]), test->roots[0]);
        assert_int_equal(heap_fixed_slot_count(&test->heap, test->roots[1]), 5);
        assert_class_is_known(test, test->roots[0]);
        assert_class_is_known(test, test->roots[2]);
        collect_in_every_way(test);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, test_end)
    const struct CMUnitTest tests[] = {
        TEST(objects_of_one_size_exchange_their_bodies),
        TEST(objects_of_different_sizes_exchange_through_forwarders),
        TEST(an_exchange_remembers_the_old_one_that_got_young_references),
        TEST(hashes_go_with_the_bodies_of_an_exchange),
        TEST(one_way_all_references_lead_to_the_other),
        TEST(one_way_the_hash_may_be_taken_along),
        TEST(one_way_an_object_may_become_an_immediate_or_nil),
        TEST(forwarders_are_followed_to_their_end),
        TEST(an_object_may_become_itself),
        TEST(roots_never_hold_forwarders_afterwards),
        TEST(special_objects_and_mourners_never_are_forwarders_afterwards),
        TEST(the_special_objects_themselves_may_be_replaced),
        TEST(what_must_not_change_is_refused_with_its_code),
        TEST(arrays_of_different_sizes_are_refused),
        TEST(one_refused_pair_refuses_all),
        TEST(without_memory_nothing_changes),
        TEST(pairs_with_duplicates_are_taken_one_after_the_other),
        TEST(what_something_became_is_not_changed_against_the_rules),
        TEST(the_arrays_themselves_may_take_part),
        TEST(many_pairs_at_once),
        TEST(classes_that_become_each_other_exchange_their_instances),
        TEST(a_class_that_becomes_another_one_way_gives_it_its_instances),
        TEST(a_class_may_become_one_that_has_no_index_yet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
