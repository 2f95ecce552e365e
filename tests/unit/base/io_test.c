/* The helpers of the file table hide interruptions and short writes, and tell every other failure. */
#include "tests/unit/base/scratch_file.h"
#include "vm/base/io_fault.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
    struct scratch_file file;
    struct io_fault fault;
};

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->file = scratch_file_open("io_test");
    assert_true(fixture->file.fd >= 0);
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

static const struct io *with_fault(struct fixture *fixture, const char *spec)
{
    assert_true(io_fault_init(&fixture->fault, io_system(), spec));
    return &fixture->fault.table;
}

static void interrupted_and_short_writes_are_completed(void **state)
{
    struct fixture *fixture = *state;
    static const char *const specs[] = {"write:1:EINTR", "write:1:short:sticky", "write:2:short"};
    char bytes[1000];
    char found[1000];
    memset(bytes, 'x', sizeof bytes);

    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        const struct io *io = with_fault(fixture, specs[i]);
        assert_int_equal(ftruncate(fixture->file.fd, 0), 0);
        lseek(fixture->file.fd, 0, SEEK_SET);
        assert_true(io_write_all(io, fixture->file.fd, bytes, sizeof bytes));
        assert_true(io_pread_all(fixture->file.fd, found, sizeof found, 0));
        assert_memory_equal(bytes, found, sizeof bytes);
    }
}

static void writing_at_an_offset_is_completed_too(void **state)
{
    struct fixture *fixture = *state;
    char found[6];

    assert_true(io_pwrite_all(with_fault(fixture, "pwrite:1:short:sticky"), fixture->file.fd,
                              "abcdef", 6, 3));

    assert_true(io_pread_all(fixture->file.fd, found, 6, 3));
    assert_memory_equal(found, "abcdef", 6);
}

static void failures_are_told(void **state)
{
    struct fixture *fixture = *state;

    assert_false(io_write_all(with_fault(fixture, "write:1:ENOSPC"), fixture->file.fd, "a", 1));
    assert_int_equal(errno, ENOSPC);
    assert_false(io_sync(with_fault(fixture, "fsync:1:EIO"), fixture->file.fd));
    assert_int_equal(errno, EIO);
    assert_false(io_reserve(with_fault(fixture, "fallocate:1:EDQUOT"), fixture->file.fd, 10));
    assert_int_equal(errno, EDQUOT);
    assert_int_equal(io_open(with_fault(fixture, "open:1:EACCES"), fixture->file.path, O_RDONLY, 0),
                     -1);
    assert_int_equal(errno, EACCES);
    assert_false(io_sync_directory_of(with_fault(fixture, "close:1:EIO"), fixture->file.path));
    assert_int_equal(errno, EIO);
}

static void interrupted_calls_are_repeated(void **state)
{
    struct fixture *fixture = *state;

    assert_true(io_sync(with_fault(fixture, "fsync:1:EINTR"), fixture->file.fd));
    assert_int_equal(fixture->fault.calls[IO_FSYNC], 2);
    assert_true(io_reserve(with_fault(fixture, "fallocate:1:EINTR"), fixture->file.fd, 10));
    int fd = io_open(with_fault(fixture, "open:1:EINTR"), fixture->file.path, O_RDONLY, 0);
    assert_true(fd >= 0);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    close(fd);
}

static void reading_past_the_end_is_told_from_an_error(void **state)
{
    struct fixture *fixture = *state;
    char byte;

    assert_false(io_pread_all(fixture->file.fd, &byte, 1, 0));
    assert_int_equal(errno, 0);
    assert_false(io_pread_all(-1, &byte, 1, 0));
    assert_int_equal(errno, EBADF);
}

static void the_directory_of_any_path_can_be_synced(void **state)
{
    struct fixture *fixture = *state;

    assert_true(io_sync_directory_of(io_system(), fixture->file.path));
    assert_true(io_sync_directory_of(io_system(), "no-slash"));
    assert_true(io_sync_directory_of(io_system(), "/at-the-root"));
    assert_false(io_sync_directory_of(io_system(), "/no/such/place"));
}

static void a_fault_that_is_none_is_refused(void **state)
{
    static const char *const specs[] = {"fsync", "fsync:0:EIO", "fsync:1:EWHAT", "sync:1:EIO",
                                        "fsync:1:EIO:often"};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++)
        assert_false(io_fault_init(&fixture->fault, io_system(), specs[i]));
    assert_true(io_fault_init(&fixture->fault, io_system(), NULL));
}

static void reasons_are_words(void **state)
{
    (void)state;
    char reason[64];
    assert_string_equal(io_reason(ENOSPC, reason, sizeof reason), "No space left on device");
    assert_string_equal(io_reason(123456, reason, sizeof reason), "unknown error");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(interrupted_and_short_writes_are_completed),
        TEST(writing_at_an_offset_is_completed_too),
        TEST(failures_are_told),
        TEST(interrupted_calls_are_repeated),
        TEST(reading_past_the_end_is_told_from_an_error),
        TEST(the_directory_of_any_path_can_be_synced),
        TEST(a_fault_that_is_none_is_refused),
        TEST(reasons_are_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
