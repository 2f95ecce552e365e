#include "vm/base/os.h"

#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <time.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* Seconds between 1 January 1901 and 1 January 1970. */
#define SECONDS_1901_TO_1970 UINT64_C(2177452800)

uint64_t os_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t os_utc_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return ((uint64_t)now.tv_sec + SECONDS_1901_TO_1970) * UINT64_C(1000000) +
           (uint64_t)now.tv_nsec / 1000;
}

size_t os_memory_size(void)
{
    struct sysinfo facts;
    size_t least = (size_t)64 << 20;
    if (sysinfo(&facts) != 0)
        return least;
    size_t size = (size_t)facts.totalram * facts.mem_unit;
    return size < least ? least : size;
}

void os_populate(void *start, size_t size)
{
    (void)madvise(start, size, MADV_POPULATE_WRITE);
}
