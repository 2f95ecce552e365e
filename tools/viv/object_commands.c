/* Commands that look into an image without running it: heap, source, grep. */
#include "tools/viv/commands.h"
#include "tools/viv/image_objects.h"
#include "tools/viv/printing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct object_options {
    bool json;
    const char *top;
};

static const struct option_row object_rows[] = {
    {"json", OPTION_FLAG, offsetof(struct object_options, json)},
    {"top", OPTION_TEXT, offsetof(struct object_options, top)},
};

enum { TOP_DEFAULT = 30 };

/* --- heap ------------------------------------------------------------------------------------------------------------------- */

struct class_share {
    uint64_t count;
    uint64_t bytes;
    uint32_t class_index;
};

static int larger_first(const void *one, const void *other)
{
    const struct class_share *a = one;
    const struct class_share *b = other;
    if (a->bytes != b->bytes)
        return a->bytes < b->bytes ? 1 : -1;
    return a->class_index < b->class_index ? -1 : 1;
}

/* Adds up all objects by class; answers how many classes have some, the largest first. */
static size_t add_up(struct heap *heap, struct class_share *shares)
{
    for (oop object = heap_first_object(heap); !oop_is_none(object);
         object = heap_next_object(heap, object)) {
        struct class_share *share = &shares[object_class_index(object) % CLASS_INDEX_LIMIT];
        share->count++;
        share->bytes += object_size(object);
        share->class_index = object_class_index(object);
    }
    size_t used = 0;
    for (size_t i = 0; i < CLASS_INDEX_LIMIT; i++)
        if (shares[i].count > 0)
            shares[used++] = shares[i];
    qsort(shares, used, sizeof *shares, larger_first);
    return used;
}

static void print_share(struct heap *heap, const struct class_share *share, bool json)
{
    char name[CLASS_NAME_SIZE];
    if (!class_name(heap, heap_class_at(heap, share->class_index), name))
        snprintf(name, sizeof name, "class %" PRIu32, share->class_index);
    if (json) {
        printf("{\"class\": ");
        print_json_string(name);
        printf(", \"objects\": %" PRIu64 ", \"bytes\": %" PRIu64 "}\n", share->count, share->bytes);
    } else {
        printf("%12" PRIu64 " %10" PRIu64 "  %s\n", share->bytes, share->count, name);
    }
}

int command_heap(struct invocation *invocation)
{
    struct object_options own = {0};
    struct status *status = &invocation->status;
    if (!options_take_own(&invocation->options, &invocation->words, object_rows, 2, &own, status))
        return STATUS_USAGE;
    char *end = "";
    unsigned long top = own.top == NULL ? TOP_DEFAULT : strtoul(own.top, &end, 10);
    if (*end != 0 || top == 0)
        return usage_error(invocation, "option --top wants a number");
    if (invocation->words.count != 1)
        return usage_error(invocation, "heap wants one image");
    struct heap *heap = image_objects_open(invocation->words.items[0], status);
    if (heap == NULL)
        return (int)status->code;
    struct class_share *shares = calloc(CLASS_INDEX_LIMIT, sizeof *shares);
    if (shares == NULL) {
        image_objects_close(heap);
        status_fail(status, STATUS_MEMORY, "no memory to add up the objects");
        return STATUS_MEMORY;
    }
    size_t count = add_up(heap, shares);
    if (!own.json)
        printf("%12s %10s  %s\n", "bytes", "objects", "class");
    for (size_t i = 0; i < count && i < top; i++)
        print_share(heap, &shares[i], own.json);
    free(shares);
    image_objects_close(heap);
    return flush_output(invocation);
}

/* --- methods ---------------------------------------------------------------------------------------------------------------- */

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
