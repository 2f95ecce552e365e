/*
 * A host: the window system behind a world (architecture, D9). gui/ makes hosts, viv gives one to a VM, primitives of gui/ use
 * it. Windows and clipboard belong to the thread that called host_module.run; the VM's thread asks for things and is answered,
 * gets events from a queue, and hands over frames. A world without a host has no windows and works in every other way.
 */
#ifndef VIV_HOST_H
#define VIV_HOST_H

#include "vm/base/status.h"

#include <stdint.h>

struct vm;
struct host;
struct primitive_table;

/* What a person does, as the image sees it: HostEvent in package Host knows the same numbers. */
enum host_event_kind {
    HOST_NO_EVENT = 0,
    HOST_MOUSE_MOVE = 1,
    HOST_MOUSE_DOWN = 2,
    HOST_MOUSE_UP = 3,
    HOST_WHEEL = 4,
    HOST_KEY_DOWN = 5,
    HOST_KEY_UP = 6,
    HOST_TEXT = 7,     /* characters, after the input method */
    HOST_PRE_EDIT = 8, /* what the input method still works on */
    HOST_RESIZED = 9,
    HOST_CLOSE = 10, /* somebody wants the window closed */
    HOST_FOCUS_IN = 11,
    HOST_FOCUS_OUT = 12,
    HOST_EXPOSED = 13,
    HOST_DROP_FILE = 14,
    HOST_DROP_TEXT = 15,
    HOST_SCALE = 16,
    HOST_MOUSE_LEFT = 17, /* the pointer left the window */
    HOST_LOST = 18        /* the display is gone: no window exists any more */
};

enum host_modifier {
    HOST_SHIFT = 1,
    HOST_CONTROL = 2,
    HOST_ALT = 4,
    HOST_META = 8,
    HOST_ALT_GRAPH = 16
};

/* Keys without a character are the USB usage number with this bit. */
enum { HOST_KEY_NAMED = 1 << 30 };

struct host_event {
    enum host_event_kind kind;
    uint32_t window;
    int64_t time_ms;
    int32_t x,
        y; /* pixels of the window's contents; of a resize the new size; of a wheel see detail */
    int32_t
        key; /* of a key what it is without modifiers: a code point, or HOST_KEY_NAMED with a usage number */
    int32_t
        button; /* 1 left, 2 middle, 3 right; of a key the position on the keyboard (usage number) */
    int32_t modifiers;
    int32_t
        detail; /* clicks; 1 for a repeated key; steps of a wheel times 1000 (positive: away), x in `key` */
    int32_t produced; /* of a key the code point that it makes with shift as it is, 0 for none */
    char *
        text; /* UTF-8 of text, pre-edit and drops; on the C heap, the owner of the event frees it; NULL for none */
};

/* What viv asks of the shared object viv-gui.so; host_module_function under HOST_MODULE_SYMBOL answers it. */
struct host_module {
    const struct primitive_table *(*primitives)(void);
    /* A host on the display. NULL and a sentence where there is none. scale 0: the display's own. */
    struct host *(*open_screen)(double scale, struct status *status);
    /* The host serves this VM from now on. On the VM's thread. */
    bool (*attach)(struct host *host, struct vm *vm, struct status *status);
    /* The VM is about to go: it is not called any more. From any thread. */
    void (*detach)(struct host *host);
    /* Serves windows until stop is called; on the thread that opened the host. A library of the display that does not let
     * this return when the display is gone has `end` called after the world has ended. */
    void (*run)(struct host *host, void (*end)(int exit_status));
    /* The world has ended with this exit status: run returns. From any thread. */
    void (*stop)(struct host *host, int exit_status);
    void (*close)(struct host *host);
};

typedef const struct host_module *host_module_function(void);
#define HOST_MODULE_SYMBOL "viv_host_module"

/* The host of a VM, NULL without one; primitive modules keep it under this name. */
#define HOST_STATE "host"

#endif
