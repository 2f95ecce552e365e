#include "vm/execution/unwind.h"

#include "vm/execution/send.h"

static uint8_t marker_flag(unsigned marker)
{
    return marker == PRIMITIVE_UNWIND_MARKER ? CODE_UNWIND : CODE_HANDLER;
}

/* Whether a heap context's method begins with the marker primitive. */
static bool heap_context_is_marked(struct vm *vm, oop context, unsigned marker)
{
    oop method = heap_follow(object_slot(context, SLOT_CONTEXT_METHOD));
    if (!oop_is_object(method) || !format_is_code(object_format(method)) ||
        !oop_same(object_slot(context, SLOT_CONTEXT_CLOSURE), vm->heap.nil))
        return false;
    const struct code *code = send_code_for(vm, method);
    return code != NULL && (code->flags & marker_flag(marker)) != 0;
}

oop unwind_find_marked(struct vm *vm, oop context, oop limit, unsigned marker)
{
    uint8_t flag = marker_flag(marker);
    oop nil = vm->heap.nil;
    while (oop_is_context(context) && !oop_same(context, limit)) {
        if (!context_is_married(context)) {
            if (heap_context_is_marked(vm, context, marker))
                return context;
            context = heap_follow(object_slot(context, SLOT_CONTEXT_SENDER));
            continue;
        }
        /* Along the frames without making contexts of them. */
        struct stack *stack = context_stack(context);
        for (oop *fp = context_fp(context); fp != NULL; fp = frame_caller(fp)) {
            if (oop_same(fp[FRAME_CONTEXT], limit) && !oop_same(limit, nil))
                return nil;
            if ((frame_code(fp)->flags & flag) != 0)
                return frame_marry(vm, stack, fp);
        }
        context = heap_follow(stack->base_sender);
    }
    return nil;
}

/* The context that a block's ^ returns from, or nil: the method context at the end of the chain of outer contexts. */
static oop home_of_closure(struct vm *vm, oop closure)
{
    oop context = heap_follow(object_slot(closure, SLOT_CLOSURE_OUTER_CONTEXT));
    for (size_t depth = 0; oop_is_context(context) && depth < 100000; depth++) {
        if (object_class_index(context) == CLASS_BLOCK_CONTEXT)
            return context_home(context);
        oop outer = heap_follow(context_fetch(vm, context, SLOT_CONTEXT_CLOSURE));
        if (oop_same(outer, vm->heap.nil))
            return context;
        context = heap_follow(object_slot(outer, SLOT_CLOSURE_OUTER_CONTEXT));
    }
    return vm->heap.nil;
}

static void *true_return_address(const struct vm *vm, const oop *fp)
{
    oop context = fp[FRAME_CONTEXT];
    if (oop_same(context, vm->heap.nil))
        return (void *)(uintptr_t)fp[FRAME_RETURN].bits;
    return (void *)(uintptr_t)(object_slot(context, SLOT_CONTEXT_PC).bits >> 3);
}

/* Pops frames up to and including home, as if home had returned value. */
static void return_from_frame(struct vm *vm, oop *home, oop value)
{
    oop nil = vm->heap.nil;
    void *address = true_return_address(vm, home);
    for (oop *fp = vm->fp;; fp = frame_caller(fp)) {
        if (!oop_same(fp[FRAME_CONTEXT], nil))
            context_kill(vm, fp[FRAME_CONTEXT]);
        if (fp == home)
            break;
    }
    if (address == vm->handlers->entries[OP_base_return]) {
        frame_base_return(vm, home, value);
        return;
    }
    vm->fp = frame_caller(home);
    vm->sp = home + 3 + frame_code(home)->argument_count;
    if (vm_returns_to_frame(vm, (uintptr_t)address))
        vm_push(vm, value);
}

/* Whether the image wants to be asked before frames are unwound: older ones know no message for that. */
static bool is_asked(const struct vm *vm)
{
    return !oop_same(heap_special_or_nil(&vm->heap, SPECIAL_SELECTOR_ABOUT_TO_RETURN),
                     vm->heap.nil);
}

/* The frame between the running one and home that must be unwound first, or NULL. */
static oop *unwind_frame_before(struct vm *vm, const oop *home)
{
    if (!is_asked(vm))
        return NULL;
    for (oop *fp = vm->fp; fp != home; fp = frame_caller(fp))
        if ((frame_code(fp)->flags & CODE_UNWIND) != 0)
            return fp;
    return NULL;
}

static void send_about_to_return(struct vm *vm, oop value, oop unwind)
{
    vm_push(vm, frame_marry(vm, vm->stack, vm->fp));
    vm_push(vm, value);
    vm_push(vm, unwind);
    send_special(vm, SPECIAL_SELECTOR_ABOUT_TO_RETURN, 2);
}

static bool frame_is_below(const oop *frame, const oop *top)
{
    for (const oop *fp = top; fp != NULL; fp = frame_caller(fp))
        if (fp == frame)
            return true;
    return false;
}

/* Home is a heap context: it must be among the senders of the running stack's base. */
static void return_to_heap_context(struct vm *vm, oop home, oop value)
{
    oop running = frame_marry(vm, vm->stack, vm->fp);
    oop context = running;
    while (oop_is_context(context) && !oop_same(context, home))
        context = context_sender(vm, context);
    oop target = oop_same(context, home) ? context_sender(vm, home) : vm->heap.nil;
    if (!oop_is_context(target)) {
        send_cannot_return(vm, running, value);
        return;
    }
    oop unwind = unwind_find_marked(vm, context_sender(vm, running), home, PRIMITIVE_UNWIND_MARKER);
    if (!oop_same(unwind, vm->heap.nil) && is_asked(vm)) {
        send_about_to_return(vm, value, unwind);
        return;
    }
    stack_flush(vm, vm->stack);
    for (context = running;;) {
        oop sender = heap_follow(object_slot(context, SLOT_CONTEXT_SENDER));
        bool last = oop_same(context, home);
        context_kill(vm, context);
        if (last)
            break;
        context = sender;
    }
    if (frame_resume_context(vm, target))
        vm_push(vm, value);
    else
        send_lost_process(vm);
}

void unwind_far_return(struct vm *vm)
{
    oop value = *vm->sp++;
    const struct code *code = frame_code(vm->fp);
    oop home = (code->flags & CODE_OLD_BLOCK) != 0
                   ? context_home(vm->fp[FRAME_CONTEXT])
                   : home_of_closure(vm, vm->fp[2 + code->argument_count]);
    if (!oop_is_context(home)) {
        send_cannot_return(vm, frame_marry(vm, vm->stack, vm->fp), value);
        return;
    }
    if (!context_is_married(home) || context_stack(home) != vm->stack) {
        return_to_heap_context(vm, home, value);
        return;
    }
    oop *frame = context_fp(home);
    viv_check(frame_is_below(frame, vm->fp), "a married context's frame is on its stack");
    oop *unwind = unwind_frame_before(vm, frame);
    if (unwind != NULL)
        send_about_to_return(vm, value, frame_marry(vm, vm->stack, unwind));
    else
        return_from_frame(vm, frame, value);
}

/* --- terminate to ------------------------------------------------------------------------------------------------------------- */

/* The last of the frames above `limit` (NULL: of all), looking down from top. */
static oop *last_frame_above(oop *top, const oop *limit)
{
    oop *fp = top;
    while (frame_caller(fp) != limit)
        fp = frame_caller(fp);
    return fp;
}

/* `from` is a married frame of the running stack, `to` an older one or NULL: takes out what is between by moving the younger
 * part up. With NULL, from becomes the base frame. */
static void cut_frames(struct vm *vm, oop *from, oop *to)
{
    oop nil = vm->heap.nil;
    if (frame_caller(from) == to)
        return;
    oop *last_cut = last_frame_above(vm->fp, to);
    /* How the last one would have returned is how the moved one returns: its answer may be one that is dropped. */
    void *address =
        to == NULL ? vm->handlers->entries[OP_base_return] : true_return_address(vm, last_cut);
    for (oop *fp = frame_caller(from); fp != to; fp = frame_caller(fp))
        if (!oop_same(fp[FRAME_CONTEXT], nil))
            context_kill(vm, fp[FRAME_CONTEXT]);
    oop *new_limit = last_cut + 3 + frame_code(last_cut)->argument_count;
    oop *old_limit = from + 3 + frame_code(from)->argument_count;
    size_t count = (size_t)(old_limit - vm->sp);
    ptrdiff_t distance = new_limit - old_limit;
    memmove(new_limit - count, vm->sp, count * sizeof(oop));
    vm->sp += distance;
    vm->fp += distance;
    oop *moved_from = from + distance;
    for (oop *fp = vm->fp;; fp = frame_caller(fp)) {
        oop *caller = fp == moved_from ? to : frame_caller(fp) + distance;
        fp[FRAME_CALLER].bits = (uint64_t)(uintptr_t)caller;
        if (!oop_same(fp[FRAME_CONTEXT], nil))
            object_slot_init(fp[FRAME_CONTEXT], SLOT_CONTEXT_SENDER,
                             oop_from_bits((uint64_t)(uintptr_t)fp | 1));
        if (fp == moved_from)
            break;
    }
    object_slot_init(moved_from[FRAME_CONTEXT], SLOT_CONTEXT_PC,
                     oop_from_bits((uint64_t)(uintptr_t)address << 3 | TAG_INTEGER));
}

/* Ends the heap contexts from `at` up to target, if target is among their senders. */
static void kill_contexts(struct vm *vm, oop at, oop target)
{
    oop end = at;
    while (oop_is_context(end) && !oop_same(end, target))
        end = context_sender(vm, end);
    if (!oop_same(end, target))
        return;
    while (oop_is_context(at) && !oop_same(at, target)) {
        oop sender = context_sender(vm, at);
        if (!context_is_married(at))
            context_kill(vm, at);
        at = sender;
    }
}

static bool is_frame_of(const struct stack *stack, oop context)
{
    return oop_is_context(context) && context_is_married(context) &&
           context_stack(context) == stack;
}

void unwind_terminate_to(struct vm *vm, oop context, oop target)
{
    oop new_sender = oop_is_context(target) ? target : vm->heap.nil;
    if (oop_same(context, target))
        return;
    if (context_is_married(context) && context_stack(context) != vm->stack)
        stack_flush(vm, context_stack(context));
    if (!context_is_married(context)) {
        kill_contexts(vm, heap_follow(object_slot(context, SLOT_CONTEXT_SENDER)), target);
        heap_store(&vm->heap, context, SLOT_CONTEXT_SENDER, new_sender);
        return;
    }
    oop *from = context_fp(context);
    if (is_frame_of(vm->stack, target) && from != context_fp(target) &&
        frame_is_below(context_fp(target), from)) {
        cut_frames(vm, from, context_fp(target));
        return;
    }
    if (is_frame_of(vm->stack, target)) {
        /* A younger frame: only contexts can be tied in a ring. */
        stack_flush_running(vm);
        unwind_terminate_to(vm, context, target);
        return;
    }
    kill_contexts(vm, heap_follow(vm->stack->base_sender), target);
    cut_frames(vm, from, NULL);
    vm->stack->base_sender = new_sender;
    vm->stack->below = 0; /* how deep the new sender is nobody has counted */
}
