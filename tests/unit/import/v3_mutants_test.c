/*
 * Mutants of images from before Spur do no harm to their conversion: each is refused with a sentence, or becomes data whose objects
 * lie one behind the other, have a class, and refer to objects. Each is converted in a child with a time limit.
 */
#include "image/import/import.h"
#include "tests/unit/import/mutate32.h"
#include "tests/unit/import/tiny_v3.h"
#include "tests/unit/shared_image.h"

enum { MUTANTS_OF_SMALL = 250, MUTANTS_OF_LARGE = 60, HEADER_FIELDS_USED = 9, TIME_LIMIT_S = 60 };
enum { OUTCOME_REFUSED = 10, OUTCOME_CONVERTED = 11, OUTCOME_WRONG = 12 };

/* Data that were made for their own address. */
struct converted {
    uint64_t *data;
    uint64_t *limit; /* the bridge */
    uint8_t *starts; /* for each word: whether an object's header is there */
};

/* --- what conversion promises ----------------------------------------------------------------------------------------- */

static bool is_reference(const struct converted *converted, oop value)
{
    uint64_t place = (value.bits - (uint64_t)(uintptr_t)converted->data) / 8;
    if ((value.bits & TAG_MASK) == TAG_INTEGER)
        return true;
    return (value.bits & TAG_MASK) == TAG_OBJECT &&
           place < (uint64_t)(converted->limit - converted->data) && converted->starts[place] == 1;
}

static oop entry_of_class(const struct converted *converted, uint32_t index)
{
    oop lists = object_starting_at(converted->data + 6);
    oop roots = object_starting_at(object_limit(lists));
    return object_slot(object_slot(roots, index / CLASS_PAGE_SLOTS), index % CLASS_PAGE_SLOTS);
}

static bool is_sound_object(const struct converted *converted, oop object)
{
    uint32_t index = object_class_index(object);
    if (index >= CLASS_HIDDEN_LIMIT &&
        (entry_of_class(converted, index).bits == (uint64_t)(uintptr_t)converted->data ||
         object_hash_bits(object) == 0))
        return false;
    if (object_format(object) == FORMAT_WORDS64)
        return true;
    if (format_is_code(object_format(object)) &&
        (!oop_is_integer(object_slot(object, 0)) ||
         object_pointer_count(object) > object_slot_count(object)))
        return false;
    for (size_t i = 0; i < object_pointer_count(object); i++)
        if (!is_reference(converted, object_slot(object, i)))
            return false;
    return true;
}

static bool is_sound(struct converted *converted)
{
    for (uint64_t *at = converted->data; at < converted->limit;) {
        oop object = object_starting_at(at);
        converted->starts[object_words(object) - converted->data] = 1;
        at = object_limit(object);
        if (at > converted->limit)
            return false;
    }
    for (uint64_t *at = converted->data; at < converted->limit;) {
        oop object = object_starting_at(at);
        if (!is_sound_object(converted, object)) {
            fprintf(stderr, "# the object at %td of the data is not sound\n",
                    object_words(object) - converted->data);
            return false;
        }
        at = object_limit(object);
    }
    return true;
}

/* In the child. */
static int outcome(const struct subject *subject, const void *context)
{
    (void)context;
    struct status status = {STATUS_OK, ""};
    uint8_t *bytes = malloc(subject->mutated_size + 1);
    if (bytes == NULL)
        return OUTCOME_WRONG;
    memcpy(bytes, subject->bytes, subject->mutated_size);
    struct import *import = import_open("mutant", bytes, subject->mutated_size, &status);
    if (import == NULL) {
        free(bytes);
        return status.code != STATUS_OK && status.sentence[0] != '\0' ? OUTCOME_REFUSED
                                                                      : OUTCOME_WRONG;
    }
    size_t size = (size_t)import_size(import);
    uint64_t *data = malloc(size);
    struct converted converted = {data, data + size / 8 - 2, calloc(size / 8, 1)};
    if (data == NULL || converted.starts == NULL)
        return OUTCOME_WRONG;
    bool good = import_write(import, data, (uint64_t)(uintptr_t)data);
    int result = good ? is_sound(&converted) ? OUTCOME_CONVERTED : OUTCOME_WRONG
                 : tells_offset_and_rule(&status) ? OUTCOME_REFUSED
                                                  : OUTCOME_WRONG;
    for (uint64_t i = 0; i < size; i += size / 97 / 8 * 8 + 8)
        if (import_file_offset(import, i) > subject->mutated_size)
            result = OUTCOME_WRONG;
    import_close(import);
    free(data);
    free(converted.starts);
    free(bytes);
    return result;
}

/* --- damage ----------------------------------------------------------------------------------------------------------- */

/* Magic and sizes as they would be for a file of this length. */
static void set_right_v3(struct subject *subject)
{
    if (subject->mutated_size < V3_HEADER_SIZE + 64)
        return;
    subject->mutated_size &= ~(size_t)3;
    uint32_t size = (uint32_t)subject->mutated_size - V3_HEADER_SIZE;
    bool is_big_endian = subject->original[0] == 0;
    memcpy(subject->bytes, subject->original, 8);
    memcpy(subject->bytes + 12, subject->original + 12, 8);
    size = is_big_endian ? __builtin_bswap32(size) : size;
    memcpy(subject->bytes + 8, &size, sizeof size);
}

/* MUTANTS=1000 in the environment tries as many of each. */
static void assert_survive(struct subject *subject, size_t count)
{
    size_t refused = 0;
    size_t converted = 0;
    count = number_given("MUTANTS", count);
    for (size_t i = 0; i < count; i++) {
        mutate32(subject, i / 2, HEADER_FIELDS_USED);
        if (i % 2 == 0)
            set_right_v3(subject);
        int result = outcome_in_child(subject, TIME_LIMIT_S, outcome, NULL);
        if (result != OUTCOME_REFUSED && result != OUTCOME_CONVERTED) {
            write_mutant(subject);
            fail_msg("mutant %zu ended with %d; it is %s", i, result, subject->path);
        }
        refused += result == OUTCOME_REFUSED;
        converted += result == OUTCOME_CONVERTED;
    }
    print_message("# %zu mutants refused, %zu converted and sound\n", refused, converted);
    assert_true(refused > 0 && converted > 0);
}

/* The smallest image, with more objects of each kind behind it: mutate.h wants a few thousand bytes. */
static void mutate_tiny(struct subject *subject, bool is_big_endian)
{
    static const uint8_t code[] = {16, 124};
    struct tiny_v3 *image = calloc(1, sizeof *image);
    assert_non_null(image);
    tiny_v3_begin(image, is_big_endian);
    for (uint32_t i = 0; i < 40; i++) {
        uint32_t array = tiny_v3_add(image, V3_CLASS_ARRAY, TINY_V3_ARRAY, 1 + i * 2);
        tiny_v3_set(image, array, i, tiny_v3_oop(image->things));
        tiny_v3_add_bytes(image, V3_CLASS_STRING, "a string of the image", i % 20);
        tiny_v3_add_method(image, 1 << 18, i % 5, code, sizeof code);
        tiny_v3_add(image, V3_CLASS_WORDS, TINY_V3_WORDS, i);
        tiny_v3_add(image, V3_CLASS_FIXED4, TINY_V3_FIXED, 4);
    }
    tiny_v3_finish(image);
    FILE *file = fopen(subject->path, "wb");
    size_t size = tiny_v3_file_size(image);
    assert_non_null(file);
    assert_int_equal(fwrite(image->file, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    free(image);
    subject_read(subject, subject->path);

    assert_survive(subject, MUTANTS_OF_SMALL);
}

static void mutants_of_the_smallest_image_do_no_harm(void **state)
{
    mutate_tiny(*state, false);
}

static void mutants_of_the_smallest_big_endian_image_do_no_harm(void **state)
{
    mutate_tiny(*state, true);
}

static void mutate_shared(struct subject *subject, const char *name, size_t count)
{
    char path[SHARED_PATH_SIZE];
    shared_image(name, path);
    subject_read(subject, path);

    assert_survive(subject, count);
}

static void mutants_of_a_kernel_with_closures_do_no_harm(void **state)
{
    mutate_shared(*state, "v3-closures-bootstrapped.image", MUTANTS_OF_SMALL);
}

static void mutants_of_an_image_with_a_desktop_do_no_harm(void **state)
{
    mutate_shared(*state, "v3-mini.image", MUTANTS_OF_LARGE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, subject_begin, subject_end)
    const struct CMUnitTest tests[] = {
        TEST(mutants_of_the_smallest_image_do_no_harm),
        TEST(mutants_of_the_smallest_big_endian_image_do_no_harm),
        TEST(mutants_of_a_kernel_with_closures_do_no_harm),
        TEST(mutants_of_an_image_with_a_desktop_do_no_harm),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
