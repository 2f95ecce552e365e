/* The table of all primitives (primitives.def): handed to the VM when it is opened. */
#ifndef VIV_PRIMITIVES_TABLE_H
#define VIV_PRIMITIVES_TABLE_H

#include "vm/primitive.h"

const struct primitive_table *viv_standard_primitives(void);

/* Takes the memory that the standard streams need, so that a world whose memory is short can say so. False: there is none. */
bool viv_prepare_streams(struct vm *vm) VIV_MUST_USE;

/* Gives a world of an older dialect what its numbers stand for (older.def): viv_options.adapt_primitives. */
void viv_adapt_primitives(struct vm *vm);

#endif
