#include "image/store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum {
    FILE_HEAD = 16,
    KNOWN_HEAD = 12, /* of it: what follows is for later versions */
    RECORD_HEAD = 32,
    HASHED_HEAD = 24, /* bytes of the record's head that its hash covers */
    VERSION = 1,
    RECORD_MARK = 0x4452564A,
    NEW_NAME_ROOM = 8
};

/* Far beyond what anybody can append: a made-up number must not make the next one wrap. */
#define SEQUENCE_LIMIT (UINT64_C(1) << 60)

static const char file_mark[8] = "vivjrnl";

/* As it lies in the file; the machine is little-endian, as the rest of the format supposes. */
struct record_head {
    uint32_t mark;
    uint32_t size;
    uint64_t sequence;
    uint64_t microseconds;
    uint64_t hash;
};

_Static_assert(sizeof(struct record_head) == RECORD_HEAD, "the head has its announced size");

static bool fail(const char *path, struct status *status)
{
    char reason[128];
    return status_fail(status, STATUS_SAVE, "journal not written: %.200s: %s", path,
                       io_reason(errno, reason, sizeof reason));
}

static size_t padded(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

static uint64_t hash_of(const struct record_head *head, const void *payload)
{
    uint64_t seed = XXH3_64bits(head, HASHED_HEAD);
    return XXH3_64bits_withSeed(payload, head->size, seed);
}

/* --- reading ---------------------------------------------------------------------------------------------------------------- */

/* Whether something at the offset looks like a record: only its hash tells whether it is one. */
static bool head_at(const struct journal_contents *contents, uint64_t offset,
                    struct record_head *head)
{
    if (offset > contents->size || contents->size - offset < RECORD_HEAD)
        return false;
    memcpy(head, contents->bytes + offset, sizeof *head);
    uint64_t room = contents->size - offset - RECORD_HEAD;
    return head->mark == RECORD_MARK && head->size <= JOURNAL_PAYLOAD_MAX &&
           padded(head->size) <= room && head->sequence != 0 && head->sequence < SEQUENCE_LIMIT;
}

static bool record_at(const struct journal_contents *contents, uint64_t offset,
                      struct journal_record *record)
{
    struct record_head head;
    if (!head_at(contents, offset, &head))
        return false;
    const uint8_t *payload = contents->bytes + offset + RECORD_HEAD;
    *record = (struct journal_record){head.sequence, head.microseconds, payload, head.size};
    return hash_of(&head, payload) == head.hash;
}

bool journal_next(const struct journal_contents *contents, uint64_t *offset,
                  struct journal_record *record)
{
    uint64_t at = *offset < FILE_HEAD ? FILE_HEAD : *offset;
    uint64_t end = at;
    /* What hashing what only looks like a record may cost: a made-up file must not take forever. */
    uint64_t budget = 4 * (uint64_t)contents->size + RECORD_HEAD;
    for (; at < contents->size; at += 8) {
        if (record_at(contents, at, record)) {
            *offset = at + RECORD_HEAD + padded(record->size);
            return true;
        }
        struct record_head head;
        uint64_t cost = head_at(contents, at, &head) ? head.size : 0;
        if (cost > budget)
            break;
        budget -= cost;
    }
    *offset = end;
    return false;
}

static bool read_all(int fd, struct journal_contents *contents)
{
    struct stat file;
    errno = 0;
    if (fstat(fd, &file) != 0)
        return false;
    errno = EINVAL;
    if (!S_ISREG(file.st_mode))
        return false;
    contents->size = (size_t)file.st_size;
    contents->bytes = malloc(contents->size + 1);
    errno = ENOMEM;
    if (contents->bytes == NULL)
        return false;
    return io_pread_all(fd, contents->bytes, contents->size, 0);
}

static void make_head(uint8_t head[FILE_HEAD])
{
    uint32_t version = VERSION;
    memset(head, 0, FILE_HEAD);
    memcpy(head, file_mark, sizeof file_mark);
    memcpy(head + sizeof file_mark, &version, sizeof version);
}

/* Whether it begins as a journal does. A crash while one was made leaves a part of its head. */
static bool is_journal(const struct journal_contents *contents)
{
    uint8_t head[FILE_HEAD];
    make_head(head);
    return memcmp(contents->bytes, head,
                  contents->size < FILE_HEAD ? contents->size : KNOWN_HEAD) == 0;
}

/* A file that is no journal, or one of another version. */
static bool refuse(const struct journal_contents *contents, const char *path, struct status *status)
{
    uint32_t version;
    if (contents->size < KNOWN_HEAD || memcmp(contents->bytes, file_mark, sizeof file_mark) != 0)
        return status_fail(status, STATUS_FAILURE, "%.200s is not a journal of Vivarium", path);
    memcpy(&version, contents->bytes + sizeof file_mark, sizeof version);
    return status_fail(status, STATUS_FAILURE,
                       "%.200s is a journal of version %" PRIu32 "; this program reads version %d",
                       path, version, VERSION);
}

bool journal_read(struct journal_contents *contents, const char *path, struct status *status)
{
    char reason[128];
    *contents = (struct journal_contents){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool good = fd >= 0 && read_all(fd, contents);
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (good && is_journal(contents))
        return true;
    if (good)
        refuse(contents, path, status);
    else
        status_fail(status, STATUS_FAILURE, "%.200s cannot be read: %s", path,
                    io_reason(error, reason, sizeof reason));
    journal_contents_free(contents);
    return false;
}

void journal_contents_free(struct journal_contents *contents)
{
    free(contents->bytes);
    *contents = (struct journal_contents){0};
}

/* --- writing ---------------------------------------------------------------------------------------------------------------- */

static bool write_head(struct journal *journal, int fd)
{
    uint8_t head[FILE_HEAD];
    make_head(head);
    return io_pwrite_all(journal->io, fd, head, sizeof head, 0);
}

/* Where the whole records end, and how much is not one of them. */
static void measure(struct journal *journal, const struct journal_contents *contents)
{
    uint64_t offset = 0;
    uint64_t before = FILE_HEAD;
    struct journal_record record;
    while (journal_next(contents, &offset, &record)) {
        journal->damaged += offset - before - RECORD_HEAD - padded(record.size);
        before = offset;
        if (record.sequence > journal->last_sequence)
            journal->last_sequence = record.sequence;
    }
    journal->end = before;
    journal->torn = contents->size > before ? contents->size - before : 0;
}

static bool prepare(struct journal *journal, const struct journal_contents *contents)
{
    const struct io *io = journal->io;
    if (contents->size < FILE_HEAD) {
        journal->end = FILE_HEAD;
        return write_head(journal, journal->fd) && io_sync(io, journal->fd) &&
               io_sync_directory_of(io, journal->path);
    }
    measure(journal, contents);
    return journal->torn == 0 ||
           (io->ftruncate(io->context, journal->fd, (off_t)journal->end) == 0 &&
            io_sync(io, journal->fd));
}

bool journal_open(struct journal *journal, const struct io *io, const char *path,
                  struct status *status)
{
    struct journal_contents contents = {0};
    *journal = (struct journal){.io = io, .fd = -1};
    if (snprintf(journal->path, sizeof journal->path - NEW_NAME_ROOM, "%s", path) >=
        (int)sizeof journal->path - NEW_NAME_ROOM) {
        errno = ENAMETOOLONG;
        return fail(path, status);
    }
    journal->fd = io_open(io, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (journal->fd < 0)
        return fail(path, status);
    if (!read_all(journal->fd, &contents))
        fail(path, status);
    else if (!is_journal(&contents))
        refuse(&contents, path, status);
    else if (!prepare(journal, &contents))
        fail(path, status);
    journal_contents_free(&contents);
    if (status_ok(status))
        return true;
    journal_close(journal);
    return false;
}

/* Writes the whole records anew beside the old file, which they replace: after a failed fsync nobody knows what of it is on the
 * disk, and the system does not try again. */
static bool write_anew(struct journal *journal)
{
    const struct io *io = journal->io;
    struct journal_contents contents = {0};
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.*s.new", (int)sizeof path - NEW_NAME_ROOM, journal->path);
    if (!read_all(journal->fd, &contents)) {
        journal_contents_free(&contents);
        return false;
    }
    int fd = io_open(io, path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
    size_t size = contents.size < journal->end ? contents.size : (size_t)journal->end;
    bool good = fd >= 0 && io_pwrite_all(io, fd, contents.bytes, size, 0) && io_sync(io, fd) &&
                io->rename(io->context, path, journal->path) == 0 &&
                io_sync_directory_of(io, journal->path);
    int error = errno;
    journal_contents_free(&contents);
    if (!good && fd >= 0) {
        (void)io->close(io->context, fd);
        (void)io->unlink(io->context, path);
    }
    errno = error;
    if (!good)
        return false;
    (void)io->close(io->context, journal->fd);
    journal->fd = fd;
    journal->broken = false;
    return true;
}

uint64_t journal_append(struct journal *journal, uint64_t after, uint64_t microseconds,
                        const void *payload, size_t size, struct status *status)
{
    const struct io *io = journal->io;
    errno = EFBIG;
    if (size > JOURNAL_PAYLOAD_MAX || (journal->broken && !write_anew(journal))) {
        fail(journal->path, status);
        return 0;
    }
    struct record_head head = {
        .mark = RECORD_MARK,
        .size = (uint32_t)size,
        .sequence = (after > journal->last_sequence ? after : journal->last_sequence) + 1,
        .microseconds = microseconds};
    size_t total = RECORD_HEAD + padded(size);
    uint8_t *bytes = calloc(1, total);
    head.hash = hash_of(&head, payload);
    errno = ENOMEM;
    bool good = bytes != NULL;
    if (good) {
        memcpy(bytes, &head, sizeof head);
        memcpy(bytes + RECORD_HEAD, payload, size);
        good = io_pwrite_all(io, journal->fd, bytes, total, journal->end);
    }
    free(bytes);
    if (!good) {
        fail(journal->path, status);
        /* Whatever is left of it is overwritten by the next record, or cut off when the journal is opened. */
        (void)io->ftruncate(io->context, journal->fd, (off_t)journal->end);
        return 0;
    }
    journal->end += total;
    journal->last_sequence = head.sequence;
    return head.sequence;
}

bool journal_sync(struct journal *journal, struct status *status)
{
    if (journal->broken)
        return write_anew(journal) || fail(journal->path, status);
    if (io_sync(journal->io, journal->fd))
        return true;
    fail(journal->path, status);
    journal->broken = true;
    return false;
}

void journal_close(struct journal *journal)
{
    if (journal->fd >= 0)
        (void)journal->io->close(journal->io->context, journal->fd);
    journal->fd = -1;
}
