/*
 * struct vm: one world's whole state. The interpreter, frames, lookup, processes and polls share it; other rooms reach it
 * through vm/primitive.h and vm/vivarium.h.
 *
 * While the interpreter runs, sp, fp, ip and the top of stack are in its registers; `vm->sp` and `vm->fp` are true only while
 * C code called by it runs ("spilled"): then the top of stack is in memory and the frame's ip stands in the frame.
 */
#ifndef VIV_EXECUTION_VM_STATE_H
#define VIV_EXECUTION_VM_STATE_H

#include "vm/code/code.h"
#include "vm/execution/stack.h"
#include "vm/primitive.h"
#include "vm/vivarium.h"

#include <pthread.h>

enum {
    LOOKUP_CACHE_SIZE = 2048,
    BLOCK_CACHE_SIZE = 256,
    MODULE_STATES_MAX = 16,
    LOADED_MODULES_MAX = 16,
    MODULE_NAME_SIZE = 64
};

struct block_cache_entry {
    oop block; /* CompiledBlock; nil when empty */
    struct code *code;
};

struct module_state {
    const char *module;
    void *state;
    void (*release)(void *state);
};

/* What the host answered for a module of primitives: a table, or NULL when it has none. */
struct loaded_module {
    char name[MODULE_NAME_SIZE];
    const struct primitive_table *table;
};

/* Wakes the VM when a delay is over: a thread, started on first use. */
struct timer {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool started;
    bool quitting;
    uint64_t due_ns; /* monotonic, 0: none */
};

/* How often the semaphore at an index is to be signalled at the next poll. */
struct external_signal {
    size_t index;
    uint64_t count;
};

/* What other threads ask of the VM; read at polls. */
struct requests {
    _Atomic bool timer_due;
    _Atomic bool interrupt;
    _Atomic bool print_stacks;
    _Atomic bool stop;
    _Atomic int stop_status;
    _Atomic uint32_t external_signals; /* semaphores that wait in signals */
    pthread_mutex_t mutex;
    pthread_cond_t wake;             /* an idle VM waits here */
    struct external_signal *signals; /* own, in the order in which they were asked for first */
    uint32_t signals_capacity;
};

/*
 * The tier above the interpreter (vm/jit), which the interpreter knows by these functions only; all NULL without one.
 * A return address in its code and the interpreter's own (OP_resume) mean the same, because the frame that is returned to holds the
 * ip in either case: one may take the place of the other at any time.
 */
struct tier {
    /* Compiles code whose counter has come to 0, if it can; answers where cells enter it from now on. Moves nothing. */
    void *(*compile)(struct vm *vm, struct code *code);
    /* At a poll, when `wants_flush`: forgets all compiled code. */
    void (*flush)(struct vm *vm);
    void (*close)(struct vm *vm);
    void *state;
    int32_t compile_after; /* calls and loops that are counted for code that is translated now */
    /* Where its code lies. */
    uintptr_t base;
    uintptr_t size;
    bool wants_flush;
};

/* A copy of this process that saves the world (control_snapshot.c). */
struct background_save {
    pid_t process; /* 0: none */
    int pipe_end;  /* where it tells why it failed */
};

struct vm {
    struct heap heap;            /* first: its hot fields are the VM's hot fields */
    _Atomic uintptr_t poll_word; /* sp below this: poll */
    oop *sp;
    oop *fp;
    struct stack *stack; /* of the active process */
    oop answer;          /* of the primitive that just succeeded */
    prim_call call;      /* of the primitive that the interpreter runs */
    double number;       /* that compiled code leaves to be made an object */
    uint32_t point_class_index;
    /* A SmallInteger of the dialect lies, as an oop with bias added, below span. */
    int64_t integer_bias;
    uint64_t integer_span;
    bool stopped; /* leave the interpreter */
    int exit_status;
    int failure_os_error; /* of the primitive that failed for it; 0: not told */

    ic_cell *lookup_cache;
    size_t lookup_mask;
    struct block_cache_entry *block_cache;

    struct code_table codes;
    const uint64_t *loaded_limit;    /* end of what came with the image */
    const struct handlers *handlers; /* own_handlers */
    struct handlers own_handlers;
    const struct primitive_table *primitives;
    const struct primitive **numbered; /* by number, NULL where there is none */
    size_t numbered_count;

    struct stack_list stacks;
    oop timer_semaphore; /* to signal when the timer is due; nil: special object TIMER_SEMAPHORE */
    struct timer timer;
    struct requests requests;
    bool stress;               /* any stress switch is on */
    bool preempted_goes_first; /* a process that gives way stays first of its priority */

    struct module_state modules[MODULE_STATES_MAX];
    size_t module_count;
    struct loaded_module loaded[LOADED_MODULES_MAX];
    size_t loaded_count;
    struct viv_missing_primitive *missing; /* room for the next power of two */
    size_t missing_count;

    struct viv_options options;
    struct heap_options heap_options;
    struct vm_host_arguments host;
    char *image_path; /* own copy */
    char save_failure[512];
    struct background_save background_save;
    struct tier tier;
    display_hook *display_hook; /* NULL: nothing shows the Display */
    size_t stack_limit;         /* bytes of one process's stack */
    struct viv_statistics statistics;
    word *traced;              /* the word whose trace instruction is away while it runs, or NULL */
    uint64_t polls;            /* for the stress switches */
    bool low_memory_signalled; /* of the heap */
    bool low_c_memory_signalled; /* of memory outside it */
};

/* Registers roots and fills what depends on the heap's objects: once an image or the genesis has filled it. */
void vm_prepare(struct vm *vm);

static inline bool vm_is_compiled_code(const struct vm *vm, uint64_t address)
{
    return address - vm->tier.base < vm->tier.size;
}

/* Whether a return address leads back to the caller's frame: into the interpreter or into compiled code. */
static inline bool vm_returns_to_frame(const struct vm *vm, uint64_t address)
{
    return address == (uintptr_t)vm->handlers->entries[OP_resume] ||
           vm_is_compiled_code(vm, address);
}

/* The entry of the VM-wide lookup cache for a class and a selector; the caller compares. */
static inline ic_cell *lookup_cache_entry(struct vm *vm, uint32_t tag, oop selector)
{
    size_t hash = (size_t)(selector.bits >> 3) ^ ((size_t)tag * 31);
    return &vm->lookup_cache[hash & vm->lookup_mask];
}

static inline struct block_cache_entry *block_cache_entry(struct vm *vm, oop block)
{
    return &vm->block_cache[(block.bits >> 4) % BLOCK_CACHE_SIZE];
}

static inline oop vm_special(const struct vm *vm, enum special_object index)
{
    return heap_follow(heap_special(&vm->heap, index));
}

static inline const struct code *frame_code(const oop *fp)
{
    return (const struct code *)(uintptr_t)fp[FRAME_CODE].bits;
}

static inline oop *frame_caller(const oop *fp)
{
    return (oop *)(uintptr_t)fp[FRAME_CALLER].bits;
}

static inline const word *frame_ip(const oop *fp)
{
    return (const word *)(uintptr_t)fp[FRAME_IP].bits;
}

static inline void frame_set_ip(oop *fp, const word *ip)
{
    fp[FRAME_IP].bits = (uint64_t)(uintptr_t)ip;
}

static inline void vm_push(struct vm *vm, oop value)
{
    *--vm->sp = value;
}

#endif
