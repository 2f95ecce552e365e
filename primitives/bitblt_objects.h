/*
 * BitBlt, WarpBlt, Form and ColorMap objects of the ecosystem's layout, read into the structs of bitblt.h. Everything is
 * checked here: what these functions accept cannot lead outside an object.
 *
 * BitBlt: destForm sourceForm halftoneForm combinationRule destX destY width height sourceX sourceY clipX clipY clipWidth
 * clipHeight colorMap, WarpBlt also p1x p1y p1z p2x ... p4z. Form: bits width height depth. ColorMap: shifts masks colors.
 */
#ifndef VIV_PRIMITIVES_BITBLT_OBJECTS_H
#define VIV_PRIMITIVES_BITBLT_OBJECTS_H

#include "primitives/bitblt.h"
#include "vm/primitive.h"

enum blit_slot {
    BLIT_DEST_FORM,
    BLIT_SOURCE_FORM,
    BLIT_HALFTONE_FORM,
    BLIT_RULE,
    BLIT_DEST_X,
    BLIT_DEST_Y,
    BLIT_WIDTH,
    BLIT_HEIGHT,
    BLIT_SOURCE_X,
    BLIT_SOURCE_Y,
    BLIT_CLIP_X,
    BLIT_CLIP_Y,
    BLIT_CLIP_WIDTH,
    BLIT_CLIP_HEIGHT,
    BLIT_COLOR_MAP,
    BLIT_WARP_CORNERS
};

/* The receiver as a blit. BAD_RECEIVER for what is not a BitBlt that can be carried out, NO_MODIFICATION where the
 * destination, or the table of a rule that tallies, may not be written. */
prim_result blit_read(struct vm *vm, oop object, struct blit *blit) VIV_MUST_USE;

/* The corners of a WarpBlt; BAD_RECEIVER. */
prim_result blit_read_corners(struct vm *vm, oop object, struct blit_warp *warp) VIV_MUST_USE;

/* A Form; false for what is none, or has too few bits for its size. */
bool blit_read_form(oop object, struct blit_form *form) VIV_MUST_USE;

/* A slot's value, where the object has the slot and nothing was exchanged for it. */
oop blit_slot(oop object, size_t index);

/* Bytes of an object that holds bits of any kind; false for others. */
bool blit_bits_size(oop object, size_t *size) VIV_MUST_USE;

#endif
