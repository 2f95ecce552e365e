/*
 * Puts the objects that a start needs next to one another, at the front of an image: a start then touches few pages of the file
 * instead of one here and one there. Which ones they are a rehearsal shows, a world that was read from that file and has been run.
 * The objects are what they were, and so are their identity hashes; those that the rehearsal did not need keep their order.
 */
#ifndef VIV_IMAGE_FORMAT_ARRANGE_H
#define VIV_IMAGE_FORMAT_ARRANGE_H

#include "vm/base/io.h"
#include "vm/base/status.h"

struct vm;

/* Writes the image at path, from which vm was read, once more. The same file and the same rehearsal give the same bytes. Does nothing
 * where the rehearsal has collected, for then nobody knows any more which object is which. Fails with STATUS_IMAGE, STATUS_MEMORY or
 * STATUS_SAVE; the file is then what it was. */
bool image_arrange(struct vm *vm, const char *path, const struct io *io,
                   struct status *status) VIV_MUST_USE;

#endif
