/*
 * Instructions of both bytecode sets, decoded from their bytes into one form. For verifier, disassembler, translator and whoever
 * reads code now and then. Nothing here looks at objects.
 *
 * A pc counts bytes from the first byte after the code object's header word, from 0: the first bytecode is at
 * 8 * (1 + literals). Contexts count the same bytes from 1. Prefixes belong to the instruction they extend: an instruction
 * begins at its first prefix, and its size includes them.
 */
#ifndef VIV_CODE_BYTECODES_H
#define VIV_CODE_BYTECODES_H

#include "vm/object/dialect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bytecode_set { BYTECODES_V3, BYTECODES_SISTA, BYTECODES_ST80 };

enum bytecode_operation {
#define OPERATION(name, text, pops, pushes) BYTECODE_##name,
#define SISTA(first, last, size, name, form, constant)
#define V3(first, last, size, name, form, constant)
#define ST80(first, last, size, name, form, constant)
#include "vm/code/bytecodes.def"
#undef OPERATION
#undef SISTA
#undef V3
#undef ST80
    OPERATION_COUNT
};

struct bytecode {
    enum bytecode_operation operation;
    uint32_t size; /* bytes, prefixes included */
    uint32_t
        pops; /* values taken off the stack; duplicating and storing count as taking and pushing again */
    uint32_t pushes;
    int64_t
        index; /* of the variable, literal, selector, special selector, primitive; or the value pushed */
    int64_t
        second; /* arguments of sends; temporary of the vector; copied values of closures; size of an Array */
    int64_t target;           /* pc that jumps lead to, end of an embedded block */
    uint32_t block_arguments; /* of an embedded block */
    bool receiver_on_stack;   /* of a full closure */
    bool no_outer_context;
    bool
        of_instance; /* the "vector" of a remote temporary is any object, its slot an instance variable */
};

/* The set of a code header's value: in Spur its sign tells (spur-format, section 8). */
static inline enum bytecode_set bytecode_set_of(enum dialect dialect, int64_t code_header)
{
    if (dialect != DIALECT_SPUR)
        return dialect == DIALECT_V3 ? BYTECODES_V3 : BYTECODES_ST80;
    return code_header < 0 ? BYTECODES_SISTA : BYTECODES_V3;
}

/* The special send that makes an old block context, where a dialect has them. */
enum { SPECIAL_SEND_BLOCK_COPY = 24 };

/*
 * Decodes the instruction at bytes[pc]; reads below limit only. False when it is cut off by the end, when a prefix extends
 * nothing that can be extended so far (more than 24 bits), and then *instruction is left with size 1 and UNASSIGNED.
 */
bool bytecode_decode(enum bytecode_set set, const uint8_t *bytes, size_t pc, size_t limit,
                     struct bytecode *instruction);

/* The same without pops and pushes, and without the arguments of special sends: what translation, which is most of what starting
 * costs, needs. */
bool bytecode_read(enum bytecode_set set, const uint8_t *bytes, size_t pc, size_t limit,
                   struct bytecode *instruction);

/* How operands come out of the bytes; the names are those of the table. */
enum bytecode_form {
    BYTECODE_FORM_NONE,
    BYTECODE_FORM_LOW,
    BYTECODE_FORM_BYTE,
    BYTECODE_FORM_PLAIN,
    BYTECODE_FORM_SIGNED,
    BYTECODE_FORM_NEAR,
    BYTECODE_FORM_FAR,
    BYTECODE_FORM_PAGE,
    BYTECODE_FORM_SENDS,
    BYTECODE_FORM_THIS,
    BYTECODE_FORM_ARRAY,
    BYTECODE_FORM_EXTENDED_SEND,
    BYTECODE_FORM_EXTENDED_SUPER_SEND,
    BYTECODE_FORM_PRIMITIVE,
    BYTECODE_FORM_FULL_CLOSURE,
    BYTECODE_FORM_SISTA_CLOSURE,
    BYTECODE_FORM_REMOTE,
    BYTECODE_FORM_VARIABLE,
    BYTECODE_FORM_SHORT_SEND,
    BYTECODE_FORM_DOUBLE_EXTENDED,
    BYTECODE_FORM_DOUBLE_SEND,
    BYTECODE_FORM_V3_CLOSURE
};

/* A row of the table, for each of its opcodes. */
struct bytecode_row {
    uint8_t first, last, size, operation, form;
    int8_t constant;
};

extern const struct bytecode_row bytecode_sista_rows[256];

/* The words of OPERATION's row. */
const char *bytecode_operation_text(enum bytecode_operation operation);

/* Selector of a special send, "+" for 0 to "y" for 31, and its arguments. */
const char *bytecode_special_selector(size_t index);
unsigned bytecode_special_argument_count(size_t index);

static inline bool bytecode_is_return(enum bytecode_operation operation)
{
    return operation >= BYTECODE_RETURN_SELF && operation <= BYTECODE_BLOCK_RETURN_TOP;
}

static inline bool bytecode_is_jump(enum bytecode_operation operation)
{
    return operation >= BYTECODE_JUMP && operation <= BYTECODE_JUMP_FALSE;
}

#endif
