/*
 * Mutated copies of a small world: each is refused with offset and rule, or loads, verifies, runs tests of the machine, and
 * verifies again. What those tests say of a damaged world is not asked: it may fail them, stop with a report, or run on until it
 * is stopped; the VM must neither crash nor be deaf to the stop.
 *
 * Mutants are made in pairs: 2n has the damage alone, and mostly a checksum tells; 2n + 1 has the same with sizes and checksums
 * set right and nobody vouching, so that only the walk over the objects stands before it. A hundred run in one process, one
 * after the other, until one kills it. $MUTANTS says how many (few without it), $MUTANTS_FROM the first, $MUTANT runs one alone
 * without a child, for a debugger.
 */
#include "image/bootstrap/build.h"
#include "image/format/reader.h"
#include "image/format/writer.h"
#include "primitives/table.h"
#include "tests/unit/format/mutate.h"
#include "vm/primitive.h"
#include "vm/vivarium.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

enum {
    DEFAULT_MUTANTS = 100,
    BATCH = 100,
    RUN_LIMIT_MS = 1000, /* then the world is asked to stop */
    STOP_LIMIT_S = 60,   /* then it is deaf: a failure */
    OUTCOME_REFUSED = 10,
    OUTCOME_RAN = 11,
    OUTCOME_STOPPED = 12,
    OUTCOME_WRONG = 13,
    OUTCOMES
};

/* --- one mutant ------------------------------------------------------------------------------------------------------- */

/* Stops a world that runs too long. */
struct watch {
    struct vm *vm;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    bool over, struck;
};

static void *watch_main(void *argument)
{
    struct watch *watch = argument;
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += RUN_LIMIT_MS / 1000;
    pthread_mutex_lock(&watch->mutex);
    while (!watch->over && !watch->struck)
        watch->struck = pthread_cond_timedwait(&watch->ended, &watch->mutex, &limit) == ETIMEDOUT;
    if (!watch->over)
        viv_stop(watch->vm, 1);
    pthread_mutex_unlock(&watch->mutex);
    return NULL;
}

/* Runs the world; answers whether it had to be stopped. */
static bool run_watched(struct vm *vm)
{
    struct watch watch = {
        .vm = vm, .mutex = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};
    assert_int_equal(pthread_create(&watch.thread, NULL, watch_main, &watch), 0);
    viv_run(vm);
    pthread_mutex_lock(&watch.mutex);
    watch.over = true;
    pthread_cond_signal(&watch.ended);
    pthread_mutex_unlock(&watch.mutex);
    pthread_join(watch.thread, NULL);
    return watch.struck;
}

static int wrong(const char *what, const struct status *status)
{
    dprintf(STDERR_FILENO, "# %s: %s\n", what, status->sentence);
    return OUTCOME_WRONG;
}

/* The world will run two classes of the machine's tests; which ones depends on the mutant. */
static struct vm *open_mutant(const struct subject *subject, size_t number, struct status *status)
{
    static char *arguments[][3] = {{"test", "MachineReturnTest", "MachineSendTest"},
                                   {"test", "MachineMemoryTest", "MachineReturnTest"},
                                   {"test", "MachineProcessTest", "MachineReturnTest"},
                                   {"test", "MachineArithmeticTest", "MachineSendTest"}};
    enum { KINDS = sizeof arguments / sizeof arguments[0] };
    struct viv_options options = viv_default_options();
    options.primitives = viv_standard_primitives();
    options.load_image = image_load;
    options.save_image = image_save;
    options.argument_count = 3;
    options.arguments = arguments[number / 2 % KINDS];
    options.heap_limit = (size_t)64 << 20;
    options.stack_limit = (size_t)4 << 20;
    return viv_open(subject->path, &options, status);
}

static int outcome(const struct subject *subject, size_t number)
{
    struct status status = {STATUS_OK, ""};
    struct vm *vm = open_mutant(subject, number, &status);
    if (vm == NULL)
        return tells_offset_and_rule(&status) ? OUTCOME_REFUSED
                                              : wrong("refused without offset and rule", &status);
    int result = OUTCOME_RAN;
    if (!heap_verify(vm_heap(vm), &status))
        result = wrong("loaded, but the heap is bad", &status);
    else if (run_watched(vm))
        result = OUTCOME_STOPPED;
    if (result != OUTCOME_WRONG && !heap_verify(vm_heap(vm), &status))
        result = wrong("bad after running", &status);
    viv_close(vm);
    return result;
}

static void make_mutant(struct subject *subject, size_t number)
{
    mutate(subject, number / 2);
    if (number % 2 != 0)
        set_right(subject);
    write_mutant(subject);
}

/* --- many of them ----------------------------------------------------------------------------------------------------- */

/* What the process that runs the mutants and the one that started it share. */
struct progress {
    volatile size_t next; /* the mutant that is running */
    volatile size_t outcomes[OUTCOMES];
};

static struct progress *make_progress(void)
{
    void *shared = mmap(NULL, sizeof(struct progress), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    return shared;
}

static void run_up_to(struct subject *subject, size_t limit, struct progress *progress)
{
    while (progress->next < limit) {
        alarm(STOP_LIMIT_S);
        make_mutant(subject, progress->next);
        int result = outcome(subject, progress->next);
        if (result == OUTCOME_WRONG)
            dprintf(STDERR_FILENO, "# so ended mutant %zu\n", progress->next);
        progress->outcomes[result]++;
        progress->next++;
    }
}

/* A process for mutants dies of what kills it, is heard by nobody, and writes only into its folder. */
static void enter_child(const struct subject *subject)
{
    int nothing = open("/dev/null", O_RDWR);
    die_of_signals();
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    if (chdir(subject->folder) != 0)
        _exit(OUTCOME_WRONG);
}

/* Runs mutants from progress->next on in a process of their own, until one kills it or the limit is reached. */
static int run_in_child(struct subject *subject, size_t limit, struct progress *progress)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        enter_child(subject);
        run_up_to(subject, limit, progress);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void run_all(struct subject *subject, size_t first, size_t limit, struct progress *progress)
{
    progress->next = first;
    while (progress->next < limit) {
        size_t end = progress->next - progress->next % BATCH + BATCH;
        if (end > limit)
            end = limit;
        int result = run_in_child(subject, end, progress);
        if (progress->next == end)
            continue;
        print_message("# mutant %zu ended its process with %d\n", progress->next, result);
        progress->outcomes[OUTCOME_WRONG]++;
        progress->next++;
    }
}

/* --- the world -------------------------------------------------------------------------------------------------------- */

/* The world is the least that can run SUnit: a quarter of what people get, so that there is time for many mutants. */
static int world_begin(void **state)
{
    struct status status = {STATUS_OK, ""};
    if (subject_begin(state) != 0)
        return -1;
    struct subject *subject = *state;
    const char *root = getenv("ROOT");
    char manifest[PATH_MAX];
    struct build_options options = {.vm = viv_default_options()};
    options.vm.primitives = viv_standard_primitives();
    options.vm.save_image = image_save;
    snprintf(manifest, sizeof manifest, "%s/tests/unit/vm/small_world.manifest",
             root != NULL ? root : ".");
    setenv("XDG_STATE_HOME", subject->folder, 1);
    if (!build_image(manifest, subject->saved, &options, &status))
        fail_msg("%s", status.sentence);
    subject_read(subject, subject->saved);
    return 0;
}

/* --- the tests -------------------------------------------------------------------------------------------------------- */

static void the_world_itself_runs(void **state)
{
    struct subject *subject = *state;
    int status;
    start_as_original(subject);
    write_mutant(subject);

    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        enter_child(subject);
        _exit(outcome(subject, 0));
    }

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), OUTCOME_RAN);
}

static void mutants_of_the_world_run_or_are_refused(void **state)
{
    struct subject *subject = *state;
    size_t first = number_given("MUTANTS_FROM", 0);
    size_t count = number_given("MUTANTS", DEFAULT_MUTANTS);
    if (getenv("MUTANT") != NULL) {
        make_mutant(subject, number_given("MUTANT", 0));
        assert_in_range(outcome(subject, number_given("MUTANT", 0)), OUTCOME_REFUSED,
                        OUTCOME_STOPPED);
        return;
    }
    struct progress *progress = make_progress();

    run_all(subject, first, first + count, progress);

    print_message("# %zu mutants: %zu refused, %zu ran, %zu were stopped, %zu did harm\n", count,
                  progress->outcomes[OUTCOME_REFUSED], progress->outcomes[OUTCOME_RAN],
                  progress->outcomes[OUTCOME_STOPPED], progress->outcomes[OUTCOME_WRONG]);
    assert_int_equal(progress->outcomes[OUTCOME_WRONG], 0);
    assert_true(progress->outcomes[OUTCOME_REFUSED] > count / 2);
    assert_true(progress->outcomes[OUTCOME_RAN] > 0);
    munmap(progress, sizeof *progress);
}

/* The file shrinks from its end; its header page says that something is missing. */
static void a_world_cut_at_any_block_is_refused(void **state)
{
    struct subject *subject = *state;
    start_as_original(subject);
    write_mutant(subject);

    for (size_t blocks = (subject->size - 1) / 512 + 1; blocks-- > 0;) {
        struct status status = {STATUS_OK, ""};
        assert_int_equal(truncate(subject->path, (off_t)(blocks * 512)), 0);
        struct vm *vm = open_mutant(subject, 0, &status);
        assert_null(vm);
        if (!tells_offset_and_rule(&status))
            fail_msg("cut at block %zu: %s", blocks, status.sentence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_world_itself_runs, world_begin, subject_end),
        cmocka_unit_test_setup_teardown(mutants_of_the_world_run_or_are_refused, world_begin,
                                        subject_end),
        cmocka_unit_test_setup_teardown(a_world_cut_at_any_block_is_refused, world_begin,
                                        subject_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
