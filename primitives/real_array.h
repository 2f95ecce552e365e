/*
 * Arrays of floats as images keep them: words of 32 bits are IEEE singles, words of 64 bits doubles, in the byte order of the
 * machine. What a reader answers is a double, what is stored is rounded to the element.
 */
#ifndef VIV_PRIMITIVES_REAL_ARRAY_H
#define VIV_PRIMITIVES_REAL_ARRAY_H

#include "vm/primitive.h"

#include <string.h>

struct real_array {
    uint8_t *bytes;
    size_t count;
    bool is_double;
};

/* False for what holds no words of 32 or 64 bits. */
static inline bool real_array_of(oop object, struct real_array *array)
{
    if (!oop_is_object(object))
        return false;
    unsigned format = object_format(object);
    *array = (struct real_array){object_bytes(object), 0, format == FORMAT_WORDS64};
    if (!array->is_double && !format_is_words32(format))
        return false;
    array->count = object_byte_count(object);
    return true;
}

static inline double real_array_at(const struct real_array *array, size_t index)
{
    double wide;
    float narrow;
    if (array->is_double) {
        memcpy(&wide, array->bytes + index * sizeof wide, sizeof wide);
        return wide;
    }
    memcpy(&narrow, array->bytes + index * sizeof narrow, sizeof narrow);
    return (double)narrow;
}

static inline void real_array_put(const struct real_array *array, size_t index, double value)
{
    float narrow = (float)value;
    if (array->is_double)
        memcpy(array->bytes + index * sizeof value, &value, sizeof value);
    else
        memcpy(array->bytes + index * sizeof narrow, &narrow, sizeof narrow);
}

#endif
