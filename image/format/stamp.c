#include "image/format/stamp.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>

#define ATTRIBUTE "user.vivarium.intact"

/* Longer than a tick of the slowest clock that file systems take their times from. */
#define TIME_BACK_NS 20000000

/* What the attribute holds, in the machine's own order: it is read where it was written. */
struct stamp {
    uint32_t extension_version;
    uint32_t checks_version;
    uint64_t inode;
    uint64_t size;
    int64_t changed_s;
    int64_t changed_ns;
    uint64_t data_hash;
};

static bool describe(int fd, const struct image_header *header, struct stamp *stamp)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0)
        return false;
    *stamp = (struct stamp){
        .extension_version = IMAGE_EXTENSION_VERSION,
        .checks_version = header->checks_version,
        .inode = (uint64_t)facts.st_ino,
        .size = (uint64_t)facts.st_size,
        .changed_s = (int64_t)facts.st_mtim.tv_sec,
        .changed_ns = (int64_t)facts.st_mtim.tv_nsec,
        .data_hash = header->data_hash,
    };
    return true;
}

static bool set_back_time(const struct io *io, int fd)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
    if (clock_gettime(CLOCK_REALTIME, &times[1]) != 0)
        return false;
    times[1].tv_nsec -= TIME_BACK_NS;
    if (times[1].tv_nsec < 0) {
        times[1].tv_nsec += 1000000000;
        times[1].tv_sec--;
    }
    return io->futimens(io->context, fd, times) == 0;
}

void image_stamp(const struct io *io, int fd, const struct image_header *header)
{
    struct stamp stamp;
    if (set_back_time(io, fd) && describe(fd, header, &stamp))
        (void)io->fsetxattr(io->context, fd, ATTRIBUTE, &stamp, sizeof stamp);
}

bool image_stamp_fits(int fd, const struct image_header *header)
{
    struct stamp noted;
    struct stamp found;
    return fgetxattr(fd, ATTRIBUTE, &noted, sizeof noted) == (ssize_t)sizeof noted &&
           describe(fd, header, &found) && memcmp(&noted, &found, sizeof noted) == 0;
}
