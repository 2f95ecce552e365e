/* The host of tests: windows without a display. Events come from primitives, frames are kept for whoever wants to see them. */
#include "gui/host.h"

#include <stdlib.h>
#include <string.h>

struct null_state {
    char *clipboard;
    char *primary;
};

static bool open_window(struct host *host, struct host_request *request)
{
    struct host_window *window = host_add_window(host);
    if (window == NULL)
        return false;
    window->width = request->rectangle.width;
    window->height = request->rectangle.height;
    window->scale = host->wanted_scale > 0 ? host->wanted_scale : 1;
    window->focused = true;
    request->window = window->id;
    return true;
}

static bool set_bounds(struct host_window *window, struct host_rectangle r)
{
    window->x = r.x;
    window->y = r.y;
    window->width = r.width;
    window->height = r.height;
    return true;
}

static bool set_text(char **place, const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL)
        return false;
    free(*place);
    *place = copy;
    return true;
}

static bool get_text(const char *text, struct host_request *request)
{
    request->answer = strdup(text == NULL ? "" : text);
    return request->answer != NULL;
}

static bool perform_on_window(struct host *host, struct host_request *request)
{
    struct host_window *window = host_find_window(host, request->window);
    if (window == NULL)
        return false;
    switch (request->kind) {
    case HOST_CLOSE_WINDOW:
        host_remove_window(window);
        return true;
    case HOST_SET_BOUNDS:
        return set_bounds(window, request->rectangle);
    case HOST_SET_FULL_SCREEN:
        window->full_screen = request->flag;
        return true;
    default:
        return true;
    }
}

static bool null_perform(struct host *host, struct host_request *request)
{
    struct null_state *state = host->native;
    bool done;
    pthread_mutex_lock(&host->mutex);
    switch (request->kind) {
    case HOST_OPEN_WINDOW:
        done = open_window(host, request);
        break;
    case HOST_SET_CURSOR:
        request->words = NULL;
        done = host_keep_cursor(host, request);
        break;
    case HOST_SET_CURSOR_PICTURE:
        done = host_keep_cursor(host, request);
        break;
    case HOST_ASK_CLOSE:
        done = true;
        break;
    case HOST_GET_CLIPBOARD:
        done = get_text(state->clipboard, request);
        break;
    case HOST_SET_CLIPBOARD:
        done = set_text(&state->clipboard, request->text);
        break;
    case HOST_GET_PRIMARY:
        done = get_text(state->primary, request);
        break;
    case HOST_SET_PRIMARY:
        done = set_text(&state->primary, request->text);
        break;
    default:
        done = perform_on_window(host, request);
    }
    pthread_mutex_unlock(&host->mutex);
    return done;
}

static void null_close(struct host *host)
{
    struct null_state *state = host->native;
    free(state->clipboard);
    free(state->primary);
    free(state);
}

const struct host_backend host_null_backend = {"null", null_perform, NULL, NULL, null_close};

struct host *host_open_null(double scale, struct status *status)
{
    struct host *host = host_make(&host_null_backend, scale);
    if (host != NULL && (host->native = calloc(1, sizeof(struct null_state))) != NULL)
        return host;
    if (host != NULL)
        host_free(host);
    status_fail(status, STATUS_MEMORY, "no memory for windows");
    return NULL;
}
