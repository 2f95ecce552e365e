/*
 * Preloaded into a program under test: one call that asks the C library for memory fails, or that and all after it.
 * FAIL_AT says which, counted from 1; FAIL_FROM says which and all after it. FAIL_MARK names a file that is made when the first one
 * fails: without it the program asked less often than that.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The C library's own, under the names that preloading leaves alone. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_long calls;
static long fail_at, fail_from;
static const char *mark;

__attribute__((constructor)) static void read_environment(void)
{
    const char *at = getenv("FAIL_AT");
    const char *from = getenv("FAIL_FROM");
    mark = getenv("FAIL_MARK");
    fail_at = at != NULL ? strtol(at, NULL, 10) : 0;
    fail_from = from != NULL ? strtol(from, NULL, 10) : 0;
    atomic_store(&calls, 0);
}

static bool fails(void)
{
    long number = atomic_fetch_add(&calls, 1) + 1;
    bool first = number == fail_at || number == fail_from;
    if (!first && (fail_from == 0 || number < fail_from))
        return false;
    if (first && mark != NULL) {
        long fd = syscall(SYS_openat, AT_FDCWD, mark, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd >= 0)
            syscall(SYS_close, fd);
    }
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return fails() ? NULL : __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    *block = fails() ? NULL : __libc_memalign(alignment, size);
    return *block == NULL ? ENOMEM : 0;
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (fails())
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
}
