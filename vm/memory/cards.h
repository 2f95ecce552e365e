/*
 * Cards: of a long strong object of old space the scavenger looks at those groups of slots only into which something young was stored.
 * Shorter objects, weak ones, and all before their first scavenge, are in the remembered set as a whole. Used inside vm/memory only.
 */
#ifndef VIV_MEMORY_CARDS_H
#define VIV_MEMORY_CARDS_H

#include "vm/memory/heap.h"

/* A card is a cache line of slots (README tells what longer ones cost). Objects over 4 KB have them. */
enum { CARD_SLOTS = 8, CARD_LEAST_SLOTS = 512 };

static inline bool object_has_cards(oop object)
{
    unsigned format = object_format(object);
    return object_has_overflow(object) && format >= FORMAT_FIXED &&
           format <= FORMAT_FIXED_INDEXABLE && object_slot_count(object) > CARD_LEAST_SLOTS;
}

/* Bytes of the table for so many bytes of old space. */
size_t cards_table_size(size_t old_size);

/* The slot of an object that has cards refers to something young. */
void cards_note(struct heap *heap, oop object, size_t slot);
/* Notes all slots of the object that do. */
void cards_note_all(struct heap *heap, oop object);
bool cards_is_noted(const struct heap *heap, oop object, size_t slot);

/* Calls visit with the slots of each noted card, up to the count-th. */
void cards_each(struct heap *heap, size_t count,
                void (*visit)(struct heap *heap, oop *slots, size_t slot_count));
/* How many are noted. */
size_t cards_count(const struct heap *heap);
/* Forgets cards without young slots; and those of objects that are not marked. */
void cards_forget_clean(struct heap *heap);
void cards_forget_dead(struct heap *heap);

#endif
