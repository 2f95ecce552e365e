/* Literal arrays and byte arrays, and the choice between a minus sign and a negative number. */
#include "image/bootstrap/parser_internal.h"

static const struct literal *parse_array(struct parser *parser);
static const struct literal *parse_byte_array(struct parser *parser);

static const struct literal *take(struct parser *parser, const struct literal *literal)
{
    lexer_next(&parser->lexer);
    return literal;
}

const struct literal *parse_literal(struct parser *parser)
{
    switch (current(parser)->kind) {
    case TOKEN_LITERAL:
        return take(parser, current(parser)->literal);
    case TOKEN_OPEN_ARRAY:
        return parse_array(parser);
    case TOKEN_OPEN_BYTE_ARRAY:
        return parse_byte_array(parser);
    case TOKEN_BINARY:
        return lexer_negative_number(&parser->lexer) ? take(parser, current(parser)->literal)
                                                     : NULL;
    default:
        return NULL;
    }
}

static const struct literal *word_literal(struct text word)
{
    if (text_is(word, "nil"))
        return literal_make(LITERAL_NIL);
    if (text_is(word, "true"))
        return literal_make(LITERAL_TRUE);
    if (text_is(word, "false"))
        return literal_make(LITERAL_FALSE);
    return literal_text(LITERAL_SYMBOL, word);
}

/* at:put: comes as two tokens without space between them. */
static const struct literal *keyword_symbol(struct parser *parser)
{
    struct lexer *lexer = &parser->lexer;
    struct text name = current(parser)->text;
    size_t limit = current(parser)->limit;
    lexer_next(lexer);
    while ((at_token(parser, TOKEN_KEYWORD) || at_token(parser, TOKEN_IDENTIFIER)) &&
           current(parser)->start == limit) {
        name.size += current(parser)->text.size;
        limit = current(parser)->limit;
        lexer_next(lexer);
    }
    return literal_text(LITERAL_SYMBOL, name);
}

static const struct literal *array_element(struct parser *parser)
{
    const struct literal *literal = parse_literal(parser);
    if (literal != NULL || parser->error->failed)
        return literal;
    switch (current(parser)->kind) {
    case TOKEN_IDENTIFIER:
        return take(parser, word_literal(current(parser)->text));
    case TOKEN_KEYWORD:
        return keyword_symbol(parser);
    case TOKEN_BINARY:
        return take(parser, literal_text(LITERAL_SYMBOL, current(parser)->text));
    case TOKEN_OPEN_PAREN:
        return parse_array(parser);
    case TOKEN_OPEN_BRACKET:
        return parse_byte_array(parser);
    default:
        parser_fail_here(parser, "an element of the literal array or ) is missing");
        return NULL;
    }
}

static const struct literal *parse_array(struct parser *parser)
{
    struct list items = {NULL, 0, 0};
    if (!parser_enter(parser))
        return NULL;
    lexer_next(&parser->lexer);
    while (!at_token(parser, TOKEN_CLOSE_PAREN)) {
        const struct literal *element = array_element(parser);
        if (element == NULL)
            return NULL;
        union {
            const struct literal *literal;
            void *item;
        } stored = {.literal = element};
        list_add(&items, stored.item);
    }
    lexer_next(&parser->lexer);
    parser_leave(parser);
    return literal_array((const struct literal **)(void *)items.items, items.count);
}

static const struct literal *parse_byte_array(struct parser *parser)
{
    struct buffer bytes = {NULL, 0, 0};
    lexer_next(&parser->lexer);
    while (!parser_accept(parser, TOKEN_CLOSE_BRACKET)) {
        const struct literal *element = current(parser)->literal;
        if (!at_token(parser, TOKEN_LITERAL) || element->kind != LITERAL_INTEGER ||
            element->as.integer < 0 || element->as.integer > 255) {
            parser_fail_here(parser, "an integer from 0 to 255 or ] is missing");
            return NULL;
        }
        char byte = (char)(uint8_t)element->as.integer;
        buffer_add(&bytes, &byte, 1);
        lexer_next(&parser->lexer);
    }
    return literal_text(LITERAL_BYTE_ARRAY, buffer_text(&bytes));
}
