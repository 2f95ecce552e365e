/*
 * Signals of a program with a world in it. They are blocked in every thread and taken by one that waits for them, so there is
 * no handler and no state outside the structure.
 *
 * SIGINT interrupts the running process; a second one that comes within a second, before the first was answered, ends the
 * program. SIGTERM and SIGHUP end it in order, without saving. SIGUSR1 prints all stacks. A time limit counts as a signal.
 */
#ifndef VIV_TOOLS_VIV_SIGNALS_H
#define VIV_TOOLS_VIV_SIGNALS_H

#include <pthread.h>
#include <stdbool.h>

struct vm;

struct signal_watch {
    struct vm *vm;
    unsigned timeout_ms; /* 0: none */
    pthread_t thread;
};

/* Blocks the signals; before any other thread or world exists. */
void signals_block(void);

/* Starts the waiting thread. False when the system has no thread left. */
bool signals_watch(struct signal_watch *watch);

/* Ends the waiting thread: no signal reaches the world after this. */
void signals_unwatch(struct signal_watch *watch);

#endif
