/*
 * The first objects: from the model of a library to a heap that can be run. Lays the start of old space as the image format
 * wants it (spur-format, section 5), ties the knot of classes and metaclasses, compiles every method, and leaves one process
 * about to send the manifest's start message.
 *
 * Class-side `initialize` methods are not run here - nothing can run yet - but listed in the global BootstrapInitializers.
 *
 * The same texts give the same bytes, whatever the addresses.
 */
#ifndef VIV_BOOTSTRAP_GENESIS_H
#define VIV_BOOTSTRAP_GENESIS_H

#include "image/bootstrap/manifest.h"
#include "image/bootstrap/model.h"
#include "vm/memory/heap.h"

struct genesis_options {
    const struct manifest *manifest;
    bool portable; /* compile for VMs that mishandle the flag "no outer context" */
    uint32_t seed; /* of the identity hashes; 0: the usual one */
};

/* Fills the empty heap. Everything wrong with the library goes to the model's diagnostics; false when there was an error or
 * memory ran out, and the heap is then of no use. */
bool genesis_make(struct heap *heap, struct model *model,
                  const struct genesis_options *options) VIV_MUST_USE;

#endif
