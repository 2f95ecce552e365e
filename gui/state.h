/*
 * What the VM keeps for the module VivariumDrawing, and how its primitives see their arguments. Numbers are SmallIntegers or
 * Floats, always finite; colours are 32-bit integers, alpha highest, not premultiplied.
 */
#ifndef VIV_GUI_STATE_H
#define VIV_GUI_STATE_H

#include "gui/module.h"
#include "gui/surfaces.h"

struct shadow_table;
struct line_table;

struct drawing {
    struct surface_table surfaces;
    struct shadow_table *shadows; /* made on first use, as the next */
    struct line_table *lines;
};

/* Made on first use; NULL when there is no memory. */
struct drawing *drawing_of(struct vm *vm) VIV_MUST_USE;

/* The surface that an argument names. A stale, forged or foreign handle is a bad argument. */
prim_result arg_surface(struct vm *vm, const prim_call *call, size_t argument,
                        struct surface **surface) VIV_MUST_USE;
/* Any finite number; beyond a million it is cut to that. */
prim_result arg_number(struct vm *vm, const prim_call *call, size_t argument,
                       double *number) VIV_MUST_USE;
prim_result arg_numbers(struct vm *vm, const prim_call *call, size_t argument, size_t count,
                        double *numbers) VIV_MUST_USE;
prim_result arg_color(const prim_call *call, size_t argument, uint32_t *color) VIV_MUST_USE;
/* A Point's numbers. */
bool oop_as_point(struct vm *vm, oop value, double *x, double *y) VIV_MUST_USE;

/* The part of a pixel or colour at a shift, 0 to 1. */
double color_part(uint32_t color, unsigned shift);
void set_source_color(cairo_t *context, uint32_t color);
/* Premultiplied from straight alpha, and back. */
uint32_t color_premultiplied(uint32_t color);
uint32_t color_straight(uint32_t pixel);

/* The pixels of a surface for the host, which copies them at once. */
struct gui_pixels {
    const uint8_t *bytes; /* premultiplied ARGB words */
    size_t stride;        /* bytes from row to row */
    int width;            /* pixels */
    int height;
    double scale;
};

/* False when the handle names no surface. */
bool gui_surface_pixels(struct vm *vm, oop handle, struct gui_pixels *pixels) VIV_MUST_USE;

#endif
