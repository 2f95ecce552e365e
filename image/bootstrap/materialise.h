/*
 * Code descriptions and literals to objects. The genesis makes them in old space; the evaluation primitive in eden. Allocation
 * never collects, so oops are held in C variables throughout.
 */
#ifndef VIV_BOOTSTRAP_MATERIALISE_H
#define VIV_BOOTSTRAP_MATERIALISE_H

#include "image/bootstrap/literal.h"
#include "vm/memory/heap.h"

/* Classes that have no well-known index. */
enum maker_class {
    MAKER_COMPILED_METHOD,
    MAKER_COMPILED_BLOCK,
    MAKER_METHOD_STATE,
    MAKER_PRAGMA,
    MAKER_FRACTION,
    MAKER_SCALED_DECIMAL,
    MAKER_WIDE_STRING,
    MAKER_CLASS_COUNT
};

struct object_maker {
    struct heap *heap;
    bool in_old_space;
    bool failed; /* memory was refused, or a symbol or class is missing; what was made is garbage */
    uint32_t class_indices[MAKER_CLASS_COUNT];
    void *context;
    /* The one Symbol of that name. NO_OOP: fail. */
    oop (*symbol)(void *context, struct text name);
    /* The Association of a variable. NO_OOP: fail. */
    oop (*binding)(void *context, const struct binding *binding);
    oop class_binding; /* of the class whose methods are made */
};

/* The names of the classes, in the order of enum maker_class. */
extern const char *const maker_class_names[MAKER_CLASS_COUNT];

/* All answer NO_OOP, and set failed, when something is missing. */
oop maker_code(struct object_maker *maker, const struct code_description *code);
oop maker_literal(struct object_maker *maker, const struct literal *literal);
/* A ByteString, or a WideString where a code point is above 255. */
oop maker_string(struct object_maker *maker, struct text text);
/* The same code points with given classes; how symbols are made. */
oop maker_text(struct object_maker *maker, struct text text, uint32_t byte_class_index,
               uint32_t wide_class_index);
/* Slots nil. */
oop maker_pointers(struct object_maker *maker, uint32_t class_index, unsigned format,
                   size_t slot_count);
oop maker_array(struct object_maker *maker, size_t count);
void maker_store(struct object_maker *maker, oop object, size_t index, oop value);

#endif
