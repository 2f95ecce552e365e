/* Saves keep what they replace, and give it back, whatever fails. */
#include "image/store/generations.h"

#include "image/format/replace.h"
#include "tests/unit/base/scratch_file.h"
#include "vm/base/io_fault.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_SIZE = 600, TEXT_SIZE = 32 };

static void name_of(const struct scratch_file *file, unsigned number, char *name)
{
    assert_true(generation_path(file->path, number, name, NAME_SIZE));
}

static void write_text(const struct scratch_file *file, unsigned number, const char *text)
{
    char name[NAME_SIZE];
    name_of(file, number, name);
    unlink(name);
    FILE *stream = fopen(name, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

/* Empty when there is no such file. */
static void read_text(const struct scratch_file *file, unsigned number, char *text)
{
    char name[NAME_SIZE];
    name_of(file, number, name);
    FILE *stream = fopen(name, "r");
    size_t size = stream == NULL ? 0 : fread(text, 1, TEXT_SIZE - 1, stream);
    text[size] = 0;
    if (stream != NULL)
        fclose(stream);
}

static void assert_text(const struct scratch_file *file, unsigned number, const char *wanted)
{
    char text[TEXT_SIZE];
    read_text(file, number, text);
    assert_string_equal(text, wanted);
}

static bool has_text(const struct scratch_file *file, const char *wanted)
{
    char text[TEXT_SIZE];
    for (unsigned i = 0; i < 3; i++) {
        read_text(file, i, text);
        if (strcmp(text, wanted) == 0)
            return true;
    }
    return false;
}

static int begin(void **state)
{
    if (scratch_file_setup(state, "generations_test") != 0)
        return -1;
    const struct scratch_file *file = *state;
    write_text(file, 0, "three");
    write_text(file, 1, "two");
    write_text(file, 2, "one");
    return 0;
}

static int end(void **state)
{
    char name[NAME_SIZE];
    struct scratch_file *file = *state;
    for (unsigned i = 1; i < 3; i++) {
        name_of(file, i, name);
        unlink(name);
    }
    snprintf(name, sizeof name, "%s.0", file->path);
    unlink(name);
    return scratch_file_teardown(state);
}

static bool save(const struct scratch_file *file, const struct io *io, const char *text)
{
    struct replacement new;
    struct status status = {0};
    if (!replacement_open(&new, io, file->path, &status))
        return false;
    new.keep = 2;
    bool saved = replacement_write(&new, text, strlen(text)) && replacement_commit(&new);
    replacement_close(&new);
    return saved;
}

static void a_save_keeps_the_two_files_before_it(void **state)
{
    const struct scratch_file *file = *state;

    assert_true(save(file, io_system(), "four"));

    assert_text(file, 0, "four");
    assert_text(file, 1, "three");
    assert_text(file, 2, "two");
}

static void an_older_one_comes_back(void **state)
{
    const struct scratch_file *file = *state;
    struct status status = {0};

    assert_true(generation_restore(io_system(), file->path, 2, &status));

    assert_text(file, 0, "one");
    assert_text(file, 1, "three");
    assert_text(file, 2, "two");
    assert_false(generation_restore(io_system(), file->path, 7, &status));
    assert_non_null(strstr(status.sentence, "has no generation 7"));
    assert_text(file, 0, "one");
}

/* One save with a fault, and another after it when it failed. False when the fault did not strike. */
static bool save_with_fault(const struct scratch_file *file, const char *spec)
{
    struct io_fault fault;
    write_text(file, 0, "three");
    write_text(file, 1, "two");
    write_text(file, 2, "one");
    assert_true(io_fault_init(&fault, io_system(), spec));
    bool saved = save(file, &fault.table, "four");
    bool latest = has_text(file, "three");
    assert_true(latest || saved);
    assert_true(has_text(file, "two"));
    if (saved)
        assert_text(file, 0, "four");
    /* Unless only the folder could not be synced after all else, trying again must not push the older ones out. */
    if (!has_text(file, "four"))
        (void)save(file, &fault.table, "four");
    assert_true(has_text(file, "two"));
    return fault.fired > 0;
}

static void whatever_fails_older_files_are_there(void **state)
{
    static const char *const functions[] = {"any",    "open",   "write", "pwrite", "fsync",
                                            "fchmod", "rename", "close", "unlink", "link"};
    static const char *const errors[] = {"EIO", "ENOSPC", "EPERM", "EIO:sticky", "EPERM:sticky"};
    const struct scratch_file *file = *state;
    for (size_t f = 0; f < sizeof functions / sizeof functions[0]; f++) {
        for (size_t e = 0; e < sizeof errors / sizeof errors[0]; e++) {
            for (unsigned nth = 1; nth < 100; nth++) {
                char spec[64];
                snprintf(spec, sizeof spec, "%s:%u:%s", functions[f], nth, errors[e]);
                if (!save_with_fault(file, spec))
                    break;
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_save_keeps_the_two_files_before_it, begin, end),
        cmocka_unit_test_setup_teardown(an_older_one_comes_back, begin, end),
        cmocka_unit_test_setup_teardown(whatever_fails_older_files_are_there, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
