/* Superinstructions: the second step of translation. */
#ifndef VIV_CODE_FUSE_H
#define VIV_CODE_FUSE_H

#include "vm/code/code.h"

/* Replaces opcodes of instructions that begin a known sequence; opcodes has one entry for each of count words, OP_COUNT inside
 * instructions, and four more. */
void fuse_instructions(const word *words, uint16_t *opcodes, size_t count);

#endif
