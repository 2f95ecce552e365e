/*
 * Reads 32-bit images from before Spur, magic 6501, 6502, 6504 and 6505, in either order of bytes:
 *
 *     header       64 bytes: magic, header's size, data's size, base address, special objects, last hash, size of the screen,
 *                  flags, extra memory; nothing that is read behind them
 *     object       a word of 32 bits, to which references lead; before it where needed the class, before that the size:
 *                  bits 0-1 words of header: 3 one, 1 two, 0 three; 2 is a free chunk, whose size stands in the other bits
 *                  bits 2-7 size in words, this word included, unless the size stands before
 *                  bits 8-11 format · 12-16 number of a compact class, 0 where the class stands before · 17-28 identity hash
 *     formats      0-3 as in Spur, 4 weak, 6 words of 32 bits, 8-11 bytes and 12-15 code, of which the low two bits are unused
 *     classes      by reference; compact ones by their place, from 1, in the Array among the special objects
 *
 * The class table is made here. Classes that Spur has at fixed indices get those; images whose special objects are too few for
 * LargeNegativeInteger have it by its name. The index of each other class is the lowest above
 * 4095 that is free and has the 12 bits of its identity hash at its end. That index becomes the hash of the class, and objects without
 * a hash get 4096, for an image of this dialect sees 12 bits of a hash (vm/object/dialect.h).
 *
 * Words of a big-endian file are swapped beside it, in pointers, words and literals; bytes stay as they are.
 */
#ifndef VIV_IMAGE_IMPORT_V3_H
#define VIV_IMAGE_IMPORT_V3_H

#include "image/import/foreign.h"

enum {
    V3_MAGIC_OLDEST = 6501,
    V3_MAGIC = 6502,
    V3_MAGIC_CLOSURES = 6504,
    V3_MAGIC_NATIVE_FLOATS = 6505, /* closures, too; floats as the machine that wrote it has them */
    V3_HEADER_SIZE = 64
};

/* Reads the header at bytes + header->prefix_size, of which V3_HEADER_SIZE bytes are there; refuses what does not fit the file's
 * size. */
bool v3_header_parse(struct foreign_header *header, const uint8_t *bytes, uint64_t file_size,
                     const char *path, struct status *status) VIV_MUST_USE;

/* Fills the image from image->bytes, once its header is parsed. What was filled is freed by foreign_free in any case. */
bool v3_read(struct foreign_image *image) VIV_MUST_USE;

/* v3.c for v3_classes.c: where an object says what its class is. */
struct v3_class {
    uint32_t word; /* before the object's header */
    uint8_t compact;
};

/* Gives each object of a read image its class index and its hash, and the image its class table; classes has a row for each
 * object. */
bool v3_make_classes(struct foreign_image *image, const struct v3_class *classes) VIV_MUST_USE;

#endif
