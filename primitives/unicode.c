/*
 * VivariumUnicode: what the Unicode character database says. A character comes as a Character or as its code, as the receiver
 * or as the only argument; mappings answer the same kind.
 */
#include "primitives/functions.h"

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
