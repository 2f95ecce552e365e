#include "primitives/big.h"

#include <string.h>

struct big big_from_int64(int64_t value, mp_limb_t *limb)
{
    *limb = value < 0 ? 0 - (mp_limb_t)value : (mp_limb_t)value;
    return (struct big){limb, value != 0, value < 0};
}

static int leading_zeros(mp_limb_t limb)
{
    return __builtin_clzl(limb);
}

uint64_t big_bit_length(struct big a)
{
    if (a.count == 0)
        return 0;
    return (uint64_t)a.count * BIG_LIMB_BITS - (uint64_t)leading_zeros(a.limbs[a.count - 1]);
}

/* Keeps "a big is trimmed". */
static void trim(struct big_result *result, mp_size_t count, bool negative)
{
    while (count > 0 && result->limbs[count - 1] == 0)
        count--;
    result->count = count;
    result->negative = negative && count > 0;
}

static int compare_magnitudes(struct big a, struct big b)
{
    if (a.count != b.count)
        return a.count < b.count ? -1 : 1;
    return a.count == 0 ? 0 : mpn_cmp(a.limbs, b.limbs, a.count);
}

int big_compare(struct big a, struct big b)
{
    if (a.negative != b.negative)
        return a.negative ? -1 : 1;
    int order = compare_magnitudes(a, b);
    return a.negative ? -order : order;
}

size_t big_sum_room(struct big a, struct big b)
{
    return (size_t)(a.count > b.count ? a.count : b.count) + 1;
}

static void copy_limbs(mp_limb_t *to, const mp_limb_t *from, mp_size_t count)
{
    if (count > 0)
        memcpy(to, from, (size_t)count * sizeof *to);
}

static void add_magnitudes(struct big_result *sum, struct big a, struct big b, bool negative)
{
    if (a.count < b.count) {
        struct big swapped = a;
        a = b;
        b = swapped;
    }
    if (b.count == 0) {
        copy_limbs(sum->limbs, a.limbs, a.count);
        trim(sum, a.count, negative);
        return;
    }
    sum->limbs[a.count] = mpn_add(sum->limbs, a.limbs, a.count, b.limbs, b.count);
    trim(sum, a.count + 1, negative);
}

/* The difference of the magnitudes, with the sign of a where a's is the greater one. */
static void subtract_magnitudes(struct big_result *difference, struct big a, struct big b,
                                bool negative)
{
    int order = compare_magnitudes(a, b);
    if (order == 0) {
        trim(difference, 0, false);
        return;
    }
    struct big larger = order > 0 ? a : b;
    struct big smaller = order > 0 ? b : a;
    if (smaller.count == 0)
        copy_limbs(difference->limbs, larger.limbs, larger.count);
    else
        mpn_sub(difference->limbs, larger.limbs, larger.count, smaller.limbs, smaller.count);
    trim(difference, larger.count, order > 0 ? negative : !negative);
}

void big_add(struct big_result *sum, struct big a, struct big b)
{
    if (a.negative == b.negative)
        add_magnitudes(sum, a, b, a.negative);
    else
        subtract_magnitudes(sum, a, b, a.negative);
}

void big_subtract(struct big_result *difference, struct big a, struct big b)
{
    if (a.negative == b.negative)
        subtract_magnitudes(difference, a, b, a.negative);
    else
        add_magnitudes(difference, a, b, a.negative);
}

void big_multiply(struct big_result *product, struct big a, struct big b)
{
    if (a.count < b.count) {
        struct big swapped = a;
        a = b;
        b = swapped;
    }
    if (b.count == 0) {
        trim(product, 0, false);
        return;
    }
    if (a.limbs == b.limbs && a.count == b.count)
        mpn_sqr(product->limbs, a.limbs, a.count);
    else
        mpn_mul(product->limbs, a.limbs, a.count, b.limbs, b.count);
    trim(product, a.count + b.count, a.negative != b.negative);
}

size_t big_quotient_room(struct big a, struct big b)
{
    return a.count < b.count ? 1 : (size_t)(a.count - b.count) + 2;
}

size_t big_remainder_room(struct big a, struct big b)
{
    return big_sum_room(a, b);
}

void big_divide_truncated(struct big_result *quotient, struct big_result *remainder, struct big a,
                          struct big b)
{
    viv_assert(b.count > 0, "a division by zero is refused before the limbs are touched");
    if (compare_magnitudes(a, b) < 0) {
        trim(quotient, 0, false);
        copy_limbs(remainder->limbs, a.limbs, a.count);
        trim(remainder, a.count, a.negative);
        return;
    }
    mpn_tdiv_qr(quotient->limbs, remainder->limbs, 0, a.limbs, a.count, b.limbs, b.count);
    trim(quotient, a.count - b.count + 1, a.negative != b.negative);
    trim(remainder, b.count, a.negative);
}

void big_divide_floored(struct big_result *quotient, struct big_result *remainder, struct big a,
                        struct big b)
{
    big_divide_truncated(quotient, remainder, a, b);
    if (remainder->count == 0 || a.negative == b.negative)
        return;
    struct big rest = big_of(remainder);
    big_add(remainder, rest, b);
    mp_limb_t limb;
    struct big minus_one = big_from_int64(-1, &limb);
    struct big truncated = big_of(quotient);
    big_add(quotient, truncated, minus_one);
}

static mp_limb_t apply(enum big_operation operation, mp_limb_t a, mp_limb_t b)
{
    switch (operation) {
    case BIG_AND:
        return a & b;
    case BIG_OR:
        return a | b;
    case BIG_XOR:
        break;
    }
    return a ^ b;
}

/* One limb of a in two's complement; carry starts at 1 and goes from limb to limb. */
static mp_limb_t complement_limb(struct big a, mp_size_t index, mp_limb_t *carry)
{
    mp_limb_t limb = index < a.count ? a.limbs[index] : 0;
    if (!a.negative)
        return limb;
    limb = ~limb + *carry;
    *carry = *carry != 0 && limb == 0;
    return limb;
}

void big_bitwise(struct big_result *result, enum big_operation operation, struct big a,
                 struct big b)
{
    mp_size_t count = (mp_size_t)big_sum_room(a, b);
    mp_limb_t carry_a = 1, carry_b = 1;
    for (mp_size_t i = 0; i < count; i++) {
        mp_limb_t limb_a = complement_limb(a, i, &carry_a);
        mp_limb_t limb_b = complement_limb(b, i, &carry_b);
        result->limbs[i] = apply(operation, limb_a, limb_b);
    }
    bool negative = apply(operation, a.negative, b.negative) != 0;
    if (negative)
        mpn_neg(result->limbs, result->limbs, count);
    trim(result, count, negative);
}

size_t big_shift_room(struct big a, int64_t distance)
{
    if (distance <= 0)
        return (size_t)a.count + 1;
    return (size_t)a.count + (size_t)(distance / BIG_LIMB_BITS) + 2;
}

static void shift_left(struct big_result *result, struct big a, uint64_t distance)
{
    mp_size_t limbs = (mp_size_t)(distance / BIG_LIMB_BITS);
    unsigned bits = (unsigned)(distance % BIG_LIMB_BITS);
    memset(result->limbs, 0, (size_t)limbs * sizeof *result->limbs);
    mp_limb_t top = 0;
    if (bits > 0)
        top = mpn_lshift(result->limbs + limbs, a.limbs, a.count, bits);
    else
        copy_limbs(result->limbs + limbs, a.limbs, a.count);
    result->limbs[limbs + a.count] = top;
    trim(result, limbs + a.count + 1, a.negative);
}

static void shift_right(struct big_result *result, struct big a, uint64_t distance)
{
    uint64_t skipped = distance / BIG_LIMB_BITS;
    if (skipped >= (uint64_t)a.count) {
        result->limbs[0] = 1;
        trim(result, a.negative, a.negative);
        return;
    }
    mp_size_t limbs = (mp_size_t)skipped;
    unsigned bits = (unsigned)(distance % BIG_LIMB_BITS);
    bool lost = limbs > 0 && !mpn_zero_p(a.limbs, limbs);
    mp_size_t count = a.count - limbs;
    if (bits > 0)
        lost = mpn_rshift(result->limbs, a.limbs + limbs, count, bits) != 0 || lost;
    else
        copy_limbs(result->limbs, a.limbs + limbs, count);
    if (lost && a.negative) {
        result->limbs[count] = mpn_add_1(result->limbs, result->limbs, count, 1);
        count++;
    }
    trim(result, count, a.negative);
}

void big_shift(struct big_result *result, struct big a, int64_t distance)
{
    if (a.count == 0)
        trim(result, 0, false);
    else if (distance >= 0)
        shift_left(result, a, (uint64_t)distance);
    else
        shift_right(result, a, 0 - (uint64_t)distance);
}

/* Copies a without its trailing zero bits; answers how many those were. */
static uint64_t copy_odd_part(struct big_result *odd, struct big a)
{
    uint64_t zeros = mpn_scan1(a.limbs, 0);
    struct big magnitude = {a.limbs, a.count, false};
    shift_right(odd, magnitude, zeros);
    return zeros;
}

void big_gcd(struct big_result *result, struct big a, struct big b, mp_limb_t *scratch_a,
             mp_limb_t *scratch_b)
{
    if (a.count == 0 || b.count == 0) {
        struct big other = a.count == 0 ? b : a;
        copy_limbs(result->limbs, other.limbs, other.count);
        trim(result, other.count, false);
        return;
    }
    struct big_result u = {scratch_a, 0, false}, v = {scratch_b, 0, false};
    uint64_t zeros_a = copy_odd_part(&u, a), zeros_b = copy_odd_part(&v, b);
    if (compare_magnitudes(big_of(&u), big_of(&v)) < 0) {
        struct big_result swapped = u;
        u = v;
        v = swapped;
    }
    mp_size_t count = mpn_gcd(result->limbs, u.limbs, u.count, v.limbs, v.count);
    uint64_t zeros = zeros_a < zeros_b ? zeros_a : zeros_b;
    copy_limbs(scratch_a, result->limbs, count);
    struct big odd = {scratch_a, count, false};
    shift_left(result, odd, zeros);
}

void big_sqrt_floor(struct big_result *root, struct big a)
{
    if (a.count == 0) {
        trim(root, 0, false);
        return;
    }
    mpn_sqrtrem(root->limbs, NULL, a.limbs, a.count);
    trim(root, (a.count + 1) / 2, false);
}

size_t big_power_room(struct big a, uint64_t exponent)
{
    return (size_t)(big_bit_length(a) * exponent / BIG_LIMB_BITS) + (size_t)a.count + 3;
}

void big_power(struct big_result *power, struct big a, uint64_t exponent, mp_limb_t *scratch)
{
    mp_limb_t *room = power->limbs;
    struct big_result current = {room, 1, false}, next = {scratch, 0, false};
    current.limbs[0] = 1;
    struct big base = {a.limbs, a.count, false};
    for (int bit = 63 - (exponent == 0 ? 63 : leading_zeros(exponent)); bit >= 0; bit--) {
        big_multiply(&next, big_of(&current), big_of(&current));
        struct big_result swapped = current;
        current = next;
        next = swapped;
        if ((exponent >> bit & 1) == 0)
            continue;
        big_multiply(&next, big_of(&current), base);
        swapped = current;
        current = next;
        next = swapped;
    }
    if (current.limbs != room)
        copy_limbs(room, current.limbs, current.count);
    power->limbs = room;
    trim(power, current.count, a.negative && (exponent & 1) != 0);
}

size_t big_text_room(struct big a, int base)
{
    return a.count == 0 ? 1 : mpn_sizeinbase(a.limbs, a.count, base) + 1;
}

size_t big_print(struct big a, int base, mp_limb_t *scratch, char *text)
{
    if (a.count == 0) {
        text[0] = '0';
        return 1;
    }
    copy_limbs(scratch, a.limbs, a.count);
    unsigned char *digits = (unsigned char *)text;
    size_t size = mpn_get_str(digits, base, scratch, a.count);
    size_t leading = 0;
    while (leading + 1 < size && digits[leading] == 0)
        leading++;
    for (size_t i = leading; i < size; i++)
        text[i - leading] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[digits[i]];
    return size - leading;
}

static int digit_value(uint8_t character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'A' && character <= 'Z')
        return character - 'A' + 10;
    if (character >= 'a' && character <= 'z')
        return character - 'a' + 10;
    return 99;
}

size_t big_read_room(size_t size, int base)
{
    int bits = 1;
    while ((1 << bits) < base)
        bits++;
    return size * (size_t)bits / BIG_LIMB_BITS + 2;
}

bool big_read(struct big_result *result, uint8_t *digits, size_t size, int base)
{
    for (size_t i = 0; i < size; i++) {
        int value = digit_value(digits[i]);
        if (value >= base)
            return false;
        digits[i] = (uint8_t)value;
    }
    size_t leading = 0;
    while (leading < size && digits[leading] == 0)
        leading++;
    mp_size_t count = 0;
    if (leading < size)
        count = mpn_set_str(result->limbs, digits + leading, size - leading, base);
    trim(result, count, false);
    return size > 0;
}
