/*
 * Statements and expressions.
 *
 *     statements = { statement "." } ;  statement = [ "^" ] expression
 *     expression = { name ":=" } cascade ;  cascade = message { ";" message-part }
 *     keyword > binary > unary in how late they bind; primaries are names, literals, blocks, braces and parentheses.
 */
#include "image/bootstrap/parser_internal.h"

static struct node *parse_expression(struct parser *parser);

bool parser_fail_here(struct parser *parser, const char *sentence)
{
    return source_fail(parser->error, current(parser)->start, "%s", sentence);
}

bool parser_accept(struct parser *parser, enum token_kind kind)
{
    if (!at_token(parser, kind))
        return false;
    lexer_next(&parser->lexer);
    return true;
}

bool parser_expect(struct parser *parser, enum token_kind kind, const char *missing)
{
    if (parser_accept(parser, kind))
        return true;
    return source_fail(parser->error, current(parser)->start, "%s is missing", missing);
}

bool parser_enter(struct parser *parser)
{
    if (++parser->nesting <= PARSER_NESTING_MAX)
        return true;
    return source_fail(parser->error, current(parser)->start,
                       "the source is nested more than %d deep", PARSER_NESTING_MAX);
}

void parser_leave(struct parser *parser)
{
    parser->nesting--;
}

struct node *parser_node(struct parser *parser, enum node_kind kind, size_t start)
{
    struct node *node = NEW(struct node);
    node->kind = kind;
    node->start = start;
    node->limit = parser->lexer.previous_limit;
    return node;
}

static struct node *variable_node(struct parser *parser)
{
    struct text name = current(parser)->text;
    size_t start = current(parser)->start;
    lexer_next(&parser->lexer);
    struct node *node = parser_node(parser, NODE_VARIABLE, start);
    node->as.variable.name = name;
    return node;
}

static void add_declaration(struct list *names, struct parser *parser)
{
    struct declaration *declaration = NEW(struct declaration);
    declaration->name = current(parser)->text;
    declaration->start = current(parser)->start;
    list_add(names, declaration);
    lexer_next(&parser->lexer);
}

static struct declaration *declarations(const struct list *names)
{
    struct declaration *result = NEW_ARRAY(struct declaration, names->count);
    for (size_t i = 0; i < names->count; i++)
        result[i] = *(struct declaration *)names->items[i];
    return result;
}

/* Takes one bar of `|` or `||`. */
static bool accept_bar(struct parser *parser)
{
    if (!at_token(parser, TOKEN_BINARY) || current(parser)->text.bytes[0] != '|')
        return false;
    lexer_split_binary(&parser->lexer, 1);
    lexer_next(&parser->lexer);
    return true;
}

void parse_temporaries(struct parser *parser, struct sequence *sequence)
{
    struct list names = {NULL, 0, 0};
    while (accept_bar(parser)) {
        while (at_token(parser, TOKEN_IDENTIFIER))
            add_declaration(&names, parser);
        if (!accept_bar(parser)) {
            parser_fail_here(parser, "a temporary's name or | is missing");
            return;
        }
    }
    sequence->temporaries = declarations(&names);
    sequence->temporary_count = names.count;
}

static struct node *parse_statement(struct parser *parser)
{
    size_t start = current(parser)->start;
    if (!parser_accept(parser, TOKEN_CARET))
        return parse_expression(parser);
    struct node *result = parse_expression(parser);
    if (result == NULL)
        return NULL;
    struct node *node = parser_node(parser, NODE_RETURN, start);
    node->as.result = result;
    return node;
}

void parse_statement_list(struct parser *parser, struct sequence *sequence)
{
    struct list statements = {NULL, 0, 0};
    while (!parser->error->failed) {
        if (parser_accept(parser, TOKEN_PERIOD))
            continue;
        if (at_token(parser, TOKEN_END) || at_token(parser, TOKEN_CLOSE_BRACKET))
            break;
        struct node *statement = parse_statement(parser);
        if (statement == NULL)
            break;
        list_add(&statements, statement);
        if (at_token(parser, TOKEN_END) || at_token(parser, TOKEN_CLOSE_BRACKET))
            break;
        if (!at_token(parser, TOKEN_PERIOD))
            parser_fail_here(parser, "this does not go on from the expression before it");
    }
    sequence->statements = (struct node **)(void *)statements.items;
    sequence->statement_count = statements.count;
}

static struct node *parse_block(struct parser *parser)
{
    size_t start = current(parser)->start;
    struct list names = {NULL, 0, 0};
    if (!parser_enter(parser))
        return NULL;
    lexer_next(&parser->lexer);
    struct node *node = parser_node(parser, NODE_BLOCK, start);
    while (parser_accept(parser, TOKEN_COLON)) {
        if (!at_token(parser, TOKEN_IDENTIFIER)) {
            parser_fail_here(parser, "the name of a block argument is missing");
            return NULL;
        }
        add_declaration(&names, parser);
    }
    node->as.block.arguments = declarations(&names);
    node->as.block.argument_count = names.count;
    if (names.count > 0 && !accept_bar(parser) && !at_token(parser, TOKEN_CLOSE_BRACKET)) {
        parser_fail_here(parser, "| is missing after the block's arguments");
        return NULL;
    }
    parse_temporaries(parser, &node->as.block.body);
    parse_statement_list(parser, &node->as.block.body);
    if (!parser_expect(parser, TOKEN_CLOSE_BRACKET, "]"))
        return NULL;
    parser_leave(parser);
    node->limit = parser->lexer.previous_limit;
    return node;
}

static struct node *parse_brace(struct parser *parser)
{
    size_t start = current(parser)->start;
    struct list elements = {NULL, 0, 0};
    if (!parser_enter(parser))
        return NULL;
    lexer_next(&parser->lexer);
    while (!at_token(parser, TOKEN_CLOSE_BRACE)) {
        if (parser_accept(parser, TOKEN_PERIOD))
            continue;
        struct node *element = parse_expression(parser);
        if (element == NULL)
            return NULL;
        list_add(&elements, element);
        if (!at_token(parser, TOKEN_PERIOD) && !at_token(parser, TOKEN_CLOSE_BRACE)) {
            parser_fail_here(parser, ". or } is missing");
            return NULL;
        }
    }
    lexer_next(&parser->lexer);
    parser_leave(parser);
    struct node *node = parser_node(parser, NODE_BRACE, start);
    node->as.brace.elements = (struct node **)(void *)elements.items;
    node->as.brace.count = elements.count;
    return node;
}

static struct node *parse_parenthesis(struct parser *parser)
{
    if (!parser_enter(parser))
        return NULL;
    lexer_next(&parser->lexer);
    struct node *node = parse_expression(parser);
    if (node == NULL || !parser_expect(parser, TOKEN_CLOSE_PAREN, ")"))
        return NULL;
    parser_leave(parser);
    return node;
}

static struct node *parse_primary(struct parser *parser)
{
    switch (current(parser)->kind) {
    case TOKEN_IDENTIFIER:
        return variable_node(parser);
    case TOKEN_OPEN_BRACKET:
        return parse_block(parser);
    case TOKEN_OPEN_BRACE:
        return parse_brace(parser);
    case TOKEN_OPEN_PAREN:
        return parse_parenthesis(parser);
    default:
        break;
    }
    size_t start = current(parser)->start;
    const struct literal *literal = parse_literal(parser);
    if (literal == NULL) {
        parser_fail_here(parser, "an expression is missing");
        return NULL;
    }
    struct node *node = parser_node(parser, NODE_LITERAL, start);
    node->as.literal = literal;
    return node;
}

static struct node *message_node(struct parser *parser, struct node *receiver, size_t start,
                                 struct text selector, const struct list *arguments)
{
    struct node *node = parser_node(parser, NODE_MESSAGE, start);
    node->as.message.receiver = receiver;
    node->as.message.selector = selector;
    node->as.message.arguments = (struct node **)(void *)arguments->items;
    node->as.message.argument_count = arguments->count;
    return node;
}

/* One unary message at the current token; receiver NULL in a cascade. */
static struct node *unary_message(struct parser *parser, struct node *receiver, size_t start)
{
    const struct list none = {NULL, 0, 0};
    struct text selector = current(parser)->text;
    lexer_next(&parser->lexer);
    return message_node(parser, receiver, start, selector, &none);
}

static struct node *parse_unary(struct parser *parser)
{
    size_t start = current(parser)->start;
    struct node *node = parse_primary(parser);
    while (node != NULL && at_token(parser, TOKEN_IDENTIFIER))
        node = unary_message(parser, node, start);
    return node;
}

static struct node *binary_message(struct parser *parser, struct node *receiver, size_t start)
{
    struct list arguments = {NULL, 0, 0};
    struct text selector = current(parser)->text;
    lexer_next(&parser->lexer);
    struct node *argument = parse_unary(parser);
    if (argument == NULL)
        return NULL;
    list_add(&arguments, argument);
    return message_node(parser, receiver, start, selector, &arguments);
}

static struct node *parse_binary(struct parser *parser)
{
    size_t start = current(parser)->start;
    struct node *node = parse_unary(parser);
    while (node != NULL && at_token(parser, TOKEN_BINARY))
        node = binary_message(parser, node, start);
    return node;
}

static struct node *keyword_message(struct parser *parser, struct node *receiver, size_t start)
{
    struct list arguments = {NULL, 0, 0};
    struct buffer selector = {NULL, 0, 0};
    while (at_token(parser, TOKEN_KEYWORD)) {
        buffer_add(&selector, current(parser)->text.bytes, current(parser)->text.size);
        lexer_next(&parser->lexer);
        struct node *argument = parse_binary(parser);
        if (argument == NULL)
            return NULL;
        list_add(&arguments, argument);
    }
    return message_node(parser, receiver, start, buffer_text(&selector), &arguments);
}

static struct node *parse_keyword(struct parser *parser)
{
    size_t start = current(parser)->start;
    struct node *node = parse_binary(parser);
    if (node != NULL && at_token(parser, TOKEN_KEYWORD))
        return keyword_message(parser, node, start);
    return node;
}

static struct node *cascade_part(struct parser *parser)
{
    size_t start = current(parser)->start;
    switch (current(parser)->kind) {
    case TOKEN_IDENTIFIER:
        return unary_message(parser, NULL, start);
    case TOKEN_BINARY:
        return binary_message(parser, NULL, start);
    case TOKEN_KEYWORD:
        return keyword_message(parser, NULL, start);
    default:
        parser_fail_here(parser, "a message is missing after ;");
        return NULL;
    }
}

static struct node *parse_cascade(struct parser *parser)
{
    struct node *node = parse_keyword(parser);
    if (node == NULL || !at_token(parser, TOKEN_SEMICOLON))
        return node;
    if (node->kind != NODE_MESSAGE) {
        parser_fail_here(parser, "a cascade must follow a message");
        return NULL;
    }
    struct list messages = {NULL, 0, 0};
    struct node *receiver = node->as.message.receiver;
    node->as.message.receiver = NULL;
    list_add(&messages, node);
    while (parser_accept(parser, TOKEN_SEMICOLON)) {
        struct node *message = cascade_part(parser);
        if (message == NULL)
            return NULL;
        list_add(&messages, message);
    }
    struct node *cascade = parser_node(parser, NODE_CASCADE, node->start);
    cascade->as.cascade.receiver = receiver;
    cascade->as.cascade.messages = (struct node **)(void *)messages.items;
    cascade->as.cascade.message_count = messages.count;
    return cascade;
}

/* Whether `name :=` begins here. */
static bool at_assignment(const struct parser *parser)
{
    if (!at_token(parser, TOKEN_IDENTIFIER))
        return false;
    struct lexer ahead = parser->lexer;
    struct source_error ignored = {.failed = false};
    ahead.error = &ignored;
    lexer_next(&ahead);
    return ahead.token.kind == TOKEN_ASSIGN;
}

static struct node *parse_expression(struct parser *parser)
{
    if (!at_assignment(parser))
        return parse_cascade(parser);
    if (!parser_enter(parser))
        return NULL;
    struct node *target = variable_node(parser);
    lexer_next(&parser->lexer);
    struct node *value = parse_expression(parser);
    if (value == NULL)
        return NULL;
    parser_leave(parser);
    struct node *node = parser_node(parser, NODE_ASSIGNMENT, target->start);
    node->as.assignment.target = target;
    node->as.assignment.value = value;
    return node;
}
