/* Strings between objects and UTF-8: what console, Unicode and string primitives share. */
#ifndef VIV_PRIMITIVES_TEXT_OBJECTS_H
#define VIV_PRIMITIVES_TEXT_OBJECTS_H

#include "vm/primitive.h"

#include <string.h>

/* The characters of a byte string (format bytes) or a wide string (32-bit words): how many, and each. */
struct text {
    const uint8_t *bytes; /* NULL for a wide one */
    const uint32_t *words;
    size_t count;
};

/* False when the object is neither. */
bool text_of(oop object, struct text *text) VIV_MUST_USE;

/* Whether the object is a ByteString or a WideString: no symbol, no other object with bytes or words. */
bool text_is_string(const struct heap *heap, oop object);

static inline uint32_t text_at(const struct text *text, size_t index)
{
    return text->bytes != NULL ? text->bytes[index] : text->words[index];
}

static inline struct text text_part(const struct text *text, size_t start, size_t limit)
{
    return (struct text){.bytes = text->bytes == NULL ? NULL : text->bytes + start,
                         .words = text->words == NULL ? NULL : text->words + start,
                         .count = limit - start};
}

static inline bool text_equal(const struct text *one, const struct text *other)
{
    if (one->count != other->count)
        return false;
    if (one->bytes != NULL && other->bytes != NULL)
        return memcmp(one->bytes, other->bytes, one->count) == 0;
    for (size_t i = 0; i < one->count; i++)
        if (text_at(one, i) != text_at(other, i))
            return false;
    return true;
}

#define TEXT_HASH_START UINT32_C(0x811C9DC5)

static inline uint32_t text_hash_step(uint32_t hash, uint32_t code_point)
{
    return (hash ^ code_point) * UINT32_C(16777619);
}

static inline uint32_t text_hash_fold(uint32_t hash)
{
    return (hash ^ hash >> 28) & UINT32_C(0x0FFFFFFF);
}

/* Each step waits for the one before it; eight at a time leave nothing else to wait for. */
static inline uint32_t text_hash_bytes(const uint8_t *bytes, size_t count)
{
    uint32_t hash = TEXT_HASH_START;
    for (; count >= 8; count -= 8, bytes += 8) {
        hash = text_hash_step(hash, bytes[0]);
        hash = text_hash_step(hash, bytes[1]);
        hash = text_hash_step(hash, bytes[2]);
        hash = text_hash_step(hash, bytes[3]);
        hash = text_hash_step(hash, bytes[4]);
        hash = text_hash_step(hash, bytes[5]);
        hash = text_hash_step(hash, bytes[6]);
        hash = text_hash_step(hash, bytes[7]);
    }
    for (; count > 0; count--, bytes++)
        hash = text_hash_step(hash, *bytes);
    return text_hash_fold(hash);
}

/* The hash of the image's String: FNV-1a over code points with 32 bits, the high bits folded in, 28 bits. */
static inline uint32_t text_hash(const struct text *text)
{
    if (text->bytes != NULL)
        return text_hash_bytes(text->bytes, text->count);
    uint32_t hash = TEXT_HASH_START;
    for (size_t i = 0; i < text->count; i++)
        hash = text_hash_step(hash, text->words[i]);
    return text_hash_fold(hash);
}

/* A new ByteString whose bytes the caller fills; those behind them in its last slot are 0. NO_OOP when there is no memory. */
static inline oop text_new_unfilled(struct heap *heap, size_t count)
{
    size_t slot_count = (count + 7) / 8;
    oop string = heap_allocate(heap, CLASS_BYTE_STRING,
                               FORMAT_BYTES + (unsigned)(slot_count * 8 - count), slot_count);
    if (!oop_is_none(string))
        object_slot_init(string, slot_count == 0 ? 0 : slot_count - 1, (oop){0});
    return string;
}

/* A new string of the code points: a byte string when all are below 256, else a wide one. NO_OOP when there is no memory or
 * the image has no class for wide strings. */
oop text_new_string(struct heap *heap, const uint32_t *code_points, size_t count);

/* A new string of the text that UTF-8 encodes; what is not well formed is taken byte by byte. NO_OOP as above. */
oop text_new_string_from_utf8(struct heap *heap, const char *bytes, size_t size);

#endif
