#include "primitives/bitblt_objects.h"

enum { FORM_BITS, FORM_WIDTH, FORM_HEIGHT, FORM_DEPTH, FORM_SLOTS };
enum { MAP_SHIFTS, MAP_MASKS, MAP_COLORS, MAP_SLOTS };
enum { CORNERS = 4, CORNER_SLOTS = 3 };

oop blit_slot(oop object, size_t index)
{
    return heap_follow(object_slot(object, index));
}

bool blit_bits_size(oop object, size_t *size)
{
    if (!oop_is_object(object) || !format_is_bits(object_format(object)))
        return false;
    *size = object_bits_size(object);
    return true;
}

static bool small_integer(oop value, int64_t least, int64_t most, int64_t *result)
{
    if (!oop_is_integer(value))
        return false;
    *result = oop_to_integer(value);
    return *result >= least && *result <= most;
}

bool blit_read_form(oop object, struct blit_form *form)
{
    int64_t depth;
    size_t size;
    size_t words;
    if (!oop_has_slots(object, FORM_SLOTS))
        return false;
    oop bits = blit_slot(object, FORM_BITS);
    if (!small_integer(blit_slot(object, FORM_WIDTH), 0, INT32_MAX, &form->width) ||
        !small_integer(blit_slot(object, FORM_HEIGHT), 0, INT32_MAX, &form->height) ||
        !small_integer(blit_slot(object, FORM_DEPTH), -32, 32, &depth) ||
        !blit_bits_size(bits, &size))
        return false;
    form->big_endian = depth > 0;
    form->depth = (unsigned)(depth < 0 ? -depth : depth);
    if (!blit_depth_is_known(form->depth))
        return false;
    form->words = (uint32_t *)(void *)object_bytes(bits);
    form->words_per_row = blit_words_per_row(form->width, form->depth);
    return !__builtin_mul_overflow(form->words_per_row, (size_t)form->height, &words) &&
           words <= size / sizeof(uint32_t);
}

/* A coordinate: a SmallInteger, a Float of 32 bits' range, truncated, or nil for the default. */
static bool number_slot(struct vm *vm, oop object, size_t index, int64_t otherwise, int64_t *result)
{
    oop value = blit_slot(object, index);
    double number;
    *result = otherwise;
    if (oop_same(value, vm_heap(vm)->nil))
        return true;
    if (oop_is_integer(value)) {
        *result = oop_to_integer(value);
        return true;
    }
    if (!oop_as_float(vm, value, &number) || !(number >= INT32_MIN && number <= INT32_MAX))
        return false;
    *result = (int64_t)number;
    return true;
}

/* --- halftone and colour map --------------------------------------------------------------------------------------------- */

/* A Form, whose words are taken a row each, or a Bitmap. */
static bool read_halftone(oop object, struct blit *blit)
{
    uint32_t *words;
    size_t count;
    int64_t height;
    if (oop_has_slots(object, FORM_SLOTS)) {
        if (!oop_as_words(blit_slot(object, FORM_BITS), &words, &count) ||
            !small_integer(blit_slot(object, FORM_HEIGHT), 1, INT32_MAX, &height) ||
            (size_t)height > count)
            return false;
        count = (size_t)height;
    } else if (!oop_as_words(object, &words, &count)) {
        return false;
    }
    blit->halftone = words;
    blit->halftone_count = count;
    return count > 0;
}

/* Four words, or nil: none. */
static bool read_four(struct vm *vm, oop object, uint32_t **words)
{
    size_t count;
    *words = NULL;
    return oop_same(object, vm_heap(vm)->nil) ||
           (oop_as_words(object, words, &count) && count == BLIT_COMPONENTS);
}

/* A ColorMap: masks and shifts, unless they change nothing, then a table. */
static bool read_qualified_map(struct vm *vm, oop object, struct blit_map *map)
{
    static const uint32_t identity[BLIT_COMPONENTS] = {0xFF0000, 0xFF00, 0xFF, 0xFF000000};
    uint32_t *shifts;
    uint32_t *masks;
    uint32_t *table = NULL;
    size_t count = 0;
    if (!oop_has_slots(object, MAP_SLOTS) ||
        !read_four(vm, blit_slot(object, MAP_SHIFTS), &shifts) ||
        !read_four(vm, blit_slot(object, MAP_MASKS), &masks))
        return false;
    oop colors = blit_slot(object, MAP_COLORS);
    if (!oop_same(colors, vm_heap(vm)->nil) && !oop_as_words(colors, &table, &count))
        return false;
    map->qualified = true;
    for (unsigned i = 0; shifts != NULL && masks != NULL && i < BLIT_COMPONENTS; i++) {
        /* What is shifted out of a word is nothing. */
        int32_t shift = (int32_t)shifts[i];
        bool is_lost = shift < -31 || shift > 31;
        map->shifts[i] = is_lost ? 0 : shift;
        map->masks[i] = is_lost ? 0 : masks[i];
        map->has_shifts = map->has_shifts || shifts[i] != 0 || masks[i] != identity[i];
    }
    return blit_map_set_table(map, table, count);
}

static bool read_map(struct vm *vm, oop object, struct blit_map *map)
{
    uint32_t *table;
    size_t count;
    if (oop_same(object, vm_heap(vm)->nil))
        return true;
    map->present = true;
    if (oop_as_words(object, &table, &count))
        return blit_map_set_table(map, table, count);
    return read_qualified_map(vm, object, map);
}

/* The object that holds the table, or nil. */
static oop table_holder(struct vm *vm, oop blit)
{
    oop map = object_slot_count(blit) > BLIT_COLOR_MAP ? blit_slot(blit, BLIT_COLOR_MAP)
                                                       : vm_heap(vm)->nil;
    return oop_has_slots(map, MAP_SLOTS) ? blit_slot(map, MAP_COLORS) : map;
}

/* --- the whole ----------------------------------------------------------------------------------------------------------- */

static bool read_source(struct vm *vm, oop object, struct blit *blit)
{
    bool has_map = object_slot_count(object) > BLIT_COLOR_MAP;
    if (!blit_read_form(blit_slot(object, BLIT_SOURCE_FORM), &blit->source) ||
        (has_map && !read_map(vm, blit_slot(object, BLIT_COLOR_MAP), &blit->map)))
        return false;
    blit_map_complete(&blit->map, blit->source.depth, blit->dest.depth);
    return number_slot(vm, object, BLIT_SOURCE_X, 0, &blit->source_x) &&
           number_slot(vm, object, BLIT_SOURCE_Y, 0, &blit->source_y);
}

static bool read_rectangles(struct vm *vm, oop object, struct blit *blit)
{
    return number_slot(vm, object, BLIT_DEST_X, 0, &blit->dest_x) &&
           number_slot(vm, object, BLIT_DEST_Y, 0, &blit->dest_y) &&
           number_slot(vm, object, BLIT_WIDTH, blit->dest.width, &blit->width) &&
           number_slot(vm, object, BLIT_HEIGHT, blit->dest.height, &blit->height) &&
           number_slot(vm, object, BLIT_CLIP_X, 0, &blit->clip_x) &&
           number_slot(vm, object, BLIT_CLIP_Y, 0, &blit->clip_y) &&
           number_slot(vm, object, BLIT_CLIP_WIDTH, blit->dest.width, &blit->clip_width) &&
           number_slot(vm, object, BLIT_CLIP_HEIGHT, blit->dest.height, &blit->clip_height);
}

prim_result blit_read(struct vm *vm, oop object, struct blit *blit)
{
    oop nil = vm_heap(vm)->nil;
    int64_t rule;
    memset(blit, 0, sizeof *blit);
    if (!oop_has_slots(object, BLIT_COLOR_MAP) ||
        !small_integer(blit_slot(object, BLIT_RULE), 0, BLIT_RULES - 1, &rule) ||
        !blit_rule_is_known((unsigned)rule))
        return PRIM_BAD_RECEIVER;
    blit->rule = (unsigned)rule;
    bool ignores = blit_rule_ignores_source(blit->rule);
    oop halftone = blit_slot(object, BLIT_HALFTONE_FORM);
    blit->has_source = !ignores && !oop_same(blit_slot(object, BLIT_SOURCE_FORM), nil);
    if (!blit_read_form(blit_slot(object, BLIT_DEST_FORM), &blit->dest) ||
        !read_rectangles(vm, object, blit) ||
        (blit->has_source && !read_source(vm, object, blit)) ||
        (!ignores && !oop_same(halftone, nil) && !read_halftone(halftone, blit)))
        return PRIM_BAD_RECEIVER;
    oop table = table_holder(vm, object);
    bool is_fixed = object_is_immutable(blit_slot(blit_slot(object, BLIT_DEST_FORM), FORM_BITS));
    bool table_is_fixed =
        blit->map.table != NULL && blit_rule_tallies(blit->rule) && object_is_immutable(table);
    return is_fixed || table_is_fixed ? PRIM_NO_MODIFICATION : PRIM_OK;
}

prim_result blit_read_corners(struct vm *vm, oop object, struct blit_warp *warp)
{
    if (!oop_has_slots(object, BLIT_WARP_CORNERS + CORNERS * CORNER_SLOTS))
        return PRIM_BAD_RECEIVER;
    for (size_t i = 0; i < CORNERS; i++) {
        int64_t *x = &warp->corner_x[i];
        int64_t *y = &warp->corner_y[i];
        size_t slot = BLIT_WARP_CORNERS + i * CORNER_SLOTS;
        if (!number_slot(vm, object, slot, 0, x) || !number_slot(vm, object, slot + 1, 0, y) ||
            *x < INT32_MIN || *x > INT32_MAX || *y < INT32_MIN || *y > INT32_MAX)
            return PRIM_BAD_RECEIVER;
    }
    return PRIM_OK;
}
