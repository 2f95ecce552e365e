/* A journal keeps every record that it said was on the disk, whatever ends it and whatever fails. */
#include "image/store/journal.h"
#include "tests/unit/base/scratch_file.h"
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

enum { FIRST_RECORD = 16, RECORD_HEAD = 32, ACKNOWLEDGED_SIZE = 64 };

static int begin(void **state)
{
    return scratch_file_setup(state, "journal_test");
}

static uint64_t add(struct journal *journal, const char *text)
{
    struct status status = {0};
    return journal_append(journal, 0, 7, text, strlen(text), &status);
}

/* Makes a journal of these texts; answers its size. */
static uint64_t write_journal(const char *path, size_t count, const char *const texts[])
{
    struct status status = {0};
    struct journal journal;
    assert_true(journal_open(&journal, io_system(), path, &status));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(add(&journal, texts[i]), i + 1);
    assert_true(journal_sync(&journal, &status));
    uint64_t size = journal.end;
    journal_close(&journal);
    return size;
}

/* The texts of all records, each with a slash behind it. */
static void texts_of(const char *path, char *texts, size_t room)
{
    struct journal_contents contents;
    struct journal_record record;
    struct status status = {0};
    uint64_t offset = 0;
    uint64_t last = 0;
    texts[0] = 0;
    assert_true(journal_read(&contents, path, &status));
    while (journal_next(&contents, &offset, &record)) {
        size_t used = strlen(texts);
        assert_true(record.sequence > last);
        last = record.sequence;
        snprintf(texts + used, room - used, "%.*s/", (int)record.size,
                 (const char *)record.payload);
    }
    journal_contents_free(&contents);
}

static void assert_texts(const char *path, const char *wanted)
{
    char texts[1024];
    texts_of(path, texts, sizeof texts);
    assert_string_equal(texts, wanted);
}

static const char *const three[] = {"one", "two words", "three records"};

static void records_are_read_as_they_were_written(void **state)
{
    const struct scratch_file *file = *state;

    write_journal(file->path, 3, three);

    assert_texts(file->path, "one/two words/three records/");
}

static void an_opened_journal_goes_on(void **state)
{
    const struct scratch_file *file = *state;
    struct status status = {0};
    struct journal journal;
    write_journal(file->path, 3, three);

    assert_true(journal_open(&journal, io_system(), file->path, &status));
    assert_int_equal(journal.torn, 0);
    assert_int_equal(add(&journal, "four"), 4);
    assert_int_equal(journal_append(&journal, 90, 7, "five", 4, &status), 91);
    assert_true(journal_sync(&journal, &status));
    journal_close(&journal);

    assert_texts(file->path, "one/two words/three records/four/five/");
}

static void a_journal_that_was_cut_anywhere_keeps_its_whole_records(void **state)
{
    const struct scratch_file *file = *state;
    uint64_t size = write_journal(file->path, 3, three);
    const uint64_t ends[] = {FIRST_RECORD, FIRST_RECORD + RECORD_HEAD + 8,
                             FIRST_RECORD + 2 * RECORD_HEAD + 8 + 16};
    const char *const kept[] = {"", "one/", "one/two words/"};
    for (uint64_t cut = size - 1; cut > 0; cut--) {
        struct status status = {0};
        struct journal journal;
        int whole = cut >= ends[2] ? 2 : cut >= ends[1] ? 1 : 0;
        unlink(file->path);
        write_journal(file->path, 3, three);
        assert_int_equal(truncate(file->path, (off_t)cut), 0);

        assert_true(journal_open(&journal, io_system(), file->path, &status));
        assert_int_equal(journal.torn, cut > ends[whole] ? cut - ends[whole] : 0);
        assert_int_equal(add(&journal, "next"), whole + 1);
        journal_close(&journal);

        char wanted[64];
        snprintf(wanted, sizeof wanted, "%snext/", kept[whole]);
        assert_texts(file->path, wanted);
    }
}

static void flip(const char *path, uint64_t offset)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, (long)offset, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, (long)offset, SEEK_SET);
    fputc(byte ^ 0x10, file);
    fclose(file);
}

static void damage_in_the_middle_costs_one_record(void **state)
{
    const struct scratch_file *file = *state;
    uint64_t second = FIRST_RECORD + RECORD_HEAD + 8;
    for (uint64_t at = second; at < second + RECORD_HEAD + 9; at++) {
        struct status status = {0};
        struct journal journal;
        unlink(file->path);
        uint64_t size = write_journal(file->path, 3, three);
        flip(file->path, at);

        assert_true(journal_open(&journal, io_system(), file->path, &status));
        assert_int_equal(journal.damaged, RECORD_HEAD + 16);
        assert_int_equal(journal.torn, 0);
        assert_int_equal(journal.end, size);
        assert_int_equal(add(&journal, "four"), 4);
        journal_close(&journal);

        assert_texts(file->path, "one/three records/four/");
    }
}

static void a_file_of_another_kind_is_left_alone(void **state)
{
    const struct scratch_file *file = *state;
    struct status status = {0};
    struct journal journal;
    struct stat after;
    assert_int_equal(write(file->fd, "not a journal, but work", 23), 23);

    assert_false(journal_open(&journal, io_system(), file->path, &status));

    assert_non_null(strstr(status.sentence, "is not a journal"));
    assert_int_equal(stat(file->path, &after), 0);
    assert_int_equal(after.st_size, 23);
}

/* Writes three records, each synced, with a table in which a call fails. The texts that were acknowledged, each with a slash. */
static void write_with(const struct io *io, const char *path, char *acknowledged)
{
    struct status status = {0};
    struct journal journal;
    acknowledged[0] = 0;
    if (!journal_open(&journal, io, path, &status))
        return;
    for (int i = 0; i < 3; i++) {
        struct status own = {0};
        if (journal_append(&journal, 0, 7, three[i], strlen(three[i]), &own) != 0 &&
            journal_sync(&journal, &own)) {
            size_t used = strlen(acknowledged);
            snprintf(acknowledged + used, ACKNOWLEDGED_SIZE - used, "%s/", three[i]);
        } else {
            assert_non_null(strstr(own.sentence, path));
        }
    }
    journal_close(&journal);
}

/* Whether every part of `some`, ended by a slash, stands in `all`, in that order. */
static bool includes_in_order(const char *all, const char *some)
{
    while (*some != 0) {
        char part[64];
        size_t size = strcspn(some, "/") + 1;
        snprintf(part, sizeof part, "%.*s", (int)size, some);
        all = strstr(all, part);
        if (all == NULL)
            return false;
        all += size;
        some += size;
    }
    return true;
}

static void whatever_fails_nothing_acknowledged_is_lost(void **state)
{
    const struct scratch_file *file = *state;
    static const char *const errors[] = {"EIO",           "ENOSPC",     "short",  "EINTR",
                                         "ENOSPC:sticky", "EIO:sticky", "EDQUOT", "EACCES"};
    for (size_t e = 0; e < sizeof errors / sizeof errors[0]; e++) {
        for (unsigned nth = 1;; nth++) {
            struct io_fault fault;
            char spec[64];
            char acknowledged[ACKNOWLEDGED_SIZE];
            char found[1024];
            unlink(file->path);
            snprintf(spec, sizeof spec, "any:%u:%s", nth, errors[e]);
            assert_true(io_fault_init(&fault, io_system(), spec));
            write_with(&fault.table, file->path, acknowledged);
            if (fault.fired == 0)
                break;
            if (access(file->path, F_OK) != 0) {
                assert_string_equal(acknowledged, "");
                continue;
            }
            texts_of(file->path, found, sizeof found);
            assert_true(includes_in_order(found, acknowledged));
        }
    }
}

static void after_a_failed_sync_all_is_written_anew(void **state)
{
    const struct scratch_file *file = *state;
    struct stat before;
    struct stat after;
    struct status status = {0};
    struct status failure = {0};
    struct journal journal;
    struct io_fault fault;
    unlink(file->path);
    assert_true(io_fault_init(&fault, io_system(), "fsync:3:EIO"));
    assert_true(journal_open(&journal, &fault.table, file->path, &status));
    assert_int_equal(stat(file->path, &before), 0);

    assert_int_equal(add(&journal, "one"), 1);
    assert_false(journal_sync(&journal, &failure));
    assert_int_equal(add(&journal, "two"), 2);
    assert_true(journal_sync(&journal, &status));
    journal_close(&journal);

    assert_int_equal(stat(file->path, &after), 0);
    assert_true(after.st_ino != before.st_ino);
    assert_texts(file->path, "one/two/");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_are_read_as_they_were_written, begin,
                                        scratch_file_teardown),
        cmocka_unit_test_setup_teardown(an_opened_journal_goes_on, begin, scratch_file_teardown),
        cmocka_unit_test_setup_teardown(a_journal_that_was_cut_anywhere_keeps_its_whole_records,
                                        begin, scratch_file_teardown),
        cmocka_unit_test_setup_teardown(damage_in_the_middle_costs_one_record, begin,
                                        scratch_file_teardown),
        cmocka_unit_test_setup_teardown(a_file_of_another_kind_is_left_alone, begin,
                                        scratch_file_teardown),
        cmocka_unit_test_setup_teardown(whatever_fails_nothing_acknowledged_is_lost, begin,
                                        scratch_file_teardown),
        cmocka_unit_test_setup_teardown(after_a_failed_sync_all_is_written_anew, begin,
                                        scratch_file_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
