/* Second pass: which variables are shared, and the number of every temporary. */
#include "image/bootstrap/scope_internal.h"

/* Whether a loop lies around both places and inside the region that declares the variable: then what is written later in
 * the text may run before what is captured earlier, one round on. */
static bool in_one_loop(const struct region *a, const struct region *b,
                        const struct region *declared)
{
    bool found = false;
    while (a != declared && b != declared) {
        if (a->depth > b->depth) {
            a = a->parent;
        } else if (b->depth > a->depth) {
            b = b->parent;
        } else if (a != b) {
            a = a->parent;
            b = b->parent;
        } else {
            found = found || a->is_loop;
            a = a->parent;
            b = b->parent;
        }
    }
    return found;
}

static bool must_be_shared(const struct variable *variable)
{
    for (size_t i = 0; i < variable->captures.count; i++) {
        const struct occurrence *capture = variable->captures.items[i];
        for (size_t j = 0; j < variable->writes.count; j++) {
            const struct occurrence *write = variable->writes.items[j];
            if (write->region == NULL || write->offset > capture->offset ||
                in_one_loop(capture->region, write->region, variable->region))
                return true;
        }
    }
    return false;
}

static void share(struct variable *variable)
{
    struct region *region = variable->region;
    variable->is_shared = true;
    variable->index = region->shared_count++;
    if (region->vector == NULL) {
        region->vector = NEW(struct variable);
        region->vector->kind = VARIABLE_LOCAL;
        region->vector->name = text_from(" vector");
        region->vector->scope = region->scope;
        region->vector->region = region;
        list_add(&region->scope->variables, region->vector);
    }
}

static struct variable *carrier(struct variable *variable)
{
    return variable->is_shared ? variable->region->vector : variable;
}

static void collect_captured(struct scope *scope)
{
    for (size_t i = 0; i < scope->references.count; i++) {
        struct variable *variable = carrier(scope->references.items[i]);
        bool known = false;
        for (size_t j = 0; j < scope->captured.count; j++)
            known = known || scope->captured.items[j] == variable;
        if (!known)
            list_add(&scope->captured, variable);
    }
}

/* Arguments, copied values, temporaries and vectors, and last the error code of a primitive, which the VM puts on top of a
 * fresh frame. */
static bool number_temporaries(struct scope *scope, struct source_error *error)
{
    uint32_t next = 0;
    for (size_t i = 0; i < scope->variables.count; i++) {
        struct variable *variable = scope->variables.items[i];
        if (variable->is_shared || variable == scope->error_code)
            continue;
        if (next == scope->argument_count)
            next += (uint32_t)scope->captured.count;
        variable->index = next++;
    }
    if (next <= scope->argument_count)
        next = scope->argument_count + (uint32_t)scope->captured.count;
    if (scope->error_code != NULL)
        scope->error_code->index = next++;
    scope->temporary_count = next;
    if (next > COMPILER_TEMPORARIES_MAX)
        return source_fail(error, scope->start,
                           "%u arguments, temporaries and copied variables are more than %d", next,
                           COMPILER_TEMPORARIES_MAX);
    return true;
}

/* Moves variables that cannot be copied into the vectors of their regions. */
static bool share_variables(struct scope *scope, struct source_error *error)
{
    uint32_t most = 0;
    size_t count = scope->variables.count;
    for (size_t i = 0; i < count; i++) {
        struct variable *variable = scope->variables.items[i];
        if (!must_be_shared(variable))
            continue;
        share(variable);
        if (most < variable->region->shared_count)
            most = variable->region->shared_count;
    }
    return most <= COMPILER_SHARED_MAX ||
           source_fail(error, scope->start, "%u variables that closures share are more than %d",
                       most, COMPILER_SHARED_MAX);
}

bool scope_place(struct analysis *analysis)
{
    for (size_t i = 0; i < analysis->scopes.count; i++)
        if (!share_variables(analysis->scopes.items[i], analysis->error))
            return false;
    for (size_t i = 0; i < analysis->scopes.count; i++) {
        struct scope *scope = analysis->scopes.items[i];
        collect_captured(scope);
        if (!number_temporaries(scope, analysis->error))
            return false;
    }
    return true;
}

uint32_t scope_temporary_index(const struct scope *scope, const struct variable *variable)
{
    if (variable->scope == scope)
        return variable->index;
    size_t i = 0;
    while (scope->captured.items[i] != variable)
        i++;
    return scope->argument_count + (uint32_t)i;
}
