/* Frames as PNG files; the plain text that is always possible to show. */
#include "gui/frames.h"

#include <cairo/cairo.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_SIZE = 15, LINE_HEIGHT = 20, MARGIN = 20, LINE_MAX_BYTES = 1024 };

bool frame_write_png(const struct host_frame *frame, const char *path)
{
    if (frame->words == NULL)
        return false;
    cairo_surface_t *surface = cairo_image_surface_create_for_data(
        (unsigned char *)frame->words, CAIRO_FORMAT_RGB24, frame->width, frame->height,
        frame->width * (int)sizeof(uint32_t));
    bool written = cairo_surface_write_to_png(surface, path) == CAIRO_STATUS_SUCCESS;
    cairo_surface_destroy(surface);
    return written;
}

/* The start of the text from which on no more than so many lines follow. */
static const char *last_lines(const char *text, int count)
{
    const char *place = text + strlen(text);
    while (place > text) {
        if (place[-1] == '\n' && --count <= 0)
            return place;
        place--;
    }
    return text;
}

static void draw_lines(cairo_t *context, const char *text, int height)
{
    cairo_set_source_rgb(context, 0.11, 0.12, 0.13);
    cairo_paint(context);
    cairo_select_font_face(context, "monospace", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(context, TEXT_SIZE);
    cairo_set_source_rgb(context, 0.9, 0.89, 0.86);
    int lines = (height - 2 * MARGIN) / LINE_HEIGHT;
    const char *line = last_lines(text, lines > 1 ? lines : 1);
    for (double y = MARGIN + TEXT_SIZE; *line != 0; y += LINE_HEIGHT) {
        size_t size = strcspn(line, "\n");
        char shown[LINE_MAX_BYTES];
        size_t kept = size < sizeof shown ? size : sizeof shown - 1;
        memcpy(shown, line, kept);
        shown[kept] = 0;
        cairo_move_to(context, MARGIN, y);
        cairo_show_text(context, shown);
        line += size + (line[size] == '\n');
    }
}

bool frame_show_text(struct host *host, uint32_t id, const char *text)
{
    pthread_mutex_lock(&host->mutex);
    struct host_window *window = host_find_window(host, id);
    int width = window == NULL ? 0 : window->width;
    int height = window == NULL ? 0 : window->height;
    double scale = window == NULL ? 1 : window->scale;
    pthread_mutex_unlock(&host->mutex);
    if (width <= 0 || height <= 0)
        return false;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    cairo_t *context = cairo_create(surface);
    cairo_scale(context, scale, scale);
    draw_lines(context, text, (int)(height / scale));
    cairo_destroy(context);
    cairo_surface_flush(surface);
    struct host_pixels pixels = {cairo_image_surface_get_data(surface), width, height,
                                 cairo_image_surface_get_stride(surface)};
    struct host_rectangle whole = {0, 0, width, height};
    bool shown = pixels.bytes != NULL && host_present(host, id, &pixels, &whole, 1);
    cairo_surface_destroy(surface);
    return shown;
}
