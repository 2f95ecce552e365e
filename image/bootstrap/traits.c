#include "image/bootstrap/traits.h"

#include "image/bootstrap/lexer.h"
#include "image/bootstrap/parser.h"

/* --- who uses what ------------------------------------------------------------------------------------------------------ */

static void report(const struct model *model, const struct model_class *user, size_t offset,
                   const char *sentence, struct text name)
{
    diagnostics_error(model->diagnostics, user->definition->file, offset, "%.*s %s",
                      TEXT_ARGUMENTS(name), sentence);
}

static bool is_listed(const struct list *sides, const struct model_class *class, bool class_side)
{
    for (size_t i = 0; i < sides->count; i++) {
        const struct model_side_of *side = sides->items[i];
        if (side->class == class && side->is_class_side == class_side)
            return true;
    }
    return false;
}

static void add_side(struct list *sides, struct model_class *class, bool class_side)
{
    if (is_listed(sides, class, class_side))
        return;
    struct model_side_of *side = NEW(struct model_side_of);
    side->class = class;
    side->is_class_side = class_side;
    list_add(sides, side);
}

static void find_trait(const struct model *model, struct model_class *user, bool class_side,
                       struct composition *use)
{
    struct model_class *trait = model_find(model, use->name);
    if (trait == NULL) {
        report(model, user, use->offset, "is used as a trait but not defined", use->name);
    } else if (!trait->definition->is_trait) {
        report(model, user, use->offset, "is a class, not a trait", use->name);
    } else {
        use->trait = trait;
        add_side(&user->sides[class_side].used, trait, use->is_class_side);
        add_side(&trait->sides[use->is_class_side].users, user, class_side);
    }
}

static void find_traits(const struct model *model, struct model_class *user, bool class_side,
                        struct composition *composition)
{
    if (composition->kind == COMPOSITION_TRAIT)
        find_trait(model, user, class_side, composition);
    for (size_t i = 0; i < composition->parts.count; i++)
        find_traits(model, user, class_side, composition->parts.items[i]);
}

static void list_traits(const struct composition *composition, struct list *traits)
{
    if (composition->trait != NULL)
        add_side(traits, composition->trait, true);
    size_t count = composition->kind == COMPOSITION_PRECEDENCE ? 1 : composition->parts.count;
    for (size_t i = 0; i < count; i++)
        list_traits(composition->parts.items[i], traits);
}

/* A class side that does not say so uses the class sides of the traits of its class, whole. */
static struct composition *derived_composition(const struct composition *traits)
{
    struct composition *sum = NEW(struct composition);
    struct list used = {NULL, 0, 0};
    list_traits(traits, &used);
    sum->kind = COMPOSITION_SUM;
    sum->offset = traits->offset;
    for (size_t i = 0; i < used.count; i++) {
        struct composition *use = NEW(struct composition);
        use->kind = COMPOSITION_TRAIT;
        use->offset = traits->offset;
        use->name = ((const struct model_side_of *)used.items[i])->class->definition->name;
        use->is_class_side = true;
        list_add(&sum->parts, use);
    }
    if (traits->kind != COMPOSITION_PRECEDENCE)
        return sum->parts.count == 1 ? sum->parts.items[0] : sum;
    struct composition *result = NEW(struct composition);
    result->kind = COMPOSITION_PRECEDENCE;
    result->offset = traits->offset;
    list_add(&result->parts, sum->parts.count == 1 ? sum->parts.items[0] : sum);
    list_add(&result->parts, derived_composition(traits->parts.items[1]));
    return result;
}

static void resolve(const struct model *model, struct model_class *user)
{
    struct composition *traits = user->definition->traits;
    if (traits != NULL)
        find_traits(model, user, false, traits);
    user->sides[false].traits = traits;
    struct composition *class_traits = user->definition->class_traits;
    if (class_traits == NULL && traits != NULL)
        class_traits = derived_composition(traits);
    if (class_traits != NULL)
        find_traits(model, user, true, class_traits);
    user->sides[true].traits = class_traits;
}

/* --- variables ---------------------------------------------------------------------------------------------------------- */

static bool names_include(const struct list *names, struct text name)
{
    for (size_t i = 0; i < names->count; i++)
        if (text_equals(*(const struct text *)names->items[i], name))
            return true;
    return false;
}

/* An own variable stands for one of the same name of a trait; one that comes by two ways is one. */
static void add_variable(const struct model *model, const struct model_class *user,
                         struct model_side *side, struct model_variable *variable)
{
    for (size_t i = 0; i < side->variables.count; i++) {
        const struct model_variable *known = side->variables.items[i];
        if (!text_equals(known->name, variable->name))
            continue;
        if (i >= side->own_count && known->definer != variable->definer)
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

static void collect_variables(const struct model *model, struct model_class *user, bool class_side);

/* Adds the variables that a composition gives. Also finds circles: a trait that is met while its own variables are being
 * collected. */
static void variables_given(const struct model *model, const struct model_class *user,
                            const struct composition *composition, struct list *given)
{
    size_t before = given->count;
    size_t added = composition->kind == COMPOSITION_PRECEDENCE ? 1 : composition->parts.count;
    for (size_t i = 0; i < added; i++)
        variables_given(model, user, composition->parts.items[i], given);
    if (composition->kind == COMPOSITION_REMOVE_VARIABLES) {
        size_t kept = before;
        for (size_t i = before; i < given->count; i++) {
            const struct model_variable *variable = given->items[i];
            if (!names_include(&composition->names, variable->name))
                given->items[kept++] = given->items[i];
        }
        given->count = kept;
    }
    struct model_class *trait = composition->trait;
    if (trait == NULL)
        return;
    struct model_side *side = &trait->sides[composition->is_class_side];
    bool is_told = !composition->is_class_side || user->definition->class_traits != NULL;
    if (side->progress == SIDE_STARTED && is_told)
        report(model, user, composition->offset, "uses itself as a trait", composition->name);
    if (side->progress == SIDE_NEW)
        collect_variables(model, trait, composition->is_class_side);
    for (size_t i = 0; side->progress == SIDE_RESOLVED && i < side->variables.count; i++)
        list_add(given, side->variables.items[i]);
}

static void collect_variables(const struct model *model, struct model_class *user, bool class_side)
{
    const struct tonel_class *definition = user->definition;
    struct model_side *side = &user->sides[class_side];
    struct list given = {NULL, 0, 0};
    side->progress = SIDE_STARTED;
    add_own_variables(user, side,
                      class_side ? &definition->class_instance_variables
                                 : &definition->instance_variables);
    if (side->traits != NULL)
        variables_given(model, user, side->traits, &given);
    for (size_t i = 0; i < given.count; i++)
        add_variable(model, user, side, given.items[i]);
    side->progress = SIDE_RESOLVED;
}

void traits_resolve(struct model *model)
{
    for (size_t i = 0; i < model->classes.count; i++)
        resolve(model, model->classes.items[i]);
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

/* A method that a composition gives, and one of another trait that is in conflict with it. */
struct given_method {
    struct tonel_method *method; /* a copy */
    const struct tonel_method *rival;
};

static struct given_method *give(struct list *given, const struct tonel_method *method,
                                 const struct tonel_method *rival)
{
    struct given_method *entry = NEW(struct given_method);
    entry->method = NEW(struct tonel_method);
    *entry->method = *method;
    entry->method->origin = origin_of(method);
    entry->rival = rival;
    list_add(given, entry);
    return entry;
}

static struct given_method *find_given(const struct list *given, struct text selector)
{
    for (size_t i = 0; i < given->count; i++) {
        struct given_method *entry = given->items[i];
        if (text_equals(entry->method->selector, selector))
            return entry;
    }
    return NULL;
}

static void remove_methods(struct list *given, const struct list *selectors)
{
    size_t kept = 0;
    for (size_t i = 0; i < given->count; i++) {
        const struct given_method *entry = given->items[i];
        if (!names_include(selectors, entry->method->selector))
            given->items[kept++] = given->items[i];
    }
    given->count = kept;
}

static void add_aliases(const struct model *model, const struct model_class *user,
                        const struct composition *aliases, struct list *given)
{
    struct list before = {NULL, 0, 0};
    for (size_t i = 0; i < given->count; i++)
        list_add(&before, given->items[i]);
    for (size_t i = 0; i < aliases->names.count; i++) {
        struct text new_name = *(struct text *)aliases->names.items[i];
        struct text old_name = *(struct text *)aliases->old_names.items[i];
        const struct given_method *entry = find_given(&before, old_name);
        if (entry == NULL) {
            diagnostics_error(model->diagnostics, user->definition->file, aliases->offset,
                              "no trait before the alias %.*s has a method %.*s",
                              TEXT_ARGUMENTS(new_name), TEXT_ARGUMENTS(old_name));
            continue;
        }
        struct list replaced = {NULL, 0, 0};
        list_add(&replaced, &new_name);
        remove_methods(given, &replaced);
        struct tonel_method *alias = give(given, entry->method, entry->rival)->method;
        alias->selector = new_name;
        replace_pattern(alias, new_name);
    }
}

/* Two parts of a sum give the selector: the same method, or one only requires it, or they are in conflict. */
static void join(struct given_method *known, const struct given_method *other)
{
    if (origin_of(known->method) == origin_of(other->method) || is_requirement(other->method))
        return;
    if (is_requirement(known->method))
        *known = *other;
    else
        known->rival = other->method;
}

static struct list methods_given(struct model *model, struct model_class *user,
                                 const struct composition *composition);

static void add_part(struct model *model, struct model_class *user, const struct composition *part,
                     struct list *given)
{
    struct list more = methods_given(model, user, part);
    for (size_t i = 0; i < more.count; i++) {
        const struct given_method *entry = more.items[i];
        struct given_method *known = find_given(given, entry->method->selector);
        if (known == NULL)
            list_add(given, more.items[i]);
        else
            join(known, entry);
    }
}

/* What the preferred part gives takes the place of methods in conflict. */
static void prefer(struct model *model, struct model_class *user,
                   const struct composition *preferred, struct list *given)
{
    struct list more = methods_given(model, user, preferred);
    for (size_t i = 0; i < more.count; i++) {
        const struct given_method *entry = more.items[i];
        struct given_method *known = find_given(given, entry->method->selector);
        if (known != NULL && known->rival != NULL)
            *known = *entry;
    }
}

static void compose(struct model *model, struct model_class *user, bool class_side);

static struct list methods_given(struct model *model, struct model_class *user,
                                 const struct composition *composition)
{
    struct list given = {NULL, 0, 0};
    if (composition->trait != NULL) {
        compose(model, composition->trait, composition->is_class_side);
        const struct list *methods = methods_of(composition->trait, composition->is_class_side);
        for (size_t i = 0; i < methods->count; i++)
            give(&given, methods->items[i], NULL);
    }
    size_t added = composition->kind == COMPOSITION_PRECEDENCE ? 1 : composition->parts.count;
    for (size_t i = 0; i < added; i++)
        add_part(model, user, composition->parts.items[i], &given);
    if (composition->kind == COMPOSITION_REMOVE_METHODS)
        remove_methods(&given, &composition->names);
    else if (composition->kind == COMPOSITION_ALIAS)
        add_aliases(model, user, composition, &given);
    else if (composition->kind == COMPOSITION_PRECEDENCE)
        prefer(model, user, composition->parts.items[1], &given);
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

static void report_conflict(const struct model *model, const struct model_class *user,
                            const struct given_method *entry)
{
    diagnostics_error(model->diagnostics, user->definition->file, user->definition->offset,
                      "%.*s gets %.*s from both %.*s and %.*s: leave one of them out",
                      TEXT_ARGUMENTS(user->definition->name),
                      TEXT_ARGUMENTS(entry->method->selector),
                      TEXT_ARGUMENTS(origin_of(entry->method)->class_name),
                      TEXT_ARGUMENTS(origin_of(entry->rival)->class_name));
}

/* Own methods hide those of traits, and inherited ones what traits only require. */
static bool is_wanted(const struct model *model, struct model_class *user, bool class_side,
                      const struct given_method *entry)
{
    struct text selector = entry->method->selector;
    return find_method(methods_of(user, class_side), selector) == NULL &&
           !(is_requirement(entry->method) && inherits_method(model, user, class_side, selector));
}

/* Classes above first, so that what they have is complete. */
static void compose_above(struct model *model, struct model_class *user, bool class_side)
{
    if (user->superclass != NULL)
        compose(model, user->superclass, class_side);
    struct model_class *root = class_side ? model_root_of_class_side(model, user) : NULL;
    if (root != NULL)
        compose(model, root, false);
}

static void compose(struct model *model, struct model_class *user, bool class_side)
{
    struct model_side *side = &user->sides[class_side];
    if (side->progress == SIDE_COMPOSED)
        return;
    side->progress = SIDE_COMPOSED;
    compose_above(model, user, class_side);
    if (side->traits == NULL)
        return;
    struct list given = methods_given(model, user, side->traits);
    struct list wanted = {NULL, 0, 0};
    for (size_t i = 0; i < given.count; i++)
        if (is_wanted(model, user, class_side, given.items[i]))
            list_add(&wanted, given.items[i]);
    for (size_t i = 0; i < wanted.count; i++) {
        const struct given_method *entry = wanted.items[i];
        if (entry->rival != NULL)
            report_conflict(model, user, entry);
        entry->method->is_class_side = class_side;
        entry->method->number = model->method_count++;
        list_add(methods_of(user, class_side), entry->method);
    }
}

void traits_compose(struct model *model)
{
    for (size_t i = 0; i < model->classes.count; i++) {
        compose(model, model->classes.items[i], false);
        compose(model, model->classes.items[i], true);
    }
}
