/* Method patterns, pragmas and the primitive declaration. */
#include "image/bootstrap/parser_internal.h"

static void declare(struct list *arguments, struct parser *parser)
{
    if (!at_token(parser, TOKEN_IDENTIFIER)) {
        parser_fail_here(parser, "the name of an argument is missing");
        return;
    }
    struct declaration *declaration = NEW(struct declaration);
    declaration->name = current(parser)->text;
    declaration->start = current(parser)->start;
    list_add(arguments, declaration);
    lexer_next(&parser->lexer);
}

static void read_pattern(struct parser *parser, struct method_node *method)
{
    struct list arguments = {NULL, 0, 0};
    struct buffer selector = {NULL, 0, 0};
    method->selector = current(parser)->text;
    if (at_token(parser, TOKEN_BINARY)) {
        lexer_next(&parser->lexer);
        declare(&arguments, parser);
    } else if (at_token(parser, TOKEN_KEYWORD)) {
        while (at_token(parser, TOKEN_KEYWORD)) {
            buffer_add(&selector, current(parser)->text.bytes, current(parser)->text.size);
            lexer_next(&parser->lexer);
            declare(&arguments, parser);
        }
        method->selector = buffer_text(&selector);
    } else if (!parser_accept(parser, TOKEN_IDENTIFIER)) {
        parser_fail_here(parser, "the method's selector is missing");
    }
    method->argument_count = arguments.count;
    method->arguments = NEW_ARRAY(struct declaration, arguments.count);
    for (size_t i = 0; i < arguments.count; i++)
        method->arguments[i] = *(struct declaration *)arguments.items[i];
}

static const struct literal *pragma_argument(struct parser *parser)
{
    struct text word = current(parser)->text;
    if (at_token(parser, TOKEN_IDENTIFIER)) {
        enum literal_kind kind = text_is(word, "nil")     ? LITERAL_NIL
                                 : text_is(word, "true")  ? LITERAL_TRUE
                                 : text_is(word, "false") ? LITERAL_FALSE
                                                          : LITERAL_SYMBOL;
        lexer_next(&parser->lexer);
        return kind == LITERAL_SYMBOL ? literal_text(kind, word) : literal_make(kind);
    }
    const struct literal *literal = parse_literal(parser);
    if (literal == NULL)
        parser_fail_here(parser, "a pragma's argument must be a literal");
    return literal;
}

static bool read_pragma_message(struct parser *parser, struct pragma_node *pragma)
{
    struct list arguments = {NULL, 0, 0};
    struct buffer keyword = {NULL, 0, 0};
    pragma->start = current(parser)->start;
    if (at_token(parser, TOKEN_IDENTIFIER)) {
        pragma->keyword = current(parser)->text;
        lexer_next(&parser->lexer);
        return true;
    }
    if (!at_token(parser, TOKEN_KEYWORD))
        return parser_fail_here(parser, "the pragma's name is missing after <");
    while (at_token(parser, TOKEN_KEYWORD)) {
        buffer_add(&keyword, current(parser)->text.bytes, current(parser)->text.size);
        lexer_next(&parser->lexer);
        union {
            const struct literal *literal;
            void *item;
        } argument = {.literal = pragma_argument(parser)};
        if (argument.literal == NULL)
            return false;
        list_add(&arguments, argument.item);
    }
    pragma->keyword = buffer_text(&keyword);
    pragma->arguments.items = (const struct literal **)(void *)arguments.items;
    pragma->arguments.count = arguments.count;
    return true;
}

static bool is_text_literal(const struct literal *literal)
{
    return literal->kind == LITERAL_STRING || literal->kind == LITERAL_SYMBOL;
}

/* Array with module or nil, function, and two numbers that the VM keeps for itself. */
static const struct literal *external_call(const struct literal *module,
                                           const struct literal *function)
{
    const struct literal **items = NEW_ARRAY(const struct literal *, 4);
    items[0] =
        module == NULL ? literal_make(LITERAL_NIL) : literal_text(LITERAL_SYMBOL, module->as.text);
    items[1] = literal_text(LITERAL_SYMBOL, function->as.text);
    items[2] = literal_integer(0);
    items[3] = literal_integer(0);
    return literal_array(items, 4);
}

static bool note_primitive(struct parser *parser, struct method_node *method,
                           const struct pragma_node *pragma)
{
    const struct literal *const *arguments = pragma->arguments.items;
    bool with_module = text_is(pragma->keyword, "primitive:module:") ||
                       text_is(pragma->keyword, "primitive:module:error:");
    bool with_error = text_is(pragma->keyword, "primitive:error:") ||
                      text_is(pragma->keyword, "primitive:module:error:");
    if (!with_module && !with_error && !text_is(pragma->keyword, "primitive:"))
        return true;
    if (method->primitive != 0)
        return source_fail(parser->error, pragma->start, "a method has at most one primitive");
    if (is_text_literal(arguments[0])) {
        if (with_module && !is_text_literal(arguments[1]))
            return source_fail(parser->error, pragma->start, "the module must be a string");
        method->primitive = 117;
        method->external_call = external_call(with_module ? arguments[1] : NULL, arguments[0]);
    } else if (arguments[0]->kind == LITERAL_INTEGER && !with_module &&
               arguments[0]->as.integer > 0 && arguments[0]->as.integer < 32768) {
        method->primitive = (uint32_t)arguments[0]->as.integer;
    } else {
        return source_fail(parser->error, pragma->start,
                           "a primitive is a number from 1 to 32767 or a name");
    }
    if (!with_error)
        return true;
    const struct literal *name = arguments[pragma->arguments.count - 1];
    if (!is_text_literal(name) || !lexer_is_identifier(name->as.text))
        return source_fail(parser->error, pragma->start,
                           "the temporary for the error code must be a name");
    method->error_code = NEW(struct declaration);
    method->error_code->name = name->as.text;
    method->error_code->start = pragma->start;
    return true;
}

static void read_pragmas(struct parser *parser, struct method_node *method, struct list *pragmas)
{
    while (at_binary(parser, "<")) {
        struct pragma_node *pragma = NEW(struct pragma_node);
        lexer_next(&parser->lexer);
        if (!read_pragma_message(parser, pragma) || !note_primitive(parser, method, pragma))
            return;
        if (!at_token(parser, TOKEN_BINARY) || current(parser)->text.bytes[0] != '>') {
            parser_fail_here(parser, "> is missing at the end of the pragma");
            return;
        }
        lexer_split_binary(&parser->lexer, 1);
        lexer_next(&parser->lexer);
        list_add(pragmas, pragma);
    }
}

/* Pragmas stand before or after the temporaries. */
static void read_body(struct parser *parser, struct method_node *method)
{
    struct list pragmas = {NULL, 0, 0};
    read_pragmas(parser, method, &pragmas);
    parse_temporaries(parser, &method->body);
    read_pragmas(parser, method, &pragmas);
    method->pragmas = NEW_ARRAY(struct pragma_node, pragmas.count);
    for (size_t i = 0; i < pragmas.count; i++)
        method->pragmas[i] = *(struct pragma_node *)pragmas.items[i];
    method->pragma_count = pragmas.count;
    parse_statement_list(parser, &method->body);
    if (!at_token(parser, TOKEN_END))
        parser_fail_here(parser, "this bracket closes nothing");
}

static struct method_node *parse(struct text source, bool is_method, struct source_error *error)
{
    struct parser *parser = NEW(struct parser);
    struct method_node *method = NEW(struct method_node);
    parser->error = error;
    method->is_evaluation = !is_method;
    lexer_start(&parser->lexer, source, 0, error);
    if (is_method)
        read_pattern(parser, method);
    else
        method->selector = text_from("DoIt");
    if (!error->failed)
        read_body(parser, method);
    return error->failed ? NULL : method;
}

struct method_node *parse_method(struct text source, struct source_error *error)
{
    return parse(source, true, error);
}

struct method_node *parse_statements(struct text source, struct source_error *error)
{
    return parse(source, false, error);
}

bool parse_pattern(struct text source, size_t offset, struct text *selector, size_t *limit,
                   struct source_error *error)
{
    struct parser *parser = NEW(struct parser);
    struct method_node *method = NEW(struct method_node);
    parser->error = error;
    lexer_start(&parser->lexer, source, offset, error);
    read_pattern(parser, method);
    *selector = method->selector;
    *limit = parser->lexer.previous_limit;
    return !error->failed;
}

size_t selector_argument_count(struct text selector)
{
    size_t count = 0;
    for (size_t i = 0; i < selector.size; i++)
        count += selector.bytes[i] == ':';
    bool word = selector.size > 0 && lexer_is_identifier((struct text){selector.bytes, 1});
    bool wide = selector.size > 0 && (uint8_t)selector.bytes[0] >= 0x80;
    return count > 0 || word || wide ? count : 1;
}
