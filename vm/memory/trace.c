#include "vm/memory/trace.h"

static void scan_strongly(struct heap *heap, oop object, const struct tracer *tracer)
{
    size_t count = object_slot_count(object);
    oop *slots = object_slots(object);
    for (size_t i = 0; i < count; i++)
        tracer->strengthen(heap, &slots[i]);
}

/* Scans those whose key has come to life; answers whether there were any. */
static bool scan_live_ephemerons(struct heap *heap, const struct tracer *tracer)
{
    struct oop_list *found = &heap->ephemerons_found;
    bool progress = false;
    size_t kept = 0;
    /* Scanning adds no ephemerons by itself: that happens in drain, after this loop. */
    for (size_t i = 0; i < found->count; i++) {
        oop ephemeron = found->items[i];
        if (tracer->survives(heap, object_slot(ephemeron, 0))) {
            scan_strongly(heap, ephemeron, tracer);
            progress = true;
        } else {
            found->items[kept++] = ephemeron;
        }
    }
    found->count = kept;
    tracer->drain(heap);
    return progress;
}

void trace_ephemerons(struct heap *heap, const struct tracer *tracer)
{
    struct oop_list *found = &heap->ephemerons_found;
    while (found->count > 0) {
        if (scan_live_ephemerons(heap, tracer))
            continue;
        size_t count = found->count;
        for (size_t i = 0; i < count; i++) {
            oop ephemeron = found->items[i];
            uint64_t header = object_header(ephemeron) & ~HEADER_FORMAT_MASK;
            object_set_header(ephemeron, header | (uint64_t)FORMAT_FIXED << HEADER_FORMAT_SHIFT);
            bool added = oop_list_add(&heap->mourners, ephemeron);
            viv_assert(added, "C memory for the mourners");
            heap->mourners_arrived = true;
        }
        for (size_t i = 0; i < count; i++)
            scan_strongly(heap, found->items[i], tracer);
        found->count = 0;
        tracer->drain(heap);
    }
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
