/*
 * The older files of an image, which saves keep (image/format/replace.h): PATH.1 is the latest, PATH.2 the one before.
 */
#ifndef VIV_IMAGE_STORE_GENERATIONS_H
#define VIV_IMAGE_STORE_GENERATIONS_H

#include "vm/base/io.h"
#include "vm/base/status.h"

/* Saves keep so many; more may be there, of which the newest GENERATIONS_MAX are known. */
enum { GENERATIONS_KEPT = 2, GENERATIONS_MAX = 9 };

/* Writes the name of an older file, the image itself for 0. False when it is too long. */
bool generation_path(const char *image, unsigned number, char *path, size_t size) VIV_MUST_USE;

/* Makes a copy of an older file the image; what the image was becomes PATH.1. All or nothing, like every save. */
bool generation_restore(const struct io *io, const char *image, unsigned number,
                        struct status *status) VIV_MUST_USE;

#endif
