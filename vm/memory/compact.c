/*
 * Sliding compaction after the Compressor (Kermany and Petrank, 2006), on one thread: the mark bitmap is filled so that it
 * has a bit for every word of every object that moves, and one table holds, for each 64 words of the heap, where the first
 * such word among them goes. The new address of a word is then that entry plus the number of moving words before it in its
 * block of 64: no forwarding pointer is stored in an object, and order is kept.
 *
 * A pinned object does not move and nothing moves across it. Invariant "a staying run is whole": every object that overlaps a
 * block in which a pinned object has a word stays as well. So no block has moving words of both sides of a run, and one table
 * entry a block is enough. What is left before a run is at least two words, because every chunk is, so it can be a chunk.
 */
#include "vm/memory/compact.h"

#include "vm/base/poison.h"
#include "vm/memory/mark.h"
#include "vm/memory/old_space.h"
#include "vm/memory/trace.h"

#include <stdlib.h>

enum { BLOCK_WORDS = 64 };

struct run {
    uint64_t *start;
    uint64_t *limit;
};

struct relocation {
    uint64_t **block_targets; /* by block, from the one that holds old.base */
    size_t first_block;
    size_t block_count;
    struct run *runs; /* what stays, in order of address */
    size_t run_count;
    size_t run_capacity;
};

static size_t word_index(const struct heap *heap, const uint64_t *address)
{
    return (size_t)(address - heap->old.reserve_start);
}

static size_t block_of(const struct heap *heap, const uint64_t *address)
{
    return word_index(heap, address) / BLOCK_WORDS;
}

static uint64_t *block_limit(const struct heap *heap, const uint64_t *last_word)
{
    return heap->old.reserve_start + (block_of(heap, last_word) + 1) * BLOCK_WORDS;
}

/* Sets or clears the bits of the words in [start, limit). */
static void set_bits(struct heap *heap, const uint64_t *start, const uint64_t *limit, bool value)
{
    size_t i = word_index(heap, start);
    size_t end = word_index(heap, limit);
    while (i < end) {
        size_t in_word = i % 64;
        size_t count = end - i < 64 - in_word ? end - i : 64 - in_word;
        uint64_t bits = count == 64 ? UINT64_MAX : (((uint64_t)1 << count) - 1) << in_word;
        if (value)
            heap->old.mark_bits[i / 64] |= bits;
        else
            heap->old.mark_bits[i / 64] &= ~bits;
        i += count;
    }
}

static bool word_moves(const struct heap *heap, const uint64_t *word)
{
    size_t index = word_index(heap, word);
    return (heap->old.mark_bits[index / 64] >> (index % 64) & 1) != 0;
}

static uint64_t *new_address(const struct heap *heap, uint64_t *word)
{
    const struct relocation *relocation = heap->relocation;
    size_t index = word_index(heap, word);
    uint64_t before = heap->old.mark_bits[index / 64] & (((uint64_t)1 << (index % 64)) - 1);
    return relocation->block_targets[index / BLOCK_WORDS - relocation->first_block] +
           __builtin_popcountll(before);
}

static oop relocated(const struct heap *heap, oop value)
{
    if (!oop_is_object(value) || !word_moves(heap, object_words(value)))
        return value;
    return object_at_address(new_address(heap, object_words(value)));
}

static void relocate_location(struct heap *heap, oop *location)
{
    *location = relocated(heap, *location);
}

static bool add_run(struct relocation *relocation, uint64_t *start, uint64_t *limit)
{
    if (relocation->run_count > 0 && start < relocation->runs[relocation->run_count - 1].limit)
        start = relocation->runs[relocation->run_count - 1].limit;
    if (start >= limit)
        return true;
    if (relocation->run_count == relocation->run_capacity) {
        size_t capacity = relocation->run_capacity == 0 ? 16 : relocation->run_capacity * 2;
        struct run *runs = realloc(relocation->runs, capacity * sizeof *runs);
        if (runs == NULL)
            return false;
        relocation->runs = runs;
        relocation->run_capacity = capacity;
    }
    relocation->runs[relocation->run_count++] = (struct run){start, limit};
    return true;
}

/* Free chunks at the edges of a run are left out of it: the gap is closed. */
static uint64_t *without_chunk(uint64_t *start)
{
    oop first = object_starting_at(start);
    return object_class_index(first) == CLASS_INDEX_FREE ? object_limit(first) : start;
}

/* Fills the bitmap with the words of objects and notes the runs that stay. */
static bool find_runs(struct heap *heap)
{
    struct relocation *relocation = heap->relocation;
    uint64_t *at = heap->old.base;
    uint64_t *overlap = at; /* the first object that overlaps the block where `at` is */
    uint64_t *stay_until = at;
    uint64_t *run_start = NULL;
    while (at < heap->old.limit) {
        oop object = object_starting_at(at);
        uint64_t *next = object_limit(object);
        bool free_chunk = object_class_index(object) == CLASS_INDEX_FREE;
        set_bits(heap, at, next, !free_chunk);
        if (!free_chunk && object_is_pinned(object)) {
            if (run_start == NULL)
                run_start = without_chunk(overlap);
            stay_until = block_limit(heap, next - 1);
        }
        if (run_start != NULL && next >= stay_until) {
            if (!add_run(relocation, run_start, free_chunk ? at : next))
                return false;
            run_start = NULL;
        }
        if (block_of(heap, next) != block_of(heap, at))
            overlap = block_of(heap, next - 1) == block_of(heap, next) ? at : next;
        at = next;
    }
    return run_start == NULL || add_run(relocation, run_start, heap->old.limit);
}

static void set_targets(struct heap *heap, size_t block, size_t limit, uint64_t *target)
{
    struct relocation *relocation = heap->relocation;
    for (; block < limit; block++) {
        relocation->block_targets[block - relocation->first_block] = target;
        target += __builtin_popcountll(heap->old.mark_bits[block]);
    }
}

static void plan(struct heap *heap)
{
    struct relocation *relocation = heap->relocation;
    uint64_t *target = heap->old.base;
    size_t block = relocation->first_block;
    for (size_t i = 0; i < relocation->run_count; i++)
        set_bits(heap, relocation->runs[i].start, relocation->runs[i].limit, false);
    for (size_t i = 0; i < relocation->run_count; i++) {
        struct run run = relocation->runs[i];
        set_targets(heap, block, block_of(heap, run.start) + 1, target);
        target = run.limit;
        block = block_of(heap, run.limit);
        if (block == block_of(heap, run.start))
            block++; /* the run ends with a chunk: what moves in its block comes before it */
    }
    set_targets(heap, block, relocation->first_block + relocation->block_count, target);
}

static void update_references(struct heap *heap)
{
    for (uint64_t *at = heap->old.base; at < heap->old.limit;) {
        oop object = object_starting_at(at);
        size_t count = object_pointer_count(object);
        oop *slots = object_slots(object);
        for (size_t i = 0; i < count; i++)
            slots[i] = relocated(heap, slots[i]);
        at = object_limit(object);
    }
    trace_roots(heap, relocate_location);
    heap->survivor = relocated;
    trace_after(heap);
    heap->survivor = NULL;
}

/* Lists the chunks inside a run that stays. */
static void list_chunks(struct heap *heap, struct run run)
{
    for (uint64_t *at = run.start; at < run.limit;) {
        oop object = object_starting_at(at);
        uint64_t *next = object_limit(object);
        if (object_class_index(object) == CLASS_INDEX_FREE)
            old_make_chunk(heap, at, (size_t)(next - at), CHUNK_LISTED);
        at = next;
    }
}

static void move_objects(struct heap *heap)
{
    struct relocation *relocation = heap->relocation;
    size_t run_index = 0;
    uint64_t *end = heap->old.base; /* of what is in its new place */
    uint64_t *limit = heap->old.limit;
    viv_unpoison(heap->old.base, (size_t)((char *)limit - (char *)heap->old.base));
    for (uint64_t *at = heap->old.base; at < limit;) {
        if (run_index < relocation->run_count && at == relocation->runs[run_index].start) {
            struct run run = relocation->runs[run_index++];
            if (end < run.start)
                old_make_chunk(heap, end, (size_t)(run.start - end), CHUNK_LISTED);
            list_chunks(heap, run);
            at = end = run.limit;
            continue;
        }
        size_t word_count = (size_t)(object_limit(object_starting_at(at)) - at);
        if (word_moves(heap, at)) {
            uint64_t *target = new_address(heap, at);
            memmove(target, at, word_count * 8);
            end = target + word_count;
        }
        at += word_count;
    }
    mark_clear_all(heap);
    old_shrink(heap, end);
}

void compact_old_space(struct heap *heap)
{
    struct relocation relocation = {0};
    relocation.first_block = block_of(heap, heap->old.base);
    relocation.block_count = block_of(heap, heap->old.limit) + 1 - relocation.first_block;
    relocation.block_targets = calloc(relocation.block_count, sizeof(uint64_t *));
    heap->relocation = &relocation;
    if (relocation.block_targets == NULL || !find_runs(heap)) {
        mark_clear_all(heap);
    } else {
        plan(heap);
        heap->phase = HEAP_COMPACTING;
        update_references(heap);
        heap->phase = HEAP_IDLE;
        old_forget_chunks(heap);
        move_objects(heap);
    }
    heap->relocation = NULL;
    free(relocation.runs);
    free(relocation.block_targets);
}
