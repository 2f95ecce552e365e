/* From values with places to machine code: what emit.c, for blocks, arithmetic.c and objects.c, for values, and leave.c,
 * for beginning and ending, share. */
#ifndef VIV_JIT_LEAF_EMIT_H
#define VIV_JIT_LEAF_EMIT_H

#include "vm/jit/leaf/assembler.h"
#include "vm/jit/leaf/leaf.h"
#include "vm/jit/leaf/registers.h"

/* A distance that is filled in once all is there. */
struct leaf_distance {
    size_t at;
    int32_t number; /* of the block, exit or value that it leads to */
};

struct leaf_distances {
    struct leaf_distance *items;
    int32_t count, capacity;
};

struct emitter {
    struct assembler code;
    const struct leaf_graph *graph;
    struct leaf_registers registers;
    size_t *block_starts;
    struct leaf_distances to_blocks, to_exits, to_slow_boxes, to_undone, to_box;
    struct leaf_distances out; /* number: a pc of tier 1's code */
    int saved_count;
    uint8_t saved[6]; /* registers of C's caller that are in use */
    /* The jump to where cells are looked at, and where it comes back; 0: there is none. */
    size_t recheck_at, checked_at;
    bool keeps_sp; /* on the C stack: rdx is used for something else */
    bool failed;
};

void leaf_note_distance(struct emitter *emitter, struct leaf_distances *distances, size_t at,
                        int32_t number);
/* Bytes from rsp to what was saved at the beginning. */
int64_t leaf_saved_sp(const struct emitter *emitter);

/* A value in a general register: its own, or the scratch one. */
int leaf_general(struct emitter *emitter, int32_t value, int scratch);
/* The same for doubles. */
int leaf_double(struct emitter *emitter, int32_t value, int scratch);
/* A copy of it in a register. */
void leaf_load(struct emitter *emitter, int32_t value, int reg);

/* What a slot of the method holds. */
void leaf_load_literal(struct emitter *emitter, int64_t slot, int reg);
/* The place of a value. */
struct leaf_place leaf_place_of(const struct emitter *emitter, int32_t value);
/* Where an answer is made: in its register, or in the scratch one, from which leaf_put_answer and leaf_put_double take it. */
int leaf_answer_register(const struct emitter *emitter, int32_t value, int scratch);
void leaf_put_answer(struct emitter *emitter, int32_t value, int reg);
void leaf_put_double(struct emitter *emitter, int32_t value, int reg);
/* Takes a value's exit where a condition holds. */
void leaf_exit_if(struct emitter *emitter, unsigned condition, const struct leaf_value *value);
/* Whether a value is an integer that fits into an instruction, as bits. */
bool leaf_is_number(const struct emitter *emitter, int32_t number, int64_t *bits);
/* Compares; the condition under which the comparison holds. Of doubles, = and ~= look at parity too: what is no number is neither more nor
 * less than anything, nor equal. */
unsigned leaf_compare_integers(struct emitter *emitter, const struct leaf_value *value);
unsigned leaf_compare_floats(struct emitter *emitter, const struct leaf_value *value);

/* Compares what a double would be as a SmallFloat64 with what there is: below where it is one and not zero. rax = its bits, rotated, above the
 * least of them; r11 = the bits alone, 0 or 1 for zero; rdx is lost. */
void leaf_compare_with_small_floats(struct emitter *emitter, int reg);
/* The code of values (emit.c has the table). */
void leaf_emit_check(struct emitter *emitter, int32_t number);
void leaf_emit_unbox(struct emitter *emitter, int32_t number);
void leaf_emit_box(struct emitter *emitter, int32_t number);
void leaf_emit_to_double(struct emitter *emitter, int32_t number);
void leaf_emit_add(struct emitter *emitter, int32_t number);
void leaf_emit_subtract(struct emitter *emitter, int32_t number);
void leaf_emit_multiply(struct emitter *emitter, int32_t number);
void leaf_emit_floor_division(struct emitter *emitter, int32_t number);
void leaf_emit_bit_and(struct emitter *emitter, int32_t number);
void leaf_emit_bit_or(struct emitter *emitter, int32_t number);
void leaf_emit_shift(struct emitter *emitter, int32_t number);
void leaf_emit_float_add(struct emitter *emitter, int32_t number);
void leaf_emit_float_subtract(struct emitter *emitter, int32_t number);
void leaf_emit_float_multiply(struct emitter *emitter, int32_t number);
void leaf_emit_float_divide(struct emitter *emitter, int32_t number);
void leaf_emit_sqrt(struct emitter *emitter, int32_t number);
void leaf_emit_store(struct emitter *emitter, int32_t number);
void leaf_emit_body(struct emitter *emitter, int32_t number);
void leaf_emit_size(struct emitter *emitter, int32_t number);
void leaf_emit_at(struct emitter *emitter, int32_t number);
void leaf_emit_at_put(struct emitter *emitter, int32_t number);
void leaf_emit_fetch(struct emitter *emitter, int32_t number);
void leaf_emit_truth(struct emitter *emitter, int32_t number);
void leaf_emit_character_code(struct emitter *emitter, int32_t number);
/* Behind all blocks: what is rare of them. */
void leaf_emit_slow_boxes(struct emitter *emitter);
void leaf_emit_undone(struct emitter *emitter);

void leaf_emit_beginning(struct emitter *emitter);
/* Behind all blocks: cells are looked at one by one where some have changed. */
void leaf_emit_recheck(struct emitter *emitter);
void leaf_emit_return(struct emitter *emitter, const struct leaf_value *value);
/* What of a block's end goes to the phis of the next. */
void leaf_emit_moves(struct emitter *emitter, int32_t block);
/* Behind all blocks: exits, and what they call. */
void leaf_emit_exits(struct emitter *emitter);
void leaf_emit_box_routine(struct emitter *emitter);

/* The code of a graph; false where there is no memory or it is too long. */
bool leaf_emit(const struct leaf_graph *graph, struct leaf *leaf);

#endif
