#include "image/store/generations.h"

#include "image/format/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_SIZE = 1 << 16 };

bool generation_path(const char *image, unsigned number, char *path, size_t size)
{
    return number == 0 ? snprintf(path, size, "%s", image) < (int)size
                       : replacement_older_name(image, number, path, size);
}

static bool copy(int from, struct replacement *to, const char *path, struct status *status)
{
    uint8_t part[COPY_SIZE];
    char reason[128];
    for (;;) {
        ssize_t count = read(from, part, sizeof part);
        if (count == 0)
            return true;
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return replacement_refuse(to, status, "%.100s cannot be read: %s", path,
                                      io_reason(errno, reason, sizeof reason));
        if (!replacement_write(to, part, (size_t)count))
            return false;
    }
}

bool generation_restore(const struct io *io, const char *image, unsigned number,
                        struct status *status)
{
    struct replacement file;
    struct stat facts;
    char path[PATH_MAX];
    char reason[128];
    errno = ENAMETOOLONG;
    int from = generation_path(image, number, path, sizeof path)
                   ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
                   : -1;
    if (from < 0)
        return status_fail(status, STATUS_IMAGE, "%.200s has no generation %u: %s", image, number,
                           io_reason(errno, reason, sizeof reason));
    bool good = replacement_open(&file, io, image, status);
    if (good) {
        file.keep = GENERATIONS_KEPT;
        good = fstat(from, &facts) == 0 && replacement_reserve(&file, (uint64_t)facts.st_size) &&
               copy(from, &file, path, status) && replacement_commit(&file);
        replacement_close(&file);
    }
    close(from);
    return good || status_fail(status, STATUS_SAVE, "%.200s cannot be restored", image);
}
