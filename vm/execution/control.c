#include "vm/execution/control.h"

#include "vm/base/os.h"
#include "vm/execution/process.h"
#include "vm/execution/send.h"
#include "vm/execution/unwind.h"

static prim_result pop_and_answer(struct vm *vm, size_t argument_count, oop value)
{
    vm->sp += argument_count;
    *vm->sp = value;
    return PRIM_OK;
}

static bool is_array(oop value)
{
    return oop_is_object(value) && object_class_index(value) == CLASS_ARRAY;
}

static bool is_context(oop value)
{
    return oop_is_object(value) && object_class_index(value) == CLASS_CONTEXT;
}

static bool is_method(oop value)
{
    return oop_is_object(value) && format_is_code(object_format(value));
}

/* --- perform ------------------------------------------------------------------------------------------------------------------ */

static size_t method_argument_count(oop method)
{
    return (size_t)(code_header(method) >> CODE_HEADER_ARGUMENT_SHIFT) & 15;
}

/* The method for a performed selector takes argument_count arguments; a selector nobody understands is sent all the same. nil
 * marks the free places of method dictionaries and is no selector. */
static bool arity_fits(struct vm *vm, oop receiver, oop selector, size_t argument_count)
{
    if (oop_same(selector, vm->heap.nil))
        return false;
    oop method = lookup_method(vm, heap_class_of(&vm->heap, receiver), selector);
    return oop_is_none(method) || !is_method(method) ||
           method_argument_count(method) == argument_count;
}

prim_result control_perform(struct vm *vm, size_t argument_count)
{
    if (argument_count == 0)
        return PRIM_BAD_ARGUMENT_COUNT;
    oop selector = heap_follow(vm->sp[argument_count - 1]);
    oop receiver = heap_follow(vm->sp[argument_count]);
    if (!arity_fits(vm, receiver, selector, argument_count - 1))
        return PRIM_BAD_ARGUMENT_COUNT;
    for (size_t i = argument_count - 1; i > 0; i--)
        vm->sp[i] = vm->sp[i - 1];
    vm->sp++;
    send_message(vm, selector, argument_count - 1);
    return PRIM_OK;
}

/* Replaces `argument_count` arguments by the elements of array. */
static void spread_arguments(struct vm *vm, size_t argument_count, oop array)
{
    size_t count = object_slot_count(array);
    vm->sp += argument_count;
    for (size_t i = 0; i < count; i++)
        vm_push(vm, object_slot(array, i));
}

/* Enough operands fit into every frame: contexts have room for no more than a large frame. */
static bool spread_fits(oop array)
{
    return object_slot_count(array) <= 15;
}

prim_result control_perform_with_arguments(struct vm *vm, size_t argument_count)
{
    if (argument_count != 2)
        return PRIM_BAD_ARGUMENT_COUNT;
    oop selector = heap_follow(vm->sp[1]);
    oop arguments = heap_follow(vm->sp[0]);
    oop receiver = heap_follow(vm->sp[2]);
    if (!is_array(arguments))
        return PRIM_BAD_ARGUMENT;
    size_t count = object_slot_count(arguments);
    if (!spread_fits(arguments) || !arity_fits(vm, receiver, selector, count))
        return PRIM_BAD_ARGUMENT_COUNT;
    spread_arguments(vm, 2, arguments);
    send_message(vm, selector, count);
    return PRIM_OK;
}

static bool inherits_from(struct vm *vm, oop class, oop ancestor)
{
    for (size_t depth = 0; depth < 100000 && !oop_same(class, vm->heap.nil); depth++) {
        if (oop_same(class, ancestor))
            return true;
        class = heap_follow(object_slot(class, SLOT_BEHAVIOR_SUPERCLASS));
    }
    return false;
}

prim_result control_perform_in_superclass(struct vm *vm, size_t argument_count)
{
    if (argument_count != 3)
        return PRIM_BAD_ARGUMENT_COUNT;
    oop selector = heap_follow(vm->sp[2]);
    oop arguments = heap_follow(vm->sp[1]);
    oop class = heap_follow(vm->sp[0]);
    oop receiver = heap_follow(vm->sp[3]);
    if (!is_array(arguments) || !spread_fits(arguments) || !oop_is_object(class) ||
        oop_same(selector, vm->heap.nil) ||
        !inherits_from(vm, heap_class_of(&vm->heap, receiver), class))
        return PRIM_BAD_ARGUMENT;
    oop method = lookup_method(vm, class, selector);
    size_t count = object_slot_count(arguments);
    if (!oop_is_none(method) && (!is_method(method) || method_argument_count(method) != count))
        return PRIM_BAD_ARGUMENT_COUNT;
    spread_arguments(vm, 3, arguments);
    send_message_in_class(vm, class, selector, count);
    return PRIM_OK;
}

static prim_result run_method(struct vm *vm, size_t popped, oop receiver, oop method,
                              const oop *arguments, size_t count)
{
    if (!is_method(method) || method_argument_count(method) != count)
        return PRIM_BAD_METHOD;
    struct code *code = send_code_for(vm, method);
    if (code == NULL || (code->flags & CODE_IS_BLOCK) != 0)
        return PRIM_BAD_METHOD;
    vm->sp += popped + 1;
    vm_push(vm, receiver);
    for (size_t i = 0; i < count; i++)
        vm_push(vm, arguments[i]);
    send_run_code(vm, code);
    return PRIM_OK;
}

/* receiver withArgs: anArray executeMethod: aMethod, and the mirror form with the object as first argument. */
prim_result control_execute_method_array(struct vm *vm, size_t argument_count)
{
    if (argument_count != 2 && argument_count != 3)
        return PRIM_BAD_ARGUMENT_COUNT;
    oop method = heap_follow(vm->sp[0]);
    oop array = heap_follow(vm->sp[1]);
    if (!is_array(array) || !spread_fits(array))
        return PRIM_BAD_ARGUMENT;
    oop arguments[15];
    size_t count = object_slot_count(array);
    memcpy(arguments, object_slots(array), count * sizeof(oop));
    return run_method(vm, argument_count, heap_follow(vm->sp[2]), method, arguments, count);
}

/* receiver with: a … executeMethod: aMethod. */
prim_result control_execute_method(struct vm *vm, size_t argument_count)
{
    if (argument_count == 0 || argument_count > 16)
        return PRIM_BAD_ARGUMENT_COUNT;
    oop arguments[15];
    for (size_t i = 0; i + 1 < argument_count; i++)
        arguments[i] = vm->sp[argument_count - 1 - i];
    return run_method(vm, argument_count, heap_follow(vm->sp[argument_count]),
                      heap_follow(vm->sp[0]), arguments, argument_count - 1);
}

/* --- closures ----------------------------------------------------------------------------------------------------------------- */

/* The code that a closure runs, or NULL when it cannot take argument_count arguments. */
static struct code *closure_code(struct vm *vm, oop closure, size_t argument_count)
{
    if (!oop_is_object(closure))
        return NULL;
    struct code *code = NULL;
    uint32_t class_index = object_class_index(closure);
    size_t slot_count = object_slot_count(closure);
    if (class_index == CLASS_FULL_BLOCK_CLOSURE && slot_count >= SLOT_FULL_CLOSURE_COPIED) {
        oop block = heap_follow(object_slot(closure, SLOT_CLOSURE_CODE));
        if (!is_method(block))
            return NULL;
        code = send_code_for_block(vm, block);
        if (code != NULL && (code->flags & CODE_IS_BLOCK) == 0)
            return NULL;
    } else if (class_index == CLASS_BLOCK_CLOSURE && slot_count >= SLOT_CLOSURE_COPIED) {
        code = send_code_for_embedded(vm, closure);
    }
    return code != NULL && code->argument_count == argument_count ? code : NULL;
}

prim_result control_value(struct vm *vm, size_t argument_count)
{
    oop closure = vm->sp[argument_count] = heap_follow(vm->sp[argument_count]);
    struct code *code = closure_code(vm, closure, argument_count);
    if (code == NULL)
        return PRIM_BAD_ARGUMENT_COUNT;
    frame_activate(vm, code);
    return PRIM_OK;
}

prim_result control_value_with_array(struct vm *vm, size_t argument_count)
{
    if (argument_count != 1)
        return PRIM_BAD_ARGUMENT_COUNT;
    oop closure = vm->sp[1] = heap_follow(vm->sp[1]);
    oop arguments = heap_follow(vm->sp[0]);
    if (!is_array(arguments) || !spread_fits(arguments))
        return PRIM_BAD_ARGUMENT;
    struct code *code = closure_code(vm, closure, object_slot_count(arguments));
    if (code == NULL)
        return PRIM_BAD_ARGUMENT_COUNT;
    spread_arguments(vm, 1, arguments);
    frame_activate(vm, code);
    return PRIM_OK;
}

void closure_push_full(struct vm *vm, oop block, uint32_t packed)
{
    size_t copied_count = packed & 0xFF;
    bool no_outer = (packed & 0x10000) != 0;
    bool receiver_given = (packed & 0x20000) != 0;
    oop closure =
        heap_allocate_pointers(&vm->heap, CLASS_FULL_BLOCK_CLOSURE, FORMAT_FIXED_INDEXABLE,
                               SLOT_FULL_CLOSURE_COPIED + copied_count);
    viv_assert(!oop_is_none(closure), "the reserve holds a closure");
    oop outer = no_outer ? vm->heap.nil : frame_marry(vm, vm->stack, vm->fp);
    object_slot_init(closure, SLOT_CLOSURE_OUTER_CONTEXT, outer);
    object_slot_init(closure, SLOT_CLOSURE_CODE, block);
    object_slot_init(closure, SLOT_CLOSURE_ARGUMENT_COUNT, oop_from_integer((packed >> 8) & 0xFF));
    for (size_t i = copied_count; i > 0; i--)
        object_slot_init(closure, SLOT_FULL_CLOSURE_COPIED + i - 1, *vm->sp++);
    oop receiver = receiver_given ? *vm->sp++ : vm->fp[FRAME_RECEIVER];
    object_slot_init(closure, SLOT_FULL_CLOSURE_RECEIVER, receiver);
    vm_push(vm, closure);
}

void closure_push_embedded(struct vm *vm, uint32_t packed, int32_t start_word)
{
    size_t copied_count = packed & 0xFF;
    const struct code *code = frame_code(vm->fp);
    oop closure = heap_allocate_pointers(&vm->heap, CLASS_BLOCK_CLOSURE, FORMAT_FIXED_INDEXABLE,
                                         SLOT_CLOSURE_COPIED + copied_count);
    viv_assert(!oop_is_none(closure), "the reserve holds a closure");
    object_slot_init(closure, SLOT_CLOSURE_OUTER_CONTEXT, frame_marry(vm, vm->stack, vm->fp));
    object_slot_init(closure, SLOT_CLOSURE_START_PC,
                     oop_from_integer(word_index_to_pc(code->method, start_word)));
    object_slot_init(closure, SLOT_CLOSURE_ARGUMENT_COUNT, oop_from_integer((packed >> 8) & 0xFF));
    for (size_t i = copied_count; i > 0; i--)
        object_slot_init(closure, SLOT_CLOSURE_COPIED + i - 1, *vm->sp++);
    vm_push(vm, closure);
}

/* --- processes ---------------------------------------------------------------------------------------------------------------- */

static bool is_semaphore_like(struct vm *vm, oop value)
{
    return is_semaphore(vm, value) ||
           (oop_is_object(value) && format_is_pointers(object_format(value)) &&
            object_slot_count(value) > SLOT_SEMAPHORE_EXCESS_SIGNALS &&
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
           inherits_from(vm, heap_class_of(&vm->heap, value),
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
        process_leave(vm);
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
    return oop_is_object(value) && format_is_pointers(object_format(value)) &&
           object_slot_count(value) > SLOT_MUTEX_OWNER;
}

prim_result control_exit_critical(struct vm *vm, size_t argument_count)
{
    oop mutex = heap_follow(vm->sp[argument_count]);
    if (argument_count != 0 || !is_mutex(mutex))
        return PRIM_BAD_RECEIVER;
    if (list_is_empty(vm, mutex)) {
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
    int64_t now_ms = (int64_t)(os_utc_us() / 1000 & 0x1FFFFFFF);
    int64_t wait_ms = oop_to_integer(due) - now_ms;
    if (wait_ms < -0x10000000)
        wait_ms += 0x20000000;
    timer_set(vm, semaphore, os_utc_us() + (uint64_t)(wait_ms > 0 ? wait_ms : 0) * 1000);
    return pop_and_answer(vm, argument_count, vm->sp[argument_count]);
}

/* signal: aSemaphore atUTCMicroseconds: since 1901; a receiver that is no semaphore cancels. */
prim_result control_signal_at_us(struct vm *vm, size_t argument_count)
{
    uint64_t due_us = 0;
    if (argument_count != 2 || !oop_as_uint64(vm, vm->sp[0], &due_us))
        return PRIM_BAD_ARGUMENT;
    oop semaphore = heap_follow(vm->sp[1]);
    if (is_semaphore(vm, semaphore))
        timer_set(vm, semaphore, due_us);
    else
        timer_set(vm, vm->heap.nil, 0);
    return pop_and_answer(vm, argument_count, vm->sp[argument_count]);
}

/* The idle process gives the processor back to the host until something happens. */
prim_result control_relinquish(struct vm *vm, size_t argument_count)
{
    vm->sp += argument_count;
    if (!vm->heap.mourners_arrived)
        process_idle(vm, 1000000);
    vm_poll(vm);
    return PRIM_OK;
}

/* --- contexts ----------------------------------------------------------------------------------------------------------------- */

prim_result control_marker(struct vm *vm, size_t argument_count)
{
    (void)vm;
    (void)argument_count;
    return PRIM_FAILED;
}

/* findNextUnwindContextUpTo: aContext */
prim_result control_find_unwind(struct vm *vm, size_t argument_count)
{
    oop context = heap_follow(vm->sp[1]);
    oop limit = heap_follow(vm->sp[0]);
    if (argument_count != 1 || !is_context(context))
        return PRIM_BAD_RECEIVER;
    oop found = unwind_find_marked(vm, context_sender(vm, context), limit, PRIMITIVE_UNWIND_MARKER);
    return pop_and_answer(vm, argument_count, found);
}

/* findNextHandlerContextStarting: from the receiver itself on */
prim_result control_find_handler(struct vm *vm, size_t argument_count)
{
    oop context = heap_follow(vm->sp[0]);
    if (argument_count != 0 || !is_context(context))
        return PRIM_BAD_RECEIVER;
    oop found = unwind_find_marked(vm, context, vm->heap.nil, PRIMITIVE_HANDLER_MARKER);
    return pop_and_answer(vm, argument_count, found);
}

prim_result control_terminate_to(struct vm *vm, size_t argument_count)
{
    oop context = heap_follow(vm->sp[1]);
    oop target = heap_follow(vm->sp[0]);
    if (argument_count != 1 || !is_context(context))
        return PRIM_BAD_RECEIVER;
    vm->sp++;
    unwind_terminate_to(vm, context, target);
    return PRIM_OK;
}

static bool context_index(struct vm *vm, oop context, oop one_based, size_t *index)
{
    if (!oop_is_integer(one_based) || oop_to_integer(one_based) < 1)
        return false;
    *index = (size_t)oop_to_integer(one_based) - 1;
    return *index < context_stack_count(vm, context);
}

prim_result control_context_at(struct vm *vm, size_t argument_count)
{
    oop context = heap_follow(vm->sp[1]);
    size_t index;
    if (argument_count != 1 || !is_context(context))
        return PRIM_BAD_RECEIVER;
    if (!context_index(vm, context, vm->sp[0], &index))
        return PRIM_BAD_INDEX;
    return pop_and_answer(vm, 1, context_fetch(vm, context, SLOT_CONTEXT_FRAME + index));
}

prim_result control_context_at_put(struct vm *vm, size_t argument_count)
{
    oop context = heap_follow(vm->sp[2]);
    size_t index;
    if (argument_count != 2 || !is_context(context))
        return PRIM_BAD_RECEIVER;
    if (!context_index(vm, context, vm->sp[1], &index))
        return PRIM_BAD_INDEX;
    oop value = vm->sp[0];
    context_store(vm, context, SLOT_CONTEXT_FRAME + index, value);
    return pop_and_answer(vm, 2, value);
}

prim_result control_context_size(struct vm *vm, size_t argument_count)
{
    oop context = heap_follow(vm->sp[0]);
    if (argument_count != 0 || !is_context(context))
        return PRIM_BAD_RECEIVER;
    *vm->sp = oop_from_integer((int64_t)context_stack_count(vm, context));
    return PRIM_OK;
}

prim_result control_stackp(struct vm *vm, size_t argument_count)
{
    oop context = heap_follow(vm->sp[1]);
    oop stackp = vm->sp[0];
    if (argument_count != 1 || !is_context(context))
        return PRIM_BAD_RECEIVER;
    size_t room = object_slot_count(context) - SLOT_CONTEXT_FRAME;
    if (!oop_is_integer(stackp) || oop_to_integer(stackp) < 0 ||
        (size_t)oop_to_integer(stackp) > room)
        return PRIM_BAD_ARGUMENT;
    vm->sp++;
    size_t old_count = context_stack_count(vm, context);
    context_store(vm, context, SLOT_CONTEXT_STACKP, stackp);
    if (!context_is_married(context))
        for (size_t i = old_count; i < (size_t)oop_to_integer(stackp); i++)
            object_slot_init(context, SLOT_CONTEXT_FRAME + i, vm->heap.nil);
    return PRIM_OK;
}

static prim_result fetch_slot(struct vm *vm, size_t argument_count, bool fixed_only)
{
    oop object = heap_follow(vm->sp[argument_count == 2 ? 1 : argument_count]);
    oop index = vm->sp[0];
    if ((argument_count != 1 && argument_count != 2) || !oop_is_object(object))
        return PRIM_BAD_RECEIVER;
    if (!oop_is_integer(index) || oop_to_integer(index) < 1)
        return PRIM_BAD_INDEX;
    size_t slot = (size_t)oop_to_integer(index) - 1;
    if (is_context(object)) {
        if (slot >= SLOT_CONTEXT_FRAME + (fixed_only ? 0 : context_stack_count(vm, object)))
            return PRIM_BAD_INDEX;
        return pop_and_answer(vm, argument_count, context_fetch(vm, object, slot));
    }
    if (!format_is_pointers(object_format(object)))
        return PRIM_BAD_RECEIVER;
    if (slot >= (fixed_only ? heap_fixed_slot_count(&vm->heap, object) : object_slot_count(object)))
        return PRIM_BAD_INDEX;
    return pop_and_answer(vm, argument_count, object_slot(object, slot));
}

static prim_result store_slot(struct vm *vm, size_t argument_count, bool fixed_only)
{
    oop object = heap_follow(vm->sp[argument_count == 3 ? 2 : argument_count]);
    oop index = vm->sp[1];
    oop value = vm->sp[0];
    if ((argument_count != 2 && argument_count != 3) || !oop_is_object(object))
        return PRIM_BAD_RECEIVER;
    if (!oop_is_integer(index) || oop_to_integer(index) < 1)
        return PRIM_BAD_INDEX;
    size_t slot = (size_t)oop_to_integer(index) - 1;
    if (object_is_immutable(object))
        return PRIM_NO_MODIFICATION;
    if (is_context(object)) {
        if (slot >= SLOT_CONTEXT_FRAME + (fixed_only ? 0 : context_stack_count(vm, object)))
            return PRIM_BAD_INDEX;
        vm->sp += argument_count;
        *vm->sp = value;
        context_store(vm, object, slot, value);
        return PRIM_OK;
    }
    if (!format_is_pointers(object_format(object)))
        return PRIM_BAD_RECEIVER;
    if (slot >= (fixed_only ? heap_fixed_slot_count(&vm->heap, object) : object_slot_count(object)))
        return PRIM_BAD_INDEX;
    heap_store(&vm->heap, object, slot, value);
    return pop_and_answer(vm, argument_count, value);
}

prim_result control_inst_var_at(struct vm *vm, size_t argument_count)
{
    return fetch_slot(vm, argument_count, true);
}

prim_result control_inst_var_at_put(struct vm *vm, size_t argument_count)
{
    return store_slot(vm, argument_count, true);
}

prim_result control_slot_at(struct vm *vm, size_t argument_count)
{
    return fetch_slot(vm, argument_count, false);
}

prim_result control_slot_at_put(struct vm *vm, size_t argument_count)
{
    return store_slot(vm, argument_count, false);
}

/* Whether the context is married to a frame (bit 0) and has a context for it (bit 1); for listings of the machine's state. */
prim_result control_context_xray(struct vm *vm, size_t argument_count)
{
    oop context = heap_follow(vm->sp[0]);
    if (argument_count != 0 || !is_context(context))
        return PRIM_BAD_RECEIVER;
    *vm->sp = oop_from_integer(context_is_married(context) ? 3 : 0);
    return PRIM_OK;
}

static prim_result copy_context(struct vm *vm, oop context)
{
    struct heap *heap = &vm->heap;
    size_t slot_count = object_slot_count(context);
    oop copy = heap_allocate_pointers(heap, CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE, slot_count);
    if (oop_is_none(copy))
        return PRIM_NO_MEMORY;
    size_t used = SLOT_CONTEXT_FRAME + context_stack_count(vm, context);
    for (size_t i = 0; i < used && i < slot_count; i++)
        heap_store(heap, copy, i, context_fetch(vm, context, i));
    *vm->sp = copy;
    return PRIM_OK;
}

/* Of a context whose frame is alive, the copy holds what the frame does. */
prim_result control_shallow_copy(struct vm *vm, size_t argument_count)
{
    oop object = heap_follow(vm->sp[0]);
    if (argument_count != 0)
        return PRIM_BAD_ARGUMENT_COUNT;
    if (oop_is_immediate(object))
        return PRIM_OK;
    if (is_context(object))
        return copy_context(vm, object);
    oop copy = heap_shallow_copy(&vm->heap, object);
    if (oop_is_none(copy))
        return PRIM_NO_MEMORY;
    *vm->sp = copy;
    return PRIM_OK;
}

/* --- memory ------------------------------------------------------------------------------------------------------------------- */

/* Contexts among the objects must hold their own state before they become something else. */
static void flush_contexts_in(struct vm *vm, oop array)
{
    for (size_t i = 0, count = object_slot_count(array); i < count; i++) {
        oop value = heap_follow(object_slot(array, i));
        if (is_context(value) && context_is_married(value) && context_stack(value) != vm->stack)
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

/* Saves the world: true in the one that wakes up from the file, false in this one. */
prim_result control_snapshot(struct vm *vm, size_t argument_count)
{
    struct status status = {STATUS_OK, ""};
    if (vm->options.save_image == NULL)
        return PRIM_UNSUPPORTED;
    vm->sp += argument_count;
    vm->answer = *vm->sp; /* a root: the receiver moves while the world is saved */
    *vm->sp = vm->heap.true_object;
    oop context = stack_flush_all(vm);
    process_store_active_context(vm, context);
    heap_collect_full(&vm->heap, true);
    bool saved = vm->options.save_image(vm, vm->image_path, &status);
    oop process = process_active(vm);
    context = heap_follow(object_slot(process, SLOT_PROCESS_SUSPENDED_CONTEXT));
    heap_store(&vm->heap, process, SLOT_PROCESS_SUSPENDED_CONTEXT, vm->heap.nil);
    bool resumed = frame_resume_context(vm, context);
    viv_assert(resumed, "the process that saved can go on");
    if (saved) {
        *vm->sp = vm->heap.false_object;
        return PRIM_OK;
    }
    memcpy(vm->save_failure, status.sentence, sizeof vm->save_failure);
    *vm->sp = vm->answer;
    vm->sp -= argument_count;
    for (size_t i = 0; i < argument_count; i++)
        vm->sp[i] = vm->heap.nil;
    return PRIM_OPERATING_SYSTEM_ERROR;
}

/* --- caches ------------------------------------------------------------------------------------------------------------------- */

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

/* --- primitives by number or name ----------------------------------------------------------------------------------------------- */

/* Runs a primitive's row on a receiver and the elements of an array in place of what is on the stack. */
static prim_result try_row(struct vm *vm, const struct primitive *row, size_t popped, oop receiver,
                           oop array)
{
    if (row == NULL)
        return PRIM_NOT_FOUND;
    if (!is_array(array) || !spread_fits(array))
        return PRIM_BAD_ARGUMENT;
    size_t count = object_slot_count(array);
    if (row->argument_count >= 0 && (size_t)row->argument_count != count)
        return PRIM_BAD_ARGUMENT_COUNT;
    /* A control primitive may leave the stack in any state: only functions are run this way. */
    if (row->function == NULL)
        return PRIM_UNSUPPORTED;
    oop *old_sp = vm->sp;
    vm_push(vm, receiver);
    for (size_t i = 0; i < count; i++)
        vm_push(vm, object_slot(array, i));
    prim_call call = {receiver, old_sp - 2, count, NO_OOP};
    prim_result result = row->function(vm, &call);
    vm->sp = old_sp;
    if (result == PRIM_OK)
        return pop_and_answer(vm, popped, vm->answer);
    return result;
}

/* receiver tryPrimitive: number withArgs: anArray */
prim_result control_try_primitive(struct vm *vm, size_t argument_count)
{
    if (argument_count != 2 || !oop_is_integer(vm->sp[1]))
        return PRIM_BAD_ARGUMENT;
    int64_t number = oop_to_integer(vm->sp[1]);
    const struct primitive *row =
        number > 0 && (size_t)number < vm->numbered_count ? vm->numbered[number] : NULL;
    return try_row(vm, row, 2, heap_follow(vm->sp[2]), heap_follow(vm->sp[0]));
}

/* receiver tryNamedPrimitiveIn: aCompiledMethod withArgs: anArray */
prim_result control_try_named_primitive(struct vm *vm, size_t argument_count)
{
    oop method = heap_follow(vm->sp[1]);
    if (argument_count != 2 || !is_method(method))
        return PRIM_BAD_ARGUMENT;
    const struct primitive *row = send_find_primitive(vm, method, 117);
    return try_row(vm, row, 2, heap_follow(vm->sp[2]), heap_follow(vm->sp[0]));
}
