#include "image/bootstrap/magnitude.h"

#include "image/bootstrap/memory.h"

#include <math.h>

static void grow(struct magnitude *number, size_t count)
{
    if (count <= number->capacity)
        return;
    size_t capacity = count * 2 + 2;
    uint32_t *limbs = compiler_allocate_bytes(capacity * sizeof *limbs);
    if (number->count > 0)
        memcpy(limbs, number->limbs, number->count * sizeof *limbs);
    number->limbs = limbs;
    number->capacity = capacity;
}

static void trim(struct magnitude *number)
{
    while (number->count > 0 && number->limbs[number->count - 1] == 0)
        number->count--;
}

void magnitude_multiply_add(struct magnitude *number, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;
    for (size_t i = 0; i < number->count; i++) {
        carry += (uint64_t)number->limbs[i] * factor;
        number->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0) {
        grow(number, number->count + 1);
        number->limbs[number->count++] = (uint32_t)carry;
    }
    trim(number);
}

void magnitude_scale(struct magnitude *number, uint32_t base, size_t power)
{
    uint32_t step = base;
    size_t step_power = 1;
    while ((uint64_t)step * base <= UINT32_MAX) {
        step *= base;
        step_power++;
    }
    for (; power >= step_power; power -= step_power)
        magnitude_multiply_add(number, step, 0);
    for (; power > 0; power--)
        magnitude_multiply_add(number, base, 0);
}

bool magnitude_divide_exactly(struct magnitude *number, uint32_t divisor)
{
    uint64_t remainder = 0;
    for (size_t i = number->count; i-- > 0;)
        remainder = (remainder << 32 | number->limbs[i]) % divisor;
    if (remainder != 0)
        return false;
    for (size_t i = number->count; i-- > 0;) {
        uint64_t part = remainder << 32 | number->limbs[i];
        number->limbs[i] = (uint32_t)(part / divisor);
        remainder = part % divisor;
    }
    trim(number);
    return true;
}

struct magnitude magnitude_from(uint64_t value)
{
    struct magnitude number = {NULL, 0, 0};
    grow(&number, 2);
    number.limbs[0] = (uint32_t)value;
    number.limbs[1] = (uint32_t)(value >> 32);
    number.count = 2;
    trim(&number);
    return number;
}

size_t magnitude_bit_count(const struct magnitude *number)
{
    if (number->count == 0)
        return 0;
    size_t bits = (number->count - 1) * 32;
    for (uint32_t top = number->limbs[number->count - 1]; top != 0; top >>= 1)
        bits++;
    return bits;
}

bool magnitude_is_zero(const struct magnitude *number)
{
    return number->count == 0;
}

uint64_t magnitude_low_bits(const struct magnitude *number)
{
    uint64_t value = number->count > 0 ? number->limbs[0] : 0;
    return number->count > 1 ? value | (uint64_t)number->limbs[1] << 32 : value;
}

const uint8_t *magnitude_bytes(const struct magnitude *number, size_t *size)
{
    uint8_t *bytes = compiler_allocate_bytes(number->count * 4 + 1);
    for (size_t i = 0; i < number->count * 4; i++)
        bytes[i] = (uint8_t)(number->limbs[i / 4] >> (i % 4 * 8));
    *size = (magnitude_bit_count(number) + 7) / 8;
    return bytes;
}

static struct magnitude shifted_left(const struct magnitude *number, size_t bits)
{
    struct magnitude result = {NULL, 0, 0};
    size_t limbs = bits / 32;
    unsigned rest = (unsigned)(bits % 32);
    grow(&result, number->count + limbs + 1);
    for (size_t i = 0; i < number->count; i++) {
        uint64_t part = (uint64_t)number->limbs[i] << rest;
        result.limbs[i + limbs] |= (uint32_t)part;
        result.limbs[i + limbs + 1] |= (uint32_t)(part >> 32);
    }
    result.count = number->count + limbs + 1;
    trim(&result);
    return result;
}

static bool at_least(const struct magnitude *a, const struct magnitude *b)
{
    if (a->count != b->count)
        return a->count > b->count;
    for (size_t i = a->count; i-- > 0;)
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] > b->limbs[i];
    return true;
}

static void subtract(struct magnitude *a, const struct magnitude *b)
{
    uint64_t borrow = 0;
    for (size_t i = 0; i < a->count; i++) {
        uint64_t part = (uint64_t)a->limbs[i] - (i < b->count ? b->limbs[i] : 0) - borrow;
        a->limbs[i] = (uint32_t)part;
        borrow = part >> 63;
    }
    trim(a);
}

/* quotient * 2 to the exponent, plus a bit of dust below when sticky, rounded to 53 bits or fewer. */
static double rounded(uint64_t quotient, bool sticky, int64_t exponent)
{
    /* The quotient has 64 bits with the top one set: value in [2^(exponent+63), 2^(exponent+64)). */
    int64_t drop = 64 - 53;
    if (exponent + drop < -1074)
        drop = -1074 - exponent;
    if (drop > 64)
        return 0.0;
    uint64_t kept = drop == 64 ? 0 : quotient >> drop;
    uint64_t half = (uint64_t)1 << (drop - 1);
    uint64_t below = quotient & (half - 1);
    bool half_set = (quotient & half) != 0;
    if (half_set && (below != 0 || sticky || (kept & 1) != 0))
        kept++;
    if (exponent + drop > 1100)
        return (double)INFINITY;
    return ldexp((double)kept, (int)(exponent + drop));
}

double magnitude_nearest_double(const struct magnitude *numerator,
                                const struct magnitude *denominator)
{
    if (magnitude_is_zero(numerator))
        return 0.0;
    size_t top = magnitude_bit_count(numerator);
    size_t bottom = magnitude_bit_count(denominator);
    int64_t exponent = (int64_t)top - (int64_t)bottom;
    struct magnitude rest = shifted_left(numerator, exponent < 0 ? (size_t)-exponent : 0);
    struct magnitude divisor = shifted_left(denominator, exponent > 0 ? (size_t)exponent : 0);
    if (!at_least(&rest, &divisor)) {
        magnitude_multiply_add(&rest, 2, 0);
        exponent--;
    }
    /* Now divisor <= rest < 2 * divisor: 64 steps of long division give 64 bits, the first of them 1. */
    uint64_t quotient = 0;
    for (int i = 0; i < 64; i++) {
        quotient <<= 1;
        if (at_least(&rest, &divisor)) {
            subtract(&rest, &divisor);
            quotient |= 1;
        }
        magnitude_multiply_add(&rest, 2, 0);
    }
    return rounded(quotient, !magnitude_is_zero(&rest), exponent - 63);
}
