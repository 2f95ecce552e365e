/*
 * Sends that the interpreter does not finish by itself: lookup, filling of cells, code for methods, and messages that the VM
 * sends of its own accord. All work on the spilled registers; "sends" means: the receiver and arguments are pushed, and the
 * method's frame is built or its primitive run, so that the interpreter can reload.
 */
#ifndef VIV_EXECUTION_SEND_H
#define VIV_EXECUTION_SEND_H

#include "vm/execution/vm_state.h"

/* The cell whose entry runs the message; NULL when a frame has been built instead (doesNotUnderstand:). Fills the site's cell. */
ic_cell *send_lookup(struct vm *vm, ic_cell *cell);

/* Sends selector to the receiver below argument_count arguments on the stack. */
void send_message(struct vm *vm, oop selector, size_t argument_count);
/* The same, with lookup starting in class. */
void send_message_in_class(struct vm *vm, oop class, oop selector, size_t argument_count);
/* The same with the selector at a special-objects index. */
void send_special(struct vm *vm, enum special_object selector, size_t argument_count);
void send_directed_super(struct vm *vm, ic_cell *cell);
/* Runs code for the receiver and arguments on the stack: its primitive first, then its frame. */
void send_run_code(struct vm *vm, struct code *code);
/* The primitive of code failed: builds its frame and leaves the reason in its error temporary. */
void send_primitive_failed(struct vm *vm, struct code *code, prim_result reason);

void send_attempt_to_assign(struct vm *vm, oop receiver, oop value, int32_t slot);
void send_cannot_return(struct vm *vm, oop context, oop value);
void send_unused_bytecode(struct vm *vm);
/* A process's stack is gone and its sender cannot be resumed: another process runs. */
void send_lost_process(struct vm *vm);

/* The method that class answers to selector, or NO_OOP. */
oop lookup_method(struct vm *vm, oop class, oop selector);
/* Code of a method or full block; NULL only when C memory is out or the object is no compiled code. */
struct code *send_code_for(struct vm *vm, oop method);
struct code *send_code_for_embedded(struct vm *vm, oop closure);
/* Code of the old block contexts of a method. */
struct code *send_code_for_old_blocks(struct vm *vm, oop method);
struct code *send_code_for_block(struct vm *vm, oop block);
/* The code of the primitive that a message comes to whose lookup has found `code`, where that can be said for all receivers of the class; NULL: it
 * cannot. */
struct code *shortcut_of(struct vm *vm, oop receiver, oop class, const struct code *code);
/* The only instance of a metaclass; NO_OOP where a class is none. */
static inline oop metaclass_instance(oop class)
{
    size_t slot_count = object_slot_count(class);
    return slot_count > SLOT_METACLASS_THIS_CLASS && slot_count <= SLOT_CLASS_NAME
               ? heap_follow(object_slot(class, SLOT_METACLASS_THIS_CLASS))
               : NO_OOP;
}
/* Whether what a lookup found can run as a method; *code is its code then, NULL without memory. The code of a block cannot,
 * wherever it stands: it needs its closure. */
bool send_find_method_code(struct vm *vm, oop value, struct code **code);
/* What a cell holds for a class: how the message is run whose lookup has found `code`. */
void cell_describe(struct vm *vm, ic_cell *cell, uint32_t tag, struct code *code);
/* Adds what has been found for one more class to a site's cell. */
void cell_extend(struct vm *vm, ic_cell *cell, const ic_cell *found);

/* Cache flushes: all, by selector, by method. */
void send_flush_all(struct vm *vm);
void send_flush_selector(struct vm *vm, oop selector);
void send_flush_method(struct vm *vm, oop method);
/* What the collector calls: the roots that stacks and code hold. */
void vm_visit_roots(void *vm, struct heap *heap, heap_visit_fn *visitor);
void vm_visit_married(void *vm, struct heap *heap, oop context, heap_visit_fn *visitor);
void vm_after_collection(void *vm, struct heap *heap);

/* The class-side primitive row of a method's number or named call. */
const struct primitive *send_find_primitive(void *context, oop method, unsigned number);

/* Closures pushed by the slow instructions. */
void closure_push_full(struct vm *vm, oop block, uint32_t packed);
void closure_push_embedded(struct vm *vm, uint32_t packed, int32_t start_word);

#endif
