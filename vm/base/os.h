/* Clocks, sizes and pages of the machine. Any room may use this; nothing here keeps state. */
#ifndef VIV_BASE_OS_H
#define VIV_BASE_OS_H

#include <stddef.h>
#include <stdint.h>

/* Monotonic clock in nanoseconds. */
uint64_t os_monotonic_ns(void);

/* Microseconds since 1 January 1901, 00:00 UTC: the epoch of the ecosystem's clock primitives. */
uint64_t os_utc_us(void);

/* Bytes of physical memory; at least 64 MB is answered when the system does not say. */
size_t os_memory_size(void);

/* Bytes of a page, and of a large one. */
#define OS_PAGE_SIZE ((size_t)4096)
#define OS_LARGE_PAGE_SIZE ((size_t)2 << 20)

/* Has the pages of a range present, to be written: one system call instead of a fault for each. The address is a page's first.
 * Where the system cannot do that, nothing is lost. */
void os_populate(void *start, size_t size);

#endif
