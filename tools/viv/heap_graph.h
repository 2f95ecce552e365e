/*
 * The objects of an image that is not running as a graph: nodes are numbered in the order of the image, edges are the references
 * that keep an object. Weak references are none of them, nor is an ephemeron's to its key; an object keeps its class.
 *
 * References to nil, true and false are left out: everything refers to them, and they are roots.
 */
#ifndef VIV_TOOLS_VIV_HEAP_GRAPH_H
#define VIV_TOOLS_VIV_HEAP_GRAPH_H

#include "vm/memory/heap.h"

/* No node, or no more. */
#define NODE_NONE UINT32_MAX

enum root_kind { ROOT_SPECIAL_OBJECTS, ROOT_CLASS_TABLE, ROOT_MOURNERS, ROOT_CONSTANTS };

struct graph_root {
    uint32_t node;
    uint32_t index; /* in what kind names */
    enum root_kind kind;
};

struct heap_graph {
    struct heap *heap;
    uint32_t count;
    uint32_t *offsets; /* by node: words from the first object to the header */
    uint64_t *starts;  /* a bit a word: a node's header is here */
    uint32_t *ranks;   /* by 64 words: nodes before them */
    struct graph_root *roots;
    size_t root_count;
};

/* Of a heap that was read and has not run. False with a status without memory, and for more than 32 GB; free it then, too. */
bool heap_graph_make(struct heap_graph *graph, struct heap *heap,
                     struct status *status) VIV_MUST_USE;
void heap_graph_free(struct heap_graph *graph);

static inline oop graph_object(const struct heap_graph *graph, uint32_t node)
{
    return object_at_address(graph->heap->old.base + graph->offsets[node]);
}

/* The node that an oop refers to; NODE_NONE for immediates, constants and what is hidden. */
uint32_t graph_node(const struct heap_graph *graph, oop value);

/* The node of the object whose header is so many words behind the first object; NODE_NONE where none is. */
uint32_t graph_node_at(const struct heap_graph *graph, uint64_t word);

/* How many edges an object may have; each is a node or NODE_NONE. */
uint32_t graph_edge_limit(const struct heap_graph *graph, uint32_t node);
uint32_t graph_edge(const struct heap_graph *graph, uint32_t node, uint32_t edge);

/* The slot of an object that an edge is; NODE_NONE for the one that leads to the class. */
uint32_t graph_edge_slot(const struct heap_graph *graph, uint32_t node, uint32_t edge);

#endif
