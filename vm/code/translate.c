/* Compiled methods and blocks of both bytecode sets into words and cells: one pass over the instructions, no fix-ups. */
#include "vm/code/bytecodes.h"
#include "vm/code/fuse.h"
#include "vm/code/verify.h"
#include "vm/primitive.h"

#include <stdlib.h>

/* A part of the bytecodes that belongs to one activation: the method, or an embedded block inside it. */
struct region {
    size_t limit; /* pc where it ends */
    size_t argument_count;
    size_t temp_count; /* arguments and temporaries that have places of their own in the frame */
    bool is_block;
};

struct translator {
    const struct translation *translation;
    struct code *code;
    const uint8_t *bytes;
    size_t first_pc;
    size_t limit;
    enum bytecode_set set;
    uint16_t *opcodes; /* by word, OP_COUNT where no instruction begins */
    size_t next_cell;
    struct region regions[NESTED_BLOCKS_LIMIT + 1];
    size_t depth;
    oop special_selectors;
};

static struct region *region_of(struct translator *translator)
{
    return &translator->regions[translator->depth];
}

static void put(struct translator *translator, size_t pc, enum opcode opcode, int64_t argument)
{
    size_t index = pc - translator->first_pc;
    translator->opcodes[index] = (uint16_t)opcode;
    translator->code->words[index].argument = (int32_t)argument;
}

static void set_operand(struct translator *translator, size_t pc, size_t offset, int64_t value)
{
    translator->code->words[pc - translator->first_pc + offset].argument = (int32_t)value;
}

/* An instruction whose form depends only on whether it has one byte. */
static void put_sized(struct translator *translator, size_t pc, const struct bytecode *instruction,
                      enum opcode one_byte, enum opcode longer, int64_t argument)
{
    put(translator, pc, instruction->size == 1 ? one_byte : longer, argument);
}

static void put_cell(struct translator *translator, size_t pc, enum opcode opcode, oop selector,
                     size_t argument_count, uint16_t flags)
{
    ic_cell *cell = &translator->code->cells[translator->next_cell++];
    *cell = (ic_cell){0,
                      CELL_EMPTY,
                      (uint8_t)argument_count,
                      flags,
                      translator->translation->handlers->entries[OP_leave],
                      {NULL},
                      selector};
    word *at = &translator->code->words[pc - translator->first_pc];
    put(translator, pc, opcode, (char *)cell - (char *)at);
}

static void put_special_send(struct translator *translator, size_t pc, size_t index)
{
    static const enum opcode opcodes[32] = {OP_special_add,
                                            OP_special_subtract,
                                            OP_special_less,
                                            OP_special_greater,
                                            OP_special_less_equal,
                                            OP_special_greater_equal,
                                            OP_special_equal,
                                            OP_special_not_equal,
                                            OP_special_multiply,
                                            OP_special_divide,
                                            OP_special_modulo,
                                            OP_special_make_point,
                                            OP_special_bit_shift,
                                            OP_special_floor_divide,
                                            OP_special_bit_and,
                                            OP_special_bit_or,
                                            OP_special_at,
                                            OP_special_at_put,
                                            OP_special_size,
                                            OP_send_0,
                                            OP_send_1,
                                            OP_send_0,
                                            OP_special_identical,
                                            OP_special_class,
                                            OP_special_not_identical,
                                            OP_special_value,
                                            OP_special_value_1,
                                            OP_send_1,
                                            OP_send_0,
                                            OP_send_1,
                                            OP_send_0,
                                            OP_send_0};
    oop selector = heap_follow(object_slot(translator->special_selectors, 2 * index));
    put_cell(translator, pc, opcodes[index], selector, bytecode_special_argument_count(index), 0);
}

static void put_send(struct translator *translator, size_t pc, const struct bytecode *instruction)
{
    static const enum opcode short_sends[3] = {OP_send_0, OP_send_1, OP_send_2};
    static const enum opcode long_sends[3] = {OP_send_0_long, OP_send_1_long, OP_send_2_long};
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

/* A temporary of the region; one beyond the known ones lives among the operands and may be in the top-of-stack register. */
static void put_temp(struct translator *translator, size_t pc, const struct bytecode *instruction)
{
    const struct region *region = region_of(translator);
    size_t index = (size_t)instruction->index;
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
    static const enum opcode opcodes[3][2] = {
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
        put(translator, pc, distance <= 0 ? OP_jump_back : OP_jump, distance);
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
    static const enum opcode near_returns[] = {OP_return_self, OP_return_true, OP_return_false,
                                               OP_return_nil,  OP_return_top,  OP_return_nil,
                                               OP_return_top};
    static const enum opcode far_returns[] = {
        OP_far_return_self, OP_far_return_true, OP_far_return_false, OP_far_return_nil,
        OP_far_return_top,  OP_return_nil,      OP_return_top};
    const struct region *region = region_of(translator);
    size_t kind = (size_t)(instruction->operation - BYTECODE_RETURN_SELF);
    put(translator, pc, region->is_block ? far_returns[kind] : near_returns[kind],
        (int64_t)region->argument_count + 3);
}

static size_t block_argument_count(oop block)
{
    return (size_t)(code_header(block) >> CODE_HEADER_ARGUMENT_SHIFT) & 15;
}

static void put_closure(struct translator *translator, size_t pc,
                        const struct bytecode *instruction)
{
    int64_t copied_count = instruction->second;
    if (instruction->operation == BYTECODE_PUSH_FULL_CLOSURE) {
        oop block =
            heap_follow(object_slot(translator->code->method, (size_t)instruction->index + 1));
        int64_t packed = copied_count | (int64_t)block_argument_count(block) << 8;
        packed |= instruction->no_outer_context ? 0x10000 : 0;
        packed |= instruction->receiver_on_stack ? 0x20000 : 0;
        put(translator, pc, OP_push_full_closure, instruction->index + 1);
        set_operand(translator, pc, 2, packed);
        return;
    }
    size_t body = pc + instruction->size;
    put(translator, pc, OP_push_embedded_closure,
        copied_count | (int64_t)instruction->block_arguments << 8);
    set_operand(translator, pc, 1, instruction->target - (int64_t)pc);
    set_operand(translator, pc, 2, (int64_t)(body - translator->first_pc));
    if (translator->depth < NESTED_BLOCKS_LIMIT)
        translator->regions[++translator->depth] =
            (struct region){(size_t)instruction->target, instruction->block_arguments,
                            instruction->block_arguments + (size_t)copied_count, true};
}

/* Instructions that push a value found without looking at the stack. False for others. */
static bool translate_push(struct translator *translator, size_t pc,
                           const struct bytecode *instruction)
{
    int64_t index = instruction->index;
    switch (instruction->operation) {
    case BYTECODE_PUSH_INSTANCE_VARIABLE:
        put_sized(translator, pc, instruction, OP_push_receiver_variable,
                  OP_push_receiver_variable_long, index);
        return true;
    case BYTECODE_PUSH_LITERAL:
        put_sized(translator, pc, instruction, OP_push_literal, OP_push_literal_long, index + 1);
        return true;
    case BYTECODE_PUSH_LITERAL_VARIABLE:
        put_sized(translator, pc, instruction, OP_push_literal_variable,
                  OP_push_literal_variable_long, index + 1);
        return true;
    case BYTECODE_PUSH_SELF:
        put(translator, pc, OP_push_self, 0);
        return true;
    case BYTECODE_PUSH_TRUE:
        put(translator, pc, OP_push_true, 0);
        return true;
    case BYTECODE_PUSH_FALSE:
        put(translator, pc, OP_push_false, 0);
        return true;
    case BYTECODE_PUSH_NIL:
        put(translator, pc, OP_push_nil, 0);
        return true;
    case BYTECODE_PUSH_INTEGER:
        put_sized(translator, pc, instruction, OP_push_integer, OP_push_integer_long, index);
        return true;
    case BYTECODE_PUSH_CHARACTER:
        put(translator, pc, OP_push_character_long, index);
        return true;
    case BYTECODE_PUSH_THIS_CONTEXT:
        put_sized(translator, pc, instruction, OP_push_this_context, OP_push_this_context_long, 0);
        return true;
    case BYTECODE_PUSH_THIS_PROCESS:
        put(translator, pc, OP_push_this_process_long, 0);
        return true;
    case BYTECODE_PUSH_NEW_ARRAY:
        put(translator, pc, OP_push_new_array, instruction->second);
        return true;
    default:
        return false;
    }
}

static void translate_instruction(struct translator *translator, size_t pc,
                                  const struct bytecode *instruction)
{
    int64_t index = instruction->index;
    if (instruction->size > 1)
        set_operand(translator, pc, 1, instruction->size);
    if (translate_push(translator, pc, instruction))
        return;
    switch (instruction->operation) {
    case BYTECODE_POP_INSTANCE_VARIABLE:
        put_sized(translator, pc, instruction, OP_pop_into_receiver_variable,
                  OP_pop_into_receiver_variable_long, index);
        break;
    case BYTECODE_STORE_INSTANCE_VARIABLE:
        put(translator, pc, OP_store_receiver_variable_long, index);
        break;
    case BYTECODE_POP_LITERAL_VARIABLE:
        put(translator, pc, OP_pop_into_literal_variable_long, index + 1);
        break;
    case BYTECODE_STORE_LITERAL_VARIABLE:
        put(translator, pc, OP_store_literal_variable_long, index + 1);
        break;
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
    case BYTECODE_POP_INTO_NEW_ARRAY:
        put(translator, pc, OP_push_array_of_popped, instruction->second);
        break;
    case BYTECODE_PUSH_FULL_CLOSURE:
    case BYTECODE_PUSH_CLOSURE:
        put_closure(translator, pc, instruction);
        break;
    case BYTECODE_SEND:
    case BYTECODE_SUPER_SEND:
    case BYTECODE_DIRECTED_SUPER_SEND:
        put_send(translator, pc, instruction);
        break;
    case BYTECODE_ARITHMETIC_SEND:
    case BYTECODE_COMMON_SEND:
        put_special_send(translator, pc, (size_t)index);
        break;
    case BYTECODE_POP:
        put(translator, pc, OP_pop, 0);
        break;
    case BYTECODE_DUPLICATE:
        put(translator, pc, OP_duplicate, 0);
        break;
    case BYTECODE_NOTHING:
    case BYTECODE_CALL_PRIMITIVE:
        put_sized(translator, pc, instruction, OP_nop, OP_nop_long, 0);
        break;
    case BYTECODE_JUMP:
    case BYTECODE_JUMP_TRUE:
    case BYTECODE_JUMP_FALSE:
        put_jump(translator, pc, instruction);
        break;
    case BYTECODE_RETURN_SELF:
    case BYTECODE_RETURN_TRUE:
    case BYTECODE_RETURN_FALSE:
    case BYTECODE_RETURN_NIL:
    case BYTECODE_RETURN_TOP:
    case BYTECODE_BLOCK_RETURN_NIL:
    case BYTECODE_BLOCK_RETURN_TOP:
        put_return(translator, pc, instruction);
        break;
    default:
        put(translator, pc, OP_unused_bytecode, 0);
        break;
    }
}

static size_t count_cells(const struct translator *translator)
{
    size_t count = 0;
    for (size_t pc = translator->first_pc; pc < translator->limit;) {
        bool sends;
        pc = bytecode_skip(translator->set, translator->bytes, pc, translator->limit, &sends);
        count += sends;
    }
    return count;
}

/* A prefix that changes nothing about its instruction becomes a word of its own: the short form can stand behind it. */
static size_t pass_prefix(struct translator *translator, size_t pc, struct bytecode *instruction)
{
    size_t size = 0;
    while (translator->set == BYTECODES_SISTA && size + 2 < instruction->size &&
           translator->bytes[pc + size] >= 224 && translator->bytes[pc + size] <= 225)
        size += 2;
    struct bytecode bare;
    if (size == 0 ||
        !bytecode_decode(translator->set, translator->bytes, pc + size, translator->limit, &bare))
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

/* Bytes behind the last bytecode are translated too, whatever they are: their literals may not exist. */
static bool literal_exists(const struct translator *translator, const struct bytecode *instruction)
{
    size_t index = (size_t)instruction->index;
    switch (instruction->operation) {
    case BYTECODE_PUSH_LITERAL:
    case BYTECODE_PUSH_LITERAL_VARIABLE:
    case BYTECODE_STORE_LITERAL_VARIABLE:
    case BYTECODE_POP_LITERAL_VARIABLE:
    case BYTECODE_SEND:
    case BYTECODE_SUPER_SEND:
    case BYTECODE_DIRECTED_SUPER_SEND:
        return index < code_literal_count(translator->code->method);
    case BYTECODE_PUSH_FULL_CLOSURE:
        if (index >= code_literal_count(translator->code->method))
            return false;
        oop block = heap_follow(object_slot(translator->code->method, index + 1));
        return oop_is_object(block) && format_is_code(object_format(block));
    default:
        return true;
    }
}

static void translate_all(struct translator *translator)
{
    struct bytecode instruction;
    for (size_t pc = translator->first_pc; pc < translator->limit; pc += instruction.size) {
        while (translator->depth > 0 && pc >= region_of(translator)->limit)
            translator->depth--;
        bytecode_decode(translator->set, translator->bytes, pc, translator->limit, &instruction);
        pc = pass_prefix(translator, pc, &instruction);
        if (literal_exists(translator, &instruction))
            translate_instruction(translator, pc, &instruction);
        else
            put(translator, pc, OP_unused_bytecode, 0);
    }
}

/* --- what kind of method it is -------------------------------------------------------------------------------------------------- */

static bool last_literal_is_code(oop method)
{
    size_t count = code_literal_count(method);
    if (count == 0)
        return false;
    oop last = heap_follow(object_slot(method, count));
    return oop_is_object(last) && format_is_code(object_format(last));
}

/* Finds the primitive's number and where activation starts behind it. */
static void find_primitive(struct translator *translator)
{
    struct code *code = translator->code;
    struct bytecode instruction;
    size_t pc = translator->first_pc;
    code->first = code->words;
    if ((code_header(code->method) & CODE_HEADER_HAS_PRIMITIVE) == 0)
        return;
    bytecode_decode(translator->set, translator->bytes, pc, translator->limit, &instruction);
    if (instruction.operation != BYTECODE_CALL_PRIMITIVE)
        return;
    code->primitive_number = (uint16_t)instruction.index;
    code->primitive = translator->translation->find_primitive(translator->translation->context,
                                                              code->method, code->primitive_number);
    /* A bound primitive that takes another number of arguments is not the one meant. */
    if (code->primitive != NULL && code->primitive->argument_count >= 0 &&
        (size_t)code->primitive->argument_count != code->argument_count)
        code->primitive = NULL;
    pc += instruction.size;
    if (pc < translator->limit) {
        bytecode_decode(translator->set, translator->bytes, pc, translator->limit, &instruction);
        if (instruction.operation == BYTECODE_STORE_TEMPORARY && instruction.size == 2 &&
            (size_t)instruction.index < (size_t)code->argument_count + code->local_count) {
            code->error_temp =
                (int16_t)frame_temp_offset(code->argument_count, (size_t)instruction.index);
            pc += instruction.size;
        }
    }
    code->first = code->words + (pc - translator->first_pc);
    if (code->primitive_number == 198)
        code->flags |= CODE_UNWIND;
    if (code->primitive_number == 199)
        code->flags |= CODE_HANDLER;
}

static void set_entry(struct translator *translator, enum cell_kind kind, enum opcode entry,
                      uint64_t value)
{
    translator->code->entry_kind = (uint8_t)kind;
    translator->code->entry = translator->translation->handlers->entries[entry];
    translator->code->entry_value = value;
}

/* Quick primitives 256-263 and 264-519: self, constants, instance variables. */
static bool find_quick_entry(struct translator *translator)
{
    const struct heap *heap = translator->translation->heap;
    unsigned number = translator->code->primitive_number;
    const oop constants[8] = {heap->nil,           heap->true_object,    heap->false_object,
                              heap->nil,           oop_from_integer(-1), oop_from_integer(0),
                              oop_from_integer(1), oop_from_integer(2)};
    if (number == 256)
        set_entry(translator, CELL_SELF, OP_enter_self, 0);
    else if (number > 256 && number < 264)
        set_entry(translator, CELL_CONSTANT, OP_enter_constant, constants[number - 256].bits);
    else if (number >= 264 && number < 520 && translator->code->argument_count == 0)
        set_entry(translator, CELL_GETTER, OP_enter_getter, number - 264);
    else
        return false;
    return true;
}

/* Methods of one or two instructions that need no frame. */
static void find_trivial_entry(struct translator *translator)
{
    const struct code *code = translator->code;
    size_t start = (size_t)(code->first - code->words);
    const uint16_t *opcodes = translator->opcodes + start;
    const word *words = code->words + start;
    size_t left = code->word_count - start;
    size_t argument_count = code->argument_count;
    if (left < 1 || (code->flags & CODE_IS_BLOCK) != 0)
        return;
    const struct heap *heap = translator->translation->heap;
    if (opcodes[0] == OP_return_self)
        set_entry(translator, CELL_SELF, OP_enter_self, 0);
    else if (opcodes[0] == OP_return_true)
        set_entry(translator, CELL_CONSTANT, OP_enter_constant, heap->true_object.bits);
    else if (opcodes[0] == OP_return_false)
        set_entry(translator, CELL_CONSTANT, OP_enter_constant, heap->false_object.bits);
    else if (opcodes[0] == OP_return_nil)
        set_entry(translator, CELL_CONSTANT, OP_enter_constant, heap->nil.bits);
    else if (left >= 2 && opcodes[0] == OP_push_receiver_variable && opcodes[1] == OP_return_top &&
             argument_count == 0)
        set_entry(translator, CELL_GETTER, OP_enter_getter, (uint64_t)words[0].argument);
    else if (left >= 2 && opcodes[0] == OP_push_integer && opcodes[1] == OP_return_top)
        set_entry(translator, CELL_CONSTANT, OP_enter_constant,
                  oop_from_integer(words[0].argument).bits);
    else if (left >= 3 && argument_count == 1 && opcodes[0] == OP_push_temp &&
             words[0].argument == frame_temp_offset(1, 0) &&
             opcodes[1] == OP_pop_into_receiver_variable && opcodes[2] == OP_return_self)
        set_entry(translator, CELL_SETTER, OP_enter_setter, (uint64_t)words[1].argument);
}

static void find_entry(struct translator *translator)
{
    struct code *code = translator->code;
    static const enum opcode plain_entries[3] = {OP_enter_plain_0, OP_enter_plain_1,
                                                 OP_enter_plain_2};
    bool is_plain = code->local_count == 0 && code->argument_count < 3;
    set_entry(translator, CELL_MONO, is_plain ? plain_entries[code->argument_count] : OP_enter, 0);
    if (code->primitive_number == 0) {
        find_trivial_entry(translator);
    } else if (!find_quick_entry(translator) && code->primitive != NULL) {
        enum opcode entry =
            code->primitive->control != NULL ? OP_enter_control : OP_enter_primitive;
        if (code->primitive_number == 70 && code->argument_count == 0)
            entry = OP_enter_new;
        if (code->primitive_number == 207 || code->primitive_number == 209)
            entry = OP_enter_value;
        set_entry(translator, CELL_PRIMITIVE, entry, 0);
    }
}

/* --- entry points ------------------------------------------------------------------------------------------------------------------ */

static bool give_memory(struct code *code, size_t word_count, size_t cell_count)
{
    /* Two words more than there are bytes: superinstructions look at the operands of words that may not be there. */
    size_t word_size = ((word_count + 4) * sizeof(word) + 63) & ~(size_t)63;
    size_t size = word_size + cell_count * sizeof(ic_cell);
    void *memory = aligned_alloc(64, (size + 63) & ~(size_t)63);
    if (memory == NULL)
        return false;
    memset(memory, 0, size);
    code->words = memory;
    code->word_count = word_count;
    code->cells = (ic_cell *)(void *)((char *)memory + word_size);
    code->cell_count = cell_count;
    code->block_size = size;
    return true;
}

static void fill_handlers(struct translator *translator)
{
    const struct handlers *handlers = translator->translation->handlers;
    struct code *code = translator->code;
    for (size_t i = 0; i < code->word_count + 4; i++) {
        size_t opcode = i < code->word_count ? translator->opcodes[i] : OP_COUNT;
        code->words[i].handler = handlers->words[opcode == OP_COUNT ? OP_unused_bytecode : opcode];
    }
}

static void describe_header(struct code *code)
{
    int64_t header = code_header(code->method);
    unsigned temp_count = (unsigned)(header >> CODE_HEADER_TEMP_SHIFT) & 63;
    code->argument_count = (uint8_t)((header >> CODE_HEADER_ARGUMENT_SHIFT) & 15);
    code->local_count =
        (uint8_t)(temp_count > code->argument_count ? temp_count - code->argument_count : 0);
    if ((header & CODE_HEADER_LARGE_FRAME) != 0)
        code->flags |= CODE_LARGE_FRAME;
    if (header < 0)
        code->flags |= CODE_SISTA;
    if (last_literal_is_code(code->method))
        code->flags |= CODE_IS_BLOCK;
}

struct code *code_translate(const struct translation *translation, oop method)
{
    struct code *code = calloc(1, sizeof *code);
    if (code == NULL)
        return NULL;
    code->method = method;
    describe_header(code);
    struct translator translator = {0};
    translator.translation = translation;
    translator.code = code;
    translator.bytes = object_bytes(method);
    translator.first_pc = code_first_pc(code_header(method));
    translator.limit = object_byte_count(method);
    translator.set = bytecode_set_of(code_header(method));
    translator.special_selectors =
        heap_follow(heap_special(translation->heap, SPECIAL_SPECIAL_SELECTORS));
    translator.regions[0] = (struct region){translator.limit, code->argument_count,
                                            (size_t)code->argument_count + code->local_count,
                                            (code->flags & CODE_IS_BLOCK) != 0};
    size_t word_count =
        translator.limit > translator.first_pc ? translator.limit - translator.first_pc : 0;
    translator.opcodes = malloc((word_count + 4) * sizeof *translator.opcodes);
    if (translator.opcodes == NULL || !give_memory(code, word_count, count_cells(&translator))) {
        free(translator.opcodes);
        free(code);
        return NULL;
    }
    for (size_t i = 0; i < word_count + 4; i++)
        translator.opcodes[i] = OP_COUNT;
    translate_all(&translator);
    find_primitive(&translator);
    find_entry(&translator);
    fuse_instructions(code, translator.opcodes);
    fill_handlers(&translator);
    free(translator.opcodes);
    return code;
}

struct code *code_refuse(const struct translation *translation, oop method)
{
    struct code *code = calloc(1, sizeof *code);
    if (code == NULL || !give_memory(code, 1, 0)) {
        free(code);
        return NULL;
    }
    code->method = method;
    describe_header(code);
    code->first = code->words;
    for (size_t i = 0; i < 5; i++)
        code->words[i].handler = translation->handlers->words[OP_unused_bytecode];
    code->entry_kind = CELL_MONO;
    code->entry = translation->handlers->entries[OP_enter];
    return code;
}

struct code *code_translate_embedded(const struct translation *translation, struct code *home,
                                     int32_t start_word, size_t argument_count, size_t copied_count)
{
    struct code *code = calloc(1, sizeof *code);
    if (code == NULL || argument_count > 15 || copied_count > 63) {
        free(code);
        return NULL;
    }
    code->method = home->method;
    code->home = home;
    code->start_word = start_word;
    code->argument_count = (uint8_t)argument_count;
    code->local_count = (uint8_t)copied_count;
    code->flags = (uint8_t)(CODE_IS_BLOCK | CODE_IS_EMBEDDED |
                            (home->flags & (CODE_LARGE_FRAME | CODE_SISTA)));
    code->words = home->words;
    code->word_count = home->word_count;
    code->first = home->words + start_word;
    code->entry = translation->handlers->entries[OP_enter];
    code->entry_kind = CELL_MONO;
    return code;
}
