#include "gui/places.h"

#include <math.h>

/* Beyond this many pixels from the origin the arithmetic of cairo ends. */
static const double device_most = 4e6;
/* What is narrower than this many pixels is as wide as it says, not as its edges fall. */
static const double narrow = 4;

double to_pixel(double coordinate)
{
    return floor(fmin(fmax(coordinate, -device_most), device_most) + 0.5);
}

double line_width(double width, double scale)
{
    return fmax(1, floor(width * scale + 0.5));
}

bool matrix_is_plain(const cairo_matrix_t *matrix)
{
    return matrix->xy == 0 && matrix->yx == 0 && matrix->xx > 0 && matrix->xx == matrix->yy;
}

static double end_pixel(double start, double width, double scale, double end)
{
    if (width > 0 && width * scale < narrow)
        return start + line_width(width, scale);
    return to_pixel(end);
}

void place_begin(cairo_t *context, const double *edges, struct placed *placed)
{
    cairo_get_matrix(context, &placed->matrix);
    const cairo_matrix_t *matrix = &placed->matrix;
    struct box box = {edges[0], edges[1], fmax(edges[0], edges[2]), fmax(edges[1], edges[3])};
    placed->box = box;
    placed->scale = 1;
    placed->pixel = sqrt(fabs(matrix->xx * matrix->yy - matrix->xy * matrix->yx));
    placed->in_pixels = matrix_is_plain(matrix);
    if (!placed->in_pixels)
        return;
    double scale = matrix->xx;
    double left = to_pixel(box.left * scale + matrix->x0);
    double top = to_pixel(box.top * scale + matrix->y0);
    placed->box = (struct box){
        left, top, end_pixel(left, box.right - box.left, scale, box.right * scale + matrix->x0),
        end_pixel(top, box.bottom - box.top, scale, box.bottom * scale + matrix->y0)};
    placed->scale = scale;
    placed->pixel = 1;
    cairo_identity_matrix(context);
}

void place_end(cairo_t *context, const struct placed *placed)
{
    cairo_set_matrix(context, &placed->matrix);
}

bool is_near(cairo_t *context, const double *coordinates, size_t pair_count)
{
    for (size_t i = 0; i < pair_count; i++) {
        double x = coordinates[2 * i];
        double y = coordinates[2 * i + 1];
        cairo_user_to_device(context, &x, &y);
        if (!(fabs(x) <= device_most && fabs(y) <= device_most))
            return false;
    }
    return true;
}

void fill_edges(cairo_t *context, const double *edges)
{
    struct placed placed;
    place_begin(context, edges, &placed);
    cairo_rectangle(context, placed.box.left, placed.box.top, placed.box.right - placed.box.left,
                    placed.box.bottom - placed.box.top);
    cairo_fill(context);
    place_end(context, &placed);
}
