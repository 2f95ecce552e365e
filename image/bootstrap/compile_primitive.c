#include "image/bootstrap/compile_primitive.h"

#include "image/bootstrap/compiler.h"
#include "image/bootstrap/image_tables.h"
#include "vm/base/utf8.h"
#include "vm/object/known.h"

/* Slots of classes that the VM itself does not read (image/packages/README.md). */
enum { SLOT_INSTANCE_VARIABLES = 3, SLOT_CLASS_POOL = 7, SLOT_SHARED_POOLS = 8, TABLE_ARRAY = 1 };

struct evaluation {
    struct object_maker maker;
    struct heap *heap;
    oop class;
    oop base; /* the class whose class variables are seen: of a metaclass its only instance */
    oop workspace;
    oop smalltalk;
    oop symbol_set;
    bool is_doit;
    struct list missing_symbols; /* of struct text */
    struct list new_variables;   /* of struct text */
};

/* --- looking into the image -------------------------------------------------------------------------------------------- */

static bool is_nil(const struct evaluation *evaluation, oop value)
{
    return oop_same(value, evaluation->heap->nil);
}

static bool is_array(oop value)
{
    return oop_is_object(value) && object_class_index(value) == CLASS_ARRAY;
}

/* The array of a hashed collection; NO_OOP for anything else. */
static oop table_array(oop table)
{
    if (!oop_is_object(table) || !format_is_pointers(object_format(table)) ||
        object_slot_count(table) <= TABLE_ARRAY || !is_array(object_slot(table, TABLE_ARRAY)))
        return NO_OOP;
    return object_slot(table, TABLE_ARRAY);
}

static bool is_association(oop value)
{
    return oop_is_object(value) && format_is_pointers(object_format(value)) &&
           object_slot_count(value) > SLOT_ASSOCIATION_VALUE;
}

/* An Association by the characters of its key, wherever it stands. */
static oop find_by_name(oop dictionary, struct text name)
{
    oop array = table_array(dictionary);
    if (oop_is_none(array))
        return NO_OOP;
    for (size_t i = 0; i < object_slot_count(array); i++) {
        oop association = heap_follow(object_slot(array, i));
        if (is_association(association) &&
            image_string_is(object_slot(association, SLOT_ASSOCIATION_KEY), name))
            return association;
    }
    return NO_OOP;
}

static oop find_symbol(const struct evaluation *evaluation, struct text name)
{
    return image_symbol_find(evaluation->heap, evaluation->symbol_set, name);
}

static oop find_global(const struct evaluation *evaluation, struct text name)
{
    oop symbol = find_symbol(evaluation, name);
    return oop_is_none(symbol) ? NO_OOP
                               : image_dictionary_find(evaluation->heap, evaluation->smalltalk,
                                                       HASH_BY_IDENTITY, symbol);
}

/* Symbol's class variable SymbolTable, found without symbols. */
static bool find_symbol_set(struct evaluation *evaluation)
{
    oop binding = find_by_name(evaluation->smalltalk, text_from("Symbol"));
    if (oop_is_none(binding))
        return false;
    oop class = object_slot(binding, SLOT_ASSOCIATION_VALUE);
    if (!oop_is_object(class) || object_slot_count(class) <= SLOT_CLASS_POOL)
        return false;
    binding = find_by_name(object_slot(class, SLOT_CLASS_POOL), text_from("SymbolTable"));
    if (oop_is_none(binding))
        return false;
    evaluation->symbol_set = object_slot(binding, SLOT_ASSOCIATION_VALUE);
    return !oop_is_none(table_array(evaluation->symbol_set));
}

/* --- variables --------------------------------------------------------------------------------------------------------- */

static oop superclass_of(oop class)
{
    return heap_follow(object_slot(class, SLOT_BEHAVIOR_SUPERCLASS));
}

static bool find_slot(const struct evaluation *evaluation, struct text name,
                      struct found_variable *found)
{
    for (oop class = evaluation->class; !is_nil(evaluation, class); class = superclass_of(class)) {
        oop names = object_slot(class, SLOT_INSTANCE_VARIABLES);
        if (!is_array(names))
            continue;
        size_t count = object_slot_count(names);
        size_t all =
            class_format_fixed_count(oop_to_integer(object_slot(class, SLOT_BEHAVIOR_FORMAT)));
        for (size_t i = 0; i < count; i++) {
            if (!image_string_is(object_slot(names, i), name))
                continue;
            found->is_instance_variable = true;
            found->index = (uint32_t)(all - count + i);
            return true;
        }
    }
    return false;
}

/* A pool is a dictionary of variables, or a class with class variables. */
static oop find_in_pool(oop pool, struct text name)
{
    if (!oop_is_none(table_array(pool)))
        return find_by_name(pool, name);
    if (!oop_is_object(pool) || object_slot_count(pool) <= SLOT_CLASS_POOL)
        return NO_OOP;
    return find_by_name(object_slot(pool, SLOT_CLASS_POOL), name);
}

static oop find_in_pools(oop class, struct text name)
{
    oop pools = object_slot(class, SLOT_SHARED_POOLS);
    /* An Array, or an OrderedCollection, whose first slot is one. */
    if (oop_is_object(pools) && !is_array(pools) && object_slot_count(pools) > 0 &&
        format_is_pointers(object_format(pools)))
        pools = object_slot(pools, 0);
    if (!is_array(pools))
        return NO_OOP;
    for (size_t i = 0; i < object_slot_count(pools); i++) {
        oop binding = find_in_pool(heap_follow(object_slot(pools, i)), name);
        if (!oop_is_none(binding))
            return binding;
    }
    return NO_OOP;
}

static oop find_class_variable(const struct evaluation *evaluation, struct text name)
{
    for (oop class = evaluation->base; !is_nil(evaluation, class); class = superclass_of(class)) {
        oop binding = find_by_name(object_slot(class, SLOT_CLASS_POOL), name);
        if (oop_is_none(binding))
            binding = find_in_pools(class, name);
        if (!oop_is_none(binding))
            return binding;
    }
    return NO_OOP;
}

static void add_text(struct list *list, struct text text)
{
    for (size_t i = 0; i < list->count; i++)
        if (text_equals(*(struct text *)list->items[i], text))
            return;
    struct text *kept = NEW(struct text);
    *kept = text;
    list_add(list, kept);
}

/* The binding in Undeclared, made when it is not there; false when the image has no such dictionary. A name that is no Symbol
 * yet must be made one first. */
static bool bind_undeclared(struct evaluation *evaluation, struct text name,
                            struct found_variable *found)
{
    struct object_maker *maker = &evaluation->maker;
    oop global = find_global(evaluation, text_from("Undeclared"));
    oop symbol = find_symbol(evaluation, name);
    if (oop_is_none(global) ||
        oop_is_none(table_array(object_slot(global, SLOT_ASSOCIATION_VALUE))))
        return false;
    if (oop_is_none(symbol)) {
        add_text(&evaluation->missing_symbols, name);
        return true;
    }
    oop dictionary = object_slot(global, SLOT_ASSOCIATION_VALUE);
    oop binding = image_dictionary_find(evaluation->heap, dictionary, HASH_BY_IDENTITY, symbol);
    if (oop_is_none(binding)) {
        binding = maker_pointers(maker, object_class_index(global), FORMAT_FIXED, 2);
        maker_store(maker, binding, SLOT_ASSOCIATION_KEY, symbol);
        if (!maker->failed)
            image_dictionary_add(maker, dictionary, HASH_BY_IDENTITY, binding);
    }
    found->binding.handle = binding.bits;
    return true;
}

/* A name that nothing defines: in a method a variable of Undeclared, in an evaluation a new one of the workspace when it is
 * assigned. */
static bool find_undefined(struct evaluation *evaluation, const struct variable_use *use,
                           struct found_variable *found)
{
    bool capital = use->name.bytes[0] >= 'A' && use->name.bytes[0] <= 'Z';
    found->binding.kind = BINDING_UNDECLARED;
    if (!evaluation->is_doit)
        return capital && bind_undeclared(evaluation, use->name, found);
    if (!use->assigned || is_nil(evaluation, evaluation->workspace))
        return false;
    add_text(&evaluation->new_variables, use->name);
    return true;
}

static bool find_variable(void *context, const struct variable_use *use,
                          struct found_variable *found)
{
    struct evaluation *evaluation = context;
    if (find_slot(evaluation, use->name, found))
        return true;
    found->binding.name = use->name;
    found->binding.kind = BINDING_CLASS_VARIABLE;
    oop binding = find_class_variable(evaluation, use->name);
    if (oop_is_none(binding)) {
        found->binding.kind = BINDING_WORKSPACE;
        binding = find_by_name(evaluation->workspace, use->name);
    }
    if (oop_is_none(binding)) {
        found->binding.kind = BINDING_GLOBAL;
        binding = find_global(evaluation, use->name);
    }
    if (oop_is_none(binding))
        return find_undefined(evaluation, use, found);
    found->binding.handle = binding.bits;
    return true;
}

/* --- making the method ------------------------------------------------------------------------------------------------- */

static oop symbol_for_maker(void *context, struct text name)
{
    struct evaluation *evaluation = context;
    oop symbol = find_symbol(evaluation, name);
    if (!oop_is_none(symbol))
        return symbol;
    add_text(&evaluation->missing_symbols, name);
    return evaluation->heap->nil; /* the method will be made again */
}

static oop binding_for_maker(void *context, const struct binding *binding)
{
    const struct evaluation *evaluation = context;
    return binding->handle == 0 ? evaluation->heap->nil : oop_from_bits(binding->handle);
}

/* The Association through which methods know their class: the global one, or an unnamed one. */
static oop binding_of_class(struct evaluation *evaluation)
{
    oop name = object_slot(evaluation->base, SLOT_CLASS_NAME);
    oop binding = find_by_name(evaluation->smalltalk, text_from("Smalltalk"));
    uint32_t association_class = object_class_index(binding);
    if (oop_same(evaluation->base, evaluation->class) && oop_is_object(name)) {
        binding =
            image_dictionary_find(evaluation->heap, evaluation->smalltalk, HASH_BY_IDENTITY, name);
        if (!oop_is_none(binding) &&
            oop_same(object_slot(binding, SLOT_ASSOCIATION_VALUE), evaluation->class))
            return binding;
    }
    binding = maker_pointers(&evaluation->maker, association_class, FORMAT_FIXED, 2);
    maker_store(&evaluation->maker, binding, SLOT_ASSOCIATION_VALUE, evaluation->class);
    return binding;
}

static void start_maker(struct evaluation *evaluation)
{
    struct object_maker *maker = &evaluation->maker;
    maker->heap = evaluation->heap;
    maker->context = evaluation;
    maker->symbol = symbol_for_maker;
    maker->binding = binding_for_maker;
    for (size_t i = 0; i < MAKER_CLASS_COUNT; i++) {
        oop binding = find_global(evaluation, text_from(maker_class_names[i]));
        maker->class_indices[i] =
            oop_is_none(binding)
                ? 0
                : heap_class_index_for(evaluation->heap,
                                       object_slot(binding, SLOT_ASSOCIATION_VALUE));
    }
    maker->class_binding = binding_of_class(evaluation);
}

static oop strings_for(struct evaluation *evaluation, const struct list *texts)
{
    oop array = maker_array(&evaluation->maker, texts->count);
    for (size_t i = 0; i < texts->count; i++)
        maker_store(&evaluation->maker, array, i,
                    maker_string(&evaluation->maker, *(struct text *)texts->items[i]));
    return array;
}

static oop error_array(struct evaluation *evaluation, struct text source,
                       const struct source_error *error)
{
    struct object_maker *maker = &evaluation->maker;
    size_t line;
    size_t column;
    source_position(source, error->offset, &line, &column);
    size_t index = utf8_length(source.bytes, error->offset) + 1;
    oop array = maker_array(maker, 4);
    maker_store(maker, array, 0, maker_string(maker, text_from(error->sentence)));
    maker_store(maker, array, 1, oop_from_integer((int64_t)line));
    maker_store(maker, array, 2, oop_from_integer((int64_t)column));
    maker_store(maker, array, 3, oop_from_integer((int64_t)index));
    return array;
}

static oop missing_array(struct evaluation *evaluation)
{
    struct object_maker *maker = &evaluation->maker;
    oop array = maker_array(maker, 3);
    maker_store(maker, array, 1, strings_for(evaluation, &evaluation->missing_symbols));
    maker_store(maker, array, 2, strings_for(evaluation, &evaluation->new_variables));
    return array;
}

static bool inherits_from_context(const struct evaluation *evaluation)
{
    oop context = heap_class_at(evaluation->heap, CLASS_CONTEXT);
    for (oop class = evaluation->class; !is_nil(evaluation, class); class = superclass_of(class))
        if (oop_same(class, context))
            return true;
    return false;
}

static oop compile(struct evaluation *evaluation, struct text source)
{
    const struct compiler_environment environment = {evaluation, find_variable};
    const struct compiler_options options = {.long_slots = inherits_from_context(evaluation)};
    struct source_error error = {.failed = false};
    struct code_description *code = evaluation->is_doit
                                        ? compile_statements(source, &environment, &options, &error)
                                        : compile_method(source, &environment, &options, &error);
    if (code == NULL)
        return error_array(evaluation, source, &error);
    oop method = maker_code(&evaluation->maker, code);
    if (evaluation->missing_symbols.count > 0 || evaluation->new_variables.count > 0)
        return missing_array(evaluation);
    return method;
}

/* --- the primitive ----------------------------------------------------------------------------------------------------- */

static bool is_class(const struct evaluation *evaluation, oop value)
{
    const struct heap *heap = evaluation->heap;
    if (!oop_is_object(value) || !format_is_pointers(object_format(value)))
        return false;
    oop metaclasses = heap_class_of(heap, heap_class_of(heap, heap_class_at(heap, CLASS_ARRAY)));
    return oop_same(heap_class_of(heap, value), metaclasses) ||
           oop_same(heap_class_of(heap, heap_class_of(heap, value)), metaclasses);
}

static prim_result evaluate(struct vm *vm, const prim_call *call)
{
    struct evaluation *evaluation = NEW(struct evaluation);
    struct heap *heap = vm_heap(vm);
    struct text source;
    evaluation->heap = heap;
    evaluation->class = heap_follow(prim_argument(call, 1));
    evaluation->workspace = heap_follow(prim_argument(call, 3));
    evaluation->smalltalk = heap_follow(heap_special(heap, SPECIAL_SMALLTALK));
    evaluation->is_doit = image_string_is(prim_argument(call, 2), text_from("doit"));
    if (!image_string_text(prim_argument(call, 0), &source) ||
        !is_class(evaluation, evaluation->class) ||
        (!evaluation->is_doit && !image_string_is(prim_argument(call, 2), text_from("method"))) ||
        (!is_nil(evaluation, evaluation->workspace) &&
         oop_is_none(table_array(evaluation->workspace))))
        return PRIM_BAD_ARGUMENT;
    if (oop_is_none(table_array(evaluation->smalltalk)) || !find_symbol_set(evaluation))
        return PRIM_INAPPROPRIATE;
    oop metaclasses = heap_class_of(heap, heap_class_of(heap, heap_class_at(heap, CLASS_ARRAY)));
    evaluation->base = oop_same(heap_class_of(heap, evaluation->class), metaclasses)
                           ? object_slot(evaluation->class, SLOT_METACLASS_THIS_CLASS)
                           : evaluation->class;
    if (is_nil(evaluation, evaluation->base))
        return PRIM_BAD_ARGUMENT;
    start_maker(evaluation);
    return answer_new(vm, call, compile(evaluation, source));
}

prim_result prim_compile(struct vm *vm, const prim_call *call)
{
    bool entered = compiler_memory_enter();
    prim_result result = evaluate(vm, call);
    compiler_memory_leave(entered);
    return result;
}
