/*
 * Lines of text: shaped by pango, kept in a table of the most recently used, so that a screen full of unchanged text costs no
 * shaping. One line never breaks; what would end it is shown as a blank. Positions are in logical pixels from the left edge
 * and the baseline, and do not depend on the scale at which a line is drawn.
 *
 * Characters are counted from 0 here. A line of more than LINE_CHARACTERS_MAX characters is shown as that many and an
 * ellipsis: its width is theirs, and all that is beyond is at its end.
 */
#ifndef VIV_GUI_LINES_H
#define VIV_GUI_LINES_H

#include "vm/primitive.h"

#include <pango/pangocairo.h>

enum {
    LINE_CHARACTERS_MAX = 20000,
    LINE_RUNS_MAX = 20000,
    LINES_MAX = 4096,
    CHARACTERS_KEPT_MAX = 2000000, /* of all lines in the table: some hundred megabytes */
    FONTS_MAX = 256,
    FAMILY_SIZE_MAX = 200
};

/* What is wanted of a font. */
struct font_request {
    const uint8_t *family; /* Latin-1 */
    size_t family_size;
    double size; /* logical pixels */
    int weight;  /* 100 to 1000 */
    bool italic;
};

struct font {
    char family[FAMILY_SIZE_MAX + 1]; /* as requested */
    struct font_request request;      /* its family is the one above */
    PangoFontDescription *description;
    bool is_mono;
    double ascent; /* whole logical pixels, as the next */
    double descent;
};

/* Bits of a run. */
enum {
    RUN_BOLD = 1,
    RUN_ITALIC = 2,
    RUN_UNDERLINE = 4,
    RUN_STRIKE = 8,
    RUN_SQUIGGLE = 16,
    RUN_HAS_COLOR = 32,
    RUN_HAS_BACKGROUND = 64,
    RUN_WORDS = 5
};

/* Part of a line that looks different, as TextLine encodes it in a Bitmap. A later run wins. The colour of one with a squiggle
 * is the squiggle's. */
struct run {
    uint32_t start; /* characters from 1 */
    uint32_t stop;
    uint32_t bits;
    uint32_t color;
    uint32_t background;
};

/* A string of the image: bytes are Latin-1, words code points. */
struct characters {
    const uint8_t *bytes;
    size_t count;
    bool wide;
};

struct tile {
    cairo_surface_t *image; /* NULL: not drawn yet */
};

/* The picture of a line at one scale, in tiles from left to right that are drawn when first seen. */
struct raster {
    double scale;   /* 0: none */
    uint32_t color; /* of the text, where the picture has colours */
    bool colored;
    int left; /* of the first tile, pixels from the origin of the line */
    int top;
    int width;
    int height;
    struct tile *tiles;
    size_t tile_count;
    size_t bytes;
};

struct line {
    uint64_t hash;
    struct line *next; /* with the same bucket */
    struct line *newer;
    struct line *older;
    uint8_t *key;
    size_t key_size;
    const struct font *font;
    PangoLayout *layout;
    PangoLayoutLine *shaped; /* the layout's only one */
    const char *text;        /* UTF-8, the layout's */
    size_t text_size;
    size_t character_count; /* shown, without an ellipsis */
    bool ascii;
    double width;
    struct run *runs;
    size_t run_count;
    bool colored; /* has runs with colours, or characters that may be pictures */
    struct raster raster;
};

struct line_table {
    PangoFontMap *fonts_of_system;
    PangoContext *context;
    struct font *fonts[FONTS_MAX];
    size_t font_count;
    struct line **buckets;
    size_t line_count;
    size_t characters_kept;
    struct line *newest;
    struct line *oldest;
    size_t raster_bytes;
    uint8_t *key; /* of the line that is looked for */
    size_t key_capacity;
    uint64_t shaped_count; /* lines ever shaped, for tests */
};

void line_table_free(struct line_table *table);

/* The font for a request; `table` is made where there is none. NULL when there is no memory. Valid until the next call. */
struct font *font_find(struct line_table **table, const struct font_request *request) VIV_MUST_USE;

/* The line of these characters, shaped anew or kept from before. NULL when there is no memory. Valid until the next call. */
struct line *line_find(struct line_table *table, const struct font *font,
                       const struct characters *characters, const struct run *runs,
                       size_t run_count) VIV_MUST_USE;

/* The leading edge of a character; that of the one after the last is the end. */
double line_x_of(const struct line *line, size_t character);
/* The place between characters that is nearest to x, never inside of what is seen as one. */
size_t line_character_at(const struct line *line, double x);
/* Where a character begins in the text. */
size_t line_byte_of(const struct line *line, size_t character);

/* Draws a line whose upper left corner is at x and y, everything of its runs included. */
void line_draw(struct line_table *table, struct line *line, cairo_t *context, double x, double y,
               uint32_t color);

/* Gives the picture's memory back. */
void raster_free(struct line_table *table, struct line *line);

#endif
