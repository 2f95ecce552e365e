#include "vm/code/fuse.h"

enum { NONE = OP_COUNT };

/* Whether a jump when false stands there: not, in one byte, in exactly two bytes. */
enum jump_form { NO_JUMP, JUMP_1, JUMP_2 };

static enum jump_form jump_at(const word *words, const uint16_t *at, size_t index,
                              uint16_t one_byte, uint16_t longer)
{
    if (at[index] == one_byte)
        return JUMP_1;
    return at[index] == longer && words[index + 1].argument == 2 ? JUMP_2 : NO_JUMP;
}

/* One of two superinstructions, if a jump when false stands at index. */
static uint16_t before_jump_if_false(const word *words, const uint16_t *at, size_t index,
                                     uint16_t fused, uint16_t fused_2)
{
    switch (jump_at(words, at, index, OP_jump_if_false, OP_jump_if_false_long)) {
    case JUMP_1:
        return fused;
    case JUMP_2:
        return fused_2;
    default:
        return NONE;
    }
}

/* What a comparison compares: what is on the stack, or what was pushed just before: a temp and an integer of one byte or two, two
 * temps, or an integer of one byte, with what is on the stack. */
enum operands { ON_STACK, TEMP_INTEGER, TEMP_INTEGER2, TEMP_TEMP, INTEGER, OPERANDS };

/* For each comparison and what it compares: with a jump when false in one byte behind it, and with one in two. */
static const uint16_t comparisons[][OPERANDS][2] = {
    [OP_special_less -
     OP_special_less] = {{OP_less_jump_false, OP_less_jump_false_2},
                         {OP_temp_integer_less_jump_false, OP_temp_integer_less_jump_false_2},
                         {OP_temp_integer2_less_jump_false, OP_temp_integer2_less_jump_false_2},
                         {OP_temp_temp_less_jump_false, OP_temp_temp_less_jump_false_2},
                         {OP_integer_less_jump_false, OP_integer_less_jump_false_2}},
    [OP_special_greater - OP_special_less] =
        {{OP_greater_jump_false, OP_greater_jump_false_2},
         {OP_temp_integer_greater_jump_false, OP_temp_integer_greater_jump_false_2},
         {OP_temp_integer2_greater_jump_false, OP_temp_integer2_greater_jump_false_2},
         {NONE, NONE},
         {OP_integer_greater_jump_false, OP_integer_greater_jump_false_2}},
    [OP_special_less_equal - OP_special_less] =
        {{OP_less_equal_jump_false, OP_less_equal_jump_false_2},
         {OP_temp_integer_less_equal_jump_false, OP_temp_integer_less_equal_jump_false_2},
         {OP_temp_integer2_less_equal_jump_false, OP_temp_integer2_less_equal_jump_false_2},
         {OP_temp_temp_less_equal_jump_false, OP_temp_temp_less_equal_jump_false_2},
         {OP_integer_less_equal_jump_false, OP_integer_less_equal_jump_false_2}},
    [OP_special_greater_equal -
        OP_special_less] = {{OP_greater_equal_jump_false, OP_greater_equal_jump_false_2},
                            {NONE, NONE},
                            {NONE, NONE},
                            {NONE, NONE},
                            {OP_integer_greater_equal_jump_false,
                             OP_integer_greater_equal_jump_false_2}},
    [OP_special_equal -
        OP_special_less] = {{OP_equal_jump_false, OP_equal_jump_false_2},
                            {OP_temp_integer_equal_jump_false, OP_temp_integer_equal_jump_false_2},
                            {OP_temp_integer2_equal_jump_false,
                             OP_temp_integer2_equal_jump_false_2},
                            {NONE, NONE},
                            {OP_integer_equal_jump_false, OP_integer_equal_jump_false_2}},
    [OP_special_not_equal -
        OP_special_less] = {{OP_not_equal_jump_false, OP_not_equal_jump_false_2},
                            {NONE, NONE},
                            {NONE, NONE},
                            {NONE, NONE},
                            {NONE, NONE}},
};

/* The comparison at index, if there is one, with what it compares and a jump when false behind it. */
static uint16_t fuse_comparison(const word *words, const uint16_t *at, size_t index,
                                enum operands operands)
{
    size_t row = (size_t)at[index] - OP_special_less;
    if (row >= sizeof comparisons / sizeof comparisons[0])
        return NONE;
    const uint16_t *fused = comparisons[row][operands];
    return before_jump_if_false(words, at, index + 1, fused[0], fused[1]);
}

/* The length of a push of an integer that stands in two bytes without prefixes is 2; prefixed ones are longer. */
static size_t integer_length(const word *words, const uint16_t *at)
{
    if (at[0] == OP_push_integer)
        return 1;
    return at[0] == OP_push_integer_long && words[1].argument == 2 ? 2 : 0;
}

/* The end of a counting loop: push temp, push 1, add, pop into temp, jump back to its head, which has been fused before. */
static uint16_t fuse_loop(const word *words, const uint16_t *at)
{
    ptrdiff_t head = 4 + words[4].argument;
    if (words[3].argument != words[head].argument)
        return OP_temp_increment_jump_back;
    switch (at[head]) {
    case OP_temp_temp_less_equal_jump_false:
        return OP_counting_loop;
    case OP_temp_temp_less_equal_jump_false_2:
        return OP_counting_loop_2;
    case OP_temp_integer2_less_equal_jump_false:
        return OP_counting_loop_to_integer;
    case OP_temp_integer2_less_equal_jump_false_2:
        return OP_counting_loop_to_integer_2;
    default:
        return OP_temp_increment_jump_back;
    }
}

static uint16_t fuse_temp_integer(const word *words, const uint16_t *at, size_t length)
{
    uint16_t next = at[2 + length];
    switch (at[1 + length]) {
    case OP_special_add:
        if (next == OP_pop_into_temp && length == 1)
            return at[4] == OP_jump_back ? fuse_loop(words, at) : OP_temp_increment;
        return length == 1 ? OP_temp_integer_add : OP_temp_integer2_add;
    case OP_narrow_add:
        if (length != 1)
            return NONE;
        if (next == OP_pop_into_temp)
            return at[4] == OP_jump_back ? OP_narrow_temp_increment_jump_back
                                         : OP_narrow_temp_increment;
        return OP_narrow_temp_integer_add;
    case OP_narrow_subtract:
        return length == 1 ? OP_narrow_temp_integer_subtract : NONE;
    case OP_special_subtract:
        if (next == OP_send_1)
            return length == 1 ? OP_temp_integer_subtract_send_1 : OP_temp_integer2_subtract_send_1;
        return length == 1 ? OP_temp_integer_subtract : OP_temp_integer2_subtract;
    default:
        return fuse_comparison(words, at, 1 + length, length == 1 ? TEMP_INTEGER : TEMP_INTEGER2);
    }
}

static uint16_t fuse_temp_temp(const word *words, const uint16_t *at)
{
    bool pops = at[3] == OP_pop_into_temp;
    uint16_t fused = fuse_comparison(words, at, 2, TEMP_TEMP);
    switch (at[2]) {
    case OP_special_add:
        return pops ? OP_temp_temp_add_pop : OP_temp_temp_add;
    case OP_special_subtract:
        return pops ? OP_temp_temp_subtract_pop : OP_temp_temp_subtract;
    case OP_special_multiply:
        return OP_temp_temp_multiply;
    case OP_narrow_add:
        return pops ? OP_narrow_temp_temp_add_pop : OP_narrow_temp_temp_add;
    case OP_narrow_subtract:
        return OP_narrow_temp_temp_subtract;
    default:
        break;
    }
    return fused == NONE ? OP_push_temp_temp : fused;
}

static uint16_t fuse_temp(const word *words, const uint16_t *at)
{
    switch (at[1]) {
    case OP_push_integer:
    case OP_push_integer_long: {
        size_t length = integer_length(words + 1, at + 1);
        return length == 0 ? NONE : fuse_temp_integer(words, at, length);
    }
    case OP_push_temp:
        return fuse_temp_temp(words, at);
    case OP_send_0:
        return OP_push_temp_send_0;
    case OP_send_1:
        return OP_push_temp_send_1;
    case OP_return_top:
        return OP_push_temp_return_top;
    case OP_special_add:
        return OP_temp_add;
    case OP_special_subtract:
        return OP_temp_subtract;
    case OP_special_multiply:
        return OP_temp_multiply;
    case OP_narrow_add:
        return OP_narrow_temp_add;
    case OP_narrow_subtract:
        return OP_narrow_temp_subtract;
    default:
        return NONE;
    }
}

/* One of four superinstructions, if a conditional jump stands at index. */
static uint16_t before_jump(const word *words, const uint16_t *at, size_t index,
                            const uint16_t if_true[2], const uint16_t if_false[2])
{
    switch (jump_at(words, at, index, OP_jump_if_true, OP_jump_if_true_long)) {
    case JUMP_1:
        return if_true[0];
    case JUMP_2:
        return if_true[1];
    default:
        return before_jump_if_false(words, at, index, if_false[0], if_false[1]);
    }
}

static uint16_t fuse_nil_jump(const word *words, const uint16_t *at)
{
    static const uint16_t if_true[] = {OP_nil_jump_true, OP_nil_jump_true_2};
    static const uint16_t if_false[] = {OP_nil_jump_false, OP_nil_jump_false_2};
    return at[1] == OP_special_identical ? before_jump(words, at, 2, if_true, if_false) : NONE;
}

static uint16_t fuse_identical_jump(const word *words, const uint16_t *at)
{
    static const uint16_t if_true[] = {OP_identical_jump_true, OP_identical_jump_true_2};
    static const uint16_t if_false[] = {OP_identical_jump_false, OP_identical_jump_false_2};
    return before_jump(words, at, 1, if_true, if_false);
}

/* A push of an integer in one byte, with what is done to it and what was on top before. */
static uint16_t fuse_integer(const word *words, const uint16_t *at)
{
    switch (at[1]) {
    case OP_special_add:
        return OP_integer_add;
    case OP_special_subtract:
        return OP_integer_subtract;
    case OP_narrow_add:
        return OP_narrow_integer_add;
    case OP_narrow_subtract:
        return OP_narrow_integer_subtract;
    default:
        return fuse_comparison(words, at, 1, INTEGER);
    }
}

/* The same of one in two bytes. */
static uint16_t fuse_integer2(const word *words, const uint16_t *at)
{
    if (integer_length(words, at) != 2)
        return NONE;
    return at[2] == OP_special_add        ? OP_integer2_add
           : at[2] == OP_special_subtract ? OP_integer2_subtract
                                          : NONE;
}

static uint16_t fused_at(const word *words, const uint16_t *at)
{
    switch (at[0]) {
    case OP_push_temp:
        return fuse_temp(words, at);
    case OP_push_nil:
        return fuse_nil_jump(words, at);
    case OP_special_identical:
        return fuse_identical_jump(words, at);
    case OP_push_self:
        return at[1] == OP_push_temp ? OP_push_self_temp
               : at[1] == OP_send_0  ? OP_push_self_send_0
                                     : NONE;
    case OP_push_receiver_variable:
        return at[1] == OP_push_temp          ? OP_push_receiver_variable_temp
               : at[1] == OP_send_0           ? OP_push_receiver_variable_send_0
               : at[1] == OP_special_add      ? OP_variable_add
               : at[1] == OP_special_subtract ? OP_variable_subtract
                                              : NONE;
    case OP_pop_into_temp:
        return at[1] == OP_push_temp && words[0].argument == words[1].argument ? OP_store_temp_keep
                                                                               : NONE;
    case OP_push_integer:
        return fuse_integer(words, at);
    case OP_push_integer_long:
        return fuse_integer2(words, at);
    case OP_push_literal:
        return at[1] == OP_narrow_add ? OP_narrow_literal_add : NONE;
    case OP_narrow_add:
        return at[1] == OP_pop_into_temp ? OP_narrow_add_pop : NONE;
    case OP_special_add:
        return at[1] == OP_return_top ? OP_add_return_top : NONE;
    default:
        return fuse_comparison(words, at, 0, ON_STACK);
    }
}

/* Most instructions begin no sequence. Those that might, by what they are and by what may stand behind them: a bit for each pair of
 * a first instruction with those that may be second. */
enum {
    BEHIND_TEMP = 1,
    BEHIND_NIL = 2,
    BEHIND_RECEIVER = 4,
    BEHIND_POP = 8,
    BEHIND_INTEGER = 16,
    BEHIND_LITERAL = 32,
    BEHIND_NARROW_ADD = 64,
    BEHIND_COMPARISON = 128,
    BEHIND_ADD = 256,
    BEHIND_INTEGER2 = 512
};

static const uint16_t firsts[OP_COUNT + 1] = {
    [OP_push_temp] = BEHIND_TEMP,
    [OP_push_nil] = BEHIND_NIL,
    [OP_push_self] = BEHIND_RECEIVER,
    [OP_push_receiver_variable] = BEHIND_RECEIVER,
    [OP_pop_into_temp] = BEHIND_POP,
    [OP_push_integer] = BEHIND_INTEGER,
    [OP_push_integer_long] = BEHIND_INTEGER2,
    [OP_push_literal] = BEHIND_LITERAL,
    [OP_narrow_add] = BEHIND_NARROW_ADD,
    [OP_special_add] = BEHIND_ADD,
    [OP_special_identical] = BEHIND_COMPARISON,
    [OP_special_less] = BEHIND_COMPARISON,
    [OP_special_greater] = BEHIND_COMPARISON,
    [OP_special_less_equal] = BEHIND_COMPARISON,
    [OP_special_greater_equal] = BEHIND_COMPARISON,
    [OP_special_equal] = BEHIND_COMPARISON,
    [OP_special_not_equal] = BEHIND_COMPARISON,
};

static const uint16_t seconds[OP_COUNT + 1] = {
    [OP_push_integer] = BEHIND_TEMP,
    [OP_push_integer_long] = BEHIND_TEMP,
    [OP_push_temp] = BEHIND_TEMP | BEHIND_RECEIVER | BEHIND_POP,
    [OP_send_0] = BEHIND_TEMP | BEHIND_RECEIVER,
    [OP_send_1] = BEHIND_TEMP,
    [OP_return_top] = BEHIND_TEMP | BEHIND_ADD,
    [OP_special_add] = BEHIND_TEMP | BEHIND_INTEGER | BEHIND_RECEIVER,
    [OP_special_subtract] = BEHIND_TEMP | BEHIND_INTEGER | BEHIND_RECEIVER,
    [OP_special_less] = BEHIND_INTEGER,
    [OP_special_greater] = BEHIND_INTEGER,
    [OP_special_less_equal] = BEHIND_INTEGER,
    [OP_special_greater_equal] = BEHIND_INTEGER,
    [OP_special_equal] = BEHIND_INTEGER,
    [OP_special_not_equal] = BEHIND_INTEGER,
    [OP_special_multiply] = BEHIND_TEMP,
    [OP_narrow_add] = BEHIND_TEMP | BEHIND_INTEGER | BEHIND_LITERAL,
    [OP_narrow_subtract] = BEHIND_TEMP | BEHIND_INTEGER,
    [OP_special_identical] = BEHIND_NIL,
    [OP_pop_into_temp] = BEHIND_NARROW_ADD,
    [OP_jump_if_true] = BEHIND_COMPARISON,
    [OP_jump_if_true_long] = BEHIND_COMPARISON,
    [OP_jump_if_false] = BEHIND_COMPARISON,
    [OP_jump_if_false_long] = BEHIND_COMPARISON,
    /* The second word of a longer instruction. */
    [OP_COUNT] = BEHIND_INTEGER2,
};

void fuse_instructions(const word *words, uint16_t *opcodes, size_t count)
{
    /* Forwards: what follows a word is still as it was translated when the word is looked at. */
    uint16_t next = opcodes[0];
    for (size_t i = 0; i < count; i++) {
        uint16_t opcode = next;
        next = opcodes[i + 1];
        if (VIV_LIKELY((firsts[opcode] & seconds[next]) == 0)) {
            viv_check(opcode == OP_COUNT || fused_at(words + i, opcodes + i) == NONE,
                      "what begins no pair begins no sequence");
            continue;
        }
        uint16_t fused = fused_at(words + i, opcodes + i);
        if (fused != NONE)
            opcodes[i] = fused;
    }
}
