/*
 * Fills blocks with values, in the order in which they lie. What a phi is, an oop or a double, must be known before all that leads to it
 * is seen; it is assumed, and where the assumption does not hold, or something better shows, the whole is built again with what has been learned.
 */
#include "vm/jit/leaf/build.h"

#include <stdlib.h>

enum { ATTEMPTS_MAX = 40 };

static bool has_end(const struct leaf_graph *graph, int32_t block)
{
    const struct leaf_block *at = &graph->blocks[block];
    return at->value_count > 0 && leaf_op_is_end(graph->values[at->values[at->value_count - 1]].op);
}

/* Without a frame whatever cannot be had is left to the frame that is built then. */
static void leave_instead(struct leaf_builder *builder)
{
    viv_check(!has_end(builder->graph, builder->block), "what is refused has not ended the block");
    builder->refused = false;
    builder->state = builder->state_before;
    leaf_leave(builder);
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
        if (pc < end)
            steps_read(builder->steps, pc, &next);
        if (step_is_send(&step))
            leaf_build_send(builder, &step, pc < end ? &next : NULL);
        else
            leaf_build_other(builder, &step);
        if (graph->span.is_frameless && builder->refused)
            leave_instead(builder);
    }
    graph->blocks[builder->block].after = builder->state;
    if (!graph->failed && !builder->refused && !has_end(graph, builder->block))
        leaf_jump_on(builder);
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
        held = leaf_entry_value(builder, (int)place);
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
    enum leaf_type wanted = leaf_decision_of(builder, block, place)->wanted;
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
    struct leaf_decision *decision = leaf_decision_of(builder, block, place);
    enum leaf_type type =
        decision->type != LEAF_NOTHING ? decision->type : joined_type(builder, block, place);
    decision->type = (uint8_t)type;
    int32_t first = leaf_add_inputs(graph, graph->blocks[block].predecessor_count);
    return leaf_add_value(graph, block,
                          (struct leaf_value){.op = LEAF_PHI,
                                              .type = (uint8_t)type,
                                              .left = (int32_t)place,
                                              .right = LEAF_NONE,
                                              .third = LEAF_NONE,
                                              .fourth = LEAF_NONE,
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

/* Whether a temporary is let go where ways meet: it has been on one of them, or nobody reads it any more and it would have to be made an
 * object first. */
static bool is_forgotten(const struct leaf_graph *graph, const struct leaf_block *block,
                         int64_t place, bool is_live)
{
    for (int32_t i = 0; i < block->predecessor_count; i++) {
        struct leaf_block *from = &graph->blocks[block->predecessors[i]];
        int32_t held = *place_in(&from->after, place);
        if (goes_on(from) && from->order < block->order &&
            (held == LEAF_FORGOTTEN ||
             (!is_live && held >= 0 && graph->values[held].type == LEAF_VIRTUAL)))
            return true;
    }
    /* Only what another round of a loop left behind is forgotten besides: the debugger shows what was written last. */
    return block->is_loop && !is_live;
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
    uint64_t live = builder->steps->live[block->pc];
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
        bool forgotten = is_temp && is_forgotten(graph, block, place, (live >> place & 1) != 0);
        *held = forgotten ? LEAF_FORGOTTEN : make_phi(builder, number, place);
    }
    for (int32_t i = 0; i < block->predecessor_count; i++) {
        const struct leaf_block *from = &graph->blocks[block->predecessors[i]];
        if (!goes_on(from) || from->order >= block->order)
            continue;
        builder->refused = builder->refused || from->after.depth != state.depth;
        state.has_stored = state.has_stored || from->after.has_stored;
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
    if (is_held_twice(builder, held, place))
        leaf_want_fitting(builder, held);
    return number;
}

/* The way from a block to one of phis: what comes is made what the phi is. */
static int32_t convert(struct leaf_builder *builder, int32_t held, int64_t place,
                       enum leaf_type type)
{
    if (held == LEAF_IN_FRAME)
        held = leaf_entry_value(builder, (int)place);
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
        for (int32_t j = 0; j < block->predecessor_count && block->is_loop; j++) {
            const struct leaf_block *from = &graph->blocks[block->predecessors[j]];
            if (!goes_on(from))
                continue;
            viv_check(!block->is_cut, "all of a loop comes through its head");
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
        struct leaf_decision *decision = leaf_decision_of(builder, value.block, value.left);
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
    graph->value_count = graph->exit_count = graph->input_count = 0;
    graph->cell_count = graph->literal_count = 0;
    graph->arithmetic_count = 0;
    graph->reads_objects = graph->leaves_after_store = false;
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
    leaf_add_exit(graph, graph->span.pc, &state);
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
