/*
 * MiscPrimitivePlugin: the string functions that images of the ecosystem call, on byte strings, with their one-based indices
 * and their answers. The receiver plays no part: everything comes as an argument.
 */
#include "primitives/functions.h"

enum { TABLE_SIZE = 256, HASH_MASK = 0x0FFFFFFF };

/* The bytes of an argument that is used as a table for all byte values. */
static prim_result arg_table(const prim_call *call, size_t argument, uint8_t **table)
{
    size_t size;
    prim_result result = arg_bytes(call, argument, table, &size);
    return result == PRIM_OK && size < TABLE_SIZE ? PRIM_BAD_ARGUMENT : result;
}

/* A one-based start, made zero-based; starts before the first element are bad indices, those after the end are not. */
static prim_result arg_start(const prim_call *call, size_t argument, size_t *start)
{
    int64_t value;
    prim_result result = arg_integer(call, argument, &value);
    if (result == PRIM_OK && value < 1)
        return PRIM_BAD_INDEX;
    if (result == PRIM_OK)
        *start = (size_t)value - 1;
    return result;
}

/* compare: string1 with: string2 collated: order: 1 for less, 2 for equal, 3 for greater. */
prim_result prim_misc_compare_string(struct vm *vm, const prim_call *call)
{
    uint8_t *left;
    uint8_t *right;
    uint8_t *order;
    size_t left_size;
    size_t right_size;
    prim_result result = arg_bytes(call, 0, &left, &left_size);
    if (result == PRIM_OK)
        result = arg_bytes(call, 1, &right, &right_size);
    if (result == PRIM_OK)
        result = arg_table(call, 2, &order);
    if (result != PRIM_OK)
        return result;
    for (size_t i = 0; i < left_size && i < right_size; i++)
        if (order[left[i]] != order[right[i]])
            return answer_integer(vm, call, order[left[i]] < order[right[i]] ? 1 : 3);
    return answer_integer(vm, call, left_size == right_size ? 2 : left_size < right_size ? 1 : 3);
}

/* findFirstInString: string inSet: map startingAt: start: the first index whose byte the map holds non-zero for, or 0. */
prim_result prim_misc_find_first(struct vm *vm, const prim_call *call)
{
    uint8_t *bytes;
    uint8_t *map;
    size_t size;
    size_t map_size;
    size_t start;
    prim_result result = arg_bytes(call, 0, &bytes, &size);
    if (result == PRIM_OK)
        result = arg_bytes(call, 1, &map, &map_size);
    if (result == PRIM_OK)
        result = arg_start(call, 2, &start);
    if (result != PRIM_OK)
        return result;
    if (map_size != TABLE_SIZE)
        return answer_integer(vm, call, 0);
    for (size_t i = start; i < size; i++)
        if (map[bytes[i]] != 0)
            return answer_integer(vm, call, (int64_t)i + 1);
    return answer_integer(vm, call, 0);
}

static bool matches(const uint8_t *key, const uint8_t *place, size_t size, const uint8_t *table)
{
    for (size_t i = 0; i < size; i++)
        if (table[key[i]] != table[place[i]])
            return false;
    return true;
}

/* findSubstring: key in: body startingAt: start matchTable: table: the first index where the key stands, or 0. */
prim_result prim_misc_find_substring(struct vm *vm, const prim_call *call)
{
    uint8_t *key;
    uint8_t *body;
    uint8_t *table;
    size_t key_size;
    size_t body_size;
    int64_t start;
    prim_result result = arg_bytes(call, 0, &key, &key_size);
    if (result == PRIM_OK)
        result = arg_bytes(call, 1, &body, &body_size);
    if (result == PRIM_OK)
        result = arg_integer(call, 2, &start);
    if (result == PRIM_OK)
        result = arg_table(call, 3, &table);
    if (result != PRIM_OK)
        return result;
    if (key_size == 0 || key_size > body_size)
        return answer_integer(vm, call, 0);
    for (size_t i = start < 1 ? 0 : (size_t)start - 1; i <= body_size - key_size; i++)
        if (matches(key, body + i, key_size, table))
            return answer_integer(vm, call, (int64_t)i + 1);
    return answer_integer(vm, call, 0);
}

/* indexOfAscii: code inString: string startingAt: start: the first index of the byte, or 0. */
prim_result prim_misc_index_of_ascii(struct vm *vm, const prim_call *call)
{
    uint8_t *bytes;
    size_t size;
    size_t start;
    int64_t code;
    prim_result result = arg_integer(call, 0, &code);
    if (result == PRIM_OK)
        result = arg_bytes(call, 1, &bytes, &size);
    if (result == PRIM_OK)
        result = arg_start(call, 2, &start);
    if (result != PRIM_OK)
        return result;
    if (code < 0 || code > UINT8_MAX || start >= size)
        return answer_integer(vm, call, 0);
    const uint8_t *found = memchr(bytes + start, (int)code, size - start);
    return answer_integer(vm, call, found == NULL ? 0 : (int64_t)(found - bytes) + 1);
}

/* One step of the hash: times 1664525, in 28 bits. */
static uint32_t hash_multiply(uint32_t hash)
{
    return (uint32_t)(hash * (uint64_t)1664525) & HASH_MASK;
}

/* stringHash: string initialHash: species: every byte is added, and the sum multiplied. */
prim_result prim_misc_string_hash(struct vm *vm, const prim_call *call)
{
    uint8_t *bytes;
    size_t size;
    int64_t initial;
    prim_result result = arg_bytes(call, 0, &bytes, &size);
    if (result == PRIM_OK)
        result = arg_integer(call, 1, &initial);
    if (result != PRIM_OK)
        return result;
    uint32_t hash = (uint32_t)initial & HASH_MASK;
    for (size_t i = 0; i < size; i++)
        hash = hash_multiply(hash + bytes[i]);
    return answer_integer(vm, call, hash);
}

/* translate: string from: start to: stop table: table, in place. */
prim_result prim_misc_translate(struct vm *vm, const prim_call *call)
{
    uint8_t *bytes;
    uint8_t *table;
    size_t size;
    int64_t start;
    int64_t stop;
    prim_result result = arg_bytes(call, 0, &bytes, &size);
    if (result == PRIM_OK)
        result = arg_integer(call, 1, &start);
    if (result == PRIM_OK)
        result = arg_integer(call, 2, &stop);
    if (result == PRIM_OK)
        result = arg_table(call, 3, &table);
    if (result != PRIM_OK)
        return result;
    if (start < 1 || stop > (int64_t)size)
        return PRIM_BAD_INDEX;
    if (object_is_immutable(prim_argument(call, 0)))
        return PRIM_NO_MODIFICATION;
    for (int64_t i = start - 1; i < stop; i++)
        bytes[i] = table[bytes[i]];
    return answer_self(vm, call);
}

/* compareWith: other, or compareWith: other collated: order, receiver and argument bytes: negative, zero or positive. */
prim_result prim_compare_with(struct vm *vm, const prim_call *call)
{
    uint8_t *right;
    uint8_t *order = NULL;
    size_t right_size;
    if (call->argument_count < 1 || call->argument_count > 2)
        return PRIM_BAD_ARGUMENT_COUNT;
    if (!oop_is_bytes(call->receiver))
        return PRIM_BAD_RECEIVER;
    prim_result result = arg_bytes(call, 0, &right, &right_size);
    if (result == PRIM_OK && call->argument_count == 2)
        result = arg_table(call, 1, &order);
    if (result != PRIM_OK)
        return result;
    const uint8_t *left = object_bytes(call->receiver);
    size_t left_size = object_byte_count(call->receiver);
    for (size_t i = 0; i < left_size && i < right_size; i++) {
        int difference = order == NULL ? left[i] - right[i] : order[left[i]] - order[right[i]];
        if (difference != 0)
            return answer_integer(vm, call, difference);
    }
    return answer_integer(vm, call, (int64_t)left_size - (int64_t)right_size);
}
