/*
 * Natural numbers of any size, as far as number literals need them: built from digits, scaled by powers, divided exactly by
 * small factors, and turned into the nearest double.
 */
#ifndef VIV_BOOTSTRAP_MAGNITUDE_H
#define VIV_BOOTSTRAP_MAGNITUDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* limbs little endian; the last one is not zero; zero has none. */
struct magnitude {
    uint32_t *limbs;
    size_t count;
    size_t capacity;
};

void magnitude_multiply_add(struct magnitude *number, uint32_t factor, uint32_t addend);
/* Times base to the power; base at most 36. */
void magnitude_scale(struct magnitude *number, uint32_t base, size_t power);
/* Divides by a small divisor where there is no remainder; answers false and changes nothing where there is one. */
bool magnitude_divide_exactly(struct magnitude *number, uint32_t divisor);
struct magnitude magnitude_from(uint64_t value);
size_t magnitude_bit_count(const struct magnitude *number);
bool magnitude_is_zero(const struct magnitude *number);
/* The value of a number below 2 to the 64. */
uint64_t magnitude_low_bits(const struct magnitude *number);
/* Little-endian bytes, the last one not zero. */
const uint8_t *magnitude_bytes(const struct magnitude *number, size_t *size);

/* The double nearest to numerator / denominator, ties to even; infinity beyond the range. denominator is not zero. */
double magnitude_nearest_double(const struct magnitude *numerator,
                                const struct magnitude *denominator);

#endif
