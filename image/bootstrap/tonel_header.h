/* What stands in braces in a Tonel file: `{ #key : value, … }` with texts, lists and maps as values. */
#ifndef VIV_BOOTSTRAP_TONEL_HEADER_H
#define VIV_BOOTSTRAP_TONEL_HEADER_H

#include "image/bootstrap/lexer.h"
#include "image/bootstrap/tonel.h"

struct tonel_value;

/* Reads a map at the current token; NULL and an error when it is malformed. */
struct tonel_value *tonel_header_read(struct lexer *lexer);

/* The text under a key, written as symbol or string; empty when there is none. */
struct text tonel_header_text(const struct tonel_value *header, const char *key);

/* Fills in a class definition; false and an error when something is missing or unknown. */
bool tonel_header_class(const struct tonel_value *header, struct tonel_class *definition,
                        struct source_error *error);

#endif
