/*
 * A table of file functions (io.h) in which chosen calls fail: what tests hand to the writers. A fault is written
 *
 *     FUNCTION:NTH:ERROR[:sticky]      fsync:3:EIO    write:1:ENOSPC:sticky    pwrite:2:short
 *
 * The nth call (from 1) of the function fails with that error, once or from then on. "short" makes writes take half of what
 * they were given. FUNCTION is a name of struct io or `any`, which counts all calls together. Without a fault the table only
 * counts, which tells a test how many faults there are to try.
 */
#ifndef VIV_BASE_IO_FAULT_H
#define VIV_BASE_IO_FAULT_H

#include "vm/base/io.h"

enum io_function {
    IO_OPEN,
    IO_WRITE,
    IO_PWRITE,
    IO_FSYNC,
    IO_FDATASYNC,
    IO_FTRUNCATE,
    IO_FALLOCATE,
    IO_FCHMOD,
    IO_FUTIMENS,
    IO_FSETXATTR,
    IO_CLOSE,
    IO_RENAME,
    IO_LINK,
    IO_UNLINK,
    IO_MKDIR,
    IO_RMDIR,
    IO_ANY,
    IO_FUNCTION_COUNT
};

struct io_fault {
    struct io table; /* what is handed on */
    const struct io *real;
    enum io_function function;
    unsigned nth; /* 0: no fault */
    int error;    /* 0: a short write */
    bool sticky;
    unsigned fired; /* how often the fault struck */
    unsigned calls[IO_FUNCTION_COUNT];
};

/* Makes fault->table. spec NULL or empty: counts only. False when the text is not a fault. */
bool io_fault_init(struct io_fault *fault, const struct io *real, const char *spec) VIV_MUST_USE;

#endif
