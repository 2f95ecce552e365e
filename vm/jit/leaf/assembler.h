/* Instructions of x86-64 into bytes, by AMD's manual ("AMD64 Architecture Programmer's Manual", volume 3). Only those that leaf code has. */
#ifndef VIV_JIT_LEAF_ASSEMBLER_H
#define VIV_JIT_LEAF_ASSEMBLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    NO_BASE /* an address in the low 2 GB */
};
enum { XMM_SCRATCH = 15, XMM_SCRATCH_2 = 14 };

/* Operations on two general registers, or on one and memory: the opcode whose first operand is the register. */
enum {
    X_ADD = 0x03,
    X_OR = 0x0B,
    X_AND = 0x23,
    X_SUB = 0x2B,
    X_XOR = 0x33,
    X_CMP = 0x3B,
    X_LOAD = 0x8B,
    X_STORE = 0x89,
    X_LEA = 0x8D
};
/* Conditions of jumps. */
enum {
    IF_OVERFLOW = 0,
    IF_BELOW = 2,
    IF_NOT_BELOW = 3,
    IF_EQUAL = 4,
    IF_NOT_EQUAL = 5,
    IF_NOT_ABOVE = 6,
    IF_ABOVE = 7,
    IF_PARITY = 10,
    IF_LESS = 12,
    IF_NOT_LESS = 13,
    IF_NOT_GREATER = 14,
    IF_GREATER = 15
};
/* Operations on doubles. */
enum { F_SQRT = 0x51, F_ADD = 0x58, F_MULTIPLY = 0x59, F_SUBTRACT = 0x5C, F_DIVIDE = 0x5E };

struct assembler {
    uint8_t *bytes;
    size_t size, capacity;
    bool failed;        /* no memory */
    uint32_t mentioned; /* general registers, a bit each */
};

void x_byte(struct assembler *assembler, unsigned value);
void x_32(struct assembler *assembler, int64_t value);
void x_64(struct assembler *assembler, uint64_t value);
/* Writes over 32 bits. */
void x_patch_32(struct assembler *assembler, size_t at, int64_t value);

/* register OP= register, 64 bits; and with memory at base + offset. */
void x_op(struct assembler *assembler, unsigned opcode, int reg, int other);
void x_op_memory(struct assembler *assembler, unsigned opcode, int reg, int base, int64_t offset);
/* The same with 32 bits. */
void x_op_32(struct assembler *assembler, unsigned opcode, int reg, int other);
/* A load of 64 bits at base + index * 8 + offset, or of one byte at base + index + offset, and stores of the same. */
void x_load_element(struct assembler *assembler, int reg, int base, int index, int offset);
void x_store_element(struct assembler *assembler, int reg, int base, int index, int offset);
void x_load_byte(struct assembler *assembler, int reg, int base, int index, int offset);
void x_store_byte(struct assembler *assembler, int reg, int base, int index, int offset);
/* register = other where a condition holds. */
void x_move_if(struct assembler *assembler, unsigned condition, int reg, int other);
/* register OP= a number of 32 bits, which is extended: opcode as above. */
void x_op_number(struct assembler *assembler, unsigned opcode, int reg, int64_t number);
/* The shortest way to have a number in a register; flags may change. */
void x_number(struct assembler *assembler, int reg, uint64_t number);
void x_move(struct assembler *assembler, int reg, int other);
/* By the number of the operation in the manual. */
enum { ROTATE_LEFT = 0, ROTATE_RIGHT = 1, SHIFT_LEFT = 4, SHIFT_RIGHT = 5, SHIFT_SIGNED = 7 };
void x_shift(struct assembler *assembler, int operation, int reg, int count);
/* reg = base * 8 + number. */
void x_lea_8(struct assembler *assembler, int reg, int index, int64_t number);
void x_multiply(struct assembler *assembler, int reg, int other);
void x_multiply_number(struct assembler *assembler, int reg, int other, int64_t number);
/* rdx:rax = rax * reg; eax, edx = quotient and remainder of edx:eax by reg. */
void x_multiply_wide(struct assembler *assembler, int reg);
void x_divide_32(struct assembler *assembler, int reg);
/* Compares the 32 or 8 bits at an address below 2 GB, and tests bits of a register's low byte. */
void x_compare_32(struct assembler *assembler, int base, int64_t offset, int64_t number);
void x_compare_8(struct assembler *assembler, int base, int64_t offset, unsigned number);
void x_test_byte(struct assembler *assembler, int reg, unsigned bits);
void x_push(struct assembler *assembler, int reg);
/* A jump or call whose distance is filled in later: where that is. */
size_t x_jump(struct assembler *assembler);
size_t x_jump_if(struct assembler *assembler, unsigned condition);
size_t x_call(struct assembler *assembler);
void x_jump_to_register(struct assembler *assembler, int reg);
void x_return(struct assembler *assembler);
/* A distance to the place where the assembler is. */
void x_here(struct assembler *assembler, size_t distance_at);
void x_to(struct assembler *assembler, size_t distance_at, size_t target);

void x_float(struct assembler *assembler, unsigned opcode, int reg, int other);
void x_float_move(struct assembler *assembler, int reg, int other);
void x_float_load(struct assembler *assembler, int reg, int base, int64_t offset);
void x_float_store(struct assembler *assembler, int reg, int base, int64_t offset);
/* Sets flags as for unsigned numbers: parity for no number. */
void x_float_compare(struct assembler *assembler, int reg, int other);
void x_float_from_integer(struct assembler *assembler, int reg, int general);
void x_float_zero(struct assembler *assembler, int reg);
void x_float_from_bits(struct assembler *assembler, int reg, int general);
void x_bits_from_float(struct assembler *assembler, int general, int reg);

#endif
