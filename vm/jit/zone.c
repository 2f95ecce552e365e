#include "vm/jit/zone.h"

#include <string.h>
#include <sys/mman.h>

enum { CODE_ALIGNMENT = 16, TOUCH_SIZE = 32 * 1024 };

#ifdef MAP_32BIT
/* Shared memory without a name: an old size of 0 asks for a second mapping of it. Profilers take it for what it is, code that is in no
 * file. */
bool zone_open(struct zone *zone, size_t size)
{
    *zone = (struct zone){0};
    void *first =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (first == MAP_FAILED)
        return false;
    zone->size = size;
    void *second = mremap(first, 0, size, MREMAP_MAYMOVE);
    zone->executable = (uintptr_t)first;
    zone->writable = second == MAP_FAILED ? NULL : second;
    if (second != MAP_FAILED && mprotect(first, size, PROT_READ | PROT_EXEC) == 0)
        return true;
    zone_close(zone);
    return false;
}
#else
bool zone_open(struct zone *zone, size_t size)
{
    (void)size;
    *zone = (struct zone){0};
    return false;
}
#endif

void zone_close(struct zone *zone)
{
    if (zone->writable != NULL)
        munmap(zone->writable, zone->size);
    if (zone->executable != 0)
        munmap((void *)zone->executable, zone->size);
    *zone = (struct zone){0};
}

/* Page by page, each would cost two faults; memory is brought in for several at a time. Where the system does not know how, the
 * faults come. */
static void touch(struct zone *zone)
{
    size_t size = zone->size - zone->touched;
    if (size > TOUCH_SIZE)
        size = TOUCH_SIZE;
#ifdef MADV_POPULATE_WRITE
    (void)madvise(zone->writable + zone->touched, size, MADV_POPULATE_WRITE);
    (void)madvise((void *)(zone->executable + zone->touched), size, MADV_POPULATE_READ);
#endif
    zone->touched += size;
}

uint8_t *zone_allocate(struct zone *zone, size_t size, uintptr_t *runs_at)
{
    size_t start = (zone->used + CODE_ALIGNMENT - 1) & ~(size_t)(CODE_ALIGNMENT - 1);
    if (start > zone->size || size > zone->size - start)
        return NULL;
    zone->used = start + size;
    while (zone->touched < zone->used)
        touch(zone);
    *runs_at = zone->executable + start;
    return zone->writable + start;
}

/*
 * The processor watches for changes of what it runs by the address that they are written to. These were written to another: stores
 * that still wait for memory, and instructions fetched before, would go unnoticed. A serializing instruction ends both. A return from an
 * interrupt is one that needs no privilege and does not leave a guest; it returns to the next instruction here.
 */
void zone_publish(void)
{
#ifdef __x86_64__
    uint64_t scratch;
    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\t" /* the compiler's red zone */
                     "movq %%rsp, %%rdx\n\t"
                     "movl %%ss, %k0\n\t"
                     "pushq %0\n\t"
                     "pushq %%rdx\n\t"
                     "pushfq\n\t"
                     "movl %%cs, %k0\n\t"
                     "pushq %0\n\t"
                     "leaq 1f(%%rip), %0\n\t"
                     "pushq %0\n\t"
                     "iretq\n"
                     "1:\tleaq 128(%%rsp), %%rsp"
                     : "=&a"(scratch)
                     :
                     : "rdx", "cc", "memory");
#endif
}

void zone_empty(struct zone *zone)
{
    zone->used = 0;
}
