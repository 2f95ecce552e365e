/* Code and contexts of images from before Spur, and the way back from what they became to the file. */
#include "tests/unit/import/v3_fixture.h"
#include "vm/object/v3_code.h"

/* --- code ------------------------------------------------------------------------------------------------------------- */

static void both_forms_of_a_header_give_the_other_back(void **state)
{
    (void)state;
    int64_t value = 1;
    for (unsigned bit = 0; bit < 31; bit++)
        for (unsigned other = 0; other < 31; other++) {
            int64_t bits = (int64_t)1 << bit | (int64_t)1 << other;
            int64_t header = bits >> 30 != 0 ? bits - ((int64_t)1 << 31) : bits;
            int64_t spur = v3_code_header_to_spur(header);
            assert_int_equal(v3_code_header_from_spur(spur), header);
            assert_int_equal(v3_code_header_to_spur(bits), spur);
        }
    for (size_t i = 0; i < 100000; i++) {
        value = (value * 1103515245 + 12345) & 0x7FFFFFFF;
        int64_t header = value - ((int64_t)1 << 30);
        assert_int_equal(v3_code_header_from_spur(v3_code_header_to_spur(header)), header);
    }
}

static void a_header_says_the_same_in_spurs_form(void **state)
{
    (void)state;
    const int64_t header = 541 - 512 + (1 << 28) + (17 << 9) + (1 << 17) + (5 << 18) + (3 << 24);
    const int64_t spur = 17 | CODE_HEADER_HAS_PRIMITIVE | CODE_HEADER_LARGE_FRAME |
                         5 << CODE_HEADER_TEMP_SHIFT | 3 << CODE_HEADER_ARGUMENT_SHIFT |
                         (int64_t)541 << CODE_HEADER_PRIMITIVE_SHIFT |
                         (int64_t)1 << CODE_HEADER_FLAGS_SHIFT;

    assert_int_equal(v3_code_header_to_spur(header), spur);
    assert_int_equal(v3_code_header_to_spur((int64_t)1 << 29),
                     (int64_t)2 << CODE_HEADER_FLAGS_SHIFT);
    assert_int_equal(v3_code_header_to_spur(255 << 9), 255);
}

static void code_keeps_its_literals_and_bytes(void **state)
{
    static const uint8_t bytes[] = {0x20, 0x76, 0xE0, 0x7C, 0x99};
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    uint32_t method = tiny_v3_add_method(image, 60 + (2 << 18), 2, bytes, sizeof bytes);
    tiny_v3_set(image, method, 1, tiny_v3_integer(-5));
    tiny_v3_set(image, method, 2, tiny_v3_oop(image->things));
    size_t kept = keep_object(fixture, method);

    widen(fixture);

    oop code = thing(fixture, kept);
    assert_int_equal(object_format(code), FORMAT_CODE + 3);
    assert_int_equal(object_slot_count(code), 4);
    assert_int_equal(v3_code_header_from_spur(code_header(code)), 60 + (2 << 18) + (2 << 9));
    assert_int_equal(code_literal_count(code), 2);
    assert_oop(object_slot(code, 1), oop_from_integer(-5));
    assert_oop(object_slot(code, 2), object_slot(fixture->specials, TINY_V3_THINGS_SPECIAL));
    assert_memory_equal(object_bytes(code) + 24, bytes, sizeof bytes);
}

/* --- contexts --------------------------------------------------------------------------------------------------------- */

static void contexts_keep_their_numbers(void **state)
{
    struct fixture *fixture = *state;
    size_t context = keep_object(fixture, fixture->image.context);
    size_t block = keep_object(fixture, fixture->image.block);

    widen(fixture);

    assert_shape(thing(fixture, context), CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE, 22);
    assert_oop(object_slot(thing(fixture, context), SLOT_CONTEXT_PC), oop_from_integer(9));
    assert_shape(thing(fixture, block), CLASS_BLOCK_CONTEXT, FORMAT_FIXED_INDEXABLE, 22);
    assert_oop(object_slot(thing(fixture, block), 4), oop_from_integer(9));
    assert_oop(object_slot(thing(fixture, block), 5), thing(fixture, context));
}

static void frames_of_the_oldest_images_grow(void **state)
{
    static const uint32_t counts[] = {18, 22, 23, 38, 62, 70};
    static const size_t grown[] = {22, 22, 62, 62, 62, 70};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 6; i++)
        keep_object(fixture, tiny_v3_add(&fixture->image,
                                         i % 2 == 0 ? V3_CLASS_CONTEXT : V3_CLASS_BLOCK_CONTEXT,
                                         TINY_V3_VARIABLE, counts[i]));

    widen(fixture);

    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(object_slot_count(thing(fixture, i)), grown[i]);
        assert_oop(object_slot(thing(fixture, i), grown[i] - 1), nil_of(fixture));
    }
}

/* Fills a frame with words that refer to nothing, but for its first two slots. */
static size_t keep_used_context(struct fixture *fixture, uint32_t stackp)
{
    struct tiny_v3 *image = &fixture->image;
    uint32_t context = tiny_v3_add(image, V3_CLASS_CONTEXT, TINY_V3_VARIABLE, 10);
    tiny_v3_set(image, context, SLOT_CONTEXT_STACKP, stackp);
    for (uint32_t i = 0; i < 4; i++)
        tiny_v3_set(image, context, SLOT_CONTEXT_FRAME + i,
                    i < 2 ? tiny_v3_integer(3) : 0xDEADBEEC);
    return keep_object(fixture, context);
}

static void what_is_above_the_stack_becomes_nil(void **state)
{
    struct fixture *fixture = *state;
    size_t used = keep_used_context(fixture, tiny_v3_integer(2));
    size_t dead = keep_used_context(fixture, tiny_v3_oop(fixture->image.nil));
    size_t wrong = keep_used_context(fixture, tiny_v3_integer(-1));

    widen(fixture);

    for (size_t i = 0; i < 4; i++) {
        size_t slot = SLOT_CONTEXT_FRAME + i;
        oop nil = nil_of(fixture);
        assert_oop(object_slot(thing(fixture, used), slot), i < 2 ? oop_from_integer(3) : nil);
        assert_oop(object_slot(thing(fixture, dead), slot), nil);
        assert_oop(object_slot(thing(fixture, wrong), slot), nil);
    }
}

/* --- places ----------------------------------------------------------------------------------------------------------- */

static void offsets_lead_back_to_the_file(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_v3 *image = &fixture->image;
    size_t kept = keep_object(fixture, tiny_v3_add_bytes(image, V3_CLASS_STRING, "here", 4));

    widen(fixture);

    uint64_t base = (uint64_t)(uintptr_t)fixture->data;
    oop things = object_slot(fixture->specials, TINY_V3_THINGS_SPECIAL);
    uint64_t slot = (uint64_t)(uintptr_t)&object_slots(things)[kept] - base;
    oop method = object_slot(object_slot(fixture->specials, SPECIAL_SCHEDULER_ASSOCIATION), 0);
    assert_oop(method, nil_of(fixture));
    assert_int_equal(import_file_offset(fixture->import, slot),
                     tiny_v3_place(image->things, (uint32_t)kept));
    assert_int_equal(import_file_offset(fixture->import, things.bits - base),
                     V3_HEADER_SIZE + image->things);
    oop lists = object_starting_at(object_limit(object_slot(fixture->specials, SPECIAL_TRUE)));
    assert_int_equal(import_file_offset(fixture->import, lists.bits - base), 16);
    oop page = object_starting_at(object_limit(object_starting_at(object_limit(lists))));
    uint64_t entry = (uint64_t)(uintptr_t)&object_slots(page)[CLASS_ARRAY] - base;
    assert_int_equal(import_file_offset(fixture->import, entry),
                     V3_HEADER_SIZE + image->classes[V3_CLASS_ARRAY]);
    assert_true(import_file_offset(fixture->import, import_size(fixture->import) - 8) <
                tiny_v3_file_size(image));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_OF_BOTH_ORDERS(both_forms_of_a_header_give_the_other_back),
        TEST_OF_BOTH_ORDERS(a_header_says_the_same_in_spurs_form),
        TEST_OF_BOTH_ORDERS(code_keeps_its_literals_and_bytes),
        TEST_OF_BOTH_ORDERS(contexts_keep_their_numbers),
        TEST_OF_BOTH_ORDERS(frames_of_the_oldest_images_grow),
        TEST_OF_BOTH_ORDERS(what_is_above_the_stack_becomes_nil),
        TEST_OF_BOTH_ORDERS(offsets_lead_back_to_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
