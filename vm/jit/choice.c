#include "vm/jit/choice.h"

enum { OPERAND_LIMIT = 1 << 27 };

void choice_open(struct choice *choice, const struct code *code,
                 const struct handler_entry *handlers, uint16_t *room)
{
    *choice = (struct choice){code, handlers, room, NULL};
    for (size_t i = 0; i < code->word_count; i++)
        room[i] = STENCIL_COUNT;
}

/* --- what stands where ------------------------------------------------------------------------------------------------------------- */

uint16_t choice_opcode(const struct choice *choice, int32_t pc)
{
    uint32_t handler = choice->code->words[pc].handler;
    size_t at = handler % HANDLER_TABLE_SIZE;
    while (choice->handlers[at].handler != handler)
        at = (at + 1) % HANDLER_TABLE_SIZE;
    return choice->handlers[at].opcode;
}

int32_t choice_operand(const struct choice *choice, int32_t pc, unsigned number)
{
    return choice->code->words[pc + (int32_t)number].argument;
}

int32_t choice_pc_behind(const struct choice *choice, int32_t pc, unsigned number)
{
    return pc + (number == HOLE_LONG ? choice_operand(choice, pc, 1) : (int32_t)number);
}

int32_t choice_pc_of(const struct choice *choice, int32_t pc, unsigned kind, unsigned number)
{
    if (kind == HOLE_JUMP)
        return pc + (int32_t)number + choice_operand(choice, pc, number);
    return choice_pc_behind(choice, pc, number);
}

int32_t choice_pc_fallen_to(const struct choice *choice, int32_t pc, const struct stencil *stencil)
{
    return choice_pc_of(choice, pc, stencil->falls_kind, stencil->falls_number);
}

bool choice_pc_exists(const struct choice *choice, int32_t pc)
{
    return pc >= 0 && (size_t)pc < choice->code->word_count;
}

/* Whether a stencil can be filled in: multiples of its operands must fit into 32 bits, and what it leads to must be in the code. Bytes
 * behind the last instruction may look like one for which that is not so. */
static bool can_be_filled(const struct choice *choice, int32_t pc, const struct stencil *stencil)
{
    const struct hole *holes = stencil_first_hole(stencil);
    for (size_t i = 0; i < stencil->hole_count; i++) {
        unsigned kind = holes[i].kind, number = holes[i].number;
        bool leads_on = kind == HOLE_NEXT || kind == HOLE_JUMP || kind == HOLE_RETURN;
        if (leads_on && !choice_pc_exists(choice, choice_pc_of(choice, pc, kind, number)))
            return false;
        int32_t operand = kind <= HOLE_INTEGER ? choice_operand(choice, pc, number) : 0;
        if (operand >= OPERAND_LIMIT || operand < -OPERAND_LIMIT)
            return false;
    }
    return stencil->falls_kind == HOLE_NONE ||
           choice_pc_exists(choice, choice_pc_fallen_to(choice, pc, stencil));
}

/* What a send is compiled to, by what its cell holds when it is compiled: a getter, a constant, a method that answers its receiver, a
 * setter, several classes or too many. 0: the same as for any method. */
static uint16_t stencil_of_send(const struct choice *choice, int32_t pc, uint16_t opcode)
{
    static const struct {
        uint16_t send, getter, constant, itself, setter, several, cell_word;
    } rows[] = {
        {OP_send_0, STENCIL_get, STENCIL_constant, STENCIL_itself, 0, STENCIL_send_0_several, 0},
        {OP_send_0_long, STENCIL_get_long, STENCIL_constant_long, STENCIL_itself_long, 0,
         STENCIL_send_0_long_several, 0},
        {OP_push_self_send_0, STENCIL_get_of_self, STENCIL_constant_of_self, STENCIL_itself_of_self,
         0, STENCIL_push_self_send_0_several, 1},
        {OP_push_temp_send_0, STENCIL_get_of_temp, STENCIL_constant_of_temp, STENCIL_itself_of_temp,
         0, STENCIL_push_temp_send_0_several, 1},
        {OP_push_receiver_variable_send_0, STENCIL_get_of_variable, STENCIL_constant_of_variable,
         STENCIL_itself_of_variable, 0, STENCIL_push_receiver_variable_send_0_several, 1},
        {OP_send_1, 0, 0, 0, STENCIL_set, STENCIL_send_1_several, 0},
        {OP_send_2, 0, 0, 0, 0, STENCIL_send_2_several, 0},
        {OP_send_1_long, 0, 0, 0, STENCIL_set_long, STENCIL_send_1_long_several, 0},
        {OP_send_2_long, 0, 0, 0, 0, STENCIL_send_2_long_several, 0},
        {OP_push_temp_send_1, 0, 0, 0, 0, STENCIL_push_temp_send_1_several, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].send != opcode)
            continue;
        const ic_cell *cell = word_cell(choice->code->words + pc + rows[i].cell_word);
        uint16_t found = cell->kind == CELL_GETTER        ? rows[i].getter
                         : cell->kind == CELL_CONSTANT    ? rows[i].constant
                         : cell->kind == CELL_SELF        ? rows[i].itself
                         : cell->kind == CELL_SETTER      ? rows[i].setter
                         : cell->kind >= CELL_POLYMORPHIC ? rows[i].several
                                                          : 0;
        return found != 0 ? found : opcode;
    }
    return opcode;
}

/* What a special send is compiled to whose cell has been used: it is more often a real one than not. */
static uint16_t stencil_of_special_send(const struct choice *choice, int32_t pc, uint16_t opcode)
{
    static const struct {
        uint16_t send, first;
    } rows[] = {
        {OP_special_add, STENCIL_send_first_add},
        {OP_special_subtract, STENCIL_send_first_subtract},
        {OP_special_multiply, STENCIL_send_first_multiply},
        {OP_special_divide, STENCIL_send_first_divide},
        {OP_special_modulo, STENCIL_send_first_modulo},
        {OP_special_floor_divide, STENCIL_send_first_floor_divide},
        {OP_special_less, STENCIL_send_first_less},
        {OP_less_jump_false, STENCIL_send_first_less},
        {OP_less_jump_false_2, STENCIL_send_first_less},
        {OP_special_greater, STENCIL_send_first_greater},
        {OP_greater_jump_false, STENCIL_send_first_greater},
        {OP_greater_jump_false_2, STENCIL_send_first_greater},
        {OP_special_less_equal, STENCIL_send_first_less_equal},
        {OP_less_equal_jump_false, STENCIL_send_first_less_equal},
        {OP_less_equal_jump_false_2, STENCIL_send_first_less_equal},
        {OP_special_greater_equal, STENCIL_send_first_greater_equal},
        {OP_greater_equal_jump_false, STENCIL_send_first_greater_equal},
        {OP_greater_equal_jump_false_2, STENCIL_send_first_greater_equal},
        {OP_special_equal, STENCIL_send_first_equal},
        {OP_equal_jump_false, STENCIL_send_first_equal},
        {OP_equal_jump_false_2, STENCIL_send_first_equal},
        {OP_special_not_equal, STENCIL_send_first_not_equal},
        {OP_not_equal_jump_false, STENCIL_send_first_not_equal},
        {OP_not_equal_jump_false_2, STENCIL_send_first_not_equal},
        {OP_special_at, STENCIL_send_first_at},
        {OP_special_value_1, STENCIL_send_first_value_1},
        {OP_special_at_put, STENCIL_send_first_at_put},
        {OP_special_size, STENCIL_send_first_size},
        {OP_special_value, STENCIL_send_first_value},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].send != opcode)
            continue;
        const ic_cell *cell = word_cell(choice->code->words + pc);
        if (cell->kind == CELL_GETTER && opcode == OP_special_value)
            return STENCIL_get;
        return cell->kind == CELL_MONO || cell->kind == CELL_PRIMITIVE ? rows[i].first : opcode;
    }
    return opcode;
}

/* The stencil for the instruction in a word, seen alone; one that leaves it to the interpreter where there is no other. */
static uint16_t plain_stencil(const struct choice *choice, int32_t pc)
{
    if (choice->plain_of_pc[pc] != STENCIL_COUNT)
        return choice->plain_of_pc[pc];
    uint16_t number = stencil_of_send(choice, pc, choice_opcode(choice, pc));
    if (number < OP_COUNT)
        number = stencil_of_special_send(choice, pc, number);
    const struct stencil *stencil = stencil_at(number);
    if (!stencil->exists || !can_be_filled(choice, pc, stencil))
        number = STENCIL_interpret;
    choice->plain_of_pc[pc] = number;
    return number;
}

/* Float instructions: how many words each has, and its stencils where the answer stays a number, where an operand is one, and both; 0:
 * there is none. */
static const struct float_row {
    uint16_t opcode, length, makes, uses, ends;
} float_rows[] = {
    {OP_float_first_add, 1, STENCIL_make_number_add, STENCIL_use_number_add,
     STENCIL_end_number_add},
    {OP_temp_float_add, 2, STENCIL_make_number_temp_add, STENCIL_use_number_temp_add,
     STENCIL_end_number_temp_add},
    {OP_temp_temp_float_add, 3, STENCIL_make_number_temp_temp_add, 0, 0},
    {OP_float_first_subtract, 1, STENCIL_make_number_subtract, STENCIL_use_number_subtract,
     STENCIL_end_number_subtract},
    {OP_temp_float_subtract, 2, STENCIL_make_number_temp_subtract, STENCIL_use_number_temp_subtract,
     STENCIL_end_number_temp_subtract},
    {OP_temp_temp_float_subtract, 3, STENCIL_make_number_temp_temp_subtract, 0, 0},
    {OP_float_first_multiply, 1, STENCIL_make_number_multiply, STENCIL_use_number_multiply,
     STENCIL_end_number_multiply},
    {OP_temp_float_multiply, 2, STENCIL_make_number_temp_multiply, STENCIL_use_number_temp_multiply,
     STENCIL_end_number_temp_multiply},
    {OP_temp_temp_float_multiply, 3, STENCIL_make_number_temp_temp_multiply, 0, 0},
    {OP_float_less_jump_false, 0, 0, 0, STENCIL_end_number_less},
    {OP_float_less_jump_false_2, 0, 0, 0, STENCIL_end_number_less_2},
    {OP_float_greater_jump_false, 0, 0, 0, STENCIL_end_number_greater},
    {OP_float_greater_jump_false_2, 0, 0, 0, STENCIL_end_number_greater_2},
    {OP_float_less_equal_jump_false, 0, 0, 0, STENCIL_end_number_less_equal},
    {OP_float_less_equal_jump_false_2, 0, 0, 0, STENCIL_end_number_less_equal_2},
    {OP_float_greater_equal_jump_false, 0, 0, 0, STENCIL_end_number_greater_equal},
    {OP_float_greater_equal_jump_false_2, 0, 0, 0, STENCIL_end_number_greater_equal_2},
    {OP_float_equal_jump_false, 0, 0, 0, STENCIL_end_number_equal},
    {OP_float_equal_jump_false_2, 0, 0, 0, STENCIL_end_number_equal_2},
    {OP_float_not_equal_jump_false, 0, 0, 0, STENCIL_end_number_not_equal},
    {OP_float_not_equal_jump_false_2, 0, 0, 0, STENCIL_end_number_not_equal_2},
};

static const struct float_row *float_row(const struct choice *choice, int32_t pc)
{
    if ((size_t)pc >= choice->code->word_count)
        return NULL;
    uint16_t number = plain_stencil(choice, pc);
    for (size_t i = 0; i < sizeof float_rows / sizeof float_rows[0]; i++)
        if (float_rows[i].opcode == number)
            return &float_rows[i];
    return NULL;
}

/* Whether the answer of the instruction at pc is only the operand of a Float instruction behind it. */
static bool answer_stays_number(const struct choice *choice, const struct float_row *row,
                                int32_t pc)
{
    if (row == NULL || row->length == 0)
        return false;
    const struct float_row *next = float_row(choice, pc + row->length);
    return next != NULL && next->ends != 0;
}

/* The plain stencil, or the one that leaves its answer a number. */
static uint16_t answering_stencil(const struct choice *choice, int32_t pc)
{
    const struct float_row *row = float_row(choice, pc);
    return answer_stays_number(choice, row, pc) ? row->makes : plain_stencil(choice, pc);
}

static bool leaves_number(uint16_t stencil)
{
    stencil %= STENCIL_POPPING;
    return stencil >= STENCIL_make_number_add && stencil < STENCIL_end_number_add;
}

/* The instruction behind one of one byte may do its pop for it. That pays where nothing is left of it then. */
static bool takes_pop(const struct choice *choice, int32_t pc)
{
    if ((size_t)pc >= choice->code->word_count ||
        (choice->begins_leaf != NULL && choice->begins_leaf[pc]))
        return false;
    uint16_t number = answering_stencil(choice, pc);
    const struct stencil *popping = stencil_at(STENCIL_POPPING + number);
    return number != STENCIL_interpret && popping->exists &&
           popping->hot_size <= stencil_at(number)->hot_size;
}

static bool pops_later(uint16_t stencil)
{
    return stencil >= STENCIL_pop_later && stencil <= STENCIL_pop_later_into_receiver_variable;
}

uint16_t choice_usual(const struct choice *choice, int32_t pc)
{
    uint16_t number = answering_stencil(choice, pc);
    uint16_t later = number == OP_pop             ? STENCIL_pop_later
                     : number == OP_pop_into_temp ? STENCIL_pop_later_into_temp
                     : number == OP_pop_into_receiver_variable
                         ? STENCIL_pop_later_into_receiver_variable
                         : number;
    return later != number && takes_pop(choice, pc + 1) ? later : number;
}

uint16_t choice_behind(const struct choice *choice, uint16_t stencil, int32_t pc)
{
    if (pops_later(stencil))
        return STENCIL_POPPING + answering_stencil(choice, pc);
    if (leaves_number(stencil)) {
        const struct float_row *row = float_row(choice, pc);
        return answer_stays_number(choice, row, pc) ? row->uses : row->ends;
    }
    return choice_usual(choice, pc);
}
