/* Walking all objects, and the verifier. */
#include "vm/memory/heap.h"

#include "vm/memory/cards.h"
#include "vm/memory/cycle.h"
#include "vm/memory/old_space.h"

#include <stdlib.h>

static bool in_range(const uint64_t *address, const uint64_t *start, const uint64_t *limit)
{
    return address >= start && address < limit;
}

/* The first object in [at, limit) that the image may see, or NO_OOP. */
static oop visible_in(const struct heap *heap, uint64_t *at, const uint64_t *limit)
{
    while (at < limit) {
        oop object = object_starting_at(at);
        if (object_class_index(object) >= CLASS_HIDDEN_LIMIT && !cycle_is_dead(heap, object))
            return object;
        at = object_limit(object);
    }
    return NO_OOP;
}

static oop first_in_eden(const struct heap *heap)
{
    return visible_in(heap, heap->eden.start, heap->eden_free);
}

static oop first_young(const struct heap *heap)
{
    oop found = visible_in(heap, heap->survivors.start, heap->survivors.free);
    return oop_is_none(found) ? first_in_eden(heap) : found;
}

oop heap_first_object(struct heap *heap)
{
    heap_seal(heap);
    return heap->nil;
}

/* Spaces are told apart by the object that is left, not by where it ends: the end of one may be the start of another. */
oop heap_next_object(struct heap *heap, oop object)
{
    const uint64_t *words = object_words(object);
    uint64_t *at = object_limit(object);
    oop found;
    if (in_range(words, heap->eden.start, heap->eden.limit))
        return visible_in(heap, at, heap->eden_free);
    if (in_range(words, heap->survivors.start, heap->survivors.limit)) {
        found = visible_in(heap, at, heap->survivors.free);
        return oop_is_none(found) ? first_in_eden(heap) : found;
    }
    found = visible_in(heap, at, heap->old.limit);
    return oop_is_none(found) ? first_young(heap) : found;
}

size_t heap_object_count(struct heap *heap)
{
    size_t count = 0;
    for (oop object = heap_first_object(heap); !oop_is_none(object);
         object = heap_next_object(heap, object))
        count++;
    return count;
}

/* --- verifier --------------------------------------------------------------------------------------------------------- */

struct verification {
    struct heap *heap;
    uint64_t *young_starts; /* a bit for each word where an object's header is */
    uint64_t *old_starts;
    size_t remembered_bits; /* objects of old space that have theirs set */
    struct status *status;
};

static void set_start(uint64_t *bits, const uint64_t *origin, oop object)
{
    size_t index = (size_t)(object_words(object) - origin);
    bits[index / 64] |= (uint64_t)1 << (index % 64);
}

static bool has_start(const uint64_t *bits, const uint64_t *origin, oop object)
{
    size_t index = (size_t)(object_words(object) - origin);
    return (bits[index / 64] >> (index % 64) & 1) != 0;
}

/* Free chunks, and what is dead and not yet swept, are no objects. */
static bool counts(const struct verification *verification, oop object)
{
    return object_class_index(object) != CLASS_INDEX_FREE &&
           !cycle_is_dead(verification->heap, object);
}

static bool note_starts(struct verification *verification, uint64_t *bits, const uint64_t *origin,
                        uint64_t *at, const uint64_t *limit)
{
    while (at < limit) {
        oop object = object_starting_at(at);
        uint64_t *next = object_words(object) < limit ? object_limit(object) : NULL;
        if (next == NULL || next > limit)
            return status_fail(verification->status, STATUS_FAILURE,
                               "the object at %llx goes past the end of its space",
                               (unsigned long long)object.bits);
        if (counts(verification, object))
            set_start(bits, origin, object);
        at = next;
    }
    return true;
}

static bool leads_to_object(const struct verification *verification, oop value)
{
    const struct heap *heap = verification->heap;
    const uint64_t *address = object_words(value);
    if (!oop_is_object(value))
        return oop_tag(value) == TAG_INTEGER || oop_tag(value) == TAG_CHARACTER ||
               oop_tag(value) == TAG_FLOAT;
    if (in_range(address, heap->old.base, heap->old.limit))
        return has_start(verification->old_starts, heap->old.base, value);
    if (in_range(address, heap->eden.start, heap->eden_free) ||
        in_range(address, heap->survivors.start, heap->survivors.free))
        return has_start(verification->young_starts, heap->young_mapping, value);
    return false;
}

static bool verify_format(struct verification *verification, oop object)
{
    unsigned long long address = (unsigned long long)object.bits;
    unsigned format = object_format(object);
    bool known = format_is_pointers(format) || format_is_bits(format) || format_is_code(format);
    if (object_is_forwarder(object) ? format != FORMAT_FORWARDED : !known)
        return status_fail(verification->status, STATUS_FAILURE,
                           "the object at %llx (class index %u) has the format %u", address,
                           object_class_index(object), format);
    if (format_is_code(format) && (!oop_is_integer(object_slot(object, 0)) ||
                                   object_pointer_count(object) > object_slot_count(object)))
        return status_fail(verification->status, STATUS_FAILURE,
                           "the code at %llx has no room for the literals that its header names",
                           address);
    return true;
}

static bool verify_object(struct verification *verification, oop object)
{
    struct heap *heap = verification->heap;
    unsigned long long address = (unsigned long long)object.bits;
    uint32_t class_index = object_class_index(object);
    if (class_index >= CLASS_HIDDEN_LIMIT && class_index != CLASS_INDEX_FORWARDED &&
        oop_same(heap_class_at(heap, class_index), heap->nil))
        return status_fail(verification->status, STATUS_FAILURE,
                           "object at %llx has class index %u, which is empty", address,
                           class_index);
    if (!verify_format(verification, object))
        return false;
    bool remembered = (object_header(object) & HEADER_REMEMBERED) != 0;
    bool has_cards = object_has_cards(object);
    bool forgotten = false; /* a young reference that nobody knows of */
    for (size_t i = 0, count = object_pointer_count(object); i < count; i++) {
        oop value = object_slot(object, i);
        if (!leads_to_object(verification, value))
            return status_fail(verification->status, STATUS_FAILURE,
                               "slot %zu of the object at %llx (class index %u) holds %llx, "
                               "which is no object",
                               i, address, class_index, (unsigned long long)value.bits);
        forgotten |= !remembered && heap_is_young(heap, value) && !heap_is_young(heap, object) &&
                     !(has_cards && cards_is_noted(heap, object, i));
    }
    if (forgotten)
        return status_fail(verification->status, STATUS_FAILURE,
                           "the old object at %llx refers to a young one and is not remembered",
                           address);
    verification->remembered_bits += remembered;
    return true;
}

static bool verify_range(struct verification *verification, uint64_t *at, const uint64_t *limit)
{
    while (at < limit) {
        oop object = object_starting_at(at);
        if (counts(verification, object) && !verify_object(verification, object))
            return false;
        at = object_limit(object);
    }
    return true;
}

static bool verify_remembered(struct verification *verification)
{
    const struct heap *heap = verification->heap;
    for (size_t i = 0; i < heap->remembered.count; i++) {
        oop object = heap->remembered.items[i];
        if (!leads_to_object(verification, object) ||
            (object_header(object) & HEADER_REMEMBERED) == 0)
            return status_fail(verification->status, STATUS_FAILURE,
                               "entry %zu of the remembered set does not belong there", i);
    }
    if (verification->remembered_bits != heap->remembered.count)
        return status_fail(verification->status, STATUS_FAILURE,
                           "%zu objects are marked as remembered, the remembered set has %zu",
                           verification->remembered_bits, heap->remembered.count);
    return true;
}

static bool note_all_starts(struct verification *verification)
{
    const struct heap *heap = verification->heap;
    const uint64_t *young = heap->young_mapping;
    uint64_t *old = heap->old.base;
    return note_starts(verification, verification->old_starts, old, old, heap->old.limit) &&
           note_starts(verification, verification->young_starts, young, heap->eden.start,
                       heap->eden_free) &&
           note_starts(verification, verification->young_starts, young, heap->survivors.start,
                       heap->survivors.free);
}

bool heap_verify(struct heap *heap, struct status *status)
{
    heap_seal(heap);
    size_t old_words = (size_t)(heap->old.limit - heap->old.base);
    size_t young_words = heap->young_mapping_size / 8;
    struct verification verification = {heap, calloc(young_words / 64 + 1, 8),
                                        calloc(old_words / 64 + 1, 8), 0, status};
    bool valid = verification.young_starts != NULL && verification.old_starts != NULL;
    if (!valid)
        status_fail(status, STATUS_MEMORY, "no memory to verify the heap");
    valid = valid && note_all_starts(&verification) &&
            verify_range(&verification, heap->old.base, heap->old.limit) &&
            verify_range(&verification, heap->eden.start, heap->eden_free) &&
            verify_range(&verification, heap->survivors.start, heap->survivors.free) &&
            verify_remembered(&verification);
    free(verification.young_starts);
    free(verification.old_starts);
    return valid;
}
