#define _GNU_SOURCE
#include "vm/memory/populate.h"

#include "vm/base/os.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
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
    sem_t changed;
    _Atomic bool quitting;
    _Atomic(char *) limit; /* old space is in use up to here */
    void *young;           /* the large page that eden begins in */
    char *old_limit;       /* end of the reservation */
};

/* What the thread alone knows: old space is present up to the one, and should be up to the other. */
struct progress {
    char *present;
    char *wanted;
};

static char *page_of(const void *address)
{
    return (char *)((uintptr_t)address & ~(uintptr_t)(OS_PAGE_SIZE - 1));
}

static void want_ahead(const struct populator *populator, struct progress *progress)
{
    char *from = page_of(atomic_load(&populator->limit));
    size_t room = (size_t)(populator->old_limit - from);
    char *wanted = from + (room < AHEAD_SIZE ? room & ~(OS_PAGE_SIZE - 1) : AHEAD_SIZE);
    /* Old space that was given back is not present any more. */
    if (progress->present > from + AHEAD_SIZE + AHEAD_SIZE / 2)
        progress->present = progress->wanted = from;
    if (progress->present < from)
        progress->present = from;
    /* Once a half of it is used up, so that not every scavenge means work. */
    if (progress->wanted == NULL || wanted > progress->wanted + AHEAD_SIZE / 2)
        progress->wanted = wanted;
}

static void populate_step(struct progress *progress)
{
    size_t left = (size_t)(progress->wanted - progress->present);
    size_t size = left < STEP_SIZE ? left : STEP_SIZE;
    /* A kernel that does not know the advice refuses it: pages then come at their first touch. */
    os_populate(progress->present, size);
    progress->present += size;
}

/* Nobody waits for this thread, and it must wait for everybody: woken on the processor of the one that woke it, it would clear pages there
 * for milliseconds, in the middle of a scavenge. For the same reason the two share no lock. */
static void give_way(void)
{
    struct sched_param none = {0};
    pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
}

static void *populator_main(void *argument)
{
    struct populator *populator = argument;
    struct progress progress = {NULL, NULL};
    give_way();
    /* Eden and survivors become one large page, with what is in it. A kernel that cannot goes on with small ones. */
    madvise(populator->young, OS_LARGE_PAGE_SIZE, MADV_HUGEPAGE);
    madvise(populator->young, OS_LARGE_PAGE_SIZE, MADV_COLLAPSE);
    while (!atomic_load(&populator->quitting)) {
        want_ahead(populator, &progress);
        if (progress.present < progress.wanted)
            populate_step(&progress);
        else
            sem_wait(&populator->changed);
    }
    return NULL;
}

struct populator *populator_start(struct heap *heap)
{
    struct populator *populator = calloc(1, sizeof *populator);
    if (populator == NULL)
        return NULL;
    populator->young = heap->young_mapping;
    populator->old_limit = (char *)heap->old.reserve_limit;
    atomic_init(&populator->limit, (char *)heap->old.limit);
    sem_init(&populator->changed, 0, 0);
    if (pthread_create(&populator->thread, NULL, populator_main, populator) != 0) {
        sem_destroy(&populator->changed);
        free(populator);
        return NULL;
    }
    return populator;
}

void populator_note_limit(struct populator *populator, uint64_t *limit)
{
    if (atomic_exchange(&populator->limit, (char *)limit) != (char *)limit)
        sem_post(&populator->changed);
}

void populator_stop(struct populator *populator)
{
    if (populator == NULL)
        return;
    atomic_store(&populator->quitting, true);
    sem_post(&populator->changed);
    pthread_join(populator->thread, NULL);
    sem_destroy(&populator->changed);
    free(populator);
}
