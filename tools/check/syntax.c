/*
 * viv-syntax: parses and compiles Tonel packages without building an image.
 *
 *     viv-syntax FOLDER|MANIFEST …
 *
 * Prints `file:line:column: message` for everything wrong and exits with 4 when there was an error. Classes and names of
 * packages that are not given count as not defined: give a manifest to check a whole library.
 */
#include "image/bootstrap/manifest.h"
#include "image/bootstrap/model.h"

#include <stdio.h>
#include <sys/stat.h>

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void read_manifest(struct tonel_sources *sources, struct list *globals, const char *path)
{
    const struct manifest *manifest = manifest_read(text_from(path), sources->diagnostics);
    if (manifest == NULL)
        return;
    for (size_t i = 0; i < manifest->packages.count; i++)
        tonel_read_package(sources, *(struct text *)manifest->packages.items[i]);
    for (size_t i = 0; i < manifest->globals.count; i++)
        list_add(globals, manifest->globals.items[i]);
}

static size_t compile_all(struct model *model)
{
    size_t count = 0;
    for (size_t i = 0; i < model->classes.count; i++) {
        const struct model_class *class = model->classes.items[i];
        for (size_t j = 0; j < class->methods.count; j++, count++)
            model_compile(model, class, class->methods.items[j], false);
        for (size_t j = 0; j < class->class_methods.count; j++, count++)
            model_compile(model, class, class->class_methods.items[j], false);
    }
    return count;
}

int main(int argument_count, char **arguments)
{
    if (argument_count < 2) {
        fprintf(stderr, "usage: viv-syntax FOLDER|MANIFEST ...\n");
        return STATUS_USAGE;
    }
    bool entered = compiler_memory_enter();
    struct diagnostics diagnostics = {.error_count = 0};
    struct tonel_sources sources = {.diagnostics = &diagnostics};
    struct list globals = {NULL, 0, 0};
    for (int i = 1; i < argument_count; i++) {
        if (is_folder(arguments[i]))
            tonel_read_package(&sources, text_from(arguments[i]));
        else
            read_manifest(&sources, &globals, arguments[i]);
    }
    struct model *model = model_make(&sources);
    static const char *const standard[] = {"Smalltalk", "Processor", "Undeclared", "Transcript",
                                           "BootstrapInitializers"};
    for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
        model_add_global(model, text_from(standard[i]));
    for (size_t i = 0; i < globals.count; i++)
        model_add_global(model, *(struct text *)globals.items[i]);
    size_t count = compile_all(model);
    diagnostics_print(&diagnostics, stderr);
    printf("%zu classes, %zu methods, %zu errors, %zu warnings\n", model->classes.count, count,
           diagnostics.error_count, diagnostics.items.count - diagnostics.error_count);
    size_t error_count = diagnostics.error_count;
    compiler_memory_leave(entered);
    return error_count == 0 ? STATUS_OK : STATUS_SYNTAX;
}
