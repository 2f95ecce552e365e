/*
 * VivariumUnicode: what the Unicode character database says. A character comes as a Character or as its code, as the receiver
 * or as the only argument; mappings answer the same kind.
 */
#include "primitives/functions.h"

#include "primitives/text_objects.h"
#include "vm/base/utf8.h"

#include <stdlib.h>
#include <utf8proc.h>

enum { CODE_POINT_LIMIT = 0x110000 };

/* The code that a call is about. */
static prim_result call_code(const prim_call *call, oop *character, utf8proc_int32_t *code)
{
    if (call->argument_count > 1)
        return PRIM_BAD_ARGUMENT_COUNT;
    *character = call->argument_count == 1 ? prim_argument(call, 0) : call->receiver;
    int64_t value;
    if (oop_is_character(*character))
        value = oop_to_character(*character);
    else if (oop_is_integer(*character))
        value = oop_to_integer(*character);
    else
        return PRIM_BAD_ARGUMENT;
    if (value < 0 || value >= CODE_POINT_LIMIT)
        return PRIM_BAD_ARGUMENT;
    *code = (utf8proc_int32_t)value;
    return PRIM_OK;
}

/* The general category, by the number of utf8proc: 0 unassigned, 1 Lu, 2 Ll, 3 Lt, 4 Lm, 5 Lo, 6 Mn, 7 Mc, 8 Me, 9 Nd, 10 Nl,
 * 11 No, 12 Pc, 13 Pd, 14 Ps, 15 Pe, 16 Pi, 17 Pf, 18 Po, 19 Sm, 20 Sc, 21 Sk, 22 So, 23 Zs, 24 Zl, 25 Zp, 26 Cc, 27 Cf,
 * 28 Cs, 29 Co. */
prim_result prim_unicode_category(struct vm *vm, const prim_call *call)
{
    oop character;
    utf8proc_int32_t code;
    prim_result result = call_code(call, &character, &code);
    return result == PRIM_OK ? answer_integer(vm, call, utf8proc_category(code)) : result;
}

static prim_result answer_mapped(struct vm *vm, const prim_call *call,
                                 utf8proc_int32_t (*map)(utf8proc_int32_t code))
{
    oop character;
    utf8proc_int32_t code;
    prim_result result = call_code(call, &character, &code);
    if (result != PRIM_OK)
        return result;
    utf8proc_int32_t mapped = map(code);
    return oop_is_character(character) ? answer(vm, call, oop_from_character((uint32_t)mapped))
                                       : answer_integer(vm, call, mapped);
}

prim_result prim_unicode_upper(struct vm *vm, const prim_call *call)
{
    return answer_mapped(vm, call, utf8proc_toupper);
}

prim_result prim_unicode_lower(struct vm *vm, const prim_call *call)
{
    return answer_mapped(vm, call, utf8proc_tolower);
}

/* Simple folding: the one code that stands for all cases of a character. */
static utf8proc_int32_t fold_code(utf8proc_int32_t code)
{
    utf8proc_int32_t folded[4];
    int boundary = 0;
    utf8proc_ssize_t count = utf8proc_decompose_char(code, folded, 4, UTF8PROC_CASEFOLD, &boundary);
    return count == 1 ? folded[0] : utf8proc_tolower(code);
}

prim_result prim_unicode_fold(struct vm *vm, const prim_call *call)
{
    return answer_mapped(vm, call, fold_code);
}

/* --- texts --------------------------------------------------------------------------------------------------------------- */

/* The text in UTF-8, in new memory of `size` bytes; NULL for a code point that UTF-8 cannot say, or without memory. */
static char *encode_text(const struct text *text, size_t *size)
{
    char *utf8 = malloc(text->count * UTF8_MAX_SIZE + 1);
    *size = 0;
    for (size_t i = 0; utf8 != NULL && i < text->count; i++) {
        size_t length = utf8_encode(text_at(text, i), utf8 + *size);
        if (length == 0) {
            free(utf8);
            return NULL;
        }
        *size += length;
    }
    return utf8;
}

static utf8proc_ssize_t normalize(const char *utf8, size_t size, utf8proc_option_t options,
                                  utf8proc_int32_t **code_points)
{
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)utf8;
    utf8proc_ssize_t length = (utf8proc_ssize_t)size;
    utf8proc_ssize_t count = utf8proc_decompose(bytes, length, NULL, 0, options);
    *code_points = count < 0 ? NULL : malloc(((size_t)count + 1) * sizeof **code_points);
    if (*code_points == NULL)
        return -1;
    count = utf8proc_decompose(bytes, length, *code_points, count, options);
    return count < 0 ? count : utf8proc_normalize_utf32(*code_points, count, options);
}

/* A new string in a normal form: 0 NFC, 1 NFD, 2 NFKC, 3 NFKD. */
prim_result prim_unicode_normalize(struct vm *vm, const prim_call *call)
{
    static const utf8proc_option_t forms[] = {
        UTF8PROC_STABLE | UTF8PROC_COMPOSE, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE,
        UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT,
        UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT};
    struct text text;
    int64_t form;
    size_t size;
    utf8proc_int32_t *code_points = NULL;
    if (!text_of(call->receiver, &text))
        return PRIM_BAD_RECEIVER;
    prim_result result = arg_integer(call, 0, &form);
    if (result != PRIM_OK)
        return result;
    if (form < 0 || form >= (int64_t)(sizeof forms / sizeof *forms))
        return PRIM_BAD_ARGUMENT;
    char *utf8 = encode_text(&text, &size);
    if (utf8 == NULL)
        return PRIM_INAPPROPRIATE;
    utf8proc_ssize_t count = normalize(utf8, size, forms[form], &code_points);
    result = count < 0 ? PRIM_INAPPROPRIATE
                       : answer_new(vm, call,
                                    text_new_string(vm_heap(vm), (const uint32_t *)code_points,
                                                    (size_t)count));
    free(code_points);
    free(utf8);
    return result;
}

/* The index of the last character of the grapheme, what readers take for one character, that begins at an index. */
prim_result prim_unicode_grapheme_end(struct vm *vm, const prim_call *call)
{
    struct text text;
    size_t index;
    utf8proc_int32_t state = 0;
    if (!text_of(call->receiver, &text))
        return PRIM_BAD_RECEIVER;
    prim_result result = arg_index(call, 0, text.count, &index);
    if (result != PRIM_OK)
        return result;
    while (index + 1 < text.count &&
           !utf8proc_grapheme_break_stateful((utf8proc_int32_t)text_at(&text, index),
                                             (utf8proc_int32_t)text_at(&text, index + 1), &state))
        index++;
    return answer_integer(vm, call, (int64_t)index + 1);
}
