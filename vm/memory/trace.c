#include "vm/memory/trace.h"

#include <stdlib.h>

static void scan_strongly(struct heap *heap, oop object, const struct tracer *tracer)
{
    size_t count = object_slot_count(object);
    oop *slots = object_slots(object);
    for (size_t i = 0; i < count; i++)
        tracer->strengthen(heap, &slots[i]);
}

/*
 * Ephemerons whose key is not known to live, found by that key: when it comes to life, those that wait for it are ready to be
 * scanned. Without this each round would look at all of them, and a chain has as many rounds as links.
 */
struct waiting_ephemerons {
    struct oop_list items; /* NO_OOP where one has become ready */
    struct oop_list ready;
    size_t *buckets; /* by key: 1 + index of the first item, 0 for none */
    size_t *next;    /* by item: 1 + index of the next in its bucket */
    size_t bucket_count;
};

/* The key is still where it was: it has not come to life. */
static oop waiting_key(oop ephemeron)
{
    return heap_follow(object_slot(ephemeron, 0));
}

static size_t *bucket_of(const struct waiting_ephemerons *waiting, oop key)
{
    uint64_t mixed = (key.bits >> 3) * 0x9E3779B97F4A7C15;
    return &waiting->buckets[(size_t)(mixed >> 32) & (waiting->bucket_count - 1)];
}

static void enter_bucket(struct waiting_ephemerons *waiting, size_t index)
{
    size_t *bucket = bucket_of(waiting, waiting_key(waiting->items.items[index]));
    waiting->next[index] = *bucket;
    *bucket = index + 1;
}

static bool allocate_buckets(struct waiting_ephemerons *waiting, size_t count)
{
    free(waiting->buckets);
    free(waiting->next);
    waiting->buckets = calloc(count, sizeof *waiting->buckets);
    waiting->next = calloc(count, sizeof *waiting->next);
    waiting->bucket_count = count;
    return waiting->buckets != NULL && waiting->next != NULL;
}

static void grow_buckets(struct heap *heap)
{
    struct waiting_ephemerons *waiting = heap->waiting;
    size_t count = waiting->bucket_count == 0 ? 64 : waiting->bucket_count * 2;
    if (!allocate_buckets(waiting, count) &&
        (!heap_give_up_reserve(heap) || !allocate_buckets(waiting, count)))
        heap_exhausted(heap, "ephemerons");
    for (size_t i = 0; i < waiting->items.count; i++)
        if (!oop_is_none(waiting->items.items[i]))
            enter_bucket(waiting, i);
}

static void add_waiting(struct heap *heap, oop ephemeron)
{
    struct waiting_ephemerons *waiting = heap->waiting;
    if (waiting->items.count == waiting->bucket_count)
        grow_buckets(heap);
    heap_list_add(heap, &waiting->items, ephemeron);
    enter_bucket(waiting, waiting->items.count - 1);
}

void trace_came_to_life(struct heap *heap, oop object)
{
    struct waiting_ephemerons *waiting = heap->waiting;
    if (waiting->items.count == 0)
        return;
    for (size_t i = *bucket_of(waiting, object); i != 0; i = waiting->next[i - 1]) {
        oop *item = &waiting->items.items[i - 1];
        if (oop_is_none(*item) || !oop_same(waiting_key(*item), object))
            continue;
        heap_list_add(heap, &waiting->ready, *item);
        *item = NO_OOP;
    }
}

/* Scans those just found whose key lives by now, and those that became ready; the others wait. */
static void scan_live_ephemerons(struct heap *heap, const struct tracer *tracer)
{
    struct waiting_ephemerons *waiting = heap->waiting;
    struct oop_list *found = &heap->ephemerons_found;
    /* Scanning adds no ephemerons by itself: that happens in drain, after this loop. */
    for (size_t i = 0; i < found->count; i++) {
        oop ephemeron = found->items[i];
        if (object_is_forwarder(ephemeron))
            continue; /* it has become something else since, which is marked */
        if (object_format(ephemeron) != FORMAT_EPHEMERON ||
            tracer->survives(heap, object_slot(ephemeron, 0)))
            scan_strongly(heap, ephemeron, tracer);
        else
            add_waiting(heap, ephemeron);
    }
    found->count = 0;
    while (waiting->ready.count > 0)
        scan_strongly(heap, waiting->ready.items[--waiting->ready.count], tracer);
    tracer->drain(heap);
}

/* One that was found twice fires once. */
static void fire(struct heap *heap, oop ephemeron)
{
    if (object_format(ephemeron) != FORMAT_EPHEMERON)
        return;
    uint64_t header = object_header(ephemeron) & ~HEADER_FORMAT_MASK;
    object_set_header(ephemeron, header | (uint64_t)FORMAT_FIXED << HEADER_FORMAT_SHIFT);
    heap_list_add(heap, &heap->mourners, ephemeron);
    heap->mourners_arrived = true;
}

/* Fires all that still wait, then makes live what they hold; answers whether there were any. */
static bool fire_waiting(struct heap *heap, const struct tracer *tracer)
{
    struct waiting_ephemerons *waiting = heap->waiting;
    size_t first = heap->mourners.count;
    for (size_t i = 0; i < waiting->items.count; i++)
        if (!oop_is_none(waiting->items.items[i]))
            fire(heap, waiting->items.items[i]);
    if (waiting->items.count > 0)
        memset(waiting->buckets, 0, waiting->bucket_count * sizeof *waiting->buckets);
    waiting->items.count = 0;
    for (size_t i = first; i < heap->mourners.count; i++)
        scan_strongly(heap, heap->mourners.items[i], tracer);
    tracer->drain(heap);
    return heap->mourners.count > first;
}

void trace_ephemerons(struct heap *heap, const struct tracer *tracer)
{
    struct waiting_ephemerons waiting = {{NULL, 0, 0}, {NULL, 0, 0}, NULL, NULL, 0};
    if (heap->ephemerons_found.count == 0)
        return;
    heap->waiting = &waiting;
    do {
        while (heap->ephemerons_found.count > 0 || waiting.ready.count > 0)
            scan_live_ephemerons(heap, tracer);
    } while (fire_waiting(heap, tracer));
    heap->waiting = NULL;
    oop_list_free(&waiting.items);
    oop_list_free(&waiting.ready);
    free(waiting.buckets);
    free(waiting.next);
}

void trace_roots(struct heap *heap, heap_visit_fn *visitor)
{
    visitor(heap, &heap->nil);
    visitor(heap, &heap->false_object);
    visitor(heap, &heap->true_object);
    visitor(heap, &heap->special_objects);
    visitor(heap, &heap->hidden_roots);
    for (size_t i = heap->mourners_taken; i < heap->mourners.count; i++)
        visitor(heap, &heap->mourners.items[i]);
    for (size_t i = 0; i < heap->roots_count; i++)
        if (heap->roots[i].visit != NULL)
            heap->roots[i].visit(heap->roots[i].context, heap, visitor);
}

void trace_married(struct heap *heap, oop object, heap_visit_fn *visitor)
{
    for (size_t i = 0; i < heap->roots_count; i++)
        if (heap->roots[i].married != NULL)
            heap->roots[i].married(heap->roots[i].context, heap, object, visitor);
}

void trace_after(struct heap *heap)
{
    for (size_t i = 0; i < heap->roots_count; i++)
        if (heap->roots[i].after != NULL)
            heap->roots[i].after(heap->roots[i].context, heap);
}
