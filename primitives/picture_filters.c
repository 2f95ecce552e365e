#include "primitives/picture_filters.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    RGB = 0xFFFFFF,
    UNIT = 1024,    /* of places between pixels */
    WHOLE = 1000,   /* of saturation and brightness */
    TO_BYTE = 3922, /* a thousand thousandths to 255 */
    DARK = 110,     /* what is darker is tinted as a dark, full colour */
    PALE = 90,      /* what is paler is tinted, too */
    SHIFT_MAX = 1 << 24,
    DROP_RADIUS = 4,
    DROP_SIZE = 25, /* a radius, squared */
    DROP_POWERS = 8
};

static int64_t clamped(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

static uint32_t rgb(int64_t red, int64_t green, int64_t blue)
{
    return (uint32_t)(red << 16 | green << 8 | blue);
}

/* Black is no transparency. */
static uint32_t opaque(uint32_t pixel)
{
    return pixel == 0 ? 1 : pixel;
}

/* --- hue, saturation, brightness --------------------------------------------------------------------------------------------- */

struct hsv {
    int64_t hue; /* degrees */
    int64_t saturation;
    int64_t brightness;
};

static struct hsv hsv_of(uint32_t pixel)
{
    int64_t parts[3] = {pixel >> 16 & 255, pixel >> 8 & 255, pixel & 255};
    int64_t least = parts[0], most = parts[0];
    size_t highest = 0;
    for (size_t i = 1; i < 3; i++) {
        least = parts[i] < least ? parts[i] : least;
        if (parts[i] > most) {
            most = parts[i];
            highest = i;
        }
    }
    int64_t span = most - least;
    struct hsv color = {0, most == 0 ? 0 : span * WHOLE / most, most * WHOLE / 255};
    if (span > 0)
        color.hue = (int64_t)highest * 120 +
                    60 * (parts[(highest + 1) % 3] - parts[(highest + 2) % 3]) / span;
    if (color.hue < 0)
        color.hue += 360;
    return color;
}

static uint32_t pixel_of(struct hsv color)
{
    int64_t part = color.hue % 60;
    int64_t high = color.brightness * WHOLE / TO_BYTE;
    int64_t low = (WHOLE - color.saturation) * color.brightness / TO_BYTE;
    int64_t falling = (WHOLE - color.saturation * part / 60) * color.brightness / TO_BYTE;
    int64_t rising = (WHOLE - color.saturation * (60 - part) / 60) * color.brightness / TO_BYTE;
    switch (color.hue / 60) {
    case 0:
        return opaque(rgb(high, rising, low));
    case 1:
        return opaque(rgb(falling, high, low));
    case 2:
        return opaque(rgb(low, high, rising));
    case 3:
        return opaque(rgb(low, falling, high));
    case 4:
        return opaque(rgb(rising, low, high));
    default:
        return opaque(rgb(high, low, falling));
    }
}

void picture_hue(const struct picture *picture, int64_t shift)
{
    int64_t turn = shift % 360 + 360;
    for (size_t i = 0; i < picture->count; i++) {
        uint32_t pixel = picture->in[i] & RGB;
        if (pixel == 0)
            continue;
        struct hsv color = hsv_of(pixel);
        bool dark = color.brightness < DARK;
        if (dark)
            color = (struct hsv){0, WHOLE, DARK};
        if (color.saturation < PALE)
            color.saturation = PALE;
        if (color.brightness == DARK || color.saturation == PALE)
            color.hue = 0;
        color.hue = (color.hue + turn) % 360;
        picture->out[i] = pixel_of(color);
    }
}

void picture_saturation(const struct picture *picture, int64_t shift)
{
    shift = clamped(shift, -SHIFT_MAX, SHIFT_MAX);
    for (size_t i = 0; i < picture->count; i++) {
        uint32_t pixel = picture->in[i] & RGB;
        struct hsv color = hsv_of(pixel);
        if (pixel < 2 || color.saturation == 0)
            continue;
        color.saturation = clamped(color.saturation + 10 * shift, 0, WHOLE);
        picture->out[i] = pixel_of(color);
    }
}

void picture_brightness(const struct picture *picture, int64_t shift)
{
    shift = clamped(shift, -SHIFT_MAX, SHIFT_MAX);
    for (size_t i = 0; i < picture->count; i++) {
        uint32_t pixel = picture->in[i] & RGB;
        if (pixel == 0)
            continue;
        struct hsv color = hsv_of(pixel);
        color.brightness = clamped(color.brightness + 10 * shift, 0, WHOLE);
        picture->out[i] = pixel_of(color);
    }
}

/* --- neighbours -------------------------------------------------------------------------------------------------------------- */

static uint32_t mean_around(const struct picture *picture, int64_t x, int64_t y)
{
    uint32_t sums[3] = {0, 0, 0};
    uint32_t count = 0;
    for (int64_t row = y - 1; row <= y + 1; row++)
        for (int64_t column = x - 1; column <= x + 1; column++) {
            uint32_t pixel = picture->in[row * picture->width + column] & RGB;
            count += pixel != 0;
            for (unsigned i = 0; i < 3; i++)
                sums[i] += pixel >> (8 * i) & 255;
        }
    return count == 0 ? 0 : rgb(sums[2] / count, sums[1] / count, sums[0] / count);
}

void picture_blur(const struct picture *picture)
{
    for (int64_t y = 1; y < picture->height - 1; y++)
        for (int64_t x = 1; x < picture->width - 1; x++)
            picture->out[y * picture->width + x] = mean_around(picture, x, y);
}

/* Between two pixels; fraction of UNIT is that of the second. */
static uint32_t between(uint32_t one, uint32_t other, int64_t fraction)
{
    int64_t parts[3];
    if (one == 0 || other == 0)
        return one == 0 ? other : one;
    for (unsigned i = 0; i < 3; i++)
        parts[i] =
            ((UNIT - fraction) * (one >> (8 * i) & 255) + fraction * (other >> (8 * i) & 255)) /
            UNIT;
    return opaque(rgb(parts[2], parts[1], parts[0]));
}

/* Whole and fraction of a place along an edge of so many pixels; false outside. Up to a pixel before the first is the first. */
static bool split(int64_t place, int64_t size, int64_t *whole, int64_t *fraction)
{
    if (place < -UNIT || place >= size * UNIT)
        return false;
    *whole = place < 0 ? 0 : place / UNIT;
    *fraction = place < 0 || *whole == size - 1 ? 0 : place % UNIT;
    return true;
}

uint32_t picture_at(const struct picture *picture, int64_t x, int64_t y)
{
    int64_t column, row, right, down;
    if (!split(x, picture->width, &column, &right) || !split(y, picture->height, &row, &down))
        return 0;
    uint32_t rows[2] = {0, 0};
    for (int64_t i = 0; i <= (down > 0); i++) {
        const uint32_t *pixels = picture->in + (row + i) * picture->width + column;
        rows[i] = pixels[0] & RGB;
        if (right > 0)
            rows[i] = between(rows[i], pixels[1] & RGB, right);
    }
    return down == 0 ? rows[0] : between(rows[0], rows[1], down);
}

/* --- effects on places ------------------------------------------------------------------------------------------------------- */

/* A place between pixels; one that no number of ours can be lies outside. */
static int64_t place_of(double value)
{
    double scaled = value * UNIT;
    return scaled > -1e15 && scaled < 1e15 ? (int64_t)scaled : -2 * UNIT;
}

void picture_fisheye(const struct picture *picture, int64_t power)
{
    double middle_x = (double)(picture->width / 2), middle_y = (double)(picture->height / 2);
    double exponent = (double)power / 100.0;
    for (int64_t y = 0; y < picture->height; y++)
        for (int64_t x = 0; x < picture->width; x++) {
            double dx = middle_x == 0 ? 0 : ((double)x - middle_x) / middle_x;
            double dy = middle_y == 0 ? 0 : ((double)y - middle_y) / middle_y;
            double radius = pow(sqrt(dx * dx + dy * dy), exponent);
            int64_t from_x = x * UNIT, from_y = y * UNIT;
            if (radius <= 1.0) {
                double angle = atan2(dy, dx);
                from_x = place_of(middle_x + radius * cos(angle) * middle_x);
                from_y = place_of(middle_y + radius * sin(angle) * middle_y);
            }
            picture->out[y * picture->width + x] = picture_at(picture, from_x, from_y);
        }
}

void picture_whirl(const struct picture *picture, int64_t degrees)
{
    double middle_x = (double)(picture->width / 2), middle_y = (double)(picture->height / 2);
    double radius = middle_x < middle_y ? middle_x : middle_y;
    double scale_x = radius == 0 ? 1 : radius == middle_x ? middle_y / middle_x : 1;
    double scale_y = radius == 0 ? 1 : radius == middle_x ? 1 : middle_x / middle_y;
    double turn = -M_PI * (double)degrees / 180.0;
    for (int64_t y = 0; y < picture->height; y++)
        for (int64_t x = 0; x < picture->width; x++) {
            double dx = scale_x * ((double)x - middle_x), dy = scale_y * ((double)y - middle_y);
            double distance = sqrt(dx * dx + dy * dy);
            size_t place = (size_t)(y * picture->width + x);
            if (!(distance < radius)) {
                picture->out[place] = picture->in[place];
                continue;
            }
            double nearness = 1.0 - distance / radius;
            double angle = turn * nearness * nearness;
            double sine = sin(angle), cosine = cos(angle);
            picture->out[place] =
                picture_at(picture, place_of((cosine * dx - sine * dy) / scale_x + middle_x),
                           place_of((sine * dx + cosine * dy) / scale_y + middle_y));
        }
}

/* --- ripples ----------------------------------------------------------------------------------------------------------------- */

static double height_at(const uint8_t *heights, size_t index)
{
    double value;
    memcpy(&value, heights + index * sizeof value, sizeof value);
    return value;
}

static void put_height(uint8_t *heights, size_t index, double value)
{
    memcpy(heights + index * sizeof value, &value, sizeof value);
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static void drop(const struct picture *picture, uint64_t *random, uint8_t *heights)
{
    int64_t x = (int64_t)(next_random(random) % (uint64_t)picture->width);
    int64_t y = (int64_t)(next_random(random) % (uint64_t)picture->height);
    double power = (double)(next_random(random) % DROP_POWERS);
    for (int64_t dx = -DROP_RADIUS; dx <= DROP_RADIUS; dx++)
        for (int64_t dy = -DROP_RADIUS; dy <= DROP_RADIUS; dy++) {
            int64_t distance = dx * dx + dy * dy;
            int64_t column = x + dx, row = y + dy;
            if (distance > 0 && distance < DROP_SIZE && column > 0 && row > 0 &&
                column < picture->width && row < picture->height)
                put_height(heights, (size_t)(row * picture->width + column),
                           power * (1.0 - (double)distance / DROP_SIZE));
        }
}

/* Heights of the next moment, from those now and those before, which they replace; a tenth is lost. */
static void spread(const struct picture *picture, const uint8_t *now, uint8_t *before)
{
    for (int64_t x = 1; x < picture->width - 1; x++)
        for (int64_t y = 1; y < picture->height - 1; y++) {
            double sum = 0.0;
            for (int64_t dy = -1; dy <= 1; dy++)
                for (int64_t dx = -1; dx <= 1; dx++)
                    if (dx != 0 || dy != 0)
                        sum += height_at(now, (size_t)((y + dy) * picture->width + x + dx)) *
                               (dx == 0 || dy == 0 ? 1.0 : 0.5);
            size_t place = (size_t)(y * picture->width + x);
            put_height(before, place, (sum / 4 - height_at(before, place)) * 0.9);
        }
}

static double two_at_most(double value)
{
    return value < -2 ? -2 : value > 2 ? 2 : value;
}

/* The pixel that is seen through the slope of the water at a place. */
static uint32_t refracted(const struct picture *picture, const uint8_t *heights, int64_t x,
                          int64_t y)
{
    int64_t width = picture->width;
    size_t place = (size_t)(y * width + x);
    if (x <= 1 || y <= 1 || x >= width - 1 || y >= picture->height - 1)
        return picture->in[place];
    double dx = two_at_most((height_at(heights, place + 1) - height_at(heights, place - 1)) * 64);
    double dy = two_at_most(
        (height_at(heights, place + (size_t)width) - height_at(heights, place - (size_t)width)) /
        64);
    double target = ((double)y + dy) * (double)width + (double)x + dx;
    return picture
        ->in[target >= 0 && target < (double)(width * picture->height) ? (size_t)target : place];
}

void picture_ripples(const struct picture *picture, int64_t drops, uint64_t random, uint8_t *now,
                     uint8_t *before)
{
    int64_t falling = ((int64_t)(next_random(&random) % (uint64_t)drops) - 1) / 2;
    for (; falling > 0 && picture->height > 0; falling--)
        drop(picture, &random, now);
    spread(picture, before, now);
    for (size_t i = 0; i < (size_t)(picture->width * picture->height); i++) {
        double height = height_at(before, i);
        put_height(before, i, height_at(now, i));
        put_height(now, i, height);
    }
    for (int64_t y = 0; y < picture->height; y++)
        for (int64_t x = 0; x < picture->width; x++)
            picture->out[y * picture->width + x] = refracted(picture, now, x, y);
}

/* --- other sizes ------------------------------------------------------------------------------------------------------------- */

/* The four pixels around a place, each one that is transparent replaced by a neighbour; the weight of those in units of 2^-20. */
static int64_t fill_transparent(uint32_t pixels[4], const int64_t weights[4])
{
    int64_t lost = 0;
    for (unsigned row = 0; row < 4; row += 2)
        for (unsigned i = 0; i < 2; i++)
            if (pixels[row + i] == 0) {
                pixels[row + i] = pixels[row + 1 - i];
                lost += weights[row + i];
            }
    for (unsigned row = 0; row < 4; row += 2)
        if (pixels[row] == 0)
            memcpy(&pixels[row], &pixels[2 - row], 2 * sizeof *pixels);
    return lost;
}

static uint32_t scaled_pixel(const struct picture *picture, int64_t x, int64_t y)
{
    int64_t right = x % UNIT, down = y % UNIT;
    size_t column = (size_t)(x / UNIT), row = (size_t)(y / UNIT), width = (size_t)picture->width;
    size_t next = column + 1 < width ? column + 1 : column;
    size_t below = row + 1 < (size_t)picture->height ? row + 1 : row;
    const int64_t weights[4] = {(UNIT - right) * (UNIT - down), right * (UNIT - down),
                                (UNIT - right) * down, right * down};
    uint32_t pixels[4] = {picture->in[row * width + column], picture->in[row * width + next],
                          picture->in[below * width + column], picture->in[below * width + next]};
    int64_t parts[3] = {0, 0, 0};
    if (fill_transparent(pixels, weights) >= 500000)
        return 0;
    for (unsigned i = 0; i < 3; i++)
        for (unsigned j = 0; j < 4; j++)
            parts[i] += weights[j] * (pixels[j] >> (8 * i) & 255);
    return 0xFF000000 | opaque(rgb(parts[2] >> 20, parts[1] >> 20, parts[0] >> 20));
}

void picture_scale(const struct picture *picture, uint32_t *out, int64_t width, int64_t height)
{
    int64_t step_x = picture->width * UNIT / width, step_y = picture->height * UNIT / height;
    for (int64_t y = 0; y < height; y++)
        for (int64_t x = 0; x < width; x++)
            out[y * width + x] = scaled_pixel(picture, x * step_x, y * step_y);
}
