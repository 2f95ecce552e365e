/*
 * Any bytes as a method, as statements and as a Tonel file: each ends in code or in an error, and what is compiled passes the
 * verifier's decoder (its jumps and operands stay inside).
 */
#include "image/bootstrap/compiler.h"
#include "image/bootstrap/model.h"
#include "vm/code/bytecodes.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool find_variable(void *context, const struct variable_use *use,
                          struct found_variable *found)
{
    (void)context;
    found->is_instance_variable = use->name.bytes[0] < 'g';
    found->index = (uint32_t)(uint8_t)use->name.bytes[0] * 3;
    found->binding.name = use->name;
    return use->name.size < 9;
}

/* The code decodes to its end, and every jump leads into it. */
static void check_code(const struct code_description *code)
{
    for (size_t pc = 0; pc < code->byte_count;) {
        struct bytecode instruction;
        if (!bytecode_decode(BYTECODES_SISTA, code->bytes, pc, code->byte_count, &instruction))
            abort();
        if (bytecode_is_jump(instruction.operation) &&
            (instruction.target < 0 || instruction.target >= (int64_t)code->byte_count))
            abort();
        pc += instruction.size;
    }
    for (size_t i = 0; i < code->literal_count; i++)
        if (code->literals[i]->kind == LITERAL_BLOCK)
            check_code(code->literals[i]->as.code);
}

static void compile_one(struct text source, bool is_method)
{
    const struct compiler_environment environment = {NULL, find_variable};
    const struct compiler_options options = {.portable = false};
    struct source_error error = {.failed = false};
    struct code_description *code =
        is_method ? compile_method(source, &environment, &options, &error)
                  : compile_statements(source, &environment, &options, &error);
    if ((code == NULL) != error.failed || error.offset > source.size)
        abort();
    if (code != NULL)
        check_code(code);
}

static void read_file(struct text contents)
{
    struct diagnostics diagnostics = {.error_count = 0};
    struct tonel_sources sources = {.diagnostics = &diagnostics};
    const struct source_file file = {text_from("fuzz.class.st"), contents};
    tonel_read_file(&sources, &file, text_from("Fuzz"));
    struct model *model = model_make(&sources);
    for (size_t i = 0; i < model->classes.count; i++) {
        const struct model_class *class = model->classes.items[i];
        for (size_t j = 0; j < class->methods.count; j++)
            model_compile(model, class, class->methods.items[j], false);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool entered = compiler_memory_enter();
    struct text source = text_copy((const char *)data, size);
    compile_one(source, true);
    compile_one(source, false);
    read_file(source);
    compiler_memory_leave(entered);
    return 0;
}
