/*
 * Knowing a file again without reading it. Who wrote an image of ours notes beside it - in the extended attribute
 * "user.vivarium.intact", not in its bytes, which are the same wherever it is saved - what the system says of the finished
 * file: inode, size, time of last change, and the checksum of the data. While all of it still fits, nobody has written to the
 * file since, and a start need not read it all for its checksum (execution, section 6).
 *
 * Whatever writes to a file changes its time, and a copy is another inode or has no such attribute: both are read whole. The
 * time that is noted lies a little in the past, so that a clock that ticks slowly cannot give it again. A disk that changes
 * bytes by itself goes unnoticed at the start: `viv check` always reads. Where the file system keeps no attributes, starts
 * take longer and nothing else changes.
 */
#ifndef VIV_IMAGE_FORMAT_STAMP_H
#define VIV_IMAGE_FORMAT_STAMP_H

#include "image/format/header.h"
#include "vm/base/io.h"

/* Stamps a file that is completely written; the stamp is as durable as the next fsync makes it. No failure matters. */
void image_stamp(const struct io *io, int fd, const struct image_header *header);

/* Whether the open file carries a stamp that fits it and the header that was read from it. */
bool image_stamp_fits(int fd, const struct image_header *header);

#endif
