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

prim_result st80_answer_positive(struct vm *vm, const prim_call *call, uint64_t value)
{
    if (value <= ST80_INTEGER_MAX)
        return answer(vm, call, oop_from_integer((int64_t)value));
    size_t size = 2;
    while (size < sizeof value && value >> (8 * size) != 0)
        size++;
    oop integer = heap_allocate_bytes(vm_heap(vm), CLASS_LARGE_POSITIVE_INTEGER, size);
    if (oop_is_none(integer))
        return PRIM_NO_MEMORY;
    for (size_t i = 0; i < size; i++)
        object_bytes(integer)[i] = (uint8_t)(value >> (8 * i));
    return answer(vm, call, integer);
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

bool st80_character_at(struct vm *vm, unsigned byte, oop *character)
{
    oop table_of_all = heap_follow(heap_special_or_nil(vm_heap(vm), SPECIAL_CHARACTER_TABLE));
    if (!oop_has_slots(table_of_all, (size_t)byte + 1))
        return false;
    *character = heap_follow(object_slot(table_of_all, byte));
    return true;
}

bool st80_character_value(struct vm *vm, oop character, uint8_t *byte)
{
    character = heap_follow(character);
    if (!st80_is_a(vm, character, SPECIAL_CLASS_CHARACTER) || !oop_has_slots(character, 1))
        return false;
    oop value = object_slot(character, 0);
    if (!oop_is_integer(value) || oop_to_integer(value) < 0 || oop_to_integer(value) > UINT8_MAX)
        return false;
    *byte = (uint8_t)oop_to_integer(value);
    return true;
}

bool st80_class_shape(oop class, size_t *fixed, unsigned *spec)
{
    if (!oop_has_slots(class, SLOT_BEHAVIOR_FORMAT + 1) ||
        !oop_is_integer(object_slot(class, SLOT_BEHAVIOR_FORMAT)))
        return false;
    int64_t format = oop_to_integer(object_slot(class, SLOT_BEHAVIOR_FORMAT));
    *fixed = dialect_class_fixed_count(DIALECT_ST80, format);
    *spec = dialect_class_spec(DIALECT_ST80, format);
    return true;
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
