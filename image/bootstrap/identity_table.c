#include "image/bootstrap/identity_table.h"

enum { DICTIONARY_TALLY, DICTIONARY_ARRAY };

/* Where the key's association is, or would go: IdentityDictionary>>scanFor:. */
static size_t place_of(struct heap *heap, oop array, oop key)
{
    size_t size = object_slot_count(array);
    size_t factor = size > IDENTITY_HASH_MAX ? size / ((size_t)IDENTITY_HASH_MAX + 1) : 1;
    size_t place = heap_identity_hash(heap, key) * factor % size;
    for (size_t i = 0; i < size; i++, place = place + 1 == size ? 0 : place + 1) {
        oop association = object_slot(array, place);
        if (oop_same(association, heap->nil) ||
            oop_same(object_slot(association, SLOT_ASSOCIATION_KEY), key))
            break;
    }
    return place;
}

oop identity_dictionary_find(struct heap *heap, oop dictionary, oop key)
{
    oop array = object_slot(dictionary, DICTIONARY_ARRAY);
    if (object_slot_count(array) == 0)
        return NO_OOP;
    oop association = object_slot(array, place_of(heap, array, key));
    if (oop_same(association, heap->nil) ||
        !oop_same(object_slot(association, SLOT_ASSOCIATION_KEY), key))
        return NO_OOP;
    return association;
}

static void put(struct object_maker *maker, oop array, oop association)
{
    oop key = object_slot(association, SLOT_ASSOCIATION_KEY);
    maker_store(maker, array, place_of(maker->heap, array, key), association);
}

static oop grown(struct object_maker *maker, oop array)
{
    size_t size = object_slot_count(array);
    oop larger = maker_array(maker, size * 2 + 9);
    for (size_t i = 0; i < size && !maker->failed; i++)
        if (!oop_same(object_slot(array, i), maker->heap->nil))
            put(maker, larger, object_slot(array, i));
    return larger;
}

void identity_dictionary_add(struct object_maker *maker, oop dictionary, oop association)
{
    int64_t tally = oop_to_integer(object_slot(dictionary, DICTIONARY_TALLY)) + 1;
    oop array = object_slot(dictionary, DICTIONARY_ARRAY);
    if ((size_t)tally * 4 > object_slot_count(array) * 3) {
        array = grown(maker, array);
        maker_store(maker, dictionary, DICTIONARY_ARRAY, array);
    }
    if (maker->failed)
        return;
    put(maker, array, association);
    maker_store(maker, dictionary, DICTIONARY_TALLY, oop_from_integer(tally));
}

oop method_dictionary_make(struct object_maker *maker, uint32_t class_index, const oop *selectors,
                           const oop *methods, size_t count)
{
    size_t capacity = 8;
    while (capacity * 3 < count * 4)
        capacity *= 2;
    oop values = maker_array(maker, capacity);
    oop dictionary = maker_pointers(maker, class_index, FORMAT_FIXED_INDEXABLE,
                                    SLOT_METHOD_DICTIONARY_KEYS + capacity);
    maker_store(maker, dictionary, SLOT_METHOD_DICTIONARY_TALLY, oop_from_integer((int64_t)count));
    maker_store(maker, dictionary, SLOT_METHOD_DICTIONARY_VALUES, values);
    for (size_t i = 0; i < count && !maker->failed; i++) {
        size_t place = heap_identity_hash(maker->heap, selectors[i]) & (capacity - 1);
        while (!oop_same(object_slot(dictionary, SLOT_METHOD_DICTIONARY_KEYS + place),
                         maker->heap->nil))
            place = (place + 1) & (capacity - 1);
        maker_store(maker, dictionary, SLOT_METHOD_DICTIONARY_KEYS + place, selectors[i]);
        maker_store(maker, values, place, methods[i]);
    }
    return dictionary;
}
