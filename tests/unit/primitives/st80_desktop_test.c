/* Smalltalk-80 Version 2 of May 1983 wakes up and draws its desktop: translation, processes and all primitives of drawing at once. */
#include "image/format/reader.h"
#include "primitives/table.h"
#include "tests/unit/shared_image.h"
#include "vm/execution/vm_state.h"

#include <xxhash.h>

/* Of the 640 by 480 pixels with the grey ground, the transcript, the workspace and half of the browser, as they were looked at. */
#define DESKTOP_HASH UINT64_C(0xBF5DE864787B917C)

enum {
    WIDTH = 640,
    HEIGHT = 480,
    BITS_SIZE = WIDTH * HEIGHT / 8,
    FORM_BITS = 0,
    TIME_LIMIT_S = 120
};

static bool shows_desktop(struct vm *vm)
{
    oop display = heap_special_or_nil(vm_heap(vm), SPECIAL_DISPLAY);
    oop bits = object_slot(display, FORM_BITS);
    return object_byte_count(bits) * 2 == BITS_SIZE &&
           XXH3_64bits(object_bytes(bits), BITS_SIZE) == DESKTOP_HASH;
}

/* The Display has changed: when it is the desktop, the machine has done enough. */
static void look(struct vm *vm, const int32_t edges[4])
{
    (void)edges;
    if (shows_desktop(vm))
        vm_request_exit(vm, 0);
}

static void draw(struct viv_options options)
{
    char path[SHARED_PATH_SIZE];
    struct status status = {STATUS_OK, ""};
    shared_image("st80-v2-big-endian.image", path);
    options.primitives = viv_standard_primitives();
    options.adapt_primitives = viv_adapt_primitives;
    options.load_image = image_load;
    struct vm *vm = viv_open(path, &options, &status);
    if (vm == NULL)
        fail_msg("%s", status.sentence);
    vm_set_display_hook(vm, look);
    alarm(TIME_LIMIT_S); /* it would go on for ever */

    assert_int_equal(viv_run(vm), 0);

    assert_true(shows_desktop(vm));
    viv_close(vm);
}

static void the_desktop_is_drawn(void **state)
{
    (void)state;
    draw(viv_default_options());
}

static void it_is_while_everything_moves(void **state)
{
    struct viv_options options = viv_default_options();
    (void)state;
    options.stress_poll = 1;
    options.stress_full = 50;
    options.stress_flush = 2;
    options.small_caches = true;
    draw(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_desktop_is_drawn),
        cmocka_unit_test(it_is_while_everything_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
