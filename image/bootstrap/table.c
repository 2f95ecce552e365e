#include "image/bootstrap/table.h"

#include <stdint.h>

static struct table_entry *find(const struct table *table, struct text key)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < key.size; i++)
        hash = (hash ^ (uint8_t)key.bytes[i]) * 1099511628211u;
    for (size_t i = (size_t)(hash ^ hash >> 32);; i++) {
        struct table_entry *entry = &table->entries[i & (table->capacity - 1)];
        if (entry->value == NULL || text_equals(entry->key, key))
            return entry;
    }
}

void *table_get(const struct table *table, struct text key)
{
    return table->capacity == 0 ? NULL : find(table, key)->value;
}

static void grow(struct table *table)
{
    struct table larger = {NULL, table->count, table->capacity == 0 ? 16 : table->capacity * 2};
    larger.entries = NEW_ARRAY(struct table_entry, larger.capacity);
    for (size_t i = 0; i < table->capacity; i++)
        if (table->entries[i].value != NULL)
            *find(&larger, table->entries[i].key) = table->entries[i];
    *table = larger;
}

void table_put(struct table *table, struct text key, void *value)
{
    if (table->count * 2 >= table->capacity)
        grow(table);
    struct table_entry *entry = find(table, key);
    if (entry->value == NULL)
        table->count++;
    entry->key = key;
    entry->value = value;
}
