/* Elements, streams, instances, methods, oops, clocks and input of Smalltalk-80. */
#include "tests/unit/primitives/world80.h"
#include "vm/object/st80_code.h"

#include <time.h>

static void set(struct world *world, oop object, size_t slot, oop value)
{
    heap_store(world->heap, object, slot, value);
}

static oop class_of_specials(struct world *world, enum special_object class)
{
    return heap_special(world->heap, class);
}

/* --- elements --------------------------------------------------------------------------------------------------------------- */

static void bytes_words_and_pointers_are_elements(void **state)
{
    struct world *world = *state;
    oop words = words80(world, 3);
    oop pointers = CALL(world, 71, class80(world, TINY80_CLASS_POINTERS), small(2));

    assert_int_equal(value80(CALL0(world, 62, words)), 3);
    assert_int_equal(value80(CALL0(world, 62, pointers)), 2);
    assert_int_equal(value80(CALL0(world, 62, string80(world, "abcde"))), 5);
    assert_int_equal(value80(CALL(world, 60, string80(world, "abc"), small(2))), 'b');
    CALL(world, 61, words, small(3), word80(world, 65535));
    assert_int_equal(words_of(words)[2], 65535);
    assert_int_equal(value80(CALL(world, 60, words, small(3))), 65535);
    CALL(world, 61, pointers, small(1), words);
    assert_oop(object_slot(pointers, 2), words);
    assert_oop(CALL(world, 60, pointers, small(1)), words);
}

static void objects_without_elements_have_none(void **state)
{
    struct world *world = *state;
    oop pair = CALL0(world, 70, class80(world, TINY80_CLASS_PAIR));
    assert_int_equal(value80(CALL0(world, 62, pair)), 0);
    assert_oop(CALL(world, 60, pair, small(1)), NO_OOP);
    assert_oop(CALL0(world, 62, small(1)), NO_OOP);
    assert_oop(CALL(world, 60, small(1), small(1)), NO_OOP);
}

static void large_sizes_and_indices_are_large_integers(void **state)
{
    struct world *world = *state;
    oop string =
        CALL(world, 71, class_of_specials(world, SPECIAL_CLASS_BYTE_STRING), word80(world, 20000));
    assert_int_equal(value80(CALL0(world, 62, string)), 20000);
    CALL(world, 64, string, word80(world, 20000), character80(world, 'z'));
    assert_oop(CALL(world, 63, string, word80(world, 20000)), character80(world, 'z'));
    assert_oop(CALL(world, 63, string, word80(world, 20001)), NO_OOP);
}

static void elements_outside_or_of_another_kind_fail(void **state)
{
    struct world *world = *state;
    oop words = words80(world, 3);
    oop string = string80(world, "abc");
    assert_oop(CALL(world, 60, words, small(0)), NO_OOP);
    assert_oop(CALL(world, 60, words, small(4)), NO_OOP);
    assert_oop(CALL(world, 60, words, small(-1)), NO_OOP);
    assert_oop(CALL(world, 60, words, words), NO_OOP);
    assert_oop(CALL(world, 61, words, small(1), small(-1)), NO_OOP);
    assert_oop(CALL(world, 61, string, small(1), small(256)), NO_OOP);
    assert_oop(CALL(world, 64, string, small(1), small(65)), NO_OOP);
    assert_oop(CALL(world, 63, words, small(1)), NO_OOP);
    assert_memory_equal(object_bytes(string), "abc", 3);
}

static void strings_have_characters_of_the_table(void **state)
{
    struct world *world = *state;
    oop string = string80(world, "abc");
    assert_oop(CALL(world, 63, string, small(3)), character80(world, 'c'));
    CALL(world, 64, string, small(1), character80(world, 255));
    assert_int_equal(object_bytes(string)[0], 255);
}

static void elements_are_copied(void **state)
{
    struct world *world = *state;
    oop string = string80(world, "abcdef");
    oop words = words80(world, 4);
    CALL(world, 105, string, small(2), small(6), string, small(1));
    assert_memory_equal(object_bytes(string), "aabcde", 6);
    words_of(words)[3] = 77;
    CALL(world, 105, words, small(1), small(1), words, small(4));
    assert_int_equal(words_of(words)[0], 77);
    CALL(world, 105, string, small(1), small(0), string, small(1));
    assert_int_equal(world->result, PRIM_OK);
    assert_oop(CALL(world, 105, string, small(1), small(2), words, small(1)), NO_OOP);
    assert_oop(CALL(world, 105, string, small(5), small(7), string, small(1)), NO_OOP);
    assert_oop(CALL(world, 105, string, small(1), small(2), string, small(6)), NO_OOP);
    assert_oop(CALL(world, 105, string, small(0), small(2), string, small(1)), NO_OOP);
}

/* --- streams ---------------------------------------------------------------------------------------------------------------- */

static oop stream_on(struct world *world, oop collection, int64_t limit)
{
    oop stream = CALL0(world, 70, class80(world, TINY80_CLASS_FORM));
    set(world, stream, 0, collection);
    set(world, stream, 1, small(0));
    set(world, stream, 2, small(limit));
    set(world, stream, 3, small(limit));
    return stream;
}

static void streams_read_to_their_limit(void **state)
{
    struct world *world = *state;
    oop stream = stream_on(world, string80(world, "abc"), 2);
    assert_oop(CALL0(world, 67, stream), world->heap->false_object);
    assert_oop(CALL0(world, 65, stream), character80(world, 'a'));
    assert_oop(CALL0(world, 65, stream), character80(world, 'b'));
    assert_oop(CALL0(world, 65, stream), NO_OOP);
    assert_oop(CALL0(world, 67, stream), world->heap->true_object);
    assert_oop(object_slot(stream, 1), small(2));
}

static void streams_end_where_their_collection_does(void **state)
{
    struct world *world = *state;
    oop array = CALL(world, 71, class_of_specials(world, SPECIAL_CLASS_ARRAY), small(1));
    oop stream = stream_on(world, array, 5);
    set(world, array, 0, small(9));
    assert_oop(CALL0(world, 65, stream), small(9));
    assert_oop(CALL0(world, 65, stream), NO_OOP);
    assert_oop(CALL0(world, 67, stream), world->heap->true_object);
}

static void streams_write_to_their_limit(void **state)
{
    struct world *world = *state;
    oop string = string80(world, "abc");
    oop stream = stream_on(world, string, 1);
    assert_oop(CALL(world, 66, stream, small(120)), NO_OOP);
    assert_oop(CALL(world, 66, stream, character80(world, 'x')), character80(world, 'x'));
    assert_oop(CALL(world, 66, stream, character80(world, 'y')), NO_OOP);
    assert_memory_equal(object_bytes(string), "xbc", 3);
}

static void streams_on_other_collections_are_left_to_the_image(void **state)
{
    struct world *world = *state;
    oop stream = stream_on(world, words80(world, 3), 3);
    assert_oop(CALL0(world, 65, stream), NO_OOP);
    assert_oop(CALL(world, 66, stream, small(1)), NO_OOP);
    assert_oop(CALL0(world, 67, stream), NO_OOP);
}

/* --- instances and oops ----------------------------------------------------------------------------------------------------- */

static void instances_are_made_by_the_class_format(void **state)
{
    struct world *world = *state;
    oop pair = CALL0(world, 70, class80(world, TINY80_CLASS_PAIR));
    assert_int_equal(object_slot_count(pair), 2);
    assert_oop(object_slot(pair, 1), world->heap->nil);
    assert_int_equal(object_byte_count(words80(world, 5)), 5);
    assert_int_equal(words_of(words80(world, 5))[4], 0);
    oop pointers = CALL(world, 71, class80(world, TINY80_CLASS_POINTERS), small(3));
    assert_int_equal(object_slot_count(pointers), 5);
}

static void classes_of_another_shape_make_no_instances(void **state)
{
    struct world *world = *state;
    assert_oop(CALL0(world, 70, class80(world, TINY80_CLASS_WORDS)), NO_OOP);
    assert_oop(CALL(world, 71, class80(world, TINY80_CLASS_PAIR), small(1)), NO_OOP);
    assert_oop(CALL(world, 71, class80(world, TINY80_CLASS_WORDS), small(-1)), NO_OOP);
    assert_oop(CALL(world, 71, class80(world, ST80_CLASS_COMPILED_METHOD), small(5)), NO_OOP);
    assert_oop(CALL0(world, 70, class_of_specials(world, SPECIAL_CLASS_SMALL_INTEGER)), NO_OOP);
    assert_oop(CALL0(world, 70, small(1)), NO_OOP);
}

static void new_contexts_have_one_of_two_sizes(void **state)
{
    struct world *world = *state;
    oop class = class_of_specials(world, SPECIAL_CLASS_CONTEXT);
    assert_int_equal(object_slot_count(CALL(world, 71, class, small(12))),
                     SLOT_CONTEXT_FRAME + CONTEXT_SMALL_FRAME);
    assert_int_equal(object_slot_count(CALL(world, 71, class, small(32))),
                     SLOT_CONTEXT_FRAME + CONTEXT_LARGE_FRAME);
    assert_oop(CALL(world, 71, class, small(57)), NO_OOP);
}

static void contexts_have_the_slots_of_their_frame(void **state)
{
    struct world *world = *state;
    oop class = class_of_specials(world, SPECIAL_CLASS_CONTEXT);
    oop context = CALL(world, 71, class, small(12));
    assert_int_equal(value80(CALL0(world, 62, context)), 12);
    assert_int_equal(value80(CALL0(world, 62, CALL(world, 71, class, small(13)))), 32);
    set(world, context, SLOT_CONTEXT_STACKP, small(2));
    assert_oop(CALL(world, 61, context, small(2), small(5)), small(5));
    assert_oop(CALL(world, 60, context, small(2)), small(5));
    assert_oop(CALL(world, 60, context, small(3)), world->heap->nil);
    assert_oop(CALL(world, 61, context, small(12), small(7)), small(7));
    assert_oop(CALL(world, 60, context, small(12)), small(7));
    assert_oop(CALL(world, 60, context, small(17)), NO_OOP);
    assert_oop(CALL(world, 60, context, small(0)), NO_OOP);
}

static void oops_are_what_the_image_saw(void **state)
{
    struct world *world = *state;
    struct heap *heap = world->heap;
    assert_oop(CALL0(world, 75, heap->nil), small(ST80_NIL / 2));
    assert_oop(CALL0(world, 75, world->things), small(TINY80_THINGS_OOP / 2));
    assert_oop(CALL0(world, 75, class80(world, TINY80_CLASS_PAIR)), small(TINY80_CLASS_PAIR / 2));
    assert_oop(CALL0(world, 75, class_of_specials(world, SPECIAL_CLASS_ARRAY)),
               small(ST80_CLASS_ARRAY / 2));
    assert_oop(CALL0(world, 75, small(3)), NO_OOP);
    for (int64_t i = 1; i < 48; i++) {
        oop object = CALL0(world, 76, small(i));
        if (!oop_is_none(object))
            assert_oop(CALL0(world, 75, object), small(i));
    }
    assert_oop(CALL0(world, 76, small(TINY80_THINGS_OOP / 2)), world->things);
    assert_oop(CALL0(world, 76, small(-5)), NO_OOP);
}

static void new_objects_have_oops_with_a_sign(void **state)
{
    struct world *world = *state;
    bool is_negative = false;
    for (int i = 0; i < 100; i++) {
        oop object = CALL0(world, 70, class80(world, TINY80_CLASS_PAIR));
        oop number = CALL0(world, 75, object);
        assert_int_equal(value80(number) & 0x7FFF,
                         heap_identity_hash(world->heap, object) & 0x7FFF);
        is_negative |= value80(number) < 0;
    }
    assert_true(is_negative);
}

/* --- methods ---------------------------------------------------------------------------------------------------------------- */

static void methods_are_made_from_a_header(void **state)
{
    struct world *world = *state;
    int64_t header = (2 << 12 | 5 << 7 | 1 << 6 | 3) & 0x7FFF;
    oop method =
        CALL(world, 79, class80(world, ST80_CLASS_COMPILED_METHOD), small(5), small(header));

    assert_int_equal(object_byte_count(method), 4 * 8 + 5);
    assert_int_equal(code_literal_count(method), 3);
    assert_oop(CALL(world, 68, method, small(1)), small(header));
    assert_oop(CALL(world, 68, method, small(4)), world->heap->nil);
    assert_oop(CALL(world, 68, method, small(5)), NO_OOP);
    assert_oop(CALL(world, 68, world->things, small(1)), NO_OOP);
}

static void the_extension_is_part_of_a_methods_header(void **state)
{
    struct world *world = *state;
    int64_t header = (7 << 12 | 2) - (1 << 15);
    oop method =
        CALL(world, 79, class80(world, ST80_CLASS_COMPILED_METHOD), small(1), small(header));
    assert_oop(CALL(world, 68, method, small(1)), small(header));
    CALL(world, 69, method, small(2), small(2 << 8 | 60));
    assert_int_equal(code_header(method) >> CODE_HEADER_PRIMITIVE_SHIFT & 0xFFFF, 60);
    assert_int_equal(code_header(method) >> CODE_HEADER_ARGUMENT_SHIFT & 15, 2);
    CALL(world, 69, method, small(1), small(1 << 12 | 2));
    assert_int_equal(code_header(method) >> CODE_HEADER_PRIMITIVE_SHIFT & 0xFFFF, 0);
    assert_oop(CALL(world, 68, method, small(1)), small(1 << 12 | 2));
    assert_oop(CALL(world, 69, method, small(1), small(3)), NO_OOP);
}

static void bytes_of_methods_are_counted_with_their_literals(void **state)
{
    struct world *world = *state;
    oop method = CALL(world, 79, class80(world, ST80_CLASS_COMPILED_METHOD), small(5), small(3));
    assert_int_equal(value80(CALL0(world, 62, method)), 8 + 5);
    CALL(world, 61, method, small(9), small(120));
    assert_int_equal(object_bytes(method)[4 * 8], 120);
    assert_oop(CALL(world, 60, method, small(9)), small(120));
    assert_oop(CALL(world, 60, method, small(8)), NO_OOP);
    assert_oop(CALL(world, 61, method, small(8), small(1)), NO_OOP);
    assert_oop(CALL(world, 60, method, small(14)), NO_OOP);
}

/* --- system ----------------------------------------------------------------------------------------------------------------- */

static void clocks_fill_four_bytes(void **state)
{
    struct world *world = *state;
    oop bytes = heap_allocate_bytes(world->heap, CLASS_LARGE_POSITIVE_INTEGER, 4);
    uint32_t first, second;
    CALL(world, 98, world->heap->nil, bytes);
    memcpy(&first, object_bytes(bytes), sizeof first);
    uint32_t now = (uint32_t)(time(NULL) + INT64_C(2177452800));
    assert_true(first - now + 24 * 3600 < 48 * 3600);
    CALL(world, 99, world->heap->nil, bytes);
    memcpy(&first, object_bytes(bytes), sizeof first);
    const struct timespec wait = {0, 3000000};
    nanosleep(&wait, NULL);
    CALL(world, 99, world->heap->nil, bytes);
    memcpy(&second, object_bytes(bytes), sizeof second);
    assert_in_range(second - first, 2, 2000);
    assert_oop(CALL(world, 98, world->heap->nil, string80(world, "abc")), NO_OOP);
    assert_oop(CALL(world, 99, world->heap->nil, words80(world, 4)), NO_OOP);
}

static void the_mouse_is_where_it_was_put(void **state)
{
    struct world *world = *state;
    oop nil = world->heap->nil;
    oop point = CALL(world, 18, small(30), small(40));
    CALL(world, 91, nil, point);
    oop found = CALL0(world, 90, nil);
    assert_oop(object_slot(found, SLOT_POINT_X), small(30));
    assert_oop(object_slot(found, SLOT_POINT_Y), small(40));
    assert_oop(CALL(world, 91, nil, nil), NO_OOP);
}

static void the_input_semaphore_is_the_external_object(void **state)
{
    struct world *world = *state;
    oop nil = world->heap->nil;
    oop semaphore = CALL0(world, 70, class_of_specials(world, SPECIAL_CLASS_SEMAPHORE));
    CALL(world, 93, nil, semaphore);
    oop external = heap_special(world->heap, SPECIAL_EXTERNAL_OBJECTS);
    assert_oop(object_slot(external, 0), semaphore);
    CALL(world, 93, nil, nil);
    assert_oop(heap_special(world->heap, SPECIAL_EXTERNAL_OBJECTS), nil);
    assert_oop(CALL0(world, 95, nil), NO_OOP);
}

static void the_display_is_a_special_object(void **state)
{
    struct world *world = *state;
    oop form = CALL0(world, 70, class80(world, TINY80_CLASS_FORM));
    assert_oop(CALL0(world, 102, form), form);
    assert_oop(heap_special(world->heap, SPECIAL_DISPLAY), form);
}

static void what_is_left_is_told(void **state)
{
    struct world *world = *state;
    oop nil = world->heap->nil;
    oop semaphore = CALL0(world, 70, class_of_specials(world, SPECIAL_CLASS_SEMAPHORE));
    assert_true(value80(CALL0(world, 112, nil)) > 100000);
    assert_int_equal(value80(CALL0(world, 115, nil)), 32767);
    CALL(world, 116, nil, semaphore, small(10), small(10));
    assert_oop(heap_special(world->heap, SPECIAL_LOW_SPACE_SEMAPHORE), semaphore);
    CALL(world, 116, nil, nil, small(10), small(10));
    assert_oop(heap_special(world->heap, SPECIAL_LOW_SPACE_SEMAPHORE), nil);
}

static void other_systems_primitives_are_not_there(void **state)
{
    static const int numbers[] = {20, 38, 39, 55, 59, 128, 135};
    struct world *world = *state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        assert_oop(CALL0(world, numbers[i], world->heap->nil), NO_OOP);
}

int main(void)
{
#define TEST(name) cmocka_unit_test(name)
    const struct CMUnitTest tests[] = {
        TEST(bytes_words_and_pointers_are_elements),
        TEST(objects_without_elements_have_none),
        TEST(large_sizes_and_indices_are_large_integers),
        TEST(elements_outside_or_of_another_kind_fail),
        TEST(strings_have_characters_of_the_table),
        TEST(elements_are_copied),
        TEST(streams_read_to_their_limit),
        TEST(streams_end_where_their_collection_does),
        TEST(streams_write_to_their_limit),
        TEST(streams_on_other_collections_are_left_to_the_image),
        TEST(instances_are_made_by_the_class_format),
        TEST(classes_of_another_shape_make_no_instances),
        TEST(new_contexts_have_one_of_two_sizes),
        TEST(contexts_have_the_slots_of_their_frame),
        TEST(oops_are_what_the_image_saw),
        TEST(new_objects_have_oops_with_a_sign),
        TEST(methods_are_made_from_a_header),
        TEST(the_extension_is_part_of_a_methods_header),
        TEST(bytes_of_methods_are_counted_with_their_literals),
        TEST(clocks_fill_four_bytes),
        TEST(the_mouse_is_where_it_was_put),
        TEST(the_input_semaphore_is_the_external_object),
        TEST(the_display_is_a_special_object),
        TEST(what_is_left_is_told),
        TEST(other_systems_primitives_are_not_there),
    };
#undef TEST
    return cmocka_run_group_tests(tests, open_world80, close_world80);
}
