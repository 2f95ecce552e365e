/* Which stencil stands for a word: by its instruction, by what its cell has seen, and by what stands around it. */
#ifndef VIV_JIT_CHOICE_H
#define VIV_JIT_CHOICE_H

#include "vm/jit/stencil_table.h"
#include "vm/jit/tier.h"

struct choice {
    const struct code *code;
    const struct handler_entry *handlers;
    uint16_t *plain_of_pc; /* what was found for each word alone, STENCIL_COUNT: not asked yet */
    const bool *
        begins_leaf; /* by pc: other code stands there, which must find registers as they are; NULL: nowhere */
};

/* Room is for a number a word of the code, and used as long as the choice is. */
void choice_open(struct choice *choice, const struct code *code,
                 const struct handler_entry *handlers, uint16_t *room);

/* The stencil that compiled code has for a word, where it is not led to by one that leaves something to it. */
uint16_t choice_usual(const struct choice *choice, int32_t pc);
/* The stencil at a pc to which another one leads. */
uint16_t choice_behind(const struct choice *choice, uint16_t stencil, int32_t pc);

uint16_t choice_opcode(const struct choice *choice, int32_t pc);
/* The operand of the word so many words behind pc. */
int32_t choice_operand(const struct choice *choice, int32_t pc, unsigned number);
/* The pc so many words behind another one, HOLE_LONG for the length of the instruction there. */
int32_t choice_pc_behind(const struct choice *choice, int32_t pc, unsigned number);
/* Where compiled code goes on: what a hole of kind next, jump or return means. */
int32_t choice_pc_of(const struct choice *choice, int32_t pc, unsigned kind, unsigned number);
/* Where a stencil goes on at the end of its hot part, which must go on. */
int32_t choice_pc_fallen_to(const struct choice *choice, int32_t pc, const struct stencil *stencil);
bool choice_pc_exists(const struct choice *choice, int32_t pc);

#endif
