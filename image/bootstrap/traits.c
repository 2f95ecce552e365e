#include "image/bootstrap/traits.h"

#include "image/bootstrap/composition.h"
#include "image/bootstrap/lexer.h"
#include "image/bootstrap/parser.h"

/* --- who uses what ------------------------------------------------------------------------------------------------------ */

static void report(const struct model *model, const struct model_class *user, size_t offset,
                   const char *sentence, struct text name)
{
    diagnostics_error(model->diagnostics, user->definition->file, offset, "%.*s %s",
                      TEXT_ARGUMENTS(name), sentence);
}

static void add_use(struct model_class *user, bool class_side, struct model_class *trait,
                    const struct trait_use *use, bool of_class_side)
{
    struct model_trait_use *found = NEW(struct model_trait_use);
    found->trait = trait;
    found->is_class_side = of_class_side;
    found->use = use;
    list_add(&user->sides[class_side].uses, found);
    struct list *users = &trait->sides[of_class_side].users;
    for (size_t i = 0; i < users->count; i++) {
        const struct model_user *known = users->items[i];
        if (known->class == user && known->is_class_side == class_side)
            return;
    }
    struct model_user *known = NEW(struct model_user);
    known->class = user;
    known->is_class_side = class_side;
    list_add(users, known);
}

static void find_traits(struct model *model, struct model_class *user, bool class_side,
                        const struct list *uses)
{
    for (size_t i = 0; i < uses->count; i++) {
        const struct trait_use *use = uses->items[i];
        struct model_class *trait = model_find(model, use->name);
        if (trait == NULL)
            report(model, user, use->offset, "is used as a trait but not defined", use->name);
        else if (!trait->definition->is_trait)
            report(model, user, use->offset, "is a class, not a trait", use->name);
        else
            add_use(user, class_side, trait, use, use->is_class_side);
    }
}

static bool uses_class_side(const struct model_side *side, const struct model_class *trait)
{
    for (size_t i = 0; i < side->uses.count; i++) {
        const struct model_trait_use *use = side->uses.items[i];
        if (use->trait == trait && use->is_class_side)
            return true;
    }
    return false;
}

/* A class side that does not say so uses the class sides of the traits of its class, whole. */
static void derive_class_side(struct model_class *user)
{
    const struct model_side *instances = &user->sides[false];
    for (size_t i = 0; i < instances->uses.count; i++) {
        const struct model_trait_use *use = instances->uses.items[i];
        if (!uses_class_side(&user->sides[true], use->trait))
            add_use(user, true, use->trait, NULL, true);
    }
}

/* --- variables ---------------------------------------------------------------------------------------------------------- */

static bool names_include(const struct list *names, struct text name)
{
    for (size_t i = 0; i < names->count; i++)
        if (text_equals(*(const struct text *)names->items[i], name))
            return true;
    return false;
}

static bool removes_variable(const struct trait_use *use, struct text name)
{
    for (size_t i = 0; use != NULL && i < use->transformations.count; i++) {
        const struct transformation *transformation = use->transformations.items[i];
        if (transformation->kind == TRANSFORMATION_REMOVE_VARIABLES &&
            names_include(&transformation->names, name))
            return true;
    }
    return false;
}

/* One variable that comes by two ways is one variable. */
static void add_variable(const struct model *model, const struct model_class *user,
                         struct model_side *side, struct model_variable *variable)
{
    for (size_t i = side->own_count; i < side->variables.count; i++) {
        const struct model_variable *known = side->variables.items[i];
        if (!text_equals(known->name, variable->name))
            continue;
        if (known->definer != variable->definer)
            diagnostics_error(model->diagnostics, user->definition->file, user->definition->offset,
                              "%.*s and %.*s, which %.*s uses, both define the variable %.*s",
                              TEXT_ARGUMENTS(known->definer->definition->name),
                              TEXT_ARGUMENTS(variable->definer->definition->name),
                              TEXT_ARGUMENTS(user->definition->name),
                              TEXT_ARGUMENTS(variable->name));
        return;
    }
    list_add(&side->variables, variable);
}

static void add_own_variables(const struct model_class *user, struct model_side *side,
                              const struct text_list *names)
{
    for (size_t i = 0; i < names->count; i++) {
        struct model_variable *variable = NEW(struct model_variable);
        variable->name = names->items[i];
        variable->definer = user;
        list_add(&side->variables, variable);
    }
    side->own_count = names->count;
}

/* Also finds circles: a trait that is met while its own variables are being collected. */
static void collect_variables(const struct model *model, struct model_class *user, bool class_side)
{
    const struct tonel_class *definition = user->definition;
    struct model_side *side = &user->sides[class_side];
    side->progress = SIDE_STARTED;
    add_own_variables(user, side,
                      class_side ? &definition->class_instance_variables
                                 : &definition->instance_variables);
    for (size_t i = 0; i < side->uses.count; i++) {
        const struct model_trait_use *use = side->uses.items[i];
        struct model_side *given = &use->trait->sides[use->is_class_side];
        if (given->progress == SIDE_STARTED) {
            if (use->use != NULL)
                report(model, user, use->use->offset, "uses itself as a trait",
                       use->trait->definition->name);
            continue;
        }
        if (given->progress == SIDE_NEW)
            collect_variables(model, use->trait, use->is_class_side);
        for (size_t j = 0; j < given->variables.count; j++) {
            struct model_variable *variable = given->variables.items[j];
            if (!removes_variable(use->use, variable->name))
                add_variable(model, user, side, variable);
        }
    }
    side->progress = SIDE_RESOLVED;
}

void traits_resolve(struct model *model)
{
    for (size_t i = 0; i < model->classes.count; i++) {
        struct model_class *user = model->classes.items[i];
        find_traits(model, user, false, &user->definition->traits);
        find_traits(model, user, true, &user->definition->class_traits);
        if (user->definition->class_traits.count == 0)
            derive_class_side(user);
    }
    for (size_t i = 0; i < model->classes.count; i++) {
        struct model_class *user = model->classes.items[i];
        for (int side = 0; side < 2; side++)
            if (user->sides[side].progress == SIDE_NEW)
                collect_variables(model, user, side == 1);
    }
}

/* --- methods ------------------------------------------------------------------------------------------------------------ */

static struct list *methods_of(struct model_class *class, bool class_side)
{
    return class_side ? &class->class_methods : &class->methods;
}

static struct tonel_method *find_method(const struct list *methods, struct text selector)
{
    for (size_t i = 0; i < methods->count; i++) {
        struct tonel_method *method = methods->items[i];
        if (text_equals(method->selector, selector))
            return method;
    }
    return NULL;
}

static const struct tonel_method *origin_of(const struct tonel_method *method)
{
    return method->origin == NULL ? method : method->origin;
}

/* Whether the method only says that users must have it: it sends explicitRequirement. */
static bool is_requirement(const struct tonel_method *method)
{
    struct source_error error = {.failed = false};
    struct lexer lexer;
    lexer_start(&lexer, method->source, 0, &error);
    for (; lexer.token.kind != TOKEN_END; lexer_next(&lexer))
        if (lexer.token.kind == TOKEN_IDENTIFIER &&
            text_is(lexer.token.text, "explicitRequirement"))
            return true;
    return false;
}

/* One keyword with its colon, the whole of another selector. */
static struct text first_part(struct text selector)
{
    for (size_t i = 0; i < selector.size; i++)
        if (selector.bytes[i] == ':')
            return (struct text){selector.bytes, i + 1};
    return selector;
}

/* The source with another selector in its pattern, and how much longer the pattern became. */
static void replace_pattern(struct tonel_method *method, struct text selector)
{
    struct source_error error = {.failed = false};
    struct buffer source = {NULL, 0, 0};
    struct lexer lexer;
    lexer_start(&lexer, method->source, 0, &error);
    size_t start = lexer.token.start;
    size_t limit = lexer.token.limit;
    size_t argument_count = selector_argument_count(selector);
    buffer_add(&source, method->source.bytes, start);
    for (size_t i = 0; i < argument_count || i == 0; i++) {
        struct text part = first_part(selector);
        selector = (struct text){selector.bytes + part.size, selector.size - part.size};
        if (i > 0)
            buffer_add(&source, " ", 1);
        buffer_add(&source, part.bytes, part.size);
        if (argument_count == 0)
            break;
        lexer_next(&lexer);
        buffer_add(&source, " ", 1);
        buffer_add(&source, lexer.token.text.bytes, lexer.token.text.size);
        limit = lexer.token.limit;
        lexer_next(&lexer);
    }
    method->pattern_size = method->pattern_size - limit + source.size;
    buffer_add(&source, method->source.bytes + limit, method->source.size - limit);
    method->source = buffer_text(&source);
}

static struct tonel_method *copy_method(const struct tonel_method *method)
{
    struct tonel_method *copy = NEW(struct tonel_method);
    *copy = *method;
    copy->origin = origin_of(method);
    return copy;
}

static void remove_methods(struct list *given, const struct list *selectors)
{
    size_t kept = 0;
    for (size_t i = 0; i < given->count; i++) {
        const struct tonel_method *method = given->items[i];
        if (!names_include(selectors, method->selector))
            given->items[kept++] = given->items[i];
    }
    given->count = kept;
}

static void add_aliases(const struct model *model, const struct model_class *user,
                        const struct trait_use *use, const struct transformation *aliases,
                        struct list *given)
{
    struct list before = {NULL, 0, 0};
    for (size_t i = 0; i < given->count; i++)
        list_add(&before, given->items[i]);
    for (size_t i = 0; i < aliases->names.count; i++) {
        struct text new_name = *(struct text *)aliases->names.items[i];
        struct text old_name = *(struct text *)aliases->old_names.items[i];
        const struct tonel_method *method = find_method(&before, old_name);
        if (method == NULL) {
            diagnostics_error(model->diagnostics, user->definition->file, use->offset,
                              "%.*s has no method %.*s that could be called %.*s",
                              TEXT_ARGUMENTS(use->name), TEXT_ARGUMENTS(old_name),
                              TEXT_ARGUMENTS(new_name));
            continue;
        }
        struct tonel_method *copy = copy_method(method);
        copy->selector = new_name;
        replace_pattern(copy, new_name);
        struct list replaced = {NULL, 0, 0};
        list_add(&replaced, &copy->selector);
        remove_methods(given, &replaced);
        list_add(given, copy);
    }
}

/* Copies of what a trait gives, after exclusions and aliases. */
static struct list methods_given(const struct model *model, const struct model_class *user,
                                 const struct model_trait_use *found)
{
    const struct list *methods = methods_of(found->trait, found->is_class_side);
    struct list given = {NULL, 0, 0};
    for (size_t i = 0; i < methods->count; i++)
        list_add(&given, copy_method(methods->items[i]));
    if (found->use == NULL)
        return given;
    for (size_t i = 0; i < found->use->transformations.count; i++) {
        const struct transformation *transformation = found->use->transformations.items[i];
        if (transformation->kind == TRANSFORMATION_REMOVE_METHODS)
            remove_methods(&given, &transformation->names);
        else if (transformation->kind == TRANSFORMATION_ALIAS)
            add_aliases(model, user, found->use, transformation, &given);
    }
    return given;
}

/* Whether instances of the class above have a method; of class sides, those of Class or Trait in the end. */
static bool inherits_method(const struct model *model, const struct model_class *user,
                            bool class_side, struct text selector)
{
    for (struct model_class *class = user->superclass; class != NULL; class = class->superclass)
        if (find_method(methods_of(class, class_side), selector) != NULL)
            return true;
    struct model_class *root = class_side ? model_root_of_class_side(model, user) : NULL;
    for (; root != NULL; root = root->superclass)
        if (find_method(&root->methods, selector) != NULL)
            return true;
    return false;
}

/* Two traits give the selector: the same method, or one only requires it, or it is an error. */
static void join(const struct model *model, const struct model_class *user,
                 struct tonel_method *known, const struct tonel_method *method)
{
    if (origin_of(known) == origin_of(method) || is_requirement(method))
        return;
    if (is_requirement(known)) {
        *known = *method;
        return;
    }
    diagnostics_error(model->diagnostics, user->definition->file, user->definition->offset,
                      "%.*s gets %.*s from both %.*s and %.*s: leave one of them out",
                      TEXT_ARGUMENTS(user->definition->name), TEXT_ARGUMENTS(method->selector),
                      TEXT_ARGUMENTS(origin_of(known)->class_name),
                      TEXT_ARGUMENTS(origin_of(method)->class_name));
}

static void compose(struct model *model, struct model_class *user, bool class_side);

static void compose_above(struct model *model, struct model_class *user, bool class_side)
{
    if (user->superclass != NULL)
        compose(model, user->superclass, class_side);
    struct model_class *root = class_side ? model_root_of_class_side(model, user) : NULL;
    if (root != NULL)
        compose(model, root, false);
}

/* Traits and superclasses first, so that what they give and have is complete. */
static void compose(struct model *model, struct model_class *user, bool class_side)
{
    struct model_side *side = &user->sides[class_side];
    struct list *methods = methods_of(user, class_side);
    struct list added = {NULL, 0, 0};
    if (side->progress == SIDE_COMPOSED)
        return;
    side->progress = SIDE_COMPOSED;
    if (side->uses.count == 0)
        return;
    compose_above(model, user, class_side);
    for (size_t i = 0; i < side->uses.count; i++) {
        const struct model_trait_use *use = side->uses.items[i];
        compose(model, use->trait, use->is_class_side);
        struct list given = methods_given(model, user, use);
        for (size_t j = 0; j < given.count; j++) {
            struct tonel_method *method = given.items[j];
            struct tonel_method *known = find_method(&added, method->selector);
            if (find_method(methods, method->selector) != NULL)
                continue;
            if (known != NULL)
                join(model, user, known, method);
            else
                list_add(&added, method);
        }
    }
    for (size_t i = 0; i < added.count; i++) {
        struct tonel_method *method = added.items[i];
        if (is_requirement(method) && inherits_method(model, user, class_side, method->selector))
            continue;
        method->is_class_side = class_side;
        method->number = model->method_count++;
        list_add(methods, method);
    }
}

void traits_compose(struct model *model)
{
    for (size_t i = 0; i < model->classes.count; i++) {
        compose(model, model->classes.items[i], false);
        compose(model, model->classes.items[i], true);
    }
}
