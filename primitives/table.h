/* The table of all primitives (primitives.def): handed to the VM when it is opened. */
#ifndef VIV_PRIMITIVES_TABLE_H
#define VIV_PRIMITIVES_TABLE_H

#include "vm/primitive.h"

const struct primitive_table *viv_standard_primitives(void);

#endif
