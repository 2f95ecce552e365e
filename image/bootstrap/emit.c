/* The SistaV1 bytecodes, one function each kind (spur-format, section 9). */
#include "image/bootstrap/generator.h"

enum {
    OP_PUSH_SLOT = 0,
    OP_PUSH_LITERAL_VARIABLE = 16,
    OP_PUSH_LITERAL = 32,
    OP_PUSH_TEMPORARY = 64,
    OP_PUSH_SELF = 76,
    OP_PUSH_TRUE = 77,
    OP_PUSH_FALSE = 78,
    OP_PUSH_NIL = 79,
    OP_PUSH_ZERO = 80,
    OP_PUSH_ONE = 81,
    OP_PUSH_CONTEXT = 82,
    OP_DUPLICATE = 83,
    OP_RETURN_SELF = 88,
    OP_RETURN_TOP = 92,
    OP_BLOCK_RETURN_NIL = 93,
    OP_BLOCK_RETURN_TOP = 94,
    OP_SPECIAL_SEND = 96,
    OP_SEND = 128,
    OP_POP_INTO_SLOT = 200,
    OP_POP_INTO_TEMPORARY = 208,
    OP_POP = 216,
    OP_LONG_PUSH_SLOT = 226,
    OP_LONG_PUSH_LITERAL_VARIABLE = 227,
    OP_LONG_PUSH_LITERAL = 228,
    OP_LONG_PUSH_TEMPORARY = 229,
    OP_NEW_ARRAY = 231,
    OP_PUSH_INTEGER = 232,
    OP_PUSH_CHARACTER = 233,
    OP_LONG_SEND = 234,
    OP_SUPER_SEND = 235,
    OP_LONG_POP_INTO_SLOT = 240,
    OP_POP_INTO_LITERAL_VARIABLE = 241,
    OP_LONG_POP_INTO_TEMPORARY = 242,
    OP_STORE_INTO_SLOT = 243,
    OP_STORE_INTO_LITERAL_VARIABLE = 244,
    OP_STORE_INTO_TEMPORARY = 245,
    OP_PRIMITIVE = 248,
    OP_PUSH_CLOSURE = 249,
    OP_PUSH_SHARED = 251,
    OP_STORE_INTO_SHARED = 252,
    OP_POP_INTO_SHARED = 253,
    CLOSURE_WITHOUT_OUTER = 0x40,
    ARRAY_FILLED = 0x80,
    LITERALS_MAX = 32000
};

static void emit(struct generator *generator, struct operation operation, int change)
{
    generator->depth = (uint32_t)((int)generator->depth + change);
    if (!generator->reachable)
        return;
    if (generator->depth > generator->depth_max)
        generator->depth_max = generator->depth;
    assembler_add(&generator->assembler, &operation);
}

static void emit_plain(struct generator *generator, unsigned opcode, int change)
{
    emit(generator, (struct operation){.opcode = (uint8_t)opcode}, change);
}

/* An index that does not fit the opcode itself: low byte behind it, the rest in ext_a. */
static void emit_indexed(struct generator *generator, unsigned opcode, uint32_t index, int change)
{
    emit(generator,
         (struct operation){.ext_a = index >> 8,
                            .opcode = (uint8_t)opcode,
                            .operand_count = 1,
                            .operands = {(uint8_t)index}},
         change);
}

uint32_t emit_literal_index(struct generator *generator, const struct literal *literal)
{
    struct list *literals = &generator->literals;
    for (size_t i = 0; i < literals->count; i++)
        if (literal_may_share(literals->items[i], literal))
            return (uint32_t)i;
    union {
        const struct literal *literal;
        void *item;
    } stored = {.literal = literal};
    list_add(literals, stored.item);
    if (literals->count > LITERALS_MAX)
        source_fail(generator->error, generator->scope->start, "more than %d literals",
                    LITERALS_MAX);
    return (uint32_t)literals->count - 1;
}

static void emit_small_value(struct generator *generator, unsigned opcode, int32_t value)
{
    emit(generator,
         (struct operation){.ext_b = (value - (value & 0xFF)) / 256,
                            .opcode = (uint8_t)opcode,
                            .operand_count = 1,
                            .operands = {(uint8_t)(value & 0xFF)}},
         1);
}

void emit_push_integer(struct generator *generator, int32_t value)
{
    if (value == 0)
        emit_plain(generator, OP_PUSH_ZERO, 1);
    else if (value == 1)
        emit_plain(generator, OP_PUSH_ONE, 1);
    else
        emit_small_value(generator, OP_PUSH_INTEGER, value);
}

void emit_push_literal(struct generator *generator, const struct literal *literal)
{
    if (literal->kind == LITERAL_INTEGER && literal->as.integer >= INT16_MIN &&
        literal->as.integer <= INT16_MAX) {
        emit_push_integer(generator, (int32_t)literal->as.integer);
        return;
    }
    if (literal->kind == LITERAL_CHARACTER && literal->as.character <= INT16_MAX) {
        emit_small_value(generator, OP_PUSH_CHARACTER, (int32_t)literal->as.character);
        return;
    }
    if (!generator->reachable) {
        generator->depth++;
        return;
    }
    uint32_t index = emit_literal_index(generator, literal);
    if (index < 32)
        emit_plain(generator, OP_PUSH_LITERAL + index, 1);
    else
        emit_indexed(generator, OP_LONG_PUSH_LITERAL, index, 1);
}

void emit_push_temporary(struct generator *generator, uint32_t index)
{
    if (index < 12)
        emit_plain(generator, OP_PUSH_TEMPORARY + index, 1);
    else
        emit_indexed(generator, OP_LONG_PUSH_TEMPORARY, index, 1);
}

static void emit_shared(struct generator *generator, unsigned opcode,
                        const struct variable *variable, int change)
{
    uint32_t vector = scope_temporary_index(generator->scope, variable->region->vector);
    emit(generator,
         (struct operation){.opcode = (uint8_t)opcode,
                            .operand_count = 2,
                            .operands = {(uint8_t)variable->index, (uint8_t)vector}},
         change);
}

static void emit_push_binding(struct generator *generator, const struct literal *binding)
{
    if (!generator->reachable) {
        generator->depth++;
        return;
    }
    uint32_t index = emit_literal_index(generator, binding);
    if (index < 16)
        emit_plain(generator, OP_PUSH_LITERAL_VARIABLE + index, 1);
    else
        emit_indexed(generator, OP_LONG_PUSH_LITERAL_VARIABLE, index, 1);
}

void emit_push_variable(struct generator *generator, const struct variable *variable)
{
    switch (variable->kind) {
    case VARIABLE_SELF:
    case VARIABLE_SUPER:
        emit_plain(generator, OP_PUSH_SELF, 1);
        break;
    case VARIABLE_TRUE:
        emit_plain(generator, OP_PUSH_TRUE, 1);
        break;
    case VARIABLE_FALSE:
        emit_plain(generator, OP_PUSH_FALSE, 1);
        break;
    case VARIABLE_NIL:
        emit_plain(generator, OP_PUSH_NIL, 1);
        break;
    case VARIABLE_CONTEXT:
        emit_plain(generator, OP_PUSH_CONTEXT, 1);
        break;
    case VARIABLE_PROCESS:
        /* The bytecode for it is not known to every VM; the scheduler is. */
        emit_push_binding(generator, variable->binding);
        emit_send(generator, text_from("activeProcess"), 0, false);
        break;
    case VARIABLE_LOCAL:
        if (variable->is_shared)
            emit_shared(generator, OP_PUSH_SHARED, variable, 1);
        else
            emit_push_temporary(generator, scope_temporary_index(generator->scope, variable));
        break;
    case VARIABLE_INSTANCE:
        if (variable->index < 16 && !generator->options->long_slots)
            emit_plain(generator, OP_PUSH_SLOT + variable->index, 1);
        else
            emit_indexed(generator, OP_LONG_PUSH_SLOT, variable->index, 1);
        break;
    case VARIABLE_BINDING:
        emit_push_binding(generator, variable->binding);
        break;
    }
}

static void emit_store_local(struct generator *generator, const struct variable *variable, bool pop)
{
    int change = pop ? -1 : 0;
    if (variable->is_shared) {
        emit_shared(generator, pop ? OP_POP_INTO_SHARED : OP_STORE_INTO_SHARED, variable, change);
        return;
    }
    uint32_t index = scope_temporary_index(generator->scope, variable);
    if (pop && index < 8)
        emit_plain(generator, OP_POP_INTO_TEMPORARY + index, change);
    else
        emit_indexed(generator, pop ? OP_LONG_POP_INTO_TEMPORARY : OP_STORE_INTO_TEMPORARY, index,
                     change);
}

void emit_store_variable(struct generator *generator, const struct variable *variable, bool pop)
{
    int change = pop ? -1 : 0;
    if (variable->kind == VARIABLE_LOCAL) {
        emit_store_local(generator, variable, pop);
    } else if (variable->kind == VARIABLE_INSTANCE) {
        if (pop && variable->index < 8 && !generator->options->long_slots)
            emit_plain(generator, OP_POP_INTO_SLOT + variable->index, change);
        else
            emit_indexed(generator, pop ? OP_LONG_POP_INTO_SLOT : OP_STORE_INTO_SLOT,
                         variable->index, change);
    } else {
        uint32_t index =
            generator->reachable ? emit_literal_index(generator, variable->binding) : 0;
        emit_indexed(generator, pop ? OP_POP_INTO_LITERAL_VARIABLE : OP_STORE_INTO_LITERAL_VARIABLE,
                     index, change);
    }
}

void emit_push_nil(struct generator *generator)
{
    emit_plain(generator, OP_PUSH_NIL, 1);
}

void emit_push_boolean(struct generator *generator, bool value)
{
    emit_plain(generator, value ? OP_PUSH_TRUE : OP_PUSH_FALSE, 1);
}

void emit_pop(struct generator *generator)
{
    emit_plain(generator, OP_POP, -1);
}

void emit_duplicate(struct generator *generator)
{
    emit_plain(generator, OP_DUPLICATE, 1);
}

static int special_selector(struct text selector)
{
    static const char *const selectors[] = {
#define SPECIAL_SELECTOR(name, count) name,
#define FIXED_CLASS(index, name)
#define SPECIAL_CLASS(index, name)
#define SPECIAL_SYMBOL(index, name)
#define GENESIS_GLOBAL(name)
#include "image/bootstrap/genesis.def"
    };
    for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++)
        if (text_is(selector, selectors[i]))
            return (int)i;
    return -1;
}

void emit_send(struct generator *generator, struct text selector, size_t argument_count,
               bool is_super)
{
    int change = -(int)argument_count;
    int special = is_super ? -1 : special_selector(selector);
    if (special >= 0 || !generator->reachable) {
        emit_plain(generator, (unsigned)(OP_SPECIAL_SEND + special), change);
        return;
    }
    uint32_t index = emit_literal_index(generator, literal_text(LITERAL_SYMBOL, selector));
    uint32_t arguments = (uint32_t)argument_count;
    if (!is_super && index < 16 && arguments <= 2) {
        emit_plain(generator, OP_SEND + arguments * 16 + index, change);
        return;
    }
    emit(generator,
         (struct operation){.ext_a = index >> 5,
                            .ext_b = (int32_t)(arguments >> 3),
                            .opcode = is_super ? OP_SUPER_SEND : OP_LONG_SEND,
                            .operand_count = 1,
                            .operands = {(uint8_t)((index & 31) << 3 | (arguments & 7))}},
         change);
}

void emit_new_array(struct generator *generator, size_t count, bool filled)
{
    emit(generator,
         (struct operation){.opcode = OP_NEW_ARRAY,
                            .operand_count = 1,
                            .operands = {(uint8_t)(count | (filled ? ARRAY_FILLED : 0))}},
         filled ? 1 - (int)count : 1);
}

void emit_closure(struct generator *generator, const struct literal *block, size_t copied_count,
                  bool needs_outer)
{
    uint32_t index = generator->reachable ? emit_literal_index(generator, block) : 0;
    emit(generator,
         (struct operation){
             .ext_a = index >> 8,
             .opcode = OP_PUSH_CLOSURE,
             .operand_count = 2,
             .operands = {(uint8_t)index,
                          (uint8_t)(copied_count | (needs_outer ? 0 : CLOSURE_WITHOUT_OUTER))}},
         1 - (int)copied_count);
}

void emit_primitive(struct generator *generator, uint32_t number, const struct variable *error_code)
{
    emit(generator,
         (struct operation){.opcode = OP_PRIMITIVE,
                            .operand_count = 2,
                            .operands = {(uint8_t)number, (uint8_t)(number >> 8)}},
         0);
    /* The VM looks for this bytecode: it puts the code on top of the fresh frame, which is this temporary. */
    if (error_code != NULL)
        emit_indexed(generator, OP_STORE_INTO_TEMPORARY, error_code->index, 0);
}

void emit_return_top(struct generator *generator)
{
    emit_plain(generator, OP_RETURN_TOP, -1);
    generator->reachable = false;
}

void emit_return_known(struct generator *generator, enum variable_kind kind)
{
    static const uint8_t offsets[] = {
        [VARIABLE_SELF] = 0, [VARIABLE_TRUE] = 1, [VARIABLE_FALSE] = 2, [VARIABLE_NIL] = 3};
    emit_plain(generator, OP_RETURN_SELF + (unsigned)offsets[kind], 0);
    generator->reachable = false;
}

void emit_block_return(struct generator *generator, bool nil)
{
    emit_plain(generator, nil ? OP_BLOCK_RETURN_NIL : OP_BLOCK_RETURN_TOP, nil ? 0 : -1);
    generator->reachable = false;
}

uint32_t emit_new_label(struct generator *generator)
{
    return assembler_new_label(&generator->assembler);
}

void emit_label(struct generator *generator, uint32_t label)
{
    struct assembler *assembler = &generator->assembler;
    for (size_t i = assembler->count; i-- > 0 && !generator->reachable;)
        generator->reachable = assembler->instructions[i].kind != INSTRUCTION_BYTES &&
                               assembler->instructions[i].label == label;
    assembler_place_label(assembler, label);
}

void emit_jump(struct generator *generator, uint32_t label)
{
    if (generator->reachable)
        assembler_jump(&generator->assembler, JUMP_ALWAYS, label);
    generator->reachable = false;
}

void emit_jump_if(struct generator *generator, bool condition, uint32_t label)
{
    generator->depth--;
    if (generator->reachable)
        assembler_jump(&generator->assembler, condition ? JUMP_IF_TRUE : JUMP_IF_FALSE, label);
}
