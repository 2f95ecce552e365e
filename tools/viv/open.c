/*
 * viv open: a world with windows. The windows belong to the main thread, the world gets a thread of its own (architecture, D9).
 * With --script there is no display: the world itself reads the script and asks for a host without one.
 */
#include "tools/viv/commands.h"
#include "tools/viv/modules.h"
#include "tools/viv/signals.h"
#include "tools/viv/world.h"
#include "vm/base/io.h"
#include "vm/host.h"
#include "vm/vivarium.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct open_options {
    const char *scale;
    const char *script;
    const char *screenshot;
    const char *size;
    bool safe;
    bool no_start;
    bool until_shown;
};

static const struct option_row open_rows[] = {
    {"scale", OPTION_TEXT, offsetof(struct open_options, scale)},
    {"script", OPTION_TEXT, offsetof(struct open_options, script)},
    {"screenshot", OPTION_TEXT, offsetof(struct open_options, screenshot)},
    {"size", OPTION_TEXT, offsetof(struct open_options, size)},
    {"safe", OPTION_FLAG, offsetof(struct open_options, safe)},
    {"no-start", OPTION_FLAG, offsetof(struct open_options, no_start)},
    {"until-shown", OPTION_FLAG, offsetof(struct open_options, until_shown)},
};

enum {
    OPEN_ROWS = sizeof open_rows / sizeof open_rows[0],
    ARGUMENTS_MAX = 12,
    COPY_PART = 1 << 16
};

/* A world between two threads. */
struct opening {
    struct invocation *invocation;
    const char *image;
    const struct host_module *module;
    struct host *host; /* NULL: no display is wanted */
    char *arguments[ARGUMENTS_MAX];
    int argument_count;
    int exit_code;
};

/* --- the person's own world ----------------------------------------------------------------------------------------------- */

/* Makes a folder and those above it. */
static bool make_folders(const struct io *io, const char *path)
{
    char copy[PATH_MAX];
    if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
        return false;
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (io->mkdir(io->context, copy, 0700) != 0 && errno != EEXIST)
            return false;
        *slash = '/';
    }
    return io->mkdir(io->context, copy, 0700) == 0 || errno == EEXIST;
}

static bool copy_all(const struct io *io, int from, int to)
{
    uint8_t part[COPY_PART];
    for (;;) {
        ssize_t count = read(from, part, sizeof part);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return count == 0;
        if (!io_write_all(io, to, part, (size_t)count))
            return false;
    }
}

/* Copies a file under a name that appears when it is whole and on the disk. False and errno on failure. */
static bool copy_file(const struct io *io, const char *from_path, const char *to_path)
{
    char temporary[PATH_MAX + 8];
    snprintf(temporary, sizeof temporary, "%s.new", to_path);
    int from = open(from_path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return false;
    int to = io_open(io, temporary, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool copied = to >= 0 && copy_all(io, from, to) && io_sync(io, to) &&
                  io->rename(io->context, temporary, to_path) == 0 &&
                  io_sync_directory_of(io, to_path);
    int reason = errno;
    close(from);
    if (to >= 0)
        io->close(io->context, to);
    if (to >= 0 && !copied)
        io->unlink(io->context, temporary);
    errno = reason;
    return copied;
}

/* Writes the name of the person's world into path; it is copied from the pristine one the first time. */
static bool find_own_world(char *path, struct status *status)
{
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    char folder[PATH_MAX - 16];
    int length =
        data != NULL && data[0] == '/'
            ? snprintf(folder, sizeof folder, "%s/vivarium", data)
            : snprintf(folder, sizeof folder, "%s/.local/share/vivarium", home == NULL ? "" : home);
    if (length < 0 || (size_t)length >= sizeof folder || folder[0] != '/')
        return status_fail(status, STATUS_IMAGE,
                           "no folder for your world: neither HOME nor XDG_DATA_HOME names one");
    snprintf(path, PATH_MAX, "%s/world.image", folder);
    if (access(path, F_OK) == 0)
        return true;
    char program[PATH_MAX];
    char pristine[PATH_MAX];
    world_find_program(program, sizeof program);
    if (!world_find_pristine_image(program, pristine, sizeof pristine))
        return status_fail(status, STATUS_IMAGE, "no image to begin with lies beside %s", program);
    const struct io *io = io_system();
    if (make_folders(io, folder) && copy_file(io, pristine, path))
        return true;
    char reason[128];
    return status_fail(status, STATUS_IMAGE, "your world cannot be made as %s: %s", path,
                       strerror_r(errno, reason, sizeof reason));
}

/* --- two threads ---------------------------------------------------------------------------------------------------------- */

static bool attach(void *context, struct vm *vm, struct status *status)
{
    struct opening *opening = context;
    /* To a world made elsewhere a word is a document to open. */
    if (!viv_is_native(vm))
        viv_set_arguments(vm, 0, NULL);
    return opening->host == NULL || opening->module->attach(opening->host, vm, status);
}

static void detach(void *context)
{
    struct opening *opening = context;
    if (opening->host != NULL)
        opening->module->detach(opening->host);
}

static void *run_world(void *context)
{
    struct opening *opening = context;
    struct world_host host = {opening, attach, detach};
    opening->exit_code = world_run_with(opening->invocation, &host, opening->image,
                                        opening->argument_count, opening->arguments);
    if (opening->host != NULL)
        opening->module->stop(opening->host, opening->exit_code);
    return NULL;
}

/* Nothing of the program can be put in order any more. */
static void end_program(int exit_status)
{
    _exit(exit_status);
}

static int run_beside_windows(struct opening *opening)
{
    struct status *status = &opening->invocation->status;
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_world, opening) != 0) {
        status_fail(status, STATUS_MEMORY, "the system has no thread left for the world");
        return STATUS_MEMORY;
    }
    opening->module->run(opening->host, end_program);
    pthread_join(thread, NULL);
    return opening->exit_code;
}

static bool open_host(struct opening *opening, const struct open_options *own,
                      struct status *status)
{
    char program[PATH_MAX];
    world_find_program(program, sizeof program);
    struct modules modules = {.program = program};
    host_module_function *function;
    void *address = modules_gui_function(&modules, HOST_MODULE_SYMBOL);
    memcpy(&function, &address, sizeof function);
    if (function == NULL)
        return status_fail(status, STATUS_FAILURE, "no window can be opened: %s (try viv repl)",
                           modules.reason);
    opening->module = function();
    if (getenv("DISPLAY") == NULL && getenv("WAYLAND_DISPLAY") == NULL)
        return status_fail(status, STATUS_FAILURE,
                           "no window can be opened: there is no display (try viv repl)");
    double scale = own->scale == NULL ? 0 : strtod(own->scale, NULL);
    opening->host = opening->module->open_screen(scale, status);
    return opening->host != NULL;
}

/* --- the command ---------------------------------------------------------------------------------------------------------- */

static void add_argument(struct opening *opening, const char *word)
{
    /* Image arguments are never written to. */
    opening->arguments[opening->argument_count++] = (char *)(uintptr_t)word;
}

static void add_option(struct opening *opening, const char *name, const char *value)
{
    if (value == NULL)
        return;
    add_argument(opening, name);
    add_argument(opening, value);
}

static bool is_scale(const char *text)
{
    char *end;
    double scale = strtod(text, &end);
    return *end == 0 && scale >= 0.5 && scale <= 4;
}

int command_open(struct invocation *invocation)
{
    struct open_options own = {0};
    struct opening opening = {.invocation = invocation};
    struct words *words = &invocation->words;
    char own_world[PATH_MAX];
    if (!options_take_own(&invocation->options, words, open_rows, OPEN_ROWS, &own,
                          &invocation->status))
        return STATUS_USAGE;
    if (own.scale != NULL && !is_scale(own.scale))
        return usage_error(invocation, "option --scale wants a number from 0.5 to 4");
    if (own.screenshot != NULL && own.script == NULL)
        return usage_error(invocation, "option --screenshot goes with --script");
    opening.image = words->count > 0 ? words_take(words) : invocation->options.image;
    if (words->count > 0)
        return usage_error(invocation, "open takes one image at most; %s is left over",
                           words->items[0]);
    invocation->holds_image = true;
    signals_block();
    if (own.script == NULL && !open_host(&opening, &own, &invocation->status))
        return (int)invocation->status.code;
    if (opening.image == NULL && own.script == NULL) {
        if (!find_own_world(own_world, &invocation->status))
            return (int)invocation->status.code;
        opening.image = own_world;
    }
    add_argument(&opening, "open");
    add_option(&opening, "--scale", own.scale);
    add_option(&opening, "--script", own.script);
    add_option(&opening, "--screenshot", own.screenshot);
    add_option(&opening, "--size", own.size);
    if (own.safe)
        add_argument(&opening, "--safe");
    if (own.no_start)
        add_argument(&opening, "--no-start");
    if (own.until_shown)
        add_argument(&opening, "--until-shown");
    if (opening.host != NULL)
        return run_beside_windows(&opening);
    run_world(&opening);
    return opening.exit_code;
}
