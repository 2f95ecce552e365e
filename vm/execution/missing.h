/*
 * Primitives that methods name and this machine does not have: counted as they are called, for whoever wants to know what an
 * image made elsewhere lacks. Without options.count_missing nothing here runs, and such methods are activated directly.
 */
#ifndef VIV_EXECUTION_MISSING_H
#define VIV_EXECUTION_MISSING_H

#include "vm/execution/vm_state.h"

/* send_find_primitive for the translator: where the primitive is missing, or takes other arguments, and is to be counted, the
 * row of one that notes each call and fails. */
const struct primitive *missing_find_primitive(void *context, oop method, unsigned number);

void missing_free(struct vm *vm);

#endif
