/*
 * Source text cut into tokens, one at a time: the plain ones, which nearly all are. A number with a radix, fraction, exponent
 * or scale, and whatever is wrong, is left to who asks, and so is the meaning of a token: here it is a kind and a stretch of
 * characters. Knows no objects. The rules are those of RBScanner (image/packages/AST), which does the same in Smalltalk.
 */
#ifndef VIV_PRIMITIVES_SOURCE_TOKENS_H
#define VIV_PRIMITIVES_SOURCE_TOKENS_H

#include "primitives/text_objects.h"

/* The first are kinds of RBScanner, in the order of its class variable Kinds; the others are literals to it. */
enum token_kind {
    TOKEN_END,
    TOKEN_IDENTIFIER,
    TOKEN_KEYWORD,
    TOKEN_BINARY,
    TOKEN_LITERAL,
    TOKEN_ASSIGN,
    TOKEN_COLON,
    TOKEN_CARET,
    TOKEN_SEMICOLON,
    TOKEN_PERIOD,
    TOKEN_OPEN_PAREN,
    TOKEN_CLOSE_PAREN,
    TOKEN_OPEN_BRACKET,
    TOKEN_CLOSE_BRACKET,
    TOKEN_OPEN_BRACE,
    TOKEN_CLOSE_BRACE,
    TOKEN_OPEN_ARRAY,
    TOKEN_OPEN_BYTE_ARRAY,
    TOKEN_COMMENT,
    TOKEN_KIND_COUNT,
    TOKEN_INTEGER,
    TOKEN_CHARACTER,
    TOKEN_STRING,
    TOKEN_SYMBOL,        /* behind # without quotes */
    TOKEN_QUOTED_SYMBOL, /* behind # in quotes */
    TOKEN_NOT_PLAIN,
};

/* Positions count from 0; limit is that of the first character behind the token. */
struct source_token {
    enum token_kind kind;
    size_t start;
    size_t limit;
};

/* The token, comment or end of the source that begins at the position or behind the white space there. */
struct source_token source_token_from(const struct text *source, size_t position);

#endif
