/*
 * The syntax tree. The parser makes it, analysis (scope.h) fills in what names mean and which messages are inlined, the
 * generator reads it. start and limit are byte offsets into the source.
 */
#ifndef VIV_BOOTSTRAP_AST_H
#define VIV_BOOTSTRAP_AST_H

#include "image/bootstrap/literal.h"

struct variable;
struct scope;
struct region;

enum node_kind {
    NODE_VARIABLE,
    NODE_LITERAL,
    NODE_ASSIGNMENT,
    NODE_MESSAGE,
    NODE_CASCADE,
    NODE_RETURN,
    NODE_BLOCK,
    NODE_BRACE
};

/* Which messages the compiler turns into jumps. */
enum inline_kind {
    INLINE_NONE,
    INLINE_IF, /* ifTrue: ifFalse: and their pairs */
    INLINE_AND_OR,
    INLINE_IF_NIL, /* ifNil: ifNotNil: and their pairs */
    INLINE_WHILE,  /* whileTrue: whileFalse: whileTrue whileFalse */
    INLINE_REPEAT,
    INLINE_TO_DO, /* to:do: to:by:do: */
    INLINE_TIMES
};

struct declaration {
    struct text name;
    size_t start;
    struct variable *variable;
};

struct sequence {
    struct declaration *temporaries;
    size_t temporary_count;
    struct node **statements;
    size_t statement_count;
};

struct node {
    enum node_kind kind;
    size_t start;
    size_t limit;
    union {
        struct {
            struct text name;
            struct variable *variable;
        } variable;
        const struct literal *literal;
        struct {
            struct node *target; /* NODE_VARIABLE */
            struct node *value;
        } assignment;
        struct {
            struct node *receiver; /* NULL in a cascade: the cascade's */
            struct text selector;
            struct node **arguments;
            size_t argument_count;
            enum inline_kind inlined;
            struct variable *hidden[2]; /* limit and counter of an inlined loop */
        } message;
        struct {
            struct node *receiver;
            struct node **messages;
            size_t message_count;
        } cascade;
        struct node *result;
        struct {
            struct declaration *arguments;
            size_t argument_count;
            struct sequence body;
            struct scope *scope; /* of a block that becomes a closure */
            struct region
                *region; /* of a closure, and of an inlined block that is part of a loop */
        } block;
        struct {
            struct node **elements;
            size_t count;
            struct variable *array_class; /* of a long one */
        } brace;
    } as;
};

struct pragma_node {
    struct text keyword;
    size_t start;
    struct literal_list {
        const struct literal **items;
        size_t count;
    } arguments;
};

struct method_node {
    bool is_evaluation; /* statements without a pattern */
    struct text selector;
    struct declaration *arguments;
    size_t argument_count;
    struct sequence body;
    struct pragma_node *pragmas;
    size_t pragma_count;
    /* From the pragma `primitive:`. */
    uint32_t primitive;
    const struct literal *external_call; /* first literal of primitive 117 */
    struct declaration *error_code;      /* NULL: not asked for */
    struct scope *scope;
};

#endif
