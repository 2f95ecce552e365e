/* viv heap: what the objects of an image take, what holds one, and which hold most. The image is not run. */
#include "tools/viv/commands.h"
#include "tools/viv/heap_reports.h"
#include "tools/viv/image_objects.h"
#include "tools/viv/printing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct heap_command_options {
    bool json;
    bool retained;
    const char *top;
    const char *path;
};

static const struct option_row heap_rows[] = {
    {"json", OPTION_FLAG, offsetof(struct heap_command_options, json)},
    {"retained", OPTION_FLAG, offsetof(struct heap_command_options, retained)},
    {"top", OPTION_TEXT, offsetof(struct heap_command_options, top)},
    {"path", OPTION_TEXT, offsetof(struct heap_command_options, path)},
};

enum { TOP_DEFAULT = 30 };

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
    class_name_at(heap, share->class_index, name);
    if (json) {
        printf("{\"class\": ");
        print_json_string(name);
        printf(", \"objects\": %" PRIu64 ", \"bytes\": %" PRIu64 "}\n", share->count, share->bytes);
    } else {
        printf("%12" PRIu64 " %10" PRIu64 "  %s\n", share->bytes, share->count, name);
    }
}

static bool report_sizes(struct heap *heap, size_t top, bool json, struct status *status)
{
    struct class_share *shares = calloc(CLASS_INDEX_LIMIT, sizeof *shares);
    if (shares == NULL)
        return status_fail(status, STATUS_MEMORY, "no memory to add up the objects");
    size_t count = add_up(heap, shares);
    if (!json)
        printf("%12s %10s  %s\n", "bytes", "objects", "class");
    for (size_t i = 0; i < count && i < top; i++)
        print_share(heap, &shares[i], json);
    free(shares);
    return true;
}

int command_heap(struct invocation *invocation)
{
    struct heap_command_options own = {0};
    struct status *status = &invocation->status;
    if (!options_take_own(&invocation->options, &invocation->words, heap_rows, 4, &own, status))
        return STATUS_USAGE;
    char *end = "";
    unsigned long top = own.top == NULL ? TOP_DEFAULT : strtoul(own.top, &end, 10);
    if (*end != 0 || top == 0)
        return usage_error(invocation, "option --top wants a number");
    if (invocation->words.count != 1)
        return usage_error(invocation, "heap wants one image");
    if (own.path != NULL && (own.retained || own.top != NULL))
        return usage_error(invocation, "option --path goes with neither --retained nor --top");
    struct path_target target;
    if (own.path != NULL && !path_target_parse(&target, own.path))
        return usage_error(invocation, "option --path wants CLASS, CLASS@N or 0xOFFSET");
    struct heap *heap = image_objects_open(invocation->words.items[0], status);
    if (heap == NULL)
        return (int)status->code;
    bool good = own.path != NULL ? report_path(heap, &target, own.json, status)
                : own.retained   ? report_retained(heap, top, own.json, status)
                                 : report_sizes(heap, top, own.json, status);
    image_objects_close(heap);
    return good ? flush_output(invocation) : (int)status->code;
}
