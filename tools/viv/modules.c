#include "tools/viv/modules.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const folders[] = {"", "/../lib/vivarium"};
static const char *const gui_modules[] = {"VivariumDrawing", "VivariumHost"};

static void open_gui(struct modules *modules)
{
    const char *slash = strrchr(modules->program, '/');
    modules->tried = true;
    snprintf(modules->reason, sizeof modules->reason, "viv-gui.so is not where %s is",
             slash == NULL ? "viv" : slash + 1);
    if (slash == NULL)
        return;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && modules->gui == NULL; i++) {
        char path[PATH_MAX];
        int length = snprintf(path, sizeof path, "%.*s%s/viv-gui.so",
                              (int)(slash - modules->program), modules->program, folders[i]);
        if (length <= 0 || (size_t)length >= sizeof path || access(path, F_OK) != 0)
            continue;
        modules->gui = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (modules->gui == NULL)
            snprintf(modules->reason, sizeof modules->reason, "%s", dlerror());
    }
}

void *modules_gui_function(struct modules *modules, const char *name)
{
    if (!modules->tried)
        open_gui(modules);
    return modules->gui == NULL ? NULL : dlsym(modules->gui, name);
}

const struct primitive_table *modules_load(void *context, const char *module)
{
    for (size_t i = 0; i < sizeof gui_modules / sizeof gui_modules[0]; i++) {
        if (strcmp(module, gui_modules[i]) != 0)
            continue;
        const struct primitive_table *(*function)(void);
        void *address = modules_gui_function(context, "viv_gui_primitives");
        memcpy(&function, &address, sizeof function);
        return function == NULL ? NULL : function();
    }
    return NULL;
}
