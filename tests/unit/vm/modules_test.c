/* A module that the VM has no primitives of is asked of the host, once, when a method that names it is first called. */
#include "image/format/reader.h"
#include "primitives/table.h"
#include "vm/primitive.h"
#include "vm/vivarium.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct host {
    size_t asked_count; /* for the module of the test */
    bool has_module;
};

static prim_result answer_seven(struct vm *vm, const prim_call *call)
{
    return answer_integer(vm, call, 7);
}

static const struct primitive rows[] = {
    {0, "OfTheTest", "seven", 0, answer_seven, NULL, "Object>>seven", "Seven."},
};

static const struct primitive_table table = {rows, 1};

static const struct primitive_table *load(void *context, const char *module)
{
    struct host *host = context;
    if (strcmp(module, "OfTheTest") != 0)
        return NULL;
    host->asked_count++;
    return host->has_module ? &table : NULL;
}

/* Runs a world that calls three methods, two of them with primitives of the module; answers its exit status. */
static int run_world(struct host *host)
{
    static char expression[] =
        "Object compile: 'seven <primitive: #seven module: #OfTheTest> ^ 1' classified: 'private'. "
        "Object compile: 'other <primitive: #seven module: #OfTheTest> ^ 10' classified: 'private'. "
        "Object compile: 'eight <primitive: #eight module: #OfTheTest> ^ 20' classified: 'private'. "
        "Smalltalk exit: 3 seven + 3 seven + 3 other + 3 eight";
    static char command[] = "eval";
    char *const arguments[] = {command, expression};
    struct status status = {STATUS_OK, ""};
    struct viv_options options = viv_default_options();
    const char *image = getenv("IMAGE");
    options.primitives = viv_standard_primitives();
    options.load_module = load;
    options.load_module_context = host;
    options.load_image = image_load;
    options.argument_count = 2;
    options.arguments = arguments;
    struct vm *vm = viv_open(image != NULL ? image : "build/vivarium.image", &options, &status);
    if (vm == NULL)
        print_error("%s\n", status.sentence);
    assert_non_null(vm);
    int exit_status = viv_run(vm);
    viv_close(vm);
    return exit_status;
}

static void a_module_is_asked_for_once_and_its_primitives_are_called(void **state)
{
    (void)state;
    struct host host = {.has_module = true};

    int exit_status = run_world(&host);

    assert_int_equal(exit_status, 7 + 7 + 7 + 20);
    assert_int_equal(host.asked_count, 1);
}

static void methods_go_on_without_a_module_that_is_not_there(void **state)
{
    (void)state;
    struct host host = {.has_module = false};

    int exit_status = run_world(&host);

    assert_int_equal(exit_status, 1 + 1 + 10 + 20);
    assert_int_equal(host.asked_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_is_asked_for_once_and_its_primitives_are_called),
        cmocka_unit_test(methods_go_on_without_a_module_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
