/*
 * The functions of all rows of gui.def, declared: each file that defines some includes this, and module.c makes the table of
 * them, which is what viv-gui.so exports.
 */
#ifndef VIV_GUI_MODULE_H
#define VIV_GUI_MODULE_H

#include "vm/host.h"
#include "vm/primitive.h"

/* What other programs find in viv-gui.so by name; everything else is hidden. */
#define GUI_EXPORTED __attribute__((visibility("default")))

#define NAMED(module, name, function, argument_count, usage, sentence)                             \
    prim_result function(struct vm *vm, const prim_call *call);
#define NUMBERED(number, function, argument_count, usage, sentence)                                \
    prim_result function(struct vm *vm, const prim_call *call);
#define ST80(number, function, argument_count, usage, sentence)                                    \
    prim_result function(struct vm *vm, const prim_call *call);
#include "gui/gui.def"
#undef NAMED
#undef NUMBERED
#undef ST80

GUI_EXPORTED const struct primitive_table *viv_gui_primitives(void);
/* Gives a VM that has got a host the numbered primitives of its dialect. */
void gui_use_numbered(struct vm *vm);
GUI_EXPORTED const struct host_module *viv_host_module(void);

#endif
