#define _GNU_SOURCE
#include "vm/memory/old_space.h"

#include "vm/base/poison.h"

#include <sys/mman.h>

#define EXTENSION_WORDS ((size_t)1 << 15)
#define WORDS_PER_PAGE ((size_t)512)
/* Chunks of one list that are looked at for one that fits. */
#define TRIES ((size_t)32)

static uint64_t *chunk_next(uint64_t *chunk)
{
    return (uint64_t *)(uintptr_t)object_slots(object_starting_at(chunk))[0].bits;
}

static void chunk_set_next(uint64_t *chunk, uint64_t *next)
{
    object_slots(object_starting_at(chunk))[0].bits = (uint64_t)(uintptr_t)next;
}

static size_t chunk_words(uint64_t *chunk)
{
    return (size_t)(object_limit(object_starting_at(chunk)) - chunk);
}

/* The words of a chunk that the free list does not use. */
static void poison_chunk(uint64_t *chunk, size_t word_count)
{
    size_t used = word_count > OVERFLOW_SLOTS ? 3 : 2;
    if (word_count > used)
        viv_poison(chunk + used, (word_count - used) * 8);
}

void old_make_chunk(struct heap *heap, uint64_t *start, size_t word_count, enum chunk_use use)
{
    viv_assert(word_count >= 2, "a free chunk has room for its link");
    viv_unpoison(start, word_count * 8);
    size_t slots = word_count - 1;
    uint64_t *header = start;
    if (slots >= OVERFLOW_SLOTS) {
        /* One more word goes to the overflow word; 256 words hold 255 slots without one and cannot be told apart. */
        slots = word_count - 2;
        if (slots < OVERFLOW_SLOTS) {
            old_make_chunk(heap, start, 2, use);
            old_make_chunk(heap, start + 2, word_count - 2, use);
            return;
        }
        *header++ = (uint64_t)OVERFLOW_SLOTS << HEADER_SLOTS_SHIFT | slots;
    }
    *header = header_make(CLASS_INDEX_FREE, FORMAT_WORDS64, slots);
    header[1] = 0;
    if (use != CHUNK_UNLISTED) {
        uint64_t **lists = use == CHUNK_LISTED ? heap->old.free_chunks : heap->old.held_chunks;
        size_t list = old_list_of(word_count);
        chunk_set_next(start, lists[list]);
        lists[list] = start;
        heap->old.free_size += word_count * 8;
    }
    poison_chunk(start, word_count);
}

void old_forget_chunks(struct heap *heap)
{
    memset(heap->old.free_chunks, 0, sizeof heap->old.free_chunks);
    memset(heap->old.held_chunks, 0, sizeof heap->old.held_chunks);
    heap->old.free_size = 0;
    heap->old.bump = heap->old.bump_limit = NULL;
}

static void close_run(struct heap *heap, enum chunk_use use)
{
    struct old_space *old = &heap->old;
    if (old->bump == old->bump_limit) {
        old->bump = old->bump_limit = NULL;
        return;
    }
    uint64_t *start = old->bump;
    size_t word_count = (size_t)(old->bump_limit - old->bump);
    old->bump = old->bump_limit = NULL;
    old_make_chunk(heap, start, word_count, use);
}

void heap_seal(struct heap *heap)
{
    close_run(heap, CHUNK_LISTED);
}

static uint64_t *take_first(struct old_space *old, size_t list)
{
    uint64_t *chunk = old->free_chunks[list];
    if (chunk == NULL)
        return NULL;
    size_t word_count = chunk_words(chunk);
    old->free_chunks[list] = chunk_next(chunk);
    old->chunks_taken++;
    old->free_size -= word_count * 8;
    viv_unpoison(chunk, word_count * 8);
    return chunk;
}

/* First fit among the first chunks of a list of long ones; one that would leave a single word does not fit. */
static uint64_t *take_from(struct old_space *old, size_t list, size_t word_count, size_t tries,
                           size_t *found)
{
    uint64_t *previous = NULL;
    for (uint64_t *chunk = old->free_chunks[list]; chunk != NULL && tries > 0;
         chunk = chunk_next(chunk), tries--) {
        size_t size = chunk_words(chunk);
        if (size == word_count || size >= word_count + 2) {
            if (previous == NULL)
                old->free_chunks[list] = chunk_next(chunk);
            else
                chunk_set_next(previous, chunk_next(chunk));
            old->free_size -= size * 8;
            viv_unpoison(chunk, size * 8);
            *found = size;
            return chunk;
        }
        previous = chunk;
    }
    return NULL;
}

/* What is short is carved from chunks of some length, so that it is not soon looked for the next one; from shorter ones if there are no
 * others. What is long has the shortest that fits. */
static uint64_t *take_long(struct old_space *old, size_t word_count, size_t tries, size_t *found)
{
    enum { SOME_LENGTH = 1024 };
    bool is_short = word_count < EXACT_LENGTHS;
    uint64_t *chunk = NULL;
    size_t first = old_list_of(is_short ? SOME_LENGTH : word_count);
    for (size_t list = first; list < FREE_LIST_COUNT && chunk == NULL; list++)
        chunk = take_from(old, list, word_count, tries, found);
    for (size_t list = first; is_short && list-- > EXACT_LENGTHS && chunk == NULL;)
        chunk = take_from(old, list, word_count, tries, found);
    return chunk;
}

/* Whether the limit has room; asks for a full collection if not. What is urgent is done all the same: whoever collects looks at
 * heap_can_scavenge first, and one scavenge goes beyond the reserve by no more than young spaces hold. */
static bool within_limit(struct heap *heap, size_t word_count, bool urgent)
{
    size_t used = heap_old_used_size(heap) + word_count * 8;
    if (used <= heap->size_limit)
        return true;
    heap->wants_full = true;
    heap_request_poll(heap);
    return urgent;
}

static bool may_extend(struct heap *heap, size_t word_count, bool urgent)
{
    const struct old_space *old = &heap->old;
    return (size_t)(old->reserve_limit - old->limit) >= word_count &&
           within_limit(heap, word_count, urgent);
}

uint64_t *heap_extend_old(struct heap *heap, size_t size)
{
    struct old_space *old = &heap->old;
    size_t word_count = (size + 7) / 8;
    if ((size_t)(old->reserve_limit - old->limit) < word_count)
        return NULL;
    uint64_t *start = old->limit;
    old->limit += word_count;
    return start;
}

/* Opens a run of at least word_count words in a free chunk. */
static bool open_run_in_chunk(struct old_space *old, size_t word_count, size_t tries)
{
    size_t found = 0;
    uint64_t *chunk = take_long(old, word_count, tries, &found);
    if (chunk != NULL) {
        old->bump = chunk;
        old->bump_limit = chunk + found;
        return true;
    }
    for (size_t list = word_count + 2; list < EXACT_LENGTHS; list++) {
        chunk = take_first(old, list);
        if (chunk != NULL) {
            old->bump = chunk;
            old->bump_limit = chunk + list;
            return true;
        }
    }
    return false;
}

/* Where nothing is listed, what has been held back is; answers whether there was any. */
static bool release_held(struct old_space *old)
{
    bool any = false;
    for (size_t list = 0; list < FREE_LIST_COUNT; list++) {
        if (old->free_chunks[list] != NULL || old->held_chunks[list] == NULL)
            continue;
        old->free_chunks[list] = old->held_chunks[list];
        old->held_chunks[list] = NULL;
        any = true;
    }
    return any;
}

/* Opens a run of at least word_count words to carve from. Among very many chunks of nearly that length a long search would be a pause: only
 * where old space can become no longer, all are looked at. */
static bool open_run(struct heap *heap, size_t word_count, bool urgent)
{
    struct old_space *old = &heap->old;
    heap_seal(heap);
    do {
        if (open_run_in_chunk(old, word_count, TRIES))
            return true;
    } while (release_held(old));
    size_t extension = word_count + 2 > EXTENSION_WORDS ? word_count + 2 : EXTENSION_WORDS;
    if (!may_extend(heap, word_count, urgent))
        return open_run_in_chunk(old, word_count, SIZE_MAX);
    if (!may_extend(heap, extension, urgent))
        extension = word_count;
    old->bump = heap_extend_old(heap, extension * 8);
    if (old->bump == NULL)
        return false;
    old->bump_limit = old->bump + extension;
    viv_unpoison(old->bump, extension * 8);
    return true;
}

uint64_t *old_allocate_words(struct heap *heap, size_t word_count, bool urgent)
{
    struct old_space *old = &heap->old;
    /* Free chunks count against the limit too: those that tenuring left above it belong to the reserve. */
    if (word_count > ((size_t)1 << 55) || !within_limit(heap, word_count, urgent))
        return NULL;
    if (word_count < EXACT_LENGTHS && old->free_chunks[word_count] != NULL)
        return take_first(old, word_count);
    size_t room = (size_t)(old->bump_limit - old->bump);
    if (!(room == word_count || room >= word_count + 2) && !open_run(heap, word_count, urgent))
        return NULL;
    uint64_t *start = old->bump;
    old->bump += word_count;
    if (!heap->wants_step && heap_old_used_size(heap) > heap->collect_at_size) {
        heap->wants_step = true;
        heap_request_poll(heap);
    }
    return start;
}

/* Chunks above the boundary are not in lists, but for rests of new memory. What is left of a run and too short goes out of the way of the
 * next search. */
static bool open_run_below(struct heap *heap, size_t word_count, const uint64_t *boundary)
{
    struct old_space *old = &heap->old;
    close_run(heap, CHUNK_HELD);
    if (!open_run_in_chunk(old, word_count, TRIES))
        return false;
    if (old->bump_limit <= boundary)
        return true;
    close_run(heap, CHUNK_HELD);
    return false;
}

uint64_t *old_allocate_below(struct heap *heap, size_t word_count, const uint64_t *boundary)
{
    struct old_space *old = &heap->old;
    if (old->bump_limit > boundary)
        close_run(heap, CHUNK_HELD);
    if (word_count < EXACT_LENGTHS && old->free_chunks[word_count] != NULL &&
        old->free_chunks[word_count] < boundary)
        return take_first(old, word_count);
    size_t room = (size_t)(old->bump_limit - old->bump);
    if (!(room == word_count || room >= word_count + 2) &&
        !open_run_below(heap, word_count, boundary))
        return NULL;
    uint64_t *start = old->bump;
    old->bump += word_count;
    return start;
}

void old_give_back(uint64_t *start, uint64_t *limit)
{
    uintptr_t mask = WORDS_PER_PAGE * 8 - 1;
    uintptr_t page = ((uintptr_t)start + mask) & ~mask;
    uintptr_t end = (uintptr_t)limit & ~mask;
    /* Where that is refused the pages are kept, which is allowed. */
    if (end > page)
        madvise((void *)page, end - page, MADV_DONTNEED);
}

void old_shrink(struct heap *heap, uint64_t *limit)
{
    struct old_space *old = &heap->old;
    uintptr_t mask = WORDS_PER_PAGE * 8 - 1;
    char *page = (char *)(((uintptr_t)limit + mask) & ~mask);
    char *end = (char *)(((uintptr_t)old->limit + mask) & ~mask);
    if (end > page) {
        viv_unpoison(page, (size_t)(end - page));
        /* A fresh anonymous mapping: pages of a mapped image file must not come back with the file's bytes. */
        void *mapping = mmap(page, (size_t)(end - page), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
        /* Without memory for that they are kept, unless the system took the old mapping first. */
        if (mapping != (void *)page && madvise(page, (size_t)(end - page), MADV_NORMAL) != 0)
            heap_exhausted(heap, "old space");
    }
    old->limit = limit;
}

size_t heap_old_used_size(const struct heap *heap)
{
    const struct old_space *old = &heap->old;
    size_t whole = (size_t)((char *)old->limit - (char *)old->base);
    size_t open = (size_t)((char *)old->bump_limit - (char *)old->bump);
    return whole - old->free_size - open;
}

size_t heap_used_size(const struct heap *heap)
{
    return heap_old_used_size(heap) + (size_t)((char *)heap->eden_free - (char *)heap->eden.start) +
           (size_t)((char *)heap->survivors.free - (char *)heap->survivors.start);
}
