/*
 * ScratchPlugin: the graphic effects of Scratch, its sizes of pictures, its sounds, and what it asks of the system. Pictures are the bits
 * of Forms 32 bits deep, in objects of 32-bit words, with their sizes as arguments.
 */
#include "primitives/functions.h"
#include "primitives/picture_filters.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { PATH_SIZE = 1024, URL_SIZE = 2000, DROPS_MAX = 1 << 16, SIDE_MAX = 1 << 20 };

/* The first two arguments, of one size, the second of which may be written, in lines of `width` pixels. */
static prim_result arg_picture(const prim_call *call, int64_t width, struct picture *picture)
{
    uint32_t *in, *out;
    size_t count;
    if (!oop_as_words(prim_argument(call, 0), &in, &picture->count) ||
        !oop_as_words(prim_argument(call, 1), &out, &count) || count != picture->count ||
        width < 1 || width > SIDE_MAX)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(prim_argument(call, 1)))
        return PRIM_NO_MODIFICATION;
    picture->in = in;
    picture->out = out;
    picture->width = width;
    picture->height = (int64_t)picture->count / width;
    return PRIM_OK;
}

/* --- effects ----------------------------------------------------------------------------------------------------------------- */

typedef void effect_function(const struct picture *picture, int64_t strength);

/* in, out, shift. */
static prim_result with_shift(struct vm *vm, const prim_call *call, effect_function *effect)
{
    struct picture picture;
    int64_t shift;
    prim_result result = arg_picture(call, 1, &picture);
    if (result == PRIM_OK)
        result = arg_integer(call, 2, &shift);
    if (result != PRIM_OK)
        return result;
    effect(&picture, shift);
    return answer_self(vm, call);
}

/* in, out, width, strength. */
static prim_result with_places(struct vm *vm, const prim_call *call, effect_function *effect)
{
    struct picture picture;
    int64_t width, strength;
    prim_result result = arg_integer(call, 2, &width);
    if (result == PRIM_OK)
        result = arg_integer(call, 3, &strength);
    if (result == PRIM_OK)
        result = arg_picture(call, width, &picture);
    if (result != PRIM_OK)
        return result;
    effect(&picture, strength);
    return answer_self(vm, call);
}

prim_result prim_scratch_hue(struct vm *vm, const prim_call *call)
{
    return with_shift(vm, call, picture_hue);
}

prim_result prim_scratch_saturation(struct vm *vm, const prim_call *call)
{
    return with_shift(vm, call, picture_saturation);
}

prim_result prim_scratch_brightness(struct vm *vm, const prim_call *call)
{
    return with_shift(vm, call, picture_brightness);
}

prim_result prim_scratch_fisheye(struct vm *vm, const prim_call *call)
{
    return with_places(vm, call, picture_fisheye);
}

prim_result prim_scratch_whirl(struct vm *vm, const prim_call *call)
{
    return with_places(vm, call, picture_whirl);
}

/* in, out, width. */
prim_result prim_scratch_blur(struct vm *vm, const prim_call *call)
{
    struct picture picture;
    int64_t width;
    prim_result result = arg_integer(call, 2, &width);
    if (result == PRIM_OK)
        result = arg_picture(call, width, &picture);
    if (result != PRIM_OK)
        return result;
    picture_blur(&picture);
    return answer_self(vm, call);
}

/* Bytes of an object that holds bits, for so many doubles. */
static bool heights_of(oop object, size_t count, uint8_t **heights)
{
    if (!oop_is_object(object) || !format_is_bits(object_format(object)))
        return false;
    *heights = object_bytes(object);
    return object_bits_size(object) / sizeof(double) >= count;
}

/* in, out, width, drops, heights, heights before. */
prim_result prim_scratch_ripples(struct vm *vm, const prim_call *call)
{
    struct picture picture;
    int64_t width, drops;
    uint64_t random = 0;
    uint8_t *now, *before;
    prim_result result = arg_integer(call, 2, &width);
    if (result == PRIM_OK)
        result = arg_integer(call, 3, &drops);
    if (result == PRIM_OK)
        result = arg_picture(call, width, &picture);
    if (result != PRIM_OK)
        return result;
    if (drops < 1 || drops > DROPS_MAX ||
        !heights_of(prim_argument(call, 4), picture.count, &now) ||
        !heights_of(prim_argument(call, 5), picture.count, &before))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(prim_argument(call, 4)) || object_is_immutable(prim_argument(call, 5)))
        return PRIM_NO_MODIFICATION;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
        random = (uint64_t)drops;
    picture_ripples(&picture, drops, random, now, before);
    return answer_self(vm, call);
}

/* in, width, x, y: the pixel at a place in units of 1/1024. */
prim_result prim_scratch_interpolate(struct vm *vm, const prim_call *call)
{
    struct picture picture = {.out = NULL};
    uint32_t *in;
    int64_t x, y;
    prim_result result = arg_integer(call, 1, &picture.width);
    if (result == PRIM_OK)
        result = arg_integer(call, 2, &x);
    if (result == PRIM_OK)
        result = arg_integer(call, 3, &y);
    if (result != PRIM_OK)
        return result;
    if (!oop_as_words(prim_argument(call, 0), &in, &picture.count) || picture.width < 1 ||
        picture.width > SIDE_MAX)
        return PRIM_BAD_ARGUMENT;
    picture.in = in;
    picture.height = (int64_t)picture.count / picture.width;
    return answer_integer(vm, call, picture_at(&picture, x, y));
}

/* --- sizes ------------------------------------------------------------------------------------------------------------------- */

struct area {
    uint32_t *words;
    int64_t width;
    int64_t height;
};

/* Three arguments: words, width and height; the words are enough for both. */
static bool arg_area(const prim_call *call, size_t argument, struct area *area)
{
    size_t count;
    return oop_as_words(prim_argument(call, argument), &area->words, &count) &&
           arg_integer(call, argument + 1, &area->width) == PRIM_OK &&
           arg_integer(call, argument + 2, &area->height) == PRIM_OK && area->width >= 0 &&
           area->height >= 0 && area->width <= SIDE_MAX && area->height <= SIDE_MAX &&
           (uint64_t)(area->width * area->height) <= count;
}

static bool arg_numbers(const prim_call *call, size_t argument, size_t count, int64_t *numbers)
{
    for (size_t i = 0; i < count; i++)
        if (arg_integer(call, argument + i, &numbers[i]) != PRIM_OK || numbers[i] < 0 ||
            numbers[i] > SIDE_MAX)
            return false;
    return true;
}

/* in, width, height, out, width, height, x, y: every pixel becomes four, from a place on. */
prim_result prim_scratch_double_size(struct vm *vm, const prim_call *call)
{
    struct area in, out;
    int64_t at[2];
    if (!arg_area(call, 0, &in) || !arg_area(call, 3, &out) || !arg_numbers(call, 6, 2, at) ||
        at[0] + 2 * in.width > out.width || at[1] + 2 * in.height > out.height)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(prim_argument(call, 3)))
        return PRIM_NO_MODIFICATION;
    for (int64_t y = 0; y < 2 * in.height; y++)
        for (int64_t x = 0; x < 2 * in.width; x++)
            out.words[(at[1] + y) * out.width + at[0] + x] = in.words[y / 2 * in.width + x / 2];
    return answer_self(vm, call);
}

/* The mean of some of four pixels, each part by itself. */
static uint32_t mean_of(const uint32_t *first, int64_t width, bool diagonal)
{
    const uint32_t pixels[4] = {first[0], first[width + 1], first[1], first[width]};
    unsigned count = diagonal ? 2 : 4;
    uint32_t result = 0;
    for (unsigned shift = 0; shift < 24; shift += 8) {
        uint32_t sum = 0;
        for (unsigned i = 0; i < count; i++)
            sum += pixels[i] >> shift & 255;
        result |= sum / count << shift;
    }
    return result;
}

/* in, width, height, out, width, height, from x, y, to x, y, width, height: four pixels become one. */
static prim_result half_size(struct vm *vm, const prim_call *call, bool diagonal)
{
    enum { FROM_X, FROM_Y, TO_X, TO_Y, WIDTH, HEIGHT, NUMBERS };
    struct area in, out;
    int64_t n[NUMBERS];
    if (!arg_area(call, 0, &in) || !arg_area(call, 3, &out) || !arg_numbers(call, 6, NUMBERS, n) ||
        n[FROM_X] + 2 * n[WIDTH] > in.width || n[FROM_Y] + 2 * n[HEIGHT] > in.height ||
        n[TO_X] + n[WIDTH] > out.width || n[TO_Y] + n[HEIGHT] > out.height)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(prim_argument(call, 3)))
        return PRIM_NO_MODIFICATION;
    for (int64_t y = 0; y < n[HEIGHT]; y++)
        for (int64_t x = 0; x < n[WIDTH]; x++)
            out.words[(n[TO_Y] + y) * out.width + n[TO_X] + x] = mean_of(
                in.words + (n[FROM_Y] + 2 * y) * in.width + n[FROM_X] + 2 * x, in.width, diagonal);
    return answer_self(vm, call);
}

prim_result prim_scratch_half_average(struct vm *vm, const prim_call *call)
{
    return half_size(vm, call, false);
}

prim_result prim_scratch_half_diagonal(struct vm *vm, const prim_call *call)
{
    return half_size(vm, call, true);
}

/* in, width, height, out, width, height. */
prim_result prim_scratch_scale(struct vm *vm, const prim_call *call)
{
    struct area in, out;
    if (!arg_area(call, 0, &in) || !arg_area(call, 3, &out) || in.width < 1 || in.height < 1 ||
        out.width < 1 || out.height < 1 || in.words == out.words)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(prim_argument(call, 3)))
        return PRIM_NO_MODIFICATION;
    struct picture picture = {.in = in.words,
                              .count = (size_t)(in.width * in.height),
                              .width = in.width,
                              .height = in.height};
    picture_scale(&picture, out.words, out.width, out.height);
    return answer_self(vm, call);
}

/* --- sounds: two signed samples of 16 bits in a word ------------------------------------------------------------------------- */

static int16_t sample_at(const uint32_t *words, size_t index)
{
    int16_t sample;
    memcpy(&sample, (const uint8_t *)words + index * sizeof sample, sizeof sample);
    return sample;
}

static void put_sample(uint32_t *words, size_t index, int16_t sample)
{
    memcpy((uint8_t *)words + index * sizeof sample, &sample, sizeof sample);
}

/* in, out, factor: the greatest magnitude of each so many samples. */
prim_result prim_scratch_condense(struct vm *vm, const prim_call *call)
{
    uint32_t *in, *out;
    size_t count, room;
    int64_t factor;
    prim_result result = arg_integer(call, 2, &factor);
    if (result != PRIM_OK)
        return result;
    if (!oop_as_words(prim_argument(call, 0), &in, &count) ||
        !oop_as_words(prim_argument(call, 1), &out, &room) || factor < 1 ||
        2 * count / (uint64_t)factor > 2 * room)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(prim_argument(call, 1)))
        return PRIM_NO_MODIFICATION;
    for (size_t i = 0; i < 2 * count / (uint64_t)factor; i++) {
        int most = 0;
        for (size_t j = 0; j < (uint64_t)factor; j++) {
            int sample = abs(sample_at(in, i * (uint64_t)factor + j));
            most = sample > most ? sample : most;
        }
        put_sample(out, i, (int16_t)(most > INT16_MAX ? INT16_MAX : most));
    }
    return answer_self(vm, call);
}

/* in, out, right: every second sample, from the first or the second on. */
prim_result prim_scratch_extract_channel(struct vm *vm, const prim_call *call)
{
    uint32_t *in, *out;
    size_t count, room;
    bool right;
    if (!oop_as_words(prim_argument(call, 0), &in, &count) ||
        !oop_as_words(prim_argument(call, 1), &out, &room) || count > 2 * room ||
        arg_boolean(vm, call, 2, &right) != PRIM_OK)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(prim_argument(call, 1)))
        return PRIM_NO_MODIFICATION;
    for (size_t i = 0; i < count; i++)
        put_sample(out, i, sample_at(in, 2 * i + (right ? 1 : 0)));
    return answer_self(vm, call);
}

/* --- the system -------------------------------------------------------------------------------------------------------------- */

/* 1: home, 2: desktop, 3: documents, 4: pictures, 5: music; those that are not there are the home. */
prim_result prim_scratch_folder(struct vm *vm, const prim_call *call)
{
    static const char *const names[] = {"", "/Desktop", "/Documents", "/Pictures", "/Music"};
    const char *home = getenv("HOME");
    struct stat information;
    char path[PATH_SIZE];
    int64_t number;
    prim_result result = arg_integer(call, 0, &number);
    if (result != PRIM_OK)
        return result;
    if (number < 1 || number > (int64_t)(sizeof names / sizeof *names))
        return PRIM_BAD_ARGUMENT;
    if (home == NULL || home[0] != '/' || strlen(home) >= PATH_SIZE / 2)
        return PRIM_NOT_FOUND;
    snprintf(path, sizeof path, "%s%s", home, names[number - 1]);
    const char *found = stat(path, &information) == 0 && S_ISDIR(information.st_mode) ? path : home;
    return answer_string(vm, call, found, strlen(found));
}

/* Whether the last part of a path begins with a dot. */
prim_result prim_scratch_is_hidden(struct vm *vm, const prim_call *call)
{
    uint8_t *path;
    size_t size;
    prim_result result = arg_bytes(call, 0, &path, &size);
    if (result != PRIM_OK)
        return result;
    const uint8_t *slash = memrchr(path, '/', size);
    size_t start = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    return answer_boolean(vm, call, start < size && path[start] == '.');
}

/* Shows a page of the web in the person's browser, and does not wait for it. Other kinds of address are refused. */
prim_result prim_scratch_open_url(struct vm *vm, const prim_call *call)
{
    char *url;
    pid_t child;
    int status;
    prim_result result = arg_c_string(vm, call, 0, &url);
    if (result != PRIM_OK)
        return result;
    bool known = strlen(url) < URL_SIZE &&
                 (strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0);
    char program[] = "setsid", option[] = "--fork", opener[] = "xdg-open";
    char *const arguments[] = {program, option, opener, url, NULL};
    bool started = known && posix_spawnp(&child, program, NULL, NULL, arguments, environ) == 0 &&
                   waitpid(child, &status, 0) == child && status == 0;
    free(url);
    if (!known)
        return PRIM_BAD_ARGUMENT;
    return started ? answer_self(vm, call) : PRIM_UNSUPPORTED;
}
