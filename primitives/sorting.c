/*
 * VivariumCollections: sorting an Array by keys whose order cannot be anything else: all SmallIntegers, or all byte strings.
 * Whatever else is met is a failure, and the image sorts with the order that its objects define.
 */
#include "primitives/functions.h"

#include "primitives/radix_sort.h"

#include <stdlib.h>

/* A longer range would keep the world waiting: the image halves it and merges. */
#define RANGE_MAX ((size_t)100000)

/* Below this a comparing sort is as fast. */
#define RADIX_COUNT_MIN ((size_t)128)

struct item {
    oop key;
    oop element;
    uint32_t place; /* equal keys keep their order */
};

static int by_place(const struct item *one, const struct item *other)
{
    return one->place < other->place ? -1 : 1;
}

static int compare_integers(const void *a, const void *b)
{
    const struct item *one = a;
    const struct item *other = b;
    int64_t left = oop_to_integer(one->key);
    int64_t right = oop_to_integer(other->key);
    return left < right ? -1 : left > right ? 1 : by_place(one, other);
}

static int order_of_strings(oop one, oop other)
{
    size_t count = object_byte_count(one);
    size_t other_count = object_byte_count(other);
    int order =
        memcmp(object_bytes(one), object_bytes(other), count < other_count ? count : other_count);
    return order != 0 ? order : count < other_count ? -1 : count > other_count ? 1 : 0;
}

static int compare_strings(const void *a, const void *b)
{
    const struct item *one = a;
    const struct item *other = b;
    int order = order_of_strings(one->key, other->key);
    return order != 0 ? order : by_place(one, other);
}

/* The other way round, equal keys still in their order. */
static int compare_integers_downwards(const void *a, const void *b)
{
    const struct item *one = a;
    const struct item *other = b;
    return oop_same(one->key, other->key) ? by_place(one, other) : compare_integers(b, a);
}

static int compare_strings_downwards(const void *a, const void *b)
{
    const struct item *one = a;
    const struct item *other = b;
    int order = order_of_strings(other->key, one->key);
    return order != 0 ? order : by_place(one, other);
}

/* Fills the items; false when the keys are not all of one of the two kinds. */
static bool fill_items(struct item *items, oop keys, oop elements, size_t first, size_t count)
{
    bool integers = oop_is_integer(object_slot(keys, first));
    for (size_t i = 0; i < count; i++) {
        oop key = heap_follow(object_slot(keys, first + i));
        if (integers ? !oop_is_integer(key) : oop_class_index(key) != CLASS_BYTE_STRING)
            return false;
        items[i] = (struct item){key, object_slot(elements, first + i), (uint32_t)i};
    }
    return true;
}

/* Many integers are sorted digit by digit. */
static prim_result sort_many_integers(struct heap *heap, oop keys, oop elements, size_t first,
                                      size_t count, bool upwards)
{
    struct radix_item *items = malloc(2 * count * sizeof *items);
    if (items == NULL)
        return PRIM_NO_C_MEMORY;
    /* The order of the integers as that of unsigned keys, turned round for downwards. */
    uint64_t flip = upwards ? UINT64_C(1) << 63 : ~(UINT64_C(1) << 63);
    size_t filled = 0;
    for (; filled < count; filled++) {
        oop key = heap_follow(object_slot(keys, first + filled));
        if (!oop_is_integer(key))
            break;
        items[filled].key = (uint64_t)oop_to_integer(key) ^ flip;
        items[filled].value = object_slot(elements, first + filled).bits;
    }
    if (filled == count) {
        const struct radix_item *sorted = radix_sort(items, items + count, count);
        for (size_t i = 0; i < count; i++)
            heap_store(heap, elements, first + i, oop_from_bits(sorted[i].value));
    }
    free(items);
    return filled == count ? PRIM_OK : PRIM_INAPPROPRIATE;
}

static prim_result sort_comparing(struct heap *heap, oop keys, oop elements, size_t first,
                                  size_t count, bool upwards)
{
    struct item *items = malloc(count * sizeof *items);
    if (items == NULL)
        return PRIM_NO_C_MEMORY;
    bool plain = fill_items(items, keys, elements, first, count);
    if (plain) {
        bool integers = oop_is_integer(items[0].key);
        qsort(items, count, sizeof *items,
              integers ? (upwards ? compare_integers : compare_integers_downwards)
                       : (upwards ? compare_strings : compare_strings_downwards));
        for (size_t i = 0; i < count; i++)
            heap_store(heap, elements, first + i, items[i].element);
    }
    free(items);
    return plain ? PRIM_OK : PRIM_INAPPROPRIATE;
}

/* Array of keys, receiver: the Array of elements, the first and the last index, whether upwards. Puts the elements between in
 * the order of their keys; equal ones stay in theirs. The keys stay where they are. */
prim_result prim_sort_by_keys(struct vm *vm, const prim_call *call)
{
    struct heap *heap = vm_heap(vm);
    oop keys = call->receiver;
    oop elements = heap_follow(prim_argument(call, 0));
    size_t first;
    size_t last;
    bool upwards = oop_same(prim_argument(call, 3), heap->true_object);
    if (oop_class_index(keys) != CLASS_ARRAY)
        return PRIM_BAD_RECEIVER;
    if (oop_class_index(elements) != CLASS_ARRAY ||
        object_slot_count(elements) != object_slot_count(keys))
        return PRIM_BAD_ARGUMENT;
    prim_result result = arg_index(call, 1, object_slot_count(keys), &first);
    if (result == PRIM_OK)
        result = arg_index(call, 2, object_slot_count(keys), &last);
    if (result != PRIM_OK)
        return result;
    if (object_is_immutable(elements))
        return PRIM_NO_MODIFICATION;
    if (last < first || last - first >= RANGE_MAX)
        return PRIM_LIMIT_EXCEEDED;
    size_t count = last - first + 1;
    bool integers = oop_is_integer(heap_follow(object_slot(keys, first)));
    result = integers && count >= RADIX_COUNT_MIN
                 ? sort_many_integers(heap, keys, elements, first, count, upwards)
                 : sort_comparing(heap, keys, elements, first, count, upwards);
    return result == PRIM_OK ? answer(vm, call, keys) : result;
}
