/*
 * Tells the bytecodes that a world runs, one after the other (viv_options.trace_bytecode): to compare with what another machine ran.
 *
 * Every bytecode's word has the handler of the trace instruction. That tells the bytecode, puts the word's own handler in its place
 * and goes on there; the next bytecode's trace instruction puts its own back. So instructions find their handlers as they expect, and
 * one that is begun again, after a slow path, is not told twice.
 */
#include "vm/execution/trace.h"

#include "vm/code/verify.h"

void trace_bytecode(struct vm *vm, const word *ip)
{
    const struct code *code = frame_code(vm->fp);
    const struct code *home = code->home != NULL ? code->home : code;
    size_t index = (size_t)(ip - home->words);
    if (vm->traced != NULL)
        vm->traced->handler = vm->handlers->words[OP_trace];
    vm->traced = &home->words[index];
    vm->traced->handler = home->traced_handlers[index];
    size_t first = code_first_pc(code_header(code->method));
    vm->options.trace_bytecode(vm->options.trace_context, vm,
                               object_bytes(code->method)[first + index]);
}
