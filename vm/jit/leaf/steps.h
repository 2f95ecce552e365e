/*
 * The bytecodes of one method or block as leaf code reads them: what each does, which temporaries it reads and writes, and what has been seen at
 * it. A pc is the number of the word.
 */
#ifndef VIV_JIT_LEAF_STEPS_H
#define VIV_JIT_LEAF_STEPS_H

#include "vm/code/bytecodes.h"
#include "vm/jit/choice.h"

enum { LEAF_TEMPS_MAX = 64 };

struct step {
    struct bytecode bytecode; /* target is a pc */
    int32_t next;             /* pc behind it */
    int32_t offset;           /* of the temporary from fp in words */
    int temp;                 /* its number in struct steps, -1: none */
};

struct steps {
    const struct choice *choice;
    const struct code *code;
    const uint8_t *bytes;
    enum bytecode_set set;
    int32_t first, count;
    int32_t offsets[LEAF_TEMPS_MAX]; /* of temporaries */
    int temp_count;
    bool *reached;  /* by pc */
    bool *floats;   /* by pc: the arithmetic there has seen Floats */
    uint64_t *live; /* by pc: temporaries that may be read before they are written; a bit each */
};

/* Reads code; false where no leaf code can be made of it, or memory is short. */
bool steps_open(struct steps *steps, const struct choice *choice);
void steps_close(struct steps *steps);
/* The instruction at a pc that is reached. */
void steps_read(const struct steps *steps, int32_t pc, struct step *step);
/* The cell of the send at pc. */
const ic_cell *steps_cell(const struct steps *steps, int32_t pc);

static inline bool step_is_send(const struct step *step)
{
    return step->bytecode.operation == BYTECODE_SEND ||
           step->bytecode.operation == BYTECODE_ARITHMETIC_SEND ||
           step->bytecode.operation == BYTECODE_COMMON_SEND;
}

static inline bool step_reads_temp(const struct step *step)
{
    return step->bytecode.operation == BYTECODE_PUSH_TEMPORARY ||
           step->bytecode.operation == BYTECODE_PUSH_REMOTE_TEMPORARY ||
           step->bytecode.operation == BYTECODE_STORE_REMOTE_TEMPORARY ||
           step->bytecode.operation == BYTECODE_POP_REMOTE_TEMPORARY;
}

static inline bool step_writes_temp(const struct step *step)
{
    return step->bytecode.operation == BYTECODE_POP_TEMPORARY ||
           step->bytecode.operation == BYTECODE_STORE_TEMPORARY;
}

/* Whether the instruction behind may run next. */
static inline bool step_goes_on(const struct step *step)
{
    return step->bytecode.operation != BYTECODE_JUMP &&
           !bytecode_is_return(step->bytecode.operation);
}

#endif
