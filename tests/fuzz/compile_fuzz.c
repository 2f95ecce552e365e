/* Any text is compiled or refused with a position inside it: as a method, as statements, as a Tonel file. */
#include "image/bootstrap/compiler.h"
#include "image/bootstrap/diagnostics.h"
#include "image/bootstrap/tonel.h"
#include "vm/base/assert.h"
#include "vm/base/utf8.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Capitalised names are globals; a to c are instance variables. */
static bool find_variable(void *context, const struct variable_use *use,
                          struct found_variable *found)
{
    char first = use->name.bytes[0];
    (void)context;
    found->is_instance_variable = first >= 'a' && first <= 'c';
    found->index = (uint32_t)(unsigned char)first;
    found->binding.name = use->name;
    found->binding.kind = BINDING_GLOBAL;
    return found->is_instance_variable || (first >= 'A' && first <= 'Z');
}

static void compile(struct text source, bool is_method)
{
    const struct compiler_environment environment = {NULL, find_variable};
    const struct compiler_options options = {.portable = (source.size & 1) != 0};
    struct source_error error = {false, 0, ""};
    const struct code_description *code =
        is_method ? compile_method(source, &environment, &options, &error)
                  : compile_statements(source, &environment, &options, &error);
    viv_assert((code != NULL) != error.failed, "a source is compiled or refused");
    viv_assert(error.offset <= source.size, "an error is inside its source");
}

static bool is_text(const uint8_t *data, size_t size)
{
    for (size_t index = 0; index < size;) {
        uint32_t code_point;
        size_t length = utf8_decode((const char *)data + index, size - index, &code_point);
        if (length == 0)
            return false;
        index += length;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!is_text(data, size))
        return -1;
    bool entered = compiler_memory_enter();
    struct text source = text_copy((const char *)data, size);
    compile(source, true);
    compile(source, false);
    struct diagnostics diagnostics = {.error_count = 0};
    struct tonel_sources sources = {.diagnostics = &diagnostics};
    const struct source_file file = {text_from("fuzz.class.st"), source};
    tonel_read_file(&sources, &file, text_from("Fuzz"));
    compiler_memory_leave(entered);
    return 0;
}
