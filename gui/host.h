/*
 * What hosts share: windows with the last frame of each, the queue of events, requests from the VM's thread to the thread that
 * owns the windows. All fields are guarded by the mutex unless they say otherwise.
 */
#ifndef VIV_GUI_HOST_H
#define VIV_GUI_HOST_H

#include "vm/host.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOST_WINDOWS_MAX = 64, HOST_EVENTS_MAX = 4096, HOST_SIZE_MAX = 16384 };

struct host_rectangle {
    int32_t x, y, width, height;
};

/* Pixels as cairo's ARGB32: a 32-bit word each, alpha in the highest byte. stride is in bytes. */
struct host_pixels {
    const uint8_t *bytes;
    int32_t width, height, stride;
};

struct host_frame {
    uint32_t *words; /* width * height, no gaps */
    int32_t width, height;
};

struct host_window {
    uint32_t id;                 /* 0: the place is free */
    int32_t x, y, width, height; /* of the contents, in pixels */
    double scale;
    bool focused, full_screen, minimized;
    struct host_frame frame;      /* what is shown: the thread of the windows repaints from it */
    struct host_rectangle damage; /* of the frame, not yet shown; width 0: none */
    void *native;                 /* the host's own */
};

enum host_request_kind {
    HOST_OPEN_WINDOW,
    HOST_CLOSE_WINDOW,
    HOST_SET_TITLE,
    HOST_SET_BOUNDS,
    HOST_SET_FULL_SCREEN,
    HOST_SET_CURSOR,
    HOST_SET_CURSOR_PICTURE,
    HOST_SET_TEXT_AREA,
    HOST_RAISE,
    HOST_ASK_CLOSE,
    HOST_GET_CLIPBOARD,
    HOST_SET_CLIPBOARD,
    HOST_GET_PRIMARY,
    HOST_SET_PRIMARY
};

/* Made on the VM's stack, carried out on the windows' thread while the VM waits. */
struct host_request {
    enum host_request_kind kind;
    uint32_t window;
    /* Of a cursor's picture x and y are the spot that points. */
    struct host_rectangle rectangle;
    bool flag;        /* of a new window: no larger than the display */
    const char *text; /* title, name of a cursor, contents of the clipboard */
    const uint32_t
        *words;   /* a cursor's picture, 0xAARRGGBB, not premultiplied; NULL: no cursor is seen */
    char *answer; /* on the C heap, the caller frees it */
    bool succeeded, done, abandoned;
    struct host_request *next;
};

struct host;

struct host_backend {
    const char *name;
    /* Carries out a request; on the windows' thread, without the mutex. */
    bool (*perform)(struct host *host, struct host_request *request);
    /* Makes the windows' thread look at requests and damage; from any thread. NULL: requests run on the caller's thread. */
    void (*wake)(struct host *host);
    void (*run)(
        struct host *host); /* NULL: there is no person, whose interrupts only the guard hears of */
    void (*close)(struct host *host);
};

struct host {
    const struct host_backend *backend; /* never changes */
    double wanted_scale;                /* 0: the display's; never changes */
    void *native;                       /* the backend's own */
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    struct vm *vm;    /* NULL before attach and after detach */
    size_t semaphore; /* index of the external semaphore that events signal; 0: none */
    size_t
        guard_semaphore; /* signalled when nobody takes events, or when interrupts do not help; 0: none */
    bool wants_evaluator;    /* the person has interrupted again and again */
    uint64_t attended_ns;    /* when the queue was last looked at or empty */
    uint64_t interrupted_ns; /* the last interrupt */
    bool stopping, lost;
    int exit_status;              /* of the world, when stopping */
    void (*end)(int exit_status); /* ends the program, where the windows' thread cannot return */
    uint32_t last_id;
    struct host_window windows[HOST_WINDOWS_MAX];
    struct host_event events[HOST_EVENTS_MAX]; /* a ring */
    size_t first_event, event_count;
    struct host_request *requests;
    struct host_request *performing; /* the one that is being carried out */
    struct host_frame
        cursor; /* its last picture, where no person sees it; without words: none or hidden */
    int32_t cursor_x, cursor_y; /* the spot in it that points */
};

/* Makes a host of the backend; NULL without memory. */
struct host *host_make(const struct host_backend *backend, double scale);
void host_free(struct host *host);

/* Adds an event at the end, or joins it with the last one when both are moves. Takes the text over. A full queue loses moves
 * first, then the oldest. Signals the semaphore. From any thread, without the mutex. */
void host_add_event(struct host *host, const struct host_event *event);

/* Takes the first event; false when there is none. Its text belongs to the caller. */
bool host_take_event(struct host *host, struct host_event *event);

/* Has the request carried out and waits for it. False when it failed, or when the windows' thread does not answer in time. */
bool host_perform(struct host *host, struct host_request *request);

/* Carries out what waits; on the windows' thread. */
void host_perform_all(struct host *host);

/* A free place with a new id, NULL when all are taken; with the mutex. */
struct host_window *host_add_window(struct host *host);
struct host_window *host_find_window(struct host *host, uint32_t id);
void host_remove_window(struct host_window *window);

/* Keeps the picture of a cursor for tests; with the mutex. False without memory. */
bool host_keep_cursor(struct host *host, const struct host_request *request);

/* Copies the rectangles of a finished frame to what the window shows, and has them shown. A frame of another size than the
 * last is taken whole. From the VM's thread. False when there is no such window, or no memory. */
bool host_present(struct host *host, uint32_t id, const struct host_pixels *pixels,
                  const struct host_rectangle *rectangles, size_t count);

/* The smallest rectangle around both; one without width counts for nothing. */
struct host_rectangle host_union(struct host_rectangle a, struct host_rectangle b);

/* Interrupts the world's running process. A second time within seconds it calls the guard too. */
void host_interrupt(struct host *host);

/* Ends the world without saving. */
void host_end(struct host *host);

extern const struct host_backend host_screen_backend;
extern const struct host_backend host_null_backend;

struct host *host_open_screen(double scale, struct status *status);
struct host *host_open_null(double scale, struct status *status);

#endif
