/*
 * Modules of primitives that a world may ask for and that are not linked into the program: windows, drawing and text, which
 * are in viv-gui.so. It is opened when first asked for, and stays open.
 */
#ifndef VIV_TOOLS_VIV_MODULES_H
#define VIV_TOOLS_VIV_MODULES_H

#include "vm/primitive.h"

struct modules {
    const char
        *program; /* absolute name of the program: modules lie beside it, or in ../lib/vivarium */
    void *gui;    /* viv-gui.so; NULL before it was asked for, and when there is none */
    bool tried;
    char reason[512]; /* why there is none, once it was tried */
};

/* viv_options.load_module, with a struct modules as its context. */
const struct primitive_table *modules_load(void *context, const char *module);

/* The address of a function that viv-gui.so exports, opening it first; NULL when there is none. */
void *modules_gui_function(struct modules *modules, const char *name) VIV_MUST_USE;

#endif
