#include "vm/jit/stencil_table.h"

#ifdef VIV_STENCILS

/* A stencil is found by the name of its instruction, or by its own. */
#define STENCIL(name) STENCIL_NUMBER_##name
enum {
#define OP(name, ...) STENCIL_NUMBER_##name = OP_##name,
#define HELPER(name, ...)
#include "vm/code/ops.def"
#undef OP
#undef HELPER
    STENCIL_NUMBER_enter_method = STENCIL_ENTER_METHOD,
    STENCIL_NUMBER_enter_block = STENCIL_ENTER_BLOCK,
    STENCIL_NUMBER_push_local = STENCIL_PUSH_LOCAL,
    STENCIL_NUMBER_poll = STENCIL_POLL,
    STENCIL_NUMBER_interpret = STENCIL_INTERPRET,
    STENCIL_NUMBER_get = STENCIL_GET,
    STENCIL_NUMBER_get_long = STENCIL_GET_LONG,
    STENCIL_NUMBER_get_of_self = STENCIL_GET_OF_SELF,
    STENCIL_NUMBER_get_of_temp = STENCIL_GET_OF_TEMP,
    STENCIL_NUMBER_get_of_variable = STENCIL_GET_OF_VARIABLE
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
