/*
 * What single pixels become, lines, and the run coding of bitmaps. Random sequences start at $SEED where it is set.
 */
#include "primitives/bitblt.h"
#include "primitives/bitmap_runs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

enum { WORD = 32 };

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state >> 11;
}

static uint64_t below(uint64_t *state, uint64_t limit)
{
    return next(state) % limit;
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static bool within(int64_t value, int64_t start, int64_t length)
{
    return value >= start && value - start < length;
}

/* --- known answers ------------------------------------------------------------------------------------------------------- */

/* One pixel of a source onto one of a destination. */
static uint32_t one_pixel(unsigned rule, unsigned source_depth, uint32_t source,
                          unsigned dest_depth, uint32_t dest)
{
    uint32_t from = source << (WORD - source_depth);
    uint32_t to = dest << (WORD - dest_depth);
    struct blit blit = {.rule = rule,
                        .has_source = true,
                        .width = 1,
                        .height = 1,
                        .clip_width = 1,
                        .clip_height = 1};
    blit.source = (struct blit_form){&from, 1, 1, 1, source_depth, true};
    blit.dest = (struct blit_form){&to, 1, 1, 1, dest_depth, true};
    blit_map_complete(&blit.map, source_depth, dest_depth);
    struct blit_area area;
    assert_true(blit_copy(&blit, &area));
    return blit_pixel(&blit.dest, 0, 0);
}

static void pixels_become_what_the_ecosystem_says(void **unused)
{
    (void)unused;
    /* Depths: zeros are added, or components cut; a colour does not become transparent by that. */
    assert_int_equal(one_pixel(3, 16, 0x7C1F, 32, 0), 0xF800F8);
    assert_int_equal(one_pixel(3, 32, 0xFFFFFFFF, 16, 0), 0x7FFF);
    assert_int_equal(one_pixel(3, 32, 0xFF000000, 16, 0x1234), 1);
    assert_int_equal(one_pixel(3, 32, 0, 16, 0x1234), 0);
    assert_int_equal(one_pixel(3, 1, 1, 32, 0x12345678), 1);
    assert_int_equal(one_pixel(3, 8, 0x7F, 4, 0), 0xF);
    assert_int_equal(one_pixel(15, 8, 0x55, 8, 0xA7), 0xA7);
    /* Blending: a transparent source leaves all as it was, an opaque one nothing. */
    assert_int_equal(one_pixel(34, 32, 0, 32, 0xFFFFFFFF), 0xFFFFFFFF);
    assert_int_equal(one_pixel(34, 32, 0x80800000, 32, 0xFFFFFFFF), 0xFFFF7F7F);
    assert_int_equal(one_pixel(34, 32, 0xFF123456, 32, 0xFFFFFFFF), 0xFF123456);
    assert_int_equal(one_pixel(24, 32, 0x00123456, 32, 0x80FFFFFF), 0x80FFFFFF);
    assert_int_equal(one_pixel(24, 32, 0x80FF0000, 32, 0xFF0000FF), 0xFF80007F);
    assert_int_equal(one_pixel(34, 32, 0xFFD350EB, 16, 0), 0x693D);
    /* Painting takes what is not zero. */
    assert_int_equal(one_pixel(25, 8, 0, 8, 7), 7);
    assert_int_equal(one_pixel(25, 8, 9, 8, 7), 9);
    assert_int_equal(one_pixel(26, 8, 9, 8, 7), 0);
    assert_int_equal(one_pixel(20, 32, 0x80FF2010, 32, 0x90014020), 0xFFFF6030);
    assert_int_equal(one_pixel(37, 32, 0xFF80FF00, 32, 0xFFFF8040), 0xFF808000);
    assert_int_equal(one_pixel(40, 32, 0x7F000000, 32, 0x00123456), 0x7F123456);
}

static void the_palette_has_its_greys_and_its_cube(void **unused)
{
    (void)unused;
    assert_int_equal(blit_palette_color(16), 0xFF080808);
    assert_int_equal(blit_palette_color(18), 0xFF181818);
    assert_int_equal(blit_palette_color(39), 0xFFF7F7F7);
    assert_int_equal(blit_palette_color(40), 0xFF000000);
    assert_int_equal(blit_palette_color(41), 0xFF003300);
    assert_int_equal(blit_palette_color(46), 0xFF000033);
    assert_int_equal(blit_palette_color(255), 0xFFFFFFFF);
}

/* The points that a line visits, step by step as the image's own code does, and where it ends. */
static void slow_line(uint8_t *grid, int64_t size, int64_t x, int64_t y, int64_t dx, int64_t dy)
{
    int64_t longer = labs(dx) > labs(dy) ? labs(dx) : labs(dy);
    int64_t shorter = labs(dx) > labs(dy) ? labs(dy) : labs(dx);
    int64_t rest = longer / 2;
    for (int64_t i = 1; i < longer; i++) {
        bool aside = (rest -= shorter) < 0;
        rest += aside ? longer : 0;
        if (labs(dx) > labs(dy) || aside)
            x += (dx > 0) - (dx < 0);
        if (labs(dx) <= labs(dy) || aside)
            y += (dy > 0) - (dy < 0);
        if (within(x, 0, size) && within(y, 0, size))
            grid[y * size + x] = 1;
    }
}

static void lines_visit_the_points_that_single_steps_visit(void **unused)
{
    enum { SIZE = 32, LINES = 3000 };
    uint64_t state = number_from("SEED", 7);
    (void)unused;
    for (unsigned n = 0; n < LINES; n++) {
        uint32_t bits[SIZE] = {0};
        uint8_t grid[SIZE * SIZE] = {0};
        int64_t x = (int64_t)below(&state, 100) - 30, y = (int64_t)below(&state, 100) - 30;
        int64_t dx = (int64_t)below(&state, 200) - 100, dy = (int64_t)below(&state, 200) - 100;
        struct blit blit = {.rule = 3, .width = 1, .height = 1, .dest_x = x, .dest_y = y};
        blit.dest = (struct blit_form){bits, 1, SIZE, SIZE, 1, true};
        blit.clip_width = blit.clip_height = SIZE;

        blit_draw_loop(&blit, dx, dy);
        slow_line(grid, SIZE, x, y, dx, dy);

        assert_int_equal(blit.dest_x, x + dx);
        assert_int_equal(blit.dest_y, y + dy);
        for (int64_t i = 0; i < SIZE * SIZE; i++)
            assert_int_equal(blit_pixel(&blit.dest, i % SIZE, i / SIZE), grid[i]);
    }
}

static void a_line_across_all_coordinates_ends_at_once(void **unused)
{
    uint32_t bits[32] = {0};
    (void)unused;
    struct blit blit = {
        .rule = 3, .width = 1, .height = 1, .dest_x = -INT32_MAX / 2, .dest_y = -INT32_MAX / 2};
    blit.dest = (struct blit_form){bits, 1, 32, 32, 1, true};
    blit.clip_width = blit.clip_height = 32;

    blit_draw_loop(&blit, INT32_MAX, INT32_MAX);

    for (int64_t i = 0; i < 32; i++)
        assert_int_equal(bits[i], UINT32_C(0x80000000) >> i);
}

static void runs_of_bitmaps_come_back(void **unused)
{
    enum { WORDS_MAX = 3000, BITMAPS = 400 };
    uint64_t state = number_from("SEED", 11);
    (void)unused;
    for (unsigned n = 0; n < BITMAPS; n++) {
        size_t count = below(&state, n % 8 == 0 ? WORDS_MAX : 20);
        uint32_t *words = malloc(count * sizeof *words);
        uint32_t *back = calloc(count, sizeof *back);
        for (size_t i = 0; i < count; i++)
            words[i] = i > 0 && below(&state, 3) != 0 ? words[i - 1]
                                                      : (uint32_t)below(&state, 4) * 0x01010100u;
        uint8_t *bytes = malloc(bitmap_runs_room(count));
        size_t size = bitmap_runs_write(words, count, bytes);
        size_t start = count < 224 ? 1 : 2;

        assert_true(size <= bitmap_runs_room(count));
        assert_true(bitmap_runs_check(bytes + start, size - start, count));
        bitmap_runs_read(bytes + start, size - start, back);

        assert_memory_equal(words, back, count * sizeof *words);
        assert_true(count == 0 || !bitmap_runs_check(bytes + start, size - start, count - 1));
        free(bytes);
        free(back);
        free(words);
    }
}

static void runs_are_coded_as_their_description_says(void **unused)
{
    static const uint32_t words[] = {0x05050505, 0x05050505, 0x01020304, 0x01020304,
                                     0x01020304, 1,          2};
    static const uint8_t wanted[] = {7, 2 * 4 + 1, 5, 3 * 4 + 2, 1, 2, 3, 4, 2 * 4 + 3,
                                     0, 0,         0, 1,         0, 0, 0, 2};
    uint8_t bytes[64];
    (void)unused;

    size_t size = bitmap_runs_write(words, 7, bytes);

    assert_int_equal(size, sizeof wanted);
    assert_memory_equal(bytes, wanted, sizeof wanted);
}

static void random_bytes_are_no_danger_as_runs(void **unused)
{
    uint64_t state = number_from("SEED", 13);
    uint32_t back[16];
    uint8_t bytes[24];
    (void)unused;
    for (unsigned n = 0; n < 20000; n++) {
        size_t size = below(&state, sizeof bytes);
        for (size_t i = 0; i < size; i++)
            bytes[i] = below(&state, 3) == 0 ? 255 : (uint8_t)below(&state, 30);
        if (bitmap_runs_check(bytes, size, 16))
            bitmap_runs_read(bytes, size, back);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_become_what_the_ecosystem_says),
        cmocka_unit_test(the_palette_has_its_greys_and_its_cube),
        cmocka_unit_test(lines_visit_the_points_that_single_steps_visit),
        cmocka_unit_test(a_line_across_all_coordinates_ends_at_once),
        cmocka_unit_test(runs_of_bitmaps_come_back),
        cmocka_unit_test(runs_are_coded_as_their_description_says),
        cmocka_unit_test(random_bytes_are_no_danger_as_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
