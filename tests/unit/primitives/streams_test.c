/* Writing on streams whose slots do not hold what they should. */
#include "tests/unit/primitives/modules.h"

static const char *const STREAMS = "VivariumStreams";

static oop stream_on(struct world *world, oop collection, oop position, oop limit)
{
    oop stream = new_array(world, 4);
    heap_store(world->heap, stream, 0, collection);
    heap_store(world->heap, stream, 1, position);
    heap_store(world->heap, stream, 2, small(0));
    heap_store(world->heap, stream, 3, limit);
    return stream;
}

static void what_fits_is_written_behind_the_position(void **state)
{
    struct world *world = *state;
    oop collection = string_of(world, "abcdef");
    oop stream = stream_on(world, collection, small(1), small(6));
    oop part = string_of(world, "xyz");

    oop result = CALL(world, STREAMS, "primitiveNextPutAll", stream, part);

    assert_true(oop_same(result, part));
    assert_memory_equal(object_bytes(collection), "axyzef", 6);
    assert_true(oop_same(object_slot(stream, 1), small(4)));
}

static void nothing_is_written_beyond_limit_or_collection(void **state)
{
    struct world *world = *state;
    oop collection = string_of(world, "abcdef");
    oop part = string_of(world, "xyz");
    oop streams[] = {
        stream_on(world, collection, small(4), small(6)),
        stream_on(world, collection, small(1), small(3)),
        stream_on(world, collection, small(6), small(1000)),
        stream_on(world, collection, small(-2), small(6)),
        stream_on(world, collection, small(SMALL_INTEGER_MAX), small(SMALL_INTEGER_MAX)),
        stream_on(world, collection, world->heap->nil, small(6)),
        stream_on(world, small(7), small(0), small(6)),
        stream_on(world, new_array(world, 6), small(0), small(6)),
        collection,
        small(3),
    };

    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        CALL(world, STREAMS, "primitiveNextPutAll", streams[i], part);
        assert_int_not_equal(world->result, PRIM_OK);
        assert_memory_equal(object_bytes(collection), "abcdef", 6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_written_behind_the_position),
        cmocka_unit_test(nothing_is_written_beyond_limit_or_collection),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
