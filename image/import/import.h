/*
 * Images of other formats, converted as they are loaded: for the reader of image files (image/format), which asks here what it
 * does not know itself. A file that is converted is a 64-bit image from then on, judged by the same checker as every other;
 * where its sentences name offsets, import_file_offset turns them into those of the file that the person has.
 *
 *     struct import *import = import_open(path, bytes, size, status);
 *     import_write(import, data, base)            import_size(import) bytes, as if they lay at base
 *     import_close(import);
 *
 * A format is a reader of its own (spur32.h, v3.h) that fills a foreign image (foreign.h), and a row in import.c. Widening is the
 * same for all of them (widen.h).
 */
#ifndef VIV_IMAGE_IMPORT_IMPORT_H
#define VIV_IMAGE_IMPORT_IMPORT_H

#include "image/import/foreign.h"

struct import;

/* Whether the first `available` bytes of a file are those of a format that is converted here. */
bool import_recognises(const uint8_t *bytes, size_t available);

/* The name of the format with that magic, such as "32-bit Spur"; NULL when it is none of ours. */
const char *import_format_name(uint32_t magic);

/* Reads the header of a recognised file; refuses one that does not fit the file's size. */
bool import_header_parse(struct foreign_header *header, const uint8_t *bytes, size_t available,
                         uint64_t file_size, const char *path, struct status *status) VIV_MUST_USE;

/* Reads a whole file, which must stay in memory until import_close. NULL and a sentence when it is refused. */
struct import *import_open(const char *path, const uint8_t *bytes, uint64_t size,
                           struct status *status) VIV_MUST_USE;
void import_close(struct import *import);

/* What the image thinks of its own objects: what it becomes is a 64-bit image of this dialect. */
enum dialect import_dialect(const struct import *import);

/* Bytes of the 64-bit data, one segment with its bridge. */
uint64_t import_size(const struct import *import);

/* Writes them at data, for the address base. */
bool import_write(const struct import *import, uint64_t *data, uint64_t base) VIV_MUST_USE;

/* The address of the special objects in data written for base. */
uint64_t import_special_objects(const struct import *import, uint64_t base);

/* Where in the file is what became the byte at that offset of the data. */
uint64_t import_file_offset(const struct import *import, uint64_t offset);

/* Where in the file's header the address of the special objects stands. */
uint64_t import_special_objects_field(const struct import *import);

#endif
