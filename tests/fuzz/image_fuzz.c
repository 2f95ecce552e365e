/*
 * libFuzzer on the image checker: any bytes, as a file in memory, are refused with a sentence or accepted, never more. The
 * mutator sets right what would stop every mutant at the door: the header's sizes and, in files of our own, both checksums,
 * so that the rules behind them are reached. Seeds: images small enough to mutate, such as a saved synth-minimal.
 */
#include "tests/fuzz/check_bytes.h"

#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t limit, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t limit);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_check_bytes(bytes, size);
    return 0;
}

static void put(uint8_t *bytes, size_t offset, uint64_t value)
{
    memcpy(bytes + offset, &value, sizeof value);
}

static void set_right(uint8_t *bytes, size_t size)
{
    uint32_t header_size;
    memcpy(&header_size, bytes + 4, sizeof header_size);
    if (header_size != IMAGE_HEADER_PAGE_SIZE || size < IMAGE_HEADER_PAGE_SIZE + IMAGE_BRIDGE_SIZE)
        header_size = IMAGE_COMMON_HEADER_SIZE;
    uint32_t magic = IMAGE_MAGIC;
    memcpy(bytes, &magic, sizeof magic);
    memcpy(bytes + 4, &header_size, sizeof header_size);
    put(bytes, 8, size - header_size);
    if (header_size == IMAGE_COMMON_HEADER_SIZE)
        return;
    put(bytes, 152, XXH3_64bits(bytes + header_size, size - header_size));
    put(bytes, IMAGE_HEADER_PAGE_SIZE - 8, XXH3_64bits(bytes, IMAGE_HEADER_PAGE_SIZE - 8));
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t limit, unsigned seed)
{
    size = LLVMFuzzerMutate(bytes, size, limit);
    if (seed % 8 != 0 && size >= IMAGE_COMMON_HEADER_SIZE + IMAGE_BRIDGE_SIZE) {
        size &= ~(size_t)7;
        set_right(bytes, size);
    }
    return size;
}
