/* Which blocks leaf code has, in which order they lie, and which dominates which (Cooper, Harvey and Kennedy, "A Simple, Fast Dominance
 * Algorithm", 2001). */
#include "vm/jit/leaf/graph.h"

#include <stdlib.h>

enum { BLOCKS_MAX = 200, STEPS_REPEATED = 12 };

static int32_t add_block(struct leaf_graph *graph, int32_t pc)
{
    if (!leaf_has_room((void **)&graph->blocks, graph->block_count, &graph->block_capacity,
                       sizeof *graph->blocks, BLOCKS_MAX)) {
        graph->failed = true;
        return 0;
    }
    graph->blocks[graph->block_count] =
        (struct leaf_block){.pc = pc, .end = pc, .successors = {LEAF_NONE, LEAF_NONE}};
    return graph->block_count++;
}

static bool is_inside(const struct leaf_graph *graph, int32_t pc)
{
    return pc >= graph->span.low && pc < graph->span.high;
}

/* The block that begins at a pc; a pc outside becomes a block that leaves. */
static int32_t block_at(struct leaf_graph *graph, int32_t pc)
{
    if (graph->block_of_pc[pc] == LEAF_NONE) {
        int32_t block = add_block(graph, pc);
        if (graph->failed)
            return 0;
        graph->blocks[block].leaves = !is_inside(graph, pc);
        graph->block_of_pc[pc] = block;
    }
    return graph->block_of_pc[pc];
}

/* Marks, by pc, where a block must begin among what is reached from where the code begins. */
static void find_beginnings(const struct leaf_graph *graph, bool *begins)
{
    const struct steps *steps = graph->steps;
    for (int32_t pc = steps->first; pc < steps->count; pc++) {
        if (!steps->reached[pc])
            continue;
        struct step step;
        steps_read(steps, pc, &step);
        if (!bytecode_is_jump(step.bytecode.operation))
            continue;
        begins[step.bytecode.target] = true;
        if (step.next < steps->count)
            begins[step.next] = true;
    }
    begins[graph->span.pc] = true;
}

/* Follows a block to its end; the blocks that it leads to come into being. */
static void end_block(struct leaf_graph *graph, int32_t block, const bool *begins)
{
    struct step step;
    int32_t pc = graph->blocks[block].pc;
    do {
        steps_read(graph->steps, pc, &step);
        pc = step.next;
    } while (step_goes_on(&step) && !bytecode_is_jump(step.bytecode.operation) &&
             pc < graph->steps->count && !begins[pc]);
    graph->blocks[block].end = pc;
    int32_t successors[2] = {LEAF_NONE, LEAF_NONE};
    switch (step.bytecode.operation) {
    case BYTECODE_JUMP:
        successors[0] = block_at(graph, (int32_t)step.bytecode.target);
        break;
    case BYTECODE_JUMP_TRUE:
        successors[0] = block_at(graph, (int32_t)step.bytecode.target);
        successors[1] = block_at(graph, step.next);
        break;
    case BYTECODE_JUMP_FALSE:
        successors[1] = block_at(graph, (int32_t)step.bytecode.target);
        successors[0] = block_at(graph, step.next);
        break;
    default:
        if (step_goes_on(&step))
            successors[0] = block_at(graph, pc);
        break;
    }
    graph->blocks[block].successors[0] = successors[0];
    graph->blocks[block].successors[1] = successors[1];
}

/* --- loops that end with their condition ------------------------------------------------------------------------------------------- */

/* Whether a block is little more than a condition. */
static bool is_condition(const struct leaf_graph *graph, const struct leaf_block *block)
{
    int count = 0;
    for (int32_t pc = block->pc; pc < block->end && count <= STEPS_REPEATED; count++) {
        struct step step;
        steps_read(graph->steps, pc, &step);
        pc = step.next;
    }
    return !block->leaves && block->successors[1] != LEAF_NONE && count <= STEPS_REPEATED;
}

/* What jumps back to a condition goes to a copy of it that lies behind: a jump less in each round, and what the loop leaves behind is what its
 * last round has made, in the same register. */
static void repeat_conditions(struct leaf_graph *graph)
{
    int32_t count = graph->block_count;
    for (int32_t head = 1; head < count && !graph->failed; head++) {
        int32_t copy = LEAF_NONE;
        if (!is_condition(graph, &graph->blocks[head]))
            continue;
        for (int32_t from = 1; from < count && !graph->failed; from++) {
            const struct leaf_block *block = &graph->blocks[from];
            if (from == head || block->leaves || block->successors[0] != head ||
                block->successors[1] != LEAF_NONE || block->pc < graph->blocks[head].pc)
                continue;
            if (copy == LEAF_NONE) {
                copy = add_block(graph, graph->blocks[head].pc);
                if (graph->failed)
                    break;
                graph->blocks[copy].end = graph->blocks[head].end;
                graph->blocks[copy].successors[0] = graph->blocks[head].successors[0];
                graph->blocks[copy].successors[1] = graph->blocks[head].successors[1];
            }
            graph->blocks[from].successors[0] = copy;
        }
    }
}

/* --- order ------------------------------------------------------------------------------------------------------------------------- */

/* Numbers blocks so that one comes behind all that lead to it but by jumping back; false where one cannot be reached, or memory is short. */
static bool find_order(struct leaf_graph *graph)
{
    size_t count = (size_t)graph->block_count;
    graph->order = malloc(count * sizeof *graph->order);
    int32_t *stack = malloc(count * sizeof *stack);
    uint8_t *next = calloc(count, 1);
    size_t depth = 0, place = count;
    if (graph->order != NULL && stack != NULL && next != NULL) {
        for (size_t i = 0; i < count; i++)
            graph->blocks[i].order = LEAF_NONE;
        stack[depth++] = 0;
        graph->blocks[0].order = 0;
    }
    while (depth > 0) {
        int32_t block = stack[depth - 1];
        if (next[block] == 2) {
            depth--;
            graph->order[--place] = block;
            graph->blocks[block].order = (int32_t)place;
            continue;
        }
        /* What is done when the condition does not hold lies behind: loops end at their heads. */
        int32_t successor = graph->blocks[block].successors[1 - next[block]++];
        if (successor != LEAF_NONE && graph->blocks[successor].order == LEAF_NONE) {
            graph->blocks[successor].order = 0;
            stack[depth++] = successor;
        }
    }
    free(stack);
    free(next);
    return place == 0;
}

static bool find_predecessors(struct leaf_graph *graph)
{
    for (int32_t i = 0; i < graph->block_count; i++) {
        struct leaf_block *block = &graph->blocks[i];
        for (int j = 0; j < 2; j++) {
            if (block->successors[j] == LEAF_NONE)
                continue;
            struct leaf_block *next = &graph->blocks[block->successors[j]];
            int32_t *moved =
                realloc(next->predecessors, (size_t)(next->predecessor_count + 1) * sizeof *moved);
            if (moved == NULL)
                return false;
            next->predecessors = moved;
            next->predecessors[next->predecessor_count++] = i;
            if (next->order <= block->order)
                next->is_loop = true;
        }
    }
    return true;
}

/* Blocks between one that leads to two and one that two lead to: so that what is done on a way has a place. */
static void split_ways(struct leaf_graph *graph)
{
    size_t count = (size_t)graph->block_count;
    int32_t *ways = calloc(count, sizeof *ways);
    if (ways == NULL) {
        graph->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++)
        for (int j = 0; j < 2; j++)
            if (graph->blocks[i].successors[j] != LEAF_NONE)
                ways[graph->blocks[i].successors[j]]++;
    for (size_t i = 0; i < count && !graph->failed; i++) {
        if (graph->blocks[i].successors[1] == LEAF_NONE)
            continue;
        for (int j = 0; j < 2 && !graph->failed; j++) {
            int32_t target = graph->blocks[i].successors[j];
            if (ways[target] < 2)
                continue;
            int32_t between = add_block(graph, graph->blocks[target].pc);
            if (graph->failed)
                break;
            graph->blocks[between].successors[0] = target;
            graph->blocks[i].successors[j] = between;
        }
    }
    free(ways);
}

static int32_t common_dominator(const struct leaf_graph *graph, int32_t a, int32_t b)
{
    while (a != b) {
        while (graph->blocks[a].order > graph->blocks[b].order)
            a = graph->blocks[a].dominator;
        while (graph->blocks[b].order > graph->blocks[a].order)
            b = graph->blocks[b].dominator;
    }
    return a;
}

static void find_dominators(struct leaf_graph *graph)
{
    for (int32_t i = 0; i < graph->block_count; i++)
        graph->blocks[i].dominator = LEAF_NONE;
    graph->blocks[0].dominator = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (int32_t i = 1; i < graph->block_count; i++) {
            struct leaf_block *block = &graph->blocks[graph->order[i]];
            int32_t found = LEAF_NONE;
            for (int32_t j = 0; j < block->predecessor_count; j++) {
                int32_t from = block->predecessors[j];
                if (graph->blocks[from].dominator != LEAF_NONE)
                    found = found == LEAF_NONE ? from : common_dominator(graph, found, from);
            }
            changed = changed || block->dominator != found;
            block->dominator = found;
        }
    }
}

bool leaf_dominates(const struct leaf_graph *graph, int32_t dominator, int32_t block)
{
    while (graph->blocks[block].order > graph->blocks[dominator].order)
        block = graph->blocks[block].dominator;
    return block == dominator;
}

/* Marks the blocks from which a jump back to a head comes without coming through it first. Where a loop goes on when its condition does not
 * hold, what comes behind it lies before its body: order does not tell what is inside. */
static void find_inside(struct leaf_graph *graph, int32_t head)
{
    for (int32_t i = 0; i < graph->block_count; i++)
        graph->blocks[i].is_inside = i == head;
    for (bool changed = true; changed;) {
        changed = false;
        for (int32_t i = graph->block_count - 1; i > graph->blocks[head].order; i--) {
            struct leaf_block *block = &graph->blocks[graph->order[i]];
            bool inside = false;
            for (int j = 0; j < 2; j++)
                inside = inside || (block->successors[j] != LEAF_NONE &&
                                    graph->blocks[block->successors[j]].is_inside);
            changed = changed || inside != block->is_inside;
            block->is_inside = inside;
        }
    }
}

uint64_t leaf_written_in_loop(struct leaf_graph *graph, int32_t head)
{
    uint64_t written = 0;
    find_inside(graph, head);
    for (int32_t i = graph->blocks[head].order; i < graph->block_count; i++) {
        const struct leaf_block *block = &graph->blocks[graph->order[i]];
        for (int32_t pc = block->pc; pc < block->end && block->is_inside && !block->leaves;) {
            struct step step;
            steps_read(graph->steps, pc, &step);
            if (step_writes_temp(&step) && step.temp >= 0)
                written |= (uint64_t)1 << step.temp;
            pc = step.next;
        }
    }
    return written;
}

/* Blocks by their pcs, as the bytecodes have them. */
static bool find_parts(struct leaf_graph *graph)
{
    size_t count = (size_t)graph->steps->count;
    graph->block_of_pc = malloc(count * sizeof *graph->block_of_pc);
    bool *begins = calloc(count, sizeof *begins);
    if (graph->block_of_pc == NULL || begins == NULL) {
        free(begins);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        graph->block_of_pc[i] = LEAF_NONE;
    find_beginnings(graph, begins);
    int32_t first = add_block(graph, graph->span.pc);
    if (!graph->failed)
        graph->blocks[first].successors[0] = block_at(graph, graph->span.pc);
    for (int32_t i = 1; i < graph->block_count && !graph->failed; i++)
        if (!graph->blocks[i].leaves)
            end_block(graph, i, begins);
    free(begins);
    return !graph->failed;
}

/* Whether each loop has one beginning, through which everything comes that is in it. */
static bool has_single_heads(const struct leaf_graph *graph)
{
    for (int32_t i = 0; i < graph->block_count; i++)
        for (int32_t j = 0; j < graph->blocks[i].predecessor_count; j++) {
            int32_t from = graph->blocks[i].predecessors[j];
            if (graph->blocks[from].order >= graph->blocks[i].order &&
                !leaf_dominates(graph, i, from))
                return false;
        }
    return true;
}

static bool find_blocks(struct leaf_graph *graph, bool repeats)
{
    if (!find_parts(graph))
        return false;
    if (repeats)
        repeat_conditions(graph);
    if (!graph->failed)
        split_ways(graph);
    if (graph->failed || graph->block_count > BLOCKS_MAX || !find_order(graph) ||
        !find_predecessors(graph))
        return false;
    find_dominators(graph);
    return has_single_heads(graph);
}

/* A condition of several parts, repeated, makes a loop with two beginnings: it stays as it is then. */
bool leaf_find_blocks(struct leaf_graph *graph)
{
    struct leaf_graph fresh = *graph;
    if (find_blocks(graph, true))
        return true;
    leaf_graph_close(graph);
    *graph = fresh;
    return find_blocks(graph, false);
}
