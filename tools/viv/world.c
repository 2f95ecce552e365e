#include "tools/viv/world.h"

#include "image/format/reader.h"
#include "image/format/writer.h"
#include "primitives/table.h"
#include "tools/viv/modules.h"
#include "tools/viv/saving.h"
#include "tools/viv/signals.h"
#include "vm/base/io.h"
#include "vm/base/os.h"
#include "vm/vivarium.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where an image may lie, seen from the folder of the program: build trees first, then an installation. */
static const struct {
    unsigned folders_up;
    const char *name;
} image_places[] = {
    {0, "/vivarium.image"},
    {1, "/vivarium.image"},
    {1, "/share/vivarium/vivarium.image"},
};

enum {
    IMAGE_PLACE_COUNT = sizeof image_places / sizeof image_places[0],
    START_MEMORY = 112 << 10,
    LARGE_MEMORY = 768 << 10 /* what is larger has a mapping of its own */
};

void world_find_program(char *path, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", path, size - 1);
    path[length > 0 ? length : 0] = 0;
}

bool world_find_pristine_image(const char *program, char *path, size_t size)
{
    for (size_t i = 0; i < IMAGE_PLACE_COUNT; i++) {
        const char *place = image_places[i].name;
        size_t length = strlen(program);
        for (unsigned up = 0; up <= image_places[i].folders_up && length > 0; up++)
            do
                length--;
            while (length > 0 && program[length] != '/');
        if (length + strlen(place) >= size)
            continue;
        memcpy(path, program, length);
        memcpy(path + length, place, strlen(place) + 1);
        if (access(path, R_OK) == 0)
            return true;
    }
    return false;
}

/* Whether a path is what realpath would make of it: one system call where that takes one for each folder. */
static bool is_whole(const char *path)
{
    const struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    if (path[0] != '/')
        return false;
    for (const char *at = path; *at != 0; at++)
        if (at[0] == '/' && (at[1] == '/' || at[1] == '.' || at[1] == 0))
            return false;
    long fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
    return fd >= 0 && close((int)fd) == 0;
}

static const char *choose_image(struct invocation *invocation, const char *program, char *path,
                                size_t size)
{
    if (invocation->options.image != NULL)
        return invocation->options.image;
    const char *chosen = getenv("VIVARIUM_IMAGE");
    if (chosen != NULL && chosen[0] != 0)
        return chosen;
    if (world_find_pristine_image(program, path, size))
        return path;
    status_fail(&invocation->status, STATUS_IMAGE,
                "no image: neither --image nor VIVARIUM_IMAGE names one, and there is no "
                "vivarium.image beside the program or one folder up (viv build makes one)");
    return NULL;
}

static void print_duration(const char *name, uint64_t nanoseconds)
{
    fprintf(stderr, "%-24s %14.3f ms\n", name, (double)nanoseconds / 1e6);
}

static void print_size(const char *name, uint64_t size)
{
    fprintf(stderr, "%-24s %14" PRIu64 " bytes\n", name, size);
}

static void print_count(const char *name, uint64_t count)
{
    fprintf(stderr, "%-24s %14" PRIu64 "\n", name, count);
}

/* One line a value: name, number, unit. */
static void print_statistics(const struct vm *vm)
{
    struct viv_statistics statistics;
    viv_statistics(vm, &statistics);
#define STATISTIC(field, name, unit, description) PRINT_##unit(name, statistics.field);
#define PRINT_COUNT print_count
#define PRINT_SIZE print_size
#define PRINT_DURATION print_duration
#include "vm/base/statistics.def"
#undef STATISTIC
}

/* One line a primitive: how often it was called, its number or its module and name. */
static void print_missing(struct vm *vm)
{
    size_t count;
    const struct viv_missing_primitive *missing = viv_missing_primitives(vm, &count);
    fprintf(stderr, "missing primitives: %zu\n", count);
    for (size_t i = 0; i < count; i++) {
        fprintf(stderr, "%10" PRIu64 " calls  ", missing[i].calls);
        if (missing[i].name[0] == 0)
            fprintf(stderr, "%u\n", missing[i].number);
        else
            fprintf(stderr, "%s%s%s\n", missing[i].name, missing[i].module[0] == 0 ? "" : " of ",
                    missing[i].module);
    }
}

/* Of --trace-bytecodes: context counts those that are still to be printed. */
static void print_bytecode(void *context, struct vm *vm, uint8_t bytecode)
{
    unsigned *left = context;
    if (*left == 0)
        return;
    printf("%u\n", bytecode);
    if (--*left == 0)
        viv_stop(vm, 0);
}

/* Standard streams that were closed are occupied, the wrong way round: a file opened later must not become one of them, and
 * using them must fail rather than seem to work. */
static void occupy_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
            return;
}

/* A start touches this much of the C heap anyway. Asked for in one piece it costs a system call instead of a hundred page faults;
 * where the system cannot do that, nothing is lost. The heap keeps the piece when it is freed, for it is less than what goes back. */
static void populate_start_memory(void)
{
    mallopt(M_TOP_PAD, START_MEMORY);
    mallopt(M_TRIM_THRESHOLD, LARGE_MEMORY);
    mallopt(M_MMAP_THRESHOLD, LARGE_MEMORY);
    void *first = malloc(START_MEMORY);
    if (first != NULL)
        os_populate((void *)((uintptr_t)first & ~(uintptr_t)(OS_PAGE_SIZE - 1)), START_MEMORY);
    free(first);
}

static bool is_pristine_file(const char *program, const char *image)
{
    char pristine[PATH_MAX];
    return world_find_pristine_image(program, pristine, sizeof pristine) &&
           io_is_same_file(image, pristine);
}

/* What the image reads from its environment (README). */
static void export_options(const struct options *options, bool journal)
{
    /* Nobody writes to the text. */
    if (!journal)
        putenv((char *)(uintptr_t) "VIVARIUM_NO_JOURNAL=1");
    if (options->no_color)
        setenv("NO_COLOR", "1", 1);
    if (options->quiet)
        setenv("VIVARIUM_QUIET", "1", 1);
    if (options->debug_on_error)
        setenv("VIVARIUM_DEBUG_ON_ERROR", "1", 1);
    if (options->has_seed) {
        char text[32];
        snprintf(text, sizeof text, "%" PRIu64, options->seed);
        setenv("VIVARIUM_SEED", text, 1);
    }
}

/* The process ends next, and the system takes back threads and memory faster than we do; only a sanitizer wants to see that
 * nothing was lost. */
static void end_world(struct vm *vm, struct signal_watch *watch)
{
#ifdef VIV_SANITIZE
    signals_unwatch(watch);
    viv_close(vm);
#else
    (void)watch;
    viv_leave(vm);
    fflush(NULL);
#endif
}

static void end_process(int exit_status)
{
    _exit(exit_status);
}

int world_run(struct invocation *invocation, const char *image, int argument_count,
              char *const *arguments)
{
    return world_run_with(invocation, NULL, image, argument_count, arguments);
}

int world_run_with(struct invocation *invocation, const struct world_host *host, const char *image,
                   int argument_count, char *const *arguments)
{
    const struct options *options = &invocation->options;
    char program[PATH_MAX];
    char pristine[PATH_MAX];
    occupy_standard_streams();
    world_find_program(program, sizeof program);
    if (image == NULL)
        image = choose_image(invocation, program, pristine, sizeof pristine);
    if (image == NULL)
        return (int)invocation->status.code;
    populate_start_memory();
    bool is_pristine = image == pristine;
    export_options(options, !options->no_journal && !options->read_only && !is_pristine &&
                                !is_pristine_file(program, image));
    signals_block();

    struct viv_options vm_options = viv_default_options();
    options_fill_vm(options, &vm_options);
    vm_options.primitives = viv_standard_primitives();
    vm_options.adapt_primitives = viv_adapt_primitives;
    unsigned traces_left = options->traced_bytecodes;
    if (traces_left != 0) {
        vm_options.trace_bytecode = print_bytecode;
        vm_options.trace_context = &traces_left;
    }
    struct modules modules = {.program = program};
    vm_options.load_module = modules_load;
    vm_options.load_module_context = &modules;
    vm_options.load_image = options->untrusted ? image_load_untrusted : image_load;
    vm_options.save_image = saving_save;
    vm_options.end_process = end_process;
    vm_options.vm_path = program;
    vm_options.argument_count = argument_count;
    vm_options.arguments = arguments;
    char whole[PATH_MAX];
    if (!is_whole(image) && realpath(image, whole) != NULL)
        image = whole;
    struct saving *saving = saving_begin(invocation, image, is_pristine);
    if (saving == NULL)
        return (int)invocation->status.code;
    struct vm *vm = viv_open(image, &vm_options, &invocation->status);
    bool opened = vm != NULL &&
                  (viv_prepare_streams(vm) || status_fail(&invocation->status, STATUS_MEMORY,
                                                          "no memory for the standard streams"));
    if (!opened || !saving_attach(saving, vm, &invocation->status)) {
        viv_close(vm);
        saving_end(saving);
        return (int)invocation->status.code;
    }

    struct signal_watch *watch = signals_watch(vm, options->timeout_ms);
    if (watch == NULL) {
        viv_close(vm);
        status_fail(&invocation->status, STATUS_MEMORY,
                    "the system has no thread left for signals");
        return STATUS_MEMORY;
    }
    int exit_code;
    if (host == NULL || host->attach(host->context, vm, &invocation->status))
        exit_code = viv_run(vm);
    else
        exit_code = (int)invocation->status.code;
    if (host != NULL && host->detach != NULL)
        host->detach(host->context);
    if (options->statistics)
        print_statistics(vm);
    if (options->report_missing)
        print_missing(vm);
    end_world(vm, watch);
    return exit_code;
}
