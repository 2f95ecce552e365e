/*
 * What a class takes from traits, as text: `TA + TB @ {#new -> #old} - #(x)`, the value of #traits and #classTraits in a
 * Tonel header. The expression means what it means in the image: binary messages from left to right, so that - and @ are
 * about all that stands before them. Only reads; what the names mean is decided in traits.h.
 */
#ifndef VIV_BOOTSTRAP_COMPOSITION_H
#define VIV_BOOTSTRAP_COMPOSITION_H

#include "image/bootstrap/source.h"

enum composition_kind {
    COMPOSITION_TRAIT,
    COMPOSITION_SUM,              /* of any number of parts but one */
    COMPOSITION_REMOVE_METHODS,   /* - */
    COMPOSITION_REMOVE_VARIABLES, /* -- */
    COMPOSITION_ALIAS,            /* @ */
    COMPOSITION_PRECEDENCE        /* withPrecedenceOf: */
};

struct model_class;

struct composition {
    enum composition_kind kind;
    size_t offset;             /* where it begins in the text */
    struct text name;          /* of a trait */
    bool is_class_side;        /* of the class side of a trait: `TA classTrait` */
    struct model_class *trait; /* set by the model, where there is one */
    struct list
        parts; /* of struct composition: of a sum; the subject of the other kinds, and behind it
                                  what is preferred */
    struct list names;     /* of struct text: selectors, variables, new selectors of aliases */
    struct list old_names; /* of struct text: of aliases only, as many */
};

/* NULL and an error when the text is no composition. */
struct composition *composition_read(struct text source, struct source_error *error);

#endif
