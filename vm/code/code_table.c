/* The table that finds code by the identity of its method, and what walks over all code. */
#include "vm/code/code.h"

#include <stdlib.h>

/* A start translates some hundred methods: no growing before it is over. */
enum { FIRST_BUCKETS = 1024 };

static size_t hash_of(oop method, int32_t start_word)
{
    return (size_t)(method.bits >> 3) * 0x9E3779B1u + (size_t)(uint32_t)start_word;
}

static int32_t start_of(const struct code *code)
{
    if ((code->flags & CODE_OLD_BLOCK) != 0)
        return CODE_TABLE_OLD_BLOCKS;
    return code->home == NULL ? -1 : code->start_word;
}

struct code *code_table_find(const struct code_table *table, oop method, int32_t start_word)
{
    if (table->bucket_count == 0)
        return NULL;
    struct code *code = table->buckets[hash_of(method, start_word) & (table->bucket_count - 1)];
    while (code != NULL && !(oop_same(code->method, method) && start_of(code) == start_word))
        code = code->next;
    return code;
}

static void insert(struct code_table *table, struct code *code)
{
    size_t bucket = hash_of(code->method, start_of(code)) & (table->bucket_count - 1);
    code->next = table->buckets[bucket];
    table->buckets[bucket] = code;
}

/* Takes all code out of its buckets into one chain. */
static struct code *take_all(struct code_table *table)
{
    struct code *all = NULL;
    for (size_t i = 0; i < table->bucket_count; i++)
        while (table->buckets[i] != NULL) {
            struct code *code = table->buckets[i];
            table->buckets[i] = code->next;
            code->next = all;
            all = code;
        }
    return all;
}

static void insert_all(struct code_table *table, struct code *code)
{
    while (code != NULL) {
        struct code *next = code->next;
        insert(table, code);
        code = next;
    }
}

static bool grow(struct code_table *table)
{
    size_t count = table->bucket_count == 0 ? FIRST_BUCKETS : table->bucket_count * 2;
    struct code **buckets = calloc(count, sizeof(struct code *));
    if (buckets == NULL)
        return table->bucket_count != 0;
    struct code *all = take_all(table);
    free(table->buckets);
    table->buckets = buckets;
    table->bucket_count = count;
    insert_all(table, all);
    return true;
}

static bool code_has_young(const struct code *code, const struct heap *heap)
{
    if (heap_is_young(heap, code->method))
        return true;
    for (size_t i = 0; i < code->cell_count; i++)
        if (heap_is_young(heap, code->cells[i].selector))
            return true;
    return false;
}

bool code_table_add(struct code_table *table, struct code *code, const struct heap *heap)
{
    if (table->count >= table->bucket_count && !grow(table))
        return false;
    insert(table, code);
    code->number = table->added++;
    table->count++;
    table->size += sizeof *code + code->block_size;
    table->has_young |= code_has_young(code, heap);
    return true;
}

static void free_polymorphic(struct code *code)
{
    if (code->home != NULL)
        return;
    for (size_t i = 0; i < code->cell_count; i++)
        if (code->cells[i].kind == CELL_POLYMORPHIC) {
            free(code->cells[i].u.polymorphic);
            code->cells[i].kind = CELL_EMPTY;
        }
}

void code_free(struct code_memory *memory, struct code *code)
{
    if (code == NULL)
        return;
    free_polymorphic(code);
    free(code->traced_handlers);
    free(code->native);
    code_memory_free(memory, code, sizeof *code + code->block_size);
}

static void empty_cell(struct code_table *table, ic_cell *cell)
{
    table->cells_changed++;
    if (cell->kind == CELL_POLYMORPHIC)
        free(cell->u.polymorphic);
    cell->kind = CELL_EMPTY;
    cell->flags &= (uint16_t)~CELL_SHORTCUT;
    cell->tag = 0;
    cell->u.target = NULL;
}

static bool runs_code(const ic_cell *cell)
{
    return cell->kind == CELL_MONO || cell->kind == CELL_PRIMITIVE;
}

static bool leads_to_dead_code(const ic_cell *cell)
{
    if (cell->kind == CELL_POLYMORPHIC) {
        const struct polymorphic *polymorphic = cell->u.polymorphic;
        for (size_t i = 0; i < polymorphic->count; i++)
            if (runs_code(&polymorphic->cells[i]) &&
                (polymorphic->cells[i].u.target->flags & CODE_DEAD) != 0)
                return true;
        return false;
    }
    return runs_code(cell) && (cell->u.target->flags & CODE_DEAD) != 0;
}

/* A method may be taken out of its class without a word to the VM: cells that still lead to it are emptied. */
static void empty_dead_cell(void *context, ic_cell *cell)
{
    if (leads_to_dead_code(cell))
        empty_cell(context, cell);
}

/* Embedded blocks share words and cells with their method's code, which has the same method and so dies with them. */
void code_table_update(struct code_table *table, const struct heap *heap)
{
    struct code *code = take_all(table);
    struct code *dead = NULL;
    table->has_young = false;
    while (code != NULL) {
        struct code *next = code->next;
        oop method = heap_survivor(heap, code->method);
        if (oop_is_none(method)) {
            code->flags |= CODE_DEAD;
            code->next = dead;
            dead = code;
        } else {
            code->method = method;
            insert(table, code);
            table->has_young |= code_has_young(code, heap);
        }
        code = next;
    }
    if (dead != NULL)
        code_table_each_cell(table, empty_dead_cell, table);
    while (dead != NULL) {
        struct code *next = dead->next;
        table->count--;
        table->size -= sizeof *dead + dead->block_size;
        code_free(&table->memory, dead);
        dead = next;
    }
}

void code_table_free(struct code_table *table)
{
    struct code *code = take_all(table);
    while (code != NULL) {
        struct code *next = code->next;
        code_free(&table->memory, code);
        code = next;
    }
    free(table->buckets);
    code_memory_close(&table->memory);
    *table = (struct code_table){0};
}

void code_table_each_cell(struct code_table *table, void (*visit)(void *context, ic_cell *cell),
                          void *context)
{
    for (size_t i = 0; i < table->bucket_count; i++)
        for (struct code *code = table->buckets[i]; code != NULL; code = code->next)
            if (code->home == NULL)
                for (size_t j = 0; j < code->cell_count; j++)
                    visit(context, &code->cells[j]);
}

void code_table_reset_cells(struct code_table *table,
                            bool (*wanted)(void *context, const ic_cell *cell), void *context,
                            const struct handlers *handlers)
{
    for (size_t i = 0; i < table->bucket_count; i++)
        for (struct code *code = table->buckets[i]; code != NULL; code = code->next)
            for (size_t j = 0; code->home == NULL && j < code->cell_count; j++) {
                ic_cell *cell = &code->cells[j];
                if (cell->kind == CELL_EMPTY || !wanted(context, cell))
                    continue;
                empty_cell(table, cell);
                cell->entry = handlers->entries[OP_leave];
            }
}
