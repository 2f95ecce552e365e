#include "image/store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HOLDER_SIZE = 160, ATTEMPTS = 16 };

static bool lock_path(const char *image, char *path, size_t size)
{
    const char *slash = strrchr(image, '/');
    int folder = slash == NULL ? 0 : (int)(slash - image) + 1;
    return snprintf(path, size, "%.*s.%s.lock", folder, image, image + folder) < (int)size;
}

/* Who holds the lock, as that process wrote it. */
static void read_holder(int fd, char *holder)
{
    ssize_t size = pread(fd, holder, HOLDER_SIZE - 1, 0);
    holder[size < 0 ? 0 : size] = 0;
    holder[strcspn(holder, "\n")] = 0;
    if (holder[0] == 0)
        snprintf(holder, HOLDER_SIZE, "another process");
}

/* The lock counts, not what is written here: failures do not matter. */
static void write_holder(const struct io *io, int fd)
{
    char holder[HOLDER_SIZE];
    char host[64] = "this machine";
    char when[32] = "";
    time_t now = time(NULL);
    struct tm parts;
    gethostname(host, sizeof host - 1);
    if (localtime_r(&now, &parts) != NULL)
        (void)strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &parts);
    int size =
        snprintf(holder, sizeof holder, "process %ld on %s since %s\n", (long)getpid(), host, when);
    if (io->ftruncate(io->context, fd, 0) == 0 && size > 0)
        (void)!io_pwrite_all(io, fd, holder, (size_t)size, 0);
}

/* Whether the open file still has that name: the one who let go of the lock may have removed it meanwhile. */
static bool has_name(int fd, const char *path)
{
    struct stat opened;
    struct stat named;
    return fstat(fd, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev;
}

static int set_lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int result;
    do
        result = fcntl(fd, F_OFD_SETLK, &whole);
    while (result != 0 && errno == EINTR);
    return result;
}

bool image_lock_take(struct image_lock *lock, const struct io *io, const char *image,
                     struct status *status)
{
    char path[PATH_MAX + 8];
    char holder[HOLDER_SIZE];
    *lock = (struct image_lock){.io = io, .fd = -1};
    if (snprintf(lock->image, sizeof lock->image, "%s", image) >= (int)sizeof lock->image ||
        !lock_path(image, path, sizeof path))
        return true;
    for (int i = 0; i < ATTEMPTS; i++) {
        int fd = io_open(io, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
        if (fd < 0)
            return true;
        if (set_lock(fd) != 0 && (errno == EAGAIN || errno == EACCES)) {
            read_holder(fd, holder);
            close(fd);
            return status_fail(status, STATUS_IMAGE, "%.200s is open already: %s has it", image,
                               holder);
        }
        if (has_name(fd, path)) {
            write_holder(io, fd);
            lock->fd = fd;
            return true;
        }
        close(fd);
    }
    return true;
}

bool image_lock_is_of(const struct image_lock *lock, const char *image)
{
    return lock->fd >= 0 && strcmp(lock->image, image) == 0;
}

void image_lock_release(struct image_lock *lock)
{
    char path[PATH_MAX + 8];
    if (lock->fd < 0)
        return;
    if (lock_path(lock->image, path, sizeof path) && has_name(lock->fd, path))
        (void)lock->io->unlink(lock->io->context, path);
    close(lock->fd);
    lock->fd = -1;
}
