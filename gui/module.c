#include "gui/module.h"

static const struct primitive rows[] = {
#define NAMED(module, name, function, argument_count, usage, sentence)                             \
    {0, (module), (name), (argument_count), function, NULL, (usage), (sentence)},
#define NUMBERED(number, function, argument_count, usage, sentence)                                \
    {(number), NULL, #function, (argument_count), function, NULL, (usage), (sentence)},
#define ST80(number, function, argument_count, usage, sentence)
#include "gui/gui.def"
#undef NAMED
#undef NUMBERED
#undef ST80
    {-1, NULL, NULL, 0, NULL, NULL, NULL, NULL},
};

static const struct primitive st80_rows[] = {
#define NAMED(module, name, function, argument_count, usage, sentence)
#define NUMBERED(number, function, argument_count, usage, sentence)
#define ST80(number, function, argument_count, usage, sentence)                                    \
    {(number), NULL, #function, (argument_count), function, NULL, (usage), (sentence)},
#include "gui/gui.def"
#undef NAMED
#undef NUMBERED
#undef ST80
};

static const struct primitive_table table = {rows, sizeof rows / sizeof rows[0] - 1};

static const struct primitive_table st80_table = {st80_rows,
                                                  sizeof st80_rows / sizeof st80_rows[0]};

const struct primitive_table *viv_gui_primitives(void)
{
    return &table;
}

void gui_use_numbered(struct vm *vm)
{
    vm_use_numbered(vm, vm_heap(vm)->dialect == DIALECT_ST80 ? &st80_table : &table);
}
