/* A full collection in steps. Used inside vm/memory only. */
#ifndef VIV_MEMORY_CYCLE_H
#define VIV_MEMORY_CYCLE_H

#include "vm/memory/heap.h"

/* A new object of old space: while a cycle marks it lives, and what it will be filled with is looked at in the next step. */
void cycle_note_new(struct heap *heap, oop object);

/* Whether an object of old space is dead already, and only not swept yet. */
bool cycle_is_dead(const struct heap *heap, oop object);

/* Forgets what the cycle has found out, if one is going on. */
void cycle_abandon(struct heap *heap);

#endif
