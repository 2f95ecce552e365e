/* The table of all primitives, made from primitives.def. */
#include "primitives/table.h"

#include "primitives/functions.h"
#include "vm/execution/control.h"

static const struct primitive rows[] = {
#define PRIM(number, function, argument_count, usage, sentence)                                    \
    {(number), NULL, #function, (argument_count), function, NULL, (usage), (sentence)},
#define NAMED(module, name, function, argument_count, usage, sentence)                             \
    {0, (module), (name), (argument_count), function, NULL, (usage), (sentence)},
#define CONTROL(number, function, argument_count, usage, sentence)                                 \
    {(number), NULL, #function, (argument_count), NULL, function, (usage), (sentence)},
#define NAMED_CONTROL(module, name, function, argument_count, usage, sentence)                     \
    {0, (module), (name), (argument_count), NULL, function, (usage), (sentence)},
#include "primitives/primitives.def"
#undef NAMED_CONTROL
#undef PRIM
#undef NAMED
#undef CONTROL
    {-1, NULL, NULL, 0, NULL, NULL, NULL, NULL},
};

static const struct primitive_table table = {rows, sizeof rows / sizeof rows[0] - 1};

const struct primitive_table *viv_standard_primitives(void)
{
    return &table;
}
