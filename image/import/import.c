#include "image/import/import.h"

#include "image/import/spur32.h"
#include "image/import/widen.h"

#include <stdlib.h>

#define LEGACY_PREFIX_SIZE 512

struct import {
    struct foreign_image image;
    struct widening widening;
};

/* --- formats ---------------------------------------------------------------------------------------------------------- */

static const struct format {
    uint32_t magic;
    const char *name;
    uint64_t header_size; /* bytes that parse looks at */
    uint64_t special_objects_field;
    bool (*parse)(struct foreign_header *header, const uint8_t *bytes, uint64_t file_size,
                  const char *path, struct status *status);
    bool (*read)(struct foreign_image *image);
} formats[] = {
    {SPUR32_MAGIC, "32-bit Spur", SPUR32_HEADER_SIZE, 16, spur32_header_parse, spur32_read},
    {SPUR32_MAGIC_MULTIPLE_SETS, "32-bit Spur", SPUR32_HEADER_SIZE, 16, spur32_header_parse,
     spur32_read},
};

static const struct format *format_of(uint32_t magic)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (formats[i].magic == magic)
            return &formats[i];
    return NULL;
}

/* The format of a file by its first bytes, at the beginning or behind a prefix of very old files. */
static const struct format *recognise(const uint8_t *bytes, size_t available, uint64_t *prefix)
{
    for (*prefix = 0; *prefix <= LEGACY_PREFIX_SIZE; *prefix += LEGACY_PREFIX_SIZE) {
        if (available < *prefix + sizeof(uint32_t))
            break;
        const struct format *format = format_of(foreign_word(bytes + *prefix));
        if (format != NULL && available >= *prefix + format->header_size)
            return format;
    }
    return NULL;
}

bool import_recognises(const uint8_t *bytes, size_t available)
{
    uint64_t prefix;
    return recognise(bytes, available, &prefix) != NULL;
}

const char *import_format_name(uint32_t magic)
{
    const struct format *format = format_of(magic);
    return format == NULL ? NULL : format->name;
}

bool import_header_parse(struct foreign_header *header, const uint8_t *bytes, size_t available,
                         uint64_t file_size, const char *path, struct status *status)
{
    *header = (struct foreign_header){0};
    const struct format *format = recognise(bytes, available, &header->prefix_size);
    if (format == NULL)
        return status_fail(status, STATUS_IMAGE, "%s: at offset 0: wanted an image, found none",
                           path);
    return format->parse(header, bytes, file_size, path, status);
}

/* --- conversion ------------------------------------------------------------------------------------------------------- */

struct import *import_open(const char *path, const uint8_t *bytes, uint64_t size,
                           struct status *status)
{
    struct import *import = calloc(1, sizeof *import);
    if (import == NULL) {
        status_fail(status, STATUS_MEMORY, "%s: no memory to convert it", path);
        return NULL;
    }
    struct foreign_image *image = &import->image;
    image->path = path;
    image->bytes = bytes;
    image->size = size;
    image->status = status;
    if (import_header_parse(&image->header, bytes, (size_t)size, size, path, status) &&
        format_of(image->header.magic)->read(image) && widen_plan(&import->widening, image))
        return import;
    import_close(import);
    return NULL;
}

void import_close(struct import *import)
{
    if (import == NULL)
        return;
    widen_free(&import->widening);
    foreign_free(&import->image);
    free(import);
}

uint64_t import_size(const struct import *import)
{
    return import->widening.size;
}

enum dialect import_dialect(const struct import *import)
{
    return import->image.dialect;
}

bool import_write(const struct import *import, uint64_t *data, uint64_t base)
{
    return widen_write(&import->widening, data, base);
}

uint64_t import_special_objects(const struct import *import, uint64_t base)
{
    return widen_oop(&import->widening, import->image.special_objects, base);
}

uint64_t import_file_offset(const struct import *import, uint64_t offset)
{
    return widen_origin(&import->widening, offset);
}

uint64_t import_special_objects_field(const struct import *import)
{
    const struct foreign_header *header = &import->image.header;
    return header->prefix_size + format_of(header->magic)->special_objects_field;
}
