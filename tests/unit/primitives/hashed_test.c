/* Searches among hashed elements and comparisons of strings, where an image has changed the objects from which they learn what a symbol
 * and what an association is. */
#include "tests/unit/primitives/modules.h"

static const char *const COLLECTIONS = "VivariumCollections";
static const char *const SCANS[] = {"primitiveScanForElement", "primitiveScanForIdenticalElement",
                                    "primitiveScanForKey", "primitiveScanForIdenticalKey"};

/* Tally and array, as all hashed collections have them. */
static oop collection_of(struct world *world, oop array)
{
    oop collection = new_array(world, 2);
    heap_store(world->heap, collection, 0, small(0));
    heap_store(world->heap, collection, 1, array);
    return collection;
}

static void
searches_take_nothing_for_a_symbol_or_an_association_where_the_image_has_neither(void **state)
{
    struct world *world = *state;
    static const size_t changed[] = {SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND,
                                     SPECIAL_SCHEDULER_ASSOCIATION};
    oop special_objects = world->heap->special_objects;
    oop elements = new_array(world, 3);
    for (size_t i = 0; i < 3; i++)
        heap_store(world->heap, elements, i, string_of(world, "element"));
    oop collection = collection_of(world, elements);
    oop key = string_of(world, "key");

    for (size_t i = 0; i < 2; i++) {
        oop kept = object_slot(special_objects, changed[i]);
        object_slot_init(special_objects, changed[i], small(1));
        for (size_t j = 0; j < sizeof SCANS / sizeof *SCANS; j++) {
            CALL(world, COLLECTIONS, SCANS[j], collection, key);
            assert_int_not_equal(world->result, PRIM_OK);
        }
        CALL(world, "VivariumStrings", "primitiveBeginsWith", key, elements);
        assert_int_not_equal(world->result, PRIM_OK);
        object_slot_init(special_objects, changed[i], kept);
    }
}

/* Which class such a message is for is told by the method. */
static void whole_messages_are_for_methods_alone(void **state)
{
    struct world *world = *state;
    oop collection = collection_of(world, new_array(world, 3));
    oop key = string_of(world, "key");

    CALL(world, COLLECTIONS, "primitiveAtKey", collection, key);
    assert_int_equal(world->result, PRIM_BAD_RECEIVER);
    CALL(world, COLLECTIONS, "primitiveAtIdenticalKeyIfAbsent", collection, key, key);
    assert_int_equal(world->result, PRIM_BAD_RECEIVER);
    CALL(world, COLLECTIONS, "primitiveAtKeyPut", collection, key, key);
    assert_int_equal(world->result, PRIM_BAD_RECEIVER);
    assert_true(oop_same(object_slot(collection, 0), small(0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            searches_take_nothing_for_a_symbol_or_an_association_where_the_image_has_neither),
        cmocka_unit_test(whole_messages_are_for_methods_alone),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
