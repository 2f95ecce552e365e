/*
 * Full collection: everything young is tenured, old space is marked in a side bitmap (one bit a word, set at headers) and
 * swept into free chunks; compaction follows where asked. References to forwarders are replaced by what they stand for on
 * the way, so forwarders die here. Classes live as long as an instance does or somebody refers to them: the class table's
 * pages above the first are weak.
 */
#include "vm/memory/mark.h"
#include "vm/base/os.h"
#include "vm/memory/compact.h"
#include "vm/memory/old_space.h"
#include "vm/memory/trace.h"

#include <stdlib.h>

enum { PREFETCH_QUEUE = 16 };

static size_t bit_index(const struct heap *heap, oop object)
{
    return (size_t)(object_words(object) - heap->old.reserve_start);
}

bool mark_is_set(const struct heap *heap, oop object)
{
    size_t index = bit_index(heap, object);
    return (heap->old.mark_bits[index / 64] >> (index % 64) & 1) != 0;
}

static bool set_mark(struct heap *heap, oop object)
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

static void mark_location(struct heap *heap, oop *location)
{
    oop value = *location;
    if (!oop_is_object(value))
        return;
    if (VIV_UNLIKELY(object_is_forwarder(value))) {
        value = heap_follow(value);
        *location = value;
        if (!oop_is_object(value))
            return;
    }
    if (set_mark(heap, value)) {
        heap_list_add(heap, &heap->mark_stack, value);
        if (VIV_UNLIKELY(heap->waiting != NULL))
            trace_came_to_life(heap, value);
    }
}

static bool survives_mark(const struct heap *heap, oop value)
{
    value = heap_follow(value);
    return !oop_is_object(value) || mark_is_set(heap, value);
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

static void mark_slots(struct heap *heap, oop object)
{
    size_t count = trace_strong_count(heap, object, survives_mark);
    if (count == CLASS_PAGE_SLOTS && is_class_page(heap, object))
        count = 0;
    mark_class_of(heap, object);
    if (object_is_context(object) && oop_is_integer(object_slot(object, 0)))
        trace_married(heap, object, mark_location);
    oop *slots = object_slots(object);
    for (size_t i = 0; i < count; i++)
        mark_location(heap, &slots[i]);
}

/* Depth first, through a short queue that lets the header's cache line arrive before it is read. */
static void drain(struct heap *heap)
{
    struct oop_list *stack = &heap->mark_stack;
    oop queue[PREFETCH_QUEUE] = {{0}};
    size_t position = 0;
    size_t queued = 0;
    while (stack->count > 0 || queued > 0) {
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
            mark_slots(heap, object);
        }
    }
}

static void clear_dead_weak_slots(struct heap *heap)
{
    for (size_t i = 0; i < heap->weak_found.count; i++) {
        oop object = heap->weak_found.items[i];
        size_t count = object_slot_count(object);
        oop *slots = object_slots(object);
        for (size_t j = heap_fixed_slot_count(heap, object); j < count; j++) {
            slots[j] = heap_follow(slots[j]);
            if (!survives_mark(heap, slots[j])) {
                slots[j] = heap->nil;
                heap->mourners_arrived = true;
            }
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
            bool dead = oop_is_object(class) && !mark_is_set(heap, class);
            object_slot_init(page, i, dead ? heap->nil : class);
        }
    }
    heap->class_index_hint = CLASS_PAGE_SLOTS;
}

static oop mark_survivor(const struct heap *heap, oop object)
{
    object = heap_follow(object);
    if (!oop_is_object(object) || mark_is_set(heap, object))
        return object;
    return NO_OOP;
}

static void mark(struct heap *heap)
{
    static const struct tracer tracer = {survives_mark, mark_location, drain};
    heap->phase = HEAP_MARKING;
    mark_clear_all(heap);
    trace_roots(heap, mark_location);
    oop free_lists = object_starting_at(object_limit(heap->true_object));
    mark_location(heap, &free_lists);
    drain(heap);
    trace_ephemerons(heap, &tracer);
    clear_dead_weak_slots(heap);
    prune_class_table(heap);
    heap->survivor = mark_survivor;
    trace_after(heap);
    heap->survivor = NULL;
    heap->phase = HEAP_IDLE;
}

/* Turns every run of unmarked objects into one free chunk. */
static void sweep(struct heap *heap)
{
    uint64_t *at = heap->old.base;
    uint64_t *limit = heap->old.limit;
    uint64_t *run = NULL;
    old_forget_chunks(heap);
    while (at < limit) {
        oop object = object_starting_at(at);
        uint64_t *next = object_limit(object);
        if (mark_is_set(heap, object)) {
            if (run != NULL)
                old_make_chunk(heap, run, (size_t)(at - run), true);
            run = NULL;
        } else if (run == NULL) {
            run = at;
        }
        at = next;
    }
    if (run != NULL)
        old_shrink(heap, run);
}

static void forget_mourned(struct heap *heap)
{
    struct oop_list *mourners = &heap->mourners;
    size_t left = mourners->count - heap->mourners_taken;
    if (heap->mourners_taken > 0)
        memmove(mourners->items, mourners->items + heap->mourners_taken, left * sizeof(oop));
    mourners->count = left;
    heap->mourners_taken = 0;
}

void heap_collect_full(struct heap *heap, bool compact)
{
    uint64_t began = os_monotonic_ns();
    forget_mourned(heap);
    heap_tenure_all(heap);
    heap_seal(heap);
    mark(heap);
    sweep(heap);
    if (compact)
        compact_old_space(heap);
    heap->wants_full = false;
    heap->forwarders_exist = false;
    size_t used = heap_old_used_size(heap);
    heap->collect_at_size = used + used / 2 + ((size_t)32 << 20);
    if (heap->collect_at_size > heap->size_limit && used < heap->size_limit)
        heap->collect_at_size = used + (heap->size_limit - used) / 2;
    uint64_t duration = os_monotonic_ns() - began;
    heap->statistics.full_collections++;
    heap->statistics.full_total_ns += duration;
    if (duration > heap->statistics.full_max_ns)
        heap->statistics.full_max_ns = duration;
}
