/*
 * What names mean, and where variables live. Fills in the syntax tree for the generator.
 *
 * A scope is what has a frame of its own: the method, or a block that becomes a closure. Inlined blocks have none; their
 * variables are temporaries of the scope around them.
 *
 * A variable of an outer scope is copied into the closure when it cannot change after the closure was made. Otherwise it is
 * shared: it lives in a vector, an Array made when its region is entered, and the vector is what closures copy. A region is a
 * scope's body, or the body of an inlined loop, which makes a new vector each time around, so that closures made in
 * different rounds do not share.
 */
#ifndef VIV_BOOTSTRAP_SCOPE_H
#define VIV_BOOTSTRAP_SCOPE_H

#include "image/bootstrap/ast.h"
#include "image/bootstrap/compiler.h"

/* Longer brace arrays are filled element by element, so that the stack stays small. */
enum { BRACE_PUSHED_MAX = 16 };

enum variable_kind {
    VARIABLE_SELF,
    VARIABLE_SUPER,
    VARIABLE_CONTEXT,
    VARIABLE_PROCESS,
    VARIABLE_NIL,
    VARIABLE_TRUE,
    VARIABLE_FALSE,
    VARIABLE_LOCAL,
    VARIABLE_INSTANCE,
    VARIABLE_BINDING
};

struct region {
    struct region *parent; /* NULL at a scope's body */
    struct scope *scope;
    bool is_loop; /* surrounds the bodies of one inlined loop; owns no variables */
    unsigned depth;
    struct variable *vector; /* NULL: nothing is shared here */
    uint32_t shared_count;
};

/* Where a closure captures a variable, or an assignment changes it: enough to tell which may come first. */
struct occurrence {
    size_t offset; /* of the closure's start, or the assignment's end */
    struct region
        *region; /* in the scope that owns the variable; NULL: an assignment in an inner scope */
};

struct variable {
    enum variable_kind kind;
    struct text name;
    struct scope *scope;   /* of a local */
    struct region *region; /* where a local is declared */
    const struct sequence *declared_in;
    bool is_argument;   /* may not be assigned */
    bool is_assigned;   /* by a statement that surely ran, while analysis goes through the text */
    bool is_read_first; /* read where no such statement came before */
    bool is_shared;
    struct list captures; /* of struct occurrence */
    struct list writes;
    uint32_t index; /* of the temporary, in the vector, or of the instance variable */
    const struct literal *binding;
};

struct scope {
    struct scope *parent; /* NULL: the method */
    struct region *region;
    struct region *outer_region; /* where in the parent the block is written */
    size_t start;
    struct list variables;  /* owned, in the order of declaration, arguments first */
    struct list references; /* variables of outer scopes, in the order of first use */
    struct list captured;   /* what the closure copies, in order: locals or vectors */
    struct variable *error_code;
    uint32_t argument_count;
    uint32_t temporary_count; /* arguments and copied values included */
    bool
        needs_home; /* returns from the method or asks for its context, itself or in a block inside */
};

/* Answers false and the error when a name is unknown or misused, or a frame would be too large. */
bool scope_analyse(struct method_node *method, const struct compiler_environment *environment,
                   struct source_error *error);

/* Where to find a local or vector from inside a scope: the index of the temporary that holds it. */
uint32_t scope_temporary_index(const struct scope *scope, const struct variable *variable);

#endif
