/* Evacuation: objects of sparse old space leave their places to forwarders. Used inside vm/memory only. */
#ifndef VIV_MEMORY_EVACUATE_H
#define VIV_MEMORY_EVACUATE_H

#include "vm/memory/heap.h"

/* Marking has ended: decides whether the sweep that begins evacuates, and from where on. */
void evacuate_plan(struct heap *heap);

/* Moves a live object that the sweep passes to a free chunk below the boundary and leaves a forwarder in its place, if it may be moved and
 * there is room. Answers its length in words when it was moved, else 0. */
size_t evacuate_object(struct heap *heap, oop object);
/* The end of a step in which something was moved: roots name the new places. */
void evacuate_end_step(struct heap *heap);

#endif
