/* Marks on deep stacks: in order, and gone when somebody writes below them, whatever has returned in between. */
#include "vm/execution/vm_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { FRAMES = 400, FRAME_WORDS = 9, STACK_WORDS = FRAMES * FRAME_WORDS + 64, CONTEXT_WORDS = 8 };

/* A stack of equal frames, each with a context; frame 0 is the oldest. Nothing is young. */
struct stacked {
    struct vm *vm;
    struct stack stack;
    struct code code;
    oop words[STACK_WORDS];
    uint64_t contexts[FRAMES][CONTEXT_WORDS];
    uint64_t nil[2];
};

static oop *frame_at(struct stacked *stacked, size_t index)
{
    return &stacked->words[STACK_WORDS - 16 - index * FRAME_WORDS];
}

static oop context_of(struct stacked *stacked, size_t index)
{
    return object_at_address(stacked->contexts[index]);
}

/* The frames up to the index-th are all there are. */
static void run_in(struct stacked *stacked, size_t index)
{
    stacked->vm->fp = frame_at(stacked, index);
    stacked->vm->sp = stacked->vm->fp + FRAME_RECEIVER;
}

static void return_from(struct stacked *stacked, size_t index)
{
    object_slot_init(context_of(stacked, index), SLOT_CONTEXT_SENDER, stacked->vm->heap.nil);
}

static void call(struct stacked *stacked, size_t index)
{
    oop *fp = frame_at(stacked, index);
    oop context = context_of(stacked, index);
    for (int i = FRAME_RECEIVER; i < 0; i++)
        fp[i] = oop_from_integer(0);
    fp[FRAME_CALLER].bits = index == 0 ? 0 : (uint64_t)(uintptr_t)frame_at(stacked, index - 1);
    fp[FRAME_CODE].bits = (uint64_t)(uintptr_t)&stacked->code;
    fp[FRAME_CONTEXT] = context;
    object_slot_init(context, SLOT_CONTEXT_SENDER, oop_from_bits((uint64_t)(uintptr_t)fp | 1));
    object_slot_init(context, SLOT_CONTEXT_STACKP,
                     oop_from_bits((uint64_t)(uintptr_t)&stacked->stack << 3 | 1));
}

static int begin(void **state)
{
    struct stacked *stacked = calloc(1, sizeof *stacked);
    stacked->vm = calloc(1, sizeof *stacked->vm);
    assert_non_null(stacked->vm);
    for (size_t i = 0; i < STACK_WORDS; i++)
        stacked->words[i] = oop_from_integer(0);
    /* What is read of nil by mistake is a large number, as nil's own header is. */
    stacked->nil[0] = stacked->nil[1] = UINT64_MAX >> 1;
    stacked->vm->heap.nil = object_at_address(stacked->nil);
    stacked->code.method = oop_from_integer(0);
    stacked->vm->stress = true; /* marks stand near each other */
    stacked->vm->stack = stacked->vm->stacks.first = &stacked->stack;
    stacked->stack.start = stacked->words;
    stacked->stack.limit = stacked->words + STACK_WORDS;
    for (size_t i = 0; i < FRAMES; i++)
        call(stacked, i);
    *state = stacked;
    return 0;
}

static int end(void **state)
{
    struct stacked *stacked = *state;
    oop_list_free(&stacked->stack.marks);
    free(stacked->vm);
    free(stacked);
    return 0;
}

static void assert_in_order(const struct stack *stack)
{
    for (size_t i = 1; i < stack->marks.count; i++)
        assert_true(context_fp(stack->marks.items[i]) < context_fp(stack->marks.items[i - 1]));
}

/* The frame is not below the caller of any mark. */
static void assert_no_mark_above(const struct stack *stack, const oop *fp)
{
    for (size_t i = 0; i < stack->marks.count; i++) {
        const oop *caller = frame_caller(context_fp(stack->marks.items[i]));
        assert_true(caller >= fp);
    }
}

static void marks_stand_in_order_however_far_the_stack_has_grown(void **state)
{
    struct stacked *stacked = *state;
    for (size_t more = 1; more < 20; more++) {
        for (size_t index = 100; index < FRAMES; index += more) {
            run_in(stacked, index);
            stacks_set_marks(stacked->vm);
            assert_in_order(&stacked->stack);
        }
        assert_true(stacked->stack.marks.count > 10);
        stack_drop_marks(&stacked->stack);
    }
}

static void what_is_written_below_marks_ends_them(void **state)
{
    struct stacked *stacked = *state;
    run_in(stacked, FRAMES - 1);
    stacks_set_marks(stacked->vm);
    size_t count = stacked->stack.marks.count;
    assert_true(count > 10);

    stack_note_write(&stacked->stack, frame_at(stacked, FRAMES / 2));

    assert_true(stacked->stack.marks.count > 2 && stacked->stack.marks.count < count - 2);
    assert_no_mark_above(&stacked->stack, frame_at(stacked, FRAMES / 2));
}

static void so_it_does_when_the_youngest_of_them_have_returned(void **state)
{
    struct stacked *stacked = *state;
    run_in(stacked, FRAMES - 1);
    stacks_set_marks(stacked->vm);
    for (size_t index = FRAMES - 1; index > FRAMES - 50; index--)
        return_from(stacked, index);
    run_in(stacked, FRAMES - 50);

    stack_note_write(&stacked->stack, frame_at(stacked, FRAMES / 2));

    assert_true(stacked->stack.marks.count > 2);
    assert_no_mark_above(&stacked->stack, frame_at(stacked, FRAMES / 2));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(marks_stand_in_order_however_far_the_stack_has_grown),
        TEST(what_is_written_below_marks_ends_them),
        TEST(so_it_does_when_the_youngest_of_them_have_returned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
