/*
 * CpSystemPlugin: what images of CodeParadise ask of their machine in place of doing it in Smalltalk. Such an image keeps no table
 * of its symbols: at its start it registers each, and asks by the text for the one that there is from then on. Of the rest
 * there is what an image needs to come up and to say what it lacks on a machine that is no web browser.
 */
#include "primitives/functions.h"

#include "primitives/text_objects.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#define MODULE "CpSystemPlugin"
#define FIRST_ROOM ((size_t)4096)

enum { EXIT_BROKEN_PIPE = 128 + 13 };

/* The symbols by their bytes: open addressing in a power of two of places, at most half of them used. */
struct symbol_table {
    oop *places;
    size_t room;
    size_t count;
};

static void release_symbols(void *state)
{
    struct symbol_table *table = state;
    free(table->places);
    free(table);
}

static void visit_symbols(void *context, struct heap *heap, heap_visit_fn *visitor)
{
    struct symbol_table *table = context;
    for (size_t i = 0; i < table->room; i++)
        if (!oop_is_none(table->places[i]))
            visitor(heap, &table->places[i]);
}

static struct symbol_table *symbols_of(struct vm *vm)
{
    struct symbol_table *table = vm_module_state(vm, MODULE);
    if (table != NULL)
        return table;
    table = vm_ensure_module_state(vm, MODULE, sizeof *table, NULL, release_symbols);
    if (table == NULL)
        return NULL;
    const struct heap_roots roots = {.context = table, .visit = visit_symbols};
    heap_add_roots(vm_heap(vm), &roots);
    return table;
}

/* The place of the symbol with these bytes, or the empty one where it belongs. */
static oop *find_place(const struct symbol_table *table, const uint8_t *bytes, size_t size)
{
    size_t at = (size_t)XXH3_64bits(bytes, size);
    for (;; at++) {
        oop *place = &table->places[at & (table->room - 1)];
        if (oop_is_none(*place) ||
            (object_byte_count(*place) == size && memcmp(object_bytes(*place), bytes, size) == 0))
            return place;
    }
}

/* Makes room for one more. */
static bool grow_symbols(struct symbol_table *table)
{
    if (table->count * 2 < table->room)
        return true;
    struct symbol_table grown = {.room = table->room == 0 ? FIRST_ROOM : table->room * 2};
    grown.places = calloc(grown.room, sizeof *grown.places);
    if (grown.places == NULL)
        return false;
    for (size_t i = 0; i < table->room; i++)
        if (!oop_is_none(table->places[i]))
            *find_place(&grown, object_bytes(table->places[i]),
                        object_byte_count(table->places[i])) = table->places[i];
    free(table->places);
    table->places = grown.places;
    table->room = grown.room;
    return true;
}

/* Fails with a bad argument for a second symbol of the same text. */
prim_result prim_cp_register_symbol(struct vm *vm, const prim_call *call)
{
    oop symbol = heap_follow(prim_argument(call, 0));
    struct symbol_table *table = symbols_of(vm);
    if (!oop_is_bytes(symbol))
        return PRIM_BAD_ARGUMENT;
    if (table == NULL || !grow_symbols(table))
        return PRIM_NO_C_MEMORY;
    oop *place = find_place(table, object_bytes(symbol), object_byte_count(symbol));
    if (!oop_is_none(*place) && !oop_same(*place, symbol))
        return PRIM_BAD_ARGUMENT;
    table->count += oop_is_none(*place);
    *place = symbol;
    return answer_self(vm, call);
}

/* Whether instances of an object, as a class, are byte objects. */
static bool is_class_of_bytes(oop value)
{
    if (!oop_is_object(value) || object_format(value) != FORMAT_FIXED ||
        object_slot_count(value) <= SLOT_BEHAVIOR_FORMAT ||
        !oop_is_integer(object_slot(value, SLOT_BEHAVIOR_FORMAT)))
        return false;
    int64_t format = oop_to_integer(object_slot(value, SLOT_BEHAVIOR_FORMAT));
    return format_is_bytes(class_format_spec(format));
}

/* The symbol of a string's text, made and registered where there is none. The receiver is the class of symbols. */
prim_result prim_cp_symbol_from_string(struct vm *vm, const prim_call *call)
{
    uint8_t *bytes;
    size_t size;
    bool valid;
    prim_result result = arg_bytes(call, 0, &bytes, &size);
    if (result != PRIM_OK)
        return result;
    if (!is_class_of_bytes(call->receiver))
        return PRIM_BAD_RECEIVER;
    struct symbol_table *table = symbols_of(vm);
    if (table == NULL || !grow_symbols(table))
        return PRIM_NO_C_MEMORY;
    oop *place = find_place(table, bytes, size);
    if (!oop_is_none(*place))
        return answer(vm, call, *place);
    oop symbol = heap_instantiate(vm_heap(vm), call->receiver, size, &valid);
    if (!valid || (!oop_is_none(symbol) && !oop_is_bytes(symbol)))
        return PRIM_BAD_RECEIVER;
    if (oop_is_none(symbol))
        return PRIM_NO_MEMORY;
    memcpy(object_bytes(symbol), bytes, size);
    table->count++;
    *place = symbol;
    return answer(vm, call, symbol);
}

/* Whether the argument is the receiver, or has the same characters. */
prim_result prim_cp_symbol_equals(struct vm *vm, const prim_call *call)
{
    struct text left;
    struct text right;
    oop other = heap_follow(prim_argument(call, 0));
    bool same = oop_same(call->receiver, other);
    if (!same && text_of(call->receiver, &left) && text_of(other, &right))
        same = text_equal(&left, &right);
    return answer_boolean(vm, call, same);
}

static prim_result print_line(struct vm *vm, const prim_call *call, FILE *out)
{
    char *line;
    prim_result result = arg_c_string(vm, call, 0, &line);
    if (result != PRIM_OK)
        return result;
    bool written = fprintf(out, "%s\n", line) >= 0 && fflush(out) == 0;
    int error = errno;
    free(line);
    if (written)
        return answer_self(vm, call);
    /* Nobody reads any more: the program ends as others do whose output is a closed pipe. */
    if (error == EPIPE)
        vm_request_exit(vm, EXIT_BROKEN_PIPE);
    return fail_with_os_error(vm, error);
}

prim_result prim_cp_trace(struct vm *vm, const prim_call *call)
{
    return print_line(vm, call, stdout);
}

prim_result prim_cp_warn(struct vm *vm, const prim_call *call)
{
    return print_line(vm, call, stderr);
}

/* The value of a variable of the environment, or nil. */
prim_result prim_cp_environment_at(struct vm *vm, const prim_call *call)
{
    char *name;
    prim_result result = arg_c_string(vm, call, 0, &name);
    if (result != PRIM_OK)
        return result;
    const char *value = getenv(name);
    free(name);
    return value == NULL ? answer_nil(vm, call) : answer_string(vm, call, value, strlen(value));
}

static bool is_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_of_word(uint32_t c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == ':';
}

static bool is_operator(uint32_t c)
{
    return (c < 128 && c != 0 && strchr("!%&*+,-/<=>?@\\|~", (int)c) != NULL) || c >= 0x80;
}

/* Whether the symbol can be written behind a # without quotes: a word, keywords or an operator. */
prim_result prim_cp_is_literal_symbol(struct vm *vm, const prim_call *call)
{
    struct text text;
    if (!text_of(call->receiver, &text))
        return PRIM_BAD_RECEIVER;
    bool good = text.count > 0;
    bool word = good && is_letter(text_at(&text, 0));
    for (size_t i = 0; i < text.count && good; i++)
        good = word ? is_of_word(text_at(&text, i)) : is_operator(text_at(&text, i));
    return answer_boolean(vm, call, good);
}

/* What only a machine with a loop of events outside of it has to know about a process. */
prim_result prim_cp_note_process(struct vm *vm, const prim_call *call)
{
    return answer_self(vm, call);
}

/* No process here runs as a part of a call from outside. */
prim_result prim_cp_no(struct vm *vm, const prim_call *call)
{
    return answer_boolean(vm, call, false);
}
