#include "image/bootstrap/genesis_internal.h"

/* Where the identity hashes start from; any number but 0 would do. */
#define FIRST_HASH ((uint32_t)0x2545F491)

/* --- the start of old space -------------------------------------------------------------------------------------------- */

/* An object at *at, which moves behind it. */
static oop lay(uint64_t **at, uint32_t class_index, unsigned format, size_t slot_count, oop value)
{
    uint64_t *header = *at;
    if (slot_count >= OVERFLOW_SLOTS)
        *header++ = (uint64_t)OVERFLOW_SLOTS << HEADER_SLOTS_SHIFT | slot_count;
    *header = header_make(class_index, format, slot_count);
    oop object = object_at_address(header);
    size_t body = slot_count == 0 ? 1 : slot_count;
    for (size_t i = 0; i < body; i++)
        object_slot_init(object, i, value);
    *at = header + 1 + body;
    return object;
}

/* nil, false, true, free lists, hidden roots, and the first two pages of the class table: in this order, at the very start. */
static bool lay_roots(struct genesis *genesis)
{
    struct heap *heap = genesis->heap;
    size_t page_size = object_size_for_slots(CLASS_PAGE_SLOTS);
    size_t size = 3 * object_size_for_slots(0) + object_size_for_slots(FREE_LISTS_COUNT) +
                  object_size_for_slots(HIDDEN_ROOTS_COUNT) + 2 * page_size;
    uint64_t *at = heap_extend_old(heap, size);
    if (at == NULL)
        return false;
    oop nil = object_at_address(at);
    lay(&at, genesis_class_index(genesis, "UndefinedObject"), FORMAT_EMPTY, 0, NO_OOP);
    lay(&at, genesis_class_index(genesis, "False"), FORMAT_EMPTY, 0, NO_OOP);
    lay(&at, genesis_class_index(genesis, "True"), FORMAT_EMPTY, 0, NO_OOP);
    lay(&at, CLASS_HIDDEN_WORDS64, FORMAT_WORDS64, FREE_LISTS_COUNT, NO_OOP);
    oop roots = lay(&at, CLASS_HIDDEN_ARRAY, FORMAT_INDEXABLE, HIDDEN_ROOTS_COUNT, nil);
    for (size_t page = 0; page < 2; page++)
        object_slot_init(roots, page,
                         lay(&at, CLASS_HIDDEN_ARRAY, FORMAT_INDEXABLE, CLASS_PAGE_SLOTS, nil));
    heap_adopt_image(heap, nil);
    heap->last_hash = genesis->options->seed != 0 ? genesis->options->seed : FIRST_HASH;
    return true;
}

/* --- small things ------------------------------------------------------------------------------------------------------ */

const struct model_class *genesis_need(struct genesis *genesis, const char *name)
{
    const struct model_class *class = model_find(genesis->model, text_from(name));
    if (class == NULL)
        diagnostics_error(genesis->model->diagnostics, NULL, 0,
                          "an image needs a class %s, which no package defines", name);
    return class;
}

struct class_objects *genesis_objects(struct genesis *genesis, const struct model_class *class)
{
    return &genesis->classes[class->number];
}

uint32_t genesis_class_index(struct genesis *genesis, const char *name)
{
    const struct model_class *class = model_find(genesis->model, text_from(name));
    return class == NULL ? 0 : genesis_objects(genesis, class)->class_index;
}

oop genesis_instance(struct genesis *genesis, const char *class_name)
{
    const struct model_class *class = genesis_need(genesis, class_name);
    if (class == NULL)
        return NO_OOP;
    unsigned format = class->slot_count == 0 ? FORMAT_EMPTY : FORMAT_FIXED;
    return maker_pointers(&genesis->maker, genesis_objects(genesis, class)->class_index, format,
                          class->slot_count);
}

void genesis_set(struct genesis *genesis, oop object, const char *class_name, const char *slot,
                 oop value)
{
    const struct model_class *class = model_find(genesis->model, text_from(class_name));
    for (; class != NULL; class = class->superclass) {
        const struct list *own = &class->sides[false].variables;
        for (size_t i = 0; i < own->count; i++) {
            const struct model_variable *variable = own->items[i];
            if (!text_is(variable->name, slot))
                continue;
            maker_store(&genesis->maker, object, class->slot_count - own->count + i, value);
            return;
        }
    }
    diagnostics_error(genesis->model->diagnostics, NULL, 0,
                      "an image needs an instance variable %s in class %s", slot, class_name);
}

oop genesis_symbol(struct genesis *genesis, struct text name)
{
    struct symbol_entry *entry = table_get(&genesis->symbols, name);
    if (entry == NULL) {
        entry = NEW(struct symbol_entry);
        entry->object =
            maker_text(&genesis->maker, name, genesis_class_index(genesis, "ByteSymbol"),
                       genesis_class_index(genesis, "WideSymbol"));
        table_put(&genesis->symbols, name, entry);
    }
    return entry->object;
}

oop genesis_association(struct genesis *genesis, oop key, oop value)
{
    oop association = maker_pointers(&genesis->maker, genesis_class_index(genesis, "Association"),
                                     FORMAT_FIXED, 2);
    maker_store(&genesis->maker, association, SLOT_ASSOCIATION_KEY, key);
    maker_store(&genesis->maker, association, SLOT_ASSOCIATION_VALUE, value);
    return association;
}

oop genesis_dictionary(struct genesis *genesis, const char *class_name)
{
    oop dictionary = genesis_instance(genesis, class_name);
    genesis_set(genesis, dictionary, class_name, "tally", oop_from_integer(0));
    genesis_set(genesis, dictionary, class_name, "array", maker_array(&genesis->maker, 5));
    return dictionary;
}

static oop find_or_add(struct genesis *genesis, oop dictionary, struct text name)
{
    oop key = genesis_symbol(genesis, name);
    if (genesis->maker.failed)
        return NO_OOP;
    oop association = image_dictionary_find(genesis->heap, dictionary, HASH_BY_IDENTITY, key);
    if (!oop_is_none(association))
        return association;
    association = genesis_association(genesis, key, genesis->heap->nil);
    if (!genesis->maker.failed)
        image_dictionary_add(&genesis->maker, dictionary, HASH_BY_IDENTITY, association);
    return association;
}

oop genesis_global(struct genesis *genesis, struct text name)
{
    return find_or_add(genesis, genesis->smalltalk, name);
}

void genesis_set_global(struct genesis *genesis, const char *name, oop value)
{
    maker_store(&genesis->maker, genesis_global(genesis, text_from(name)), SLOT_ASSOCIATION_VALUE,
                value);
}

/* --- what the compiler's results refer to ------------------------------------------------------------------------------ */

static oop symbol_for_maker(void *context, struct text name)
{
    return genesis_symbol(context, name);
}

static oop binding_for_maker(void *context, const struct binding *binding)
{
    struct genesis *genesis = context;
    const struct model_class *owner;
    const struct symbol_entry *variable;
    switch (binding->kind) {
    case BINDING_GLOBAL:
        return genesis_global(genesis, binding->name);
    case BINDING_CLASS_VARIABLE:
        owner = model_find(genesis->model, binding->owner);
        variable = table_get(&genesis_objects(genesis, owner)->pool, binding->name);
        return variable->object;
    case BINDING_UNDECLARED:
        return find_or_add(genesis, genesis->undeclared, binding->name);
    case BINDING_WORKSPACE:
        break;
    }
    return NO_OOP;
}

static void start_maker(struct genesis *genesis)
{
    struct object_maker *maker = &genesis->maker;
    maker->heap = genesis->heap;
    maker->in_old_space = true;
    maker->context = genesis;
    maker->symbol = symbol_for_maker;
    maker->binding = binding_for_maker;
    for (size_t i = 0; i < MAKER_CLASS_COUNT; i++)
        maker->class_indices[i] = genesis_class_index(genesis, maker_class_names[i]);
}

/* --- the order of events ----------------------------------------------------------------------------------------------- */

static bool has_needed_classes(struct genesis *genesis)
{
    static const char *const needed[] = {
#define FIXED_CLASS(index, name) name,
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
        "UndefinedObject",
        "False",
        "True",
        "Class",
        "Metaclass",
        "ByteSymbol",
        "WideSymbol",
        "WideString",
        "Association",
        "MethodDictionary",
        "CompiledMethod",
        "CompiledBlock",
        "AdditionalMethodState",
        "Pragma",
        "Dictionary",
        "IdentityDictionary",
        "SystemDictionary",
        "Process",
        "ProcessorScheduler",
        "LinkedList"};
    bool all = true;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        all = genesis_need(genesis, needed[i]) != NULL && all;
    return all;
}

/* What traits are made of; packages without traits do without. */
static bool has_trait_classes(struct genesis *genesis)
{
    static const char *const needed[] = {"Trait",
                                         "TraitState",
                                         "TaEmptyComposition",
                                         "TaSingleComposition",
                                         "TaSequence",
                                         "TaAliasMethod",
                                         "TaRemoveMethod",
                                         "TaRemoveSlot",
                                         "TaPrecedenceComposition"};
    bool any = false;
    bool all = true;
    for (size_t i = 0; i < genesis->model->classes.count; i++) {
        const struct model_class *class = genesis->model->classes.items[i];
        any = any || class->definition->is_trait;
    }
    for (size_t i = 0; any && i < sizeof needed / sizeof *needed; i++)
        all = genesis_need(genesis, needed[i]) != NULL && all;
    return all;
}

static void make_globals(struct genesis *genesis)
{
    static const char *const names[] = {
#define FIXED_CLASS(index, name)
#define SPECIAL_CLASS(index, name)
#define SPECIAL_SYMBOL(index, name)
#define SPECIAL_SELECTOR(name, count)
#define GENESIS_GLOBAL(name) name,
#include "image/bootstrap/genesis.def"
#undef FIXED_CLASS
#undef SPECIAL_CLASS
#undef SPECIAL_SYMBOL
#undef SPECIAL_SELECTOR
#undef GENESIS_GLOBAL
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        model_add_global(genesis->model, text_from(names[i]));
    for (size_t i = 0; i < genesis->options->manifest->globals.count; i++)
        model_add_global(genesis->model,
                         *(struct text *)genesis->options->manifest->globals.items[i]);
    for (size_t i = 0; i < genesis->model->global_names.count; i++)
        genesis_global(genesis, *(struct text *)genesis->model->global_names.items[i]);
    genesis_set_global(genesis, "Smalltalk", genesis->smalltalk);
    genesis_set_global(genesis, "Undeclared", genesis->undeclared);
}

bool genesis_make(struct heap *heap, struct model *model, const struct genesis_options *options)
{
    struct genesis *genesis = NEW(struct genesis);
    genesis->heap = heap;
    genesis->model = model;
    genesis->options = options;
    genesis->classes = NEW_ARRAY(struct class_objects, model->classes.count + 1);
    genesis->methods = NEW_ARRAY(oop, model->method_count + 1);
    if (!has_needed_classes(genesis) || !has_trait_classes(genesis) ||
        model->diagnostics->error_count > 0)
        return false;
    genesis_number_classes(genesis);
    start_maker(genesis);
    bool roots = lay_roots(genesis);
    if (roots) {
        genesis_make_classes(genesis);
        genesis->smalltalk = genesis_dictionary(genesis, "SystemDictionary");
        genesis->undeclared = genesis_dictionary(genesis, "IdentityDictionary");
        make_globals(genesis);
        genesis_fill_classes(genesis);
        genesis_compile_methods(genesis);
        genesis_describe_traits(genesis);
        genesis_list_initializers(genesis);
        genesis_make_scheduler(genesis);
        heap_adopt_image(heap, genesis_special_objects(genesis));
    }
    if (!roots || (genesis->maker.failed && model->diagnostics->error_count == 0))
        diagnostics_error(model->diagnostics, NULL, 0, "the heap is too small for the image");
    return model->diagnostics->error_count == 0;
}
