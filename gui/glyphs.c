/*
 * Pictures of lines. Glyphs are drawn four times as wide as they will be and then averaged, so that each stands where the
 * shaping put it, to a quarter of a pixel, whatever the scale; their height is hinted lightly. A picture is made once for a
 * line and a scale: a mask where the whole text has one colour, which then costs nothing; else pixels in all colours.
 */
#include "gui/lines.h"
#include "gui/places.h"
#include "gui/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { OVERSAMPLING = 4, TILE_WIDTH = 2048, MARGIN = 2, RASTER_HEIGHT_MAX = 4096 };

#define RASTER_BYTES_MAX ((size_t)96 << 20)

/* Glyphs larger than this many pixels are enlarged pictures. */
static const double glyph_most = 400;

/* --- drawing glyphs --------------------------------------------------------------------------------------------------------- */

/* Where glyphs go: a context whose units are logical pixels, and the part of the line that it shows. */
struct glyph_target {
    cairo_t *context;
    cairo_matrix_t matrix; /* without its translation: what glyphs are scaled by */
    double left;
    double right;
    double reach; /* how far glyphs may lie beside their place */
    uint32_t color;
    bool colored;
};

static void set_run_color(const struct glyph_target *target, const PangoItem *item)
{
    uint32_t color = target->color;
    if (!target->colored) {
        cairo_set_source_rgba(target->context, 0, 0, 0, 1);
        return;
    }
    for (GSList *each = item->analysis.extra_attrs; each != NULL; each = each->next) {
        const PangoAttribute *attribute = each->data;
        if (attribute->klass->type == PANGO_ATTR_FOREGROUND) {
            const PangoColor *part = &((const PangoAttrColor *)attribute)->color;
            color = (color & 0xFF000000) | (uint32_t)(part->red >> 8) << 16 |
                    (uint32_t)(part->green >> 8) << 8 | part->blue >> 8;
        } else if (attribute->klass->type == PANGO_ATTR_FOREGROUND_ALPHA) {
            uint32_t alpha = (uint32_t)((const PangoAttrInt *)attribute)->value >> 8;
            color = (color & 0x00FFFFFF) | alpha << 24;
        }
    }
    set_source_color(target->context, color);
}

/* The font of a run at the target's scale; the caller destroys it. */
static cairo_scaled_font_t *scaled_font(const struct glyph_target *target, PangoFont *font)
{
    cairo_scaled_font_t *base = pango_cairo_font_get_scaled_font((PangoCairoFont *)font);
    if (base == NULL || cairo_scaled_font_status(base) != CAIRO_STATUS_SUCCESS)
        return NULL;
    cairo_matrix_t font_matrix;
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_scaled_font_get_font_matrix(base, &font_matrix);
    cairo_scaled_font_get_font_options(base, options);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_SLIGHT);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_scaled_font_t *scaled = cairo_scaled_font_create(cairo_scaled_font_get_font_face(base),
                                                           &font_matrix, &target->matrix, options);
    cairo_font_options_destroy(options);
    return scaled;
}

/* A character that no font has: an empty box. */
static void draw_missing(const struct glyph_target *target, double x, double y, double width,
                         double height)
{
    double line = height / 14;
    cairo_rectangle(target->context, x + line, y - height * 0.7, width - 2 * line, height * 0.7);
    cairo_set_line_width(target->context, line);
    cairo_stroke(target->context);
}

struct glyph_batch {
    cairo_glyph_t glyphs[128];
    int count;
};

static void show_batch(const struct glyph_target *target, struct glyph_batch *batch)
{
    if (batch->count > 0)
        cairo_show_glyphs(target->context, batch->glyphs, batch->count);
    batch->count = 0;
}

/* Draws what of a run is in the target; answers where the next run begins. */
static double draw_run(const struct glyph_target *target, const PangoGlyphItem *run, double x,
                       double size)
{
    const PangoGlyphString *string = run->glyphs;
    double end = x + (double)run->start_x_offset / PANGO_SCALE;
    double base = -(double)run->y_offset / PANGO_SCALE;
    double width = (double)pango_glyph_string_get_width((PangoGlyphString *)string) / PANGO_SCALE;
    double next = end + width + (double)run->end_x_offset / PANGO_SCALE;
    struct glyph_batch batch = {.count = 0};
    if (end - target->reach > target->right || end + width + target->reach < target->left)
        return next;
    cairo_scaled_font_t *font = scaled_font(target, run->item->analysis.font);
    if (font == NULL)
        return next;
    set_run_color(target, run->item);
    cairo_set_scaled_font(target->context, font);
    for (int i = 0; i < string->num_glyphs; i++) {
        const PangoGlyphInfo *info = &string->glyphs[i];
        double glyph_x = end + (double)info->geometry.x_offset / PANGO_SCALE;
        double glyph_y = base + (double)info->geometry.y_offset / PANGO_SCALE;
        double glyph_width = (double)info->geometry.width / PANGO_SCALE;
        end += glyph_width;
        if (info->glyph == PANGO_GLYPH_EMPTY || glyph_x - target->reach > target->right ||
            glyph_x + target->reach < target->left)
            continue;
        if ((info->glyph & PANGO_GLYPH_UNKNOWN_FLAG) != 0) {
            draw_missing(target, glyph_x, glyph_y, glyph_width, size);
            continue;
        }
        batch.glyphs[batch.count++] = (cairo_glyph_t){info->glyph, glyph_x, glyph_y};
        if (batch.count == sizeof batch.glyphs / sizeof batch.glyphs[0])
            show_batch(target, &batch);
    }
    show_batch(target, &batch);
    cairo_scaled_font_destroy(font);
    return next;
}

/* --- averaging -------------------------------------------------------------------------------------------------------------- */

/* Bytes of each pixel in turn: the mean of OVERSAMPLING pixels becomes one. */
static void average_row(const uint8_t *from, uint8_t *to, size_t width, size_t pixel_size)
{
    for (size_t x = 0; x < width; x++)
        for (size_t part = 0; part < pixel_size; part++) {
            const uint8_t *first = from + x * OVERSAMPLING * pixel_size + part;
            unsigned sum = OVERSAMPLING / 2;
            for (size_t i = 0; i < OVERSAMPLING; i++)
                sum += first[i * pixel_size];
            to[x * pixel_size + part] = (uint8_t)(sum / OVERSAMPLING);
        }
}

static cairo_surface_t *averaged(cairo_surface_t *wide, int width, int height, bool colored)
{
    cairo_surface_t *image =
        cairo_image_surface_create(colored ? CAIRO_FORMAT_ARGB32 : CAIRO_FORMAT_A8, width, height);
    const uint8_t *from = cairo_image_surface_get_data(wide);
    uint8_t *to = cairo_image_surface_get_data(image);
    if (from == NULL || to == NULL)
        return image;
    size_t from_stride = (size_t)cairo_image_surface_get_stride(wide);
    size_t to_stride = (size_t)cairo_image_surface_get_stride(image);
    for (size_t y = 0; y < (size_t)height; y++)
        average_row(from + y * from_stride, to + y * to_stride, (size_t)width, colored ? 4 : 1);
    cairo_surface_mark_dirty(image);
    return image;
}

/* --- rasters ---------------------------------------------------------------------------------------------------------------- */

void raster_free(struct line_table *table, struct line *line)
{
    struct raster *raster = &line->raster;
    for (size_t i = 0; i < raster->tile_count; i++)
        cairo_surface_destroy(raster->tiles[i].image);
    free(raster->tiles);
    table->raster_bytes -= raster->bytes;
    *raster = (struct raster){0};
}

static int tile_width(const struct raster *raster, size_t index)
{
    int rest = raster->width - (int)index * TILE_WIDTH;
    return rest < TILE_WIDTH ? rest : TILE_WIDTH;
}

/* Pictures of lines not used for long go first; this one stays. */
static void limit_rasters(struct line_table *table, const struct line *kept)
{
    for (struct line *line = table->oldest; line != NULL && table->raster_bytes > RASTER_BYTES_MAX;
         line = line->newer)
        if (line != kept)
            raster_free(table, line);
}

/* Measures the picture of a line at a scale; false when there is no memory. */
static bool raster_prepare(struct line_table *table, struct line *line, double scale,
                           uint32_t color)
{
    struct raster *raster = &line->raster;
    PangoRectangle ink;
    raster_free(table, line);
    pango_layout_line_get_extents(line->shaped, &ink, NULL);
    raster->scale = scale;
    raster->color = color;
    raster->colored = line->colored;
    if (ink.width <= 0 || ink.height <= 0)
        return true;
    double unit = scale / PANGO_SCALE;
    raster->left = (int)floor(ink.x * unit) - MARGIN;
    raster->top = (int)fmax(floor(ink.y * unit) - MARGIN, -RASTER_HEIGHT_MAX / 2);
    raster->width = (int)ceil((ink.x + (double)ink.width) * unit) + MARGIN - raster->left;
    raster->height = (int)fmin(ceil((ink.y + (double)ink.height) * unit) + MARGIN - raster->top,
                               RASTER_HEIGHT_MAX);
    size_t count = ((size_t)raster->width + TILE_WIDTH - 1) / TILE_WIDTH;
    raster->tiles = calloc(count, sizeof *raster->tiles);
    if (raster->tiles == NULL || raster->height <= 0) {
        raster_free(table, line);
        return false;
    }
    raster->tile_count = count;
    return true;
}

static void draw_glyphs(const struct line *line, cairo_surface_t *wide, int tile_left, int width)
{
    const struct raster *raster = &line->raster;
    double size = line->font->request.size;
    struct glyph_target target = {.context = cairo_create(wide),
                                  .left = tile_left / raster->scale,
                                  .right = (tile_left + width) / raster->scale,
                                  .reach = 4 * size,
                                  .color = raster->color,
                                  .colored = raster->colored};
    cairo_matrix_init_scale(&target.matrix, OVERSAMPLING * raster->scale, raster->scale);
    cairo_matrix_t matrix = target.matrix;
    matrix.x0 = -(double)OVERSAMPLING * tile_left;
    matrix.y0 = -raster->top;
    cairo_set_matrix(target.context, &matrix);
    double x = 0;
    for (GSList *each = line->shaped->runs; each != NULL; each = each->next)
        x = draw_run(&target, each->data, x, size);
    cairo_destroy(target.context);
    cairo_surface_flush(wide);
}

/* The picture of a tile, made where there is none. */
static cairo_surface_t *tile_image(struct line_table *table, struct line *line, size_t index)
{
    struct raster *raster = &line->raster;
    struct tile *tile = &raster->tiles[index];
    if (tile->image != NULL)
        return tile->image;
    int width = tile_width(raster, index);
    int left = raster->left + (int)index * TILE_WIDTH;
    cairo_surface_t *wide =
        cairo_image_surface_create(raster->colored ? CAIRO_FORMAT_ARGB32 : CAIRO_FORMAT_A8,
                                   width * OVERSAMPLING, raster->height);
    draw_glyphs(line, wide, left, width);
    tile->image = averaged(wide, width, raster->height, raster->colored);
    cairo_surface_destroy(wide);
    size_t bytes = (size_t)cairo_image_surface_get_stride(tile->image) * (size_t)raster->height;
    raster->bytes += bytes;
    table->raster_bytes += bytes;
    limit_rasters(table, line);
    return tile->image;
}

/* Draws the picture with its origin at 0, in the pixels of the context. */
static void show_raster(struct line_table *table, struct line *line, cairo_t *context,
                        uint32_t color, bool exact)
{
    const struct raster *raster = &line->raster;
    double clip[4];
    cairo_clip_extents(context, &clip[0], &clip[1], &clip[2], &clip[3]);
    for (size_t i = 0; i < raster->tile_count; i++) {
        double left = raster->left + (double)i * TILE_WIDTH;
        int width = tile_width(raster, i);
        if (left >= clip[2] || left + width <= clip[0] || raster->top >= clip[3] ||
            raster->top + raster->height <= clip[1])
            continue;
        cairo_pattern_t *pattern = cairo_pattern_create_for_surface(tile_image(table, line, i));
        cairo_matrix_t shift;
        cairo_matrix_init_translate(&shift, -left, -raster->top);
        cairo_pattern_set_matrix(pattern, &shift);
        cairo_pattern_set_filter(pattern, exact ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_GOOD);
        if (raster->colored) {
            cairo_set_source(context, pattern);
            cairo_rectangle(context, left, raster->top, width, raster->height);
            cairo_fill(context);
        } else {
            set_source_color(context, color);
            cairo_mask(context, pattern);
        }
        cairo_pattern_destroy(pattern);
    }
}

/* Draws the text alone, its baseline beginning at x and y. */
static void draw_text(struct line_table *table, struct line *line, cairo_t *context, double x,
                      double y, uint32_t color)
{
    cairo_matrix_t matrix;
    cairo_get_matrix(context, &matrix);
    double wanted = sqrt(fabs(matrix.xx * matrix.yy - matrix.xy * matrix.yx));
    bool plain = matrix_is_plain(&matrix);
    double scale = plain ? wanted : ceil(wanted * 8) / 8;
    double most = glyph_most / line->font->request.size;
    bool exact = plain && scale <= most;
    scale = fmin(scale, most);
    const struct raster *raster = &line->raster;
    if ((raster->scale != scale || (raster->colored && raster->color != color)) &&
        !raster_prepare(table, line, scale, color))
        return;
    if (exact) {
        cairo_matrix_t place;
        cairo_matrix_init_translate(&place, to_pixel(matrix.xx * x + matrix.x0),
                                    to_pixel(matrix.yy * y + matrix.y0));
        cairo_set_matrix(context, &place);
    } else {
        cairo_translate(context, x, y);
        cairo_scale(context, 1 / scale, 1 / scale);
    }
    show_raster(table, line, context, color, exact);
    cairo_set_matrix(context, &matrix);
}

/* --- what lies under and over text ------------------------------------------------------------------------------------------ */

/* Calls `draw` for each stretch of a run, from left to right of it, on the context. */
struct decoration {
    cairo_t *context;
    const struct font *font;
    double x; /* upper left corner of the line */
    double y;
};

typedef void draw_stretch(const struct decoration *decoration, double left, double right);

static void draw_background(const struct decoration *decoration, double left, double right)
{
    double height = decoration->font->ascent + decoration->font->descent;
    const double edges[] = {decoration->x + left, decoration->y, decoration->x + right,
                            decoration->y + height};
    fill_edges(decoration->context, edges);
}

static void draw_bar(const struct decoration *decoration, double left, double right, double y)
{
    double size = decoration->font->request.size;
    const double edges[] = {decoration->x + left, y, decoration->x + right,
                            y + fmax(1, round(size / 14))};
    fill_edges(decoration->context, edges);
}

static double baseline_of(const struct decoration *decoration)
{
    return decoration->y + decoration->font->ascent;
}

static void draw_underline(const struct decoration *decoration, double left, double right)
{
    double below = fmax(1, round(decoration->font->request.size * 0.12));
    draw_bar(decoration, left, right, baseline_of(decoration) + below);
}

static void draw_strike(const struct decoration *decoration, double left, double right)
{
    double above = round(decoration->font->request.size * 0.28);
    draw_bar(decoration, left, right, baseline_of(decoration) - above);
}

/* A zigzag whose steps begin at the line's edge, so that parts of it meet; only what can be seen. */
static void draw_squiggle(const struct decoration *decoration, double left, double right)
{
    cairo_t *context = decoration->context;
    double step = fmax(1.5, decoration->font->request.size / 6.5);
    double clip[4];
    cairo_clip_extents(context, &clip[0], &clip[1], &clip[2], &clip[3]);
    left = fmax(left, floor((clip[0] - decoration->x) / step - 1) * step);
    right = fmin(right, clip[2] - decoration->x + step);
    double top = baseline_of(decoration) + step / 2 + 0.5;
    cairo_new_path(context);
    for (double at = left; at < right; at = (floor(at / step) + 1) * step) {
        double phase = fabs(fmod(at / step, 2) - 1);
        cairo_line_to(context, decoration->x + at, top + phase * step);
    }
    double phase = fabs(fmod(right / step, 2) - 1);
    if (left < right)
        cairo_line_to(context, decoration->x + right, top + phase * step);
    cairo_set_line_width(context, fmax(1, step / 2));
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(context, CAIRO_LINE_CAP_BUTT);
    cairo_stroke(context);
}

static void draw_stretches(const struct decoration *decoration, const struct line *line,
                           const struct run *run, uint32_t color, draw_stretch *draw)
{
    int *ranges;
    int count;
    set_source_color(decoration->context, color);
    pango_layout_line_get_x_ranges(line->shaped, (int)line_byte_of(line, run->start - 1),
                                   (int)line_byte_of(line, run->stop), &ranges, &count);
    for (int i = 0; i < count; i++)
        draw(decoration, (double)ranges[2 * i] / PANGO_SCALE,
             (double)ranges[2 * i + 1] / PANGO_SCALE);
    g_free(ranges);
}

static void draw_under(const struct decoration *decoration, const struct line *line)
{
    for (size_t i = 0; i < line->run_count; i++)
        if ((line->runs[i].bits & RUN_HAS_BACKGROUND) != 0)
            draw_stretches(decoration, line, &line->runs[i], line->runs[i].background,
                           draw_background);
}

static void draw_over(const struct decoration *decoration, const struct line *line, uint32_t color)
{
    for (size_t i = 0; i < line->run_count; i++) {
        const struct run *run = &line->runs[i];
        uint32_t own = (run->bits & RUN_HAS_COLOR) != 0 ? run->color : color;
        if ((run->bits & RUN_UNDERLINE) != 0)
            draw_stretches(decoration, line, run, own, draw_underline);
        if ((run->bits & RUN_STRIKE) != 0)
            draw_stretches(decoration, line, run, own, draw_strike);
        if ((run->bits & RUN_SQUIGGLE) != 0)
            draw_stretches(decoration, line, run, own, draw_squiggle);
    }
}

void line_draw(struct line_table *table, struct line *line, cairo_t *context, double x, double y,
               uint32_t color)
{
    struct decoration decoration = {context, line->font, x, y};
    draw_under(&decoration, line);
    draw_text(table, line, context, x, y + line->font->ascent, color);
    draw_over(&decoration, line, color);
}
