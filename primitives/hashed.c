/*
 * VivariumCollections: the search in the array of a hashed collection, for the keys that nearly all of them have. The receiver
 * has the slots of HashedCollection (image/packages): tally and array; the search starts at hash \\ size and goes round until
 * it meets the key or a free slot. Answers the one-based index.
 *
 * Only what cannot mean anything else is compared here: byte strings, symbols, SmallIntegers and Characters, whose = and hash
 * are known. Whatever else is met, in the key or on the way, is a failure, and the image's own search decides.
 */
#include "primitives/functions.h"

#include "primitives/text_objects.h"

enum { SLOT_ARRAY = 1, SLOT_KEY = 0, IDENTITY_HASH_LIMIT = 1 << 22 };

struct search {
    struct heap *heap;
    oop array;
    size_t size;
    oop key;
    uint32_t symbol_class; /* index of the class of byte symbols */
    uint32_t
        association_class; /* elements are associations, compared by their keys; 0: elements are the keys */
};

static bool is_plain(const struct search *search, oop value)
{
    if (!oop_is_object(value))
        return oop_is_integer(value) || oop_is_character(value);
    uint32_t class_index = object_class_index(value);
    return class_index == CLASS_BYTE_STRING || class_index == search->symbol_class;
}

/* Inlined so that what it finds stays in registers: a search that takes few steps is over before a structure is written and read. */
static VIV_ALWAYS_INLINE bool open_search(struct vm *vm, const prim_call *call,
                                          bool has_associations, struct search *search)
{
    struct heap *heap = vm_heap(vm);
    oop receiver = call->receiver;
    if (!oop_has_slots(receiver, SLOT_ARRAY + 1))
        return false;
    oop array = heap_follow(object_slot(receiver, SLOT_ARRAY));
    if (oop_class_index(array) != CLASS_ARRAY)
        return false;
    /* An image may have put anything there; no object is of the class of an immediate one. */
    oop selector = heap_special(heap, SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND);
    oop association = heap_special(heap, SPECIAL_SCHEDULER_ASSOCIATION);
    *search = (struct search){.heap = heap,
                              .array = array,
                              .size = object_slot_count(array),
                              .key = heap_follow(prim_argument(call, 0)),
                              .symbol_class = oop_class_index(selector)};
    if (has_associations)
        search->association_class = oop_class_index(association);
    return search->size > 0;
}

/* The hash that the image computes too: of an integer itself, of a string that of its characters. */
static inline size_t plain_start(const struct search *search)
{
    int64_t hash;
    if (oop_is_integer(search->key))
        hash = oop_to_integer(search->key);
    else if (oop_is_character(search->key))
        hash = oop_to_character(search->key);
    else
        hash = text_hash(&(struct text){.bytes = object_bytes(search->key),
                                        .count = object_byte_count(search->key)});
    /* A short division where it will do: many processors take less time for it. */
    if ((uint64_t)hash <= UINT32_MAX && search->size <= UINT32_MAX)
        return (uint32_t)hash % (uint32_t)search->size;
    int64_t rest = hash % (int64_t)search->size;
    return (size_t)(rest < 0 ? rest + (int64_t)search->size : rest);
}

static bool plain_equal(const struct search *search, oop one, oop other)
{
    if (!oop_is_object(one) || !oop_is_object(other))
        return false;
    if (object_class_index(one) == search->symbol_class &&
        object_class_index(other) == search->symbol_class)
        return false;
    size_t count = object_byte_count(one);
    if (count != object_byte_count(other))
        return false;
    /* Keys that begin alike are common; the last byte mostly tells them apart. */
    const uint8_t *bytes = object_bytes(one);
    const uint8_t *other_bytes = object_bytes(other);
    return count == 0 || (bytes[count - 1] == other_bytes[count - 1] &&
                          memcmp(bytes, other_bytes, count - 1) == 0);
}

/* The key of the element at an index; false when the element is not what the collection should hold. */
static inline bool key_at(const struct search *search, size_t index, oop *key)
{
    oop element = heap_follow(object_slot(search->array, index));
    if (search->association_class != 0 && !oop_same(element, search->heap->nil)) {
        if (!oop_is_object(element) || object_class_index(element) != search->association_class)
            return false;
        element = heap_follow(object_slot(element, SLOT_KEY));
        /* nil as a key must not look like a free slot. */
        if (oop_same(element, search->heap->nil))
            return false;
    }
    *key = element;
    return true;
}

/* Goes on from *index as long as all keys met are other SmallIntegers than the one looked for; true where it, or a free slot, is at
 * *index. */
static inline bool find_integer(const struct search *search, size_t *index)
{
    uint32_t association_class = search->association_class;
    for (size_t left = search->size; left > 0; left--) {
        oop element = object_slot(search->array, *index);
        if (oop_same(element, search->heap->nil))
            return true;
        if (association_class != 0) {
            if (!oop_is_object(element) || object_class_index(element) != association_class)
                return false;
            element = object_slot(element, SLOT_KEY);
        }
        if (!oop_is_integer(element))
            return false;
        if (oop_same(element, search->key))
            return true;
        *index = *index + 1 == search->size ? 0 : *index + 1;
    }
    return false;
}

static inline prim_result scan_plain(struct vm *vm, const prim_call *call, bool has_associations)
{
    struct search search;
    if (!open_search(vm, call, has_associations, &search))
        return PRIM_BAD_RECEIVER;
    if (!is_plain(&search, search.key))
        return PRIM_BAD_ARGUMENT;
    size_t index = plain_start(&search);
    if (oop_is_integer(search.key) && find_integer(&search, &index))
        return answer_integer(vm, call, (int64_t)index + 1);
    for (size_t left = search.size; left > 0; left--) {
        oop key;
        if (!key_at(&search, index, &key))
            return PRIM_INAPPROPRIATE;
        if (oop_same(key, search.key) || oop_same(key, search.heap->nil))
            return answer_integer(vm, call, (int64_t)index + 1);
        if (!is_plain(&search, key))
            return PRIM_INAPPROPRIATE;
        if (plain_equal(&search, key, search.key))
            return answer_integer(vm, call, (int64_t)index + 1);
        index = index + 1 == search.size ? 0 : index + 1;
    }
    return PRIM_NOT_FOUND;
}

static prim_result scan_identity(struct vm *vm, const prim_call *call, bool has_associations)
{
    struct search search;
    if (!open_search(vm, call, has_associations, &search))
        return PRIM_BAD_RECEIVER;
    /* Immediate objects and nil are left to the image. */
    if (!oop_is_object(search.key) || oop_same(search.key, search.heap->nil))
        return PRIM_BAD_ARGUMENT;
    size_t factor = search.size >= IDENTITY_HASH_LIMIT ? search.size / IDENTITY_HASH_LIMIT : 1;
    size_t index = heap_identity_hash(search.heap, search.key) * factor % search.size;
    for (size_t left = search.size; left > 0; left--) {
        oop key;
        if (!key_at(&search, index, &key))
            return PRIM_INAPPROPRIATE;
        if (oop_same(key, search.key) || oop_same(key, search.heap->nil))
            return answer_integer(vm, call, (int64_t)index + 1);
        index = index + 1 == search.size ? 0 : index + 1;
    }
    return PRIM_NOT_FOUND;
}

prim_result prim_scan_for_element(struct vm *vm, const prim_call *call)
{
    return scan_plain(vm, call, false);
}

prim_result prim_scan_for_key(struct vm *vm, const prim_call *call)
{
    return scan_plain(vm, call, true);
}

prim_result prim_scan_for_identical_element(struct vm *vm, const prim_call *call)
{
    return scan_identity(vm, call, false);
}

prim_result prim_scan_for_identical_key(struct vm *vm, const prim_call *call)
{
    return scan_identity(vm, call, true);
}

/* The elements of old that are not nil; false when the key of one of them is not plain. */
static bool count_plain(struct search *search, oop old, size_t *count)
{
    *count = 0;
    oop array = search->array;
    search->array = old;
    bool plain = true;
    for (size_t i = 0; plain && i < object_slot_count(old); i++) {
        oop key;
        plain =
            key_at(search, i, &key) && (oop_same(key, search->heap->nil) || is_plain(search, key));
        *count += !oop_same(object_slot(old, i), search->heap->nil);
    }
    search->array = array;
    return plain;
}

/* Receiver with a new, empty array; the array that it had: puts its elements where their hash wants them, all different as they
 * are, and answers how many. Nothing is put anywhere when a key is not plain. */
static prim_result take_all(struct vm *vm, const prim_call *call, bool has_associations)
{
    struct search search;
    oop old = heap_follow(prim_argument(call, 0));
    size_t count;
    if (!open_search(vm, call, has_associations, &search))
        return PRIM_BAD_RECEIVER;
    if (oop_class_index(old) != CLASS_ARRAY || !count_plain(&search, old, &count) ||
        count >= search.size)
        return PRIM_BAD_ARGUMENT;
    for (size_t i = 0; i < object_slot_count(old); i++) {
        oop element = heap_follow(object_slot(old, i));
        if (oop_same(element, search.heap->nil))
            continue;
        search.key = has_associations ? heap_follow(object_slot(element, SLOT_KEY)) : element;
        size_t index = plain_start(&search);
        while (!oop_same(object_slot(search.array, index), search.heap->nil))
            index = index + 1 == search.size ? 0 : index + 1;
        heap_store(search.heap, search.array, index, element);
    }
    return answer_integer(vm, call, (int64_t)count);
}

prim_result prim_take_all_elements(struct vm *vm, const prim_call *call)
{
    return take_all(vm, call, false);
}

prim_result prim_take_all_keys(struct vm *vm, const prim_call *call)
{
    return take_all(vm, call, true);
}
