/* viv diff: what differs between two images, in the words of those who made them: classes, methods, numbers of instances. */
#include "tools/viv/commands.h"
#include "tools/viv/image_classes.h"
#include "tools/viv/image_methods.h"
#include "tools/viv/printing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct diff_options {
    bool json;
};

static const struct option_row diff_rows[] = {
    {"json", OPTION_FLAG, offsetof(struct diff_options, json)},
};

enum { INSTANCES_SHOWN = 20 };

struct diff_side {
    struct heap *heap;
    struct class_list classes;
    struct method_side methods;
};

struct diff {
    struct diff_side sides[2];
    bool json;
    bool no_memory;
    uint64_t found; /* differences of classes and methods */
};

/* --- classes that only one has ---------------------------------------------------------------------------------------------- */

static int class_by_name(const void *name, const void *entry)
{
    return strcmp(name, ((const struct class_entry *)entry)->name);
}

static const struct class_entry *find_class(const struct diff_side *side, const char *name)
{
    const struct class_list *list = &side->classes;
    return list->count == 0
               ? NULL
               : bsearch(name, list->items, list->count, sizeof *list->items, class_by_name);
}

/* The other side of a class has the name with this behind it; NULL for a name without it. */
static const char *class_side_suffix(const char *name)
{
    static const char suffix[] = " class";
    size_t size = strlen(name);
    size_t suffix_size = sizeof suffix - 1;
    return size > suffix_size && strcmp(name + size - suffix_size, suffix) == 0
               ? name + size - suffix_size
               : NULL;
}

static size_t method_count(oop class)
{
    struct image_method method;
    size_t position = 0;
    size_t count = 0;
    while (class_next_method(class, &position, &method))
        count++;
    return count;
}

/* A class with its class side is one line; a class side alone, of a class that both have, is one as well. */
static void tell_class(struct diff *diff, int with, const struct class_entry *entry)
{
    char name[CLASS_NAME_SIZE];
    const struct diff_side *side = &diff->sides[with];
    const char *change = with == 1 ? "added" : "removed";
    const char *suffix = class_side_suffix(entry->name);
    if (suffix != NULL) {
        snprintf(name, sizeof name, "%.*s", (int)(suffix - entry->name), entry->name);
        if (find_class(side, name) != NULL && find_class(&diff->sides[1 - with], name) == NULL)
            return;
    }
    size_t methods = method_count(entry->class);
    snprintf(name, sizeof name, "%.*s class", CLASS_NAME_SIZE - 8, entry->name);
    const struct class_entry *class_side = find_class(side, name);
    if (class_side != NULL)
        methods += method_count(class_side->class);
    if (diff->json) {
        printf("{\"change\": \"%s\", \"kind\": \"class\", \"class\": ", change);
        print_json_string(entry->name);
        printf(", \"methods\": %zu}\n", methods);
    } else {
        printf("%s class %s (%zu methods)\n", change, entry->name, methods);
    }
    diff->found++;
}

/* --- classes that both have ------------------------------------------------------------------------------------------------- */

struct told_facts {
    char *old[FACT_COUNT];
    char *new[FACT_COUNT];
    size_t differing;
};

static void print_fact(enum class_fact fact, const char *old, const char *new, bool json)
{
    if (json) {
        print_json_string(class_fact_name(fact));
        printf(": {\"old\": ");
        print_json_string(old);
        printf(", \"new\": ");
        print_json_string(new);
        putchar('}');
    } else if (fact == FACT_COMMENT) {
        printf("%s", class_fact_name(fact));
    } else {
        printf("%s '%s', now '%s'", class_fact_name(fact), old, new);
    }
}

static void print_facts(const struct diff *diff, const char *name, const struct told_facts *facts)
{
    bool first = true;
    if (diff->json) {
        printf("{\"change\": \"changed\", \"kind\": \"class\", \"class\": ");
        print_json_string(name);
        printf(", \"facts\": {");
    } else {
        printf("changed class %s: ", name);
    }
    for (size_t i = 0; i < FACT_COUNT; i++) {
        if (strcmp(facts->old[i], facts->new[i]) == 0)
            continue;
        if (!first)
            fputs(diff->json ? ", " : "; ", stdout);
        print_fact((enum class_fact)i, facts->old[i], facts->new[i], diff->json);
        first = false;
    }
    puts(diff->json ? "}}" : "");
}

/* The superclass of a class side follows that of the class and would be told twice. */
static bool is_told(const char *name, enum class_fact fact)
{
    return fact != FACT_SUPERCLASS || class_side_suffix(name) == NULL;
}

static void compare_facts(struct diff *diff, const struct class_entry *old,
                          const struct class_entry *new)
{
    struct told_facts facts = {.differing = 0};
    for (size_t i = 0; i < FACT_COUNT; i++) {
        enum class_fact fact = (enum class_fact)i;
        bool told = is_told(old->name, fact);
        facts.old[i] = told ? class_fact_text(diff->sides[0].heap, old->class, fact) : strdup("");
        facts.new[i] = told ? class_fact_text(diff->sides[1].heap, new->class, fact) : strdup("");
        if (facts.old[i] == NULL || facts.new[i] == NULL)
            diff->no_memory = true;
        else
            facts.differing += strcmp(facts.old[i], facts.new[i]) != 0;
    }
    if (facts.differing > 0 && !diff->no_memory) {
        print_facts(diff, old->name, &facts);
        diff->found++;
    }
    for (size_t i = 0; i < FACT_COUNT; i++) {
        free(facts.old[i]);
        free(facts.new[i]);
    }
}

static void tell_method(struct diff *diff, const char *change, const char *class,
                        const char *selector)
{
    if (diff->json) {
        printf("{\"change\": \"%s\", \"kind\": \"method\", \"class\": ", change);
        print_json_string(class);
        printf(", \"selector\": ");
        print_json_string(selector);
        puts("}");
    } else {
        printf("%s method %s>>%s\n", change, class, selector);
    }
    diff->found++;
}

static void compare_method_lists(struct diff *diff, const char *class,
                                 const struct method_list *old, const struct method_list *new)
{
    size_t i = 0;
    size_t j = 0;
    while (i < old->count || j < new->count) {
        int order = i == old->count   ? 1
                    : j == new->count ? -1
                                      : strcmp(old->items[i].selector, new->items[j].selector);
        if (order < 0)
            tell_method(diff, "removed", class, old->items[i].selector);
        else if (order > 0)
            tell_method(diff, "added", class, new->items[j].selector);
        else if (!same_method(&diff->sides[0].methods, &old->items[i].method,
                              &diff->sides[1].methods, &new->items[j].method))
            tell_method(diff, "changed", class, old->items[i].selector);
        i += order <= 0;
        j += order >= 0;
    }
}

static void compare_class(struct diff *diff, const struct class_entry *old,
                          const struct class_entry *new)
{
    struct method_list old_methods = {NULL, 0};
    struct method_list new_methods = {NULL, 0};
    compare_facts(diff, old, new);
    if (method_list_find(&old_methods, old->class) && method_list_find(&new_methods, new->class))
        compare_method_lists(diff, old->name, &old_methods, &new_methods);
    else
        diff->no_memory = true;
    method_list_free(&old_methods);
    method_list_free(&new_methods);
}

static void compare_classes(struct diff *diff)
{
    const struct class_list *old = &diff->sides[0].classes;
    const struct class_list *new = &diff->sides[1].classes;
    size_t i = 0;
    size_t j = 0;
    while ((i < old->count || j < new->count) && !diff->no_memory) {
        int order = i == old->count   ? 1
                    : j == new->count ? -1
                                      : strcmp(old->items[i].name, new->items[j].name);
        if (order < 0)
            tell_class(diff, 0, &old->items[i]);
        else if (order > 0)
            tell_class(diff, 1, &new->items[j]);
        else
            compare_class(diff, &old->items[i], &new->items[j]);
        i += order <= 0;
        j += order >= 0;
    }
}

/* --- instances -------------------------------------------------------------------------------------------------------------- */

struct instance_count {
    const char *name;
    uint64_t counts[2];
};

static uint64_t distance(const struct instance_count *count)
{
    return count->counts[0] > count->counts[1] ? count->counts[0] - count->counts[1]
                                               : count->counts[1] - count->counts[0];
}

static int most_different_first(const void *one, const void *other)
{
    const struct instance_count *a = one;
    const struct instance_count *b = other;
    if (distance(a) != distance(b))
        return distance(a) < distance(b) ? 1 : -1;
    return strcmp(a->name, b->name);
}

static int count_by_name(const void *one, const void *other)
{
    return strcmp(((const struct instance_count *)one)->name,
                  ((const struct instance_count *)other)->name);
}

/* Numbers by class index; class sides have one instance, which is told as a class, and are left out. */
static bool count_instances(const struct diff_side *side, int which, struct instance_count *counts,
                            size_t *used)
{
    struct heap *heap = side->heap;
    uint64_t *numbers = calloc(CLASS_INDEX_LIMIT, sizeof *numbers);
    if (numbers == NULL)
        return false;
    for (oop object = heap_first_object(heap); !oop_is_none(object);
         object = heap_next_object(heap, object))
        numbers[object_class_index(object)]++;
    for (size_t i = 0; i < side->classes.count; i++) {
        const struct class_entry *entry = &side->classes.items[i];
        uint32_t index = object_hash_bits(entry->class);
        if (class_side_suffix(entry->name) != NULL ||
            !oop_same(heap_class_at(heap, index), entry->class) || numbers[index] == 0)
            continue;
        counts[*used].name = entry->name;
        counts[*used].counts[which] = numbers[index];
        ++*used;
    }
    free(numbers);
    return true;
}

/* Adds up what has the same name. Answers how many are left. */
static size_t merge_counts(struct instance_count *counts, size_t count)
{
    size_t used = 0;
    if (count > 1)
        qsort(counts, count, sizeof *counts, count_by_name);
    for (size_t i = 0; i < count; i++) {
        if (used > 0 && strcmp(counts[used - 1].name, counts[i].name) == 0) {
            counts[used - 1].counts[0] += counts[i].counts[0];
            counts[used - 1].counts[1] += counts[i].counts[1];
        } else {
            counts[used++] = counts[i];
        }
    }
    return used;
}

static void print_count(const struct instance_count *count, bool json)
{
    if (json) {
        printf("{\"change\": \"changed\", \"kind\": \"instances\", \"class\": ");
        print_json_string(count->name);
        printf(", \"old\": %" PRIu64 ", \"new\": %" PRIu64 "}\n", count->counts[0],
               count->counts[1]);
    } else {
        printf("instances of %s: %" PRIu64 ", now %" PRIu64 "\n", count->name, count->counts[0],
               count->counts[1]);
    }
}

static void compare_instances(struct diff *diff)
{
    size_t room = diff->sides[0].classes.count + diff->sides[1].classes.count;
    struct instance_count *counts = calloc(room + 1, sizeof *counts);
    size_t used = 0;
    if (counts == NULL || !count_instances(&diff->sides[0], 0, counts, &used) ||
        !count_instances(&diff->sides[1], 1, counts, &used)) {
        diff->no_memory = true;
        free(counts);
        return;
    }
    used = merge_counts(counts, used);
    if (used > 1)
        qsort(counts, used, sizeof *counts, most_different_first);
    for (size_t i = 0; i < used && i < INSTANCES_SHOWN && distance(&counts[i]) > 0; i++)
        print_count(&counts[i], diff->json);
    free(counts);
}

/* --- the command ------------------------------------------------------------------------------------------------------------ */

/* What nothing refers to any more is not part of the world: old versions of changed classes and methods. */
static bool open_side(struct diff *diff, int which, const char *path, struct status *status)
{
    struct diff_side *side = &diff->sides[which];
    side->heap = image_objects_open(path, status);
    if (side->heap == NULL)
        return false;
    heap_collect_full(side->heap, false);
    side->methods.heap = side->heap;
    source_files_begin(&side->methods.sources, path);
    return class_list_find(&side->classes, side->heap) ||
           status_fail(status, STATUS_MEMORY, "%s: no memory for its classes", path);
}

static void close_side(struct diff_side *side)
{
    class_list_free(&side->classes);
    source_files_end(&side->methods.sources);
    if (side->heap != NULL)
        image_objects_close(side->heap);
}

int command_diff(struct invocation *invocation)
{
    struct diff_options own = {0};
    struct status *status = &invocation->status;
    if (!options_take_own(&invocation->options, &invocation->words, diff_rows, 1, &own, status))
        return STATUS_USAGE;
    if (invocation->words.count != 2)
        return usage_error(invocation, "diff wants two images");
    struct diff diff = {.json = own.json};
    if (open_side(&diff, 0, invocation->words.items[0], status) &&
        open_side(&diff, 1, invocation->words.items[1], status)) {
        compare_classes(&diff);
        compare_instances(&diff);
        if (diff.no_memory)
            status_fail(status, STATUS_MEMORY, "no memory to compare the images");
    }
    close_side(&diff.sides[0]);
    close_side(&diff.sides[1]);
    if (!status_ok(status))
        return (int)status->code;
    int flushed = flush_output(invocation);
    return flushed != STATUS_OK ? flushed : diff.found > 0 ? STATUS_FAILURE : STATUS_OK;
}
