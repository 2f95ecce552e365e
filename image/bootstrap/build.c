#include "image/bootstrap/build.h"

#include "image/bootstrap/genesis.h"
#include "image/format/arrange.h"
#include "image/format/reader.h"
#include "vm/primitive.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The words of the manifest's rehearsal, ours: they outlive the compiler's memory. */
struct rehearsal {
    char **words;
    int word_count;
};

static void forget_rehearsal(struct rehearsal *rehearsal)
{
    for (int i = 0; i < rehearsal->word_count; i++)
        free(rehearsal->words[i]);
    free(rehearsal->words);
}

/* False: no memory. */
static bool keep_rehearsal(struct rehearsal *rehearsal, const struct list *words)
{
    rehearsal->words = calloc(words->count + 1, sizeof *rehearsal->words);
    if (rehearsal->words == NULL)
        return false;
    for (size_t i = 0; i < words->count; i++) {
        const struct text *word = words->items[i];
        rehearsal->words[i] = strndup(word->bytes, word->size);
        if (rehearsal->words[i] == NULL)
            return false;
        rehearsal->word_count++;
    }
    return true;
}

static bool report(const struct diagnostics *diagnostics, const char *manifest_path, FILE *stream,
                   struct status *status)
{
    if (stream == NULL)
        return diagnostics_status(diagnostics, status);
    diagnostics_print(diagnostics, stream);
    if (diagnostics->error_count == 0)
        return true;
    return status_fail(status, STATUS_SYNTAX, "%zu error%s in the sources of %s",
                       diagnostics->error_count, diagnostics->error_count == 1 ? "" : "s",
                       manifest_path);
}

/* Everything that needs the compiler's memory. */
static bool make_world(struct vm *vm, const char *manifest_path,
                       const struct build_options *options, struct rehearsal *rehearsal,
                       struct status *status)
{
    struct diagnostics diagnostics = {.error_count = 0};
    struct tonel_sources sources = {.diagnostics = &diagnostics};
    const struct manifest *manifest = manifest_read(text_from(manifest_path), &diagnostics);
    if (manifest == NULL) {
        diagnostics_status(&diagnostics, status);
        status->code = STATUS_USAGE;
        return false;
    }
    for (size_t i = 0; i < manifest->packages.count; i++)
        tonel_read_package(&sources, *(struct text *)manifest->packages.items[i]);
    if (!keep_rehearsal(rehearsal, &manifest->rehearsal))
        return status_fail(status, STATUS_MEMORY, "no memory for the words of the rehearsal");
    struct model *model = model_make(&sources);
    const struct genesis_options genesis = {manifest, options->portable, options->seed};
    bool made = genesis_make(vm_heap(vm), model, &genesis);
    viv_assert(made == (diagnostics.error_count == 0), "a genesis that fails says why");
    return report(&diagnostics, manifest_path, options->diagnostics, status);
}

/* When and how large: changes whenever the file is replaced. */
static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool run_world(struct vm *vm, const char *output_path, struct status *status)
{
    struct stat before = {0};
    struct stat after = {0};
    bool existed = stat(output_path, &before) == 0;
    int exit_status = viv_run(vm);
    if (exit_status != 0)
        return status_fail(status, STATUS_FAILURE,
                           "the new world ended with status %d before it was saved", exit_status);
    if (stat(output_path, &after) != 0 || (existed && same_file(&before, &after)))
        return status_fail(status, STATUS_FAILURE,
                           "the new world ended without saving itself as %s", output_path);
    return true;
}

/* What a rehearsal prints is of no interest. Answers where standard output leads otherwise. */
static int silence_output(void)
{
    int kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    /* What could not be restored is left alone. */
    int nowhere = kept < 0 ? -1 : open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) {
        dup2(nowhere, STDOUT_FILENO);
        close(nowhere);
    }
    return kept;
}

static void restore_output(int kept)
{
    if (kept < 0)
        return;
    dup2(kept, STDOUT_FILENO);
    close(kept);
}

/* Starts what was built, sees what that needs, and puts it to the front. */
static bool rehearse(const struct rehearsal *rehearsal, const char *output_path,
                     const struct build_options *options, struct status *status)
{
    struct viv_options vm_options = options->vm;
    vm_options.load_image = image_load;
    vm_options.save_image = NULL;
    vm_options.compile_after = 0;
    vm_options.argument_count = rehearsal->word_count;
    vm_options.arguments = rehearsal->words;
    struct vm *vm = viv_open(output_path, &vm_options, status);
    if (vm == NULL)
        return false;
    int output = silence_output();
    int exit_status = viv_run(vm);
    restore_output(output);
    bool good = exit_status == 0 ? image_arrange(vm, output_path, io_system(), status)
                                 : status_fail(status, STATUS_FAILURE,
                                               "the rehearsal ended with status %d", exit_status);
    viv_close(vm);
    return good;
}

bool build_image(const char *manifest_path, const char *output_path,
                 const struct build_options *options, struct status *status)
{
    struct vm *vm = viv_open(NULL, &options->vm, status);
    if (vm == NULL)
        return false;
    struct rehearsal rehearsal = {.word_count = 0};
    bool entered = compiler_memory_enter();
    bool made = make_world(vm, manifest_path, options, &rehearsal, status);
    compiler_memory_leave(entered);
    if (made && !vm_set_image_path(vm, output_path))
        made = status_fail(status, STATUS_MEMORY, "no memory for the name of the image");
    made = made && vm_start(vm, status) && run_world(vm, output_path, status);
    viv_close(vm);
    if (made && rehearsal.word_count > 0) {
        const struct io *io = io_system();
        made = rehearse(&rehearsal, output_path, options, status);
        /* The world that fails its rehearsal has saved itself already. */
        if (!made)
            io->unlink(io->context, output_path);
    }
    forget_rehearsal(&rehearsal);
    return made;
}
