/* Forms of every depth and both orders of pixels, as they look in a window. */
#include "gui/screen_pixels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { WIDTH = 37, HEIGHT = 3, WORDS = 37 * 3 };

static const int32_t depths[] = {1, 2, 4, 8, 16, 32, -1, -2, -4, -8, -16, -32};

/* Puts one pixel where its depth wants it. */
static void put_pixel(uint32_t *words, int32_t depth, int32_t x, int32_t y, uint32_t pixel)
{
    int32_t bits = depth < 0 ? -depth : depth;
    int32_t words_in_row = (WIDTH * bits + 31) / 32;
    int32_t bit = x * bits % 32;
    int32_t shift = depth < 0 ? bit : 32 - bits - bit;
    words[y * words_in_row + x * bits / 32] |= pixel << shift;
}

static void a_pixel_is_where_it_was_put(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++)
        for (int32_t x = 0; x < WIDTH; x++) {
            uint32_t words[WORDS] = {0};
            uint32_t shown[WORDS];
            struct form_pixels form = {words, NULL, WORDS, WIDTH, HEIGHT, depths[i]};
            struct host_rectangle all = {0, 0, WIDTH, HEIGHT};
            int32_t bits = depths[i] < 0 ? -depths[i] : depths[i];
            put_pixel(words, depths[i], x, 1, 1);
            assert_true(form_pixels_fit(&form));

            form_pixels_convert(&form, &all, shown, WIDTH);

            uint32_t blank = bits >= 16 ? 0xFF000000 : 0xFFFFFFFF;
            uint32_t marked = bits == 32 ? 0xFF000001 : bits == 16 ? 0xFF000008 : 0xFF000000;
            for (int32_t at = 0; at < WORDS; at++)
                assert_int_equal(shown[at], at == WIDTH + x ? marked : blank);
        }
}

static void only_the_part_is_converted(void **state)
{
    (void)state;
    uint32_t words[WORDS] = {0};
    uint32_t shown[WORDS];
    struct form_pixels form = {words, NULL, WORDS, WIDTH, HEIGHT, 8};
    struct host_rectangle part = {3, 1, 4, 1};
    memset(shown, 0x55, sizeof shown);

    form_pixels_convert(&form, &part, shown, WIDTH);

    for (int32_t at = 0; at < WORDS; at++)
        assert_int_equal(shown[at], at >= WIDTH + 3 && at < WIDTH + 7 ? 0xFFFFFFFF : 0x55555555);
}

static void the_colors_are_those_of_the_ecosystem(void **state)
{
    (void)state;
    assert_int_equal(form_indexed_color(8, 4), 0xFFFF0000);
    assert_int_equal(form_indexed_color(8, 16), 0xFF070707);
    assert_int_equal(form_indexed_color(8, 39), 0xFFF7F7F7);
    assert_int_equal(form_indexed_color(8, 40), 0xFF000000);
    assert_int_equal(form_indexed_color(8, 41), 0xFF003300);
    assert_int_equal(form_indexed_color(8, 46), 0xFF000033);
    assert_int_equal(form_indexed_color(8, 76), 0xFF330000);
    assert_int_equal(form_indexed_color(8, 255), 0xFFFFFFFF);
    for (uint32_t i = 17; i < 40; i++)
        assert_true(form_indexed_color(8, i) > form_indexed_color(8, i - 1));
}

static void bits_that_are_too_few_do_not_fit(void **state)
{
    (void)state;
    uint32_t words[WORDS] = {0};
    assert_true(form_pixels_fit(&(struct form_pixels){words, NULL, WORDS, WIDTH, HEIGHT, 32}));
    assert_false(form_pixels_fit(&(struct form_pixels){words, NULL, WORDS - 1, WIDTH, HEIGHT, 32}));
    assert_false(form_pixels_fit(&(struct form_pixels){words, NULL, WORDS, WIDTH, HEIGHT, 3}));
    assert_false(form_pixels_fit(&(struct form_pixels){words, NULL, WORDS, WIDTH, HEIGHT, 0}));
    assert_false(form_pixels_fit(&(struct form_pixels){words, NULL, WORDS, -WIDTH, HEIGHT, 1}));
    assert_false(
        form_pixels_fit(&(struct form_pixels){words, NULL, SIZE_MAX, 1 << 30, 1 << 30, 32}));
}

static void rows_of_sixteen_bits_have_the_first_pixel_highest(void **state)
{
    enum { HALVES = (WIDTH + 15) / 16 };
    (void)state;
    for (int32_t x = 0; x < WIDTH; x++) {
        uint16_t halves[HALVES * HEIGHT] = {0};
        uint32_t shown[WORDS];
        struct form_pixels form = {NULL, halves, HALVES * HEIGHT, WIDTH, HEIGHT, 1};
        struct host_rectangle all = {0, 0, WIDTH, HEIGHT};
        halves[HALVES + x / 16] = (uint16_t)(0x8000 >> x % 16);
        assert_true(form_pixels_fit(&form));

        form_pixels_convert(&form, &all, shown, WIDTH);

        for (int32_t at = 0; at < WORDS; at++)
            assert_int_equal(shown[at], at == WIDTH + x ? 0xFF000000 : 0xFFFFFFFF);
        form.word_count--;
        assert_false(form_pixels_fit(&form));
    }
}

/* What a part changes is scaled as if all were: a window never shows remains of what was there. */
static void a_scaled_part_is_that_part_of_all_scaled(void **state)
{
    (void)state;
    static const double scales[] = {0.5, 0.75, 1.25, 1.5, 2, 2.5, 3, 4};
    uint32_t from[WORDS];
    uint32_t all[WORDS * 16];
    uint32_t parts[WORDS * 16];
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++)
        for (int32_t at = 0; at < WORDS; at++) {
            struct scaled_pixels pixels = {from, WIDTH, HEIGHT, scales[i], parts};
            struct host_rectangle whole = {0, 0, WIDTH, HEIGHT};
            struct host_rectangle part = {at % WIDTH, at / WIDTH, 1, 1};
            for (uint32_t j = 0; j < WORDS; j++)
                from[j] = 0xFF000000 | j * 0x10305;
            (void)pixels_scale(&pixels, &whole);
            from[at] = 0xFFFFFFFF;

            struct host_rectangle changed = pixels_scale(&pixels, &part);

            pixels.to = all;
            whole = pixels_scale(&pixels, &whole);
            assert_int_equal(whole.width, pixels_scaled(WIDTH, scales[i]));
            assert_int_equal(whole.height, pixels_scaled(HEIGHT, scales[i]));
            assert_true(changed.x >= 0 && changed.x + changed.width <= whole.width);
            assert_true(changed.y >= 0 && changed.y + changed.height <= whole.height);
            assert_memory_equal(parts, all,
                                (size_t)whole.width * (size_t)whole.height * sizeof *all);
        }
}

static void plain_colors_stay_as_they_are(void **state)
{
    (void)state;
    uint32_t from[WORDS];
    uint32_t to[WORDS * 4];
    for (size_t j = 0; j < WORDS; j++)
        from[j] = 0xFFA1B2C3;
    for (double scale = 0.5; scale <= 2; scale += 0.125) {
        struct scaled_pixels pixels = {from, WIDTH, HEIGHT, scale, to};
        struct host_rectangle all = {0, 0, WIDTH, HEIGHT};

        struct host_rectangle shown = pixels_scale(&pixels, &all);

        for (int32_t j = 0; j < shown.width * shown.height; j++)
            assert_int_equal(to[j], 0xFFA1B2C3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pixel_is_where_it_was_put),
        cmocka_unit_test(rows_of_sixteen_bits_have_the_first_pixel_highest),
        cmocka_unit_test(only_the_part_is_converted),
        cmocka_unit_test(the_colors_are_those_of_the_ecosystem),
        cmocka_unit_test(bits_that_are_too_few_do_not_fit),
        cmocka_unit_test(a_scaled_part_is_that_part_of_all_scaled),
        cmocka_unit_test(plain_colors_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
