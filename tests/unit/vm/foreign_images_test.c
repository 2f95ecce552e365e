/*
 * Images that other systems wrote run here to their end, and run the same after our writer has saved them. They lie in
 * ../shared/images, seen from the root of the project; without that folder the tests are skipped.
 */
#include "image/format/reader.h"
#include "image/format/writer.h"
#include "primitives/table.h"
#include "vm/vivarium.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What both synthetic images write: 42, the letters A, B, ? and an end of line. */
static const unsigned char synthetic_result[] = {0x2A, 0x41, 0x42, 0x3F, 0x0A};

struct place {
    char images[PATH_MAX];
    char start[PATH_MAX];
    char work[PATH_MAX];
};

/* Candle's benchmark divides by the milliseconds that it took, which may be none: a scavenge at every poll takes some. */
static struct vm *open_image(const char *path)
{
    struct viv_options options = viv_default_options();
    struct status status = {STATUS_OK, ""};
    options.stress_poll = 1;
    options.primitives = viv_standard_primitives();
    options.load_image = image_load;
    options.save_image = image_save;
    struct vm *vm = viv_open(path, &options, &status);
    if (vm == NULL)
        print_message("# %s\n", status.sentence);
    assert_non_null(vm);
    return vm;
}

static void run_image(const char *path)
{
    struct vm *vm = open_image(path);
    assert_int_equal(viv_run(vm), 0);
    viv_close(vm);
}

/* Loads an image and writes it again, without running it. */
static void save_again(const char *path, const char *copy)
{
    struct status status = {STATUS_OK, ""};
    bool saved = image_copy(path, copy, &status);
    if (!saved)
        print_message("# %s\n", status.sentence);
    assert_true(saved);
}

static size_t read_file(const char *path, unsigned char *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t count = fread(bytes, 1, size, file);
    fclose(file);
    return count;
}

static void copy_file(const char *from, const char *to)
{
    unsigned char bytes[1 << 16];
    FILE *source = fopen(from, "rb");
    FILE *target = fopen(to, "wb");
    assert_non_null(source);
    assert_non_null(target);
    for (size_t count; (count = fread(bytes, 1, sizeof bytes, source)) > 0;)
        assert_int_equal(fwrite(bytes, 1, count, target), count);
    fclose(source);
    assert_int_equal(fclose(target), 0);
}

static void assert_synthetic_result(void)
{
    unsigned char bytes[sizeof synthetic_result + 1];
    assert_int_equal(read_file("synth-result.bin", bytes, sizeof bytes), sizeof synthetic_result);
    assert_memory_equal(bytes, synthetic_result, sizeof synthetic_result);
    assert_int_equal(unlink("synth-result.bin"), 0);
}

static void run_synthetic(const struct place *place, const char *name)
{
    char path[PATH_MAX * 2];
    snprintf(path, sizeof path, "%s/%s", place->images, name);

    run_image(path);

    assert_synthetic_result();

    save_again(path, "again.image");
    run_image("again.image");

    assert_synthetic_result();
}

static void a_minimal_image_writes_its_five_bytes_before_and_after_saving(void **state)
{
    run_synthetic(*state, "synth-minimal-68021.image");
}

static void an_image_that_declares_several_bytecode_sets_does_too(void **state)
{
    run_synthetic(*state, "synth-minimal-68533.image");
}

static void assert_log_of_candle(void)
{
    unsigned char bytes[4096];
    size_t count = read_file("log1.txt", bytes, sizeof bytes - 1);
    bytes[count] = 0;
    assert_non_null(strstr((const char *)bytes, "bytecodes/sec"));
    assert_int_equal(unlink("log1.txt"), 0);
}

static void a_kernel_of_old_bytecodes_runs_to_its_end_and_writes_its_log(void **state)
{
    const struct place *place = *state;
    char path[PATH_MAX * 2];
    snprintf(path, sizeof path, "%s/spur64-candle.image", place->images);
    copy_file(path, "candle.image");

    run_image("candle.image");

    assert_log_of_candle();

    save_again("candle.image", "again.image");
    run_image("again.image");

    assert_log_of_candle();
}

/* The working folder is a fresh one below $SCRATCH. */
static int enter_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    const char *images = getenv("SHARED_IMAGES");
    const char *scratch = getenv("SCRATCH");
    assert_non_null(getcwd(place->start, sizeof place->start));
    if (realpath(images != NULL ? images : "../shared/images", place->images) == NULL)
        place->images[0] = 0;
    snprintf(place->work, sizeof place->work, "%.4000s/foreign-XXXXXX",
             scratch != NULL ? scratch : "build");
    assert_non_null(mkdtemp(place->work));
    assert_int_equal(chdir(place->work), 0);
    *state = place;
    return 0;
}

static int leave_place(void **state)
{
    struct place *place = *state;
    unlink("again.image");
    unlink("candle.image");
    int result = chdir(place->start) == 0 ? rmdir(place->work) : -1;
    free(place);
    return result;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_minimal_image_writes_its_five_bytes_before_and_after_saving, enter_place,
            leave_place),
        cmocka_unit_test_setup_teardown(an_image_that_declares_several_bytecode_sets_does_too,
                                        enter_place, leave_place),
        cmocka_unit_test_setup_teardown(
            a_kernel_of_old_bytecodes_runs_to_its_end_and_writes_its_log, enter_place, leave_place),
    };
    const char *images = getenv("SHARED_IMAGES");
    if (access(images != NULL ? images : "../shared/images", R_OK) != 0) {
        puts("skipped: no ../shared/images");
        return 0;
    }
    return cmocka_run_group_tests_name("foreign images", tests, NULL, NULL);
}
