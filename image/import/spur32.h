/*
 * Reads 32-bit Spur images, magic 6521 and 7033 (spur-format, sections 1 to 5, with words of 4 bytes where those have 8):
 *
 *     header       64 bytes, the fields of the 64-bit one in its order
 *     object       the same header word of 8 bytes and overflow word before it; slots of 4 bytes, at least two, and an even
 *                  number of them in memory whatever the count says
 *     formats      10 for 32-bit elements, 12-13 for 16-bit ones, 16-19 for bytes, 24-27 for code
 *     free lists   32 words of class index 18; pages of the collector have that index, too
 *
 * Free chunks and hidden objects are read over and dropped; of the collector's lists only the mourners are kept.
 */
#ifndef VIV_IMAGE_IMPORT_SPUR32_H
#define VIV_IMAGE_IMPORT_SPUR32_H

#include "image/import/foreign.h"

enum { SPUR32_MAGIC = 6521, SPUR32_MAGIC_MULTIPLE_SETS = 7033, SPUR32_HEADER_SIZE = 64 };

/* Reads the header at bytes + header->prefix_size, of which SPUR32_HEADER_SIZE bytes are there; refuses what does not fit the
 * file's size. */
bool spur32_header_parse(struct foreign_header *header, const uint8_t *bytes, uint64_t file_size,
                         const char *path, struct status *status) VIV_MUST_USE;

/* Fills the image from image->bytes, once its header is parsed. What was filled is freed by foreign_free in any case. */
bool spur32_read(struct foreign_image *image) VIV_MUST_USE;

#endif
