/* The header of an image file is believed only as far as it was checked. */
#include "image/format/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DATA_SIZE ((uint64_t)65536)

struct file {
    uint8_t bytes[512 + IMAGE_HEADER_PAGE_SIZE];
    uint64_t size;
    struct image_header header;
    struct image_header parsed;
    struct status status;
};

static void make(struct file *file, uint32_t header_size)
{
    memset(file, 0, sizeof *file);
    file->header = image_header_default();
    file->header.header_size = header_size;
    file->header.data_size = DATA_SIZE;
    file->header.first_segment_size = DATA_SIZE;
    file->header.base = 0x100000;
    file->header.special_objects = 0x100100;
    file->header.generation = 7;
    file->header.checks_version = IMAGE_CHECKS_VERSION;
    snprintf(file->header.writer, sizeof file->header.writer, "vivarium %s", VIV_VERSION);
    image_header_write(&file->header, file->bytes);
    file->size = header_size + DATA_SIZE;
}

static bool parse(struct file *file)
{
    file->status = (struct status){STATUS_OK, ""};
    return image_header_parse(&file->parsed, file->bytes, sizeof file->bytes, file->size, "h.image",
                              &file->status);
}

static void assert_refused(struct file *file, const char *wanted)
{
    assert_false(parse(file));
    assert_int_equal(file->status.code, STATUS_IMAGE);
    if (strstr(file->status.sentence, wanted) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", file->status.sentence, wanted);
}

static void put32(struct file *file, size_t offset, uint32_t value)
{
    memcpy(file->bytes + offset, &value, sizeof value);
}

static void put64(struct file *file, size_t offset, uint64_t value)
{
    memcpy(file->bytes + offset, &value, sizeof value);
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    struct file file;
    make(&file, IMAGE_HEADER_PAGE_SIZE);

    assert_true(parse(&file));

    assert_true(file.parsed.ours);
    assert_true(image_header_is_trusted(&file.parsed));
    assert_int_equal(file.parsed.generation, 7);
    assert_int_equal(file.parsed.base, 0x100000);
    assert_int_equal(image_data_offset(&file.parsed), 4096);
}

static void a_header_of_another_system_is_not_trusted(void **state)
{
    (void)state;
    struct file file;
    make(&file, IMAGE_COMMON_HEADER_SIZE);

    assert_true(parse(&file));

    assert_false(file.parsed.ours);
    assert_false(image_header_is_trusted(&file.parsed));
    assert_int_equal(image_data_offset(&file.parsed), 128);
}

static void a_writer_of_another_version_is_not_trusted(void **state)
{
    (void)state;
    struct file file;
    make(&file, IMAGE_HEADER_PAGE_SIZE);
    snprintf(file.header.writer, sizeof file.header.writer, "vivarium 0.0.0");
    image_header_write(&file.header, file.bytes);

    assert_true(parse(&file));

    assert_true(file.parsed.ours);
    assert_false(image_header_is_trusted(&file.parsed));
}

static void both_magics_are_read(void **state)
{
    (void)state;
    struct file file;
    make(&file, IMAGE_COMMON_HEADER_SIZE);

    put32(&file, 0, IMAGE_MAGIC_MULTIPLE_SETS);

    assert_true(parse(&file));
}

static void other_formats_are_named(void **state)
{
    (void)state;
    struct file file;
    make(&file, IMAGE_COMMON_HEADER_SIZE);

    put32(&file, 0, 68000);
    assert_refused(&file, "found 68000, a 64-bit image from before Spur");
    put32(&file, 0, __builtin_bswap32(68000));
    assert_refused(&file, "found a big-endian one (68000)");
    put32(&file, 0, 0x464C457F);
    assert_refused(&file, "no image format");
}

static void a_header_behind_512_bytes_is_found(void **state)
{
    (void)state;
    struct file file;
    make(&file, IMAGE_COMMON_HEADER_SIZE);
    memmove(file.bytes + 512, file.bytes, 128);
    memset(file.bytes, '#', 512);
    file.size += 512;

    assert_true(parse(&file));

    assert_int_equal(image_data_offset(&file.parsed), 640);
}

static void every_field_is_checked(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        uint64_t value;
        const char *wanted;
    } damages[] = {
        {8, DATA_SIZE - 8, "wanted data up to the end of the file"},
        {8, DATA_SIZE + 8, "wanted data up to the end of the file"},
        {8, UINT64_MAX - 7, "wanted data up to the end of the file"},
        {8, DATA_SIZE - 4, "wanted a size of data"},
        {8, 0, "wanted a size of data"},
        {16, 0x100001, "wanted a base address"},
        {16, UINT64_MAX - 7, "wanted a base address"},
        {16, (UINT64_C(1) << 56) - 8, "wanted a base address"},
        {24, 8, "wanted the address of the special objects"},
        {24, 0x100101, "wanted the address of the special objects"},
        {72, DATA_SIZE + 8, "wanted a first segment inside the data"},
        {72, 8, "wanted a first segment inside the data"},
        {72, 12345, "wanted a first segment inside the data"},
        {80, DATA_SIZE + 8, "wanted no more free memory than data"},
    };
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct file file;
        make(&file, IMAGE_COMMON_HEADER_SIZE);
        put64(&file, damages[i].offset, damages[i].value);
        assert_refused(&file, damages[i].wanted);
    }
}

static void a_header_size_must_be_known(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 64, 127, 129, 4095, UINT32_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct file file;
        make(&file, IMAGE_COMMON_HEADER_SIZE);
        put32(&file, 4, sizes[i]);
        assert_refused(&file, "wanted a header of 128 or 4096 bytes");
    }
}

static void a_version_to_come_is_refused_with_both_versions(void **state)
{
    (void)state;
    struct file file;
    make(&file, IMAGE_HEADER_PAGE_SIZE);

    put32(&file, 136, IMAGE_EXTENSION_VERSION + 1);

    assert_refused(
        &file, "wanted an image of version 1, which this program reads, found one of version 2");
}

static void every_byte_of_our_header_is_under_its_checksum(void **state)
{
    (void)state;
    for (size_t i = 0; i < IMAGE_HEADER_PAGE_SIZE; i++) {
        struct file file;
        make(&file, IMAGE_HEADER_PAGE_SIZE);
        file.bytes[i] ^= 16;
        assert_false(parse(&file));
        assert_int_equal(file.status.code, STATUS_IMAGE);
    }
}

static void a_short_file_is_refused(void **state)
{
    (void)state;
    struct file file;
    make(&file, IMAGE_HEADER_PAGE_SIZE);

    file.size = 100;
    assert_refused(&file, "found a file of 100 bytes");
    file.size = 0;
    assert_refused(&file, "found a file of 0 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_header_of_another_system_is_not_trusted),
        cmocka_unit_test(a_writer_of_another_version_is_not_trusted),
        cmocka_unit_test(both_magics_are_read),
        cmocka_unit_test(other_formats_are_named),
        cmocka_unit_test(a_header_behind_512_bytes_is_found),
        cmocka_unit_test(every_field_is_checked),
        cmocka_unit_test(a_header_size_must_be_known),
        cmocka_unit_test(a_version_to_come_is_refused_with_both_versions),
        cmocka_unit_test(every_byte_of_our_header_is_under_its_checksum),
        cmocka_unit_test(a_short_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
