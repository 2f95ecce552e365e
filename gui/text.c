/*
 * Text: what Font and TextLine ask. A font is the image's object with family, size, weight and italic as its first slots; runs
 * are a Bitmap of five words each (struct run). Indices of characters are one-based.
 */
#include "gui/lines.h"
#include "gui/state.h"

#include <math.h>
#include <string.h>

enum { FONT_FAMILY, FONT_SIZE, FONT_WEIGHT, FONT_ITALIC, FONT_SLOTS };

/* A line of text as arguments say it: `string, font, runs` from one argument on. */
struct text_arguments {
    struct characters characters;
    struct font *font;
    struct run *runs; /* in object memory, which stands still */
    size_t run_count;
};

static prim_result arg_font(struct vm *vm, const prim_call *call, size_t argument,
                            struct font **font)
{
    struct drawing *drawing = drawing_of(vm);
    oop object = prim_argument(call, argument);
    struct font_request request = {0};
    if (drawing == NULL)
        return PRIM_NO_C_MEMORY;
    if (!oop_has_slots(object, FONT_SLOTS))
        return PRIM_BAD_ARGUMENT;
    oop family = heap_follow(object_slot(object, FONT_FAMILY));
    oop weight = heap_follow(object_slot(object, FONT_WEIGHT));
    oop italic = heap_follow(object_slot(object, FONT_ITALIC));
    if (!oop_is_bytes(family) || object_byte_count(family) > FAMILY_SIZE_MAX ||
        memchr(object_bytes(family), 0, object_byte_count(family)) != NULL ||
        memchr(object_bytes(family), ',', object_byte_count(family)) != NULL ||
        !oop_as_float(vm, heap_follow(object_slot(object, FONT_SIZE)), &request.size) ||
        !oop_is_integer(weight))
        return PRIM_BAD_ARGUMENT;
    if (!(request.size >= 1 && request.size <= 1000) || oop_to_integer(weight) < 100 ||
        oop_to_integer(weight) > 1000)
        return PRIM_LIMIT_EXCEEDED;
    request.family = object_bytes(family);
    request.family_size = object_byte_count(family);
    request.weight = (int)oop_to_integer(weight);
    request.italic = oop_same(italic, vm_heap(vm)->true_object);
    *font = font_find(&drawing->lines, &request);
    return *font == NULL ? PRIM_NO_C_MEMORY : PRIM_OK;
}

static prim_result arg_characters(const prim_call *call, size_t argument,
                                  struct characters *characters)
{
    oop string = prim_argument(call, argument);
    if (!oop_is_object(string))
        return PRIM_BAD_ARGUMENT;
    unsigned format = object_format(string);
    if (!format_is_bytes(format) && !format_is_words32(format))
        return PRIM_BAD_ARGUMENT;
    *characters = (struct characters){object_bytes(string),
                                      format_element_count(format, object_slot_count(string)),
                                      format_is_words32(format)};
    return PRIM_OK;
}

/* nil for no runs. */
static prim_result arg_runs(struct vm *vm, const prim_call *call, size_t argument,
                            struct text_arguments *text)
{
    oop runs = prim_argument(call, argument);
    text->runs = NULL;
    text->run_count = 0;
    if (oop_same(runs, vm_heap(vm)->nil))
        return PRIM_OK;
    if (!oop_is_object(runs) || !format_is_words32(object_format(runs)))
        return PRIM_BAD_ARGUMENT;
    size_t count = format_element_count(object_format(runs), object_slot_count(runs));
    text->runs = (struct run *)(void *)object_bytes(runs);
    text->run_count = count / RUN_WORDS;
    return text->run_count > LINE_RUNS_MAX ? PRIM_LIMIT_EXCEEDED : PRIM_OK;
}

static prim_result arg_text(struct vm *vm, const prim_call *call, size_t argument,
                            struct text_arguments *text)
{
    prim_result result = arg_characters(call, argument, &text->characters);
    if (result == PRIM_OK)
        result = arg_font(vm, call, argument + 1, &text->font);
    if (result == PRIM_OK)
        result = arg_runs(vm, call, argument + 2, text);
    return result;
}

/* Arguments `string, font, runs`, shaped. */
static prim_result arg_line(struct vm *vm, const prim_call *call, size_t argument,
                            struct line **line)
{
    struct text_arguments text;
    prim_result result = arg_text(vm, call, argument, &text);
    if (result != PRIM_OK)
        return result;
    *line =
        line_find(drawing_of(vm)->lines, text.font, &text.characters, text.runs, text.run_count);
    return *line == NULL ? PRIM_NO_C_MEMORY : PRIM_OK;
}

/* Whether a line whose top is at y may reach into the clip: what is drawn nowhere need not be shaped. */
static bool may_be_seen(cairo_t *context, const struct font *font, double y)
{
    double clip[4];
    double size = font->request.size;
    cairo_clip_extents(context, &clip[0], &clip[1], &clip[2], &clip[3]);
    return y - 3 * size < clip[3] && y + font->ascent + 3 * size > clip[1] && clip[0] < clip[2];
}

/* Canvas>>primText: handle string: string font: font runs: bitmapOrNil x: x y: y color: color. The corner is the upper left
 * one. BAD_ARGUMENT, LIMIT_EXCEEDED, no memory. */
prim_result prim_draw_text(struct vm *vm, const prim_call *call)
{
    struct surface *surface;
    struct text_arguments text;
    double place[2];
    uint32_t color;
    prim_result result = arg_surface(vm, call, 0, &surface);
    if (result == PRIM_OK)
        result = arg_text(vm, call, 1, &text);
    if (result == PRIM_OK)
        result = arg_numbers(vm, call, 4, 2, place);
    if (result == PRIM_OK)
        result = arg_color(call, 6, &color);
    if (result != PRIM_OK)
        return result;
    if (!may_be_seen(surface->context, text.font, place[1]))
        return answer_self(vm, call);
    struct line_table *lines = drawing_of(vm)->lines;
    struct line *line = line_find(lines, text.font, &text.characters, text.runs, text.run_count);
    if (line == NULL)
        return PRIM_NO_C_MEMORY;
    line_draw(lines, line, surface->context, place[0], place[1], color);
    return answer_self(vm, call);
}

/* Font class>>primWidth: string font: font runs: bitmapOrNil. */
prim_result prim_text_width(struct vm *vm, const prim_call *call)
{
    struct line *line;
    prim_result result = arg_line(vm, call, 0, &line);
    return result == PRIM_OK ? answer_float(vm, call, line->width) : result;
}

/* Font class>>primX: string font: font runs: bitmapOrNil index: index - one more than the characters is the end. BAD_INDEX
 * beyond. */
prim_result prim_text_x(struct vm *vm, const prim_call *call)
{
    struct line *line;
    struct characters characters;
    size_t index;
    prim_result result = arg_characters(call, 0, &characters);
    if (result == PRIM_OK)
        result = arg_index(call, 3, characters.count + 1, &index);
    if (result == PRIM_OK)
        result = arg_line(vm, call, 0, &line);
    return result == PRIM_OK ? answer_float(vm, call, line_x_of(line, index)) : result;
}

/* Font class>>primIndex: string font: font runs: bitmapOrNil x: x - of the character that the nearest place is before. */
prim_result prim_text_index(struct vm *vm, const prim_call *call)
{
    struct line *line;
    double x;
    prim_result result = arg_number(vm, call, 3, &x);
    if (result == PRIM_OK)
        result = arg_line(vm, call, 0, &line);
    if (result != PRIM_OK)
        return result;
    return answer_integer(vm, call, (int64_t)line_character_at(line, x) + 1);
}

/* Font class>>primMetrics: font - an Array of ascent and descent in whole logical pixels. */
prim_result prim_font_metrics(struct vm *vm, const prim_call *call)
{
    struct font *font;
    prim_result result = arg_font(vm, call, 0, &font);
    if (result != PRIM_OK)
        return result;
    return answer_pair(vm, call, oop_from_integer((int64_t)font->ascent),
                       oop_from_integer((int64_t)font->descent));
}
