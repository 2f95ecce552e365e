/* A lock keeps others out, tells them who has it, and leaves nothing behind. */
#include "image/store/lock.h"
#include "tests/unit/base/scratch_file.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int begin(void **state)
{
    return scratch_file_setup(state, "lock_test");
}

static void lock_file(const char *image, char *path, size_t size)
{
    const char *slash = strrchr(image, '/');
    snprintf(path, size, "%.*s/.%s.lock", (int)(slash - image), image, slash + 1);
}

static void the_second_one_is_told_who_has_it(void **state)
{
    const struct scratch_file *file = *state;
    struct image_lock first;
    struct image_lock second;
    struct status status = {0};
    char wanted[64];
    snprintf(wanted, sizeof wanted, "process %ld", (long)getpid());

    assert_true(image_lock_take(&first, io_system(), file->path, &status));
    assert_false(image_lock_take(&second, io_system(), file->path, &status));

    assert_non_null(strstr(status.sentence, wanted));
    assert_false(image_lock_is_of(&second, file->path));
    image_lock_release(&first);
}

static void who_lets_go_leaves_nothing(void **state)
{
    const struct scratch_file *file = *state;
    struct image_lock lock;
    struct status status = {0};
    char path[600];
    lock_file(file->path, path, sizeof path);
    for (int i = 0; i < 3; i++) {
        assert_true(image_lock_take(&lock, io_system(), file->path, &status));
        assert_true(image_lock_is_of(&lock, file->path));
        assert_int_equal(access(path, F_OK), 0);
        image_lock_release(&lock);
        assert_false(image_lock_is_of(&lock, file->path));
        assert_int_not_equal(access(path, F_OK), 0);
    }
}

static void a_file_that_somebody_left_is_no_lock(void **state)
{
    const struct scratch_file *file = *state;
    struct image_lock lock;
    struct status status = {0};
    char path[600];
    lock_file(file->path, path, sizeof path);
    FILE *left = fopen(path, "w");
    assert_non_null(left);
    fputs("process 1 on another machine\n", left);
    fclose(left);

    assert_true(image_lock_take(&lock, io_system(), file->path, &status));

    assert_true(image_lock_is_of(&lock, file->path));
    image_lock_release(&lock);
}

static void where_no_file_can_be_made_there_is_no_lock(void **state)
{
    struct image_lock lock;
    struct status status = {0};
    (void)state;

    assert_true(image_lock_take(&lock, io_system(), "/no/such/folder/world.image", &status));

    assert_false(image_lock_is_of(&lock, "/no/such/folder/world.image"));
    image_lock_release(&lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_second_one_is_told_who_has_it, begin,
                                        scratch_file_teardown),
        cmocka_unit_test_setup_teardown(who_lets_go_leaves_nothing, begin, scratch_file_teardown),
        cmocka_unit_test_setup_teardown(a_file_that_somebody_left_is_no_lock, begin,
                                        scratch_file_teardown),
        cmocka_unit_test_setup_teardown(where_no_file_can_be_made_there_is_no_lock, begin,
                                        scratch_file_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
