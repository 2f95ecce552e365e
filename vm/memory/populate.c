#define _GNU_SOURCE
#include "vm/memory/populate.h"

#include "vm/base/os.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

/* How far ahead of old space's end, and how much at a time: a fault of the other thread waits for a step at most. */
#define AHEAD_SIZE ((size_t)8 << 20)
#define STEP_SIZE ((size_t)256 << 10)

struct populator {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool quitting;
    void *young;     /* the large page that eden begins in */
    char *present;   /* old space is present up to here */
    char *wanted;    /* and should be up to here */
    char *old_limit; /* end of the reservation */
};

static char *page_of(const void *address)
{
    return (char *)((uintptr_t)address & ~(uintptr_t)(OS_PAGE_SIZE - 1));
}

/* Takes the next piece of work; false when told to quit. Called and left with the mutex held. */
static bool next_step(struct populator *populator, char **start, size_t *size)
{
    while (!populator->quitting) {
        if (populator->present < populator->wanted) {
            size_t left = (size_t)(populator->wanted - populator->present);
            *start = populator->present;
            *size = left < STEP_SIZE ? left : STEP_SIZE;
            populator->present += *size;
            return true;
        }
        pthread_cond_wait(&populator->changed, &populator->mutex);
    }
    return false;
}

static void *populator_main(void *argument)
{
    struct populator *populator = argument;
    char *start = NULL;
    size_t size = 0;
    /* Eden and survivors become one large page, with what is in it. A kernel that cannot goes on with small ones. */
    madvise(populator->young, OS_LARGE_PAGE_SIZE, MADV_HUGEPAGE);
    madvise(populator->young, OS_LARGE_PAGE_SIZE, MADV_COLLAPSE);
    pthread_mutex_lock(&populator->mutex);
    while (next_step(populator, &start, &size)) {
        pthread_mutex_unlock(&populator->mutex);
        /* A kernel that does not know the advice refuses it: pages then come at their first touch. */
        os_populate(start, size);
        pthread_mutex_lock(&populator->mutex);
    }
    pthread_mutex_unlock(&populator->mutex);
    return NULL;
}

static void want_ahead(struct populator *populator, const uint64_t *limit)
{
    char *from = page_of(limit);
    size_t room = (size_t)(populator->old_limit - from);
    char *wanted = from + (room < AHEAD_SIZE ? room & ~(OS_PAGE_SIZE - 1) : AHEAD_SIZE);
    if (populator->present < from)
        populator->present = from;
    /* Once a half of it is used up, so that not every scavenge wakes the thread. */
    if (populator->wanted == NULL || wanted > populator->wanted + AHEAD_SIZE / 2)
        populator->wanted = wanted;
}

struct populator *populator_start(struct heap *heap)
{
    struct populator *populator = calloc(1, sizeof *populator);
    if (populator == NULL)
        return NULL;
    populator->young = heap->young_mapping;
    populator->old_limit = (char *)heap->old.reserve_limit;
    want_ahead(populator, heap->old.limit);
    pthread_mutex_init(&populator->mutex, NULL);
    pthread_cond_init(&populator->changed, NULL);
    if (pthread_create(&populator->thread, NULL, populator_main, populator) != 0) {
        free(populator);
        return NULL;
    }
    return populator;
}

void populator_note_limit(struct populator *populator, uint64_t *limit)
{
    pthread_mutex_lock(&populator->mutex);
    /* Old space that was given back is not present any more. */
    if (populator->present > page_of(limit) + AHEAD_SIZE + AHEAD_SIZE / 2)
        populator->present = populator->wanted = page_of(limit);
    want_ahead(populator, limit);
    pthread_cond_signal(&populator->changed);
    pthread_mutex_unlock(&populator->mutex);
}

void populator_stop(struct populator *populator)
{
    if (populator == NULL)
        return;
    pthread_mutex_lock(&populator->mutex);
    populator->quitting = true;
    pthread_cond_signal(&populator->changed);
    pthread_mutex_unlock(&populator->mutex);
    pthread_join(populator->thread, NULL);
    pthread_cond_destroy(&populator->changed);
    pthread_mutex_destroy(&populator->mutex);
    free(populator);
}
