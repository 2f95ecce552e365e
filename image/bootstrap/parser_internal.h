/* Shared by the parser's files: parser.c (statements and expressions), parse_literal.c, parse_method.c. */
#ifndef VIV_BOOTSTRAP_PARSER_INTERNAL_H
#define VIV_BOOTSTRAP_PARSER_INTERNAL_H

#include "image/bootstrap/lexer.h"
#include "image/bootstrap/parser.h"

struct parser {
    struct lexer lexer;
    struct source_error *error;
    unsigned nesting;
};

static inline const struct token *current(const struct parser *parser)
{
    return &parser->lexer.token;
}

static inline bool at_token(const struct parser *parser, enum token_kind kind)
{
    return parser->lexer.token.kind == kind;
}

static inline bool at_binary(const struct parser *parser, const char *text)
{
    return at_token(parser, TOKEN_BINARY) && text_is(current(parser)->text, text);
}

/* Takes the token when it is of that kind. */
bool parser_accept(struct parser *parser, enum token_kind kind);
/* The same; says what is missing when it is not there. */
bool parser_expect(struct parser *parser, enum token_kind kind, const char *missing);
bool parser_fail_here(struct parser *parser, const char *sentence);
/* Brackets what may nest. */
bool parser_enter(struct parser *parser);
void parser_leave(struct parser *parser);

struct node *parser_node(struct parser *parser, enum node_kind kind, size_t start);

/* `| a b |`, any number of times; then statements up to a token that ends them. */
void parse_temporaries(struct parser *parser, struct sequence *sequence);
void parse_statement_list(struct parser *parser, struct sequence *sequence);

/* A number, string, character, symbol, array or byte array at the current token; NULL without an error when there is
 * none. In an array, words are symbols too. */
const struct literal *parse_literal(struct parser *parser);

#endif
