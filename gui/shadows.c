#include "gui/shadows.h"

#include "gui/state.h"

#include <cairo.h>
#include <math.h>
#include <stdlib.h>

enum { MASK_COUNT = 32, BLUR_MOST = 128, RADIUS_MOST = 128, EDGE_LENGTH = 256 };

/* What a mask was made for, in pixels: half the extent of the box, as far as it matters. */
struct shadow_key {
    int half_width;
    int half_height;
    int odd_width; /* 1: the box is one pixel narrower than twice the half */
    int odd_height;
    int radius;
    int blur;
};

struct shadow_mask {
    struct shadow_key key;
    uint64_t used;               /* when, by the table's clock; 0: free */
    cairo_surface_t *corners[4]; /* right 1, bottom 2 */
    cairo_surface_t *edges[4]; /* the last line of a corner, many times: top, bottom, left, right */
};

struct shadow_table {
    uint64_t clock;
    struct shadow_mask masks[MASK_COUNT];
};

static void mask_free(struct shadow_mask *mask)
{
    for (size_t i = 0; i < 4; i++) {
        cairo_surface_destroy(mask->corners[i]);
        cairo_surface_destroy(mask->edges[i]);
    }
    *mask = (struct shadow_mask){0};
}

void shadow_table_free(struct shadow_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < MASK_COUNT; i++)
        mask_free(&table->masks[i]);
    free(table);
}

/* --- making a mask ---------------------------------------------------------------------------------------------------------- */

/* How far a blur reaches beyond the box. */
static int reach_of(int blur)
{
    return blur + blur / 2 + 2;
}

/* One line of `count` bytes, `step` apart, each replaced by the mean of those from `before` before it to `after` after it. */
static void blur_line(uint8_t *line, size_t count, size_t step, size_t before, size_t after,
                      uint8_t *copy)
{
    uint32_t sum = 0;
    uint32_t size = (uint32_t)(before + after + 1);
    for (size_t i = 0; i < count; i++)
        copy[i] = line[i * step];
    for (size_t i = 0; i < after && i < count; i++)
        sum += copy[i];
    for (size_t i = 0; i < count; i++) {
        if (i + after < count)
            sum += copy[i + after];
        if (i > before)
            sum -= copy[i - before - 1];
        line[i * step] = (uint8_t)((sum + size / 2) / size);
    }
}

/* Three means are near enough to a Gaussian whose deviation is half the blur. */
static void blur_lines(uint8_t *bytes, size_t line_count, size_t line_step, size_t count,
                       size_t step, int blur, uint8_t *copy)
{
    size_t size = (size_t)lround(blur * 0.94);
    if (size < 2)
        return;
    size_t half = size / 2;
    size_t even = size % 2 == 0 ? 1 : 0;
    for (size_t i = 0; i < line_count; i++) {
        uint8_t *line = bytes + i * line_step;
        blur_line(line, count, step, half, half - even, copy);
        blur_line(line, count, step, half - even, half, copy);
        blur_line(line, count, step, half, half, copy);
    }
}

static void add_rounded_path(cairo_t *context, double left, double top, double width, double height,
                             double radius)
{
    double right = left + width;
    double bottom = top + height;
    cairo_new_path(context);
    cairo_arc(context, right - radius, top + radius, radius, -M_PI / 2, 0);
    cairo_arc(context, right - radius, bottom - radius, radius, 0, M_PI / 2);
    cairo_arc(context, left + radius, bottom - radius, radius, M_PI / 2, M_PI);
    cairo_arc(context, left + radius, top + radius, radius, M_PI, M_PI * 3 / 2);
    cairo_close_path(context);
}

/* The blurred box as a whole; NULL when there is no memory. */
static cairo_surface_t *whole_mask(const struct shadow_key *key)
{
    int reach = reach_of(key->blur);
    int width = 2 * key->half_width - key->odd_width;
    int height = 2 * key->half_height - key->odd_height;
    cairo_surface_t *whole =
        cairo_image_surface_create(CAIRO_FORMAT_A8, width + 2 * reach, height + 2 * reach);
    cairo_t *context = cairo_create(whole);
    double radius = fmin(key->radius, fmin(width, height) / 2.0);
    add_rounded_path(context, reach, reach, width, height, radius);
    cairo_fill(context);
    cairo_destroy(context);
    cairo_surface_flush(whole);
    uint8_t *bytes = cairo_image_surface_get_data(whole);
    size_t stride = (size_t)cairo_image_surface_get_stride(whole);
    size_t columns = (size_t)(width + 2 * reach);
    size_t rows = (size_t)(height + 2 * reach);
    uint8_t *copy = malloc(columns > rows ? columns : rows);
    if (bytes == NULL || copy == NULL) {
        free(copy);
        cairo_surface_destroy(whole);
        return NULL;
    }
    blur_lines(bytes, rows, stride, columns, 1, key->blur, copy);
    blur_lines(bytes, columns, 1, rows, stride, key->blur, copy);
    free(copy);
    cairo_surface_mark_dirty(whole);
    return whole;
}

static cairo_surface_t *corner_of(cairo_surface_t *whole, int width, int height, bool right,
                                  bool bottom)
{
    cairo_surface_t *corner = cairo_image_surface_create(CAIRO_FORMAT_A8, width, height);
    cairo_t *context = cairo_create(corner);
    cairo_set_source_surface(context, whole,
                             right ? width - cairo_image_surface_get_width(whole) : 0,
                             bottom ? height - cairo_image_surface_get_height(whole) : 0);
    cairo_paint(context);
    cairo_destroy(context);
    return corner;
}

/* A piece of the edge that begins where a corner ends: the one to the right of it, or below. */
static cairo_surface_t *edge_of(cairo_surface_t *corner, bool upright)
{
    int width = cairo_image_surface_get_width(corner);
    int height = cairo_image_surface_get_height(corner);
    cairo_surface_t *edge = cairo_image_surface_create(
        CAIRO_FORMAT_A8, upright ? width : EDGE_LENGTH, upright ? EDGE_LENGTH : height);
    cairo_t *context = cairo_create(edge);
    cairo_set_source_surface(context, corner, upright ? 0 : 1 - width, upright ? 1 - height : 0);
    cairo_pattern_set_extend(cairo_get_source(context), CAIRO_EXTEND_PAD);
    cairo_paint(context);
    cairo_destroy(context);
    return edge;
}

static bool mask_make(struct shadow_mask *mask, const struct shadow_key *key)
{
    cairo_surface_t *whole = whole_mask(key);
    int reach = reach_of(key->blur);
    if (whole == NULL)
        return false;
    mask_free(mask);
    mask->key = *key;
    bool complete = true;
    for (unsigned i = 0; i < 4; i++) {
        mask->corners[i] = corner_of(whole, reach + key->half_width, reach + key->half_height,
                                     (i & 1) != 0, (i & 2) != 0);
        if (cairo_surface_status(mask->corners[i]) != CAIRO_STATUS_SUCCESS)
            complete = false;
    }
    cairo_surface_destroy(whole);
    if (!complete)
        return false;
    mask->edges[0] = edge_of(mask->corners[0], false);
    mask->edges[1] = edge_of(mask->corners[2], false);
    mask->edges[2] = edge_of(mask->corners[0], true);
    mask->edges[3] = edge_of(mask->corners[1], true);
    for (size_t i = 0; i < 4; i++)
        if (cairo_surface_status(mask->edges[i]) != CAIRO_STATUS_SUCCESS)
            complete = false;
    return complete;
}

/* The mask for a key, made where there is none, in the place of the one not used for longest. */
static const struct shadow_mask *find_mask(struct shadow_table *table, const struct shadow_key *key)
{
    struct shadow_mask *oldest = &table->masks[0];
    table->clock++;
    for (size_t i = 0; i < MASK_COUNT; i++) {
        struct shadow_mask *mask = &table->masks[i];
        if (mask->used != 0 && memcmp(&mask->key, key, sizeof *key) == 0) {
            mask->used = table->clock;
            return mask;
        }
        if (mask->used < oldest->used)
            oldest = mask;
    }
    if (!mask_make(oldest, key)) {
        mask_free(oldest);
        return NULL;
    }
    oldest->used = table->clock;
    return oldest;
}

/* --- drawing ---------------------------------------------------------------------------------------------------------------- */

/* A shadow in pixels: its outer edges, and where its corners end. */
struct shadow_cuts {
    double x[4];
    double y[4];
    double scale;
};

static void draw_mask(cairo_t *context, cairo_surface_t *mask, const struct box *part, double left,
                      double top, double scale)
{
    cairo_pattern_t *pattern = cairo_pattern_create_for_surface(mask);
    cairo_matrix_t matrix;
    cairo_matrix_init(&matrix, scale, 0, 0, scale, -left, -top);
    cairo_pattern_set_matrix(pattern, &matrix);
    cairo_pattern_set_extend(pattern, CAIRO_EXTEND_PAD);
    cairo_pattern_set_filter(pattern, scale == 1 ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_BILINEAR);
    cairo_save(context);
    cairo_rectangle(context, part->left / scale, part->top / scale,
                    (part->right - part->left) / scale, (part->bottom - part->top) / scale);
    cairo_clip(context);
    cairo_mask(context, pattern);
    cairo_restore(context);
    cairo_pattern_destroy(pattern);
}

/* An edge is laid in pieces as long as its picture: none needs to be stretched. */
static void draw_edge(cairo_t *context, cairo_surface_t *edge, const struct box *whole,
                      bool upright, double scale)
{
    double first = upright ? whole->top : whole->left;
    double last = upright ? whole->bottom : whole->right;
    double clip[4];
    cairo_clip_extents(context, &clip[0], &clip[1], &clip[2], &clip[3]);
    double seen_first = (upright ? clip[1] : clip[0]) * scale;
    double seen_last = (upright ? clip[3] : clip[2]) * scale;
    if (seen_first > first)
        first += floor((seen_first - first) / EDGE_LENGTH) * EDGE_LENGTH;
    for (double at = first; at < fmin(last, seen_last); at += EDGE_LENGTH) {
        struct box part = *whole;
        *(upright ? &part.top : &part.left) = at;
        *(upright ? &part.bottom : &part.right) = fmin(at + EDGE_LENGTH, last);
        draw_mask(context, edge, &part, part.left, part.top, scale);
    }
}

static void draw_part(cairo_t *context, const struct shadow_mask *mask,
                      const struct shadow_cuts *cuts, int column, int row)
{
    struct box part = {cuts->x[column], cuts->y[row], cuts->x[column + 1], cuts->y[row + 1]};
    double scale = cuts->scale;
    if (part.right <= part.left || part.bottom <= part.top)
        return;
    if (column == 1 && row == 1) {
        cairo_rectangle(context, part.left / scale, part.top / scale,
                        (part.right - part.left) / scale, (part.bottom - part.top) / scale);
        cairo_fill(context);
    } else if (column == 1) {
        draw_edge(context, mask->edges[row == 0 ? 0 : 1], &part, false, scale);
    } else if (row == 1) {
        draw_edge(context, mask->edges[column == 0 ? 2 : 3], &part, true, scale);
    } else {
        cairo_surface_t *corner = mask->corners[(column == 2 ? 1 : 0) + (row == 2 ? 2 : 0)];
        double left = column == 2 ? cuts->x[3] - cairo_image_surface_get_width(corner) : part.left;
        double top = row == 2 ? cuts->y[3] - cairo_image_surface_get_height(corner) : part.top;
        draw_mask(context, corner, &part, left, top, scale);
    }
}

static int clamped(double value, int most)
{
    return value < 0 ? 0 : value > most ? most : (int)lround(value);
}

prim_result shadow_draw(struct shadow_table **table, cairo_t *context, const struct box *box,
                        double radius, double blur, double scale, uint32_t color)
{
    if (*table == NULL)
        *table = calloc(1, sizeof **table);
    if (*table == NULL)
        return PRIM_NO_C_MEMORY;
    double width = round((box->right - box->left) * scale);
    double height = round((box->bottom - box->top) * scale);
    if (width < 1 || height < 1)
        return PRIM_OK;
    struct shadow_key key = {.radius = clamped(radius * scale, RADIUS_MOST),
                             .blur = clamped(blur * scale, BLUR_MOST)};
    int reach = reach_of(key.blur);
    int half = key.radius + reach;
    key.half_width = width >= 2 * half ? half : ((int)width + 1) / 2;
    key.half_height = height >= 2 * half ? half : ((int)height + 1) / 2;
    key.odd_width = width < 2 * half ? (int)width % 2 : 0;
    key.odd_height = height < 2 * half ? (int)height % 2 : 0;
    const struct shadow_mask *mask = find_mask(*table, &key);
    if (mask == NULL)
        return PRIM_NO_C_MEMORY;
    double left = box->left * scale;
    double top = box->top * scale;
    struct shadow_cuts cuts = {
        {left - reach, left + key.half_width, left + width - key.half_width + key.odd_width,
         left + width + reach},
        {top - reach, top + key.half_height, top + height - key.half_height + key.odd_height,
         top + height + reach},
        scale};
    set_source_color(context, color);
    for (int row = 0; row < 3; row++)
        for (int column = 0; column < 3; column++)
            draw_part(context, mask, &cuts, column, row);
    return PRIM_OK;
}
