/* The indexable elements of any object, as at: and its relatives see them. */
#ifndef VIV_PRIMITIVES_ELEMENTS_H
#define VIV_PRIMITIVES_ELEMENTS_H

#include "vm/primitive.h"

struct elements {
    oop object;
    unsigned format;
    size_t fixed; /* pointer slots before the first element */
    size_t count;
    size_t
        skipped; /* bytes of code before the first one: an older image counts literals shorter than they are */
};

/* False for immediates, contexts and objects without an indexable part. */
bool elements_of(struct vm *vm, oop object, struct elements *elements) VIV_MUST_USE;

/* Element at a zero-based index below count: an oop for pointers, an integer for bits. NO_OOP: no memory. */
oop element_get(struct vm *vm, const struct elements *elements, size_t index);
/* False where the byte at the index belongs to a literal of compiled code: nobody writes there. */
bool element_is_writable(const struct elements *elements, size_t index);
/* PRIM_BAD_ARGUMENT for a value that does not fit. The caller has checked that the object may be modified. */
prim_result element_put(struct vm *vm, const struct elements *elements, size_t index,
                        oop value) VIV_MUST_USE;

#endif
