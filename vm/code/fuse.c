#include "vm/code/fuse.h"

enum { NONE = OP_COUNT };

/* Long jumps that have exactly two bytes are looked for under these names. */
enum { JUMP_IF_FALSE_2 = OP_COUNT + 1, JUMP_IF_TRUE_2 = OP_COUNT + 2 };

static uint16_t jump_at(const word *words, const uint16_t *at, size_t index)
{
    if (at[index] == OP_jump_if_false_long && words[index + 1].argument == 2)
        return JUMP_IF_FALSE_2;
    if (at[index] == OP_jump_if_true_long && words[index + 1].argument == 2)
        return JUMP_IF_TRUE_2;
    return at[index];
}

/* The superinstruction for a comparison followed by a jump. */
static const struct {
    uint16_t comparison, jump, fused;
} compare_jumps[] = {
    {OP_special_less, OP_jump_if_false, OP_less_jump_false},
    {OP_special_less, JUMP_IF_FALSE_2, OP_less_jump_false_2},
    {OP_special_greater, OP_jump_if_false, OP_greater_jump_false},
    {OP_special_greater, JUMP_IF_FALSE_2, OP_greater_jump_false_2},
    {OP_special_less_equal, OP_jump_if_false, OP_less_equal_jump_false},
    {OP_special_less_equal, JUMP_IF_FALSE_2, OP_less_equal_jump_false_2},
    {OP_special_greater_equal, OP_jump_if_false, OP_greater_equal_jump_false},
    {OP_special_greater_equal, JUMP_IF_FALSE_2, OP_greater_equal_jump_false_2},
    {OP_special_equal, OP_jump_if_false, OP_equal_jump_false},
    {OP_special_equal, JUMP_IF_FALSE_2, OP_equal_jump_false_2},
    {OP_special_not_equal, OP_jump_if_false, OP_not_equal_jump_false},
    {OP_special_not_equal, JUMP_IF_FALSE_2, OP_not_equal_jump_false_2},
};

/* push temp, push integer of one or two bytes, then these. */
static const struct {
    uint16_t comparison, jump, fused, fused_after_two;
} temp_integer_jumps[] = {
    {OP_special_less, OP_jump_if_false, OP_temp_integer_less_jump_false,
     OP_temp_integer2_less_jump_false},
    {OP_special_less, JUMP_IF_FALSE_2, OP_temp_integer_less_jump_false_2,
     OP_temp_integer2_less_jump_false_2},
    {OP_special_less_equal, OP_jump_if_false, OP_temp_integer_less_equal_jump_false,
     OP_temp_integer2_less_equal_jump_false},
    {OP_special_less_equal, JUMP_IF_FALSE_2, OP_temp_integer_less_equal_jump_false_2,
     OP_temp_integer2_less_equal_jump_false_2},
    {OP_special_equal, OP_jump_if_false, OP_temp_integer_equal_jump_false,
     OP_temp_integer2_equal_jump_false},
    {OP_special_equal, JUMP_IF_FALSE_2, OP_temp_integer_equal_jump_false_2,
     OP_temp_integer2_equal_jump_false_2},
    {OP_special_greater, OP_jump_if_false, OP_temp_integer_greater_jump_false,
     OP_temp_integer2_greater_jump_false},
    {OP_special_greater, JUMP_IF_FALSE_2, OP_temp_integer_greater_jump_false_2,
     OP_temp_integer2_greater_jump_false_2},
};

/* Sequences of one-byte instructions after push temp, push temp. */
static const struct {
    uint16_t comparison, jump, fused;
} temp_temp_jumps[] = {
    {OP_special_less_equal, OP_jump_if_false, OP_temp_temp_less_equal_jump_false},
    {OP_special_less_equal, JUMP_IF_FALSE_2, OP_temp_temp_less_equal_jump_false_2},
    {OP_special_less, OP_jump_if_false, OP_temp_temp_less_jump_false},
    {OP_special_less, JUMP_IF_FALSE_2, OP_temp_temp_less_jump_false_2},
};

static const struct {
    uint16_t first, second, fused;
} pairs[] = {
    {OP_push_temp, OP_push_temp, OP_push_temp_temp},
    {OP_push_self, OP_push_temp, OP_push_self_temp},
    {OP_push_self, OP_send_0, OP_push_self_send_0},
    {OP_push_temp, OP_send_0, OP_push_temp_send_0},
    {OP_push_temp, OP_send_1, OP_push_temp_send_1},
    {OP_push_temp, OP_return_top, OP_push_temp_return_top},
    {OP_push_temp, OP_special_add, OP_temp_add},
    {OP_push_temp, OP_special_subtract, OP_temp_subtract},
    {OP_push_temp, OP_special_multiply, OP_temp_multiply},
    {OP_push_receiver_variable, OP_push_temp, OP_push_receiver_variable_temp},
    {OP_special_add, OP_return_top, OP_add_return_top},
    {OP_push_receiver_variable, OP_send_0, OP_push_receiver_variable_send_0},
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static uint16_t fuse_compare_jump(const word *words, const uint16_t *at)
{
    for (size_t i = 0; i < COUNT(compare_jumps); i++)
        if (at[0] == compare_jumps[i].comparison && jump_at(words, at, 1) == compare_jumps[i].jump)
            return compare_jumps[i].fused;
    return NONE;
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
    bool same_temp = words[3].argument == words[head].argument;
    if (same_temp && at[head] == OP_temp_temp_less_equal_jump_false)
        return OP_counting_loop;
    if (same_temp && at[head] == OP_temp_temp_less_equal_jump_false_2)
        return OP_counting_loop_2;
    if (same_temp && at[head] == OP_temp_integer2_less_equal_jump_false)
        return OP_counting_loop_to_integer;
    if (same_temp && at[head] == OP_temp_integer2_less_equal_jump_false_2)
        return OP_counting_loop_to_integer_2;
    return OP_temp_increment_jump_back;
}

static uint16_t fuse_temp_integer(const word *words, const uint16_t *at)
{
    size_t length = integer_length(words + 1, at + 1);
    if (length == 0)
        return NONE;
    uint16_t operation = at[1 + length];
    uint16_t next = at[2 + length];
    for (size_t i = 0; i < COUNT(temp_integer_jumps); i++)
        if (operation == temp_integer_jumps[i].comparison &&
            jump_at(words, at, 2 + length) == temp_integer_jumps[i].jump)
            return length == 1 ? temp_integer_jumps[i].fused
                               : temp_integer_jumps[i].fused_after_two;
    if (operation == OP_special_add && next == OP_pop_into_temp && length == 1)
        return at[4] == OP_jump_back ? fuse_loop(words, at) : OP_temp_increment;
    if (operation == OP_special_subtract && next == OP_send_1)
        return length == 1 ? OP_temp_integer_subtract_send_1 : OP_temp_integer2_subtract_send_1;
    if (operation == OP_special_add)
        return length == 1 ? OP_temp_integer_add : OP_temp_integer2_add;
    if (operation == OP_special_subtract)
        return length == 1 ? OP_temp_integer_subtract : OP_temp_integer2_subtract;
    return NONE;
}

static uint16_t fuse_temp_temp(const word *words, const uint16_t *at)
{
    if (at[1] != OP_push_temp)
        return NONE;
    for (size_t i = 0; i < COUNT(temp_temp_jumps); i++)
        if (at[2] == temp_temp_jumps[i].comparison &&
            jump_at(words, at, 3) == temp_temp_jumps[i].jump)
            return temp_temp_jumps[i].fused;
    bool pops = at[3] == OP_pop_into_temp;
    if (at[2] == OP_special_add)
        return pops ? OP_temp_temp_add_pop : OP_temp_temp_add;
    if (at[2] == OP_special_subtract)
        return pops ? OP_temp_temp_subtract_pop : OP_temp_temp_subtract;
    if (at[2] == OP_special_multiply)
        return OP_temp_temp_multiply;
    return NONE;
}

static uint16_t fuse_nil_jump(const word *words, const uint16_t *at)
{
    if (at[1] != OP_special_identical)
        return NONE;
    switch (jump_at(words, at, 2)) {
    case OP_jump_if_true:
        return OP_nil_jump_true;
    case JUMP_IF_TRUE_2:
        return OP_nil_jump_true_2;
    case OP_jump_if_false:
        return OP_nil_jump_false;
    case JUMP_IF_FALSE_2:
        return OP_nil_jump_false_2;
    default:
        return NONE;
    }
}

static uint16_t fuse_pair(const word *words, const uint16_t *at)
{
    if (at[0] == OP_pop_into_temp && at[1] == OP_push_temp &&
        words[0].argument == words[1].argument)
        return OP_store_temp_keep;
    for (size_t i = 0; i < COUNT(pairs); i++)
        if (at[0] == pairs[i].first && at[1] == pairs[i].second)
            return pairs[i].fused;
    return NONE;
}

static uint16_t fused_at(const word *words, const uint16_t *at)
{
    uint16_t fused = NONE;
    if (at[0] == OP_push_temp) {
        fused = fuse_temp_integer(words, at);
        if (fused == NONE)
            fused = fuse_temp_temp(words, at);
    } else if (at[0] == OP_push_nil) {
        fused = fuse_nil_jump(words, at);
    } else {
        fused = fuse_compare_jump(words, at);
    }
    return fused == NONE ? fuse_pair(words, at) : fused;
}

void fuse_instructions(const struct code *code, uint16_t *opcodes)
{
    /* Forwards: what follows a word is still as it was translated when the word is looked at. */
    for (size_t i = 0; i < code->word_count; i++) {
        if (opcodes[i] == OP_COUNT)
            continue;
        uint16_t fused = fused_at(code->words + i, opcodes + i);
        if (fused != NONE)
            opcodes[i] = fused;
    }
}
