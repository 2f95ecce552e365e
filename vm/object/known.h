/*
 * Indices by name: special objects, class-table entries, slots of the classes that the VM reads. All three enumerations are
 * made from the tables special_objects.def and layouts.def.
 */
#ifndef VIV_OBJECT_KNOWN_H
#define VIV_OBJECT_KNOWN_H

#include <stdbool.h>
#include <stdint.h>

enum special_object {
#define SPECIAL(index, name) SPECIAL_##name = (index),
#include "vm/object/special_objects.def"
#undef SPECIAL
    SPECIAL_OBJECT_COUNT = 66
};

enum known_class_index {
#define CLASS_INDEX(name, index) CLASS_##name = (index),
#define LAYOUT(name, index)
#include "vm/object/layouts.def"
#undef CLASS_INDEX
#undef LAYOUT
    CLASS_HIDDEN_LIMIT = 32
};

/* Contexts of methods and closures, and old block contexts. */
static inline bool class_index_is_context(uint32_t class_index)
{
    return class_index == CLASS_CONTEXT || class_index == CLASS_BLOCK_CONTEXT;
}

enum known_slot {
#define CLASS_INDEX(name, index)
#define LAYOUT(name, index) SLOT_##name = (index),
#include "vm/object/layouts.def"
#undef CLASS_INDEX
#undef LAYOUT
    SLOT_KNOWN_LIMIT = 64
};

/* The hidden roots: class-table pages, then the collector's own lists (spur-format, section 5). */
enum hidden_root {
    HIDDEN_CLASS_PAGES = 4096,
    HIDDEN_MOURN_QUEUE = 4098,
    HIDDEN_REMEMBERED_SET = 4099,
    HIDDEN_ROOTS_COUNT = 4104,
    CLASS_PAGE_SLOTS = 1024,
    FREE_LISTS_COUNT = 64
};

/* Frame room of contexts (spur-format, section 7). */
enum context_room { CONTEXT_SMALL_FRAME = 16, CONTEXT_LARGE_FRAME = 56 };

/* Primitives that answer self, a constant or an instance variable: they never fail. */
enum quick_primitive { QUICK_FIRST = 256, QUICK_VARIABLE_FIRST = 264, QUICK_LIMIT = 520 };

/* The bits of a compiled code header (spur-format, section 8). */
#define CODE_HEADER_HAS_PRIMITIVE ((int64_t)1 << 16)
#define CODE_HEADER_LARGE_FRAME ((int64_t)1 << 17)
#define CODE_HEADER_TEMP_SHIFT 18
#define CODE_HEADER_ARGUMENT_SHIFT 24

#endif
