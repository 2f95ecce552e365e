#include "image/bootstrap/number.h"

#include "image/bootstrap/magnitude.h"

#include <math.h>

enum { NUMBER_BITS_MAX = 1000000, EXPONENT_MAX = 1000000000 };

struct number {
    struct text source;
    size_t position;
    size_t start;
    struct source_error *error;
    bool negative;
    uint32_t radix;
    struct magnitude mantissa;
    size_t digit_count;          /* all of them */
    size_t fraction_digit_count; /* those behind the point */
    bool has_point;
    bool is_scaled;
    int64_t exponent;
    uint32_t scale;
};

static int peek(const struct number *number, size_t ahead)
{
    size_t index = number->position + ahead;
    return index < number->source.size ? (uint8_t)number->source.bytes[index] : -1;
}

static int digit_value(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 10;
    return 99;
}

static bool is_decimal(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static bool next_is_digit(const struct number *number, size_t ahead)
{
    int c = peek(number, ahead);
    /* Decimal digits are followed by e, d, q, r and s, so letters count only where the radix reaches them. */
    return digit_value(c) < (int)number->radix;
}

/* Decimals of an exponent, scale or radix: saturates instead of overflowing. */
static int64_t read_decimals(struct number *number)
{
    int64_t value = 0;
    for (; is_decimal(peek(number, 0)); number->position++)
        if (value < EXPONENT_MAX)
            value = value * 10 + (peek(number, 0) - '0');
    return value;
}

static size_t read_digits(struct number *number)
{
    size_t count = 0;
    uint32_t factor = 1;
    uint32_t part = 0;
    for (; next_is_digit(number, 0); number->position++, count++) {
        part = part * number->radix + (uint32_t)digit_value(peek(number, 0));
        factor *= number->radix;
        if ((uint64_t)factor * number->radix > UINT32_MAX) {
            magnitude_multiply_add(&number->mantissa, factor, part);
            factor = 1;
            part = 0;
        }
    }
    magnitude_multiply_add(&number->mantissa, factor, part);
    number->digit_count += count;
    return count;
}

static bool read_radix(struct number *number)
{
    size_t ahead = 0;
    while (is_decimal(peek(number, ahead)))
        ahead++;
    if (peek(number, ahead) != 'r')
        return true;
    int64_t radix = read_decimals(number);
    number->position++;
    if (radix < 2 || radix > 36)
        return source_fail(number->error, number->start, "a radix is from 2 to 36");
    number->radix = (uint32_t)radix;
    if (peek(number, 0) == '-' && !number->negative) {
        number->negative = true;
        number->position++;
    }
    if (!next_is_digit(number, 0))
        return source_fail(number->error, number->position, "a digit of radix %u is missing",
                           number->radix);
    return true;
}

static void read_exponent(struct number *number)
{
    int c = peek(number, 0);
    if (c != 'e' && c != 'd' && c != 'q')
        return;
    bool minus = peek(number, 1) == '-';
    if (!is_decimal(peek(number, minus ? 2 : 1)))
        return;
    number->position += minus ? 2 : 1;
    int64_t exponent = read_decimals(number);
    number->exponent = minus ? -exponent : exponent;
}

static void read_scale(struct number *number)
{
    if (peek(number, 0) != 's' || is_letter(peek(number, 1)))
        return;
    number->position++;
    number->is_scaled = true;
    number->scale = (uint32_t)number->fraction_digit_count;
    if (is_decimal(peek(number, 0)))
        number->scale = (uint32_t)read_decimals(number);
}

static const struct literal *integer_literal(const struct magnitude *value, bool negative)
{
    size_t bits = magnitude_bit_count(value);
    uint64_t low = magnitude_low_bits(value);
    if (bits <= 60)
        return literal_integer(negative ? -(int64_t)low : (int64_t)low);
    if (negative && bits == 61 && low == (uint64_t)1 << 60)
        return literal_integer(-(int64_t)((uint64_t)1 << 60));
    struct literal *literal = NEW(struct literal);
    literal->kind = LITERAL_LARGE_INTEGER;
    literal->as.large.negative = negative;
    literal->as.large.bytes = magnitude_bytes(value, &literal->as.large.size);
    return literal;
}

/* radix to the power, without the factors that it shares with the numerator, which loses them too. */
static struct magnitude reduced_denominator(uint32_t radix, size_t power,
                                            struct magnitude *numerator)
{
    struct magnitude denominator = magnitude_from(1);
    for (uint32_t prime = 2; radix > 1; prime++) {
        size_t left = 0;
        for (; radix % prime == 0; radix /= prime)
            left += power;
        while (left > 0 && magnitude_divide_exactly(numerator, prime))
            left--;
        magnitude_scale(&denominator, prime, left);
    }
    return denominator;
}

static const struct literal *exact_literal(struct number *number, int64_t power)
{
    struct magnitude denominator = magnitude_from(1);
    if (magnitude_is_zero(&number->mantissa))
        power = 0;
    if (power >= 0)
        magnitude_scale(&number->mantissa, number->radix, (size_t)power);
    else
        denominator = reduced_denominator(number->radix, (size_t)-power, &number->mantissa);
    bool whole = magnitude_bit_count(&denominator) == 1;
    if (whole && !number->is_scaled)
        return integer_literal(&number->mantissa, number->negative);
    struct literal *literal = NEW(struct literal);
    literal->kind = number->is_scaled ? LITERAL_SCALED_DECIMAL : LITERAL_FRACTION;
    literal->as.ratio.numerator = integer_literal(&number->mantissa, number->negative);
    literal->as.ratio.denominator = integer_literal(&denominator, false);
    literal->as.ratio.scale = number->scale;
    return literal;
}

static const struct literal *float_literal(struct number *number, int64_t power)
{
    /* Far beyond the range the answer is infinity or zero whatever the digits are. */
    double value_log2 = (double)power * log2((double)number->radix) +
                        (double)magnitude_bit_count(&number->mantissa);
    double value = 0.0;
    if (!magnitude_is_zero(&number->mantissa) && value_log2 > 1100) {
        value = (double)INFINITY;
    } else if (!magnitude_is_zero(&number->mantissa) && value_log2 > -1200) {
        struct magnitude denominator = magnitude_from(1);
        magnitude_scale(power >= 0 ? &number->mantissa : &denominator, number->radix,
                        (size_t)(power < 0 ? -power : power));
        value = magnitude_nearest_double(&number->mantissa, &denominator);
    }
    return literal_float(number->negative ? -value : value);
}

const struct literal *number_read(struct text source, size_t offset, bool negative, size_t *limit,
                                  struct source_error *error)
{
    struct number number = {.source = source,
                            .position = offset,
                            .start = offset,
                            .error = error,
                            .negative = negative,
                            .radix = 10};
    if (!read_radix(&number))
        return NULL;
    read_digits(&number);
    if (peek(&number, 0) == '.' && next_is_digit(&number, 1)) {
        number.position++;
        number.has_point = true;
        number.fraction_digit_count = read_digits(&number);
    }
    read_exponent(&number);
    read_scale(&number);
    *limit = number.position;
    int64_t power = number.exponent - (int64_t)number.fraction_digit_count;
    if (number.has_point && !number.is_scaled)
        return float_literal(&number, power);
    double bits = fabs((double)power) * log2((double)number.radix);
    if (!magnitude_is_zero(&number.mantissa) && bits > NUMBER_BITS_MAX) {
        source_fail(error, offset, "the number has more than a million bits");
        return NULL;
    }
    return exact_literal(&number, power);
}
