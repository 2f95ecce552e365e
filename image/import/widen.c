#include "image/import/widen.h"

#include "image/import/frames.h"
#include "vm/object/known.h"
#include "vm/object/object.h"

#include <inttypes.h>
#include <stdlib.h>

#define BRIDGE UINT64_C(0x0080000049000003)
#define BRIDGE_SIZE 16

enum {
    MOURN_PAGE_SLOTS = 4092,
    MOURN_PAGE_NEXT = 3,
    MOURN_PAGE_FIRST = 4,
    MOURN_PAGE_ROOM = MOURN_PAGE_SLOTS - MOURN_PAGE_FIRST,
    LARGEST_FOLDED_SIZE = 8
};

/* --- objects that become immediates ----------------------------------------------------------------------------------- */

/* The SmallInteger for a LargeInteger; 0 when it does not fit in 61 bits. */
static uint64_t folded_integer(const struct foreign_object *object)
{
    uint64_t count = object->count;
    uint64_t magnitude = 0;
    while (count > 0 && object->body[count - 1] == 0)
        count--;
    if (count > LARGEST_FOLDED_SIZE)
        return 0;
    memcpy(&magnitude, object->body, (size_t)count);
    bool negative = object->class_index == CLASS_LARGE_NEGATIVE_INTEGER;
    if (magnitude > (uint64_t)SMALL_INTEGER_MAX + (negative ? 1 : 0))
        return 0;
    return oop_from_integer(negative ? -(int64_t)magnitude : (int64_t)magnitude).bits;
}

static uint64_t float_bits(const struct foreign_image *image, const struct foreign_object *object)
{
    uint64_t first = foreign_slot(object, 0);
    uint64_t second = foreign_slot(object, 1);
    return image->floats_are_big_endian ? first << 32 | second : second << 32 | first;
}

/* The immediate float for a boxed one; 0 when there is none. */
static uint64_t folded_float(const struct foreign_image *image, const struct foreign_object *object)
{
    double value;
    uint64_t bits = float_bits(image, object);
    memcpy(&value, &bits, sizeof value);
    return float_fits_oop(value) ? oop_from_float(value).bits : 0;
}

static bool is_float(const struct foreign_object *object)
{
    return object->class_index == CLASS_BOXED_FLOAT && object->format == FORMAT_WORDS32 &&
           object->count == 2;
}

/* The immediate that takes an object's place, or 0. */
static uint64_t folded(const struct foreign_image *image, const struct foreign_object *object)
{
    if (is_float(object))
        return folded_float(image, object);
    bool is_integer = object->class_index == CLASS_LARGE_POSITIVE_INTEGER ||
                      object->class_index == CLASS_LARGE_NEGATIVE_INTEGER;
    return is_integer && object->format == FORMAT_BYTES ? folded_integer(object) : 0;
}

/* --- the class of immediate floats ------------------------------------------------------------------------------------ */

static bool is_class_of_floats(const struct foreign_image *image,
                               const struct foreign_object *object)
{
    const uint32_t format_of_immediates = (FORMAT_FORWARDED << 16) << 1 | 1;
    return object->format <= FORMAT_EPHEMERON && object->count > SLOT_CLASS_NAME &&
           foreign_slot(object, SLOT_BEHAVIOR_FORMAT) == format_of_immediates &&
           foreign_is_named(image, foreign_slot(object, SLOT_CLASS_NAME), "SmallFloat64");
}

/* 32-bit images may hold the class that 64-bit machines need at its index, but have it elsewhere in their table, or not in it. It
 * is entered at its index and where its hash says, for the hash stays. Without such a class, or when another has that place, the
 * reader enters the class of boxed floats (image/format/README.md). */
static void enter_class_of_floats(struct foreign_image *image)
{
    if (image->class_count <= CLASS_SMALL_FLOAT ||
        image->classes[CLASS_SMALL_FLOAT] != FOREIGN_NONE)
        return;
    uint32_t number = 0;
    while (number < image->object_count && !is_class_of_floats(image, &image->objects[number]))
        number++;
    if (number == image->object_count)
        return;
    struct foreign_object *class = &image->objects[number];
    if (class->hash == 0)
        class->hash = CLASS_SMALL_FLOAT;
    bool is_free =
        class->hash < image->class_count &&
        (image->classes[class->hash] == FOREIGN_NONE || image->classes[class->hash] == number);
    if (!is_free)
        return;
    image->classes[class->hash] = number;
    image->classes[CLASS_SMALL_FLOAT] = number;
}

/* --- code ------------------------------------------------------------------------------------------------------------- */

/* Rule: a code object begins with a SmallInteger whose count of literals fits in. */
static bool check_code(struct foreign_image *image, const struct foreign_object *code)
{
    if (code_is_whole(image, code))
        return true;
    return foreign_refuse(image, code->offset,
                          "the header of a compiled method, with literals that fit",
                          "%" PRIu64 " bytes that begin with %08" PRIx32, code->count,
                          code->count >= 4 ? foreign_slot(code, 0) : 0);
}

/* --- the plan --------------------------------------------------------------------------------------------------------- */

static bool is_old_context(const struct foreign_image *image, const struct foreign_object *object)
{
    return !dialect_is_spur(image->dialect) && object->format == FORMAT_FIXED_INDEXABLE &&
           class_index_is_context(object->class_index);
}

/* Slots of a pointer object in the data: as many as before, but for contexts whose frame is too small for the code or, as in the
 * oldest images, for any frame of today. */
static uint64_t pointer_count(const struct foreign_image *image,
                              const struct foreign_object *object)
{
    uint64_t small = SLOT_CONTEXT_FRAME + CONTEXT_SMALL_FRAME;
    uint64_t large = SLOT_CONTEXT_FRAME + CONTEXT_LARGE_FRAME;
    uint64_t least = 0;
    if (object->needs_large_frame || (is_old_context(image, object) && object->count > small))
        least = large;
    else if (is_old_context(image, object))
        least = small;
    return object->count < least ? least : object->count;
}

/* Bytes of an object's elements in the data, without padding. */
static uint64_t widened_byte_count(const struct foreign_image *image,
                                   const struct foreign_object *object)
{
    switch (object->format) {
    case FORMAT_CODE:
        return object->count + code_pointer_count(image, object) * 4;
    case FORMAT_BYTES:
        return object->count;
    case FORMAT_WORDS16:
        return object->count * 2;
    case FORMAT_WORDS32:
        return object->count * 4;
    case FORMAT_WORDS64:
        return object->count * 8;
    default:
        return pointer_count(image, object) * 8;
    }
}

uint64_t widened_slot_count(const struct foreign_image *image, const struct foreign_object *object)
{
    return (widened_byte_count(image, object) + 7) / 8;
}

/* The format with the count of unused elements in its low bits. */
static unsigned widened_format(const struct foreign_image *image,
                               const struct foreign_object *object)
{
    uint64_t unused = widened_slot_count(image, object) * 8 - widened_byte_count(image, object);
    return object->format + (unsigned)(unused / format_element_size(object->format));
}

/* Places an object of so many slots; answers the offset of its header. */
static uint64_t place(struct widening *widening, uint64_t slot_count)
{
    uint64_t header = widening->size + (slot_count >= OVERFLOW_SLOTS ? 8 : 0);
    widening->size += object_size_for_slots((size_t)slot_count);
    return header;
}

static bool plan_object(struct widening *widening, uint32_t number, bool may_fold)
{
    struct foreign_object *object = &widening->image->objects[number];
    if (object->format == FORMAT_CODE && !check_code(widening->image, object))
        return false;
    object->becomes = may_fold ? folded(widening->image, object) : 0;
    if (object->becomes != 0)
        return true;
    object->becomes = place(widening, widened_slot_count(widening->image, object));
    widening->placed[widening->placed_count++] = number;
    return true;
}

static size_t mourn_page_count(const struct foreign_image *image)
{
    return (image->mourner_count + MOURN_PAGE_ROOM - 1) / MOURN_PAGE_ROOM;
}

bool widen_plan(struct widening *widening, struct foreign_image *image)
{
    *widening = (struct widening){.image = image};
    widening->placed = malloc((size_t)image->object_count * sizeof *widening->placed);
    if (widening->placed == NULL)
        return foreign_refuse_memory(image);
    if (!find_large_frames(image))
        return false;
    bool may_fold = dialect_is_spur(image->dialect);
    if (may_fold)
        enter_class_of_floats(image);
    for (uint32_t i = 0; i < 3; i++)
        if (!plan_object(widening, i, false))
            return false;
    place(widening, FREE_LISTS_COUNT);
    place(widening, HIDDEN_ROOTS_COUNT);
    widening->pages_offset = widening->size;
    for (uint32_t i = 0; i < image->class_count / CLASS_PAGE_SLOTS; i++)
        place(widening, CLASS_PAGE_SLOTS);
    for (uint32_t i = 3; i < image->object_count; i++)
        if (!plan_object(widening, i, may_fold))
            return false;
    widening->mourn_offset = widening->size;
    for (size_t i = mourn_page_count(image); i > 0; i--)
        place(widening, MOURN_PAGE_SLOTS);
    widening->size += BRIDGE_SIZE;
    return true;
}

void widen_free(struct widening *widening)
{
    free(widening->placed);
    widening->placed = NULL;
}

uint64_t widen_oop(const struct widening *widening, uint32_t number, uint64_t base)
{
    uint64_t becomes = widening->image->objects[number].becomes;
    return (becomes & TAG_MASK) != 0 ? becomes : base + becomes;
}

/* --- writing ---------------------------------------------------------------------------------------------------------- */

struct writing {
    const struct widening *widening;
    struct foreign_image *image;
    uint64_t *at;
    uint64_t base;
};

static void put_header(struct writing *writing, uint32_t class_index, unsigned format,
                       uint64_t slot_count, uint64_t rest)
{
    if (slot_count >= OVERFLOW_SLOTS)
        *writing->at++ = (uint64_t)OVERFLOW_SLOTS << HEADER_SLOTS_SHIFT | slot_count;
    *writing->at++ = header_make(class_index, format, (size_t)slot_count) | rest;
}

/* The oop for a word of the file that lies at `place`. */
static bool widen_word(const struct writing *writing, const struct foreign_object *object,
                       const uint8_t *place, uint64_t *value)
{
    uint32_t word = foreign_word(place);
    if ((word & 1) != 0) {
        *value = oop_from_integer((int32_t)word >> 1).bits;
        return true;
    }
    if ((word & 3) == 2 && writing->image->has_characters) {
        *value = oop_from_character(word >> 2).bits;
        return true;
    }
    uint32_t number = foreign_object_of(writing->image, word);
    if (number != FOREIGN_NONE) {
        *value = widen_oop(writing->widening, number, writing->base);
        return true;
    }
    return foreign_refuse(writing->image, foreign_offset(writing->image, object, place),
                          "an immediate or the address of an object", "%08" PRIx32, word);
}

/* Bytes that a pc in a code object is farther from its beginning; 0 for what is no code. */
static uint64_t pc_distance(const struct foreign_image *image, uint32_t method_word)
{
    uint32_t number = foreign_object_of(image, method_word);
    if (number == FOREIGN_NONE || image->objects[number].format != FORMAT_CODE)
        return 0;
    return code_pointer_count(image, &image->objects[number]) * 4;
}

/* The same for the code that a context runs. */
static uint64_t pc_distance_of_context(const struct foreign_image *image,
                                       const struct foreign_object *context)
{
    bool good = context->class_index == CLASS_CONTEXT && context->format <= FORMAT_EPHEMERON &&
                context->count > SLOT_CONTEXT_METHOD;
    return good ? pc_distance(image, foreign_slot(context, SLOT_CONTEXT_METHOD)) : 0;
}

/* Moves the pc in a slot that has been written; one that is no SmallInteger stays. */
static void move_pc(uint64_t *slot, uint64_t distance)
{
    if ((*slot & TAG_MASK) == TAG_INTEGER)
        *slot += distance << 3;
}

static void move_pcs(const struct writing *writing, const struct foreign_object *object,
                     uint64_t *slots)
{
    const struct foreign_image *image = writing->image;
    if (object->class_index == CLASS_CONTEXT && object->count > SLOT_CONTEXT_METHOD) {
        move_pc(&slots[SLOT_CONTEXT_PC], pc_distance_of_context(image, object));
    } else if (object->class_index == CLASS_BLOCK_CLOSURE &&
               object->count > SLOT_CLOSURE_START_PC) {
        uint32_t outer = foreign_object_of(image, foreign_slot(object, SLOT_CLOSURE_OUTER_CONTEXT));
        if (outer != FOREIGN_NONE)
            move_pc(&slots[SLOT_CLOSURE_START_PC],
                    pc_distance_of_context(image, &image->objects[outer]));
    }
}

/* Whether an object is a variable's binding in which an image remembers that words have four bytes. Squeak and Cuis ask the
 * machine while it is nil, and find the limits of SmallIntegers then, too. */
static bool remembers_word_size(const struct foreign_image *image,
                                const struct foreign_object *object)
{
    const uint32_t four = 4 << 1 | 1;
    return object->format == FORMAT_FIXED && object->count == 2 &&
           foreign_slot(object, SLOT_ASSOCIATION_VALUE) == four &&
           foreign_is_named(image, foreign_slot(object, SLOT_ASSOCIATION_KEY), "WordSize");
}

/* Slots of a pointer object that hold words: of a context in a dialect that is not Spur, those up to its stack pointer, for the
 * machines of such images leave what they pop where it is, and their collectors do not follow it. */
static uint64_t live_count(const struct foreign_image *image, const struct foreign_object *object)
{
    if (!is_old_context(image, object) || object->count < SLOT_CONTEXT_FRAME)
        return object->count;
    uint32_t stackp = foreign_slot(object, SLOT_CONTEXT_STACKP);
    uint64_t room = object->count - SLOT_CONTEXT_FRAME;
    uint64_t live = (stackp & 1) != 0 && stackp >> 31 == 0 ? stackp >> 1 : 0;
    return SLOT_CONTEXT_FRAME + (live < room ? live : room);
}

static bool write_pointers(struct writing *writing, const struct foreign_object *object)
{
    uint64_t live = live_count(writing->image, object);
    for (uint64_t i = 0; i < live; i++)
        if (!widen_word(writing, object, object->body + i * 4, &writing->at[i]))
            return false;
    for (uint64_t i = live; i < pointer_count(writing->image, object); i++)
        writing->at[i] = writing->base;
    if (!dialect_is_spur(writing->image->dialect))
        return true;
    move_pcs(writing, object, writing->at);
    if (remembers_word_size(writing->image, object))
        writing->at[SLOT_ASSOCIATION_VALUE] = writing->base;
    return true;
}

static bool write_code(struct writing *writing, const struct foreign_object *code)
{
    uint64_t pointers = code_pointer_count(writing->image, code);
    writing->at[0] = oop_from_integer(widened_code_header(writing->image, code)).bits;
    for (uint64_t i = 1; i < pointers; i++)
        if (!widen_word(writing, code, code->body + i * 4, &writing->at[i]))
            return false;
    memcpy(writing->at + pointers, code->body + pointers * 4, (size_t)(code->count - pointers * 4));
    return true;
}

static bool write_object(struct writing *writing, const struct foreign_object *object)
{
    const struct foreign_image *image = writing->image;
    uint64_t slots = widened_slot_count(image, object);
    uint64_t bytes = widened_byte_count(image, object);
    put_header(writing, object->class_index, widened_format(image, object), slots,
               (uint64_t)object->hash << HEADER_HASH_SHIFT |
                   (object->is_immutable ? HEADER_IMMUTABLE : 0) |
                   (object->is_pinned ? HEADER_PINNED : 0));
    uint64_t body = slots == 0 ? 1 : slots;
    writing->at[body - 1] = 0;
    bool good = true;
    if (object->format <= FORMAT_EPHEMERON) {
        good = write_pointers(writing, object);
    } else if (object->format == FORMAT_CODE) {
        good = write_code(writing, object);
    } else if (is_float(object)) {
        *writing->at = float_bits(image, object);
    } else {
        memcpy(writing->at, object->body, (size_t)bytes);
    }
    writing->at += body;
    return good;
}

static void write_hidden_roots(struct writing *writing)
{
    const struct widening *widening = writing->widening;
    uint64_t pages = writing->image->class_count / CLASS_PAGE_SLOTS;
    size_t mourn_pages = mourn_page_count(writing->image);
    put_header(writing, CLASS_HIDDEN_WORDS64, FORMAT_WORDS64, FREE_LISTS_COUNT, 0);
    memset(writing->at, 0, FREE_LISTS_COUNT * sizeof *writing->at);
    writing->at += FREE_LISTS_COUNT;
    put_header(writing, CLASS_HIDDEN_ARRAY, FORMAT_INDEXABLE, HIDDEN_ROOTS_COUNT, 0);
    for (uint64_t i = 0; i < HIDDEN_ROOTS_COUNT; i++) {
        uint64_t size = object_size_for_slots(CLASS_PAGE_SLOTS);
        writing->at[i] = writing->base + (i < pages ? widening->pages_offset + i * size + 8 : 0);
    }
    if (mourn_pages > 0)
        writing->at[HIDDEN_MOURN_QUEUE] =
            writing->base + widening->mourn_offset +
            (mourn_pages - 1) * object_size_for_slots(MOURN_PAGE_SLOTS) + 8;
    writing->at += HIDDEN_ROOTS_COUNT;
}

static void write_class_table(struct writing *writing)
{
    const struct foreign_image *image = writing->image;
    for (uint32_t i = 0; i < image->class_count; i++) {
        if (i % CLASS_PAGE_SLOTS == 0)
            put_header(writing, CLASS_HIDDEN_ARRAY, FORMAT_INDEXABLE, CLASS_PAGE_SLOTS, 0);
        uint32_t number = image->classes[i] == FOREIGN_NONE ? 0 : image->classes[i];
        *writing->at++ = widen_oop(writing->widening, number, writing->base);
    }
}

/* Pages of class index 19, the newest last and first in the chain. */
static void write_mourners(struct writing *writing)
{
    const struct foreign_image *image = writing->image;
    size_t page_count = mourn_page_count(image);
    for (size_t page = 0; page < page_count; page++) {
        size_t first = page * MOURN_PAGE_ROOM;
        size_t left = image->mourner_count - first;
        size_t count = left < MOURN_PAGE_ROOM ? left : MOURN_PAGE_ROOM;
        put_header(writing, CLASS_HIDDEN_WORDS64, FORMAT_WORDS64, MOURN_PAGE_SLOTS, 0);
        memset(writing->at, 0, MOURN_PAGE_SLOTS * sizeof *writing->at);
        writing->at[0] = count;
        writing->at[1] = HIDDEN_MOURN_QUEUE;
        if (page > 0)
            writing->at[MOURN_PAGE_NEXT] = writing->base + writing->widening->mourn_offset +
                                           (page - 1) * object_size_for_slots(MOURN_PAGE_SLOTS) + 8;
        for (size_t i = 0; i < count; i++)
            writing->at[MOURN_PAGE_FIRST + i] =
                widen_oop(writing->widening, image->mourners[first + i], writing->base);
        writing->at += MOURN_PAGE_SLOTS;
    }
}

bool widen_write(const struct widening *widening, uint64_t *data, uint64_t base)
{
    struct foreign_image *image = widening->image;
    struct writing writing = {.widening = widening, .image = image, .at = data, .base = base};
    for (uint32_t i = 0; i < widening->placed_count; i++) {
        if (i == 3) {
            write_hidden_roots(&writing);
            write_class_table(&writing);
        }
        if (!write_object(&writing, &image->objects[widening->placed[i]]))
            return false;
    }
    if (widening->placed_count <= 3) {
        write_hidden_roots(&writing);
        write_class_table(&writing);
    }
    write_mourners(&writing);
    *writing.at++ = BRIDGE;
    *writing.at = 0;
    return true;
}
