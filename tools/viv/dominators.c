#include "tools/viv/dominators.h"

#include <stdlib.h>

/* All arrays are by number and have room for every object and the root. */
struct search {
    const struct heap_graph *graph;
    uint32_t count;
    uint32_t *numbers; /* by node; 0 for one that was not reached */
    uint32_t *nodes;
    uint32_t *parent; /* in the tree of the depth-first search */
    /* Next edge to look at; later the start of a number's predecessors in the list of all. */
    uint32_t *position;
    uint32_t *predecessors;
    uint32_t *semi;
    uint32_t *label;
    uint32_t *ancestor; /* NODE_NONE at the root of a tree of the forest */
    uint32_t *dominator;
    uint32_t *bucket; /* first number whose semidominator this is; 0 for none */
    uint32_t *next;   /* in its bucket */
    uint32_t *path;   /* that is being compressed */
};

static bool allocate(struct search *search)
{
    size_t size = (size_t)search->graph->count + 2;
    uint32_t **arrays[] = {
        &search->numbers,  &search->nodes,     &search->parent, &search->position,
        &search->semi,     &search->label,     &search->path,   &search->bucket,
        &search->ancestor, &search->dominator, &search->next,
    };
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        *arrays[i] = calloc(size, sizeof **arrays[i]);
        if (*arrays[i] == NULL)
            return false;
    }
    return true;
}

/* What the answer does not need. */
static void free_search(struct search *search)
{
    free(search->numbers);
    free(search->parent);
    free(search->position);
    free(search->predecessors);
    free(search->semi);
    free(search->label);
    free(search->ancestor);
    free(search->bucket);
    free(search->next);
    free(search->path);
}

/* --- the numbers, depth first ----------------------------------------------------------------------------------------------- */

static uint32_t edge_limit(const struct search *search, uint32_t number)
{
    return number == 0 ? (uint32_t)search->graph->root_count
                       : graph_edge_limit(search->graph, search->nodes[number]);
}

static uint32_t edge(const struct search *search, uint32_t number, uint32_t position)
{
    return number == 0 ? search->graph->roots[position].node
                       : graph_edge(search->graph, search->nodes[number], position);
}

static void number_from(struct search *search)
{
    uint32_t current = 0;
    for (;;) {
        uint32_t limit = edge_limit(search, current);
        uint32_t next = NODE_NONE;
        while (search->position[current] < limit && next == NODE_NONE) {
            next = edge(search, current, search->position[current]++);
            if (next != NODE_NONE && search->numbers[next] != 0)
                next = NODE_NONE;
        }
        if (next != NODE_NONE) {
            uint32_t number = ++search->count;
            search->numbers[next] = number;
            search->nodes[number] = next;
            search->parent[number] = current;
            current = number;
        } else if (current == 0) {
            return;
        } else {
            current = search->parent[current];
        }
    }
}

/* --- who refers to whom ----------------------------------------------------------------------------------------------------- */

/* Predecessors of number w: from position[w] to before position[w + 1]. Counted first, then entered from the back. */
static bool find_predecessors(struct search *search)
{
    size_t total = 0;
    for (uint32_t i = 0; i <= search->count; i++)
        search->position[i] = 0;
    for (uint32_t i = 0; i <= search->count; i++)
        for (uint32_t j = 0, limit = edge_limit(search, i); j < limit; j++) {
            uint32_t node = edge(search, i, j);
            if (node != NODE_NONE)
                search->position[search->numbers[node]]++;
        }
    for (uint32_t i = 0; i <= search->count; i++) {
        total += search->position[i];
        search->position[i] = (uint32_t)total;
    }
    search->predecessors = calloc(total + 1, sizeof *search->predecessors);
    if (search->predecessors == NULL)
        return false;
    for (uint32_t i = 0; i <= search->count; i++)
        for (uint32_t j = 0, limit = edge_limit(search, i); j < limit; j++) {
            uint32_t node = edge(search, i, j);
            if (node != NODE_NONE)
                search->predecessors[--search->position[search->numbers[node]]] = i;
        }
    search->position[search->count + 1] = (uint32_t)total;
    return true;
}

/* --- semidominators --------------------------------------------------------------------------------------------------------- */

/* Makes everything on the path from a number to the root of its tree point there, with the label that is best on the way. */
static void compress(struct search *search, uint32_t number)
{
    size_t count = 0;
    while (search->ancestor[search->ancestor[number]] != NODE_NONE) {
        search->path[count++] = number;
        number = search->ancestor[number];
    }
    while (count > 0) {
        uint32_t at = search->path[--count];
        uint32_t above = search->ancestor[at];
        if (search->semi[search->label[above]] < search->semi[search->label[at]])
            search->label[at] = search->label[above];
        search->ancestor[at] = search->ancestor[above];
    }
}

static uint32_t evaluate(struct search *search, uint32_t number)
{
    if (search->ancestor[number] == NODE_NONE)
        return number;
    compress(search, number);
    return search->label[number];
}

static void empty_bucket(struct search *search, uint32_t number)
{
    for (uint32_t i = search->bucket[number]; i != 0; i = search->next[i]) {
        uint32_t best = evaluate(search, i);
        search->dominator[i] = search->semi[best] < search->semi[i] ? best : number;
    }
    search->bucket[number] = 0;
}

static void find_dominators(struct search *search)
{
    for (uint32_t i = 0; i <= search->count; i++) {
        search->semi[i] = i;
        search->label[i] = i;
        search->ancestor[i] = NODE_NONE;
    }
    for (uint32_t i = search->count; i > 0; i--) {
        uint32_t parent = search->parent[i];
        for (uint32_t j = search->position[i]; j < search->position[i + 1]; j++) {
            uint32_t best = evaluate(search, search->predecessors[j]);
            if (search->semi[best] < search->semi[i])
                search->semi[i] = search->semi[best];
        }
        search->next[i] = search->bucket[search->semi[i]];
        search->bucket[search->semi[i]] = i;
        search->ancestor[i] = parent;
        empty_bucket(search, parent);
    }
    for (uint32_t i = 1; i <= search->count; i++)
        if (search->dominator[i] != search->semi[i])
            search->dominator[i] = search->dominator[search->dominator[i]];
}

/* --- all together ----------------------------------------------------------------------------------------------------------- */

static void add_up_retained(struct dominators *dominators)
{
    for (uint32_t i = 1; i <= dominators->count; i++)
        dominators->retained[i] =
            object_size(graph_object(dominators->graph, dominators->nodes[i]));
    for (uint32_t i = dominators->count; i > 0; i--)
        dominators->retained[dominators->dominator[i]] += dominators->retained[i];
}

bool dominators_find(struct dominators *dominators, const struct heap_graph *graph,
                     struct status *status)
{
    struct search search = {.graph = graph};
    bool good = allocate(&search);
    if (good) {
        number_from(&search);
        good = find_predecessors(&search);
    }
    if (good)
        find_dominators(&search);
    free_search(&search);
    *dominators = (struct dominators){
        .graph = graph,
        .count = search.count,
        .nodes = search.nodes,
        .dominator = search.dominator,
        .retained = good ? calloc((size_t)search.count + 1, sizeof(uint64_t)) : NULL,
    };
    if (dominators->retained == NULL)
        return status_fail(status, STATUS_MEMORY, "no memory to find out what holds what");
    add_up_retained(dominators);
    return true;
}

void dominators_free(struct dominators *dominators)
{
    free(dominators->nodes);
    free(dominators->dominator);
    free(dominators->retained);
    *dominators = (struct dominators){.graph = NULL};
}
