/* Machine code for what lies in memory: slots, elements, what the frame and the method hold. */
#include "vm/jit/leaf/emit.h"

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
    leaf_exit_if(emitter, IF_EQUAL, value);
    for (int i = 0; i < 3; i++)
        x_here(code, need_not[i]);
}

void leaf_emit_store(struct emitter *emitter, int32_t number)
{
    const struct leaf_value *value = &emitter->graph->values[number];
    emit_barrier(emitter, value, value->left, value->right);
    int object = leaf_general(emitter, value->left, RDX);
    x_op_memory(&emitter->code, X_STORE, leaf_general(emitter, value->right, RAX), object,
                8 * (value->number + 1));
}

/* How many elements an object has, times four, and its kind. */
void leaf_emit_body(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    int object = leaf_general(emitter, value->left, R11);
    x_test_byte(code, object, TAG_MASK);
    leaf_exit_if(emitter, IF_NOT_EQUAL, value);
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
    leaf_exit_if(emitter, IF_NOT_EQUAL, value);
    x_here(code, is_string);
    x_shift(code, SHIFT_LEFT, RDX, 2);
    x_op(code, X_OR, RDX, RAX);
    size_t done = x_jump(code);
    x_here(code, is_array);
    x_shift(code, SHIFT_LEFT, RDX, 2);
    x_here(code, done);
    leaf_put_answer(emitter, number, RDX);
}

void leaf_emit_size(struct emitter *emitter, int32_t number)
{
    leaf_load(emitter, emitter->graph->values[number].left, RAX);
    x_shift(&emitter->code, SHIFT_RIGHT, RAX, 2);
    x_lea_8(&emitter->code, RAX, RAX, TAG_INTEGER);
    leaf_put_answer(emitter, number, RAX);
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
    leaf_exit_if(emitter, IF_NOT_BELOW, value);
    x_test_byte(code, body, 3);
    return body;
}

void leaf_emit_at(struct emitter *emitter, int32_t number)
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
    leaf_put_answer(emitter, number, RAX);
}

/* What is stored into a String or ByteArray must be a Character or integer of one byte. */
void leaf_emit_at_put(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
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
    leaf_exit_if(emitter, IF_ABOVE, value);
    x_store_byte(code, RDX, leaf_general(emitter, value->left, R11), RAX, 8);
    x_here(code, done);
}

void leaf_load_literal(struct emitter *emitter, int64_t slot, int reg)
{
    struct assembler *code = &emitter->code;
    x_op_memory(code, X_LOAD, reg, NO_BASE,
                (int64_t)(intptr_t)&emitter->graph->steps->code->method);
    x_op_memory(code, X_LOAD, reg, reg, 8 * (slot + 1));
}

/* An argument or the receiver where a method is called: the last of them is the top of the stack, which keeps its register. */
static void emit_operand(struct emitter *emitter, const struct leaf_value *value, int made)
{
    struct assembler *code = &emitter->code;
    int64_t depth = leaf_depth_of(emitter->graph, value);
    uint32_t mentioned = code->mentioned;
    if (depth == 0)
        x_move(code, made, R8);
    else if (emitter->keeps_sp)
        x_op_memory(code, X_LOAD, made, RSP, leaf_saved_sp(emitter));
    if (depth > 0)
        x_op_memory(code, X_LOAD, made, emitter->keeps_sp ? made : RDX, 8 * (depth - 1));
    if (value->op == LEAF_RECEIVER && leaf_is_in_closure(emitter->graph))
        x_op_memory(code, X_LOAD, made, made, 8 * (SLOT_FULL_CLOSURE_RECEIVER + 1));
    code->mentioned = mentioned;
}

void leaf_emit_fetch(struct emitter *emitter, int32_t number)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    int made = leaf_answer_register(emitter, number, RAX);
    bool is_operand = value->op == LEAF_TEMP || value->op == LEAF_RECEIVER;
    if (emitter->graph->span.is_frameless && is_operand) {
        emit_operand(emitter, value, made);
        leaf_put_answer(emitter, number, made);
        return;
    }
    switch ((enum leaf_op)value->op) {
    case LEAF_TEMP:
        x_op_memory(code, X_LOAD, made, RCX, 8 * value->number);
        break;
    case LEAF_RECEIVER:
        x_op_memory(code, X_LOAD, made, RCX, 8 * FRAME_RECEIVER);
        break;
    case LEAF_GLOBAL:
        leaf_load_literal(emitter, value->number, RDX);
        x_op_memory(code, X_LOAD, RAX, RDX, 0);
        x_op_number(code, X_AND, RAX, (int64_t)HEADER_CLASS_MASK);
        x_op_number(code, X_CMP, RAX, CLASS_INDEX_FORWARDED);
        leaf_exit_if(emitter, IF_EQUAL, value);
        x_op_memory(code, X_LOAD, made, RDX, 8 * (SLOT_ASSOCIATION_VALUE + 1));
        break;
    case LEAF_LITERAL:
        leaf_load_literal(emitter, value->number, made);
        break;
    default: /* LEAF_SLOT */
        x_op_memory(code, X_LOAD, made, leaf_general(emitter, value->left, RDX),
                    8 * (value->number + 1));
        break;
    }
    leaf_put_answer(emitter, number, made);
}
