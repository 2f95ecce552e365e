/* What the files of control primitives share. Included by them only. */
#ifndef VIV_EXECUTION_CONTROL_INTERNAL_H
#define VIV_EXECUTION_CONTROL_INTERNAL_H

#include "vm/execution/vm_state.h"

static inline prim_result pop_and_answer(struct vm *vm, size_t argument_count, oop value)
{
    vm->sp += argument_count;
    *vm->sp = value;
    return PRIM_OK;
}

static inline bool is_array(oop value)
{
    return oop_is_object(value) && object_class_index(value) == CLASS_ARRAY;
}

/* Whether the class is the ancestor or below it. */
bool control_inherits_from(struct vm *vm, oop class, oop ancestor);

#endif
