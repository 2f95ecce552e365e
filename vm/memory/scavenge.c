/*
 * The scavenger: roots, weak references and ephemerons, and what follows from a scavenge. The moving itself, and the scan of what
 * was moved, are in scavenge_move.c.
 */
#include "vm/memory/scavenge.h"
#include "vm/base/os.h"
#include "vm/base/poison.h"
#include "vm/memory/cards.h"
#include "vm/memory/pauses.h"
#include "vm/memory/populate.h"
#include "vm/memory/trace.h"

#define EDEN_SMALLEST_SIZE ((size_t)1 << 18)
#define LARGE_WORK ((size_t)7 << 18)
#define SMALL_WORK ((size_t)1 << 18)
/* What a card, and a chunk that is taken from anywhere, cost in copied bytes: in a large heap both wait for memory. */
#define CARD_WORK ((size_t)1024)
#define CHUNK_WORK ((size_t)512)

static void scan_remembered(struct heap *heap, size_t count)
{
    for (size_t i = 0; i < count; i++)
        scavenge_scan(heap, heap->remembered.items[i]);
}

/* Takes objects out of the remembered set that no longer refer to young ones, and those for which cards are enough. */
static void prune_remembered(struct heap *heap)
{
    struct oop_list *set = &heap->remembered;
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        oop object = set->items[i];
        bool has_cards = object_has_cards(object);
        if (!has_cards && scavenge_has_young_slot(heap, object)) {
            set->items[kept++] = object;
            continue;
        }
        object_set_header(object, object_header(object) & ~HEADER_REMEMBERED);
        if (has_cards)
            cards_note_all(heap, object);
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
            if (scavenge_survives(heap, slots[j])) {
                scavenge_visit(heap, &slots[j]);
            } else {
                slots[j] = heap->nil;
                heap->mourners_arrived = true;
            }
        }
        if (!heap_is_young(heap, object))
            scavenge_remember(heap, object);
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
    heap->statistics.allocated_size +=
        (uint64_t)((char *)heap->eden_free - (char *)heap->eden.start);
    heap->eden_free = heap->eden.start;
    heap->eden_limit = heap->eden_soft_limit;
    viv_poison(heap->eden.start, (size_t)((char *)heap->eden.limit - (char *)heap->eden.start));
}

/* A pause is as long as what it copies, and the places it looks at: while most of eden lives, eden is made smaller. The clock has no say
 * in it, so that a run can be repeated. */
static void adapt_eden(struct heap *heap, size_t work)
{
    size_t size = (size_t)((char *)heap->eden_soft_limit - (char *)heap->eden.start);
    if (work > LARGE_WORK && size > EDEN_SMALLEST_SIZE)
        size /= 2;
    else if (work < SMALL_WORK && size < heap->eden_size)
        size *= 2;
    heap->eden_soft_limit = heap->eden.start + size / 8;
    heap->eden_limit = heap->eden_soft_limit;
}

oop heap_survivor(const struct heap *heap, oop object)
{
    if (heap->survivor != NULL)
        return heap->survivor(heap, object);
    return object;
}

void heap_scavenge(struct heap *heap)
{
    static const struct tracer tracer = {scavenge_survives, scavenge_visit, scavenge_drain};
    uint64_t began = os_monotonic_ns();
    heap->phase = HEAP_SCAVENGING;
    heap->scan = heap->next_survivors.start;
    size_t remembered_count = heap->remembered.count;
    size_t card_count = cards_count(heap);
    size_t tenured_size = heap->statistics.tenured_size;
    size_t chunks_taken = heap->old.chunks_taken;
    trace_roots(heap, scavenge_visit);
    scan_remembered(heap, remembered_count);
    cards_each(heap, card_count, scavenge_scan_slots);
    scavenge_drain(heap);
    trace_ephemerons(heap, &tracer);
    clear_dead_weak_slots(heap);
    heap->survivor = scavenge_survivor;
    trace_after(heap);
    heap->survivor = NULL;
    heap->phase = HEAP_IDLE;
    swap_survivor_spaces(heap);
    if (!heap->collecting_full)
        adapt_eden(heap, (size_t)((char *)heap->survivors.free - (char *)heap->survivors.start) +
                             heap->statistics.tenured_size - tenured_size + card_count * CARD_WORK +
                             (heap->old.chunks_taken - chunks_taken) * CHUNK_WORK);
    cards_forget_clean(heap);
    prune_remembered(heap);
    heap->wants_scavenge = false;
    if (heap->populator != NULL)
        populator_note_limit(heap->populator, heap->old.limit);
    pause_record(&heap->statistics.scavenges, os_monotonic_ns() - began);
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
