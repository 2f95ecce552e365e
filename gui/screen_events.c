/* What a person does, as images made elsewhere get it: event buffers, or sensors that are asked again and again. */
#include "gui/screen.h"

#include "gui/module.h"
#include "vm/base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* What events of windows and wheels say. */
enum {
    WINDOW_RESIZED = 1,
    WINDOW_CLOSE = 2,
    WINDOW_ACTIVATED = 4,
    WINDOW_EXPOSED = 5,
    WHEEL_NOTCH = 1000,
    WHEEL_KEYS_MAX = 16,
    ARROW_LEFT = 28,
    ARROW_RIGHT = 29,
    ARROW_UP = 30,
    ARROW_DOWN = 31,
    TIME_MASK = 0x1FFFFFFF
};

static int32_t modifiers_of(int32_t host_modifiers)
{
    return ((host_modifiers & HOST_SHIFT) != 0 ? SCREEN_SHIFT : 0) |
           ((host_modifiers & HOST_CONTROL) != 0 ? SCREEN_CONTROL : 0) |
           ((host_modifiers & HOST_ALT_GRAPH) != 0 ? SCREEN_OPTION : 0) |
           ((host_modifiers & (HOST_ALT | HOST_META)) != 0 ? SCREEN_COMMAND : 0);
}

/* Characters that stand for keys without any, by the keys' USB usage numbers. */
static int32_t character_of_key(int32_t key)
{
    static const struct {
        int32_t usage, character;
    } rows[] = {
        {0x28, 13}, {0x29, 27}, {0x2A, 8},   {0x2B, 9},  {0x49, 5},
        {0x4A, 1},  {0x4B, 11}, {0x4C, 127}, {0x4D, 4},  {0x4E, 12},
        {0x4F, 29}, {0x50, 28}, {0x51, 31},  {0x52, 30}, {0x58, 13},
    };
    static const struct {
        int32_t key, character;
    } plain[] = {{13, 13}, {27, 27}, {8, 8}, {9, 9}, {127, 127}};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (key == plain[i].key)
            return plain[i].character;
    for (size_t i = 0; (key & HOST_KEY_NAMED) != 0 && i < sizeof rows / sizeof rows[0]; i++)
        if ((key & ~HOST_KEY_NAMED) == rows[i].usage)
            return rows[i].character;
    return 0;
}

static struct screen_event *event_at(struct screen *screen, size_t index)
{
    return &screen->events[(screen->first_event + index) % SCREEN_EVENTS];
}

/* A place for one event more. Where nobody fetches any, the oldest goes. */
static struct screen_event *new_event(struct screen *screen)
{
    if (screen->event_count == SCREEN_EVENTS) {
        screen->first_event = (screen->first_event + 1) % SCREEN_EVENTS;
        screen->event_count--;
    }
    return event_at(screen, screen->event_count++);
}

static void add_event(struct screen *screen, const int64_t numbers[SCREEN_EVENT_NUMBERS])
{
    struct screen_event *event = new_event(screen);
    memcpy(event->numbers, numbers, sizeof event->numbers);
    event->numbers[1] &= TIME_MASK;
}

/* The oldest key goes where nobody asks for any. */
static void add_key(struct screen *screen, int32_t character)
{
    if (screen->key_count == SCREEN_KEYS) {
        screen->first_key = (screen->first_key + 1) % SCREEN_KEYS;
        screen->key_count--;
    }
    screen->keys[(screen->first_key + screen->key_count++) % SCREEN_KEYS] =
        character | screen->modifiers << 8;
}

/* An event of a key: the code of older images in the third place, the code point in the sixth. */
static void add_key_event(struct screen *screen, int64_t time_ms, int32_t character, int32_t action)
{
    int32_t mac = mac_roman_from((uint32_t)character);
    const int64_t numbers[] = {SCREEN_EVENT_KEYBOARD,
                               time_ms,
                               mac < 0 ? character : mac,
                               action,
                               screen->modifiers,
                               character,
                               0,
                               1};
    add_event(screen, numbers);
}

static void take_character(struct screen *screen, const struct host_event *event, int32_t character)
{
    int32_t mac = mac_roman_from((uint32_t)character);
    add_key_event(screen, event->time_ms, character, SCREEN_KEY_CHARACTER);
    if (mac >= 0)
        add_key(screen, mac);
}

static void take_key(struct screen *screen, const struct host_event *event)
{
    bool down = event->kind == HOST_KEY_DOWN;
    int32_t character = character_of_key(event->key);
    bool is_command = (screen->modifiers & (SCREEN_CONTROL | SCREEN_COMMAND)) != 0;
    int32_t code = character != 0 ? character : event->produced;
    if (code == 0)
        return;
    add_key_event(screen, event->time_ms, code, down ? SCREEN_KEY_DOWN : SCREEN_KEY_UP);
    if (!down)
        return;
    /* Other characters come as text. With control a letter is its number in the alphabet. */
    if (character != 0)
        take_character(screen, event, character);
    else if (is_command && (screen->modifiers & SCREEN_COMMAND) == 0 && code >= 64 && code < 128)
        take_character(screen, event, code & 31);
    else if (is_command)
        take_character(screen, event, code);
}

static void take_text(struct screen *screen, const struct host_event *event)
{
    bool is_command = (screen->modifiers & (SCREEN_CONTROL | SCREEN_COMMAND)) != 0;
    if (event->text == NULL || is_command)
        return;
    const char *bytes = event->text;
    size_t size = strlen(bytes);
    for (size_t at = 0; at < size;) {
        uint32_t code;
        size_t used = utf8_decode(bytes + at, size - at, &code);
        if (used == 0)
            return;
        if (code >= 32)
            take_character(screen, event, (int32_t)code);
        at += used;
    }
}

static void take_mouse(struct screen *screen, const struct host_event *event)
{
    static const int32_t bits[] = {0, 4, 2, 1};
    screen->mouse_x = screen_to_image(screen, event->x);
    screen->mouse_y = screen_to_image(screen, event->y);
    if (event->button >= 1 && event->button <= 3) {
        if (event->kind == HOST_MOUSE_DOWN)
            screen->buttons |= bits[event->button];
        else if (event->kind == HOST_MOUSE_UP)
            screen->buttons &= ~bits[event->button];
    }
    const int64_t numbers[] = {SCREEN_EVENT_MOUSE,
                               event->time_ms,
                               screen->mouse_x,
                               screen->mouse_y,
                               screen->buttons,
                               screen->modifiers,
                               0,
                               1};
    add_event(screen, numbers);
}

/* A wheel is arrow keys with control, as in the machines that these images were made for. What is less than a notch waits for the
 * rest of it. */
static void turn(struct screen *screen, const struct host_event *event, int32_t *turned,
                 int32_t positive, int32_t negative)
{
    int32_t notches = *turned / WHEEL_NOTCH;
    int32_t key = notches > 0 ? positive : negative;
    *turned -= notches * WHEEL_NOTCH;
    screen->modifiers |= SCREEN_CONTROL;
    for (int32_t i = 0; i < abs(notches) && i < WHEEL_KEYS_MAX; i++) {
        add_key_event(screen, event->time_ms, key, SCREEN_KEY_DOWN);
        take_character(screen, event, key);
        add_key_event(screen, event->time_ms, key, SCREEN_KEY_UP);
    }
    screen->modifiers = modifiers_of(event->modifiers);
}

static int32_t sum_of_turns(int32_t turned, int32_t more)
{
    int64_t sum = (int64_t)turned + more;
    int64_t most = (int64_t)WHEEL_KEYS_MAX * WHEEL_NOTCH;
    return (int32_t)(sum > most ? most : sum < -most ? -most : sum);
}

static void take_wheel(struct screen *screen, const struct host_event *event)
{
    screen->turned_y = sum_of_turns(screen->turned_y, event->detail);
    screen->turned_x = sum_of_turns(screen->turned_x, event->key);
    turn(screen, event, &screen->turned_y, ARROW_UP, ARROW_DOWN);
    turn(screen, event, &screen->turned_x, ARROW_RIGHT, ARROW_LEFT);
}

static void take_window(struct screen *screen, const struct host_event *event, int32_t action)
{
    const int64_t numbers[] = {SCREEN_EVENT_WINDOW,
                               event->time_ms,
                               action,
                               0,
                               0,
                               screen_to_image(screen, event->x),
                               screen_to_image(screen, event->y),
                               1};
    add_event(screen, numbers);
}

/* An image that takes no events is not told that its window should close; the person decides what that means. */
static void take_close(struct screen *screen, const struct host_event *event)
{
    struct host_request request = {.kind = HOST_ASK_CLOSE, .window = screen->window};
    if (screen->takes_events)
        take_window(screen, event, WINDOW_CLOSE);
    else if (host_perform(screen->host, &request))
        host_end(screen->host);
}

void screen_take(struct screen *screen, const struct host_event *event)
{
    screen->modifiers = modifiers_of(event->modifiers);
    switch (event->kind) {
    case HOST_MOUSE_MOVE:
    case HOST_MOUSE_DOWN:
    case HOST_MOUSE_UP:
        take_mouse(screen, event);
        break;
    case HOST_WHEEL:
        take_wheel(screen, event);
        break;
    case HOST_KEY_DOWN:
    case HOST_KEY_UP:
        take_key(screen, event);
        break;
    case HOST_TEXT:
        take_text(screen, event);
        break;
    case HOST_RESIZED:
        take_window(screen, event, WINDOW_RESIZED);
        break;
    case HOST_CLOSE:
        take_close(screen, event);
        break;
    case HOST_FOCUS_IN:
        take_window(screen, event, WINDOW_ACTIVATED);
        break;
    case HOST_EXPOSED:
        take_window(screen, event, WINDOW_EXPOSED);
        break;
    default:
        break;
    }
}

/* Takes everything that waits. An image may ask where things are and still fetch later what has happened. */
static void take_all(struct screen *screen)
{
    struct host_event taken;
    while (host_take_event(screen->host, &taken)) {
        screen_take(screen, &taken);
        free(taken.text);
    }
}

bool screen_next_event(struct screen *screen, struct screen_event *event)
{
    screen->takes_events = true;
    take_all(screen);
    if (screen->event_count == 0)
        return false;
    *event = *event_at(screen, 0);
    screen->first_event = (screen->first_event + 1) % SCREEN_EVENTS;
    screen->event_count--;
    return true;
}

/* --- primitives ------------------------------------------------------------------------------------------------------------- */

/* Index of the external semaphore that is signalled when an event has come. */
prim_result prim_screen_semaphore(struct vm *vm, const prim_call *call)
{
    return screen_of(vm) == NULL ? PRIM_UNSUPPORTED : prim_host_event_semaphore(vm, call);
}

/* Fills an Array of eight with the next event; its kind is 0 when there is none. */
prim_result prim_screen_next_event(struct vm *vm, const prim_call *call)
{
    struct screen *screen = screen_of(vm);
    struct screen_event event = {{SCREEN_EVENT_NONE}};
    oop array = prim_argument(call, 0);
    if (screen == NULL)
        return PRIM_UNSUPPORTED;
    if (!oop_has_slots(array, SCREEN_EVENT_NUMBERS))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(array))
        return PRIM_NO_MODIFICATION;
    (void)screen_next_event(screen, &event);
    for (size_t i = 0; i < SCREEN_EVENT_NUMBERS; i++)
        heap_store(vm_heap(vm), array, i, oop_from_integer(event.numbers[i]));
    return answer_self(vm, call);
}

static struct screen *screen_now(struct vm *vm)
{
    struct screen *screen = screen_of(vm);
    if (screen != NULL)
        take_all(screen);
    return screen;
}

prim_result prim_screen_mouse_point(struct vm *vm, const prim_call *call)
{
    struct screen *screen = screen_now(vm);
    if (screen == NULL)
        return PRIM_UNSUPPORTED;
    return answer_point(vm, call, oop_from_integer(screen->mouse_x),
                        oop_from_integer(screen->mouse_y));
}

/* Buttons of the mouse in the lowest three bits, modifiers above. */
prim_result prim_screen_mouse_buttons(struct vm *vm, const prim_call *call)
{
    struct screen *screen = screen_now(vm);
    if (screen == NULL)
        return PRIM_UNSUPPORTED;
    return answer_integer(vm, call, screen->buttons | screen->modifiers << 3);
}

/* The next key that was typed, with modifiers from bit 8 on; nil for none. */
static prim_result answer_key(struct vm *vm, const prim_call *call, bool takes)
{
    struct screen *screen = screen_now(vm);
    if (screen == NULL)
        return PRIM_UNSUPPORTED;
    if (screen->key_count == 0)
        return answer_nil(vm, call);
    int32_t key = screen->keys[screen->first_key];
    if (takes) {
        screen->first_key = (screen->first_key + 1) % SCREEN_KEYS;
        screen->key_count--;
    }
    return answer_integer(vm, call, key);
}

prim_result prim_screen_next_key(struct vm *vm, const prim_call *call)
{
    return answer_key(vm, call, true);
}

prim_result prim_screen_peek_key(struct vm *vm, const prim_call *call)
{
    return answer_key(vm, call, false);
}
