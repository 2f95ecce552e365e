/* Literals, above all numbers: every one is read exactly. */
#include "compile_for_test.h"

#include <math.h>

/* The literal that a method answers. */
static const struct literal *literal_of(const char *text)
{
    char source[2000];
    snprintf(source, sizeof source, "foo ^#(%s)", text);
    return compiled(source)->literals[0]->as.array.items[0];
}

static double float_of(const char *text)
{
    const struct literal *literal = literal_of(text);
    double value;
    assert_int_equal(literal->kind, LITERAL_FLOAT);
    memcpy(&value, &literal->as.float_bits, sizeof value);
    return value;
}

static int64_t integer_of(const char *text)
{
    const struct literal *literal = literal_of(text);
    assert_int_equal(literal->kind, LITERAL_INTEGER);
    return literal->as.integer;
}

static void integers_have_any_radix(void **state)
{
    (void)state;

    assert_int_equal(integer_of("0"), 0);
    assert_int_equal(integer_of("-17"), -17);
    assert_int_equal(integer_of("16rFF"), 255);
    assert_int_equal(integer_of("16rff"), 255);
    assert_int_equal(integer_of("-16rFF"), -255);
    assert_int_equal(integer_of("16r-FF"), -255);
    assert_int_equal(integer_of("2r1e4"), 16);
    assert_int_equal(integer_of("16r1e4"), 0x1e4);
    assert_int_equal(integer_of("36rZZ"), 1295);
    assert_int_equal(integer_of("1e3"), 1000);
    assert_int_equal(integer_of("2500e-2"), 25);
}

static void integers_have_any_size(void **state)
{
    (void)state;
    const struct literal *large = literal_of("16r123456789ABCDEF01");

    assert_true(integer_of("1152921504606846975") == ((int64_t)1 << 60) - 1);
    assert_true(integer_of("-1152921504606846976") == -((int64_t)1 << 60));
    assert_int_equal(literal_of("1152921504606846976")->kind, LITERAL_LARGE_INTEGER);
    assert_int_equal(large->as.large.size, 9);
    assert_int_equal(large->as.large.bytes[0], 0x01);
    assert_int_equal(large->as.large.bytes[8], 0x01);
    assert_false(large->as.large.negative);
    assert_true(literal_of("-16r123456789ABCDEF01")->as.large.negative);
    assert_int_equal(literal_of("1e100")->as.large.size, 42);
}

static void floats_are_the_nearest(void **state)
{
    static const char *const texts[] = {"0.0",
                                        "1.5",
                                        "0.1",
                                        "3.141592653589793",
                                        "1.0e22",
                                        "1.0e23",
                                        "123456789.123456789",
                                        "4.9e-324",
                                        "2.4703282292062327e-324",
                                        "2.4703282292062328e-324",
                                        "2.2250738585072014e-308",
                                        "1.7976931348623157e308",
                                        "9007199254740993.0",
                                        "9007199254740992.5",
                                        "0.3e1",
                                        "5.0e-5",
                                        "1.0e-400",
                                        "8.5e-310",
                                        "2.2250738585072011e-308",
                                        "1.00000000000000011102230246251565"};
    (void)state;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double expected = strtod(texts[i], NULL);
        double actual = float_of(texts[i]);
        if (memcmp(&expected, &actual, sizeof expected) != 0)
            fail_msg("%s: %a, not %a", texts[i], actual, expected);
    }
}

static void random_floats_read_like_strtod(void **state)
{
    uint64_t seed = 88172645463325252u;
    (void)state;

    for (int i = 0; i < 20000; i++) {
        char text[80];
        double value;
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        uint64_t bits = seed & ~((uint64_t)1 << 63);
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        snprintf(text, sizeof text, "%.*e", (int)(seed % 20) + 1, value);
        char *plus = strchr(text, '+');
        if (plus != NULL)
            memmove(plus, plus + 1, strlen(plus));
        if (float_of(text) != strtod(text, NULL))
            fail_msg("%s is %a, not %a", text, float_of(text), strtod(text, NULL));
    }
}

static void floats_go_to_infinity_and_zero(void **state)
{
    (void)state;

    assert_true(isinf(float_of("1.0e400")));
    assert_true(isinf(float_of("1.0e999999999999")));
    assert_true(float_of("1.0e-999999999999") == 0.0);
    assert_true(signbit(float_of("-0.0")));
    assert_true(float_of("-1.5e2") == -150.0);
    assert_true(float_of("16r1.8") == 1.5);
    assert_true(float_of("2r1.1e3") == 12.0);
}

static void exact_fractions_stay_exact(void **state)
{
    (void)state;
    const struct literal *fraction = literal_of("1e-3");
    const struct literal *decimal = literal_of("1.50s2");
    const struct literal *whole = literal_of("3s");

    assert_int_equal(fraction->kind, LITERAL_FRACTION);
    assert_int_equal(fraction->as.ratio.denominator->as.integer, 1000);
    assert_int_equal(decimal->kind, LITERAL_SCALED_DECIMAL);
    assert_int_equal(decimal->as.ratio.numerator->as.integer, 3);
    assert_int_equal(decimal->as.ratio.denominator->as.integer, 2);
    assert_int_equal(decimal->as.ratio.scale, 2);
    assert_int_equal(whole->as.ratio.denominator->as.integer, 1);
    assert_int_equal(whole->as.ratio.scale, 0);
    assert_int_equal(literal_of("0.1s")->as.ratio.scale, 1);
}

static void letters_behind_a_number_are_messages(void **state)
{
    (void)state;

    assert_method("foo ^2 even", "e8 02 80 5c");
    assert_method("foo ^3-4", "e8 03 e8 04 61 5c");
    assert_method("foo ^3--4", "e8 03 e1 ff e8 fc 61 5c");
    assert_method("foo ^3 -4", "e8 03 e8 04 61 5c");
    assert_method("foo: x ^x>-1", "40 e1 ff e8 ff 63 5c");
    assert_method("foo 3.", "58");
}

static void arrays_nest_and_take_bare_words(void **state)
{
    (void)state;
    const struct literal *array =
        compiled("foo ^#(foo bar: at:put: #+ - -3 true #true nil $a 'it''s' (1 2) #(3) [4 5] #[6] "
                 "#at:put: #'x y' 1.5 | a|b)")
            ->literals[0];
    const struct literal *const *items = array->as.array.items;

    assert_int_equal(array->as.array.count, 22);
    assert_true(text_is(items[0]->as.text, "foo"));
    assert_true(text_is(items[1]->as.text, "bar:"));
    assert_true(text_is(items[2]->as.text, "at:put:"));
    assert_true(text_is(items[3]->as.text, "+"));
    assert_true(text_is(items[4]->as.text, "-"));
    assert_int_equal(items[5]->as.integer, -3);
    assert_int_equal(items[6]->kind, LITERAL_TRUE);
    assert_int_equal(items[7]->kind, LITERAL_SYMBOL);
    assert_int_equal(items[8]->kind, LITERAL_NIL);
    assert_int_equal(items[9]->as.character, 'a');
    assert_true(text_is(items[10]->as.text, "it's"));
    assert_int_equal(items[11]->as.array.count, 2);
    assert_int_equal(items[12]->as.array.count, 1);
    assert_int_equal(items[13]->kind, LITERAL_BYTE_ARRAY);
    assert_int_equal(items[14]->as.text.size, 1);
    assert_true(text_is(items[15]->as.text, "at:put:"));
    assert_true(text_is(items[16]->as.text, "x y"));
    assert_int_equal(items[17]->kind, LITERAL_FLOAT);
    assert_true(text_is(items[18]->as.text, "|"));
}

static void text_is_utf8(void **state)
{
    (void)state;

    assert_int_equal(literal_of("$\xF0\x9F\x98\x80")->as.character, 0x1F600);
    assert_true(text_is(literal_of("'gr\xC3\xBC\xC3\x9F'")->as.text, "gr\xC3\xBC\xC3\x9F"));
    assert_method("foo: gr\xC3\xBC\xC3\x9F ^gr\xC3\xBC\xC3\x9F", "40 5c");
}

static void equal_numbers_and_symbols_share_one_literal_but_strings_do_not(void **state)
{
    (void)state;

    assert_int_equal(compiled("foo ^#a -> #a")->literal_count, 4);
    assert_int_equal(compiled("foo ^1.5 + 1.5")->literal_count, 3);
    assert_int_equal(compiled("foo ^'a' , 'a'")->literal_count, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_have_any_radix),
        cmocka_unit_test(integers_have_any_size),
        cmocka_unit_test(floats_are_the_nearest),
        cmocka_unit_test(random_floats_read_like_strtod),
        cmocka_unit_test(floats_go_to_infinity_and_zero),
        cmocka_unit_test(exact_fractions_stay_exact),
        cmocka_unit_test(letters_behind_a_number_are_messages),
        cmocka_unit_test(arrays_nest_and_take_bare_words),
        cmocka_unit_test(text_is_utf8),
        cmocka_unit_test(equal_numbers_and_symbols_share_one_literal_but_strings_do_not),
    };
    return cmocka_run_group_tests(tests, start_compiler, NULL);
}
