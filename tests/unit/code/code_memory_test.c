/* Memory for code: aligned and low, given out again by size, large blocks alone in mappings of their own, all of it given back at the end. */
#include "vm/base/poison.h"
#include "vm/code/code_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    UNIT = CODE_MEMORY_UNIT,
    LARGEST = CODE_MEMORY_CLASSES * CODE_MEMORY_UNIT /* that is kept by its size */
};

static int begin(void **state)
{
    struct code_memory *memory = calloc(1, sizeof *memory);
    assert_non_null(memory);
    *state = memory;
    return 0;
}

static int end(void **state)
{
    code_memory_close(*state);
    free(*state);
    return 0;
}

/* A block of that size, full of a byte. */
static uint8_t *filled(struct code_memory *memory, size_t size, int byte)
{
    uint8_t *block = code_memory_allocate(memory, size);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % UNIT, 0);
    memset(block, byte, size);
    return block;
}

static void assert_full_of(const uint8_t *block, size_t size, int byte)
{
    for (size_t i = 0; i < size; i++)
        assert_int_equal(block[i], byte);
}

static bool is_mapped(const void *address)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    if (maps == NULL)
        skip();
    char line[512];
    bool found = false;
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long start;
        unsigned long limit;
        if (sscanf(line, "%lx-%lx", &start, &limit) == 2 && (uintptr_t)address >= start &&
            (uintptr_t)address < limit)
            found = true;
    }
    fclose(maps);
    return found;
}

static void blocks_do_not_overlap(void **state)
{
    static const size_t sizes[] = {1,       UNIT - 1,    UNIT,    UNIT + 1,    1000,
                                   LARGEST, LARGEST + 1, 1 << 20, LARGEST - 1, 3 * UNIT};
    enum { COUNT = sizeof sizes / sizeof sizes[0] };
    uint8_t *blocks[COUNT];

    for (size_t i = 0; i < COUNT; i++)
        blocks[i] = filled(*state, sizes[i], (int)i + 1);

    for (size_t i = 0; i < COUNT; i++)
        assert_full_of(blocks[i], sizes[i], (int)i + 1);
}

static void blocks_lie_in_the_low_2_gb(void **state)
{
#if !defined(MAP_32BIT) || VIV_ADDRESS_SANITIZER
    skip();
#endif
    for (size_t size = 1; size < 4 * LARGEST; size = size * 3 + 1)
        assert_true((uintptr_t)filled(*state, size, 1) + size <= (uintptr_t)1 << 31);
}

static void a_freed_block_is_given_out_again_to_its_size(void **state)
{
    struct code_memory *memory = *state;
    uint8_t *first = filled(memory, 3 * UNIT, 1);
    uint8_t *second = filled(memory, 3 * UNIT, 2);

    code_memory_free(memory, first, 3 * UNIT);
    code_memory_free(memory, second, 3 * UNIT);

    assert_ptr_not_equal(filled(memory, 2 * UNIT, 3), second);
    assert_ptr_not_equal(filled(memory, 4 * UNIT, 3), second);
    /* The last one first, and for all sizes of as many units. */
    assert_ptr_equal(filled(memory, 2 * UNIT + 1, 4), second);
    assert_ptr_equal(filled(memory, 3 * UNIT, 5), first);
    assert_ptr_not_equal(filled(memory, 3 * UNIT, 6), first);
}

static void nothing_can_be_freed(void **state)
{
    code_memory_free(*state, NULL, UNIT);
    code_memory_free(*state, NULL, LARGEST + 1);

    assert_non_null(filled(*state, UNIT, 1));
}

static void large_blocks_go_back_at_once(void **state)
{
    struct code_memory *memory = *state;
    uint8_t *blocks[3];
    for (size_t i = 0; i < 3; i++)
        blocks[i] = filled(memory, LARGEST + UNIT, (int)i);

    /* From the middle of the list, its end and its beginning. */
    code_memory_free(memory, blocks[1], LARGEST + UNIT);
    assert_full_of(blocks[0], LARGEST + UNIT, 0);
    assert_full_of(blocks[2], LARGEST + UNIT, 2);
    assert_false(is_mapped(blocks[1]));
    code_memory_free(memory, blocks[0], LARGEST + UNIT);
    code_memory_free(memory, blocks[2], LARGEST + UNIT);

    assert_false(is_mapped(blocks[0]));
    assert_false(is_mapped(blocks[2]));
    assert_null(memory->large);
}

static void many_chunks_hold_many_blocks(void **state)
{
    enum { COUNT = 3 * CODE_MEMORY_CHUNK / LARGEST };
    uint8_t *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        blocks[i] = filled(*state, LARGEST, (int)(i % 251));

    for (size_t i = 0; i < COUNT; i++)
        assert_full_of(blocks[i], LARGEST, (int)(i % 251));
}

static void closing_gives_everything_back(void **state)
{
    struct code_memory *memory = *state;
    const uint8_t *blocks[] = {filled(memory, UNIT, 1), filled(memory, LARGEST, 2),
                               filled(memory, LARGEST + 1, 3), filled(memory, 1 << 20, 4)};
    code_memory_free(memory, filled(memory, UNIT, 5), UNIT);

    code_memory_close(memory);

    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        assert_false(is_mapped(blocks[i]));
    for (size_t i = 0; i <= CODE_MEMORY_CLASSES; i++)
        assert_null(memory->free_blocks[i]);
    assert_non_null(filled(memory, UNIT, 6));
}

/* Mappings come where others were that hold freed blocks, which sanitizers know. */
static void memory_that_is_mapped_anew_is_not_freed(void **state)
{
    enum { COUNT = CODE_MEMORY_CHUNK / LARGEST - 1 };
    struct code_memory *memory = *state;
    uint8_t *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        blocks[i] = filled(memory, LARGEST, 1);
    for (size_t i = 0; i < COUNT; i++)
        code_memory_free(memory, blocks[i], LARGEST);

    code_memory_close(memory);

    for (size_t i = 0; i < COUNT; i++)
        assert_full_of(filled(memory, LARGEST, 2), LARGEST, 2);
    assert_full_of(filled(memory, CODE_MEMORY_CHUNK, 3), CODE_MEMORY_CHUNK, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(blocks_do_not_overlap),         TEST(blocks_lie_in_the_low_2_gb),
        TEST(nothing_can_be_freed),          TEST(a_freed_block_is_given_out_again_to_its_size),
        TEST(large_blocks_go_back_at_once),  TEST(many_chunks_hold_many_blocks),
        TEST(closing_gives_everything_back), TEST(memory_that_is_mapped_anew_is_not_freed),
    };
    return cmocka_run_group_tests_name("code memory", tests, NULL, NULL);
}
