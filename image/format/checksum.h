/*
 * Checksums of an image's data (XXH3): one of all of it, which a start compares, and one of each block, which say where a file is
 * damaged. Blocks are as small as their number allows: they are listed in the header's page.
 */
#ifndef VIV_IMAGE_FORMAT_CHECKSUM_H
#define VIV_IMAGE_FORMAT_CHECKSUM_H

#include "image/format/header.h"
#include "image/format/layout.h"

struct image_checksum {
    void *whole; /* states of the hashes */
    void *block;
    uint64_t block_size;
    uint64_t left; /* bytes of the block that is being added */
    struct image_blocks blocks;
};

/* Begins the checksums of data of that size; false when there is no memory. image_checksum_close in either case. */
bool image_checksum_open(struct image_checksum *checksum, uint64_t data_size) VIV_MUST_USE;
void image_checksum_add(struct image_checksum *checksum, const void *bytes, size_t size);
/* Once all data has been added: enters the checksums into the header. */
void image_checksum_finish(struct image_checksum *checksum, struct image_header *header);
void image_checksum_close(struct image_checksum *checksum);

/* Bytes of a block of data of that size: a power of two. */
uint64_t image_block_size(uint64_t data_size);

/* Refuses a file of ours whose data was found to have another checksum than its header says, naming the damaged blocks. */
bool image_compare_checksum(const struct image_source *source, uint64_t found,
                            struct status *status) VIV_MUST_USE;

/* Compares the data with the checksum in our header; files of others have none and pass. */
bool image_check_checksum(const struct image_source *source, struct status *status) VIV_MUST_USE;

#endif
