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

#endif
