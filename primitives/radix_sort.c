#include "primitives/radix_sort.h"

#include <string.h>

enum { DIGITS = 8, VALUES = 256 };

static unsigned digit_of(uint64_t key, unsigned digit)
{
    return (unsigned)(key >> 8 * digit) & 0xFF;
}

/* How often each digit has each value, in one pass for all. */
static void count_digits(const struct radix_item *items, size_t count,
                         uint32_t counts[DIGITS][VALUES])
{
    memset(counts, 0, sizeof(uint32_t[DIGITS][VALUES]));
    for (size_t i = 0; i < count; i++)
        for (unsigned digit = 0; digit < DIGITS; digit++)
            counts[digit][digit_of(items[i].key, digit)]++;
}

static void distribute(const struct radix_item *from, struct radix_item *to, size_t count,
                       unsigned digit, uint32_t counts[VALUES])
{
    uint32_t place = 0;
    for (unsigned value = 0; value < VALUES; value++) {
        uint32_t here = counts[value];
        counts[value] = place;
        place += here;
    }
    for (size_t i = 0; i < count; i++)
        to[counts[digit_of(from[i].key, digit)]++] = from[i];
}

struct radix_item *radix_sort(struct radix_item *items, struct radix_item *scratch, size_t count)
{
    uint32_t counts[DIGITS][VALUES];
    struct radix_item *from = items;
    struct radix_item *to = scratch;
    if (count < 2)
        return items;
    count_digits(items, count, counts);
    for (unsigned digit = 0; digit < DIGITS; digit++) {
        /* A digit that is the same in all keys decides nothing. */
        if (counts[digit][digit_of(from[0].key, digit)] == count)
            continue;
        distribute(from, to, count, digit, counts[digit]);
        struct radix_item *sorted = to;
        to = from;
        from = sorted;
    }
    return from;
}
