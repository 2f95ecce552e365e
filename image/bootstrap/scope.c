/* First pass: what names mean and which messages are inlined. scope_place.c then decides where variables live. */
#include "image/bootstrap/scope_internal.h"

static void visit(struct analysis *analysis, struct node *node);

static struct variable *new_variable(enum variable_kind kind, struct text name)
{
    struct variable *variable = NEW(struct variable);
    variable->kind = kind;
    variable->name = name;
    return variable;
}

static struct variable *new_local(struct analysis *analysis, struct text name)
{
    struct variable *variable = new_variable(VARIABLE_LOCAL, name);
    variable->scope = analysis->scope;
    variable->region = analysis->region;
    list_add(&analysis->scope->variables, variable);
    return variable;
}

static struct region *new_region(struct analysis *analysis, struct region *parent, bool is_loop)
{
    struct region *region = NEW(struct region);
    region->parent = parent;
    region->scope = analysis->scope;
    region->is_loop = is_loop;
    region->depth = parent == NULL ? 0 : parent->depth + 1;
    return region;
}

static struct scope *new_scope(struct analysis *analysis, size_t start)
{
    struct scope *scope = NEW(struct scope);
    scope->parent = analysis->scope;
    scope->start = start;
    analysis->scope = scope;
    scope->region = new_region(analysis, NULL, false);
    analysis->region = scope->region;
    list_add(&analysis->scopes, scope);
    return scope;
}

static bool reserved_kind(struct text name, enum variable_kind *kind)
{
    static const struct {
        const char *name;
        enum variable_kind kind;
    } reserved[] = {{"self", VARIABLE_SELF},
                    {"super", VARIABLE_SUPER},
                    {"nil", VARIABLE_NIL},
                    {"true", VARIABLE_TRUE},
                    {"false", VARIABLE_FALSE},
                    {"thisContext", VARIABLE_CONTEXT},
                    {"thisProcess", VARIABLE_PROCESS}};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        if (text_is(name, reserved[i].name)) {
            *kind = reserved[i].kind;
            return true;
        }
    }
    return false;
}

/* Makes the names visible from here on; pop_names takes them away again. */
static void push_names(struct analysis *analysis, struct declaration *names, size_t count,
                       bool are_arguments)
{
    for (size_t i = 0; i < count; i++) {
        enum variable_kind kind;
        if (reserved_kind(names[i].name, &kind))
            source_fail(analysis->error, names[i].start, "%.*s is a reserved name",
                        TEXT_ARGUMENTS(names[i].name));
        for (size_t j = 0; j < i; j++)
            if (text_equals(names[i].name, names[j].name))
                source_fail(analysis->error, names[i].start, "%.*s is declared twice",
                            TEXT_ARGUMENTS(names[i].name));
        struct variable *variable = new_local(analysis, names[i].name);
        variable->is_argument = are_arguments;
        names[i].variable = variable;
        list_add(&analysis->visible, variable);
    }
}

static void pop_names(struct analysis *analysis, size_t count)
{
    analysis->visible.count -= count;
}

static struct variable *find_local(const struct analysis *analysis, struct text name)
{
    for (size_t i = analysis->visible.count; i-- > 0;) {
        struct variable *variable = analysis->visible.items[i];
        if (text_equals(variable->name, name))
            return variable;
    }
    return NULL;
}

/* A variable from outside the source, looked up once. */
static struct variable *find_outside(struct analysis *analysis, struct text name, bool assigned,
                                     size_t offset)
{
    for (size_t i = 0; i < analysis->outside.count; i++) {
        struct variable *known = analysis->outside.items[i];
        if (text_equals(known->name, name) && !assigned)
            return known;
    }
    const struct compiler_environment *environment = analysis->environment;
    struct found_variable found;
    const struct variable_use use = {name, offset, assigned};
    memset(&found, 0, sizeof found);
    if (!environment->find_variable(environment->context, &use, &found)) {
        source_fail(analysis->error, offset, "undeclared variable '%.*s'", TEXT_ARGUMENTS(name));
        return NULL;
    }
    struct variable *variable =
        new_variable(found.is_instance_variable ? VARIABLE_INSTANCE : VARIABLE_BINDING, name);
    variable->index = found.index;
    variable->is_argument = found.is_constant;
    if (!found.is_instance_variable)
        variable->binding = literal_binding(found.binding);
    list_add(&analysis->outside, variable);
    return variable;
}

static void note_home(struct analysis *analysis)
{
    for (struct scope *scope = analysis->scope; scope != NULL; scope = scope->parent)
        scope->needs_home = true;
}

static void add_once(struct list *list, void *item)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] == item)
            return;
    list_add(list, item);
}

/* The block of the owner's own text in which the current scope lies: what captures the variable. */
static void note_capture(struct analysis *analysis, struct variable *variable)
{
    struct scope *scope = analysis->scope;
    for (; scope->parent != variable->scope; scope = scope->parent)
        add_once(&scope->references, variable);
    add_once(&scope->references, variable);
    struct occurrence *capture = NEW(struct occurrence);
    capture->offset = scope->start;
    capture->region = scope->outer_region;
    list_add(&variable->captures, capture);
}

static struct variable *resolve(struct analysis *analysis, struct node *node, bool assigned)
{
    struct text name = node->as.variable.name;
    enum variable_kind kind;
    struct variable *variable = find_local(analysis, name);
    if (variable == NULL && reserved_kind(name, &kind)) {
        variable = new_variable(kind, name);
        variable->is_argument = true;
        if (kind == VARIABLE_CONTEXT)
            note_home(analysis);
        if (kind == VARIABLE_PROCESS && !assigned) {
            struct variable *processor =
                find_outside(analysis, text_from("Processor"), false, node->start);
            if (processor != NULL)
                variable->binding = processor->binding;
        }
    } else if (variable == NULL) {
        variable = find_outside(analysis, name, assigned, node->start);
    } else if (variable->scope != analysis->scope) {
        note_capture(analysis, variable);
    }
    node->as.variable.variable = variable;
    return variable;
}

static void visit_variable(struct analysis *analysis, struct node *node)
{
    struct variable *variable = resolve(analysis, node, false);
    if (variable == NULL)
        return;
    if (variable->kind == VARIABLE_SUPER)
        source_fail(analysis->error, node->start, "super must be sent a message");
    if (!variable->is_assigned)
        variable->is_read_first = true;
}

/* is_statement: the assignment runs whenever the block around it does. */
static void visit_assignment(struct analysis *analysis, struct node *node, bool is_statement)
{
    struct node *target = node->as.assignment.target;
    struct node *value = node->as.assignment.value;
    if (value->kind == NODE_ASSIGNMENT)
        visit_assignment(analysis, value, is_statement);
    else
        visit(analysis, value);
    struct variable *variable = resolve(analysis, target, true);
    if (variable == NULL)
        return;
    if (variable->is_argument) {
        source_fail(analysis->error, target->start, "%.*s cannot be assigned",
                    TEXT_ARGUMENTS(variable->name));
        return;
    }
    if (variable->kind != VARIABLE_LOCAL)
        return;
    struct occurrence *write = NEW(struct occurrence);
    write->offset = node->limit;
    write->region = variable->scope == analysis->scope ? analysis->region : NULL;
    list_add(&variable->writes, write);
    if (is_statement && variable->declared_in == analysis->sequence)
        variable->is_assigned = true;
}

static void visit_sequence(struct analysis *analysis, struct sequence *sequence)
{
    struct sequence *outer = analysis->sequence;
    analysis->sequence = sequence;
    push_names(analysis, sequence->temporaries, sequence->temporary_count, false);
    for (size_t i = 0; i < sequence->temporary_count; i++)
        sequence->temporaries[i].variable->declared_in = sequence;
    for (size_t i = 0; i < sequence->statement_count; i++) {
        struct node *statement = sequence->statements[i];
        if (statement->kind == NODE_ASSIGNMENT)
            visit_assignment(analysis, statement, true);
        else
            visit(analysis, statement);
    }
    pop_names(analysis, sequence->temporary_count);
    analysis->sequence = outer;
}

static void visit_inlined_block(struct analysis *analysis, struct node *block)
{
    push_names(analysis, block->as.block.arguments, block->as.block.argument_count, true);
    visit_sequence(analysis, &block->as.block.body);
    pop_names(analysis, block->as.block.argument_count);
}

/* A part of the loop whose region is current. */
static void visit_loop_block(struct analysis *analysis, struct node *block)
{
    struct region *loop = analysis->region;
    block->as.block.region = new_region(analysis, loop, false);
    analysis->region = block->as.block.region;
    visit_inlined_block(analysis, block);
    analysis->region = loop;
}

static void visit_closure(struct analysis *analysis, struct node *block)
{
    struct scope *outer = analysis->scope;
    struct region *outer_region = analysis->region;
    struct scope *scope = new_scope(analysis, block->start);
    scope->outer_region = outer_region;
    scope->argument_count = (uint32_t)block->as.block.argument_count;
    block->as.block.scope = scope;
    block->as.block.region = scope->region;
    if (scope->argument_count > COMPILER_ARGUMENTS_MAX)
        source_fail(analysis->error, block->start, "a block has at most %d arguments",
                    COMPILER_ARGUMENTS_MAX);
    visit_inlined_block(analysis, block);
    analysis->scope = outer;
    analysis->region = outer_region;
}

static void visit_loop(struct analysis *analysis, struct node *message)
{
    struct node *receiver = message->as.message.receiver;
    size_t count = message->as.message.argument_count;
    enum inline_kind kind = message->as.message.inlined;
    struct node *body = count > 0 ? message->as.message.arguments[count - 1] : NULL;
    struct region *outer = analysis->region;
    for (size_t i = 0; i + 1 < count; i++)
        visit(analysis, message->as.message.arguments[i]);
    if (kind == INLINE_TO_DO && message->as.message.arguments[0]->kind != NODE_LITERAL)
        message->as.message.hidden[0] = new_local(analysis, text_from(" limit"));
    if (kind == INLINE_TIMES) {
        message->as.message.hidden[0] = new_local(analysis, text_from(" limit"));
        message->as.message.hidden[1] = new_local(analysis, text_from(" counter"));
    }
    analysis->region = new_region(analysis, outer, true);
    if (kind == INLINE_WHILE || kind == INLINE_REPEAT)
        visit_loop_block(analysis, receiver);
    if (body != NULL)
        visit_loop_block(analysis, body);
    analysis->region = outer;
}

/* Everything of a message but its receiver, which was visited before (unless it is an inlined loop's block). */
static void visit_message_rest(struct analysis *analysis, struct node *message)
{
    size_t count = message->as.message.argument_count;
    if (count > COMPILER_ARGUMENTS_MAX)
        source_fail(analysis->error, message->start, "a message has at most %d arguments",
                    COMPILER_ARGUMENTS_MAX);
    switch (message->as.message.inlined) {
    case INLINE_NONE:
        for (size_t i = 0; i < count; i++)
            visit(analysis, message->as.message.arguments[i]);
        break;
    case INLINE_IF:
    case INLINE_AND_OR:
    case INLINE_IF_NIL:
        for (size_t i = 0; i < count; i++)
            visit_inlined_block(analysis, message->as.message.arguments[i]);
        break;
    case INLINE_WHILE:
    case INLINE_REPEAT:
    case INLINE_TO_DO:
    case INLINE_TIMES:
        visit_loop(analysis, message);
        break;
    }
}

static void visit_receiver(struct analysis *analysis, struct node *receiver)
{
    if (receiver->kind == NODE_VARIABLE && text_is(receiver->as.variable.name, "super"))
        resolve(analysis, receiver, false);
    else
        visit(analysis, receiver);
}

/* A chain of messages is as deep as it is long: it is walked, not recursed into. */
static void visit_message(struct analysis *analysis, struct node *node)
{
    struct list chain = {NULL, 0, 0};
    for (; node->kind == NODE_MESSAGE; node = node->as.message.receiver) {
        node->as.message.inlined = inline_kind_of(node);
        list_add(&chain, node);
    }
    struct node *innermost = chain.items[chain.count - 1];
    enum inline_kind kind = innermost->as.message.inlined;
    if (kind != INLINE_WHILE && kind != INLINE_REPEAT)
        visit_receiver(analysis, node);
    for (size_t i = chain.count; i-- > 0;)
        visit_message_rest(analysis, chain.items[i]);
}

static void visit(struct analysis *analysis, struct node *node)
{
    switch (node->kind) {
    case NODE_VARIABLE:
        visit_variable(analysis, node);
        break;
    case NODE_LITERAL:
        break;
    case NODE_ASSIGNMENT:
        visit_assignment(analysis, node, false);
        break;
    case NODE_MESSAGE:
        visit_message(analysis, node);
        break;
    case NODE_CASCADE:
        visit_receiver(analysis, node->as.cascade.receiver);
        for (size_t i = 0; i < node->as.cascade.message_count; i++)
            visit_message_rest(analysis, node->as.cascade.messages[i]);
        break;
    case NODE_RETURN:
        visit(analysis, node->as.result);
        if (analysis->scope->parent != NULL)
            note_home(analysis);
        break;
    case NODE_BLOCK:
        visit_closure(analysis, node);
        break;
    case NODE_BRACE:
        if (node->as.brace.count > BRACE_PUSHED_MAX)
            node->as.brace.array_class =
                find_outside(analysis, text_from("Array"), false, node->start);
        for (size_t i = 0; i < node->as.brace.count; i++)
            visit(analysis, node->as.brace.elements[i]);
        break;
    }
}

bool scope_analyse(struct method_node *method, const struct compiler_environment *environment,
                   struct source_error *error)
{
    struct analysis *analysis = NEW(struct analysis);
    analysis->environment = environment;
    analysis->error = error;
    method->scope = new_scope(analysis, 0);
    method->scope->argument_count = (uint32_t)method->argument_count;
    if (method->argument_count > COMPILER_ARGUMENTS_MAX)
        source_fail(error, 0, "a method has at most %d arguments", COMPILER_ARGUMENTS_MAX);
    push_names(analysis, method->arguments, method->argument_count, true);
    if (method->error_code != NULL) {
        push_names(analysis, method->error_code, 1, true);
        method->scope->error_code = method->error_code->variable;
    }
    visit_sequence(analysis, &method->body);
    return !error->failed && scope_place(analysis);
}
