/* Sends in leaf code: arithmetic and comparisons of numbers, and what their cells say needs no frame. */
#include "vm/code/short_forms.h"
#include "vm/jit/leaf/build.h"

enum {
    PRIMITIVE_AS_FLOAT = 40,
    PRIMITIVE_CHARACTER_CODE = 171,
    PRIMITIVE_FLOAT_FIRST =
        541, /* of SmallFloat64, for the first special selectors in their order */
    PRIMITIVE_SQRT = 555
};

/* What the interpreter has for the special send in a step. */
static enum opcode special_opcode(const struct step *step)
{
    return (enum opcode)short_forms[SHORT_FIRST_SPECIAL + step->bytecode.index].opcode;
}

static int32_t operand(const struct leaf_builder *builder, int32_t depth)
{
    return builder->state.stack[builder->state.depth - 1 - depth];
}

static void push_answer(struct leaf_builder *builder, int32_t popped, int32_t value)
{
    builder->state.depth -= popped;
    leaf_push(builder, value);
}

static bool is_double(const struct leaf_builder *builder, int32_t value)
{
    return builder->graph->values[value].type == LEAF_DOUBLE;
}

/* Whether a special send has been a real one to a SmallFloat64 that took the VM's own primitive for it: with an integer, or for an answer that
 * is no SmallFloat. */
static bool is_sent_to_float(const struct leaf_builder *builder, const struct step *step)
{
    const ic_cell *cell = steps_cell(builder->steps, builder->pc);
    return cell->kind == CELL_PRIMITIVE && cell->tag == TAG_FLOAT &&
           cell->u.target->primitive_number == PRIMITIVE_FLOAT_FIRST + step->bytecode.index;
}

/* Whether numbers are Floats at an instruction: it has seen them, or one of them is. */
static bool is_for_floats(const struct leaf_builder *builder, const struct step *step, int32_t left,
                          int32_t right)
{
    return builder->steps->floats[builder->pc] || is_double(builder, left) ||
           is_double(builder, right) || is_sent_to_float(builder, step);
}

/* The cell must hold that when the code is run, too. */
static void rely_on(struct leaf_builder *builder, const ic_cell *cell)
{
    struct leaf_graph *graph = builder->graph;
    for (int32_t i = 0; i < graph->cell_count; i++)
        if (graph->cells[i].cell == cell)
            return;
    if (graph->cell_count == LEAF_CELLS_MAX) {
        builder->refused = true;
        return;
    }
    bool has_target = cell->kind == CELL_PRIMITIVE;
    graph->cells[graph->cell_count++] =
        (struct leaf_cell){cell,          cell->tag,  cell->kind,
                           cell->u.value, has_target, has_target ? cell->u.target->number : 0};
}

/* --- arithmetic -------------------------------------------------------------------------------------------------------------------- */

/* What an arithmetic send is for integers and for Floats; LEAF_PHI: nothing. */
static const struct {
    uint16_t opcode, integers, floats;
} operations[] = {
    {OP_special_add, LEAF_ADD, LEAF_FLOAT_ADD},
    {OP_special_subtract, LEAF_SUBTRACT, LEAF_FLOAT_SUBTRACT},
    {OP_special_multiply, LEAF_MULTIPLY, LEAF_FLOAT_MULTIPLY},
    {OP_special_divide, LEAF_PHI, LEAF_FLOAT_DIVIDE},
    {OP_special_modulo, LEAF_MODULO, LEAF_PHI},
    {OP_special_floor_divide, LEAF_FLOOR_DIVIDE, LEAF_PHI},
    {OP_special_bit_and, LEAF_BIT_AND, LEAF_PHI},
    {OP_special_bit_or, LEAF_BIT_OR, LEAF_PHI},
};

static enum leaf_op operation(enum opcode opcode, bool of_floats)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (operations[i].opcode == opcode)
            return (enum leaf_op)(of_floats ? operations[i].floats : operations[i].integers);
    return LEAF_PHI;
}

static void build_integers(struct leaf_builder *builder, enum leaf_op op, int32_t left,
                           int32_t right)
{
    /* A real send has been needed: numbers here are not all short. */
    if (op == LEAF_PHI || steps_cell(builder->steps, builder->pc)->kind != CELL_EMPTY) {
        builder->refused = true;
        return;
    }
    leaf_want_integer(builder, left);
    leaf_want_integer(builder, right);
    if (!builder->refused)
        push_answer(builder, 2, leaf_make_leaving(builder, op, LEAF_INT, left, right, 0));
}

/* An integer as a double; one that is part of the code is made one once. */
static int32_t integer_as_double(struct leaf_builder *builder, int32_t value)
{
    bool is_constant = builder->graph->values[value].op == LEAF_INTEGER;
    struct leaf_spot spot = {builder->block, builder->pc, builder->exit};
    if (is_constant)
        spot = leaf_go_to_first_block(builder);
    int32_t made = leaf_make(builder, LEAF_TO_DOUBLE, LEAF_DOUBLE, value, LEAF_NONE, 0);
    if (is_constant)
        leaf_go_back(builder, &spot);
    return made;
}

/* Whether one is a double, the other an integer, and no send has told what becomes of them: there has been none. */
static bool is_mixed_and_new(const struct leaf_builder *builder, int32_t left, int32_t right)
{
    bool is_mixed = (is_double(builder, left) && leaf_is_integer(builder, right)) ||
                    (leaf_is_integer(builder, left) && is_double(builder, right));
    return is_mixed && steps_cell(builder->steps, builder->pc)->kind == CELL_EMPTY;
}

/* The right operand of Floats as a double: a Float, or an integer that the receiver's primitive makes one. With comparisons that is exact
 * for integers of 32 bits, which are those in the code. */
static int32_t right_as_double(struct leaf_builder *builder, const struct step *step, int32_t left,
                               int32_t right, bool compares)
{
    bool seems_integer = !builder->steps->floats[builder->pc] && !is_double(builder, right);
    if (!is_sent_to_float(builder, step) || (!leaf_is_integer(builder, right) && !seems_integer))
        return leaf_as_double(builder, right);
    if (compares && builder->graph->values[right].op != LEAF_INTEGER) {
        builder->refused = true;
        return right;
    }
    rely_on(builder, steps_cell(builder->steps, builder->pc));
    /* The receiver of a real send is no SmallFloat64 where it does not fit into one. */
    leaf_want_fitting(builder, left);
    leaf_want_integer(builder, right);
    return builder->refused ? right : integer_as_double(builder, right);
}

static void build_floats(struct leaf_builder *builder, const struct step *step, enum leaf_op op,
                         int32_t left, int32_t right)
{
    if (op == LEAF_PHI) {
        builder->refused = true;
        return;
    }
    left = leaf_as_double(builder, left);
    right = right_as_double(builder, step, left, right, false);
    if (builder->refused)
        return;
    int32_t made = op == LEAF_FLOAT_DIVIDE
                       ? leaf_make_leaving(builder, op, LEAF_DOUBLE, left, right, 0)
                       : leaf_make(builder, op, LEAF_DOUBLE, left, right, 0);
    push_answer(builder, 2, made);
}

static void build_point(struct leaf_builder *builder, int32_t left, int32_t right)
{
    if (builder->graph->vm->point_class_index == 0) {
        builder->refused = true;
        return;
    }
    leaf_want_integer(builder, left);
    leaf_want_integer(builder, right);
    if (!builder->refused)
        push_answer(builder, 2, leaf_make(builder, LEAF_POINT, LEAF_VIRTUAL, left, right, 0));
}

/* By a number in the code, less than a word. A Character in the code is none. */
static void build_shift(struct leaf_builder *builder, int32_t left, int32_t right)
{
    const struct leaf_value distance = builder->graph->values[right];
    int64_t number = distance.number >> 3;
    if (distance.op != LEAF_INTEGER || distance.type != LEAF_INT || number < -60 || number > 60 ||
        steps_cell(builder->steps, builder->pc)->kind != CELL_EMPTY) {
        builder->refused = true;
        return;
    }
    leaf_want_integer(builder, left);
    if (!builder->refused)
        push_answer(builder, 2,
                    leaf_make_leaving(builder, LEAF_SHIFT, LEAF_INT, left, LEAF_NONE, number));
}

static void build_arithmetic(struct leaf_builder *builder, const struct step *step)
{
    int32_t left = operand(builder, 1), right = operand(builder, 0);
    enum opcode opcode = special_opcode(step);
    builder->graph->arithmetic_count++;
    if (opcode == OP_special_make_point)
        build_point(builder, left, right);
    else if (opcode == OP_special_bit_shift)
        build_shift(builder, left, right);
    else if (is_mixed_and_new(builder, left, right))
        leaf_leave(builder);
    else if (opcode == OP_special_divide || is_for_floats(builder, step, left, right))
        build_floats(builder, step, operation(opcode, true), left, right);
    else
        build_integers(builder, operation(opcode, false), left, right);
}

/* Whether a value is known to be a Character. */
static bool is_character(const struct leaf_builder *builder, int32_t value)
{
    return leaf_known(builder, value, LEAF_IS_CHARACTER, -1) != NULL;
}

/* A comparison of numbers, or of Characters whether they are equal; what it answers is looked at by a jump behind it, or is an object. */
static void build_comparison(struct leaf_builder *builder, const struct step *step, bool jumps)
{
    int32_t left = operand(builder, 1), right = operand(builder, 0);
    enum opcode opcode = special_opcode(step);
    int64_t comparison = (int64_t)opcode - OP_special_less;
    bool is_float = is_for_floats(builder, step, left, right);
    if (is_mixed_and_new(builder, left, right)) {
        leaf_leave(builder);
        return;
    }
    builder->graph->arithmetic_count++;
    if (is_float) {
        left = leaf_as_double(builder, left);
        right = right_as_double(builder, step, left, right, true);
    } else if (steps_cell(builder->steps, builder->pc)->kind != CELL_EMPTY) {
        builder->refused = true;
    } else if (opcode >= OP_special_equal &&
               (is_character(builder, left) || is_character(builder, right))) {
        leaf_want_character(builder, left);
        leaf_want_character(builder, right);
    } else {
        leaf_want_integer(builder, left);
        leaf_want_integer(builder, right);
    }
    if (builder->refused)
        return;
    builder->state.depth -= 2;
    if (jumps)
        leaf_make(builder, is_float ? LEAF_IF_FLOATS : LEAF_IF_INTEGERS, LEAF_NOTHING, left, right,
                  comparison);
    else
        leaf_push(builder, leaf_make(builder, is_float ? LEAF_FLOAT_TRUTH : LEAF_TRUTH, LEAF_ANY,
                                     left, right, comparison));
}

/* == and ~~ with a jump behind; the first successor is where they are the same. */
static void build_identity(struct leaf_builder *builder, bool same_holds)
{
    int32_t left = leaf_as_oop(builder, operand(builder, 1));
    int32_t right = leaf_as_oop(builder, operand(builder, 0));
    if (builder->refused)
        return;
    builder->state.depth -= 2;
    leaf_make_leaving(builder, LEAF_IF_SAME, LEAF_NOTHING, left, right, same_holds);
}

/* --- Arrays and Strings ------------------------------------------------------------------------------------------------------------ */

static void build_at(struct leaf_builder *builder)
{
    int32_t object = operand(builder, 1), index = operand(builder, 0);
    int32_t body = leaf_body(builder, object);
    leaf_want_integer(builder, index);
    if (builder->refused)
        return;
    int32_t value = leaf_make_leaving(builder, LEAF_AT, LEAF_ANY, object, index, 0);
    if (!builder->graph->failed)
        builder->graph->values[value].third = body;
    push_answer(builder, 2, value);
}

static void build_at_put(struct leaf_builder *builder)
{
    int32_t object = operand(builder, 2), index = operand(builder, 1);
    int32_t stored = operand(builder, 0);
    int32_t body = leaf_body(builder, object);
    leaf_want_integer(builder, index);
    int32_t value = leaf_as_oop(builder, stored);
    if (builder->refused)
        return;
    leaf_want_mutable(builder, object);
    int32_t made = leaf_make_leaving(builder, LEAF_AT_PUT, LEAF_NOTHING, object, index, 0);
    if (!builder->graph->failed) {
        builder->graph->values[made].third = body;
        builder->graph->values[made].fourth = value;
    }
    builder->state.has_stored = true;
    push_answer(builder, 3, stored);
}

static void build_size(struct leaf_builder *builder)
{
    int32_t body = leaf_body(builder, operand(builder, 0));
    if (!builder->refused)
        push_answer(builder, 1, leaf_make(builder, LEAF_SIZE, LEAF_INT, body, LEAF_NONE, 0));
}

/* --- sends that need no frame ------------------------------------------------------------------------------------------------------ */

/* An instance variable of a Point that has not been made is what it would be made of. */
static bool build_slot_of_point(struct leaf_builder *builder, int32_t receiver, const ic_cell *cell)
{
    const struct leaf_value value = builder->graph->values[receiver];
    if (value.type != LEAF_VIRTUAL || cell->tag != builder->graph->vm->point_class_index ||
        cell->u.value > 1)
        return false;
    push_answer(builder, 1, cell->u.value == 0 ? value.left : value.right);
    return true;
}

static void build_setter(struct leaf_builder *builder, const ic_cell *cell, int32_t receiver)
{
    leaf_want_class(builder, receiver, cell->tag);
    if (builder->refused)
        return;
    int32_t value = leaf_as_oop(builder, operand(builder, 0));
    leaf_want_mutable(builder, receiver);
    leaf_make_leaving(builder, LEAF_STORE, LEAF_NOTHING, receiver, value, (int64_t)cell->u.value);
    builder->state.has_stored = true;
    push_answer(builder, 2, receiver);
}

static void build_sqrt(struct leaf_builder *builder, int32_t receiver)
{
    int32_t number = leaf_as_double(builder, receiver);
    if (builder->refused)
        return;
    leaf_want_fitting(builder, number);
    builder->graph->arithmetic_count++;
    push_answer(builder, 1,
                leaf_make_leaving(builder, LEAF_FLOAT_SQRT, LEAF_DOUBLE, number, LEAF_NONE, 0));
}

/* Primitives of numbers and Characters. */
static void build_primitive(struct leaf_builder *builder, const ic_cell *cell, int32_t receiver)
{
    unsigned number = cell->u.target->primitive_number;
    if (number == PRIMITIVE_SQRT && cell->tag == TAG_FLOAT) {
        build_sqrt(builder, receiver);
    } else if (number == PRIMITIVE_AS_FLOAT && cell->tag == TAG_INTEGER) {
        leaf_want_integer(builder, receiver);
        if (!builder->refused)
            push_answer(builder, 1, integer_as_double(builder, receiver));
    } else if (number == PRIMITIVE_CHARACTER_CODE && cell->tag == TAG_CHARACTER) {
        leaf_want_character(builder, receiver);
        if (!builder->refused)
            push_answer(builder, 1,
                        leaf_make(builder, LEAF_CHARACTER_CODE, LEAF_INT, receiver, LEAF_NONE, 0));
    } else {
        builder->refused = true;
    }
}

/* The receiver has the class of a cell, which may be that of an immediate. */
static void want_tag(struct leaf_builder *builder, int32_t value, uint32_t tag)
{
    if (tag == TAG_INTEGER)
        leaf_want_integer(builder, value);
    else if (tag == TAG_CHARACTER)
        leaf_want_character(builder, value);
    else if (tag == TAG_FLOAT)
        leaf_want_fitting(builder, leaf_as_double(builder, value));
    else
        leaf_want_class(builder, value, tag);
}

static void build_constant(struct leaf_builder *builder, const ic_cell *cell, int32_t receiver)
{
    const struct heap *heap = &builder->graph->vm->heap;
    oop constant = {cell->u.value};
    size_t offset = oop_same(constant, heap->true_object) ? offsetof(struct vm, heap.true_object)
                    : oop_same(constant, heap->false_object)
                        ? offsetof(struct vm, heap.false_object)
                        : offsetof(struct vm, heap.nil);
    want_tag(builder, receiver, cell->tag);
    builder->refused = builder->refused || oop_is_float(constant);
    if (builder->refused)
        return;
    enum leaf_type type = oop_is_integer(constant) ? LEAF_INT : LEAF_ANY;
    int32_t value = oop_is_object(constant)
                        ? leaf_fetch(builder, LEAF_KNOWN, LEAF_ANY, (int64_t)offset)
                        : leaf_fetch(builder, LEAF_INTEGER, type, (int64_t)constant.bits);
    push_answer(builder, cell->argument_count + 1, value);
}

static void build_getter(struct leaf_builder *builder, const ic_cell *cell, int32_t receiver)
{
    if (build_slot_of_point(builder, receiver, cell))
        return;
    leaf_want_class(builder, receiver, cell->tag);
    if (!builder->refused)
        push_answer(
            builder, 1,
            leaf_make(builder, LEAF_SLOT, LEAF_ANY, receiver, LEAF_NONE, (int64_t)cell->u.value));
}

static void build_itself(struct leaf_builder *builder, const ic_cell *cell, int32_t receiver)
{
    want_tag(builder, receiver, cell->tag);
    if (!builder->refused)
        push_answer(builder, cell->argument_count + 1, receiver);
}

static void build_by_cell(struct leaf_builder *builder, const ic_cell *cell)
{
    static void (*const builders[CELL_MEGAMORPHIC + 1])(struct leaf_builder * builder,
                                                        const ic_cell *cell, int32_t receiver) = {
        [CELL_GETTER] = build_getter,
        [CELL_SETTER] = build_setter,
        [CELL_CONSTANT] = build_constant,
        [CELL_SELF] = build_itself,
        [CELL_PRIMITIVE] = build_primitive};
    if (cell->kind == CELL_EMPTY) {
        leaf_leave(builder);
    } else if (builders[cell->kind] == NULL) {
        builder->refused = true;
    } else {
        rely_on(builder, cell);
        builders[cell->kind](builder, cell, operand(builder, cell->argument_count));
    }
}

static bool jumps_on_answer(const struct step *next)
{
    return next != NULL && (next->bytecode.operation == BYTECODE_JUMP_TRUE ||
                            next->bytecode.operation == BYTECODE_JUMP_FALSE);
}

/* Special sends whose cell is empty. Those that the interpreter has no way of its own for have never been sent. */
static void build_common(struct leaf_builder *builder, const struct step *step,
                         const struct step *next)
{
    switch (special_opcode(step)) {
    case OP_send_0:
    case OP_send_1:
    case OP_send_2:
        leaf_leave(builder);
        break;
    case OP_special_at:
        build_at(builder);
        break;
    case OP_special_at_put:
        build_at_put(builder);
        break;
    case OP_special_size:
        build_size(builder);
        break;
    case OP_special_identical:
    case OP_special_not_identical:
        builder->refused = builder->refused || !jumps_on_answer(next);
        if (!builder->refused)
            build_identity(builder, special_opcode(step) == OP_special_identical);
        break;
    default:
        builder->refused = true;
        break;
    }
}

void leaf_build_send(struct leaf_builder *builder, const struct step *step, const struct step *next)
{
    const ic_cell *cell = steps_cell(builder->steps, builder->pc);
    enum bytecode_operation kind = step->bytecode.operation;
    if (builder->state.depth < cell->argument_count + 1 || (cell->flags & CELL_SUPER) != 0)
        builder->refused = true;
    else if (kind == BYTECODE_COMMON_SEND && cell->kind == CELL_EMPTY)
        build_common(builder, step, next);
    else if (kind != BYTECODE_ARITHMETIC_SEND)
        build_by_cell(builder, cell);
    else if (special_opcode(step) >= OP_special_less &&
             special_opcode(step) <= OP_special_not_equal)
        build_comparison(builder, step, jumps_on_answer(next));
    else
        build_arithmetic(builder, step);
}
