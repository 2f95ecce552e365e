/* A new file in the folder of the tests' scratch files, open for reading and writing. */
#ifndef VIV_TESTS_UNIT_BASE_SCRATCH_FILE_H
#define VIV_TESTS_UNIT_BASE_SCRATCH_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct scratch_file {
    char path[512];
    int fd; /* negative: there is none */
};

static inline struct scratch_file scratch_file_open(const char *test)
{
    struct scratch_file file;
    const char *scratch = getenv("SCRATCH");
    snprintf(file.path, sizeof file.path, "%s/%s.XXXXXX", scratch != NULL ? scratch : "/tmp", test);
    file.fd = mkstemp(file.path);
    return file;
}

static inline void scratch_file_remove(const struct scratch_file *file)
{
    close(file->fd);
    unlink(file->path);
}

/* For cmocka: a scratch file as the state of a test. Each answers 0 when it could. */
static inline int scratch_file_setup(void **state, const char *test)
{
    struct scratch_file *file = malloc(sizeof *file);
    if (file == NULL)
        return -1;
    *file = scratch_file_open(test);
    *state = file;
    return file->fd >= 0 ? 0 : -1;
}

static inline int scratch_file_teardown(void **state)
{
    scratch_file_remove(*state);
    free(*state);
    return 0;
}

#endif
