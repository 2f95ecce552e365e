/*
 * The interpreter, in one of two forms made from vm/code/ops.def: tail-called functions in optimised builds, computed gotos in
 * others. Both offer these two functions.
 */
#ifndef VIV_EXECUTION_INTERPRETER_H
#define VIV_EXECUTION_INTERPRETER_H

#include "vm/base/poison.h"
#include "vm/execution/vm_state.h"

#ifndef VIV_INTERPRETER_TAIL
#if defined(__OPTIMIZE__) && !VIV_ADDRESS_SANITIZER && !defined(__PIC__)
#define VIV_INTERPRETER_TAIL 1
#else
#define VIV_INTERPRETER_TAIL 0
#endif
#endif

/* Runs from the registers stored in the VM until vm->stopped. */
void interpreter_run(struct vm *vm);

/* The handlers of words and the native addresses of cells and frames. */
void interpreter_fill_handlers(struct handlers *handlers);

#endif
