#include "image/bootstrap/tonel_header.h"

enum { HEADER_NESTING_MAX = 20 };

enum value_kind { VALUE_NIL, VALUE_TEXT, VALUE_LIST, VALUE_MAP };

struct tonel_value {
    enum value_kind kind;
    size_t offset;
    struct text text;
    struct list items; /* of values; in a map, keys and values in turn */
};

static struct tonel_value *read_value(struct lexer *lexer, unsigned nesting);

static void *fail(struct lexer *lexer, const char *sentence)
{
    source_fail(lexer->error, lexer->token.start, "%s", sentence);
    return NULL;
}

static bool accept(struct lexer *lexer, enum token_kind kind)
{
    if (lexer->token.kind != kind)
        return false;
    lexer_next(lexer);
    return true;
}

static bool accept_comma(struct lexer *lexer)
{
    return lexer->token.kind == TOKEN_BINARY && text_is(lexer->token.text, ",") &&
           accept(lexer, TOKEN_BINARY);
}

static struct tonel_value *new_value(struct lexer *lexer, enum value_kind kind)
{
    struct tonel_value *value = NEW(struct tonel_value);
    value->kind = kind;
    value->offset = lexer->token.start;
    return value;
}

static struct tonel_value *read_map(struct lexer *lexer, unsigned nesting)
{
    struct tonel_value *map = new_value(lexer, VALUE_MAP);
    lexer_next(lexer);
    while (!accept(lexer, TOKEN_CLOSE_BRACE)) {
        struct tonel_value *key = read_value(lexer, nesting);
        if (key == NULL || key->kind != VALUE_TEXT)
            return fail(lexer, "a key of the header is missing");
        bool has_colon = key->text.size > 0 && key->text.bytes[key->text.size - 1] == ':';
        if (has_colon)
            key->text.size--;
        else if (!accept(lexer, TOKEN_COLON))
            return fail(lexer, ": is missing after the key");
        struct tonel_value *value = read_value(lexer, nesting);
        if (value == NULL)
            return NULL;
        list_add(&map->items, key);
        list_add(&map->items, value);
        if (!accept_comma(lexer) && lexer->token.kind != TOKEN_CLOSE_BRACE)
            return fail(lexer, ", or } is missing in the header");
    }
    return map;
}

static struct tonel_value *read_list(struct lexer *lexer, unsigned nesting)
{
    struct tonel_value *result = new_value(lexer, VALUE_LIST);
    lexer_next(lexer);
    while (!accept(lexer, TOKEN_CLOSE_BRACKET)) {
        struct tonel_value *value = read_value(lexer, nesting);
        if (value == NULL)
            return NULL;
        list_add(&result->items, value);
        if (!accept_comma(lexer) && lexer->token.kind != TOKEN_CLOSE_BRACKET)
            return fail(lexer, ", or ] is missing in the header");
    }
    return result;
}

static struct tonel_value *read_scalar(struct lexer *lexer)
{
    struct tonel_value *value = new_value(lexer, VALUE_TEXT);
    const struct literal *literal = lexer->token.literal;
    value->text = lexer->token.text;
    if (lexer->token.kind == TOKEN_IDENTIFIER && text_is(value->text, "nil"))
        value->kind = VALUE_NIL;
    else if (lexer->token.kind == TOKEN_LITERAL &&
             (literal->kind == LITERAL_STRING || literal->kind == LITERAL_SYMBOL))
        value->text = literal->as.text;
    else if (lexer->token.kind != TOKEN_LITERAL && lexer->token.kind != TOKEN_IDENTIFIER)
        return fail(lexer, "a value of the header is missing");
    lexer_next(lexer);
    return value;
}

static struct tonel_value *read_value(struct lexer *lexer, unsigned nesting)
{
    if (nesting == HEADER_NESTING_MAX)
        return fail(lexer, "the header is nested too deep");
    if (lexer->token.kind == TOKEN_OPEN_BRACE)
        return read_map(lexer, nesting + 1);
    if (lexer->token.kind == TOKEN_OPEN_BRACKET)
        return read_list(lexer, nesting + 1);
    return read_scalar(lexer);
}

struct tonel_value *tonel_header_read(struct lexer *lexer)
{
    if (lexer->token.kind != TOKEN_OPEN_BRACE)
        return fail(lexer, "{ is missing");
    return read_map(lexer, 0);
}

static const struct tonel_value *find(const struct tonel_value *header, const char *key)
{
    for (size_t i = 0; i + 1 < header->items.count; i += 2) {
        const struct tonel_value *candidate = header->items.items[i];
        if (text_is(candidate->text, key))
            return header->items.items[i + 1];
    }
    return NULL;
}

struct text tonel_header_text(const struct tonel_value *header, const char *key)
{
    const struct tonel_value *value = find(header, key);
    return value != NULL && value->kind == VALUE_TEXT ? value->text : (struct text){"", 0};
}

static bool read_names(const struct tonel_value *header, const char *key, struct text_list *names,
                       struct source_error *error)
{
    const struct tonel_value *value = find(header, key);
    if (value == NULL)
        return true;
    if (value->kind != VALUE_LIST)
        return source_fail(error, value->offset, "#%s must be a list of names", key);
    names->count = value->items.count;
    names->items = NEW_ARRAY(struct text, names->count);
    for (size_t i = 0; i < names->count; i++) {
        const struct tonel_value *item = value->items.items[i];
        names->items[i] = item->text;
        if (item->kind != VALUE_TEXT || !lexer_is_identifier(item->text))
            return source_fail(error, item->offset, "a variable's name is expected in #%s", key);
    }
    return true;
}

static bool read_kind(const struct tonel_value *header, enum class_kind *kind,
                      struct source_error *error)
{
    static const char *const names[] = {
        [CLASS_NORMAL] = "normal",       [CLASS_VARIABLE] = "variable",
        [CLASS_BYTES] = "bytes",         [CLASS_WORDS] = "words",
        [CLASS_WEAK] = "weak",           [CLASS_EPHEMERON] = "ephemeron",
        [CLASS_IMMEDIATE] = "immediate", [CLASS_COMPILED_METHOD] = "compiledMethod"};
    const struct tonel_value *value = find(header, "type");
    *kind = CLASS_NORMAL;
    if (value == NULL)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (text_is(value->text, names[i])) {
            *kind = (enum class_kind)i;
            return true;
        }
    }
    return source_fail(error, value->offset, "%.*s is no type of class",
                       TEXT_ARGUMENTS(value->text));
}

static void move_offsets(struct composition *composition, size_t start)
{
    composition->offset += start;
    for (size_t i = 0; i < composition->parts.count; i++)
        move_offsets(composition->parts.items[i], start);
}

/* The text of a composition stands in the file right behind its quote. */
static bool read_traits(const struct tonel_value *header, const char *key,
                        struct composition **traits, struct source_error *error)
{
    const struct tonel_value *value = find(header, key);
    if (value == NULL || value->kind == VALUE_NIL)
        return true;
    if (value->kind != VALUE_TEXT)
        return source_fail(error, value->offset, "#%s must be a string", key);
    struct source_error wrong = {.failed = false};
    *traits = composition_read(value->text, &wrong);
    if (*traits == NULL)
        return source_fail(error, value->offset + 1 + wrong.offset, "%s", wrong.sentence);
    move_offsets(*traits, value->offset + 1);
    return true;
}

/* A trait has methods and instance variables only. */
static bool refuse_in_trait(const struct tonel_value *header, struct source_error *error)
{
    static const char *const keys[] = {"superclass", "classVars", "pools", "type"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct tonel_value *value = find(header, keys[i]);
        if (value != NULL && !(value->kind == VALUE_LIST && value->items.count == 0))
            return source_fail(error, value->offset, "a trait has no #%s", keys[i]);
    }
    return true;
}

static bool read_superclass(const struct tonel_value *header, struct tonel_class *definition,
                            struct source_error *error)
{
    const struct tonel_value *superclass = find(header, "superclass");
    if (superclass == NULL)
        return source_fail(error, header->offset, "class %.*s has no #superclass",
                           TEXT_ARGUMENTS(definition->name));
    if (superclass->kind == VALUE_TEXT && !text_is(superclass->text, "nil"))
        definition->superclass = superclass->text;
    return true;
}

bool tonel_header_class(const struct tonel_value *header, struct tonel_class *definition,
                        struct source_error *error)
{
    definition->name = tonel_header_text(header, "name");
    if (!lexer_is_identifier(definition->name))
        return source_fail(error, header->offset, "the %s has no #name",
                           definition->is_trait ? "trait" : "class");
    bool good = definition->is_trait ? refuse_in_trait(header, error)
                                     : read_superclass(header, definition, error);
    if (!good)
        return false;
    definition->category = tonel_header_text(header, "category");
    return read_names(header, "instVars", &definition->instance_variables, error) &&
           read_names(header, "classVars", &definition->class_variables, error) &&
           read_names(header, "classInstVars", &definition->class_instance_variables, error) &&
           read_names(header, "pools", &definition->pools, error) &&
           read_traits(header, "traits", &definition->traits, error) &&
           read_traits(header, "classTraits", &definition->class_traits, error) &&
           read_kind(header, &definition->kind, error);
}
