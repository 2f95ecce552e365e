#include "vm/code/verify.h"

#include "vm/memory/heap.h"

#include <stdlib.h>

/* Code longer than this is no method: 2^26 bytes keep every pc and depth in its array element. */
#define CODE_SIZE_LIMIT ((size_t)1 << 26)

struct verified_block {
    size_t start, limit; /* its bytecodes */
    unsigned floor;      /* arguments and copied values; of a method all temporaries */
    unsigned temp_limit; /* with the temporaries that the block itself makes by pushing nil */
    unsigned nesting;
    bool is_old; /* temporaries are those of the method's context, not of its own */
};

struct verifier {
    const struct code_source *source;
    struct code_scratch *scratch;
    struct code_facts *facts;
    struct code_fault *fault;
    const uint8_t *bytes;
    enum bytecode_set set;
    int64_t header;
    size_t literal_count;
    size_t first_pc;
    size_t limit;
    size_t after_primitive; /* pc where a failure code may be stored; 0: nowhere */
    unsigned room;
    uint32_t block_count;
    size_t pending_count;
};

static bool refuse(struct verifier *verifier, size_t pc, const char *wanted, int64_t found)
{
    *verifier->fault = (struct code_fault){pc, wanted, found, false};
    return false;
}

static bool refuse_memory(struct verifier *verifier, size_t pc)
{
    *verifier->fault = (struct code_fault){pc, "memory for the verifier", 0, true};
    return false;
}

static bool grow_scratch(struct code_scratch *scratch, size_t size)
{
    if (size <= scratch->capacity)
        return true;
    size_t capacity = size < 512 ? 512 : size * 2;
    uint32_t *memory = malloc(capacity * (2 * sizeof(uint32_t) + sizeof(int16_t) + 1));
    if (memory == NULL)
        return false;
    free(scratch->blocks);
    scratch->blocks = memory;
    scratch->pending = memory + capacity;
    scratch->depths = (int16_t *)(void *)(memory + 2 * capacity);
    scratch->starts = (uint8_t *)(void *)(scratch->depths + capacity);
    scratch->capacity = capacity;
    return true;
}

void code_scratch_free(struct code_scratch *scratch)
{
    free(scratch->blocks);
    free(scratch->block_table);
    *scratch = (struct code_scratch){0};
}

static struct verified_block *block_at(const struct verifier *verifier, size_t pc)
{
    return &verifier->scratch->block_table[verifier->scratch->blocks[pc]];
}

static bool add_block(struct verifier *verifier, const struct verified_block *block)
{
    struct code_scratch *scratch = verifier->scratch;
    if (verifier->block_count == scratch->block_capacity) {
        size_t capacity = scratch->block_capacity == 0 ? 16 : scratch->block_capacity * 2;
        struct verified_block *grown = realloc(scratch->block_table, capacity * sizeof *grown);
        if (grown == NULL)
            return refuse_memory(verifier, block->start);
        scratch->block_table = grown;
        scratch->block_capacity = capacity;
    }
    scratch->block_table[verifier->block_count++] = *block;
    return true;
}

/* Rule: header, counts of literals, temporaries and arguments fit together and in the object. */
static bool check_header(struct verifier *verifier)
{
    const struct code_source *source = verifier->source;
    if (source->byte_count < 8 || (source->slots[0] & TAG_MASK) != TAG_INTEGER)
        return refuse(verifier, 0, "a header that is a SmallInteger", 0);
    verifier->header = (int64_t)source->slots[0] >> 3;
    verifier->set = bytecode_set_of(source->dialect, verifier->header);
    verifier->literal_count = (size_t)(verifier->header & 0x7FFF);
    verifier->first_pc = code_first_pc(verifier->header);
    verifier->limit = source->byte_count;
    verifier->room = (verifier->header & CODE_HEADER_LARGE_FRAME) != 0 ? CONTEXT_LARGE_FRAME
                                                                       : CONTEXT_SMALL_FRAME;
    unsigned temps = (unsigned)(verifier->header >> CODE_HEADER_TEMP_SHIFT) & 63;
    unsigned arguments = (unsigned)(verifier->header >> CODE_HEADER_ARGUMENT_SHIFT) & 15;
    if (verifier->first_pc >= verifier->limit)
        return refuse(verifier, 0, "literals and bytecodes inside the code object",
                      (int64_t)verifier->literal_count);
    if (verifier->limit > CODE_SIZE_LIMIT)
        return refuse(verifier, 0, "code of a size that a method can have",
                      (int64_t)verifier->limit);
    if (temps < arguments || temps > verifier->room)
        return refuse(verifier, 0, "at least as many temporaries as arguments, and room for them",
                      temps);
    return true;
}

int block_copy_find(struct block_copy_finder *finder, enum dialect dialect,
                    const struct bytecode *instruction, const uint64_t *slots, size_t literal_count)
{
    int64_t pushed = finder->pushed;
    if (dialect_is_spur(dialect))
        return -1;
    finder->pushed = -1;
    if (instruction->operation == BYTECODE_PUSH_INTEGER)
        finder->pushed = instruction->index;
    else if (instruction->operation == BYTECODE_PUSH_LITERAL && instruction->index >= 0 &&
             (uint64_t)instruction->index < literal_count &&
             (slots[1 + instruction->index] & TAG_MASK) == TAG_INTEGER)
        finder->pushed = (int64_t)slots[1 + instruction->index] >> 3;
    bool copies = instruction->operation == BYTECODE_COMMON_SEND &&
                  instruction->index == SPECIAL_SEND_BLOCK_COPY;
    return copies && pushed >= 0 && pushed <= OLD_BLOCK_ARGUMENTS_MAX ? (int)pushed : -1;
}

/* What marks an instruction's first byte: a send of blockCopy: counts the arguments of the block behind it, too. */
enum { START = 1, START_OF_BLOCK_COPY = 2 };

/* Marks where decoding from the first byte on meets instructions. */
static void mark_starts(struct verifier *verifier)
{
    struct code_scratch *scratch = verifier->scratch;
    struct block_copy_finder finder = {-1};
    size_t pc = verifier->first_pc;
    memset(scratch->starts, 0, verifier->limit);
    while (pc < verifier->limit) {
        struct bytecode instruction;
        bytecode_decode(verifier->set, verifier->bytes, pc, verifier->limit, &instruction);
        int arguments = block_copy_find(&finder, verifier->source->dialect, &instruction,
                                        verifier->source->slots, verifier->literal_count);
        scratch->starts[pc] = (uint8_t)(arguments < 0 ? START : START_OF_BLOCK_COPY + arguments);
        pc += instruction.size;
    }
}

/* --- operands --------------------------------------------------------------------------------------------------------- */

static bool view_literal(struct verifier *verifier, size_t pc, int64_t index,
                         struct literal_view *view)
{
    if (index < 0 || (uint64_t)index >= verifier->literal_count)
        return refuse(verifier, pc, "a literal that the method has", index);
    *view = (struct literal_view){false, false, 0, 0};
    verifier->source->view_literal(verifier->source->context,
                                   verifier->source->slots[1 + (size_t)index], view);
    return true;
}

static bool check_literal_variable(struct verifier *verifier, size_t pc, int64_t index)
{
    struct literal_view view;
    if (!view_literal(verifier, pc, index, &view))
        return false;
    return view.pointer_count >= 2 ||
           refuse(verifier, pc, "a literal variable with a value slot", index);
}

static bool check_selector(struct verifier *verifier, size_t pc, int64_t index)
{
    struct literal_view view;
    if (!view_literal(verifier, pc, index, &view))
        return false;
    return view.is_object || refuse(verifier, pc, "a selector that is an object", index);
}

static bool check_instance_variable(struct verifier *verifier, size_t pc, int64_t index)
{
    if (index < 0 || (uint64_t)index >= verifier->source->instance_variable_limit)
        return refuse(verifier, pc, "an instance variable that the receiver has", index);
    size_t needed = (size_t)index + 1;
    if (needed > verifier->facts->instance_variables)
        verifier->facts->instance_variables = needed;
    return true;
}

static bool check_temporary(struct verifier *verifier, size_t pc, int64_t index, unsigned depth)
{
    const struct verified_block *block = block_at(verifier, pc);
    return (index >= 0 && index < (int64_t)block->temp_limit &&
            (block->is_old || index < (int64_t)depth)) ||
           refuse(verifier, pc, "a temporary that the frame has", index);
}

/* Where a super send finds the class it starts above: the last literal's value, or the code that a block is in. */
static bool check_super_send(struct verifier *verifier, size_t pc)
{
    struct literal_view view;
    verifier->facts->super_sends = true;
    if (!view_literal(verifier, pc, (int64_t)verifier->literal_count - 1, &view))
        return false;
    return view.pointer_count >= 2 || view.is_code ||
           refuse(verifier, pc, "a last literal that leads to the method's class",
                  (int64_t)verifier->literal_count - 1);
}

static bool check_full_closure(struct verifier *verifier, size_t pc,
                               const struct bytecode *instruction)
{
    struct literal_view view;
    if (!view_literal(verifier, pc, instruction->index, &view))
        return false;
    if (!view.is_code)
        return refuse(verifier, pc, "a block's literal that is compiled code", instruction->index);
    int64_t temps = view.code_header >> CODE_HEADER_TEMP_SHIFT & 63;
    int64_t arguments = view.code_header >> CODE_HEADER_ARGUMENT_SHIFT & 15;
    return arguments + instruction->second <= temps ||
           refuse(verifier, pc, "copied values that the block's temporaries have room for",
                  instruction->second);
}

/* The temporaries that an embedded block makes: the nils it pushes first. */
static unsigned leading_nils(const struct verifier *verifier, size_t pc, size_t limit)
{
    unsigned count = 0;
    struct bytecode instruction;
    while (pc < limit && bytecode_decode(verifier->set, verifier->bytes, pc, limit, &instruction) &&
           instruction.operation == BYTECODE_PUSH_NIL && count < CONTEXT_LARGE_FRAME) {
        count++;
        pc += instruction.size;
    }
    return count;
}

/* Rule: a block lies inside the method or block around it, and nothing has run into its code before. It begins with that many
 * values in its frame. */
static bool enter_block(struct verifier *verifier, size_t pc, struct verified_block *block,
                        int64_t target, unsigned depth)
{
    struct code_scratch *scratch = verifier->scratch;
    uint32_t outer_index = scratch->blocks[pc];
    struct verified_block outer = scratch->block_table[outer_index];
    size_t start = block->start;
    if (target <= (int64_t)start || target > (int64_t)outer.limit ||
        outer.nesting + 1 >= NESTED_BLOCKS_LIMIT)
        return refuse(verifier, pc, "a block inside the code around it", target);
    block->limit = (size_t)target;
    block->nesting = outer.nesting + 1;
    if (!block->is_old)
        block->temp_limit = block->floor + leading_nils(verifier, start, block->limit);
    if (depth > verifier->room)
        return refuse(verifier, pc, "room for a block's arguments and copied values", depth);
    for (size_t i = start; i < block->limit; i++)
        if (scratch->blocks[i] != outer_index || scratch->depths[i] >= 0)
            return refuse(verifier, pc, "a block's code that only the block runs", (int64_t)i);
    uint32_t index = verifier->block_count;
    if (!add_block(verifier, block))
        return false;
    for (size_t i = start; i < block->limit; i++)
        scratch->blocks[i] = index;
    scratch->depths[start] = (int16_t)depth;
    scratch->pending[verifier->pending_count++] = (uint32_t)start;
    return scratch->starts[start] != 0 ||
           refuse(verifier, pc, "a block that begins with an instruction", (int64_t)start);
}

static bool check_embedded_block(struct verifier *verifier, size_t pc,
                                 const struct bytecode *instruction)
{
    struct verified_block block = {
        .start = pc + instruction->size,
        .floor = instruction->block_arguments + (unsigned)instruction->second,
    };
    return enter_block(verifier, pc, &block, instruction->target, block.floor);
}

/* Behind a blockCopy: with a known number of arguments stands a long jump over the block; elsewhere it is a send like others, and its
 * primitive fails. */
static bool check_old_block(struct verifier *verifier, size_t pc)
{
    struct bytecode jump;
    uint8_t mark = verifier->scratch->starts[pc];
    size_t after = pc + 1;
    if (mark < START_OF_BLOCK_COPY ||
        !bytecode_decode(verifier->set, verifier->bytes, after, verifier->limit, &jump) ||
        jump.operation != BYTECODE_JUMP || jump.size != 2)
        return true;
    struct verified_block block = {
        .start = after + jump.size,
        .temp_limit = verifier->scratch->block_table[0].temp_limit,
        .is_old = true,
    };
    return enter_block(verifier, pc, &block, jump.target, mark - START_OF_BLOCK_COPY);
}

static bool check_primitive(struct verifier *verifier, size_t pc, int64_t number)
{
    struct literal_view view;
    if (pc != verifier->first_pc)
        return refuse(verifier, pc, "a primitive at the method's beginning only", number);
    if (number <= 0 || number >= PRIMITIVE_NUMBER_LIMIT)
        return refuse(verifier, pc, "a primitive number below 1024", number);
    verifier->facts->primitive = (unsigned)number;
    if (number >= QUICK_VARIABLE_FIRST && number < QUICK_LIMIT &&
        !check_instance_variable(verifier, pc, number - QUICK_VARIABLE_FIRST))
        return false;
    if (number != 117)
        return true;
    return view_literal(verifier, pc, 0, &view) &&
           (view.pointer_count >= 4 ||
            refuse(verifier, pc, "a named primitive's first literal, an Array of four", 0));
}

/* Rule: the operands of one instruction exist. */
static bool check_operands(struct verifier *verifier, size_t pc, const struct bytecode *instruction,
                           unsigned depth)
{
    struct literal_view view;
    switch (instruction->operation) {
    case BYTECODE_PUSH_INSTANCE_VARIABLE:
    case BYTECODE_STORE_INSTANCE_VARIABLE:
    case BYTECODE_POP_INSTANCE_VARIABLE:
        return check_instance_variable(verifier, pc, instruction->index);
    case BYTECODE_PUSH_LITERAL:
        return view_literal(verifier, pc, instruction->index, &view);
    case BYTECODE_PUSH_LITERAL_VARIABLE:
    case BYTECODE_STORE_LITERAL_VARIABLE:
    case BYTECODE_POP_LITERAL_VARIABLE:
        return check_literal_variable(verifier, pc, instruction->index);
    case BYTECODE_PUSH_TEMPORARY:
    case BYTECODE_STORE_TEMPORARY:
        return check_temporary(verifier, pc, instruction->index, depth);
    case BYTECODE_POP_TEMPORARY:
        return check_temporary(verifier, pc, instruction->index, depth - 1);
    case BYTECODE_PUSH_REMOTE_TEMPORARY:
    case BYTECODE_STORE_REMOTE_TEMPORARY:
        return check_temporary(verifier, pc, instruction->second, depth);
    case BYTECODE_POP_REMOTE_TEMPORARY:
        return check_temporary(verifier, pc, instruction->second, depth - 1);
    case BYTECODE_PUSH_CHARACTER:
        return (instruction->index >= 0 && instruction->index < (int64_t)1 << 30) ||
               refuse(verifier, pc, "a code point", instruction->index);
    case BYTECODE_SEND:
    case BYTECODE_DIRECTED_SUPER_SEND:
        return check_selector(verifier, pc, instruction->index);
    case BYTECODE_SUPER_SEND:
        return check_selector(verifier, pc, instruction->index) && check_super_send(verifier, pc);
    case BYTECODE_PUSH_FULL_CLOSURE:
        return check_full_closure(verifier, pc, instruction);
    case BYTECODE_PUSH_CLOSURE:
        return check_embedded_block(verifier, pc, instruction);
    case BYTECODE_COMMON_SEND:
        return check_old_block(verifier, pc);
    case BYTECODE_CALL_PRIMITIVE:
        return check_primitive(verifier, pc, instruction->index);
    case BYTECODE_UNASSIGNED:
    case BYTECODE_EXTEND:
        return refuse(verifier, pc, "a bytecode that means something", verifier->bytes[pc]);
    default:
        return true;
    }
}

/* --- flow ------------------------------------------------------------------------------------------------------------- */

/* Rule: control flows to an instruction of the same block, with the depth it always has there. */
static bool flow_to(struct verifier *verifier, size_t from, int64_t target, unsigned depth)
{
    struct code_scratch *scratch = verifier->scratch;
    const struct verified_block *block = block_at(verifier, from);
    if (target < (int64_t)block->start || target >= (int64_t)block->limit)
        return refuse(verifier, from, "control that stays inside the method or block", target);
    size_t to = (size_t)target;
    if (scratch->starts[to] == 0)
        return refuse(verifier, from, "a jump to the first byte of an instruction", target);
    if (scratch->blocks[to] != scratch->blocks[from])
        return refuse(verifier, from, "control that does not enter or leave a block", target);
    if (scratch->depths[to] < 0) {
        scratch->depths[to] = (int16_t)depth;
        scratch->pending[verifier->pending_count++] = (uint32_t)to;
        return true;
    }
    return scratch->depths[to] == (int16_t)depth ||
           refuse(verifier, to, "one depth of the stack on all paths", depth);
}

static bool is_failure_code_store(const struct verifier *verifier, size_t pc,
                                  const struct bytecode *instruction)
{
    return pc == verifier->after_primitive && instruction->operation == BYTECODE_STORE_TEMPORARY;
}

/* Rule: the stack holds what the instruction takes and has room for what it leaves. Gives the depth after it. */
static bool check_stack(struct verifier *verifier, size_t pc, const struct bytecode *instruction,
                        unsigned *depth)
{
    unsigned floor = block_at(verifier, pc)->floor;
    /* After a failed primitive the code replaces the last temporary, which is then the top of the stack. */
    if (is_failure_code_store(verifier, pc, instruction) && floor > 0)
        floor--;
    if (instruction->pops > *depth - floor)
        return refuse(verifier, pc, "as many values on the stack as the bytecode takes", *depth);
    unsigned after = *depth - instruction->pops + instruction->pushes;
    if (after > verifier->room)
        return refuse(verifier, pc, "a stack that fits in the frame", after);
    if (after > verifier->facts->deepest)
        verifier->facts->deepest = after;
    *depth = after;
    return true;
}

static bool visit(struct verifier *verifier, size_t pc)
{
    struct bytecode instruction;
    unsigned before = (unsigned)verifier->scratch->depths[pc];
    unsigned depth = before;
    const struct verified_block *block = block_at(verifier, pc);
    if (!bytecode_decode(verifier->set, verifier->bytes, pc, block->limit, &instruction))
        return refuse(verifier, pc, "a whole bytecode with its operands", verifier->bytes[pc]);
    if (!check_stack(verifier, pc, &instruction, &depth) ||
        !check_operands(verifier, pc, &instruction, before))
        return false;
    size_t next = pc + instruction.size;
    if (bytecode_is_return(instruction.operation) ||
        (instruction.operation == BYTECODE_CALL_PRIMITIVE &&
         primitive_is_quick(verifier->facts->primitive)))
        return true;
    if (instruction.operation == BYTECODE_PUSH_CLOSURE)
        return flow_to(verifier, pc, instruction.target, depth);
    if (instruction.operation == BYTECODE_JUMP)
        return flow_to(verifier, pc, instruction.target, depth);
    if (!flow_to(verifier, pc, (int64_t)next, depth))
        return false;
    if (!bytecode_is_jump(instruction.operation))
        return true;
    if (instruction.target < (int64_t)next)
        return refuse(verifier, pc, "a conditional jump that goes forward", instruction.target);
    return flow_to(verifier, pc, instruction.target, depth);
}

/* Rule: a header that promises a primitive is followed by the call of it; in older dialects it has the number itself. */
static bool check_promised_primitive(struct verifier *verifier)
{
    struct bytecode first;
    if (!dialect_is_spur(verifier->source->dialect)) {
        if ((verifier->header & CODE_HEADER_HAS_PRIMITIVE) == 0)
            return true;
        verifier->after_primitive = verifier->first_pc;
        return check_primitive(verifier, verifier->first_pc,
                               verifier->header >> CODE_HEADER_PRIMITIVE_SHIFT & 0xFFFF);
    }
    bool whole = bytecode_decode(verifier->set, verifier->bytes, verifier->first_pc,
                                 verifier->limit, &first);
    bool calls = whole && first.operation == BYTECODE_CALL_PRIMITIVE;
    if ((verifier->header & CODE_HEADER_HAS_PRIMITIVE) == 0)
        return true;
    if (!calls)
        return refuse(verifier, verifier->first_pc, "the primitive that the header promises",
                      verifier->bytes[verifier->first_pc]);
    verifier->after_primitive = verifier->first_pc + first.size;
    return true;
}

static bool start_method(struct verifier *verifier)
{
    struct code_scratch *scratch = verifier->scratch;
    unsigned temps = (unsigned)(verifier->header >> CODE_HEADER_TEMP_SHIFT) & 63;
    struct verified_block method = {
        .start = verifier->first_pc,
        .limit = verifier->limit,
        .floor = temps,
        .temp_limit = temps,
    };
    memset(scratch->depths, 0xFF, verifier->limit * sizeof *scratch->depths);
    memset(scratch->blocks, 0, verifier->limit * sizeof *scratch->blocks);
    if (!add_block(verifier, &method))
        return false;
    scratch->depths[verifier->first_pc] = (int16_t)temps;
    scratch->pending[0] = (uint32_t)verifier->first_pc;
    verifier->pending_count = 1;
    verifier->facts->deepest = temps;
    return true;
}

bool code_verify(const struct code_source *source, struct code_scratch *scratch,
                 struct code_facts *facts, struct code_fault *fault)
{
    struct verifier verifier = {
        .source = source,
        .scratch = scratch,
        .facts = facts,
        .fault = fault,
        .bytes = (const uint8_t *)source->slots,
    };
    *facts = (struct code_facts){0};
    if (!check_header(&verifier))
        return false;
    if (!grow_scratch(scratch, verifier.limit))
        return refuse_memory(&verifier, 0);
    mark_starts(&verifier);
    if (!check_promised_primitive(&verifier) || !start_method(&verifier))
        return false;
    /* Nothing runs of a method whose primitive is all it does. */
    if (!dialect_is_spur(source->dialect) && primitive_is_quick(facts->primitive))
        return true;
    while (verifier.pending_count > 0)
        if (!visit(&verifier, scratch->pending[--verifier.pending_count]))
            return false;
    return true;
}

int code_depth_at(const struct code_scratch *scratch, const struct code_source *source, size_t pc)
{
    size_t first = code_first_pc((int64_t)source->slots[0] >> 3);
    return pc >= first && pc < source->byte_count ? scratch->depths[pc] : -1;
}

size_t code_block_start_at(const struct code_scratch *scratch, size_t pc)
{
    uint32_t index = scratch->blocks[pc];
    return index == 0 ? 0 : scratch->block_table[index].start;
}

unsigned code_floor_at(const struct code_scratch *scratch, size_t pc)
{
    return scratch->block_table[scratch->blocks[pc]].floor;
}

static void view_oop(const void *context, uint64_t literal, struct literal_view *view)
{
    (void)context;
    oop value = heap_follow(oop_from_bits(literal));
    if (!oop_is_object(value))
        return;
    unsigned format = object_format(value);
    view->is_object = true;
    view->is_code = format_is_code(format);
    view->pointer_count = format_is_pointers(format) ? object_slot_count(value) : 0;
    view->code_header = view->is_code ? code_header(value) : 0;
}

struct code_source code_source_of(enum dialect dialect, oop code)
{
    return (struct code_source){
        .dialect = dialect,
        .slots = (const uint64_t *)(const void *)object_slots(code),
        .byte_count = object_byte_count(code),
        .instance_variable_limit = SIZE_MAX,
        .view_literal = view_oop,
    };
}
