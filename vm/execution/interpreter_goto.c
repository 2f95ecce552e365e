/*
 * The interpreter as one function with computed gotos: for builds without optimisation and for sanitizers, where sibling calls
 * would fill the C stack. A word's handler is the opcode, a native address the label's.
 */
#include "vm/execution/interpreter.h"

#if !VIV_INTERPRETER_TAIL

#include "vm/execution/process.h"
#include "vm/execution/send.h"
#include "vm/execution/trace.h"
#include "vm/execution/unwind.h"

#pragma GCC diagnostic ignored "-Wpedantic"

#define DISPATCH() goto *labels[ip->handler]
#define GOTO(name) goto label_##name
#define JUMP_ENTRY(address) goto *(address)
#define ENTRY(name) (&&label_##name)
#define HANDLER(name) ((uint32_t)OP_##name)
#define LEAVE() return
#include "vm/execution/interpreter_macros.h"

/* With handlers given, only fills them: the labels are known nowhere else. */
static void interpret(struct vm *vm, struct handlers *handlers)
{
    static void *const labels[OP_COUNT] = {
#define OP(name, ...) &&label_##name,
#define HELPER OP
#include "vm/code/ops.def"
#undef OP
#undef HELPER
    };
    if (handlers != NULL) {
        for (size_t i = 0; i < OP_COUNT; i++) {
            handlers->words[i] = (uint32_t)i;
            handlers->entries[i] = labels[i];
        }
        handlers->words[OP_COUNT] = OP_unused_bytecode;
        return;
    }
    const word *ip = NULL;
    oop *sp = NULL;
    oop *fp = NULL;
    oop tos = NO_OOP;
    void *extra = NULL;
    goto label_reload;
#define OP(name, ...) label_##name : __VA_ARGS__
#define HELPER OP
#include "vm/code/ops.def"
#undef OP
#undef HELPER
}

void interpreter_run(struct vm *vm)
{
    interpret(vm, NULL);
}

void interpreter_fill_handlers(struct handlers *handlers)
{
    interpret(NULL, handlers);
}

#else
typedef int interpreter_is_in_interpreter_tail;
#endif
