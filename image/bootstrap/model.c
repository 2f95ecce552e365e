#include "image/bootstrap/model.h"

#include "image/bootstrap/traits.h"

struct lookup {
    struct model *model;
    const struct model_class *owner;
    const struct tonel_method *method;
};

struct model_class *model_find(const struct model *model, struct text name)
{
    return table_get(&model->by_name, name);
}

struct model_class *model_root_of_class_side(const struct model *model,
                                             const struct model_class *class)
{
    return model_find(model, text_from(class->definition->is_trait ? "Trait" : "Class"));
}

void model_add_global(struct model *model, struct text name)
{
    if (table_get(&model->globals, name) != NULL)
        return;
    struct text *kept = NEW(struct text);
    *kept = name;
    table_put(&model->globals, name, kept);
    list_add(&model->global_names, kept);
}

static void define(struct model *model, struct list *defined, const struct tonel_class *definition)
{
    if (model_find(model, definition->name) != NULL) {
        diagnostics_error(model->diagnostics, definition->file, definition->offset,
                          "class %.*s is defined twice", TEXT_ARGUMENTS(definition->name));
        return;
    }
    struct model_class *class = NEW(struct model_class);
    class->definition = definition;
    class->number = defined->count;
    table_put(&model->by_name, definition->name, class);
    list_add(defined, class);
}

static void refuse_superclass(struct model *model, struct model_class *class)
{
    const struct tonel_class *definition = class->definition;
    diagnostics_error(model->diagnostics, definition->file, definition->offset,
                      "the superclass %.*s of %.*s is a trait",
                      TEXT_ARGUMENTS(definition->superclass), TEXT_ARGUMENTS(definition->name));
    class->superclass = NULL;
}

static void find_superclass(struct model *model, struct model_class *class)
{
    const struct tonel_class *definition = class->definition;
    if (definition->superclass.size == 0)
        return;
    class->superclass = model_find(model, definition->superclass);
    if (class->superclass == NULL)
        diagnostics_error(model->diagnostics, definition->file, definition->offset,
                          "the superclass %.*s of %.*s is not defined",
                          TEXT_ARGUMENTS(definition->superclass), TEXT_ARGUMENTS(definition->name));
    else if (class->superclass->definition->is_trait)
        refuse_superclass(model, class);
    else
        list_add(&class->superclass->subclasses, class);
}

static bool is_in_cycle(const struct model_class *class)
{
    const struct model_class *slow = class;
    for (const struct model_class *fast = class->superclass; fast != NULL;) {
        if (fast == slow)
            return true;
        slow = slow->superclass;
        fast = fast->superclass;
        fast = fast == NULL ? NULL : fast->superclass;
    }
    return false;
}

/* A class is ready when its superclass has been placed; goes round until nothing moves. */
static void order_classes(struct model *model, const struct list *defined)
{
    bool *placed = compiler_allocate_bytes(defined->count * sizeof *placed);
    bool moved = true;
    while (moved) {
        moved = false;
        for (size_t i = 0; i < defined->count; i++) {
            struct model_class *class = defined->items[i];
            if (placed[i] || (class->superclass != NULL && !placed[class->superclass->number]))
                continue;
            placed[i] = true;
            moved = true;
            list_add(&model->classes, class);
        }
    }
}

/* How many of the first `count` variables have the name. */
static size_t count_named(const struct list *variables, size_t count, struct text name)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const struct model_variable *variable = variables->items[i];
        found += text_equals(variable->name, name);
    }
    return found;
}

static void check_names(struct model *model, const struct model_class *class)
{
    const struct tonel_class *definition = class->definition;
    const struct list *own = &class->sides[false].variables;
    for (size_t i = 0; i < own->count; i++) {
        const struct model_variable *variable = own->items[i];
        bool twice = count_named(own, i, variable->name) > 0;
        for (const struct model_class *above = class->superclass; above != NULL;
             above = above->superclass) {
            const struct list *names = &above->sides[false].variables;
            twice = twice || count_named(names, names->count, variable->name) > 0;
        }
        if (twice)
            diagnostics_error(model->diagnostics, definition->file, definition->offset,
                              "%.*s has two instance variables %.*s",
                              TEXT_ARGUMENTS(definition->name), TEXT_ARGUMENTS(variable->name));
    }
}

static void count_slots(struct model *model)
{
    for (size_t i = 0; i < model->classes.count; i++) {
        struct model_class *class = model->classes.items[i];
        class->slot_count = class->sides[false].variables.count +
                            (class->superclass == NULL ? 0 : class->superclass->slot_count);
        check_names(model, class);
    }
    for (size_t i = 0; i < model->classes.count; i++) {
        struct model_class *class = model->classes.items[i];
        const struct model_class *root = model_root_of_class_side(model, class);
        size_t above = class->superclass != NULL ? class->superclass->class_slot_count
                       : root != NULL            ? root->slot_count
                                                 : 0;
        class->class_slot_count = above + class->sides[true].variables.count;
    }
}

static bool has_method(const struct list *methods, struct text selector)
{
    for (size_t i = 0; i < methods->count; i++) {
        const struct tonel_method *other = methods->items[i];
        if (text_equals(other->selector, selector))
            return true;
    }
    return false;
}

static void add_method(struct model *model, struct tonel_method *method)
{
    struct model_class *class = model_find(model, method->class_name);
    if (class == NULL) {
        diagnostics_error(model->diagnostics, method->file, method->pattern_offset,
                          "class %.*s is not defined", TEXT_ARGUMENTS(method->class_name));
        return;
    }
    struct list *methods = method->is_class_side ? &class->class_methods : &class->methods;
    if (has_method(methods, method->selector))
        diagnostics_error(model->diagnostics, method->file, method->pattern_offset,
                          "%.*s defines %.*s twice", TEXT_ARGUMENTS(method->class_name),
                          TEXT_ARGUMENTS(method->selector));
    else
        list_add(methods, method);
    method->number = model->method_count++;
}

struct model *model_make(const struct tonel_sources *sources)
{
    struct model *model = NEW(struct model);
    struct list defined = {NULL, 0, 0};
    model->diagnostics = sources->diagnostics;
    for (size_t i = 0; i < sources->classes.count; i++)
        define(model, &defined, sources->classes.items[i]);
    for (size_t i = 0; i < defined.count; i++)
        find_superclass(model, defined.items[i]);
    for (size_t i = 0; i < defined.count; i++) {
        struct model_class *class = defined.items[i];
        if (!is_in_cycle(class))
            continue;
        diagnostics_error(model->diagnostics, class->definition->file, class->definition->offset,
                          "%.*s inherits from itself", TEXT_ARGUMENTS(class->definition->name));
        class->superclass = NULL;
    }
    order_classes(model, &defined);
    traits_resolve(model);
    count_slots(model);
    for (size_t i = 0; i < sources->methods.count; i++)
        add_method(model, sources->methods.items[i]);
    traits_compose(model);
    return model;
}

static bool find_in(const struct list *variables, struct text name, size_t first_index,
                    struct found_variable *found)
{
    for (size_t i = 0; i < variables->count; i++) {
        const struct model_variable *variable = variables->items[i];
        if (!text_equals(variable->name, name))
            continue;
        found->is_instance_variable = true;
        found->index = (uint32_t)(first_index + i);
        return true;
    }
    return false;
}

static bool find_slot(const struct model_class *class, struct text name,
                      struct found_variable *found)
{
    for (; class != NULL; class = class->superclass) {
        const struct list *own = &class->sides[false].variables;
        if (find_in(own, name, class->slot_count - own->count, found))
            return true;
    }
    return false;
}

static bool find_class_slot(const struct model *model, const struct model_class *class,
                            struct text name, struct found_variable *found)
{
    const struct model_class *root = model_root_of_class_side(model, class);
    for (; class != NULL; class = class->superclass) {
        const struct list *own = &class->sides[true].variables;
        if (find_in(own, name, class->class_slot_count - own->count, found))
            return true;
    }
    return find_slot(root, name, found);
}

static bool has_class_variable(const struct model_class *class, struct text name)
{
    const struct text_list *names = &class->definition->class_variables;
    for (size_t i = 0; i < names->count; i++)
        if (text_equals(names->items[i], name))
            return true;
    return false;
}

static bool bind_class_variable(const struct model_class *class, struct text name,
                                struct found_variable *found)
{
    if (!has_class_variable(class, name))
        return false;
    found->binding.kind = BINDING_CLASS_VARIABLE;
    found->binding.owner = class->definition->name;
    return true;
}

static bool find_class_variable(const struct model *model, const struct model_class *owner,
                                struct text name, struct found_variable *found)
{
    for (const struct model_class *class = owner; class != NULL; class = class->superclass)
        if (bind_class_variable(class, name, found))
            return true;
    for (const struct model_class *class = owner; class != NULL; class = class->superclass) {
        for (size_t i = 0; i < class->definition->pools.count; i++) {
            const struct model_class *pool = model_find(model, class->definition->pools.items[i]);
            for (; pool != NULL; pool = pool->superclass)
                if (bind_class_variable(pool, name, found))
                    return true;
        }
    }
    return false;
}

static bool is_capital(struct text name)
{
    return name.size > 0 && name.bytes[0] >= 'A' && name.bytes[0] <= 'Z';
}

static bool note_undeclared(struct lookup *lookup, const struct variable_use *use)
{
    struct model *model = lookup->model;
    diagnostics_warning(model->diagnostics, lookup->method->file,
                        tonel_file_offset(lookup->method, use->offset), "%.*s is not defined",
                        TEXT_ARGUMENTS(use->name));
    for (size_t i = 0; i < model->undeclared.count; i++)
        if (text_equals(*(struct text *)model->undeclared.items[i], use->name))
            return true;
    struct text *name = NEW(struct text);
    *name = use->name;
    list_add(&model->undeclared, name);
    return true;
}

static bool find_variable(void *context, const struct variable_use *use,
                          struct found_variable *found)
{
    struct lookup *lookup = context;
    const struct model *model = lookup->model;
    struct text name = use->name;
    if (lookup->method->is_class_side ? find_class_slot(model, lookup->owner, name, found)
                                      : find_slot(lookup->owner, name, found))
        return true;
    found->binding.name = name;
    if (find_class_variable(model, lookup->owner, name, found))
        return true;
    found->binding.kind = BINDING_GLOBAL;
    if (model_find(model, name) != NULL) {
        found->is_constant = true;
        return true;
    }
    if (table_get(&model->globals, name) != NULL)
        return true;
    found->binding.kind = BINDING_UNDECLARED;
    return is_capital(name) && note_undeclared(lookup, use);
}

static bool inherits_from_context(const struct model_class *class)
{
    for (; class != NULL; class = class->superclass)
        if (text_is(class->definition->name, "Context"))
            return true;
    return false;
}

struct code_description *model_compile(struct model *model, const struct model_class *owner,
                                       const struct tonel_method *method, bool portable)
{
    struct lookup lookup = {model, owner, method};
    const struct compiler_environment environment = {&lookup, find_variable};
    const struct compiler_options options = {
        .portable = portable, .long_slots = !method->is_class_side && inherits_from_context(owner)};
    struct source_error error = {.failed = false};
    struct code_description *code = compile_method(method->source, &environment, &options, &error);
    if (code != NULL) {
        code->protocol = method->protocol;
        code->has_origin = method->origin != NULL;
    } else
        diagnostics_error(model->diagnostics, method->file, tonel_file_offset(method, error.offset),
                          "%s", error.sentence);
    return code;
}
