#include "image/import/foreign.h"

#include "vm/object/object.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool foreign_refuse(struct foreign_image *image, uint64_t offset, const char *wanted,
                    const char *found_format, ...)
{
    char found[256];
    va_list arguments;
    va_start(arguments, found_format);
    vsnprintf(found, sizeof found, found_format, arguments);
    va_end(arguments);
    return status_fail(image->status, STATUS_IMAGE,
                       "%s: at offset %" PRIu64 ": wanted %s, found %s", image->path, offset,
                       wanted, found);
}

bool foreign_refuse_memory(struct foreign_image *image)
{
    return status_fail(image->status, STATUS_MEMORY, "%s: no memory to convert it", image->path);
}

uint64_t foreign_data_offset(const struct foreign_image *image, uint64_t address)
{
    size_t low = 0;
    size_t high = image->segment_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (image->segments[middle].address <= address)
            low = middle;
        else
            high = middle;
    }
    const struct foreign_segment *segment = &image->segments[low];
    uint64_t inside = address - segment->address;
    if (address < segment->address || inside >= segment->size)
        return UINT64_MAX;
    return segment->offset + inside;
}

uint32_t foreign_find(const struct foreign_image *image, uint64_t address)
{
    uint64_t offset = foreign_data_offset(image, address);
    return offset == UINT64_MAX || offset % 4 != 0 ? FOREIGN_NONE : image->number_at[offset / 4];
}

uint32_t foreign_object_of(const struct foreign_image *image, uint32_t word)
{
    return (word & 3) == 0 ? foreign_find(image, word) : FOREIGN_NONE;
}

bool foreign_is_named(const struct foreign_image *image, uint32_t word, const char *name)
{
    uint32_t number = foreign_object_of(image, word);
    if (number == FOREIGN_NONE)
        return false;
    const struct foreign_object *text = &image->objects[number];
    return text->format == FORMAT_BYTES && text->count == strlen(name) &&
           memcmp(text->body, name, strlen(name)) == 0;
}

uint64_t foreign_offset(const struct foreign_image *image, const struct foreign_object *object,
                        const uint8_t *at)
{
    uintptr_t place = (uintptr_t)at - (uintptr_t)image->bytes;
    uintptr_t swapped = (uintptr_t)at - (uintptr_t)image->swapped;
    if (place < image->size)
        return place;
    return image->swapped != NULL && swapped < image->header.data_size
               ? image->header.prefix_size + image->header.header_size + swapped
               : object->offset;
}

bool foreign_header_rule(bool holds, const char *path, uint64_t offset, const char *wanted,
                         uint64_t found, struct status *status)
{
    return holds ||
           status_fail(status, STATUS_IMAGE, "%s: at offset %" PRIu64 ": wanted %s, found %" PRIu64,
                       path, offset, wanted, found);
}

bool foreign_find_special_objects(struct foreign_image *image, uint64_t least)
{
    uint32_t number = foreign_find(image, image->header.special_objects);
    image->special_objects = number;
    return (number != FOREIGN_NONE && image->objects[number].format == FORMAT_INDEXABLE &&
            image->objects[number].count >= least) ||
           foreign_refuse(image, image->header.prefix_size + 16,
                          "the address of an Array of special objects", "%08" PRIx64,
                          image->header.special_objects);
}

void foreign_free(struct foreign_image *image)
{
    free(image->swapped);
    free(image->special_slots);
    free(image->segments);
    free(image->objects);
    free(image->number_at);
    free(image->classes);
    free(image->page_offsets);
    free(image->mourners);
    free(image->beside);
}
