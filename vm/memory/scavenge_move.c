/*
 * Moving young objects: what lives in eden and the survivor space is copied into the other survivor space, breadth first
 * (Cheney), and what has lived through two scavenges, or finds no room, into old space. A copied object leaves a forwarder
 * (class index 8) whose first slot is the copy; forwarders left by become: look the same but lead to something not yet
 * copied, or old.
 *
 * Nearly all objects are short and have strong slots only. For them there is one loop, scan_plain_objects, which keeps what
 * it needs in registers; everything else goes through scavenge_visit and scavenge_scan, which do the same for any object.
 */
#include "vm/base/poison.h"
#include "vm/memory/cards.h"
#include "vm/memory/cycle.h"
#include "vm/memory/old_space.h"
#include "vm/memory/scavenge.h"
#include "vm/memory/trace.h"

#define TENURE_AGE 2

static bool in_space(const struct young_space *space, uint64_t bits)
{
    return bits - (uint64_t)(uintptr_t)space->start <
           (uint64_t)((char *)space->limit - (char *)space->start);
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

static uint64_t header_age(uint64_t header)
{
    return (header & HEADER_AGE_MASK) >> HEADER_AGE_SHIFT;
}

static void leave_forwarder(oop object, uint64_t header, oop copy)
{
    object_set_header(object, (header & ~(HEADER_CLASS_MASK | HEADER_FORMAT_MASK)) |
                                  CLASS_INDEX_FORWARDED |
                                  (uint64_t)FORMAT_FORWARDED << HEADER_FORMAT_SHIFT);
    object_slot_init(object, 0, copy);
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

static void note_tenured(struct heap *heap, oop copy, size_t word_count)
{
    heap->statistics.tenured_size += word_count * 8;
    heap_list_add(heap, &heap->tenured, copy);
    cycle_note_new(heap, copy);
}

static oop tenure(struct heap *heap, oop object, size_t word_count)
{
    uint64_t *target = old_allocate_words(heap, word_count, true);
    viv_assert(target != NULL, "there are addresses for what a scavenge tenures");
    uint64_t *start = object_start(object);
    copy_words(target, start, word_count);
    oop copy = object_at_address(target + (object_words(object) - start));
    object_set_header(copy, object_header(copy) & ~HEADER_AGE_MASK);
    note_tenured(heap, copy, word_count);
    return copy;
}

static oop move_object(struct heap *heap, oop object)
{
    if (VIV_UNLIKELY(heap->waiting != NULL))
        trace_came_to_life(heap, object);
    uint64_t header = object_header(object);
    uint64_t age = header_age(header);
    size_t word_count = object_size(object) / 8;
    oop copy = NO_OOP;
    if (age < TENURE_AGE && !heap->collecting_full)
        copy = copy_to_survivors(heap, object, word_count, age);
    if (oop_is_none(copy))
        copy = tenure(heap, object, word_count);
    leave_forwarder(object, header, copy);
    return copy;
}

void scavenge_visit(struct heap *heap, oop *location)
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

oop scavenge_survivor(const struct heap *heap, oop value)
{
    while (heap_is_young(heap, value)) {
        if (!object_is_forwarder(value))
            return in_space(&heap->next_survivors, value.bits) ? value : NO_OOP;
        value = object_slot(value, 0);
    }
    return value;
}

bool scavenge_survives(const struct heap *heap, oop value)
{
    return !oop_is_none(scavenge_survivor(heap, value));
}

bool scavenge_has_young_slot(const struct heap *heap, oop object)
{
    size_t count = object_pointer_count(object);
    oop *slots = object_slots(object);
    for (size_t i = 0; i < count; i++)
        if (heap_is_young(heap, slots[i]))
            return true;
    return false;
}

void scavenge_remember(struct heap *heap, oop object)
{
    if ((object_header(object) & HEADER_REMEMBERED) != 0)
        return;
    if (object_has_cards(object))
        cards_note_all(heap, object);
    else if (scavenge_has_young_slot(heap, object))
        heap_remember(heap, object);
}

/* --- the loop for plain objects --------------------------------------------------------------------------------------- */

/* What the loop reads for every slot. No pointer to it leaves its function, so stores to objects cannot change it. */
struct plain_scan {
    uint64_t young_base;
    uint64_t young_size;
    uint64_t to_base; /* the space copied into */
    uint64_t to_size;
    uint64_t *free; /* heap->next_survivors.free while the loop runs */
    uint64_t *limit;
    uint64_t *old_free; /* heap->old.bump likewise */
    uint64_t *old_limit;
};

/* While ephemerons wait for their keys to come to life, and when everything is tenured, there is more to do for each object. */
static bool moves_plainly(const struct heap *heap)
{
    return heap->waiting == NULL && !heap->collecting_full;
}

/* Short, strong slots only. */
static bool is_plain(uint64_t header)
{
    uint64_t format = (header & HEADER_FORMAT_MASK) >> HEADER_FORMAT_SHIFT;
    return format - FORMAT_FIXED <= FORMAT_FIXED_INDEXABLE - FORMAT_FIXED &&
           header >> HEADER_SLOTS_SHIFT != OVERFLOW_SLOTS;
}

static size_t plain_words(uint64_t header)
{
    size_t slot_count = (size_t)(header >> HEADER_SLOTS_SHIFT);
    return 1 + (slot_count == 0 ? 1 : slot_count);
}

/* Room in old space's open run, which must not be left with a single word; NULL sends the object the long way. */
static inline uint64_t *take_old(struct plain_scan *scan, size_t word_count)
{
    size_t room = (size_t)(scan->old_limit - scan->old_free);
    if (room < word_count + 2 && room != word_count)
        return NULL;
    uint64_t *target = scan->old_free;
    scan->old_free += word_count;
    return target;
}

/* Copies a young object that was not moved before; NO_OOP when that is not a plain matter. */
static inline oop move_plainly(struct heap *heap, struct plain_scan *scan, oop object)
{
    uint64_t header = object_header(object);
    size_t word_count = plain_words(header);
    uint64_t *target;
    if ((header & HEADER_CLASS_MASK) == CLASS_INDEX_FORWARDED ||
        header >> HEADER_SLOTS_SHIFT == OVERFLOW_SLOTS)
        return NO_OOP;
    bool stays_young = header_age(header) < TENURE_AGE;
    if (stays_young && (size_t)(scan->limit - scan->free) >= word_count) {
        target = scan->free;
        scan->free += word_count;
        viv_unpoison(target, word_count * 8);
        target[0] = header + ((uint64_t)1 << HEADER_AGE_SHIFT);
    } else {
        target = take_old(scan, word_count);
        if (target == NULL)
            return NO_OOP;
        target[0] = header & ~HEADER_AGE_MASK;
        note_tenured(heap, object_at_address(target), word_count);
    }
    copy_words(target + 1, object_words(object) + 1, word_count - 1);
    oop copy = object_at_address(target);
    leave_forwarder(object, header, copy);
    return copy;
}

static inline void load_scan(struct plain_scan *scan, const struct heap *heap)
{
    scan->free = heap->next_survivors.free;
    scan->limit = heap->next_survivors.limit;
    scan->old_free = heap->old.bump;
    scan->old_limit = heap->old.bump_limit;
}

static inline struct plain_scan begin_scan(const struct heap *heap)
{
    const struct young_space *to = &heap->next_survivors;
    struct plain_scan scan = {.young_base = heap->young_base,
                              .young_size = heap->young_size,
                              .to_base = (uint64_t)(uintptr_t)to->start,
                              .to_size = (uint64_t)((char *)to->limit - (char *)to->start)};
    load_scan(&scan, heap);
    return scan;
}

static inline void store_scan(const struct plain_scan *scan, struct heap *heap)
{
    heap->next_survivors.free = scan->free;
    heap->old.bump = scan->old_free;
}

/* Visits the slots of a plain object; answers whether one of them is still young. */
static inline bool scan_slots(struct heap *heap, struct plain_scan *scan, oop *slots, size_t count)
{
    bool young = false;
    for (size_t i = 0; i < count; i++) {
        oop value = slots[i];
        if (!oop_is_object(value) || value.bits - scan->young_base >= scan->young_size)
            continue;
        if (value.bits - scan->to_base >= scan->to_size) {
            oop copy = move_plainly(heap, scan, value);
            if (oop_is_none(copy)) {
                store_scan(scan, heap);
                scavenge_visit(heap, &slots[i]);
                load_scan(scan, heap);
                copy = slots[i];
            } else {
                slots[i] = copy;
            }
            value = copy;
        }
        young = young || value.bits - scan->to_base < scan->to_size;
    }
    return young;
}

/* Objects of any size whose slots are all strong. */
static void scan_strong_slots(struct heap *heap, oop *slots, size_t count)
{
    struct plain_scan scan = begin_scan(heap);
    scan_slots(heap, &scan, slots, count);
    store_scan(&scan, heap);
}

void scavenge_scan_slots(struct heap *heap, oop *slots, size_t count)
{
    if (moves_plainly(heap)) {
        scan_strong_slots(heap, slots, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        scavenge_visit(heap, &slots[i]);
}

void scavenge_scan(struct heap *heap, oop object)
{
    size_t count = trace_strong_count(heap, object, scavenge_survives);
    scavenge_scan_slots(heap, object_slots(object), count);
}

/* Scans what has been moved, as long as it is plain. What was tenured comes first, which keeps its list short. */
static void scan_plain_objects(struct heap *heap)
{
    struct oop_list *tenured = &heap->tenured;
    struct plain_scan scan = begin_scan(heap);
    uint64_t *at = heap->scan;
    for (;;) {
        uint64_t *object;
        bool is_tenured = tenured->count > 0;
        if (is_tenured)
            object = object_words(tenured->items[tenured->count - 1]);
        else if (at < scan.free)
            object = at;
        else
            break;
        uint64_t header = *object;
        if (!is_plain(header))
            break;
        if (is_tenured)
            tenured->count--;
        else
            at += plain_words(header);
        bool young = scan_slots(heap, &scan, (oop *)(void *)(object + 1),
                                (size_t)(header >> HEADER_SLOTS_SHIFT));
        if (is_tenured && young && (header & HEADER_REMEMBERED) == 0)
            heap_remember(heap, object_at_address(object));
    }
    heap->scan = at;
    store_scan(&scan, heap);
}

void scavenge_drain(struct heap *heap)
{
    struct oop_list *tenured = &heap->tenured;
    for (;;) {
        if (moves_plainly(heap))
            scan_plain_objects(heap);
        if (tenured->count > 0) {
            oop object = tenured->items[--tenured->count];
            scavenge_scan(heap, object);
            scavenge_remember(heap, object);
        } else if (heap->scan < heap->next_survivors.free) {
            oop object = object_starting_at(heap->scan);
            heap->scan = object_limit(object);
            scavenge_scan(heap, object);
        } else {
            return;
        }
    }
}
