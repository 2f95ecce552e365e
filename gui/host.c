/* Windows, events, frames and requests: what the hosts share. */
#include "gui/host.h"

#include "vm/base/os.h"
#include "vm/primitive.h"
#include "vm/vivarium.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long the VM waits for the thread of the windows, which never works for long. Events that nobody takes for so long, and
 * interrupts that follow each other so quickly, are for the guard. */
enum { ANSWER_LIMIT_SECONDS = 10, UNATTENDED_MS = 1500, INTERRUPT_AGAIN_MS = 3000 };
#define MS_IN_NS UINT64_C(1000000)

struct host *host_make(const struct host_backend *backend, double scale)
{
    struct host *host = calloc(1, sizeof *host);
    if (host == NULL)
        return NULL;
    host->backend = backend;
    host->wanted_scale = scale;
    pthread_mutex_init(&host->mutex, NULL);
    pthread_cond_init(&host->answered, NULL);
    return host;
}

void host_free(struct host *host)
{
    struct host_event event;
    while (host_take_event(host, &event))
        free(event.text);
    for (size_t i = 0; i < HOST_WINDOWS_MAX; i++)
        free(host->windows[i].frame.words);
    free(host->cursor.words);
    pthread_cond_destroy(&host->answered);
    pthread_mutex_destroy(&host->mutex);
    free(host);
}

/* --- events --------------------------------------------------------------------------------------------------------------- */

static struct host_event *event_at(struct host *host, size_t index)
{
    return &host->events[(host->first_event + index) % HOST_EVENTS_MAX];
}

/* Whether the event says no more than that the last one's state has moved on. */
static bool continues(const struct host_event *last, const struct host_event *event)
{
    return last->kind == event->kind && last->window == event->window &&
           last->modifiers == event->modifiers &&
           (event->kind == HOST_MOUSE_MOVE || event->kind == HOST_RESIZED ||
            event->kind == HOST_EXPOSED);
}

static void make_room(struct host *host)
{
    size_t lost = 0;
    for (size_t i = 0; i < host->event_count; i++)
        if (event_at(host, i)->kind == HOST_MOUSE_MOVE) {
            lost = i;
            break;
        }
    free(event_at(host, lost)->text);
    for (size_t i = lost; i > 0; i--)
        *event_at(host, i) = *event_at(host, i - 1);
    host->first_event = (host->first_event + 1) % HOST_EVENTS_MAX;
    host->event_count--;
}

/* With the mutex: the VM cannot be gone meanwhile. */
static void signal_guard(struct host *host)
{
    if (host->vm != NULL && host->guard_semaphore != 0)
        (void)vm_signal_external(host->vm, host->guard_semaphore);
}

void host_add_event(struct host *host, const struct host_event *event)
{
    pthread_mutex_lock(&host->mutex);
    uint64_t now = os_monotonic_ns();
    if (host->event_count == 0)
        host->attended_ns = now;
    if (now - host->attended_ns > UNATTENDED_MS * MS_IN_NS)
        signal_guard(host);
    struct host_event *last = host->event_count > 0 ? event_at(host, host->event_count - 1) : NULL;
    if (last != NULL && continues(last, event)) {
        free(last->text);
        *last = *event;
    } else {
        if (host->event_count == HOST_EVENTS_MAX)
            make_room(host);
        *event_at(host, host->event_count++) = *event;
    }
    if (host->vm != NULL && host->semaphore != 0)
        (void)vm_signal_external(host->vm, host->semaphore);
    pthread_mutex_unlock(&host->mutex);
}

bool host_take_event(struct host *host, struct host_event *event)
{
    pthread_mutex_lock(&host->mutex);
    bool found = host->event_count > 0;
    host->attended_ns = os_monotonic_ns();
    if (found) {
        *event = host->events[host->first_event];
        host->first_event = (host->first_event + 1) % HOST_EVENTS_MAX;
        host->event_count--;
    }
    pthread_mutex_unlock(&host->mutex);
    return found;
}

void host_interrupt(struct host *host)
{
    pthread_mutex_lock(&host->mutex);
    uint64_t now = os_monotonic_ns();
    if (host->interrupted_ns != 0 && now - host->interrupted_ns < INTERRUPT_AGAIN_MS * MS_IN_NS) {
        host->wants_evaluator = true;
        signal_guard(host);
    }
    host->interrupted_ns = now;
    if (host->vm != NULL && host->backend->run != NULL)
        viv_interrupt(host->vm);
    pthread_mutex_unlock(&host->mutex);
}

void host_end(struct host *host)
{
    pthread_mutex_lock(&host->mutex);
    if (host->vm != NULL)
        viv_stop(host->vm, STATUS_FAILURE);
    pthread_mutex_unlock(&host->mutex);
}

/* --- requests ------------------------------------------------------------------------------------------------------------- */

static void queue_request(struct host *host, struct host_request *request)
{
    struct host_request **end = &host->requests;
    while (*end != NULL)
        end = &(*end)->next;
    *end = request;
}

/* Takes the request back; false when it is being carried out already. */
static bool withdraw(struct host *host, struct host_request *request)
{
    for (struct host_request **place = &host->requests; *place != NULL; place = &(*place)->next)
        if (*place == request) {
            *place = request->next;
            return true;
        }
    return false;
}

/* Waits until the request is done. One that is taken but not done yet is waited for without limit: it lies on our stack. */
static void wait_for(struct host *host, struct host_request *request)
{
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += ANSWER_LIMIT_SECONDS;
    while (!request->done && !request->abandoned) {
        if (pthread_cond_timedwait(&host->answered, &host->mutex, &limit) != ETIMEDOUT)
            continue;
        if (withdraw(host, request))
            request->abandoned = true;
        else
            limit.tv_sec += ANSWER_LIMIT_SECONDS;
    }
}

bool host_perform(struct host *host, struct host_request *request)
{
    if (host->backend->wake == NULL)
        return host->backend->perform(host, request);
    request->next = NULL;
    request->done = request->abandoned = request->succeeded = false;
    pthread_mutex_lock(&host->mutex);
    if (host->stopping || host->lost) {
        pthread_mutex_unlock(&host->mutex);
        return false;
    }
    queue_request(host, request);
    host->backend->wake(host);
    wait_for(host, request);
    bool succeeded = request->done && request->succeeded;
    pthread_mutex_unlock(&host->mutex);
    return succeeded;
}

void host_perform_all(struct host *host)
{
    pthread_mutex_lock(&host->mutex);
    while (host->requests != NULL) {
        struct host_request *request = host->requests;
        host->requests = request->next;
        host->performing = request;
        pthread_mutex_unlock(&host->mutex);
        bool succeeded = host->backend->perform(host, request);
        pthread_mutex_lock(&host->mutex);
        host->performing = NULL;
        request->succeeded = succeeded;
        request->done = true;
        pthread_cond_broadcast(&host->answered);
    }
    pthread_mutex_unlock(&host->mutex);
}

/* --- windows and frames --------------------------------------------------------------------------------------------------- */

struct host_window *host_find_window(struct host *host, uint32_t id)
{
    for (size_t i = 0; id != 0 && i < HOST_WINDOWS_MAX; i++)
        if (host->windows[i].id == id)
            return &host->windows[i];
    return NULL;
}

struct host_window *host_add_window(struct host *host)
{
    for (size_t i = 0; i < HOST_WINDOWS_MAX; i++) {
        struct host_window *window = &host->windows[i];
        if (window->id != 0)
            continue;
        *window = (struct host_window){.id = ++host->last_id, .scale = 1};
        return window;
    }
    return NULL;
}

void host_remove_window(struct host_window *window)
{
    free(window->frame.words);
    *window = (struct host_window){.id = 0};
}

struct host_rectangle host_union(struct host_rectangle a, struct host_rectangle b)
{
    if (a.width <= 0 || a.height <= 0)
        return b;
    if (b.width <= 0 || b.height <= 0)
        return a;
    int32_t left = a.x < b.x ? a.x : b.x;
    int32_t top = a.y < b.y ? a.y : b.y;
    int32_t right = a.x + a.width > b.x + b.width ? a.x + a.width : b.x + b.width;
    int32_t bottom = a.y + a.height > b.y + b.height ? a.y + a.height : b.y + b.height;
    return (struct host_rectangle){left, top, right - left, bottom - top};
}

/* The part of the rectangle that lies on a frame of that size. */
static struct host_rectangle clipped(struct host_rectangle r, int32_t width, int32_t height)
{
    int64_t left = r.x < 0 ? 0 : r.x;
    int64_t top = r.y < 0 ? 0 : r.y;
    int64_t right = (int64_t)r.x + r.width;
    int64_t bottom = (int64_t)r.y + r.height;
    if (right > width)
        right = width;
    if (bottom > height)
        bottom = height;
    if (right <= left || bottom <= top)
        return (struct host_rectangle){0, 0, 0, 0};
    return (struct host_rectangle){(int32_t)left, (int32_t)top, (int32_t)(right - left),
                                   (int32_t)(bottom - top)};
}

static bool fit_frame(struct host_frame *frame, int32_t width, int32_t height)
{
    uint32_t *words = calloc((size_t)width * (size_t)height, sizeof *words);
    if (words == NULL)
        return false;
    free(frame->words);
    *frame = (struct host_frame){words, width, height};
    return true;
}

bool host_keep_cursor(struct host *host, const struct host_request *request)
{
    const struct host_rectangle *r = &request->rectangle;
    free(host->cursor.words);
    host->cursor = (struct host_frame){NULL, 0, 0};
    if (request->words == NULL)
        return true;
    if (!fit_frame(&host->cursor, r->width, r->height))
        return false;
    memcpy(host->cursor.words, request->words,
           (size_t)r->width * (size_t)r->height * sizeof *request->words);
    host->cursor_x = r->x;
    host->cursor_y = r->y;
    return true;
}

static void copy_rectangle(struct host_frame *frame, const struct host_pixels *pixels,
                           struct host_rectangle r)
{
    for (int32_t y = r.y; y < r.y + r.height; y++)
        memcpy(frame->words + (size_t)y * (size_t)frame->width + r.x,
               pixels->bytes + (size_t)y * (size_t)pixels->stride + (size_t)r.x * sizeof(uint32_t),
               (size_t)r.width * sizeof(uint32_t));
}

bool host_present(struct host *host, uint32_t id, const struct host_pixels *pixels,
                  const struct host_rectangle *rectangles, size_t count)
{
    if (pixels->width <= 0 || pixels->height <= 0 || pixels->width > HOST_SIZE_MAX ||
        pixels->height > HOST_SIZE_MAX)
        return false;
    struct host_rectangle whole = {0, 0, pixels->width, pixels->height};
    pthread_mutex_lock(&host->mutex);
    struct host_window *window = host_find_window(host, id);
    bool ok = window != NULL;
    if (ok && (window->frame.width != pixels->width || window->frame.height != pixels->height)) {
        ok = fit_frame(&window->frame, pixels->width, pixels->height);
        rectangles = &whole;
        count = 1;
    }
    for (size_t i = 0; ok && i < count; i++) {
        struct host_rectangle r = clipped(rectangles[i], pixels->width, pixels->height);
        copy_rectangle(&window->frame, pixels, r);
        window->damage = host_union(window->damage, r);
    }
    if (ok && host->backend->wake != NULL && !host->lost)
        host->backend->wake(host);
    pthread_mutex_unlock(&host->mutex);
    return ok;
}
