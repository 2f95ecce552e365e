#include "image/bootstrap/materialise.h"

#include "vm/base/utf8.h"

enum {
    STATE_METHOD,
    STATE_SELECTOR,
    STATE_SOURCE,
    STATE_PROTOCOL,
    STATE_FIXED_COUNT,
    PRAGMA_METHOD = 0,
    PRAGMA_KEYWORD,
    PRAGMA_ARGUMENTS,
    PRAGMA_SLOT_COUNT
};

const char *const maker_class_names[MAKER_CLASS_COUNT] = {
    [MAKER_COMPILED_METHOD] = "CompiledMethod",
    [MAKER_COMPILED_BLOCK] = "CompiledBlock",
    [MAKER_METHOD_STATE] = "AdditionalMethodState",
    [MAKER_PRAGMA] = "Pragma",
    [MAKER_FRACTION] = "Fraction",
    [MAKER_SCALED_DECIMAL] = "ScaledDecimal",
    [MAKER_WIDE_STRING] = "WideString"};

static oop code_object(struct object_maker *maker, const struct code_description *code,
                       oop enclosing);

static oop fail(struct object_maker *maker)
{
    maker->failed = true;
    return NO_OOP;
}

static oop allocate(struct object_maker *maker, uint32_t class_index, unsigned format,
                    size_t slot_count)
{
    if (maker->failed || class_index == 0)
        return fail(maker);
    oop object = maker->in_old_space
                     ? heap_allocate_old(maker->heap, class_index, format, slot_count)
                     : heap_allocate(maker->heap, class_index, format, slot_count);
    return oop_is_none(object) ? fail(maker) : object;
}

/* An object without slots still has room for one, which stays zero: the same bytes wherever nil is. */
static void fill(oop object, oop value, size_t count)
{
    if (count == 0)
        object_slot_init(object, 0, NO_OOP);
    for (size_t i = 0; i < count; i++)
        object_slot_init(object, i, value);
}

oop maker_pointers(struct object_maker *maker, uint32_t class_index, unsigned format,
                   size_t slot_count)
{
    oop object = allocate(maker, class_index, format, slot_count);
    if (!oop_is_none(object))
        fill(object, maker->heap->nil, slot_count);
    return object;
}

oop maker_array(struct object_maker *maker, size_t count)
{
    return maker_pointers(maker, CLASS_ARRAY, FORMAT_INDEXABLE, count);
}

void maker_store(struct object_maker *maker, oop object, size_t index, oop value)
{
    if (oop_is_none(object) || oop_is_none(value))
        maker->failed = true;
    else
        heap_store(maker->heap, object, index, value);
}

static oop make_bytes(struct object_maker *maker, uint32_t class_index, const void *bytes,
                      size_t size)
{
    size_t slots = (size + 7) / 8;
    unsigned format = FORMAT_BYTES + (unsigned)(slots * 8 - size);
    oop object = allocate(maker, class_index, format, slots);
    if (oop_is_none(object))
        return object;
    memset(object_bytes(object), 0, slots == 0 ? 8 : slots * 8);
    if (size > 0)
        memcpy(object_bytes(object), bytes, size);
    return object;
}

static oop make_words(struct object_maker *maker, uint32_t class_index, const uint32_t *words,
                      size_t count)
{
    size_t slots = (count + 1) / 2;
    oop object = allocate(maker, class_index, FORMAT_WORDS32 + (unsigned)(count & 1), slots);
    if (oop_is_none(object))
        return object;
    memset(object_bytes(object), 0, slots == 0 ? 8 : slots * 8);
    if (count > 0)
        memcpy(object_bytes(object), words, count * sizeof *words);
    return object;
}

oop maker_text(struct object_maker *maker, struct text text, uint32_t byte_class_index,
               uint32_t wide_class_index)
{
    uint32_t *points = compiler_allocate_bytes((text.size + 1) * sizeof *points);
    char *bytes = compiler_allocate_bytes(text.size + 1);
    size_t count = 0;
    uint32_t greatest = 0;
    for (size_t offset = 0; offset < text.size; count++) {
        size_t size = utf8_decode(text.bytes + offset, text.size - offset, &points[count]);
        if (size == 0)
            return fail(maker);
        offset += size;
        bytes[count] = (char)(uint8_t)points[count];
        greatest = points[count] > greatest ? points[count] : greatest;
    }
    return greatest <= 255 ? make_bytes(maker, byte_class_index, bytes, count)
                           : make_words(maker, wide_class_index, points, count);
}

oop maker_string(struct object_maker *maker, struct text text)
{
    return maker_text(maker, text, CLASS_BYTE_STRING, maker->class_indices[MAKER_WIDE_STRING]);
}

static oop make_float(struct object_maker *maker, uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    if (float_fits_oop(value))
        return oop_from_float(value);
    const uint32_t halves[2] = {(uint32_t)bits, (uint32_t)(bits >> 32)};
    return make_words(maker, CLASS_BOXED_FLOAT, halves, 2);
}

static oop make_ratio(struct object_maker *maker, const struct literal *literal)
{
    oop numerator = maker_literal(maker, literal->as.ratio.numerator);
    const struct literal *denominator = literal->as.ratio.denominator;
    oop value = numerator;
    if (denominator->kind != LITERAL_INTEGER || denominator->as.integer != 1) {
        value = maker_pointers(maker, maker->class_indices[MAKER_FRACTION], FORMAT_FIXED, 2);
        maker_store(maker, value, 0, numerator);
        maker_store(maker, value, 1, maker_literal(maker, denominator));
    }
    if (literal->kind == LITERAL_FRACTION)
        return value;
    oop decimal =
        maker_pointers(maker, maker->class_indices[MAKER_SCALED_DECIMAL], FORMAT_FIXED, 2);
    maker_store(maker, decimal, 0, value);
    maker_store(maker, decimal, 1, oop_from_integer(literal->as.ratio.scale));
    return decimal;
}

static oop make_symbol(struct object_maker *maker, struct text name)
{
    if (maker->failed)
        return NO_OOP;
    oop symbol = maker->symbol(maker->context, name);
    return oop_is_none(symbol) ? fail(maker) : symbol;
}

static oop make_items(struct object_maker *maker, const struct literal *const *items, size_t count)
{
    oop array = maker_array(maker, count);
    for (size_t i = 0; i < count && !maker->failed; i++)
        maker_store(maker, array, i, maker_literal(maker, items[i]));
    return maker->failed ? NO_OOP : array;
}

oop maker_literal(struct object_maker *maker, const struct literal *literal)
{
    switch (literal->kind) {
    case LITERAL_NIL:
        return maker->heap->nil;
    case LITERAL_TRUE:
        return maker->heap->true_object;
    case LITERAL_FALSE:
        return maker->heap->false_object;
    case LITERAL_INTEGER:
        return oop_from_integer(literal->as.integer);
    case LITERAL_LARGE_INTEGER:
        return make_bytes(maker,
                          literal->as.large.negative ? CLASS_LARGE_NEGATIVE_INTEGER
                                                     : CLASS_LARGE_POSITIVE_INTEGER,
                          literal->as.large.bytes, literal->as.large.size);
    case LITERAL_FLOAT:
        return make_float(maker, literal->as.float_bits);
    case LITERAL_FRACTION:
    case LITERAL_SCALED_DECIMAL:
        return make_ratio(maker, literal);
    case LITERAL_CHARACTER:
        return oop_from_character(literal->as.character);
    case LITERAL_STRING:
        return maker_string(maker, literal->as.text);
    case LITERAL_SYMBOL:
        return make_symbol(maker, literal->as.text);
    case LITERAL_ARRAY:
        return make_items(maker, literal->as.array.items, literal->as.array.count);
    case LITERAL_BYTE_ARRAY:
        return make_bytes(maker, CLASS_BYTE_ARRAY, literal->as.text.bytes, literal->as.text.size);
    case LITERAL_BINDING: {
        oop binding = maker->binding(maker->context, &literal->as.binding);
        return oop_is_none(binding) ? fail(maker) : binding;
    }
    case LITERAL_CLASS_BINDING:
        return maker->class_binding;
    case LITERAL_BLOCK:
    case LITERAL_METHOD_STATE:
    case LITERAL_ENCLOSING_CODE:
        break; /* these need the code object: code_literal */
    }
    return fail(maker);
}

static oop make_pragma(struct object_maker *maker, const struct pragma *pragma, oop method)
{
    oop object =
        maker_pointers(maker, maker->class_indices[MAKER_PRAGMA], FORMAT_FIXED, PRAGMA_SLOT_COUNT);
    maker_store(maker, object, PRAGMA_METHOD, method);
    maker_store(maker, object, PRAGMA_KEYWORD, make_symbol(maker, pragma->keyword));
    maker_store(maker, object, PRAGMA_ARGUMENTS,
                make_items(maker, pragma->arguments, pragma->argument_count));
    return object;
}

static oop make_state(struct object_maker *maker, const struct code_description *code, oop method)
{
    oop state =
        maker_pointers(maker, maker->class_indices[MAKER_METHOD_STATE], FORMAT_FIXED_INDEXABLE,
                       STATE_FIXED_COUNT + code->pragma_count + code->has_origin);
    maker_store(maker, state, STATE_METHOD, method);
    maker_store(maker, state, STATE_SELECTOR, make_symbol(maker, code->selector));
    maker_store(maker, state, STATE_SOURCE, maker_string(maker, code->source));
    if (code->protocol.size > 0)
        maker_store(maker, state, STATE_PROTOCOL, make_symbol(maker, code->protocol));
    for (size_t i = 0; i < code->pragma_count; i++)
        maker_store(maker, state, STATE_FIXED_COUNT + i,
                    make_pragma(maker, &code->pragmas[i], method));
    return state;
}

/* Literals with slots or elements cannot be changed by the program that contains them. */
static oop protected(oop object)
{
    if (!oop_is_none(object) && oop_is_object(object))
        object_set_header(object, object_header(object) | HEADER_IMMUTABLE);
    return object;
}

static oop protected_literal(struct object_maker *maker, const struct literal *literal)
{
    switch (literal->kind) {
    case LITERAL_ARRAY: {
        oop array = maker_array(maker, literal->as.array.count);
        for (size_t i = 0; i < literal->as.array.count && !maker->failed; i++)
            maker_store(maker, array, i, protected_literal(maker, literal->as.array.items[i]));
        return protected(array);
    }
    case LITERAL_STRING:
    case LITERAL_BYTE_ARRAY:
    case LITERAL_LARGE_INTEGER:
    case LITERAL_FLOAT:
    case LITERAL_FRACTION:
    case LITERAL_SCALED_DECIMAL:
        return protected(maker_literal(maker, literal));
    default:
        return maker_literal(maker, literal);
    }
}

static oop code_literal(struct object_maker *maker, const struct code_description *code,
                        const struct literal *literal, oop object, oop enclosing)
{
    /* The VM notes in a named primitive's literal what it found. */
    if (code->primitive == 117 && literal == code->literals[0])
        return maker_literal(maker, literal);
    if (literal->kind == LITERAL_BLOCK)
        return code_object(maker, literal->as.code, object);
    if (literal->kind == LITERAL_METHOD_STATE)
        return make_state(maker, code, object);
    if (literal->kind == LITERAL_ENCLOSING_CODE)
        return enclosing;
    return protected_literal(maker, literal);
}

static oop code_object(struct object_maker *maker, const struct code_description *code,
                       oop enclosing)
{
    size_t byte_slots = (code->byte_count + 7) / 8;
    size_t slots = 1 + code->literal_count + byte_slots;
    unsigned format = FORMAT_CODE + (unsigned)(byte_slots * 8 - code->byte_count);
    enum maker_class class = code->is_block ? MAKER_COMPILED_BLOCK : MAKER_COMPILED_METHOD;
    oop object = allocate(maker, maker->class_indices[class], format, slots);
    if (oop_is_none(object))
        return object;
    fill(object, maker->heap->nil, slots);
    object_slot_init(object, 0, oop_from_integer(code_description_header(code)));
    uint8_t *bytes = object_bytes(object) + (1 + code->literal_count) * 8;
    memset(bytes, 0, byte_slots * 8);
    memcpy(bytes, code->bytes, code->byte_count);
    for (size_t i = 0; i < code->literal_count && !maker->failed; i++)
        maker_store(maker, object, 1 + i,
                    code_literal(maker, code, code->literals[i], object, enclosing));
    return maker->failed ? NO_OOP : object;
}

oop maker_code(struct object_maker *maker, const struct code_description *code)
{
    return code_object(maker, code, NO_OOP);
}
