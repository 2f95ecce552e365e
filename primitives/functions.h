/*
 * The functions of all rows of primitives.def, declared: each file that defines some includes this, and the table is made of
 * them.
 */
#ifndef VIV_PRIMITIVES_FUNCTIONS_H
#define VIV_PRIMITIVES_FUNCTIONS_H

#include "vm/primitive.h"

#define PRIM(number, function, argument_count, usage, sentence)                                    \
    prim_result function(struct vm *vm, const prim_call *call);
#define NAMED(module, name, function, argument_count, usage, sentence)                             \
    prim_result function(struct vm *vm, const prim_call *call);
#define CONTROL(number, function, argument_count, usage, sentence)
#define NAMED_CONTROL(module, name, function, argument_count, usage, sentence)
#include "primitives/primitives.def"
#undef NAMED_CONTROL
#undef PRIM
#undef NAMED
#undef CONTROL

#endif
