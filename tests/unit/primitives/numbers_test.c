/*
 * The primitives of numbers as the image calls them: what they answer, which kind of object that is, and with which code they
 * fail. The world is that of $IMAGE. Arithmetic itself is tested in big_test.c and float_text_test.c.
 */
#include "tests/unit/primitives/world.h"

#include <math.h>

enum {
    ADD = 1,
    MULTIPLY = 9,
    DIVIDE = 10,
    MODULO = 11,
    FLOOR_DIVIDE = 12,
    BIT_AND = 14,
    BIT_SHIFT = 17,
    MAKE_POINT = 18,
    LARGE_REMAINDER = 20,
    LARGE_ADD = 21,
    LARGE_SUBTRACT = 22,
    LARGE_LESS = 23,
    LARGE_EQUAL = 27,
    LARGE_DIVIDE = 30,
    FLOAT_AT = 38,
    FLOAT_AT_PUT = 39,
    FLOAT_ADD = 41,
    FLOAT_LESS = 43,
    FLOAT_EQUAL = 47,
    FLOAT_DIVIDE = 50,
    FLOAT_TRUNCATED = 51,
    FLOAT_SQRT = 55,
    HIGH_BIT = 575
};

static oop call_row(struct world *world, const struct primitive *row, oop receiver, oop argument)
{
    oop arguments[2] = {argument, argument};
    size_t count = row->argument_count > 0 ? (size_t)row->argument_count : 0;
    prim_call call = {receiver, &arguments[1], count, NO_OOP};
    world->result = row->function(world->vm, &call);
    return world->result == PRIM_OK ? world->vm->answer : NO_OOP;
}

static oop call(struct world *world, int number, oop receiver, oop argument)
{
    const struct primitive_table *table = viv_standard_primitives();
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].number == number)
            return call_row(world, &table->rows[i], receiver, argument);
    fail_msg("no primitive %d", number);
    return NO_OOP;
}

static oop call_named(struct world *world, const char *name, oop receiver, oop argument)
{
    const struct primitive_table *table = viv_standard_primitives();
    for (size_t i = 0; i < table->count; i++) {
        const struct primitive *row = &table->rows[i];
        if (row->module != NULL && strcmp(row->module, "VivariumIntegers") == 0 &&
            strcmp(row->name, name) == 0)
            return call_row(world, row, receiver, argument);
    }
    fail_msg("no primitive %s", name);
    return NO_OOP;
}

static oop real(struct world *world, double value)
{
    return heap_float(world->heap, value);
}

/* 2 to the power of a multiple of eight. */
static oop power(struct world *world, size_t exponent, bool negative)
{
    uint8_t bytes[64] = {0};
    bytes[exponent / 8] = 1;
    return heap_integer_from_magnitude(world->heap, negative, bytes, exponent / 8 + 1);
}

static void assert_small(oop value, int64_t expected)
{
    assert_true(oop_is_integer(value));
    assert_true(oop_to_integer(value) == expected);
}

static void assert_large(oop value, uint32_t class_index, size_t byte_count)
{
    assert_true(oop_is_object(value));
    assert_int_equal(object_class_index(value), class_index);
    assert_int_equal(object_byte_count(value), byte_count);
}

static void assert_boolean(struct world *world, oop value, bool expected)
{
    assert_true(oop_same(value, heap_boolean(world->heap, expected)));
}

static void assert_fails(struct world *world, oop value, prim_result code)
{
    assert_true(oop_is_none(value));
    assert_int_equal(world->result, code);
}

static void small_arithmetic_fails_where_the_result_is_large(void **state)
{
    struct world *world = *state;

    assert_small(call(world, ADD, small(3), small(4)), 7);
    assert_fails(world, call(world, ADD, small(SMALL_INTEGER_MAX), small(1)), PRIM_FAILED);
    assert_fails(world, call(world, MULTIPLY, small(SMALL_INTEGER_MIN), small(-1)), PRIM_FAILED);
    assert_fails(world, call(world, MULTIPLY, small(SMALL_INTEGER_MAX), small(SMALL_INTEGER_MAX)),
                 PRIM_FAILED);
    assert_fails(world, call(world, FLOOR_DIVIDE, small(SMALL_INTEGER_MIN), small(-1)),
                 PRIM_FAILED);
    assert_fails(world, call(world, ADD, small(1), world->heap->nil), PRIM_BAD_ARGUMENT);
    assert_fails(world, call(world, ADD, world->heap->nil, small(1)), PRIM_BAD_RECEIVER);
}

static void division_rounds_down_and_refuses_zero(void **state)
{
    struct world *world = *state;

    assert_small(call(world, FLOOR_DIVIDE, small(-7), small(2)), -4);
    assert_small(call(world, MODULO, small(-7), small(2)), 1);
    assert_small(call(world, MODULO, small(7), small(-2)), -1);
    assert_small(call(world, DIVIDE, small(-6), small(3)), -2);
    assert_fails(world, call(world, DIVIDE, small(7), small(2)), PRIM_FAILED);
    assert_fails(world, call(world, MODULO, small(7), small(0)), PRIM_BAD_ARGUMENT);
    assert_fails(world, call(world, LARGE_DIVIDE, power(world, 80, false), small(0)),
                 PRIM_BAD_ARGUMENT);
}

static void results_are_of_the_smallest_kind(void **state)
{
    struct world *world = *state;
    oop above = call(world, LARGE_ADD, small(SMALL_INTEGER_MAX), small(1));
    oop below = call(world, LARGE_SUBTRACT, small(SMALL_INTEGER_MIN), small(1));

    assert_large(above, CLASS_LARGE_POSITIVE_INTEGER, 8);
    assert_large(below, CLASS_LARGE_NEGATIVE_INTEGER, 8);
    assert_small(call(world, LARGE_SUBTRACT, above, small(1)), SMALL_INTEGER_MAX);
    assert_small(call(world, LARGE_ADD, below, small(1)), SMALL_INTEGER_MIN);
    assert_small(call(world, LARGE_SUBTRACT, power(world, 400, false), power(world, 400, false)),
                 0);
    assert_large(call(world, LARGE_ADD, power(world, 400, false), power(world, 8, true)),
                 CLASS_LARGE_POSITIVE_INTEGER, 50);
    assert_small(call(world, LARGE_REMAINDER, power(world, 400, true), small(255)), -1);
}

static void large_integers_are_ordered_with_small_ones(void **state)
{
    struct world *world = *state;

    assert_boolean(world, call(world, LARGE_LESS, small(5), power(world, 80, false)), true);
    assert_boolean(world, call(world, LARGE_LESS, small(5), power(world, 80, true)), false);
    assert_boolean(world, call(world, LARGE_EQUAL, power(world, 80, true), power(world, 80, true)),
                   true);
    assert_boolean(world, call(world, LARGE_EQUAL, power(world, 80, true), power(world, 80, false)),
                   false);
    assert_fails(world, call(world, LARGE_LESS, small(5), real(world, 1)), PRIM_BAD_ARGUMENT);
}

static void bits_of_any_size_mix(void **state)
{
    struct world *world = *state;

    assert_small(call(world, BIT_AND, small(-1), small(255)), 255);
    assert_large(call(world, BIT_AND, small(-1), power(world, 400, false)),
                 CLASS_LARGE_POSITIVE_INTEGER, 51);
    assert_large(call(world, BIT_SHIFT, small(1), small(64)), CLASS_LARGE_POSITIVE_INTEGER, 9);
    assert_small(call(world, BIT_SHIFT, small(-5), small(-1)), -3);
    assert_small(call(world, BIT_SHIFT, small(-5), small(SMALL_INTEGER_MIN)), -1);
    assert_small(call(world, BIT_SHIFT, small(0), small(SMALL_INTEGER_MAX)), 0);
    assert_small(call(world, HIGH_BIT, small(1023), NO_OOP), 10);
    assert_small(call(world, HIGH_BIT, power(world, 80, false), NO_OOP), 81);
    assert_fails(world, call(world, HIGH_BIT, small(-1), NO_OOP), PRIM_BAD_RECEIVER);
}

static void what_has_no_room_fails_before_it_is_calculated(void **state)
{
    struct world *world = *state;

    assert_fails(world, call(world, BIT_SHIFT, small(1), small(SMALL_INTEGER_MAX)), PRIM_NO_MEMORY);
    assert_fails(world, call(world, BIT_SHIFT, small(1), small((int64_t)1 << 39)), PRIM_NO_MEMORY);
    assert_fails(world, call_named(world, "primitiveRaisedTo", small(3), small((int64_t)1 << 40)),
                 PRIM_LIMIT_EXCEEDED);
    assert_fails(
        world,
        call_named(world, "primitiveRaisedTo", power(world, 400, false), small(SMALL_INTEGER_MAX)),
        PRIM_NO_MEMORY);
}

static void powers_of_one_take_any_exponent(void **state)
{
    struct world *world = *state;

    assert_small(call_named(world, "primitiveRaisedTo", small(-1), small(SMALL_INTEGER_MAX)), -1);
    assert_small(call_named(world, "primitiveRaisedTo", small(0), small(0)), 1);
    assert_fails(world, call_named(world, "primitiveRaisedTo", small(2), small(-1)),
                 PRIM_BAD_ARGUMENT);
}

static void digits_are_a_string(void **state)
{
    struct world *world = *state;
    oop text = call_named(world, "primitivePrintString", small(-255), small(16));

    assert_large(text, CLASS_BYTE_STRING, 3);
    assert_memory_equal(object_bytes(text), "-FF", 3);
    assert_fails(world, call_named(world, "primitivePrintString", small(5), small(37)),
                 PRIM_BAD_ARGUMENT);
}

static void a_magnitude_with_bytes_after_its_digits_is_left_to_smalltalk(void **state)
{
    struct world *world = *state;
    oop large = power(world, 80, false);
    object_bytes(large)[object_byte_count(large)] = 1;

    assert_fails(world, call(world, LARGE_ADD, large, small(1)), PRIM_BAD_RECEIVER);

    object_bytes(large)[object_byte_count(large)] = 0;
    assert_large(call(world, LARGE_ADD, large, small(1)), CLASS_LARGE_POSITIVE_INTEGER, 11);
}

static void both_kinds_of_floats_and_small_integers_mix(void **state)
{
    struct world *world = *state;
    oop sum = call(world, FLOAT_ADD, real(world, 0.5), small(1));
    oop boxed = call(world, FLOAT_ADD + 500, real(world, 1e300), real(world, 1e-300));

    assert_true(oop_is_float(sum) && oop_to_float(sum) == 1.5);
    assert_large(boxed, CLASS_BOXED_FLOAT, 2);
    assert_fails(world, call(world, FLOAT_ADD, real(world, 1), power(world, 80, false)),
                 PRIM_BAD_ARGUMENT);
    assert_fails(world, call(world, FLOAT_ADD, world->heap->nil, small(1)), PRIM_BAD_RECEIVER);
    assert_fails(world, call(world, FLOAT_DIVIDE, real(world, 1), real(world, -0.0)),
                 PRIM_BAD_ARGUMENT);
    assert_fails(world, call(world, FLOAT_SQRT, real(world, -1), NO_OOP), PRIM_BAD_RECEIVER);
}

static void floats_and_small_integers_compare_exactly(void **state)
{
    struct world *world = *state;
    int64_t limit = (int64_t)1 << 53;

    assert_boolean(world, call(world, FLOAT_EQUAL, real(world, 0x1p53), small(limit)), true);
    assert_boolean(world, call(world, FLOAT_EQUAL, real(world, 0x1p53), small(limit + 1)), false);
    assert_boolean(world, call(world, FLOAT_LESS, real(world, 0x1p53), small(limit + 1)), true);
    assert_boolean(world, call(world, FLOAT_LESS, real(world, (double)NAN), small(1)), false);
    assert_boolean(world, call(world, FLOAT_LESS, real(world, -HUGE_VAL), small(SMALL_INTEGER_MIN)),
                   true);
}

static void truncation_answers_integers_of_any_size(void **state)
{
    struct world *world = *state;

    assert_small(call(world, FLOAT_TRUNCATED, real(world, -2.7), NO_OOP), -2);
    assert_large(call(world, FLOAT_TRUNCATED, real(world, -0x1p1000), NO_OOP),
                 CLASS_LARGE_NEGATIVE_INTEGER, 126);
    assert_fails(world, call(world, FLOAT_TRUNCATED, real(world, HUGE_VAL), NO_OOP),
                 PRIM_BAD_RECEIVER);
}

static void halves_of_floats_are_read_and_written(void **state)
{
    struct world *world = *state;
    oop boxed = real(world, 1e300);

    assert_small(call(world, FLOAT_AT, real(world, 1.0), small(1)), 0x3FF00000);
    assert_fails(world, call(world, FLOAT_AT, real(world, 1.0), small(3)), PRIM_BAD_INDEX);
    assert_small(call(world, FLOAT_AT_PUT, boxed, small(2)), 2);
    assert_small(call(world, FLOAT_AT, boxed, small(2)), 2);
    assert_fails(world, call(world, FLOAT_AT_PUT, real(world, 1.0), small(1)), PRIM_BAD_RECEIVER);
}

static void points_are_made_of_anything(void **state)
{
    struct world *world = *state;

    oop point = call(world, MAKE_POINT, small(3), world->heap->nil);

    assert_small(object_slot(point, SLOT_POINT_X), 3);
    assert_true(oop_same(object_slot(point, SLOT_POINT_Y), world->heap->nil));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_arithmetic_fails_where_the_result_is_large),
        cmocka_unit_test(division_rounds_down_and_refuses_zero),
        cmocka_unit_test(results_are_of_the_smallest_kind),
        cmocka_unit_test(large_integers_are_ordered_with_small_ones),
        cmocka_unit_test(bits_of_any_size_mix),
        cmocka_unit_test(what_has_no_room_fails_before_it_is_calculated),
        cmocka_unit_test(powers_of_one_take_any_exponent),
        cmocka_unit_test(digits_are_a_string),
        cmocka_unit_test(a_magnitude_with_bytes_after_its_digits_is_left_to_smalltalk),
        cmocka_unit_test(both_kinds_of_floats_and_small_integers_mix),
        cmocka_unit_test(floats_and_small_integers_compare_exactly),
        cmocka_unit_test(truncation_answers_integers_of_any_size),
        cmocka_unit_test(halves_of_floats_are_read_and_written),
        cmocka_unit_test(points_are_made_of_anything),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
