/* Elements, characters of strings, identity, copies, pinning and read-only flags. */
#include "primitives/elements.h"
#include "primitives/functions.h"

/* The receiver of the plain form, the first argument of the mirror form with one argument more. */
static oop subject(const prim_call *call, size_t plain_count)
{
    return call->argument_count == plain_count ? call->receiver : prim_argument(call, 0);
}

static size_t skip(const prim_call *call, size_t plain_count)
{
    return call->argument_count == plain_count ? 0 : 1;
}

static bool count_fits(const prim_call *call, size_t plain_count)
{
    return call->argument_count == plain_count || call->argument_count == plain_count + 1;
}

/* at:, at:put: and size of contexts: what is on their stacks. */
static prim_result context_at(struct vm *vm, const prim_call *call)
{
    size_t index;
    oop context = subject(call, 1);
    prim_result result = arg_index(call, skip(call, 1), vm_context_count(vm, context), &index);
    return result == PRIM_OK ? answer(vm, call, vm_context_at(vm, context, index)) : result;
}

static prim_result context_at_put(struct vm *vm, const prim_call *call)
{
    size_t index;
    oop context = subject(call, 2);
    size_t first = skip(call, 2);
    oop value = prim_argument(call, first + 1);
    prim_result result = arg_index(call, first, vm_context_count(vm, context), &index);
    if (result != PRIM_OK)
        return result;
    if (object_is_immutable(context))
        return PRIM_NO_MODIFICATION;
    vm_context_put(vm, context, index, value);
    return answer(vm, call, value);
}

prim_result prim_at(struct vm *vm, const prim_call *call)
{
    struct elements elements;
    size_t index;
    if (!count_fits(call, 1))
        return PRIM_BAD_ARGUMENT_COUNT;
    if (oop_is_context(subject(call, 1)))
        return context_at(vm, call);
    if (!elements_of(vm, subject(call, 1), &elements))
        return PRIM_BAD_RECEIVER;
    prim_result result = arg_index(call, skip(call, 1), elements.count, &index);
    return result == PRIM_OK ? answer_new(vm, call, element_get(vm, &elements, index)) : result;
}

prim_result prim_at_put(struct vm *vm, const prim_call *call)
{
    struct elements elements;
    size_t index;
    if (!count_fits(call, 2))
        return PRIM_BAD_ARGUMENT_COUNT;
    if (oop_is_context(subject(call, 2)))
        return context_at_put(vm, call);
    if (!elements_of(vm, subject(call, 2), &elements))
        return PRIM_BAD_RECEIVER;
    size_t first = skip(call, 2);
    prim_result result = arg_index(call, first, elements.count, &index);
    if (result != PRIM_OK)
        return result;
    if (object_is_immutable(elements.object))
        return PRIM_NO_MODIFICATION;
    result = element_put(vm, &elements, index, prim_argument(call, first + 1));
    return result == PRIM_OK ? answer(vm, call, prim_argument(call, first + 1)) : result;
}

prim_result prim_size(struct vm *vm, const prim_call *call)
{
    struct elements elements;
    if (!count_fits(call, 0))
        return PRIM_BAD_ARGUMENT_COUNT;
    if (oop_is_context(subject(call, 0)))
        return answer_integer(vm, call, (int64_t)vm_context_count(vm, subject(call, 0)));
    if (!elements_of(vm, subject(call, 0), &elements))
        return PRIM_BAD_RECEIVER;
    return answer_integer(vm, call, (int64_t)elements.count);
}

static bool is_string(const struct elements *elements)
{
    return format_is_bytes(elements->format) || format_is_words32(elements->format);
}

prim_result prim_string_at(struct vm *vm, const prim_call *call)
{
    struct elements elements;
    size_t index;
    if (!elements_of(vm, call->receiver, &elements) || !is_string(&elements))
        return PRIM_BAD_RECEIVER;
    prim_result result = arg_index(call, 0, elements.count, &index);
    if (result != PRIM_OK)
        return result;
    int64_t code_point = oop_to_integer(element_get(vm, &elements, index));
    if (code_point > 0x3FFFFFFF)
        return PRIM_BAD_RECEIVER;
    oop character = heap_character(vm_heap(vm), (uint32_t)code_point);
    return oop_is_none(character) ? PRIM_BAD_RECEIVER : answer(vm, call, character);
}

prim_result prim_string_at_put(struct vm *vm, const prim_call *call)
{
    struct elements elements;
    size_t index;
    oop character = prim_argument(call, 1);
    if (!elements_of(vm, call->receiver, &elements) || !is_string(&elements))
        return PRIM_BAD_RECEIVER;
    prim_result result = arg_index(call, 0, elements.count, &index);
    if (result != PRIM_OK)
        return result;
    int64_t code_point = heap_character_code(vm_heap(vm), character);
    if (code_point < 0)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(call->receiver))
        return PRIM_NO_MODIFICATION;
    result = element_put(vm, &elements, index, oop_from_integer(code_point));
    return result == PRIM_OK ? answer(vm, call, character) : result;
}

/* Whether elements of both have one size and kind. Bytes may go into code, but none come out of it with the literals. */
static bool same_kind(const struct elements *a, const struct elements *b)
{
    if (format_is_pointers(a->format))
        return format_is_pointers(b->format);
    if (a->format >= FORMAT_BYTES)
        return format_is_bytes(b->format);
    return format_is_bits(a->format) && format_is_bits(b->format) &&
           a->format / 2 == b->format / 2 && a->format < FORMAT_WORDS16;
}

static void copy_pointers(struct vm *vm, const struct elements *to, size_t to_index,
                          const struct elements *from, size_t from_index, size_t count)
{
    bool backwards = oop_same(to->object, from->object) && to_index > from_index;
    for (size_t i = 0; i < count; i++) {
        size_t at = backwards ? count - 1 - i : i;
        oop value = object_slot(from->object, from->fixed + from_index + at);
        heap_store(vm_heap(vm), to->object, to->fixed + to_index + at, value);
    }
}

/* replaceFrom: start to: stop with: replacement startingAt: first */
prim_result prim_replace(struct vm *vm, const prim_call *call)
{
    struct elements to, from;
    int64_t start, stop, first;
    if (arg_integer(call, 0, &start) != PRIM_OK || arg_integer(call, 1, &stop) != PRIM_OK ||
        arg_integer(call, 3, &first) != PRIM_OK)
        return PRIM_BAD_ARGUMENT;
    if (!elements_of(vm, call->receiver, &to))
        return PRIM_BAD_RECEIVER;
    if (!elements_of(vm, prim_argument(call, 2), &from) || !same_kind(&to, &from))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(to.object))
        return PRIM_NO_MODIFICATION;
    if (stop < start)
        return start >= 1 && stop == start - 1 ? answer_self(vm, call) : PRIM_BAD_INDEX;
    if (start < 1 || first < 1 || (uint64_t)stop > to.count ||
        !element_is_writable(&to, (size_t)start - 1))
        return PRIM_BAD_INDEX;
    size_t count = (size_t)(stop - start) + 1;
    if ((uint64_t)first > from.count || count > from.count - (uint64_t)first + 1)
        return PRIM_BAD_INDEX;
    if (format_is_pointers(to.format)) {
        copy_pointers(vm, &to, (size_t)start - 1, &from, (size_t)first - 1, count);
    } else {
        size_t size = format_element_size(to.format);
        memmove(object_bytes(to.object) + to.skipped + ((size_t)start - 1) * size,
                object_bytes(from.object) + from.skipped + ((size_t)first - 1) * size,
                count * size);
    }
    return answer_self(vm, call);
}

/* Fills every element of a bits object with a constant. */
prim_result prim_fill(struct vm *vm, const prim_call *call)
{
    struct elements elements;
    if (!elements_of(vm, call->receiver, &elements) || !format_is_bits(elements.format))
        return PRIM_BAD_RECEIVER;
    if (object_is_immutable(call->receiver))
        return PRIM_NO_MODIFICATION;
    for (size_t i = 0; i < elements.count; i++) {
        prim_result result = element_put(vm, &elements, i, prim_argument(call, 0));
        if (result != PRIM_OK)
            return result;
    }
    return answer_self(vm, call);
}

/* --- identity ------------------------------------------------------------------------------------------------------------------ */

static bool identical(const prim_call *call)
{
    oop left = call->argument_count == 1 ? call->receiver : prim_argument(call, 0);
    oop right = prim_argument(call, call->argument_count - 1);
    return oop_same(heap_follow(left), heap_follow(right));
}

prim_result prim_identical(struct vm *vm, const prim_call *call)
{
    if (!count_fits(call, 1))
        return PRIM_BAD_ARGUMENT_COUNT;
    return answer_boolean(vm, call, identical(call));
}

prim_result prim_not_identical(struct vm *vm, const prim_call *call)
{
    if (!count_fits(call, 1))
        return PRIM_BAD_ARGUMENT_COUNT;
    return answer_boolean(vm, call, !identical(call));
}

prim_result prim_class(struct vm *vm, const prim_call *call)
{
    if (!count_fits(call, 0))
        return PRIM_BAD_ARGUMENT_COUNT;
    return answer(vm, call, heap_class_of(vm_heap(vm), heap_follow(subject(call, 0))));
}

prim_result prim_identity_hash(struct vm *vm, const prim_call *call)
{
    if (!count_fits(call, 0))
        return PRIM_BAD_ARGUMENT_COUNT;
    oop object = subject(call, 0);
    if (oop_is_immediate(object))
        return PRIM_BAD_RECEIVER;
    uint32_t hash = heap_identity_hash(vm_heap(vm), object);
    return answer_integer(vm, call, hash & dialect_hash_mask(vm_heap(vm)->dialect));
}

prim_result prim_max_identity_hash(struct vm *vm, const prim_call *call)
{
    return answer_integer(vm, call, IDENTITY_HASH_MAX);
}

/* --- flags --------------------------------------------------------------------------------------------------------------------- */

static prim_result set_flag(struct vm *vm, const prim_call *call, uint64_t flag)
{
    bool on;
    if (!count_fits(call, 1))
        return PRIM_BAD_ARGUMENT_COUNT;
    oop object = subject(call, 1);
    if (oop_is_immediate(object))
        return PRIM_BAD_RECEIVER;
    if (arg_boolean(vm, call, call->argument_count - 1, &on) != PRIM_OK)
        return PRIM_BAD_ARGUMENT;
    uint64_t header = object_header(object);
    object_set_header(object, on ? header | flag : header & ~flag);
    return answer_boolean(vm, call, (header & flag) != 0);
}

prim_result prim_is_read_only(struct vm *vm, const prim_call *call)
{
    if (!count_fits(call, 0))
        return PRIM_BAD_ARGUMENT_COUNT;
    oop object = subject(call, 0);
    return answer_boolean(vm, call, oop_is_immediate(object) || object_is_immutable(object));
}

/* Answers what the flag was. Contexts and what the VM itself writes must stay writable. */
prim_result prim_set_read_only(struct vm *vm, const prim_call *call)
{
    if (count_fits(call, 1) && oop_is_object(subject(call, 1)) &&
        object_is_context(subject(call, 1)))
        return PRIM_INAPPROPRIATE;
    return set_flag(vm, call, HEADER_IMMUTABLE);
}

prim_result prim_is_pinned(struct vm *vm, const prim_call *call)
{
    if (oop_is_immediate(call->receiver))
        return PRIM_BAD_RECEIVER;
    return answer_boolean(vm, call, object_is_pinned(call->receiver));
}
