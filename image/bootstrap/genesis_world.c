/* The special objects, the scheduler with its first process, and what is to be initialised. */
#include "image/bootstrap/genesis_internal.h"

#include "vm/object/known.h"

enum { PRIORITY_COUNT = 80, FIRST_PRIORITY = 40 };

/* --- the first process ------------------------------------------------------------------------------------------------- */

/* `Smalltalk bootstrap`, after which the process ends. */
static oop start_method(struct genesis *genesis)
{
    const struct manifest *manifest = genesis->options->manifest;
    struct text source = text_join(text_from("startWorld\n\t"), manifest->start_receiver);
    source = text_join(text_join(source, text_from(" ")), manifest->start_selector);
    source = text_join(source, text_from(".\n\tProcessor activeProcess end"));
    struct tonel_method *method = NEW(struct tonel_method);
    method->class_name = text_from("UndefinedObject");
    method->selector = text_from("startWorld");
    method->protocol = text_from("starting");
    method->source = source;
    method->pattern_size = source.size;
    return genesis_compile(genesis, model_find(genesis->model, method->class_name), method);
}

/* About to run the method's first bytecode, with nil for self and for the temporaries. */
static oop start_context(struct genesis *genesis, oop method)
{
    int64_t header = code_header(method);
    size_t room =
        (header & CODE_HEADER_LARGE_FRAME) != 0 ? CONTEXT_LARGE_FRAME : CONTEXT_SMALL_FRAME;
    oop context = maker_pointers(&genesis->maker, CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE,
                                 SLOT_CONTEXT_FRAME + room);
    int64_t pc = (int64_t)(code_literal_count(method) + 1) * 8 + 1;
    int64_t temporaries = header >> CODE_HEADER_TEMP_SHIFT & 63;
    maker_store(&genesis->maker, context, SLOT_CONTEXT_PC, oop_from_integer(pc));
    maker_store(&genesis->maker, context, SLOT_CONTEXT_STACKP, oop_from_integer(temporaries));
    maker_store(&genesis->maker, context, SLOT_CONTEXT_METHOD, method);
    return context;
}

void genesis_make_scheduler(struct genesis *genesis)
{
    oop method = genesis->maker.failed ? NO_OOP : start_method(genesis);
    if (oop_is_none(method))
        return;
    oop lists = maker_array(&genesis->maker, PRIORITY_COUNT);
    for (size_t i = 0; i < PRIORITY_COUNT; i++)
        maker_store(&genesis->maker, lists, i, genesis_instance(genesis, "LinkedList"));
    oop process = genesis_instance(genesis, "Process");
    genesis_set(genesis, process, "Process", "suspendedContext", start_context(genesis, method));
    genesis_set(genesis, process, "Process", "priority", oop_from_integer(FIRST_PRIORITY));
    genesis_set(genesis, process, "Process", "name",
                maker_string(&genesis->maker, text_from("main")));
    oop scheduler = genesis_instance(genesis, "ProcessorScheduler");
    genesis_set(genesis, scheduler, "ProcessorScheduler", "quiescentProcessLists", lists);
    genesis_set(genesis, scheduler, "ProcessorScheduler", "activeProcess", process);
    genesis_set_global(genesis, "Processor", scheduler);
}

/* --- initializers ------------------------------------------------------------------------------------------------------ */

static bool defines_initialize(const struct model_class *class)
{
    for (size_t i = 0; i < class->class_methods.count; i++) {
        const struct tonel_method *method = class->class_methods.items[i];
        if (method->origin == NULL && text_is(method->selector, "initialize"))
            return true;
    }
    return false;
}

static bool is_first(const struct genesis *genesis, const struct model_class *class)
{
    const struct list *first = &genesis->options->manifest->first;
    for (size_t i = 0; i < first->count; i++)
        if (text_equals(*(struct text *)first->items[i], class->definition->name))
            return true;
    return false;
}

/* Those that the manifest names come first, in its order; then load order, superclasses before subclasses. */
void genesis_list_initializers(struct genesis *genesis)
{
    struct list classes = {NULL, 0, 0};
    const struct list *first = &genesis->options->manifest->first;
    for (size_t i = 0; i < first->count; i++) {
        struct text name = *(struct text *)first->items[i];
        struct model_class *class = model_find(genesis->model, name);
        if (class != NULL && defines_initialize(class))
            list_add(&classes, class);
        else
            diagnostics_error(genesis->model->diagnostics, NULL, 0,
                              "the manifest's first class %.*s does not define initialize",
                              TEXT_ARGUMENTS(name));
    }
    for (size_t i = 0; i < genesis->model->classes.count; i++) {
        struct model_class *class = genesis->model->classes.items[i];
        if (defines_initialize(class) && !is_first(genesis, class))
            list_add(&classes, class);
    }
    oop array = maker_array(&genesis->maker, classes.count);
    for (size_t i = 0; i < classes.count; i++)
        maker_store(&genesis->maker, array, i, genesis_objects(genesis, classes.items[i])->class);
    genesis_set_global(genesis, "BootstrapInitializers", array);
}

/* --- special objects --------------------------------------------------------------------------------------------------- */

static oop special_selectors(struct genesis *genesis)
{
    static const struct {
        const char *name;
        int argument_count;
    } selectors[] = {
#define FIXED_CLASS(index, name)
#define SPECIAL_CLASS(index, name)
#define SPECIAL_SYMBOL(index, name)
#define SPECIAL_SELECTOR(name, count) {name, count},
#define GENESIS_GLOBAL(name)
#include "image/bootstrap/genesis.def"
#undef FIXED_CLASS
#undef SPECIAL_CLASS
#undef SPECIAL_SYMBOL
#undef SPECIAL_SELECTOR
#undef GENESIS_GLOBAL
    };
    size_t count = sizeof selectors / sizeof *selectors;
    oop array = maker_array(&genesis->maker, count * 2);
    for (size_t i = 0; i < count; i++) {
        maker_store(&genesis->maker, array, i * 2,
                    genesis_symbol(genesis, text_from(selectors[i].name)));
        maker_store(&genesis->maker, array, i * 2 + 1,
                    oop_from_integer(selectors[i].argument_count));
    }
    return array;
}

/* Entry code - 1 is the symbol of a primitive's error code; nil for the generic one. */
static oop error_table(struct genesis *genesis)
{
    static const char *const symbols[] = {
#define PRIM_ERROR(code, name, symbol) symbol,
#include "vm/object/errors.def"
#undef PRIM_ERROR
    };
    size_t count = sizeof symbols / sizeof *symbols - 1;
    oop array = maker_array(&genesis->maker, count);
    for (size_t i = 0; i < count; i++)
        if (symbols[i + 1][0] != '\0')
            maker_store(&genesis->maker, array, i,
                        genesis_symbol(genesis, text_from(symbols[i + 1])));
    return array;
}

static void put_class(struct genesis *genesis, oop array, size_t index, const char *name)
{
    const struct model_class *class = model_find(genesis->model, text_from(name));
    if (class != NULL)
        maker_store(&genesis->maker, array, index, genesis_objects(genesis, class)->class);
}

static void put_symbol(struct genesis *genesis, oop array, size_t index, const char *name)
{
    maker_store(&genesis->maker, array, index, genesis_symbol(genesis, text_from(name)));
}

oop genesis_special_objects(struct genesis *genesis)
{
    struct heap *heap = genesis->heap;
    oop array = maker_array(&genesis->maker, SPECIAL_OBJECT_COUNT);
    if (genesis->maker.failed)
        return heap->nil;
    maker_store(&genesis->maker, array, SPECIAL_NIL, heap->nil);
    maker_store(&genesis->maker, array, SPECIAL_FALSE, heap->false_object);
    maker_store(&genesis->maker, array, SPECIAL_TRUE, heap->true_object);
    maker_store(&genesis->maker, array, SPECIAL_SCHEDULER_ASSOCIATION,
                genesis_global(genesis, text_from("Processor")));
    maker_store(&genesis->maker, array, SPECIAL_SMALLTALK, genesis->smalltalk);
    maker_store(&genesis->maker, array, SPECIAL_SPECIAL_SELECTORS, special_selectors(genesis));
    maker_store(&genesis->maker, array, SPECIAL_EXTERNAL_OBJECTS, maker_array(&genesis->maker, 0));
    maker_store(&genesis->maker, array, SPECIAL_PRIMITIVE_ERROR_TABLE, error_table(genesis));
#define FIXED_CLASS(index, name)
#define SPECIAL_CLASS(index, name) put_class(genesis, array, index, name);
#define SPECIAL_SYMBOL(index, name) put_symbol(genesis, array, index, name);
#define SPECIAL_SELECTOR(name, count)
#define GENESIS_GLOBAL(name)
#include "image/bootstrap/genesis.def"
#undef FIXED_CLASS
#undef SPECIAL_CLASS
#undef SPECIAL_SYMBOL
#undef SPECIAL_SELECTOR
#undef GENESIS_GLOBAL
    return array;
}
