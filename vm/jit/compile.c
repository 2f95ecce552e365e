/*
 * Compiling one method or block: stencils are chosen word by word along the flow of control, laid out, copied and filled in.
 *
 * A *piece* is one stencil for one word. The usual one stands for the instruction in the word, which may be a superinstruction. Where
 * an instruction leaves a case to another one for the same word (an addition to that of Floats, a superinstruction to its first
 * instruction), that is a piece of its own, made only for code that needs it. Usual pieces come first, in the order in which they run;
 * then the others and what they lead to; then the cold parts of all.
 */
#include "vm/jit/stencil_table.h"
#include "vm/jit/tier.h"

#include <stdlib.h>

enum { WORDS_MAX = 16384, OPERAND_LIMIT = 1 << 27, JUMP_SIZE = 5, WORDS_BEHIND_MAP = 8 };

struct piece {
    int32_t pc;
    uint16_t stencil;
    bool is_prologue; /* what follows lies behind it */
    int32_t next_of_pc;
    uint32_t hot_at; /* offsets in the code */
    uint32_t cold_at;
};

/* A piece that is wanted. */
struct wanted {
    int32_t pc;
    uint16_t stencil;
};

struct wanted_list {
    struct wanted *items;
    size_t count, capacity;
};

struct compiler {
    struct vm *vm;
    struct tier_state *state;
    struct code *code;
    struct piece *pieces;
    size_t count, capacity;
    int32_t *first_of_pc;  /* piece of each pc, -1: none */
    uint16_t *plain_of_pc; /* what plain_stencil has answered, STENCIL_COUNT: not asked */
    struct wanted_list usual, others;
    bool failed; /* no memory, or nothing to compile */
    uint8_t *writes_at;
    uintptr_t runs_at;
};

/* --- what stands where ------------------------------------------------------------------------------------------------------------- */

static uint16_t opcode_at(const struct compiler *compiler, int32_t pc)
{
    uint32_t handler = compiler->code->words[pc].handler;
    size_t at = handler % HANDLER_TABLE_SIZE;
    while (compiler->state->handlers[at].handler != handler)
        at = (at + 1) % HANDLER_TABLE_SIZE;
    return compiler->state->handlers[at].opcode;
}

static int32_t operand_at(const struct compiler *compiler, int32_t pc, unsigned number)
{
    return compiler->code->words[pc + (int32_t)number].argument;
}

/* The pc a number of words behind another one. */
static int32_t pc_behind(const struct compiler *compiler, int32_t pc, unsigned number)
{
    return pc + (number == HOLE_LONG ? operand_at(compiler, pc, 1) : (int32_t)number);
}

/* Where compiled code goes on: what a hole of kind next, jump or return means. */
static int32_t pc_of(const struct compiler *compiler, int32_t pc, unsigned kind, unsigned number)
{
    if (kind == HOLE_JUMP)
        return pc + (int32_t)number + operand_at(compiler, pc, number);
    return pc_behind(compiler, pc, number);
}

static bool pc_exists(const struct compiler *compiler, int32_t pc)
{
    return pc >= 0 && (size_t)pc < compiler->code->word_count;
}

/* Whether a stencil can be filled in: multiples of its operands must fit into 32 bits, and what it leads to must be in the code. Bytes
 * behind the last instruction may look like one for which that is not so. */
static bool can_be_filled(const struct compiler *compiler, int32_t pc,
                          const struct stencil *stencil)
{
    const struct hole *holes = stencil_first_hole(stencil);
    for (size_t i = 0; i < stencil->hole_count; i++) {
        unsigned kind = holes[i].kind, number = holes[i].number;
        bool leads_on = kind == HOLE_NEXT || kind == HOLE_JUMP || kind == HOLE_RETURN;
        if (leads_on && !pc_exists(compiler, pc_of(compiler, pc, kind, number)))
            return false;
        int32_t operand = kind <= HOLE_INTEGER ? operand_at(compiler, pc, number) : 0;
        if (operand >= OPERAND_LIMIT || operand < -OPERAND_LIMIT)
            return false;
    }
    return stencil->falls_kind == HOLE_NONE ||
           pc_exists(compiler, pc_of(compiler, pc, stencil->falls_kind, stencil->falls_number));
}

/* What a send is compiled to, by what its cell holds when it is compiled: a getter, several classes. */
static uint16_t stencil_of_send(const struct compiler *compiler, int32_t pc, uint16_t opcode)
{
    static const struct {
        uint16_t send, getter, several, cell_word;
    } rows[] = {
        {OP_send_0, STENCIL_GET, STENCIL_SEND_0_SEVERAL, 0},
        {OP_send_1, OP_send_1, STENCIL_SEND_1_SEVERAL, 0},
        {OP_send_2, OP_send_2, STENCIL_SEND_2_SEVERAL, 0},
        {OP_send_0_long, STENCIL_GET_LONG, STENCIL_SEND_0_LONG_SEVERAL, 0},
        {OP_send_1_long, OP_send_1_long, STENCIL_SEND_1_LONG_SEVERAL, 0},
        {OP_send_2_long, OP_send_2_long, STENCIL_SEND_2_LONG_SEVERAL, 0},
        {OP_push_self_send_0, STENCIL_GET_OF_SELF, STENCIL_PUSH_SELF_SEND_0_SEVERAL, 1},
        {OP_push_temp_send_0, STENCIL_GET_OF_TEMP, STENCIL_PUSH_TEMP_SEND_0_SEVERAL, 1},
        {OP_push_receiver_variable_send_0, STENCIL_GET_OF_VARIABLE,
         STENCIL_PUSH_RECEIVER_VARIABLE_SEND_0_SEVERAL, 1},
        {OP_push_temp_send_1, OP_push_temp_send_1, STENCIL_PUSH_TEMP_SEND_1_SEVERAL, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].send != opcode)
            continue;
        const ic_cell *cell = word_cell(compiler->code->words + pc + rows[i].cell_word);
        return cell->kind == CELL_GETTER        ? rows[i].getter
               : cell->kind == CELL_POLYMORPHIC ? rows[i].several
                                                : opcode;
    }
    return opcode;
}

/* What a special send is compiled to whose cell has been used: it is more often a real one than not. */
static uint16_t stencil_of_special_send(const struct compiler *compiler, int32_t pc,
                                        uint16_t opcode)
{
    static const struct {
        uint16_t send, first;
    } rows[] = {
        {OP_special_add, STENCIL_SEND_FIRST_ADD},
        {OP_special_subtract, STENCIL_SEND_FIRST_SUBTRACT},
        {OP_special_multiply, STENCIL_SEND_FIRST_MULTIPLY},
        {OP_special_divide, STENCIL_SEND_FIRST_DIVIDE},
        {OP_special_modulo, STENCIL_SEND_FIRST_MODULO},
        {OP_special_floor_divide, STENCIL_SEND_FIRST_FLOOR_DIVIDE},
        {OP_special_less, STENCIL_SEND_FIRST_LESS},
        {OP_less_jump_false, STENCIL_SEND_FIRST_LESS},
        {OP_less_jump_false_2, STENCIL_SEND_FIRST_LESS},
        {OP_special_greater, STENCIL_SEND_FIRST_GREATER},
        {OP_greater_jump_false, STENCIL_SEND_FIRST_GREATER},
        {OP_greater_jump_false_2, STENCIL_SEND_FIRST_GREATER},
        {OP_special_less_equal, STENCIL_SEND_FIRST_LESS_EQUAL},
        {OP_less_equal_jump_false, STENCIL_SEND_FIRST_LESS_EQUAL},
        {OP_less_equal_jump_false_2, STENCIL_SEND_FIRST_LESS_EQUAL},
        {OP_special_greater_equal, STENCIL_SEND_FIRST_GREATER_EQUAL},
        {OP_greater_equal_jump_false, STENCIL_SEND_FIRST_GREATER_EQUAL},
        {OP_greater_equal_jump_false_2, STENCIL_SEND_FIRST_GREATER_EQUAL},
        {OP_special_equal, STENCIL_SEND_FIRST_EQUAL},
        {OP_equal_jump_false, STENCIL_SEND_FIRST_EQUAL},
        {OP_equal_jump_false_2, STENCIL_SEND_FIRST_EQUAL},
        {OP_special_not_equal, STENCIL_SEND_FIRST_NOT_EQUAL},
        {OP_not_equal_jump_false, STENCIL_SEND_FIRST_NOT_EQUAL},
        {OP_not_equal_jump_false_2, STENCIL_SEND_FIRST_NOT_EQUAL},
        {OP_special_at, STENCIL_SEND_FIRST_AT},
        {OP_special_value_1, STENCIL_SEND_FIRST_VALUE_1},
        {OP_special_at_put, STENCIL_SEND_FIRST_AT_PUT},
        {OP_special_size, STENCIL_SEND_FIRST_SIZE},
        {OP_special_value, STENCIL_SEND_FIRST_VALUE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].send != opcode)
            continue;
        const ic_cell *cell = word_cell(compiler->code->words + pc);
        if (cell->kind == CELL_GETTER && opcode == OP_special_value)
            return STENCIL_GET;
        return cell->kind == CELL_MONO || cell->kind == CELL_PRIMITIVE ? rows[i].first : opcode;
    }
    return opcode;
}

/* The stencil for the instruction in a word, seen alone; one that leaves it to the interpreter where there is no other. */
static uint16_t plain_stencil(const struct compiler *compiler, int32_t pc)
{
    if (compiler->plain_of_pc[pc] != STENCIL_COUNT)
        return compiler->plain_of_pc[pc];
    uint16_t number = stencil_of_send(compiler, pc, opcode_at(compiler, pc));
    if (number < OP_COUNT)
        number = stencil_of_special_send(compiler, pc, number);
    const struct stencil *stencil = stencil_at(number);
    if (!stencil->exists || !can_be_filled(compiler, pc, stencil))
        number = STENCIL_INTERPRET;
    compiler->plain_of_pc[pc] = number;
    return number;
}

/* Float instructions: how many words each has, and its stencils where the answer stays a number, where an operand is one, and both; 0:
 * there is none. */
static const struct float_row {
    uint16_t opcode, length, makes, uses, ends;
} float_rows[] = {
    {OP_float_first_add, 1, STENCIL_MAKE_NUMBER_ADD, STENCIL_USE_NUMBER_ADD,
     STENCIL_END_NUMBER_ADD},
    {OP_temp_float_add, 2, STENCIL_MAKE_NUMBER_TEMP_ADD, STENCIL_USE_NUMBER_TEMP_ADD,
     STENCIL_END_NUMBER_TEMP_ADD},
    {OP_temp_temp_float_add, 3, STENCIL_MAKE_NUMBER_TEMP_TEMP_ADD, 0, 0},
    {OP_float_first_subtract, 1, STENCIL_MAKE_NUMBER_SUBTRACT, STENCIL_USE_NUMBER_SUBTRACT,
     STENCIL_END_NUMBER_SUBTRACT},
    {OP_temp_float_subtract, 2, STENCIL_MAKE_NUMBER_TEMP_SUBTRACT, STENCIL_USE_NUMBER_TEMP_SUBTRACT,
     STENCIL_END_NUMBER_TEMP_SUBTRACT},
    {OP_temp_temp_float_subtract, 3, STENCIL_MAKE_NUMBER_TEMP_TEMP_SUBTRACT, 0, 0},
    {OP_float_first_multiply, 1, STENCIL_MAKE_NUMBER_MULTIPLY, STENCIL_USE_NUMBER_MULTIPLY,
     STENCIL_END_NUMBER_MULTIPLY},
    {OP_temp_float_multiply, 2, STENCIL_MAKE_NUMBER_TEMP_MULTIPLY, STENCIL_USE_NUMBER_TEMP_MULTIPLY,
     STENCIL_END_NUMBER_TEMP_MULTIPLY},
    {OP_temp_temp_float_multiply, 3, STENCIL_MAKE_NUMBER_TEMP_TEMP_MULTIPLY, 0, 0},
    {OP_float_less_jump_false, 0, 0, 0, STENCIL_END_NUMBER_LESS},
    {OP_float_less_jump_false_2, 0, 0, 0, STENCIL_END_NUMBER_LESS_2},
    {OP_float_greater_jump_false, 0, 0, 0, STENCIL_END_NUMBER_GREATER},
    {OP_float_greater_jump_false_2, 0, 0, 0, STENCIL_END_NUMBER_GREATER_2},
    {OP_float_less_equal_jump_false, 0, 0, 0, STENCIL_END_NUMBER_LESS_EQUAL},
    {OP_float_less_equal_jump_false_2, 0, 0, 0, STENCIL_END_NUMBER_LESS_EQUAL_2},
    {OP_float_greater_equal_jump_false, 0, 0, 0, STENCIL_END_NUMBER_GREATER_EQUAL},
    {OP_float_greater_equal_jump_false_2, 0, 0, 0, STENCIL_END_NUMBER_GREATER_EQUAL_2},
    {OP_float_equal_jump_false, 0, 0, 0, STENCIL_END_NUMBER_EQUAL},
    {OP_float_equal_jump_false_2, 0, 0, 0, STENCIL_END_NUMBER_EQUAL_2},
    {OP_float_not_equal_jump_false, 0, 0, 0, STENCIL_END_NUMBER_NOT_EQUAL},
    {OP_float_not_equal_jump_false_2, 0, 0, 0, STENCIL_END_NUMBER_NOT_EQUAL_2},
};

static const struct float_row *float_row(const struct compiler *compiler, int32_t pc)
{
    if ((size_t)pc >= compiler->code->word_count)
        return NULL;
    uint16_t number = plain_stencil(compiler, pc);
    for (size_t i = 0; i < sizeof float_rows / sizeof float_rows[0]; i++)
        if (float_rows[i].opcode == number)
            return &float_rows[i];
    return NULL;
}

/* Whether the answer of the instruction at pc is only the operand of a Float instruction behind it. */
static bool answer_stays_number(const struct compiler *compiler, const struct float_row *row,
                                int32_t pc)
{
    if (row == NULL || row->length == 0)
        return false;
    const struct float_row *next = float_row(compiler, pc + row->length);
    return next != NULL && next->ends != 0;
}

/* The plain stencil, or the one that leaves its answer a number. */
static uint16_t answering_stencil(const struct compiler *compiler, int32_t pc)
{
    const struct float_row *row = float_row(compiler, pc);
    return answer_stays_number(compiler, row, pc) ? row->makes : plain_stencil(compiler, pc);
}

static bool leaves_number(uint16_t stencil)
{
    stencil %= STENCIL_POPPING;
    return stencil >= STENCIL_MAKE_NUMBER_ADD && stencil < STENCIL_END_NUMBER_ADD;
}

/* The instruction behind one of one byte may do its pop for it. That pays where nothing is left of it then. */
static bool takes_pop(const struct compiler *compiler, int32_t pc)
{
    if ((size_t)pc >= compiler->code->word_count)
        return false;
    uint16_t number = answering_stencil(compiler, pc);
    const struct stencil *popping = stencil_at(STENCIL_POPPING + number);
    return number != STENCIL_INTERPRET && popping->exists &&
           popping->hot_size <= stencil_at(number)->hot_size;
}

static bool pops_later(uint16_t stencil)
{
    return stencil >= STENCIL_POP_LATER && stencil <= STENCIL_POP_LATER_INTO_RECEIVER_VARIABLE;
}

/* The stencil that compiled code has for a word, where it is not led to by one that pops later. */
static uint16_t usual_stencil(const struct compiler *compiler, int32_t pc)
{
    uint16_t number = answering_stencil(compiler, pc);
    uint16_t later = number == OP_pop             ? STENCIL_POP_LATER
                     : number == OP_pop_into_temp ? STENCIL_POP_LATER_INTO_TEMP
                     : number == OP_pop_into_receiver_variable
                         ? STENCIL_POP_LATER_INTO_RECEIVER_VARIABLE
                         : number;
    return later != number && takes_pop(compiler, pc + 1) ? later : number;
}

/* The stencil at a pc to which a piece leads. */
static uint16_t stencil_behind(const struct compiler *compiler, uint16_t stencil, int32_t pc)
{
    if (pops_later(stencil))
        return STENCIL_POPPING + answering_stencil(compiler, pc);
    if (leaves_number(stencil)) {
        const struct float_row *row = float_row(compiler, pc);
        return answer_stays_number(compiler, row, pc) ? row->uses : row->ends;
    }
    return usual_stencil(compiler, pc);
}

static struct piece *find_piece(const struct compiler *compiler, int32_t pc, uint16_t stencil)
{
    int32_t at = compiler->first_of_pc[pc];
    while (at >= 0 && compiler->pieces[at].stencil != stencil)
        at = compiler->pieces[at].next_of_pc;
    return at < 0 ? NULL : &compiler->pieces[at];
}

/* --- choosing ---------------------------------------------------------------------------------------------------------------------- */

static void want(struct compiler *compiler, struct wanted_list *list, int32_t pc, uint16_t stencil)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        struct wanted *items = realloc(list->items, capacity * sizeof *items);
        if (items == NULL) {
            compiler->failed = true;
            return;
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = (struct wanted){pc, stencil};
}

static void want_pc(struct compiler *compiler, struct wanted_list *list, int32_t pc)
{
    if (pc_exists(compiler, pc))
        want(compiler, list, pc, usual_stencil(compiler, pc));
}

static void add_piece(struct compiler *compiler, int32_t pc, uint16_t stencil, bool is_prologue)
{
    if (compiler->count == compiler->capacity) {
        size_t capacity = compiler->capacity == 0 ? 128 : compiler->capacity * 2;
        struct piece *pieces = realloc(compiler->pieces, capacity * sizeof *pieces);
        if (pieces == NULL) {
            compiler->failed = true;
            return;
        }
        compiler->pieces = pieces;
        compiler->capacity = capacity;
    }
    struct piece *piece = &compiler->pieces[compiler->count];
    *piece = (struct piece){pc, stencil, is_prologue, -1, 0, 0};
    if (!is_prologue) {
        piece->next_of_pc = compiler->first_of_pc[pc];
        compiler->first_of_pc[pc] = (int32_t)compiler->count;
    }
    compiler->count++;
}

/* What a piece leads to is wanted; the pc that should come right behind it, or -1. */
static int32_t add_successors(struct compiler *compiler, int32_t pc, uint16_t number,
                              struct wanted_list *list)
{
    const struct stencil *stencil = stencil_at(number);
    const struct hole *holes = stencil_first_hole(stencil);
    int32_t behind = -1;
    if (stencil->falls_kind != HOLE_NONE)
        behind = pc_of(compiler, pc, stencil->falls_kind, stencil->falls_number);
    for (size_t i = 0; i < stencil->hole_count; i++) {
        const struct hole *hole = &holes[i];
        if (hole->kind == HOLE_OP && stencil_at(hole->number)->exists)
            want(compiler, &compiler->others, pc, hole->number);
        if (hole->kind != HOLE_NEXT && hole->kind != HOLE_JUMP && hole->kind != HOLE_RETURN)
            continue;
        int32_t target = pc_of(compiler, pc, hole->kind, hole->number);
        if (hole->kind == HOLE_RETURN && behind < 0)
            behind = target;
        else
            want(compiler, list, target, stencil_behind(compiler, number, target));
    }
    /* The bytecodes of an embedded block begin where nothing in the method leads. */
    if (number % STENCIL_POPPING == OP_push_embedded_closure)
        want_pc(compiler, list, operand_at(compiler, pc, 2));
    return behind;
}

/* A piece and what runs behind it, until something that exists or nothing. */
static void add_chain(struct compiler *compiler, struct wanted start, struct wanted_list *list)
{
    int32_t pc = start.pc;
    uint16_t stencil = start.stencil;
    while (!compiler->failed && find_piece(compiler, pc, stencil) == NULL) {
        add_piece(compiler, pc, stencil, false);
        pc = compiler->failed ? -1 : add_successors(compiler, pc, stencil, list);
        if (pc < 0)
            return;
        stencil = stencil_behind(compiler, stencil, pc);
    }
}

static bool has_entry(const struct code *code)
{
    return code->entry_kind == CELL_MONO && (code->flags & CODE_OLD_BLOCK) == 0;
}

static void add_prologue(struct compiler *compiler, int32_t first)
{
    const struct code *code = compiler->code;
    bool is_block = (code->flags & CODE_IS_BLOCK) != 0;
    add_piece(compiler, first, is_block ? STENCIL_ENTER_BLOCK : STENCIL_ENTER_METHOD, true);
    for (size_t left = is_block ? 0 : code->local_count; left > 0;) {
        size_t some = left < 4 ? left : 4;
        add_piece(compiler, first, (uint16_t)(STENCIL_PUSH_LOCAL + some - 1), true);
        left -= some;
    }
    add_piece(compiler, first, STENCIL_POLL, true);
}

static void choose_pieces(struct compiler *compiler)
{
    const struct code *code = compiler->code;
    int32_t first = (int32_t)(code->first - code->words);
    /* A method may be nothing but the call of its primitive. */
    if (!pc_exists(compiler, first)) {
        compiler->failed = true;
        return;
    }
    if (has_entry(code))
        add_prologue(compiler, first);
    want_pc(compiler, &compiler->usual, first);
    /* Old blocks begin at any instruction: where, their contexts know. */
    if ((code->flags & CODE_OLD_BLOCK) != 0)
        for (size_t i = 0; i < code->word_count; i++)
            if (opcode_at(compiler, (int32_t)i) != OP_unused_bytecode)
                want_pc(compiler, &compiler->usual, (int32_t)i);
    for (size_t i = 0; i < compiler->usual.count && !compiler->failed; i++)
        add_chain(compiler, compiler->usual.items[i], &compiler->usual);
    for (size_t i = 0; i < compiler->others.count && !compiler->failed; i++)
        add_chain(compiler, compiler->others.items[i], &compiler->others);
}

/* --- layout ------------------------------------------------------------------------------------------------------------------------ */

/* Whether a piece must jump to what comes next. */
static bool needs_jump(const struct compiler *compiler, size_t index)
{
    const struct piece *piece = &compiler->pieces[index];
    const struct stencil *stencil = stencil_at(piece->stencil);
    if (piece->is_prologue || stencil->falls_kind == HOLE_NONE)
        return false;
    int32_t pc = pc_of(compiler, piece->pc, stencil->falls_kind, stencil->falls_number);
    const struct piece *next = piece + 1;
    return index + 1 == compiler->count || next->pc != pc ||
           next->stencil != stencil_behind(compiler, piece->stencil, pc);
}

static size_t lay_out(struct compiler *compiler)
{
    size_t size = 0;
    for (size_t i = 0; i < compiler->count; i++) {
        compiler->pieces[i].hot_at = (uint32_t)size;
        size += stencil_at(compiler->pieces[i].stencil)->hot_size;
        size += needs_jump(compiler, i) ? JUMP_SIZE : 0;
    }
    for (size_t i = 0; i < compiler->count; i++) {
        compiler->pieces[i].cold_at = (uint32_t)size;
        size += stencil_at(compiler->pieces[i].stencil)->cold_size;
    }
    return size;
}

/* --- filling in -------------------------------------------------------------------------------------------------------------------- */

static uintptr_t address_of(const struct compiler *compiler, const struct piece *piece)
{
    return compiler->runs_at + piece->hot_at;
}

/* Where a piece goes on. */
static uintptr_t address_behind(const struct compiler *compiler, const struct piece *piece,
                                int32_t pc)
{
    return address_of(compiler,
                      find_piece(compiler, pc, stencil_behind(compiler, piece->stencil, pc)));
}

static uintptr_t address_of_op(const struct compiler *compiler, int32_t pc, uint16_t opcode)
{
    if (stencil_at(opcode)->exists)
        return address_of(compiler, find_piece(compiler, pc, opcode));
    return (uintptr_t)compiler->vm->handlers->entries[opcode];
}

static int64_t hole_value(const struct compiler *compiler, const struct piece *piece,
                          const struct hole *hole)
{
    int32_t pc = piece->pc;
    const struct code *code = compiler->code;
    const word *ip = code->words + pc;
    if (piece->is_prologue && hole->kind == HOLE_NEXT)
        return (int64_t)(address_of(compiler, piece) + stencil_at(piece->stencil)->hot_size);
    switch ((enum hole_kind)hole->kind) {
    case HOLE_FRAME:
        return (int64_t)operand_at(compiler, pc, hole->number) * 8;
    case HOLE_SLOT:
        return ((int64_t)operand_at(compiler, pc, hole->number) + 1) * 8;
    case HOLE_INTEGER:
        return (int64_t)oop_from_integer(operand_at(compiler, pc, hole->number)).bits;
    case HOLE_VALUE:
        return operand_at(compiler, pc, hole->number);
    case HOLE_CELL:
        return (int64_t)(intptr_t)word_cell(ip + hole->number);
    case HOLE_TARGET:
        return (int64_t)(intptr_t)(code->words + pc_of(compiler, pc, HOLE_JUMP, hole->number));
    case HOLE_AFTER:
        return (int64_t)(intptr_t)(code->words + pc_behind(compiler, pc, hole->number));
    case HOLE_RETURN:
    case HOLE_NEXT:
    case HOLE_JUMP:
        return (int64_t)address_behind(compiler, piece,
                                       pc_of(compiler, pc, hole->kind, hole->number));
    case HOLE_IP:
        return (int64_t)(intptr_t)ip;
    case HOLE_CODE:
        return (int64_t)(intptr_t)code;
    case HOLE_RECEIVER:
        return 8 * (FRAME_RETURN + 1 + (int64_t)code->argument_count);
    case HOLE_LOCALS:
        return code->local_count;
    case HOLE_OP:
        return (int64_t)address_of_op(compiler, pc, hole->number);
    case HOLE_FUNCTION:
        return (int64_t)stencil_function(hole->number);
    case HOLE_HOT:
        return (int64_t)address_of(compiler, piece);
    case HOLE_COLD:
        return (int64_t)(compiler->runs_at + piece->cold_at);
    case HOLE_NONE:
        break;
    }
    return 0;
}

static void put_32(uint8_t *at, int64_t value)
{
    int32_t bits = (int32_t)value;
    memcpy(at, &bits, sizeof bits);
}

static void fill_hole(struct compiler *compiler, const struct piece *piece, const struct hole *hole)
{
    uint32_t at = (hole->in_cold ? piece->cold_at : piece->hot_at) + hole->offset;
    int64_t value = hole_value(compiler, piece, hole) + hole->addend;
    if (hole->form == HOLE_RELATIVE)
        value -= (int64_t)(compiler->runs_at + at);
    viv_check(hole->form == HOLE_UNSIGNED ? value == (int64_t)(uint32_t)value
                                          : value == (int32_t)value,
              "what is filled in fits");
    put_32(compiler->writes_at + at, value);
}

static void put_jump(struct compiler *compiler, const struct piece *piece)
{
    const struct stencil *stencil = stencil_at(piece->stencil);
    int32_t pc = pc_of(compiler, piece->pc, stencil->falls_kind, stencil->falls_number);
    uint32_t at = piece->hot_at + stencil->hot_size;
    compiler->writes_at[at] = 0xE9;
    put_32(compiler->writes_at + at + 1, (int64_t)address_behind(compiler, piece, pc) -
                                             (int64_t)(compiler->runs_at + at + JUMP_SIZE));
}

static void write_code(struct compiler *compiler)
{
    for (size_t i = 0; i < compiler->count; i++) {
        const struct piece *piece = &compiler->pieces[i];
        const struct stencil *stencil = stencil_at(piece->stencil);
        memcpy(compiler->writes_at + piece->hot_at, stencil_hot_bytes(stencil), stencil->hot_size);
        memcpy(compiler->writes_at + piece->cold_at, stencil_cold_bytes(stencil),
               stencil->cold_size);
        const struct hole *holes = stencil_first_hole(stencil);
        for (size_t j = 0; j < stencil->hole_count; j++)
            fill_hole(compiler, piece, &holes[j]);
        if (needs_jump(compiler, i))
            put_jump(compiler, piece);
    }
}

/* The map lets the interpreter go on in compiled code at any instruction that it has. */
static void fill_map(const struct compiler *compiler, uint32_t *native)
{
    for (size_t i = 0; i < compiler->count; i++) {
        const struct piece *piece = &compiler->pieces[i];
        if (!piece->is_prologue && piece->stencil != STENCIL_INTERPRET &&
            piece->stencil == usual_stencil(compiler, piece->pc))
            native[piece->pc] = (uint32_t)address_of(compiler, piece);
    }
}

static bool write_all(struct compiler *compiler, bool *full)
{
    struct code *code = compiler->code;
    size_t size = lay_out(compiler);
    uint32_t *native = calloc(code->word_count + WORDS_BEHIND_MAP, sizeof *native);
    if (native == NULL)
        return false;
    compiler->writes_at = zone_allocate(&compiler->state->zone, size, &compiler->runs_at);
    if (compiler->writes_at == NULL) {
        /* Not if it would not fit into an empty one. */
        *full = size < compiler->state->zone.size / 2;
        free(native);
        return false;
    }
    write_code(compiler);
    fill_map(compiler, native);
    zone_publish();
    code->native = native;
    if (has_entry(code))
        code->entry = (void *)compiler->runs_at;
    return true;
}

bool tier_compile_code(struct vm *vm, struct code *code, bool *full)
{
    struct compiler compiler = {.vm = vm, .state = vm->tier.state, .code = code};
    if (code->word_count == 0 || code->word_count > WORDS_MAX ||
        (uintptr_t)code + sizeof *code + code->block_size > INT32_MAX)
        return false;
    compiler.first_of_pc =
        malloc(code->word_count * (sizeof *compiler.first_of_pc + sizeof *compiler.plain_of_pc));
    if (compiler.first_of_pc == NULL)
        return false;
    compiler.plain_of_pc = (uint16_t *)(compiler.first_of_pc + code->word_count);
    for (size_t i = 0; i < code->word_count; i++) {
        compiler.first_of_pc[i] = -1;
        compiler.plain_of_pc[i] = STENCIL_COUNT;
    }
    choose_pieces(&compiler);
    bool done = !compiler.failed && write_all(&compiler, full);
    free(compiler.pieces);
    free(compiler.first_of_pc);
    free(compiler.usual.items);
    free(compiler.others.items);
    return done;
}
