/* BitBlt of Smalltalk-80 against the same made pixel by pixel. */
#include "tests/unit/primitives/world80.h"

enum { WIDTH = 70, HEIGHT = 9, ROW_WORDS = (WIDTH + 15) / 16, RUNS = 3000 };

enum {
    DEST,
    SOURCE,
    HALFTONE,
    RULE,
    DEST_X,
    DEST_Y,
    AREA_WIDTH,
    AREA_HEIGHT,
    SOURCE_X,
    SOURCE_Y,
    CLIP_X,
    CLIP_Y,
    CLIP_WIDTH,
    CLIP_HEIGHT,
    LAST_INDEX,
    X_TABLE,
    STOP_CONDITIONS
};

static oop new_form(struct world *world, int64_t width, int64_t height)
{
    oop form = CALL0(world, 70, class80(world, TINY80_CLASS_FORM));
    oop bits = words80(world, (size_t)((width + 15) / 16 * height));
    heap_store(world->heap, form, 0, bits);
    heap_store(world->heap, form, 1, small(width));
    heap_store(world->heap, form, 2, small(height));
    return form;
}

static uint16_t *bits_of(oop form)
{
    return words_of(object_slot(form, 0));
}

static uint32_t next_random(struct world *world)
{
    world->sequence = world->sequence * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(world->sequence >> 33);
}

static void fill(struct world *world, oop form)
{
    size_t count = object_byte_count(object_slot(form, 0));
    for (size_t i = 0; i < count; i++)
        bits_of(form)[i] = (uint16_t)next_random(world);
}

static bool pixel(oop form, int64_t x, int64_t y)
{
    int64_t words = (oop_to_integer(object_slot(form, 1)) + 15) / 16;
    return (bits_of(form)[y * words + x / 16] >> (15 - x % 16) & 1) != 0;
}

static void set_pixel(oop form, int64_t x, int64_t y, bool on)
{
    int64_t words = (oop_to_integer(object_slot(form, 1)) + 15) / 16;
    uint16_t mask = (uint16_t)(1 << (15 - x % 16));
    uint16_t *place = &bits_of(form)[y * words + x / 16];
    *place = (uint16_t)(on ? *place | mask : *place & ~mask);
}

static void set(struct world *world, oop blit, size_t slot, int64_t value)
{
    heap_store(world->heap, blit, slot, small(value));
}

static oop new_blit(struct world *world, oop dest, oop source, oop halftone)
{
    oop blit = CALL0(world, 70, class80(world, TINY80_CLASS_BLIT));
    heap_store(world->heap, blit, DEST, dest);
    heap_store(world->heap, blit, SOURCE, source);
    heap_store(world->heap, blit, HALFTONE, halftone);
    for (size_t i = RULE; i <= CLIP_HEIGHT; i++)
        set(world, blit, i, 0);
    set(world, blit, RULE, 3);
    set(world, blit, CLIP_WIDTH, WIDTH);
    set(world, blit, CLIP_HEIGHT, HEIGHT);
    return blit;
}

static int64_t get(oop blit, size_t slot)
{
    return oop_to_integer(object_slot(blit, slot));
}

/* What the Blue Book says of each rule: bit n of it is the result for a source of n / 2 and a destination of n % 2, from the highest. */
static bool combined(int64_t rule, bool source, bool dest)
{
    return (rule >> (source ? (dest ? 0 : 1) : (dest ? 2 : 3)) & 1) != 0;
}

static bool inside(int64_t place, int64_t start, int64_t size)
{
    return place >= start && place < start + size;
}

/* The copy of a blit's source onto its destination in another form, pixel by pixel. */
static void model(oop blit, oop before, oop source, oop wanted, const uint16_t *halftone)
{
    for (int64_t y = 0; y < HEIGHT; y++)
        for (int64_t x = 0; x < WIDTH; x++) {
            int64_t source_x = x - get(blit, DEST_X) + get(blit, SOURCE_X);
            int64_t source_y = y - get(blit, DEST_Y) + get(blit, SOURCE_Y);
            bool old = pixel(before, x, y);
            bool is_touched = inside(x, get(blit, DEST_X), get(blit, AREA_WIDTH)) &&
                              inside(y, get(blit, DEST_Y), get(blit, AREA_HEIGHT)) &&
                              inside(x, get(blit, CLIP_X), get(blit, CLIP_WIDTH)) &&
                              inside(y, get(blit, CLIP_Y), get(blit, CLIP_HEIGHT));
            bool has_source = oop_is_object(source) && !oop_is_none(source);
            if (has_source)
                is_touched =
                    is_touched && inside(source_x, 0, WIDTH) && inside(source_y, 0, HEIGHT);
            bool bit = is_touched && (!has_source || pixel(source, source_x, source_y)) &&
                       (halftone == NULL || (halftone[y % 16] >> (15 - x % 16) & 1) != 0);
            set_pixel(wanted, x, y, is_touched ? combined(get(blit, RULE), bit, old) : old);
        }
}

static int64_t between(struct world *world, int64_t low, int64_t high)
{
    return low + next_random(world) % (high - low + 1);
}

static void set_at_random(struct world *world, oop blit, int64_t rule)
{
    set(world, blit, RULE, rule);
    for (size_t i = DEST_X; i <= CLIP_HEIGHT; i++)
        set(world, blit, i,
            i % 2 == 0 ? between(world, -20, WIDTH + 9) : between(world, -3, HEIGHT + 3));
    if (next_random(world) % 2 == 0) {
        set(world, blit, CLIP_X, 0);
        set(world, blit, CLIP_Y, 0);
        set(world, blit, CLIP_WIDTH, WIDTH);
        set(world, blit, CLIP_HEIGHT, HEIGHT);
    }
}

static void assert_pixels(oop found, oop wanted, int64_t rule)
{
    for (int64_t y = 0; y < HEIGHT; y++)
        for (int64_t x = 0; x < WIDTH; x++)
            if (pixel(found, x, y) != pixel(wanted, x, y))
                fail_msg("rule %d: pixel %d@%d", (int)rule, (int)x, (int)y);
}

static void all_rules_copy_as_pixel_by_pixel(void **state)
{
    struct world *world = *state;
    oop nil = world->heap->nil;
    oop dest = new_form(world, WIDTH, HEIGHT);
    oop source = new_form(world, WIDTH, HEIGHT);
    oop before = new_form(world, WIDTH, HEIGHT);
    oop wanted = new_form(world, WIDTH, HEIGHT);
    oop halftone = new_form(world, 16, 16);
    fill(world, halftone);
    for (int64_t run = 0; run < RUNS; run++) {
        oop from = run % 5 == 0 ? NO_OOP : run % 5 == 1 ? dest : source;
        bool has_halftone = run % 3 != 0;
        oop blit =
            new_blit(world, dest, oop_is_none(from) ? nil : from, has_halftone ? halftone : nil);
        set_at_random(world, blit, run % 16);
        fill(world, dest);
        fill(world, source);
        memcpy(bits_of(before), bits_of(dest), ROW_WORDS * HEIGHT * 2);
        model(blit, before, oop_same(from, dest) ? before : from, wanted,
              has_halftone ? bits_of(halftone) : NULL);

        assert_oop(CALL0(world, 96, blit), blit);

        assert_pixels(dest, wanted, run % 16);
    }
}

static void what_is_no_blit_fails(void **state)
{
    struct world *world = *state;
    oop nil = world->heap->nil;
    oop dest = new_form(world, WIDTH, HEIGHT);
    oop blit = new_blit(world, dest, nil, nil);
    const struct {
        size_t slot;
        oop value;
    } rows[] = {
        {RULE, small(16)},         {RULE, nil}, {DEST_X, nil},
        {CLIP_HEIGHT, nil},        {DEST, nil}, {SOURCE, world->things},
        {HALFTONE, world->things},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        oop old = object_slot(blit, rows[i].slot);
        heap_store(world->heap, blit, rows[i].slot, rows[i].value);
        assert_oop(CALL0(world, 96, blit), NO_OOP);
        heap_store(world->heap, blit, rows[i].slot, old);
    }
    assert_oop(CALL0(world, 96, blit), blit);
    set(world, dest, 2, HEIGHT + 1); /* more rows than there are bits */
    assert_oop(CALL0(world, 96, blit), NO_OOP);
    assert_oop(CALL0(world, 96, nil), NO_OOP);
}

static size_t count_pixels(oop form)
{
    size_t count = 0;
    for (int64_t y = 0; y < HEIGHT; y++)
        for (int64_t x = 0; x < WIDTH; x++)
            count += pixel(form, x, y) ? 1 : 0;
    return count;
}

static void lines_have_both_ends(void **state)
{
    struct world *world = *state;
    oop nil = world->heap->nil;
    oop dest = new_form(world, WIDTH, HEIGHT);
    oop blit = new_blit(world, dest, nil, nil);
    set(world, blit, DEST_X, 60);
    set(world, blit, DEST_Y, 7);
    set(world, blit, AREA_WIDTH, 1);
    set(world, blit, AREA_HEIGHT, 1);

    assert_oop(CALL(world, 104, blit, small(-40), small(-5)), blit);

    assert_int_equal(count_pixels(dest), 41);
    assert_true(pixel(dest, 60, 7) && pixel(dest, 20, 2));
    for (int64_t x = 20; x <= 60; x++)
        assert_true(pixel(dest, x, 2 + ((x - 20) * 5 + 20) / 40) ||
                    pixel(dest, x, 2 + ((x - 20) * 5 + 19) / 40));
    assert_int_equal(get(blit, DEST_X), 20);
    assert_int_equal(get(blit, DEST_Y), 2);
    assert_oop(CALL(world, 104, blit, nil, small(1)), NO_OOP);
    CALL(world, 104, blit, small(0), small(0));
    assert_int_equal(count_pixels(dest), 41);
}

/* Glyphs of 5 pixels for the letters a to f; e stops, and z is not in the font. */
static void characters_are_scanned_and_shown(void **state)
{
    struct world *world = *state;
    struct heap *heap = world->heap;
    oop array_class = heap_special(heap, SPECIAL_CLASS_ARRAY);
    oop dest = new_form(world, WIDTH, HEIGHT);
    oop glyphs = new_form(world, WIDTH, HEIGHT);
    oop scanner = CALL(world, 71, class80(world, TINY80_CLASS_POINTERS), small(20));
    oop blit = new_blit(world, dest, glyphs, heap->nil);
    oop table = CALL(world, 71, array_class, small(110));
    oop conditions = CALL(world, 71, array_class, small(258));
    oop stops = CALL(world, 71, array_class, small(258));
    for (size_t i = 0; i <= CLIP_HEIGHT; i++)
        heap_store(heap, scanner, i, object_slot(blit, i));
    for (size_t i = 'a'; i <= 'g'; i++)
        heap_store(heap, table, i, small(((int64_t)i - 'a') * 5));
    heap_store(heap, conditions, 'e', heap->true_object);
    for (size_t i = 0; i < 258; i++)
        heap_store(heap, stops, i, small((int64_t)i + 1));
    heap_store(heap, scanner, X_TABLE, table);
    heap_store(heap, scanner, STOP_CONDITIONS, conditions);
    set(world, scanner, AREA_HEIGHT, HEIGHT);
    set(world, scanner, DEST_X, 7);
    fill(world, glyphs);
    oop text = string80(world, "dabez");

    /* To the character that stops. */
    oop stop =
        CALL(world, 103, scanner, small(1), small(5), text, small(60), stops, heap->true_object);
    assert_int_equal(value80(stop), 'e' + 1);
    assert_int_equal(get(scanner, LAST_INDEX), 4);
    assert_int_equal(get(scanner, DEST_X), 7 + 15);
    for (int64_t y = 0; y < HEIGHT; y++)
        for (int64_t x = 0; x < 5; x++) {
            assert_int_equal(pixel(dest, 7 + x, y), pixel(glyphs, 15 + x, y));
            assert_int_equal(pixel(dest, 17 + x, y), pixel(glyphs, 5 + x, y));
        }
    /* To the end, and to the right edge, without showing. */
    size_t count = count_pixels(dest);
    set(world, scanner, DEST_X, 0);
    stop =
        CALL(world, 103, scanner, small(1), small(3), text, small(15), stops, heap->false_object);
    assert_int_equal(value80(stop), 257);
    assert_int_equal(get(scanner, LAST_INDEX), 3);
    set(world, scanner, DEST_X, 0);
    stop =
        CALL(world, 103, scanner, small(1), small(3), text, small(14), stops, heap->false_object);
    assert_int_equal(value80(stop), 258);
    assert_int_equal(get(scanner, LAST_INDEX), 3);
    assert_int_equal(get(scanner, DEST_X), 10);
    assert_int_equal(count_pixels(dest), count);
    /* What cannot be scanned draws nothing. */
    assert_oop(
        CALL(world, 103, scanner, small(5), small(5), text, small(99), stops, heap->true_object),
        NO_OOP);
    assert_oop(
        CALL(world, 103, scanner, small(1), small(6), text, small(99), stops, heap->true_object),
        NO_OOP);
    assert_oop(CALL(world, 103, scanner, small(1), small(3), text, small(99), heap->nil,
                    heap->true_object),
               NO_OOP);
    assert_int_equal(count_pixels(dest), count);
}

static int32_t told[4];

static void note_change(struct vm *vm, const int32_t edges[4])
{
    (void)vm;
    memcpy(told, edges, sizeof told);
}

static void changes_of_the_display_are_told(void **state)
{
    struct world *world = *state;
    oop nil = world->heap->nil;
    oop dest = new_form(world, WIDTH, HEIGHT);
    oop blit = new_blit(world, dest, nil, nil);
    set(world, blit, DEST_X, -5);
    set(world, blit, DEST_Y, 2);
    set(world, blit, AREA_WIDTH, 20);
    set(world, blit, AREA_HEIGHT, 3);
    vm_set_display_hook(world->vm, note_change);
    CALL0(world, 96, blit);
    assert_int_equal(told[1], 0);
    CALL0(world, 102, dest);
    CALL0(world, 96, blit);
    const int32_t wanted[4] = {0, 15, 2, 5};
    assert_memory_equal(told, wanted, sizeof wanted);
    CALL(world, 104, blit, small(10), small(1));
    const int32_t line[4] = {0, 25, 2, 6};
    assert_memory_equal(told, line, sizeof line);
    vm_set_display_hook(world->vm, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test(name)
    const struct CMUnitTest tests[] = {
        TEST(all_rules_copy_as_pixel_by_pixel),
        TEST(what_is_no_blit_fails),
        TEST(lines_have_both_ends),
        TEST(characters_are_scanned_and_shown),
        TEST(changes_of_the_display_are_told),
    };
#undef TEST
    return cmocka_run_group_tests(tests, open_world80, close_world80);
}
