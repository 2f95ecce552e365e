/*
 * The interpreter as tail-called functions: every instruction is a function whose parameters are the machine's registers and
 * which ends by jumping to the next. It has the register convention of compiled code. Built where the compiler makes sibling
 * calls into jumps (-O2); the other form is interpreter_goto.c. Handlers are 32-bit addresses: product code is not
 * position-independent.
 */
#include "vm/execution/interpreter.h"

#if VIV_INTERPRETER_TAIL

#include "vm/execution/process.h"
#include "vm/execution/send.h"
#include "vm/execution/trace.h"
#include "vm/execution/unwind.h"

#define OP_PARAMETERS struct vm *vm, const word *ip, oop *sp, oop *fp, oop tos, void *extra
#define OP_ARGUMENTS vm, ip, sp, fp, tos, extra
typedef void op_function(OP_PARAMETERS);

#define CALL_TAIL(function)                                                                        \
    do {                                                                                           \
        (function)(OP_ARGUMENTS);                                                                  \
        return;                                                                                    \
    } while (0)
/* No instruction that is dispatched to reads extra: its register is free until then. */
#define DISPATCH()                                                                                 \
    do {                                                                                           \
        void *undefined;                                                                           \
        __asm__("" : "=r"(undefined));                                                             \
        ((op_function *)(uintptr_t)ip->handler)(vm, ip, sp, fp, tos, undefined);                   \
        return;                                                                                    \
    } while (0)
#define GOTO(name) CALL_TAIL(op_##name)
#define JUMP_ENTRY(address) CALL_TAIL((op_function *)(uintptr_t)(address))
#define ENTRY(name) ((void *)(uintptr_t)op_##name)
#define HANDLER(name) ((uint32_t)(uintptr_t)op_##name)
#define LEAVE() return
#include "vm/execution/interpreter_macros.h"

/* Not inlined into each other: what an instruction leaves to another is the rare case, and must not cost it registers. */
#define OP(name, ...) static __attribute__((noinline)) void op_##name(OP_PARAMETERS);
#define HELPER OP
#include "vm/code/ops.def"
#undef OP
#undef HELPER

/* Each body uses some of the registers only. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define OP(name, ...) static void op_##name(OP_PARAMETERS) __VA_ARGS__
#define HELPER OP
#include "vm/code/ops.def"
#undef OP
#undef HELPER

void interpreter_run(struct vm *vm)
{
    op_reload(vm, NULL, NULL, NULL, NO_OOP, NULL);
}

void interpreter_fill_handlers(struct handlers *handlers)
{
    static op_function *const functions[OP_COUNT] = {
#define OP(name, ...) op_##name,
#define HELPER OP
#include "vm/code/ops.def"
#undef OP
#undef HELPER
    };
    for (size_t i = 0; i < OP_COUNT; i++) {
        uintptr_t address = (uintptr_t)functions[i];
        viv_assert(address <= UINT32_MAX, "instructions lie in the low 4 GB");
        handlers->words[i] = (uint32_t)address;
        handlers->entries[i] = (void *)address;
    }
    handlers->words[OP_COUNT] = handlers->words[OP_unused_bytecode];
}

#else
typedef int interpreter_is_in_interpreter_goto;
#endif
