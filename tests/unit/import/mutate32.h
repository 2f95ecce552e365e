/* Ways to damage a file whose words have four bytes, besides those of mutate.h. */
#ifndef VIV_TESTS_UNIT_IMPORT_MUTATE32_H
#define VIV_TESTS_UNIT_IMPORT_MUTATE32_H

#include "tests/unit/format/mutate.h"

/* A field of the header, one of so many words, becomes something else, or what another field is. */
static inline void change_field(struct subject *subject, size_t fields)
{
    static const uint32_t values[] = {0,          1,          4,          8,          16,        64,
                                      0x40000000, 0x7FFFFFF8, 0x80000000, 0xFFFFFFF8, 0xFFFFFFFC};
    size_t field = below(subject, fields) * 4;
    uint32_t value = values[below(subject, sizeof values / sizeof values[0])];
    if (below(subject, 2) == 0)
        memcpy(&value, subject->bytes + below(subject, fields) * 4, sizeof value);
    memcpy(subject->bytes + field, &value, sizeof value);
}

/* A word of four bytes becomes another of the file. */
static inline void copy_half_word(struct subject *subject)
{
    for (size_t i = 1 + below(subject, 4); i > 0; i--)
        memcpy(subject->bytes + below(subject, subject->size / 4) * 4,
               subject->bytes + below(subject, subject->size / 4) * 4, 4);
}

/* The mutant of this number of a file whose header has so many words in use. */
static inline void mutate32(struct subject *subject, size_t number, size_t fields)
{
    mutate(subject, number);
    if (below(subject, 4) == 0)
        change_field(subject, fields);
    if (below(subject, 4) == 0)
        copy_half_word(subject);
}

#endif
