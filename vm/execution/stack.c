/* Stacks as memory: making, growing, scanning. */
#include "vm/execution/vm_state.h"

#include <stdlib.h>

/* A long stack grows when an eighth is left: if there is no memory for that, there is room for the process to be told. */
size_t stack_margin(const struct stack *stack)
{
    size_t eighth = (size_t)(stack->limit - stack->start) / 8;
    return eighth > STACK_MARGIN ? eighth : STACK_MARGIN;
}

static bool give_memory(struct stack *stack, size_t word_count)
{
    oop *start = malloc(word_count * sizeof *start);
    if (start == NULL)
        return false;
    stack->start = start;
    stack->limit = start + word_count;
    stack->margin = stack_margin(stack);
    return true;
}

static void link_stack(struct stack_list *list, struct stack *stack)
{
    stack->previous = NULL;
    stack->next = list->first;
    if (list->first != NULL)
        list->first->previous = stack;
    list->first = stack;
    list->count++;
    list->size += (size_t)(stack->limit - stack->start) * sizeof(oop);
}

static struct stack *allocate_stack(void)
{
    struct stack *stack = calloc(1, sizeof *stack);
    if (stack == NULL || !give_memory(stack, STACK_FIRST_WORDS)) {
        free(stack);
        return NULL;
    }
    return stack;
}

struct stack *stack_new(struct vm *vm)
{
    struct stack_list *list = &vm->stacks;
    struct stack *stack = list->spare;
    list->spare = NULL;
    if (stack == NULL)
        stack = allocate_stack();
    if (stack == NULL && heap_give_up_reserve(&vm->heap))
        stack = allocate_stack();
    if (stack == NULL)
        heap_exhausted(&vm->heap, "a stack");
    stack->sp = stack->limit;
    stack->fp = NULL;
    stack->base_sender = vm->heap.nil;
    stack->visited = true;
    stack->below = stack->told_at = 0;
    stack->marks.count = 0;
    stack->margin = stack_margin(stack);
    link_stack(list, stack);
    if (list->size > list->collect_at_size + STACK_SIZE_SLACK && list->count > 1) {
        list->collect_at_size = list->size;
        vm->heap.wants_step = true;
        heap_request_poll(&vm->heap);
    }
    return stack;
}

void stack_free(struct vm *vm, struct stack *stack)
{
    struct stack_list *list = &vm->stacks;
    if (stack->previous != NULL)
        stack->previous->next = stack->next;
    else
        list->first = stack->next;
    if (stack->next != NULL)
        stack->next->previous = stack->previous;
    list->count--;
    size_t word_count = (size_t)(stack->limit - stack->start);
    list->size -= word_count * sizeof(oop);
    if (list->spare == NULL && word_count <= 8 * STACK_FIRST_WORDS) {
        list->spare = stack;
        return;
    }
    oop_list_free(&stack->marks);
    free(stack->start);
    free(stack);
}

/* An exchange: a request that this takes away is one that the poll sees, and one that it does not see stays for the next. Processors that
 * keep stores back, or read ahead, would lose it else. */
void stack_set_poll_limit(struct vm *vm)
{
    (void)atomic_exchange_explicit(
        &vm->poll_word, (uintptr_t)(vm->stack->start + vm->stack->margin), memory_order_acq_rel);
}

void stack_move_poll_limit(struct vm *vm)
{
    uintptr_t limit = (uintptr_t)(vm->stack->start + vm->stack->margin);
    uintptr_t current = atomic_load_explicit(&vm->poll_word, memory_order_relaxed);
    while (current != UINTPTR_MAX &&
           !atomic_compare_exchange_weak_explicit(&vm->poll_word, &current, limit,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

static oop *moved_by(oop *address, ptrdiff_t distance)
{
    return address == NULL ? NULL : (oop *)(void *)((char *)address + distance);
}

/* Links of frames and of contexts married to them, after the words have been copied `distance` bytes away. */
static void relink_frames(struct vm *vm, oop *fp, ptrdiff_t distance)
{
    while (fp != NULL) {
        oop *caller = moved_by(frame_caller(fp), distance);
        fp[FRAME_CALLER].bits = (uint64_t)(uintptr_t)caller;
        oop context = fp[FRAME_CONTEXT];
        if (!oop_same(context, vm->heap.nil))
            object_slot_init(context, SLOT_CONTEXT_SENDER,
                             oop_from_bits((uint64_t)(uintptr_t)fp | 1));
        fp = caller;
    }
}

bool stack_grow(struct vm *vm, size_t limit_size)
{
    struct stack *stack = vm->stack;
    size_t old_count = (size_t)(stack->limit - stack->start);
    size_t limit_count = limit_size / sizeof(oop);
    if (old_count >= limit_count)
        return false;
    size_t new_count = old_count * 2 < limit_count ? old_count * 2 : limit_count;
    oop *old_start = stack->start;
    oop *old_limit = stack->limit;
    if (!give_memory(stack, new_count))
        return false;
    ptrdiff_t distance = (char *)stack->limit - (char *)old_limit;
    size_t used = (size_t)(old_limit - vm->sp);
    memcpy(stack->limit - used, vm->sp, used * sizeof(oop));
    free(old_start);
    vm->sp = moved_by(vm->sp, distance);
    vm->fp = moved_by(vm->fp, distance);
    relink_frames(vm, vm->fp, distance);
    vm->stacks.size += (new_count - old_count) * sizeof(oop);
    stack_move_poll_limit(vm);
    return true;
}

void stack_visit(struct stack *stack, struct heap *heap, heap_visit_fn *visitor)
{
    visitor(heap, &stack->base_sender);
    oop *at = stack->sp;
    oop *fp = stack->fp;
    oop *limit = heap->phase == HEAP_SCAVENGING ? stack_clean_start(stack) : stack->limit;
    if (heap->phase == HEAP_IDLE)
        stack_drop_marks(stack);
    stack_visit_marks(stack, heap, visitor);
    while (fp != NULL && at < limit) {
        for (; at <= fp + FRAME_RECEIVER; at++)
            visitor(heap, at);
        visitor(heap, fp + FRAME_CONTEXT);
        /* Compaction must see each location once; it reaches methods through the code table. */
        if (heap->phase != HEAP_COMPACTING)
            visitor(heap, &((struct code *)(uintptr_t)fp[FRAME_CODE].bits)->method);
        at = fp + FRAME_RETURN + 1;
        fp = frame_caller(fp);
    }
    for (; at < limit; at++)
        visitor(heap, at);
}

void stack_visit_all(struct vm *vm, heap_visit_fn *visitor)
{
    if (vm->stack != NULL) {
        vm->stack->sp = vm->sp;
        vm->stack->fp = vm->fp;
    }
    for (struct stack *stack = vm->stacks.first; stack != NULL; stack = stack->next)
        stack_visit(stack, &vm->heap, visitor);
}
