/*
 * Floats as text and back, and the roundings they need: all results are exact or correctly rounded (to nearest, ties to
 * even). Pure: objects are unknown here. For the primitives of floats.
 *
 * Sources: Steele and White, "How to print floating-point numbers accurately" (1990), in the integer form of Burger and
 * Dybvig (1996), for printing. Reading divides integers and rounds once.
 */
#ifndef VIV_PRIMITIVES_FLOAT_TEXT_H
#define VIV_PRIMITIVES_FLOAT_TEXT_H

#include "primitives/big.h"

enum { FLOAT_DIGITS_ROOM = 20, FLOAT_TEXT_ROOM = 40 };

/* The shortest decimal digits that read back as value, of these the nearest to it: 0.d1d2d3… * 10^exponent. Answers how many
 * digits. value is finite and above zero; digits has room for FLOAT_DIGITS_ROOM. */
int float_shortest_digits(double value, char *digits, int *exponent);

/* value as Smalltalk prints it (1.5, -0.0, 1.0e100, Float infinity negated, Float nan); answers the size; text has FLOAT_TEXT_ROOM bytes. */
size_t float_print(double value, char *text);

/* mantissa * 2^exponent, rounded once; `more` says that the true mantissa is a little larger. */
double float_round(uint64_t mantissa, bool more, int64_t exponent, bool negative);

/* The nearest float; infinite when it is too large. */
double float_from_big(struct big a);

/* The integer part of a finite value. Room: FLOAT_INTEGER_ROOM limbs. */
enum { FLOAT_INTEGER_ROOM = 18 };
void float_to_big(double value, struct big_result *result);

/* a against a finite value, exactly: negative, zero or positive. */
int float_compare_big(double value, struct big a);

/* The float nearest to numerator / denominator (not zero). False when C memory is out. */
bool float_from_fraction(struct big numerator, struct big denominator, double *result) VIV_MUST_USE;

enum float_read_result { FLOAT_READ_OK, FLOAT_READ_SYNTAX, FLOAT_READ_NO_MEMORY };

/* Reads [-]digits[.digits][(e|E|d|q)[+|-]digits], the whole of it. */
enum float_read_result float_read(const char *text, size_t size, double *result) VIV_MUST_USE;

#endif
