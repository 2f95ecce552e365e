#include "gui/module.h"

static const struct primitive rows[] = {
#define NAMED(module, name, function, argument_count, usage, sentence)                             \
    {0, (module), (name), (argument_count), function, NULL, (usage), (sentence)},
#define NUMBERED(number, function, argument_count, usage, sentence)                                \
    {(number), NULL, #function, (argument_count), function, NULL, (usage), (sentence)},
#include "gui/gui.def"
#undef NAMED
#undef NUMBERED
    {-1, NULL, NULL, 0, NULL, NULL, NULL, NULL},
};

static const struct primitive_table table = {rows, sizeof rows / sizeof rows[0] - 1};

const struct primitive_table *viv_gui_primitives(void)
{
    return &table;
}
