/* Lines of BMP files, and the bits of large integers, as other images ask for them; every wrong argument. */
#include "tests/unit/primitives/cuis.h"
#include "tests/unit/primitives/modules.h"

static const char *const BMP = "BMPReadWriterPlugin";

static void lines_become_pixels_and_lines_again(void **state)
{
    struct world *world = *state;
    oop line = bytes_of(world, "\x01\x02\x03\x00\x00\x00\xFF\xFE\xFD", 9);
    oop bits = words_of(world, NULL, 4);
    CALL(world, BMP, "primitiveRead24BmpLine", line, line, bits, small(2), small(3));
    static const uint32_t wanted[] = {0, 0xFF030201, 0xFF000001, 0xFFFDFEFF};
    assert_int_equal(world->result, PRIM_OK);
    assert_memory_equal(object_bytes(bits), wanted, sizeof wanted);
    oop copy = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, 10);
    CALL(world, BMP, "primitiveWrite24BmpLine", line, copy, bits, small(2), small(3));
    assert_memory_equal(object_bytes(copy), "\x01\x02\x03\x01\x00\x00\xFF\xFE\xFD\x00", 10);
}

static void lines_that_do_not_fit_fail(void **state)
{
    struct world *world = *state;
    oop line = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, 9);
    oop bits = words_of(world, NULL, 4);
    static const struct {
        int64_t start, width;
        prim_result wanted;
    } rows[] = {{2, 4, PRIM_BAD_ARGUMENT},
                {3, 3, PRIM_BAD_INDEX},
                {0, 1, PRIM_BAD_INDEX},
                {5, 1, PRIM_BAD_INDEX},
                {1, 0, PRIM_BAD_ARGUMENT},
                {1, -1, PRIM_BAD_ARGUMENT},
                {SMALL_INTEGER_MAX, 1, PRIM_BAD_INDEX}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CALL(world, BMP, "primitiveRead24BmpLine", line, line, bits, small(rows[i].start),
             small(rows[i].width));
        assert_int_equal(world->result, rows[i].wanted);
        CALL(world, BMP, "primitiveWrite24BmpLine", line, line, bits, small(rows[i].start),
             small(rows[i].width));
        assert_int_equal(world->result, rows[i].wanted);
    }
    CALL(world, BMP, "primitiveRead24BmpLine", line, line, read_only(words_of(world, NULL, 4)),
         small(1), small(3));
    assert_int_equal(world->result, PRIM_NO_MODIFICATION);
    CALL(world, BMP, "primitiveWrite24BmpLine", line, read_only(bytes_of(world, "123", 3)), bits,
         small(1), small(1));
    assert_int_equal(world->result, PRIM_NO_MODIFICATION);
    oop own[] = {line, bits, small(1), small(3)};
    call_with_everything(world, BMP, own, 4, NULL);
}

static bool any_bit(struct world *world, oop integer, int64_t from, int64_t to)
{
    oop found = CALL(world, "LargeIntegers", "primAnyBitFromTo", integer, small(from), small(to));
    assert_int_equal(world->result, PRIM_OK);
    return oop_same(found, world->heap->true_object);
}

static void bits_are_found_in_magnitudes(void **state)
{
    struct world *world = *state;
    uint8_t digits[20] = {0};
    digits[12] = 8; /* bit 100 */
    digits[19] = 1; /* bit 153 */
    oop large = heap_integer_from_magnitude(world->heap, true, digits, sizeof digits);
    for (int64_t from = 1; from < 160; from += 3)
        for (int64_t to = 1; to < 400; to += 7)
            assert_int_equal(any_bit(world, large, from, to),
                             (from <= 100 && to >= 100) || (from <= 153 && to >= 153));
    assert_true(any_bit(world, small(-8), 4, 4));
    assert_false(any_bit(world, small(-8), 1, 3));
    assert_false(any_bit(world, small(0), 1, SMALL_INTEGER_MAX));
    CALL(world, "LargeIntegers", "primAnyBitFromTo", large, small(0), small(1));
    assert_int_equal(world->result, PRIM_BAD_INDEX);
}

static void cuis_reads_and_writes_the_same_lines_without_them(void **state)
{
    (void)state;
    static const char *const pictures[] = {
        "| f b g | f := Form extent: 13@7 depth: 32. f fillColor: Color red. "
        "f colorAt: 3@2 put: Color blue. f colorAt: 4@2 put: Color black. "
        "b := BMPReadWriter bytesFor: f. "
        "g := BMPReadWriter formFromStream: (ReadStream on: b). "
        "{ b asArray. g. g bits asArray }",
        NULL};
    assert_same_in_cuis(BMP, pictures);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_pixels_and_lines_again),
        cmocka_unit_test(lines_that_do_not_fit_fail),
        cmocka_unit_test(bits_are_found_in_magnitudes),
        cmocka_unit_test(cuis_reads_and_writes_the_same_lines_without_them),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
