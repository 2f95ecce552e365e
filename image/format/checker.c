#include "image/format/checker_parts.h"

#include <inttypes.h>
#include <stdlib.h>

#define HEADER_FLAGS_OF_COLLECTOR (HEADER_REMEMBERED | HEADER_GREY | HEADER_AGE_MASK)
#define CODE_POINTS_LIMIT ((uint64_t)1 << 30)

bool checker_reference(const struct checker *checker, uint64_t value, uint64_t *offset)
{
    if ((value & TAG_MASK) != TAG_OBJECT)
        return false;
    uint64_t found = image_offset_of(checker->layout, value);
    if (found == UINT64_MAX || !checker_bit(checker->starts, found))
        return false;
    *offset = found;
    return true;
}

bool checker_object(const struct checker *checker, uint64_t value, struct image_object *object)
{
    uint64_t offset;
    if (!checker_reference(checker, value, &offset))
        return false;
    *object = image_object_at(checker->source, offset);
    return true;
}

bool checker_is_nil(const struct checker *checker, uint64_t value)
{
    return value == checker->nil;
}

/* --- the walk: headers and sizes ------------------------------------------------------------------------------------- */

/* Rule: the format exists and its unused elements fit in the slots. */
static bool check_format(struct checker *checker, const struct image_object *object)
{
    unsigned format = object->format;
    bool exists = format <= FORMAT_EPHEMERON || format >= FORMAT_WORDS64;
    if (!exists)
        return image_refuse(checker->source, checker->status, object->offset,
                            "an object format (0-5, 9-31)", "%u", format);
    if (format == FORMAT_EMPTY && object->slot_count != 0)
        return image_refuse(checker->source, checker->status, object->offset,
                            "no slots in an object of format 0", "%" PRIu64, object->slot_count);
    unsigned unused = format >= FORMAT_BYTES     ? format & 7
                      : format >= FORMAT_WORDS16 ? format & 3
                      : format >= FORMAT_WORDS32 ? format & 1
                                                 : 0;
    if (unused != 0 && object->slot_count == 0)
        return image_refuse(checker->source, checker->status, object->offset,
                            "a slot to leave elements unused in", "format %u with no slots",
                            format);
    return true;
}

/* Rule: nothing of the collector's is in a file. */
static bool check_flags(struct checker *checker, const struct image_object *object)
{
    if ((object->header & HEADER_FLAGS_OF_COLLECTOR) == 0)
        return true;
    return image_refuse(checker->source, checker->status, object->offset,
                        "an object header without marks", "%016" PRIx64, object->header);
}

/* Rule: the slots end inside the segment. Reads the overflow word where there is one; gives the end. */
static bool check_extent(struct checker *checker, uint64_t start, uint64_t limit,
                         struct image_object *object, uint64_t *end)
{
    const struct image_source *source = checker->source;
    uint64_t offset = start;
    uint64_t first = image_word(source, start);
    if (first >> HEADER_SLOTS_SHIFT == OVERFLOW_SLOTS) {
        uint64_t count = first & ~((uint64_t)OVERFLOW_SLOTS << HEADER_SLOTS_SHIFT);
        offset = start + 8;
        if (limit - start < 16 ||
            image_word(source, offset) >> HEADER_SLOTS_SHIFT != OVERFLOW_SLOTS ||
            count < OVERFLOW_SLOTS)
            return image_refuse(source, checker->status, start,
                                "an overflow count of at least 255 and its object's header",
                                "a count of %" PRIu64, count);
    }
    *object = image_object_at(source, offset);
    uint64_t room = (limit - offset) / 8 - 1;
    uint64_t body = object->slot_count == 0 ? 1 : object->slot_count;
    if (body > room)
        return image_refuse(source, checker->status, offset,
                            "an object that ends before its segment",
                            "%" PRIu64 " slots where %" PRIu64 " fit", object->slot_count, room);
    *end = offset + 8 + body * 8;
    return true;
}

static bool walk_object(struct checker *checker, const struct image_object *object)
{
    if (object->class_index == CLASS_INDEX_FREE)
        return true;
    if (!check_format(checker, object) || !check_flags(checker, object))
        return false;
    if (object->class_index < CLASS_HIDDEN_LIMIT) {
        bool known = object->class_index >= CLASS_HIDDEN_ARRAY &&
                     object->class_index <= CLASS_HIDDEN_WORDS64;
        if (!known)
            return image_refuse(checker->source, checker->status, object->offset,
                                "a class index of an object in a file", "%" PRIu32,
                                object->class_index);
        checker_set_bit(checker->hidden_starts, object->offset);
        return true;
    }
    checker_set_bit(checker->starts, object->offset);
    checker->census.objects++;
    return true;
}

/* Rule: every segment is a sequence of objects; sets the bits of all starts. */
static bool check_walk(struct checker *checker)
{
    size_t number = 0;
    for (size_t i = 0; i < checker->layout->count; i++) {
        const struct image_segment *segment = &checker->layout->segments[i];
        uint64_t at = segment->offset;
        uint64_t limit = segment->offset + segment->size - IMAGE_BRIDGE_SIZE;
        while (at < limit) {
            struct image_object object = {0};
            uint64_t end = limit;
            if (!check_extent(checker, at, limit, &object, &end) || !walk_object(checker, &object))
                return false;
            if (object.class_index == CLASS_INDEX_FREE) {
                checker->census.free_chunks++;
                checker->census.free_size += end - at;
            }
            if (number < 5)
                checker->first[number++] = object.offset;
            at = end;
        }
    }
    if (number == 5)
        return true;
    return image_refuse(checker->source, checker->status, 0, "at least five objects", "%zu",
                        number);
}

/* Rule: nil, false, true, free lists and hidden roots come first, in this order (spur-format, section 5). */
static bool check_first_objects(struct checker *checker)
{
    static const char *const names[3] = {"nil", "false", "true"};
    for (size_t i = 0; i < 3; i++) {
        struct image_object object = image_object_at(checker->source, checker->first[i]);
        bool good = object.class_index >= CLASS_HIDDEN_LIMIT && object.slot_count == 0 &&
                    object.format == FORMAT_EMPTY;
        if (!good)
            return image_refuse(checker->source, checker->status, object.offset, names[i],
                                "class index %" PRIu32 ", format %u", object.class_index,
                                object.format);
    }
    struct image_object lists = image_object_at(checker->source, checker->first[3]);
    if (lists.class_index != CLASS_HIDDEN_WORDS64 || lists.format != FORMAT_WORDS64 ||
        lists.slot_count != FREE_LISTS_COUNT)
        return image_refuse(checker->source, checker->status, lists.offset,
                            "the free lists, 64 words of class index 19",
                            "class index %" PRIu32 ", %" PRIu64 " slots", lists.class_index,
                            lists.slot_count);
    struct image_object roots = image_object_at(checker->source, checker->first[4]);
    if (roots.class_index != CLASS_HIDDEN_ARRAY || roots.format != FORMAT_INDEXABLE ||
        roots.slot_count != HIDDEN_ROOTS_COUNT)
        return image_refuse(checker->source, checker->status, roots.offset,
                            "the hidden roots, 4104 slots of class index 16",
                            "class index %" PRIu32 ", %" PRIu64 " slots", roots.class_index,
                            roots.slot_count);
    checker->nil = checker->source->header->base + checker->first[0];
    return true;
}

/* --- every object: class and references ------------------------------------------------------------------------------- */

/* Rule: an instance has the format and at least the fixed slots that its class says. */
static bool check_instance(struct checker *checker, const struct image_object *object)
{
    const struct checked_class *class = NULL;
    if (object->class_index < checker->class_limit)
        class = &checker->classes[object->class_index];
    if (class == NULL || class->offset == NO_CLASS)
        return image_refuse(checker->source, checker->status, object->offset,
                            "a class index that is in the class table", "%" PRIu32,
                            object->class_index);
    enum dialect dialect = checker_dialect(checker);
    unsigned spec = dialect_class_spec(dialect, class->format);
    unsigned format = object->format;
    bool agrees = spec < FORMAT_WORDS32   ? format == spec
                  : spec < FORMAT_WORDS16 ? format_is_words32(format)
                  : spec < FORMAT_BYTES   ? format >= FORMAT_WORDS16 && format < FORMAT_BYTES
                  : spec < FORMAT_CODE    ? format_is_bytes(format)
                                          : format_is_code(format);
    /* Virtual machines make closures with copied values whatever the class says: images with fixed closures exist. */
    if (object->class_index == CLASS_BLOCK_CLOSURE ||
        object->class_index == CLASS_FULL_BLOCK_CLOSURE)
        agrees = agrees || format == FORMAT_FIXED_INDEXABLE;
    /* In Smalltalk-80 methods are of bytes, and in some images of after it. */
    if (!dialect_is_spur(dialect) && spec == FORMAT_BYTES)
        agrees = agrees || format_is_code(format);
    /* An ephemeron whose key went is an ordinary object from then on. */
    if (spec == FORMAT_EPHEMERON)
        agrees = agrees || format == FORMAT_FIXED;
    size_t fixed = dialect_class_fixed_count(dialect, class->format);
    bool enough = !format_is_pointers(format) || object->slot_count >= fixed;
    if (agrees && enough && (format != FORMAT_EPHEMERON || object->slot_count > 0))
        return true;
    return image_refuse(checker->source, checker->status, object->offset,
                        "an object as its class describes it",
                        "format %u with %" PRIu64 " slots where the class of index %" PRIu32
                        " has format %u and %zu fixed slots",
                        format, object->slot_count, object->class_index, spec, fixed);
}

/* An image may have immediate floats and no class for them: the reader then gives them the class of the boxed ones. */
static bool immediate_class_exists(const struct checker *checker, unsigned tag)
{
    return checker->classes[tag].offset != NO_CLASS ||
           (tag == TAG_FLOAT && checker->classes[CLASS_BOXED_FLOAT].offset != NO_CLASS);
}

/* Rule: every oop is an immediate of a known class or leads to an object of the image. */
static bool check_oop(struct checker *checker, uint64_t where, uint64_t value)
{
    unsigned tag = (unsigned)(value & TAG_MASK);
    uint64_t offset;
    if (tag == TAG_OBJECT ? checker_reference(checker, value, &offset) : tag == TAG_INTEGER)
        return true;
    bool good = (tag == TAG_CHARACTER && value >> 3 < CODE_POINTS_LIMIT) || tag == TAG_FLOAT;
    if (good && immediate_class_exists(checker, tag))
        return true;
    return image_refuse(checker->source, checker->status, where,
                        "an immediate or the address of an object", "%016" PRIx64, value);
}

/* Rule: a code object begins with a SmallInteger whose count of literals fits in. */
static bool check_code_extent(struct checker *checker, const struct image_object *code)
{
    uint64_t word = code->slot_count > 0 ? image_slot(checker->source, code, 0) : 0;
    int64_t header = (int64_t)word >> 3;
    uint64_t literals = (uint64_t)header & 0x7FFF;
    if ((word & TAG_MASK) == TAG_INTEGER && literals + 1 <= code->slot_count)
        return true;
    return image_refuse(checker->source, checker->status, code->offset + 8,
                        "the header of a compiled method, with literals that fit", "%016" PRIx64,
                        word);
}

static bool check_references(struct checker *checker, const struct image_object *object)
{
    uint64_t count = 0;
    if (format_is_pointers(object->format)) {
        count = object->slot_count;
    } else if (format_is_code(object->format)) {
        if (!check_code_extent(checker, object))
            return false;
        count = 1 + ((image_slot(checker->source, object, 0) >> 3) & 0x7FFF);
    }
    const uint64_t *slots = checker->source->data + object->offset / 8 + 1;
    for (uint64_t i = 0; i < count; i++)
        if (!check_oop(checker, object->offset + 8 + i * 8, slots[i]))
            return false;
    return true;
}

bool checker_next(const struct checker *checker, uint64_t *offset, struct image_object *object)
{
    uint64_t word = *offset / 8;
    uint64_t limit = checker->source->header->data_size / 8;
    while (word < limit) {
        uint64_t bits = checker->starts[word / 64] >> (word % 64);
        if (bits == 0) {
            word = (word / 64 + 1) * 64;
            continue;
        }
        word += (uint64_t)__builtin_ctzll(bits);
        *object = image_object_at(checker->source, word * 8);
        *offset = word * 8 + 8;
        return true;
    }
    return false;
}

static bool check_all_references(struct checker *checker)
{
    struct image_object object;
    for (uint64_t at = 0; checker_next(checker, &at, &object);)
        if (!check_instance(checker, &object) || !check_references(checker, &object))
            return false;
    return true;
}

/* --- code, contexts, closures: after all references are known to be good ---------------------------------------------- */

static bool check_all_code(struct checker *checker)
{
    struct image_object object;
    for (uint64_t at = 0; checker_next(checker, &at, &object);) {
        if (!format_is_code(object.format))
            continue;
        checker->census.methods++;
        if (!check_code(checker, &object))
            return false;
    }
    return true;
}

static bool check_all_activations(struct checker *checker)
{
    struct image_object object;
    for (uint64_t at = 0; checker_next(checker, &at, &object);) {
        bool good = true;
        if (class_index_is_context(object.class_index)) {
            checker->census.contexts++;
            good = check_context(checker, &object);
        } else if (object.class_index == CLASS_BLOCK_CLOSURE) {
            good = check_block_closure(checker, &object);
        } else if (object.class_index == CLASS_FULL_BLOCK_CLOSURE) {
            good = check_full_closure(checker, &object);
        }
        if (!good)
            return false;
    }
    return true;
}

static bool check_everything(struct checker *checker)
{
    return check_walk(checker) && check_first_objects(checker) && check_class_table(checker) &&
           check_all_references(checker) && check_hidden_roots(checker) &&
           check_special_objects(checker) && check_all_code(checker) &&
           check_methods_of_classes(checker) && check_all_activations(checker) &&
           check_processes(checker);
}

bool image_check_objects(const struct image_source *source, const struct image_layout *layout,
                         struct image_census *census, struct status *status)
{
    size_t bitmap_words = (size_t)(source->header->data_size / 512 + 1);
    struct checker checker = {
        .source = source, .layout = layout, .status = status, .scratch_code = NO_CLASS};
    checker.starts = calloc(bitmap_words * 3, sizeof *checker.starts);
    bool good = false;
    if (checker.starts == NULL) {
        status_fail(status, STATUS_MEMORY, "%s: no memory to check it", source->path);
    } else {
        checker.hidden_starts = checker.starts + bitmap_words;
        checker.good_classes = checker.hidden_starts + bitmap_words;
        good = check_everything(&checker);
    }
    if (good && census != NULL)
        *census = checker.census;
    free(checker.starts);
    free(checker.classes);
    free(checker.code);
    code_scratch_free(&checker.scratch);
    return good;
}
