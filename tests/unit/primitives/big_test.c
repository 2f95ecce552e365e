/* primitives/big.c against GMP's own signed integers, on random operands of up to a dozen limbs. */
#include "primitives/big.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 20000, OPERAND_LIMBS = 12, ROOM_LIMBS = 64 };

struct operand {
    mp_limb_t limbs[OPERAND_LIMBS];
    struct big value;
    mpz_t expected;
};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Many short ones, limbs of all ones and all zeros among them: carries are where mistakes are. */
static void draw(struct operand *operand, uint64_t *state)
{
    mp_size_t count =
        (mp_size_t)(next_random(state) % (next_random(state) % 2 ? 3 : OPERAND_LIMBS));
    for (mp_size_t i = 0; i < count; i++) {
        uint64_t kind = next_random(state) % 8;
        operand->limbs[i] = kind == 0 ? 0 : kind == 1 ? UINT64_MAX : next_random(state);
    }
    while (count > 0 && operand->limbs[count - 1] == 0)
        count--;
    bool negative = count > 0 && next_random(state) % 2 == 0;
    operand->value = (struct big){operand->limbs, count, negative};
    mpz_init(operand->expected);
    mpz_import(operand->expected, (size_t)count, -1, sizeof(mp_limb_t), 0, 0, operand->limbs);
    if (negative)
        mpz_neg(operand->expected, operand->expected);
}

static void assert_same(struct big_result actual, const mpz_t expected)
{
    size_t count = mpz_size(expected);
    assert_int_equal(actual.count, count);
    assert_int_equal(actual.negative, mpz_sgn(expected) < 0);
    if (count > 0)
        assert_int_equal(mpn_cmp(actual.limbs, mpz_limbs_read(expected), (mp_size_t)count), 0);
}

struct fixture {
    struct operand a, b;
    mpz_t expected, other;
    mp_limb_t room[ROOM_LIMBS], other_room[ROOM_LIMBS];
    struct big_result result, other_result;
    uint64_t random;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof fixture);
    fixture.random = 88172645463325252u;
    mpz_init(fixture.expected);
    mpz_init(fixture.other);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    mpz_clear(f->expected);
    mpz_clear(f->other);
    return 0;
}

static void draw_both(struct fixture *f)
{
    draw(&f->a, &f->random);
    draw(&f->b, &f->random);
    f->result = (struct big_result){f->room, 0, false};
    f->other_result = (struct big_result){f->other_room, 0, false};
}

static void clear_both(struct fixture *f)
{
    mpz_clear(f->a.expected);
    mpz_clear(f->b.expected);
}

static void sums_and_differences_agree(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < ROUNDS; i++) {
        draw_both(f);

        big_add(&f->result, f->a.value, f->b.value);
        mpz_add(f->expected, f->a.expected, f->b.expected);
        assert_same(f->result, f->expected);
        big_subtract(&f->result, f->a.value, f->b.value);
        mpz_sub(f->expected, f->a.expected, f->b.expected);
        assert_same(f->result, f->expected);

        clear_both(f);
    }
}

static void products_agree_and_so_do_squares(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < ROUNDS; i++) {
        draw_both(f);

        big_multiply(&f->result, f->a.value, f->b.value);
        mpz_mul(f->expected, f->a.expected, f->b.expected);
        assert_same(f->result, f->expected);
        big_multiply(&f->result, f->a.value, f->a.value);
        mpz_mul(f->expected, f->a.expected, f->a.expected);
        assert_same(f->result, f->expected);

        clear_both(f);
    }
}

static void divisions_round_as_they_say(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < ROUNDS; i++) {
        draw_both(f);
        if (f->b.value.count > 0) {
            big_divide_truncated(&f->result, &f->other_result, f->a.value, f->b.value);
            mpz_tdiv_qr(f->expected, f->other, f->a.expected, f->b.expected);
            assert_same(f->result, f->expected);
            assert_same(f->other_result, f->other);

            big_divide_floored(&f->result, &f->other_result, f->a.value, f->b.value);
            mpz_fdiv_qr(f->expected, f->other, f->a.expected, f->b.expected);
            assert_same(f->result, f->expected);
            assert_same(f->other_result, f->other);
        }
        clear_both(f);
    }
}

static void bits_are_those_of_two_complement(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < ROUNDS; i++) {
        draw_both(f);

        big_bitwise(&f->result, BIG_AND, f->a.value, f->b.value);
        mpz_and(f->expected, f->a.expected, f->b.expected);
        assert_same(f->result, f->expected);
        big_bitwise(&f->result, BIG_OR, f->a.value, f->b.value);
        mpz_ior(f->expected, f->a.expected, f->b.expected);
        assert_same(f->result, f->expected);
        big_bitwise(&f->result, BIG_XOR, f->a.value, f->b.value);
        mpz_xor(f->expected, f->a.expected, f->b.expected);
        assert_same(f->result, f->expected);

        clear_both(f);
    }
}

static void shifts_to_the_right_round_down(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < ROUNDS; i++) {
        draw_both(f);
        int64_t distance = (int64_t)(next_random(&f->random) % 1000);

        big_shift(&f->result, f->a.value, distance);
        mpz_mul_2exp(f->expected, f->a.expected, (mp_bitcnt_t)distance);
        assert_same(f->result, f->expected);
        big_shift(&f->result, f->a.value, -distance);
        mpz_fdiv_q_2exp(f->expected, f->a.expected, (mp_bitcnt_t)distance);
        assert_same(f->result, f->expected);

        clear_both(f);
    }
}

static void order_divisors_and_roots_agree(void **state)
{
    struct fixture *f = *state;
    mp_limb_t scratch[ROOM_LIMBS];
    for (int i = 0; i < ROUNDS; i++) {
        draw_both(f);

        int order = big_compare(f->a.value, f->b.value);
        int expected = mpz_cmp(f->a.expected, f->b.expected);
        assert_int_equal((order > 0) - (order < 0), (expected > 0) - (expected < 0));
        big_gcd(&f->result, f->a.value, f->b.value, f->other_room, scratch);
        mpz_gcd(f->expected, f->a.expected, f->b.expected);
        assert_same(f->result, f->expected);
        f->a.value.negative = false;
        big_sqrt_floor(&f->result, f->a.value);
        mpz_abs(f->other, f->a.expected);
        mpz_sqrt(f->expected, f->other);
        assert_same(f->result, f->expected);

        clear_both(f);
    }
}

static void powers_agree(void **state)
{
    struct fixture *f = *state;
    mp_limb_t room[1024], scratch[1024];
    for (int i = 0; i < 2000; i++) {
        draw_both(f);
        uint64_t exponent = next_random(&f->random) % 40;
        assert_true(big_power_room(f->a.value, exponent) <= 1024);

        f->result.limbs = room;
        big_power(&f->result, f->a.value, exponent, scratch);
        mpz_pow_ui(f->expected, f->a.expected, exponent);
        assert_same(f->result, f->expected);

        clear_both(f);
    }
}

static void text_reads_back_in_every_base(void **state)
{
    struct fixture *f = *state;
    mp_limb_t scratch[ROOM_LIMBS];
    char text[1024];
    for (int i = 0; i < 4000; i++) {
        draw_both(f);
        int base = 2 + i % 35;
        f->a.value.negative = false;
        assert_true(big_text_room(f->a.value, base) <= sizeof text);

        size_t size = big_print(f->a.value, base, scratch, text);
        bool read = big_read(&f->result, (uint8_t *)text, size, base);

        assert_true(read);
        mpz_abs(f->expected, f->a.expected);
        assert_same(f->result, f->expected);
        clear_both(f);
    }
}

static void letters_that_are_no_digits_are_refused(void **state)
{
    struct fixture *f = *state;
    f->result = (struct big_result){f->room, 0, false};
    uint8_t binary[] = {'1', '0', '2'}, empty[1];

    assert_false(big_read(&f->result, binary, 3, 2));
    assert_false(big_read(&f->result, empty, 0, 10));
}

static void the_least_integer_of_64_bits_keeps_its_magnitude(void **state)
{
    (void)state;
    mp_limb_t limb;

    struct big least = big_from_int64(INT64_MIN, &limb);

    assert_true(least.negative);
    assert_int_equal(least.count, 1);
    assert_true(limb == (mp_limb_t)1 << 63);
    assert_int_equal(big_bit_length(least), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sums_and_differences_agree, set_up, tear_down),
        cmocka_unit_test_setup_teardown(products_agree_and_so_do_squares, set_up, tear_down),
        cmocka_unit_test_setup_teardown(divisions_round_as_they_say, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bits_are_those_of_two_complement, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shifts_to_the_right_round_down, set_up, tear_down),
        cmocka_unit_test_setup_teardown(order_divisors_and_roots_agree, set_up, tear_down),
        cmocka_unit_test_setup_teardown(powers_agree, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text_reads_back_in_every_base, set_up, tear_down),
        cmocka_unit_test_setup_teardown(letters_that_are_no_digits_are_refused, set_up, tear_down),
        cmocka_unit_test(the_least_integer_of_64_bits_keeps_its_magnitude),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
