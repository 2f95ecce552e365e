/* What the trace instruction does; see trace.c. */
#ifndef VIV_EXECUTION_TRACE_H
#define VIV_EXECUTION_TRACE_H

#include "vm/execution/vm_state.h"

/* Tells the bytecode whose word is at ip, and gives the word its own handler until the next one. vm->fp is the running frame. */
void trace_bytecode(struct vm *vm, const word *ip);

#endif
