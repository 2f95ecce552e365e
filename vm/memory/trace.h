/*
 * What the scavenger and the marker share: the treatment of ephemerons and weak arrays once everything strongly reachable is
 * known. Used inside vm/memory only.
 */
#ifndef VIV_MEMORY_TRACE_H
#define VIV_MEMORY_TRACE_H

#include "vm/memory/heap.h"

/* How a collector sees liveness: `survives` answers whether an object is known to live; `strengthen` visits a location and
 * makes what it names live; `drain` visits all that this made live. */
struct tracer {
    bool (*survives)(const struct heap *heap, oop value);
    heap_visit_fn *strengthen;
    void (*drain)(struct heap *heap);
};

/* How many slots of a live object, from the first, keep what they name alive. A weak object waits in its list, and so does an
 * ephemeron whose key is not known to live, which has none until then. */
static inline size_t trace_strong_count(struct heap *heap, oop object,
                                        bool (*survives)(const struct heap *heap, oop value))
{
    unsigned format = object_format(object);
    if (format == FORMAT_WEAK) {
        heap_list_add(heap, &heap->weak_found, object);
        return heap_fixed_slot_count(heap, object);
    }
    if (format == FORMAT_EPHEMERON && !survives(heap, object_slot(object, 0))) {
        heap_list_add(heap, &heap->ephemerons_found, object);
        return 0;
    }
    return object_pointer_count(object);
}

/* Ephemerons whose key lives are scanned; the others, when no more keys can come to life, fire: they turn into ordinary
 * objects and join the mourners. The time is linear in the number of ephemerons, whatever chains they form. */
void trace_ephemerons(struct heap *heap, const struct tracer *tracer);

/* The collectors call this, where heap->waiting is set, for each object that has come to life and still is where it was. */
void trace_came_to_life(struct heap *heap, oop object);

/* Visits the heap's own strong roots and every provider's. */
void trace_roots(struct heap *heap, heap_visit_fn *visitor);

/* Visits what the providers hold for a married Context. */
void trace_married(struct heap *heap, oop object, heap_visit_fn *visitor);

/* Runs the `after` hooks. */
void trace_after(struct heap *heap);

#endif
