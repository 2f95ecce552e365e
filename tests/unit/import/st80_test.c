/* Smalltalk-80 images become 64-bit objects: what the file says of an object is what the converted one says of it. */
#include "image/import/import.h"
#include "tests/unit/import/assert_object.h"
#include "tests/unit/import/tiny80.h"
#include "tests/unit/shared_image.h"
#include "vm/object/dialect.h"
#include "vm/object/object.h"
#include "vm/object/st80_code.h"

struct fixture {
    struct tiny80 image;
    uint8_t *bytes; /* a file read from the disk */
    uint64_t *data; /* converted, where its references say it is */
    size_t size;
    oop specials;
    uint32_t things;
    uint64_t sequence; /* of what mutants become */
    struct status status;
};

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (fixture == NULL)
        return -1;
    tiny80_begin(&fixture->image);
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;
    free(fixture->bytes);
    free(fixture->data);
    free(fixture);
    return 0;
}

/* Makes a word a thing of the image; answers its number. */
static size_t keep(struct fixture *fixture, uint32_t word)
{
    uint32_t number = fixture->things++;
    assert_true(number < TINY80_THINGS);
    tiny80_set(&fixture->image, TINY80_THINGS_OOP, number, word);
    return number;
}

static bool convert(struct fixture *fixture, const uint8_t *bytes, size_t size)
{
    struct import *import = import_open("st80.image", bytes, size, &fixture->status);
    if (import == NULL)
        return false;
    assert_int_equal(import_dialect(import), DIALECT_ST80);
    fixture->size = (size_t)import_size(import);
    fixture->data = malloc(fixture->size);
    assert_non_null(fixture->data);
    uint64_t base = (uint64_t)(uintptr_t)fixture->data;
    bool good = import_write(import, fixture->data, base);
    fixture->specials = oop_from_bits(import_special_objects(import, base));
    import_close(import);
    return good;
}

static void convert_tiny(struct fixture *fixture)
{
    tiny80_finish(&fixture->image);
    assert_true(import_recognises(fixture->image.file, fixture->image.file_size));
    if (!convert(fixture, fixture->image.file, fixture->image.file_size))
        fail_msg("%s", fixture->status.sentence);
}

static oop special(const struct fixture *fixture, size_t index)
{
    return object_slot(fixture->specials, index);
}

static oop thing(const struct fixture *fixture, size_t number)
{
    return object_slot(special(fixture, SPECIAL_SMALLTALK), number);
}

static oop nil_of(const struct fixture *fixture)
{
    return special(fixture, SPECIAL_NIL);
}

static uint32_t index_of(uint32_t class)
{
    return 1 << 15 | class / 2;
}

/* --- objects ---------------------------------------------------------------------------------------------------------------- */

static void small_integers_keep_their_values(void **state)
{
    static const int32_t values[] = {0, 1, -1, 16383, -16384};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 5; i++)
        keep(fixture, tiny80_integer(values[i]));

    convert_tiny(fixture);

    for (size_t i = 0; i < 5; i++)
        assert_oop(thing(fixture, i), oop_from_integer(values[i]));
}

static void elements_keep_their_order_and_odd_counts(void **state)
{
    struct fixture *fixture = *state;
    struct tiny80 *image = &fixture->image;
    uint32_t words = tiny80_add(image, TINY80_CLASS_WORDS, false, 6);
    tiny80_set(image, words, 0, 0x1234);
    tiny80_set(image, words, 2, 0xFFFE);
    keep(fixture, tiny80_add_bytes(image, ST80_CLASS_STRING, "abc", 3));
    keep(fixture, words);
    keep(fixture, tiny80_add_bytes(image, ST80_CLASS_LARGE_POSITIVE_INTEGER, "\x34\x12", 2));

    convert_tiny(fixture);

    assert_shape(thing(fixture, 0), CLASS_BYTE_STRING, FORMAT_BYTES + 5, 1);
    assert_memory_equal(object_bytes(thing(fixture, 0)), "abc", 3);
    assert_shape(thing(fixture, 1), index_of(TINY80_CLASS_WORDS), FORMAT_WORDS16 + 1, 1);
    const uint16_t *found = (const uint16_t *)(const void *)object_bytes(thing(fixture, 1));
    assert_int_equal(found[0], 0x1234);
    assert_int_equal(found[1], 0);
    assert_int_equal(found[2], 0xFFFE);
    assert_shape(thing(fixture, 2), CLASS_LARGE_POSITIVE_INTEGER, FORMAT_BYTES + 6, 1);
    assert_memory_equal(object_bytes(thing(fixture, 2)), "\x34\x12", 2);
}

static void a_float_stays_two_words(void **state)
{
    struct fixture *fixture = *state;
    uint32_t pi = tiny80_add(&fixture->image, ST80_CLASS_FLOAT, false, 4);
    tiny80_set(&fixture->image, pi, 0, 0x4049);
    tiny80_set(&fixture->image, pi, 1, 0x0FDB);
    keep(fixture, pi);

    convert_tiny(fixture);

    assert_shape(thing(fixture, 0), CLASS_BOXED_FLOAT, FORMAT_WORDS16 + 2, 1);
    const uint16_t *found = (const uint16_t *)(const void *)object_bytes(thing(fixture, 0));
    assert_int_equal(found[0], 0x4049);
    assert_int_equal(found[1], 0x0FDB);
}

static void objects_refer_to_each_other(void **state)
{
    struct fixture *fixture = *state;
    uint32_t array = tiny80_add(&fixture->image, ST80_CLASS_ARRAY, true, 6);
    tiny80_set(&fixture->image, array, 0, array);
    tiny80_set(&fixture->image, array, 1, ST80_TRUE);
    keep(fixture, array);

    convert_tiny(fixture);

    assert_shape(thing(fixture, 0), CLASS_ARRAY, FORMAT_INDEXABLE, 3);
    assert_oop(object_slot(thing(fixture, 0), 0), thing(fixture, 0));
    assert_oop(object_slot(thing(fixture, 0), 1), special(fixture, SPECIAL_TRUE));
    assert_oop(object_slot(thing(fixture, 0), 2), nil_of(fixture));
}

static void hashes_end_with_what_the_image_saw(void **state)
{
    struct fixture *fixture = *state;
    uint32_t array = tiny80_add(&fixture->image, ST80_CLASS_ARRAY, true, 0);
    keep(fixture, array);
    keep(fixture, TINY80_CLASS_WORDS);
    keep(fixture, ST80_CLASS_ARRAY);

    convert_tiny(fixture);

    assert_int_equal(object_hash_bits(thing(fixture, 0)), array / 2);
    assert_int_equal(object_hash_bits(thing(fixture, 1)), index_of(TINY80_CLASS_WORDS));
    assert_int_equal(object_hash_bits(thing(fixture, 2)), CLASS_ARRAY);
}

static void classes_are_found_by_oop_and_name(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        uint32_t at, index;
    } classes[] = {
        {ST80_CLASS_SMALL_INTEGER, CLASS_SMALL_INTEGER},
        {ST80_CLASS_BLOCK_CONTEXT, CLASS_BLOCK_CONTEXT},
        {ST80_CLASS_STRING, CLASS_BYTE_STRING},
        {TINY80_CLASS_LARGE_NEGATIVE, CLASS_LARGE_NEGATIVE_INTEGER},
        {TINY80_CLASS_BYTE_ARRAY, CLASS_BYTE_ARRAY},
    };
    for (size_t i = 0; i < 5; i++)
        keep(fixture, classes[i].at);
    convert_tiny(fixture);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(object_hash_bits(thing(fixture, i)), classes[i].index);
    assert_oop(special(fixture, SPECIAL_CLASS_LARGE_NEGATIVE_INTEGER), thing(fixture, 3));
    assert_oop(special(fixture, SPECIAL_CLASS_BYTE_ARRAY), thing(fixture, 4));
    assert_oop(special(fixture, SPECIAL_CLASS_BLOCK_CLOSURE), nil_of(fixture));
}

/* --- contexts and code ------------------------------------------------------------------------------------------------------ */

static void contexts_have_nil_above_their_stack(void **state)
{
    struct fixture *fixture = *state;
    struct tiny80 *image = &fixture->image;
    uint32_t context = tiny80_add(image, ST80_CLASS_METHOD_CONTEXT, true, 18 * 2);
    tiny80_set(image, context, SLOT_CONTEXT_STACKP, tiny80_integer(2));
    for (uint32_t i = SLOT_CONTEXT_FRAME; i < 18; i++)
        tiny80_set(image, context, i, tiny80_integer((int32_t)i));
    keep(fixture, context);
    keep(fixture, tiny80_add(image, ST80_CLASS_BLOCK_CONTEXT, true, 38 * 2));

    convert_tiny(fixture);

    oop found = thing(fixture, 0);
    assert_shape(found, CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE,
                 SLOT_CONTEXT_FRAME + CONTEXT_SMALL_FRAME);
    assert_oop(object_slot(found, SLOT_CONTEXT_FRAME + 1), oop_from_integer(7));
    for (size_t i = SLOT_CONTEXT_FRAME + 2; i < object_slot_count(found); i++)
        assert_oop(object_slot(found, i), nil_of(fixture));
    assert_shape(thing(fixture, 1), CLASS_BLOCK_CONTEXT, FORMAT_FIXED_INDEXABLE,
                 SLOT_CONTEXT_FRAME + CONTEXT_LARGE_FRAME);
}

static uint32_t add_method(struct tiny80 *image, uint32_t header, const uint32_t *literals,
                           uint32_t count)
{
    static const uint8_t code[] = {1, 2, 3};
    uint32_t size = 2 + count * 2 + sizeof code;
    uint32_t method = tiny80_add(image, ST80_CLASS_COMPILED_METHOD, false, size);
    tiny80_set(image, method, 0, tiny80_integer((int32_t)(header | count)));
    for (uint32_t i = 0; i < count; i++)
        tiny80_set(image, method, 1 + i, literals[i]);
    memcpy(tiny80_object(image, method) + 6 + count * 2, code, sizeof code);
    return method;
}

static void a_method_has_its_header_in_spurs_form(void **state)
{
    struct fixture *fixture = *state;
    const uint32_t literals[] = {ST80_TRUE, tiny80_integer(3 << 8 | 103), ST80_CLASS_ARRAY};
    uint32_t header = 7 << 12 | 9 << 7 | 1 << 6;
    keep(fixture, add_method(&fixture->image, header, literals, 3));

    convert_tiny(fixture);

    oop method = thing(fixture, 0);
    assert_shape(method, index_of(ST80_CLASS_COMPILED_METHOD), FORMAT_CODE + 5, 5);
    int64_t found = code_header(method);
    assert_int_equal(found & 0x7FFF, 3);
    assert_int_equal(found >> CODE_HEADER_TEMP_SHIFT & 0x3F, 9);
    assert_int_equal(found >> CODE_HEADER_ARGUMENT_SHIFT & 15, 3);
    assert_int_equal(found >> CODE_HEADER_PRIMITIVE_SHIFT & 0xFFFF, 103);
    assert_true((found & CODE_HEADER_HAS_PRIMITIVE) != 0);
    assert_true((found & CODE_HEADER_LARGE_FRAME) != 0);
    assert_int_equal(st80_code_header_from_spur(found), (int64_t)(header | 3) - (1 << 15));
    assert_oop(object_slot(method, 2), oop_from_integer(3 << 8 | 103));
    assert_memory_equal(object_bytes(method) + 32, "\1\2\3", 3);
}

static void headers_come_back_from_spurs_form(void **state)
{
    (void)state;
    for (int64_t header = -(1 << 14); header < 1 << 14; header++) {
        bool counts_temporaries = st80_header_flag(header) != ST80_FLAG_ANSWERS_VARIABLE;
        int64_t spur = st80_code_header_to_spur(header, 5 << 8 | 90);
        assert_int_equal(st80_code_header_from_spur(spur), header);
        assert_int_equal(spur >> CODE_HEADER_TEMP_SHIFT & 0x3F,
                         counts_temporaries ? header >> 7 & 0x1F : 0);
    }
}

/* --- refusals --------------------------------------------------------------------------------------------------------------- */

static void assert_refused(struct fixture *fixture, size_t offset, uint32_t word,
                           const char *sentence)
{
    tiny80_finish(&fixture->image);
    tiny80_put(fixture->image.file + offset, word);
    assert_false(convert(fixture, fixture->image.file, fixture->image.file_size));
    assert_non_null(strstr(fixture->status.sentence, sentence));
}

static size_t entry_of(struct fixture *fixture, uint32_t at)
{
    tiny80_finish(&fixture->image);
    return fixture->image.file_size - (size_t)fixture->image.entries * 4 + at * 2;
}

static size_t place_of(struct fixture *fixture, uint32_t at)
{
    return ST80_HEADER_SIZE + (size_t)(tiny80_object(&fixture->image, at) - fixture->image.space);
}

static void other_lengths_are_refused(void **state)
{
    struct fixture *fixture = *state;
    assert_refused(fixture, 2, fixture->image.used / 2 - 512,
                   "wanted an object space and an object table up to the end of the file");
}

static void objects_outside_the_space_are_refused(void **state)
{
    struct fixture *fixture = *state;
    assert_refused(fixture, entry_of(fixture, ST80_TRUE), TINY80_POINTERS | 3,
                   "wanted an object in the object space, found one at offset");
}

static void sizes_beyond_the_space_are_refused(void **state)
{
    struct fixture *fixture = *state;
    assert_refused(fixture, place_of(fixture, ST80_TRUE), 0xFFFF,
                   "wanted an object that ends in the object space, found a size of 131070 bytes");
}

static void pointers_with_an_odd_byte_are_refused(void **state)
{
    struct fixture *fixture = *state;
    assert_refused(fixture, entry_of(fixture, ST80_CHARACTER_TABLE), TINY80_POINTERS | TINY80_ODD,
                   "wanted an odd count of bytes in an object with bytes only, found 00c0");
}

static void missing_known_objects_are_refused(void **state)
{
    struct fixture *fixture = *state;
    assert_refused(fixture, entry_of(fixture, ST80_CHARACTER_TABLE), TINY80_FREE,
                   "wanted one of the objects that the machine knows, found a free entry");
}

static void classes_that_are_no_objects_are_refused(void **state)
{
    struct fixture *fixture = *state;
    assert_refused(fixture, place_of(fixture, ST80_TRUE) + 2, 0x8001,
                   "wanted the oop of a class, found 8001");
}

static void references_that_lead_nowhere_are_refused(void **state)
{
    struct fixture *fixture = *state;
    assert_refused(fixture, place_of(fixture, TINY80_THINGS_OOP) + 4, 0xFFFE,
                   "wanted an immediate or the address of an object, found 0001fffc");
}

static void methods_without_their_literals_are_refused(void **state)
{
    struct fixture *fixture = *state;
    uint32_t method = add_method(&fixture->image, 0, NULL, 0);
    assert_refused(fixture, place_of(fixture, method) + 4, tiny80_integer(40),
                   "wanted the header of a compiled method, with literals, found 5 bytes");
}

static void methods_without_their_extension_are_refused(void **state)
{
    struct fixture *fixture = *state;
    const uint32_t literals[] = {ST80_TRUE, ST80_FALSE};
    add_method(&fixture->image, 7 << 12, literals, 2);
    assert_refused(fixture, 8, 0, "wanted the extension of a method's header");
}

static void overlapping_objects_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct tiny80 *image = &fixture->image;
    for (uint32_t i = 0; i < 300; i++) {
        uint32_t at = image->entries++;
        memcpy(image->table[at], image->table[ST80_CHARACTER_TABLE / 2], sizeof image->table[at]);
    }
    assert_refused(fixture, 8, 0, "wanted objects that do not overlap");
}

static void other_files_are_not_taken_for_one(void **state)
{
    struct fixture *fixture = *state;
    uint8_t *file = fixture->image.file;
    tiny80_finish(&fixture->image);
    assert_false(import_recognises(file, ST80_HEADER_SIZE - 1));
    file[300] = 1;
    assert_false(import_recognises(file, fixture->image.file_size));
    memset(file, 0, ST80_HEADER_SIZE);
    assert_false(import_recognises(file, fixture->image.file_size));
}

/* --- the real one ----------------------------------------------------------------------------------------------------------- */

/* Lines of a list that name an object of the image by its oop; the class of each is what `is_wanted` says. */
static size_t count_named(struct fixture *fixture, const char *list, const oop *by_hash,
                          bool (*is_wanted)(struct fixture *fixture, oop object))
{
    char path[SHARED_PATH_SIZE];
    char line[300];
    size_t count = 0;
    shared_image(list, path);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        const char *hexadecimal = strstr(line, "16r");
        uint32_t at = hexadecimal == NULL ? 0 : (uint32_t)strtoul(hexadecimal + 3, NULL, 16);
        if (at != 0 && at < 1 << 16 && !oop_is_none(by_hash[at / 2]) &&
            is_wanted(fixture, by_hash[at / 2]))
            count++;
    }
    fclose(file);
    return count;
}

static bool is_method(struct fixture *fixture, oop object)
{
    oop class = special(fixture, SPECIAL_CLASS_COMPILED_METHOD);
    return object_class_index(object) == object_hash_bits(class);
}

static bool is_class(struct fixture *fixture, oop object)
{
    (void)fixture;
    return object_hash_bits(object) >> 15 == 1;
}

/* Whether an object is a class at a fixed place in the class table: its hash is not half its oop. */
static bool is_known_class(oop object)
{
    return object_hash_bits(object) <= CLASS_BYTE_STRING && object_format(object) == FORMAT_FIXED &&
           object_slot_count(object) > SLOT_CLASS_NAME;
}

static oop next_object(const struct fixture *fixture, oop object)
{
    uint64_t *limit = object_limit(object);
    uint64_t *end = fixture->data + fixture->size / 8 - 2;
    return limit >= end ? NO_OOP : object_starting_at(limit);
}

static void the_shared_image_has_its_classes_and_methods(void **state)
{
    enum { OBJECTS = 18391, CLASSES = 446, METHODS = 4505, NAMED_METHODS = 4493 };
    struct fixture *fixture = *state;
    oop *by_hash = calloc(1 << 15, sizeof *by_hash);
    size_t size;
    size_t objects = 0;
    size_t methods = 0;
    assert_non_null(by_hash);
    fixture->bytes = shared_bytes("st80-v2-big-endian.image", &size);
    assert_true(convert(fixture, fixture->bytes, size));
    for (oop each = object_at_address(fixture->data); !oop_is_none(each);
         each = next_object(fixture, each)) {
        uint32_t hash = object_hash_bits(each);
        if (object_class_index(each) < CLASS_HIDDEN_LIMIT)
            continue;
        objects++;
        if (!is_known_class(each))
            by_hash[hash & 0x7FFF] = each;
        if (!is_method(fixture, each))
            continue;
        methods++;
        int64_t header = code_header(each);
        unsigned literals = (unsigned)(header & 0x7FFF);
        int64_t extension = literals < 2 ? 0 : oop_to_integer(object_slot(each, literals - 1));
        assert_int_equal(st80_code_header_to_spur(st80_code_header_from_spur(header), extension),
                         header);
    }
    assert_int_equal(objects, OBJECTS + 1); /* with the array of special objects */
    assert_int_equal(methods, METHODS);
    assert_int_equal(count_named(fixture, "st80-method.oops", by_hash, is_method), NAMED_METHODS);
    /* Ten are at fixed places in the class table. */
    assert_int_equal(count_named(fixture, "st80-class.oops", by_hash, is_class), CLASSES - 10);
    free(by_hash);
}

/* The next number of a sequence, below a limit. */
static size_t below(struct fixture *fixture, size_t limit)
{
    fixture->sequence = fixture->sequence * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (size_t)(fixture->sequence >> 33) % limit;
}

/* Bytes and words of a real image become others, 1,000 times: it converts, or is refused with a sentence. */
static void mutants_do_no_harm(void **state)
{
    enum { MUTANTS = 1000, CHANGES = 20 };
    struct fixture *fixture = *state;
    size_t size;
    size_t converted = 0;
    fixture->bytes = shared_bytes("st80-v2-big-endian.image", &size);
    uint8_t *copy = malloc(size);
    assert_non_null(copy);
    for (size_t i = 0; i < MUTANTS; i++) {
        memcpy(copy, fixture->bytes, size);
        for (size_t changes = 1 + below(fixture, CHANGES); changes > 0; changes--) {
            size_t at = below(fixture, size / 2) * 2;
            if (i % 4 == 0)
                at = size - 2 - below(fixture, 77472 / 2) * 2; /* in the object table */
            if (i % 16 == 1)
                at = below(fixture, 16);
            if (changes % 2 == 0)
                memcpy(copy + at, copy + below(fixture, size / 2) * 2, 2);
            else
                copy[at] = (uint8_t)below(fixture, 256);
        }
        fixture->status = (struct status){STATUS_OK, ""};
        if (!import_recognises(copy, size))
            continue;
        bool good = convert(fixture, copy, size);
        assert_true(good || fixture->status.sentence[0] != '\0');
        converted += good ? 1 : 0;
        free(fixture->data);
        fixture->data = NULL;
    }
    print_message("# %zu of %d mutants converted\n", converted, MUTANTS);
    assert_true(converted > 0 && converted < MUTANTS);
    free(copy);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(small_integers_keep_their_values),
        TEST(elements_keep_their_order_and_odd_counts),
        TEST(a_float_stays_two_words),
        TEST(objects_refer_to_each_other),
        TEST(hashes_end_with_what_the_image_saw),
        TEST(classes_are_found_by_oop_and_name),
        TEST(contexts_have_nil_above_their_stack),
        TEST(a_method_has_its_header_in_spurs_form),
        TEST(headers_come_back_from_spurs_form),
        TEST(other_lengths_are_refused),
        TEST(objects_outside_the_space_are_refused),
        TEST(sizes_beyond_the_space_are_refused),
        TEST(pointers_with_an_odd_byte_are_refused),
        TEST(missing_known_objects_are_refused),
        TEST(classes_that_are_no_objects_are_refused),
        TEST(references_that_lead_nowhere_are_refused),
        TEST(methods_without_their_literals_are_refused),
        TEST(methods_without_their_extension_are_refused),
        TEST(overlapping_objects_are_refused),
        TEST(other_files_are_not_taken_for_one),
        TEST(the_shared_image_has_its_classes_and_methods),
        TEST(mutants_do_no_harm),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
