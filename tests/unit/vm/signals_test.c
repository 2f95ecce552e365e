/*
 * T23: semaphores are signalled by several threads at once, while signals of the system interrupt all of them: none is lost, and
 * none is made up. SIGNALS says how many there are.
 */
#include "image/format/reader.h"
#include "primitives/table.h"
#include "vm/base/os.h"
#include "vm/primitive.h"
#include "vm/vivarium.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

enum { THREADS = 4, SEMAPHORES = 3, PATIENCE_S = 30, RIGHT = 42, LOST = 7 };

/* Says the semaphores' indices on its standard output, and waits as often as each is signalled, while another process makes garbage. */
static const char program[] =
    "| all | all := (1 to: 3) collect: [ :each | Semaphore new ]. "
    "[ [ Array new: 1000 ] repeat ] forkAt: 30. "
    "all do: [ :each | Stdio stdout print: (Smalltalk registerExternalObject: each); space ]. Stdio stdout lf; flush. "
    "all do: [ :each | %ld timesRepeat: [ each wait ] ]. "
    "(Delay forMilliseconds: 100) wait. "
    "Smalltalk exit: ((all allSatisfy: [ :each | (each instVarNamed: 'excessSignals') = 0 ]) ifTrue: [ 42 ] ifFalse: [ 1 ])";

struct signallers {
    struct vm *vm;
    FILE *input;
    size_t indices[SEMAPHORES];
    long each; /* signals of a semaphore by a thread */
    atomic_bool refused;
    atomic_bool ended;
};

static void *signal_often(void *argument)
{
    struct signallers *signallers = argument;
    for (long i = 0; i < signallers->each; i++) {
        for (size_t at = 0; at < SEMAPHORES; at++)
            if (!vm_signal_external(signallers->vm, signallers->indices[at]))
                atomic_store(&signallers->refused, true);
        if (i % 1000 == 0)
            kill(getpid(), SIGCHLD);
    }
    return NULL;
}

/* Starts the threads once the world says what to signal; ends it when it waits for one that does not come. */
static void *direct(void *argument)
{
    struct signallers *signallers = argument;
    pthread_t threads[THREADS];
    for (size_t i = 0; i < SEMAPHORES; i++)
        if (fscanf(signallers->input, "%zu", &signallers->indices[i]) != 1)
            return NULL;
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, signal_often, signallers) != 0)
            abort();
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < PATIENCE_S * 100 && !atomic_load(&signallers->ended); i++)
        usleep(10000);
    if (!atomic_load(&signallers->ended))
        viv_stop(signallers->vm, LOST);
    return NULL;
}

static void nothing(int number)
{
    (void)number;
}

/* A SIGALRM each millisecond, and the handler of SIGCHLD. */
static void start_storm(void)
{
    struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 1000}, {0, 1000}};
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGCHLD, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
}

static void end_storm(void)
{
    struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &never, NULL);
}

static void signals_of_many_threads_are_all_there(void **state)
{
    (void)state;
    const char *image = getenv("IMAGE");
    const char *wanted = getenv("SIGNALS");
    char text[sizeof program + 32];
    char *arguments[2] = {"eval", text};
    struct viv_options options = viv_default_options();
    struct status status = {STATUS_OK, ""};
    struct signallers signallers = {.each = (wanted != NULL ? strtol(wanted, NULL, 10) : 60000) /
                                            THREADS / SEMAPHORES};
    snprintf(text, sizeof text, program, signallers.each * THREADS);
    options.primitives = viv_standard_primitives();
    options.load_image = image_load;
    options.argument_count = 2;
    options.arguments = arguments;
    int ends[2];
    pthread_t thread;
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    int output = dup(STDOUT_FILENO);
    assert_true(dup2(ends[1], STDOUT_FILENO) >= 0);
    close(ends[1]);
    signallers.input = fdopen(ends[0], "r");
    signallers.vm = viv_open(image != NULL ? image : "build/vivarium.image", &options, &status);
    assert_non_null(signallers.vm);
    start_storm();
    assert_int_equal(pthread_create(&thread, NULL, direct, &signallers), 0);

    int exit_status = viv_run(signallers.vm);

    atomic_store(&signallers.ended, true);
    dup2(output, STDOUT_FILENO);
    close(output);
    pthread_join(thread, NULL);
    end_storm();
    fclose(signallers.input);
    viv_close(signallers.vm);
    assert_false(atomic_load(&signallers.refused));
    assert_int_equal(exit_status, RIGHT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_of_many_threads_are_all_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
