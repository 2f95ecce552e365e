#include "vm/code/bytecodes.h"

#include "vm/base/assert.h"

#define NO_ROW(name, text, pops, pushes)
#define NOTHING_OF(first, last, size, name, form, constant)
#define ROW(first, last, size, name, form, constant)                                               \
    [(first)...(last)] = {(first),   (last), (size), BYTECODE_##name, BYTECODE_FORM_##form,        \
                          (constant)},

/* By opcode: decoding is most of what translating costs, and translating most of what starting costs. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
const struct bytecode_row bytecode_sista_rows[256] = {
#define OPERATION NO_ROW
#define V3 NOTHING_OF
#define ST80 NOTHING_OF
#define SISTA ROW
#include "vm/code/bytecodes.def"
#undef OPERATION
#undef V3
#undef ST80
#undef SISTA
};

static const struct bytecode_row v3_rows[256] = {
#define OPERATION NO_ROW
#define V3 ROW
#define ST80 NOTHING_OF
#define SISTA NOTHING_OF
#include "vm/code/bytecodes.def"
#undef OPERATION
#undef V3
#undef ST80
#undef SISTA
};

/* Zeros where they are as in V3. */
static const struct bytecode_row st80_rows[256] = {
#define OPERATION NO_ROW
#define V3 NOTHING_OF
#define ST80 ROW
#define SISTA NOTHING_OF
#include "vm/code/bytecodes.def"
#undef OPERATION
#undef V3
#undef ST80
#undef SISTA
};
#pragma GCC diagnostic pop

static const struct {
    const char *text;
    int8_t pops, pushes;
} operations[OPERATION_COUNT] = {
#define OPERATION(name, text, pops, pushes) {(text), (pops), (pushes)},
#define V3 NOTHING_OF
#define ST80 NOTHING_OF
#define SISTA NOTHING_OF
#include "vm/code/bytecodes.def"
#undef OPERATION
#undef V3
#undef ST80
#undef SISTA
};

static const struct {
    const char *selector;
    unsigned argument_count;
} special_sends[32] = {
    {"+", 1},         {"-", 1},     {"<", 1},        {">", 1},      {"<=", 1},   {">=", 1},
    {"=", 1},         {"~=", 1},    {"*", 1},        {"/", 1},      {"\\\\", 1}, {"@", 1},
    {"bitShift:", 1}, {"//", 1},    {"bitAnd:", 1},  {"bitOr:", 1}, {"at:", 1},  {"at:put:", 2},
    {"size", 0},      {"next", 0},  {"nextPut:", 1}, {"atEnd", 0},  {"==", 1},   {"class", 0},
    {"~~", 1},        {"value", 0}, {"value:", 1},   {"do:", 1},    {"new", 0},  {"new:", 1},
    {"x", 0},         {"y", 0},
};

const char *bytecode_operation_text(enum bytecode_operation operation)
{
    viv_assert(operation < OPERATION_COUNT, "an operation has a row");
    return operations[operation].text;
}

const char *bytecode_special_selector(size_t index)
{
    viv_assert(index < 32, "there are 32 special selectors");
    return special_sends[index].selector;
}

unsigned bytecode_special_argument_count(size_t index)
{
    viv_assert(index < 32, "there are 32 special selectors");
    return special_sends[index].argument_count;
}

static const struct bytecode_row *row_of(enum bytecode_set set, uint8_t opcode)
{
    if (set == BYTECODES_SISTA)
        return &bytecode_sista_rows[opcode];
    bool own = set == BYTECODES_ST80 && st80_rows[opcode].size != 0;
    return own ? &st80_rows[opcode] : &v3_rows[opcode];
}

/* extA and extB in front of an instruction. */
struct extensions {
    int64_t a, b;
    unsigned a_count, b_count;
};

#define EXTENSION_LIMIT ((int64_t)1 << 23)

static bool add_extension(struct extensions *extensions, uint8_t opcode, uint8_t byte)
{
    if (opcode == 224) {
        extensions->a = extensions->a * 256 + byte;
        extensions->a_count++;
    } else {
        extensions->b = extensions->b_count == 0 ? (int8_t)byte : extensions->b * 256 + byte;
        extensions->b_count++;
    }
    return extensions->a < EXTENSION_LIMIT && extensions->b < EXTENSION_LIMIT &&
           extensions->b >= -EXTENSION_LIMIT && extensions->a_count <= 3 &&
           extensions->b_count <= 3;
}

static void send(struct bytecode *instruction, int64_t literal, int64_t argument_count)
{
    instruction->index = literal;
    instruction->second = argument_count;
}

/* V3: two bits of kind, six of index. A kind of 2 (literal) can only be pushed. */
static void decode_variable(struct bytecode *instruction, unsigned kind, int64_t index)
{
    static const enum bytecode_operation pushes[4] = {
        BYTECODE_PUSH_INSTANCE_VARIABLE, BYTECODE_PUSH_TEMPORARY, BYTECODE_PUSH_LITERAL,
        BYTECODE_PUSH_LITERAL_VARIABLE};
    static const enum bytecode_operation stores[4] = {BYTECODE_STORE_INSTANCE_VARIABLE,
                                                      BYTECODE_STORE_TEMPORARY, BYTECODE_UNASSIGNED,
                                                      BYTECODE_STORE_LITERAL_VARIABLE};
    static const enum bytecode_operation pop_stores[4] = {
        BYTECODE_POP_INSTANCE_VARIABLE, BYTECODE_POP_TEMPORARY, BYTECODE_UNASSIGNED,
        BYTECODE_POP_LITERAL_VARIABLE};
    const enum bytecode_operation *row = instruction->operation == BYTECODE_PUSH_TEMPORARY ? pushes
                                         : instruction->operation == BYTECODE_STORE_TEMPORARY
                                             ? stores
                                             : pop_stores;
    instruction->operation = row[kind];
    instruction->index = index;
}

static void decode_double_extended(struct bytecode *instruction, uint8_t i, uint8_t j)
{
    static const enum bytecode_operation kinds[8] = {BYTECODE_SEND,
                                                     BYTECODE_SUPER_SEND,
                                                     BYTECODE_PUSH_INSTANCE_VARIABLE,
                                                     BYTECODE_PUSH_LITERAL,
                                                     BYTECODE_PUSH_LITERAL_VARIABLE,
                                                     BYTECODE_STORE_INSTANCE_VARIABLE,
                                                     BYTECODE_POP_INSTANCE_VARIABLE,
                                                     BYTECODE_STORE_LITERAL_VARIABLE};
    instruction->operation = kinds[i >> 5];
    send(instruction, j, i & 31);
}

static void decode_extended_super_send(struct bytecode *instruction, uint8_t i,
                                       const struct extensions *extensions)
{
    int64_t high = extensions->b;
    if (high >= 64) {
        instruction->operation = BYTECODE_DIRECTED_SUPER_SEND;
        high -= 64;
    }
    send(instruction, (i >> 3) + extensions->a * 32, (i & 7) + high * 8);
}

static void decode_closure(struct bytecode *instruction, const uint8_t *at, bool sista,
                           const struct extensions *extensions, int64_t end)
{
    if (sista) {
        instruction->block_arguments = (uint32_t)((at[1] & 7) + (extensions->a % 16) * 8);
        instruction->second = (at[1] >> 3 & 7) + (extensions->a / 16) * 8;
        instruction->target = end + at[2] + extensions->b * 256;
    } else {
        instruction->block_arguments = at[1] & 15;
        instruction->second = at[1] >> 4;
        instruction->target = end + at[2] * 256 + at[3];
    }
}

static void decode_full_closure(struct bytecode *instruction, const uint8_t *at,
                                const struct extensions *extensions)
{
    instruction->index = at[1] + extensions->a * 256;
    instruction->second = at[2] & 63;
    instruction->receiver_on_stack = (at[2] & 128) != 0;
    instruction->no_outer_context = (at[2] & 64) != 0;
}

static void decode_array(struct bytecode *instruction, uint8_t i)
{
    instruction->second = i & 127;
    if (i > 127)
        instruction->operation = BYTECODE_POP_INTO_NEW_ARRAY;
}

static void decode_remote(struct bytecode *instruction, const uint8_t *at, bool sista)
{
    instruction->index = at[1];
    instruction->second = sista ? at[2] & 127 : at[2];
    instruction->of_instance = sista && at[2] > 127;
}

/* Operands; at is the opcode's byte, end the pc behind the instruction. */
static void decode_operands(struct bytecode *instruction, const struct bytecode_row *row,
                            const uint8_t *at, const struct extensions *extensions, int64_t end)
{
    int64_t low = at[0] - row->first;
    switch ((enum bytecode_form)row->form) {
    case BYTECODE_FORM_NONE:
        instruction->index = row->constant;
        break;
    case BYTECODE_FORM_LOW:
        instruction->index = row->constant + low;
        break;
    case BYTECODE_FORM_BYTE:
        instruction->index = at[1] + extensions->a * 256;
        break;
    case BYTECODE_FORM_PLAIN:
        instruction->index = at[1];
        break;
    case BYTECODE_FORM_SIGNED:
        instruction->index = at[1] + extensions->b * 256;
        break;
    case BYTECODE_FORM_NEAR:
        instruction->target = end + low + 1;
        break;
    case BYTECODE_FORM_FAR:
        instruction->target = end + at[1] + extensions->b * 256;
        break;
    case BYTECODE_FORM_PAGE:
        instruction->target = end + (row->constant + low) * 256 + at[1];
        break;
    case BYTECODE_FORM_SENDS:
        send(instruction, low, row->constant);
        break;
    case BYTECODE_FORM_THIS:
        if (extensions->b == 1)
            instruction->operation = BYTECODE_PUSH_THIS_PROCESS;
        break;
    case BYTECODE_FORM_ARRAY:
        decode_array(instruction, at[1]);
        break;
    case BYTECODE_FORM_EXTENDED_SEND:
        send(instruction, (at[1] >> 3) + extensions->a * 32, (at[1] & 7) + extensions->b * 8);
        break;
    case BYTECODE_FORM_EXTENDED_SUPER_SEND:
        decode_extended_super_send(instruction, at[1], extensions);
        break;
    case BYTECODE_FORM_PRIMITIVE:
        instruction->index = at[1] + at[2] * 256;
        break;
    case BYTECODE_FORM_FULL_CLOSURE:
        decode_full_closure(instruction, at, extensions);
        break;
    case BYTECODE_FORM_SISTA_CLOSURE:
    case BYTECODE_FORM_V3_CLOSURE:
        decode_closure(instruction, at, row->form == BYTECODE_FORM_SISTA_CLOSURE, extensions, end);
        break;
    case BYTECODE_FORM_REMOTE:
        decode_remote(instruction, at, row->first > 250);
        break;
    case BYTECODE_FORM_VARIABLE:
        decode_variable(instruction, at[1] >> 6, at[1] & 63);
        break;
    case BYTECODE_FORM_SHORT_SEND:
        send(instruction, at[1] & row->constant, at[1] / (row->constant + 1));
        break;
    case BYTECODE_FORM_DOUBLE_SEND:
        send(instruction, at[2], at[1]);
        break;
    case BYTECODE_FORM_DOUBLE_EXTENDED:
        decode_double_extended(instruction, at[1], at[2]);
        break;
    }
}

static void set_stack_effect(struct bytecode *instruction)
{
    int pops = operations[instruction->operation].pops;
    int64_t computed = pops;
    if (pops < 0) {
        switch (instruction->operation) {
        case BYTECODE_COMMON_SEND:
            instruction->second = bytecode_special_argument_count((size_t)instruction->index);
            computed = 1 + instruction->second;
            break;
        case BYTECODE_SEND:
        case BYTECODE_SUPER_SEND:
            computed = 1 + instruction->second;
            break;
        case BYTECODE_DIRECTED_SUPER_SEND:
            computed = 2 + instruction->second;
            break;
        case BYTECODE_PUSH_FULL_CLOSURE:
            computed = instruction->second + (instruction->receiver_on_stack ? 1 : 0);
            break;
        default: /* closures and Arrays of values on the stack */
            computed = instruction->second;
        }
    }
    if (instruction->operation == BYTECODE_ARITHMETIC_SEND)
        instruction->second = 1;
    instruction->pops = computed < 0 || computed > UINT32_MAX ? UINT32_MAX : (uint32_t)computed;
    instruction->pushes = (uint32_t)operations[instruction->operation].pushes;
}

bool bytecode_read(enum bytecode_set set, const uint8_t *bytes, size_t pc, size_t limit,
                   struct bytecode *instruction)
{
    struct extensions extensions = {0, 0, 0, 0};
    size_t at = pc;
    *instruction = (struct bytecode){.operation = BYTECODE_UNASSIGNED, .size = 1};
    if (set == BYTECODES_SISTA) {
        while (at + 1 < limit && (bytes[at] == 224 || bytes[at] == 225)) {
            if (!add_extension(&extensions, bytes[at], bytes[at + 1]))
                return false;
            at += 2;
        }
    }
    if (at >= limit)
        return false;
    const struct bytecode_row *row = row_of(set, bytes[at]);
    if (row->size > limit - at || row->operation == BYTECODE_EXTEND)
        return false;
    instruction->operation = (enum bytecode_operation)row->operation;
    instruction->size = (uint32_t)(at - pc + row->size);
    decode_operands(instruction, row, bytes + at, &extensions, (int64_t)(at + row->size));
    return true;
}

bool bytecode_decode(enum bytecode_set set, const uint8_t *bytes, size_t pc, size_t limit,
                     struct bytecode *instruction)
{
    if (!bytecode_read(set, bytes, pc, limit, instruction))
        return false;
    set_stack_effect(instruction);
    return true;
}
