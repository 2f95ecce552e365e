/*
 * The lexer: UTF-8 text to tokens, one at a time and on demand. Comments and white space are skipped. After an error every
 * further token is TOKEN_END, so that parsers unwind without tests of their own.
 *
 * The minus sign is always a binary token: whether `-3` is a number is the parser's decision, which lexer_negative_number
 * carries out.
 */
#ifndef VIV_BOOTSTRAP_LEXER_H
#define VIV_BOOTSTRAP_LEXER_H

#include "image/bootstrap/literal.h"
#include "image/bootstrap/source.h"

#include <stdint.h>

enum token_kind {
    TOKEN_END,
    TOKEN_IDENTIFIER,
    TOKEN_KEYWORD, /* one part, with its colon */
    TOKEN_BINARY,
    TOKEN_ASSIGN,
    TOKEN_CARET,
    TOKEN_SEMICOLON,
    TOKEN_PERIOD,
    TOKEN_COLON,
    TOKEN_OPEN_PAREN,
    TOKEN_CLOSE_PAREN,
    TOKEN_OPEN_BRACKET,
    TOKEN_CLOSE_BRACKET,
    TOKEN_OPEN_BRACE,
    TOKEN_CLOSE_BRACE,
    TOKEN_OPEN_ARRAY,      /* #( */
    TOKEN_OPEN_BYTE_ARRAY, /* #[ */
    TOKEN_LITERAL          /* number, character, string, symbol: see `literal` */
};

struct token {
    enum token_kind kind;
    size_t start;
    size_t limit;
    struct text text;
    const struct literal *literal;
};

struct lexer {
    struct text source;
    size_t position;       /* behind the current token */
    size_t previous_limit; /* end of the token before the current one */
    struct token token;
    struct source_error *error;
};

/* Starts at offset and reads the first token. The source must be valid UTF-8. */
void lexer_start(struct lexer *lexer, struct text source, size_t offset,
                 struct source_error *error);

/* Reads the next token into lexer->token. */
void lexer_next(struct lexer *lexer);

/* Makes a number of the current minus token and the digit right behind it; answers false when there is no such digit. */
bool lexer_negative_number(struct lexer *lexer);

/* Leaves the first `size` bytes of the current binary token behind: `||` in front of block temporaries. */
void lexer_split_binary(struct lexer *lexer, size_t size);

/* Whether the text is letters, digits and underscores, not beginning with a digit. */
bool lexer_is_identifier(struct text text);

#endif
