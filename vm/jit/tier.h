/* Tier 1 of one VM: what vm/vm.c opens, and what the files of this folder share. */
#ifndef VIV_JIT_TIER_H
#define VIV_JIT_TIER_H

#include "vm/execution/vm_state.h"
#include "vm/jit/zone.h"

#include <stdio.h>

/* A word's handler back to its opcode. */
struct handler_entry {
    uint32_t handler; /* 0: empty */
    uint16_t opcode;
};
enum { HANDLER_TABLE_SIZE = 1024 };

struct tier_state {
    struct zone zone;
    FILE *names; /* of compiled code for profilers; NULL: nobody asks, or it cannot be written */
    bool tables_ready; /* the zone has been asked for and handlers are filled in */
    struct handler_entry handlers[HANDLER_TABLE_SIZE];
};

/* Gives the VM its compiled tier, if it is wanted and this build has one. Nothing is mapped before the first code is compiled. */
void tier_open(struct vm *vm);

/* Whether cells enter code by building a frame: not so where it has a primitive or needs no frame, nor old blocks, which begin
 * anywhere. */
static inline bool tier_has_entry(const struct code *code)
{
    return code->entry_kind == CELL_MONO && (code->flags & CODE_OLD_BLOCK) == 0;
}

/* Bytes of compiled code. */
size_t tier_code_size(const struct vm *vm);

/* Compiles code into the zone: code->native is its map then. False when it cannot be compiled; *full when the zone has no room. */
bool tier_compile_code(struct vm *vm, struct code *code, bool *full);

#endif
