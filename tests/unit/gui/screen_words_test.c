/* What a person does becomes the Blue Book's words. */
#include "gui/screen_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { DELTA = 0x0000, X = 0x1000, Y = 0x2000, ON = 0x3000, OFF = 0x4000, TIME = 0x5000 };
enum { SHIFT_KEY = 136, CONTROL_KEY = 138 };

static int begin(void **state)
{
    static struct screen_words words;
    memset(&words, 0, sizeof words);
    *state = &words;
    return 0;
}

static void mouse(struct screen_words *words, int64_t time, int64_t x, int64_t y, int64_t buttons,
                  int64_t modifiers)
{
    const struct screen_event event = {{SCREEN_EVENT_MOUSE, time, x, y, buttons, modifiers, 0, 1}};
    screen_words_add(words, &event);
}

static void key(struct screen_words *words, int64_t character, int64_t modifiers)
{
    const struct screen_event event = {{SCREEN_EVENT_KEYBOARD, words->time_ms, character,
                                        SCREEN_KEY_CHARACTER, modifiers, character, 0, 1}};
    words->has_time = true;
    screen_words_add(words, &event);
}

static void assert_words(struct screen_words *words, size_t count, const uint16_t *wanted)
{
    assert_int_equal(words->count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(screen_words_take(words), wanted[i]);
    assert_int_equal(screen_words_take(words), 0);
}

#define WORDS(words, ...)                                                                          \
    assert_words(words, sizeof((uint16_t[]){__VA_ARGS__}) / 2, (uint16_t[]){__VA_ARGS__})

static void the_first_time_is_absolute_others_are_passed(void **state)
{
    struct screen_words *words = *state;
    mouse(words, 0x12345678, 5, 6, 0, 0);
    WORDS(words, TIME, 0x1234, 0x5678, X | 5, Y | 6);
    mouse(words, 0x12345678 + 4095, 5, 7, 0, 0);
    WORDS(words, DELTA | 4095, Y | 7);
    mouse(words, 0x12345678 + 4095 + 4096, 4, 7, 0, 0);
    WORDS(words, TIME, 0x1234, 0x7677, X | 4);
}

static void buttons_go_down_and_up(void **state)
{
    struct screen_words *words = *state;
    words->has_time = true;
    mouse(words, 0, 0, 0, 4, 0);
    WORDS(words, ON | 130);
    mouse(words, 0, 0, 0, 2, 0);
    WORDS(words, ON | 129, OFF | 130);
    mouse(words, 0, 0, 0, 1, 0);
    WORDS(words, ON | 128, OFF | 129);
    mouse(words, 0, 0, 0, 0, SCREEN_SHIFT);
    WORDS(words, ON | SHIFT_KEY, OFF | 128);
}

static void characters_are_keys_without_shift(void **state)
{
    struct screen_words *words = *state;
    key(words, 'a', 0);
    WORDS(words, ON | 'a', OFF | 'a');
    key(words, 'A', SCREEN_SHIFT);
    WORDS(words, ON | 'A', OFF | 'A', ON | SHIFT_KEY);
    key(words, 'B', SCREEN_SHIFT);
    WORDS(words, OFF | SHIFT_KEY, ON | 'B', OFF | 'B', ON | SHIFT_KEY);
    key(words, 8, 0);
    WORDS(words, OFF | SHIFT_KEY, ON | 8, OFF | 8);
    key(words, 200, 0);
    assert_int_equal(words->count, 0);
}

static void control_is_a_key_of_its_own(void **state)
{
    struct screen_words *words = *state;
    key(words, 3, SCREEN_CONTROL);
    WORDS(words, ON | CONTROL_KEY, ON | 'c', OFF | 'c', OFF | CONTROL_KEY);
    key(words, 'T', SCREEN_CONTROL | SCREEN_SHIFT);
    WORDS(words, ON | SHIFT_KEY, ON | CONTROL_KEY, ON | 'T', OFF | 'T', OFF | CONTROL_KEY);
}

static void places_stay_in_twelve_bits(void **state)
{
    struct screen_words *words = *state;
    words->has_time = true;
    mouse(words, 0, 5000, 5, 0, 0);
    WORDS(words, X | 4095, Y | 5);
    mouse(words, 0, -3, 5, 0, 0);
    WORDS(words, X | 0);
}

static void what_has_no_room_is_left_out_whole(void **state)
{
    struct screen_words *words = *state;
    words->has_time = true;
    for (int64_t i = 1; i < 2000; i++)
        mouse(words, 0, i, i, 0, 0);
    size_t count = words->count;
    assert_true(count <= SCREEN_WORDS && count > SCREEN_WORDS - 2 * SCREEN_WORDS_OF_EVENT);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(screen_words_take(words), (i % 2 == 0 ? X : Y) | (i / 2 + 1));
}

static void other_events_say_nothing(void **state)
{
    struct screen_words *words = *state;
    const struct screen_event wheel = {{7, 5, 1, 1, 0, 0, 0, 1}};
    const struct screen_event up = {{SCREEN_EVENT_KEYBOARD, 5, 'a', SCREEN_KEY_UP, 0, 0, 0, 1}};
    assert_int_equal(screen_words_add(words, &wheel), 0);
    assert_int_equal(screen_words_add(words, &up), 0);
    assert_int_equal(words->count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        TEST(the_first_time_is_absolute_others_are_passed),
        TEST(buttons_go_down_and_up),
        TEST(characters_are_keys_without_shift),
        TEST(control_is_a_key_of_its_own),
        TEST(places_stay_in_twelve_bits),
        TEST(what_has_no_room_is_left_out_whole),
        TEST(other_events_say_nothing),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
