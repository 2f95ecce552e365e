/*
 * The first objects, for a library that is as small as can be: every class that an image needs, without methods but for a
 * few. What the format demands at the start of the heap is checked here; the heap's own verifier does the rest.
 */
#include "compile_for_test.h"

#include "image/bootstrap/genesis.h"
#include "image/bootstrap/image_tables.h"
#include "vm/code/verify.h"

static const char *const library[][4] = {
    /* name, superclass, type, instance variables */
    {"ProtoObject", "nil", "normal", ""},
    {"Object", "ProtoObject", "normal", ""},
    {"UndefinedObject", "Object", "normal", ""},
    {"Boolean", "Object", "normal", ""},
    {"True", "Boolean", "normal", ""},
    {"False", "Boolean", "normal", ""},
    {"Behavior", "Object", "normal", "'superclass', 'methodDict', 'format'"},
    {"ClassDescription", "Behavior", "normal", "'instanceVariables', 'traitState'"},
    {"Class", "ClassDescription", "normal",
     "'subclasses', 'name', 'classPool', 'sharedPools', 'environment', 'category', 'comment', "
     "'package'"},
    {"Metaclass", "ClassDescription", "normal", "'thisClass'"},
    {"Trait", "Class", "normal", ""},
    {"TraitState", "Object", "normal", "'composition', 'slotNames', 'users'"},
    {"TaEmptyComposition", "Object", "normal", ""},
    {"TaSingleComposition", "Object", "normal", "'trait'"},
    {"TaSequence", "Object", "normal", "'members'"},
    {"TaAliasMethod", "Object", "normal", "'subject', 'aliases'"},
    {"TaRemoveMethod", "Object", "normal", "'subject', 'exclusions'"},
    {"TaRemoveSlot", "Object", "normal", "'subject', 'names'"},
    {"TaPrecedenceComposition", "Object", "normal", "'subject', 'preferred'"},
    {"SmallInteger", "Object", "immediate", ""},
    {"Character", "Object", "immediate", ""},
    {"SmallFloat64", "Object", "immediate", ""},
    {"LargePositiveInteger", "Object", "bytes", ""},
    {"LargeNegativeInteger", "LargePositiveInteger", "bytes", ""},
    {"BoxedFloat64", "Object", "words", ""},
    {"Message", "Object", "normal", "'selector', 'args', 'lookupClass'"},
    {"Context", "Object", "variable",
     "'sender', 'pc', 'stackp', 'method', 'closureOrNil', 'receiver'"},
    {"BlockClosure", "Object", "variable", "'outerContext', 'startpcOrOuter', 'numArgs'"},
    {"FullBlockClosure", "BlockClosure", "variable", "'receiver'"},
    {"ByteArray", "Object", "bytes", ""},
    {"Array", "Object", "variable", ""},
    {"String", "Object", "normal", ""},
    {"ByteString", "String", "bytes", ""},
    {"WideString", "String", "words", ""},
    {"Symbol", "String", "normal", ""},
    {"ByteSymbol", "Symbol", "bytes", ""},
    {"WideSymbol", "Symbol", "words", ""},
    {"Bitmap", "Object", "words", ""},
    {"Point", "Object", "normal", "'x', 'y'"},
    {"Association", "Object", "normal", "'key', 'value'"},
    {"Dictionary", "Object", "normal", "'tally', 'array'"},
    {"IdentityDictionary", "Dictionary", "normal", ""},
    {"SystemDictionary", "IdentityDictionary", "normal", ""},
    {"MethodDictionary", "Dictionary", "variable", ""},
    {"CompiledCode", "Object", "compiledMethod", ""},
    {"CompiledMethod", "CompiledCode", "compiledMethod", ""},
    {"CompiledBlock", "CompiledCode", "compiledMethod", ""},
    {"AdditionalMethodState", "Object", "variable", "'method', 'selector', 'source', 'protocol'"},
    {"Pragma", "Object", "normal", "'method', 'keyword', 'arguments'"},
    {"LinkedList", "Object", "normal", "'firstLink', 'lastLink'"},
    {"Semaphore", "LinkedList", "normal", "'excessSignals'"},
    {"Process", "Object", "normal",
     "'nextLink', 'suspendedContext', 'priority', 'myList', 'name', 'environment', 'terminating'"},
    {"ProcessorScheduler", "Object", "normal", "'quiescentProcessLists', 'activeProcess'"},
};

static const char methods[] =
    "Class { #name : 'Sample', #superclass : 'Object', #instVars : ['a'], #classVars : ['Total'], "
    "#classInstVars : ['only'] }\n"
    "{ #category : 'accessing' }\nSample >> a [ <primitive: 60 error: ec> ^a ifNil: [Total] ]\n"
    "Sample >> b: x [ ^[:y | x + y + a] ]\n"
    "Sample >> gr\xC3\xBC\xC3\x9F [ ^{'\xE2\x82\xAC'. 1e100. #(1 $a #b)} ]\n"
    "Sample >> c [ <primitive: 'c' module: 'M'> ^0 ]\n"
    "Sample class >> initialize [ only := Total := 1.0e300. Missing := Smalltalk ]\n";

struct world {
    struct heap heap;
    struct diagnostics diagnostics;
    struct model *model;
};

static void read_text(struct tonel_sources *sources, struct text contents)
{
    struct source_file *file = NEW(struct source_file);
    file->path = text_from("Sample.class.st");
    file->contents = contents;
    tonel_read_file(sources, file, text_from("Test"));
}

static struct world *make_world_with(const char *without, const char *trait, const char *user)
{
    struct world *world = NEW(struct world);
    struct tonel_sources *sources = NEW(struct tonel_sources);
    struct manifest *manifest = NEW(struct manifest);
    const struct heap_options heap_options = {.size_limit = (size_t)64 << 20};
    const struct genesis_options options = {.manifest = manifest};
    struct status status = {.code = STATUS_OK};
    sources->diagnostics = &world->diagnostics;
    manifest->start_receiver = text_from("Smalltalk");
    manifest->start_selector = text_from("begin");
    for (size_t i = 0; i < sizeof library / sizeof *library; i++) {
        char line[400];
        snprintf(line, sizeof line,
                 "Class { #name : '%s', #superclass : '%s', #type : '%s', #instVars : [%s] }",
                 library[i][0], library[i][1], library[i][2], library[i][3]);
        if (strcmp(library[i][0], without) != 0)
            read_text(sources, text_copy(line, strlen(line)));
    }
    read_text(sources, text_from(methods));
    if (trait != NULL)
        read_text(sources, text_from(trait));
    if (user != NULL)
        read_text(sources, text_from(user));
    world->model = model_make(sources);
    assert_true(heap_open(&world->heap, &heap_options, &status));
    bool made = genesis_make(&world->heap, world->model, &options);
    assert_int_equal(made, world->diagnostics.error_count == 0);
    heap_seal(&world->heap);
    return world;
}

static struct world *make_world(const char *without)
{
    return make_world_with(without, NULL, NULL);
}

static oop class_named(struct world *world, const char *name)
{
    struct heap *heap = &world->heap;
    oop smalltalk = heap_special(heap, SPECIAL_SMALLTALK);
    oop array = object_slot(smalltalk, 1);
    for (size_t i = 0; i < object_slot_count(array); i++) {
        oop association = object_slot(array, i);
        if (!oop_same(association, heap->nil) &&
            image_string_is(object_slot(association, SLOT_ASSOCIATION_KEY), text_from(name))) {
            oop key = object_slot(association, SLOT_ASSOCIATION_KEY);
            oop found = image_dictionary_find(heap, smalltalk, HASH_BY_IDENTITY, key);
            assert_true(oop_same(found, association));
            return object_slot(association, SLOT_ASSOCIATION_VALUE);
        }
    }
    fail_msg("no global %s", name);
    return NO_OOP;
}

static void the_heap_is_whole_and_its_code_verifies(void **state)
{
    struct world *world = make_world("");
    struct status status = {.code = STATUS_OK};
    struct code_scratch scratch = {.capacity = 0};
    size_t count = 0;
    (void)state;

    if (!heap_verify(&world->heap, &status))
        fail_msg("%s", status.sentence);
    for (oop object = heap_first_object(&world->heap); !oop_is_none(object);
         object = heap_next_object(&world->heap, object)) {
        if (!format_is_code(object_format(object)))
            continue;
        struct code_source source = code_source_of(DIALECT_SPUR, object);
        struct code_facts facts;
        struct code_fault fault;
        assert_true(code_verify(&source, &scratch, &facts, &fault));
        count++;
    }
    assert_int_equal(count, 7); /* five methods, a block, and the start */
    code_scratch_free(&scratch);
    heap_close(&world->heap);
}

static void the_first_objects_are_where_the_format_wants_them(void **state)
{
    struct world *world = make_world("");
    struct heap *heap = &world->heap;
    oop free_lists = object_starting_at(object_limit(heap->true_object));
    (void)state;

    assert_ptr_equal(object_words(heap->nil), heap->old.base);
    assert_true(oop_same(heap_class_of(heap, heap->nil), class_named(world, "UndefinedObject")));
    assert_true(oop_same(heap_class_of(heap, heap->false_object), class_named(world, "False")));
    assert_true(oop_same(heap_class_of(heap, heap->true_object), class_named(world, "True")));
    assert_int_equal(object_class_index(free_lists), CLASS_HIDDEN_WORDS64);
    assert_int_equal(object_slot_count(free_lists), 64);
    assert_int_equal(object_class_index(heap->hidden_roots), CLASS_HIDDEN_ARRAY);
    assert_int_equal(object_slot_count(heap->hidden_roots), HIDDEN_ROOTS_COUNT);
    for (size_t i = 2; i < HIDDEN_ROOTS_COUNT; i++)
        assert_true(oop_same(object_slot(heap->hidden_roots, i), heap->nil));
    heap_close(heap);
}

static void a_class_hash_is_its_table_index(void **state)
{
    struct world *world = make_world("");
    struct heap *heap = &world->heap;
    (void)state;

    assert_int_equal(object_hash_bits(class_named(world, "SmallInteger")), 1);
    assert_int_equal(object_hash_bits(class_named(world, "Array")), 51);
    assert_true(oop_same(heap_class_at(heap, 3), class_named(world, "SmallInteger")));
    for (uint32_t i = 0; i < 2 * CLASS_PAGE_SLOTS; i++) {
        oop class = heap_class_at(heap, i);
        if (!oop_same(class, heap->nil) && i != 3)
            assert_int_equal(object_hash_bits(class), i);
    }
    assert_true(object_hash_bits(class_named(world, "Object")) >= CLASS_PAGE_SLOTS);
    heap_close(heap);
}

static void metaclasses_close_the_circle(void **state)
{
    struct world *world = make_world("");
    struct heap *heap = &world->heap;
    oop sample = class_named(world, "Sample");
    oop meta = heap_class_of(heap, sample);
    (void)state;

    assert_true(oop_same(object_slot(meta, SLOT_METACLASS_THIS_CLASS), sample));
    assert_true(oop_same(heap_class_of(heap, meta), class_named(world, "Metaclass")));
    assert_true(oop_same(object_slot(meta, SLOT_BEHAVIOR_SUPERCLASS),
                         heap_class_of(heap, class_named(world, "Object"))));
    oop root_meta = heap_class_of(heap, class_named(world, "ProtoObject"));
    assert_true(
        oop_same(object_slot(root_meta, SLOT_BEHAVIOR_SUPERCLASS), class_named(world, "Class")));
    assert_true(oop_same(heap_class_of(heap, heap_class_of(heap, heap_class_of(heap, meta))),
                         class_named(world, "Metaclass")));
    assert_int_equal(object_slot_count(sample), 14);
    assert_int_equal(oop_to_integer(object_slot(sample, SLOT_BEHAVIOR_FORMAT)), 1 | 1 << 16);
    assert_int_equal(oop_to_integer(object_slot(meta, SLOT_BEHAVIOR_FORMAT)), 14 | 1 << 16);
    heap_close(heap);
}

static void class_formats_say_how_instances_look(void **state)
{
    static const struct {
        const char *name;
        int64_t format;
    } expected[] = {{"Object", 0},
                    {"Point", 2 | 1 << 16},
                    {"Array", 2 << 16},
                    {"Context", 6 | 3 << 16},
                    {"FullBlockClosure", 4 | 3 << 16},
                    {"ByteString", 16 << 16},
                    {"WideString", 10 << 16},
                    {"BoxedFloat64", 10 << 16},
                    {"CompiledMethod", 24 << 16},
                    {"SmallInteger", 7 << 16}};
    struct world *world = make_world("");
    (void)state;

    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_equal(
            oop_to_integer(object_slot(class_named(world, expected[i].name), SLOT_BEHAVIOR_FORMAT)),
            expected[i].format);
    heap_close(&world->heap);
}

static void methods_know_their_class_and_their_text(void **state)
{
    struct world *world = make_world("");
    struct heap *heap = &world->heap;
    oop sample = class_named(world, "Sample");
    oop dictionary = object_slot(sample, SLOT_BEHAVIOR_METHOD_DICTIONARY);
    oop values = object_slot(dictionary, SLOT_METHOD_DICTIONARY_VALUES);
    size_t capacity = object_slot_count(values);
    size_t found = 0;
    (void)state;

    assert_int_equal(oop_to_integer(object_slot(dictionary, SLOT_METHOD_DICTIONARY_TALLY)), 4);
    assert_int_equal(object_slot_count(dictionary), 2 + capacity);
    for (size_t i = 0; i < capacity; i++) {
        oop selector = object_slot(dictionary, SLOT_METHOD_DICTIONARY_KEYS + i);
        if (oop_same(selector, heap->nil))
            continue;
        oop method = object_slot(values, i);
        size_t literals = code_literal_count(method);
        oop binding = object_slot(method, literals);
        oop method_state = object_slot(method, literals - 1);
        struct text source;
        assert_true(oop_same(object_slot(binding, SLOT_ASSOCIATION_VALUE), sample));
        assert_true(oop_same(object_slot(method_state, 0), method));
        assert_true(oop_same(object_slot(method_state, 1), selector));
        assert_true(image_string_text(object_slot(method_state, 2), &source));
        assert_non_null(strstr(text_c_string(source), "^"));
        found++;
    }
    assert_int_equal(found, 4);
    heap_close(heap);
}

static oop method_named(const struct heap *heap, oop behavior, const char *name)
{
    oop dictionary = object_slot(behavior, SLOT_BEHAVIOR_METHOD_DICTIONARY);
    oop values = object_slot(dictionary, SLOT_METHOD_DICTIONARY_VALUES);
    for (size_t i = 0; i < object_slot_count(values); i++) {
        oop selector = object_slot(dictionary, SLOT_METHOD_DICTIONARY_KEYS + i);
        if (!oop_same(selector, heap->nil) && image_string_is(selector, text_from(name)))
            return object_slot(values, i);
    }
    return NO_OOP;
}

static const char trait_text[] =
    "Trait { #name : 'TCount', #instVars : ['count'] }\n"
    "TCount >> count [ <first: 1> ^count ]\nTCount >> up: x [ ^super up: x + count ]\n"
    "TCount class >> make [ ^self ]\nTCount class >> initialize [ ^self ]\n";
static const char user_text[] =
    "Class { #name : 'User', #superclass : 'Association', #instVars : ['own'], "
    "#traits : 'TCount @ {#down: -> #up:} - #(up:)' }\nUser >> own [ ^own ]\n";

static void a_user_of_a_trait_has_copies_of_its_methods(void **state)
{
    struct world *world = make_world_with("", trait_text, user_text);
    struct heap *heap = &world->heap;
    struct status status = {.code = STATUS_OK};
    oop user = class_named(world, "User");
    oop trait = class_named(world, "TCount");
    oop copy = method_named(heap, user, "count");
    oop origin = method_named(heap, trait, "count");
    struct text source;
    (void)state;

    if (!heap_verify(heap, &status))
        fail_msg("%s", status.sentence);
    assert_int_equal(oop_to_integer(object_slot(user, SLOT_BEHAVIOR_FORMAT)), 4 | 1 << 16);
    assert_true(oop_is_none(method_named(heap, user, "up:")));
    assert_false(oop_is_none(method_named(heap, heap_class_of(heap, user), "make")));
    oop binding = object_slot(copy, code_literal_count(copy));
    assert_true(oop_same(object_slot(binding, SLOT_ASSOCIATION_VALUE), user));
    oop method_state = object_slot(copy, code_literal_count(copy) - 1);
    assert_int_equal(object_slot_count(method_state), 6); /* four, a pragma, a property */
    oop property = object_slot(method_state, 5);
    assert_true(
        image_string_is(object_slot(property, SLOT_ASSOCIATION_KEY), text_from("traitOrigins")));
    assert_true(oop_same(object_slot(object_slot(property, SLOT_ASSOCIATION_VALUE), 0), origin));
    oop alias = method_named(heap, user, "down:");
    oop alias_state = object_slot(alias, code_literal_count(alias) - 1);
    assert_true(image_string_text(object_slot(alias_state, 2), &source));
    assert_string_equal(text_c_string(source), "down: x ^super up: x + count");
    heap_close(heap);
}

static void classes_and_traits_know_of_each_other(void **state)
{
    enum { SLOT_TRAIT_STATE = 4 };
    struct world *world = make_world_with("", trait_text, user_text);
    struct heap *heap = &world->heap;
    oop user = class_named(world, "User");
    oop trait = class_named(world, "TCount");
    oop used = object_slot(user, SLOT_TRAIT_STATE);
    oop known = object_slot(trait, SLOT_TRAIT_STATE);
    oop class_side = object_slot(heap_class_of(heap, user), SLOT_TRAIT_STATE);
    (void)state;

    oop composition = object_slot(used, 0);
    assert_true(oop_same(heap_class_of(heap, composition), class_named(world, "TaRemoveMethod")));
    composition = object_slot(composition, 0);
    assert_true(oop_same(heap_class_of(heap, composition), class_named(world, "TaAliasMethod")));
    composition = object_slot(composition, 0);
    assert_true(oop_same(object_slot(composition, 0), trait));
    assert_true(image_string_is(object_slot(object_slot(used, 1), 0), text_from("count")));
    assert_int_equal(object_slot_count(object_slot(known, 2)), 1);
    assert_true(oop_same(object_slot(object_slot(known, 2), 0), user));
    assert_true(oop_same(object_slot(object_slot(class_side, 0), 0), heap_class_of(heap, trait)));
    assert_true(oop_same(object_slot(class_named(world, "Sample"), SLOT_TRAIT_STATE), heap->nil));
    oop meta = heap_class_of(heap, trait);
    assert_true(oop_same(object_slot(meta, SLOT_BEHAVIOR_SUPERCLASS), class_named(world, "Trait")));
    assert_true(oop_same(object_slot(trait, SLOT_BEHAVIOR_SUPERCLASS), heap->nil));
    /* The trait initialises itself; the user, which only has a copy, does not. */
    oop initializers = class_named(world, "BootstrapInitializers");
    assert_int_equal(object_slot_count(initializers), 2);
    assert_true(oop_same(object_slot(initializers, 1), trait));
    heap_close(heap);
}

static void traits_need_the_classes_they_are_made_of(void **state)
{
    struct world *world = make_world_with("TraitState", trait_text, NULL);
    const struct diagnostic *problem = world->diagnostics.items.items[0];
    (void)state;

    assert_string_equal(problem->sentence,
                        "an image needs a class TraitState, which no package defines");
    heap_close(&world->heap);
    world = make_world("TraitState");
    assert_int_equal(world->diagnostics.error_count, 0);
    heap_close(&world->heap);
}

static void literals_are_immutable_but_for_those_of_named_primitives(void **state)
{
    struct world *world = make_world("");
    size_t immutable = 0;
    size_t writable = 0;
    (void)state;

    for (oop object = heap_first_object(&world->heap); !oop_is_none(object);
         object = heap_next_object(&world->heap, object)) {
        if (!format_is_code(object_format(object)) || (code_header(object) >> 16 & 1) != 0)
            continue;
        for (size_t i = 1; i <= code_literal_count(object); i++) {
            oop literal = object_slot(object, i);
            if (oop_is_object(literal) && object_class_index(literal) == CLASS_ARRAY)
                immutable += object_is_immutable(literal);
        }
    }
    for (oop object = heap_first_object(&world->heap); !oop_is_none(object);
         object = heap_next_object(&world->heap, object))
        if (format_is_code(object_format(object)) && (code_header(object) >> 16 & 1) != 0) {
            oop literal = object_slot(object, 1);
            writable += object_class_index(literal) == CLASS_ARRAY && !object_is_immutable(literal);
        }

    assert_int_equal(immutable, 1); /* #(1 $a #b) */
    assert_int_equal(writable, 1);  /* module and function */
    heap_close(&world->heap);
}

static void the_special_objects_are_complete(void **state)
{
    static const int needed[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 12, 13, 15, 16, 18,
                                 19, 20, 21, 23, 25, 26, 27, 34, 36, 37, 38, 42, 48, 49, 50, 51};
    struct world *world = make_world("");
    struct heap *heap = &world->heap;
    (void)state;

    assert_true(object_slot_count(heap->special_objects) >= 56);
    for (size_t i = 1; i < sizeof needed / sizeof *needed; i++)
        assert_false(oop_same(object_slot(heap->special_objects, (size_t)needed[i]), heap->nil));
    oop selectors = heap_special(heap, SPECIAL_SPECIAL_SELECTORS);
    assert_int_equal(object_slot_count(selectors), 64);
    assert_true(image_string_is(object_slot(selectors, 2 * 17), text_from("at:put:")));
    assert_int_equal(oop_to_integer(object_slot(selectors, 2 * 17 + 1)), 2);
    oop errors = heap_special(heap, SPECIAL_PRIMITIVE_ERROR_TABLE);
    assert_true(oop_same(object_slot(errors, 0), heap->nil));
    assert_true(image_string_is(object_slot(errors, 3), text_from("bad index")));
    heap_close(heap);
}

static void one_process_is_about_to_start(void **state)
{
    struct world *world = make_world("");
    struct heap *heap = &world->heap;
    oop scheduler =
        object_slot(heap_special(heap, SPECIAL_SCHEDULER_ASSOCIATION), SLOT_ASSOCIATION_VALUE);
    oop process = object_slot(scheduler, SLOT_SCHEDULER_ACTIVE_PROCESS);
    oop context = object_slot(process, SLOT_PROCESS_SUSPENDED_CONTEXT);
    oop method = object_slot(context, SLOT_CONTEXT_METHOD);
    (void)state;

    assert_int_equal(object_slot_count(object_slot(scheduler, SLOT_SCHEDULER_LISTS)), 80);
    assert_int_equal(object_slot_count(context), 22);
    assert_int_equal(oop_to_integer(object_slot(context, SLOT_CONTEXT_PC)),
                     (int)(code_literal_count(method) + 1) * 8 + 1);
    assert_int_equal(oop_to_integer(object_slot(context, SLOT_CONTEXT_STACKP)), 0);
    assert_true(oop_same(object_slot(context, SLOT_CONTEXT_SENDER), heap->nil));
    oop initializers = class_named(world, "BootstrapInitializers");
    assert_int_equal(object_slot_count(initializers), 1);
    assert_true(oop_same(object_slot(initializers, 0), class_named(world, "Sample")));
    heap_close(heap);
}

static void symbols_are_unique(void **state)
{
    struct world *world = make_world("");
    struct table seen = {NULL, 0, 0};
    uint32_t byte_symbol = object_hash_bits(class_named(world, "ByteSymbol"));
    (void)state;

    for (oop object = heap_first_object(&world->heap); !oop_is_none(object);
         object = heap_next_object(&world->heap, object)) {
        struct text name;
        if (object_class_index(object) != byte_symbol)
            continue;
        assert_true(image_string_text(object, &name));
        assert_null(table_get(&seen, name));
        table_put(&seen, name, world);
    }
    assert_true(seen.count > 100);
    heap_close(&world->heap);
}

static void class_variables_are_found_by_their_hash(void **state)
{
    struct world *world = make_world("");
    oop pool = object_slot(class_named(world, "Sample"), 7);
    oop array = object_slot(pool, 1);
    (void)state;

    assert_int_equal(oop_to_integer(object_slot(pool, 0)), 1);
    size_t place = image_text_hash(text_from("Total")) % object_slot_count(array);
    assert_true(image_string_is(object_slot(object_slot(array, place), SLOT_ASSOCIATION_KEY),
                                text_from("Total")));
    heap_close(&world->heap);
}

static void the_hash_of_text_is_that_of_the_image(void **state)
{
    (void)state;

    /* FNV-1a with 32 bits, folded to 28. */
    assert_int_equal(image_text_hash(text_from("")), (0x811C9DC5u ^ 0x8u) & 0xFFFFFFF);
    assert_int_equal(image_text_hash(text_from("a")), (0xE40C292Cu ^ 0xEu) & 0xFFFFFFF);
    assert_int_equal(image_text_hash(text_from("foobar")), (0xBF9CF968u ^ 0xBu) & 0xFFFFFFF);
}

/* The words of all objects, with references counted from nil. */
static struct text all_words(struct world *world)
{
    struct buffer words = {NULL, 0, 0};
    uint64_t base = world->heap.nil.bits;
    for (oop object = heap_first_object(&world->heap); !oop_is_none(object);
         object = heap_next_object(&world->heap, object)) {
        size_t pointers = object_pointer_count(object);
        for (uint64_t *at = object_start(object); at < object_limit(object); at++) {
            uint64_t word = *at;
            size_t slot = (size_t)(at - object_words(object)) - 1;
            if (at > object_words(object) && slot < pointers && (word & 7) == 0)
                word -= base;
            buffer_add(&words, (const char *)&word, sizeof word);
        }
    }
    return buffer_text(&words);
}

static void two_worlds_of_one_text_are_the_same_words(void **state)
{
    struct world *one = make_world_with("", trait_text, user_text);
    (void)state;
    struct world *two = make_world_with(
        "", trait_text, user_text); /* while the first is in its place: at another address */

    assert_true(one->heap.nil.bits != two->heap.nil.bits);
    assert_true(text_equals(all_words(one), all_words(two)));
    heap_close(&one->heap);
    heap_close(&two->heap);
}

static void what_is_missing_is_named(void **state)
{
    struct world *world = make_world("Pragma");
    const struct diagnostic *problem = world->diagnostics.items.items[0];
    (void)state;

    assert_int_equal(world->diagnostics.error_count, 1);
    assert_string_equal(problem->sentence,
                        "an image needs a class Pragma, which no package defines");
    heap_close(&world->heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_heap_is_whole_and_its_code_verifies),
        cmocka_unit_test(the_first_objects_are_where_the_format_wants_them),
        cmocka_unit_test(a_class_hash_is_its_table_index),
        cmocka_unit_test(metaclasses_close_the_circle),
        cmocka_unit_test(class_formats_say_how_instances_look),
        cmocka_unit_test(methods_know_their_class_and_their_text),
        cmocka_unit_test(a_user_of_a_trait_has_copies_of_its_methods),
        cmocka_unit_test(classes_and_traits_know_of_each_other),
        cmocka_unit_test(traits_need_the_classes_they_are_made_of),
        cmocka_unit_test(literals_are_immutable_but_for_those_of_named_primitives),
        cmocka_unit_test(the_special_objects_are_complete),
        cmocka_unit_test(one_process_is_about_to_start),
        cmocka_unit_test(symbols_are_unique),
        cmocka_unit_test(class_variables_are_found_by_their_hash),
        cmocka_unit_test(the_hash_of_text_is_that_of_the_image),
        cmocka_unit_test(two_worlds_of_one_text_are_the_same_words),
        cmocka_unit_test(what_is_missing_is_named),
    };
    return cmocka_run_group_tests(tests, start_compiler, NULL);
}
