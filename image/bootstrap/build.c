#include "image/bootstrap/build.h"

#include "image/bootstrap/genesis.h"
#include "vm/primitive.h"

#include <sys/stat.h>

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
                       const struct build_options *options, struct status *status)
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

bool build_image(const char *manifest_path, const char *output_path,
                 const struct build_options *options, struct status *status)
{
    struct vm *vm = viv_open(NULL, &options->vm, status);
    if (vm == NULL)
        return false;
    bool entered = compiler_memory_enter();
    bool made = make_world(vm, manifest_path, options, status);
    compiler_memory_leave(entered);
    if (made && !vm_set_image_path(vm, output_path))
        made = status_fail(status, STATUS_MEMORY, "no memory for the name of the image");
    made = made && vm_start(vm, status) && run_world(vm, output_path, status);
    viv_close(vm);
    return made;
}
