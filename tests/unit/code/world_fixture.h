/*
 * The built image, loaded but not run, for tests that need its methods and classes; and handlers that are the numbers of the
 * opcodes, so that words can be read.
 */
#ifndef VIV_TESTS_UNIT_CODE_WORLD_FIXTURE_H
#define VIV_TESTS_UNIT_CODE_WORLD_FIXTURE_H

#include "image/format/reader.h"
#include "primitives/table.h"
#include "vm/execution/send.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static inline struct vm *open_world(void)
{
    const char *image = getenv("IMAGE");
    struct viv_options options = viv_default_options();
    struct status status = {STATUS_OK, ""};
    options.primitives = viv_standard_primitives();
    options.load_image = image_load;
    struct vm *vm = viv_open(image != NULL ? image : "build/vivarium.image", &options, &status);
    if (vm == NULL)
        fail_msg("%s", status.sentence);
    return vm;
}

static inline bool is_code(oop object)
{
    return format_is_code(object_format(object));
}

static inline void number_handlers(struct handlers *handlers)
{
    for (size_t i = 0; i < OP_COUNT; i++) {
        handlers->words[i] = (uint32_t)i;
        handlers->entries[i] = (void *)(uintptr_t)(0x1000 + i);
    }
    handlers->words[OP_COUNT] = OP_unused_bytecode;
}

#endif
