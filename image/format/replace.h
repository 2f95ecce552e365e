/*
 * Replaces a file by a new one, all or nothing: the new bytes go to a temporary file in the same directory, are synced, and
 * take the old one's name in one rename; the directory is synced after it (reliability, "Save protocol"). Until
 * replacement_commit answers true, the old file is what it was; replacement_close removes whatever was not committed, and
 * the next replacement_open what a killed process could not remove.
 *
 * The first failure sets the status, "image not saved: PATH: REASON; the old image is intact"; later calls do nothing.
 */
#ifndef VIV_IMAGE_FORMAT_REPLACE_H
#define VIV_IMAGE_FORMAT_REPLACE_H

#include "vm/base/io.h"
#include "vm/base/status.h"

#include <limits.h>

struct replacement {
    const struct io *io;
    struct status *status;
    int fd;
    bool temporary_exists;
    bool replaces; /* there is an old file, whose mode is kept */
    unsigned
        keep; /* how many older files stay (replacement_older_name); 0 after replacement_open */
    char path[PATH_MAX]; /* links followed */
    char temporary[PATH_MAX];
};

bool replacement_open(struct replacement *file, const struct io *io, const char *path,
                      struct status *status) VIV_MUST_USE;

/* Asks the disk for the room of the whole file, so that it is refused before anything is written. */
bool replacement_reserve(struct replacement *file, uint64_t size) VIV_MUST_USE;
bool replacement_write(struct replacement *file, const void *bytes, size_t size) VIV_MUST_USE;
bool replacement_write_at(struct replacement *file, const void *bytes, size_t size,
                          uint64_t offset) VIV_MUST_USE;
bool replacement_sync(struct replacement *file) VIV_MUST_USE;

/* Syncs, closes, keeps older files, renames, syncs the directory. An older file that cannot be kept is no failure. When only
 * the last fails, the new file has the name but may not survive a power cut; the status says so. */
bool replacement_commit(struct replacement *file) VIV_MUST_USE;

/* Writes the name of an older file: PATH.1 is the latest, PATH.2 the one before. False when it is too long. */
bool replacement_older_name(const char *path, unsigned number, char *name,
                            size_t size) VIV_MUST_USE;

/* Closes and removes the temporary file unless it was committed. */
void replacement_close(struct replacement *file);

/* Sets the status for a reason that is not the file system's. Answers false. */
bool replacement_refuse(const struct replacement *file, struct status *status, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

#endif
