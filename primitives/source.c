/*
 * VivariumSource: what reads source text asks for all the time. Symbols are found in the image's SymbolSet (package Strings),
 * whose slots are tally and array: open hashing by the characters' hash, nil where free.
 */
#include "primitives/functions.h"

#include "primitives/source_tokens.h"
#include "primitives/text_objects.h"

enum { SYMBOL_SET_ARRAY = 1, TOKENS_MAX = 128, TOKEN_FIELDS = 4 };

/* The symbol of these characters; nil when there is none, NO_OOP when the object is no table of symbols. */
static oop find_symbol(struct heap *heap, oop set, const struct text *text)
{
    if (!oop_has_slots(set, SYMBOL_SET_ARRAY + 1))
        return NO_OOP;
    oop array = heap_follow(object_slot(set, SYMBOL_SET_ARRAY));
    size_t size = oop_class_index(array) == CLASS_ARRAY ? object_slot_count(array) : 0;
    size_t index = size == 0 ? 0 : text_hash(text) % size;
    for (size_t left = size; left > 0; left--) {
        oop symbol = heap_follow(object_slot(array, index));
        struct text found;
        if (oop_same(symbol, heap->nil))
            return symbol;
        if (!text_of(symbol, &found))
            return NO_OOP;
        if (text_equal(&found, text))
            return symbol;
        index = index + 1 == size ? 0 : index + 1;
    }
    return NO_OOP;
}

/* SymbolSet, a string: the symbol of the string's characters, or nil. */
prim_result prim_find_symbol(struct vm *vm, const prim_call *call)
{
    struct text text;
    if (!text_of(heap_follow(prim_argument(call, 0)), &text))
        return PRIM_BAD_ARGUMENT;
    oop symbol = find_symbol(vm_heap(vm), call->receiver, &text);
    return oop_is_none(symbol) ? PRIM_BAD_RECEIVER : answer(vm, call, symbol);
}

static bool has_quote(const struct text *text)
{
    for (size_t i = 0; i < text->count; i++)
        if (text_at(text, i) == '\'')
            return true;
    return false;
}

/* A new string of what stands between quotes, a doubled one taken once. Answers nil for a wide one with such. */
static oop new_unquoted_string(struct heap *heap, const struct text *inside)
{
    if (inside->bytes == NULL)
        return has_quote(inside) ? heap->nil : text_new_string(heap, inside->words, inside->count);
    size_t quotes = 0;
    for (size_t i = 0; i < inside->count; i++)
        quotes += inside->bytes[i] == '\'';
    oop string = heap_allocate_bytes(heap, CLASS_BYTE_STRING, inside->count - quotes / 2);
    if (oop_is_none(string))
        return NO_OOP;
    uint8_t *to = object_bytes(string);
    for (size_t i = 0; i < inside->count; i++) {
        *to++ = inside->bytes[i];
        i += inside->bytes[i] == '\'';
    }
    return string;
}

static oop integer_of(const struct text *digits)
{
    int64_t value = 0;
    for (size_t i = 0; i < digits->count; i++)
        value = value * 10 + (int64_t)(text_at(digits, i) - '0');
    return oop_from_integer(value);
}

/* What the token says: a symbol, a literal, or false for other tokens. nil when it is left to the image, NO_OOP as above or when
 * there is no memory. */
static oop token_value(struct heap *heap, oop symbols, const struct text *source,
                       const struct source_token *token)
{
    struct text text = text_part(source, token->start, token->limit);
    switch (token->kind) {
    case TOKEN_IDENTIFIER:
    case TOKEN_KEYWORD:
    case TOKEN_BINARY:
        return find_symbol(heap, symbols, &text);
    case TOKEN_SYMBOL:
        text = text_part(&text, 1, text.count);
        return find_symbol(heap, symbols, &text);
    case TOKEN_QUOTED_SYMBOL:
        text = text_part(&text, 2, text.count - 1);
        return has_quote(&text) ? heap->nil : find_symbol(heap, symbols, &text);
    case TOKEN_STRING:
        text = text_part(&text, 1, text.count - 1);
        return new_unquoted_string(heap, &text);
    case TOKEN_INTEGER:
        return integer_of(&text);
    case TOKEN_CHARACTER:
        return oop_from_character(text_at(&text, 1));
    case TOKEN_NOT_PLAIN:
        return heap->nil;
    default:
        return heap->false_object;
    }
}

struct token_batch {
    struct source_token tokens[TOKENS_MAX];
    oop values[TOKENS_MAX];
    size_t count;
};

/* Collects tokens up to the end, the first that is not plain, or a full batch. It never ends with a comment: what comes after
 * one begins there. False where token_value gives up. */
static bool collect_tokens(struct heap *heap, oop symbols, const struct text *source,
                           size_t position, struct token_batch *batch)
{
    batch->count = 0;
    bool more = true;
    while (more && batch->count < TOKENS_MAX) {
        struct source_token token = source_token_from(source, position);
        oop value = token_value(heap, symbols, source, &token);
        if (oop_is_none(value))
            return false;
        more = !oop_same(value, heap->nil) && token.kind != TOKEN_END;
        if (oop_same(value, heap->nil))
            break;
        batch->tokens[batch->count] = token;
        batch->values[batch->count++] = value;
        position = token.limit;
    }
    while (batch->count > 0 && batch->tokens[batch->count - 1].kind == TOKEN_COMMENT)
        batch->count--;
    return true;
}

/*
 * RBScanner, the source, where to begin, an Array of the objects that stand for the kinds, the SymbolSet: an Array with four
 * elements for each of the tokens that can be told from there without more knowledge: kind, first index, last index, and the
 * symbol or literal (false for other kinds). It may be empty. Names that are no symbols yet are left to the image.
 */
prim_result prim_cut_tokens(struct vm *vm, const prim_call *call)
{
    struct heap *heap = vm_heap(vm);
    oop string = heap_follow(prim_argument(call, 0));
    oop kinds = heap_follow(prim_argument(call, 2));
    struct text source;
    size_t position;
    if (!text_is_string(heap, string) || !text_of(string, &source) ||
        oop_class_index(kinds) != CLASS_ARRAY || object_slot_count(kinds) < TOKEN_KIND_COUNT)
        return PRIM_BAD_ARGUMENT;
    prim_result result = arg_index(call, 1, source.count + 1, &position);
    if (result != PRIM_OK)
        return result;
    struct token_batch batch;
    if (!collect_tokens(heap, heap_follow(prim_argument(call, 3)), &source, position, &batch))
        return PRIM_BAD_ARGUMENT;
    oop array = heap_allocate_array(heap, batch.count * TOKEN_FIELDS);
    if (oop_is_none(array))
        return PRIM_NO_MEMORY;
    for (size_t i = 0; i < batch.count; i++) {
        const struct source_token *token = &batch.tokens[i];
        size_t kind = token->kind < TOKEN_KIND_COUNT ? token->kind : TOKEN_LITERAL;
        heap_store(heap, array, i * TOKEN_FIELDS, object_slot(kinds, kind));
        heap_store(heap, array, i * TOKEN_FIELDS + 1, oop_from_integer((int64_t)token->start + 1));
        heap_store(heap, array, i * TOKEN_FIELDS + 2, oop_from_integer((int64_t)token->limit));
        heap_store(heap, array, i * TOKEN_FIELDS + 3, batch.values[i]);
    }
    return answer(vm, call, array);
}
