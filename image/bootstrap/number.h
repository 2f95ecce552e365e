/*
 * Number literals, read exactly: integers of any size, radixes 2 to 36, fractions with a point, exponents, scaled decimals.
 *
 *     number   = [ radix "r" ] digits [ "." digits ] [ ("e"|"d"|"q") ["-"] decimals | "s" [decimals] ]
 *
 * A point makes a Float, correctly rounded; "s" a ScaledDecimal. Without either the number is an Integer, or a Fraction when
 * a negative exponent asks for one. An exponent counts powers of the radix. In a radix that has "e" (or "s") as a digit it is one.
 */
#ifndef VIV_BOOTSTRAP_NUMBER_H
#define VIV_BOOTSTRAP_NUMBER_H

#include "image/bootstrap/literal.h"
#include "image/bootstrap/source.h"

/* Reads the number that begins at offset with a decimal digit; stores where it ends. NULL and an error when it is malformed
 * or larger than a million bits. */
const struct literal *number_read(struct text source, size_t offset, bool negative, size_t *limit,
                                  struct source_error *error);

#endif
