/* ScratchPlugin: effects, sizes and sounds on small pictures whose results are known; edges and every wrong argument. */
#include "primitives/picture_filters.h"
#include "tests/unit/primitives/modules.h"

static const char *const SCRATCH = "ScratchPlugin";

enum { WIDTH = 9, HEIGHT = 7, COUNT = WIDTH * HEIGHT };

static oop picture_of(struct world *world, uint32_t pixel)
{
    oop words = words_of(world, NULL, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        ((uint32_t *)(void *)object_bytes(words))[i] = pixel;
    return words;
}

static uint32_t *pixel_in(oop words, size_t index)
{
    return &((uint32_t *)(void *)object_bytes(words))[index];
}

static uint32_t shifted(struct world *world, const char *name, uint32_t pixel, int64_t shift)
{
    oop in = picture_of(world, pixel), out = picture_of(world, 0x123456);
    CALL(world, SCRATCH, name, in, in, out, small(shift));
    assert_int_equal(world->result, PRIM_OK);
    return *pixel_in(out, COUNT - 1);
}

static void colors_are_shifted(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *name;
        uint32_t pixel;
        int64_t shift;
        uint32_t wanted;
    } rows[] = {{"primitiveHueShift", 0xFFFF0000, 120, 0x00FE00},
                {"primitiveHueShift", 0xFF0000, -120, 0x0000FE},
                {"primitiveHueShift", 0xFF0000, 360000000000, 0xFE0000},
                {"primitiveHueShift", 0x00FF00, 60, 0x00FEFE},
                {"primitiveHueShift", 0x000001, 120, 0x001C00},
                {"primitiveHueShift", 0, 90, 0x123456},
                {"primitiveSaturationShift", 0xFF0000, -100, 0xFEFEFE},
                {"primitiveSaturationShift", 0xFF8080, 100, 0xFE0000},
                {"primitiveSaturationShift", 0x808080, 100, 0x123456},
                {"primitiveSaturationShift", 1, 100, 0x123456},
                {"primitiveBrightnessShift", 0x800000, 100, 0xFE0000},
                {"primitiveBrightnessShift", 0xFFFFFF, -100, 1},
                {"primitiveBrightnessShift", 0x808080, SMALL_INTEGER_MAX, 0xFEFEFE},
                {"primitiveBrightnessShift", 0, 100, 0x123456}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(shifted(world, rows[i].name, rows[i].pixel, rows[i].shift),
                         rows[i].wanted);
}

static void blurring_takes_the_mean_of_what_is_there(void **state)
{
    struct world *world = *state;
    oop in = picture_of(world, 0), out = picture_of(world, 0x55);
    *pixel_in(in, WIDTH + 1) = 0xFF400020;
    *pixel_in(in, WIDTH + 2) = 0x200040;
    CALL(world, SCRATCH, "primitiveBlur", in, in, out, small(WIDTH));
    assert_int_equal(*pixel_in(out, WIDTH + 1), 0x300030);
    assert_int_equal(*pixel_in(out, 2 * WIDTH + 3), 0x200040);
    assert_int_equal(*pixel_in(out, 3 * WIDTH + 5), 0);
    assert_int_equal(*pixel_in(out, 0), 0x55);
    assert_int_equal(*pixel_in(out, COUNT - 1), 0x55);
}

static void effects_of_no_strength_change_nothing(void **state)
{
    struct world *world = *state;
    oop in = picture_of(world, 0), out = picture_of(world, 0x55);
    for (size_t i = 0; i < COUNT; i++)
        *pixel_in(in, i) = (uint32_t)(i * 0x030201 + 1);
    CALL(world, SCRATCH, "primitiveWhirl", in, in, out, small(WIDTH), small(0));
    assert_memory_equal(object_bytes(in), object_bytes(out), COUNT * 4);
    CALL(world, SCRATCH, "primitiveFisheye", in, in, out, small(WIDTH), small(100));
    for (size_t i = 0; i < COUNT; i++)
        assert_true(abs((int)(*pixel_in(out, i) & 255) - (int)(*pixel_in(in, i) & 255)) <= 1);
    oop now = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, 8 * COUNT);
    oop before = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, 8 * COUNT);
    CALL(world, SCRATCH, "primitiveWaterRipples1", in, in, out, small(WIDTH), small(1), now,
         before);
    assert_int_equal(world->result, PRIM_OK);
    assert_memory_equal(object_bytes(in), object_bytes(out), COUNT * 4);
    for (int i = 0; i < 20; i++)
        CALL(world, SCRATCH, "primitiveWaterRipples1", in, in, out, small(WIDTH), small(50), now,
             before);
    assert_memory_not_equal(object_bytes(in), object_bytes(out), COUNT * 4);
}

static void a_half_turn_in_the_middle_is_one(void **state)
{
    struct world *world = *state;
    oop in = words_of(world, NULL, 81 * 81), out = words_of(world, NULL, 81 * 81);
    for (size_t i = 0; i < 81 * 81; i++)
        *pixel_in(in, i) = i % 81 < 40 ? 0xFF : 0xFF00;
    CALL(world, SCRATCH, "primitiveWhirl", in, in, out, small(81), small(180));
    /* Beside the middle the halves have changed places; far outside nothing has. */
    assert_int_equal(*pixel_in(out, 40 * 81 + 38), 0xFF00);
    assert_int_equal(*pixel_in(out, 40 * 81 + 42), 0xFF);
    assert_int_equal(*pixel_in(out, 0), 0xFF);
    assert_int_equal(*pixel_in(out, 80), 0xFF00);
}

static void places_lie_between_pixels(void **state)
{
    struct world *world = *state;
    oop in = picture_of(world, 0);
    *pixel_in(in, 0) = 0xFF0000;
    *pixel_in(in, 1) = 0x0000FF;
    *pixel_in(in, WIDTH) = 0xFF0000;
    static const int64_t rows[][3] = {
        {0, 0, 0xFF0000},      {512, 0, 0x7F007F},    {1024, 0, 0xFF}, {1536, 0, 0xFF},
        {0, 512, 0xFF0000},    {-1, -1, 0xFF0000},    {-1025, 0, 0},   {WIDTH * 1024, 0, 0},
        {0, HEIGHT * 1024, 0}, {INT64_MAX >> 4, 0, 0}};
    for (size_t i = 0; i < 10; i++)
        assert_true(oop_same(CALL(world, SCRATCH, "primitiveInterpolate", in, in, small(WIDTH),
                                  small(rows[i][0]), small(rows[i][1])),
                             small(rows[i][2])));
}

static void sizes_double_and_halve(void **state)
{
    struct world *world = *state;
    static const uint32_t pixels[] = {0x100000, 0x200000, 0x300000, 0x44};
    oop in = words_of(world, pixels, 4), large = words_of(world, NULL, 16),
        back = words_of(world, NULL, 4);
    CALL(world, SCRATCH, "primitiveDoubleSize", in, in, small(2), small(2), large, small(4),
         small(4), small(0), small(0));
    assert_int_equal(world->result, PRIM_OK);
    assert_int_equal(*pixel_in(large, 5), 0x100000);
    assert_int_equal(*pixel_in(large, 15), 0x44);
    CALL(world, SCRATCH, "primitiveHalfSizeAverage", in, large, small(4), small(4), back, small(2),
         small(2), small(0), small(0), small(0), small(0), small(2), small(2));
    assert_memory_equal(object_bytes(back), pixels, sizeof pixels);
    CALL(world, SCRATCH, "primitiveHalfSizeAverage", in, in, small(2), small(2), back, small(2),
         small(2), small(0), small(0), small(1), small(1), small(1), small(1));
    assert_int_equal(*pixel_in(back, 3), 0x180011);
    CALL(world, SCRATCH, "primitiveHalfSizeDiagonal", in, in, small(2), small(2), back, small(2),
         small(2), small(0), small(0), small(1), small(1), small(1), small(1));
    assert_int_equal(*pixel_in(back, 3), 0x080022);
    CALL(world, SCRATCH, "primitiveHalfSizeDiagonal", in, in, small(2), small(2), back, small(2),
         small(2), small(1), small(0), small(1), small(1), small(1), small(1));
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    CALL(world, SCRATCH, "primitiveDoubleSize", in, in, small(2), small(2), large, small(4),
         small(4), small(1), small(0));
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    CALL(world, SCRATCH, "primitiveScale", in, in, small(2), small(2), large, small(4), small(4));
    assert_int_equal(*pixel_in(large, 0), 0xFF100000);
    assert_int_equal(*pixel_in(large, 1), 0xFF180000);
    assert_int_equal(*pixel_in(large, 15), 0xFF000044);
}

static void sounds_are_condensed_and_split(void **state)
{
    struct world *world = *state;
    static const int16_t samples[] = {1, -5, 3, 2, -32768, 7, 0, 0};
    oop in = words_of(world, samples, 4), out = words_of(world, NULL, 2);
    CALL(world, SCRATCH, "primitiveCondenseSound", in, in, out, small(2));
    static const int16_t most[] = {5, 3, 32767, 0};
    assert_memory_equal(object_bytes(out), most, sizeof most);
    CALL(world, SCRATCH, "primitiveExtractChannel", in, in, out, world->heap->true_object);
    static const int16_t right[] = {-5, 2, 7, 0};
    assert_memory_equal(object_bytes(out), right, sizeof right);
    CALL(world, SCRATCH, "primitiveCondenseSound", in, in, out, small(1));
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    CALL(world, SCRATCH, "primitiveCondenseSound", in, in, out, small(0));
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
}

static void folders_and_hidden_files(void **state)
{
    struct world *world = *state;
    oop yes = world->heap->true_object;
    setenv("HOME", "/", 1);
    oop home = CALL(world, SCRATCH, "primitiveGetFolderPath", small(1), small(1));
    assert_int_equal(object_byte_count(home), 1);
    CALL(world, SCRATCH, "primitiveGetFolderPath", small(1), small(6));
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    assert_true(oop_same(
        CALL(world, SCRATCH, "primitiveIsHidden", small(1), string_of(world, "/a/.b")), yes));
    assert_false(oop_same(
        CALL(world, SCRATCH, "primitiveIsHidden", small(1), string_of(world, "/.a/b")), yes));
    assert_false(
        oop_same(CALL(world, SCRATCH, "primitiveIsHidden", small(1), string_of(world, "")), yes));
    CALL(world, SCRATCH, "primitiveOpenURL", small(1), string_of(world, "file:///etc/passwd"));
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
}

static void nothing_else_is_accepted(void **state)
{
    struct world *world = *state;
    oop own[] = {picture_of(world, 0x102030),
                 picture_of(world, 0),
                 small(WIDTH),
                 small(HEIGHT),
                 small(2),
                 small(0),
                 small(1),
                 heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, 8 * COUNT),
                 words_of(world, NULL, 4)};
    call_with_everything(world, SCRATCH, own, 9, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colors_are_shifted),
        cmocka_unit_test(blurring_takes_the_mean_of_what_is_there),
        cmocka_unit_test(effects_of_no_strength_change_nothing),
        cmocka_unit_test(a_half_turn_in_the_middle_is_one),
        cmocka_unit_test(places_lie_between_pixels),
        cmocka_unit_test(sizes_double_and_halve),
        cmocka_unit_test(sounds_are_condensed_and_split),
        cmocka_unit_test(folders_and_hidden_files),
        cmocka_unit_test(nothing_else_is_accepted),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
