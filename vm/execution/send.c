#include "vm/execution/send.h"

#include "vm/code/verify.h"
#include "vm/execution/missing.h"
#include "vm/execution/process.h"

/* --- code for methods ------------------------------------------------------------------------------------------------------- */

static struct translation translation_of(struct vm *vm)
{
    return (struct translation){&vm->heap,
                                &vm->codes.memory,
                                vm->handlers,
                                missing_find_primitive,
                                vm,
                                vm->options.trace_bytecode != NULL,
                                vm->tier.compile_after};
}

/* Methods that came with the image have been verified by its reader. Once a full collection has moved objects, nobody knows
 * any more which those are. */
static bool is_verified(const struct vm *vm, oop method)
{
    return vm->heap.statistics.full_collections == 0 && object_words(method) >= vm->heap.old.base &&
           object_words(method) < vm->loaded_limit;
}

static struct code *verify_and_translate(struct vm *vm, oop method)
{
    struct translation translation = translation_of(vm);
    if (is_verified(vm, method))
        return code_translate(&translation, method);
    struct code_scratch scratch = {0};
    struct code_facts facts;
    struct code_fault fault;
    struct code_source source = code_source_of(vm->heap.dialect, method);
    bool valid = code_verify(&source, &scratch, &facts, &fault);
    code_scratch_free(&scratch);
    if (valid)
        return code_translate(&translation, method);
    return fault.is_of_memory ? NULL : code_refuse(&translation, method);
}

static struct code *translate(struct vm *vm, oop method)
{
    struct code *code = verify_and_translate(vm, method);
    if (code == NULL || !code_table_add(&vm->codes, code, &vm->heap)) {
        code_free(&vm->codes.memory, code);
        return NULL;
    }
    vm->statistics.methods_translated++;
    return code;
}

struct code *send_code_for(struct vm *vm, oop method)
{
    struct code *code = code_table_find(&vm->codes, method, -1);
    if (code != NULL)
        return code;
    code = translate(vm, method);
    if (code == NULL && heap_give_up_reserve(&vm->heap))
        code = translate(vm, method);
    return code;
}

struct code *send_code_for_block(struct vm *vm, oop block)
{
    struct block_cache_entry *entry = block_cache_entry(vm, block);
    if (oop_same(entry->block, block))
        return entry->code;
    struct code *code = send_code_for(vm, heap_follow(block));
    if (code != NULL)
        *entry = (struct block_cache_entry){block, code};
    return code;
}

struct code *send_code_for_embedded(struct vm *vm, oop closure)
{
    oop outer = heap_follow(object_slot(closure, SLOT_CLOSURE_OUTER_CONTEXT));
    if (!oop_is_object(outer) || object_class_index(outer) != CLASS_CONTEXT)
        return NULL;
    oop method = heap_follow(object_slot(outer, SLOT_CONTEXT_METHOD));
    oop start_pc = object_slot(closure, SLOT_CLOSURE_START_PC);
    oop argument_count = object_slot(closure, SLOT_CLOSURE_ARGUMENT_COUNT);
    if (!oop_is_object(method) || !format_is_code(object_format(method)) ||
        !oop_is_integer(start_pc) || !oop_is_integer(argument_count))
        return NULL;
    int64_t start_word = pc_to_word_index(vm->heap.dialect, method, oop_to_integer(start_pc));
    struct code *home = send_code_for(vm, method);
    if (home == NULL || start_word <= 0 || (uint64_t)start_word >= home->word_count)
        return NULL;
    struct code *code = code_table_find(&vm->codes, method, (int32_t)start_word);
    if (code != NULL)
        return code;
    struct translation translation = translation_of(vm);
    code = code_translate_embedded(&translation, home, (int32_t)start_word,
                                   (size_t)oop_to_integer(argument_count),
                                   object_slot_count(closure) - SLOT_CLOSURE_COPIED);
    if (code == NULL || !code_table_add(&vm->codes, code, &vm->heap)) {
        code_free(&vm->codes.memory, code);
        return NULL;
    }
    return code;
}

struct code *send_code_for_old_blocks(struct vm *vm, oop method)
{
    struct code *code = code_table_find(&vm->codes, method, CODE_TABLE_OLD_BLOCKS);
    if (code != NULL)
        return code;
    /* What the verifier refuses has no blocks that could run. */
    struct code *home = send_code_for(vm, method);
    if (home == NULL || (home->flags & CODE_HAS_OLD_BLOCKS) == 0)
        return home;
    struct translation translation = translation_of(vm);
    code = code_translate_old_blocks(&translation, method);
    if (code == NULL || !code_table_add(&vm->codes, code, &vm->heap)) {
        code_free(&vm->codes.memory, code);
        return NULL;
    }
    return code;
}

/* --- primitives of methods ---------------------------------------------------------------------------------------------------- */

static bool name_is(const struct vm *vm, oop value, const char *name)
{
    if (name == NULL)
        return oop_same(value, vm->heap.nil);
    return oop_is_object(value) && format_is_bytes(object_format(value)) &&
           object_byte_count(value) == strlen(name) &&
           memcmp(object_bytes(value), name, strlen(name)) == 0;
}

static const struct primitive *find_row(const struct vm *vm, const struct primitive_table *table,
                                        oop module, oop name)
{
    /* Rows of a module stand together, and most often have its name from one place: it is compared once. */
    const struct primitive *same = NULL;
    const struct primitive *other = NULL;
    for (size_t i = 0; table != NULL && i < table->count; i++) {
        const struct primitive *row = &table->rows[i];
        if (row->number != 0 || (other != NULL && row->module == other->module))
            continue;
        if (same == NULL || row->module != same->module) {
            if (!name_is(vm, module, row->module)) {
                other = row;
                continue;
            }
            same = row;
        }
        if (name_is(vm, name, row->name))
            return row;
    }
    return NULL;
}

/* The table that the host has for a module, asked for once. Names that no module of ours could have are not passed on, and
 * when the places for answers are used up nothing more is loaded. */
static const struct primitive_table *load_module(struct vm *vm, oop module)
{
    if (vm->options.load_module == NULL || !oop_is_object(module) ||
        !format_is_bytes(object_format(module)))
        return NULL;
    for (size_t i = 0; i < vm->loaded_count; i++)
        if (name_is(vm, module, vm->loaded[i].name))
            return vm->loaded[i].table;
    size_t size = object_byte_count(module);
    if (size == 0 || size >= MODULE_NAME_SIZE || vm->loaded_count == LOADED_MODULES_MAX ||
        memchr(object_bytes(module), 0, size) != NULL)
        return NULL;
    struct loaded_module *loaded = &vm->loaded[vm->loaded_count++];
    memcpy(loaded->name, object_bytes(module), size);
    loaded->table = vm->options.load_module(vm->options.load_module_context, loaded->name);
    return loaded->table;
}

static const struct primitive *find_named(struct vm *vm, oop module, oop name)
{
    const struct primitive *row = find_row(vm, vm->primitives, module, name);
    return row != NULL ? row : find_row(vm, load_module(vm, module), module, name);
}

const struct primitive *send_find_primitive(void *context, oop method, unsigned number)
{
    struct vm *vm = context;
    if (number != 117)
        return number < vm->numbered_count ? vm->numbered[number] : NULL;
    if (code_literal_count(method) == 0)
        return NULL;
    oop call = heap_follow(object_slot(method, 1));
    if (!oop_is_object(call) || object_class_index(call) != CLASS_ARRAY ||
        object_slot_count(call) < 2)
        return NULL;
    return find_named(vm, heap_follow(object_slot(call, 0)), heap_follow(object_slot(call, 1)));
}

/* --- lookup ------------------------------------------------------------------------------------------------------------------- */

static oop dictionary_at(const struct vm *vm, oop dictionary, oop selector)
{
    size_t slot_count = object_slot_count(dictionary);
    if (slot_count <= SLOT_METHOD_DICTIONARY_KEYS)
        return NO_OOP;
    size_t size = slot_count - SLOT_METHOD_DICTIONARY_KEYS;
    oop values = heap_follow(object_slot(dictionary, SLOT_METHOD_DICTIONARY_VALUES));
    size_t hash =
        oop_is_integer(selector) ? (size_t)oop_to_integer(selector) : object_hash_bits(selector);
    bool scan = size <= 8;
    for (size_t i = 0; i < size; i++) {
        size_t index = scan ? i : (hash + i) & (size - 1);
        oop key = object_slot(dictionary, SLOT_METHOD_DICTIONARY_KEYS + index);
        /* A key's header is looked at only while there are forwarders: most keys are never touched. */
        if (VIV_UNLIKELY(vm->heap.forwarders_exist))
            key = heap_follow(key);
        if (oop_same(key, selector))
            return heap_follow(object_slot(values, index));
        if (oop_same(key, vm->heap.nil) && !scan)
            return NO_OOP;
    }
    return NO_OOP;
}

oop lookup_method(struct vm *vm, oop class, oop selector)
{
    oop nil = vm->heap.nil;
    size_t depth = 0;
    while (!oop_same(class, nil) && depth++ < 100000) {
        oop dictionary = heap_follow(object_slot(class, SLOT_BEHAVIOR_METHOD_DICTIONARY));
        if (oop_same(dictionary, nil))
            return NO_OOP;
        oop method = dictionary_at(vm, dictionary, selector);
        if (!oop_is_none(method))
            return method;
        class = heap_follow(object_slot(class, SLOT_BEHAVIOR_SUPERCLASS));
    }
    return NO_OOP;
}

/* The nearest class up the chain whose method dictionary is nil: its lookups are answered by #cannotInterpret:. */
static bool has_missing_dictionary(struct vm *vm, oop class, oop *above)
{
    oop nil = vm->heap.nil;
    while (!oop_same(class, nil)) {
        oop superclass = heap_follow(object_slot(class, SLOT_BEHAVIOR_SUPERCLASS));
        if (oop_same(heap_follow(object_slot(class, SLOT_BEHAVIOR_METHOD_DICTIONARY)), nil)) {
            *above = superclass;
            return true;
        }
        class = superclass;
    }
    return false;
}

/* --- what lookups find ----------------------------------------------------------------------------------------------------------- */

static bool is_code(oop value)
{
    return !oop_is_none(value) && oop_is_object(value) && format_is_code(object_format(value));
}

bool send_find_method_code(struct vm *vm, oop value, struct code **code)
{
    if (!is_code(value))
        return false;
    *code = send_code_for(vm, value);
    return *code == NULL || ((*code)->flags & CODE_IS_BLOCK) == 0;
}

static bool is_compiled_method(struct vm *vm, oop value)
{
    struct code *code;
    return send_find_method_code(vm, value, &code);
}

/* Takes arguments from the stack into an Array. */
static oop pop_arguments(struct vm *vm, size_t argument_count)
{
    struct heap *heap = &vm->heap;
    oop arguments = heap_allocate_array(heap, argument_count);
    viv_assert(!oop_is_none(arguments), "the reserve holds the arguments of a message");
    for (size_t i = argument_count; i > 0; i--)
        heap_store(heap, arguments, i - 1, *vm->sp++);
    return arguments;
}

/* How many objects one after another may stand for the method of run:with:in: of the one before. */
enum { NESTED_OBJECTS_AS_METHODS_MAX = 4 };

/* Something that is no compiled method stands in a method dictionary: it is sent run:with:in:. */
static void send_object_as_method(struct vm *vm, oop object, oop selector, size_t argument_count)
{
    struct heap *heap = &vm->heap;
    oop run_selector = vm_special(vm, SPECIAL_SELECTOR_RUN_WITH_IN);
    for (int depth = 0; depth < NESTED_OBJECTS_AS_METHODS_MAX; depth++) {
        oop arguments = pop_arguments(vm, argument_count);
        oop receiver = *vm->sp;
        *vm->sp = object;
        vm_push(vm, selector);
        vm_push(vm, arguments);
        vm_push(vm, receiver);
        oop class = heap_class_of(heap, object);
        oop method = lookup_method(vm, class, run_selector);
        if (oop_is_none(method) || is_compiled_method(vm, method)) {
            send_message(vm, run_selector, 3);
            return;
        }
        object = method;
        selector = run_selector;
        argument_count = 3;
    }
    vm->sp += 4;
    vm_push(vm, heap->nil);
    process_report_and_stop(vm, "an object stands for a method, and others for its run:with:in:");
}

/* Whether an object that stands for a method has a compiled one for run:with:in:. */
static bool has_run_method(struct vm *vm, oop object)
{
    oop class = heap_class_of(&vm->heap, object);
    oop selector = vm_special(vm, SPECIAL_SELECTOR_RUN_WITH_IN);
    return is_compiled_method(vm, lookup_method(vm, class, selector));
}

/* A message whose receiver does not even understand doesNotUnderstand: is on the stack, above the receiver: the active process
 * is told, and what it answers is the message's answer. Where the image knows no such message the world ends. */
static void send_lost_message(struct vm *vm)
{
    oop message = vm->sp[0];
    oop receiver = vm->sp[1];
    oop process = process_active(vm);
    oop selector = heap_special_or_nil(&vm->heap, SPECIAL_SELECTOR_LOST_MESSAGE);
    oop class = heap_class_of(&vm->heap, process);
    oop method = lookup_method(vm, class, selector);
    vm->sp += 2;
    if (!is_compiled_method(vm, method) || oop_same(receiver, process)) {
        vm_push(vm, vm->heap.nil);
        process_report_and_stop(vm,
                                "a message is not understood, and neither is doesNotUnderstand:");
        return;
    }
    vm_push(vm, process);
    vm_push(vm, message);
    vm_push(vm, receiver);
    send_message(vm, selector, 2);
}

/* Makes and sends a Message with #doesNotUnderstand: or #cannotInterpret:. */
static void send_with_message(struct vm *vm, oop class, oop start_class, oop selector,
                              size_t argument_count, enum special_object handler)
{
    struct heap *heap = &vm->heap;
    oop message_class = vm_special(vm, SPECIAL_CLASS_MESSAGE);
    bool valid = true;
    oop message = heap_instantiate(heap, message_class, 0, &valid);
    viv_assert(!oop_is_none(message), "the reserve holds a Message");
    oop arguments = pop_arguments(vm, argument_count);
    heap_store(heap, message, SLOT_MESSAGE_SELECTOR, selector);
    heap_store(heap, message, SLOT_MESSAGE_ARGUMENTS, arguments);
    if (object_slot_count(message) > SLOT_MESSAGE_LOOKUP_CLASS)
        heap_store(heap, message, SLOT_MESSAGE_LOOKUP_CLASS, class);
    vm_push(vm, message);
    oop handler_selector = vm_special(vm, handler);
    oop method = lookup_method(vm, start_class, handler_selector);
    struct code *code;
    bool compiled = send_find_method_code(vm, method, &code);
    if (!compiled && !oop_is_none(method) && has_run_method(vm, method)) {
        send_object_as_method(vm, method, handler_selector, 1);
        return;
    }
    if (!compiled || (argument_count == 1 && oop_same(selector, handler_selector))) {
        send_lost_message(vm);
        return;
    }
    if (code == NULL) {
        process_stop_without_memory(vm, "no C memory to translate doesNotUnderstand:");
        return;
    }
    send_run_code(vm, code);
}

static void send_not_understood(struct vm *vm, oop class, oop selector, size_t argument_count)
{
    oop above;
    if (has_missing_dictionary(vm, class, &above))
        send_with_message(vm, class, above, selector, argument_count,
                          SPECIAL_SELECTOR_CANNOT_INTERPRET);
    else
        send_with_message(vm, class, class, selector, argument_count,
                          SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND);
}

/* The receiver below the arguments of the message being sent, with forwarders followed in place. */
static oop receiver_on_stack(struct vm *vm, size_t argument_count)
{
    oop *location = &vm->sp[argument_count];
    *location = heap_follow(*location);
    return *location;
}

/* The superclass of the class that a method, or the home method of a block, belongs to. */
static oop class_above(struct vm *vm, oop code)
{
    size_t depth = 0;
    while (depth++ < 1000) {
        oop last = heap_follow(object_slot(code, code_literal_count(code)));
        if (is_code(last)) {
            code = last;
            continue;
        }
        oop class = heap_follow(object_slot(last, SLOT_ASSOCIATION_VALUE));
        return heap_follow(object_slot(class, SLOT_BEHAVIOR_SUPERCLASS));
    }
    return vm->heap.nil;
}

ic_cell *send_lookup(struct vm *vm, ic_cell *cell)
{
    size_t argument_count = cell->argument_count;
    oop receiver = receiver_on_stack(vm, argument_count);
    uint32_t tag = oop_class_index(receiver);
    oop class = heap_class_at(&vm->heap, tag);
    oop selector = heap_follow(cell->selector);
    bool is_super = (cell->flags & CELL_SUPER) != 0;
    if (is_super)
        class = class_above(vm, frame_code(vm->fp)->method);
    vm->statistics.sends_missed++;
    oop method = lookup_method(vm, class, selector);
    if (oop_is_none(method)) {
        send_not_understood(vm, class, selector, argument_count);
        return NULL;
    }
    struct code *code;
    if (!send_find_method_code(vm, method, &code)) {
        send_object_as_method(vm, method, selector, argument_count);
        return NULL;
    }
    if (code == NULL) {
        process_stop_without_memory(vm, "no C memory to translate a method");
        return NULL;
    }
    if (code->argument_count != argument_count) {
        send_run_code(vm, code);
        return NULL;
    }
    ic_cell found = *cell;
    struct code *shortcut = shortcut_of(vm, receiver, class, code);
    found.flags =
        (uint16_t)((cell->flags & ~CELL_SHORTCUT) | (shortcut != NULL ? CELL_SHORTCUT : 0));
    cell_describe(vm, &found, tag, shortcut != NULL ? shortcut : code);
    cell_extend(vm, cell, &found);
    /* Super sends bypass the VM-wide cache, so what was found is put into an entry that no lookup finds. */
    ic_cell *cached = lookup_cache_entry(vm, tag, selector);
    *cached = found;
    cached->selector = is_super ? vm->heap.nil : selector;
    return cached;
}

/* --- sends from C -------------------------------------------------------------------------------------------------------------- */

/* A forwarder among receiver and arguments, or in their slots, is replaced; answers whether there was one. */
static bool follow_call(struct vm *vm, size_t argument_count)
{
    bool found = false;
    for (size_t i = 0; i <= argument_count; i++) {
        oop value = vm->sp[i];
        if (oop_is_forwarder(value)) {
            vm->sp[i] = value = heap_follow(value);
            found = true;
        }
        if (!oop_is_object(value))
            continue;
        for (size_t j = 0, count = object_pointer_count(value); j < count; j++)
            if (oop_is_forwarder(object_slot(value, j))) {
                heap_store(&vm->heap, value, j, heap_follow(object_slot(value, j)));
                found = true;
            }
    }
    return found;
}

static prim_result run_primitive(struct vm *vm, struct code *code)
{
    if (code->primitive->control != NULL)
        return code->primitive->control(vm, code->argument_count);
    size_t count = code->argument_count;
    prim_call call = {vm->sp[count], vm->sp + count - 1, count, code->method};
    prim_result result = code->primitive->function(vm, &call);
    if (result == PRIM_OK) {
        vm->sp += code->argument_count;
        *vm->sp = vm->answer;
    }
    return result;
}

/* A copy of the table's PrimitiveError with the number that the system gave for the error; the object itself when it has no
 * place for one, there is none, or memory is short. */
static oop numbered_error(struct vm *vm, oop error)
{
    int number = vm->failure_os_error;
    vm->failure_os_error = 0;
    if (number == 0 || !oop_is_object(error) || !format_is_pointers(object_format(error)) ||
        object_slot_count(error) <= SLOT_PRIMITIVE_ERROR_CODE)
        return error;
    oop copy = heap_shallow_copy(&vm->heap, error);
    if (oop_is_none(copy))
        return error;
    heap_store(&vm->heap, copy, SLOT_PRIMITIVE_ERROR_CODE, oop_from_integer(number));
    return copy;
}

static oop failure_object(struct vm *vm, prim_result reason)
{
    oop table = vm_special(vm, SPECIAL_PRIMITIVE_ERROR_TABLE);
    size_t index = (size_t)reason - 1;
    if (oop_class_index(table) == CLASS_ARRAY && index < object_slot_count(table)) {
        oop error = object_slot(table, index);
        return reason == PRIM_OPERATING_SYSTEM_ERROR ? numbered_error(vm, error) : error;
    }
    return oop_from_integer((int64_t)reason);
}

void send_primitive_failed(struct vm *vm, struct code *code, prim_result reason)
{
    if (vm->heap.forwarders_exist && follow_call(vm, code->argument_count)) {
        reason = run_primitive(vm, code);
        if (reason == PRIM_OK)
            return;
    }
    frame_activate(vm, code);
    if (code->error_temp != 0)
        vm->fp[code->error_temp] = failure_object(vm, reason);
}

void send_run_code(struct vm *vm, struct code *code)
{
    if (code->primitive != NULL) {
        prim_result result = run_primitive(vm, code);
        if (result != PRIM_OK)
            send_primitive_failed(vm, code, result);
    } else {
        frame_activate(vm, code);
    }
}

/* Runs what the lookup of a message found. */
static void send_found(struct vm *vm, oop class, oop method, oop selector, size_t argument_count)
{
    struct code *code;
    if (oop_is_none(method))
        send_not_understood(vm, class, selector, argument_count);
    else if (!send_find_method_code(vm, method, &code))
        send_object_as_method(vm, method, selector, argument_count);
    else if (code == NULL)
        process_stop_without_memory(vm, "no C memory to translate a method");
    else
        send_run_code(vm, code);
}

void send_message_in_class(struct vm *vm, oop class, oop selector, size_t argument_count)
{
    send_found(vm, class, lookup_method(vm, class, selector), selector, argument_count);
}

void send_message(struct vm *vm, oop selector, size_t argument_count)
{
    oop receiver = receiver_on_stack(vm, argument_count);
    uint32_t tag = oop_class_index(receiver);
    ic_cell *cached = lookup_cache_entry(vm, tag, selector);
    if (cached->tag == tag && oop_same(cached->selector, selector) &&
        (cached->kind == CELL_MONO || cached->kind == CELL_PRIMITIVE) &&
        cached->u.target->argument_count == argument_count) {
        send_run_code(vm, cached->u.target);
        return;
    }
    oop class = heap_class_at(&vm->heap, tag);
    oop method = lookup_method(vm, class, selector);
    struct code *code;
    if (oop_is_none(method) || !send_find_method_code(vm, method, &code) || code == NULL) {
        send_found(vm, class, method, selector, argument_count);
        return;
    }
    if (code->argument_count == argument_count) {
        cached->selector = selector;
        cached->argument_count = (uint8_t)argument_count;
        cached->flags = 0;
        cell_describe(vm, cached, tag, code);
    }
    send_run_code(vm, code);
}

void send_special(struct vm *vm, enum special_object selector, size_t argument_count)
{
    send_message(vm, vm_special(vm, selector), argument_count);
}

void send_directed_super(struct vm *vm, ic_cell *cell)
{
    oop class = heap_follow(*vm->sp++);
    receiver_on_stack(vm, cell->argument_count);
    send_message_in_class(vm, heap_follow(object_slot(class, SLOT_BEHAVIOR_SUPERCLASS)),
                          heap_follow(cell->selector), cell->argument_count);
}

void send_attempt_to_assign(struct vm *vm, oop receiver, oop value, int32_t slot)
{
    vm_push(vm, receiver);
    vm_push(vm, value);
    vm_push(vm, oop_from_integer((int64_t)slot + 1));
    send_discarding(vm, SPECIAL_SELECTOR_ATTEMPT_TO_ASSIGN, 2);
}

void send_cannot_return(struct vm *vm, oop context, oop value)
{
    vm_push(vm, context);
    vm_push(vm, value);
    send_special(vm, SPECIAL_SELECTOR_CANNOT_RETURN, 1);
}

void send_unused_bytecode(struct vm *vm)
{
    oop context = frame_marry(vm, vm->stack, vm->fp);
    oop selector = heap_special_or_nil(&vm->heap, SPECIAL_SELECTOR_UNUSED_BYTECODE);
    vm_push(vm, context);
    if (oop_same(selector, vm->heap.nil)) {
        process_report_and_stop(vm, "a bytecode is not assigned");
        return;
    }
    send_message(vm, selector, 0);
}

void send_lost_process(struct vm *vm)
{
    process_report_and_stop(vm, "a process returned into a context that cannot be resumed");
}
