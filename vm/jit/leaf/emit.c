#include "vm/jit/leaf/emit.h"

#include <stdlib.h>

enum { LEAF_SIZE_MAX = 1 << 16 };

void leaf_note_distance(struct emitter *emitter, struct leaf_distances *distances, size_t at,
                        int32_t number)
{
    if (distances->count == distances->capacity) {
        int32_t wider = distances->capacity == 0 ? 32 : distances->capacity * 2;
        struct leaf_distance *moved = realloc(distances->items, (size_t)wider * sizeof *moved);
        if (moved == NULL) {
            emitter->failed = true;
            return;
        }
        distances->items = moved;
        distances->capacity = wider;
    }
    distances->items[distances->count++] = (struct leaf_distance){at, number};
}

/* --- operands and answers ---------------------------------------------------------------------------------------------------------- */

static struct leaf_place place_of(const struct emitter *emitter, int32_t value)
{
    return emitter->registers.places[value];
}

void leaf_load(struct emitter *emitter, int32_t number, int reg)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    struct leaf_place place = place_of(emitter, number);
    if (place.kind == LEAF_IN_REGISTER)
        x_move(code, reg, place.number);
    else if (place.kind == LEAF_ON_STACK)
        x_op_memory(code, X_LOAD, reg, RSP, 8 * (int64_t)place.number);
    else if (value->op == LEAF_INTEGER)
        x_number(code, reg, (uint64_t)value->number);
    else
        x_op_memory(code, X_LOAD, reg, RDI, value->number);
}

int leaf_general(struct emitter *emitter, int32_t value, int scratch)
{
    struct leaf_place place = place_of(emitter, value);
    if (place.kind == LEAF_IN_REGISTER)
        return place.number;
    leaf_load(emitter, value, scratch);
    return scratch;
}

int leaf_double(struct emitter *emitter, int32_t value, int scratch)
{
    struct leaf_place place = place_of(emitter, value);
    if (place.kind == LEAF_IN_REGISTER)
        return place.number;
    x_float_load(&emitter->code, scratch, RSP, 8 * (int64_t)place.number);
    return scratch;
}

/* Where an answer is made: in its register, or in the scratch one, from which put_answer takes it. */
static int answer_register(const struct emitter *emitter, int32_t value, int scratch)
{
    struct leaf_place place = place_of(emitter, value);
    return place.kind == LEAF_IN_REGISTER ? place.number : scratch;
}

static void put_answer(struct emitter *emitter, int32_t value, int reg)
{
    struct leaf_place place = place_of(emitter, value);
    if (place.kind == LEAF_IN_REGISTER)
        x_move(&emitter->code, place.number, reg);
    else
        x_op_memory(&emitter->code, X_STORE, reg, RSP, 8 * (int64_t)place.number);
}

static void put_double(struct emitter *emitter, int32_t value, int reg)
{
    struct leaf_place place = place_of(emitter, value);
    if (place.kind == LEAF_IN_REGISTER)
        x_float_move(&emitter->code, place.number, reg);
    else
        x_float_store(&emitter->code, reg, RSP, 8 * (int64_t)place.number);
}

static void exit_if(struct emitter *emitter, unsigned condition, const struct leaf_value *value)
{
    leaf_note_distance(emitter, &emitter->to_exits, x_jump_if(&emitter->code, condition),
                       value->exit);
}

/* Whether a value is an integer that fits into an instruction, as bits. */
static bool is_number(const struct emitter *emitter, int32_t number, int64_t *bits)
{
    const struct leaf_value *value = &emitter->graph->values[number];
    *bits = value->number;
    return value->op == LEAF_INTEGER && *bits == (int32_t)*bits && *bits != INT32_MIN;
}

/* --- checks ------------------------------------------------------------------------------------------------------------------------ */

/* Above `least` of rotated bits: rax = bits - least; r11 the bits. Flags are those of the comparison with the span. */
static void compare_with_small_floats(struct emitter *emitter, int reg)
{
    struct assembler *code = &emitter->code;
    x_bits_from_float(code, RAX, reg);
    x_shift(code, ROTATE_LEFT, RAX, 1);
    x_move(code, R11, RAX);
    x_number(code, RDX, LEAF_FLOAT_LEAST);
    x_op(code, X_SUB, RAX, RDX);
    x_number(code, RDX, LEAF_FLOAT_SPAN);
    x_op(code, X_CMP, RAX, RDX);
}

static void emit_check(struct emitter *emitter, const struct leaf_value *value)
{
    struct assembler *code = &emitter->code;
    switch ((enum leaf_op)value->op) {
    case LEAF_IS_INTEGER:
        x_test_byte(code, leaf_general(emitter, value->left, RAX), TAG_INTEGER);
        exit_if(emitter, IF_EQUAL, value);
        break;
    case LEAF_IS_OF_CLASS: {
        int reg = leaf_general(emitter, value->left, RDX);
        x_test_byte(code, reg, TAG_MASK);
        exit_if(emitter, IF_NOT_EQUAL, value);
        x_op_memory(code, X_LOAD, RAX, reg, 0);
        x_op_number(code, X_AND, RAX, (int64_t)HEADER_CLASS_MASK);
        x_op_number(code, X_CMP, RAX, value->number);
        exit_if(emitter, IF_NOT_EQUAL, value);
        break;
    }
    case LEAF_IS_CHARACTER:
        leaf_load(emitter, value->left, RAX);
        x_op_number(code, X_AND, RAX, TAG_MASK);
        x_op_number(code, X_CMP, RAX, TAG_CHARACTER);
        exit_if(emitter, IF_NOT_EQUAL, value);
        break;
    case LEAF_IS_MUTABLE:
        x_op_memory(code, X_LOAD, RAX, leaf_general(emitter, value->left, RDX), 0);
        x_op_number(code, X_AND, RAX, (int64_t)HEADER_IMMUTABLE);
        exit_if(emitter, IF_NOT_EQUAL, value);
        break;
    case LEAF_IS_FITTING: {
        compare_with_small_floats(emitter, leaf_double(emitter, value->left, XMM_SCRATCH));
        size_t fits = x_jump_if(code, IF_BELOW);
        x_op_number(code, X_CMP, R11, 1);
        exit_if(emitter, IF_ABOVE, value);
        x_here(code, fits);
        break;
    }
    default: /* LEAF_POLL */
        x_op_memory(code, X_LOAD, RAX, RSP, leaf_saved_sp(emitter));
        x_op_memory(code, X_CMP, RAX, RDI, offsetof(struct vm, poll_word));
        exit_if(emitter, IF_BELOW, value);
        break;
    }
}

/* --- conversions ------------------------------------------------------------------------------------------------------------------- */

/* As oop_to_float. */
static void emit_unbox(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    int reg = leaf_general(emitter, value->left, RAX);
    x_test_byte(code, reg, TAG_FLOAT);
    exit_if(emitter, IF_EQUAL, value);
    x_move(code, RAX, reg);
    x_shift(code, SHIFT_RIGHT, RAX, 3);
    x_op_number(code, X_CMP, RAX, 1);
    size_t is_zero = x_jump_if(code, IF_NOT_ABOVE);
    x_number(code, RDX, LEAF_FLOAT_BASE);
    x_op(code, X_ADD, RAX, RDX);
    x_here(code, is_zero);
    x_shift(code, ROTATE_RIGHT, RAX, 1);
    int made = answer_register(emitter, number, XMM_SCRATCH);
    x_float_from_bits(code, made, RAX);
    put_double(emitter, number, made);
}

/* As oop_from_float_if_fits; what may be zero lies behind all (emit_slow_boxes). */
static void emit_box(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    compare_with_small_floats(emitter, leaf_double(emitter, value->left, XMM_SCRATCH));
    leaf_note_distance(emitter, &emitter->to_slow_boxes, x_jump_if(code, IF_NOT_BELOW), number);
    x_lea_8(code, RAX, RAX, (2 << 3) | TAG_FLOAT);
    leaf_note_distance(emitter, &emitter->to_slow_boxes, code->size, LEAF_NONE);
    put_answer(emitter, number, RAX);
}

static void emit_slow_boxes(struct emitter *emitter)
{
    struct assembler *code = &emitter->code;
    for (int32_t i = 0; i + 1 < emitter->to_slow_boxes.count; i += 2) {
        struct leaf_distance from = emitter->to_slow_boxes.items[i];
        x_here(code, from.at);
        x_op_number(code, X_CMP, R11, 1);
        exit_if(emitter, IF_ABOVE, &emitter->graph->values[from.number]);
        x_lea_8(code, RAX, R11, TAG_FLOAT);
        x_to(code, x_jump(code), emitter->to_slow_boxes.items[i + 1].at);
    }
}

/* --- arithmetic -------------------------------------------------------------------------------------------------------------------- */

/* Whether an answer takes the register of its left operand. */
static bool is_in_place(const struct emitter *emitter, int32_t number)
{
    struct leaf_place made = place_of(emitter, number);
    struct leaf_place left = place_of(emitter, emitter->graph->values[number].left);
    return made.kind == LEAF_IN_REGISTER && left.kind == LEAF_IN_REGISTER &&
           made.number == left.number;
}

/* reg OP= the right operand without its tag; from a register that is rdx. */
static void put_sum(struct emitter *emitter, const struct leaf_value *value, unsigned opcode,
                    int reg)
{
    int64_t bits;
    if (is_number(emitter, value->right, &bits))
        x_op_number(&emitter->code, opcode, reg, bits - TAG_INTEGER);
    else
        x_op(&emitter->code, opcode, reg, RDX);
}

/* Sums of oops: one of the two is taken without its tag. In place of the left operand, the exit takes it back (emit_undone). */
static void emit_sum(struct emitter *emitter, int32_t number, unsigned opcode)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    int64_t bits;
    if (!is_number(emitter, value->right, &bits))
        x_op_memory(code, X_LEA, RDX, leaf_general(emitter, value->right, RDX), -TAG_INTEGER);
    if (is_in_place(emitter, number)) {
        put_sum(emitter, value, opcode, place_of(emitter, number).number);
        leaf_note_distance(emitter, &emitter->to_undone, x_jump_if(code, IF_OVERFLOW), number);
        return;
    }
    leaf_load(emitter, value->left, RAX);
    put_sum(emitter, value, opcode, RAX);
    exit_if(emitter, IF_OVERFLOW, value);
    put_answer(emitter, number, RAX);
}

static void emit_undone(struct emitter *emitter)
{
    for (int32_t i = 0; i < emitter->to_undone.count; i++) {
        struct leaf_distance from = emitter->to_undone.items[i];
        const struct leaf_value *value = &emitter->graph->values[from.number];
        x_here(&emitter->code, from.at);
        put_sum(emitter, value, value->op == LEAF_ADD ? X_SUB : X_ADD,
                place_of(emitter, from.number).number);
        leaf_note_distance(emitter, &emitter->to_exits, x_jump(&emitter->code), value->exit);
    }
}

static void emit_multiply(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    int64_t bits;
    x_op_memory(code, X_LEA, RAX, leaf_general(emitter, value->left, RAX), -TAG_INTEGER);
    if (is_number(emitter, value->right, &bits)) {
        x_multiply_number(code, RAX, RAX, bits >> 3);
    } else {
        leaf_load(emitter, value->right, RDX);
        x_shift(code, SHIFT_SIGNED, RDX, 3);
        x_multiply(code, RAX, RDX);
    }
    exit_if(emitter, IF_OVERFLOW, value);
    x_op_number(code, X_OR, RAX, TAG_INTEGER);
    put_answer(emitter, number, RAX);
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
static void emit_floor_division(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    bool wants_quotient = value->op == LEAF_FLOOR_DIVIDE;
    int64_t bits;
    bool is_known = is_number(emitter, value->right, &bits) && bits >> 3 > 1;
    leaf_load(emitter, value->left, R11);
    x_shift(code, SHIFT_RIGHT, R11, 3);
    if (!is_known) {
        leaf_load(emitter, value->right, RAX);
        x_shift(code, SHIFT_RIGHT, RAX, 3);
        exit_if(emitter, IF_EQUAL, value);
    }
    x_move(code, RDX, R11);
    if (!is_known)
        x_op(code, X_OR, RDX, RAX);
    x_shift(code, SHIFT_RIGHT, RDX, 32);
    exit_if(emitter, IF_NOT_EQUAL, value);
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
    put_answer(emitter, number, RAX);
}

static void emit_bits(struct emitter *emitter, int32_t number, unsigned opcode)
{
    const struct leaf_value *value = &emitter->graph->values[number];
    leaf_load(emitter, value->left, RAX);
    x_op(&emitter->code, opcode, RAX, leaf_general(emitter, value->right, RDX));
    put_answer(emitter, number, RAX);
}

static void emit_shift(struct emitter *emitter, int32_t number)
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
        exit_if(emitter, IF_NOT_EQUAL, value);
    }
    x_op_number(code, X_OR, RAX, TAG_INTEGER);
    put_answer(emitter, number, RAX);
}

static void emit_float(struct emitter *emitter, int32_t number, unsigned opcode)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    int made = answer_register(emitter, number, XMM_SCRATCH);
    int right = leaf_double(emitter, value->right, XMM_SCRATCH_2);
    if (opcode == F_DIVIDE) {
        x_float_zero(code, XMM_SCRATCH);
        x_float_compare(code, XMM_SCRATCH, right);
        size_t is_no_number = x_jump_if(code, IF_PARITY);
        exit_if(emitter, IF_EQUAL, value);
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
    put_double(emitter, number, made);
}

static void emit_sqrt(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    int operand = leaf_double(emitter, value->left, XMM_SCRATCH_2);
    x_float_zero(code, XMM_SCRATCH);
    x_float_compare(code, operand, XMM_SCRATCH);
    exit_if(emitter, IF_PARITY, value);
    exit_if(emitter, IF_BELOW, value);
    int made = answer_register(emitter, number, XMM_SCRATCH);
    x_float(code, F_SQRT, made, operand);
    put_double(emitter, number, made);
}

/* --- memory ------------------------------------------------------------------------------------------------------------------------ */

/* As heap_store_is_noted: what is noted is left to tier 1. */
static void emit_barrier(struct emitter *emitter, const struct leaf_value *value, int32_t object,
                         int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *stored = &emitter->graph->values[number];
    size_t need_not[3];
    if (stored->type == LEAF_INT || stored->op == LEAF_BOX || stored->op == LEAF_INTEGER)
        return;
    int reg = leaf_general(emitter, number, RAX);
    x_test_byte(code, reg, TAG_MASK);
    need_not[0] = x_jump_if(code, IF_NOT_EQUAL);
    x_move(code, RAX, reg);
    x_op_memory(code, X_SUB, RAX, RDI, offsetof(struct vm, heap.barrier_base));
    x_op_memory(code, X_CMP, RAX, RDI, offsetof(struct vm, heap.barrier_size));
    need_not[1] = x_jump_if(code, IF_NOT_BELOW);
    leaf_load(emitter, object, RAX);
    x_op_memory(code, X_SUB, RAX, RDI, offsetof(struct vm, heap.young_base));
    x_op_memory(code, X_CMP, RAX, RDI, offsetof(struct vm, heap.young_size));
    need_not[2] = x_jump_if(code, IF_BELOW);
    x_op_memory(code, X_LOAD, RAX, leaf_general(emitter, object, RDX), 0);
    x_op_memory(code, X_AND, RAX, RDI, offsetof(struct vm, heap.barrier_mask));
    exit_if(emitter, IF_EQUAL, value);
    for (int i = 0; i < 3; i++)
        x_here(code, need_not[i]);
}

static void emit_store(struct emitter *emitter, const struct leaf_value *value)
{
    emit_barrier(emitter, value, value->left, value->right);
    int object = leaf_general(emitter, value->left, RDX);
    x_op_memory(&emitter->code, X_STORE, leaf_general(emitter, value->right, RAX), object,
                8 * (value->number + 1));
}

/* How many elements an object has, times four, and its kind. */
static void emit_body(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    int object = leaf_general(emitter, value->left, R11);
    x_test_byte(code, object, TAG_MASK);
    exit_if(emitter, IF_NOT_EQUAL, value);
    x_op_memory(code, X_LOAD, RAX, object, 0);
    x_move(code, RDX, RAX);
    x_shift(code, SHIFT_RIGHT, RDX, HEADER_SLOTS_SHIFT);
    x_op_number(code, X_CMP, RDX, OVERFLOW_SLOTS);
    size_t is_short = x_jump_if(code, IF_NOT_EQUAL);
    x_op_memory(code, X_LOAD, RDX, object, -8);
    x_shift(code, SHIFT_LEFT, RDX, 64 - HEADER_SLOTS_SHIFT);
    x_shift(code, SHIFT_RIGHT, RDX, 64 - HEADER_SLOTS_SHIFT);
    x_here(code, is_short);
    x_move(code, R11, RAX);
    x_op_number(code, X_AND, R11, (int64_t)HEADER_CLASS_MASK);
    x_op_number(code, X_CMP, R11, CLASS_ARRAY);
    size_t is_array = x_jump_if(code, IF_EQUAL);
    x_shift(code, SHIFT_RIGHT, RAX, HEADER_FORMAT_SHIFT);
    x_op_number(code, X_AND, RAX, 7);
    x_shift(code, SHIFT_LEFT, RDX, 3);
    x_op(code, X_SUB, RDX, RAX);
    x_number(code, RAX, LEAF_BODY_STRING);
    x_op_number(code, X_CMP, R11, CLASS_BYTE_STRING);
    size_t is_string = x_jump_if(code, IF_EQUAL);
    x_number(code, RAX, LEAF_BODY_BYTES);
    x_op_number(code, X_CMP, R11, CLASS_BYTE_ARRAY);
    exit_if(emitter, IF_NOT_EQUAL, value);
    x_here(code, is_string);
    x_shift(code, SHIFT_LEFT, RDX, 2);
    x_op(code, X_OR, RDX, RAX);
    size_t done = x_jump(code);
    x_here(code, is_array);
    x_shift(code, SHIFT_LEFT, RDX, 2);
    x_here(code, done);
    put_answer(emitter, number, RDX);
}

static void emit_size(struct emitter *emitter, int32_t number)
{
    leaf_load(emitter, emitter->graph->values[number].left, RAX);
    x_shift(&emitter->code, SHIFT_RIGHT, RAX, 2);
    x_lea_8(&emitter->code, RAX, RAX, TAG_INTEGER);
    put_answer(emitter, number, RAX);
}

/* rax = the index from 0, which is below the size; flags tell whether elements are bytes. r11 is the body where it has no register. */
static int emit_index(struct emitter *emitter, const struct leaf_value *value)
{
    struct assembler *code = &emitter->code;
    leaf_load(emitter, value->right, RAX);
    x_shift(code, SHIFT_SIGNED, RAX, 3);
    x_op_number(code, X_SUB, RAX, 1);
    int body = leaf_general(emitter, value->third, R11);
    x_move(code, RDX, body);
    x_shift(code, SHIFT_RIGHT, RDX, 2);
    x_op(code, X_CMP, RAX, RDX);
    exit_if(emitter, IF_NOT_BELOW, value);
    x_test_byte(code, body, 3);
    return body;
}

static void emit_at(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    int body = emit_index(emitter, value);
    size_t are_bytes = x_jump_if(code, IF_NOT_EQUAL);
    x_load_element(code, RAX, leaf_general(emitter, value->left, RDX), RAX, 8);
    size_t done = x_jump(code);
    x_here(code, are_bytes);
    x_load_byte(code, RAX, leaf_general(emitter, value->left, RDX), RAX, 8);
    x_test_byte(code, body, LEAF_BODY_STRING);
    size_t is_string = x_jump_if(code, IF_NOT_EQUAL);
    x_lea_8(code, RAX, RAX, TAG_INTEGER);
    size_t is_integer = x_jump(code);
    x_here(code, is_string);
    x_lea_8(code, RAX, RAX, TAG_CHARACTER);
    x_here(code, is_integer);
    x_here(code, done);
    put_answer(emitter, number, RAX);
}

/* What is stored into a String or ByteArray must be a Character or integer of one byte. */
static void emit_at_put(struct emitter *emitter, const struct leaf_value *value)
{
    struct assembler *code = &emitter->code;
    emit_barrier(emitter, value, value->left, value->fourth);
    int body = emit_index(emitter, value);
    size_t are_bytes = x_jump_if(code, IF_NOT_EQUAL);
    x_store_element(code, leaf_general(emitter, value->fourth, RDX),
                    leaf_general(emitter, value->left, R11), RAX, 8);
    size_t done = x_jump(code);
    x_here(code, are_bytes);
    /* The tag that fits: that of an integer is 1, of a Character 2; kinds are 2 and 1. */
    x_move(code, RDX, body);
    x_op_number(code, X_AND, RDX, 3);
    x_op_number(code, X_XOR, RDX, 3);
    leaf_load(emitter, value->fourth, R11);
    x_op(code, X_XOR, RDX, R11);
    x_shift(code, ROTATE_RIGHT, RDX, 3);
    x_op_number(code, X_CMP, RDX, 255);
    exit_if(emitter, IF_ABOVE, value);
    x_store_byte(code, RDX, leaf_general(emitter, value->left, R11), RAX, 8);
    x_here(code, done);
}

static void emit_fetch(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    int made = answer_register(emitter, number, RAX);
    switch ((enum leaf_op)value->op) {
    case LEAF_TEMP:
        x_op_memory(code, X_LOAD, made, RCX, 8 * value->number);
        break;
    case LEAF_RECEIVER:
        x_op_memory(code, X_LOAD, made, RCX, 8 * FRAME_RECEIVER);
        break;
    case LEAF_LITERAL:
        x_op_memory(code, X_LOAD, RAX, NO_BASE,
                    (int64_t)(intptr_t)&emitter->graph->steps->code->method);
        x_op_memory(code, X_LOAD, made, RAX, 8 * (value->number + 1));
        break;
    default: /* LEAF_SLOT */
        x_op_memory(code, X_LOAD, made, leaf_general(emitter, value->left, RDX),
                    8 * (value->number + 1));
        break;
    }
    put_answer(emitter, number, made);
}

/* --- ends of blocks ---------------------------------------------------------------------------------------------------------------- */

static void jump_to(struct emitter *emitter, int32_t block)
{
    leaf_note_distance(emitter, &emitter->to_blocks, x_jump(&emitter->code), block);
}

static void jump_if_to(struct emitter *emitter, unsigned condition, int32_t block)
{
    leaf_note_distance(emitter, &emitter->to_blocks, x_jump_if(&emitter->code, condition), block);
}

/* To the first successor where a condition holds, to the second where not; one of them may lie behind. */
static void emit_branch(struct emitter *emitter, const struct leaf_block *block, unsigned condition,
                        int32_t next)
{
    if (block->successors[0] == next) {
        jump_if_to(emitter, condition ^ 1, block->successors[1]);
        return;
    }
    jump_if_to(emitter, condition, block->successors[0]);
    if (block->successors[1] != next)
        jump_to(emitter, block->successors[1]);
}

/* Compares two integers or Characters; the condition under which the comparison holds. */
static unsigned compare_integers(struct emitter *emitter, const struct leaf_value *value)
{
    static const uint8_t conditions[] = {IF_LESS,     IF_GREATER, IF_NOT_GREATER,
                                         IF_NOT_LESS, IF_EQUAL,   IF_NOT_EQUAL};
    struct assembler *code = &emitter->code;
    int64_t bits;
    int left = leaf_general(emitter, value->left, RAX);
    if (is_number(emitter, value->right, &bits))
        x_op_number(code, X_CMP, left, bits);
    else
        x_op(code, X_CMP, left, leaf_general(emitter, value->right, RDX));
    return conditions[value->number];
}

/* The same for doubles; = and ~= look at parity too: what is no number is neither more nor less than anything, nor equal. */
static unsigned compare_floats(struct emitter *emitter, const struct leaf_value *value)
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
static void emit_truth(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    bool is_float = value->op == LEAF_FLOAT_TRUTH;
    unsigned condition =
        is_float ? compare_floats(emitter, value) : compare_integers(emitter, value);
    x_op_memory(code, X_LOAD, RAX, RDI, offsetof(struct vm, heap.false_object));
    x_op_memory(code, X_LOAD, RDX, RDI, offsetof(struct vm, heap.true_object));
    if (is_float && condition == IF_EQUAL) {
        x_move_if(code, IF_PARITY, RDX, RAX);
        x_move_if(code, IF_NOT_EQUAL, RDX, RAX);
        put_answer(emitter, number, RDX);
        return;
    }
    if (is_float && condition == IF_NOT_EQUAL)
        x_move_if(code, IF_PARITY, RAX, RDX);
    x_move_if(code, condition, RAX, RDX);
    put_answer(emitter, number, RAX);
}

static void emit_if_floats(struct emitter *emitter, const struct leaf_block *block,
                           const struct leaf_value *value, int32_t next)
{
    unsigned condition = compare_floats(emitter, value);
    if (condition == IF_EQUAL || condition == IF_NOT_EQUAL)
        jump_if_to(emitter, IF_PARITY, block->successors[condition == IF_EQUAL ? 1 : 0]);
    emit_branch(emitter, block, condition, next);
}

/* What is not the same may be so for a forwarder: tier 1 looks. */
static void emit_if_same(struct emitter *emitter, const struct leaf_block *block,
                         const struct leaf_value *value, int32_t next)
{
    struct assembler *code = &emitter->code;
    int left = leaf_general(emitter, value->left, RAX);
    int32_t other = block->successors[value->number != 0 ? 1 : 0];
    x_op(code, X_CMP, left, leaf_general(emitter, value->right, RDX));
    jump_if_to(emitter, IF_EQUAL, block->successors[value->number != 0 ? 0 : 1]);
    x_compare_8(code, RDI, offsetof(struct vm, heap.forwarders_exist), 0);
    exit_if(emitter, IF_NOT_EQUAL, value);
    if (other != next)
        jump_to(emitter, other);
}

static void emit_if_true(struct emitter *emitter, const struct leaf_block *block,
                         const struct leaf_value *value, int32_t next)
{
    struct assembler *code = &emitter->code;
    int reg = leaf_general(emitter, value->left, RAX);
    x_op_memory(code, X_CMP, reg, RDI, offsetof(struct vm, heap.true_object));
    jump_if_to(emitter, IF_EQUAL, block->successors[0]);
    x_op_memory(code, X_CMP, reg, RDI, offsetof(struct vm, heap.false_object));
    exit_if(emitter, IF_NOT_EQUAL, value);
    if (block->successors[1] != next)
        jump_to(emitter, block->successors[1]);
}

static void emit_end(struct emitter *emitter, int32_t number, const struct leaf_value *value,
                     int32_t next)
{
    const struct leaf_block *block = &emitter->graph->blocks[number];
    switch ((enum leaf_op)value->op) {
    case LEAF_JUMP:
        leaf_emit_moves(emitter, number);
        if (block->successors[0] != next)
            jump_to(emitter, block->successors[0]);
        break;
    case LEAF_IF_INTEGERS:
        emit_branch(emitter, block, compare_integers(emitter, value), next);
        break;
    case LEAF_IF_SAME:
        emit_if_same(emitter, block, value, next);
        break;
    case LEAF_IF_TRUE:
        emit_if_true(emitter, block, value, next);
        break;
    case LEAF_IF_FLOATS:
        emit_if_floats(emitter, block, value, next);
        break;
    case LEAF_RETURN:
        leaf_emit_return(emitter, value);
        break;
    default: /* LEAF_LEAVE */
        leaf_note_distance(emitter, &emitter->to_exits, x_jump(&emitter->code), value->exit);
        break;
    }
}

/* --- all of it --------------------------------------------------------------------------------------------------------------------- */

static void emit_value(struct emitter *emitter, int32_t number)
{
    const struct leaf_value *value = &emitter->graph->values[number];
    switch ((enum leaf_op)value->op) {
    case LEAF_TEMP:
    case LEAF_RECEIVER:
    case LEAF_LITERAL:
    case LEAF_SLOT:
        emit_fetch(emitter, number);
        break;
    case LEAF_UNBOX:
        emit_unbox(emitter, number);
        break;
    case LEAF_BOX:
        emit_box(emitter, number);
        break;
    case LEAF_ADD:
        emit_sum(emitter, number, X_ADD);
        break;
    case LEAF_SUBTRACT:
        emit_sum(emitter, number, X_SUB);
        break;
    case LEAF_MULTIPLY:
        emit_multiply(emitter, number);
        break;
    case LEAF_FLOOR_DIVIDE:
    case LEAF_MODULO:
        emit_floor_division(emitter, number);
        break;
    case LEAF_BIT_AND:
        emit_bits(emitter, number, X_AND);
        break;
    case LEAF_BIT_OR:
        emit_bits(emitter, number, X_OR);
        break;
    case LEAF_FLOAT_ADD:
        emit_float(emitter, number, F_ADD);
        break;
    case LEAF_FLOAT_SUBTRACT:
        emit_float(emitter, number, F_SUBTRACT);
        break;
    case LEAF_FLOAT_MULTIPLY:
        emit_float(emitter, number, F_MULTIPLY);
        break;
    case LEAF_FLOAT_DIVIDE:
        emit_float(emitter, number, F_DIVIDE);
        break;
    case LEAF_FLOAT_SQRT:
        emit_sqrt(emitter, number);
        break;
    case LEAF_STORE:
        emit_store(emitter, value);
        break;
    case LEAF_SHIFT:
        emit_shift(emitter, number);
        break;
    case LEAF_CHARACTER_CODE:
        leaf_load(emitter, value->left, RAX);
        x_op_number(&emitter->code, X_XOR, RAX, TAG_CHARACTER ^ TAG_INTEGER);
        put_answer(emitter, number, RAX);
        break;
    case LEAF_BODY:
        emit_body(emitter, number);
        break;
    case LEAF_SIZE:
        emit_size(emitter, number);
        break;
    case LEAF_AT:
        emit_at(emitter, number);
        break;
    case LEAF_AT_PUT:
        emit_at_put(emitter, value);
        break;
    case LEAF_TRUTH:
    case LEAF_FLOAT_TRUTH:
        emit_truth(emitter, number);
        break;
    case LEAF_INTEGER:
    case LEAF_KNOWN:
    case LEAF_POINT:
    case LEAF_PHI:
        break;
    default:
        emit_check(emitter, value);
        break;
    }
}

static void emit_blocks(struct emitter *emitter)
{
    const struct leaf_graph *graph = emitter->graph;
    for (int32_t i = 0; i < graph->block_count; i++) {
        const struct leaf_block *block = &graph->blocks[graph->order[i]];
        if (block->is_cut)
            continue;
        int32_t next = i + 1;
        while (next < graph->block_count && graph->blocks[graph->order[next]].is_cut)
            next++;
        emitter->block_starts[graph->order[i]] = emitter->code.size;
        for (int32_t j = 0; j + 1 < block->value_count; j++)
            emit_value(emitter, block->values[j]);
        emit_end(emitter, graph->order[i], &graph->values[block->values[block->value_count - 1]],
                 next < graph->block_count ? graph->order[next] : LEAF_NONE);
    }
    for (int32_t i = 0; i < emitter->to_blocks.count; i++)
        x_to(&emitter->code, emitter->to_blocks.items[i].at,
             emitter->block_starts[emitter->to_blocks.items[i].number]);
}

static bool take_jumps(struct emitter *emitter, struct leaf *leaf)
{
    leaf->jumps = malloc((size_t)emitter->out.count * sizeof *leaf->jumps + 1);
    if (leaf->jumps == NULL)
        return false;
    for (int32_t i = 0; i < emitter->out.count; i++)
        leaf->jumps[i] =
            (struct leaf_jump){(uint32_t)emitter->out.items[i].at, emitter->out.items[i].number};
    leaf->jump_count = (size_t)emitter->out.count;
    return true;
}

bool leaf_emit(const struct leaf_graph *graph, struct leaf *leaf)
{
    struct emitter emitter = {.graph = graph};
    emitter.block_starts = calloc((size_t)graph->block_count, sizeof *emitter.block_starts);
    if (emitter.block_starts != NULL && leaf_registers_open(&emitter.registers, graph)) {
        leaf_emit_beginning(&emitter);
        emit_blocks(&emitter);
        emit_slow_boxes(&emitter);
        emit_undone(&emitter);
        leaf_emit_exits(&emitter);
        leaf_emit_box_routine(&emitter);
        emitter.failed = emitter.failed || emitter.code.failed ||
                         emitter.code.size > LEAF_SIZE_MAX || !take_jumps(&emitter, leaf);
        leaf_registers_close(&emitter.registers);
    } else {
        emitter.failed = true;
    }
    leaf->pc = graph->pc;
    leaf->bytes = emitter.code.bytes;
    leaf->size = emitter.code.size;
    free(emitter.block_starts);
    free(emitter.to_blocks.items);
    free(emitter.to_exits.items);
    free(emitter.to_slow_boxes.items);
    free(emitter.to_undone.items);
    free(emitter.to_box.items);
    free(emitter.out.items);
    if (emitter.failed) {
        free(leaf->bytes);
        free(leaf->jumps);
        *leaf = (struct leaf){.pc = -1};
    }
    return !emitter.failed;
}
