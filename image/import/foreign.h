/*
 * An image of another format, read and not yet converted: what every importer makes of its file, and what widen.h makes
 * 64-bit objects from. Words are 32 bits wide and lie in the file (or beside it, where an importer had to make objects that
 * the file lacks, or the file has the other order of bytes), in little-endian order; nothing here is aligned.
 *
 * A word is the number of a SmallInteger when its bit 0 is set (31 bits, two's complement), a Character when its low two
 * bits are 10 and the format has immediate characters (30 bits), and otherwise the address of an object.
 *
 * What an importer vouches for: body and count of every object lie inside memory it holds, formats are those named below,
 * numbers of objects are below object_count. It vouches for no reference: widening looks at each.
 */
#ifndef VIV_IMAGE_IMPORT_FOREIGN_H
#define VIV_IMAGE_IMPORT_FOREIGN_H

#include "vm/base/assert.h"
#include "vm/base/status.h"
#include "vm/object/dialect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The file's header with its fields widened; fields that a format lacks are zero. */
struct foreign_header {
    uint32_t magic;
    uint32_t header_size;
    uint64_t prefix_size; /* bytes before the header */
    uint64_t data_size;
    uint64_t base; /* address of the first byte of the data */
    uint64_t special_objects;
    uint64_t last_hash;
    uint64_t screen_size; /* as in 64-bit images: width << 16 | height */
    uint64_t flags;
    uint32_t extra_vm_memory;
    uint16_t stack_pages;
    uint16_t code_size_kib;
    uint32_t eden_size;
    uint16_t semaphore_table_size;
    uint16_t image_version;
    uint64_t first_segment_size;
    uint64_t free_size;
    bool is_big_endian; /* the file's words have their high byte first */
};

/* Formats are those of Spur with nothing in their low bits: 0-5 pointers, 9 elements of 64 bits, 10 of 32, 12 of 16, 16
 * bytes, 24 code. */
struct foreign_object {
    uint64_t offset;     /* of its header in the file, for sentences */
    const uint8_t *body; /* its slots or elements */
    uint64_t
        count; /* of slots or elements; of code, all its bytes, four for the header and for each literal */
    uint64_t
        becomes; /* widen.c: the immediate that takes its place, or its offset in the 64-bit data */
    uint32_t class_index;
    uint32_t hash;
    uint32_t header_high; /* of code: bits 32 and on of its header (vm/object/dialect.h) */
    uint8_t format;
    bool is_immutable;
    bool is_pinned;
    bool needs_large_frame; /* of code and contexts: frames.c */
};

struct foreign_segment {
    uint64_t address; /* of its first object, as the file has it */
    uint64_t offset;  /* from the first byte of the data */
    uint64_t size;    /* without what is behind its last object */
};

/* The number of no object. */
#define FOREIGN_NONE UINT32_MAX

struct foreign_image {
    const char *path; /* for sentences */
    const uint8_t *bytes;
    uint64_t size;
    uint8_t *
        swapped; /* bodies of a big-endian file, each as far from the first as in the data; or NULL */
    struct foreign_header header;
    struct status *status;

    struct foreign_segment *segments; /* by ascending address and offset */
    size_t segment_count;

    /* nil, false and true come first; then all others, by ascending place in the file. Hidden objects are not among them. */
    struct foreign_object *objects;
    uint32_t object_count;
    uint32_t *
        number_at; /* for each four bytes of data: the number of the object whose header is there, or FOREIGN_NONE */

    uint32_t *classes;    /* the class table: numbers of objects, or FOREIGN_NONE */
    uint32_t class_count; /* a multiple of 1024 */
    uint64_t *
        page_offsets; /* where each 1024 of them are in the file; NULL where the format has no table */
    uint64_t roots_offset; /* where the table of those pages is */
    uint64_t lists_offset;

    uint32_t *mourners; /* ephemerons that wait for the image to ask for them, the oldest first */
    size_t mourner_count;
    uint32_t special_objects;
    uint32_t *
        special_slots; /* of the special objects, when they have more than in the file; else NULL */

    enum dialect dialect;
    void *beside; /* what bodies lie in that are not in the file; freed with the image */

    bool has_characters;
    bool floats_are_big_endian; /* the word with sign and exponent comes first */
};

static inline uint32_t foreign_word(const uint8_t *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* A word of the file in our order of bytes. */
static inline uint32_t foreign_file_word(const struct foreign_header *header, const uint8_t *at)
{
    uint32_t word = foreign_word(at);
    return header->is_big_endian ? __builtin_bswap32(word) : word;
}

static inline uint32_t foreign_slot(const struct foreign_object *object, uint64_t index)
{
    return foreign_word(object->body + index * 4);
}

/* Where an address of the file is, from the first byte of the data; UINT64_MAX when it is in no segment. */
uint64_t foreign_data_offset(const struct foreign_image *image, uint64_t address);

/* The number of the object at an address of the file, or FOREIGN_NONE. */
uint32_t foreign_find(const struct foreign_image *image, uint64_t address);

/* The same for any word; FOREIGN_NONE for an immediate. */
uint32_t foreign_object_of(const struct foreign_image *image, uint32_t word);

/* Whether a word refers to an object whose bytes are a name. */
bool foreign_is_named(const struct foreign_image *image, uint32_t word, const char *name);

/* Offset in the file of something in an object's body. */
uint64_t foreign_offset(const struct foreign_image *image, const struct foreign_object *object,
                        const uint8_t *at);

/* Fails with "path: at offset N: wanted …, found …" for an offset in the file. Answers false. */
bool foreign_refuse(struct foreign_image *image, uint64_t offset, const char *wanted,
                    const char *found_format, ...) __attribute__((format(printf, 4, 5)));
bool foreign_refuse_memory(struct foreign_image *image);

/* One rule about a field of a header, which must hold: otherwise fails with file, offset, wanted, found. */
bool foreign_header_rule(bool holds, const char *path, uint64_t offset, const char *wanted,
                         uint64_t found, struct status *status) VIV_MUST_USE;

/* Finds the special objects by the field at 16 of the header. Rule: they are an Array, of so many at least. */
bool foreign_find_special_objects(struct foreign_image *image, uint64_t least) VIV_MUST_USE;

/* Frees what the importer allocated, not the bytes. */
void foreign_free(struct foreign_image *image);

#endif
