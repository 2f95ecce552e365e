/*
 * Where shapes meet pixels. Where nothing is turned, the edges of rectangles and of lines along an axis lie on the edges of
 * pixels, whatever the scale: what has the same coordinate has the same edge. Narrow ones are as wide as their width says,
 * rounded, and at least one pixel, so that all lines of one width look alike.
 */
#ifndef VIV_GUI_PLACES_H
#define VIV_GUI_PLACES_H

#include <stdbool.h>
#include <stddef.h>

#include <cairo.h>

/* A rectangle in the units of a context. */
struct box {
    double left;
    double top;
    double right;
    double bottom;
};

/* A box to draw: in pixels when the context is not turned, else in its own units. */
struct placed {
    struct box box;
    double scale; /* units of the box a unit of the context */
    double pixel; /* pixels a unit of the box */
    bool in_pixels;
    cairo_matrix_t matrix; /* of the context before */
};

/* Edges left, top, right, bottom become a box; until place_end the context is in its units. */
void place_begin(cairo_t *context, const double *edges, struct placed *placed);
void place_end(cairo_t *context, const struct placed *placed);

/* Whether a matrix moves and scales alike both ways, and does nothing else. */
bool matrix_is_plain(const cairo_matrix_t *matrix);
/* The edge of a pixel nearest to a coordinate in pixels, which is cut to what cairo can count. */
double to_pixel(double coordinate);
/* The pixels of a line of a width: whole ones, at least one. */
double line_width(double width, double scale);
/* Whether pairs of coordinates are so near that cairo can count their pixels. */
bool is_near(cairo_t *context, const double *coordinates, size_t pair_count);
/* Fills edges left, top, right, bottom with the source. */
void fill_edges(cairo_t *context, const double *edges);

#endif
