#include "image/bootstrap/composition.h"

#include "image/bootstrap/lexer.h"
#include "image/bootstrap/parser.h"

enum { COMPOSITION_NESTING_MAX = 20 };

struct reader {
    struct lexer lexer;
    struct list *uses;
};

static bool read_sum(struct reader *reader, unsigned nesting);

static bool fail(struct reader *reader, const char *sentence)
{
    return source_fail(reader->lexer.error, reader->lexer.token.start, "%s", sentence);
}

static bool at(const struct reader *reader, enum token_kind kind)
{
    return reader->lexer.token.kind == kind;
}

static bool at_binary(const struct reader *reader, const char *operator)
{
    return at(reader, TOKEN_BINARY) && text_is(reader->lexer.token.text, operator);
}

static bool accept(struct reader *reader, enum token_kind kind)
{
    if (!at(reader, kind))
        return false;
    lexer_next(&reader->lexer);
    return true;
}

static void add_name(struct list *names, struct text name)
{
    struct text *kept = NEW(struct text);
    *kept = name;
    list_add(names, kept);
}

/* A symbol or string; inside #( ) also a bare word or operator. */
static bool read_name(struct reader *reader, bool in_literal_array, struct list *names)
{
    const struct token *token = &reader->lexer.token;
    if (at(reader, TOKEN_LITERAL) &&
        (token->literal->kind == LITERAL_SYMBOL || token->literal->kind == LITERAL_STRING)) {
        add_name(names, token->literal->as.text);
        lexer_next(&reader->lexer);
        return true;
    }
    if (!in_literal_array)
        return fail(reader, "a selector such as #foo is missing in the composition of traits");
    struct buffer word = {NULL, 0, 0};
    size_t limit = token->start;
    /* at:put: comes as two tokens */
    while ((at(reader, TOKEN_IDENTIFIER) || at(reader, TOKEN_KEYWORD) ||
            (at(reader, TOKEN_BINARY) && word.size == 0)) &&
           token->start == limit) {
        buffer_add(&word, token->text.bytes, token->text.size);
        limit = token->limit;
        bool ends = !at(reader, TOKEN_KEYWORD);
        lexer_next(&reader->lexer);
        if (ends)
            break;
    }
    if (word.size == 0)
        return fail(reader, "a selector is missing in the composition of traits");
    add_name(names, buffer_text(&word));
    return true;
}

static bool read_alias(struct reader *reader, struct transformation *transformation)
{
    if (!read_name(reader, false, &transformation->names))
        return false;
    if (!at_binary(reader, "->"))
        return fail(reader, "-> is missing in an alias of the composition of traits");
    size_t offset = reader->lexer.token.start;
    lexer_next(&reader->lexer);
    if (!read_name(reader, false, &transformation->old_names))
        return false;
    size_t last = transformation->names.count - 1;
    struct text new_name = *(struct text *)transformation->names.items[last];
    struct text old_name = *(struct text *)transformation->old_names.items[last];
    if (selector_argument_count(new_name) != selector_argument_count(old_name))
        return source_fail(reader->lexer.error, offset, "%.*s has not as many arguments as %.*s",
                           TEXT_ARGUMENTS(new_name), TEXT_ARGUMENTS(old_name));
    return true;
}

static bool read_item(struct reader *reader, struct transformation *transformation)
{
    return transformation->kind == TRANSFORMATION_ALIAS
               ? read_alias(reader, transformation)
               : read_name(reader, false, &transformation->names);
}

/* #a, {#a. #b}, #(a b), and for aliases #a -> #b, {#a -> #b. ...} and (#a -> #b). */
static bool read_operand(struct reader *reader, struct transformation *transformation)
{
    bool is_alias = transformation->kind == TRANSFORMATION_ALIAS;
    if (accept(reader, TOKEN_OPEN_BRACE)) {
        while (!accept(reader, TOKEN_CLOSE_BRACE)) {
            if (!read_item(reader, transformation))
                return false;
            if (!accept(reader, TOKEN_PERIOD) && !at(reader, TOKEN_CLOSE_BRACE))
                return fail(reader, ". or } is missing in the composition of traits");
        }
        return true;
    }
    if (!is_alias && accept(reader, TOKEN_OPEN_ARRAY)) {
        while (!accept(reader, TOKEN_CLOSE_PAREN))
            if (!read_name(reader, true, &transformation->names))
                return false;
        return true;
    }
    if (is_alias && accept(reader, TOKEN_OPEN_PAREN))
        return read_alias(reader, transformation) &&
               (accept(reader, TOKEN_CLOSE_PAREN) ||
                fail(reader, ") is missing in the composition of traits"));
    return read_item(reader, transformation);
}

static bool read_transformation(struct reader *reader, enum transformation_kind kind)
{
    if (reader->uses->count == 0)
        return fail(reader, "a trait is missing before - or @");
    struct transformation *transformation = NEW(struct transformation);
    transformation->kind = kind;
    lexer_next(&reader->lexer);
    struct trait_use *last = reader->uses->items[reader->uses->count - 1];
    list_add(&last->transformations, transformation);
    return read_operand(reader, transformation);
}

static bool read_braces(struct reader *reader, unsigned nesting)
{
    while (!accept(reader, TOKEN_CLOSE_BRACE)) {
        if (!read_sum(reader, nesting))
            return false;
        if (!accept(reader, TOKEN_PERIOD) && !at(reader, TOKEN_CLOSE_BRACE))
            return fail(reader, ". or } is missing in the composition of traits");
    }
    return true;
}

static bool read_trait(struct reader *reader, unsigned nesting)
{
    if (nesting == COMPOSITION_NESTING_MAX)
        return fail(reader, "the composition of traits is nested too deep");
    if (accept(reader, TOKEN_OPEN_BRACE))
        return read_braces(reader, nesting + 1);
    if (accept(reader, TOKEN_OPEN_PAREN))
        return read_sum(reader, nesting + 1) &&
               (accept(reader, TOKEN_CLOSE_PAREN) ||
                fail(reader, ") is missing in the composition of traits"));
    if (!at(reader, TOKEN_IDENTIFIER))
        return fail(reader, "the name of a trait is missing");
    struct trait_use *use = NEW(struct trait_use);
    use->name = reader->lexer.token.text;
    use->offset = reader->lexer.token.start;
    lexer_next(&reader->lexer);
    if (at(reader, TOKEN_IDENTIFIER)) {
        struct text word = reader->lexer.token.text;
        if (!text_is(word, "classTrait") && !text_is(word, "classSide") && !text_is(word, "class"))
            return fail(reader, "+, - or @ is missing between traits");
        use->is_class_side = true;
        lexer_next(&reader->lexer);
    }
    list_add(reader->uses, use);
    return true;
}

static bool read_sum(struct reader *reader, unsigned nesting)
{
    if (!read_trait(reader, nesting))
        return false;
    for (;;) {
        bool good;
        if (at_binary(reader, "+")) {
            lexer_next(&reader->lexer);
            good = read_trait(reader, nesting);
        } else if (at_binary(reader, "-")) {
            good = read_transformation(reader, TRANSFORMATION_REMOVE_METHODS);
        } else if (at_binary(reader, "--")) {
            good = read_transformation(reader, TRANSFORMATION_REMOVE_VARIABLES);
        } else if (at_binary(reader, "@")) {
            good = read_transformation(reader, TRANSFORMATION_ALIAS);
        } else {
            return true;
        }
        if (!good)
            return false;
    }
}

bool composition_read(struct text source, struct list *uses, struct source_error *error)
{
    struct reader *reader = NEW(struct reader);
    reader->uses = uses;
    lexer_start(&reader->lexer, source, 0, error);
    if (!read_sum(reader, 0) || error->failed)
        return false;
    return at(reader, TOKEN_END) || fail(reader, "+, - or @ is missing between traits");
}
