/* Control primitives that move objects, or make caches forget. */
#include "vm/execution/control.h"

#include "vm/execution/control_internal.h"
#include "vm/execution/process.h"
#include "vm/execution/send.h"
#include "vm/execution/unwind.h"

/* Contexts among the objects must hold their own state before they become something else. */
static void flush_contexts_in(struct vm *vm, oop array)
{
    for (size_t i = 0, count = object_slot_count(array); i < count; i++) {
        oop value = heap_follow(object_slot(array, i));
        if (oop_is_context(value) && context_is_married(value) && context_stack(value) != vm->stack)
            stack_flush(vm, context_stack(value));
    }
}

static prim_result become(struct vm *vm, oop left, oop right, size_t argument_count, bool two_way,
                          bool copy_hash)
{
    left = heap_follow(left);
    right = heap_follow(right);
    if (!is_array(left) || !is_array(right))
        return PRIM_BAD_ARGUMENT;
    flush_contexts_in(vm, left);
    flush_contexts_in(vm, right);
    stack_flush_running(vm);
    int failure = heap_become(&vm->heap, left, right, two_way, copy_hash);
    send_flush_all(vm);
    if (failure != 0)
        return (prim_result)failure;
    vm->sp += argument_count;
    return PRIM_OK;
}

prim_result control_become(struct vm *vm, size_t argument_count)
{
    if (argument_count != 1)
        return PRIM_BAD_ARGUMENT_COUNT;
    return become(vm, vm->sp[1], vm->sp[0], 1, true, false);
}

prim_result control_become_forward(struct vm *vm, size_t argument_count)
{
    if (argument_count != 1)
        return PRIM_BAD_ARGUMENT_COUNT;
    return become(vm, vm->sp[1], vm->sp[0], 1, false, true);
}

prim_result control_become_forward_no_hash(struct vm *vm, size_t argument_count)
{
    if (argument_count != 1)
        return PRIM_BAD_ARGUMENT_COUNT;
    return become(vm, vm->sp[1], vm->sp[0], 1, false, false);
}

/* elementsForwardIdentityTo: anArray copyHash: aBoolean */
prim_result control_become_forward_hash(struct vm *vm, size_t argument_count)
{
    if (argument_count != 2)
        return PRIM_BAD_ARGUMENT_COUNT;
    bool copy_hash = oop_same(vm->sp[0], vm->heap.true_object);
    return become(vm, vm->sp[2], vm->sp[1], 2, false, copy_hash);
}

prim_result control_full_collection(struct vm *vm, size_t argument_count)
{
    vm->sp += argument_count;
    vm->answer = vm->heap.nil; /* what the last primitive answered is garbage too */
    heap_collect_full(&vm->heap, true);
    *vm->sp = oop_from_integer((int64_t)(vm->heap.size_limit > heap_old_used_size(&vm->heap)
                                             ? vm->heap.size_limit - heap_old_used_size(&vm->heap)
                                             : 0));
    vm_poll(vm);
    return PRIM_OK;
}

prim_result control_scavenge(struct vm *vm, size_t argument_count)
{
    vm->sp += argument_count;
    if (heap_can_scavenge(&vm->heap))
        heap_scavenge(&vm->heap);
    *vm->sp = oop_from_integer((int64_t)((char *)vm->heap.eden_limit - (char *)vm->heap.eden_free));
    return PRIM_OK;
}

prim_result control_next_mourner(struct vm *vm, size_t argument_count)
{
    struct heap *heap = &vm->heap;
    vm->sp += argument_count;
    *vm->sp = heap->nil;
    if (heap->mourners_taken < heap->mourners.count)
        *vm->sp = heap->mourners.items[heap->mourners_taken++];
    return PRIM_OK;
}

/* setPinned: aBoolean, and the mirror form with the object as first argument. What is young would still move once, so it is
 * tenured first. */
prim_result control_set_pinned(struct vm *vm, size_t argument_count)
{
    struct heap *heap = &vm->heap;
    if (argument_count != 1 && argument_count != 2)
        return PRIM_BAD_ARGUMENT_COUNT;
    bool on = oop_same(vm->sp[0], heap->true_object);
    if (!on && !oop_same(vm->sp[0], heap->false_object))
        return PRIM_BAD_ARGUMENT;
    oop object = vm->sp[1] = heap_follow(vm->sp[1]);
    if (oop_is_immediate(object))
        return PRIM_BAD_RECEIVER;
    if (on && heap_is_young(heap, object)) {
        if (!heap_can_scavenge(heap))
            return PRIM_NO_MEMORY;
        heap_tenure_all(heap);
        object = vm->sp[1];
    }
    uint64_t header = object_header(object);
    object_set_header(object, on ? header | HEADER_PINNED : header & ~HEADER_PINNED);
    vm->sp += argument_count;
    *vm->sp = heap_boolean(heap, (header & HEADER_PINNED) != 0);
    return PRIM_OK;
}

/* --- caches ----------------------------------------------------------------------------------- */

prim_result control_flush_all(struct vm *vm, size_t argument_count)
{
    send_flush_all(vm);
    vm->sp += argument_count;
    return PRIM_OK;
}

prim_result control_flush_method(struct vm *vm, size_t argument_count)
{
    send_flush_method(vm, heap_follow(vm->sp[argument_count]));
    vm->sp += argument_count;
    return PRIM_OK;
}

prim_result control_flush_selector(struct vm *vm, size_t argument_count)
{
    send_flush_selector(vm, heap_follow(vm->sp[argument_count]));
    vm->sp += argument_count;
    return PRIM_OK;
}
