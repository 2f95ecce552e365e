/*
 * Translation of every method and block of the built image: word i stands for bytecode i, every send has a cell of its own,
 * jumps lead to instructions, and superinstructions change nothing but the first word of what they stand for.
 */
#include "tests/unit/code/world_fixture.h"
#include "vm/code/bytecodes.h"
#include "vm/code/verify.h"

#include <string.h>

/* Superinstructions can be left out: translation calls the function below in place of the product's. */
#define fuse_instructions fuse_as_the_product_does
#include "vm/code/fuse.c"
#undef fuse_instructions

void fuse_instructions(const word *words, uint16_t *opcodes, size_t count);

static bool fusing;

void fuse_instructions(const word *words, uint16_t *opcodes, size_t count)
{
    if (fusing)
        fuse_as_the_product_does(words, opcodes, count);
}

struct pair {
    struct vm *vm;
    oop method;
    struct code *plain;
    struct code *fused;
};

static const char *const names[] = {
#define OP(name, ...) #name,
#define HELPER OP
#include "vm/code/ops.def"
#undef OP
#undef HELPER
};

static bool begins_with(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* The instruction that a superinstruction's first word held before. */
static const char *first_of(const char *name)
{
    static const struct {
        const char *prefix, *first;
    } rows[] = {
        {"temp_", "push_temp"},
        {"integer_", "push_integer"},
        {"integer2_", "push_integer_long"},
        {"variable_", "push_receiver_variable"},
        {"counting_loop", "push_temp"},
        {"nil_jump_", "push_nil"},
        {"identical_jump_", "special_identical"},
        {"push_temp_", "push_temp"},
        {"push_self_", "push_self"},
        {"push_receiver_variable_", "push_receiver_variable"},
        {"store_temp_keep", "pop_into_temp"},
        {"add_return_top", "special_add"},
        {"less_jump_", "special_less"},
        {"greater_jump_", "special_greater"},
        {"less_equal_jump_", "special_less_equal"},
        {"greater_equal_jump_", "special_greater_equal"},
        {"equal_jump_", "special_equal"},
        {"not_equal_jump_", "special_not_equal"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (begins_with(name, rows[i].prefix))
            return rows[i].first;
    return "none";
}

/* Calls check for every compiled method and block, translated with and without superinstructions. */
static void each_method(void (*check)(const struct pair *pair))
{
    struct vm *vm = open_world();
    struct handlers handlers;
    struct code_memory memory = {0};
    number_handlers(&handlers);
    struct translation translation = {&vm->heap, &memory, &handlers, send_find_primitive,
                                      vm,        false,   0};
    size_t count = 0;
    for (oop object = heap_first_object(&vm->heap); !oop_is_none(object);
         object = heap_next_object(&vm->heap, object)) {
        if (!is_code(object))
            continue;
        struct pair pair = {vm, object, NULL, NULL};
        fusing = false;
        pair.plain = code_translate(&translation, object);
        fusing = true;
        pair.fused = code_translate(&translation, object);
        assert_non_null(pair.plain);
        assert_non_null(pair.fused);
        check(&pair);
        code_free(&memory, pair.plain);
        code_free(&memory, pair.fused);
        count++;
    }
    assert_true(count > 1000);
    code_memory_close(&memory);
    viv_close(vm);
}

static bool is_instruction(const struct code *code, size_t index)
{
    return code->words[index].handler != OP_unused_bytecode;
}

/* What a quick primitive answers stands in the words of its call: bytes behind that may be none. */
static void check_quick_body(const struct code *code)
{
    static const uint16_t first[] = {OP_return_self, OP_return_true, OP_return_false,
                                     OP_return_nil};
    unsigned number = code->primitive_number;
    assert_ptr_equal(code->first, code->words);
    if (number < QUICK_FIRST + 4) {
        assert_int_equal(code->words[0].handler, first[number - QUICK_FIRST]);
        assert_int_equal(code->words[0].argument, code->argument_count + 3);
        return;
    }
    bool is_variable = number >= QUICK_VARIABLE_FIRST;
    assert_int_equal(code->words[0].handler,
                     is_variable ? OP_push_receiver_variable_long : OP_push_integer);
    assert_int_equal(code->words[0].argument, is_variable ? (int)number - QUICK_VARIABLE_FIRST
                                                          : (int)number - (QUICK_FIRST + 5));
    size_t next = is_variable ? (size_t)code->words[1].argument : 1;
    assert_int_equal(next, is_variable ? 2 : 1);
    assert_int_equal(code->words[next].handler, OP_return_top);
    assert_int_equal(code->words[next].argument, code->argument_count + 3);
}

static void check_boundaries(const struct pair *pair)
{
    const struct code *code = pair->plain;
    if (primitive_is_quick(code->primitive_number)) {
        check_quick_body(code);
        return;
    }
    int64_t header = code_header(pair->method);
    size_t first = 8 * (1 + code_literal_count(pair->method));
    size_t limit = object_byte_count(pair->method);
    assert_int_equal(code->word_count, limit - first);
    struct bytecode instruction;
    for (size_t pc = first; pc < limit; pc += instruction.size) {
        bool known = bytecode_decode(bytecode_set_of(DIALECT_SPUR, header),
                                     object_bytes(pair->method), pc, limit, &instruction);
        if (!known)
            continue;
        size_t at = pc - first;
        assert_true(is_instruction(code, at) == (instruction.operation != BYTECODE_UNASSIGNED));
        /* A prefix that says nothing new is skipped by an instruction of its own. */
        size_t skipped =
            code->words[at].handler == OP_nop_long ? (size_t)code->words[at + 1].argument : 0;
        for (size_t i = 1; i < instruction.size; i++)
            if (i != skipped)
                assert_false(is_instruction(code, at + i));
        if (instruction.size > 1 && skipped == 0 && is_instruction(code, at))
            assert_true(code->words[at + 1].argument >= (int32_t)instruction.size);
    }
}

static void word_i_stands_for_bytecode_i(void **state)
{
    (void)state;
    each_method(check_boundaries);
}

static void check_first_words(const struct pair *pair)
{
    const struct code *plain = pair->plain;
    const struct code *fused = pair->fused;
    assert_int_equal(plain->word_count, fused->word_count);
    assert_int_equal(plain->cell_count, fused->cell_count);
    for (size_t i = 0; i < plain->word_count; i++) {
        uint32_t before = plain->words[i].handler;
        uint32_t after = fused->words[i].handler;
        assert_int_equal(plain->words[i].argument, fused->words[i].argument);
        if (before != after)
            assert_string_equal(first_of(names[after]), names[before]);
    }
    assert_int_equal(plain->first - plain->words, fused->first - fused->words);
    assert_int_equal(plain->entry_kind, fused->entry_kind);
    assert_int_equal(plain->entry_value, fused->entry_value);
}

static void a_superinstruction_changes_only_the_first_word(void **state)
{
    (void)state;
    each_method(check_first_words);
}

static void check_jumps(const struct pair *pair)
{
    const struct code *code = pair->plain;
    for (size_t i = 0; i < code->word_count; i++) {
        uint32_t opcode = code->words[i].handler;
        if (!begins_with(names[opcode], "jump"))
            continue;
        int64_t target = (int64_t)i + code->words[i].argument;
        assert_true(target >= 0 && (size_t)target < code->word_count);
        assert_true(is_instruction(code, (size_t)target));
        if (opcode == OP_jump_back)
            assert_true(target <= (int64_t)i);
    }
}

static void jumps_lead_to_instructions(void **state)
{
    (void)state;
    each_method(check_jumps);
}

static bool has_cell(const char *name)
{
    static const char *const without[] = {"special_identical", "special_not_identical",
                                          "special_class"};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
        if (strcmp(name, without[i]) == 0)
            return false;
    return begins_with(name, "send_") || begins_with(name, "special_");
}

static void check_cells(const struct pair *pair)
{
    const struct code *code = pair->plain;
    bool *used = calloc(code->cell_count + 1, sizeof *used);
    assert_non_null(used);
    for (size_t i = 0; i < code->word_count; i++) {
        if (!has_cell(names[code->words[i].handler]))
            continue;
        const ic_cell *cell = word_cell(&code->words[i]);
        assert_true(cell >= code->cells && cell < code->cells + code->cell_count);
        assert_false(used[cell - code->cells]);
        used[cell - code->cells] = true;
        assert_int_equal(cell->kind, CELL_EMPTY);
        assert_int_equal(cell->tag, 0);
        assert_true(oop_is_object(cell->selector));
        assert_true(cell->argument_count <= 15);
    }
    free(used);
}

static void every_send_has_a_cell_of_its_own(void **state)
{
    (void)state;
    each_method(check_cells);
}

static size_t fused_counts[OP_COUNT];

static void count_superinstructions(const struct pair *pair)
{
    for (size_t i = 0; i < pair->fused->word_count; i++)
        if (pair->fused->words[i].handler != pair->plain->words[i].handler)
            fused_counts[pair->fused->words[i].handler]++;
}

static void the_image_uses_superinstructions(void **state)
{
    (void)state;
    memset(fused_counts, 0, sizeof fused_counts);

    each_method(count_superinstructions);

    size_t kinds = 0;
    for (size_t i = 0; i < OP_COUNT; i++)
        kinds += fused_counts[i] > 0;
    assert_true(kinds > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(word_i_stands_for_bytecode_i),
        cmocka_unit_test(a_superinstruction_changes_only_the_first_word),
        cmocka_unit_test(jumps_lead_to_instructions),
        cmocka_unit_test(every_send_has_a_cell_of_its_own),
        cmocka_unit_test(the_image_uses_superinstructions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
