/* One bytecode after the other into words, opcodes and cells. */
#include "vm/code/short_forms.h"
#include "vm/code/translator.h"

/* Where the operand of an instruction that does not depend on its surroundings comes from. */
enum operand {
    NOT_SIMPLE, /* the operation has a function below */
    NO_OPERAND,
    OPERAND_INDEX,
    OPERAND_LITERAL, /* the slot of the literal index */
    OPERAND_SECOND
};

/* Simple operations; opcodes for instructions of one byte and for longer ones. */
static const struct simple_operation {
    uint16_t one_byte, longer, operand;
} simple[OPERATION_COUNT] = {
    [BYTECODE_PUSH_INSTANCE_VARIABLE] = {OP_push_receiver_variable, OP_push_receiver_variable_long,
                                         OPERAND_INDEX},
    [BYTECODE_PUSH_LITERAL] = {OP_push_literal, OP_push_literal_long, OPERAND_LITERAL},
    [BYTECODE_PUSH_LITERAL_VARIABLE] = {OP_push_literal_variable, OP_push_literal_variable_long,
                                        OPERAND_LITERAL},
    [BYTECODE_PUSH_SELF] = {OP_push_self, OP_push_self, NO_OPERAND},
    [BYTECODE_PUSH_TRUE] = {OP_push_true, OP_push_true, NO_OPERAND},
    [BYTECODE_PUSH_FALSE] = {OP_push_false, OP_push_false, NO_OPERAND},
    [BYTECODE_PUSH_NIL] = {OP_push_nil, OP_push_nil, NO_OPERAND},
    [BYTECODE_PUSH_INTEGER] = {OP_push_integer, OP_push_integer_long, OPERAND_INDEX},
    [BYTECODE_PUSH_CHARACTER] = {OP_push_character_long, OP_push_character_long, OPERAND_INDEX},
    [BYTECODE_PUSH_THIS_CONTEXT] = {OP_push_this_context, OP_push_this_context_long, NO_OPERAND},
    [BYTECODE_PUSH_THIS_PROCESS] = {OP_push_this_process_long, OP_push_this_process_long,
                                    NO_OPERAND},
    [BYTECODE_PUSH_NEW_ARRAY] = {OP_push_new_array, OP_push_new_array, OPERAND_SECOND},
    [BYTECODE_POP_INTO_NEW_ARRAY] = {OP_push_array_of_popped, OP_push_array_of_popped,
                                     OPERAND_SECOND},
    [BYTECODE_POP_INSTANCE_VARIABLE] = {OP_pop_into_receiver_variable,
                                        OP_pop_into_receiver_variable_long, OPERAND_INDEX},
    [BYTECODE_STORE_INSTANCE_VARIABLE] = {OP_store_receiver_variable_long,
                                          OP_store_receiver_variable_long, OPERAND_INDEX},
    [BYTECODE_POP_LITERAL_VARIABLE] = {OP_pop_into_literal_variable_long,
                                       OP_pop_into_literal_variable_long, OPERAND_LITERAL},
    [BYTECODE_STORE_LITERAL_VARIABLE] = {OP_store_literal_variable_long,
                                         OP_store_literal_variable_long, OPERAND_LITERAL},
    [BYTECODE_POP] = {OP_pop, OP_pop, NO_OPERAND},
    [BYTECODE_DUPLICATE] = {OP_duplicate, OP_duplicate, NO_OPERAND},
    [BYTECODE_NOTHING] = {OP_nop, OP_nop_long, NO_OPERAND},
    [BYTECODE_CALL_PRIMITIVE] = {OP_nop, OP_nop_long, NO_OPERAND},
    [BYTECODE_EXTEND] = {OP_unused_bytecode, OP_unused_bytecode, NO_OPERAND},
    [BYTECODE_UNASSIGNED] = {OP_unused_bytecode, OP_unused_bytecode, NO_OPERAND},
};

static inline struct region *region_of(struct translator *translator)
{
    return &translator->regions[translator->depth];
}

static inline void put(struct translator *translator, size_t pc, uint16_t opcode, int64_t argument)
{
    translator->opcodes[pc] = opcode;
    translator->words[pc].argument = (int32_t)argument;
}

static inline void set_operand(struct translator *translator, size_t pc, size_t offset,
                               int64_t value)
{
    translator->words[pc + offset].argument = (int32_t)value;
}

/* Bytes behind the last bytecode are translated too, whatever they are: their literals may not exist. */
static inline bool literal_exists(const struct translator *translator, int64_t index)
{
    return (uint64_t)index < translator->literal_count;
}

/* heap_follow that looks at the object only while there are forwarders: most selectors are never touched. */
static inline oop follow(const struct heap *heap, oop value)
{
    return VIV_UNLIKELY(heap->forwarders_exist) ? heap_follow(value) : value;
}

static void put_unused(struct translator *translator, size_t pc)
{
    put(translator, pc, OP_unused_bytecode, 0);
}

/* An instruction whose form depends only on whether it has one byte. */
static inline void put_sized(struct translator *translator, size_t pc,
                             const struct bytecode *instruction, uint16_t one_byte, uint16_t longer,
                             int64_t argument)
{
    put(translator, pc, instruction->size == 1 ? one_byte : longer, argument);
}

static inline void put_cell(struct translator *translator, size_t pc, enum opcode opcode,
                            oop selector, size_t argument_count, uint16_t flags)
{
    ic_cell *cell = &translator->cells[translator->cell_count++];
    *cell = (ic_cell){0,
                      CELL_EMPTY,
                      (uint8_t)argument_count,
                      flags,
                      translator->translation->handlers->entries[OP_leave],
                      {NULL},
                      selector};
    put(translator, pc, (uint16_t)opcode, (char *)cell - (char *)&translator->words[pc]);
}

/* What special sends become where integers are shorter, characters are objects or blockCopy: is one of them: sums are compared
 * with the dialect's limits, what could answer anything else than a Spur image expects is a send like others. */
static enum opcode old_special_send(enum dialect dialect, size_t index, enum opcode opcode)
{
    switch (opcode) {
    case OP_special_add:
        return OP_narrow_add;
    case OP_special_subtract:
        return OP_narrow_subtract;
    case OP_special_multiply:
    case OP_special_divide:
    case OP_special_bit_shift:
        return OP_send_1;
    case OP_special_floor_divide:
    case OP_special_modulo:
        return dialect == DIALECT_V3 ? opcode : OP_send_1;
    case OP_special_at:
        return dialect == DIALECT_V3 ? OP_array_at : OP_send_1;
    case OP_special_at_put:
        return dialect == DIALECT_V3 ? OP_array_at_put : OP_send_2;
    case OP_special_size:
        return dialect == DIALECT_V3 ? opcode : OP_send_0;
    case OP_special_not_identical:
        return index == SPECIAL_SEND_BLOCK_COPY ? OP_send_1 : opcode;
    default:
        return opcode;
    }
}

static void put_special_send(struct translator *translator, size_t pc, size_t index)
{
    const struct heap *heap = translator->translation->heap;
    oop selector = follow(heap, object_slot(translator->special_selectors, 2 * index));
    /* Every bytecode set has the same special sends. */
    enum opcode opcode = (enum opcode)short_forms[SHORT_FIRST_SPECIAL + index].opcode;
    if (!dialect_is_spur(translator->dialect))
        opcode = old_special_send(translator->dialect, index, opcode);
    put_cell(translator, pc, opcode, selector, bytecode_special_argument_count(index), 0);
}

static void put_send(struct translator *translator, size_t pc, const struct bytecode *instruction)
{
    static const enum opcode short_sends[3] = {OP_send_0, OP_send_1, OP_send_2};
    static const enum opcode long_sends[3] = {OP_send_0_long, OP_send_1_long, OP_send_2_long};
    if (!literal_exists(translator, instruction->index)) {
        put_unused(translator, pc);
        return;
    }
    size_t argument_count = (size_t)instruction->second;
    oop selector = object_slot(translator->code->method, (size_t)instruction->index + 1);
    enum opcode opcode = OP_send_n_long;
    if (argument_count < 3)
        opcode = instruction->size == 1 ? short_sends[argument_count] : long_sends[argument_count];
    uint16_t flags = 0;
    if (instruction->operation == BYTECODE_SUPER_SEND) {
        opcode = OP_send_super_long;
        flags = CELL_SUPER;
    } else if (instruction->operation == BYTECODE_DIRECTED_SUPER_SEND) {
        opcode = OP_send_directed_super_long;
    }
    put_cell(translator, pc, opcode, selector, argument_count, flags);
}

/* A temporary of the method that an old block context belongs to. */
static void put_home_temp(struct translator *translator, size_t pc,
                          const struct bytecode *instruction)
{
    int64_t header = code_header(translator->code->method);
    size_t argument_count = (size_t)(header >> CODE_HEADER_ARGUMENT_SHIFT) & 15;
    size_t index = (size_t)instruction->index;
    int32_t packed =
        home_temp_pack(SLOT_CONTEXT_FRAME + index, frame_temp_offset(argument_count, index));
    bool pops = instruction->operation == BYTECODE_POP_TEMPORARY;
    if (instruction->operation == BYTECODE_PUSH_TEMPORARY)
        put_sized(translator, pc, instruction, OP_push_home_temp, OP_push_home_temp_long, packed);
    else if (pops)
        put_sized(translator, pc, instruction, OP_pop_into_home_temp, OP_pop_into_home_temp_long,
                  packed);
    else
        put(translator, pc, OP_store_home_temp_long, packed);
}

/* A temporary of the region; one beyond the known ones lives among the operands and may be in the top-of-stack register. */
static void put_temp(struct translator *translator, size_t pc, const struct bytecode *instruction)
{
    const struct region *region = region_of(translator);
    size_t index = (size_t)instruction->index;
    if (translator->of_old_blocks && translator->depth == 0) {
        put_home_temp(translator, pc, instruction);
        return;
    }
    bool among_operands = index >= region->temp_count;
    int offset = frame_temp_offset(region->argument_count, index) - (among_operands ? 1 : 0);
    switch (instruction->operation) {
    case BYTECODE_PUSH_TEMPORARY:
        if (among_operands)
            put_sized(translator, pc, instruction, OP_push_stack_temp, OP_push_stack_temp_long,
                      offset);
        else
            put_sized(translator, pc, instruction, OP_push_temp, OP_push_temp_long, offset);
        break;
    case BYTECODE_POP_TEMPORARY:
        put_sized(translator, pc, instruction, OP_pop_into_temp, OP_pop_into_temp_long, offset);
        break;
    default:
        put(translator, pc, OP_store_temp_long, offset);
        break;
    }
}

static void put_remote_temp(struct translator *translator, size_t pc,
                            const struct bytecode *instruction)
{
    static const uint16_t opcodes[3][2] = {
        {OP_push_remote_temp, OP_push_remote_stack_temp},
        /* A value is on top of the vector then, so the vector is in memory. */
        {OP_store_remote_temp, OP_store_remote_temp},
        {OP_pop_into_remote_temp, OP_pop_into_remote_temp}};
    const struct region *region = region_of(translator);
    size_t index = (size_t)instruction->second;
    bool among_operands = index >= region->temp_count;
    int offset = frame_temp_offset(region->argument_count, index) - (among_operands ? 1 : 0);
    size_t row = instruction->operation == BYTECODE_PUSH_REMOTE_TEMPORARY    ? 0
                 : instruction->operation == BYTECODE_STORE_REMOTE_TEMPORARY ? 1
                                                                             : 2;
    put(translator, pc, opcodes[row][among_operands ? 1 : 0], offset);
    set_operand(translator, pc, 2, instruction->index);
}

static void put_jump(struct translator *translator, size_t pc, const struct bytecode *instruction)
{
    int64_t distance = instruction->target - (int64_t)pc;
    switch (instruction->operation) {
    case BYTECODE_JUMP:
        put(translator, pc,
            distance > 0                                 ? OP_jump
            : translator->translation->compile_after > 0 ? OP_counted_jump_back
                                                         : OP_jump_back,
            distance);
        break;
    case BYTECODE_JUMP_TRUE:
        put_sized(translator, pc, instruction, OP_jump_if_true, OP_jump_if_true_long, distance);
        break;
    default:
        put_sized(translator, pc, instruction, OP_jump_if_false, OP_jump_if_false_long, distance);
        break;
    }
}

static void put_return(struct translator *translator, size_t pc, const struct bytecode *instruction)
{
    static const uint16_t near_returns[] = {OP_return_self, OP_return_true, OP_return_false,
                                            OP_return_nil,  OP_return_top,  OP_return_nil,
                                            OP_return_top};
    static const uint16_t far_returns[] = {
        OP_far_return_self, OP_far_return_true, OP_far_return_false, OP_far_return_nil,
        OP_far_return_top,  OP_return_nil,      OP_return_top};
    const struct region *region = region_of(translator);
    size_t kind = (size_t)(instruction->operation - BYTECODE_RETURN_SELF);
    put(translator, pc, region->is_block ? far_returns[kind] : near_returns[kind],
        (int64_t)region->argument_count + FRAME_WORDS_ABOVE_ARGUMENTS);
}

static void put_full_closure(struct translator *translator, size_t pc,
                             const struct bytecode *instruction)
{
    oop block =
        literal_exists(translator, instruction->index)
            ? heap_follow(object_slot(translator->code->method, (size_t)instruction->index + 1))
            : oop_from_integer(0);
    if (!oop_is_object(block) || !format_is_code(object_format(block))) {
        put_unused(translator, pc);
        return;
    }
    int64_t argument_count = (code_header(block) >> CODE_HEADER_ARGUMENT_SHIFT) & 15;
    int64_t packed = instruction->second | argument_count << 8;
    packed |= instruction->no_outer_context ? 0x10000 : 0;
    packed |= instruction->receiver_on_stack ? 0x20000 : 0;
    put(translator, pc, OP_push_full_closure, instruction->index + 1);
    set_operand(translator, pc, 2, packed);
}

static void put_embedded_closure(struct translator *translator, size_t pc,
                                 const struct bytecode *instruction)
{
    int64_t copied_count = instruction->second;
    put(translator, pc, OP_push_embedded_closure,
        copied_count | (int64_t)instruction->block_arguments << 8);
    set_operand(translator, pc, 1, instruction->target - (int64_t)pc);
    set_operand(translator, pc, 2, (int64_t)(pc + instruction->size));
    if (translator->depth < NESTED_BLOCKS_LIMIT)
        translator->regions[++translator->depth] =
            (struct region){(size_t)instruction->target, instruction->block_arguments,
                            instruction->block_arguments + (size_t)copied_count, true};
}

/* Instructions that are not simple. */
static void translate_other(struct translator *translator, size_t pc,
                            const struct bytecode *instruction)
{
    switch (instruction->operation) {
    case BYTECODE_PUSH_TEMPORARY:
    case BYTECODE_POP_TEMPORARY:
    case BYTECODE_STORE_TEMPORARY:
        put_temp(translator, pc, instruction);
        break;
    case BYTECODE_PUSH_REMOTE_TEMPORARY:
    case BYTECODE_POP_REMOTE_TEMPORARY:
    case BYTECODE_STORE_REMOTE_TEMPORARY:
        put_remote_temp(translator, pc, instruction);
        break;
    case BYTECODE_PUSH_FULL_CLOSURE:
        put_full_closure(translator, pc, instruction);
        break;
    case BYTECODE_PUSH_CLOSURE:
        put_embedded_closure(translator, pc, instruction);
        break;
    case BYTECODE_SEND:
    case BYTECODE_SUPER_SEND:
    case BYTECODE_DIRECTED_SUPER_SEND:
        put_send(translator, pc, instruction);
        break;
    case BYTECODE_ARITHMETIC_SEND:
    case BYTECODE_COMMON_SEND:
        put_special_send(translator, pc, (size_t)instruction->index);
        break;
    case BYTECODE_JUMP:
    case BYTECODE_JUMP_TRUE:
    case BYTECODE_JUMP_FALSE:
        put_jump(translator, pc, instruction);
        break;
    default:
        put_return(translator, pc, instruction);
        break;
    }
}

/* Instance variables of older dialects. */
static bool put_checked_variable(struct translator *translator, size_t pc,
                                 const struct bytecode *instruction)
{
    switch (instruction->operation) {
    case BYTECODE_PUSH_INSTANCE_VARIABLE:
        put_sized(translator, pc, instruction, OP_push_checked_variable,
                  OP_push_checked_variable_long, instruction->index);
        return true;
    case BYTECODE_POP_INSTANCE_VARIABLE:
        put_sized(translator, pc, instruction, OP_pop_into_checked_variable,
                  OP_pop_into_checked_variable_long, instruction->index);
        return true;
    case BYTECODE_STORE_INSTANCE_VARIABLE:
        put(translator, pc, OP_store_checked_variable_long, instruction->index);
        return true;
    default:
        return false;
    }
}

static void translate_instruction(struct translator *translator, size_t pc,
                                  const struct bytecode *instruction)
{
    int64_t operand_value = 0;
    if (instruction->size > 1)
        set_operand(translator, pc, 1, instruction->size);
    const struct simple_operation *row = &simple[instruction->operation];
    switch ((enum operand)row->operand) {
    case NOT_SIMPLE:
        translate_other(translator, pc, instruction);
        return;
    case OPERAND_LITERAL:
        if (!literal_exists(translator, instruction->index)) {
            put_unused(translator, pc);
            return;
        }
        operand_value = instruction->index + 1;
        break;
    case OPERAND_INDEX:
        operand_value = instruction->index;
        break;
    case OPERAND_SECOND:
        operand_value = instruction->second;
        break;
    case NO_OPERAND:
        break;
    }
    put_sized(translator, pc, instruction, row->one_byte, row->longer, operand_value);
}

/* A prefix that changes nothing about its instruction becomes a word of its own: the short form can stand behind it. */
static size_t pass_prefix(struct translator *translator, size_t pc, struct bytecode *instruction)
{
    size_t size = 0;
    while (size + 2 < instruction->size && translator->bytes[pc + size] >= 224 &&
           translator->bytes[pc + size] <= 225)
        size += 2;
    struct bytecode bare;
    if (size == 0 ||
        !bytecode_read(translator->set, translator->bytes, pc + size, translator->limit, &bare))
        return pc;
    if (bare.operation != instruction->operation || bare.index != instruction->index ||
        bare.second != instruction->second || bare.target != instruction->target ||
        bare.block_arguments != instruction->block_arguments)
        return pc;
    put(translator, pc, OP_nop_long, 0);
    set_operand(translator, pc, 1, (int64_t)size);
    *instruction = bare;
    return pc + size;
}

/* Behind a send of blockCopy: the jump over the block keeps the number of the block's arguments for its primitive. */
static bool put_jump_over_block(struct translator *translator, size_t pc,
                                const struct bytecode *instruction)
{
    bool is_jump = instruction->operation == BYTECODE_JUMP && instruction->size == 2;
    if (translator->block_arguments < 0 || !is_jump)
        return false;
    put_jump(translator, pc, instruction);
    set_operand(translator, pc, 1, BLOCK_MARK | translator->block_arguments);
    translator->code->flags |= CODE_HAS_OLD_BLOCKS;
    return true;
}

/* What older dialects want of an instruction; true when nothing is left to do. */
static __attribute__((noinline)) bool translate_older(struct translator *translator, size_t pc,
                                                      const struct bytecode *instruction)
{
    oop method = translator->code->method;
    if (instruction->size > 1)
        set_operand(translator, pc, 1, instruction->size);
    bool done = put_checked_variable(translator, pc, instruction) ||
                put_jump_over_block(translator, pc, instruction);
    translator->block_arguments = block_copy_find(
        &translator->finder, translator->dialect, instruction,
        (const uint64_t *)(const void *)object_slots(method), translator->literal_count);
    return done;
}

/* --- the short way ------------------------------------------------------------------------------------------------------------------- */

enum { ARGUMENTS_MAX = 15, TEMP_OFFSET_COUNT = ARGUMENTS_MAX + SHORT_VALUE_LIMIT };

/* Offsets of temporaries (frame_temp_offset) where there are ARGUMENTS_MAX arguments; those for less begin further on. */
static const int8_t temp_offsets[TEMP_OFFSET_COUNT] = {
    16,  15,  14,  13,  12,  11,  10,  9,   8,   7,   6,   5,   4,   3,   2,   -5,  -6,
    -7,  -8,  -9,  -10, -11, -12, -13, -14, -15, -16, -17, -18, -19, -20, -21, -22, -23,
    -24, -25, -26, -27, -28, -29, -30, -31, -32, -33, -34, -35, -36, -37, -38};

/* Values as they are. */
static const int8_t plain_arguments[SHORT_VALUE_LIMIT] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
    17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33};

/* What short forms mean in a region: arguments of values, which must be below the limit, for each kind of instruction without a cell.
 * Looked up, for no branch predictor knows the code of a start. */
struct short_region {
    const struct short_form *forms;
    const int8_t *arguments[SHORT_KIND_COUNT];
    uint8_t limits[SHORT_KIND_COUNT];
    int8_t return_argument;
};

static uint8_t least_of(size_t count)
{
    return (uint8_t)(count < SHORT_VALUE_LIMIT ? count : SHORT_VALUE_LIMIT);
}

static void set_short_region(struct short_region *short_region, const struct translator *translator)
{
    const struct region *region = &translator->regions[translator->depth];
    /* A full block has up to 15 arguments, an embedded one may claim more: its temporaries and returns go the long way. */
    bool known = region->argument_count <= ARGUMENTS_MAX;
    size_t argument_count = known ? region->argument_count : 0;
    short_region->forms = region->is_block ? short_forms_of_blocks : short_forms;
    short_region->return_argument = (int8_t)(argument_count + FRAME_WORDS_ABOVE_ARGUMENTS);
    short_region->arguments[SHORT_PLAIN] = plain_arguments;
    short_region->arguments[SHORT_RETURN] = &short_region->return_argument;
    short_region->arguments[SHORT_LITERAL] = plain_arguments;
    short_region->arguments[SHORT_TEMP] = temp_offsets + (ARGUMENTS_MAX - argument_count);
    short_region->limits[SHORT_PLAIN] = SHORT_VALUE_LIMIT;
    short_region->limits[SHORT_RETURN] = known ? 1 : 0;
    short_region->limits[SHORT_LITERAL] = least_of(translator->literal_count + 1);
    short_region->limits[SHORT_TEMP] = known ? least_of(region->temp_count) : 0;
}

/* Does what translate_instruction does for a send of one byte; false when its selector does not exist. */
static inline bool translate_short_send(struct translator *translator, size_t pc,
                                        struct short_form form)
{
    bool special = form.kind == SHORT_SPECIAL;
    if (VIV_UNLIKELY(!special && form.value >= translator->literal_count))
        return false;
    const oop *selector = special ? object_slots(translator->special_selectors) + 2 * form.value
                                  : object_slots(translator->code->method) + 1 + form.value;
    put_cell(translator, pc, form.opcode,
             special ? follow(translator->translation->heap, *selector) : *selector,
             form.argument_count, 0);
    return true;
}

#if VIV_CHECKING
/* The long way makes the same of the instruction that the short one has just translated. */
static void check_short(struct translator *translator, size_t pc)
{
    struct bytecode instruction;
    uint16_t opcode = translator->opcodes[pc];
    int32_t argument = translator->words[pc].argument;
    size_t cell_count = translator->cell_count;
    ic_cell cell = cell_count > 0 ? translator->cells[cell_count - 1] : (ic_cell){0};
    bytecode_read(translator->set, translator->bytes, pc, translator->limit, &instruction);
    bool sends = instruction.operation == BYTECODE_SEND ||
                 instruction.operation == BYTECODE_ARITHMETIC_SEND ||
                 instruction.operation == BYTECODE_COMMON_SEND;
    translator->cell_count -= sends ? 1 : 0;
    translate_instruction(translator, pc, &instruction);
    viv_assert(translator->opcodes[pc] == opcode && translator->words[pc].argument == argument &&
                   translator->cell_count == cell_count,
               "a short form is what the long way makes of the instruction");
    viv_assert(!sends || (oop_same(translator->cells[cell_count - 1].selector, cell.selector) &&
                          translator->cells[cell_count - 1].argument_count == cell.argument_count),
               "a short form sends what the long way sends");
}
#else
static void check_short(struct translator *translator, size_t pc)
{
    (void)translator;
    (void)pc;
}
#endif

/* What has no short form; answers where the next instruction begins. */
static size_t translate_long(struct translator *translator, size_t pc)
{
    struct bytecode instruction;
    bytecode_read(translator->set, translator->bytes, pc, translator->limit, &instruction);
    if (instruction.size > 2)
        pc = pass_prefix(translator, pc, &instruction);
    translate_instruction(translator, pc, &instruction);
    return pc + instruction.size;
}

/* Does what translate_instruction does, for most instructions of one byte; false for the others. */
static inline bool translate_short(struct translator *translator, const struct short_region *region,
                                   size_t pc, struct short_form form, uint16_t *opcodes,
                                   word *words)
{
    if (form.kind < SHORT_PLAIN)
        return form.kind != SHORT_NONE && translate_short_send(translator, pc, form);
    opcodes[pc] = form.opcode;
    words[pc].argument = region->arguments[form.kind][form.value];
    return VIV_LIKELY(form.value < region->limits[form.kind]);
}

/* The instructions of one region, up to its end or to where another one begins in it; answers where that is. What is read for each
 * instruction stands in variables, for all that is written could be part of the translator. */
static size_t translate_region(struct translator *translator, size_t pc)
{
    struct short_region region;
    set_short_region(&region, translator);
    const struct short_form *forms = region.forms;
    const uint8_t *bytes = translator->bytes;
    uint16_t *opcodes = translator->opcodes;
    word *words = translator->words;
    size_t depth = translator->depth;
    size_t limit = translator->regions[depth].limit;
    limit = limit < translator->limit ? limit : translator->limit;
    while (pc < limit) {
        if (translate_short(translator, &region, pc, forms[bytes[pc]], opcodes, words)) {
            check_short(translator, pc);
            pc++;
            continue;
        }
        pc = translate_long(translator, pc);
        if (VIV_UNLIKELY(translator->depth != depth))
            break;
    }
    return pc;
}

/* Bytecodes of Sista V1, which no older dialect has. */
static void translate_sista(struct translator *translator)
{
    for (size_t pc = 0; pc < translator->limit;) {
        while (translator->depth > 0 && pc >= region_of(translator)->limit)
            translator->depth--;
        pc = translate_region(translator, pc);
    }
}

void translate_instructions(struct translator *translator)
{
    struct bytecode instruction;
    const struct heap *heap = translator->translation->heap;
    bool older = !dialect_is_spur(translator->dialect);
    translator->special_selectors = heap_follow(heap_special(heap, SPECIAL_SPECIAL_SELECTORS));
    if (translator->set == BYTECODES_SISTA) {
        translate_sista(translator);
        return;
    }
    for (size_t pc = 0; pc < translator->limit; pc += instruction.size) {
        while (translator->depth > 0 && pc >= region_of(translator)->limit)
            translator->depth--;
        bytecode_read(translator->set, translator->bytes, pc, translator->limit, &instruction);
        if (VIV_LIKELY(!older) || !translate_older(translator, pc, &instruction))
            translate_instruction(translator, pc, &instruction);
    }
}
