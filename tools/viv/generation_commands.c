/* viv generations: the images that saves have kept, and how one comes back. */
#include "image/format/describe.h"
#include "image/store/generations.h"
#include "image/store/lock.h"
#include "tools/viv/commands.h"
#include "tools/viv/printing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct generation_options {
    const char *restore;
    bool json;
};

static const struct option_row generation_rows[] = {
    {"restore", OPTION_TEXT, offsetof(struct generation_options, restore)},
    {"json", OPTION_FLAG, offsetof(struct generation_options, json)},
};

/* One line; 0 is the image itself. */
static void print_generation(unsigned number, const char *path, const struct stat *facts, bool json)
{
    char text[UTC_TEXT_SIZE];
    const char *when = utc_text(facts->st_mtime, text);
    if (!json) {
        printf("%u  %s  %10" PRIu64 "  %s\n", number, when, (uint64_t)facts->st_size, path);
        return;
    }
    printf("{\"number\": %u, \"time\": \"%s\", \"size\": %" PRIu64 ", \"path\": ", number, when,
           (uint64_t)facts->st_size);
    print_json_string(path);
    puts("}");
}

static int restore(struct invocation *invocation, const char *image, const char *text)
{
    struct image_lock lock;
    struct image_description description;
    char path[PATH_MAX];
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    struct status *status = &invocation->status;
    if (*text == 0 || *end != 0 || number == 0 || number > GENERATIONS_MAX)
        return usage_error(invocation, "option --restore wants the number of a generation, from 1");
    if (!image_lock_take(&lock, io_system(), image, status))
        return (int)status->code;
    bool good = generation_path(image, (unsigned)number, path, sizeof path) &&
                image_check_file(path, &description, status) &&
                generation_restore(io_system(), image, (unsigned)number, status);
    image_lock_release(&lock);
    if (!good)
        return status_ok(status) ? STATUS_FAILURE : (int)status->code;
    if (!invocation->options.quiet)
        printf("%s is generation %lu again; what it was is generation 1\n", image, number);
    return flush_output(invocation);
}

int command_generations(struct invocation *invocation)
{
    struct generation_options own = {0};
    struct stat facts;
    char path[PATH_MAX];
    char image[PATH_MAX];
    if (!options_take_own(&invocation->options, &invocation->words, generation_rows, 2, &own,
                          &invocation->status))
        return STATUS_USAGE;
    if (invocation->words.count != 1)
        return usage_error(invocation, "generations wants one image");
    const char *name = invocation->words.items[0];
    if (realpath(name, image) == NULL)
        snprintf(image, sizeof image, "%s", name);
    if (own.restore != NULL)
        return restore(invocation, image, own.restore);
    unsigned found = 0;
    for (unsigned i = 0; i <= GENERATIONS_MAX; i++) {
        if (!generation_path(image, i, path, sizeof path) || stat(path, &facts) != 0)
            continue;
        print_generation(i, path, &facts, own.json);
        found++;
    }
    if (found == 0) {
        status_fail(&invocation->status, STATUS_IMAGE,
                    "%s: there is no such image, nor an older one", name);
        return STATUS_IMAGE;
    }
    return flush_output(invocation);
}
