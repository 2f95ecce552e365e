/*
 * Stacks: one contiguous piece of memory for each process that has run, growing downwards, enlarged by copying. Frames on it
 * hold no interior pointers but their fp links, and contexts married to them; both are moved along.
 *
 * A frame is *married* when it has a context: the context's sender is then fp | 1, its pc the frame's true return address and
 * its stackp the struct stack, the latter two as SmallIntegers; the frame returns through `hijack_return`. So "sender is a
 * SmallInteger" means exactly that the frame is alive.
 */
#ifndef VIV_EXECUTION_STACK_H
#define VIV_EXECUTION_STACK_H

#include "vm/memory/heap.h"

struct vm;
struct code;

struct stack {
    oop *start; /* lowest address */
    oop *limit; /* end; the first frame is just below */
    oop *sp;    /* while its process does not run */
    oop *fp;
    oop base_sender; /* the context below the base frame, or nil */
    /* Words that the contexts below had as frames, as far as known: a flush must not hide depth. */
    size_t below;
    /* Words, those below included, at which the process was last told that it is too deep. */
    size_t told_at;
    /* Contexts of frames below whose callers nothing is young, oldest first. */
    struct oop_list marks;
    struct stack *previous;
    struct stack *next;
    /* Words above start at which it should grow; it may be used down to STACK_MARGIN. */
    size_t margin;
    bool visited; /* by the full collection that is running */
};

struct stack_list {
    struct stack *first;
    struct stack *spare; /* one emptied stack kept for reuse */
    size_t count;
    size_t size; /* bytes of all */
    /* Bytes at which a full collection should look for stacks that nobody can resume. */
    size_t collect_at_size;
};

/* Words kept free below sp so that a frame and its operands fit without a check. */
enum { STACK_MARGIN = 256, STACK_FIRST_WORDS = 1024, STACK_SIZE_SLACK = 32 << 20 };

/* A stack; it takes the reserve of C memory if it must, and without that the process ends (heap_exhausted). */
struct stack *stack_new(struct vm *vm);
void stack_free(struct vm *vm, struct stack *stack);
/* Makes the running stack larger, up to limit_size bytes; false when it has that size or C memory is out. */
bool stack_grow(struct vm *vm, size_t limit_size) VIV_MUST_USE;
/* The margin of a stack that has not run into it. */
size_t stack_margin(const struct stack *stack);
/* Sets the poll word to the running stack's limit: a poll that was asked for is taken up. */
void stack_set_poll_limit(struct vm *vm);
/* The same for another stack, or one that moved: a poll that was asked for stays due. */
void stack_move_poll_limit(struct vm *vm);

static inline bool context_is_married(oop context)
{
    return oop_is_integer(object_slot(context, 0));
}

/* The context whose receiver and method a context runs with: itself, or the home of an old block context; NO_OOP where that is no
 * context of a method. */
static inline oop context_home(oop context)
{
    if (object_class_index(context) == CLASS_CONTEXT)
        return context;
    oop home = heap_follow(object_slot(context, SLOT_BLOCK_CONTEXT_HOME));
    bool fits = oop_is_object(home) && object_class_index(home) == CLASS_CONTEXT;
    return fits ? home : NO_OOP;
}

/* Whether a context has room for the temporaries of its method, which its blocks reach by their places. */
static inline bool context_has_temporaries(oop context, oop method)
{
    size_t count = (size_t)(code_header(method) >> CODE_HEADER_TEMP_SHIFT) & 63;
    return object_slot_count(context) >= SLOT_CONTEXT_FRAME + count;
}

static inline oop *context_fp(oop context)
{
    return (oop *)(uintptr_t)(object_slot(context, 0).bits & ~(uint64_t)1);
}

static inline struct stack *context_stack(oop context)
{
    return (struct stack *)(uintptr_t)(object_slot(context, 2).bits >> 3);
}

/* --- frames and contexts -------------------------------------------------------------------------------------------------- */

/* The context of a frame, made if it has none. The fp's own operands must be in memory. */
oop frame_marry(struct vm *vm, struct stack *stack, oop *fp);
/* Turns every frame of a stack into a heap context, frees the stack, answers the top context. */
oop stack_flush(struct vm *vm, struct stack *stack);
/* Flushes the running stack and goes on from the heap contexts. */
void stack_flush_running(struct vm *vm);
/* Flushes all stacks, suspended ones too; the running process goes on from heap contexts afterwards when resumed with
 * frame_resume_context. Answers the running process's top context. */
oop stack_flush_all(struct vm *vm);
/* Makes context the running frame: on its own stack if it is married, else on a new one. False when it is dead or not a
 * context. */
bool frame_resume_context(struct vm *vm, oop context) VIV_MUST_USE;
/* The base frame at fp returned value: goes on in its sender. */
void frame_base_return(struct vm *vm, oop *returned, oop value);

/* Field `index` of any context; a married one's is read from its frame. */
oop context_fetch(struct vm *vm, oop context, size_t index);
/* Stores; structural fields of a married context flush its stack first. */
void context_store(struct vm *vm, oop context, size_t index, oop value);
/* Slots in use beyond the fixed ones. */
size_t context_stack_count(struct vm *vm, oop context);
/* The sender context or nil. */
oop context_sender(struct vm *vm, oop context);
/* Marks a married context's frame as gone: it has returned, or is cut off. The context of a method with old blocks keeps the
 * temporaries. */
void context_kill(struct vm *vm, oop context);

/* Stores into a temporary of a context that an old block belongs to; packed says where it is (home_temp_pack). */
void home_temp_store(struct vm *vm, oop home, int32_t packed, oop value);
/* Builds a frame for an old block context that is on the running stack, without a frame; its operands are the given arguments. */
void frame_activate_block(struct vm *vm, struct code *code, oop block, const oop *arguments,
                          size_t argument_count);
/* Builds a frame for code whose receiver (or closure) and arguments are on the running stack. */
void frame_activate(struct vm *vm, struct code *code);

/* Roots: every slot of every stack, and the hooks for full collections. */
void stack_visit_all(struct vm *vm, heap_visit_fn *visitor);
void stack_visit(struct stack *stack, struct heap *heap, heap_visit_fn *visitor);

/* Marks (stack_marks.c). After a scavenge: sets some on deep stacks. */
void stacks_set_marks(struct vm *vm);
/* Where a scavenge may stop to look: the first word of frames that hold nothing young; the stack's limit without marks. */
oop *stack_clean_start(struct stack *stack);
void stack_visit_marks(struct stack *stack, struct heap *heap, heap_visit_fn *visitor);
/* Something that may be young was written into a frame that does not run. */
void stack_note_write(struct stack *stack, const oop *fp);
/* Something that may be young was written into any frame. */
void stack_drop_marks(struct stack *stack);
/* Whether what the marks say is so; for checking builds. */
bool stack_marks_hold(struct vm *vm, struct stack *stack);

#endif
