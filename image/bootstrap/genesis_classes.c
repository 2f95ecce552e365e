/* Classes, metaclasses and methods. */
#include "image/bootstrap/genesis_internal.h"

struct fixed_class {
    uint32_t index;
    const char *name;
};

static const struct fixed_class fixed_classes[] = {
#define FIXED_CLASS(index, name) {index, name},
#define SPECIAL_CLASS(index, name)
#define SPECIAL_SYMBOL(index, name)
#define SPECIAL_SELECTOR(name, count)
#define GENESIS_GLOBAL(name)
#include "image/bootstrap/genesis.def"
#undef FIXED_CLASS
#undef SPECIAL_CLASS
#undef SPECIAL_SYMBOL
#undef SPECIAL_SELECTOR
#undef GENESIS_GLOBAL
};

static uint32_t fixed_index(struct text name)
{
    for (size_t i = 0; i < sizeof fixed_classes / sizeof *fixed_classes; i++)
        if (text_is(name, fixed_classes[i].name))
            return fixed_classes[i].index;
    return 0;
}

/* Page 0 of the class table is for the classes that the VM knows; all others follow from page 1 on. */
void genesis_number_classes(struct genesis *genesis)
{
    uint32_t next = CLASS_PAGE_SLOTS;
    for (size_t i = 0; i < genesis->model->classes.count; i++) {
        const struct model_class *class = genesis->model->classes.items[i];
        struct class_objects *objects = genesis_objects(genesis, class);
        objects->class_index = fixed_index(class->definition->name);
        if (objects->class_index == 0)
            objects->class_index = next++;
        objects->metaclass_index = next++;
    }
}

static void enter(struct genesis *genesis, uint32_t index, oop class)
{
    if (oop_is_none(class) || !heap_class_table_put(genesis->heap, index, class))
        genesis->maker.failed = true;
}

void genesis_make_classes(struct genesis *genesis)
{
    const struct model_class *metaclass = model_find(genesis->model, text_from("Metaclass"));
    uint32_t metaclass_class = genesis_objects(genesis, metaclass)->class_index;
    for (size_t i = 0; i < genesis->model->classes.count; i++) {
        const struct model_class *class = genesis->model->classes.items[i];
        struct class_objects *objects = genesis_objects(genesis, class);
        objects->metaclass =
            maker_pointers(&genesis->maker, metaclass_class, FORMAT_FIXED, metaclass->slot_count);
        objects->class = maker_pointers(&genesis->maker, objects->metaclass_index, FORMAT_FIXED,
                                        class->class_slot_count);
        enter(genesis, objects->metaclass_index, objects->metaclass);
        /* 32-bit images had SmallIntegers under two tags; readers still look for the class under both. */
        if (objects->class_index == CLASS_SMALL_INTEGER)
            enter(genesis, 3, objects->class);
        enter(genesis, objects->class_index, objects->class);
    }
}

/* A class that does not say its kind is of the kind of its superclass. */
static enum class_kind effective_kind(const struct model_class *class)
{
    while (class->definition->kind == CLASS_NORMAL && class->superclass != NULL)
        class = class->superclass;
    return class->definition->kind;
}

unsigned genesis_class_spec(const struct model_class *class)
{
    switch (effective_kind(class)) {
    case CLASS_NORMAL:
        return class->slot_count == 0 ? FORMAT_EMPTY : FORMAT_FIXED;
    case CLASS_VARIABLE:
        return class->slot_count == 0 ? FORMAT_INDEXABLE : FORMAT_FIXED_INDEXABLE;
    case CLASS_BYTES:
        return FORMAT_BYTES;
    case CLASS_WORDS:
        return FORMAT_WORDS32;
    case CLASS_WEAK:
        return FORMAT_WEAK;
    case CLASS_EPHEMERON:
        return FORMAT_EPHEMERON;
    case CLASS_IMMEDIATE:
        return FORMAT_FORWARDED;
    case CLASS_COMPILED_METHOD:
        return FORMAT_CODE;
    }
    return FORMAT_FIXED;
}

static oop class_format(size_t slot_count, unsigned spec)
{
    return oop_from_integer((int64_t)slot_count | (int64_t)spec << 16);
}

static oop name_array(struct genesis *genesis, const struct list *variables)
{
    if (variables->count == 0)
        return genesis->heap->nil;
    oop array = maker_array(&genesis->maker, variables->count);
    for (size_t i = 0; i < variables->count; i++) {
        const struct model_variable *variable = variables->items[i];
        maker_store(&genesis->maker, array, i, genesis_symbol(genesis, variable->name));
    }
    return array;
}

static oop make_pool(struct genesis *genesis, const struct model_class *class)
{
    const struct text_list *names = &class->definition->class_variables;
    if (names->count == 0)
        return genesis->heap->nil;
    oop pool = genesis_dictionary(genesis, "Dictionary");
    for (size_t i = 0; i < names->count && !genesis->maker.failed; i++) {
        struct symbol_entry *variable = NEW(struct symbol_entry);
        oop key = genesis_symbol(genesis, names->items[i]);
        variable->object = genesis_association(genesis, key, genesis->heap->nil);
        if (!genesis->maker.failed)
            image_dictionary_add(&genesis->maker, pool, HASH_BY_CHARACTERS, variable->object);
        table_put(&genesis_objects(genesis, class)->pool, names->items[i], variable);
    }
    return pool;
}

static oop pool_array(struct genesis *genesis, const struct model_class *class)
{
    const struct tonel_class *definition = class->definition;
    if (definition->pools.count == 0)
        return genesis->heap->nil;
    oop array = maker_array(&genesis->maker, definition->pools.count);
    for (size_t i = 0; i < definition->pools.count; i++) {
        const struct model_class *pool = model_find(genesis->model, definition->pools.items[i]);
        if (pool == NULL)
            diagnostics_error(genesis->model->diagnostics, definition->file, definition->offset,
                              "the pool %.*s is not defined",
                              TEXT_ARGUMENTS(definition->pools.items[i]));
        else
            maker_store(&genesis->maker, array, i, genesis_objects(genesis, pool)->class);
    }
    return array;
}

static oop subclass_array(struct genesis *genesis, const struct model_class *class)
{
    if (class->subclasses.count == 0)
        return genesis->heap->nil;
    oop array = maker_array(&genesis->maker, class->subclasses.count);
    for (size_t i = 0; i < class->subclasses.count; i++)
        maker_store(&genesis->maker, array, i,
                    genesis_objects(genesis, class->subclasses.items[i])->class);
    return array;
}

static void fill_class(struct genesis *genesis, const struct model_class *class)
{
    const struct tonel_class *definition = class->definition;
    struct class_objects *objects = genesis_objects(genesis, class);
    oop nil = genesis->heap->nil;
    oop object = objects->class;
    oop superclass =
        class->superclass == NULL ? nil : genesis_objects(genesis, class->superclass)->class;
    maker_store(&genesis->maker, object, SLOT_BEHAVIOR_SUPERCLASS, superclass);
    maker_store(&genesis->maker, object, SLOT_BEHAVIOR_FORMAT,
                class_format(class->slot_count, genesis_class_spec(class)));
    genesis_set(genesis, object, "Class", "instanceVariables",
                name_array(genesis, &class->sides[false].variables));
    genesis_set(genesis, object, "Class", "subclasses", subclass_array(genesis, class));
    genesis_set(genesis, object, "Class", "name", genesis_symbol(genesis, definition->name));
    genesis_set(genesis, object, "Class", "classPool", make_pool(genesis, class));
    genesis_set(genesis, object, "Class", "sharedPools", pool_array(genesis, class));
    genesis_set(genesis, object, "Class", "environment", genesis->smalltalk);
    genesis_set(genesis, object, "Class", "category",
                genesis_symbol(genesis, definition->category.size > 0 ? definition->category
                                                                      : definition->package));
    genesis_set(genesis, object, "Class", "comment",
                maker_string(&genesis->maker, definition->comment));
    genesis_set(genesis, object, "Class", "package",
                maker_string(&genesis->maker, definition->package));
    objects->binding = genesis_global(genesis, definition->name);
    maker_store(&genesis->maker, objects->binding, SLOT_ASSOCIATION_VALUE, object);
}

static void fill_metaclass(struct genesis *genesis, const struct model_class *class)
{
    struct class_objects *objects = genesis_objects(genesis, class);
    oop object = objects->metaclass;
    oop superclass =
        class->superclass == NULL
            ? genesis_objects(genesis, model_root_of_class_side(genesis->model, class))->class
            : genesis_objects(genesis, class->superclass)->metaclass;
    maker_store(&genesis->maker, object, SLOT_BEHAVIOR_SUPERCLASS, superclass);
    maker_store(&genesis->maker, object, SLOT_BEHAVIOR_FORMAT,
                class_format(class->class_slot_count, FORMAT_FIXED));
    genesis_set(genesis, object, "Metaclass", "instanceVariables",
                name_array(genesis, &class->sides[true].variables));
    genesis_set(genesis, object, "Metaclass", "thisClass", objects->class);
    objects->metaclass_binding = genesis_association(genesis, genesis->heap->nil, object);
}

void genesis_fill_classes(struct genesis *genesis)
{
    for (size_t i = 0; i < genesis->model->classes.count && !genesis->maker.failed; i++) {
        fill_class(genesis, genesis->model->classes.items[i]);
        fill_metaclass(genesis, genesis->model->classes.items[i]);
    }
}

oop genesis_compile(struct genesis *genesis, const struct model_class *class,
                    const struct tonel_method *method)
{
    struct class_objects *objects = genesis_objects(genesis, class);
    struct code_description *code =
        model_compile(genesis->model, class, method, genesis->options->portable);
    if (code == NULL)
        return NO_OOP;
    genesis->maker.class_binding =
        method->is_class_side ? objects->metaclass_binding : objects->binding;
    return maker_code(&genesis->maker, code);
}

static void compile_side(struct genesis *genesis, const struct model_class *class,
                         const struct list *methods, oop behavior)
{
    oop *selectors = NEW_ARRAY(oop, methods->count);
    oop *compiled = NEW_ARRAY(oop, methods->count);
    bool good = true;
    for (size_t i = 0; i < methods->count; i++) {
        const struct tonel_method *method = methods->items[i];
        selectors[i] = genesis_symbol(genesis, method->selector);
        compiled[i] = genesis_compile(genesis, class, method);
        good = good && !oop_is_none(compiled[i]) && !oop_is_none(selectors[i]);
        genesis->methods[method->number] = compiled[i];
    }
    if (!good)
        return;
    oop dictionary =
        method_dictionary_make(&genesis->maker, genesis_class_index(genesis, "MethodDictionary"),
                               selectors, compiled, methods->count);
    maker_store(&genesis->maker, behavior, SLOT_BEHAVIOR_METHOD_DICTIONARY, dictionary);
}

void genesis_compile_methods(struct genesis *genesis)
{
    for (size_t i = 0; i < genesis->model->classes.count; i++) {
        const struct model_class *class = genesis->model->classes.items[i];
        struct class_objects *objects = genesis_objects(genesis, class);
        if (genesis->maker.failed)
            return;
        compile_side(genesis, class, &class->methods, objects->class);
        compile_side(genesis, class, &class->class_methods, objects->metaclass);
    }
}
