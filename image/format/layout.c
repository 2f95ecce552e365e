#include "image/format/layout.h"

#include "vm/object/object.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* More segments than any writer makes: each has at least a bridge and an object. */
#define SEGMENTS_MAX ((size_t)1 << 20)
#define GAP_MARK UINT64_C(0xFF)

uint64_t image_file_offset(const struct image_source *source, uint64_t offset)
{
    return source->import != NULL ? import_file_offset(source->import, offset)
                                  : image_data_offset(source->header) + offset;
}

bool image_refuse(const struct image_source *source, struct status *status, uint64_t offset,
                  const char *wanted, const char *found_format, ...)
{
    char found[256];
    va_list arguments;
    va_start(arguments, found_format);
    vsnprintf(found, sizeof found, found_format, arguments);
    va_end(arguments);
    return status_fail(status, STATUS_IMAGE, "%s: at offset %" PRIu64 ": wanted %s, found %s",
                       source->path, image_file_offset(source, offset), wanted, found);
}

static bool add_segment(struct image_layout *layout, const struct image_segment *segment)
{
    if ((layout->count & (layout->count - 1)) == 0) {
        size_t capacity = layout->count == 0 ? 1 : layout->count * 2;
        struct image_segment *grown = realloc(layout->segments, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        layout->segments = grown;
    }
    layout->segments[layout->count++] = *segment;
    layout->objects_size += segment->size - IMAGE_BRIDGE_SIZE;
    return true;
}

/* The segment after `segment`, by its bridge. False when the bridge is none. */
static bool follow_bridge(const struct image_source *source, const struct image_segment *segment,
                          struct image_segment *next, struct status *status)
{
    uint64_t bridge = segment->offset + segment->size - IMAGE_BRIDGE_SIZE;
    uint64_t word = image_word(source, bridge);
    uint64_t gap = 0;
    if (word >> 56 == GAP_MARK) {
        uint64_t slots = word & ~(GAP_MARK << 56);
        if (slots > (UINT64_C(1) << 52))
            return image_refuse(source, status, bridge, "a bridge over a gap of addresses",
                                "one of %" PRIu64 " words", slots);
        gap = slots * 8;
    } else if ((word & HEADER_CLASS_MASK) != 3) {
        return image_refuse(source, status, bridge, "a bridge at the end of the segment",
                            "%016" PRIx64, word);
    }
    next->size = image_word(source, bridge + 8);
    next->offset = segment->offset + segment->size;
    if (__builtin_add_overflow(segment->address + segment->size, gap, &next->address) ||
        next->address > UINT64_C(1) << 56)
        return image_refuse(source, status, bridge, "an address for the next segment",
                            "a gap of %" PRIu64 " bytes", gap);
    return true;
}

static bool check_segment(const struct image_source *source, const struct image_segment *segment,
                          struct status *status)
{
    uint64_t rest = source->header->data_size - segment->offset;
    if (segment->size % 8 == 0 && segment->size >= IMAGE_BRIDGE_SIZE && segment->size <= rest)
        return true;
    return image_refuse(source, status, segment->offset, "a segment inside the data",
                        "one of %" PRIu64 " bytes where %" PRIu64 " are left", segment->size, rest);
}

bool image_layout_find(struct image_layout *layout, const struct image_source *source,
                       struct status *status)
{
    const struct image_header *header = source->header;
    *layout = (struct image_layout){NULL, 0, 0};
    struct image_segment segment = {
        .address = header->base,
        .offset = 0,
        .size = header->first_segment_size != 0 ? header->first_segment_size : header->data_size,
    };
    for (;;) {
        struct image_segment next = {0, 0, 0};
        bool good = check_segment(source, &segment, status);
        if (good && (layout->count == SEGMENTS_MAX || !add_segment(layout, &segment)))
            good =
                status_fail(status, STATUS_MEMORY, "%s: no memory for its segments", source->path);
        if (!good || !follow_bridge(source, &segment, &next, status)) {
            image_layout_free(layout);
            return false;
        }
        if (next.size == 0)
            break;
        segment = next;
    }
    uint64_t end = segment.offset + segment.size;
    if (end == header->data_size)
        return true;
    image_layout_free(layout);
    return image_refuse(source, status, end, "the end of the data after the last segment",
                        "%" PRIu64 " bytes more", header->data_size - end);
}

void image_layout_free(struct image_layout *layout)
{
    free(layout->segments);
    *layout = (struct image_layout){NULL, 0, 0};
}

uint64_t image_offset_of(const struct image_layout *layout, uint64_t address)
{
    size_t low = 0;
    size_t high = layout->count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (layout->segments[middle].address <= address)
            low = middle;
        else
            high = middle;
    }
    const struct image_segment *segment = &layout->segments[low];
    uint64_t inside = address - segment->address;
    if (address < segment->address || inside >= segment->size - IMAGE_BRIDGE_SIZE)
        return UINT64_MAX;
    return segment->offset + inside;
}

struct image_object image_object_at(const struct image_source *source, uint64_t offset)
{
    uint64_t header = image_word(source, offset);
    uint64_t slots = header >> HEADER_SLOTS_SHIFT;
    if (slots == OVERFLOW_SLOTS)
        slots = image_word(source, offset - 8) & ~((uint64_t)0xFF << HEADER_SLOTS_SHIFT);
    return (struct image_object){
        .offset = offset,
        .header = header,
        .slot_count = slots,
        .class_index = (uint32_t)(header & HEADER_CLASS_MASK),
        .format = (unsigned)((header & HEADER_FORMAT_MASK) >> HEADER_FORMAT_SHIFT),
    };
}
