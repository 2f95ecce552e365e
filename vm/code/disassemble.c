#include "vm/code/disassemble.h"

#include "vm/base/assert.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text {
    char *start;
    size_t size;
    size_t used;
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *text, const char *format, ...)
{
    if (text->used >= text->size)
        return;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text->start + text->used, text->size - text->used, format, arguments);
    va_end(arguments);
    if (length > 0)
        text->used += (size_t)length;
}

static void add_literal(struct text *text, const struct disassembly *disassembly, int64_t index)
{
    char name[80];
    if (disassembly->name_literal != NULL && index >= 0 &&
        disassembly->name_literal(disassembly->context, (size_t)index, name, sizeof name))
        add(text, " %s", name);
    else
        add(text, " #%" PRId64, index);
}

static void add_count(struct text *text, int64_t count, const char *what)
{
    add(text, " (%" PRId64 " %s%s)", count, what, count == 1 ? "" : "s");
}

static void add_closure(struct text *text, const struct disassembly *disassembly,
                        const struct bytecode *instruction)
{
    add_literal(text, disassembly, instruction->index);
    add_count(text, instruction->second, "copied value");
    if (instruction->receiver_on_stack)
        add(text, ", receiver from the stack");
    if (instruction->no_outer_context)
        add(text, ", no outer context");
}

static void add_operands(struct text *text, const struct disassembly *disassembly,
                         const struct bytecode *instruction)
{
    switch (instruction->operation) {
    case BYTECODE_PUSH_INSTANCE_VARIABLE:
    case BYTECODE_STORE_INSTANCE_VARIABLE:
    case BYTECODE_POP_INSTANCE_VARIABLE:
    case BYTECODE_PUSH_TEMPORARY:
    case BYTECODE_STORE_TEMPORARY:
    case BYTECODE_POP_TEMPORARY:
    case BYTECODE_PUSH_INTEGER:
    case BYTECODE_PUSH_CHARACTER:
    case BYTECODE_CALL_PRIMITIVE:
        add(text, " %" PRId64, instruction->index);
        break;
    case BYTECODE_PUSH_LITERAL:
    case BYTECODE_PUSH_LITERAL_VARIABLE:
    case BYTECODE_STORE_LITERAL_VARIABLE:
    case BYTECODE_POP_LITERAL_VARIABLE:
        add_literal(text, disassembly, instruction->index);
        break;
    case BYTECODE_PUSH_REMOTE_TEMPORARY:
    case BYTECODE_STORE_REMOTE_TEMPORARY:
    case BYTECODE_POP_REMOTE_TEMPORARY:
        add(text, " %" PRId64 " of temporary %" PRId64 "%s", instruction->index,
            instruction->second, instruction->of_instance ? ", an object" : "");
        break;
    case BYTECODE_PUSH_NEW_ARRAY:
    case BYTECODE_POP_INTO_NEW_ARRAY:
        add(text, " of %" PRId64, instruction->second);
        break;
    case BYTECODE_PUSH_FULL_CLOSURE:
        add_closure(text, disassembly, instruction);
        break;
    case BYTECODE_PUSH_CLOSURE:
        add_count(text, instruction->block_arguments, "argument");
        add_count(text, instruction->second, "copied value");
        add(text, " up to %" PRId64, instruction->target);
        break;
    case BYTECODE_SEND:
    case BYTECODE_SUPER_SEND:
    case BYTECODE_DIRECTED_SUPER_SEND:
        add_literal(text, disassembly, instruction->index);
        add_count(text, instruction->second, "argument");
        break;
    case BYTECODE_ARITHMETIC_SEND:
    case BYTECODE_COMMON_SEND:
        add(text, " %s", bytecode_special_selector((size_t)instruction->index));
        break;
    case BYTECODE_JUMP:
    case BYTECODE_JUMP_TRUE:
    case BYTECODE_JUMP_FALSE:
        add(text, " %" PRId64, instruction->target + 1);
        break;
    default:
        break;
    }
}

bool disassemble_line(struct disassembly *disassembly, char *line, size_t size)
{
    struct bytecode instruction;
    struct text text = {line, size, 0};
    viv_assert(size > 0, "a line has room for its end");
    line[0] = '\0';
    if (disassembly->pc >= disassembly->limit)
        return false;
    bool whole = bytecode_decode(disassembly->set, disassembly->bytes, disassembly->pc,
                                 disassembly->limit, &instruction);
    add(&text, "%zu <", disassembly->pc + 1);
    for (uint32_t i = 0; i < instruction.size; i++)
        add(&text, "%s%02X", i == 0 ? "" : " ", disassembly->bytes[disassembly->pc + i]);
    add(&text, "> %s", whole ? bytecode_operation_text(instruction.operation) : "no instruction");
    if (whole)
        add_operands(&text, disassembly, &instruction);
    disassembly->pc += instruction.size;
    return true;
}
