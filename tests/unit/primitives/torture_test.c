/*
 * Every primitive of the table, called with every kind of receiver and argument: whatever it is given it answers or fails
 * with a code, and the heap is sound afterwards. Each round runs in a process of its own, so that a crash names its primitive.
 * The random sequence starts at $SEED and is printed.
 */
#include "image/format/reader.h"
#include "primitives/table.h"
#include "vm/execution/vm_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ZOO_MAX = 128,
    SMALL_NUMBERS = 8,
    ARGUMENTS_MAX = 12,
    EDGE_OF_RECEIVER = 1000, /* in a report: no item of the zoo, but edge_of */
    ROUNDS = 24,
    CALLS_PER_PRIMITIVE = 60,
    VERIFY_EVERY = 500,
    HEAP_LIMIT = 256 << 20,
    ROUND_SECONDS = 120
};

/* What the parent reads after a round: which call was the last, and what the heap's check said. */
struct report {
    char module[64];
    char name[64];
    size_t argument_count;
    size_t receiver_index;
    size_t argument_indices[ARGUMENTS_MAX];
    unsigned long calls;
    unsigned long answers;
    bool heap_broken;
    struct status status;
};

struct zoo {
    oop items[ZOO_MAX];
    size_t count;
};

struct generator {
    uint64_t state;
};

static uint64_t next_random(struct generator *generator)
{
    generator->state ^= generator->state << 13;
    generator->state ^= generator->state >> 7;
    generator->state ^= generator->state << 17;
    return generator->state;
}

static void keep(struct zoo *zoo, oop object)
{
    if (!oop_is_none(object) && zoo->count < ZOO_MAX)
        zoo->items[zoo->count++] = object;
}

static void keep_numbers(struct heap *heap, struct zoo *zoo)
{
    static const int64_t integers[] = {
        0, 1, -1, 2, 3, 7, 8, 24, 255, 256, 1001, 4096, 0xFFFF, 1LL << 31, -(1LL << 31), 1LL << 40};
    static const double floats[] = {0.0, -0.0, 1.5, -1e300, 1e-310, INFINITY, -INFINITY, NAN};
    static const uint8_t magnitude[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++)
        keep(zoo, oop_from_integer(integers[i]));
    keep(zoo, oop_from_integer(SMALL_INTEGER_MAX));
    keep(zoo, oop_from_integer(SMALL_INTEGER_MIN));
    for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++)
        keep(zoo, heap_float(heap, floats[i]));
    keep(zoo, heap_integer(heap, INT64_MAX));
    keep(zoo, heap_integer(heap, INT64_MIN));
    keep(zoo, heap_unsigned(heap, UINT64_MAX));
    keep(zoo, heap_integer_from_magnitude(heap, false, magnitude, sizeof magnitude));
    keep(zoo, heap_integer_from_magnitude(heap, true, magnitude, sizeof magnitude));
    keep(zoo, oop_from_character('a'));
    keep(zoo, oop_from_character(0x10FFFF));
    keep(zoo, oop_from_character(0x3FFFFFFF));
}

static void keep_strings(struct heap *heap, struct zoo *zoo)
{
    static const char *const strings[] = {"",      "a",    "file",     "folder",   "no/such/file",
                                          "a\nb",  "PATH", "\xC3\xA4", "\xFF\xFE", "12345",
                                          "1.5e3", "3 + 4"};
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
        keep(zoo, heap_allocate_string(heap, strings[i], strlen(strings[i])));
    keep(zoo, heap_allocate_string(heap, "nul\0inside", 10));
    static const size_t sizes[] = {0, 1, 7, 16, 24, 256, 3000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        keep(zoo, heap_allocate_bytes(heap, CLASS_BYTE_ARRAY, sizes[i]));
    oop constant = heap_allocate_string(heap, "constant", 8);
    object_set_header(constant, object_header(constant) | HEADER_IMMUTABLE);
    keep(zoo, constant);
    keep(zoo, heap_allocate_words32(heap, CLASS_BITMAP, 0));
    keep(zoo, heap_allocate_words32(heap, CLASS_BITMAP, 5));
}

static void keep_pointers(struct heap *heap, struct zoo *zoo)
{
    keep(zoo, heap->nil);
    keep(zoo, heap->true_object);
    keep(zoo, heap->false_object);
    static const size_t sizes[] = {0, 1, 2, 8, 300};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        keep(zoo, heap_allocate_array(heap, sizes[i]));
    oop constant = heap_allocate_array(heap, 8);
    object_set_header(constant, object_header(constant) | HEADER_IMMUTABLE);
    keep(zoo, constant);
    oop forwarder = heap_allocate_pointers(heap, CLASS_INDEX_FORWARDED, FORMAT_FORWARDED, 1);
    object_slot_init(forwarder, 0, heap->true_object);
    keep(zoo, forwarder);
    static const enum special_object specials[] = {
        SPECIAL_CLASS_ARRAY,       SPECIAL_CLASS_BYTE_STRING,       SPECIAL_CLASS_POINT,
        SPECIAL_CLASS_SEMAPHORE,   SPECIAL_CLASS_COMPILED_METHOD,   SPECIAL_CLASS_SMALL_INTEGER,
        SPECIAL_CLASS_WIDE_STRING, SPECIAL_SELECTOR_MUST_BE_BOOLEAN};
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
        keep(zoo, heap_special_or_nil(heap, specials[i]));
    oop wide = heap_special_or_nil(heap, SPECIAL_CLASS_WIDE_STRING);
    bool valid = false;
    oop string = oop_same(wide, heap->nil) ? NO_OOP : heap_instantiate(heap, wide, 3, &valid);
    if (valid)
        keep(zoo, string);
}

/* Some objects of each kind that the image itself holds: methods, contexts, closures, dictionaries. */
static void keep_of_image(struct heap *heap, struct zoo *zoo)
{
    unsigned seen[32] = {0};
    for (oop object = heap_first_object(heap); !oop_is_none(object);
         object = heap_next_object(heap, object)) {
        unsigned format = object_format(object);
        if (seen[format] < 2 && object_class_index(object) >= CLASS_HIDDEN_LIMIT) {
            seen[format]++;
            keep(zoo, object);
        }
    }
}

/* What a primitive of the table answers to one argument, or two. */
static void keep_answer(struct vm *vm, struct zoo *zoo, const char *name, oop first, oop second)
{
    const struct primitive_table *table = viv_standard_primitives();
    oop arguments[2] = {second, first};
    for (size_t i = 0; i < table->count; i++) {
        const struct primitive *row = &table->rows[i];
        if (row->module == NULL || strcmp(row->name, name) != 0)
            continue;
        prim_call call = {vm_heap(vm)->nil, &arguments[1], (size_t)row->argument_count, NO_OOP};
        if (row->function(vm, &call) == PRIM_OK)
            keep(zoo, vm->answer);
    }
}

/* Handles of open files and of a directory, so that their primitives are not only refused. */
static void keep_handles(struct vm *vm, struct zoo *zoo)
{
    struct heap *heap = vm_heap(vm);
    oop file = heap_allocate_string(heap, "file", 4);
    oop here = heap_allocate_string(heap, ".", 1);
    for (unsigned i = 0; i < 3; i++) {
        keep_answer(vm, zoo, "primitiveFileOpen", file, heap->true_object);
        keep_answer(vm, zoo, "primitiveFileOpen", file, heap->false_object);
    }
    size_t entry = zoo->count;
    keep_answer(vm, zoo, "primitiveOpendir", here, heap->nil);
    if (zoo->count > entry)
        keep(zoo, object_slot(zoo->items[entry], 2));
}

static oop any_of(const struct zoo *zoo, struct generator *generator, size_t *index)
{
    /* Small numbers stand first and are what most arguments should be: a third of all are taken from them. */
    uint64_t random = next_random(generator);
    *index = (size_t)((random >> 8) % (random % 3 == 0 ? SMALL_NUMBERS : zoo->count));
    return zoo->items[*index];
}

/* The last index of an object, or one of the two behind it. */
static oop edge_of(oop object, uint64_t random)
{
    size_t count = !oop_is_object(object)                      ? 0
                   : format_is_pointers(object_format(object)) ? object_slot_count(object)
                                                               : object_byte_count(object);
    return oop_from_integer((int64_t)(count + random % 3));
}

static void call_primitive(struct vm *vm, const struct primitive *primitive, const struct zoo *zoo,
                           struct generator *generator, struct report *report)
{
    oop arguments[ARGUMENTS_MAX];
    size_t count = primitive->argument_count >= 0 ? (size_t)primitive->argument_count
                                                  : (size_t)(next_random(generator) % 4);
    assert_true(count <= ARGUMENTS_MAX);
    snprintf(report->module, sizeof report->module, "%s",
             primitive->module != NULL ? primitive->module : "");
    snprintf(report->name, sizeof report->name, "%s", primitive->name);
    report->argument_count = count;
    oop receiver = any_of(zoo, generator, &report->receiver_index);
    for (size_t i = 0; i < count; i++)
        arguments[ARGUMENTS_MAX - 1 - i] = any_of(zoo, generator, &report->argument_indices[i]);
    if (next_random(generator) % 4 == 0) {
        /* Where a primitive that looks wrong at its index reads or writes beyond the receiver. */
        arguments[ARGUMENTS_MAX - 1] = edge_of(receiver, next_random(generator) >> 8);
        report->argument_indices[0] = EDGE_OF_RECEIVER;
    }
    prim_call call = {.receiver = receiver,
                      .first_argument = &arguments[ARGUMENTS_MAX - 1],
                      .argument_count = count,
                      .method = NO_OOP};
    prim_result result = primitive->function(vm, &call);
    report->calls++;
    report->answers += result == PRIM_OK;
    if (result < PRIM_OK || result > PRIM_OPERATING_SYSTEM_ERROR)
        abort();
}

/* A round in the child: a new world, many calls. The exit status is 0 when the heap stayed sound. */
static int run_round(const char *image, uint64_t seed, struct report *report)
{
    const struct primitive_table *table = viv_standard_primitives();
    struct generator generator = {seed};
    struct viv_options options = viv_default_options();
    struct zoo zoo = {.count = 0};
    options.primitives = table;
    options.load_image = image_load;
    options.heap_limit = HEAP_LIMIT;
    options.vm_path = "torture";
    struct vm *vm = viv_open(image, &options, &report->status);
    if (vm == NULL)
        return 1;
    struct heap *heap = vm_heap(vm);
    keep_numbers(heap, &zoo);
    keep_strings(heap, &zoo);
    keep_pointers(heap, &zoo);
    keep_handles(vm, &zoo);
    keep_of_image(heap, &zoo);
    for (unsigned turn = 0; turn < CALLS_PER_PRIMITIVE; turn++) {
        for (size_t i = 0; i < table->count; i++) {
            if (table->rows[i].function == NULL)
                continue;
            call_primitive(vm, &table->rows[i], &zoo, &generator, report);
            if (report->calls % VERIFY_EVERY == 0 && !heap_verify(heap, &report->status)) {
                report->heap_broken = true;
                return 1;
            }
        }
    }
    /* What the calls left behind must also survive a collection that moves everything. */
    heap_collect_full(heap, true);
    report->heap_broken = !heap_verify(heap, &report->status);
    viv_close(vm);
    return report->heap_broken ? 1 : 0;
}

/* Files that names in the zoo lead to, in a folder that is the round's own. */
static void make_folder(char *folder, size_t size)
{
    const char *scratch = getenv("SCRATCH");
    snprintf(folder, size, "%s/torture.XXXXXX", scratch != NULL ? scratch : "/tmp");
    assert_non_null(mkdtemp(folder));
}

static void remove_folder(const char *folder)
{
    pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-rf", folder, (char *)NULL);
        _exit(1);
    }
    waitpid(child, NULL, 0);
}

static int run_child(const char *image, const char *folder, uint64_t seed, struct report *report)
{
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        alarm(ROUND_SECONDS);
        if (chdir(folder) != 0 || mkdir("folder", 0700) != 0)
            _exit(1);
        int file = open("file", O_CREAT | O_WRONLY, 0600);
        close(file);
        _exit(run_round(image, seed, report));
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

static void describe_failure(const struct report *report, uint64_t seed, int status)
{
    print_error("seed %llu, status %#x, after %lu calls: %s %s, receiver %zu, arguments",
                (unsigned long long)seed, (unsigned)status, report->calls, report->module,
                report->name, report->receiver_index);
    for (size_t i = 0; i < report->argument_count; i++)
        print_error(" %zu", report->argument_indices[i]);
    print_error("\n%s\n", report->status.sentence);
}

static void no_primitive_crashes_or_breaks_the_heap_whatever_it_is_given(void **state)
{
    (void)state;
    char image[4096];
    char folder[512];
    const char *given = getenv("IMAGE");
    assert_non_null(realpath(given != NULL ? given : "build/vivarium.image", image));
    const char *seed_text = getenv("SEED");
    uint64_t seed = seed_text != NULL ? strtoull(seed_text, NULL, 10) : 20250101;
    print_message("seed %llu\n", (unsigned long long)seed);
    struct report *report =
        mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(report, MAP_FAILED);
    unsigned long calls = 0;
    unsigned long answers = 0;

    for (uint64_t round = 0; round < ROUNDS; round++) {
        memset(report, 0, sizeof *report);
        make_folder(folder, sizeof folder);
        int status = run_child(image, folder, seed + round * 2654435761u, report);
        remove_folder(folder);
        calls += report->calls;
        answers += report->answers;
        if (status != 0) {
            describe_failure(report, seed + round * 2654435761u, status);
            fail();
        }
    }

    print_message("%lu calls, %lu answered\n", calls, answers);
    assert_true(answers > calls / 100);
    munmap(report, sizeof *report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_primitive_crashes_or_breaks_the_heap_whatever_it_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
