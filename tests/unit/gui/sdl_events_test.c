/* Events of SDL, as they become the host's. */
#include "gui/sdl_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A window of SDL's that nobody sees, in a host that is driven by hand. */
struct scene {
    struct host *host;
    void *own_native;
    struct sdl_state state;
    SDL_Window *window;
};

static int set_up(void **state)
{
    struct status status = {STATUS_OK, ""};
    struct scene *scene = calloc(1, sizeof *scene);
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    *state = scene;
    if (scene == NULL || SDL_Init(SDL_INIT_VIDEO) != 0)
        return 1;
    scene->window = SDL_CreateWindow("test", 0, 0, 100, 100, 0);
    scene->host = host_open_null(2, &status);
    if (scene->host == NULL || scene->window == NULL)
        return 1;
    scene->own_native = scene->host->native;
    scene->host->native = &scene->state;
    scene->host->windows[0].id = 1;
    scene->host->windows[0].native = scene->window;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    scene->host->windows[0] = (struct host_window){0};
    scene->host->native = scene->own_native;
    scene->host->backend->close(scene->host);
    host_free(scene->host);
    SDL_DestroyWindow(scene->window);
    SDL_Quit();
    free(scene);
    return 0;
}

static void handle_key(struct scene *scene, uint32_t type, SDL_Keycode key, uint16_t modifiers)
{
    SDL_Event event = {.key = {.type = type, .windowID = SDL_GetWindowID(scene->window)}};
    event.key.keysym.sym = key;
    event.key.keysym.scancode = SDL_GetScancodeFromKey(key);
    event.key.keysym.mod = modifiers;
    sdl_handle(scene->host, &event);
}

static void handle_letter(struct scene *scene, const char *letter)
{
    SDL_Event event = {.text = {.type = SDL_TEXTINPUT, .windowID = SDL_GetWindowID(scene->window)}};
    memcpy(event.text.text, letter, strlen(letter) + 1);
    sdl_handle(scene->host, &event);
}

static int32_t next_modifiers(struct scene *scene, enum host_event_kind kind)
{
    struct host_event event;
    assert_true(host_take_event(scene->host, &event));
    assert_int_equal(event.kind, kind);
    free(event.text);
    return event.modifiers;
}

/* SDL has read the alt that follows when the letter is handled. */
static void text_has_the_modifiers_of_its_own_time(void **state)
{
    struct scene *scene = *state;
    SDL_SetModState(KMOD_LALT);
    handle_key(scene, SDL_KEYDOWN, SDLK_e, KMOD_NONE);
    handle_letter(scene, "e");
    handle_key(scene, SDL_KEYDOWN, SDLK_LALT, KMOD_LALT);
    handle_letter(scene, "a");
    assert_int_equal(next_modifiers(scene, HOST_KEY_DOWN), 0);
    assert_int_equal(next_modifiers(scene, HOST_TEXT), 0);
    assert_int_equal(next_modifiers(scene, HOST_KEY_DOWN), HOST_ALT);
    assert_int_equal(next_modifiers(scene, HOST_TEXT), HOST_ALT);
}

static void a_click_has_the_modifiers_of_its_own_time(void **state)
{
    struct scene *scene = *state;
    SDL_Event click = {.button = {.type = SDL_MOUSEBUTTONDOWN,
                                  .windowID = SDL_GetWindowID(scene->window),
                                  .button = SDL_BUTTON_LEFT}};
    SDL_SetModState(KMOD_NONE);
    handle_key(scene, SDL_KEYDOWN, SDLK_LSHIFT, KMOD_LSHIFT);
    sdl_handle(scene->host, &click);
    handle_key(scene, SDL_KEYUP, SDLK_LSHIFT, KMOD_NONE);
    assert_int_equal(next_modifiers(scene, HOST_KEY_DOWN), HOST_SHIFT);
    assert_int_equal(next_modifiers(scene, HOST_MOUSE_DOWN), HOST_SHIFT);
    assert_int_equal(next_modifiers(scene, HOST_KEY_UP), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text_has_the_modifiers_of_its_own_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_click_has_the_modifiers_of_its_own_time, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
