/*
 * BitBlt of Smalltalk-80: Forms of one bit a pixel, whose rows are whole words of 16 bits, the first pixel in the highest bit; all
 * sixteen combination rules. The rows that a copy touches are widened to words of 32 bits, copied by bitblt.h, and narrowed again.
 * What the Blue Book leaves to the machine is checked: nothing is drawn outside a form.
 */
#include "primitives/bitblt.h"
#include "primitives/bitblt_objects.h"
#include "primitives/st80.h"

#include <stdlib.h>

enum {
    FORM_BITS,
    FORM_WIDTH,
    FORM_HEIGHT,
    FORM_SLOTS,
    HALFTONE_WORDS = 16,
    RULES = 16,
    RULE_SOURCE = 3,
    RULE_ONES = 15,
    SCAN_LAST_INDEX = 14,
    SCAN_X_TABLE,
    SCAN_STOP_CONDITIONS,
    SCAN_SLOTS,
    /* One-based indices in the array of stop conditions. */
    STOP_END_OF_RUN = 257,
    STOP_CROSSED_RIGHT = 258
};

struct form {
    uint16_t *words;
    size_t words_per_row;
    int64_t width, height;
};

struct drawing {
    struct form dest, source;
    const uint16_t *halftone; /* sixteen words; NULL: none */
    struct blit blit;         /* places, rule and sizes; its forms have no bits of their own */
    /* What was drawn on so far. */
    int64_t left, right, top, bottom;
};

static bool small_slot(oop object, size_t index, int64_t *value)
{
    oop number = blit_slot(object, index);
    if (!oop_is_integer(number) || !st80_integer_fits(oop_to_integer(number)))
        return false;
    *value = oop_to_integer(number);
    return true;
}

/* The words of a WordArray, a DisplayBitmap or any other object with elements of 16 bits. */
static bool read_words(oop object, uint16_t **words, size_t *count)
{
    if (!oop_is_object(object) || !format_is_words16(object_format(object)))
        return false;
    *words = (uint16_t *)(void *)object_bytes(object);
    *count = object_byte_count(object);
    return true;
}

static bool read_form(oop object, struct form *form)
{
    size_t count;
    if (!oop_has_slots(object, FORM_SLOTS) ||
        !read_words(blit_slot(object, FORM_BITS), &form->words, &count) ||
        !small_slot(object, FORM_WIDTH, &form->width) ||
        !small_slot(object, FORM_HEIGHT, &form->height) || form->width < 0 || form->height < 0)
        return false;
    form->words_per_row = ((size_t)form->width + 15) / 16;
    return form->words_per_row * (size_t)form->height <= count;
}

static bool read_halftone(oop object, struct drawing *drawing)
{
    uint16_t *words;
    size_t count;
    if (!oop_has_slots(object, FORM_SLOTS) ||
        !read_words(blit_slot(object, FORM_BITS), &words, &count) || count < HALFTONE_WORDS)
        return false;
    drawing->halftone = words;
    return true;
}

static void set_shape(struct blit_form *shape, const struct form *form)
{
    *shape = (struct blit_form){
        .width = form->width,
        .height = form->height,
        .words_per_row = blit_words_per_row(form->width, 1),
        .depth = 1,
        .big_endian = true,
    };
}

/* Where to draw; a scan finds width and left edge of the source character by character, and they may be nil before. */
static bool read_places(oop object, struct blit *blit, bool scans)
{
    int64_t rule;
    if (!small_slot(object, BLIT_RULE, &rule) || rule < 0 || rule >= RULES)
        return false;
    blit->rule = (unsigned)rule;
    return small_slot(object, BLIT_DEST_X, &blit->dest_x) &&
           small_slot(object, BLIT_DEST_Y, &blit->dest_y) &&
           (scans || small_slot(object, BLIT_WIDTH, &blit->width)) &&
           small_slot(object, BLIT_HEIGHT, &blit->height) &&
           small_slot(object, BLIT_CLIP_X, &blit->clip_x) &&
           small_slot(object, BLIT_CLIP_Y, &blit->clip_y) &&
           small_slot(object, BLIT_CLIP_WIDTH, &blit->clip_width) &&
           small_slot(object, BLIT_CLIP_HEIGHT, &blit->clip_height) &&
           (!blit->has_source || ((scans || small_slot(object, BLIT_SOURCE_X, &blit->source_x)) &&
                                  small_slot(object, BLIT_SOURCE_Y, &blit->source_y)));
}

/* The receiver as a drawing; false for what is no BitBlt that can be carried out. */
static bool read_drawing(struct vm *vm, oop object, struct drawing *drawing, bool scans)
{
    oop nil = vm_heap(vm)->nil;
    memset(drawing, 0, sizeof *drawing);
    drawing->left = drawing->top = INT32_MAX;
    if (!oop_has_slots(object, BLIT_COLOR_MAP))
        return false;
    struct blit *blit = &drawing->blit;
    oop source = blit_slot(object, BLIT_SOURCE_FORM);
    oop halftone = blit_slot(object, BLIT_HALFTONE_FORM);
    blit->has_source = !oop_same(source, nil);
    if (!read_form(blit_slot(object, BLIT_DEST_FORM), &drawing->dest) ||
        (blit->has_source && !read_form(source, &drawing->source)) ||
        (!oop_same(halftone, nil) && !read_halftone(halftone, drawing)) ||
        !read_places(object, blit, scans))
        return false;
    set_shape(&blit->dest, &drawing->dest);
    if (blit->has_source)
        set_shape(&blit->source, &drawing->source);
    return true;
}

/* --- rows ------------------------------------------------------------------------------------------------------------------- */

static uint32_t *widen_rows(const struct form *form, int64_t first, int64_t count)
{
    size_t words_per_row = blit_words_per_row(form->width, 1);
    uint32_t *wide = malloc((size_t)count * words_per_row * sizeof *wide);
    const uint16_t *narrow = form->words + (size_t)first * form->words_per_row;
    uint32_t *to = wide;
    for (int64_t row = 0; wide != NULL && row < count; row++, narrow += form->words_per_row)
        for (size_t i = 0; i < form->words_per_row; i += 2)
            *to++ = (uint32_t)narrow[i] << 16 | (i + 1 < form->words_per_row ? narrow[i + 1] : 0u);
    return wide;
}

static void narrow_rows(const struct form *form, int64_t first, int64_t count, const uint32_t *wide)
{
    uint16_t *narrow = form->words + (size_t)first * form->words_per_row;
    for (int64_t row = 0; row < count; row++, narrow += form->words_per_row)
        for (size_t i = 0; i < form->words_per_row; i += 2) {
            uint32_t word = *wide++;
            narrow[i] = (uint16_t)(word >> 16);
            if (i + 1 < form->words_per_row)
                narrow[i + 1] = (uint16_t)word;
        }
}

/* The halftone as words of 32 bits, that of a row first. */
static void widen_halftone(const struct drawing *drawing, int64_t first_row,
                           uint32_t halftone[HALFTONE_WORDS])
{
    for (int64_t i = 0; i < HALFTONE_WORDS; i++) {
        uint32_t word = drawing->halftone[(first_row + i) % HALFTONE_WORDS];
        halftone[i] = word << 16 | word;
    }
}

static void note_area(struct drawing *drawing, const struct blit_area *area)
{
    if (area->dest_x < drawing->left)
        drawing->left = area->dest_x;
    if (area->dest_y < drawing->top)
        drawing->top = area->dest_y;
    if (area->dest_x + area->width > drawing->right)
        drawing->right = area->dest_x + area->width;
    if (area->dest_y + area->height > drawing->bottom)
        drawing->bottom = area->dest_y + area->height;
}

/* Copies the rectangle where the drawing's blit has it now. False without memory. */
static bool draw(struct drawing *drawing)
{
    uint32_t halftone[HALFTONE_WORDS];
    struct blit_area area;
    struct blit blit = drawing->blit;
    if (!blit_clip(&blit, blit.has_source, &area))
        return true;
    struct blit_area whole = area;
    bool blackens = blit.rule == RULE_ONES; /* the ecosystem's rule of that number does nothing */
    if (blackens) {
        blit.rule = RULE_SOURCE;
        blit.has_source = false;
    }
    blit.dest.words = widen_rows(&drawing->dest, area.dest_y, area.height);
    blit.source.words =
        blit.has_source ? widen_rows(&drawing->source, area.source_y, area.height) : NULL;
    bool good = blit.dest.words != NULL && (!blit.has_source || blit.source.words != NULL);
    blit.dest.height = blit.source.height = area.height;
    blit.dest_x = blit.clip_x = area.dest_x;
    blit.source_x = area.source_x;
    blit.width = blit.clip_width = area.width;
    blit.height = blit.clip_height = area.height;
    blit.dest_y = blit.clip_y = blit.source_y = 0;
    if (drawing->halftone != NULL && !blackens) {
        widen_halftone(drawing, area.dest_y, halftone);
        blit.halftone = halftone;
        blit.halftone_count = HALFTONE_WORDS;
    }
    if (good && blit_copy(&blit, &whole))
        narrow_rows(&drawing->dest, area.dest_y, area.height, blit.dest.words);
    free(blit.dest.words);
    free(blit.source.words);
    note_area(drawing, &area);
    return good;
}

static void tell_of_change(struct vm *vm, oop blit, const struct drawing *drawing)
{
    const int32_t edges[4] = {(int32_t)drawing->left, (int32_t)drawing->right,
                              (int32_t)drawing->top, (int32_t)drawing->bottom};
    if (drawing->right > drawing->left)
        vm_form_changed(vm, blit_slot(blit, BLIT_DEST_FORM), edges);
}

/* --- primitives ------------------------------------------------------------------------------------------------------------- */

static bool dest_is_fixed(oop blit)
{
    return object_is_immutable(blit_slot(blit_slot(blit, BLIT_DEST_FORM), FORM_BITS));
}

prim_result prim_st80_copy_bits(struct vm *vm, const prim_call *call)
{
    struct drawing drawing;
    if (!read_drawing(vm, call->receiver, &drawing, false))
        return PRIM_BAD_RECEIVER;
    if (dest_is_fixed(call->receiver))
        return PRIM_NO_MODIFICATION;
    if (!draw(&drawing))
        return PRIM_NO_C_MEMORY;
    tell_of_change(vm, call->receiver, &drawing);
    return answer_self(vm, call);
}

static void store_small(oop object, size_t slot, int64_t value)
{
    object_slot_init(object, slot, oop_from_integer(value));
}

/* Steps along the longer way, a copy before the first and after each. A step aside is made when the rest of the long way,
 * which starts at half of it, is used up by the short way. */
prim_result prim_st80_draw_loop(struct vm *vm, const prim_call *call)
{
    struct drawing drawing;
    int64_t delta_x, delta_y;
    if (arg_integer(call, 0, &delta_x) != PRIM_OK || arg_integer(call, 1, &delta_y) != PRIM_OK ||
        !st80_integer_fits(delta_x) || !st80_integer_fits(delta_y))
        return PRIM_BAD_ARGUMENT;
    if (!read_drawing(vm, call->receiver, &drawing, false))
        return PRIM_BAD_RECEIVER;
    struct blit *blit = &drawing.blit;
    if (!st80_integer_fits(blit->dest_x + delta_x) || !st80_integer_fits(blit->dest_y + delta_y))
        return PRIM_BAD_ARGUMENT;
    if (dest_is_fixed(call->receiver))
        return PRIM_NO_MODIFICATION;
    bool is_flat = blit_magnitude(delta_x) > blit_magnitude(delta_y);
    int64_t major = blit_magnitude(is_flat ? delta_x : delta_y);
    int64_t minor = blit_magnitude(is_flat ? delta_y : delta_x);
    int64_t rest = major / 2;
    if (!draw(&drawing))
        return PRIM_NO_C_MEMORY;
    for (int64_t i = 1; i <= major; i++) {
        rest -= minor;
        bool aside = rest < 0;
        if (aside)
            rest += major;
        blit->dest_x += is_flat || aside ? blit_sign(delta_x) : 0;
        blit->dest_y += !is_flat || aside ? blit_sign(delta_y) : 0;
        (void)draw(&drawing); /* without memory what was drawn stays */
    }
    store_small(call->receiver, BLIT_DEST_X, blit->dest_x);
    store_small(call->receiver, BLIT_DEST_Y, blit->dest_y);
    tell_of_change(vm, call->receiver, &drawing);
    return answer_self(vm, call);
}

/* --- characters ------------------------------------------------------------------------------------------------------------- */

struct scan {
    const uint8_t *bytes;
    int64_t start, stop; /* one-based, the last included */
    int64_t right;
    oop x_table;
    oop conditions; /* where characters that stop are looked up */
    oop stops;      /* where the answer is */
    /* As it goes on. */
    int64_t index, source_x, width, dest_x;
};

/* Where a character is in the font's form, and how wide. */
static bool read_glyph(const struct scan *scan, unsigned byte, int64_t *x, int64_t *width)
{
    int64_t next;
    if (object_slot_count(scan->x_table) < (size_t)byte + 2 ||
        !small_slot(scan->x_table, byte, x) || !small_slot(scan->x_table, (size_t)byte + 1, &next))
        return false;
    *width = next - *x;
    return true;
}

/* Goes on to the character that stops, copying each before it where there is a drawing. Answers the condition's one-based index; 0
 * for a character that the font does not have. */
static size_t scan_on(struct scan *scan, oop nil, struct drawing *drawing)
{
    for (; scan->index <= scan->stop; scan->index++) {
        unsigned byte = scan->bytes[scan->index - 1];
        if (!oop_same(blit_slot(scan->conditions, byte), nil))
            return (size_t)byte + 1;
        if (!read_glyph(scan, byte, &scan->source_x, &scan->width))
            return 0;
        if (scan->dest_x + scan->width > scan->right)
            return STOP_CROSSED_RIGHT;
        if (drawing != NULL) {
            drawing->blit.source_x = scan->source_x;
            drawing->blit.width = scan->width;
            drawing->blit.dest_x = scan->dest_x;
            (void)draw(drawing);
        }
        scan->dest_x += scan->width;
    }
    scan->index = scan->stop;
    return STOP_END_OF_RUN;
}

static bool arg_scan(struct vm *vm, const prim_call *call, struct scan *scan)
{
    uint8_t *bytes;
    size_t size;
    if (arg_integer(call, 0, &scan->start) != PRIM_OK ||
        arg_integer(call, 1, &scan->stop) != PRIM_OK ||
        arg_bytes(call, 2, &bytes, &size) != PRIM_OK ||
        arg_integer(call, 3, &scan->right) != PRIM_OK || scan->start < 1 || scan->stop < 0 ||
        !st80_integer_fits(scan->stop) || (scan->stop >= scan->start && (size_t)scan->stop > size))
        return false;
    oop nil = vm_heap(vm)->nil;
    scan->bytes = bytes;
    scan->stops = heap_follow(prim_argument(call, 4));
    scan->index = scan->start;
    return !oop_same(scan->stops, nil) && oop_has_slots(scan->stops, STOP_CROSSED_RIGHT);
}

/* Measures first, so that it can fail before anything is drawn. */
prim_result prim_st80_scan_characters(struct vm *vm, const prim_call *call)
{
    struct scan scan = {.bytes = NULL};
    struct drawing drawing;
    struct heap *heap = vm_heap(vm);
    oop scanner = call->receiver;
    bool shows = oop_same(prim_argument(call, 5), heap->true_object);
    if (!arg_scan(vm, call, &scan))
        return PRIM_BAD_ARGUMENT;
    if (!oop_has_slots(scanner, SCAN_SLOTS) || !small_slot(scanner, BLIT_DEST_X, &scan.dest_x))
        return PRIM_BAD_RECEIVER;
    scan.x_table = blit_slot(scanner, SCAN_X_TABLE);
    scan.conditions = blit_slot(scanner, SCAN_STOP_CONDITIONS);
    if (!oop_has_slots(scan.x_table, 1) || !oop_has_slots(scan.conditions, STOP_CROSSED_RIGHT))
        return PRIM_BAD_RECEIVER;
    if (shows && (!read_drawing(vm, scanner, &drawing, true) || dest_is_fixed(scanner)))
        return PRIM_BAD_RECEIVER;
    struct scan measure = scan;
    size_t stop = scan_on(&measure, heap->nil, NULL);
    if (stop == 0 || !st80_integer_fits(measure.dest_x))
        return PRIM_FAILED;
    if (shows)
        (void)scan_on(&scan, heap->nil, &drawing);
    if (measure.width != 0 || measure.source_x != 0) {
        store_small(scanner, BLIT_SOURCE_X, measure.source_x);
        store_small(scanner, BLIT_WIDTH, measure.width);
    }
    store_small(scanner, BLIT_DEST_X, measure.dest_x);
    store_small(scanner, SCAN_LAST_INDEX, measure.index);
    if (shows)
        tell_of_change(vm, scanner, &drawing);
    return answer(vm, call, blit_slot(scan.stops, stop - 1));
}
