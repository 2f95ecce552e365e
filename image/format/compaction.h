/*
 * Writes an image anew without what nothing refers to and without holes. Nothing runs: the objects that are left, their order and
 * their identity hashes are what they were, and so is the number of saves. What is compact already gives the same bytes again.
 *
 * The collector does what it does while a world runs: weak references to what went become nil, and ephemerons whose keys went
 * wait to be mourned. Pinned objects move, too, since nobody outside can know their addresses yet.
 */
#ifndef VIV_IMAGE_FORMAT_COMPACTION_H
#define VIV_IMAGE_FORMAT_COMPACTION_H

#include "vm/base/io.h"
#include "vm/base/status.h"

struct image_compaction {
    uint64_t objects_before;
    uint64_t objects_after;
    uint64_t size_before; /* bytes of the file */
    uint64_t size_after;
    bool written; /* false: it would have had nothing less, and was to replace itself */
};

/* Reads any image, every object of which is checked, and writes it in our format; so many older files of the target are kept.
 * `to` is replaced all or nothing, and may be the image itself. Fails with STATUS_IMAGE, STATUS_MEMORY or STATUS_SAVE. */
bool image_compact(const char *from, const char *to, const struct io *io, unsigned keep,
                   struct image_compaction *compaction, struct status *status) VIV_MUST_USE;

#endif
