/*
 * The host on a screen, with SDL. Every SDL function but SDL_PushEvent is called on the thread that opened the host. The thread
 * sleeps in SDL_WaitEvent; requests and frames of the VM wake it by an event of our own.
 */
#include "gui/sdl_host.h"

#include "vm/base/os.h"

#include <SDL2/SDL_syswm.h>
#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* While a key that interrupts when it is held is down, the thread looks this often. */
enum { HELD_LOOK_MS = 100, HELD_INTERRUPT_MS = 2000, NORMAL_DPI = 96 };

struct host_window *sdl_find(struct host *host, uint32_t sdl_id)
{
    for (size_t i = 0; i < HOST_WINDOWS_MAX; i++) {
        struct host_window *window = &host->windows[i];
        if (window->id != 0 && window->native != NULL && SDL_GetWindowID(window->native) == sdl_id)
            return window;
    }
    return NULL;
}

double sdl_scale_of(struct host *host, const struct host_window *window)
{
    int display = SDL_GetWindowDisplayIndex(window->native);
    if (host->wanted_scale > 0)
        return host->wanted_scale;
    const char *told = getenv("GDK_SCALE");
    double scale = told == NULL ? 0 : strtod(told, NULL);
    if (scale >= 1 && scale <= 4)
        return scale;
    float dpi = 0;
    if (SDL_GetDisplayDPI(display, &dpi, NULL, NULL) != 0 || !(dpi > NORMAL_DPI * 1.3F) ||
        dpi > NORMAL_DPI * 4)
        return 1;
    return round(dpi / NORMAL_DPI * 4) / 4;
}

/* --- showing frames ------------------------------------------------------------------------------------------------------- */

/* What a window that has outgrown its frame shows beyond it: the ground of the light theme. */
enum { BEYOND_FRAME = 0x00E9E7E2 };

static void copy_to_surface(const struct host_frame *frame, SDL_Surface *surface,
                            struct host_rectangle r)
{
    for (int32_t y = r.y; y < r.y + r.height && y < surface->h; y++) {
        uint32_t *to =
            (uint32_t *)((uint8_t *)surface->pixels + (size_t)y * (size_t)surface->pitch);
        int32_t right = r.x + r.width < surface->w ? r.x + r.width : surface->w;
        int32_t shown = y < frame->height ? (right < frame->width ? right : frame->width) : 0;
        if (shown > r.x)
            memcpy(to + r.x, frame->words + (size_t)y * (size_t)frame->width + r.x,
                   (size_t)(shown - r.x) * sizeof *to);
        for (int32_t x = shown > r.x ? shown : r.x; x < right; x++)
            to[x] = BEYOND_FRAME;
    }
}

/* With the mutex. */
static void show_damage(struct host_window *window)
{
    if (window->damage.width <= 0 || window->native == NULL)
        return;
    SDL_Surface *surface = SDL_GetWindowSurface(window->native);
    if (surface == NULL || surface->format->BytesPerPixel != sizeof(uint32_t))
        return;
    struct host_rectangle r = window->damage;
    window->damage = (struct host_rectangle){0, 0, 0, 0};
    if (SDL_MUSTLOCK(surface) && SDL_LockSurface(surface) != 0)
        return;
    copy_to_surface(&window->frame, surface, r);
    if (SDL_MUSTLOCK(surface))
        SDL_UnlockSurface(surface);
    /* A frame may be larger than its window, and X does not forgive what is outside. */
    const SDL_Rect whole = {0, 0, surface->w, surface->h};
    SDL_Rect rect = {r.x, r.y, r.width, r.height};
    if (SDL_IntersectRect(&rect, &whole, &rect))
        SDL_UpdateWindowSurfaceRects(window->native, &rect, 1);
}

static void show_all(struct host *host)
{
    struct sdl_state *state = host->native;
    pthread_mutex_lock(&host->mutex);
    state->shows_frames = true;
    for (size_t i = 0; i < HOST_WINDOWS_MAX; i++)
        if (host->windows[i].id != 0)
            show_damage(&host->windows[i]);
    state->shows_frames = false;
    pthread_mutex_unlock(&host->mutex);
}

void sdl_damage_all(struct host *host, struct host_window *window)
{
    pthread_mutex_lock(&host->mutex);
    int width = 0;
    int height = 0;
    SDL_GetWindowSize(window->native, &width, &height);
    window->damage = (struct host_rectangle){0, 0, width, height};
    pthread_mutex_unlock(&host->mutex);
}

/* --- a display that goes away ---------------------------------------------------------------------------------------------- */

/* Without windows there is only the end of the world to wait for. */
static void wait_for_end(struct host *host)
{
    pthread_mutex_lock(&host->mutex);
    while (!host->stopping)
        pthread_cond_wait(&host->answered, &host->mutex);
    pthread_mutex_unlock(&host->mutex);
}

/* Xlib ends the program when this returns: it does not before the world has ended, and ends the program itself then. */
static void leave_display(void *display, void *data)
{
    (void)display;
    struct host *host = data;
    struct sdl_state *state = host->native;
    if (state->shows_frames)
        pthread_mutex_unlock(&host->mutex);
    sdl_lose_display(host);
    wait_for_end(host);
    host->end(host->exit_status);
}

/* In the place of Xlib's own handler, which ends the program before that one is asked. */
static int note_lost_display(void *display)
{
    (void)display;
    return 0;
}

/* Has leave_display called. Xlib is not linked: a host on Wayland does without. */
static void watch_display(struct host *host, SDL_Window *native)
{
    struct sdl_state *state = host->native;
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    if (state->watches_display || !SDL_GetWindowWMInfo(native, &info) ||
        info.subsystem != SDL_SYSWM_X11)
        return;
    state->watches_display = true;
    void *library = dlopen("libX11.so.6", RTLD_NOW | RTLD_NOLOAD);
    if (library == NULL)
        return;
    void *(*set_handler)(int (*handler)(void *)) = NULL;
    void (*set_exit_handler)(void *display, void (*handler)(void *, void *), void *data) = NULL;
    void *address = dlsym(library, "XSetIOErrorHandler");
    memcpy(&set_handler, &address, sizeof set_handler);
    address = dlsym(library, "XSetIOErrorExitHandler");
    memcpy(&set_exit_handler, &address, sizeof set_exit_handler);
    if (set_handler == NULL || set_exit_handler == NULL)
        return;
    set_handler(note_lost_display);
    set_exit_handler(info.info.x11.display, leave_display, host);
}

/* --- requests ------------------------------------------------------------------------------------------------------------- */

static void fit_display(struct host_rectangle *r)
{
    SDL_Rect usable;
    if (SDL_GetDisplayUsableBounds(0, &usable) != 0)
        return;
    r->width = r->width < usable.w ? r->width : usable.w;
    r->height = r->height < usable.h ? r->height : usable.h;
}

static bool open_window(struct host *host, struct host_request *request)
{
    struct host_rectangle r = request->rectangle;
    if (request->flag)
        fit_display(&r);
    SDL_Window *native =
        SDL_CreateWindow(request->text, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, r.width,
                         r.height, SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (native == NULL)
        return false;
    SDL_SetWindowMinimumSize(native, 200, 120);
    pthread_mutex_lock(&host->mutex);
    struct host_window *window = host_add_window(host);
    if (window != NULL) {
        window->native = native;
        SDL_GetWindowSize(native, &window->width, &window->height);
        SDL_GetWindowPosition(native, &window->x, &window->y);
        window->scale = sdl_scale_of(host, window);
        request->window = window->id;
    }
    pthread_mutex_unlock(&host->mutex);
    if (window == NULL)
        SDL_DestroyWindow(native);
    else
        watch_display(host, native);
    SDL_StartTextInput();
    return window != NULL;
}

void sdl_take_size(struct host *host, struct host_window *window)
{
    pthread_mutex_lock(&host->mutex);
    SDL_GetWindowSize(window->native, &window->width, &window->height);
    pthread_mutex_unlock(&host->mutex);
}

static void close_window(struct host *host, struct host_window *window)
{
    pthread_mutex_lock(&host->mutex);
    SDL_Window *native = window->native;
    host_remove_window(window);
    pthread_mutex_unlock(&host->mutex);
    SDL_DestroyWindow(native);
}

static bool set_cursor(struct host *host, const char *name)
{
    static const struct {
        const char *name;
        SDL_SystemCursor cursor;
    } rows[SDL_NUM_SYSTEM_CURSORS] = {
        {"normal", SDL_SYSTEM_CURSOR_ARROW},
        {"text", SDL_SYSTEM_CURSOR_IBEAM},
        {"wait", SDL_SYSTEM_CURSOR_WAIT},
        {"cross", SDL_SYSTEM_CURSOR_CROSSHAIR},
        {"busy", SDL_SYSTEM_CURSOR_WAITARROW},
        {"resizeNWSE", SDL_SYSTEM_CURSOR_SIZENWSE},
        {"resizeNESW", SDL_SYSTEM_CURSOR_SIZENESW},
        {"resizeWE", SDL_SYSTEM_CURSOR_SIZEWE},
        {"resizeNS", SDL_SYSTEM_CURSOR_SIZENS},
        {"move", SDL_SYSTEM_CURSOR_SIZEALL},
        {"no", SDL_SYSTEM_CURSOR_NO},
        {"hand", SDL_SYSTEM_CURSOR_HAND},
    };
    struct sdl_state *state = host->native;
    for (size_t i = 0; i < SDL_NUM_SYSTEM_CURSORS; i++) {
        if (strcmp(rows[i].name, name) != 0)
            continue;
        if (state->cursors[i] == NULL)
            state->cursors[i] = SDL_CreateSystemCursor(rows[i].cursor);
        SDL_SetCursor(state->cursors[i]);
        SDL_ShowCursor(SDL_ENABLE);
        return true;
    }
    return false;
}

static bool set_cursor_picture(struct host *host, const struct host_request *request)
{
    struct sdl_state *state = host->native;
    const struct host_rectangle *r = &request->rectangle;
    if (request->words == NULL)
        return SDL_ShowCursor(SDL_DISABLE) >= 0;
    /* SDL only reads it. */
    SDL_Surface *surface =
        SDL_CreateRGBSurfaceWithFormatFrom((void *)(uintptr_t)request->words, r->width, r->height,
                                           32, r->width * 4, SDL_PIXELFORMAT_ARGB8888);
    SDL_Cursor *cursor = surface == NULL ? NULL : SDL_CreateColorCursor(surface, r->x, r->y);
    SDL_FreeSurface(surface);
    if (cursor == NULL)
        return false;
    SDL_SetCursor(cursor);
    SDL_ShowCursor(SDL_ENABLE);
    SDL_FreeCursor(state->picture_cursor);
    state->picture_cursor = cursor;
    return true;
}

/* Whether the person wants a world ended that cannot be told of it. */
static bool ask_close(struct host *host, uint32_t id)
{
    static const SDL_MessageBoxButtonData buttons[] = {
        {0, 1, "End it without saving"},
        {SDL_MESSAGEBOX_BUTTON_RETURNKEY_DEFAULT | SDL_MESSAGEBOX_BUTTON_ESCAPEKEY_DEFAULT, 0,
         "Go on"},
    };
    struct host_window *window = host_find_window(host, id);
    SDL_MessageBoxData box = {SDL_MESSAGEBOX_WARNING,
                              window == NULL ? NULL : window->native,
                              "Vivarium",
                              "This image does not hear that its window is closed.\n"
                              "It can be saved and ended by its own menu.",
                              sizeof buttons / sizeof buttons[0],
                              buttons,
                              NULL};
    int chosen = 0;
    return SDL_ShowMessageBox(&box, &chosen) == 0 && chosen == 1;
}

static bool perform_on_window(struct host *host, struct host_window *window,
                              struct host_request *request)
{
    SDL_Window *native = window->native;
    struct host_rectangle r = request->rectangle;
    switch (request->kind) {
    case HOST_CLOSE_WINDOW:
        close_window(host, window);
        return true;
    case HOST_SET_TITLE:
        SDL_SetWindowTitle(native, request->text);
        return true;
    case HOST_SET_BOUNDS:
        SDL_SetWindowPosition(native, r.x, r.y);
        SDL_SetWindowSize(native, r.width, r.height);
        /* The event that tells of the new size comes later; who asks now is told already. */
        sdl_take_size(host, window);
        return true;
    case HOST_SET_FULL_SCREEN:
        return SDL_SetWindowFullscreen(native, request->flag ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0) ==
               0;
    case HOST_SET_TEXT_AREA: {
        SDL_Rect area = {r.x, r.y, r.width, r.height};
        SDL_SetTextInputRect(&area);
        return true;
    }
    case HOST_RAISE:
        SDL_RaiseWindow(native);
        return true;
    default:
        return false;
    }
}

/* Answers a copy that free releases. */
static bool answer_text(struct host_request *request, char *text)
{
    request->answer = text == NULL ? NULL : strdup(text);
    SDL_free(text);
    return request->answer != NULL;
}

static bool sdl_perform(struct host *host, struct host_request *request)
{
    switch (request->kind) {
    case HOST_OPEN_WINDOW:
        return open_window(host, request);
    case HOST_SET_CURSOR:
        return set_cursor(host, request->text);
    case HOST_SET_CURSOR_PICTURE:
        return set_cursor_picture(host, request);
    case HOST_ASK_CLOSE:
        return ask_close(host, request->window);
    case HOST_GET_CLIPBOARD:
        return answer_text(request, SDL_GetClipboardText());
    case HOST_SET_CLIPBOARD:
        return SDL_SetClipboardText(request->text) == 0;
    case HOST_GET_PRIMARY:
        return answer_text(request, SDL_GetPrimarySelectionText());
    case HOST_SET_PRIMARY:
        return SDL_SetPrimarySelectionText(request->text) == 0;
    default: {
        struct host_window *window = host_find_window(host, request->window);
        return window != NULL && perform_on_window(host, window, request);
    }
    }
}

/* --- the thread ----------------------------------------------------------------------------------------------------------- */

static void sdl_wake(struct host *host)
{
    struct sdl_state *state = host->native;
    SDL_Event event = {.type = state->wake_event};
    if (!atomic_exchange(&state->wake_pending, true) && SDL_PushEvent(&event) != 1)
        atomic_store(&state->wake_pending, false);
}

static bool should_stop(struct host *host)
{
    pthread_mutex_lock(&host->mutex);
    bool stopping = host->stopping;
    pthread_mutex_unlock(&host->mutex);
    return stopping;
}

/* Escape, held for two seconds, interrupts. */
static void look_at_held_key(struct host *host)
{
    struct sdl_state *state = host->native;
    if (state->escape_since_ns == 0 ||
        os_monotonic_ns() - state->escape_since_ns < HELD_INTERRUPT_MS * 1000000ULL)
        return;
    state->escape_since_ns = 0;
    host_interrupt(host);
}

static void serve_windows(struct host *host)
{
    struct sdl_state *state = host->native;
    while (!should_stop(host)) {
        SDL_Event event;
        int got = state->escape_since_ns == 0 ? SDL_WaitEvent(&event)
                                              : SDL_WaitEventTimeout(&event, HELD_LOOK_MS);
        if (state->escape_since_ns == 0 && got == 0) {
            return;
        }
        while (got != 0) {
            if (event.type == state->wake_event)
                atomic_store(&state->wake_pending, false);
            else
                sdl_handle(host, &event);
            got = SDL_PollEvent(&event);
        }
        look_at_held_key(host);
        host_perform_all(host);
        show_all(host);
    }
}

static void sdl_run(struct host *host)
{
    serve_windows(host);
    if (should_stop(host))
        return;
    sdl_lose_display(host);
    wait_for_end(host);
}

/* Of a display that is gone nothing is given back: Xlib was left in the middle of something. */
static void sdl_close(struct host *host)
{
    struct sdl_state *state = host->native;
    if (host->lost) {
        free(state);
        return;
    }
    for (size_t i = 0; i < HOST_WINDOWS_MAX; i++)
        if (host->windows[i].native != NULL)
            SDL_DestroyWindow(host->windows[i].native);
    for (size_t i = 0; i < SDL_NUM_SYSTEM_CURSORS; i++)
        if (state->cursors[i] != NULL)
            SDL_FreeCursor(state->cursors[i]);
    SDL_FreeCursor(state->picture_cursor);
    SDL_Quit();
    free(state);
}

const struct host_backend host_screen_backend = {"screen", sdl_perform, sdl_wake, sdl_run,
                                                 sdl_close};

struct host *host_open_screen(double scale, struct status *status)
{
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    SDL_SetHint(SDL_HINT_IME_SHOW_UI, "1");
    SDL_SetHint(SDL_HINT_MOUSE_FOCUS_CLICKTHROUGH, "1");
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    SDL_SetHint(SDL_HINT_APP_NAME, "Vivarium");
    if (SDL_Init(SDL_INIT_VIDEO) != 0) {
        status_fail(status, STATUS_FAILURE, "no window can be opened: %s", SDL_GetError());
        return NULL;
    }
    const char *driver = SDL_GetCurrentVideoDriver();
    if (driver == NULL || strcmp(driver, "dummy") == 0 || strcmp(driver, "offscreen") == 0) {
        SDL_Quit();
        status_fail(status, STATUS_FAILURE, "no window can be opened: there is no display");
        return NULL;
    }
    struct host *host = host_make(&host_screen_backend, scale);
    struct sdl_state *state = calloc(1, sizeof *state);
    if (host == NULL || state == NULL) {
        free(state);
        if (host != NULL)
            host_free(host);
        SDL_Quit();
        status_fail(status, STATUS_MEMORY, "no memory for windows");
        return NULL;
    }
    state->wake_event = SDL_RegisterEvents(1);
    host->native = state;
    SDL_EventState(SDL_DROPFILE, SDL_ENABLE);
    SDL_EventState(SDL_DROPTEXT, SDL_ENABLE);
    SDL_EnableScreenSaver();
    return host;
}
