#include "vm/jit/leaf/graph.h"

#include <stdlib.h>

enum { ARITHMETIC_WORTH = 4, FRAMELESS_MAX = 48, FRAMELESS_LEAVING_MAX = 16 };

bool leaf_has_room(void **items, int32_t count, int32_t *capacity, size_t size, int32_t most)
{
    if (count < *capacity)
        return true;
    int32_t wider = *capacity == 0 ? 32 : *capacity * 2;
    void *moved = count >= most ? NULL : realloc(*items, (size_t)wider * size);
    if (moved == NULL)
        return false;
    *items = moved;
    *capacity = wider;
    return true;
}

/* Whether something of a value remains to be done when nobody uses it: a check, whose failure tier 1 turns into an error. */
static bool is_for_itself(enum leaf_op op)
{
    switch (op) {
    case LEAF_TEMP:
    case LEAF_RECEIVER:
    case LEAF_KNOWN:
    case LEAF_LITERAL:
    case LEAF_GLOBAL:
    case LEAF_INTEGER:
    case LEAF_BOX:
    case LEAF_TO_DOUBLE:
    case LEAF_ADD:
    case LEAF_SUBTRACT:
    case LEAF_MULTIPLY:
    case LEAF_BIT_AND:
    case LEAF_BIT_OR:
    case LEAF_FLOAT_ADD:
    case LEAF_FLOAT_SUBTRACT:
    case LEAF_FLOAT_MULTIPLY:
    case LEAF_SLOT:
    case LEAF_SIZE:
    case LEAF_TRUTH:
    case LEAF_FLOAT_TRUTH:
    case LEAF_POINT:
    case LEAF_PHI:
        return false;
    default:
        return true;
    }
}

static void mark(struct leaf_graph *graph, int32_t *waiting, size_t *count, int32_t value)
{
    if (value >= 0 && !graph->values[value].is_used) {
        graph->values[value].is_used = true;
        waiting[(*count)++] = value;
    }
}

static void mark_operands(struct leaf_graph *graph, int32_t *waiting, size_t *count, int32_t number)
{
    const struct leaf_value value = graph->values[number];
    if (value.op == LEAF_PHI) {
        const struct leaf_block *block = &graph->blocks[value.block];
        for (int32_t i = 0; i < block->predecessor_count; i++)
            mark(graph, waiting, count, graph->inputs[value.number + i]);
        return;
    }
    mark(graph, waiting, count, value.left);
    mark(graph, waiting, count, value.right);
    mark(graph, waiting, count, value.third);
    mark(graph, waiting, count, value.fourth);
    if (value.exit == LEAF_NONE)
        return;
    const struct leaf_state *state = &graph->exits[value.exit].state;
    for (int i = 0; i < leaf_held_count(graph, state); i++)
        mark(graph, waiting, count, leaf_held(graph, state, i));
}

/* Marks what is needed, and takes the rest out of the blocks. */
static bool drop_unused(struct leaf_graph *graph)
{
    int32_t *waiting = malloc((size_t)graph->value_count * sizeof *waiting);
    if (waiting == NULL)
        return false;
    size_t count = 0;
    for (int32_t i = 0; i < graph->value_count; i++)
        if (is_for_itself(graph->values[i].op))
            mark(graph, waiting, &count, i);
    while (count > 0) {
        int32_t next = waiting[--count];
        mark_operands(graph, waiting, &count, next);
    }
    free(waiting);
    for (int32_t i = 0; i < graph->block_count; i++) {
        struct leaf_block *block = &graph->blocks[i];
        int32_t kept = 0;
        for (int32_t j = 0; j < block->value_count; j++)
            if (graph->values[block->values[j]].is_used)
                block->values[kept++] = block->values[j];
        block->value_count = kept;
    }
    return true;
}

/* Numbers what runs; each block's beginning has a position of its own. */
static void number_positions(struct leaf_graph *graph)
{
    int32_t position = 0;
    for (int32_t i = 0; i < graph->block_count; i++) {
        const struct leaf_block *block = &graph->blocks[graph->order[i]];
        int32_t start = position++;
        for (int32_t j = 0; j < block->value_count; j++) {
            struct leaf_value *value = &graph->values[block->values[j]];
            value->position = value->op == LEAF_PHI ? start : position++;
        }
    }
}

/* Some loop must come back to its head, or a method have enough that is quicker here. */
static bool is_worth_it(const struct leaf_graph *graph)
{
    bool has_loop = false, comes_back = false;
    for (int32_t i = 0; i < graph->block_count && !comes_back; i++) {
        const struct leaf_block *head = &graph->blocks[i];
        has_loop = has_loop || head->is_loop;
        for (int32_t j = 0; j < head->predecessor_count && !head->is_cut; j++) {
            const struct leaf_block *from = &graph->blocks[head->predecessors[j]];
            if (from->order >= head->order && !from->is_cut && !from->ends_early)
                comes_back = true;
        }
    }
    return comes_back ? graph->arithmetic_count > 0
                      : !has_loop && graph->arithmetic_count >= ARITHMETIC_WORTH;
}

/* What runs before a frame is built is run again where one is needed: it must be short, and answer by some way. */
static bool answers_soon(const struct leaf_graph *graph)
{
    int32_t count = 0;
    bool answers = false, leaves = false;
    for (int32_t i = 0; i < graph->block_count; i++) {
        const struct leaf_block *block = &graph->blocks[i];
        if (block->is_cut)
            continue;
        if (block->is_loop)
            return false;
        count += block->value_count;
        answers = answers || graph->values[block->values[block->value_count - 1]].op == LEAF_RETURN;
        leaves = leaves || block->ends_early;
    }
    /* What is stored again is the same only if it does not come from where something has been stored. */
    return answers && !(graph->reads_objects && graph->leaves_after_store) &&
           count <= (leaves ? FRAMELESS_LEAVING_MAX : FRAMELESS_MAX);
}

bool leaf_graph_open(struct leaf_graph *graph, struct vm *vm, const struct steps *steps,
                     const struct leaf_span *span, int32_t *values_left)
{
    *graph =
        (struct leaf_graph){.vm = vm, .steps = steps, .span = *span, .values_left = values_left};
    if (!leaf_find_blocks(graph) || !leaf_fill_blocks(graph) || !drop_unused(graph) ||
        !(span->is_frameless ? answers_soon(graph) : is_worth_it(graph))) {
        leaf_graph_close(graph);
        return false;
    }
    number_positions(graph);
    return true;
}

void leaf_graph_close(struct leaf_graph *graph)
{
    for (int32_t i = 0; i < graph->block_count; i++) {
        free(graph->blocks[i].predecessors);
        free(graph->blocks[i].values);
    }
    free(graph->blocks);
    free(graph->order);
    free(graph->block_of_pc);
    free(graph->values);
    free(graph->exits);
    free(graph->inputs);
    *graph = (struct leaf_graph){.vm = NULL};
}
