/* The methods of an image, without running it: source, grep. */
#include "tools/viv/commands.h"
#include "tools/viv/image_sources.h"
#include "tools/viv/printing.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct object_options {
    bool json;
    bool regex;
};

static const struct option_row object_rows[] = {
    {"json", OPTION_FLAG, offsetof(struct object_options, json)},
    {"regex", OPTION_FLAG, offsetof(struct object_options, regex)},
};

enum { SOURCE_ROWS = 1, GREP_ROWS = 2 };

struct method_visit {
    struct heap *heap;
    const char *class_name; /* of the only class, NULL for all */
    const char *selector;   /* the only one, NULL for all */
    const char *text;       /* that lines must have, NULL: whole methods are printed */
    const regex_t *regex;   /* that they must match instead, NULL: the text as it is */
    struct source_files sources;
    bool json;
    bool quiet;
    uint64_t found;
    uint64_t methods; /* that were to be looked at */
    uint64_t texts;   /* of them, those whose text was found */
};

static bool is_selector(oop symbol, const char *wanted)
{
    return wanted == NULL || (oop_is_object(symbol) && format_is_bytes(object_format(symbol)) &&
                              object_byte_count(symbol) == strlen(wanted) &&
                              memcmp(object_bytes(symbol), wanted, strlen(wanted)) == 0);
}

static void print_match(const struct method_visit *visit, const char *class, oop selector,
                        unsigned line, const char *text, size_t size)
{
    size_t selector_size;
    char *name = string_text(selector, &selector_size);
    if (visit->json) {
        printf("{\"class\": ");
        print_json_string(class);
        printf(", \"selector\": ");
        print_json_string(name == NULL ? "" : name);
        printf(line == 0 ? ", \"source\": " : ", \"line\": %u, \"text\": ", line);
        print_json_bytes(text, size);
        puts("}");
    } else if (line == 0) {
        printf("%s>>%s\n%.*s\n%s", class, name == NULL ? "" : name, (int)size, text,
               visit->selector == NULL ? "\n" : "");
    } else {
        printf("%s>>%s:%u: %.*s\n", class, name == NULL ? "" : name, line, (int)size, text);
    }
    free(name);
}

static bool is_wanted(const struct method_visit *visit, const char *line, size_t size)
{
    if (visit->regex == NULL)
        return memmem(line, size, visit->text, strlen(visit->text)) != NULL;
    regmatch_t match = {.rm_so = 0, .rm_eo = (regoff_t)size};
    return regexec(visit->regex, line, 1, &match, REG_STARTEND) == 0;
}

static void visit_lines(struct method_visit *visit, const char *class, oop selector,
                        const char *text)
{
    unsigned line = 1;
    for (const char *start = text; *start != 0; line++) {
        size_t size = strcspn(start, "\n");
        if (is_wanted(visit, start, size)) {
            print_match(visit, class, selector, line, start, size);
            visit->found++;
        }
        start += size + (start[size] == '\n');
    }
}

static void visit_method(struct method_visit *visit, const char *class,
                         const struct image_method *method)
{
    size_t size;
    if (!is_selector(method->selector, visit->selector))
        return;
    char *text = method_text(&visit->sources, visit->heap, method, &size);
    visit->methods++;
    if (text == NULL)
        return;
    visit->texts++;
    if (visit->text != NULL) {
        visit_lines(visit, class, method->selector, text);
    } else {
        print_match(visit, class, method->selector, 0, text, size);
        visit->found++;
    }
    free(text);
}

static void visit_class(struct method_visit *visit, oop class)
{
    char name[CLASS_NAME_SIZE];
    struct image_method method;
    size_t position = 0;
    if (!is_class(visit->heap, class, name) ||
        (visit->class_name != NULL && strcmp(name, visit->class_name) != 0))
        return;
    while (class_next_method(class, &position, &method))
        visit_method(visit, name, &method);
}

/* What a person who finds nothing, or perhaps not all, wants to know. Answers the exit code. */
static int conclude(struct invocation *invocation, const struct method_visit *visit)
{
    char sentence[sizeof invocation->status.sentence];
    struct status *status = &invocation->status;
    if (visit->sources.missing > 0)
        source_files_complain(&visit->sources, sentence, sizeof sentence);
    if (visit->found > 0) {
        if (visit->sources.missing > 0 && !visit->quiet)
            fprintf(stderr, "viv: %s\n", sentence);
        return flush_output(invocation);
    }
    if (visit->sources.missing > 0)
        status_fail(status, STATUS_FAILURE, "nothing found: %s", sentence);
    else
        status_fail(status, STATUS_FAILURE, "nothing found%s",
                    visit->methods > 0 && visit->texts == 0
                        ? ": the methods have no text, nor do they say where it is"
                        : "");
    return STATUS_FAILURE;
}

static int visit_image(struct invocation *invocation, const char *image, struct method_visit *visit)
{
    struct status *status = &invocation->status;
    visit->heap = image_objects_open(image, status);
    if (visit->heap == NULL)
        return (int)status->code;
    visit->quiet = invocation->options.quiet;
    source_files_begin(&visit->sources, image);
    for (oop object = heap_first_object(visit->heap); !oop_is_none(object);
         object = heap_next_object(visit->heap, object))
        visit_class(visit, object);
    image_objects_close(visit->heap);
    int code = conclude(invocation, visit);
    source_files_end(&visit->sources);
    return code;
}

int command_grep(struct invocation *invocation)
{
    struct object_options own = {0};
    char reason[128];
    regex_t regex;
    if (!options_take_own(&invocation->options, &invocation->words, object_rows, GREP_ROWS, &own,
                          &invocation->status))
        return STATUS_USAGE;
    if (invocation->words.count != 2 || invocation->words.items[1][0] == 0)
        return usage_error(invocation, "grep wants an image and a text");
    struct method_visit visit = {.text = invocation->words.items[1], .json = own.json};
    if (!own.regex)
        return visit_image(invocation, invocation->words.items[0], &visit);
    int error = regcomp(&regex, visit.text, REG_EXTENDED);
    if (error != 0) {
        regerror(error, &regex, reason, sizeof reason);
        return usage_error(invocation, "%s is no regular expression: %s", visit.text, reason);
    }
    visit.regex = &regex;
    int code = visit_image(invocation, invocation->words.items[0], &visit);
    regfree(&regex);
    return code;
}

int command_source(struct invocation *invocation)
{
    struct object_options own = {0};
    if (!options_take_own(&invocation->options, &invocation->words, object_rows, SOURCE_ROWS, &own,
                          &invocation->status))
        return STATUS_USAGE;
    if (invocation->words.count != 2)
        return usage_error(invocation, "source wants an image and CLASS or 'CLASS>>SELECTOR'");
    char *name = invocation->words.items[1];
    char *arrow = strstr(name, ">>");
    struct method_visit visit = {.class_name = name, .json = own.json};
    if (arrow != NULL) {
        *arrow = 0;
        visit.selector = arrow + 2 + (arrow[2] == '#');
    }
    return visit_image(invocation, invocation->words.items[0], &visit);
}
