#include "image/format/replace.h"

#include "vm/base/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
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

/* The size of the path's part before the name, slash included. */
static size_t directory_size(const struct replacement *file)
{
    const char *slash = strrchr(file->path, '/');
    return slash == NULL ? 0 : (size_t)(slash - file->path) + 1;
}

/* Whether a name is one that name_temporary made for this path, by a process that is not there any more. */
static bool is_leftover(const struct replacement *file, const char *name)
{
    const char *own = file->path + directory_size(file);
    size_t size = strnlen(own, NAME_PART);
    long process;
    uint32_t unique;
    int end = 0;
    if (name[0] != '.' || strncmp(name + 1, own, size) != 0)
        return false;
    return sscanf(name + 1 + size, ".%ld.%8" SCNx32 ".tmp%n", &process, &unique, &end) == 2 &&
           end > 0 && name[1 + size + (size_t)end] == 0 && process > 0 &&
           kill((pid_t)process, 0) != 0 && errno == ESRCH;
}

/* A process of another machine or container may have the number; but then it holds the lock. */
static void remove_unlocked(struct replacement *file, int directory, const char *name)
{
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    int length = snprintf(file->temporary, sizeof file->temporary, "%.*s%s",
                          (int)directory_size(file), file->path, name);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && (size_t)length < sizeof file->temporary)
        (void)file->io->unlink(file->io->context, file->temporary);
    close(fd);
}

/* Removes what saves of this image left behind when they were killed: it would fill the disk in time. Nothing depends on it. */
static void remove_leftovers(struct replacement *file)
{
    size_t size = directory_size(file);
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.*s", (int)size, file->path);
    DIR *directory = opendir(size == 0 ? "." : path);
    if (directory == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (is_leftover(file, entry->d_name))
            remove_unlocked(file, dirfd(directory), entry->d_name);
    closedir(directory);
}

static bool name_temporary(struct replacement *file)
{
    size_t directory = directory_size(file);
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
    if (file->fd >= 0)
        (void)flock(file->fd, LOCK_EX | LOCK_NB); /* says that this save is going on */
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
    remove_leftovers(file);
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

bool replacement_older_name(const char *path, unsigned number, char *name, size_t size)
{
    return snprintf(name, size, "%s.%u", path, number) < (int)size;
}

/* The file that is about to be replaced becomes PATH.1, what was that PATH.2, and so on. The file itself never lacks its name, and
 * a save that fails after this does not move them twice. Disks without hard links keep none. */
static void keep_older(struct replacement *file)
{
    const struct io *io = file->io;
    char first[PATH_MAX];
    char from[PATH_MAX];
    char to[PATH_MAX];
    char new[PATH_MAX];
    if (file->keep == 0 || !file->replaces ||
        !replacement_older_name(file->path, 1, first, sizeof first) ||
        io_is_same_file(file->path, first) ||
        !replacement_older_name(file->path, 0, new, sizeof new))
        return;
    (void)io->unlink(io->context, new);
    if (io->link(io->context, file->path, new) != 0)
        return;
    bool moved = true;
    for (unsigned i = file->keep; i > 1 && moved; i--)
        moved = replacement_older_name(file->path, i - 1, from, sizeof from) &&
                replacement_older_name(file->path, i, to, sizeof to) &&
                (io->rename(io->context, from, to) == 0 || errno == ENOENT);
    if (!moved || io->rename(io->context, new, first) != 0)
        (void)io->unlink(io->context, new);
}

bool replacement_commit(struct replacement *file)
{
    if (!replacement_sync(file))
        return false;
    int fd = file->fd;
    file->fd = -1;
    if (file->io->close(file->io->context, fd) != 0)
        return fail(file);
    keep_older(file);
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
