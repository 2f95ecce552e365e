#include "vm/base/io_fault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const function_names[IO_FUNCTION_COUNT] = {
    "open",      "write",  "pwrite",   "fsync",     "fdatasync", "ftruncate",
    "fallocate", "fchmod", "futimens", "fsetxattr", "close",     "rename",
    "link",      "unlink", "mkdir",    "rmdir",     "any",
};

static const struct {
    const char *name;
    int number;
} errors[] = {
    {"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EINTR", EINTR},   {"EDQUOT", EDQUOT},
    {"EACCES", EACCES}, {"EROFS", EROFS},   {"EFBIG", EFBIG},   {"EPERM", EPERM},
    {"EEXIST", EEXIST}, {"ENOENT", ENOENT}, {"EMFILE", EMFILE}, {"ENOTDIR", ENOTDIR},
    {"short", 0},
};

/* Counts the call; whether the fault strikes it. */
static bool strikes(struct io_fault *fault, enum io_function function)
{
    fault->calls[function]++;
    fault->calls[IO_ANY]++;
    if (fault->nth == 0 || (fault->function != function && fault->function != IO_ANY))
        return false;
    unsigned calls = fault->calls[fault->function];
    if (calls != fault->nth && !(fault->sticky && calls > fault->nth))
        return false;
    fault->fired++;
    errno = fault->error;
    return fault->error != 0;
}

static bool shortens(const struct io_fault *fault, enum io_function function)
{
    unsigned calls = fault->calls[fault->function];
    return fault->nth != 0 && fault->error == 0 &&
           (fault->function == function || fault->function == IO_ANY) &&
           (calls == fault->nth || (fault->sticky && calls > fault->nth));
}

static int fault_open(void *context, const char *path, int flags, mode_t mode)
{
    struct io_fault *fault = context;
    return strikes(fault, IO_OPEN) ? -1
                                   : fault->real->open(fault->real->context, path, flags, mode);
}

static ssize_t fault_write(void *context, int fd, const void *bytes, size_t size)
{
    struct io_fault *fault = context;
    if (strikes(fault, IO_WRITE))
        return -1;
    size_t part = shortens(fault, IO_WRITE) && size > 1 ? size / 2 : size;
    return fault->real->write(fault->real->context, fd, bytes, part);
}

static ssize_t fault_pwrite(void *context, int fd, const void *bytes, size_t size, off_t offset)
{
    struct io_fault *fault = context;
    if (strikes(fault, IO_PWRITE))
        return -1;
    size_t part = shortens(fault, IO_PWRITE) && size > 1 ? size / 2 : size;
    return fault->real->pwrite(fault->real->context, fd, bytes, part, offset);
}

static int fault_fsync(void *context, int fd)
{
    struct io_fault *fault = context;
    return strikes(fault, IO_FSYNC) ? -1 : fault->real->fsync(fault->real->context, fd);
}

static int fault_fdatasync(void *context, int fd)
{
    struct io_fault *fault = context;
    return strikes(fault, IO_FDATASYNC) ? -1 : fault->real->fdatasync(fault->real->context, fd);
}

static int fault_ftruncate(void *context, int fd, off_t size)
{
    struct io_fault *fault = context;
    return strikes(fault, IO_FTRUNCATE) ? -1
                                        : fault->real->ftruncate(fault->real->context, fd, size);
}

static int fault_fallocate(void *context, int fd, off_t offset, off_t size)
{
    struct io_fault *fault = context;
    if (strikes(fault, IO_FALLOCATE))
        return fault->error;
    return fault->real->fallocate(fault->real->context, fd, offset, size);
}

static int fault_fchmod(void *context, int fd, mode_t mode)
{
    struct io_fault *fault = context;
    return strikes(fault, IO_FCHMOD) ? -1 : fault->real->fchmod(fault->real->context, fd, mode);
}

static int fault_futimens(void *context, int fd, const struct timespec times[2])
{
    struct io_fault *fault = context;
    return strikes(fault, IO_FUTIMENS) ? -1
                                       : fault->real->futimens(fault->real->context, fd, times);
}

static int fault_fsetxattr(void *context, int fd, const char *name, const void *value, size_t size)
{
    struct io_fault *fault = context;
    return strikes(fault, IO_FSETXATTR)
               ? -1
               : fault->real->fsetxattr(fault->real->context, fd, name, value, size);
}

/* A close that fails has closed the file all the same, as the system's has. */
static int fault_close(void *context, int fd)
{
    struct io_fault *fault = context;
    bool fails = strikes(fault, IO_CLOSE);
    int result = fault->real->close(fault->real->context, fd);
    if (fails)
        errno = fault->error;
    return fails ? -1 : result;
}

static int fault_rename(void *context, const char *from, const char *to)
{
    struct io_fault *fault = context;
    return strikes(fault, IO_RENAME) ? -1 : fault->real->rename(fault->real->context, from, to);
}

static int fault_link(void *context, const char *from, const char *to)
{
    struct io_fault *fault = context;
    return strikes(fault, IO_LINK) ? -1 : fault->real->link(fault->real->context, from, to);
}

static int fault_unlink(void *context, const char *path)
{
    struct io_fault *fault = context;
    return strikes(fault, IO_UNLINK) ? -1 : fault->real->unlink(fault->real->context, path);
}

static int fault_mkdir(void *context, const char *path, mode_t mode)
{
    struct io_fault *fault = context;
    return strikes(fault, IO_MKDIR) ? -1 : fault->real->mkdir(fault->real->context, path, mode);
}

static int fault_rmdir(void *context, const char *path)
{
    struct io_fault *fault = context;
    return strikes(fault, IO_RMDIR) ? -1 : fault->real->rmdir(fault->real->context, path);
}

static bool parse_function(struct io_fault *fault, const char *text, size_t length)
{
    for (int i = 0; i < IO_FUNCTION_COUNT; i++) {
        if (strlen(function_names[i]) == length && memcmp(function_names[i], text, length) == 0) {
            fault->function = (enum io_function)i;
            return true;
        }
    }
    return false;
}

static bool parse_error(struct io_fault *fault, const char *text, size_t length)
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (strlen(errors[i].name) == length && memcmp(errors[i].name, text, length) == 0) {
            fault->error = errors[i].number;
            return true;
        }
    }
    return false;
}

static bool parse_fault(struct io_fault *fault, const char *spec)
{
    size_t length = strcspn(spec, ":");
    if (spec[length] != ':' || !parse_function(fault, spec, length))
        return false;
    char *end;
    unsigned long nth = strtoul(spec + length + 1, &end, 10);
    if (*end != ':' || nth == 0 || nth > 1000000)
        return false;
    fault->nth = (unsigned)nth;
    length = strcspn(end + 1, ":");
    if (!parse_error(fault, end + 1, length))
        return false;
    const char *rest = end + 1 + length;
    fault->sticky = strcmp(rest, ":sticky") == 0;
    return *rest == '\0' || fault->sticky;
}

bool io_fault_init(struct io_fault *fault, const struct io *real, const char *spec)
{
    *fault = (struct io_fault){
        .real = real,
        .table =
            {
                .context = fault,
                .open = fault_open,
                .write = fault_write,
                .pwrite = fault_pwrite,
                .fsync = fault_fsync,
                .fdatasync = fault_fdatasync,
                .ftruncate = fault_ftruncate,
                .fallocate = fault_fallocate,
                .fchmod = fault_fchmod,
                .futimens = fault_futimens,
                .fsetxattr = fault_fsetxattr,
                .close = fault_close,
                .rename = fault_rename,
                .link = fault_link,
                .unlink = fault_unlink,
                .mkdir = fault_mkdir,
                .rmdir = fault_rmdir,
            },
    };
    return spec == NULL || *spec == '\0' || parse_fault(fault, spec);
}
