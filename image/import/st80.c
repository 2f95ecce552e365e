#include "image/import/st80.h"

#include "image/import/st80_parts.h"
#include "vm/object/st80_code.h"

#include <inttypes.h>
#include <stdlib.h>

#define OBJECT_SPACE_WORDS_MAX ((uint32_t)1 << 20) /* sixteen segments */
#define OBJECT_TABLE_WORDS_MAX ((uint32_t)1 << 16) /* two for each oop */

enum {
    SEGMENT_SIZE = 1 << 17,
    PAGE_SIZE = 512,
    SMALLEST_OBJECT = 4, /* size and class */
    FLAG_ODD = 1 << 7,
    FLAG_POINTERS = 1 << 6,
    FLAG_FREE = 1 << 5,
    SEGMENT_MASK = 15
};

/* --- header ----------------------------------------------------------------------------------------------------------- */

static uint32_t read_long(const uint8_t *bytes)
{
    return st80_word_at(bytes) << 16 | st80_word_at(bytes + 2);
}

bool st80_recognises(const uint8_t *bytes, size_t available)
{
    if (available < ST80_HEADER_SIZE)
        return false;
    uint32_t space = read_long(bytes);
    uint32_t table = read_long(bytes + 4);
    for (size_t i = 8; i < ST80_HEADER_SIZE; i++)
        if (bytes[i] != 0)
            return false;
    return space != 0 && space <= OBJECT_SPACE_WORDS_MAX && table > ST80_LAST_KNOWN &&
           table <= OBJECT_TABLE_WORDS_MAX && table % 2 == 0;
}

static uint64_t space_size_of(const uint8_t *header)
{
    return (uint64_t)read_long(header) * 2;
}

static uint64_t table_offset(uint64_t space_size)
{
    return ST80_HEADER_SIZE + (space_size + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
}

bool st80_header_parse(struct foreign_header *header, const uint8_t *bytes, uint64_t file_size,
                       const char *path, struct status *status)
{
    uint64_t space_size = space_size_of(bytes);
    uint64_t table_size = (uint64_t)read_long(bytes + 4) * 2;
    uint64_t size = table_offset(space_size) + table_size;
    header->magic = ST80_MAGIC;
    header->header_size = ST80_HEADER_SIZE;
    header->data_size = file_size - ST80_HEADER_SIZE; /* the object table included */
    header->last_hash = 1;
    if (size != file_size)
        return status_fail(status, STATUS_IMAGE,
                           "%s: at offset 0: wanted an object space and an object table up to the "
                           "end of the file, which has %" PRIu64 " bytes, found %" PRIu64
                           " and %" PRIu64 " bytes, which make %" PRIu64,
                           path, file_size, space_size, table_size, size);
    return true;
}

/* --- object table ----------------------------------------------------------------------------------------------------- */

/* Rule: an object lies in the object space, and its count of bytes is odd only where there are any. */
static bool read_entry(struct st80_reading *reading, uint64_t entry, struct st80_object *object)
{
    struct foreign_image *image = reading->image;
    uint64_t limit = ST80_HEADER_SIZE + space_size_of(image->bytes);
    uint32_t flags = st80_word_at(image->bytes + entry);
    if ((flags & FLAG_FREE) != 0)
        return true;
    object->exists = true;
    object->has_pointers = (flags & FLAG_POINTERS) != 0;
    object->offset = ST80_HEADER_SIZE + (uint64_t)(flags & SEGMENT_MASK) * SEGMENT_SIZE +
                     (uint64_t)st80_word_at(image->bytes + entry + 2) * 2;
    if (object->offset + SMALLEST_OBJECT > limit)
        return foreign_refuse(image, entry, "an object in the object space",
                              "one at offset %" PRIu64, object->offset);
    uint32_t size = st80_word_at(image->bytes + object->offset) * 2;
    if (size < SMALLEST_OBJECT || object->offset + size > limit)
        return foreign_refuse(image, object->offset, "an object that ends in the object space",
                              "a size of %" PRIu32 " bytes", size);
    uint32_t is_odd = (flags & FLAG_ODD) != 0 ? 1 : 0;
    if (is_odd != 0 && (object->has_pointers || size == SMALLEST_OBJECT))
        return foreign_refuse(image, entry, "an odd count of bytes in an object with bytes only",
                              "%04" PRIx32, flags);
    object->class_oop = st80_word_at(image->bytes + object->offset + 2);
    object->body_size = size - SMALLEST_OBJECT - is_odd;
    return true;
}

/* Rule: every object has a class. What a class must look like is the checker's. */
static bool check_classes(struct st80_reading *reading)
{
    for (uint32_t i = 0; i < reading->table_count; i++) {
        const struct st80_object *object = &reading->table[i];
        if (object->exists && st80_find(reading, object->class_oop) == NULL)
            return foreign_refuse(reading->image, object->offset + 2, "the oop of a class",
                                  "%04" PRIx32, object->class_oop);
    }
    return true;
}

static bool read_table(struct st80_reading *reading)
{
    struct foreign_image *image = reading->image;
    uint64_t space_size = space_size_of(image->bytes);
    uint64_t start = table_offset(space_size);
    reading->table_count = (uint32_t)((image->size - start) / 4);
    reading->table = calloc(reading->table_count, sizeof *reading->table);
    if (reading->table == NULL)
        return foreign_refuse_memory(image);
    uint64_t size = 0;
    for (uint32_t i = 0; i < reading->table_count; i++) {
        if (!read_entry(reading, start + 4 * (uint64_t)i, &reading->table[i]))
            return false;
        size += reading->table[i].exists ? SMALLEST_OBJECT + reading->table[i].body_size : 0;
    }
    if (size > space_size)
        return foreign_refuse(image, start, "objects that do not overlap",
                              "%" PRIu64 " bytes of them in an object space of %" PRIu64, size,
                              space_size);
    if (reading->table[0].exists)
        return foreign_refuse(image, start, "a first entry that is free", "an object");
    for (uint32_t known = ST80_NIL; known <= ST80_LAST_KNOWN; known += 2)
        if (st80_find(reading, known) == NULL)
            return foreign_refuse(image, start + 2 * (uint64_t)known,
                                  "one of the objects that the machine knows", "a free entry");
    return check_classes(reading);
}

/* --- bodies ----------------------------------------------------------------------------------------------------------- */

/* The word of a foreign image for one of the file: SmallIntegers keep their values, oops become addresses. */
static uint32_t foreign_of(uint32_t word)
{
    return (word & 1) != 0 ? (uint32_t)(int16_t)word : word * 2;
}

static void put_word(uint8_t *body, uint64_t index, uint32_t word)
{
    memcpy(body + index * 4, &word, sizeof word);
}

static uint32_t class_format(const struct st80_reading *reading, const struct st80_object *object)
{
    uint32_t format =
        st80_slot(reading, st80_find(reading, object->class_oop), SLOT_BEHAVIOR_FORMAT);
    return (format & 1) != 0 ? format >> 1 : 0;
}

/* The format of an object: its own bits say whether it has pointers, the others are its class's. */
static uint8_t format_of(const struct st80_reading *reading, const struct st80_object *object)
{
    unsigned of_class = dialect_class_spec(DIALECT_ST80, class_format(reading, object));
    if (!object->has_pointers && object->class_oop == ST80_CLASS_COMPILED_METHOD)
        return FORMAT_CODE;
    if (!object->has_pointers)
        return of_class == FORMAT_WORDS16 && object->body_size % 2 == 0 ? FORMAT_WORDS16
                                                                        : FORMAT_BYTES;
    if (format_is_pointers(of_class))
        return (uint8_t)(object->body_size == 0 && of_class == FORMAT_FIXED ? FORMAT_EMPTY
                                                                            : of_class);
    return object->body_size == 0 ? FORMAT_EMPTY : FORMAT_FIXED;
}

/* Rule: a method has a header, its literals, and an extension where the header says so. */
static bool check_code(struct st80_reading *reading, const struct st80_object *object)
{
    struct foreign_image *image = reading->image;
    uint64_t where = object->offset + SMALLEST_OBJECT;
    uint32_t header = object->body_size < 2 ? 0 : st80_body_word(reading, object, 0);
    uint32_t literals = st80_header_literals(header >> 1);
    if ((header & 1) == 0 || 2 + literals * 2 > object->body_size)
        return foreign_refuse(image, where, "the header of a compiled method, with literals",
                              "%" PRIu32 " bytes that begin with %04" PRIx32, object->body_size,
                              header);
    if (st80_header_flag(header >> 1) != ST80_FLAG_EXTENDED)
        return true;
    uint32_t extension = literals < 2 ? 0 : st80_body_word(reading, object, literals - 1);
    if ((extension & 1) == 0 || st80_extension_arguments(extension >> 1) > ST80_ARGUMENTS_MAX)
        return foreign_refuse(image, literals < 2 ? where : where + 2 * ((uint64_t)literals - 1),
                              "the extension of a method's header, with up to 15 arguments",
                              "%04" PRIx32, extension);
    return true;
}

/* Bytes of a checked method's header and literals, which become twice as many. */
static uint32_t pointers_size(const struct st80_reading *reading, const struct st80_object *code)
{
    return 2 * (1 + st80_header_literals(st80_body_word(reading, code, 0) >> 1));
}

static void make_code(const struct st80_reading *reading, const struct st80_object *from,
                      struct foreign_object *object, uint8_t *body)
{
    uint32_t header = st80_body_word(reading, from, 0) >> 1;
    uint32_t literals = st80_header_literals(header);
    uint32_t extension = literals < 2 ? 0 : st80_body_word(reading, from, literals - 1) >> 1;
    int64_t spur = st80_code_header_to_spur(header, extension);
    uint32_t pointers = pointers_size(reading, from);
    object->count = (uint64_t)from->body_size + pointers;
    object->header_high = (uint32_t)(spur >> CODE_HEADER_PRIMITIVE_SHIFT);
    put_word(body, 0, (uint32_t)spur << 1 | 1);
    for (uint32_t i = 1; i <= literals; i++)
        put_word(body, i, foreign_of(st80_body_word(reading, from, i)));
    memcpy(body + 2 * (size_t)pointers,
           reading->image->bytes + from->offset + SMALLEST_OBJECT + pointers,
           from->body_size - pointers);
}

/* Bytes of a body that has to be made; 0 where the file's will do. */
static uint64_t made_size(const struct st80_reading *reading, const struct st80_object *object)
{
    if (object->has_pointers)
        return (uint64_t)object->body_size * 2;
    switch (format_of(reading, object)) {
    case FORMAT_CODE:
        return ((uint64_t)object->body_size + pointers_size(reading, object) + 3) / 4 * 4;
    case FORMAT_WORDS16:
        return ((uint64_t)object->body_size + 3) / 4 * 4;
    default:
        return 0;
    }
}

static void make_body(const struct st80_reading *reading, const struct st80_object *from,
                      struct foreign_object *object, uint8_t *body)
{
    object->count = from->body_size / 2;
    if (object->format == FORMAT_BYTES) {
        object->body = reading->image->bytes + from->offset + SMALLEST_OBJECT;
        object->count = from->body_size;
        return;
    }
    object->body = body;
    if (object->format == FORMAT_CODE) {
        make_code(reading, from, object, body);
    } else if (object->format == FORMAT_WORDS16) {
        for (uint32_t i = 0; i < object->count; i++) {
            uint16_t word = (uint16_t)st80_body_word(reading, from, i);
            memcpy(body + i * sizeof word, &word, sizeof word);
        }
    } else {
        for (uint32_t i = 0; i < object->count; i++)
            put_word(body, i, foreign_of(st80_body_word(reading, from, i)));
    }
}

/* --- objects ---------------------------------------------------------------------------------------------------------- */

/* Gives the bytes of all bodies that have to be made. */
static bool measure(struct st80_reading *reading, uint64_t *size)
{
    *size = SPECIAL_OBJECT_COUNT * 4;
    for (uint32_t i = 0; i < reading->table_count; i++) {
        const struct st80_object *object = &reading->table[i];
        if (!object->exists)
            continue;
        if (format_of(reading, object) == FORMAT_CODE && !check_code(reading, object))
            return false;
        *size += made_size(reading, object);
        reading->image->object_count++;
    }
    reading->image->object_count++;
    return true;
}

static bool allocate(struct st80_reading *reading, uint64_t size)
{
    struct foreign_image *image = reading->image;
    uint32_t entries = reading->table_count + 1;
    image->objects = calloc(image->object_count, sizeof *image->objects);
    image->number_at = malloc((size_t)entries * sizeof *image->number_at);
    image->beside = malloc((size_t)size);
    image->segments = malloc(sizeof *image->segments);
    if (image->objects == NULL || image->number_at == NULL || image->beside == NULL ||
        image->segments == NULL)
        return foreign_refuse_memory(image);
    for (uint32_t i = 0; i < entries; i++)
        image->number_at[i] = FOREIGN_NONE;
    *image->segments = (struct foreign_segment){.size = (uint64_t)entries * 4};
    image->segment_count = 1;
    return true;
}

static void add_object(struct st80_reading *reading, uint32_t index, uint32_t number,
                       uint8_t **body)
{
    const struct st80_object *from = &reading->table[index];
    struct foreign_object *object = &reading->image->objects[number];
    object->offset = from->offset;
    object->format = format_of(reading, from);
    object->class_index = st80_find(reading, from->class_oop)->class_index;
    object->hash = from->class_index != 0 ? from->class_index : index;
    reading->image->number_at[index] = number;
    make_body(reading, from, object, *body);
    *body += made_size(reading, from);
}

/* The array of special objects is the last object, and its address the first behind the object table. */
static void add_specials(struct st80_reading *reading, uint8_t *body)
{
    struct foreign_image *image = reading->image;
    image->special_objects = image->object_count - 1;
    image->number_at[reading->table_count] = image->special_objects;
    image->objects[image->special_objects] = (struct foreign_object){
        .body = body,
        .count = SPECIAL_OBJECT_COUNT,
        .class_index = CLASS_ARRAY,
        .format = FORMAT_INDEXABLE,
    };
    for (uint32_t i = 0; i < SPECIAL_OBJECT_COUNT; i++) {
        uint32_t special = reading->specials[i];
        put_word(body, i, foreign_of(special == 0 ? ST80_NIL : special));
    }
}

/* Objects by ascending oop, which puts nil, false and true first. */
static bool read_objects(struct st80_reading *reading)
{
    struct foreign_image *image = reading->image;
    uint64_t size;
    if (!measure(reading, &size) || !allocate(reading, size) || !st80_enter_classes(reading))
        return false;
    uint8_t *body = image->beside;
    uint32_t number = 0;
    for (uint32_t i = 0; i < reading->table_count; i++)
        if (reading->table[i].exists)
            add_object(reading, i, number++, &body);
    st80_find_specials(reading);
    for (uint32_t i = 0; i < image->class_count; i++)
        if (image->classes[i] != FOREIGN_NONE)
            image->classes[i] = image->number_at[image->classes[i]];
    add_specials(reading, body);
    return true;
}

bool st80_read(struct foreign_image *image)
{
    struct st80_reading reading = {.image = image};
    image->dialect = DIALECT_ST80;
    bool good = read_table(&reading) && read_objects(&reading);
    free(reading.table);
    return good;
}
