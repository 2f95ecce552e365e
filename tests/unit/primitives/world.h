/* The world of $IMAGE, for tests that call its primitives from C. */
#ifndef VIV_TESTS_UNIT_PRIMITIVES_WORLD_H
#define VIV_TESTS_UNIT_PRIMITIVES_WORLD_H

#include "image/format/reader.h"
#include "primitives/table.h"
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
};

static inline int open_world(void **state)
{
    static struct world world;
    struct status status = {STATUS_OK, ""};
    struct viv_options options = viv_default_options();
    const char *image = getenv("IMAGE");
    options.primitives = viv_standard_primitives();
    options.load_image = image_load;
    options.heap_limit = (size_t)64 << 20;
    world.vm = viv_open(image != NULL ? image : "build/vivarium.image", &options, &status);
    if (world.vm == NULL)
        print_error("%s\n", status.sentence);
    world.heap = world.vm == NULL ? NULL : vm_heap(world.vm);
    *state = &world;
    return world.vm == NULL ? -1 : 0;
}

static inline int close_world(void **state)
{
    struct world *world = *state;
    viv_close(world->vm);
    return 0;
}

static inline oop small(int64_t value)
{
    return oop_from_integer(value);
}

#endif
