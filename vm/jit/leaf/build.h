/* The builder of leaf code's values: what build.c, which goes through blocks, values.c, which makes
 * them, and sends.c and instructions.c, which know instructions, share. */
#ifndef VIV_JIT_LEAF_BUILD_H
#define VIV_JIT_LEAF_BUILD_H

#include "vm/jit/leaf/graph.h"

enum { LEAF_PLACES = LEAF_TEMPS_MAX + LEAF_STACK_MAX, LEAF_FACTS_MAX = 256 };

/* Something known of a value in a block and all that it dominates. */
struct leaf_fact {
    int32_t value, block;
    int32_t kind;   /* enum leaf_op of the check or conversion */
    int64_t number; /* class index, or the value that a conversion made */
};

struct leaf_decision {
    uint8_t type;   /* of the phi; LEAF_NOTHING: not decided */
    uint8_t wanted; /* as what it is used; LEAF_NOTHING: not as a number */
    uint8_t changes;
    bool is_final;
};

struct leaf_builder {
    struct leaf_graph *graph;
    const struct steps *steps;
    struct leaf_decision *decisions; /* by block and place */
    uint8_t entry_types[LEAF_TEMPS_MAX];
    int32_t entry_values[LEAF_TEMPS_MAX]; /* LEAF_NONE: not fetched yet */
    struct leaf_fact facts[LEAF_FACTS_MAX];
    int32_t fact_count;
    int32_t receiver;
    int32_t block;                         /* being filled */
    int32_t pc;                            /* of the instruction */
    int32_t exit;                          /* before it; LEAF_NONE: not made yet */
    struct leaf_state state, state_before; /* the second as the instruction found it */
    bool again;   /* something has been decided: once more from the start */
    bool refused; /* leaf code cannot have this */
};

/* Where values are being made. */
struct leaf_spot {
    int32_t block, pc, exit;
};

static inline struct leaf_decision *leaf_decision_of(struct leaf_builder *builder, int32_t block,
                                                     int64_t place)
{
    return &builder->decisions[(int64_t)block * LEAF_PLACES + place];
}

/* Leaf code ends here: the instruction has not been run, and others are worth more than this way. */
void leaf_leave(struct leaf_builder *builder);
/* What is made from here on is made in the first block, which leaves at the first instruction; and back again. */
struct leaf_spot leaf_go_to_first_block(struct leaf_builder *builder);
void leaf_go_back(struct leaf_builder *builder, const struct leaf_spot *spot);
/* What a temporary of the frame holds when leaf code begins. */
int32_t leaf_entry_value(struct leaf_builder *builder, int temp);
/* To the only successor of the block; backwards a poll comes first. */
void leaf_jump_on(struct leaf_builder *builder);
/* An instruction that is no send. */
void leaf_build_other(struct leaf_builder *builder, const struct step *step);
/* Adds a value to the block; with an exit before the instruction for what has one. */
int32_t leaf_make(struct leaf_builder *builder, enum leaf_op op, enum leaf_type type, int32_t left,
                  int32_t right, int64_t number);
int32_t leaf_make_leaving(struct leaf_builder *builder, enum leaf_op op, enum leaf_type type,
                          int32_t left, int32_t right, int64_t number);
/* The same in the first block. */
int32_t leaf_fetch(struct leaf_builder *builder, enum leaf_op op, enum leaf_type type,
                   int64_t number);
/* What is known of a value here: the fact, or NULL. Number -1: any. */
const struct leaf_fact *leaf_known(const struct leaf_builder *builder, int32_t value,
                                   enum leaf_op kind, int64_t number);
void leaf_learn(struct leaf_builder *builder, int32_t value, enum leaf_op kind, int64_t number);
/* Whether a value is known to be a SmallInteger here. */
bool leaf_is_integer(const struct leaf_builder *builder, int32_t value);
/* From here on it is one. */
void leaf_want_integer(struct leaf_builder *builder, int32_t value);
/* The same number as a double, and a value as an oop. */
int32_t leaf_as_double(struct leaf_builder *builder, int32_t value);
int32_t leaf_as_oop(struct leaf_builder *builder, int32_t value);
/* It must be one, a Character, no read-only object, of the class, a double that a SmallFloat64 can hold. */
void leaf_want_fitting(struct leaf_builder *builder, int32_t value);
void leaf_want_character(struct leaf_builder *builder, int32_t value);
void leaf_want_mutable(struct leaf_builder *builder, int32_t value);
/* The body of an Array, ByteString or ByteArray. */
int32_t leaf_body(struct leaf_builder *builder, int32_t value);
void leaf_want_class(struct leaf_builder *builder, int32_t value, int64_t class_index);
int32_t leaf_receiver(struct leaf_builder *builder);
void leaf_push(struct leaf_builder *builder, int32_t value);
int32_t leaf_pop(struct leaf_builder *builder);

/* A send of any kind at the instruction; `next` is the one behind it in the same block, or NULL. A comparison with a jump behind it is done with
 * the jump: the block is at its end then. */
void leaf_build_send(struct leaf_builder *builder, const struct step *step,
                     const struct step *next);

#endif
