/* A finished file is known again while nobody has touched it, and only then. */
#include "image/format/stamp.h"
#include "tests/unit/base/scratch_file.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

struct fixture {
    struct scratch_file file;
    struct image_header header;
};

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->file = scratch_file_open("stamp_test");
    assert_true(fixture->file.fd >= 0);
    assert_int_equal(write(fixture->file.fd, "a finished file", 15), 15);
    fixture->header = image_header_default();
    fixture->header.data_hash = 42;
    fixture->header.checks_version = IMAGE_CHECKS_VERSION;
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;
    scratch_file_remove(&fixture->file);
    free(fixture);
    return 0;
}

/* Stamps the file; skips the test where the file system keeps no attributes. */
static void stamp(struct fixture *fixture)
{
    if (fsetxattr(fixture->file.fd, "user.vivarium.probe", "1", 1, 0) != 0)
        skip();
    image_stamp(io_system(), fixture->file.fd, &fixture->header);
}

static void a_file_is_known_after_it_was_stamped(void **state)
{
    struct fixture *fixture = *state;

    bool before = image_stamp_fits(fixture->file.fd, &fixture->header);
    stamp(fixture);

    assert_false(before);
    assert_true(image_stamp_fits(fixture->file.fd, &fixture->header));
}

static void a_renamed_file_stays_known(void **state)
{
    struct fixture *fixture = *state;
    char other[600];
    snprintf(other, sizeof other, "%s.renamed", fixture->file.path);
    stamp(fixture);

    assert_int_equal(rename(fixture->file.path, other), 0);

    assert_true(image_stamp_fits(fixture->file.fd, &fixture->header));
    unlink(other);
}

static void a_byte_written_at_once_makes_it_unknown(void **state)
{
    struct fixture *fixture = *state;
    stamp(fixture);

    assert_int_equal(pwrite(fixture->file.fd, "A", 1, 0), 1);

    assert_false(image_stamp_fits(fixture->file.fd, &fixture->header));
}

static void a_file_of_another_length_is_unknown_even_with_its_old_time(void **state)
{
    struct fixture *fixture = *state;
    struct stat facts;
    stamp(fixture);
    assert_int_equal(fstat(fixture->file.fd, &facts), 0);

    assert_int_equal(ftruncate(fixture->file.fd, 3), 0);
    const struct timespec times[2] = {facts.st_atim, facts.st_mtim};
    assert_int_equal(futimens(fixture->file.fd, times), 0);

    assert_false(image_stamp_fits(fixture->file.fd, &fixture->header));
}

static void another_checksum_or_other_checks_make_it_unknown(void **state)
{
    struct fixture *fixture = *state;
    stamp(fixture);
    struct image_header other = fixture->header;
    struct image_header newer = fixture->header;

    other.data_hash++;
    newer.checks_version++;

    assert_false(image_stamp_fits(fixture->file.fd, &other));
    assert_false(image_stamp_fits(fixture->file.fd, &newer));
}

static void the_stamp_of_one_file_says_nothing_of_its_copy(void **state)
{
    struct fixture *fixture = *state;
    uint8_t value[256];
    char path[600];
    struct stat facts;
    snprintf(path, sizeof path, "%s.copy", fixture->file.path);
    stamp(fixture);
    ssize_t size = fgetxattr(fixture->file.fd, "user.vivarium.intact", value, sizeof value);
    assert_true(size > 0);
    assert_int_equal(fstat(fixture->file.fd, &facts), 0);

    int copy = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(copy >= 0);
    assert_int_equal(write(copy, "a finished file", 15), 15);
    const struct timespec times[2] = {facts.st_atim, facts.st_mtim};
    assert_int_equal(futimens(copy, times), 0);
    assert_int_equal(fsetxattr(copy, "user.vivarium.intact", value, (size_t)size, 0), 0);

    assert_false(image_stamp_fits(copy, &fixture->header));
    close(copy);
    unlink(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_known_after_it_was_stamped),
        TEST(a_renamed_file_stays_known),
        TEST(a_byte_written_at_once_makes_it_unknown),
        TEST(a_file_of_another_length_is_unknown_even_with_its_old_time),
        TEST(another_checksum_or_other_checks_make_it_unknown),
        TEST(the_stamp_of_one_file_says_nothing_of_its_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
