/*
 * The files that one VM has open, named by handles that the image holds as byte arrays. Nothing here knows objects: files.c
 * stands between.
 *
 * A handle (vm/base/handle.h) that was saved in an image, made up, or whose file is closed names nothing. Looking one up never
 * touches memory outside the table.
 *
 * Nothing is buffered: a write that answered is with the operating system. Functions answer 0 or an error number.
 */
#ifndef VIV_PRIMITIVES_FILE_TABLE_H
#define VIV_PRIMITIVES_FILE_TABLE_H

#include "vm/base/handle.h"
#include "vm/base/io.h"

enum file_mode {
    FILE_READ,     /* must exist */
    FILE_WRITE,    /* read and write; made when it does not exist; not cut */
    FILE_WRITE_NEW /* read and write; must not exist */
};

struct open_file {
    int fd; /* -1: the entry is free */
    uint32_t generation;
    bool writable;
    bool standard; /* one of the three standard streams: never really closed */
    bool seekable;
    bool at_end;     /* of what cannot seek: a read found the end */
    uint64_t passed; /* bytes read or written where there is no position */
};

struct file_table {
    const struct io *io;
    uint64_t session;
    struct open_file *files;
    size_t count;
};

/* False when the system gives no random number. */
bool file_table_open(struct file_table *table, const struct io *io) VIV_MUST_USE;
/* Takes the memory that the first few files need, the standard ones among them; false when there is none. */
bool file_table_make_room(struct file_table *table) VIV_MUST_USE;
/* Closes every file but the standard ones. */
void file_table_close(struct file_table *table);

/* The file that a handle names; NULL when it names none. Valid until the next file is opened. */
struct open_file *file_table_find(struct file_table *table, const uint8_t *handle,
                                  size_t size) VIV_MUST_USE;

/* Each writes HANDLE_SIZE bytes to handle when it answers 0. */
int file_open(struct file_table *table, const char *path, enum file_mode mode,
              uint8_t *handle) VIV_MUST_USE;
/* number: 0 to 2. EBADF when that stream was closed before the program began. */
int file_open_standard(struct file_table *table, int number, uint8_t *handle) VIV_MUST_USE;

int file_close(struct file_table *table, struct open_file *file) VIV_MUST_USE;
int file_read(struct open_file *file, void *bytes, size_t size, size_t *taken) VIV_MUST_USE;
int file_write(struct file_table *table, struct open_file *file, const void *bytes,
               size_t size) VIV_MUST_USE;
int file_position(struct open_file *file, uint64_t *position) VIV_MUST_USE;
int file_set_position(struct open_file *file, uint64_t position) VIV_MUST_USE;
int file_size(const struct open_file *file, uint64_t *size) VIV_MUST_USE;
int file_truncate(struct file_table *table, struct open_file *file, uint64_t size) VIV_MUST_USE;
int file_sync(struct file_table *table, const struct open_file *file) VIV_MUST_USE;
int file_at_end(struct open_file *file, bool *at_end) VIV_MUST_USE;

/* Waits at most timeout_ms for a read that would not block. */
bool file_is_ready(const struct open_file *file, int timeout_ms);

#endif
