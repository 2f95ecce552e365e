/* What goes to stderr when a world cannot go on, or when somebody asks where its processes are. */
#include "vm/execution/process.h"

#include <stdio.h>

enum { REPORT_DEPTH = 60 };

static void print_bytes(FILE *out, const struct vm *vm, oop string)
{
    if (oop_is_object(string) && !oop_same(string, vm->heap.nil) &&
        format_is_bytes(object_format(string)))
        fprintf(out, "%.*s", (int)object_byte_count(string), (const char *)object_bytes(string));
    else
        fputs("?", out);
}

static void print_class(FILE *out, struct vm *vm, oop class)
{
    oop metaclass = heap_class_of(&vm->heap, class);
    size_t slot_count = oop_is_object(class) ? object_slot_count(class) : 0;
    bool is_metaclass = slot_count > SLOT_METACLASS_THIS_CLASS && slot_count <= SLOT_CLASS_NAME &&
                        object_slot_count(metaclass) > SLOT_METACLASS_THIS_CLASS;
    if (is_metaclass) {
        oop instance = heap_follow(object_slot(class, SLOT_METACLASS_THIS_CLASS));
        if (oop_is_object(instance) && object_slot_count(instance) > SLOT_CLASS_NAME)
            print_bytes(out, vm, object_slot(instance, SLOT_CLASS_NAME));
        fputs(" class", out);
    } else if (slot_count > SLOT_CLASS_NAME) {
        print_bytes(out, vm, object_slot(class, SLOT_CLASS_NAME));
    } else {
        fputs("?", out);
    }
}

/* The code's home method: blocks end with the code that encloses them. */
static oop home_method(oop code)
{
    for (size_t depth = 0; depth < 1000; depth++) {
        oop last = heap_follow(object_slot(code, code_literal_count(code)));
        if (!oop_is_object(last) || !format_is_code(object_format(last)))
            return code;
        code = last;
    }
    return code;
}

static oop selector_of(struct vm *vm, oop method)
{
    size_t count = code_literal_count(method);
    oop selector = count < 2 ? vm->heap.nil : heap_follow(object_slot(method, count - 1));
    if (oop_has_slots(selector, SLOT_METHOD_STATE_SELECTOR + 1))
        selector = heap_follow(object_slot(selector, SLOT_METHOD_STATE_SELECTOR));
    return selector;
}

static oop method_class(struct vm *vm, oop method)
{
    size_t count = code_literal_count(method);
    oop binding = count == 0 ? vm->heap.nil : heap_follow(object_slot(method, count));
    if (oop_has_slots(binding, SLOT_ASSOCIATION_VALUE + 1))
        return heap_follow(object_slot(binding, SLOT_ASSOCIATION_VALUE));
    return vm->heap.nil;
}

/* The selector under which a class, or one above it, has a method, and that class; nil when none has. Methods of older images do not
 * know either. */
static oop find_selector(const struct vm *vm, oop *class, oop method)
{
    oop nil = vm->heap.nil;
    for (size_t depth = 0; depth < 1000 && oop_has_slots(*class, SLOT_BEHAVIOR_FORMAT + 1);
         depth++) {
        oop dictionary = heap_follow(object_slot(*class, SLOT_BEHAVIOR_METHOD_DICTIONARY));
        if (oop_has_slots(dictionary, SLOT_METHOD_DICTIONARY_KEYS)) {
            oop values = heap_follow(object_slot(dictionary, SLOT_METHOD_DICTIONARY_VALUES));
            size_t count = object_slot_count(dictionary) - SLOT_METHOD_DICTIONARY_KEYS;
            for (size_t i = 0; i < count && oop_has_slots(values, count); i++)
                if (oop_same(object_slot(values, i), method))
                    return heap_follow(object_slot(dictionary, SLOT_METHOD_DICTIONARY_KEYS + i));
        }
        *class = heap_follow(object_slot(*class, SLOT_BEHAVIOR_SUPERCLASS));
    }
    *class = nil;
    return nil;
}

static void print_activation(FILE *out, struct vm *vm, oop method, oop receiver)
{
    oop home = home_method(method);
    oop receiver_class = heap_class_of(&vm->heap, receiver);
    bool knows = dialect_is_spur(vm->heap.dialect);
    oop class = knows ? method_class(vm, home) : receiver_class;
    oop selector = knows ? selector_of(vm, home) : find_selector(vm, &class, method);
    fputs(oop_same(home, method) ? "    " : "    [] in ", out);
    print_class(out, vm, receiver_class);
    if (!oop_same(class, receiver_class) && !oop_same(class, vm->heap.nil)) {
        fputc('(', out);
        print_class(out, vm, class);
        fputc(')', out);
    }
    fputs(">>", out);
    print_bytes(out, vm, selector);
    fputc('\n', out);
}

void process_print_code(FILE *out, struct vm *vm, oop method)
{
    oop home = home_method(method);
    fputs(oop_same(home, method) ? "" : "[] in ", out);
    print_class(out, vm, method_class(vm, home));
    fputs(">>", out);
    print_bytes(out, vm, selector_of(vm, home));
}

static void print_heap_contexts(FILE *out, struct vm *vm, oop context, size_t depth);

static void print_frames(FILE *out, struct vm *vm, const struct stack *stack, const oop *fp,
                         size_t depth)
{
    for (; fp != NULL && depth < REPORT_DEPTH; fp = frame_caller(fp), depth++)
        print_activation(out, vm, frame_code(fp)->method, fp[FRAME_RECEIVER]);
    if (depth < REPORT_DEPTH)
        print_heap_contexts(out, vm, heap_follow(stack->base_sender), depth);
    else
        fputs("    …\n", out);
}

static void print_heap_contexts(FILE *out, struct vm *vm, oop context, size_t depth)
{
    while (oop_is_context(context) && depth < REPORT_DEPTH) {
        if (context_is_married(context)) {
            print_frames(out, vm, context_stack(context), context_fp(context), depth);
            return;
        }
        oop home = context_home(context);
        if (oop_is_none(home))
            return;
        oop method = heap_follow(object_slot(home, SLOT_CONTEXT_METHOD));
        if (!oop_is_object(method) || !format_is_code(object_format(method)))
            return;
        print_activation(out, vm, method, heap_follow(object_slot(home, SLOT_CONTEXT_RECEIVER)));
        context = heap_follow(object_slot(context, SLOT_CONTEXT_SENDER));
        depth++;
    }
}

/* Whether an object is a process that waits: it has a suspended context. */
static bool is_suspended_process(struct vm *vm, oop object)
{
    oop class = vm_special(vm, SPECIAL_CLASS_PROCESS);
    if (!oop_same(heap_class_of(&vm->heap, object), class))
        return false;
    oop context = heap_follow(object_slot(object, SLOT_PROCESS_SUSPENDED_CONTEXT));
    return oop_is_context(context);
}

static void print_header(FILE *out, struct vm *vm, const char *what, oop process)
{
    oop priority = heap_follow(object_slot(process, SLOT_PROCESS_PRIORITY));
    fprintf(out, "%s process, priority %lld", what,
            oop_is_integer(priority) ? (long long)oop_to_integer(priority) : 0LL);
    if (object_slot_count(process) > SLOT_PROCESS_MY_LIST + 1) {
        oop name = heap_follow(object_slot(process, SLOT_PROCESS_MY_LIST + 1));
        if (oop_is_object(name) && format_is_bytes(object_format(name))) {
            fputs(", ", out);
            print_bytes(out, vm, name);
        }
    }
    fputc('\n', out);
}

void process_print_all(struct vm *vm)
{
    FILE *out = stderr;
    if (vm->stack != NULL) {
        print_header(out, vm, "Active", process_active(vm));
        print_frames(out, vm, vm->stack, vm->fp, 0);
    }
    for (oop object = heap_first_object(&vm->heap); !oop_is_none(object);
         object = heap_next_object(&vm->heap, object)) {
        if (!is_suspended_process(vm, object))
            continue;
        print_header(out, vm, "Waiting", object);
        print_heap_contexts(out, vm,
                            heap_follow(object_slot(object, SLOT_PROCESS_SUSPENDED_CONTEXT)), 0);
    }
    fflush(out);
}

void process_report_and_stop(struct vm *vm, const char *sentence)
{
    fprintf(stderr, "vivarium: %s\n", sentence);
    process_print_all(vm);
    vm->stopped = true;
    vm->exit_status = STATUS_FAILURE;
}

void process_stop_without_memory(struct vm *vm, const char *sentence)
{
    process_report_and_stop(vm, sentence);
    vm->exit_status = STATUS_MEMORY;
}
