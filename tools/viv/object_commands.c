/* The methods of an image, without running it: source, grep. */
#include "tools/viv/commands.h"
#include "tools/viv/image_objects.h"
#include "tools/viv/printing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct object_options {
    bool json;
};

static const struct option_row object_rows[] = {
    {"json", OPTION_FLAG, offsetof(struct object_options, json)},
};

struct method_visit {
    struct heap *heap;
    const char *class_name; /* of the only class, NULL for all */
    const char *selector;   /* the only one, NULL for all */
    const char *text;       /* that lines must have, NULL: whole methods are printed */
    bool json;
    uint64_t found;
    uint64_t methods; /* that were to be looked at */
    uint64_t sources; /* those that carry their text with them */
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

static void visit_lines(struct method_visit *visit, const char *class, oop selector,
                        const char *text)
{
    unsigned line = 1;
    for (const char *start = text; *start != 0; line++) {
        size_t size = strcspn(start, "\n");
        if (memmem(start, size, visit->text, strlen(visit->text)) != NULL) {
            print_match(visit, class, selector, line, start, size);
            visit->found++;
        }
        start += size + (start[size] == '\n');
    }
}

static void visit_method(struct method_visit *visit, const char *class, oop selector, oop method)
{
    size_t size;
    if (!is_selector(selector, visit->selector))
        return;
    oop source = method_source(visit->heap, method);
    visit->methods++;
    visit->sources += !oop_is_none(source);
    char *text = oop_is_none(source) ? NULL : string_text(source, &size);
    if (text == NULL)
        return;
    if (visit->text != NULL) {
        visit_lines(visit, class, selector, text);
    } else {
        print_match(visit, class, selector, 0, text, size);
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
        visit_method(visit, name, method.selector, method.code);
}

static int visit_image(struct invocation *invocation, const char *image, struct method_visit *visit)
{
    struct status *status = &invocation->status;
    visit->heap = image_objects_open(image, status);
    if (visit->heap == NULL)
        return (int)status->code;
    for (oop object = heap_first_object(visit->heap); !oop_is_none(object);
         object = heap_next_object(visit->heap, object))
        visit_class(visit, object);
    image_objects_close(visit->heap);
    if (visit->found == 0) {
        bool elsewhere = visit->methods > 0 && visit->sources == 0;
        status_fail(status, STATUS_FAILURE, "nothing found%s",
                    elsewhere ? ": the methods of this image keep their text in other files" : "");
        return STATUS_FAILURE;
    }
    return flush_output(invocation);
}

int command_grep(struct invocation *invocation)
{
    struct object_options own = {0};
    if (!options_take_own(&invocation->options, &invocation->words, object_rows, 1, &own,
                          &invocation->status))
        return STATUS_USAGE;
    if (invocation->words.count != 2 || invocation->words.items[1][0] == 0)
        return usage_error(invocation, "grep wants an image and a text");
    struct method_visit visit = {.text = invocation->words.items[1], .json = own.json};
    return visit_image(invocation, invocation->words.items[0], &visit);
}

int command_source(struct invocation *invocation)
{
    struct object_options own = {0};
    if (!options_take_own(&invocation->options, &invocation->words, object_rows, 1, &own,
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
