/*
 * Instructions in order, jumps to labels, and in the end the shortest encoding in the SistaV1 set. Jumps take one byte up to a
 * distance of 8, two up to 255, and four with one extension byte, which reaches 32 KB either way.
 */
#ifndef VIV_BOOTSTRAP_ASSEMBLER_H
#define VIV_BOOTSTRAP_ASSEMBLER_H

#include "image/bootstrap/memory.h"

#include <stdint.h>

enum instruction_kind {
    INSTRUCTION_BYTES,
    JUMP_ALWAYS,
    JUMP_IF_TRUE,
    JUMP_IF_FALSE,
    INSTRUCTION_LABEL
};

enum { INSTRUCTION_SIZE_MAX = 12 };

struct instruction {
    uint8_t kind;
    uint8_t size;
    uint8_t bytes[INSTRUCTION_SIZE_MAX];
    uint32_t label;
};

struct assembler {
    struct instruction *instructions;
    size_t count;
    size_t capacity;
    uint32_t label_count;
};

/* One operation with its prefixes: ext_a from 0, ext_b signed and in one byte; zero ones are left out. */
struct operation {
    uint32_t ext_a;
    int32_t ext_b;
    uint8_t opcode;
    uint8_t operand_count;
    uint8_t operands[2];
};

void assembler_add(struct assembler *assembler, const struct operation *operation);
uint32_t assembler_new_label(struct assembler *assembler);
void assembler_place_label(struct assembler *assembler, uint32_t label);
void assembler_jump(struct assembler *assembler, enum instruction_kind kind, uint32_t label);

/* Encodes everything; false when a jump is too far. */
bool assembler_finish(struct assembler *assembler, const uint8_t **bytes, size_t *size);

#endif
