/* What bodies of instructions use in both forms of the interpreter, made of the few macros that differ. Included by them only. */
#ifndef VIV_EXECUTION_INTERPRETER_MACROS_H
#define VIV_EXECUTION_INTERPRETER_MACROS_H

#define OPERAND(n) (ip[n].argument)
#define INTEGER(n) oop_from_integer(OPERAND(n))
#define PUSHED_INTEGER(n) INTEGER(n)
#define TEMP(n) (fp[OPERAND(n)])
#define SLOT(object, n) object_slot((object), (size_t)OPERAND(n))
#define SLOT_INIT(object, n, value) object_slot_init((object), (size_t)OPERAND(n), (value))
#define CELL(n) word_cell(ip + (n))
#define LONG (ip[1].argument)
#define AFTER(count) (ip + (count))
#define CODE_OF_FRAME() ((const struct code *)(uintptr_t)fp[FRAME_CODE].bits)
#define CODE() CODE_OF_FRAME()
#define NEXT(count)                                                                                \
    do {                                                                                           \
        ip += (count);                                                                             \
        DISPATCH();                                                                                \
    } while (0)
#define JUMP(n) NEXT((n) + OPERAND(n))
#define JUMP_BACK(n)                                                                               \
    do {                                                                                           \
        ip += (n) + OPERAND(n);                                                                    \
        if (VIV_UNLIKELY(POLL_DUE()))                                                              \
            GOTO(slow_poll);                                                                       \
        DISPATCH();                                                                                \
    } while (0)
#define LOOP_CODE() code_owner((struct code *)(uintptr_t)CODE_OF_FRAME())
#define COUNT_LOOP()                                                                               \
    do {                                                                                           \
        if (VIV_UNLIKELY(++LOOP_CODE()->counter >= 0)) {                                           \
            ip += OPERAND(0);                                                                      \
            GOTO(slow_compile_loop);                                                               \
        }                                                                                          \
    } while (0)
#define CALL(address, count)                                                                       \
    do {                                                                                           \
        void *entry = (address);                                                                   \
        ip = ENTRY(resume);                                                                        \
        JUMP_ENTRY(entry);                                                                         \
    } while (0)
#define CALL_HELPER(name, count)                                                                   \
    do {                                                                                           \
        ip = ENTRY(resume);                                                                        \
        GOTO(name);                                                                                \
    } while (0)
/* Most return to the interpreter: that costs one jump, not two. */
#define RETURN_TO(address)                                                                         \
    do {                                                                                           \
        void *returns_to = (address);                                                              \
        if (VIV_LIKELY(returns_to == ENTRY(resume))) {                                             \
            ip = FRAME_IP_GET();                                                                   \
            DISPATCH();                                                                            \
        }                                                                                          \
        JUMP_ENTRY(returns_to);                                                                    \
    } while (0)
#define GO_ON() GOTO(go_on)
#define QUICKEN(from, to)                                                                          \
    do {                                                                                           \
        if (VIV_UNLIKELY(ip->handler == HANDLER(from)))                                            \
            ((word *)(uintptr_t)ip)->handler = HANDLER(to);                                        \
    } while (0)
#define RELOAD() GOTO(reload)

#endif
