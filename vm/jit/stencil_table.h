/* The stencils that the build has cut out, by opcode, and those that begin compiled code. */
#ifndef VIV_JIT_STENCIL_TABLE_H
#define VIV_JIT_STENCIL_TABLE_H

#include "vm/code/code.h"
#include "vm/jit/stencils/stencil.h"

/* Behind the opcodes: stencils that stand for no instruction, or for one in a certain case. */
enum {
    STENCIL_BEFORE_EXTRAS = OP_COUNT - 1,
#define EXTRA(name) STENCIL_##name,
#include "vm/jit/stencils/extra.def"
#undef EXTRA
    STENCIL_POPPING, /* added to any of them: the form that first pops what the one before has left */
    STENCIL_COUNT = 2 * STENCIL_POPPING
};

/* False where this build has no stencils: nothing can be compiled. */
bool stencils_exist(void);
const struct stencil *stencil_at(size_t number);
const uint8_t *stencil_hot_bytes(const struct stencil *stencil);
const uint8_t *stencil_cold_bytes(const struct stencil *stencil);
const struct hole *stencil_first_hole(const struct stencil *stencil);
/* Address of the C function with this number. */
uintptr_t stencil_function(size_t number);

#endif
