#include "gui/screen_pixels.h"

#include <math.h>

enum { WORD_BITS = 32, HALF_BITS = 16, GRAYS = 40, CUBE_SIDE = 6 };

#define OPAQUE UINT32_C(0xFF000000)

static int32_t bits_of(const struct form_pixels *form)
{
    return form->depth < 0 ? -form->depth : form->depth;
}

static size_t words_in_row(const struct form_pixels *form)
{
    if (form->halves != NULL)
        return ((size_t)form->width + HALF_BITS - 1) / HALF_BITS;
    return ((size_t)form->width * (size_t)bits_of(form) + WORD_BITS - 1) / WORD_BITS;
}

bool form_pixels_fit(const struct form_pixels *form)
{
    int32_t bits = bits_of(form);
    if (form->halves != NULL && form->depth != 1)
        return false;
    bool known = bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 32;
    return known && form->width > 0 && form->height > 0 && form->width <= HOST_SIZE_MAX &&
           form->height <= HOST_SIZE_MAX &&
           words_in_row(form) * (size_t)form->height <= form->word_count;
}

static uint32_t gray(uint32_t level)
{
    return OPAQUE | level << 16 | level << 8 | level;
}

/* The ecosystem's colours by number: white, black, white, half gray, six full colours, eighths of gray, the 32nds of gray between
 * them, and a cube of red, blue and green, in this order, in steps of a fifth. */
uint32_t form_indexed_color(int32_t depth, uint32_t pixel)
{
    static const uint32_t first[16] = {
        0xFFFFFFFF, 0xFF000000, 0xFFFFFFFF, 0xFF808080, 0xFFFF0000, 0xFF00FF00,
        0xFF0000FF, 0xFF00FFFF, 0xFFFFFF00, 0xFFFF00FF, 0xFF202020, 0xFF404040,
        0xFF606060, 0xFF9F9F9F, 0xFFBFBFBF, 0xFFDFDFDF,
    };
    if (depth == 1)
        return pixel == 0 ? first[0] : first[1];
    if (pixel < 16)
        return first[pixel];
    if (pixel < GRAYS) {
        /* 1 to 31 without the multiples of 4: three of each four. */
        uint32_t index = pixel - 16;
        return gray((index / 3 * 4 + index % 3 + 1) * 255 / 32);
    }
    uint32_t index = pixel - GRAYS;
    uint32_t red = index / (CUBE_SIDE * CUBE_SIDE) * 51;
    uint32_t blue = index / CUBE_SIDE % CUBE_SIDE * 51;
    uint32_t green = index % CUBE_SIDE * 51;
    return OPAQUE | red << 16 | green << 8 | blue;
}

/* Five bits each of red, green and blue become eight. */
static uint32_t from_16_bits(uint32_t pixel)
{
    uint32_t red = pixel >> 10 & 31;
    uint32_t green = pixel >> 5 & 31;
    uint32_t blue = pixel & 31;
    return OPAQUE | (red << 3 | red >> 2) << 16 | (green << 3 | green >> 2) << 8 |
           (blue << 3 | blue >> 2);
}

/* The pixel at x of a row. */
static uint32_t pixel_at(const struct form_pixels *form, const uint32_t *row, int32_t x)
{
    int32_t bits = bits_of(form);
    int32_t in_word = WORD_BITS / bits;
    uint32_t word = row[x / in_word];
    int32_t place = form->depth < 0 ? x % in_word : in_word - 1 - x % in_word;
    uint32_t mask = bits == WORD_BITS ? UINT32_MAX : (UINT32_C(1) << bits) - 1;
    return word >> (place * bits) & mask;
}

/* The same of a row in words of 16 bits. */
static uint32_t half_pixel_at(const uint16_t *row, int32_t x)
{
    return row[x / HALF_BITS] >> (HALF_BITS - 1 - x % HALF_BITS) & 1;
}

uint32_t form_pixel(const struct form_pixels *form, int32_t x, int32_t y)
{
    if (form->halves != NULL)
        return half_pixel_at(form->halves + (size_t)y * words_in_row(form), x);
    return pixel_at(form, form->words + (size_t)y * words_in_row(form), x);
}

void form_pixels_convert(const struct form_pixels *form, const struct host_rectangle *part,
                         uint32_t *words, int32_t width)
{
    int32_t bits = bits_of(form);
    uint32_t colors[256];
    if (bits <= 8)
        for (uint32_t i = 0; i < UINT32_C(1) << bits; i++)
            colors[i] = form_indexed_color(bits, i);
    for (int32_t y = part->y; y < part->y + part->height; y++) {
        size_t start = (size_t)y * words_in_row(form);
        uint32_t *to = words + (size_t)y * (size_t)width;
        for (int32_t x = part->x; x < part->x + part->width; x++) {
            uint32_t pixel = form->halves != NULL ? half_pixel_at(form->halves + start, x)
                                                  : pixel_at(form, form->words + start, x);
            to[x] = bits == 32 ? pixel | OPAQUE : bits == 16 ? from_16_bits(pixel) : colors[pixel];
        }
    }
}

/* --- scaling ---------------------------------------------------------------------------------------------------------------- */

int32_t pixels_scaled(int32_t count, double scale)
{
    long scaled = lround(count * scale);
    return scaled < 1 ? 1 : (int32_t)scaled;
}

static void scale_squares(const struct scaled_pixels *pixels, const struct host_rectangle *to,
                          int32_t factor)
{
    int32_t width = pixels->width * factor;
    for (int32_t y = to->y; y < to->y + to->height; y++) {
        const uint32_t *from = pixels->from + (size_t)(y / factor) * (size_t)pixels->width;
        uint32_t *row = pixels->to + (size_t)y * (size_t)width;
        for (int32_t x = to->x; x < to->x + to->width; x++)
            row[x] = from[x / factor];
    }
}

/* Two colours, the second with a weight of 0 to 256. */
static uint32_t mix(uint32_t one, uint32_t other, uint32_t weight)
{
    uint32_t odd = UINT32_C(0x00FF00FF);
    uint32_t low = ((one & odd) * (256 - weight) + (other & odd) * weight) >> 8 & odd;
    uint32_t high = ((one >> 8 & odd) * (256 - weight) + (other >> 8 & odd) * weight) & ~odd;
    return high | low;
}

/* Which two pixels of `count` lie beside the middle of a scaled one, and the second one's weight. */
struct neighbours {
    int32_t first, second;
    uint32_t weight;
};

static struct neighbours neighbours_of(int32_t place, double scale, int32_t count)
{
    double middle = (place + 0.5) / scale - 0.5;
    double below = floor(middle);
    struct neighbours n = {(int32_t)below, (int32_t)below + 1,
                           (uint32_t)lround((middle - below) * 256)};
    n.first = n.first < 0 ? 0 : n.first >= count ? count - 1 : n.first;
    n.second = n.second < 0 ? 0 : n.second >= count ? count - 1 : n.second;
    return n;
}

/* A strip of columns, whose neighbours are the same in all rows. */
enum { STRIP = 128 };

static void scale_strip(const struct scaled_pixels *pixels, const struct host_rectangle *to)
{
    struct neighbours columns[STRIP];
    size_t width = (size_t)pixels_scaled(pixels->width, pixels->scale);
    for (int32_t i = 0; i < to->width; i++)
        columns[i] = neighbours_of(to->x + i, pixels->scale, pixels->width);
    for (int32_t y = to->y; y < to->y + to->height; y++) {
        struct neighbours rows = neighbours_of(y, pixels->scale, pixels->height);
        const uint32_t *upper = pixels->from + (size_t)rows.first * (size_t)pixels->width;
        const uint32_t *lower = pixels->from + (size_t)rows.second * (size_t)pixels->width;
        uint32_t *row = pixels->to + (size_t)y * width + to->x;
        for (int32_t i = 0; i < to->width; i++) {
            struct neighbours n = columns[i];
            row[i] = mix(mix(upper[n.first], upper[n.second], n.weight),
                         mix(lower[n.first], lower[n.second], n.weight), rows.weight);
        }
    }
}

static void scale_smoothly(const struct scaled_pixels *pixels, const struct host_rectangle *to)
{
    for (int32_t x = 0; x < to->width; x += STRIP) {
        struct host_rectangle strip = {to->x + x, to->y,
                                       to->width - x < STRIP ? to->width - x : STRIP, to->height};
        scale_strip(pixels, &strip);
    }
}

/* The scaled stretch of those that depend on pixels from `start` on, which a neighbour's pixel may do. */
static void scaled_stretch(int32_t start, int32_t size, double scale, int32_t limit, int32_t *first,
                           int32_t *count)
{
    int32_t low = (int32_t)floor((start - 1) * scale);
    int32_t high = (int32_t)ceil((start + size + 1) * scale);
    *first = low < 0 ? 0 : low;
    *count = (high > limit ? limit : high) - *first;
}

struct host_rectangle pixels_scale(const struct scaled_pixels *pixels,
                                   const struct host_rectangle *part)
{
    int32_t factor = (int32_t)pixels->scale;
    if (pixels->scale == factor) {
        struct host_rectangle to = {part->x * factor, part->y * factor, part->width * factor,
                                    part->height * factor};
        scale_squares(pixels, &to, factor);
        return to;
    }
    struct host_rectangle to;
    scaled_stretch(part->x, part->width, pixels->scale, pixels_scaled(pixels->width, pixels->scale),
                   &to.x, &to.width);
    scaled_stretch(part->y, part->height, pixels->scale,
                   pixels_scaled(pixels->height, pixels->scale), &to.y, &to.height);
    scale_smoothly(pixels, &to);
    return to;
}
