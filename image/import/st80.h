/*
 * Reads images of Smalltalk-80 Version 2 in Xerox's interchange format. All numbers are big-endian; a word has 16 bits.
 *
 *     header        512 bytes: words of object space (32 bits), words of the object table (32 bits), zeros
 *     object space  objects, each a word with its size in words, these two included, a word for its class, and its body
 *     object table  on the next multiple of 512 bytes, up to the end of the file: two words for each object, the first with flags
 *                   and the segment of 65,536 words, the second with the word inside it. Bit 7: an odd count of bytes; bit 6:
 *                   pointers; bit 5: free; bits 0-3: the segment. Counts of references in bits 8-15 are not looked at
 *
 * An oop is a SmallInteger of 15 bits when its bit 0 is set, otherwise twice the index of an entry of the object table. Addresses
 * of the foreign image are twice those: each entry stands for four bytes. The objects of the machine have fixed oops
 * (vm/object/st80_known.h); st80_classes.c makes class table and special objects of them, and of others that have names.
 *
 * There is no magic number: a header is known by zeros behind two sizes that could be, and parsing it refuses a file of
 * another length than they say.
 */
#ifndef VIV_IMAGE_IMPORT_ST80_H
#define VIV_IMAGE_IMPORT_ST80_H

#include "image/import/foreign.h"
#include "vm/object/st80_known.h"

/* The name of the format where others have their magic number. */
enum { ST80_MAGIC = 80, ST80_HEADER_SIZE = 512 };

bool st80_recognises(const uint8_t *bytes, size_t available);
bool st80_header_parse(struct foreign_header *header, const uint8_t *bytes, uint64_t file_size,
                       const char *path, struct status *status) VIV_MUST_USE;

/* Fills the image from image->bytes, once its header is parsed. What was filled is freed by foreign_free in any case. */
bool st80_read(struct foreign_image *image) VIV_MUST_USE;

#endif
