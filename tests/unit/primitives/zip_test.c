/*
 * ZipPlugin: checksums, and streams as images keep them, in arrays that stand for their objects. Compressed data of another program
 * is expanded; what the matcher and the writer make is expanded by the reader to what it was; damage and every wrong argument fail.
 */
#include "primitives/deflate.h"
#include "tests/unit/primitives/modules.h"

#include "tests/unit/primitives/fixed_codes.h"

static const char *const ZIP = "ZipPlugin";

/* What `original` answers, compressed with fixed codes by zlib. */
static const uint8_t COMPRESSED[] = {
    0x0B, 0xC9, 0x48, 0x55, 0x28, 0x2C, 0xCD, 0x4C, 0xCE, 0x56, 0x48, 0x2A, 0xCA, 0x2F, 0xCF, 0x53,
    0x48, 0xCB, 0xAF, 0xD0, 0x53, 0x08, 0x41, 0x13, 0x4C, 0xC9, 0x4F, 0xC7, 0x14, 0xA4, 0x86, 0xCA,
    0x5F, 0xBF, 0xFF, 0xFC, 0xFD, 0xF7, 0x1F, 0x93, 0x4C, 0x1C, 0x05, 0x44, 0x03, 0x00};

enum {
    ORIGINAL_SIZE = 450,
    ORIGINAL_REPEATED = 126,
    ORIGINAL_HIGH = 24,
    BASE = 4,
    ENCODED = 1 << 18,
    SYMBOLS = 4096
};

static const uint8_t *original(void)
{
    static uint8_t text[ORIGINAL_SIZE];
    static const char sentence[] = "The quick brown fox. The quick brown dog. ";
    for (size_t i = 0; i < ORIGINAL_SIZE; i++)
        text[i] = i < ORIGINAL_REPEATED ? (uint8_t)sentence[i % (sizeof sentence - 1)]
                  : i < ORIGINAL_REPEATED + ORIGINAL_HIGH
                      ? (uint8_t)(250 + (i - ORIGINAL_REPEATED) % 6)
                      : 'a';
    return text;
}

static void checksums_go_on_from_a_sum(void **state)
{
    struct world *world = *state;
    oop bytes = bytes_of(world, original(), ORIGINAL_SIZE);
    oop half = CALL(world, ZIP, "primitiveUpdateGZipCrc32", world->heap->nil, small(UINT32_MAX),
                    small(1), small(200), bytes);
    oop whole = CALL(world, ZIP, "primitiveUpdateGZipCrc32", world->heap->nil, half, small(201),
                     small(ORIGINAL_SIZE), bytes);
    assert_true(oop_same(whole, small(0x4E2221ED ^ UINT32_MAX)));
    half = CALL(world, ZIP, "primitiveUpdateAdler32", world->heap->nil, small(1), small(1),
                small(7), bytes);
    whole = CALL(world, ZIP, "primitiveUpdateAdler32", world->heap->nil, half, small(8),
                 small(ORIGINAL_SIZE), bytes);
    assert_true(oop_same(whole, small(0x853AB566)));
}

static void checksums_of_what_is_not_there_fail(void **state)
{
    struct world *world = *state;
    oop bytes = bytes_of(world, "abc", 3);
    static const int64_t wrong[][2] = {{0, 3}, {1, 4}, {3, 2}, {-1, 2}, {4, 4}};
    for (size_t i = 0; i < 5; i++) {
        CALL(world, ZIP, "primitiveUpdateAdler32", bytes, small(1), small(wrong[i][0]),
             small(wrong[i][1]), bytes);
        assert_int_equal(world->result, PRIM_BAD_INDEX);
    }
    CALL(world, ZIP, "primitiveUpdateGZipCrc32", bytes, small(1LL << 32), small(1), small(3),
         bytes);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    uint8_t ones[70000];
    memset(ones, 255, sizeof ones);
    /* Sums so long that they overflow where nobody takes care. */
    uint32_t low = 1, high = 0;
    for (size_t i = 0; i < sizeof ones; i++) {
        low = (low + 255) % 65521;
        high = (high + low) % 65521;
    }
    assert_int_equal(deflate_adler32(1, ones, sizeof ones), high << 16 | low);
}

/* --- expanding --------------------------------------------------------------------------------------------------------------- */

/* An InflateStream of a ReadStream of three slots, behind the three bits that begin a block. */
static oop inflate_stream(struct world *world, oop source, size_t room)
{
    oop stream = new_array(world, 11);
    object_slot_init(stream, 0, heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, room));
    object_slot_init(stream, 1, small(0));
    object_slot_init(stream, 2, small(0));
    object_slot_init(stream, 3, small(3));
    object_slot_init(stream, 4, small(object_bytes(source)[0] >> 3));
    object_slot_init(stream, 5, small(5));
    object_slot_init(stream, 6, source);
    object_slot_init(stream, 7, small(1));
    object_slot_init(stream, 8, small((int64_t)object_byte_count(source)));
    return stream;
}

static oop literal_table(struct world *world)
{
    uint32_t words[FIXED_TABLE_SIZE];
    return words_of(world, words, fixed_literal_table(words));
}

static oop distance_table(struct world *world)
{
    uint32_t words[FIXED_TABLE_SIZE];
    return words_of(world, words, fixed_distance_table(words));
}

static oop inflate(struct world *world, oop stream)
{
    return CALL(world, ZIP, "primitiveInflateDecompressBlock", stream, literal_table(world),
                distance_table(world));
}

static void data_of_another_program_is_expanded(void **state)
{
    struct world *world = *state;
    oop stream = inflate_stream(world, bytes_of(world, COMPRESSED, sizeof COMPRESSED), 1000);

    assert_true(oop_same(inflate(world, stream), stream));

    assert_true(oop_same(object_slot(stream, 2), small(ORIGINAL_SIZE)));
    assert_true(oop_same(object_slot(stream, 3), small(1)));
    assert_true(oop_same(object_slot(stream, 7), small(sizeof COMPRESSED)));
    assert_memory_equal(object_bytes(object_slot(stream, 0)), original(), ORIGINAL_SIZE);
}

static void expanding_stops_where_there_is_no_room(void **state)
{
    struct world *world = *state;
    oop stream = inflate_stream(world, bytes_of(world, COMPRESSED, sizeof COMPRESSED), 300);
    inflate(world, stream);
    assert_int_equal(world->result, PRIM_OK);
    assert_true(oop_same(object_slot(stream, 3), small(3)));
    int64_t read = oop_to_integer(object_slot(stream, 2));
    assert_in_range(read, 1, 300);
    assert_memory_equal(object_bytes(object_slot(stream, 0)), original(), (size_t)read);
    /* More room: it goes on where it was. */
    oop larger = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, 800);
    memcpy(object_bytes(larger), object_bytes(object_slot(stream, 0)), (size_t)read);
    object_slot_init(stream, 0, larger);
    inflate(world, stream);
    assert_true(oop_same(object_slot(stream, 2), small(ORIGINAL_SIZE)));
    assert_memory_equal(object_bytes(larger), original(), ORIGINAL_SIZE);
}

static void half_of_the_data_is_half_of_the_text_and_then_a_failure(void **state)
{
    struct world *world = *state;
    for (size_t size = 1; size < sizeof COMPRESSED; size++) {
        oop stream = inflate_stream(world, bytes_of(world, COMPRESSED, size), 1000);
        for (int i = 0; i < 3 && world->result != PRIM_INAPPROPRIATE; i++)
            inflate(world, stream);
        assert_int_equal(world->result, PRIM_INAPPROPRIATE);
        world->result = PRIM_OK;
        int64_t read = oop_to_integer(object_slot(stream, 2));
        assert_memory_equal(object_bytes(object_slot(stream, 0)), original(), (size_t)read);
        assert_true(oop_same(object_slot(stream, 3), small(3)));
    }
}

static void damaged_tables_and_distances_fail(void **state)
{
    struct world *world = *state;
    oop source = bytes_of(world, COMPRESSED, sizeof COMPRESSED);
    static const uint32_t tables[][3] = {{0, 256u << 16, 0},
                                         {17u << 24, 0, 0},
                                         {7u << 24, 0, 0},
                                         {0, 1u << 24 | 0, 0},
                                         {0, 1u << 24 | 2, 0x01000002}};
    for (size_t i = 0; i < 5; i++) {
        oop stream = inflate_stream(world, source, 100);
        CALL(world, ZIP, "primitiveInflateDecompressBlock", stream, words_of(world, tables[i], 3),
             words_of(world, NULL, 0));
        assert_int_equal(world->result, PRIM_INAPPROPRIATE);
        assert_true(oop_same(object_slot(stream, 7), small(1)));
    }
    /* A match before the first byte. */
    static const uint8_t match[] = {0x03 | 0x02 << 3 | 0, 0, 0, 0, 0};
    uint32_t table[] = {0, 0x00010003};
    uint32_t far[] = {0, 5};
    oop stream = inflate_stream(world, bytes_of(world, match, sizeof match), 100);
    CALL(world, ZIP, "primitiveInflateDecompressBlock", stream, words_of(world, table, 2),
         words_of(world, far, 2));
    assert_int_equal(world->result, PRIM_INAPPROPRIATE);
    assert_true(oop_same(object_slot(stream, 2), small(0)));
}

/* --- compressing ------------------------------------------------------------------------------------------------------------- */

/* A DeflateStream of a WriteStream of four slots; its collection holds the text and as much as a match may look ahead. */
static oop deflate_stream(struct world *world, const uint8_t *text, size_t size)
{
    oop stream = new_array(world, BASE + 11);
    oop collection = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, size + 300);
    memcpy(object_bytes(collection), text, size);
    object_slot_init(stream, 0, collection);
    object_slot_init(stream, 1, small((int64_t)size));
    object_slot_init(stream, 2, small((int64_t)size));
    object_slot_init(stream, 3, small((int64_t)size));
    object_slot_init(stream, BASE, words_of(world, NULL, DEFLATE_WINDOW));
    object_slot_init(stream, BASE + 1, words_of(world, NULL, DEFLATE_WINDOW));
    object_slot_init(stream, BASE + 2, small(0));
    object_slot_init(stream, BASE + 3, small(0));
    object_slot_init(stream, BASE + 4, small(0));
    object_slot_init(stream, BASE + 5, heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, SYMBOLS));
    object_slot_init(stream, BASE + 6, words_of(world, NULL, SYMBOLS));
    object_slot_init(stream, BASE + 7, words_of(world, NULL, DEFLATE_LITERAL_CODES));
    object_slot_init(stream, BASE + 8, words_of(world, NULL, DEFLATE_DISTANCE_CODES));
    object_slot_init(stream, BASE + 9, small(0));
    object_slot_init(stream, BASE + 10, small(0));
    return stream;
}

static oop deflate(struct world *world, oop stream, int64_t last)
{
    return CALL(world, ZIP, "primitiveDeflateBlock", stream, small(last), small(32), small(100));
}

static oop encoder_of(struct world *world, size_t room)
{
    oop encoder = new_array(world, BASE + 3);
    object_slot_init(encoder, 0, heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, room));
    object_slot_init(encoder, 1, small(0));
    object_slot_init(encoder, 2, small(0));
    object_slot_init(encoder, 3, small((int64_t)room));
    object_slot_init(encoder, BASE, small(3));
    object_slot_init(encoder, BASE + 1, small(3));
    return encoder;
}

static oop stream_on(struct world *world, oop collection, int64_t limit)
{
    oop stream = new_array(world, 3);
    object_slot_init(stream, 0, collection);
    object_slot_init(stream, 1, small(0));
    object_slot_init(stream, 2, small(limit));
    return stream;
}

static oop tree_of(struct world *world, bool literals)
{
    uint32_t lengths[FIXED_SYMBOLS], codes[FIXED_SYMBOLS];
    size_t count =
        literals ? fixed_literal_codes(lengths, codes) : fixed_distance_codes(lengths, codes);
    oop tree = new_array(world, 2);
    object_slot_init(tree, 0, words_of(world, lengths, count));
    object_slot_init(tree, 1, words_of(world, codes, count));
    return tree;
}

/* Compresses all of a text block by block, and expands what came out. */
static void round_trip(struct world *world, const uint8_t *text, size_t size)
{
    oop stream = deflate_stream(world, text, size);
    oop encoder = encoder_of(world, ENCODED);
    oop literal_tree = tree_of(world, true), distance_tree = tree_of(world, false);
    int64_t sum = 0;
    for (bool full = true; full;) {
        full = oop_same(deflate(world, stream, (int64_t)size - 1), world->heap->true_object);
        assert_int_equal(world->result, PRIM_OK);
        oop count = object_slot(stream, BASE + 9);
        oop literals = stream_on(world, object_slot(stream, BASE + 5), oop_to_integer(count));
        oop distances = stream_on(world, object_slot(stream, BASE + 6), oop_to_integer(count));
        sum += oop_to_integer(CALL(world, ZIP, "primitiveZipSendBlock", encoder, literals,
                                   distances, literal_tree, distance_tree));
        assert_int_equal(world->result, PRIM_OK);
        assert_true(oop_same(object_slot(literals, 1), count));
        object_slot_init(stream, BASE + 9, small(0));
        object_slot_init(stream, BASE + 10, small(0));
    }
    assert_int_equal(sum, size);
    /* The bits that are left in the encoder, and zeros, which end the block. */
    object_bytes(object_slot(encoder, 0))[oop_to_integer(object_slot(encoder, 1))] =
        (uint8_t)oop_to_integer(object_slot(encoder, BASE));
    oop inflater = inflate_stream(world, object_slot(encoder, 0), size + 300);
    inflate(world, inflater);
    assert_true(oop_same(object_slot(inflater, 2), small((int64_t)size)));
    assert_memory_equal(object_bytes(object_slot(inflater, 0)), text, size);
}

static void what_was_compressed_is_expanded_to_what_it_was(void **state)
{
    struct world *world = *state;
    static uint8_t text[70000];
    uint32_t random = 7;
    round_trip(world, original(), ORIGINAL_SIZE);
    for (unsigned kinds = 1; kinds <= 256; kinds *= 4) {
        for (size_t i = 0; i < sizeof text; i++) {
            random = random * 1103515245 + 12345;
            bool repeats = i > 400 && (random >> 28) != 0;
            text[i] = (uint8_t)(repeats ? text[i - 300] : (random >> 16) % kinds);
        }
        round_trip(world, text, sizeof text);
    }
    round_trip(world, text, 1);
    round_trip(world, text, 3);
}

static void repetitions_become_matches(void **state)
{
    struct world *world = *state;
    oop stream = deflate_stream(world, original(), ORIGINAL_SIZE);
    oop full = deflate(world, stream, ORIGINAL_SIZE - 1);
    assert_true(oop_same(full, world->heap->false_object));
    assert_in_range(oop_to_integer(object_slot(stream, BASE + 9)), 30, 60);
    assert_in_range(oop_to_integer(object_slot(stream, BASE + 10)), 4, 10);
    assert_true(oop_same(deflate(world, stream, ORIGINAL_SIZE - 1), world->heap->false_object));
    deflate(world, stream, ORIGINAL_SIZE);
    assert_int_equal(world->result, PRIM_BAD_INDEX);
}

static void symbols_without_a_code_write_nothing(void **state)
{
    struct world *world = *state;
    oop encoder = encoder_of(world, 100);
    oop tree = tree_of(world, true);
    oop none = new_array(world, 2);
    uint32_t distances[] = {0, 40000, 0};
    object_slot_init(none, 0, words_of(world, NULL, 0));
    object_slot_init(none, 1, words_of(world, NULL, 0));
    oop literals = stream_on(world, bytes_of(world, "abc", 3), 3);
    oop other = stream_on(world, words_of(world, distances, 3), 3);
    CALL(world, ZIP, "primitiveZipSendBlock", encoder, literals, other, tree,
         tree_of(world, false));
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    distances[1] = 5;
    other = stream_on(world, words_of(world, distances, 3), 3);
    CALL(world, ZIP, "primitiveZipSendBlock", encoder, literals, other, tree, none);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    assert_true(oop_same(object_slot(encoder, 1), small(0)));
    assert_true(oop_same(object_slot(literals, 1), small(0)));
    assert_int_equal(object_bytes(object_slot(encoder, 0))[0], 0);
    object_slot_init(literals, 1, small(1));
    CALL(world, ZIP, "primitiveZipSendBlock", encoder, literals, other, tree, tree);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
}

static void places_of_a_table_move_down(void **state)
{
    struct world *world = *state;
    uint32_t words[] = {0, 5, 10, 11};
    oop table = words_of(world, words, 4);
    CALL(world, ZIP, "primitiveDeflateUpdateHashTable", table, table, small(10));
    static const uint32_t wanted[] = {0, 0, 0, 1};
    assert_memory_equal(object_bytes(table), wanted, sizeof wanted);
    CALL(world, ZIP, "primitiveDeflateUpdateHashTable", table, read_only(table), small(1));
    assert_int_equal(world->result, PRIM_NO_MODIFICATION);
}

static void nothing_else_is_accepted(void **state)
{
    struct world *world = *state;
    oop source = bytes_of(world, COMPRESSED, sizeof COMPRESSED);
    oop damaged = deflate_stream(world, original(), ORIGINAL_SIZE);
    for (size_t i = 0; i < DEFLATE_WINDOW; i++)
        ((uint32_t *)(void *)object_bytes(object_slot(damaged, BASE)))[i] =
            (uint32_t)(i * 2654435761u);
    oop own[] = {inflate_stream(world, source, 100),
                 literal_table(world),
                 distance_table(world),
                 damaged,
                 encoder_of(world, 50),
                 tree_of(world, true),
                 tree_of(world, false),
                 stream_on(world, source, 20),
                 stream_on(world, words_of(world, NULL, 20), 20),
                 source,
                 small(1),
                 small(300)};
    call_with_everything(world, ZIP, own, 12, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksums_go_on_from_a_sum),
        cmocka_unit_test(checksums_of_what_is_not_there_fail),
        cmocka_unit_test(data_of_another_program_is_expanded),
        cmocka_unit_test(expanding_stops_where_there_is_no_room),
        cmocka_unit_test(half_of_the_data_is_half_of_the_text_and_then_a_failure),
        cmocka_unit_test(damaged_tables_and_distances_fail),
        cmocka_unit_test(what_was_compressed_is_expanded_to_what_it_was),
        cmocka_unit_test(repetitions_become_matches),
        cmocka_unit_test(symbols_without_a_code_write_nothing),
        cmocka_unit_test(places_of_a_table_move_down),
        cmocka_unit_test(nothing_else_is_accepted),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
