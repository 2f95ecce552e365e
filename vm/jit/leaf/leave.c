/* How leaf code begins and ends: registers of C's caller are kept, and at each exit the frame gets what it would hold. */
#include "vm/jit/leaf/emit.h"

/* On the C stack, from rsp: slots of values, registers of the caller in the order of their pushes backwards, tos, sp. Without a frame tos stays
 * where it is, and sp mostly. */
static int64_t saved_tos(const struct emitter *emitter)
{
    return 8 * ((int64_t)emitter->registers.slot_count + emitter->saved_count);
}

int64_t leaf_saved_sp(const struct emitter *emitter)
{
    return saved_tos(emitter) + (emitter->graph->span.is_frameless ? 0 : 8);
}

/* --- beginning --------------------------------------------------------------------------------------------------------------------- */

static size_t most_bytes_of_exit(const struct leaf_graph *graph)
{
    size_t most = 0;
    for (int32_t i = 0; i < graph->exit_count; i++) {
        const struct leaf_state *state = &graph->exits[i].state;
        size_t bytes = 0;
        for (int j = 0; j < leaf_held_count(graph, state); j++) {
            int32_t held = leaf_held(graph, state, j);
            enum leaf_type type = held < 0 ? LEAF_NOTHING : graph->values[held].type;
            bytes += type == LEAF_DOUBLE ? 16 : type == LEAF_VIRTUAL ? 24 : 0;
        }
        most = bytes > most ? bytes : most;
    }
    return most;
}

/* To tier 1 unless 32 bits at an address, which lies in the low 2 GB, are a number. */
static void emit_must_hold(struct emitter *emitter, int64_t address, int64_t number)
{
    x_compare_32(&emitter->code, NO_BASE, address, number);
    leaf_note_distance(emitter, &emitter->out, x_jump_if(&emitter->code, IF_NOT_EQUAL),
                       emitter->graph->span.pc);
}

static void emit_cell_must_hold(struct emitter *emitter, const struct leaf_cell *cell)
{
    int64_t address = (int64_t)(intptr_t)cell->cell;
    emit_must_hold(emitter, address + (int64_t)offsetof(ic_cell, tag), cell->tag);
    x_compare_8(&emitter->code, NO_BASE, address + (int64_t)offsetof(ic_cell, kind), cell->kind);
    leaf_note_distance(emitter, &emitter->out, x_jump_if(&emitter->code, IF_NOT_EQUAL),
                       emitter->graph->span.pc);
    emit_must_hold(emitter, address + (int64_t)offsetof(ic_cell, u), (int64_t)cell->value);
    if (cell->has_target)
        emit_must_hold(emitter, (int64_t)cell->value + (int64_t)offsetof(struct code, number),
                       cell->number);
}

/* Where the count of changes was noted when the cells were last looked at; it lies in the low 2 GB. */
static int64_t address_of_known(const struct emitter *emitter)
{
    const struct leaf_graph *graph = emitter->graph;
    return (int64_t)(intptr_t)&graph->steps->code->cells_known[graph->span.number];
}

/* Cells are looked at one by one only where any cell of the VM has changed since. */
static void emit_cells(struct emitter *emitter)
{
    struct assembler *code = &emitter->code;
    const struct leaf_graph *graph = emitter->graph;
    if (graph->cell_count == 0)
        return;
    if (graph->span.number >= CODE_CELLS_KNOWN) {
        for (int32_t i = 0; i < graph->cell_count; i++)
            emit_cell_must_hold(emitter, &graph->cells[i]);
        return;
    }
    x_op_memory(code, X_LOAD, RAX, RDI, offsetof(struct vm, codes.cells_changed));
    x_op_memory(code, X_CMP, RAX, NO_BASE, address_of_known(emitter));
    emitter->recheck_at = x_jump_if(code, IF_NOT_EQUAL);
    emitter->checked_at = code->size;
}

void leaf_emit_recheck(struct emitter *emitter)
{
    struct assembler *code = &emitter->code;
    if (emitter->recheck_at == 0)
        return;
    x_here(code, emitter->recheck_at);
    for (int32_t i = 0; i < emitter->graph->cell_count; i++)
        emit_cell_must_hold(emitter, &emitter->graph->cells[i]);
    x_op_memory(code, X_STORE, RAX, NO_BASE, address_of_known(emitter));
    x_to(code, x_jump(code), emitter->checked_at);
}

/* Before anything is changed: to tier 1 unless cells and literals are what they were, and eden has room for what the worst exit makes. */
static void emit_conditions(struct emitter *emitter)
{
    struct assembler *code = &emitter->code;
    const struct leaf_graph *graph = emitter->graph;
    emit_cells(emitter);
    for (int32_t i = 0; i < graph->literal_count; i++) {
        leaf_load_literal(emitter, graph->literals[i].slot, RAX);
        x_op_number(code, X_CMP, RAX, graph->literals[i].bits);
        leaf_note_distance(emitter, &emitter->out, x_jump_if(code, IF_NOT_EQUAL), graph->span.pc);
    }
    size_t bytes = most_bytes_of_exit(graph);
    if (bytes > 0) {
        x_op_memory(code, X_LOAD, RAX, RDI, offsetof(struct vm, heap.eden_free));
        x_op_number(code, X_ADD, RAX, (int64_t)bytes);
        x_op_memory(code, X_CMP, RAX, RDI, offsetof(struct vm, heap.eden_limit));
        leaf_note_distance(emitter, &emitter->out, x_jump_if(code, IF_ABOVE), graph->span.pc);
    }
}

void leaf_emit_beginning(struct emitter *emitter)
{
    static const uint8_t kept[] = {RBX, RBP, R12, R13, R14, R15};
    struct assembler *code = &emitter->code;
    bool is_frameless = emitter->graph->span.is_frameless;
    emit_conditions(emitter);
    if (!is_frameless || emitter->keeps_sp)
        x_push(code, RDX);
    if (!is_frameless)
        x_push(code, R8);
    for (size_t i = 0; i < sizeof kept; i++)
        if ((emitter->registers.used >> kept[i] & 1) != 0) {
            emitter->saved[emitter->saved_count++] = kept[i];
            x_push(code, kept[i]);
        }
    if (emitter->registers.slot_count > 0)
        x_op_number(code, X_SUB, RSP, 8 * (int64_t)emitter->registers.slot_count);
    code->mentioned = 0;
}

/* sp and tos are as at the beginning again, in rdx and a register; the C stack is as it was. */
static void emit_restore(struct emitter *emitter, int tos)
{
    struct assembler *code = &emitter->code;
    for (int i = 0; i < emitter->saved_count; i++)
        x_op_memory(code, X_LOAD, emitter->saved[i], RSP,
                    8 * ((int64_t)emitter->registers.slot_count + emitter->saved_count - 1 - i));
    bool is_frameless = emitter->graph->span.is_frameless;
    bool has_sp = !is_frameless || emitter->keeps_sp;
    int64_t size = leaf_saved_sp(emitter) + (has_sp ? 8 : 0);
    if (!is_frameless)
        x_op_memory(code, X_LOAD, tos, RSP, saved_tos(emitter));
    if (has_sp)
        x_op_memory(code, X_LOAD, RDX, RSP, leaf_saved_sp(emitter));
    if (size > 0)
        x_op_number(code, X_ADD, RSP, size);
}

/* As BODY_RETURN_AT of ops.def, and enter_getter, which builds no frame. */
static void emit_frameless_return(struct emitter *emitter, const struct leaf_value *value)
{
    struct assembler *code = &emitter->code;
    uint32_t mentioned = code->mentioned;
    int64_t count = (int64_t)emitter->graph->steps->code->argument_count;
    int answer = RAX;
    struct leaf_place place = leaf_place_of(emitter, value->left);
    /* Those that need not be restored. */
    if (place.kind == LEAF_IN_REGISTER && place.number >= R8 && place.number <= R10)
        answer = place.number;
    else
        leaf_load(emitter, value->left, RAX);
    emit_restore(emitter, R8);
    x_move(code, R8, answer);
    if (count > 0)
        x_op_memory(code, X_LEA, RDX, RDX, 8 * count);
    x_jump_to_register(code, RSI);
    code->mentioned = mentioned;
}

void leaf_emit_return(struct emitter *emitter, const struct leaf_value *value)
{
    struct assembler *code = &emitter->code;
    if (emitter->graph->span.is_frameless) {
        emit_frameless_return(emitter, value);
        return;
    }
    leaf_load(emitter, value->left, RAX);
    emit_restore(emitter, R11);
    x_move(code, R8, RAX);
    x_op_memory(code, X_LOAD, RAX, RCX, 8 * FRAME_RETURN);
    x_move(code, R9, RCX);
    x_op_memory(code, X_LEA, RDX, RCX, 8 * value->number);
    x_op_memory(code, X_LOAD, RCX, RCX, 8 * FRAME_CALLER);
    x_jump_to_register(code, RAX);
}

/* --- exits ------------------------------------------------------------------------------------------------------------------------- */

/* rax = the Point that has not been made yet. */
static void emit_point(struct emitter *emitter, const struct leaf_value *point)
{
    struct assembler *code = &emitter->code;
    x_op_memory(code, X_LOAD, RDX, RDI, offsetof(struct vm, heap.eden_free));
    x_number(code, RAX, header_make(emitter->graph->vm->point_class_index, FORMAT_FIXED, 2));
    x_op_memory(code, X_STORE, RAX, RDX, 0);
    x_op_memory(code, X_STORE, leaf_general(emitter, point->left, RAX), RDX, 8);
    x_op_memory(code, X_STORE, leaf_general(emitter, point->right, RAX), RDX, 16);
    x_op_memory(code, X_LEA, RAX, RDX, 24);
    x_op_memory(code, X_STORE, RAX, RDI, offsetof(struct vm, heap.eden_free));
    x_move(code, RAX, RDX);
}

/* The temporary or operand that has been written before and holds the same, or -1. */
static int earlier_place(const struct leaf_graph *graph, const struct leaf_state *state, int place)
{
    for (int i = 0; i < place; i++)
        if (leaf_held(graph, state, i) == leaf_held(graph, state, place))
            return i;
    return -1;
}

/* rax = what a place holds, as an object; objects are made once for all places that hold them. */
static void emit_held(struct emitter *emitter, const struct leaf_state *state, int place)
{
    struct assembler *code = &emitter->code;
    const struct leaf_graph *graph = emitter->graph;
    int temps = graph->steps->temp_count;
    int32_t held = leaf_held(graph, state, place);
    const struct leaf_value *value = &graph->values[held];
    if (value->type != LEAF_DOUBLE && value->type != LEAF_VIRTUAL) {
        leaf_load(emitter, held, RAX);
        return;
    }
    int earlier = earlier_place(graph, state, place);
    if (earlier >= 0 && earlier < temps) {
        x_op_memory(code, X_LOAD, RAX, RCX, 8 * (int64_t)graph->steps->offsets[earlier]);
    } else if (earlier >= 0) {
        x_op_memory(code, X_LOAD, R11, RSP, leaf_saved_sp(emitter));
        x_op_memory(code, X_LOAD, RAX, R11, -8 * (int64_t)(2 + earlier - temps));
    } else if (value->type == LEAF_VIRTUAL) {
        emit_point(emitter, value);
    } else {
        x_float_move(code, XMM_SCRATCH, leaf_double(emitter, held, XMM_SCRATCH));
        leaf_note_distance(emitter, &emitter->to_box, x_call(code), 0);
    }
}

/* Operands lie as PUSH of ops.def would have put them: what was the top first, the last one in its register. */
static void emit_exit(struct emitter *emitter, const struct leaf_exit *exit)
{
    struct assembler *code = &emitter->code;
    int temps = emitter->graph->steps->temp_count;
    for (int i = 0; i < temps; i++) {
        if (exit->state.temps[i] < 0)
            continue;
        emit_held(emitter, &exit->state, i);
        x_op_memory(code, X_STORE, RAX, RCX, 8 * (int64_t)emitter->graph->steps->offsets[i]);
    }
    int32_t depth = exit->state.depth;
    for (int32_t i = 0; i < depth; i++) {
        emit_held(emitter, &exit->state, temps + i);
        if (i + 1 == depth)
            break;
        x_op_memory(code, X_LOAD, R11, RSP, leaf_saved_sp(emitter));
        x_op_memory(code, X_STORE, RAX, R11, -8 * (int64_t)(2 + i));
    }
    emit_restore(emitter, depth == 0 ? R8 : R11);
    if (depth > 0) {
        x_op_memory(code, X_STORE, R11, RDX, -8);
        x_op_memory(code, X_LEA, RDX, RDX, -8 * (int64_t)depth);
        x_move(code, R8, RAX);
    }
    leaf_note_distance(emitter, &emitter->out, x_jump(code), exit->pc);
}

/* Where nothing is to be restored an exit is the jump that leads to it. */
static bool is_bare(const struct emitter *emitter)
{
    return emitter->graph->span.is_frameless && !emitter->keeps_sp && saved_tos(emitter) == 0;
}

void leaf_emit_exits(struct emitter *emitter)
{
    uint32_t mentioned = emitter->code.mentioned;
    if (is_bare(emitter)) {
        for (int32_t i = 0; i < emitter->to_exits.count; i++)
            leaf_note_distance(emitter, &emitter->out, emitter->to_exits.items[i].at,
                               emitter->graph->span.pc);
        return;
    }
    for (int32_t exit = 0; exit < emitter->graph->exit_count; exit++) {
        bool is_taken = false;
        for (int32_t i = 0; i < emitter->to_exits.count; i++)
            if (emitter->to_exits.items[i].number == exit) {
                x_here(&emitter->code, emitter->to_exits.items[i].at);
                is_taken = true;
            }
        if (is_taken)
            emit_exit(emitter, &emitter->graph->exits[exit]);
    }
    emitter->code.mentioned = mentioned;
}

/* rax = the object of the double in the scratch register: a SmallFloat, or one in eden, where the beginning has seen to room. */
void leaf_emit_box_routine(struct emitter *emitter)
{
    struct assembler *code = &emitter->code;
    if (emitter->to_box.count == 0)
        return;
    for (int32_t i = 0; i < emitter->to_box.count; i++)
        x_here(code, emitter->to_box.items[i].at);
    leaf_compare_with_small_floats(emitter, XMM_SCRATCH);
    size_t not_small = x_jump_if(code, IF_NOT_BELOW);
    x_lea_8(code, RAX, RAX, (2 << 3) | TAG_FLOAT);
    x_return(code);
    x_here(code, not_small);
    x_op_number(code, X_CMP, R11, 1);
    size_t not_zero = x_jump_if(code, IF_ABOVE);
    x_lea_8(code, RAX, R11, TAG_FLOAT);
    x_return(code);
    x_here(code, not_zero);
    x_op_memory(code, X_LOAD, RDX, RDI, offsetof(struct vm, heap.eden_free));
    x_number(code, RAX, header_make(CLASS_BOXED_FLOAT, FORMAT_WORDS32, 1));
    x_op_memory(code, X_STORE, RAX, RDX, 0);
    x_shift(code, ROTATE_RIGHT, R11, 1);
    x_float_compare(code, XMM_SCRATCH, XMM_SCRATCH);
    size_t is_number = x_jump_if(code, IF_PARITY ^ 1);
    x_number(code, R11, FLOAT_ONLY_NAN);
    x_here(code, is_number);
    x_op_memory(code, X_STORE, R11, RDX, 8);
    x_op_memory(code, X_LEA, RAX, RDX, 16);
    x_op_memory(code, X_STORE, RAX, RDI, offsetof(struct vm, heap.eden_free));
    x_move(code, RAX, RDX);
    x_return(code);
}

/* --- moves to phis ----------------------------------------------------------------------------------------------------------------- */

struct move {
    struct leaf_place to, from;
    int32_t value; /* where from is nowhere */
    bool is_float, is_done;
};

static bool is_same_place(const struct move *a, const struct leaf_place *place, bool is_float,
                          const struct leaf_place *of)
{
    return of->kind == place->kind && of->number == place->number &&
           (place->kind == LEAF_ON_STACK || a->is_float == is_float);
}

static void emit_move(struct emitter *emitter, const struct move *move)
{
    struct assembler *code = &emitter->code;
    bool to_stack = move->to.kind == LEAF_ON_STACK, from_stack = move->from.kind == LEAF_ON_STACK;
    int64_t to_offset = 8 * (int64_t)move->to.number, from_offset = 8 * (int64_t)move->from.number;
    if (move->is_float) {
        int reg = to_stack ? XMM_SCRATCH_2 : move->to.number;
        if (from_stack)
            x_float_load(code, reg, RSP, from_offset);
        else if (to_stack)
            reg = move->from.number;
        else
            x_float_move(code, reg, move->from.number);
        if (to_stack)
            x_float_store(code, reg, RSP, to_offset);
        return;
    }
    int reg = to_stack ? RDX : move->to.number;
    if (from_stack)
        x_op_memory(code, X_LOAD, reg, RSP, from_offset);
    else if (move->from.kind == LEAF_NOWHERE)
        leaf_load(emitter, move->value, reg);
    else if (to_stack)
        reg = move->from.number;
    else
        x_move(code, reg, move->from.number);
    if (to_stack)
        x_op_memory(code, X_STORE, reg, RSP, to_offset);
}

/* Whether another move that is still to be done reads where one writes. */
static bool is_read(const struct move *moves, int count, int index)
{
    for (int i = 0; i < count; i++)
        if (i != index && !moves[i].is_done && moves[i].from.kind != LEAF_NOWHERE &&
            is_same_place(&moves[i], &moves[index].to, moves[index].is_float, &moves[i].from))
            return true;
    return false;
}

/* Breaks a circle: what one reads is kept in a scratch register. */
static void break_circle(struct emitter *emitter, struct move *moves, int count, int index)
{
    struct leaf_place from = moves[index].from;
    bool is_float = moves[index].is_float;
    struct leaf_place scratch = {LEAF_IN_REGISTER, is_float ? XMM_SCRATCH : RAX};
    emit_move(emitter, &(struct move){scratch, from, LEAF_NONE, is_float, false});
    for (int i = 0; i < count; i++)
        if (!moves[i].is_done && moves[i].from.kind != LEAF_NOWHERE &&
            is_same_place(&moves[i], &from, is_float, &moves[i].from))
            moves[i].from = scratch;
}

static void do_moves(struct emitter *emitter, struct move *moves, int count)
{
    for (int left = count; left > 0;) {
        int before = left;
        for (int i = 0; i < count; i++) {
            if (moves[i].is_done || is_read(moves, count, i))
                continue;
            emit_move(emitter, &moves[i]);
            moves[i].is_done = true;
            left--;
        }
        for (int i = 0; i < count && before == left; i++)
            if (!moves[i].is_done) {
                break_circle(emitter, moves, count, i);
                before = 0;
            }
    }
}

void leaf_emit_moves(struct emitter *emitter, int32_t number)
{
    const struct leaf_graph *graph = emitter->graph;
    const struct leaf_block *block = &graph->blocks[number];
    const struct leaf_block *next = &graph->blocks[block->successors[0]];
    struct move moves[LEAF_TEMPS_MAX + LEAF_STACK_MAX];
    int count = 0;
    for (int32_t i = 0; i < next->value_count; i++) {
        const struct leaf_value *phi = &graph->values[next->values[i]];
        if (phi->op != LEAF_PHI)
            continue;
        for (int32_t j = 0; j < next->predecessor_count; j++) {
            if (next->predecessors[j] != number)
                continue;
            int32_t input = graph->inputs[phi->number + j];
            struct leaf_place to = emitter->registers.places[next->values[i]];
            struct leaf_place from = emitter->registers.places[input];
            if (from.kind != LEAF_NOWHERE && to.kind == from.kind && to.number == from.number)
                continue;
            moves[count++] = (struct move){to, from, input, phi->type == LEAF_DOUBLE, false};
        }
    }
    do_moves(emitter, moves, count);
}
