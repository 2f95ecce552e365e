/*
 * Loads an image file into a heap (architecture, D7). Our own files are mapped where they say, privately, and nothing is
 * touched but to compute their checksum; everything else is read, checked object by object (checker.h) and moved to where the
 * heap is. Segments become one run. What the collector of another VM left in the file (free lists, remembered set, queues)
 * is dropped, except the queue of mourners, which goes to heap->mourners.
 *
 * A file is refused with one sentence and STATUS_IMAGE, or STATUS_MEMORY when the heap's limit is too small for it; the heap
 * is closed again then.
 */
#ifndef VIV_IMAGE_FORMAT_READER_H
#define VIV_IMAGE_FORMAT_READER_H

#include "image/format/header.h"
#include "vm/memory/heap.h"

struct vm;

/* How much of what a file of our own says about itself is believed. */
enum image_trust {
    IMAGE_TRUST_CHECKSUM, /* a fitting checksum of a file that this version of the VM wrote spares the walk */
    IMAGE_TRUST_NOTHING /* every object of every file is checked */
};

/* Opens the heap and fills it. options->base_address 0: where the file wants to be. *header is what a later save keeps. */
bool image_read(struct heap *heap, const struct heap_options *options, const char *path,
                enum image_trust trust, struct image_header *header,
                struct status *status) VIV_MUST_USE;

/* The same for a VM, with the heap options it was opened with: viv_options.load_image. */
bool image_load(struct vm *vm, const char *path, struct status *status) VIV_MUST_USE;

/* image_load with IMAGE_TRUST_NOTHING, for --untrusted. */
bool image_load_untrusted(struct vm *vm, const char *path, struct status *status) VIV_MUST_USE;

#endif
