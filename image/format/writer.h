/*
 * Writes the heap as an image file: one segment, magic 68021, a header page of ours, addressed as if it lay at
 * heap_preferred_base(), wherever the heap is. The same objects give the same bytes: marks, free memory and unused bytes of
 * objects are written as zero.
 *
 * A save is all or nothing (reliability, "Save protocol"): the file is written beside the old one under another name,
 * synced, and renamed over it; the header page goes last. Whatever fails before that leaves the old image as it was, and
 * nothing behind. A symbolic link keeps pointing where it did; the old file's mode is kept.
 *
 * The caller has made the heap ready: nothing is young, no context lives on a stack only, free memory is chunks.
 */
#ifndef VIV_IMAGE_FORMAT_WRITER_H
#define VIV_IMAGE_FORMAT_WRITER_H

#include "image/format/header.h"
#include "vm/base/io.h"
#include "vm/memory/heap.h"

struct vm;

/* Writes the heap. header gives what is kept from the file that was loaded; on success it describes the file written, with
 * a generation one higher. Fails with STATUS_SAVE "image not saved: PATH: REASON; …". */
bool image_write(struct heap *heap, struct image_header *header, const struct io *io,
                 const char *path, struct status *status) VIV_MUST_USE;

/* The same for a world that was not changed, which is not saved but only written anew: its generation stays. So many older files
 * are kept (image_save_keeping). */
bool image_rewrite(struct heap *heap, struct image_header *header, const struct io *io,
                   const char *path, unsigned keep, struct status *status) VIV_MUST_USE;

/* Bytes that the file of a heap has which is ready to be written. */
uint64_t image_written_size(const struct heap *heap);

/* Reads any image and writes it as one of ours, without running it; every object of it is checked. */
bool image_copy(const char *from, const char *to, struct status *status) VIV_MUST_USE;

/* image_write for a VM that keeps so many older files as PATH.1 (the latest), PATH.2 ... */
bool image_save_keeping(struct vm *vm, const char *path, unsigned keep,
                        struct status *status) VIV_MUST_USE;

/* The same, keeping none: viv_options.save_image. */
bool image_save(struct vm *vm, const char *path, struct status *status) VIV_MUST_USE;

#endif
