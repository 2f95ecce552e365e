/* Compaction: the last part of a full collection. Used inside vm/memory only. */
#ifndef VIV_MEMORY_COMPACT_H
#define VIV_MEMORY_COMPACT_H

#include "vm/memory/heap.h"

/* Slides the objects of a swept old space together, in order of address; pinned objects stay. Does nothing when there is no
 * C memory for its table. */
void compact_old_space(struct heap *heap);

#endif
