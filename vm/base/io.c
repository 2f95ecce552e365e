#include "vm/base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static int system_open(void *context, const char *path, int flags, mode_t mode)
{
    (void)context;
    return open(path, flags, mode);
}

static ssize_t system_write(void *context, int fd, const void *bytes, size_t size)
{
    (void)context;
    return write(fd, bytes, size);
}

static ssize_t system_pwrite(void *context, int fd, const void *bytes, size_t size, off_t offset)
{
    (void)context;
    return pwrite(fd, bytes, size, offset);
}

static int system_fsync(void *context, int fd)
{
    (void)context;
    return fsync(fd);
}

static int system_fdatasync(void *context, int fd)
{
    (void)context;
    return fdatasync(fd);
}

static int system_ftruncate(void *context, int fd, off_t size)
{
    (void)context;
    return ftruncate(fd, size);
}

static int system_fallocate(void *context, int fd, off_t offset, off_t size)
{
    (void)context;
    return posix_fallocate(fd, offset, size);
}

static int system_fchmod(void *context, int fd, mode_t mode)
{
    (void)context;
    return fchmod(fd, mode);
}

static int system_futimens(void *context, int fd, const struct timespec times[2])
{
    (void)context;
    return futimens(fd, times);
}

static int system_fsetxattr(void *context, int fd, const char *name, const void *value, size_t size)
{
    (void)context;
    return fsetxattr(fd, name, value, size, 0);
}

static int system_close(void *context, int fd)
{
    (void)context;
    return close(fd);
}

static int system_rename(void *context, const char *from, const char *to)
{
    (void)context;
    return rename(from, to);
}

static int system_link(void *context, const char *from, const char *to)
{
    (void)context;
    return link(from, to);
}

static int system_unlink(void *context, const char *path)
{
    (void)context;
    return unlink(path);
}

static int system_mkdir(void *context, const char *path, mode_t mode)
{
    (void)context;
    return mkdir(path, mode);
}

static int system_rmdir(void *context, const char *path)
{
    (void)context;
    return rmdir(path);
}

static const struct io system_table = {
    .context = NULL,
    .open = system_open,
    .write = system_write,
    .pwrite = system_pwrite,
    .fsync = system_fsync,
    .fdatasync = system_fdatasync,
    .ftruncate = system_ftruncate,
    .fallocate = system_fallocate,
    .fchmod = system_fchmod,
    .futimens = system_futimens,
    .fsetxattr = system_fsetxattr,
    .close = system_close,
    .rename = system_rename,
    .link = system_link,
    .unlink = system_unlink,
    .mkdir = system_mkdir,
    .rmdir = system_rmdir,
};

const struct io *io_system(void)
{
    return &system_table;
}

int io_open(const struct io *io, const char *path, int flags, mode_t mode)
{
    int fd;
    do
        fd = io->open(io->context, path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

bool io_write_all(const struct io *io, int fd, const void *bytes, size_t size)
{
    const uint8_t *rest = bytes;
    while (size > 0) {
        ssize_t written = io->write(io->context, fd, rest, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written == 0)
            errno = ENOSPC;
        if (written <= 0)
            return false;
        rest += written;
        size -= (size_t)written;
    }
    return true;
}

bool io_pwrite_all(const struct io *io, int fd, const void *bytes, size_t size, uint64_t offset)
{
    const uint8_t *rest = bytes;
    while (size > 0) {
        ssize_t written = io->pwrite(io->context, fd, rest, size, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written == 0)
            errno = ENOSPC;
        if (written <= 0)
            return false;
        rest += written;
        size -= (size_t)written;
        offset += (uint64_t)written;
    }
    return true;
}

bool io_sync(const struct io *io, int fd)
{
    int result;
    do
        result = io->fsync(io->context, fd);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

bool io_sync_directory_of(const struct io *io, const char *path)
{
    char directory[4096];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    if (length >= sizeof directory) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (slash == NULL)
        snprintf(directory, sizeof directory, ".");
    else
        snprintf(directory, sizeof directory, "%.*s", length == 0 ? 1 : (int)length, path);
    int fd = io_open(io, directory, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return false;
    bool synced = io_sync(io, fd);
    int error = errno;
    bool closed = io->close(io->context, fd) == 0;
    if (!synced)
        errno = error;
    return synced && closed;
}

bool io_reserve(const struct io *io, int fd, uint64_t size)
{
    int error;
    do
        error = io->fallocate(io->context, fd, 0, (off_t)size);
    while (error == EINTR);
    if (error == 0 || error == EOPNOTSUPP || error == EINVAL || error == ENODEV)
        return true;
    errno = error;
    return false;
}

bool io_pread_all(int fd, void *bytes, size_t size, uint64_t offset)
{
    uint8_t *rest = bytes;
    while (size > 0) {
        ssize_t count = pread(fd, rest, size, (off_t)offset);
        if (count < 0 && errno == EINTR)
            continue;
        if (count == 0)
            errno = 0;
        if (count <= 0)
            return false;
        rest += count;
        size -= (size_t)count;
        offset += (uint64_t)count;
    }
    return true;
}

bool io_is_same_file(const char *one, const char *other)
{
    struct stat first;
    struct stat second;
    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

const char *io_reason(int error_number, char *buffer, size_t size)
{
    viv_assert(size > 0, "a reason needs room for its text");
    snprintf(buffer, size, "%s",
             strerrordesc_np(error_number) != NULL ? strerrordesc_np(error_number)
                                                   : "unknown error");
    return buffer;
}
