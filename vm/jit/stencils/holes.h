/* The names of holes, for the stencils that have them and for what fills them; stencils.c says what each is for. */
#ifndef VIV_JIT_STENCILS_HOLES_H
#define VIV_JIT_STENCILS_HOLES_H

/* The words of an instruction that may have an operand, or that may come next. */
#define WORDS(X, kind) X(kind, 0) X(kind, 1) X(kind, 2) X(kind, 3) X(kind, 4) X(kind, 5) X(kind, 6)
#define WORDS_AND_LONG(X, kind) WORDS(X, kind) X(kind, long)

#define JUMP_HOLES(X) WORDS_AND_LONG(X, next_) WORDS_AND_LONG(X, jump_)
#define VALUE_HOLES(X)                                                                             \
    WORDS_AND_LONG(X, hole_frame_)                                                                 \
    WORDS_AND_LONG(X, hole_slot_)                                                                  \
    WORDS_AND_LONG(X, hole_integer_)                                                               \
    WORDS_AND_LONG(X, hole_value_)                                                                 \
    WORDS_AND_LONG(X, hole_cell_)                                                                  \
    WORDS_AND_LONG(X, hole_target_)                                                                \
    WORDS_AND_LONG(X, hole_after_)                                                                 \
    WORDS_AND_LONG(X, hole_return_)                                                                \
    X(hole_, ip) X(hole_, code) X(hole_, receiver) X(hole_, locals)

#endif
