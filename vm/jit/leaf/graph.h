/*
 * What leaf code does, as values in blocks (static single assignment). A value is the number of the instruction that makes it.
 *
 * Values are oops, or doubles that are not objects. An integer stays an oop that is known to be a SmallInteger: sums need no more, and
 * it can be put into a frame as it is. An instruction that may not be able to go on has an exit: the pc where tier 1 goes on, and what
 * the frame holds there.
 */
#ifndef VIV_JIT_LEAF_GRAPH_H
#define VIV_JIT_LEAF_GRAPH_H

#include "vm/jit/leaf/steps.h"

enum leaf_op {
    /* without operands, in the first block only: what the frame, the VM and the method hold */
    LEAF_TEMP, /* number: offset from fp in words */
    LEAF_RECEIVER,
    LEAF_KNOWN,   /* nil, true or false; number: its offset in struct vm */
    LEAF_LITERAL, /* number: slot of the method */
    LEAF_GLOBAL, /* what an association among the literals holds; number: its slot; exits where another stands for it */
    LEAF_INTEGER, /* a SmallInteger; number: its bits */
    /* checks, which make no value; they exit */
    LEAF_IS_INTEGER,
    LEAF_IS_OF_CLASS, /* number: class index */
    LEAF_IS_CHARACTER,
    LEAF_IS_MUTABLE,
    LEAF_IS_FITTING, /* the double can be a SmallFloat */
    LEAF_POLL,
    /* between oops and doubles; they exit */
    LEAF_UNBOX,
    LEAF_BOX,
    LEAF_TO_DOUBLE, /* of an integer */
    /* integers; they exit where the answer is none, or the operands are none that are quick */
    LEAF_ADD,
    LEAF_SUBTRACT,
    LEAF_MULTIPLY,
    LEAF_FLOOR_DIVIDE,
    LEAF_MODULO,
    LEAF_BIT_AND,
    LEAF_BIT_OR,
    LEAF_SHIFT, /* by a number that is known: number */
    LEAF_CHARACTER_CODE,
    /* doubles */
    LEAF_FLOAT_ADD,
    LEAF_FLOAT_SUBTRACT,
    LEAF_FLOAT_MULTIPLY,
    LEAF_FLOAT_DIVIDE, /* exits when the divisor is 0 */
    LEAF_FLOAT_SQRT,   /* exits for what is negative or no number */
    /* slots of objects; number: the slot */
    LEAF_SLOT,
    LEAF_STORE, /* right into left; exits where the collector must be told */
    /* Arrays, ByteStrings and ByteArrays. What is known of one is fetched once, as a number that is no oop: how many elements, times four, and
     * which of the three; leaf code cannot change it */
    LEAF_BODY,
    LEAF_SIZE,   /* of a body */
    LEAF_AT,     /* left: the object, right: the index, third: its body */
    LEAF_AT_PUT, /* the same, fourth: what is stored */
    LEAF_TRUTH,  /* of a comparison of integers (number) as an object */
    LEAF_FLOAT_TRUTH,
    LEAF_POINT, /* of two integers, which is made only where leaf code ends */
    LEAF_PHI, /* number: the first of its inputs, one for each way to its block; left: which temporary or, behind those, operand */
    /* ends of blocks */
    LEAF_JUMP,
    LEAF_IF_INTEGERS, /* number: the comparison, 0 to 5 as special selectors are in order: < > <= >= = ~= */
    LEAF_IF_FLOATS,
    LEAF_IF_SAME, /* exits where an object may stand for another one */
    LEAF_IF_TRUE, /* exits for what is neither true nor false */
    LEAF_RETURN,  /* number: slots from fp to where the answer goes */
    LEAF_LEAVE,   /* its exit is taken */
};

enum leaf_type { LEAF_ANY, LEAF_INT, LEAF_DOUBLE, LEAF_VIRTUAL, LEAF_NOTHING, LEAF_RAW };

enum { LEAF_STACK_MAX = 24, LEAF_NONE = -1, LEAF_IN_FRAME = -2, LEAF_FORGOTTEN = -3 };

/* What temporaries and operands hold: values, or LEAF_IN_FRAME: what the frame holds, LEAF_FORGOTTEN: something that nobody reads any more
 * and that was written in another round of a loop. */
struct leaf_state {
    int32_t temps[LEAF_TEMPS_MAX];
    int32_t stack[LEAF_STACK_MAX];
    int32_t depth;
    bool has_stored; /* into an object */
};

struct leaf_exit {
    int32_t pc;
    struct leaf_state state;
};

struct leaf_value {
    uint8_t op, type;
    bool is_used;
    int32_t left, right, third, fourth; /* values or LEAF_NONE */
    int32_t exit;                       /* number of the exit or LEAF_NONE */
    int32_t block;
    int64_t number;
    int32_t position; /* in the order in which it runs */
};

struct leaf_block {
    int32_t pc;
    int32_t end;           /* pc behind its last instruction */
    int32_t successors[2]; /* the first is taken when the condition holds; LEAF_NONE */
    int32_t *predecessors;
    int32_t predecessor_count;
    int32_t dominator; /* the block through which every way here comes last, LEAF_NONE: the first */
    int32_t order;     /* place in the order in which blocks lie */
    bool is_loop;      /* a jump back leads here */
    bool is_inside;    /* of the loop that is being looked at */
    bool leaves;       /* its pc is not part of the leaf code */
    bool is_cut;       /* nothing comes here */
    bool ends_early;   /* leaf code always leaves in it */
    int32_t *values;   /* in order; the last one is its end */
    int32_t value_count, value_capacity;
    struct leaf_state before, after;
};

/* A cell that must hold what it held when the code was made. */
struct leaf_cell {
    const ic_cell *cell;
    uint32_t tag;
    uint8_t kind;
    uint64_t value; /* of its union */
    bool has_target;
    uint32_t number; /* of the target's code: another one may come to lie at its address */
};
enum { LEAF_CELLS_MAX = 32 };

/* An integer among the literals that must be what it was; it is part of the code. */
struct leaf_literal {
    int64_t slot; /* of the method */
    int64_t bits;
};
enum { LEAF_LITERALS_MAX = 16 };

/* What leaf code is made of. */
struct leaf_span {
    int32_t pc;        /* where it begins */
    int32_t low, high; /* pcs that it may have */
    int32_t number;    /* among the leaf code of its method */
    /* It begins where a method is called: whatever it cannot do, it leaves by having the frame built and all begun again. */
    bool is_frameless;
};

struct leaf_graph {
    struct vm *vm;
    const struct steps *steps;
    struct leaf_span span;
    struct leaf_block
        *blocks; /* the first has no instructions of the method: what is fetched once */
    int32_t block_count, block_capacity;
    int32_t *order; /* blocks as they lie: each behind one that leads to it */
    int32_t *block_of_pc;
    struct leaf_value *values;
    int32_t value_count, value_capacity;
    struct leaf_exit *exits;
    int32_t exit_count, exit_capacity;
    int32_t *inputs; /* of phis */
    int32_t input_count, input_capacity;
    struct leaf_cell cells[LEAF_CELLS_MAX];
    int32_t cell_count;
    struct leaf_literal literals[LEAF_LITERALS_MAX];
    int32_t literal_count;
    int32_t *values_left;     /* how many may still be made for the method, in all that is tried */
    int32_t arithmetic_count; /* how much there is to gain */
    bool reads_objects;       /* slots, elements or globals, which may have been stored into */
    bool leaves_after_store;
    bool failed;
};

/* Room for one more of items; false where there is none, or there are as many as may be. */
bool leaf_has_room(void **items, int32_t count, int32_t *capacity, size_t size, int32_t most);
/* Finds blocks and fills them with values; false where leaf code cannot be made, would not pay, takes too long, or memory is short. The code
 * has what is reached in its span; *values_left bounds the work, and becomes less. */
bool leaf_graph_open(struct leaf_graph *graph, struct vm *vm, const struct steps *steps,
                     const struct leaf_span *span, int32_t *values_left);
void leaf_graph_close(struct leaf_graph *graph);

/* --- for who builds it (blocks.c, build.c, values.c) -------------------------------------------------------------------------------- */

bool leaf_find_blocks(struct leaf_graph *graph);
/* Whether every way to a block comes through another one. */
bool leaf_dominates(const struct leaf_graph *graph, int32_t dominator, int32_t block);
/* Temporaries that are written in the loop whose head is a block, a bit each. */
uint64_t leaf_written_in_loop(struct leaf_graph *graph, int32_t head);
int32_t leaf_add_value(struct leaf_graph *graph, int32_t block, struct leaf_value value);
/* As the last value but the block's end. */
int32_t leaf_add_before_end(struct leaf_graph *graph, int32_t block, struct leaf_value value);
/* Room for what comes to a phi by each way: the first of them. */
int32_t leaf_add_inputs(struct leaf_graph *graph, int32_t count);
int32_t leaf_add_exit(struct leaf_graph *graph, int32_t pc, const struct leaf_state *state);
bool leaf_fill_blocks(struct leaf_graph *graph);

/* What a state has: temporaries, then operands. */
static inline int leaf_held_count(const struct leaf_graph *graph, const struct leaf_state *state)
{
    return graph->steps->temp_count + state->depth;
}

static inline int32_t leaf_held(const struct leaf_graph *graph, const struct leaf_state *state,
                                int index)
{
    int temps = graph->steps->temp_count;
    return index < temps ? state->temps[index] : state->stack[index - temps];
}

/* How many operands lie above an argument or the receiver when a method is called. */
static inline int64_t leaf_depth_of(const struct leaf_graph *graph, const struct leaf_value *value)
{
    int64_t offset = value->op == LEAF_RECEIVER
                         ? FRAME_RETURN + 1 + (int64_t)graph->steps->code->argument_count
                         : value->number;
    return offset - FRAME_RETURN - 1;
}

/* Whether code without a frame finds its receiver in a closure. */
static inline bool leaf_is_in_closure(const struct leaf_graph *graph)
{
    return (graph->steps->code->flags & CODE_IS_BLOCK) != 0;
}

enum leaf_body_kind { LEAF_BODY_ARRAY, LEAF_BODY_STRING, LEAF_BODY_BYTES };

static inline bool leaf_op_is_end(enum leaf_op op)
{
    return op >= LEAF_JUMP;
}

#endif
