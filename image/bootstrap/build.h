/*
 * `viv build`: from a manifest to an image file. Reads the packages, makes the first objects, runs the start message in a VM
 * of its own, and expects the world to save itself there and quit. Where the manifest names a rehearsal, the image is started with its
 * words, and what that needed is put to the front.
 */
#ifndef VIV_BOOTSTRAP_BUILD_H
#define VIV_BOOTSTRAP_BUILD_H

#include "vm/base/assert.h"
#include "vm/vivarium.h"

#include <stdio.h>

struct build_options {
    /* Primitives, how to save, limits; image and arguments are the build's own affair. */
    struct viv_options vm;
    bool
        portable; /* the image is meant for other VMs too: leave out the bytecode flag that one of them mishandles */
    uint32_t seed;     /* of the identity hashes; 0: the usual one */
    FILE *diagnostics; /* where warnings and errors go, all of them, a line each; NULL: nowhere */
};

/* Writes the image to output_path. False with the first error when the library is wrong (STATUS_SYNTAX), or when the world
 * failed to initialise or save itself, or its rehearsal (STATUS_FAILURE); no new image is left then. */
bool build_image(const char *manifest_path, const char *output_path,
                 const struct build_options *options, struct status *status) VIV_MUST_USE;

#endif
