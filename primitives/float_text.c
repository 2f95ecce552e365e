#include "primitives/float_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FRACTION_BITS = 52, EXPONENT_BIAS = 1075, SMALLEST_EXPONENT = -1074 };

/* A natural number large enough for every step of printing: 1076 bits and a factor of ten. */
enum { NATURAL_LIMBS = 24 };
struct natural {
    mp_limb_t limbs[NATURAL_LIMBS];
    mp_size_t count;
};

static const double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* value = fraction * 2^exponent, exactly; value is finite and not negative. */
static uint64_t take_apart(double value, int *exponent)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t fraction = bits & (((uint64_t)1 << FRACTION_BITS) - 1);
    int biased = (int)(bits >> FRACTION_BITS & 0x7FF);
    *exponent = biased == 0 ? SMALLEST_EXPONENT : biased - EXPONENT_BIAS;
    return biased == 0 ? fraction : fraction | (uint64_t)1 << FRACTION_BITS;
}

/* --- printing ----------------------------------------------------------------------------------------------------------- */

static void natural_multiply(struct natural *a, mp_limb_t factor)
{
    mp_limb_t carry = a->count == 0 ? 0 : mpn_mul_1(a->limbs, a->limbs, a->count, factor);
    if (carry != 0)
        a->limbs[a->count++] = carry;
    viv_assert(a->count < NATURAL_LIMBS, "numbers in printing stay below 1536 bits");
}

static void natural_multiply_by_ten(struct natural *a, int times)
{
    for (; times >= 19; times -= 19)
        natural_multiply(a, 10000000000000000000u);
    mp_limb_t factor = 1;
    for (; times > 0; times--)
        factor *= 10;
    natural_multiply(a, factor);
}

static void natural_set(struct natural *a, uint64_t value, int shift)
{
    int limbs = shift / BIG_LIMB_BITS, bits = shift % BIG_LIMB_BITS;
    memset(a->limbs, 0, sizeof a->limbs);
    a->limbs[limbs] = value << bits;
    a->limbs[limbs + 1] = bits == 0 ? 0 : value >> (BIG_LIMB_BITS - bits);
    a->count = limbs + (a->limbs[limbs + 1] != 0 ? 2 : 1);
}

static int natural_compare(const struct natural *a, const struct natural *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    return a->count == 0 ? 0 : mpn_cmp(a->limbs, b->limbs, a->count);
}

static void natural_trim(struct natural *a)
{
    while (a->count > 0 && a->limbs[a->count - 1] == 0)
        a->count--;
}

/* Order of a + b against c. */
static int compare_sum(const struct natural *a, const struct natural *b, const struct natural *c)
{
    const struct natural *longer = a->count >= b->count ? a : b;
    const struct natural *shorter = longer == a ? b : a;
    struct natural sum;
    sum.limbs[longer->count] =
        mpn_add(sum.limbs, longer->limbs, longer->count, shorter->limbs, shorter->count);
    sum.count = longer->count + 1;
    natural_trim(&sum);
    return natural_compare(&sum, c);
}

/* The digit a / b, which is below ten; a becomes the rest. */
static int take_digit(struct natural *a, const struct natural *b)
{
    int digit = 0;
    while (natural_compare(a, b) >= 0) {
        mpn_sub(a->limbs, a->limbs, a->count, b->limbs, b->count);
        natural_trim(a);
        digit++;
    }
    return digit;
}

/*
 * value = rest / scale; half the gaps to its neighbours are below / scale and above / scale. Invariant of printing: what the
 * digits so far leave out is rest / scale in units of the last digit.
 */
struct printing {
    struct natural rest, scale, below, above;
    bool even; /* the ends of the interval read back as value too */
};

static void start_printing(struct printing *p, double value)
{
    int exponent;
    uint64_t fraction = take_apart(value, &exponent);
    bool narrow = fraction == (uint64_t)1 << FRACTION_BITS && exponent > SMALLEST_EXPONENT;
    int extra = narrow ? 2 : 1;
    int up = exponent > 0 ? exponent : 0, down = exponent > 0 ? 0 : -exponent;
    natural_set(&p->rest, fraction, up + extra);
    natural_set(&p->scale, 1, down + extra);
    natural_set(&p->below, 1, up);
    natural_set(&p->above, 1, up + extra - 1);
    p->even = (fraction & 1) == 0;
}

/* Scales by powers of ten until 0.1 <= rest / scale < 1 with rounding up counted in; answers the exponent. */
static int scale_to_first_digit(struct printing *p, double value)
{
    int exponent = (int)ceil(log10(value) - 1e-10);
    if (exponent >= 0) {
        natural_multiply_by_ten(&p->scale, exponent);
    } else {
        natural_multiply_by_ten(&p->rest, -exponent);
        natural_multiply_by_ten(&p->below, -exponent);
        natural_multiply_by_ten(&p->above, -exponent);
    }
    int order = compare_sum(&p->rest, &p->above, &p->scale);
    if (order > 0 || (order == 0 && p->even)) {
        natural_multiply(&p->scale, 10);
        exponent++;
    }
    return exponent;
}

static int generate_digits(struct printing *p, char *digits)
{
    for (int count = 0;; count++) {
        natural_multiply(&p->rest, 10);
        natural_multiply(&p->below, 10);
        natural_multiply(&p->above, 10);
        int digit = take_digit(&p->rest, &p->scale);
        int low = natural_compare(&p->rest, &p->below);
        int high = compare_sum(&p->rest, &p->above, &p->scale);
        bool low_enough = low < 0 || (low == 0 && p->even);
        bool high_enough = high > 0 || (high == 0 && p->even);
        if (low_enough || high_enough) {
            int half = compare_sum(&p->rest, &p->rest, &p->scale);
            bool nearer_up = half > 0 || (half == 0 && (digit & 1) != 0);
            bool up = high_enough && (!low_enough || nearer_up);
            digits[count] = (char)('0' + digit + (up ? 1 : 0));
            return count + 1;
        }
        digits[count] = (char)('0' + digit);
    }
}

static int print_natural(uint64_t value, char *digits)
{
    char reversed[FLOAT_DIGITS_ROOM];
    int count = 0;
    for (; value > 0; value /= 10)
        reversed[count++] = (char)('0' + value % 10);
    for (int i = 0; i < count; i++)
        digits[i] = reversed[count - 1 - i];
    return count;
}

/* Most floats in programs are decimals of at most 15 digits, and those are unique: no other of that length reads back. */
static int short_digits(double value, char *digits, int *exponent)
{
    if (value >= 1e15 || value < 1e-5)
        return 0;
    for (int places = 0; places <= 15; places++) {
        double scaled = value * powers_of_ten[places];
        if (scaled >= 1e15)
            return 0;
        uint64_t rounded = (uint64_t)(scaled + 0.5);
        if (rounded == 0 || (double)rounded / powers_of_ten[places] != value)
            continue;
        int count = print_natural(rounded, digits);
        *exponent = count - places;
        while (count > 1 && digits[count - 1] == '0')
            count--;
        return count;
    }
    return 0;
}

int float_shortest_digits(double value, char *digits, int *exponent)
{
    int count = short_digits(value, digits, exponent);
    if (count > 0)
        return count;
    struct printing p;
    start_printing(&p, value);
    *exponent = scale_to_first_digit(&p, value);
    return generate_digits(&p, digits);
}

static size_t append_bytes(char *text, size_t size, const char *bytes, size_t count)
{
    memcpy(text + size, bytes, count);
    return size + count;
}

static size_t append_zeros(char *text, size_t size, int count)
{
    for (int i = 0; i < count; i++)
        text[size++] = '0';
    return size;
}

/* d.ddde±dd */
static size_t print_scientific(char *text, size_t size, const char *digits, int count, int power)
{
    text[size++] = digits[0];
    text[size++] = '.';
    size = count > 1 ? append_bytes(text, size, digits + 1, (size_t)count - 1)
                     : append_zeros(text, size, 1);
    text[size++] = 'e';
    if (power < 0)
        text[size++] = '-';
    char number[FLOAT_DIGITS_ROOM];
    int length = print_natural((uint64_t)(power < 0 ? -power : power), number);
    return append_bytes(text, size, number, (size_t)length);
}

size_t float_print(double value, char *text)
{
    size_t size = 0;
    if (isnan(value))
        return append_bytes(text, 0, "Float nan", 9);
    if (isinf(value))
        return value > 0 ? append_bytes(text, 0, "Float infinity", 14)
                         : append_bytes(text, 0, "Float infinity negated", 22);
    if (signbit(value))
        text[size++] = '-';
    value = fabs(value);
    if (value == 0)
        return append_bytes(text, size, "0.0", 3);
    char digits[FLOAT_DIGITS_ROOM];
    int exponent, count = float_shortest_digits(value, digits, &exponent);
    if (exponent < -3 || exponent > 6)
        return print_scientific(text, size, digits, count, exponent - 1);
    if (exponent <= 0) {
        size = append_bytes(text, size, "0.", 2);
        size = append_zeros(text, size, -exponent);
        return append_bytes(text, size, digits, (size_t)count);
    }
    int whole = count < exponent ? count : exponent;
    size = append_bytes(text, size, digits, (size_t)whole);
    size = append_zeros(text, size, exponent - whole);
    text[size++] = '.';
    return count > whole ? append_bytes(text, size, digits + whole, (size_t)(count - whole))
                         : append_zeros(text, size, 1);
}

/* --- rounding ----------------------------------------------------------------------------------------------------------- */

double float_round(uint64_t mantissa, bool more, int64_t exponent, bool negative)
{
    if (mantissa == 0)
        return negative ? -0.0 : 0.0;
    int zeros = __builtin_clzl(mantissa);
    mantissa <<= zeros;
    exponent -= zeros;
    if (exponent > 1024)
        return negative ? -HUGE_VAL : HUGE_VAL;
    /* 64 bits are there, 53 stay, fewer for subnormals: dropping `excess` of them must leave at least 2^-1074. */
    int64_t excess = 11;
    if (exponent + excess < SMALLEST_EXPONENT)
        excess = SMALLEST_EXPONENT - exponent;
    if (excess > 64)
        return negative ? -0.0 : 0.0;
    uint64_t kept = excess == 64 ? 0 : mantissa >> excess;
    uint64_t dropped = excess == 64 ? mantissa : mantissa << (64 - excess);
    uint64_t half = (uint64_t)1 << 63;
    if (dropped > half || (dropped == half && (more || (kept & 1) != 0)))
        kept++;
    double result = ldexp((double)kept, (int)(exponent + excess));
    return negative ? -result : result;
}

double float_from_big(struct big a)
{
    if (a.count == 0)
        return 0.0;
    mp_limb_t top = a.limbs[a.count - 1];
    if (a.count == 1)
        return float_round(top, false, 0, a.negative);
    int zeros = __builtin_clzl(top);
    mp_limb_t next = a.limbs[a.count - 2];
    uint64_t mantissa = zeros == 0 ? top : top << zeros | next >> (64 - zeros);
    bool more = zeros == 0 ? next != 0 : next << zeros != 0;
    if (a.count > 2 && !more)
        more = !mpn_zero_p(a.limbs, a.count - 2);
    int64_t exponent = ((int64_t)a.count - 1) * BIG_LIMB_BITS - zeros;
    return float_round(mantissa, more, exponent, a.negative);
}

void float_to_big(double value, struct big_result *result)
{
    int exponent;
    uint64_t fraction = take_apart(fabs(value), &exponent);
    mp_limb_t limb = fraction;
    if (exponent < 0)
        limb = exponent <= -64 ? 0 : fraction >> -exponent;
    struct big whole = {&limb, limb != 0, value < 0};
    big_shift(result, whole, exponent > 0 ? exponent : 0);
}

int float_compare_big(double value, struct big a)
{
    mp_limb_t room[FLOAT_INTEGER_ROOM];
    struct big_result whole = {room, 0, false};
    float_to_big(value, &whole);
    int order = big_compare(big_of(&whole), a);
    if (order != 0)
        return order;
    double rest = value - trunc(value);
    return rest < 0 ? -1 : rest > 0;
}

bool float_from_fraction(struct big numerator, struct big denominator, double *result)
{
    bool negative = numerator.negative != denominator.negative;
    numerator.negative = denominator.negative = false;
    if (numerator.count == 0) {
        *result = 0.0;
        return true;
    }
    /* Shifted so that the quotient has 63 or 64 bits; its remainder says whether there is more. */
    int64_t shift = 63 - (int64_t)(big_bit_length(numerator) - big_bit_length(denominator));
    struct big longer = shift >= 0 ? numerator : denominator;
    struct big shifted_by = shift >= 0 ? denominator : numerator;
    size_t shift_room = big_shift_room(longer, shift >= 0 ? shift : -shift);
    size_t rest_room = shift_room + (size_t)shifted_by.count + 1;
    mp_limb_t *room = malloc((shift_room + 2 * rest_room + 2) * sizeof *room);
    if (room == NULL)
        return false;
    struct big_result shifted = {room, 0, false};
    struct big_result rest = {room + shift_room, 0, false};
    struct big_result quotient = {room + shift_room + rest_room, 0, false};
    big_shift(&shifted, longer, shift >= 0 ? shift : -shift);
    struct big dividend = shift >= 0 ? big_of(&shifted) : numerator;
    struct big divisor = shift >= 0 ? denominator : big_of(&shifted);
    big_divide_truncated(&quotient, &rest, dividend, divisor);
    viv_assert(quotient.count == 1, "the shift makes a quotient of one limb");
    *result = float_round(quotient.limbs[0], rest.count > 0, -shift, negative);
    free(room);
    return true;
}

/* --- reading ------------------------------------------------------------------------------------------------------------ */

/* What was read: digits * 10^exponent. */
struct decimal {
    uint8_t *digits;
    size_t count;
    int64_t exponent;
    bool negative;
};

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static size_t read_digits(const char *text, size_t at, size_t size, struct decimal *decimal)
{
    for (; at < size && is_digit(text[at]); at++)
        if (decimal->count > 0 || text[at] != '0')
            decimal->digits[decimal->count++] = (uint8_t)text[at];
    return at;
}

/* Answers where the exponent ends, or 0 when there is none. Huge ones stay huge without overflow. */
static size_t read_exponent(const char *text, size_t at, size_t size, int64_t *exponent)
{
    bool negative = at < size && text[at] == '-';
    if (at < size && (text[at] == '-' || text[at] == '+'))
        at++;
    if (at >= size || !is_digit(text[at]))
        return 0;
    int64_t value = 0;
    for (; at < size && is_digit(text[at]); at++)
        if (value < INT64_C(1) << 50)
            value = value * 10 + (text[at] - '0');
    *exponent += negative ? -value : value;
    return at;
}

static bool read_decimal(const char *text, size_t size, struct decimal *decimal)
{
    size_t at = size > 0 && text[0] == '-' ? 1 : 0;
    decimal->negative = at == 1;
    if (at >= size || !is_digit(text[at]))
        return false;
    at = read_digits(text, at, size, decimal);
    if (at < size && text[at] == '.') {
        size_t start = at + 1;
        at = read_digits(text, start, size, decimal);
        if (at == start)
            return false;
        decimal->exponent = -(int64_t)(at - start);
    }
    if (at < size && memchr("eEdq", text[at], 4) != NULL) {
        at = read_exponent(text, at + 1, size, &decimal->exponent);
        if (at == 0)
            return false;
    }
    return at == size;
}

/* Few digits and a small power of ten are exact floats: one operation rounds once. */
static bool read_short(const struct decimal *decimal, double *result)
{
    if (decimal->count > 15 || decimal->exponent > 22 || decimal->exponent < -22)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < decimal->count; i++)
        value = value * 10 + (uint64_t)(decimal->digits[i] - '0');
    *result = decimal->exponent < 0 ? (double)value / powers_of_ten[-decimal->exponent]
                                    : (double)value * powers_of_ten[decimal->exponent];
    return true;
}

static bool read_long(struct decimal *decimal, double *result)
{
    uint64_t power = (uint64_t)(decimal->exponent < 0 ? -decimal->exponent : decimal->exponent);
    mp_limb_t ten = 10;
    struct big base = {&ten, 1, false};
    size_t digits_room = big_read_room(decimal->count, 10);
    size_t power_room = big_power_room(base, power);
    size_t product_room = digits_room + power_room;
    mp_limb_t *room = malloc((digits_room + 2 * power_room + product_room) * sizeof *room);
    if (room == NULL)
        return false;
    struct big_result digits = {room, 0, false};
    struct big_result scale = {room + digits_room, 0, false};
    struct big_result product = {scale.limbs + 2 * power_room, 0, false};
    bool read = big_read(&digits, decimal->digits, decimal->count, 10);
    viv_assert(read, "only digits were collected");
    big_power(&scale, base, power, scale.limbs + power_room);
    bool done = true;
    if (decimal->exponent < 0) {
        done = float_from_fraction(big_of(&digits), big_of(&scale), result);
    } else {
        big_multiply(&product, big_of(&digits), big_of(&scale));
        *result = float_from_big(big_of(&product));
    }
    free(room);
    return done;
}

enum float_read_result float_read(const char *text, size_t size, double *result)
{
    struct decimal decimal = {malloc(size + 1), 0, 0, false};
    if (decimal.digits == NULL)
        return FLOAT_READ_NO_MEMORY;
    enum float_read_result outcome = FLOAT_READ_OK;
    if (!read_decimal(text, size, &decimal)) {
        outcome = FLOAT_READ_SYNTAX;
    } else {
        int64_t magnitude = (int64_t)decimal.count + decimal.exponent;
        if (decimal.count == 0 || magnitude < -330)
            *result = 0.0;
        else if (magnitude > 310)
            *result = HUGE_VAL;
        else if (!read_short(&decimal, result) && !read_long(&decimal, result))
            outcome = FLOAT_READ_NO_MEMORY;
        if (outcome == FLOAT_READ_OK && decimal.negative)
            *result = -*result;
    }
    free(decimal.digits);
    return outcome;
}
