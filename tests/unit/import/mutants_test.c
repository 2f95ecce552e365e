/*
 * Mutated 32-bit images: each is refused with a sentence, or converts into a heap that verifies, survives a full collection,
 * and is saved as an image that passes every check. Each runs in a child of its own with a time limit; a signal is a failure.
 * Half of them have the header's sizes set right again, so that what is behind them is reached.
 */
#include "image/format/describe.h"
#include "image/format/reader.h"
#include "image/format/writer.h"
#include "tests/unit/format/mutate.h"
#include "tests/unit/import/tiny32.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MUTANTS_OF_SMALL = 250,
    MUTANTS_OF_LARGE = 8,
    TIME_LIMIT_S = 60,
    OUTCOME_REFUSED = 10,
    OUTCOME_LOADED = 11,
    OUTCOME_WRONG = 12
};

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

/* In the child. */
static int outcome(const struct subject *subject)
{
    struct heap *heap = calloc(1, sizeof *heap);
    struct heap_options options = {.size_limit = (size_t)256 << 20};
    struct image_header header;
    struct image_description description;
    struct status status = {STATUS_OK, ""};
    struct io io = *io_system();
    io.fsync = sync_nothing;
    if (heap == NULL)
        return OUTCOME_WRONG;
    if (!image_read(heap, &options, subject->path, IMAGE_TRUST_CHECKSUM, &header, &status))
        return status.code != STATUS_OK && status.sentence[0] != '\0'
                   ? OUTCOME_REFUSED
                   : wrong("refused without a sentence", &status);
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

static int run_mutant(const struct subject *subject)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(TIME_LIMIT_S);
        _exit(outcome(subject));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* A field of the header becomes something else, or what another field is. */
static void change_field(struct subject *subject)
{
    static const uint32_t values[] = {0, 1, 8, 16, 64, 0x7FFFFFF8, 0x80000000, 0xFFFFFFF8};
    size_t field = below(subject, SPUR32_HEADER_SIZE / 4) * 4;
    uint32_t value = values[below(subject, sizeof values / sizeof values[0])];
    if (below(subject, 2) == 0)
        memcpy(&value, subject->bytes + below(subject, SPUR32_HEADER_SIZE / 4) * 4, sizeof value);
    memcpy(subject->bytes + field, &value, sizeof value);
}

/* A word of four bytes becomes another of the file. */
static void copy_half_word(struct subject *subject)
{
    for (size_t i = 1 + below(subject, 4); i > 0; i--)
        memcpy(subject->bytes + below(subject, subject->size / 4) * 4,
               subject->bytes + below(subject, subject->size / 4) * 4, 4);
}

static void mutate32(struct subject *subject, size_t number)
{
    mutate(subject, number);
    if (below(subject, 4) == 0)
        change_field(subject);
    if (below(subject, 4) == 0)
        copy_half_word(subject);
}

/* Magic and sizes as they would be for a file of this length. */
static void set_right32(struct subject *subject)
{
    if (subject->mutated_size < SPUR32_HEADER_SIZE + 64)
        return;
    subject->mutated_size &= ~(size_t)7;
    uint32_t data_size = (uint32_t)subject->mutated_size - SPUR32_HEADER_SIZE;
    uint32_t segment;
    memcpy(subject->bytes, subject->original, 8);
    memcpy(subject->bytes + 8, &data_size, sizeof data_size);
    memcpy(&segment, subject->bytes + 48, sizeof segment);
    if (segment > data_size || segment % 8 != 0)
        memcpy(subject->bytes + 48, &data_size, sizeof data_size);
}

/* MUTANTS=1000 in the environment tries as many of each: a few minutes. */
static void assert_survive(struct subject *subject, size_t count)
{
    const char *wanted = getenv("MUTANTS");
    if (wanted != NULL)
        count = (size_t)strtoul(wanted, NULL, 10);
    size_t refused = 0;
    size_t loaded = 0;
    for (size_t i = 0; i < count; i++) {
        mutate32(subject, i / 2);
        if (i % 2 == 0)
            set_right32(subject);
        write_mutant(subject);
        int result = run_mutant(subject);
        if (result != OUTCOME_REFUSED && result != OUTCOME_LOADED)
            fail_msg("mutant %zu ended with %d; it is %s", i, result, subject->path);
        refused += result == OUTCOME_REFUSED;
        loaded += result == OUTCOME_LOADED;
    }
    print_message("# %zu mutants refused, %zu loaded and sound\n", refused, loaded);
    assert_true(refused > 0 && loaded > 0);
}

static void mutants_of_the_smallest_image_do_no_harm(void **state)
{
    struct subject *subject = *state;
    struct tiny32 *image = calloc(1, sizeof *image);
    assert_non_null(image);
    tiny32_begin(image);
    tiny32_finish(image);
    FILE *file = fopen(subject->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(image->file, 1, tiny32_file_size(image), file),
                     tiny32_file_size(image));
    fclose(file);
    free(image);
    subject_read(subject, subject->path);

    assert_survive(subject, MUTANTS_OF_SMALL);
}

static void mutate_shared(struct subject *subject, const char *name, size_t count)
{
    const char *folder = getenv("SHARED_IMAGES");
    char path[500];
    snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "../shared/images", name);
    if (access(path, R_OK) != 0) {
        print_message("skipped: no ../shared/images\n");
        skip();
    }
    subject_read(subject, path);

    assert_survive(subject, count);
}

static void mutants_of_a_small_image_that_runs_do_no_harm(void **state)
{
    mutate_shared(*state, "spur32-sista-codeparadise.image", MUTANTS_OF_SMALL);
}

static void mutants_of_a_large_image_do_no_harm(void **state)
{
    mutate_shared(*state, "spur32-cuis50.image", MUTANTS_OF_LARGE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, subject_begin, subject_end)
    const struct CMUnitTest tests[] = {
        TEST(mutants_of_the_smallest_image_do_no_harm),
        TEST(mutants_of_a_small_image_that_runs_do_no_harm),
        TEST(mutants_of_a_large_image_do_no_harm),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
