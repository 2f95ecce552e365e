/*
 * Sorting by keys of 64 bits, byte by byte from the lowest: the time is that of a few passes over the items, whatever their
 * order. Equal keys keep their order. Knows no objects.
 */
#ifndef VIV_PRIMITIVES_RADIX_SORT_H
#define VIV_PRIMITIVES_RADIX_SORT_H

#include <stddef.h>
#include <stdint.h>

struct radix_item {
    uint64_t key;
    uint64_t value;
};

/* Sorts the items upwards; scratch has room for as many, at most UINT32_MAX. Answers the one of the two that holds the result. */
struct radix_item *radix_sort(struct radix_item *items, struct radix_item *scratch, size_t count);

#endif
