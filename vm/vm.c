/* Opening, running and closing a VM. */
#define _GNU_SOURCE
#include "vm/vivarium.h"

#include "vm/execution/interpreter.h"
#include "vm/execution/missing.h"
#include "vm/execution/process.h"
#include "vm/execution/send.h"
#include "vm/jit/tier.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_STACK_SIZE ((size_t)128 << 20)
/* What only starts a world and ends should not compile anything; a world that runs on should soon. vm/jit/README.md has the
 * measurements. */
enum { COMPILE_AFTER = 16, COMPILE_FIRST = 80 };

struct viv_options viv_default_options(void)
{
    struct viv_options options = {.stack_limit = DEFAULT_STACK_SIZE,
                                  .compile_after = COMPILE_AFTER,
                                  .compile_first = COMPILE_FIRST};
#ifdef VIV_STRESS
    options.stress_poll = 1;
    options.stress_full = 1000;
    options.stress_flush = 50;
    options.small_caches = true;
#endif
    return options;
}

static bool index_primitives(struct vm *vm)
{
    const struct primitive_table *table = vm->primitives;
    size_t limit = 0;
    for (size_t i = 0; table != NULL && i < table->count; i++)
        if ((size_t)table->rows[i].number >= limit)
            limit = (size_t)table->rows[i].number + 1;
    vm->numbered = calloc(limit + 1, sizeof(struct primitive *));
    vm->numbered_count = limit;
    for (size_t i = 0; vm->numbered != NULL && table != NULL && i < table->count; i++)
        if (table->rows[i].number > 0)
            vm->numbered[table->rows[i].number] = &table->rows[i];
    return vm->numbered != NULL;
}

void vm_use_numbered(struct vm *vm, const struct primitive_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct primitive *row = &table->rows[i];
        if (row->number > 0 && (size_t)row->number < vm->numbered_count)
            vm->numbered[row->number] = row;
    }
}

void vm_set_display_hook(struct vm *vm, display_hook *hook)
{
    vm->display_hook = hook;
}

void vm_form_changed(struct vm *vm, oop form, const int32_t edges[4])
{
    if (vm->display_hook != NULL && oop_same(form, heap_special_or_nil(&vm->heap, SPECIAL_DISPLAY)))
        vm->display_hook(vm, edges);
}

static bool open_tables(struct vm *vm)
{
    interpreter_fill_handlers(&vm->own_handlers);
    vm->handlers = &vm->own_handlers;
    vm->lookup_mask = vm->options.small_caches ? 0 : LOOKUP_CACHE_SIZE - 1;
    vm->lookup_cache = calloc(LOOKUP_CACHE_SIZE, sizeof *vm->lookup_cache);
    vm->block_cache = calloc(BLOCK_CACHE_SIZE, sizeof *vm->block_cache);
    return vm->lookup_cache != NULL && vm->block_cache != NULL && index_primitives(vm);
}

static void adopt_options(struct vm *vm, const char *path, const struct viv_options *options)
{
    vm->options = *options;
    vm->primitives = options->primitives;
    vm->stack_limit = options->stack_limit != 0 ? options->stack_limit : DEFAULT_STACK_SIZE;
    vm->stress =
        options->stress_poll != 0 || options->stress_full != 0 || options->stress_flush != 0;
    vm->heap_options =
        (struct heap_options){options->base_address, options->heap_limit, 0, options->end_process};
    vm->host.vm_path = options->vm_path != NULL ? options->vm_path : "viv";
    vm->host.argument_count = options->argument_count;
    vm->host.arguments = options->arguments;
    vm->image_path = strdup(path != NULL ? path : "");
    vm->host.image_path = vm->image_path;
}

void vm_prepare(struct vm *vm)
{
    const struct heap_roots roots = {vm, vm_visit_roots, vm_after_collection, vm_visit_married};
    heap_add_roots(&vm->heap, &roots);
    vm->heap.poll_word = &vm->poll_word;
    vm->heap.evacuates_often = vm->stress;
    vm->loaded_limit = vm->heap.old.limit;
    vm->answer = vm->heap.nil;
    /* Of no use where all 61 bits are meant; there it would not fit. */
    if (!dialect_is_spur(vm->heap.dialect)) {
        vm->integer_bias = (dialect_integer_max(vm->heap.dialect) + 1) * 8;
        vm->integer_span = (uint64_t)vm->integer_bias * 2;
    }
    vm->timer_semaphore = vm->heap.nil;
    oop point_class = heap_special_or_nil(&vm->heap, SPECIAL_CLASS_POINT);
    if (!oop_same(point_class, vm->heap.nil))
        vm->point_class_index = heap_class_index_for(&vm->heap, point_class);
    send_flush_all(vm);
}

static bool open_world(struct vm *vm, const char *path, struct status *status)
{
    if (vm->image_path == NULL || !open_tables(vm))
        return status_fail(status, STATUS_MEMORY, "no memory for the tables of the VM");
    if (path == NULL)
        return heap_open(&vm->heap, &vm->heap_options, status);
    if (vm->options.load_image == NULL)
        return status_fail(status, STATUS_USAGE, "no reader of images was given");
    if (!vm->options.load_image(vm, path, status))
        return false;
    vm_prepare(vm);
    if (vm->options.adapt_primitives != NULL)
        vm->options.adapt_primitives(vm);
    return process_start(vm, status);
}

struct vm *viv_open(const char *path, const struct viv_options *options, struct status *status)
{
    struct vm *vm = calloc(1, sizeof *vm);
    if (vm == NULL) {
        status_fail(status, STATUS_MEMORY, "no memory for the VM");
        return NULL;
    }
    requests_open(vm);
    adopt_options(vm, path, options);
    tier_open(vm);
    if (!open_world(vm, path, status)) {
        viv_close(vm);
        return NULL;
    }
    return vm;
}

bool vm_start(struct vm *vm, struct status *status)
{
    vm_prepare(vm);
    return process_start(vm, status);
}

bool viv_is_native(struct vm *vm)
{
    oop selector = heap_special_or_nil(&vm->heap, SPECIAL_SELECTOR_LOST_MESSAGE);
    return !oop_same(selector, vm->heap.nil);
}

void viv_set_arguments(struct vm *vm, int argument_count, char *const *arguments)
{
    vm->host.argument_count = argument_count;
    vm->host.arguments = arguments;
}

int viv_run(struct vm *vm)
{
    if (vm->stress)
        heap_request_poll(&vm->heap);
    interpreter_run(vm);
    return vm->exit_status;
}

static void close_modules(struct vm *vm)
{
    for (size_t i = vm->module_count; i > 0; i--)
        if (vm->modules[i - 1].release != NULL)
            vm->modules[i - 1].release(vm->modules[i - 1].state);
    vm->module_count = 0;
}

void viv_leave(struct vm *vm)
{
    close_modules(vm);
}

void viv_close(struct vm *vm)
{
    if (vm == NULL)
        return;
    timer_close(vm);
    close_modules(vm);
    while (vm->stacks.first != NULL)
        stack_free(vm, vm->stacks.first);
    if (vm->stacks.spare != NULL) {
        oop_list_free(&vm->stacks.spare->marks);
        free(vm->stacks.spare->start);
        free(vm->stacks.spare);
    }
    if (vm->tier.close != NULL)
        vm->tier.close(vm);
    code_table_free(&vm->codes);
    missing_free(vm);
    heap_close(&vm->heap);
    free(vm->lookup_cache);
    free(vm->block_cache);
    free((void *)vm->numbered);
    free(vm->image_path);
    requests_close(vm);
    free(vm);
}

/* A duration that so many of a hundred pauses did not exceed, to the microsecond. */
static uint64_t percentile_ns(const struct heap_pauses *pauses, uint64_t percent)
{
    uint64_t wanted = (pauses->count * percent + 99) / 100;
    uint64_t seen = 0;
    for (size_t i = 0; i < HEAP_PAUSE_BUCKETS - 1 && wanted > 0; i++) {
        seen += pauses->buckets[i];
        if (seen >= wanted)
            return (i + 1) * 1000;
    }
    return pauses->max_ns;
}

void viv_statistics(const struct vm *vm, struct viv_statistics *statistics)
{
    const struct heap_statistics *heap = &vm->heap.statistics;
    *statistics = vm->statistics;
    statistics->scavenges = heap->scavenges.count;
    statistics->scavenge_total_ns = heap->scavenges.total_ns;
    statistics->scavenge_max_ns = heap->scavenges.max_ns;
    statistics->scavenge_p99_ns = percentile_ns(&heap->scavenges, 99);
    statistics->full_collections = heap->full_collections;
    statistics->full_max_ns = heap->full.max_ns;
    statistics->cycles = heap->cycles;
    statistics->steps = heap->steps.count;
    statistics->step_total_ns = heap->steps.total_ns;
    statistics->step_max_ns = heap->steps.max_ns;
    statistics->step_p99_ns = percentile_ns(&heap->steps, 99);
    statistics->allocated_size =
        heap->allocated_size + (uint64_t)((char *)vm->heap.eden_free - (char *)vm->heap.eden.start);
    statistics->tenured_size = heap->tenured_size;
    statistics->evacuated_size = heap->evacuated_size;
    statistics->free_size = vm->heap.old.free_size;
    statistics->heap_size = heap_used_size(&vm->heap);
    statistics->code_size = vm->codes.size;
    statistics->compiled_size = tier_code_size(vm);
    statistics->stack_size = vm->stacks.size;
    statistics->table_size =
        LOOKUP_CACHE_SIZE * sizeof *vm->lookup_cache + BLOCK_CACHE_SIZE * sizeof *vm->block_cache +
        vm->codes.bucket_count * sizeof *vm->codes.buckets +
        (vm->heap.remembered.capacity + vm->heap.mark_stack.capacity + vm->heap.tenured.capacity) *
            sizeof(oop);
}

void viv_interrupt(struct vm *vm)
{
    atomic_store(&vm->requests.interrupt, true);
    requests_wake(vm);
}

void viv_print_stacks(struct vm *vm)
{
    atomic_store(&vm->requests.print_stacks, true);
    requests_wake(vm);
}

void viv_stop(struct vm *vm, int exit_status)
{
    atomic_store(&vm->requests.stop_status, exit_status);
    atomic_store(&vm->requests.stop, true);
    requests_wake(vm);
}
