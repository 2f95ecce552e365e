/* Each rule about images from before Spur refuses the damage it is for, with its own sentence and the offset in the file. */
#include "tests/unit/import/assert_sentence.h"
#include "tests/unit/import/v3_fixture.h"

static bool converts(struct fixture *fixture, size_t size)
{
    fixture->status = (struct status){STATUS_OK, ""};
    struct import *import = import_open("tiny.image", fixture->image.file, size, &fixture->status);
    uint64_t *data = import == NULL ? NULL : malloc((size_t)import_size(import));
    bool good = data != NULL && import_write(import, data, 0x100000);
    import_close(import);
    free(data);
    return good;
}

static bool check(struct fixture *fixture)
{
    return converts(fixture, tiny_v3_file_size(&fixture->image));
}

/* Finishes the image once and sees it pass. */
static void finish(struct fixture *fixture)
{
    tiny_v3_finish(&fixture->image);
    if (!check(fixture))
        fail_msg("%s", fixture->status.sentence);
}

/* Puts a word at a place of the file, sees the image refused for an offset, and takes it back. */
static void assert_refused(struct fixture *fixture, uint32_t place, uint32_t value, uint64_t offset,
                           const char *wanted)
{
    uint32_t before = tiny_v3_get(&fixture->image, place);
    tiny_v3_put(&fixture->image, place, value);
    assert_false(check(fixture));
    assert_sentence(&fixture->status, offset, wanted);
    tiny_v3_put(&fixture->image, place, before);
    assert_true(check(fixture));
}

/* The same for the word itself. */
static void assert_word_refused(struct fixture *fixture, uint32_t place, uint32_t value,
                                const char *wanted)
{
    assert_refused(fixture, place, value, place, wanted);
}

static uint32_t place_of(uint32_t object)
{
    return V3_HEADER_SIZE + object;
}

/* --- the file's header ------------------------------------------------------------------------------------------------ */

static void sizes_in_the_header_must_fit_the_file(void **state)
{
    struct fixture *fixture = *state;
    finish(fixture);
    uint32_t used = fixture->image.used;

    assert_word_refused(fixture, 4, 128, "a header of 64 bytes");
    assert_word_refused(fixture, 8, used - 2, "a size of data that is a multiple of 4");
    assert_word_refused(fixture, 8, 0, "a size of data that is a multiple of 4");
    assert_word_refused(fixture, 8, used + 4, "data that end in the file");
    assert_word_refused(fixture, 12, 0xFFFFFFF8, "a base address");
    assert_word_refused(fixture, 12, TINY_V3_BASE + 2, "a base address");
    assert_word_refused(fixture, 16, 8, "the address of the special objects");
    assert_word_refused(fixture, 16, TINY_V3_BASE, "the address of an Array of special objects");
    assert_word_refused(fixture, 16, tiny_v3_oop(fixture->image.compact - 4),
                        "the address of an Array of special objects");
}

static void a_file_of_a_few_bytes_is_refused(void **state)
{
    struct fixture *fixture = *state;
    finish(fixture);

    for (size_t size = 0; size < 80; size++) {
        assert_false(converts(fixture, size));
        assert_int_equal(fixture->status.code, STATUS_IMAGE);
    }
}

static void what_is_behind_the_data_does_not_matter(void **state)
{
    struct fixture *fixture = *state;
    finish(fixture);

    assert_true(converts(fixture, tiny_v3_file_size(&fixture->image) + 100));
}

/* --- headers of objects ----------------------------------------------------------------------------------------------- */

static void words_of_a_header_have_one_type(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    uint32_t array = tiny_v3_add_with(image, 3, V3_CLASS_ARRAY, TINY_V3_ARRAY, 5, 2);
    finish(fixture);
    uint32_t class = tiny_v3_get(image, place_of(array) - 4);
    uint32_t header = tiny_v3_get(image, place_of(array));

    assert_word_refused(fixture, place_of(array) - 4, class | 1, "a word of a header");
    assert_word_refused(fixture, place_of(array), header | 3, "a word of a header");
}

static void an_object_must_end_inside_the_data(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    uint32_t array = tiny_v3_add_with(image, 3, V3_CLASS_ARRAY, TINY_V3_ARRAY, 5, 2);
    uint32_t last = tiny_v3_add(image, V3_CLASS_ARRAY, TINY_V3_ARRAY, 2);
    finish(fixture);
    uint32_t header = tiny_v3_get(image, place_of(last));
    const char *wanted = "an object that ends before the data";

    assert_word_refused(fixture, place_of(last), header + 4, wanted);
    assert_word_refused(fixture, place_of(last), header & ~0xFCu, wanted);
    assert_word_refused(fixture, place_of(array) - 8, 0xFFFFFFFC, wanted);
    assert_word_refused(fixture, place_of(array) - 8, 0, wanted);
    assert_word_refused(fixture, place_of(last), 2, wanted);
    assert_word_refused(fixture, place_of(last), 16 | 2, wanted);
}

static void a_header_must_end_inside_the_data(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    uint32_t last = tiny_v3_add(image, V3_CLASS_ARRAY, TINY_V3_ARRAY, 0);
    finish(fixture);

    assert_word_refused(fixture, place_of(last), 8, "a header that ends before the data");
    assert_word_refused(fixture, place_of(last), 1, "a header that ends before the data");
}

static void formats_are_those_from_before_spur(void **state)
{
    static const uint32_t formats[] = {5, 7};
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    uint32_t string = tiny_v3_add(image, V3_CLASS_STRING, TINY_V3_BYTES, 1);
    uint32_t empty = tiny_v3_add(image, V3_CLASS_STRING, TINY_V3_BYTES, 0);
    finish(fixture);
    uint32_t header = tiny_v3_get(image, place_of(string)) & ~0xF00u;
    uint32_t none = tiny_v3_get(image, place_of(empty)) & ~0xF00u;

    for (size_t i = 0; i < 2; i++)
        assert_word_refused(fixture, place_of(string), header | formats[i] << 8,
                            "an object format from before Spur");
    assert_word_refused(fixture, place_of(string), header, "as many words as the object's format");
    assert_word_refused(fixture, place_of(empty), none | 9 << 8,
                        "as many words as the object's format");
    assert_word_refused(fixture, place_of(empty), none | 12 << 8,
                        "the header of a compiled method");
}

/* --- special objects and classes -------------------------------------------------------------------------------------- */

static void nil_false_and_true_are_three_objects(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    finish(fixture);
    const char *wanted = "nil, false and true";

    for (uint32_t i = 0; i < 3; i++) {
        uint32_t place = tiny_v3_place(image->specials, i);
        assert_word_refused(fixture, place, tiny_v3_integer(1), wanted);
        assert_word_refused(fixture, place, tiny_v3_oop(image->things), wanted);
        assert_word_refused(fixture, place, 0, wanted);
    }
    assert_word_refused(fixture, tiny_v3_place(image->specials, 2), tiny_v3_oop(image->nil),
                        wanted);
}

static void classes_must_look_like_classes(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    uint32_t object = tiny_v3_add(image, V3_CLASS_FIXED2, TINY_V3_FIXED, 2);
    finish(fixture);
    uint32_t place = place_of(object);
    const char *wanted = "the address of a class";

    assert_refused(fixture, place - 4, tiny_v3_oop(image->things) | 1, place, wanted);
    assert_refused(fixture, place - 4, tiny_v3_oop(image->nil) | 1, place, wanted);
    assert_refused(fixture, place - 4, tiny_v3_oop(object) | 1, place, wanted);
    assert_refused(fixture, place - 4, 1, place, wanted);
    assert_refused(fixture, place - 4, 0xFFFFFFFC | 1, place, wanted);
    assert_refused(fixture, tiny_v3_place(image->classes[V3_CLASS_FIXED2], SLOT_BEHAVIOR_FORMAT),
                   tiny_v3_oop(image->nil), place_of(image->list), wanted);
}

static void numbers_of_compact_classes_must_be_in_their_table(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    uint32_t object = tiny_v3_add(image, V3_CLASS_STRING, TINY_V3_BYTES, 0);
    finish(fixture);
    uint32_t header = tiny_v3_get(image, place_of(object)) & ~(31u << 12);
    const char *wanted = "the number of a compact class";

    assert_word_refused(fixture, place_of(object), header | V3_COMPACT_LIMIT << 12, wanted);
    assert_word_refused(fixture, place_of(object), header | 31 << 12, wanted);
    assert_word_refused(fixture, place_of(object), header, "the address of a class");
    assert_refused(fixture, tiny_v3_place(image->specials, SPECIAL_COMPACT_CLASSES),
                   tiny_v3_oop(image->nil), place_of(image->method), wanted);
}

static void classes_of_one_hash_have_an_end(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    uint32_t first = 0;
    for (size_t i = 0; i < 1024; i++) {
        uint32_t class = tiny_v3_add_with(image, 2, V3_CLASS_CLASS, TINY_V3_FIXED, 0, 3);
        tiny_v3_set(image, class, SLOT_BEHAVIOR_METHOD_DICTIONARY, tiny_v3_oop(image->dictionary));
        tiny_v3_set(image, class, SLOT_BEHAVIOR_FORMAT, tiny_v3_integer(2));
        first = class;
    }
    tiny_v3_finish(image);

    assert_false(check(fixture));
    assert_sentence(&fixture->status, place_of(first),
                    "fewer than 1024 classes with one identity hash");
}

/* --- contents --------------------------------------------------------------------------------------------------------- */

static void references_must_lead_to_objects(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    finish(fixture);
    const char *wanted = "an immediate or the address of an object";
    uint32_t place = tiny_v3_place(image->things, 5);

    assert_word_refused(fixture, place, 0, wanted);
    assert_word_refused(fixture, place, 0x80000000, wanted);
    assert_word_refused(fixture, place, tiny_v3_oop(image->nil + 4), wanted);
    assert_word_refused(fixture, place, 'a' << 2 | 2, wanted);
    assert_word_refused(fixture, tiny_v3_place(image->method, 1), 4, wanted);
    assert_word_refused(fixture, tiny_v3_place(image->context, SLOT_CONTEXT_FRAME), 4, wanted);
}

static void code_must_begin_with_a_header_whose_literals_fit(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    finish(fixture);
    const char *wanted = "the header of a compiled method, with literals that fit";
    uint32_t place = tiny_v3_place(image->method, 0);
    uint32_t header = tiny_v3_get(image, place);

    assert_refused(fixture, place, header + (2 << 10), place - 4, wanted);
    assert_refused(fixture, place, tiny_v3_oop(image->nil), place - 4, wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_OF_BOTH_ORDERS(sizes_in_the_header_must_fit_the_file),
        TEST_OF_BOTH_ORDERS(a_file_of_a_few_bytes_is_refused),
        TEST_OF_BOTH_ORDERS(what_is_behind_the_data_does_not_matter),
        TEST_OF_BOTH_ORDERS(words_of_a_header_have_one_type),
        TEST_OF_BOTH_ORDERS(an_object_must_end_inside_the_data),
        TEST_OF_BOTH_ORDERS(a_header_must_end_inside_the_data),
        TEST_OF_BOTH_ORDERS(formats_are_those_from_before_spur),
        TEST_OF_BOTH_ORDERS(nil_false_and_true_are_three_objects),
        TEST_OF_BOTH_ORDERS(classes_must_look_like_classes),
        TEST_OF_BOTH_ORDERS(numbers_of_compact_classes_must_be_in_their_table),
        TEST_OF_BOTH_ORDERS(classes_of_one_hash_have_an_end),
        TEST_OF_BOTH_ORDERS(references_must_lead_to_objects),
        TEST_OF_BOTH_ORDERS(code_must_begin_with_a_header_whose_literals_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
