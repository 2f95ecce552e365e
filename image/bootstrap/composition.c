#include "image/bootstrap/composition.h"

#include "image/bootstrap/lexer.h"
#include "image/bootstrap/parser.h"

enum { COMPOSITION_NESTING_MAX = 20 };

struct reader {
    struct lexer lexer;
};

static struct composition *read_expression(struct reader *reader, unsigned nesting);
static struct composition *read_precedence(struct reader *reader, unsigned nesting);

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

static bool read_alias(struct reader *reader, struct composition *composition)
{
    if (!read_name(reader, false, &composition->names))
        return false;
    if (!at_binary(reader, "->"))
        return fail(reader, "-> is missing in an alias of the composition of traits");
    size_t offset = reader->lexer.token.start;
    lexer_next(&reader->lexer);
    if (!read_name(reader, false, &composition->old_names))
        return false;
    size_t last = composition->names.count - 1;
    struct text new_name = *(struct text *)composition->names.items[last];
    struct text old_name = *(struct text *)composition->old_names.items[last];
    if (text_equals(new_name, old_name))
        return source_fail(reader->lexer.error, offset, "%.*s is an alias of itself",
                           TEXT_ARGUMENTS(new_name));
    if (selector_argument_count(new_name) != selector_argument_count(old_name))
        return source_fail(reader->lexer.error, offset, "%.*s has not as many arguments as %.*s",
                           TEXT_ARGUMENTS(new_name), TEXT_ARGUMENTS(old_name));
    return true;
}

static bool read_item(struct reader *reader, struct composition *composition)
{
    return composition->kind == COMPOSITION_ALIAS ? read_alias(reader, composition)
                                                  : read_name(reader, false, &composition->names);
}

/* #a, {#a. #b}, #(a b), and for aliases #a -> #b, {#a -> #b. ...} and (#a -> #b). */
static bool read_operand(struct reader *reader, struct composition *composition)
{
    bool is_alias = composition->kind == COMPOSITION_ALIAS;
    if (accept(reader, TOKEN_OPEN_BRACE)) {
        while (!accept(reader, TOKEN_CLOSE_BRACE)) {
            if (!read_item(reader, composition))
                return false;
            if (!accept(reader, TOKEN_PERIOD) && !at(reader, TOKEN_CLOSE_BRACE))
                return fail(reader, ". or } is missing in the composition of traits");
        }
        return true;
    }
    if (!is_alias && accept(reader, TOKEN_OPEN_ARRAY)) {
        while (!accept(reader, TOKEN_CLOSE_PAREN))
            if (!read_name(reader, true, &composition->names))
                return false;
        return true;
    }
    if (is_alias && accept(reader, TOKEN_OPEN_PAREN))
        return read_alias(reader, composition) &&
               (accept(reader, TOKEN_CLOSE_PAREN) ||
                fail(reader, ") is missing in the composition of traits"));
    return read_item(reader, composition);
}

static struct composition *new_composition(const struct reader *reader, enum composition_kind kind)
{
    struct composition *composition = NEW(struct composition);
    composition->kind = kind;
    composition->offset = reader->lexer.token.start;
    return composition;
}

static struct composition *transform(struct reader *reader, struct composition *subject,
                                     enum composition_kind kind)
{
    struct composition *composition = new_composition(reader, kind);
    composition->offset = subject->offset;
    list_add(&composition->parts, subject);
    lexer_next(&reader->lexer);
    return read_operand(reader, composition) ? composition : NULL;
}

static bool is_same_trait(const struct composition *a, const struct composition *b)
{
    return a->kind == COMPOSITION_TRAIT && b->kind == COMPOSITION_TRAIT &&
           text_equals(a->name, b->name) && a->is_class_side == b->is_class_side;
}

/* Sums of sums are one sum. */
static bool add_part(struct reader *reader, struct composition *sum, struct composition *part)
{
    if (part->kind == COMPOSITION_SUM) {
        for (size_t i = 0; i < part->parts.count; i++)
            if (!add_part(reader, sum, part->parts.items[i]))
                return false;
        return true;
    }
    for (size_t i = 0; i < sum->parts.count; i++)
        if (is_same_trait(sum->parts.items[i], part))
            return source_fail(reader->lexer.error, part->offset, "%.*s is added twice",
                               TEXT_ARGUMENTS(part->name));
    list_add(&sum->parts, part);
    return true;
}

/* What stands in braces is added up; one part alone stands for itself. */
static struct composition *read_braces(struct reader *reader, unsigned nesting)
{
    struct composition *sum = new_composition(reader, COMPOSITION_SUM);
    while (!accept(reader, TOKEN_CLOSE_BRACE)) {
        struct composition *part = read_precedence(reader, nesting);
        if (part == NULL || !add_part(reader, sum, part))
            return NULL;
        if (!accept(reader, TOKEN_PERIOD) && !at(reader, TOKEN_CLOSE_BRACE)) {
            fail(reader, ". or } is missing in the composition of traits");
            return NULL;
        }
    }
    return sum->parts.count == 1 ? sum->parts.items[0] : sum;
}

static struct composition *read_parentheses(struct reader *reader, unsigned nesting)
{
    struct composition *composition = read_precedence(reader, nesting);
    if (composition != NULL && !accept(reader, TOKEN_CLOSE_PAREN)) {
        fail(reader, ") is missing in the composition of traits");
        return NULL;
    }
    return composition;
}

static struct composition *read_name_of_trait(struct reader *reader)
{
    struct composition *trait = new_composition(reader, COMPOSITION_TRAIT);
    if (!at(reader, TOKEN_IDENTIFIER)) {
        fail(reader, "the name of a trait is missing");
        return NULL;
    }
    trait->name = reader->lexer.token.text;
    lexer_next(&reader->lexer);
    if (!at(reader, TOKEN_IDENTIFIER))
        return trait;
    struct text word = reader->lexer.token.text;
    if (!text_is(word, "classTrait") && !text_is(word, "classSide") && !text_is(word, "class")) {
        fail(reader, "+, - or @ is missing between traits");
        return NULL;
    }
    trait->is_class_side = true;
    lexer_next(&reader->lexer);
    return trait;
}

static struct composition *read_operand_of_sum(struct reader *reader, unsigned nesting)
{
    if (nesting == COMPOSITION_NESTING_MAX) {
        fail(reader, "the composition of traits is nested too deep");
        return NULL;
    }
    if (accept(reader, TOKEN_OPEN_BRACE))
        return read_braces(reader, nesting + 1);
    if (accept(reader, TOKEN_OPEN_PAREN))
        return read_parentheses(reader, nesting + 1);
    return read_name_of_trait(reader);
}

static struct composition *read_sum(struct reader *reader, struct composition *left,
                                    unsigned nesting)
{
    struct composition *sum = new_composition(reader, COMPOSITION_SUM);
    sum->offset = left->offset;
    lexer_next(&reader->lexer);
    struct composition *right = read_operand_of_sum(reader, nesting);
    if (right == NULL || !add_part(reader, sum, left) || !add_part(reader, sum, right))
        return NULL;
    return sum->parts.count == 1 ? sum->parts.items[0] : sum;
}

/* As many transformations as brackets may be nested: the tree is walked by recursion. */
static struct composition *read_expression(struct reader *reader, unsigned nesting)
{
    struct composition *composition = read_operand_of_sum(reader, nesting);
    unsigned depth = nesting;
    while (composition != NULL) {
        if (at_binary(reader, "+")) {
            composition = read_sum(reader, composition, nesting);
            continue;
        }
        enum composition_kind kind = at_binary(reader, "-")    ? COMPOSITION_REMOVE_METHODS
                                     : at_binary(reader, "--") ? COMPOSITION_REMOVE_VARIABLES
                                     : at_binary(reader, "@")  ? COMPOSITION_ALIAS
                                                               : COMPOSITION_TRAIT;
        if (kind == COMPOSITION_TRAIT)
            return composition;
        if (depth++ == COMPOSITION_NESTING_MAX) {
            fail(reader, "the composition of traits is nested too deep");
            return NULL;
        }
        composition = transform(reader, composition, kind);
    }
    return NULL;
}

/* One trait of a sum may win over the others. */
static struct composition *read_precedence(struct reader *reader, unsigned nesting)
{
    struct composition *subject = read_expression(reader, nesting);
    if (subject == NULL || !at(reader, TOKEN_KEYWORD) ||
        !text_is(reader->lexer.token.text, "withPrecedenceOf:"))
        return subject;
    struct composition *composition = new_composition(reader, COMPOSITION_PRECEDENCE);
    composition->offset = subject->offset;
    lexer_next(&reader->lexer);
    struct composition *preferred = read_expression(reader, nesting);
    if (preferred == NULL)
        return NULL;
    list_add(&composition->parts, subject);
    list_add(&composition->parts, preferred);
    return composition;
}

struct composition *composition_read(struct text source, struct source_error *error)
{
    struct reader *reader = NEW(struct reader);
    lexer_start(&reader->lexer, source, 0, error);
    struct composition *composition = read_precedence(reader, 0);
    if (composition == NULL || error->failed)
        return NULL;
    if (!at(reader, TOKEN_END)) {
        fail(reader, "+, - or @ is missing between traits");
        return NULL;
    }
    return composition;
}
