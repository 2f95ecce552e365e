/*
 * The header of a 64-bit Spur image file (spur-format, sections 1 and 2): 128 bytes that every VM reads, and in our own files
 * a page of 4096 whose rest other readers skip. There we keep:
 *
 *     offset 128  8 bytes   the mark "VIVARIUM"
 *            136  4 bytes   version of this extension        140  4 bytes  version of the checks the writer vouches for, or 0
 *            144  8 bytes   generation: how often this world was saved
 *            152  8 bytes   XXH3 of the data
 *            160  4 bytes   what the image thinks of its own objects, enum dialect (vm/object/dialect.h); 0: as Spur
 *            168  32 bytes  who wrote it, text, zero-filled
 *            200  4 bytes   number of blocks with a checksum of their own, 0 in files of before
 *            208  8 bytes each   XXH3 of each block of the data (checksum.h)
 *            4088 8 bytes   XXH3 of the 4088 bytes before
 *
 * The checksums are against damage, not against attack: anyone can compute them. All fields are little endian; a
 * big-endian machine is refused when the program is compiled.
 */
#ifndef VIV_IMAGE_FORMAT_HEADER_H
#define VIV_IMAGE_FORMAT_HEADER_H

#include "image/import/import.h"
#include "vm/base/assert.h"
#include "vm/base/status.h"

#include <stddef.h>
#include <stdint.h>

enum {
    IMAGE_MAGIC = 68021,
    IMAGE_MAGIC_MULTIPLE_SETS = 68533,
    IMAGE_COMMON_HEADER_SIZE = 128,
    IMAGE_HEADER_PAGE_SIZE = 4096,
    IMAGE_BRIDGE_SIZE = 16,
    IMAGE_EXTENSION_VERSION = 1,
    /* Goes up whenever the loader learns to refuse something: files vouched for by an older one are walked again. */
    IMAGE_CHECKS_VERSION = 2,
    IMAGE_WRITER_NAME_SIZE = 32,
    IMAGE_BLOCKS_MAX = 480
};

/* What a bridge's first word is when no gap of addresses follows (spur-format, section 3). */
#define IMAGE_BRIDGE UINT64_C(0x0080000049000003)

/* Checksums of the data's blocks, each of image_block_size bytes but the last. */
struct image_blocks {
    uint32_t count;
    uint32_t unused;
    uint64_t hashes[IMAGE_BLOCKS_MAX];
};

struct image_header {
    uint32_t magic;
    uint32_t header_size;
    uint64_t data_size; /* all segments and their bridges */
    uint64_t base;      /* address of the first object */
    uint64_t special_objects;
    uint64_t last_hash;
    uint64_t screen_size;
    uint64_t flags;
    uint32_t extra_vm_memory;
    uint16_t stack_pages;
    uint16_t code_size_kib;
    uint32_t eden_size;
    uint16_t semaphore_table_size;
    uint16_t image_version;
    uint64_t first_segment_size;
    uint64_t free_size;
    uint8_t padding[40];

    /* The extension; zero in files of others. */
    bool ours;
    uint32_t checks_version; /* 0: nobody vouches for the objects */
    uint64_t generation;
    uint64_t data_hash;
    uint32_t dialect; /* enum dialect; foreign files have theirs, too */
    char writer[IMAGE_WRITER_NAME_SIZE];
    struct image_blocks blocks;

    uint64_t prefix_size; /* bytes before the header: 0, or 512 in very old files */
    /* The file is of a format that image/import converts; the fields are those of its own header. */
    bool foreign;
};

/* A new world's header: everything at its default, generation 0. */
struct image_header image_header_default(void);

/*
 * Reads the header out of the first `available` bytes of a file of file_size bytes, that of a foreign format, too. Refuses, with
 * file, offset, wanted and found: other formats, sizes that do not agree with the file's, addresses that are not aligned or wrap,
 * and in our own files a header page whose checksum is wrong. Needs at most 512 + 4096 bytes.
 */
bool image_header_parse(struct image_header *header, const uint8_t *bytes, size_t available,
                        uint64_t file_size, const char *path, struct status *status) VIV_MUST_USE;

/* Makes the header of a foreign file that of its converted data, as they lie at an address. */
void image_header_convert(struct image_header *header, const struct import *import, uint64_t base);

/* Writes the page: the common header and our extension, with the checksum of the page. */
void image_header_write(const struct image_header *header, uint8_t page[IMAGE_HEADER_PAGE_SIZE]);

/* Offset of the first object in the file. */
uint64_t image_data_offset(const struct image_header *header);

/* Whether this VM may trust the objects without walking them, once the data's checksum fits. */
bool image_header_is_trusted(const struct image_header *header);

#endif
