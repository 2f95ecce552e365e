/* Control primitives that Smalltalk-80 has otherwise than later systems. */
#include "vm/execution/control.h"

#include "vm/base/os.h"
#include "vm/execution/control_internal.h"
#include "vm/execution/process.h"

enum { TICK_BYTES = 4 };

/* a become: b, as the exchange of the elements of two Arrays. */
prim_result control_st80_become(struct vm *vm, size_t argument_count)
{
    struct heap *heap = &vm->heap;
    if (argument_count != 1)
        return PRIM_BAD_ARGUMENT_COUNT;
    oop receiver = heap_follow(vm->sp[1]);
    oop argument = heap_follow(vm->sp[0]);
    if (oop_is_immediate(receiver) || oop_is_immediate(argument))
        return PRIM_BAD_ARGUMENT;
    oop left = heap_allocate_array(heap, 1);
    oop right = heap_allocate_array(heap, 1);
    if (oop_is_none(left) || oop_is_none(right))
        return PRIM_NO_MEMORY;
    heap_store(heap, left, 0, receiver);
    heap_store(heap, right, 0, argument);
    vm->sp[1] = left;
    vm->sp[0] = right;
    prim_result result = control_become(vm, 1);
    if (result == PRIM_OK) {
        *vm->sp = heap_follow(object_slot(heap_follow(*vm->sp), 0));
        return PRIM_OK;
    }
    vm->sp[1] = receiver;
    vm->sp[0] = argument;
    return result;
}

/* Saves the world: true in the one that wakes up, nil in this one. */
prim_result control_st80_snapshot(struct vm *vm, size_t argument_count)
{
    prim_result result = control_snapshot(vm, argument_count);
    if (result == PRIM_OK && oop_same(*vm->sp, vm->heap.false_object))
        *vm->sp = vm->heap.nil;
    return result;
}

/* A number of milliseconds: a SmallInteger, or bytes of which the lowest comes first. */
static bool read_tick(oop value, uint32_t *tick)
{
    if (oop_is_integer(value)) {
        *tick = (uint32_t)oop_to_integer(value);
        return true;
    }
    if (!oop_is_object(value) || !format_is_bytes(object_format(value)))
        return false;
    size_t count = object_byte_count(value);
    *tick = 0;
    for (size_t i = 0; i < count && i < TICK_BYTES; i++)
        *tick |= (uint32_t)object_bytes(value)[i] << (8 * i);
    return true;
}

/* signal: aSemaphore atMilliseconds: tick, a value of the clock of primitive 99. What is no semaphore cancels. */
prim_result control_st80_signal_at_ms(struct vm *vm, size_t argument_count)
{
    uint32_t due_ms;
    if (argument_count != 2 || !read_tick(heap_follow(vm->sp[0]), &due_ms))
        return PRIM_BAD_ARGUMENT;
    oop semaphore = heap_follow(vm->sp[1]);
    uint64_t now_ns = os_monotonic_ns();
    int32_t wait_ms = (int32_t)(due_ms - (uint32_t)(now_ns / 1000000));
    if (is_semaphore(vm, semaphore))
        timer_set(vm, semaphore, now_ns + (uint64_t)(wait_ms > 0 ? wait_ms : 0) * 1000000);
    else
        timer_set(vm, vm->heap.nil, 0);
    return pop_and_answer(vm, argument_count, vm->sp[argument_count]);
}
