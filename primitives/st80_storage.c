/* Instances, methods and oops of Smalltalk-80. */
#include "primitives/st80.h"

#include "vm/object/st80_code.h"
#include "vm/object/st80_known.h"

enum { CORE_LEFT_MAX = 0xFFFFF, OOPS_LEFT = 0x7FFF };

/* --- instances -------------------------------------------------------------------------------------------------------------- */

/* A new instance; contexts are as large as Spur has them. *valid is false for a class whose instances are not made this way. */
static oop make_instance(struct heap *heap, oop class, size_t count, bool *valid)
{
    uint32_t class_index = heap_class_index_for(heap, class);
    *valid = class_index != CLASS_SMALL_INTEGER &&
             !oop_same(class, heap_special_or_nil(heap, SPECIAL_CLASS_COMPILED_METHOD));
    if (class_index_is_context(class_index)) {
        *valid = count <= CONTEXT_LARGE_FRAME;
        count = count <= ST80_SMALL_FRAME ? CONTEXT_SMALL_FRAME : CONTEXT_LARGE_FRAME;
    }
    return *valid ? heap_instantiate(heap, class, count, valid) : NO_OOP;
}

static prim_result answer_instance(struct vm *vm, const prim_call *call, bool indexable,
                                   size_t count)
{
    struct heap *heap = vm_heap(vm);
    bool valid;
    if (!st80_is_class(call->receiver) ||
        indexable != (heap_class_spec(heap, call->receiver) >= FORMAT_INDEXABLE))
        return PRIM_BAD_RECEIVER;
    oop instance = make_instance(heap, call->receiver, count, &valid);
    return valid ? answer_new(vm, call, instance) : PRIM_BAD_RECEIVER;
}

prim_result prim_st80_new(struct vm *vm, const prim_call *call)
{
    return answer_instance(vm, call, false, 0);
}

prim_result prim_st80_new_sized(struct vm *vm, const prim_call *call)
{
    int64_t count;
    if (!st80_as_word(prim_argument(call, 0), &count))
        return PRIM_BAD_ARGUMENT;
    return answer_instance(vm, call, true, (size_t)count);
}

/* --- oops ------------------------------------------------------------------------------------------------------------------- */

/* The hash that the image knows: of classes whose hash is a fixed place in the class table, half of their oops. */
static uint32_t hash_of(struct heap *heap, oop object)
{
    uint32_t hash = heap_identity_hash(heap, object);
    for (size_t i = 0; i < ST80_KNOWN_CLASSES; i++)
        if (hash == st80_known_classes[i].index && oop_same(heap_class_at(heap, hash), object))
            return st80_known_classes[i].oop / 2u;
    return hash & dialect_hash_mask(DIALECT_ST80);
}

/* The low bits of the hash as a number with a sign. */
prim_result prim_st80_as_oop(struct vm *vm, const prim_call *call)
{
    if (oop_is_immediate(call->receiver))
        return PRIM_BAD_RECEIVER;
    int64_t hash = hash_of(vm_heap(vm), call->receiver);
    int64_t negative = hash - dialect_hash_mask(DIALECT_ST80) - 1;
    return st80_answer_small(vm, call, st80_integer_fits(hash) ? hash : negative);
}

/* The first object with that hash; objects that were never asked for theirs are not found. */
prim_result prim_st80_as_object(struct vm *vm, const prim_call *call)
{
    struct heap *heap = vm_heap(vm);
    if (!oop_is_integer(call->receiver))
        return PRIM_BAD_RECEIVER;
    uint32_t mask = dialect_hash_mask(DIALECT_ST80);
    uint32_t hash = (uint32_t)oop_to_integer(call->receiver) & mask;
    for (size_t i = 0; i < ST80_KNOWN_CLASSES; i++)
        if (hash == st80_known_classes[i].oop / 2u)
            return answer(vm, call, heap_class_at(heap, st80_known_classes[i].index));
    for (oop object = heap_first_object(heap); !oop_is_none(object);
         object = heap_next_object(heap, object))
        if (object_hash_bits(object) != 0 && (object_hash_bits(object) & mask) == hash &&
            hash_of(heap, object) == hash)
            return answer(vm, call, object);
    return PRIM_NOT_FOUND;
}

/* --- methods ---------------------------------------------------------------------------------------------------------------- */

/* A method's header extension, or 0 where there is none yet. */
static int64_t extension_of(oop method)
{
    size_t literals = code_literal_count(method);
    oop extension = literals < 2 ? NO_OOP : object_slot(method, literals - 1);
    return oop_is_integer(extension) ? oop_to_integer(extension) : 0;
}

static prim_result method_index(const prim_call *call, size_t *index)
{
    if (!oop_is_code(call->receiver))
        return PRIM_BAD_RECEIVER;
    return arg_index(call, 0, 1 + code_literal_count(call->receiver), index);
}

prim_result prim_st80_object_at(struct vm *vm, const prim_call *call)
{
    size_t index;
    prim_result result = method_index(call, &index);
    if (result != PRIM_OK)
        return result;
    if (index == 0)
        return st80_answer_small(vm, call, st80_code_header_from_spur(code_header(call->receiver)));
    return answer(vm, call, heap_follow(object_slot(call->receiver, index)));
}

static bool is_header(oop value, size_t literals)
{
    return oop_is_integer(value) && st80_integer_fits(oop_to_integer(value)) &&
           st80_header_literals(oop_to_integer(value)) == literals;
}

/* The header may change in all but the count of literals. The extension is part of it. */
prim_result prim_st80_object_at_put(struct vm *vm, const prim_call *call)
{
    size_t index;
    oop method = call->receiver;
    oop value = prim_argument(call, 1);
    prim_result result = method_index(call, &index);
    if (result != PRIM_OK)
        return result;
    if (object_is_immutable(method))
        return PRIM_NO_MODIFICATION;
    if (index == 0 && !is_header(value, code_literal_count(method)))
        return PRIM_BAD_ARGUMENT;
    int64_t header =
        index == 0 ? oop_to_integer(value) : st80_code_header_from_spur(code_header(method));
    if (index != 0)
        heap_store(vm_heap(vm), method, index, value);
    int64_t spur = st80_code_header_to_spur(header, extension_of(method));
    object_slot_init(method, 0, oop_from_integer(spur));
    return answer(vm, call, value);
}

/* newMethod: byteCount header: header; the literals are nil. */
prim_result prim_st80_new_method(struct vm *vm, const prim_call *call)
{
    struct heap *heap = vm_heap(vm);
    int64_t bytes, header;
    if (!st80_is_class(call->receiver))
        return PRIM_BAD_RECEIVER;
    if (!st80_as_word(prim_argument(call, 0), &bytes) || arg_integer(call, 1, &header) != PRIM_OK ||
        !st80_integer_fits(header))
        return PRIM_BAD_ARGUMENT;
    uint32_t class_index = heap_class_index_for(heap, call->receiver);
    size_t pointers = 1 + st80_header_literals(header);
    size_t slots = pointers + ((size_t)bytes + 7) / 8;
    unsigned unused = (unsigned)(-(size_t)bytes & 7);
    oop method =
        class_index == 0 ? NO_OOP : heap_allocate(heap, class_index, FORMAT_CODE + unused, slots);
    if (oop_is_none(method))
        return PRIM_NO_MEMORY;
    memset(object_bytes(method), 0, slots * sizeof(uint64_t));
    object_slot_init(method, 0, oop_from_integer(st80_code_header_to_spur(header, 0)));
    for (size_t i = 1; i < pointers; i++)
        object_slot_init(method, i, heap->nil);
    return answer(vm, call, method);
}

/* --- what is left ----------------------------------------------------------------------------------------------------------- */

prim_result prim_st80_core_left(struct vm *vm, const prim_call *call)
{
    struct heap *heap = vm_heap(vm);
    size_t used = heap_old_used_size(heap);
    size_t words = heap->size_limit > used ? (heap->size_limit - used) / 2 : 0;
    return answer_integer(vm, call, words < CORE_LEFT_MAX ? (int64_t)words : CORE_LEFT_MAX);
}

prim_result prim_st80_oops_left(struct vm *vm, const prim_call *call)
{
    return answer_integer(vm, call, OOPS_LEFT);
}

prim_result prim_st80_signal_at_left(struct vm *vm, const prim_call *call)
{
    struct heap *heap = vm_heap(vm);
    oop semaphore = prim_argument(call, 0);
    bool is_semaphore = st80_is_a(vm, semaphore, SPECIAL_CLASS_SEMAPHORE);
    if (object_slot_count(heap->special_objects) <= SPECIAL_LOW_SPACE_SEMAPHORE)
        return PRIM_UNSUPPORTED;
    heap_store(heap, heap->special_objects, SPECIAL_LOW_SPACE_SEMAPHORE,
               is_semaphore ? semaphore : heap->nil);
    return answer_self(vm, call);
}
