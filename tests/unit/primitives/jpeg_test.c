/*
 * JPEGReadWriter2Plugin: Forms of all depths are written and read again, near to what they were; damage, small Forms and buffers, and
 * every wrong argument.
 */
#include "tests/unit/primitives/cuis.h"
#include "tests/unit/primitives/modules.h"

static const char *const JPEG = "JPEGReadWriter2Plugin";

enum { WIDTH = 37, HEIGHT = 21, ROOM = 20000 };

static oop form_of(struct world *world, int64_t width, int64_t height, int64_t depth)
{
    oop form = new_array(world, 5);
    size_t bits = (size_t)(depth < 0 ? -depth : depth);
    object_slot_init(form, 0,
                     words_of(world, NULL, ((size_t)width * bits + 31) / 32 * (size_t)height));
    object_slot_init(form, 1, small(width));
    object_slot_init(form, 2, small(height));
    object_slot_init(form, 3, small(depth));
    return form;
}

static uint32_t *word_at(oop form, size_t index)
{
    return &((uint32_t *)(void *)object_bytes(object_slot(form, 0)))[index];
}

/* A slope of red from left to right and blue from top to bottom. */
static uint32_t wanted_pixel(size_t x, size_t y)
{
    return 0xFF000000 | (uint32_t)(x * 255 / WIDTH) << 16 | 0x8000 | (uint32_t)(y * 255 / HEIGHT);
}

static oop slope(struct world *world)
{
    oop form = form_of(world, WIDTH, HEIGHT, 32);
    for (size_t y = 0; y < HEIGHT; y++)
        for (size_t x = 0; x < WIDTH; x++)
            *word_at(form, y * WIDTH + x) = wanted_pixel(x, y);
    return form;
}

static oop struct_of(struct world *world)
{
    oop size = CALL0(world, JPEG, "primJPEGDecompressStructSize", world->heap->nil);
    return heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, (size_t)oop_to_integer(size));
}

static oop error_struct(struct world *world)
{
    oop size = CALL0(world, JPEG, "primJPEGErrorMgr2StructSize", world->heap->nil);
    return heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, (size_t)oop_to_integer(size));
}

/* The bytes of a JPEG of the form. */
static oop written(struct world *world, oop form, bool progressive)
{
    oop buffer = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, ROOM);
    oop flag = progressive ? world->heap->true_object : world->heap->false_object;
    oop size = CALL(world, JPEG, "primJPEGWriteImageonByteArrayformqualityprogressiveJPEGerrorMgr",
                    form, struct_of(world), buffer, form, small(95), flag, error_struct(world));
    assert_int_equal(world->result, PRIM_OK);
    assert_in_range(oop_to_integer(size), 100, ROOM);
    return bytes_of(world, object_bytes(buffer), (size_t)oop_to_integer(size));
}

static void read_into(struct world *world, oop bytes, oop form, bool dithers)
{
    oop flag = dithers ? world->heap->true_object : world->heap->false_object;
    CALL(world, JPEG, "primJPEGReadImagefromByteArrayonFormdoDitheringerrorMgr", form,
         struct_of(world), bytes, form, flag, error_struct(world));
}

static unsigned difference(uint32_t one, uint32_t other)
{
    unsigned most = 0;
    for (unsigned shift = 0; shift < 24; shift += 8) {
        int left = (int)(one >> shift & 255), right = (int)(other >> shift & 255);
        unsigned each = (unsigned)abs(left - right);
        most = each > most ? each : most;
    }
    return most;
}

static void what_was_written_is_read(void **state)
{
    struct world *world = *state;
    for (int progressive = 0; progressive < 2; progressive++) {
        oop bytes = written(world, slope(world), progressive == 1);
        bool marked = memmem(object_bytes(bytes), object_byte_count(bytes), "\xFF\xC2", 2) != NULL;
        assert_int_equal(marked, progressive);
        oop info = struct_of(world);
        CALL(world, JPEG, "primJPEGReadHeaderfromByteArrayerrorMgr", info, info, bytes,
             error_struct(world));
        assert_true(oop_same(CALL(world, JPEG, "primImageWidth", info, info), small(WIDTH)));
        assert_true(oop_same(CALL(world, JPEG, "primImageHeight", info, info), small(HEIGHT)));
        assert_true(oop_same(CALL(world, JPEG, "primImageNumComponents", info, info), small(3)));
        oop copy = form_of(world, WIDTH, HEIGHT, 32);
        read_into(world, bytes, copy, false);
        assert_int_equal(world->result, PRIM_OK);
        for (size_t y = 0; y < HEIGHT; y++)
            for (size_t x = 0; x < WIDTH; x++) {
                uint32_t pixel = *word_at(copy, y * WIDTH + x);
                assert_int_equal(pixel >> 24, 255);
                assert_true(difference(pixel, wanted_pixel(x, y)) < 24);
            }
    }
}

static void sixteen_bits_keep_five_of_each(void **state)
{
    struct world *world = *state;
    oop bytes = written(world, slope(world), false);
    static const int64_t depths[] = {16, -16};
    size_t row = (WIDTH + 1) / 2;
    for (size_t i = 0; i < 2; i++) {
        oop copy = form_of(world, WIDTH, HEIGHT, depths[i]);
        read_into(world, bytes, copy, i == 1);
        for (size_t y = 0; y < HEIGHT; y++)
            for (size_t x = 0; x < WIDTH; x++) {
                unsigned shift = ((x & 1) == 0) == (depths[i] > 0) ? 16 : 0;
                uint32_t p = *word_at(copy, y * row + x / 2) >> shift & 0xFFFF;
                uint32_t wide = (p >> 10 & 31) << 19 | (p >> 5 & 31) << 11 | (p & 31) << 3;
                assert_true(difference(wide, wanted_pixel(x, y)) < 32);
            }
        oop again = form_of(world, WIDTH, HEIGHT, 32);
        read_into(world, written(world, copy, false), again, false);
        assert_true(difference(*word_at(again, 300), wanted_pixel(300 % WIDTH, 300 / WIDTH)) < 48);
    }
    oop plain = form_of(world, WIDTH, HEIGHT, 16), dithered = form_of(world, WIDTH, HEIGHT, 16);
    read_into(world, bytes, plain, false);
    read_into(world, bytes, dithered, true);
    assert_memory_not_equal(word_at(plain, 0), word_at(dithered, 0), row * HEIGHT * 4);
    oop black = form_of(world, WIDTH, HEIGHT, 32);
    oop copy = form_of(world, WIDTH, HEIGHT, 16);
    read_into(world, written(world, black, false), copy, false);
    assert_int_equal(*word_at(copy, 0), 0x00010001);
}

static void grey_is_eight_bits(void **state)
{
    struct world *world = *state;
    oop grey = form_of(world, WIDTH, HEIGHT, 8);
    size_t row = (WIDTH + 3) / 4;
    for (size_t i = 0; i < row * HEIGHT; i++)
        *word_at(grey, i) = 0x60708090;
    oop bytes = written(world, grey, false);
    oop copy = form_of(world, WIDTH, HEIGHT, -8);
    read_into(world, bytes, copy, false);
    uint32_t four = *word_at(copy, row * 3 + 2);
    assert_true(abs((int)(four & 255) - 0x60) < 16 && abs((int)(four >> 24) - 0x90) < 16);
    oop colored = form_of(world, WIDTH, HEIGHT, 32);
    read_into(world, bytes, colored, false);
    assert_int_equal(world->result, PRIM_OK);
    oop info = struct_of(world);
    CALL(world, JPEG, "primJPEGReadHeaderfromByteArrayerrorMgr", info, info, bytes,
         error_struct(world));
    assert_true(oop_same(CALL(world, JPEG, "primImageNumComponents", info, info), small(1)));
}

static void without_room_nothing_is_written_or_read(void **state)
{
    struct world *world = *state;
    oop form = slope(world);
    oop no = world->heap->false_object;
    oop narrow = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, 200);
    oop size = CALL(world, JPEG, "primJPEGWriteImageonByteArrayformqualityprogressiveJPEGerrorMgr",
                    form, struct_of(world), narrow, form, small(95), no, error_struct(world));
    assert_true(oop_same(size, small(0)));
    oop bytes = written(world, form, false);
    oop forms[] = {form_of(world, WIDTH - 1, HEIGHT, 32), form_of(world, WIDTH, HEIGHT - 1, 32),
                   form_of(world, WIDTH, HEIGHT, 4), form_of(world, 0, 0, 32)};
    for (size_t i = 0; i < 4; i++) {
        read_into(world, bytes, forms[i], false);
        assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    }
    read_only(object_slot(form, 0));
    read_into(world, bytes, form, false);
    assert_int_equal(world->result, PRIM_NO_MODIFICATION);
}

static void damage_is_refused_or_read_as_well_as_it_goes(void **state)
{
    struct world *world = *state;
    oop bytes = written(world, slope(world), false);
    uint32_t random = 1;
    oop form = form_of(world, WIDTH, HEIGHT, 32);
    for (int i = 0; i < 3000; i++) {
        random = random * 1103515245 + 12345;
        size_t size = (random >> 8) % 3 == 0 ? (random >> 12) % object_byte_count(bytes)
                                             : object_byte_count(bytes);
        oop damaged = bytes_of(world, object_bytes(bytes), size);
        for (int j = 0; j < 3 && size > 0; j++) {
            random = random * 1103515245 + 12345;
            object_bytes(damaged)[(random >> 9) % size] = (uint8_t)(random >> 3);
        }
        read_into(world, damaged, form, false);
        assert_true(world->result == PRIM_OK || world->result == PRIM_BAD_ARGUMENT);
    }
}

static void nothing_else_is_accepted(void **state)
{
    struct world *world = *state;
    oop form = slope(world);
    oop own[] = {written(world, form, false),
                 form,
                 struct_of(world),
                 error_struct(world),
                 world->heap->true_object,
                 form_of(world, 10, 10, 16),
                 small(50)};
    call_with_everything(world, JPEG, own, 7, NULL);
}

static void cuis_writes_and_reads_by_its_own_classes(void **state)
{
    (void)state;
    char image[SHARED_PATH_SIZE];
    shared_image("spur32-cuis50.image", image);
    char *printed = cuis_evaluate(
        image,
        "| f g c | f := Form extent: 40@30 depth: 32. f fillColor: Color white. "
        "g := JPEGReadWriter2 formFromStream: (ReadStream on: (JPEGReadWriter2 bytesFor: f)). "
        "c := g colorAt: 5@5. { g extent. c red > 0.97. c blue > 0.97 }",
        NULL);
    assert_string_equal(printed, "#(40@30 true true)");
    free(printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(sixteen_bits_keep_five_of_each),
        cmocka_unit_test(grey_is_eight_bits),
        cmocka_unit_test(without_room_nothing_is_written_or_read),
        cmocka_unit_test(damage_is_refused_or_read_as_well_as_it_goes),
        cmocka_unit_test(nothing_else_is_accepted),
        cmocka_unit_test(cuis_writes_and_reads_by_its_own_classes),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
