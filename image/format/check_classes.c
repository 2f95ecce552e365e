/* Rules about classes: the table of them, their shape, superclass chains and method dictionaries. */
#include "image/format/checker_parts.h"

#include <inttypes.h>
#include <stdlib.h>

/* What the VM makes instances of by index: the class must be there (or may be absent), and its instances be so. */
static const struct {
    uint32_t index;
    bool required;
    unsigned spec_first, spec_last;
    unsigned fixed_least;
    const char *name;
} known_classes[] = {
    {CLASS_SMALL_INTEGER, true, 0, 31, 0, "SmallInteger"},
    {CLASS_CHARACTER, true, 0, 31, 0, "Character"},
    {CLASS_SMALL_FLOAT, false, 0, 31, 0, "SmallFloat64"},
    {CLASS_LARGE_NEGATIVE_INTEGER, false, FORMAT_BYTES, 23, 0, "LargeNegativeInteger"},
    {CLASS_LARGE_POSITIVE_INTEGER, false, FORMAT_BYTES, 23, 0, "LargePositiveInteger"},
    {CLASS_BOXED_FLOAT, false, FORMAT_WORDS64, 11, 0, "BoxedFloat64"},
    {CLASS_MESSAGE, true, FORMAT_FIXED, FORMAT_FIXED, 2, "Message"},
    {CLASS_CONTEXT, true, FORMAT_FIXED_INDEXABLE, FORMAT_FIXED_INDEXABLE, SLOT_CONTEXT_FRAME,
     "Context"},
    {CLASS_BLOCK_CONTEXT, false, FORMAT_FIXED_INDEXABLE, FORMAT_FIXED_INDEXABLE, SLOT_CONTEXT_FRAME,
     "BlockContext"},
    {CLASS_BLOCK_CLOSURE, false, FORMAT_FIXED, FORMAT_FIXED_INDEXABLE, SLOT_CLOSURE_COPIED,
     "BlockClosure"},
    {CLASS_FULL_BLOCK_CLOSURE, false, FORMAT_FIXED, FORMAT_FIXED_INDEXABLE,
     SLOT_FULL_CLOSURE_COPIED, "FullBlockClosure"},
    {CLASS_BYTE_ARRAY, false, FORMAT_BYTES, 23, 0, "ByteArray"},
    {CLASS_ARRAY, true, FORMAT_INDEXABLE, FORMAT_INDEXABLE, 0, "Array"},
    {CLASS_BYTE_STRING, true, FORMAT_BYTES, 23, 0, "ByteString"},
    {CLASS_BITMAP, false, FORMAT_WORDS32, 11, 0, "Bitmap"},
};

static bool is_class_shaped(const struct checker *checker, const struct image_object *object)
{
    return format_is_pointers(object->format) && object->slot_count > SLOT_BEHAVIOR_FORMAT &&
           (image_slot(checker->source, object, SLOT_BEHAVIOR_FORMAT) & TAG_MASK) == TAG_INTEGER;
}

/* Rule: keys and values of a method dictionary are as many, and the keys are a power of two. */
static bool check_method_dictionary(struct checker *checker, uint64_t where, uint64_t value)
{
    struct image_object dictionary;
    struct image_object values;
    if (checker_is_nil(checker, value))
        return true;
    bool good = checker_object(checker, value, &dictionary) &&
                dictionary.format == FORMAT_FIXED_INDEXABLE &&
                dictionary.slot_count > SLOT_METHOD_DICTIONARY_KEYS;
    uint64_t count = good ? dictionary.slot_count - SLOT_METHOD_DICTIONARY_KEYS : 0;
    good = good && (count & (count - 1)) == 0 &&
           checker_object(checker,
                          image_slot(checker->source, &dictionary, SLOT_METHOD_DICTIONARY_VALUES),
                          &values) &&
           values.format == FORMAT_INDEXABLE && values.slot_count >= count;
    if (!good)
        return image_refuse(checker->source, checker->status, where,
                            "a method dictionary: 2^n keys and an Array of as many values",
                            "%016" PRIx64 " with %" PRIu64 " keys", value, count);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t key = image_slot(checker->source, &dictionary, SLOT_METHOD_DICTIONARY_KEYS + i);
        if ((key & TAG_MASK) != TAG_OBJECT)
            return image_refuse(checker->source, checker->status, dictionary.offset + 24 + i * 8,
                                "a selector or nil", "%016" PRIx64, key);
    }
    return true;
}

static bool check_class_shape(struct checker *checker, uint64_t offset)
{
    struct image_object class = image_object_at(checker->source, offset);
    if (!is_class_shaped(checker, &class))
        return image_refuse(checker->source, checker->status, offset,
                            "a class: superclass, methods and a format that is a SmallInteger",
                            "an object of format %u with %" PRIu64 " slots", class.format,
                            class.slot_count);
    return check_method_dictionary(
        checker, offset + 16, image_slot(checker->source, &class, SLOT_BEHAVIOR_METHOD_DICTIONARY));
}

static size_t fixed_count_of(const struct checker *checker, uint64_t class)
{
    uint64_t format = image_word(checker->source, class + 8 + 8 * SLOT_BEHAVIOR_FORMAT);
    return dialect_class_fixed_count(checker_dialect(checker),
                                     oop_to_integer(oop_from_bits(format)));
}

/* Rule: instances have the variables of the superclass, or its methods would read beyond them. `below` is the class whose superclass
 * is at `at`; both have the shape of classes. Images from before Spur have classes of classes with less, as they were made first;
 * see check_methods_of_classes. */
static bool check_inheritance(struct checker *checker, uint64_t below, uint64_t at)
{
    size_t own = fixed_count_of(checker, below);
    size_t inherited = fixed_count_of(checker, at);
    return own >= inherited || !dialect_is_spur(checker_dialect(checker)) ||
           image_refuse(checker->source, checker->status, below + 8,
                        "a superclass without more instance variables than the class has",
                        "one of %zu, the class has %zu", inherited, own);
}

/* Rule: the superclasses of a class are classes and end with nil. */
bool check_class(struct checker *checker, uint64_t offset)
{
    uint64_t at = offset;
    uint64_t below = offset;
    uint64_t steps = 0;
    while (!checker_bit(checker->good_classes, at)) {
        if (!check_class_shape(checker, at) || !check_inheritance(checker, below, at))
            return false;
        uint64_t superclass = image_word(checker->source, at + 8);
        if (checker_is_nil(checker, superclass))
            break;
        uint64_t next;
        if (!checker_reference(checker, superclass, &next) || ++steps > checker->census.objects)
            return image_refuse(checker->source, checker->status, at + 8,
                                "a superclass, and a chain of them that ends", "%016" PRIx64,
                                superclass);
        below = at;
        at = next;
    }
    if (checker_bit(checker->good_classes, at) && !check_inheritance(checker, below, at))
        return false;
    uint64_t last = at;
    for (at = offset; at != last && !checker_bit(checker->good_classes, at);) {
        checker_set_bit(checker->good_classes, at);
        at = image_offset_of(checker->layout, image_word(checker->source, at + 8));
    }
    checker_set_bit(checker->good_classes, last);
    return true;
}

/* Rule: a page of the class table is a hidden array of 1024 slots. */
static bool page_at(struct checker *checker, uint64_t where, uint64_t value, uint64_t *offset)
{
    *offset = image_offset_of(checker->layout, value);
    bool good = (value & TAG_MASK) == 0 && *offset != UINT64_MAX &&
                checker_bit(checker->hidden_starts, *offset);
    if (good) {
        struct image_object page = image_object_at(checker->source, *offset);
        good = page.class_index == CLASS_HIDDEN_ARRAY && page.format == FORMAT_INDEXABLE &&
               page.slot_count == CLASS_PAGE_SLOTS;
    }
    return good || image_refuse(checker->source, checker->status, where,
                                "a page of the class table, 1024 slots of class index 16",
                                "%016" PRIx64, value);
}

/* Rule: an entry is nil or a class, and the class's hash leads back to it. */
static bool check_entry(struct checker *checker, uint64_t where, uint64_t index)
{
    uint64_t value = image_word(checker->source, where);
    struct checked_class *entry = &checker->classes[index];
    entry->offset = NO_CLASS;
    if (checker_is_nil(checker, value))
        return true;
    if (!checker_reference(checker, value, &entry->offset)) {
        entry->offset = NO_CLASS;
        return image_refuse(checker->source, checker->status, where,
                            "a class or nil in the class table", "%016" PRIx64, value);
    }
    if (!check_class(checker, entry->offset))
        return false;
    entry->format =
        (int64_t)image_word(checker->source, entry->offset + 8 + 8 * SLOT_BEHAVIOR_FORMAT) >> 3;
    checker->census.classes++;
    return true;
}

static bool check_hashes_of_classes(struct checker *checker)
{
    for (uint64_t i = 0; i < checker->class_limit; i++) {
        uint64_t offset = checker->classes[i].offset;
        if (offset == NO_CLASS)
            continue;
        uint64_t hash =
            (image_word(checker->source, offset) & HEADER_HASH_MASK) >> HEADER_HASH_SHIFT;
        if (hash >= checker->class_limit || checker->classes[hash].offset != offset)
            return image_refuse(checker->source, checker->status, offset,
                                "a class whose hash is its index in the class table",
                                "hash %" PRIu64 " for the class of index %" PRIu64, hash, i);
    }
    return true;
}

/* Old block contexts are known in older dialects only, whose characters are objects of any class; floats and bitmaps of Smalltalk-80 are
 * of words that only its own primitives read. */
static bool is_known_in(enum dialect dialect, uint32_t class_index)
{
    if (dialect == DIALECT_SPUR)
        return class_index != CLASS_BLOCK_CONTEXT;
    if (class_index == CLASS_CHARACTER || class_index == CLASS_SMALL_FLOAT)
        return false;
    return dialect == DIALECT_V3 ||
           (class_index != CLASS_BOXED_FLOAT && class_index != CLASS_BITMAP);
}

static bool check_known_classes(struct checker *checker)
{
    enum dialect dialect = checker_dialect(checker);
    for (size_t i = 0; i < sizeof known_classes / sizeof known_classes[0]; i++) {
        const struct checked_class *class = &checker->classes[known_classes[i].index];
        if (!is_known_in(dialect, known_classes[i].index) ||
            (class->offset == NO_CLASS && !known_classes[i].required))
            continue;
        unsigned spec = class->offset == NO_CLASS ? 32 : dialect_class_spec(dialect, class->format);
        if (spec < known_classes[i].spec_first || spec > known_classes[i].spec_last ||
            dialect_class_fixed_count(dialect, class->format) < known_classes[i].fixed_least)
            return image_refuse(checker->source, checker->status,
                                class->offset == NO_CLASS ? checker->first[4] : class->offset,
                                "the classes that the virtual machine knows",
                                "none at index %" PRIu32 " that could be %s",
                                known_classes[i].index, known_classes[i].name);
    }
    return true;
}

bool check_class_table(struct checker *checker)
{
    uint64_t roots = checker->first[4];
    uint64_t pages = 0;
    while (pages < HIDDEN_CLASS_PAGES &&
           !checker_is_nil(checker, image_word(checker->source, roots + 8 + pages * 8)))
        pages++;
    for (uint64_t i = pages; i < HIDDEN_CLASS_PAGES; i++) {
        uint64_t value = image_word(checker->source, roots + 8 + i * 8);
        if (!checker_is_nil(checker, value))
            return image_refuse(checker->source, checker->status, roots + 8 + i * 8,
                                "nil after the last page of the class table", "%016" PRIx64, value);
    }
    checker->class_limit = pages * CLASS_PAGE_SLOTS;
    checker->classes = malloc((size_t)(checker->class_limit + 1) * sizeof *checker->classes);
    if (checker->classes == NULL)
        return status_fail(checker->status, STATUS_MEMORY, "%s: no memory to check it",
                           checker->source->path);
    for (uint64_t i = 0; i < pages; i++) {
        uint64_t where = roots + 8 + i * 8;
        uint64_t page;
        if (!page_at(checker, where, image_word(checker->source, where), &page))
            return false;
        for (uint64_t j = 0; j < CLASS_PAGE_SLOTS; j++)
            if (!check_entry(checker, page + 8 + j * 8, i * CLASS_PAGE_SLOTS + j))
                return false;
    }
    if (pages == 0)
        return image_refuse(checker->source, checker->status, roots + 8,
                            "a first page of the class table", "nil");
    return check_hashes_of_classes(checker) && check_known_classes(checker);
}

/* Rule: the methods of a class read no variables beyond those that instances of a class have: itself, or one below it. */
static bool check_methods_of(struct checker *checker, uint64_t class, size_t fixed)
{
    struct image_object dictionary;
    struct image_object values;
    uint64_t value = image_word(checker->source, class + 8 + 8 * SLOT_BEHAVIOR_METHOD_DICTIONARY);
    if (!checker_object(checker, value, &dictionary) ||
        !checker_object(checker,
                        image_slot(checker->source, &dictionary, SLOT_METHOD_DICTIONARY_VALUES),
                        &values))
        return true;
    for (uint64_t i = SLOT_METHOD_DICTIONARY_KEYS; i < dictionary.slot_count; i++) {
        struct image_object method;
        size_t needed = 0;
        uint64_t entry = image_slot(checker->source, &values, i - SLOT_METHOD_DICTIONARY_KEYS);
        if (!checker_object(checker, entry, &method) || !format_is_code(method.format))
            continue;
        if (!checker_needed_instance_variables(checker, &method, &needed))
            return false;
        if (needed > fixed)
            return image_refuse(checker->source, checker->status, method.offset,
                                "a method that reads instance variables of its class",
                                "one that needs %zu where instances have %zu", needed, fixed);
    }
    return true;
}

/* Rule: an installed method reads no instance variable beyond those of its class; superclasses outside the table included. Older images
 * have methods that do, in classes that were never used: there the VM looks at each variable. */
bool check_methods_of_classes(struct checker *checker)
{
    if (!dialect_is_spur(checker_dialect(checker)))
        return true;
    uint64_t words = checker->source->header->data_size / 512 + 1;
    for (uint64_t i = 0; i < words; i++)
        for (uint64_t bits = checker->good_classes[i]; bits != 0; bits &= bits - 1) {
            uint64_t class = (i * 64 + (uint64_t)__builtin_ctzll(bits)) * 8;
            if (!check_methods_of(checker, class, fixed_count_of(checker, class)))
                return false;
        }
    return true;
}
