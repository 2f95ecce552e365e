#include "vm/jit/stencil_table.h"

#ifdef VIV_STENCILS

/* A stencil is found by the name of its instruction, or by its own. */
#define STENCIL(name) STENCIL_NUMBER_##name
#define NUMBER(name, number)                                                                       \
    STENCIL_NUMBER_##name = (number), STENCIL_NUMBER_popping_##name = STENCIL_POPPING + (number)
enum {
#define OP(name, ...) NUMBER(name, OP_##name),
#define HELPER(name, ...)
#include "vm/code/ops.def"
#undef OP
#undef HELPER
#define EXTRA(name) NUMBER(name, STENCIL_##name),
#include "vm/jit/stencils/extra.def"
#undef EXTRA
};
#include VIV_STENCILS

bool stencils_exist(void)
{
    return true;
}

#else

static const uint8_t stencil_bytes[1];
static const struct hole stencil_holes[1];
static const struct stencil stencils[STENCIL_COUNT];
static char *const stencil_functions[1];

bool stencils_exist(void)
{
    return false;
}

#endif

const struct stencil *stencil_at(size_t number)
{
    return &stencils[number];
}

const uint8_t *stencil_hot_bytes(const struct stencil *stencil)
{
    return stencil_bytes + stencil->bytes;
}

const uint8_t *stencil_cold_bytes(const struct stencil *stencil)
{
    return stencil_bytes + stencil->bytes + stencil->hot_size;
}

const struct hole *stencil_first_hole(const struct stencil *stencil)
{
    return &stencil_holes[stencil->holes];
}

uintptr_t stencil_function(size_t number)
{
    return (uintptr_t)stencil_functions[number];
}
