/*
 * What a host operation answers: a code and, when it failed, one sentence that names file, offset, what was wanted and what
 * was found. Library code fills it in; only tools print it and choose the exit code (command line, exit codes).
 */
#ifndef VIV_BASE_STATUS_H
#define VIV_BASE_STATUS_H

#include <stdbool.h>
#include <stddef.h>

/* The values are the exit codes of the command line. */
enum status_code {
    STATUS_OK = 0,
    STATUS_FAILURE = 1,
    STATUS_USAGE = 2,
    STATUS_SYNTAX = 4,
    STATUS_IMAGE = 6,
    STATUS_MEMORY = 7,
    STATUS_SAVE = 8
};

struct status {
    enum status_code code;
    char sentence[512];
};

static inline bool status_ok(const struct status *status)
{
    return status->code == STATUS_OK;
}

/* Sets code and sentence unless an earlier failure is already there; answers false, so that `return status_fail(…)` reads. */
bool status_fail(struct status *status, enum status_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
