/* Compiled methods and blocks of both bytecode sets into code: memory, what the header says, how activation begins. */
#include "vm/code/fuse.h"
#include "vm/code/translator.h"
#include "vm/primitive.h"

#include <stdlib.h>

/* --- what kind of method it is -------------------------------------------------------------------------------------------------- */

static bool last_literal_is_code(oop method)
{
    size_t count = code_literal_count(method);
    if (count == 0)
        return false;
    oop last = heap_follow(object_slot(method, count));
    return oop_is_object(last) && format_is_code(object_format(last));
}

static void put_word(struct translator *translator, size_t pc, enum opcode opcode, int32_t argument)
{
    translator->opcodes[pc] = (uint16_t)opcode;
    translator->words[pc].argument = argument;
}

/* A quick primitive needs no frame and never fails: methods may have nothing behind the call of it. Where a frame runs one all
 * the same, as perform: does, it finds in the words of the call what the primitive answers. */
static void put_quick_body(struct translator *translator)
{
    static const enum opcode returns[4] = {OP_return_self, OP_return_true, OP_return_false,
                                           OP_return_nil};
    unsigned number = translator->code->primitive_number;
    int32_t popped = translator->code->argument_count + FRAME_WORDS_ABOVE_ARGUMENTS;
    if (number < QUICK_FIRST + 4) {
        put_word(translator, 0, returns[number - QUICK_FIRST], popped);
        return;
    }
    if (number < QUICK_VARIABLE_FIRST) {
        put_word(translator, 0, OP_push_integer, (int32_t)number - (QUICK_FIRST + 5));
        put_word(translator, 1, OP_return_top, popped);
    } else {
        /* The long form, which knows that a context's variables may be in a frame; its length is in the second word. */
        put_word(translator, 0,
                 dialect_is_spur(translator->dialect) ? OP_push_receiver_variable_long
                                                      : OP_push_checked_variable_long,
                 (int32_t)number - QUICK_VARIABLE_FIRST);
        translator->words[1].argument = 2;
        put_word(translator, 2, OP_return_top, popped);
    }
}

/* Finds the primitive's number; the pc where activation starts behind it. */
static size_t find_primitive(struct translator *translator)
{
    struct code *code = translator->code;
    struct bytecode instruction;
    size_t pc = 0;
    int64_t header = code_header(code->method);
    if ((header & CODE_HEADER_HAS_PRIMITIVE) == 0)
        return pc;
    if (dialect_is_spur(translator->dialect)) {
        bytecode_read(translator->set, translator->bytes, pc, translator->limit, &instruction);
        if (instruction.operation != BYTECODE_CALL_PRIMITIVE)
            return pc;
        code->primitive_number = (uint16_t)instruction.index;
    } else {
        code->primitive_number = (uint16_t)(header >> CODE_HEADER_PRIMITIVE_SHIFT);
    }
    if (primitive_is_quick(code->primitive_number)) {
        put_quick_body(translator);
        return pc;
    }
    code->primitive = translator->translation->find_primitive(translator->translation->context,
                                                              code->method, code->primitive_number);
    /* A bound primitive that takes another number of arguments is not the one meant. */
    if (code->primitive != NULL && code->primitive->argument_count >= 0 &&
        (size_t)code->primitive->argument_count != code->argument_count)
        code->primitive = NULL;
    if (code->primitive_number == 198)
        code->flags |= CODE_UNWIND;
    if (code->primitive_number == 199)
        code->flags |= CODE_HANDLER;
    if (dialect_is_spur(translator->dialect))
        pc += instruction.size;
    if (pc >= translator->limit)
        return pc;
    bytecode_read(translator->set, translator->bytes, pc, translator->limit, &instruction);
    if (instruction.operation != BYTECODE_STORE_TEMPORARY || instruction.size != 2 ||
        (size_t)instruction.index >= (size_t)code->argument_count + code->local_count)
        return pc;
    code->error_temp = (int16_t)frame_temp_offset(code->argument_count, (size_t)instruction.index);
    return pc + instruction.size;
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

static bool pushes_receiver_variable(uint16_t opcode)
{
    return opcode == OP_push_receiver_variable || opcode == OP_push_checked_variable;
}

static bool pops_into_receiver_variable(uint16_t opcode)
{
    return opcode == OP_pop_into_receiver_variable || opcode == OP_pop_into_checked_variable;
}

/* Methods of one or two instructions that need no frame. */
static void find_trivial_entry(struct translator *translator, size_t start)
{
    const struct code *code = translator->code;
    const uint16_t *opcodes = translator->opcodes + start;
    const word *words = translator->words + start;
    size_t left = translator->limit - start;
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
    else if (left >= 2 && pushes_receiver_variable(opcodes[0]) && opcodes[1] == OP_return_top &&
             argument_count == 0)
        set_entry(translator, CELL_GETTER, OP_enter_getter, (uint64_t)words[0].argument);
    else if (left >= 2 && opcodes[0] == OP_push_integer && opcodes[1] == OP_return_top)
        set_entry(translator, CELL_CONSTANT, OP_enter_constant,
                  oop_from_integer(words[0].argument).bits);
    else if (left >= 3 && argument_count == 1 && opcodes[0] == OP_push_temp &&
             words[0].argument == frame_temp_offset(1, 0) &&
             pops_into_receiver_variable(opcodes[1]) && opcodes[2] == OP_return_self)
        set_entry(translator, CELL_SETTER, OP_enter_setter, (uint64_t)words[1].argument);
}

enum opcode code_frame_entry(const struct code *code, bool counts)
{
    static const enum opcode plain_entries[3] = {OP_enter_plain_0, OP_enter_plain_1,
                                                 OP_enter_plain_2};
    if ((code->flags & CODE_IS_BLOCK) != 0)
        return counts ? OP_enter_counted_block : OP_enter_block;
    if (counts)
        return OP_enter_counted;
    bool is_plain = code->local_count == 0 && code->argument_count < 3;
    return is_plain ? plain_entries[code->argument_count] : OP_enter;
}

static void find_entry(struct translator *translator, size_t start)
{
    struct code *code = translator->code;
    bool counts = translator->translation->compile_after > 0;
    set_entry(translator, CELL_MONO, code_frame_entry(code, counts), 0);
    if (code->primitive_number == 0) {
        if (!translator->translation->traces)
            find_trivial_entry(translator, start);
    } else if (!find_quick_entry(translator) && code->primitive != NULL) {
        enum opcode entry =
            code->primitive->control != NULL ? OP_enter_control : OP_enter_primitive;
        /* It knows class formats of Spur only. */
        if (code->primitive_number == 70 && code->argument_count == 0 &&
            dialect_is_spur(translator->dialect))
            entry = OP_enter_new;
        if (code->primitive_number == 207 || code->primitive_number == 209)
            entry = OP_enter_value;
        set_entry(translator, CELL_PRIMITIVE, entry, 0);
    }
}

/* --- memory ---------------------------------------------------------------------------------------------------------------------- */

enum { CACHE_LINE = 64, CELL_ALIGNMENT = 32, WORDS_BEHIND = 4, SCRATCH_SIZE = 8192 };

/* Words, with code in front of them, are followed by cells: none of those lies in two cache lines. */
_Static_assert(sizeof(struct code) % sizeof(word) == 0 && CODE_MEMORY_UNIT % CELL_ALIGNMENT == 0 &&
                   sizeof(ic_cell) <= CELL_ALIGNMENT,
               "code, words and cells lie in one block");

/* Bytes of code and words, so that cells can follow. Words behind the last one: superinstructions look at operands that may not be
 * there. */
static size_t size_before_cells(size_t word_count)
{
    return (sizeof(struct code) + (word_count + WORDS_BEHIND) * sizeof(word) + CELL_ALIGNMENT - 1) &
           ~(size_t)(CELL_ALIGNMENT - 1);
}

/* The same without code. */
static size_t word_size(size_t word_count)
{
    return size_before_cells(word_count) - sizeof(struct code);
}

/* Gives *described, with words and cells behind it, memory of its own; what words and cells hold is not set. NULL: no memory. */
static struct code *new_code(struct code_memory *memory, const struct code *described,
                             size_t word_count, size_t cell_count)
{
    size_t size = word_size(word_count) + cell_count * sizeof(ic_cell);
    struct code *code = code_memory_allocate(memory, sizeof *code + size);
    if (code == NULL)
        return NULL;
    *code = *described;
    code->words = (word *)(void *)(code + 1);
    code->word_count = word_count;
    code->cells = (ic_cell *)(void *)((char *)code->words + word_size(word_count));
    code->cell_count = cell_count;
    code->block_size = size;
    return code;
}

/* Where a method is translated before it is known how many cells it has: in the caller's bytes, if it is short. */
struct scratch {
    void *memory;
    size_t size; /* of words and cells; opcodes follow */
};

static bool give_scratch(struct scratch *scratch, struct translator *translator, void *bytes)
{
    size_t count = translator->limit;
    scratch->size = word_size(count) + count * sizeof(ic_cell);
    size_t opcode_size = ((count + WORDS_BEHIND) * sizeof(uint16_t) + 7) & ~(size_t)7;
    scratch->memory = bytes;
    if (scratch->size + opcode_size > SCRATCH_SIZE)
        scratch->memory = malloc(scratch->size + opcode_size);
    if (scratch->memory == NULL)
        return false;
    translator->words = scratch->memory;
    translator->cells = (ic_cell *)(void *)((char *)scratch->memory + word_size(count));
    translator->opcodes = (uint16_t *)(void *)((char *)scratch->memory + scratch->size);
    memset(translator->words, 0, word_size(count));
    uint64_t *fours = (uint64_t *)(void *)translator->opcodes;
    for (size_t i = 0; i < opcode_size / sizeof *fours; i++)
        fours[i] = OP_COUNT * UINT64_C(0x0001000100010001);
    return true;
}

/* Words with the handlers of their opcodes; where no instruction begins, of one that is not assigned. */
static void copy_words(word *to, const word *from, const uint16_t *opcodes, size_t count,
                       const struct handlers *handlers)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (word){handlers->words[opcodes[i]], from[i].argument};
}

/* --- entry points ------------------------------------------------------------------------------------------------------------------ */

static void describe_header(struct code *code, enum dialect dialect)
{
    int64_t header = code_header(code->method);
    unsigned temp_count = (unsigned)(header >> CODE_HEADER_TEMP_SHIFT) & 63;
    code->argument_count = (uint8_t)((header >> CODE_HEADER_ARGUMENT_SHIFT) & 15);
    code->local_count =
        (uint8_t)(temp_count > code->argument_count ? temp_count - code->argument_count : 0);
    if ((header & CODE_HEADER_LARGE_FRAME) != 0)
        code->flags |= CODE_LARGE_FRAME;
    if (!dialect_is_spur(dialect))
        return;
    if (header < 0)
        code->flags |= CODE_SISTA;
    if (last_literal_is_code(code->method))
        code->flags |= CODE_IS_BLOCK;
}

/* What is the same for a method and for its old blocks. */
static void prepare(struct translator *translator, const struct translation *translation,
                    struct code *described)
{
    oop method = described->method;
    size_t first_pc = code_first_pc(code_header(method));
    size_t byte_count = object_byte_count(method);
    translator->translation = translation;
    translator->code = described;
    translator->bytes = object_bytes(method) + first_pc;
    translator->limit = byte_count > first_pc ? byte_count - first_pc : 0;
    translator->literal_count = code_literal_count(method);
    translator->dialect = translation->heap->dialect;
    translator->set = bytecode_set_of(translator->dialect, code_header(method));
    translator->of_old_blocks = (described->flags & CODE_OLD_BLOCK) != 0;
    translator->finder = (struct block_copy_finder){-1};
    translator->block_arguments = -1;
    translator->cell_count = 0;
    translator->depth = 0;
    translator->regions[0] =
        (struct region){translator->limit, described->argument_count,
                        (size_t)described->argument_count + described->local_count,
                        (described->flags & (CODE_IS_BLOCK | CODE_OLD_BLOCK)) != 0};
}

/* Every bytecode begins with the trace instruction; its own handler is kept. */
static bool trace_words(struct translator *translator, struct code *code)
{
    code->traced_handlers = malloc((translator->limit + 1) * sizeof *code->traced_handlers);
    if (code->traced_handlers == NULL)
        return false;
    for (size_t i = 0; i < translator->limit; i++) {
        code->traced_handlers[i] = code->words[i].handler;
        if (translator->opcodes[i] != OP_COUNT)
            code->words[i].handler = translator->translation->handlers->words[OP_trace];
    }
    return true;
}

/* Makes what was translated into code of its own. */
static struct code *finish(struct translator *translator, const struct code *described,
                           size_t start)
{
    bool traces = translator->translation->traces;
    if (!traces)
        fuse_instructions(translator->words, translator->opcodes, translator->limit);
    struct code *code = new_code(translator->translation->memory, described, translator->limit,
                                 translator->cell_count);
    if (code == NULL)
        return NULL;
    copy_words(code->words, translator->words, translator->opcodes,
               translator->limit + WORDS_BEHIND, translator->translation->handlers);
    memcpy(code->cells, translator->cells, translator->cell_count * sizeof(ic_cell));
    code->first = code->words + start;
    code->counter = -translator->translation->compile_after;
    /* What a quick primitive runs as in a frame is in no bytecode. */
    if (traces && !primitive_is_quick(described->primitive_number) &&
        !trace_words(translator, code)) {
        code_free(translator->translation->memory, code);
        return NULL;
    }
    return code;
}

static struct code *translate(const struct translation *translation, struct code *described)
{
    _Alignas(CACHE_LINE) char bytes[SCRATCH_SIZE];
    struct translator translator;
    prepare(&translator, translation, described);
    struct scratch scratch;
    if (!give_scratch(&scratch, &translator, bytes))
        return NULL;
    translate_instructions(&translator);
    size_t start = 0;
    if (!translator.of_old_blocks) {
        start = find_primitive(&translator);
        find_entry(&translator, start);
    }
    struct code *code = finish(&translator, described, start);
    if (scratch.memory != bytes)
        free(scratch.memory);
    return code;
}

struct code *code_translate(const struct translation *translation, oop method)
{
    struct code described = {.method = method};
    describe_header(&described, translation->heap->dialect);
    return translate(translation, &described);
}

struct code *code_translate_old_blocks(const struct translation *translation, oop method)
{
    struct code described = {.method = method, .flags = CODE_OLD_BLOCK};
    if ((code_header(method) & CODE_HEADER_LARGE_FRAME) != 0)
        described.flags |= CODE_LARGE_FRAME;
    described.entry_kind = CELL_MONO;
    described.entry = translation->handlers->entries[OP_enter];
    return translate(translation, &described);
}

struct code *code_refuse(const struct translation *translation, oop method)
{
    struct code described = {.method = method};
    describe_header(&described, translation->heap->dialect);
    described.entry_kind = CELL_MONO;
    described.entry = translation->handlers->entries[code_frame_entry(&described, false)];
    struct code *code = new_code(translation->memory, &described, 1, 0);
    if (code == NULL)
        return NULL;
    code->first = code->words;
    memset(code->words, 0, word_size(1));
    for (size_t i = 0; i < 1 + WORDS_BEHIND; i++)
        code->words[i].handler = translation->handlers->words[OP_unused_bytecode];
    return code;
}

struct code *code_translate_embedded(const struct translation *translation, struct code *home,
                                     int32_t start_word, size_t argument_count, size_t copied_count)
{
    if (argument_count > 15 || copied_count > 63)
        return NULL;
    struct code *code = code_memory_allocate(translation->memory, sizeof *code);
    if (code == NULL)
        return NULL;
    *code = (struct code){0};
    code->method = home->method;
    code->home = home;
    code->start_word = start_word;
    code->argument_count = (uint8_t)argument_count;
    code->local_count = (uint8_t)copied_count;
    code->flags = (uint16_t)(CODE_IS_BLOCK | CODE_IS_EMBEDDED |
                             (home->flags & (CODE_LARGE_FRAME | CODE_SISTA)));
    code->words = home->words;
    code->word_count = home->word_count;
    code->first = home->words + start_word;
    code->entry = translation->handlers->entries[OP_enter];
    code->entry_kind = CELL_MONO;
    return code;
}
