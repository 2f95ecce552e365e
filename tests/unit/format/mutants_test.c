/*
 * Mutated image files do no harm (run_mutant.h); a refusal names the offset and the rule.
 * Two passes: as mutated, where checksums refuse most, and with the checksums set right and nobody vouching, where only the
 * checker stands between the bytes and the heap.
 */
#include "tests/unit/format/run_mutant.h"
#include "tests/unit/format/tiny_image.h"
#include "tests/unit/shared_image.h"

enum { MUTANTS_EACH = 500, TIME_LIMIT_S = 20 };

/* Loads what the subject's bytes have become, set right or as they are; every fourth elsewhere in memory. */
static void try_mutant(struct subject *subject, bool right, const char *what, size_t number,
                       struct tally *tally)
{
    const struct mutant_rules rules = {
        .heap = {.base_address = number % 4 == 0 ? UINT64_C(0x300000001000) : 0,
                 .size_limit = (size_t)64 << 20},
        .seconds = TIME_LIMIT_S,
        .is_refusal = tells_offset_and_rule,
    };
    if (right)
        set_right(subject);
    assert_survives(subject, &rules, what, number, tally);
}

static void try_random_mutants(struct subject *subject, bool right, struct tally *tally)
{
    for (size_t i = 0; i < MUTANTS_EACH; i++) {
        mutate(subject, i);
        try_mutant(subject, right, "mutant", i, tally);
    }
}

static void try_header_fields(struct subject *subject, bool right, struct tally *tally)
{
    for (size_t i = 0; i < HEADER_CHANGES; i++) {
        start_as_original(subject);
        change_header_field(subject, i);
        try_mutant(subject, right, "change of the header", i, tally);
    }
}

/* At every 512 bytes. */
static void try_cuts(struct subject *subject, bool right, struct tally *tally)
{
    for (size_t size = 0; size < subject->size; size += 512) {
        start_as_original(subject);
        subject->mutated_size = size;
        try_mutant(subject, right, "cut at block", size / 512, tally);
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
    char foreign[SHARED_PATH_SIZE];
    shared_image("spur64-candle.image", foreign);

    mutate_and_load(*state, foreign);
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
