#include "primitives/deflate.h"

#include <string.h>

enum {
    LENGTH_MIN = 3,
    LENGTH_MAX = 258,
    LENGTH_SYMBOLS = 28, /* 258 is written as the last of them, with all extra bits */
    FIRST_LENGTH_SYMBOL = 257,
    END_OF_BLOCK = 256,
    HASH_SHIFT = 5,
    HASH_MASK = DEFLATE_WINDOW - 1,
    FAR = DEFLATE_WINDOW / 4, /* three bytes from beyond cost more than they save */
    ADLER_BASE = 65521,
    ADLER_RUN = 4096, /* sums of so many bytes fit in 32 bits */
    WRITE_ROOM = 4,   /* bytes that must be free for a symbol */
    WHOLE_ROOM = 7    /* bytes that any symbol fits in */
};

/* --- checksums --------------------------------------------------------------------------------------------------------------- */

uint32_t deflate_adler32(uint32_t adler, const uint8_t *bytes, size_t size)
{
    uint32_t low = (adler & 0xFFFF) % ADLER_BASE;
    uint32_t high = (adler >> 16) % ADLER_BASE;
    while (size > 0) {
        size_t run = size < ADLER_RUN ? size : ADLER_RUN;
        size -= run;
        for (; run > 0; run--) {
            low += *bytes++;
            high += low;
        }
        low %= ADLER_BASE;
        high %= ADLER_BASE;
    }
    return high << 16 | low;
}

uint32_t deflate_crc32(uint32_t crc, const uint8_t *bytes, size_t size)
{
    /* What each half byte does to the polynomial 0xEDB88320. */
    static const uint32_t halves[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC,
                                        0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
                                        0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                        0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ halves[crc & 15];
        crc = crc >> 4 ^ halves[crc & 15];
    }
    return crc;
}

/* --- symbols ----------------------------------------------------------------------------------------------------------------- */

/* A symbol with extra bits: it stands for the values from its base on. */
struct symbol {
    unsigned number;
    unsigned extra_count;
    uint32_t extra;
};

/* Symbols come in groups of `group` with one more extra bit each; the first two groups have none. */
static struct symbol symbol_for(uint32_t value, unsigned group_bits)
{
    uint32_t first = (uint32_t)2 << group_bits;
    if (value < first)
        return (struct symbol){value, 0, 0};
    unsigned top = 31 - (unsigned)__builtin_clz(value);
    unsigned extra = top - group_bits;
    return (struct symbol){(extra << group_bits) + (value >> extra), extra,
                           value & ((UINT32_C(1) << extra) - 1)};
}

/* Of a length less 3, 0 to 255. */
static struct symbol length_symbol(uint32_t length)
{
    struct symbol symbol = symbol_for(length, 2);
    symbol.number += FIRST_LENGTH_SYMBOL;
    return symbol;
}

/* Of a distance less 1, below DEFLATE_WINDOW. */
static struct symbol distance_symbol(uint32_t distance)
{
    return symbol_for(distance, 1);
}

/* --- matches ----------------------------------------------------------------------------------------------------------------- */

struct match {
    size_t length;
    size_t place;
};

static uint32_t hash_with(const struct deflate_matcher *matcher, size_t here)
{
    size_t last = here + LENGTH_MIN - 1;
    uint32_t byte = last < matcher->size ? matcher->bytes[last] : 0;
    return (matcher->hash << HASH_SHIFT ^ byte) & HASH_MASK;
}

/* Notes the string that begins here. */
static void insert(struct deflate_matcher *matcher, size_t here)
{
    matcher->hash = hash_with(matcher, here);
    matcher->tail[here & HASH_MASK] = matcher->head[matcher->hash];
    matcher->head[matcher->hash] = (uint32_t)here;
}

static size_t common_length(const struct deflate_matcher *matcher, size_t here, size_t place)
{
    size_t most = matcher->limit - here < LENGTH_MAX ? matcher->limit - here : LENGTH_MAX;
    size_t length = 0;
    while (length < most && matcher->bytes[here + length] == matcher->bytes[place + length])
        length++;
    return length;
}

/* The longest match here that is longer than `best`; best where there is none. A tail may lead anywhere: only places that come
 * before the last one, and lie in the window, are followed. */
static struct match find(const struct deflate_matcher *matcher, size_t here, struct match best,
                         size_t chain_length, size_t good_length)
{
    size_t before = here;
    size_t place = here < matcher->limit ? matcher->head[hash_with(matcher, here)] : here;
    while (place < before && here - place < DEFLATE_WINDOW && chain_length-- > 0) {
        size_t length = common_length(matcher, here, place);
        bool worth = length > LENGTH_MIN || (length == LENGTH_MIN && here - place <= FAR);
        if (worth && length > best.length) {
            best = (struct match){length, place};
            if (length >= good_length || length == LENGTH_MAX)
                break;
        }
        before = place;
        place = matcher->tail[place & HASH_MASK];
    }
    return best;
}

static void note_literal(struct deflate_matcher *matcher, uint8_t byte)
{
    matcher->literals[matcher->count] = byte;
    matcher->distances[matcher->count++] = 0;
    matcher->literal_frequencies[byte]++;
}

static void note_match(struct deflate_matcher *matcher, size_t length, size_t distance)
{
    matcher->literals[matcher->count] = (uint8_t)(length - LENGTH_MIN);
    matcher->distances[matcher->count++] = (uint32_t)distance;
    matcher->match_count++;
    matcher->literal_frequencies[length_symbol((uint32_t)(length - LENGTH_MIN)).number]++;
    matcher->distance_frequencies[distance_symbol((uint32_t)distance - 1).number]++;
}

bool deflate_match(struct deflate_matcher *matcher, size_t last, size_t chain_length,
                   size_t good_length)
{
    const struct match none = {LENGTH_MIN - 1, 0};
    struct match match = none;
    while (matcher->here <= last && matcher->count < matcher->capacity) {
        size_t here = matcher->here;
        if (match.length < LENGTH_MIN)
            match = find(matcher, here, none, chain_length, good_length);
        insert(matcher, here);
        /* A byte by itself is better where a longer match begins behind it. */
        struct match next = find(matcher, here + 1, match, chain_length, good_length);
        if (next.length > match.length || match.length < LENGTH_MIN) {
            note_literal(matcher, matcher->bytes[here]);
            matcher->here = here + 1;
            match = next.length > match.length ? next : none;
            continue;
        }
        note_match(matcher, match.length, here - match.place);
        for (size_t i = 1; i < match.length; i++)
            insert(matcher, here + i);
        matcher->here = here + match.length;
        match = none;
    }
    return matcher->count == matcher->capacity;
}

/* --- writing ----------------------------------------------------------------------------------------------------------------- */

/* Whole bytes leave the buffer; without bytes they are only counted. */
static void put_bits(struct deflate_writer *writer, uint64_t bits, unsigned count)
{
    writer->bits |= bits << writer->bit_count;
    writer->bit_count += count;
    while (writer->bit_count >= 8 && writer->position < writer->size) {
        if (writer->bytes != NULL)
            writer->bytes[writer->position] = (uint8_t)writer->bits;
        writer->position++;
        writer->bits >>= 8;
        writer->bit_count -= 8;
    }
}

static bool put_symbol(struct deflate_writer *writer, const struct deflate_codes *codes,
                       const struct symbol *symbol)
{
    if (symbol->number >= codes->count || codes->lengths[symbol->number] >= DEFLATE_BITS_MAX ||
        codes->codes[symbol->number] >> codes->lengths[symbol->number] != 0)
        return false;
    put_bits(writer, codes->codes[symbol->number], codes->lengths[symbol->number]);
    put_bits(writer, symbol->extra, symbol->extra_count);
    return true;
}

/* One literal or match; how many bytes it stands for, 0 where it cannot be written. */
static size_t put_entry(struct deflate_writer *writer, size_t index)
{
    uint32_t value = writer->literals[index];
    uint32_t distance = writer->distances[index];
    if (distance == 0) {
        struct symbol literal = {value, 0, 0};
        return put_symbol(writer, &writer->literal_codes, &literal) ? 1 : 0;
    }
    if (distance > DEFLATE_WINDOW)
        return 0;
    struct symbol length = length_symbol(value);
    struct symbol symbol = distance_symbol(distance - 1);
    return put_symbol(writer, &writer->literal_codes, &length) &&
                   put_symbol(writer, &writer->distance_codes, &symbol)
               ? value + LENGTH_MIN
               : 0;
}

static bool write_all(struct deflate_writer *writer, size_t *index, size_t limit, size_t *sum)
{
    *sum = 0;
    put_bits(writer, 0, 0);
    while (*index < limit && writer->position + WRITE_ROOM < writer->size &&
           (*sum == 0 || writer->position + WHOLE_ROOM < writer->size)) {
        size_t size = put_entry(writer, *index);
        if (size == 0)
            return false;
        *sum += size;
        *index += 1;
    }
    return true;
}

bool deflate_write(struct deflate_writer *writer, size_t *index, size_t limit, size_t *sum)
{
    struct deflate_writer trial = *writer;
    size_t trial_index = *index;
    trial.bytes = NULL;
    return write_all(&trial, &trial_index, limit, sum) && write_all(writer, index, limit, sum);
}

/* --- reading ----------------------------------------------------------------------------------------------------------------- */

static bool next_bits(struct deflate_reader *reader, unsigned count, uint32_t *bits)
{
    while (reader->bit_count < count) {
        if (reader->source_position >= reader->source_limit)
            return false;
        reader->bits |= (uint64_t)reader->source[reader->source_position++] << reader->bit_count;
        reader->bit_count += 8;
    }
    *bits = (uint32_t)(reader->bits & (((uint64_t)1 << count) - 1));
    reader->bits >>= count;
    reader->bit_count -= count;
    return true;
}

/* What one step of reading may find; DEFLATE_BLOCK_ENDS stands for "well". */
static enum deflate_end decode(struct deflate_reader *reader, const struct deflate_table *table,
                               uint32_t *value)
{
    unsigned count = table->count == 0 ? DEFLATE_BITS_MAX + 1 : table->words[0] >> 24;
    size_t part = 1;
    while (count <= DEFLATE_BITS_MAX) {
        uint32_t bits;
        if (!next_bits(reader, count, &bits))
            return DEFLATE_NO_INPUT;
        if (part + bits >= table->count)
            return DEFLATE_DAMAGED;
        *value = table->words[part + bits];
        if ((*value & 0x3F000000) == 0)
            return DEFLATE_BLOCK_ENDS;
        count = *value >> 24;
        part = *value & 0xFFFF;
        if (part-- == 0)
            return DEFLATE_DAMAGED;
    }
    return DEFLATE_DAMAGED;
}

/* Adds the extra bits of a value to its base. */
static enum deflate_end add_extra(struct deflate_reader *reader, uint32_t count, uint32_t base,
                                  size_t *result)
{
    uint32_t bits = 0;
    if (count > DEFLATE_BITS_MAX)
        return DEFLATE_DAMAGED;
    if (count > 0 && !next_bits(reader, count, &bits))
        return DEFLATE_NO_INPUT;
    *result = (size_t)base + bits;
    return DEFLATE_BLOCK_ENDS;
}

static enum deflate_end read_match(struct deflate_reader *reader, uint32_t value)
{
    size_t length = 0;
    size_t distance = 0;
    uint32_t extra = value >> 16;
    enum deflate_end end = add_extra(reader, extra == 0 ? 0 : extra - 1, value & 0xFFFF, &length);
    if (end == DEFLATE_BLOCK_ENDS)
        end = decode(reader, &reader->distances, &value);
    if (end == DEFLATE_BLOCK_ENDS)
        end = add_extra(reader, value >> 16, value & 0xFFFF, &distance);
    if (end != DEFLATE_BLOCK_ENDS)
        return end;
    if (length == 0 || distance == 0 || distance > reader->position)
        return DEFLATE_DAMAGED;
    if (length >= reader->size - reader->position)
        return DEFLATE_NO_ROOM;
    for (; length > 0; length--, reader->position++)
        reader->bytes[reader->position] = reader->bytes[reader->position - distance];
    return DEFLATE_BLOCK_ENDS;
}

enum deflate_end deflate_read(struct deflate_reader *reader)
{
    while (reader->position < reader->size) {
        struct deflate_reader before = *reader;
        uint32_t value = 0;
        enum deflate_end end = decode(reader, &reader->literals, &value);
        if (end == DEFLATE_BLOCK_ENDS && value == END_OF_BLOCK)
            return DEFLATE_BLOCK_ENDS;
        if (end == DEFLATE_BLOCK_ENDS && value > END_OF_BLOCK)
            end = read_match(reader, value);
        else if (end == DEFLATE_BLOCK_ENDS)
            reader->bytes[reader->position++] = (uint8_t)value;
        if (end != DEFLATE_BLOCK_ENDS) {
            *reader = before;
            return end;
        }
    }
    return DEFLATE_NO_ROOM;
}
