/*
 * What other threads tell a running world. One that is interrupted again and again, looks at its stack and goes on is as it was:
 * nothing is left on its stacks. Signals that come together are all heard.
 */
#include "image/format/reader.h"
#include "primitives/table.h"
#include "vm/base/os.h"
#include "vm/primitive.h"
#include "vm/vivarium.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* Says on its standard output when it may be interrupted; the handler stores into a context, which moves frames to the heap. */
static char program[] =
    "| count told sizes | sizes := OrderedCollection new. count := 0. told := true. "
    "[ [ count < 100 ] whileTrue: [ told ifTrue: [ sizes add: thisContext size. told := false. Stdio stdout nextPutAll: 'now'; flush ] ] ] "
    "on: UserInterrupt do: [ :interrupt | "
    "count := count + 1. told := true. thisContext privateSender: thisContext sender. interrupt resume ]. "
    "Smalltalk exit: (sizes asSet size = 1 ifTrue: [ count ] ifFalse: [ 0 ])";

/* Says at which index its semaphore is, and counts. One signal too few and it is told so after a while. */
static char counting[] =
    "| semaphore index | semaphore := Semaphore new. index := Smalltalk registerExternalObject: semaphore. "
    "[ (Delay forSeconds: 30) wait. Smalltalk exit: 1 ] fork. "
    "Stdio stdout nextPutAll: (index printPaddedWith: $0 to: 3); flush. "
    "200 timesRepeat: [ semaphore wait ]. Smalltalk exit: 200";

struct listener {
    struct vm *vm;
    int input;
};

/* Interrupts the world whenever it says that it may be. */
static void *interrupt_when_told(void *argument)
{
    struct listener *listener = argument;
    char text[3];
    while (read(listener->input, text, sizeof text) == (ssize_t)sizeof text) {
        /* Until it is most likely back in its loop; elsewhere is as good, but proves less. Not a number of turns: they last as
         * long as others like. */
        for (uint64_t start = os_monotonic_ns(); os_monotonic_ns() - start < 500000;)
            sched_yield();
        viv_interrupt(listener->vm);
    }
    return NULL;
}

/* Signals the semaphore of the index it is told; fewer than the machine takes at once. */
static void *signal_when_told(void *argument)
{
    struct listener *listener = argument;
    char text[4] = "";
    if (read(listener->input, text, 3) == 3)
        for (int i = 0; i < 200; i++)
            vm_signal_external(listener->vm, strtoul(text, NULL, 10));
    return NULL;
}

/* Runs the program in a world whose output another thread listens to. */
static int run_with_listener(char *source, void *(*listen)(void *))
{
    const char *image = getenv("IMAGE");
    char *arguments[2] = {"eval", source};
    struct viv_options options = viv_default_options();
    struct status status = {STATUS_OK, ""};
    options.primitives = viv_standard_primitives();
    options.load_image = image_load;
    options.argument_count = 2;
    options.arguments = arguments;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    int output = dup(STDOUT_FILENO);
    assert_true(dup2(ends[1], STDOUT_FILENO) >= 0);
    close(ends[1]);
    struct vm *vm = viv_open(image != NULL ? image : "build/vivarium.image", &options, &status);
    assert_non_null(vm);
    struct listener listener = {vm, ends[0]};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, listen, &listener), 0);

    int exit_status = viv_run(vm);

    dup2(output, STDOUT_FILENO);
    close(output);
    pthread_join(thread, NULL);
    close(ends[0]);
    viv_close(vm);
    return exit_status;
}

static void interrupts_leave_nothing_on_the_stack(void **state)
{
    (void)state;

    assert_int_equal(run_with_listener(program, interrupt_when_told), 100);
}

static void signals_that_come_together_are_all_heard(void **state)
{
    (void)state;

    assert_int_equal(run_with_listener(counting, signal_when_told), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interrupts_leave_nothing_on_the_stack),
        cmocka_unit_test(signals_that_come_together_are_all_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
