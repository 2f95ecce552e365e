/*
 * Integers between objects and limbs: operands seen in place, scratch limbs for results, results as new objects. Shared by
 * the primitives of integers and floats. Objects stay where they are during a primitive, so operands are not copied.
 */
#ifndef VIV_PRIMITIVES_INTEGER_OPERANDS_H
#define VIV_PRIMITIVES_INTEGER_OPERANDS_H

#include "primitives/big.h"
#include "vm/primitive.h"

enum { LIMB_ROOM_FIXED = 64 };

struct integer_operand {
    struct big value; /* may point at limb: an operand is not copied */
    mp_limb_t limb;
};

/* Scratch limbs: on the C stack while they are few. */
struct limb_room {
    mp_limb_t *limbs;
    mp_limb_t fixed[LIMB_ROOM_FIXED];
};

/* False when value is no integer, or has garbage in the bytes after its digits (then the Smalltalk code reads it). */
bool integer_operand(oop value, struct integer_operand *operand) VIV_MUST_USE;

/* PRIM_NO_MEMORY when the heap could never hold an integer of that many limbs, PRIM_NO_C_MEMORY when there is no scratch. */
prim_result limb_room_open(struct heap *heap, struct limb_room *room, size_t count) VIV_MUST_USE;
void limb_room_close(struct limb_room *room);

/* Answers the integer, normalised. */
prim_result answer_big(struct vm *vm, const prim_call *call, struct big value) VIV_MUST_USE;
/* The same as an object; NO_OOP when there is no memory. */
oop integer_from_big(struct heap *heap, struct big value);

/* Receiver and first argument; PRIM_BAD_RECEIVER, PRIM_BAD_ARGUMENT when one is no integer. */
prim_result two_integer_operands(const prim_call *call, struct integer_operand *receiver,
                                 struct integer_operand *argument) VIV_MUST_USE;

#endif
