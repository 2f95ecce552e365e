/* Rules about where everything starts: hidden roots and special objects. */
#include "image/format/checker_parts.h"

#include <inttypes.h>

enum { MOURN_PAGE_SLOTS = 4092, MOURN_PAGE_FIRST = 4, SPECIAL_SELECTOR_COUNT = 32 };

/* --- hidden roots ----------------------------------------------------------------------------------------------------- */

/* Rule: the mourn queue is a chain of hidden pages that ends, and holds oops (spur-format, section 5). */
static bool check_mourn_queue(struct checker *checker)
{
    const struct image_source *source = checker->source;
    uint64_t where = checker->first[4] + 8 + 8 * HIDDEN_MOURN_QUEUE;
    uint64_t value = image_word(source, where);
    uint64_t limit = source->header->data_size / (MOURN_PAGE_SLOTS * 8) + 1;
    for (uint64_t pages = 0; !checker_is_nil(checker, value) && value != 0; pages++) {
        uint64_t offset = image_offset_of(checker->layout, value);
        bool good = pages < limit && value % 8 == 0 && offset != UINT64_MAX &&
                    checker_bit(checker->hidden_starts, offset);
        if (good) {
            struct image_object page = image_object_at(source, offset);
            good = page.format == FORMAT_WORDS64 && page.slot_count == MOURN_PAGE_SLOTS &&
                   image_slot(source, &page, 0) <= MOURN_PAGE_SLOTS - MOURN_PAGE_FIRST;
        }
        if (!good)
            return image_refuse(source, checker->status, where, "a page of the mourn queue, or nil",
                                "%016" PRIx64, value);
        uint64_t count = image_word(source, offset + 8);
        for (uint64_t i = 0; i < count; i++) {
            uint64_t object;
            uint64_t entry = offset + 8 + (MOURN_PAGE_FIRST + i) * 8;
            if (!checker_reference(checker, image_word(source, entry), &object))
                return image_refuse(source, checker->status, entry, "an object in the mourn queue",
                                    "%016" PRIx64, image_word(source, entry));
        }
        where = offset + 8 + 3 * 8;
        value = image_word(source, where);
    }
    return true;
}

bool check_hidden_roots(struct checker *checker)
{
    return check_mourn_queue(checker);
}

/* --- special objects -------------------------------------------------------------------------------------------------- */

enum special_kind {
    KIND_ANY,      /* whatever it is, the VM only hands it on */
    KIND_CLASS,    /* a class or nil */
    KIND_SELECTOR, /* a byte object or nil */
    KIND_ARRAY,    /* an Array or nil */
    KIND_LIST,     /* a Semaphore or nil */
    KIND_NEEDED = 16
};

static const struct {
    enum special_object index;
    int kind;
} special_kinds[] = {
    {SPECIAL_CLASS_BITMAP, KIND_CLASS},
    {SPECIAL_CLASS_SMALL_INTEGER, KIND_CLASS},
    {SPECIAL_CLASS_BYTE_STRING, KIND_CLASS},
    {SPECIAL_CLASS_ARRAY, KIND_CLASS | KIND_NEEDED},
    {SPECIAL_CLASS_FLOAT, KIND_CLASS},
    {SPECIAL_CLASS_CONTEXT, KIND_CLASS},
    {SPECIAL_CLASS_WIDE_STRING, KIND_CLASS},
    {SPECIAL_CLASS_POINT, KIND_CLASS},
    {SPECIAL_CLASS_LARGE_POSITIVE_INTEGER, KIND_CLASS},
    {SPECIAL_CLASS_MESSAGE, KIND_CLASS},
    {SPECIAL_CLASS_COMPILED_METHOD, KIND_CLASS},
    {SPECIAL_LOW_SPACE_SEMAPHORE, KIND_LIST},
    {SPECIAL_CLASS_SEMAPHORE, KIND_CLASS},
    {SPECIAL_CLASS_CHARACTER, KIND_CLASS},
    {SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND, KIND_SELECTOR | KIND_NEEDED},
    {SPECIAL_SELECTOR_CANNOT_RETURN, KIND_SELECTOR},
    {SPECIAL_SPECIAL_SELECTORS, KIND_ARRAY | KIND_NEEDED},
    {SPECIAL_SELECTOR_MUST_BE_BOOLEAN, KIND_SELECTOR},
    {SPECIAL_CLASS_BYTE_ARRAY, KIND_CLASS},
    {SPECIAL_CLASS_PROCESS, KIND_CLASS},
    {SPECIAL_TIMER_SEMAPHORE, KIND_LIST},
    {SPECIAL_INTERRUPT_SEMAPHORE, KIND_LIST},
    {SPECIAL_SELECTOR_CANNOT_INTERPRET, KIND_SELECTOR},
    {SPECIAL_CLASS_BLOCK_CLOSURE, KIND_CLASS},
    {SPECIAL_CLASS_FULL_BLOCK_CLOSURE, KIND_CLASS},
    {SPECIAL_EXTERNAL_OBJECTS, KIND_ARRAY},
    {SPECIAL_CLASS_MUTEX, KIND_CLASS},
    {SPECIAL_FINALIZATION_SEMAPHORE, KIND_LIST},
    {SPECIAL_CLASS_LARGE_NEGATIVE_INTEGER, KIND_CLASS},
    {SPECIAL_SELECTOR_ABOUT_TO_RETURN, KIND_SELECTOR},
    {SPECIAL_SELECTOR_RUN_WITH_IN, KIND_SELECTOR},
    {SPECIAL_SELECTOR_ATTEMPT_TO_ASSIGN, KIND_SELECTOR},
    {SPECIAL_PRIMITIVE_ERROR_TABLE, KIND_ARRAY},
    {SPECIAL_SELECTOR_UNUSED_BYTECODE, KIND_SELECTOR},
};

static bool refuse_special(struct checker *checker, const struct image_object *specials,
                           unsigned index, const char *wanted)
{
    return image_refuse(checker->source, checker->status, specials->offset + 8 + index * 8, wanted,
                        "%016" PRIx64 " as special object %u",
                        image_slot(checker->source, specials, index), index);
}

/* Rule: a special object is of the kind that the VM takes it for. */
static bool check_special_kind(struct checker *checker, const struct image_object *specials,
                               unsigned index, int kind)
{
    static const char *const wanted[] = {"an object", "a class", "a selector", "an Array",
                                         "a Semaphore"};
    uint64_t value = image_slot(checker->source, specials, index);
    struct image_object object;
    if (checker_is_nil(checker, value) && (kind & KIND_NEEDED) == 0)
        return true;
    /* Before closures there were models of contexts in the places of their classes. */
    bool of_closures =
        index == SPECIAL_CLASS_BLOCK_CLOSURE || index == SPECIAL_CLASS_FULL_BLOCK_CLOSURE;
    if (of_closures && !dialect_is_spur(checker_dialect(checker)))
        return true;
    bool good = checker_object(checker, value, &object);
    switch (kind & ~KIND_NEEDED) {
    case KIND_CLASS:
        return (good && !checker_is_nil(checker, value) && check_class(checker, object.offset)) ||
               refuse_special(checker, specials, index, wanted[KIND_CLASS]);
    case KIND_SELECTOR:
        /* Older images have other things where they know no such message; that nobody understands them is no harm. */
        good =
            good && (format_is_bytes(object.format) || !dialect_is_spur(checker_dialect(checker)));
        break;
    case KIND_ARRAY:
        good = good && object.format == FORMAT_INDEXABLE;
        break;
    case KIND_LIST:
        good = good && format_is_pointers(object.format) &&
               object.slot_count > SLOT_SEMAPHORE_EXCESS_SIGNALS &&
               (image_slot(checker->source, &object, SLOT_SEMAPHORE_EXCESS_SIGNALS) & TAG_MASK) ==
                   TAG_INTEGER;
        break;
    default:
        break;
    }
    return good || refuse_special(checker, specials, index, wanted[kind & ~KIND_NEEDED]);
}

/* Rule: 32 special selectors, each with its number of arguments. */
static bool check_special_selectors(struct checker *checker, const struct image_object *specials)
{
    struct image_object selectors;
    uint64_t value = image_slot(checker->source, specials, SPECIAL_SPECIAL_SELECTORS);
    if (!checker_object(checker, value, &selectors) ||
        selectors.slot_count < (uint64_t)SPECIAL_SELECTOR_COUNT * 2)
        return refuse_special(checker, specials, SPECIAL_SPECIAL_SELECTORS, "32 special selectors");
    for (unsigned i = 0; i < SPECIAL_SELECTOR_COUNT; i++) {
        uint64_t selector = image_slot(checker->source, &selectors, i * 2);
        uint64_t arguments = image_slot(checker->source, &selectors, i * 2 + 1);
        if ((selector & TAG_MASK) != TAG_OBJECT || (arguments & TAG_MASK) != TAG_INTEGER ||
            arguments >> 3 > 15)
            return image_refuse(checker->source, checker->status, selectors.offset + 8 + i * 16,
                                "a special selector and its number of arguments",
                                "%016" PRIx64 " and %016" PRIx64, selector, arguments);
    }
    return true;
}

bool check_special_objects(struct checker *checker)
{
    struct image_object specials;
    const struct image_header *header = checker->source->header;
    const struct import *import = checker->source->import;
    bool good = checker_object(checker, header->special_objects, &specials) &&
                specials.format == FORMAT_INDEXABLE &&
                specials.slot_count > SPECIAL_SELECTOR_UNUSED_BYTECODE;
    if (!good)
        return status_fail(
            checker->status, STATUS_IMAGE,
            "%s: at offset %" PRIu64 ": wanted the address of an Array of at least %d"
            " special objects, found %016" PRIx64,
            checker->source->path,
            import != NULL ? import_special_objects_field(import) : header->prefix_size + 24,
            SPECIAL_SELECTOR_UNUSED_BYTECODE + 1, header->special_objects);
    for (unsigned i = SPECIAL_NIL; i <= SPECIAL_TRUE; i++)
        if (image_slot(checker->source, &specials, i) != header->base + checker->first[i])
            return refuse_special(checker, &specials, i,
                                  "nil, false and true as special objects 0 to 2");
    for (size_t i = 0; i < sizeof special_kinds / sizeof special_kinds[0]; i++)
        if (!check_special_kind(checker, &specials, special_kinds[i].index, special_kinds[i].kind))
            return false;
    return check_special_selectors(checker, &specials);
}
