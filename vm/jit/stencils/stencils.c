/*
 * The stencils of tier 1: every instruction of vm/code/ops.def once more, with holes for what differs from one use to the next. This
 * file is compiled, but never linked: tools/stencils cuts the functions out of the object file, and vm/jit glues copies together.
 *
 * A hole is the address of a symbol that does not exist. Its name says what is to be filled in; the number behind it is that of
 * the word it belongs to, counted from the instruction's own:
 *
 *     hole_frame_N hole_slot_N hole_integer_N hole_value_N   the word's operand: as an offset from fp or in an object, in
 *                                                            bytes; as a SmallInteger; as it is
 *     hole_cell_N hole_target_N       the cell it names; the ip where its jump leads
 *     hole_ip hole_after_N            the ip of the instruction, and N words further; hole_after_long: behind it
 *     hole_return_N hole_return_long  where in compiled code a call returns to
 *     hole_code hole_receiver hole_locals   of the code that is entered: itself, where the receiver lies, how many
 *     next_N next_long jump_N         compiled code of the instruction N words further, behind this one, or where a jump leads
 *     op_NAME                         another instruction for the same word, or a helper of the interpreter
 *
 * Registers are the interpreter's, but ip: that is a constant here, and only helpers are given it. Calls give their return address in
 * its place. What is declared cold comes out in a part of its own, away from the path that is usually taken.
 */
#include "vm/execution/process.h"
#include "vm/execution/send.h"
#include "vm/execution/unwind.h"
#include "vm/jit/stencils/holes.h"

#define OP_PARAMETERS                                                                              \
    struct vm *vm, const word *return_register, oop *sp, oop *fp, oop tos, void *extra
#define GO_TO(function, ip_value) (function)(vm, (ip_value), sp, fp, tos, extra)
typedef void op_function(OP_PARAMETERS);

#define OP(name, ...) extern __attribute__((cold)) op_function op_##name;
#define HELPER OP
#include "vm/code/ops.def"
#undef OP
#undef HELPER
#define HOLE(kind, n) extern op_function kind##n;
JUMP_HOLES(HOLE)
#undef HOLE
#define HOLE(kind, n) extern char kind##n[];
VALUE_HOLES(HOLE)
#undef HOLE

#define LONG (-1)

/* The hole of a kind for the word n; the compiler knows n. */
#define HOLE_CASE(kind, n)                                                                         \
    case n:                                                                                        \
        return (intptr_t)kind##n;
#define HOLE_FUNCTION(kind)                                                                        \
    static inline __attribute__((always_inline)) intptr_t kind##of(int n)                          \
    {                                                                                              \
        switch (n) {                                                                               \
            WORDS(HOLE_CASE, kind)                                                                 \
        default:                                                                                   \
            return (intptr_t)kind##long;                                                           \
        }                                                                                          \
    }
HOLE_FUNCTION(hole_frame_)
HOLE_FUNCTION(hole_slot_)
#ifndef __clang__ /* which takes the address for a number that is not negative */
HOLE_FUNCTION(hole_integer_)
#endif
HOLE_FUNCTION(hole_cell_)
HOLE_FUNCTION(hole_target_)
HOLE_FUNCTION(hole_after_)
HOLE_FUNCTION(hole_return_)

/* A number that may be negative must not be taken for an address, which is not. */
#define SIGNED_HOLE(name)                                                                          \
    __extension__({                                                                                \
        int64_t signed_value;                                                                      \
        __asm__("movq $" #name ", %0" : "=r"(signed_value));                                       \
        signed_value;                                                                              \
    })
#define OPERAND(n) ((int32_t)SIGNED_HOLE(hole_value_##n))
#define PUSHED_INTEGER(n) ((oop){(uint64_t)SIGNED_HOLE(hole_integer_##n)})
#ifdef __clang__
#define INTEGER(n) PUSHED_INTEGER(n)
#else
#define INTEGER(n) ((oop){(uint64_t)hole_integer_of(n)})
#endif
#define TEMP(n) (*(oop *)(void *)((char *)fp + hole_frame_of(n)))
#define SLOT_OF(object, n) (*(oop *)(void *)((char *)object_words(object) + hole_slot_of(n)))
#define SLOT(object, n) SLOT_OF(object, n)
#define SLOT_INIT(object, n, value) (SLOT_OF(object, n) = (value))
#define CELL(n) ((ic_cell *)hole_cell_of(n))
#define CODE() ((const struct code *)(intptr_t)hole_code)
#define AFTER(count) ((const word *)hole_after_of(count))

#define NEXT_CASE(kind, n)                                                                         \
    case n:                                                                                        \
        GO_TO(kind##n, undefined_ip);                                                              \
        return;
/* Where compiled code goes on, the registers of ip and extra may hold anything. Named are those in which they are, so that nothing is
 * moved there. */
#define FREE_REGISTERS()                                                                           \
    const word *undefined_ip;                                                                      \
    register void *undefined_extra __asm__("r9");                                                  \
    __asm__("" : "=S"(undefined_ip), "=r"(undefined_extra));                                       \
    extra = undefined_extra
#define GO_ON_AT(kind, n)                                                                          \
    do {                                                                                           \
        FREE_REGISTERS();                                                                          \
        switch (n) {                                                                               \
            WORDS(NEXT_CASE, kind)                                                                 \
        default:                                                                                   \
            GO_TO(kind##long, undefined_ip);                                                       \
            return;                                                                                \
        }                                                                                          \
    } while (0)
#define NEXT(count) GO_ON_AT(next_, count)
#define JUMP(n) GO_ON_AT(jump_, n)
#define HELP_AT(name, ip_value)                                                                    \
    do {                                                                                           \
        GO_TO(op_##name, (const word *)(ip_value));                                                \
        return;                                                                                    \
    } while (0)
#define JUMP_BACK(n)                                                                               \
    do {                                                                                           \
        if (VIV_UNLIKELY(POLL_DUE()))                                                              \
            HELP_AT(slow_poll, hole_target_of(n));                                                 \
        JUMP(n);                                                                                   \
    } while (0)
#define COUNT_LOOP() ((void)0)
#define QUICKEN(from, to) ((void)0)
#define GOTO(name) HELP_AT(name, (intptr_t)hole_ip)
#define RELOAD() HELP_AT(reload, 0)
#define CALL(address, count)                                                                       \
    do {                                                                                           \
        GO_TO((op_function *)(uintptr_t)(address), (const word *)hole_return_of(count));           \
        return;                                                                                    \
    } while (0)
#define CALL_HELPER(name, count) HELP_AT(name, hole_return_of(count))
#define JUMP_ENTRY(address)                                                                        \
    do {                                                                                           \
        const word *undefined_ip;                                                                  \
        __asm__("" : "=S"(undefined_ip));                                                          \
        GO_TO((op_function *)(uintptr_t)(address), undefined_ip);                                  \
        return;                                                                                    \
    } while (0)
#define RETURN_TO(address) JUMP_ENTRY(address)

#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
/* Each comes in two forms. Before the second, the top of the stack is still to be popped, which the instruction before has left undone:
 * most push something next, and store the same value again where it was. The compiler sees that nothing is left to do. */
#define STENCIL(name, ...)                                                                         \
    void stencil_##name(OP_PARAMETERS) __VA_ARGS__ void stencil_popping_##name(OP_PARAMETERS)      \
    {                                                                                              \
        tos = *sp++;                                                                               \
        __VA_ARGS__                                                                                \
    }
#define OP STENCIL
#define HELPER(name, ...)
#include "vm/code/ops.def"
#undef OP
#undef HELPER

/* What leaves its pop undone. */
STENCIL(pop_later, { NEXT(1); })
STENCIL(pop_later_into_temp, {
    TEMP(0) = tos;
    NEXT(1);
})
STENCIL(pop_later_into_receiver_variable, {
    oop receiver = fp[FRAME_RECEIVER];
    if (VIV_UNLIKELY(object_is_immutable(receiver) || STORE_IS_NOTED(receiver, tos)))
        GOTO(pop_into_receiver_variable);
    SLOT_INIT(receiver, 0, tos);
    NEXT(1);
})

/* --- sends whose cell holds a getter or a constant when they are compiled: it is answered here ----------------------------------- */

#define ENTRY(name) ((void *)(uintptr_t)op_##name)
/* The cell may come to hold something else: then it is a send like others. */
#define BODY_ANSWER_AT(n, receiver_expression, kind, value_expression, plain, count, pushing)      \
    {                                                                                              \
        const ic_cell *cell = CELL(n);                                                             \
        oop receiver = (receiver_expression);                                                      \
        if (VIV_UNLIKELY(oop_class_index(receiver) != cell->tag || cell->entry != ENTRY(kind)))    \
            GOTO(plain);                                                                           \
        oop value = (value_expression);                                                            \
        if (pushing)                                                                               \
            *--sp = tos;                                                                           \
        tos = value;                                                                               \
        NEXT(count);                                                                               \
    }
/* For each way in which a send without arguments stands in a word. */
#define ANSWERED_IN_PLACE(name, kind, value)                                                       \
    STENCIL(name, BODY_ANSWER_AT(0, tos, kind, value, send_0, 1, false))                           \
    STENCIL(name##_long, BODY_ANSWER_AT(0, tos, kind, value, send_0_long, LONG, false))            \
    STENCIL(name##_of_self,                                                                        \
            BODY_ANSWER_AT(1, fp[FRAME_RECEIVER], kind, value, push_self_send_0, 2, true))         \
    STENCIL(name##_of_temp, BODY_ANSWER_AT(1, TEMP(0), kind, value, push_temp_send_0, 2, true))    \
    STENCIL(name##_of_variable, BODY_ANSWER_AT(1, RECEIVER_SLOT(0), kind, value,                   \
                                               push_receiver_variable_send_0, 2, true))
ANSWERED_IN_PLACE(get, enter_getter, object_slot(receiver, (size_t)cell->u.value))
ANSWERED_IN_PLACE(constant, enter_constant, (oop){cell->u.value})
ANSWERED_IN_PLACE(itself, enter_self, receiver)

/* The same for setters, whose receiver lies below the value. */
#define BODY_SET_AT(n, plain, count)                                                               \
    {                                                                                              \
        const ic_cell *cell = CELL(n);                                                             \
        oop receiver = sp[0];                                                                      \
        if (VIV_UNLIKELY(oop_class_index(receiver) != cell->tag ||                                 \
                         cell->entry != ENTRY(enter_setter) || object_is_immutable(receiver) ||    \
                         STORE_IS_NOTED(receiver, tos)))                                           \
            GOTO(plain);                                                                           \
        object_slot_init(receiver, (size_t)cell->u.value, tos);                                    \
        tos = receiver;                                                                            \
        sp++;                                                                                      \
        NEXT(count);                                                                               \
    }
STENCIL(set, BODY_SET_AT(0, send_1, 1))
STENCIL(set_long, BODY_SET_AT(0, send_1_long, LONG))

/* --- sends whose cell holds several classes when they are compiled, or so many that it does not: one helper looks for all of them, since
 * compiled code that looks by itself is too long for the processor to keep much of it at hand ------------------------------------- */

extern op_function op_several __asm__("op_send_miss"); /* not cold here */
#define BODY_SEND_TO_SEVERAL(n, count)                                                             \
    {                                                                                              \
        FRAME_IP_SET(AFTER(count));                                                                \
        extra = CELL(n);                                                                           \
        CALL_HELPER(several, count);                                                               \
    }
STENCIL(send_0_several, BODY_SEND_TO_SEVERAL(0, 1))
STENCIL(send_1_several, BODY_SEND_TO_SEVERAL(0, 1))
STENCIL(send_2_several, BODY_SEND_TO_SEVERAL(0, 1))
STENCIL(send_0_long_several, BODY_SEND_TO_SEVERAL(0, LONG))
STENCIL(send_1_long_several, BODY_SEND_TO_SEVERAL(0, LONG))
STENCIL(send_2_long_several, BODY_SEND_TO_SEVERAL(0, LONG))
STENCIL(push_self_send_0_several, {
    PUSH(fp[FRAME_RECEIVER]);
    BODY_SEND_TO_SEVERAL(1, 2)
})
STENCIL(push_temp_send_0_several, {
    PUSH(TEMP(0));
    BODY_SEND_TO_SEVERAL(1, 2)
})
STENCIL(push_receiver_variable_send_0_several, {
    PUSH(RECEIVER_SLOT(0));
    BODY_SEND_TO_SEVERAL(1, 2)
})
STENCIL(push_temp_send_1_several, {
    PUSH(TEMP(0));
    BODY_SEND_TO_SEVERAL(1, 2)
})

/* --- special sends that have been real ones before they are compiled: the class in the cell is looked for first --------------- */

#define BODY_SEND_FIRST(receiver_expression, plain)                                                \
    {                                                                                              \
        ic_cell *cell = CELL(0);                                                                   \
        oop receiver = (receiver_expression);                                                      \
        if (VIV_UNLIKELY(oop_class_index(receiver) != cell->tag))                                  \
            GOTO(plain);                                                                           \
        FRAME_IP_SET(AFTER(1));                                                                    \
        extra = cell;                                                                              \
        CALL(cell->entry, 1);                                                                      \
    }
STENCIL(send_first_add, BODY_SEND_FIRST(sp[0], special_add))
STENCIL(send_first_subtract, BODY_SEND_FIRST(sp[0], special_subtract))
STENCIL(send_first_multiply, BODY_SEND_FIRST(sp[0], special_multiply))
STENCIL(send_first_divide, BODY_SEND_FIRST(sp[0], special_divide))
STENCIL(send_first_modulo, BODY_SEND_FIRST(sp[0], special_modulo))
STENCIL(send_first_floor_divide, BODY_SEND_FIRST(sp[0], special_floor_divide))
STENCIL(send_first_less, BODY_SEND_FIRST(sp[0], special_less))
STENCIL(send_first_greater, BODY_SEND_FIRST(sp[0], special_greater))
STENCIL(send_first_less_equal, BODY_SEND_FIRST(sp[0], special_less_equal))
STENCIL(send_first_greater_equal, BODY_SEND_FIRST(sp[0], special_greater_equal))
STENCIL(send_first_equal, BODY_SEND_FIRST(sp[0], special_equal))
STENCIL(send_first_not_equal, BODY_SEND_FIRST(sp[0], special_not_equal))
STENCIL(send_first_at, BODY_SEND_FIRST(sp[0], special_at))
STENCIL(send_first_value_1, BODY_SEND_FIRST(sp[0], special_value_1))
STENCIL(send_first_at_put, BODY_SEND_FIRST(sp[1], special_at_put))
STENCIL(send_first_size, BODY_SEND_FIRST(tos, special_size))
STENCIL(send_first_value, BODY_SEND_FIRST(tos, special_value))

/* --- Floats that stay numbers ----------------------------------------------------------------------------------------------------
 *
 * Where the answer of one Float instruction is the operand of the next, it is not made an object in between: it is in a register of
 * the processor for such numbers, and what would be the top of the stack is not there. Whatever finds it cannot go on like that makes the
 * object first (box_number) and begins the instruction again. */

#define NUMBER_PARAMETERS OP_PARAMETERS, double number
typedef void number_function(NUMBER_PARAMETERS);
#define NEXT_NUMBER(kind, n) extern number_function kind##n __asm__("next_" #n);
WORDS(NEXT_NUMBER, next_number_)
#undef NEXT_NUMBER
#define NEXT_NUMBER_CASE(kind, n)                                                                  \
    case n:                                                                                        \
        kind##n(vm, undefined_ip, sp, fp, undefined_tos, extra, number);                           \
        return;
#define NEXT_NUMBER(count)                                                                         \
    do {                                                                                           \
        FREE_REGISTERS();                                                                          \
        register oop undefined_tos __asm__("r8");                                                  \
        __asm__("" : "=r"(undefined_tos));                                                         \
        switch (count) {                                                                           \
            WORDS(NEXT_NUMBER_CASE, next_number_)                                                  \
        }                                                                                          \
    } while (0)
/* With the number on the stack, goes on at an ip. */
#define BOX_AND_GO_ON(ip_value)                                                                    \
    do {                                                                                           \
        vm->number = number;                                                                       \
        HELP_AT(box_number, ip_value);                                                             \
    } while (0)
#define BODY_MAKE_NUMBER(left_expression, right_expression, operator, plain, change, count)        \
    {                                                                                              \
        oop left = (left_expression);                                                              \
        oop right = (right_expression);                                                            \
        if (VIV_UNLIKELY(!BOTH_FLOATS(left, right)))                                               \
            GOTO(plain);                                                                           \
        double number = oop_to_float(left) operator oop_to_float(right);                           \
        change;                                                                                    \
        NEXT_NUMBER(count);                                                                        \
    }
/* Combines the number with the other operand, a Float, as `result_expression` says with `other`. */
#define COMBINE_NUMBER(other_expression, result_expression, change)                                \
    oop operand = (other_expression);                                                              \
    if (VIV_UNLIKELY(!oop_is_float(operand)))                                                      \
        BOX_AND_GO_ON(hole_ip);                                                                    \
    double other = oop_to_float(operand);                                                          \
    number = (result_expression);                                                                  \
    change
#define BODY_USE_NUMBER(other_expression, result_expression, change, count)                        \
    {                                                                                              \
        COMBINE_NUMBER(other_expression, result_expression, change);                               \
        NEXT_NUMBER(count);                                                                        \
    }
#define BODY_END_NUMBER(other_expression, result_expression, change, count)                        \
    {                                                                                              \
        COMBINE_NUMBER(other_expression, result_expression, change);                               \
        if (VIV_UNLIKELY(!oop_from_float_if_fits(number, &tos)))                                   \
            BOX_AND_GO_ON(hole_after_##count);                                                     \
        NEXT(count);                                                                               \
    }
#define BODY_COMPARE_NUMBER_JUMP(operator, length)                                                 \
    {                                                                                              \
        oop operand = sp[0];                                                                       \
        if (VIV_UNLIKELY(!oop_is_float(operand)))                                                  \
            BOX_AND_GO_ON(hole_ip);                                                                \
        bool holds = oop_to_float(operand) operator number;                                        \
        tos = sp[1];                                                                               \
        sp += 2;                                                                                   \
        if (!holds)                                                                                \
            JUMP(1);                                                                               \
        NEXT(1 + (length));                                                                        \
    }
#define NUMBER_STENCIL(name, ...) void stencil_##name(NUMBER_PARAMETERS) __VA_ARGS__
#define ARITHMETIC_STENCILS(name, operator)                                                        \
    STENCIL(make_number_##name, BODY_MAKE_NUMBER(sp[0], tos, operator, special_##name, sp++, 1))   \
    STENCIL(make_number_temp_##name,                                                               \
            BODY_MAKE_NUMBER(tos, TEMP(0), operator, push_temp, (void)0, 2))                       \
    STENCIL(make_number_temp_temp_##name,                                                          \
            BODY_MAKE_NUMBER(TEMP(0), TEMP(1), operator, push_temp, *--sp = tos, 3))               \
    NUMBER_STENCIL(use_number_##name, BODY_USE_NUMBER(sp[0], other operator number, sp++, 1))      \
    NUMBER_STENCIL(use_number_temp_##name,                                                         \
                   BODY_USE_NUMBER(TEMP(0), number operator other, (void)0, 2))                    \
    NUMBER_STENCIL(end_number_##name, BODY_END_NUMBER(sp[0], other operator number, sp++, 1))      \
    NUMBER_STENCIL(end_number_temp_##name,                                                         \
                   BODY_END_NUMBER(TEMP(0), number operator other, (void)0, 2))
#define COMPARISON_STENCILS(name, operator)                                                        \
    NUMBER_STENCIL(end_number_##name, BODY_COMPARE_NUMBER_JUMP(operator, 1))                       \
    NUMBER_STENCIL(end_number_##name##_2, BODY_COMPARE_NUMBER_JUMP(operator, 2))

ARITHMETIC_STENCILS(add, +)
ARITHMETIC_STENCILS(subtract, -)
ARITHMETIC_STENCILS(multiply, *)
COMPARISON_STENCILS(less, <)
COMPARISON_STENCILS(greater, >)
COMPARISON_STENCILS(less_equal, <=)
COMPARISON_STENCILS(greater_equal, >=)
COMPARISON_STENCILS(equal, ==)
COMPARISON_STENCILS(not_equal, !=)

/* --- what begins compiled code: the frame, as entries of the interpreter build it, with what is known of the code filled in ------- */

#undef RETURN_ADDRESS
#define RETURN_ADDRESS ((void *)(uintptr_t)return_register)
/* The receiver or closure above the arguments; `frame` is the new one. */
#define CALLED() (*(oop *)(void *)((char *)frame + (intptr_t)hole_receiver))

void stencil_enter_method(OP_PARAMETERS)
{
    BODY_BUILD_FRAME(CODE(), CALLED());
    NEXT(0);
}

/* Some of the temporaries. */
#define BODY_PUSH_LOCALS(count)                                                                    \
    {                                                                                              \
        for (int i = 0; i < (count); i++)                                                          \
            *--sp = tos;                                                                           \
        NEXT(0);                                                                                   \
    }
void stencil_push_local(OP_PARAMETERS) BODY_PUSH_LOCALS(1) void stencil_push_2_locals(OP_PARAMETERS)
    BODY_PUSH_LOCALS(2) void stencil_push_3_locals(OP_PARAMETERS)
        BODY_PUSH_LOCALS(3) void stencil_push_4_locals(OP_PARAMETERS) BODY_PUSH_LOCALS(4)

            void stencil_enter_block(OP_PARAMETERS)
{
    size_t local_count = (size_t)SIGNED_HOLE(hole_locals);
    BODY_BUILD_BLOCK_FRAME(CODE(), CALLED(), local_count);
    NEXT(0);
}

/* Before the first instruction, whose ip is hole_ip. */
void stencil_poll(OP_PARAMETERS)
{
    if (VIV_UNLIKELY(POLL_DUE()))
        GOTO(slow_poll);
    NEXT(0);
}

/* An instruction that is not compiled. */
void stencil_interpret(OP_PARAMETERS)
{
    HELP_AT(interpret, (intptr_t)hole_ip);
}
