/*
 * What an object is: one header word, then at least one slot of eight bytes (spur-format, section 4).
 *
 *     bits 0-21 class index · 23 immutable · 24-28 format · 29 remembered · 30 pinned · 32-53 identity hash · 56-63 slots
 *     bits 54-55 are free in Spur's memory (54) or a mark that we keep beside the heap (55): young objects hold their age
 *     there. Both are zero in old space and in files.
 *
 * A slot count of 255 means that the word before the header holds the true count in its low 56 bits, under 0xFF. A forwarder
 * has class index 8 and format 7; its first slot is the oop it stands for. Nothing here allocates or checks: callers know
 * that the oop is an object's. Counts are of elements, sizes are in bytes, indices start at zero.
 */
#ifndef VIV_OBJECT_OBJECT_H
#define VIV_OBJECT_OBJECT_H

#include "vm/object/oop.h"

#include <stddef.h>

enum object_format {
    FORMAT_EMPTY = 0,
    FORMAT_FIXED = 1,
    FORMAT_INDEXABLE = 2,
    FORMAT_FIXED_INDEXABLE = 3,
    FORMAT_WEAK = 4,
    FORMAT_EPHEMERON = 5,
    FORMAT_FORWARDED = 7,
    FORMAT_WORDS64 = 9,
    FORMAT_WORDS32 = 10,
    FORMAT_WORDS16 = 12,
    FORMAT_BYTES = 16,
    FORMAT_CODE = 24
};

#define HEADER_CLASS_MASK ((uint64_t)0x3FFFFF)
#define HEADER_IMMUTABLE ((uint64_t)1 << 23)
#define HEADER_FORMAT_SHIFT 24
#define HEADER_FORMAT_MASK ((uint64_t)31 << HEADER_FORMAT_SHIFT)
#define HEADER_REMEMBERED ((uint64_t)1 << 29)
#define HEADER_PINNED ((uint64_t)1 << 30)
#define HEADER_GREY ((uint64_t)1 << 31)
#define HEADER_HASH_SHIFT 32
#define HEADER_HASH_MASK ((uint64_t)0x3FFFFF << HEADER_HASH_SHIFT)
#define HEADER_AGE_SHIFT 54
#define HEADER_AGE_MASK ((uint64_t)3 << HEADER_AGE_SHIFT)
#define HEADER_SLOTS_SHIFT 56
#define OVERFLOW_SLOTS 255
#define CLASS_INDEX_FREE 0
#define CLASS_INDEX_FORWARDED 8
#define CLASS_INDEX_LIMIT ((uint32_t)1 << 22)
#define IDENTITY_HASH_MAX ((uint32_t)0x3FFFFF)

static inline uint64_t *object_words(oop object)
{
    return (uint64_t *)(uintptr_t)object.bits;
}

static inline oop object_at_address(const void *address)
{
    return (oop){(uint64_t)(uintptr_t)address};
}

static inline uint64_t object_header(oop object)
{
    return object_words(object)[0];
}

static inline void object_set_header(oop object, uint64_t header)
{
    object_words(object)[0] = header;
}

static inline uint32_t object_class_index(oop object)
{
    return (uint32_t)(object_header(object) & HEADER_CLASS_MASK);
}

/* The class index of any oop, immediates included: what inline-cache cells compare. */
static inline uint32_t oop_class_index(oop value)
{
    unsigned tag = oop_tag(value);
    return tag != 0 ? tag : object_class_index(value);
}

static inline unsigned object_format(oop object)
{
    return (unsigned)((object_header(object) >> HEADER_FORMAT_SHIFT) & 31);
}

static inline bool object_is_forwarder(oop object)
{
    return object_class_index(object) == CLASS_INDEX_FORWARDED;
}

static inline bool oop_is_forwarder(oop value)
{
    return oop_is_object(value) && object_is_forwarder(value);
}

static inline bool object_is_immutable(oop object)
{
    return (object_header(object) & HEADER_IMMUTABLE) != 0;
}

static inline bool object_is_pinned(oop object)
{
    return (object_header(object) & HEADER_PINNED) != 0;
}

static inline uint32_t object_hash_bits(oop object)
{
    return (uint32_t)((object_header(object) & HEADER_HASH_MASK) >> HEADER_HASH_SHIFT);
}

static inline size_t object_slot_count(oop object)
{
    size_t count = (size_t)(object_header(object) >> HEADER_SLOTS_SHIFT);
    if (count < OVERFLOW_SLOTS)
        return count;
    return (size_t)(object_words(object)[-1] & ~((uint64_t)0xFF << HEADER_SLOTS_SHIFT));
}

/* Size of the whole object with its header words, for a slot count. */
static inline size_t object_size_for_slots(size_t slot_count)
{
    size_t body = slot_count == 0 ? 1 : slot_count;
    return (body + 1 + (slot_count >= OVERFLOW_SLOTS ? 1 : 0)) * sizeof(uint64_t);
}

static inline size_t object_size(oop object)
{
    return object_size_for_slots(object_slot_count(object));
}

static inline bool object_has_overflow(oop object)
{
    return (object_header(object) >> HEADER_SLOTS_SHIFT) == OVERFLOW_SLOTS;
}

/* Where the object begins: its header, or the overflow word before it. */
static inline uint64_t *object_start(oop object)
{
    return object_words(object) - (object_has_overflow(object) ? 1 : 0);
}

/* The object whose first word, header or overflow word, is at start. */
static inline oop object_starting_at(uint64_t *start)
{
    bool overflow = (*start >> HEADER_SLOTS_SHIFT) == OVERFLOW_SLOTS;
    return object_at_address(start + (overflow ? 1 : 0));
}

static inline uint64_t *object_limit(oop object)
{
    size_t slots = object_slot_count(object);
    return object_words(object) + 1 + (slots == 0 ? 1 : slots);
}

static inline oop *object_slots(oop object)
{
    return (oop *)(void *)(object_words(object) + 1);
}

static inline oop object_slot(oop object, size_t index)
{
    return object_slots(object)[index];
}

/* Stores without telling the collector: for fresh young objects, and for values that are immediate or known to be old. */
static inline void object_slot_init(oop object, size_t index, oop value)
{
    object_slots(object)[index] = value;
}

static inline uint8_t *object_bytes(oop object)
{
    return (uint8_t *)(object_words(object) + 1);
}

static inline bool format_is_pointers(unsigned format)
{
    return format <= FORMAT_EPHEMERON;
}

static inline bool format_is_bits(unsigned format)
{
    return format >= FORMAT_WORDS64 && format < FORMAT_CODE;
}

static inline bool format_is_bytes(unsigned format)
{
    return format >= FORMAT_BYTES && format < FORMAT_CODE;
}

static inline bool format_is_code(unsigned format)
{
    return format >= FORMAT_CODE;
}

static inline bool format_is_words32(unsigned format)
{
    return format == 10 || format == 11;
}

/* Bytes of one element of a bits or code format. */
static inline size_t format_element_size(unsigned format)
{
    return format >= FORMAT_BYTES     ? 1
           : format >= FORMAT_WORDS16 ? 2
           : format >= FORMAT_WORDS32 ? 4
                                      : 8;
}

static inline bool format_is_words16(unsigned format)
{
    return format >= FORMAT_WORDS16 && format < FORMAT_BYTES;
}

/* How many elements an object of a bits or code format holds (bytes for code, its literals included). */
static inline size_t format_element_count(unsigned format, size_t slot_count)
{
    if (format >= FORMAT_BYTES)
        return slot_count * 8 - (format & 7);
    if (format >= FORMAT_WORDS16)
        return slot_count * 4 - (format & 3);
    if (format >= FORMAT_WORDS32)
        return slot_count * 2 - (format & 1);
    return slot_count;
}

static inline size_t object_byte_count(oop object)
{
    return format_element_count(object_format(object), object_slot_count(object));
}

/* Bytes of all elements of an object of a bits or code format, as many as they are wide. */
static inline size_t object_bits_size(oop object)
{
    return object_byte_count(object) * format_element_size(object_format(object));
}

/* The value of a compiled method's or block's header, spur-format section 8. */
static inline int64_t code_header(oop code)
{
    return oop_to_integer(object_slot(code, 0));
}

static inline size_t code_literal_count(oop code)
{
    return (size_t)(code_header(code) & 0x7FFF);
}

/* Slots of an object that hold oops: all of a pointer object's, header and literals of code, none of the others. */
static inline size_t object_pointer_count(oop object)
{
    unsigned format = object_format(object);
    if (format_is_pointers(format))
        return object_slot_count(object);
    if (format_is_code(format))
        return 1 + code_literal_count(object);
    return format == FORMAT_FORWARDED ? 1 : 0;
}

static inline uint64_t header_make(uint32_t class_index, unsigned format, size_t slot_count)
{
    uint64_t slots = slot_count >= OVERFLOW_SLOTS ? OVERFLOW_SLOTS : slot_count;
    return slots << HEADER_SLOTS_SHIFT | (uint64_t)format << HEADER_FORMAT_SHIFT | class_index;
}

/* Format field (slot 2) of a class: fixed slots and instance specification. */
static inline size_t class_format_fixed_count(int64_t class_format)
{
    return (size_t)(class_format & 0xFFFF);
}

static inline unsigned class_format_spec(int64_t class_format)
{
    return (unsigned)((class_format >> 16) & 31);
}

#endif
