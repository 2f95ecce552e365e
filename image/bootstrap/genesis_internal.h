/* Shared by genesis.c (order of events, roots), genesis_classes.c (classes and methods) and genesis_world.c (the rest). */
#ifndef VIV_BOOTSTRAP_GENESIS_INTERNAL_H
#define VIV_BOOTSTRAP_GENESIS_INTERNAL_H

#include "image/bootstrap/genesis.h"
#include "image/bootstrap/image_tables.h"

/* The objects of one class of the model. */
struct class_objects {
    uint32_t class_index;
    uint32_t metaclass_index;
    oop class;
    oop metaclass;
    oop binding;           /* in Smalltalk */
    oop metaclass_binding; /* nil -> metaclass */
    struct table pool;     /* class variables: struct symbol_entry with the Association */
};

struct symbol_entry {
    oop object;
};

struct genesis {
    struct object_maker maker;
    struct heap *heap;
    struct model *model;
    const struct genesis_options *options;
    struct class_objects *classes; /* by number of the model class */
    oop *methods;                  /* by number of the method */
    struct table symbols;          /* UTF-8 name to struct symbol_entry */
    oop smalltalk;
    oop undeclared;
};

/* NULL, and an error, when the packages do not define the class. */
const struct model_class *genesis_need(struct genesis *genesis, const char *name);
struct class_objects *genesis_objects(struct genesis *genesis, const struct model_class *class);
/* The class-table index; 0 when the class is not defined. */
uint32_t genesis_class_index(struct genesis *genesis, const char *name);
/* A new instance of a class without indexed part, slots nil. */
oop genesis_instance(struct genesis *genesis, const char *class_name);
/* Stores into a slot that is found by its name; an error when the class has none of that name. */
void genesis_set(struct genesis *genesis, oop object, const char *class_name, const char *slot,
                 oop value);
oop genesis_symbol(struct genesis *genesis, struct text name);
oop genesis_association(struct genesis *genesis, oop key, oop value);
/* An empty one, of a class like Dictionary. */
oop genesis_dictionary(struct genesis *genesis, const char *class_name);
/* The Association of a global variable, made when it is not there. */
oop genesis_global(struct genesis *genesis, struct text name);
void genesis_set_global(struct genesis *genesis, const char *name, oop value);

/* genesis_classes.c */
void genesis_number_classes(struct genesis *genesis);
void genesis_make_classes(struct genesis *genesis);
void genesis_fill_classes(struct genesis *genesis);
void genesis_compile_methods(struct genesis *genesis);
oop genesis_compile(struct genesis *genesis, const struct model_class *class,
                    const struct tonel_method *method);
/* instSpec of the class's instances, spur-format section 6. */
unsigned genesis_class_spec(const struct model_class *class);

/* genesis_traits.c */
void genesis_describe_traits(struct genesis *genesis);

/* genesis_world.c */
void genesis_make_scheduler(struct genesis *genesis);
void genesis_list_initializers(struct genesis *genesis);
oop genesis_special_objects(struct genesis *genesis);

#endif
