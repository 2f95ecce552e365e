/*
 * A line of input edited on a terminal: history, keys, completion. libedit does it, opened when the first line is asked for
 * (architecture, D12); without it there is no editor and the caller reads plainly.
 *
 * The editor never waits for long: line_editor_step answers EDITOR_WAITING so that the world can go on meanwhile.
 */
#ifndef VIV_PRIMITIVES_LINE_EDITOR_H
#define VIV_PRIMITIVES_LINE_EDITOR_H

#include "vm/base/assert.h"

#include <stdbool.h>
#include <stddef.h>

struct line_editor;

struct completions {
    char **words; /* each allocated, sorted by the editor */
    size_t count;
    size_t capacity;
};

/* Adds a copy of a word; words beyond a limit, or without memory, are left out. */
void completions_add(struct completions *completions, const char *word, size_t size);

/* Finds the words that begin with prefix. */
typedef void complete_function(void *context, const char *prefix, size_t size,
                               struct completions *completions);

enum editor_step { EDITOR_WAITING, EDITOR_LINE, EDITOR_CANCELLED, EDITOR_END };

/* NULL when libedit is missing or standard input and output are no terminals. */
struct line_editor *line_editor_open(complete_function *complete);
void line_editor_close(struct line_editor *editor);

/* Reads on for at most wait_ms. After EDITOR_LINE, *line is the line without its end, valid until the next step. `context`
 * is handed to the complete function. */
enum editor_step line_editor_step(struct line_editor *editor, const char *prompt, int wait_ms,
                                  void *context, const char **line, size_t *size) VIV_MUST_USE;

#endif
