#include "vm/code/short_forms.h"

#include "vm/code/code.h"

/* Rows of consecutive bytes: each has the next value. */
#define FORM(opcode, kind, value, arguments)                                                       \
    {                                                                                              \
        OP_##opcode, SHORT_##kind, (value), (arguments)                                            \
    }
#define FORMS_2(opcode, kind, value, arguments)                                                    \
    FORM(opcode, kind, value, arguments), FORM(opcode, kind, (value) + 1, arguments)
#define FORMS_4(opcode, kind, value, arguments)                                                    \
    FORMS_2(opcode, kind, value, arguments), FORMS_2(opcode, kind, (value) + 2, arguments)
#define FORMS_8(opcode, kind, value, arguments)                                                    \
    FORMS_4(opcode, kind, value, arguments), FORMS_4(opcode, kind, (value) + 4, arguments)
#define FORMS_16(opcode, kind, value, arguments)                                                   \
    FORMS_8(opcode, kind, value, arguments), FORMS_8(opcode, kind, (value) + 8, arguments)
#define NO_FORM                                                                                    \
    {                                                                                              \
        0, SHORT_NONE, 0, 0                                                                        \
    }
#define UNASSIGNED FORM(unused_bytecode, PLAIN, 0, 0)

/* Bytes 0 to 87, before the returns. */
#define FORMS_BEFORE_RETURNS                                                                       \
    FORMS_16(push_receiver_variable, PLAIN, 0, 0), FORMS_16(push_literal_variable, LITERAL, 1, 0), \
        FORMS_16(push_literal, LITERAL, 1, 0), FORMS_16(push_literal, LITERAL, 17, 0),             \
        FORMS_8(push_temp, TEMP, 0, 0), FORMS_4(push_temp, TEMP, 8, 0),                            \
        FORM(push_self, PLAIN, 0, 0), FORM(push_true, PLAIN, 0, 0), FORM(push_false, PLAIN, 0, 0), \
        FORM(push_nil, PLAIN, 0, 0), FORMS_2(push_integer, PLAIN, 0, 0),                           \
        NO_FORM /* thisContext, or with a prefix thisProcess */, FORM(duplicate, PLAIN, 0, 0),     \
        UNASSIGNED, UNASSIGNED, UNASSIGNED, UNASSIGNED

/* Bytes 93 to 223; longer ones follow. */
#define SPECIAL(opcode, index, arguments) FORM(opcode, SPECIAL, index, arguments)
#define FORMS_BEHIND_RETURNS                                                                       \
    FORM(return_nil, RETURN, 0, 0), FORM(return_top, RETURN, 0, 0), FORM(nop, PLAIN, 0, 0),        \
        SPECIALS, FORMS_16(send_0, SEND, 0, 0), FORMS_16(send_1, SEND, 0, 1),                      \
        FORMS_16(send_2, SEND, 0, 2), FORMS_8(jump, PLAIN, 2, 0),                                  \
        FORMS_8(jump_if_true, PLAIN, 2, 0), FORMS_8(jump_if_false, PLAIN, 2, 0),                   \
        FORMS_8(pop_into_receiver_variable, PLAIN, 0, 0), FORMS_8(pop_into_temp, TEMP, 0, 0),      \
        FORM(pop, PLAIN, 0, 0), UNASSIGNED, UNASSIGNED, UNASSIGNED, UNASSIGNED, UNASSIGNED,        \
        UNASSIGNED, UNASSIGNED

#define SPECIALS                                                                                   \
    SPECIAL(special_add, 0, 1), SPECIAL(special_subtract, 1, 1), SPECIAL(special_less, 2, 1),      \
        SPECIAL(special_greater, 3, 1), SPECIAL(special_less_equal, 4, 1),                         \
        SPECIAL(special_greater_equal, 5, 1), SPECIAL(special_equal, 6, 1),                        \
        SPECIAL(special_not_equal, 7, 1), SPECIAL(special_multiply, 8, 1),                         \
        SPECIAL(special_divide, 9, 1), SPECIAL(special_modulo, 10, 1),                             \
        SPECIAL(special_make_point, 11, 1), SPECIAL(special_bit_shift, 12, 1),                     \
        SPECIAL(special_floor_divide, 13, 1), SPECIAL(special_bit_and, 14, 1),                     \
        SPECIAL(special_bit_or, 15, 1), SPECIAL(special_at, 16, 1),                                \
        SPECIAL(special_at_put, 17, 2), SPECIAL(special_size, 18, 0), SPECIAL(send_0, 19, 0),      \
        SPECIAL(send_1, 20, 1), SPECIAL(send_0, 21, 0), SPECIAL(special_identical, 22, 1),         \
        SPECIAL(special_class, 23, 0), SPECIAL(special_not_identical, 24, 1),                      \
        SPECIAL(special_value, 25, 0), SPECIAL(special_value_1, 26, 1), SPECIAL(send_1, 27, 1),    \
        SPECIAL(send_0, 28, 0), SPECIAL(send_1, 29, 1), SPECIAL(send_0, 30, 0),                    \
        SPECIAL(send_0, 31, 0)

const struct short_form short_forms[256] = {
    FORMS_BEFORE_RETURNS,
    FORM(return_self, RETURN, 0, 0),
    FORM(return_true, RETURN, 0, 0),
    FORM(return_false, RETURN, 0, 0),
    FORM(return_nil, RETURN, 0, 0),
    FORM(return_top, RETURN, 0, 0),
    FORMS_BEHIND_RETURNS,
};

const struct short_form short_forms_of_blocks[256] = {
    FORMS_BEFORE_RETURNS,
    FORM(far_return_self, RETURN, 0, 0),
    FORM(far_return_true, RETURN, 0, 0),
    FORM(far_return_false, RETURN, 0, 0),
    FORM(far_return_nil, RETURN, 0, 0),
    FORM(far_return_top, RETURN, 0, 0),
    FORMS_BEHIND_RETURNS,
};
