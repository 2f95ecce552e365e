#include "vm/memory/cards.h"

/*
 * heap.cards lists the noted cards: an object, and its number. heap.card_bits says which are in the list: a byte for each card of old
 * space, that in which the card's first slot lies. First cards have a bit of their own there: the last card of one object may begin
 * beside the first of the next, any other two are further apart.
 */
enum { FIRST_CARD = 1, OTHER_CARD = 2 };
/* How many cards before its turn a card is fetched into the cache. */
enum { CARDS_AHEAD = 8 };

size_t cards_table_size(size_t old_size)
{
    return old_size / (CARD_SLOTS * sizeof(oop)) + 1;
}

static uint8_t *byte_of(const struct heap *heap, oop object, size_t card)
{
    const uint64_t *slot = object_words(object) + 1 + card * CARD_SLOTS;
    return &heap->card_bits[(size_t)(slot - heap->old.reserve_start) / CARD_SLOTS];
}

static uint8_t bit_of(size_t card)
{
    return card == 0 ? FIRST_CARD : OTHER_CARD;
}

static void note_card(struct heap *heap, oop object, size_t card)
{
    uint8_t *byte = byte_of(heap, object, card);
    if ((*byte & bit_of(card)) != 0)
        return;
    heap_list_add(heap, &heap->cards, object);
    heap_list_add(heap, &heap->cards, oop_from_integer((int64_t)card));
    *byte |= bit_of(card);
}

void cards_note(struct heap *heap, oop object, size_t slot)
{
    note_card(heap, object, slot / CARD_SLOTS);
}

/* The slots of a card: 0 when the object has become a forwarder, or a shorter one. */
static size_t slots_of(oop object, size_t card, oop **slots)
{
    size_t count = object_is_forwarder(object) ? 0 : object_pointer_count(object);
    size_t first = card * CARD_SLOTS;
    *slots = object_slots(object) + first;
    if (first >= count)
        return 0;
    return count - first < CARD_SLOTS ? count - first : CARD_SLOTS;
}

static bool has_young(const struct heap *heap, oop object, size_t card)
{
    oop *slots;
    size_t count = slots_of(object, card, &slots);
    for (size_t i = 0; i < count; i++)
        if (heap_is_young(heap, slots[i]))
            return true;
    return false;
}

void cards_note_all(struct heap *heap, oop object)
{
    size_t count = (object_slot_count(object) + CARD_SLOTS - 1) / CARD_SLOTS;
    for (size_t card = 0; card < count; card++)
        if (has_young(heap, object, card))
            note_card(heap, object, card);
}

bool cards_is_noted(const struct heap *heap, oop object, size_t slot)
{
    size_t card = slot / CARD_SLOTS;
    return (*byte_of(heap, object, card) & bit_of(card)) != 0;
}

size_t cards_count(const struct heap *heap)
{
    return heap->cards.count / 2;
}

void cards_each(struct heap *heap, size_t count,
                void (*visit)(struct heap *heap, oop *slots, size_t slot_count))
{
    for (size_t i = 0; i < count; i++) {
        const oop *items = heap->cards.items + 2 * i;
        /* In a large heap neither header nor slots are in a cache. (In a function of its own gcc drops this, as having no effect.) */
        if (i + CARDS_AHEAD < count) {
            const oop *ahead = items + (size_t)2 * CARDS_AHEAD;
            const uint64_t *words = object_words(ahead[0]);
            __builtin_prefetch(words);
            __builtin_prefetch(words + 1 + (size_t)oop_to_integer(ahead[1]) * CARD_SLOTS);
        }
        oop *slots;
        size_t slot_count = slots_of(items[0], (size_t)oop_to_integer(items[1]), &slots);
        visit(heap, slots, slot_count);
    }
}

static void keep(struct heap *heap,
                 bool (*wanted)(const struct heap *heap, oop object, size_t card))
{
    struct oop_list *list = &heap->cards;
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i += 2) {
        if (i + (size_t)2 * CARDS_AHEAD < list->count) {
            const oop *ahead = &list->items[i + (size_t)2 * CARDS_AHEAD];
            __builtin_prefetch(byte_of(heap, ahead[0], (size_t)oop_to_integer(ahead[1])), 1);
        }
        oop object = list->items[i];
        size_t card = (size_t)oop_to_integer(list->items[i + 1]);
        if (wanted(heap, object, card)) {
            list->items[kept++] = object;
            list->items[kept++] = oop_from_integer((int64_t)card);
        } else {
            *byte_of(heap, object, card) &= (uint8_t)~bit_of(card);
        }
    }
    list->count = kept;
}

static bool lives(const struct heap *heap, oop object, size_t card)
{
    (void)card;
    return heap_is_marked(heap, object);
}

void cards_forget_clean(struct heap *heap)
{
    keep(heap, has_young);
}

void cards_forget_dead(struct heap *heap)
{
    keep(heap, lives);
}
