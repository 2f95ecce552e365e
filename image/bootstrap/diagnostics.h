/* What is wrong with the files of a build: all of it once, in the order found, each with file, line and column. */
#ifndef VIV_BOOTSTRAP_DIAGNOSTICS_H
#define VIV_BOOTSTRAP_DIAGNOSTICS_H

#include "image/bootstrap/source.h"
#include "vm/base/status.h"

#include <stdio.h>

struct source_file {
    struct text path;
    struct text contents;
};

struct diagnostic {
    const struct source_file *file; /* NULL: no place */
    size_t line;
    size_t column;
    bool is_warning;
    char sentence[200];
};

struct diagnostics {
    struct list items; /* of struct diagnostic */
    size_t error_count;
};

void diagnostics_error(struct diagnostics *diagnostics, const struct source_file *file,
                       size_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diagnostics_warning(struct diagnostics *diagnostics, const struct source_file *file,
                         size_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* One line each, `file:line:column: sentence`. */
void diagnostics_print(const struct diagnostics *diagnostics, FILE *stream);

/* Makes a failed status of the first error; true when there is none. */
bool diagnostics_status(const struct diagnostics *diagnostics, struct status *status);

/* Reads a file whole; NULL and an error when it cannot be read or is not UTF-8. */
const struct source_file *source_file_read(struct text path, struct diagnostics *diagnostics);

#endif
