/*
 * A stencil as tools/stencils cuts it out: bytes in two parts, the path usually taken and the rest, and the holes in them.
 */
#ifndef VIV_JIT_STENCILS_STENCIL_H
#define VIV_JIT_STENCILS_STENCIL_H

#include <stdint.h>

/* What is to be filled in, by the symbol that stands for it in stencils.c, which says what each is. Names that end in _ have a number
 * behind them: a word's, or HOLE_LONG for "long". */
#define HOLE_KINDS(X)                                                                              \
    X(FRAME, "hole_frame_")                                                                        \
    X(SLOT, "hole_slot_")                                                                          \
    X(INTEGER, "hole_integer_")                                                                    \
    X(VALUE, "hole_value_")                                                                        \
    X(CELL, "hole_cell_")                                                                          \
    X(TARGET, "hole_target_")                                                                      \
    X(AFTER, "hole_after_")                                                                        \
    X(RETURN, "hole_return_")                                                                      \
    X(NEXT, "next_")                                                                               \
    X(JUMP, "jump_")                                                                               \
    X(IP, "hole_ip")                                                                               \
    X(CODE, "hole_code")                                                                           \
    X(RECEIVER, "hole_receiver")                                                                   \
    X(LOCALS, "hole_locals")                                                                       \
    X(OP, "op_")      /* the number is an opcode */                                                \
    X(FUNCTION, NULL) /* of C: the number is its place in stencil_functions */                     \
    X(HOT, NULL)      /* in the stencil's own parts, at the addend */                              \
    X(COLD, NULL)                                                                                  \
    X(NONE, NULL)
enum hole_kind {
#define HOLE_KIND(kind, symbol) HOLE_##kind,
    HOLE_KINDS(HOLE_KIND)
#undef HOLE_KIND
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
