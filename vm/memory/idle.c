/*
 * A world that does little makes little garbage, so nothing but time tells when to look for it, and when to give memory back. While it
 * waits for events, a cycle is due some time after the last collection ended, mostly twenty times as long as that took, but soon enough for
 * memory to go back within a minute. If old space is mostly holes then, the cycle makes it dense (evacuate.c), and others follow at once: what
 * one has moved leaves longer gaps to the next, for longer objects, and the last finds nothing where the objects were.
 */
#include "vm/memory/idle.h"
#include "vm/base/os.h"

#define INTERVAL_NS UINT64_C(15000000000)
#define LONGEST_INTERVAL_NS UINT64_C(25000000000)
#define COST_FACTOR 20
/* Fewer bytes since the last collection mean that there is nothing to find. */
#define ALLOCATED_WORTH ((uint64_t)256 << 10)
/* Old space that could not be made dense is not tried again before this part of its length has been allocated. */
#define PART_BEFORE_NEXT 8

static uint64_t allocated(const struct heap *heap)
{
    return heap->statistics.allocated_size +
           (uint64_t)((char *)heap->eden_free - (char *)heap->eden.start);
}

bool idle_may_evacuate(struct heap *heap, size_t whole)
{
    uint64_t now = allocated(heap) + 1;
    if (!heap->idle.stepped || heap->idle.passes >= IDLE_PASSES)
        return false;
    if (heap->idle.passes == 0 && heap->idle.evacuated != 0 &&
        now - heap->idle.evacuated < whole / PART_BEFORE_NEXT)
        return false;
    heap->idle.evacuated = now;
    return true;
}

static uint64_t interval_after(uint64_t cost_ns)
{
    uint64_t interval = cost_ns * COST_FACTOR;
    if (interval > LONGEST_INTERVAL_NS)
        return LONGEST_INTERVAL_NS;
    return interval > INTERVAL_NS ? interval : INTERVAL_NS;
}

void idle_note_end(struct heap *heap, uint64_t now_ns, uint64_t cost_ns)
{
    heap->idle.allocated = allocated(heap);
    heap->idle.wants_another = heap->idle.stepped && heap->cycle.evacuation.moved_size > 0;
    heap->idle.passes = heap->idle.wants_another ? heap->idle.passes + 1 : 0;
    heap->idle.stepped = false;
    heap->idle.due_ns = now_ns + (heap->idle.wants_another ? 0 : interval_after(cost_ns));
}

uint64_t heap_idle_due_ns(struct heap *heap)
{
    if (!heap_can_scavenge(heap))
        return UINT64_MAX;
    if (heap->cycle.phase != CYCLE_NONE || heap->idle.wants_another)
        return 0;
    if (heap->idle.due_ns == 0)
        heap->idle.due_ns = os_monotonic_ns() + INTERVAL_NS;
    return allocated(heap) - heap->idle.allocated < ALLOCATED_WORTH ? UINT64_MAX
                                                                    : heap->idle.due_ns;
}

void heap_idle_step(struct heap *heap)
{
    heap->idle.stepped = true;
    heap_collect_some(heap, (struct budget){os_monotonic_ns() + HEAP_STEP_NS, SIZE_MAX});
}
