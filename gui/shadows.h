/*
 * Shadows of rounded rectangles. The blurred edge is computed once for a radius and a blur, as a mask of one corner; a shadow
 * of any extent is its four corners, each continued to the middle.
 */
#ifndef VIV_GUI_SHADOWS_H
#define VIV_GUI_SHADOWS_H

#include "gui/places.h"
#include "vm/primitive.h"

struct shadow_table;

void shadow_table_free(struct shadow_table *table);

/* Draws with the colour as source. `table` is made where there is none. scale: pixels a unit of the context, in which box,
 * radius and blur are; the blur is about as far as the shadow reaches beyond the box. */
prim_result shadow_draw(struct shadow_table **table, cairo_t *context, const struct box *box,
                        double radius, double blur, double scale, uint32_t color) VIV_MUST_USE;

#endif
