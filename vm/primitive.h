/*
 * What a primitive sees: the one way in which primitives/, image/ and gui/ extend the machine. A primitive takes its receiver
 * and arguments from the call, answers with answer() and PRIM_OK, or returns the code of the failure and leaves everything as
 * it was; the method's Smalltalk code then runs. Primitives never move objects ("allocation never collects"), so oops may be
 * held in locals.
 */
#ifndef VIV_PRIMITIVE_H
#define VIV_PRIMITIVE_H

#include "vm/memory/heap.h"

struct vm;

typedef enum prim_result {
#define PRIM_ERROR(code, name, symbol) name = (code),
#include "vm/object/errors.def"
#undef PRIM_ERROR
} prim_result;

typedef struct prim_call {
    oop receiver;
    const oop *first_argument; /* the others follow at lower addresses, as they lie on the stack */
    size_t argument_count;
    oop method; /* whose primitive this is, or NO_OOP when called by number */
} prim_call;

typedef prim_result prim_function(struct vm *vm, const prim_call *call);

/* A control primitive changes frames, processes or where objects are: it runs with the interpreter's registers stored in the
 * VM (vm/execution/control.h). */
struct interpreter;
typedef prim_result control_function(struct vm *vm, size_t argument_count);

struct primitive {
    int number;         /* 0: named only */
    const char *module; /* NULL: numbered only */
    const char *name; /* function name of a named primitive, or of the numbered one for listings */
    int argument_count;      /* -1: any */
    prim_function *function; /* exactly one of these two is set */
    control_function *control;
    const char *usage; /* Class>>selector */
    const char *sentence;
};

/* The table of all primitives, by number and by module and name. */
struct primitive_table {
    const struct primitive *rows;
    size_t count;
};

/* Rows with a number take the place of those that the VM knows by it, for methods that are first called from now on. */
void vm_use_numbered(struct vm *vm, const struct primitive_table *table);

/* What shows the Display is told whenever pixels of it between these edges were changed by a primitive. */
typedef void display_hook(struct vm *vm, const int32_t edges[4]); /* left, right, top, bottom */
void vm_set_display_hook(struct vm *vm, display_hook *hook);
/* A primitive has changed pixels of a Form: if it is the Display, and there is a hook, that is called. */
void vm_form_changed(struct vm *vm, oop form, const int32_t edges[4]);

/* What a context's stack holds, whether a frame runs it or not: how many values, one of them by its zero-based index, and another in its
 * place. The index must be below the count. */
size_t vm_context_count(struct vm *vm, oop context);
oop vm_context_at(struct vm *vm, oop context, size_t index);
void vm_context_put(struct vm *vm, oop context, size_t index, oop value);

struct heap *vm_heap(struct vm *vm);
/* Calls visit for the objects of the image that running so far has looked at, as far as code tells: compiled code and what it names,
 * classes and the dictionaries that were searched; about in the order in which they were needed, some more than once. False when there
 * is no memory for that. */
bool vm_visit_used(struct vm *vm, void (*visit)(void *context, oop object),
                   void *context) VIV_MUST_USE;
/* Limits and base address that the VM was opened with, for whoever opens its heap: image reader, genesis. */
const struct heap_options *vm_heap_options(struct vm *vm);

/* Sets the primitive's answer. */
prim_result answer(struct vm *vm, const prim_call *call, oop value) VIV_MUST_USE;
/* The same for a value that allocation may have refused: NO_OOP fails with "insufficient object memory". */
prim_result answer_new(struct vm *vm, const prim_call *call, oop value) VIV_MUST_USE;
prim_result answer_boolean(struct vm *vm, const prim_call *call, bool value) VIV_MUST_USE;
prim_result answer_integer(struct vm *vm, const prim_call *call, int64_t value) VIV_MUST_USE;
prim_result answer_float(struct vm *vm, const prim_call *call, double value) VIV_MUST_USE;
/* A new Point; fails where the image has none. */
prim_result answer_point(struct vm *vm, const prim_call *call, oop x, oop y) VIV_MUST_USE;
/* A new Array of two values, either of which allocation may have refused. */
prim_result answer_pair(struct vm *vm, const prim_call *call, oop first, oop second) VIV_MUST_USE;
/* A new ByteString of the bytes as they are. */
prim_result answer_string(struct vm *vm, const prim_call *call, const char *bytes,
                          size_t size) VIV_MUST_USE;
prim_result answer_nil(struct vm *vm, const prim_call *call) VIV_MUST_USE;
/* The receiver. */
prim_result answer_self(struct vm *vm, const prim_call *call) VIV_MUST_USE;
/* Fails with PRIM_OPERATING_SYSTEM_ERROR; the method finds a PrimitiveError with the number in its error temporary. */
prim_result fail_with_os_error(struct vm *vm, int error_number) VIV_MUST_USE;

static inline oop prim_argument(const prim_call *call, size_t index)
{
    return call->first_argument[-(ptrdiff_t)index];
}

/* Arguments checked and converted; PRIM_BAD_ARGUMENT or PRIM_BAD_INDEX when they do not fit. */
prim_result arg_integer(const prim_call *call, size_t argument, int64_t *value) VIV_MUST_USE;
/* SmallInteger or LargeInteger that fits in 64 bits. */
prim_result arg_int64(struct vm *vm, const prim_call *call, size_t argument,
                      int64_t *value) VIV_MUST_USE;
prim_result arg_uint64(struct vm *vm, const prim_call *call, size_t argument,
                       uint64_t *value) VIV_MUST_USE;
prim_result arg_boolean(struct vm *vm, const prim_call *call, size_t argument,
                        bool *value) VIV_MUST_USE;
/* A one-based index below or at limit, made zero-based. */
prim_result arg_index(const prim_call *call, size_t argument, size_t limit,
                      size_t *index) VIV_MUST_USE;
/* A float of either kind; integers too where `coerce`. */
bool oop_as_float(struct vm *vm, oop value, double *result) VIV_MUST_USE;
bool oop_as_int64(struct vm *vm, oop value, int64_t *result) VIV_MUST_USE;
bool oop_as_uint64(struct vm *vm, oop value, uint64_t *result) VIV_MUST_USE;
/* The bytes of a byte object (String, Symbol, ByteArray, LargeInteger). */
prim_result arg_bytes(const prim_call *call, size_t argument, uint8_t **bytes,
                      size_t *size) VIV_MUST_USE;
/* A byte string as a new NUL-terminated C string on the C heap (free it); refuses NUL bytes inside. Wide strings are
 * encoded as UTF-8, byte strings are taken as they are (file names are bytes). */
prim_result arg_c_string(struct vm *vm, const prim_call *call, size_t argument,
                         char **string) VIV_MUST_USE;
bool oop_is_bytes(oop value);
/* The words of a Bitmap or any other object with elements of 32 bits. */
bool oop_as_words(oop value, uint32_t **words, size_t *count) VIV_MUST_USE;
bool oop_is_large_integer(oop value);

/* State that a module of primitives keeps for one VM: made on first use, freed with the VM. */
void *vm_module_state(struct vm *vm, const char *module);
bool vm_set_module_state(struct vm *vm, const char *module, void *state,
                         void (*release)(void *state)) VIV_MUST_USE;

/* The state of the module, made where there is none: `size` bytes of zeros, which open, unless NULL, makes ready; release ends and
 * frees it. NULL without memory, or when open answers false. */
void *vm_ensure_module_state(struct vm *vm, const char *module, size_t size,
                             bool (*open)(void *state), void (*release)(void *state)) VIV_MUST_USE;

/* What the host told the VM: the arguments after the image, the names of VM and image. */
struct vm_host_arguments {
    const char *vm_path;
    const char *image_path;
    int argument_count; /* image arguments */
    char *const *arguments;
};
const struct vm_host_arguments *vm_host_arguments(struct vm *vm);
bool vm_set_image_path(struct vm *vm, const char *path) VIV_MUST_USE;

/* What the image file's header flags (spur-format, section 2) ask of the machine; the file's reader keeps the rest of them. */
void vm_set_image_flags(struct vm *vm, uint64_t flags);

/* Why the last snapshot failed: one sentence, or an empty string. */
const char *vm_save_failure(const struct vm *vm);

/* What became of the copy of this process that saves the world. Once it has ended, that is told once; sentence then has the reason
 * for a failure. */
enum background_save_state { SAVE_NONE, SAVE_RUNNING, SAVE_DONE, SAVE_FAILED };
enum background_save_state vm_background_save(struct vm *vm, char *sentence, size_t size);

/* Asks the VM to stop: vm_run returns status as the exit status. */
void vm_request_exit(struct vm *vm, int status);

/* Signals the semaphore at a one-based index of the external objects array at the next poll, as often as it was asked for; from any
 * thread. False when there is no memory to note it. */
bool vm_signal_external(struct vm *vm, size_t semaphore_index);

#endif
