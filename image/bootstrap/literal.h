/*
 * Literals, and what a compiled method or block is before it becomes an object: the neutral form between the code generator
 * and whoever makes objects of it (materialise.h). Knows no heap.
 *
 * Text inside is UTF-8. A literal is never changed after it was made, so literals are shared freely.
 */
#ifndef VIV_BOOTSTRAP_LITERAL_H
#define VIV_BOOTSTRAP_LITERAL_H

#include "image/bootstrap/memory.h"

#include <stdint.h>

enum literal_kind {
    LITERAL_NIL,
    LITERAL_TRUE,
    LITERAL_FALSE,
    LITERAL_INTEGER, /* fits in 61 bits, two's complement */
    LITERAL_LARGE_INTEGER,
    LITERAL_FLOAT,
    LITERAL_FRACTION,
    LITERAL_SCALED_DECIMAL,
    LITERAL_CHARACTER,
    LITERAL_STRING,
    LITERAL_SYMBOL,
    LITERAL_ARRAY,
    LITERAL_BYTE_ARRAY,
    LITERAL_BINDING,       /* the Association of a variable that is not in the object */
    LITERAL_BLOCK,         /* a CompiledBlock */
    LITERAL_METHOD_STATE,  /* the AdditionalMethodState of this code */
    LITERAL_CLASS_BINDING, /* the binding of the class that the method belongs to */
    LITERAL_ENCLOSING_CODE /* the code object in which this block is written */
};

/* Where a variable outside methods and instances is kept. */
enum binding_kind {
    BINDING_GLOBAL,         /* Smalltalk */
    BINDING_CLASS_VARIABLE, /* the classPool of class `owner`, or of a shared pool */
    BINDING_UNDECLARED,     /* Undeclared: nil until someone defines it */
    BINDING_WORKSPACE       /* the variables of an evaluation */
};

struct binding {
    enum binding_kind kind;
    struct text name;
    struct text owner;
    uint64_t handle; /* the environment's own; the compiler only passes it on */
};

struct literal {
    enum literal_kind kind;
    union {
        int64_t integer;
        struct {
            bool negative;
            const uint8_t *bytes; /* magnitude, little endian, the last byte not zero */
            size_t size;
        } large;
        uint64_t float_bits;
        struct {
            const struct literal *numerator,
                *denominator; /* lowest terms; denominator 1 for whole scaled decimals */
            uint32_t scale;
        } ratio;
        uint32_t character;
        struct text text; /* string, symbol; the bytes of a byte array */
        struct {
            const struct literal **items;
            size_t count;
        } array;
        struct binding binding;
        const struct code_description *code;
    } as;
};

struct pragma {
    struct text keyword;
    const struct literal **arguments;
    size_t argument_count;
};

/* A method or block, compiled. Its header (spur-format, section 8) follows from the fields. */
struct code_description {
    bool is_block;
    bool large_frame;
    uint32_t argument_count;
    uint32_t temporary_count; /* arguments and copied values included */
    uint32_t primitive;       /* 0: none */
    const struct literal **literals;
    size_t literal_count;
    const uint8_t *bytes;
    size_t byte_count;
    /* The rest is empty for blocks. */
    struct text selector;
    struct text source;
    struct text protocol;
    bool has_origin; /* its AdditionalMethodState has room for one property, behind the pragmas */
    const struct pragma *pragmas;
    size_t pragma_count;
};

/* The header's value as an integer: SistaV1, so negative. */
int64_t code_description_header(const struct code_description *code);

const struct literal *literal_make(enum literal_kind kind);
const struct literal *literal_integer(int64_t value);
const struct literal *literal_float(double value);
const struct literal *literal_character(uint32_t code_point);
const struct literal *literal_text(enum literal_kind kind, struct text text);
const struct literal *literal_array(const struct literal **items, size_t count);
const struct literal *literal_binding(struct binding binding);

/* Whether one object may stand for both: same kind, same value, and not of a kind that can be changed or has identity
 * (strings, arrays, blocks). */
bool literal_may_share(const struct literal *a, const struct literal *b);

#endif
