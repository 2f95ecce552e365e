/*
 * Where the compiler's trees and tables live: the heap of the Boehm collector (architecture, D11). Never Smalltalk objects,
 * and never anything that a Smalltalk object points to.
 *
 * A thread brackets its work with compiler_memory_enter and compiler_memory_leave. The first enter of the process starts the
 * collector; a run that compiles nothing never does. Between the two, whatever the thread's C stack reaches stays; after the
 * leave, what was allocated is garbage. No allocation here answers NULL.
 */
#ifndef VIV_BOOTSTRAP_MEMORY_H
#define VIV_BOOTSTRAP_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Answers whether this call is the one that made the thread known to the collector: pass it to the matching leave. */
bool compiler_memory_enter(void);
void compiler_memory_leave(bool entered);

/* Cleared memory that may hold pointers. */
void *compiler_allocate(size_t size);
/* Cleared memory for bytes and numbers: never searched for pointers. */
void *compiler_allocate_bytes(size_t size);
void *compiler_reallocate(void *block, size_t size);

#define NEW(type) ((type *)compiler_allocate(sizeof(type)))
#define NEW_ARRAY(type, count) ((type *)compiler_allocate(sizeof(type) * (count)))

/* A stretch of UTF-8; not terminated. */
struct text {
    const char *bytes;
    size_t size;
};

struct text text_from(const char *c_string);
struct text text_copy(const char *bytes, size_t size);
/* The two, one after the other, in new memory. */
struct text text_join(struct text a, struct text b);
/* NUL-terminated copy. */
const char *text_c_string(struct text text);

static inline bool text_equals(struct text a, struct text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.bytes, b.bytes, a.size) == 0);
}

static inline bool text_is(struct text a, const char *c_string)
{
    return a.size == strlen(c_string) && memcmp(a.bytes, c_string, a.size) == 0;
}

/* A growing array of pointers. */
struct list {
    void **items;
    size_t count;
    size_t capacity;
};

void list_add(struct list *list, void *item);

/* A growing array of bytes. */
struct buffer {
    char *bytes;
    size_t size;
    size_t capacity;
};

void buffer_add(struct buffer *buffer, const char *bytes, size_t size);
struct text buffer_text(const struct buffer *buffer);

#endif
