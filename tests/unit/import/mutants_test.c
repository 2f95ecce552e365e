/*
 * Mutated images of other formats do no harm (run_mutant.h): each is refused with a sentence, or converts.
 * Half of those of 32-bit Spur have the header's sizes set right again, so that what is behind them is reached.
 */
#include "tests/unit/format/run_mutant.h"
#include "tests/unit/import/mutate32.h"
#include "tests/unit/import/tiny32.h"
#include "tests/unit/shared_image.h"

enum { MUTANTS_OF_SMALL = 250, MUTANTS_OF_LARGE = 8, MUTANTS_OF_OLD = 60, TIME_LIMIT_S = 60 };

static bool has_sentence(const struct status *status)
{
    return status->code != STATUS_OK && status->sentence[0] != '\0';
}

static void leave(struct subject *subject)
{
    (void)subject;
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
static void assert_survive_with(struct subject *subject, size_t count,
                                void (*mend)(struct subject *subject))
{
    static const struct mutant_rules rules = {
        .heap = {.size_limit = (size_t)256 << 20},
        .seconds = TIME_LIMIT_S,
        .is_refusal = has_sentence,
    };
    struct tally tally = {0, 0};
    count = number_given("MUTANTS", count);
    for (size_t i = 0; i < count; i++) {
        mutate32(subject, i / 2, SPUR32_HEADER_SIZE / 4);
        if (i % 2 == 0)
            mend(subject);
        assert_survives(subject, &rules, "mutant", i, &tally);
    }
    print_message("# %zu mutants refused, %zu loaded and sound\n", tally.refused, tally.loaded);
    assert_true(tally.refused > 0 && tally.loaded > 0);
}

static void assert_survive(struct subject *subject, size_t count)
{
    assert_survive_with(subject, count, set_right32);
}

static void mutants_of_the_smallest_image_do_no_harm(void **state)
{
    struct subject *subject = *state;
    struct tiny32 *image = calloc(1, sizeof *image);
    assert_non_null(image);
    tiny32_begin(image);
    tiny32_finish(image);
    assert_true(tiny32_write(image, subject->path));
    free(image);
    subject_read(subject, subject->path);

    assert_survive(subject, MUTANTS_OF_SMALL);
}

static void mutate_shared(struct subject *subject, const char *name, size_t count)
{
    char path[SHARED_PATH_SIZE];
    shared_image(name, path);
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

static void mutate_as_it_is(struct subject *subject, const char *name)
{
    char path[SHARED_PATH_SIZE];
    shared_image(name, path);
    subject_read(subject, path);

    assert_survive_with(subject, MUTANTS_OF_OLD, leave);
}

static void mutants_of_old_block_contexts_do_no_harm(void **state)
{
    mutate_as_it_is(*state, "v3-mini.image");
}

static void mutants_of_old_closures_do_no_harm(void **state)
{
    mutate_as_it_is(*state, "v3-closures-bootstrapped.image");
}

static void mutants_of_smalltalk_80_do_no_harm(void **state)
{
    mutate_as_it_is(*state, "st80-v2-big-endian.image");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, subject_begin, subject_end)
    const struct CMUnitTest tests[] = {
        TEST(mutants_of_the_smallest_image_do_no_harm),
        TEST(mutants_of_a_small_image_that_runs_do_no_harm),
        TEST(mutants_of_a_large_image_do_no_harm),
        TEST(mutants_of_old_block_contexts_do_no_harm),
        TEST(mutants_of_old_closures_do_no_harm),
        TEST(mutants_of_smalltalk_80_do_no_harm),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
