/* The table of bytecodes is complete, and its instructions read as they are specified. */
#include "vm/code/bytecodes.h"
#include "vm/code/disassemble.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct range {
    unsigned first, last;
};

#define NO_ROW(name, text, pops, pushes)
#define NO_RANGE(first, last, size, name, form, constant)
#define RANGE(first, last, size, name, form, constant) {(first), (last)},

static const struct range sista[] = {
#define OPERATION NO_ROW
#define SISTA RANGE
#define V3 NO_RANGE
#define ST80 NO_RANGE
#include "vm/code/bytecodes.def"
#undef OPERATION
#undef SISTA
#undef V3
#undef ST80
};

static const struct range v3[] = {
#define OPERATION NO_ROW
#define SISTA NO_RANGE
#define V3 RANGE
#define ST80 NO_RANGE
#include "vm/code/bytecodes.def"
#undef OPERATION
#undef SISTA
#undef V3
#undef ST80
};

static void assert_complete(const struct range *ranges, size_t count)
{
    unsigned next = 0;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(ranges[i].first, next);
        assert_true(ranges[i].last >= ranges[i].first);
        next = ranges[i].last + 1;
    }
    assert_int_equal(next, 256);
}

static void every_opcode_has_one_row(void **state)
{
    (void)state;
    assert_complete(sista, sizeof sista / sizeof sista[0]);
    assert_complete(v3, sizeof v3 / sizeof v3[0]);
}

static void assert_line(enum bytecode_set set, const uint8_t *bytes, size_t size,
                        const char *wanted)
{
    char line[DISASSEMBLY_LINE_SIZE];
    struct disassembly disassembly = {.set = set, .bytes = bytes, .limit = size};
    assert_true(disassemble_line(&disassembly, line, sizeof line));
    assert_string_equal(line, wanted);
    assert_int_equal(disassembly.pc, size);
    assert_false(disassemble_line(&disassembly, line, sizeof line));
}

#define BYTES(...) ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})

static void sista_instructions_are_decoded(void **state)
{
    (void)state;
    assert_line(BYTECODES_SISTA, BYTES(3), "1 <03> push instance variable 3");
    assert_line(BYTECODES_SISTA, BYTES(225, 255, 232, 0), "1 <E1 FF E8 00> push integer -256");
    assert_line(BYTECODES_SISTA, BYTES(225, 1, 225, 44, 232, 7),
                "1 <E1 01 E1 2C E8 07> push integer 76807");
    assert_line(BYTECODES_SISTA, BYTES(224, 1, 228, 2), "1 <E0 01 E4 02> push literal #258");
    assert_line(BYTECODES_SISTA, BYTES(97), "1 <61> special send -");
    assert_line(BYTECODES_SISTA, BYTES(113), "1 <71> special send at:put:");
    assert_line(BYTECODES_SISTA, BYTES(165), "1 <A5> send #5 (2 arguments)");
    assert_line(BYTECODES_SISTA, BYTES(234, 9), "1 <EA 09> send #1 (1 argument)");
    assert_line(BYTECODES_SISTA, BYTES(225, 64, 235, 8),
                "1 <E1 40 EB 08> directed super send #1 (0 arguments)");
    assert_line(BYTECODES_SISTA, BYTES(225, 255, 237, 251), "1 <E1 FF ED FB> jump to 0");
    assert_line(BYTECODES_SISTA, BYTES(231, 130), "1 <E7 82> pop into new Array of 2");
    assert_line(BYTECODES_SISTA, BYTES(249, 3, 65),
                "1 <F9 03 41> push full closure #3 (1 copied value), no outer context");
    assert_line(BYTECODES_SISTA, BYTES(251, 2, 1),
                "1 <FB 02 01> push remote temporary 2 of temporary 1");
    assert_line(BYTECODES_SISTA, BYTES(225, 1, 82), "1 <E1 01 52> push thisProcess");
}

static void v3_instructions_are_decoded(void **state)
{
    (void)state;
    assert_line(BYTECODES_V3, BYTES(17), "1 <11> push temporary 1");
    assert_line(BYTECODES_V3, BYTES(116), "1 <74> push integer -1");
    assert_line(BYTECODES_V3, BYTES(128, 0xC5), "1 <80 C5> push literal variable #5");
    assert_line(BYTECODES_V3, BYTES(130, 0x42), "1 <82 42> pop into temporary 2");
    assert_line(BYTECODES_V3, BYTES(131, 0x43), "1 <83 43> send #3 (2 arguments)");
    assert_line(BYTECODES_V3, BYTES(134, 0x43), "1 <86 43> send #3 (1 argument)");
    assert_line(BYTECODES_V3, BYTES(132, 0x21, 7), "1 <84 21 07> super send #7 (1 argument)");
    assert_line(BYTECODES_V3, BYTES(132, 0xE0, 7), "1 <84 E0 07> store literal variable #7");
    assert_line(BYTECODES_V3, BYTES(143, 0x21, 1, 2),
                "1 <8F 21 01 02> push closure (1 argument) (2 copied values) up to 262");
    assert_line(BYTECODES_V3, BYTES(163, 0xF0), "1 <A3 F0> jump to -13");
    assert_line(BYTECODES_V3, BYTES(172, 5), "1 <AC 05> jump if false to 8");
}

static void what_is_cut_off_is_no_instruction(void **state)
{
    (void)state;
    assert_line(BYTECODES_SISTA, BYTES(249), "1 <F9> no instruction");
    assert_line(BYTECODES_V3, BYTES(143), "1 <8F> no instruction");
    struct bytecode instruction;
    static const uint8_t prefixes[] = {224, 1, 224, 1, 224, 1, 224, 1, 32};
    assert_false(bytecode_decode(BYTECODES_SISTA, prefixes, 0, sizeof prefixes, &instruction));
    assert_int_equal(instruction.size, 1);
}

static void stack_effects_count_operands(void **state)
{
    (void)state;
    static const uint8_t sends[] = {162, 249, 0, 131};
    struct bytecode instruction;
    assert_true(bytecode_decode(BYTECODES_SISTA, sends, 0, sizeof sends, &instruction));
    assert_int_equal(instruction.pops, 3);
    assert_int_equal(instruction.pushes, 1);
    assert_true(bytecode_decode(BYTECODES_SISTA, sends, 1, sizeof sends, &instruction));
    assert_int_equal(instruction.pops, 4);
}

static void reading_is_decoding_without_effects(void **state)
{
    (void)state;
    uint32_t seed = 12345;
    uint8_t bytes[12];

    for (int round = 0; round < 200000; round++) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            seed = seed * 1664525 + 1013904223;
            /* Prefixes are what is hard. */
            bytes[i] = (seed >> 24) < 80 ? 224 + (seed >> 16 & 1) : (uint8_t)(seed >> 20);
        }
        enum bytecode_set set = round % 2 == 0 ? BYTECODES_SISTA : BYTECODES_V3;
        size_t limit = 1 + (seed >> 8) % sizeof bytes;
        struct bytecode instruction;
        struct bytecode read;
        bool known = bytecode_decode(set, bytes, 0, limit, &instruction);
        assert_true(bytecode_read(set, bytes, 0, limit, &read) == known);
        assert_int_equal(read.size, instruction.size);
        assert_int_equal(read.operation, instruction.operation);
        assert_int_equal(read.index, instruction.index);
        assert_int_equal(read.target, instruction.target);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_is_decoding_without_effects),
        cmocka_unit_test(every_opcode_has_one_row),
        cmocka_unit_test(sista_instructions_are_decoded),
        cmocka_unit_test(v3_instructions_are_decoded),
        cmocka_unit_test(what_is_cut_off_is_no_instruction),
        cmocka_unit_test(stack_effects_count_operands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
