/*
 * Processes: the scheduler's lists in the image, semaphores, transfers, the timer. All work on spilled registers; a transfer
 * leaves the registers of the process that runs next in the VM.
 */
#ifndef VIV_EXECUTION_PROCESS_H
#define VIV_EXECUTION_PROCESS_H

#include "vm/execution/vm_state.h"

#include <stdio.h>

oop process_active(struct vm *vm);
/* Adds a process to the list of its priority, at the end or the front. */
void process_make_ready(struct vm *vm, oop process, bool at_front);
/* Resumes a suspended process; the active one gives way if it has lower priority. False when it is no process or is in a list. */
bool process_resume(struct vm *vm, oop process) VIV_MUST_USE;
/* Suspends the active process, which is in `list` already or nowhere, and runs the best ready one. */
void process_leave(struct vm *vm);
/* The same for a process that nothing will resume by itself, and perhaps nobody at all: its stack is given back at once. */
void process_retire(struct vm *vm);
/* Takes a process out of the list it waits in; answers that list, or nil. */
oop process_remove_from_list(struct vm *vm, oop process);
void process_yield(struct vm *vm);

void semaphore_signal(struct vm *vm, oop semaphore);
void semaphore_wait(struct vm *vm, oop semaphore);
bool is_semaphore(struct vm *vm, oop value);

void list_add_last(struct vm *vm, oop list, oop process);
oop list_remove_first(struct vm *vm, oop list);
bool list_is_empty(oop list);

/* Starts the saved process of an image that was just loaded. */
bool process_start(struct vm *vm, struct status *status);
/* Stores the active process's context where a saved image has it; the running stack must be flushed to `context`. */
void process_store_active_context(struct vm *vm, oop context);

/* Prints the sentence and the stacks of all processes on stderr and stops the VM: the world cannot go on. */
void process_report_and_stop(struct vm *vm, const char *sentence);
/* The same when it is memory that is lacking, which has an exit status of its own. */
void process_stop_without_memory(struct vm *vm, const char *sentence);
void process_print_all(struct vm *vm);
/* Prints the class and selector of a method, or of the method that a block is in, as `[] in Class>>selector`. */
void process_print_code(FILE *out, struct vm *vm, oop method);

/* Asks for the semaphore to be signalled at a time of os_monotonic_ns; nil or 0: not at all. */
void timer_set(struct vm *vm, oop semaphore, uint64_t due_ns);
void timer_close(struct vm *vm);
/* Waits until something is requested, however long that takes: every request wakes the VM. */
void process_idle(struct vm *vm);
/* The same, but no longer than so many nanoseconds. */
void process_idle_at_most(struct vm *vm, uint64_t ns);
/* Whether a process beside the active one could run. */
bool process_others_are_ready(struct vm *vm);
void requests_open(struct vm *vm);
void requests_close(struct vm *vm);
/* Makes an idle VM look, and a running one poll. From any thread. */
void requests_wake(struct vm *vm);

/* What polls do: vm/execution/poll.c. */
void vm_poll(struct vm *vm);
/* The part of it that looks at what other threads and the collector have asked for. */
void poll_requests(struct vm *vm);
/* Sends as send_special does, to the receiver and arguments on the stack, and drops the answer. */
void send_discarding(struct vm *vm, enum special_object selector, size_t argument_count);

#endif
