/* Objects of images from before Spur, of both orders of bytes: every form of a header, what stays as it was, the class table that is made. */
#include "tests/unit/import/v3_fixture.h"

/* --- objects ---------------------------------------------------------------------------------------------------------- */

static void headers_of_one_two_and_three_words_are_read(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    for (unsigned words = 1; words <= 3; words++) {
        uint32_t array =
            tiny_v3_add_with(image, words, V3_CLASS_ARRAY, TINY_V3_ARRAY, 5 + words, 3);
        tiny_v3_set(image, array, 2, tiny_v3_integer(-7));
        keep_object(fixture, array);
    }
    keep_object(fixture, tiny_v3_add_with(image, 3, V3_CLASS_ARRAY, TINY_V3_ARRAY, 9, 300));
    keep_object(fixture, tiny_v3_add_with(image, 2, V3_CLASS_FIXED2, TINY_V3_FIXED, 9, 2));
    keep_object(fixture, tiny_v3_add_with(image, 3, V3_CLASS_FIXED2, TINY_V3_FIXED, 9, 2));

    widen(fixture);

    for (unsigned i = 0; i < 3; i++) {
        assert_shape(thing(fixture, i), CLASS_ARRAY, FORMAT_INDEXABLE, 3);
        assert_int_equal(object_hash_bits(thing(fixture, i)), 6 + i);
        assert_oop(object_slot(thing(fixture, i), 1), nil_of(fixture));
        assert_oop(object_slot(thing(fixture, i), 2), oop_from_integer(-7));
    }
    assert_shape(thing(fixture, 3), CLASS_ARRAY, FORMAT_INDEXABLE, 300);
    uint32_t index = object_class_index(thing(fixture, 4));
    assert_shape(thing(fixture, 5), index, FORMAT_FIXED, 2);
    assert_true(index > 4095);
}

static void formats_of_pointers_are_spurs(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    keep_object(fixture, tiny_v3_add(image, V3_CLASS_DICTIONARY, TINY_V3_VARIABLE, 6));
    keep_object(fixture, tiny_v3_add(image, V3_CLASS_WEAK, TINY_V3_WEAK, 2));
    keep_object(fixture, tiny_v3_add(image, V3_CLASS_FIXED2, 0, 0));

    widen(fixture);

    assert_int_equal(object_format(thing(fixture, 0)), FORMAT_FIXED_INDEXABLE);
    assert_int_equal(object_format(thing(fixture, 1)), FORMAT_WEAK);
    assert_int_equal(object_format(thing(fixture, 2)), FORMAT_EMPTY);
}

static void bytes_keep_their_order_and_words_their_values(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    for (uint32_t size = 0; size <= 8; size++)
        keep_object(fixture, tiny_v3_add_bytes(image, V3_CLASS_BYTES, "abcdefgh", size));
    uint32_t words = tiny_v3_add(image, V3_CLASS_WORDS, TINY_V3_WORDS, 3);
    for (uint32_t i = 0; i < 3; i++)
        tiny_v3_set(image, words, i, 0x12345678 + i);
    keep_object(fixture, words);

    widen(fixture);

    for (size_t size = 0; size <= 8; size++) {
        oop bytes = thing(fixture, size);
        assert_int_equal(object_class_index(bytes), CLASS_BYTE_ARRAY);
        assert_int_equal(object_byte_count(bytes), size);
        assert_memory_equal(object_bytes(bytes), "abcdefgh", size);
    }
    uint32_t found[3];
    memcpy(found, object_bytes(thing(fixture, 9)), sizeof found);
    assert_shape(thing(fixture, 9), CLASS_BITMAP, FORMAT_WORDS32 + 1, 2);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(found[i], 0x12345678 + i);
}

static void free_chunks_are_read_over(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    tiny_v3_add_word(image, 12 | 2);
    tiny_v3_add_word(image, 0xFFFFFFFF);
    tiny_v3_add_word(image, 0xFFFFFFFF);
    keep_object(fixture, tiny_v3_add_bytes(image, V3_CLASS_STRING, "behind", 6));
    tiny_v3_add_word(image, 4 | 2);

    widen(fixture);

    assert_memory_equal(object_bytes(thing(fixture, 0)), "behind", 6);
}

static void small_integers_keep_their_values(void **state)
{
    static const int32_t values[] = {0, 1, -1, (1 << 30) - 1, -(1 << 30)};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 5; i++)
        keep(fixture, tiny_v3_integer(values[i]));

    widen(fixture);

    for (size_t i = 0; i < 5; i++)
        assert_oop(thing(fixture, i), oop_from_integer(values[i]));
}

static void large_integers_and_characters_stay_objects(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    keep_object(fixture, tiny_v3_add_bytes(image, V3_CLASS_LARGE_POSITIVE, "\0\0\0\100", 4));
    keep_object(fixture, tiny_v3_add_bytes(image, V3_CLASS_LARGE_NEGATIVE, "\1\0\0\100", 4));
    uint32_t character = tiny_v3_add(image, V3_CLASS_CHARACTER, TINY_V3_FIXED, 1);
    tiny_v3_set(image, character, 0, tiny_v3_integer('a'));
    keep_object(fixture, character);

    widen(fixture);

    assert_shape(thing(fixture, 0), CLASS_LARGE_POSITIVE_INTEGER, FORMAT_BYTES + 4, 1);
    assert_shape(thing(fixture, 1), CLASS_LARGE_NEGATIVE_INTEGER, FORMAT_BYTES + 4, 1);
    assert_memory_equal(object_bytes(thing(fixture, 1)), "\1\0\0\100", 4);
    assert_int_equal(object_format(thing(fixture, 2)), FORMAT_FIXED);
    assert_oop(object_slot(thing(fixture, 2), 0), oop_from_integer('a'));
}

static void assert_float(struct fixture *fixture, uint32_t magic, uint32_t first, uint32_t second)
{
    struct tiny_v3 *image = &fixture->image;
    double value;
    uint32_t number = tiny_v3_add(image, V3_CLASS_FLOAT, TINY_V3_WORDS, 2);
    tiny_v3_set(image, number, 0, first);
    tiny_v3_set(image, number, 1, second);
    image->magic = magic;
    size_t kept = keep_object(fixture, number);

    widen(fixture);

    assert_shape(thing(fixture, kept), CLASS_BOXED_FLOAT, FORMAT_WORDS32, 1);
    memcpy(&value, object_bytes(thing(fixture, kept)), sizeof value);
    assert_true(value == 3.00000000000000044); /* 4008000000000001 */
}

static void floats_stay_boxed_with_the_high_word_first_in_the_file(void **state)
{
    assert_float(*state, V3_MAGIC_CLOSURES, 0x40080000, 1);
}

static void floats_of_a_machine_are_in_its_order(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->image.is_big_endian)
        assert_float(fixture, V3_MAGIC_NATIVE_FLOATS, 0x40080000, 1);
    else
        assert_float(fixture, V3_MAGIC_NATIVE_FLOATS, 1, 0x40080000);
}

/* --- the first objects, prefixes -------------------------------------------------------------------------------------- */

static void nil_false_and_true_come_first_from_wherever_they_are(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    static const uint8_t classes[] = {V3_CLASS_TRUE, V3_CLASS_FALSE};
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t other = tiny_v3_add_with(image, 2, classes[i], 0, 77 + i, 0);
        tiny_v3_set(image, image->specials, SPECIAL_TRUE - i, tiny_v3_oop(other));
    }
    size_t old = keep_object(fixture, image->nil + 8);

    widen(fixture);

    oop false_object = object_at_address(fixture->data + 2);
    oop true_object = object_at_address(fixture->data + 4);
    assert_oop(object_slot(fixture->specials, SPECIAL_NIL), nil_of(fixture));
    assert_oop(object_slot(fixture->specials, SPECIAL_FALSE), false_object);
    assert_oop(object_slot(fixture->specials, SPECIAL_TRUE), true_object);
    assert_int_equal(object_hash_bits(false_object), 78);
    assert_int_equal(object_hash_bits(true_object), 77);
    assert_int_equal(object_hash_bits(thing(fixture, old)), 101);
}

static void a_header_behind_512_bytes_is_found(void **state)
{
    struct fixture *fixture = *state;
    size_t size = tiny_v3_file_size(&fixture->image);
    uint8_t *bytes = calloc(1, size + 512);
    assert_non_null(bytes);
    tiny_v3_finish(&fixture->image);
    memcpy(bytes + 512, fixture->image.file, size);

    convert(fixture, bytes, size + 512);

    oop nil = nil_of(fixture);
    assert_oop(object_slot(fixture->specials, SPECIAL_NIL), nil);
    assert_int_equal(import_file_offset(fixture->import, 0), 512 + V3_HEADER_SIZE + 4);
    free(bytes);
}

/* --- hashes and the class table --------------------------------------------------------------------------------------- */

static void hashes_stay_and_what_has_none_gets_4096(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    keep_object(fixture, tiny_v3_add_with(image, 1, V3_CLASS_ARRAY, TINY_V3_ARRAY, 4095, 0));
    keep_object(fixture, tiny_v3_add_with(image, 1, V3_CLASS_ARRAY, TINY_V3_ARRAY, 0, 0));

    widen(fixture);

    assert_int_equal(object_hash_bits(thing(fixture, 0)), 4095);
    assert_int_equal(object_hash_bits(thing(fixture, 1)), 4096);
    assert_int_equal(object_hash_bits(nil_of(fixture)), 100);
}

static void known_classes_are_where_spur_has_them(void **state)
{
    static const struct {
        uint8_t special;
        uint8_t index;
    } known[] = {
        {SPECIAL_CLASS_SMALL_INTEGER, 1},
        {SPECIAL_CLASS_LARGE_NEGATIVE_INTEGER, 32},
        {SPECIAL_CLASS_LARGE_POSITIVE_INTEGER, 33},
        {SPECIAL_CLASS_FLOAT, 34},
        {SPECIAL_CLASS_MESSAGE, 35},
        {SPECIAL_CLASS_CONTEXT, 36},
        {SPECIAL_CLASS_WIDE_STRING, 39},
        {SPECIAL_CLASS_BYTE_ARRAY, 50},
        {SPECIAL_CLASS_ARRAY, 51},
        {SPECIAL_CLASS_BYTE_STRING, 52},
        {SPECIAL_CLASS_BITMAP, 53},
    };
    struct fixture *fixture = *state;
    size_t block = keep_object(fixture, fixture->image.block);

    widen(fixture);

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        oop class = object_slot(fixture->specials, known[i].special);
        assert_oop(class_in_table(fixture, known[i].index), class);
        assert_int_equal(object_hash_bits(class), known[i].index);
    }
    assert_int_equal(object_class_index(thing(fixture, block)), CLASS_BLOCK_CONTEXT);
    assert_oop(class_in_table(fixture, CLASS_BLOCK_CLOSURE), nil_of(fixture));
    assert_oop(class_in_table(fixture, CLASS_CHARACTER), nil_of(fixture));
}

/* Two classes of bytes and one of pointers by that name; the first of bytes is it where the special objects say nothing. */
static void widen_with_named_classes(struct fixture *fixture, uint32_t special_count)
{
    static const unsigned specs[] = {TINY_V3_FIXED, TINY_V3_BYTES, TINY_V3_BYTES};
    struct tiny_v3 *image = &fixture->image;
    uint32_t name = tiny_v3_add_bytes(image, V3_CLASS_STRING, "LargeNegativeInteger", 20);
    uint32_t specials = tiny_v3_add(image, V3_CLASS_ARRAY, TINY_V3_ARRAY, special_count);
    for (uint32_t i = 0; i < special_count; i++)
        tiny_v3_set(image, specials, i, tiny_v3_get(image, tiny_v3_place(image->specials, i)));
    image->specials = specials;
    for (size_t i = 0; i < 3; i++) {
        uint32_t class = tiny_v3_add(image, V3_CLASS_CLASS, TINY_V3_FIXED, SLOT_CLASS_NAME + 1);
        tiny_v3_set(image, class, SLOT_BEHAVIOR_METHOD_DICTIONARY, tiny_v3_oop(image->dictionary));
        tiny_v3_set(image, class, SLOT_BEHAVIOR_FORMAT,
                    tiny_v3_integer((int32_t)(specs[i] << 7 | 1 << 1)));
        tiny_v3_set(image, class, SLOT_CLASS_NAME, tiny_v3_oop(name));
        keep_object(fixture, class);
    }

    widen(fixture);
}

static void large_negative_integer_is_found_by_its_name(void **state)
{
    struct fixture *fixture = *state;

    widen_with_named_classes(fixture, 41);

    assert_oop(class_in_table(fixture, CLASS_LARGE_NEGATIVE_INTEGER), thing(fixture, 1));
    assert_int_equal(object_hash_bits(thing(fixture, 1)), CLASS_LARGE_NEGATIVE_INTEGER);
    assert_true(object_hash_bits(thing(fixture, 0)) > 4095);
    assert_true(object_hash_bits(thing(fixture, 2)) > 4095);
}

static void but_not_where_the_special_objects_have_it(void **state)
{
    struct fixture *fixture = *state;

    widen_with_named_classes(fixture, 43);

    assert_oop(class_in_table(fixture, CLASS_LARGE_NEGATIVE_INTEGER),
               object_slot(fixture->specials, SPECIAL_CLASS_LARGE_NEGATIVE_INTEGER));
    assert_true(object_hash_bits(thing(fixture, 1)) > 4095);
}

static void an_index_ends_with_the_hash_of_its_class(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    static const uint8_t classes[] = {V3_CLASS_FIXED2, V3_CLASS_FIXED4, V3_CLASS_WEAK};
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t place = V3_HEADER_SIZE + image->classes[classes[i]];
        tiny_v3_put(image, place, (tiny_v3_get(image, place) & 0x1FFFF) | 0x321 << 17);
        keep_object(fixture, image->classes[classes[i]]);
    }

    widen(fixture);

    uint32_t seen = 0;
    for (size_t i = 0; i < 3; i++) {
        uint32_t hash = object_hash_bits(thing(fixture, i));
        assert_int_equal(hash & 0xFFF, 0x321);
        assert_oop(class_in_table(fixture, hash), thing(fixture, i));
        seen |= 1u << (hash >> 12);
    }
    assert_int_equal(seen, 1 << 1 | 1 << 2 | 1 << 3);
}

static void a_class_without_instances_has_an_index(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    uint32_t unused = image->classes[V3_CLASS_UNUSED];
    uint32_t array = tiny_v3_add(image, V3_CLASS_ARRAY, TINY_V3_ARRAY, 3);
    uint32_t other = tiny_v3_add(image, V3_CLASS_FIXED4, TINY_V3_FIXED, 4);
    tiny_v3_set(image, array, 1, tiny_v3_oop(image->dictionary));
    tiny_v3_set(image, array, 2, tiny_v3_integer(2));
    tiny_v3_set(image, other, 1, tiny_v3_oop(array));
    tiny_v3_set(image, other, 2, tiny_v3_integer(2));
    keep_object(fixture, unused);
    keep_object(fixture, array);
    keep_object(fixture, other);

    widen(fixture);

    uint32_t index = object_hash_bits(thing(fixture, 0));
    assert_int_equal(index, 4096 + hash_in_file(fixture, unused));
    assert_oop(class_in_table(fixture, index), thing(fixture, 0));
    assert_int_equal(object_hash_bits(thing(fixture, 1)), hash_in_file(fixture, array));
    assert_int_equal(object_hash_bits(thing(fixture, 2)), hash_in_file(fixture, other));
}

static void formats_of_classes_stay(void **state)
{
    struct fixture *fixture = *state;

    widen(fixture);

    oop class = object_slot(fixture->specials, SPECIAL_CLASS_CONTEXT);
    int64_t format = oop_to_integer(object_slot(class, SLOT_BEHAVIOR_FORMAT));
    assert_int_equal(format, V3_CLASS_CONTEXT << 11 | 3 << 7 | 7 << 1);
    assert_int_equal(dialect_class_fixed_count(DIALECT_V3, format), 6);
    assert_int_equal(dialect_class_spec(DIALECT_V3, format), FORMAT_FIXED_INDEXABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_OF_BOTH_ORDERS(headers_of_one_two_and_three_words_are_read),
        TEST_OF_BOTH_ORDERS(formats_of_pointers_are_spurs),
        TEST_OF_BOTH_ORDERS(bytes_keep_their_order_and_words_their_values),
        TEST_OF_BOTH_ORDERS(free_chunks_are_read_over),
        TEST_OF_BOTH_ORDERS(small_integers_keep_their_values),
        TEST_OF_BOTH_ORDERS(large_integers_and_characters_stay_objects),
        TEST_OF_BOTH_ORDERS(floats_stay_boxed_with_the_high_word_first_in_the_file),
        TEST_OF_BOTH_ORDERS(floats_of_a_machine_are_in_its_order),
        TEST_OF_BOTH_ORDERS(nil_false_and_true_come_first_from_wherever_they_are),
        TEST_OF_BOTH_ORDERS(a_header_behind_512_bytes_is_found),
        TEST_OF_BOTH_ORDERS(hashes_stay_and_what_has_none_gets_4096),
        TEST_OF_BOTH_ORDERS(known_classes_are_where_spur_has_them),
        TEST_OF_BOTH_ORDERS(large_negative_integer_is_found_by_its_name),
        TEST_OF_BOTH_ORDERS(but_not_where_the_special_objects_have_it),
        TEST_OF_BOTH_ORDERS(an_index_ends_with_the_hash_of_its_class),
        TEST_OF_BOTH_ORDERS(a_class_without_instances_has_an_index),
        TEST_OF_BOTH_ORDERS(formats_of_classes_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
