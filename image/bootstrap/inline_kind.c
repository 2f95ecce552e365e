#include "image/bootstrap/scope_internal.h"

static bool is_block(const struct node *node, size_t least, size_t most)
{
    return node->kind == NODE_BLOCK && node->as.block.argument_count >= least &&
           node->as.block.argument_count <= most;
}

static bool all_blocks(const struct node *message)
{
    for (size_t i = 0; i < message->as.message.argument_count; i++)
        if (!is_block(message->as.message.arguments[i], 0, 0))
            return false;
    return true;
}

/* The block after ifNotNil: may take the value; the one after ifNil: takes nothing. */
static bool nil_blocks(const struct node *message)
{
    struct text selector = message->as.message.selector;
    size_t count = message->as.message.argument_count;
    for (size_t i = 0; i < count; i++) {
        bool first_is_nil =
            selector.size > 4 && selector.bytes[2] == 'N' && selector.bytes[3] == 'i';
        bool takes_nil = (i == 0) == first_is_nil;
        if (!is_block(message->as.message.arguments[i], 0, takes_nil ? 0 : 1))
            return false;
    }
    return true;
}

static bool is_number(const struct node *node)
{
    if (node->kind != NODE_LITERAL)
        return false;
    switch (node->as.literal->kind) {
    case LITERAL_INTEGER:
        return node->as.literal->as.integer != 0;
    case LITERAL_FLOAT:
        return node->as.literal->as.float_bits << 1 != 0;
    case LITERAL_LARGE_INTEGER:
    case LITERAL_FRACTION:
        return true;
    default:
        return false;
    }
}

static bool counts(const struct node *message)
{
    size_t count = message->as.message.argument_count;
    struct node **arguments = message->as.message.arguments;
    return is_block(arguments[count - 1], 1, 1) && (count == 2 || is_number(arguments[1]));
}

enum inline_kind inline_kind_of(const struct node *message)
{
    static const struct {
        const char *selector;
        enum inline_kind kind;
    } inlined[] = {{"ifTrue:", INLINE_IF},
                   {"ifFalse:", INLINE_IF},
                   {"ifTrue:ifFalse:", INLINE_IF},
                   {"ifFalse:ifTrue:", INLINE_IF},
                   {"and:", INLINE_AND_OR},
                   {"or:", INLINE_AND_OR},
                   {"ifNil:", INLINE_IF_NIL},
                   {"ifNotNil:", INLINE_IF_NIL},
                   {"ifNil:ifNotNil:", INLINE_IF_NIL},
                   {"ifNotNil:ifNil:", INLINE_IF_NIL},
                   {"whileTrue:", INLINE_WHILE},
                   {"whileFalse:", INLINE_WHILE},
                   {"whileTrue", INLINE_WHILE},
                   {"whileFalse", INLINE_WHILE},
                   {"repeat", INLINE_REPEAT},
                   {"to:do:", INLINE_TO_DO},
                   {"to:by:do:", INLINE_TO_DO},
                   {"timesRepeat:", INLINE_TIMES}};
    const struct node *receiver = message->as.message.receiver;
    if (receiver->kind == NODE_VARIABLE && text_is(receiver->as.variable.name, "super"))
        return INLINE_NONE;
    for (size_t i = 0; i < sizeof inlined / sizeof *inlined; i++) {
        if (!text_is(message->as.message.selector, inlined[i].selector))
            continue;
        enum inline_kind kind = inlined[i].kind;
        bool fits = kind == INLINE_IF_NIL  ? nil_blocks(message)
                    : kind == INLINE_TO_DO ? counts(message)
                    : kind == INLINE_WHILE || kind == INLINE_REPEAT
                        ? is_block(receiver, 0, 0) && all_blocks(message)
                        : all_blocks(message);
        return fits ? kind : INLINE_NONE;
    }
    return INLINE_NONE;
}
