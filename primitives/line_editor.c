#include "primitives/line_editor.h"

#include <dlfcn.h>
#include <errno.h>
#include <histedit.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HISTORY_SIZE = 1000,
    COMPLETIONS_MAX = 500,
    PATH_SIZE = 4096,
    PROMPT_SIZE = 64,
    LIST_WIDTH = 78
};

/* The functions of libedit that are used. */
struct edit_library {
    void *handle;
    EditLine *(*init)(const char *, FILE *, FILE *, FILE *);
    void (*end)(EditLine *);
    int (*set)(EditLine *, int, ...);
    int (*get)(EditLine *, int, ...);
    const char *(*gets)(EditLine *, int *);
    void (*resize)(EditLine *);
    int (*insert)(EditLine *, const char *);
    const LineInfo *(*line)(EditLine *);
    History *(*history_init)(void);
    void (*history_end)(History *);
    int (*history)(History *, HistEvent *, int, ...);
};

struct line_editor {
    struct edit_library library;
    EditLine *edit;
    History *history;
    complete_function *complete;
    void *context;
    char prompt[PROMPT_SIZE];
    char history_path[PATH_SIZE];
    char *line;          /* the last whole line */
    struct winsize size; /* of the terminal when it was looked at last */
    bool reading;
    bool cancelled;
    bool suspended;
};

/* Finds one function; a function pointer is copied as bytes because C has no cast for it. */
static bool find_function(void *handle, const char *name, void *place)
{
    void *address = dlsym(handle, name);
    memcpy(place, &address, sizeof address);
    return address != NULL;
}

static bool open_library(struct edit_library *library)
{
    static const char *const names[] = {"libedit.so.2", "libedit.so"};
    for (size_t i = 0; i < sizeof names / sizeof names[0] && library->handle == NULL; i++)
        library->handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    void *handle = library->handle;
    return handle != NULL && find_function(handle, "el_init", &library->init) &&
           find_function(handle, "el_end", &library->end) &&
           find_function(handle, "el_set", &library->set) &&
           find_function(handle, "el_get", &library->get) &&
           find_function(handle, "el_gets", &library->gets) &&
           find_function(handle, "el_resize", &library->resize) &&
           find_function(handle, "el_insertstr", &library->insert) &&
           find_function(handle, "el_line", &library->line) &&
           find_function(handle, "history_init", &library->history_init) &&
           find_function(handle, "history_end", &library->history_end) &&
           find_function(handle, "history", &library->history);
}

void completions_add(struct completions *completions, const char *word, size_t size)
{
    if (completions->count >= COMPLETIONS_MAX)
        return;
    if (completions->count == completions->capacity) {
        size_t capacity = completions->capacity == 0 ? 32 : completions->capacity * 2;
        char **words = realloc(completions->words, capacity * sizeof *words);
        if (words == NULL)
            return;
        completions->words = words;
        completions->capacity = capacity;
    }
    char *copy = strndup(word, size);
    if (copy != NULL)
        completions->words[completions->count++] = copy;
}

static int compare_words(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Sorts the words and drops those that occur twice. */
static void sort_completions(struct completions *completions)
{
    size_t kept = 0;
    if (completions->count == 0)
        return;
    qsort(completions->words, completions->count, sizeof *completions->words, compare_words);
    for (size_t i = 0; i < completions->count; i++) {
        if (kept > 0 && strcmp(completions->words[kept - 1], completions->words[i]) == 0)
            free(completions->words[i]);
        else
            completions->words[kept++] = completions->words[i];
    }
    completions->count = kept;
}

static void free_completions(struct completions *completions)
{
    for (size_t i = 0; i < completions->count; i++)
        free(completions->words[i]);
    free(completions->words);
}

/* How many bytes all words have in common at their beginning. */
static size_t common_size(const struct completions *completions)
{
    const char *first = completions->words[0];
    const char *last = completions->words[completions->count - 1];
    size_t size = 0;
    while (first[size] != 0 && first[size] == last[size])
        size++;
    return size;
}

static void list_completions(const struct completions *completions)
{
    size_t width = 1;
    for (size_t i = 0; i < completions->count; i++)
        if (strlen(completions->words[i]) + 2 > width)
            width = strlen(completions->words[i]) + 2;
    size_t columns = width >= LIST_WIDTH ? 1 : LIST_WIDTH / width;
    fputs("\r\n", stdout);
    for (size_t i = 0; i < completions->count; i++) {
        bool last = (i + 1) % columns == 0 || i + 1 == completions->count;
        fprintf(stdout, "%-*s%s", last ? 0 : (int)width, completions->words[i], last ? "\r\n" : "");
    }
    fflush(stdout);
}

static bool is_word_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == ':';
}

/* The editor that a call of libedit is about. libedit hands its functions nothing but its own record, so the library is asked
 * by name once more. */
static struct line_editor *editor_of(EditLine *edit)
{
    struct edit_library library = {.handle = NULL};
    void *data = NULL;
    if (open_library(&library))
        library.get(edit, EL_CLIENTDATA, &data);
    if (library.handle != NULL)
        dlclose(library.handle);
    return data;
}

/* What the tabulator key does: adds what all candidates have in common, or lists them. */
static unsigned char complete_word(EditLine *edit, int key)
{
    struct line_editor *editor = editor_of(edit);
    struct completions found = {NULL, 0, 0};
    unsigned char result = CC_ERROR;
    (void)key;
    if (editor == NULL)
        return CC_ERROR;
    const LineInfo *line = editor->library.line(edit);
    const char *start = line->cursor;
    while (start > line->buffer && is_word_byte(start[-1]))
        start--;
    size_t size = (size_t)(line->cursor - start);
    struct pollfd more = {.fd = 0, .events = POLLIN};
    /* With nothing to complete, or in the middle of text that is pasted, it is a tabulator. */
    if (size == 0 || poll(&more, 1, 0) > 0)
        return editor->library.insert(edit, "\t") == 0 ? CC_REFRESH : CC_ERROR;
    editor->complete(editor->context, start, size, &found);
    sort_completions(&found);
    if (found.count > 0 && common_size(&found) > size) {
        char *rest = strndup(found.words[0] + size, common_size(&found) - size);
        if (rest != NULL && editor->library.insert(edit, rest) == 0)
            result = CC_REFRESH;
        free(rest);
    } else if (found.count > 1) {
        list_completions(&found);
        result = CC_REDISPLAY;
    }
    free_completions(&found);
    return result;
}

/* What control-C does: the line is given up. */
static unsigned char cancel_line(EditLine *edit, int key)
{
    struct line_editor *editor = editor_of(edit);
    (void)key;
    if (editor == NULL)
        return CC_ERROR;
    editor->cancelled = true;
    fputs("^C\r\n", stdout);
    fflush(stdout);
    return CC_EOF;
}

/* What control-Z does: the program stops when libedit has returned. */
static unsigned char suspend_program(EditLine *edit, int key)
{
    struct line_editor *editor = editor_of(edit);
    (void)key;
    if (editor == NULL)
        return CC_ERROR;
    editor->suspended = true;
    return CC_NORM;
}

static char *show_prompt(EditLine *edit)
{
    struct line_editor *editor = editor_of(edit);
    /* libedit only reads it. */
    return editor == NULL ? (char *)(uintptr_t) "" : editor->prompt;
}

/* Makes the folder of the history and remembers the name of the file: $XDG_STATE_HOME/vivarium/history. */
static bool find_history(char *path, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    int length;
    if (state != NULL && state[0] == '/')
        length = snprintf(path, size, "%s/vivarium/history", state);
    else if (home != NULL && home[0] == '/')
        length = snprintf(path, size, "%s/.local/state/vivarium/history", home);
    else
        return false;
    if (length < 0 || (size_t)length >= size)
        return false;
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        int made = mkdir(path, 0700);
        *slash = '/';
        if (made != 0 && errno != EEXIST)
            return false;
    }
    return true;
}

static void set_keys(struct line_editor *editor)
{
    const struct edit_library *library = &editor->library;
    EditLine *edit = editor->edit;
    library->set(edit, EL_CLIENTDATA, editor);
    library->set(edit, EL_PROMPT, show_prompt);
    library->set(edit, EL_EDITOR, "emacs");
    library->set(edit, EL_ADDFN, "viv-complete", "Completes the word", complete_word);
    library->set(edit, EL_ADDFN, "viv-cancel", "Gives up the line", cancel_line);
    library->set(edit, EL_ADDFN, "viv-suspend", "Stops the program", suspend_program);
    library->set(edit, EL_BIND, "^I", "viv-complete", NULL);
    library->set(edit, EL_BIND, "^Z", "viv-suspend", NULL);
    library->set(edit, EL_BIND, "^C", "viv-cancel", NULL);
    library->set(edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    library->set(edit, EL_BIND, "\\e[3~", "ed-delete-next-char", NULL);
    library->set(edit, EL_BIND, "\\e[1~", "ed-move-to-beg", NULL);
    library->set(edit, EL_BIND, "\\e[4~", "ed-move-to-end", NULL);
    library->set(edit, EL_BIND, "\\e[5~", "ed-search-prev-history", NULL);
    library->set(edit, EL_BIND, "\\e[6~", "ed-search-next-history", NULL);
    library->set(edit, EL_BIND, "\\e[1;5C", "em-next-word", NULL);
    library->set(edit, EL_BIND, "\\e[1;5D", "ed-prev-word", NULL);
    /* While a line is edited control-C and control-Z are keys and no signals. */
    library->set(edit, EL_SETTY, "-d", "-isig", NULL);
    library->set(edit, EL_HIST, library->history, editor->history);
}

struct line_editor *line_editor_open(complete_function *complete)
{
    struct line_editor *editor;
    HistEvent event;
    const char *terminal = getenv("TERM");
    if (!isatty(0) || !isatty(1) || terminal == NULL || strcmp(terminal, "dumb") == 0)
        return NULL;
    editor = calloc(1, sizeof *editor);
    if (editor == NULL)
        return NULL;
    editor->complete = complete;
    if (open_library(&editor->library))
        editor->history = editor->library.history_init();
    if (editor->history != NULL)
        editor->edit = editor->library.init("viv", stdin, stdout, stderr);
    if (editor->edit == NULL) {
        line_editor_close(editor);
        return NULL;
    }
    editor->library.history(editor->history, &event, H_SETSIZE, HISTORY_SIZE);
    editor->library.history(editor->history, &event, H_SETUNIQUE, 1);
    if (find_history(editor->history_path, sizeof editor->history_path))
        editor->library.history(editor->history, &event, H_LOAD, editor->history_path);
    else
        editor->history_path[0] = 0;
    set_keys(editor);
    return editor;
}

void line_editor_close(struct line_editor *editor)
{
    if (editor->edit != NULL) {
        editor->library.set(editor->edit, EL_UNBUFFERED, 0);
        editor->library.end(editor->edit);
    }
    if (editor->history != NULL)
        editor->library.history_end(editor->history);
    /* The library stays open: what it keeps about the terminal belongs to the process. */
    free(editor->line);
    free(editor);
}

/* Begins the reading of one line: the terminal hands over single keys. */
static void begin_line(struct line_editor *editor)
{
    editor->reading = true;
    ioctl(1, TIOCGWINSZ, &editor->size);
    editor->library.resize(editor->edit);
    editor->library.set(editor->edit, EL_UNBUFFERED, 1);
}

/* Ends the reading of one line: the terminal goes back to how it was. */
static void end_line(struct line_editor *editor)
{
    editor->library.set(editor->edit, EL_UNBUFFERED, 0);
    editor->reading = false;
}

/* Stops the program as the terminal would; the line is there again when it goes on. */
static void suspend(struct line_editor *editor)
{
    const LineInfo *line = editor->library.line(editor->edit);
    char *text = strndup(line->buffer, (size_t)(line->lastchar - line->buffer));
    editor->suspended = false;
    end_line(editor);
    fputs("\n", stdout);
    fflush(stdout);
    kill(0, SIGTSTP);
    begin_line(editor);
    if (text != NULL && text[0] != 0)
        editor->library.insert(editor->edit, text);
    editor->library.set(editor->edit, EL_REFRESH);
    free(text);
}

/* Lets libedit know when the terminal has another size. */
static void follow_size(struct line_editor *editor)
{
    struct winsize size;
    if (ioctl(1, TIOCGWINSZ, &size) != 0 ||
        (size.ws_col == editor->size.ws_col && size.ws_row == editor->size.ws_row))
        return;
    editor->size = size;
    editor->library.resize(editor->edit);
    editor->library.set(editor->edit, EL_REFRESH);
}

static void remember(struct line_editor *editor)
{
    HistEvent event;
    if (editor->line[strspn(editor->line, " \t")] == 0)
        return;
    editor->library.history(editor->history, &event, H_ENTER, editor->line);
    if (editor->history_path[0] != 0)
        editor->library.history(editor->history, &event, H_SAVE, editor->history_path);
}

/* Handles one key; there is one to be read. */
static enum editor_step read_key(struct line_editor *editor, const char **line, size_t *size)
{
    int count = 0;
    errno = 0;
    const char *text = editor->library.gets(editor->edit, &count);
    bool failed = text == NULL && errno == EIO;
    if (editor->cancelled) {
        end_line(editor);
        return EDITOR_CANCELLED;
    }
    if (editor->suspended) {
        suspend(editor);
        return EDITOR_WAITING;
    }
    if (text == NULL || count <= 0) {
        /* No text means that the line is empty after the key; the end of input shows as a terminal that is gone, or control-D. */
        struct pollfd waiting = {.fd = 0, .events = POLLIN};
        bool gone = poll(&waiting, 1, 0) > 0 && (waiting.revents & (POLLHUP | POLLERR)) != 0;
        if (!gone && !failed)
            return EDITOR_WAITING;
        end_line(editor);
        return EDITOR_END;
    }
    char last = text[count - 1];
    if (last == 4 && count == 1) {
        end_line(editor);
        return EDITOR_END;
    }
    if (last != '\n' && last != '\r')
        return EDITOR_WAITING;
    free(editor->line);
    *size = (size_t)count - 1;
    editor->line = strndup(text, *size);
    end_line(editor);
    if (editor->line == NULL)
        return EDITOR_END;
    remember(editor);
    *line = editor->line;
    return EDITOR_LINE;
}

enum editor_step line_editor_step(struct line_editor *editor, const char *prompt, int wait_ms,
                                  void *context, const char **line, size_t *size)
{
    editor->context = context;
    if (!editor->reading) {
        snprintf(editor->prompt, sizeof editor->prompt, "%s", prompt);
        editor->cancelled = false;
        begin_line(editor);
    }
    follow_size(editor);
    struct pollfd waiting = {.fd = 0, .events = POLLIN};
    while (poll(&waiting, 1, wait_ms) > 0) {
        enum editor_step step = read_key(editor, line, size);
        if (step != EDITOR_WAITING)
            return step;
        wait_ms = 0;
    }
    return EDITOR_WAITING;
}
