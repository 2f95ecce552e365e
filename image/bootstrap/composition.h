/*
 * What a class takes from traits, as text: `TA + TB - #(x) @ {#new -> #old}`, the value of #traits and #classTraits in a
 * Tonel header. As in the image, - and @ belong to the trait before them, however the sum is bracketed. Only reads; what the
 * names mean is decided in traits.h.
 */
#ifndef VIV_BOOTSTRAP_COMPOSITION_H
#define VIV_BOOTSTRAP_COMPOSITION_H

#include "image/bootstrap/source.h"

enum transformation_kind {
    TRANSFORMATION_REMOVE_METHODS,   /* - */
    TRANSFORMATION_REMOVE_VARIABLES, /* -- */
    TRANSFORMATION_ALIAS             /* @ */
};

struct transformation {
    enum transformation_kind kind;
    struct list names; /* of struct text: selectors, variables, or the new selectors of aliases */
    struct list old_names; /* of struct text: of aliases only, as many */
};

/* One trait of a sum. */
struct trait_use {
    struct text name;
    size_t offset;               /* of the name, in the text */
    bool is_class_side;          /* the class side of the trait: `TA classTrait` */
    struct list transformations; /* of struct transformation, the innermost first */
};

/* Adds the traits of a composition to the list, in order; false and an error when the text is none. */
bool composition_read(struct text source, struct list *uses, struct source_error *error);

#endif
