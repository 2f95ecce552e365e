/*
 * The primitives of BitBlt as images call them: objects of the ecosystem's shapes, answers, and every shape that is not one of
 * them. The world is that of $IMAGE; arrays stand for the objects, whose classes nobody looks at. Random sequences start at $SEED.
 */
#include "primitives/bitblt_objects.h"
#include "primitives/bitmap_runs.h"
#include "tests/unit/primitives/world.h"

#include <math.h>

enum { WARP_SLOTS = BLIT_WARP_CORNERS + 12, ARGUMENTS_MAX = 6, ZOO_MAX = 64, SIDE = 8 };

static oop call(struct world *world, const char *name, oop receiver, size_t count, const oop *given)
{
    const struct primitive_table *table = viv_standard_primitives();
    oop arguments[ARGUMENTS_MAX];
    for (size_t i = 0; i < count; i++)
        arguments[ARGUMENTS_MAX - 1 - i] = given[i];
    prim_call prim = {receiver, &arguments[ARGUMENTS_MAX - 1], count, NO_OOP};
    for (size_t i = 0; i < table->count; i++) {
        const struct primitive *row = &table->rows[i];
        if (row->function == NULL || strcmp(row->name, name) != 0)
            continue;
        world->result = row->function(world->vm, &prim);
        return world->result == PRIM_OK ? world->vm->answer : NO_OOP;
    }
    fail_msg("no primitive %s", name);
    return NO_OOP;
}

static void put(oop object, size_t index, oop value)
{
    object_slot_init(object, index, value);
}

static oop words(struct world *world, size_t count, uint32_t value)
{
    oop bitmap = heap_allocate_words32(world->heap, CLASS_BITMAP, count);
    for (size_t i = 0; i < count; i++)
        ((uint32_t *)(void *)object_bytes(bitmap))[i] = value;
    return bitmap;
}

static uint32_t word_in(oop form, size_t index)
{
    return ((uint32_t *)(void *)object_bytes(object_slot(form, 0)))[index];
}

static oop form(struct world *world, int64_t width, int64_t height, int64_t depth, uint32_t value)
{
    oop object = heap_allocate_array(world->heap, 5);
    unsigned bits = (unsigned)(depth < 0 ? -depth : depth);
    put(object, 0, words(world, blit_words_per_row(width, bits) * (size_t)height, value));
    put(object, 1, small(width));
    put(object, 2, small(height));
    put(object, 3, small(depth));
    return object;
}

/* A WarpBlt, which is a BitBlt too, that copies all of one form onto another; its corners are those of the source. */
static oop blit(struct world *world, oop dest, oop source, int64_t rule)
{
    oop object = heap_allocate_array(world->heap, WARP_SLOTS);
    static const int64_t corners[4][2] = {{0, 0}, {0, 1}, {1, 1}, {1, 0}};
    for (size_t i = 0; i < WARP_SLOTS; i++)
        put(object, i, small(0));
    put(object, BLIT_DEST_FORM, dest);
    put(object, BLIT_SOURCE_FORM, source);
    put(object, BLIT_HALFTONE_FORM, world->heap->nil);
    put(object, BLIT_RULE, small(rule));
    put(object, BLIT_COLOR_MAP, world->heap->nil);
    for (size_t i = BLIT_WIDTH; i <= BLIT_HEIGHT; i++)
        put(object, i, small(SIDE));
    for (size_t i = BLIT_CLIP_WIDTH; i <= BLIT_CLIP_HEIGHT; i++)
        put(object, i, world->heap->nil);
    for (size_t i = 0; i < 4; i++) {
        put(object, BLIT_WARP_CORNERS + 3 * i, small(corners[i][0] * ((SIDE << 14) - 1)));
        put(object, BLIT_WARP_CORNERS + 3 * i + 1, small(corners[i][1] * ((SIDE << 14) - 1)));
    }
    return object;
}

static oop usual_blit(struct world *world, int64_t rule)
{
    return blit(world, form(world, SIDE, SIDE, 32, 0xFF0000FF),
                form(world, SIDE, SIDE, 32, 0x80FF0000), rule);
}

static void copying_draws_and_answers_the_receiver(void **state)
{
    struct world *world = *state;
    oop object = usual_blit(world, 3);
    oop dest = object_slot(object, BLIT_DEST_FORM);
    put(object, BLIT_DEST_X, heap_float(world->heap, 1.9));
    put(object, BLIT_DEST_Y, world->heap->nil);

    oop answered = call(world, "primitiveCopyBits", object, 0, NULL);

    assert_true(oop_same(answered, object));
    assert_int_equal(word_in(dest, 0), 0xFF0000FF);
    for (size_t i = 1; i < SIDE; i++)
        assert_int_equal(word_in(dest, i), 0x80FF0000);
    assert_int_equal(word_in(dest, (size_t)SIDE * SIDE - 1), 0x80FF0000);
}

static void blending_by_a_constant_needs_its_alpha(void **state)
{
    struct world *world = *state;
    oop object = usual_blit(world, 30);
    oop alphas[] = {small(128), small(256), small(-1), world->heap->nil};

    call(world, "primitiveCopyBits", object, 0, NULL);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT_COUNT);
    for (size_t i = 1; i < 4; i++) {
        call(world, "primitiveCopyBits", object, 1, &alphas[i]);
        assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    }
    assert_int_equal(word_in(object_slot(object, BLIT_DEST_FORM), 0), 0xFF0000FF);

    call(world, "primitiveCopyBits", object, 1, alphas);
    assert_int_equal(world->result, PRIM_OK);
    assert_int_equal(word_in(object_slot(object, BLIT_DEST_FORM), 0), 0xC080007F);
}

static void counting_answers_how_much_differs(void **state)
{
    struct world *world = *state;
    oop object = usual_blit(world, 32);

    oop answered = call(world, "primitiveCopyBits", object, 0, NULL);

    assert_true(oop_same(answered, small(SIDE * SIDE * 2 * 255)));
}

static void tallying_counts_pixels_in_the_map(void **state)
{
    struct world *world = *state;
    oop dest = form(world, SIDE, SIDE, 8, 0x01020202);
    oop object = blit(world, dest, dest, 33);
    oop map = words(world, 256, 0);
    put(object, BLIT_COLOR_MAP, map);

    call(world, "primitiveCopyBits", object, 0, NULL);

    const uint32_t *counts = (const uint32_t *)(const void *)object_bytes(map);
    assert_int_equal(counts[1], SIDE * SIDE / 4);
    assert_int_equal(counts[2], SIDE * SIDE * 3 / 4);
    assert_int_equal(counts[0], 0);
}

static void a_color_map_object_moves_components(void **state)
{
    struct world *world = *state;
    oop object = usual_blit(world, 3);
    oop map = heap_allocate_array(world->heap, 3);
    static const int32_t shifts[] = {-16, 0, 16, 0};
    static const uint32_t masks[] = {0xFF0000, 0xFF00, 0xFF, 0xFF000000};
    put(map, 0, words(world, 4, 0));
    put(map, 1, words(world, 4, 0));
    memcpy(object_bytes(object_slot(map, 0)), shifts, sizeof shifts);
    memcpy(object_bytes(object_slot(map, 1)), masks, sizeof masks);
    put(map, 2, world->heap->nil);
    put(object, BLIT_COLOR_MAP, map);

    call(world, "primitiveCopyBits", object, 0, NULL);

    assert_int_equal(word_in(object_slot(object, BLIT_DEST_FORM), 5), 0x800000FF);
}

static void a_halftone_form_gives_each_row_its_word(void **state)
{
    struct world *world = *state;
    oop object = blit(world, form(world, SIDE, SIDE, 32, 0), world->heap->nil, 3);
    oop halftone = form(world, 32, 2, 1, 0);
    ((uint32_t *)(void *)object_bytes(object_slot(halftone, 0)))[1] = 0x12345678;
    put(object, BLIT_HALFTONE_FORM, halftone);

    call(world, "primitiveCopyBits", object, 0, NULL);

    oop dest = object_slot(object, BLIT_DEST_FORM);
    assert_int_equal(word_in(dest, 0), 0);
    assert_int_equal(word_in(dest, SIDE), 0x12345678);
    assert_int_equal(word_in(dest, 2 * SIDE), 0);
}

static void component_alpha_takes_colour_alpha_and_tables(void **state)
{
    struct world *world = *state;
    oop nil = world->heap->nil;
    oop object =
        blit(world, form(world, SIDE, SIDE, 32, 0), form(world, SIDE, SIDE, 32, 0xFFFFFFFF), 41);
    oop arguments[] = {small(0xFF8040), small(255), nil, nil};

    call(world, "primitiveCopyBits", object, 4, arguments);
    assert_int_equal(world->result, PRIM_OK);
    assert_int_equal(word_in(object_slot(object, BLIT_DEST_FORM), 0), 0xFFFE7F3F);

    arguments[2] = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, 255);
    call(world, "primitiveCopyBits", object, 4, arguments);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
}

static void warping_the_whole_of_a_form_copies_it(void **state)
{
    struct world *world = *state;
    oop object = usual_blit(world, 3);
    oop source = object_slot(object, BLIT_SOURCE_FORM);
    for (uint32_t i = 0; i < SIDE * SIDE; i++)
        ((uint32_t *)(void *)object_bytes(object_slot(source, 0)))[i] = i * 0x01010101;

    call(world, "primitiveWarpBits", object, 0, NULL);

    assert_int_equal(world->result, PRIM_OK);
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++)
        assert_int_equal(word_in(object_slot(object, BLIT_DEST_FORM), i), word_in(source, i));
}

static void smoothing_needs_the_colours_of_an_indexed_source(void **state)
{
    struct world *world = *state;
    oop object =
        blit(world, form(world, SIDE, SIDE, 32, 0), form(world, SIDE, SIDE, 8, 0x01010101), 3);
    oop arguments[] = {small(2), world->heap->nil};

    call(world, "primitiveWarpBits", object, 2, arguments);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    arguments[1] = words(world, 255, 0x55);
    call(world, "primitiveWarpBits", object, 2, arguments);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    arguments[0] = small(0);
    arguments[1] = words(world, 256, 0xFF00FF00);
    call(world, "primitiveWarpBits", object, 2, arguments);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    arguments[0] = small(2);
    call(world, "primitiveWarpBits", object, 2, arguments);
    assert_int_equal(world->result, PRIM_OK);
    assert_int_equal(word_in(object_slot(object, BLIT_DEST_FORM), 0), 0xFF00FF00);
}

static void a_line_ends_at_its_last_point_and_does_not_draw_it(void **state)
{
    struct world *world = *state;
    oop object = blit(world, form(world, 32, 1, 1, 0), world->heap->nil, 3);
    oop arguments[] = {small(5), small(0)};
    put(object, BLIT_WIDTH, small(1));
    put(object, BLIT_HEIGHT, small(1));

    call(world, "primitiveDrawLoop", object, 2, arguments);

    assert_int_equal(word_in(object_slot(object, BLIT_DEST_FORM), 0), 0x78000000);
    assert_true(oop_same(object_slot(object, BLIT_DEST_X), small(5)));
    arguments[0] = small((int64_t)1 << 40);
    call(world, "primitiveDrawLoop", object, 2, arguments);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
}

/* A font of two glyphs: 'a' is three pixels wide, everything else two. */
static void make_font(struct world *world, oop *map, oop *table)
{
    static const int64_t edges[] = {0, 3, 5};
    *map = heap_allocate_array(world->heap, 256);
    *table = heap_allocate_array(world->heap, 3);
    for (size_t i = 0; i < 256; i++)
        put(*map, i, small(i == 'a' ? 0 : 1));
    for (size_t i = 0; i < 3; i++)
        put(*table, i, small(edges[i]));
}

static void a_string_is_drawn_glyph_by_glyph(void **state)
{
    struct world *world = *state;
    oop map, table;
    make_font(world, &map, &table);
    oop object = blit(world, form(world, 32, 1, 1, 0), form(world, 32, 1, 1, 0xE8000000), 3);
    oop arguments[] = {
        heap_allocate_string(world->heap, "xabx", 4), small(2), small(3), map, table, small(1)};

    call(world, "primitiveDisplayString", object, 6, arguments);

    /* 111 of the first, a gap, 01 of the second, a gap. */
    assert_int_equal(world->result, PRIM_OK);
    assert_int_equal(word_in(object_slot(object, BLIT_DEST_FORM), 0), 0xE4000000);
    assert_true(oop_same(object_slot(object, BLIT_DEST_X), small(7)));
}

static void a_font_that_lacks_a_glyph_draws_nothing(void **state)
{
    struct world *world = *state;
    oop map, table;
    make_font(world, &map, &table);
    oop object = blit(world, form(world, 32, 1, 1, 0), form(world, 32, 1, 1, UINT32_MAX), 3);
    oop arguments[] = {
        heap_allocate_string(world->heap, "aab", 3), small(1), small(3), map, table, small(0)};
    oop wrong[] = {small(2), small(-1), world->heap->nil, small(SMALL_INTEGER_MAX)};

    for (size_t i = 0; i < 4; i++) {
        put(map, 'b', wrong[i]);
        call(world, "primitiveDisplayString", object, 6, arguments);
        assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    }
    put(map, 'b', small(1));
    arguments[2] = small(4);
    call(world, "primitiveDisplayString", object, 6, arguments);
    assert_int_equal(world->result, PRIM_BAD_INDEX);
    assert_int_equal(word_in(object_slot(object, BLIT_DEST_FORM), 0), 0);
}

static void scanning_stops_for_a_byte_the_edge_or_the_end(void **state)
{
    struct world *world = *state;
    oop nil = world->heap->nil;
    oop scanner = heap_allocate_array(world->heap, 4);
    oop stops = heap_allocate_array(world->heap, 258);
    oop map, table;
    make_font(world, &map, &table);
    for (size_t i = 0; i < 258; i++)
        put(stops, i, i == 10 ? small(-10) : i < 256 ? nil : small((int64_t)i));
    oop arguments[] = {small(1),   small(4), heap_allocate_string(world->heap, "aab\n", 4),
                       small(100), stops,    small(1)};
    const struct {
        int64_t stop, right, reason, dest_x, last_index;
    } rows[] = {{4, 100, -10, 11, 4}, {3, 100, 256, 11, 3}, {4, 5, 257, 4, 2}};

    for (size_t i = 0; i < 3; i++) {
        put(scanner, 0, small(0));
        put(scanner, 1, nil);
        put(scanner, 2, table);
        put(scanner, 3, map);
        arguments[1] = small(rows[i].stop);
        arguments[3] = small(rows[i].right);
        oop reason = call(world, "prim_scan_characters", scanner, 6, arguments);
        assert_true(oop_same(reason, small(rows[i].reason)));
        assert_true(oop_same(object_slot(scanner, 0), small(rows[i].dest_x)));
        assert_true(oop_same(object_slot(scanner, 1), small(rows[i].last_index)));
    }
}

static void single_pixels_are_read_and_replaced(void **state)
{
    struct world *world = *state;
    oop object = form(world, 10, 2, 4, 0x12345678);
    oop arguments[] = {small(3), small(1), small(15)};

    assert_true(oop_same(call(world, "primitivePixelValueAt", object, 2, arguments), small(4)));
    assert_true(oop_same(call(world, "primitivePixelValueAtPut", object, 3, arguments), small(4)));
    assert_true(oop_same(call(world, "primitivePixelValueAt", object, 2, arguments), small(15)));
    arguments[0] = small(10);
    assert_true(oop_same(call(world, "primitivePixelValueAt", object, 2, arguments), small(0)));
    arguments[2] = small(16);
    call(world, "primitivePixelValueAtPut", object, 3, arguments);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
}

static void colours_are_compared_where_forms_overlap(void **state)
{
    struct world *world = *state;
    oop object = usual_blit(world, 3);
    oop yes = world->heap->true_object, no = world->heap->false_object;
    oop arguments[] = {small(0xFF0000), small(0xFF), small(0)};

    assert_true(oop_same(call(world, "primitiveCompareColors", object, 3, arguments), yes));
    arguments[2] = small(16);
    assert_true(
        oop_same(call(world, "primitiveCompareColors", object, 3, arguments), small(SIDE * SIDE)));
    arguments[2] = small(1);
    assert_true(oop_same(call(world, "primitiveCompareColors", object, 3, arguments), no));
    arguments[0] = small(7);
    arguments[2] = small(2);
    assert_true(oop_same(call(world, "primitiveCompareColors", object, 3, arguments), yes));
    arguments[2] = small(3);
    call(world, "primitiveCompareColors", object, 3, arguments);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
}

static void bitmaps_are_compressed_and_come_back(void **state)
{
    struct world *world = *state;
    oop bitmap = words(world, 100, 0x01020304);
    oop bytes = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, bitmap_runs_room(100));
    oop arguments[] = {bitmap, bytes, small(2)};

    oop size = call(world, "primitiveCompressToByteArray", bitmap, 2, arguments);
    assert_true(oop_same(size, small(7)));
    arguments[0] = words(world, 100, 0);
    arguments[1] = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, 7);
    memcpy(object_bytes(arguments[1]), object_bytes(bytes), 7);
    call(world, "primitiveDecompressFromByteArray", bitmap, 3, arguments);

    assert_int_equal(world->result, PRIM_OK);
    assert_memory_equal(object_bytes(arguments[0]), object_bytes(bitmap), 400);
    arguments[0] = words(world, 99, 0);
    call(world, "primitiveDecompressFromByteArray", bitmap, 3, arguments);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
}

static void signed_bytes_become_samples(void **state)
{
    struct world *world = *state;
    oop bytes = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, 3);
    memcpy(object_bytes(bytes), "\x01\xFF\x80", 3);
    oop arguments[] = {bytes, words(world, 2, 0)};
    static const int16_t wanted[] = {256, -256, -32768, 0};

    call(world, "primitiveConvert8BitSigned", bytes, 2, arguments);

    assert_memory_equal(object_bytes(arguments[1]), wanted, sizeof wanted);
    arguments[1] = words(world, 1, 0);
    call(world, "primitiveConvert8BitSigned", bytes, 2, arguments);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
}

/* --- hostile shapes ------------------------------------------------------------------------------------------------------- */

static void what_is_no_bitblt_fails_and_draws_nothing(void **state)
{
    struct world *world = *state;
    oop nil = world->heap->nil;
    oop short_form = form(world, SIDE, SIDE, 32, 0);
    put(short_form, 0, words(world, SIDE * SIDE - 1, 0));
    oop odd_depth = form(world, SIDE, SIDE, 32, 0);
    put(odd_depth, 3, small(5));
    oop huge = form(world, SIDE, SIDE, 32, 0);
    put(huge, 1, small(INT32_MAX));
    put(huge, 2, small(INT32_MAX));
    oop negative = form(world, SIDE, SIDE, 32, 0);
    put(negative, 2, small(-1));
    const struct {
        size_t slot;
        oop value;
    } rows[] = {
        {BLIT_DEST_FORM, nil},
        {BLIT_DEST_FORM, small(3)},
        {BLIT_DEST_FORM, short_form},
        {BLIT_DEST_FORM, odd_depth},
        {BLIT_DEST_FORM, huge},
        {BLIT_DEST_FORM, negative},
        {BLIT_SOURCE_FORM, short_form},
        {BLIT_SOURCE_FORM, words(world, 3, 0)},
        {BLIT_HALFTONE_FORM, words(world, 0, 0)},
        {BLIT_HALFTONE_FORM, small(1)},
        {BLIT_HALFTONE_FORM, huge},
        {BLIT_RULE, small(16)},
        {BLIT_RULE, small(17)},
        {BLIT_RULE, small(-1)},
        {BLIT_RULE, small(42)},
        {BLIT_RULE, nil},
        {BLIT_DEST_X, heap_float(world->heap, 1e10)},
        {BLIT_DEST_Y, heap_float(world->heap, NAN)},
        {BLIT_WIDTH, world->heap->true_object},
        {BLIT_SOURCE_X, heap_integer(world->heap, INT64_MAX)},
        {BLIT_CLIP_X, words(world, 1, 0)},
        {BLIT_COLOR_MAP, words(world, 3, 0)},
        {BLIT_COLOR_MAP, heap_allocate_array(world->heap, 3)},
        {BLIT_COLOR_MAP, small(0)},
    };
    put(rows[22].value, 0, words(world, 3, 0));

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        oop object = usual_blit(world, 3);
        oop dest = object_slot(object, BLIT_DEST_FORM);
        put(object, rows[i].slot, rows[i].value);
        call(world, "primitiveCopyBits", object, 0, NULL);
        if (world->result != PRIM_BAD_RECEIVER)
            print_error("row %zu\n", i);
        assert_int_equal(world->result, PRIM_BAD_RECEIVER);
        assert_int_equal(word_in(dest, 0), 0xFF0000FF);
    }
}

static void what_is_constant_is_not_drawn_on(void **state)
{
    struct world *world = *state;
    oop object = usual_blit(world, 3);
    oop bits = object_slot(object_slot(object, BLIT_DEST_FORM), 0);
    object_set_header(bits, object_header(bits) | HEADER_IMMUTABLE);

    call(world, "primitiveCopyBits", object, 0, NULL);

    assert_int_equal(world->result, PRIM_NO_MODIFICATION);
    assert_int_equal(word_in(object_slot(object, BLIT_DEST_FORM), 0), 0xFF0000FF);
}

static uint64_t below(uint64_t *state, uint64_t limit)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (*state >> 11) % limit;
}

static size_t make_zoo(struct world *world, oop *zoo)
{
    static const int64_t integers[] = {-1,
                                       0,
                                       1,
                                       2,
                                       3,
                                       4,
                                       5,
                                       8,
                                       16,
                                       32,
                                       33,
                                       24,
                                       34,
                                       -32,
                                       INT32_MAX,
                                       INT32_MIN,
                                       1LL << 40,
                                       SMALL_INTEGER_MAX,
                                       SMALL_INTEGER_MIN};
    size_t count = 0;
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++)
        zoo[count++] = small(integers[i]);
    zoo[count++] = world->heap->nil;
    zoo[count++] = world->heap->true_object;
    zoo[count++] = heap_float(world->heap, 2.5);
    zoo[count++] = heap_float(world->heap, -1e300);
    zoo[count++] = heap_float(world->heap, NAN);
    zoo[count++] = heap_integer(world->heap, INT64_MIN);
    zoo[count++] = oop_from_character('a');
    for (size_t i = 0; i < 5; i++)
        zoo[count++] = words(world, i == 4 ? 256 : i * 2, 0x80FF0102);
    zoo[count++] = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, 256);
    zoo[count++] = heap_allocate_string(world->heap, "abc", 3);
    for (int64_t depth = 1; depth <= 32; depth *= 2) {
        zoo[count++] = form(world, 13, 5, depth, 0x80FF0102);
        zoo[count++] = form(world, 13, 5, -depth, 0x80FF0102);
    }
    zoo[count++] = heap_allocate_array(world->heap, 256);
    zoo[count++] = heap_allocate_array(world->heap, 258);
    zoo[count++] = heap_allocate_array(world->heap, 4);
    assert_true(count <= ZOO_MAX);
    return count;
}

/* Arguments that each of these accepts, of which one may become something else. */
static size_t usual_arguments(struct world *world, size_t name, uint64_t *seed, oop *arguments)
{
    static const size_t counts[] = {0, 0, 2, 6, 3, 2, 3};
    static const size_t few[] = {0, 1, 2, 4};
    size_t count = name == 0   ? few[below(seed, 4)]
                   : name == 1 ? 2 * (size_t)below(seed, 2)
                               : counts[name];
    for (size_t i = 0; i < count; i++)
        arguments[i] = small((int64_t)below(seed, 4));
    if (name == 3) {
        arguments[0] = heap_allocate_string(world->heap, "abc", 3);
        make_font(world, &arguments[3], &arguments[4]);
    }
    if (name < 2 && count > 1)
        arguments[count - 1] = world->heap->nil;
    if (name == 0 && count == 4)
        arguments[2] = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, 256);
    return count;
}

/* A blit of which a few slots, or those of its forms, are something else. */
static oop hostile_blit(struct world *world, uint64_t *seed, const oop *zoo, size_t kinds)
{
    oop object = usual_blit(world, (int64_t)below(seed, BLIT_RULES));
    for (uint64_t changes = below(seed, 4); changes > 0; changes--)
        put(object, below(seed, WARP_SLOTS), zoo[below(seed, kinds)]);
    for (size_t slot = 0; slot < 2; slot++)
        if (below(seed, 3) == 0)
            put(object, slot, zoo[kinds - 4 - below(seed, 12)]);
    for (size_t slot = 0; slot < 2; slot++)
        if (below(seed, 8) == 0 && oop_has_slots(object_slot(object, slot), 4))
            put(object_slot(object, slot), below(seed, 4), zoo[below(seed, kinds)]);
    return object;
}

/* Whatever comes of it, the heap stays sound and what lies beside the bits is not touched. */
static void no_shape_of_these_objects_does_harm(void **state)
{
    static const char *const names[] = {"primitiveCopyBits",       "primitiveWarpBits",
                                        "primitiveDrawLoop",       "primitiveDisplayString",
                                        "primitiveCompareColors",  "primitivePixelValueAt",
                                        "primitivePixelValueAtPut"};
    enum { BATCHES = 40, ROUNDS = 100, GUARD = 64 };
    struct world *world = *state;
    const char *text = getenv("SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : 20250302;
    unsigned answered = 0;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (unsigned round = 0; round < BATCHES * ROUNDS; round++) {
        oop zoo[ZOO_MAX], arguments[ARGUMENTS_MAX], guards[2];
        size_t kinds = make_zoo(world, zoo);
        guards[0] = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, GUARD);
        oop object = hostile_blit(world, &seed, zoo, kinds);
        guards[1] = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, GUARD);
        for (size_t i = 0; i < 7; i++) {
            size_t count = usual_arguments(world, i, &seed, arguments);
            if (count > 0 && below(&seed, 3) == 0)
                arguments[below(&seed, count)] = zoo[below(&seed, kinds)];
            call(world, names[i],
                 i >= 5 && oop_has_slots(object, 1) ? object_slot(object, 0) : object, count,
                 arguments);
            answered += world->result == PRIM_OK;
        }
        for (size_t i = 0; i < GUARD; i++)
            assert_int_equal(object_bytes(guards[0])[i] | object_bytes(guards[1])[i], 0);
        if (round % ROUNDS == 0) {
            assert_true(heap_verify(world->heap, &(struct status){STATUS_OK, ""}));
            heap_collect_full(world->heap, false);
        }
    }
    print_message("%u answered\n", answered);
    assert_true(answered > BATCHES * ROUNDS * 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copying_draws_and_answers_the_receiver),
        cmocka_unit_test(blending_by_a_constant_needs_its_alpha),
        cmocka_unit_test(counting_answers_how_much_differs),
        cmocka_unit_test(tallying_counts_pixels_in_the_map),
        cmocka_unit_test(a_color_map_object_moves_components),
        cmocka_unit_test(a_halftone_form_gives_each_row_its_word),
        cmocka_unit_test(component_alpha_takes_colour_alpha_and_tables),
        cmocka_unit_test(warping_the_whole_of_a_form_copies_it),
        cmocka_unit_test(smoothing_needs_the_colours_of_an_indexed_source),
        cmocka_unit_test(a_line_ends_at_its_last_point_and_does_not_draw_it),
        cmocka_unit_test(a_string_is_drawn_glyph_by_glyph),
        cmocka_unit_test(a_font_that_lacks_a_glyph_draws_nothing),
        cmocka_unit_test(scanning_stops_for_a_byte_the_edge_or_the_end),
        cmocka_unit_test(single_pixels_are_read_and_replaced),
        cmocka_unit_test(colours_are_compared_where_forms_overlap),
        cmocka_unit_test(bitmaps_are_compressed_and_come_back),
        cmocka_unit_test(signed_bytes_become_samples),
        cmocka_unit_test(what_is_no_bitblt_fails_and_draws_nothing),
        cmocka_unit_test(what_is_constant_is_not_drawn_on),
        cmocka_unit_test(no_shape_of_these_objects_does_harm),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
