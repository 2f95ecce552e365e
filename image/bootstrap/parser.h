/*
 * The parser: one method, or one sequence of statements to be evaluated, to a syntax tree. Recursive descent; nesting deeper
 * than PARSER_NESTING_MAX is refused, so that no source exhausts the C stack.
 */
#ifndef VIV_BOOTSTRAP_PARSER_H
#define VIV_BOOTSTRAP_PARSER_H

#include "image/bootstrap/ast.h"
#include "image/bootstrap/source.h"

enum { PARSER_NESTING_MAX = 200 };

/* The whole source is a method: pattern, pragmas, temporaries, statements. NULL and an error when it is not. */
struct method_node *parse_method(struct text source, struct source_error *error);

/* The whole source is temporaries and statements; the last one's value is the answer. The tree is that of a unary method
 * DoIt. */
struct method_node *parse_statements(struct text source, struct source_error *error);

/* Only the pattern at offset: answers the selector and where the pattern ends; false and an error when there is none. */
bool parse_pattern(struct text source, size_t offset, struct text *selector, size_t *limit,
                   struct source_error *error);

/* How many arguments a selector takes. */
size_t selector_argument_count(struct text selector);

#endif
