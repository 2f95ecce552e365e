/*
 * Marking old space: one bit a word, set at the headers of what is known to live. The bits are clear but for the time from the
 * beginning of a full collection to its end. Young objects have none: they count as alive. Used inside vm/memory only.
 */
#ifndef VIV_MEMORY_MARK_H
#define VIV_MEMORY_MARK_H

#include "vm/base/os.h"
#include "vm/memory/heap.h"

#define BUDGET_UNLIMITED ((struct budget){UINT64_MAX, SIZE_MAX})

/* Work for so many objects has been done; answers whether there may be more. Looks at the clock every few hundred objects. */
static inline bool budget_spend(struct budget *budget, size_t objects)
{
    enum { LOOK_EVERY = 256 };
    if (budget->objects <= objects) {
        budget->objects = 0;
        return false;
    }
    size_t before = budget->objects / LOOK_EVERY;
    budget->objects -= objects;
    if (budget->objects / LOOK_EVERY == before || budget->until_ns == UINT64_MAX ||
        os_monotonic_ns() < budget->until_ns)
        return true;
    budget->objects = 0;
    return false;
}

/* The bit of an old object. */
bool mark_is_set(const struct heap *heap, oop object);
/* Sets it, and answers whether it was clear. */
bool mark_set(struct heap *heap, oop object);
void mark_clear_all(struct heap *heap);

/* Marks what the location names, and lets a location that names a forwarder name what it stands for. */
void mark_location(struct heap *heap, oop *location);
/* Marks what a live object refers to; a long one is left to mark_drain. Answers how many short objects that was worth. */
size_t mark_references(struct heap *heap, oop object);
/* Marks what is reachable from what has been marked. False when the budget was used up before all was. */
bool mark_drain(struct heap *heap, struct budget *budget);
/* Everything strongly reachable is marked: ephemerons fire, weak references and the class table forget what is dead, and the providers of
 * roots are told. */
void mark_conclude(struct heap *heap);

#endif
