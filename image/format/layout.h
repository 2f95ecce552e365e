/*
 * Where things are in the data of an image that has not been checked or moved yet: its segments (spur-format, section 3),
 * addresses of the file turned into offsets, objects as they lie there. Used by checker, reader and describer; the data must
 * be in memory, 8-aligned, and is never written here.
 *
 * An offset counts bytes from the first object. An object's offset is that of its header word, as an oop's address is.
 */
#ifndef VIV_IMAGE_FORMAT_LAYOUT_H
#define VIV_IMAGE_FORMAT_LAYOUT_H

#include "image/format/header.h"

#include <stdbool.h>

/* What is read: data has header->data_size bytes. */
struct image_source {
    const char *path; /* for sentences */
    const struct image_header *header;
    const uint64_t *data;
    const struct import *import; /* what the data were converted from, or NULL */
};

struct image_segment {
    uint64_t address; /* of its first object, as the file has it */
    uint64_t offset;
    uint64_t size; /* with its bridge */
};

struct image_layout {
    struct image_segment *segments; /* by ascending address and offset */
    size_t count;
    uint64_t objects_size; /* bytes without the bridges */
};

/* Follows the bridges; refuses chains that leave the data, overlap or do not end with it. Free with image_layout_free. */
bool image_layout_find(struct image_layout *layout, const struct image_source *source,
                       struct status *status) VIV_MUST_USE;
void image_layout_free(struct image_layout *layout);

/* The offset of an address of the file, or UINT64_MAX when it is in no segment's objects. */
uint64_t image_offset_of(const struct image_layout *layout, uint64_t address);

/* The header of an object, taken apart. */
struct image_object {
    uint64_t offset;
    uint64_t header;
    uint64_t slot_count;
    uint32_t class_index;
    unsigned format;
};

static inline uint64_t image_word(const struct image_source *source, uint64_t offset)
{
    return source->data[offset / 8];
}

/* The object whose header is at offset; the overflow word is trusted to be before it. */
struct image_object image_object_at(const struct image_source *source, uint64_t offset);

static inline uint64_t image_slot(const struct image_source *source,
                                  const struct image_object *object, uint64_t index)
{
    return source->data[object->offset / 8 + 1 + index];
}

/* Where something at an offset in the data is in the file that a person has. */
uint64_t image_file_offset(const struct image_source *source, uint64_t offset);

/* Fails with "path: at offset N: wanted …, found …" for an offset in the data. */
bool image_refuse(const struct image_source *source, struct status *status, uint64_t offset,
                  const char *wanted, const char *found_format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
