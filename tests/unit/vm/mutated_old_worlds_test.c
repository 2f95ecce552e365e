/*
 * Mutated copies of images from before Spur and of Smalltalk-80: each is refused with a sentence, or loads, runs for a moment until
 * it is stopped, and its heap verifies before and after. $MUTANTS says how many of each (few without it), $MUTANTS_FROM the first.
 */
#include "image/format/reader.h"
#include "primitives/table.h"
#include "tests/unit/format/mutate.h"
#include "tests/unit/shared_image.h"
#include "vm/primitive.h"
#include "vm/vivarium.h"

#include <pthread.h>
#include <time.h>

enum {
    DEFAULT_MUTANTS = 6,
    RUN_LIMIT_MS = 300,
    DEAF_LIMIT_S = 60, /* for all of it: a world that cannot be stopped is a failure */
    OUTCOME_REFUSED = 10,
    OUTCOME_RAN = 11,
    OUTCOME_WRONG = 12
};

static int wrong(const char *what, const struct status *status)
{
    fprintf(stderr, "# %s: %s\n", what, status->sentence);
    return OUTCOME_WRONG;
}

static void *stop_after_a_moment(void *vm)
{
    const struct timespec moment = {0, RUN_LIMIT_MS * 1000000L};
    nanosleep(&moment, NULL);
    viv_stop(vm, 0);
    return NULL;
}

/* In the child. What the world says of itself is not asked. */
static int outcome(const struct subject *subject, const void *context)
{
    (void)context;
    if (getenv("MUTANTS_TELL") == NULL)
        freopen("/dev/null", "w", stderr);
    struct status status = {STATUS_OK, ""};
    struct viv_options options = viv_default_options();
    pthread_t stopper;
    options.primitives = viv_standard_primitives();
    options.adapt_primitives = viv_adapt_primitives;
    options.load_image = image_load;
    options.heap_limit = (size_t)256 << 20;
    options.stack_limit = (size_t)4 << 20;
    struct vm *vm = viv_open(subject->path, &options, &status);
    if (vm == NULL)
        return strlen(status.sentence) > strlen(subject->path) ? OUTCOME_REFUSED
                                                               : wrong("no sentence", &status);
    if (!heap_verify(vm_heap(vm), &status))
        return wrong("loaded, but the heap is bad", &status);
    if (pthread_create(&stopper, NULL, stop_after_a_moment, vm) != 0)
        return wrong("no thread", &status);
    viv_run(vm);
    pthread_join(stopper, NULL);
    if (!heap_verify(vm_heap(vm), &status))
        return wrong("bad after running", &status);
    viv_close(vm);
    return OUTCOME_RAN;
}

static void assert_harmless(struct subject *subject, const char *name)
{
    char path[SHARED_PATH_SIZE];
    size_t refused = 0, ran = 0;
    shared_image(name, path);
    subject_read(subject, path);
    size_t first = number_given("MUTANTS_FROM", 0);
    size_t limit = first + number_given("MUTANTS", DEFAULT_MUTANTS);
    for (size_t number = first; number < limit; number++) {
        mutate(subject, number);
        write_mutant(subject);
        int result = outcome_in_child(subject, DEAF_LIMIT_S, outcome, NULL);
        if (result != OUTCOME_REFUSED && result != OUTCOME_RAN)
            fail_msg("mutant %zu of %s ended with %d; it is %s", number, name, result,
                     subject->path);
        refused += result == OUTCOME_REFUSED;
        ran += result == OUTCOME_RAN;
    }
    print_message("# %zu refused, %zu ran\n", refused, ran);
    assert_true(ran > 0 || limit - first < DEFAULT_MUTANTS);
}

static void old_block_contexts(void **state)
{
    assert_harmless(*state, "v3-mini.image");
}

static void old_closures(void **state)
{
    assert_harmless(*state, "v3-closures-bootstrapped.image");
}

static void smalltalk_80(void **state)
{
    assert_harmless(*state, "st80-v2-big-endian.image");
}

static void widened_spur(void **state)
{
    assert_harmless(*state, "spur32-cuis50.image");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, subject_begin, subject_end)
    const struct CMUnitTest tests[] = {
        TEST(old_block_contexts),
        TEST(old_closures),
        TEST(smalltalk_80),
        TEST(widened_spur),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
