#include "gui/screen_pixels.h"

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
