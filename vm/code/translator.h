/* What translating one method keeps: shared by translate.c and instructions.c, of no use to others. */
#ifndef VIV_CODE_TRANSLATOR_H
#define VIV_CODE_TRANSLATOR_H

#include "vm/code/bytecodes.h"
#include "vm/code/code.h"
#include "vm/code/verify.h"

/* What a return takes off the stack beside the arguments: caller, return address and receiver. */
enum { FRAME_WORDS_ABOVE_ARGUMENTS = 3 };

/* A part of the bytecodes that belongs to one activation: the method, or an embedded block inside it. */
struct region {
    size_t limit; /* pc where it ends */
    size_t argument_count;
    size_t temp_count; /* arguments and temporaries that have places of their own in the frame */
    bool is_block;
};

/* Every pc counts from the first bytecode: it is the index of the word, too. */
struct translator {
    const struct translation *translation;
    struct code *code;
    const uint8_t *bytes;
    size_t limit;
    size_t literal_count;
    enum dialect dialect;
    enum bytecode_set set;
    oop special_selectors;
    bool of_old_blocks; /* temporaries are the home's */
    struct block_copy_finder finder;
    int block_arguments; /* of the block that the next jump leads over, or -1 */
    uint16_t *opcodes;   /* by word, OP_COUNT where no instruction begins */
    word *
        words; /* these and the cells are where they are made, as far from each other as they will be */
    ic_cell *cells;
    size_t cell_count; /* made so far */
    struct region regions[NESTED_BLOCKS_LIMIT + 1];
    size_t depth;
};

/* Opcodes, operands and cells of all bytecodes: one pass, no fix-ups. Expects words of zeros and opcodes of OP_COUNT. */
void translate_instructions(struct translator *translator);

#endif
