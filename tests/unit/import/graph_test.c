/* Real 32-bit images, converted, saved and loaded again: the same graph, at other addresses, and sound. */
#include "image/format/describe.h"
#include "image/format/reader.h"
#include "image/format/writer.h"
#include "tests/unit/import/graph.h"
#include "tests/unit/import/tiny32.h"
#include "tests/unit/shared_image.h"

struct place {
    char folder[400];
    char image[500];
    char saved[500];
};

static int begin(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    const char *scratch = getenv("SCRATCH");
    if (place == NULL)
        return -1;
    snprintf(place->folder, sizeof place->folder, "%s/graph.XXXXXX",
             scratch != NULL ? scratch : "/tmp");
    if (mkdtemp(place->folder) == NULL)
        return -1;
    snprintf(place->image, sizeof place->image, "%s/tiny.image", place->folder);
    snprintf(place->saved, sizeof place->saved, "%s/saved.image", place->folder);
    *state = place;
    return 0;
}

static int end(void **state)
{
    struct place *place = *state;
    unlink(place->image);
    unlink(place->saved);
    rmdir(place->folder);
    free(place);
    return 0;
}

static struct heap *load(const char *path, uint64_t base, struct image_header *header)
{
    struct heap *heap = calloc(1, sizeof *heap);
    struct heap_options options = {.base_address = base};
    struct status status = {STATUS_OK, ""};
    assert_non_null(heap);
    if (!image_read(heap, &options, path, IMAGE_TRUST_NOTHING, header, &status))
        fail_msg("%s", status.sentence);
    return heap;
}

static void unload(struct heap *heap)
{
    heap_close(heap);
    free(heap);
}

static void assert_same_graph(const struct place *place, const char *path)
{
    struct image_header header;
    struct image_description before;
    struct image_description after;
    struct status status = {STATUS_OK, ""};
    size_t counts[3];
    uint64_t digests[3];
    struct heap *heap = load(path, 0, &header);
    digests[0] = graph_digest(heap, &counts[0]);

    if (!image_write(heap, &header, io_system(), place->saved, &status))
        fail_msg("%s", status.sentence);
    unload(heap);
    heap = load(place->saved, 0, &header);
    digests[1] = graph_digest(heap, &counts[1]);
    unload(heap);
    heap = load(path, UINT64_C(0x300000001000), &header);
    digests[2] = graph_digest(heap, &counts[2]);
    unload(heap);

    assert_true(counts[0] > 30);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(counts[i], counts[0]);
        assert_int_equal(digests[i], digests[0]);
    }
    assert_true(image_check_file(path, &before, &status));
    assert_true(image_check_file(place->saved, &after, &status));
    /* The class of immediate floats may have been put into the table (image/format/README.md). */
    assert_true(after.census.classes - before.census.classes <= 1);
    assert_int_equal(after.census.objects, before.census.objects);
    assert_int_equal(after.census.methods, before.census.methods);
    assert_int_equal(after.census.contexts, before.census.contexts);
    assert_int_equal(after.header.magic, IMAGE_MAGIC);
    print_message("# %zu objects\n", counts[0]);
}

static void the_smallest_image_is_the_same_graph(void **state)
{
    struct place *place = *state;
    struct tiny32 *image = calloc(1, sizeof *image);
    assert_non_null(image);
    tiny32_begin(image);
    *tiny32_slot(image, image->things, 0) = tiny32_integer(-7);
    *tiny32_slot(image, image->things, 1) = tiny32_oop(image, image->things);
    tiny32_finish(image);
    assert_true(tiny32_write(image, place->image));
    free(image);

    assert_same_graph(place, place->image);
}

static void assert_shared(const struct place *place, const char *name)
{
    char path[SHARED_PATH_SIZE];
    shared_image(name, path);
    assert_same_graph(place, path);
}

static void an_image_of_sista_methods_is_the_same_graph(void **state)
{
    assert_shared(*state, "spur32-sista-codeparadise.image");
}

static void an_image_of_old_bytecodes_is_the_same_graph(void **state)
{
    assert_shared(*state, "spur32-cuis50.image");
}

static void images_from_before_spur_are_the_same_graph(void **state)
{
    assert_shared(*state, "v3-mini.image");
    assert_shared(*state, "v3-closures-bootstrapped.image");
}

static void smalltalk_80_is_the_same_graph(void **state)
{
    assert_shared(*state, "st80-v2-big-endian.image");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(the_smallest_image_is_the_same_graph),
        TEST(an_image_of_sista_methods_is_the_same_graph),
        TEST(an_image_of_old_bytecodes_is_the_same_graph),
        TEST(images_from_before_spur_are_the_same_graph),
        TEST(smalltalk_80_is_the_same_graph),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
