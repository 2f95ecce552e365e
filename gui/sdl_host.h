/* What the two halves of the SDL host share: windows and the thread (sdl_host.c), events (sdl_events.c). */
#ifndef VIV_GUI_SDL_HOST_H
#define VIV_GUI_SDL_HOST_H

#include "gui/host.h"

#include <SDL2/SDL.h>
#include <stdatomic.h>

struct sdl_state {
    uint32_t wake_event;      /* the kind of our own event */
    atomic_bool wake_pending; /* one lies in SDL's queue */
    SDL_Cursor *cursors[SDL_NUM_SYSTEM_CURSORS];
    SDL_Cursor *picture_cursor; /* the image's own; NULL: never set */
    uint64_t escape_since_ns;   /* 0: not held */
    uint64_t
        close_asked_ns; /* when somebody last wanted a window closed and was not answered; 0: never */
    int32_t produced[SDL_NUM_SCANCODES]
                    [2];   /* what keys made without and with shift, learned from what was typed */
    bool watches_display;  /* leave_display is called when the display is gone */
    bool shows_frames;     /* with the mutex */
    SDL_Scancode last_key; /* waits for the text it makes */
    bool last_shift;
    int modifiers; /* as the last key that was handled left them */
};

/* The window with SDL's number; NULL for one of somebody else. On the windows' thread, which alone changes the table. */
struct host_window *sdl_find(struct host *host, uint32_t sdl_id);

/* All of the window is to be shown again. */
void sdl_damage_all(struct host *host, struct host_window *window);

/* Keeps the size that the window system has granted so far. On the windows' thread. */
void sdl_take_size(struct host *host, struct host_window *window);

/* Pixels a logical unit: what was asked for, what the toolkits of the desktop are told, or what the display's density says. */
double sdl_scale_of(struct host *host, const struct host_window *window);

/* Hands one event on to the VM, or keeps it for ourselves. */
void sdl_handle(struct host *host, const SDL_Event *event);

/* There are no windows any more; the world is told and goes on without. */
void sdl_lose_display(struct host *host);

#endif
