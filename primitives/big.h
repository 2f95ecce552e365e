/*
 * Signed integers of any size as GMP limbs, 64 bits each, least significant first: what LargeInteger arithmetic is made of.
 * Pure: nothing here knows objects or allocates; the caller gives the room for each result and learns from big_…_room how
 * many limbs it must have. For the primitives of numbers.
 *
 * Invariant "a big is trimmed": its top limb is not zero; zero has no limbs and is not negative.
 */
#ifndef VIV_PRIMITIVES_BIG_H
#define VIV_PRIMITIVES_BIG_H

#include "vm/base/assert.h"

#include <gmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct big {
    const mp_limb_t *limbs;
    mp_size_t count;
    bool negative;
};

/* A result under construction: limbs is the caller's room, the rest is filled in. */
struct big_result {
    mp_limb_t *limbs;
    mp_size_t count;
    bool negative;
};

enum big_operation { BIG_AND, BIG_OR, BIG_XOR };
enum { BIG_LIMB_BITS = 64 };

static inline struct big big_of(const struct big_result *result)
{
    return (struct big){result->limbs, result->count, result->negative};
}

/* The value, in one limb of room. */
struct big big_from_int64(int64_t value, mp_limb_t *limb);

/* Number of bits of the magnitude; 0 for zero. */
uint64_t big_bit_length(struct big a);

/* Negative, zero or positive, as a is below, equal to or above b. */
int big_compare(struct big a, struct big b);

/* a + b, or a - b. Room: big_sum_room. */
size_t big_sum_room(struct big a, struct big b);
void big_add(struct big_result *sum, struct big a, struct big b);
void big_subtract(struct big_result *difference, struct big a, struct big b);

/* Room: the limbs of both together, at least 1. The room must not overlap the operands. */
void big_multiply(struct big_result *product, struct big a, struct big b);

/*
 * Quotient and remainder of a / b, b not zero. Truncated: the remainder has the sign of a; floored: that of b.
 * Room: big_quotient_room for the quotient, big_remainder_room for the remainder; none may overlap the operands.
 */
size_t big_quotient_room(struct big a, struct big b);
size_t big_remainder_room(struct big a, struct big b);
void big_divide_truncated(struct big_result *quotient, struct big_result *remainder, struct big a,
                          struct big b);
void big_divide_floored(struct big_result *quotient, struct big_result *remainder, struct big a,
                        struct big b);

/* The bits of both as if in two's complement with endless signs. Room: big_sum_room. */
void big_bitwise(struct big_result *result, enum big_operation operation, struct big a,
                 struct big b);

/* a * 2^distance, rounded down where bits are lost. Room: big_shift_room, which is meaningful below BIG_SHIFT_LIMIT. */
#define BIG_SHIFT_LIMIT ((int64_t)1 << 40)
size_t big_shift_room(struct big a, int64_t distance);
void big_shift(struct big_result *result, struct big a, int64_t distance);

/* The greatest common divisor of the magnitudes. Room for result and for each scratch: one more than the longer one. */
void big_gcd(struct big_result *result, struct big a, struct big b, mp_limb_t *scratch_a,
             mp_limb_t *scratch_b);

/* The largest integer whose square is at most a, for a not negative. Room: (a.count + 1) / 2, at least 1. */
void big_sqrt_floor(struct big_result *root, struct big a);

/* a to the power of exponent. Room for the result and for scratch: big_power_room. */
size_t big_power_room(struct big a, uint64_t exponent);
void big_power(struct big_result *power, struct big a, uint64_t exponent, mp_limb_t *scratch);

/* Digits of the magnitude in a base from 2 to 36, upper case, most significant first; answers how many. scratch: the limbs
 * of a; text: big_text_room bytes. */
size_t big_text_room(struct big a, int base);
size_t big_print(struct big a, int base, mp_limb_t *scratch, char *text);

/* The value of size characters, all digits of base (case ignored); false when one is not. Room: big_read_room; digits is
 * overwritten with digit values. */
size_t big_read_room(size_t size, int base);
bool big_read(struct big_result *result, uint8_t *digits, size_t size, int base) VIV_MUST_USE;

#endif
