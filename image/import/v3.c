#include "image/import/v3.h"

#include "vm/object/known.h"
#include "vm/object/v3_code.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    TYPE_SIZE_AND_CLASS = 0,
    TYPE_CLASS = 1,
    TYPE_FREE = 2,
    TYPE_SHORT = 3,
    SIZE_MASK = 0xFC, /* of the header, in bytes */
    FORMAT_SHIFT = 8,
    COMPACT_SHIFT = 12,
    HASH_SHIFT = 17,
    HASH_MASK = 0xFFF
};

struct reading {
    struct foreign_image *image;
    const uint8_t *data;
    uint64_t data_offset; /* of the data in the file */
    struct v3_class *classes;
    size_t room; /* for objects and classes */
};

/* An object as it lies in the data. */
struct raw {
    uint64_t start; /* of its header, from the first byte of the data */
    uint32_t header;
    uint32_t size; /* in bytes, with the word of the header */
    struct v3_class class;
    bool is_free;
};

/* A word of the data in our order of bytes. */
static uint32_t word_at(const struct reading *reading, uint64_t offset)
{
    return foreign_file_word(&reading->image->header, reading->data + offset);
}

/* --- extent ----------------------------------------------------------------------------------------------------------- */

/* Rule: the words of an object's header say the same about their number. */
static bool check_types(struct reading *reading, uint64_t at, uint32_t type, const struct raw *raw)
{
    for (uint64_t other = at + 4; other <= raw->start; other += 4)
        if ((word_at(reading, other) & 3) != type)
            return foreign_refuse(reading->image, reading->data_offset + other,
                                  "a word of a header with the type of the one before",
                                  "%08" PRIx32, word_at(reading, other));
    return true;
}

/* Rule: the object, or the free chunk, ends inside the data. Gives its end. */
static bool read_extent(struct reading *reading, uint64_t at, struct raw *raw, uint64_t *end)
{
    static const uint8_t words_before[] = {2, 1, 0, 0};
    uint64_t limit = reading->image->header.data_size;
    uint32_t first = word_at(reading, at);
    uint32_t type = first & 3;
    uint64_t before = (uint64_t)words_before[type] * 4;
    *raw = (struct raw){.start = at + before, .is_free = type == TYPE_FREE};
    if (limit - at <= before)
        return foreign_refuse(reading->image, reading->data_offset + at,
                              "a header that ends before the data", "%08" PRIx32, first);
    if (!check_types(reading, at, type, raw))
        return false;
    raw->header = word_at(reading, raw->start);
    raw->size = type == TYPE_SIZE_AND_CLASS || raw->is_free ? first & ~(uint32_t)3
                                                            : raw->header & SIZE_MASK;
    raw->class.compact = raw->header >> COMPACT_SHIFT & 31;
    raw->class.word = before == 0 ? 0 : word_at(reading, raw->start - 4) & ~(uint32_t)3;
    if (raw->size < 4 || raw->size > limit - raw->start)
        return foreign_refuse(
            reading->image, reading->data_offset + at, "an object that ends before the data",
            "%" PRIu32 " bytes where %" PRIu64 " are left", raw->size, limit - raw->start);
    *end = raw->start + raw->size;
    return true;
}

/* --- contents --------------------------------------------------------------------------------------------------------- */

/* Rule: the format is one of these images, and its unused bytes fit in the words. */
static bool read_format(struct reading *reading, const struct raw *raw,
                        struct foreign_object *object)
{
    uint32_t format = raw->header >> FORMAT_SHIFT & 15;
    uint32_t words = raw->size / 4 - 1;
    uint32_t unused = format >= 8 ? format & 3 : 0;
    object->format = (uint8_t)dialect_v3_format(format);
    if (object->format == DIALECT_NO_FORMAT)
        return foreign_refuse(reading->image, object->offset,
                              "an object format from before Spur (0-4, 6, 8-15)", "%" PRIu32,
                              format);
    if ((unused != 0 && words == 0) || (format == 0 && words != 0))
        return foreign_refuse(reading->image, object->offset,
                              "as many words as the object's format needs",
                              "format %" PRIu32 " with %" PRIu32 " words", format, words);
    object->count = object->format >= FORMAT_BYTES ? words * 4 - unused : words;
    return true;
}

/* Words of an object's body that have an order of bytes. */
static uint32_t count_ordered_words(const struct reading *reading, const struct raw *raw,
                                    const struct foreign_object *object)
{
    uint32_t words = raw->size / 4 - 1;
    if (object->format == FORMAT_BYTES)
        return 0;
    if (object->format != FORMAT_CODE || words == 0)
        return words;
    uint32_t pointers = 1 + v3_code_literal_count(word_at(reading, raw->start + 4) >> 1);
    return pointers < words ? pointers : words;
}

/* Puts the body of an object of a big-endian file beside the file. */
static void swap_body(struct reading *reading, const struct raw *raw, struct foreign_object *object)
{
    uint8_t *body = reading->image->swapped + raw->start + 4;
    uint64_t ordered = (uint64_t)count_ordered_words(reading, raw, object) * 4;
    for (uint64_t i = 0; i < ordered; i += 4) {
        uint32_t word = word_at(reading, raw->start + 4 + i);
        memcpy(body + i, &word, sizeof word);
    }
    memcpy(body + ordered, reading->data + raw->start + 4 + ordered,
           (size_t)(raw->size - 4 - ordered));
    object->body = body;
}

/* --- all objects ------------------------------------------------------------------------------------------------------ */

static bool make_room(struct reading *reading)
{
    struct foreign_image *image = reading->image;
    if (image->object_count < reading->room)
        return true;
    size_t room = reading->room == 0 ? 1024 : reading->room * 2;
    struct foreign_object *objects = realloc(image->objects, room * sizeof *objects);
    if (objects == NULL)
        return foreign_refuse_memory(image);
    image->objects = objects;
    struct v3_class *classes = realloc(reading->classes, room * sizeof *classes);
    if (classes == NULL)
        return foreign_refuse_memory(image);
    reading->classes = classes;
    reading->room = room;
    return true;
}

static bool add_object(struct reading *reading, const struct raw *raw)
{
    struct foreign_image *image = reading->image;
    struct foreign_object object = {
        .offset = reading->data_offset + raw->start,
        .body = reading->data + raw->start + 4,
        .hash = raw->header >> HASH_SHIFT & HASH_MASK,
    };
    if (!read_format(reading, raw, &object) || !make_room(reading))
        return false;
    if (image->header.is_big_endian)
        swap_body(reading, raw, &object);
    image->number_at[raw->start / 4] = image->object_count;
    reading->classes[image->object_count] = raw->class;
    image->objects[image->object_count++] = object;
    return true;
}

/* The data are one segment, of which every four bytes may begin an object. */
static bool prepare(struct reading *reading)
{
    struct foreign_image *image = reading->image;
    size_t size = (size_t)image->header.data_size;
    image->segments = malloc(sizeof *image->segments);
    image->number_at = malloc(size / 4 * sizeof *image->number_at);
    if (image->header.is_big_endian)
        image->swapped = malloc(size);
    if (image->segments == NULL || image->number_at == NULL ||
        (image->header.is_big_endian && image->swapped == NULL))
        return foreign_refuse_memory(image);
    image->segments[0] = (struct foreign_segment){.address = image->header.base, .size = size};
    image->segment_count = 1;
    memset(image->number_at, 0xFF, size / 4 * sizeof *image->number_at);
    return true;
}

static bool read_objects(struct reading *reading)
{
    uint64_t at = 0;
    while (at < reading->image->header.data_size) {
        struct raw raw;
        if (!read_extent(reading, at, &raw, &at) || (!raw.is_free && !add_object(reading, &raw)))
            return false;
    }
    return true;
}

/* --- the first objects ------------------------------------------------------------------------------------------------ */

/* Moves the object with a number to a lower one; those between move up. */
static void move_down(struct reading *reading, uint32_t from, uint32_t to)
{
    struct foreign_image *image = reading->image;
    struct foreign_object object = image->objects[from];
    struct v3_class class = reading->classes[from];
    size_t count = from - to;
    memmove(&image->objects[to + 1], &image->objects[to], count * sizeof object);
    memmove(&reading->classes[to + 1], &reading->classes[to], count * sizeof class);
    image->objects[to] = object;
    reading->classes[to] = class;
    for (uint32_t i = to; i <= from; i++)
        image->number_at[(image->objects[i].offset - reading->data_offset) / 4] = i;
}

/* Rule: the special objects begin with nil, false and true, which have no fields. They become the first three. */
static bool order_first_objects(struct reading *reading)
{
    struct foreign_image *image = reading->image;
    for (uint32_t i = 0; i < 3; i++) {
        const struct foreign_object *specials = &image->objects[image->special_objects];
        uint32_t number = foreign_object_of(image, foreign_slot(specials, i));
        if (number == FOREIGN_NONE || number < i || image->objects[number].count != 0 ||
            image->objects[number].format > FORMAT_FIXED)
            return foreign_refuse(image,
                                  foreign_offset(image, specials, specials->body + 4 * (uint64_t)i),
                                  "nil, false and true, three objects without fields", "%08" PRIx32,
                                  foreign_slot(specials, i));
        move_down(reading, number, i);
        image->objects[i].format = FORMAT_EMPTY;
        image->special_objects = foreign_find(image, image->header.special_objects);
    }
    return true;
}

/* Older systems know fewer special objects: the others are nil, which the file's first one is. */
static bool lengthen_special_objects(struct foreign_image *image)
{
    struct foreign_object *specials = &image->objects[image->special_objects];
    if (specials->count >= SPECIAL_OBJECT_COUNT)
        return true;
    uint32_t *longer = malloc(SPECIAL_OBJECT_COUNT * sizeof *longer);
    if (longer == NULL)
        return foreign_refuse_memory(image);
    for (uint64_t i = 0; i < SPECIAL_OBJECT_COUNT; i++)
        longer[i] = foreign_slot(specials, i < specials->count ? i : SPECIAL_NIL);
    image->special_slots = longer;
    specials->body = (const uint8_t *)longer;
    specials->count = SPECIAL_OBJECT_COUNT;
    return true;
}

bool v3_read(struct foreign_image *image)
{
    uint64_t data_offset = image->header.prefix_size + image->header.header_size;
    struct reading reading = {
        .image = image,
        .data = image->bytes + data_offset,
        .data_offset = data_offset,
    };
    image->dialect = DIALECT_V3;
    image->roots_offset = image->header.prefix_size + 16;
    image->lists_offset = image->roots_offset;
    image->floats_are_big_endian =
        image->header.magic != V3_MAGIC_NATIVE_FLOATS || image->header.is_big_endian;
    bool good = prepare(&reading) && read_objects(&reading) &&
                foreign_find_special_objects(image, SPECIAL_COMPACT_CLASSES + 1) &&
                order_first_objects(&reading) && v3_make_classes(image, reading.classes) &&
                lengthen_special_objects(image);
    free(reading.classes);
    return good;
}
