/*
 * Module BitBltPlugin, and its functions by number: what images of others draw with. The receivers are BitBlt, WarpBlt and Form
 * objects (bitblt_objects.h); a receiver of another shape fails the primitive, and nothing is drawn.
 */
#include "primitives/bitblt_objects.h"
#include "primitives/functions.h"

enum { TABLE_SIZE = 256, SMOOTHING_MAX = 64, PEN_MAX = 4096 };

/* A table of 256 bytes, or nil: none. */
static prim_result arg_gamma(struct vm *vm, const prim_call *call, size_t argument,
                             const uint8_t **table)
{
    uint8_t *bytes;
    size_t size;
    if (oop_same(prim_argument(call, argument), vm_heap(vm)->nil))
        return PRIM_OK;
    prim_result result = arg_bytes(call, argument, &bytes, &size);
    if (result == PRIM_OK && size < TABLE_SIZE)
        return PRIM_BAD_ARGUMENT;
    *table = result == PRIM_OK ? bytes : NULL;
    return result;
}

/* Colour, alpha, and tables from and to linear light; all may be left out from the end. */
static prim_result arg_component(struct vm *vm, const prim_call *call,
                                 struct blit_component *component)
{
    uint64_t color = 0xFFFFFF;
    int64_t alpha = 0;
    prim_result result = PRIM_OK;
    if (call->argument_count >= 1)
        result = arg_uint64(vm, call, 0, &color);
    if (result == PRIM_OK && call->argument_count >= 2)
        result = arg_integer(call, 1, &alpha);
    if (result == PRIM_OK && call->argument_count == 4)
        result = arg_gamma(vm, call, 2, &component->gamma);
    if (result == PRIM_OK && call->argument_count == 4)
        result = arg_gamma(vm, call, 3, &component->ungamma);
    component->color = (uint32_t)color;
    component->alpha = (uint8_t)alpha;
    return result;
}

static bool needs_alpha(const struct blit *blit)
{
    return blit->rule == BLIT_ALPHA_CONST || blit->rule == BLIT_PAINT_CONST;
}

static int32_t edge(int64_t place)
{
    return (int32_t)(place < INT32_MIN ? INT32_MIN : place > INT32_MAX ? INT32_MAX : place);
}

/* Whoever shows the Display is told if it was drawn on: in the area, or anywhere in the clip rectangle where that is NULL. */
static void tell_of_change(struct vm *vm, const prim_call *call, const struct blit *blit,
                           const struct blit_area *area)
{
    int64_t x = area != NULL ? area->dest_x : blit->clip_x;
    int64_t y = area != NULL ? area->dest_y : blit->clip_y;
    int64_t width = area != NULL ? area->width : blit->clip_width;
    int64_t height = area != NULL ? area->height : blit->clip_height;
    const int32_t edges[4] = {edge(x), edge(x + width), edge(y), edge(y + height)};
    vm_form_changed(vm, blit_slot(call->receiver, BLIT_DEST_FORM), edges);
}

/* copyBits; copyBitsTranslucent: alpha for rules 30 and 31; copyBitsColor:alpha:gammaTable:ungammaTable: for rule 41. Answers
 * the receiver, or what rules 22 and 32 have counted. */
prim_result prim_copy_bits(struct vm *vm, const prim_call *call)
{
    struct blit blit;
    int64_t alpha = 0;
    prim_result result = blit_read(vm, call->receiver, &blit);
    if (result != PRIM_OK)
        return result;
    if (needs_alpha(&blit)) {
        if (call->argument_count != 1)
            return PRIM_BAD_ARGUMENT_COUNT;
        result = arg_integer(call, 0, &alpha);
        if (result == PRIM_OK && (alpha < 0 || alpha > UINT8_MAX))
            return PRIM_BAD_ARGUMENT;
        blit.alpha = (uint8_t)alpha;
    } else if (blit.rule == BLIT_COMPONENT_ALPHA) {
        result = arg_component(vm, call, &blit.component);
    }
    if (result != PRIM_OK)
        return result;
    struct blit_area area;
    if (blit_copy(&blit, &area))
        tell_of_change(vm, call, &blit, &area);
    if (blit_rule_counts(blit.rule))
        return answer_integer(vm, call, blit.bit_count);
    return answer_self(vm, call);
}

/* The colours of an indexed source, as many as its depth has. */
static prim_result arg_colors(struct vm *vm, const prim_call *call, const struct blit *blit,
                              const uint32_t **colors)
{
    uint32_t *words;
    size_t count;
    oop map = prim_argument(call, 1);
    *colors = NULL;
    if (oop_same(map, vm_heap(vm)->nil))
        return blit->source.depth < 16 ? PRIM_BAD_ARGUMENT : PRIM_OK;
    if (!oop_as_words(map, &words, &count) ||
        (blit->source.depth < 16 && count < (size_t)1 << blit->source.depth))
        return PRIM_BAD_ARGUMENT;
    *colors = words;
    return PRIM_OK;
}

/* warpBits, or warpBitsSmoothing: n sourceMap: colors. */
prim_result prim_warp_bits(struct vm *vm, const prim_call *call)
{
    struct blit blit;
    struct blit_warp warp = {.smoothing = 1};
    prim_result result = blit_read(vm, call->receiver, &blit);
    if (result == PRIM_OK)
        result = blit_read_corners(vm, call->receiver, &warp);
    if (result == PRIM_OK && call->argument_count != 0 && call->argument_count != 2)
        result = PRIM_BAD_ARGUMENT_COUNT;
    if (result == PRIM_OK && call->argument_count == 2)
        result = arg_integer(call, 0, &warp.smoothing);
    if (result == PRIM_OK && (warp.smoothing < 1 || warp.smoothing > SMOOTHING_MAX))
        result = PRIM_BAD_ARGUMENT;
    if (result == PRIM_OK && warp.smoothing > 1 && blit.has_source)
        result = arg_colors(vm, call, &blit, &warp.colors);
    if (result != PRIM_OK)
        return result;
    if (blit_warp(&blit, &warp))
        tell_of_change(vm, call, &blit, NULL);
    return answer_self(vm, call);
}

/* drawLoopX: deltaX Y: deltaY: a line but for its last point, where the receiver is left. */
prim_result prim_draw_loop(struct vm *vm, const prim_call *call)
{
    struct blit blit;
    int64_t delta_x, delta_y;
    prim_result result = blit_read(vm, call->receiver, &blit);
    if (result == PRIM_OK && (needs_alpha(&blit) || blit.width > PEN_MAX || blit.height > PEN_MAX))
        result = PRIM_UNSUPPORTED;
    if (result == PRIM_OK)
        result = arg_integer(call, 0, &delta_x);
    if (result == PRIM_OK)
        result = arg_integer(call, 1, &delta_y);
    if (result != PRIM_OK)
        return result;
    if (delta_x < -INT32_MAX || delta_x > INT32_MAX || delta_y < -INT32_MAX || delta_y > INT32_MAX)
        return PRIM_BAD_ARGUMENT;
    if (!integer_fits_oop(blit.dest_x + delta_x) || !integer_fits_oop(blit.dest_y + delta_y))
        return PRIM_BAD_RECEIVER;
    if (object_is_immutable(call->receiver))
        return PRIM_NO_MODIFICATION;
    blit_draw_loop(&blit, delta_x, delta_y);
    tell_of_change(vm, call, &blit, NULL);
    object_slot_init(call->receiver, BLIT_DEST_X, oop_from_integer(blit.dest_x));
    object_slot_init(call->receiver, BLIT_DEST_Y, oop_from_integer(blit.dest_y));
    return answer_self(vm, call);
}

/* --- text ----------------------------------------------------------------------------------------------------------------- */

/* The glyphs of a font lie side by side in one form: the map says which one a byte has, the table where each begins. */
struct glyphs {
    oop map;
    oop table;
    int64_t last; /* glyph that has an end */
};

static bool glyphs_open(oop map, oop table, struct glyphs *glyphs)
{
    if (!oop_has_slots(map, TABLE_SIZE) || object_slot_count(map) != TABLE_SIZE ||
        !oop_has_slots(table, 0))
        return false;
    *glyphs = (struct glyphs){map, table, (int64_t)object_slot_count(table) - 2};
    return true;
}

static bool is_place(oop value)
{
    return oop_is_integer(value) && oop_to_integer(value) >= INT32_MIN &&
           oop_to_integer(value) <= INT32_MAX;
}

/* Where a byte's glyph begins and how wide it is; false where the font does not say. */
static bool glyph_of(const struct glyphs *glyphs, uint8_t byte, int64_t *left, int64_t *width)
{
    oop glyph = blit_slot(glyphs->map, byte);
    if (!oop_is_integer(glyph) || oop_to_integer(glyph) < 0 || oop_to_integer(glyph) > glyphs->last)
        return false;
    oop start = blit_slot(glyphs->table, (size_t)oop_to_integer(glyph));
    oop limit = blit_slot(glyphs->table, (size_t)oop_to_integer(glyph) + 1);
    if (!is_place(start) || !is_place(limit))
        return false;
    *left = oop_to_integer(start);
    *width = oop_to_integer(limit) - *left;
    return true;
}

/* Arguments 1 and 2: one-based ends of a range of size bytes, made zero-based; the limit is exclusive. */
static prim_result arg_range(const prim_call *call, size_t argument, size_t size, size_t *first,
                             size_t *limit)
{
    int64_t start, stop;
    prim_result result = arg_integer(call, argument, &start);
    if (result == PRIM_OK)
        result = arg_integer(call, argument + 1, &stop);
    if (result == PRIM_OK && (start < 1 || stop < 0 || stop > (int64_t)size))
        result = PRIM_BAD_INDEX;
    if (result == PRIM_OK) {
        *first = (size_t)start - 1;
        *limit = (size_t)stop;
    }
    return result;
}

/* displayString: string from: start to: stop map: glyphMap xTable: xTable kern: kern. destX is left behind the last glyph. */
prim_result prim_display_string(struct vm *vm, const prim_call *call)
{
    struct blit blit;
    struct blit_area area;
    struct glyphs glyphs;
    uint8_t *bytes;
    size_t size, first, limit;
    int64_t left, width;
    prim_result result = blit_read(vm, call->receiver, &blit);
    if (result == PRIM_OK && needs_alpha(&blit))
        result = PRIM_UNSUPPORTED;
    if (result == PRIM_OK)
        result = arg_bytes(call, 0, &bytes, &size);
    if (result == PRIM_OK)
        result = arg_range(call, 1, size, &first, &limit);
    if (result != PRIM_OK)
        return result;
    oop kern = prim_argument(call, 5);
    if (!is_place(kern) || !glyphs_open(prim_argument(call, 3), prim_argument(call, 4), &glyphs))
        return PRIM_BAD_ARGUMENT;
    /* Everything is looked at before anything is drawn. */
    int64_t end = blit.dest_x;
    for (size_t i = first; i < limit; i++) {
        if (!glyph_of(&glyphs, bytes[i], &left, &width))
            return PRIM_BAD_ARGUMENT;
        end += width + oop_to_integer(kern);
        if (!integer_fits_oop(end))
            return PRIM_BAD_RECEIVER;
    }
    if (object_is_immutable(call->receiver))
        return PRIM_NO_MODIFICATION;
    for (size_t i = first; i < limit && glyph_of(&glyphs, bytes[i], &left, &width); i++) {
        blit.source_x = left;
        blit.width = width;
        blit_copy(&blit, &area);
        blit.dest_x += width + oop_to_integer(kern);
    }
    tell_of_change(vm, call, &blit, NULL);
    object_slot_init(call->receiver, BLIT_DEST_X, oop_from_integer(end));
    return answer_self(vm, call);
}

/* What a scanner holds first, and what lies behind its stop conditions for bytes. */
enum { SCAN_DEST_X, SCAN_LAST_INDEX, SCAN_TABLE, SCAN_MAP, SCAN_SLOTS };
enum { STOP_END_OF_RUN = 256, STOP_CROSSED_RIGHT, STOPS };

static prim_result answer_stop(struct vm *vm, const prim_call *call, int64_t dest_x,
                               size_t last_index, oop stop)
{
    if (object_is_immutable(call->receiver))
        return PRIM_NO_MODIFICATION;
    if (!integer_fits_oop(dest_x))
        return PRIM_BAD_RECEIVER;
    object_slot_init(call->receiver, SCAN_DEST_X, oop_from_integer(dest_x));
    object_slot_init(call->receiver, SCAN_LAST_INDEX, oop_from_integer((int64_t)last_index));
    return answer(vm, call, stop);
}

/* scanCharactersFrom: start to: stop in: string rightX: right stopConditions: stops kern: kern: why scanning stopped. */
prim_result prim_scan_characters(struct vm *vm, const prim_call *call)
{
    struct glyphs glyphs;
    uint8_t *bytes;
    size_t size, first, limit;
    int64_t left, width, right;
    oop scanner = call->receiver;
    oop stops = prim_argument(call, 4);
    oop kern = prim_argument(call, 5);
    prim_result result = arg_bytes(call, 2, &bytes, &size);
    if (result == PRIM_OK)
        result = arg_range(call, 0, size, &first, &limit);
    if (result == PRIM_OK)
        result = arg_integer(call, 3, &right);
    if (result != PRIM_OK)
        return result;
    if (!oop_has_slots(scanner, SCAN_SLOTS) || !oop_is_integer(blit_slot(scanner, SCAN_DEST_X)) ||
        !glyphs_open(blit_slot(scanner, SCAN_MAP), blit_slot(scanner, SCAN_TABLE), &glyphs))
        return PRIM_BAD_RECEIVER;
    if (limit == 0 || !is_place(kern) || !oop_has_slots(stops, STOPS))
        return PRIM_BAD_ARGUMENT;
    int64_t dest_x = oop_to_integer(blit_slot(scanner, SCAN_DEST_X));
    for (size_t i = first; i < limit; i++) {
        oop stop = blit_slot(stops, bytes[i]);
        if (!oop_same(stop, vm_heap(vm)->nil))
            return answer_stop(vm, call, dest_x, i + 1, stop);
        if (!glyph_of(&glyphs, bytes[i], &left, &width))
            return PRIM_BAD_RECEIVER;
        if (dest_x + width > right)
            return answer_stop(vm, call, dest_x, i + 1, blit_slot(stops, STOP_CROSSED_RIGHT));
        dest_x += width + oop_to_integer(kern);
    }
    return answer_stop(vm, call, dest_x, limit, blit_slot(stops, STOP_END_OF_RUN));
}

/* --- single pixels -------------------------------------------------------------------------------------------------------- */

/* The receiver as a Form, and a place; *inside says whether it has it. Forms that are not big-endian are left to Smalltalk. */
static prim_result pixel_place(const prim_call *call, struct blit_form *form, int64_t *x,
                               int64_t *y, bool *inside)
{
    if (!blit_read_form(call->receiver, form) || !form->big_endian)
        return PRIM_BAD_RECEIVER;
    prim_result result = arg_integer(call, 0, x);
    if (result == PRIM_OK)
        result = arg_integer(call, 1, y);
    *inside = result == PRIM_OK && *x >= 0 && *y >= 0 && *x < form->width && *y < form->height;
    return result;
}

/* Form>>primPixelValueAtX: x y: y, from zero; 0 outside. */
prim_result prim_pixel_value_at(struct vm *vm, const prim_call *call)
{
    struct blit_form form;
    int64_t x, y;
    bool inside;
    prim_result result = pixel_place(call, &form, &x, &y, &inside);
    if (result != PRIM_OK)
        return result;
    return answer_integer(vm, call, inside ? blit_pixel(&form, x, y) : 0);
}

/* Form>>primPixelValueAtX: x y: y put: pixel: the pixel before; 0 outside, where nothing is changed. */
prim_result prim_pixel_value_at_put(struct vm *vm, const prim_call *call)
{
    struct blit_form form;
    int64_t x, y;
    uint64_t pixel;
    bool inside;
    prim_result result = pixel_place(call, &form, &x, &y, &inside);
    if (result == PRIM_OK)
        result = arg_uint64(vm, call, 2, &pixel);
    if (result != PRIM_OK)
        return result;
    if (pixel > UINT32_MAX >> (32 - form.depth))
        return PRIM_BAD_ARGUMENT;
    if (!inside)
        return answer_integer(vm, call, 0);
    if (object_is_immutable(blit_slot(call->receiver, 0)))
        return PRIM_NO_MODIFICATION;
    uint32_t before = blit_pixel(&form, x, y);
    blit_set_pixel(&form, x, y, (uint32_t)pixel);
    return answer_integer(vm, call, before);
}

/* compareColor: colorA to: colorB test: test, of overlapping pixels of the source and the destination: 0 A on B, 1 neither, 2
 * anything but A on B. Answers whether there is one, or with 16 added how many there are. */
prim_result prim_compare_colors(struct vm *vm, const prim_call *call)
{
    enum { TALLY = 16, TEST_MASK = 15 };
    struct blit blit;
    uint64_t source_color, dest_color;
    int64_t test;
    prim_result result = blit_read(vm, call->receiver, &blit);
    if (result == PRIM_OK && !blit.has_source)
        result = PRIM_BAD_RECEIVER;
    if (result == PRIM_OK)
        result = arg_uint64(vm, call, 0, &source_color);
    if (result == PRIM_OK)
        result = arg_uint64(vm, call, 1, &dest_color);
    if (result == PRIM_OK)
        result = arg_integer(call, 2, &test);
    if (result != PRIM_OK)
        return result;
    if (test < 0 || test > TALLY + TEST_MASK || (test & TEST_MASK) > BLIT_NOT_A_BUT_B)
        return PRIM_BAD_ARGUMENT;
    bool tallies = (test & TALLY) != 0;
    uint64_t count = blit_compare(&blit, (enum blit_comparison)(test & TEST_MASK),
                                  (uint32_t)source_color, (uint32_t)dest_color, !tallies);
    return tallies ? answer_integer(vm, call, (int64_t)count) : answer_boolean(vm, call, count > 0);
}
