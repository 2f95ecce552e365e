/* What nothing refers to goes, everything else keeps its place in the order; a compaction that fails leaves the old file. */
#include "image/format/compaction.h"
#include "image/format/describe.h"
#include "image/format/reader.h"
#include "tests/unit/format/tiny_image.h"
#include "vm/base/io_fault.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GARBAGE_COUNT = 20, GARBAGE_SLOTS = 40, KEPT = 2 };

struct fixture {
    struct tiny_image image;
    struct image_compaction compaction;
    struct status status;
    char folder[400];
    char path[500];
    uint64_t held; /* offsets in the image with garbage */
    uint64_t fired;
};

static void write_image(struct fixture *fixture)
{
    FILE *file = fopen(fixture->path, "wb");
    assert_non_null(file);
    size_t size = tiny_file_size(&fixture->image);
    assert_int_equal(fwrite(fixture->image.file, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Garbage before and after what is held: a pinned object that refers to another, and an ephemeron whose key is garbage. */
static void fill(struct fixture *fixture)
{
    struct tiny_image *image = &fixture->image;
    for (int i = 0; i < GARBAGE_COUNT; i++)
        tiny_add(image, CLASS_ARRAY, FORMAT_INDEXABLE, GARBAGE_SLOTS);
    uint64_t last = tiny_add(image, CLASS_ARRAY, FORMAT_INDEXABLE, 1);
    fixture->held = tiny_add(image, CLASS_ARRAY, FORMAT_INDEXABLE, 2);
    uint64_t key = tiny_add(image, CLASS_ARRAY, FORMAT_INDEXABLE, 3);
    fixture->fired = tiny_add(image, TINY_EPHEMERON, FORMAT_EPHEMERON, 1);
    tiny_add(image, CLASS_ARRAY, FORMAT_INDEXABLE, GARBAGE_SLOTS);
    *tiny_word(image, fixture->held) |= HEADER_PINNED;
    *tiny_slot(image, fixture->held, 0) = tiny_oop(last);
    *tiny_slot(image, fixture->held, 1) = tiny_oop(fixture->fired);
    *tiny_slot(image, fixture->fired, 0) = tiny_oop(key);
    *tiny_slot(image, image->list, 3) = tiny_oop(fixture->held);
    tiny_finish(image);
    write_image(fixture);
}

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    const char *scratch = getenv("SCRATCH");
    snprintf(fixture->folder, sizeof fixture->folder, "%s/compaction_test.XXXXXX",
             scratch != NULL ? scratch : "/tmp");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof fixture->path, "%s/one.image", fixture->folder);
    tiny_begin(&fixture->image);
    fill(fixture);
    *state = fixture;
    return 0;
}

static void path_of(const struct fixture *fixture, const char *name, char path[600])
{
    snprintf(path, 600, "%s/%s", fixture->folder, name);
}

static int end(void **state)
{
    static const char *const names[] = {"one.image", "one.image.1", "one.image.2", "two.image"};
    struct fixture *fixture = *state;
    char path[600];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        path_of(fixture, names[i], path);
        unlink(path);
    }
    assert_int_equal(rmdir(fixture->folder), 0);
    free(fixture);
    return 0;
}

static bool compact(struct fixture *fixture, const char *to, const struct io *io)
{
    fixture->status = (struct status){STATUS_OK, ""};
    return image_compact(fixture->path, to, io, KEPT, &fixture->compaction, &fixture->status);
}

static void compact_well(struct fixture *fixture, const char *to)
{
    if (!compact(fixture, to, io_system()))
        fail_msg("%s", fixture->status.sentence);
}

static uint64_t checked_object_count(const char *path)
{
    struct image_description description;
    struct status status = {STATUS_OK, ""};
    if (!image_check_file(path, &description, &status))
        fail_msg("%s", status.sentence);
    return description.census.objects;
}

static size_t size_of(const char *path)
{
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    return (size_t)facts.st_size;
}

static void garbage_goes_and_the_rest_stays(void **state)
{
    struct fixture *fixture = *state;
    uint64_t before = checked_object_count(fixture->path);

    compact_well(fixture, fixture->path);

    assert_true(fixture->compaction.written);
    assert_int_equal(fixture->compaction.objects_before, before);
    assert_int_equal(fixture->compaction.objects_after, before - GARBAGE_COUNT - 1);
    assert_int_equal(fixture->compaction.size_after, size_of(fixture->path));
    assert_int_equal(checked_object_count(fixture->path), fixture->compaction.objects_after);
}

static void what_is_pinned_moves_and_stays_pinned(void **state)
{
    struct fixture *fixture = *state;
    struct heap heap;
    struct heap_options options = {.base_address = 0};
    struct image_header header;
    compact_well(fixture, fixture->path);

    assert_true(
        image_read(&heap, &options, fixture->path, IMAGE_TRUST_NOTHING, &header, &fixture->status));
    oop list = object_at_address((char *)heap.old.base + fixture->image.list);
    oop held = object_slot(list, 3);
    size_t moved = fixture->held - (size_t)(held.bits - (uint64_t)(uintptr_t)heap.old.base);
    assert_int_equal(moved, GARBAGE_COUNT * object_size_for_slots(GARBAGE_SLOTS));
    assert_true(object_is_pinned(held));
    oop ephemeron = object_slot(held, 1);
    assert_int_equal(object_format(ephemeron), FORMAT_FIXED);
    assert_int_equal(object_slot_count(object_slot(ephemeron, 0)), 3);
    assert_int_equal(heap.mourners.count, 1);
    assert_true(oop_same(heap.mourners.items[0], ephemeron));
    heap_close(&heap);
}

static void what_is_compact_is_written_the_same(void **state)
{
    struct fixture *fixture = *state;
    char other[600];
    char old[600];
    path_of(fixture, "two.image", other);
    path_of(fixture, "one.image.1", old);
    compact_well(fixture, fixture->path);
    assert_int_equal(unlink(old), 0);
    size_t size = size_of(fixture->path);

    compact_well(fixture, fixture->path);
    assert_false(fixture->compaction.written);
    assert_int_equal(access(old, F_OK), -1);
    compact_well(fixture, other);

    assert_true(fixture->compaction.written);
    assert_int_equal(size_of(other), size);
    char *bytes = malloc(2 * size);
    for (size_t i = 0; i < 2; i++) {
        FILE *file = fopen(i == 0 ? fixture->path : other, "rb");
        assert_non_null(file);
        assert_int_equal(fread(bytes + i * size, 1, size, file), size);
        fclose(file);
    }
    assert_memory_equal(bytes, bytes + size, size);
    free(bytes);
}

/* In its own place with a fault: the old file or the new one is there, whole, and the truth was told. */
static bool compact_with_fault(struct fixture *fixture, const char *spec)
{
    struct io_fault fault;
    assert_true(io_fault_init(&fault, io_system(), spec));
    write_image(fixture);
    size_t size = size_of(fixture->path);

    bool good = compact(fixture, fixture->path, &fault.table);

    bool is_old = size_of(fixture->path) == size;
    checked_object_count(fixture->path);
    if (good)
        assert_false(is_old);
    else
        assert_int_equal(is_old,
                         strstr(fixture->status.sentence, "the old image is intact") != NULL);
    return fault.fired > 0;
}

static void no_failing_call_loses_the_image(void **state)
{
    static const char *const errors[] = {"EIO", "ENOSPC", "EINTR", "short"};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        for (unsigned nth = 1; nth < 100; nth++) {
            char spec[64];
            snprintf(spec, sizeof spec, "any:%u:%s", nth, errors[i]);
            if (!compact_with_fault(fixture, spec))
                break;
            assert_true(nth < 99);
        }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(garbage_goes_and_the_rest_stays),
        TEST(what_is_pinned_moves_and_stays_pinned),
        TEST(what_is_compact_is_written_the_same),
        TEST(no_failing_call_loses_the_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
