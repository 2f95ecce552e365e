/* Whatever the primitives of drawing are called with, they answer or fail with a code; what they keep is kept within bounds. */
#include "gui/lines.h"
#include "gui/state.h"
#include "image/format/reader.h"
#include "primitives/table.h"
#include "vm/execution/vm_state.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { VALUES_MAX = 64, ARGUMENTS_MAX = 10, ROUNDS = 300 };

struct world {
    struct vm *vm;
    struct heap *heap;
    oop handle;
    oop font;
    oop values[VALUES_MAX]; /* what arguments are chosen from */
    size_t value_count;
    uint64_t seed;
};

static const struct primitive *row_named(const char *name)
{
    const struct primitive_table *table = viv_gui_primitives();
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    fail_msg("no primitive %s", name);
    return NULL;
}

/* The arguments lie in the order of the stack: the first at the highest address. */
static prim_result call(struct world *world, const struct primitive *row, const oop *arguments)
{
    oop stack[ARGUMENTS_MAX];
    size_t count = (size_t)row->argument_count;
    assert_true(count <= ARGUMENTS_MAX);
    for (size_t i = 0; i < count; i++)
        stack[ARGUMENTS_MAX - 1 - i] = arguments[i];
    prim_call call = {world->heap->nil, &stack[ARGUMENTS_MAX - 1], count, NO_OOP};
    return row->function(world->vm, &call);
}

static oop small(int64_t value)
{
    return oop_from_integer(value);
}

static oop real(struct world *world, double value)
{
    return heap_float(world->heap, value);
}

static oop string(struct world *world, const char *text)
{
    return heap_allocate_string(world->heap, text, strlen(text));
}

static oop words(struct world *world, size_t count, uint32_t value)
{
    oop object = heap_allocate_words32(world->heap, CLASS_BITMAP, count);
    for (size_t i = 0; i < count; i++)
        memcpy(object_bytes(object) + 4 * i, &value, sizeof value);
    return object;
}

static oop new_surface(struct world *world, int64_t width, int64_t height)
{
    const oop arguments[] = {small(width), small(height), small(1)};
    assert_int_equal(call(world, row_named("primitiveSurfaceCreate"), arguments), PRIM_OK);
    return world->vm->answer;
}

static oop new_font(struct world *world, const char *family, oop size)
{
    oop font = heap_allocate_array(world->heap, 4);
    heap_store(world->heap, font, 0, string(world, family));
    heap_store(world->heap, font, 1, size);
    heap_store(world->heap, font, 2, small(400));
    heap_store(world->heap, font, 3, world->heap->false_object);
    return font;
}

static void add(struct world *world, oop value)
{
    assert_true(world->value_count < VALUES_MAX);
    world->values[world->value_count++] = value;
}

static void add_values(struct world *world)
{
    static const double reals[] = {0.0, -0.5, 1.5, 1e30, -1e300, 1e-300, 7e5};
    static const int64_t integers[] = {0, 1, 2, 5, -1, 20, 1000, 16385, -100000, 1LL << 40};
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++)
        add(world, real(world, reals[i]));
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++)
        add(world, small(integers[i]));
    add(world, real(world, NAN));
    add(world, real(world, INFINITY));
    add(world, real(world, -INFINITY));
    add(world, small(0xFFFF0000));
    add(world, small(0x80FF0000));
    add(world, world->heap->nil);
    add(world, world->heap->true_object);
    add(world, string(world, ""));
    add(world, string(world, "text"));
    add(world, string(world, "a\tb\nc\xE4"));
    add(world, heap_allocate_array(world->heap, 0));
    add(world, heap_allocate_array(world->heap, 5));
    add(world, words(world, 0, 0));
    add(world, words(world, 10, 0x1F600));
    add(world, words(world, 11, 0xFFFFFFFF));
    add(world, words(world, 25, 1));
    add(world, world->font);
    add(world, new_font(world, "No Such Mono", real(world, 999)));
    add(world, new_font(world, "a,b", small(10)));
    add(world, new_font(world, "Inter", real(world, NAN)));
    add(world, new_surface(world, 3, 3));
}

static int open_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    struct status status = {STATUS_OK, ""};
    struct viv_options options = viv_default_options();
    const char *image = getenv("IMAGE");
    assert_non_null(world);
    options.primitives = viv_standard_primitives();
    options.load_image = image_load;
    options.heap_limit = (size_t)256 << 20;
    world->vm = viv_open(image != NULL ? image : "build/vivarium.image", &options, &status);
    if (world->vm == NULL)
        print_error("%s\n", status.sentence);
    assert_non_null(world->vm);
    world->heap = vm_heap(world->vm);
    world->handle = new_surface(world, 64, 48);
    world->font = new_font(world, "Inter", small(13));
    world->seed = 12345;
    add_values(world);
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    struct world *world = *state;
    viv_close(world->vm);
    free(world);
    return 0;
}

static size_t choose(struct world *world, size_t limit)
{
    world->seed = world->seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(world->seed >> 33) % limit;
}

/* Any value; the handle, the font and numbers more often, so that many calls get past the first check. */
static oop choose_value(struct world *world, size_t argument)
{
    size_t way = choose(world, 8);
    if (argument == 0 && way < 6)
        return world->handle;
    if (way == 0)
        return world->font;
    if (way < 4)
        return world->values[choose(world, 17)];
    return world->values[choose(world, world->value_count)];
}

static void hostile_arguments_fail_or_are_drawn(void **state)
{
    struct world *world = *state;
    const struct primitive_table *table = viv_gui_primitives();

    for (size_t i = 0; i < table->count; i++) {
        const struct primitive *row = &table->rows[i];
        if (row->module == NULL || strcmp(row->module, "VivariumDrawing") != 0)
            continue;
        for (size_t round = 0; round < ROUNDS; round++) {
            oop arguments[ARGUMENTS_MAX];
            for (size_t j = 0; j < ARGUMENTS_MAX; j++)
                arguments[j] = choose_value(world, j);
            if (strcmp(row->name, "primitiveSurfaceRelease") == 0 &&
                oop_same(arguments[0], world->handle))
                continue;
            prim_result result = call(world, row, arguments);
            assert_true(result >= PRIM_OK && result <= PRIM_OPERATING_SYSTEM_ERROR);
        }
    }
    assert_true(drawing_of(world->vm)->surfaces.bytes < (size_t)1 << 24);
}

static void a_number_that_is_none_is_a_bad_argument(void **state)
{
    struct world *world = *state;
    const struct primitive *row = row_named("primitiveFillRectangle");
    const double numbers[] = {NAN, INFINITY, -INFINITY};

    for (size_t i = 0; i < 3; i++)
        for (size_t place = 1; place < 5; place++) {
            oop arguments[] = {world->handle, small(0), small(0), small(9), small(9), small(255)};
            arguments[place] = real(world, numbers[i]);
            assert_int_equal(call(world, row, arguments), PRIM_BAD_ARGUMENT);
        }
}

static void a_huge_rectangle_fills_the_surface(void **state)
{
    struct world *world = *state;
    struct gui_pixels pixels;
    uint32_t pixel;
    const oop arguments[] = {world->handle,      real(world, -1e300), real(world, -1e300),
                             real(world, 1e300), real(world, 1e300),  small(0xFF102030)};

    assert_int_equal(call(world, row_named("primitiveFillRectangle"), arguments), PRIM_OK);

    assert_true(gui_surface_pixels(world->vm, world->handle, &pixels));
    for (size_t y = 0; y < 48; y += 47)
        for (size_t x = 0; x < 64; x += 63) {
            memcpy(&pixel, pixels.bytes + y * pixels.stride + 4 * x, sizeof pixel);
            assert_int_equal(pixel, 0xFF102030);
        }
}

static void draw(struct world *world, oop text, int64_t x)
{
    const oop arguments[] = {world->handle, text,     world->font,      world->heap->nil,
                             small(x),      small(0), small(0xFF000000)};
    assert_int_equal(call(world, row_named("primitiveDrawText"), arguments), PRIM_OK);
}

static void text_that_was_drawn_lately_is_not_shaped_again(void **state)
{
    struct world *world = *state;
    draw(world, string(world, "once"), 0);
    const struct line_table *lines = drawing_of(world->vm)->lines;
    uint64_t shaped = lines->shaped_count;

    for (int i = 0; i < 100; i++)
        draw(world, string(world, "once"), i);

    assert_int_equal(lines->shaped_count, shaped);
}

static void the_table_of_lines_keeps_its_bounds(void **state)
{
    struct world *world = *state;
    char text[40];

    for (int i = 0; i < LINES_MAX + 500; i++) {
        snprintf(text, sizeof text, "line %d", i);
        const oop arguments[] = {string(world, text), world->font, world->heap->nil};
        assert_int_equal(call(world, row_named("primitiveTextWidth"), arguments), PRIM_OK);
    }

    const struct line_table *lines = drawing_of(world->vm)->lines;
    assert_int_equal(lines->line_count, LINES_MAX);
}

static void long_lines_are_kept_as_far_as_there_is_room(void **state)
{
    struct world *world = *state;
    oop text = heap_allocate_bytes(world->heap, CLASS_BYTE_STRING, 30000);
    memset(object_bytes(text), 'i', 30000);

    for (int i = 0; i < 150; i++) {
        snprintf((char *)object_bytes(text), 20, "%d", i);
        const oop arguments[] = {text, world->font, world->heap->nil};
        assert_int_equal(call(world, row_named("primitiveTextWidth"), arguments), PRIM_OK);
    }

    const struct line_table *lines = drawing_of(world->vm)->lines;
    assert_int_equal(lines->line_count, CHARACTERS_KEPT_MAX / LINE_CHARACTERS_MAX);
    assert_int_equal(lines->characters_kept, CHARACTERS_KEPT_MAX);
}

static void pictures_of_lines_keep_their_bounds(void **state)
{
    struct world *world = *state;
    char text[40];
    oop large = world->font;
    world->font = new_font(world, "Inter", small(100));

    for (int i = 0; i < 1500; i++) {
        snprintf(text, sizeof text, "%d\xA9", i); /* maybe a picture: kept with colours */
        draw(world, string(world, text), -100);
    }
    world->font = large;

    const struct line_table *lines = drawing_of(world->vm)->lines;
    assert_true(lines->raster_bytes > (size_t)50 << 20);
    assert_true(lines->raster_bytes <= (size_t)96 << 20);
}

static void more_fonts_than_there_are_places_for_are_measured(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < FONTS_MAX + 50; i++) {
        oop font = new_font(world, "Inter", real(world, 5 + i / 16.0));
        const oop arguments[] = {string(world, "wide"), font, world->heap->nil};
        assert_int_equal(call(world, row_named("primitiveTextWidth"), arguments), PRIM_OK);
    }

    assert_true(drawing_of(world->vm)->lines->font_count <= FONTS_MAX);
    draw(world, string(world, "still"), 0);
}

static void a_png_that_is_cut_or_lies_is_refused(void **state)
{
    struct world *world = *state;
    const oop handles[] = {world->handle};
    assert_int_equal(call(world, row_named("primitiveSurfacePNG"), handles), PRIM_OK);
    oop whole = world->vm->answer;
    size_t size = object_byte_count(whole);
    const struct primitive *read = row_named("primitiveFormReadPNG");
    assert_int_equal(call(world, read, &whole), PRIM_OK);

    for (size_t cut = 0; cut < size - 12; cut += 7) {
        oop part = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, cut);
        memcpy(object_bytes(part), object_bytes(whole), cut);
        assert_int_equal(call(world, read, &part), PRIM_BAD_ARGUMENT);
    }
    memset(object_bytes(whole) + 16, 0x7F, 8);
    assert_int_equal(call(world, read, &whole), PRIM_LIMIT_EXCEEDED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(hostile_arguments_fail_or_are_drawn),
        TEST(a_number_that_is_none_is_a_bad_argument),
        TEST(a_huge_rectangle_fills_the_surface),
        TEST(text_that_was_drawn_lately_is_not_shaped_again),
        TEST(the_table_of_lines_keeps_its_bounds),
        TEST(long_lines_are_kept_as_far_as_there_is_room),
        TEST(pictures_of_lines_keep_their_bounds),
        TEST(more_fonts_than_there_are_places_for_are_measured),
        TEST(a_png_that_is_cut_or_lies_is_refused),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
