/*
 * Mutated copies of the world's image: each is refused with a sentence, or loads, verifies, and runs tests of the kernel. What
 * those tests say of a damaged world is not asked: it may fail them, stop with a report, or run on until it is stopped; the VM
 * must neither crash nor be deaf to the stop. $MUTANTS says how many (a fiftieth of the full programme without it), $MUTANT
 * runs one alone, without a child, for a debugger.
 */
#include "image/format/reader.h"
#include "image/format/writer.h"
#include "primitives/table.h"
#include "tests/unit/format/mutate.h"
#include "vm/primitive.h"
#include "vm/vivarium.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>

enum {
    DEFAULT_MUTANTS = 40,
    RUN_LIMIT_S = 5,   /* then the world is asked to stop */
    STOP_LIMIT_S = 40, /* then it is deaf: a failure */
    OUTCOME_REFUSED = 10,
    OUTCOME_RAN = 11,
    OUTCOME_WRONG = 12
};

static void *stop_after_a_while(void *argument)
{
    struct timespec limit = {RUN_LIMIT_S, 0};
    nanosleep(&limit, NULL);
    viv_stop(argument, 1);
    return NULL;
}

static int wrong(const char *what, const struct status *status)
{
    dprintf(STDERR_FILENO, "# %s: %s\n", what, status->sentence);
    return OUTCOME_WRONG;
}

static struct vm *open_mutant(const struct subject *subject, struct status *status)
{
    static char *arguments[] = {"test",       "ObjectTest",    "SmallIntegerTest", "ArrayTest",
                                "StringTest", "ExceptionTest", "BlockClosureTest"};
    struct viv_options options = viv_default_options();
    options.primitives = viv_standard_primitives();
    options.load_image = image_load;
    options.save_image = image_save;
    options.argument_count = (int)(sizeof arguments / sizeof arguments[0]);
    options.arguments = arguments;
    options.heap_limit = (size_t)256 << 20;
    options.stack_limit = (size_t)16 << 20;
    return viv_open(subject->path, &options, status);
}

/* In the child. */
static int outcome(const struct subject *subject)
{
    struct status status = {STATUS_OK, ""};
    struct vm *vm = open_mutant(subject, &status);
    if (vm == NULL)
        return status.code != STATUS_OK && status.sentence[0] != '\0'
                   ? OUTCOME_REFUSED
                   : wrong("refused without a sentence", &status);
    if (!heap_verify(vm_heap(vm), &status))
        return wrong("loaded, but the heap is bad", &status);
    pthread_t watch;
    if (pthread_create(&watch, NULL, stop_after_a_while, vm) != 0)
        return OUTCOME_WRONG;
    viv_run(vm);
    return heap_verify(vm_heap(vm), &status) ? OUTCOME_RAN : wrong("bad after running", &status);
}

static int run_mutant(const struct subject *subject)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int nothing = open("/dev/null", O_RDWR);
        dup2(nothing, STDIN_FILENO);
        dup2(nothing, STDOUT_FILENO);
        if (chdir(subject->folder) != 0)
            _exit(OUTCOME_WRONG);
        alarm(STOP_LIMIT_S);
        _exit(outcome(subject));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void make_mutant(struct subject *subject, size_t number)
{
    subject->random = (uint64_t)(number + 1) * UINT64_C(0x9E3779B97F4A7C15);
    next_random(subject);
    mutate(subject);
    if (number % 8 != 0)
        set_right(subject);
    write_mutant(subject);
}

static void mutants_of_the_world_run_or_are_refused(void **state)
{
    struct subject *subject = *state;
    const char *image = getenv("IMAGE");
    const char *wanted = getenv("MUTANTS");
    size_t count = wanted != NULL ? strtoul(wanted, NULL, 10) : DEFAULT_MUTANTS;
    size_t refused = 0;
    size_t harmful = 0;
    if (image == NULL || access(image, R_OK) != 0) {
        print_message("skipped: no $IMAGE\n");
        skip();
    }
    subject_read(subject, image);
    if (getenv("MUTANT") != NULL) {
        make_mutant(subject, strtoul(getenv("MUTANT"), NULL, 10));
        assert_in_range(outcome(subject), OUTCOME_REFUSED, OUTCOME_RAN);
        return;
    }

    for (size_t i = 0; i < count; i++) {
        make_mutant(subject, i);
        int result = run_mutant(subject);
        if (result != OUTCOME_REFUSED && result != OUTCOME_RAN) {
            print_message("# mutant %zu ended with %d\n", i, result);
            harmful++;
        }
        refused += result == OUTCOME_REFUSED;
    }

    print_message("# %zu mutants refused, %zu ran, %zu did harm\n", refused,
                  count - refused - harmful, harmful);
    assert_int_equal(harmful, 0);
    assert_true(refused > 0 && refused < count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mutants_of_the_world_run_or_are_refused, subject_begin,
                                        subject_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
