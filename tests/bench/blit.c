/*
 * What copies and alpha blends of a form of 1920 by 1080 pixels of 32 bits cost, beside pixman on the same work: `tools/bench
 * --blit` builds and runs it. Both take turns; the figures are medians in milliseconds of processor time. The pictures must
 * come out the same. Arguments: rounds.
 */
#include "primitives/bitblt.h"

#include <pixman.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WIDTH = 1920, HEIGHT = 1080, PIXELS = WIDTH * HEIGHT, ROUNDS_MAX = 1000, PASSES = 4 };

struct work {
    const char *name;
    unsigned rule;
    int alpha; /* of the source; -1: all there are, -2: as drawings have: mostly opaque or clear, some between */
};

static const struct work works[] = {
    {"copy", BLIT_COPY, -1},
    {"alpha blend, opaque", BLIT_ALPHA_SCALED, 255},
    {"alpha blend, any alpha", BLIT_ALPHA_SCALED, -1},
    {"alpha blend, as a drawing", BLIT_ALPHA_SCALED, -2},
    {"alpha blend not scaled, any alpha", BLIT_ALPHA_BLEND, -1},
};

static double now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static uint32_t scaled(uint32_t color, uint32_t alpha)
{
    uint32_t result = alpha << 24;
    for (unsigned i = 0; i < 3; i++)
        result |= (color >> 8 * i & 255) * alpha / 255 << 8 * i;
    return result;
}

/* Colours scaled by their alpha, which is what both expect. */
static void fill(const struct work *work, uint32_t *source, uint32_t *dest)
{
    uint32_t state = 1;
    for (size_t i = 0; i < PIXELS; i++) {
        state = state * 1664525 + 1013904223;
        uint32_t alpha = state >> 24;
        if (work->alpha >= 0)
            alpha = (uint32_t)work->alpha;
        else if (work->alpha == -2 && i / 97 % 8 != 0)
            alpha = i / 97 % 2 == 0 ? 255 : 0;
        source[i] = scaled(state >> 3, alpha);
        dest[i] = 0xFF000000 | state;
    }
}

static void ours(const struct work *work, uint32_t *source, uint32_t *dest)
{
    struct blit blit = {.rule = work->rule, .has_source = true, .width = WIDTH, .height = HEIGHT};
    blit.source = (struct blit_form){source, WIDTH, WIDTH, HEIGHT, 32, true};
    blit.dest = (struct blit_form){dest, WIDTH, WIDTH, HEIGHT, 32, true};
    blit.clip_width = WIDTH;
    blit.clip_height = HEIGHT;
    blit_copy(&blit, &(struct blit_area){0});
}

static void theirs(const struct work *work, uint32_t *source, uint32_t *dest)
{
    pixman_op_t op = work->rule == BLIT_COPY ? PIXMAN_OP_SRC : PIXMAN_OP_OVER;
    pixman_image_t *from =
        pixman_image_create_bits(PIXMAN_a8r8g8b8, WIDTH, HEIGHT, source, WIDTH * 4);
    pixman_image_t *to = pixman_image_create_bits(PIXMAN_a8r8g8b8, WIDTH, HEIGHT, dest, WIDTH * 4);
    pixman_image_composite32(op, from, NULL, to, 0, 0, 0, 0, 0, 0, WIDTH, HEIGHT);
    pixman_image_unref(from);
    pixman_image_unref(to);
}

static double timed(void (*draw)(const struct work *, uint32_t *, uint32_t *),
                    const struct work *work, uint32_t *source, uint32_t *dest)
{
    double start = now_ms();
    for (unsigned i = 0; i < PASSES; i++)
        draw(work, source, dest);
    return (now_ms() - start) / PASSES;
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, unsigned count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 50;
    static double our_times[ROUNDS_MAX], their_times[ROUNDS_MAX];
    uint32_t *source = malloc(PIXELS * 4), *dest = malloc(PIXELS * 4), *other = malloc(PIXELS * 4);
    if (source == NULL || dest == NULL || other == NULL || rounds == 0 || rounds > ROUNDS_MAX)
        return 1;
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
        const struct work *work = &works[i];
        fill(work, source, dest);
        memcpy(other, dest, PIXELS * 4);
        ours(work, source, dest);
        theirs(work, source, other);
        if (work->rule != BLIT_ALPHA_BLEND && memcmp(dest, other, PIXELS * 4) != 0) {
            fprintf(stderr, "%s: the pictures differ\n", work->name);
            return 1;
        }
        for (unsigned round = 0; round < rounds; round++) {
            our_times[round] = timed(ours, work, source, dest);
            their_times[round] = timed(theirs, work, source, other);
        }
        double mine = median(our_times, rounds), pixman = median(their_times, rounds);
        printf("%s|%.3f|%.3f|%.2f\n", work->name, mine, pixman, mine / pixman);
    }
    free(source);
    free(dest);
    free(other);
    return 0;
}
