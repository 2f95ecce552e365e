/* DSAPrims and LocalePlugin: answers, edges, every wrong argument. */
#include "tests/unit/primitives/modules.h"

static const char *const DSA = "DSAPrims";
static const char *const LOCALE = "LocalePlugin";

static oop large(struct world *world, const uint8_t *digits, size_t size)
{
    oop object = heap_allocate_bytes(world->heap, CLASS_LARGE_POSITIVE_INTEGER, size);
    memcpy(object_bytes(object), digits, size);
    return object;
}

static void quotient_and_rest_are_written_into_integers(void **state)
{
    struct world *world = *state;
    static const uint8_t dividend[12] = {0x15, 0xCD, 0x5B, 0x07, 1, 2, 3, 4, 5, 6, 7, 0};
    static const uint8_t divisor[5] = {9, 8, 7, 6, 250};
    oop rest = large(world, dividend, sizeof dividend);
    oop quotient = large(world, dividend, 7);
    oop by = large(world, divisor, sizeof divisor);
    CALL(world, DSA, "primitiveBigDivide", by, rest, by, quotient);
    assert_int_equal(world->result, PRIM_OK);
    /* quotient * divisor + rest is the dividend again. */
    oop product = heap_allocate_bytes(world->heap, CLASS_LARGE_POSITIVE_INTEGER, 12);
    CALL(world, DSA, "primitiveBigMultiply", by, quotient, by, product);
    assert_int_equal(world->result, PRIM_OK);
    unsigned carry = 0;
    for (size_t i = 0; i < 12; i++) {
        carry += object_bytes(product)[i] + object_bytes(rest)[i];
        assert_int_equal(carry & 255, dividend[i]);
        carry >>= 8;
    }
    assert_int_equal(object_bytes(rest)[5], 0);
    assert_true(
        oop_same(CALL(world, DSA, "primitiveHighestNonZeroDigitIndex", by, rest), small(5)));
}

static void integers_without_room_stay_as_they_were(void **state)
{
    struct world *world = *state;
    static const uint8_t digits[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    oop a = large(world, digits, 9), b = large(world, digits, 2), narrow = large(world, digits, 3);
    oop zero = heap_allocate_bytes(world->heap, CLASS_LARGE_POSITIVE_INTEGER, 9);
    CALL(world, DSA, "primitiveBigDivide", a, a, b, narrow);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    CALL(world, DSA, "primitiveBigDivide", a, a, zero, narrow);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    CALL(world, DSA, "primitiveBigMultiply", a, a, b, narrow);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    CALL(world, DSA, "primitiveBigDivide", a, a, b, read_only(large(world, digits, 9)));
    assert_int_equal(world->result, PRIM_NO_MODIFICATION);
    assert_memory_equal(object_bytes(a), digits, 9);
    assert_memory_equal(object_bytes(narrow), digits, 3);
}

static void a_block_is_hashed_as_the_standard_says(void **state)
{
    struct world *world = *state;
    uint8_t block[64] = {'a', 'b', 'c', 0x80};
    static const uint32_t start[] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    static const uint32_t wanted[] = {0xA9993E36, 0x4706816A, 0xBA3E2571, 0x7850C26C, 0x9CD0D89D};
    block[63] = 24;
    oop words = words_of(world, NULL, 80), hash = words_of(world, start, 5);
    CALL(world, DSA, "primitiveExpandBlock", hash, bytes_of(world, block, 64), words);
    CALL(world, DSA, "primitiveHashBlock", hash, words, hash);
    assert_memory_equal(object_bytes(hash), wanted, sizeof wanted);
    CALL(world, DSA, "primitiveExpandBlock", hash, bytes_of(world, block, 63), words);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    CALL(world, DSA, "primitiveHashBlock", hash, words, words);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
}

static void assert_text(struct world *world, const char *name, const char *wanted)
{
    oop text = CALL0(world, LOCALE, name, world->heap->nil);
    if (wanted == NULL) {
        assert_int_equal(world->result, PRIM_NOT_FOUND);
        return;
    }
    assert_int_equal(world->result, PRIM_OK);
    assert_int_equal(object_byte_count(text), strlen(wanted));
    assert_memory_equal(object_bytes(text), wanted, strlen(wanted));
}

static void set_locale_names(const char *all, const char *lang)
{
    setenv("LC_ALL", all, 1);
    setenv("LANG", lang, 1);
    unsetenv("LC_MESSAGES");
}

static void the_environment_says_language_and_country(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *all, *lang, *language, *country;
    } rows[] = {{"", "de_AT.UTF-8", "de", "AT"},
                {"pt_BR", "de_DE", "pt", "BR"},
                {"", "eo", "eo", NULL},
                {"C.UTF-8", "de_DE", NULL, NULL},
                {"", "sr@latin", "sr", NULL},
                {"POSIX", "", NULL, NULL},
                {"", "", NULL, NULL},
                {"", "_", NULL, NULL},
                {"", "averyverylongnameofalanguage_XX", NULL, "XX"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set_locale_names(rows[i].all, rows[i].lang);
        assert_text(world, "primitiveLanguage", rows[i].language);
        assert_text(world, "primitiveCountry", rows[i].country);
    }
    set_locale_names("en_US.UTF-8", "");
    assert_true(oop_same(CALL0(world, LOCALE, "primitiveMeasurementMetric", small(1)),
                         world->heap->false_object));
    set_locale_names("no_such", "");
    assert_text(world, "primitiveDecimalSymbol", NULL);
    assert_text(world, "primitiveShortDateFormat", NULL);
}

static void offsets_are_minutes_ahead_of_utc(void **state)
{
    struct world *world = *state;
    setenv("TZ", "XYZ-5:30", 1);
    assert_true(oop_same(CALL0(world, LOCALE, "primitiveTimezoneOffset", small(1)), small(330)));
    assert_true(oop_same(CALL0(world, LOCALE, "primitiveVMOffsetToUTC", small(1)), small(330)));
    assert_true(oop_same(CALL0(world, LOCALE, "primitiveDaylightSavings", small(1)),
                         world->heap->false_object));
    unsetenv("TZ");
}

static void nothing_else_is_accepted(void **state)
{
    struct world *world = *state;
    static const uint8_t digits[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    oop own[] = {large(world, digits, 9),
                 large(world, digits, 2),
                 large(world, digits, 0),
                 large(world, digits, 5),
                 words_of(world, NULL, 80),
                 words_of(world, NULL, 5),
                 heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, 64)};
    call_with_everything(world, DSA, own, 7, NULL);
    call_with_everything(world, LOCALE, own, 7, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotient_and_rest_are_written_into_integers),
        cmocka_unit_test(integers_without_room_stay_as_they_were),
        cmocka_unit_test(a_block_is_hashed_as_the_standard_says),
        cmocka_unit_test(the_environment_says_language_and_country),
        cmocka_unit_test(offsets_are_minutes_ahead_of_utc),
        cmocka_unit_test(nothing_else_is_accepted),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
