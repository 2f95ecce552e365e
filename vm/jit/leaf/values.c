/* Values as they are made, and what is known of them. */
#include "vm/jit/leaf/build.h"

enum { EXITS_MAX = 2000, VALUES_MAX = 3000, INPUTS_MAX = 3000 };

/* --- values, exits ----------------------------------------------------------------------------------------------------------------- */

/* Room for one more of what the graph has; false, with the whole failed, where there is none. */
static bool has_room(struct leaf_graph *graph, void **items, int32_t count, int32_t *capacity,
                     size_t size, int32_t most)
{
    graph->failed = graph->failed || !leaf_has_room(items, count, capacity, size, most);
    return !graph->failed;
}

static int32_t new_value(struct leaf_graph *graph, int32_t block, struct leaf_value value)
{
    if (!has_room(graph, (void **)&graph->values, graph->value_count, &graph->value_capacity,
                  sizeof *graph->values, VALUES_MAX))
        return 0;
    if (--*graph->values_left < 0) {
        graph->failed = true;
        return 0;
    }
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

int32_t leaf_add_inputs(struct leaf_graph *graph, int32_t count)
{
    int32_t first = graph->input_count;
    for (int32_t i = 0; i < count; i++) {
        if (!has_room(graph, (void **)&graph->inputs, graph->input_count, &graph->input_capacity,
                      sizeof *graph->inputs, INPUTS_MAX))
            return 0;
        graph->inputs[graph->input_count++] = LEAF_NONE;
    }
    return first;
}

static struct leaf_value value_of(enum leaf_op op, enum leaf_type type, int32_t left, int32_t right,
                                  int64_t number)
{
    return (struct leaf_value){.op = (uint8_t)op,
                               .type = (uint8_t)type,
                               .left = left,
                               .right = right,
                               .third = LEAF_NONE,
                               .fourth = LEAF_NONE,
                               .exit = LEAF_NONE,
                               .number = number};
}

int32_t leaf_make(struct leaf_builder *builder, enum leaf_op op, enum leaf_type type, int32_t left,
                  int32_t right, int64_t number)
{
    if (op == LEAF_SLOT || op == LEAF_AT || op == LEAF_GLOBAL)
        builder->graph->reads_objects = true;
    return leaf_add_before_end(builder->graph, builder->block,
                               value_of(op, type, left, right, number));
}

int32_t leaf_make_leaving(struct leaf_builder *builder, enum leaf_op op, enum leaf_type type,
                          int32_t left, int32_t right, int64_t number)
{
    /* The first exit of the graph is where it begins. */
    if (builder->graph->span.is_frameless)
        builder->exit = 0;
    if (builder->state_before.has_stored)
        builder->graph->leaves_after_store = true;
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
    return leaf_add_before_end(builder->graph, 0, value_of(op, type, LEAF_NONE, LEAF_NONE, number));
}

void leaf_leave(struct leaf_builder *builder)
{
    leaf_make_leaving(builder, LEAF_LEAVE, LEAF_NOTHING, LEAF_NONE, LEAF_NONE, 0);
    builder->graph->blocks[builder->block].ends_early = true;
}

struct leaf_spot leaf_go_to_first_block(struct leaf_builder *builder)
{
    struct leaf_spot place = {builder->block, builder->pc, builder->exit};
    builder->block = 0;
    builder->pc = builder->graph->span.pc;
    builder->exit = 0;
    return place;
}

void leaf_go_back(struct leaf_builder *builder, const struct leaf_spot *place)
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

/* Whether the block that is being filled is come through in every round of the outermost loop, or always. */
static bool is_always_reached(const struct leaf_builder *builder)
{
    const struct leaf_graph *graph = builder->graph;
    const struct leaf_block *head = NULL;
    for (int32_t i = 0; i < graph->block_count && head == NULL; i++)
        if (graph->blocks[graph->order[i]].is_loop)
            head = &graph->blocks[graph->order[i]];
    for (int32_t i = 0; head != NULL && i < head->predecessor_count; i++)
        if (graph->blocks[head->predecessors[i]].order >= head->order &&
            !leaf_dominates(graph, builder->block, head->predecessors[i]))
            return false;
    return true;
}

/* A value of unknown type is used as a number: where it comes into the code, it may be known as one next time. */
static void note_use(struct leaf_builder *builder, int32_t number, enum leaf_type type)
{
    const struct leaf_value *value = &builder->graph->values[number];
    if (value->op == LEAF_PHI) {
        struct leaf_decision *decision = leaf_decision_of(builder, value->block, value->left);
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

/* Looks at a value, if nothing is known that says the same. */
static void check(struct leaf_builder *builder, enum leaf_op op, int32_t value, int64_t number)
{
    if (leaf_known(builder, value, op, number) != NULL)
        return;
    leaf_make_leaving(builder, op, LEAF_NOTHING, value, LEAF_NONE, number);
    leaf_learn(builder, value, op, number);
}

/* Whether a value may be any object but a SmallInteger; else leaf code cannot have what needs that. */
static bool may_be_other(struct leaf_builder *builder, int32_t value)
{
    bool may_be =
        builder->graph->values[value].type == LEAF_ANY && !leaf_is_integer(builder, value);
    builder->refused = builder->refused || !may_be;
    return may_be;
}

void leaf_want_integer(struct leaf_builder *builder, int32_t value)
{
    if (leaf_is_integer(builder, value) || !may_be_other(builder, value))
        return;
    note_use(builder, value, LEAF_INT);
    check(builder, LEAF_IS_INTEGER, value, 0);
}

int32_t leaf_as_double(struct leaf_builder *builder, int32_t value)
{
    if (builder->graph->values[value].type == LEAF_DOUBLE || !may_be_other(builder, value))
        return value;
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

void leaf_want_fitting(struct leaf_builder *builder, int32_t value)
{
    const struct leaf_value *made = &builder->graph->values[value];
    if (made->type == LEAF_DOUBLE && made->op != LEAF_UNBOX)
        check(builder, LEAF_IS_FITTING, value, 0);
}

void leaf_want_character(struct leaf_builder *builder, int32_t value)
{
    if (may_be_other(builder, value))
        check(builder, LEAF_IS_CHARACTER, value, 0);
}

void leaf_want_mutable(struct leaf_builder *builder, int32_t value)
{
    check(builder, LEAF_IS_MUTABLE, value, 0);
}

int32_t leaf_body(struct leaf_builder *builder, int32_t value)
{
    if (!may_be_other(builder, value))
        return 0;
    const struct leaf_fact *known = leaf_known(builder, value, LEAF_BODY, -1);
    if (known != NULL)
        return (int32_t)known->number;
    /* Of what is the same in all rounds it is fetched before them. */
    bool is_fetched = builder->graph->values[value].block == 0 && is_always_reached(builder);
    struct leaf_spot place = {builder->block, builder->pc, builder->exit};
    if (is_fetched)
        place = leaf_go_to_first_block(builder);
    int32_t body = leaf_make_leaving(builder, LEAF_BODY, LEAF_RAW, value, LEAF_NONE, 0);
    leaf_learn(builder, value, LEAF_BODY, body);
    if (is_fetched)
        leaf_go_back(builder, &place);
    return body;
}

void leaf_want_class(struct leaf_builder *builder, int32_t value, int64_t class_index)
{
    if (may_be_other(builder, value))
        check(builder, LEAF_IS_OF_CLASS, value, class_index);
}

/* --- temporaries and operands ------------------------------------------------------------------------------------------------------ */

int32_t leaf_receiver(struct leaf_builder *builder)
{
    if (builder->receiver == LEAF_NONE)
        builder->receiver = leaf_fetch(builder, LEAF_RECEIVER, LEAF_ANY, 0);
    return builder->receiver;
}

int32_t leaf_entry_value(struct leaf_builder *builder, int temp)
{
    int32_t offset = builder->steps->offsets[temp];
    bool is_local = builder->graph->span.is_frameless && offset <= FRAME_LOCALS;
    /* What a block has copied is only in its closure yet: that ends each way that wants it. */
    if (is_local && leaf_is_in_closure(builder->graph))
        builder->refused = true;
    if (builder->entry_values[temp] != LEAF_NONE)
        return builder->entry_values[temp];
    int32_t value =
        is_local ? leaf_fetch(builder, LEAF_KNOWN, LEAF_ANY, (int64_t)offsetof(struct vm, heap.nil))
                 : leaf_fetch(builder, LEAF_TEMP, LEAF_ANY, offset);
    if (builder->entry_types[temp] == LEAF_INT || builder->entry_types[temp] == LEAF_DOUBLE) {
        struct leaf_spot place = leaf_go_to_first_block(builder);
        if (builder->entry_types[temp] == LEAF_INT)
            leaf_want_integer(builder, value);
        else
            value = leaf_as_double(builder, value);
        leaf_go_back(builder, &place);
    }
    builder->entry_values[temp] = value;
    return value;
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
