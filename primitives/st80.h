/*
 * Primitives of Smalltalk-80 images: the numbers of the Blue Book (chapters 28 and 29) where they are not what the ecosystem has
 * under them, row by row in st80.def. A world of that dialect uses them in place of the others (viv_adapt_primitives).
 *
 * SmallIntegers have 15 bits there, and words of 16 bits that do not fit are LargePositiveIntegers of two bytes. Whatever a
 * primitive does not take fails, and the image's own methods go on.
 */
#ifndef VIV_PRIMITIVES_ST80_H
#define VIV_PRIMITIVES_ST80_H

#include "vm/object/dialect.h"
#include "vm/primitive.h"

const struct primitive_table *st80_primitive_table(void);

enum {
    ST80_WORD_MAX = 65535,
    /* Slots of a context's frame, for which Spur has 16 and 56. */
    ST80_SMALL_FRAME = 12,
    ST80_LARGE_FRAME = 32
};

static inline bool st80_integer_fits(int64_t value)
{
    return dialect_integer_fits(DIALECT_ST80, value);
}

/* A value of 16 bits, not negative: a SmallInteger or a LargePositiveInteger of two bytes. */
bool st80_as_word(oop value, int64_t *word) VIV_MUST_USE;

/* A SmallInteger, or failure where the value is none. */
prim_result st80_answer_small(struct vm *vm, const prim_call *call, int64_t value) VIV_MUST_USE;

/* Whether an object is an instance of the class among the special objects. */
bool st80_is_a(struct vm *vm, oop object, enum special_object class) VIV_MUST_USE;

/* The byte of a character; false for what is none, or has a larger code. */
bool st80_character_value(struct vm *vm, oop character, uint8_t *byte) VIV_MUST_USE;

/* Whether an object can be a class: its format is a number. */
bool st80_is_class(oop object) VIV_MUST_USE;

#define PRIM(number, function, argument_count, usage, sentence)                                    \
    prim_result function(struct vm *vm, const prim_call *call);
#define CONTROL(number, function, argument_count, usage, sentence)
#include "primitives/st80.def"
#undef PRIM
#undef CONTROL

#endif
