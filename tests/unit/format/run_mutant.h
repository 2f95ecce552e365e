/*
 * What becomes of a mutated image file (mutate.h): it is refused, or loads into a heap that verifies, survives a full collection,
 * and is saved as an image that passes every check. Each runs in a child of its own with a time limit; a signal is a failure.
 */
#ifndef VIV_TESTS_UNIT_FORMAT_RUN_MUTANT_H
#define VIV_TESTS_UNIT_FORMAT_RUN_MUTANT_H

#include "image/format/describe.h"
#include "image/format/reader.h"
#include "image/format/writer.h"
#include "tests/unit/format/mutate.h"

enum { OUTCOME_REFUSED = 10, OUTCOME_LOADED = 11, OUTCOME_WRONG = 12 };

struct mutant_rules {
    struct heap_options heap;
    unsigned seconds; /* for each */
    /* Whether a refusal says what it should. */
    bool (*is_refusal)(const struct status *status);
};

struct tally {
    size_t refused, loaded;
};

static inline int wrong(const char *what, const struct status *status)
{
    fprintf(stderr, "# %s: %s\n", what, status->sentence);
    return OUTCOME_WRONG;
}

static inline int sync_nothing(void *context, int fd)
{
    (void)context;
    (void)fd;
    return 0;
}

/* In the child. */
static inline int mutant_outcome(const struct subject *subject, const void *context)
{
    const struct mutant_rules *rules = context;
    struct heap *heap = calloc(1, sizeof *heap);
    struct image_header header;
    struct image_description description;
    struct status status = {STATUS_OK, ""};
    /* The file table without the waiting: what is saved here is read back at once and thrown away. */
    struct io io = *io_system();
    io.fsync = sync_nothing;
    if (heap == NULL)
        return OUTCOME_WRONG;
    if (!image_read(heap, &rules->heap, subject->path, IMAGE_TRUST_CHECKSUM, &header, &status))
        return rules->is_refusal(&status) ? OUTCOME_REFUSED
                                          : wrong("refused with a bad sentence", &status);
    if (!heap_verify(heap, &status))
        return wrong("loaded, but the heap is bad", &status);
    heap_collect_full(heap, true);
    if (!heap_verify(heap, &status))
        return wrong("bad after a full collection", &status);
    if (!image_write(heap, &header, &io, subject->saved, &status))
        return wrong("cannot be saved", &status);
    if (!image_check_file(subject->saved, &description, &status))
        return wrong("saved, but the file is bad", &status);
    heap_close(heap);
    free(heap);
    return OUTCOME_LOADED;
}

/* Loads what the subject's bytes have become and counts how it went; `what` and number name it when it does harm. */
static inline void assert_survives(const struct subject *subject, const struct mutant_rules *rules,
                                   const char *what, size_t number, struct tally *tally)
{
    write_mutant(subject);
    int result = outcome_in_child(subject, rules->seconds, mutant_outcome, rules);
    if (result != OUTCOME_REFUSED && result != OUTCOME_LOADED)
        fail_msg("%s %zu ended with %d; it is %s", what, number, result, subject->path);
    tally->refused += result == OUTCOME_REFUSED;
    tally->loaded += result == OUTCOME_LOADED;
}

#endif
