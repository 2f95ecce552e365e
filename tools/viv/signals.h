/*
 * Signals of a program with a world in it. They are blocked in every thread and taken by one that waits for them, so there is
 * no handler and no state outside the structure.
 *
 * SIGINT interrupts the running process; a second one that comes within a second, before the first was answered, ends the
 * program. SIGTERM and SIGHUP end it in order, without saving. SIGUSR1 prints all stacks. A time limit counts as a signal.
 */
#ifndef VIV_TOOLS_VIV_SIGNALS_H
#define VIV_TOOLS_VIV_SIGNALS_H

/* The exit code of a program that a signal ended is this and the number of the signal. */
enum { EXIT_SIGNAL_BASE = 128 };

struct vm;
struct signal_watch;

/* Blocks the signals; before any other thread or world exists. */
void signals_block(void);

/* Starts the waiting thread. timeout_ms 0: no time limit. NULL when the system has no thread or memory left. */
struct signal_watch *signals_watch(struct vm *vm, unsigned timeout_ms);

/* Ends the waiting thread: no signal reaches the world after this. May be left out when the process ends with the world still
 * in memory. */
void signals_unwatch(struct signal_watch *watch);

#endif
