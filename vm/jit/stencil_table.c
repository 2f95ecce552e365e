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
    NUMBER(enter_method, STENCIL_ENTER_METHOD),
    NUMBER(enter_block, STENCIL_ENTER_BLOCK),
    NUMBER(push_local, STENCIL_PUSH_LOCAL),
    NUMBER(push_2_locals, STENCIL_PUSH_2_LOCALS),
    NUMBER(push_3_locals, STENCIL_PUSH_3_LOCALS),
    NUMBER(push_4_locals, STENCIL_PUSH_4_LOCALS),
    NUMBER(poll, STENCIL_POLL),
    NUMBER(pop_later, STENCIL_POP_LATER),
    NUMBER(pop_later_into_temp, STENCIL_POP_LATER_INTO_TEMP),
    NUMBER(pop_later_into_receiver_variable, STENCIL_POP_LATER_INTO_RECEIVER_VARIABLE),
    NUMBER(interpret, STENCIL_INTERPRET),
    NUMBER(get, STENCIL_GET),
    NUMBER(get_long, STENCIL_GET_LONG),
    NUMBER(get_of_self, STENCIL_GET_OF_SELF),
    NUMBER(get_of_temp, STENCIL_GET_OF_TEMP),
    NUMBER(get_of_variable, STENCIL_GET_OF_VARIABLE),
    NUMBER(send_0_several, STENCIL_SEND_0_SEVERAL),
    NUMBER(send_1_several, STENCIL_SEND_1_SEVERAL),
    NUMBER(send_2_several, STENCIL_SEND_2_SEVERAL),
    NUMBER(send_0_long_several, STENCIL_SEND_0_LONG_SEVERAL),
    NUMBER(send_1_long_several, STENCIL_SEND_1_LONG_SEVERAL),
    NUMBER(send_2_long_several, STENCIL_SEND_2_LONG_SEVERAL),
    NUMBER(push_self_send_0_several, STENCIL_PUSH_SELF_SEND_0_SEVERAL),
    NUMBER(push_temp_send_0_several, STENCIL_PUSH_TEMP_SEND_0_SEVERAL),
    NUMBER(push_receiver_variable_send_0_several, STENCIL_PUSH_RECEIVER_VARIABLE_SEND_0_SEVERAL),
    NUMBER(push_temp_send_1_several, STENCIL_PUSH_TEMP_SEND_1_SEVERAL),
    NUMBER(send_first_add, STENCIL_SEND_FIRST_ADD),
    NUMBER(send_first_subtract, STENCIL_SEND_FIRST_SUBTRACT),
    NUMBER(send_first_multiply, STENCIL_SEND_FIRST_MULTIPLY),
    NUMBER(send_first_divide, STENCIL_SEND_FIRST_DIVIDE),
    NUMBER(send_first_modulo, STENCIL_SEND_FIRST_MODULO),
    NUMBER(send_first_floor_divide, STENCIL_SEND_FIRST_FLOOR_DIVIDE),
    NUMBER(send_first_less, STENCIL_SEND_FIRST_LESS),
    NUMBER(send_first_greater, STENCIL_SEND_FIRST_GREATER),
    NUMBER(send_first_less_equal, STENCIL_SEND_FIRST_LESS_EQUAL),
    NUMBER(send_first_greater_equal, STENCIL_SEND_FIRST_GREATER_EQUAL),
    NUMBER(send_first_equal, STENCIL_SEND_FIRST_EQUAL),
    NUMBER(send_first_not_equal, STENCIL_SEND_FIRST_NOT_EQUAL),
    NUMBER(send_first_at, STENCIL_SEND_FIRST_AT),
    NUMBER(send_first_value_1, STENCIL_SEND_FIRST_VALUE_1),
    NUMBER(send_first_at_put, STENCIL_SEND_FIRST_AT_PUT),
    NUMBER(send_first_size, STENCIL_SEND_FIRST_SIZE),
    NUMBER(send_first_value, STENCIL_SEND_FIRST_VALUE),
    NUMBER(make_number_add, STENCIL_MAKE_NUMBER_ADD),
    NUMBER(make_number_temp_add, STENCIL_MAKE_NUMBER_TEMP_ADD),
    NUMBER(make_number_temp_temp_add, STENCIL_MAKE_NUMBER_TEMP_TEMP_ADD),
    NUMBER(make_number_subtract, STENCIL_MAKE_NUMBER_SUBTRACT),
    NUMBER(make_number_temp_subtract, STENCIL_MAKE_NUMBER_TEMP_SUBTRACT),
    NUMBER(make_number_temp_temp_subtract, STENCIL_MAKE_NUMBER_TEMP_TEMP_SUBTRACT),
    NUMBER(make_number_multiply, STENCIL_MAKE_NUMBER_MULTIPLY),
    NUMBER(make_number_temp_multiply, STENCIL_MAKE_NUMBER_TEMP_MULTIPLY),
    NUMBER(make_number_temp_temp_multiply, STENCIL_MAKE_NUMBER_TEMP_TEMP_MULTIPLY),
    NUMBER(use_number_add, STENCIL_USE_NUMBER_ADD),
    NUMBER(use_number_temp_add, STENCIL_USE_NUMBER_TEMP_ADD),
    NUMBER(use_number_subtract, STENCIL_USE_NUMBER_SUBTRACT),
    NUMBER(use_number_temp_subtract, STENCIL_USE_NUMBER_TEMP_SUBTRACT),
    NUMBER(use_number_multiply, STENCIL_USE_NUMBER_MULTIPLY),
    NUMBER(use_number_temp_multiply, STENCIL_USE_NUMBER_TEMP_MULTIPLY),
    NUMBER(end_number_add, STENCIL_END_NUMBER_ADD),
    NUMBER(end_number_temp_add, STENCIL_END_NUMBER_TEMP_ADD),
    NUMBER(end_number_subtract, STENCIL_END_NUMBER_SUBTRACT),
    NUMBER(end_number_temp_subtract, STENCIL_END_NUMBER_TEMP_SUBTRACT),
    NUMBER(end_number_multiply, STENCIL_END_NUMBER_MULTIPLY),
    NUMBER(end_number_temp_multiply, STENCIL_END_NUMBER_TEMP_MULTIPLY),
    NUMBER(end_number_less, STENCIL_END_NUMBER_LESS),
    NUMBER(end_number_less_2, STENCIL_END_NUMBER_LESS_2),
    NUMBER(end_number_greater, STENCIL_END_NUMBER_GREATER),
    NUMBER(end_number_greater_2, STENCIL_END_NUMBER_GREATER_2),
    NUMBER(end_number_less_equal, STENCIL_END_NUMBER_LESS_EQUAL),
    NUMBER(end_number_less_equal_2, STENCIL_END_NUMBER_LESS_EQUAL_2),
    NUMBER(end_number_greater_equal, STENCIL_END_NUMBER_GREATER_EQUAL),
    NUMBER(end_number_greater_equal_2, STENCIL_END_NUMBER_GREATER_EQUAL_2),
    NUMBER(end_number_equal, STENCIL_END_NUMBER_EQUAL),
    NUMBER(end_number_equal_2, STENCIL_END_NUMBER_EQUAL_2),
    NUMBER(end_number_not_equal, STENCIL_END_NUMBER_NOT_EQUAL),
    NUMBER(end_number_not_equal_2, STENCIL_END_NUMBER_NOT_EQUAL_2)
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
