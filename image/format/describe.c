#include "image/format/describe.h"

#include "image/format/checksum.h"
#include "vm/base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER_BYTES ((size_t)(512 + IMAGE_HEADER_PAGE_SIZE))

static bool refuse_file(const char *path, const char *what, struct status *status)
{
    char reason[128];
    return status_fail(status, STATUS_IMAGE, "%s: %s: %s", path, what,
                       io_reason(errno, reason, sizeof reason));
}

/* Opens a regular file and gives its size. -1 with a status. */
static int open_file(const char *path, uint64_t *size, struct status *status)
{
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        refuse_file(path, "cannot be opened", status);
        return -1;
    }
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        status_fail(status, STATUS_IMAGE, "%s: wanted an image file, found something else", path);
        close(fd);
        return -1;
    }
    *size = (uint64_t)facts.st_size;
    return fd;
}

bool image_describe(const char *path, struct image_description *description, struct status *status)
{
    uint8_t bytes[HEADER_BYTES];
    *description = (struct image_description){0};
    int fd = open_file(path, &description->file_size, status);
    if (fd < 0)
        return false;
    size_t size =
        description->file_size < sizeof bytes ? (size_t)description->file_size : sizeof bytes;
    bool good = io_pread_all(fd, bytes, size, 0) || refuse_file(path, "cannot be read", status);
    close(fd);
    return good && image_header_parse(&description->header, bytes, size, description->file_size,
                                      path, status);
}

/* Where converted data are said to lie while they are checked. */
#define CONVERTED_BASE UINT64_C(0x10000)

static bool check_data(struct image_description *description, const struct image_source *source,
                       struct status *status)
{
    struct image_layout layout;
    if (!image_check_checksum(source, status) || !image_layout_find(&layout, source, status))
        return false;
    description->segment_count = layout.count;
    description->checked = image_check_objects(source, &layout, &description->census, status);
    image_layout_free(&layout);
    return description->checked;
}

/* Converts a file of another format, and checks what comes out. */
static bool check_foreign(struct image_description *description, const char *path,
                          const uint8_t *bytes, size_t size, struct status *status)
{
    struct import *import = import_open(path, bytes, size, status);
    if (import == NULL)
        return false;
    struct image_header header = description->header;
    image_header_convert(&header, import, CONVERTED_BASE);
    uint64_t *data = malloc((size_t)import_size(import));
    struct image_source source = {path, &header, data, import};
    bool good =
        data != NULL
            ? import_write(import, data, CONVERTED_BASE) && check_data(description, &source, status)
            : status_fail(status, STATUS_MEMORY, "%s: no memory to convert it", path);
    free(data);
    import_close(import);
    return good;
}

bool image_check_bytes(const char *path, const uint8_t *bytes, size_t size,
                       struct image_description *description, struct status *status)
{
    viv_assert((uintptr_t)bytes % 8 == 0, "an image in memory is aligned to words");
    *description = (struct image_description){.file_size = size};
    if (!image_header_parse(&description->header, bytes, size, size, path, status))
        return false;
    if (description->header.foreign)
        return check_foreign(description, path, bytes, size, status);
    struct image_source source = {
        .path = path,
        .header = &description->header,
        .data = (const uint64_t *)(const void *)(bytes + image_data_offset(&description->header)),
    };
    return check_data(description, &source, status);
}

bool image_check_file(const char *path, struct image_description *description,
                      struct status *status)
{
    uint64_t size;
    int fd = open_file(path, &size, status);
    if (fd < 0)
        return false;
    uint8_t *bytes = malloc((size_t)size + 1);
    bool good;
    if (bytes == NULL)
        good = status_fail(status, STATUS_MEMORY, "%s: no memory to read its %" PRIu64 " bytes",
                           path, size);
    else
        good =
            io_pread_all(fd, bytes, (size_t)size, 0) || refuse_file(path, "cannot be read", status);
    close(fd);
    good = good && image_check_bytes(path, bytes, (size_t)size, description, status);
    free(bytes);
    return good;
}

static const char *name_of_format(const struct image_header *header)
{
    return header->foreign ? import_format_name(header->magic) : "64-bit Spur";
}

static const char *written_by(const struct image_header *header)
{
    return header->ours ? header->writer : "another virtual machine";
}

bool image_fact_at(const struct image_description *description, size_t index,
                   struct image_fact *fact)
{
    const struct image_header *header = &description->header;
    const struct image_census *census = &description->census;
    const struct image_fact facts[] = {
        {"format", true, 0, name_of_format(header)},
        {"magic", false, header->magic, NULL},
        {"writtenBy", true, 0, written_by(header)},
        {"generation", false, header->generation, NULL},
        {"fileSize", false, description->file_size, NULL},
        {"headerSize", false, header->header_size, NULL},
        {"dataSize", false, header->data_size, NULL},
        {"baseAddress", false, header->base, NULL},
        {"flags", false, header->flags, NULL},
        {"freeSize", false, header->free_size, NULL},
        {"segments", false, description->segment_count, NULL},
        {"objects", false, census->objects, NULL},
        {"classes", false, census->classes, NULL},
        {"methods", false, census->methods, NULL},
        {"contexts", false, census->contexts, NULL},
        {"freeChunks", false, census->free_chunks, NULL},
    };
    const size_t unchecked_count = 10;
    size_t count = description->checked ? sizeof facts / sizeof facts[0] : unchecked_count;
    if (index >= count)
        return false;
    *fact = facts[index];
    return true;
}
