/* The code zone: bytes written through one mapping run through the other, no mapping allows both, and room is given out to the last byte. */
#include "vm/jit/zone.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ZONE_SIZE = 64 * 1024, ALIGNMENT = 16 };

static int begin(void **state)
{
    struct zone *zone = calloc(1, sizeof *zone);
    assert_non_null(zone);
    *state = zone;
    return 0;
}

static int end(void **state)
{
    zone_close(*state);
    free(*state);
    return 0;
}

static struct zone *opened(void **state)
{
    struct zone *zone = *state;
    if (!zone_open(zone, ZONE_SIZE))
        skip();
    return zone;
}

/* The rights of the mapping at the address, as the system writes them: "r-xs"; empty where nothing is mapped. */
static void find_rights(uintptr_t address, char rights[5])
{
    FILE *maps = fopen("/proc/self/maps", "r");
    if (maps == NULL)
        skip();
    char line[512];
    rights[0] = '\0';
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long start;
        unsigned long limit;
        char found[5];
        if (sscanf(line, "%lx-%lx %4s", &start, &limit, found) == 3 && address >= start &&
            address < limit)
            memcpy(rights, found, sizeof found);
    }
    fclose(maps);
}

static void no_mapping_is_written_and_run(void **state)
{
    const struct zone *zone = opened(state);
    char rights[5];

    find_rights((uintptr_t)zone->writable, rights);
    assert_string_equal(rights, "rw-s");
    find_rights(zone->executable, rights);
    assert_string_equal(rights, "r-xs");
}

static void code_runs_in_the_low_2_gb(void **state)
{
    const struct zone *zone = opened(state);

    assert_true(zone->executable + zone->size <= (uintptr_t)1 << 31);
}

#ifdef __x86_64__
typedef int answer_function(void);

/* mov eax, imm32; ret */
static answer_function *write_constant(struct zone *zone, int32_t value)
{
    uintptr_t runs_at;
    uint8_t *at = zone_allocate(zone, 6, &runs_at);
    assert_non_null(at);
    at[0] = 0xB8;
    memcpy(at + 1, &value, sizeof value);
    at[5] = 0xC3;
    zone_publish();
    return (answer_function *)runs_at;
}

static void what_is_written_runs(void **state)
{
    struct zone *zone = opened(state);

    answer_function *first = write_constant(zone, 42);
    answer_function *second = write_constant(zone, -7);

    assert_int_equal(first(), 42);
    assert_int_equal(second(), -7);
    assert_int_equal(first(), 42);
}

/* Many times over the same addresses, at once: the processor must not run what stood there. */
static void what_replaces_forgotten_code_runs(void **state)
{
    struct zone *zone = opened(state);

    for (int32_t value = 0; value < 10000; value++) {
        zone_empty(zone);
        assert_int_equal(write_constant(zone, value)(), value);
    }
}
#endif

static void all_room_is_given_out_and_no_more(void **state)
{
    struct zone *zone = opened(state);
    uintptr_t runs_at;
    size_t count = 0;

    for (uint8_t *at = zone_allocate(zone, 100, &runs_at); at != NULL;
         at = zone_allocate(zone, 100, &runs_at)) {
        assert_int_equal(runs_at % ALIGNMENT, 0);
        assert_int_equal((uintptr_t)at - (uintptr_t)zone->writable, runs_at - zone->executable);
        assert_true(runs_at >= zone->executable && runs_at + 100 <= zone->executable + zone->size);
        memset(at, 0x90, 100);
        count++;
    }

    /* The last takes no more than it wants. */
    assert_int_equal(count, (ZONE_SIZE - 100) / 112 + 1);
    assert_null(zone_allocate(zone, 100, &runs_at));
    assert_null(zone_allocate(zone, ZONE_SIZE, &runs_at));
}

static void what_is_larger_than_the_zone_is_refused(void **state)
{
    struct zone *zone = opened(state);
    uintptr_t runs_at;

    assert_null(zone_allocate(zone, ZONE_SIZE + 1, &runs_at));
    assert_null(zone_allocate(zone, SIZE_MAX, &runs_at));
    assert_null(zone_allocate(zone, SIZE_MAX - ALIGNMENT, &runs_at));
    assert_non_null(zone_allocate(zone, ZONE_SIZE, &runs_at));
    assert_null(zone_allocate(zone, 1, &runs_at));
}

static void an_emptied_zone_begins_anew(void **state)
{
    struct zone *zone = opened(state);
    uintptr_t first;
    uintptr_t again;
    const uint8_t *at = zone_allocate(zone, 1000, &first);
    assert_non_null(zone_allocate(zone, ZONE_SIZE / 2, &again));

    zone_empty(zone);

    assert_ptr_equal(zone_allocate(zone, 8, &again), at);
    assert_int_equal(again, first);
    assert_non_null(zone_allocate(zone, ZONE_SIZE - ALIGNMENT, &again));
}

static void a_closed_zone_leaves_nothing_mapped(void **state)
{
    struct zone *zone = opened(state);
    struct zone before = *zone;
    char rights[5];

    zone_close(zone);

    find_rights(before.executable, rights);
    assert_string_equal(rights, "");
    assert_null(zone->writable);
    assert_int_equal(zone->size, 0);
    zone_close(zone);
}

static void a_zone_that_cannot_be_mapped_is_none(void **state)
{
    struct zone *zone = *state;
    memset(zone, 0xFF, sizeof *zone);

    /* The low 2 GB hold no more than that. */
    assert_false(zone_open(zone, (size_t)1 << 31));

    assert_int_equal(zone->size, 0);
    assert_int_equal(zone->executable, 0);
    assert_null(zone->writable);
}

/* Addresses that the process has, in bytes. */
static size_t addresses(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        skip();
    size_t pages = 0;
    int count = fscanf(file, "%zu", &pages);
    fclose(file);
    assert_int_equal(count, 1);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* The first mapping has room, the second has none. */
static void a_zone_that_cannot_be_mapped_twice_is_none(void **state)
{
    enum { LARGE = 64 * 1024 * 1024 };
    struct zone *zone = opened(state);
    zone_close(zone);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    struct rlimit less = {addresses() + LARGE + LARGE / 2, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_AS, &less), 0);

    bool is_open = zone_open(zone, LARGE);

    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_false(is_open);
    assert_int_equal(zone->size, 0);
    assert_int_equal(zone->executable, 0);
    assert_true(addresses() < (size_t)less.rlim_cur - LARGE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(no_mapping_is_written_and_run),
        TEST(code_runs_in_the_low_2_gb),
#ifdef __x86_64__
        TEST(what_is_written_runs),
        TEST(what_replaces_forgotten_code_runs),
#endif
        TEST(all_room_is_given_out_and_no_more),
        TEST(what_is_larger_than_the_zone_is_refused),
        TEST(an_emptied_zone_begins_anew),
        TEST(a_closed_zone_leaves_nothing_mapped),
        TEST(a_zone_that_cannot_be_mapped_is_none),
        TEST(a_zone_that_cannot_be_mapped_twice_is_none),
    };
    return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
