/* What is loaded and saved again is the same, wherever the heap is; a save that fails leaves the old file and nothing else. */
#include "image/format/describe.h"
#include "image/format/reader.h"
#include "image/format/writer.h"
#include "tests/unit/format/tiny_image.h"
#include "vm/base/io_fault.h"
#include "vm/base/os.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ELSEWHERE UINT64_C(0x300000001000)

struct fixture {
    struct tiny_image image;
    struct heap heap;
    struct image_header header;
    struct status status;
    char folder[400];
    char foreign[500]; /* the tiny image as another system would have written it */
    char ours[500];
    char copy[500];
};

static void write_bytes(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static uint8_t *read_bytes(const char *path, size_t *size)
{
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    *size = (size_t)facts.st_size;
    uint8_t *bytes = malloc(*size + 1);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    const char *scratch = getenv("SCRATCH");
    snprintf(fixture->folder, sizeof fixture->folder, "%s/save_test.XXXXXX",
             scratch != NULL ? scratch : "/tmp");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->foreign, sizeof fixture->foreign, "%s/foreign.image", fixture->folder);
    snprintf(fixture->ours, sizeof fixture->ours, "%s/ours.image", fixture->folder);
    snprintf(fixture->copy, sizeof fixture->copy, "%s/copy.image", fixture->folder);
    tiny_begin(&fixture->image);
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;
    DIR *directory = opendir(fixture->folder);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char path[800];
        snprintf(path, sizeof path, "%s/%s", fixture->folder, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlink(path);
    }
    closedir(directory);
    rmdir(fixture->folder);
    free(fixture);
    return 0;
}

static size_t count_files(const char *folder)
{
    size_t count = 0;
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            count++;
    closedir(directory);
    return count;
}

static bool load_at(struct fixture *fixture, const char *path, uint64_t base,
                    enum image_trust trust)
{
    struct heap_options options = {.base_address = base, .size_limit = (size_t)64 << 20};
    fixture->status = (struct status){STATUS_OK, ""};
    return image_read(&fixture->heap, &options, path, trust, &fixture->header, &fixture->status);
}

static void load(struct fixture *fixture, const char *path, uint64_t base)
{
    if (!load_at(fixture, path, base, IMAGE_TRUST_CHECKSUM))
        fail_msg("%s", fixture->status.sentence);
    if (!heap_verify(&fixture->heap, &fixture->status))
        fail_msg("%s", fixture->status.sentence);
}

static void save(struct fixture *fixture, const char *path)
{
    fixture->status = (struct status){STATUS_OK, ""};
    if (!image_write(&fixture->heap, &fixture->header, io_system(), path, &fixture->status))
        fail_msg("%s", fixture->status.sentence);
}

static void check(struct fixture *fixture, const char *path)
{
    struct image_description description;
    fixture->status = (struct status){STATUS_OK, ""};
    if (!image_check_file(path, &description, &fixture->status))
        fail_msg("%s", fixture->status.sentence);
}

/* Writes the tiny image, loads it, saves it as ours and leaves the heap closed. */
static void make_ours(struct fixture *fixture)
{
    tiny_finish(&fixture->image);
    write_bytes(fixture->foreign, fixture->image.file, tiny_file_size(&fixture->image));
    load(fixture, fixture->foreign, 0);
    save(fixture, fixture->ours);
    heap_close(&fixture->heap);
}

static void assert_same_files(const char *left, const char *right)
{
    size_t left_size;
    size_t right_size;
    uint8_t *left_bytes = read_bytes(left, &left_size);
    uint8_t *right_bytes = read_bytes(right, &right_size);
    assert_int_equal(left_size, right_size);
    assert_memory_equal(left_bytes, right_bytes, left_size);
    free(left_bytes);
    free(right_bytes);
}

static void a_foreign_image_is_loaded_checked_and_saved_as_ours(void **state)
{
    struct fixture *fixture = *state;

    make_ours(fixture);

    check(fixture, fixture->ours);
    load(fixture, fixture->ours, 0);
    assert_true(image_header_is_trusted(&fixture->header));
    assert_int_equal(fixture->header.generation, 1);
    assert_int_equal((uintptr_t)fixture->heap.old.base, heap_preferred_base());
    heap_close(&fixture->heap);
}

static void saved_bytes_do_not_depend_on_where_the_heap_was(void **state)
{
    struct fixture *fixture = *state;
    char third[600];
    snprintf(third, sizeof third, "%s.third", fixture->ours);
    make_ours(fixture);

    load(fixture, fixture->ours, 0);
    save(fixture, fixture->copy);
    heap_close(&fixture->heap);
    load(fixture, fixture->ours, ELSEWHERE);
    assert_int_equal((uintptr_t)fixture->heap.old.base, ELSEWHERE);
    save(fixture, third);
    heap_close(&fixture->heap);

    assert_same_files(fixture->copy, third);
}

static void what_is_not_trusted_is_walked_and_loads_the_same(void **state)
{
    struct fixture *fixture = *state;
    make_ours(fixture);
    load(fixture, fixture->ours, 0);
    save(fixture, fixture->copy);
    heap_close(&fixture->heap);

    assert_true(load_at(fixture, fixture->ours, 0, IMAGE_TRUST_NOTHING));
    char third[600];
    snprintf(third, sizeof third, "%s.third", fixture->ours);
    save(fixture, third);
    heap_close(&fixture->heap);

    assert_same_files(fixture->copy, third);
}

static void segments_with_gaps_become_one_run(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    size_t gap_words = 1000;
    size_t first = image->used * 8 + IMAGE_BRIDGE_SIZE;
    tiny_add_bridge(image, (uint64_t)0xFF << 56 | gap_words, 5 * 8 + IMAGE_BRIDGE_SIZE);
    uint64_t object = tiny_add(image, TINY_FIXED4, FORMAT_FIXED, 4);
    tiny_finish(image);
    image->header.first_segment_size = first;
    tiny_write_header(image);
    *tiny_slot(image, object, 0) = tiny_integer(4711);
    *tiny_slot(image, object, 1) = tiny_oop(object + gap_words * 8);
    *tiny_slot(image, image->list, 3) = tiny_oop(object + gap_words * 8);
    write_bytes(fixture->foreign, image->file, tiny_file_size(image));

    load(fixture, fixture->foreign, 0);

    oop list = oop_from_bits((uint64_t)(uintptr_t)fixture->heap.old.base + image->list);
    oop moved = object_slot(list, 3);
    assert_int_equal(oop_to_integer(object_slot(moved, 0)), 4711);
    assert_true(oop_same(object_slot(moved, 1), moved));
    save(fixture, fixture->ours);
    check(fixture, fixture->ours);
    heap_close(&fixture->heap);
}

static void free_memory_and_marks_are_written_as_zero(void **state)
{
    struct fixture *fixture = *state;
    make_ours(fixture);
    load(fixture, fixture->ours, 0);
    save(fixture, fixture->copy);
    oop list = oop_from_bits((uint64_t)(uintptr_t)fixture->heap.old.base + fixture->image.list);
    oop selector =
        oop_from_bits((uint64_t)(uintptr_t)fixture->heap.old.base + fixture->image.selector);

    object_set_header(list, object_header(list) | HEADER_REMEMBERED);
    object_bytes(selector)[7] = 99; /* beyond its three bytes */
    object_words(fixture->heap.nil)[1] = 0xDEAD;
    fixture->header.generation--;
    char third[600];
    snprintf(third, sizeof third, "%s.third", fixture->ours);
    save(fixture, third);

    assert_same_files(fixture->copy, third);
    heap_close(&fixture->heap);
}

static void mourners_are_saved_and_come_back_in_order(void **state)
{
    struct fixture *fixture = *state;
    make_ours(fixture);
    load(fixture, fixture->ours, 0);
    uint64_t base = (uint64_t)(uintptr_t)fixture->heap.old.base;
    oop objects[3] = {oop_from_bits(base + fixture->image.list),
                      oop_from_bits(base + fixture->image.lists),
                      oop_from_bits(base + fixture->image.process)};
    size_t count = 10000;
    for (size_t i = 0; i < count; i++)
        assert_true(oop_list_add(&fixture->heap.mourners, objects[i % 3]));
    fixture->heap.mourners_taken = 2;
    save(fixture, fixture->copy);
    heap_close(&fixture->heap);
    check(fixture, fixture->copy);

    load(fixture, fixture->copy, 0);
    assert_int_equal(fixture->heap.mourners.count, count - 2);
    assert_true(fixture->heap.mourners_arrived);
    for (size_t i = 0; i < count - 2; i++)
        assert_true(oop_same(fixture->heap.mourners.items[i], objects[(i + 2) % 3]));
    heap_close(&fixture->heap);

    load(fixture, fixture->copy, ELSEWHERE);
    uint64_t moved = ELSEWHERE + fixture->image.list;
    assert_int_equal(fixture->heap.mourners.items[1].bits, moved);
    assert_int_equal(fixture->heap.mourners.count, count - 2);
    heap_close(&fixture->heap);
}

static void damage_of_any_page_is_found_at_load(void **state)
{
    struct fixture *fixture = *state;
    size_t size;
    make_ours(fixture);
    uint8_t *bytes = read_bytes(fixture->ours, &size);

    for (size_t i = 0; i < size; i += 509) {
        bytes[i] ^= 1;
        write_bytes(fixture->copy, bytes, size);
        bytes[i] ^= 1;
        assert_false(load_at(fixture, fixture->copy, 0, IMAGE_TRUST_CHECKSUM));
        assert_int_equal(fixture->status.code, STATUS_IMAGE);
        assert_non_null(strstr(fixture->status.sentence, "at offset "));
    }
    write_bytes(fixture->copy, bytes, size - 1);
    assert_false(load_at(fixture, fixture->copy, 0, IMAGE_TRUST_CHECKSUM));
    free(bytes);
}

static void an_image_over_the_limit_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct heap_options options = {.size_limit = 4096};
    make_ours(fixture);

    assert_false(image_read(&fixture->heap, &options, fixture->ours, IMAGE_TRUST_CHECKSUM,
                            &fixture->header, &fixture->status));

    assert_int_equal(fixture->status.code, STATUS_MEMORY);
    assert_null(fixture->heap.old.base);
}

static void what_is_no_file_is_refused(void **state)
{
    struct fixture *fixture = *state;

    assert_false(load_at(fixture, fixture->folder, 0, IMAGE_TRUST_CHECKSUM));
    assert_int_equal(fixture->status.code, STATUS_IMAGE);
    assert_false(load_at(fixture, "/nowhere/at.all", 0, IMAGE_TRUST_CHECKSUM));
    assert_non_null(strstr(fixture->status.sentence, "No such file"));
}

static void a_link_stays_and_the_mode_is_kept(void **state)
{
    struct fixture *fixture = *state;
    struct stat facts;
    char link[600];
    make_ours(fixture);
    assert_int_equal(chmod(fixture->ours, 0640), 0);
    snprintf(link, sizeof link, "%s.link", fixture->ours);
    assert_int_equal(symlink("ours.image", link), 0);
    load(fixture, link, 0);

    save(fixture, link);

    heap_close(&fixture->heap);
    assert_int_equal(lstat(link, &facts), 0);
    assert_true(S_ISLNK(facts.st_mode));
    assert_int_equal(lstat(fixture->ours, &facts), 0);
    assert_true(S_ISREG(facts.st_mode));
    assert_int_equal(facts.st_mode & 07777, 0640);
    load(fixture, fixture->ours, 0);
    assert_int_equal(fixture->header.generation, 2);
    heap_close(&fixture->heap);
}

/* One save with a fault. The old file or the new one is there, whole, and the VM was told the truth. */
static bool save_with_fault(struct fixture *fixture, const char *spec, const uint8_t *old,
                            size_t old_size)
{
    struct io_fault fault;
    assert_true(io_fault_init(&fault, io_system(), spec));
    write_bytes(fixture->copy, old, old_size);
    fixture->status = (struct status){STATUS_OK, ""};
    struct image_header header = fixture->header;
    bool saved =
        image_write(&fixture->heap, &header, &fault.table, fixture->copy, &fixture->status);
    size_t size;
    uint8_t *now = read_bytes(fixture->copy, &size);
    bool is_old = size == old_size && memcmp(now, old, size) == 0;
    free(now);
    bool intact = strstr(fixture->status.sentence, "the old image is intact") != NULL;
    if (saved == is_old)
        assert_true(!saved || fault.fired == 0 || fault.error == 0);
    if (!saved) {
        assert_int_equal(fixture->status.code, STATUS_SAVE);
        assert_non_null(strstr(fixture->status.sentence, "image not saved: "));
        assert_int_equal(header.generation, fixture->header.generation);
        assert_int_equal(is_old, intact);
    }
    /* Whatever fsync did not bring to the disk is not there, however the file looks now. */
    if (fault.function == IO_FSYNC && fault.fired > 0 && fault.error == EIO)
        assert_false(saved);
    if (!(fault.function == IO_UNLINK || (fault.sticky && fault.function == IO_ANY)))
        assert_int_equal(count_files(fixture->folder), 3);
    check(fixture, fixture->copy);
    return fault.fired > 0;
}

static void no_failing_call_loses_the_image(void **state)
{
    static const char *const errors[] = {"EIO", "ENOSPC", "EDQUOT", "EACCES", "EINTR", "short"};
    struct fixture *fixture = *state;
    size_t size;
    make_ours(fixture);
    uint8_t *old = read_bytes(fixture->ours, &size);
    load(fixture, fixture->ours, 0);

    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        for (unsigned nth = 1; nth < 100; nth++) {
            char spec[64];
            snprintf(spec, sizeof spec, "any:%u:%s", nth, errors[i]);
            if (!save_with_fault(fixture, spec, old, size))
                break;
            assert_true(nth < 99);
        }
    }

    heap_close(&fixture->heap);
    free(old);
}

static void a_disk_that_stays_full_loses_nothing(void **state)
{
    static const char *const specs[] = {"fallocate:1:ENOSPC:sticky",
                                        "write:1:ENOSPC:sticky",
                                        "pwrite:1:EDQUOT:sticky",
                                        "fsync:1:EIO:sticky",
                                        "fsync:2:EIO:sticky",
                                        "close:1:EIO",
                                        "rename:1:EACCES:sticky",
                                        "open:1:EROFS:sticky",
                                        "open:2:EMFILE:sticky",
                                        "fchmod:1:EPERM",
                                        "write:1:short:sticky",
                                        "fsync:1:EIO",
                                        "fsync:2:EIO",
                                        "fsync:3:EIO"};
    struct fixture *fixture = *state;
    size_t size;
    make_ours(fixture);
    uint8_t *old = read_bytes(fixture->ours, &size);
    load(fixture, fixture->ours, 0);

    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++)
        assert_true(save_with_fault(fixture, specs[i], old, size));

    heap_close(&fixture->heap);
    free(old);
}

/* Lets pass about so many microseconds without giving up the processor. */
static void spin(uint64_t duration_us)
{
    uint64_t end = os_monotonic_ns() + duration_us * 1000;
    while (os_monotonic_ns() < end) {
    }
}

static void a_save_that_is_killed_leaves_a_whole_image(void **state)
{
    struct fixture *fixture = *state;
    make_ours(fixture);
    load(fixture, fixture->ours, 0);
    save(fixture, fixture->copy);

    for (uint64_t round = 0; round < 40; round++) {
        fflush(stdout);
        pid_t child = fork();
        assert_true(child >= 0);
        while (child == 0) {
            if (!image_write(&fixture->heap, &fixture->header, io_system(), fixture->copy,
                             &fixture->status))
                _exit(1);
        }
        spin(round * 7919 % 4000);
        assert_int_equal(kill(child, SIGKILL), 0);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        check(fixture, fixture->copy);
    }

    heap_close(&fixture->heap);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_foreign_image_is_loaded_checked_and_saved_as_ours),
        TEST(saved_bytes_do_not_depend_on_where_the_heap_was),
        TEST(what_is_not_trusted_is_walked_and_loads_the_same),
        TEST(segments_with_gaps_become_one_run),
        TEST(free_memory_and_marks_are_written_as_zero),
        TEST(mourners_are_saved_and_come_back_in_order),
        TEST(damage_of_any_page_is_found_at_load),
        TEST(an_image_over_the_limit_is_refused),
        TEST(what_is_no_file_is_refused),
        TEST(a_link_stays_and_the_mode_is_kept),
        TEST(no_failing_call_loses_the_image),
        TEST(a_disk_that_stays_full_loses_nothing),
        TEST(a_save_that_is_killed_leaves_a_whole_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
