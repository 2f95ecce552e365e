/*
 * Commands that a world carries out. The image gets the command word and the words that are not ours as image arguments
 * (image/packages/System, CommandLineHandler), and decides the exit code.
 */
#include "tools/viv/commands.h"
#include "tools/viv/jobs.h"
#include "tools/viv/world.h"
#include "vm/vivarium.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Source text on standard input beyond this is refused: a pipe may never end. */
enum { SOURCE_LIMIT = 64 << 20, COPY_SIZE = 1 << 16, JOB_LIMIT = 256 };

/* Magic numbers of Smalltalk images, as they stand in the first bytes; spur-format, section 1. */
static const uint32_t image_magics[] = {
    6501,  6502,  6504,  6505,  6521,  6521 + (1 << 9),
    68000, 68002, 68003, 68019, 68021, 68021 + (1 << 9),
};

bool is_image_file(const char *path)
{
    uint32_t words[2] = {0, 0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    ssize_t size = read(fd, words, sizeof words);
    close(fd);
    if (size < (ssize_t)sizeof words)
        return false;
    for (size_t i = 0; i < sizeof image_magics / sizeof image_magics[0]; i++)
        if (words[0] == image_magics[i] || words[0] == __builtin_bswap32(image_magics[i]) ||
            (words[0] == 0 && words[1] == __builtin_bswap32(image_magics[i])))
            return true;
    return false;
}

bool names_image(const char *word)
{
    static const char ending[] = ".image";
    size_t size = strlen(word);
    return (size > sizeof ending && strcmp(word + size - (sizeof ending - 1), ending) == 0) ||
           is_image_file(word);
}

/* The index of the first operand: the words before it are options for the image, those named in `valued` (separated by
 * spaces) with a value of their own. */
static int operand_index(const struct words *words, const char *valued)
{
    int index = 0;
    while (index < words->count) {
        const char *word = words->items[index];
        if (strcmp(word, "--") == 0)
            return index + 1;
        if (word[0] != '-' || word[1] == 0)
            return index;
        index += names_include(valued, word + 2) && strchr(word, '=') == NULL ? 2 : 1;
    }
    return words->count;
}

/* Takes the image out of the words when the first operand names one. */
static const char *take_image(struct words *words, const char *valued)
{
    int index = operand_index(words, valued);
    if (index >= words->count || !names_image(words->items[index]))
        return NULL;
    const char *image = words->items[index];
    for (; index > 0; index--)
        words->items[index] = words->items[index - 1];
    words_take(words);
    return image;
}

/* Runs a world with the command word before the words of the invocation. */
static int run_command_with(struct invocation *invocation, const struct world_host *host,
                            const char *image, const char *command)
{
    struct words *words = &invocation->words;
    char **arguments = calloc((size_t)words->count + 1, sizeof *arguments);
    if (arguments == NULL) {
        status_fail(&invocation->status, STATUS_MEMORY, "no memory for the arguments");
        return STATUS_MEMORY;
    }
    /* Image arguments are never written to. */
    arguments[0] = (char *)(uintptr_t)command;
    for (int i = 0; i < words->count; i++)
        arguments[i + 1] = words->items[i];
    int exit_code = world_run_with(invocation, host, image, words->count + 1, arguments);
    free(arguments);
    return exit_code;
}

static int run_command(struct invocation *invocation, const char *image, const char *command)
{
    return run_command_with(invocation, NULL, image, command);
}

static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            bytes += written;
            size -= (size_t)written;
        }
    }
    return true;
}

/* Copies standard input into a file without a name; false when it is too long or cannot be copied. */
static bool copy_source(int fd, struct status *status)
{
    char buffer[COPY_SIZE];
    size_t total = 0;
    for (;;) {
        ssize_t size = read(0, buffer, sizeof buffer);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return status_fail(status, STATUS_USAGE, "standard input cannot be read");
        if (size == 0)
            return true;
        total += (size_t)size;
        if (total > SOURCE_LIMIT)
            return status_fail(status, STATUS_SYNTAX,
                               "the source on standard input is longer than %d MB",
                               SOURCE_LIMIT >> 20);
        if (!write_all(fd, buffer, (size_t)size))
            return status_fail(status, STATUS_MEMORY, "no memory for the source on standard input");
    }
}

/* Makes standard input a text of known length, so that reading it to its end ends. */
static bool bound_standard_input(struct status *status)
{
    int fd = memfd_create("source", MFD_CLOEXEC);
    if (fd < 0)
        return status_fail(status, STATUS_MEMORY, "no memory for the source on standard input");
    bool copied = copy_source(fd, status) && lseek(fd, 0, SEEK_SET) == 0 && dup2(fd, 0) == 0;
    close(fd);
    return copied ||
           status_fail(status, STATUS_USAGE, "standard input cannot be replaced by a copy");
}

int command_eval(struct invocation *invocation)
{
    struct words *words = &invocation->words;
    if (!options_take_all(&invocation->options, words, "", false, &invocation->status))
        return STATUS_USAGE;
    const char *image = take_image(words, "print save-as");
    if (operand_index(words, "print save-as") >= words->count)
        return usage_error(invocation, "eval wants an expression, or - to read one");
    if (strcmp(words->items[words->count - 1], "-") == 0 &&
        !bound_standard_input(&invocation->status))
        return (int)invocation->status.code;
    return run_command(invocation, image, "eval");
}

/* Also the meaning of `viv FILE ARGS`. The words after the file are the script's own. */
int command_script(struct invocation *invocation)
{
    struct words *words = &invocation->words;
    if (!options_take_all(&invocation->options, words, "", true, &invocation->status))
        return STATUS_USAGE;
    const char *image = take_image(words, "save-as");
    int index = operand_index(words, "save-as");
    if (index >= words->count)
        return usage_error(invocation, "script wants a file, or - to read standard input");
    const char *file = words->items[index];
    struct stat facts;
    if (stat(file, &facts) == 0 && S_ISDIR(facts.st_mode))
        return usage_error(invocation, "%s is a folder", file);
    if (strcmp(file, "-") == 0) {
        if (!bound_standard_input(&invocation->status))
            return (int)invocation->status.code;
    } else if (access(file, R_OK) != 0) {
        char reason[128];
        return usage_error(invocation, "%s cannot be read: %s", file,
                           strerror_r(errno, reason, sizeof reason));
    }
    return run_command(invocation, image, "script");
}

/* The line editor takes characters apart by the locale; here they are always UTF-8. */
static void prepare_terminal(void)
{
    if (!isatty(0) || !isatty(1))
        return;
    if (setlocale(LC_CTYPE, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

enum { UNHANDLED_EXCEPTION = 3, WORDS_MAX = 256, COMMAND_LINE_SIZE = 65536 };

/* A prompt ends by itself when the person has changed what it needs: they are asked whether to open the world again, which is as
 * it was saved. False: that is not wanted, or there is nobody to ask. */
static bool wants_it_again(const struct invocation *invocation, int exit_code)
{
    char line[64];
    bool broken = exit_code == STATUS_FAILURE || exit_code == UNHANDLED_EXCEPTION ||
                  exit_code == STATUS_MEMORY || exit_code == 128 + SIGINT;
    if (!broken || invocation->status.code != STATUS_OK || !isatty(0) || !isatty(1))
        return false;
    fprintf(
        stderr,
        "\nThe prompt has ended by itself. The world is as it was saved; its journal has what came after.\n"
        "Open it again? [Y/n] ");
    fflush(stderr);
    ssize_t size = read(0, line, sizeof line);
    return size > 0 && (line[0] == '\n' || line[0] == 'y' || line[0] == 'Y');
}

/* The same program with the same words, from the beginning. Comes back only when the system refuses. */
static void start_again(void)
{
    char *words[WORDS_MAX];
    char text[COMMAND_LINE_SIZE];
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    size_t count = 0;
    if (fd >= 0)
        close(fd);
    for (ssize_t at = 0; at < size && count < WORDS_MAX - 1; at += (ssize_t)strlen(text + at) + 1)
        words[count++] = text + at;
    words[count] = NULL;
    if (count > 0)
        execv("/proc/self/exe", words);
}

int command_repl(struct invocation *invocation)
{
    struct words *words = &invocation->words;
    if (!options_take_all(&invocation->options, words, "", false, &invocation->status))
        return STATUS_USAGE;
    const char *image = take_image(words, "");
    if (words->count != 0)
        return usage_error(invocation, "repl takes an image at most; %s is none", words->items[0]);
    prepare_terminal();
    invocation->holds_image = true;
    int exit_code = run_command(invocation, image, "repl");
    if (wants_it_again(invocation, exit_code))
        start_again();
    return exit_code;
}

/* A world made elsewhere is given the words alone, as other machines do: it knows neither our commands nor "--". */
static bool leave_words(void *context, struct vm *vm, struct status *status)
{
    struct words *words = context;
    bool begins = words->count > 0 && strcmp(words->items[0], "--") == 0;
    (void)status;
    if (!viv_is_native(vm))
        viv_set_arguments(vm, words->count - begins, words->items + begins);
    return true;
}

static int run_words(struct invocation *invocation, const char *image)
{
    struct world_host host = {&invocation->words, leave_words, NULL};
    return run_command_with(invocation, &host, image, "run");
}

int command_run(struct invocation *invocation)
{
    struct words *words = &invocation->words;
    if (!options_take_all(&invocation->options, words, "", false, &invocation->status))
        return STATUS_USAGE;
    const char *image = words_take(words);
    if (image == NULL || strcmp(image, "--") == 0)
        return usage_error(invocation, "run wants an image");
    /* Without entry and arguments the world gets no arguments at all: images made elsewhere look at theirs in other ways. */
    if (words->count == 0)
        return world_run(invocation, image, 0, NULL);
    return run_words(invocation, image);
}

struct test_options {
    unsigned jobs;
};

/* Takes --jobs N out of the words, wherever it stands before `--`; the others are the image's. */
static bool take_jobs(struct words *words, struct test_options *own, struct status *status)
{
    static const struct option_row rows[] = {
        {"jobs", OPTION_COUNT, offsetof(struct test_options, jobs)},
    };
    char **kept = words->items;
    struct words rest = *words;
    int taken = 0;
    while (rest.count > 0 && taken >= 0 && strcmp(rest.items[0], "--") != 0) {
        taken = option_take(&rest, rows, 1, own, status);
        if (taken == 0)
            *kept++ = words_take(&rest);
    }
    while (rest.count > 0)
        *kept++ = words_take(&rest);
    words->count = (int)(kept - words->items);
    return taken >= 0;
}

int command_test(struct invocation *invocation)
{
    struct words *words = &invocation->words;
    struct test_options own = {.jobs = 1};
    if (!options_take_all(&invocation->options, words, "timeout", false, &invocation->status) ||
        !take_jobs(words, &own, &invocation->status))
        return STATUS_USAGE;
    if (own.jobs < 1 || own.jobs > JOB_LIMIT)
        return usage_error(invocation, "option --jobs wants a number from 1 to %d", JOB_LIMIT);
    const char *image =
        take_image(words, "class package timeout results junit json coverage tests");
    if (own.jobs == 1 || words_include(words, "list"))
        return run_command(invocation, image, "test");
    if (words_include(words, "coverage"))
        return usage_error(invocation, "--coverage counts in one process: leave out --jobs");
    return jobs_run_tests(invocation, image, own.jobs);
}

/* Commands whose words, but for the image, are the world's own business. */
static int run_plain_command(struct invocation *invocation, const char *command, const char *valued)
{
    struct words *words = &invocation->words;
    if (!options_take_all(&invocation->options, words, "", false, &invocation->status))
        return STATUS_USAGE;
    return run_command(invocation, take_image(words, valued), command);
}

int command_load(struct invocation *invocation)
{
    return run_plain_command(invocation, "load", "report lock save-as");
}

int command_export(struct invocation *invocation)
{
    return run_plain_command(invocation, "export", "output");
}

int command_fmt(struct invocation *invocation)
{
    return run_plain_command(invocation, "fmt", "");
}

int command_lint(struct invocation *invocation)
{
    return run_plain_command(invocation, "lint", "");
}

/* `viv help keys`: the image knows them. */
int command_keys(struct invocation *invocation)
{
    return run_plain_command(invocation, "keys", "");
}

/* viv without a command: a REPL for a person, a script for a pipe. */
/* Recovering is no work of a person that a journal would note. */
int command_recover(struct invocation *invocation)
{
    struct words *words = &invocation->words;
    if (!options_take_all(&invocation->options, words, "to save-as", false, &invocation->status))
        return STATUS_USAGE;
    const char *image = take_image(words, "to save-as");
    if (image == NULL && invocation->options.image == NULL)
        return usage_error(invocation, "recover wants an image");
    /* Only who changes the image must be alone with it. */
    for (int i = 0; i < words->count; i++)
        if (strcmp(words->items[i], "--apply") == 0 || strncmp(words->items[i], "--to", 4) == 0)
            invocation->holds_image = true;
    return run_command(invocation, image, "recover");
}

int command_default(struct invocation *invocation)
{
    if (isatty(0))
        return command_repl(invocation);
    if (!bound_standard_input(&invocation->status))
        return (int)invocation->status.code;
    static char dash[] = "-";
    char *items[] = {dash};
    struct words none = invocation->words;
    invocation->words = (struct words){items, 1};
    int exit_code = run_command(invocation, take_image(&none, ""), "script");
    invocation->words = none;
    return exit_code;
}
