/*
 * Shortcuts: messages that come to the same as one primitive. There is one: a method `^self basicNew initialize`, as `new` is everywhere,
 * where the class's own basicNew makes the instance and initialize of the instance does nothing. Its sends are spared: both have as many
 * receivers as there are classes, so that no cell would know them.
 */
#include "vm/code/bytecodes.h"
#include "vm/execution/send.h"

enum { PRIMITIVE_BASIC_NEW = 70, NEW_BYTES_MAX = 16 };

/* Whether a method does nothing but answer what its receiver answers to a first message is sent a second one; both are in its cells. */
static bool sends_twice(const struct code *code)
{
    static const enum bytecode_operation wanted[] = {BYTECODE_PUSH_SELF, BYTECODE_SEND,
                                                     BYTECODE_SEND, BYTECODE_RETURN_TOP};
    enum bytecode_set set = bytecode_set_of(DIALECT_SPUR, code_header(code->method));
    const uint8_t *bytes = code_bytecodes(code);
    size_t pc = (size_t)(code->first - code->words);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct bytecode bytecode;
        if (pc >= code->word_count || !bytecode_read(set, bytes, pc, code->word_count, &bytecode) ||
            bytecode.operation != wanted[i])
            return false;
        pc += bytecode.size;
    }
    return code->cells[0].argument_count == 0 && code->cells[1].argument_count == 0 &&
           code->cells[0].flags == 0 && code->cells[1].flags == 0;
}

/* The code that a message without arguments runs, which has been translated if need be; NULL where there is none. */
static struct code *code_of_message(struct vm *vm, oop class, oop selector)
{
    struct code *code = NULL;
    return send_find_method_code(vm, lookup_method(vm, class, heap_follow(selector)), &code) &&
                   code != NULL && code->argument_count == 0
               ? code
               : NULL;
}

/* Whether all that has a class is this object: the only instance of a metaclass, and such as classes are. */
static bool is_only_instance(oop class, oop object)
{
    return oop_is_object(object) && oop_same(metaclass_instance(class), object) &&
           format_is_pointers(object_format(object)) &&
           object_slot_count(object) > SLOT_BEHAVIOR_FORMAT;
}

struct code *shortcut_of(struct vm *vm, oop receiver, oop class, const struct code *code)
{
    if (code->entry_kind != CELL_MONO || code->cell_count != 2 || code->argument_count != 0 ||
        code->word_count - (size_t)(code->first - code->words) > NEW_BYTES_MAX ||
        !dialect_is_spur(vm->heap.dialect) || !is_only_instance(class, receiver) ||
        !sends_twice(code))
        return NULL;
    struct code *basic_new = code_of_message(vm, class, code->cells[0].selector);
    if (basic_new == NULL || basic_new->entry_kind != CELL_PRIMITIVE ||
        basic_new->primitive_number != PRIMITIVE_BASIC_NEW)
        return NULL;
    struct code *initialize = code_of_message(vm, receiver, code->cells[1].selector);
    return initialize != NULL && initialize->entry_kind == CELL_SELF ? basic_new : NULL;
}
