/* Checksums of data do not depend on the pieces it comes in, and say which blocks are damaged. */
#include "image/format/checksum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DATA_SIZE = 5 * (64 << 10) + 24 };

struct fixture {
    uint64_t data[DATA_SIZE / 8];
    struct image_header header;
    struct status status;
};

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (fixture == NULL)
        return -1;
    for (size_t i = 0; i < DATA_SIZE / 8; i++)
        fixture->data[i] = i * 0x9E3779B97F4A7C15;
    fixture->header = image_header_default();
    fixture->header.data_size = DATA_SIZE;
    fixture->header.ours = true;
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    free(*state);
    return 0;
}

static void add_in_pieces(struct fixture *fixture, struct image_header *header, size_t piece)
{
    struct image_checksum checksum;
    assert_true(image_checksum_open(&checksum, DATA_SIZE));
    for (size_t at = 0; at < DATA_SIZE; at += piece)
        image_checksum_add(&checksum, (const char *)fixture->data + at,
                           DATA_SIZE - at < piece ? DATA_SIZE - at : piece);
    image_checksum_finish(&checksum, header);
    image_checksum_close(&checksum);
}

static bool check(struct fixture *fixture)
{
    struct image_source source = {
        .path = "c.image", .header = &fixture->header, .data = fixture->data};
    fixture->status = (struct status){STATUS_OK, ""};
    return image_check_checksum(&source, &fixture->status);
}

static void pieces_do_not_matter(void **state)
{
    struct fixture *fixture = *state;
    struct image_header other = fixture->header;
    add_in_pieces(fixture, &fixture->header, DATA_SIZE);
    add_in_pieces(fixture, &other, 4099);

    assert_int_equal(fixture->header.blocks.count, 6);
    assert_int_equal(fixture->header.data_hash, other.data_hash);
    assert_memory_equal(&fixture->header.blocks, &other.blocks, sizeof other.blocks);
    assert_true(check(fixture));
}

static void damage_is_named_by_its_blocks(void **state)
{
    struct fixture *fixture = *state;
    add_in_pieces(fixture, &fixture->header, DATA_SIZE);
    fixture->data[(64 << 10) / 8] ^= 1;
    fixture->data[3 * (64 << 10) / 8 - 1] ^= 1;
    fixture->data[DATA_SIZE / 8 - 1] ^= 1;

    assert_false(check(fixture));

    /* Data begins at 4096: blocks 1 and 2 are the first run, and 5, which is short, is another. */
    assert_non_null(strstr(fixture->status.sentence, "at offset 69632: "));
    assert_non_null(strstr(fixture->status.sentence, "up to offset 200704 (3 of 6 blocks differ)"));
}

static void files_without_blocks_are_damaged_somewhere(void **state)
{
    struct fixture *fixture = *state;
    add_in_pieces(fixture, &fixture->header, DATA_SIZE);
    fixture->header.blocks.count = 0;
    assert_true(check(fixture));
    fixture->data[7] ^= 1;

    assert_false(check(fixture));

    assert_non_null(strstr(fixture->status.sentence, "checksum"));
}

static void a_list_of_more_blocks_than_data_is_no_danger(void **state)
{
    struct fixture *fixture = *state;
    add_in_pieces(fixture, &fixture->header, DATA_SIZE);
    fixture->header.blocks.count = IMAGE_BLOCKS_MAX;
    fixture->data[0] ^= 1;

    assert_false(check(fixture));

    assert_non_null(strstr(fixture->status.sentence, "at offset 4096: "));
}

static void blocks_grow_with_the_data(void **state)
{
    (void)state;
    assert_int_equal(image_block_size(1), 64 << 10);
    for (uint64_t size = 1; size < UINT64_C(1) << 50; size = size * 3 + 1) {
        uint64_t block = image_block_size(size);
        assert_true((size + block - 1) / block <= IMAGE_BLOCKS_MAX);
        assert_int_equal(block & (block - 1), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pieces_do_not_matter, begin, end),
        cmocka_unit_test_setup_teardown(damage_is_named_by_its_blocks, begin, end),
        cmocka_unit_test_setup_teardown(files_without_blocks_are_damaged_somewhere, begin, end),
        cmocka_unit_test_setup_teardown(a_list_of_more_blocks_than_data_is_no_danger, begin, end),
        cmocka_unit_test(blocks_grow_with_the_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
