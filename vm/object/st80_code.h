/*
 * The header of a method as Smalltalk-80 Version 2 has it, a SmallInteger of 15 bits, and the same in Spur's form with what that
 * lacks (dialect.h). An image asks its methods for their headers and makes new methods with some.
 *
 *     bits 0-5 literals, the header extension and the class included · bit 6 large frame · bits 7-11 temporaries, the arguments
 *     included · bits 12-14 flag
 *
 *     flag 0-4   so many arguments, no primitive
 *     flag 5     answers the receiver: primitive 256
 *     flag 6     answers the instance variable whose index is in bits 7-11: primitive 264 and on
 *     flag 7     the literal before the last, a SmallInteger, has more: bits 0-7 the primitive, 0 for none, bits 8-12 arguments
 */
#ifndef VIV_OBJECT_ST80_CODE_H
#define VIV_OBJECT_ST80_CODE_H

#include "vm/object/dialect.h"
#include "vm/object/known.h"

enum {
    ST80_FLAG_ANSWERS_SELF = 5,
    ST80_FLAG_ANSWERS_VARIABLE = 6,
    ST80_FLAG_EXTENDED = 7,
    /* Arguments that a header of Spur's form can count. */
    ST80_ARGUMENTS_MAX = 15
};

static inline unsigned st80_header_literals(int64_t header)
{
    return (unsigned)(header & 0x3F);
}

static inline unsigned st80_header_flag(int64_t header)
{
    return (unsigned)(header >> 12 & 7);
}

static inline unsigned st80_extension_arguments(int64_t extension)
{
    return (unsigned)(extension >> 8 & 0x1F);
}

/* The header in Spur's form; the extension counts for flag 7 only, and its arguments up to ST80_ARGUMENTS_MAX. */
static inline int64_t st80_code_header_to_spur(int64_t header, int64_t extension)
{
    unsigned flag = st80_header_flag(header);
    int64_t field = header >> 7 & 0x1F;
    int64_t temporaries = field;
    int64_t primitive = 0;
    int64_t arguments = 0;
    if (flag < ST80_FLAG_ANSWERS_SELF) {
        arguments = flag;
    } else if (flag == ST80_FLAG_ANSWERS_SELF) {
        primitive = QUICK_FIRST;
    } else if (flag == ST80_FLAG_ANSWERS_VARIABLE) {
        primitive = QUICK_VARIABLE_FIRST + field;
        temporaries = 0;
    } else {
        primitive = extension & 0xFF;
        arguments = st80_extension_arguments(extension) & ST80_ARGUMENTS_MAX;
    }
    return (int64_t)st80_header_literals(header) |
           (primitive != 0 ? CODE_HEADER_HAS_PRIMITIVE : 0) |
           ((header >> 6 & 1) != 0 ? CODE_HEADER_LARGE_FRAME : 0) |
           temporaries << CODE_HEADER_TEMP_SHIFT | arguments << CODE_HEADER_ARGUMENT_SHIFT |
           primitive << CODE_HEADER_PRIMITIVE_SHIFT | (int64_t)flag << CODE_HEADER_FLAGS_SHIFT;
}

/* The header as the image knows it: 15 bits, two's complement. What the extension said is in the method's literals. */
static inline int64_t st80_code_header_from_spur(int64_t spur)
{
    int64_t flag = spur >> CODE_HEADER_FLAGS_SHIFT & 7;
    int64_t primitive = spur >> CODE_HEADER_PRIMITIVE_SHIFT & 0xFFFF;
    int64_t field = flag == ST80_FLAG_ANSWERS_VARIABLE ? primitive - QUICK_VARIABLE_FIRST
                                                       : spur >> CODE_HEADER_TEMP_SHIFT;
    int64_t header = (spur & 0x3F) | ((spur & CODE_HEADER_LARGE_FRAME) != 0 ? 1 << 6 : 0) |
                     (field & 0x1F) << 7 | flag << 12;
    return header < 1 << 14 ? header : header - (1 << 15);
}

#endif
