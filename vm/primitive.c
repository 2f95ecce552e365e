/* The services of vm/primitive.h. */
#include "vm/primitive.h"

#include "vm/execution/process.h"

#include <stdlib.h>

size_t vm_context_count(struct vm *vm, oop context)
{
    return context_stack_count(vm, context);
}

oop vm_context_at(struct vm *vm, oop context, size_t index)
{
    return context_fetch(vm, context, SLOT_CONTEXT_FRAME + index);
}

void vm_context_put(struct vm *vm, oop context, size_t index, oop value)
{
    context_store(vm, context, SLOT_CONTEXT_FRAME + index, value);
}

struct heap *vm_heap(struct vm *vm)
{
    return &vm->heap;
}

const struct heap_options *vm_heap_options(struct vm *vm)
{
    return &vm->heap_options;
}

prim_result answer(struct vm *vm, const prim_call *call, oop value)
{
    (void)call;
    vm->answer = value;
    return PRIM_OK;
}

prim_result answer_new(struct vm *vm, const prim_call *call, oop value)
{
    return oop_is_none(value) ? PRIM_NO_MEMORY : answer(vm, call, value);
}

prim_result answer_boolean(struct vm *vm, const prim_call *call, bool value)
{
    return answer(vm, call, heap_boolean(&vm->heap, value));
}

prim_result answer_integer(struct vm *vm, const prim_call *call, int64_t value)
{
    return answer_new(vm, call, heap_integer(&vm->heap, value));
}

prim_result answer_float(struct vm *vm, const prim_call *call, double value)
{
    return answer_new(vm, call, heap_float(&vm->heap, value));
}

prim_result answer_point(struct vm *vm, const prim_call *call, oop x, oop y)
{
    struct heap *heap = &vm->heap;
    oop class = heap_special_or_nil(heap, SPECIAL_CLASS_POINT);
    if (oop_same(class, heap->nil))
        return PRIM_UNSUPPORTED;
    uint32_t index = heap_class_index_for(heap, class);
    oop point = index == 0 ? NO_OOP : heap_allocate_pointers(heap, index, FORMAT_FIXED, 2);
    if (oop_is_none(point))
        return PRIM_NO_MEMORY;
    object_slot_init(point, SLOT_POINT_X, x);
    object_slot_init(point, SLOT_POINT_Y, y);
    return answer(vm, call, point);
}

prim_result answer_pair(struct vm *vm, const prim_call *call, oop first, oop second)
{
    bool refused = oop_is_none(first) || oop_is_none(second);
    oop pair = refused ? NO_OOP : heap_allocate_array(&vm->heap, 2);
    if (oop_is_none(pair))
        return PRIM_NO_MEMORY;
    object_slot_init(pair, 0, first);
    object_slot_init(pair, 1, second);
    return answer(vm, call, pair);
}

prim_result answer_string(struct vm *vm, const prim_call *call, const char *bytes, size_t size)
{
    return answer_new(vm, call, heap_allocate_string(&vm->heap, bytes, size));
}

prim_result answer_nil(struct vm *vm, const prim_call *call)
{
    return answer(vm, call, vm->heap.nil);
}

prim_result answer_self(struct vm *vm, const prim_call *call)
{
    return answer(vm, call, call->receiver);
}

prim_result fail_with_os_error(struct vm *vm, int error_number)
{
    vm->failure_os_error = error_number;
    return PRIM_OPERATING_SYSTEM_ERROR;
}

/* --- arguments ---------------------------------------------------------------------------------------------------------------- */

prim_result arg_integer(const prim_call *call, size_t argument, int64_t *value)
{
    oop integer = prim_argument(call, argument);
    if (!oop_is_integer(integer))
        return PRIM_BAD_ARGUMENT;
    *value = oop_to_integer(integer);
    return PRIM_OK;
}

bool oop_is_large_integer(oop value)
{
    if (!oop_is_object(value))
        return false;
    uint32_t class_index = object_class_index(value);
    return (class_index == CLASS_LARGE_POSITIVE_INTEGER ||
            class_index == CLASS_LARGE_NEGATIVE_INTEGER) &&
           format_is_bytes(object_format(value));
}

/* The magnitude of a LargeInteger, when it fits in 64 bits. */
static bool large_magnitude(oop value, uint64_t *magnitude)
{
    size_t count = object_byte_count(value);
    const uint8_t *bytes = object_bytes(value);
    while (count > 0 && bytes[count - 1] == 0)
        count--;
    if (count > 8)
        return false;
    *magnitude = 0;
    for (size_t i = count; i > 0; i--)
        *magnitude = *magnitude << 8 | bytes[i - 1];
    return true;
}

bool oop_as_int64(struct vm *vm, oop value, int64_t *result)
{
    (void)vm;
    uint64_t magnitude;
    if (oop_is_integer(value)) {
        *result = oop_to_integer(value);
        return true;
    }
    if (!oop_is_large_integer(value) || !large_magnitude(value, &magnitude))
        return false;
    bool negative = object_class_index(value) == CLASS_LARGE_NEGATIVE_INTEGER;
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *result = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

bool oop_as_uint64(struct vm *vm, oop value, uint64_t *result)
{
    (void)vm;
    if (oop_is_integer(value)) {
        *result = (uint64_t)oop_to_integer(value);
        return oop_to_integer(value) >= 0;
    }
    return oop_is_large_integer(value) &&
           object_class_index(value) == CLASS_LARGE_POSITIVE_INTEGER &&
           large_magnitude(value, result);
}

prim_result arg_int64(struct vm *vm, const prim_call *call, size_t argument, int64_t *value)
{
    return oop_as_int64(vm, prim_argument(call, argument), value) ? PRIM_OK : PRIM_BAD_ARGUMENT;
}

prim_result arg_uint64(struct vm *vm, const prim_call *call, size_t argument, uint64_t *value)
{
    return oop_as_uint64(vm, prim_argument(call, argument), value) ? PRIM_OK : PRIM_BAD_ARGUMENT;
}

prim_result arg_boolean(struct vm *vm, const prim_call *call, size_t argument, bool *value)
{
    oop object = prim_argument(call, argument);
    *value = oop_same(object, vm->heap.true_object);
    return *value || oop_same(object, vm->heap.false_object) ? PRIM_OK : PRIM_BAD_ARGUMENT;
}

prim_result arg_index(const prim_call *call, size_t argument, size_t limit, size_t *index)
{
    oop one_based = prim_argument(call, argument);
    if (!oop_is_integer(one_based))
        return PRIM_BAD_ARGUMENT;
    int64_t value = oop_to_integer(one_based);
    if (value < 1 || (uint64_t)value > limit)
        return PRIM_BAD_INDEX;
    *index = (size_t)value - 1;
    return PRIM_OK;
}

bool oop_as_float(struct vm *vm, oop value, double *result)
{
    (void)vm;
    if (oop_is_float(value)) {
        *result = oop_to_float(value);
        return true;
    }
    if (oop_is_integer(value)) {
        *result = (double)oop_to_integer(value);
        return true;
    }
    if (!oop_is_object(value) || object_class_index(value) != CLASS_BOXED_FLOAT ||
        object_slot_count(value) < 1)
        return false;
    memcpy(result, object_bytes(value), sizeof *result);
    return true;
}

bool oop_is_bytes(oop value)
{
    return oop_is_object(value) && format_is_bytes(object_format(value));
}

bool oop_as_words(oop value, uint32_t **words, size_t *count)
{
    if (!oop_is_object(value) || !format_is_words32(object_format(value)))
        return false;
    *words = (uint32_t *)(void *)object_bytes(value);
    *count = object_byte_count(value);
    return true;
}

prim_result arg_bytes(const prim_call *call, size_t argument, uint8_t **bytes, size_t *size)
{
    oop value = prim_argument(call, argument);
    if (!oop_is_bytes(value))
        return PRIM_BAD_ARGUMENT;
    *bytes = object_bytes(value);
    *size = object_byte_count(value);
    return PRIM_OK;
}

static size_t encode_utf8(uint32_t code_point, char *out)
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xC0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 63));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xE0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 63));
        out[2] = (char)(0x80 | (code_point & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | (code_point >> 18 & 7));
    out[1] = (char)(0x80 | (code_point >> 12 & 63));
    out[2] = (char)(0x80 | (code_point >> 6 & 63));
    out[3] = (char)(0x80 | (code_point & 63));
    return 4;
}

static prim_result wide_c_string(oop value, char **string)
{
    size_t count = format_element_count(object_format(value), object_slot_count(value));
    char *copy = malloc(4 * count + 1);
    if (copy == NULL)
        return PRIM_NO_C_MEMORY;
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t code_point;
        memcpy(&code_point, object_bytes(value) + 4 * i, sizeof code_point);
        if (code_point == 0 || code_point > 0x10FFFF) {
            free(copy);
            return PRIM_BAD_ARGUMENT;
        }
        size += encode_utf8(code_point, copy + size);
    }
    copy[size] = '\0';
    *string = copy;
    return PRIM_OK;
}

prim_result arg_c_string(struct vm *vm, const prim_call *call, size_t argument, char **string)
{
    (void)vm;
    oop value = prim_argument(call, argument);
    if (oop_is_object(value) && format_is_words32(object_format(value)))
        return wide_c_string(value, string);
    if (!oop_is_bytes(value))
        return PRIM_BAD_ARGUMENT;
    size_t size = object_byte_count(value);
    if (memchr(object_bytes(value), 0, size) != NULL)
        return PRIM_BAD_ARGUMENT;
    char *copy = malloc(size + 1);
    if (copy == NULL)
        return PRIM_NO_C_MEMORY;
    memcpy(copy, object_bytes(value), size);
    copy[size] = '\0';
    *string = copy;
    return PRIM_OK;
}

/* --- the VM -------------------------------------------------------------------------------------------------------------------- */

void *vm_module_state(struct vm *vm, const char *module)
{
    for (size_t i = 0; i < vm->module_count; i++)
        if (strcmp(vm->modules[i].module, module) == 0)
            return vm->modules[i].state;
    return NULL;
}

bool vm_set_module_state(struct vm *vm, const char *module, void *state,
                         void (*release)(void *state))
{
    for (size_t i = 0; i < vm->module_count; i++)
        if (strcmp(vm->modules[i].module, module) == 0) {
            vm->modules[i].state = state;
            vm->modules[i].release = release;
            return true;
        }
    if (vm->module_count == MODULE_STATES_MAX)
        return false;
    vm->modules[vm->module_count++] = (struct module_state){module, state, release};
    return true;
}

void *vm_ensure_module_state(struct vm *vm, const char *module, size_t size,
                             bool (*open)(void *state), void (*release)(void *state))
{
    void *state = vm_module_state(vm, module);
    if (state != NULL)
        return state;
    state = calloc(1, size);
    if (state == NULL && heap_give_up_reserve(&vm->heap))
        state = calloc(1, size);
    if (state == NULL)
        return NULL;
    if ((open == NULL || open(state)) && vm_set_module_state(vm, module, state, release))
        return state;
    free(state);
    return NULL;
}

const struct vm_host_arguments *vm_host_arguments(struct vm *vm)
{
    return &vm->host;
}

bool vm_set_image_path(struct vm *vm, const char *path)
{
    char *copy = strdup(path);
    if (copy == NULL)
        return false;
    free(vm->image_path);
    vm->image_path = copy;
    vm->host.image_path = copy;
    return true;
}

void vm_set_image_flags(struct vm *vm, uint64_t flags)
{
    vm->preempted_goes_first = (flags & 16) != 0;
}

const char *vm_save_failure(const struct vm *vm)
{
    return vm->save_failure;
}

void vm_request_exit(struct vm *vm, int status)
{
    atomic_store(&vm->requests.stop_status, status);
    atomic_store(&vm->requests.stop, true);
    heap_request_poll(&vm->heap);
}
