/* primitives/float_text.c: printing against the C library's rounding, reading against strtod, fractions against GMP. */
#include "primitives/float_text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 100000 };

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Any finite float above zero; every fourth a short decimal, every fourth a power of two. */
static double draw(uint64_t *state)
{
    uint64_t bits = next_random(state);
    if (bits % 4 == 0)
        return (double)(1 + next_random(state) % 1000000000) / 1000;
    if (bits % 4 == 1)
        return ldexp(1, (int)(next_random(state) % 2098) - 1074);
    for (;;) {
        double value;
        bits = next_random(state) & INT64_MAX;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value) && value > 0)
            return value;
    }
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void assert_prints(double value, const char *expected)
{
    char text[FLOAT_TEXT_ROOM + 1];
    text[float_print(value, text)] = 0;
    assert_string_equal(text, expected);
}

static void floats_print_as_smalltalk_writes_them(void **state)
{
    (void)state;
    assert_prints(1, "1.0");
    assert_prints(-0.0, "-0.0");
    assert_prints(0.1, "0.1");
    assert_prints(0.1 + 0.2, "0.30000000000000004");
    assert_prints(100, "100.0");
    assert_prints(999999.5, "999999.5");
    assert_prints(1e6, "1.0e6");
    assert_prints(1e16, "1.0e16");
    assert_prints(0.0001, "0.0001");
    assert_prints(1e-5, "1.0e-5");
    assert_prints(5e-324, "5.0e-324");
    assert_prints(1.7976931348623157e308, "1.7976931348623157e308");
    assert_prints(0x1p-44, "5.684341886080802e-14");
    assert_prints(1e23, "1.0e23");
    assert_prints(-2.5, "-2.5");
    assert_prints(HUGE_VAL, "Float infinity");
    assert_prints(-HUGE_VAL, "Float infinity negated");
    assert_prints((double)NAN, "Float nan");
}

static void printed_floats_read_back(void **state)
{
    (void)state;
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < ROUNDS; i++) {
        double value = draw(&random), back = 0;
        char text[FLOAT_TEXT_ROOM + 1];
        size_t size = float_print(value, text);
        text[size] = 0;

        assert_int_equal(float_read(text, size, &back), FLOAT_READ_OK);

        assert_true(same_bits(value, back));
        assert_true(same_bits(value, strtod(text, NULL)));
    }
}

/* No shorter decimal reads back: the C library's best one of one digit less does not. */
static void no_shorter_decimal_reads_back(void **state)
{
    (void)state;
    uint64_t random = 2463534242u;
    for (int i = 0; i < ROUNDS; i++) {
        double value = draw(&random);
        char digits[FLOAT_DIGITS_ROOM], text[64];
        int exponent;
        int count = float_shortest_digits(value, digits, &exponent);
        assert_in_range(count, 1, 17);
        if (count == 1)
            continue;

        snprintf(text, sizeof text, "%.*e", count - 2, value);

        assert_false(same_bits(value, strtod(text, NULL)));
    }
}

static void long_decimals_read_correctly_rounded(void **state)
{
    (void)state;
    uint64_t random = 362436069u;
    for (int i = 0; i < ROUNDS; i++) {
        char text[128];
        double value = 0;
        int size = snprintf(
            text, sizeof text, "%llu.%llue%d", (unsigned long long)next_random(&random),
            (unsigned long long)next_random(&random), (int)(next_random(&random) % 700) - 350);

        assert_int_equal(float_read(text, (size_t)size, &value), FLOAT_READ_OK);

        assert_true(same_bits(value, strtod(text, NULL)));
    }
}

/* Exactly between two floats, and a little beside that. */
static void ties_go_to_even(void **state)
{
    (void)state;
    const char *texts[] = {"9007199254740993",        "9007199254740993.0000000000000000000001",
                           "9007199254740995",        "2.4703282292062327208e-324",
                           "2.4703282292062328e-324", "1.7976931348623158e308",
                           "1.7976931348623159e308"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value = 0;
        assert_int_equal(float_read(texts[i], strlen(texts[i]), &value), FLOAT_READ_OK);
        assert_true(same_bits(value, strtod(texts[i], NULL)));
    }
}

static void what_is_no_decimal_is_refused(void **state)
{
    (void)state;
    const char *texts[] = {"", "-", ".5", "1.", "1e", "1e+", "1.5x", "0x10", "nan", " 1", "1 "};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value;
        assert_int_equal(float_read(texts[i], strlen(texts[i]), &value), FLOAT_READ_SYNTAX);
    }
}

static void endless_exponents_are_infinite_or_zero(void **state)
{
    (void)state;
    double value = 1;

    assert_int_equal(float_read("1e99999999999999999999", 22, &value), FLOAT_READ_OK);
    assert_true(isinf(value));
    assert_int_equal(float_read("-1e-99999999999999999999", 24, &value), FLOAT_READ_OK);
    assert_true(same_bits(value, -0.0));
}

/* Three limbs over two against long arithmetic: |n / d - f| is never more than half a unit of f. */
static void fractions_are_rounded_to_the_nearest(void **state)
{
    (void)state;
    uint64_t random = 521288629u;
    for (int i = 0; i < ROUNDS / 10; i++) {
        mp_limb_t n[3] = {next_random(&random), next_random(&random), next_random(&random) | 1};
        mp_limb_t d[2] = {next_random(&random), next_random(&random) | 1};
        double value = 0;
        assert_true(
            float_from_fraction((struct big){n, 3, false}, (struct big){d, 2, false}, &value));

        mpq_t exact, low, high, distance_low, distance_high, distance;
        mpq_inits(exact, low, high, distance_low, distance_high, distance, NULL);
        mpz_import(mpq_numref(exact), 3, -1, 8, 0, 0, n);
        mpz_import(mpq_denref(exact), 2, -1, 8, 0, 0, d);
        mpq_canonicalize(exact);
        mpq_set_d(distance, value);
        mpq_set_d(low, nextafter(value, 0));
        mpq_set_d(high, nextafter(value, HUGE_VAL));
        mpq_sub(distance, exact, distance);
        mpq_abs(distance, distance);
        mpq_sub(distance_low, exact, low);
        mpq_sub(distance_high, high, exact);

        assert_true(mpq_cmp(distance, distance_low) <= 0);
        assert_true(mpq_cmp(distance, distance_high) <= 0);
        mpq_clears(exact, low, high, distance_low, distance_high, distance, NULL);
    }
}

static void large_integers_become_the_nearest_float(void **state)
{
    (void)state;
    mp_limb_t even_below[] = {0x800, 1}, odd_above[] = {0x1800, 1}, more[] = {0x801, 1};

    assert_true(same_bits(float_from_big((struct big){even_below, 2, false}), 0x1p64));
    assert_true(same_bits(float_from_big((struct big){odd_above, 2, false}), 0x1.0000000000002p64));
    assert_true(same_bits(float_from_big((struct big){more, 2, true}), -0x1.0000000000001p64));
}

static void comparison_with_integers_is_exact(void **state)
{
    (void)state;
    mp_limb_t limb;

    assert_true(float_compare_big(0x1p53, big_from_int64(((int64_t)1 << 53) + 1, &limb)) < 0);
    assert_true(float_compare_big(-0.5, big_from_int64(0, &limb)) < 0);
    assert_true(float_compare_big(0.5, big_from_int64(0, &limb)) > 0);
    assert_true(float_compare_big(-3, big_from_int64(-3, &limb)) == 0);
    assert_true(float_compare_big(1e300, big_from_int64(INT64_MAX, &limb)) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_print_as_smalltalk_writes_them),
        cmocka_unit_test(printed_floats_read_back),
        cmocka_unit_test(no_shorter_decimal_reads_back),
        cmocka_unit_test(long_decimals_read_correctly_rounded),
        cmocka_unit_test(ties_go_to_even),
        cmocka_unit_test(what_is_no_decimal_is_refused),
        cmocka_unit_test(endless_exponents_are_infinite_or_zero),
        cmocka_unit_test(fractions_are_rounded_to_the_nearest),
        cmocka_unit_test(large_integers_become_the_nearest_float),
        cmocka_unit_test(comparison_with_integers_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
