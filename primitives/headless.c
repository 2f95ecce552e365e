/*
 * The screen, mouse, keyboard and bell of a VM without a window system: a desk at which nobody sits. Any depth is shown to nobody, the
 * mouse rests in the corner, no key is pressed; so images made elsewhere start, work and run their tests without a display. There
 * is no clipboard: they keep what was cut themselves.
 */
#include "primitives/functions.h"

enum { EVENT_SLOTS = 8, SCREEN_WIDTH = 1024, SCREEN_HEIGHT = 768 };

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

/* 1, 2, 4, 8, 16 and 32 bits, with the leftmost pixel in the highest bits or, below zero, in the lowest. */
prim_result prim_headless_supports_depth(struct vm *vm, const prim_call *call)
{
    int64_t depth;
    if (arg_integer(call, 0, &depth) != PRIM_OK)
        return PRIM_BAD_ARGUMENT;
    if (depth < 0 && depth >= -32)
        depth = -depth;
    return answer_boolean(vm, call, depth >= 1 && depth <= 32 && (depth & (depth - 1)) == 0);
}

prim_result prim_headless_size(struct vm *vm, const prim_call *call)
{
    return answer_point(vm, call, oop_from_integer(SCREEN_WIDTH), oop_from_integer(SCREEN_HEIGHT));
}

prim_result prim_headless_mouse_point(struct vm *vm, const prim_call *call)
{
    return answer_point(vm, call, oop_from_integer(0), oop_from_integer(0));
}

prim_result prim_headless_no_buttons(struct vm *vm, const prim_call *call)
{
    return answer_integer(vm, call, 0);
}

/* What is asked for is not the case. */
prim_result prim_headless_no(struct vm *vm, const prim_call *call)
{
    return answer_boolean(vm, call, false);
}

prim_result prim_headless_no_key(struct vm *vm, const prim_call *call)
{
    return answer_nil(vm, call);
}
