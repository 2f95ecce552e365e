/*
 * Cuis 5.0 without a window, for tests that compare primitives with the Smalltalk code that stands behind them: a script is run
 * once with the primitives of a module and once without, and what it wrote is compared.
 */
#ifndef VIV_TESTS_UNIT_PRIMITIVES_CUIS_H
#define VIV_TESTS_UNIT_PRIMITIVES_CUIS_H

#include "tests/unit/primitives/world.h"
#include "tests/unit/shared_image.h"

enum {
    CUIS_ROWS_MAX = 1024,
    CUIS_ANSWER_SIZE = 1 << 20,
    CUIS_SECONDS = 120,
    CUIS_CLASS_SLOTS = 7,
    PUSH_LITERAL = 0x20, /* bytecodes of Squeak with closures */
    SEND_ONE_ARGUMENT = 0xE0,
    RETURN_TOP = 0x7C
};

/* What the script put on the clipboard, after which the world ends. */
static inline char *cuis_answer(void)
{
    static char text[CUIS_ANSWER_SIZE];
    return text;
}

static prim_result cuis_clipboard(struct vm *vm, const prim_call *call)
{
    uint8_t *bytes;
    size_t size;
    if (call->argument_count != 1)
        return answer_string(vm, call, "", 0);
    prim_result result = arg_bytes(call, 0, &bytes, &size);
    if (result != PRIM_OK || size >= CUIS_ANSWER_SIZE)
        return PRIM_BAD_ARGUMENT;
    memcpy(cuis_answer(), bytes, size);
    cuis_answer()[size] = '\0';
    vm_request_exit(vm, 0);
    return answer_self(vm, call);
}

/* The standard table with a clipboard of ours and without one module. */
static inline void cuis_table(struct primitive *rows, struct primitive_table *table,
                              const char *without)
{
    const struct primitive_table *standard = viv_standard_primitives();
    *table = (struct primitive_table){rows, 0};
    for (size_t i = 0; i < standard->count; i++) {
        const struct primitive *row = &standard->rows[i];
        assert_true(table->count + 1 < CUIS_ROWS_MAX);
        if (row->number != 141 &&
            (row->module == NULL || without == NULL || strcmp(row->module, without) != 0))
            rows[table->count++] = *row;
    }
    rows[table->count++] =
        (struct primitive){141, NULL, "clipboard", -1, cuis_clipboard, NULL, "Clipboard", "Keeps."};
}

static inline bool cuis_is_text(oop object, const char *text)
{
    return oop_is_bytes(object) && object_byte_count(object) == strlen(text) &&
           memcmp(object_bytes(object), text, strlen(text)) == 0;
}

/* The class, or the symbol, of a name: the first object that looks like it. */
static inline oop cuis_find(struct heap *heap, const char *name, bool is_class)
{
    oop like = heap_special(heap, SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND);
    for (oop each = heap_first_object(heap); !oop_is_none(each);
         each = heap_next_object(heap, each)) {
        if (is_class
                ? oop_has_slots(each, CUIS_CLASS_SLOTS) &&
                      cuis_is_text(object_slot(each, SLOT_CLASS_NAME), name) &&
                      oop_has_slots(object_slot(each, SLOT_BEHAVIOR_METHOD_DICTIONARY), 2)
                : object_class_index(each) == object_class_index(like) && cuis_is_text(each, name))
            return each;
    }
    fail_msg("the image has no %s", name);
    return NO_OOP;
}

/* A method of two arguments that evaluates a string: `Compiler evaluate: string`. */
static inline oop cuis_method(struct heap *heap, const char *script, oop like)
{
    enum { LITERALS = 4, BYTES = 4 };
    static const uint8_t code[BYTES] = {PUSH_LITERAL + 1, PUSH_LITERAL + 2, SEND_ONE_ARGUMENT,
                                        RETURN_TOP};
    oop text = heap_allocate_string(heap, script, strlen(script));
    oop selector = cuis_find(heap, "evaluate:", false);
    oop compiler = cuis_find(heap, "Compiler", true);
    oop owner = object_slot(like, code_literal_count(like));
    oop method =
        heap_allocate(heap, object_class_index(like), FORMAT_CODE + 8 - BYTES, LITERALS + 2);
    object_slot_init(method, 0, small(LITERALS | 1 << 17 | 2 << 18 | 2 << 24));
    object_slot_init(method, 1, selector);
    object_slot_init(method, 2, compiler);
    object_slot_init(method, 3, text);
    object_slot_init(method, LITERALS, owner);
    object_words(method)[LITERALS + 2] = 0;
    memcpy(object_bytes(method) + 8 * (LITERALS + 1), code, BYTES);
    return method;
}

/* Makes the script what the image does when it makes its screen, which it does first. */
static inline void cuis_install(struct heap *heap, const char *script)
{
    oop class = cuis_find(heap, "DisplayScreen", true);
    oop methods = object_slot(class, SLOT_BEHAVIOR_METHOD_DICTIONARY);
    oop values = object_slot(methods, SLOT_METHOD_DICTIONARY_VALUES);
    for (size_t i = SLOT_METHOD_DICTIONARY_KEYS; i < object_slot_count(methods); i++)
        if (cuis_is_text(object_slot(methods, i), "setExtent:depth:")) {
            size_t place = i - SLOT_METHOD_DICTIONARY_KEYS;
            heap_store(heap, values, place, cuis_method(heap, script, object_slot(values, place)));
            return;
        }
    fail_msg("the image makes no screen");
}

/* What an expression prints as, in a world that has all primitives but those of a module. An error is printed by its text. */
static inline char *cuis_evaluate(const char *image, const char *expression, const char *without)
{
    static char script[CUIS_ANSWER_SIZE];
    static struct primitive rows[CUIS_ROWS_MAX];
    struct primitive_table table;
    struct status status = {STATUS_OK, ""};
    struct viv_options options = viv_default_options();
    cuis_table(rows, &table, without);
    options.primitives = &table;
    options.load_image = image_load;
    struct vm *vm = viv_open(image, &options, &status);
    if (vm == NULL)
        fail_msg("%s", status.sentence);
    snprintf(
        script, sizeof script,
        "Float initClassCachedState. Clipboard new primitiveClipboardString: ([ [ %s ] value printString ] on: Error do: "
        "[ :error | error class name , ' ' , error messageText asString ])",
        expression);
    cuis_install(vm_heap(vm), script);
    cuis_answer()[0] = '\0';
    alarm(CUIS_SECONDS);
    (void)viv_run(vm);
    alarm(0);
    viv_close(vm);
    return strdup(cuis_answer());
}

/* Each expression, up to NULL, prints the same with the primitives of a module and without. Skipped where the image is missing. */
static inline void assert_same_in_cuis(const char *module, const char *const *expressions)
{
    char image[SHARED_PATH_SIZE];
    shared_image("spur32-cuis50.image", image);
    for (; *expressions != NULL; expressions++) {
        char *with = cuis_evaluate(image, *expressions, NULL);
        char *without = cuis_evaluate(image, *expressions, module);
        assert_true(with[0] != '\0');
        assert_string_equal(with, without);
        free(with);
        free(without);
    }
}

#endif
