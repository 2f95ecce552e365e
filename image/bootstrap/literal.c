#include "image/bootstrap/literal.h"

int64_t code_description_header(const struct code_description *code)
{
    int64_t header = (int64_t)code->literal_count;
    if (code->primitive != 0)
        header |= (int64_t)1 << 16;
    if (code->large_frame)
        header |= (int64_t)1 << 17;
    header |= (int64_t)code->temporary_count << 18;
    header |= (int64_t)code->argument_count << 24;
    return header - ((int64_t)1 << 60);
}

static struct literal *new_literal(enum literal_kind kind)
{
    struct literal *literal = NEW(struct literal);
    literal->kind = kind;
    return literal;
}

const struct literal *literal_make(enum literal_kind kind)
{
    return new_literal(kind);
}

const struct literal *literal_integer(int64_t value)
{
    struct literal *literal = new_literal(LITERAL_INTEGER);
    literal->as.integer = value;
    return literal;
}

const struct literal *literal_float(double value)
{
    struct literal *literal = new_literal(LITERAL_FLOAT);
    memcpy(&literal->as.float_bits, &value, sizeof value);
    return literal;
}

const struct literal *literal_character(uint32_t code_point)
{
    struct literal *literal = new_literal(LITERAL_CHARACTER);
    literal->as.character = code_point;
    return literal;
}

const struct literal *literal_text(enum literal_kind kind, struct text text)
{
    struct literal *literal = new_literal(kind);
    literal->as.text = text;
    return literal;
}

const struct literal *literal_array(const struct literal **items, size_t count)
{
    struct literal *literal = new_literal(LITERAL_ARRAY);
    literal->as.array.items = items;
    literal->as.array.count = count;
    return literal;
}

const struct literal *literal_binding(struct binding binding)
{
    struct literal *literal = new_literal(LITERAL_BINDING);
    literal->as.binding = binding;
    return literal;
}

static bool same_large(const struct literal *a, const struct literal *b)
{
    return a->as.large.negative == b->as.large.negative && a->as.large.size == b->as.large.size &&
           memcmp(a->as.large.bytes, b->as.large.bytes, a->as.large.size) == 0;
}

static bool same_binding(const struct binding *a, const struct binding *b)
{
    return a->kind == b->kind && a->handle == b->handle && text_equals(a->name, b->name) &&
           text_equals(a->owner, b->owner);
}

bool literal_may_share(const struct literal *a, const struct literal *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case LITERAL_NIL:
    case LITERAL_TRUE:
    case LITERAL_FALSE:
        return true;
    case LITERAL_INTEGER:
        return a->as.integer == b->as.integer;
    case LITERAL_LARGE_INTEGER:
        return same_large(a, b);
    case LITERAL_FLOAT:
        return a->as.float_bits == b->as.float_bits;
    case LITERAL_FRACTION:
    case LITERAL_SCALED_DECIMAL:
        return a->as.ratio.scale == b->as.ratio.scale &&
               literal_may_share(a->as.ratio.numerator, b->as.ratio.numerator) &&
               literal_may_share(a->as.ratio.denominator, b->as.ratio.denominator);
    case LITERAL_CHARACTER:
        return a->as.character == b->as.character;
    case LITERAL_SYMBOL:
        return text_equals(a->as.text, b->as.text);
    case LITERAL_BINDING:
        return same_binding(&a->as.binding, &b->as.binding);
    case LITERAL_STRING:
    case LITERAL_ARRAY:
    case LITERAL_BYTE_ARRAY:
    case LITERAL_BLOCK:
    case LITERAL_METHOD_STATE:
    case LITERAL_CLASS_BINDING:
    case LITERAL_ENCLOSING_CODE:
        return false;
    }
    return false;
}
