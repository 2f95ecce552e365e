#include "vm/code/code_memory.h"

#include "vm/base/os.h"
#include "vm/base/poison.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Where the hardware or the sanitizers want it otherwise nothing is compiled, and any address will do. */
#if defined(MAP_32BIT) && !VIV_ADDRESS_SANITIZER
#define LOW_MAPPING MAP_32BIT
#else
#define LOW_MAPPING 0
#endif

/* At the beginning of a mapping. */
struct mapping {
    struct mapping *next;
    struct mapping *previous;
    size_t size;
};

/* Pages that are brought in at a time: less than a fault for each. */
#define PRESENT_SIZE ((size_t)32 << 10)

static size_t units_of(size_t size)
{
    return (size + CODE_MEMORY_UNIT - 1) / CODE_MEMORY_UNIT;
}

static struct mapping *map(void **list, size_t size)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    void *address = mmap(NULL, size, PROT_READ | PROT_WRITE, flags | LOW_MAPPING, -1, 0);
    if (address == MAP_FAILED)
        address = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (address == MAP_FAILED)
        return NULL;
    /* What was there before may have been given back as it was. */
    viv_unpoison(address, size);
    struct mapping *mapping = address;
    *mapping = (struct mapping){*list, NULL, size};
    if (mapping->next != NULL)
        mapping->next->previous = mapping;
    *list = mapping;
    return mapping;
}

static void *allocate_large(struct code_memory *memory, size_t size)
{
    struct mapping *mapping = map(&memory->large, CODE_MEMORY_UNIT + size);
    return mapping == NULL ? NULL : (char *)mapping + CODE_MEMORY_UNIT;
}

static void free_large(struct code_memory *memory, void *block)
{
    struct mapping *mapping = (struct mapping *)(void *)((char *)block - CODE_MEMORY_UNIT);
    if (mapping->previous == NULL)
        memory->large = mapping->next;
    else
        mapping->previous->next = mapping->next;
    if (mapping->next != NULL)
        mapping->next->previous = mapping->previous;
    munmap(mapping, mapping->size);
}

void *code_memory_allocate(struct code_memory *memory, size_t size)
{
    size_t units = units_of(size);
    if (units > CODE_MEMORY_CLASSES)
        return allocate_large(memory, size);
    void *block = memory->free_blocks[units];
    if (block != NULL) {
        memory->free_blocks[units] = *(void **)block;
        viv_unpoison(block, units * CODE_MEMORY_UNIT);
        return block;
    }
    size_t rounded = units * CODE_MEMORY_UNIT;
    if ((size_t)(memory->bump_limit - memory->bump) < rounded) {
        struct mapping *chunk = map(&memory->chunks, CODE_MEMORY_CHUNK);
        if (chunk == NULL)
            return NULL;
        memory->bump = (char *)chunk + CODE_MEMORY_UNIT;
        memory->bump_limit = (char *)chunk + CODE_MEMORY_CHUNK;
        memory->present_limit = (char *)chunk;
    }
    block = memory->bump;
    memory->bump += rounded;
    while (memory->present_limit < memory->bump) {
        os_populate(memory->present_limit, PRESENT_SIZE);
        memory->present_limit += PRESENT_SIZE;
    }
    return block;
}

void code_memory_free(struct code_memory *memory, void *block, size_t size)
{
    size_t units = units_of(size);
    if (block == NULL)
        return;
    if (units > CODE_MEMORY_CLASSES) {
        free_large(memory, block);
        return;
    }
    *(void **)block = memory->free_blocks[units];
    memory->free_blocks[units] = block;
    viv_poison((char *)block + sizeof(void *), units * CODE_MEMORY_UNIT - sizeof(void *));
}

static void unmap_all(void *list)
{
    for (struct mapping *mapping = list; mapping != NULL;) {
        struct mapping *next = mapping->next;
        munmap(mapping, mapping->size);
        mapping = next;
    }
}

void code_memory_close(struct code_memory *memory)
{
    unmap_all(memory->chunks);
    unmap_all(memory->large);
    *memory = (struct code_memory){0};
}
