/* Opening the heap, roots, class table, identity hashes. */
#define _GNU_SOURCE
#include "vm/memory/heap.h"

#include "vm/base/os.h"
#include "vm/base/poison.h"
#include "vm/memory/cards.h"
#include "vm/memory/old_space.h"
#include "vm/memory/populate.h"

#include <stdlib.h>
#include <sys/mman.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define PREFERRED_RESERVATION UINT64_C(0x200000000000)
#define LARGEST_RESERVE ((size_t)1 << 40)
#define SMALLEST_RESERVE ((size_t)1 << 28)
#define DEFAULT_EDEN_SIZE ((size_t)1 << 20)
#define EDEN_SLACK_SIZE ((size_t)1 << 20)
#define SURVIVOR_SIZE ((size_t)1 << 19)
#define FIRST_EDEN_SIZE ((size_t)16 << 10)
#define EMERGENCY_SIZE ((size_t)64 << 20)
#define FIRST_COLLECTION_SIZE ((size_t)64 << 20)

uint64_t heap_preferred_base(void)
{
    return PREFERRED_RESERVATION + OS_PAGE_SIZE;
}

static void *reserve(uint64_t address, size_t size)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    if (address != 0)
        flags |= MAP_FIXED_NOREPLACE;
    void *mapping = mmap((void *)(uintptr_t)address, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (mapping == MAP_FAILED)
        return NULL;
    if (address != 0 && mapping != (void *)(uintptr_t)address) {
        munmap(mapping, size);
        return NULL;
    }
    return mapping;
}

/* Reserves old space so that its base is at wanted if that can be had; elsewhere at the same place in a 2 MB page. */
static bool reserve_old_space(struct old_space *old, uint64_t wanted)
{
    uint64_t offset = wanted & (OS_LARGE_PAGE_SIZE - 1);
    for (size_t size = LARGEST_RESERVE; size >= SMALLEST_RESERVE; size /= 4) {
        char *start = reserve(wanted - offset, size);
        if (start == NULL) {
            start = reserve(0, size + OS_LARGE_PAGE_SIZE);
            if (start == NULL)
                continue;
            size_t excess = OS_LARGE_PAGE_SIZE - ((uintptr_t)start & (OS_LARGE_PAGE_SIZE - 1));
            munmap(start, excess);
            start += excess;
            offset = OS_PAGE_SIZE;
        }
        old->reserve_start = (uint64_t *)(void *)start;
        old->reserve_limit = (uint64_t *)(void *)(start + size);
        old->base = (uint64_t *)(void *)(start + offset);
        old->limit = old->base;
        /* Small pages cost a fault each, in the middle of a scavenge. */
        madvise(start, size, MADV_HUGEPAGE);
        /* A bit a word, and the bytes of the cards. */
        old->side_size = size / 64 + cards_table_size(size);
        old->mark_bits = reserve(0, old->side_size);
        if (old->mark_bits != NULL)
            return true;
        munmap(start, size);
    }
    return false;
}

static bool open_young_spaces(struct heap *heap, size_t eden_size)
{
    size_t eden_whole = eden_size + EDEN_SLACK_SIZE;
    size_t needed = eden_whole + 2 * SURVIVOR_SIZE;
    size_t size = (needed + OS_LARGE_PAGE_SIZE - 1) & ~(OS_LARGE_PAGE_SIZE - 1);
    char *mapping = reserve(0, size + OS_LARGE_PAGE_SIZE);
    if (mapping == NULL)
        return false;
    size_t excess = OS_LARGE_PAGE_SIZE - ((uintptr_t)mapping & (OS_LARGE_PAGE_SIZE - 1));
    munmap(mapping, excess);
    mapping += excess;
    /* A short run touches a few small pages; a longer one gets its first large page from the populator. */
    madvise(mapping, OS_LARGE_PAGE_SIZE, MADV_NOHUGEPAGE);
    madvise(mapping + OS_LARGE_PAGE_SIZE, size - OS_LARGE_PAGE_SIZE, MADV_HUGEPAGE);
    heap->young_mapping = mapping;
    heap->young_mapping_size = size;
    uint64_t *start = (uint64_t *)(void *)mapping;
    /* Survivors come first: they share eden's large page, which is present before the first scavenge. */
    heap->survivors.start = heap->survivors.free = start;
    heap->survivors.limit = start + SURVIVOR_SIZE / 8;
    heap->next_survivors.start = heap->next_survivors.free = heap->survivors.limit;
    heap->next_survivors.limit = heap->next_survivors.start + SURVIVOR_SIZE / 8;
    heap->eden.start = heap->eden_free = heap->next_survivors.limit;
    heap->eden.limit = heap->eden.start + eden_whole / 8;
    heap->eden_size = eden_size;
    heap->eden_soft_limit = heap->eden.start + eden_size / 8;
    heap->eden_limit =
        heap->eden.start + (eden_size < POPULATE_START_SIZE ? eden_size : POPULATE_START_SIZE) / 8;
    os_populate(heap->eden.start, FIRST_EDEN_SIZE);
    heap->barrier_base = heap->young_base = (uint64_t)(uintptr_t)start;
    heap->barrier_size = heap->young_size = size;
    heap->barrier_mask = HEADER_REMEMBERED;
    viv_poison(heap->survivors.start, 2 * SURVIVOR_SIZE);
    return true;
}

/* Fewer addresses than wanted mean a lower limit: the reserve beyond it, and as much again for holes, must have some too. */
static void keep_to_addresses(struct heap *heap)
{
    const struct old_space *old = &heap->old;
    size_t addresses = (size_t)((char *)old->reserve_limit - (char *)old->base);
    if (heap->size_limit > addresses - 2 * heap->reserve_size)
        heap->size_limit = addresses - 2 * heap->reserve_size;
}

bool heap_open(struct heap *heap, const struct heap_options *options, struct status *status)
{
    memset(heap, 0, sizeof *heap);
    uint64_t wanted = options->base_address != 0 ? options->base_address : heap_preferred_base();
    size_t eden_size = options->eden_size != 0 ? options->eden_size : DEFAULT_EDEN_SIZE;
    heap->size_limit = options->size_limit != 0 ? options->size_limit : os_memory_size() / 2;
    heap->end_process = options->end_process;
    heap->reserve_size = EMERGENCY_SIZE;
    heap->collect_at_size = FIRST_COLLECTION_SIZE;
    heap->last_hash = 1;
    heap->class_index_hint = CLASS_PAGE_SLOTS;
    if (!reserve_old_space(&heap->old, wanted))
        return status_fail(status, STATUS_MEMORY, "no address space for the heap");
    heap->card_bits =
        (uint8_t *)heap->old.mark_bits +
        (size_t)((char *)heap->old.reserve_limit - (char *)heap->old.reserve_start) / 64;
    keep_to_addresses(heap);
    if (!open_young_spaces(heap, eden_size) || !heap_fill_reserve(heap)) {
        heap_close(heap);
        return status_fail(status, STATUS_MEMORY, "no memory for eden and the reserve");
    }
    return true;
}

void heap_close(struct heap *heap)
{
    struct old_space *old = &heap->old;
    populator_stop(heap->populator);
    if (heap->young_mapping != NULL) {
        viv_unpoison(heap->young_mapping, heap->young_mapping_size);
        munmap(heap->young_mapping, heap->young_mapping_size);
    }
    if (old->reserve_start != NULL) {
        size_t size = (size_t)((char *)old->reserve_limit - (char *)old->reserve_start);
        viv_unpoison(old->reserve_start, (size_t)((char *)old->limit - (char *)old->reserve_start));
        munmap(old->reserve_start, size);
        if (old->mark_bits != NULL)
            munmap(old->mark_bits, old->side_size);
    }
    free(heap->c_reserve);
    oop_list_free(&heap->remembered);
    oop_list_free(&heap->cards);
    oop_list_free(&heap->tenured);
    oop_list_free(&heap->mark_stack);
    oop_list_free(&heap->large_found);
    oop_list_free(&heap->cycle.weak_found);
    oop_list_free(&heap->cycle.ephemerons_found);
    oop_list_free(&heap->weak_found);
    oop_list_free(&heap->ephemerons_found);
    oop_list_free(&heap->mourners);
    memset(heap, 0, sizeof *heap);
}

void heap_add_roots(struct heap *heap, const struct heap_roots *roots)
{
    viv_assert(heap->roots_count < HEAP_ROOTS_MAX, "room for one more provider of roots");
    heap->roots[heap->roots_count++] = *roots;
}

void heap_adopt_image(struct heap *heap, oop special_objects)
{
    uint64_t *at = heap->old.base;
    heap->nil = object_starting_at(at);
    at = object_limit(heap->nil);
    heap->false_object = object_starting_at(at);
    at = object_limit(heap->false_object);
    heap->true_object = object_starting_at(at);
    at = object_limit(heap->true_object);
    oop free_lists = object_starting_at(at);
    heap->hidden_roots = object_starting_at(object_limit(free_lists));
    heap->special_objects = special_objects;
    size_t used = heap_old_used_size(heap);
    heap->collect_at_size = used + used / 2 + FIRST_COLLECTION_SIZE;
}

void heap_remember(struct heap *heap, oop object)
{
    heap_list_add(heap, &heap->remembered, object);
    object_set_header(object, object_header(object) | HEADER_REMEMBERED);
}

oop heap_special_or_nil(const struct heap *heap, size_t index)
{
    if (index >= object_slot_count(heap->special_objects))
        return heap->nil;
    return heap_follow(object_slot(heap->special_objects, index));
}

/* --- class table ------------------------------------------------------------------------------------------------------ */

static oop class_page(const struct heap *heap, size_t page)
{
    return object_slot(heap->hidden_roots, page);
}

/* A page of the class table, made together with those before it: the first one missing ends the table. */
static oop make_class_page(struct heap *heap, size_t page_index)
{
    for (size_t i = 0; i <= page_index; i++) {
        if (!oop_same(class_page(heap, i), heap->nil))
            continue;
        oop page = heap_allocate_old(heap, CLASS_HIDDEN_ARRAY, FORMAT_INDEXABLE, CLASS_PAGE_SLOTS);
        if (oop_is_none(page))
            return NO_OOP;
        for (size_t slot = 0; slot < CLASS_PAGE_SLOTS; slot++)
            object_slot_init(page, slot, heap->nil);
        heap_store(heap, heap->hidden_roots, i, page);
    }
    return class_page(heap, page_index);
}

bool heap_class_table_put(struct heap *heap, uint32_t class_index, oop class)
{
    oop page = make_class_page(heap, class_index / CLASS_PAGE_SLOTS);
    if (oop_is_none(page))
        return false;
    heap_store(heap, page, class_index % CLASS_PAGE_SLOTS, class);
    uint64_t header = object_header(class) & ~HEADER_HASH_MASK;
    object_set_header(class, header | (uint64_t)class_index << HEADER_HASH_SHIFT);
    return true;
}

static uint32_t next_hash(struct heap *heap)
{
    uint32_t hash;
    do {
        uint32_t state = heap->last_hash;
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        heap->last_hash = state;
        hash = (state >> 5) & IDENTITY_HASH_MAX;
    } while (hash == 0);
    return hash;
}

/* An index that ends with the bits of the hash that the image knows. */
static uint32_t free_class_index_like(const struct heap *heap, uint32_t hash)
{
    uint32_t step = (uint32_t)1 << dialect_hash_bits(heap->dialect);
    for (uint32_t i = step + (hash & (step - 1)); i < CLASS_INDEX_LIMIT; i += step)
        if (oop_same(heap_class_at(heap, i), heap->nil))
            return i;
    return 0;
}

static uint32_t free_class_index(struct heap *heap)
{
    for (uint32_t i = heap->class_index_hint; i < CLASS_INDEX_LIMIT; i++)
        if (oop_same(heap_class_at(heap, i), heap->nil)) {
            heap->class_index_hint = i + 1;
            return i;
        }
    for (uint32_t i = CLASS_PAGE_SLOTS; i < heap->class_index_hint; i++)
        if (oop_same(heap_class_at(heap, i), heap->nil))
            return i;
    return 0;
}

uint32_t heap_class_index_for(struct heap *heap, oop class)
{
    uint32_t hash = object_hash_bits(class);
    if (heap_is_in_class_table(heap, class))
        return hash;
    uint32_t class_index = dialect_is_spur(heap->dialect)
                               ? free_class_index(heap)
                               : free_class_index_like(heap, hash != 0 ? hash : next_hash(heap));
    if (class_index == 0 || !heap_class_table_put(heap, class_index, class))
        return 0;
    return class_index;
}

/* A class is known by its metaclass: an object whose class's class is the class of the metaclasses. */
static bool is_class(const struct heap *heap, oop object)
{
    oop metaclass = heap_class_of(heap, object);
    if (object_slot_count(metaclass) <= SLOT_METACLASS_THIS_CLASS)
        return false;
    oop array_class = heap_class_at(heap, CLASS_ARRAY);
    oop class_of_metaclasses = heap_class_of(heap, heap_class_of(heap, array_class));
    return oop_same(heap_class_of(heap, metaclass), class_of_metaclasses) ||
           oop_same(metaclass, class_of_metaclasses);
}

uint32_t heap_identity_hash(struct heap *heap, oop object)
{
    uint32_t hash = object_hash_bits(object);
    if (hash != 0)
        return hash;
    if (format_is_pointers(object_format(object)) && is_class(heap, object)) {
        hash = heap_class_index_for(heap, object);
        if (hash != 0)
            return hash;
    }
    hash = next_hash(heap);
    object_set_header(object, object_header(object) | (uint64_t)hash << HEADER_HASH_SHIFT);
    return hash;
}

size_t heap_fixed_slot_count(const struct heap *heap, oop object)
{
    return heap_class_fixed_count(heap, heap_class_of(heap, object));
}
