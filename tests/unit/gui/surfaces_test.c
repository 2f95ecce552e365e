/* Handles name exactly the surfaces that are there; limits are failures; states come back to where they began. */
#include "gui/surfaces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct surface_table table;
    uint8_t handle[HANDLE_SIZE];
};

static int open_fixture(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    assert_true(surface_table_open(&fixture->table));
    assert_int_equal(surface_create(&fixture->table, 20, 10, 1, fixture->handle), PRIM_OK);
    *state = fixture;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *fixture = *state;
    surface_table_close(&fixture->table);
    free(fixture);
    return 0;
}

static struct surface *find(struct fixture *fixture)
{
    return surface_find(&fixture->table, fixture->handle, HANDLE_SIZE);
}

static uint32_t pixel_at(struct surface *surface, size_t x, size_t y)
{
    uint32_t pixel;
    cairo_surface_flush(surface->image);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface->image);
    memcpy(&pixel, cairo_image_surface_get_data(surface->image) + y * stride + 4 * x, sizeof pixel);
    return pixel;
}

static void a_new_surface_is_transparent(void **state)
{
    struct surface *surface = find(*state);

    assert_non_null(surface);
    assert_int_equal(surface->width, 20);
    assert_int_equal(surface->height, 10);
    assert_int_equal(pixel_at(surface, 0, 0), 0);
    assert_int_equal(pixel_at(surface, 19, 9), 0);
}

static void no_changed_handle_names_a_surface(void **state)
{
    struct fixture *fixture = *state;

    for (size_t bit = 0; bit < 8 * (size_t)HANDLE_SIZE; bit++) {
        fixture->handle[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_null(find(fixture));
        fixture->handle[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_null(surface_find(&fixture->table, fixture->handle, HANDLE_SIZE - 1));
    assert_null(surface_find(&fixture->table, fixture->handle, 0));
    assert_non_null(find(fixture));
}

static void a_released_surface_has_no_name_even_when_its_place_is_taken(void **state)
{
    struct fixture *fixture = *state;
    uint8_t other[HANDLE_SIZE];

    surface_release(&fixture->table, find(fixture));
    assert_int_equal(surface_create(&fixture->table, 5, 5, 2, other), PRIM_OK);

    assert_null(find(fixture));
    assert_non_null(surface_find(&fixture->table, other, sizeof other));
    assert_int_equal(fixture->table.bytes, 100);
}

static void the_handle_of_another_table_names_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct surface_table other;
    uint8_t handle[HANDLE_SIZE];
    assert_true(surface_table_open(&other));
    assert_int_equal(surface_create(&other, 20, 10, 1, handle), PRIM_OK);

    struct surface *found = surface_find(&fixture->table, handle, sizeof handle);

    assert_null(found);
    surface_table_close(&other);
}

static void surfaces_beyond_the_limits_are_refused(void **state)
{
    struct fixture *fixture = *state;
    uint8_t handle[HANDLE_SIZE];
    struct surface_table *table = &fixture->table;

    assert_int_equal(surface_create(table, 0, 10, 1, handle), PRIM_BAD_ARGUMENT);
    assert_int_equal(surface_create(table, 10, -1, 1, handle), PRIM_BAD_ARGUMENT);
    assert_int_equal(surface_create(table, INT64_MIN, INT64_MAX, 1, handle), PRIM_BAD_ARGUMENT);
    assert_int_equal(surface_create(table, 10, 10, 0, handle), PRIM_BAD_ARGUMENT);
    assert_int_equal(surface_create(table, 10, 10, 100, handle), PRIM_BAD_ARGUMENT);
    assert_int_equal(surface_create(table, 16385, 1, 1, handle), PRIM_LIMIT_EXCEEDED);
    assert_int_equal(surface_create(table, 1, INT64_MAX, 1, handle), PRIM_LIMIT_EXCEEDED);
    table->bytes = SURFACES_BYTES_MAX - 100;
    assert_int_equal(surface_create(table, 16, 16, 1, handle), PRIM_LIMIT_EXCEEDED);
    table->bytes = 800;
}

static void restoring_leaves_all_states_above_a_depth(void **state)
{
    struct surface *surface = find(*state);

    assert_int_equal(surface_save(surface, -1), PRIM_OK);
    cairo_translate(surface->context, 5, 0);
    assert_int_equal(surface_save(surface, 0.5), PRIM_OK);
    assert_int_equal(surface_save(surface, -1), PRIM_OK);
    cairo_set_source_rgba(surface->context, 1, 0, 0, 1);
    cairo_rectangle(surface->context, 0, 0, 1, 1);
    cairo_fill(surface->context);
    surface_restore(surface, 0);
    cairo_rectangle(surface->context, 0, 0, 1, 1);
    cairo_fill(surface->context);

    assert_int_equal(surface->depth, 0);
    assert_int_equal(pixel_at(surface, 5, 0) >> 24, 128);
    assert_int_equal(pixel_at(surface, 0, 0) >> 24, 255);
}

static void states_are_limited_and_go_with_the_surface(void **state)
{
    struct fixture *fixture = *state;
    struct surface *surface = find(fixture);

    for (size_t i = 0; i < STATE_DEPTH_MAX; i++)
        assert_int_equal(surface_save(surface, -1), PRIM_OK);
    assert_int_equal(surface_save(surface, -1), PRIM_LIMIT_EXCEEDED);
    surface_restore(surface, STATE_DEPTH_MAX + 7);
    assert_int_equal(surface->depth, STATE_DEPTH_MAX);

    surface_release(&fixture->table, surface);
    assert_null(find(fixture));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        TEST(a_new_surface_is_transparent),
        TEST(no_changed_handle_names_a_surface),
        TEST(a_released_surface_has_no_name_even_when_its_place_is_taken),
        TEST(the_handle_of_another_table_names_nothing),
        TEST(surfaces_beyond_the_limits_are_refused),
        TEST(restoring_leaves_all_states_above_a_depth),
        TEST(states_are_limited_and_go_with_the_surface),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
