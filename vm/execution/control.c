#include "vm/execution/control.h"

#include "vm/code/verify.h"
#include "vm/execution/control_internal.h"
#include "vm/execution/process.h"
#include "vm/execution/send.h"
#include "vm/execution/unwind.h"

/* --- perform ---------------------------------------------------------------------------------- */

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
    return oop_is_none(method) || !oop_is_code(method) ||
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

bool control_inherits_from(struct vm *vm, oop class, oop ancestor)
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
        !control_inherits_from(vm, heap_class_of(&vm->heap, receiver), class))
        return PRIM_BAD_ARGUMENT;
    oop method = lookup_method(vm, class, selector);
    size_t count = object_slot_count(arguments);
    if (!oop_is_none(method) && (!oop_is_code(method) || method_argument_count(method) != count))
        return PRIM_BAD_ARGUMENT_COUNT;
    spread_arguments(vm, 3, arguments);
    send_message_in_class(vm, class, selector, count);
    return PRIM_OK;
}

static prim_result run_method(struct vm *vm, size_t popped, oop receiver, oop method,
                              const oop *arguments, size_t count)
{
    if (!oop_is_code(method) || method_argument_count(method) != count)
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

/* --- closures --------------------------------------------------------------------------------- */

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
        if (!oop_is_code(block))
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
    object_slot_init(
        closure, SLOT_CLOSURE_START_PC,
        oop_from_integer(word_index_to_pc(vm->heap.dialect, code->method, start_word)));
    object_slot_init(closure, SLOT_CLOSURE_ARGUMENT_COUNT, oop_from_integer((packed >> 8) & 0xFF));
    for (size_t i = copied_count; i > 0; i--)
        object_slot_init(closure, SLOT_CLOSURE_COPIED + i - 1, *vm->sp++);
    vm_push(vm, closure);
}

/* --- primitives by number or name ------------------------------------------------------------- */

/* Control primitives that answer, or fail and leave everything as it was: they build no frame and end no process, so that they can
 * be run in place of a method. */
static bool control_answers(int number)
{
    switch (number) {
    case 73:  /* instVarAt: */
    case 74:  /* instVarAt:put: */
    case 76:  /* stackp: */
    case 148: /* shallowCopy */
    case 173: /* slotAt: */
    case 174: /* slotAt:put: */
    case 210: /* at: of contexts */
    case 211: /* at:put: of contexts */
    case 212: /* size of contexts */
    case 213: /* xray */
        return true;
    default:
        return false;
    }
}

/* A control primitive may move the stack: places on it are counted from its top. */
static prim_result try_control(struct vm *vm, const struct primitive *row, size_t popped,
                               oop receiver, oop array)
{
    size_t count = object_slot_count(array);
    vm_push(vm, receiver);
    for (size_t i = 0; i < count; i++)
        vm_push(vm, object_slot(array, i));
    prim_result result = row->control(vm, count);
    if (result != PRIM_OK) {
        vm->sp += count + 1;
        return result;
    }
    oop value = *vm->sp++;
    return pop_and_answer(vm, popped, value);
}

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
    if (row->function == NULL)
        return control_answers(row->number) ? try_control(vm, row, popped, receiver, array)
                                            : PRIM_UNSUPPORTED;
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

/* What the quick primitives answer, which need no row: the receiver, a constant, one of its variables. */
static prim_result try_quick(struct vm *vm, unsigned number, oop receiver)
{
    const struct heap *heap = &vm->heap;
    const oop constants[] = {receiver,
                             heap->true_object,
                             heap->false_object,
                             heap->nil,
                             oop_from_integer(-1),
                             oop_from_integer(0),
                             oop_from_integer(1),
                             oop_from_integer(2)};
    if (number < QUICK_VARIABLE_FIRST)
        return pop_and_answer(vm, 2, constants[number - QUICK_FIRST]);
    size_t slot = number - QUICK_VARIABLE_FIRST;
    if (oop_is_context(receiver) && slot < SLOT_CONTEXT_FRAME)
        return pop_and_answer(vm, 2, context_fetch(vm, receiver, slot));
    if (!oop_has_slots(receiver, slot + 1))
        return PRIM_BAD_RECEIVER;
    return pop_and_answer(vm, 2, object_slot(receiver, slot));
}

/* receiver tryPrimitive: number withArgs: anArray */
prim_result control_try_primitive(struct vm *vm, size_t argument_count)
{
    if (argument_count != 2 || !oop_is_integer(vm->sp[1]))
        return PRIM_BAD_ARGUMENT;
    int64_t number = oop_to_integer(vm->sp[1]);
    oop array = heap_follow(vm->sp[0]);
    if (number >= QUICK_FIRST && number < QUICK_LIMIT) {
        bool empty = is_array(array) && object_slot_count(array) == 0;
        return empty ? try_quick(vm, (unsigned)number, heap_follow(vm->sp[2]))
                     : PRIM_BAD_ARGUMENT_COUNT;
    }
    const struct primitive *row =
        number > 0 && (size_t)number < vm->numbered_count ? vm->numbered[number] : NULL;
    return try_row(vm, row, 2, heap_follow(vm->sp[2]), array);
}

/* receiver tryNamedPrimitiveIn: aCompiledMethod withArgs: anArray */
prim_result control_try_named_primitive(struct vm *vm, size_t argument_count)
{
    oop method = heap_follow(vm->sp[1]);
    if (argument_count != 2 || !oop_is_code(method))
        return PRIM_BAD_ARGUMENT;
    const struct primitive *row = send_find_primitive(vm, method, 117);
    return try_row(vm, row, 2, heap_follow(vm->sp[2]), heap_follow(vm->sp[0]));
}
