#include "image/bootstrap/lexer.h"

#include "image/bootstrap/number.h"
#include "vm/base/utf8.h"

static int byte_at(const struct lexer *lexer, size_t index)
{
    return index < lexer->source.size ? (uint8_t)lexer->source.bytes[index] : -1;
}

static bool is_binary_character(int c)
{
    return c > 0 && c < 0x80 && strchr("!%&*+,/<=>?@\\~|-", c) != NULL;
}

static bool is_ascii_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_ascii_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_white_space(uint32_t c)
{
    return c == ' ' || (c >= 9 && c <= 13) || c == 0xA0 || c == 0x1680 || c == 0xFEFF ||
           (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

/* Beyond ASCII everything that is not white space, a control or Latin-1 punctuation may be part of a name. */
static bool is_wide_letter(uint32_t c)
{
    return c >= 0xAA && c != 0xD7 && c != 0xF7 && !is_white_space(c) &&
           !(c >= 0xAB && c <= 0xBF && c != 0xB5 && c != 0xBA);
}

/* Size of the letter (or digit, when allowed) at index; 0 when there is none. */
static size_t name_character_size(const struct lexer *lexer, size_t index, bool digit_allowed)
{
    int c = byte_at(lexer, index);
    if (is_ascii_letter(c) || (digit_allowed && is_ascii_digit(c)))
        return 1;
    if (c < 0x80)
        return 0;
    uint32_t code_point;
    size_t size = utf8_decode(lexer->source.bytes + index, lexer->source.size - index, &code_point);
    return size > 0 && is_wide_letter(code_point) ? size : 0;
}

static size_t name_limit(const struct lexer *lexer, size_t index)
{
    size_t size = name_character_size(lexer, index, false);
    while (size > 0) {
        index += size;
        size = name_character_size(lexer, index, true);
    }
    return index;
}

bool lexer_is_identifier(struct text text)
{
    struct lexer lexer = {.source = text};
    return text.size > 0 && name_limit(&lexer, 0) == text.size;
}

static struct text slice(const struct lexer *lexer, size_t start, size_t limit)
{
    return (struct text){lexer->source.bytes + start, limit - start};
}

static void finish(struct lexer *lexer, enum token_kind kind, size_t limit)
{
    lexer->token.kind = kind;
    lexer->token.limit = limit;
    lexer->token.text = slice(lexer, lexer->token.start, limit);
    lexer->position = limit;
}

static void finish_literal(struct lexer *lexer, const struct literal *literal, size_t limit)
{
    finish(lexer, TOKEN_LITERAL, limit);
    lexer->token.literal = literal;
}

static void fail(struct lexer *lexer, size_t offset, const char *sentence)
{
    source_fail(lexer->error, offset, "%s", sentence);
    finish(lexer, TOKEN_END, lexer->token.start);
}

/* Skips to the character that closes a quoted stretch whose first character is at index; a doubled one stands for itself.
 * Answers the index behind the closing one, 0 when it is missing. */
static size_t quoted_limit(const struct lexer *lexer, size_t index, char quote)
{
    for (; index < lexer->source.size; index++) {
        if (lexer->source.bytes[index] != quote)
            continue;
        if (byte_at(lexer, index + 1) != quote)
            return index + 1;
        index++;
    }
    return 0;
}

static struct text unquoted(const struct lexer *lexer, size_t start, size_t limit)
{
    struct text inside = slice(lexer, start, limit);
    if (inside.size == 0 || memchr(inside.bytes, '\'', inside.size) == NULL)
        return inside;
    struct buffer buffer = {NULL, 0, 0};
    for (size_t i = 0; i < inside.size; i++) {
        buffer_add(&buffer, &inside.bytes[i], 1);
        if (inside.bytes[i] == '\'')
            i++;
    }
    return buffer_text(&buffer);
}

static bool skip_blanks(struct lexer *lexer)
{
    while (lexer->position < lexer->source.size) {
        uint32_t code_point;
        size_t size = utf8_decode(lexer->source.bytes + lexer->position,
                                  lexer->source.size - lexer->position, &code_point);
        if (size == 0)
            return source_fail(lexer->error, lexer->position, "the text is not valid UTF-8");
        if (code_point == '"') {
            size_t limit = quoted_limit(lexer, lexer->position + 1, '"');
            if (limit == 0)
                return source_fail(lexer->error, lexer->position,
                                   "the comment that begins here has no end");
            lexer->position = limit;
        } else if (is_white_space(code_point)) {
            lexer->position += size;
        } else {
            return true;
        }
    }
    return true;
}

static void read_string(struct lexer *lexer, size_t quote, enum literal_kind kind)
{
    size_t limit = quoted_limit(lexer, quote + 1, '\'');
    if (limit == 0) {
        fail(lexer, lexer->token.start, "the string that begins here has no end");
        return;
    }
    finish_literal(lexer, literal_text(kind, unquoted(lexer, quote + 1, limit - 1)), limit);
}

static void read_character(struct lexer *lexer)
{
    size_t index = lexer->token.start + 1;
    uint32_t code_point;
    size_t size = index < lexer->source.size ? utf8_decode(lexer->source.bytes + index,
                                                           lexer->source.size - index, &code_point)
                                             : 0;
    if (size == 0)
        fail(lexer, lexer->token.start, "a character is missing after $");
    else
        finish_literal(lexer, literal_character(code_point), index + size);
}

static size_t binary_limit(const struct lexer *lexer, size_t index)
{
    size_t start = index;
    while (is_binary_character(byte_at(lexer, index))) {
        /* `3--4` and `x>-1`: the minus belongs to the number. */
        if (index > start && byte_at(lexer, index) == '-' &&
            is_ascii_digit(byte_at(lexer, index + 1)))
            break;
        index++;
    }
    return index;
}

/* The end of a symbol's name that begins at index: foo, foo:, foo:bar:, or binary characters. */
static size_t symbol_limit(const struct lexer *lexer, size_t index)
{
    size_t limit = name_limit(lexer, index);
    if (limit == index) {
        while (is_binary_character(byte_at(lexer, limit)))
            limit++;
        return limit;
    }
    while (byte_at(lexer, limit) == ':' && byte_at(lexer, limit + 1) != '=') {
        limit++;
        limit = name_limit(lexer, limit);
    }
    return limit;
}

static void read_hash(struct lexer *lexer)
{
    size_t index = lexer->token.start + 1;
    int c = byte_at(lexer, index);
    if (c == '(') {
        finish(lexer, TOKEN_OPEN_ARRAY, index + 1);
    } else if (c == '[') {
        finish(lexer, TOKEN_OPEN_BYTE_ARRAY, index + 1);
    } else if (c == '\'') {
        read_string(lexer, index, LITERAL_SYMBOL);
    } else {
        size_t limit = symbol_limit(lexer, index);
        if (limit == index)
            fail(lexer, lexer->token.start, "a literal is missing after #");
        else
            finish_literal(lexer, literal_text(LITERAL_SYMBOL, slice(lexer, index, limit)), limit);
    }
}

static void read_number(struct lexer *lexer, size_t digits, bool negative)
{
    size_t limit = digits;
    const struct literal *literal =
        number_read(lexer->source, digits, negative, &limit, lexer->error);
    if (literal == NULL)
        finish(lexer, TOKEN_END, lexer->token.start);
    else
        finish_literal(lexer, literal, limit);
}

static void read_name(struct lexer *lexer)
{
    size_t limit = name_limit(lexer, lexer->token.start);
    if (byte_at(lexer, limit) == ':' && byte_at(lexer, limit + 1) != '=')
        finish(lexer, TOKEN_KEYWORD, limit + 1);
    else
        finish(lexer, TOKEN_IDENTIFIER, limit);
}

static enum token_kind punctuation(int c)
{
    switch (c) {
    case '^':
        return TOKEN_CARET;
    case ';':
        return TOKEN_SEMICOLON;
    case '.':
        return TOKEN_PERIOD;
    case ':':
        return TOKEN_COLON;
    case '(':
        return TOKEN_OPEN_PAREN;
    case ')':
        return TOKEN_CLOSE_PAREN;
    case '[':
        return TOKEN_OPEN_BRACKET;
    case ']':
        return TOKEN_CLOSE_BRACKET;
    case '{':
        return TOKEN_OPEN_BRACE;
    case '}':
        return TOKEN_CLOSE_BRACE;
    default:
        return TOKEN_END;
    }
}

static void read_other(struct lexer *lexer, int c)
{
    size_t start = lexer->token.start;
    if (c == ':' && byte_at(lexer, start + 1) == '=')
        finish(lexer, TOKEN_ASSIGN, start + 2);
    else if (is_binary_character(c))
        finish(lexer, TOKEN_BINARY, binary_limit(lexer, start));
    else if (punctuation(c) != TOKEN_END)
        finish(lexer, punctuation(c), start + 1);
    else
        fail(lexer, start, "this character begins nothing");
}

void lexer_next(struct lexer *lexer)
{
    lexer->previous_limit = lexer->token.limit;
    lexer->token.literal = NULL;
    bool blanks = !lexer->error->failed && skip_blanks(lexer);
    lexer->token.start = lexer->position;
    int c = byte_at(lexer, lexer->position);
    if (!blanks || lexer->error->failed || c < 0)
        finish(lexer, TOKEN_END, lexer->position);
    else if (name_character_size(lexer, lexer->position, false) > 0)
        read_name(lexer);
    else if (is_ascii_digit(c))
        read_number(lexer, lexer->position, false);
    else if (c == '\'')
        read_string(lexer, lexer->position, LITERAL_STRING);
    else if (c == '$')
        read_character(lexer);
    else if (c == '#')
        read_hash(lexer);
    else
        read_other(lexer, c);
}

void lexer_start(struct lexer *lexer, struct text source, size_t offset, struct source_error *error)
{
    memset(lexer, 0, sizeof *lexer);
    lexer->source = source;
    lexer->position = offset;
    lexer->token.limit = offset;
    lexer->error = error;
    lexer_next(lexer);
}

bool lexer_negative_number(struct lexer *lexer)
{
    if (lexer->token.kind != TOKEN_BINARY || !text_is(lexer->token.text, "-") ||
        !is_ascii_digit(byte_at(lexer, lexer->token.limit)))
        return false;
    read_number(lexer, lexer->token.limit, true);
    return lexer->token.kind == TOKEN_LITERAL;
}

void lexer_split_binary(struct lexer *lexer, size_t size)
{
    lexer->position = lexer->token.start + size;
    lexer->token.limit = lexer->position;
}
