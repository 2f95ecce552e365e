/*
 * The code zone: memory for compiled code in the low 2 GB, bounded, given out from front to back and emptied as a whole. It is one
 * piece of memory mapped twice, once to be written and once to be run: never both through one mapping.
 */
#ifndef VIV_JIT_ZONE_H
#define VIV_JIT_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone {
    uint8_t *writable;
    uintptr_t executable; /* the same bytes where they run; 0: not mapped */
    size_t size;
    size_t used;
    size_t touched; /* bytes that have been brought into memory */
};

/* False, with nothing mapped, where the system does not allow it. */
bool zone_open(struct zone *zone, size_t size);
void zone_close(struct zone *zone);
/* Room for size bytes, to be written at the address answered; *runs_at is where they will run. NULL: the zone is full. */
uint8_t *zone_allocate(struct zone *zone, size_t size, uintptr_t *runs_at);
/* Before what was written is run. */
void zone_publish(void);
/* Forgets all code: nobody may run it or return to it any more. */
void zone_empty(struct zone *zone);

#endif
