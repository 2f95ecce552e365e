#include "image/format/header.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "images are mapped as they are: little endian");

#define EXTENSION_MARK "VIVARIUM"
#define MARK_SIZE 8
#define LEGACY_PREFIX_SIZE 512
#define HEADER_HASH_OFFSET (IMAGE_HEADER_PAGE_SIZE - 8)
/* Above this an image cannot be placed in the address space of a process. */
#define LARGEST_ADDRESS (UINT64_C(1) << 56)

/* FIELD(offset, name): the common header. FIELD of the extension stand in its own list. */
#define COMMON_FIELDS(FIELD)                                                                       \
    FIELD(0, magic)                                                                                \
    FIELD(4, header_size)                                                                          \
    FIELD(8, data_size)                                                                            \
    FIELD(16, base)                                                                                \
    FIELD(24, special_objects)                                                                     \
    FIELD(32, last_hash)                                                                           \
    FIELD(40, screen_size)                                                                         \
    FIELD(48, flags)                                                                               \
    FIELD(56, extra_vm_memory)                                                                     \
    FIELD(60, stack_pages)                                                                         \
    FIELD(62, code_size_kib)                                                                       \
    FIELD(64, eden_size)                                                                           \
    FIELD(68, semaphore_table_size)                                                                \
    FIELD(70, image_version)                                                                       \
    FIELD(72, first_segment_size)                                                                  \
    FIELD(80, free_size)                                                                           \
    FIELD(88, padding)

/* The blocks' checksums, too, are copied whole: count, four bytes of nothing, hashes. */
#define EXTENSION_FIELDS(FIELD)                                                                    \
    FIELD(140, checks_version)                                                                     \
    FIELD(144, generation)                                                                         \
    FIELD(152, data_hash)                                                                          \
    FIELD(160, dialect)                                                                            \
    FIELD(168, writer)                                                                             \
    FIELD(200, blocks)

struct image_header image_header_default(void)
{
    return (struct image_header){
        .magic = IMAGE_MAGIC,
        .header_size = IMAGE_HEADER_PAGE_SIZE,
        .flags = 2, /* floats are little endian */
        .screen_size = (uint64_t)1024 << 16 | 768,
    };
}

uint64_t image_data_offset(const struct image_header *header)
{
    return header->prefix_size + header->header_size;
}

bool image_header_is_trusted(const struct image_header *header)
{
    return header->ours && header->checks_version == IMAGE_CHECKS_VERSION &&
           strncmp(header->writer, "vivarium " VIV_VERSION, sizeof header->writer) == 0;
}

static const char *name_of_magic(uint32_t magic)
{
    switch (magic) {
    case 68000:
    case 68002:
    case 68003:
        return "a 64-bit image from before Spur";
    case 68019:
        return "an obsolete form of 64-bit Spur";
    default:
        return NULL;
    }
}

static bool known_magic(const uint8_t *bytes)
{
    uint32_t magic;
    memcpy(&magic, bytes, sizeof magic);
    return magic == IMAGE_MAGIC || magic == IMAGE_MAGIC_MULTIPLE_SETS;
}

static bool refuse_magic(const uint8_t *bytes, const char *path, struct status *status)
{
    uint32_t magic;
    memcpy(&magic, bytes, sizeof magic);
    uint32_t swapped = __builtin_bswap32(magic);
    if (swapped == IMAGE_MAGIC || swapped == IMAGE_MAGIC_MULTIPLE_SETS ||
        import_format_name(swapped) != NULL || name_of_magic(swapped) != NULL)
        return status_fail(
            status, STATUS_IMAGE,
            "%s: at offset 0: wanted a little-endian image, found a big-endian one (%" PRIu32 ")",
            path, swapped);
    const char *name = name_of_magic(magic);
    return status_fail(
        status, STATUS_IMAGE,
        "%s: at offset 0: wanted a Spur image (68021, 68533, 6521 or 7033), one from before Spur (6501, 6502, 6504"
        " or 6505) or one of Smalltalk-80, found %" PRIu32 "%s%s",
        path, magic, name != NULL ? ", " : ", no image format", name != NULL ? name : "");
}

/* One rule about a field: file, offset, wanted, found. */
static bool wanted(bool holds, const char *path, uint64_t offset, const char *what, uint64_t found,
                   struct status *status)
{
    if (holds)
        return true;
    return status_fail(status, STATUS_IMAGE,
                       "%s: at offset %" PRIu64 ": wanted %s, found %" PRIu64 " (0x%" PRIx64 ")",
                       path, offset, what, found, found);
}

static void read_common(struct image_header *header, const uint8_t *at)
{
#define FIELD(offset, name) memcpy(&header->name, at + (offset), sizeof header->name);
    COMMON_FIELDS(FIELD)
#undef FIELD
}

static bool check_sizes(const struct image_header *header, uint64_t file_size, const char *path,
                        struct status *status)
{
    uint64_t start = header->prefix_size;
    uint64_t end;
    if (!wanted(header->header_size == IMAGE_COMMON_HEADER_SIZE ||
                    header->header_size == IMAGE_HEADER_PAGE_SIZE,
                path, start + 4, "a header of 128 or 4096 bytes", header->header_size, status))
        return false;
    if (!wanted(header->data_size % 8 == 0 && header->data_size >= IMAGE_BRIDGE_SIZE, path,
                start + 8, "a size of data that is a multiple of 8 and has room for a bridge",
                header->data_size, status))
        return false;
    bool fits = !__builtin_add_overflow(image_data_offset(header), header->data_size, &end);
    if (!fits || end != file_size)
        return status_fail(status, STATUS_IMAGE,
                           "%s: at offset %" PRIu64
                           ": wanted data up to the end of the file, which has %" PRIu64
                           " bytes, found a header of %" PRIu32 " and %" PRIu64 " bytes of data",
                           path, start + 8, file_size, header->header_size, header->data_size);
    return wanted(
        header->first_segment_size <= header->data_size && header->first_segment_size % 8 == 0 &&
            (header->first_segment_size == 0 || header->first_segment_size >= IMAGE_BRIDGE_SIZE),
        path, start + 72, "a first segment inside the data", header->first_segment_size, status);
}

static bool check_addresses(const struct image_header *header, const char *path,
                            struct status *status)
{
    uint64_t start = header->prefix_size;
    uint64_t base = header->base;
    uint64_t limit;
    bool fits =
        !__builtin_add_overflow(base, header->data_size, &limit) && limit <= LARGEST_ADDRESS;
    return wanted(base % 8 == 0 && fits, path, start + 16,
                  "a base address that is a multiple of 8 and leaves room for the data", base,
                  status) &&
           wanted(header->special_objects % 8 == 0 && header->special_objects >= base, path,
                  start + 24, "the address of the special objects", header->special_objects,
                  status) &&
           wanted(header->free_size <= header->data_size, path, start + 80,
                  "no more free memory than data", header->free_size, status);
}

static bool read_extension(struct image_header *header, const uint8_t *page, const char *path,
                           struct status *status)
{
    uint32_t version;
    uint64_t hash;
    uint64_t start = header->prefix_size;
    if (!wanted(memcmp(page + 128, EXTENSION_MARK, MARK_SIZE) == 0, path, start + 128,
                "the mark VIVARIUM in a header of 4096 bytes", page[128], status))
        return false;
    memcpy(&version, page + 136, sizeof version);
    if (version > IMAGE_EXTENSION_VERSION) /* its checksum may be another one, too */
        return status_fail(status, STATUS_IMAGE,
                           "%s: at offset %" PRIu64
                           ": wanted an image of version %d, which this program reads, found one "
                           "of version %" PRIu32 ": a newer program is needed",
                           path, start + 136, IMAGE_EXTENSION_VERSION, version);
    memcpy(&hash, page + HEADER_HASH_OFFSET, sizeof hash);
    uint64_t computed = XXH3_64bits(page, HEADER_HASH_OFFSET);
    if (hash != computed)
        return status_fail(status, STATUS_IMAGE,
                           "%s: at offset %" PRIu64 ": wanted a header with checksum %016" PRIx64
                           ", found %016" PRIx64 ": the file is damaged",
                           path, start + HEADER_HASH_OFFSET, hash, computed);
    if (!wanted(version == IMAGE_EXTENSION_VERSION, path, start + 136,
                "version 1 of the header's extension", version, status))
        return false;
#define FIELD(offset, name) memcpy(&header->name, page + (offset), sizeof header->name);
    EXTENSION_FIELDS(FIELD)
#undef FIELD
    header->ours = true;
    if (!wanted(header->blocks.count <= IMAGE_BLOCKS_MAX, path, start + 200,
                "no more than 480 blocks", header->blocks.count, status))
        return false;
    if (!wanted(header->dialect < DIALECT_COUNT, path, start + 160, "a dialect that is known",
                header->dialect, status))
        return false;
    return wanted(header->writer[IMAGE_WRITER_NAME_SIZE - 1] == '\0', path, start + 168,
                  "the writer's name, ended by a zero byte", (uint8_t)header->writer[31], status);
}

/* Fields that both headers have, under the same names. */
#define FOREIGN_FIELDS(FIELD)                                                                      \
    FIELD(magic)                                                                                   \
    FIELD(header_size)                                                                             \
    FIELD(prefix_size)                                                                             \
    FIELD(data_size)                                                                               \
    FIELD(base)                                                                                    \
    FIELD(special_objects)                                                                         \
    FIELD(last_hash)                                                                               \
    FIELD(screen_size)                                                                             \
    FIELD(flags)                                                                                   \
    FIELD(extra_vm_memory)                                                                         \
    FIELD(stack_pages)                                                                             \
    FIELD(code_size_kib)                                                                           \
    FIELD(eden_size)                                                                               \
    FIELD(semaphore_table_size)                                                                    \
    FIELD(image_version)                                                                           \
    FIELD(first_segment_size)                                                                      \
    FIELD(free_size)

static bool parse_foreign(struct image_header *header, const uint8_t *bytes, size_t available,
                          uint64_t file_size, const char *path, struct status *status)
{
    struct foreign_header foreign;
    if (!import_header_parse(&foreign, bytes, available, file_size, path, status))
        return false;
#define FIELD(name) header->name = foreign.name;
    FOREIGN_FIELDS(FIELD)
#undef FIELD
    header->foreign = true;
    return true;
}

void image_header_convert(struct image_header *header, const struct import *import, uint64_t base)
{
    header->magic = IMAGE_MAGIC;
    header->header_size = IMAGE_COMMON_HEADER_SIZE;
    header->prefix_size = 0;
    header->data_size = import_size(import);
    header->first_segment_size = header->data_size;
    header->base = base;
    header->special_objects = import_special_objects(import, base);
    header->dialect = (uint32_t)import_dialect(import);
    header->flags |= 2; /* floats are little endian from now on */
    header->free_size = 0;
    header->foreign = false;
}

bool image_header_parse(struct image_header *header, const uint8_t *bytes, size_t available,
                        uint64_t file_size, const char *path, struct status *status)
{
    memset(header, 0, sizeof *header);
    if (import_recognises(bytes, available))
        return parse_foreign(header, bytes, available, file_size, path, status);
    if (file_size < IMAGE_COMMON_HEADER_SIZE || available < IMAGE_COMMON_HEADER_SIZE)
        return status_fail(
            status, STATUS_IMAGE,
            "%s: at offset 0: wanted an image header of 128 bytes, found a file of %" PRIu64
            " bytes",
            path, file_size);
    if (!known_magic(bytes)) {
        bool prefixed = available >= LEGACY_PREFIX_SIZE + IMAGE_COMMON_HEADER_SIZE &&
                        known_magic(bytes + LEGACY_PREFIX_SIZE);
        if (!prefixed)
            return refuse_magic(bytes, path, status);
        header->prefix_size = LEGACY_PREFIX_SIZE;
    }
    const uint8_t *at = bytes + header->prefix_size;
    read_common(header, at);
    if (!check_sizes(header, file_size, path, status) || !check_addresses(header, path, status))
        return false;
    if (header->header_size == IMAGE_COMMON_HEADER_SIZE)
        return true;
    if (available < header->prefix_size + IMAGE_HEADER_PAGE_SIZE)
        return status_fail(status, STATUS_IMAGE,
                           "%s: at offset 0: wanted a header of 4096 bytes, found %zu bytes", path,
                           available);
    return read_extension(header, at, path, status);
}

void image_header_write(const struct image_header *header, uint8_t page[IMAGE_HEADER_PAGE_SIZE])
{
    uint32_t version = IMAGE_EXTENSION_VERSION;
    memset(page, 0, IMAGE_HEADER_PAGE_SIZE);
#define FIELD(offset, name) memcpy(page + (offset), &header->name, sizeof header->name);
    COMMON_FIELDS(FIELD)
    EXTENSION_FIELDS(FIELD)
#undef FIELD
    memcpy(page + 128, EXTENSION_MARK, MARK_SIZE);
    memcpy(page + 136, &version, sizeof version);
    uint64_t hash = XXH3_64bits(page, HEADER_HASH_OFFSET);
    memcpy(page + HEADER_HASH_OFFSET, &hash, sizeof hash);
}
