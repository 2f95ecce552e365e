#include "gui/lines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKET_COUNT = 8192, PLAIN_BOLD = 700 };

/* --- fonts ------------------------------------------------------------------------------------------------------------------ */

static struct line_table *table_new(void)
{
    struct line_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return NULL;
    table->buckets = calloc(BUCKET_COUNT, sizeof(struct line *));
    if (table->buckets == NULL) {
        free(table);
        return NULL;
    }
    table->fonts_of_system = pango_cairo_font_map_new();
    table->context = pango_font_map_create_context(table->fonts_of_system);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    pango_cairo_context_set_font_options(table->context, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(table->context, FALSE);
    pango_context_set_language(table->context, pango_language_from_string("en"));
    return table;
}

static void line_free(struct line_table *table, struct line *line)
{
    raster_free(table, line);
    g_object_unref(line->layout);
    free(line->runs);
    free(line->key);
    free(line);
}

static void forget_lines(struct line_table *table)
{
    while (table->oldest != NULL) {
        struct line *line = table->oldest;
        table->oldest = line->newer;
        line_free(table, line);
    }
    table->newest = NULL;
    table->line_count = 0;
    table->characters_kept = 0;
    memset(table->buckets, 0, BUCKET_COUNT * sizeof(struct line *));
}

static void forget_fonts(struct line_table *table)
{
    for (size_t i = 0; i < table->font_count; i++) {
        pango_font_description_free(table->fonts[i]->description);
        free(table->fonts[i]);
    }
    table->font_count = 0;
}

void line_table_free(struct line_table *table)
{
    if (table == NULL)
        return;
    forget_lines(table);
    forget_fonts(table);
    g_object_unref(table->context);
    g_object_unref(table->fonts_of_system);
    free(table->buckets);
    free(table->key);
    free(table);
}

static bool family_is_mono(const char *family)
{
    return strstr(family, "Mono") != NULL || strstr(family, "mono") != NULL ||
           strstr(family, "Code") != NULL || strstr(family, "Courier") != NULL;
}

/* What stands in for a family that is not there, or for characters that it lacks; the system's own order follows. */
static PangoFontDescription *describe(const struct font *font)
{
    char list[2 * FAMILY_SIZE_MAX + 100];
    PangoFontDescription *description = pango_font_description_new();
    char *family = g_convert(font->family, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
    snprintf(list, sizeof list, "%s%s", family != NULL ? family : "Inter",
             font->is_mono ? ",JetBrains Mono,DejaVu Sans Mono,Noto Sans Mono,monospace"
                           : ",Inter,DejaVu Sans,Noto Sans,sans-serif");
    g_free(family);
    pango_font_description_set_family(description, list);
    pango_font_description_set_absolute_size(description, font->request.size * PANGO_SCALE);
    pango_font_description_set_weight(description, (PangoWeight)font->request.weight);
    pango_font_description_set_style(description, font->request.italic ? PANGO_STYLE_ITALIC
                                                                       : PANGO_STYLE_NORMAL);
    return description;
}

static struct font *font_new(struct line_table *table, const struct font_request *request)
{
    struct font *font = calloc(1, sizeof *font);
    if (font == NULL)
        return NULL;
    memcpy(font->family, request->family, request->family_size);
    font->request = *request;
    font->request.family = (const uint8_t *)font->family;
    font->is_mono = family_is_mono(font->family);
    font->description = describe(font);
    PangoFontMetrics *metrics = pango_context_get_metrics(table->context, font->description, NULL);
    font->ascent = round((double)pango_font_metrics_get_ascent(metrics) / PANGO_SCALE);
    font->descent = round((double)pango_font_metrics_get_descent(metrics) / PANGO_SCALE);
    pango_font_metrics_unref(metrics);
    return font;
}

static bool font_is(const struct font *font, const struct font_request *request)
{
    return font->request.size == request->size && font->request.weight == request->weight &&
           font->request.italic == request->italic &&
           font->request.family_size == request->family_size &&
           memcmp(font->family, request->family, request->family_size) == 0;
}

struct font *font_find(struct line_table **place, const struct font_request *request)
{
    if (*place == NULL)
        *place = table_new();
    struct line_table *table = *place;
    if (table == NULL)
        return NULL;
    for (size_t i = 0; i < table->font_count; i++)
        if (font_is(table->fonts[i], request))
            return table->fonts[i];
    if (table->font_count == FONTS_MAX) {
        forget_lines(table);
        forget_fonts(table);
    }
    struct font *font = font_new(table, request);
    if (font != NULL)
        table->fonts[table->font_count++] = font;
    return font;
}

/* --- keys: font, text, runs ------------------------------------------------------------------------------------------------- */

struct key_header {
    const struct font *font;
    size_t text_size;
    size_t character_count;
    uint64_t is_cut; /* an ellipsis follows the text */
};

static uint32_t code_point_at(const struct characters *characters, size_t index)
{
    uint32_t code_point;
    if (!characters->wide)
        return characters->bytes[index];
    memcpy(&code_point, characters->bytes + 4 * index, sizeof code_point);
    return code_point;
}

/* One character stays one character, whatever it is. */
static uint32_t shown_code_point(uint32_t code_point)
{
    switch (code_point) {
    case '\n':
    case '\r':
    case 0x0B:
    case 0x0C:
    case 0x85:
    case 0x2028:
    case 0x2029:
        return ' ';
    default:
        break;
    }
    bool valid = code_point != 0 && code_point <= 0x10FFFF &&
                 !(code_point >= 0xD800 && code_point <= 0xDFFF);
    return valid ? code_point : 0xFFFD;
}

static size_t encode(const struct characters *characters, size_t count, uint8_t *out)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t code_point = shown_code_point(code_point_at(characters, i));
        if (code_point < 0x80)
            out[size++] = (uint8_t)code_point;
        else
            size += (size_t)g_unichar_to_utf8(code_point, (char *)out + size);
    }
    return size;
}

static bool make_room(struct line_table *table, size_t size)
{
    if (size <= table->key_capacity)
        return true;
    uint8_t *key = realloc(table->key, size * 2);
    if (key == NULL)
        return false;
    table->key = key;
    table->key_capacity = size * 2;
    return true;
}

/* Pango counts in 32 bits, so there is room for fewer characters of a very large font. */
static size_t characters_most(const struct font *font)
{
    double most = 400000 / font->request.size;
    return most < LINE_CHARACTERS_MAX ? (size_t)most : LINE_CHARACTERS_MAX;
}

/* Writes the key into the table's buffer; answers its size, 0 when there is no memory. */
static size_t write_key(struct line_table *table, const struct font *font,
                        const struct characters *characters, const struct run *runs,
                        size_t run_count)
{
    size_t most = characters_most(font);
    bool is_cut = characters->count > most;
    size_t count = is_cut ? most : characters->count;
    struct key_header header = {font, 0, count, is_cut ? 1 : 0};
    if (!make_room(table, sizeof header + 4 * count + run_count * sizeof *runs))
        return 0;
    uint8_t *text = table->key + sizeof header;
    header.text_size = encode(characters, count, text);
    memcpy(table->key, &header, sizeof header);
    if (run_count > 0)
        memcpy(text + header.text_size, runs, run_count * sizeof *runs);
    return sizeof header + header.text_size + run_count * sizeof *runs;
}

static uint64_t hash_of(const uint8_t *bytes, size_t size)
{
    uint64_t hash = 0x9E3779B97F4A7C15u ^ size;
    for (; size >= 8; size -= 8, bytes += 8) {
        uint64_t part;
        memcpy(&part, bytes, 8);
        hash = (hash ^ part) * 0xFF51AFD7ED558CCDu;
        hash ^= hash >> 32;
    }
    for (; size > 0; size--, bytes++)
        hash = (hash ^ *bytes) * 0x100000001B3u;
    return hash ^ hash >> 29;
}

/* --- shaping ---------------------------------------------------------------------------------------------------------------- */

/* Blocks with symbols that may be drawn as pictures with colours of their own. */
static bool may_be_picture(uint32_t code_point)
{
    return code_point == 0xA9 || code_point == 0xAE ||
           (code_point >= 0x203C && code_point <= 0x3299) || code_point >= 0x1F000;
}

static bool has_pictures(const char *text, size_t size)
{
    const char *limit = text + size;
    for (; text < limit; text = g_utf8_next_char(text))
        if ((uint8_t)*text >= 0x80 && may_be_picture(g_utf8_get_char(text)))
            return true;
    return false;
}

static void add_attribute(PangoAttrList *list, PangoAttribute *attribute, size_t start,
                          size_t limit)
{
    attribute->start_index = (guint)start;
    attribute->end_index = (guint)limit;
    pango_attr_list_change(list, attribute);
}

static guint16 wide_part(uint32_t color, unsigned shift)
{
    return (guint16)((color >> shift & 255) * 257);
}

static bool colors_text(const struct run *run)
{
    return (run->bits & RUN_HAS_COLOR) != 0 && (run->bits & RUN_SQUIGGLE) == 0;
}

static void add_run(const struct line *line, PangoAttrList *list, const struct run *run)
{
    size_t start = line_byte_of(line, run->start - 1);
    size_t limit = line_byte_of(line, run->stop);
    if ((run->bits & RUN_BOLD) != 0)
        add_attribute(list, pango_attr_weight_new((PangoWeight)PLAIN_BOLD), start, limit);
    if ((run->bits & RUN_ITALIC) != 0)
        add_attribute(list, pango_attr_style_new(PANGO_STYLE_ITALIC), start, limit);
    if (!colors_text(run))
        return;
    add_attribute(list,
                  pango_attr_foreground_new(wide_part(run->color, 16), wide_part(run->color, 8),
                                            wide_part(run->color, 0)),
                  start, limit);
    guint16 alpha = wide_part(run->color, 24);
    add_attribute(list, pango_attr_foreground_alpha_new(alpha == 0 ? 1 : alpha), start, limit);
}

/* Keeps the runs that say something about the characters shown, cut to them. */
static bool adopt_runs(struct line *line, const struct run *runs, size_t run_count)
{
    if (run_count == 0)
        return true;
    line->runs = malloc(run_count * sizeof *runs);
    if (line->runs == NULL)
        return false;
    for (size_t i = 0; i < run_count; i++) {
        struct run run = runs[i];
        if (run.stop > line->character_count)
            run.stop = (uint32_t)line->character_count;
        if (run.start < 1 || run.start > run.stop)
            continue;
        line->runs[line->run_count++] = run;
        if (colors_text(&run))
            line->colored = true;
    }
    return true;
}

static void shape(struct line_table *table, struct line *line)
{
    PangoAttrList *list = pango_attr_list_new();
    if (line->font->is_mono)
        add_attribute(list, pango_attr_font_features_new("liga=0, clig=0, calt=0, dlig=0"), 0,
                      G_MAXUINT);
    for (size_t i = 0; i < line->run_count; i++)
        add_run(line, list, &line->runs[i]);
    pango_layout_set_font_description(line->layout, line->font->description);
    pango_layout_set_attributes(line->layout, list);
    pango_attr_list_unref(list);
    pango_layout_set_single_paragraph_mode(line->layout, TRUE);
    line->shaped = pango_layout_get_line_readonly(line->layout, 0);
    PangoRectangle logical;
    pango_layout_line_get_extents(line->shaped, NULL, &logical);
    line->width = (double)logical.width / PANGO_SCALE;
    table->shaped_count++;
}

/* A line of the key in the table's buffer; NULL when there is no memory. */
static struct line *line_new(struct line_table *table, size_t key_size, const struct run *runs,
                             size_t run_count)
{
    struct key_header header;
    struct line *line = calloc(1, sizeof *line);
    uint8_t *key = malloc(key_size);
    if (line == NULL || key == NULL) {
        free(line);
        free(key);
        return NULL;
    }
    memcpy(key, table->key, key_size);
    memcpy(&header, key, sizeof header);
    line->key = key;
    line->key_size = key_size;
    line->font = header.font;
    line->layout = pango_layout_new(table->context);
    const char *text = (const char *)key + sizeof header;
    if (header.is_cut != 0) {
        GString *longer = g_string_new_len(text, (gssize)header.text_size);
        g_string_append(longer, "\xE2\x80\xA6");
        pango_layout_set_text(line->layout, longer->str, (int)longer->len);
        g_string_free(longer, TRUE);
    } else {
        pango_layout_set_text(line->layout, text, (int)header.text_size);
    }
    line->text = pango_layout_get_text(line->layout);
    line->text_size = header.text_size;
    line->character_count = header.character_count;
    line->ascii = header.text_size == header.character_count;
    line->colored = !line->ascii && has_pictures(line->text, line->text_size);
    if (!adopt_runs(line, runs, run_count)) {
        line_free(table, line);
        return NULL;
    }
    shape(table, line);
    return line;
}

/* --- the table -------------------------------------------------------------------------------------------------------------- */

static void unlink_line(struct line_table *table, struct line *line)
{
    if (line->newer != NULL)
        line->newer->older = line->older;
    else
        table->newest = line->older;
    if (line->older != NULL)
        line->older->newer = line->newer;
    else
        table->oldest = line->newer;
}

static void link_newest(struct line_table *table, struct line *line)
{
    line->older = table->newest;
    line->newer = NULL;
    if (table->newest != NULL)
        table->newest->newer = line;
    else
        table->oldest = line;
    table->newest = line;
}

static void forget_oldest(struct line_table *table)
{
    struct line *line = table->oldest;
    struct line **place = &table->buckets[line->hash % BUCKET_COUNT];
    while (*place != line)
        place = &(*place)->next;
    *place = line->next;
    unlink_line(table, line);
    table->characters_kept -= line->character_count;
    table->line_count--;
    line_free(table, line);
}

struct line *line_find(struct line_table *table, const struct font *font,
                       const struct characters *characters, const struct run *runs,
                       size_t run_count)
{
    size_t key_size = write_key(table, font, characters, runs, run_count);
    if (key_size == 0)
        return NULL;
    uint64_t hash = hash_of(table->key, key_size);
    struct line *line = table->buckets[hash % BUCKET_COUNT];
    while (line != NULL && (line->hash != hash || line->key_size != key_size ||
                            memcmp(line->key, table->key, key_size) != 0))
        line = line->next;
    if (line != NULL) {
        unlink_line(table, line);
        link_newest(table, line);
        return line;
    }
    line = line_new(table, key_size, runs, run_count);
    if (line == NULL)
        return NULL;
    while (table->oldest != NULL &&
           (table->line_count >= LINES_MAX ||
            table->characters_kept + line->character_count > CHARACTERS_KEPT_MAX))
        forget_oldest(table);
    table->characters_kept += line->character_count;
    line->hash = hash;
    line->next = table->buckets[hash % BUCKET_COUNT];
    table->buckets[hash % BUCKET_COUNT] = line;
    link_newest(table, line);
    table->line_count++;
    return line;
}

/* --- places in a line ------------------------------------------------------------------------------------------------------- */

size_t line_byte_of(const struct line *line, size_t character)
{
    if (character >= line->character_count)
        return line->text_size;
    if (line->ascii)
        return character;
    return (size_t)(g_utf8_offset_to_pointer(line->text, (glong)character) - line->text);
}

double line_x_of(const struct line *line, size_t character)
{
    int x;
    bool is_end = character >= line->character_count && line->character_count > 0;
    size_t last = is_end ? line->character_count - 1 : character;
    pango_layout_line_index_to_x(line->shaped, (int)line_byte_of(line, last), is_end, &x);
    return (double)x / PANGO_SCALE;
}

size_t line_character_at(const struct line *line, double x)
{
    int byte;
    int trailing;
    double limit = line->width + 1;
    double inside = fmin(fmax(x, -1), limit);
    pango_layout_line_x_to_index(line->shaped, (int)lround(inside * PANGO_SCALE), &byte, &trailing);
    size_t character =
        (size_t)g_utf8_pointer_to_offset(line->text, line->text + byte) + (size_t)trailing;
    return character < line->character_count ? character : line->character_count;
}
