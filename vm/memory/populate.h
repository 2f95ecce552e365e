/*
 * Memory that the collector is about to touch, made present by a thread of its own: the first touch of a page costs more than
 * copying to it, and would fall into a scavenge. The thread starts when a program has used up a first part of eden, so short
 * runs never have it; it holds no oop and reads no object. Used inside vm/memory only.
 */
#ifndef VIV_MEMORY_POPULATE_H
#define VIV_MEMORY_POPULATE_H

#include "vm/memory/heap.h"

/* Eden in use, in bytes, at which the thread starts. */
#define POPULATE_START_SIZE ((size_t)1 << 19)

struct populator;

/* Starts the thread on the next part of old space; NULL when it cannot be had. */
struct populator *populator_start(struct heap *heap);
/* Old space is in use up to limit: what follows is wanted soon. */
void populator_note_limit(struct populator *populator, uint64_t *limit);
/* Ends the thread. NULL is allowed. */
void populator_stop(struct populator *populator);

#endif
