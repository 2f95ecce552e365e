/* Control primitives that look into contexts, alive or not, and those of the exception machinery. */
#include "vm/execution/control.h"

#include "vm/execution/control_internal.h"
#include "vm/execution/process.h"
#include "vm/execution/send.h"
#include "vm/execution/unwind.h"

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
    if (argument_count != 1 || !oop_is_context(context))
        return PRIM_BAD_RECEIVER;
    oop found = unwind_find_marked(vm, context_sender(vm, context), limit, PRIMITIVE_UNWIND_MARKER);
    return pop_and_answer(vm, argument_count, found);
}

/* findNextHandlerContextStarting: from the receiver itself on */
prim_result control_find_handler(struct vm *vm, size_t argument_count)
{
    oop context = heap_follow(vm->sp[0]);
    if (argument_count != 0 || !oop_is_context(context))
        return PRIM_BAD_RECEIVER;
    oop found = unwind_find_marked(vm, context, vm->heap.nil, PRIMITIVE_HANDLER_MARKER);
    return pop_and_answer(vm, argument_count, found);
}

prim_result control_terminate_to(struct vm *vm, size_t argument_count)
{
    oop context = heap_follow(vm->sp[1]);
    oop target = heap_follow(vm->sp[0]);
    if (argument_count != 1 || !oop_is_context(context))
        return PRIM_BAD_RECEIVER;
    vm->sp++;
    unwind_terminate_to(vm, context, target);
    return PRIM_OK;
}

/* What asContextWithSender: makes of a full block without arguments; all others are left to the image. */
static bool can_become_context(oop closure, oop sender, oop nil)
{
    if (!oop_has_slots(closure, SLOT_FULL_CLOSURE_COPIED) ||
        object_class_index(closure) != CLASS_FULL_BLOCK_CLOSURE ||
        !oop_same(object_slot(closure, SLOT_CLOSURE_ARGUMENT_COUNT), oop_from_integer(0)) ||
        (!oop_same(sender, nil) && !oop_is_context(sender)))
        return false;
    oop code = heap_follow(object_slot(closure, SLOT_CLOSURE_CODE));
    return oop_is_code(code) && (code_header(code) & CODE_HEADER_HAS_PRIMITIVE) == 0;
}

/* aFullBlockClosure asContextWithSender: aContext */
prim_result control_block_as_context(struct vm *vm, size_t argument_count)
{
    oop closure = heap_follow(vm->sp[1]);
    oop sender = heap_follow(vm->sp[0]);
    if (argument_count != 1 || !can_become_context(closure, sender, vm->heap.nil))
        return PRIM_BAD_RECEIVER;
    oop code = heap_follow(object_slot(closure, SLOT_CLOSURE_CODE));
    int64_t header = code_header(code);
    size_t temp_count = (size_t)(header >> CODE_HEADER_TEMP_SHIFT) & 63;
    size_t copied_count = object_slot_count(closure) - SLOT_FULL_CLOSURE_COPIED;
    size_t room =
        (header & CODE_HEADER_LARGE_FRAME) != 0 ? CONTEXT_LARGE_FRAME : CONTEXT_SMALL_FRAME;
    if (copied_count > temp_count || temp_count > room)
        return PRIM_BAD_RECEIVER;
    oop context = heap_allocate_pointers(&vm->heap, CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE,
                                         SLOT_CONTEXT_FRAME + room);
    if (oop_is_none(context))
        return PRIM_NO_MEMORY;
    heap_store(&vm->heap, context, SLOT_CONTEXT_SENDER, sender);
    heap_store(&vm->heap, context, SLOT_CONTEXT_PC,
               oop_from_integer(word_index_to_pc(vm->heap.dialect, code, 0)));
    heap_store(&vm->heap, context, SLOT_CONTEXT_STACKP, oop_from_integer((int64_t)temp_count));
    heap_store(&vm->heap, context, SLOT_CONTEXT_METHOD, code);
    heap_store(&vm->heap, context, SLOT_CONTEXT_CLOSURE, closure);
    heap_store(&vm->heap, context, SLOT_CONTEXT_RECEIVER,
               object_slot(closure, SLOT_FULL_CLOSURE_RECEIVER));
    for (size_t i = 0; i < copied_count; i++)
        heap_store(&vm->heap, context, SLOT_CONTEXT_FRAME + i,
                   object_slot(closure, SLOT_FULL_CLOSURE_COPIED + i));
    return pop_and_answer(vm, 1, context);
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
    if (argument_count != 1 || !oop_is_context(context))
        return PRIM_BAD_RECEIVER;
    if (!context_index(vm, context, vm->sp[0], &index))
        return PRIM_BAD_INDEX;
    return pop_and_answer(vm, 1, context_fetch(vm, context, SLOT_CONTEXT_FRAME + index));
}

prim_result control_context_at_put(struct vm *vm, size_t argument_count)
{
    oop context = heap_follow(vm->sp[2]);
    size_t index;
    if (argument_count != 2 || !oop_is_context(context))
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
    if (argument_count != 0 || !oop_is_context(context))
        return PRIM_BAD_RECEIVER;
    *vm->sp = oop_from_integer((int64_t)context_stack_count(vm, context));
    return PRIM_OK;
}

prim_result control_stackp(struct vm *vm, size_t argument_count)
{
    oop context = heap_follow(vm->sp[1]);
    oop stackp = vm->sp[0];
    if (argument_count != 1 || !oop_is_context(context))
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
    if (oop_is_context(object)) {
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
    if (oop_is_context(object)) {
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
    if (argument_count != 0 || !oop_is_context(context))
        return PRIM_BAD_RECEIVER;
    *vm->sp = oop_from_integer(context_is_married(context) ? 3 : 0);
    return PRIM_OK;
}

static prim_result copy_context(struct vm *vm, oop context)
{
    struct heap *heap = &vm->heap;
    size_t slot_count = object_slot_count(context);
    oop copy = heap_allocate_pointers(heap, object_class_index(context), FORMAT_FIXED_INDEXABLE,
                                      slot_count);
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
    if (oop_is_context(object))
        return copy_context(vm, object);
    oop copy = heap_shallow_copy(&vm->heap, object);
    if (oop_is_none(copy))
        return PRIM_NO_MEMORY;
    *vm->sp = copy;
    return PRIM_OK;
}
