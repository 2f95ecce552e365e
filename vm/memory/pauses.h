/* Counting pauses. Used inside vm/memory only. */
#ifndef VIV_MEMORY_PAUSES_H
#define VIV_MEMORY_PAUSES_H

#include "vm/memory/heap.h"

static inline void pause_record(struct heap_pauses *pauses, uint64_t duration_ns)
{
    uint64_t bucket = duration_ns / 1000;
    pauses->count++;
    pauses->total_ns += duration_ns;
    if (duration_ns > pauses->max_ns)
        pauses->max_ns = duration_ns;
    pauses->buckets[bucket < HEAP_PAUSE_BUCKETS ? bucket : HEAP_PAUSE_BUCKETS - 1]++;
}

#endif
