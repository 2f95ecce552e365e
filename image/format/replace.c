#include "image/format/replace.h"

#include "vm/base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the image's own name, so that the temporary one stays below what a directory entry may have. */
#define NAME_PART 180
#define NAME_ATTEMPTS 16

bool replacement_refuse(const struct replacement *file, struct status *status, const char *format,
                        ...)
{
    char reason[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return status_fail(status, STATUS_SAVE, "image not saved: %.200s: %s; the old image is intact",
                       file->path, reason);
}

static bool fail(struct replacement *file)
{
    char reason[128];
    return replacement_refuse(file, file->status, "%s", io_reason(errno, reason, sizeof reason));
}

/* Follows links; a path that does not exist yet is taken as it is. */
static bool resolve(struct replacement *file, const char *path)
{
    if (realpath(path, file->path) != NULL)
        return true;
    int error = errno;
    size_t length = strlen(path);
    bool fits = length < sizeof file->path;
    memcpy(file->path, path, fits ? length + 1 : sizeof file->path);
    file->path[sizeof file->path - 1] = '\0';
    errno = fits ? error : ENAMETOOLONG;
    return fits && error == ENOENT;
}

static bool name_temporary(struct replacement *file)
{
    const char *slash = strrchr(file->path, '/');
    size_t directory = slash == NULL ? 0 : (size_t)(slash - file->path) + 1;
    uint64_t unique = os_monotonic_ns();
    int length =
        snprintf(file->temporary, sizeof file->temporary, "%.*s.%.*s.%ld.%08" PRIx32 ".tmp",
                 (int)directory, file->path, NAME_PART, file->path + directory, (long)getpid(),
                 (uint32_t)(unique ^ unique >> 32));
    errno = ENAMETOOLONG;
    return length > 0 && (size_t)length < sizeof file->temporary;
}

static bool create_temporary(struct replacement *file, mode_t mode)
{
    for (int i = 0; i < NAME_ATTEMPTS; i++) {
        if (!name_temporary(file))
            return false;
        file->fd = io_open(file->io, file->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
        file->temporary_exists = file->fd >= 0;
        if (file->fd >= 0 || errno != EEXIST)
            break;
    }
    return file->fd >= 0;
}

bool replacement_open(struct replacement *file, const struct io *io, const char *path,
                      struct status *status)
{
    struct stat old;
    *file = (struct replacement){.io = io, .status = status, .fd = -1};
    if (!resolve(file, path))
        return fail(file);
    file->replaces = stat(file->path, &old) == 0;
    if (file->replaces && !S_ISREG(old.st_mode))
        return replacement_refuse(file, status, "it is not a file");
    if (file->replaces && access(file->path, W_OK) != 0)
        return fail(file);
    bool good = create_temporary(file, file->replaces ? 0600 : 0666) &&
                (!file->replaces || io->fchmod(io->context, file->fd, old.st_mode & 07777) == 0);
    if (good)
        return true;
    fail(file);
    replacement_close(file);
    return false;
}

bool replacement_reserve(struct replacement *file, uint64_t size)
{
    if (io_reserve(file->io, file->fd, size))
        return true;
    char reason[128];
    return replacement_refuse(file, file->status, "%" PRIu64 " bytes are needed: %s", size,
                              io_reason(errno, reason, sizeof reason));
}

bool replacement_write(struct replacement *file, const void *bytes, size_t size)
{
    return io_write_all(file->io, file->fd, bytes, size) || fail(file);
}

bool replacement_write_at(struct replacement *file, const void *bytes, size_t size, uint64_t offset)
{
    return io_pwrite_all(file->io, file->fd, bytes, size, offset) || fail(file);
}

bool replacement_sync(struct replacement *file)
{
    return io_sync(file->io, file->fd) || fail(file);
}

bool replacement_commit(struct replacement *file)
{
    if (!replacement_sync(file))
        return false;
    int fd = file->fd;
    file->fd = -1;
    if (file->io->close(file->io->context, fd) != 0)
        return fail(file);
    if (file->io->rename(file->io->context, file->temporary, file->path) != 0)
        return fail(file);
    file->temporary_exists = false;
    if (io_sync_directory_of(file->io, file->path))
        return true;
    char reason[128];
    return status_fail(
        file->status, STATUS_SAVE,
        "image not saved: %.200s: its directory cannot be synced: %s; the new image has the name, "
        "but may be lost by a power cut",
        file->path, io_reason(errno, reason, sizeof reason));
}

void replacement_close(struct replacement *file)
{
    if (file->fd >= 0)
        (void)file->io->close(file->io->context, file->fd);
    file->fd = -1;
    if (file->temporary_exists)
        (void)file->io->unlink(file->io->context, file->temporary);
    file->temporary_exists = false;
}
