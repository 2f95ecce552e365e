/*
 * Marks on deep stacks: a scavenge need not look at frames that hold nothing young and have not run since.
 *
 * A mark is the context of a frame. While the frame is alive its caller has not gone on, so neither have the frames below that.
 * Invariant "marked is clean": below the caller of a marked frame that is alive, no frame refers to a young object - but for
 * contexts of marks, which are visited with them. It holds because marks are set only where it does, and marks go when somebody
 * else writes into a frame below them: a context is made for it or stored into (stack_note_write), or objects change their
 * identity (stack_drop_marks).
 */
#include "vm/execution/vm_state.h"

/* Words between marks, and the fewest worth one; under stress much smaller, so that short stacks have marks too. */
enum { MARK_DISTANCE = 16384, MARK_DISTANCE_UNDER_STRESS = 64 };

void stack_drop_marks(struct stack *stack)
{
    stack->marks.count = 0;
}

static bool is_dead(const struct stack *stack, oop mark)
{
    return !context_is_married(mark) || context_stack(mark) != stack;
}

/* Of a frame that is gone it cannot be asked where it was, but older marks than its own may have to go. */
void stack_note_write(struct stack *stack, const oop *fp)
{
    const oop *marks = stack->marks.items;
    size_t count = stack->marks.count;
    while (count > 0 &&
           (is_dead(stack, marks[count - 1]) || fp > frame_caller(context_fp(marks[count - 1]))))
        count--;
    stack->marks.count = count;
}

/* Forgets marks whose frames are gone, and younger ones. */
static void drop_dead_marks(struct stack *stack)
{
    for (size_t i = 0; i < stack->marks.count; i++)
        if (is_dead(stack, stack->marks.items[i]))
            stack->marks.count = i;
}

oop *stack_clean_start(struct stack *stack)
{
    drop_dead_marks(stack);
    if (stack->marks.count == 0)
        return stack->limit;
    oop *caller = frame_caller(context_fp(stack->marks.items[stack->marks.count - 1]));
    return caller == NULL ? stack->limit : caller + FRAME_RETURN + 1;
}

void stack_visit_marks(struct stack *stack, struct heap *heap, heap_visit_fn *visitor)
{
    for (size_t i = 0; i < stack->marks.count; i++) {
        oop *mark = &stack->marks.items[i];
        oop *fp = context_fp(*mark);
        visitor(heap, mark);
        /* The frame may be one that is not looked at. */
        if (heap->phase == HEAP_SCAVENGING)
            fp[FRAME_CONTEXT] = *mark;
    }
}

/* Whether the frame, or the operands that its callee left below it from `at` on, refers to something young. */
static bool is_clean_but_for_context(const struct heap *heap, const oop *at, const oop *fp)
{
    for (; at <= fp + FRAME_RECEIVER; at++)
        if (heap_is_young(heap, *at))
            return false;
    return !heap_is_young(heap, frame_code(fp)->method);
}

static bool is_clean(const struct heap *heap, const oop *at, const oop *fp)
{
    return is_clean_but_for_context(heap, at, fp) && !heap_is_young(heap, fp[FRAME_CONTEXT]);
}

/* Collects frames a distance apart from which on down everything is clean, the youngest first. The youngest mark so far and its caller are
 * looked at, but not collected; nor is the oldest frame, below which there is nothing. */
static void find_clean_frames(struct vm *vm, const struct stack *stack, size_t distance,
                              const oop *limit, struct oop_list *found)
{
    const oop *at = stack->sp;
    const oop *last = at;
    for (oop *fp = stack->fp; fp != NULL && at < limit; fp = frame_caller(fp)) {
        const oop *caller = frame_caller(fp);
        if (!is_clean(&vm->heap, at, fp)) {
            found->count = 0;
            last = fp;
        } else if (fp - last >= (ptrdiff_t)distance && caller != NULL &&
                   caller + FRAME_RETURN + 1 < limit) {
            /* Without C memory there are fewer marks. */
            if (!oop_list_add(found, oop_from_bits((uint64_t)(uintptr_t)fp)))
                return;
            last = fp;
        }
        at = fp + FRAME_RETURN + 1;
    }
}

static void mark_stack(struct vm *vm, struct stack *stack, size_t distance)
{
    oop *limit = stack_clean_start(stack);
    if (stack->fp == NULL || limit - stack->sp < 2 * (ptrdiff_t)distance)
        return;
    struct oop_list found = {NULL, 0, 0};
    find_clean_frames(vm, stack, distance, limit, &found);
    bool added = true;
    while (added && found.count > 0) {
        oop *fp = (oop *)(uintptr_t)found.items[--found.count].bits;
        added = oop_list_add(&stack->marks, frame_marry(vm, stack, fp));
    }
    oop_list_free(&found);
}

void stacks_set_marks(struct vm *vm)
{
    size_t distance = vm->stress ? MARK_DISTANCE_UNDER_STRESS : MARK_DISTANCE;
    if (vm->stack != NULL) {
        vm->stack->sp = vm->sp;
        vm->stack->fp = vm->fp;
    }
    for (struct stack *stack = vm->stacks.first; stack != NULL; stack = stack->next)
        mark_stack(vm, stack, distance);
}

static bool is_mark(const struct stack *stack, oop context)
{
    for (size_t i = 0; i < stack->marks.count; i++)
        if (oop_same(stack->marks.items[i], context))
            return true;
    return false;
}

bool stack_marks_hold(struct vm *vm, struct stack *stack)
{
    const oop *at = stack_clean_start(stack);
    if (at == stack->limit)
        return true;
    const oop *fp = frame_caller(context_fp(stack->marks.items[stack->marks.count - 1]));
    for (fp = frame_caller(fp); fp != NULL; fp = frame_caller(fp)) {
        oop context = fp[FRAME_CONTEXT];
        if (!is_clean_but_for_context(&vm->heap, at, fp) ||
            (heap_is_young(&vm->heap, context) && !is_mark(stack, context)))
            return false;
        at = fp + FRAME_RETURN + 1;
    }
    return true;
}
