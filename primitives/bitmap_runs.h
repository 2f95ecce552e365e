/*
 * The run coding of bitmaps in the ecosystem's files and images: S {N D}*. S is the count of words; N is four times a count of
 * words plus a code that says what D is: 0 nothing, the words are skipped; 1 one byte, all of these words are made of it; 2 one
 * word, all are like it; 3 so many words. Words are stored high byte first. S and N take one byte up to 223, two up to 7935
 * (224 plus the high byte, then the low byte), else 255 and four bytes. Pure bytes and words, no objects.
 */
#ifndef VIV_PRIMITIVES_BITMAP_RUNS_H
#define VIV_PRIMITIVES_BITMAP_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that the code of count words takes at most. */
size_t bitmap_runs_room(size_t count);

/* Writes the code, S included; answers its bytes. There must be bitmap_runs_room. */
size_t bitmap_runs_write(const uint32_t *words, size_t count, uint8_t *bytes);

/* Whether size bytes, which follow S, are a code for at most count words. */
bool bitmap_runs_check(const uint8_t *bytes, size_t size, size_t count);

/* Fills words from bytes that passed bitmap_runs_check. */
void bitmap_runs_read(const uint8_t *bytes, size_t size, uint32_t *words);

#endif
