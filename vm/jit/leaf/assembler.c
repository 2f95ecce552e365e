#include "vm/jit/leaf/assembler.h"

#include <stdlib.h>
#include <string.h>

enum { WIDE = 8 /* REX.W */, REX = 0x40 };

void x_byte(struct assembler *assembler, unsigned value)
{
    if (assembler->size == assembler->capacity) {
        size_t wider = assembler->capacity == 0 ? 1024 : assembler->capacity * 2;
        uint8_t *moved = assembler->failed ? NULL : realloc(assembler->bytes, wider);
        if (moved == NULL) {
            assembler->failed = true;
            return;
        }
        assembler->bytes = moved;
        assembler->capacity = wider;
    }
    assembler->bytes[assembler->size++] = (uint8_t)value;
}

void x_32(struct assembler *assembler, int64_t value)
{
    for (int i = 0; i < 4; i++)
        x_byte(assembler, (unsigned)(value >> 8 * i) & 255);
}

void x_64(struct assembler *assembler, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        x_byte(assembler, (unsigned)(value >> 8 * i) & 255);
}

void x_patch_32(struct assembler *assembler, size_t at, int64_t value)
{
    int32_t bits = (int32_t)value;
    if (!assembler->failed)
        memcpy(assembler->bytes + at, &bits, sizeof bits);
}

/* The prefix that has the fourth bits of registers; left out where it says nothing. */
static void put_prefix(struct assembler *assembler, unsigned wide, int reg, int index, int base)
{
    assembler->mentioned |= 1U << reg | 1U << index | 1U << base;
    unsigned prefix = wide | (reg >= R8 ? 4 : 0) | (index >= R8 ? 2 : 0) |
                      (base >= R8 && base != NO_BASE ? 1 : 0);
    if (prefix != 0)
        x_byte(assembler, REX | prefix);
}

static void put_registers(struct assembler *assembler, int reg, int other)
{
    x_byte(assembler, 0xC0 | (unsigned)(reg & 7) << 3 | (unsigned)(other & 7));
}

static void put_memory(struct assembler *assembler, int reg, int base, int64_t offset)
{
    unsigned middle = (unsigned)(reg & 7) << 3;
    if (base == NO_BASE) {
        x_byte(assembler, middle | 4);
        x_byte(assembler, 0x25);
        x_32(assembler, offset);
        return;
    }
    bool is_short = offset == (int8_t)offset;
    x_byte(assembler, (is_short ? 0x40U : 0x80U) | middle | (unsigned)(base & 7));
    if ((base & 7) == RSP)
        x_byte(assembler, 0x24);
    if (is_short)
        x_byte(assembler, (unsigned)offset & 255);
    else
        x_32(assembler, offset);
}

void x_op(struct assembler *assembler, unsigned opcode, int reg, int other)
{
    put_prefix(assembler, WIDE, reg, 0, other);
    x_byte(assembler, opcode);
    put_registers(assembler, reg, other);
}

void x_op_32(struct assembler *assembler, unsigned opcode, int reg, int other)
{
    put_prefix(assembler, 0, reg, 0, other);
    x_byte(assembler, opcode);
    put_registers(assembler, reg, other);
}

void x_op_memory(struct assembler *assembler, unsigned opcode, int reg, int base, int64_t offset)
{
    put_prefix(assembler, WIDE, reg, 0, base);
    x_byte(assembler, opcode);
    put_memory(assembler, reg, base, offset);
}

void x_op_number(struct assembler *assembler, unsigned opcode, int reg, int64_t number)
{
    bool is_short = number == (int8_t)number;
    put_prefix(assembler, WIDE, 0, 0, reg);
    x_byte(assembler, is_short ? 0x83 : 0x81);
    /* The operation is in the middle of the opcode with registers, too. */
    put_registers(assembler, (int)(opcode >> 3), reg);
    if (is_short)
        x_byte(assembler, (unsigned)number & 255);
    else
        x_32(assembler, number);
}

void x_number(struct assembler *assembler, int reg, uint64_t number)
{
    if (number == 0) {
        x_op_32(assembler, 0x33, reg, reg);
    } else if (number == (uint32_t)number) {
        put_prefix(assembler, 0, 0, 0, reg);
        x_byte(assembler, 0xB8 | (unsigned)(reg & 7));
        x_32(assembler, (int64_t)number);
    } else if ((int64_t)number == (int32_t)number) {
        put_prefix(assembler, WIDE, 0, 0, reg);
        x_byte(assembler, 0xC7);
        put_registers(assembler, 0, reg);
        x_32(assembler, (int64_t)number);
    } else {
        put_prefix(assembler, WIDE, 0, 0, reg);
        x_byte(assembler, 0xB8 | (unsigned)(reg & 7));
        x_64(assembler, number);
    }
}

void x_move(struct assembler *assembler, int reg, int other)
{
    if (reg != other)
        x_op(assembler, X_LOAD, reg, other);
}

/* Memory at base + index * 2^scale + offset; index is not rsp. */
static void put_indexed(struct assembler *assembler, int reg, int base, int index, unsigned scale,
                        int offset)
{
    x_byte(assembler, 0x40 | (unsigned)(reg & 7) << 3 | 4);
    x_byte(assembler, scale << 6 | (unsigned)(index & 7) << 3 | (unsigned)(base & 7));
    x_byte(assembler, (unsigned)offset & 255);
}

void x_load_element(struct assembler *assembler, int reg, int base, int index, int offset)
{
    put_prefix(assembler, WIDE, reg, index, base);
    x_byte(assembler, X_LOAD);
    put_indexed(assembler, reg, base, index, 3, offset);
}

void x_store_element(struct assembler *assembler, int reg, int base, int index, int offset)
{
    put_prefix(assembler, WIDE, reg, index, base);
    x_byte(assembler, X_STORE);
    put_indexed(assembler, reg, base, index, 3, offset);
}

void x_load_byte(struct assembler *assembler, int reg, int base, int index, int offset)
{
    put_prefix(assembler, WIDE, reg, index, base);
    x_byte(assembler, 0x0F);
    x_byte(assembler, 0xB6);
    put_indexed(assembler, reg, base, index, 0, offset);
}

void x_store_byte(struct assembler *assembler, int reg, int base, int index, int offset)
{
    /* With a prefix, the byte is that of every register. */
    put_prefix(assembler, WIDE, reg, index, base);
    x_byte(assembler, 0x88);
    put_indexed(assembler, reg, base, index, 0, offset);
}

void x_move_if(struct assembler *assembler, unsigned condition, int reg, int other)
{
    put_prefix(assembler, WIDE, reg, 0, other);
    x_byte(assembler, 0x0F);
    x_byte(assembler, 0x40 | condition);
    put_registers(assembler, reg, other);
}

void x_shift(struct assembler *assembler, int operation, int reg, int count)
{
    put_prefix(assembler, WIDE, 0, 0, reg);
    x_byte(assembler, 0xC1);
    put_registers(assembler, operation, reg);
    x_byte(assembler, (unsigned)count);
}

void x_lea_8(struct assembler *assembler, int reg, int index, int64_t number)
{
    put_prefix(assembler, WIDE, reg, index, 0);
    x_byte(assembler, X_LEA);
    x_byte(assembler, (unsigned)(reg & 7) << 3 | 4);
    x_byte(assembler, 0xC0 | (unsigned)(index & 7) << 3 | 5);
    x_32(assembler, number);
}

void x_multiply(struct assembler *assembler, int reg, int other)
{
    put_prefix(assembler, WIDE, reg, 0, other);
    x_byte(assembler, 0x0F);
    x_byte(assembler, 0xAF);
    put_registers(assembler, reg, other);
}

void x_multiply_number(struct assembler *assembler, int reg, int other, int64_t number)
{
    put_prefix(assembler, WIDE, reg, 0, other);
    x_byte(assembler, 0x69);
    put_registers(assembler, reg, other);
    x_32(assembler, number);
}

void x_multiply_wide(struct assembler *assembler, int reg)
{
    put_prefix(assembler, WIDE, 0, 0, reg);
    x_byte(assembler, 0xF7);
    put_registers(assembler, 4, reg);
}

void x_divide_32(struct assembler *assembler, int reg)
{
    put_prefix(assembler, 0, 0, 0, reg);
    x_byte(assembler, 0xF7);
    put_registers(assembler, 6, reg);
}

void x_compare_32(struct assembler *assembler, int base, int64_t offset, int64_t number)
{
    put_prefix(assembler, 0, 0, 0, base);
    x_byte(assembler, 0x81);
    put_memory(assembler, 7, base, offset);
    x_32(assembler, number);
}

void x_compare_8(struct assembler *assembler, int base, int64_t offset, unsigned number)
{
    put_prefix(assembler, 0, 0, 0, base);
    x_byte(assembler, 0x80);
    put_memory(assembler, 7, base, offset);
    x_byte(assembler, number);
}

void x_test_byte(struct assembler *assembler, int reg, unsigned bits)
{
    /* With a prefix, the byte is that of every register. */
    x_byte(assembler, REX | (reg >= R8 ? 1U : 0U));
    x_byte(assembler, 0xF6);
    put_registers(assembler, 0, reg);
    x_byte(assembler, bits);
}

void x_push(struct assembler *assembler, int reg)
{
    put_prefix(assembler, 0, 0, 0, reg);
    x_byte(assembler, 0x50 | (unsigned)(reg & 7));
}

static size_t put_distance(struct assembler *assembler)
{
    size_t at = assembler->size;
    x_32(assembler, 0);
    return at;
}

size_t x_jump(struct assembler *assembler)
{
    x_byte(assembler, 0xE9);
    return put_distance(assembler);
}

size_t x_jump_if(struct assembler *assembler, unsigned condition)
{
    x_byte(assembler, 0x0F);
    x_byte(assembler, 0x80 | condition);
    return put_distance(assembler);
}

size_t x_call(struct assembler *assembler)
{
    x_byte(assembler, 0xE8);
    return put_distance(assembler);
}

void x_jump_to_register(struct assembler *assembler, int reg)
{
    put_prefix(assembler, 0, 0, 0, reg);
    x_byte(assembler, 0xFF);
    put_registers(assembler, 4, reg);
}

void x_return(struct assembler *assembler)
{
    x_byte(assembler, 0xC3);
}

void x_to(struct assembler *assembler, size_t distance_at, size_t target)
{
    x_patch_32(assembler, distance_at, (int64_t)target - (int64_t)distance_at - 4);
}

void x_here(struct assembler *assembler, size_t distance_at)
{
    x_to(assembler, distance_at, assembler->size);
}

/* --- doubles ----------------------------------------------------------------------------------------------------------------------- */

static void put_float(struct assembler *assembler, unsigned prefix, unsigned wide, unsigned opcode,
                      int reg, int other)
{
    if (prefix != 0)
        x_byte(assembler, prefix);
    put_prefix(assembler, wide, reg, 0, other);
    x_byte(assembler, 0x0F);
    x_byte(assembler, opcode);
    put_registers(assembler, reg, other);
}

void x_float(struct assembler *assembler, unsigned opcode, int reg, int other)
{
    put_float(assembler, 0xF2, 0, opcode, reg, other);
}

void x_float_move(struct assembler *assembler, int reg, int other)
{
    if (reg != other)
        put_float(assembler, 0, 0, 0x28, reg, other);
}

static void put_float_memory(struct assembler *assembler, unsigned opcode, int reg, int base,
                             int64_t offset)
{
    x_byte(assembler, 0xF2);
    put_prefix(assembler, 0, reg, 0, base);
    x_byte(assembler, 0x0F);
    x_byte(assembler, opcode);
    put_memory(assembler, reg, base, offset);
}

void x_float_load(struct assembler *assembler, int reg, int base, int64_t offset)
{
    put_float_memory(assembler, 0x10, reg, base, offset);
}

void x_float_store(struct assembler *assembler, int reg, int base, int64_t offset)
{
    put_float_memory(assembler, 0x11, reg, base, offset);
}

void x_float_compare(struct assembler *assembler, int reg, int other)
{
    put_float(assembler, 0x66, 0, 0x2E, reg, other);
}

void x_float_from_integer(struct assembler *assembler, int reg, int general)
{
    put_float(assembler, 0xF2, WIDE, 0x2A, reg, general);
}

void x_float_zero(struct assembler *assembler, int reg)
{
    put_float(assembler, 0, 0, 0x57, reg, reg);
}

void x_float_from_bits(struct assembler *assembler, int reg, int general)
{
    put_float(assembler, 0x66, WIDE, 0x6E, reg, general);
}

void x_bits_from_float(struct assembler *assembler, int general, int reg)
{
    put_float(assembler, 0x66, WIDE, 0x7E, reg, general);
}
