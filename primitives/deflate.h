/*
 * Deflate (RFC 1951) step by step, on the state that streams of other images keep between the steps: matches found, symbols
 * written by the codes of an image, symbols read by its tables. Nothing here knows objects, allocates, or trusts a number that
 * the image keeps.
 */
#ifndef VIV_PRIMITIVES_DEFLATE_H
#define VIV_PRIMITIVES_DEFLATE_H

#include "vm/base/assert.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DEFLATE_WINDOW = 32768, /* also the size of both hash tables */
    DEFLATE_LITERAL_CODES = 286,
    DEFLATE_DISTANCE_CODES = 30,
    DEFLATE_BITS_MAX = 16, /* of one code, or of its extra bits */
    DEFLATE_BUFFER_BITS = 32
};

/* --- checksums --------------------------------------------------------------------------------------------------------------- */

uint32_t deflate_adler32(uint32_t adler, const uint8_t *bytes, size_t size);
/* Without the inversions before and after. */
uint32_t deflate_crc32(uint32_t crc, const uint8_t *bytes, size_t size);

/* --- matches ----------------------------------------------------------------------------------------------------------------- */

/*
 * Symbols found and not yet written: literals[i] with distances[i] 0, or length - 3 and the distance of a match. A string of three
 * bytes hashes to 15 bits; head has the place of the last one with that hash, tail, by place, the one before. Places lie in bytes.
 */
struct deflate_matcher {
    const uint8_t *bytes;
    size_t size;    /* of the whole buffer */
    size_t limit;   /* where what was written to the stream ends */
    uint32_t *head; /* DEFLATE_WINDOW each */
    uint32_t *tail;
    uint32_t hash;
    size_t here; /* the next byte that no symbol stands for */
    uint8_t *literals;
    uint32_t *distances;
    size_t capacity; /* of both */
    size_t count;
    size_t match_count;
    uint32_t *literal_frequencies;  /* DEFLATE_LITERAL_CODES */
    uint32_t *distance_frequencies; /* DEFLATE_DISTANCE_CODES */
};

/* Goes on up to the place `last`, which must be before limit. True when there is no room for more symbols. */
bool deflate_match(struct deflate_matcher *matcher, size_t last, size_t chain_length,
                   size_t good_length) VIV_MUST_USE;

/* --- writing ----------------------------------------------------------------------------------------------------------------- */

/* Bits of a code and the code, for each symbol. */
struct deflate_codes {
    const uint32_t *lengths;
    const uint32_t *codes;
    size_t count;
};

struct deflate_writer {
    uint8_t *bytes;
    size_t size;
    size_t position;
    uint64_t bits; /* those not yet written, the first lowest */
    unsigned bit_count;
    const uint8_t *literals;
    const uint32_t *distances;
    struct deflate_codes literal_codes;
    struct deflate_codes distance_codes;
};

/* Writes the symbols from *index up to `limit`, as far as there is room; *index becomes that of the first not written, *sum the
 * count of bytes they stand for. False when a symbol has no code: then nothing is changed, nor written. */
bool deflate_write(struct deflate_writer *writer, size_t *index, size_t limit,
                   size_t *sum) VIV_MUST_USE;

/* --- reading ----------------------------------------------------------------------------------------------------------------- */

/*
 * A table of an image: the high byte of its first word is how many bits lead into the part that begins at its second; a word with
 * none of the bits 24-29 is a value, another leads on: the high byte is how many bits, the low half the one-based place of the part.
 * Values of the literal table: 0 to 255, 256 at the end of a block, or a length below one more than its extra bits; of the table of
 * distances: a distance below its extra bits.
 */
struct deflate_table {
    const uint32_t *words;
    size_t count;
};

struct deflate_reader {
    uint8_t *bytes;
    size_t size;
    size_t position; /* bytes read */
    const uint8_t *source;
    size_t source_position;
    size_t source_limit;
    uint64_t bits;
    unsigned bit_count;
    struct deflate_table literals;
    struct deflate_table distances;
};

/* How reading ended. What was read before it stays read; the symbol that could not be is not. */
enum deflate_end { DEFLATE_BLOCK_ENDS, DEFLATE_NO_ROOM, DEFLATE_NO_INPUT, DEFLATE_DAMAGED };
enum deflate_end deflate_read(struct deflate_reader *reader) VIV_MUST_USE;

#endif
