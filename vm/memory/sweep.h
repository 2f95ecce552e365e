/* Sweeping: what is not marked in old space becomes free chunks. Used inside vm/memory only. */
#ifndef VIV_MEMORY_SWEEP_H
#define VIV_MEMORY_SWEEP_H

#include "vm/memory/heap.h"

/* All that lives is marked: old space up to its limit is to be swept. Allocation goes on in what has been swept, and behind.
 * With gives_back the memory of long gaps goes to the system; a program that goes on allocating would soon want it again, cleared. */
void sweep_begin(struct heap *heap, bool gives_back);
/* Goes on until all is swept or the budget used up; answers whether all is swept. Bits of what has been swept are clear. */
bool sweep_some(struct heap *heap, struct budget *budget);

#endif
