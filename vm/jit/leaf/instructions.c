/* Instructions that are no sends, in leaf code. */
#include "vm/jit/leaf/build.h"

static int32_t held_value(struct leaf_builder *builder, int32_t held, int temp)
{
    if (held == LEAF_FORGOTTEN)
        builder->refused = true;
    return held == LEAF_IN_FRAME ? leaf_entry_value(builder, temp) : held < 0 ? 0 : held;
}

/* Whether a literal is an integer that can be part of the code. */
static bool is_number_literal(struct leaf_builder *builder, int64_t slot, oop literal)
{
    struct leaf_graph *graph = builder->graph;
    if (!oop_is_integer(literal) || (int64_t)literal.bits != (int32_t)literal.bits)
        return false;
    for (int32_t i = 0; i < graph->literal_count; i++)
        if (graph->literals[i].slot == slot)
            return true;
    if (graph->literal_count == LEAF_LITERALS_MAX)
        return false;
    graph->literals[graph->literal_count++] = (struct leaf_literal){slot, (int64_t)literal.bits};
    return true;
}

/* The value of a literal that has been fetched, or LEAF_NONE. */
static int32_t fetched_literal(const struct leaf_builder *builder, int64_t slot)
{
    const struct leaf_block *first = &builder->graph->blocks[0];
    for (int32_t i = 0; i < first->value_count; i++) {
        const struct leaf_value *value = &builder->graph->values[first->values[i]];
        if (value->op == LEAF_LITERAL && value->number == slot)
            return first->values[i];
    }
    return LEAF_NONE;
}

/* A literal is fetched once, and looked at there if it is of a kind that is known. */
static void push_literal(struct leaf_builder *builder, const struct step *step)
{
    int64_t slot = step->bytecode.index + 1;
    oop literal = object_slot(builder->steps->code->method, (size_t)slot);
    if (is_number_literal(builder, slot, literal)) {
        leaf_push(builder, leaf_fetch(builder, LEAF_INTEGER, LEAF_INT, (int64_t)literal.bits));
        return;
    }
    int32_t value = fetched_literal(builder, slot);
    if (value == LEAF_NONE) {
        value = leaf_fetch(builder, LEAF_LITERAL, LEAF_ANY, slot);
        struct leaf_spot place = leaf_go_to_first_block(builder);
        if (oop_is_integer(literal))
            leaf_want_integer(builder, value);
        else if (oop_is_float(literal))
            leaf_as_double(builder, value);
        else if (oop_is_character(literal))
            leaf_want_character(builder, value);
        leaf_go_back(builder, &place);
    }
    const struct leaf_fact *unboxed = leaf_known(builder, value, LEAF_UNBOX, -1);
    leaf_push(builder, unboxed != NULL ? (int32_t)unboxed->number : value);
}

static void push_character(struct leaf_builder *builder, int64_t code_point)
{
    int32_t value = leaf_fetch(builder, LEAF_INTEGER, LEAF_ANY,
                               (int64_t)oop_from_character((uint32_t)code_point).bits);
    struct leaf_spot place = leaf_go_to_first_block(builder);
    leaf_learn(builder, value, LEAF_IS_CHARACTER, 0);
    leaf_go_back(builder, &place);
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
    leaf_want_mutable(builder, receiver);
    leaf_make_leaving(builder, LEAF_STORE, LEAF_NOTHING, receiver, value, step->bytecode.index);
    builder->state.has_stored = true;
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
    if (!builder->refused)
        leaf_make(builder, LEAF_RETURN, LEAF_NOTHING, value, LEAF_NONE, step->offset);
}

void leaf_jump_on(struct leaf_builder *builder)
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

/* Short forms of receiver variables only: the long ones are for contexts too. */
void leaf_build_other(struct leaf_builder *builder, const struct step *step)
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
    case BYTECODE_PUSH_LITERAL_VARIABLE:
        leaf_push(builder, leaf_make_leaving(builder, LEAF_GLOBAL, LEAF_ANY, LEAF_NONE, LEAF_NONE,
                                             step->bytecode.index + 1));
        break;
    case BYTECODE_PUSH_LITERAL:
        push_literal(builder, step);
        break;
    case BYTECODE_PUSH_INTEGER:
        leaf_push(builder, leaf_fetch(builder, LEAF_INTEGER, LEAF_INT,
                                      (int64_t)oop_from_integer(step->bytecode.index).bits));
        break;
    case BYTECODE_PUSH_CHARACTER:
        push_character(builder, step->bytecode.index);
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
        leaf_jump_on(builder);
        break;
    case BYTECODE_JUMP_TRUE:
    case BYTECODE_JUMP_FALSE: {
        int32_t value = leaf_pop(builder);
        builder->refused = builder->refused || builder->graph->values[value].type != LEAF_ANY;
        if (!builder->refused)
            leaf_make_leaving(builder, LEAF_IF_TRUE, LEAF_NOTHING, value, LEAF_NONE, 0);
        break;
    }
    default:
        if (bytecode_is_return(step->bytecode.operation))
            build_return(builder, step);
        else
            builder->refused = true;
        break;
    }
}
