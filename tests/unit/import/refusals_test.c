/* Each rule about 32-bit images refuses the damage it is for, with its own sentence and the offset in the file. */
#include "image/format/describe.h"
#include "tests/unit/import/assert_sentence.h"
#include "tests/unit/import/tiny32.h"

#include <stdlib.h>

struct fixture {
    struct tiny32 image;
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
    free(*state);
    return 0;
}

static bool check(struct fixture *fixture)
{
    struct image_description description;
    fixture->status = (struct status){STATUS_OK, ""};
    return image_check_bytes("tiny.image", (const uint8_t *)fixture->image.file,
                             tiny32_file_size(&fixture->image), &description, &fixture->status);
}

/* Finishes the image once and sees it pass. */
static void finish(struct fixture *fixture)
{
    tiny32_finish(&fixture->image);
    if (!check(fixture))
        fail_msg("%s", fixture->status.sentence);
}

/* Puts a word somewhere, sees the image refused with the sentence for the offset in the file, and takes it back. */
static void assert_refused(struct fixture *fixture, uint32_t *word, uint32_t value, uint64_t offset,
                           const char *wanted)
{
    uint32_t before = *word;
    *word = value;
    assert_false(check(fixture));
    assert_sentence(&fixture->status, offset, wanted);
    *word = before;
    assert_true(check(fixture));
}

/* The same for the word itself. */
static void assert_word_refused(struct fixture *fixture, uint32_t *word, uint32_t value,
                                const char *wanted)
{
    uint64_t offset = (uint64_t)((const char *)word - (const char *)fixture->image.file);
    assert_refused(fixture, word, value, offset, wanted);
}

/* The same for a word of an object, whose header is named. */
static void assert_object_refused(struct fixture *fixture, uint32_t object, uint32_t *word,
                                  uint32_t value, const char *wanted)
{
    assert_refused(fixture, word, value, SPUR32_HEADER_SIZE + object, wanted);
}

/* --- header and segments ---------------------------------------------------------------------------------------------- */

static void sizes_in_the_header_must_fit_the_file(void **state)
{
    struct fixture *fixture = *state;
    finish(fixture);
    uint32_t *file = fixture->image.file;

    assert_word_refused(fixture, &file[1], 128, "a header of 64 bytes");
    assert_word_refused(fixture, &file[2], 12, "a size of data that is a multiple of 8");
    assert_word_refused(fixture, &file[2], file[2] + 8, "data up to the end of the file");
    assert_word_refused(fixture, &file[3], 0xFFFFFFF8, "a base address");
    assert_word_refused(fixture, &file[3], TINY32_BASE + 4, "a base address");
    assert_word_refused(fixture, &file[4], 8, "the address of the special objects");
    assert_word_refused(fixture, &file[12], file[2] + 8, "a first segment inside the data");
    assert_word_refused(fixture, &file[13], 0xFFFFFFFF, "no more free memory than data");
}

static void a_file_of_a_few_bytes_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct image_description description;
    finish(fixture);

    for (size_t size = 0; size < 80; size++) {
        fixture->status = (struct status){STATUS_OK, ""};
        assert_false(image_check_bytes("tiny.image", (const uint8_t *)fixture->image.file, size,
                                       &description, &fixture->status));
        assert_int_equal(fixture->status.code, STATUS_IMAGE);
    }
}

static void bridges_must_lead_from_segment_to_segment(void **state)
{
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    tiny32_add_bridge(image, 64);
    uint32_t bridge = image->used - 16;
    tiny32_add(image, CLASS_ARRAY, FORMAT_INDEXABLE, 2);
    finish(fixture);

    assert_word_refused(fixture, tiny32_word(image, bridge), 0x7,
                        "an address for the next segment");
    assert_refused(fixture, tiny32_word(image, bridge + 4), 0, SPUR32_HEADER_SIZE + bridge,
                   "a bridge at the end of the segment");
    assert_word_refused(fixture, tiny32_word(image, bridge + 8), 0x10000000,
                        "a segment inside the data");
    assert_refused(fixture, tiny32_word(image, bridge + 8), 0, SPUR32_HEADER_SIZE + bridge + 16,
                   "the end of the data after the last segment");
}

/* --- objects ---------------------------------------------------------------------------------------------------------- */

static void an_object_must_end_inside_its_segment(void **state)
{
    struct fixture *fixture = *state;
    finish(fixture);
    uint32_t last = fixture->image.specials;

    assert_object_refused(fixture, last, tiny32_word(&fixture->image, last + 4), 200u << 24,
                          "an object that ends before its segment");
}

static void an_overflow_count_must_be_followed_by_its_header(void **state)
{
    struct fixture *fixture = *state;
    finish(fixture);
    uint32_t overflow = fixture->image.roots - 8;

    assert_word_refused(fixture, tiny32_word(&fixture->image, overflow), 3,
                        "an overflow count of at least 255");
    assert_refused(fixture, tiny32_word(&fixture->image, overflow + 12), 0,
                   SPUR32_HEADER_SIZE + overflow, "an overflow count of at least 255");
}

static void formats_are_those_of_32_bit_images(void **state)
{
    static const unsigned formats[] = {6, 7, 8, 11, 14, 15, 20, 23, 28, 31};
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    uint32_t empty = tiny32_add(image, CLASS_BYTE_STRING, FORMAT_BYTES, 0);
    finish(fixture);
    uint32_t *header = tiny32_word(image, image->selector);

    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        assert_object_refused(fixture, image->selector, header,
                              (uint32_t)header_make(CLASS_BYTE_STRING, formats[i], 0),
                              "an object format of 32-bit Spur");
    assert_object_refused(fixture, image->selector, header,
                          (uint32_t)header_make(CLASS_BYTE_STRING, FORMAT_WORDS64, 0),
                          "as many slots as the object's format needs");
    assert_object_refused(fixture, empty, tiny32_word(image, empty),
                          (uint32_t)header_make(CLASS_BYTE_STRING, FORMAT_BYTES + 1, 0),
                          "as many slots as the object's format needs");
}

static void class_indices_are_hidden_ones_or_in_the_table(void **state)
{
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    finish(fixture);
    uint32_t *header = tiny32_word(image, image->selector);

    assert_object_refused(fixture, image->selector, header,
                          (uint32_t)header_make(8, FORMAT_BYTES + 1, 0),
                          "a class index of an object in a file");
    assert_object_refused(fixture, image->selector, header,
                          (uint32_t)header_make(2000, FORMAT_BYTES + 1, 0),
                          "a class index that is in the class table");
}

static void references_lead_to_objects(void **state)
{
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    finish(fixture);
    uint32_t *slot = tiny32_slot(image, image->things, 3);

    assert_word_refused(fixture, slot, TINY32_BASE + image->selector + 8,
                        "an immediate or the address of an object");
    assert_word_refused(fixture, slot, TINY32_BASE + image->page,
                        "an immediate or the address of an object");
    assert_word_refused(fixture, slot, 0, "an immediate or the address of an object");
    assert_word_refused(fixture, slot, 0xFFFFFFF8, "an immediate or the address of an object");
}

static void literals_fit_in_code(void **state)
{
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    finish(fixture);
    uint32_t *header = tiny32_slot(image, image->method, 0);

    assert_object_refused(fixture, image->method, header, tiny32_integer(0x7FFF),
                          "the header of a compiled method");
    assert_object_refused(fixture, image->method, header, TINY32_BASE,
                          "the header of a compiled method");
}

/* --- roots ------------------------------------------------------------------------------------------------------------ */

static void the_first_objects_are_what_they_must_be(void **state)
{
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    finish(fixture);
    uint32_t lists = 48;

    assert_object_refused(fixture, lists, tiny32_word(image, lists),
                          (uint32_t)header_make(19, FORMAT_WORDS32, 0), "the free lists");
    assert_object_refused(fixture, image->roots, tiny32_word(image, image->roots),
                          (uint32_t)header_make(17, FORMAT_INDEXABLE, 0), "the hidden roots");
    assert_refused(fixture, tiny32_word(image, 16),
                   (uint32_t)header_make(CLASS_HIDDEN_ARRAY, FORMAT_INDEXABLE, 0),
                   SPUR32_HEADER_SIZE, "nil, false, true, the free lists and the hidden roots");
    assert_object_refused(fixture, 16, tiny32_word(image, 16),
                          (uint32_t)header_make(TINY32_FALSE, FORMAT_FIXED, 0),
                          "nil, false or true");
}

static void the_class_table_is_of_pages_of_classes(void **state)
{
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    finish(fixture);

    assert_word_refused(fixture, tiny32_slot(image, image->roots, 0), TINY32_BASE + image->selector,
                        "a page of the class table");
    assert_word_refused(fixture, tiny32_slot(image, image->page, 70), tiny32_integer(1),
                        "a class or nil in the class table");
    assert_word_refused(fixture, tiny32_slot(image, image->page, 70), TINY32_BASE + 4,
                        "a class or nil in the class table");
    assert_object_refused(fixture, image->classes[CLASS_ARRAY],
                          tiny32_word(image, image->classes[CLASS_ARRAY] + 4), 3u << 24 | 77,
                          "a class whose hash is its index");
}

static void the_mourn_queue_ends(void **state)
{
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    uint32_t page = tiny32_add(image, 18, FORMAT_WORDS32, 4092);
    finish(fixture);
    uint32_t *root = tiny32_slot(image, image->roots, HIDDEN_MOURN_QUEUE);

    assert_word_refused(fixture, root, TINY32_BASE + image->selector, "a page of the mourn queue");
    *root = TINY32_BASE + page;
    assert_word_refused(fixture, tiny32_slot(image, page, 3), TINY32_BASE + page,
                        "a page of the mourn queue");
    assert_refused(fixture, tiny32_slot(image, page, 0), 1, tiny32_place(page, 4),
                   "an object in the mourn queue");
}

static void special_objects_are_an_array(void **state)
{
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    uint32_t few = tiny32_add(image, CLASS_ARRAY, FORMAT_INDEXABLE, 10);
    finish(fixture);

    assert_word_refused(fixture, &image->file[4], TINY32_BASE + image->selector,
                        "the address of an Array of special objects");
    assert_word_refused(fixture, &image->file[4], TINY32_BASE + few, "special objects");
}

/* --- rules of the checker, with offsets of the file -------------------------------------------------------------------- */

static void what_the_checker_finds_is_named_by_its_place_in_the_file(void **state)
{
    struct fixture *fixture = *state;
    struct tiny32 *image = &fixture->image;
    finish(fixture);
    uint8_t *code = (uint8_t *)tiny32_slot(image, image->method, 2);

    assert_word_refused(fixture, tiny32_slot(image, image->context, SLOT_CONTEXT_PC),
                        tiny32_integer(100), "a pc at an instruction of the method");
    assert_word_refused(fixture, tiny32_slot(image, image->process, SLOT_PROCESS_PRIORITY),
                        tiny32_integer(-1), "a priority");
    code[1] = 16; /* push literal variable 0 */
    assert_false(check(fixture));
    assert_sentence(&fixture->status, tiny32_place(image->method, 2) + 1, "a literal variable");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(sizes_in_the_header_must_fit_the_file),
        TEST(a_file_of_a_few_bytes_is_refused),
        TEST(bridges_must_lead_from_segment_to_segment),
        TEST(an_object_must_end_inside_its_segment),
        TEST(an_overflow_count_must_be_followed_by_its_header),
        TEST(formats_are_those_of_32_bit_images),
        TEST(class_indices_are_hidden_ones_or_in_the_table),
        TEST(references_lead_to_objects),
        TEST(literals_fit_in_code),
        TEST(the_first_objects_are_what_they_must_be),
        TEST(the_class_table_is_of_pages_of_classes),
        TEST(the_mourn_queue_ends),
        TEST(special_objects_are_an_array),
        TEST(what_the_checker_finds_is_named_by_its_place_in_the_file),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
