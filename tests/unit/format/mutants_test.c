/*
 * Mutated image files: each is refused with a sentence, or loads into a heap that verifies, survives a full collection, and
 * is saved as an image that passes every check. Each runs in a child of its own with a time limit; a signal is a failure.
 * Two passes: as mutated, where checksums refuse most, and with the checksums set right and nobody vouching, where only the
 * checker stands between the bytes and the heap.
 */
#include "image/format/describe.h"
#include "image/format/reader.h"
#include "image/format/writer.h"
#include "tests/unit/format/mutate.h"
#include "tests/unit/format/tiny_image.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MUTANTS_EACH = 500,
    TIME_LIMIT_S = 20,
    OUTCOME_REFUSED = 10,
    OUTCOME_LOADED = 11,
    OUTCOME_WRONG = 12
};

/* --- what becomes of a mutant ----------------------------------------------------------------------------------------- */

static int wrong(const char *what, const struct status *status)
{
    fprintf(stderr, "# %s: %s\n", what, status->sentence);
    return OUTCOME_WRONG;
}

static int sync_nothing(void *context, int fd)
{
    (void)context;
    (void)fd;
    return 0;
}

/* The file table without the waiting: what is saved here is read back at once and thrown away. */
static struct io quick_io(void)
{
    struct io io = *io_system();
    io.fsync = sync_nothing;
    return io;
}

/* In the child. */
static int outcome(const struct subject *subject, uint64_t base)
{
    struct heap *heap = calloc(1, sizeof *heap);
    struct heap_options options = {.base_address = base, .size_limit = (size_t)64 << 20};
    struct image_header header;
    struct image_description description;
    struct status status = {STATUS_OK, ""};
    struct io io = quick_io();
    if (heap == NULL)
        return OUTCOME_WRONG;
    if (!image_read(heap, &options, subject->path, IMAGE_TRUST_CHECKSUM, &header, &status))
        return tells_offset_and_rule(&status) ? OUTCOME_REFUSED
                                              : wrong("refused without offset and rule", &status);
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

static int run_mutant(const struct subject *subject, uint64_t base)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        die_of_signals();
        alarm(TIME_LIMIT_S);
        _exit(outcome(subject, base));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

struct tally {
    size_t refused, loaded;
};

/* Loads what the subject's bytes have become, set right or as they are. */
static void assert_survives(struct subject *subject, bool right, const char *way, size_t number,
                            struct tally *tally)
{
    if (right)
        set_right(subject);
    write_mutant(subject);
    int result = run_mutant(subject, number % 4 == 0 ? UINT64_C(0x300000001000) : 0);
    if (result != OUTCOME_REFUSED && result != OUTCOME_LOADED)
        fail_msg("%s %zu, %s, ended with %d; it is %s", way, number,
                 right ? "set right" : "as it is", result, subject->path);
    tally->refused += result == OUTCOME_REFUSED;
    tally->loaded += result == OUTCOME_LOADED;
}

static void try_random_mutants(struct subject *subject, bool right, struct tally *tally)
{
    for (size_t i = 0; i < MUTANTS_EACH; i++) {
        mutate(subject, i);
        assert_survives(subject, right, "mutant", i, tally);
    }
}

static void try_header_fields(struct subject *subject, bool right, struct tally *tally)
{
    for (size_t i = 0; i < HEADER_CHANGES; i++) {
        start_as_original(subject);
        change_header_field(subject, i);
        assert_survives(subject, right, "change of the header", i, tally);
    }
}

/* At every 512 bytes. */
static void try_cuts(struct subject *subject, bool right, struct tally *tally)
{
    for (size_t size = 0; size < subject->size; size += 512) {
        start_as_original(subject);
        subject->mutated_size = size;
        assert_survives(subject, right, "cut at block", size / 512, tally);
    }
}

/* --- the tests -------------------------------------------------------------------------------------------------------- */

/* The subject is an image of ours: what another system wrote, loaded and saved once. */
static void save_as_ours(struct subject *subject, const char *foreign)
{
    struct heap *heap = calloc(1, sizeof *heap);
    struct heap_options options = {.size_limit = (size_t)64 << 20};
    struct image_header header;
    struct status status = {STATUS_OK, ""};
    assert_non_null(heap);
    if (!image_read(heap, &options, foreign, IMAGE_TRUST_CHECKSUM, &header, &status) ||
        !image_write(heap, &header, io_system(), subject->path, &status))
        fail_msg("%s", status.sentence);
    heap_close(heap);
    free(heap);
    subject_read(subject, subject->path);
}

static void mutate_and_load(struct subject *subject, const char *foreign)
{
    struct tally as_is = {0, 0};
    struct tally right = {0, 0};
    struct tally cuts = {0, 0};
    save_as_ours(subject, foreign);

    try_random_mutants(subject, false, &as_is);
    try_header_fields(subject, false, &as_is);
    try_random_mutants(subject, true, &right);
    try_header_fields(subject, true, &right);
    try_cuts(subject, false, &cuts);
    try_cuts(subject, true, &cuts);

    print_message("# %zu mutants refused, %zu loaded and sound\n",
                  as_is.refused + right.refused + cuts.refused, as_is.loaded + right.loaded);
    assert_true(as_is.refused > (MUTANTS_EACH + HEADER_CHANGES) * 3 / 4);
    assert_true(right.refused > 0 && right.loaded > 0);
    assert_int_equal(cuts.loaded, 0);
}

static void mutants_of_the_smallest_image_do_no_harm(void **state)
{
    struct subject *subject = *state;
    struct tiny_image *image = calloc(1, sizeof *image);
    char foreign[500];
    assert_non_null(image);
    tiny_begin(image);
    tiny_finish(image);
    snprintf(foreign, sizeof foreign, "%s", subject->saved);
    FILE *file = fopen(foreign, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(image->file, 1, tiny_file_size(image), file), tiny_file_size(image));
    fclose(file);
    free(image);

    mutate_and_load(subject, foreign);
}

static void mutants_of_an_image_that_runs_do_no_harm(void **state)
{
    struct subject *subject = *state;
    const char *folder = getenv("SHARED_IMAGES");
    char foreign[500];
    snprintf(foreign, sizeof foreign, "%s/spur64-candle.image",
             folder != NULL ? folder : "../shared/images");
    if (access(foreign, R_OK) != 0) {
        print_message("skipped: no ../shared/images\n");
        skip();
    }

    mutate_and_load(subject, foreign);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mutants_of_the_smallest_image_do_no_harm, subject_begin,
                                        subject_end),
        cmocka_unit_test_setup_teardown(mutants_of_an_image_that_runs_do_no_harm, subject_begin,
                                        subject_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
