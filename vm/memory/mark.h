/* The mark bits of old space: set for what lives, from one full collection to the next. Used inside vm/memory only. */
#ifndef VIV_MEMORY_MARK_H
#define VIV_MEMORY_MARK_H

#include "vm/memory/heap.h"

bool mark_is_set(const struct heap *heap, oop object);
void mark_clear_all(struct heap *heap);

#endif
