/* Calls of named primitives from C, and every shape of argument that no image of good will would give them. */
#ifndef VIV_TESTS_UNIT_PRIMITIVES_MODULES_H
#define VIV_TESTS_UNIT_PRIMITIVES_MODULES_H

#include "tests/unit/primitives/world.h"

#include <math.h>

enum { MODULE_ARGUMENTS_MAX = 12, MODULE_ZOO_MAX = 96, HOSTILE_CALLS = 4000, HOSTILE_VERIFY = 500 };

static inline const struct primitive *module_row(const char *module, const char *name)
{
    const struct primitive_table *table = viv_standard_primitives();
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].module != NULL && strcmp(table->rows[i].module, module) == 0 &&
            strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    fail_msg("no primitive %s of %s", name, module);
    return NULL;
}

/* The answer; NO_OOP where it failed, with the code in world->result. */
static inline oop call_row(struct world *world, const struct primitive *row, oop receiver,
                           size_t count, const oop *given)
{
    oop arguments[MODULE_ARGUMENTS_MAX];
    assert_true(count <= MODULE_ARGUMENTS_MAX);
    for (size_t i = 0; i < count; i++)
        arguments[MODULE_ARGUMENTS_MAX - 1 - i] = given[i];
    prim_call prim = {receiver, &arguments[MODULE_ARGUMENTS_MAX - 1], count, NO_OOP};
    world->result = row->function(world->vm, &prim);
    return world->result == PRIM_OK ? world->vm->answer : NO_OOP;
}

/* Arguments end with NO_OOP. */
#define CALL(world, module, name, receiver, ...)                                                   \
    call_module((world), (module), (name), (receiver), (const oop[]){__VA_ARGS__, NO_OOP})
#define CALL0(world, module, name, receiver)                                                       \
    call_module((world), (module), (name), (receiver), (const oop[]){NO_OOP})

static inline oop call_module(struct world *world, const char *module, const char *name,
                              oop receiver, const oop *given)
{
    const struct primitive *row = module_row(module, name);
    size_t count = 0;
    while (!oop_is_none(given[count]))
        count++;
    if (row->argument_count >= 0)
        assert_int_equal(row->argument_count, count);
    return call_row(world, row, receiver, count, given);
}

static inline oop read_only(oop object)
{
    object_set_header(object, object_header(object) | HEADER_IMMUTABLE);
    return object;
}

static inline oop bytes_of(struct world *world, const void *bytes, size_t size)
{
    oop object = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, size);
    memcpy(object_bytes(object), bytes, size);
    return object;
}

static inline oop string_of(struct world *world, const char *text)
{
    return heap_allocate_string(world->heap, text, strlen(text));
}

static inline oop words_of(struct world *world, const void *words, size_t count)
{
    oop object = heap_allocate_words32(world->heap, CLASS_BITMAP, count);
    if (words != NULL)
        memcpy(object_bytes(object), words, 4 * count);
    return object;
}

static inline oop new_array(struct world *world, size_t count)
{
    return heap_allocate_array(world->heap, count);
}

static inline double float_of(struct world *world, oop value)
{
    double result = NAN;
    assert_true(oop_as_float(world->vm, value, &result));
    return result;
}

/* Objects of all kinds; `own` are those that nearly fit. */
static inline size_t fill_zoo(struct world *world, oop *zoo, const oop *own, size_t own_count)
{
    static const int64_t numbers[] = {0, 1, 2, 3, 8, 255, 256, -1, 65536, 1LL << 31, -(1LL << 40)};
    static const size_t sizes[] = {0, 1, 6, 64};
    struct heap *heap = world->heap;
    size_t count = 0;
    for (size_t i = 0; i < own_count && count < MODULE_ZOO_MAX / 2; i++)
        zoo[count++] = own[i];
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        zoo[count++] = small(numbers[i]);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        zoo[count++] = heap_allocate_array(heap, sizes[i]);
        zoo[count++] = heap_allocate_bytes(heap, CLASS_BYTE_ARRAY, sizes[i]);
        zoo[count++] = heap_allocate_words32(heap, CLASS_BITMAP, sizes[i]);
        zoo[count++] = read_only(heap_allocate_words32(heap, CLASS_BITMAP, sizes[i]));
    }
    zoo[count++] = small(SMALL_INTEGER_MAX);
    zoo[count++] = small(SMALL_INTEGER_MIN);
    zoo[count++] = heap_unsigned(heap, UINT64_MAX);
    zoo[count++] = heap_float(heap, 1e300);
    zoo[count++] = heap_float(heap, NAN);
    zoo[count++] = heap_float(heap, 0.5);
    zoo[count++] = oop_from_character('a');
    zoo[count++] = heap->nil;
    zoo[count++] = heap->true_object;
    zoo[count++] = heap->special_objects;
    zoo[count++] = read_only(heap_allocate_string(heap, "constant", 8));
    return count;
}

/* Every row of a module but `spared`, with arguments from the zoo: it answers or fails, and the heap stays sound. */
static inline void call_with_everything(struct world *world, const char *module, const oop *own,
                                        size_t own_count, const char *spared)
{
    const struct primitive_table *table = viv_standard_primitives();
    struct status status = {STATUS_OK, ""};
    oop zoo[MODULE_ZOO_MAX];
    oop given[MODULE_ARGUMENTS_MAX + 1]; /* and the receiver */
    uint64_t random = 88172645463325252u;
    size_t count = fill_zoo(world, zoo, own, own_count);
    size_t calls = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct primitive *row = &table->rows[i];
        if (row->module == NULL || strcmp(row->module, module) != 0 ||
            (spared != NULL && strstr(spared, row->name) != NULL))
            continue;
        size_t arguments = row->argument_count < 0 ? 2 : (size_t)row->argument_count;
        for (size_t n = 0; n < HOSTILE_CALLS; n++) {
            for (size_t j = 0; j <= arguments; j++) {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                given[j] = zoo[random % (random & 1 && own_count > 0 ? own_count : count)];
            }
            (void)call_row(world, row, given[arguments], arguments, given);
            if (++calls % HOSTILE_VERIFY == 0 && !heap_verify(world->heap, &status))
                fail_msg("%s of %s: %s", row->name, module, status.sentence);
        }
    }
    assert_true(calls > 0);
}

#endif
