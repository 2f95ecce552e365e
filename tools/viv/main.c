/*
 * viv: the command line. main finds the command, the command does the work and answers the exit code; the one place where
 * a failure is printed is here.
 */
#include "tools/viv/commands.h"
#include "tools/viv/printing.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct command {
    const char *name;
    command_function *function;
    const char *usage;
    const char *help;
};

static command_function command_help;

static const struct command commands[] = {
    {"eval", command_eval,
     "viv eval [IMAGE] EXPR...|-  [--print display|store|json|none] "
     "[--save|--save-as FILE]",
     "Evaluates the expressions and prints the value of the last one. A single - stands for the text on\n"
     "standard input. `viv -e` is the same. Nothing is saved unless --save or --save-as says so."},
    {"script", command_script, "viv [script] [IMAGE] FILE.st [ARGUMENT...]",
     "Runs a script. The arguments are `Smalltalk arguments`. A single - stands for standard input.\n"
     "A first line that starts with #! is passed over."},
    {"repl", command_repl, "viv repl [IMAGE]",
     "Reads, evaluates and prints until the end of the input; also what viv alone does on a terminal."},
    {"run", command_run, "viv run IMAGE [ENTRY] [-- ARGUMENT...]",
     "Lets the saved world go on where it was. With ENTRY, a class that understands main, or 'Class selector',\n"
     "that is performed instead. An image made elsewhere is given the words alone, and has a screen that\n"
     "nobody sees."},
    {"open", command_open,
     "viv open [IMAGE] [--scale N] [--safe] [--no-start]\n"
     "         [--script FILE [--screenshot FILE]] [--size WIDTHxHEIGHT] [--until-shown]",
     "Opens a window on a world: without IMAGE your own, world.image in the folder vivarium of\n"
     "$XDG_DATA_HOME or of ~/.local/share, which begins as a copy of the pristine image. --scale is\n"
     "pixels a logical pixel, 0.5 to 4, or a pixel of an image made elsewhere. --safe opens no window\n"
     "that was open and takes standard settings; --no-start runs nothing that the world would start.\n"
     "--script takes what is typed and clicked from a file, without a display, and --screenshot writes\n"
     "the last frame as PNG.\n"
     "--until-shown ends when the first frame is shown, which is how starting is measured."},
    {"test", command_test,
     "viv test [IMAGE] [PATTERN...] [--list] [--jobs N] [--fail-fast] [--shuffle[=SEED]]\n"
     "         [--timeout SECONDS] [--class NAME] [--package NAME] [--tests FILE]\n"
     "         [--rerun-failed] [--tap] [--junit FILE] [--json FILE] [--results FILE]\n"
     "         [--coverage FILE]",
     "Runs the tests whose class name matches a pattern, or all. The last line is `N passed, N failed`.\n"
     "--list only names them, --tests takes them from a file of such names, --timeout is the limit of\n"
     "one test. --jobs divides them among so many processes; the report is the same, but comes at the\n"
     "end. --rerun-failed runs those that failed when they ran last: their names are kept in the folder\n"
     "vivarium of $XDG_STATE_HOME, or of ~/.local/state. --tap prints a line for each,\n"
     "--junit writes XML, --json one JSON document, --results one line of JSON for each test as it ends,\n"
     "--coverage the methods that no test ran (those of tests and of processes aside)."},
    {"load", command_load,
     "viv load [IMAGE] PATH... [--keep-going] [--dry-run] [--report FILE] [--lock FILE]\n"
     "         [--offline] [--save|--save-as FILE]",
     "Loads code: folders of Tonel or FileTree, files of chunks. All of it is loaded or none;\n"
     "with --keep-going what is wrong is left out, and --report says in JSON what that was.\n"
     "--dry-run only tries. --lock keeps a note of the code, and refuses other code the next time.\n"
     "Nothing is fetched from elsewhere, also without --offline."},
    {"export", command_export, "viv export [IMAGE] PACKAGE... -o FOLDER [--all]",
     "Writes packages as Tonel, a folder each. The same code gives the same bytes."},
    {"fmt", command_fmt, "viv fmt PATH... [--check]",
     "Brings files of Tonel into the form in which export writes them; bodies of methods stay as\n"
     "they are. --check changes nothing, and ends with exit code 1 when a file is not in form."},
    {"lint", command_lint, "viv lint PATH...",
     "Says what in files of Tonel is against the conventions, one line each."},
    {"build", command_build, "viv build MANIFEST -o IMAGE [--portable] [--seed N]",
     "Makes an image of the packages that the manifest names. The same text gives the same bytes.\n"
     "--portable leaves out what other virtual machines mishandle."},
    {"info", command_info, "viv info IMAGE [--json]", "Says what kind of image a file holds."},
    {"check", command_check, "viv check IMAGE [--json]",
     "Reads all of an image and says what is wrong with it, if anything. --json says it in one object,\n"
     "`problem` being what is wrong; the exit code is 6 then as well."},
    {"heap", command_heap, "viv heap IMAGE [--top N] [--retained] [--path OBJECT] [--json]",
     "Adds up the objects of an image by class, the largest first: bytes, objects, class. It need not be\n"
     "one of ours, and is not run. --retained says which objects and which classes hold most: what would\n"
     "be garbage without them. --path prints the shortest way from the special objects to an object:\n"
     "the nearest instance of CLASS, or CLASS@N, the Nth in the image, or 0xOFFSET as printed by these.\n"
     "Weak references are not followed."},
    {"diff", command_diff, "viv diff IMAGE OTHER [--json]",
     "Says what the other image has otherwise: classes added, removed and changed, methods added, removed\n"
     "and changed, and the 20 classes whose numbers of instances differ most. Garbage does not count.\n"
     "Neither image is run. The exit code is 1 when classes or methods differ."},
    {"source", command_source, "viv source IMAGE CLASS|'CLASS>>SELECTOR' [--json]",
     "Prints the text of a method, or of all methods of a class ('CLASS class' for its other side),\n"
     "without running the image. Images made elsewhere have the texts in NAME.changes and in a .sources\n"
     "file, which are looked for beside the image."},
    {"grep", command_grep, "viv grep IMAGE TEXT [--regex] [--json]",
     "Prints the lines of all methods that have the text, without running the image; with --regex, those\n"
     "that match TEXT as an extended regular expression of POSIX. Texts are found as by `viv source`."},
    {"save-as", command_save_as, "viv save-as IMAGE NEW [--json]",
     "Reads an image without running it, and writes it under another name in the format of\n"
     "this program."},
    {"compact", command_compact, "viv compact IMAGE [--save-as FILE] [--json]",
     "Writes an image anew without garbage and without holes, in the format of this program, and says\n"
     "what went. Nothing runs, and the image may be one that was made elsewhere. What it was is\n"
     "generation 1 then (viv generations); --save-as leaves it as it is."},
    {"log", command_log, "viv log IMAGE [--json]",
     "Says what the journal beside an image holds, oldest first, without running the world: every change\n"
     "that was accepted, every expression that a person evaluated. --json prints one object a line,\n"
     "texts included."},
    {"generations", command_generations, "viv generations IMAGE [--restore N] [--json]",
     "Lists the image (0) and the older ones that saves have kept beside it, IMAGE.1 and IMAGE.2.\n"
     "--restore makes a copy of one the image again; what the image was becomes generation 1. What is\n"
     "newer is in the journal still: viv recover."},
    {"recover", command_recover, "viv recover IMAGE [--list|--apply|--to TIME] [--save-as FILE]",
     "After a crash: says what the journal has and the image lacks. --apply does all changes again and\n"
     "saves the image, --to only those up to a time such as 2026-03-01T14:30:00; expressions are not\n"
     "evaluated again. --save-as leaves the image as it is. The journal keeps everything."},
    {"version", command_version, "viv version [--json]", "Prints the version."},
    {"help", command_help, "viv help [COMMAND | keys [IMAGE] [--export] [CONTEXT...]]",
     "Prints this, or what one command does. `viv help keys` lists the keys of the window, all or those\n"
     "of some contexts; --export prints them in the form that a world can import."},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static const char global_help[] =
    "Options of every command:\n"
    "  --image FILE     the image to use instead of the one that was built\n"
    "  --heap-max SIZE  limit of the heap, such as 512M (default: half of memory)\n"
    "  --stack-max SIZE limit of the stack of one process\n"
    "  --timeout S      end with exit code 124 after so many seconds\n"
    "  --seed N         start of every random sequence\n"
    "  --read-only      never write the image, nor a journal; it may be open elsewhere\n"
    "  --no-generations a save keeps no older images (IMAGE.1, IMAGE.2)\n"
    "  --no-journal     repl and open write no journal of changes beside the image\n"
    "  --stats          print counts of collections, sizes and caches on standard error at the end\n"
    "  --report-missing list primitives that were called and are missing on standard error at the end\n"
    "  --trace-bytecodes N  print the first N bytecodes that run, a number a line, and end\n"
    "  --no-jit         run everything in the interpreter\n"
    "  --jit-after N, --jit-zone SIZE\n"
    "                   compile code after so many calls and loops, into a zone of that size\n"
    "  --perf-map       names of compiled methods for perf, in /tmp/perf-PID.map\n"
    "  --untrusted      check every object of the image before it runs, whatever its checksum says\n"
    "  --quiet          no greeting\n"
    "  --no-color       plain text on terminals\n"
    "  --debug-on-error a debugger on the terminal when an error is not handled\n"
    "  --stress-poll N, --stress-full N, --stress-flush N\n"
    "                   scavenge at every Nth poll, collect and verify at every Nth poll, flush the\n"
    "                   stack at every Nth poll\n"
    "  --stress-caches  caches of one entry\n"
    "  --help           what a command does\n"
    "  --               everything after it is no option of viv\n";

static const char exit_help[] =
    "Exit codes: 0 ok, 1 failure, 2 usage, 3 unhandled exception, 4 syntax error, 5 tests failed,\n"
    "6 image unreadable, 7 out of memory, 8 save failed, 124 timeout, 130 interrupted, 128+n signal n.\n";

int usage_error(struct invocation *invocation, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(invocation->status.sentence, sizeof invocation->status.sentence, format, arguments);
    va_end(arguments);
    invocation->status.code = STATUS_USAGE;
    return STATUS_USAGE;
}

static const struct command *find_command(const char *name)
{
    if (strcmp(name, "-e") == 0)
        return &commands[0];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int print_command_help(struct invocation *invocation, const struct command *command)
{
    printf("%s\n\n%s\n\n%s", command->usage, command->help, global_help);
    return flush_output(invocation);
}

static int print_help(struct invocation *invocation)
{
    printf(
        "viv FILE.st [ARGUMENT...]   runs a script\n"
        "viv                         reads, evaluates, prints; standard input when it is no terminal\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("%s\n", commands[i].usage);
    printf("\n%s\n%s", global_help, exit_help);
    return flush_output(invocation);
}

static int command_help(struct invocation *invocation)
{
    const char *topic = words_take(&invocation->words);
    if (topic == NULL)
        return print_help(invocation);
    if (strcmp(topic, "keys") == 0)
        return command_keys(invocation);
    const struct command *command = find_command(topic);
    if (command == NULL)
        return usage_error(invocation, "there is no command %s", topic);
    return print_command_help(invocation, command);
}

/* Whether --help stands among the words before `--`; for scripts and runs, before the first operand. */
static bool asks_for_help(const struct command *command, const struct words *words)
{
    bool leading = command->function == command_script;
    for (int i = 0; i < words->count && strcmp(words->items[i], "--") != 0; i++) {
        if (strcmp(words->items[i], "--help") == 0 || strcmp(words->items[i], "-h") == 0)
            return true;
        if (leading && words->items[i][0] != '-')
            return false;
    }
    return false;
}

static int dispatch(struct invocation *invocation)
{
    struct words *words = &invocation->words;
    if (!options_take_leading(&invocation->options, words, &invocation->status))
        return STATUS_USAGE;
    if (invocation->options.help)
        return print_help(invocation);
    if (words->count > 0 && strcmp(words->items[0], "--") == 0)
        words_take(words);
    if (words->count == 0)
        return command_default(invocation);
    const char *first = words->items[0];
    const struct command *command = find_command(first);
    if (command != NULL) {
        words_take(words);
        if (asks_for_help(command, words))
            return print_command_help(invocation, command);
        return command->function(invocation);
    }
    if (strcmp(first, "-h") == 0)
        return print_help(invocation);
    if (strcmp(first, "--version") == 0)
        return words_take(words), command_version(invocation);
    if (first[0] == '-' && first[1] != 0)
        return usage_error(invocation, "unknown option %s", first);
    if (names_image(first) && words->count == 1)
        return command_default(invocation);
    if (strchr(first, '.') == NULL && strchr(first, '/') == NULL && strcmp(first, "-") != 0 &&
        access(first, F_OK) != 0)
        return usage_error(invocation, "%s is neither a command nor a file", first);
    return command_script(invocation);
}

int main(int argc, char **argv)
{
    struct invocation invocation = {.words = {argv + 1, argc > 0 ? argc - 1 : 0}};
    int exit_code = dispatch(&invocation);
    if (invocation.status.code != STATUS_OK) {
        fprintf(stderr, "viv: %s\n", invocation.status.sentence);
        if (invocation.status.code == STATUS_USAGE)
            fprintf(stderr, "`viv help` lists the commands and options.\n");
    }
    return exit_code;
}
