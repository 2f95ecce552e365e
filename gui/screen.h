/*
 * The screen of images made elsewhere: the Form they call Display shown in a window, and what a person does there as their event
 * buffers and sensors have it. Numbered primitives, which take the place of those without a screen (primitives/headless.c) when a
 * VM gets a host. Our own image has windows of its own kind (gui/windows.c).
 */
#ifndef VIV_GUI_SCREEN_H
#define VIV_GUI_SCREEN_H

#include "gui/host.h"
#include "gui/screen_pixels.h"
#include "vm/primitive.h"

enum { SCREEN_KEYS = 128, SCREEN_EVENTS = 512, SCREEN_EVENT_NUMBERS = 8 };

/* Kinds of events, what happens to keys, and modifiers, as images get them. */
enum {
    SCREEN_EVENT_NONE,
    SCREEN_EVENT_MOUSE,
    SCREEN_EVENT_KEYBOARD,
    SCREEN_EVENT_WINDOW = 5,
    SCREEN_KEY_CHARACTER = 0,
    SCREEN_KEY_DOWN = 1,
    SCREEN_KEY_UP = 2,
    SCREEN_SHIFT = 1,
    SCREEN_CONTROL = 2,
    SCREEN_OPTION = 4,
    SCREEN_COMMAND = 8
};

/* An event as the image gets it: kind, time and six numbers that depend on the kind. */
struct screen_event {
    int64_t numbers[SCREEN_EVENT_NUMBERS];
};

struct screen {
    struct host *host;
    uint32_t window;            /* 0: not opened yet */
    double scale;               /* pixels of the window a pixel of the image */
    uint32_t *words;            /* what was shown last, in pixels of the image */
    uint32_t *scaled;           /* the same in pixels of the window; NULL where the scale is 1 */
    int32_t width, height;      /* of words */
    bool deferring;             /* the image says itself what is to be shown */
    bool takes_events;          /* the image has asked for an event at least once */
    int32_t mouse_x, mouse_y;   /* the last known place, in pixels of the image */
    int32_t turned_x, turned_y; /* of the wheel, thousandths of a notch that are not told yet */
    int32_t buttons;            /* of the mouse: 4 left, 2 middle, 1 right */
    int32_t modifiers;          /* SCREEN_SHIFT and so on */
    int32_t keys[SCREEN_KEYS];  /* typed, for images that ask for keys: a ring */
    size_t first_key, key_count;
    struct screen_event events[SCREEN_EVENTS]; /* not yet fetched: a ring */
    size_t first_event, event_count;
};

/* The screen of a VM with a host; NULL without a host or memory. */
struct screen *screen_of(struct vm *vm);

/* Opens the window if there is none. False when that cannot be. */
bool screen_open(struct vm *vm, struct screen *screen);

/* Pixels of the window in pixels of the image, rounded down. */
int32_t screen_to_image(const struct screen *screen, int32_t pixels);

/* The pixels of a Form; false for what is none. */
bool screen_read_form(oop object, struct form_pixels *form);

/* Turns one event of the host into what images get, and brings mouse, modifiers and keys up to date. screen_events.c */
void screen_take(struct screen *screen, const struct host_event *event);

/* Takes all that waits in the host's queue, and answers the first event for the image; false when there is none. */
bool screen_next_event(struct screen *screen, struct screen_event *event);

/* MacRoman, the 8-bit code of older images; screen_clipboard.c. The byte for a code point, -1 for none. */
int32_t mac_roman_from(uint32_t code_point);
/* From UTF-8, with a question mark for what it has not; bytes may be text itself. Answers the count of bytes. */
size_t mac_roman_encode(const char *text, size_t size, char *bytes);
/* To UTF-8, at most UTF8_MAX_SIZE bytes for each. Answers the size. */
size_t mac_roman_decode(const char *bytes, size_t size, char *text);

#endif
