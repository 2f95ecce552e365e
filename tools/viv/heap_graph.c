#include "tools/viv/heap_graph.h"

#include <stdlib.h>

/* Positions are words in 32 bits. */
#define WORDS_MAX ((size_t)UINT32_MAX - 64)

static void number_objects(struct heap_graph *graph, size_t words)
{
    struct heap *heap = graph->heap;
    uint32_t count = 0;
    for (oop object = heap_first_object(heap); !oop_is_none(object);
         object = heap_next_object(heap, object)) {
        size_t word = (size_t)(object_words(object) - heap->old.base);
        graph->starts[word / 64] |= (uint64_t)1 << (word % 64);
        graph->offsets[count++] = (uint32_t)word;
    }
    count = 0;
    for (size_t i = 0; i <= words / 64; i++) {
        graph->ranks[i] = count;
        count += (uint32_t)__builtin_popcountll(graph->starts[i]);
    }
}

uint32_t graph_node_at(const struct heap_graph *graph, uint64_t word)
{
    const struct old_space *old = &graph->heap->old;
    if (word >= (uint64_t)(old->limit - old->base))
        return NODE_NONE;
    uint64_t bits = graph->starts[word / 64];
    if ((bits >> (word % 64) & 1) == 0)
        return NODE_NONE;
    return graph->ranks[word / 64] +
           (uint32_t)__builtin_popcountll(bits & (((uint64_t)1 << (word % 64)) - 1));
}

static uint32_t node_of(const struct heap_graph *graph, oop value)
{
    const uint64_t *base = graph->heap->old.base;
    if (!oop_is_object(value) || object_words(value) < base)
        return NODE_NONE;
    return graph_node_at(graph, (uint64_t)(object_words(value) - base));
}

uint32_t graph_node(const struct heap_graph *graph, oop value)
{
    const struct heap *heap = graph->heap;
    if (oop_same(value, heap->nil) || oop_same(value, heap->true_object) ||
        oop_same(value, heap->false_object))
        return NODE_NONE;
    return node_of(graph, value);
}

static void add_root(struct heap_graph *graph, enum root_kind kind, size_t index, oop object)
{
    uint32_t node = node_of(graph, object);
    if (node != NODE_NONE)
        graph->roots[graph->root_count++] = (struct graph_root){node, (uint32_t)index, kind};
}

/* Classes beyond the first page of the table live as long as somebody refers to them or is an instance. */
static void add_roots(struct heap_graph *graph)
{
    const struct heap *heap = graph->heap;
    oop page = object_slot(heap->hidden_roots, 0);
    const oop constants[] = {heap->nil, heap->false_object, heap->true_object};
    add_root(graph, ROOT_SPECIAL_OBJECTS, 0, heap->special_objects);
    for (size_t i = 0; i < CLASS_PAGE_SLOTS; i++)
        if (graph_node(graph, object_slot(page, i)) != NODE_NONE)
            add_root(graph, ROOT_CLASS_TABLE, i, object_slot(page, i));
    for (size_t i = heap->mourners_taken; i < heap->mourners.count; i++)
        add_root(graph, ROOT_MOURNERS, i - heap->mourners_taken, heap->mourners.items[i]);
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++)
        add_root(graph, ROOT_CONSTANTS, i, constants[i]);
}

bool heap_graph_make(struct heap_graph *graph, struct heap *heap, struct status *status)
{
    *graph = (struct heap_graph){.heap = heap};
    heap_seal(heap);
    size_t words = (size_t)(heap->old.limit - heap->old.base);
    size_t root_limit = 1 + CLASS_PAGE_SLOTS + heap->mourners.count + 3;
    if (words > WORDS_MAX)
        return status_fail(status, STATUS_MEMORY, "images above 32 GB are not looked into");
    graph->count = (uint32_t)heap_object_count(heap);
    graph->offsets = calloc((size_t)graph->count + 1, sizeof *graph->offsets);
    graph->starts = calloc(words / 64 + 1, sizeof *graph->starts);
    graph->ranks = calloc(words / 64 + 1, sizeof *graph->ranks);
    graph->roots = calloc(root_limit, sizeof *graph->roots);
    if (graph->offsets == NULL || graph->starts == NULL || graph->ranks == NULL ||
        graph->roots == NULL)
        return status_fail(status, STATUS_MEMORY, "no memory for the graph of objects");
    number_objects(graph, words);
    add_roots(graph);
    return true;
}

void heap_graph_free(struct heap_graph *graph)
{
    free(graph->offsets);
    free(graph->starts);
    free(graph->ranks);
    free(graph->roots);
    *graph = (struct heap_graph){.heap = NULL};
}

/* --- edges ------------------------------------------------------------------------------------------------------------------ */

static bool keeps_class(oop object)
{
    return object_class_index(object) >= CLASS_PAGE_SLOTS;
}

/* Slots of an object that are edges, from the first. An ephemeron's key is not, and is passed over by graph_edge. */
static uint32_t strong_slot_count(const struct heap_graph *graph, oop object)
{
    size_t count = object_pointer_count(object);
    if (object_format(object) != FORMAT_WEAK)
        return (uint32_t)count;
    size_t fixed = heap_fixed_slot_count(graph->heap, object);
    return (uint32_t)(fixed < count ? fixed : count);
}

uint32_t graph_edge_limit(const struct heap_graph *graph, uint32_t node)
{
    oop object = graph_object(graph, node);
    return strong_slot_count(graph, object) + (keeps_class(object) ? 1 : 0);
}

uint32_t graph_edge_slot(const struct heap_graph *graph, uint32_t node, uint32_t edge)
{
    oop object = graph_object(graph, node);
    return edge < strong_slot_count(graph, object) ? edge : NODE_NONE;
}

uint32_t graph_edge(const struct heap_graph *graph, uint32_t node, uint32_t edge)
{
    oop object = graph_object(graph, node);
    if (graph_edge_slot(graph, node, edge) == NODE_NONE)
        return graph_node(graph, heap_class_at(graph->heap, object_class_index(object)));
    if (edge == 0 && object_format(object) == FORMAT_EPHEMERON)
        return NODE_NONE;
    return graph_node(graph, object_slot(object, edge));
}
