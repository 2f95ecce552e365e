/* Control primitives of processes, semaphores, mutexes and the timer. */
#include "vm/execution/control.h"

#include "vm/base/os.h"
#include "vm/execution/control_internal.h"
#include "vm/execution/process.h"
#include "vm/execution/send.h"

static bool is_semaphore_like(struct vm *vm, oop value)
{
    return is_semaphore(vm, value) ||
           (oop_has_slots(value, SLOT_SEMAPHORE_EXCESS_SIGNALS + 1) &&
            oop_is_integer(object_slot(value, SLOT_SEMAPHORE_EXCESS_SIGNALS)));
}

prim_result control_signal(struct vm *vm, size_t argument_count)
{
    oop semaphore = heap_follow(vm->sp[argument_count]);
    if (argument_count != 0 || !is_semaphore_like(vm, semaphore))
        return PRIM_BAD_RECEIVER;
    semaphore_signal(vm, semaphore);
    return PRIM_OK;
}

prim_result control_wait(struct vm *vm, size_t argument_count)
{
    oop semaphore = heap_follow(vm->sp[argument_count]);
    if (argument_count != 0 || !is_semaphore_like(vm, semaphore))
        return PRIM_BAD_RECEIVER;
    semaphore_wait(vm, semaphore);
    return PRIM_OK;
}

prim_result control_resume(struct vm *vm, size_t argument_count)
{
    if (argument_count != 0)
        return PRIM_BAD_ARGUMENT_COUNT;
    return process_resume(vm, heap_follow(vm->sp[0])) ? PRIM_OK : PRIM_BAD_RECEIVER;
}

static bool is_process(struct vm *vm, oop value)
{
    return oop_is_object(value) && object_format(value) == FORMAT_FIXED &&
           object_slot_count(value) > SLOT_PROCESS_MY_LIST &&
           control_inherits_from(vm, heap_class_of(&vm->heap, value),
                                 vm_special(vm, SPECIAL_CLASS_PROCESS));
}

/* Answers the list that the process waited in, or nil. */
prim_result control_suspend(struct vm *vm, size_t argument_count)
{
    oop process = heap_follow(vm->sp[argument_count]);
    if (argument_count != 0 || !is_process(vm, process))
        return PRIM_BAD_RECEIVER;
    if (oop_same(process, process_active(vm))) {
        *vm->sp = vm->heap.nil;
        process_retire(vm);
        return PRIM_OK;
    }
    *vm->sp = process_remove_from_list(vm, process);
    return PRIM_OK;
}

prim_result control_yield(struct vm *vm, size_t argument_count)
{
    if (argument_count != 0)
        return PRIM_BAD_ARGUMENT_COUNT;
    process_yield(vm);
    return PRIM_OK;
}

static bool is_mutex(oop value)
{
    return oop_has_slots(value, SLOT_MUTEX_OWNER + 1);
}

prim_result control_exit_critical(struct vm *vm, size_t argument_count)
{
    oop mutex = heap_follow(vm->sp[argument_count]);
    if (argument_count != 0 || !is_mutex(mutex))
        return PRIM_BAD_RECEIVER;
    if (list_is_empty(mutex)) {
        heap_store(&vm->heap, mutex, SLOT_MUTEX_OWNER, vm->heap.nil);
        return PRIM_OK;
    }
    oop process = list_remove_first(vm, mutex);
    heap_store(&vm->heap, mutex, SLOT_MUTEX_OWNER, process);
    return process_resume(vm, process) ? PRIM_OK : PRIM_FAILED;
}

/* Answers whether the process owned the mutex already. */
prim_result control_enter_critical(struct vm *vm, size_t argument_count)
{
    oop mutex = heap_follow(vm->sp[argument_count]);
    oop active = process_active(vm);
    if (argument_count != 0 || !is_mutex(mutex))
        return PRIM_BAD_RECEIVER;
    oop owner = heap_follow(object_slot(mutex, SLOT_MUTEX_OWNER));
    *vm->sp = heap_boolean(&vm->heap, oop_same(owner, active));
    if (oop_same(owner, vm->heap.nil)) {
        heap_store(&vm->heap, mutex, SLOT_MUTEX_OWNER, active);
    } else if (!oop_same(owner, active)) {
        list_add_last(vm, mutex, active);
        process_leave(vm);
    }
    return PRIM_OK;
}

/* Answers false when the mutex was free and now is the process's, true when it was before, nil when it is another's. */
prim_result control_try_enter_critical(struct vm *vm, size_t argument_count)
{
    oop mutex = heap_follow(vm->sp[argument_count]);
    oop active = process_active(vm);
    if (argument_count != 0 || !is_mutex(mutex))
        return PRIM_BAD_RECEIVER;
    oop owner = heap_follow(object_slot(mutex, SLOT_MUTEX_OWNER));
    if (oop_same(owner, vm->heap.nil)) {
        heap_store(&vm->heap, mutex, SLOT_MUTEX_OWNER, active);
        *vm->sp = vm->heap.false_object;
    } else {
        *vm->sp = oop_same(owner, active) ? vm->heap.true_object : vm->heap.nil;
    }
    return PRIM_OK;
}

/* signal: aSemaphore atMilliseconds: ms, a value of the millisecond clock (primitive 135). */
prim_result control_signal_at_ms(struct vm *vm, size_t argument_count)
{
    oop due = vm->sp[0];
    oop semaphore = heap_follow(vm->sp[1]);
    if (argument_count != 2 || !oop_is_integer(due))
        return PRIM_BAD_ARGUMENT;
    if (!is_semaphore(vm, semaphore)) {
        timer_set(vm, vm->heap.nil, 0);
        return pop_and_answer(vm, argument_count, vm->sp[argument_count]);
    }
    uint64_t now_ns = os_monotonic_ns();
    int64_t now_ms = (int64_t)(now_ns / 1000000 & 0x1FFFFFFF);
    int64_t wait_ms = oop_to_integer(due) - now_ms;
    if (wait_ms < -0x10000000)
        wait_ms += 0x20000000;
    timer_set(vm, semaphore, now_ns + (uint64_t)(wait_ms > 0 ? wait_ms : 0) * 1000000);
    return pop_and_answer(vm, argument_count, vm->sp[argument_count]);
}

/* Has the semaphore signalled when so many microseconds have passed; none, and what is no semaphore, cancels. */
static prim_result signal_after(struct vm *vm, size_t argument_count, uint64_t wait_us)
{
    oop semaphore = heap_follow(vm->sp[1]);
    uint64_t now_ns = os_monotonic_ns();
    uint64_t longest_us = (UINT64_MAX - now_ns) / 1000;
    if (is_semaphore(vm, semaphore))
        timer_set(vm, semaphore, now_ns + (wait_us < longest_us ? wait_us : longest_us) * 1000);
    else
        timer_set(vm, vm->heap.nil, 0);
    return pop_and_answer(vm, argument_count, vm->sp[argument_count]);
}

/* signal: aSemaphore atUTCMicroseconds: since 1901. A clock that is set afterwards does not move the moment. */
prim_result control_signal_at_us(struct vm *vm, size_t argument_count)
{
    uint64_t due_us = 0;
    if (argument_count != 2 || !oop_as_uint64(vm, vm->sp[0], &due_us))
        return PRIM_BAD_ARGUMENT;
    uint64_t now_us = os_utc_us();
    return signal_after(vm, argument_count, due_us > now_us ? due_us - now_us : 0);
}

/* signal: aSemaphore atMonotonicMicroseconds: of the clock that nobody sets (primitiveMonotonicMicroseconds). */
prim_result control_signal_at_monotonic(struct vm *vm, size_t argument_count)
{
    uint64_t due_us = 0;
    if (argument_count != 2 || !oop_as_uint64(vm, vm->sp[0], &due_us))
        return PRIM_BAD_ARGUMENT;
    uint64_t now_us = os_monotonic_ns() / 1000;
    return signal_after(vm, argument_count, due_us > now_us ? due_us - now_us : 0);
}

/* The idle process gives the processor back to the host until something happens. */
prim_result control_relinquish(struct vm *vm, size_t argument_count)
{
    enum { LONGEST_US = 1000000, US_NS = 1000 };
    oop microseconds = argument_count > 0 ? vm->sp[0] : oop_from_integer(0);
    int64_t wanted = oop_is_integer(microseconds) ? oop_to_integer(microseconds) : 0;
    vm->sp += argument_count;
    if (vm->heap.mourners_arrived) {
        vm_poll(vm);
        return PRIM_OK;
    }
    /* Who waits while others could run wants to be asked again; who is alone waits for what wakes the world, without ticking. */
    if (process_others_are_ready(vm))
        process_idle_at_most(vm, (uint64_t)(wanted < 0            ? 0
                                            : wanted > LONGEST_US ? LONGEST_US
                                                                  : wanted) *
                                     US_NS);
    else
        process_idle(vm);
    vm_poll(vm);
    return PRIM_OK;
}
