/*
 * Marking. References to forwarders are replaced by what they stand for on the way, so forwarders die with the collection. Classes
 * live as long as an instance does or somebody refers to them: the class table's pages above the first are weak.
 */
#include "vm/memory/mark.h"
#include "vm/memory/trace.h"

#include <stdlib.h>

/* Slots of a long object are marked so many at a time, so that neither a step nor the stack depends on the longest one. */
enum { PREFETCH_QUEUE = 16, SLOTS_AT_ONCE = 256, SLOTS_WORTH_AN_OBJECT = 4 };

static size_t bit_index(const struct heap *heap, oop object)
{
    return (size_t)(object_words(object) - heap->old.reserve_start);
}

bool mark_is_set(const struct heap *heap, oop object)
{
    size_t index = bit_index(heap, object);
    return (heap->old.mark_bits[index / 64] >> (index % 64) & 1) != 0;
}

bool mark_set(struct heap *heap, oop object)
{
    size_t index = bit_index(heap, object);
    uint64_t bit = (uint64_t)1 << (index % 64);
    uint64_t *word = &heap->old.mark_bits[index / 64];
    if ((*word & bit) != 0)
        return false;
    *word |= bit;
    return true;
}

void mark_clear_all(struct heap *heap)
{
    size_t first = (size_t)(heap->old.base - heap->old.reserve_start) / 64;
    size_t limit = (size_t)(heap->old.limit - heap->old.reserve_start) / 64 + 1;
    memset(heap->old.mark_bits + first, 0, (limit - first) * sizeof(uint64_t));
}

static void push_if_new(struct heap *heap, oop object)
{
    if (!mark_set(heap, object))
        return;
    heap_list_add(heap, &heap->mark_stack, object);
    if (VIV_UNLIKELY(heap->waiting != NULL))
        trace_came_to_life(heap, object);
}

/* A forwarder to something young stays where it is named: replacing it would let an old object refer to a young one in silence. Then
 * a scavenge may put any of the chain in its place. */
static void mark_forwarded(struct heap *heap, oop *location)
{
    oop target = heap_follow(*location);
    if (!heap_is_young(heap, target)) {
        *location = target;
        if (oop_is_object(target))
            push_if_new(heap, target);
        return;
    }
    for (oop value = *location; object_is_forwarder(value); value = object_slot(value, 0))
        if (!heap_is_young(heap, value))
            push_if_new(heap, value);
}

void mark_location(struct heap *heap, oop *location)
{
    oop value = *location;
    if (!oop_is_object(value))
        return;
    if (VIV_UNLIKELY(object_is_forwarder(value)))
        mark_forwarded(heap, location);
    else if (!heap_is_young(heap, value))
        push_if_new(heap, value);
}

static bool survives_mark(const struct heap *heap, oop value)
{
    value = heap_follow(value);
    return !oop_is_object(value) || heap_is_marked(heap, value);
}

bool heap_is_marked(const struct heap *heap, oop object)
{
    return heap_is_young(heap, object) || mark_is_set(heap, object);
}

static void mark_class_of(struct heap *heap, oop object)
{
    uint32_t class_index = object_class_index(object);
    if (class_index < CLASS_PAGE_SLOTS)
        return;
    oop page = object_slot(heap->hidden_roots, class_index / CLASS_PAGE_SLOTS);
    mark_location(heap, &object_slots(page)[class_index % CLASS_PAGE_SLOTS]);
}

static bool is_class_page(const struct heap *heap, oop object)
{
    return object_class_index(object) == CLASS_HIDDEN_ARRAY &&
           object_slot_count(object) == CLASS_PAGE_SLOTS &&
           !oop_same(object, object_slot(heap->hidden_roots, 0));
}

static void mark_slots(struct heap *heap, oop object, size_t first, size_t limit)
{
    oop *slots = object_slots(object);
    for (size_t i = first; i < limit; i++)
        mark_location(heap, &slots[i]);
}

static void add_large(struct heap *heap, oop object, size_t next)
{
    heap_list_add(heap, &heap->large_found, object);
    heap_list_add(heap, &heap->large_found, oop_from_integer((int64_t)next));
}

size_t mark_references(struct heap *heap, oop object)
{
    if (VIV_UNLIKELY(object_is_forwarder(object))) {
        heap->cycle.forwarders_made = true; /* this one stays */
        mark_slots(heap, object, 0, 1);
        return 1;
    }
    heap->cycle.marked_size += object_size(object);
    size_t count = trace_strong_count(heap, object, survives_mark);
    if (count == CLASS_PAGE_SLOTS && is_class_page(heap, object))
        count = 0;
    mark_class_of(heap, object);
    if (object_is_context(object) && oop_is_integer(object_slot(object, 0)))
        trace_married(heap, object, mark_location);
    if (count > SLOTS_AT_ONCE) {
        add_large(heap, object, 0);
        return 1;
    }
    mark_slots(heap, object, 0, count);
    return 1 + count / SLOTS_WORTH_AN_OBJECT;
}

/* Some slots of the long object that was found last. It may have become something else between two steps: then all of it has been
 * marked (heap_note_change). */
static void mark_part_of_large(struct heap *heap)
{
    struct oop_list *large = &heap->large_found;
    size_t first = (size_t)oop_to_integer(large->items[--large->count]);
    oop object = large->items[--large->count];
    size_t count = object_is_forwarder(object) ? 0 : object_pointer_count(object);
    size_t limit = first + SLOTS_AT_ONCE < count ? first + SLOTS_AT_ONCE : count;
    if (limit < count)
        add_large(heap, object, limit);
    mark_slots(heap, object, first, limit);
}

/* Depth first, through a short queue that lets the header's cache line arrive before it is read. */
static bool drain_stack(struct heap *heap, struct budget *budget)
{
    struct oop_list *stack = &heap->mark_stack;
    oop queue[PREFETCH_QUEUE] = {{0}};
    size_t position = 0;
    size_t queued = 0;
    bool more = true;
    while (more && (stack->count > 0 || queued > 0)) {
        oop next = NO_OOP;
        if (stack->count > 0) {
            next = stack->items[--stack->count];
            __builtin_prefetch(object_words(next));
            queued++;
        }
        oop object = queue[position];
        queue[position] = next;
        position = (position + 1) % PREFETCH_QUEUE;
        if (!oop_is_none(object)) {
            queued--;
            more = budget_spend(budget, mark_references(heap, object));
        }
    }
    for (size_t i = 0; i < PREFETCH_QUEUE; i++)
        if (!oop_is_none(queue[i]))
            heap_list_add(heap, stack, queue[i]);
    return more;
}

bool mark_drain(struct heap *heap, struct budget *budget)
{
    while (drain_stack(heap, budget)) {
        if (heap->large_found.count == 0)
            return true;
        mark_part_of_large(heap);
        if (!budget_spend(budget, SLOTS_AT_ONCE / SLOTS_WORTH_AN_OBJECT))
            return false;
    }
    return false;
}

static void drain_all(struct heap *heap)
{
    struct budget budget = BUDGET_UNLIMITED;
    mark_drain(heap, &budget);
}

static void clear_dead_weak_slots(struct heap *heap)
{
    for (size_t i = 0; i < heap->weak_found.count; i++) {
        oop object = heap->weak_found.items[i];
        if (object_format(object) != FORMAT_WEAK)
            continue; /* it has become something else, whose references are marked */
        size_t count = object_slot_count(object);
        for (size_t j = heap_fixed_slot_count(heap, object); j < count; j++) {
            oop value = heap_follow(object_slot(object, j));
            if (!survives_mark(heap, value)) {
                value = heap->nil;
                heap->mourners_arrived = true;
            }
            heap_store(heap, object, j, value);
        }
    }
    heap->weak_found.count = 0;
}

/* Takes dead classes out of the table and updates entries that became something else. */
static void prune_class_table(struct heap *heap)
{
    for (size_t page_index = 1; page_index < HIDDEN_CLASS_PAGES; page_index++) {
        oop page = object_slot(heap->hidden_roots, page_index);
        if (oop_same(page, heap->nil))
            continue;
        for (size_t i = 0; i < CLASS_PAGE_SLOTS; i++) {
            oop class = heap_follow(object_slot(page, i));
            heap_store(heap, page, i, survives_mark(heap, class) ? class : heap->nil);
        }
    }
    heap->class_index_hint = CLASS_PAGE_SLOTS;
}

static oop mark_survivor(const struct heap *heap, oop object)
{
    object = heap_follow(object);
    return survives_mark(heap, object) ? object : NO_OOP;
}

void mark_conclude(struct heap *heap)
{
    static const struct tracer tracer = {survives_mark, mark_location, drain_all};
    trace_ephemerons(heap, &tracer);
    clear_dead_weak_slots(heap);
    prune_class_table(heap);
    heap->survivor = mark_survivor;
    trace_after(heap);
    heap->survivor = NULL;
}
