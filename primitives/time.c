/* Clocks: seconds and microseconds since 1901, UTC or local, and the offset between the two. */
#include "primitives/functions.h"

#include "primitives/files.h"
#include "vm/base/os.h"

#include <time.h>

#define MILLISECOND_CLOCK_MASK 0x1FFFFFFF

static int64_t local_us(void)
{
    int64_t utc_us = (int64_t)os_utc_us();
    time_t moment = (time_t)(utc_us / 1000000 - SECONDS_1901_TO_1970);
    return utc_us + utc_offset_seconds(moment) * 1000000;
}

static int64_t utc_offset_now(void)
{
    return utc_offset_seconds(time(NULL));
}

prim_result prim_millisecond_clock(struct vm *vm, const prim_call *call)
{
    return answer_integer(vm, call,
                          (int64_t)(os_monotonic_ns() / 1000000) & MILLISECOND_CLOCK_MASK);
}

prim_result prim_seconds_clock(struct vm *vm, const prim_call *call)
{
    return answer_integer(vm, call, local_us() / 1000000);
}

prim_result prim_utc_microseconds(struct vm *vm, const prim_call *call)
{
    return answer_integer(vm, call, (int64_t)os_utc_us());
}

prim_result prim_monotonic_microseconds(struct vm *vm, const prim_call *call)
{
    return answer_integer(vm, call, (int64_t)(os_monotonic_ns() / 1000));
}

prim_result prim_local_microseconds(struct vm *vm, const prim_call *call)
{
    return answer_integer(vm, call, local_us());
}

prim_result prim_update_time_zone(struct vm *vm, const prim_call *call)
{
    tzset();
    return answer_self(vm, call);
}

/* Without an argument a new Array of UTC microseconds and offset; with one, its first two slots are filled. */
prim_result prim_utc_with_offset(struct vm *vm, const prim_call *call)
{
    struct heap *heap = vm_heap(vm);
    if (call->argument_count > 1)
        return PRIM_BAD_ARGUMENT_COUNT;
    oop pair;
    if (call->argument_count == 1) {
        pair = prim_argument(call, 0);
        if (!oop_has_slots(pair, 2))
            return PRIM_BAD_ARGUMENT;
        if (object_is_immutable(pair))
            return PRIM_NO_MODIFICATION;
    } else {
        pair = heap_allocate_array(heap, 2);
        if (oop_is_none(pair))
            return PRIM_NO_MEMORY;
    }
    heap_store(heap, pair, 0, oop_from_integer((int64_t)os_utc_us()));
    heap_store(heap, pair, 1, oop_from_integer(utc_offset_now()));
    return answer(vm, call, pair);
}

prim_result prim_utc_offset(struct vm *vm, const prim_call *call)
{
    return answer_integer(vm, call, utc_offset_now());
}

prim_result prim_time_zone_offset(struct vm *vm, const prim_call *call)
{
    return answer_integer(vm, call, utc_offset_now() / 60);
}
