#include "image/import/spur32.h"

#include "vm/object/known.h"
#include "vm/object/object.h"

#include <inttypes.h>
#include <stdlib.h>

#define BRIDGE_SIZE 16
#define GAP_MARK UINT64_C(0xFF)
#define ADDRESS_LIMIT ((uint64_t)1 << 32)

enum {
    CLASS_HIDDEN_WORDS32 = 18,
    FREE_LISTS_COUNT32 = 32,
    BRIDGE_CLASS_INDEX = 3,
    /* Pages of the collector's lists: count of entries, own root, list of free pages, next page, entries. */
    PAGE_SLOTS = 4092,
    PAGE_NEXT = 3,
    PAGE_FIRST = 4
};

/* A hidden object that something must lead to: where, and whether it is an array of pointers. */
struct hidden {
    uint64_t data_offset;
    uint64_t count;
    uint32_t class_index;
    uint8_t format;
};

struct reading {
    struct foreign_image *image;
    const uint8_t *data;
    uint64_t data_offset; /* of the data in the file */
    size_t object_room;
    struct hidden *hidden; /* by ascending place */
    size_t hidden_count, hidden_room;
    struct hidden first[2]; /* free lists and hidden roots */
};

static uint64_t double_word(const struct reading *reading, uint64_t offset)
{
    uint64_t word;
    memcpy(&word, reading->data + offset, sizeof word);
    return word;
}

/* Room for one more item of an array, doubled when it is full; NULL without memory. */
static void *grown(void *items, size_t count, size_t *room, size_t item_size)
{
    if (count < *room)
        return items;
    size_t wanted = *room == 0 ? 256 : *room * 2;
    void *more = realloc(items, wanted * item_size);
    if (more != NULL)
        *room = wanted;
    return more;
}

/* --- segments --------------------------------------------------------------------------------------------------------- */

/* The segment behind one, by the bridge at its end; size 0 when there is none. */
static bool follow_bridge(struct reading *reading, const struct foreign_segment *segment,
                          struct foreign_segment *next)
{
    uint64_t bridge = segment->offset + segment->size - BRIDGE_SIZE;
    uint64_t word = double_word(reading, bridge);
    uint64_t where = reading->data_offset + bridge;
    uint64_t gap = 0;
    if (word >> 56 == GAP_MARK)
        gap = (word & ~(GAP_MARK << 56)) * 4;
    else if ((word & HEADER_CLASS_MASK) != BRIDGE_CLASS_INDEX)
        return foreign_refuse(reading->image, where, "a bridge at the end of the segment",
                              "%016" PRIx64, word);
    next->size = double_word(reading, bridge + 8);
    next->offset = segment->offset + segment->size;
    next->address = segment->address + segment->size + gap;
    if (next->size != 0 && (gap % 8 != 0 || gap > ADDRESS_LIMIT || next->address > ADDRESS_LIMIT))
        return foreign_refuse(reading->image, where, "an address for the next segment",
                              "a gap of %" PRIu64 " bytes", gap);
    uint64_t rest = reading->image->header.data_size - next->offset;
    if (next->size != 0 && (next->size % 8 != 0 || next->size < BRIDGE_SIZE || next->size > rest))
        return foreign_refuse(reading->image, where + 8, "a segment inside the data",
                              "one of %" PRIu64 " bytes where %" PRIu64 " are left", next->size,
                              rest);
    return true;
}

/* Follows the bridges; segments are left without theirs. */
static bool find_segments(struct reading *reading)
{
    struct foreign_image *image = reading->image;
    const struct foreign_header *header = &image->header;
    size_t room = 0;
    struct foreign_segment segment = {
        .address = header->base,
        .size = header->first_segment_size != 0 ? header->first_segment_size : header->data_size,
    };
    uint64_t end = 0;
    while (segment.size != 0) {
        struct foreign_segment next = {0};
        struct foreign_segment *more =
            grown(image->segments, image->segment_count, &room, sizeof *more);
        if (more == NULL)
            return foreign_refuse_memory(image);
        image->segments = more;
        if (!follow_bridge(reading, &segment, &next))
            return false;
        end = segment.offset + segment.size;
        segment.size -= BRIDGE_SIZE;
        image->segments[image->segment_count++] = segment;
        segment = next;
    }
    return end == header->data_size ||
           foreign_refuse(image, reading->data_offset + end,
                          "the end of the data after the last segment", "%" PRIu64 " bytes more",
                          header->data_size - end);
}

/* --- objects ---------------------------------------------------------------------------------------------------------- */

/* An object as it lies in the data. */
struct raw {
    uint64_t start; /* of its header, from the first byte of the data */
    uint64_t header;
    uint64_t slots;
};

/* Rule: the object ends inside its segment. Gives its end. */
static bool read_extent(struct reading *reading, uint64_t at, uint64_t limit, struct raw *raw,
                        uint64_t *end)
{
    uint64_t where = reading->data_offset + at;
    raw->start = at;
    raw->header = double_word(reading, at);
    raw->slots = raw->header >> HEADER_SLOTS_SHIFT;
    if (raw->slots == OVERFLOW_SLOTS) {
        raw->slots = raw->header & ~((uint64_t)OVERFLOW_SLOTS << HEADER_SLOTS_SHIFT);
        raw->start = at + 8;
        raw->header = limit - at < 16 ? 0 : double_word(reading, at + 8);
        if (raw->header >> HEADER_SLOTS_SHIFT != OVERFLOW_SLOTS || raw->slots < OVERFLOW_SLOTS)
            return foreign_refuse(reading->image, where,
                                  "an overflow count of at least 255 and its object's header",
                                  "a count of %" PRIu64, raw->slots);
    }
    uint64_t room = (limit - raw->start - 8) / 4;
    uint64_t body = raw->slots == 0 ? 2 : raw->slots + raw->slots % 2;
    if (body > room)
        return foreign_refuse(reading->image, where, "an object that ends before its segment",
                              "%" PRIu64 " slots where %" PRIu64 " fit", raw->slots, room);
    *end = raw->start + 8 + body * 4;
    return true;
}

/* Rule: the format is one of 32-bit Spur, and its unused elements fit in the slots. */
static bool read_format(struct reading *reading, const struct raw *raw,
                        struct foreign_object *object)
{
    uint64_t format = (raw->header & HEADER_FORMAT_MASK) >> HEADER_FORMAT_SHIFT;
    uint64_t kind = format <= FORMAT_EPHEMERON ? format
                    : format >= FORMAT_BYTES   ? format & ~(uint64_t)7
                    : format >= FORMAT_WORDS16 ? FORMAT_WORDS16
                                               : format;
    uint64_t unused = format - kind;
    uint64_t unused_limit = kind >= FORMAT_BYTES ? 4 : kind >= FORMAT_WORDS16 ? 2 : 1;
    bool exists = (kind <= FORMAT_EPHEMERON || kind >= FORMAT_WORDS64) && unused < unused_limit &&
                  format != FORMAT_WORDS32 + 1;
    if (!exists)
        return foreign_refuse(reading->image, object->offset,
                              "an object format of 32-bit Spur (0-5, 9, 10, 12, 13, 16-19, 24-27)",
                              "%" PRIu64, format);
    if ((unused != 0 && raw->slots == 0) || (kind == FORMAT_EMPTY && raw->slots != 0) ||
        (kind == FORMAT_WORDS64 && raw->slots % 2 != 0))
        return foreign_refuse(reading->image, object->offset,
                              "as many slots as the object's format needs",
                              "format %" PRIu64 " with %" PRIu64 " slots", format, raw->slots);
    object->format = (uint8_t)kind;
    object->count = kind == FORMAT_WORDS64   ? raw->slots / 2
                    : kind == FORMAT_WORDS16 ? raw->slots * 2 - unused
                    : kind >= FORMAT_BYTES   ? raw->slots * 4 - unused
                                             : raw->slots;
    return true;
}

/* Rule: of the indices below 32 a file has those of hidden arrays and words only. */
static bool add_hidden(struct reading *reading, const struct raw *raw,
                       const struct foreign_object *object)
{
    if (object->class_index < CLASS_HIDDEN_ARRAY || object->class_index > CLASS_HIDDEN_WORDS64)
        return foreign_refuse(reading->image, object->offset,
                              "a class index of an object in a file", "%" PRIu32,
                              object->class_index);
    struct hidden *more =
        grown(reading->hidden, reading->hidden_count, &reading->hidden_room, sizeof *more);
    if (more == NULL)
        return foreign_refuse_memory(reading->image);
    reading->hidden = more;
    reading->hidden[reading->hidden_count++] =
        (struct hidden){raw->start, object->count, object->class_index, object->format};
    return true;
}

static bool add_object(struct reading *reading, const struct raw *raw)
{
    struct foreign_image *image = reading->image;
    struct foreign_object object = {
        .offset = reading->data_offset + raw->start,
        .body = reading->data + raw->start + 8,
        .class_index = (uint32_t)(raw->header & HEADER_CLASS_MASK),
        .hash = (uint32_t)((raw->header & HEADER_HASH_MASK) >> HEADER_HASH_SHIFT),
        .is_immutable = (raw->header & HEADER_IMMUTABLE) != 0,
        .is_pinned = (raw->header & HEADER_PINNED) != 0,
    };
    if (object.class_index == CLASS_INDEX_FREE)
        return true;
    if (!read_format(reading, raw, &object))
        return false;
    if (object.class_index < CLASS_HIDDEN_LIMIT)
        return add_hidden(reading, raw, &object);
    struct foreign_object *more =
        grown(image->objects, image->object_count, &reading->object_room, sizeof *more);
    if (more == NULL)
        return foreign_refuse_memory(image);
    image->objects = more;
    image->number_at[raw->start / 4] = image->object_count;
    image->objects[image->object_count++] = object;
    return true;
}

/* Rule: nil, false, true, free lists and hidden roots come first. Called when the fifth object has been read. */
static bool check_first_objects(struct reading *reading)
{
    struct foreign_image *image = reading->image;
    if (image->object_count != 3 || reading->hidden_count != 2)
        return foreign_refuse(
            image, reading->data_offset, "nil, false, true, the free lists and the hidden roots",
            "%" PRIu32 " objects and %zu hidden ones", image->object_count, reading->hidden_count);
    for (size_t i = 0; i < 3; i++)
        if (image->objects[i].format != FORMAT_EMPTY)
            return foreign_refuse(image, image->objects[i].offset, "nil, false or true",
                                  "an object of format %d", image->objects[i].format);
    const struct hidden *lists = &reading->hidden[0];
    const struct hidden *roots = &reading->hidden[1];
    image->lists_offset = reading->data_offset + lists->data_offset;
    image->roots_offset = reading->data_offset + roots->data_offset;
    if (lists->class_index != CLASS_HIDDEN_WORDS32 || lists->format != FORMAT_WORDS32 ||
        lists->count != FREE_LISTS_COUNT32)
        return foreign_refuse(
            image, image->lists_offset, "the free lists, 32 words of class index 18",
            "class index %" PRIu32 ", %" PRIu64 " slots", lists->class_index, lists->count);
    if (roots->class_index != CLASS_HIDDEN_ARRAY || roots->format != FORMAT_INDEXABLE ||
        roots->count != HIDDEN_ROOTS_COUNT)
        return foreign_refuse(
            image, image->roots_offset, "the hidden roots, 4104 slots of class index 16",
            "class index %" PRIu32 ", %" PRIu64 " slots", roots->class_index, roots->count);
    reading->first[0] = *lists;
    reading->first[1] = *roots;
    return true;
}

static bool read_objects(struct reading *reading)
{
    struct foreign_image *image = reading->image;
    size_t seen = 0;
    uint64_t entries = image->header.data_size / 4;
    image->number_at = malloc((size_t)entries * sizeof *image->number_at);
    if (image->number_at == NULL)
        return foreign_refuse_memory(image);
    memset(image->number_at, 0xFF, (size_t)entries * sizeof *image->number_at);
    for (size_t i = 0; i < image->segment_count; i++) {
        uint64_t at = image->segments[i].offset;
        uint64_t limit = at + image->segments[i].size;
        while (at < limit) {
            struct raw raw;
            if (!read_extent(reading, at, limit, &raw, &at) || !add_object(reading, &raw) ||
                (++seen == 5 && !check_first_objects(reading)))
                return false;
        }
    }
    return seen >= 5 ||
           foreign_refuse(image, reading->data_offset, "at least five objects", "%zu", seen);
}

/* --- hidden roots ----------------------------------------------------------------------------------------------------- */

static uint32_t root_at(const struct reading *reading, size_t index)
{
    return foreign_word(reading->data + reading->first[1].data_offset + 8 + index * 4);
}

/* The hidden object at an address of the file, or NULL. */
static const struct hidden *hidden_at(const struct reading *reading, uint32_t address)
{
    uint64_t wanted = foreign_data_offset(reading->image, address);
    size_t low = 0;
    size_t high = reading->hidden_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (reading->hidden[middle].data_offset < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < reading->hidden_count && reading->hidden[low].data_offset == wanted;
    return found ? &reading->hidden[low] : NULL;
}

/* Rule: the entries of a page of the class table are objects; nil stands for none. */
static bool read_class_page(struct reading *reading, uint32_t number, const struct hidden *page)
{
    struct foreign_image *image = reading->image;
    const uint8_t *slots = reading->data + page->data_offset + 8;
    for (uint32_t i = 0; i < CLASS_PAGE_SLOTS; i++) {
        uint32_t word = foreign_word(slots + 4 * (uint64_t)i);
        uint32_t found = foreign_object_of(image, word);
        if (found == FOREIGN_NONE)
            return foreign_refuse(image, reading->data_offset + page->data_offset + 8 + 4 * i,
                                  "a class or nil in the class table", "%08" PRIx32, word);
        image->classes[number * CLASS_PAGE_SLOTS + i] = found == 0 ? FOREIGN_NONE : found;
    }
    return true;
}

/* Rule: the hidden roots begin with the pages of the class table, 1024 slots each. */
static bool read_classes(struct reading *reading)
{
    struct foreign_image *image = reading->image;
    uint32_t pages = 0;
    while (pages < HIDDEN_CLASS_PAGES && root_at(reading, pages) != image->header.base)
        pages++;
    image->class_count = pages * CLASS_PAGE_SLOTS;
    image->classes = calloc((size_t)image->class_count + 1, sizeof *image->classes);
    image->page_offsets = calloc((size_t)pages + 1, sizeof *image->page_offsets);
    if (image->classes == NULL || image->page_offsets == NULL)
        return foreign_refuse_memory(image);
    for (uint32_t i = 0; i < pages; i++) {
        const struct hidden *page = hidden_at(reading, root_at(reading, i));
        if (page == NULL || page->class_index != CLASS_HIDDEN_ARRAY ||
            page->format != FORMAT_INDEXABLE || page->count != CLASS_PAGE_SLOTS)
            return foreign_refuse(image, image->roots_offset + 8 + 4 * (uint64_t)i,
                                  "a page of the class table, 1024 slots of class index 16",
                                  "%08" PRIx32, root_at(reading, i));
        image->page_offsets[i] = reading->data_offset + page->data_offset;
        if (!read_class_page(reading, i, page))
            return false;
    }
    return true;
}

/* Rule: the mourn queue is a chain of pages that ends, and holds objects. Its newest page and entry come first. */
static bool read_mourners(struct reading *reading)
{
    struct foreign_image *image = reading->image;
    uint32_t address = root_at(reading, HIDDEN_MOURN_QUEUE);
    uint64_t where = image->roots_offset + 8 + 4 * (uint64_t)HIDDEN_MOURN_QUEUE;
    uint64_t limit = image->header.data_size / (PAGE_SLOTS * 4);
    size_t room = 0;
    for (uint64_t pages = 0; address != 0 && address != image->header.base; pages++) {
        const struct hidden *page = hidden_at(reading, address);
        const uint8_t *slots = page == NULL ? NULL : reading->data + page->data_offset + 8;
        if (page == NULL || page->class_index != CLASS_HIDDEN_WORDS32 ||
            page->format != FORMAT_WORDS32 || page->count != PAGE_SLOTS || pages > limit ||
            foreign_word(slots) > PAGE_SLOTS - PAGE_FIRST)
            return foreign_refuse(image, where, "a page of the mourn queue, or nil", "%08" PRIx32,
                                  address);
        for (uint32_t i = foreign_word(slots); i > 0; i--) {
            uint64_t entry = 4 * ((uint64_t)PAGE_FIRST + i - 1);
            uint32_t word = foreign_word(slots + entry);
            uint32_t found = foreign_object_of(image, word);
            uint32_t *more = grown(image->mourners, image->mourner_count, &room, sizeof *more);
            if (more == NULL)
                return foreign_refuse_memory(image);
            image->mourners = more;
            if (found == FOREIGN_NONE)
                return foreign_refuse(image, reading->data_offset + page->data_offset + 8 + entry,
                                      "an object in the mourn queue", "%08" PRIx32, word);
            image->mourners[image->mourner_count++] = found;
        }
        where = reading->data_offset + page->data_offset + 8 + 4 * PAGE_NEXT;
        address = foreign_word(slots + 4 * PAGE_NEXT);
    }
    for (size_t i = 0; i < image->mourner_count / 2; i++) {
        uint32_t other = image->mourners[image->mourner_count - 1 - i];
        image->mourners[image->mourner_count - 1 - i] = image->mourners[i];
        image->mourners[i] = other;
    }
    return true;
}

/* --- all together ----------------------------------------------------------------------------------------------------- */

bool spur32_read(struct foreign_image *image)
{
    uint64_t data_offset = image->header.prefix_size + image->header.header_size;
    struct reading reading = {
        .image = image,
        .data = image->bytes + data_offset,
        .data_offset = data_offset,
    };
    image->has_characters = true;
    image->floats_are_big_endian = (image->header.flags & 2) == 0;
    bool good = find_segments(&reading) && read_objects(&reading) && read_classes(&reading) &&
                read_mourners(&reading) && foreign_find_special_objects(image, 0);
    free(reading.hidden);
    return good;
}
