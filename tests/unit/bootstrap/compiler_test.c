/* Sources against bytes (spur-format, section 9). */
#include "compile_for_test.h"

static void an_empty_method_answers_self(void **state)
{
    (void)state;
    struct code_description *code = compiled("foo");

    assert_int_equal(code->primitive, 256);
    assert_bytes(code, "f8 00 01 58");
    assert_int_equal(code->literal_count, 2);
    assert_int_equal(code->literals[0]->kind, LITERAL_METHOD_STATE);
    assert_int_equal(code->literals[1]->kind, LITERAL_CLASS_BINDING);
    assert_true(code_description_header(code) == ((int64_t)2 | 1 << 16) - ((int64_t)1 << 60));
}

static void constants_and_slots_have_quick_primitives(void **state)
{
    (void)state;

    assert_int_equal(compiled("foo ^true")->primitive, 257);
    assert_int_equal(compiled("foo ^false")->primitive, 258);
    assert_int_equal(compiled("foo ^nil")->primitive, 259);
    assert_int_equal(compiled("foo ^-1")->primitive, 260);
    assert_int_equal(compiled("foo ^2")->primitive, 263);
    assert_int_equal(compiled("foo ^c")->primitive, 266);
    assert_int_equal(compiled("foo ^3")->primitive, 0);
    assert_int_equal(compiled("foo: x ^true")->primitive, 0);
    assert_method("foo ^c", "f8 0a 01 02 5c");
}

static void variables_have_short_and_long_forms(void **state)
{
    (void)state;

    assert_method("foo: x a := x. e10 := x. ^a := b", "40 c8 40 f0 0e 01 f3 00 5c");
    assert_method("foo ^Object new", "10 7c 5c");
    assert_method("foo Ca := 5", "e8 05 f1 00 58");
    assert_method("foo ^e290", "e0 01 e2 26 5c");
    assert_method("foo: x | t | t := x. ^t", "40 d1 41 5c");
}

static void context_reads_its_slots_by_the_long_form(void **state)
{
    const struct compiler_options options = {.long_slots = true};
    struct source_error error;
    (void)state;

    struct code_description *code = compile_with("foo b := a. ^a", true, &options, &error);

    assert_bytes(code, "e2 00 f0 01 e2 00 5c");
    assert_int_equal(compile_with("foo ^a", true, &options, &error)->primitive, 0);
}

static void small_numbers_and_characters_need_no_literal(void **state)
{
    (void)state;

    assert_method("foo: x ^x + 0", "40 50 60 5c");
    assert_method("foo: x ^x + 255", "40 e8 ff 60 5c");
    assert_method("foo: x ^x + -1", "40 e1 ff e8 ff 60 5c");
    assert_method("foo: x ^x + 1000", "40 e1 03 e8 e8 60 5c");
    assert_method("foo: x ^x + -32768", "40 e1 80 e8 00 60 5c");
    assert_method("foo: x ^x + 32768", "40 20 60 5c");
    assert_method("foo ^$a", "e9 61 5c");
}

static void sends_choose_the_shortest_form(void **state)
{
    (void)state;

    assert_method("foo ^self bar", "4c 80 5c");
    assert_method("foo ^self bar: 1 baz: 2", "4c 51 e8 02 a0 5c");
    assert_method("foo ^super bar", "4c eb 00 5c");
    assert_method("foo ^self a: 0 b: 0 c: 0", "4c 50 50 50 ea 03 5c");
    assert_method("foo ^self a: 0 b: 0 c: 0 d: 0 e: 0 f: 0 g: 0 h: 0",
                  "4c 50 50 50 50 50 50 50 50 e1 01 ea 00 5c");
    assert_method("foo: x ^x at: 1 put: x size", "40 51 40 72 71 5c");
    assert_method("foo: x ^x == nil", "40 4f 76 5c");
}

static void cascades_duplicate_their_receiver(void **state)
{
    (void)state;

    assert_method("foo self bar; baz: 1; zork", "4c 53 80 d8 53 51 91 d8 82 d8 58");
    assert_method("foo ^super bar; baz", "4c 53 eb 00 d8 eb 08 5c");
}

static void conditionals_are_jumps(void **state)
{
    (void)state;

    assert_method("foo: x ^x ifTrue: [1] ifFalse: [0]", "40 c1 51 b0 50 5c");
    assert_method("foo: x x ifTrue: [self bar]", "40 c2 4c 80 d8 58");
    assert_method("foo: x ^x ifFalse: [1]", "40 b9 51 b0 4f 5c");
    assert_method("foo: x x ifTrue: [^1] ifFalse: [^0]. self bar", "40 c1 51 5c 50 5c");
    assert_method("foo: x ^x and: [a]", "40 c1 00 b0 4e 5c");
    assert_method("foo: x ^(x and: [a]) ifTrue: [1] ifFalse: [0]", "40 c3 00 c1 51 b0 50 5c");
    assert_method("foo: x ^(x or: [a]) ifTrue: [1] ifFalse: [0]", "40 b9 00 c1 51 b0 50 5c");
    assert_method("foo: x x ifTrue: []", "40 ef 00 58");
    assert_method("foo: x ^x ifTrue: 1 ifFalse: 0", "40 51 50 a0 5c");
}

static void tests_for_nil_are_jumps(void **state)
{
    (void)state;

    assert_method("foo: x ^x ifNil: [1]", "40 53 4f 76 c1 d8 51 5c");
    assert_method("foo: x ^x ifNotNil: [:y | y + 1]", "40 f5 01 4f 76 bb 41 51 60 b0 4f 5c");
    assert_method("foo: x x ifNil: [self bar]", "40 4f 76 c2 4c 80 d8 58");
    assert_method("foo: x ^x ifNil: [0] ifNotNil: [:y | y]", "40 f5 01 4f 76 c1 50 b0 41 5c");
    assert_method("foo: x ^x ifNotNil: [:y | y] ifNil: [0]", "40 f5 01 4f 76 b9 41 b0 50 5c");
}

static void loops_are_jumps(void **state)
{
    (void)state;

    assert_method("foo: x [x bar] whileTrue: [x baz]", "40 80 c6 40 81 d8 e1 ff ed f6 58");
    assert_method("foo: x [x bar] whileFalse", "40 80 bb e1 ff ed f9 58");
    assert_method("foo [self bar] repeat", "4c 80 d8 e1 ff ed f9");
    assert_method("foo 1 to: 10 do: [:i | self bar: i]",
                  "51 d0 40 e8 0a 64 ef 0c 4c 40 90 d8 40 51 60 d0 e1 ff ed ee 58");
    assert_method("foo: n n to: 1 by: -1 do: [:i | i bar]",
                  "40 d1 41 51 65 ef 0e 41 80 d8 41 e1 ff e8 ff 60 d1 e1 ff ed ed 58");
    assert_method("foo: n 1 to: n do: [:i | ]",
                  "51 d2 40 d1 42 41 64 c7 42 51 60 d2 e1 ff ed f4 58");
    assert_method("foo: n n timesRepeat: [self bar]",
                  "40 d1 51 d2 42 41 64 ef 0b 4c 80 d8 42 51 60 d2 e1 ff ed f0 58");
}

static void the_value_of_a_counted_loop_is_its_receiver(void **state)
{
    (void)state;

    assert_method("foo: n ^1 to: n do: [:i | ]",
                  "51 53 d2 40 d1 42 41 64 c7 42 51 60 d2 e1 ff ed f4 5c");
}

static void blocks_copy_what_does_not_change(void **state)
{
    (void)state;
    struct code_description *code = compiled("foo: x ^[:y | x + y]");

    assert_bytes(code, "40 f9 00 41 5c");
    assert_bytes(block_in(code, 0), "41 40 60 5e");
    assert_int_equal(block_in(code, 0)->argument_count, 1);
    assert_int_equal(block_in(code, 0)->temporary_count, 2);
    assert_int_equal(block_in(code, 0)->literals[0]->kind, LITERAL_ENCLOSING_CODE);
    assert_method("foo | t | t := 3. ^[t]", "e8 03 d0 40 f9 00 41 5c");
}

static void blocks_share_what_changes_after_they_were_made(void **state)
{
    (void)state;
    struct code_description *code = compiled("foo | n | n := 0. ^[n := n + 1]");

    assert_bytes(code, "e7 01 d0 50 fd 00 00 40 f9 00 41 5c");
    assert_bytes(block_in(code, 0), "fb 00 00 51 60 fc 00 00 5e");
    assert_method("foo | f | f := [f]. ^f", "e7 01 d0 40 f9 00 41 fd 00 00 fb 00 00 5c");
}

static void each_round_of_a_loop_has_its_own_variables(void **state)
{
    (void)state;

    assert_method("foo [a] whileTrue: [| t | t := 1. self bar: [t := 2]]",
                  "00 ef 12 e7 01 d0 51 fd 00 00 4c 40 f9 00 41 91 d8 e1 ff ed eb 58");
    assert_method("foo 1 to: 2 do: [:i | self bar: [i]]",
                  "51 d0 40 e8 02 64 ef 0f 4c 40 f9 00 41 91 d8 40 51 60 d0 e1 ff ed eb 58");
}

static void a_loop_clears_what_it_reads_before_it_assigns(void **state)
{
    (void)state;

    assert_method("foo [a] whileTrue: [| t | t bar. t := 1]",
                  "00 ef 0b 4f d0 40 80 d8 51 d0 e1 ff ed f2 58");
    assert_method("foo [a] whileTrue: [| t | t := 1. t bar]",
                  "00 ef 09 51 d0 40 80 d8 e1 ff ed f4 58");
}

static void what_an_earlier_round_captured_is_shared(void **state)
{
    (void)state;
    /* The assignment precedes the block in the text, but follows it one round later. */
    struct code_description *code =
        compiled("foo | t | [a] whileTrue: [t := self bar. self baz: [t]]");

    assert_bytes(code, "e7 01 d0 00 ef 10 4c 80 fd 00 00 4c 40 f9 01 41 92 d8 e1 ff ed ed 58");
}

static void only_blocks_that_need_their_home_keep_it(void **state)
{
    const struct compiler_options portable = {.portable = true};
    struct source_error error;
    (void)state;

    assert_method("foo ^[a]", "f9 00 40 5c");
    assert_method("foo ^[^a]", "f9 00 00 5c");
    assert_method("foo ^[thisContext]", "f9 00 00 5c");
    assert_method("foo ^[[^1]]", "f9 00 00 5c");
    assert_method("foo ^[super bar]", "f9 00 40 5c");
    assert_bytes(compile_with("foo ^[a]", true, &portable, &error), "f9 00 00 5c");
}

static void returns_in_blocks_leave_the_method(void **state)
{
    (void)state;

    assert_bytes(block_in(compiled("foo ^[:x | x ifTrue: [^1]. 2]"), 0), "40 c1 51 5c e8 02 5e");
    assert_bytes(block_in(compiled("foo ^[nil]"), 0), "5d");
    assert_bytes(block_in(compiled("foo ^[]"), 0), "5d");
    assert_bytes(block_in(compiled("foo ^[^self]"), 0), "58");
}

static void inner_blocks_pass_captured_values_on(void **state)
{
    (void)state;
    struct code_description *code = compiled("foo: x ^[:y | [:z | x]]");

    assert_bytes(block_in(code, 0), "41 f9 00 41 5e");
    assert_bytes(block_in(block_in(code, 0), 0), "41 5e");
}

static void braces_fill_an_array(void **state)
{
    (void)state;

    assert_method("foo ^{}", "e7 80 5c");
    assert_method("foo ^{1. 0}", "51 50 e7 82 5c");
    struct code_description *code =
        compiled("foo ^{0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0. 0}");
    assert_int_equal(code->bytes[0], 0x10);
    assert_false(code->large_frame);
}

static void primitives_come_first(void **state)
{
    (void)state;
    struct code_description *code = compiled("foo <primitive: 60> ^1");

    assert_bytes(code, "f8 3c 00 51 5c");
    assert_int_equal(code->primitive, 60);
    assert_int_equal(code->pragma_count, 1);
    assert_method("foo: x <primitive: 60 error: ec> | t | ^ec", "f8 3c 00 f5 02 42 5c");
}

static void named_primitives_have_their_name_in_the_first_literal(void **state)
{
    (void)state;
    struct code_description *code =
        compiled("foo <primitive: 'bar' module: 'Baz' error: ec> ^self zork");
    const struct literal *call = code->literals[0];

    assert_bytes(code, "f8 75 00 f5 00 4c 81 5c");
    assert_int_equal(call->as.array.count, 4);
    assert_true(text_is(call->as.array.items[0]->as.text, "Baz"));
    assert_true(text_is(call->as.array.items[1]->as.text, "bar"));
    assert_int_equal(compiled("foo <primitive: 'bar'>")->literals[0]->as.array.items[0]->kind,
                     LITERAL_NIL);
}

static void other_pragmas_are_kept(void **state)
{
    (void)state;
    struct code_description *code = compiled("foo <a> <b: 1 c: #(x y)> ^1");

    assert_int_equal(code->pragma_count, 2);
    assert_true(text_is(code->pragmas[0].keyword, "a"));
    assert_true(text_is(code->pragmas[1].keyword, "b:c:"));
    assert_int_equal(code->pragmas[1].argument_count, 2);
}

static void deep_expressions_take_a_large_frame(void **state)
{
    (void)state;

    assert_false(compiled("foo ^1+(1+(1+1))")->large_frame);
    assert_true(compiled("foo ^1+(1+(1+(1+(1+(1+(1+(1+(1+(1+(1+(1+(1+(1+(1+(1+(1+1"
                         "))))))))))))))))")
                    ->large_frame);
}

static void statements_answer_the_last_value(void **state)
{
    const struct compiler_options options = {.portable = false};
    struct source_error error;
    (void)state;

    assert_bytes(compile_with("| x | x := 3. x + 4", false, &options, &error),
                 "e8 03 d0 40 e8 04 60 5c");
    assert_bytes(compile_with("", false, &options, &error), "5b");
    assert_bytes(compile_with("3", false, &options, &error), "e8 03 5c");
}

static void long_jumps_have_an_extension(void **state)
{
    (void)state;
    struct buffer source = {NULL, 0, 0};
    buffer_add(&source, "foo: x x ifTrue: [", 18);
    for (int i = 0; i < 200; i++)
        buffer_add(&source, "self bar. ", 10);
    buffer_add(&source, "]\0", 2);

    struct code_description *code = compiled(source.bytes);

    assert_int_equal(code->byte_count, 1 + 4 + 600 + 1);
    assert_int_equal(code->bytes[1], 225);
    assert_int_equal(code->bytes[2] * 256 + code->bytes[4], 600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_method_answers_self),
        cmocka_unit_test(constants_and_slots_have_quick_primitives),
        cmocka_unit_test(variables_have_short_and_long_forms),
        cmocka_unit_test(context_reads_its_slots_by_the_long_form),
        cmocka_unit_test(small_numbers_and_characters_need_no_literal),
        cmocka_unit_test(sends_choose_the_shortest_form),
        cmocka_unit_test(cascades_duplicate_their_receiver),
        cmocka_unit_test(conditionals_are_jumps),
        cmocka_unit_test(tests_for_nil_are_jumps),
        cmocka_unit_test(loops_are_jumps),
        cmocka_unit_test(the_value_of_a_counted_loop_is_its_receiver),
        cmocka_unit_test(blocks_copy_what_does_not_change),
        cmocka_unit_test(blocks_share_what_changes_after_they_were_made),
        cmocka_unit_test(each_round_of_a_loop_has_its_own_variables),
        cmocka_unit_test(a_loop_clears_what_it_reads_before_it_assigns),
        cmocka_unit_test(what_an_earlier_round_captured_is_shared),
        cmocka_unit_test(only_blocks_that_need_their_home_keep_it),
        cmocka_unit_test(returns_in_blocks_leave_the_method),
        cmocka_unit_test(inner_blocks_pass_captured_values_on),
        cmocka_unit_test(braces_fill_an_array),
        cmocka_unit_test(primitives_come_first),
        cmocka_unit_test(named_primitives_have_their_name_in_the_first_literal),
        cmocka_unit_test(other_pragmas_are_kept),
        cmocka_unit_test(deep_expressions_take_a_large_frame),
        cmocka_unit_test(statements_answer_the_last_value),
        cmocka_unit_test(long_jumps_have_an_extension),
    };
    return cmocka_run_group_tests(tests, start_compiler, NULL);
}
