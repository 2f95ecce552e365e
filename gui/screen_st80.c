/*
 * The screen of Smalltalk-80 images: the mouse, and the words of input one by one (screen_words.h). The image waits for its
 * semaphore before each word, so that is signalled for each; it is the only external object of such a world.
 */
#include "gui/module.h"
#include "gui/screen_words.h"

#include <stdlib.h>

enum { INPUT_SEMAPHORE = 1 };

struct st80_input {
    struct screen_words words;
    bool is_shown; /* the Display was looked for */
};

/* An image that was saved by its primitive alone wakes up with a Display, and does not say so. */
static void show_display(struct vm *vm, struct st80_input *input)
{
    struct heap *heap = vm_heap(vm);
    const prim_call call = {heap_special_or_nil(heap, SPECIAL_DISPLAY), NULL, 0, NO_OOP};
    if (input->is_shown)
        return;
    input->is_shown = true;
    if (!oop_same(call.receiver, heap->nil))
        (void)prim_screen_be_display(vm, &call);
}

/* The words of a VM with a host; the host's own signal wakes the image up when something has happened. NULL without either. */
static struct screen_words *words_of(struct vm *vm, struct screen **screen)
{
    *screen = screen_of(vm);
    if (*screen == NULL)
        return NULL;
    struct st80_input *input =
        vm_ensure_module_state(vm, "screen words", sizeof *input, NULL, free);
    struct host *host = (*screen)->host;
    pthread_mutex_lock(&host->mutex);
    host->semaphore = INPUT_SEMAPHORE;
    pthread_mutex_unlock(&host->mutex);
    if (input == NULL)
        return NULL;
    show_display(vm, input);
    return &input->words;
}

/* Takes what has happened. */
static struct screen_words *words_now(struct vm *vm, struct screen **screen)
{
    struct screen_words *words = words_of(vm, screen);
    struct screen_event event;
    while (words != NULL && screen_next_event(*screen, &event))
        for (size_t i = screen_words_add(words, &event); i > 0; i--)
            (void)vm_signal_external(vm, INPUT_SEMAPHORE);
    return words;
}

prim_result prim_screen_st80_mouse_point(struct vm *vm, const prim_call *call)
{
    struct screen *screen;
    const struct screen_words *words = words_now(vm, &screen);
    if (words == NULL)
        return PRIM_UNSUPPORTED;
    return answer_point(vm, call, oop_from_integer(words->x), oop_from_integer(words->y));
}

prim_result prim_screen_st80_input_word(struct vm *vm, const prim_call *call)
{
    struct screen *screen;
    struct screen_words *words = words_now(vm, &screen);
    if (words == NULL)
        return PRIM_UNSUPPORTED;
    return answer_integer(vm, call, screen_words_take(words));
}

/* The receiver becomes the Display, and the window is opened. */
prim_result prim_screen_st80_be_display(struct vm *vm, const prim_call *call)
{
    struct screen *screen;
    return words_of(vm, &screen) == NULL ? PRIM_UNSUPPORTED : prim_screen_be_display(vm, call);
}
