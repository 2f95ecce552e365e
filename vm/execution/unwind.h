/* Non-local return, and the searches and cuts of the exception machinery (primitives 195-197). */
#ifndef VIV_EXECUTION_UNWIND_H
#define VIV_EXECUTION_UNWIND_H

#include "vm/execution/vm_state.h"

/* A ^ in a block: the value is on top of the stack. */
void unwind_far_return(struct vm *vm);

/* The nearest context from `context` (exclusive) to `limit` (exclusive, or nil) whose method has the marker primitive; nil if
 * there is none. */
oop unwind_find_marked(struct vm *vm, oop context, oop limit, unsigned marker);

/* Makes `target`, a context or nil, the sender of `context`; what was between is killed when target was among its senders. */
void unwind_terminate_to(struct vm *vm, oop context, oop target);

/* Number of the marker primitives. */
enum { PRIMITIVE_UNWIND_MARKER = 198, PRIMITIVE_HANDLER_MARKER = 199 };

#endif
