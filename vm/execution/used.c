/* Which objects of the image running has looked at: what code tells, without any note being taken while it runs. */
#include "vm/execution/send.h"

#include <stdlib.h>

struct use {
    struct vm *vm;
    uint32_t symbol_class;
    void (*visit)(void *context, oop object);
    void *context;
};

static void visit_object(const struct use *use, oop value)
{
    oop object = heap_follow(value);
    if (oop_is_object(object))
        use->visit(use->context, object);
}

/* A class and those above it, each with its methods by name: a lookup has gone up there. The only instance of a metaclass was the
 * receiver. */
static void visit_classes(const struct use *use, oop class)
{
    oop nil = use->vm->heap.nil;
    oop instance = metaclass_instance(class);
    if (!oop_is_none(instance))
        visit_object(use, instance);
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

static void visit_cell(const struct use *use, const ic_cell *cell)
{
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
    visit_object(use, array);
    for (size_t i = 0; i < object_slot_count(array); i++)
        visit_object(use, object_slot(array, i));
}

/* A cell knows the index of a class, and where that stands is looked up. */
static void visit_class_table(const struct use *use)
{
    oop hidden_roots = use->vm->heap.hidden_roots;
    for (size_t i = 0; i < HIDDEN_CLASS_PAGES; i++)
        if (!oop_same(object_slot(hidden_roots, i), use->vm->heap.nil))
            visit_object(use, object_slot(hidden_roots, i));
}

/* What has more slots is a table: of it a few places are looked at, if any. What is longer is a text, and not compared with words. */
enum { FEW_SLOTS = 100, SHORT_STRING = 16, PART_DEPTH = 4 };

/* An object that code names, and what it consists of: who pushes it sends to it, and that asks its parts. */
static void visit_parts(const struct use *use, oop value, unsigned depth)
{
    oop object = heap_follow(value);
    if (depth == 0 || !oop_is_object(object))
        return;
    bool is_short =
        format_is_bytes(object_format(object)) && object_byte_count(object) <= SHORT_STRING;
    /* Of a block the header is read when it is pushed. */
    if (is_short || format_is_code(object_format(object)))
        visit_object(use, object);
    if (!format_is_pointers(object_format(object)) || object_slot_count(object) > FEW_SLOTS)
        return;
    visit_object(use, object);
    for (size_t i = 0; i < object_slot_count(object); i++)
        visit_parts(use, object_slot(object, i), depth - 1);
}

/* What code can push. Selectors are looked at when they are sent, and then cells know them; but module and name of a primitive, which
 * stand in the first literal, are compared. The last literal tells methods from blocks; what a method has before it is of no use to who
 * runs it. */
static void visit_literals(const struct use *use, oop method)
{
    size_t count = code_literal_count(method);
    oop last = count == 0 ? NO_OOP : heap_follow(object_slot(method, count));
    bool is_block =
        !oop_is_none(last) && oop_is_object(last) && format_is_code(object_format(last));
    for (size_t i = 1; i + (is_block ? 1 : 2) <= count; i++) {
        oop literal = heap_follow(object_slot(method, i));
        if (!oop_is_object(literal) || object_class_index(literal) == use->symbol_class)
            continue;
        if (i == 1 && object_class_index(literal) == CLASS_ARRAY)
            visit_elements(use, literal);
        visit_parts(use, literal, PART_DEPTH);
    }
    if (!oop_is_none(last))
        visit_object(use, last);
}

/* Cells that have met many classes do not know them any more; those of the methods that were found are among them. */
static void visit_own_class(const struct use *use, oop method)
{
    size_t count = code_literal_count(method);
    oop binding = count == 0 ? NO_OOP : heap_follow(object_slot(method, count));
    if (!oop_has_slots(binding, SLOT_ASSOCIATION_VALUE + 1))
        return;
    oop class = heap_follow(object_slot(binding, SLOT_ASSOCIATION_VALUE));
    if (oop_has_slots(class, SLOT_BEHAVIOR_FORMAT + 1))
        visit_classes(use, class);
}

static void visit_code(struct use *use, const struct code *code)
{
    visit_own_class(use, code->method);
    visit_object(use, code->method);
    visit_literals(use, code->method);
    for (size_t i = 0; code->home == NULL && i < code->cell_count; i++)
        visit_cell(use, &code->cells[i]);
}

static int compare_codes(const void *left, const void *right)
{
    const struct code *const *a = left;
    const struct code *const *b = right;
    return ((*a)->number > (*b)->number) - ((*a)->number < (*b)->number);
}

/* All code in the order in which it was made; NULL without memory. */
static struct code **sorted_codes(const struct code_table *table)
{
    size_t count = 0;
    struct code **codes = malloc((table->count + 1) * sizeof(struct code *));
    for (size_t i = 0; codes != NULL && i < table->bucket_count; i++)
        for (struct code *code = table->buckets[i]; code != NULL; code = code->next)
            codes[count++] = code;
    if (codes != NULL)
        qsort(codes, count, sizeof(struct code *), compare_codes);
    return codes;
}

bool vm_visit_used(struct vm *vm, void (*visit)(void *context, oop object), void *context)
{
    oop selectors = heap_follow(heap_special(&vm->heap, SPECIAL_SPECIAL_SELECTORS));
    struct use use = {vm, object_class_index(object_slot(selectors, 0)), visit, context};
    struct code **codes = sorted_codes(&vm->codes);
    if (codes == NULL)
        return false;
    visit_elements(&use, vm->heap.special_objects);
    visit_elements(&use, selectors);
    visit_class_table(&use);
    for (size_t i = 0; i < vm->codes.count; i++)
        visit_code(&use, codes[i]);
    free(codes);
    return true;
}
