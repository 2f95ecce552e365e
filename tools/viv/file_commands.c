/* Commands that look at files and run no world: build, info, check, save-as, version. */
#include "tools/viv/commands.h"
#include "tools/viv/printing.h"

#include "image/bootstrap/build.h"
#include "image/format/describe.h"
#include "image/format/writer.h"
#include "primitives/table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

struct own_options {
    const char *output;
    bool json;
    bool portable;
};

static const struct option_row json_rows[] = {
    {"json", OPTION_FLAG, offsetof(struct own_options, json)},
};

/* The rows of an object of JSON that has begun; the first of them when is_first. */
static void print_facts_as_json(const struct image_description *description, bool is_first)
{
    struct image_fact fact;
    for (size_t i = 0; image_fact_at(description, i, &fact); i++) {
        printf("%s\n  ", is_first && i == 0 ? "" : ",");
        print_json_string(fact.name);
        printf(": ");
        if (fact.is_text)
            print_json_string(fact.text);
        else
            printf("%" PRIu64, fact.number);
    }
    printf("\n}\n");
}

static void print_facts(const struct image_description *description)
{
    struct image_fact fact;
    for (size_t i = 0; image_fact_at(description, i, &fact); i++) {
        if (fact.is_text)
            printf("%-20s %s\n", fact.name, fact.text);
        else
            printf("%-20s %" PRIu64 "\n", fact.name, fact.number);
    }
}

/* The one operand of a command; NULL and a usage error when there are more or none. */
static const char *only_operand(struct invocation *invocation, const char *command)
{
    if (invocation->words.count == 1)
        return invocation->words.items[0];
    usage_error(invocation, "%s wants one file", command);
    return NULL;
}

static const struct option_row build_rows[] = {
    {"output", OPTION_TEXT, offsetof(struct own_options, output)},
    {"portable", OPTION_FLAG, offsetof(struct own_options, portable)},
};

/* Says at once that the folder of the output takes no file, rather than after the whole build. */
static bool output_has_folder(const char *output, struct status *status)
{
    char reason[128];
    const char *slash = strrchr(output, '/');
    size_t size = slash == NULL ? 0 : (size_t)(slash - output) + 1;
    char *folder = size == 0 ? strdup(".") : strndup(output, size);
    if (folder == NULL)
        return status_fail(status, STATUS_MEMORY, "no memory for the name %s", output);
    bool good = access(folder, W_OK | X_OK) == 0;
    int error = errno;
    free(folder);
    return good || status_fail(status, STATUS_SAVE, "%s cannot be written: %s", output,
                               strerror_r(error, reason, sizeof reason));
}

int command_build(struct invocation *invocation)
{
    struct own_options own = {.output = NULL};
    const struct options *options = &invocation->options;
    if (!options_take_own(&invocation->options, &invocation->words, build_rows, 2, &own,
                          &invocation->status))
        return STATUS_USAGE;
    if (invocation->words.count != 1 || own.output == NULL)
        return usage_error(invocation, "build wants one manifest and -o IMAGE");
    if (options->seed > UINT32_MAX)
        return usage_error(invocation, "the seed of a build is below 2 to the power of 32");
    if (!output_has_folder(own.output, &invocation->status))
        return (int)invocation->status.code;
    struct build_options build = {.vm = viv_default_options(), .diagnostics = stderr};
    options_fill_vm(options, &build.vm);
    build.vm.primitives = viv_standard_primitives();
    build.vm.save_image = image_save;
    build.portable = own.portable;
    build.seed = (uint32_t)options->seed;
    if (!build_image(invocation->words.items[0], own.output, &build, &invocation->status))
        return (int)invocation->status.code;
    return STATUS_OK;
}

int command_info(struct invocation *invocation)
{
    struct own_options own = {.json = false};
    struct image_description description;
    if (!options_take_own(&invocation->options, &invocation->words, json_rows, 1, &own,
                          &invocation->status))
        return STATUS_USAGE;
    const char *path = only_operand(invocation, "info");
    if (path == NULL)
        return STATUS_USAGE;
    if (!image_describe(path, &description, &invocation->status))
        return (int)invocation->status.code;
    if (own.json) {
        putchar('{');
        print_facts_as_json(&description, true);
    } else {
        print_facts(&description);
    }
    return flush_output(invocation);
}

/* A file that is not sound is described, too: by the sentence that says why. */
static void print_check_as_json(const char *path, const struct image_description *description,
                                const struct status *status)
{
    printf("{\n  \"image\": ");
    print_json_string(path);
    printf(",\n  \"sound\": %s", status_ok(status) ? "true" : "false");
    if (status_ok(status)) {
        print_facts_as_json(description, false);
        return;
    }
    printf(",\n  \"problem\": ");
    print_json_string(status->sentence);
    printf("\n}\n");
}

int command_check(struct invocation *invocation)
{
    struct own_options own = {.json = false};
    struct image_description description;
    struct status *status = &invocation->status;
    if (!options_take_own(&invocation->options, &invocation->words, json_rows, 1, &own, status))
        return STATUS_USAGE;
    const char *path = only_operand(invocation, "check");
    if (path == NULL)
        return STATUS_USAGE;
    bool sound = image_check_file(path, &description, status);
    if (own.json && (sound || status->code == STATUS_IMAGE))
        print_check_as_json(path, &description, status);
    else if (sound && !invocation->options.quiet)
        printf("%s: sound, %" PRIu64 " objects, %" PRIu64 " classes, %" PRIu64 " methods\n", path,
               description.census.objects, description.census.classes, description.census.methods);
    int flushed = flush_output(invocation);
    return sound ? flushed : (int)status->code;
}

/* The world does not run: an image made elsewhere would not know the command. */
int command_save_as(struct invocation *invocation)
{
    struct own_options own = {.json = false};
    struct image_description description;
    struct words *words = &invocation->words;
    struct status *status = &invocation->status;
    if (!options_take_own(&invocation->options, words, json_rows, 1, &own, status))
        return STATUS_USAGE;
    if (words->count != 2)
        return usage_error(invocation, "save-as wants an image and a new name");
    if (!image_copy(words->items[0], words->items[1], status))
        return (int)status->code;
    if (!own.json)
        return STATUS_OK;
    if (!image_describe(words->items[1], &description, status))
        return (int)status->code;
    printf("{\n  \"image\": ");
    print_json_string(words->items[1]);
    print_facts_as_json(&description, false);
    return flush_output(invocation);
}

int command_version(struct invocation *invocation)
{
    struct own_options own = {.json = false};
    struct utsname system;
    if (!options_take_own(&invocation->options, &invocation->words, json_rows, 1, &own,
                          &invocation->status))
        return STATUS_USAGE;
    if (invocation->words.count != 0)
        return usage_error(invocation, "version takes no operand");
    if (uname(&system) != 0)
        system = (struct utsname){.sysname = "unknown", .machine = "unknown"};
    if (!own.json) {
        printf("Vivarium " VIV_VERSION " (%s %s)\n", system.sysname, system.machine);
        return flush_output(invocation);
    }
    printf("{\n  \"version\": ");
    print_json_string(VIV_VERSION);
    printf(",\n  \"system\": ");
    print_json_string(system.sysname);
    printf(",\n  \"machine\": ");
    print_json_string(system.machine);
    printf(",\n  \"image_format\": %d\n}\n", IMAGE_MAGIC);
    return flush_output(invocation);
}
