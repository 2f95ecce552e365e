/* viv heap --retained: the objects, and the classes, that hold most memory. */
#include "tools/viv/dominators.h"
#include "tools/viv/heap_reports.h"
#include "tools/viv/printing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* --- the largest of many ---------------------------------------------------------------------------------------------------- */

struct candidate {
    uint64_t retained;
    uint32_t which; /* the number of an object, or a class index */
};

/* A heap in an array with the least of what is kept at its front. */
struct largest {
    struct candidate *items;
    size_t count;
    size_t limit;
};

/* Of those that retain the same, the one that comes first counts as larger. */
static bool is_less(const struct candidate *one, const struct candidate *other)
{
    return one->retained != other->retained ? one->retained < other->retained
                                            : one->which > other->which;
}

static void sift_down(struct largest *largest)
{
    struct candidate *items = largest->items;
    for (size_t i = 0, child = 1; child < largest->count; i = child, child = 2 * i + 1) {
        if (child + 1 < largest->count && is_less(&items[child + 1], &items[child]))
            child++;
        if (!is_less(&items[child], &items[i]))
            return;
        struct candidate moved = items[i];
        items[i] = items[child];
        items[child] = moved;
    }
}

static void offer(struct largest *largest, uint64_t retained, uint32_t which)
{
    struct candidate *items = largest->items;
    struct candidate candidate = {retained, which};
    if (largest->count == largest->limit) {
        if (!is_less(&items[0], &candidate))
            return;
        items[0] = candidate;
        sift_down(largest);
        return;
    }
    size_t i = largest->count++;
    for (; i > 0 && is_less(&candidate, &items[(i - 1) / 2]); i = (i - 1) / 2)
        items[i] = items[(i - 1) / 2];
    items[i] = candidate;
}

static int largest_first(const void *one, const void *other)
{
    return is_less(one, other) ? 1 : -1;
}

static bool largest_begin(struct largest *largest, size_t top, size_t available)
{
    *largest = (struct largest){.limit = top < available ? top : available};
    largest->items = calloc(largest->limit + 1, sizeof *largest->items);
    return largest->items != NULL;
}

static void largest_sort(struct largest *largest)
{
    if (largest->count > 1)
        qsort(largest->items, largest->count, sizeof *largest->items, largest_first);
}

/* --- objects ---------------------------------------------------------------------------------------------------------------- */

static void print_object(const struct dominators *dominators, const struct candidate *candidate,
                         bool json)
{
    char class[CLASS_NAME_SIZE];
    char label[CLASS_NAME_SIZE];
    const struct heap_graph *graph = dominators->graph;
    uint32_t node = dominators->nodes[candidate->which];
    oop object = graph_object(graph, node);
    uint64_t offset = (uint64_t)graph->offsets[node] * sizeof(uint64_t);
    class_name_at(graph->heap, object_class_index(object), class);
    object_label(graph->heap, object, label);
    if (!json) {
        printf("%12" PRIu64 " %10zu  0x%-8" PRIx64 "  %s%s%s\n", candidate->retained,
               object_size(object), offset, class, label[0] == 0 ? "" : "  ", label);
        return;
    }
    printf("{\"kind\": \"object\", \"object\": \"0x%" PRIx64 "\", \"class\": ", offset);
    print_json_string(class);
    printf(", \"label\": ");
    print_json_string(label);
    printf(", \"retained\": %" PRIu64 ", \"bytes\": %zu}\n", candidate->retained,
           object_size(object));
}

static bool report_objects(const struct dominators *dominators, size_t top, bool json)
{
    struct largest largest;
    if (!largest_begin(&largest, top, dominators->count))
        return false;
    for (uint32_t i = 1; i <= dominators->count; i++)
        offer(&largest, dominators->retained[i], i);
    largest_sort(&largest);
    if (!json)
        printf("%12s %10s  %-10s  %s\n", "retained", "bytes", "object", "class");
    for (size_t i = 0; i < largest.count; i++)
        print_object(dominators, &largest.items[i], json);
    free(largest.items);
    return true;
}

/* --- classes ---------------------------------------------------------------------------------------------------------------- */

/* An object whose class is also that of an object which dominates it is in the sum with that one. */
struct class_sum {
    uint64_t retained;
    uint64_t objects;
    uint64_t above; /* instances on the way from the root to where the walk is */
};

struct class_walk {
    const struct dominators *dominators;
    struct class_sum *sums; /* by class index */
    uint32_t *child;        /* by number: the first that it dominates; 0 for none */
    uint32_t *sibling;
};

static struct class_sum *sum_of(const struct class_walk *walk, uint32_t number)
{
    const struct dominators *dominators = walk->dominators;
    oop object = graph_object(dominators->graph, dominators->nodes[number]);
    return &walk->sums[object_class_index(object)];
}

static void enter(const struct class_walk *walk, uint32_t number)
{
    struct class_sum *sum = sum_of(walk, number);
    sum->objects++;
    if (sum->above++ == 0)
        sum->retained += walk->dominators->retained[number];
}

static void walk_tree(const struct class_walk *walk)
{
    uint32_t current = 0;
    for (;;) {
        uint32_t next = walk->child[current];
        while (next == 0 && current != 0) {
            sum_of(walk, current)->above--;
            next = walk->sibling[current];
            current = walk->dominators->dominator[current];
        }
        if (next == 0)
            return;
        enter(walk, next);
        current = next;
    }
}

static void print_class(struct heap *heap, const struct class_sum *sum,
                        const struct candidate *candidate, bool json)
{
    char class[CLASS_NAME_SIZE];
    class_name_at(heap, candidate->which, class);
    if (!json) {
        printf("%12" PRIu64 " %10" PRIu64 "  %s\n", sum->retained, sum->objects, class);
        return;
    }
    printf("{\"kind\": \"class\", \"class\": ");
    print_json_string(class);
    printf(", \"retained\": %" PRIu64 ", \"objects\": %" PRIu64 "}\n", sum->retained, sum->objects);
}

static bool print_classes(const struct class_walk *walk, size_t top, bool json)
{
    struct largest largest;
    if (!largest_begin(&largest, top, CLASS_INDEX_LIMIT))
        return false;
    for (uint32_t i = 0; i < CLASS_INDEX_LIMIT; i++)
        if (walk->sums[i].objects > 0)
            offer(&largest, walk->sums[i].retained, i);
    largest_sort(&largest);
    if (!json)
        printf("\n%12s %10s  %s\n", "retained", "objects", "class");
    for (size_t i = 0; i < largest.count; i++)
        print_class(walk->dominators->graph->heap, &walk->sums[largest.items[i].which],
                    &largest.items[i], json);
    free(largest.items);
    return true;
}

static bool report_classes(const struct dominators *dominators, size_t top, bool json)
{
    size_t size = (size_t)dominators->count + 1;
    struct class_walk walk = {
        .dominators = dominators,
        .sums = calloc(CLASS_INDEX_LIMIT, sizeof(struct class_sum)),
        .child = calloc(size, sizeof(uint32_t)),
        .sibling = calloc(size, sizeof(uint32_t)),
    };
    bool good = walk.sums != NULL && walk.child != NULL && walk.sibling != NULL;
    if (good) {
        for (uint32_t i = dominators->count; i > 0; i--) {
            walk.sibling[i] = walk.child[dominators->dominator[i]];
            walk.child[dominators->dominator[i]] = i;
        }
        walk_tree(&walk);
        good = print_classes(&walk, top, json);
    }
    free(walk.sums);
    free(walk.child);
    free(walk.sibling);
    return good;
}

/* --- all together ----------------------------------------------------------------------------------------------------------- */

static void report_garbage(const struct dominators *dominators, bool json)
{
    const struct heap_graph *graph = dominators->graph;
    uint64_t objects = graph->count - dominators->count;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < graph->count; i++)
        bytes += object_size(graph_object(graph, i));
    bytes -= dominators->retained[0];
    if (json)
        printf("{\"kind\": \"garbage\", \"objects\": %" PRIu64 ", \"bytes\": %" PRIu64 "}\n",
               objects, bytes);
    else
        printf("\n%12" PRIu64 " %10" PRIu64 "  held by nothing\n", bytes, objects);
}

bool report_retained(struct heap *heap, size_t top, bool json, struct status *status)
{
    struct heap_graph graph;
    struct dominators dominators = {.graph = NULL};
    bool good =
        heap_graph_make(&graph, heap, status) && dominators_find(&dominators, &graph, status);
    if (good &&
        (!report_objects(&dominators, top, json) || !report_classes(&dominators, top, json)))
        good = status_fail(status, STATUS_MEMORY, "no memory to add up what is held");
    if (good)
        report_garbage(&dominators, json);
    dominators_free(&dominators);
    heap_graph_free(&graph);
    return good;
}
