/*
 * A canonical digest of all that a heap's special objects and classes lead to: objects get numbers in the order in which a walk
 * over the graph meets them, so that two heaps have one digest exactly when there is no telling them apart from inside, wherever
 * their objects lie. Covered are class index, identity hash, format, size, flags and contents.
 */
#ifndef VIV_TESTS_UNIT_IMPORT_GRAPH_H
#define VIV_TESTS_UNIT_IMPORT_GRAPH_H

#include "vm/memory/heap.h"

#include <stdlib.h>
#include <xxhash.h>

struct graph {
    const struct heap *heap;
    uint32_t *numbers; /* by word of old space; 0: not met yet */
    oop *met;
    size_t count;
    XXH3_state_t *state;
};

static inline void graph_add_word(struct graph *graph, uint64_t word)
{
    XXH3_64bits_update(graph->state, &word, sizeof word);
}

/* An immediate as it is, an object by its number; the all-zero tag tells them apart. */
static inline void graph_add_reference(struct graph *graph, oop value)
{
    if (oop_is_immediate(value)) {
        graph_add_word(graph, value.bits);
        return;
    }
    size_t place = (size_t)(object_words(value) - graph->heap->old.base);
    if (graph->numbers[place] == 0) {
        graph->met[graph->count++] = value;
        graph->numbers[place] = (uint32_t)graph->count;
    }
    graph_add_word(graph, (uint64_t)graph->numbers[place] << 3);
}

static inline void graph_add_object(struct graph *graph, oop object)
{
    size_t pointers = object_pointer_count(object);
    uint64_t kept = HEADER_CLASS_MASK | HEADER_FORMAT_MASK | HEADER_HASH_MASK | HEADER_IMMUTABLE |
                    HEADER_PINNED;
    graph_add_word(graph, object_header(object) & kept);
    graph_add_word(graph, object_slot_count(object));
    for (size_t i = 0; i < pointers; i++)
        graph_add_reference(graph, object_slot(object, i));
    if (object_format(object) >= FORMAT_WORDS64) {
        size_t size = object_bits_size(object);
        XXH3_64bits_update(graph->state, object_bytes(object) + pointers * 8, size - pointers * 8);
    }
}

/* The digest, and how many objects it covers. Nothing of the heap may be young. */
static inline uint64_t graph_digest(struct heap *heap, size_t *count)
{
    size_t words = (size_t)(heap->old.limit - heap->old.base);
    struct graph graph = {
        .heap = heap,
        .numbers = calloc(words, sizeof(uint32_t)),
        .met = malloc(words * sizeof(oop)),
        .state = XXH3_createState(),
    };
    viv_assert(graph.numbers != NULL && graph.met != NULL && graph.state != NULL, "memory");
    XXH3_64bits_reset(graph.state);
    graph_add_reference(&graph, heap->special_objects);
    for (uint32_t i = 0; i < CLASS_PAGE_SLOTS * 8; i++)
        graph_add_reference(&graph, heap_class_at(heap, i));
    for (size_t i = 0; i < graph.count; i++)
        graph_add_object(&graph, graph.met[i]);
    uint64_t digest = XXH3_64bits_digest(graph.state);
    *count = graph.count;
    XXH3_freeState(graph.state);
    free(graph.numbers);
    free(graph.met);
    return digest;
}

#endif
