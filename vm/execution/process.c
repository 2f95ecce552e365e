#include "vm/execution/process.h"

#include "vm/base/os.h"
#include "vm/execution/send.h"

static oop slot_of(oop object, size_t index)
{
    return heap_follow(object_slot(object, index));
}

static oop scheduler(struct vm *vm)
{
    return slot_of(vm_special(vm, SPECIAL_SCHEDULER_ASSOCIATION), SLOT_ASSOCIATION_VALUE);
}

oop process_active(struct vm *vm)
{
    return slot_of(scheduler(vm), SLOT_SCHEDULER_ACTIVE_PROCESS);
}

/* --- linked lists ----------------------------------------------------------------------------------------------------------- */

/* An object that can stand in a list. Images write what they like into the slots of lists: anything else there is none. */
static bool is_link(oop value)
{
    return oop_has_slots(value, SLOT_PROCESS_MY_LIST + 1);
}

bool list_is_empty(oop list)
{
    return !is_link(slot_of(list, SLOT_LIST_FIRST));
}

void list_add_last(struct vm *vm, oop list, oop process)
{
    struct heap *heap = &vm->heap;
    oop last = slot_of(list, SLOT_LIST_LAST);
    if (list_is_empty(list) || !is_link(last))
        heap_store(heap, list, SLOT_LIST_FIRST, process);
    else
        heap_store(heap, last, SLOT_LINK_NEXT, process);
    heap_store(heap, list, SLOT_LIST_LAST, process);
    heap_store(heap, process, SLOT_LINK_NEXT, heap->nil);
    heap_store(heap, process, SLOT_PROCESS_MY_LIST, list);
}

static void list_add_first(struct vm *vm, oop list, oop process)
{
    struct heap *heap = &vm->heap;
    oop first = list_is_empty(list) ? heap->nil : slot_of(list, SLOT_LIST_FIRST);
    if (oop_same(first, heap->nil))
        heap_store(heap, list, SLOT_LIST_LAST, process);
    heap_store(heap, process, SLOT_LINK_NEXT, first);
    heap_store(heap, list, SLOT_LIST_FIRST, process);
    heap_store(heap, process, SLOT_PROCESS_MY_LIST, list);
}

oop list_remove_first(struct vm *vm, oop list)
{
    struct heap *heap = &vm->heap;
    oop first = slot_of(list, SLOT_LIST_FIRST);
    oop next = slot_of(first, SLOT_LINK_NEXT);
    if (!is_link(next))
        next = heap->nil;
    heap_store(heap, list, SLOT_LIST_FIRST, next);
    if (oop_same(next, heap->nil))
        heap_store(heap, list, SLOT_LIST_LAST, next);
    heap_store(heap, first, SLOT_LINK_NEXT, heap->nil);
    heap_store(heap, first, SLOT_PROCESS_MY_LIST, heap->nil);
    return first;
}

oop process_remove_from_list(struct vm *vm, oop process)
{
    struct heap *heap = &vm->heap;
    oop list = slot_of(process, SLOT_PROCESS_MY_LIST);
    if (!oop_has_slots(list, SLOT_LIST_LAST + 1))
        return heap->nil;
    oop previous = heap->nil;
    oop link = slot_of(list, SLOT_LIST_FIRST);
    while (is_link(link) && !oop_same(link, process)) {
        previous = link;
        link = slot_of(link, SLOT_LINK_NEXT);
    }
    if (!oop_same(link, process))
        return heap->nil;
    oop next = slot_of(process, SLOT_LINK_NEXT);
    if (oop_same(previous, heap->nil))
        heap_store(heap, list, SLOT_LIST_FIRST, next);
    else
        heap_store(heap, previous, SLOT_LINK_NEXT, next);
    if (oop_same(next, heap->nil))
        heap_store(heap, list, SLOT_LIST_LAST, previous);
    heap_store(heap, process, SLOT_LINK_NEXT, heap->nil);
    heap_store(heap, process, SLOT_PROCESS_MY_LIST, heap->nil);
    return list;
}

/* --- scheduling ------------------------------------------------------------------------------------------------------------- */

static int64_t priority_of(oop process)
{
    oop priority = object_slot(process, SLOT_PROCESS_PRIORITY);
    return oop_is_integer(priority) ? oop_to_integer(priority) : 1;
}

/* The run queue of a priority; the nearest one when there is no such priority. */
static oop ready_list(struct vm *vm, int64_t priority)
{
    oop lists = slot_of(scheduler(vm), SLOT_SCHEDULER_LISTS);
    int64_t count = (int64_t)object_slot_count(lists);
    int64_t index = priority < 1 ? 0 : priority > count ? count - 1 : priority - 1;
    return slot_of(lists, (size_t)index);
}

void process_make_ready(struct vm *vm, oop process, bool at_front)
{
    oop list = ready_list(vm, priority_of(process));
    if (at_front)
        list_add_first(vm, list, process);
    else
        list_add_last(vm, list, process);
}

/* The list of the highest priority that has a process, or NO_OOP. */
static oop best_ready_list(struct vm *vm)
{
    oop lists = slot_of(scheduler(vm), SLOT_SCHEDULER_LISTS);
    for (size_t i = object_slot_count(lists); i > 0; i--) {
        oop list = slot_of(lists, i - 1);
        if (!oop_same(list, vm->heap.nil) && !list_is_empty(list))
            return list;
    }
    return NO_OOP;
}

static oop take_best_ready(struct vm *vm)
{
    oop list = best_ready_list(vm);
    return oop_is_none(list) ? NO_OOP : list_remove_first(vm, list);
}

bool process_others_are_ready(struct vm *vm)
{
    return !oop_is_none(best_ready_list(vm));
}

/* Runs process, whose context must be resumable; false otherwise. */
static bool run_process(struct vm *vm, oop process)
{
    struct heap *heap = &vm->heap;
    oop context = slot_of(process, SLOT_PROCESS_SUSPENDED_CONTEXT);
    heap_store(heap, scheduler(vm), SLOT_SCHEDULER_ACTIVE_PROCESS, process);
    heap_store(heap, process, SLOT_PROCESS_SUSPENDED_CONTEXT, heap->nil);
    vm->statistics.process_switches++;
    return frame_resume_context(vm, context);
}

static void suspend_running_stack(struct vm *vm)
{
    if (vm->stack == NULL)
        return;
    oop context = frame_marry(vm, vm->stack, vm->fp);
    heap_store(&vm->heap, process_active(vm), SLOT_PROCESS_SUSPENDED_CONTEXT, context);
    vm->stack->sp = vm->sp;
    vm->stack->fp = vm->fp;
}

/* Picks ready processes until one can run; waits for events while there is none. */
static void run_best_ready(struct vm *vm)
{
    while (!vm->stopped) {
        oop process = take_best_ready(vm);
        if (!oop_is_none(process)) {
            if (run_process(vm, process))
                return;
            continue;
        }
        process_idle(vm);
        poll_requests(vm);
    }
}

void process_leave(struct vm *vm)
{
    suspend_running_stack(vm);
    vm->stack = NULL;
    run_best_ready(vm);
}

void process_retire(struct vm *vm)
{
    oop process = process_active(vm);
    oop context = stack_flush(vm, vm->stack);
    heap_store(&vm->heap, process, SLOT_PROCESS_SUSPENDED_CONTEXT, context);
    run_best_ready(vm);
}

bool process_resume(struct vm *vm, oop process)
{
    oop active = process_active(vm);
    if (!oop_is_object(process) || object_slot_count(process) <= SLOT_PROCESS_MY_LIST ||
        (vm->stack != NULL && oop_same(process, active)))
        return false;
    oop context = slot_of(process, SLOT_PROCESS_SUSPENDED_CONTEXT);
    if (!oop_is_context(context))
        return false;
    if (!oop_same(slot_of(process, SLOT_PROCESS_MY_LIST), vm->heap.nil))
        return false;
    if (vm->stack == NULL || priority_of(process) <= priority_of(active)) {
        process_make_ready(vm, process, false);
        return true;
    }
    suspend_running_stack(vm);
    process_make_ready(vm, active, vm->preempted_goes_first);
    vm->stack = NULL;
    if (!run_process(vm, process))
        run_best_ready(vm);
    return true;
}

void process_yield(struct vm *vm)
{
    oop active = process_active(vm);
    oop list = ready_list(vm, priority_of(active));
    if (list_is_empty(list))
        return;
    suspend_running_stack(vm);
    list_add_last(vm, list, active);
    vm->stack = NULL;
    run_best_ready(vm);
}

bool is_semaphore(struct vm *vm, oop value)
{
    return oop_is_object(value) &&
           oop_same(heap_class_of(&vm->heap, value), vm_special(vm, SPECIAL_CLASS_SEMAPHORE));
}

void semaphore_signal(struct vm *vm, oop semaphore)
{
    if (list_is_empty(semaphore)) {
        oop excess = object_slot(semaphore, SLOT_SEMAPHORE_EXCESS_SIGNALS);
        int64_t count = oop_is_integer(excess) ? oop_to_integer(excess) : 0;
        object_slot_init(semaphore, SLOT_SEMAPHORE_EXCESS_SIGNALS, oop_from_integer(count + 1));
        return;
    }
    oop process = list_remove_first(vm, semaphore);
    if (!process_resume(vm, process))
        heap_store(&vm->heap, process, SLOT_PROCESS_MY_LIST, vm->heap.nil);
}

void semaphore_wait(struct vm *vm, oop semaphore)
{
    oop excess = object_slot(semaphore, SLOT_SEMAPHORE_EXCESS_SIGNALS);
    int64_t count = oop_is_integer(excess) ? oop_to_integer(excess) : 0;
    if (count > 0) {
        object_slot_init(semaphore, SLOT_SEMAPHORE_EXCESS_SIGNALS, oop_from_integer(count - 1));
        return;
    }
    list_add_last(vm, semaphore, process_active(vm));
    process_leave(vm);
}

bool process_start(struct vm *vm, struct status *status)
{
    oop process = process_active(vm);
    if (!oop_is_object(process) || object_slot_count(process) <= SLOT_PROCESS_MY_LIST ||
        !run_process(vm, process))
        return vm->heap.c_reserve == NULL
                   ? status_fail(status, STATUS_MEMORY, "no memory to start the process")
                   : status_fail(status, STATUS_IMAGE,
                                 "the image has no process that can be resumed");
    return true;
}

void process_store_active_context(struct vm *vm, oop context)
{
    heap_store(&vm->heap, process_active(vm), SLOT_PROCESS_SUSPENDED_CONTEXT, context);
}
