/*
 * The method verifier: decides whether compiled code of either bytecode set can run without reading outside its frame, its
 * literals and its receiver. The image checker hands it every method of a foreign file, the VM what comes from nowhere known.
 *
 * What holds for code that passed, reachable from its start or the start of one of its embedded blocks:
 *   "instructions do not overlap"  decoding from the first byte on meets every reachable instruction at its first byte
 *   "flow stays inside"            jumps lead to instructions of the same method or block; no path runs off the end
 *   "one depth at a pc"            the stack has the same depth on all paths to an instruction, never less than the
 *                                  temporaries and never more than the frame has room for
 *   "operands exist"               literals, temporaries and instance variables (as far as their number is known) exist;
 *                                  literal variables have a value slot, blocks are compiled code, selectors are objects
 * Not decided: what is in a temporary (a vector of remote temporaries must be tested when it is used), what a receiver is.
 * Unreachable bytes are not looked at; among them is what follows a quick primitive, where some compilers put nothing. Time is
 * linear in the size of the code.
 */
#ifndef VIV_CODE_VERIFY_H
#define VIV_CODE_VERIFY_H

#include "vm/base/assert.h"
#include "vm/code/bytecodes.h"
#include "vm/object/known.h"
#include "vm/object/oop.h"

enum { PRIMITIVE_NUMBER_LIMIT = 1024, NESTED_BLOCKS_LIMIT = 64, OLD_BLOCK_ARGUMENTS_MAX = 15 };

static inline bool primitive_is_quick(unsigned number)
{
    return number >= QUICK_FIRST && number < QUICK_LIMIT;
}

/* What the verifier must know about a literal. */
struct literal_view {
    bool is_object;
    bool is_code;
    size_t pointer_count; /* slots of a pointer object, else 0 */
    int64_t code_header;  /* of compiled code */
};

struct code_source {
    enum dialect dialect;
    const uint64_t
        *slots;        /* header word first, then literals and bytes, as they lie in the object */
    size_t byte_count; /* of all of it */
    size_t instance_variable_limit; /* SIZE_MAX: unknown */
    void (*view_literal)(const void *context, uint64_t literal, struct literal_view *view);
    const void *context;
};

/* What the verifier found out. */
struct code_facts {
    size_t instance_variables; /* that the receiver must have, quick primitives included */
    unsigned primitive;        /* 0: none */
    unsigned deepest;          /* values in the frame at most, temporaries included */
    bool super_sends;          /* the last literal says where lookup starts */
};

/* Why code was refused: at byte pc, counted like bytecodes. */
struct code_fault {
    size_t pc;
    const char *wanted;
    int64_t found;
    bool is_of_memory; /* nothing was found wrong: C memory is out */
};

struct verified_block; /* an embedded block while its code is verified */

/* Memory that verifications share; starts zeroed, grows, is freed by its owner. */
struct code_scratch {
    int16_t
        *depths; /* by pc: values in the frame before the instruction, -1 where none was reached */
    uint32_t *blocks;  /* by pc: which block the code belongs to, 0 the method */
    uint8_t *starts;   /* by pc: decoding from the beginning meets an instruction here */
    uint32_t *pending; /* pcs still to visit */
    size_t capacity;
    struct verified_block *block_table;
    size_t block_capacity;
};

/* False with *fault when the code breaks a rule, or (is_of_memory) when memory is out. */
bool code_verify(const struct code_source *source, struct code_scratch *scratch,
                 struct code_facts *facts, struct code_fault *fault) VIV_MUST_USE;

/* After code_verify: the depth of the frame before the instruction at pc, or -1 where no instruction was reached. */
int code_depth_at(const struct code_scratch *scratch, const struct code_source *source, size_t pc);

/* After code_verify: the pc at which the embedded block around pc begins, or 0 for the method's own code. Old blocks count. */
size_t code_block_start_at(const struct code_scratch *scratch, size_t pc);

/* After code_verify: the values that a frame suspended at pc has at least, arguments and temporaries of method or block. */
unsigned code_floor_at(const struct code_scratch *scratch, size_t pc);

/* The source for a compiled code object in the heap, with an unknown number of instance variables. */
struct code_source code_source_of(enum dialect dialect, oop code);

/* An old block context is made by pushing its number of arguments, sending blockCopy: and jumping over the block's bytecodes with a
 * long jump. Follows decoding from one instruction to the next and finds these places. */
struct block_copy_finder {
    int64_t
        pushed; /* what the instruction before has pushed, when that is a SmallInteger; else -1 */
};

/* Takes the next instruction. The number of arguments, when it sends blockCopy:, or -1. */
int block_copy_find(struct block_copy_finder *finder, enum dialect dialect,
                    const struct bytecode *instruction, const uint64_t *slots,
                    size_t literal_count);

void code_scratch_free(struct code_scratch *scratch);

/* The first bytecode's pc. */
static inline size_t code_first_pc(int64_t code_header)
{
    return (size_t)((code_header & 0x7FFF) + 1) * 8;
}

#endif
