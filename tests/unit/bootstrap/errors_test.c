/* Sources that are wrong: the sentence and the place. Nothing crashes, whatever the text. */
#include "compile_for_test.h"

#include "vm/base/utf8.h"

static void assert_error(const char *source, size_t offset, const char *sentence)
{
    const struct compiler_options options = {.portable = false};
    struct source_error error;
    struct code_description *code = compile_with(source, true, &options, &error);

    if (code != NULL)
        fail_msg("%s was compiled", source);
    assert_string_equal(error.sentence, sentence);
    assert_int_equal(error.offset, offset);
}

static void syntax_errors_name_what_is_missing(void **state)
{
    (void)state;

    assert_error("", 0, "the method's selector is missing");
    assert_error("foo ^(1 + 2", 11, ") is missing");
    assert_error("foo ^[1", 7, "] is missing");
    assert_error("foo ^1 +", 8, "an expression is missing");
    assert_error("foo ^x y: ", 10, "an expression is missing");
    assert_error("foo ^#(1 2", 10, "an element of the literal array or ) is missing");
    assert_error("foo ^#[1 256]", 9, "an integer from 0 to 255 or ] is missing");
    assert_error("foo ^'abc", 5, "the string that begins here has no end");
    assert_error("foo \"abc", 4, "the comment that begins here has no end");
    assert_error("foo 1 2", 6, "this does not go on from the expression before it");
    assert_error("foo ^1]", 6, "this bracket closes nothing");
    assert_error("foo | a", 7, "a temporary's name or | is missing");
    assert_error("foo: ", 5, "the name of an argument is missing");
    assert_error("foo 3; bar", 5, "a cascade must follow a message");
    assert_error("foo ^40r1", 5, "a radix is from 2 to 36");
    assert_error("foo ^16rG", 8, "a digit of radix 16 is missing");
    assert_error("foo ^1e999999999", 5, "the number has more than a million bits");
    assert_error("foo ^`x`", 5, "this character begins nothing");
}

static void names_must_be_known_and_writable(void **state)
{
    (void)state;

    assert_error("foo ^zork", 5, "undeclared variable 'zork'");
    assert_error("foo: x x := 1", 7, "x cannot be assigned");
    assert_error("foo [:x | x := 1]", 10, "x cannot be assigned");
    assert_error("foo self := 1", 4, "self cannot be assigned");
    assert_error("foo Object := 1", 4, "Object cannot be assigned");
    assert_error("foo ^super", 5, "super must be sent a message");
    assert_error("foo | a a |", 8, "a is declared twice");
    assert_error("foo: self", 5, "self is a reserved name");
    assert_error("foo <primitive: 1> <primitive: 2>", 20, "a method has at most one primitive");
    assert_error("foo <primitive: 0>", 5, "a primitive is a number from 1 to 32767 or a name");
}

static void text_must_be_utf8(void **state)
{
    (void)state;

    assert_error("foo ^'\xFF'", 6, "the text is not valid UTF-8");
    assert_error("foo ^'\xED\xA0\x80'", 6, "the text is not valid UTF-8");
    assert_error("foo ^'\xC0\x80'", 6, "the text is not valid UTF-8");
}

static struct text repeated(const char *start, const char *part, size_t count, const char *end)
{
    struct buffer buffer = {NULL, 0, 0};
    buffer_add(&buffer, start, strlen(start));
    for (size_t i = 0; i < count; i++)
        buffer_add(&buffer, part, strlen(part));
    buffer_add(&buffer, end, strlen(end) + 1);
    return (struct text){buffer.bytes, buffer.size - 1};
}

static void assert_refused(struct text source, const char *sentence)
{
    const struct compiler_options options = {.portable = false};
    struct source_error error;
    assert_null(compile_with(source.bytes, true, &options, &error));
    assert_non_null(strstr(error.sentence, sentence));
}

static void long_names_are_cut_between_characters(void **state)
{
    const struct compiler_options options = {.portable = false};
    struct source_error error;
    struct text source = repeated("foo ^x", "\xC3\xBC", 50, "");
    (void)state;

    assert_null(compile_with(source.bytes, true, &options, &error));
    assert_true(utf8_is_valid(error.sentence, strlen(error.sentence), NULL));
    assert_non_null(strstr(error.sentence, "undeclared variable 'x"));
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;

    assert_refused(repeated("foo ^", "(", 10000, "1"), "nested more than 200 deep");
    assert_refused(repeated("foo ^", "[", 10000, ""), "nested more than 200 deep");
    assert_refused(repeated("foo ^", "{", 10000, ""), "nested more than 200 deep");
    assert_refused(repeated("foo ^", "#(", 10000, ""), "nested more than 200 deep");
    assert_refused(repeated("foo ", "a := ", 10000, "1"), "nested more than 200 deep");
}

static void long_chains_and_cascades_are_compiled(void **state)
{
    (void)state;

    assert_int_equal(compiled(repeated("foo ^self", " bar", 10000, "").bytes)->byte_count, 10002);
    assert_int_equal(compiled(repeated("foo ^self", " + 1", 10000, "").bytes)->byte_count, 20002);
    assert_int_equal(compiled(repeated("foo self bar", "; bar", 10000, "").bytes)->literal_count,
                     3);
}

static void limits_are_errors(void **state)
{
    (void)state;

    assert_refused(repeated("foo ", "", 0,
                            "^self a: 1 b: 1 c: 1 d: 1 e: 1 f: 1 g: 1 h: 1 i: 1 j: 1 k: 1 l: 1 m: "
                            "1 n: 1 o: 1 p: 1"),
                   "a message has at most 15 arguments");
    assert_refused(repeated("foo ^", "1+(", 60, repeated("1", ")", 60, "").bytes),
                   "places in the frame");
    struct buffer names = {NULL, 0, 0};
    buffer_add(&names, "foo |", 5);
    for (int i = 0; i < 64; i++) {
        char name[16];
        buffer_add(&names, name, (size_t)snprintf(name, sizeof name, " t%d", i));
    }
    buffer_add(&names, "|\0", 2);
    assert_refused((struct text){names.bytes, names.size - 1}, "are more than 63");
    assert_refused(repeated("foo a ifTrue: [", "self bar. ", 20000, "]"), "longer than 32 KB");
}

/* A method with so many temporaries, each assigned in a block. */
static struct text sharing(int count)
{
    struct buffer source = {NULL, 0, 0};
    char part[32];
    buffer_add(&source, "foo |", 5);
    for (int i = 0; i < count; i++)
        buffer_add(&source, part, (size_t)snprintf(part, sizeof part, " t%d", i));
    buffer_add(&source, "| [", 3);
    for (int i = 0; i < count; i++)
        buffer_add(&source, part, (size_t)snprintf(part, sizeof part, "t%d := 1. ", i));
    buffer_add(&source, "] value. ^t0", 13);
    return (struct text){source.bytes, source.size - 1};
}

static void closures_share_at_most_127_variables(void **state)
{
    const struct compiler_options options = {.portable = false};
    struct source_error error;
    (void)state;

    assert_non_null(compiled(sharing(127).bytes));
    assert_refused(sharing(128), "128 variables that closures share are more than 127");
    assert_refused(sharing(300), "300 variables that closures share are more than 127");
    assert_null(compile_with(sharing(128).bytes, true, &options, &error));
    assert_int_equal(error.offset, 0);
}

static void positions_count_lines_and_characters(void **state)
{
    size_t line;
    size_t column;
    (void)state;

    source_position(text_from("a\r\nb\xC3\xBC"
                              "c\rd"),
                    6, &line, &column);
    assert_int_equal(line, 2);
    assert_int_equal(column, 3);
    source_position(text_from("a\r\nb\xC3\xBC"
                              "c\rd"),
                    8, &line, &column);
    assert_int_equal(line, 3);
    assert_int_equal(column, 1);
}

/* Every prefix of a rich source, and the source with each byte replaced, ends in code or in an error. */
static void mutilated_sources_end_in_code_or_an_error(void **state)
{
    static const char source[] =
        "at: x put: y <primitive: 61 error: ec> | t u | t := [:z | z + u. ^t]. u := {1. 2.5e3}. "
        "[a] whileTrue: [| v | v := #(1 $a 'q' #b (c)). self bar: [v := t]; baz]. "
        "^x ifNil: [super foo] ifNotNil: [:w | w , #[1 2] , 16rFF]";
    const struct compiler_options options = {.portable = false};
    static const char replacements[] = "[](){}.;:^#'\"$|<-1a \xC3";
    struct source_error error;
    char copy[sizeof source];
    (void)state;

    for (size_t i = 0; i < sizeof source; i++) {
        memcpy(copy, source, sizeof source);
        copy[i] = '\0';
        assert_true((compile_with(copy, true, &options, &error) == NULL) == error.failed);
        for (size_t j = 0; j + 1 < sizeof replacements && i + 1 < sizeof source; j++) {
            memcpy(copy, source, sizeof source);
            copy[i] = replacements[j];
            assert_true((compile_with(copy, true, &options, &error) == NULL) == error.failed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syntax_errors_name_what_is_missing),
        cmocka_unit_test(names_must_be_known_and_writable),
        cmocka_unit_test(text_must_be_utf8),
        cmocka_unit_test(long_names_are_cut_between_characters),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(long_chains_and_cascades_are_compiled),
        cmocka_unit_test(limits_are_errors),
        cmocka_unit_test(closures_share_at_most_127_variables),
        cmocka_unit_test(positions_count_lines_and_characters),
        cmocka_unit_test(mutilated_sources_end_in_code_or_an_error),
    };
    return cmocka_run_group_tests(tests, start_compiler, NULL);
}
