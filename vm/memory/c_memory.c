/* Memory outside the heap: the reserve, and lists of oops. */
#include "vm/memory/heap.h"

#include <stdio.h>
#include <stdlib.h>

/* Enough to translate some thousand methods, and for the collector's lists of a small heap. It is not touched before it is needed. */
#define RESERVE_SIZE ((size_t)1 << 20)

bool heap_give_up_reserve(struct heap *heap)
{
    if (heap->c_reserve == NULL)
        return false;
    free(heap->c_reserve);
    heap->c_reserve = NULL;
    heap_request_poll(heap);
    return true;
}

bool heap_fill_reserve(struct heap *heap)
{
    if (heap->c_reserve == NULL)
        heap->c_reserve = malloc(RESERVE_SIZE);
    return heap->c_reserve != NULL;
}

void heap_exhausted(const struct heap *heap, const char *what)
{
    fprintf(stderr, "vivarium: out of memory: none is left for %s\n", what);
    fflush(NULL);
    if (heap->end_process != NULL)
        heap->end_process(STATUS_MEMORY);
    abort();
}

bool oop_list_add(struct oop_list *list, oop value)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 256 : list->capacity * 2;
        oop *items = realloc(list->items, capacity * sizeof *items);
        if (items == NULL)
            return false;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = value;
    return true;
}

void oop_list_free(struct oop_list *list)
{
    free(list->items);
    *list = (struct oop_list){NULL, 0, 0};
}

void heap_list_add(struct heap *heap, struct oop_list *list, oop value)
{
    if (VIV_LIKELY(oop_list_add(list, value)))
        return;
    if (!heap_give_up_reserve(heap) || !oop_list_add(list, value))
        heap_exhausted(heap, "the lists of the collector");
}
