/*
 * A world that does little makes little garbage, so nothing but time tells when to look for it, and when to give memory back. While it
 * waits for events, a cycle is due some time after the last collection ended, mostly twenty times as long as that took, but soon enough for
 * memory to go back within a minute. If old space is mostly holes then, and the world waits a moment longer, it is compacted: that is a
 * pause, but one that nobody waits for.
 */
#include "vm/memory/idle.h"
#include "vm/base/os.h"
#include "vm/memory/mark.h"

#define INTERVAL_NS UINT64_C(15000000000)
#define LONGEST_INTERVAL_NS UINT64_C(25000000000)
#define COST_FACTOR 20
#define QUIET_NS UINT64_C(3000000000)
/* Fewer bytes since the last collection mean that there is nothing to find. */
#define ALLOCATED_WORTH ((uint64_t)256 << 10)
#define HOLES_WORTH ((size_t)32 << 20)
/* With more bytes of objects the pause would be felt. */
#define COMPACTED_MOST ((size_t)1 << 30)

static uint64_t allocated(const struct heap *heap)
{
    return heap->statistics.allocated_size +
           (uint64_t)((char *)heap->eden_free - (char *)heap->eden.start);
}

static bool has_holes(const struct heap *heap)
{
    size_t used = heap_old_used_size(heap);
    return used <= COMPACTED_MOST && heap->cycle.sweep.holes_size > used + HOLES_WORTH;
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
    heap->idle.may_compact = heap->idle.stepped;
    heap->idle.stepped = false;
    bool compacts_next = heap->idle.may_compact && has_holes(heap);
    heap->idle.due_ns = now_ns + (compacts_next ? QUIET_NS : interval_after(cost_ns));
}

uint64_t heap_idle_due_ns(struct heap *heap)
{
    if (!heap_can_scavenge(heap))
        return UINT64_MAX;
    if (heap->cycle.phase != CYCLE_NONE)
        return 0;
    if (heap->idle.due_ns == 0)
        heap->idle.due_ns = os_monotonic_ns() + INTERVAL_NS;
    if (heap->idle.may_compact && has_holes(heap))
        return heap->idle.due_ns;
    return allocated(heap) - heap->idle.allocated < ALLOCATED_WORTH ? UINT64_MAX
                                                                    : heap->idle.due_ns;
}

void heap_idle_step(struct heap *heap)
{
    if (heap->cycle.phase == CYCLE_NONE && heap->idle.may_compact && has_holes(heap)) {
        heap_compact(heap);
        return;
    }
    heap->idle.stepped = true;
    heap_collect_some(heap, (struct budget){os_monotonic_ns() + HEAP_STEP_NS, SIZE_MAX});
}
