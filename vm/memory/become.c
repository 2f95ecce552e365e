/*
 * become: by forwarders. Two objects of one size exchange their bodies in place, so that no reference changes; otherwise the
 * old place turns into a forwarder (class index 8) and those who meet it follow. A forwarder lives until the next full
 * collection has replaced all references to it.
 */
#include "vm/memory/become.h"

#include "vm/memory/old_space.h"

/* The machine compares with nil, true and false by address: they stay what they are. */
static bool may_change(const struct heap *heap, oop object)
{
    return oop_is_object(object) && !oop_same(object, heap->nil) &&
           !oop_same(object, heap->true_object) && !oop_same(object, heap->false_object);
}

static int check_object(const struct heap *heap, oop object)
{
    if (!may_change(heap, object))
        return 6;
    if (object_is_pinned(object))
        return 16;
    return object_is_immutable(object) ? 8 : 0;
}

/* Takes the pairs out of the arrays, left and right in turn: the arrays may themselves be among what changes. */
static int take_pairs(const struct heap *heap, oop left, oop right, bool two_way,
                      struct oop_list *pairs)
{
    size_t count = object_slot_count(left);
    if (object_slot_count(right) != count)
        return 3;
    for (size_t i = 0; i < count; i++) {
        oop a = heap_follow(object_slot(left, i));
        oop b = heap_follow(object_slot(right, i));
        int failure = check_object(heap, a);
        if (failure == 0 && two_way)
            failure = check_object(heap, b);
        if (failure != 0)
            return failure;
        if (!oop_list_add(pairs, a) || !oop_list_add(pairs, b))
            return 10;
    }
    return 0;
}

/* Whether an object stands more than once in the list. The grey bit, otherwise unused, is set for the time of the search. */
static bool has_duplicates(const struct oop_list *objects)
{
    bool found = false;
    for (size_t i = 0; i < objects->count; i++) {
        uint64_t header = object_header(objects->items[i]);
        found |= (header & HEADER_GREY) != 0;
        object_set_header(objects->items[i], header | HEADER_GREY);
    }
    for (size_t i = 0; i < objects->count; i++)
        object_set_header(objects->items[i], object_header(objects->items[i]) & ~HEADER_GREY);
    return found;
}

/* Whether the copies that the exchanges need can all be had, so that none fails halfway. With duplicates any two of the
 * objects may meet: each exchange is then counted as one of the longest. */
static bool has_room(const struct heap *heap, const struct oop_list *pairs)
{
    size_t longest = 0;
    size_t size = 0;
    for (size_t i = 0; i < pairs->count; i += 2) {
        size_t a = object_size(pairs->items[i]);
        size_t b = object_size(pairs->items[i + 1]);
        size += a == b ? 0 : a + b;
        longest = a > longest ? a : longest;
        longest = b > longest ? b : longest;
    }
    if (size > 0 && has_duplicates(pairs))
        size = pairs->count * longest;
    size_t eden_size = (size_t)((char *)heap->eden.limit - (char *)heap->eden_free);
    if (size <= eden_size && longest <= object_size_for_slots(OVERFLOW_SLOTS))
        return true;
    size_t reserved = (size_t)((char *)heap->old.reserve_limit - (char *)heap->old.limit);
    size_t used = heap_old_used_size(heap);
    return used <= heap->size_limit && size <= heap->size_limit - used && size <= reserved;
}

/* A class stays what its index in the class table names: there the hash belongs to the place and not to the body. */
static void exchange_bodies(struct heap *heap, oop a, oop b, bool classes)
{
    uint64_t keep = HEADER_REMEMBERED | HEADER_AGE_MASK | (classes ? HEADER_HASH_MASK : 0);
    uint64_t header_a = object_header(a);
    uint64_t header_b = object_header(b);
    object_set_header(a, (header_b & ~keep) | (header_a & keep));
    object_set_header(b, (header_a & ~keep) | (header_b & keep));
    size_t count = object_slot_count(a);
    for (size_t i = 0; i < (count == 0 ? 1 : count); i++) {
        oop value = object_slot(a, i);
        object_slot_init(a, i, object_slot(b, i));
        object_slot_init(b, i, value);
    }
    oop both[2] = {a, b};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0, n = object_pointer_count(both[k]); i < n; i++)
            heap_note_store(heap, both[k], i, object_slot(both[k], i));
        heap_note_change(heap, both[k]);
    }
}

/* Updates class-table entries when classes have become something else. */
static void follow_class_table(struct heap *heap)
{
    for (size_t page_index = 0; page_index < HIDDEN_CLASS_PAGES; page_index++) {
        oop page = object_slot(heap->hidden_roots, page_index);
        if (oop_same(page, heap->nil))
            continue;
        for (size_t i = 0; i < CLASS_PAGE_SLOTS; i++) {
            oop class = object_slot(page, i);
            if (oop_is_forwarder(class))
                heap_store(heap, page, i, heap_follow(class));
        }
    }
}

void become_forwarder(struct heap *heap, oop from, oop to)
{
    uint64_t header = object_header(from) & ~(HEADER_CLASS_MASK | HEADER_FORMAT_MASK);
    object_set_header(from, header | CLASS_INDEX_FORWARDED |
                                (uint64_t)FORMAT_FORWARDED << HEADER_FORMAT_SHIFT);
    heap_store(heap, from, 0, to);
    /* A scavenge will put it in the place of a young forwarder, wherever that is named. */
    if (oop_is_object(to))
        heap_note_change(heap, to);
    heap->forwarders_exist = heap->cycle.forwarders_made = true;
}

static void follow_location(struct heap *heap, oop *location)
{
    (void)heap;
    *location = heap_follow(*location);
}

void become_follow_roots(struct heap *heap)
{
    follow_location(heap, &heap->special_objects);
    for (size_t i = 0, count = object_slot_count(heap->special_objects); i < count; i++)
        if (oop_is_forwarder(heap_special(heap, (enum special_object)i)))
            heap_store(heap, heap->special_objects, i, heap_special_or_nil(heap, i));
    for (size_t i = heap->mourners_taken; i < heap->mourners.count; i++)
        follow_location(heap, &heap->mourners.items[i]);
    for (size_t i = 0; i < heap->roots_count; i++)
        if (heap->roots[i].visit != NULL)
            heap->roots[i].visit(heap->roots[i].context, heap, follow_location);
}

/* A copy of an object with the hash of another. */
static oop copy_with_hash(struct heap *heap, oop object, oop hashed)
{
    oop copy = heap_shallow_copy(heap, object);
    viv_assert(!oop_is_none(copy), "become: made sure of room for its copies");
    uint64_t hash = object_header(hashed) & HEADER_HASH_MASK;
    object_set_header(copy, object_header(copy) | hash);
    return copy;
}

static void exchange(struct heap *heap, oop a, oop b, bool classes)
{
    if (object_slot_count(a) == object_slot_count(b)) {
        exchange_bodies(heap, a, b, classes);
        return;
    }
    oop copy_of_a = copy_with_hash(heap, a, classes ? b : a);
    oop copy_of_b = copy_with_hash(heap, b, classes ? a : b);
    become_forwarder(heap, a, copy_of_b);
    become_forwarder(heap, b, copy_of_a);
}

static void forward_one_way(struct heap *heap, oop a, oop b, bool copy_hash)
{
    uint64_t hash = object_header(a) & HEADER_HASH_MASK;
    if (copy_hash && hash != 0 && oop_is_object(b) && !heap_is_in_class_table(heap, b))
        object_set_header(b, (object_header(b) & ~HEADER_HASH_MASK) | hash);
    become_forwarder(heap, a, b);
}

/* The pairs one after the other, each as if it were alone: an object that stands in several is followed to what it has become.
 * One way that may be something that must not change: it stays. */
static void become_pairs(struct heap *heap, const struct oop_list *pairs, bool two_way,
                         bool copy_hash)
{
    bool any_classes = false;
    for (size_t i = 0; i < pairs->count; i += 2) {
        oop a = heap_follow(pairs->items[i]);
        oop b = heap_follow(pairs->items[i + 1]);
        if (oop_same(a, b) || check_object(heap, a) != 0)
            continue;
        bool classes =
            heap_is_in_class_table(heap, a) || (two_way && heap_is_in_class_table(heap, b));
        any_classes |= classes;
        if (two_way)
            exchange(heap, a, b, classes);
        else
            forward_one_way(heap, a, b, copy_hash);
    }
    if (any_classes)
        follow_class_table(heap);
    become_follow_roots(heap);
}

int heap_become(struct heap *heap, oop left, oop right, bool two_way, bool copy_hash)
{
    struct oop_list pairs = {NULL, 0, 0};
    int failure = take_pairs(heap, left, right, two_way, &pairs);
    if (failure == 0 && two_way && !has_room(heap, &pairs))
        failure = 9;
    if (failure == 0)
        become_pairs(heap, &pairs, two_way, copy_hash);
    oop_list_free(&pairs);
    return failure;
}
