/*
 * Makes the data of a 64-bit Spur image from a foreign one, in two steps: widen_plan decides what each object becomes and how
 * large the data are, widen_write writes them for a base address. The data are one segment with its bridge; class-table
 * indices, identity hashes and the order of objects stay.
 *
 *     references    addresses become addresses, SmallIntegers and Characters stay what they are
 *     integers      LargeIntegers that fit in 61 bits become SmallIntegers wherever they are referred to
 *     floats        those that can be immediate become so; the others stay boxed, the low word first
 *                   and the class SmallFloat64, where the image has one, is entered at their index in the class table
 *     elements      stay as wide as they were: 8, 16, 32 or 64 bits; only their padding changes
 *     code          the header's sign bit, which chooses the bytecode set, moves to bit 60; literals take 8 bytes, the
 *                   bytes behind them stay, a trailer included
 *     pcs           of contexts and block closures count literals as bytes: they grow by four for each, and for the header
 *
 *     WordSize      a variable of this name that holds 4 becomes nil, so that the image asks again
 *
 * An image of a dialect that is not Spur (vm/object/dialect.h) keeps its own numbers: LargeIntegers and floats stay objects, pcs and
 * WordSize stay, and so do the formats of classes. Headers of code become those of dialect.h. What lies above the stack pointer
 * of a context becomes nil; without a stack pointer that is all of its frame. Frames have room for 16 or 56 values, where the oldest
 * images have 12 or 32.
 *
 * What is decided nowhere here, since only the image can: hashes that depend on the width of an integer or on a LargeInteger
 * being one. Collections that keep such elements by equality have to be rehashed by the image (README.md).
 *
 * Any foreign image can be planned and written without harm; what comes out is for the checker to judge.
 */
#ifndef VIV_IMAGE_IMPORT_WIDEN_H
#define VIV_IMAGE_IMPORT_WIDEN_H

#include "image/import/foreign.h"

struct widening {
    struct foreign_image *image;
    uint32_t *placed; /* numbers of the objects that stay objects, by their place in the data */
    uint32_t placed_count;
    uint64_t pages_offset; /* of the class table's first page in the data */
    uint64_t mourn_offset; /* of the first page of the mourn queue */
    uint64_t size;         /* of the data, with the bridge */
};

/* What a foreign image's objects become. Free with widen_free. */
bool widen_plan(struct widening *widening, struct foreign_image *image) VIV_MUST_USE;
void widen_free(struct widening *widening);

/* Writes widening->size bytes at data, as if they lay at base. Refuses references that lead nowhere. */
bool widen_write(const struct widening *widening, uint64_t *data, uint64_t base) VIV_MUST_USE;

/* The oop of an object, or the immediate it has become. */
uint64_t widen_oop(const struct widening *widening, uint32_t number, uint64_t base);

/* Slots that an object takes in the data. */
uint64_t widened_slot_count(const struct foreign_image *image, const struct foreign_object *object);

/* The offset in the foreign file of what became the data's byte at an offset (origin.c). */
uint64_t widen_origin(const struct widening *widening, uint64_t offset);

#endif
