/*
 * Every file that the VM writes is written through one table of functions (architecture, D14), so that a test can make any
 * call fail: see io_fault.h. The functions answer and set errno as the system calls of the same names do. They are passed in
 * as `const struct io *`; io_system() is the real one and has no state.
 *
 * The helpers below hide what every caller would otherwise repeat: interrupted calls and short writes. None of them prints,
 * allocates or waits for anything but the file system.
 */
#ifndef VIV_BASE_IO_H
#define VIV_BASE_IO_H

#include "vm/base/assert.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct io {
    void *context; /* handed to every function */
    int (*open)(void *context, const char *path, int flags, mode_t mode);
    ssize_t (*write)(void *context, int fd, const void *bytes, size_t size);
    ssize_t (*pwrite)(void *context, int fd, const void *bytes, size_t size, off_t offset);
    int (*fsync)(void *context, int fd);
    int (*fdatasync)(void *context, int fd);
    int (*ftruncate)(void *context, int fd, off_t size);
    int (*fallocate)(void *context, int fd, off_t offset,
                     off_t size); /* answers an error number, like posix_fallocate */
    int (*fchmod)(void *context, int fd, mode_t mode);
    int (*futimens)(void *context, int fd, const struct timespec times[2]);
    int (*fsetxattr)(void *context, int fd, const char *name, const void *value,
                     size_t size); /* adds the attribute or replaces it */
    int (*close)(void *context, int fd);
    int (*rename)(void *context, const char *from, const char *to);
    int (*link)(void *context, const char *from, const char *to);
    int (*unlink)(void *context, const char *path);
    int (*mkdir)(void *context, const char *path, mode_t mode);
    int (*rmdir)(void *context, const char *path);
};

/* The system calls themselves. */
const struct io *io_system(void);

/* open, again while interrupted; close-on-exec is added. -1 and errno on failure. */
int io_open(const struct io *io, const char *path, int flags, mode_t mode) VIV_MUST_USE;

/* Writes all of size bytes, at the file's position or at offset. False and errno on failure; a write that takes nothing
 * counts as a full disk. */
bool io_write_all(const struct io *io, int fd, const void *bytes, size_t size) VIV_MUST_USE;
bool io_pwrite_all(const struct io *io, int fd, const void *bytes, size_t size,
                   uint64_t offset) VIV_MUST_USE;

/* fsync, again while interrupted. A failed fsync is final: what was not written may have been marked clean. */
bool io_sync(const struct io *io, int fd) VIV_MUST_USE;

/* Makes the entries of the directory that holds path durable: renames, new files. */
bool io_sync_directory_of(const struct io *io, const char *path) VIV_MUST_USE;

/* Reserves the bytes on the disk. False with errno when there is no room; file systems that cannot reserve count as success. */
bool io_reserve(const struct io *io, int fd, uint64_t size) VIV_MUST_USE;

/* Reads all of size bytes from offset; false with errno, which is 0 when the file ends before. Reading is not in the table:
 * it cannot harm a file. */
bool io_pread_all(int fd, void *bytes, size_t size, uint64_t offset) VIV_MUST_USE;

/* Whether both paths lead to one file that is there. */
bool io_is_same_file(const char *one, const char *other);

/* The reason for an error number, in a caller's buffer, from any thread. Answers buffer. */
const char *io_reason(int error_number, char *buffer, size_t size);

#endif
