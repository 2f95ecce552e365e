/*
 * One process lists the tests; this one cuts the list into shares of whole classes and starts a worker for each, so many at
 * a time; at the end it becomes the process that reports. What passes between them are files in a folder of their own:
 *
 *   tests         names of all tests, a line each, as --list prints them
 *   share.N       the part of them that the worker of share N shall still run (--tests)
 *   outcomes.N    what became of them, a line of JSON each, in the same order (--worker)
 *   output.N      standard output of the workers of share N
 *   outcomes      a line for each line of `tests` (--outcomes)
 *
 * There are several shares for each process, because tests differ in length. Who has run which test is only seen in the
 * number of lines, so nothing of JSON is read here.
 */
#include "tools/viv/jobs.h"

#include "tools/viv/signals.h"
#include "tools/viv/world.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SHARES_OF_JOB = 8, NAME_SIZE = 64, WORKER_WORDS = 16, EXIT_TESTS_FAILED = 5 };

/* The tests from next to limit, exclusive, still have to run. */
struct share {
    size_t next;
    size_t limit;
    pid_t worker; /* 0: none */
};

struct job_run {
    struct invocation *invocation;
    const char *image;
    char folder[PATH_MAX];
    char *list;   /* the file `tests`, its line ends replaced by NUL */
    char **tests; /* into list */
    size_t test_count;
    char **outcomes; /* of each test its line; NULL: none yet */
    struct share *shares;
    size_t share_count;
    bool fail_fast;
    bool stopped; /* no further worker is started */
    sigset_t watched;
    sigset_t before;
};

static char *file_name(const struct job_run *run, char *path, const char *name)
{
    snprintf(path, PATH_MAX + NAME_SIZE, "%s/%s", run->folder, name);
    return path;
}

static char *share_file_name(const struct job_run *run, char *path, const char *name, size_t share)
{
    snprintf(path, PATH_MAX + NAME_SIZE, "%s/%s.%zu", run->folder, name, share);
    return path;
}

/* The whole file with a NUL behind it; NULL when it cannot be read. */
static char *read_file(const char *path, size_t *size)
{
    struct stat facts;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    char *text = NULL;
    if (fstat(fileno(file), &facts) == 0 && facts.st_size >= 0)
        text = malloc((size_t)facts.st_size + 1);
    if (text != NULL) {
        *size = fread(text, 1, (size_t)facts.st_size, file);
        text[*size] = 0;
    }
    fclose(file);
    return text;
}

static bool write_lines(const char *path, char *const *lines, size_t count)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return false;
    bool good = true;
    for (size_t i = 0; i < count; i++)
        good = good && fprintf(file, "%s\n", lines[i]) >= 0;
    return fclose(file) == 0 && good;
}

static bool refuse_folder(struct job_run *run)
{
    return status_fail(&run->invocation->status, STATUS_FAILURE,
                       "%s cannot be written: workers pass their results through it", run->folder);
}

static bool refuse_memory(struct job_run *run)
{
    return status_fail(&run->invocation->status, STATUS_MEMORY, "no memory for the workers");
}

/* --- processes ---------------------------------------------------------------------------------------------------------------- */

/* Runs a world in this process, which was forked for it, and ends. */
static _Noreturn void become_world(struct job_run *run, const char *output, char **words, int count)
{
    struct invocation *invocation = run->invocation;
    int null = open("/dev/null", O_RDONLY);
    int fd = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (null < 0 || fd < 0 || dup2(null, 0) < 0 || dup2(fd, 1) < 0)
        _exit(STATUS_FAILURE);
    close(null);
    close(fd);
    sigprocmask(SIG_SETMASK, &run->before, NULL);
    int exit_code = world_run(invocation, run->image, count, words);
    if (invocation->status.code != STATUS_OK)
        fprintf(stderr, "viv: %s\n", invocation->status.sentence);
    fflush(NULL);
    _exit(exit_code);
}

/* Starts a world whose standard output is appended to a file. A worker does not outlive this process. */
static pid_t start_world(struct job_run *run, const char *output, char **words, int count)
{
    fflush(NULL);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child != 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(STATUS_FAILURE);
    become_world(run, output, words, count);
}

static void end_workers(struct job_run *run)
{
    for (size_t i = 0; i < run->share_count; i++) {
        struct share *share = &run->shares[i];
        if (share->worker == 0)
            continue;
        kill(share->worker, SIGKILL);
        while (waitpid(share->worker, NULL, 0) < 0 && errno == EINTR)
            continue;
        share->worker = 0;
    }
}

/* --- the list ----------------------------------------------------------------------------------------------------------------- */

static bool cut_list(struct job_run *run, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += run->list[i] == '\n';
    run->tests = calloc(count + 1, sizeof *run->tests);
    run->outcomes = calloc(count + 1, sizeof *run->outcomes);
    if (run->tests == NULL || run->outcomes == NULL)
        return refuse_memory(run);
    char *line = run->list;
    for (size_t i = 0; i < count; i++) {
        char *end = strchr(line, '\n');
        *end = 0;
        run->tests[i] = line;
        line = end + 1;
    }
    run->test_count = count;
    return true;
}

/* Lets a world list the tests. Answers its exit code. */
static int list_tests(struct job_run *run)
{
    char path[PATH_MAX + NAME_SIZE];
    struct words *words = &run->invocation->words;
    static char command[] = "test";
    static char list[] = "--list";
    char **arguments = calloc((size_t)words->count + 3, sizeof *arguments);
    if (arguments == NULL)
        return refuse_memory(run), STATUS_MEMORY;
    arguments[0] = command;
    arguments[1] = list;
    for (int i = 0; i < words->count; i++)
        arguments[i + 2] = words->items[i];
    file_name(run, path, "tests");
    pid_t child = start_world(run, path, arguments, words->count + 2);
    free(arguments);
    int status = 0;
    if (child < 0)
        return refuse_memory(run), STATUS_MEMORY;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (!WIFEXITED(status))
        return EXIT_SIGNAL_BASE + WTERMSIG(status);
    if (WEXITSTATUS(status) != 0)
        return WEXITSTATUS(status);
    size_t size = 0;
    run->list = read_file(path, &size);
    if (run->list == NULL)
        return refuse_folder(run), STATUS_FAILURE;
    return cut_list(run, size) ? STATUS_OK : STATUS_MEMORY;
}

/* Whether the names up to their selectors are the same. */
static bool same_class(const char *a, const char *b)
{
    const char *a_end = strstr(a, ">>");
    const char *b_end = strstr(b, ">>");
    return a_end != NULL && b_end != NULL && a_end - a == b_end - b &&
           memcmp(a, b, (size_t)(a_end - a)) == 0;
}

/* Shares end where a class ends: its tests may count on running one after another. */
static bool make_shares(struct job_run *run, unsigned job_count)
{
    size_t wanted = run->test_count / (job_count * (size_t)SHARES_OF_JOB) + 1;
    size_t first = 0;
    run->shares = calloc(run->test_count + 1, sizeof *run->shares);
    if (run->shares == NULL)
        return refuse_memory(run);
    for (size_t i = 1; i <= run->test_count; i++) {
        if (i < run->test_count &&
            (i - first < wanted || same_class(run->tests[i - 1], run->tests[i])))
            continue;
        run->shares[run->share_count++] = (struct share){.next = first, .limit = i};
        first = i;
    }
    return true;
}

/* --- shares ------------------------------------------------------------------------------------------------------------------- */

static void append_word(char **words, int *count, const char *word)
{
    /* Image arguments are never written to. */
    words[(*count)++] = (char *)(uintptr_t)word;
}

/* The value of the image's own option --timeout, NULL without one. */
static const char *time_limit(const struct words *words)
{
    for (int i = 0; i < words->count && strcmp(words->items[i], "--") != 0; i++) {
        if (strncmp(words->items[i], "--timeout=", 10) == 0)
            return words->items[i] + 10;
        if (strcmp(words->items[i], "--timeout") == 0 && i + 1 < words->count)
            return words->items[i + 1];
    }
    return NULL;
}

static bool start_share(struct job_run *run, size_t index)
{
    char tests[PATH_MAX + NAME_SIZE];
    char outcomes[PATH_MAX + NAME_SIZE];
    char output[PATH_MAX + NAME_SIZE];
    struct share *share = &run->shares[index];
    const char *limit = time_limit(&run->invocation->words);
    char *words[WORKER_WORDS];
    int count = 0;
    append_word(words, &count, "test");
    append_word(words, &count, "--tests");
    append_word(words, &count, share_file_name(run, tests, "share", index));
    append_word(words, &count, "--worker");
    append_word(words, &count, share_file_name(run, outcomes, "outcomes", index));
    if (run->fail_fast)
        append_word(words, &count, "--fail-fast");
    if (limit != NULL) {
        append_word(words, &count, "--timeout");
        append_word(words, &count, limit);
    }
    if (!write_lines(tests, run->tests + share->next, share->limit - share->next))
        return refuse_folder(run);
    unlink(outcomes);
    share->worker = start_world(run, share_file_name(run, output, "output", index), words, count);
    if (share->worker > 0)
        return true;
    share->worker = 0;
    return refuse_memory(run);
}

/* Takes over the complete lines that a worker has written. */
static bool collect_outcomes(struct job_run *run, size_t index)
{
    char path[PATH_MAX + NAME_SIZE];
    size_t size = 0;
    struct share *share = &run->shares[index];
    char *text = read_file(share_file_name(run, path, "outcomes", index), &size);
    char *line = text;
    while (line != NULL && share->next < share->limit) {
        char *end = strchr(line, '\n');
        if (end == NULL)
            break;
        *end = 0;
        run->outcomes[share->next] = strdup(line);
        if (run->outcomes[share->next++] == NULL) {
            free(text);
            return refuse_memory(run);
        }
        line = end + 1;
    }
    free(text);
    return true;
}

/* The test at which a share stopped is the one that ended the process. */
static bool blame_test(struct job_run *run, struct share *share, int status)
{
    char line[256];
    snprintf(
        line, sizeof line,
        "{\"result\":\"error\",\"ms\":0,\"message\":\"The test ended its process with %s %d\"}",
        WIFEXITED(status) ? "exit code" : "signal",
        WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    run->outcomes[share->next] = strdup(line);
    if (run->outcomes[share->next++] == NULL)
        return refuse_memory(run);
    run->stopped = run->stopped || run->fail_fast;
    return true;
}

/* A worker has ended. What it left goes on in a new one. */
static bool finish_share(struct job_run *run, size_t index, int status)
{
    struct share *share = &run->shares[index];
    share->worker = 0;
    if (!collect_outcomes(run, index))
        return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_TESTS_FAILED && run->fail_fast) {
        run->stopped = true;
        return true;
    }
    if (share->next == share->limit)
        return true;
    if (!blame_test(run, share, status))
        return false;
    return run->stopped || share->next == share->limit || start_share(run, index);
}

/* Takes note of all workers that have ended; false when the run cannot go on. */
static bool reap_workers(struct job_run *run, unsigned *running)
{
    *running = 0;
    for (size_t i = 0; i < run->share_count; i++) {
        int status;
        pid_t worker = run->shares[i].worker;
        if (worker != 0 && waitpid(worker, &status, WNOHANG) == worker &&
            !finish_share(run, i, status))
            return false;
        *running += run->shares[i].worker != 0;
    }
    return true;
}

/* Runs all shares, the earlier ones first. Answers 0, or the exit code of a run that was broken off. */
static int run_shares(struct job_run *run, unsigned job_count)
{
    unsigned running = 0;
    size_t started = 0;
    for (;;) {
        while (running < job_count && started < run->share_count && !run->stopped) {
            if (!start_share(run, started++))
                return (int)run->invocation->status.code;
            running++;
        }
        if (running == 0)
            return STATUS_OK;
        int number = sigwaitinfo(&run->watched, NULL);
        if (number > 0 && number != SIGCHLD)
            return EXIT_SIGNAL_BASE + number;
        if (!reap_workers(run, &running))
            return (int)run->invocation->status.code;
    }
}

/* --- the report --------------------------------------------------------------------------------------------------------------- */

static void print_outputs(const struct job_run *run)
{
    char path[PATH_MAX + NAME_SIZE];
    for (size_t i = 0; i < run->share_count; i++) {
        size_t size = 0;
        char *text = read_file(share_file_name(run, path, "output", i), &size);
        if (text != NULL)
            fwrite(text, 1, size, stdout);
        free(text);
    }
    fflush(stdout);
}

/* The world that reports gets all words but those that choose the tests once more. */
static int report_outcomes(struct job_run *run)
{
    char tests[PATH_MAX + NAME_SIZE];
    char outcomes[PATH_MAX + NAME_SIZE];
    const struct words *given = &run->invocation->words;
    size_t count = 0;
    while (count < run->test_count && run->outcomes[count] != NULL)
        count++;
    file_name(run, tests, "tests");
    if (!write_lines(file_name(run, outcomes, "outcomes"), run->outcomes, count))
        return refuse_folder(run), STATUS_FAILURE;
    char **words = calloc((size_t)given->count + WORKER_WORDS, sizeof *words);
    if (words == NULL)
        return refuse_memory(run), STATUS_MEMORY;
    int word_count = 0;
    append_word(words, &word_count, "test");
    append_word(words, &word_count, "--tests");
    append_word(words, &word_count, tests);
    append_word(words, &word_count, "--outcomes");
    append_word(words, &word_count, outcomes);
    for (int i = 0; i < given->count; i++)
        if (strncmp(given->items[i], "--shuffle", 9) != 0)
            append_word(words, &word_count, given->items[i]);
    int exit_code = world_run(run->invocation, run->image, word_count, words);
    free(words);
    return exit_code;
}

static void remove_folder(const struct job_run *run)
{
    static const char *const names[] = {"share", "outcomes", "output"};
    char path[PATH_MAX + NAME_SIZE];
    for (size_t i = 0; i < run->share_count; i++)
        for (size_t j = 0; j < sizeof names / sizeof names[0]; j++)
            unlink(share_file_name(run, path, names[j], i));
    unlink(file_name(run, path, "tests"));
    unlink(file_name(run, path, "outcomes"));
    rmdir(run->folder);
}

static void free_run(struct job_run *run)
{
    for (size_t i = 0; run->outcomes != NULL && i < run->test_count; i++)
        free(run->outcomes[i]);
    free(run->outcomes);
    free(run->tests);
    free(run->list);
    free(run->shares);
}

static bool make_folder(struct job_run *run)
{
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || parent[0] != '/')
        parent = "/tmp";
    int length = snprintf(run->folder, sizeof run->folder, "%s/viv-test.XXXXXX", parent);
    return (length > 0 && (size_t)length < sizeof run->folder && mkdtemp(run->folder) != NULL) ||
           refuse_folder(run);
}

/* Signals wait until they are asked for, those of workers that end among them. */
static void watch_signals(struct job_run *run)
{
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&run->watched);
    sigaddset(&run->watched, SIGCHLD);
    sigaddset(&run->watched, SIGINT);
    sigaddset(&run->watched, SIGTERM);
    sigaddset(&run->watched, SIGHUP);
    sigprocmask(SIG_BLOCK, &run->watched, &run->before);
}

int jobs_run_tests(struct invocation *invocation, const char *image, unsigned job_count)
{
    struct job_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        status_fail(&invocation->status, STATUS_MEMORY, "no memory for the workers");
        return STATUS_MEMORY;
    }
    run->invocation = invocation;
    run->image = image;
    run->fail_fast = words_include(&invocation->words, "fail-fast");
    int exit_code = STATUS_FAILURE;
    if (make_folder(run)) {
        watch_signals(run);
        exit_code = list_tests(run);
        if (exit_code == STATUS_OK && make_shares(run, job_count))
            exit_code = run_shares(run, job_count);
        end_workers(run);
        sigprocmask(SIG_SETMASK, &run->before, NULL);
        if (exit_code == STATUS_OK && invocation->status.code == STATUS_OK) {
            print_outputs(run);
            exit_code = report_outcomes(run);
        }
        remove_folder(run);
    }
    if (invocation->status.code != STATUS_OK)
        exit_code = (int)invocation->status.code;
    free_run(run);
    free(run);
    return exit_code;
}
