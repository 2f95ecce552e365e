/*
 * Compiles a source in a small environment: instance variables a, b, c, d, then e0 to e299; class variables Ca and Cb; other
 * capitalised names are globals. Compiled bytes are compared as text: two hexadecimal digits a byte, in groups.
 */
#ifndef VIV_TESTS_UNIT_BOOTSTRAP_COMPILE_FOR_TEST_H
#define VIV_TESTS_UNIT_BOOTSTRAP_COMPILE_FOR_TEST_H

#include "image/bootstrap/compiler.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static bool find_test_variable(void *context, const struct variable_use *use,
                               struct found_variable *found)
{
    struct text name = use->name;
    char first = name.bytes[0];
    (void)context;
    found->binding.name = name;
    found->binding.kind = BINDING_GLOBAL;
    found->is_instance_variable = true;
    if (name.size == 1 && first >= 'a' && first <= 'd') {
        found->index = (uint32_t)(first - 'a');
    } else if (first == 'e' && name.size > 1 && name.bytes[1] >= '0' && name.bytes[1] <= '9') {
        found->index = 4 + (uint32_t)strtoul(text_c_string(name) + 1, NULL, 10);
    } else {
        found->is_instance_variable = false;
        if (text_is(name, "Ca") || text_is(name, "Cb"))
            found->binding.kind = BINDING_CLASS_VARIABLE;
        found->is_constant = text_is(name, "Object");
        return first >= 'A' && first <= 'Z';
    }
    return true;
}

static inline struct code_description *compile_with(const char *source, bool is_method,
                                                    const struct compiler_options *options,
                                                    struct source_error *error)
{
    const struct compiler_environment environment = {NULL, find_test_variable};
    memset(error, 0, sizeof *error);
    return is_method ? compile_method(text_from(source), &environment, options, error)
                     : compile_statements(text_from(source), &environment, options, error);
}

static inline struct code_description *compiled(const char *source)
{
    const struct compiler_options options = {.portable = false};
    struct source_error error;
    struct code_description *code = compile_with(source, true, &options, &error);
    if (code == NULL)
        fail_msg("%s: %s at %zu", source, error.sentence, error.offset);
    return code;
}

/* The n-th block among a code's literals, from 0. */
static inline const struct code_description *block_in(const struct code_description *code, size_t n)
{
    for (size_t i = 0; i < code->literal_count; i++)
        if (code->literals[i]->kind == LITERAL_BLOCK && n-- == 0)
            return code->literals[i]->as.code;
    fail_msg("no such block");
    return NULL;
}

static inline void assert_bytes(const struct code_description *code, const char *expected)
{
    char *actual = calloc(1, code->byte_count * 3 + 1);
    for (size_t i = 0; i < code->byte_count; i++)
        snprintf(actual + i * 3, 4, "%02x ", code->bytes[i]);
    if (code->byte_count > 0)
        actual[code->byte_count * 3 - 1] = '\0';
    assert_string_equal(actual, expected);
    free(actual);
}

static inline void assert_method(const char *source, const char *expected)
{
    assert_bytes(compiled(source), expected);
}

static inline int start_compiler(void **state)
{
    (void)state;
    compiler_memory_enter();
    return 0;
}

#endif
