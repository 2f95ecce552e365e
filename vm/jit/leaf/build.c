/*
 * Fills blocks with values, in the order in which they lie. What a phi is, an oop or a double, must be known before all that leads to it
 * is seen; it is assumed, and where the assumption does not hold, or something better shows, the whole is built again with what has been learned.
 */
#include "vm/jit/leaf/build.h"

#include <stdlib.h>

enum { ATTEMPTS_MAX = 40, EXITS_MAX = 2000, VALUES_MAX = 6000 };

/* --- values, exits ----------------------------------------------------------------------------------------------------------------- */

/* Room for one more; false, with the whole failed, where there is none. */
static bool has_room(struct leaf_graph *graph, void **items, int32_t count, int32_t *capacity,
                     size_t size, int32_t most)
{
    if (count < *capacity)
        return true;
    int32_t wider = *capacity == 0 ? 64 : *capacity * 2;
    void *moved = count >= most ? NULL : realloc(*items, (size_t)wider * size);
    if (moved == NULL) {
        graph->failed = true;
        return false;
    }
    *items = moved;
    *capacity = wider;
    return true;
}

static int32_t new_value(struct leaf_graph *graph, int32_t block, struct leaf_value value)
{
    if (!has_room(graph, (void **)&graph->values, graph->value_count, &graph->value_capacity,
                  sizeof *graph->values, VALUES_MAX))
        return 0;
    value.block = block;
    graph->values[graph->value_count] = value;
    return graph->value_count++;
}

int32_t leaf_add_value(struct leaf_graph *graph, int32_t block, struct leaf_value value)
{
    int32_t number = new_value(graph, block, value);
    struct leaf_block *at = &graph->blocks[block];
    if (!graph->failed && has_room(graph, (void **)&at->values, at->value_count,
                                   &at->value_capacity, sizeof *at->values, VALUES_MAX))
        at->values[at->value_count++] = number;
    return number;
}

int32_t leaf_add_before_end(struct leaf_graph *graph, int32_t block, struct leaf_value value)
{
    int32_t number = leaf_add_value(graph, block, value);
    struct leaf_block *at = &graph->blocks[block];
    int32_t last = at->value_count - 1;
    if (!graph->failed && last > 0 && leaf_op_is_end(graph->values[at->values[last - 1]].op)) {
        at->values[last] = at->values[last - 1];
        at->values[last - 1] = number;
    }
    return number;
}

int32_t leaf_add_exit(struct leaf_graph *graph, int32_t pc, const struct leaf_state *state)
{
    if (!has_room(graph, (void **)&graph->exits, graph->exit_count, &graph->exit_capacity,
                  sizeof *graph->exits, EXITS_MAX))
        return 0;
    graph->exits[graph->exit_count] = (struct leaf_exit){pc, *state};
    return graph->exit_count++;
}

int32_t leaf_make(struct leaf_builder *builder, enum leaf_op op, enum leaf_type type, int32_t left,
                  int32_t right, int64_t number)
{
    return leaf_add_before_end(builder->graph, builder->block,
                               (struct leaf_value){.op = (uint8_t)op,
                                                   .type = (uint8_t)type,
                                                   .left = left,
                                                   .right = right,
                                                   .exit = LEAF_NONE,
                                                   .number = number});
}

int32_t leaf_make_leaving(struct leaf_builder *builder, enum leaf_op op, enum leaf_type type,
                          int32_t left, int32_t right, int64_t number)
{
    if (builder->exit == LEAF_NONE)
        builder->exit = leaf_add_exit(builder->graph, builder->pc, &builder->state_before);
    int32_t value = leaf_make(builder, op, type, left, right, number);
    if (!builder->graph->failed)
        builder->graph->values[value].exit = builder->exit;
    return value;
}

int32_t leaf_fetch(struct leaf_builder *builder, enum leaf_op op, enum leaf_type type,
                   int64_t number)
{
    return leaf_add_before_end(builder->graph, 0,
                               (struct leaf_value){.op = (uint8_t)op,
                                                   .type = (uint8_t)type,
                                                   .left = LEAF_NONE,
                                                   .right = LEAF_NONE,
                                                   .exit = LEAF_NONE,
                                                   .number = number});
}

/* Does something in the first block, which leaves at the first instruction. */
struct place {
    int32_t block, pc, exit;
};

static struct place go_to_first_block(struct leaf_builder *builder)
{
    struct place place = {builder->block, builder->pc, builder->exit};
    builder->block = 0;
    builder->pc = builder->graph->pc;
    /* The first exit of the graph is this one. */
    builder->exit = 0;
    return place;
}

static void go_back(struct leaf_builder *builder, const struct place *place)
{
    builder->block = place->block;
    builder->pc = place->pc;
    builder->exit = place->exit;
}

/* --- facts and types --------------------------------------------------------------------------------------------------------------- */

const struct leaf_fact *leaf_known(const struct leaf_builder *builder, int32_t value,
                                   enum leaf_op kind, int64_t number)
{
    for (int32_t i = 0; i < builder->fact_count; i++) {
        const struct leaf_fact *fact = &builder->facts[i];
        if (fact->value == value && fact->kind == (int32_t)kind &&
            (number < 0 || fact->number == number) &&
            leaf_dominates(builder->graph, fact->block, builder->block))
            return fact;
    }
    return NULL;
}

void leaf_learn(struct leaf_builder *builder, int32_t value, enum leaf_op kind, int64_t number)
{
    if (builder->fact_count < LEAF_FACTS_MAX)
        builder->facts[builder->fact_count++] =
            (struct leaf_fact){value, builder->block, (int32_t)kind, number};
}

bool leaf_is_integer(const struct leaf_builder *builder, int32_t value)
{
    return builder->graph->values[value].type == LEAF_INT ||
           leaf_known(builder, value, LEAF_IS_INTEGER, -1) != NULL;
}

static struct leaf_decision *decision_of(struct leaf_builder *builder, int32_t block, int64_t place)
{
    return &builder->decisions[(int64_t)block * LEAF_PLACES + place];
}

/* Whether every round of the loop, or every run of the method, comes through the block that is being filled. */
static bool is_always_reached(const struct leaf_builder *builder)
{
    const struct leaf_graph *graph = builder->graph;
    const struct leaf_block *head = &graph->blocks[graph->blocks[0].successors[0]];
    for (int32_t i = 0; i < head->predecessor_count; i++)
        if (head->predecessors[i] != 0 &&
            !leaf_dominates(graph, builder->block, head->predecessors[i]))
            return false;
    return true;
}

/* A value of unknown type is used as a number: where it comes into the code, it may be known as one next time. */
static void note_use(struct leaf_builder *builder, int32_t number, enum leaf_type type)
{
    const struct leaf_value *value = &builder->graph->values[number];
    if (value->op == LEAF_PHI) {
        struct leaf_decision *decision = decision_of(builder, value->block, value->left);
        if (decision->wanted == LEAF_NOTHING)
            decision->wanted = (uint8_t)type;
        else if (decision->wanted != type)
            decision->wanted = LEAF_ANY;
    } else if (value->op == LEAF_TEMP && is_always_reached(builder)) {
        for (int temp = 0; temp < builder->steps->temp_count; temp++)
            if (builder->steps->offsets[temp] == value->number &&
                builder->entry_types[temp] == LEAF_NOTHING) {
                builder->entry_types[temp] = (uint8_t)type;
                builder->again = true;
            }
    }
}

void leaf_want_integer(struct leaf_builder *builder, int32_t value)
{
    enum leaf_type type = builder->graph->values[value].type;
    if (leaf_is_integer(builder, value))
        return;
    if (type != LEAF_ANY) {
        builder->refused = true;
        return;
    }
    note_use(builder, value, LEAF_INT);
    leaf_make_leaving(builder, LEAF_IS_INTEGER, LEAF_NOTHING, value, LEAF_NONE, 0);
    leaf_learn(builder, value, LEAF_IS_INTEGER, 0);
}

int32_t leaf_as_double(struct leaf_builder *builder, int32_t value)
{
    enum leaf_type type = builder->graph->values[value].type;
    if (type == LEAF_DOUBLE)
        return value;
    if (type != LEAF_ANY || leaf_is_integer(builder, value)) {
        builder->refused = true;
        return value;
    }
    const struct leaf_fact *known = leaf_known(builder, value, LEAF_UNBOX, -1);
    if (known != NULL)
        return (int32_t)known->number;
    note_use(builder, value, LEAF_DOUBLE);
    int32_t made = leaf_make_leaving(builder, LEAF_UNBOX, LEAF_DOUBLE, value, LEAF_NONE, 0);
    leaf_learn(builder, value, LEAF_UNBOX, made);
    return made;
}

int32_t leaf_as_oop(struct leaf_builder *builder, int32_t value)
{
    enum leaf_type type = builder->graph->values[value].type;
    /* A Point would have to be made, and be the same from then on. */
    builder->refused = builder->refused || type == LEAF_VIRTUAL;
    if (type != LEAF_DOUBLE)
        return value;
    const struct leaf_fact *known = leaf_known(builder, value, LEAF_BOX, -1);
    if (known != NULL)
        return (int32_t)known->number;
    int32_t made = leaf_make_leaving(builder, LEAF_BOX, LEAF_ANY, value, LEAF_NONE, 0);
    leaf_learn(builder, value, LEAF_BOX, made);
    return made;
}

void leaf_want_class(struct leaf_builder *builder, int32_t value, int64_t class_index)
{
    if (builder->graph->values[value].type != LEAF_ANY || leaf_is_integer(builder, value)) {
        builder->refused = true;
        return;
    }
    if (leaf_known(builder, value, LEAF_IS_OF_CLASS, class_index) != NULL)
        return;
    leaf_make_leaving(builder, LEAF_IS_OF_CLASS, LEAF_NOTHING, value, LEAF_NONE, class_index);
    leaf_learn(builder, value, LEAF_IS_OF_CLASS, class_index);
}

/* --- temporaries and operands ------------------------------------------------------------------------------------------------------ */

int32_t leaf_receiver(struct leaf_builder *builder)
{
    if (builder->receiver == LEAF_NONE)
        builder->receiver = leaf_fetch(builder, LEAF_RECEIVER, LEAF_ANY, 0);
    return builder->receiver;
}

/* What the frame holds when leaf code begins. */
static int32_t entry_value(struct leaf_builder *builder, int temp)
{
    if (builder->entry_values[temp] != LEAF_NONE)
        return builder->entry_values[temp];
    int32_t value = leaf_fetch(builder, LEAF_TEMP, LEAF_ANY, builder->steps->offsets[temp]);
    if (builder->entry_types[temp] == LEAF_INT || builder->entry_types[temp] == LEAF_DOUBLE) {
        struct place place = go_to_first_block(builder);
        if (builder->entry_types[temp] == LEAF_INT)
            leaf_want_integer(builder, value);
        else
            value = leaf_as_double(builder, value);
        go_back(builder, &place);
    }
    builder->entry_values[temp] = value;
    return value;
}

static int32_t held_value(struct leaf_builder *builder, int32_t held, int temp)
{
    if (held == LEAF_FORGOTTEN)
        builder->refused = true;
    return held == LEAF_IN_FRAME ? entry_value(builder, temp) : held < 0 ? 0 : held;
}

void leaf_push(struct leaf_builder *builder, int32_t value)
{
    if (builder->state.depth == LEAF_STACK_MAX)
        builder->refused = true;
    else
        builder->state.stack[builder->state.depth++] = value;
}

int32_t leaf_pop(struct leaf_builder *builder)
{
    if (builder->state.depth == 0) {
        builder->refused = true;
        return leaf_receiver(builder);
    }
    return builder->state.stack[--builder->state.depth];
}

/* --- instructions ------------------------------------------------------------------------------------------------------------------ */

/* A SmallFloat64 or SmallInteger among the literals is fetched once, and looked at as it is used. */
static void push_literal(struct leaf_builder *builder, const struct step *step)
{
    int64_t slot = step->bytecode.index + 1;
    oop literal = object_slot(builder->steps->code->method, (size_t)slot);
    for (int32_t i = 0; i < builder->graph->blocks[0].value_count; i++) {
        int32_t number = builder->graph->blocks[0].values[i];
        const struct leaf_value *value = &builder->graph->values[number];
        if (value->op == LEAF_LITERAL && value->number == slot) {
            const struct leaf_fact *unboxed = leaf_known(builder, number, LEAF_UNBOX, -1);
            leaf_push(builder, unboxed != NULL ? (int32_t)unboxed->number : number);
            return;
        }
    }
    int32_t value = leaf_fetch(builder, LEAF_LITERAL, LEAF_ANY, slot);
    struct place place = go_to_first_block(builder);
    if (oop_is_integer(literal))
        leaf_want_integer(builder, value);
    else if (oop_is_float(literal))
        value = leaf_as_double(builder, value);
    go_back(builder, &place);
    leaf_push(builder, value);
}

static void push_known(struct leaf_builder *builder, size_t offset)
{
    leaf_push(builder, leaf_fetch(builder, LEAF_KNOWN, LEAF_ANY, (int64_t)offset));
}

static void store_receiver_variable(struct leaf_builder *builder, const struct step *step)
{
    int32_t value = leaf_as_oop(builder, builder->state.stack[builder->state.depth - 1]);
    int32_t receiver = leaf_receiver(builder);
    if (leaf_known(builder, receiver, LEAF_IS_MUTABLE, -1) == NULL) {
        leaf_make_leaving(builder, LEAF_IS_MUTABLE, LEAF_NOTHING, receiver, LEAF_NONE, 0);
        leaf_learn(builder, receiver, LEAF_IS_MUTABLE, 0);
    }
    leaf_make_leaving(builder, LEAF_STORE, LEAF_NOTHING, receiver, value, step->bytecode.index);
}

static void build_return(struct leaf_builder *builder, const struct step *step)
{
    enum bytecode_operation operation = step->bytecode.operation;
    bool is_block = (builder->steps->code->flags & CODE_IS_BLOCK) != 0;
    if (is_block && operation < BYTECODE_BLOCK_RETURN_NIL) {
        builder->refused = true;
        return;
    }
    if (operation == BYTECODE_RETURN_SELF)
        leaf_push(builder, leaf_receiver(builder));
    else if (operation == BYTECODE_RETURN_TRUE)
        push_known(builder, offsetof(struct vm, heap.true_object));
    else if (operation == BYTECODE_RETURN_FALSE)
        push_known(builder, offsetof(struct vm, heap.false_object));
    else if (operation == BYTECODE_RETURN_NIL || operation == BYTECODE_BLOCK_RETURN_NIL)
        push_known(builder, offsetof(struct vm, heap.nil));
    int32_t value = leaf_as_oop(builder, leaf_pop(builder));
    leaf_make(builder, LEAF_RETURN, LEAF_NOTHING, value, LEAF_NONE, step->offset);
}

/* To the only successor of the block; backwards a poll comes first. */
static void jump_on(struct leaf_builder *builder)
{
    struct leaf_graph *graph = builder->graph;
    const struct leaf_block *block = &graph->blocks[builder->block];
    const struct leaf_block *next = &graph->blocks[block->successors[0]];
    if (next->order <= block->order) {
        builder->exit = leaf_add_exit(graph, next->pc, &builder->state);
        leaf_make_leaving(builder, LEAF_POLL, LEAF_NOTHING, LEAF_NONE, LEAF_NONE, 0);
    }
    leaf_make(builder, LEAF_JUMP, LEAF_NOTHING, LEAF_NONE, LEAF_NONE, 0);
}

static void build_temp(struct leaf_builder *builder, const struct step *step)
{
    if (step->temp < 0) {
        builder->refused = true;
        return;
    }
    if (step->bytecode.operation == BYTECODE_PUSH_TEMPORARY) {
        int32_t held = builder->state.temps[step->temp];
        leaf_push(builder, held_value(builder, held, step->temp));
        return;
    }
    int32_t value = leaf_pop(builder);
    builder->state.temps[step->temp] = value;
    if (step->bytecode.operation == BYTECODE_STORE_TEMPORARY)
        leaf_push(builder, value);
}

/* An instruction that is no send; short forms of receiver variables only: the long ones are for contexts too. */
static void build_other(struct leaf_builder *builder, const struct step *step)
{
    bool is_short = step->bytecode.size == 1;
    switch (step->bytecode.operation) {
    case BYTECODE_PUSH_TEMPORARY:
    case BYTECODE_POP_TEMPORARY:
    case BYTECODE_STORE_TEMPORARY:
        build_temp(builder, step);
        break;
    case BYTECODE_PUSH_INSTANCE_VARIABLE:
        builder->refused = builder->refused || !is_short;
        leaf_push(builder, leaf_make(builder, LEAF_SLOT, LEAF_ANY, leaf_receiver(builder),
                                     LEAF_NONE, step->bytecode.index));
        break;
    case BYTECODE_POP_INSTANCE_VARIABLE:
        builder->refused = builder->refused || !is_short || builder->state.depth == 0;
        if (!builder->refused)
            store_receiver_variable(builder, step);
        leaf_pop(builder);
        break;
    case BYTECODE_PUSH_LITERAL:
        push_literal(builder, step);
        break;
    case BYTECODE_PUSH_INTEGER:
        leaf_push(builder, leaf_fetch(builder, LEAF_INTEGER, LEAF_INT,
                                      (int64_t)oop_from_integer(step->bytecode.index).bits));
        break;
    case BYTECODE_PUSH_SELF:
        leaf_push(builder, leaf_receiver(builder));
        break;
    case BYTECODE_PUSH_NIL:
        push_known(builder, offsetof(struct vm, heap.nil));
        break;
    case BYTECODE_PUSH_TRUE:
        push_known(builder, offsetof(struct vm, heap.true_object));
        break;
    case BYTECODE_PUSH_FALSE:
        push_known(builder, offsetof(struct vm, heap.false_object));
        break;
    case BYTECODE_POP:
        leaf_pop(builder);
        break;
    case BYTECODE_DUPLICATE: {
        int32_t value = leaf_pop(builder);
        leaf_push(builder, value);
        leaf_push(builder, value);
        break;
    }
    case BYTECODE_NOTHING:
        break;
    case BYTECODE_JUMP:
        jump_on(builder);
        break;
    default:
        if (bytecode_is_return(step->bytecode.operation))
            build_return(builder, step);
        else
            builder->refused = true;
        break;
    }
}

static bool has_end(const struct leaf_graph *graph, int32_t block)
{
    const struct leaf_block *at = &graph->blocks[block];
    return at->value_count > 0 && leaf_op_is_end(graph->values[at->values[at->value_count - 1]].op);
}

static void fill_block(struct leaf_builder *builder)
{
    struct leaf_graph *graph = builder->graph;
    int32_t pc = graph->blocks[builder->block].pc, end = graph->blocks[builder->block].end;
    builder->state = graph->blocks[builder->block].before;
    builder->state_before = builder->state;
    builder->pc = pc;
    builder->exit = LEAF_NONE;
    if (graph->blocks[builder->block].leaves)
        leaf_make_leaving(builder, LEAF_LEAVE, LEAF_NOTHING, LEAF_NONE, LEAF_NONE, 0);
    while (pc < end && !graph->failed && !builder->refused && !has_end(graph, builder->block)) {
        struct step step, next;
        steps_read(builder->steps, pc, &step);
        builder->pc = pc;
        builder->exit = LEAF_NONE;
        builder->state_before = builder->state;
        pc = step.next;
        if (!step_is_send(&step)) {
            build_other(builder, &step);
            continue;
        }
        if (pc < end)
            steps_read(builder->steps, pc, &next);
        leaf_build_send(builder, &step, pc < end ? &next : NULL);
    }
    graph->blocks[builder->block].after = builder->state;
    if (!graph->failed && !builder->refused && !has_end(graph, builder->block))
        jump_on(builder);
}

/* --- where ways meet --------------------------------------------------------------------------------------------------------------- */

/* Whether the way from one block to another that lies behind it, or to one built before, is ever taken. */
static bool goes_on(const struct leaf_block *from)
{
    return !from->is_cut && !from->ends_early;
}

static int32_t *place_in(struct leaf_state *state, int64_t place)
{
    return place < LEAF_TEMPS_MAX ? &state->temps[place] : &state->stack[place - LEAF_TEMPS_MAX];
}

/* The type of what comes to a place of a block by a way, as it is known there. */
static enum leaf_type incoming_type(struct leaf_builder *builder, int32_t from, int64_t place)
{
    int32_t held = *place_in(&builder->graph->blocks[from].after, place);
    builder->block = from;
    if (held == LEAF_IN_FRAME)
        held = entry_value(builder, (int)place);
    if (held < 0 || builder->graph->failed)
        return LEAF_NOTHING;
    return leaf_is_integer(builder, held) ? LEAF_INT : builder->graph->values[held].type;
}

/* What the phi is to be, by all ways that have been built. */
static enum leaf_type joined_type(struct leaf_builder *builder, int32_t block, int64_t place)
{
    const struct leaf_block *at = &builder->graph->blocks[block];
    int counts[LEAF_NOTHING + 1] = {0};
    int32_t saved = builder->block;
    for (int32_t i = 0; i < at->predecessor_count; i++) {
        const struct leaf_block *from = &builder->graph->blocks[at->predecessors[i]];
        if (goes_on(from) && (from->order < at->order || from->value_count > 0))
            counts[incoming_type(builder, at->predecessors[i], place)]++;
    }
    builder->block = saved;
    enum leaf_type wanted = decision_of(builder, block, place)->wanted;
    bool no_objects = counts[LEAF_VIRTUAL] == 0 && counts[LEAF_NOTHING] == 0;
    if (no_objects && counts[LEAF_DOUBLE] == 0 && (counts[LEAF_ANY] == 0 || wanted == LEAF_INT))
        return LEAF_INT;
    if (no_objects && counts[LEAF_INT] == 0 && (counts[LEAF_ANY] == 0 || wanted == LEAF_DOUBLE))
        return LEAF_DOUBLE;
    return LEAF_ANY;
}

static int32_t make_phi(struct leaf_builder *builder, int32_t block, int64_t place)
{
    struct leaf_graph *graph = builder->graph;
    struct leaf_decision *decision = decision_of(builder, block, place);
    enum leaf_type type =
        decision->type != LEAF_NOTHING ? decision->type : joined_type(builder, block, place);
    decision->type = (uint8_t)type;
    int32_t first = graph->input_count;
    for (int32_t i = 0; i < graph->blocks[block].predecessor_count; i++) {
        if (!has_room(graph, (void **)&graph->inputs, graph->input_count, &graph->input_capacity,
                      sizeof *graph->inputs, VALUES_MAX))
            return 0;
        graph->inputs[graph->input_count++] = LEAF_NONE;
    }
    return leaf_add_value(graph, block,
                          (struct leaf_value){.op = LEAF_PHI,
                                              .type = (uint8_t)type,
                                              .left = (int32_t)place,
                                              .right = LEAF_NONE,
                                              .exit = LEAF_NONE,
                                              .number = first});
}

/* Whether all ways that have been built hold the same at a place. */
static bool is_same_everywhere(const struct leaf_graph *graph, const struct leaf_block *block,
                               int64_t place, int32_t value)
{
    for (int32_t i = 0; i < block->predecessor_count; i++) {
        struct leaf_block *from = &graph->blocks[block->predecessors[i]];
        if (goes_on(from) && from->order < block->order && *place_in(&from->after, place) != value)
            return false;
    }
    return true;
}

static bool is_forgotten_somewhere(const struct leaf_graph *graph, const struct leaf_block *block,
                                   int64_t place)
{
    for (int32_t i = 0; i < block->predecessor_count; i++) {
        struct leaf_block *from = &graph->blocks[block->predecessors[i]];
        if (goes_on(from) && from->order < block->order &&
            *place_in(&from->after, place) == LEAF_FORGOTTEN)
            return true;
    }
    return false;
}

/* What temporaries and operands hold at the beginning of a block that is next in order. */
static void enter_block(struct leaf_builder *builder, int32_t number)
{
    struct leaf_graph *graph = builder->graph;
    struct leaf_block *block = &graph->blocks[number];
    const struct leaf_block *first = NULL;
    builder->block = number;
    for (int32_t i = 0; i < block->predecessor_count && first == NULL; i++) {
        const struct leaf_block *from = &graph->blocks[block->predecessors[i]];
        if (goes_on(from) && from->order < block->order)
            first = from;
    }
    block->is_cut = first == NULL;
    if (first == NULL)
        return;
    struct leaf_state state = first->after;
    uint64_t written = block->is_loop ? leaf_written_in_loop(graph, number) : 0;
    /* Only what another round of a loop left behind is forgotten: the debugger shows what was written last. */
    uint64_t live = block->is_loop ? builder->steps->live[block->pc] : UINT64_MAX;
    for (int64_t place = 0; place < LEAF_TEMPS_MAX + state.depth && !graph->failed; place++) {
        if (place >= builder->steps->temp_count && place < LEAF_TEMPS_MAX)
            continue;
        bool is_temp = place < LEAF_TEMPS_MAX;
        int32_t *held = place_in(&state, place);
        bool same = is_same_everywhere(graph, block, place, *held);
        if (is_temp && (written >> place & 1) != 0)
            same = false;
        if (same)
            continue;
        bool forgotten =
            is_temp && ((live >> place & 1) == 0 || is_forgotten_somewhere(graph, block, place));
        *held = forgotten ? LEAF_FORGOTTEN : make_phi(builder, number, place);
    }
    for (int32_t i = 0; i < block->predecessor_count; i++) {
        const struct leaf_block *from = &graph->blocks[block->predecessors[i]];
        if (goes_on(from) && from->order < block->order && from->after.depth != state.depth)
            builder->refused = true;
    }
    graph->blocks[number].before = state;
}

/* Whether what a way brings to a place is held in another one, too, that is read later. */
static bool is_held_twice(struct leaf_builder *builder, int32_t held, int64_t place)
{
    const struct leaf_state *state = &builder->state_before;
    uint64_t live = builder->steps->live[builder->pc];
    for (int64_t i = 0; i < builder->steps->temp_count; i++)
        if (i != place && (live >> i & 1) != 0 && state->temps[i] == held)
            return true;
    for (int64_t i = 0; i < state->depth; i++)
        if (i + LEAF_TEMPS_MAX != place && state->stack[i] == held)
            return true;
    return false;
}

/* A double becomes what a phi is. Where another place has the same one, both hold one object; they are different values from now on, so that
 * it must be one that is told by its value. */
static int32_t convert_to_double(struct leaf_builder *builder, int32_t held, int64_t place)
{
    int32_t number = leaf_as_double(builder, held);
    const struct leaf_value *value = &builder->graph->values[held];
    if (value->type == LEAF_DOUBLE && value->op != LEAF_UNBOX &&
        is_held_twice(builder, held, place) &&
        leaf_known(builder, held, LEAF_IS_FITTING, -1) == NULL) {
        leaf_make_leaving(builder, LEAF_IS_FITTING, LEAF_NOTHING, held, LEAF_NONE, 0);
        leaf_learn(builder, held, LEAF_IS_FITTING, 0);
    }
    return number;
}

/* The way from a block to one of phis: what comes is made what the phi is. */
static int32_t convert(struct leaf_builder *builder, int32_t held, int64_t place,
                       enum leaf_type type)
{
    if (held == LEAF_IN_FRAME)
        held = entry_value(builder, (int)place);
    if (held < 0) {
        builder->refused = true;
        return 0;
    }
    if (type == LEAF_INT)
        leaf_want_integer(builder, held);
    else if (type == LEAF_DOUBLE)
        return convert_to_double(builder, held, place);
    else
        return leaf_as_oop(builder, held);
    return held;
}

static void fill_inputs(struct leaf_builder *builder, int32_t phi)
{
    struct leaf_graph *graph = builder->graph;
    struct leaf_value value = graph->values[phi];
    const struct leaf_block *block = &graph->blocks[value.block];
    for (int32_t i = 0; i < block->predecessor_count && !graph->failed; i++) {
        struct leaf_block *from = &graph->blocks[block->predecessors[i]];
        if (!goes_on(from))
            continue;
        builder->block = block->predecessors[i];
        builder->pc = block->pc;
        builder->exit = LEAF_NONE;
        builder->state_before = from->after;
        int32_t input =
            convert(builder, *place_in(&from->after, value.left), value.left, value.type);
        graph->inputs[value.number + i] = input;
    }
}

/* Operands that lie below a loop are not touched in it: else there would be phis for them. */
static void check_loops(struct leaf_builder *builder)
{
    const struct leaf_graph *graph = builder->graph;
    for (int32_t i = 0; i < graph->block_count; i++) {
        const struct leaf_block *block = &graph->blocks[i];
        for (int32_t j = 0; j < block->predecessor_count && block->is_loop && !block->is_cut; j++) {
            const struct leaf_block *from = &graph->blocks[block->predecessors[j]];
            if (!goes_on(from))
                continue;
            if (from->after.depth != block->before.depth)
                builder->refused = true;
            for (int32_t k = 0; k < block->before.depth && !builder->refused; k++) {
                int32_t held = block->before.stack[k];
                bool is_phi = graph->values[held].op == LEAF_PHI && graph->values[held].block == i;
                if (!is_phi && from->after.stack[k] != held)
                    builder->refused = true;
            }
        }
    }
}

static void decide_again(struct leaf_builder *builder)
{
    struct leaf_graph *graph = builder->graph;
    for (int32_t i = 0; i < graph->value_count; i++) {
        struct leaf_value value = graph->values[i];
        if (value.op != LEAF_PHI)
            continue;
        struct leaf_decision *decision = decision_of(builder, value.block, value.left);
        enum leaf_type type = joined_type(builder, value.block, value.left);
        if (type == value.type || decision->is_final)
            continue;
        /* What was a number and is none by another way stays an oop in the end. */
        decision->is_final = type == LEAF_ANY && ++decision->changes > 2;
        decision->type = (uint8_t)type;
        builder->again = true;
    }
}

static void fill_once(struct leaf_builder *builder)
{
    struct leaf_graph *graph = builder->graph;
    graph->value_count = graph->exit_count = graph->input_count = graph->cell_count = 0;
    graph->arithmetic_count = 0;
    builder->fact_count = 0;
    builder->receiver = LEAF_NONE;
    builder->again = builder->refused = false;
    for (int i = 0; i < LEAF_TEMPS_MAX; i++)
        builder->entry_values[i] = LEAF_NONE;
    for (int32_t i = 0; i < graph->block_count; i++) {
        graph->blocks[i].value_count = 0;
        graph->blocks[i].is_cut = graph->blocks[i].ends_early = false;
    }
    struct leaf_state state = {.depth = 0};
    for (int i = 0; i < LEAF_TEMPS_MAX; i++)
        state.temps[i] = LEAF_IN_FRAME;
    graph->blocks[0].before = graph->blocks[0].after = state;
    leaf_add_exit(graph, graph->pc, &state);
    builder->block = 0;
    leaf_make(builder, LEAF_JUMP, LEAF_NOTHING, LEAF_NONE, LEAF_NONE, 0);
    for (int32_t i = 1; i < graph->block_count && !graph->failed && !builder->refused; i++) {
        enter_block(builder, graph->order[i]);
        if (!graph->blocks[graph->order[i]].is_cut && !builder->refused)
            fill_block(builder);
    }
    if (graph->failed || builder->refused)
        return;
    check_loops(builder);
    for (int32_t i = 0; i < graph->value_count && !graph->failed && !builder->refused; i++)
        if (graph->values[i].op == LEAF_PHI)
            fill_inputs(builder, i);
    if (!graph->failed && !builder->refused)
        decide_again(builder);
}

bool leaf_fill_blocks(struct leaf_graph *graph)
{
    struct leaf_builder *builder = calloc(1, sizeof *builder);
    size_t count = (size_t)graph->block_count * LEAF_PLACES;
    if (builder == NULL)
        return false;
    *builder = (struct leaf_builder){.graph = graph, .steps = graph->steps};
    builder->decisions = malloc(count * sizeof *builder->decisions);
    bool done = builder->decisions != NULL;
    for (size_t i = 0; i < count && done; i++)
        builder->decisions[i] = (struct leaf_decision){LEAF_NOTHING, LEAF_NOTHING, 0, false};
    memset(builder->entry_types, LEAF_NOTHING, sizeof builder->entry_types);
    builder->again = true;
    for (int attempt = 0; done && builder->again; attempt++) {
        fill_once(builder);
        /* What is refused may be so only because of what has not been decided yet. */
        done = !graph->failed && attempt < ATTEMPTS_MAX && (!builder->refused || builder->again);
    }
    free(builder->decisions);
    free(builder);
    return done;
}
