/*
 * Full collection: everything young is tenured, old space is marked and swept; compaction follows where asked. Or the same by a
 * cycle of short steps, each at a poll, between which the program goes on:
 *
 * 1. begin: what the roots name is marked.
 * 2. mark, step by step. Meanwhile (Dijkstra and others, 1978) every old object that is stored into another is marked; new objects of
 *    old space are born marked and scanned later. Young objects and roots may refer to anything: they are looked at in the end.
 * 3. When nothing is left to scan, roots and young objects are looked at once, and what that finds is marked in steps as well;
 *    when nothing is left again, once more, and this time all the rest is done without a pause between.
 * 4. sweep, step by step; what is moved then (evacuate.c) leaves forwarders.
 *
 * The barrier costs nothing while no cycle marks: its range of values is then that of the young spaces; the beginning widens it.
 */
#include "vm/memory/cycle.h"
#include "vm/base/os.h"
#include "vm/memory/cards.h"
#include "vm/memory/compact.h"
#include "vm/memory/evacuate.h"
#include "vm/memory/idle.h"
#include "vm/memory/mark.h"
#include "vm/memory/pauses.h"
#include "vm/memory/sweep.h"
#include "vm/memory/trace.h"

/* Old space grows by as much between two steps at most, so that programs that make nothing young take steps too. */
#define STEP_GROWTH ((size_t)1 << 20)
#define STORES_PER_STEP ((size_t)1 << 16)
#define COLLECTION_SLACK ((size_t)32 << 20)

static bool is_marking(const struct heap *heap)
{
    return heap->cycle.phase == CYCLE_MARKING;
}

/* --- what the barrier and allocation tell ------------------------------------------------------------------------------- */

static void widen_barrier(struct heap *heap)
{
    heap->barrier_base = 0;
    heap->barrier_size = UINT64_MAX;
    heap->barrier_mask = 0;
}

static void narrow_barrier(struct heap *heap)
{
    heap->barrier_base = heap->young_base;
    heap->barrier_size = heap->young_size;
    heap->barrier_mask = HEADER_REMEMBERED;
}

/* A program that stores and allocates nothing would never come to the next step, and each of its stores would take the long way. */
static void count_store(struct heap *heap)
{
    if (++heap->cycle.stores % STORES_PER_STEP == 0) {
        heap->wants_step = true;
        heap_request_poll(heap);
    }
}

void heap_note(struct heap *heap, oop object, size_t index, oop value)
{
    if (!heap_is_young(heap, value)) {
        /* The barrier tells of old values while a cycle marks, and only then. */
        if (mark_set(heap, value))
            heap_list_add(heap, &heap->mark_stack, value);
        count_store(heap);
    } else if ((object_header(object) & HEADER_REMEMBERED) == 0) {
        if (object_has_cards(object))
            cards_note(heap, object, index);
        else
            heap_remember(heap, object);
    }
}

void heap_note_change(struct heap *heap, oop object)
{
    if (!heap_is_young(heap, object))
        cycle_note_new(heap, object);
}

void cycle_note_new(struct heap *heap, oop object)
{
    if (!is_marking(heap))
        return;
    mark_set(heap, object);
    heap_list_add(heap, &heap->mark_stack, object);
}

bool cycle_is_dead(const struct heap *heap, oop object)
{
    const struct sweep *sweep = &heap->cycle.sweep;
    return object_words(object) >= sweep->at && object_words(object) < sweep->limit &&
           !mark_is_set(heap, object);
}

/* --- marking ------------------------------------------------------------------------------------------------------------ */

static void mark_roots(struct heap *heap, enum heap_phase phase)
{
    heap->phase = phase;
    trace_roots(heap, mark_location);
    oop free_lists = object_starting_at(object_limit(heap->true_object));
    mark_location(heap, &free_lists);
    heap->phase = HEAP_MARKING;
}

/* Mourners that the image has taken are its own affair. */
static void forget_mourned(struct heap *heap)
{
    struct oop_list *mourners = &heap->mourners;
    size_t left = mourners->count - heap->mourners_taken;
    if (heap->mourners_taken > 0)
        memmove(mourners->items, mourners->items + heap->mourners_taken, left * sizeof(oop));
    mourners->count = left;
    heap->mourners_taken = 0;
}

static void mark_in_one_go(struct heap *heap)
{
    struct budget budget = BUDGET_UNLIMITED;
    mark_roots(heap, HEAP_MARKING);
    mark_drain(heap, &budget);
    mark_conclude(heap);
    heap->phase = HEAP_IDLE;
    heap->cycle.evacuation = (struct evacuation){0};
    sweep_begin(heap, true);
    sweep_some(heap, &budget);
}

/* --- cycles ------------------------------------------------------------------------------------------------------------- */

/* Between steps the lists of weak objects and ephemerons belong to the scavenger. */
static void exchange_lists(struct heap *heap)
{
    struct cycle *cycle = &heap->cycle;
    struct oop_list weak = heap->weak_found;
    struct oop_list ephemerons = heap->ephemerons_found;
    heap->weak_found = cycle->weak_found;
    heap->ephemerons_found = cycle->ephemerons_found;
    cycle->weak_found = weak;
    cycle->ephemerons_found = ephemerons;
}

static void begin(struct heap *heap)
{
    struct cycle *cycle = &heap->cycle;
    forget_mourned(heap);
    cycle->phase = CYCLE_MARKING;
    cycle->roots_seen_again = cycle->forwarders_made = false;
    cycle->began_at_size = heap_old_used_size(heap);
    cycle->cost_ns = 0;
    cycle->marked_size = 0;
    widen_barrier(heap);
    mark_roots(heap, HEAP_MARKING);
}

static void mark_from_young(struct heap *heap, uint64_t *at, const uint64_t *limit,
                            size_t (*mark)(struct heap *heap, oop object))
{
    while (at < limit) {
        oop object = object_starting_at(at);
        at = object_limit(object);
        mark(heap, object);
    }
}

/* The roots, and all that is young. */
static void mark_from_outside(struct heap *heap, size_t (*mark)(struct heap *heap, oop object))
{
    mark_roots(heap, HEAP_MARKING_MORE);
    mark_from_young(heap, heap->survivors.start, heap->survivors.free, mark);
    mark_from_young(heap, heap->eden.start, heap->eden_free, mark);
}

/* A young object before the end: it will move, so it must not be in a list. What it holds weakly is left to the end. */
static size_t mark_slots_of_young(struct heap *heap, oop object)
{
    unsigned format = object_format(object);
    size_t count =
        format == FORMAT_WEAK || format == FORMAT_EPHEMERON ? 0 : object_pointer_count(object);
    for (size_t i = 0; i < count; i++)
        mark_location(heap, &object_slots(object)[i]);
    return count;
}

static void forget_dead_remembered(struct heap *heap)
{
    struct oop_list *set = &heap->remembered;
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++)
        if (mark_is_set(heap, set->items[i]))
            set->items[kept++] = set->items[i];
    set->count = kept;
    cards_forget_dead(heap);
}

/* What cannot be done in steps. */
static void finish_marking(struct heap *heap)
{
    struct budget budget = BUDGET_UNLIMITED;
    mark_from_outside(heap, mark_references);
    mark_drain(heap, &budget);
    mark_conclude(heap);
    forget_dead_remembered(heap);
    narrow_barrier(heap);
    heap->forwarders_exist = heap->cycle.forwarders_made;
    heap->statistics.full_collections++;
    heap->statistics.cycles++;
    heap->cycle.phase = CYCLE_SWEEPING;
    evacuate_plan(heap);
    sweep_begin(heap, heap->cycle.was_mostly_free || heap->idle.stepped);
}

/* Marks all that can be marked in steps; false when the budget was used up before that. */
static bool mark_in_steps(struct heap *heap, struct budget *budget)
{
    bool all = mark_drain(heap, budget);
    if (all && !heap->cycle.roots_seen_again) {
        heap->cycle.roots_seen_again = true;
        mark_from_outside(heap, mark_slots_of_young);
        all = mark_drain(heap, budget);
    }
    return all;
}

/* Runs a part of the cycle that finds weak objects and ephemerons. */
static bool mark_with_lists(struct heap *heap, struct budget *budget)
{
    heap->phase = HEAP_MARKING;
    exchange_lists(heap);
    bool all = mark_in_steps(heap, budget);
    bool at_end = all && heap->eden_free == heap->eden.start;
    if (at_end)
        finish_marking(heap);
    exchange_lists(heap);
    heap->phase = HEAP_IDLE;
    return all && !at_end;
}

/* Marking ends with an empty eden, so that its garbage keeps nothing alive; where there is no room for a scavenge it has to wait. */
static void mark_some(struct heap *heap, struct budget *budget)
{
    while (mark_with_lists(heap, budget) && heap_can_scavenge(heap))
        heap_scavenge(heap);
}

static void set_next_collection(struct heap *heap)
{
    size_t used = heap_old_used_size(heap);
    heap->wants_full = false;
    heap->collect_at_size = used + used / 2 + COLLECTION_SLACK;
    if (heap->collect_at_size > heap->size_limit && used < heap->size_limit)
        heap->collect_at_size = used + (heap->size_limit - used) / 2;
}

bool heap_collect_some(struct heap *heap, struct budget budget)
{
    struct cycle *cycle = &heap->cycle;
    uint64_t began = os_monotonic_ns();
    heap->wants_step = false;
    if (cycle->phase == CYCLE_NONE)
        begin(heap);
    if (cycle->phase == CYCLE_MARKING)
        mark_some(heap, &budget);
    bool done = cycle->phase == CYCLE_SWEEPING && budget.objects > 0 && sweep_some(heap, &budget);
    evacuate_end_step(heap);
    if (done) {
        cycle->phase = CYCLE_NONE;
        cycle->was_mostly_free = heap->old.free_size > heap_old_used_size(heap);
        set_next_collection(heap);
    } else {
        heap->collect_at_size = heap_old_used_size(heap) + STEP_GROWTH;
    }
    uint64_t now = os_monotonic_ns();
    pause_record(&heap->statistics.steps, now - began);
    cycle->cost_ns += now - began;
    if (cycle->phase == CYCLE_NONE)
        idle_note_end(heap, now, cycle->cost_ns);
    return cycle->phase == CYCLE_NONE;
}

void cycle_abandon(struct heap *heap)
{
    struct cycle *cycle = &heap->cycle;
    if (cycle->phase == CYCLE_NONE)
        return;
    mark_clear_all(heap);
    narrow_barrier(heap);
    heap->mark_stack.count = heap->large_found.count = 0;
    cycle->weak_found.count = cycle->ephemerons_found.count = 0;
    cycle->sweep = (struct sweep){0};
    cycle->evacuation = (struct evacuation){0};
    cycle->phase = CYCLE_NONE;
}

/* --- in one go ---------------------------------------------------------------------------------------------------------- */

void heap_collect_full(struct heap *heap, bool compact)
{
    uint64_t began = os_monotonic_ns();
    cycle_abandon(heap);
    forget_mourned(heap);
    heap_tenure_all(heap);
    mark_in_one_go(heap);
    if (compact)
        compact_old_space(heap);
    heap->wants_step = false;
    heap->forwarders_exist = false;
    set_next_collection(heap);
    heap->statistics.full_collections++;
    uint64_t now = os_monotonic_ns();
    pause_record(&heap->statistics.full, now - began);
    idle_note_end(heap, now, now - began);
}

void heap_forget_pauses(struct heap *heap)
{
    struct heap_statistics *statistics = &heap->statistics;
    statistics->scavenges = statistics->steps = statistics->full = (struct heap_pauses){0};
}
