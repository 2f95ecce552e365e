/* The header of 32-bit Spur images. */
#include "image/import/spur32.h"

#include <inttypes.h>

#define ADDRESS_LIMIT ((uint64_t)1 << 32)
#define BRIDGE_SIZE 16

static uint16_t half_word(const uint8_t *at)
{
    uint16_t half;
    memcpy(&half, at, sizeof half);
    return half;
}

static void read_fields(struct foreign_header *header, const uint8_t *at)
{
    header->magic = foreign_word(at);
    header->header_size = foreign_word(at + 4);
    header->data_size = foreign_word(at + 8);
    header->base = foreign_word(at + 12);
    header->special_objects = foreign_word(at + 16);
    header->last_hash = foreign_word(at + 20);
    header->screen_size = foreign_word(at + 24);
    header->flags = foreign_word(at + 28);
    header->extra_vm_memory = foreign_word(at + 32);
    header->stack_pages = half_word(at + 36);
    header->code_size_kib = half_word(at + 38);
    header->eden_size = foreign_word(at + 40);
    header->semaphore_table_size = half_word(at + 44);
    header->image_version = half_word(at + 46);
    header->first_segment_size = foreign_word(at + 48);
    header->free_size = foreign_word(at + 52);
}

static bool check_sizes(const struct foreign_header *header, uint64_t file_size, const char *path,
                        struct status *status)
{
    uint64_t start = header->prefix_size;
    uint64_t end = start + header->header_size + header->data_size;
    if (!foreign_header_rule(header->header_size == SPUR32_HEADER_SIZE, path, start + 4,
                             "a header of 64 bytes in a 32-bit Spur image", header->header_size,
                             status) ||
        !foreign_header_rule(header->data_size % 8 == 0 && header->data_size >= BRIDGE_SIZE, path,
                             start + 8,
                             "a size of data that is a multiple of 8 and has room for a bridge",
                             header->data_size, status))
        return false;
    if (end != file_size)
        return status_fail(status, STATUS_IMAGE,
                           "%s: at offset %" PRIu64
                           ": wanted data up to the end of the file, which has %" PRIu64
                           " bytes, found a header of %" PRIu32 " and %" PRIu64 " bytes of data",
                           path, start + 8, file_size, header->header_size, header->data_size);
    uint64_t segment = header->first_segment_size;
    return foreign_header_rule(segment == 0 || (segment >= BRIDGE_SIZE &&
                                                segment <= header->data_size && segment % 8 == 0),
                               path, start + 48, "a first segment inside the data", segment,
                               status);
}

bool spur32_header_parse(struct foreign_header *header, const uint8_t *bytes, uint64_t file_size,
                         const char *path, struct status *status)
{
    uint64_t start = header->prefix_size;
    read_fields(header, bytes + start);
    uint64_t base = header->base;
    return check_sizes(header, file_size, path, status) &&
           foreign_header_rule(
               base % 8 == 0 && base + header->data_size <= ADDRESS_LIMIT, path, start + 12,
               "a base address that is a multiple of 8 and leaves room for the data", base,
               status) &&
           foreign_header_rule(header->special_objects % 8 == 0 && header->special_objects >= base,
                               path, start + 16, "the address of the special objects",
                               header->special_objects, status) &&
           foreign_header_rule(header->free_size <= header->data_size, path, start + 52,
                               "no more free memory than data", header->free_size, status);
}
