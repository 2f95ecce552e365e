/*
 * Evacuation. Old space that is mostly holes is made dense by the sweep of a cycle: what lives above a boundary is copied into the holes
 * below, as long as there is room, and its place becomes a forwarder as become: leaves one. The next cycle replaces
 * references to forwarders, and its sweep finds long gaps above the boundary, whose memory goes back to the system. So nothing takes longer
 * than a step. (Forwarders as a read barrier for moving: Miranda and Béra, "A partial read barrier for efficient support of live
 * object-oriented programming", 2015.)
 *
 * Moved are plain objects only. Classes, code, contexts and closures are known to the VM by their addresses, symbols to its caches; whatever
 * refers to something young is in lists; and copying what is long would be a pause.
 */
#include "vm/memory/evacuate.h"
#include "vm/memory/become.h"
#include "vm/memory/cards.h"
#include "vm/memory/idle.h"
#include "vm/memory/old_space.h"

/* Old space this much longer than twice what lives in it is worth beginning. */
#define HOLES_WORTH ((size_t)32 << 20)
#define MOVED_MOST ((size_t)64 << 10)
/* Nil and its neighbours, which the VM compares by address, stay below. */
#define BOUNDARY_LEAST ((size_t)64 << 10)

static uint32_t class_of_symbols(const struct heap *heap)
{
    oop selectors = heap_special_or_nil(heap, SPECIAL_SPECIAL_SELECTORS);
    if (!oop_is_object(selectors) || object_pointer_count(selectors) == 0)
        return 0;
    oop selector = heap_follow(object_slot(selectors, 0));
    return oop_is_object(selector) ? object_class_index(selector) : 0;
}

static void evacuate_from(struct heap *heap, uint64_t *boundary)
{
    struct evacuation *evacuation = &heap->cycle.evacuation;
    uint64_t *least = heap->old.base + BOUNDARY_LEAST / 8;
    evacuation->boundary = boundary < least ? least : boundary;
    evacuation->symbol_class = class_of_symbols(heap);
}

void evacuate_plan(struct heap *heap)
{
    struct cycle *cycle = &heap->cycle;
    size_t whole = (size_t)((char *)heap->old.limit - (char *)heap->old.base);
    size_t live = cycle->marked_size;
    /* Below the first boundary there is not room for all, so that what is left for the next passes is in fewer places. */
    static const size_t eighths_of_live[IDLE_PASSES] = {5, 8, 10};
    cycle->evacuation = (struct evacuation){0};
    if (heap->evacuates_often && heap->statistics.cycles % 4 == 0)
        evacuate_from(heap, heap->old.base + whole / 8 / 4);
    else if (whole > 2 * live + (heap->idle.passes == 0 ? HOLES_WORTH : 0) &&
             idle_may_evacuate(heap, whole))
        evacuate_from(heap, heap->old.base + live / 8 / 8 * eighths_of_live[heap->idle.passes]);
}

static bool has_noted_card(const struct heap *heap, oop object)
{
    if (!object_has_cards(object))
        return false;
    for (size_t i = 0, count = object_slot_count(object); i < count; i += CARD_SLOTS)
        if (cards_is_noted(heap, object, i))
            return true;
    return false;
}

static bool may_move(const struct heap *heap, oop object)
{
    unsigned format = object_format(object);
    uint32_t class_index = object_class_index(object);
    bool plain = format <= FORMAT_INDEXABLE || format_is_bits(format);
    return plain && class_index >= CLASS_HIDDEN_LIMIT &&
           class_index != heap->cycle.evacuation.symbol_class &&
           (object_header(object) & (HEADER_REMEMBERED | HEADER_PINNED)) == 0 &&
           object_size(object) <= MOVED_MOST && !oop_same(object, heap->special_objects) &&
           !heap_is_in_class_table(heap, object) && !has_noted_card(heap, object);
}

size_t evacuate_object(struct heap *heap, oop object)
{
    struct evacuation *evacuation = &heap->cycle.evacuation;
    if (!may_move(heap, object))
        return 0;
    uint64_t *start = object_start(object);
    size_t word_count = (size_t)(object_limit(object) - start);
    uint64_t *room = old_allocate_below(heap, word_count, evacuation->boundary);
    if (room == NULL)
        return 0;
    memcpy(room, start, word_count * 8);
    become_forwarder(heap, object, object_starting_at(room));
    heap->statistics.evacuated_size += word_count * 8;
    evacuation->moved_size += word_count * 8;
    return word_count;
}

void evacuate_end_step(struct heap *heap)
{
    struct evacuation *evacuation = &heap->cycle.evacuation;
    if (evacuation->moved_size == evacuation->followed_size)
        return;
    evacuation->followed_size = evacuation->moved_size;
    become_follow_roots(heap);
}
