/*
 * A stencil as tools/stencils cuts it out: bytes in two parts, the path usually taken and the rest, and the holes in them.
 */
#ifndef VIV_JIT_STENCILS_STENCIL_H
#define VIV_JIT_STENCILS_STENCIL_H

#include <stdint.h>

/* What is to be filled in; stencils.c says what each is. Numbered ones first: the number is a word's, HOLE_LONG stands for "long". */
enum hole_kind {
    HOLE_FRAME,
    HOLE_SLOT,
    HOLE_INTEGER,
    HOLE_VALUE,
    HOLE_CELL,
    HOLE_TARGET,
    HOLE_AFTER,
    HOLE_RETURN,
    HOLE_NEXT,
    HOLE_JUMP,
    HOLE_IP,
    HOLE_CODE,
    HOLE_RECEIVER,
    HOLE_LOCALS,
    HOLE_OP,       /* the number is an opcode */
    HOLE_FUNCTION, /* of C: the number is its place in stencil_functions */
    HOLE_HOT,      /* in the stencil's own parts, at the addend */
    HOLE_COLD,
    HOLE_NONE
};
enum { HOLE_LONG = 255 };

/* How: 32 bits of an address or number that is not negative, of one that may be, or of the distance from the hole. */
enum hole_form { HOLE_UNSIGNED, HOLE_SIGNED, HOLE_RELATIVE };

struct hole {
    uint16_t offset; /* in its part */
    uint16_t number;
    int16_t addend;
    uint8_t kind;
    uint8_t form : 2;
    uint8_t in_cold : 1;
};

struct stencil {
    uint32_t bytes; /* where they begin in stencil_bytes: the hot part, then the cold one */
    uint16_t hot_size;
    uint16_t cold_size;
    uint16_t holes; /* the first in stencil_holes */
    uint8_t hole_count;
    uint8_t
        falls_kind; /* where the hot part goes on at its end: HOLE_NEXT, HOLE_JUMP, or HOLE_NONE when it does not */
    uint8_t falls_number;
    uint8_t exists;
};

#endif
