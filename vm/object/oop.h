/*
 * An oop is one 64-bit word that names an object. Its low three bits are the tag (spur-format, section 4):
 *
 *     000 the address of an object's header    001 SmallInteger, 61 bits, two's complement, shifted left by three
 *     010 Character, code point shifted left by three    100 SmallFloat64, see float_to_oop
 *
 * A tag is also the class index of the immediate class. The all-zero word names nothing: NO_OOP, what a failed allocation
 * answers. oop is a struct so that `a == b`, `a + 1` and a forgotten untag do not compile.
 */
#ifndef VIV_OBJECT_OOP_H
#define VIV_OBJECT_OOP_H

#include "vm/base/assert.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct oop {
    uint64_t bits;
} oop;

enum oop_tag { TAG_OBJECT = 0, TAG_INTEGER = 1, TAG_CHARACTER = 2, TAG_FLOAT = 4, TAG_MASK = 7 };

#define NO_OOP ((oop){0})
#define SMALL_INTEGER_MAX ((int64_t)(((uint64_t)1 << 60) - 1))
#define SMALL_INTEGER_MIN (-SMALL_INTEGER_MAX - 1)

static inline oop oop_from_bits(uint64_t bits)
{
    return (oop){bits};
}

static inline bool oop_same(oop a, oop b)
{
    return a.bits == b.bits;
}

static inline bool oop_is_none(oop value)
{
    return value.bits == 0;
}

static inline unsigned oop_tag(oop value)
{
    return (unsigned)(value.bits & TAG_MASK);
}

static inline bool oop_is_immediate(oop value)
{
    return (value.bits & TAG_MASK) != 0;
}

static inline bool oop_is_object(oop value)
{
    return (value.bits & TAG_MASK) == 0;
}

static inline bool oop_is_integer(oop value)
{
    return (value.bits & TAG_MASK) == TAG_INTEGER;
}

static inline bool oop_are_integers(oop a, oop b)
{
    return oop_is_integer(a) && oop_is_integer(b);
}

static inline bool oop_is_character(oop value)
{
    return (value.bits & TAG_MASK) == TAG_CHARACTER;
}

static inline bool oop_is_float(oop value)
{
    return (value.bits & TAG_MASK) == TAG_FLOAT;
}

static inline oop oop_from_integer(int64_t value)
{
    return (oop){((uint64_t)value << 3) | TAG_INTEGER};
}

static inline int64_t oop_to_integer(oop value)
{
    return (int64_t)value.bits >> 3;
}

static inline bool integer_fits_oop(int64_t value)
{
    return value >= SMALL_INTEGER_MIN && value <= SMALL_INTEGER_MAX;
}

static inline oop oop_from_character(uint32_t code_point)
{
    return (oop){((uint64_t)code_point << 3) | TAG_CHARACTER};
}

static inline uint32_t oop_to_character(oop value)
{
    return (uint32_t)(value.bits >> 3);
}

/* Processors differ in the sign of the NaN that they make, and in which of two they keep. Floats are all given one, which is that of x86-64: what
 * is computed has the same bits everywhere, and so has an image that is built. */
#define FLOAT_ONLY_NAN UINT64_C(0xFFF8000000000000)

/* SmallFloat64: the sign rotated to bit 0 and the exponent's range narrowed by 896, so that three bits are free. Of rotated bits: what is
 * taken off, the least that is no zero and fits, and how many from there do. */
#define FLOAT_BASE ((uint64_t)896 << 53)
#define FLOAT_LEAST (FLOAT_BASE + 2)
#define FLOAT_SPAN (((uint64_t)256 << 53) - 2)

static inline uint64_t float_rotated(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits << 1) | (bits >> 63);
}

static inline bool float_fits_oop(double value)
{
    uint64_t rotated = float_rotated(value);
    return rotated <= 1 || rotated - FLOAT_LEAST < FLOAT_SPAN;
}

static inline oop oop_from_float(double value)
{
    uint64_t rotated = float_rotated(value);
    if (rotated > 1)
        rotated -= FLOAT_BASE;
    return (oop){(rotated << 3) | TAG_FLOAT};
}

/* Both at once; one comparison tells nearly all Floats that fit from those that do not. */
static inline bool oop_from_float_if_fits(double value, oop *result)
{
    uint64_t rotated = float_rotated(value);
    uint64_t above_least = rotated - FLOAT_LEAST;
    if (VIV_LIKELY(above_least < FLOAT_SPAN)) {
        result->bits = (above_least << 3) + ((2 << 3) | TAG_FLOAT);
        return true;
    }
    result->bits = (rotated << 3) | TAG_FLOAT;
    return rotated <= 1;
}

static inline double oop_to_float(oop value)
{
    uint64_t rotated = value.bits >> 3;
    if (rotated > 1)
        rotated += FLOAT_BASE;
    uint64_t bits = (rotated >> 1) | (rotated << 63);
    double result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

#endif
