/* A world of the smallest Smalltalk-80 image, for tests that call the primitives of its numbers. Nothing runs in it. */
#ifndef VIV_TESTS_UNIT_PRIMITIVES_WORLD80_H
#define VIV_TESTS_UNIT_PRIMITIVES_WORLD80_H

#include "image/import/import.h"
#include "primitives/st80.h"
#include "tests/unit/import/tiny80.h"
#include "vm/execution/vm_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct world {
    struct vm *vm;
    struct heap *heap;
    prim_result result; /* of the last call */
    oop things;         /* the Array of the tiny image */
    uint64_t sequence;  /* of numbers that tests make up */
};

static inline bool fill_heap(struct world *world, const struct tiny80 *image, struct status *status)
{
    struct import *import = import_open("tiny80.image", image->file, image->file_size, status);
    if (import == NULL)
        return false;
    uint64_t size = import_size(import);
    uint64_t *data = heap_extend_old(world->heap, (size_t)size);
    uint64_t base = (uint64_t)(uintptr_t)data;
    bool good = data != NULL && import_write(import, data, base);
    if (good) {
        world->heap->dialect = import_dialect(import);
        world->heap->old.limit = data + size / 8 - 2; /* without the bridge */
        heap_adopt_image(world->heap, oop_from_bits(import_special_objects(import, base)));
    }
    import_close(import);
    return good;
}

static inline int open_world80(void **state)
{
    static struct world world;
    struct status status = {STATUS_OK, ""};
    struct viv_options options = viv_default_options();
    struct tiny80 *image = calloc(1, sizeof *image);
    if (image == NULL)
        return -1;
    tiny80_begin(image);
    tiny80_finish(image);
    options.primitives = st80_primitive_table();
    options.heap_limit = (size_t)64 << 20;
    world.vm = viv_open(NULL, &options, &status);
    world.heap = world.vm == NULL ? NULL : vm_heap(world.vm);
    bool good = world.vm != NULL && fill_heap(&world, image, &status);
    free(image);
    if (!good) {
        print_error("%s\n", status.sentence);
        return -1;
    }
    world.things = heap_special(world.heap, SPECIAL_SMALLTALK);
    *state = &world;
    return 0;
}

static inline int close_world80(void **state)
{
    struct world *world = *state;
    viv_close(world->vm);
    return 0;
}

static inline oop small(int64_t value)
{
    return oop_from_integer(value);
}

/* The class of a tiny image's oop that is not at a fixed place in the class table. */
static inline oop class80(const struct world *world, uint32_t at)
{
    return heap_class_at(world->heap, 1 << 15 | at / 2);
}

/* Calls a function primitive with up to six arguments; NO_OOP when it fails. */
static inline oop call_with(struct world *world, int number, oop receiver, size_t count,
                            const oop *arguments)
{
    const struct primitive_table *table = st80_primitive_table();
    oop stack[8];
    for (size_t i = 0; i < count; i++)
        stack[count - 1 - i] = arguments[i];
    prim_call call = {receiver, &stack[count == 0 ? 0 : count - 1], count, NO_OOP};
    for (size_t i = 0; i < table->count; i++) {
        const struct primitive *row = &table->rows[i];
        if (row->number != number || row->function == NULL)
            continue;
        assert_true(row->argument_count < 0 || (size_t)row->argument_count == count);
        world->result = row->function(world->vm, &call);
        return world->result == PRIM_OK ? world->vm->answer : NO_OOP;
    }
    fail_msg("no primitive %d", number);
    return NO_OOP;
}

#define CALL(world, number, receiver, ...)                                                         \
    call_with(world, number, receiver, sizeof((oop[]){__VA_ARGS__}) / sizeof(oop),                 \
              (oop[]){__VA_ARGS__})
#define CALL0(world, number, receiver) call_with(world, number, receiver, 0, NULL)

/* A number that is not negative, as the image has it. */
static inline oop word80(struct world *world, uint32_t value)
{
    if (st80_integer_fits(value))
        return small(value);
    oop integer = heap_allocate_bytes(world->heap, CLASS_LARGE_POSITIVE_INTEGER, 2);
    object_bytes(integer)[0] = (uint8_t)value;
    object_bytes(integer)[1] = (uint8_t)(value >> 8);
    return integer;
}

static inline int64_t value80(oop value)
{
    uint64_t number = 0;
    if (oop_is_integer(value)) {
        assert_in_range(oop_to_integer(value) + 16384, 0, 32767);
        return oop_to_integer(value);
    }
    assert_true(oop_is_object(value));
    assert_int_equal(object_class_index(value), CLASS_LARGE_POSITIVE_INTEGER);
    memcpy(&number, object_bytes(value), object_byte_count(value));
    assert_false(st80_integer_fits((int64_t)number));
    return (int64_t)number;
}

static inline oop string80(struct world *world, const char *text)
{
    oop string = heap_allocate_bytes(world->heap, CLASS_BYTE_STRING, strlen(text));
    memcpy(object_bytes(string), text, strlen(text));
    return string;
}

static inline oop character80(struct world *world, unsigned byte)
{
    return object_slot(heap_special(world->heap, SPECIAL_CHARACTER_TABLE), byte);
}

/* A WordArray of so many zeros. */
static inline oop words80(struct world *world, size_t count)
{
    return CALL(world, 71, class80(world, TINY80_CLASS_WORDS), small((int64_t)count));
}

static inline uint16_t *words_of(oop words)
{
    return (uint16_t *)(void *)object_bytes(words);
}

static inline void assert_oop(oop found, oop wanted)
{
    assert_int_equal(found.bits, wanted.bits);
}

#endif
