/*
 * libFuzzer on images of other formats: any bytes, as a file in memory, are refused with a sentence, or converted and judged by
 * the checker, never more. Nothing needs to be fed: what is too short to be an image becomes the smallest of a format, 32-bit Spur,
 * what was before it in either order of bytes, or Smalltalk-80, and the mutator sets right what would stop every mutant at the door,
 * the sizes in the header. Real images may be fed, too.
 */
#include "image/import/import.h"
#include "tests/fuzz/check_bytes.h"
#include "tests/unit/import/tiny32.h"
#include "tests/unit/import/tiny80.h"
#include "tests/unit/import/tiny_v3.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t limit, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t limit);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_check_bytes(bytes, size);
    return 0;
}

/* Answers how many bytes are there then: none when the file has more than may be. */
static size_t put_file(uint8_t *bytes, size_t limit, const void *file, size_t size)
{
    if (size > limit)
        return 0;
    memcpy(bytes, file, size);
    return size;
}

static size_t put_smallest_spur(uint8_t *bytes, size_t limit)
{
    struct tiny32 *image = calloc(1, sizeof *image);
    if (image == NULL)
        return 0;
    tiny32_begin(image);
    tiny32_finish(image);
    size_t size = put_file(bytes, limit, image->file, tiny32_file_size(image));
    free(image);
    return size;
}

static size_t put_smallest80(uint8_t *bytes, size_t limit)
{
    struct tiny80 *image = calloc(1, sizeof *image);
    if (image == NULL)
        return 0;
    tiny80_begin(image);
    tiny80_finish(image);
    size_t size = put_file(bytes, limit, image->file, image->file_size);
    free(image);
    return size;
}

/* The object table takes what the object space leaves. */
static size_t set_right80(uint8_t *bytes, size_t size)
{
    size &= ~(size_t)3;
    size_t rest = size - ST80_HEADER_SIZE;
    size_t table = rest - rest / 8 * 7 / 512 * 512;
    memset(bytes, 0, ST80_HEADER_SIZE);
    tiny80_put(bytes, (uint32_t)((rest - table) / 2) >> 16);
    tiny80_put(bytes + 2, (uint32_t)((rest - table) / 2) & 0xFFFF);
    tiny80_put(bytes + 4, (uint32_t)(table / 2) >> 16);
    tiny80_put(bytes + 6, (uint32_t)(table / 2) & 0xFFFF);
    return size;
}

static size_t put_smallest_v3(uint8_t *bytes, size_t limit, bool is_big_endian)
{
    struct tiny_v3 *image = calloc(1, sizeof *image);
    if (image == NULL)
        return 0;
    tiny_v3_begin(image, is_big_endian);
    tiny_v3_finish(image);
    size_t size = put_file(bytes, limit, image->file, tiny_v3_file_size(image));
    free(image);
    return size;
}

static bool is_v3(uint32_t magic)
{
    return magic >= V3_MAGIC_OLDEST && magic <= V3_MAGIC_NATIVE_FLOATS;
}

/* Magic, header size and size of the data as the file's length and the magic that was there want them. */
static void set_right(uint8_t *bytes, size_t size, uint32_t magic)
{
    const bool is_big_endian = is_v3(__builtin_bswap32(magic));
    const uint32_t fields[] = {is_v3(magic) || is_big_endian ? magic : SPUR32_MAGIC,
                               SPUR32_HEADER_SIZE, (uint32_t)(size - SPUR32_HEADER_SIZE)};
    for (size_t i = 0; i < 3; i++) {
        uint32_t field = is_big_endian && i > 0 ? __builtin_bswap32(fields[i]) : fields[i];
        memcpy(bytes + i * 4, &field, sizeof field);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t limit, unsigned seed)
{
    if (size < SPUR32_HEADER_SIZE + 16)
        return seed % 4 == 0   ? put_smallest_spur(bytes, limit)
               : seed % 4 == 1 ? put_smallest80(bytes, limit)
                               : put_smallest_v3(bytes, limit, seed % 4 == 2);
    bool is80 = st80_recognises(bytes, size);
    uint32_t magic = foreign_word(bytes);
    size = LLVMFuzzerMutate(bytes, size, limit);
    if (is80)
        return seed % 8 != 0 && size >= 2 * ST80_HEADER_SIZE ? set_right80(bytes, size) : size;
    if (seed % 8 != 0 && size >= SPUR32_HEADER_SIZE + 16) {
        size &= ~(size_t)7;
        set_right(bytes, size, magic);
    }
    return size;
}
