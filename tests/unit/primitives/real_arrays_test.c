/*
 * FloatArrayPlugin, Float64ArrayPlugin, Matrix2x3Plugin: answers, edges, every wrong argument. In Cuis, where that image is there,
 * the same expressions are evaluated with the primitives and by the Smalltalk code alone.
 */
#include "tests/unit/primitives/cuis.h"
#include "tests/unit/primitives/modules.h"

static const char *const SINGLES = "FloatArrayPlugin";
static const char *const DOUBLES = "Float64ArrayPlugin";
static const char *const MATRIX = "Matrix2x3Plugin";

static oop singles(struct world *world, size_t count, const float *values)
{
    return words_of(world, values, count);
}

static oop doubles(struct world *world, size_t count, const double *values)
{
    oop object = heap_allocate(world->heap, CLASS_BITMAP, FORMAT_WORDS64, count);
    memcpy(object_bytes(object), values, count * sizeof *values);
    return object;
}

static float single_in(oop array, size_t index)
{
    float value;
    memcpy(&value, object_bytes(array) + index * sizeof value, sizeof value);
    return value;
}

static void elements_are_read_and_rounded_when_stored(void **state)
{
    struct world *world = *state;
    oop array = singles(world, 3, (float[]){1.5f, -2.0f, 0.0f});
    oop tenth = heap_float(world->heap, 0.1);

    assert_true(float_of(world, CALL(world, SINGLES, "primitiveAt", array, small(2))) == -2.0);
    oop answered = CALL(world, SINGLES, "primitiveAtPut", array, small(3), tenth);
    assert_true(float_of(world, answered) == 0.1);
    assert_true(float_of(world, CALL(world, SINGLES, "primitiveAt", array, small(3))) ==
                (double)0.1f);
    CALL(world, SINGLES, "primitiveAtPut", array, small(1), small(7));
    assert_true(single_in(array, 0) == 7.0f);
    oop wide = doubles(world, 1, (double[]){0.1});
    assert_true(float_of(world, CALL(world, DOUBLES, "primitiveAt", wide, small(1))) == 0.1);
}

static void indices_outside_and_values_that_are_no_numbers_fail(void **state)
{
    struct world *world = *state;
    oop array = singles(world, 2, (float[]){1, 2});
    oop wrong[] = {small(0), small(3), small(-1), small(SMALL_INTEGER_MAX)};
    for (size_t i = 0; i < 4; i++) {
        CALL(world, SINGLES, "primitiveAt", array, wrong[i]);
        assert_int_equal(world->result, PRIM_BAD_INDEX);
    }
    CALL(world, SINGLES, "primitiveAt", array, world->heap->nil);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    CALL(world, SINGLES, "primitiveAtPut", array, small(1), world->heap->nil);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    CALL(world, SINGLES, "primitiveAt", string_of(world, "text"), small(1));
    assert_int_equal(world->result, PRIM_BAD_RECEIVER);
    CALL(world, SINGLES, "primitiveAtPut", read_only(array), small(1), small(5));
    assert_int_equal(world->result, PRIM_NO_MODIFICATION);
    assert_true(single_in(array, 0) == 1.0f);
}

static void arithmetic_is_done_in_place(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *name;
        float wanted[2];
    } rows[] = {{"primitiveAddFloatArray", {7, 12}},
                {"primitiveSubFloatArray", {5, 4}},
                {"primitiveMulFloatArray", {6, 32}},
                {"primitiveDivFloatArray", {6, 2}}};
    for (size_t i = 0; i < 4; i++) {
        oop left = singles(world, 2, (float[]){6, 8});
        oop right = singles(world, 2, (float[]){1, 4});
        assert_true(oop_same(CALL(world, SINGLES, rows[i].name, left, right), left));
        assert_true(single_in(left, 0) == rows[i].wanted[0] &&
                    single_in(left, 1) == rows[i].wanted[1]);
    }
    oop array = singles(world, 2, (float[]){6, 8});
    CALL(world, SINGLES, "primitiveAddFloatArray", array, array);
    assert_true(single_in(array, 1) == 16.0f);
    CALL(world, SINGLES, "primitiveSubScalar", array, small(2));
    CALL(world, SINGLES, "primitiveDivScalar", array, heap_float(world->heap, 4.0));
    assert_true(single_in(array, 0) == 2.5f && single_in(array, 1) == 3.5f);
    CALL(world, SINGLES, "primitiveMulScalar", array, small(4));
    CALL(world, SINGLES, "primitiveAddScalar", array, small(1));
    assert_true(single_in(array, 0) == 11.0f && single_in(array, 1) == 15.0f);
}

static void what_cannot_be_divided_stays_as_it_was(void **state)
{
    struct world *world = *state;
    oop left = singles(world, 2, (float[]){6, 8});
    CALL(world, SINGLES, "primitiveDivFloatArray", left, singles(world, 2, (float[]){2, -0.0f}));
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    CALL(world, SINGLES, "primitiveDivScalar", left, small(0));
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    CALL(world, SINGLES, "primitiveAddFloatArray", left, singles(world, 3, (float[]){2, 1, 1}));
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    CALL(world, SINGLES, "primitiveAddFloatArray", left, doubles(world, 2, (double[]){2, 1}));
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    assert_true(single_in(left, 0) == 6.0f && single_in(left, 1) == 8.0f);
}

static void sums_are_doubles(void **state)
{
    struct world *world = *state;
    oop array = singles(world, 3, (float[]){16777216.0f, 1.0f, 1.0f});
    assert_true(float_of(world, CALL0(world, SINGLES, "primitiveSum", array)) == 16777218.0);
    oop side = singles(world, 2, (float[]){3, 4});
    assert_true(float_of(world, CALL(world, SINGLES, "primitiveDotProduct", side, side)) == 25.0);
    assert_true(float_of(world, CALL0(world, SINGLES, "primitiveLength", side)) == 5.0);
    CALL0(world, SINGLES, "primitiveNormalize", side);
    assert_true(single_in(side, 0) == 0.6f && single_in(side, 1) == 0.8f);
    CALL0(world, SINGLES, "primitiveNormalize", singles(world, 2, (float[]){0, 0}));
    assert_int_equal(world->result, PRIM_BAD_RECEIVER);
    CALL0(world, SINGLES, "primitiveNormalize", singles(world, 1, (float[]){NAN}));
    assert_int_equal(world->result, PRIM_BAD_RECEIVER);
    assert_true(float_of(world, CALL0(world, SINGLES, "primitiveSum", words_of(world, NULL, 0))) ==
                0.0);
}

static void equal_arrays_have_equal_numbers_and_hashes(void **state)
{
    struct world *world = *state;
    oop one = singles(world, 2, (float[]){1.5f, 0.0f});
    oop other = singles(world, 2, (float[]){1.5f, -0.0f});
    oop yes = world->heap->true_object;
    assert_true(oop_same(CALL(world, SINGLES, "primitiveEqual", one, other), yes));
    other = singles(world, 1, (float[]){1.5f});
    assert_false(oop_same(CALL(world, SINGLES, "primitiveEqual", one, other), yes));
    other = singles(world, 1, (float[]){NAN});
    assert_false(oop_same(CALL(world, SINGLES, "primitiveEqual", other, other), yes));
    uint32_t wanted = (UINT32_C(0x3FC00000)) & 0x1FFFFFFF;
    assert_true(oop_same(CALL0(world, SINGLES, "primitiveHashArray", one), small(wanted)));
}

static void widths_are_converted(void **state)
{
    struct world *world = *state;
    oop narrow = singles(world, 2, (float[]){0, 0});
    oop wide = doubles(world, 2, (double[]){0.1, 1e300});
    CALL(world, SINGLES, "primitiveFromFloat64Array", narrow, wide);
    assert_true(single_in(narrow, 0) == 0.1f && isinf(single_in(narrow, 1)));
    CALL(world, DOUBLES, "primitiveFromFloatArray", wide, narrow);
    assert_true(float_of(world, CALL(world, DOUBLES, "primitiveAt", wide, small(1))) ==
                (double)0.1f);
    CALL(world, DOUBLES, "primitiveFromFloatArray", wide, singles(world, 1, (float[]){0}));
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
}

static void images_that_name_no_module_find_them_too(void **state)
{
    struct world *world = *state;
    const struct primitive_table *table = viv_standard_primitives();
    oop array = singles(world, 2, (float[]){1.5f, -2.0f});
    oop index = small(2);
    size_t found = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct primitive *row = &table->rows[i];
        if (row->number != 0 || row->module != NULL ||
            strcmp(row->name, "primitiveFloatArrayAt") != 0)
            continue;
        found++;
        assert_true(float_of(world, call_row(world, row, array, 1, &index)) == -2.0);
    }
    assert_int_equal(found, 1);
}

/* --- matrices -------------------------------------------------------------------------------------------------------------- */

static oop point_of(struct world *world, double x, double y)
{
    prim_call call = {world->heap->nil, NULL, 0, NO_OOP};
    assert_int_equal(
        answer_point(world->vm, &call, heap_float(world->heap, x), heap_float(world->heap, y)),
        PRIM_OK);
    return world->vm->answer;
}

static oop rectangle_of(struct world *world, double left, double top, double right, double bottom)
{
    oop object = new_array(world, 2);
    object_slot_init(object, 0, point_of(world, left, top));
    object_slot_init(object, 1, point_of(world, right, bottom));
    return object;
}

static void assert_point(oop point, int64_t x, int64_t y)
{
    assert_true(oop_same(object_slot(point, 0), small(x)));
    assert_true(oop_same(object_slot(point, 1), small(y)));
}

static void points_go_there_and_back(void **state)
{
    struct world *world = *state;
    oop turn = singles(world, 6, (float[]){0, -2, 10, 2, 0, 20});
    oop there = CALL(world, MATRIX, "primitiveTransformPoint", turn, point_of(world, 3, 4));
    assert_point(there, 2, 26);
    assert_point(CALL(world, MATRIX, "primitiveInvertPoint", turn, there), 3, 4);
    oop move = singles(world, 6, (float[]){1, 0, 0, 0, 1, 0});
    assert_point(CALL(world, MATRIX, "primitiveTransformPoint", move, point_of(world, 1.5, -1.7)),
                 2, -1);
    oop flat = singles(world, 6, (float[]){1, 1, 0, 1, 1, 0});
    CALL(world, MATRIX, "primitiveInvertPoint", flat, there);
    assert_int_equal(world->result, PRIM_INAPPROPRIATE);
    CALL(world, MATRIX, "primitiveTransformPoint", move, point_of(world, 1e30, 0));
    assert_int_equal(world->result, PRIM_INAPPROPRIATE);
    CALL(world, MATRIX, "primitiveTransformPoint", move, point_of(world, NAN, 0));
    assert_int_equal(world->result, PRIM_INAPPROPRIATE);
}

static void rectangles_become_their_bounds(void **state)
{
    struct world *world = *state;
    oop turn = singles(world, 6, (float[]){0, -1, 0, 1, 0, 0});
    oop from = rectangle_of(world, 1, 2, 30, 40);
    oop to = new_array(world, 2);
    assert_true(oop_same(CALL(world, MATRIX, "primitiveTransformRectInto", turn, from, to), to));
    assert_point(object_slot(to, 0), -39, 1);
    assert_point(object_slot(to, 1), -1, 30);
    CALL(world, MATRIX, "primitiveInvertRectInto", turn, to, to);
    assert_point(object_slot(to, 0), 1, 1);
    assert_point(object_slot(to, 1), 30, 39);
    CALL(world, MATRIX, "primitiveTransformRectInto", turn, from, read_only(new_array(world, 2)));
    assert_int_equal(world->result, PRIM_NO_MODIFICATION);
    CALL(world, MATRIX, "primitiveTransformRectInto", turn, from, new_array(world, 3));
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
}

static void matrices_are_composed_and_asked(void **state)
{
    struct world *world = *state;
    oop yes = world->heap->true_object;
    oop scale = singles(world, 6, (float[]){2, 0, 1, 0, 3, 2});
    oop move = singles(world, 6, (float[]){1, 0, 10, 0, 1, 20});
    assert_true(oop_same(CALL(world, MATRIX, "primitiveComposeMatrix", scale, move, move), move));
    static const float wanted[] = {2, 0, 21, 0, 3, 62};
    for (size_t i = 0; i < 6; i++)
        assert_true(single_in(move, i) == wanted[i]);
    oop same = singles(world, 6, (float[]){1, 0, 0, 0, 1, 0});
    assert_true(oop_same(CALL0(world, MATRIX, "primitiveIsIdentity", same), yes));
    assert_true(oop_same(CALL0(world, MATRIX, "primitiveIsPureTranslation", same), yes));
    assert_false(oop_same(CALL0(world, MATRIX, "primitiveIsIdentity", move), yes));
    CALL0(world, MATRIX, "primitiveIsIdentity", singles(world, 5, (float[]){1, 0, 0, 0, 1}));
    assert_int_equal(world->result, PRIM_BAD_RECEIVER);
}

static void nothing_else_is_accepted(void **state)
{
    struct world *world = *state;
    oop own[] = {
        singles(world, 2, (float[]){1, 2}),  singles(world, 6, (float[]){1, 2, 3, 4, 5, 6}),
        doubles(world, 2, (double[]){1, 2}), point_of(world, 1, 2),
        rectangle_of(world, 1, 2, 3, 4),     small(1)};
    call_with_everything(world, SINGLES, own, 6, NULL);
    call_with_everything(world, DOUBLES, own, 6, NULL);
    call_with_everything(world, MATRIX, own, 6, NULL);
}

/* --- the same by Smalltalk -------------------------------------------------------------------------------------------------- */

static void cuis_computes_the_same_without_float_arrays(void **state)
{
    (void)state;
    static const char *const expressions[] = {
        "| a b | a := FloatArray new: 100. b := FloatArray new: 100. "
        "1 to: 100 do: [ :i | a at: i put: i / 7. b at: i put: 1.0e10 / i ]. "
        "{ a + b. a - b. a * b. a / b. b negated. a dot: b. a sum. a length. a = b. a = a copy. "
        "a hash. a normalize. a + 3. a * 2.5. a / 3. a - 1 }",
        "(FloatArray with: 1.0 with: 2.0) / (FloatArray with: 0.0 with: 1.0)",
        "(FloatArray with: 1.0) / 0",
        "(FloatArray new: 3) at: 4",
        "(FloatArray new: 3) at: 1.5",
        "(FloatArray new: 3) at: 1 put: nil",
        "(FloatArray new: 3) at: 1 put: 1/3; yourself",
        "(FloatArray new: 2) + (FloatArray new: 3)",
        "(FloatArray new: 2) sum",
        "(FloatArray with: 3.0 with: 4.0) squaredLength",
        "(Float64Array with: 1.5 with: 2.5) + (Float64Array with: 2.5 with: 3.5)",
        NULL};
    assert_same_in_cuis("FloatArrayPlugin", expressions);
}

static void cuis_computes_the_same_without_matrices(void **state)
{
    (void)state;
    /* What the image's own code says of identity and pure translation is not asked: it looks for zeros where the ones are. */
    static const char *const expressions[] = {
        "| t | t := AffineTransformation withRadians: 0.3 scale: 1.5 position: 10@20. "
        "{ t. t composedWith: t. t displayBoundsOfTransformOf: (0@0 corner: 33@44). "
        "t inverseTransformation. t transform: 3@4. t inverseTransform: 3@4 }",
        "| t | t := AffineTransformation withTranslation: 3@5. { t composedWith: t. "
        "t displayBoundsOfTransformOf: (-7@ -9 corner: 33@44). "
        "t displayBoundsOfTransformOf: (-7.5@ -9.1 corner: 33.3@44.7) }",
        "AffineTransformation new displayBoundsOfTransformOf: nil", NULL};
    assert_same_in_cuis("Matrix2x3Plugin", expressions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_read_and_rounded_when_stored),
        cmocka_unit_test(indices_outside_and_values_that_are_no_numbers_fail),
        cmocka_unit_test(arithmetic_is_done_in_place),
        cmocka_unit_test(what_cannot_be_divided_stays_as_it_was),
        cmocka_unit_test(sums_are_doubles),
        cmocka_unit_test(equal_arrays_have_equal_numbers_and_hashes),
        cmocka_unit_test(widths_are_converted),
        cmocka_unit_test(images_that_name_no_module_find_them_too),
        cmocka_unit_test(points_go_there_and_back),
        cmocka_unit_test(rectangles_become_their_bounds),
        cmocka_unit_test(matrices_are_composed_and_asked),
        cmocka_unit_test(nothing_else_is_accepted),
        cmocka_unit_test(cuis_computes_the_same_without_float_arrays),
        cmocka_unit_test(cuis_computes_the_same_without_matrices),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
