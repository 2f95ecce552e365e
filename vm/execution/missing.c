#include "vm/execution/missing.h"

#include "vm/code/verify.h"
#include "vm/execution/send.h"
#include "vm/vivarium.h"

#include <stdlib.h>

/* Fails for everybody: what it stands for is Smalltalk code of a simulator (spur-format, section 13). */
enum { PRIMITIVE_SIMULATION_GUARD = 19, NAMED_PRIMITIVE = 117 };

static void copy_name(char name[VIV_PRIMITIVE_NAME_SIZE], oop value)
{
    size_t size = 0;
    if (oop_is_bytes(value)) {
        size = object_byte_count(value);
        if (size >= VIV_PRIMITIVE_NAME_SIZE)
            size = VIV_PRIMITIVE_NAME_SIZE - 1;
        memcpy(name, object_bytes(value), size);
    }
    name[size] = '\0';
}

static void describe(const struct vm *vm, struct viv_missing_primitive *missing, oop method)
{
    struct bytecode first;
    enum dialect dialect = vm->heap.dialect;
    int64_t header = code_header(method);
    bool whole = bytecode_decode(bytecode_set_of(dialect, header), object_bytes(method),
                                 code_first_pc(header), object_byte_count(method), &first);
    *missing = (struct viv_missing_primitive){.number = whole ? (unsigned)first.index : 0};
    if (!dialect_is_spur(dialect))
        missing->number = (unsigned)(header >> CODE_HEADER_PRIMITIVE_SHIFT) & 0xFFFF;
    if (missing->number != NAMED_PRIMITIVE || code_literal_count(method) == 0)
        return;
    oop call = heap_follow(object_slot(method, 1));
    if (!oop_has_slots(call, 2))
        return;
    copy_name(missing->module, heap_follow(object_slot(call, 0)));
    copy_name(missing->name, heap_follow(object_slot(call, 1)));
}

static bool is_same(const struct viv_missing_primitive *a, const struct viv_missing_primitive *b)
{
    return a->number == b->number && strcmp(a->module, b->module) == 0 &&
           strcmp(a->name, b->name) == 0;
}

/* The place where calls of the primitive are counted; NULL when there is no memory for one more. */
static struct viv_missing_primitive *find_or_add(struct vm *vm,
                                                 const struct viv_missing_primitive *wanted)
{
    for (size_t i = 0; i < vm->missing_count; i++)
        if (is_same(&vm->missing[i], wanted))
            return &vm->missing[i];
    if ((vm->missing_count & (vm->missing_count - 1)) == 0) {
        size_t room = vm->missing_count == 0 ? 1 : vm->missing_count * 2;
        struct viv_missing_primitive *grown = realloc(vm->missing, room * sizeof *grown);
        if (grown == NULL)
            return NULL;
        vm->missing = grown;
    }
    vm->missing[vm->missing_count] = *wanted;
    return &vm->missing[vm->missing_count++];
}

static prim_result note_call(struct vm *vm, const prim_call *call)
{
    struct viv_missing_primitive missing;
    describe(vm, &missing, call->method);
    struct viv_missing_primitive *place = find_or_add(vm, &missing);
    if (place != NULL)
        place->calls++;
    return PRIM_FAILED;
}

const struct primitive *missing_find_primitive(void *context, oop method, unsigned number)
{
    static const struct primitive counted = {
        .name = "", .argument_count = -1, .function = note_call, .usage = "", .sentence = ""};
    struct vm *vm = context;
    const struct primitive *row = send_find_primitive(vm, method, number);
    int64_t arguments = code_header(method) >> CODE_HEADER_ARGUMENT_SHIFT & 15;
    bool fits = row != NULL && (row->argument_count < 0 || row->argument_count == arguments);
    if (fits || !vm->options.count_missing || number == PRIMITIVE_SIMULATION_GUARD)
        return row;
    return &counted;
}

static int compare_calls(const void *a, const void *b)
{
    const struct viv_missing_primitive *left = a;
    const struct viv_missing_primitive *right = b;
    if (left->calls != right->calls)
        return left->calls < right->calls ? 1 : -1;
    if (left->number != right->number)
        return left->number < right->number ? -1 : 1;
    return strcmp(left->name, right->name);
}

const struct viv_missing_primitive *viv_missing_primitives(struct vm *vm, size_t *count)
{
    *count = vm->missing_count;
    if (vm->missing_count > 0)
        qsort(vm->missing, vm->missing_count, sizeof *vm->missing, compare_calls);
    return vm->missing;
}

void missing_free(struct vm *vm)
{
    free(vm->missing);
}
