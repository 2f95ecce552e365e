/*
 * The gaps between marked objects are found in the bitmap, so what is dead is not looked at. A gap becomes one chunk; the memory of a
 * long one goes back to the system, piece by piece, and until then nothing is allocated there.
 *
 * Invariant "swept or walkable": [sweep_at, sweep_limit) is still objects and chunks without a gap, some of them dead, and sweep_at is
 * the start of one. Of those the unmarked ones must not be looked into: what they refer to may be gone.
 */
#include "vm/memory/sweep.h"
#include "vm/memory/evacuate.h"
#include "vm/memory/mark.h"
#include "vm/memory/old_space.h"

/* Bitmap words looked at, and bytes given back, between two looks at the budget; words moved that are worth an object. */
enum { SCAN_AT_ONCE = 1024, SCAN_WORTH = 64, GIVE_BACK_WORTH = 512, WORDS_WORTH = 2 };
#define GIVE_BACK_AT_ONCE ((size_t)32 << 20)
#define GIVE_BACK_LEAST ((size_t)64 << 10)

void sweep_begin(struct heap *heap, bool gives_back)
{
    struct sweep *sweep = &heap->cycle.sweep;
    sweep->gives_back = gives_back;
    heap_seal(heap);
    old_forget_chunks(heap);
    sweep->at = sweep->gap_limit = heap->old.base;
    sweep->limit = heap->old.limit;
    sweep->given_back = NULL;
}

static size_t word_index(const struct heap *heap, const uint64_t *address)
{
    return (size_t)(address - heap->old.reserve_start);
}

/* Looks for the next marked object from gap_limit on: true when that is the start of one, or the end. */
static bool find_gap_limit(struct heap *heap, struct sweep *sweep)
{
    size_t index = word_index(heap, sweep->gap_limit);
    size_t limit = word_index(heap, sweep->limit);
    uint64_t bits = heap->old.mark_bits[index / 64] & (UINT64_MAX << (index % 64));
    size_t word = index / 64;
    for (size_t i = 0; bits == 0; i++) {
        word++;
        if (word * 64 >= limit) {
            sweep->gap_limit = sweep->limit;
            return true;
        }
        if (i == SCAN_AT_ONCE) {
            sweep->gap_limit = heap->old.reserve_start + word * 64;
            return false;
        }
        bits = heap->old.mark_bits[word];
    }
    uint64_t *header = heap->old.reserve_start + word * 64 + (size_t)__builtin_ctzll(bits);
    sweep->gap_limit = object_start(object_at_address(header));
    return true;
}

static bool is_evacuated(const struct heap *heap, const uint64_t *place)
{
    return heap->cycle.evacuation.boundary != NULL && place >= heap->cycle.evacuation.boundary;
}

/* Passes over the marked objects that follow each other from the place on, or moves them. */
static void pass_marked(struct heap *heap, struct sweep *sweep, struct budget *budget)
{
    while (sweep->at < sweep->limit && budget_spend(budget, 1)) {
        oop object = object_starting_at(sweep->at);
        size_t index = word_index(heap, object_words(object));
        uint64_t bit = (uint64_t)1 << (index % 64);
        if ((heap->old.mark_bits[index / 64] & bit) == 0)
            break;
        heap->old.mark_bits[index / 64] &= ~bit;
        sweep->at = sweep->gap_limit = object_limit(object);
        if (is_evacuated(heap, object_words(object)) &&
            !budget_spend(budget, evacuate_object(heap, object) / WORDS_WORTH))
            break;
    }
}

/* Makes chunks of a gap: one, or, where the boundary of an evacuation lies in it, one on either side. */
static void list_gap(struct heap *heap, uint64_t *start, uint64_t *limit)
{
    uint64_t *boundary = heap->cycle.evacuation.boundary;
    if (start + 2 <= boundary && boundary + 2 <= limit) {
        old_make_chunk(heap, start, (size_t)(boundary - start), CHUNK_LISTED);
        start = boundary;
    }
    old_make_chunk(heap, start, (size_t)(limit - start),
                   is_evacuated(heap, limit) ? CHUNK_HELD : CHUNK_LISTED);
}

/* Makes the gap a chunk. A long one is listed once its memory has been given back; answers whether that is so. */
static bool close_gap(struct heap *heap, struct sweep *sweep, struct budget *budget)
{
    size_t size = (size_t)((char *)sweep->gap_limit - (char *)sweep->at);
    if (size >= GIVE_BACK_LEAST && sweep->gives_back) {
        if (sweep->given_back == NULL) {
            old_make_chunk(heap, sweep->at, size / 8, CHUNK_UNLISTED);
            sweep->given_back = sweep->at;
        }
        while (sweep->given_back < sweep->gap_limit) {
            size_t left = (size_t)((char *)sweep->gap_limit - (char *)sweep->given_back);
            size_t piece = left < GIVE_BACK_AT_ONCE ? left : GIVE_BACK_AT_ONCE;
            old_give_back(sweep->given_back +
                              (sweep->given_back == sweep->at ? OLD_CHUNK_WORDS : 0),
                          sweep->given_back + piece / 8);
            sweep->given_back += piece / 8;
            if (!budget_spend(budget, GIVE_BACK_WORTH))
                return false;
        }
        sweep->given_back = NULL;
    }
    if (sweep->gap_limit == heap->old.limit && sweep->gives_back)
        old_shrink(heap, sweep->at);
    else if (size > 0)
        list_gap(heap, sweep->at, sweep->gap_limit);
    sweep->at = sweep->gap_limit;
    return true;
}

bool sweep_some(struct heap *heap, struct budget *budget)
{
    struct sweep *sweep = &heap->cycle.sweep;
    while (sweep->at < sweep->limit && budget->objects > 0) {
        if (sweep->given_back == NULL) {
            pass_marked(heap, sweep, budget);
            while (!find_gap_limit(heap, sweep))
                if (!budget_spend(budget, SCAN_WORTH))
                    return false;
        }
        if (!close_gap(heap, sweep, budget))
            return false;
    }
    if (sweep->at < sweep->limit)
        return false;
    sweep->at = sweep->limit = NULL;
    return true;
}
