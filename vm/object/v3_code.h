/*
 * The header of compiled code in images before Spur (Squeak 2 to 4), and the same in Spur's form as dialect.h extends it. Bits of
 * the old value, which is a SmallInteger of 31 bits:
 *
 *     0-8 the primitive's number, its low bits · 9-16 number of literals · 17 large frame · 18-23 number of temps · 24-27 number
 *     of arguments · 28 the bit of 512 of the primitive's number · 29 flag, free for the image · 30 sign
 *
 * The bits above 27 stand as they were among the flags, so that each of the two forms gives the other back.
 */
#ifndef VIV_OBJECT_V3_CODE_H
#define VIV_OBJECT_V3_CODE_H

#include "vm/object/dialect.h"
#include "vm/object/known.h"

enum {
    V3_CODE_PRIMITIVE_LOW = 0x1FF,
    V3_CODE_PRIMITIVE_HIGH_SHIFT = 28,
    V3_CODE_LITERAL_SHIFT = 9,
    V3_CODE_LITERAL_MASK = 0xFF,
    V3_CODE_FRAME_SHIFT =
        17, /* of the frame's size, temps and arguments, which are where Spur has them */
    V3_CODE_FRAME_MASK = 0x7FF
};

static inline unsigned v3_code_literal_count(int64_t header)
{
    return (unsigned)(header >> V3_CODE_LITERAL_SHIFT) & V3_CODE_LITERAL_MASK;
}

static inline unsigned v3_code_primitive(int64_t header)
{
    return ((unsigned)header & V3_CODE_PRIMITIVE_LOW) |
           ((unsigned)(header >> V3_CODE_PRIMITIVE_HIGH_SHIFT) & 1) << 9;
}

/* The header in Spur's form for one of 31 bits, its sign extended or not. */
static inline int64_t v3_code_header_to_spur(int64_t header)
{
    int64_t frame = header >> V3_CODE_FRAME_SHIFT & V3_CODE_FRAME_MASK;
    int64_t primitive = v3_code_primitive(header);
    int64_t flags = header >> V3_CODE_PRIMITIVE_HIGH_SHIFT & 7;
    return v3_code_literal_count(header) | (primitive != 0 ? CODE_HEADER_HAS_PRIMITIVE : 0) |
           frame << V3_CODE_FRAME_SHIFT | primitive << CODE_HEADER_PRIMITIVE_SHIFT |
           flags << CODE_HEADER_FLAGS_SHIFT;
}

/* The header of 31 bits, its sign extended, that became this one. */
static inline int64_t v3_code_header_from_spur(int64_t header)
{
    int64_t literals = header & V3_CODE_LITERAL_MASK;
    int64_t frame = header >> V3_CODE_FRAME_SHIFT & V3_CODE_FRAME_MASK;
    int64_t primitive = header >> CODE_HEADER_PRIMITIVE_SHIFT & V3_CODE_PRIMITIVE_LOW;
    int64_t flags = header >> CODE_HEADER_FLAGS_SHIFT & 7;
    int64_t bits = primitive | literals << V3_CODE_LITERAL_SHIFT | frame << V3_CODE_FRAME_SHIFT |
                   flags << V3_CODE_PRIMITIVE_HIGH_SHIFT;
    return (flags & 4) != 0 ? bits - ((int64_t)1 << 31) : bits;
}

#endif
