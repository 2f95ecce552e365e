/* What the collector does while nobody wants the processor. Used inside vm/memory only. */
#ifndef VIV_MEMORY_IDLE_H
#define VIV_MEMORY_IDLE_H

#include "vm/memory/heap.h"

enum { IDLE_PASSES = 3 };
/* Whether the cycle that is going on, with old space so many bytes long, should try to make it dense; heap->idle.passes then tells how many
 * cycles before it have done so, fewer than IDLE_PASSES. */
bool idle_may_evacuate(struct heap *heap, size_t whole);
/* A full collection has ended and took so long in all. */
void idle_note_end(struct heap *heap, uint64_t now_ns, uint64_t cost_ns);

#endif
