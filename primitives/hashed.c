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

enum {
    SLOT_TALLY = 0,
    SLOT_ARRAY = 1,
    SLOT_KEY = 0,
    SLOT_VALUE = 1,
    IDENTITY_HASH_LIMIT = 1 << 22
};

struct search {
    struct heap *heap;
    oop array;
    size_t size;
    oop key;
    uint32_t symbol_class; /* index of the class of byte symbols */
    uint32_t
        association_class; /* elements are associations, compared by their keys; 0: elements are the keys */
};

/* An image may have put anything among the special objects; no object is of the class of an immediate one. */
static inline uint32_t symbol_class(const struct heap *heap)
{
    return oop_class_index(heap_special(heap, SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND));
}

static inline uint32_t association_class(const struct heap *heap)
{
    return oop_class_index(heap_special(heap, SPECIAL_SCHEDULER_ASSOCIATION));
}

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
    *search = (struct search){.heap = heap,
                              .array = array,
                              .size = object_slot_count(array),
                              .key = heap_follow(prim_argument(call, 0)),
                              .symbol_class = symbol_class(heap)};
    if (has_associations)
        search->association_class = association_class(heap);
    return search->size > 0;
}

/* The hash that the image computes too: of an integer itself, of a string that of its characters. */
static VIV_ALWAYS_INLINE size_t plain_start(const struct search *search)
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

/* Whether the bytes of two byte objects of one shape, without an overflow word, are the same. */
static VIV_ALWAYS_INLINE bool same_slots(oop one, oop other)
{
    size_t slot_count = (size_t)(object_header(one) >> HEADER_SLOTS_SHIFT);
    if (slot_count == 0)
        return true;
    /* Keys that begin alike are common; the last slot mostly tells them apart. What is behind its last byte does not count. */
    unsigned unused = object_format(one) & 7;
    size_t last = slot_count - 1;
    if ((object_slot(one, last).bits ^ object_slot(other, last).bits) << unused * 8 != 0)
        return false;
    for (size_t i = 0; i < last; i++)
        if (!oop_same(object_slot(one, i), object_slot(other, i)))
            return false;
    return true;
}

/* Goes on from *index as long as all keys met are other byte strings or symbols than the one looked for, which is one without an
 * overflow word; true where an equal one, or a free slot, is at *index. */
static VIV_ALWAYS_INLINE bool find_text(const struct search *search, size_t *index)
{
    const uint64_t shape = (uint64_t)0xFF << HEADER_SLOTS_SHIFT | HEADER_FORMAT_MASK;
    uint32_t association_class = search->association_class;
    uint64_t sought = object_header(search->key);
    bool is_string = (sought & HEADER_CLASS_MASK) == CLASS_BYTE_STRING;
    for (size_t left = search->size; left > 0; left--) {
        oop element = object_slot(search->array, *index);
        if (oop_same(element, search->heap->nil))
            return true;
        if (association_class != 0) {
            if (!oop_is_object(element) || object_class_index(element) != association_class)
                return false;
            element = object_slot(element, SLOT_KEY);
        }
        if (!oop_is_object(element))
            return false;
        if (oop_same(element, search->key))
            return true;
        uint64_t header = object_header(element);
        bool other_is_string = (header & HEADER_CLASS_MASK) == CLASS_BYTE_STRING;
        if (!other_is_string && (header & HEADER_CLASS_MASK) != search->symbol_class)
            return false;
        /* Of symbols only the same are equal. */
        if (((header ^ sought) & shape) == 0 && (is_string || other_is_string) &&
            same_slots(element, search->key))
            return true;
        *index = *index + 1 == search->size ? 0 : *index + 1;
    }
    return false;
}

/* Where the key, or the free slot where it belongs, is. */
static VIV_ALWAYS_INLINE prim_result find_plain(struct search *search, size_t *index)
{
    if (!is_plain(search, search->key))
        return PRIM_BAD_ARGUMENT;
    *index = plain_start(search);
    if (oop_is_integer(search->key)) {
        if (find_integer(search, index))
            return PRIM_OK;
    } else if (oop_is_object(search->key) && !object_has_overflow(search->key)) {
        if (find_text(search, index))
            return PRIM_OK;
    }
    for (size_t left = search->size; left > 0; left--) {
        oop key;
        if (!key_at(search, *index, &key))
            return PRIM_INAPPROPRIATE;
        if (oop_same(key, search->key) || oop_same(key, search->heap->nil))
            return PRIM_OK;
        if (!is_plain(search, key))
            return PRIM_INAPPROPRIATE;
        if (plain_equal(search, key, search->key))
            return PRIM_OK;
        *index = *index + 1 == search->size ? 0 : *index + 1;
    }
    return PRIM_NOT_FOUND;
}

static inline prim_result scan_plain(struct vm *vm, const prim_call *call, bool has_associations)
{
    struct search search;
    size_t index;
    if (!open_search(vm, call, has_associations, &search))
        return PRIM_BAD_RECEIVER;
    prim_result result = find_plain(&search, &index);
    return result == PRIM_OK ? answer_integer(vm, call, (int64_t)index + 1) : result;
}

static VIV_ALWAYS_INLINE prim_result find_identical(const struct search *search, size_t *index)
{
    /* Immediate objects and nil are left to the image. */
    if (!oop_is_object(search->key) || oop_same(search->key, search->heap->nil))
        return PRIM_BAD_ARGUMENT;
    size_t factor = search->size >= IDENTITY_HASH_LIMIT ? search->size / IDENTITY_HASH_LIMIT : 1;
    *index = heap_identity_hash(search->heap, search->key) * factor % search->size;
    for (size_t left = search->size; left > 0; left--) {
        oop key;
        if (!key_at(search, *index, &key))
            return PRIM_INAPPROPRIATE;
        if (oop_same(key, search->key) || oop_same(key, search->heap->nil))
            return PRIM_OK;
        *index = *index + 1 == search->size ? 0 : *index + 1;
    }
    return PRIM_NOT_FOUND;
}

static prim_result scan_identity(struct vm *vm, const prim_call *call, bool has_associations)
{
    struct search search;
    size_t index;
    if (!open_search(vm, call, has_associations, &search))
        return PRIM_BAD_RECEIVER;
    prim_result result = find_identical(&search, &index);
    return result == PRIM_OK ? answer_integer(vm, call, (int64_t)index + 1) : result;
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

/* --- whole messages to dictionaries ----------------------------------------------------------------------------------------- */

/* Where an association is, or nil in the free slot where one belongs. */
struct place {
    oop array;
    size_t index;
    oop association;
};

static inline bool is_association(oop value, uint32_t association_class)
{
    return oop_is_object(value) && object_class_index(value) == association_class &&
           object_header(value) >> HEADER_SLOTS_SHIFT > SLOT_VALUE;
}

/*
 * Whether the receiver has the slots of a hashed collection, and its class is the one whose method calls the primitive. Subclasses
 * may look for keys in another way, or be made of other associations: they have their own methods for that, which are sent by the
 * Smalltalk code alone.
 */
static inline bool is_for_receiver(const prim_call *call, uint32_t association_class)
{
    size_t literal_count = oop_is_none(call->method) ? 0 : code_literal_count(call->method);
    if (literal_count == 0)
        return false;
    oop binding = object_slot(call->method, literal_count);
    if (!is_association(binding, association_class))
        return false;
    /* The hash of a class is its index in the table of classes. */
    oop class = object_slot(binding, SLOT_VALUE);
    if (!oop_is_object(class) || !oop_is_object(call->receiver))
        return false;
    uint64_t header = object_header(call->receiver);
    return object_hash_bits(class) == (header & HEADER_CLASS_MASK) &&
           (header & HEADER_FORMAT_MASK) == (uint64_t)FORMAT_FIXED << HEADER_FORMAT_SHIFT &&
           header >> HEADER_SLOTS_SHIFT > SLOT_ARRAY;
}

static inline bool header_is_of_text(const struct heap *heap, uint64_t header)
{
    return (header & HEADER_CLASS_MASK) == CLASS_BYTE_STRING ||
           (header & HEADER_CLASS_MASK) == symbol_class(heap);
}

/*
 * The search as it mostly goes: for a byte string or a symbol, past others. False where anything else is met, and for very long
 * keys: find_association decides then.
 */
static VIV_ALWAYS_INLINE bool find_association_of_text(struct heap *heap, const prim_call *call,
                                                       uint32_t association_class,
                                                       struct place *place)
{
    oop key = prim_argument(call, 0);
    oop array = object_slot(call->receiver, SLOT_ARRAY);
    if (!oop_is_object(array) || object_class_index(array) != CLASS_ARRAY ||
        object_has_overflow(key))
        return false;
    struct search search = {.heap = heap,
                            .array = array,
                            .size = object_slot_count(array),
                            .key = key,
                            .symbol_class = symbol_class(heap),
                            .association_class = association_class};
    if (search.size == 0 || search.size > UINT32_MAX)
        return false;
    size_t index =
        text_hash_bytes(object_bytes(key), object_byte_count(key)) % (uint32_t)search.size;
    if (!find_text(&search, &index))
        return false;
    *place = (struct place){array, index, object_slot(array, index)};
    return oop_same(place->association, heap->nil) ||
           is_association(place->association, association_class);
}

static prim_result find_association(struct vm *vm, const prim_call *call, bool by_identity,
                                    struct place *place)
{
    struct search search;
    size_t index;
    if (!open_search(vm, call, true, &search))
        return PRIM_BAD_RECEIVER;
    prim_result result =
        by_identity ? find_identical(&search, &index) : find_plain(&search, &index);
    if (result != PRIM_OK)
        return result;
    oop association = heap_follow(object_slot(search.array, index));
    *place = (struct place){search.array, index, association};
    return oop_same(association, search.heap->nil) ||
                   is_association(association, search.association_class)
               ? PRIM_OK
               : PRIM_INAPPROPRIATE;
}

static VIV_ALWAYS_INLINE prim_result find(struct vm *vm, struct heap *heap, const prim_call *call,
                                          bool by_identity, struct place *place)
{
    uint32_t class = association_class(heap);
    if (!is_for_receiver(call, class))
        return PRIM_BAD_RECEIVER;
    if (!by_identity && oop_is_object(prim_argument(call, 0))) {
        if (!header_is_of_text(heap, object_header(prim_argument(call, 0))))
            return PRIM_BAD_ARGUMENT;
        if (find_association_of_text(heap, call, class, place))
            return PRIM_OK;
    }
    struct place found;
    prim_result result = find_association(vm, call, by_identity, &found);
    if (result == PRIM_OK)
        *place = found;
    return result == PRIM_INAPPROPRIATE ? PRIM_BAD_ARGUMENT : result;
}

static VIV_ALWAYS_INLINE prim_result value_at(struct vm *vm, const prim_call *call,
                                              bool by_identity)
{
    struct place place;
    struct heap *heap = vm_heap(vm);
    prim_result result = find(vm, heap, call, by_identity, &place);
    if (result != PRIM_OK)
        return result;
    if (oop_same(place.association, heap->nil))
        return PRIM_BAD_INDEX;
    return answer(vm, call, object_slot(place.association, SLOT_VALUE));
}

/* Puts a new association into the free slot. Fails with a limit exceeded where the collection must grow. */
static prim_result add_association(struct vm *vm, const prim_call *call, oop array, size_t index)
{
    struct heap *heap = vm_heap(vm);
    oop tally = object_slot(call->receiver, SLOT_TALLY);
    if (!oop_is_integer(tally) || oop_to_integer(tally) < 0)
        return PRIM_BAD_RECEIVER;
    if (((uint64_t)oop_to_integer(tally) + 1) * 4 > (uint64_t)object_slot_count(array) * 3)
        return PRIM_LIMIT_EXCEEDED;
    if (object_is_immutable(call->receiver) || object_is_immutable(array))
        return PRIM_NO_MODIFICATION;
    bool valid;
    uint32_t class = association_class(heap);
    oop association = heap_instantiate(heap, heap_class_at(heap, class), 0, &valid);
    if (!valid || oop_is_none(association))
        return PRIM_NO_MEMORY;
    if (!is_association(association, class))
        return PRIM_INAPPROPRIATE;
    heap_store(heap, association, SLOT_KEY, heap_follow(prim_argument(call, 0)));
    heap_store(heap, association, SLOT_VALUE, prim_argument(call, 1));
    heap_store(heap, array, index, association);
    object_slot_init(call->receiver, SLOT_TALLY, oop_from_integer(oop_to_integer(tally) + 1));
    return answer(vm, call, prim_argument(call, 1));
}

static VIV_ALWAYS_INLINE prim_result put_value_at(struct vm *vm, const prim_call *call,
                                                  bool by_identity)
{
    struct place place;
    struct heap *heap = vm_heap(vm);
    prim_result result = find(vm, heap, call, by_identity, &place);
    if (result != PRIM_OK)
        return result;
    if (oop_same(place.association, heap->nil))
        return add_association(vm, call, place.array, place.index);
    if (object_is_immutable(place.association))
        return PRIM_NO_MODIFICATION;
    heap_store(heap, place.association, SLOT_VALUE, prim_argument(call, 1));
    return answer(vm, call, prim_argument(call, 1));
}

/*
 * The key, and whatever else the message has. Fails with a bad index where there is no such key ("not found" is what other machines
 * say of a primitive that they lack), and with a bad argument where the image has to search.
 */
prim_result prim_at_key(struct vm *vm, const prim_call *call)
{
    return value_at(vm, call, false);
}

prim_result prim_at_identical_key(struct vm *vm, const prim_call *call)
{
    return value_at(vm, call, true);
}

/* The key and the value. */
prim_result prim_at_key_put(struct vm *vm, const prim_call *call)
{
    return put_value_at(vm, call, false);
}

prim_result prim_at_identical_key_put(struct vm *vm, const prim_call *call)
{
    return put_value_at(vm, call, true);
}

/* --- growing ------------------------------------------------------------------------------------------------------------------ */

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
