/*
 * A manifest: what an image is built of, one item a line.
 *
 *     # a comment
 *     Kernel                      a package folder, relative to the manifest
 *     ../elsewhere/Package
 *     global Transcript           a global variable besides the classes, nil at first
 *     first Symbol                a class whose initialize runs before all others
 *     start Smalltalk bootstrap   the unary message that the first process sends to a global
 *     rehearse eval 3+4           the words with which the image is started once it is built: what that needs is put to its front
 */
#ifndef VIV_BOOTSTRAP_MANIFEST_H
#define VIV_BOOTSTRAP_MANIFEST_H

#include "image/bootstrap/diagnostics.h"

struct manifest {
    struct list packages; /* of struct text: paths of folders */
    struct list globals;  /* of struct text */
    struct list first;    /* of struct text */
    struct text start_receiver;
    struct text start_selector;
    struct list rehearsal; /* of struct text: words */
};

/* Reads it; errors go to the diagnostics, NULL when there is no file. */
struct manifest *manifest_read(struct text path, struct diagnostics *diagnostics);

#endif
