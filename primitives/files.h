/* What files.c shares with its neighbours in this folder: names in arguments and objects for what the system answers. */
#ifndef VIV_PRIMITIVES_FILES_H
#define VIV_PRIMITIVES_FILES_H

#include "primitives/functions.h"

#include <dirent.h>
#include <time.h>

/* Seconds from 1 January 1901 to 1 January 1970. */
#define SECONDS_1901_TO_1970 ((int64_t)(69 * 365 + 17) * 24 * 3600)

/* Part of a byte or word object, whose elements have element_size bytes each. */
struct buffer {
    uint8_t *bytes;
    size_t size;
    size_t element_size;
};

/* The elements from the one-based index `first` on, `count` of them, of an object that holds bits; PRIM_BAD_INDEX where not all of them
 * lie inside. */
prim_result buffer_of(oop object, uint64_t first, uint64_t count,
                      struct buffer *buffer) VIV_MUST_USE;

/* Answers the receiver, or fails with an error number that is not 0. */
prim_result finish_with(struct vm *vm, const prim_call *call, int error) VIV_MUST_USE;

/* The seconds that local time is ahead of UTC at a moment. */
int64_t utc_offset_seconds(time_t moment);

/* The next name that is neither . nor .. ; NULL at the end, with errno 0, or after a failure. */
const char *directory_next_name(DIR *directory);

#endif
