/*
 * Random events - allocate, link, cut, collect in every way, become:, pin, hash - on a heap and on a model of it. The model is a
 * table of nodes that knows by simple means what is alive; after each collection both are walked together and compared.
 *
 * A node stands for a body: become: in the model redirects references. Each object carries the number of its node. A node is
 * "strongly reachable" as the collector means it: not through weak slots, and through an ephemeron only while its key is.
 */
#include "tests/unit/memory/heap_fixture.h"

enum { EVENTS = 100000, NODE_COUNT = 2048, REFERENCES = 6, NOTHING = -1, FIRST_IMMEDIATE = -2 };

enum node_kind { UNUSED, ARRAY, FIXED, WEAK, EPHEMERON, MOURNED, BYTES };

struct node {
    enum node_kind kind;
    int count; /* references */
    int references[REFERENCES];
    size_t extra; /* elements beyond number and references */
    uint32_t hash;
    uint64_t pinned_at;
    bool reachable;
    bool seen;
};

struct model {
    struct test_heap *test;
    uint64_t seed;
    struct node nodes[NODE_COUNT];
    int roots[ROOT_COUNT];
    int weak_roots[ROOT_COUNT];
    int found[NODE_COUNT * (REFERENCES + 1)]; /* work list */
    size_t found_count;
    size_t fired_count;
    size_t steps;
    size_t cycles;
};

/* A node and the object that stands for it: found together, by the same path. */
struct place {
    int node;
    oop object;
};

static size_t below(struct model *model, size_t limit)
{
    return test_random_below(&model->seed, limit);
}

static bool is_node(int value)
{
    return value >= 0;
}

static oop immediate(int value)
{
    return oop_from_integer(value - FIRST_IMMEDIATE);
}

static size_t first_reference_slot(const struct node *node)
{
    return node->kind == EPHEMERON || node->kind == MOURNED ? 0 : 1;
}

static size_t number_slot(const struct node *node)
{
    return node->kind == EPHEMERON || node->kind == MOURNED ? 2 : 0;
}

/* --- what the model says is alive -------------------------------------------------------------------------------------- */

static void reach(struct model *model, int value)
{
    if (!is_node(value) || model->nodes[value].reachable)
        return;
    model->nodes[value].reachable = true;
    model->found[model->found_count++] = value;
}

static bool key_is_alive(const struct model *model, const struct node *ephemeron)
{
    int key = ephemeron->references[0];
    return !is_node(key) || model->nodes[key].reachable;
}

static void reach_from_found(struct model *model)
{
    while (model->found_count > 0) {
        struct node *node = &model->nodes[model->found[--model->found_count]];
        if (node->kind == WEAK || (node->kind == EPHEMERON && !key_is_alive(model, node)))
            continue;
        for (int i = 0; i < node->count; i++)
            reach(model, node->references[i]);
    }
}

/* Marks what is strongly reachable from the roots and from what was fired just now. */
static void find_reachable(struct model *model, const int *fired, size_t fired_count)
{
    for (size_t i = 0; i < NODE_COUNT; i++)
        model->nodes[i].reachable = false;
    model->found_count = 0;
    for (size_t i = 0; i < ROOT_COUNT; i++)
        reach(model, model->roots[i]);
    for (size_t i = 0; i < fired_count; i++)
        reach(model, fired[i]);
    bool progress = true;
    while (progress) {
        progress = false;
        reach_from_found(model);
        for (size_t i = 0; i < NODE_COUNT; i++) {
            struct node *node = &model->nodes[i];
            if (node->kind != EPHEMERON || !node->reachable || !key_is_alive(model, node))
                continue;
            for (int j = 0; j < node->count; j++) {
                progress |=
                    is_node(node->references[j]) && !model->nodes[node->references[j]].reachable;
                reach(model, node->references[j]);
            }
        }
    }
}

/* --- comparison -------------------------------------------------------------------------------------------------------- */

static void assert_node(struct model *model, int number, oop object)
{
    static const uint32_t classes[] = {0,           CLASS_ARRAY, T_FIXED,         T_WEAK,
                                       T_EPHEMERON, T_EPHEMERON, CLASS_BYTE_ARRAY};
    struct node *node = &model->nodes[number];
    assert_int_not_equal(node->kind, UNUSED);
    assert_int_equal(object_class_index(object), classes[node->kind]);
    assert_int_equal(object_hash_bits(object), node->hash);
    assert_int_equal(object_is_pinned(object), node->pinned_at != 0);
    if (node->pinned_at != 0)
        assert_int_equal(object.bits, node->pinned_at);
    if (node->kind == BYTES) {
        assert_int_equal(object_byte_count(object), 8 + node->extra);
        assert_int_equal(object_slot(object, 0).bits, (uint64_t)number);
        for (size_t i = 0; i < node->extra; i++)
            assert_int_equal(object_bytes(object)[8 + i], (uint8_t)number);
        return;
    }
    assert_same(object_slot(object, number_slot(node)), oop_from_integer(number));
    assert_int_equal(object_slot_count(object), 1 + (size_t)node->count + node->extra);
    assert_int_equal(object_format(object) == FORMAT_EPHEMERON, node->kind == EPHEMERON);
    for (size_t i = 0; i < node->extra; i++)
        assert_same(object_slot(object, 1 + (size_t)node->count + i), model->test->heap.nil);
}

/* A weak reference may be gone when what it named is not strongly reachable; after a full collection it must be. */
static void settle_weak(struct model *model, int *reference, bool gone, bool full)
{
    if (!is_node(*reference))
        return;
    bool reachable = model->nodes[*reference].reachable;
    assert_false(gone && reachable);
    assert_false(full && !gone && !reachable);
    if (gone)
        *reference = NOTHING;
}

static void compare_value(struct model *model, struct place *work, size_t *work_count, int value,
                          oop actual)
{
    actual = heap_follow(actual);
    if (value == NOTHING) {
        assert_same(actual, model->test->heap.nil);
    } else if (!is_node(value)) {
        assert_same(actual, immediate(value));
    } else {
        assert_true(oop_is_object(actual));
        struct node *node = &model->nodes[value];
        assert_node(model, value, actual);
        if (node->seen)
            return;
        node->seen = true;
        work[(*work_count)++] = (struct place){value, actual};
    }
}

/* Walks model and heap together, over all references, weak ones included. `collected` says what just went before: after a step of a
 * cycle, as after a scavenge, some of what is dead may still be there. */
enum collected { NOT_COLLECTED, SCAVENGED, STEPPED, FULLY_COLLECTED };

static void compare(struct model *model, enum collected collected)
{
    static const size_t work_size = sizeof(struct place) * NODE_COUNT;
    struct place *work = malloc(work_size);
    size_t work_count = 0;
    struct test_heap *test = model->test;
    assert_non_null(work);
    for (size_t i = 0; i < NODE_COUNT; i++)
        model->nodes[i].seen = false;
    for (size_t i = 0; i < ROOT_COUNT; i++)
        compare_value(model, work, &work_count, model->roots[i], test->roots[i]);
    for (size_t i = 0; i < ROOT_COUNT; i++) {
        if (collected != NOT_COLLECTED)
            settle_weak(model, &model->weak_roots[i], oop_is_none(test->weak_roots[i]),
                        collected == FULLY_COLLECTED);
        if (oop_is_none(test->weak_roots[i]))
            test->weak_roots[i] = test->heap.nil;
        compare_value(model, work, &work_count, model->weak_roots[i], test->weak_roots[i]);
    }
    while (work_count > 0) {
        struct place place = work[--work_count];
        struct node *node = &model->nodes[place.node];
        size_t first = first_reference_slot(node);
        for (int i = 0; i < node->count; i++) {
            oop actual = object_slot(place.object, first + (size_t)i);
            if (node->kind == WEAK && collected != NOT_COLLECTED)
                settle_weak(model, &node->references[i],
                            oop_same(heap_follow(actual), test->heap.nil),
                            collected == FULLY_COLLECTED);
            compare_value(model, work, &work_count, node->references[i], actual);
        }
    }
    free(work);
}

/* The objects that a walk sees are those of the reachable nodes. */
static void assert_swept(struct model *model)
{
    struct heap *heap = &model->test->heap;
    size_t wanted = 1; /* the special objects are an Array too */
    size_t found = 0;
    for (size_t i = 0; i < NODE_COUNT; i++)
        wanted += model->nodes[i].reachable;
    for (oop at = heap_first_object(heap); !oop_is_none(at); at = heap_next_object(heap, at)) {
        uint32_t class_index = object_class_index(at);
        found += class_index == CLASS_ARRAY || class_index == CLASS_BYTE_ARRAY ||
                 class_index == T_FIXED || class_index == T_WEAK || class_index == T_EPHEMERON;
    }
    assert_int_equal(found, wanted);
}

/* --- collection -------------------------------------------------------------------------------------------------------- */

/* Those that fired: each for the first time, and for a key that nothing held. */
static size_t take_mourners(struct model *model, int *fired)
{
    struct heap *heap = &model->test->heap;
    size_t count = 0;
    for (; heap->mourners_taken < heap->mourners.count; heap->mourners_taken++) {
        oop mourner = heap->mourners.items[heap->mourners_taken];
        int number = (int)oop_to_integer(object_slot(mourner, 2));
        struct node *node = &model->nodes[number];
        assert_int_equal(node->kind, EPHEMERON);
        assert_false(key_is_alive(model, node));
        assert_int_equal(object_format(mourner), FORMAT_FIXED);
        fired[count++] = number;
    }
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(model->nodes[fired[i]].kind, EPHEMERON);
        model->nodes[fired[i]].kind = MOURNED;
    }
    model->fired_count += count;
    return count;
}

static void forget_unreachable(struct model *model)
{
    for (size_t i = 0; i < NODE_COUNT; i++) {
        struct node *node = &model->nodes[i];
        if (node->kind == EPHEMERON && node->reachable)
            assert_true(key_is_alive(model, node));
        if (!node->reachable)
            node->kind = UNUSED;
    }
}

static bool cycle_to_its_end(struct heap *heap)
{
    return heap_collect_some(heap, (struct budget){UINT64_MAX, SIZE_MAX});
}

/* In one go, or by a whole cycle after the one that may be going on. */
static void collect_fully(struct model *model, bool compact)
{
    struct heap *heap = &model->test->heap;
    if (compact || below(model, 2) == 0) {
        heap_collect_full(heap, compact);
        return;
    }
    if (heap->cycle.phase != CYCLE_NONE)
        assert_true(cycle_to_its_end(heap));
    heap_tenure_all(heap);
    assert_true(cycle_to_its_end(heap));
    model->cycles++;
}

static void step(struct model *model)
{
    size_t objects = 1 + below(model, below(model, 4) == 0 ? 1000 : 60);
    model->steps++;
    model->cycles += heap_collect_some(&model->test->heap, (struct budget){UINT64_MAX, objects});
}

static void collect(struct model *model, enum collected how, bool compact)
{
    struct heap *heap = &model->test->heap;
    int fired[NODE_COUNT];
    find_reachable(model, NULL, 0);
    if (how == FULLY_COLLECTED)
        collect_fully(model, compact);
    else if (how == STEPPED)
        step(model);
    else if (compact)
        heap_tenure_all(heap);
    else
        heap_scavenge(heap);
    size_t fired_count = take_mourners(model, fired);
    find_reachable(model, fired, fired_count);
    compare(model, how);
    if (how == FULLY_COLLECTED) {
        assert_swept(model);
        forget_unreachable(model);
    }
    assert_verified(model->test);
}

/* --- events ------------------------------------------------------------------------------------------------------------ */

/* Somewhere in the graph: along random references from a random root. The node is NOTHING where the path ends in no object. */
static struct place wander(struct model *model)
{
    size_t root = below(model, ROOT_COUNT);
    struct place place = {model->roots[root], heap_follow(model->test->roots[root])};
    for (size_t steps = below(model, 6); steps > 0 && is_node(place.node); steps--) {
        struct node *node = &model->nodes[place.node];
        if (node->count == 0)
            break;
        int reference = (int)below(model, (size_t)node->count);
        int next = node->references[reference];
        if (!is_node(next))
            break;
        size_t slot = first_reference_slot(node) + (size_t)reference;
        place.object = heap_follow(object_slot(place.object, slot));
        place.node = next;
    }
    return is_node(place.node) ? place : (struct place){NOTHING, model->test->heap.nil};
}

/* Something to refer to: mostly an object, now and then nil or an integer. */
static struct place some_value(struct model *model)
{
    if (below(model, 10) == 0) {
        int value = FIRST_IMMEDIATE - (int)below(model, 100);
        return (struct place){value, immediate(value)};
    }
    return wander(model);
}

static size_t some_extra(struct model *model)
{
    if (below(model, 400) == 0)
        return 8180 + below(model, 20);
    if (below(model, 60) == 0)
        return 500 + below(model, 20);
    return below(model, 40) == 0 ? 240 + below(model, 20) : below(model, 5);
}

static int unused_node(struct model *model)
{
    for (size_t tries = 0; tries < 100; tries++) {
        size_t number = below(model, NODE_COUNT);
        if (model->nodes[number].kind == UNUSED)
            return (int)number;
    }
    return NOTHING;
}

static oop allocate_node(struct model *model, struct node *node)
{
    struct test_heap *test = model->test;
    size_t references = (size_t)node->count;
    switch (node->kind) {
    case ARRAY:
        return test_array(test, 1 + references + node->extra);
    case WEAK:
        return test_new(test, T_WEAK, references + node->extra);
    case FIXED:
        return test_new(test, T_FIXED, 0);
    case BYTES:
        return test_new(test, CLASS_BYTE_ARRAY, 8 + node->extra);
    default:
        return test_new(test, T_EPHEMERON, 0);
    }
}

static void store(struct model *model, struct place value)
{
    struct place place = wander(model);
    if (place.node == NOTHING || model->nodes[place.node].count == 0)
        return;
    struct node *node = &model->nodes[place.node];
    size_t reference = below(model, (size_t)node->count);
    node->references[reference] = value.node;
    heap_store(&model->test->heap, place.object, first_reference_slot(node) + reference,
               value.object);
}

static void set_root(struct model *model, struct place value)
{
    size_t root = below(model, ROOT_COUNT);
    model->roots[root] = value.node;
    model->test->roots[root] = value.object;
}

static void allocate(struct model *model)
{
    static const enum node_kind kinds[] = {ARRAY, ARRAY, ARRAY,     FIXED, FIXED,
                                           WEAK,  WEAK,  EPHEMERON, BYTES};
    int number = unused_node(model);
    if (number == NOTHING)
        return;
    struct heap *heap = &model->test->heap;
    struct node *node = &model->nodes[number];
    memset(node, 0, sizeof *node);
    node->kind = kinds[below(model, sizeof kinds / sizeof kinds[0])];
    node->count = node->kind == FIXED       ? 3
                  : node->kind == EPHEMERON ? 2
                  : node->kind == BYTES     ? 0
                                            : 1 + (int)below(model, REFERENCES);
    if (node->kind != FIXED && node->kind != EPHEMERON)
        node->extra = some_extra(model);
    oop object = allocate_node(model, node);
    if (node->kind == BYTES) {
        object_slot_init(object, 0, oop_from_bits((uint64_t)number));
        memset(object_bytes(object) + 8, (uint8_t)number, node->extra);
    } else {
        heap_store(heap, object, number_slot(node), oop_from_integer(number));
    }
    for (int i = 0; i < node->count; i++) {
        struct place value = some_value(model);
        node->references[i] = value.node;
        heap_store(heap, object, first_reference_slot(node) + (size_t)i, value.object);
    }
    struct place place = {number, object};
    if (below(model, 3) == 0)
        set_root(model, place);
    else
        store(model, place);
}

static void set_weak_root(struct model *model)
{
    size_t root = below(model, ROOT_COUNT);
    struct place value = some_value(model);
    model->weak_roots[root] = value.node;
    model->test->weak_roots[root] = value.object;
}

static void hash(struct model *model)
{
    struct place place = wander(model);
    if (place.node == NOTHING)
        return;
    uint32_t *known = &model->nodes[place.node].hash;
    uint32_t now = heap_identity_hash(&model->test->heap, place.object);
    assert_int_not_equal(now, 0);
    assert_true(*known == 0 || *known == now);
    *known = now;
}

/* Only old objects can be pinned where they are. */
static void pin_or_unpin(struct model *model)
{
    struct place place = wander(model);
    if (place.node == NOTHING || is_young(model->test, place.object))
        return;
    struct node *node = &model->nodes[place.node];
    node->pinned_at = node->pinned_at == 0 ? place.object.bits : 0;
    object_set_header(place.object, object_header(place.object) ^ HEADER_PINNED);
}

static int redirected(int value, int a, int b, bool two_way)
{
    if (value == a)
        return b;
    return two_way && value == b ? a : value;
}

static void redirect_all(struct model *model, int a, int b, bool two_way)
{
    for (size_t i = 0; i < NODE_COUNT; i++)
        for (int j = 0; j < model->nodes[i].count; j++)
            model->nodes[i].references[j] =
                redirected(model->nodes[i].references[j], a, b, two_way);
    for (size_t i = 0; i < ROOT_COUNT; i++) {
        model->roots[i] = redirected(model->roots[i], a, b, two_way);
        model->weak_roots[i] = redirected(model->weak_roots[i], a, b, two_way);
    }
}

static void become(struct model *model)
{
    struct test_heap *test = model->test;
    bool two_way = below(model, 2) == 0;
    bool copy_hash = !two_way && below(model, 2) == 0;
    struct place a = wander(model);
    struct place b = two_way ? wander(model) : some_value(model);
    if (a.node == NOTHING || (two_way && b.node == NOTHING))
        return;
    bool pinned =
        model->nodes[a.node].pinned_at != 0 || (two_way && model->nodes[b.node].pinned_at != 0);

    int code = test_become(test, a.object, b.object, two_way, copy_hash);

    assert_int_equal(code, pinned ? 16 : 0);
    if (pinned || a.node == b.node)
        return;
    if (copy_hash && is_node(b.node) && model->nodes[a.node].hash != 0)
        model->nodes[b.node].hash = model->nodes[a.node].hash;
    redirect_all(model, a.node, b.node, two_way);
}

static size_t used_nodes(const struct model *model)
{
    size_t count = 0;
    for (size_t i = 0; i < NODE_COUNT; i++)
        count += model->nodes[i].kind != UNUSED;
    return count;
}

static void keep_within_bounds(struct model *model)
{
    if (used_nodes(model) < NODE_COUNT - NODE_COUNT / 8)
        return;
    for (size_t i = 0; i < ROOT_COUNT / 2; i++)
        set_root(model, (struct place){NOTHING, model->test->heap.nil});
    collect(model, FULLY_COLLECTED, below(model, 2) == 0);
}

static void one_event(struct model *model)
{
    struct place nothing = {NOTHING, model->test->heap.nil};
    size_t which = below(model, 1000);
    if (which < 400)
        allocate(model);
    else if (which < 650)
        store(model, some_value(model));
    else if (which < 740)
        store(model, nothing);
    else if (which < 780)
        set_root(model, some_value(model));
    else if (which < 790)
        set_root(model, nothing);
    else if (which < 810)
        set_weak_root(model);
    else if (which < 860)
        hash(model);
    else if (which < 890)
        pin_or_unpin(model);
    else if (which < 930)
        become(model);
    else if (which < 950)
        collect(model, SCAVENGED, below(model, 10) == 0);
    else if (which < 980)
        collect(model, STEPPED, false);
    else if (which < 984)
        collect(model, FULLY_COLLECTED, below(model, 2) == 0);
    else if (which < 990)
        compare(model, NOT_COLLECTED);
    else
        allocate(model);
}

static void random_events_leave_what_the_model_says(void **state)
{
    struct test_heap *test = *state;
    struct model *model = calloc(1, sizeof *model);
    assert_non_null(model);
    model->test = test;
    model->seed = test_seed();
    test->heap.evacuates_often = true;
    for (size_t i = 0; i < ROOT_COUNT; i++) {
        test->roots[i] = test->weak_roots[i] = test->heap.nil;
        model->roots[i] = model->weak_roots[i] = NOTHING;
    }

    for (size_t i = 0; i < EVENTS; i++) {
        one_event(model);
        if (test->heap.wants_scavenge)
            collect(model, SCAVENGED, false);
        if (i % 64 == 0)
            keep_within_bounds(model);
    }
    collect(model, FULLY_COLLECTED, true);

    assert_true(model->fired_count > 300);
    assert_true(test->heap.statistics.scavenges.count > 1000);
    assert_true(test->heap.statistics.full_collections > 100);
    assert_true(model->steps > 1000 && model->cycles > 100);
    assert_true(test->heap.statistics.evacuated_size > 100000);
    free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(random_events_leave_what_the_model_says, test_begin,
                                        test_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
