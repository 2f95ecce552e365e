/* What inline-cache cells come to hold: one class, several, or the sign that there are too many. */
#include "vm/execution/send.h"

#include <stdlib.h>

/* Whether a variable can be found in its object without a look: a context's slots may be in a frame, and in older dialects instances
 * may lack variables. */
static bool variable_is_in_object(const struct vm *vm, uint32_t tag, uint64_t index)
{
    if (class_index_is_context(tag))
        return false;
    if (dialect_is_spur(vm->heap.dialect))
        return true;
    oop class = heap_class_at(&vm->heap, tag);
    unsigned spec = heap_class_spec(&vm->heap, class);
    return format_is_pointers(spec) && index < heap_class_fixed_count(&vm->heap, class);
}

void cell_describe(struct vm *vm, ic_cell *cell, uint32_t tag, struct code *code)
{
    cell->tag = tag;
    cell->kind = code->entry_kind;
    cell->entry = code->entry;
    cell->u.target = code;
    if (code->entry_kind == CELL_GETTER || code->entry_kind == CELL_SETTER ||
        code->entry_kind == CELL_CONSTANT)
        cell->u.value = code->entry_value;
    bool of_variable = code->entry_kind == CELL_GETTER || code->entry_kind == CELL_SETTER;
    if (of_variable && !variable_is_in_object(vm, tag, code->entry_value)) {
        cell->kind = CELL_MONO;
        cell->entry = vm->handlers->entries[OP_enter];
        cell->u.target = code;
    }
}

static void widen_to_polymorphic(struct vm *vm, ic_cell *cell, const ic_cell *second)
{
    /* What is not there has the tag 0, which no class has: compiled code looks at all. */
    struct polymorphic *polymorphic = calloc(1, sizeof *polymorphic);
    if (polymorphic == NULL)
        return;
    polymorphic->count = 2;
    polymorphic->cells[0] = *cell;
    polymorphic->cells[1] = *second;
    vm->codes.cells_changed++;
    cell->kind = CELL_POLYMORPHIC;
    cell->tag = CELL_TAG_NEVER;
    cell->entry = vm->handlers->entries[OP_leave];
    cell->u.polymorphic = polymorphic;
}

void cell_extend(struct vm *vm, ic_cell *cell, const ic_cell *found)
{
    if (cell->kind == CELL_EMPTY) {
        cell->tag = found->tag;
        cell->kind = found->kind;
        cell->entry = found->entry;
        cell->flags = found->flags;
        cell->u = found->u;
    } else if (cell->kind == CELL_POLYMORPHIC) {
        struct polymorphic *polymorphic = cell->u.polymorphic;
        if (polymorphic->count < POLYMORPHIC_MAX) {
            polymorphic->cells[polymorphic->count++] = *found;
        } else {
            free(polymorphic);
            cell->u.polymorphic = NULL;
            cell->kind = CELL_MEGAMORPHIC;
            cell->tag = CELL_TAG_NEVER;
        }
    } else if (cell->kind != CELL_MEGAMORPHIC) {
        widen_to_polymorphic(vm, cell, found);
    }
}
