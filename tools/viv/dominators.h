/*
 * Which object holds which: an object is dominated by another when every path from the roots to it goes through that one, so that
 * it would be garbage with it. What an object dominates, with itself, is what it retains.
 *
 * The algorithm is that of Lengauer and Tarjan, "A Fast Algorithm for Finding Dominators in a Flowgraph" (1979), with simple
 * linking: m log n for n objects and m references whatever their shape, and no recursion.
 */
#ifndef VIV_TOOLS_VIV_DOMINATORS_H
#define VIV_TOOLS_VIV_DOMINATORS_H

#include "tools/viv/heap_graph.h"

/* Objects that can be reached have numbers from 1 on; 0 stands for the roots. Who dominates has the lower number. */
struct dominators {
    const struct heap_graph *graph;
    uint32_t count;      /* the highest number */
    uint32_t *nodes;     /* by number; [0] is no node */
    uint32_t *dominator; /* by number: that of the nearest dominating object */
    uint64_t *retained;  /* by number: bytes */
};

/* False with a status without memory; free it then, too. */
bool dominators_find(struct dominators *dominators, const struct heap_graph *graph,
                     struct status *status) VIV_MUST_USE;
void dominators_free(struct dominators *dominators);

#endif
