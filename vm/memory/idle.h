/* What the collector does while nobody wants the processor. Used inside vm/memory only. */
#ifndef VIV_MEMORY_IDLE_H
#define VIV_MEMORY_IDLE_H

#include "vm/memory/heap.h"

/* A full collection has ended and took so long in all. */
void idle_note_end(struct heap *heap, uint64_t now_ns, uint64_t cost_ns);

#endif
