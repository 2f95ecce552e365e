/* Two VMs live in one process, on two threads, each with its own world: nothing of theirs is shared but the code. */
#include "image/format/reader.h"
#include "image/format/writer.h"
#include "primitives/table.h"
#include "vm/vivarium.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* One world: what it is told to do, and how it ended. */
struct world {
    const char *image;
    char *arguments[2];
    struct status status;
    int exit_status;
    bool opened;
};

static void *run_world(void *argument)
{
    struct world *world = argument;
    struct viv_options options = viv_default_options();
    options.primitives = viv_standard_primitives();
    options.load_image = image_load;
    options.save_image = image_save;
    options.argument_count = 2;
    options.arguments = world->arguments;
    struct vm *vm = viv_open(world->image, &options, &world->status);
    world->opened = vm != NULL;
    if (!world->opened)
        return NULL;
    world->exit_status = viv_run(vm);
    viv_close(vm);
    return NULL;
}

static struct world world_that_evaluates(char *expression)
{
    const char *image = getenv("IMAGE");
    struct world world = {.image = image != NULL ? image : "build/vivarium.image",
                          .arguments = {"eval", expression}};
    return world;
}

static void two_worlds_run_at_once_and_end_each_with_its_own_status(void **state)
{
    (void)state;
    struct world worlds[2] = {
        world_that_evaluates(
            "| bag | bag := OrderedCollection new. 1 to: 100000 do: [ :i | bag add: i printString ]. "
            "Smalltalk exit: (bag inject: 0 into: [ :sum :each | sum + each size ]) \\\\ 97"),
        world_that_evaluates(
            "| sum | sum := 0. 1 to: 100 do: [ :i | sum := sum + i factorial printString size ]. "
            "Smalltalk exit: sum \\\\ 89"),
    };
    pthread_t threads[2];

    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_world, &worlds[i]), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);

    for (size_t i = 0; i < 2; i++) {
        if (!worlds[i].opened)
            print_message("# %s\n", worlds[i].status.sentence);
        assert_true(worlds[i].opened);
    }
    assert_int_equal(worlds[0].exit_status, 488895 % 97);
    assert_int_equal(worlds[1].exit_status, 6991 % 89);
}

static void a_world_can_be_opened_again_after_another_was_closed(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct world world = world_that_evaluates("Smalltalk exit: 41 + 1");

        run_world(&world);

        assert_true(world.opened);
        assert_int_equal(world.exit_status, 42);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_worlds_run_at_once_and_end_each_with_its_own_status),
        cmocka_unit_test(a_world_can_be_opened_again_after_another_was_closed),
    };
    return cmocka_run_group_tests_name("two worlds", tests, NULL, NULL);
}
