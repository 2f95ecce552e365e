/* The program around the image: names, attributes, parameters, quitting. */
#include "primitives/functions.h"

#include "primitives/table.h"
#include "vm/vivarium.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#ifndef VIV_VERSION
#error "VIV_VERSION is the version of the program, a string"
#endif

static prim_result answer_c_string(struct vm *vm, const prim_call *call, const char *string)
{
    return answer_string(vm, call, string, strlen(string));
}

/* Without an argument the name of the image; with one, that becomes its name. */
prim_result prim_image_name(struct vm *vm, const prim_call *call)
{
    if (call->argument_count == 0)
        return answer_c_string(vm, call, vm_host_arguments(vm)->image_path);
    if (call->argument_count > 1)
        return PRIM_BAD_ARGUMENT_COUNT;
    char *path;
    prim_result result = arg_c_string(vm, call, 0, &path);
    if (result != PRIM_OK)
        return result;
    bool set = path[0] != 0 && vm_set_image_path(vm, path);
    result = set ? answer_self(vm, call) : path[0] == 0 ? PRIM_BAD_ARGUMENT : PRIM_NO_C_MEMORY;
    free(path);
    return result;
}

/* The folder of the program, with a slash at its end. */
prim_result prim_vm_path(struct vm *vm, const prim_call *call)
{
    const char *path = vm_host_arguments(vm)->vm_path;
    const char *slash = strrchr(path, '/');
    return slash == NULL ? answer_string(vm, call, "./", 2)
                         : answer_string(vm, call, path, (size_t)(slash - path) + 1);
}

static const char processor[] =
#if defined(__x86_64__)
    "x86_64";
#elif defined(__aarch64__)
    "aarch64";
#elif defined(__riscv)
    "riscv64";
#else
    "unknown";
#endif

/* What the attributes above 1000 say of program and system; NULL for one that does not exist. */
static const char *describe_system(int64_t index, struct utsname *names)
{
    switch (index) {
    case 1001:
        return "unix";
    case 1002:
        return uname(names) == 0 ? names->release : NULL;
    case 1003:
        return processor;
    case 1004:
        return "Vivarium " VIV_VERSION;
    case 1005:
        return "none";
    case 1006:
        return VIV_VERSION;
    case 1007:
        return "Vivarium interpreter " VIV_VERSION;
    case 1009:
        return "Vivarium primitives " VIV_VERSION;
    default:
        return NULL;
    }
}

prim_result prim_system_attribute(struct vm *vm, const prim_call *call)
{
    const struct vm_host_arguments *host = vm_host_arguments(vm);
    struct utsname names;
    int64_t index;
    prim_result result = arg_integer(call, 0, &index);
    if (result != PRIM_OK)
        return result;
    const char *attribute = NULL;
    if (index == 0)
        attribute = host->vm_path;
    else if (index == 1)
        attribute = host->image_path;
    else if (index >= 2 && index - 2 < host->argument_count)
        attribute = host->arguments[index - 2];
    else
        attribute = describe_system(index, &names);
    return attribute == NULL ? PRIM_NOT_FOUND : answer_c_string(vm, call, attribute);
}

prim_result prim_bytes_left(struct vm *vm, const prim_call *call)
{
    const struct heap *heap = vm_heap(vm);
    size_t used = heap_old_used_size(heap);
    size_t left = used < heap->size_limit ? heap->size_limit - used : 0;
    return answer_integer(vm, call, (int64_t)left);
}

/* Ends the program; the argument, if there is one, is its exit status. */
prim_result prim_quit(struct vm *vm, const prim_call *call)
{
    int64_t status = 0;
    if (call->argument_count > 1)
        return PRIM_BAD_ARGUMENT_COUNT;
    if (call->argument_count == 1 && !oop_same(prim_argument(call, 0), vm_heap(vm)->nil)) {
        prim_result result = arg_integer(call, 0, &status);
        if (result != PRIM_OK)
            return result;
    }
    vm_request_exit(vm, (int)(status & 0xFF));
    return answer_self(vm, call);
}

prim_result prim_exit_to_debugger(struct vm *vm, const prim_call *call)
{
    viv_print_stacks(vm);
    vm_request_exit(vm, 1);
    return answer_self(vm, call);
}

/* Puts a Semaphore, or nil, where the VM looks for it; other objects take it away too, as elsewhere. */
static prim_result set_semaphore(struct vm *vm, const prim_call *call, enum special_object place)
{
    struct heap *heap = vm_heap(vm);
    oop semaphore = prim_argument(call, 0);
    bool fits = oop_is_object(semaphore) && !object_is_forwarder(semaphore) &&
                oop_same(heap_class_of(heap, semaphore),
                         heap_special_or_nil(heap, SPECIAL_CLASS_SEMAPHORE));
    if ((size_t)place >= object_slot_count(heap->special_objects))
        return PRIM_UNSUPPORTED;
    heap_store(heap, heap->special_objects, (size_t)place, fits ? semaphore : heap->nil);
    return answer_self(vm, call);
}

prim_result prim_low_space_semaphore(struct vm *vm, const prim_call *call)
{
    return set_semaphore(vm, call, SPECIAL_LOW_SPACE_SEMAPHORE);
}

prim_result prim_interrupt_semaphore(struct vm *vm, const prim_call *call)
{
    return set_semaphore(vm, call, SPECIAL_INTERRUPT_SEMAPHORE);
}

/* Wishes that mean nothing here, and plain "do nothing". */
prim_result prim_accept(struct vm *vm, const prim_call *call)
{
    return answer_self(vm, call);
}

/* Old space grows by itself; what is answered is whether it could by so many bytes. */
prim_result prim_grow_memory(struct vm *vm, const prim_call *call)
{
    const struct heap *heap = vm_heap(vm);
    uint64_t size;
    prim_result result = arg_uint64(vm, call, 0, &size);
    if (result != PRIM_OK)
        return result;
    size_t used = heap_old_used_size(heap);
    if (used > heap->size_limit || size > heap->size_limit - used)
        return PRIM_NO_MEMORY;
    return answer_integer(vm, call, (int64_t)size);
}

static bool is_first_of_module(const struct primitive_table *table, size_t row)
{
    const char *module = table->rows[row].module;
    for (size_t i = 0; module != NULL && i < row; i++)
        if (table->rows[i].module != NULL && strcmp(table->rows[i].module, module) == 0)
            return false;
    return module != NULL;
}

/* The name of the module of primitives at a one-based index, in the order of the table; nil past the last. */
prim_result prim_list_module(struct vm *vm, const prim_call *call)
{
    const struct primitive_table *table = viv_standard_primitives();
    int64_t index;
    prim_result result = arg_integer(call, 0, &index);
    if (result != PRIM_OK)
        return result;
    if (index < 1)
        return PRIM_BAD_INDEX;
    for (size_t i = 0; i < table->count; i++)
        if (is_first_of_module(table, i) && --index == 0)
            return answer_c_string(vm, call, table->rows[i].module);
    return answer_nil(vm, call);
}

/* Name, unit, description and number of each in turn. The argument tells whether pauses are counted anew. */
prim_result prim_statistics(struct vm *vm, const prim_call *call)
{
    enum { TEXTS = 3, PARTS };
    static const char *const rows[][TEXTS] = {
#define STATISTIC(field, name, unit, description) {name, UNIT_##unit, description},
#define UNIT_COUNT ""
#define UNIT_SIZE "bytes"
#define UNIT_DURATION "ns"
#include "vm/base/statistics.def"
#undef STATISTIC
    };
    struct heap *heap = vm_heap(vm);
    struct viv_statistics statistics;
    viv_statistics(vm, &statistics);
    const uint64_t *numbers = (const uint64_t *)(const void *)&statistics;
    size_t count = sizeof rows / sizeof rows[0];
    oop all = heap_allocate_array(heap, PARTS * count);
    for (size_t i = 0; i < PARTS * count && !oop_is_none(all); i++) {
        const char *text = i % PARTS < TEXTS ? rows[i / PARTS][i % PARTS] : NULL;
        oop part = text == NULL ? heap_unsigned(heap, numbers[i / PARTS])
                                : heap_allocate_string(heap, text, strlen(text));
        if (oop_is_none(part))
            return PRIM_NO_MEMORY;
        heap_store(heap, all, i, part);
    }
    if (oop_is_none(all))
        return PRIM_NO_MEMORY;
    if (oop_same(prim_argument(call, 0), heap->true_object))
        heap_forget_pauses(heap);
    return answer(vm, call, all);
}

/* Durations of one step differ by an eighth at most; there are eight steps from one to its double. */
static size_t step_of_duration(size_t microseconds)
{
    size_t step = 0;
    for (; microseconds >= 16; microseconds /= 2)
        step += 8;
    return step + microseconds;
}

static uint64_t greatest(uint64_t one, uint64_t other)
{
    return one > other ? one : other;
}

/*
 * How long pauses for collecting garbage took, of all kinds: nanoseconds, and how many took no longer but longer than those
 * of the step before, in turn, from short to long. What the heap counts together as too long is told as its longest.
 */
prim_result prim_pauses(struct vm *vm, const prim_call *call)
{
    enum { STEPS = 80 };
    _Static_assert(HEAP_PAUSE_BUCKETS == 4096, "the last bucket is of the last step");
    struct heap *heap = vm_heap(vm);
    const struct heap_statistics *statistics = &heap->statistics;
    uint64_t counts[STEPS] = {0};
    uint64_t limits[STEPS] = {0};
    for (size_t i = 0; i < HEAP_PAUSE_BUCKETS; i++) {
        size_t step = step_of_duration(i);
        counts[step] += (uint64_t)statistics->scavenges.buckets[i] + statistics->steps.buckets[i] +
                        statistics->full.buckets[i];
        limits[step] = (i + 1) * 1000;
    }
    limits[STEPS - 1] = greatest(
        limits[STEPS - 1], greatest(statistics->scavenges.max_ns,
                                    greatest(statistics->steps.max_ns, statistics->full.max_ns)));
    size_t used = 0;
    for (size_t i = 0; i < STEPS; i++)
        used += counts[i] > 0;
    oop all = heap_allocate_array(heap, 2 * used);
    if (oop_is_none(all))
        return PRIM_NO_MEMORY;
    for (size_t i = 0, place = 0; i < STEPS; i++) {
        if (counts[i] == 0)
            continue;
        heap_store(heap, all, place++, oop_from_integer((int64_t)limits[i]));
        heap_store(heap, all, place++, oop_from_integer((int64_t)counts[i]));
    }
    return answer(vm, call, all);
}

prim_result prim_no_module(struct vm *vm, const prim_call *call)
{
    (void)vm;
    (void)call;
    return PRIM_NOT_FOUND;
}

/* --- parameters ------------------------------------------------------------------------------------------------------- */

enum {
    PARAMETER_COUNT = 76,
    PARAMETER_HEAP_LIMIT = 67,
    IMAGE_FORMAT = 68021,
    FEATURE_MULTIPLE_BYTECODE_SETS = 1,
    FEATURE_READ_ONLY_OBJECTS = 2
};

static int64_t milliseconds(uint64_t nanoseconds)
{
    return (int64_t)(nanoseconds / 1000000);
}

/* What a parameter says, by the numbers of the ecosystem; -1 for one that has no meaning here. */
static int64_t parameter(struct vm *vm, int64_t index)
{
    const struct heap *heap = vm_heap(vm);
    const struct heap_statistics *statistics = &heap->statistics;
    struct viv_statistics run;
    switch (index) {
    case 1: /* sizes of old space, young space, both */
        return (int64_t)((uint8_t *)heap->old.limit - (uint8_t *)heap->old.base);
    case 2:
        return (int64_t)heap->young_mapping_size;
    case 3:
        return parameter(vm, 1) + parameter(vm, 2);
    case 7:
        return (int64_t)statistics->full_collections;
    case 8:
        return milliseconds(statistics->full.total_ns + statistics->steps.total_ns);
    case 9:
        return (int64_t)statistics->scavenges.count;
    case 10:
        return milliseconds(statistics->scavenges.total_ns);
    case 11:
        return (int64_t)statistics->tenured_size;
    case 21:
        return (int64_t)heap->remembered.count;
    case 40: /* bytes of a word */
        return (int64_t)sizeof(oop);
    case 41:
        return IMAGE_FORMAT;
    case 44:
        return (int64_t)((uint8_t *)heap->eden.limit - (uint8_t *)heap->eden.start);
    case 53: /* segments */
        return 1;
    case 54:
        return (int64_t)heap->old.free_size;
    case 56:
        viv_statistics(vm, &run);
        return (int64_t)run.process_switches;
    case 65:
        return FEATURE_MULTIPLE_BYTECODE_SETS | FEATURE_READ_ONLY_OBJECTS;
    case PARAMETER_HEAP_LIMIT:
        return (int64_t)heap->size_limit;
    default:
        return -1;
    }
}

/* Settings of other memory managers, which images adjust at their start. They are accepted and change nothing. */
static bool is_foreign_setting(int64_t index)
{
    static const uint8_t settings[] = {5,  6,  17, 22, 23, 24, 25, 26, 43,
                                       45, 47, 48, 49, 55, 61, 68, 74};
    return memchr(settings, (int)index, sizeof settings) != NULL;
}

static prim_result answer_all_parameters(struct vm *vm, const prim_call *call)
{
    struct heap *heap = vm_heap(vm);
    oop all = heap_allocate_array(heap, PARAMETER_COUNT);
    if (oop_is_none(all))
        return PRIM_NO_MEMORY;
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        int64_t value = parameter(vm, (int64_t)i + 1);
        if (value >= 0)
            heap_store(heap, all, i, oop_from_integer(value));
    }
    return answer(vm, call, all);
}

/* Changes a parameter and answers what it was. Only the heap's limit can be changed, and not below what is in use. */
static prim_result change_parameter(struct vm *vm, const prim_call *call, int64_t index)
{
    struct heap *heap = vm_heap(vm);
    int64_t before = parameter(vm, index);
    if (is_foreign_setting(index))
        return answer_integer(vm, call, before < 0 ? 0 : before);
    if (index != PARAMETER_HEAP_LIMIT)
        return PRIM_BAD_INDEX;
    int64_t limit;
    prim_result result = arg_int64(vm, call, 1, &limit);
    if (result != PRIM_OK)
        return result;
    size_t reserved = (size_t)((uint8_t *)heap->old.reserve_limit - (uint8_t *)heap->old.base);
    if (limit < 0 || (size_t)limit < heap_old_used_size(heap) || (size_t)limit > reserved)
        return PRIM_BAD_ARGUMENT;
    heap->size_limit = (size_t)limit;
    return answer_integer(vm, call, before);
}

prim_result prim_vm_parameter(struct vm *vm, const prim_call *call)
{
    int64_t index;
    if (call->argument_count == 0)
        return answer_all_parameters(vm, call);
    if (call->argument_count > 2)
        return PRIM_BAD_ARGUMENT_COUNT;
    prim_result result = arg_integer(call, 0, &index);
    if (result != PRIM_OK)
        return result;
    if (index < 1 || index > PARAMETER_COUNT)
        return PRIM_BAD_INDEX;
    if (call->argument_count == 2)
        return change_parameter(vm, call, index);
    int64_t value = parameter(vm, index);
    if (value < 0)
        return is_foreign_setting(index) ? answer_integer(vm, call, 0) : answer_nil(vm, call);
    return answer_integer(vm, call, value);
}
