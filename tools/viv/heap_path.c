/* viv heap --path: breadth first from the special objects, and only then from the other roots. */
#include "tools/viv/heap_graph.h"
#include "tools/viv/heap_reports.h"
#include "tools/viv/image_classes.h"
#include "tools/viv/printing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT_TEXT_SIZE = CLASS_NAME_SIZE + 16 };

bool path_target_parse(struct path_target *target, const char *text)
{
    char *end;
    *target = (struct path_target){.ordinal = 0};
    if (strncmp(text, "0x", 2) == 0) {
        target->offset = strtoull(text + 2, &end, 16);
        return text[2] != 0 && *end == 0;
    }
    size_t size = strcspn(text, "@");
    if (size == 0 || size >= sizeof target->class_name)
        return false;
    memcpy(target->class_name, text, size);
    if (text[size] == 0)
        return true;
    target->ordinal = strtoull(text + size + 1, &end, 10);
    return target->ordinal != 0 && *end == 0;
}

/* --- finding the object ----------------------------------------------------------------------------------------------------- */

struct path_search {
    struct heap_graph graph;
    const struct path_target *target;
    uint8_t *wanted; /* by class index: whether instances are looked for */
    uint32_t node;   /* the object; NODE_NONE for whichever instance is nearest */
    /* By node: where it was reached from; count + N for the root N; NODE_NONE when it was not. */
    uint32_t *from;
    uint32_t *queue;
    uint32_t queued;
    uint32_t taken;
};

static void find_classes(struct path_search *search)
{
    struct heap *heap = search->graph.heap;
    char name[CLASS_NAME_SIZE];
    for (size_t page = 0; page < HIDDEN_CLASS_PAGES; page++) {
        if (oop_same(object_slot(heap->hidden_roots, page), heap->nil))
            continue;
        for (uint32_t i = 0; i < CLASS_PAGE_SLOTS; i++) {
            uint32_t index = (uint32_t)page * CLASS_PAGE_SLOTS + i;
            search->wanted[index] = class_name(heap, heap_class_at(heap, index), name) &&
                                    strcmp(name, search->target->class_name) == 0;
        }
    }
}

static bool is_wanted(const struct path_search *search, uint32_t node)
{
    return search->node != NODE_NONE
               ? node == search->node
               : search->wanted[object_class_index(graph_object(&search->graph, node))] != 0;
}

/* The instance of that number, in the order of the image; for whichever is nearest, sees that there is one. */
static bool find_instance(struct path_search *search, struct status *status)
{
    uint64_t found = 0;
    uint64_t wanted = search->target->ordinal;
    for (uint32_t i = 0; i < search->graph.count; i++)
        if (is_wanted(search, i) && ++found >= wanted) {
            if (wanted > 0)
                search->node = i;
            return true;
        }
    if (found == 0)
        return status_fail(status, STATUS_FAILURE, "nothing found: there is no instance of %s",
                           search->target->class_name);
    return status_fail(status, STATUS_FAILURE,
                       "nothing found: the number of instances of %s is %" PRIu64,
                       search->target->class_name, found);
}

static bool find_target(struct path_search *search, struct status *status)
{
    const struct path_target *target = search->target;
    if (target->class_name[0] != 0) {
        find_classes(search);
        return find_instance(search, status);
    }
    if (target->offset % sizeof(uint64_t) == 0)
        search->node = graph_node_at(&search->graph, target->offset / sizeof(uint64_t));
    return search->node != NODE_NONE ||
           status_fail(status, STATUS_FAILURE, "nothing found: no object is at 0x%" PRIx64,
                       target->offset);
}

/* --- the search ------------------------------------------------------------------------------------------------------------- */

static void reach(struct path_search *search, uint32_t node, uint32_t from)
{
    if (node == NODE_NONE || search->from[node] != NODE_NONE)
        return;
    search->from[node] = from;
    search->queue[search->queued++] = node;
}

/* The object that was looked for, or NODE_NONE when all that is queued leads nowhere. */
static uint32_t search_queue(struct path_search *search)
{
    const struct heap_graph *graph = &search->graph;
    while (search->taken < search->queued) {
        uint32_t node = search->queue[search->taken++];
        if (is_wanted(search, node))
            return node;
        for (uint32_t i = 0, limit = graph_edge_limit(graph, node); i < limit; i++)
            reach(search, graph_edge(graph, node, i), node);
    }
    return NODE_NONE;
}

/* Roots of a kind together: an object that the special objects lead to is not said to be one of the class table. */
static uint32_t search_graph(struct path_search *search)
{
    const struct heap_graph *graph = &search->graph;
    uint32_t found = NODE_NONE;
    for (size_t i = 0; i < graph->root_count && found == NODE_NONE; i++) {
        reach(search, graph->roots[i].node, graph->count + (uint32_t)i);
        if (i + 1 == graph->root_count || graph->roots[i + 1].kind != graph->roots[i].kind)
            found = search_queue(search);
    }
    return found;
}

/* --- telling ---------------------------------------------------------------------------------------------------------------- */

static void root_text(const struct graph_root *root, char text[SLOT_TEXT_SIZE])
{
    static const char *const constants[] = {"nil", "false", "true"};
    switch (root->kind) {
    case ROOT_SPECIAL_OBJECTS:
        snprintf(text, SLOT_TEXT_SIZE, "special objects");
        break;
    case ROOT_CLASS_TABLE:
        snprintf(text, SLOT_TEXT_SIZE, "class table [%" PRIu32 "]", root->index);
        break;
    case ROOT_MOURNERS:
        snprintf(text, SLOT_TEXT_SIZE, "mourners [%" PRIu32 "]", root->index);
        break;
    default:
        snprintf(text, SLOT_TEXT_SIZE, "%s", constants[root->index]);
    }
}

/* Elements of indexed objects count from 1, as they do for people; literals of code as well. */
static void slot_text(const struct heap_graph *graph, uint32_t node, uint32_t to,
                      char text[SLOT_TEXT_SIZE])
{
    char name[CLASS_NAME_SIZE];
    oop object = graph_object(graph, node);
    uint32_t edge = 0;
    while (graph_edge(graph, node, edge) != to)
        edge++;
    uint32_t slot = graph_edge_slot(graph, node, edge);
    size_t fixed = format_is_code(object_format(object)) ? 1 : 0;
    if (format_is_pointers(object_format(object)))
        fixed = heap_fixed_slot_count(graph->heap, object);
    if (slot == NODE_NONE)
        snprintf(text, SLOT_TEXT_SIZE, "class");
    else if (class_slot_name(graph->heap, heap_class_of(graph->heap, object), slot, name))
        snprintf(text, SLOT_TEXT_SIZE, "%s", name);
    else if (slot < fixed)
        snprintf(text, SLOT_TEXT_SIZE, "slot %" PRIu32, slot + 1);
    else
        snprintf(text, SLOT_TEXT_SIZE, "[%zu]", slot - fixed + 1);
}

static void print_step(const struct heap_graph *graph, uint32_t node, const char *slot, bool json)
{
    char class[CLASS_NAME_SIZE];
    char label[CLASS_NAME_SIZE];
    oop object = graph_object(graph, node);
    uint64_t offset = (uint64_t)graph->offsets[node] * sizeof(uint64_t);
    class_name_at(graph->heap, object_class_index(object), class);
    object_label(graph->heap, object, label);
    if (!json) {
        printf("%-24s 0x%-8" PRIx64 "  %s%s%s\n", slot, offset, class, label[0] == 0 ? "" : "  ",
               label);
        return;
    }
    printf("{\"slot\": ");
    print_json_string(slot);
    printf(", \"object\": \"0x%" PRIx64 "\", \"class\": ", offset);
    print_json_string(class);
    printf(", \"label\": ");
    print_json_string(label);
    puts("}");
}

/* The queue is free by now: the path is turned round in it. */
static void print_path(struct path_search *search, uint32_t node, bool json)
{
    char slot[SLOT_TEXT_SIZE];
    const struct heap_graph *graph = &search->graph;
    uint32_t count = 0;
    for (; node < graph->count; node = search->from[node])
        search->queue[count++] = node;
    root_text(&graph->roots[node - graph->count], slot);
    while (count > 0) {
        node = search->queue[--count];
        print_step(graph, node, slot, json);
        if (count > 0)
            slot_text(graph, node, search->queue[count - 1], slot);
    }
}

bool report_path(struct heap *heap, const struct path_target *target, bool json,
                 struct status *status)
{
    struct path_search search = {.target = target, .node = NODE_NONE};
    bool good = heap_graph_make(&search.graph, heap, status);
    size_t size = (size_t)search.graph.count + 1;
    search.wanted = calloc(CLASS_INDEX_LIMIT, 1);
    search.queue = calloc(size, sizeof *search.queue);
    search.from = malloc(size * sizeof *search.from);
    if (good && (search.wanted == NULL || search.queue == NULL || search.from == NULL))
        good = status_fail(status, STATUS_MEMORY, "no memory to look for a path");
    if (good && find_target(&search, status)) {
        memset(search.from, 0xFF, size * sizeof *search.from);
        uint32_t found = search_graph(&search);
        if (found != NODE_NONE)
            print_path(&search, found, json);
        else
            status_fail(status, STATUS_FAILURE,
                        "nothing found: no reference that is not weak leads there from the roots");
    }
    free(search.wanted);
    free(search.queue);
    free(search.from);
    heap_graph_free(&search.graph);
    return status_ok(status);
}
