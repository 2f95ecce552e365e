/*
 * Frames and contexts: marriage, flushing, resuming, and reading a context whose frame is alive. execution, section 3.
 */
#include "vm/execution/process.h"
#include "vm/execution/send.h"
#include "vm/execution/vm_state.h"

/* A native address as it stands in a context's pc while its frame is alive. */
static oop address_as_oop(const void *address)
{
    return oop_from_bits((uint64_t)(uintptr_t)address << 3 | TAG_INTEGER);
}

static size_t frame_argument_count(const oop *fp)
{
    return frame_code(fp)->argument_count;
}

static oop frame_closure(const struct vm *vm, const oop *fp)
{
    const struct code *code = frame_code(fp);
    return (code->flags & CODE_IS_BLOCK) != 0 ? fp[2 + code->argument_count] : vm->heap.nil;
}

static bool is_block_context(oop context)
{
    return object_class_index(context) == CLASS_BLOCK_CONTEXT;
}

/* Where a married context's frame returns to, in place of its true return address. */
static void *hijack_of(const struct vm *vm, const struct code *code)
{
    bool keeps = (code->flags & CODE_HAS_OLD_BLOCKS) != 0;
    return vm->handlers->entries[keeps ? OP_hijack_return_home : OP_hijack_return];
}

static size_t frame_room(const struct code *code)
{
    return (code->flags & CODE_LARGE_FRAME) != 0 ? CONTEXT_LARGE_FRAME : CONTEXT_SMALL_FRAME;
}

/* Number of temporaries and operands that a frame holds; operand_limit is one past its lowest operand in memory. */
static size_t frame_slot_count(const oop *fp, const oop *lowest)
{
    const struct code *code = frame_code(fp);
    /* Below the locals lies the spare nil, then the operands. */
    const oop *spare = fp + FRAME_LOCALS - code->local_count;
    size_t operand_count = lowest <= spare ? (size_t)(spare - lowest) : 0;
    return (size_t)code->argument_count + code->local_count + operand_count;
}

static oop *frame_slot(oop *fp, size_t index)
{
    const struct code *code = frame_code(fp);
    size_t temp_count = (size_t)code->argument_count + code->local_count;
    if (index < temp_count)
        return fp + frame_temp_offset(code->argument_count, index);
    return fp + FRAME_LOCALS - code->local_count - 1 - (index - temp_count);
}

oop frame_marry(struct vm *vm, struct stack *stack, oop *fp)
{
    oop context = fp[FRAME_CONTEXT];
    if (!oop_same(context, vm->heap.nil))
        return context;
    const struct code *code = frame_code(fp);
    context = heap_allocate_pointers(&vm->heap, CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE,
                                     SLOT_CONTEXT_FRAME + frame_room(code));
    viv_assert(!oop_is_none(context), "the reserve holds a context");
    object_slot_init(context, SLOT_CONTEXT_SENDER, oop_from_bits((uint64_t)(uintptr_t)fp | 1));
    object_slot_init(context, SLOT_CONTEXT_PC,
                     address_as_oop((void *)(uintptr_t)fp[FRAME_RETURN].bits));
    object_slot_init(context, SLOT_CONTEXT_STACKP, address_as_oop(stack));
    object_slot_init(context, SLOT_CONTEXT_METHOD, code->method);
    object_slot_init(context, SLOT_CONTEXT_CLOSURE, frame_closure(vm, fp));
    object_slot_init(context, SLOT_CONTEXT_RECEIVER, fp[FRAME_RECEIVER]);
    for (size_t i = 0; i < code->argument_count && i < frame_room(code); i++)
        object_slot_init(context, SLOT_CONTEXT_FRAME + i, *frame_slot(fp, i));
    fp[FRAME_CONTEXT] = context;
    stack_note_write(stack, fp);
    fp[FRAME_RETURN].bits = (uint64_t)(uintptr_t)hijack_of(vm, code);
    vm->statistics.contexts_married++;
    return context;
}

/* The frame that fp called, or NULL when fp is the top one. */
static oop *frame_called_by(struct vm *vm, const struct stack *stack, const oop *fp)
{
    oop *at = stack == vm->stack ? vm->fp : stack->fp;
    if (at == fp)
        return NULL;
    while (frame_caller(at) != fp)
        at = frame_caller(at);
    return at;
}

/* One past the lowest operand of the frame that called `called`: the receiver and arguments of a call belong to the callee. */
static oop *operands_below_call(oop *called)
{
    return called + 3 + frame_argument_count(called);
}

static oop *frame_lowest(struct vm *vm, struct stack *stack, const oop *fp)
{
    oop *called = frame_called_by(vm, stack, fp);
    if (called != NULL)
        return operands_below_call(called);
    return stack == vm->stack ? vm->sp : stack->sp;
}

static int64_t frame_pc(const struct vm *vm, const oop *fp)
{
    const struct code *code = frame_code(fp);
    return word_index_to_pc(vm->heap.dialect, code->method, frame_ip(fp) - code->words);
}

/* --- reading and writing contexts ----------------------------------------------------------------------------------------- */

oop context_sender(struct vm *vm, oop context)
{
    if (!context_is_married(context))
        return heap_follow(object_slot(context, SLOT_CONTEXT_SENDER));
    struct stack *stack = context_stack(context);
    oop *caller = frame_caller(context_fp(context));
    return caller == NULL ? heap_follow(stack->base_sender) : frame_marry(vm, stack, caller);
}

size_t context_stack_count(struct vm *vm, oop context)
{
    if (context_is_married(context)) {
        struct stack *stack = context_stack(context);
        oop *fp = context_fp(context);
        return frame_slot_count(fp, frame_lowest(vm, stack, fp));
    }
    oop stackp = object_slot(context, SLOT_CONTEXT_STACKP);
    size_t room = object_slot_count(context) - SLOT_CONTEXT_FRAME;
    if (!oop_is_integer(stackp) || oop_to_integer(stackp) < 0)
        return 0;
    size_t count = (size_t)oop_to_integer(stackp);
    return count < room ? count : room;
}

oop context_fetch(struct vm *vm, oop context, size_t index)
{
    if (!context_is_married(context))
        return object_slot(context, index);
    oop *fp = context_fp(context);
    if (is_block_context(context) && index > SLOT_CONTEXT_STACKP && index < SLOT_CONTEXT_FRAME)
        return object_slot(context, index);
    switch (index) {
    case SLOT_CONTEXT_SENDER:
        return context_sender(vm, context);
    case SLOT_CONTEXT_PC:
        return oop_from_integer(frame_pc(vm, fp));
    case SLOT_CONTEXT_STACKP:
        return oop_from_integer((int64_t)context_stack_count(vm, context));
    case SLOT_CONTEXT_METHOD:
        return frame_code(fp)->method;
    case SLOT_CONTEXT_CLOSURE:
        return frame_closure(vm, fp);
    case SLOT_CONTEXT_RECEIVER:
        return fp[FRAME_RECEIVER];
    default:
        if (index - SLOT_CONTEXT_FRAME < context_stack_count(vm, context))
            return *frame_slot(fp, index - SLOT_CONTEXT_FRAME);
        return vm->heap.nil;
    }
}

void context_store(struct vm *vm, oop context, size_t index, oop value)
{
    if (context_is_married(context)) {
        oop *fp = context_fp(context);
        if (index >= SLOT_CONTEXT_FRAME &&
            index - SLOT_CONTEXT_FRAME < context_stack_count(vm, context)) {
            *frame_slot(fp, index - SLOT_CONTEXT_FRAME) = value;
            stack_note_write(context_stack(context), fp);
            return;
        }
        struct stack *stack = context_stack(context);
        if (stack == vm->stack)
            stack_flush_running(vm);
        else
            stack_flush(vm, stack);
    }
    heap_store(&vm->heap, context, index, value);
}

/* What a dead context keeps: its arguments, and for old blocks its temporaries, too. */
static size_t keep_temporaries(struct vm *vm, oop context)
{
    if (is_block_context(context))
        return 0;
    size_t argument_count = (size_t)(code_header(object_slot(context, SLOT_CONTEXT_METHOD)) >>
                                     CODE_HEADER_ARGUMENT_SHIFT) &
                            15;
    if (!context_is_married(context))
        return argument_count;
    oop *fp = context_fp(context);
    const struct code *code = frame_code(fp);
    if ((code->flags & CODE_HAS_OLD_BLOCKS) == 0)
        return argument_count;
    size_t count = (size_t)code->argument_count + code->local_count;
    for (size_t i = 0; i < count; i++)
        heap_store(&vm->heap, context, SLOT_CONTEXT_FRAME + i, *frame_slot(fp, i));
    return count;
}

void context_kill(struct vm *vm, oop context)
{
    size_t kept = keep_temporaries(vm, context);
    object_slot_init(context, SLOT_CONTEXT_SENDER, vm->heap.nil);
    object_slot_init(context, SLOT_CONTEXT_PC, vm->heap.nil);
    object_slot_init(context, SLOT_CONTEXT_STACKP, oop_from_integer((int64_t)kept));
}

void home_temp_store(struct vm *vm, oop home, int32_t packed, oop value)
{
    if (!context_is_married(home)) {
        heap_store(&vm->heap, home, home_temp_slot(packed), value);
        return;
    }
    oop *fp = context_fp(home);
    fp[home_temp_frame_offset(packed)] = value;
    stack_note_write(context_stack(home), fp);
}

/* --- flushing --------------------------------------------------------------------------------------------------------------- */

/* Writes everything a frame holds into its context, which is then a heap context but for its sender. */
static void move_to_context(struct vm *vm, oop *fp, oop *lowest)
{
    oop context = fp[FRAME_CONTEXT];
    struct heap *heap = &vm->heap;
    size_t count = frame_slot_count(fp, lowest);
    size_t room = object_slot_count(context) - SLOT_CONTEXT_FRAME;
    viv_assert(count <= room, "a frame fits in its context");
    for (size_t i = 0; i < count; i++)
        heap_store(heap, context, SLOT_CONTEXT_FRAME + i, *frame_slot(fp, i));
    for (size_t i = count; i < room; i++)
        object_slot_init(context, SLOT_CONTEXT_FRAME + i, heap->nil);
    if (!is_block_context(context)) {
        heap_store(heap, context, SLOT_CONTEXT_METHOD, frame_code(fp)->method);
        heap_store(heap, context, SLOT_CONTEXT_CLOSURE, frame_closure(vm, fp));
        heap_store(heap, context, SLOT_CONTEXT_RECEIVER, fp[FRAME_RECEIVER]);
    }
    object_slot_init(context, SLOT_CONTEXT_PC, oop_from_integer(frame_pc(vm, fp)));
    object_slot_init(context, SLOT_CONTEXT_STACKP, oop_from_integer((int64_t)count));
}

oop stack_flush(struct vm *vm, struct stack *stack)
{
    oop *fp = stack == vm->stack ? vm->fp : stack->fp;
    oop *lowest = stack == vm->stack ? vm->sp : stack->sp;
    if (fp == NULL)
        return stack->base_sender;
    oop top = frame_marry(vm, stack, fp);
    while (fp != NULL) {
        oop *caller = frame_caller(fp);
        oop context = frame_marry(vm, stack, fp);
        oop sender = caller == NULL ? stack->base_sender : frame_marry(vm, stack, caller);
        oop *next_lowest = operands_below_call(fp);
        move_to_context(vm, fp, lowest);
        heap_store(&vm->heap, context, SLOT_CONTEXT_SENDER, sender);
        lowest = next_lowest;
        fp = caller;
    }
    if (stack == vm->stack) {
        vm->stack = NULL;
        vm->fp = NULL;
    }
    stack->fp = NULL;
    stack->sp = stack->limit;
    stack_free(vm, stack);
    vm->statistics.stack_flushes++;
    return top;
}

/* The frame that runs alone on its stack was a part of what is counted in `below`. */
static void take_depth_below(struct vm *vm, size_t below, size_t told_at)
{
    size_t used = (size_t)(vm->stack->limit - vm->sp);
    vm->stack->below = below > used ? below - used : 0;
    vm->stack->told_at = told_at;
}

void stack_flush_running(struct vm *vm)
{
    size_t below = vm->stack->below + (size_t)(vm->stack->limit - vm->sp);
    size_t told_at = vm->stack->told_at;
    oop top = stack_flush(vm, vm->stack);
    bool resumed = frame_resume_context(vm, top);
    viv_assert(resumed, "a context that was running can be resumed");
    take_depth_below(vm, below, told_at);
}

oop stack_flush_all(struct vm *vm)
{
    while (vm->stacks.first != NULL && vm->stacks.first != vm->stack)
        stack_flush(vm, vm->stacks.first);
    if (vm->stack != NULL)
        while (vm->stack->next != NULL)
            stack_flush(vm, vm->stack->next);
    return vm->stack == NULL ? vm->heap.nil : stack_flush(vm, vm->stack);
}

/* --- resuming --------------------------------------------------------------------------------------------------------------- */

/* An instance of the class of full block closures, or of one below it: some images have closures of several kinds. */
static bool is_full_closure(struct vm *vm, oop value)
{
    if (!oop_is_object(value))
        return false;
    oop wanted = heap_class_at(&vm->heap, CLASS_FULL_BLOCK_CLOSURE);
    oop class = heap_class_of(&vm->heap, value);
    for (size_t depth = 0; depth < 100 && !oop_same(class, vm->heap.nil); depth++) {
        if (oop_same(class, wanted))
            return true;
        class = heap_follow(object_slot(class, SLOT_BEHAVIOR_SUPERCLASS));
    }
    return false;
}

/* The code of an old block context, whose home must be the context of a method with as much room as the block has. */
static struct code *block_context_code(struct vm *vm, oop context)
{
    oop home = context_home(context);
    if (oop_is_none(home) || object_slot_count(context) < SLOT_CONTEXT_FRAME)
        return NULL;
    oop method = heap_follow(object_slot(home, SLOT_CONTEXT_METHOD));
    if (!oop_is_object(method) || !format_is_code(object_format(method)) ||
        !context_has_temporaries(home, method))
        return NULL;
    struct code *code = send_code_for_old_blocks(vm, method);
    if (code == NULL)
        heap_exhausted(&vm->heap, "the code of a block context");
    /* One that was never run has its arguments only if it wants none. */
    bool begins = oop_same(object_slot(context, SLOT_CONTEXT_PC),
                           object_slot(context, SLOT_BLOCK_CONTEXT_START_PC));
    bool ready = !begins || oop_same(object_slot(context, SLOT_CONTEXT_STACKP),
                                     object_slot(context, SLOT_BLOCK_CONTEXT_ARGUMENT_COUNT));
    return (code->flags & CODE_OLD_BLOCK) != 0 && ready ? code : NULL;
}

/* The code that a heap context runs; NULL when its fields do not make sense. */
static struct code *context_code(struct vm *vm, oop context)
{
    if (is_block_context(context))
        return block_context_code(vm, context);
    oop method = heap_follow(object_slot(context, SLOT_CONTEXT_METHOD));
    oop closure = heap_follow(object_slot(context, SLOT_CONTEXT_CLOSURE));
    if (!oop_is_object(method) || !format_is_code(object_format(method)))
        return NULL;
    if (oop_is_object(closure) && object_class_index(closure) == CLASS_BLOCK_CLOSURE)
        return send_code_for_embedded(vm, closure);
    struct code *code = send_code_for(vm, method);
    if (code == NULL)
        heap_exhausted(&vm->heap, "the code of a context");
    /* Code of a block finds what it needs in its closure. */
    return (code->flags & CODE_IS_BLOCK) == 0 || is_full_closure(vm, closure) ? code : NULL;
}

static void leave_stack(struct vm *vm)
{
    if (vm->stack == NULL)
        return;
    vm->stack->sp = vm->sp;
    vm->stack->fp = vm->fp;
}

static void run_on_stack(struct vm *vm, struct stack *stack)
{
    leave_stack(vm);
    vm->stack = stack;
    vm->sp = stack->sp;
    vm->fp = stack->fp;
    stack_move_poll_limit(vm);
}

/* Whether pc leads to a word of the code; embedded blocks run in their method's words. */
static bool pc_is_valid(const struct code *code, int64_t word_index)
{
    return word_index >= 0 && (uint64_t)word_index < code->word_count;
}

static void push_frame_of_context(struct vm *vm, oop context, struct code *code, const word *ip)
{
    size_t count = context_stack_count(vm, context);
    size_t argument_count = code->argument_count;
    bool of_block = is_block_context(context);
    oop closure = heap_follow(object_slot(context, SLOT_CONTEXT_CLOSURE));
    oop receiver = heap_follow(object_slot(context_home(context), SLOT_CONTEXT_RECEIVER));
    vm_push(vm, of_block ? context : (code->flags & CODE_IS_BLOCK) != 0 ? closure : receiver);
    for (size_t i = 0; i < argument_count; i++)
        vm_push(vm, heap_follow(object_slot(context, SLOT_CONTEXT_FRAME + i)));
    oop *fp = vm->sp - 2;
    fp[FRAME_RETURN].bits = (uint64_t)(uintptr_t)hijack_of(vm, code);
    fp[FRAME_CALLER].bits = 0;
    fp[FRAME_CODE].bits = (uint64_t)(uintptr_t)code;
    fp[FRAME_CONTEXT] = context;
    frame_set_ip(fp, ip);
    fp[FRAME_RECEIVER] = receiver;
    vm->fp = fp;
    vm->sp = fp + FRAME_RECEIVER;
    size_t temp_count = argument_count + code->local_count;
    for (size_t i = argument_count; i < temp_count; i++)
        vm_push(vm, i < count ? object_slot(context, SLOT_CONTEXT_FRAME + i) : vm->heap.nil);
    vm_push(vm, vm->heap.nil);
    for (size_t i = temp_count; i < count; i++)
        vm_push(vm, object_slot(context, SLOT_CONTEXT_FRAME + i));
    /* From here on the frame has the values: what it forgets must not live on in the context. */
    for (size_t i = argument_count; i < count; i++)
        object_slot_init(context, SLOT_CONTEXT_FRAME + i, vm->heap.nil);
}

bool frame_resume_context(struct vm *vm, oop context)
{
    context = heap_follow(context);
    if (!oop_is_context(context))
        return false;
    if (context_is_married(context)) {
        struct stack *stack = context_stack(context);
        if (stack->fp == context_fp(context) && stack != vm->stack) {
            run_on_stack(vm, stack);
            return true;
        }
        /* Not the top frame of its stack: what is above it is cut off from it, but lives on as contexts. */
        stack_flush(vm, stack);
    }
    struct code *code = context_code(vm, context);
    oop pc = object_slot(context, SLOT_CONTEXT_PC);
    if (code == NULL || !oop_is_integer(pc))
        return false;
    int64_t word_index = pc_to_word_index(vm->heap.dialect, code->method, oop_to_integer(pc));
    if (!pc_is_valid(code, word_index))
        return false;
    struct stack *stack = stack_new(vm);
    run_on_stack(vm, stack);
    stack->base_sender = object_slot(context, SLOT_CONTEXT_SENDER);
    push_frame_of_context(vm, context, code, code->words + word_index);
    struct heap *heap = &vm->heap;
    (void)heap;
    object_slot_init(context, SLOT_CONTEXT_SENDER, oop_from_bits((uint64_t)(uintptr_t)vm->fp | 1));
    object_slot_init(context, SLOT_CONTEXT_PC,
                     address_as_oop(vm->handlers->entries[OP_base_return]));
    object_slot_init(context, SLOT_CONTEXT_STACKP, address_as_oop(stack));
    return true;
}

/* Undoes a return from the base frame, so that its context can be told that it cannot return. */
static oop revive_base_frame(struct vm *vm, oop *returned)
{
    struct stack *stack = vm->stack;
    vm->fp = returned;
    oop context = returned[FRAME_CONTEXT];
    const struct code *code = frame_code(returned);
    vm->sp = returned + FRAME_LOCALS - code->local_count;
    *vm->sp = vm->heap.nil;
    if (oop_same(context, vm->heap.nil))
        return frame_marry(vm, stack, returned);
    object_slot_init(context, SLOT_CONTEXT_SENDER,
                     oop_from_bits((uint64_t)(uintptr_t)returned | 1));
    object_slot_init(context, SLOT_CONTEXT_PC,
                     address_as_oop(vm->handlers->entries[OP_base_return]));
    object_slot_init(context, SLOT_CONTEXT_STACKP, address_as_oop(stack));
    return context;
}

/* Images jump to a context by taking the last value off it and returning that to it. Where it has no operands that is its last
 * temporary, which gets the value back; the instruction that drops what was sent for has the operand. */
static void give_back_temporary(struct vm *vm, size_t count, oop value)
{
    const struct code *code = frame_code(vm->fp);
    if (count < (size_t)code->argument_count + code->local_count)
        vm->fp[frame_temp_offset(code->argument_count, count)] = value;
}

void frame_base_return(struct vm *vm, oop *returned, oop value)
{
    struct stack *stack = vm->stack;
    oop sender = heap_follow(stack->base_sender);
    /* A process may ask the VM to stop and return before the next poll: nothing goes on then. */
    if (atomic_load(&vm->requests.stop)) {
        poll_requests(vm);
        return;
    }
    vm->fp = NULL;
    vm->sp = stack->limit;
    bool usable = oop_is_context(sender) && (context_is_married(sender) ||
                                             oop_is_integer(object_slot(sender, SLOT_CONTEXT_PC)));
    if (usable && !(context_is_married(sender) && context_stack(sender) == stack)) {
        /* The emptied stack is given back first: the sender usually takes it over. */
        size_t below = stack->below;
        size_t told_at = stack->told_at;
        bool married = context_is_married(sender);
        size_t count = married ? SIZE_MAX : context_stack_count(vm, sender);
        vm->stack = NULL;
        stack_free(vm, stack);
        if (frame_resume_context(vm, sender)) {
            if (!married)
                take_depth_below(vm, below, told_at);
            give_back_temporary(vm, count, value);
            vm_push(vm, value);
            return;
        }
        viv_assert(vm->stack == NULL, "nothing runs after a failed resumption");
        stack = stack_new(vm);
        vm->stack = stack;
        vm->sp = stack->limit;
        send_lost_process(vm);
        return;
    }
    oop context = revive_base_frame(vm, returned);
    send_cannot_return(vm, context, value);
}

/* Where a call made by C returns to in the frame at vm->fp: compiled code if there is some, else the interpreter. */
static uint64_t return_address_for_call(const struct vm *vm)
{
    uint32_t native = vm->fp == NULL ? 0 : code_native_at(frame_code(vm->fp), frame_ip(vm->fp));
    return native != 0 ? native : (uint64_t)(uintptr_t)vm->handlers->entries[OP_resume];
}

/* Calls that C makes count as others do. */
static void count_call(struct vm *vm, struct code *code)
{
    struct code *owner = code_owner(code);
    if (vm->tier.compile != NULL && ++owner->counter >= 0)
        vm->tier.compile(vm, owner);
}

void frame_activate_block(struct vm *vm, struct code *code, oop block, const oop *arguments,
                          size_t argument_count)
{
    count_call(vm, code);
    oop *fp = vm->sp - 2;
    int64_t start = oop_to_integer(object_slot(block, SLOT_BLOCK_CONTEXT_START_PC));
    fp[FRAME_RETURN].bits = (uint64_t)(uintptr_t)vm->handlers->entries[OP_hijack_return];
    fp[FRAME_CALLER].bits = (uint64_t)(uintptr_t)vm->fp;
    fp[FRAME_CODE].bits = (uint64_t)(uintptr_t)code;
    fp[FRAME_CONTEXT] = block;
    frame_set_ip(fp, code->words + pc_to_word_index(vm->heap.dialect, code->method, start));
    fp[FRAME_RECEIVER] = heap_follow(object_slot(context_home(block), SLOT_CONTEXT_RECEIVER));
    object_slot_init(block, SLOT_CONTEXT_SENDER, oop_from_bits((uint64_t)(uintptr_t)fp | 1));
    object_slot_init(block, SLOT_CONTEXT_PC,
                     oop_from_bits(return_address_for_call(vm) << 3 | TAG_INTEGER));
    object_slot_init(block, SLOT_CONTEXT_STACKP, address_as_oop(vm->stack));
    vm->fp = fp;
    vm->sp = fp + FRAME_RECEIVER;
    vm_push(vm, vm->heap.nil);
    for (size_t i = 0; i < argument_count; i++)
        vm_push(vm, arguments[i]);
}

void frame_activate(struct vm *vm, struct code *code)
{
    count_call(vm, code);
    size_t argument_count = code->argument_count;
    oop *fp = vm->sp - 2;
    oop receiver = fp[2 + argument_count];
    oop nil = vm->heap.nil;
    fp[FRAME_RETURN].bits = return_address_for_call(vm);
    fp[FRAME_CALLER].bits = (uint64_t)(uintptr_t)vm->fp;
    fp[FRAME_CODE].bits = (uint64_t)(uintptr_t)code;
    fp[FRAME_CONTEXT] = nil;
    frame_set_ip(fp, code->first);
    vm->fp = fp;
    vm->sp = fp + FRAME_RECEIVER;
    size_t copied_count = 0;
    if ((code->flags & CODE_IS_BLOCK) == 0) {
        fp[FRAME_RECEIVER] = receiver;
    } else {
        bool embedded = (code->flags & CODE_IS_EMBEDDED) != 0;
        size_t first = embedded ? SLOT_CLOSURE_COPIED : SLOT_FULL_CLOSURE_COPIED;
        oop outer = heap_follow(object_slot(receiver, SLOT_CLOSURE_OUTER_CONTEXT));
        fp[FRAME_RECEIVER] =
            heap_follow(embedded ? object_slot(outer, SLOT_CONTEXT_RECEIVER)
                                 : object_slot(receiver, SLOT_FULL_CLOSURE_RECEIVER));
        copied_count = object_slot_count(receiver) - first;
        if (copied_count > code->local_count)
            copied_count = code->local_count;
        for (size_t i = 0; i < copied_count; i++)
            vm_push(vm, object_slot(receiver, first + i));
    }
    for (size_t i = copied_count; i < code->local_count; i++)
        vm_push(vm, nil);
    vm_push(vm, nil);
}
