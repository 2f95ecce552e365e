/*
 * UTF-8, strictly: the shortest form only, no surrogates, nothing above 0x10FFFF. Any room may use this; nothing here
 * allocates. A "code point" is a Unicode scalar value.
 */
#ifndef VIV_BASE_UTF8_H
#define VIV_BASE_UTF8_H

#include "vm/base/assert.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_MAX_SIZE = 4 };

#define UTF8_CODE_POINT_MAX ((uint32_t)0x10FFFF)

/* Answers the size in bytes of the code point that begins at bytes, 1 to 4, and stores it; 0 when the `size` bytes there do
 * not begin with a well-formed one (an empty input included). */
size_t utf8_decode(const char *bytes, size_t size, uint32_t *code_point) VIV_MUST_USE;

/* Writes at most UTF8_MAX_SIZE bytes; answers how many, 0 when the value is no code point. */
size_t utf8_encode(uint32_t code_point, char *bytes) VIV_MUST_USE;

/* Whether all of it is well formed; stores the offset of the first byte that is not (or size) unless NULL is given. */
bool utf8_is_valid(const char *bytes, size_t size, size_t *bad_offset);

/* How many code points a well-formed text has. */
size_t utf8_length(const char *bytes, size_t size) VIV_MUST_USE;

#endif
