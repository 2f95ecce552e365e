/*
 * The screen, mouse, keyboard, bell and clipboard of a VM without a window system: what images ask at their start is answered
 * so that they go on, what cannot be answered fails.
 */
#include "primitives/functions.h"

enum { EVENT_SLOTS = 8 };

/* Events never come: the event buffer says "none". */
prim_result prim_next_event(struct vm *vm, const prim_call *call)
{
    oop buffer = prim_argument(call, 0);
    if (!oop_has_slots(buffer, EVENT_SLOTS))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(buffer))
        return PRIM_NO_MODIFICATION;
    for (size_t i = 0; i < EVENT_SLOTS; i++)
        object_slot_init(buffer, i, oop_from_integer(0));
    return answer_self(vm, call);
}

/* Wishes about a screen that is not there. */
prim_result prim_headless_accept(struct vm *vm, const prim_call *call)
{
    return answer_self(vm, call);
}

prim_result prim_headless_refuse(struct vm *vm, const prim_call *call)
{
    (void)vm;
    (void)call;
    return PRIM_UNSUPPORTED;
}

prim_result prim_headless_no(struct vm *vm, const prim_call *call)
{
    return answer_boolean(vm, call, false);
}
