/* The header of images from before Spur. */
#include "image/import/v3.h"

#include <inttypes.h>

#define ADDRESS_LIMIT ((uint64_t)1 << 32)

static void read_fields(struct foreign_header *header, const uint8_t *at)
{
    uint32_t magic = foreign_word(at);
    header->is_big_endian = magic < V3_MAGIC_OLDEST || magic > V3_MAGIC_NATIVE_FLOATS;
    header->magic = foreign_file_word(header, at);
    header->header_size = foreign_file_word(header, at + 4);
    header->data_size = foreign_file_word(header, at + 8);
    header->base = foreign_file_word(header, at + 12);
    header->special_objects = foreign_file_word(header, at + 16);
    header->last_hash = foreign_file_word(header, at + 20);
    header->screen_size = foreign_file_word(header, at + 24);
    header->flags = foreign_file_word(header, at + 28);
    header->extra_vm_memory = foreign_file_word(header, at + 32);
}

bool v3_header_parse(struct foreign_header *header, const uint8_t *bytes, uint64_t file_size,
                     const char *path, struct status *status)
{
    uint64_t start = header->prefix_size;
    read_fields(header, bytes + start);
    uint64_t base = header->base;
    if (!foreign_header_rule(header->header_size == V3_HEADER_SIZE, path, start + 4,
                             "a header of 64 bytes in a 32-bit image from before Spur",
                             header->header_size, status) ||
        !foreign_header_rule(header->data_size % 4 == 0 && header->data_size != 0, path, start + 8,
                             "a size of data that is a multiple of 4", header->data_size, status))
        return false;
    if (start + header->header_size + header->data_size > file_size)
        return status_fail(status, STATUS_IMAGE,
                           "%s: at offset %" PRIu64
                           ": wanted data that end in the file, which has %" PRIu64
                           " bytes, found a header of %" PRIu32 " and %" PRIu64 " bytes of data",
                           path, start + 8, file_size, header->header_size, header->data_size);
    return foreign_header_rule(
               base % 4 == 0 && base + header->data_size <= ADDRESS_LIMIT, path, start + 12,
               "a base address that is a multiple of 4 and leaves room for the data", base,
               status) &&
           foreign_header_rule(header->special_objects % 4 == 0 && header->special_objects >= base,
                               path, start + 16, "the address of the special objects",
                               header->special_objects, status);
}
