/* Reads the clock for as many seconds as the argument says, and prints the longest time between two readings in microseconds: for so long the
 * system, or the host of a virtual machine, had put the process aside. What else runs meanwhile shows the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int main(int argument_count, char **arguments)
{
    uint64_t seconds = argument_count == 2 ? strtoull(arguments[1], NULL, 10) : 1;
    uint64_t end = now_ns() + seconds * 1000000000u;
    uint64_t longest = 0;
    for (uint64_t before = now_ns(), now; before < end; before = now) {
        now = now_ns();
        longest = now - before > longest ? now - before : longest;
    }
    return printf("%llu\n", (unsigned long long)(longest / 1000)) < 0;
}
