/* Each rule of widening: what a 32-bit image says of an object is what the converted one says of it. */
#include "image/format/describe.h"
#include "image/import/import.h"
#include "tests/unit/import/assert_object.h"
#include "tests/unit/import/tiny32.h"

#include <stdlib.h>

struct fixture {
    struct tiny32 image;
    uint64_t *data; /* converted, where its references say it is */
    oop specials;
    uint32_t things;
    struct status status;
};

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (fixture == NULL)
        return -1;
    tiny32_begin(&fixture->image);
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;
    free(fixture->data);
    free(fixture);
    return 0;
}

/* Makes a word a thing of the image; answers its number. */
static size_t keep(struct fixture *fixture, uint32_t word)
{
    uint32_t number = fixture->things++;
    assert_true(number < TINY32_THINGS);
    *tiny32_slot(&fixture->image, fixture->image.things, number) = word;
    return number;
}

static size_t keep_object(struct fixture *fixture, uint32_t offset)
{
    return keep(fixture, tiny32_oop(&fixture->image, offset));
}

/* Finishes the image, sees that the checker takes it, and converts it. */
static void widen(struct fixture *fixture)
{
    struct image_description description;
    const uint8_t *bytes = (const uint8_t *)fixture->image.file;
    tiny32_finish(&fixture->image);
    size_t size = tiny32_file_size(&fixture->image);
    if (!image_check_bytes("tiny.image", bytes, size, &description, &fixture->status))
        fail_msg("%s", fixture->status.sentence);
    struct import *import = import_open("tiny.image", bytes, size, &fixture->status);
    assert_non_null(import);
    fixture->data = malloc((size_t)import_size(import));
    assert_non_null(fixture->data);
    uint64_t base = (uint64_t)(uintptr_t)fixture->data;
    assert_true(import_write(import, fixture->data, base));
    fixture->specials = oop_from_bits(import_special_objects(import, base));
    import_close(import);
}

static oop thing(const struct fixture *fixture, size_t number)
{
    return object_slot(object_slot(fixture->specials, TINY32_THINGS_SPECIAL), number);
}

static oop nil_of(const struct fixture *fixture)
{
    return object_at_address(fixture->data);
}

/* --- immediates ------------------------------------------------------------------------------------------------------- */

static void small_integers_keep_their_values(void **state)
{
    static const int32_t values[] = {0, 1, -1, (1 << 30) - 1, -(1 << 30)};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 5; i++)
        keep(fixture, tiny32_integer(values[i]));

    widen(fixture);

    for (size_t i = 0; i < 5; i++)
        assert_oop(thing(fixture, i), oop_from_integer(values[i]));
}

static void characters_keep_their_code_points(void **state)
{
    static const uint32_t code_points[] = {0, 'a', 0x1F600, (1 << 30) - 1};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 4; i++)
        keep(fixture, tiny32_character(code_points[i]));

    widen(fixture);

    for (size_t i = 0; i < 4; i++)
        assert_oop(thing(fixture, i), oop_from_character(code_points[i]));
}

static size_t keep_large(struct fixture *fixture, bool negative, uint64_t magnitude, uint32_t size)
{
    uint8_t bytes[16] = {0};
    memcpy(bytes, &magnitude, sizeof magnitude);
    return keep_object(fixture, tiny32_add_bytes(&fixture->image,
                                                 negative ? CLASS_LARGE_NEGATIVE_INTEGER
                                                          : CLASS_LARGE_POSITIVE_INTEGER,
                                                 bytes, size));
}

static void large_integers_of_61_bits_become_small(void **state)
{
    struct fixture *fixture = *state;
    const uint64_t limit = UINT64_C(1) << 60;
    keep_large(fixture, false, UINT64_C(1) << 30, 4);
    keep_large(fixture, false, limit - 1, 8);
    keep_large(fixture, true, limit, 8);
    keep_large(fixture, true, 5, 4);
    keep_large(fixture, false, 7, 16);

    widen(fixture);

    assert_oop(thing(fixture, 0), oop_from_integer(1 << 30));
    assert_oop(thing(fixture, 1), oop_from_integer(SMALL_INTEGER_MAX));
    assert_oop(thing(fixture, 2), oop_from_integer(SMALL_INTEGER_MIN));
    assert_oop(thing(fixture, 3), oop_from_integer(-5));
    assert_oop(thing(fixture, 4), oop_from_integer(7));
}

static void larger_integers_stay_large(void **state)
{
    struct fixture *fixture = *state;
    const uint64_t limit = UINT64_C(1) << 60;
    keep_large(fixture, false, limit, 8);
    keep_large(fixture, true, limit + 1, 8);
    uint8_t ten[10] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 2};
    keep_object(fixture,
                tiny32_add_bytes(&fixture->image, CLASS_LARGE_POSITIVE_INTEGER, ten, sizeof ten));

    widen(fixture);

    assert_shape(thing(fixture, 0), CLASS_LARGE_POSITIVE_INTEGER, FORMAT_BYTES, 1);
    assert_int_equal(object_slot(thing(fixture, 0), 0).bits, limit);
    assert_shape(thing(fixture, 1), CLASS_LARGE_NEGATIVE_INTEGER, FORMAT_BYTES, 1);
    assert_shape(thing(fixture, 2), CLASS_LARGE_POSITIVE_INTEGER, FORMAT_BYTES + 6, 2);
    assert_memory_equal(object_bytes(thing(fixture, 2)), ten, sizeof ten);
}

static size_t keep_float(struct fixture *fixture, double value, bool big_endian)
{
    uint32_t object = tiny32_add(&fixture->image, CLASS_BOXED_FLOAT, FORMAT_WORDS32, 2);
    uint32_t words[2];
    memcpy(words, &value, sizeof words);
    *tiny32_slot(&fixture->image, object, 0) = words[big_endian ? 1 : 0];
    *tiny32_slot(&fixture->image, object, 1) = words[big_endian ? 0 : 1];
    return keep_object(fixture, object);
}

static void assert_boxed(oop object, double value)
{
    double found;
    assert_shape(object, CLASS_BOXED_FLOAT, FORMAT_WORDS32, 1);
    memcpy(&found, object_bytes(object), sizeof found);
    assert_true(found == value);
}

static void floats_become_immediate_where_they_can(void **state)
{
    struct fixture *fixture = *state;
    keep_float(fixture, 1.5, false);
    keep_float(fixture, -0.0, false);
    keep_float(fixture, 1e300, false);

    widen(fixture);

    assert_oop(thing(fixture, 0), oop_from_float(1.5));
    assert_oop(thing(fixture, 1), oop_from_float(-0.0));
    assert_boxed(thing(fixture, 2), 1e300);
}

static void floats_with_the_high_word_first_are_turned(void **state)
{
    struct fixture *fixture = *state;
    keep_float(fixture, 1.5, true);
    keep_float(fixture, 1e300, true);
    tiny32_finish(&fixture->image);
    fixture->image.file[7] = 0; /* flags: floats are not little endian */
    const uint8_t *bytes = (const uint8_t *)fixture->image.file;

    struct import *import =
        import_open("tiny.image", bytes, tiny32_file_size(&fixture->image), &fixture->status);
    assert_non_null(import);
    fixture->data = malloc((size_t)import_size(import));
    assert_true(import_write(import, fixture->data, (uint64_t)(uintptr_t)fixture->data));
    fixture->specials =
        oop_from_bits(import_special_objects(import, (uint64_t)(uintptr_t)fixture->data));
    import_close(import);

    assert_oop(thing(fixture, 0), oop_from_float(1.5));
    assert_boxed(thing(fixture, 1), 1e300);
}

/* --- elements --------------------------------------------------------------------------------------------------------- */

static void elements_stay_as_wide_as_they_were(void **state)
{
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    uint32_t words = tiny32_add(image, CLASS_BITMAP, FORMAT_WORDS32, 3);
    uint32_t halves = tiny32_add(image, TINY32_WORDS16, FORMAT_WORDS16 + 1, 2);
    uint32_t doubles = tiny32_add(image, TINY32_WORDS64, FORMAT_WORDS64, 4);
    for (uint32_t i = 0; i < 3; i++)
        *tiny32_slot(image, words, i) = 0xABCD0000 + i;
    *tiny32_slot(image, halves, 0) = 0x00020001;
    *tiny32_slot(image, halves, 1) = 0x00000003;
    for (uint32_t i = 0; i < 4; i++)
        *tiny32_slot(image, doubles, i) = 0x1000 + i;
    keep_object(fixture, words);
    keep_object(fixture, halves);
    keep_object(fixture, doubles);
    keep_object(fixture, tiny32_add_bytes(image, CLASS_BYTE_ARRAY, "12345", 5));
    keep_object(fixture, tiny32_add_bytes(image, CLASS_BYTE_ARRAY, "12345678", 8));

    widen(fixture);

    assert_shape(thing(fixture, 0), CLASS_BITMAP, FORMAT_WORDS32 + 1, 2);
    const uint32_t wanted_words[4] = {0xABCD0000, 0xABCD0001, 0xABCD0002, 0};
    assert_memory_equal(object_bytes(thing(fixture, 0)), wanted_words, sizeof wanted_words);
    assert_shape(thing(fixture, 1), TINY32_WORDS16, FORMAT_WORDS16 + 1, 1);
    assert_int_equal(object_slot(thing(fixture, 1), 0).bits, UINT64_C(0x000300020001));
    assert_shape(thing(fixture, 2), TINY32_WORDS64, FORMAT_WORDS64, 2);
    assert_int_equal(object_slot(thing(fixture, 2), 1).bits, UINT64_C(0x100300001002));
    assert_shape(thing(fixture, 3), CLASS_BYTE_ARRAY, FORMAT_BYTES + 3, 1);
    assert_memory_equal(object_bytes(thing(fixture, 3)), "12345\0\0\0", 8);
    assert_shape(thing(fixture, 4), CLASS_BYTE_ARRAY, FORMAT_BYTES, 1);
}

static void objects_without_slots_have_none(void **state)
{
    struct fixture *fixture = *state;
    keep_object(fixture, tiny32_add(&fixture->image, CLASS_ARRAY, FORMAT_INDEXABLE, 0));
    keep_object(fixture, tiny32_add(&fixture->image, CLASS_BYTE_STRING, FORMAT_BYTES, 0));

    widen(fixture);

    assert_shape(thing(fixture, 0), CLASS_ARRAY, FORMAT_INDEXABLE, 0);
    assert_shape(thing(fixture, 1), CLASS_BYTE_STRING, FORMAT_BYTES, 0);
}

static void long_objects_have_their_count_before_them(void **state)
{
    struct fixture *fixture = *state;
    uint32_t array = tiny32_add(&fixture->image, CLASS_ARRAY, FORMAT_INDEXABLE, 301);
    uint32_t bytes = tiny32_add(&fixture->image, CLASS_BYTE_ARRAY, FORMAT_BYTES + 1, 300);
    *tiny32_slot(&fixture->image, array, 300) = tiny32_integer(300);
    keep_object(fixture, array);
    keep_object(fixture, bytes);

    widen(fixture);

    assert_shape(thing(fixture, 0), CLASS_ARRAY, FORMAT_INDEXABLE, 301);
    assert_oop(object_slot(thing(fixture, 0), 300), oop_from_integer(300));
    assert_shape(thing(fixture, 1), CLASS_BYTE_ARRAY, FORMAT_BYTES + 1, 150);
}

static void headers_keep_hash_and_flags(void **state)
{
    struct fixture *fixture = *state;
    uint32_t object = tiny32_add(&fixture->image, TINY32_FIXED2, FORMAT_FIXED, 2);
    tiny32_set_hash(&fixture->image, object, 0x3ABCDE);
    *tiny32_word(&fixture->image, object) |= (uint32_t)(HEADER_IMMUTABLE | HEADER_PINNED);
    keep_object(fixture, object);

    widen(fixture);

    assert_int_equal(object_hash_bits(thing(fixture, 0)), 0x3ABCDE);
    assert_true(object_is_immutable(thing(fixture, 0)));
    assert_true(object_is_pinned(thing(fixture, 0)));
}

/* --- code, contexts, closures ----------------------------------------------------------------------------------------- */

static void code_keeps_header_literals_and_trailer(void **state)
{
    static const uint8_t code[] = {32, 92, 0xDE, 0xAD, 0xFC}; /* push literal 0; return top; … */
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    uint32_t sista = tiny32_add_method(image, TINY32_SISTA + (2 << 18) + (1 << 24), 3, code, 5);
    uint32_t old = tiny32_add_method(image, 1 << 18, 0, (const uint8_t[]){120, 0xFE}, 2);
    *tiny32_slot(image, sista, 1) = tiny32_integer(-3);
    *tiny32_slot(image, sista, 2) = tiny32_oop(image, image->selector);
    keep_object(fixture, sista);
    keep_object(fixture, old);
    keep_object(fixture, image->selector);

    widen(fixture);

    oop method = thing(fixture, 0);
    assert_shape(method, TINY32_CODE, FORMAT_CODE + 3, 5);
    assert_int_equal(code_header(method), SMALL_INTEGER_MIN + 3 + (2 << 18) + (1 << 24));
    assert_oop(object_slot(method, 1), oop_from_integer(-3));
    assert_oop(object_slot(method, 2), thing(fixture, 2));
    assert_memory_equal(object_bytes(method) + 32, code, sizeof code);
    assert_shape(thing(fixture, 1), TINY32_CODE, FORMAT_CODE + 6, 2);
    assert_int_equal(code_header(thing(fixture, 1)), 1 << 18);
}

static void pcs_of_contexts_count_wide_literals(void **state)
{
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    uint32_t dead = tiny32_add(image, CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE, 22);
    *tiny32_slot(image, dead, SLOT_CONTEXT_METHOD) = tiny32_oop(image, image->method);
    keep_object(fixture, image->context);
    keep_object(fixture, dead);

    widen(fixture);

    oop context = thing(fixture, 0);
    assert_shape(context, CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE, 22);
    assert_oop(object_slot(context, SLOT_CONTEXT_PC), oop_from_integer(17));
    assert_oop(object_slot(context, SLOT_CONTEXT_STACKP), oop_from_integer(1));
    assert_oop(object_slot(thing(fixture, 1), SLOT_CONTEXT_PC), nil_of(fixture));
}

/* 143: push closure of one argument and no copied value, two bytes; push temporary 0; return top from block; return top. */
static const uint8_t with_block[] = {143, 0x01, 0, 2, 16, 125, 124};

static void start_pcs_of_blocks_count_wide_literals(void **state)
{
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    uint32_t method = tiny32_add_method(image, 0, 2, with_block, sizeof with_block);
    uint32_t context = tiny32_add_context(image, method, 13, 0);
    uint32_t closure = tiny32_add(image, CLASS_BLOCK_CLOSURE, FORMAT_FIXED_INDEXABLE, 3);
    *tiny32_slot(image, closure, SLOT_CLOSURE_OUTER_CONTEXT) = tiny32_oop(image, context);
    *tiny32_slot(image, closure, SLOT_CLOSURE_START_PC) = tiny32_integer(17);
    *tiny32_slot(image, closure, SLOT_CLOSURE_ARGUMENT_COUNT) = tiny32_integer(1);
    keep_object(fixture, closure);
    keep_object(fixture, context);

    widen(fixture);

    assert_oop(object_slot(thing(fixture, 0), SLOT_CLOSURE_START_PC), oop_from_integer(29));
    assert_oop(object_slot(thing(fixture, 1), SLOT_CONTEXT_PC), oop_from_integer(25));
}

static void code_that_needs_a_large_frame_says_so(void **state)
{
    static const uint8_t return_self[] = {88};
    uint8_t pushes[2 * 20 + 1];
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    memset(pushes, 79, 20);       /* push nil */
    memset(pushes + 20, 216, 20); /* pop */
    pushes[40] = 88;
    uint32_t temps = tiny32_add_method(image, TINY32_SISTA + (17 << 18), 0, return_self, 1);
    uint32_t deep = tiny32_add_method(image, TINY32_SISTA, 0, pushes, sizeof pushes);
    uint32_t small = tiny32_add_method(image, TINY32_SISTA + (16 << 18), 0, return_self, 1);
    uint32_t context = tiny32_add_context(image, deep, 5, 0);
    keep_object(fixture, temps);
    keep_object(fixture, deep);
    keep_object(fixture, small);
    keep_object(fixture, context);

    widen(fixture);

    assert_true((code_header(thing(fixture, 0)) & CODE_HEADER_LARGE_FRAME) != 0);
    assert_true((code_header(thing(fixture, 1)) & CODE_HEADER_LARGE_FRAME) != 0);
    assert_true((code_header(thing(fixture, 2)) & CODE_HEADER_LARGE_FRAME) == 0);
    assert_shape(thing(fixture, 3), CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE,
                 SLOT_CONTEXT_FRAME + CONTEXT_LARGE_FRAME);
    assert_oop(object_slot(thing(fixture, 3), SLOT_CONTEXT_FRAME + CONTEXT_LARGE_FRAME - 1),
               nil_of(fixture));
}

/* --- what an image remembers of its machine --------------------------------------------------------------------------- */

static size_t keep_variable(struct fixture *fixture, const char *name, int32_t value)
{
    struct tiny32 *image = &fixture->image;
    uint32_t key = tiny32_add_bytes(image, CLASS_BYTE_STRING, name, (uint32_t)strlen(name));
    uint32_t variable = tiny32_add(image, TINY32_FIXED2, FORMAT_FIXED, 2);
    *tiny32_slot(image, variable, SLOT_ASSOCIATION_KEY) = tiny32_oop(image, key);
    *tiny32_slot(image, variable, SLOT_ASSOCIATION_VALUE) = tiny32_integer(value);
    return keep_object(fixture, variable);
}

static void the_word_size_is_forgotten(void **state)
{
    struct fixture *fixture = *state;
    keep_variable(fixture, "WordSize", 4);
    keep_variable(fixture, "WordSizes", 4);
    keep_variable(fixture, "WordSize", 5);

    widen(fixture);

    assert_oop(object_slot(thing(fixture, 0), SLOT_ASSOCIATION_VALUE), nil_of(fixture));
    assert_oop(object_slot(thing(fixture, 1), SLOT_ASSOCIATION_VALUE), oop_from_integer(4));
    assert_oop(object_slot(thing(fixture, 2), SLOT_ASSOCIATION_VALUE), oop_from_integer(5));
}

/* --- what is around the objects --------------------------------------------------------------------------------------- */

static void class_table_and_roots_are_those_of_a_64_bit_image(void **state)
{
    struct fixture *fixture = *state;
    keep_object(fixture, fixture->image.classes[CLASS_ARRAY]);

    widen(fixture);

    oop lists = object_starting_at(fixture->data + 6);
    assert_shape(lists, CLASS_HIDDEN_WORDS64, FORMAT_WORDS64, FREE_LISTS_COUNT);
    oop roots = object_starting_at(object_limit(lists));
    assert_shape(roots, CLASS_HIDDEN_ARRAY, FORMAT_INDEXABLE, HIDDEN_ROOTS_COUNT);
    oop page = object_slot(roots, 0);
    assert_shape(page, CLASS_HIDDEN_ARRAY, FORMAT_INDEXABLE, CLASS_PAGE_SLOTS);
    assert_oop(object_slot(roots, 1), nil_of(fixture));
    assert_oop(object_slot(page, CLASS_ARRAY), thing(fixture, 0));
    assert_oop(object_slot(page, CLASS_SMALL_FLOAT), nil_of(fixture));
}

static void the_class_of_immediate_floats_is_entered_at_its_index(void **state)
{
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    const uint32_t index = 999;
    uint32_t name = tiny32_add_bytes(image, CLASS_BYTE_STRING, "SmallFloat64", 12);
    uint32_t class = tiny32_add(image, TINY32_CLASS, FORMAT_FIXED, 7);
    tiny32_set_hash(image, class, index);
    *tiny32_slot(image, class, SLOT_BEHAVIOR_FORMAT) = tiny32_integer(7 << 16);
    *tiny32_slot(image, class, SLOT_CLASS_NAME) = tiny32_oop(image, name);
    keep_object(fixture, class);

    widen(fixture);

    oop lists = object_starting_at(fixture->data + 6);
    oop page = object_slot(object_starting_at(object_limit(lists)), 0);
    assert_oop(object_slot(page, CLASS_SMALL_FLOAT), thing(fixture, 0));
    assert_oop(object_slot(page, index), thing(fixture, 0));
    assert_int_equal(object_hash_bits(thing(fixture, 0)), index);
}

static void free_chunks_and_hidden_objects_are_dropped(void **state)
{
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    tiny32_add(image, CLASS_INDEX_FREE, FORMAT_WORDS32, 12);
    tiny32_add(image, 18, FORMAT_WORDS32, 4096);
    uint32_t last = tiny32_add(image, CLASS_ARRAY, FORMAT_INDEXABLE, 2);
    keep_object(fixture, last);

    widen(fixture);

    oop end = object_starting_at(object_limit(thing(fixture, 0)));
    assert_int_equal(object_header(end), IMAGE_BRIDGE);
    assert_int_equal(object_slot(end, 0).bits, 0);
}

static void segments_with_a_gap_of_addresses_become_one(void **state)
{
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    uint32_t first = tiny32_oop(image, image->selector);
    tiny32_add_bridge(image, 4096);
    uint32_t array = tiny32_add(image, CLASS_ARRAY, FORMAT_INDEXABLE, 2);
    *tiny32_slot(image, array, 0) = first;
    *tiny32_slot(image, array, 1) = tiny32_oop(image, array);
    keep(fixture, first);
    keep_object(fixture, array);
    assert_int_equal(tiny32_oop(image, array), TINY32_BASE + array + 4096);

    widen(fixture);

    oop found = thing(fixture, 1);
    assert_shape(found, CLASS_ARRAY, FORMAT_INDEXABLE, 2);
    assert_oop(object_slot(found, 0), thing(fixture, 0));
    assert_oop(object_slot(found, 1), found);
}

static void mourners_keep_their_order(void **state)
{
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    uint32_t pages[2];
    uint32_t mourners[3];
    for (size_t i = 0; i < 3; i++) {
        mourners[i] = tiny32_add(image, TINY32_EPHEMERON, FORMAT_FIXED, 1);
        keep_object(fixture, mourners[i]);
    }
    for (size_t i = 0; i < 2; i++)
        pages[i] = tiny32_add(image, 18, FORMAT_WORDS32, 4092);
    /* The newest page comes first and holds the last one. */
    *tiny32_slot(image, pages[0], 0) = 2;
    *tiny32_slot(image, pages[0], 4) = tiny32_oop(image, mourners[0]);
    *tiny32_slot(image, pages[0], 5) = tiny32_oop(image, mourners[1]);
    *tiny32_slot(image, pages[1], 0) = 1;
    *tiny32_slot(image, pages[1], 3) = tiny32_oop(image, pages[0]);
    *tiny32_slot(image, pages[1], 4) = tiny32_oop(image, mourners[2]);
    *tiny32_slot(image, image->roots, HIDDEN_MOURN_QUEUE) = tiny32_oop(image, pages[1]);

    widen(fixture);

    oop lists = object_starting_at(fixture->data + 6);
    oop roots = object_starting_at(object_limit(lists));
    oop page = object_slot(roots, HIDDEN_MOURN_QUEUE);
    assert_shape(page, CLASS_HIDDEN_WORDS64, FORMAT_WORDS64, 4092);
    assert_int_equal(object_slot(page, 0).bits, 3);
    for (size_t i = 0; i < 3; i++)
        assert_oop(object_slot(page, 4 + i), thing(fixture, i));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(small_integers_keep_their_values),
        TEST(characters_keep_their_code_points),
        TEST(large_integers_of_61_bits_become_small),
        TEST(larger_integers_stay_large),
        TEST(floats_become_immediate_where_they_can),
        TEST(floats_with_the_high_word_first_are_turned),
        TEST(elements_stay_as_wide_as_they_were),
        TEST(objects_without_slots_have_none),
        TEST(long_objects_have_their_count_before_them),
        TEST(headers_keep_hash_and_flags),
        TEST(code_keeps_header_literals_and_trailer),
        TEST(pcs_of_contexts_count_wide_literals),
        TEST(start_pcs_of_blocks_count_wide_literals),
        TEST(code_that_needs_a_large_frame_says_so),
        TEST(the_word_size_is_forgotten),
        TEST(class_table_and_roots_are_those_of_a_64_bit_image),
        TEST(the_class_of_immediate_floats_is_entered_at_its_index),
        TEST(free_chunks_and_hidden_objects_are_dropped),
        TEST(segments_with_a_gap_of_addresses_become_one),
        TEST(mourners_keep_their_order),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
