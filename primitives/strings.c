/*
 * VivariumStrings: functions of strings as the packages of this image call them. The receiver is a byte string (a byte array
 * counts as one) or a wide string; both are compared and hashed as sequences of code points, so a text is equal to itself in
 * either form. Indices are one-based, 0 means "not found".
 */
#include "primitives/functions.h"

#include "primitives/text_objects.h"
#include "vm/base/utf8.h"

static prim_result receiver_text(const prim_call *call, struct text *text)
{
    return text_of(call->receiver, text) ? PRIM_OK : PRIM_BAD_RECEIVER;
}

static prim_result arg_text(const prim_call *call, size_t argument, struct text *text)
{
    return text_of(prim_argument(call, argument), text) ? PRIM_OK : PRIM_BAD_ARGUMENT;
}

prim_result prim_string_hash(struct vm *vm, const prim_call *call)
{
    struct text text;
    prim_result result = receiver_text(call, &text);
    return result == PRIM_OK ? answer_integer(vm, call, text_hash(&text)) : result;
}

static inline size_t byte_count(uint64_t header, oop object)
{
    size_t slot_count = (size_t)(header >> HEADER_SLOTS_SHIFT);
    if (VIV_UNLIKELY(slot_count == OVERFLOW_SLOTS))
        slot_count = object_slot_count(object);
    return slot_count * 8 - (header >> HEADER_FORMAT_SHIFT & 7);
}

static inline bool header_is_of_bytes(uint64_t header)
{
    return format_is_bytes((unsigned)(header >> HEADER_FORMAT_SHIFT & 31));
}

/*
 * Copies the bytes of two byte objects, of which the second has some, into one as long as both, a slot at a time: most texts have
 * few of them, and what follows finds them in the pieces in which it reads. The first byte of a slot is the low one of its bits.
 */
static inline void join_slots(oop to, oop left, size_t left_size, oop right, size_t right_size)
{
    oop *at = object_slots(to);
    const oop *from = object_slots(left);
    for (size_t whole = left_size / 8; whole > 0; whole--)
        *at++ = *from++;
    unsigned shift = (unsigned)(left_size % 8) * 8;
    const oop *rest = object_slots(right);
    const oop *last = rest + (right_size - 1) / 8;
    uint64_t last_bits = last->bits & UINT64_MAX >> (0 - right_size) % 8 * 8;
    if (shift == 0) {
        while (rest < last)
            *at++ = *rest++;
        at->bits = last_bits;
        return;
    }
    uint64_t begun = from->bits & ~(UINT64_MAX << shift);
    for (; rest < last; rest++) {
        (at++)->bits = begun | rest->bits << shift;
        begun = rest->bits >> (64 - shift);
    }
    at->bits = begun | last_bits << shift;
    if (shift / 8 + ((right_size - 1) % 8 + 1) > 8)
        at[1].bits = last_bits >> (64 - shift);
}

static void join_bytes(oop to, oop left, size_t left_size, oop right, size_t right_size)
{
    memcpy(object_bytes(to), object_bytes(left), left_size);
    memcpy(object_bytes(to) + left_size, object_bytes(right), right_size);
}

/* A ByteString of the two. Fails with a bad argument unless that is a ByteString too, or of the receiver's class. */
prim_result prim_string_concatenate(struct vm *vm, const prim_call *call)
{
    enum { BYTES_JOINED_BY_SLOTS = 64 };
    oop left = call->receiver;
    oop right = prim_argument(call, 0);
    if (!oop_is_object(left))
        return PRIM_BAD_RECEIVER;
    uint64_t left_header = object_header(left);
    if (!header_is_of_bytes(left_header))
        return PRIM_BAD_RECEIVER;
    if (!oop_is_object(right))
        return PRIM_BAD_ARGUMENT;
    uint64_t right_header = object_header(right);
    if (!header_is_of_bytes(right_header) ||
        ((right_header & HEADER_CLASS_MASK) != CLASS_BYTE_STRING &&
         ((right_header ^ left_header) & HEADER_CLASS_MASK) != 0))
        return PRIM_BAD_ARGUMENT;
    size_t left_size = byte_count(left_header, left);
    size_t right_size = byte_count(right_header, right);
    oop string = text_new_unfilled(vm_heap(vm), left_size + right_size);
    if (oop_is_none(string))
        return PRIM_NO_MEMORY;
    if (VIV_LIKELY(right_size > 0 && left_size + right_size <= BYTES_JOINED_BY_SLOTS))
        join_slots(string, left, left_size, right, right_size);
    else
        join_bytes(string, left, left_size, right, right_size);
    return answer(vm, call, string);
}

static int compare_texts(const struct text *left, const struct text *right)
{
    size_t count = left->count < right->count ? left->count : right->count;
    for (size_t i = 0; i < count; i++) {
        uint32_t a = text_at(left, i);
        uint32_t b = text_at(right, i);
        if (a != b)
            return a < b ? -1 : 1;
    }
    return left->count == right->count ? 0 : left->count < right->count ? -1 : 1;
}

/* -1, 0 or 1: the receiver is less than, equal to, greater than the argument. */
prim_result prim_string_compare(struct vm *vm, const prim_call *call)
{
    struct text left;
    struct text right;
    prim_result result = receiver_text(call, &left);
    if (result == PRIM_OK)
        result = arg_text(call, 0, &right);
    return result == PRIM_OK ? answer_integer(vm, call, compare_texts(&left, &right)) : result;
}

prim_result prim_string_equal(struct vm *vm, const prim_call *call)
{
    struct text left;
    struct text right;
    prim_result result = receiver_text(call, &left);
    if (result == PRIM_OK)
        result = arg_text(call, 0, &right);
    if (result != PRIM_OK)
        return result;
    return answer_boolean(vm, call, text_equal(&left, &right));
}

/* A string or a symbol of bytes, or a WideString; whose elements are characters, so that equal ones are the same. */
static prim_result arg_characters(struct vm *vm, const prim_call *call, size_t argument,
                                  struct text *text)
{
    struct heap *heap = vm_heap(vm);
    oop value = heap_follow(prim_argument(call, argument));
    oop symbol = heap_special(heap, SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND);
    bool valid = text_is_string(heap, value) ||
                 (oop_is_object(value) && object_class_index(value) == oop_class_index(symbol));
    return valid && text_of(value, text) ? PRIM_OK : PRIM_BAD_ARGUMENT;
}

/* Whether the argument is the beginning or the end of the receiver. */
static prim_result answer_affix(struct vm *vm, const prim_call *call, bool at_end)
{
    struct text text;
    struct text affix;
    prim_result result = receiver_text(call, &text);
    if (result == PRIM_OK)
        result = arg_characters(vm, call, 0, &affix);
    if (result != PRIM_OK)
        return result;
    if (affix.count > text.count)
        return answer_boolean(vm, call, false);
    size_t start = at_end ? text.count - affix.count : 0;
    struct text part = text_part(&text, start, start + affix.count);
    return answer_boolean(vm, call, text_equal(&part, &affix));
}

prim_result prim_string_begins_with(struct vm *vm, const prim_call *call)
{
    return answer_affix(vm, call, false);
}

prim_result prim_string_ends_with(struct vm *vm, const prim_call *call)
{
    return answer_affix(vm, call, true);
}

/* A Character or a code. */
static prim_result arg_code(const prim_call *call, size_t argument, int64_t *code)
{
    oop value = prim_argument(call, argument);
    if (oop_is_character(value))
        *code = oop_to_character(value);
    else if (oop_is_integer(value))
        *code = oop_to_integer(value);
    else
        return PRIM_BAD_ARGUMENT;
    return PRIM_OK;
}

/* The zero-based start of a search; one below 1 is taken as 1. */
static prim_result arg_search_start(const prim_call *call, size_t argument, size_t *start)
{
    int64_t value;
    prim_result result = arg_integer(call, argument, &value);
    if (result == PRIM_OK)
        *start = value < 1 ? 0 : (size_t)value - 1;
    return result;
}

/* Arguments: Character or code, where to start. */
prim_result prim_string_index_of(struct vm *vm, const prim_call *call)
{
    struct text text;
    int64_t code;
    size_t start;
    prim_result result = receiver_text(call, &text);
    if (result == PRIM_OK)
        result = arg_code(call, 0, &code);
    if (result == PRIM_OK)
        result = arg_search_start(call, 1, &start);
    if (result != PRIM_OK)
        return result;
    if (text.bytes != NULL) {
        if (code < 0 || code > UINT8_MAX || start >= text.count)
            return answer_integer(vm, call, 0);
        const uint8_t *found = memchr(text.bytes + start, (int)code, text.count - start);
        return answer_integer(vm, call, found == NULL ? 0 : (int64_t)(found - text.bytes) + 1);
    }
    for (size_t i = start; i < text.count; i++)
        if (text.words[i] == code)
            return answer_integer(vm, call, (int64_t)i + 1);
    return answer_integer(vm, call, 0);
}

/* The zero-based place of key in text from start on; text->count when there is none. */
static size_t find_text(const struct text *text, const struct text *key, size_t start)
{
    if (key->count > text->count)
        return text->count;
    if (text->bytes != NULL && key->bytes != NULL) {
        const uint8_t *found =
            start > text->count - key->count
                ? NULL
                : memmem(text->bytes + start, text->count - start, key->bytes, key->count);
        return found == NULL ? text->count : (size_t)(found - text->bytes);
    }
    for (size_t i = start; i <= text->count - key->count; i++) {
        size_t matched = 0;
        while (matched < key->count && text_at(text, i + matched) == text_at(key, matched))
            matched++;
        if (matched == key->count)
            return i;
    }
    return text->count;
}

/* Arguments: the key, where to start. An empty key is nowhere. */
prim_result prim_string_find(struct vm *vm, const prim_call *call)
{
    struct text text;
    struct text key;
    size_t start;
    prim_result result = receiver_text(call, &text);
    if (result == PRIM_OK)
        result = arg_text(call, 0, &key);
    if (result == PRIM_OK)
        result = arg_search_start(call, 1, &start);
    if (result != PRIM_OK)
        return result;
    size_t place = key.count == 0 ? text.count : find_text(&text, &key, start);
    return answer_integer(vm, call, place == text.count ? 0 : (int64_t)place + 1);
}

/* --- UTF-8 ------------------------------------------------------------------------------------------------------------ */

/* A ByteArray. Fails with an inappropriate operation for a code point that UTF-8 cannot say. */
prim_result prim_utf8_encode(struct vm *vm, const prim_call *call)
{
    struct text text;
    char encoded[UTF8_MAX_SIZE];
    size_t total = 0;
    prim_result result = receiver_text(call, &text);
    if (result != PRIM_OK)
        return result;
    for (size_t i = 0; i < text.count; i++) {
        size_t size = utf8_encode(text_at(&text, i), encoded);
        if (size == 0)
            return PRIM_INAPPROPRIATE;
        total += size;
    }
    oop bytes = heap_allocate_bytes(vm_heap(vm), CLASS_BYTE_ARRAY, total);
    if (oop_is_none(bytes))
        return PRIM_NO_MEMORY;
    uint8_t *to = object_bytes(bytes);
    for (size_t i = 0; i < text.count; i++) {
        size_t size = utf8_encode(text_at(&text, i), encoded);
        memcpy(to, encoded, size);
        to += size;
    }
    return answer(vm, call, bytes);
}

/* A String of the bytes of the receiver. Fails with an inappropriate operation when they are not well formed. */
prim_result prim_utf8_decode(struct vm *vm, const prim_call *call)
{
    if (!oop_is_bytes(call->receiver))
        return PRIM_BAD_RECEIVER;
    const char *bytes = (const char *)object_bytes(call->receiver);
    size_t size = object_byte_count(call->receiver);
    if (!utf8_is_valid(bytes, size, NULL))
        return PRIM_INAPPROPRIATE;
    return answer_new(vm, call, text_new_string_from_utf8(vm_heap(vm), bytes, size));
}
