#include "gui/surfaces.h"

#include <cairo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double scale_least = 1.0 / 16;
static const double scale_most = 16;

/* --- the table -------------------------------------------------------------------------------------------------------------- */

bool surface_table_open(struct surface_table *table)
{
    *table = (struct surface_table){0};
    return handle_new_session(&table->session);
}

void surface_table_close(struct surface_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->surfaces[i].image != NULL)
            surface_release(table, &table->surfaces[i]);
    free(table->surfaces);
    *table = (struct surface_table){.session = table->session};
}

struct surface *surface_find(struct surface_table *table, const uint8_t *bytes, size_t size)
{
    struct handle handle;
    if (!handle_read(&handle, bytes, size, table->session, table->count))
        return NULL;
    struct surface *surface = &table->surfaces[handle.index];
    return surface->image != NULL && surface->generation == handle.generation ? surface : NULL;
}

/* A free entry of the table; NULL when memory or the limit is used up. */
static struct surface *free_entry(struct surface_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->surfaces[i].image == NULL)
            return &table->surfaces[i];
    if (table->count >= SURFACES_MAX)
        return NULL;
    size_t capacity = table->count == 0 ? 8 : table->count * 2;
    struct surface *surfaces = realloc(table->surfaces, capacity * sizeof *surfaces);
    if (surfaces == NULL)
        return NULL;
    memset(surfaces + table->count, 0, (capacity - table->count) * sizeof *surfaces);
    struct surface *entry = &surfaces[table->count];
    table->surfaces = surfaces;
    table->count = capacity;
    return entry;
}

static size_t byte_count(int64_t width, int64_t height)
{
    return (size_t)width * (size_t)height * 4;
}

prim_result surface_create(struct surface_table *table, int64_t width, int64_t height, double scale,
                           uint8_t *bytes)
{
    if (width < 1 || height < 1 || !(scale >= scale_least && scale <= scale_most))
        return PRIM_BAD_ARGUMENT;
    if (width > SURFACE_EXTENT_MAX || height > SURFACE_EXTENT_MAX ||
        byte_count(width, height) > SURFACE_BYTES_MAX ||
        byte_count(width, height) > SURFACES_BYTES_MAX - table->bytes)
        return PRIM_LIMIT_EXCEEDED;
    struct surface *entry = free_entry(table);
    if (entry == NULL)
        return PRIM_NO_C_MEMORY;
    cairo_surface_t *image =
        cairo_image_surface_create(CAIRO_FORMAT_ARGB32, (int)width, (int)height);
    cairo_t *context = cairo_create(image);
    if (cairo_status(context) != CAIRO_STATUS_SUCCESS) {
        cairo_destroy(context);
        cairo_surface_destroy(image);
        return PRIM_NO_C_MEMORY;
    }
    cairo_scale(context, scale, scale);
    uint32_t generation = entry->generation + 1;
    *entry = (struct surface){.image = image,
                              .context = context,
                              .generation = generation,
                              .width = (int)width,
                              .height = (int)height,
                              .scale = scale};
    table->bytes += byte_count(width, height);
    handle_write(bytes, table->session, (size_t)(entry - table->surfaces), generation);
    return PRIM_OK;
}

void surface_release(struct surface_table *table, struct surface *surface)
{
    table->bytes -= byte_count(surface->width, surface->height);
    cairo_destroy(surface->context);
    cairo_surface_destroy(surface->image);
    free(surface->opacities);
    *surface = (struct surface){.generation = surface->generation};
}

/* --- states ----------------------------------------------------------------------------------------------------------------- */

static bool has_room(struct surface *surface)
{
    if (surface->depth < surface->opacity_capacity)
        return true;
    size_t capacity = surface->opacity_capacity == 0 ? 16 : surface->opacity_capacity * 2;
    double *opacities = realloc(surface->opacities, capacity * sizeof *opacities);
    if (opacities == NULL)
        return false;
    surface->opacities = opacities;
    surface->opacity_capacity = capacity;
    return true;
}

prim_result surface_save(struct surface *surface, double opacity)
{
    if (surface->depth >= STATE_DEPTH_MAX)
        return PRIM_LIMIT_EXCEEDED;
    if (!has_room(surface))
        return PRIM_NO_C_MEMORY;
    if (opacity >= 0)
        cairo_push_group(surface->context);
    else
        cairo_save(surface->context);
    surface->opacities[surface->depth++] = opacity;
    return PRIM_OK;
}

void surface_restore(struct surface *surface, size_t depth)
{
    while (surface->depth > depth) {
        double opacity = surface->opacities[--surface->depth];
        if (opacity >= 0) {
            cairo_pop_group_to_source(surface->context);
            cairo_paint_with_alpha(surface->context, opacity);
        } else {
            cairo_restore(surface->context);
        }
    }
}
