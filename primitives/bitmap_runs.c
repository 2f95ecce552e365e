#include "primitives/bitmap_runs.h"

enum { SHORT_LIMIT = 224, LONG_MARK = 255, LONG_SIZE = 5, WORD_SIZE = 4, BYTE_BITS = 8 };
enum { RUN_SKIP, RUN_OF_BYTE, RUN_OF_WORD, RUN_OF_WORDS };

size_t bitmap_runs_room(size_t count)
{
    return 2 * (size_t)LONG_SIZE + count * (WORD_SIZE + 2);
}

static size_t put_word(uint8_t *bytes, uint32_t word)
{
    for (unsigned i = 0; i < WORD_SIZE; i++)
        bytes[i] = (uint8_t)(word >> (24 - BYTE_BITS * i));
    return WORD_SIZE;
}

static size_t put_number(uint8_t *bytes, uint32_t number)
{
    if (number < SHORT_LIMIT) {
        bytes[0] = (uint8_t)number;
        return 1;
    }
    if (number < (LONG_MARK - SHORT_LIMIT) << BYTE_BITS) {
        bytes[0] = (uint8_t)(SHORT_LIMIT + (number >> BYTE_BITS));
        bytes[1] = (uint8_t)number;
        return 2;
    }
    bytes[0] = LONG_MARK;
    return 1 + put_word(bytes + 1, number);
}

static bool is_of_one_byte(uint32_t word)
{
    return word == (word & 0xFF) * 0x01010101u;
}

static size_t put_run(uint8_t *bytes, uint32_t word, size_t length)
{
    bool of_byte = is_of_one_byte(word);
    size_t size = put_number(bytes, (uint32_t)(length * 4 + (of_byte ? RUN_OF_BYTE : RUN_OF_WORD)));
    if (!of_byte)
        return size + put_word(bytes + size, word);
    bytes[size] = (uint8_t)word;
    return size + 1;
}

size_t bitmap_runs_write(const uint32_t *words, size_t count, uint8_t *bytes)
{
    size_t size = put_number(bytes, (uint32_t)count);
    for (size_t i = 0; i < count;) {
        size_t limit = i + 1;
        while (limit < count && words[limit] == words[i])
            limit++;
        if (limit - i > 1 || is_of_one_byte(words[i])) {
            size += put_run(bytes + size, words[i], limit - i);
            i = limit;
            continue;
        }
        /* Words that differ, up to where two are alike. */
        while (limit < count && (limit + 1 == count || words[limit] != words[limit + 1]))
            limit++;
        size += put_number(bytes + size, (uint32_t)((limit - i) * 4 + RUN_OF_WORDS));
        for (; i < limit; i++)
            size += put_word(bytes + size, words[i]);
    }
    return size;
}

static uint32_t word_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* One N: how many words, of which kind, and the bytes that D takes. False where bytes are missing. */
struct run {
    size_t length;
    unsigned kind;
    size_t data_index;
    size_t data_size;
};

static bool run_at(const uint8_t *bytes, size_t size, size_t index, struct run *run)
{
    uint32_t number = bytes[index];
    size_t taken = number < SHORT_LIMIT ? 1 : number < LONG_MARK ? 2 : (size_t)LONG_SIZE;
    if (taken > size - index)
        return false;
    if (taken == 2)
        number = (number - SHORT_LIMIT) << BYTE_BITS | bytes[index + 1];
    if (taken == LONG_SIZE)
        number = word_at(bytes + index + 1);
    run->length = number >> 2;
    run->kind = number & 3;
    run->data_index = index + taken;
    run->data_size = run->kind == RUN_SKIP      ? 0
                     : run->kind == RUN_OF_BYTE ? 1
                     : run->kind == RUN_OF_WORD ? (size_t)WORD_SIZE
                                                : run->length * WORD_SIZE;
    return run->data_size <= size - run->data_index;
}

bool bitmap_runs_check(const uint8_t *bytes, size_t size, size_t count)
{
    struct run run;
    size_t words = 0;
    for (size_t index = 0; index < size; index = run.data_index + run.data_size) {
        if (!run_at(bytes, size, index, &run) || run.length > count - words)
            return false;
        words += run.length;
    }
    return true;
}

void bitmap_runs_read(const uint8_t *bytes, size_t size, uint32_t *words)
{
    struct run run;
    for (size_t index = 0; index < size; index = run.data_index + run.data_size) {
        if (!run_at(bytes, size, index, &run))
            return;
        const uint8_t *data = bytes + run.data_index;
        for (size_t i = 0; i < run.length && run.kind != RUN_SKIP; i++)
            words[i] = run.kind == RUN_OF_BYTE   ? data[0] * 0x01010101u
                       : run.kind == RUN_OF_WORD ? word_at(data)
                                                 : word_at(data + i * WORD_SIZE);
        words += run.length;
    }
}
