/* Tags and immediates: what fits in a word, what does not, and that what fits comes back bit by bit. */
#include "vm/object/object.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static double float_from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* An IEEE double from its fields. */
static double float_of(unsigned sign, unsigned exponent, uint64_t fraction)
{
    return float_from_bits((uint64_t)sign << 63 | (uint64_t)exponent << 52 | fraction);
}

static void the_all_zero_word_is_no_oop(void **state)
{
    (void)state;
    oop none = NO_OOP;

    assert_true(oop_is_none(none));

    assert_false(oop_is_none(oop_from_integer(0)));
    assert_false(oop_is_none(oop_from_character(0)));
    assert_false(oop_is_none(oop_from_float(0.0)));
}

static void small_integers_come_back_at_their_limits(void **state)
{
    (void)state;
    int64_t values[] = {0,
                        1,
                        -1,
                        7,
                        -8,
                        SMALL_INTEGER_MAX,
                        SMALL_INTEGER_MIN,
                        SMALL_INTEGER_MAX - 1,
                        SMALL_INTEGER_MIN + 1,
                        INT32_MAX,
                        INT32_MIN};

    for (size_t i = 0; i < COUNT(values); i++) {
        oop value = oop_from_integer(values[i]);

        assert_true(integer_fits_oop(values[i]));
        assert_true(oop_is_integer(value));
        assert_true(oop_is_immediate(value));
        assert_false(oop_is_object(value) || oop_is_character(value) || oop_is_float(value));
        assert_int_equal(oop_to_integer(value), values[i]);
    }
}

static void small_integers_have_61_bits(void **state)
{
    (void)state;

    assert_int_equal(SMALL_INTEGER_MAX, 1152921504606846975);
    assert_int_equal(SMALL_INTEGER_MIN, -1152921504606846976);
    assert_false(integer_fits_oop(SMALL_INTEGER_MAX + 1));
    assert_false(integer_fits_oop(SMALL_INTEGER_MIN - 1));
    assert_false(integer_fits_oop(INT64_MAX));
    assert_false(integer_fits_oop(INT64_MIN));
}

static void the_words_of_immediates_are_those_of_the_format(void **state)
{
    (void)state;

    assert_int_equal(oop_from_integer(1).bits, 9);
    assert_int_equal(oop_from_integer(-1).bits, UINT64_MAX - 6);
    assert_int_equal(oop_from_character('a').bits, 97 * 8 + 2);
    assert_int_equal(oop_from_float(0.0).bits, 4);
    assert_int_equal(oop_from_float(-0.0).bits, 12);
    /* 1.0 is 0x3FF << 52: rotated 0x3FF << 53, less 896 << 53 is 127 << 53, shifted left by three 127 << 56. */
    assert_int_equal(oop_from_float(1.0).bits, ((uint64_t)127 << 56) + 4);
}

static void two_integers_are_told_from_one_and_something_else(void **state)
{
    (void)state;
    oop one = oop_from_integer(1);

    assert_true(oop_are_integers(one, oop_from_integer(SMALL_INTEGER_MIN)));
    assert_false(oop_are_integers(one, oop_from_character(1)));
    assert_false(oop_are_integers(oop_from_float(1.0), one));
}

static void characters_come_back_over_the_whole_of_unicode(void **state)
{
    (void)state;
    uint32_t points[] = {0, 'a', 127, 128, 255, 256, 0xD7FF, 0xFFFD, 0xFFFF, 0x10000, 0x10FFFF};

    for (size_t i = 0; i < COUNT(points); i++) {
        oop value = oop_from_character(points[i]);

        assert_true(oop_is_character(value));
        assert_false(oop_is_integer(value) || oop_is_float(value) || oop_is_object(value));
        assert_int_equal(oop_to_character(value), points[i]);
    }
}

static void assert_float_fits(double number)
{
    assert_true(float_fits_oop(number));
    oop value = oop_from_float(number);
    assert_true(oop_is_float(value));
    assert_false(oop_is_integer(value) || oop_is_character(value) || oop_is_object(value));
    assert_int_equal(bits_of(oop_to_float(value)), bits_of(number));
    oop same = NO_OOP;
    assert_true(oop_from_float_if_fits(number, &same));
    assert_true(oop_same(same, value));
}

static void assert_float_does_not_fit(double number)
{
    oop ignored;
    assert_false(float_fits_oop(number));
    assert_false(oop_from_float_if_fits(number, &ignored));
}

static void floats_inside_the_range_come_back_bit_by_bit(void **state)
{
    (void)state;
    uint64_t fractions[] = {0, 1, 2, ((uint64_t)1 << 52) - 1, ((uint64_t)1 << 51), 0x5555555555555};

    for (unsigned exponent = 897; exponent <= 1151; exponent++)
        for (size_t i = 0; i < COUNT(fractions); i++) {
            assert_float_fits(float_of(0, exponent, fractions[i]));
            assert_float_fits(float_of(1, exponent, fractions[i]));
        }
}

static void both_zeros_fit_and_stay_apart(void **state)
{
    (void)state;

    assert_float_fits(0.0);
    assert_float_fits(-0.0);
    assert_false(oop_same(oop_from_float(0.0), oop_from_float(-0.0)));
    assert_true(signbit(oop_to_float(oop_from_float(-0.0))));
}

static void the_lowest_exponent_fits_but_for_the_words_of_the_zeros(void **state)
{
    (void)state;

    assert_float_fits(float_of(0, 896, 1));
    assert_float_fits(float_of(1, 896, 1));
    assert_float_fits(float_of(0, 896, ((uint64_t)1 << 52) - 1));
    assert_float_does_not_fit(float_of(0, 896, 0));
    assert_float_does_not_fit(float_of(1, 896, 0));
}

static void floats_just_outside_the_range_do_not_fit(void **state)
{
    (void)state;
    uint64_t most = ((uint64_t)1 << 52) - 1;

    for (unsigned sign = 0; sign < 2; sign++) {
        assert_float_does_not_fit(float_of(sign, 895, most));
        assert_float_does_not_fit(float_of(sign, 1152, 0));
        assert_float_does_not_fit(float_of(sign, 0, 1));
        assert_float_does_not_fit(float_of(sign, 0, most));
        assert_float_does_not_fit(float_of(sign, 2046, most));
    }
    assert_float_fits(float_of(0, 1151, most));
    assert_float_fits(float_of(1, 1151, most));
}

static void infinities_and_nans_do_not_fit(void **state)
{
    (void)state;

    assert_float_does_not_fit((double)INFINITY);
    assert_float_does_not_fit(-(double)INFINITY);
    assert_float_does_not_fit((double)NAN);
    assert_float_does_not_fit(-(double)NAN);
    assert_float_does_not_fit(float_of(0, 2047, 1));
    assert_float_does_not_fit(float_of(1, 2047, ((uint64_t)1 << 52) - 1));
}

static void different_floats_have_different_words(void **state)
{
    (void)state;
    double values[] = {0.0,
                       -0.0,
                       float_of(0, 896, 1),
                       float_of(1, 896, 1),
                       float_of(0, 897, 0),
                       1e-38,
                       1.0,
                       nextafter(1.0, 2.0),
                       -1.0,
                       float_of(0, 1151, 0)};

    for (size_t i = 0; i < COUNT(values); i++)
        for (size_t j = 0; j < i; j++)
            assert_false(oop_same(oop_from_float(values[i]), oop_from_float(values[j])));
}

static void a_tag_is_the_class_index_of_its_immediates(void **state)
{
    (void)state;

    assert_int_equal(oop_class_index(oop_from_integer(-5)), 1);
    assert_int_equal(oop_class_index(oop_from_character('x')), 2);
    assert_int_equal(oop_class_index(oop_from_float(2.5)), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_all_zero_word_is_no_oop),
        cmocka_unit_test(small_integers_come_back_at_their_limits),
        cmocka_unit_test(small_integers_have_61_bits),
        cmocka_unit_test(the_words_of_immediates_are_those_of_the_format),
        cmocka_unit_test(two_integers_are_told_from_one_and_something_else),
        cmocka_unit_test(characters_come_back_over_the_whole_of_unicode),
        cmocka_unit_test(floats_inside_the_range_come_back_bit_by_bit),
        cmocka_unit_test(both_zeros_fit_and_stay_apart),
        cmocka_unit_test(the_lowest_exponent_fits_but_for_the_words_of_the_zeros),
        cmocka_unit_test(floats_just_outside_the_range_do_not_fit),
        cmocka_unit_test(infinities_and_nans_do_not_fit),
        cmocka_unit_test(different_floats_have_different_words),
        cmocka_unit_test(a_tag_is_the_class_index_of_its_immediates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
