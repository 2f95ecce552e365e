#include "image/bootstrap/assembler.h"

enum {
    OP_EXTEND_A = 224,
    OP_EXTEND_B = 225,
    OP_SHORT_JUMP = 176,
    OP_SHORT_JUMP_IF_TRUE = 184,
    OP_SHORT_JUMP_IF_FALSE = 192,
    OP_JUMP = 237,
    OP_JUMP_IF_TRUE = 238,
    OP_JUMP_IF_FALSE = 239,
    SHORT_JUMP_MAX = 8,
    JUMP_MIN = -32768,
    JUMP_MAX = 32767
};

static struct instruction *add_instruction(struct assembler *assembler, enum instruction_kind kind)
{
    if (assembler->count == assembler->capacity) {
        size_t capacity = assembler->capacity == 0 ? 32 : assembler->capacity * 2;
        struct instruction *grown = compiler_allocate_bytes(capacity * sizeof *grown);
        if (assembler->count > 0)
            memcpy(grown, assembler->instructions, assembler->count * sizeof *grown);
        assembler->instructions = grown;
        assembler->capacity = capacity;
    }
    struct instruction *instruction = &assembler->instructions[assembler->count++];
    instruction->kind = (uint8_t)kind;
    return instruction;
}

static void add_byte(struct instruction *instruction, uint32_t byte)
{
    instruction->bytes[instruction->size++] = (uint8_t)byte;
}

void assembler_add(struct assembler *assembler, const struct operation *operation)
{
    struct instruction *instruction = add_instruction(assembler, INSTRUCTION_BYTES);
    bool started = false;
    for (int shift = 24; shift >= 0; shift -= 8) {
        uint32_t part = operation->ext_a >> shift & 0xFF;
        if (part == 0 && !started)
            continue;
        started = true;
        add_byte(instruction, OP_EXTEND_A);
        add_byte(instruction, part);
    }
    if (operation->ext_b != 0) {
        add_byte(instruction, OP_EXTEND_B);
        add_byte(instruction, (uint32_t)operation->ext_b & 0xFF);
    }
    add_byte(instruction, operation->opcode);
    for (unsigned i = 0; i < operation->operand_count; i++)
        add_byte(instruction, operation->operands[i]);
}

uint32_t assembler_new_label(struct assembler *assembler)
{
    return assembler->label_count++;
}

void assembler_place_label(struct assembler *assembler, uint32_t label)
{
    add_instruction(assembler, INSTRUCTION_LABEL)->label = label;
}

void assembler_jump(struct assembler *assembler, enum instruction_kind kind, uint32_t label)
{
    struct instruction *jump = add_instruction(assembler, kind);
    jump->label = label;
    jump->size = 1;
}

static bool is_jump(const struct instruction *instruction)
{
    return instruction->kind != INSTRUCTION_BYTES && instruction->kind != INSTRUCTION_LABEL;
}

static void find_labels(const struct assembler *assembler, int64_t *positions)
{
    int64_t position = 0;
    for (size_t i = 0; i < assembler->count; i++) {
        if (assembler->instructions[i].kind == INSTRUCTION_LABEL)
            positions[assembler->instructions[i].label] = position;
        position += assembler->instructions[i].size;
    }
}

static uint8_t size_for(int64_t distance)
{
    if (distance >= 1 && distance <= SHORT_JUMP_MAX)
        return 1;
    return distance >= 0 && distance <= 255 ? 2 : 4;
}

/* Sizes only grow, so this ends. */
static bool grow_jumps(struct assembler *assembler, int64_t *positions)
{
    bool grown = false;
    int64_t position = 0;
    find_labels(assembler, positions);
    for (size_t i = 0; i < assembler->count; i++) {
        struct instruction *instruction = &assembler->instructions[i];
        position += instruction->size;
        if (!is_jump(instruction))
            continue;
        uint8_t needed = size_for(positions[instruction->label] - position);
        if (needed > instruction->size) {
            instruction->size = needed;
            grown = true;
        }
    }
    return grown;
}

static bool encode_jump(struct instruction *jump, int64_t distance)
{
    static const uint8_t short_opcodes[] = {[JUMP_ALWAYS] = OP_SHORT_JUMP,
                                            [JUMP_IF_TRUE] = OP_SHORT_JUMP_IF_TRUE,
                                            [JUMP_IF_FALSE] = OP_SHORT_JUMP_IF_FALSE};
    static const uint8_t long_opcodes[] = {[JUMP_ALWAYS] = OP_JUMP,
                                           [JUMP_IF_TRUE] = OP_JUMP_IF_TRUE,
                                           [JUMP_IF_FALSE] = OP_JUMP_IF_FALSE};
    if (distance < JUMP_MIN || distance > JUMP_MAX)
        return false;
    uint8_t size = jump->size;
    jump->size = 0;
    if (size == 1) {
        add_byte(jump, short_opcodes[jump->kind] + (uint32_t)distance - 1);
        return true;
    }
    if (size == 4) {
        add_byte(jump, OP_EXTEND_B);
        add_byte(jump, (uint32_t)(distance >> 8) & 0xFF);
    }
    add_byte(jump, long_opcodes[jump->kind]);
    add_byte(jump, (uint32_t)distance & 0xFF);
    return true;
}

bool assembler_finish(struct assembler *assembler, const uint8_t **bytes, size_t *size)
{
    int64_t *positions = compiler_allocate_bytes(assembler->label_count * sizeof *positions);
    while (grow_jumps(assembler, positions)) {
    }
    struct buffer buffer = {NULL, 0, 0};
    for (size_t i = 0; i < assembler->count; i++) {
        struct instruction *instruction = &assembler->instructions[i];
        int64_t next = (int64_t)buffer.size + instruction->size;
        if (is_jump(instruction) && !encode_jump(instruction, positions[instruction->label] - next))
            return false;
        if (instruction->kind != INSTRUCTION_LABEL)
            buffer_add(&buffer, (const char *)instruction->bytes, instruction->size);
    }
    *bytes = (const uint8_t *)buffer.bytes;
    *size = buffer.size;
    return true;
}
