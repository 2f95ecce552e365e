/*
 * Real images from before Spur, and what a machine of the other order of bytes would have saved of them, made here from the
 * description of the format: they become the same data, also behind a prefix.
 */
#include "image/import/import.h"
#include "image/import/v3.h"
#include "tests/unit/shared_image.h"
#include "vm/object/object.h"

#include <string.h>

struct file {
    uint8_t *bytes;
    size_t size;
};

static uint32_t get(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void swap(uint8_t *at, size_t words)
{
    for (size_t i = 0; i < words; i++, at += 4) {
        uint8_t bytes[4] = {at[3], at[2], at[1], at[0]};
        memcpy(at, bytes, sizeof bytes);
    }
}

/* --- the other order, from the description of the format alone -------------------------------------------------------- */

/* The class of an object of two words that are a float's has this number among the compact ones; 0: floats are not compact. */
static uint32_t compact_number_of_floats(const uint8_t *bytes)
{
    uint32_t base = get(bytes + 12);
    const uint8_t *specials = bytes + 64 + get(bytes + 16) - base + 4;
    const uint8_t *compact = bytes + 64 + get(specials + 28 * 4) - base + 4;
    uint32_t number = 1;
    while (number < 32 && get(compact + (number - 1) * 4) != get(specials + 9 * 4))
        number++;
    return number % 32;
}

/* Swaps one object from its first word of header on; answers its size. */
static size_t swap_object(uint8_t *at, uint32_t floats)
{
    uint32_t first = get(at);
    size_t before = (first & 3) == 0 ? 8 : (first & 3) == 1 ? 4 : 0;
    uint32_t header = get(at + before);
    size_t size = (first & 3) == 0 || (first & 3) == 2 ? first & ~3u : header & 0xFC;
    uint32_t format = header >> 8 & 15;
    uint8_t *body = at + before + 4;
    size_t words = size / 4 - 1;
    if ((first & 3) == 2 || (format >= 8 && format < 12))
        words = 0;
    else if (format >= 12)
        words = 1 + (get(body) >> 10 & 255);
    if (floats != 0 && (header >> 12 & 31) == floats) {
        uint8_t low[4];
        memcpy(low, body, 4);
        memcpy(body, body + 4, 4);
        memcpy(body + 4, low, 4);
    }
    swap(body, words);
    swap(at, before / 4 + 1);
    return before + size;
}

static struct file made_big_endian(struct file file)
{
    struct file big = {malloc(file.size), file.size};
    assert_non_null(big.bytes);
    memcpy(big.bytes, file.bytes, file.size);
    uint32_t floats =
        get(file.bytes) == V3_MAGIC_NATIVE_FLOATS ? compact_number_of_floats(file.bytes) : 0;
    for (size_t at = 64; at < file.size;)
        at += swap_object(big.bytes + at, floats);
    swap(big.bytes, 16);
    return big;
}

/* --- comparison ------------------------------------------------------------------------------------------------------- */

static struct file convert(struct file file)
{
    struct status status = {STATUS_OK, ""};
    struct import *import = import_open("v3.image", file.bytes, file.size, &status);
    if (import == NULL)
        fail_msg("%s", status.sentence);
    struct file made = {malloc((size_t)import_size(import)), (size_t)import_size(import)};
    assert_non_null(made.bytes);
    if (!import_write(import, (uint64_t *)(void *)made.bytes, 0x100000))
        fail_msg("%s", status.sentence);
    import_close(import);
    free(file.bytes);
    return made;
}

static void assert_same(struct file a, struct file b)
{
    assert_int_equal(a.size, b.size);
    for (size_t i = 0; i < a.size; i++)
        if (a.bytes[i] != b.bytes[i])
            fail_msg("byte %zu is %d and %d", i, a.bytes[i], b.bytes[i]);
    free(b.bytes);
}

static void assert_same_from_either_order(const char *name)
{
    struct file file;
    file.bytes = shared_bytes(name, &file.size);
    struct file big = made_big_endian(file);
    struct file prefixed = {calloc(1, file.size + 512), file.size + 512};
    assert_non_null(prefixed.bytes);
    memcpy(prefixed.bytes + 512, big.bytes, file.size);
    assert_true(memcmp(file.bytes + 64, big.bytes + 64, file.size - 64) != 0);

    struct file made = convert(file);
    assert_same(made, convert(big));
    assert_same(made, convert(prefixed));

    assert_true(made.size > file.size);
    print_message("# %zu bytes became %zu\n", file.size, made.size);
    free(made.bytes);
}

static void a_kernel_with_closures_is_the_same_from_either_order(void **state)
{
    (void)state;
    assert_same_from_either_order("v3-closures-bootstrapped.image");
}

static void an_image_with_a_desktop_is_the_same_from_either_order(void **state)
{
    (void)state;
    assert_same_from_either_order("v3-mini.image");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kernel_with_closures_is_the_same_from_either_order),
        cmocka_unit_test(an_image_with_a_desktop_is_the_same_from_either_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
