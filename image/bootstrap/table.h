/* A hash table from text to pointers. Nothing is ever removed; who needs an order keeps a list beside it. */
#ifndef VIV_BOOTSTRAP_TABLE_H
#define VIV_BOOTSTRAP_TABLE_H

#include "image/bootstrap/memory.h"

struct table_entry {
    struct text key;
    void *value; /* NULL: free */
};

struct table {
    struct table_entry *entries;
    size_t count;
    size_t capacity;
};

/* NULL when there is none. */
void *table_get(const struct table *table, struct text key);
/* value is not NULL; replaces an earlier one. */
void table_put(struct table *table, struct text key, void *value);

#endif
