/* Where each value of leaf code is: linear scan (Poletto and Sarkar, 1999) over one interval a value. */
#ifndef VIV_JIT_LEAF_REGISTERS_H
#define VIV_JIT_LEAF_REGISTERS_H

#include "vm/jit/leaf/graph.h"

/* A place: a register of the value's kind, a slot of the C stack, or none: the value is made again at each use. */
struct leaf_place {
    enum { LEAF_NOWHERE, LEAF_IN_REGISTER, LEAF_ON_STACK } kind;
    int number;
};

struct leaf_registers {
    struct leaf_place *places; /* by value */
    int slot_count;            /* of the C stack */
    uint32_t used;             /* general registers, a bit each */
};

/* False when there is no memory. */
bool leaf_registers_open(struct leaf_registers *registers, const struct leaf_graph *graph);
void leaf_registers_close(struct leaf_registers *registers);

#endif
