/*
 * What the instructions of one byte become that most code is made of: a table by byte, so that translating them takes hardly a
 * branch. Starting means translating some hundred methods that no branch predictor has seen before. Sista V1 only; but special
 * sends are the same in all sets, and their opcodes stand here alone. All else says the same as bytecodes.def and instructions.c
 * do; checking builds compare both for each instruction that is translated.
 */
#ifndef VIV_CODE_SHORT_FORMS_H
#define VIV_CODE_SHORT_FORMS_H

#include <stdint.h>

enum short_kind {
    SHORT_NONE,    /* not one of these instructions */
    SHORT_SEND,    /* of the literal with this index */
    SHORT_SPECIAL, /* of the special selector with this index */
    SHORT_PLAIN,   /* the argument is the value */
    SHORT_RETURN,  /* it is how much a return takes off the stack */
    SHORT_LITERAL, /* it is the value, the slot of a literal, which must exist */
    SHORT_TEMP,    /* it is the offset of this temporary, which must be a known one */
    SHORT_KIND_COUNT
};

struct short_form {
    uint16_t opcode;
    uint8_t kind;
    uint8_t value; /* below SHORT_VALUE_LIMIT */
    uint8_t argument_count;
};

/* Where the special sends begin, in the order of their selectors. */
enum { SHORT_VALUE_LIMIT = 34, SHORT_FIRST_SPECIAL = 96 };

/* By byte; in the second, returns leave the home of a block. */
extern const struct short_form short_forms[256];
extern const struct short_form short_forms_of_blocks[256];

#endif
