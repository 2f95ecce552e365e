/*
 * The classes of a build as a whole, before any object exists: who inherits from whom, which slots instances and classes
 * have, and what a name means inside a method. Order of definition does not matter.
 */
#ifndef VIV_BOOTSTRAP_MODEL_H
#define VIV_BOOTSTRAP_MODEL_H

#include "image/bootstrap/compiler.h"
#include "image/bootstrap/table.h"
#include "image/bootstrap/tonel.h"

/* The instances of a class, or the class itself. */
struct model_side_of {
    struct model_class *class;
    bool is_class_side;
};

struct model_variable {
    struct text name;
    const struct model_class *definer; /* the class itself, or a trait */
};

enum side_progress { SIDE_NEW, SIDE_STARTED, SIDE_RESOLVED, SIDE_COMPOSED };

/* What traits are for the instances of a class, and for the class itself. */
struct model_side {
    struct composition *traits; /* what is used; NULL: nothing */
    struct list used;           /* of struct model_side_of: the traits in it, each once */
    struct list users;          /* of struct model_side_of: of a trait, in the order of classes */
    struct list variables;      /* of struct model_variable: own ones, then those of traits */
    size_t own_count;           /* of the variables */
    enum side_progress progress;
};

struct model_class {
    const struct tonel_class *definition;
    struct model_class *superclass; /* NULL: none, or the definition failed */
    struct list subclasses;         /* in the order of definition */
    struct list methods;            /* of struct tonel_method: own, from extensions, from traits */
    struct list class_methods;
    struct model_side sides[2]; /* of the instances, of the class */
    size_t slot_count;          /* instance variables, inherited ones included */
    size_t class_slot_count;    /* the same of the class itself, those of Class included */
    size_t number;              /* in the order of definition, from 0 */
};

struct model {
    struct list classes; /* superclasses before subclasses, otherwise in the order of definition */
    struct table by_name;
    struct table globals;     /* names besides classes, to themselves */
    struct list global_names; /* of struct text, in order */
    size_t method_count;
    struct list undeclared; /* of struct text: names that nothing defines, in the order found */
    struct diagnostics *diagnostics;
};

/* Resolves superclasses and hands out methods. What is wrong goes to the diagnostics of the sources. */
struct model *model_make(const struct tonel_sources *sources);

void model_add_global(struct model *model, struct text name);
struct model_class *model_find(const struct model *model, struct text name);
/* What the class side of a class without superclass inherits from: Class or, for a trait, Trait. NULL: not defined. */
struct model_class *model_root_of_class_side(const struct model *model,
                                             const struct model_class *class);

/* Compiles one method of a class. Names that nothing defines become bindings in Undeclared, with a warning; all else that is
 * wrong is an error, and the answer NULL. */
struct code_description *model_compile(struct model *model, const struct model_class *owner,
                                       const struct tonel_method *method, bool portable);

#endif
