/* Instances, classes, compiled code. */
#include "primitives/functions.h"
#include "vm/object/v3_code.h"

/* Slots that every behaviour has: superclass, method dictionary, format. Its instances are asked for methods: where those would be
 * looked for must be objects, too. */
static bool is_behavior(oop value)
{
    return oop_is_object(value) && object_format(value) == FORMAT_FIXED &&
           object_slot_count(value) > SLOT_BEHAVIOR_FORMAT &&
           oop_is_integer(object_slot(value, SLOT_BEHAVIOR_FORMAT)) &&
           oop_is_object(object_slot(value, SLOT_BEHAVIOR_SUPERCLASS)) &&
           oop_is_object(object_slot(value, SLOT_BEHAVIOR_METHOD_DICTIONARY));
}

static prim_result instantiate(struct vm *vm, const prim_call *call, size_t count)
{
    bool valid;
    if (!is_behavior(call->receiver))
        return PRIM_BAD_RECEIVER;
    oop instance = heap_instantiate(vm_heap(vm), call->receiver, count, &valid);
    return valid ? answer_new(vm, call, instance) : PRIM_BAD_RECEIVER;
}

prim_result prim_new(struct vm *vm, const prim_call *call)
{
    return instantiate(vm, call, 0);
}

prim_result prim_new_sized(struct vm *vm, const prim_call *call)
{
    oop size = prim_argument(call, 0);
    if (oop_is_large_integer(size))
        return object_class_index(size) == CLASS_LARGE_POSITIVE_INTEGER ? PRIM_NO_MEMORY
                                                                        : PRIM_BAD_ARGUMENT;
    if (!oop_is_integer(size) || oop_to_integer(size) < 0)
        return PRIM_BAD_ARGUMENT;
    return instantiate(vm, call, (size_t)oop_to_integer(size));
}

/* --- enumeration --------------------------------------------------------------------------------------------------------------- */

static oop next_instance(struct vm *vm, oop object, oop class)
{
    struct heap *heap = vm_heap(vm);
    while (!oop_is_none(object) && !oop_same(heap_class_of(heap, object), class))
        object = heap_next_object(heap, object);
    return object;
}

static prim_result answer_found(struct vm *vm, const prim_call *call, oop object)
{
    return oop_is_none(object) ? PRIM_NOT_FOUND : answer(vm, call, object);
}

prim_result prim_some_instance(struct vm *vm, const prim_call *call)
{
    if (!is_behavior(call->receiver))
        return PRIM_BAD_RECEIVER;
    return answer_found(vm, call,
                        next_instance(vm, heap_first_object(vm_heap(vm)), call->receiver));
}

prim_result prim_next_instance(struct vm *vm, const prim_call *call)
{
    struct heap *heap = vm_heap(vm);
    if (oop_is_immediate(call->receiver))
        return PRIM_BAD_RECEIVER;
    oop class = heap_class_of(heap, call->receiver);
    return answer_found(vm, call, next_instance(vm, heap_next_object(heap, call->receiver), class));
}

prim_result prim_some_object(struct vm *vm, const prim_call *call)
{
    return answer_found(vm, call, heap_first_object(vm_heap(vm)));
}

/* Answers 0 after the last object. */
prim_result prim_next_object(struct vm *vm, const prim_call *call)
{
    if (oop_is_immediate(call->receiver))
        return PRIM_BAD_RECEIVER;
    oop object = heap_next_object(vm_heap(vm), call->receiver);
    return answer(vm, call, oop_is_none(object) ? oop_from_integer(0) : object);
}

static bool is_wanted(struct heap *heap, oop object, oop class)
{
    return oop_is_none(class) || oop_same(heap_class_of(heap, object), class);
}

/* All objects, or those of a class, in an Array that is not among them. */
static prim_result collect(struct vm *vm, const prim_call *call, oop class)
{
    struct heap *heap = vm_heap(vm);
    size_t count = 0;
    for (oop object = heap_first_object(heap); !oop_is_none(object);
         object = heap_next_object(heap, object))
        count += is_wanted(heap, object, class) ? 1 : 0;
    oop array = heap_allocate_array(heap, count);
    if (oop_is_none(array))
        return PRIM_NO_MEMORY;
    size_t filled = 0;
    for (oop object = heap_first_object(heap); !oop_is_none(object) && filled < count;
         object = heap_next_object(heap, object))
        if (is_wanted(heap, object, class) && !oop_same(object, array))
            heap_store(heap, array, filled++, object);
    return answer(vm, call, array);
}

prim_result prim_all_instances(struct vm *vm, const prim_call *call)
{
    if (!is_behavior(call->receiver))
        return PRIM_BAD_RECEIVER;
    return collect(vm, call, call->receiver);
}

prim_result prim_all_objects(struct vm *vm, const prim_call *call)
{
    return collect(vm, call, NO_OOP);
}

prim_result prim_points_to(struct vm *vm, const prim_call *call)
{
    oop thing = prim_argument(call, 0);
    if (oop_is_immediate(call->receiver))
        return answer_boolean(vm, call, false);
    if (oop_same(heap_class_of(vm_heap(vm), call->receiver), thing))
        return answer_boolean(vm, call, true);
    for (size_t i = 0, count = object_pointer_count(call->receiver); i < count; i++)
        if (oop_same(heap_follow(object_slot(call->receiver, i)), thing))
            return answer_boolean(vm, call, true);
    return answer_boolean(vm, call, false);
}

/* --- classes of objects -------------------------------------------------------------------------------------------------------- */

/* Whether an object as it is could be an instance of class. */
static bool shape_fits(const struct heap *heap, oop object, oop class)
{
    unsigned spec = heap_class_spec(heap, class);
    unsigned format = object_format(object);
    size_t fixed = heap_class_fixed_count(heap, class);
    if (format_is_pointers(format)) {
        if (spec > FORMAT_EPHEMERON)
            return false;
        bool indexable = spec >= FORMAT_INDEXABLE && spec <= FORMAT_WEAK;
        size_t count = object_slot_count(object);
        return indexable ? count >= fixed : count == fixed;
    }
    if (format_is_code(format) || format_is_code(spec))
        return format_is_code(format) && format_is_code(spec);
    return spec >= FORMAT_WORDS64;
}

/* The format of object among the instances of class: bits are counted anew when elements have another size. */
static bool adopted_format(const struct heap *heap, oop object, oop class, unsigned *format)
{
    unsigned spec = heap_class_spec(heap, class);
    unsigned old = object_format(object);
    *format = spec;
    if (format_is_pointers(old) || old == spec)
        return true;
    if (format_is_code(old) || format_is_bytes(old) == format_is_bytes(spec)) {
        *format = old;
        return format_is_code(old) || format_is_bytes(old) ||
               format_is_words32(old) == format_is_words32(spec);
    }
    size_t byte_size =
        format_is_bytes(old) ? object_byte_count(object) : object_slot_count(object) * 8;
    if (format_is_words32(old))
        byte_size = object_byte_count(object) * 4;
    size_t unused = object_slot_count(object) * 8 - byte_size;
    if (format_is_bytes(spec))
        *format = FORMAT_BYTES + (unsigned)unused;
    else if (format_is_words32(spec) && unused % 4 == 0)
        *format = FORMAT_WORDS32 + (unsigned)unused / 4;
    else
        return false;
    return true;
}

static prim_result change_class(struct vm *vm, const prim_call *call, oop object, oop class,
                                oop result)
{
    struct heap *heap = vm_heap(vm);
    unsigned format;
    if (oop_is_immediate(object) || !is_behavior(class))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(object))
        return PRIM_NO_MODIFICATION;
    uint32_t class_index = object_class_index(object);
    if (class_index_is_context(class_index) || class_index < CLASS_HIDDEN_LIMIT ||
        !shape_fits(heap, object, class) || !adopted_format(heap, object, class, &format))
        return PRIM_INAPPROPRIATE;
    uint32_t new_index = heap_class_index_for(heap, class);
    if (new_index == 0)
        return PRIM_NO_MEMORY;
    if (class_index_is_context(new_index))
        return PRIM_INAPPROPRIATE;
    uint64_t header = object_header(object) & ~(HEADER_CLASS_MASK | HEADER_FORMAT_MASK);
    object_set_header(object, header | new_index | (uint64_t)format << HEADER_FORMAT_SHIFT);
    heap_note_change(heap, object);
    return answer(vm, call, result);
}

/* primitiveChangeClassTo: anObject takes the class of the argument. */
prim_result prim_change_class(struct vm *vm, const prim_call *call)
{
    oop class = heap_class_of(vm_heap(vm), prim_argument(call, 0));
    return change_class(vm, call, call->receiver, class, call->receiver);
}

/* aClass adoptInstance: anObject */
prim_result prim_adopt_instance(struct vm *vm, const prim_call *call)
{
    return change_class(vm, call, prim_argument(call, 0), call->receiver, call->receiver);
}

prim_result prim_behavior_hash(struct vm *vm, const prim_call *call)
{
    if (!is_behavior(call->receiver))
        return PRIM_BAD_RECEIVER;
    uint32_t hash = heap_class_index_for(vm_heap(vm), call->receiver);
    return hash == 0 ? PRIM_NO_MEMORY : answer_integer(vm, call, hash);
}

/* Bytes that an instance takes with so many indexed elements. */
prim_result prim_size_of_instance(struct vm *vm, const prim_call *call)
{
    int64_t count = 0;
    if (!is_behavior(call->receiver))
        return PRIM_BAD_RECEIVER;
    if (call->argument_count == 1 &&
        (arg_integer(call, 0, &count) != PRIM_OK || count < 0 || count > (int64_t)1 << 48))
        return PRIM_BAD_ARGUMENT;
    unsigned spec = heap_class_spec(vm_heap(vm), call->receiver);
    size_t slots = heap_class_fixed_count(vm_heap(vm), call->receiver);
    size_t elements = (size_t)count;
    slots += (elements * format_element_size(spec) + 7) / 8;
    return answer_integer(vm, call, (int64_t)object_size_for_slots(slots));
}

prim_result prim_size_of_object(struct vm *vm, const prim_call *call)
{
    if (oop_is_immediate(call->receiver))
        return answer_integer(vm, call, 0);
    return answer_integer(vm, call, (int64_t)object_size(call->receiver));
}

prim_result prim_special_objects(struct vm *vm, const prim_call *call)
{
    return answer(vm, call, vm_heap(vm)->special_objects);
}

/* --- compiled code --------------------------------------------------------------------------------------------------------------- */

/* Index 1 is the header, then the literals. */
prim_result prim_code_object_at(struct vm *vm, const prim_call *call)
{
    size_t index;
    if (!oop_is_code(call->receiver))
        return PRIM_BAD_RECEIVER;
    prim_result result = arg_index(call, 0, 1 + code_literal_count(call->receiver), &index);
    if (result == PRIM_OK && index == 0 && vm_heap(vm)->dialect == DIALECT_V3)
        return answer_integer(vm, call, v3_code_header_from_spur(code_header(call->receiver)));
    return result == PRIM_OK ? answer(vm, call, object_slot(call->receiver, index)) : result;
}

prim_result prim_code_object_at_put(struct vm *vm, const prim_call *call)
{
    size_t index;
    oop value = prim_argument(call, 1);
    oop stored = value;
    if (!oop_is_code(call->receiver))
        return PRIM_BAD_RECEIVER;
    prim_result result = arg_index(call, 0, 1 + code_literal_count(call->receiver), &index);
    if (result != PRIM_OK)
        return result;
    if (object_is_immutable(call->receiver))
        return PRIM_NO_MODIFICATION;
    if (index == 0 && oop_is_integer(value) && vm_heap(vm)->dialect == DIALECT_V3)
        stored = oop_from_integer(v3_code_header_to_spur(oop_to_integer(value)));
    /* The header's literal count says which bytes are references: it stays as it is. */
    if (index == 0 && (!oop_is_integer(value) || (oop_to_integer(stored) & 0x7FFF) !=
                                                     (int64_t)code_literal_count(call->receiver)))
        return PRIM_BAD_ARGUMENT;
    heap_store(vm_heap(vm), call->receiver, index, stored);
    return answer(vm, call, value);
}

/* newMethod: byteCount header: header, literals nil. */
prim_result prim_new_method(struct vm *vm, const prim_call *call)
{
    struct heap *heap = vm_heap(vm);
    int64_t byte_count, header;
    if (!is_behavior(call->receiver))
        return PRIM_BAD_RECEIVER;
    /* Older images say that methods are of bytes. */
    if (heap_class_spec(heap, call->receiver) <
        (unsigned)(dialect_is_spur(heap->dialect) ? FORMAT_CODE : FORMAT_BYTES))
        return PRIM_BAD_RECEIVER;
    if (arg_integer(call, 0, &byte_count) != PRIM_OK || arg_integer(call, 1, &header) != PRIM_OK ||
        byte_count < 0 || byte_count > 1 << 28)
        return PRIM_BAD_ARGUMENT;
    if (heap->dialect == DIALECT_V3)
        header = v3_code_header_to_spur(header);
    uint32_t class_index = heap_class_index_for(heap, call->receiver);
    size_t literal_slots = 1 + ((size_t)header & 0x7FFF);
    size_t slots = literal_slots + ((size_t)byte_count + 7) / 8;
    unsigned unused = (unsigned)(-(size_t)byte_count & 7);
    oop code = heap_allocate(heap, class_index, FORMAT_CODE + unused, slots);
    if (oop_is_none(code) || class_index == 0)
        return PRIM_NO_MEMORY;
    memset(object_bytes(code), 0, slots * 8);
    object_slot_init(code, 0, oop_from_integer(header));
    for (size_t i = 1; i < literal_slots; i++)
        object_slot_init(code, i, heap->nil);
    return answer(vm, call, code);
}

/* Copies all slots of another object of the same shape into the receiver. */
prim_result prim_copy_from(struct vm *vm, const prim_call *call)
{
    oop from = prim_argument(call, 0);
    oop to = call->receiver;
    if (oop_is_immediate(to) || oop_is_immediate(from) || object_is_context(to))
        return PRIM_BAD_RECEIVER;
    if (object_format(to) != object_format(from) ||
        object_class_index(to) != object_class_index(from) ||
        object_slot_count(to) != object_slot_count(from) || format_is_code(object_format(to)))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(to))
        return PRIM_NO_MODIFICATION;
    size_t count = object_slot_count(to);
    bool pointers = format_is_pointers(object_format(to));
    for (size_t i = 0; i < count; i++) {
        if (pointers)
            heap_store(vm_heap(vm), to, i, object_slot(from, i));
        else
            object_slot_init(to, i, object_slot(from, i));
    }
    return answer_self(vm, call);
}
