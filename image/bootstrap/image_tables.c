#include "image/bootstrap/image_tables.h"

#include "vm/base/utf8.h"

enum { TABLE_TALLY, TABLE_ARRAY };

/* --- strings ----------------------------------------------------------------------------------------------------------- */

/* FNV-1a over code points. */
static uint32_t hash_step(uint32_t hash, uint32_t code_point)
{
    return (hash ^ code_point) * 16777619u;
}

static uint32_t hash_end(uint32_t hash)
{
    return (hash ^ hash >> 28) & 0xFFFFFFF;
}

#define HASH_START ((uint32_t)0x811C9DC5)

uint32_t image_text_hash(struct text text)
{
    uint32_t hash = HASH_START;
    for (size_t offset = 0; offset < text.size;) {
        uint32_t code_point;
        size_t size = utf8_decode(text.bytes + offset, text.size - offset, &code_point);
        if (size == 0)
            break;
        hash = hash_step(hash, code_point);
        offset += size;
    }
    return hash_end(hash);
}

static size_t string_size(oop string)
{
    return format_element_count(object_format(string), object_slot_count(string));
}

static uint32_t code_point_at(oop string, size_t index)
{
    if (format_is_bytes(object_format(string)))
        return object_bytes(string)[index];
    uint32_t code_point;
    memcpy(&code_point, object_bytes(string) + index * 4, sizeof code_point);
    return code_point;
}

static bool is_string(oop object)
{
    return oop_is_object(object) &&
           (format_is_bytes(object_format(object)) || format_is_words32(object_format(object)));
}

uint32_t image_string_hash(oop string)
{
    uint32_t hash = HASH_START;
    for (size_t i = 0; i < string_size(string); i++)
        hash = hash_step(hash, code_point_at(string, i));
    return hash_end(hash);
}

bool image_string_is(oop string, struct text text)
{
    if (!is_string(string))
        return false;
    size_t size = string_size(string);
    size_t offset = 0;
    size_t i = 0;
    for (; i < size && offset < text.size; i++) {
        uint32_t code_point;
        size_t step = utf8_decode(text.bytes + offset, text.size - offset, &code_point);
        if (step == 0 || code_point != code_point_at(string, i))
            return false;
        offset += step;
    }
    return i == size && offset == text.size;
}

bool image_string_text(oop string, struct text *text)
{
    struct buffer buffer = {NULL, 0, 0};
    if (!is_string(string))
        return false;
    for (size_t i = 0; i < string_size(string); i++) {
        char bytes[UTF8_MAX_SIZE];
        size_t size = utf8_encode(code_point_at(string, i), bytes);
        if (size == 0)
            return false;
        buffer_add(&buffer, bytes, size);
    }
    *text = buffer_text(&buffer);
    return true;
}

/* --- dictionaries ------------------------------------------------------------------------------------------------------ */

static size_t first_place(struct heap *heap, enum key_hash hash, oop key, size_t size)
{
    if (hash == HASH_BY_CHARACTERS)
        return image_string_hash(key) % size;
    size_t factor = size > IDENTITY_HASH_MAX ? size / ((size_t)IDENTITY_HASH_MAX + 1) : 1;
    return heap_identity_hash(heap, key) * factor % size;
}

/* Where the key's association is, or would go. */
static size_t place_of(struct heap *heap, oop array, enum key_hash hash, oop key)
{
    size_t size = object_slot_count(array);
    size_t place = first_place(heap, hash, key, size);
    for (size_t i = 0; i < size; i++, place = place + 1 == size ? 0 : place + 1) {
        oop association = object_slot(array, place);
        if (oop_same(association, heap->nil) ||
            oop_same(object_slot(association, SLOT_ASSOCIATION_KEY), key))
            break;
    }
    return place;
}

oop image_dictionary_find(struct heap *heap, oop dictionary, enum key_hash hash, oop key)
{
    oop array = object_slot(dictionary, TABLE_ARRAY);
    if (object_slot_count(array) == 0)
        return NO_OOP;
    oop association = object_slot(array, place_of(heap, array, hash, key));
    if (oop_same(association, heap->nil) ||
        !oop_same(object_slot(association, SLOT_ASSOCIATION_KEY), key))
        return NO_OOP;
    return association;
}

static void put(struct object_maker *maker, oop array, enum key_hash hash, oop association)
{
    oop key = object_slot(association, SLOT_ASSOCIATION_KEY);
    maker_store(maker, array, place_of(maker->heap, array, hash, key), association);
}

static oop grown(struct object_maker *maker, oop array, enum key_hash hash)
{
    size_t size = object_slot_count(array);
    oop larger = maker_array(maker, size * 2 + 9);
    for (size_t i = 0; i < size && !maker->failed; i++)
        if (!oop_same(object_slot(array, i), maker->heap->nil))
            put(maker, larger, hash, object_slot(array, i));
    return larger;
}

void image_dictionary_add(struct object_maker *maker, oop dictionary, enum key_hash hash,
                          oop association)
{
    int64_t tally = oop_to_integer(object_slot(dictionary, TABLE_TALLY)) + 1;
    oop array = object_slot(dictionary, TABLE_ARRAY);
    if ((size_t)tally * 4 > object_slot_count(array) * 3) {
        array = grown(maker, array, hash);
        maker_store(maker, dictionary, TABLE_ARRAY, array);
    }
    if (maker->failed)
        return;
    put(maker, array, hash, association);
    maker_store(maker, dictionary, TABLE_TALLY, oop_from_integer(tally));
}

oop image_symbol_find(struct heap *heap, oop symbol_set, struct text name)
{
    oop array = object_slot(symbol_set, TABLE_ARRAY);
    size_t size = object_slot_count(array);
    size_t place = size == 0 ? 0 : image_text_hash(name) % size;
    for (size_t i = 0; i < size; i++, place = place + 1 == size ? 0 : place + 1) {
        oop symbol = object_slot(array, place);
        if (oop_same(symbol, heap->nil))
            break;
        if (image_string_is(symbol, name))
            return symbol;
    }
    return NO_OOP;
}

oop method_dictionary_make(struct object_maker *maker, uint32_t class_index, const oop *selectors,
                           const oop *methods, size_t count)
{
    size_t capacity = 8;
    while (capacity * 3 < count * 4)
        capacity *= 2;
    oop values = maker_array(maker, capacity);
    oop dictionary = maker_pointers(maker, class_index, FORMAT_FIXED_INDEXABLE,
                                    SLOT_METHOD_DICTIONARY_KEYS + capacity);
    maker_store(maker, dictionary, SLOT_METHOD_DICTIONARY_TALLY, oop_from_integer((int64_t)count));
    maker_store(maker, dictionary, SLOT_METHOD_DICTIONARY_VALUES, values);
    for (size_t i = 0; i < count && !maker->failed; i++) {
        size_t place = heap_identity_hash(maker->heap, selectors[i]) & (capacity - 1);
        while (!oop_same(object_slot(dictionary, SLOT_METHOD_DICTIONARY_KEYS + place),
                         maker->heap->nil))
            place = (place + 1) & (capacity - 1);
        maker_store(maker, dictionary, SLOT_METHOD_DICTIONARY_KEYS + place, selectors[i]);
        maker_store(maker, values, place, methods[i]);
    }
    return dictionary;
}
