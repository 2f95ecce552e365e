/*
 * Code that needs a large frame and does not say so. Machines whose frames lie on stacks of their own never look at the bit
 * in a method's header until they make a context, and images exist whose compiler left it out: their contexts would not hold
 * what the code pushes. Such code is marked, and its contexts are made as large as it needs them.
 */
#ifndef VIV_IMAGE_IMPORT_FRAMES_H
#define VIV_IMAGE_IMPORT_FRAMES_H

#include "image/import/foreign.h"
#include "vm/object/v3_code.h"

/* The header of code, widened: literals, counts and flags as they were, the sign bit at the place of the wide one; of a dialect
 * that is not Spur, in the form that dialect.h describes. */
int64_t widened_code_header(const struct foreign_image *image, const struct foreign_object *code);

/* Words of code that are oops: header and literals. */
static inline uint64_t code_pointer_count(const struct foreign_image *image,
                                          const struct foreign_object *code)
{
    uint32_t header = foreign_slot(code, 0) >> 1;
    return 1 + (image->dialect == DIALECT_V3 ? v3_code_literal_count(header) : header & 0x7FFF);
}

/* Whether a code object begins with a header whose literals fit in. */
bool code_is_whole(const struct foreign_image *image, const struct foreign_object *code);

/* Sets needs_large_frame, in a Spur image, of all whole code that does not fit in the frame its header asks for, and would in a large one, and of
 * the contexts that run it. False without memory. */
bool find_large_frames(struct foreign_image *image) VIV_MUST_USE;

#endif
