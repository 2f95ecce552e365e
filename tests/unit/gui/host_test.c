/* The queue of events, requests and frames of a host without a display. */
#include "gui/frames.h"
#include "gui/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
    struct status status = {STATUS_OK, ""};
    *state = host_open_null(2, &status);
    return *state == NULL;
}

static int tear_down(void **state)
{
    struct host *host = *state;
    host->backend->close(host);
    host_free(host);
    return 0;
}

static uint32_t open_window(struct host *host, int32_t width, int32_t height)
{
    struct host_request request = {
        .kind = HOST_OPEN_WINDOW, .rectangle = {0, 0, width, height}, .text = "test"};
    assert_true(host_perform(host, &request));
    return request.window;
}

static void add_move(struct host *host, int32_t x)
{
    struct host_event event = {.kind = HOST_MOUSE_MOVE, .window = 1, .x = x};
    host_add_event(host, &event);
}

static void add_key(struct host *host, int32_t key)
{
    struct host_event event = {.kind = HOST_KEY_DOWN, .window = 1, .key = key};
    host_add_event(host, &event);
}

static void moves_that_follow_each_other_are_one(void **state)
{
    struct host *host = *state;
    struct host_event event;
    add_move(host, 1);
    add_move(host, 2);
    add_key(host, 'a');
    add_move(host, 3);
    assert_true(host_take_event(host, &event));
    assert_int_equal(event.x, 2);
    assert_true(host_take_event(host, &event));
    assert_int_equal(event.key, 'a');
    assert_true(host_take_event(host, &event));
    assert_int_equal(event.x, 3);
    assert_false(host_take_event(host, &event));
}

static void a_full_queue_loses_moves_before_keys(void **state)
{
    struct host *host = *state;
    struct host_event event;
    add_key(host, 1);
    add_move(host, 7);
    for (int32_t i = 2; i <= HOST_EVENTS_MAX; i++)
        add_key(host, i);
    for (int32_t i = 1; i <= HOST_EVENTS_MAX; i++) {
        assert_true(host_take_event(host, &event));
        assert_int_equal(event.kind, HOST_KEY_DOWN);
        assert_int_equal(event.key, i);
    }
    assert_false(host_take_event(host, &event));
}

static void a_full_queue_without_moves_loses_the_oldest(void **state)
{
    struct host *host = *state;
    struct host_event event = {.kind = HOST_TEXT, .window = 1, .text = strdup("first")};
    host_add_event(host, &event);
    for (int32_t i = 0; i < HOST_EVENTS_MAX; i++)
        add_key(host, i);
    assert_int_equal(host->event_count, HOST_EVENTS_MAX);
    assert_true(host_take_event(host, &event));
    assert_int_equal(event.kind, HOST_KEY_DOWN);
    assert_int_equal(event.key, 0);
}

static void windows_are_opened_up_to_a_limit(void **state)
{
    struct host *host = *state;
    struct host_request request = {.kind = HOST_OPEN_WINDOW, .rectangle = {0, 0, 10, 10}};
    for (int i = 0; i < HOST_WINDOWS_MAX; i++)
        assert_true(host_perform(host, &request));
    assert_false(host_perform(host, &request));
    request = (struct host_request){.kind = HOST_CLOSE_WINDOW, .window = 3};
    assert_true(host_perform(host, &request));
    assert_false(host_perform(host, &request));
    request = (struct host_request){.kind = HOST_OPEN_WINDOW, .rectangle = {0, 0, 10, 10}};
    assert_true(host_perform(host, &request));
    assert_true(request.window > HOST_WINDOWS_MAX);
}

/* A frame of 4 by 3 whose words count from `first`. */
static struct host_pixels make_pixels(uint32_t words[12], uint32_t first)
{
    for (uint32_t i = 0; i < 12; i++)
        words[i] = first + i;
    return (struct host_pixels){(const uint8_t *)words, 4, 3, 16};
}

static void only_the_rectangles_of_a_frame_are_shown(void **state)
{
    struct host *host = *state;
    uint32_t id = open_window(host, 4, 3);
    uint32_t words[12];
    struct host_pixels pixels = make_pixels(words, 100);
    struct host_rectangle nothing = {0, 0, 0, 0};
    /* The first frame is taken whole. */
    assert_true(host_present(host, id, &pixels, &nothing, 1));
    struct host_window *window = host_find_window(host, id);
    assert_int_equal(window->frame.words[11], 111);
    pixels = make_pixels(words, 200);
    struct host_rectangle rectangles[] = {
        {1, 1, 2, 1}, {-5, -5, 6, 6}, {3, 2, 1000, 1000}, {9, 9, 2, 2}};
    assert_true(host_present(host, id, &pixels, rectangles, 4));
    assert_int_equal(window->frame.words[5], 205);
    assert_int_equal(window->frame.words[6], 206);
    assert_int_equal(window->frame.words[7], 107);
    assert_int_equal(window->frame.words[0], 200);
    assert_int_equal(window->frame.words[1], 101);
    assert_int_equal(window->frame.words[11], 211);
}

static void frames_that_cannot_be_are_refused(void **state)
{
    struct host *host = *state;
    uint32_t id = open_window(host, 4, 3);
    uint32_t words[12];
    struct host_pixels pixels = make_pixels(words, 1);
    assert_false(host_present(host, id + 1, &pixels, NULL, 0));
    assert_false(host_present(host, 0, &pixels, NULL, 0));
    pixels.width = HOST_SIZE_MAX + 1;
    assert_false(host_present(host, id, &pixels, NULL, 0));
    pixels.width = 0;
    assert_false(host_present(host, id, &pixels, NULL, 0));
}

static void the_clipboard_keeps_its_text(void **state)
{
    struct host *host = *state;
    struct host_request set = {.kind = HOST_SET_CLIPBOARD, .text = "d\xc3\xa9j\xc3\xa0"};
    struct host_request get = {.kind = HOST_GET_CLIPBOARD};
    assert_true(host_perform(host, &get));
    assert_string_equal(get.answer, "");
    free(get.answer);
    assert_true(host_perform(host, &set));
    assert_true(host_perform(host, &get));
    assert_string_equal(get.answer, "d\xc3\xa9j\xc3\xa0");
    free(get.answer);
}

static void plain_text_is_shown_without_the_image(void **state)
{
    struct host *host = *state;
    uint32_t id = open_window(host, 300, 100);
    char *text = malloc(200001);
    assert_non_null(text);
    memset(text, 'x', 200000);
    for (size_t i = 50; i < 200000; i += 2000)
        text[i] = '\n';
    text[200000] = 0;
    assert_true(frame_show_text(host, id, text));
    assert_true(frame_show_text(host, id, ""));
    assert_false(frame_show_text(host, id + 1, "nobody"));
    free(text);
    struct host_window *window = host_find_window(host, id);
    assert_int_equal(window->frame.width, 300);
    assert_false(frame_write_png(&window->frame, "/nowhere/frame.png"));
}

static void rectangles_unite(void **state)
{
    (void)state;
    struct host_rectangle none = {5, 5, 0, 9};
    struct host_rectangle a = {1, 2, 3, 4};
    struct host_rectangle b = {10, 0, 1, 1};
    struct host_rectangle both = host_union(a, b);
    assert_int_equal(host_union(none, a).x, 1);
    assert_int_equal(host_union(a, none).width, 3);
    assert_int_equal(both.x, 1);
    assert_int_equal(both.y, 0);
    assert_int_equal(both.width, 10);
    assert_int_equal(both.height, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(moves_that_follow_each_other_are_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_queue_loses_moves_before_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_queue_without_moves_loses_the_oldest, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(windows_are_opened_up_to_a_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_the_rectangles_of_a_frame_are_shown, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(frames_that_cannot_be_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_clipboard_keeps_its_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(plain_text_is_shown_without_the_image, set_up, tear_down),
        cmocka_unit_test(rectangles_unite),
    };
    return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
