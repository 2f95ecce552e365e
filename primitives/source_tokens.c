#include "primitives/source_tokens.h"

#include <string.h>

enum { NOT_FOUND_CODE = ' ', INTEGER_DIGITS_MAX = 17 };

static uint32_t code_at(const struct text *source, size_t index)
{
    return index < source->count ? text_at(source, index) : NOT_FOUND_CODE;
}

/* What the characters of ASCII are. */
enum { LETTER = 1, DIGIT = 2, BINARY = 4 };
#define BOTH_CASES(letter) [letter] = LETTER, [(letter)-32] = LETTER
static const uint8_t kinds[128] = {
    BOTH_CASES('a'), BOTH_CASES('b'), BOTH_CASES('c'), BOTH_CASES('d'), BOTH_CASES('e'),
    BOTH_CASES('f'), BOTH_CASES('g'), BOTH_CASES('h'), BOTH_CASES('i'), BOTH_CASES('j'),
    BOTH_CASES('k'), BOTH_CASES('l'), BOTH_CASES('m'), BOTH_CASES('n'), BOTH_CASES('o'),
    BOTH_CASES('p'), BOTH_CASES('q'), BOTH_CASES('r'), BOTH_CASES('s'), BOTH_CASES('t'),
    BOTH_CASES('u'), BOTH_CASES('v'), BOTH_CASES('w'), BOTH_CASES('x'), BOTH_CASES('y'),
    BOTH_CASES('z'), ['_'] = LETTER,  ['0'] = DIGIT,   ['1'] = DIGIT,   ['2'] = DIGIT,
    ['3'] = DIGIT,   ['4'] = DIGIT,   ['5'] = DIGIT,   ['6'] = DIGIT,   ['7'] = DIGIT,
    ['8'] = DIGIT,   ['9'] = DIGIT,   ['!'] = BINARY,  ['%'] = BINARY,  ['&'] = BINARY,
    ['*'] = BINARY,  ['+'] = BINARY,  [','] = BINARY,  ['/'] = BINARY,  ['<'] = BINARY,
    ['='] = BINARY,  ['>'] = BINARY,  ['?'] = BINARY,  ['@'] = BINARY,  ['\\'] = BINARY,
    ['~'] = BINARY,  ['|'] = BINARY,  ['-'] = BINARY,
};

static bool is_of_kind(uint32_t code, uint8_t kind)
{
    return code < 128 && (kinds[code] & kind) != 0;
}

static bool is_digit(uint32_t code)
{
    return is_of_kind(code, DIGIT);
}

static bool is_white_space(uint32_t code)
{
    if (code <= ' ')
        return code == ' ' || (code >= '\t' && code <= '\r');
    if (code < 0x1680)
        return code == 0xA0;
    return (code >= 0x2000 && code <= 0x200B) || code == 0x1680 || code == 0xFEFF ||
           code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

static bool is_wide_letter(uint32_t code)
{
    if (code < 0xAA || code == 0xD7 || code == 0xF7)
        return false;
    if (code >= 0xAB && code <= 0xBF)
        return code == 0xB5 || code == 0xBA;
    return !is_white_space(code);
}

static bool is_letter(uint32_t code)
{
    return is_of_kind(code, LETTER) || is_wide_letter(code);
}

static bool is_binary(uint32_t code)
{
    return is_of_kind(code, BINARY);
}

/* A colon that belongs to a keyword. */
static bool is_keyword_colon(const struct text *source, size_t index)
{
    return code_at(source, index) == ':' && code_at(source, index + 1) != '=';
}

/* Behind the name that begins at the index; the index itself when none does. */
static size_t name_limit(const struct text *source, size_t index)
{
    if (!is_letter(code_at(source, index)))
        return index;
    while (is_of_kind(code_at(source, index), LETTER | DIGIT) ||
           is_wide_letter(code_at(source, index)))
        index++;
    return index;
}

/* Behind the quote that closes the stretch whose inside begins at the index; 0 when it is missing. */
static size_t quote_limit(const struct text *source, size_t index, uint32_t quote)
{
    for (; index < source->count; index++) {
        if (text_at(source, index) != quote)
            continue;
        if (code_at(source, index + 1) != quote)
            return index + 1;
        index++;
    }
    return 0;
}

/* Operators and names with any number of colons are symbols. */
static size_t symbol_limit(const struct text *source, size_t index)
{
    size_t limit = name_limit(source, index);
    if (limit == index) {
        while (is_binary(code_at(source, limit)))
            limit++;
        return limit;
    }
    while (is_keyword_colon(source, limit))
        limit = name_limit(source, limit + 1);
    return limit;
}

static struct source_token token(enum token_kind kind, size_t start, size_t limit)
{
    return (struct source_token){limit == 0 ? TOKEN_NOT_PLAIN : kind, start, limit};
}

static struct source_token name_token(const struct text *source, size_t start)
{
    size_t limit = name_limit(source, start);
    return is_keyword_colon(source, limit) ? token(TOKEN_KEYWORD, start, limit + 1)
                                           : token(TOKEN_IDENTIFIER, start, limit);
}

/* Digits that no letter and no fraction follows, not more than a SmallInteger holds. */
static struct source_token number_token(const struct text *source, size_t start)
{
    size_t limit = start;
    while (is_digit(code_at(source, limit)))
        limit++;
    bool plain = !is_letter(code_at(source, limit)) && limit - start <= INTEGER_DIGITS_MAX &&
                 !(code_at(source, limit) == '.' && is_digit(code_at(source, limit + 1)));
    return token(plain ? TOKEN_INTEGER : TOKEN_NOT_PLAIN, start, limit);
}

/* The minus of 3--4 and of x>-1 belongs to the number. */
static struct source_token binary_token(const struct text *source, size_t start)
{
    size_t limit = start + 1;
    while (is_binary(code_at(source, limit)) &&
           !(code_at(source, limit) == '-' && is_digit(code_at(source, limit + 1))))
        limit++;
    return token(TOKEN_BINARY, start, limit);
}

static struct source_token hash_token(const struct text *source, size_t start)
{
    switch (code_at(source, start + 1)) {
    case '(':
        return token(TOKEN_OPEN_ARRAY, start, start + 2);
    case '[':
        return token(TOKEN_OPEN_BYTE_ARRAY, start, start + 2);
    case '\'':
        return token(TOKEN_QUOTED_SYMBOL, start, quote_limit(source, start + 2, '\''));
    default:;
        size_t limit = symbol_limit(source, start + 1);
        return token(limit == start + 1 ? TOKEN_NOT_PLAIN : TOKEN_SYMBOL, start, limit);
    }
}

struct source_token source_token_from(const struct text *source, size_t position)
{
    static const char punctuation[] = "^;.()[]{}";
    size_t start = position;
    while (start < source->count && is_white_space(text_at(source, start)))
        start++;
    if (start >= source->count)
        return (struct source_token){TOKEN_END, source->count, source->count};
    uint32_t code = text_at(source, start);
    if (is_letter(code))
        return name_token(source, start);
    if (is_digit(code))
        return number_token(source, start);
    if (is_binary(code))
        return binary_token(source, start);
    switch (code) {
    case '\'':
        return token(TOKEN_STRING, start, quote_limit(source, start + 1, '\''));
    case '"':
        return token(TOKEN_COMMENT, start, quote_limit(source, start + 1, '"'));
    case '#':
        return hash_token(source, start);
    case '$':
        return token(TOKEN_CHARACTER, start, start + 1 < source->count ? start + 2 : 0);
    case ':':
        return code_at(source, start + 1) == '=' ? token(TOKEN_ASSIGN, start, start + 2)
                                                 : token(TOKEN_COLON, start, start + 1);
    default:;
        const char *mark = code == 0 || code > 127 ? NULL : strchr(punctuation, (int)code);
        return mark == NULL
                   ? token(TOKEN_NOT_PLAIN, start, start)
                   : token(TOKEN_CARET + (enum token_kind)(mark - punctuation), start, start + 1);
    }
}
