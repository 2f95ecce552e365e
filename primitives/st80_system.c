/* Mouse, input, display and clocks of Smalltalk-80 without a screen; with one, gui/ takes the place of some. */
#include "primitives/st80.h"

#include "primitives/files.h"
#include "vm/base/os.h"

#include <stdlib.h>
#include <time.h>

enum { CLOCK_BYTES = 4 };

/* Where the image has put the mouse. */
struct mouse {
    oop x, y;
};

static struct mouse *mouse_of(struct vm *vm)
{
    struct mouse *mouse = vm_ensure_module_state(vm, "st80", sizeof *mouse, NULL, free);
    if (mouse != NULL && oop_is_none(mouse->x))
        mouse->x = mouse->y = oop_from_integer(0);
    return mouse;
}

prim_result prim_st80_mouse_point(struct vm *vm, const prim_call *call)
{
    const struct mouse *mouse = mouse_of(vm);
    return mouse == NULL ? PRIM_NO_C_MEMORY : answer_point(vm, call, mouse->x, mouse->y);
}

prim_result prim_st80_put_mouse(struct vm *vm, const prim_call *call)
{
    struct mouse *mouse = mouse_of(vm);
    oop point = heap_follow(prim_argument(call, 0));
    if (mouse == NULL)
        return PRIM_NO_C_MEMORY;
    if (!st80_is_a(vm, point, SPECIAL_CLASS_POINT) || !oop_has_slots(point, 2) ||
        !oop_are_integers(object_slot(point, SLOT_POINT_X), object_slot(point, SLOT_POINT_Y)))
        return PRIM_BAD_ARGUMENT;
    mouse->x = object_slot(point, SLOT_POINT_X);
    mouse->y = object_slot(point, SLOT_POINT_Y);
    return answer_self(vm, call);
}

/* The semaphore is the only external object of the world; nil, or what is no semaphore, takes it back. */
prim_result prim_st80_input_semaphore(struct vm *vm, const prim_call *call)
{
    struct heap *heap = vm_heap(vm);
    oop semaphore = heap_follow(prim_argument(call, 0));
    if (object_slot_count(heap->special_objects) <= SPECIAL_EXTERNAL_OBJECTS)
        return PRIM_UNSUPPORTED;
    if (!st80_is_a(vm, semaphore, SPECIAL_CLASS_SEMAPHORE)) {
        heap_store(heap, heap->special_objects, SPECIAL_EXTERNAL_OBJECTS, heap->nil);
        return answer_self(vm, call);
    }
    oop external = heap_allocate_array(heap, 1);
    if (oop_is_none(external))
        return PRIM_NO_MEMORY;
    heap_store(heap, external, 0, semaphore);
    heap_store(heap, heap->special_objects, SPECIAL_EXTERNAL_OBJECTS, external);
    return answer_self(vm, call);
}

prim_result prim_st80_be_display(struct vm *vm, const prim_call *call)
{
    struct heap *heap = vm_heap(vm);
    if (!oop_is_object(call->receiver) ||
        object_slot_count(heap->special_objects) <= SPECIAL_DISPLAY)
        return PRIM_BAD_RECEIVER;
    heap_store(heap, heap->special_objects, SPECIAL_DISPLAY, call->receiver);
    return answer_self(vm, call);
}

static prim_result put_clock(struct vm *vm, const prim_call *call, uint32_t clock)
{
    uint8_t *bytes;
    size_t size;
    prim_result result = arg_bytes(call, 0, &bytes, &size);
    if (result != PRIM_OK || size < CLOCK_BYTES)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(prim_argument(call, 0)))
        return PRIM_NO_MODIFICATION;
    for (size_t i = 0; i < CLOCK_BYTES; i++)
        bytes[i] = (uint8_t)(clock >> (8 * i));
    return answer_self(vm, call);
}

prim_result prim_st80_seconds_into(struct vm *vm, const prim_call *call)
{
    int64_t seconds = (int64_t)(os_utc_us() / 1000000);
    seconds += utc_offset_seconds((time_t)(seconds - SECONDS_1901_TO_1970));
    return put_clock(vm, call, (uint32_t)seconds);
}

prim_result prim_st80_milliseconds_into(struct vm *vm, const prim_call *call)
{
    return put_clock(vm, call, (uint32_t)(os_monotonic_ns() / 1000000));
}
