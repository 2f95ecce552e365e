/*
 * The scavenger: copies what lives in eden and the survivor space into the other survivor space, breadth first (Cheney), and
 * what has lived through two scavenges, or finds no room, into old space. A copied object leaves a forwarder (class index 8)
 * whose first slot is the copy; forwarders left by become: look the same but lead to something not yet copied, or old.
 */
#include "vm/base/os.h"
#include "vm/base/poison.h"
#include "vm/memory/old_space.h"
#include "vm/memory/populate.h"
#include "vm/memory/trace.h"

#define TENURE_AGE 2

static bool in_space(const struct young_space *space, uint64_t bits)
{
    return bits >= (uint64_t)(uintptr_t)space->start && bits < (uint64_t)(uintptr_t)space->limit;
}

/* Most objects are short: a loop is quicker than the call. */
static void copy_words(uint64_t *target, const uint64_t *source, size_t count)
{
    if (count > 16) {
        memcpy(target, source, count * sizeof *target);
        return;
    }
    for (size_t i = 0; i < count; i++)
        target[i] = source[i];
}

static oop copy_to_survivors(struct heap *heap, oop object, size_t word_count, uint64_t age)
{
    struct young_space *to = &heap->next_survivors;
    if ((size_t)(to->limit - to->free) < word_count)
        return NO_OOP;
    uint64_t *target = to->free;
    to->free += word_count;
    viv_unpoison(target, word_count * 8);
    uint64_t *start = object_start(object);
    copy_words(target, start, word_count);
    oop copy = object_at_address(target + (object_words(object) - start));
    uint64_t header = object_header(copy) & ~HEADER_AGE_MASK;
    object_set_header(copy, header | (age + 1) << HEADER_AGE_SHIFT);
    return copy;
}

static oop tenure(struct heap *heap, oop object, size_t word_count)
{
    uint64_t *target = old_allocate_words(heap, word_count, true);
    viv_assert(target != NULL, "there are addresses for what a scavenge tenures");
    uint64_t *start = object_start(object);
    copy_words(target, start, word_count);
    oop copy = object_at_address(target + (object_words(object) - start));
    object_set_header(copy, object_header(copy) & ~HEADER_AGE_MASK);
    heap->statistics.tenured_size += word_count * 8;
    bool added = oop_list_add(&heap->mark_stack, copy);
    viv_assert(added, "C memory for the list of tenured objects");
    return copy;
}

static oop move_object(struct heap *heap, oop object)
{
    if (VIV_UNLIKELY(heap->waiting != NULL))
        trace_came_to_life(heap, object);
    uint64_t header = object_header(object);
    uint64_t age = (header & HEADER_AGE_MASK) >> HEADER_AGE_SHIFT;
    size_t word_count = object_size(object) / 8;
    oop copy = NO_OOP;
    if (age < TENURE_AGE && !heap->collecting_full)
        copy = copy_to_survivors(heap, object, word_count, age);
    if (oop_is_none(copy))
        copy = tenure(heap, object, word_count);
    uint64_t mark = (header & ~(HEADER_CLASS_MASK | HEADER_FORMAT_MASK)) | CLASS_INDEX_FORWARDED |
                    (uint64_t)FORMAT_FORWARDED << HEADER_FORMAT_SHIFT;
    object_set_header(object, mark);
    object_slot_init(object, 0, copy);
    return copy;
}

static void scavenge_location(struct heap *heap, oop *location)
{
    oop value = *location;
    while (heap_is_young(heap, value)) {
        if (object_is_forwarder(value)) {
            value = object_slot(value, 0);
            continue;
        }
        if (!in_space(&heap->next_survivors, value.bits))
            value = move_object(heap, value);
        break;
    }
    *location = value;
}

static bool survives_scavenge(const struct heap *heap, oop value)
{
    while (heap_is_young(heap, value)) {
        if (!object_is_forwarder(value))
            return in_space(&heap->next_survivors, value.bits);
        value = object_slot(value, 0);
    }
    return true;
}

static void add_found(struct oop_list *list, oop object)
{
    bool added = oop_list_add(list, object);
    viv_assert(added, "C memory for weak objects");
}

/* Visits the strong slots of a live object; weak and ephemeron ones wait in their lists. */
static void scan_object(struct heap *heap, oop object)
{
    size_t count = object_pointer_count(object);
    unsigned format = object_format(object);
    if (format == FORMAT_WEAK) {
        add_found(&heap->weak_found, object);
        count = heap_fixed_slot_count(heap, object);
    } else if (format == FORMAT_EPHEMERON && !survives_scavenge(heap, object_slot(object, 0))) {
        add_found(&heap->ephemerons_found, object);
        return;
    }
    oop *slots = object_slots(object);
    for (size_t i = 0; i < count; i++)
        scavenge_location(heap, &slots[i]);
}

static bool has_young_slot(const struct heap *heap, oop object)
{
    size_t count = object_pointer_count(object);
    oop *slots = object_slots(object);
    for (size_t i = 0; i < count; i++)
        if (heap_is_young(heap, slots[i]))
            return true;
    return false;
}

/* Remembers an old object that is not remembered yet and refers to a young one. */
static void remember_if_needed(struct heap *heap, oop object)
{
    if ((object_header(object) & HEADER_REMEMBERED) == 0 && has_young_slot(heap, object))
        heap_remember(heap, object);
}

/* Scans all that has been copied or tenured and not yet scanned. */
static void drain(struct heap *heap)
{
    struct young_space *to = &heap->next_survivors;
    struct oop_list *tenured = &heap->mark_stack;
    for (;;) {
        if (heap->scan < to->free) {
            oop object = object_starting_at(heap->scan);
            heap->scan = object_limit(object);
            scan_object(heap, object);
        } else if (tenured->count > 0) {
            oop object = tenured->items[--tenured->count];
            scan_object(heap, object);
            remember_if_needed(heap, object);
        } else {
            return;
        }
    }
}

static void scan_remembered(struct heap *heap, size_t count)
{
    for (size_t i = 0; i < count; i++)
        scan_object(heap, heap->remembered.items[i]);
}

/* Takes objects out of the remembered set that no longer refer to young ones. */
static void prune_remembered(struct heap *heap)
{
    struct oop_list *set = &heap->remembered;
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        oop object = set->items[i];
        if (has_young_slot(heap, object))
            set->items[kept++] = object;
        else
            object_set_header(object, object_header(object) & ~HEADER_REMEMBERED);
    }
    set->count = kept;
}

static void clear_dead_weak_slots(struct heap *heap)
{
    for (size_t i = 0; i < heap->weak_found.count; i++) {
        oop object = heap->weak_found.items[i];
        size_t count = object_slot_count(object);
        oop *slots = object_slots(object);
        for (size_t j = heap_fixed_slot_count(heap, object); j < count; j++) {
            if (!heap_is_young(heap, slots[j]))
                continue;
            if (survives_scavenge(heap, slots[j])) {
                scavenge_location(heap, &slots[j]);
            } else {
                slots[j] = heap->nil;
                heap->mourners_arrived = true;
            }
        }
        if (!heap_is_young(heap, object))
            remember_if_needed(heap, object);
    }
    heap->weak_found.count = 0;
}

static void swap_survivor_spaces(struct heap *heap)
{
    struct young_space emptied = heap->survivors;
    heap->survivors = heap->next_survivors;
    heap->next_survivors = emptied;
    heap->next_survivors.free = emptied.start;
    viv_poison(emptied.start, (size_t)((char *)emptied.limit - (char *)emptied.start));
    heap->eden_free = heap->eden.start;
    heap->eden_limit = heap->eden_soft_limit;
    viv_poison(heap->eden.start, (size_t)((char *)heap->eden.limit - (char *)heap->eden.start));
}

static void record_pause(struct heap *heap, uint64_t duration)
{
    struct heap_statistics *statistics = &heap->statistics;
    statistics->scavenges++;
    statistics->scavenge_total_ns += duration;
    if (duration > statistics->scavenge_max_ns)
        statistics->scavenge_max_ns = duration;
    uint64_t bucket = duration / 1000;
    statistics->pauses[bucket < HEAP_PAUSE_BUCKETS ? bucket : HEAP_PAUSE_BUCKETS - 1]++;
}

oop heap_survivor(const struct heap *heap, oop object)
{
    if (heap->survivor != NULL)
        return heap->survivor(heap, object);
    return object;
}

static oop scavenge_survivor(const struct heap *heap, oop object)
{
    while (heap_is_young(heap, object)) {
        if (!object_is_forwarder(object))
            return in_space(&heap->next_survivors, object.bits) ? object : NO_OOP;
        object = object_slot(object, 0);
    }
    return object;
}

void heap_scavenge(struct heap *heap)
{
    static const struct tracer tracer = {survives_scavenge, scavenge_location, drain};
    uint64_t began = os_monotonic_ns();
    heap->phase = HEAP_SCAVENGING;
    heap->scan = heap->next_survivors.start;
    size_t remembered_count = heap->remembered.count;
    trace_roots(heap, scavenge_location);
    scan_remembered(heap, remembered_count);
    drain(heap);
    trace_ephemerons(heap, &tracer);
    clear_dead_weak_slots(heap);
    heap->survivor = scavenge_survivor;
    trace_after(heap);
    heap->survivor = NULL;
    heap->phase = HEAP_IDLE;
    swap_survivor_spaces(heap);
    prune_remembered(heap);
    heap->wants_scavenge = false;
    if (heap->populator != NULL)
        populator_note_limit(heap->populator, heap->old.limit);
    record_pause(heap, os_monotonic_ns() - began);
}

bool heap_can_scavenge(const struct heap *heap)
{
    size_t young = heap_used_size(heap) - heap_old_used_size(heap);
    return heap_old_used_size(heap) + young + young / 4 <= heap->size_limit + heap->reserve_size;
}

void heap_tenure_all(struct heap *heap)
{
    heap->collecting_full = true;
    heap_scavenge(heap);
    heap->collecting_full = false;
    viv_check(heap->survivors.free == heap->survivors.start, "nothing is young");
}
