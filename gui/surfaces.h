/*
 * The surfaces of one VM: images of premultiplied ARGB words that cairo draws on, named by handles which the image holds as
 * byte arrays. Nothing here knows objects: state.c stands between. Used on the thread of the VM only.
 *
 * A handle (vm/base/handle.h) that was saved in an image, made up, or whose surface is released names nothing.
 *
 * A surface has one cairo context. What clips, moves, turns, scales and fades is on a stack beside it, so that whoever
 * remembers the depth can come back to it, whatever an unfinished block has left there.
 */
#ifndef VIV_GUI_SURFACES_H
#define VIV_GUI_SURFACES_H

#include "vm/base/handle.h"
#include "vm/primitive.h"

#include <cairo.h>

enum {
    SURFACE_EXTENT_MAX = 16384, /* pixels */
    SURFACES_MAX = 1 << 16,
    STATE_DEPTH_MAX = 1024
};

#define SURFACE_BYTES_MAX ((size_t)1 << 30)  /* of one surface */
#define SURFACES_BYTES_MAX ((size_t)4 << 30) /* of all surfaces of a VM */

struct surface {
    cairo_surface_t *image; /* NULL: the entry is free */
    cairo_t *context;
    uint32_t generation;
    int width; /* pixels */
    int height;
    double scale;      /* pixels a logical pixel */
    size_t depth;      /* saved states */
    double *opacities; /* one a saved state: below zero where it is no group */
    size_t opacity_capacity;
};

struct surface_table {
    uint64_t session;
    struct surface *surfaces;
    size_t count;
    size_t bytes; /* of all pixels */
};

/* False when the system gives no random number. */
bool surface_table_open(struct surface_table *table) VIV_MUST_USE;
void surface_table_close(struct surface_table *table);

/* Makes a transparent surface of an extent in pixels; writes HANDLE_SIZE bytes to handle when it answers PRIM_OK.
 * Extents beyond the limits and scales outside 1/16 to 16 fail. */
prim_result surface_create(struct surface_table *table, int64_t width, int64_t height, double scale,
                           uint8_t *handle) VIV_MUST_USE;

/* The surface that a handle names; NULL when it names none. Valid until the next one is made. */
struct surface *surface_find(struct surface_table *table, const uint8_t *handle,
                             size_t size) VIV_MUST_USE;
void surface_release(struct surface_table *table, struct surface *surface);

/* Saves the state; opacity below zero for no group, else what is drawn until the state is restored is shown with it. */
prim_result surface_save(struct surface *surface, double opacity) VIV_MUST_USE;
/* Back to a depth that surface_save began at. */
void surface_restore(struct surface *surface, size_t depth);

#endif
