/* Events of SDL as the VM sees them; the keys that interrupt; closing a window of a world that does not answer. */
#include "gui/sdl_host.h"

#include "vm/base/os.h"
#include "vm/base/utf8.h"

#include <string.h>

/* A world that has left so many events alone for so long after being asked to close does not answer. */
enum { CLOSE_PATIENCE_MS = 2000, WHEEL_STEP = 1000 };

static int32_t modifiers_of(int mod)
{
    return ((mod & KMOD_SHIFT) ? HOST_SHIFT : 0) | ((mod & KMOD_CTRL) ? HOST_CONTROL : 0) |
           ((mod & KMOD_ALT) ? HOST_ALT : 0) | ((mod & KMOD_GUI) ? HOST_META : 0) |
           ((mod & KMOD_MODE) ? HOST_ALT_GRAPH : 0);
}

/* SDL's own modifiers are those of the latest key that it has read, which may lie in its queue behind the event. */
static struct host_event new_event(const struct host *host, enum host_event_kind kind,
                                   const struct host_window *window)
{
    const struct sdl_state *state = host->native;
    return (struct host_event){.kind = kind,
                               .window = window->id,
                               .time_ms = (int64_t)(os_monotonic_ns() / 1000000),
                               .modifiers = modifiers_of(state->modifiers)};
}

/* --- keys ----------------------------------------------------------------------------------------------------------------- */

/* What the keys of a common keyboard make with shift, for those that have not been typed yet. */
static int32_t shifted(int32_t key)
{
    static const char plain[] = "1234567890-=[]\\;'`,./";
    static const char with_shift[] = "!@#$%^&*()_+{}|:\"~<>?";
    if (key >= 'a' && key <= 'z')
        return key - 'a' + 'A';
    if (key <= 0 || key > 127)
        return key;
    const char *place = strchr(plain, (int)key);
    return place == NULL ? key : with_shift[place - plain];
}

static int32_t produced_by(const struct sdl_state *state, const SDL_Keysym *keysym)
{
    bool shift = (keysym->mod & KMOD_SHIFT) != 0;
    if (keysym->sym & SDLK_SCANCODE_MASK)
        return 0;
    int32_t known =
        keysym->scancode < SDL_NUM_SCANCODES ? state->produced[keysym->scancode][shift] : 0;
    if (known != 0)
        return known;
    return shift ? shifted(keysym->sym) : keysym->sym;
}

/* Ctrl+. Alt+. and Ctrl+Break interrupt wherever the world is. */
static bool is_interrupt(const SDL_KeyboardEvent *key)
{
    int mod = key->keysym.mod;
    if (key->keysym.sym == SDLK_PERIOD)
        return (mod & (KMOD_CTRL | KMOD_ALT)) != 0 && (mod & KMOD_SHIFT) == 0;
    return (key->keysym.sym == SDLK_PAUSE || key->keysym.sym == SDLK_CANCEL) &&
           (mod & KMOD_CTRL) != 0;
}

static void handle_key(struct host *host, const SDL_KeyboardEvent *key)
{
    struct sdl_state *state = host->native;
    struct host_window *window = sdl_find(host, key->windowID);
    bool down = key->type == SDL_KEYDOWN;
    state->modifiers = key->keysym.mod;
    if (key->keysym.sym == SDLK_ESCAPE && key->repeat == 0)
        state->escape_since_ns = down ? os_monotonic_ns() : 0;
    if (down && key->repeat == 0 && is_interrupt(key)) {
        host_interrupt(host);
        return;
    }
    if (window == NULL)
        return;
    if (down) {
        state->last_key = key->keysym.scancode;
        state->last_shift = (key->keysym.mod & KMOD_SHIFT) != 0;
    }
    struct host_event event = new_event(host, down ? HOST_KEY_DOWN : HOST_KEY_UP, window);
    event.key = key->keysym.sym & SDLK_SCANCODE_MASK
                    ? HOST_KEY_NAMED | (int32_t)key->keysym.scancode
                    : key->keysym.sym;
    event.button = (int32_t)key->keysym.scancode;
    event.detail = key->repeat;
    event.produced = produced_by(state, &key->keysym);
    host_add_event(host, &event);
}

/* A single character right after a key tells what that key makes. */
static void learn(struct sdl_state *state, const char *text)
{
    uint32_t code = (uint8_t)text[0];
    bool single = code >= 32 && code < 127 && text[1] == 0;
    if (single && state->last_key > 0 && state->last_key < SDL_NUM_SCANCODES)
        state->produced[state->last_key][state->last_shift] = (int32_t)code;
    state->last_key = SDL_SCANCODE_UNKNOWN;
}

static void handle_text(struct host *host, uint32_t window_id, enum host_event_kind kind,
                        const char *text, int32_t start)
{
    struct host_window *window = sdl_find(host, window_id);
    if (window == NULL)
        return;
    if (kind == HOST_TEXT)
        learn(host->native, text);
    struct host_event event = new_event(host, kind, window);
    event.text = strdup(text);
    event.detail = start;
    if (event.text != NULL)
        host_add_event(host, &event);
}

/* --- mouse ---------------------------------------------------------------------------------------------------------------- */

static void handle_motion(struct host *host, const SDL_MouseMotionEvent *motion)
{
    struct host_window *window = sdl_find(host, motion->windowID);
    if (window == NULL)
        return;
    struct host_event event = new_event(host, HOST_MOUSE_MOVE, window);
    event.x = motion->x;
    event.y = motion->y;
    event.button = (int32_t)motion->state;
    host_add_event(host, &event);
}

static void handle_button(struct host *host, const SDL_MouseButtonEvent *button)
{
    struct host_window *window = sdl_find(host, button->windowID);
    if (window == NULL || button->button > SDL_BUTTON_RIGHT)
        return;
    bool down = button->type == SDL_MOUSEBUTTONDOWN;
    SDL_CaptureMouse(down ? SDL_TRUE : SDL_FALSE);
    struct host_event event = new_event(host, down ? HOST_MOUSE_DOWN : HOST_MOUSE_UP, window);
    event.x = button->x;
    event.y = button->y;
    event.button = button->button;
    event.detail = button->clicks;
    host_add_event(host, &event);
}

static void handle_wheel(struct host *host, const SDL_MouseWheelEvent *wheel)
{
    struct host_window *window = sdl_find(host, wheel->windowID);
    if (window == NULL)
        return;
    struct host_event event = new_event(host, HOST_WHEEL, window);
    event.x = wheel->mouseX;
    event.y = wheel->mouseY;
    float direction = wheel->direction == SDL_MOUSEWHEEL_FLIPPED ? -WHEEL_STEP : WHEEL_STEP;
    event.detail = (int32_t)(wheel->preciseY * direction);
    event.key = (int32_t)(wheel->preciseX * direction);
    host_add_event(host, &event);
}

/* --- windows -------------------------------------------------------------------------------------------------------------- */

/* The second request to close while the first was not even looked at: the world does not answer. */
static void handle_close(struct host *host, struct host_window *window)
{
    struct sdl_state *state = host->native;
    struct host_event event = new_event(host, HOST_CLOSE, window);
    pthread_mutex_lock(&host->mutex);
    bool waiting = host->event_count > 0;
    pthread_mutex_unlock(&host->mutex);
    uint64_t now = os_monotonic_ns();
    bool ignored = waiting && state->close_asked_ns != 0 &&
                   now - state->close_asked_ns > CLOSE_PATIENCE_MS * 1000000ULL;
    if (!ignored) {
        if (!waiting || state->close_asked_ns == 0)
            state->close_asked_ns = now;
        host_add_event(host, &event);
        return;
    }
    state->close_asked_ns = 0;
    static const SDL_MessageBoxButtonData buttons[] = {
        {SDL_MESSAGEBOX_BUTTON_RETURNKEY_DEFAULT, 1, "Interrupt it"},
        {0, 2, "End it without saving"},
        {SDL_MESSAGEBOX_BUTTON_ESCAPEKEY_DEFAULT, 0, "Wait"},
    };
    SDL_MessageBoxData box = {SDL_MESSAGEBOX_WARNING,
                              window->native,
                              "Vivarium",
                              "The world is busy and does not answer.",
                              sizeof buttons / sizeof buttons[0],
                              buttons,
                              NULL};
    int chosen = 0;
    if (SDL_ShowMessageBox(&box, &chosen) != 0)
        return;
    if (chosen == 1)
        host_interrupt(host);
    if (chosen == 2)
        host_end(host);
}

static void note_size(struct host *host, struct host_window *window)
{
    sdl_take_size(host, window);
    sdl_damage_all(host, window);
    struct host_event event = new_event(host, HOST_RESIZED, window);
    event.x = window->width; /* which no other thread changes */
    event.y = window->height;
    host_add_event(host, &event);
}

static void note_state(struct host *host, struct host_window *window, bool focused, int x, int y)
{
    uint32_t flags = SDL_GetWindowFlags(window->native);
    pthread_mutex_lock(&host->mutex);
    window->focused = focused;
    window->minimized = (flags & SDL_WINDOW_MINIMIZED) != 0;
    window->full_screen = (flags & SDL_WINDOW_FULLSCREEN) != 0;
    window->x = x;
    window->y = y;
    pthread_mutex_unlock(&host->mutex);
}

static void note_focus(struct host *host, struct host_window *window, bool focused)
{
    struct sdl_state *state = host->native;
    note_state(host, window, focused, window->x, window->y);
    state->modifiers = (int)SDL_GetModState();
    if (!focused)
        state->escape_since_ns = 0;
    struct host_event event = new_event(host, focused ? HOST_FOCUS_IN : HOST_FOCUS_OUT, window);
    host_add_event(host, &event);
}

static void note_scale(struct host *host, struct host_window *window)
{
    double scale = sdl_scale_of(host, window);
    pthread_mutex_lock(&host->mutex);
    bool changed = scale != window->scale;
    window->scale = scale;
    pthread_mutex_unlock(&host->mutex);
    if (!changed)
        return;
    struct host_event event = new_event(host, HOST_SCALE, window);
    event.detail = (int32_t)(scale * 1000);
    host_add_event(host, &event);
}

static void handle_window(struct host *host, const SDL_WindowEvent *change)
{
    struct host_window *window = sdl_find(host, change->windowID);
    if (window == NULL)
        return;
    struct host_event left = new_event(host, HOST_MOUSE_LEFT, window);
    switch (change->event) {
    case SDL_WINDOWEVENT_EXPOSED:
        sdl_damage_all(host, window);
        break;
    case SDL_WINDOWEVENT_SIZE_CHANGED:
        note_size(host, window);
        break;
    case SDL_WINDOWEVENT_MOVED:
        note_state(host, window, window->focused, change->data1, change->data2);
        break;
    case SDL_WINDOWEVENT_DISPLAY_CHANGED:
        note_scale(host, window);
        break;
    case SDL_WINDOWEVENT_FOCUS_GAINED:
        note_focus(host, window, true);
        break;
    case SDL_WINDOWEVENT_FOCUS_LOST:
        note_focus(host, window, false);
        break;
    case SDL_WINDOWEVENT_LEAVE:
        host_add_event(host, &left);
        break;
    case SDL_WINDOWEVENT_CLOSE:
        handle_close(host, window);
        break;
    default:
        break;
    }
}

static void handle_drop(struct host *host, const SDL_DropEvent *drop)
{
    struct host_window *window = sdl_find(host, drop->windowID);
    if (window != NULL && drop->file != NULL) {
        struct host_event event =
            new_event(host, drop->type == SDL_DROPFILE ? HOST_DROP_FILE : HOST_DROP_TEXT, window);
        int x = 0;
        int y = 0;
        SDL_GetMouseState(&x, &y);
        event.x = x;
        event.y = y;
        event.text = strdup(drop->file);
        if (event.text != NULL)
            host_add_event(host, &event);
    }
    SDL_free(drop->file);
}

void sdl_lose_display(struct host *host)
{
    pthread_mutex_lock(&host->mutex);
    host->lost = true;
    /* Whoever waits for something of a window waits in vain. */
    for (struct host_request *each = host->requests; each != NULL; each = each->next)
        each->abandoned = true;
    if (host->performing != NULL)
        host->performing->abandoned = true;
    host->requests = host->performing = NULL;
    pthread_cond_broadcast(&host->answered);
    pthread_mutex_unlock(&host->mutex);
    host_add_event(host, &(struct host_event){.kind = HOST_LOST});
}

void sdl_handle(struct host *host, const SDL_Event *event)
{
    switch (event->type) {
    case SDL_KEYDOWN:
    case SDL_KEYUP:
        handle_key(host, &event->key);
        break;
    case SDL_TEXTINPUT:
        handle_text(host, event->text.windowID, HOST_TEXT, event->text.text, 0);
        break;
    case SDL_TEXTEDITING:
        handle_text(host, event->edit.windowID, HOST_PRE_EDIT, event->edit.text, event->edit.start);
        break;
    case SDL_MOUSEMOTION:
        handle_motion(host, &event->motion);
        break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
        handle_button(host, &event->button);
        break;
    case SDL_MOUSEWHEEL:
        handle_wheel(host, &event->wheel);
        break;
    case SDL_WINDOWEVENT:
        handle_window(host, &event->window);
        break;
    case SDL_DROPFILE:
    case SDL_DROPTEXT:
        handle_drop(host, &event->drop);
        break;
    default:
        break;
    }
}
