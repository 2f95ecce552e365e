#include "vm/jit/leaf/emit.h"

#include <stdlib.h>

enum { LEAF_SIZE_MAX = 1 << 16 };

void leaf_note_distance(struct emitter *emitter, struct leaf_distances *distances, size_t at,
                        int32_t number)
{
    if (leaf_has_room((void **)&distances->items, distances->count, &distances->capacity,
                      sizeof *distances->items, INT32_MAX))
        distances->items[distances->count++] = (struct leaf_distance){at, number};
    else
        emitter->failed = true;
}

/* --- operands and answers ---------------------------------------------------------------------------------------------------------- */

struct leaf_place leaf_place_of(const struct emitter *emitter, int32_t value)
{
    return emitter->registers.places[value];
}

void leaf_load(struct emitter *emitter, int32_t number, int reg)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *value = &emitter->graph->values[number];
    struct leaf_place place = leaf_place_of(emitter, number);
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
    struct leaf_place place = leaf_place_of(emitter, value);
    if (place.kind == LEAF_IN_REGISTER)
        return place.number;
    leaf_load(emitter, value, scratch);
    return scratch;
}

int leaf_double(struct emitter *emitter, int32_t value, int scratch)
{
    struct leaf_place place = leaf_place_of(emitter, value);
    if (place.kind == LEAF_IN_REGISTER)
        return place.number;
    x_float_load(&emitter->code, scratch, RSP, 8 * (int64_t)place.number);
    return scratch;
}

/* Where an answer is made: in its register, or in the scratch one, from which leaf_put_answer takes it. */
int leaf_answer_register(const struct emitter *emitter, int32_t value, int scratch)
{
    struct leaf_place place = leaf_place_of(emitter, value);
    return place.kind == LEAF_IN_REGISTER ? place.number : scratch;
}

void leaf_put_answer(struct emitter *emitter, int32_t value, int reg)
{
    struct leaf_place place = leaf_place_of(emitter, value);
    if (place.kind == LEAF_IN_REGISTER)
        x_move(&emitter->code, place.number, reg);
    else
        x_op_memory(&emitter->code, X_STORE, reg, RSP, 8 * (int64_t)place.number);
}

void leaf_put_double(struct emitter *emitter, int32_t value, int reg)
{
    struct leaf_place place = leaf_place_of(emitter, value);
    if (place.kind == LEAF_IN_REGISTER)
        x_float_move(&emitter->code, place.number, reg);
    else
        x_float_store(&emitter->code, reg, RSP, 8 * (int64_t)place.number);
}

void leaf_exit_if(struct emitter *emitter, unsigned condition, const struct leaf_value *value)
{
    leaf_note_distance(emitter, &emitter->to_exits, x_jump_if(&emitter->code, condition),
                       value->exit);
}

/* Whether a value is an integer that fits into an instruction, as bits. */
bool leaf_is_number(const struct emitter *emitter, int32_t number, int64_t *bits)
{
    const struct leaf_value *value = &emitter->graph->values[number];
    *bits = value->number;
    return value->op == LEAF_INTEGER && *bits == (int32_t)*bits && *bits != INT32_MIN;
}

/* --- ends of blocks ---------------------------------------------------------------------------------------------------------------- */

static void jump_to(struct emitter *emitter, int32_t block)
{
    leaf_note_distance(emitter, &emitter->to_blocks, x_jump(&emitter->code), block);
}

/* Where a block does nothing but leave, the jump to it leaves. */
static void jump_if_to(struct emitter *emitter, unsigned condition, int32_t block)
{
    const struct leaf_block *target = &emitter->graph->blocks[block];
    const struct leaf_value *end = &emitter->graph->values[target->values[0]];
    if (end->op == LEAF_LEAVE) {
        leaf_exit_if(emitter, condition, end);
        return;
    }
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

static void emit_if_floats(struct emitter *emitter, const struct leaf_block *block,
                           const struct leaf_value *value, int32_t next)
{
    unsigned condition = leaf_compare_floats(emitter, value);
    if (condition == IF_EQUAL || condition == IF_NOT_EQUAL)
        jump_if_to(emitter, IF_PARITY, block->successors[condition == IF_EQUAL ? 1 : 0]);
    emit_branch(emitter, block, condition, next);
}

/* What is not the same may be so for a forwarder: then tier 1 looks. */
static void emit_exit_if_forwarder(struct emitter *emitter, const struct leaf_value *value,
                                   int32_t operand, int reg)
{
    struct assembler *code = &emitter->code;
    if (emitter->graph->values[operand].op == LEAF_KNOWN)
        return;
    x_test_byte(code, reg, TAG_MASK);
    size_t to_immediate = x_jump_if(code, IF_NOT_EQUAL);
    x_op_memory(code, X_LOAD, R11, reg, 0);
    x_op_number(code, X_AND, R11, (int64_t)HEADER_CLASS_MASK);
    x_op_number(code, X_CMP, R11, CLASS_INDEX_FORWARDED);
    leaf_exit_if(emitter, IF_EQUAL, value);
    x_here(code, to_immediate);
}

static void emit_if_same(struct emitter *emitter, const struct leaf_block *block,
                         const struct leaf_value *value, int32_t next)
{
    struct assembler *code = &emitter->code;
    int left = leaf_general(emitter, value->left, RAX);
    int32_t other = block->successors[value->number != 0 ? 1 : 0];
    int right = leaf_general(emitter, value->right, RDX);
    x_op(code, X_CMP, left, right);
    jump_if_to(emitter, IF_EQUAL, block->successors[value->number != 0 ? 0 : 1]);
    x_compare_8(code, RDI, offsetof(struct vm, heap.forwarders_exist), 0);
    jump_if_to(emitter, IF_EQUAL, other);
    emit_exit_if_forwarder(emitter, value, value->left, left);
    emit_exit_if_forwarder(emitter, value, value->right, right);
    if (other != next)
        jump_to(emitter, other);
}

static void emit_if_true(struct emitter *emitter, const struct leaf_block *block,
                         const struct leaf_value *value, int32_t next)
{
    struct assembler *code = &emitter->code;
    const struct leaf_value *looked_at = &emitter->graph->values[value->left];
    if (looked_at->op == LEAF_KNOWN &&
        looked_at->number != (int64_t)offsetof(struct vm, heap.nil)) {
        bool is_true = looked_at->number == (int64_t)offsetof(struct vm, heap.true_object);
        if (block->successors[is_true ? 0 : 1] != next)
            jump_to(emitter, block->successors[is_true ? 0 : 1]);
        return;
    }
    int reg = leaf_general(emitter, value->left, RAX);
    x_op_memory(code, X_CMP, reg, RDI, offsetof(struct vm, heap.true_object));
    jump_if_to(emitter, IF_EQUAL, block->successors[0]);
    x_op_memory(code, X_CMP, reg, RDI, offsetof(struct vm, heap.false_object));
    leaf_exit_if(emitter, IF_NOT_EQUAL, value);
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
        emit_branch(emitter, block, leaf_compare_integers(emitter, value), next);
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

/* By what a value is; nothing is done for what is made at each use, on the ways to a block, or where leaf code ends. */
static void (*const emitters[])(struct emitter *emitter, int32_t number) = {
    [LEAF_TEMP] = leaf_emit_fetch,
    [LEAF_RECEIVER] = leaf_emit_fetch,
    [LEAF_LITERAL] = leaf_emit_fetch,
    [LEAF_GLOBAL] = leaf_emit_fetch,
    [LEAF_IS_INTEGER] = leaf_emit_check,
    [LEAF_IS_OF_CLASS] = leaf_emit_check,
    [LEAF_IS_CHARACTER] = leaf_emit_check,
    [LEAF_IS_MUTABLE] = leaf_emit_check,
    [LEAF_IS_FITTING] = leaf_emit_check,
    [LEAF_POLL] = leaf_emit_check,
    [LEAF_UNBOX] = leaf_emit_unbox,
    [LEAF_BOX] = leaf_emit_box,
    [LEAF_TO_DOUBLE] = leaf_emit_to_double,
    [LEAF_ADD] = leaf_emit_add,
    [LEAF_SUBTRACT] = leaf_emit_subtract,
    [LEAF_MULTIPLY] = leaf_emit_multiply,
    [LEAF_FLOOR_DIVIDE] = leaf_emit_floor_division,
    [LEAF_MODULO] = leaf_emit_floor_division,
    [LEAF_BIT_AND] = leaf_emit_bit_and,
    [LEAF_BIT_OR] = leaf_emit_bit_or,
    [LEAF_SHIFT] = leaf_emit_shift,
    [LEAF_CHARACTER_CODE] = leaf_emit_character_code,
    [LEAF_FLOAT_ADD] = leaf_emit_float_add,
    [LEAF_FLOAT_SUBTRACT] = leaf_emit_float_subtract,
    [LEAF_FLOAT_MULTIPLY] = leaf_emit_float_multiply,
    [LEAF_FLOAT_DIVIDE] = leaf_emit_float_divide,
    [LEAF_FLOAT_SQRT] = leaf_emit_sqrt,
    [LEAF_SLOT] = leaf_emit_fetch,
    [LEAF_STORE] = leaf_emit_store,
    [LEAF_BODY] = leaf_emit_body,
    [LEAF_SIZE] = leaf_emit_size,
    [LEAF_AT] = leaf_emit_at,
    [LEAF_AT_PUT] = leaf_emit_at_put,
    [LEAF_TRUTH] = leaf_emit_truth,
    [LEAF_FLOAT_TRUTH] = leaf_emit_truth,
    [LEAF_RETURN] = NULL,
};

static void emit_value(struct emitter *emitter, int32_t number)
{
    uint8_t op = emitter->graph->values[number].op;
    if (emitters[op] != NULL)
        emitters[op](emitter, number);
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

/* Frees all but the bytes. */
static void emitter_close(struct emitter *emitter)
{
    leaf_registers_close(&emitter->registers);
    free(emitter->block_starts);
    free(emitter->to_blocks.items);
    free(emitter->to_exits.items);
    free(emitter->to_slow_boxes.items);
    free(emitter->to_undone.items);
    free(emitter->to_box.items);
    free(emitter->out.items);
}

static void emit_all(struct emitter *emitter)
{
    const struct leaf_graph *graph = emitter->graph;
    emitter->block_starts = calloc((size_t)graph->block_count, sizeof *emitter->block_starts);
    emitter->failed =
        emitter->block_starts == NULL || !leaf_registers_open(&emitter->registers, graph);
    if (emitter->failed)
        return;
    leaf_emit_beginning(emitter);
    emit_blocks(emitter);
    leaf_emit_slow_boxes(emitter);
    leaf_emit_undone(emitter);
    leaf_emit_exits(emitter);
    leaf_emit_box_routine(emitter);
    leaf_emit_recheck(emitter);
}

bool leaf_emit(const struct leaf_graph *graph, struct leaf *leaf)
{
    struct emitter emitter = {.graph = graph};
    emit_all(&emitter);
    /* Without a frame rdx is sp, unless something else needs it: once more then, with sp kept elsewhere. */
    if (graph->span.is_frameless && (emitter.code.mentioned >> RDX & 1) != 0) {
        emitter_close(&emitter);
        free(emitter.code.bytes);
        emitter = (struct emitter){.graph = graph, .keeps_sp = true};
        emit_all(&emitter);
    }
    emitter.failed = emitter.failed || emitter.code.failed || emitter.code.size > LEAF_SIZE_MAX ||
                     !take_jumps(&emitter, leaf);
    leaf->pc = graph->span.pc;
    leaf->is_frameless = graph->span.is_frameless;
    leaf->bytes = emitter.code.bytes;
    leaf->size = emitter.code.size;
    emitter_close(&emitter);
    if (emitter.failed) {
        free(leaf->bytes);
        free(leaf->jumps);
        *leaf = (struct leaf){.pc = -1};
    }
    return !emitter.failed;
}
