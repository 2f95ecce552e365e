/* What a world costs beside its heap: little, and nothing of the compiler's collector when nothing is compiled. */
#include "image/format/reader.h"
#include "image/format/writer.h"
#include "primitives/table.h"
#include "vm/vivarium.h"

#include <gc/gc.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { WOKEN_STATUS = 9, STRUCTURE_LIMIT = 64 << 20 };

static struct vm *open_world(const char *image, int argument_count, char *const *arguments)
{
    struct viv_options options = viv_default_options();
    struct status status = {STATUS_OK, ""};
    options.primitives = viv_standard_primitives();
    options.load_image = image_load;
    options.save_image = image_save;
    options.argument_count = argument_count;
    options.arguments = arguments;
    struct vm *vm = viv_open(image, &options, &status);
    if (vm == NULL)
        print_message("# %s\n", status.sentence);
    assert_non_null(vm);
    return vm;
}

static const char *pristine_image(void)
{
    const char *image = getenv("IMAGE");
    return image != NULL ? image : "build/vivarium.image";
}

/* Saves, in a process of its own, a world that ends with WOKEN_STATUS when it wakes. */
static void save_world_that_quits(const char *path)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char expression[PATH_MAX + 100];
        snprintf(expression, sizeof expression,
                 "(Smalltalk saveAs: '%s') ifTrue: [ Smalltalk exit: %d ]", path, WOKEN_STATUS);
        char *arguments[] = {"eval", "--print", "none", expression};
        struct vm *vm = open_world(pristine_image(), 4, arguments);
        int exit_status = viv_run(vm);
        viv_close(vm);
        _exit(exit_status);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* The first test: a later one compiles in this process. */
static void a_world_that_compiles_nothing_does_not_start_the_collector_of_the_compiler(void **state)
{
    (void)state;
    char path[PATH_MAX];
    const char *scratch = getenv("SCRATCH");
    snprintf(path, sizeof path, "%.4000s/quits-%d.image", scratch != NULL ? scratch : "build",
             (int)getpid());
    save_world_that_quits(path);

    struct vm *vm = open_world(path, 0, NULL);
    int exit_status = viv_run(vm);
    viv_close(vm);

    assert_int_equal(exit_status, WOKEN_STATUS);
    assert_int_equal(GC_is_init_called(), 0);
    assert_int_equal(unlink(path), 0);
}

static void the_structures_of_the_machine_stay_small_beside_the_heap(void **state)
{
    (void)state;
    char *arguments[] = {"eval", "| sum | sum := 0. 1 to: 300000 do: [ :i | sum := sum + i "
                                 "printString size ]. Smalltalk exit: 0"};
    struct vm *vm = open_world(pristine_image(), 2, arguments);

    int exit_status = viv_run(vm);
    struct viv_statistics statistics;
    viv_statistics(vm, &statistics);
    viv_close(vm);

    assert_int_equal(exit_status, 0);
    assert_true(statistics.code_size > 0);
    assert_true(statistics.code_size + statistics.stack_size + statistics.table_size <
                STRUCTURE_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_world_that_compiles_nothing_does_not_start_the_collector_of_the_compiler),
        cmocka_unit_test(the_structures_of_the_machine_stay_small_beside_the_heap),
    };
    return cmocka_run_group_tests_name("footprint", tests, NULL, NULL);
}
