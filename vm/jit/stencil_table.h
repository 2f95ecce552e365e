/* The stencils that the build has cut out, by opcode, and those that begin compiled code. */
#ifndef VIV_JIT_STENCIL_TABLE_H
#define VIV_JIT_STENCIL_TABLE_H

#include "vm/code/code.h"
#include "vm/jit/stencils/stencil.h"

/* Behind the opcodes: stencils that stand for no instruction, or for one in a certain case. */
enum {
    STENCIL_ENTER_METHOD = OP_COUNT,
    STENCIL_ENTER_BLOCK,
    STENCIL_PUSH_LOCAL,
    STENCIL_PUSH_2_LOCALS,
    STENCIL_PUSH_3_LOCALS,
    STENCIL_PUSH_4_LOCALS,
    STENCIL_POLL,
    STENCIL_POP_LATER, /* those that leave their pop to the next one */
    STENCIL_POP_LATER_INTO_TEMP,
    STENCIL_POP_LATER_INTO_RECEIVER_VARIABLE,
    STENCIL_INTERPRET,
    STENCIL_GET, /* sends whose cell holds a getter */
    STENCIL_GET_LONG,
    STENCIL_GET_OF_SELF,
    STENCIL_GET_OF_TEMP,
    STENCIL_GET_OF_VARIABLE,
    STENCIL_SEND_0_SEVERAL, /* sends whose cell holds several classes */
    STENCIL_SEND_1_SEVERAL,
    STENCIL_SEND_2_SEVERAL,
    STENCIL_SEND_0_LONG_SEVERAL,
    STENCIL_SEND_1_LONG_SEVERAL,
    STENCIL_SEND_2_LONG_SEVERAL,
    STENCIL_PUSH_SELF_SEND_0_SEVERAL,
    STENCIL_PUSH_TEMP_SEND_0_SEVERAL,
    STENCIL_PUSH_RECEIVER_VARIABLE_SEND_0_SEVERAL,
    STENCIL_PUSH_TEMP_SEND_1_SEVERAL,
    STENCIL_SEND_FIRST_ADD, /* special sends that have been real ones */
    STENCIL_SEND_FIRST_SUBTRACT,
    STENCIL_SEND_FIRST_MULTIPLY,
    STENCIL_SEND_FIRST_DIVIDE,
    STENCIL_SEND_FIRST_MODULO,
    STENCIL_SEND_FIRST_FLOOR_DIVIDE,
    STENCIL_SEND_FIRST_LESS,
    STENCIL_SEND_FIRST_GREATER,
    STENCIL_SEND_FIRST_LESS_EQUAL,
    STENCIL_SEND_FIRST_GREATER_EQUAL,
    STENCIL_SEND_FIRST_EQUAL,
    STENCIL_SEND_FIRST_NOT_EQUAL,
    STENCIL_SEND_FIRST_AT,
    STENCIL_SEND_FIRST_VALUE_1,
    STENCIL_SEND_FIRST_AT_PUT,
    STENCIL_SEND_FIRST_SIZE,
    STENCIL_SEND_FIRST_VALUE,
    STENCIL_MAKE_NUMBER_ADD, /* Floats that stay numbers: those from here on give one to the next */
    STENCIL_MAKE_NUMBER_TEMP_ADD,
    STENCIL_MAKE_NUMBER_TEMP_TEMP_ADD,
    STENCIL_MAKE_NUMBER_SUBTRACT,
    STENCIL_MAKE_NUMBER_TEMP_SUBTRACT,
    STENCIL_MAKE_NUMBER_TEMP_TEMP_SUBTRACT,
    STENCIL_MAKE_NUMBER_MULTIPLY,
    STENCIL_MAKE_NUMBER_TEMP_MULTIPLY,
    STENCIL_MAKE_NUMBER_TEMP_TEMP_MULTIPLY,
    STENCIL_USE_NUMBER_ADD, /* these take one */
    STENCIL_USE_NUMBER_TEMP_ADD,
    STENCIL_USE_NUMBER_SUBTRACT,
    STENCIL_USE_NUMBER_TEMP_SUBTRACT,
    STENCIL_USE_NUMBER_MULTIPLY,
    STENCIL_USE_NUMBER_TEMP_MULTIPLY,
    STENCIL_END_NUMBER_ADD, /* these only take one */
    STENCIL_END_NUMBER_TEMP_ADD,
    STENCIL_END_NUMBER_SUBTRACT,
    STENCIL_END_NUMBER_TEMP_SUBTRACT,
    STENCIL_END_NUMBER_MULTIPLY,
    STENCIL_END_NUMBER_TEMP_MULTIPLY,
    STENCIL_END_NUMBER_LESS,
    STENCIL_END_NUMBER_LESS_2,
    STENCIL_END_NUMBER_GREATER,
    STENCIL_END_NUMBER_GREATER_2,
    STENCIL_END_NUMBER_LESS_EQUAL,
    STENCIL_END_NUMBER_LESS_EQUAL_2,
    STENCIL_END_NUMBER_GREATER_EQUAL,
    STENCIL_END_NUMBER_GREATER_EQUAL_2,
    STENCIL_END_NUMBER_EQUAL,
    STENCIL_END_NUMBER_EQUAL_2,
    STENCIL_END_NUMBER_NOT_EQUAL,
    STENCIL_END_NUMBER_NOT_EQUAL_2,
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
