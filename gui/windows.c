/*
 * The primitives of the module VivariumHost: windows, events, frames, clipboard, cursor. A world without a host gets failures
 * with PRIM_UNSUPPORTED; the image says what that means. Strings cross as UTF-8 bytes.
 */
#include "gui/frames.h"
#include "gui/host.h"
#include "gui/module.h"
#include "gui/state.h"

#include <stdlib.h>
#include <string.h>

/* Slots of the array that an event is put into; HostEvent of package Host knows them by the same places. */
enum event_slot {
    EVENT_KIND,
    EVENT_TIME,
    EVENT_WINDOW,
    EVENT_X,
    EVENT_Y,
    EVENT_KEY,
    EVENT_BUTTON,
    EVENT_MODIFIERS,
    EVENT_DETAIL,
    EVENT_PRODUCED,
    EVENT_TEXT,
    EVENT_SLOTS
};

enum { DAMAGE_NUMBERS = 4, DAMAGE_MAX = 256, STATE_SLOTS = 8, CURSOR_HEAD = 4, THOUSAND = 1000 };

static struct host *host_of(struct vm *vm)
{
    return vm_module_state(vm, HOST_STATE);
}

static void release_null_host(void *state)
{
    struct host *host = state;
    host->backend->close(host);
    host_free(host);
}

static bool small(const prim_call *call, size_t argument, int64_t low, int64_t high, int32_t *value)
{
    int64_t wide;
    if (arg_integer(call, argument, &wide) != PRIM_OK || wide < low || wide > high)
        return false;
    *value = (int32_t)wide;
    return true;
}

/* Performs and frees the text. */
static prim_result perform(struct vm *vm, const prim_call *call, struct host_request *request,
                           char *text)
{
    struct host *host = host_of(vm);
    request->text = text;
    bool done = host_perform(host, request);
    free(text);
    return done ? answer_self(vm, call) : PRIM_FAILED;
}

/* --- the host ------------------------------------------------------------------------------------------------------------- */

prim_result prim_window_system_name(struct vm *vm, const prim_call *call)
{
    struct host *host = host_of(vm);
    if (host == NULL || host->lost)
        return answer_nil(vm, call);
    return answer_string(vm, call, host->backend->name, strlen(host->backend->name));
}

/* A world gets a host without a display; one that has a host keeps it. */
prim_result prim_host_use_null(struct vm *vm, const prim_call *call)
{
    int64_t thousandths;
    prim_result result = arg_integer(call, 0, &thousandths);
    if (result != PRIM_OK)
        return result;
    if (thousandths < THOUSAND / 4 || thousandths > 8 * THOUSAND)
        return PRIM_BAD_ARGUMENT;
    struct host *host = host_of(vm);
    if (host != NULL) {
        if (host->backend != &host_null_backend)
            return PRIM_INAPPROPRIATE;
        host->wanted_scale = (double)thousandths / THOUSAND;
        return answer_self(vm, call);
    }
    struct status status = {STATUS_OK, ""};
    host = host_open_null((double)thousandths / THOUSAND, &status);
    if (host == NULL)
        return PRIM_NO_C_MEMORY;
    host->vm = vm;
    if (!vm_set_module_state(vm, HOST_STATE, host, release_null_host)) {
        release_null_host(host);
        return PRIM_NO_C_MEMORY;
    }
    gui_use_numbered(vm);
    return answer_self(vm, call);
}

/* The host, locked, and the index of an external semaphore, which is the argument. */
static prim_result begin_semaphore(struct vm *vm, const prim_call *call, struct host **host,
                                   int32_t *index)
{
    *host = host_of(vm);
    if (*host == NULL)
        return PRIM_UNSUPPORTED;
    if (!small(call, 0, 0, INT32_MAX, index))
        return PRIM_BAD_ARGUMENT;
    pthread_mutex_lock(&(*host)->mutex);
    return PRIM_OK;
}

/* Index of the external semaphore that is signalled when an event has come. */
prim_result prim_host_event_semaphore(struct vm *vm, const prim_call *call)
{
    struct host *host;
    int32_t index;
    prim_result result = begin_semaphore(vm, call, &host, &index);
    if (result != PRIM_OK)
        return result;
    host->semaphore = (size_t)index;
    if (host->event_count > 0 && index > 0)
        (void)vm_signal_external(vm, host->semaphore);
    pthread_mutex_unlock(&host->mutex);
    return answer_self(vm, call);
}

/* Index of the external semaphore that is signalled when events are left alone. */
prim_result prim_host_guard_semaphore(struct vm *vm, const prim_call *call)
{
    struct host *host;
    int32_t index;
    prim_result result = begin_semaphore(vm, call, &host, &index);
    if (result != PRIM_OK)
        return result;
    host->guard_semaphore = (size_t)index;
    pthread_mutex_unlock(&host->mutex);
    return answer_self(vm, call);
}

/* Whether the person has interrupted again and again since this was asked last. */
prim_result prim_host_wants_evaluator(struct vm *vm, const prim_call *call)
{
    struct host *host = host_of(vm);
    if (host == NULL)
        return answer_boolean(vm, call, false);
    pthread_mutex_lock(&host->mutex);
    bool wanted = host->wants_evaluator;
    host->wants_evaluator = false;
    pthread_mutex_unlock(&host->mutex);
    return answer_boolean(vm, call, wanted);
}

/* As if the person had pressed the keys that interrupt. Only where no person is. */
prim_result prim_host_interrupt(struct vm *vm, const prim_call *call)
{
    struct host *host = host_of(vm);
    if (host == NULL || host->backend != &host_null_backend)
        return PRIM_UNSUPPORTED;
    host_interrupt(host);
    return answer_self(vm, call);
}

/* --- events --------------------------------------------------------------------------------------------------------------- */

static bool is_event_array(oop array)
{
    return oop_has_slots(array, EVENT_SLOTS) && !object_is_immutable(array);
}

static void fill(struct vm *vm, oop array, const struct host_event *event, oop text)
{
    const int64_t numbers[] = {event->kind,   event->time_ms, event->window, event->x,
                               event->y,      event->key,     event->button, event->modifiers,
                               event->detail, event->produced};
    for (size_t i = 0; i < EVENT_TEXT; i++)
        heap_store(vm_heap(vm), array, i, oop_from_integer(numbers[i]));
    heap_store(vm_heap(vm), array, EVENT_TEXT, text);
}

/* Fills the array with the next event and answers true, false when there is none. */
prim_result prim_host_next_event(struct vm *vm, const prim_call *call)
{
    struct host *host = host_of(vm);
    if (host == NULL)
        return PRIM_UNSUPPORTED;
    oop array = prim_argument(call, 0);
    if (!is_event_array(array))
        return PRIM_BAD_ARGUMENT;
    struct host_event event;
    if (!host_take_event(host, &event))
        return answer_boolean(vm, call, false);
    oop text = vm_heap(vm)->nil;
    if (event.text != NULL)
        text = heap_allocate_string(vm_heap(vm), event.text, strlen(event.text));
    free(event.text);
    if (oop_same(text, NO_OOP))
        return PRIM_NO_MEMORY;
    fill(vm, array, &event, text);
    return answer_boolean(vm, call, true);
}

static bool slot_number(oop array, size_t slot, int64_t low, int64_t high, int64_t *number)
{
    oop value = object_slot(array, slot);
    if (!oop_is_integer(value))
        return false;
    *number = oop_to_integer(value);
    return *number >= low && *number <= high;
}

/* Puts an event into the queue as if a person had made it. Only where no person is. */
prim_result prim_host_add_event(struct vm *vm, const prim_call *call)
{
    struct host *host = host_of(vm);
    if (host == NULL || host->backend != &host_null_backend)
        return PRIM_UNSUPPORTED;
    oop array = prim_argument(call, 0);
    if (!is_event_array(array))
        return PRIM_BAD_ARGUMENT;
    int64_t numbers[EVENT_TEXT];
    for (size_t i = 0; i < EVENT_TEXT; i++)
        if (!slot_number(array, i, i == EVENT_TIME ? 0 : INT32_MIN,
                         i == EVENT_TIME ? INT64_MAX : INT32_MAX, &numbers[i]))
            return PRIM_BAD_ARGUMENT;
    if (numbers[EVENT_KIND] <= HOST_NO_EVENT || numbers[EVENT_KIND] > HOST_LOST)
        return PRIM_BAD_ARGUMENT;
    struct host_event event = {.kind = (enum host_event_kind)numbers[EVENT_KIND],
                               .window = (uint32_t)numbers[EVENT_WINDOW],
                               .time_ms = numbers[EVENT_TIME],
                               .x = (int32_t)numbers[EVENT_X],
                               .y = (int32_t)numbers[EVENT_Y],
                               .key = (int32_t)numbers[EVENT_KEY],
                               .button = (int32_t)numbers[EVENT_BUTTON],
                               .modifiers = (int32_t)numbers[EVENT_MODIFIERS],
                               .detail = (int32_t)numbers[EVENT_DETAIL],
                               .produced = (int32_t)numbers[EVENT_PRODUCED]};
    oop text = object_slot(array, EVENT_TEXT);
    if (oop_is_bytes(text)) {
        event.text = strndup((const char *)object_bytes(text), object_byte_count(text));
        if (event.text == NULL)
            return PRIM_NO_C_MEMORY;
    }
    host_add_event(host, &event);
    return answer_self(vm, call);
}

/* --- windows -------------------------------------------------------------------------------------------------------------- */

static bool arg_rectangle(const prim_call *call, size_t argument, struct host_rectangle *r)
{
    return small(call, argument, -HOST_SIZE_MAX, HOST_SIZE_MAX, &r->x) &&
           small(call, argument + 1, -HOST_SIZE_MAX, HOST_SIZE_MAX, &r->y) &&
           small(call, argument + 2, 1, HOST_SIZE_MAX, &r->width) &&
           small(call, argument + 3, 1, HOST_SIZE_MAX, &r->height);
}

/* title, width, height in pixels: the number of a new window. */
prim_result prim_host_open_window(struct vm *vm, const prim_call *call)
{
    struct host *host = host_of(vm);
    struct host_request request = {.kind = HOST_OPEN_WINDOW};
    if (host == NULL)
        return PRIM_UNSUPPORTED;
    if (!small(call, 1, 1, HOST_SIZE_MAX, &request.rectangle.width) ||
        !small(call, 2, 1, HOST_SIZE_MAX, &request.rectangle.height))
        return PRIM_BAD_ARGUMENT;
    char *title;
    prim_result result = arg_c_string(vm, call, 0, &title);
    if (result != PRIM_OK)
        return result;
    request.text = title;
    bool done = host_perform(host, &request);
    free(title);
    return done ? answer_integer(vm, call, request.window) : PRIM_FAILED;
}

/* A request about a window whose number is the first argument. */
static prim_result begin(struct vm *vm, const prim_call *call, struct host_request *request)
{
    int32_t id;
    if (host_of(vm) == NULL)
        return PRIM_UNSUPPORTED;
    if (!small(call, 0, 1, INT32_MAX, &id))
        return PRIM_BAD_ARGUMENT;
    request->window = (uint32_t)id;
    return PRIM_OK;
}

/* A request that says no more than its window. */
static prim_result perform_plain(struct vm *vm, const prim_call *call, enum host_request_kind kind)
{
    struct host_request request = {.kind = kind};
    prim_result result = begin(vm, call, &request);
    return result == PRIM_OK ? perform(vm, call, &request, NULL) : result;
}

/* A request with a rectangle of the window. */
static prim_result perform_rectangle(struct vm *vm, const prim_call *call,
                                     enum host_request_kind kind)
{
    struct host_request request = {.kind = kind};
    prim_result result = begin(vm, call, &request);
    if (result == PRIM_OK && !arg_rectangle(call, 1, &request.rectangle))
        result = PRIM_BAD_ARGUMENT;
    return result == PRIM_OK ? perform(vm, call, &request, NULL) : result;
}

prim_result prim_host_close_window(struct vm *vm, const prim_call *call)
{
    return perform_plain(vm, call, HOST_CLOSE_WINDOW);
}

prim_result prim_host_raise_window(struct vm *vm, const prim_call *call)
{
    return perform_plain(vm, call, HOST_RAISE);
}

prim_result prim_host_set_title(struct vm *vm, const prim_call *call)
{
    struct host_request request = {.kind = HOST_SET_TITLE};
    char *text;
    prim_result result = begin(vm, call, &request);
    if (result == PRIM_OK)
        result = arg_c_string(vm, call, 1, &text);
    return result == PRIM_OK ? perform(vm, call, &request, text) : result;
}

prim_result prim_host_set_bounds(struct vm *vm, const prim_call *call)
{
    return perform_rectangle(vm, call, HOST_SET_BOUNDS);
}

prim_result prim_host_set_text_area(struct vm *vm, const prim_call *call)
{
    return perform_rectangle(vm, call, HOST_SET_TEXT_AREA);
}

prim_result prim_host_set_full_screen(struct vm *vm, const prim_call *call)
{
    struct host_request request = {.kind = HOST_SET_FULL_SCREEN};
    prim_result result = begin(vm, call, &request);
    request.flag = oop_same(prim_argument(call, 1), vm_heap(vm)->true_object);
    return result == PRIM_OK ? perform(vm, call, &request, NULL) : result;
}

prim_result prim_host_set_cursor(struct vm *vm, const prim_call *call)
{
    struct host_request request = {.kind = HOST_SET_CURSOR};
    char *name;
    if (host_of(vm) == NULL)
        return PRIM_UNSUPPORTED;
    prim_result result = arg_c_string(vm, call, 0, &name);
    return result == PRIM_OK ? perform(vm, call, &request, name) : result;
}

/* Fills an array: x, y, width, height, scale in thousandths, and 1 or 0 for focused, full screen, minimized, in pixels. */
prim_result prim_host_window_state(struct vm *vm, const prim_call *call)
{
    struct host *host = host_of(vm);
    int32_t id;
    oop array = prim_argument(call, 1);
    if (host == NULL)
        return PRIM_UNSUPPORTED;
    if (!small(call, 0, 1, INT32_MAX, &id) || !oop_has_slots(array, STATE_SLOTS) ||
        object_is_immutable(array))
        return PRIM_BAD_ARGUMENT;
    pthread_mutex_lock(&host->mutex);
    struct host_window *found = host_find_window(host, (uint32_t)id);
    struct host_window window = found == NULL ? (struct host_window){.id = 0} : *found;
    pthread_mutex_unlock(&host->mutex);
    if (window.id == 0)
        return PRIM_NOT_FOUND;
    const int64_t numbers[] = {window.x,
                               window.y,
                               window.width,
                               window.height,
                               (int64_t)(window.scale * THOUSAND),
                               window.focused,
                               window.full_screen,
                               window.minimized};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        heap_store(vm_heap(vm), array, i, oop_from_integer(numbers[i]));
    return answer_self(vm, call);
}

/* --- frames --------------------------------------------------------------------------------------------------------------- */

/* Reads an array of x, y, width, height, again and again. */
static bool read_damage(oop array, struct host_rectangle *rectangles, size_t *count)
{
    if (!oop_has_slots(array, 0))
        return false;
    size_t size = object_slot_count(array);
    *count = size / DAMAGE_NUMBERS;
    if (size % DAMAGE_NUMBERS != 0 || *count > DAMAGE_MAX)
        return false;
    int64_t n[DAMAGE_NUMBERS];
    for (size_t i = 0; i < *count; i++) {
        for (size_t j = 0; j < DAMAGE_NUMBERS; j++)
            if (!slot_number(array, i * DAMAGE_NUMBERS + j, -HOST_SIZE_MAX, 2 * HOST_SIZE_MAX,
                             &n[j]))
                return false;
        rectangles[i] =
            (struct host_rectangle){(int32_t)n[0], (int32_t)n[1], (int32_t)n[2], (int32_t)n[3]};
    }
    return true;
}

/* window, surface, array of rectangles: shows these parts of the surface. */
prim_result prim_host_present(struct vm *vm, const prim_call *call)
{
    struct host *host = host_of(vm);
    int32_t id;
    struct gui_pixels surface;
    struct host_rectangle rectangles[DAMAGE_MAX];
    size_t count;
    if (host == NULL)
        return PRIM_UNSUPPORTED;
    if (!small(call, 0, 1, INT32_MAX, &id) ||
        !gui_surface_pixels(vm, prim_argument(call, 1), &surface) ||
        !read_damage(prim_argument(call, 2), rectangles, &count))
        return PRIM_BAD_ARGUMENT;
    struct host_pixels pixels = {surface.bytes, surface.width, surface.height,
                                 (int32_t)surface.stride};
    return host_present(host, (uint32_t)id, &pixels, rectangles, count) ? answer_self(vm, call)
                                                                        : PRIM_FAILED;
}

/* window, file name: what the window shows, as PNG. */
prim_result prim_host_write_frame(struct vm *vm, const prim_call *call)
{
    struct host *host = host_of(vm);
    int32_t id;
    char *path;
    if (host == NULL)
        return PRIM_UNSUPPORTED;
    if (!small(call, 0, 1, INT32_MAX, &id))
        return PRIM_BAD_ARGUMENT;
    prim_result result = arg_c_string(vm, call, 1, &path);
    if (result != PRIM_OK)
        return result;
    pthread_mutex_lock(&host->mutex);
    struct host_window *window = host_find_window(host, (uint32_t)id);
    bool written = window != NULL && frame_write_png(&window->frame, path);
    pthread_mutex_unlock(&host->mutex);
    free(path);
    return written ? answer_self(vm, call) : PRIM_FAILED;
}

/* words of 32 bits: the spot of the cursor that points, its extent and its pixels as far as they fit go there, on a host without a
 * display. Answers whether there is a picture. */
prim_result prim_host_read_cursor(struct vm *vm, const prim_call *call)
{
    struct host *host = host_of(vm);
    oop words = prim_argument(call, 0);
    if (host == NULL || host->backend != &host_null_backend)
        return PRIM_UNSUPPORTED;
    if (!oop_is_object(words) || !format_is_words32(object_format(words)) ||
        object_is_immutable(words))
        return PRIM_BAD_ARGUMENT;
    size_t room = format_element_count(object_format(words), object_slot_count(words));
    if (room < CURSOR_HEAD)
        return PRIM_BAD_ARGUMENT;
    const struct host_frame *picture = &host->cursor;
    if (picture->words == NULL)
        return answer_boolean(vm, call, false);
    const uint32_t head[CURSOR_HEAD] = {(uint32_t)host->cursor_x, (uint32_t)host->cursor_y,
                                        (uint32_t)picture->width, (uint32_t)picture->height};
    size_t count = (size_t)picture->width * (size_t)picture->height;
    memcpy(object_bytes(words), head, sizeof head);
    memcpy(object_bytes(words) + sizeof head, picture->words,
           (count < room - CURSOR_HEAD ? count : room - CURSOR_HEAD) * sizeof *picture->words);
    return answer_boolean(vm, call, true);
}

/* window, text: shows lines of plain text over all of the window, without any object of the image. */
prim_result prim_host_show_text(struct vm *vm, const prim_call *call)
{
    struct host *host = host_of(vm);
    int32_t id;
    char *text;
    if (host == NULL)
        return PRIM_UNSUPPORTED;
    if (!small(call, 0, 1, INT32_MAX, &id))
        return PRIM_BAD_ARGUMENT;
    prim_result result = arg_c_string(vm, call, 1, &text);
    if (result != PRIM_OK)
        return result;
    bool shown = frame_show_text(host, (uint32_t)id, text);
    free(text);
    return shown ? answer_self(vm, call) : PRIM_FAILED;
}

/* --- clipboard ------------------------------------------------------------------------------------------------------------ */

static prim_result get_text(struct vm *vm, const prim_call *call, enum host_request_kind kind)
{
    struct host_request request = {.kind = kind};
    if (host_of(vm) == NULL)
        return PRIM_UNSUPPORTED;
    if (!host_perform(host_of(vm), &request))
        return PRIM_FAILED;
    prim_result result = answer_string(vm, call, request.answer, strlen(request.answer));
    free(request.answer);
    return result;
}

static prim_result set_text(struct vm *vm, const prim_call *call, enum host_request_kind kind)
{
    struct host_request request = {.kind = kind};
    char *text;
    if (host_of(vm) == NULL)
        return PRIM_UNSUPPORTED;
    prim_result result = arg_c_string(vm, call, 0, &text);
    return result == PRIM_OK ? perform(vm, call, &request, text) : result;
}

prim_result prim_host_clipboard(struct vm *vm, const prim_call *call)
{
    return get_text(vm, call, HOST_GET_CLIPBOARD);
}

prim_result prim_host_set_clipboard(struct vm *vm, const prim_call *call)
{
    return set_text(vm, call, HOST_SET_CLIPBOARD);
}

prim_result prim_host_primary(struct vm *vm, const prim_call *call)
{
    return get_text(vm, call, HOST_GET_PRIMARY);
}

prim_result prim_host_set_primary(struct vm *vm, const prim_call *call)
{
    return set_text(vm, call, HOST_SET_PRIMARY);
}
