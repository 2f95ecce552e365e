/*
 * Decides whether the objects of an image file may be used: every rule of reliability, "Loader rules", before the first use.
 * Each rule is a function and a sentence "file: at offset N: wanted X, found Y" with status STATUS_IMAGE; the first broken
 * rule ends the check. Nothing is changed, and nothing found in the data is followed before it was checked.
 *
 * What the VM may rely on afterwards, the checked image's invariants:
 *   "well-formed objects"     every object ends inside its segment, its format exists and fits its class, no marks are set
 *   "references lead to objects"   every oop is an immediate whose class exists, or the address of an object with a class
 *   "classes are classes"     the class table, superclass chains (which end) and method dictionaries have their shapes
 *   "code is verified"        every method passed the verifier, and reads no instance variable that its class lacks
 *   "contexts can go on"      pc is at an instruction, the stack has the depth that the verifier computed there
 *   "processes can be listed" every list of the scheduler ends; there is a process to resume
 */
#ifndef VIV_IMAGE_FORMAT_CHECKER_H
#define VIV_IMAGE_FORMAT_CHECKER_H

#include "image/format/layout.h"

/* What a check saw, for `viv check` and `viv info`. */
struct image_census {
    uint64_t objects; /* those with a class, immediates aside */
    uint64_t classes;
    uint64_t methods; /* compiled code objects */
    uint64_t contexts;
    uint64_t free_chunks;
    uint64_t free_size;
};

/* All rules. census may be NULL. Costs about a byte of memory for each 32 of data. */
bool image_check_objects(const struct image_source *source, const struct image_layout *layout,
                         struct image_census *census, struct status *status) VIV_MUST_USE;

#endif
