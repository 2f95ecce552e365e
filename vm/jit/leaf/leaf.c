#include "vm/jit/leaf/leaf.h"

#include "vm/jit/leaf/emit.h"

#include <stdlib.h>

/* A method is compiled while its caller waits. */
enum { WORDS_MAX = 4096, METHOD_VALUES_MAX = 12000 };

const struct leaf *leaf_at(const struct leaf_list *list, int32_t pc)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].pc == pc && !list->items[i].is_frameless)
            return &list->items[i];
    return NULL;
}

const struct leaf *leaf_before_frame(const struct leaf_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].is_frameless)
            return &list->items[i];
    return NULL;
}

static void add_leaf(struct vm *vm, const struct steps *steps, struct leaf_list *list,
                     struct leaf_span *span, int32_t *values_left)
{
    struct leaf_graph graph;
    if (list->count == LEAVES_MAX || leaf_at(list, span->pc) != NULL)
        return;
    span->number = (int32_t)list->count;
    if (!leaf_graph_open(&graph, vm, steps, span, values_left))
        return;
    struct leaf leaf = {.pc = -1};
    if (leaf_emit(&graph, &leaf)) {
        list->items[list->count++] = leaf;
        vm->statistics.leaves_compiled++;
    }
    leaf_graph_close(&graph);
}

/* The pc behind the last jump back to a head. */
static int32_t end_of_loop(const struct steps *steps, int32_t head)
{
    int32_t end = -1;
    for (int32_t pc = head; pc < steps->count; pc++) {
        struct step step;
        if (!steps->reached[pc])
            continue;
        steps_read(steps, pc, &step);
        if (bytecode_is_jump(step.bytecode.operation) && step.bytecode.target == head)
            end = step.next;
    }
    return end;
}

/* Whether an instruction is a send that leaf code cannot have, by its cell. */
static bool is_call(const struct steps *steps, int32_t pc, const struct step *step)
{
    enum cell_kind kind =
        step_is_send(step) ? (enum cell_kind)steps_cell(steps, pc)->kind : CELL_EMPTY;
    return kind == CELL_MONO || kind == CELL_POLYMORPHIC || kind == CELL_MEGAMORPHIC;
}

/* Whether a method answers, or has a choice of ways, before its first call: most do not, which is soon seen. */
static bool may_answer_soon(const struct steps *steps)
{
    struct step step;
    for (int32_t pc = steps->first; pc < steps->count; pc = step.next) {
        steps_read(steps, pc, &step);
        if (bytecode_is_jump(step.bytecode.operation) ||
            bytecode_is_return(step.bytecode.operation))
            return true;
        if (is_call(steps, pc, &step))
            return false;
    }
    return false;
}

static bool has_calls(const struct steps *steps)
{
    for (int32_t pc = steps->first; pc < steps->count; pc++) {
        struct step step;
        if (!steps->reached[pc])
            continue;
        steps_read(steps, pc, &step);
        if (is_call(steps, pc, &step))
            return true;
    }
    return false;
}

/* The whole method: without a frame, if that is possible. */
static void add_whole(struct vm *vm, const struct steps *steps, struct leaf_list *list,
                      int32_t *values_left)
{
    struct leaf_span span = {
        .pc = steps->first, .low = steps->first, .high = steps->count, .is_frameless = true};
    if (may_answer_soon(steps))
        add_leaf(vm, steps, list, &span, values_left);
    span.is_frameless = false;
    if (leaf_before_frame(list) == NULL && !has_calls(steps))
        add_leaf(vm, steps, list, &span, values_left);
}

void leaf_compile_all(struct vm *vm, const struct choice *choice, struct leaf_list *list)
{
    struct steps steps;
    int32_t values_left = METHOD_VALUES_MAX;
    if (!dialect_is_spur(vm->heap.dialect) || choice->code->word_count > WORDS_MAX ||
        !steps_open(&steps, choice))
        return;
    for (int32_t pc = steps.first; pc < steps.count; pc++) {
        struct step step;
        if (!steps.reached[pc])
            continue;
        steps_read(&steps, pc, &step);
        int32_t head = (int32_t)step.bytecode.target;
        if (bytecode_is_jump(step.bytecode.operation) && head <= pc)
            add_leaf(
                vm, &steps, list,
                &(struct leaf_span){.pc = head, .low = head, .high = end_of_loop(&steps, head)},
                &values_left);
    }
    if (tier_has_entry(choice->code))
        add_whole(vm, &steps, list, &values_left);
    steps_close(&steps);
}

void leaf_list_free(struct leaf_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].bytes);
        free(list->items[i].jumps);
    }
    list->count = 0;
}
