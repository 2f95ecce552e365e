/* The header word, overflow words, and the arithmetic of formats. */
#include "vm/object/known.h"
#include "vm/object/object.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { WORDS = 600 };

/* Lays an object down at start, with an overflow word where its slots need one. */
static oop lay_down(uint64_t *start, uint32_t class_index, unsigned format, size_t slot_count)
{
    if (slot_count >= OVERFLOW_SLOTS)
        *start++ = (uint64_t)OVERFLOW_SLOTS << HEADER_SLOTS_SHIFT | slot_count;
    *start = header_make(class_index, format, slot_count);
    return object_at_address(start);
}

static void the_fields_of_a_header_do_not_overlap(void **state)
{
    (void)state;
    uint64_t masks[] = {HEADER_CLASS_MASK, HEADER_IMMUTABLE, HEADER_FORMAT_MASK,
                        HEADER_REMEMBERED, HEADER_PINNED,    HEADER_GREY,
                        HEADER_HASH_MASK,  HEADER_AGE_MASK,  (uint64_t)0xFF << HEADER_SLOTS_SHIFT};
    uint64_t all = 0;

    for (size_t i = 0; i < COUNT(masks); i++) {
        assert_int_equal(all & masks[i], 0);
        all |= masks[i];
    }

    assert_int_equal(~all, (uint64_t)1 << 22);
}

static void a_header_gives_back_what_it_was_made_of(void **state)
{
    (void)state;
    uint64_t words[8] = {0};

    oop object = lay_down(words, CLASS_INDEX_LIMIT - 1, 31, 5);

    assert_int_equal(object_class_index(object), CLASS_INDEX_LIMIT - 1);
    assert_int_equal(oop_class_index(object), CLASS_INDEX_LIMIT - 1);
    assert_int_equal(object_format(object), 31);
    assert_int_equal(object_slot_count(object), 5);
    assert_int_equal(object_hash_bits(object), 0);
    assert_false(object_is_pinned(object) || object_is_immutable(object));
    assert_false(object_is_forwarder(object));
}

static void flags_and_hash_leave_the_other_fields_alone(void **state)
{
    (void)state;
    uint64_t words[8] = {0};
    oop object = lay_down(words, CLASS_ARRAY, FORMAT_INDEXABLE, 3);

    object_set_header(object, object_header(object) | HEADER_PINNED | HEADER_IMMUTABLE |
                                  (uint64_t)IDENTITY_HASH_MAX << HEADER_HASH_SHIFT |
                                  HEADER_AGE_MASK);

    assert_true(object_is_pinned(object));
    assert_true(object_is_immutable(object));
    assert_int_equal(object_hash_bits(object), IDENTITY_HASH_MAX);
    assert_int_equal(object_class_index(object), CLASS_ARRAY);
    assert_int_equal(object_format(object), FORMAT_INDEXABLE);
    assert_int_equal(object_slot_count(object), 3);
}

static void an_object_without_slots_takes_two_words(void **state)
{
    (void)state;
    uint64_t words[4] = {0};

    oop object = lay_down(words, CLASS_ARRAY, FORMAT_INDEXABLE, 0);

    assert_int_equal(object_size(object), 16);
    assert_ptr_equal(object_limit(object), words + 2);
    assert_int_equal(object_slot_count(object), 0);
}

static void assert_laid_down(size_t slot_count, size_t word_count)
{
    uint64_t words[WORDS] = {0};
    oop object = lay_down(words, CLASS_ARRAY, FORMAT_INDEXABLE, slot_count);

    assert_int_equal(object_slot_count(object), slot_count);
    assert_int_equal(object_size(object), word_count * 8);
    assert_int_equal(object_size_for_slots(slot_count), word_count * 8);
    assert_ptr_equal(object_start(object), words);
    assert_ptr_equal(object_limit(object), words + word_count);
    assert_true(oop_same(object_starting_at(words), object));
    assert_int_equal(object_has_overflow(object), slot_count >= 255);
    assert_ptr_equal(object_slots(object), object_words(object) + 1);
}

static void slot_counts_from_255_on_have_a_word_before_the_header(void **state)
{
    (void)state;

    assert_laid_down(1, 2);
    assert_laid_down(253, 254);
    assert_laid_down(254, 255);
    assert_laid_down(255, 257);
    assert_laid_down(256, 258);
    assert_laid_down(500, 502);
}

static void slot_counts_beyond_32_bits_are_kept(void **state)
{
    (void)state;
    uint64_t words[4] = {0};

    oop object = lay_down(words, CLASS_BYTE_ARRAY, FORMAT_BYTES, (size_t)1 << 40);

    assert_int_equal(object_slot_count(object), (size_t)1 << 40);
    assert_int_equal(object_size(object), (((size_t)1 << 40) + 2) * 8);
}

static void every_format_is_of_one_kind_at_most(void **state)
{
    (void)state;

    for (unsigned format = 0; format < 32; format++)
        assert_true(format_is_pointers(format) + format_is_bits(format) + format_is_code(format) <=
                    1);
    for (unsigned format = FORMAT_EMPTY; format <= FORMAT_EPHEMERON; format++)
        assert_true(format_is_pointers(format));
    assert_false(format_is_pointers(FORMAT_FORWARDED) || format_is_bits(FORMAT_FORWARDED));
    assert_true(format_is_bits(9) && format_is_bits(23) && !format_is_bits(8));
    assert_true(format_is_code(24) && format_is_code(31) && !format_is_code(23));
    assert_true(format_is_bytes(16) && format_is_bytes(23) && !format_is_bytes(24));
    assert_true(format_is_words32(10) && format_is_words32(11) && !format_is_words32(12));
}

static void low_bits_of_a_format_count_what_is_unused(void **state)
{
    (void)state;

    assert_int_equal(format_element_count(FORMAT_WORDS64, 3), 3);
    assert_int_equal(format_element_count(10, 3), 6);
    assert_int_equal(format_element_count(11, 3), 5);
    for (unsigned unused = 0; unused < 4; unused++)
        assert_int_equal(format_element_count(FORMAT_WORDS16 + unused, 2), 8 - unused);
    for (unsigned unused = 0; unused < 8; unused++) {
        assert_int_equal(format_element_count(FORMAT_BYTES + unused, 2), 16 - unused);
        assert_int_equal(format_element_count(FORMAT_CODE + unused, 2), 16 - unused);
    }
    assert_int_equal(format_element_count(FORMAT_BYTES, 0), 0);
}

static void all_slots_of_pointer_objects_hold_oops(void **state)
{
    (void)state;
    uint64_t words[WORDS] = {0};

    for (unsigned format = FORMAT_EMPTY; format <= FORMAT_EPHEMERON; format++)
        assert_int_equal(object_pointer_count(lay_down(words, 100, format, 300)), 300);
}

static void bits_hold_no_oops(void **state)
{
    (void)state;
    uint64_t words[8] = {0};

    for (unsigned format = FORMAT_WORDS64; format < FORMAT_CODE; format++)
        assert_int_equal(object_pointer_count(lay_down(words, 100, format, 4)), 0);
}

static void header_and_literals_of_code_hold_oops(void **state)
{
    (void)state;
    uint64_t words[12] = {0};
    oop code = lay_down(words, 100, FORMAT_CODE + 3, 8);
    int64_t header = SMALL_INTEGER_MIN | CODE_HEADER_HAS_PRIMITIVE | CODE_HEADER_LARGE_FRAME | 5;

    object_slot_init(code, 0, oop_from_integer(header));

    assert_int_equal(code_header(code), header);
    assert_int_equal(code_literal_count(code), 5);
    assert_int_equal(object_pointer_count(code), 6);
    assert_int_equal(object_byte_count(code), 61);
}

static void a_forwarder_holds_one_oop(void **state)
{
    (void)state;
    uint64_t words[12] = {0};

    oop forwarder = lay_down(words, CLASS_INDEX_FORWARDED, FORMAT_FORWARDED, 7);

    assert_true(object_is_forwarder(forwarder));
    assert_true(oop_is_forwarder(forwarder));
    assert_int_equal(object_pointer_count(forwarder), 1);
    assert_int_equal(object_size(forwarder), 64);
    assert_false(oop_is_forwarder(oop_from_integer(CLASS_INDEX_FORWARDED)));
}

static void a_class_format_names_fixed_slots_and_instances(void **state)
{
    (void)state;
    int64_t class_format = (int64_t)FORMAT_FIXED_INDEXABLE << 16 | 65535;

    assert_int_equal(class_format_fixed_count(class_format), 65535);
    assert_int_equal(class_format_spec(class_format), FORMAT_FIXED_INDEXABLE);
    assert_int_equal(class_format_spec((int64_t)31 << 16), 31);
    assert_int_equal(class_format_fixed_count((int64_t)31 << 16), 0);
}

static void the_known_indices_are_those_of_the_format(void **state)
{
    (void)state;

    assert_int_equal(CLASS_LARGE_NEGATIVE_INTEGER, 32);
    assert_int_equal(CLASS_LARGE_POSITIVE_INTEGER, 33);
    assert_int_equal(CLASS_BOXED_FLOAT, 34);
    assert_int_equal(CLASS_CONTEXT, 36);
    assert_int_equal(CLASS_BLOCK_CLOSURE, 37);
    assert_int_equal(CLASS_ARRAY, 51);
    assert_int_equal(HIDDEN_ROOTS_COUNT, HIDDEN_CLASS_PAGES + 8);
    assert_int_equal((uint32_t)HIDDEN_CLASS_PAGES * CLASS_PAGE_SLOTS, CLASS_INDEX_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fields_of_a_header_do_not_overlap),
        cmocka_unit_test(a_header_gives_back_what_it_was_made_of),
        cmocka_unit_test(flags_and_hash_leave_the_other_fields_alone),
        cmocka_unit_test(an_object_without_slots_takes_two_words),
        cmocka_unit_test(slot_counts_from_255_on_have_a_word_before_the_header),
        cmocka_unit_test(slot_counts_beyond_32_bits_are_kept),
        cmocka_unit_test(every_format_is_of_one_kind_at_most),
        cmocka_unit_test(low_bits_of_a_format_count_what_is_unused),
        cmocka_unit_test(all_slots_of_pointer_objects_hold_oops),
        cmocka_unit_test(bits_hold_no_oops),
        cmocka_unit_test(header_and_literals_of_code_hold_oops),
        cmocka_unit_test(a_forwarder_holds_one_oop),
        cmocka_unit_test(a_class_format_names_fixed_slots_and_instances),
        cmocka_unit_test(the_known_indices_are_those_of_the_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
