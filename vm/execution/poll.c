/*
 * Polls: the places where objects may move and other processes may run. The interpreter comes here when sp is below the poll
 * word: because the stack is used up, or because somebody set the word to its maximum to be heard.
 */
#include "vm/execution/process.h"

#include "vm/base/os.h"
#include "vm/execution/send.h"

#include <stdlib.h>

/* Sends to the receiver on the stack and drops the answer when the method returns. */
void send_discarding(struct vm *vm, enum special_object selector, size_t argument_count)
{
    oop *caller = vm->fp;
    send_special(vm, selector, argument_count);
    if (vm->stopped)
        return;
    if (vm->fp == caller) {
        vm->sp++;
    } else if (vm_returns_to_frame(vm, vm->fp[FRAME_RETURN].bits)) {
        vm->fp[FRAME_RETURN].bits = (uint64_t)(uintptr_t)vm->handlers->entries[OP_discard_return];
    }
}

static bool image_knows(struct vm *vm, enum special_object selector)
{
    return !oop_same(heap_special_or_nil(&vm->heap, (size_t)selector), vm->heap.nil);
}

/* Tells the running process of an event, by a message to its Process. */
static void tell_active_process(struct vm *vm, enum special_object selector)
{
    vm_push(vm, process_active(vm));
    send_discarding(vm, selector, 0);
}

static void signal_special(struct vm *vm, enum special_object semaphore)
{
    oop value = heap_special_or_nil(&vm->heap, (size_t)semaphore);
    if (is_semaphore(vm, value))
        semaphore_signal(vm, value);
}

static void signal_timer(struct vm *vm)
{
    oop semaphore = heap_follow(vm->timer_semaphore);
    vm->timer_semaphore = vm->heap.nil;
    if (is_semaphore(vm, semaphore))
        semaphore_signal(vm, semaphore);
    else
        signal_special(vm, SPECIAL_TIMER_SEMAPHORE);
}

/* An index that names no semaphore is nobody's. */
static void signal_external(struct vm *vm, struct external_signal signal)
{
    oop objects = heap_special_or_nil(&vm->heap, SPECIAL_EXTERNAL_OBJECTS);
    if (!oop_is_object(objects) || signal.index - 1 >= object_slot_count(objects))
        return;
    oop semaphore = heap_follow(object_slot(objects, signal.index - 1));
    for (; signal.count > 0 && is_semaphore(vm, semaphore); signal.count--)
        semaphore_signal(vm, semaphore);
}

static void signal_externals(struct vm *vm)
{
    struct requests *requests = &vm->requests;
    pthread_mutex_lock(&requests->mutex);
    uint32_t count = atomic_exchange(&requests->external_signals, 0);
    struct external_signal *signals = requests->signals;
    requests->signals = NULL;
    requests->signals_capacity = 0;
    pthread_mutex_unlock(&requests->mutex);
    for (uint32_t i = 0; i < count; i++)
        signal_external(vm, signals[i]);
    free(signals);
}

void poll_requests(struct vm *vm)
{
    struct requests *requests = &vm->requests;
    /* First: who asks for both wants to know how things stood when the world ended. */
    if (atomic_exchange(&requests->print_stacks, false))
        process_print_all(vm);
    if (atomic_exchange(&requests->stop, false)) {
        vm->exit_status = atomic_load(&requests->stop_status);
        vm->stopped = true;
        return;
    }
    if (atomic_exchange(&requests->timer_due, false))
        signal_timer(vm);
    if (atomic_load(&requests->external_signals) > 0)
        signal_externals(vm);
    if (vm->heap.mourners_arrived) {
        vm->heap.mourners_arrived = false;
        signal_special(vm, SPECIAL_FINALIZATION_SEMAPHORE);
    }
}

/* Where the heap grows faster than the cycle goes on, steps become longer. */
static struct budget step_budget(const struct heap *heap)
{
    enum { LONGEST = 4 };
    size_t before = heap->cycle.began_at_size;
    size_t used = heap_old_used_size(heap);
    size_t steps = 1;
    if (heap->cycle.phase == CYCLE_MARKING && used > before)
        steps += (used - before) / (before / 8 + ((size_t)16 << 20));
    return (struct budget){os_monotonic_ns() + HEAP_STEP_NS * (steps < LONGEST ? steps : LONGEST),
                           SIZE_MAX};
}

static void collect(struct vm *vm)
{
    struct heap *heap = &vm->heap;
    if (heap->wants_scavenge && !heap_can_scavenge(heap))
        heap->wants_full = true;
    else if (heap->wants_scavenge)
        heap_scavenge(heap);
    stacks_set_marks(vm);
    if (!heap->wants_full && heap_old_used_size(heap) > heap->size_limit)
        heap->wants_full = true;
    if (heap->wants_full) {
        if (!heap_can_scavenge(heap)) {
            process_stop_without_memory(vm, "the heap is full and its reserve is used up");
            return;
        }
        heap_collect_full(heap, heap_old_used_size(heap) > heap->size_limit);
    } else if (heap->wants_step || heap->cycle.phase != CYCLE_NONE) {
        heap_collect_some(heap, step_budget(heap));
    }
    bool full = heap_old_used_size(heap) > heap->size_limit;
    if (full && !vm->low_memory_signalled && image_knows(vm, SPECIAL_SELECTOR_OUT_OF_MEMORY)) {
        vm->low_memory_signalled = true;
        tell_active_process(vm, SPECIAL_SELECTOR_OUT_OF_MEMORY);
    }
    if (heap_old_used_size(heap) < heap->size_limit - heap->size_limit / 8)
        vm->low_memory_signalled = false;
}

/* The reserve of C memory was given up. What garbage holds is given back; if there is still no memory for a new reserve, the
 * active process is told, once. */
static void restore_reserve(struct vm *vm)
{
    struct heap *heap = &vm->heap;
    if (!heap_fill_reserve(heap) && !vm->low_c_memory_signalled) {
        heap->wants_full = true;
        collect(vm);
    }
    if (heap_fill_reserve(heap)) {
        vm->low_c_memory_signalled = false;
    } else if (!vm->low_c_memory_signalled && image_knows(vm, SPECIAL_SELECTOR_OUT_OF_MEMORY)) {
        vm->low_c_memory_signalled = true;
        tell_active_process(vm, SPECIAL_SELECTOR_OUT_OF_MEMORY);
    }
}

static void verify(struct vm *vm)
{
    struct status status = {STATUS_OK, ""};
    if (!heap_verify(&vm->heap, &status))
        viv_broken(__FILE__, __LINE__, status.sentence);
}

/* The marks on stacks say the truth before the scavenger trusts them. */
static void check_marks(struct vm *vm)
{
    for (struct stack *stack = vm->stacks.first; stack != NULL; stack = stack->next)
        viv_check(stack_marks_hold(vm, stack), "marked is clean");
}

/* A step so often, and so short, that cycles go on between any two things, and a run takes little longer for it. */
enum { STRESS_STEP_EVERY = 32, STRESS_STEP_OBJECTS = 400 };

/* The stress switches: every n-th poll scavenges, collects with verification, flushes the stack. */
static void stress(struct vm *vm)
{
    const struct viv_options *options = &vm->options;
    vm->polls++;
    if (options->stress_full != 0 && vm->polls % options->stress_full == 0) {
        /* Where a cycle is going on the heap is looked at as that has left it, every other time. */
        uint64_t times = vm->polls / options->stress_full;
        if (vm->heap.cycle.phase == CYCLE_NONE || times % 2 == 0)
            heap_collect_full(&vm->heap, times / 2 % 2 == 0);
        verify(vm);
    } else if (options->stress_poll != 0 && vm->polls % options->stress_poll == 0) {
        check_marks(vm);
        heap_scavenge(&vm->heap);
        stacks_set_marks(vm);
        if (vm->polls % STRESS_STEP_EVERY == 0)
            heap_collect_some(&vm->heap, (struct budget){UINT64_MAX, STRESS_STEP_OBJECTS});
    }
    if (options->stress_flush != 0 && vm->polls % options->stress_flush == 0)
        stack_flush_running(vm);
    heap_request_poll(&vm->heap);
}

/* The process is told that it is too deep, and again whenever it has gone a quarter deeper. */
static void tell_of_depth(struct vm *vm, size_t words)
{
    vm->stack->told_at = words;
    if (image_knows(vm, SPECIAL_SELECTOR_STACK_OVERFLOW))
        tell_active_process(vm, SPECIAL_SELECTOR_STACK_OVERFLOW);
}

/* Flushed frames are not on the stack any more, but the process is as deep as before. */
static void check_depth(struct vm *vm)
{
    struct stack *stack = vm->stack;
    size_t words = stack->below + (size_t)(stack->limit - vm->sp);
    size_t least = stack->told_at + stack->told_at / 4;
    size_t limit = vm->stack_limit / sizeof(oop);
    if (stack->below > 0 && words > (least > limit ? least : limit))
        tell_of_depth(vm, words);
}

/* The stack is used up: it grows, and past its limit the process is told. */
static void check_stack(struct vm *vm)
{
    struct stack *stack = vm->stack;
    size_t margin = stack_margin(stack);
    if (vm->sp >= stack->start + stack->margin) {
        if (vm->sp >= stack->start + 2 * margin)
            stack->margin = margin;
        check_depth(vm);
        return;
    }
    if (stack_grow(vm, vm->stack_limit))
        return;
    size_t words = (size_t)(stack->limit - stack->start);
    bool grown = stack_grow(vm, (words + words / 4) * sizeof(oop));
    if (!grown && vm->sp < stack->start + STACK_MARGIN) {
        process_stop_without_memory(vm, "no C memory for a deeper stack");
        return;
    }
    if (!grown) {
        stack->margin = STACK_MARGIN;
        stack_move_poll_limit(vm);
    }
    tell_of_depth(vm, words);
}

void vm_poll(struct vm *vm)
{
    stack_set_poll_limit(vm);
    if (VIV_UNLIKELY(vm->tier.wants_flush))
        vm->tier.flush(vm);
    poll_requests(vm);
    if (vm->stopped)
        return;
    if (vm->heap.wants_scavenge || vm->heap.wants_step || vm->heap.wants_full)
        collect(vm);
    if (VIV_UNLIKELY(vm->heap.c_reserve == NULL) && !vm->stopped)
        restore_reserve(vm);
    if (vm->stress)
        stress(vm);
    if (vm->stopped)
        return;
    if (atomic_exchange(&vm->requests.interrupt, false)) {
        if (image_knows(vm, SPECIAL_SELECTOR_USER_INTERRUPT))
            tell_active_process(vm, SPECIAL_SELECTOR_USER_INTERRUPT);
        else
            signal_special(vm, SPECIAL_INTERRUPT_SEMAPHORE);
    }
    check_stack(vm);
}
