/*
 * What reaches the VM from other threads, and the timer that is one of them. The timer's thread sleeps until the next delay is
 * due; an idle VM sleeps until something is requested. Neither ticks.
 */
#define _GNU_SOURCE
#include "vm/base/os.h"
#include "vm/execution/process.h"

#include <stdlib.h>
#include <time.h>

static void condition_open(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
}

void requests_open(struct vm *vm)
{
    pthread_mutex_init(&vm->requests.mutex, NULL);
    condition_open(&vm->requests.wake);
}

void requests_close(struct vm *vm)
{
    free(vm->requests.signals);
    pthread_cond_destroy(&vm->requests.wake);
    pthread_mutex_destroy(&vm->requests.mutex);
}

void requests_wake(struct vm *vm)
{
    pthread_mutex_lock(&vm->requests.mutex);
    pthread_cond_broadcast(&vm->requests.wake);
    pthread_mutex_unlock(&vm->requests.mutex);
    heap_request_poll(&vm->heap);
}

static bool is_requested(struct requests *requests)
{
    return atomic_load(&requests->timer_due) || atomic_load(&requests->interrupt) ||
           atomic_load(&requests->print_stacks) || atomic_load(&requests->stop) ||
           atomic_load(&requests->external_signals) > 0;
}

void process_idle_at_most(struct vm *vm, uint64_t ns)
{
    struct requests *requests = &vm->requests;
    struct timespec until = timespec_of(os_monotonic_ns() + ns);
    pthread_mutex_lock(&requests->mutex);
    if (!is_requested(requests))
        pthread_cond_timedwait(&requests->wake, &requests->mutex, &until);
    pthread_mutex_unlock(&requests->mutex);
}

/* Waits until something is requested or the collector has something to do; with the mutex. */
static void wait_for_request(struct vm *vm, uint64_t due_ns)
{
    struct requests *requests = &vm->requests;
    if (due_ns == UINT64_MAX) {
        pthread_cond_wait(&requests->wake, &requests->mutex);
        return;
    }
    struct timespec until = timespec_of(due_ns);
    pthread_cond_timedwait(&requests->wake, &requests->mutex, &until);
}

void process_idle(struct vm *vm)
{
    struct requests *requests = &vm->requests;
    pthread_mutex_lock(&requests->mutex);
    while (!is_requested(requests)) {
        uint64_t due_ns = heap_idle_due_ns(&vm->heap);
        if (due_ns > os_monotonic_ns()) {
            wait_for_request(vm, due_ns);
            continue;
        }
        pthread_mutex_unlock(&requests->mutex);
        heap_idle_step(&vm->heap);
        pthread_mutex_lock(&requests->mutex);
    }
    pthread_mutex_unlock(&requests->mutex);
}

/* Where signals of the index are counted; NULL when there is no memory. With the mutex. */
static struct external_signal *find_signal(struct requests *requests, size_t index)
{
    uint32_t count = atomic_load(&requests->external_signals);
    for (uint32_t i = 0; i < count; i++)
        if (requests->signals[i].index == index)
            return &requests->signals[i];
    if (count == requests->signals_capacity) {
        uint32_t capacity = count < 8 ? 8 : count * 2;
        void *larger = realloc(requests->signals, capacity * sizeof *requests->signals);
        if (larger == NULL)
            return NULL;
        requests->signals = larger;
        requests->signals_capacity = capacity;
    }
    requests->signals[count] = (struct external_signal){.index = index};
    atomic_store(&requests->external_signals, count + 1);
    return &requests->signals[count];
}

bool vm_signal_external(struct vm *vm, size_t semaphore_index)
{
    struct requests *requests = &vm->requests;
    pthread_mutex_lock(&requests->mutex);
    struct external_signal *signal = find_signal(requests, semaphore_index);
    if (signal != NULL)
        signal->count++;
    pthread_mutex_unlock(&requests->mutex);
    requests_wake(vm);
    return signal != NULL;
}

static void *timer_main(void *argument)
{
    struct vm *vm = argument;
    struct timer *timer = &vm->timer;
    pthread_mutex_lock(&timer->mutex);
    while (!timer->quitting) {
        if (timer->due_ns == 0) {
            pthread_cond_wait(&timer->changed, &timer->mutex);
        } else if (os_monotonic_ns() >= timer->due_ns) {
            timer->due_ns = 0;
            atomic_store(&vm->requests.timer_due, true);
            requests_wake(vm);
        } else {
            struct timespec until = timespec_of(timer->due_ns);
            pthread_cond_timedwait(&timer->changed, &timer->mutex, &until);
        }
    }
    pthread_mutex_unlock(&timer->mutex);
    return NULL;
}

static bool timer_start(struct vm *vm)
{
    struct timer *timer = &vm->timer;
    if (timer->started)
        return true;
    pthread_mutex_init(&timer->mutex, NULL);
    condition_open(&timer->changed);
    timer->quitting = false;
    timer->due_ns = 0;
    timer->started = pthread_create(&timer->thread, NULL, timer_main, vm) == 0;
    return timer->started;
}

void timer_set(struct vm *vm, oop semaphore, uint64_t due_ns)
{
    vm->timer_semaphore = semaphore;
    atomic_store(&vm->requests.timer_due, false);
    if (due_ns == 0 && !vm->timer.started)
        return;
    if (due_ns != 0 && due_ns <= os_monotonic_ns()) {
        atomic_store(&vm->requests.timer_due, true);
        heap_request_poll(&vm->heap);
        return;
    }
    if (!timer_start(vm))
        return;
    pthread_mutex_lock(&vm->timer.mutex);
    vm->timer.due_ns = due_ns;
    pthread_cond_signal(&vm->timer.changed);
    pthread_mutex_unlock(&vm->timer.mutex);
}

void timer_close(struct vm *vm)
{
    struct timer *timer = &vm->timer;
    if (!timer->started)
        return;
    pthread_mutex_lock(&timer->mutex);
    timer->quitting = true;
    pthread_cond_signal(&timer->changed);
    pthread_mutex_unlock(&timer->mutex);
    pthread_join(timer->thread, NULL);
    pthread_cond_destroy(&timer->changed);
    pthread_mutex_destroy(&timer->mutex);
    timer->started = false;
}
