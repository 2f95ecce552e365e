/*
 * Old space: carving objects out of free chunks, and out of new memory at its end. Used inside vm/memory only.
 *
 * Sizes here are in words of eight bytes. No chunk has one word: a free chunk needs a header and a link.
 */
#ifndef VIV_MEMORY_OLD_SPACE_H
#define VIV_MEMORY_OLD_SPACE_H

#include "vm/memory/heap.h"

/* The list of the free chunks of a length: those of up to EXACT_LENGTHS words have one for each length, longer ones one from each power of
 * two to the next. */
enum { EXACT_LENGTH_BITS = 6 };
static inline size_t old_list_of(size_t word_count)
{
    return word_count < EXACT_LENGTHS
               ? word_count
               : EXACT_LENGTHS + 63 - (size_t)__builtin_clzll(word_count) - EXACT_LENGTH_BITS;
}

/* Room for word_count words, or NULL. Beyond the heap's limit only where urgent (tenuring). */
uint64_t *old_allocate_words(struct heap *heap, size_t word_count, bool urgent);

/* Room for word_count words in a free chunk that ends below the boundary, found without a long search; else NULL. */
uint64_t *old_allocate_below(struct heap *heap, size_t word_count, const uint64_t *boundary);

/* Who finds a free chunk: nobody; allocation; allocation when there is nothing else left. */
enum chunk_use { CHUNK_UNLISTED, CHUNK_LISTED, CHUNK_HELD };

/* Makes a free chunk of the words at start. */
void old_make_chunk(struct heap *heap, uint64_t *start, size_t word_count, enum chunk_use use);

/* What a chunk needs of its own words, for its header and its link. */
enum { OLD_CHUNK_WORDS = 3 };

/* The system may take the pages in [start, limit): their words, of a free chunk but not its first, become whatever they were at first. */
void old_give_back(uint64_t *start, uint64_t *limit);

/* Forgets all free chunks: the sweep lists them anew. */
void old_forget_chunks(struct heap *heap);

/* Moves the end of old space down to limit and gives the memory behind it back. */
void old_shrink(struct heap *heap, uint64_t *limit);

#endif
