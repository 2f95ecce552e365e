#include "tools/viv/signals.h"

#include "vm/vivarium.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    EXIT_TIMEOUT = 124,
    SECOND_INTERRUPT_MS = 1000,
    STACK_SIZE = 256 << 10,
    GRACE_MS = 500, /* for a world that was asked to stop; then the process ends without it */
    WATCH_END = SIGUSR2
};

struct signal_watch {
    struct vm *vm;
    unsigned timeout_ms;
    pthread_t thread;
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void fill_watched(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGHUP);
    sigaddset(signals, SIGUSR1);
    sigaddset(signals, WATCH_END);
}

void signals_block(void)
{
    sigset_t signals;
    fill_watched(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    /* A reader that went away and a file that may not grow are errors of the write. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

/* The next signal; 0 when the deadline (0: none) passed first. */
static int next_signal(const sigset_t *signals, uint64_t deadline_ms)
{
    for (;;) {
        int number;
        if (deadline_ms == 0) {
            if (sigwait(signals, &number) == 0)
                return number;
            continue;
        }
        uint64_t now = now_ms();
        uint64_t left = now >= deadline_ms ? 0 : deadline_ms - now;
        struct timespec wait = {(time_t)(left / 1000), (long)(left % 1000) * 1000000};
        number = sigtimedwait(signals, NULL, &wait);
        if (number > 0)
            return number;
        if (errno == EAGAIN)
            return 0;
    }
}

/* Asks the world to stop; ends the process when it does not in time (it may sit in a read that never returns). */
static void stop_world(const struct signal_watch *watch, const sigset_t *signals, int exit_code)
{
    viv_stop(watch->vm, exit_code);
    uint64_t deadline = now_ms() + GRACE_MS;
    int number;
    do
        number = next_signal(signals, deadline);
    while (number != 0 && number != WATCH_END);
    if (number == 0)
        _exit(exit_code);
}

static void *watch_signals(void *argument)
{
    struct signal_watch *watch = argument;
    uint64_t deadline = watch->timeout_ms == 0 ? 0 : now_ms() + watch->timeout_ms;
    uint64_t interrupted_at = 0;
    sigset_t signals;
    fill_watched(&signals);
    for (;;) {
        int number = next_signal(&signals, deadline);
        if (number == WATCH_END)
            return NULL;
        if (number == 0) {
            stop_world(watch, &signals, EXIT_TIMEOUT);
            return NULL;
        }
        if (number == SIGUSR1) {
            viv_print_stacks(watch->vm);
            continue;
        }
        uint64_t now = now_ms();
        if (number != SIGINT ||
            (interrupted_at != 0 && now - interrupted_at < SECOND_INTERRUPT_MS)) {
            stop_world(watch, &signals, EXIT_SIGNAL_BASE + number);
            return NULL;
        }
        interrupted_at = now;
        viv_interrupt(watch->vm);
    }
}

static bool start_thread(struct signal_watch *watch)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    bool started = pthread_attr_setstacksize(&attributes, STACK_SIZE) == 0 &&
                   pthread_create(&watch->thread, &attributes, watch_signals, watch) == 0;
    pthread_attr_destroy(&attributes);
    return started;
}

struct signal_watch *signals_watch(struct vm *vm, unsigned timeout_ms)
{
    struct signal_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return NULL;
    watch->vm = vm;
    watch->timeout_ms = timeout_ms;
    if (start_thread(watch))
        return watch;
    free(watch);
    return NULL;
}

void signals_unwatch(struct signal_watch *watch)
{
    pthread_kill(watch->thread, WATCH_END);
    pthread_join(watch->thread, NULL);
    free(watch);
}
