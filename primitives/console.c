/*
 * VivariumConsole: lines from a person. On a terminal a line is edited with history and completion of selectors and globals;
 * otherwise bytes are read up to the line's end, one by one, so that nothing after it is taken from other readers.
 */
#include "primitives/functions.h"

#include "primitives/line_editor.h"
#include "primitives/text_objects.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WAIT_MS = 30, DEFAULT_WIDTH = 80, PROMPT_SIZE = 64 };

struct console {
    struct line_editor *editor; /* NULL: none, or none yet */
    bool tried;                 /* to open it */
    bool prompted;              /* of the plain reader: the prompt stands there */
    char *bytes;                /* of the plain reader: the line so far */
    size_t size;
    size_t capacity;
};

static void release_console(void *state)
{
    struct console *console = state;
    if (console->editor != NULL)
        line_editor_close(console->editor);
    free(console->bytes);
    free(console);
}

static struct console *console_of(struct vm *vm)
{
    return vm_ensure_module_state(vm, "VivariumConsole", sizeof(struct console), NULL,
                                  release_console);
}

/* --- completion ------------------------------------------------------------------------------------------------------- */

static void offer(oop symbol, const char *prefix, size_t size, struct completions *completions)
{
    if (!oop_is_object(symbol) || !format_is_bytes(object_format(symbol)))
        return;
    const char *bytes = (const char *)object_bytes(symbol);
    size_t count = object_byte_count(symbol);
    if (count >= size && memcmp(bytes, prefix, size) == 0)
        completions_add(completions, bytes, count);
}

/* The keys of the associations in the global dictionary. */
static void offer_globals(struct heap *heap, const char *prefix, size_t size,
                          struct completions *completions)
{
    oop smalltalk = heap_special_or_nil(heap, SPECIAL_SMALLTALK);
    if (!oop_has_slots(smalltalk, 2))
        return;
    oop array = heap_follow(object_slot(smalltalk, 1));
    if (!oop_has_slots(array, 0))
        return;
    for (size_t i = 0; i < object_slot_count(array); i++) {
        oop association = heap_follow(object_slot(array, i));
        if (oop_has_slots(association, 2))
            offer(heap_follow(object_slot(association, SLOT_ASSOCIATION_KEY)), prefix, size,
                  completions);
    }
}

/* The keys of all method dictionaries: objects of the class that SmallInteger's methods are kept in. */
static void offer_selectors(struct heap *heap, const char *prefix, size_t size,
                            struct completions *completions)
{
    oop class = heap_class_at(heap, CLASS_SMALL_INTEGER);
    oop methods = heap_follow(object_slot(class, SLOT_BEHAVIOR_METHOD_DICTIONARY));
    if (!oop_is_object(methods))
        return;
    uint32_t index = object_class_index(methods);
    for (oop object = heap_first_object(heap); !oop_is_none(object);
         object = heap_next_object(heap, object)) {
        if (object_class_index(object) != index || !format_is_pointers(object_format(object)))
            continue;
        for (size_t i = SLOT_METHOD_DICTIONARY_KEYS; i < object_slot_count(object); i++)
            offer(heap_follow(object_slot(object, i)), prefix, size, completions);
    }
}

static void complete(void *context, const char *prefix, size_t size,
                     struct completions *completions)
{
    struct heap *heap = context;
    if (prefix[0] >= 'A' && prefix[0] <= 'Z')
        offer_globals(heap, prefix, size, completions);
    else
        offer_selectors(heap, prefix, size, completions);
}

/* --- reading ---------------------------------------------------------------------------------------------------------- */

static bool append_byte(struct console *console, char byte)
{
    if (console->size == console->capacity) {
        size_t capacity = console->capacity == 0 ? 256 : console->capacity * 2;
        char *bytes = realloc(console->bytes, capacity);
        if (bytes == NULL)
            return false;
        console->bytes = bytes;
        console->capacity = capacity;
    }
    console->bytes[console->size++] = byte;
    return true;
}

static prim_result answer_text(struct vm *vm, const prim_call *call, const char *bytes, size_t size)
{
    return answer_new(vm, call, text_new_string_from_utf8(vm_heap(vm), bytes, size));
}

/* Answers the line that was read plainly, and forgets it. */
static prim_result finish_plain(struct vm *vm, const prim_call *call, struct console *console)
{
    size_t size = console->size;
    if (size > 0 && console->bytes[size - 1] == '\r')
        size--;
    console->size = 0;
    console->prompted = false;
    return answer_text(vm, call, console->bytes, size);
}

/* Takes what is there; answers false to the image while the line has no end yet. */
static prim_result read_plainly(struct vm *vm, const prim_call *call, struct console *console,
                                const char *prompt)
{
    struct pollfd waiting = {.fd = 0, .events = POLLIN};
    int wait_ms = WAIT_MS;
    if (!console->prompted && isatty(0)) {
        fputs(prompt, stdout);
        fflush(stdout);
    }
    console->prompted = true;
    while (poll(&waiting, 1, wait_ms) != 0) {
        char byte;
        ssize_t size = read(0, &byte, 1);
        wait_ms = 0;
        if (size < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (size < 0 && errno != EIO)
            return fail_with_os_error(vm, errno);
        if (size <= 0 && console->size == 0) {
            console->prompted = false;
            return answer_nil(vm, call);
        }
        if (size <= 0 || byte == '\n')
            return finish_plain(vm, call, console);
        if (!append_byte(console, byte))
            return PRIM_NO_C_MEMORY;
    }
    return answer_boolean(vm, call, false);
}

static prim_result read_edited(struct vm *vm, const prim_call *call, struct console *console,
                               const char *prompt)
{
    const char *line = NULL;
    size_t size = 0;
    switch (line_editor_step(console->editor, prompt, WAIT_MS, vm_heap(vm), &line, &size)) {
    case EDITOR_LINE:
        return answer_text(vm, call, line, size);
    case EDITOR_CANCELLED:
        return answer_boolean(vm, call, true);
    case EDITOR_END:
        fputs("\n", stdout);
        fflush(stdout);
        return answer_nil(vm, call);
    case EDITOR_WAITING:
        break;
    }
    return answer_boolean(vm, call, false);
}

/* Argument: the prompt. Answers a String; nil at the end of the input; false when there is no whole line yet, and the caller
 * asks again after others have run; true when the person gave up the line. */
prim_result prim_read_line(struct vm *vm, const prim_call *call)
{
    struct console *console = console_of(vm);
    uint8_t *bytes;
    size_t size;
    char prompt[PROMPT_SIZE];
    if (console == NULL)
        return PRIM_NO_C_MEMORY;
    prim_result result = arg_bytes(call, 0, &bytes, &size);
    if (result != PRIM_OK)
        return result;
    snprintf(prompt, sizeof prompt, "%.*s", (int)(size < sizeof prompt ? size : sizeof prompt - 1),
             (const char *)bytes);
    if (!console->tried)
        console->editor = line_editor_open(complete);
    console->tried = true;
    return console->editor != NULL ? read_edited(vm, call, console, prompt)
                                   : read_plainly(vm, call, console, prompt);
}

/* Argument: 0, 1 or 2. */
prim_result prim_is_terminal(struct vm *vm, const prim_call *call)
{
    int64_t number = 0;
    if (call->argument_count > 1)
        return PRIM_BAD_ARGUMENT_COUNT;
    if (call->argument_count == 1) {
        prim_result result = arg_integer(call, 0, &number);
        if (result != PRIM_OK)
            return result;
        if (number < 0 || number > 2)
            return PRIM_BAD_INDEX;
    }
    return answer_boolean(vm, call, isatty((int)number) == 1);
}

/* The columns of the terminal, 80 where there is none. */
prim_result prim_console_width(struct vm *vm, const prim_call *call)
{
    struct winsize size;
    bool known = ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return answer_integer(vm, call, known ? size.ws_col : DEFAULT_WIDTH);
}
