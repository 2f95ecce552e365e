/* Machine code of checks, conversions, arithmetic and comparisons. Scratch registers are rax, rdx and r11. */
#include "vm/jit/leaf/emit.h"

/* --- checks ------------------------------------------------------------------------------------------------------------------------ */

void leaf_compare_with_small_floats(struct emitter *emitter, int reg)
{
    struct assembler *code = &emitter->code;
    x_bits_from_float(code, RAX, reg);
    x_shift(code, ROTATE_LEFT, RAX, 1);
    x_move(code, R11, RAX);
    x_number(code, RDX, FLOAT_LEAST);
    x_op(code, X_SUB, RAX, RDX);
    x_number(code, RDX, FLOAT_SPAN);
    x_op(code, X_CMP, RAX, RDX);
}

void leaf_emit_check(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    switch ((enum leaf_op)value->op) {
    case LEAF_IS_INTEGER:
        x_test_byte(code, leaf_general(emitter, value->left, RAX), TAG_INTEGER);
        leaf_exit_if(emitter, IF_EQUAL, value);
        break;
    case LEAF_IS_OF_CLASS: {
        int reg = leaf_general(emitter, value->left, RDX);
        x_test_byte(code, reg, TAG_MASK);
        leaf_exit_if(emitter, IF_NOT_EQUAL, value);
        x_op_memory(code, X_LOAD, RAX, reg, 0);
        x_op_number(code, X_AND, RAX, (int64_t)HEADER_CLASS_MASK);
        x_op_number(code, X_CMP, RAX, value->number);
        leaf_exit_if(emitter, IF_NOT_EQUAL, value);
        break;
    }
    case LEAF_IS_CHARACTER:
        leaf_load(emitter, value->left, RAX);
        x_op_number(code, X_AND, RAX, TAG_MASK);
        x_op_number(code, X_CMP, RAX, TAG_CHARACTER);
        leaf_exit_if(emitter, IF_NOT_EQUAL, value);
        break;
    case LEAF_IS_MUTABLE:
        x_op_memory(code, X_LOAD, RAX, leaf_general(emitter, value->left, RDX), 0);
        x_op_number(code, X_AND, RAX, (int64_t)HEADER_IMMUTABLE);
        leaf_exit_if(emitter, IF_NOT_EQUAL, value);
        break;
    case LEAF_IS_FITTING: {
        leaf_compare_with_small_floats(emitter, leaf_double(emitter, value->left, XMM_SCRATCH));
        size_t fits = x_jump_if(code, IF_BELOW);
        x_op_number(code, X_CMP, R11, 1);
        leaf_exit_if(emitter, IF_ABOVE, value);
        x_here(code, fits);
        break;
    }
    default: /* LEAF_POLL */
        x_op_memory(code, X_LOAD, RAX, RSP, leaf_saved_sp(emitter));
        x_op_memory(code, X_CMP, RAX, RDI, offsetof(struct vm, poll_word));
        leaf_exit_if(emitter, IF_BELOW, value);
        break;
    }
}

/* --- conversions ------------------------------------------------------------------------------------------------------------------- */

/* As oop_to_float. */
void leaf_emit_unbox(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    int reg = leaf_general(emitter, value->left, RAX);
    x_test_byte(code, reg, TAG_FLOAT);
    leaf_exit_if(emitter, IF_EQUAL, value);
    x_move(code, RAX, reg);
    x_shift(code, SHIFT_RIGHT, RAX, 3);
    x_op_number(code, X_CMP, RAX, 1);
    size_t is_zero = x_jump_if(code, IF_NOT_ABOVE);
    x_number(code, RDX, FLOAT_BASE);
    x_op(code, X_ADD, RAX, RDX);
    x_here(code, is_zero);
    x_shift(code, ROTATE_RIGHT, RAX, 1);
    int made = leaf_answer_register(emitter, number, XMM_SCRATCH);
    x_float_from_bits(code, made, RAX);
    leaf_put_double(emitter, number, made);
}

/* As oop_from_float_if_fits; what may be zero lies behind all (leaf_emit_slow_boxes). */
void leaf_emit_box(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    leaf_compare_with_small_floats(emitter, leaf_double(emitter, value->left, XMM_SCRATCH));
    leaf_note_distance(emitter, &emitter->to_slow_boxes, x_jump_if(code, IF_NOT_BELOW), number);
    x_lea_8(code, RAX, RAX, (2 << 3) | TAG_FLOAT);
    leaf_note_distance(emitter, &emitter->to_slow_boxes, code->size, LEAF_NONE);
    leaf_put_answer(emitter, number, RAX);
}

void leaf_emit_slow_boxes(struct emitter *emitter)
{
    struct assembler *code = &emitter->code;
    for (int32_t i = 0; i + 1 < emitter->to_slow_boxes.count; i += 2) {
        struct leaf_distance from = emitter->to_slow_boxes.items[i];
        x_here(code, from.at);
        x_op_number(code, X_CMP, R11, 1);
        leaf_exit_if(emitter, IF_ABOVE, &emitter->graph->values[from.number]);
        x_lea_8(code, RAX, R11, TAG_FLOAT);
        x_to(code, x_jump(code), emitter->to_slow_boxes.items[i + 1].at);
    }
}

/* The register is emptied first: the instruction keeps its upper half, and would wait for it. */
void leaf_emit_to_double(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    int made = leaf_answer_register(emitter, number, XMM_SCRATCH);
    leaf_load(emitter, emitter->graph->values[number].left, RAX);
    x_shift(code, SHIFT_SIGNED, RAX, 3);
    x_float_zero(code, made);
    x_float_from_integer(code, made, RAX);
    leaf_put_double(emitter, number, made);
}

/* --- arithmetic -------------------------------------------------------------------------------------------------------------------- */

/* Whether an answer takes the register of its left operand. */
static bool is_in_place(const struct emitter *emitter, int32_t number)
{
    struct leaf_place made = leaf_place_of(emitter, number);
    struct leaf_place left = leaf_place_of(emitter, emitter->graph->values[number].left);
    return made.kind == LEAF_IN_REGISTER && left.kind == LEAF_IN_REGISTER &&
           made.number == left.number;
}

/* reg OP= the right operand without its tag; from a register that is rdx. */
static void put_sum(struct emitter *emitter, const struct leaf_value *value, unsigned opcode,
                    int reg)
{
    int64_t bits;
    if (leaf_is_number(emitter, value->right, &bits))
        x_op_number(&emitter->code, opcode, reg, bits - TAG_INTEGER);
    else
        x_op(&emitter->code, opcode, reg, RDX);
}

/* Sums of oops: one of the two is taken without its tag. In place of the left operand, the exit takes it back (leaf_emit_undone). */
static void emit_sum(struct emitter *emitter, int32_t number, unsigned opcode)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    int64_t bits;
    if (!leaf_is_number(emitter, value->right, &bits))
        x_op_memory(code, X_LEA, RDX, leaf_general(emitter, value->right, RDX), -TAG_INTEGER);
    if (is_in_place(emitter, number)) {
        put_sum(emitter, value, opcode, leaf_place_of(emitter, number).number);
        leaf_note_distance(emitter, &emitter->to_undone, x_jump_if(code, IF_OVERFLOW), number);
        return;
    }
    leaf_load(emitter, value->left, RAX);
    put_sum(emitter, value, opcode, RAX);
    leaf_exit_if(emitter, IF_OVERFLOW, value);
    leaf_put_answer(emitter, number, RAX);
}

void leaf_emit_add(struct emitter *emitter, int32_t number)
{
    emit_sum(emitter, number, X_ADD);
}

void leaf_emit_subtract(struct emitter *emitter, int32_t number)
{
    emit_sum(emitter, number, X_SUB);
}

void leaf_emit_undone(struct emitter *emitter)
{
    for (int32_t i = 0; i < emitter->to_undone.count; i++) {
        struct leaf_distance from = emitter->to_undone.items[i];
        const struct leaf_value *value = &emitter->graph->values[from.number];
        x_here(&emitter->code, from.at);
        put_sum(emitter, value, value->op == LEAF_ADD ? X_SUB : X_ADD,
                leaf_place_of(emitter, from.number).number);
        leaf_note_distance(emitter, &emitter->to_exits, x_jump(&emitter->code), value->exit);
    }
}

void leaf_emit_multiply(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    int64_t bits;
    x_op_memory(code, X_LEA, RAX, leaf_general(emitter, value->left, RAX), -TAG_INTEGER);
    if (leaf_is_number(emitter, value->right, &bits)) {
        x_multiply_number(code, RAX, RAX, bits >> 3);
    } else {
        leaf_load(emitter, value->right, RDX);
        x_shift(code, SHIFT_SIGNED, RDX, 3);
        x_multiply(code, RAX, RDX);
    }
    leaf_exit_if(emitter, IF_OVERFLOW, value);
    x_op_number(code, X_OR, RAX, TAG_INTEGER);
    leaf_put_answer(emitter, number, RAX);
}

/* By a number that is known: the upper half of the product with 2^64 / number, rounded up, is the quotient of what has 32 bits (Granlund
 * and Montgomery, "Division by Invariant Integers using Multiplication", 1994). The dividend is in r11. */
static void emit_divide_by_number(struct emitter *emitter, int64_t divisor, bool wants_quotient)
{
    struct assembler *code = &emitter->code;
    x_number(code, RAX, UINT64_MAX / (uint64_t)divisor + 1);
    x_multiply_wide(code, R11);
    if (wants_quotient) {
        x_move(code, R11, RDX);
    } else {
        x_multiply_number(code, RDX, RDX, divisor);
        x_op(code, X_SUB, R11, RDX);
    }
}

/* Naturals of 32 bits, as in BODY_FLOOR_DIVISION of ops.def; others are left to tier 1. */
void leaf_emit_floor_division(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    bool wants_quotient = value->op == LEAF_FLOOR_DIVIDE;
    int64_t bits;
    bool is_known = leaf_is_number(emitter, value->right, &bits) && bits >> 3 > 1;
    leaf_load(emitter, value->left, R11);
    x_shift(code, SHIFT_RIGHT, R11, 3);
    if (!is_known) {
        leaf_load(emitter, value->right, RAX);
        x_shift(code, SHIFT_RIGHT, RAX, 3);
        leaf_exit_if(emitter, IF_EQUAL, value);
    }
    x_move(code, RDX, R11);
    if (!is_known)
        x_op(code, X_OR, RDX, RAX);
    x_shift(code, SHIFT_RIGHT, RDX, 32);
    leaf_exit_if(emitter, IF_NOT_EQUAL, value);
    if (is_known) {
        emit_divide_by_number(emitter, bits >> 3, wants_quotient);
    } else {
        x_move(code, RDX, RAX);
        x_move(code, RAX, R11);
        x_move(code, R11, RDX);
        x_number(code, RDX, 0);
        x_divide_32(code, R11);
        x_move(code, R11, wants_quotient ? RAX : RDX);
    }
    x_lea_8(code, RAX, R11, TAG_INTEGER);
    leaf_put_answer(emitter, number, RAX);
}

static void emit_bits(struct emitter *emitter, int32_t number, unsigned opcode)
{
    const struct leaf_value *value = &emitter->graph->values[number];
    leaf_load(emitter, value->left, RAX);
    x_op(&emitter->code, opcode, RAX, leaf_general(emitter, value->right, RDX));
    leaf_put_answer(emitter, number, RAX);
}

void leaf_emit_bit_and(struct emitter *emitter, int32_t number)
{
    emit_bits(emitter, number, X_AND);
}

void leaf_emit_bit_or(struct emitter *emitter, int32_t number)
{
    emit_bits(emitter, number, X_OR);
}

void leaf_emit_character_code(struct emitter *emitter, int32_t number)
{
    leaf_load(emitter, emitter->graph->values[number].left, RAX);
    x_op_number(&emitter->code, X_XOR, RAX, TAG_CHARACTER ^ TAG_INTEGER);
    leaf_put_answer(emitter, number, RAX);
}

void leaf_emit_shift(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    if (value->number <= 0) {
        leaf_load(emitter, value->left, RAX);
        x_shift(code, SHIFT_SIGNED, RAX, (int)-value->number);
        x_op_number(code, X_AND, RAX, -8);
    } else {
        x_op_memory(code, X_LEA, RDX, leaf_general(emitter, value->left, RAX), -TAG_INTEGER);
        x_move(code, RAX, RDX);
        x_shift(code, SHIFT_LEFT, RAX, (int)value->number);
        x_move(code, R11, RAX);
        x_shift(code, SHIFT_SIGNED, R11, (int)value->number);
        x_op(code, X_CMP, R11, RDX);
        leaf_exit_if(emitter, IF_NOT_EQUAL, value);
    }
    x_op_number(code, X_OR, RAX, TAG_INTEGER);
    leaf_put_answer(emitter, number, RAX);
}

static void emit_float(struct emitter *emitter, int32_t number, unsigned opcode)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    int made = leaf_answer_register(emitter, number, XMM_SCRATCH);
    int right = leaf_double(emitter, value->right, XMM_SCRATCH_2);
    if (opcode == F_DIVIDE) {
        x_float_zero(code, XMM_SCRATCH);
        x_float_compare(code, XMM_SCRATCH, right);
        size_t is_no_number = x_jump_if(code, IF_PARITY);
        leaf_exit_if(emitter, IF_EQUAL, value);
        x_here(code, is_no_number);
    }
    int left = leaf_double(emitter, value->left, XMM_SCRATCH);
    if (made == right && made != left && (opcode == F_ADD || opcode == F_MULTIPLY)) {
        x_float(code, opcode, made, left);
    } else if (made == right && made != left) {
        x_float_move(code, XMM_SCRATCH, left);
        x_float(code, opcode, XMM_SCRATCH, right);
        x_float_move(code, made, XMM_SCRATCH);
    } else {
        x_float_move(code, made, left);
        x_float(code, opcode, made, right);
    }
    leaf_put_double(emitter, number, made);
}

void leaf_emit_float_add(struct emitter *emitter, int32_t number)
{
    emit_float(emitter, number, F_ADD);
}

void leaf_emit_float_subtract(struct emitter *emitter, int32_t number)
{
    emit_float(emitter, number, F_SUBTRACT);
}

void leaf_emit_float_multiply(struct emitter *emitter, int32_t number)
{
    emit_float(emitter, number, F_MULTIPLY);
}

void leaf_emit_float_divide(struct emitter *emitter, int32_t number)
{
    emit_float(emitter, number, F_DIVIDE);
}

void leaf_emit_sqrt(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    int operand = leaf_double(emitter, value->left, XMM_SCRATCH_2);
    x_float_zero(code, XMM_SCRATCH);
    x_float_compare(code, operand, XMM_SCRATCH);
    leaf_exit_if(emitter, IF_PARITY, value);
    leaf_exit_if(emitter, IF_BELOW, value);
    int made = leaf_answer_register(emitter, number, XMM_SCRATCH);
    x_float(code, F_SQRT, made, operand);
    leaf_put_double(emitter, number, made);
}

/* --- comparisons ------------------------------------------------------------------------------------------------------------------ */

unsigned leaf_compare_integers(struct emitter *emitter, const struct leaf_value *value)
{
    static const uint8_t conditions[] = {IF_LESS,     IF_GREATER, IF_NOT_GREATER,
                                         IF_NOT_LESS, IF_EQUAL,   IF_NOT_EQUAL};
    struct assembler *code = &emitter->code;
    int64_t bits;
    int left = leaf_general(emitter, value->left, RAX);
    if (leaf_is_number(emitter, value->right, &bits))
        x_op_number(code, X_CMP, left, bits);
    else
        x_op(code, X_CMP, left, leaf_general(emitter, value->right, RDX));
    return conditions[value->number];
}

unsigned leaf_compare_floats(struct emitter *emitter, const struct leaf_value *value)
{
    static const uint8_t conditions[] = {IF_ABOVE,     IF_ABOVE, IF_NOT_BELOW,
                                         IF_NOT_BELOW, IF_EQUAL, IF_NOT_EQUAL};
    int left = leaf_double(emitter, value->left, XMM_SCRATCH);
    int right = leaf_double(emitter, value->right, XMM_SCRATCH_2);
    bool is_turned = value->number == 0 || value->number == 2;
    x_float_compare(&emitter->code, is_turned ? right : left, is_turned ? left : right);
    return conditions[value->number];
}

/* true or false as the comparison says. Loads do not change what it found. */
void leaf_emit_truth(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    bool is_float = value->op == LEAF_FLOAT_TRUTH;
    unsigned condition =
        is_float ? leaf_compare_floats(emitter, value) : leaf_compare_integers(emitter, value);
    x_op_memory(code, X_LOAD, RAX, RDI, offsetof(struct vm, heap.false_object));
    x_op_memory(code, X_LOAD, RDX, RDI, offsetof(struct vm, heap.true_object));
    if (is_float && condition == IF_EQUAL) {
        x_move_if(code, IF_PARITY, RDX, RAX);
        x_move_if(code, IF_NOT_EQUAL, RDX, RAX);
        leaf_put_answer(emitter, number, RDX);
        return;
    }
    if (is_float && condition == IF_NOT_EQUAL)
        x_move_if(code, IF_PARITY, RAX, RDX);
    x_move_if(code, condition, RAX, RDX);
    leaf_put_answer(emitter, number, RAX);
}
