/* Shared by scope.c, scope_place.c and inline_kind.c. */
#ifndef VIV_BOOTSTRAP_SCOPE_INTERNAL_H
#define VIV_BOOTSTRAP_SCOPE_INTERNAL_H

#include "image/bootstrap/scope.h"

struct analysis {
    const struct compiler_environment *environment;
    struct source_error *error;
    struct scope *scope;
    struct region *region;
    struct sequence *sequence; /* whose statements are being visited */
    struct list visible;       /* locals by name, innermost last */
    struct list outside;       /* variables that the environment found */
    struct list scopes;        /* all, outer before inner */
};

/* Whether and how the compiler inlines this message: decided by selector and the shape of receiver and arguments. */
enum inline_kind inline_kind_of(const struct node *message);

/* Decides what is shared, makes vectors, numbers temporaries. False and an error when there are too many. */
bool scope_place(struct analysis *analysis);

#endif
