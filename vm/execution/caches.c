/* Lookup caches, the block cache and the roots that code holds: kept true when methods change and when objects move. */
#include "vm/execution/send.h"

static void empty_lookup_caches(struct vm *vm)
{
    for (size_t i = 0; i <= vm->lookup_mask; i++)
        vm->lookup_cache[i] = (ic_cell){0, CELL_EMPTY, 0, 0, NULL, {NULL}, vm->heap.nil};
    /* No closure has this for its code, as one may have nil. */
    for (size_t i = 0; i < BLOCK_CACHE_SIZE; i++)
        vm->block_cache[i] = (struct block_cache_entry){NO_OOP, NULL};
}

static bool any_cell(void *context, const ic_cell *cell)
{
    (void)context;
    (void)cell;
    return true;
}

void send_flush_all(struct vm *vm)
{
    empty_lookup_caches(vm);
    code_table_reset_cells(&vm->codes, any_cell, NULL, vm->handlers);
}

/* What a shortcut takes for granted may depend on any selector. */
static bool is_shortcut(const ic_cell *cell)
{
    bool found = (cell->flags & CELL_SHORTCUT) != 0;
    if (cell->kind == CELL_POLYMORPHIC)
        for (size_t i = 0; i < cell->u.polymorphic->count; i++)
            found = found || (cell->u.polymorphic->cells[i].flags & CELL_SHORTCUT) != 0;
    return found;
}

static bool has_selector(void *context, const ic_cell *cell)
{
    return is_shortcut(cell) || oop_same(heap_follow(cell->selector), *(oop *)context);
}

void send_flush_selector(struct vm *vm, oop selector)
{
    empty_lookup_caches(vm);
    code_table_reset_cells(&vm->codes, has_selector, &selector, vm->handlers);
}

void send_flush_method(struct vm *vm, oop method)
{
    /* Cells of getters and constants no longer know their method, so all are emptied. */
    (void)method;
    send_flush_all(vm);
}

static bool has_dead_class(void *context, const ic_cell *cell)
{
    const struct heap *heap = context;
    if (cell->kind == CELL_POLYMORPHIC) {
        for (size_t i = 0; i < cell->u.polymorphic->count; i++)
            if (oop_same(heap_class_at(heap, cell->u.polymorphic->cells[i].tag), heap->nil))
                return true;
        return false;
    }
    return cell->tag != 0 && cell->tag != CELL_TAG_NEVER &&
           oop_same(heap_class_at(heap, cell->tag), heap->nil);
}

/* --- what the collector calls ------------------------------------------------------------------------------------------------- */

struct cell_visit {
    struct heap *heap;
    heap_visit_fn *visitor;
};

static void visit_cell(void *context, ic_cell *cell)
{
    struct cell_visit *visit = context;
    visit->visitor(visit->heap, &cell->selector);
    if (cell->kind == CELL_POLYMORPHIC)
        for (size_t i = 0; i < cell->u.polymorphic->count; i++)
            visit->visitor(visit->heap, &cell->u.polymorphic->cells[i].selector);
}

static void visit_live_stack(struct stack *stack, struct heap *heap, heap_visit_fn *visitor)
{
    stack->visited = true;
    stack_visit(stack, heap, visitor);
}

/* Whether a context of one of the frames is known to live. */
static bool has_live_context(const struct stack *stack, const struct heap *heap)
{
    for (oop *fp = stack->fp; fp != NULL; fp = frame_caller(fp))
        if (!oop_same(fp[FRAME_CONTEXT], heap->nil) && heap_is_marked(heap, fp[FRAME_CONTEXT]))
            return true;
    return false;
}

/*
 * Cells are visited at a scavenge only while some of their selectors are young. While marking, of the stacks only the running
 * one is a root: another lives as long as a context married to one of its frames does. At the end of a cycle that is asked anew,
 * since processes have gone on.
 */
void vm_visit_roots(void *context, struct heap *heap, heap_visit_fn *visitor)
{
    struct vm *vm = context;
    struct cell_visit visit = {heap, visitor};
    visitor(heap, &vm->answer);
    visitor(heap, &vm->timer_semaphore);
    if (heap->phase != HEAP_SCAVENGING || vm->codes.has_young)
        code_table_each_cell(&vm->codes, visit_cell, &visit);
    if (heap->phase != HEAP_MARKING && heap->phase != HEAP_MARKING_MORE) {
        stack_visit_all(vm, visitor);
        return;
    }
    for (struct stack *stack = vm->stacks.first; stack != NULL; stack = stack->next)
        stack->visited = false;
    if (vm->stack != NULL) {
        vm->stack->sp = vm->sp;
        vm->stack->fp = vm->fp;
        visit_live_stack(vm->stack, heap, visitor);
    }
    for (struct stack *stack = vm->stacks.first; stack != NULL && heap->phase == HEAP_MARKING_MORE;
         stack = stack->next)
        if (!stack->visited && has_live_context(stack, heap))
            visit_live_stack(stack, heap, visitor);
}

void vm_visit_married(void *vm, struct heap *heap, oop context, heap_visit_fn *visitor)
{
    struct stack *stack = context_stack(context);
    (void)vm;
    if (!stack->visited)
        visit_live_stack(stack, heap, visitor);
}

static void free_unvisited_stacks(struct vm *vm)
{
    struct stack *next;
    for (struct stack *stack = vm->stacks.first; stack != NULL; stack = next) {
        next = stack->next;
        if (!stack->visited)
            stack_free(vm, stack);
    }
    vm->stacks.collect_at_size = vm->stacks.size;
}

void vm_after_collection(void *context, struct heap *heap)
{
    struct vm *vm = context;
    if (heap->phase == HEAP_SCAVENGING && !vm->codes.has_young)
        return;
    if (heap->phase == HEAP_MARKING)
        free_unvisited_stacks(vm);
    code_table_update(&vm->codes, heap);
    if (heap->phase == HEAP_MARKING)
        code_table_reset_cells(&vm->codes, has_dead_class, heap, vm->handlers);
    empty_lookup_caches(vm);
}
