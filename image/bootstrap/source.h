/*
 * Positions in source text and what is wrong at them. A source is well-formed UTF-8; offsets are in bytes from its start.
 */
#ifndef VIV_BOOTSTRAP_SOURCE_H
#define VIV_BOOTSTRAP_SOURCE_H

#include "image/bootstrap/memory.h"

/* The first thing wrong with a source; later ones are not recorded. */
struct source_error {
    bool failed;
    size_t offset;
    char sentence[200];
};

/* Records the error unless there is one already; answers false. */
bool source_fail(struct source_error *error, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Line and column of an offset, both from 1; the column counts code points. LF, CR and CRLF end lines. */
void source_position(struct text source, size_t offset, size_t *line, size_t *column);

/* How many bytes of a name to show in a sentence: not too many, and whole characters. */
int source_shown_size(struct text name);

/* Arguments for "%.*s". */
#define TEXT_ARGUMENTS(name) source_shown_size(name), (name).bytes

#endif
