#include "image/bootstrap/memory.h"

#include "vm/base/assert.h"

#define GC_THREADS
#define GC_NO_THREAD_REDIRECTS
#include <gc/gc.h>

#include <stdio.h>

/* Two worlds may compile for the first time at once, and the collector's own start is not guarded. The lock of stderr is
 * there without a variable of ours. */
static void start_collector(void)
{
    flockfile(stderr);
    if (!GC_is_init_called()) {
        struct GC_stack_base base;
        /* The thread of a world is seldom the process's first one, which the collector would assume. */
        if (GC_get_stack_base(&base) == GC_SUCCESS)
            GC_set_stackbottom(NULL, &base);
        GC_set_markers_count(1); /* no helper threads: snapshots fork */
        GC_INIT();
        GC_allow_register_threads();
        GC_unregister_my_thread();
    }
    funlockfile(stderr);
}

bool compiler_memory_enter(void)
{
    start_collector();
    if (GC_thread_is_registered())
        return false;
    struct GC_stack_base base;
    int result = GC_get_stack_base(&base);
    viv_assert(result == GC_SUCCESS, "the collector cannot find this thread's stack");
    return GC_register_my_thread(&base) == GC_SUCCESS;
}

void compiler_memory_leave(bool entered)
{
    if (entered)
        GC_unregister_my_thread();
}

void *compiler_allocate(size_t size)
{
    void *block = GC_MALLOC(size == 0 ? 1 : size);
    viv_assert(block != NULL, "no memory is left for the compiler");
    return block;
}

void *compiler_allocate_bytes(size_t size)
{
    void *block = GC_MALLOC_ATOMIC(size == 0 ? 1 : size);
    viv_assert(block != NULL, "no memory is left for the compiler");
    return memset(block, 0, size);
}

void *compiler_reallocate(void *block, size_t size)
{
    void *result = GC_REALLOC(block, size);
    viv_assert(result != NULL, "no memory is left for the compiler");
    return result;
}

struct text text_from(const char *c_string)
{
    return (struct text){c_string, strlen(c_string)};
}

struct text text_copy(const char *bytes, size_t size)
{
    char *copy = compiler_allocate_bytes(size + 1);
    if (size > 0)
        memcpy(copy, bytes, size);
    return (struct text){copy, size};
}

struct text text_join(struct text a, struct text b)
{
    char *joined = compiler_allocate_bytes(a.size + b.size + 1);
    if (a.size > 0)
        memcpy(joined, a.bytes, a.size);
    if (b.size > 0)
        memcpy(joined + a.size, b.bytes, b.size);
    return (struct text){joined, a.size + b.size};
}

const char *text_c_string(struct text text)
{
    return text_copy(text.bytes, text.size).bytes;
}

void list_add(struct list *list, void *item)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 4 : list->capacity * 2;
        void **items = NEW_ARRAY(void *, list->capacity);
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
    }
    list->items[list->count++] = item;
}

void buffer_add(struct buffer *buffer, const char *bytes, size_t size)
{
    if (buffer->size + size > buffer->capacity) {
        size_t capacity = (buffer->size + size) * 2 + 16;
        char *grown = compiler_allocate_bytes(capacity);
        if (buffer->size > 0)
            memcpy(grown, buffer->bytes, buffer->size);
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    if (size > 0)
        memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
}

struct text buffer_text(const struct buffer *buffer)
{
    return (struct text){buffer->bytes, buffer->size};
}
