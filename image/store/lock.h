/*
 * One writer an image: who works with a world, or saves one, holds a lock on `.NAME.lock` in the image's folder, a file that says
 * who that is. The system ends the lock with the process, however that ends; the file is removed by whoever lets go of it.
 */
#ifndef VIV_IMAGE_STORE_LOCK_H
#define VIV_IMAGE_STORE_LOCK_H

#include "vm/base/io.h"
#include "vm/base/status.h"

#include <limits.h>

struct image_lock {
    const struct io *io;
    int fd; /* -1: not held */
    char image[PATH_MAX];
};

/* Takes the lock of an image, whose path has no links in it. False with a status that names the holder when another process has
 * it. Where no lock file can be made nobody can save either: that counts as taken. */
bool image_lock_take(struct image_lock *lock, const struct io *io, const char *image,
                     struct status *status) VIV_MUST_USE;

/* Whether this is a lock that is held on that image. */
bool image_lock_is_of(const struct image_lock *lock, const char *image);
void image_lock_release(struct image_lock *lock);

#endif
