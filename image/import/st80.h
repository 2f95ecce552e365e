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
 * of the foreign image are twice those: each entry stands for four bytes. The objects of the machine have oops that
 * the Blue Book gives (page 576); st80_classes.c makes class table and special objects of them, and of others that have names.
 *
 * There is no magic number: a header is known by zeros behind two sizes that could be, and parsing it refuses a file of
 * another length than they say.
 */
#ifndef VIV_IMAGE_IMPORT_ST80_H
#define VIV_IMAGE_IMPORT_ST80_H

#include "image/import/foreign.h"

/* The name of the format where others have their magic number. */
enum { ST80_MAGIC = 80, ST80_HEADER_SIZE = 512 };

enum st80_oop {
    ST80_NIL = 2,
    ST80_FALSE = 4,
    ST80_TRUE = 6,
    ST80_SCHEDULER_ASSOCIATION = 8,
    ST80_CLASS_SMALL_INTEGER = 12,
    ST80_CLASS_STRING = 14,
    ST80_CLASS_ARRAY = 16,
    ST80_SMALLTALK_ASSOCIATION = 18,
    ST80_CLASS_FLOAT = 20,
    ST80_CLASS_METHOD_CONTEXT = 22,
    ST80_CLASS_BLOCK_CONTEXT = 24,
    ST80_CLASS_POINT = 26,
    ST80_CLASS_LARGE_POSITIVE_INTEGER = 28,
    ST80_CLASS_DISPLAY_BITMAP = 30,
    ST80_CLASS_MESSAGE = 32,
    ST80_CLASS_COMPILED_METHOD = 34,
    ST80_CLASS_SEMAPHORE = 38,
    ST80_CLASS_CHARACTER = 40,
    ST80_DOES_NOT_UNDERSTAND = 42,
    ST80_CANNOT_RETURN = 44,
    ST80_SPECIAL_SELECTORS = 48,
    ST80_CHARACTER_TABLE = 50,
    ST80_MUST_BE_BOOLEAN = 52,
    ST80_LAST_KNOWN = ST80_MUST_BE_BOOLEAN
};

bool st80_recognises(const uint8_t *bytes, size_t available);
bool st80_header_parse(struct foreign_header *header, const uint8_t *bytes, uint64_t file_size,
                       const char *path, struct status *status) VIV_MUST_USE;

/* Fills the image from image->bytes, once its header is parsed. What was filled is freed by foreign_free in any case. */
bool st80_read(struct foreign_image *image) VIV_MUST_USE;

#endif
