/* Superinstructions: the second step of translation. */
#ifndef VIV_CODE_FUSE_H
#define VIV_CODE_FUSE_H

#include "vm/code/code.h"

/* Replaces opcodes of instructions that begin a known sequence; opcodes has one entry a word, OP_COUNT inside instructions. */
void fuse_instructions(const struct code *code, uint16_t *opcodes);

#endif
