#include "vm/jit/tier.h"

#include "vm/execution/process.h"
#include "vm/execution/send.h"
#include "vm/jit/stencil_table.h"

#include <stdlib.h>
#include <unistd.h>

enum { CODE_ZONE_SIZE = 16 << 20, CODE_ZONE_MIN = 16 << 10 };

static struct tier_state *state_of(struct vm *vm)
{
    return vm->tier.state;
}

static void *interpreted_entry(const struct vm *vm, const struct code *code, bool counts)
{
    return vm->handlers->entries[code_frame_entry(code, counts)];
}

/* --- opening -------------------------------------------------------------------------------------------------------------------- */

static void fill_handlers(struct vm *vm, struct tier_state *state)
{
    for (size_t i = 0; i < OP_COUNT; i++) {
        uint32_t handler = vm->handlers->words[i];
        size_t at = handler % HANDLER_TABLE_SIZE;
        while (state->handlers[at].handler != 0)
            at = (at + 1) % HANDLER_TABLE_SIZE;
        state->handlers[at] = (struct handler_entry){handler, (uint16_t)i};
    }
}

/* There is compiled code: what has been counted so far need not be counted as long any more. */
static void count_on(struct vm *vm)
{
    int32_t less = vm->tier.compile_after - vm->options.compile_after;
    for (size_t i = 0; i < vm->codes.bucket_count; i++)
        for (struct code *code = vm->codes.buckets[i]; code != NULL; code = code->next)
            code->counter = code->counter + less < -1 ? code->counter + less : -1;
    vm->tier.compile_after = vm->options.compile_after;
}

/* The file that perf reads names of code from: start and size in hexadecimal and a name, a line each. */
static void open_names(struct vm *vm, struct tier_state *state)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/perf-%ld.map", (long)getpid());
    if (vm->options.names_code)
        state->names = fopen(path, "w");
}

static void name_code(struct vm *vm, const struct code *code, uintptr_t start)
{
    struct tier_state *state = state_of(vm);
    if (state->names == NULL)
        return;
    uintptr_t limit = state->zone.executable + state->zone.used;
    fprintf(state->names, "%lx %lx ", (unsigned long)start, (unsigned long)(limit - start));
    process_print_code(state->names, vm, code->method);
    fputc('\n', state->names);
    fflush(state->names);
}

/* False: there is no zone, and nothing will ever be compiled. */
static bool make_ready(struct vm *vm)
{
    struct tier_state *state = state_of(vm);
    if (state->tables_ready)
        return state->zone.size > 0;
    state->tables_ready = true;
    size_t size = vm->options.code_zone_size == 0 ? CODE_ZONE_SIZE : vm->options.code_zone_size;
    if (size < CODE_ZONE_MIN)
        size = CODE_ZONE_MIN;
    if (!zone_open(&state->zone, (size + 4095) & ~(size_t)4095))
        return false;
    vm->tier.base = state->zone.executable;
    vm->tier.size = state->zone.size;
    fill_handlers(vm, state);
    count_on(vm);
    open_names(vm, state);
    return true;
}

/* --- compiling ------------------------------------------------------------------------------------------------------------------ */

/* Never counted again. */
static void *leave_interpreted(const struct vm *vm, struct code *code)
{
    code->counter = INT32_MIN;
    if (tier_has_entry(code))
        code->entry = interpreted_entry(vm, code, false);
    return code->entry;
}

static void *compile(struct vm *vm, struct code *code)
{
    /* The next cell that still counts, and the next loop that is still interpreted, come here at once. */
    if (code->native != NULL) {
        code->counter = -1;
        return code->entry;
    }
    bool full = false;
    if (!make_ready(vm))
        return leave_interpreted(vm, code);
    uintptr_t start = state_of(vm)->zone.executable + state_of(vm)->zone.used;
    if (tier_compile_code(vm, code, &full)) {
        code->counter = -1;
        name_code(vm, code, start);
        vm->statistics.methods_compiled++;
        return code->entry;
    }
    if (!full)
        return leave_interpreted(vm, code);
    /* Until the poll that empties the zone. */
    code->counter = -vm->options.compile_after;
    vm->tier.wants_flush = true;
    heap_request_poll(&vm->heap);
    return tier_has_entry(code) ? interpreted_entry(vm, code, false) : code->entry;
}

/* --- forgetting ------------------------------------------------------------------------------------------------------------------ */

/* Frames return into the interpreter; of a married one the return address stands in its context. */
static void redirect_frame(struct vm *vm, oop *fp)
{
    uint64_t resume = (uint64_t)(uintptr_t)vm->handlers->entries[OP_resume];
    if (vm_is_compiled_code(vm, fp[FRAME_RETURN].bits))
        fp[FRAME_RETURN].bits = resume;
    oop context = fp[FRAME_CONTEXT];
    if (oop_same(context, vm->heap.nil) || !context_is_married(context))
        return;
    oop pc = object_slot(context, SLOT_CONTEXT_PC);
    if (oop_is_integer(pc) && vm_is_compiled_code(vm, pc.bits >> 3))
        object_slot_init(context, SLOT_CONTEXT_PC, oop_from_bits(resume << 3 | TAG_INTEGER));
}

static void forget_code(struct vm *vm, struct code *code)
{
    if (code->native == NULL)
        return;
    free(code->native);
    code->native = NULL;
    code->counter = -vm->options.compile_after;
    if (tier_has_entry(code))
        code->entry = interpreted_entry(vm, code, true);
}

static void flush(struct vm *vm)
{
    vm->tier.wants_flush = false;
    for (struct stack *stack = vm->stacks.first; stack != NULL; stack = stack->next)
        for (oop *fp = stack == vm->stack ? vm->fp : stack->fp; fp != NULL; fp = frame_caller(fp))
            redirect_frame(vm, fp);
    for (size_t i = 0; i < vm->codes.bucket_count; i++)
        for (struct code *code = vm->codes.buckets[i]; code != NULL; code = code->next)
            forget_code(vm, code);
    send_flush_all(vm);
    zone_empty(&state_of(vm)->zone);
    vm->statistics.code_flushes++;
}

static void close_tier(struct vm *vm)
{
    zone_close(&state_of(vm)->zone);
    if (state_of(vm)->names != NULL)
        fclose(state_of(vm)->names);
    free(vm->tier.state);
    vm->tier = (struct tier){0};
}

size_t tier_code_size(const struct vm *vm)
{
    const struct tier_state *state = vm->tier.state;
    return state == NULL ? 0 : state->zone.used;
}

void tier_open(struct vm *vm)
{
    if (vm->options.compile_after <= 0 || vm->options.trace_bytecode != NULL || !stencils_exist())
        return;
    struct tier_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return;
    vm->tier =
        (struct tier){.compile = compile, .flush = flush, .close = close_tier, .state = state};
    vm->tier.compile_after = vm->options.compile_first > vm->options.compile_after
                                 ? vm->options.compile_first
                                 : vm->options.compile_after;
}
