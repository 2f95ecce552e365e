/*
 * A handle: what the image holds of something that the machine keeps in a table. No pointer reaches the image; a handle that was
 * saved with a world, made up, or whose entry has another owner now names nothing.
 */
#ifndef VIV_BASE_HANDLE_H
#define VIV_BASE_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

enum { HANDLE_SIZE = 24 }; /* bytes, as the image holds them */

struct handle {
    uint64_t session;    /* a random number of the table */
    uint32_t index;      /* of the entry */
    uint32_t generation; /* of the entry's owner */
    uint64_t zero;
};

_Static_assert(sizeof(struct handle) == HANDLE_SIZE, "a handle has its announced size");

/* Draws the number of a new table's session; false when the system gives no random number. */
static inline bool handle_new_session(uint64_t *session)
{
    return getrandom(session, sizeof *session, 0) == sizeof *session;
}

/* Writes HANDLE_SIZE bytes. */
static inline void handle_write(uint8_t *bytes, uint64_t session, size_t index, uint32_t generation)
{
    struct handle handle = {session, (uint32_t)index, generation, 0};
    memcpy(bytes, &handle, sizeof handle);
}

/* Reads a handle of the session's table of so many entries; false when the bytes are none. The generation is for the caller to
 * compare with the entry's. */
static inline bool handle_read(struct handle *handle, const uint8_t *bytes, size_t size,
                               uint64_t session, size_t count)
{
    if (size != sizeof *handle)
        return false;
    memcpy(handle, bytes, sizeof *handle);
    return handle->session == session && handle->index < count && handle->zero == 0;
}

#endif
