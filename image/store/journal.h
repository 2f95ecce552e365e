/*
 * A change journal: what people do to a world, appended beside its image and on the disk before anybody is told that it is
 * accepted. It holds records in the order of their sequence numbers, which only ever grow; what a record says is not known here.
 *
 *     file:    "vivjrnl" NUL, version (4 bytes), 0 (4 bytes), records
 *     record:  0x4452564A (4 bytes), size of the payload (4), sequence (8), microseconds since 1901 UTC (8),
 *              XXH3 of the 24 bytes before and the payload (8), payload, zeros up to a multiple of 8
 *
 * All numbers are little-endian. A process or machine that ends while it appends leaves a torn tail: bytes after the last whole
 * record, which nobody was told of. journal_open cuts them off. Bytes in the middle that are no record, with records after them,
 * are damage: they are passed over and stay.
 */
#ifndef VIV_IMAGE_STORE_JOURNAL_H
#define VIV_IMAGE_STORE_JOURNAL_H

#include "vm/base/io.h"
#include "vm/base/status.h"

#include <limits.h>

enum { JOURNAL_PAYLOAD_MAX = 64 << 20 };

/* A journal that is appended to. */
struct journal {
    const struct io *io;
    int fd;                 /* -1: closed */
    bool broken;            /* an fsync failed: later records may not be on the disk */
    uint64_t end;           /* bytes of whole records, the head of the file included */
    uint64_t last_sequence; /* 0: no record */
    uint64_t torn;          /* bytes that journal_open cut off */
    uint64_t damaged;       /* bytes that it passed over */
    char path[PATH_MAX];
};

/* What a file of records holds, for reading. */
struct journal_contents {
    uint8_t *bytes;
    size_t size;
};

struct journal_record {
    uint64_t sequence;
    uint64_t microseconds;  /* since 1901 */
    const uint8_t *payload; /* into the contents */
    size_t size;
};

/* Opens a journal for appending; makes it, durably, where it is missing. False with a status when the path cannot be written or
 * holds something else; then nothing was changed. */
bool journal_open(struct journal *journal, const struct io *io, const char *path,
                  struct status *status) VIV_MUST_USE;

/* Appends a record with a sequence number above all others and above `after`, which it answers; 0 with a status on failure.
 * Then the journal is as before. The record is on the disk only after journal_sync. */
uint64_t journal_append(struct journal *journal, uint64_t after, uint64_t microseconds,
                        const void *payload, size_t size, struct status *status) VIV_MUST_USE;

/* Returns when everything that was appended is on the disk. After a failure, which is final for the pages concerned, the next
 * append or sync writes the whole journal anew beside the old one first. */
bool journal_sync(struct journal *journal, struct status *status) VIV_MUST_USE;

void journal_close(struct journal *journal);

/* Reads a whole journal; free it with journal_contents_free. False with a status when it is missing or no journal. */
bool journal_read(struct journal_contents *contents, const char *path,
                  struct status *status) VIV_MUST_USE;
void journal_contents_free(struct journal_contents *contents);

/* The record at *offset, or the next whole one after it; *offset moves behind it. Begin with offset 0. False at the end; then
 * *offset is that of the end of the last record before. */
bool journal_next(const struct journal_contents *contents, uint64_t *offset,
                  struct journal_record *record) VIV_MUST_USE;

#endif
