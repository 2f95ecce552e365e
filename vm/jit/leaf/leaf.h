/*
 * Leaf code: a loop or a whole method without calls, compiled as one piece, with numbers in registers across instructions.
 *
 * It begins at an instruction (the head of a loop, or the first of a method) with registers and frame as tier 1 has them there, and
 * ends the same way: by a return, or by going on in tier 1's code at some instruction, with frame and registers as that expects them.
 * In between the frame is not up to date, and nothing can look at it: leaf code calls nothing, and polls by leaving. Therefore
 * whoever walks frames, moves objects or changes methods need not know of it.
 */
#ifndef VIV_JIT_LEAF_LEAF_H
#define VIV_JIT_LEAF_LEAF_H

#include "vm/jit/choice.h"

/* A jump out of leaf code: its distance, 32 bits at an offset, is to be filled in; it leads to tier 1's code for a pc. */
struct leaf_jump {
    uint32_t at;
    int32_t pc;
};

struct leaf {
    int32_t pc;        /* where it begins */
    bool is_frameless; /* it stands in front of the code that builds the frame, and ends there */
    uint8_t *bytes;
    size_t size;
    struct leaf_jump *jumps;
    size_t jump_count;
    uint32_t placed_at; /* offset in the code that it is part of */
};

enum { LEAVES_MAX = 24 };

struct leaf_list {
    struct leaf items[LEAVES_MAX];
    size_t count;
};

/* Leaf code for the loops and the body of code, where that pays and can be made; none where memory is short. The list is empty before. */
void leaf_compile_all(struct vm *vm, const struct choice *choice, struct leaf_list *list);
void leaf_list_free(struct leaf_list *list);
/* The leaf code that begins at pc, with a frame; or NULL. */
const struct leaf *leaf_at(const struct leaf_list *list, int32_t pc);
/* What is run when the method is called, before its frame is built; or NULL. */
const struct leaf *leaf_before_frame(const struct leaf_list *list);

#endif
