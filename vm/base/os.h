/* Clocks and sizes of the machine. Any room may use this; nothing here keeps state. */
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

#endif
