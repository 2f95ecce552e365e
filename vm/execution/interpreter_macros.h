/* What bodies of instructions use in both forms of the interpreter, made of the few macros that differ. Included by them only. */
#ifndef VIV_EXECUTION_INTERPRETER_MACROS_H
#define VIV_EXECUTION_INTERPRETER_MACROS_H

#define ARG (ip->argument)
#define PUSH(value)                                                                                \
    do {                                                                                           \
        *--sp = tos;                                                                               \
        tos = (value);                                                                             \
    } while (0)
#define SPILL()                                                                                    \
    do {                                                                                           \
        *--sp = tos;                                                                               \
        vm->sp = sp;                                                                               \
        vm->fp = fp;                                                                               \
    } while (0)
#define UNSPILL()                                                                                  \
    do {                                                                                           \
        sp = vm->sp;                                                                               \
        tos = *sp++;                                                                               \
    } while (0)
#define RELOAD() GOTO(reload)

#endif
