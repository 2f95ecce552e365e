/* The fixed codes of deflate (RFC 1951, 3.2.6), for writing, and as the tables by which images of others read. */
#ifndef VIV_TESTS_UNIT_PRIMITIVES_FIXED_CODES_H
#define VIV_TESTS_UNIT_PRIMITIVES_FIXED_CODES_H

#include <stddef.h>
#include <stdint.h>

enum { FIXED_SYMBOLS = 288, FIXED_TABLE_SIZE = 1024, FIXED_FIRST_BITS = 7, FIXED_LENGTHS = 29 };

static inline uint32_t reversed(uint32_t code, unsigned count)
{
    uint32_t result = 0;
    for (unsigned i = 0; i < count; i++)
        result |= (code >> i & 1) << (count - 1 - i);
    return result;
}

static inline size_t fixed_literal_codes(uint32_t *lengths, uint32_t *codes)
{
    for (uint32_t i = 0; i < FIXED_SYMBOLS; i++) {
        lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
        uint32_t code = i < 144   ? 0x30 + i
                        : i < 256 ? 0x190 + i - 144
                        : i < 280 ? i - 256
                                  : 0xC0 + i - 280;
        codes[i] = reversed(code, lengths[i]);
    }
    return FIXED_SYMBOLS;
}

static inline size_t fixed_distance_codes(uint32_t *lengths, uint32_t *codes)
{
    for (uint32_t i = 0; i < 30; i++) {
        lengths[i] = 5;
        codes[i] = reversed(i, 5);
    }
    return 30;
}

/* What the table holds for a symbol. */
static inline uint32_t fixed_literal_value(uint32_t symbol)
{
    static const uint32_t bases[FIXED_LENGTHS] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                                  15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                                  67, 83, 99, 115, 131, 163, 195, 227, 258};
    if (symbol <= 256 || symbol >= 257 + FIXED_LENGTHS)
        return symbol <= 256 ? symbol : 0;
    uint32_t number = symbol - 257;
    uint32_t extra = number < 8 || number == 28 ? 0 : (number - 4) / 4;
    return (extra + 1) << 16 | bases[number];
}

static inline uint32_t fixed_distance_value(uint32_t symbol)
{
    uint32_t extra = symbol < 4 ? 0 : (symbol - 2) / 2;
    uint32_t base = symbol < 2 ? symbol + 1 : ((2 + (symbol & 1)) << extra) + 1;
    return extra << 16 | base;
}

/* First seven bits, then a part of one or two more for longer codes. Answers the count of words. */
static inline size_t fixed_literal_table(uint32_t *words)
{
    uint32_t lengths[FIXED_SYMBOLS], codes[FIXED_SYMBOLS];
    size_t count = 1 + (1 << FIXED_FIRST_BITS);
    fixed_literal_codes(lengths, codes);
    for (size_t i = 0; i < count; i++)
        words[i] = i == 0 ? (uint32_t)FIXED_FIRST_BITS << 24 : 0;
    for (uint32_t i = 0; i < FIXED_SYMBOLS; i++) {
        uint32_t *first = &words[1 + (codes[i] & 127)];
        if (lengths[i] == FIXED_FIRST_BITS) {
            *first = fixed_literal_value(i);
            continue;
        }
        if (*first == 0) {
            *first = (lengths[i] - FIXED_FIRST_BITS) << 24 | (uint32_t)(count + 1);
            count += (size_t)1 << (lengths[i] - FIXED_FIRST_BITS);
        }
        words[(*first & 0xFFFF) - 1 + (codes[i] >> FIXED_FIRST_BITS)] = fixed_literal_value(i);
    }
    return count;
}

static inline size_t fixed_distance_table(uint32_t *words)
{
    words[0] = 5u << 24;
    for (uint32_t i = 0; i < 32; i++)
        words[1 + reversed(i, 5)] = i < 30 ? fixed_distance_value(i) : 0;
    return 33;
}

#endif
