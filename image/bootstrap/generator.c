#include "image/bootstrap/generator.h"

static struct code_description *generate_closure_code(struct generator *outer,
                                                      const struct node *block);

static void generate_return(struct generator *generator, const struct node *value)
{
    if (value->kind == NODE_VARIABLE) {
        enum variable_kind kind = value->as.variable.variable->kind;
        if (kind == VARIABLE_SELF || kind == VARIABLE_TRUE || kind == VARIABLE_FALSE ||
            kind == VARIABLE_NIL) {
            emit_return_known(generator, kind);
            return;
        }
    }
    generate_value(generator, value);
    emit_return_top(generator);
}

static void generate_closure(struct generator *generator, const struct node *block)
{
    const struct scope *scope = block->as.block.scope;
    for (size_t i = 0; i < scope->captured.count; i++)
        emit_push_temporary(generator,
                            scope_temporary_index(generator->scope, scope->captured.items[i]));
    if (!generator->reachable) {
        emit_closure(generator, NULL, scope->captured.count, true);
        return;
    }
    struct literal *literal = NEW(struct literal);
    literal->kind = LITERAL_BLOCK;
    literal->as.code = generate_closure_code(generator, block);
    emit_closure(generator, literal, scope->captured.count,
                 scope->needs_home || generator->options->portable);
}

static void generate_brace(struct generator *generator, const struct node *brace)
{
    size_t count = brace->as.brace.count;
    if (count <= BRACE_PUSHED_MAX) {
        for (size_t i = 0; i < count; i++)
            generate_value(generator, brace->as.brace.elements[i]);
        emit_new_array(generator, count, true);
        return;
    }
    emit_push_variable(generator, brace->as.brace.array_class);
    emit_push_literal(generator, literal_integer((int64_t)count));
    emit_send(generator, text_from("new:"), 1, false);
    for (size_t i = 0; i < count; i++) {
        emit_duplicate(generator);
        emit_push_literal(generator, literal_integer((int64_t)i + 1));
        generate_value(generator, brace->as.brace.elements[i]);
        emit_send(generator, text_from("at:put:"), 2, false);
        emit_pop(generator);
    }
}

static bool is_super(const struct node *receiver)
{
    return receiver->kind == NODE_VARIABLE &&
           receiver->as.variable.variable->kind == VARIABLE_SUPER;
}

/* Arguments and send; the receiver is on the stack. */
static void generate_send(struct generator *generator, const struct node *message, bool to_super)
{
    for (size_t i = 0; i < message->as.message.argument_count; i++)
        generate_value(generator, message->as.message.arguments[i]);
    emit_send(generator, message->as.message.selector, message->as.message.argument_count,
              to_super);
}

/* Chains of real sends are walked, not recursed into: they are as deep as they are long. */
static void generate_message(struct generator *generator, const struct node *message)
{
    struct list chain = {NULL, 0, 0};
    const struct node *node = message;
    union {
        const struct node *node;
        void *item;
    } stored;
    for (; node->kind == NODE_MESSAGE && node->as.message.inlined == INLINE_NONE;
         node = node->as.message.receiver) {
        stored.node = node;
        list_add(&chain, stored.item);
    }
    generate_value(generator, node);
    for (size_t i = chain.count; i-- > 0;) {
        const struct node *send = chain.items[i];
        generate_send(generator, send, is_super(send->as.message.receiver));
    }
}

static void generate_cascade(struct generator *generator, const struct node *cascade)
{
    const struct node *receiver = cascade->as.cascade.receiver;
    size_t count = cascade->as.cascade.message_count;
    generate_value(generator, receiver);
    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count;
        if (!last)
            emit_duplicate(generator);
        generate_send(generator, cascade->as.cascade.messages[i], is_super(receiver));
        if (!last)
            emit_pop(generator);
    }
}

void generate_value(struct generator *generator, const struct node *node)
{
    uint32_t depth = generator->depth;
    switch (node->kind) {
    case NODE_VARIABLE:
        emit_push_variable(generator, node->as.variable.variable);
        break;
    case NODE_LITERAL:
        emit_push_literal(generator, node->as.literal);
        break;
    case NODE_ASSIGNMENT:
        generate_value(generator, node->as.assignment.value);
        emit_store_variable(generator, node->as.assignment.target->as.variable.variable, false);
        break;
    case NODE_MESSAGE:
        if (node->as.message.inlined != INLINE_NONE)
            generate_inlined(generator, node, true);
        else
            generate_message(generator, node);
        break;
    case NODE_CASCADE:
        generate_cascade(generator, node);
        break;
    case NODE_RETURN:
        generate_return(generator, node->as.result);
        break;
    case NODE_BLOCK:
        generate_closure(generator, node);
        break;
    case NODE_BRACE:
        generate_brace(generator, node);
        break;
    }
    generator->depth = depth + 1;
}

void generate_effect(struct generator *generator, const struct node *node)
{
    uint32_t depth = generator->depth;
    switch (node->kind) {
    case NODE_VARIABLE:
    case NODE_LITERAL:
    case NODE_BLOCK:
        break;
    case NODE_ASSIGNMENT:
        generate_value(generator, node->as.assignment.value);
        emit_store_variable(generator, node->as.assignment.target->as.variable.variable, true);
        break;
    case NODE_RETURN:
        generate_return(generator, node->as.result);
        break;
    case NODE_MESSAGE:
        if (node->as.message.inlined != INLINE_NONE) {
            generate_inlined(generator, node, false);
            break;
        }
        generate_value(generator, node);
        emit_pop(generator);
        break;
    case NODE_CASCADE:
    case NODE_BRACE:
        generate_value(generator, node);
        emit_pop(generator);
        break;
    }
    generator->depth = depth;
}

static bool is_in_loop(const struct region *region)
{
    for (; region != NULL; region = region->parent)
        if (region->is_loop)
            return true;
    return false;
}

void generate_entry(struct generator *generator, const struct region *region,
                    const struct sequence *sequence)
{
    if (region != NULL && region->vector != NULL) {
        emit_new_array(generator, region->shared_count, false);
        emit_store_variable(generator, region->vector, true);
    }
    for (size_t i = 0; i < sequence->temporary_count; i++) {
        const struct variable *variable = sequence->temporaries[i].variable;
        if (variable->is_shared || !variable->is_read_first || !is_in_loop(variable->region))
            continue;
        emit_push_nil(generator);
        emit_store_variable(generator, variable, true);
    }
}

void generate_block(struct generator *generator, const struct node *block, bool for_value)
{
    const struct sequence *body = &block->as.block.body;
    uint32_t depth = generator->depth;
    generate_entry(generator, block->as.block.region, body);
    for (size_t i = 0; i < body->statement_count; i++) {
        if (for_value && i + 1 == body->statement_count)
            generate_value(generator, body->statements[i]);
        else
            generate_effect(generator, body->statements[i]);
    }
    if (for_value && body->statement_count == 0)
        emit_push_nil(generator);
    generator->depth = depth + (for_value ? 1 : 0);
}

static void start(struct generator *generator, const struct scope *scope, bool is_block)
{
    generator->scope = scope;
    generator->is_block = is_block;
    generator->reachable = true;
}

/* Literals that the VM and the image find by their place at the end, then bytes and header. */
static struct code_description *finish(struct generator *generator)
{
    struct code_description *code = NEW(struct code_description);
    const struct scope *scope = generator->scope;
    struct list *literals = &generator->literals;
    union {
        const struct literal *literal;
        void *item;
    } last = {.literal = literal_make(generator->is_block ? LITERAL_ENCLOSING_CODE
                                                          : LITERAL_METHOD_STATE)};
    list_add(literals, last.item);
    if (!generator->is_block) {
        last.literal = literal_make(LITERAL_CLASS_BINDING);
        list_add(literals, last.item);
    }
    uint32_t frame = scope->temporary_count + generator->depth_max;
    if (frame > COMPILER_FRAME_MAX)
        source_fail(
            generator->error, scope->start,
            "temporaries and intermediate values need %u places in the frame; %d is the most",
            frame, COMPILER_FRAME_MAX);
    if (!assembler_finish(&generator->assembler, &code->bytes, &code->byte_count))
        source_fail(generator->error, scope->start, "a jump is longer than 32 KB");
    code->is_block = generator->is_block;
    code->large_frame = frame > 16;
    code->argument_count = scope->argument_count;
    code->temporary_count = scope->temporary_count;
    code->literals = (const struct literal **)(void *)literals->items;
    code->literal_count = literals->count;
    return code;
}

static struct code_description *generate_closure_code(struct generator *outer,
                                                      const struct node *block)
{
    struct generator *generator = NEW(struct generator);
    const struct sequence *body = &block->as.block.body;
    generator->options = outer->options;
    generator->error = outer->error;
    start(generator, block->as.block.scope, true);
    generate_entry(generator, block->as.block.region, body);
    for (size_t i = 0; i + 1 < body->statement_count; i++)
        generate_effect(generator, body->statements[i]);
    const struct node *last =
        body->statement_count > 0 ? body->statements[body->statement_count - 1] : NULL;
    if (last == NULL ||
        (last->kind == NODE_VARIABLE && last->as.variable.variable->kind == VARIABLE_NIL)) {
        emit_block_return(generator, true);
    } else {
        generate_value(generator, last);
        emit_block_return(generator, false);
    }
    return finish(generator);
}

/* A method that only answers itself, a common constant or a slot: the number that says so, 0 for others. */
static uint32_t quick_primitive(const struct method_node *method,
                                const struct compiler_options *options)
{
    const struct sequence *body = &method->body;
    if (method->primitive != 0 || method->is_evaluation || options->long_slots ||
        method->argument_count > 0 || method->scope->temporary_count > 0)
        return 0;
    if (body->statement_count == 0)
        return 256;
    const struct node *first = body->statements[0];
    if (first->kind != NODE_RETURN)
        return 0;
    const struct node *value = first->as.result;
    if (value->kind == NODE_LITERAL && value->as.literal->kind == LITERAL_INTEGER) {
        int64_t integer = value->as.literal->as.integer;
        return integer >= -1 && integer <= 2 ? (uint32_t)(261 + integer) : 0;
    }
    if (value->kind != NODE_VARIABLE)
        return 0;
    const struct variable *variable = value->as.variable.variable;
    switch (variable->kind) {
    case VARIABLE_SELF:
        return 256;
    case VARIABLE_TRUE:
        return 257;
    case VARIABLE_FALSE:
        return 258;
    case VARIABLE_NIL:
        return 259;
    case VARIABLE_INSTANCE:
        return variable->index <= 255 ? 264 + variable->index : 0;
    default:
        return 0;
    }
}

static void describe_pragmas(struct code_description *code, const struct method_node *method)
{
    struct pragma *pragmas = NEW_ARRAY(struct pragma, method->pragma_count);
    for (size_t i = 0; i < method->pragma_count; i++) {
        pragmas[i].keyword = method->pragmas[i].keyword;
        pragmas[i].arguments = method->pragmas[i].arguments.items;
        pragmas[i].argument_count = method->pragmas[i].arguments.count;
    }
    code->pragmas = pragmas;
    code->pragma_count = method->pragma_count;
}

struct code_description *generate_method(const struct method_node *method,
                                         const struct compiler_options *options,
                                         struct source_error *error)
{
    struct generator *generator = NEW(struct generator);
    generator->options = options;
    generator->error = error;
    start(generator, method->scope, false);
    uint32_t quick = quick_primitive(method, options);
    uint32_t primitive = quick != 0 ? quick : method->primitive;
    if (method->external_call != NULL)
        emit_literal_index(generator, method->external_call);
    if (primitive != 0)
        emit_primitive(generator, primitive, method->scope->error_code);
    generate_entry(generator, method->scope->region, &method->body);
    for (size_t i = 0; i < method->body.statement_count; i++)
        generate_effect(generator, method->body.statements[i]);
    if (generator->reachable)
        emit_return_known(generator, VARIABLE_SELF);
    struct code_description *code = finish(generator);
    code->primitive = primitive;
    code->selector = method->selector;
    describe_pragmas(code, method);
    return error->failed ? NULL : code;
}
