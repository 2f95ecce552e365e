/*
 * Memory for code: words, cells and what belongs to them lie in the low 2 GB, so that compiled code names them in 32 bits. When those
 * are used up others serve, and what lies there is not compiled. Blocks that are freed are kept by size and given out again; everything goes back when the VM is closed.
 */
#ifndef VIV_CODE_CODE_MEMORY_H
#define VIV_CODE_CODE_MEMORY_H

#include <stddef.h>

enum {
    CODE_MEMORY_UNIT = 64,         /* bytes; every block is aligned to it */
    CODE_MEMORY_CLASSES = 512,     /* blocks of up to so many units are kept by their size */
    CODE_MEMORY_CHUNK = 256 * 1024 /* bytes taken from the system at a time */
};

struct code_memory {
    void
        *free_blocks[CODE_MEMORY_CLASSES + 1]; /* by units; the next is in the block's first word */
    char *bump;
    char *bump_limit;
    char *present_limit; /* of the newest chunk, pages up to here are present */
    void *chunks;        /* each begins with the address of the next and its size */
    void *large;         /* blocks of more units, with mappings of their own, in the same way */
};

/* A block of size bytes, aligned to CODE_MEMORY_UNIT; NULL when there is no memory. */
void *code_memory_allocate(struct code_memory *memory, size_t size);
/* Gives back a block of that size; NULL is none. */
void code_memory_free(struct code_memory *memory, void *block, size_t size);
/* Gives back everything. */
void code_memory_close(struct code_memory *memory);

#endif
