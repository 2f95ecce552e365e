/* Changes of an object's class, while the collector is at work. */
#include "tests/unit/primitives/world.h"

#include "primitives/functions.h"

static const struct budget unlimited = {UINT64_MAX, SIZE_MAX};

/* An old association, held by a root, and an old copy of its class that only the class table knows. */
static oop make_instance_and_class(struct world *world, oop *class)
{
    struct heap *heap = world->heap;
    oop association = heap_special(heap, SPECIAL_SCHEDULER_ASSOCIATION);
    oop pair = heap_allocate_array(heap, 2);
    heap_store(heap, pair, 0, heap_shallow_copy(heap, association));
    heap_store(heap, pair, 1, heap_shallow_copy(heap, heap_class_of(heap, association)));
    world->vm->answer = pair;
    heap_tenure_all(heap);
    *class = object_slot(world->vm->answer, 1);
    assert_int_not_equal(heap_class_index_for(heap, *class), 0);
    heap_store(heap, world->vm->answer, 1, heap->nil);
    return object_slot(world->vm->answer, 0);
}

/* What lives is in the list until its references have been marked. */
static bool is_scanned(const struct heap *heap, oop object)
{
    for (size_t i = 0; i < heap->mark_stack.count; i++)
        if (oop_same(heap->mark_stack.items[i], object))
            return false;
    return heap_is_marked(heap, object);
}

static void an_object_that_has_been_marked_keeps_the_class_that_it_takes(void **state)
{
    struct world *world = *state;
    struct heap *heap = world->heap;
    oop class;
    oop object = make_instance_and_class(world, &class);
    do
        heap_collect_some(heap, (struct budget){UINT64_MAX, 100});
    while (!is_scanned(heap, object));
    assert_int_equal(heap->cycle.phase, CYCLE_MARKING);

    prim_call call = {class, &object, 1, NO_OOP};
    assert_int_equal(prim_adopt_instance(world->vm, &call), PRIM_OK);
    world->vm->answer = object;
    while (!heap_collect_some(heap, unlimited))
        continue;

    assert_true(oop_same(heap_class_of(heap, object), class));
    struct status status = {STATUS_OK, ""};
    assert_true(heap_verify(heap, &status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_that_has_been_marked_keeps_the_class_that_it_takes),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
