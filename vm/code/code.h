/*
 * Code: what a compiled method or block becomes when it is first activated. The image's object is never written; its code is
 * found by identity and lives outside the heap.
 *
 * Translation is pc-isomorphic: word i stands for bytecode i. A word inside a bytecode of several bytes is never run; the one
 * after the first holds a second operand or, in "long" instructions, the length. Prefixes fold into the word at the first
 * prefix. A superinstruction overwrites the handler of a first word only, so that a jump to any bytecode finds it whole.
 *
 * An inline-cache cell belongs to one send site. Its tag is a class index (an immediate's tag is one), 0 when empty and never a
 * forwarder's. Cells lie in the same block of memory as the words: a word holds the distance.
 */
#ifndef VIV_CODE_CODE_H
#define VIV_CODE_CODE_H

#include "vm/code/code_memory.h"
#include "vm/memory/heap.h"

typedef struct word {
    uint32_t handler; /* see struct handlers */
    int32_t argument;
} word;

enum opcode {
#define OP(name, ...) OP_##name,
#define HELPER OP
#include "vm/code/ops.def"
#undef OP
#undef HELPER
    OP_COUNT
};

/* What the interpreter in use puts into words and cells. */
struct handlers {
    /* For words; the last one where no instruction begins: a bytecode that is not assigned. */
    uint32_t words[OP_COUNT + 1];
    void *entries[OP_COUNT]; /* the same as native addresses, for cells and return addresses */
};

enum cell_kind {
    CELL_EMPTY,
    CELL_MONO,   /* entry builds a frame for target */
    CELL_GETTER, /* answers a slot of the receiver: value is its index */
    CELL_SETTER,
    CELL_CONSTANT, /* answers value: an immediate, nil, true or false */
    CELL_SELF,
    CELL_PRIMITIVE, /* entry runs target's primitive first */
    CELL_POLYMORPHIC,
    CELL_MEGAMORPHIC
};

struct code;
struct polymorphic;

typedef struct ic_cell {
    uint32_t tag;
    uint8_t kind;
    uint8_t argument_count;
    uint16_t flags; /* enum cell_flag */
    void *entry;
    union {
        struct code *target;
        uint64_t value;
        struct polymorphic *polymorphic;
    } u;
    oop selector;
} ic_cell;

enum cell_flag {
    CELL_SUPER = 1, /* lookup starts above the class of the method */
    /* It runs what the message found comes to, and depends on more than its own selector. */
    CELL_SHORTCUT = 2
};

/* A tag that no receiver has: the cell of a polymorphic site, which the miss path searches. */
#define CELL_TAG_NEVER UINT32_MAX

/* The classes of a polymorphic site. */
enum { POLYMORPHIC_MAX = 4 };
struct polymorphic {
    size_t count;
    ic_cell cells[POLYMORPHIC_MAX];
};

enum code_flag {
    CODE_IS_BLOCK = 1,
    CODE_IS_EMBEDDED =
        2,            /* a block inside a method's bytecodes: words and cells are the method's */
    CODE_UNWIND = 4,  /* ensure:, ifCurtailed: (primitive 198) */
    CODE_HANDLER = 8, /* on:do: (primitive 199) */
    CODE_LARGE_FRAME = 16,
    CODE_SISTA = 32,
    CODE_DEAD = 64, /* its method is garbage */
    CODE_OLD_BLOCK =
        128, /* the blocks of a method, as old block contexts run them: temporaries are the home's */
    CODE_HAS_OLD_BLOCKS = 256 /* its contexts keep temporaries for them */
};

struct primitive;

/* Leaf code of one method that can rely on cells by a count, see vm/jit/leaf. */
enum { CODE_CELLS_KNOWN = 4 };

struct code {
    const word *first; /* where activation starts: after the primitive call, if any */
    oop method;        /* CompiledMethod or CompiledBlock */
    uint8_t argument_count;
    uint8_t local_count; /* temporaries that are not arguments, copied values included */
    uint16_t flags;
    int16_t
        error_temp; /* frame offset of the temporary that takes a failed primitive's code, 0: none */
    uint16_t primitive_number;
    const struct primitive *primitive; /* NULL: none, or not there */
    void *entry;                       /* where a cell that found this code goes */
    uint64_t entry_value;              /* of a getter, setter or constant */
    uint8_t entry_kind;                /* enum cell_kind */
    uint32_t number;                   /* in the order in which code came into the table */
    word *words;
    size_t word_count;
    ic_cell *cells;
    size_t cell_count;
    size_t
        block_size; /* bytes of words and cells, which lie behind this in the same block of memory */
    struct code *home;         /* of an embedded block: the method's code */
    int32_t start_word;        /* of an embedded block */
    int32_t counter;           /* of calls and loops, negative: at 0 the code is compiled */
    uint32_t *traced_handlers; /* of the words, where bytecodes are traced; else NULL */
    uint32_t *native;          /* address in compiled code of each word, or 0; NULL: not compiled */
    /* What cells_changed was when leaf code last saw that its cells are as it knows them. */
    uint64_t cells_known[CODE_CELLS_KNOWN];
    struct code *next; /* in its bucket */
};

/* The bytecodes of a method or block, which its words stand for. */
static inline const uint8_t *code_bytecodes(const struct code *code)
{
    return object_bytes(code->method) + 8 * (1 + code_literal_count(code->method));
}

/* Frame offsets in words (execution, section 3). */
enum frame_slot {
    FRAME_RETURN = 1,
    FRAME_CALLER = 0,
    FRAME_CODE = -1,
    FRAME_CONTEXT = -2,
    FRAME_IP = -3,
    FRAME_RECEIVER = -4,
    FRAME_LOCALS = -5
};

/* Offset from fp of temporary `index` (arguments first) of code with argument_count arguments. */
static inline int frame_temp_offset(size_t argument_count, size_t index)
{
    if (index < argument_count)
        return (int)(argument_count - index) + FRAME_RETURN;
    return FRAME_LOCALS - (int)(index - argument_count);
}

static inline ic_cell *word_cell(const word *ip)
{
    return (ic_cell *)((uintptr_t)ip + (uintptr_t)(intptr_t)ip->argument);
}

/* The code that has the words which another one runs, and what is compiled of them: its method's for an embedded block. */
static inline struct code *code_owner(struct code *code)
{
    return code->home != NULL ? code->home : code;
}

/* Where compiled code has the instruction at ip; 0 where it has not. */
static inline uint32_t code_native_at(const struct code *code, const word *ip)
{
    const struct code *owner = code->home != NULL ? code->home : code;
    return owner->native == NULL ? 0 : owner->native[ip - owner->words];
}

/* Byte index, from the first bytecode, of a context's one-based pc, and back. */
static inline int64_t pc_to_word_index(enum dialect dialect, oop method, int64_t pc)
{
    return pc - 1 - dialect_literal_size(dialect) * (int64_t)(code_literal_count(method) + 1);
}

static inline int64_t word_index_to_pc(enum dialect dialect, oop method, int64_t word_index)
{
    return word_index + 1 +
           dialect_literal_size(dialect) * (int64_t)(code_literal_count(method) + 1);
}

/* Where an instruction for a temporary of the home has it: slot of its context, and offset from the fp of its frame. */
static inline int32_t home_temp_pack(size_t slot, int frame_offset)
{
    return frame_offset * 256 + (int32_t)slot;
}

static inline size_t home_temp_slot(int32_t packed)
{
    return (size_t)(packed & 0xFF);
}

static inline int home_temp_frame_offset(int32_t packed)
{
    return (packed - (packed & 0xFF)) / 256;
}

/* The second word of the jump behind a blockCopy: tells how many arguments the block has that it jumps over. */
enum { BLOCK_MARK = 1 << 20 };

/* What translation needs to know besides the method. */
struct translation {
    struct heap *heap;
    struct code_memory *memory;
    const struct handlers *handlers;
    const struct primitive *(*find_primitive)(void *context, oop method, unsigned number);
    void *context;
    bool traces;           /* each bytecode begins with OP_trace, and nothing is shortened */
    int32_t compile_after; /* calls and loops before code is compiled; 0: they are not counted */
};

/* Code for a method or full block; NULL when there is no C memory. A bytecode that is not assigned becomes an instruction that
 * reports itself when it is run. */
struct code *code_translate(const struct translation *translation, oop method);
/* Code for compiled code that the verifier refused: it runs as one bytecode that is not assigned. */
struct code *code_refuse(const struct translation *translation, oop method);
/* Code for an embedded block whose bytecodes begin at word start_word of home. */
struct code *code_translate_embedded(const struct translation *translation, struct code *home,
                                     int32_t start_word, size_t argument_count,
                                     size_t copied_count);
/* The code of a method's old block contexts, with words and cells of its own; each begins at the pc that it knows. */
struct code *code_translate_old_blocks(const struct translation *translation, oop method);
void code_free(struct code_memory *memory, struct code *code);
/* Where cells enter code that builds a frame in the interpreter, counting or not. */
enum opcode code_frame_entry(const struct code *code, bool counts);

/* --- the table: method -> code ---------------------------------------------------------------------------------------- */

struct code_table {
    struct code **buckets;
    size_t bucket_count; /* a power of two */
    size_t count;
    uint32_t added; /* all that ever came, past 2^32 from 0 */
    size_t size;    /* bytes of all code */
    /* How often a cell that held something has come to hold something else: who relies on cells compares. */
    uint64_t cells_changed;
    struct code_memory memory;
    bool has_young; /* a method or a selector in a cell may be young */
};

/* start_word: -1 for a method or full block, CODE_TABLE_OLD_BLOCKS for a method's old blocks, else where an embedded block
 * starts. */
enum { CODE_TABLE_OLD_BLOCKS = -2 };
struct code *code_table_find(const struct code_table *table, oop method, int32_t start_word);
bool code_table_add(struct code_table *table, struct code *code,
                    const struct heap *heap) VIV_MUST_USE;
/* From an `after` hook: keys are brought up to date, code of dead methods is freed. */
void code_table_update(struct code_table *table, const struct heap *heap);
void code_table_free(struct code_table *table);
/* Calls visit for every cell, polymorphic ones included. */
void code_table_each_cell(struct code_table *table, void (*visit)(void *context, ic_cell *cell),
                          void *context);
/* Empties a cell and forgets its further classes. */
void code_table_reset_cells(struct code_table *table,
                            bool (*wanted)(void *context, const ic_cell *cell), void *context,
                            const struct handlers *handlers);

#endif
