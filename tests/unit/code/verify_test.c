/* Each rule of the method verifier refuses the code it is for; correct code of both sets passes, with its facts. */
#include "vm/code/verify.h"
#include "vm/object/known.h"
#include "vm/object/oop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Literals are made-up words; what the verifier is told about them depends on the word. */
enum { OBJECT = 0x1000, VARIABLE = 0x2000, BLOCK = 0x3000, NAMED = 0x4000, NUMBER = 1 };

enum { LITERALS_MAX = 4 };

struct method {
    uint64_t slots[1 + LITERALS_MAX + 64];
    struct code_source source;
    struct code_scratch scratch;
    struct code_facts facts;
    struct code_fault fault;
    size_t first;
};

/* A block takes one argument and has room for two copied values. */
static void view(const void *context, uint64_t literal, struct literal_view *view)
{
    (void)context;
    view->is_object = literal != NUMBER;
    view->is_code = literal == BLOCK;
    view->pointer_count = literal == VARIABLE ? 2 : literal == NAMED ? 4 : 0;
    view->code_header = (int64_t)(3u << CODE_HEADER_TEMP_SHIFT | 1u << CODE_HEADER_ARGUMENT_SHIFT);
}

/* flags: bits of the header beside the counts. */
static void make(struct method *method, enum bytecode_set set, int64_t flags, unsigned temps,
                 const uint8_t *code, size_t size)
{
    static const uint64_t literals[LITERALS_MAX] = {OBJECT, VARIABLE, BLOCK, NUMBER};
    int64_t header = LITERALS_MAX | flags | (int64_t)temps << CODE_HEADER_TEMP_SHIFT;
    if (set == BYTECODES_SISTA)
        header += INT64_MIN / 8;
    memset(method->slots, 0, sizeof method->slots);
    method->slots[0] = oop_from_integer(header).bits;
    memcpy(method->slots + 1, literals, sizeof literals);
    memcpy(method->slots + 1 + LITERALS_MAX, code, size);
    method->first = 8 * (1 + LITERALS_MAX);
    method->source = (struct code_source){
        .slots = method->slots,
        .byte_count = method->first + size,
        .instance_variable_limit = 5,
        .view_literal = view,
    };
}

static bool verifies(struct method *method)
{
    return code_verify(&method->source, &method->scratch, &method->facts, &method->fault);
}

#define BYTES(...) ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})

static void assert_accepted(enum bytecode_set set, int64_t flags, unsigned temps,
                            const uint8_t *code, size_t size)
{
    struct method *method = calloc(1, sizeof *method);
    assert_non_null(method);
    make(method, set, flags, temps, code, size);
    if (!verifies(method))
        fail_msg("wanted %s, found %lld at %zu", method->fault.wanted,
                 (long long)method->fault.found, method->fault.pc - method->first);
    code_scratch_free(&method->scratch);
    free(method);
}

static void assert_refused(enum bytecode_set set, int64_t flags, unsigned temps,
                           const uint8_t *code, size_t size, const char *wanted)
{
    struct method *method = calloc(1, sizeof *method);
    assert_non_null(method);
    make(method, set, flags, temps, code, size);
    assert_false(verifies(method));
    assert_non_null(method->fault.wanted);
    if (strstr(method->fault.wanted, wanted) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", method->fault.wanted, wanted);
    code_scratch_free(&method->scratch);
    free(method);
}

#define SISTA_ACCEPTS(temps, ...) assert_accepted(BYTECODES_SISTA, 0, (temps), BYTES(__VA_ARGS__))
#define V3_ACCEPTS(temps, ...) assert_accepted(BYTECODES_V3, 0, (temps), BYTES(__VA_ARGS__))
#define SISTA_REFUSES(wanted, temps, ...)                                                          \
    assert_refused(BYTECODES_SISTA, 0, (temps), BYTES(__VA_ARGS__), (wanted))
#define V3_REFUSES(wanted, temps, ...)                                                             \
    assert_refused(BYTECODES_V3, 0, (temps), BYTES(__VA_ARGS__), (wanted))

static void a_loop_with_a_condition_passes(void **state)
{
    (void)state;
    /* [x < 9] whileTrue: [x := x + 1]: push t0, push 9, <, jump false 8 on, push t0, push 1, +, pop t0, jump back 13 */
    SISTA_ACCEPTS(1, 64, 232, 9, 98, 199, 64, 81, 96, 208, 225, 255, 237, 243, 88);
    /* The same: push t0, push literal, <, jump false 6 on, push t0, push 1, +, pop t0, jump back 10 */
    V3_ACCEPTS(1, 16, 35, 178, 157, 16, 118, 176, 104, 163, 246, 120);
}

static void facts_tell_what_the_receiver_needs(void **state)
{
    (void)state;
    struct method *method = calloc(1, sizeof *method);
    assert_non_null(method);
    make(method, BYTECODES_SISTA, 0, 2, BYTES(2, 4, 96, 92));

    assert_true(verifies(method));

    assert_int_equal(method->facts.instance_variables, 5);
    assert_int_equal(method->facts.deepest, 4);
    assert_int_equal(method->facts.primitive, 0);
    assert_false(method->facts.super_sends);
    assert_int_equal(code_depth_at(&method->scratch, &method->source, method->first), 2);
    assert_int_equal(code_depth_at(&method->scratch, &method->source, method->first + 2), 4);
    assert_int_equal(code_depth_at(&method->scratch, &method->source, method->first + 4), -1);
    code_scratch_free(&method->scratch);
    free(method);
}

static void jumps_must_lead_to_instructions(void **state)
{
    (void)state;
    SISTA_REFUSES("a jump to the first byte of an instruction", 0, 176, 232, 5, 92);
    SISTA_REFUSES("control that stays inside", 0, 237, 9, 88);
    SISTA_REFUSES("control that stays inside", 0, 225, 255, 237, 0, 88);
    V3_REFUSES("a jump to the first byte of an instruction", 0, 144, 128, 192, 124);
    V3_REFUSES("control that stays inside", 0, 160, 0, 120);
    /* Behind its own prefix an instruction cannot be entered. */
    SISTA_REFUSES("a jump to the first byte of an instruction", 0, 177, 224, 0, 228, 0, 92);
}

static void control_must_not_run_off_the_end(void **state)
{
    (void)state;
    SISTA_REFUSES("control that stays inside", 0, 76, 216);
    V3_REFUSES("control that stays inside", 0, 112, 135);
    SISTA_REFUSES("a whole bytecode", 0, 76, 232);
    SISTA_REFUSES("a whole bytecode", 0, 76, 224, 1);
}

static void conditional_jumps_must_go_forward(void **state)
{
    (void)state;
    SISTA_REFUSES("a conditional jump that goes forward", 0, 77, 225, 255, 238, 251, 88);
}

static void the_stack_must_hold_what_is_taken(void **state)
{
    (void)state;
    SISTA_REFUSES("as many values on the stack", 0, 216, 88);
    SISTA_REFUSES("as many values on the stack", 2, 216, 88);
    SISTA_REFUSES("as many values on the stack", 0, 76, 96, 92);
    SISTA_REFUSES("as many values on the stack", 0, 92);
    SISTA_REFUSES("as many values on the stack", 0, 76, 144, 92);
    SISTA_REFUSES("as many values on the stack", 0, 231, 129, 92);
    SISTA_REFUSES("as many values on the stack", 0, 83, 92);
    V3_REFUSES("as many values on the stack", 0, 135, 120);
    V3_REFUSES("as many values on the stack", 0, 112, 240, 124);
}

static void the_stack_must_fit_in_the_frame(void **state)
{
    (void)state;
    static const uint8_t sixteen[] = {76, 83, 83, 83, 83, 83, 83, 83, 83,
                                      83, 83, 83, 83, 83, 83, 83, 92};
    static const uint8_t seventeen[] = {76, 83, 83, 83, 83, 83, 83, 83, 83,
                                        83, 83, 83, 83, 83, 83, 83, 83, 92};

    assert_accepted(BYTECODES_SISTA, 0, 0, sixteen, sizeof sixteen);
    assert_refused(BYTECODES_SISTA, 0, 0, seventeen, sizeof seventeen, "a stack that fits");
    assert_refused(BYTECODES_SISTA, 0, 1, sixteen, sizeof sixteen, "a stack that fits");
    assert_accepted(BYTECODES_SISTA, CODE_HEADER_LARGE_FRAME, 40, sixteen, sizeof sixteen);
    assert_refused(BYTECODES_SISTA, 0, 17, BYTES(88), "room for them");
}

static void paths_must_agree_on_the_depth(void **state)
{
    (void)state;
    /* jump false over a push */
    SISTA_REFUSES("one depth", 0, 77, 192, 76, 88);
    /* a loop that pushes */
    SISTA_REFUSES("one depth", 0, 76, 225, 255, 237, 251);
    V3_REFUSES("one depth", 0, 113, 152, 112, 120);
}

static void literals_must_exist_and_be_of_their_kind(void **state)
{
    (void)state;
    SISTA_ACCEPTS(0, 35, 92);
    SISTA_REFUSES("a literal that the method has", 0, 36, 92);
    SISTA_REFUSES("a literal that the method has", 0, 224, 1, 228, 0, 92);
    SISTA_ACCEPTS(0, 17, 92);
    SISTA_REFUSES("a literal variable", 0, 16, 92);
    SISTA_REFUSES("a literal variable", 0, 76, 241, 3, 88);
    SISTA_REFUSES("a selector that is an object", 0, 76, 131, 92);
    V3_REFUSES("a literal variable", 0, 64, 124);
    V3_REFUSES("a literal that the method has", 0, 36, 124);
    V3_REFUSES("a literal that the method has", 0, 112, 131, 4, 124);
    V3_REFUSES("a literal variable", 0, 112, 132, 7 << 5, 0, 124);
}

static void temporaries_must_exist(void **state)
{
    (void)state;
    SISTA_ACCEPTS(2, 65, 208, 88);
    SISTA_REFUSES("a temporary", 2, 66, 92);
    SISTA_REFUSES("a temporary", 2, 229, 2, 92);
    SISTA_REFUSES("a temporary", 2, 76, 242, 2, 88);
    SISTA_REFUSES("a temporary", 2, 251, 0, 2, 92);
    V3_REFUSES("a temporary", 1, 17, 124);
    V3_REFUSES("a temporary", 1, 140, 0, 1, 124);
}

static void instance_variables_must_exist(void **state)
{
    (void)state;
    SISTA_ACCEPTS(0, 4, 92);
    SISTA_REFUSES("an instance variable", 0, 5, 92);
    SISTA_REFUSES("an instance variable", 0, 76, 205, 88);
    SISTA_REFUSES("an instance variable", 0, 224, 1, 226, 0, 92);
    V3_REFUSES("an instance variable", 0, 5, 124);
    V3_REFUSES("an instance variable", 0, 112, 132, 6 << 5, 9, 120);
}

static void bytecodes_must_mean_something(void **state)
{
    (void)state;
    static const uint8_t sista[] = {84, 87, 217, 223, 230, 236, 246, 247, 254, 255};
    for (size_t i = 0; i < sizeof sista; i++)
        SISTA_REFUSES("a bytecode that means something", 0, sista[i], 0, 0, 88);
    V3_REFUSES("a bytecode that means something", 0, 126, 120);
    V3_REFUSES("a bytecode that means something", 0, 112, 129, 128, 124);
}

static void only_a_quick_primitive_needs_nothing_behind_it(void **state)
{
    (void)state;
    const int64_t primitive = CODE_HEADER_HAS_PRIMITIVE;
    assert_accepted(BYTECODES_V3, primitive, 0, BYTES(139, 0, 1));
    assert_accepted(BYTECODES_V3, primitive, 0, BYTES(139, 12, 1, 127, 127));
    assert_accepted(BYTECODES_SISTA, primitive, 0, BYTES(248, 7, 1, 84));
    assert_refused(BYTECODES_SISTA, primitive, 0, BYTES(248, 13, 1, 84), "an instance variable");
    assert_refused(BYTECODES_SISTA, primitive, 0, BYTES(248, 60, 0, 84),
                   "a bytecode that means something");
    assert_refused(BYTECODES_SISTA, primitive, 0, BYTES(248, 60, 0), "control that stays inside");
}

static void a_promised_primitive_must_be_called_first(void **state)
{
    (void)state;
    const int64_t primitive = CODE_HEADER_HAS_PRIMITIVE;
    assert_accepted(BYTECODES_SISTA, primitive, 1, BYTES(248, 60, 0, 64, 92));
    assert_refused(BYTECODES_SISTA, primitive, 1, BYTES(64, 92),
                   "the primitive that the header promises");
    assert_refused(BYTECODES_SISTA, 0, 1, BYTES(95, 248, 60, 0, 64, 92),
                   "a primitive at the method's beginning");
    assert_refused(BYTECODES_SISTA, primitive, 1, BYTES(248, 0, 128, 88), "a primitive number");
    assert_refused(BYTECODES_SISTA, primitive, 0, BYTES(248, 117, 0, 88),
                   "a named primitive's first literal");
    assert_refused(BYTECODES_SISTA, primitive, 0, BYTES(248, 13, 1, 88), "an instance variable");
    assert_accepted(BYTECODES_V3, primitive, 0, BYTES(139, 60, 0, 120));
}

static void a_failure_code_may_be_stored_on_an_empty_stack(void **state)
{
    (void)state;
    const int64_t primitive = CODE_HEADER_HAS_PRIMITIVE;
    assert_accepted(BYTECODES_SISTA, primitive, 2, BYTES(248, 60, 0, 245, 1, 88));
    assert_accepted(BYTECODES_V3, primitive, 2, BYTES(139, 60, 0, 129, 64 + 1, 120));
    assert_refused(BYTECODES_SISTA, primitive, 2, BYTES(248, 60, 0, 95, 245, 1, 88),
                   "as many values on the stack");
}

static void full_closures_must_fit_their_blocks(void **state)
{
    (void)state;
    SISTA_ACCEPTS(0, 76, 76, 249, 2, 2, 92);
    SISTA_REFUSES("copied values", 0, 76, 76, 76, 249, 2, 3, 92);
    SISTA_REFUSES("compiled code", 0, 249, 1, 0, 92);
    SISTA_REFUSES("as many values on the stack", 0, 249, 2, 1, 92);
    SISTA_REFUSES("as many values on the stack", 0, 249, 2, 128, 92);
}

static void embedded_blocks_are_code_of_their_own(void **state)
{
    (void)state;
    /* [:a | | t | t := a. t]: push nil, push t0, pop t1, push t1, block return; then return top */
    SISTA_ACCEPTS(0, 250, 1, 5, 79, 64, 209, 65, 94, 92);
    V3_ACCEPTS(0, 143, 1, 0, 5, 115, 16, 105, 17, 125, 124);
    V3_REFUSES("a temporary", 0, 143, 1, 0, 3, 17, 125, 112, 124);
    V3_REFUSES("control that stays inside", 0, 143, 0, 0, 1, 115, 124);
    V3_REFUSES("a block inside the code", 0, 143, 0, 0, 9, 115, 125, 124);
    V3_REFUSES("a block inside the code", 0, 143, 0, 0, 0, 124);
    V3_REFUSES("control that does not enter or leave a block", 0, 143, 0, 0, 2, 115, 125, 135, 163,
               251);
    V3_REFUSES("a block's code that only the block runs", 0, 113, 155, 143, 0, 0, 2, 115, 125, 124);
    V3_REFUSES("as many values on the stack", 0, 143, 16, 0, 2, 115, 125, 124);
}

static void super_sends_need_a_last_literal(void **state)
{
    (void)state;
    SISTA_REFUSES("a last literal that leads", 0, 76, 235, 0, 92);
    V3_REFUSES("a last literal that leads", 0, 112, 133, 0, 124);
}

static void headers_must_fit_their_objects(void **state)
{
    (void)state;
    struct method *method = calloc(1, sizeof *method);
    assert_non_null(method);
    make(method, BYTECODES_SISTA, 0, 0, BYTES(88));

    method->source.byte_count = method->first;
    assert_false(verifies(method));
    assert_string_equal(method->fault.wanted, "literals and bytecodes inside the code object");
    method->source.byte_count = method->first + 1;
    method->slots[0] &= ~(uint64_t)1;
    assert_false(verifies(method));
    make(method, BYTECODES_SISTA, (int64_t)2 << CODE_HEADER_ARGUMENT_SHIFT, 1, BYTES(88));
    assert_false(verifies(method));
    code_scratch_free(&method->scratch);
    free(method);
}

static void random_bytes_never_hurt(void **state)
{
    (void)state;
    struct method *method = calloc(1, sizeof *method);
    assert_non_null(method);
    uint64_t seed = 88172645463325252u;
    size_t accepted = 0;
    for (size_t round = 0; round < 200000; round++) {
        uint8_t code[48];
        for (size_t i = 0; i < sizeof code; i++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            code[i] = (uint8_t)(seed >> 32);
        }
        make(method, (enum bytecode_set)(round & 1), 0, (unsigned)(round % 16), code,
             1 + round % sizeof code);
        accepted += verifies(method);
    }
    assert_true(accepted > 0);
    code_scratch_free(&method->scratch);
    free(method);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_with_a_condition_passes),
        cmocka_unit_test(facts_tell_what_the_receiver_needs),
        cmocka_unit_test(jumps_must_lead_to_instructions),
        cmocka_unit_test(control_must_not_run_off_the_end),
        cmocka_unit_test(conditional_jumps_must_go_forward),
        cmocka_unit_test(the_stack_must_hold_what_is_taken),
        cmocka_unit_test(the_stack_must_fit_in_the_frame),
        cmocka_unit_test(paths_must_agree_on_the_depth),
        cmocka_unit_test(literals_must_exist_and_be_of_their_kind),
        cmocka_unit_test(temporaries_must_exist),
        cmocka_unit_test(instance_variables_must_exist),
        cmocka_unit_test(bytecodes_must_mean_something),
        cmocka_unit_test(a_promised_primitive_must_be_called_first),
        cmocka_unit_test(only_a_quick_primitive_needs_nothing_behind_it),
        cmocka_unit_test(a_failure_code_may_be_stored_on_an_empty_stack),
        cmocka_unit_test(full_closures_must_fit_their_blocks),
        cmocka_unit_test(embedded_blocks_are_code_of_their_own),
        cmocka_unit_test(super_sends_need_a_last_literal),
        cmocka_unit_test(headers_must_fit_their_objects),
        cmocka_unit_test(random_bytes_never_hurt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
