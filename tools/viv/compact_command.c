/* viv compact: an image written anew without garbage and holes, in its place or under another name. */
#include "image/format/compaction.h"
#include "image/format/describe.h"
#include "image/store/generations.h"
#include "image/store/lock.h"
#include "tools/viv/commands.h"
#include "tools/viv/printing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct compact_options {
    const char *save_as;
    bool json;
};

static const struct option_row compact_rows[] = {
    {"save-as", OPTION_TEXT, offsetof(struct compact_options, save_as)},
    {"json", OPTION_FLAG, offsetof(struct compact_options, json)},
};

static void print_json(const char *path, const struct image_compaction *compaction)
{
    printf("{\"image\": ");
    print_json_string(path);
    printf(", \"written\": %s, \"objectsBefore\": %" PRIu64 ", \"objects\": %" PRIu64
           ", \"bytesBefore\": %" PRIu64 ", \"bytes\": %" PRIu64 "}\n",
           compaction->written ? "true" : "false", compaction->objects_before,
           compaction->objects_after, compaction->size_before, compaction->size_after);
}

static void print_text(const char *path, const struct image_compaction *compaction)
{
    if (!compaction->written)
        printf("%s is compact already; it stays as it is\n", path);
    else
        printf("%s: %" PRIu64 " of %" PRIu64 " objects went, %" PRIu64 " bytes are left of %" PRIu64
               "\n",
               path, compaction->objects_before - compaction->objects_after,
               compaction->objects_before, compaction->size_after, compaction->size_before);
}

int command_compact(struct invocation *invocation)
{
    struct compact_options own = {0};
    struct image_compaction compaction;
    struct image_description description;
    struct image_lock lock;
    struct status taken = {0};
    char target[PATH_MAX];
    struct status *status = &invocation->status;
    const struct options *options = &invocation->options;
    if (!options_take_own(&invocation->options, &invocation->words, compact_rows, 2, &own, status))
        return STATUS_USAGE;
    if (invocation->words.count != 1)
        return usage_error(invocation, "compact wants one image");
    const char *image = invocation->words.items[0];
    const char *path = own.save_as != NULL ? own.save_as : image;
    if (options->read_only && own.save_as == NULL)
        return usage_error(invocation, "compact --read-only wants --save-as FILE");
    if (*path == 0)
        return usage_error(invocation, "option --save-as wants a file name");
    if (realpath(path, target) == NULL)
        snprintf(target, sizeof target, "%s", path);
    /* What is no image is refused before anything is made beside the target. */
    if (!image_describe(image, &description, status))
        return (int)status->code;
    if (!image_lock_take(&lock, io_system(), target, &taken)) {
        status_fail(status, STATUS_SAVE, "image not saved: %s", taken.sentence);
        return STATUS_SAVE;
    }
    bool good = image_compact(image, target, io_system(),
                              options->keeps_none ? 0 : GENERATIONS_KEPT, &compaction, status);
    image_lock_release(&lock);
    if (!good)
        return (int)status->code;
    if (own.json)
        print_json(path, &compaction);
    else if (!options->quiet)
        print_text(path, &compaction);
    return flush_output(invocation);
}
