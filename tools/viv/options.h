/*
 * The options that every command takes, and the words that are left. Only tools/viv uses this.
 *
 * Words point into argv and are never copied. A word list is consumed from its front; what is kept is moved down in place.
 */
#ifndef VIV_TOOLS_VIV_OPTIONS_H
#define VIV_TOOLS_VIV_OPTIONS_H

#include "vm/base/status.h"

#include <stdint.h>

struct options {
    const char *image;
    size_t heap_limit;
    size_t stack_limit;
    uint64_t seed;
    unsigned timeout_ms; /* 0: none */
    unsigned stress_poll;
    unsigned stress_full;
    unsigned stress_flush;
    bool small_caches;
    bool no_jit;
    bool names_code;        /* for perf */
    unsigned compile_after; /* calls and loops before code is compiled; 0: the default */
    size_t code_zone_size;  /* 0: the default */
    bool untrusted;         /* every object of the image is checked before it runs */
    bool has_seed;
    bool quiet;
    bool no_color;
    bool debug_on_error; /* at a terminal */
    bool read_only;
    bool keeps_none; /* no older images */
    bool no_journal; /* what a person does is not written beside the image */
    bool statistics;
    unsigned traced_bytecodes; /* how many of the first are printed; 0: none */
    bool report_missing;       /* primitives that the image called and this machine lacks */
    bool help;
};

struct viv_options;

struct words {
    char **items;
    int count;
};

/* One option: its name without dashes, what it takes, and where in the target structure the value goes. */
enum option_kind {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_COUNT,
    OPTION_SIZE,
    OPTION_SECONDS,
    OPTION_SEED
};
struct option_row {
    const char *name;
    enum option_kind kind;
    size_t offset;
};

/* Puts the limits and stress switches where the VM reads them; what was not given stays as it is. */
void options_fill_vm(const struct options *options, struct viv_options *vm_options);

/* Whether the names, separated by spaces, include the word up to its `=`. */
bool names_include(const char *names, const char *word);

/* The first word, removed; NULL when there is none. */
char *words_take(struct words *words);

/* Whether an option of that name stands before `--`, with a value or without. */
bool words_include(const struct words *words, const char *name);

/* Takes the word at the front when it is one of the rows' options (--name VALUE, --name=VALUE), with its value. Answers 1
 * when it did, 0 when the word is something else, -1 when the value is missing or wrong. */
int option_take(struct words *words, const struct option_row *rows, size_t row_count, void *target,
                struct status *status);

/* Takes the global options at the front. False when one is wrong. */
bool options_take_leading(struct options *options, struct words *words, struct status *status);

/* Takes global options wherever they stand before `--`, other than those named in `own` (words separated by spaces), and
 * leaves everything else in order. With stop_at_operand, nothing after the first word that is no option is looked at. */
bool options_take_all(struct options *options, struct words *words, const char *own,
                      bool stop_at_operand, struct status *status);

/* The same for a command that does not pass words on: takes its own options by rows too, refuses unknown ones and drops
 * `--`. What remains are operands. */
bool options_take_own(struct options *options, struct words *words, const struct option_row *rows,
                      size_t row_count, void *target, struct status *status);

#endif
