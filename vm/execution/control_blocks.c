/*
 * Old block contexts, as Smalltalk-80 and Squeak before closures have them (Blue Book, chapters 27 to 29). A block context is made
 * by blockCopy:, knows where its bytecodes begin in the method of its home, and keeps all its temporaries there; it has operands of
 * its own only. Running one gives it a frame that is married to it from the start; it can run once at a time.
 */
#include "vm/execution/control.h"

#include "vm/code/verify.h"
#include "vm/execution/control_internal.h"
#include "vm/execution/send.h"

/* The bytecode behind the running frame's ip is a jump over a block with that many arguments: the block begins behind it. */
static bool block_starts_behind(const oop *fp, int64_t argument_count, int64_t *start_word)
{
    const struct code *code = frame_code(fp);
    int64_t at = frame_ip(fp) - code->words;
    if (at < 0 || (uint64_t)at + 2 >= code->word_count)
        return false;
    *start_word = at + 2;
    return code->words[at + 1].argument == (int32_t)(BLOCK_MARK | argument_count);
}

/* aContext blockCopy: numberOfArguments */
prim_result control_block_copy(struct vm *vm, size_t argument_count)
{
    oop context = heap_follow(vm->sp[1]);
    oop block_arguments = vm->sp[0];
    int64_t start_word;
    if (argument_count != 1 || !oop_is_context(context))
        return PRIM_BAD_RECEIVER;
    oop home = context_home(context);
    if (oop_is_none(home))
        return PRIM_BAD_RECEIVER;
    oop method = heap_follow(object_slot(home, SLOT_CONTEXT_METHOD));
    if (!oop_is_integer(block_arguments) || oop_to_integer(block_arguments) < 0 ||
        !oop_same(frame_code(vm->fp)->method, method) ||
        !block_starts_behind(vm->fp, oop_to_integer(block_arguments), &start_word))
        return PRIM_BAD_ARGUMENT;
    oop block = heap_allocate_pointers(&vm->heap, CLASS_BLOCK_CONTEXT, FORMAT_FIXED_INDEXABLE,
                                       object_slot_count(home));
    if (oop_is_none(block))
        return PRIM_NO_MEMORY;
    int64_t start = word_index_to_pc(vm->heap.dialect, method, start_word);
    object_slot_init(block, SLOT_CONTEXT_PC, oop_from_integer(start));
    object_slot_init(block, SLOT_CONTEXT_STACKP, oop_from_integer(0));
    heap_store(&vm->heap, block, SLOT_BLOCK_CONTEXT_ARGUMENT_COUNT, block_arguments);
    heap_store(&vm->heap, block, SLOT_BLOCK_CONTEXT_START_PC, oop_from_integer(start));
    heap_store(&vm->heap, block, SLOT_BLOCK_CONTEXT_HOME, home);
    return pop_and_answer(vm, 1, block);
}

/* Whether the block's bytecodes begin where it says, with that many arguments: they may have been stored by anybody. */
static bool start_is_sound(const struct vm *vm, const struct code *code, oop start_pc,
                           size_t argument_count)
{
    if (!oop_is_integer(start_pc))
        return false;
    int64_t at = pc_to_word_index(vm->heap.dialect, code->method, oop_to_integer(start_pc));
    return at >= 2 && (uint64_t)at < code->word_count &&
           code->words[at - 1].argument == (int32_t)(BLOCK_MARK | (int32_t)argument_count);
}

/* The code of a block that can run now with so many arguments, or NULL. */
static struct code *runnable_code(struct vm *vm, oop block, size_t argument_count)
{
    if (!oop_is_object(block) || object_class_index(block) != CLASS_BLOCK_CONTEXT ||
        object_slot_count(block) < SLOT_CONTEXT_FRAME + argument_count ||
        context_is_married(block) ||
        !oop_same(object_slot(block, SLOT_BLOCK_CONTEXT_ARGUMENT_COUNT),
                  oop_from_integer((int64_t)argument_count)))
        return NULL;
    /* Smalltalk-80 leaves the caller in blocks that a ^ has left. */
    if (vm->heap.dialect == DIALECT_V3 &&
        !oop_same(heap_follow(object_slot(block, SLOT_CONTEXT_SENDER)), vm->heap.nil))
        return NULL;
    oop home = context_home(block);
    if (oop_is_none(home) || object_slot_count(block) < object_slot_count(home))
        return NULL;
    oop method = heap_follow(object_slot(home, SLOT_CONTEXT_METHOD));
    if (!oop_is_code(method) || !context_has_temporaries(home, method))
        return NULL;
    struct code *code = send_code_for_old_blocks(vm, method);
    bool sound =
        code != NULL && (code->flags & CODE_OLD_BLOCK) != 0 &&
        start_is_sound(vm, code, object_slot(block, SLOT_BLOCK_CONTEXT_START_PC), argument_count);
    return sound ? code : NULL;
}

/* aBlockContext value, value:, ... */
prim_result control_block_value(struct vm *vm, size_t argument_count)
{
    oop arguments[OLD_BLOCK_ARGUMENTS_MAX];
    oop block = heap_follow(vm->sp[argument_count]);
    if (argument_count > OLD_BLOCK_ARGUMENTS_MAX)
        return PRIM_BAD_ARGUMENT_COUNT;
    struct code *code = runnable_code(vm, block, argument_count);
    if (code == NULL)
        return PRIM_BAD_ARGUMENT_COUNT;
    for (size_t i = 0; i < argument_count; i++)
        arguments[i] = vm->sp[argument_count - 1 - i];
    vm->sp += argument_count;
    *vm->sp = block;
    frame_activate_block(vm, code, block, arguments, argument_count);
    return PRIM_OK;
}

/* aBlockContext valueWithArguments: anArray */
prim_result control_block_value_with_array(struct vm *vm, size_t argument_count)
{
    oop values[OLD_BLOCK_ARGUMENTS_MAX];
    oop block = heap_follow(vm->sp[1]);
    oop array = heap_follow(vm->sp[0]);
    if (argument_count != 1 || !is_array(array) ||
        object_slot_count(array) > OLD_BLOCK_ARGUMENTS_MAX)
        return PRIM_BAD_ARGUMENT;
    size_t count = object_slot_count(array);
    struct code *code = runnable_code(vm, block, count);
    if (code == NULL)
        return PRIM_BAD_ARGUMENT_COUNT;
    memcpy(values, object_slots(array), count * sizeof(oop));
    vm->sp++;
    *vm->sp = block;
    frame_activate_block(vm, code, block, values, count);
    return PRIM_OK;
}
