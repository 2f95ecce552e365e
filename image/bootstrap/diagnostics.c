#include "image/bootstrap/diagnostics.h"

#include "vm/base/utf8.h"

#include <errno.h>
#include <stdarg.h>

/* The copies of a trait's method are wrong in the same place. */
static bool is_known(const struct diagnostics *diagnostics, const struct diagnostic *diagnostic)
{
    for (size_t i = 0; i < diagnostics->items.count; i++) {
        const struct diagnostic *other = diagnostics->items.items[i];
        if (diagnostic->file != NULL && other->file == diagnostic->file &&
            other->line == diagnostic->line && other->column == diagnostic->column &&
            strcmp(other->sentence, diagnostic->sentence) == 0)
            return true;
    }
    return false;
}

static void add(struct diagnostics *diagnostics, const struct source_file *file, size_t offset,
                bool is_warning, const char *format, va_list arguments)
{
    struct diagnostic *diagnostic = NEW(struct diagnostic);
    diagnostic->file = file;
    diagnostic->is_warning = is_warning;
    if (file != NULL)
        source_position(file->contents, offset, &diagnostic->line, &diagnostic->column);
    vsnprintf(diagnostic->sentence, sizeof diagnostic->sentence, format, arguments);
    if (is_known(diagnostics, diagnostic))
        return;
    list_add(&diagnostics->items, diagnostic);
    diagnostics->error_count += !is_warning;
}

void diagnostics_error(struct diagnostics *diagnostics, const struct source_file *file,
                       size_t offset, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(diagnostics, file, offset, false, format, arguments);
    va_end(arguments);
}

void diagnostics_warning(struct diagnostics *diagnostics, const struct source_file *file,
                         size_t offset, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(diagnostics, file, offset, true, format, arguments);
    va_end(arguments);
}

static void describe(const struct diagnostic *diagnostic, char *line, size_t size)
{
    const char *kind = diagnostic->is_warning ? "warning: " : "";
    if (diagnostic->file == NULL)
        snprintf(line, size, "%s%s", kind, diagnostic->sentence);
    else
        snprintf(line, size, "%.*s:%zu:%zu: %s%s", (int)diagnostic->file->path.size,
                 diagnostic->file->path.bytes, diagnostic->line, diagnostic->column, kind,
                 diagnostic->sentence);
}

void diagnostics_print(const struct diagnostics *diagnostics, FILE *stream)
{
    char line[1024];
    for (size_t i = 0; i < diagnostics->items.count; i++) {
        describe(diagnostics->items.items[i], line, sizeof line);
        fprintf(stream, "%s\n", line);
    }
}

bool diagnostics_status(const struct diagnostics *diagnostics, struct status *status)
{
    char line[sizeof status->sentence];
    for (size_t i = 0; i < diagnostics->items.count; i++) {
        const struct diagnostic *diagnostic = diagnostics->items.items[i];
        if (diagnostic->is_warning)
            continue;
        describe(diagnostic, line, sizeof line);
        return status_fail(status, STATUS_SYNTAX, "%s", line);
    }
    return true;
}

const struct source_file *source_file_read(struct text path, struct diagnostics *diagnostics)
{
    struct source_file *file = NEW(struct source_file);
    struct buffer contents = {NULL, 0, 0};
    char part[16384];
    file->path = path;
    FILE *stream = fopen(text_c_string(path), "rb");
    if (stream != NULL) {
        size_t size;
        while ((size = fread(part, 1, sizeof part, stream)) > 0)
            buffer_add(&contents, part, size);
    }
    if (stream == NULL || ferror(stream)) {
        diagnostics_error(diagnostics, NULL, 0, "%.*s cannot be read: %s", TEXT_ARGUMENTS(path),
                          strerrordesc_np(errno));
        if (stream != NULL)
            fclose(stream);
        return NULL;
    }
    fclose(stream);
    file->contents = buffer_text(&contents);
    size_t bad_offset;
    if (utf8_is_valid(file->contents.bytes, file->contents.size, &bad_offset))
        return file;
    diagnostics_error(diagnostics, file, bad_offset, "the text is not valid UTF-8");
    return NULL;
}
