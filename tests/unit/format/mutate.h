/*
 * Ways to damage an image file of ours: bits, words, blocks, the end, the header's fields, headers of objects. A subject holds
 * the file as it was and as it is now; a mutant's number tells all about it. Some mutants are as the original was.
 */
#ifndef VIV_TESTS_UNIT_FORMAT_MUTATE_H
#define VIV_TESTS_UNIT_FORMAT_MUTATE_H

#include "image/format/header.h"
#include "vm/object/object.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

struct subject {
    char folder[400];
    char path[500];
    char saved[500];
    uint8_t *original;
    uint8_t *bytes;
    size_t size;
    size_t mutated_size;
    uint64_t random;
};

static inline uint64_t next_random(struct subject *subject)
{
    uint64_t state = subject->random;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    subject->random = state;
    return state >> 8;
}

static inline size_t below(struct subject *subject, size_t limit)
{
    return (size_t)(next_random(subject) % limit);
}

/* --- ways to damage a file -------------------------------------------------------------------------------------------- */

/* From 1 to 32, few more often than many: what is damaged much is refused at the first look. */
static inline void flip_bits(struct subject *subject)
{
    for (size_t i = 1 + below(subject, 1 + below(subject, 32)); i > 0; i--)
        subject->bytes[below(subject, subject->size)] ^= (uint8_t)(1u << below(subject, 8));
}

static inline void put_interesting_value(struct subject *subject)
{
    static const uint32_t values[] = {
        0, 1, 7, 8, 255, 256, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFF000000, 0x01000000};
    uint32_t value = values[below(subject, sizeof values / sizeof values[0])];
    memcpy(subject->bytes + below(subject, subject->size / 4) * 4, &value, sizeof value);
}

/* One word becomes another of the file: what is a good reference somewhere is put where it is none. */
static inline void copy_word(struct subject *subject)
{
    for (size_t i = 1 + below(subject, 4); i > 0; i--)
        memcpy(subject->bytes + below(subject, subject->size / 8) * 8,
               subject->bytes + below(subject, subject->size / 8) * 8, 8);
}

static inline void nudge_word(struct subject *subject)
{
    uint64_t word;
    size_t at = below(subject, subject->size / 8) * 8;
    memcpy(&word, subject->bytes + at, 8);
    word += (next_random(subject) % 64) * 8 - 256;
    memcpy(subject->bytes + at, &word, 8);
}

/* A place of the file, at or after a random one, whose word may be a reference into the image or, for a tag of 1, a SmallInteger. */
static inline size_t place_of(struct subject *subject, uint64_t tag)
{
    uint64_t base;
    size_t words = subject->size / 8;
    size_t start = below(subject, words);
    memcpy(&base, subject->original + 16, sizeof base);
    for (size_t i = 0; i < words; i++) {
        uint64_t word;
        size_t at = (start + i) % words * 8;
        memcpy(&word, subject->original + at, 8);
        if ((word & TAG_MASK) == tag && (tag != TAG_OBJECT || word - base < subject->size))
            return at;
    }
    return start * 8;
}

/* References lead elsewhere, to objects that are some. */
static inline void redirect_references(struct subject *subject)
{
    for (size_t i = 1 + below(subject, 4); i > 0; i--)
        memcpy(subject->bytes + place_of(subject, TAG_OBJECT),
               subject->original + place_of(subject, TAG_OBJECT), 8);
}

/* Integers become others: formats of classes, headers of methods, pcs, counts. */
static inline void change_integers(struct subject *subject)
{
    for (size_t i = 1 + below(subject, 4); i > 0; i--) {
        size_t at = place_of(subject, TAG_INTEGER);
        uint64_t word;
        memcpy(&word, subject->bytes + at, 8);
        word ^= UINT64_C(8) << below(subject, 61);
        memcpy(subject->bytes + at, &word, 8);
    }
}

static inline void cut(struct subject *subject)
{
    subject->mutated_size = below(subject, subject->size / 512) * 512;
}

static inline void swap_blocks(struct subject *subject)
{
    uint8_t block[512];
    uint8_t *a = subject->bytes + below(subject, subject->size / 512) * 512;
    uint8_t *b = subject->bytes + below(subject, subject->size / 512) * 512;
    memcpy(block, a, sizeof block);
    memmove(a, b, sizeof block);
    memcpy(b, block, sizeof block);
}

/* Every field of the header page, by its offset and size. */
struct header_field {
    uint16_t offset, size;
};
static const struct header_field header_fields[] = {
    {0, 4},   {4, 4},   {8, 8},   {16, 8},  {24, 8},  {32, 8},  {40, 8},  {48, 8}, {56, 4},
    {60, 2},  {62, 2},  {64, 4},  {68, 2},  {70, 2},  {72, 8},  {80, 8},  {88, 8}, {128, 8},
    {136, 4}, {140, 4}, {144, 8}, {152, 8}, {168, 8}, {192, 8}, {4088, 8}};
static const uint64_t header_values[] = {0, 1,   UINT64_MAX, UINT64_C(1) << 31, UINT64_C(1) << 63,
                                         8, 4096};
enum {
    HEADER_FIELDS = sizeof header_fields / sizeof header_fields[0],
    HEADER_VALUES = sizeof header_values / sizeof header_values[0],
    HEADER_CHANGES = HEADER_FIELDS * HEADER_VALUES
};

/* `which` counts through all values of all fields. A field that is too small for a value takes its upper bytes, so that the
 * highest bit of each is tried. */
static inline void change_header_field(struct subject *subject, size_t which)
{
    const struct header_field *field = &header_fields[which / HEADER_VALUES % HEADER_FIELDS];
    uint64_t value = header_values[which % HEADER_VALUES];
    if (value > UINT32_MAX && field->size < 8)
        value >>= 64 - 8 * field->size;
    memcpy(subject->bytes + field->offset, &value, field->size);
}

static inline void change_object_header(struct subject *subject)
{
    size_t at =
        IMAGE_HEADER_PAGE_SIZE + below(subject, (subject->size - IMAGE_HEADER_PAGE_SIZE) / 8) * 8;
    uint64_t word;
    memcpy(&word, subject->bytes + at, 8);
    word ^= (next_random(subject) & 31) << HEADER_FORMAT_SHIFT | (next_random(subject) & 63) |
            (next_random(subject) & 3) << HEADER_SLOTS_SHIFT;
    memcpy(subject->bytes + at, &word, 8);
}

static inline void start_as_original(struct subject *subject)
{
    memcpy(subject->bytes, subject->original, subject->size);
    subject->mutated_size = subject->size;
}

/* The mutant of this number: its rest by the number of ways tells the way, so that every way gets its share. */
static inline void mutate(struct subject *subject, size_t number)
{
    static void (*const ways[])(struct subject *) = {
        flip_bits,  put_interesting_value, copy_word,
        nudge_word, redirect_references,   change_integers,
        cut,        swap_blocks,           change_object_header};
    enum { WAYS = sizeof ways / sizeof ways[0] };
    subject->random = (uint64_t)(number + 1) * UINT64_C(0x9E3779B97F4A7C15);
    next_random(subject);
    start_as_original(subject);
    if (number % (WAYS + 1) == WAYS)
        change_header_field(subject, number / (WAYS + 1));
    else
        ways[number % (WAYS + 1)](subject);
}

/* Sets sizes and checksums right again, and takes back that anybody vouches for the objects. */
static inline void set_right(struct subject *subject)
{
    uint8_t *bytes = subject->bytes;
    if (subject->mutated_size < IMAGE_HEADER_PAGE_SIZE + IMAGE_BRIDGE_SIZE)
        return;
    subject->mutated_size &= ~(size_t)7;
    uint64_t data_size = subject->mutated_size - IMAGE_HEADER_PAGE_SIZE;
    uint64_t data_hash = XXH3_64bits(bytes + IMAGE_HEADER_PAGE_SIZE, (size_t)data_size);
    memcpy(bytes, subject->original, 8);
    memcpy(bytes + 8, &data_size, 8);
    memcpy(bytes + 128, subject->original + 128, 8 + 4);
    memset(bytes + 140, 0, 4);
    memcpy(bytes + 152, &data_hash, 8);
    uint64_t header_hash = XXH3_64bits(bytes, IMAGE_HEADER_PAGE_SIZE - 8);
    memcpy(bytes + IMAGE_HEADER_PAGE_SIZE - 8, &header_hash, 8);
}

static inline void write_mutant(const struct subject *subject)
{
    FILE *file = fopen(subject->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(subject->bytes, 1, subject->mutated_size, file), subject->mutated_size);
    assert_int_equal(fclose(file), 0);
}

/* In a child: what would kill a program kills it, whatever the framework of the tests would do. */
static inline void die_of_signals(void)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS};
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        signal(deadly[i], SIG_DFL);
}

/* Runs what tells the outcome of a mutant in a child that has so many seconds; answers its status, or less than zero the signal that
 * killed it. */
static inline int outcome_in_child(const struct subject *subject, unsigned seconds,
                                   int (*outcome)(const struct subject *subject,
                                                  const void *context),
                                   const void *context)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        die_of_signals();
        alarm(seconds);
        _exit(outcome(subject, context));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* A number in the environment, or another where there is none. */
static inline size_t number_given(const char *name, size_t otherwise)
{
    const char *value = getenv(name);
    return value != NULL ? strtoul(value, NULL, 10) : otherwise;
}

/* Whether a refusal names where and by which rule. */
static inline bool tells_offset_and_rule(const struct status *status)
{
    return status->code != STATUS_OK && strstr(status->sentence, ": at offset ") != NULL &&
           strstr(status->sentence, ": wanted ") != NULL &&
           strstr(status->sentence, ", found ") != NULL;
}

/* The file at path becomes the subject. */
static inline void subject_read(struct subject *subject, const char *path)
{
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    subject->size = (size_t)facts.st_size;
    subject->original = malloc(subject->size);
    subject->bytes = malloc(subject->size);
    assert_non_null(subject->original);
    assert_non_null(subject->bytes);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(subject->original, 1, subject->size, file), subject->size);
    fclose(file);
}

static inline int subject_begin(void **state)
{
    struct subject *subject = calloc(1, sizeof *subject);
    const char *scratch = getenv("SCRATCH");
    if (subject == NULL)
        return -1;
    snprintf(subject->folder, sizeof subject->folder, "%s/mutants.XXXXXX",
             scratch != NULL ? scratch : "/tmp");
    if (mkdtemp(subject->folder) == NULL)
        return -1;
    snprintf(subject->path, sizeof subject->path, "%s/mutant.image", subject->folder);
    snprintf(subject->saved, sizeof subject->saved, "%s/saved.image", subject->folder);
    *state = subject;
    return 0;
}

/* What worlds left there; folders of theirs stay. */
static inline void empty_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL)
        unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder != NULL)
        closedir(folder);
}

static inline int subject_end(void **state)
{
    struct subject *subject = *state;
    empty_folder(subject->folder);
    rmdir(subject->folder);
    free(subject->original);
    free(subject->bytes);
    free(subject);
    return 0;
}

#endif
