#include "tools/viv/options.h"

#include "vm/vivarium.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct option_row global_rows[] = {
    {"image", OPTION_TEXT, offsetof(struct options, image)},
    {"heap-max", OPTION_SIZE, offsetof(struct options, heap_limit)},
    {"stack-max", OPTION_SIZE, offsetof(struct options, stack_limit)},
    {"seed", OPTION_SEED, 0},
    {"timeout", OPTION_SECONDS, offsetof(struct options, timeout_ms)},
    {"stress-poll", OPTION_COUNT, offsetof(struct options, stress_poll)},
    {"stress-full", OPTION_COUNT, offsetof(struct options, stress_full)},
    {"stress-flush", OPTION_COUNT, offsetof(struct options, stress_flush)},
    {"stress-caches", OPTION_FLAG, offsetof(struct options, small_caches)},
    {"no-jit", OPTION_FLAG, offsetof(struct options, no_jit)},
    {"jit-after", OPTION_COUNT, offsetof(struct options, compile_after)},
    {"jit-zone", OPTION_SIZE, offsetof(struct options, code_zone_size)},
    {"perf-map", OPTION_FLAG, offsetof(struct options, names_code)},
    {"untrusted", OPTION_FLAG, offsetof(struct options, untrusted)},
    {"quiet", OPTION_FLAG, offsetof(struct options, quiet)},
    {"no-color", OPTION_FLAG, offsetof(struct options, no_color)},
    {"debug-on-error", OPTION_FLAG, offsetof(struct options, debug_on_error)},
    {"read-only", OPTION_FLAG, offsetof(struct options, read_only)},
    {"no-generations", OPTION_FLAG, offsetof(struct options, keeps_none)},
    {"no-journal", OPTION_FLAG, offsetof(struct options, no_journal)},
    {"stats", OPTION_FLAG, offsetof(struct options, statistics)},
    {"report-missing", OPTION_FLAG, offsetof(struct options, report_missing)},
    {"trace-bytecodes", OPTION_COUNT, offsetof(struct options, traced_bytecodes)},
    {"help", OPTION_FLAG, offsetof(struct options, help)},
};

enum { GLOBAL_ROW_COUNT = sizeof global_rows / sizeof global_rows[0] };

void options_fill_vm(const struct options *options, struct viv_options *vm_options)
{
    if (options->heap_limit != 0)
        vm_options->heap_limit = options->heap_limit;
    if (options->stack_limit != 0)
        vm_options->stack_limit = options->stack_limit;
    if (options->stress_poll != 0)
        vm_options->stress_poll = options->stress_poll;
    if (options->stress_full != 0)
        vm_options->stress_full = options->stress_full;
    if (options->stress_flush != 0)
        vm_options->stress_flush = options->stress_flush;
    if (options->compile_after != 0)
        vm_options->compile_first = vm_options->compile_after = (int)options->compile_after;
    if (options->code_zone_size != 0)
        vm_options->code_zone_size = options->code_zone_size;
    vm_options->names_code = options->names_code;
    if (options->no_jit)
        vm_options->compile_after = 0;
    if (options->report_missing)
        vm_options->count_missing = true;
    if (options->small_caches)
        vm_options->small_caches = true;
}

char *words_take(struct words *words)
{
    if (words->count == 0)
        return NULL;
    words->count--;
    return *words->items++;
}

/* A whole number, digits only. */
static bool parse_count(const char *text, uint64_t limit, uint64_t *value)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return errno == 0 && *end == 0 && *value <= limit;
}

/* Bytes, with an optional K, M, G or T (powers of 1024). */
static bool parse_size(const char *text, size_t *size)
{
    static const char units[] = "KMGT";
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    unsigned shift = 0;
    if (*end != 0) {
        const char *unit = strchr(units, *end >= 'a' && *end <= 'z' ? *end - 'a' + 'A' : *end);
        if (unit == NULL || end[1] != 0)
            return false;
        shift = 10 * (unsigned)(unit - units + 1);
    }
    if (errno != 0 || value == 0 || value > (SIZE_MAX >> shift))
        return false;
    *size = (size_t)value << shift;
    return true;
}

static bool parse_seconds(const char *text, unsigned *timeout_ms)
{
    char *end;
    double seconds = strtod(text, &end);
    if (end == text || *end != 0 || !isfinite(seconds) || seconds <= 0 || seconds > 1e6)
        return false;
    *timeout_ms = (unsigned)(seconds * 1000);
    if (*timeout_ms == 0)
        *timeout_ms = 1;
    return true;
}

static const char *kind_wants(enum option_kind kind)
{
    switch (kind) {
    case OPTION_COUNT:
    case OPTION_SEED:
        return "a number";
    case OPTION_SIZE:
        return "a size such as 512M";
    case OPTION_SECONDS:
        return "seconds";
    case OPTION_FLAG:
    case OPTION_TEXT:
        break;
    }
    return "a value";
}

static bool store_value(const struct option_row *row, const char *text, char *target)
{
    uint64_t number = 0;
    void *place = target + row->offset;
    switch (row->kind) {
    case OPTION_FLAG:
        memcpy(place, &(bool){true}, sizeof(bool));
        return true;
    case OPTION_TEXT:
        memcpy(place, &text, sizeof text);
        return true;
    case OPTION_COUNT:
        if (!parse_count(text, UINT32_MAX, &number))
            return false;
        memcpy(place, &(unsigned){(unsigned)number}, sizeof(unsigned));
        return true;
    case OPTION_SIZE: {
        size_t size;
        if (!parse_size(text, &size))
            return false;
        memcpy(place, &size, sizeof size);
        return true;
    }
    case OPTION_SECONDS: {
        unsigned timeout_ms;
        if (!parse_seconds(text, &timeout_ms))
            return false;
        memcpy(place, &timeout_ms, sizeof timeout_ms);
        return true;
    }
    case OPTION_SEED:
        if (!parse_count(text, UINT64_MAX, &number))
            return false;
        ((struct options *)(void *)target)->seed = number;
        ((struct options *)(void *)target)->has_seed = true;
        return true;
    }
    return false;
}

/* The row of an option word and the text after its `=`, NULL where there is none. */
static const struct option_row *find_row(const char *word, const struct option_row *rows,
                                         size_t row_count, const char **value)
{
    if (word[0] != '-' || word[1] != '-')
        return NULL;
    size_t size = strcspn(word + 2, "=");
    for (size_t i = 0; i < row_count; i++) {
        if (strlen(rows[i].name) == size && memcmp(rows[i].name, word + 2, size) == 0) {
            *value = word[2 + size] == '=' ? word + 3 + size : NULL;
            return &rows[i];
        }
    }
    return NULL;
}

int option_take(struct words *words, const struct option_row *rows, size_t row_count, void *target,
                struct status *status)
{
    const char *value = NULL;
    if (words->count == 0)
        return 0;
    const struct option_row *row = find_row(words->items[0], rows, row_count, &value);
    if (row == NULL)
        return 0;
    words_take(words);
    if (row->kind == OPTION_FLAG && value != NULL) {
        status_fail(status, STATUS_USAGE, "option --%s takes no value", row->name);
        return -1;
    }
    if (row->kind != OPTION_FLAG && value == NULL)
        value = words_take(words);
    if ((row->kind != OPTION_FLAG && value == NULL) || !store_value(row, value, target)) {
        status_fail(status, STATUS_USAGE, "option --%s wants %s%s%s", row->name,
                    kind_wants(row->kind), value == NULL ? "" : ", not ",
                    value == NULL ? "" : value);
        return -1;
    }
    return 1;
}

bool options_take_leading(struct options *options, struct words *words, struct status *status)
{
    int taken;
    do
        taken = option_take(words, global_rows, GLOBAL_ROW_COUNT, options, status);
    while (taken > 0);
    return taken == 0;
}

bool names_include(const char *names, const char *word)
{
    size_t size = strcspn(word, "=");
    while (*names != 0) {
        size_t length = strcspn(names, " ");
        if (length == size && memcmp(names, word, size) == 0)
            return true;
        names += length;
        names += strspn(names, " ");
    }
    return false;
}

bool words_include(const struct words *words, const char *name)
{
    for (int i = 0; i < words->count && strcmp(words->items[i], "--") != 0; i++)
        if (strncmp(words->items[i], "--", 2) == 0 && names_include(name, words->items[i] + 2))
            return true;
    return false;
}

bool options_take_all(struct options *options, struct words *words, const char *own,
                      bool stop_at_operand, struct status *status)
{
    char **kept = words->items;
    struct words rest = *words;
    while (rest.count > 0 && strcmp(rest.items[0], "--") != 0) {
        const char *word = rest.items[0];
        if (word[0] == '-' && word[1] == '-' && !names_include(own, word + 2)) {
            int taken = option_take(&rest, global_rows, GLOBAL_ROW_COUNT, options, status);
            if (taken < 0)
                return false;
            if (taken > 0)
                continue;
        } else if (stop_at_operand && (word[0] != '-' || word[1] == 0)) {
            break;
        }
        *kept++ = words_take(&rest);
    }
    while (rest.count > 0)
        *kept++ = words_take(&rest);
    words->count = (int)(kept - words->items);
    return true;
}

bool options_take_own(struct options *options, struct words *words, const struct option_row *rows,
                      size_t row_count, void *target, struct status *status)
{
    char **kept = words->items;
    struct words rest = *words;
    while (rest.count > 0) {
        int taken = option_take(&rest, rows, row_count, target, status);
        if (taken == 0)
            taken = option_take(&rest, global_rows, GLOBAL_ROW_COUNT, options, status);
        if (taken < 0)
            return false;
        if (taken > 0)
            continue;
        char *word = words_take(&rest);
        if (strcmp(word, "--") == 0)
            break;
        if (word[0] == '-' && word[1] != 0) {
            /* -o FILE is the one short option; it is written --output in the rows. */
            char *value = strcmp(word, "-o") == 0 ? words_take(&rest) : NULL;
            const char *unused;
            const struct option_row *row = find_row("--output", rows, row_count, &unused);
            if (value == NULL || row == NULL)
                return status_fail(status, STATUS_USAGE, "unknown option %s", word);
            memcpy((char *)target + row->offset, &value, sizeof value);
            continue;
        }
        *kept++ = word;
    }
    while (rest.count > 0)
        *kept++ = words_take(&rest);
    words->count = (int)(kept - words->items);
    return true;
}
