/* Handles name exactly the open files; every operation answers 0 or an error number and never touches anything else. */
#include "primitives/file_table.h"
#include "vm/base/io_fault.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    char folder[512];
    char path[600];
    struct file_table table;
    uint8_t handle[HANDLE_SIZE];
};

static int open_fixture(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    const char *scratch = getenv("SCRATCH");
    snprintf(fixture->folder, sizeof fixture->folder, "%s/file_table_test.XXXXXX",
             scratch != NULL ? scratch : "/tmp");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof fixture->path, "%s/file", fixture->folder);
    assert_true(file_table_open(&fixture->table, io_system()));
    *state = fixture;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *fixture = *state;
    file_table_close(&fixture->table);
    unlink(fixture->path);
    rmdir(fixture->folder);
    free(fixture);
    return 0;
}

static struct open_file *find(struct fixture *fixture)
{
    return file_table_find(&fixture->table, fixture->handle, HANDLE_SIZE);
}

static struct open_file *open_or_fail(struct fixture *fixture, enum file_mode mode)
{
    assert_int_equal(file_open(&fixture->table, fixture->path, mode, fixture->handle), 0);
    struct open_file *file = find(fixture);
    assert_non_null(file);
    return file;
}

static void what_is_written_is_read_back(void **state)
{
    struct fixture *fixture = *state;
    char text[8] = "";
    size_t taken;
    uint64_t size;
    bool at_end;
    struct open_file *file = open_or_fail(fixture, FILE_WRITE);

    assert_int_equal(file_write(&fixture->table, file, "seven..", 7), 0);
    assert_int_equal(file_set_position(file, 0), 0);
    assert_int_equal(file_read(file, text, sizeof text, &taken), 0);

    assert_int_equal(taken, 7);
    assert_string_equal(text, "seven..");
    assert_int_equal(file_size(file, &size), 0);
    assert_int_equal(size, 7);
    assert_int_equal(file_at_end(file, &at_end), 0);
    assert_true(at_end);
}

static void opening_for_writing_keeps_what_is_there(void **state)
{
    struct fixture *fixture = *state;
    uint64_t size;
    struct open_file *file = open_or_fail(fixture, FILE_WRITE);
    assert_int_equal(file_write(&fixture->table, file, "abc", 3), 0);
    assert_int_equal(file_close(&fixture->table, file), 0);

    file = open_or_fail(fixture, FILE_WRITE);

    assert_int_equal(file_size(file, &size), 0);
    assert_int_equal(size, 3);
    assert_int_equal(file_open(&fixture->table, fixture->path, FILE_WRITE_NEW, fixture->handle),
                     EEXIST);
}

static void a_missing_file_is_not_made_by_reading(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(file_open(&fixture->table, fixture->path, FILE_READ, fixture->handle), ENOENT);

    assert_int_equal(access(fixture->path, F_OK), -1);
}

static void a_directory_is_no_file(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(file_open(&fixture->table, fixture->folder, FILE_READ, fixture->handle),
                     EISDIR);
}

static void a_file_opened_for_reading_refuses_writes(void **state)
{
    struct fixture *fixture = *state;
    struct open_file *file = open_or_fail(fixture, FILE_WRITE);
    assert_int_equal(file_close(&fixture->table, file), 0);
    file = open_or_fail(fixture, FILE_READ);

    assert_int_equal(file_write(&fixture->table, file, "x", 1), EBADF);
    assert_int_equal(file_truncate(&fixture->table, file, 0), EBADF);
}

static void a_closed_handle_names_nothing_even_when_its_place_is_used_again(void **state)
{
    struct fixture *fixture = *state;
    uint8_t stale[HANDLE_SIZE];
    struct open_file *file = open_or_fail(fixture, FILE_WRITE);
    memcpy(stale, fixture->handle, sizeof stale);
    assert_int_equal(file_close(&fixture->table, file), 0);
    assert_null(file_table_find(&fixture->table, stale, sizeof stale));

    open_or_fail(fixture, FILE_READ);

    assert_null(file_table_find(&fixture->table, stale, sizeof stale));
}

static void a_handle_of_another_table_names_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct file_table other;
    assert_true(file_table_open(&other, io_system()));
    uint8_t handle[HANDLE_SIZE];
    assert_int_equal(file_open(&other, "/dev/null", FILE_READ, handle), 0);
    open_or_fail(fixture, FILE_WRITE);

    assert_null(file_table_find(&fixture->table, handle, sizeof handle));

    file_table_close(&other);
}

static void every_changed_bit_of_a_handle_makes_it_name_nothing(void **state)
{
    struct fixture *fixture = *state;
    open_or_fail(fixture, FILE_WRITE);

    for (size_t bit = 0; bit < HANDLE_SIZE * 8; bit++) {
        fixture->handle[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_null(find(fixture));
        fixture->handle[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }

    for (size_t size = 0; size < HANDLE_SIZE; size++)
        assert_null(file_table_find(&fixture->table, fixture->handle, size));
    assert_non_null(find(fixture));
}

static void five_hundred_files_are_open_at_once_and_all_are_closed_with_the_table(void **state)
{
    struct fixture *fixture = *state;
    uint8_t handles[500][HANDLE_SIZE];

    for (size_t i = 0; i < 500; i++)
        assert_int_equal(file_open(&fixture->table, "/dev/null", FILE_READ, handles[i]), 0);

    int highest = 0;
    for (size_t i = 0; i < 500; i++) {
        struct open_file *file = file_table_find(&fixture->table, handles[i], HANDLE_SIZE);
        assert_non_null(file);
        highest = file->fd > highest ? file->fd : highest;
    }
    file_table_close(&fixture->table);
    assert_int_equal(lseek(highest, 0, SEEK_CUR), -1);
}

static void cutting_a_file_moves_the_position_to_its_end(void **state)
{
    struct fixture *fixture = *state;
    uint64_t position;
    struct open_file *file = open_or_fail(fixture, FILE_WRITE);
    assert_int_equal(file_write(&fixture->table, file, "0123456789", 10), 0);

    assert_int_equal(file_truncate(&fixture->table, file, 4), 0);

    assert_int_equal(file_position(file, &position), 0);
    assert_int_equal(position, 4);
}

static void impossible_positions_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct open_file *file = open_or_fail(fixture, FILE_WRITE);

    assert_int_equal(file_set_position(file, UINT64_MAX), EINVAL);
    assert_int_equal(file_set_position(file, (uint64_t)INT64_MAX + 1), EINVAL);
    assert_int_equal(file_truncate(&fixture->table, file, UINT64_MAX), EFBIG);
}

static void a_standard_stream_is_only_let_go_of_by_closing(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(file_open_standard(&fixture->table, 2, fixture->handle), 0);

    assert_int_equal(file_close(&fixture->table, find(fixture)), 0);

    assert_null(find(fixture));
    assert_true(lseek(2, 0, SEEK_CUR) >= 0 || errno == ESPIPE);
}

static void a_full_disk_is_an_error_of_the_write(void **state)
{
    struct fixture *fixture = *state;
    struct open_file *file;
    assert_int_equal(file_open(&fixture->table, "/dev/full", FILE_WRITE, fixture->handle), 0);
    file = find(fixture);

    assert_int_equal(file_write(&fixture->table, file, "x", 1), ENOSPC);
}

static void short_and_interrupted_writes_are_continued(void **state)
{
    struct fixture *fixture = *state;
    static const char *const faults[] = {"write:1:short", "write:1:EINTR"};
    struct io_fault fault;
    uint64_t size;

    for (size_t i = 0; i < 2; i++) {
        assert_true(io_fault_init(&fault, io_system(), faults[i]));
        fixture->table.io = &fault.table;
        struct open_file *file = open_or_fail(fixture, FILE_WRITE);
        assert_int_equal(file_truncate(&fixture->table, file, 0), 0);

        assert_int_equal(file_write(&fixture->table, file, "0123456789", 10), 0);

        assert_true(fault.fired > 0);
        assert_int_equal(file_size(file, &size), 0);
        assert_int_equal(size, 10);
        assert_int_equal(file_close(&fixture->table, file), 0);
    }
    fixture->table.io = io_system();
}

static void every_failing_call_is_reported(void **state)
{
    struct fixture *fixture = *state;
    struct io_fault fault;

    assert_true(io_fault_init(&fault, io_system(), "write:1:EIO"));
    fixture->table.io = &fault.table;
    struct open_file *file = open_or_fail(fixture, FILE_WRITE);
    assert_int_equal(file_write(&fixture->table, file, "abc", 3), EIO);

    assert_true(io_fault_init(&fault, io_system(), "fsync:1:EIO"));
    assert_int_equal(file_sync(&fixture->table, file), EIO);

    assert_true(io_fault_init(&fault, io_system(), "ftruncate:1:EIO"));
    assert_int_equal(file_truncate(&fixture->table, file, 1), EIO);

    assert_true(io_fault_init(&fault, io_system(), "open:1:EMFILE"));
    uint8_t handle[HANDLE_SIZE];
    assert_int_equal(file_open(&fixture->table, fixture->path, FILE_READ, handle), EMFILE);
    fixture->table.io = io_system();
}

static void a_pipe_has_no_size_and_ends_when_nobody_writes(void **state)
{
    struct fixture *fixture = *state;
    uint64_t size;
    size_t taken;
    bool at_end;
    char byte;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int standard_input = dup(0);
    assert_int_equal(dup2(ends[0], 0), 0);
    assert_int_equal(write(ends[1], "a", 1), 1);
    close(ends[1]);

    assert_int_equal(file_open_standard(&fixture->table, 0, fixture->handle), 0);
    struct open_file *file = find(fixture);
    assert_int_equal(file_size(file, &size), ESPIPE);
    assert_true(file_is_ready(file, 0));
    assert_int_equal(file_read(file, &byte, 1, &taken), 0);
    assert_int_equal(taken, 1);
    assert_int_equal(file_at_end(file, &at_end), 0);
    assert_false(at_end);
    assert_int_equal(file_read(file, &byte, 1, &taken), 0);
    assert_int_equal(file_at_end(file, &at_end), 0);
    assert_true(at_end);

    dup2(standard_input, 0);
    close(standard_input);
    close(ends[0]);
}

#define FILE_TEST(function) cmocka_unit_test_setup_teardown(function, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST(what_is_written_is_read_back),
        FILE_TEST(opening_for_writing_keeps_what_is_there),
        FILE_TEST(a_missing_file_is_not_made_by_reading),
        FILE_TEST(a_directory_is_no_file),
        FILE_TEST(a_file_opened_for_reading_refuses_writes),
        FILE_TEST(a_closed_handle_names_nothing_even_when_its_place_is_used_again),
        FILE_TEST(a_handle_of_another_table_names_nothing),
        FILE_TEST(every_changed_bit_of_a_handle_makes_it_name_nothing),
        FILE_TEST(five_hundred_files_are_open_at_once_and_all_are_closed_with_the_table),
        FILE_TEST(cutting_a_file_moves_the_position_to_its_end),
        FILE_TEST(impossible_positions_are_refused),
        FILE_TEST(a_standard_stream_is_only_let_go_of_by_closing),
        FILE_TEST(a_full_disk_is_an_error_of_the_write),
        FILE_TEST(short_and_interrupted_writes_are_continued),
        FILE_TEST(every_failing_call_is_reported),
        FILE_TEST(a_pipe_has_no_size_and_ends_when_nobody_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
