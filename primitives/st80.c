#include "primitives/st80.h"

#include "vm/execution/control.h"

static const struct primitive rows[] = {
#define PRIM(number, function, argument_count, usage, sentence)                                    \
    {(number), NULL, #function, (argument_count), function, NULL, (usage), (sentence)},
#define CONTROL(number, function, argument_count, usage, sentence)                                 \
    {(number), NULL, #function, (argument_count), NULL, function, (usage), (sentence)},
#include "primitives/st80.def"
#undef PRIM
#undef CONTROL
};

static const struct primitive_table table = {rows, sizeof rows / sizeof rows[0]};

const struct primitive_table *st80_primitive_table(void)
{
    return &table;
}

bool st80_as_word(oop value, int64_t *word)
{
    if (oop_is_integer(value)) {
        *word = oop_to_integer(value);
        return *word >= 0 && *word <= ST80_WORD_MAX;
    }
    if (!oop_is_large_integer(value) || object_byte_count(value) != 2 ||
        object_class_index(value) != CLASS_LARGE_POSITIVE_INTEGER)
        return false;
    const uint8_t *bytes = object_bytes(value);
    *word = bytes[0] | bytes[1] << 8;
    return true;
}

prim_result st80_answer_small(struct vm *vm, const prim_call *call, int64_t value)
{
    return st80_integer_fits(value) ? answer(vm, call, oop_from_integer(value)) : PRIM_FAILED;
}

bool st80_is_a(struct vm *vm, oop object, enum special_object class)
{
    struct heap *heap = vm_heap(vm);
    return oop_is_object(object) &&
           oop_same(heap_class_of(heap, object), heap_follow(heap_special_or_nil(heap, class)));
}

bool st80_character_value(struct vm *vm, oop character, uint8_t *byte)
{
    int64_t code = heap_character_code(vm_heap(vm), heap_follow(character));
    *byte = (uint8_t)code;
    return code >= 0 && code <= UINT8_MAX;
}

bool st80_is_class(oop object)
{
    return oop_has_slots(object, SLOT_BEHAVIOR_FORMAT + 1) &&
           oop_is_integer(object_slot(object, SLOT_BEHAVIOR_FORMAT));
}

prim_result prim_st80_fail(struct vm *vm, const prim_call *call)
{
    (void)vm;
    (void)call;
    return PRIM_UNSUPPORTED;
}

prim_result prim_st80_accept(struct vm *vm, const prim_call *call)
{
    return answer_self(vm, call);
}
