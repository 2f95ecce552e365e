/*
 * ZipPlugin: the inner loops of the streams by which images of others compress and expand. Their state lies in the slots of those
 * streams, behind what every ReadStream (collection, position, readLimit) or WriteStream (writeLimit too, and in younger images
 * one more) has; where it begins is seen from what the slots hold.
 */
#include "primitives/deflate.h"
#include "primitives/functions.h"

enum { STREAM_COLLECTION, STREAM_POSITION, STREAM_READ_LIMIT, STREAM_SLOTS };
enum { STATE_FIRST_MAX = 8, NO_MORE_DATA = 1 };
/* Counted from where the state begins. */
enum {
    INFLATE_STATE,
    INFLATE_BITS,
    INFLATE_BIT_COUNT,
    INFLATE_SOURCE,
    INFLATE_SOURCE_POSITION,
    INFLATE_SOURCE_LIMIT,
    INFLATE_SLOTS
};
enum {
    DEFLATE_HEAD,
    DEFLATE_TAIL,
    DEFLATE_HASH,
    DEFLATE_BLOCK_POSITION,
    DEFLATE_BLOCK_START,
    DEFLATE_LITERALS,
    DEFLATE_DISTANCES,
    DEFLATE_LITERAL_FREQUENCIES,
    DEFLATE_DISTANCE_FREQUENCIES,
    DEFLATE_LITERAL_COUNT,
    DEFLATE_MATCH_COUNT,
    DEFLATE_SLOTS
};
enum { TREE_LENGTHS, TREE_CODES, TREE_SLOTS };
enum { ENCODER_SLOTS = 3 };

static oop slot(oop object, size_t index)
{
    return heap_follow(object_slot(object, index));
}

/* A count that the image keeps: a SmallInteger between zero and limit. */
static bool count_slot(oop object, size_t index, uint64_t limit, size_t *value)
{
    oop number = slot(object, index);
    if (!oop_is_integer(number) || oop_to_integer(number) < 0 ||
        (uint64_t)oop_to_integer(number) > limit)
        return false;
    *value = (size_t)oop_to_integer(number);
    return true;
}

static bool bytes_slot(oop object, size_t index, uint8_t **bytes, size_t *size)
{
    oop value = slot(object, index);
    if (!oop_is_bytes(value))
        return false;
    *bytes = object_bytes(value);
    *size = object_byte_count(value);
    return true;
}

/* Words of exactly `wanted` elements. */
static bool words_slot(oop object, size_t index, size_t wanted, uint32_t **words)
{
    size_t count;
    return oop_as_words(slot(object, index), words, &count) && count == wanted;
}

static bool slot_is_fixed(oop object, size_t index)
{
    return object_is_immutable(slot(object, index));
}

static void put_count(oop object, size_t index, size_t value)
{
    object_slot_init(object, index, oop_from_integer((int64_t)value));
}

/* --- checksums --------------------------------------------------------------------------------------------------------------- */

typedef uint32_t checksum_function(uint32_t sum, const uint8_t *bytes, size_t size);

/* Arguments: the sum so far, first and last index, the bytes. */
static prim_result with_checksum(struct vm *vm, const prim_call *call, checksum_function *function)
{
    uint64_t sum;
    int64_t start, stop;
    uint8_t *bytes;
    size_t size;
    prim_result result = arg_uint64(vm, call, 0, &sum);
    if (result == PRIM_OK)
        result = arg_integer(call, 1, &start);
    if (result == PRIM_OK)
        result = arg_integer(call, 2, &stop);
    if (result == PRIM_OK)
        result = arg_bytes(call, 3, &bytes, &size);
    if (result != PRIM_OK)
        return result;
    if (sum > UINT32_MAX)
        return PRIM_BAD_ARGUMENT;
    if (start < 1 || stop < start || (uint64_t)stop > size)
        return PRIM_BAD_INDEX;
    return answer_integer(vm, call,
                          function((uint32_t)sum, bytes + start - 1, (size_t)(stop - start + 1)));
}

prim_result prim_zip_adler32(struct vm *vm, const prim_call *call)
{
    return with_checksum(vm, call, deflate_adler32);
}

prim_result prim_zip_crc32(struct vm *vm, const prim_call *call)
{
    return with_checksum(vm, call, deflate_crc32);
}

/* --- expanding --------------------------------------------------------------------------------------------------------------- */

/* Where the state of an InflateStream begins: the source is the only object with bytes behind the collection. */
static bool inflate_first(oop stream, size_t *first)
{
    for (*first = STREAM_SLOTS; *first <= STATE_FIRST_MAX; *first += 1)
        if (oop_has_slots(stream, *first + INFLATE_SLOTS) &&
            oop_is_bytes(slot(stream, *first + INFLATE_SOURCE)))
            return true;
    return false;
}

static bool read_inflate(oop stream, size_t first, struct deflate_reader *reader, size_t *state)
{
    uint8_t *source;
    size_t source_size, bits, bit_count;
    if (!count_slot(stream, first + INFLATE_STATE, UINT32_MAX, state) ||
        !bytes_slot(stream, STREAM_COLLECTION, &reader->bytes, &reader->size) ||
        !bytes_slot(stream, first + INFLATE_SOURCE, &source, &source_size) ||
        !count_slot(stream, STREAM_READ_LIMIT, reader->size, &reader->position) ||
        !count_slot(stream, first + INFLATE_SOURCE_LIMIT, source_size, &reader->source_limit) ||
        !count_slot(stream, first + INFLATE_SOURCE_POSITION, reader->source_limit,
                    &reader->source_position) ||
        !count_slot(stream, first + INFLATE_BIT_COUNT, DEFLATE_BUFFER_BITS, &bit_count) ||
        !count_slot(stream, first + INFLATE_BITS, ((uint64_t)1 << bit_count) - 1, &bits))
        return false;
    reader->source = source;
    reader->bits = bits;
    reader->bit_count = (unsigned)bit_count;
    return true;
}

static bool read_table(oop value, struct deflate_table *table)
{
    uint32_t *words;
    bool valid = oop_as_words(value, &words, &table->count);
    table->words = words;
    return valid;
}

/*
 * decompressBlock: literalTable with: distanceTable, of an InflateStream: expands up to the end of the block, or as far as there is
 * room or input. Fails where not one symbol can be read, so that the Smalltalk code says why.
 */
prim_result prim_inflate_block(struct vm *vm, const prim_call *call)
{
    oop stream = call->receiver;
    struct deflate_reader reader;
    size_t first, state;
    if (!oop_is_object(stream) || !inflate_first(stream, &first) ||
        !read_inflate(stream, first, &reader, &state))
        return PRIM_BAD_RECEIVER;
    if (!read_table(prim_argument(call, 0), &reader.literals) ||
        !read_table(prim_argument(call, 1), &reader.distances))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(stream) || slot_is_fixed(stream, STREAM_COLLECTION))
        return PRIM_NO_MODIFICATION;
    size_t before = reader.position;
    enum deflate_end end = deflate_read(&reader);
    if ((end == DEFLATE_NO_INPUT || end == DEFLATE_DAMAGED) && reader.position == before)
        return PRIM_INAPPROPRIATE;
    if (end == DEFLATE_BLOCK_ENDS)
        put_count(stream, first + INFLATE_STATE, state & NO_MORE_DATA);
    put_count(stream, STREAM_READ_LIMIT, reader.position);
    put_count(stream, first + INFLATE_BITS, (size_t)reader.bits);
    put_count(stream, first + INFLATE_BIT_COUNT, reader.bit_count);
    put_count(stream, first + INFLATE_SOURCE_POSITION, reader.source_position);
    return answer_self(vm, call);
}

/* --- compressing ------------------------------------------------------------------------------------------------------------- */

/* Where the state of a DeflateStream begins: with two tables of the size of the window. */
static bool deflate_first(oop stream, size_t *first)
{
    uint32_t *words;
    for (*first = STREAM_SLOTS; *first <= STATE_FIRST_MAX; *first += 1)
        if (oop_has_slots(stream, *first + DEFLATE_SLOTS) &&
            words_slot(stream, *first + DEFLATE_HEAD, DEFLATE_WINDOW, &words) &&
            words_slot(stream, *first + DEFLATE_TAIL, DEFLATE_WINDOW, &words))
            return true;
    return false;
}

static bool read_symbols(oop stream, size_t first, struct deflate_matcher *matcher)
{
    size_t room;
    if (!bytes_slot(stream, first + DEFLATE_LITERALS, &matcher->literals, &matcher->capacity) ||
        !oop_as_words(slot(stream, first + DEFLATE_DISTANCES), &matcher->distances, &room))
        return false;
    if (room < matcher->capacity)
        return false;
    return count_slot(stream, first + DEFLATE_LITERAL_COUNT, matcher->capacity, &matcher->count) &&
           count_slot(stream, first + DEFLATE_MATCH_COUNT, matcher->count, &matcher->match_count);
}

static bool read_deflate(oop stream, size_t first, struct deflate_matcher *matcher)
{
    uint8_t *bytes;
    size_t hash;
    if (!bytes_slot(stream, STREAM_COLLECTION, &bytes, &matcher->size) ||
        !count_slot(stream, STREAM_POSITION, matcher->size, &matcher->limit) ||
        !count_slot(stream, first + DEFLATE_HASH, DEFLATE_WINDOW - 1, &hash) ||
        !count_slot(stream, first + DEFLATE_BLOCK_POSITION, matcher->size, &matcher->here) ||
        !words_slot(stream, first + DEFLATE_HEAD, DEFLATE_WINDOW, &matcher->head) ||
        !words_slot(stream, first + DEFLATE_TAIL, DEFLATE_WINDOW, &matcher->tail) ||
        !words_slot(stream, first + DEFLATE_LITERAL_FREQUENCIES, DEFLATE_LITERAL_CODES,
                    &matcher->literal_frequencies) ||
        !words_slot(stream, first + DEFLATE_DISTANCE_FREQUENCIES, DEFLATE_DISTANCE_CODES,
                    &matcher->distance_frequencies))
        return false;
    matcher->bytes = bytes;
    matcher->hash = (uint32_t)hash;
    return read_symbols(stream, first, matcher);
}

static bool deflate_is_fixed(oop stream, size_t first)
{
    static const unsigned written[] = {DEFLATE_HEAD,
                                       DEFLATE_TAIL,
                                       DEFLATE_LITERALS,
                                       DEFLATE_DISTANCES,
                                       DEFLATE_LITERAL_FREQUENCIES,
                                       DEFLATE_DISTANCE_FREQUENCIES};
    bool fixed = object_is_immutable(stream);
    for (size_t i = 0; i < sizeof written / sizeof *written; i++)
        fixed = fixed || slot_is_fixed(stream, first + written[i]);
    return fixed;
}

/* deflateBlock: lastIndex chainLength: most goodMatch: enough, of a DeflateStream: finds matches up to a place from zero; whether there
 * is no room for more symbols. */
prim_result prim_deflate_block(struct vm *vm, const prim_call *call)
{
    oop stream = call->receiver;
    struct deflate_matcher matcher;
    size_t first;
    int64_t last, chain, good;
    prim_result result = arg_integer(call, 0, &last);
    if (result == PRIM_OK)
        result = arg_integer(call, 1, &chain);
    if (result == PRIM_OK)
        result = arg_integer(call, 2, &good);
    if (result != PRIM_OK)
        return result;
    if (!oop_is_object(stream) || !deflate_first(stream, &first) ||
        !read_deflate(stream, first, &matcher))
        return PRIM_BAD_RECEIVER;
    if (last < (int64_t)matcher.here)
        return answer_boolean(vm, call, false);
    if ((uint64_t)last >= matcher.limit)
        return PRIM_BAD_INDEX;
    if (chain < 0 || good < 0 || matcher.count == matcher.capacity)
        return PRIM_BAD_ARGUMENT;
    if (deflate_is_fixed(stream, first))
        return PRIM_NO_MODIFICATION;
    bool full = deflate_match(&matcher, (size_t)last, (size_t)chain, (size_t)good);
    put_count(stream, first + DEFLATE_HASH, matcher.hash);
    put_count(stream, first + DEFLATE_BLOCK_POSITION, matcher.here);
    put_count(stream, first + DEFLATE_LITERAL_COUNT, matcher.count);
    put_count(stream, first + DEFLATE_MATCH_COUNT, matcher.match_count);
    return answer_boolean(vm, call, full);
}

/* updateHashTable: table delta: count: places move down; those that are left become 0. */
prim_result prim_deflate_update_hash(struct vm *vm, const prim_call *call)
{
    uint32_t *words;
    size_t count;
    int64_t delta;
    prim_result result = arg_integer(call, 1, &delta);
    if (result != PRIM_OK)
        return result;
    if (!oop_as_words(prim_argument(call, 0), &words, &count) || delta < 0 || delta > INT32_MAX)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(prim_argument(call, 0)))
        return PRIM_NO_MODIFICATION;
    for (size_t i = 0; i < count; i++)
        words[i] = words[i] >= (uint32_t)delta ? words[i] - (uint32_t)delta : 0;
    return answer_self(vm, call);
}

/* --- writing ----------------------------------------------------------------------------------------------------------------- */

/* A ZipEncoder ends with bit buffer, count of bits and the stream that it stands before, or with that stream first. */
static bool read_encoder(oop encoder, struct deflate_writer *writer, size_t *bits_slot)
{
    size_t bits, bit_count;
    if (!oop_has_slots(encoder, STREAM_SLOTS + ENCODER_SLOTS))
        return false;
    size_t count = object_slot_count(encoder);
    *bits_slot = count - (oop_is_integer(slot(encoder, count - 1)) ? 2 : 3);
    if (!bytes_slot(encoder, STREAM_COLLECTION, &writer->bytes, &writer->size) ||
        !count_slot(encoder, STREAM_POSITION, writer->size, &writer->position) ||
        !count_slot(encoder, *bits_slot + 1, DEFLATE_BUFFER_BITS, &bit_count) ||
        !count_slot(encoder, *bits_slot, ((uint64_t)1 << bit_count) - 1, &bits))
        return false;
    writer->bits = bits;
    writer->bit_count = (unsigned)bit_count;
    return true;
}

static bool read_tree(oop tree, struct deflate_codes *codes)
{
    uint32_t *lengths;
    uint32_t *values;
    size_t count;
    if (!oop_has_slots(tree, TREE_SLOTS) ||
        !oop_as_words(slot(tree, TREE_LENGTHS), &lengths, &codes->count) ||
        !oop_as_words(slot(tree, TREE_CODES), &values, &count) || count != codes->count)
        return false;
    codes->lengths = lengths;
    codes->codes = values;
    return true;
}

/* The streams of literals and distances, which stand at the same place. */
static bool read_symbol_streams(oop literals, oop distances, struct deflate_writer *writer,
                                size_t *index, size_t *limit)
{
    uint8_t *bytes;
    uint32_t *words;
    size_t size, count, other_index, other_limit;
    if (!oop_has_slots(literals, STREAM_SLOTS) || !oop_has_slots(distances, STREAM_SLOTS) ||
        !bytes_slot(literals, STREAM_COLLECTION, &bytes, &size) ||
        !oop_as_words(slot(distances, STREAM_COLLECTION), &words, &count) ||
        !count_slot(literals, STREAM_READ_LIMIT, size < count ? size : count, limit) ||
        !count_slot(literals, STREAM_POSITION, *limit, index) ||
        !count_slot(distances, STREAM_READ_LIMIT, count, &other_limit) ||
        !count_slot(distances, STREAM_POSITION, other_limit, &other_index))
        return false;
    writer->literals = bytes;
    writer->distances = words;
    return other_index == *index && other_limit == *limit;
}

/* sendBlock: literals with: distances with: literalTree with: distanceTree, of a ZipEncoder: writes as many symbols as there is room
 * for; how many bytes they stand for. */
prim_result prim_zip_send_block(struct vm *vm, const prim_call *call)
{
    oop encoder = call->receiver;
    oop literals = prim_argument(call, 0);
    oop distances = prim_argument(call, 1);
    struct deflate_writer writer;
    size_t bits_slot, index, limit, sum;
    if (!read_encoder(encoder, &writer, &bits_slot))
        return PRIM_BAD_RECEIVER;
    if (!read_symbol_streams(literals, distances, &writer, &index, &limit) ||
        !read_tree(prim_argument(call, 2), &writer.literal_codes) ||
        !read_tree(prim_argument(call, 3), &writer.distance_codes) ||
        writer.literals == writer.bytes)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(encoder) || slot_is_fixed(encoder, STREAM_COLLECTION) ||
        object_is_immutable(literals) || object_is_immutable(distances))
        return PRIM_NO_MODIFICATION;
    if (!deflate_write(&writer, &index, limit, &sum))
        return PRIM_BAD_ARGUMENT;
    put_count(literals, STREAM_POSITION, index);
    put_count(distances, STREAM_POSITION, index);
    put_count(encoder, STREAM_POSITION, writer.position);
    put_count(encoder, bits_slot, (size_t)writer.bits);
    put_count(encoder, bits_slot + 1, writer.bit_count);
    return answer_integer(vm, call, (int64_t)sum);
}
