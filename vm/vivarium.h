/*
 * The embedding API of libvivarium. One struct vm is one world; several may run in one process, each on a thread of its own.
 * All functions but viv_interrupt, viv_print_stacks and viv_stop are called from the thread that opened the VM.
 *
 *     struct viv_options options = viv_default_options();
 *     struct vm *vm = viv_open("world.image", &options, &status);
 *     int exit_status = viv_run(vm);
 *     viv_close(vm);
 */
#ifndef VIV_VIVARIUM_H
#define VIV_VIVARIUM_H

#include "vm/base/status.h"

#include <stddef.h>
#include <stdint.h>

struct vm;
struct primitive_table;

struct viv_options {
    const struct primitive_table
        *primitives; /* NULL: no primitives but those of the interpreter itself */
    /* Called once the image is loaded, before anything runs: replaces what the image's dialect numbers otherwise. NULL: nothing. */
    void (*adapt_primitives)(struct vm *vm);
    /* Answers the primitives of a module that is not among those, or NULL when there is none. Asked once a module, on the VM's
     * thread, when a method that names it is first called; the table lives as long as the VM. NULL: there are no others. */
    const struct primitive_table *(*load_module)(void *context, const char *module);
    void *load_module_context;
    /* Reads the image into the VM: image_load of image/format in every ordinary program. */
    bool (*load_image)(struct vm *vm, const char *path, struct status *status);
    /* Ends the process at once, without cleaning up: _exit. It is called in a copy that was made to save the world in the background,
     * for that shares files with this one, and when memory is lacking that the VM cannot do without. NULL: worlds are saved in
     * the foreground only, and without memory the process aborts. */
    void (*end_process)(int exit_status);
    /* Writes the world; NULL: snapshots fail. image_save of image/format. */
    bool (*save_image)(struct vm *vm, const char *path, struct status *status);
    const char *vm_path;
    int argument_count; /* image arguments, system attributes 2 and up */
    char *const *arguments;
    size_t heap_limit;     /* bytes, 0: half of memory */
    size_t stack_limit;    /* bytes of one process's stack, 0: default */
    uint64_t base_address; /* 0: the image's own */
    unsigned stress_poll;  /* stress switches, 0 off: scavenge at every n-th poll */
    unsigned stress_full;  /* full collection with verification at every n-th poll */
    unsigned stress_flush; /* flush of the stack at every n-th poll, that is send or loop */
    bool small_caches;     /* lookup caches of one entry */
    int compile_after;     /* calls and loops before code is compiled; 0: it is interpreted */
    int compile_first;     /* the same for the first code, if that is more */
    size_t code_zone_size; /* bytes of compiled code, 0: default */
    bool names_code;       /* profilers find the names of compiled methods in /tmp/perf-PID.map */
    /* Called with every bytecode before it runs; everything is slower then. NULL: nobody asks. */
    void (*trace_bytecode)(void *context, struct vm *vm, uint8_t bytecode);
    void *trace_context;
    bool count_missing; /* calls of primitives that are not there: viv_missing_primitives */
};

/* What a run has used. Sizes in bytes, durations in nanoseconds. */
struct viv_statistics {
#define STATISTIC(field, name, unit, description) uint64_t field;
#include "vm/base/statistics.def"
#undef STATISTIC
};

enum { VIV_PRIMITIVE_NAME_SIZE = 64 };

/* A primitive that a method named and this machine does not have: by its number, or 117 with module and name. */
struct viv_missing_primitive {
    unsigned number;
    char module[VIV_PRIMITIVE_NAME_SIZE];
    char name[VIV_PRIMITIVE_NAME_SIZE];
    uint64_t calls;
};

struct viv_options viv_default_options(void);

/* Loads an image; NULL and a sentence when it cannot. path NULL: an empty VM for the genesis. */
struct vm *viv_open(const char *path, const struct viv_options *options, struct status *status);

/* After the genesis has filled an empty VM's heap: starts its saved process. */
bool vm_start(struct vm *vm, struct status *status);

/* Whether the world is one of ours: it knows the messages by which this machine tells of memory, interrupts and lost messages, and the
 * words of viv's command line. */
bool viv_is_native(struct vm *vm);
/* Other arguments after the image than it was opened with; the caller keeps them. */
void viv_set_arguments(struct vm *vm, int argument_count, char *const *arguments);

/* Runs the world until it quits; answers its exit status. */
int viv_run(struct vm *vm);

void viv_close(struct vm *vm);

/* In place of viv_close when the process ends next: only what others would miss is put in order (files, terminal). Memory goes
 * back with the process, which is faster; the functions for any thread may still be called. */
void viv_leave(struct vm *vm);

void viv_statistics(const struct vm *vm, struct viv_statistics *statistics);

/* Those that were called while options.count_missing was set, the most called first; theirs until the world runs on. */
const struct viv_missing_primitive *viv_missing_primitives(struct vm *vm, size_t *count);

/* From any thread: interrupts the running process within 100 ms; prints the stacks of all processes on stderr; stops. */
void viv_interrupt(struct vm *vm);
void viv_print_stacks(struct vm *vm);
void viv_stop(struct vm *vm, int exit_status);

#endif
