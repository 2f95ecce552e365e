/*
 * Mutated image files: each is refused with a sentence, or loads into a heap that verifies, survives a full collection, and
 * is saved as an image that passes every check. Each runs in a child of its own with a time limit; a signal is a failure.
 * Two passes: as mutated, where checksums refuse most, and with the checksums set right and nobody vouching, where only the
 * checker stands between the bytes and the heap.
 */
#include "image/format/describe.h"
#include "image/format/reader.h"
#include "image/format/writer.h"
#include "tests/unit/format/tiny_image.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

enum {
    MUTANTS_EACH = 500,
    TIME_LIMIT_S = 20,
    OUTCOME_REFUSED = 10,
    OUTCOME_LOADED = 11,
    OUTCOME_WRONG = 12
};

struct subject {
    char folder[400];
    char path[500];
    char saved[500];
    uint8_t *original;
    uint8_t *bytes;
    size_t size;
    size_t mutated_size;
    uint64_t random;
};

static uint64_t next_random(struct subject *subject)
{
    uint64_t state = subject->random;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    subject->random = state;
    return state >> 8;
}

static size_t below(struct subject *subject, size_t limit)
{
    return (size_t)(next_random(subject) % limit);
}

/* --- ways to damage a file -------------------------------------------------------------------------------------------- */

static void flip_bits(struct subject *subject)
{
    for (size_t i = 1 + below(subject, 32); i > 0; i--)
        subject->bytes[below(subject, subject->size)] ^= (uint8_t)(1u << below(subject, 8));
}

static void put_interesting_value(struct subject *subject)
{
    static const uint32_t values[] = {
        0, 1, 7, 8, 255, 256, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFF000000, 0x01000000};
    uint32_t value = values[below(subject, sizeof values / sizeof values[0])];
    memcpy(subject->bytes + below(subject, subject->size / 4) * 4, &value, sizeof value);
}

/* One word becomes another of the file: what is a good reference somewhere is put where it is none. */
static void copy_word(struct subject *subject)
{
    for (size_t i = 1 + below(subject, 4); i > 0; i--)
        memcpy(subject->bytes + below(subject, subject->size / 8) * 8,
               subject->bytes + below(subject, subject->size / 8) * 8, 8);
}

static void nudge_word(struct subject *subject)
{
    uint64_t word;
    size_t at = below(subject, subject->size / 8) * 8;
    memcpy(&word, subject->bytes + at, 8);
    word += (next_random(subject) % 64) * 8 - 256;
    memcpy(subject->bytes + at, &word, 8);
}

static void cut(struct subject *subject)
{
    subject->mutated_size = below(subject, subject->size);
}

static void swap_blocks(struct subject *subject)
{
    uint8_t block[512];
    uint8_t *a = subject->bytes + below(subject, subject->size / 512) * 512;
    uint8_t *b = subject->bytes + below(subject, subject->size / 512) * 512;
    memcpy(block, a, sizeof block);
    memmove(a, b, sizeof block);
    memcpy(b, block, sizeof block);
}

static void change_header_field(struct subject *subject)
{
    static const size_t fields[] = {0, 4, 8, 16, 24, 32, 48, 72, 80, 128, 136, 140, 144, 152, 4088};
    static const uint64_t values[] = {0,   1, 8, UINT64_MAX, UINT64_C(1) << 31, UINT64_C(1) << 63,
                                      4096};
    memcpy(subject->bytes + fields[below(subject, sizeof fields / sizeof fields[0])],
           &values[below(subject, sizeof values / sizeof values[0])], 8);
}

static void change_object_header(struct subject *subject)
{
    size_t at =
        IMAGE_HEADER_PAGE_SIZE + below(subject, (subject->size - IMAGE_HEADER_PAGE_SIZE) / 8) * 8;
    uint64_t word;
    memcpy(&word, subject->bytes + at, 8);
    word ^= (next_random(subject) & 31) << HEADER_FORMAT_SHIFT | (next_random(subject) & 63) |
            (next_random(subject) & 3) << HEADER_SLOTS_SHIFT;
    memcpy(subject->bytes + at, &word, 8);
}

static void mutate(struct subject *subject)
{
    static void (*const ways[])(struct subject *) = {
        flip_bits, put_interesting_value, copy_word,           nudge_word,
        cut,       swap_blocks,           change_header_field, change_object_header};
    memcpy(subject->bytes, subject->original, subject->size);
    subject->mutated_size = subject->size;
    ways[below(subject, sizeof ways / sizeof ways[0])](subject);
}

/* Sets sizes and checksums right again, and takes back that anybody vouches for the objects. */
static void set_right(struct subject *subject)
{
    uint8_t *bytes = subject->bytes;
    if (subject->mutated_size < IMAGE_HEADER_PAGE_SIZE + IMAGE_BRIDGE_SIZE)
        return;
    subject->mutated_size &= ~(size_t)7;
    uint64_t data_size = subject->mutated_size - IMAGE_HEADER_PAGE_SIZE;
    uint64_t data_hash = XXH3_64bits(bytes + IMAGE_HEADER_PAGE_SIZE, (size_t)data_size);
    memcpy(bytes, subject->original, 8);
    memcpy(bytes + 8, &data_size, 8);
    memcpy(bytes + 128, subject->original + 128, 8 + 4);
    memset(bytes + 140, 0, 4);
    memcpy(bytes + 152, &data_hash, 8);
    uint64_t header_hash = XXH3_64bits(bytes, IMAGE_HEADER_PAGE_SIZE - 8);
    memcpy(bytes + IMAGE_HEADER_PAGE_SIZE - 8, &header_hash, 8);
}

/* --- what becomes of a mutant ----------------------------------------------------------------------------------------- */

static void write_mutant(const struct subject *subject)
{
    FILE *file = fopen(subject->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(subject->bytes, 1, subject->mutated_size, file), subject->mutated_size);
    assert_int_equal(fclose(file), 0);
}

static int wrong(const char *what, const struct status *status)
{
    fprintf(stderr, "# %s: %s\n", what, status->sentence);
    return OUTCOME_WRONG;
}

static int sync_nothing(void *context, int fd)
{
    (void)context;
    (void)fd;
    return 0;
}

/* The file table without the waiting: what is saved here is read back at once and thrown away. */
static struct io quick_io(void)
{
    struct io io = *io_system();
    io.fsync = sync_nothing;
    return io;
}

/* In the child. */
static int outcome(const struct subject *subject, uint64_t base)
{
    struct heap *heap = calloc(1, sizeof *heap);
    struct heap_options options = {.base_address = base, .size_limit = (size_t)64 << 20};
    struct image_header header;
    struct image_description description;
    struct status status = {STATUS_OK, ""};
    struct io io = quick_io();
    if (heap == NULL)
        return OUTCOME_WRONG;
    if (!image_read(heap, &options, subject->path, IMAGE_TRUST_CHECKSUM, &header, &status))
        return status.code != STATUS_OK && status.sentence[0] != '\0'
                   ? OUTCOME_REFUSED
                   : wrong("refused without a sentence", &status);
    if (!heap_verify(heap, &status))
        return wrong("loaded, but the heap is bad", &status);
    heap_collect_full(heap, true);
    if (!heap_verify(heap, &status))
        return wrong("bad after a full collection", &status);
    if (!image_write(heap, &header, &io, subject->saved, &status))
        return wrong("cannot be saved", &status);
    if (!image_check_file(subject->saved, &description, &status))
        return wrong("saved, but the file is bad", &status);
    heap_close(heap);
    free(heap);
    return OUTCOME_LOADED;
}

static int run_mutant(const struct subject *subject, uint64_t base)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(TIME_LIMIT_S);
        _exit(outcome(subject, base));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void assert_survives(struct subject *subject, bool right, size_t *refused, size_t *loaded)
{
    for (size_t i = 0; i < MUTANTS_EACH; i++) {
        uint64_t seed = subject->random;
        mutate(subject);
        if (right)
            set_right(subject);
        write_mutant(subject);
        int result = run_mutant(subject, i % 4 == 0 ? UINT64_C(0x300000001000) : 0);
        if (result != OUTCOME_REFUSED && result != OUTCOME_LOADED)
            fail_msg("mutant %zu of random state %llu ended with %d; it is %s", i,
                     (unsigned long long)seed, result, subject->path);
        *refused += result == OUTCOME_REFUSED;
        *loaded += result == OUTCOME_LOADED;
    }
}

/* --- the tests -------------------------------------------------------------------------------------------------------- */

/* The subject is an image of ours: what another system wrote, loaded and saved once. */
static void save_as_ours(struct subject *subject, const char *foreign)
{
    struct heap *heap = calloc(1, sizeof *heap);
    struct heap_options options = {.size_limit = (size_t)64 << 20};
    struct image_header header;
    struct status status = {STATUS_OK, ""};
    struct stat facts;
    assert_non_null(heap);
    if (!image_read(heap, &options, foreign, IMAGE_TRUST_CHECKSUM, &header, &status) ||
        !image_write(heap, &header, io_system(), subject->path, &status))
        fail_msg("%s", status.sentence);
    heap_close(heap);
    free(heap);
    assert_int_equal(stat(subject->path, &facts), 0);
    subject->size = (size_t)facts.st_size;
    subject->original = malloc(subject->size);
    subject->bytes = malloc(subject->size);
    FILE *file = fopen(subject->path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(subject->original, 1, subject->size, file), subject->size);
    fclose(file);
}

static int begin(void **state)
{
    struct subject *subject = calloc(1, sizeof *subject);
    const char *scratch = getenv("SCRATCH");
    if (subject == NULL)
        return -1;
    snprintf(subject->folder, sizeof subject->folder, "%s/mutants_test.XXXXXX",
             scratch != NULL ? scratch : "/tmp");
    if (mkdtemp(subject->folder) == NULL)
        return -1;
    snprintf(subject->path, sizeof subject->path, "%s/mutant.image", subject->folder);
    snprintf(subject->saved, sizeof subject->saved, "%s/saved.image", subject->folder);
    subject->random = UINT64_C(88172645463325252);
    *state = subject;
    return 0;
}

static int end(void **state)
{
    struct subject *subject = *state;
    unlink(subject->path);
    unlink(subject->saved);
    rmdir(subject->folder);
    free(subject->original);
    free(subject->bytes);
    free(subject);
    return 0;
}

static void mutate_and_load(struct subject *subject, const char *foreign)
{
    size_t refused = 0;
    size_t loaded = 0;
    save_as_ours(subject, foreign);

    assert_survives(subject, false, &refused, &loaded);
    assert_true(refused > MUTANTS_EACH / 2);
    assert_survives(subject, true, &refused, &loaded);

    assert_int_equal(refused + loaded, 2 * MUTANTS_EACH);
    assert_true(loaded > 0);
    print_message("# %zu mutants refused, %zu loaded and sound\n", refused, loaded);
}

static void mutants_of_the_smallest_image_do_no_harm(void **state)
{
    struct subject *subject = *state;
    struct tiny_image *image = calloc(1, sizeof *image);
    char foreign[500];
    assert_non_null(image);
    tiny_begin(image);
    tiny_finish(image);
    snprintf(foreign, sizeof foreign, "%s", subject->saved);
    FILE *file = fopen(foreign, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(image->file, 1, tiny_file_size(image), file), tiny_file_size(image));
    fclose(file);
    free(image);

    mutate_and_load(subject, foreign);
}

static void mutants_of_an_image_that_runs_do_no_harm(void **state)
{
    struct subject *subject = *state;
    const char *folder = getenv("SHARED_IMAGES");
    char foreign[500];
    snprintf(foreign, sizeof foreign, "%s/spur64-candle.image",
             folder != NULL ? folder : "../shared/images");
    if (access(foreign, R_OK) != 0) {
        print_message("skipped: no ../shared/images\n");
        skip();
    }

    mutate_and_load(subject, foreign);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mutants_of_the_smallest_image_do_no_harm, begin, end),
        cmocka_unit_test_setup_teardown(mutants_of_an_image_that_runs_do_no_harm, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
