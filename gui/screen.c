/* The window that shows an image's Display, and its primitives but those of events. */
#include "gui/screen.h"

#include "gui/module.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FORM_BITS,
    FORM_WIDTH,
    FORM_HEIGHT,
    FORM_DEPTH,
    FORM_SLOTS,
    FIRST_WIDTH = 1024,
    FIRST_HEIGHT = 768,
    OLD_WIDTH = 640, /* what the Display of a Smalltalk-80 image grows to */
    OLD_HEIGHT = 480,
    TITLE_SIZE = 256
};

static void release_screen(void *state)
{
    struct screen *screen = state;
    free(screen->words);
    free(screen->scaled);
    free(screen);
}

struct screen *screen_of(struct vm *vm)
{
    struct host *host = vm_module_state(vm, HOST_STATE);
    if (host == NULL || host->lost)
        return NULL;
    struct screen *screen =
        vm_ensure_module_state(vm, "screen", sizeof *screen, NULL, release_screen);
    if (screen == NULL)
        return NULL;
    screen->host = host;
    /* Without a wish a pixel of the image is one of the display, however small those are. */
    screen->scale = host->wanted_scale > 0 ? host->wanted_scale : 1;
    return screen;
}

static struct host_window window_of(struct screen *screen)
{
    pthread_mutex_lock(&screen->host->mutex);
    struct host_window *found = host_find_window(screen->host, screen->window);
    struct host_window window = found == NULL ? (struct host_window){.id = 0} : *found;
    pthread_mutex_unlock(&screen->host->mutex);
    return window;
}

int32_t screen_to_image(const struct screen *screen, int32_t pixels)
{
    return (int32_t)floor(pixels / screen->scale);
}

/* Opens the window if there is none, with so many pixels where the display has them. */
static bool open_window(struct vm *vm, struct screen *screen, int32_t width, int32_t height)
{
    if (screen->window != 0)
        return true;
    char title[TITLE_SIZE];
    const char *path = vm_host_arguments(vm)->image_path;
    const char *slash = strrchr(path, '/');
    snprintf(title, sizeof title, "%s", slash == NULL ? path : slash + 1);
    struct host_request request = {
        .kind = HOST_OPEN_WINDOW,
        .rectangle = {0, 0, width, height},
        .flag = true,
        .text = title,
    };
    if (!host_perform(screen->host, &request))
        return false;
    screen->window = request.window;
    return true;
}

bool screen_open(struct vm *vm, struct screen *screen)
{
    return open_window(vm, screen, pixels_scaled(FIRST_WIDTH, screen->scale),
                       pixels_scaled(FIRST_HEIGHT, screen->scale));
}

/* Smalltalk-80 does not ask how large the window is: it gets room for the Display, as it is and as it may grow. */
static bool open_for(struct vm *vm, struct screen *screen, const struct form_pixels *form)
{
    if (form->halves == NULL)
        return screen_open(vm, screen);
    return open_window(vm, screen, form->width > OLD_WIDTH ? form->width : OLD_WIDTH,
                       form->height > OLD_HEIGHT ? form->height : OLD_HEIGHT);
}

/* --- showing ---------------------------------------------------------------------------------------------------------------- */

static bool slot_fits(oop object, size_t slot, int64_t low, int64_t high, int32_t *number)
{
    oop value = object_slot(object, slot);
    if (!oop_is_integer(value) || oop_to_integer(value) < low || oop_to_integer(value) > high)
        return false;
    *number = (int32_t)oop_to_integer(value);
    return true;
}

/* Smalltalk-80's have bits in words of 16, one a pixel, and say nothing of depth. */
bool screen_read_form(oop object, struct form_pixels *form)
{
    *form = (struct form_pixels){.words = NULL};
    if (!oop_has_slots(object, FORM_SLOTS))
        return false;
    oop bits = object_slot(object, FORM_BITS);
    if (oop_is_object(bits) && format_is_words16(object_format(bits))) {
        form->halves = (const uint16_t *)(const void *)object_bytes(bits);
        form->word_count = object_byte_count(bits);
        form->depth = 1;
        return slot_fits(object, FORM_WIDTH, 1, HOST_SIZE_MAX, &form->width) &&
               slot_fits(object, FORM_HEIGHT, 1, HOST_SIZE_MAX, &form->height) &&
               form_pixels_fit(form);
    }
    if (!oop_is_object(bits) || !format_is_words32(object_format(bits)) ||
        !slot_fits(object, FORM_WIDTH, 1, HOST_SIZE_MAX, &form->width) ||
        !slot_fits(object, FORM_HEIGHT, 1, HOST_SIZE_MAX, &form->height) ||
        !slot_fits(object, FORM_DEPTH, -32, 32, &form->depth))
        return false;
    form->words = (const uint32_t *)(const void *)object_bytes(bits);
    form->word_count = format_element_count(object_format(bits), object_slot_count(bits));
    return form_pixels_fit(form);
}

static bool fit_words(struct screen *screen, const struct form_pixels *form)
{
    int32_t width = pixels_scaled(form->width, screen->scale);
    int32_t height = pixels_scaled(form->height, screen->scale);
    bool is_scaled = screen->scale != 1;
    if (screen->words != NULL && screen->width == form->width && screen->height == form->height &&
        is_scaled == (screen->scaled != NULL))
        return true;
    free(screen->words);
    free(screen->scaled);
    screen->scaled = NULL;
    screen->words = calloc((size_t)form->width * (size_t)form->height, sizeof *screen->words);
    if (is_scaled && width <= HOST_SIZE_MAX && height <= HOST_SIZE_MAX)
        screen->scaled = calloc((size_t)width * (size_t)height, sizeof *screen->scaled);
    screen->width = form->width;
    screen->height = form->height;
    return screen->words != NULL && is_scaled == (screen->scaled != NULL);
}

/* Hands a part of the words to the window. */
static bool present(struct screen *screen, struct host_rectangle part)
{
    struct host_pixels pixels = {(const uint8_t *)screen->words, screen->width, screen->height,
                                 screen->width * 4};
    if (screen->scaled != NULL) {
        const struct scaled_pixels scaled = {screen->words, screen->width, screen->height,
                                             screen->scale, screen->scaled};
        part = pixels_scale(&scaled, &part);
        pixels.bytes = (const uint8_t *)screen->scaled;
        pixels.width = pixels_scaled(screen->width, screen->scale);
        pixels.height = pixels_scaled(screen->height, screen->scale);
        pixels.stride = pixels.width * 4;
    }
    return host_present(screen->host, screen->window, &pixels, &part, 1);
}

/* Shows what of the Display lies between the edges. Nothing happens when there is no Display yet. */
static prim_result show(struct vm *vm, struct screen *screen, const int32_t edges[4])
{
    struct form_pixels form;
    if (!screen_read_form(heap_special_or_nil(vm_heap(vm), SPECIAL_DISPLAY), &form))
        return PRIM_INAPPROPRIATE;
    bool is_new =
        screen->words == NULL || screen->width != form.width || screen->height != form.height;
    struct host_rectangle part = {0, 0, form.width, form.height};
    if (!open_for(vm, screen, &form) || !fit_words(screen, &form))
        return PRIM_FAILED;
    if (!is_new) {
        int32_t right = edges[1] < form.width ? edges[1] : form.width;
        int32_t bottom = edges[3] < form.height ? edges[3] : form.height;
        part.x = edges[0] > 0 ? edges[0] : 0;
        part.y = edges[2] > 0 ? edges[2] : 0;
        part.width = right - part.x;
        part.height = bottom - part.y;
        if (part.width <= 0 || part.height <= 0)
            return PRIM_OK;
    }
    form_pixels_convert(&form, &part, screen->words, screen->width);
    return present(screen, part) ? PRIM_OK : PRIM_FAILED;
}

static prim_result answer_after(struct vm *vm, const prim_call *call, prim_result result)
{
    return result == PRIM_OK ? answer_self(vm, call) : result;
}

/* Images that do not say themselves what is to be shown draw on the Display and see it. */
static void show_change(struct vm *vm, const int32_t edges[4])
{
    struct screen *screen = screen_of(vm);
    if (screen != NULL && !screen->deferring)
        (void)show(vm, screen, edges);
}

/* Shows a rectangle of the Display: left, right, top, bottom. */
prim_result prim_screen_show(struct vm *vm, const prim_call *call)
{
    struct screen *screen = screen_of(vm);
    int32_t edges[4];
    if (screen == NULL)
        return PRIM_UNSUPPORTED;
    if (call->argument_count != 4)
        return PRIM_BAD_ARGUMENT_COUNT;
    for (size_t i = 0; i < 4; i++) {
        int64_t edge;
        if (arg_integer(call, i, &edge) != PRIM_OK)
            return PRIM_BAD_ARGUMENT;
        edges[i] = (int32_t)(edge < -HOST_SIZE_MAX  ? -HOST_SIZE_MAX
                             : edge > HOST_SIZE_MAX ? HOST_SIZE_MAX
                                                    : edge);
    }
    return answer_after(vm, call, show(vm, screen, edges));
}

static prim_result show_all(struct vm *vm, struct screen *screen)
{
    const int32_t all[4] = {0, HOST_SIZE_MAX, 0, HOST_SIZE_MAX};
    return show(vm, screen, all);
}

/* The receiver becomes the Display. */
prim_result prim_screen_be_display(struct vm *vm, const prim_call *call)
{
    struct screen *screen = screen_of(vm);
    struct form_pixels form;
    struct heap *heap = vm_heap(vm);
    if (screen == NULL)
        return PRIM_UNSUPPORTED;
    if (!oop_has_slots(call->receiver, FORM_SLOTS) ||
        object_slot_count(heap->special_objects) <= SPECIAL_DISPLAY)
        return PRIM_BAD_RECEIVER;
    heap_store(heap, heap->special_objects, SPECIAL_DISPLAY, call->receiver);
    vm_set_display_hook(vm, show_change);
    /* Its bits may come later. */
    return answer_after(vm, call,
                        screen_read_form(call->receiver, &form) ? show_all(vm, screen) : PRIM_OK);
}

/* With true, the image itself says what of the Display is to be shown. */
prim_result prim_screen_defer(struct vm *vm, const prim_call *call)
{
    struct screen *screen = screen_of(vm);
    if (screen == NULL)
        return PRIM_UNSUPPORTED;
    screen->deferring = oop_same(prim_argument(call, 0), vm_heap(vm)->true_object);
    return answer_self(vm, call);
}

/* Pixels of the image that fit into the window: a Point. */
prim_result prim_screen_size(struct vm *vm, const prim_call *call)
{
    struct screen *screen = screen_of(vm);
    if (screen == NULL || !screen_open(vm, screen))
        return PRIM_UNSUPPORTED;
    struct host_window window = window_of(screen);
    if (window.id == 0)
        return PRIM_FAILED;
    return answer_point(vm, call, oop_from_integer(screen_to_image(screen, window.width)),
                        oop_from_integer(screen_to_image(screen, window.height)));
}

static bool is_depth(int64_t depth)
{
    if (depth < 0 && depth >= -32)
        depth = -depth;
    return depth >= 1 && depth <= 32 && (depth & (depth - 1)) == 0;
}

prim_result prim_screen_supports_depth(struct vm *vm, const prim_call *call)
{
    int64_t depth;
    if (arg_integer(call, 0, &depth) != PRIM_OK)
        return PRIM_BAD_ARGUMENT;
    return answer_boolean(vm, call, is_depth(depth));
}

static bool fill_screen(struct screen *screen, bool full)
{
    struct host_request request = {
        .kind = HOST_SET_FULL_SCREEN, .window = screen->window, .flag = full};
    return host_perform(screen->host, &request);
}

/* Makes the window so large that the image has so many pixels. */
static bool resize_window(struct screen *screen, int64_t width, int64_t height)
{
    struct host_window window = window_of(screen);
    if (width < 1 || height < 1 || width > HOST_SIZE_MAX || height > HOST_SIZE_MAX ||
        (double)width * screen->scale > HOST_SIZE_MAX ||
        (double)height * screen->scale > HOST_SIZE_MAX)
        return false;
    struct host_request request = {
        .kind = HOST_SET_BOUNDS,
        .window = screen->window,
        .rectangle = {window.x, window.y, pixels_scaled((int32_t)width, screen->scale),
                      pixels_scaled((int32_t)height, screen->scale)},
    };
    return host_perform(screen->host, &request);
}

/* depth, width, height, full screen: how the image wants to be shown. A depth alone may be said, too. */
prim_result prim_screen_new_depth(struct vm *vm, const prim_call *call)
{
    struct screen *screen = screen_of(vm);
    int64_t depth;
    int64_t width;
    int64_t height;
    if (screen == NULL || !screen_open(vm, screen))
        return PRIM_UNSUPPORTED;
    if (call->argument_count != 1 && call->argument_count != 4)
        return PRIM_BAD_ARGUMENT_COUNT;
    if (arg_integer(call, 0, &depth) != PRIM_OK || !is_depth(depth))
        return PRIM_BAD_ARGUMENT;
    if (call->argument_count == 1)
        return answer_self(vm, call);
    if (arg_integer(call, 1, &width) != PRIM_OK || arg_integer(call, 2, &height) != PRIM_OK)
        return PRIM_BAD_ARGUMENT;
    bool full = oop_same(prim_argument(call, 3), vm_heap(vm)->true_object);
    bool done = fill_screen(screen, full) && (full || resize_window(screen, width, height));
    return done ? answer_self(vm, call) : PRIM_FAILED;
}

prim_result prim_screen_full(struct vm *vm, const prim_call *call)
{
    struct screen *screen = screen_of(vm);
    if (screen == NULL || !screen_open(vm, screen))
        return PRIM_UNSUPPORTED;
    bool full = oop_same(prim_argument(call, 0), vm_heap(vm)->true_object);
    return fill_screen(screen, full) ? answer_self(vm, call) : PRIM_FAILED;
}

/* Shown at once anyway; and sound is left silent. */
prim_result prim_screen_accept(struct vm *vm, const prim_call *call)
{
    return screen_of(vm) == NULL ? PRIM_UNSUPPORTED : answer_self(vm, call);
}
