#include "image/import/import.h"

#include "image/import/spur32.h"
#include "image/import/st80.h"
#include "image/import/v3.h"
#include "image/import/widen.h"

#include <stdlib.h>

#define LEGACY_PREFIX_SIZE 512

struct format;

struct import {
    const struct format *format;
    struct foreign_image image;
    struct widening widening;
};

/* --- formats ---------------------------------------------------------------------------------------------------------- */

static const struct format {
    uint32_t magic;
    const char *name;
    uint64_t header_size; /* bytes that parse looks at */
    uint64_t special_objects_field;
    /* NULL: the magic number says it. Otherwise that only names the format, and no file has it. */
    bool (*recognises)(const uint8_t *bytes, size_t available);
    bool (*parse)(struct foreign_header *header, const uint8_t *bytes, uint64_t file_size,
                  const char *path, struct status *status);
    bool (*read)(struct foreign_image *image);
    bool is_of_either_order; /* of bytes: big-endian files are read, too */
} formats[] = {
    {SPUR32_MAGIC, "32-bit Spur", SPUR32_HEADER_SIZE, 16, NULL, spur32_header_parse, spur32_read,
     false},
    {SPUR32_MAGIC_MULTIPLE_SETS, "32-bit Spur", SPUR32_HEADER_SIZE, 16, NULL, spur32_header_parse,
     spur32_read, false},
    {V3_MAGIC_OLDEST, "32-bit V3", V3_HEADER_SIZE, 16, NULL, v3_header_parse, v3_read, true},
    {V3_MAGIC, "32-bit V3", V3_HEADER_SIZE, 16, NULL, v3_header_parse, v3_read, true},
    {V3_MAGIC_CLOSURES, "32-bit V3 with closures", V3_HEADER_SIZE, 16, NULL, v3_header_parse,
     v3_read, true},
    {V3_MAGIC_NATIVE_FLOATS, "32-bit V3 with closures", V3_HEADER_SIZE, 16, NULL, v3_header_parse,
     v3_read, true},
    {ST80_MAGIC, "Smalltalk-80", ST80_HEADER_SIZE, 0, st80_recognises, st80_header_parse, st80_read,
     false},
};

static const struct format *format_of(uint32_t magic)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (formats[i].magic == magic)
            return &formats[i];
    return NULL;
}

static const struct format *recognise_by_look(const uint8_t *bytes, size_t available)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (formats[i].recognises != NULL && formats[i].recognises(bytes, available))
            return &formats[i];
    return NULL;
}

/* The format of a file by its first bytes, at the beginning or behind a prefix of very old files. */
static const struct format *recognise(const uint8_t *bytes, size_t available, uint64_t *prefix)
{
    for (*prefix = 0; *prefix <= LEGACY_PREFIX_SIZE; *prefix += LEGACY_PREFIX_SIZE) {
        if (available < *prefix + sizeof(uint32_t))
            break;
        uint32_t magic = foreign_word(bytes + *prefix);
        const struct format *format = format_of(magic);
        const struct format *swapped = format_of(__builtin_bswap32(magic));
        if (format == NULL && swapped != NULL && swapped->is_of_either_order)
            format = swapped;
        if (format != NULL && format->recognises == NULL &&
            available >= *prefix + format->header_size)
            return format;
    }
    *prefix = 0;
    return recognise_by_look(bytes, available);
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
    if (import_header_parse(&image->header, bytes, (size_t)size, size, path, status)) {
        import->format = format_of(image->header.magic);
        if (import->format->read(image) && widen_plan(&import->widening, image))
            return import;
    }
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

enum dialect import_dialect(const struct import *import)
{
    return import->image.dialect;
}

uint64_t import_size(const struct import *import)
{
    return import->widening.size;
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
    return import->image.header.prefix_size + import->format->special_objects_field;
}
