/*
 * Dialects: what images of older systems think of their own objects, where that differs from 64-bit Spur. Objects are laid out
 * as Spur's in every dialect, so that memory, frames and the collector know one kind only; what an image can see of itself by
 * arithmetic - how large an integer may be, what a class's format or a method's header says, at which byte a bytecode lies - is
 * what its own methods expect. A world has one dialect, which goes into its image file.
 *
 *     DIALECT_SPUR   Squeak 5 and later, Pharo, Cuis 5 and later, ours
 *     DIALECT_V3     Squeak 2 to 4, Scratch, Cuis to 4: 31-bit SmallIntegers, Characters and all Floats are objects, old block
 *                    contexts; a literal of a method takes 4 bytes where the image counts them
 *     DIALECT_ST80   Smalltalk-80 Version 2: 15-bit SmallIntegers, words of 16 bits, literals of 2 bytes
 *
 * The header of compiled code stands in its first slot in Spur's form (spur-format, section 8) with what that form lacks above it:
 *
 *     bits 32-47 the primitive's number · bits 48-50 the flag bits of the image's own form (V3: bits 28 and 29; ST80: its flag)
 *
 * Identity hashes: an image of an older dialect sees the low bits of an object's 22 only (V3: 12; ST80: 15, as a signed number).
 * The index of a class in the class table is its hash, so that it ends with the bits that the image knew; but the classes that
 * Spur wants at fixed indices.
 */
#ifndef VIV_OBJECT_DIALECT_H
#define VIV_OBJECT_DIALECT_H

#include "vm/object/object.h"

enum dialect { DIALECT_SPUR, DIALECT_V3, DIALECT_ST80, DIALECT_COUNT };

enum { CODE_HEADER_PRIMITIVE_SHIFT = 32, CODE_HEADER_FLAGS_SHIFT = 48, DIALECT_NO_FORMAT = 31 };

/* Bits of a SmallInteger, its sign included. */
static inline unsigned dialect_integer_bits(enum dialect dialect)
{
    return dialect == DIALECT_SPUR ? 61 : dialect == DIALECT_V3 ? 31 : 15;
}

static inline int64_t dialect_integer_max(enum dialect dialect)
{
    return ((int64_t)1 << (dialect_integer_bits(dialect) - 1)) - 1;
}

static inline bool dialect_integer_fits(enum dialect dialect, int64_t value)
{
    int64_t most = dialect_integer_max(dialect);
    return value <= most && value >= -most - 1;
}

/* How many low bits of an identity hash an image sees. */
static inline unsigned dialect_hash_bits(enum dialect dialect)
{
    return dialect == DIALECT_SPUR ? 22 : dialect == DIALECT_V3 ? 12 : 15;
}

static inline uint32_t dialect_hash_mask(enum dialect dialect)
{
    return ((uint32_t)1 << dialect_hash_bits(dialect)) - 1;
}

/* Bytes that the header of a method and each of its literals take where the image counts bytes: pcs, indices of at:. */
static inline unsigned dialect_literal_size(enum dialect dialect)
{
    return dialect == DIALECT_SPUR ? 8 : dialect == DIALECT_V3 ? 4 : 2;
}

/* Whether classes, methods and characters are as Spur has them. */
static inline bool dialect_is_spur(enum dialect dialect)
{
    return dialect == DIALECT_SPUR;
}

/* Fixed slots of a class's instances, from its format in the image's own form: V3 has a size one too large in bits 1-6 and
 * 16-17, ST80 the size in bits 0-10. */
static inline size_t dialect_class_fixed_count(enum dialect dialect, int64_t class_format)
{
    if (dialect == DIALECT_SPUR)
        return class_format_fixed_count(class_format);
    if (dialect == DIALECT_ST80)
        return (size_t)(class_format & 0x7FF);
    size_t words = (size_t)((class_format >> 1 & 0x3F) | (class_format >> 10 & 0xC0));
    return words == 0 ? 0 : words - 1;
}

/* The format for a number of V3's, with nothing in its low bits; DIALECT_NO_FORMAT for a number that it has not. */
static inline unsigned dialect_v3_format(unsigned number)
{
    static const uint8_t formats[16] = {
        FORMAT_EMPTY, FORMAT_FIXED,      FORMAT_INDEXABLE, FORMAT_FIXED_INDEXABLE,
        FORMAT_WEAK,  DIALECT_NO_FORMAT, FORMAT_WORDS32,   DIALECT_NO_FORMAT,
        FORMAT_BYTES, FORMAT_BYTES,      FORMAT_BYTES,     FORMAT_BYTES,
        FORMAT_CODE,  FORMAT_CODE,       FORMAT_CODE,      FORMAT_CODE};
    return formats[number & 15];
}

/* The format of instances, with nothing in its low bits. V3 has its own numbers in bits 7-10; ST80 says in bit 14 (the sign) whether
 * slots are pointers, in bit 13 whether elements are words of 16 bits, in bit 12 whether there are any. */
static inline unsigned dialect_class_spec(enum dialect dialect, int64_t class_format)
{
    if (dialect == DIALECT_SPUR)
        return class_format_spec(class_format);
    if (dialect == DIALECT_V3)
        return dialect_v3_format((unsigned)(class_format >> 7 & 15));
    if ((class_format >> 14 & 1) == 0)
        return (class_format >> 13 & 1) != 0 ? FORMAT_WORDS16 : FORMAT_BYTES;
    if ((class_format >> 12 & 1) == 0)
        return (class_format & 0x7FF) == 0 ? FORMAT_EMPTY : FORMAT_FIXED;
    return (class_format & 0x7FF) == 0 ? FORMAT_INDEXABLE : FORMAT_FIXED_INDEXABLE;
}

#endif
