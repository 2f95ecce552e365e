/*
 * become: by forwarders. Two objects of one size exchange their bodies in place, so that no reference changes; otherwise the
 * old place turns into a forwarder (class index 8) and those who meet it follow. A forwarder lives until the next full
 * collection has replaced all references to it.
 */
#include "vm/memory/heap.h"

#include "vm/memory/old_space.h"

/* The machine compares with nil, true and false by address: they stay what they are. */
static bool may_change(const struct heap *heap, oop object)
{
    return oop_is_object(object) && !oop_same(object, heap->nil) &&
           !oop_same(object, heap->true_object) && !oop_same(object, heap->false_object);
}

static int check_pairs(const struct heap *heap, oop left, oop right, bool two_way)
{
    size_t count = object_slot_count(left);
    if (object_slot_count(right) != count)
        return 3;
    for (size_t i = 0; i < count; i++) {
        oop a = heap_follow(object_slot(left, i));
        oop b = heap_follow(object_slot(right, i));
        if (!may_change(heap, a) || (two_way && !may_change(heap, b)))
            return 6;
        if (object_is_pinned(a) || (two_way && object_is_pinned(b)))
            return 16;
        if (object_is_immutable(a) || (two_way && object_is_immutable(b)))
            return 8;
    }
    return 0;
}

static void exchange_bodies(struct heap *heap, oop a, oop b)
{
    uint64_t keep = HEADER_REMEMBERED | HEADER_AGE_MASK;
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
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0, n = object_pointer_count(both[k]); i < n; i++)
            heap_note_store(heap, both[k], object_slot(both[k], i));
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

static bool is_in_class_table(struct heap *heap, oop object)
{
    uint32_t hash = object_hash_bits(object);
    return hash != 0 && oop_same(heap_class_at(heap, hash), object);
}

static void forward(struct heap *heap, oop from, oop to)
{
    uint64_t header = object_header(from) & ~(HEADER_CLASS_MASK | HEADER_FORMAT_MASK);
    object_set_header(from, header | CLASS_INDEX_FORWARDED |
                                (uint64_t)FORMAT_FORWARDED << HEADER_FORMAT_SHIFT);
    heap_store(heap, from, 0, to);
    heap->forwarders_exist = true;
}

static void follow_location(struct heap *heap, oop *location)
{
    (void)heap;
    *location = heap_follow(*location);
}

static void follow_roots(struct heap *heap)
{
    follow_location(heap, &heap->special_objects);
    for (size_t i = 0; i < heap->roots_count; i++)
        if (heap->roots[i].visit != NULL)
            heap->roots[i].visit(heap->roots[i].context, heap, follow_location);
}

/* Copies for the pairs that cannot exchange bodies, in one Array; NO_OOP when there is no memory. */
static oop copies_of(struct heap *heap, oop objects, oop partners)
{
    size_t count = object_slot_count(objects);
    oop copies = heap_allocate_array(heap, count);
    for (size_t i = 0; i < count && !oop_is_none(copies); i++) {
        oop object = heap_follow(object_slot(objects, i));
        if (object_slot_count(object) == object_slot_count(heap_follow(object_slot(partners, i))))
            continue;
        oop copy = heap_shallow_copy(heap, object);
        if (oop_is_none(copy))
            return NO_OOP;
        uint64_t hash = object_header(object) & HEADER_HASH_MASK;
        object_set_header(copy,
                          object_header(copy) | hash | (object_header(object) & HEADER_IMMUTABLE));
        heap_store(heap, copies, i, copy);
    }
    return copies;
}

static int become_two_way(struct heap *heap, oop left, oop right, bool *classes)
{
    oop left_copies = copies_of(heap, left, right);
    oop right_copies = copies_of(heap, right, left);
    if (oop_is_none(left_copies) || oop_is_none(right_copies))
        return 9;
    for (size_t i = 0, count = object_slot_count(left); i < count; i++) {
        oop a = heap_follow(object_slot(left, i));
        oop b = heap_follow(object_slot(right, i));
        *classes |= is_in_class_table(heap, a) || is_in_class_table(heap, b);
        if (oop_same(a, b))
            continue;
        if (oop_same(object_slot(left_copies, i), heap->nil)) {
            exchange_bodies(heap, a, b);
        } else {
            forward(heap, a, object_slot(right_copies, i));
            forward(heap, b, object_slot(left_copies, i));
        }
    }
    return 0;
}

int heap_become(struct heap *heap, oop left, oop right, bool two_way, bool copy_hash)
{
    int failure = check_pairs(heap, left, right, two_way);
    bool classes = false;
    if (failure != 0)
        return failure;
    if (two_way) {
        failure = become_two_way(heap, left, right, &classes);
        if (failure != 0)
            return failure;
    } else {
        for (size_t i = 0, count = object_slot_count(left); i < count; i++) {
            oop a = heap_follow(object_slot(left, i));
            oop b = heap_follow(object_slot(right, i));
            classes |= oop_is_object(a) && is_in_class_table(heap, a);
            if (oop_same(a, b) || !oop_is_object(a))
                continue;
            uint64_t hash = object_header(a) & HEADER_HASH_MASK;
            if (copy_hash && hash != 0 && oop_is_object(b) && !is_in_class_table(heap, b))
                object_set_header(b, (object_header(b) & ~HEADER_HASH_MASK) | hash);
            forward(heap, a, b);
        }
    }
    if (classes)
        follow_class_table(heap);
    follow_roots(heap);
    return 0;
}
