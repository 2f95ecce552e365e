#include "image/bootstrap/manifest.h"

#include "image/bootstrap/lexer.h"

static struct text next_word(struct text *line)
{
    while (line->size > 0 && (uint8_t)line->bytes[0] <= ' ') {
        line->bytes++;
        line->size--;
    }
    struct text word = {line->bytes, 0};
    while (line->size > 0 && (uint8_t)line->bytes[0] > ' ') {
        word.size++;
        line->bytes++;
        line->size--;
    }
    return word;
}

static void add_text(struct list *list, struct text text)
{
    struct text *kept = NEW(struct text);
    *kept = text;
    list_add(list, kept);
}

static struct text folder_of(struct text path)
{
    size_t size = path.size;
    while (size > 0 && path.bytes[size - 1] != '/')
        size--;
    return (struct text){path.bytes, size};
}

static void read_line(struct manifest *manifest, const struct source_file *file, struct text line,
                      struct diagnostics *diagnostics)
{
    size_t offset = (size_t)(line.bytes - file->contents.bytes);
    struct text first = next_word(&line);
    struct text second = next_word(&line);
    struct text third = next_word(&line);
    bool good = true;
    if (first.size == 0 || first.bytes[0] == '#') {
        return;
    } else if (text_is(first, "global") && second.size > 0) {
        good = lexer_is_identifier(second) && third.size == 0;
        add_text(&manifest->globals, second);
    } else if (text_is(first, "first") && second.size > 0) {
        good = lexer_is_identifier(second) && third.size == 0;
        add_text(&manifest->first, second);
    } else if (text_is(first, "start") && second.size > 0) {
        good = lexer_is_identifier(second) && lexer_is_identifier(third);
        manifest->start_receiver = second;
        manifest->start_selector = third;
    } else if (text_is(first, "rehearse") && second.size > 0) {
        for (; second.size > 0; second = third, third = next_word(&line))
            add_text(&manifest->rehearsal, second);
    } else {
        good = second.size == 0;
        struct text folder = first.bytes[0] == '/' ? (struct text){"", 0} : folder_of(file->path);
        if (good)
            add_text(&manifest->packages, text_join(folder, first));
    }
    if (!good)
        diagnostics_error(
            diagnostics, file, offset,
            "a line is a package folder, `global NAME`, `first CLASS`, `start NAME SELECTOR` or `rehearse WORD...`");
}

struct manifest *manifest_read(struct text path, struct diagnostics *diagnostics)
{
    const struct source_file *file = source_file_read(path, diagnostics);
    if (file == NULL)
        return NULL;
    struct manifest *manifest = NEW(struct manifest);
    manifest->start_receiver = text_from("Smalltalk");
    manifest->start_selector = text_from("bootstrap");
    const char *end = file->contents.bytes + file->contents.size;
    for (const char *line = file->contents.bytes; line < end;) {
        const char *limit = memchr(line, '\n', (size_t)(end - line));
        if (limit == NULL)
            limit = end;
        read_line(manifest, file, (struct text){line, (size_t)(limit - line)}, diagnostics);
        line = limit + 1;
    }
    return manifest;
}
