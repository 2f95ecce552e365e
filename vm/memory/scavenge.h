/*
 * What the two files of the scavenger share: moving young objects and scanning what was moved. Used inside vm/memory only.
 */
#ifndef VIV_MEMORY_SCAVENGE_H
#define VIV_MEMORY_SCAVENGE_H

#include "vm/memory/heap.h"

/* Moves the young object that the location names, unless it was moved before, and lets the location name the copy. */
void scavenge_visit(struct heap *heap, oop *location);

/* The value itself when it is old, immediate, or a copy; the copy of what was moved; NO_OOP for what has not been moved. */
oop scavenge_survivor(const struct heap *heap, oop value);

/* Whether there is such a survivor. */
bool scavenge_survives(const struct heap *heap, oop value);

/* Visits the strong slots of a live object; weak and ephemeron ones wait in their lists. */
void scavenge_scan(struct heap *heap, oop object);

/* Visits strong slots. */
void scavenge_scan_slots(struct heap *heap, oop *slots, size_t count);

/* Scans all that has been moved and not yet scanned. */
void scavenge_drain(struct heap *heap);

bool scavenge_has_young_slot(const struct heap *heap, oop object);

/* Remembers an old object, or its cards, if it is not remembered yet and refers to a young one. */
void scavenge_remember(struct heap *heap, oop object);

#endif
