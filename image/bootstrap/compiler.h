/*
 * The Smalltalk compiler: source text to code descriptions in the SistaV1 bytecode set with full blocks (spur-format,
 * sections 8 and 9). It knows no objects: names that are not in the source are looked up through the environment.
 *
 * Call between compiler_memory_enter and compiler_memory_leave. The same source, options and environment give the same
 * bytes.
 */
#ifndef VIV_BOOTSTRAP_COMPILER_H
#define VIV_BOOTSTRAP_COMPILER_H

#include "image/bootstrap/literal.h"
#include "image/bootstrap/source.h"

enum {
    COMPILER_TEMPORARIES_MAX = 63,
    COMPILER_SHARED_MAX = 127,
    COMPILER_ARGUMENTS_MAX = 15,
    COMPILER_FRAME_MAX = 56
};

struct found_variable {
    bool is_instance_variable;
    bool is_constant; /* may not be assigned */
    uint32_t index;   /* of the instance variable, from 0 */
    struct binding binding;
};

struct variable_use {
    struct text name;
    size_t offset; /* in the source */
    bool assigned;
};

struct compiler_environment {
    void *context;
    /* Looks up a name that no method or block declares: instance variable, class variable, global. `assigned` when it stands
     * on the left of :=. False makes it an error, "undeclared variable". */
    bool (*find_variable)(void *context, const struct variable_use *use,
                          struct found_variable *found);
};

struct compiler_options {
    bool
        portable; /* leave out the flag "no outer context" of blocks, which one other VM mishandles */
    bool
        long_slots; /* the class is Context or below: its slots are reached by the long bytecodes only */
};

/* Compiles a method; NULL and the error when it cannot. */
struct code_description *compile_method(struct text source, const struct compiler_environment *,
                                        const struct compiler_options *, struct source_error *);

/* Compiles statements to a method DoIt that answers the value of the last one. */
struct code_description *compile_statements(struct text source, const struct compiler_environment *,
                                            const struct compiler_options *, struct source_error *);

#endif
