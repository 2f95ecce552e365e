/* Integers and Floats of Smalltalk-80: a table of edges for each primitive. */
#include "tests/unit/primitives/world80.h"

#include <math.h>

#define FAILS INT64_MIN

struct row {
    int number;
    int64_t left, right, wanted;
};

static const struct row small_rows[] = {
    {1, 1, 2, 3},
    {1, 16383, 1, FAILS},
    {1, -16384, -1, FAILS},
    {1, 16383, -16384, -1},
    {2, 1, 2, -1},
    {2, -16384, 1, FAILS},
    {2, 16383, -1, FAILS},
    {2, -1, 16383, -16384},
    {9, 128, 127, 16256},
    {9, 128, 128, FAILS},
    {9, 128, -128, -16384},
    {9, -16384, -16384, FAILS},
    {10, 6, 3, 2},
    {10, 7, 3, FAILS},
    {10, 7, 0, FAILS},
    {10, -6, 3, -2},
    {10, -16384, -1, FAILS},
    {11, 7, 3, 1},
    {11, -7, 3, 2},
    {11, 7, -3, -2},
    {11, -7, -3, -1},
    {11, 7, 0, FAILS},
    {12, 7, 3, 2},
    {12, -7, 3, -3},
    {12, 7, -3, -3},
    {12, -7, -3, 2},
    {12, -16384, -1, FAILS},
    {12, 7, 0, FAILS},
    {13, 7, 3, 2},
    {13, -7, 3, -2},
    {13, 7, -3, -2},
    {13, 7, 0, FAILS},
    {13, -16384, -1, FAILS},
    {14, -1, 255, 255},
    {14, -2, 255, 254},
    {15, -16384, 1, -16383},
    {15, 4, 3, 7},
    {16, -1, 1, -2},
    {16, 5, 1, 4},
    {17, 1, 13, 8192},
    {17, 1, 14, FAILS},
    {17, -1, 14, -16384},
    {17, -1, 15, FAILS},
    {17, 1, 16383, FAILS},
    {17, 0, 16383, 0},
    {17, 100, -3, 12},
    {17, -1, -3, -1},
    {17, 16383, -16384, 0},
    {17, -16384, -16384, -1},
};

static const struct row word_rows[] = {
    {21, 16384, 1, 16385},     {21, 65535, 1, FAILS},     {21, 32768, 32767, 65535},
    {22, 16384, 1, 16383},     {22, 16384, 16385, FAILS}, {22, 65535, 65535, 0},
    {29, 16384, 3, 49152},     {29, 16384, 4, FAILS},     {30, 16384, 2, 8192},
    {30, 16385, 2, FAILS},     {30, 16385, 0, FAILS},     {31, 16385, 2, 1},
    {31, 16385, 0, FAILS},     {32, 16385, 2, 8192},      {32, 16385, 0, FAILS},
    {33, 65535, 2, 32767},     {33, 65535, 0, FAILS},     {34, 65535, 255, 255},
    {34, 65535, 49152, 49152}, {35, 32768, 1, 32769},     {36, 65535, 65534, 1},
    {37, 16384, 1, 32768},     {37, 16384, 2, FAILS},     {37, 65535, -15, 1},
    {37, 65535, -16, 0},       {37, 65535, -16384, 0},
};

static void check_row(struct world *world, const struct row *row, oop left, oop right)
{
    oop found = CALL(world, row->number, left, right);
    if (row->wanted == FAILS && !oop_is_none(found))
        fail_msg("%d: %d with %d answers", row->number, (int)row->left, (int)row->right);
    if (row->wanted != FAILS && oop_is_none(found))
        fail_msg("%d: %d with %d fails", row->number, (int)row->left, (int)row->right);
    if (row->wanted != FAILS && value80(found) != row->wanted)
        fail_msg("%d: %d with %d is not %d", row->number, (int)row->left, (int)row->right,
                 (int)value80(found));
}

static void small_integers_have_fifteen_bits(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < sizeof small_rows / sizeof small_rows[0]; i++)
        check_row(world, &small_rows[i], small(small_rows[i].left), small(small_rows[i].right));
}

static void words_have_sixteen_bits(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < sizeof word_rows / sizeof word_rows[0]; i++) {
        const struct row *row = &word_rows[i];
        oop right = row->right < 0 ? small(row->right) : word80(world, (uint32_t)row->right);
        check_row(world, row, word80(world, (uint32_t)row->left), right);
    }
}

static void integers_are_compared(void **state)
{
    /* Below, equal and above, for each of the six. */
    static const bool wanted[6][3] = {{true, false, false}, {false, false, true},
                                      {true, true, false},  {false, true, true},
                                      {false, true, false}, {true, false, true}};
    struct world *world = *state;
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 3; j++) {
            oop answer = heap_boolean(world->heap, wanted[i][j]);
            assert_oop(CALL(world, 3 + i, small(j - 1), small(0)), answer);
            assert_oop(
                CALL(world, 23 + i, word80(world, (uint32_t)(40000 + j - 1)), word80(world, 40000)),
                answer);
        }
}

static void other_operands_fail(void **state)
{
    struct world *world = *state;
    oop nil = world->heap->nil;
    for (int number = 1; number <= 18; number++) {
        CALL(world, number, small(1), nil);
        assert_int_not_equal(world->result, PRIM_OK);
        CALL(world, number, small(1), word80(world, 20000));
        assert_int_not_equal(world->result, PRIM_OK);
    }
    for (int number = 21; number <= 37; number++) {
        CALL(world, number, word80(world, 20000), nil);
        assert_int_not_equal(world->result, PRIM_OK);
    }
    CALL(world, 21, word80(world, 20000), small(-1));
    assert_int_not_equal(world->result, PRIM_OK);
    oop three = heap_allocate_bytes(world->heap, CLASS_LARGE_POSITIVE_INTEGER, 3);
    CALL(world, 21, three, small(1));
    assert_int_not_equal(world->result, PRIM_OK);
}

static void points_are_made_of_small_integers(void **state)
{
    struct world *world = *state;
    oop point = CALL(world, 18, small(3), small(-4));
    assert_int_equal(object_class_index(point), 1 << 15 | ST80_CLASS_POINT / 2);
    assert_oop(object_slot(point, SLOT_POINT_X), small(3));
    assert_oop(object_slot(point, SLOT_POINT_Y), small(-4));
}

/* --- Floats ----------------------------------------------------------------------------------------------------------------- */

static oop real(struct world *world, float value)
{
    uint32_t bits;
    oop number = CALL0(world, 40, small(0));
    memcpy(&bits, &value, sizeof bits);
    words_of(number)[0] = (uint16_t)(bits >> 16);
    words_of(number)[1] = (uint16_t)bits;
    return number;
}

static void assert_real(oop found, float wanted)
{
    float value;
    assert_true(oop_is_object(found));
    assert_int_equal(object_class_index(found), CLASS_BOXED_FLOAT);
    assert_int_equal(object_byte_count(found), 2);
    uint32_t bits = (uint32_t)words_of(found)[0] << 16 | words_of(found)[1];
    memcpy(&value, &bits, sizeof value);
    assert_true(value == wanted);
}

static void floats_are_single_precision(void **state)
{
    struct world *world = *state;
    assert_real(CALL0(world, 40, small(-16384)), -16384);
    assert_real(CALL(world, 41, real(world, 0.1f), real(world, 0.2f)), 0.1f + 0.2f);
    assert_real(CALL(world, 42, real(world, 1), real(world, 3)), -2);
    assert_real(CALL(world, 49, real(world, 3), real(world, 0.25f)), 0.75f);
    assert_real(CALL(world, 50, real(world, 1), real(world, 3)), 1.0f / 3.0f);
    assert_real(CALL0(world, 52, real(world, -2.75f)), -0.75f);
    assert_real(CALL(world, 54, real(world, 3), small(-2)), 0.75f);
    assert_int_equal(value80(CALL0(world, 51, real(world, -2.75f))), -2);
    assert_int_equal(value80(CALL0(world, 51, real(world, 16383.9f))), 16383);
    assert_int_equal(value80(CALL0(world, 53, real(world, 0.75f))), -1);
}

static void floats_are_compared(void **state)
{
    struct world *world = *state;
    struct heap *heap = world->heap;
    oop one = real(world, 1);
    oop two = real(world, 2);
    assert_oop(CALL(world, 43, one, two), heap->true_object);
    assert_oop(CALL(world, 44, one, two), heap->false_object);
    assert_oop(CALL(world, 45, two, two), heap->true_object);
    assert_oop(CALL(world, 46, one, two), heap->false_object);
    assert_oop(CALL(world, 47, one, real(world, 1)), heap->true_object);
    assert_oop(CALL(world, 48, one, two), heap->true_object);
}

static void floats_fail_where_there_is_no_number(void **state)
{
    struct world *world = *state;
    const struct {
        int number;
        oop left, right;
    } rows[] = {
        {41, real(world, 1), small(1)},
        {50, real(world, 1), real(world, 0)},
        {49, real(world, 3e38f), real(world, 10)},
        {54, real(world, 1), small(16383)},
        {54, real(world, 1), real(world, 1)},
        {43, real(world, 1), world->heap->nil},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_oop(CALL(world, rows[i].number, rows[i].left, rows[i].right), NO_OOP);
    assert_oop(CALL0(world, 51, real(world, 16384)), NO_OOP);
    assert_oop(CALL0(world, 53, real(world, 0)), NO_OOP);
    assert_oop(CALL0(world, 40, real(world, 0)), NO_OOP);
}

int main(void)
{
#define TEST(name) cmocka_unit_test(name)
    const struct CMUnitTest tests[] = {
        TEST(small_integers_have_fifteen_bits),
        TEST(words_have_sixteen_bits),
        TEST(integers_are_compared),
        TEST(other_operands_fail),
        TEST(points_are_made_of_small_integers),
        TEST(floats_are_single_precision),
        TEST(floats_are_compared),
        TEST(floats_fail_where_there_is_no_number),
    };
#undef TEST
    return cmocka_run_group_tests(tests, open_world80, close_world80);
}
