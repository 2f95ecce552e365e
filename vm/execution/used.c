/* Which objects of the image running has looked at: what code tells, without any note being taken while it runs. */
#include "vm/execution/send.h"

struct use {
    struct vm *vm;
    void (*visit)(void *context, oop object);
    void *context;
};

static void visit_object(const struct use *use, oop value)
{
    oop object = heap_follow(value);
    if (oop_is_object(object))
        use->visit(use->context, object);
}

/* A class and those above it, each with its methods by name: a lookup has gone up there. */
static void visit_classes(const struct use *use, oop class)
{
    oop nil = use->vm->heap.nil;
    for (size_t depth = 0; depth < 100 && !oop_same(class, nil); depth++) {
        oop dictionary = heap_follow(object_slot(class, SLOT_BEHAVIOR_METHOD_DICTIONARY));
        visit_object(use, class);
        visit_object(use, dictionary);
        if (object_slot_count(dictionary) > SLOT_METHOD_DICTIONARY_VALUES)
            visit_object(use, object_slot(dictionary, SLOT_METHOD_DICTIONARY_VALUES));
        class = heap_follow(object_slot(class, SLOT_BEHAVIOR_SUPERCLASS));
    }
}

static void visit_tag(const struct use *use, uint32_t tag)
{
    if (tag != 0 && tag != CELL_TAG_NEVER)
        visit_classes(use, heap_class_at(&use->vm->heap, tag));
}

static void visit_cell(void *context, ic_cell *cell)
{
    const struct use *use = context;
    if (cell->kind == CELL_EMPTY)
        return;
    /* A dictionary is searched by the hash of the selector. */
    visit_object(use, cell->selector);
    if (cell->kind != CELL_POLYMORPHIC) {
        visit_tag(use, cell->tag);
        return;
    }
    for (size_t i = 0; i < cell->u.polymorphic->count; i++)
        visit_tag(use, cell->u.polymorphic->cells[i].tag);
}

static void visit_elements(const struct use *use, oop array)
{
    for (size_t i = 0; i < object_slot_count(array); i++)
        visit_object(use, object_slot(array, i));
}

/* Strings among the literals are hardly ever looked into, selectors only when they are sent; but module and name of a primitive, which
 * stand in the first literal, are compared. */
static void visit_literals(const struct use *use, oop method)
{
    for (size_t i = 1; i <= code_literal_count(method); i++) {
        oop literal = heap_follow(object_slot(method, i));
        if (!oop_is_object(literal) || format_is_bytes(object_format(literal)))
            continue;
        visit_object(use, literal);
        if (i == 1 && object_class_index(literal) == CLASS_ARRAY)
            visit_elements(use, literal);
    }
}

void vm_visit_used(struct vm *vm, void (*visit)(void *context, oop object), void *context)
{
    struct use use = {vm, visit, context};
    visit_object(&use, vm->heap.special_objects);
    visit_elements(&use, vm->heap.special_objects);
    for (size_t i = 0; i < vm->codes.bucket_count; i++)
        for (struct code *code = vm->codes.buckets[i]; code != NULL; code = code->next) {
            visit_object(&use, code->method);
            visit_literals(&use, code->method);
        }
    code_table_each_cell(&vm->codes, visit_cell, &use);
}
