#include "primitives/file_table.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MAX = 1 << 20 };

bool file_table_open(struct file_table *table, const struct io *io)
{
    *table = (struct file_table){.io = io};
    return handle_new_session(&table->session);
}

void file_table_close(struct file_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        struct open_file *file = &table->files[i];
        if (file->fd >= 0 && !file->standard)
            table->io->close(table->io->context, file->fd);
    }
    free(table->files);
    table->files = NULL;
    table->count = 0;
}

struct open_file *file_table_find(struct file_table *table, const uint8_t *bytes, size_t size)
{
    struct handle handle;
    if (!handle_read(&handle, bytes, size, table->session, table->count))
        return NULL;
    struct open_file *file = &table->files[handle.index];
    return file->fd >= 0 && file->generation == handle.generation ? file : NULL;
}

static bool grow(struct file_table *table)
{
    if (table->count >= FILES_MAX)
        return false;
    size_t capacity = table->count == 0 ? 8 : table->count * 2;
    struct open_file *files = realloc(table->files, capacity * sizeof *files);
    if (files == NULL)
        return false;
    for (size_t i = table->count; i < capacity; i++)
        files[i] = (struct open_file){.fd = -1};
    table->files = files;
    table->count = capacity;
    return true;
}

bool file_table_make_room(struct file_table *table)
{
    return table->count > 0 || grow(table);
}

/* A free entry of the table; NULL when memory or the limit is used up. */
static struct open_file *free_entry(struct file_table *table)
{
    size_t count = table->count;
    for (size_t i = 0; i < count; i++)
        if (table->files[i].fd < 0)
            return &table->files[i];
    return grow(table) ? &table->files[count] : NULL;
}

static int enter(struct file_table *table, const struct open_file *opened, uint8_t *bytes)
{
    struct open_file *entry = free_entry(table);
    if (entry == NULL)
        return ENOMEM;
    uint32_t generation = entry->generation + 1;
    *entry = *opened;
    entry->generation = generation;
    entry->seekable = lseek(entry->fd, 0, SEEK_CUR) >= 0;
    handle_write(bytes, table->session, (size_t)(entry - table->files), generation);
    return 0;
}

int file_open(struct file_table *table, const char *path, enum file_mode mode, uint8_t *handle)
{
    int flags = O_NOCTTY | (mode == FILE_READ ? O_RDONLY : O_RDWR | O_CREAT);
    if (mode == FILE_WRITE_NEW)
        flags |= O_EXCL;
    int fd = io_open(table->io, path, flags, 0666);
    if (fd < 0)
        return errno;
    struct stat information;
    int error = fstat(fd, &information) != 0 ? errno : S_ISDIR(information.st_mode) ? EISDIR : 0;
    if (error == 0) {
        struct open_file opened = {.fd = fd, .writable = mode != FILE_READ};
        error = enter(table, &opened, handle);
    }
    if (error != 0)
        table->io->close(table->io->context, fd);
    return error;
}

int file_open_standard(struct file_table *table, int number, uint8_t *handle)
{
    int flags = fcntl(number, F_GETFL);
    if (flags < 0)
        return errno;
    /* A standard stream that cannot go the way it is meant to was closed before the program began. */
    if ((flags & O_ACCMODE) == (number == 0 ? O_WRONLY : O_RDONLY))
        return EBADF;
    struct open_file opened = {.fd = number, .writable = number != 0, .standard = true};
    return enter(table, &opened, handle);
}

int file_close(struct file_table *table, struct open_file *file)
{
    int fd = file->fd;
    file->fd = -1;
    if (file->standard)
        return 0;
    return table->io->close(table->io->context, fd) == 0 || errno == EINTR ? 0 : errno;
}

static void wait_for(int fd, short events)
{
    struct pollfd waiting = {.fd = fd, .events = events};
    poll(&waiting, 1, -1);
}

int file_read(struct open_file *file, void *bytes, size_t size, size_t *taken)
{
    *taken = 0;
    if (size == 0)
        return 0;
    for (;;) {
        ssize_t got = read(file->fd, bytes, size);
        if (got >= 0) {
            *taken = (size_t)got;
            file->passed += (size_t)got;
            file->at_end = got == 0;
            return 0;
        }
        if (errno == EAGAIN)
            wait_for(file->fd, POLLIN);
        else if (errno != EINTR)
            return errno;
    }
}

int file_write(struct file_table *table, struct open_file *file, const void *bytes, size_t size)
{
    const uint8_t *rest = bytes;
    if (!file->writable)
        return EBADF;
    while (size > 0) {
        ssize_t put = table->io->write(table->io->context, file->fd, rest, size);
        if (put < 0 && errno == EAGAIN) {
            wait_for(file->fd, POLLOUT);
            continue;
        }
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put == 0 ? ENOSPC : errno;
        rest += put;
        size -= (size_t)put;
        file->passed += (size_t)put;
    }
    return 0;
}

int file_position(struct open_file *file, uint64_t *position)
{
    if (!file->seekable) {
        *position = file->passed;
        return 0;
    }
    off_t offset = lseek(file->fd, 0, SEEK_CUR);
    *position = offset < 0 ? 0 : (uint64_t)offset;
    return offset < 0 ? errno : 0;
}

int file_set_position(struct open_file *file, uint64_t position)
{
    if (position > INT64_MAX)
        return EINVAL;
    return lseek(file->fd, (off_t)position, SEEK_SET) < 0 ? errno : 0;
}

int file_size(const struct open_file *file, uint64_t *size)
{
    struct stat information;
    if (fstat(file->fd, &information) != 0)
        return errno;
    if (!S_ISREG(information.st_mode) && !S_ISBLK(information.st_mode))
        return ESPIPE;
    *size = (uint64_t)information.st_size;
    return 0;
}

int file_truncate(struct file_table *table, struct open_file *file, uint64_t size)
{
    if (!file->writable)
        return EBADF;
    if (size > INT64_MAX)
        return EFBIG;
    while (table->io->ftruncate(table->io->context, file->fd, (off_t)size) != 0)
        if (errno != EINTR)
            return errno;
    uint64_t position;
    int error = file_position(file, &position);
    return error == 0 && position > size ? file_set_position(file, size) : error;
}

int file_sync(struct file_table *table, const struct open_file *file)
{
    if (io_sync(table->io, file->fd))
        return 0;
    /* What has no disk under it has nothing to wait for. */
    return errno == EINVAL || errno == EROFS ? 0 : errno;
}

int file_at_end(struct open_file *file, bool *at_end)
{
    uint64_t position;
    uint64_t size;
    *at_end = file->at_end;
    if (!file->seekable || file_size(file, &size) != 0)
        return 0;
    int error = file_position(file, &position);
    *at_end = position >= size;
    return error;
}

bool file_is_ready(const struct open_file *file, int timeout_ms)
{
    struct pollfd waiting = {.fd = file->fd, .events = POLLIN};
    return poll(&waiting, 1, timeout_ms) != 0;
}
