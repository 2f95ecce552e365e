/* Packages, files and methods; tonel_header.c reads what stands in braces. */
#include "image/bootstrap/tonel.h"

#include "image/bootstrap/lexer.h"
#include "image/bootstrap/parser.h"
#include "image/bootstrap/tonel_header.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

struct reader {
    struct tonel_sources *sources;
    const struct source_file *file;
    struct text package;
    struct lexer lexer;
    struct source_error error;
};

static bool at_token(const struct reader *reader, enum token_kind kind)
{
    return reader->lexer.token.kind == kind;
}

static bool fail_here(struct reader *reader, const char *sentence)
{
    return source_fail(&reader->error, reader->lexer.token.start, "%s", sentence);
}

/* Where tokens cannot be trusted any more, the next line that begins with { or Name >> starts afresh. */
static size_t next_definition(const struct reader *reader, size_t offset)
{
    struct text text = reader->file->contents;
    for (; offset < text.size; offset++) {
        const char *line = text.bytes + offset;
        if (offset > 0 && line[-1] == '\n' && line[0] == '{')
            return offset;
    }
    return text.size;
}

static void report(struct reader *reader)
{
    diagnostics_error(reader->sources->diagnostics, reader->file, reader->error.offset, "%s",
                      reader->error.sentence);
}

static struct text slice(const struct reader *reader, size_t start, size_t limit)
{
    return (struct text){reader->file->contents.bytes + start, limit - start};
}

static struct text trimmed_end(struct text text)
{
    while (text.size > 0 && (uint8_t)text.bytes[text.size - 1] <= ' ')
        text.size--;
    return text;
}

/* The lexer stands on the opening bracket; leaves it behind the closing one. */
static bool skip_body(struct reader *reader, size_t *limit)
{
    size_t depth = 0;
    size_t start = reader->lexer.token.start;
    do {
        if (at_token(reader, TOKEN_OPEN_BRACKET) || at_token(reader, TOKEN_OPEN_BYTE_ARRAY))
            depth++;
        else if (at_token(reader, TOKEN_CLOSE_BRACKET))
            depth--;
        else if (at_token(reader, TOKEN_END))
            return source_fail(&reader->error, start, "the body that begins here has no end");
        *limit = reader->lexer.token.start;
        lexer_next(&reader->lexer);
    } while (depth > 0);
    return true;
}

static void join_source(const struct reader *reader, struct tonel_method *method,
                        size_t pattern_limit, size_t body_limit)
{
    struct text pattern = trimmed_end(slice(reader, method->pattern_offset, pattern_limit));
    struct text body = trimmed_end(slice(reader, method->body_offset, body_limit));
    bool separated = body.size == 0 || (uint8_t)body.bytes[0] <= ' ';
    if (!separated)
        pattern = text_join(pattern, text_from(" "));
    method->pattern_size = pattern.size;
    method->source = text_join(pattern, body);
}

static bool read_method_body(struct reader *reader, struct tonel_method *method)
{
    size_t pattern_limit;
    method->pattern_offset = reader->lexer.token.start;
    if (!parse_pattern(reader->file->contents, method->pattern_offset, &method->selector,
                       &pattern_limit, &reader->error))
        return false;
    lexer_start(&reader->lexer, reader->file->contents, pattern_limit, &reader->error);
    if (!at_token(reader, TOKEN_OPEN_BRACKET))
        return fail_here(reader, "[ is missing after the method's pattern");
    pattern_limit = reader->lexer.token.start;
    method->body_offset = reader->lexer.token.limit;
    size_t body_limit = 0;
    if (!skip_body(reader, &body_limit))
        return false;
    join_source(reader, method, pattern_limit, body_limit);
    return true;
}

static bool read_method(struct reader *reader)
{
    struct tonel_method *method = NEW(struct tonel_method);
    method->file = reader->file;
    if (at_token(reader, TOKEN_OPEN_BRACE)) {
        struct tonel_value *header = tonel_header_read(&reader->lexer);
        if (header == NULL)
            return false;
        method->protocol = tonel_header_text(header, "category");
    }
    if (!at_token(reader, TOKEN_IDENTIFIER))
        return fail_here(reader, "Class >> selector is missing");
    method->class_name = reader->lexer.token.text;
    lexer_next(&reader->lexer);
    if (at_token(reader, TOKEN_IDENTIFIER) && (text_is(reader->lexer.token.text, "class") ||
                                               text_is(reader->lexer.token.text, "classSide"))) {
        method->is_class_side = true;
        lexer_next(&reader->lexer);
    }
    if (!at_token(reader, TOKEN_BINARY) || !text_is(reader->lexer.token.text, ">>"))
        return fail_here(reader, ">> is missing");
    lexer_next(&reader->lexer);
    if (!read_method_body(reader, method))
        return false;
    list_add(&reader->sources->methods, method);
    return true;
}

static void read_methods(struct reader *reader)
{
    while (!at_token(reader, TOKEN_END) || reader->error.failed) {
        if (!reader->error.failed && read_method(reader))
            continue;
        report(reader);
        size_t next = next_definition(reader, reader->error.offset + 1);
        memset(&reader->error, 0, sizeof reader->error);
        lexer_start(&reader->lexer, reader->file->contents, next, &reader->error);
    }
}

/* The comment in front of the definition, which the lexer would skip. */
static struct text read_comment(const struct reader *reader)
{
    struct text text = reader->file->contents;
    size_t start = 0;
    while (start < text.size && (uint8_t)text.bytes[start] <= ' ')
        start++;
    if (start == text.size || text.bytes[start] != '"')
        return (struct text){"", 0};
    struct buffer comment = {NULL, 0, 0};
    for (size_t i = start + 1; i < text.size; i++) {
        if (text.bytes[i] == '"') {
            if (i + 1 == text.size || text.bytes[i + 1] != '"')
                break;
            i++;
        }
        buffer_add(&comment, &text.bytes[i], 1);
    }
    struct text result = trimmed_end(buffer_text(&comment));
    while (result.size > 0 && (result.bytes[0] == '\n' || result.bytes[0] == '\r')) {
        result.bytes++;
        result.size--;
    }
    return result;
}

static bool read_definition(struct reader *reader)
{
    struct text comment = read_comment(reader);
    struct text word = reader->lexer.token.text;
    size_t offset = reader->lexer.token.start;
    bool is_word = at_token(reader, TOKEN_IDENTIFIER);
    bool is_trait = is_word && text_is(word, "Trait");
    bool is_class = is_trait || (is_word && text_is(word, "Class"));
    if (!is_class && !(is_word && text_is(word, "Extension")))
        return fail_here(reader, "Class {, Trait { or Extension { is missing");
    lexer_next(&reader->lexer);
    struct tonel_value *header = tonel_header_read(&reader->lexer);
    if (header == NULL)
        return false;
    if (!is_class)
        return true;
    struct tonel_class *definition = NEW(struct tonel_class);
    definition->file = reader->file;
    definition->offset = offset;
    definition->comment = comment;
    definition->package = reader->package;
    definition->is_trait = is_trait;
    if (!tonel_header_class(header, definition, &reader->error))
        return false;
    list_add(&reader->sources->classes, definition);
    return true;
}

void tonel_read_file(struct tonel_sources *sources, const struct source_file *file,
                     struct text package)
{
    struct reader *reader = NEW(struct reader);
    reader->sources = sources;
    reader->file = file;
    reader->package = package;
    lexer_start(&reader->lexer, file->contents, 0, &reader->error);
    if (!read_definition(reader))
        report(reader);
    else
        read_methods(reader);
}

static bool ends_with(struct text name, const char *end)
{
    size_t size = strlen(end);
    return name.size > size && memcmp(name.bytes + name.size - size, end, size) == 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct text last_component(struct text path)
{
    while (path.size > 1 && path.bytes[path.size - 1] == '/')
        path.size--;
    for (size_t i = path.size; i-- > 0;)
        if (path.bytes[i] == '/')
            return (struct text){path.bytes + i + 1, path.size - i - 1};
    return path;
}

void tonel_read_package(struct tonel_sources *sources, struct text folder)
{
    struct list names = {NULL, 0, 0};
    DIR *directory = opendir(text_c_string(folder));
    if (directory == NULL) {
        diagnostics_error(sources->diagnostics, NULL, 0, "package folder %.*s cannot be read: %s",
                          (int)folder.size, folder.bytes, strerrordesc_np(errno));
        return;
    }
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory))
        list_add(&names, (char *)(uintptr_t)text_copy(entry->d_name, strlen(entry->d_name)).bytes);
    closedir(directory);
    if (names.count > 0)
        qsort(names.items, names.count, sizeof *names.items, compare_names);
    for (size_t i = 0; i < names.count; i++) {
        struct text name = text_from(names.items[i]);
        struct text path = text_join(text_join(folder, text_from("/")), name);
        if (!ends_with(name, ".class.st") && !ends_with(name, ".extension.st") &&
            !ends_with(name, ".trait.st"))
            continue;
        const struct source_file *file = source_file_read(path, sources->diagnostics);
        if (file != NULL)
            tonel_read_file(sources, file, last_component(folder));
    }
}

size_t tonel_file_offset(const struct tonel_method *method, size_t source_offset)
{
    if (source_offset < method->pattern_size)
        return method->pattern_offset + source_offset;
    return method->body_offset + (source_offset - method->pattern_size);
}
