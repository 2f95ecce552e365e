/*
 * libFuzzer on images of other formats: any bytes, as a file in memory, are refused with a sentence, or converted and judged by
 * the checker, never more. Nothing needs to be fed: what is too short to be an image becomes the smallest 32-bit one, and the
 * mutator sets right what would stop every mutant at the door, the sizes in the header.
 */
#include "image/import/import.h"
#include "tests/fuzz/check_bytes.h"
#include "tests/unit/import/tiny32.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t limit, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t limit);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_check_bytes(bytes, size);
    return 0;
}

static size_t put_smallest(uint8_t *bytes, size_t limit)
{
    struct tiny32 *image = calloc(1, sizeof *image);
    if (image == NULL)
        return 0;
    tiny32_begin(image);
    tiny32_finish(image);
    size_t size = tiny32_file_size(image);
    if (size <= limit)
        memcpy(bytes, image->file, size);
    free(image);
    return size <= limit ? size : 0;
}

static void set_right(uint8_t *bytes, size_t size)
{
    const uint32_t fields[] = {SPUR32_MAGIC, SPUR32_HEADER_SIZE,
                               (uint32_t)(size - SPUR32_HEADER_SIZE)};
    memcpy(bytes, fields, sizeof fields);
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t limit, unsigned seed)
{
    if (size < SPUR32_HEADER_SIZE + 16)
        return put_smallest(bytes, limit);
    size = LLVMFuzzerMutate(bytes, size, limit);
    if (seed % 8 != 0 && size >= SPUR32_HEADER_SIZE + 16) {
        size &= ~(size_t)7;
        set_right(bytes, size);
    }
    return size;
}
