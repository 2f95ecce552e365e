#include "image/format/checksum.h"

#include <inttypes.h>
#include <xxhash.h>

enum { SMALLEST_BLOCK = 64 << 10 };

uint64_t image_block_size(uint64_t data_size)
{
    uint64_t size = SMALLEST_BLOCK;
    while (data_size > size * IMAGE_BLOCKS_MAX)
        size *= 2;
    return size;
}

bool image_checksum_open(struct image_checksum *checksum, uint64_t data_size)
{
    *checksum = (struct image_checksum){.block_size = image_block_size(data_size)};
    checksum->left = checksum->block_size;
    checksum->whole = XXH3_createState();
    checksum->block = XXH3_createState();
    if (checksum->whole == NULL || checksum->block == NULL)
        return false;
    XXH3_64bits_reset(checksum->whole);
    XXH3_64bits_reset(checksum->block);
    return true;
}

static void end_block(struct image_checksum *checksum)
{
    viv_assert(checksum->blocks.count < IMAGE_BLOCKS_MAX, "data has the size that was announced");
    checksum->blocks.hashes[checksum->blocks.count++] = XXH3_64bits_digest(checksum->block);
    XXH3_64bits_reset(checksum->block);
    checksum->left = checksum->block_size;
}

void image_checksum_add(struct image_checksum *checksum, const void *bytes, size_t size)
{
    const char *at = bytes;
    XXH3_64bits_update(checksum->whole, bytes, size);
    while (size > 0) {
        size_t part = size < checksum->left ? size : (size_t)checksum->left;
        XXH3_64bits_update(checksum->block, at, part);
        checksum->left -= part;
        if (checksum->left == 0)
            end_block(checksum);
        at += part;
        size -= part;
    }
}

void image_checksum_finish(struct image_checksum *checksum, struct image_header *header)
{
    if (checksum->left < checksum->block_size)
        end_block(checksum);
    header->data_hash = XXH3_64bits_digest(checksum->whole);
    header->blocks = checksum->blocks;
}

void image_checksum_close(struct image_checksum *checksum)
{
    XXH3_freeState(checksum->whole);
    XXH3_freeState(checksum->block);
}

/* Offsets in the data between which the first run of damaged blocks lies; how many blocks are damaged. */
static uint32_t find_damage(const struct image_source *source, uint64_t *start, uint64_t *end)
{
    const struct image_header *header = source->header;
    uint64_t block_size = image_block_size(header->data_size);
    uint32_t damaged = 0;
    for (uint32_t i = 0; i < header->blocks.count && i * block_size < header->data_size; i++) {
        uint64_t offset = i * block_size;
        uint64_t left = header->data_size - offset;
        size_t size = (size_t)(left < block_size ? left : block_size);
        if (XXH3_64bits((const char *)source->data + offset, size) == header->blocks.hashes[i])
            continue;
        if (damaged == 0)
            *start = offset;
        if (damaged == 0 || *end == offset)
            *end = offset + size;
        damaged++;
    }
    return damaged;
}

bool image_compare_checksum(const struct image_source *source, uint64_t found,
                            struct status *status)
{
    const struct image_header *header = source->header;
    uint64_t start = 0;
    uint64_t end = 0;
    if (found == header->data_hash)
        return true;
    uint32_t damaged = find_damage(source, &start, &end);
    if (damaged == 0)
        return image_refuse(source, status, 0, "data as it was written",
                            "checksum %016" PRIx64 " in place of %016" PRIx64
                            ": the file is damaged",
                            found, header->data_hash);
    return image_refuse(source, status, start, "data as it was written",
                        "other bytes up to offset %" PRIu64 " (%" PRIu32 " of %" PRIu32
                        " blocks differ): the file is damaged",
                        image_data_offset(header) + end, damaged, header->blocks.count);
}

bool image_check_checksum(const struct image_source *source, struct status *status)
{
    const struct image_header *header = source->header;
    return !header->ours ||
           image_compare_checksum(source, XXH3_64bits(source->data, (size_t)header->data_size),
                                  status);
}
