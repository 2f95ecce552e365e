/*
 * The assembler of leaf code: each function with registers that need a prefix and others, and with bases and offsets that are written in
 * ways of their own. The bytes are those of GNU as, an instruction a word.
 */
#include "vm/jit/leaf/assembler.h"
#include "vm/jit/leaf/emit.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const unsigned operations[] = {X_ADD, X_OR, X_AND, X_SUB, X_CMP, X_LOAD};
static const unsigned float_operations[] = {F_SQRT, F_ADD, F_MULTIPLY, F_SUBTRACT, F_DIVIDE};
static const int registers[] = {RCX, RSP, RBP, RSI, R8, R12, R13, R15};
static const int64_t numbers[] = {1, 127, -128, 128, -129};
static const uint64_t wide_numbers[] = {
    0, 1, UINT32_MAX, UINT64_MAX, (uint64_t)INT32_MIN, (uint64_t)1 << 32, 0x123456789ABCDEF0};
static const struct {
    int reg, other;
} pairs[] = {{RAX, RCX}, {R15, RDI}, {RSI, R8}, {RSP, RBP}, {R12, R13}, {R10, R10}},
  scaled[] = {{RAX, RAX}, {RAX, R11}, {R9, RDX}, {R15, R13}, {R12, RBP}, {RBX, R12}, {RSP, R15}},
  float_pairs[] = {{0, 1}, {15, 7}, {6, 8}, {14, 15}, {3, 3}};
static const struct {
    int reg, base;
    int64_t offset;
} places[] = {{RAX, RAX, 0},
              {R9, RSP, 8},
              {R15, RBP, 0},
              {RSI, R12, -8},
              {RCX, R13, 127},
              {R8, R15, -128},
              {RDX, RSP, 128},
              {R14, R13, -129},
              {RDI, R12, 0x12345678},
              {RBX, R11, 0},
              {R11, NO_BASE, 0x12345678}};

static int begin(void **state)
{
    *state = calloc(1, sizeof(struct assembler));
    return *state == NULL;
}

static int end(void **state)
{
    struct assembler *code = *state;
    free(code->bytes);
    free(code);
    return 0;
}

/* What has been assembled since the last time, in hexadecimal digits; blanks are for the reader. */
static void bytes_are(struct assembler *code, const char *expected)
{
    static const char digits[] = "0123456789ABCDEF";
    char *found = calloc(1, strlen(expected) + 2 * code->size + 1), *at = found;
    const uint8_t *byte = code->bytes, *limit = code->bytes + code->size;
    assert_non_null(found);
    for (const char *other = expected; byte < limit; byte++) {
        while (*other == ' ') {
            *at++ = *other++;
        }
        *at++ = digits[*byte >> 4];
        *at++ = digits[*byte & 15];
        other += strlen(other) < 2 ? strlen(other) : 2;
    }
    assert_string_equal(found, expected);
    free(found);
    code->size = 0;
}

static void operations_on_registers_have_their_bytes(void **state)
{
    struct assembler *code = *state;

    for (size_t i = 0; i < COUNT_OF(operations); i++)
        for (size_t j = 0; j < COUNT_OF(pairs); j++)
            x_op(code, operations[i], pairs[j].reg, pairs[j].other);
    bytes_are(
        code,
        "4803C1 4C03FF 4903F0 4803E5 4D03E5 4D03D2 480BC1 4C0BFF 490BF0 480BE5 4D0BE5 4D0BD2 "
        "4823C1 4C23FF 4923F0 4823E5 4D23E5 4D23D2 482BC1 4C2BFF 492BF0 482BE5 4D2BE5 4D2BD2 "
        "483BC1 4C3BFF 493BF0 483BE5 4D3BE5 4D3BD2 488BC1 4C8BFF 498BF0 488BE5 4D8BE5 4D8BD2");

    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        x_op_32(code, X_SUB, pairs[i].reg, pairs[i].other);
    bytes_are(code, "2BC1 442BFF 412BF0 2BE5 452BE5 452BD2");

    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        x_move(code, pairs[i].reg, pairs[i].other);
    bytes_are(code, "488BC1 4C8BFF 498BF0 488BE5 4D8BE5");
}

static void operations_on_memory_have_their_bytes(void **state)
{
    struct assembler *code = *state;

    for (size_t i = 0; i < COUNT_OF(places); i++)
        x_op_memory(code, X_LOAD, places[i].reg, places[i].base, places[i].offset);
    bytes_are(code, "488B4000 4C8B4C2408 4C8B7D00 498B7424F8 498B4D7F 4D8B4780 488B942480000000 "
                    "4D8BB57FFFFFFF 498BBC2478563412 498B5B00 4C8B1C2578563412");

    for (size_t i = 0; i < COUNT_OF(places); i++)
        x_op_memory(code, X_STORE, places[i].reg, places[i].base, places[i].offset);
    bytes_are(code, "48894000 4C894C2408 4C897D00 49897424F8 49894D7F 4D894780 4889942480000000 "
                    "4D89B57FFFFFFF 4989BC2478563412 49895B00 4C891C2578563412");

    for (size_t i = 0; i < COUNT_OF(places); i++)
        x_op_memory(code, X_LEA, places[i].reg, places[i].base, places[i].offset);
    bytes_are(code, "488D4000 4C8D4C2408 4C8D7D00 498D7424F8 498D4D7F 4D8D4780 488D942480000000 "
                    "4D8DB57FFFFFFF 498DBC2478563412 498D5B00 4C8D1C2578563412");

    for (size_t i = 0; i < COUNT_OF(operations); i++)
        x_op_memory(code, operations[i], R9, R12, -1000);
    bytes_are(
        code,
        "4D038C2418FCFFFF 4D0B8C2418FCFFFF 4D238C2418FCFFFF 4D2B8C2418FCFFFF 4D3B8C2418FCFFFF "
        "4D8B8C2418FCFFFF");
}

static void operations_with_numbers_have_their_bytes(void **state)
{
    struct assembler *code = *state;

    for (size_t i = 0; i < COUNT_OF(registers); i++)
        x_op_number(code, X_AND, registers[i], 7);
    bytes_are(code, "4883E107 4883E407 4883E507 4883E607 4983E007 4983E407 4983E507 4983E707");

    for (size_t i = 0; i < COUNT_OF(registers); i++)
        x_op_number(code, X_CMP, registers[i], INT32_MIN);
    bytes_are(code, "4881F900000080 4881FC00000080 4881FD00000080 4881FE00000080 4981F800000080 "
                    "4981FC00000080 4981FD00000080 4981FF00000080");

    for (size_t i = 0; i < COUNT_OF(operations) - 1; i++)
        for (size_t j = 0; j < COUNT_OF(numbers); j++)
            x_op_number(code, operations[i], R10, numbers[j]);
    bytes_are(
        code,
        "4983C201 4983C27F 4983C280 4981C280000000 4981C27FFFFFFF 4983CA01 4983CA7F 4983CA80 "
        "4981CA80000000 4981CA7FFFFFFF 4983E201 4983E27F 4983E280 4981E280000000 4981E27FFFFFFF "
        "4983EA01 4983EA7F 4983EA80 4981EA80000000 4981EA7FFFFFFF 4983FA01 4983FA7F 4983FA80 "
        "4981FA80000000 4981FA7FFFFFFF");

    x_op_number(code, X_ADD, RAX, -8);
    x_op_number(code, X_ADD, R8, INT32_MAX);
    bytes_are(code, "4883C0F8 4981C0FFFFFF7F");
}

static void numbers_in_registers_have_their_bytes(void **state)
{
    struct assembler *code = *state;

    for (size_t i = 0; i < COUNT_OF(registers); i++)
        for (size_t j = 0; j < COUNT_OF(wide_numbers); j++)
            x_number(code, registers[i], wide_numbers[j]);
    bytes_are(code,
              "33C9 B901000000 B9FFFFFFFF 48C7C1FFFFFFFF 48C7C100000080 48B90000000001000000 "
              "48B9F0DEBC9A78563412 33E4 BC01000000 BCFFFFFFFF 48C7C4FFFFFFFF 48C7C400000080 "
              "48BC0000000001000000 48BCF0DEBC9A78563412 33ED BD01000000 BDFFFFFFFF 48C7C5FFFFFFFF "
              "48C7C500000080 48BD0000000001000000 48BDF0DEBC9A78563412 33F6 BE01000000 BEFFFFFFFF "
              "48C7C6FFFFFFFF 48C7C600000080 48BE0000000001000000 48BEF0DEBC9A78563412 4533C0 "
              "41B801000000 41B8FFFFFFFF 49C7C0FFFFFFFF 49C7C000000080 49B80000000001000000 "
              "49B8F0DEBC9A78563412 4533E4 41BC01000000 41BCFFFFFFFF 49C7C4FFFFFFFF 49C7C400000080 "
              "49BC0000000001000000 49BCF0DEBC9A78563412 4533ED 41BD01000000 41BDFFFFFFFF "
              "49C7C5FFFFFFFF 49C7C500000080 49BD0000000001000000 49BDF0DEBC9A78563412 4533FF "
              "41BF01000000 41BFFFFFFFFF 49C7C7FFFFFFFF 49C7C700000080 49BF0000000001000000 "
              "49BFF0DEBC9A78563412");
}

static void shifts_have_their_bytes(void **state)
{
    struct assembler *code = *state;

    for (size_t i = 0; i < COUNT_OF(registers); i++) {
        x_shift(code, ROTATE_LEFT, registers[i], 63);
        x_shift(code, ROTATE_RIGHT, registers[i], 2);
        x_shift(code, SHIFT_RIGHT, registers[i], 3);
        x_shift(code, SHIFT_SIGNED, registers[i], 32);
    }
    bytes_are(code,
              "48C1C13F 48C1C902 48C1E903 48C1F920 48C1C43F 48C1CC02 48C1EC03 48C1FC20 48C1C53F "
              "48C1CD02 48C1ED03 48C1FD20 48C1C63F 48C1CE02 48C1EE03 48C1FE20 49C1C03F 49C1C802 "
              "49C1E803 49C1F820 49C1C43F 49C1CC02 49C1EC03 49C1FC20 49C1C53F 49C1CD02 49C1ED03 "
              "49C1FD20 49C1C73F 49C1CF02 49C1EF03 49C1FF20");
}

static void products_and_quotients_have_their_bytes(void **state)
{
    struct assembler *code = *state;

    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        x_multiply(code, pairs[i].reg, pairs[i].other);
        x_multiply_number(code, pairs[i].reg, pairs[i].other, -70000);
    }
    bytes_are(code,
              "480FAFC1 4869C190EEFEFF 4C0FAFFF 4C69FF90EEFEFF 490FAFF0 4969F090EEFEFF 480FAFE5 "
              "4869E590EEFEFF 4D0FAFE5 4D69E590EEFEFF 4D0FAFD2 4D69D290EEFEFF");

    for (size_t i = 0; i < COUNT_OF(registers); i++) {
        x_multiply_wide(code, registers[i]);
        x_divide_32(code, registers[i]);
    }
    bytes_are(code,
              "48F7E1 F7F1 48F7E4 F7F4 48F7E5 F7F5 48F7E6 F7F6 49F7E0 41F7F0 49F7E4 41F7F4 49F7E5 "
              "41F7F5 49F7E7 41F7F7");
}

static void elements_and_bytes_have_their_bytes(void **state)
{
    static const struct {
        int reg, base, index;
    } elements[] = {
        {RAX, RDX, RAX}, {R9, RBP, R8}, {RSI, R12, R13}, {R15, RSP, RCX}, {RDI, R13, R15}};
    struct assembler *code = *state;

    for (size_t i = 0; i < COUNT_OF(elements); i++) {
        x_load_element(code, elements[i].reg, elements[i].base, elements[i].index, 8);
        x_store_element(code, elements[i].reg, elements[i].base, elements[i].index, 8);
        x_load_byte(code, elements[i].reg, elements[i].base, elements[i].index, 8);
    }
    bytes_are(code, "488B44C208 488944C208 480FB6440208 4E8B4CC508 4E894CC508 4E0FB64C0508 "
                    "4B8B74EC08 4B8974EC08 4B0FB6742C08 4C8B7CCC08 4C897CCC08 4C0FB67C0C08 "
                    "4B8B7CFD08 4B897CFD08 4B0FB67C3D08");

    /* With REX.W, which GNU as leaves out: it says nothing here but that there is a prefix. */
    for (size_t i = 0; i < COUNT_OF(elements); i++)
        x_store_byte(code, elements[i].reg, elements[i].base, elements[i].index, 8);
    bytes_are(code, "4888440208 4E884C0508 4B88742C08 4C887C0C08 4B887C3D08");
}

static void doubles_of_integers_have_their_bytes(void **state)
{
    struct assembler *code = *state;

    x_float_from_integer(code, 0, RCX);
    x_float_from_integer(code, 15, R12);
    x_float_from_integer(code, 9, RAX);
    x_float_from_integer(code, 3, R8);
    bytes_are(code, "F2480F2AC1 F24D0F2AFC F24C0F2AC8 F2490F2AD8");
}

static void moves_under_conditions_have_their_bytes(void **state)
{
    static const unsigned conditions[] = {IF_PARITY, IF_NOT_EQUAL, IF_ABOVE, IF_LESS};
    static const struct {
        int reg, other;
    } moved[] = {{RAX, RCX}, {R15, RDI}, {RSI, R8}, {R12, R13}};
    struct assembler *code = *state;

    for (size_t i = 0; i < COUNT_OF(moved); i++)
        for (size_t j = 0; j < COUNT_OF(conditions); j++)
            x_move_if(code, conditions[j], moved[i].reg, moved[i].other);
    bytes_are(code, "480F4AC1 480F45C1 480F47C1 480F4CC1 4C0F4AFF 4C0F45FF 4C0F47FF 4C0F4CFF "
                    "490F4AF0 490F45F0 490F47F0 490F4CF0 4D0F4AE5 4D0F45E5 4D0F47E5 4D0F4CE5");
}

static void sums_with_what_is_multiplied_by_8_have_their_bytes(void **state)
{
    struct assembler *code = *state;

    for (size_t i = 0; i < COUNT_OF(scaled); i++) {
        x_lea_8(code, scaled[i].reg, scaled[i].other, 4);
        x_lea_8(code, scaled[i].reg, scaled[i].other, -70000);
    }
    bytes_are(
        code,
        "488D04C504000000 488D04C590EEFEFF 4A8D04DD04000000 4A8D04DD90EEFEFF 4C8D0CD504000000 "
        "4C8D0CD590EEFEFF 4E8D3CED04000000 4E8D3CED90EEFEFF 4C8D24ED04000000 4C8D24ED90EEFEFF "
        "4A8D1CE504000000 4A8D1CE590EEFEFF 4A8D24FD04000000 4A8D24FD90EEFEFF");
}

static void comparisons_and_tests_have_their_bytes(void **state)
{
    struct assembler *code = *state;

    for (size_t i = 0; i < COUNT_OF(places); i++) {
        x_compare_32(code, places[i].base, places[i].offset, 0x1234567);
        x_compare_8(code, places[i].base, places[i].offset, 200);
    }
    bytes_are(
        code,
        "81780067452301 807800C8 817C240867452301 807C2408C8 817D0067452301 807D00C8 "
        "41817C24F867452301 41807C24F8C8 41817D7F67452301 41807D7FC8 41817F8067452301 41807F80C8 "
        "81BC248000000067452301 80BC2480000000C8 4181BD7FFFFFFF67452301 4180BD7FFFFFFFC8 "
        "4181BC247856341267452301 4180BC2478563412C8 41817B0067452301 41807B00C8 "
        "813C257856341267452301 803C2578563412C8");

    for (int reg = RCX; reg <= R15; reg++)
        x_test_byte(code, reg, 7);
    bytes_are(code,
              "40F6C107 40F6C207 40F6C307 40F6C407 40F6C507 40F6C607 40F6C707 41F6C007 41F6C107 "
              "41F6C207 41F6C307 41F6C407 41F6C507 41F6C607 41F6C707");
}

static void jumps_to_registers_and_pushes_have_their_bytes(void **state)
{
    struct assembler *code = *state;

    for (int reg = RAX; reg <= R15; reg++) {
        x_push(code, reg);
        x_jump_to_register(code, reg);
    }
    x_return(code);
    bytes_are(
        code,
        "50 FFE0 51 FFE1 52 FFE2 53 FFE3 54 FFE4 55 FFE5 56 FFE6 57 FFE7 4150 41FFE0 4151 41FFE1 "
        "4152 41FFE2 4153 41FFE3 4154 41FFE4 4155 41FFE5 4156 41FFE6 4157 41FFE7 C3");
}

static void operations_on_doubles_have_their_bytes(void **state)
{
    struct assembler *code = *state;

    for (size_t i = 0; i < COUNT_OF(float_operations); i++)
        for (size_t j = 0; j < COUNT_OF(float_pairs); j++)
            x_float(code, float_operations[i], float_pairs[j].reg, float_pairs[j].other);
    bytes_are(code,
              "F20F51C1 F2440F51FF F2410F51F0 F2450F51F7 F20F51DB F20F58C1 F2440F58FF F2410F58F0 "
              "F2450F58F7 F20F58DB F20F59C1 F2440F59FF F2410F59F0 F2450F59F7 F20F59DB F20F5CC1 "
              "F2440F5CFF F2410F5CF0 F2450F5CF7 F20F5CDB F20F5EC1 F2440F5EFF F2410F5EF0 F2450F5EF7 "
              "F20F5EDB");

    for (size_t i = 0; i < COUNT_OF(float_pairs); i++) {
        x_float_compare(code, float_pairs[i].reg, float_pairs[i].other);
        x_float_move(code, float_pairs[i].reg, float_pairs[i].other);
        x_float_zero(code, float_pairs[i].reg);
    }
    bytes_are(code,
              "660F2EC1 0F28C1 0F57C0 66440F2EFF 440F28FF 450F57FF 66410F2EF0 410F28F0 0F57F6 "
              "66450F2EF7 450F28F7 450F57F6 660F2EDB 0F57DB");
}

static void doubles_in_memory_and_as_bits_have_their_bytes(void **state)
{
    struct assembler *code = *state;

    for (size_t i = 0; i < COUNT_OF(places); i++) {
        x_float_load(code, places[i].reg, places[i].base, places[i].offset);
        x_float_store(code, places[i].reg, places[i].base, places[i].offset);
    }
    bytes_are(
        code,
        "F20F104000 F20F114000 F2440F104C2408 F2440F114C2408 F2440F107D00 F2440F117D00 "
        "F2410F107424F8 F2410F117424F8 F2410F104D7F F2410F114D7F F2450F104780 F2450F114780 "
        "F20F10942480000000 F20F11942480000000 F2450F10B57FFFFFFF F2450F11B57FFFFFFF "
        "F2410F10BC2478563412 F2410F11BC2478563412 F2410F105B00 F2410F115B00 F2440F101C2578563412 "
        "F2440F111C2578563412");

    for (size_t i = 0; i < COUNT_OF(scaled); i++) {
        x_float_from_bits(code, scaled[i].reg, scaled[i].other);
        x_bits_from_float(code, scaled[i].reg, scaled[i].other);
    }
    bytes_are(
        code,
        "66480F6EC0 66480F7EC0 66490F6EC3 664C0F7ED8 664C0F6ECA 66490F7ED1 664D0F6EFD 664D0F7EEF "
        "664C0F6EE5 66490F7EEC 66490F6EDC 664C0F7EE3 66490F6EE7 664C0F7EFC");
}

static void distances_are_counted_from_behind_them(void **state)
{
    struct assembler *code = *state;

    size_t ahead = x_jump(code), if_parity = x_jump_if(code, IF_PARITY), called = x_call(code);
    x_return(code);
    x_here(code, ahead);
    x_to(code, if_parity, 0);
    x_to(code, called, code->size + 300);

    assert_int_equal(ahead, 1);
    assert_int_equal(if_parity, 7);
    assert_int_equal(called, 12);
    bytes_are(code, "E90C000000 0F8AF5FFFFFF E82D010000 C3");
}

static void every_condition_is_that_of_the_processor(void **state)
{
    struct assembler *code = *state;

    for (unsigned condition = 0; condition < 16; condition++)
        x_jump_if(code, condition);
    assert_int_equal(IF_EQUAL ^ 1, IF_NOT_EQUAL);
    assert_int_equal(IF_BELOW ^ 1, IF_NOT_BELOW);
    assert_int_equal(IF_ABOVE ^ 1, IF_NOT_ABOVE);
    assert_int_equal(IF_LESS ^ 1, IF_NOT_LESS);
    assert_int_equal(IF_GREATER ^ 1, IF_NOT_GREATER);
    bytes_are(code, "0F8000000000 0F8100000000 0F8200000000 0F8300000000 0F8400000000 0F8500000000 "
                    "0F8600000000 0F8700000000 0F8800000000 0F8900000000 0F8A00000000 0F8B00000000 "
                    "0F8C00000000 0F8D00000000 0F8E00000000 0F8F00000000");
}

static void room_grows(void **state)
{
    struct assembler *code = *state;

    for (unsigned i = 0; i < 5000; i++)
        x_byte(code, i & 255);

    assert_false(code->failed);
    assert_int_equal(code->size, 5000);
    for (unsigned i = 0; i < 5000; i++)
        assert_int_equal(code->bytes[i], i & 255);
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test_setup_teardown(operations_on_registers_have_their_bytes, begin, end),
        cmocka_unit_test_setup_teardown(operations_on_memory_have_their_bytes, begin, end),
        cmocka_unit_test_setup_teardown(operations_with_numbers_have_their_bytes, begin, end),
        cmocka_unit_test_setup_teardown(numbers_in_registers_have_their_bytes, begin, end),
        cmocka_unit_test_setup_teardown(shifts_have_their_bytes, begin, end),
        cmocka_unit_test_setup_teardown(products_and_quotients_have_their_bytes, begin, end),
        cmocka_unit_test_setup_teardown(sums_with_what_is_multiplied_by_8_have_their_bytes, begin,
                                        end),
        cmocka_unit_test_setup_teardown(elements_and_bytes_have_their_bytes, begin, end),
        cmocka_unit_test_setup_teardown(doubles_of_integers_have_their_bytes, begin, end),
        cmocka_unit_test_setup_teardown(moves_under_conditions_have_their_bytes, begin, end),
        cmocka_unit_test_setup_teardown(comparisons_and_tests_have_their_bytes, begin, end),
        cmocka_unit_test_setup_teardown(jumps_to_registers_and_pushes_have_their_bytes, begin, end),
        cmocka_unit_test_setup_teardown(operations_on_doubles_have_their_bytes, begin, end),
        cmocka_unit_test_setup_teardown(doubles_in_memory_and_as_bits_have_their_bytes, begin, end),
        cmocka_unit_test_setup_teardown(distances_are_counted_from_behind_them, begin, end),
        cmocka_unit_test_setup_teardown(every_condition_is_that_of_the_processor, begin, end),
        cmocka_unit_test_setup_teardown(room_grows, begin, end),
    };
    return cmocka_run_group_tests(all, NULL, NULL);
}
